#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::flow::Transport;
use crate::message::Message;
use crate::name_addr::NameAddr;
use crate::status::Status;
use crate::uri::Uri;
use crate::via::Via;

pub(super) fn flow(transport: Transport) -> Flow {
    let addr = |text: &str| text.parse().unwrap();
    Flow { transport, local: addr("192.0.2.1:5060"), remote: addr("192.0.2.2:5060"), connection: 0 }
}

pub(super) fn request(method: Method, branch: &str) -> Request {
    let mut r = Request::new(method.clone(), Uri::sip("102", "h", None));
    let f = flow(Transport::Udp);
    r.headers.push(Name::Via, Via::own(f.transport, f.local, branch).to_string());
    r.headers.push(Name::From, NameAddr::bare(Uri::sip("101", "h", None)).with_tag("f").to_string());
    r.headers.push(Name::To, NameAddr::bare(Uri::sip("102", "h", None)).to_string());
    r.headers.push(Name::CallId, "c");
    r.headers.push(Name::CSeq, format!("7 {method}"));
    r
}

/// Runs until nothing is armed; returns the milliseconds at which something was sent, and what was told.
fn run(txns: &mut Transactions<()>) -> (Vec<u64>, Vec<Up>) {
    let (mut sent, mut told) = (Vec::new(), Vec::new());
    while let Some(at) = txns.next_deadline() {
        let mut tell = Vec::new();
        txns.handle_due(at, &mut tell);
        sent.extend(txns.take_sent().iter().map(|t| {
            assert!(t.again);
            at.0 / 1000
        }));
        told.extend(tell.into_iter().map(|(_, _, up)| up));
    }
    (sent, told)
}

#[test]
fn an_unanswered_invite_is_sent_seven_times() {
    let mut txns = Transactions::default();
    txns.request(Mono(0), flow(Transport::Udp), request(Method::Invite, "z9hG4bK1"), ());
    assert_eq!(txns.take_sent().len(), 1);
    let (sent, told) = run(&mut txns);
    assert_eq!(sent, [500, 1500, 3500, 7500, 15500, 31500]);
    assert_eq!(told, [Up::Timeout]);
    assert!(txns.is_empty() && txns.by_key.is_empty());
}

#[test]
fn an_unanswered_request_is_sent_eleven_times() {
    let mut txns = Transactions::default();
    txns.request(Mono(0), flow(Transport::Udp), request(Method::Bye, "z9hG4bK1"), ());
    txns.take_sent();
    let (sent, told) = run(&mut txns);
    assert_eq!(sent, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
    assert_eq!(told, [Up::Timeout]);
}

#[test]
fn nothing_is_repeated_over_tcp() {
    let mut txns = Transactions::default();
    txns.request(Mono(0), flow(Transport::Tcp), request(Method::Invite, "z9hG4bK1"), ());
    txns.take_sent();
    assert_eq!(run(&mut txns), (vec![], vec![Up::Timeout]));
}

#[test]
fn a_refusal_is_acknowledged_each_time_and_told_once() {
    let mut txns = Transactions::default();
    let invite = request(Method::Invite, "z9hG4bK1");
    txns.request(Mono(0), flow(Transport::Udp), invite.clone(), ());
    txns.take_sent();
    let busy = invite.response(Status::BUSY, Some("t"));
    assert!(txns.match_response(Mono(1), &flow(Transport::Udp), busy.clone()).is_some());
    assert!(txns.match_response(Mono(2), &flow(Transport::Udp), busy).is_none());
    let acks = txns.take_sent();
    assert_eq!(acks.iter().map(|t| t.again).collect::<Vec<_>>(), [false, true]);
    let Ok(Message::Request(ack)) = Message::parse(&acks[0].bytes) else { panic!() };
    assert_eq!((ack.method.name(), ack.cseq().number, ack.to_tag().as_deref()), ("ACK", 7, Some("t")));
    assert_eq!(ack.via().unwrap().branch(), "z9hG4bK1");
    assert_eq!(run(&mut txns), (vec![], vec![]));
}

#[test]
fn a_refusing_server_repeats_until_the_ack() {
    let mut txns = Transactions::default();
    let invite = request(Method::Invite, "z9hG4bK1");
    assert_eq!(txns.match_request(Mono(0), &invite), Match::New);
    let id = txns.accept(flow(Transport::Udp), &invite, ());
    txns.respond(Mono(0), id, &invite.response(Status::TRYING, None));
    assert_eq!(txns.match_request(Mono(1), &invite), Match::Absorbed(id));
    assert_eq!(txns.take_sent().len(), 2, "100, and again on the repeated INVITE");
    txns.respond(Mono(1), id, &invite.response(Status::BUSY, Some("t")));
    txns.take_sent();
    let mut tell = Vec::new();
    txns.handle_due(Mono(500_001), &mut tell);
    assert_eq!(txns.take_sent().len(), 1);
    let mut ack = request(Method::Ack, "z9hG4bK1");
    ack.headers.set(Name::CSeq, "7 ACK");
    assert_eq!(txns.match_request(Mono(600_000), &ack), Match::Absorbed(id));
    assert_eq!(run(&mut txns), (vec![], vec![]));
}

#[test]
fn a_refusal_nobody_acknowledges_is_told() {
    let mut txns = Transactions::default();
    let invite = request(Method::Invite, "old-branch");
    let id = txns.accept(flow(Transport::Udp), &invite, ());
    txns.respond(Mono(0), id, &invite.response(Status::BUSY, Some("t")));
    txns.take_sent();
    let (sent, told) = run(&mut txns);
    assert_eq!(sent, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
    assert_eq!(told, [Up::Timeout]);
}

/// Peers of old have no magic cookie, and may have one branch for all: a request is known by Call-ID, tag, number and sender
/// (RFC 3261 §17.2.3).
#[test]
fn requests_without_the_cookie_are_told_apart_by_what_they_are() {
    let mut txns = Transactions::default();
    let invite = request(Method::Invite, "1");
    assert_eq!(txns.match_request(Mono(0), &invite), Match::New);
    let id = txns.accept(flow(Transport::Udp), &invite, ());
    txns.respond(Mono(0), id, &invite.response(Status::BUSY, Some("t")));
    let again = request(Method::Invite, "another");
    assert_eq!(txns.match_request(Mono(1), &again), Match::Absorbed(id), "the branch says nothing");
    for (name, value) in [
        (Name::CallId, "d"),
        (Name::From, "<sip:101@h>;tag=g"),
        (Name::CSeq, "8 INVITE"),
        (Name::Via, "SIP/2.0/UDP 192.0.2.7:5060;branch=1"),
        (Name::Via, "SIP/2.0/UDP 192.0.2.1:5066;branch=1"),
    ] {
        let mut other = invite.clone();
        other.headers.set(name, value);
        assert_eq!(txns.match_request(Mono(2), &other), Match::New, "{value}");
    }
    assert_eq!(txns.match_request(Mono(2), &request(Method::Options, "1")), Match::New);
    let mut ack = request(Method::Ack, "1");
    ack.headers.set(Name::CSeq, "7 ACK");
    assert_eq!(txns.match_request(Mono(3), &ack), Match::Absorbed(id), "the ACK of the refusal");
}

/// Class "close mid-call": a lost connection is an ordinary event of every transaction.
#[test]
fn a_lost_connection_is_told_to_those_who_wait() {
    let mut txns = Transactions::default();
    let f = flow(Transport::Tcp);
    txns.request(Mono(0), f, request(Method::Invite, "z9hG4bK1"), 1);
    let server = txns.accept(f, &request(Method::Options, "z9hG4bK2"), 2);
    txns.respond(Mono(0), server, &request(Method::Options, "z9hG4bK2").response(Status::OK, Some("t")));
    let mut tell = Vec::new();
    txns.flow_lost(Mono(1), f, &mut tell);
    assert_eq!(tell.into_iter().map(|(_, owner, up)| (owner, up)).collect::<Vec<_>>(), [(1, Up::Lost)]);
    assert!(txns.is_empty());
}

/// An INVITE that rang once and then fell silent does not stay for ever.
#[test]
fn ringing_without_news_ends() {
    let mut txns = Transactions::default();
    let invite = request(Method::Invite, "z9hG4bK1");
    txns.request(Mono(0), flow(Transport::Udp), invite.clone(), ());
    txns.take_sent();
    txns.match_response(Mono(1), &flow(Transport::Udp), invite.response(Status::RINGING, Some("t")));
    assert_eq!(txns.next_deadline(), Some(Mono(1).after(NO_NEWS)));
    assert_eq!(run(&mut txns), (vec![], vec![Up::Timeout]));
    assert!(txns.is_empty());
}

/// A response counts only from where the request went.
#[test]
fn responses_of_strangers_are_ignored() {
    let mut txns = Transactions::default();
    let invite = request(Method::Invite, "z9hG4bK1");
    txns.request(Mono(0), flow(Transport::Udp), invite.clone(), ());
    let ok = invite.response(Status::OK, Some("t"));
    let stranger = Flow { remote: "203.0.113.1:5060".parse().unwrap(), ..flow(Transport::Udp) };
    assert!(txns.match_response(Mono(1), &stranger, ok.clone()).is_none());
    assert!(txns.match_response(Mono(1), &flow(Transport::Tcp), ok.clone()).is_none());
    let other_port = Flow { remote: "192.0.2.2:9999".parse().unwrap(), ..flow(Transport::Udp) };
    assert!(txns.match_response(Mono(1), &other_port, ok).is_some());
}
