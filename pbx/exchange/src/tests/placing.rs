//! Calls that a user has the exchange place: the caller's phones first, then the number.

use super::world::{World, config, header, sdp};
use crate::*;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_flow::Clip;
use switchroom_sip::endpoint::{Ended, SessionEvent};
use switchroom_sip::header::Name;
use switchroom_sip::status::Status;

const A: &str = "192.0.2.11";
const B: &str = "192.0.2.12";

fn place(w: &mut World, from: &str, to: &str) -> Result<String, String> {
    let reply = w.command("mara", Command::Dial { from: from.into(), to: to.into() });
    w.ms(50);
    reply
}

/// 101 and 102 are there, and 101's phone rings for a call to that number.
fn placed(to: &str) -> (World, SocketAddr, SocketAddr) {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    assert_eq!(place(&mut w, "101", to), Ok(format!("call 1: rings 101, then {to}")));
    (w, a, b)
}

fn hears_ringing(w: &World) -> bool {
    let last =
        w.media.iter().rev().find(|c| matches!(c, MediaCommand::Play { .. } | MediaCommand::Hear { .. }));
    matches!(last, Some(MediaCommand::Play { clips, is_loop: true, .. }) if *clips == [Clip::Ringing])
}

#[test]
fn a_placed_call_from_ring_to_cdr() {
    let (mut w, a, b) = placed("102");
    let invite = w.phones[&a].raw.iter().find(|m| m.starts_with("INVITE")).unwrap().clone();
    assert!(header(&invite, Name::From).starts_with("\"→ 102\" <sip:102@pbx.example>"), "{invite}");
    assert!(!w.phones[&b].heard.iter().any(|m| m.starts_with("INVITE")), "the caller comes first");
    let open = w.records.iter().find_map(|r| if let Record::CallOpen(open) = r { Some(open) } else { None });
    assert_eq!(open.map(|o| (o.from.number.as_str(), o.to.number.as_str())), Some(("101", "102")));

    w.run(Duration::from_secs(5));
    let at_caller = w.answer(a);
    assert!(hears_ringing(&w), "{:#?}", w.media);
    let invite = w.phones[&b].raw.iter().find(|m| m.starts_with("INVITE")).unwrap().clone();
    assert!(header(&invite, Name::From).starts_with("\"Ana\" <sip:101@pbx.example>"), "{invite}");
    w.run(Duration::from_secs(7));
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).progress(now, ring, Status::RINGING, None);
    w.run(Duration::from_secs(2));
    let now = w.now.mono;
    w.end(b).answer(now, ring, sdp(B, "8 101", ""));
    w.ms(50);
    let legs: Vec<LegId> = w.x.calls().next().unwrap().legs.keys().copied().collect();
    assert_eq!(w.hears(), [Source::Leg(legs[1]), Source::Leg(legs[0])]);
    w.run(Duration::from_secs(60));
    w.hang_up(a, at_caller);

    let cdr = w.cdr();
    assert_eq!((cdr.from.number.as_str(), cdr.from.name.as_str()), ("101", "Ana"));
    assert_eq!((cdr.to.number.as_str(), cdr.with.as_ref().unwrap().number.as_str()), ("102", "102"));
    assert_eq!((&cdr.ending.by, cdr.ending.cause), (&EndedBy::Party(End::Caller), Cause::HungUp));
    // It is answered when the called side answers.
    assert!((12_000..13_000).contains(&(cdr.ringing_ms.unwrap() - cdr.started_ms)), "{cdr:#?}");
    assert!((14_000..15_000).contains(&(cdr.answered_ms.unwrap() - cdr.started_ms)), "{cdr:#?}");
    assert!((60_000..61_000).contains(&cdr.talk_ms));
    let legs: Vec<_> = cdr.legs.iter().map(|l| (l.end, l.codec.as_str(), l.outcome.as_str())).collect();
    assert_eq!(legs, [(End::Caller, "PCMA/8000", "answered"), (End::Callee, "PCMA/8000", "answered")]);
    let steps: Vec<_> = cdr.path.iter().map(|s| s.step.as_str()).collect();
    assert_eq!(
        steps,
        ["call", "offer", "media", "caller", "route", "offer", "ring", "answer", "record", "end"]
    );
    assert!(cdr.recorded);
    assert!(w.events().iter().any(|name| name == "dial"), "it is on the audit list");
    w.settle();
    assert_eq!(w.cdrs().len(), 1, "once");
}

#[test]
fn the_first_phone_of_the_caller_wins() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let c = w.registered("101", "192.0.2.13:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    place(&mut w, "101", "102").unwrap();
    let (one, _) = w.take(a);
    let (other, _) = w.take(c);
    // Both answer at the same moment.
    let now = w.now.mono;
    w.end(c).answer(now, other, sdp("192.0.2.13", "8 101", ""));
    w.end(a).answer(now, one, sdp(A, "8 101", ""));
    w.ms(50);
    let told =
        |events: Vec<SessionEvent>| events.iter().any(|e| matches!(e, SessionEvent::Ended(Ended::Bye(_))));
    let (first, second) = (told(w.told(a)), told(w.told(c)));
    assert!(first != second, "one of them goes on: {first} {second}");
    w.answer(b);
    assert_eq!(w.x.calls().next().unwrap().legs.values().filter(|l| l.state == LegState::Up).count(), 2);
    let (at, session) = if first { (c, other) } else { (a, one) };
    w.hang_up(at, session);
    let legs: Vec<_> = w.cdr().legs.iter().map(|l| (l.end, l.outcome.clone())).collect();
    let is = |end, outcome: &str| (end, outcome.to_owned());
    assert_eq!(
        legs,
        [is(End::Caller, "answered"), is(End::Caller, "elsewhere"), is(End::Callee, "answered")],
        "who rang in vain is in the record"
    );
    w.settle();
}

#[test]
fn a_caller_who_does_not_take_it_ends_it() {
    for (status, cause) in [
        (Status::BUSY, Cause::Busy),
        (Status::DECLINE, Cause::Declined),
        (Status::UNAVAILABLE, Cause::NoAnswer),
        (Status::NOT_ACCEPTABLE_HERE, Cause::NotAcceptable),
        (Status::SERVER_ERROR, Cause::Failed),
        (Status::MOVED_TEMPORARILY, Cause::Failed),
    ] {
        let (mut w, a, b) = placed("102");
        w.reject(a, status);
        let cdr = w.cdr();
        assert_eq!((cdr.ending.cause, cdr.answered_ms), (cause, None), "{status}");
        assert_ne!(cdr.ending.by, EndedBy::Party(End::Callee), "nobody was called: {status}");
        assert!(!w.phones[&b].heard.iter().any(|m| m.starts_with("INVITE")), "{status}");
        w.settle();
    }
    // It rings, and nobody comes.
    let (mut w, a, _) = placed("102");
    let (ring, _) = w.take(a);
    let now = w.now.mono;
    w.end(a).progress(now, ring, Status::RINGING, None);
    w.run(Duration::from_secs(31));
    assert!(w.told(a).iter().any(|e| matches!(e, SessionEvent::Ended(Ended::Cancelled(_)))));
    assert_eq!(w.cdr().ending.cause, Cause::NoAnswer);
    w.settle();
    // It describes nothing that we could talk in.
    let (mut w, a, _) = placed("102");
    let (ring, _) = w.take(a);
    let now = w.now.mono;
    w.end(a).answer(now, ring, sdp(A, "18", "a=rtpmap:18 G729/8000\r\n"));
    w.ms(50);
    assert_eq!(w.cdr().ending.cause, Cause::NotAcceptable);
    w.settle();
}

#[test]
fn what_the_called_side_does_reaches_the_caller() {
    for (status, cause) in [(Status::BUSY, Cause::Busy), (Status::DECLINE, Cause::Declined)] {
        let (mut w, a, b) = placed("102");
        w.answer(a);
        w.reject(b, status);
        assert!(w.told(a).iter().any(|e| matches!(e, SessionEvent::Ended(Ended::Bye(_)))), "{status}");
        let cdr = w.cdr();
        assert_eq!((cdr.ending.cause, cdr.answered_ms, cdr.talk_ms), (cause, None, 0), "{status}");
        assert_eq!(cdr.ending.by, EndedBy::Party(End::Callee));
        w.settle();
    }
    let (mut w, a, _) = placed("103");
    w.answer(a);
    assert_eq!(w.cdr().ending.cause, Cause::Unreachable, "103 is registered nowhere");
    w.settle();
    let (mut w, a, b) = placed("102");
    let at_caller = w.answer(a);
    w.take(b);
    w.ms(50);
    w.hang_up(a, at_caller);
    assert!(w.phones[&b].heard.iter().any(|m| m.starts_with("CANCEL")));
    let cdr = w.cdr();
    assert_eq!((cdr.ending.cause, cdr.ending.by), (Cause::Cancelled, EndedBy::Party(End::Caller)));
    w.settle();
}

/// The caller's phone answers at the moment at which a user ends the call.
#[test]
fn ended_by_a_user_while_it_is_answered() {
    let (mut w, a, b) = placed("102");
    let (ring, _) = w.take(a);
    let (now, id) = (w.now.mono, w.x.calls().next().unwrap().id);
    w.end(a).answer(now, ring, sdp(A, "8 101", ""));
    w.input(Input::Command { id: CommandId(2), user: "mara".into(), command: Command::HangUp(id) });
    w.ms(100);
    assert!(w.phones[&a].heard.iter().any(|m| m.starts_with("ACK")));
    assert!(w.told(a).iter().any(|e| matches!(e, SessionEvent::Ended(Ended::Bye(_)))));
    assert!(!w.phones[&b].heard.iter().any(|m| m.starts_with("INVITE")));
    assert_eq!(w.cdr().ending.cause, Cause::Forced);
    w.settle();
}

#[test]
fn services_and_flows_are_dialled_like_numbers() {
    let (mut w, a, _) = placed("*43");
    let at_caller = w.answer(a);
    assert_eq!(w.hears(), [Source::Echo]);
    w.hang_up(a, at_caller);
    assert_eq!((w.cdr().ending.cause, w.cdr().answered_ms.is_some()), (Cause::HungUp, true));
    w.settle();
    // The flow rings 102, who is busy, and goes on with who called.
    let (mut w, a, b) = placed("500");
    let at_caller = w.answer(a);
    let call = w.x.calls().next().unwrap();
    assert_eq!((&call.stage, call.answered.is_some()), (&Stage::Flow, true), "it hears the menu");
    let (caller, id) = (call.caller, call.id);
    let open = w.records.iter().rev().find_map(|r| if let Record::CallOpen(o) = r { Some(o) } else { None });
    assert_eq!(open.and_then(|open| open.flow.as_deref()), Some("500"), "should it be cut off");
    w.input(Input::Media(MediaEvent::Digit { leg: caller, digit: '1' }));
    w.ms(50);
    assert!(hears_ringing(&w));
    w.reject(b, Status::BUSY);
    assert!(w.x.call(id).is_some_and(|call| !call.is_ended()));
    w.hang_up(a, at_caller);
    assert_eq!(w.cdr().flow.as_deref(), Some("500"));
    w.settle();
}

/// RFC 3264 §6.1: what a phone calls a format in its answer says what it wants to be sent; we are sent what we called it.
#[test]
fn numbers_of_formats_are_ours_one_way_and_theirs_the_other() {
    let (mut w, a, b) = placed("102");
    let (ring, _) = w.take(a);
    let now = w.now.mono;
    let text = String::from_utf8(sdp(A, "8 97", "")).unwrap().replace("rtpmap:101", "rtpmap:97");
    w.end(a).answer(now, ring, text.into_bytes());
    w.ms(50);
    w.answer(b);
    let caller = w.x.calls().next().unwrap().caller;
    let agreed: Vec<_> = w
        .media
        .iter()
        .filter_map(|c| match c {
            MediaCommand::Agree { leg, agreed, .. } if *leg == caller => Some(agreed.digits),
            _ => None,
        })
        .collect();
    assert_eq!(agreed, [Some((101, 97)), Some((101, 97))], "alone, and connected");
}

#[test]
fn a_caller_may_hold_while_the_other_side_rings() {
    let (mut w, a, b) = placed("102");
    let at_caller = w.answer(a);
    w.offer(a, at_caller, sdp(A, "8 101", "a=sendonly\r\n"));
    w.answer(b);
    let call = w.x.calls().next().unwrap();
    assert!(call.held.is_some());
    w.offer(a, at_caller, sdp(A, "8 101", ""));
    assert!(w.x.calls().next().unwrap().held.is_none());
    w.hang_up(a, at_caller);
    w.settle();
}

#[test]
fn what_cannot_be_placed_rings_nobody() {
    let mut w = World::new();
    w.registered("101", "192.0.2.11:5060");
    for (from, to, why) in [
        ("999", "102", "there is no extension 999"),
        ("101", "sip:x@y", "sip:x@y cannot be dialled: it is not a number: digits, +, * and # are"),
        ("101", "4711", "4711 leads nowhere: no extension, service or route has that number"),
        ("102", "101", "102 has no phone that can be reached; see where it is registered"),
    ] {
        assert_eq!(place(&mut w, from, to), Err(why.to_owned()));
    }
    assert_eq!((w.x.calls().count(), w.cdrs().len()), (0, 0));
    for _ in 0..4 {
        place(&mut w, "101", "102").unwrap();
    }
    assert_eq!(place(&mut w, "101", "102"), Err("there are as many calls as there may be; try again".into()));
    w.input(Input::Drain);
    assert!(place(&mut w, "101", "102").unwrap_err().contains("stopping"));
    w.input(Input::EndAll);
    w.settle();

    let mut w = World::with(Config { rtp_pairs: 0, ..config() }, Restored::default());
    w.registered("101", "192.0.2.11:5060");
    assert_eq!(place(&mut w, "101", "102"), Err("every RTP port pair is in use; try again".into()));
    assert!(w.x.calls().next().is_none());
    w.settle();
}

/// Nobody knows yet what the other side talks: a caller that agrees on G.722 could not be connected with who has only G.711.
#[test]
fn a_caller_is_offered_first_what_reaches_most() {
    let mut w =
        World::with(Config { codecs: vec![Codec::G722, Codec::Pcmu], ..config() }, Restored::default());
    let a = w.registered("101", "192.0.2.11:5060");
    place(&mut w, "101", "*43").unwrap();
    let invite = w.phones[&a].raw.iter().find(|m| m.starts_with("INVITE")).unwrap();
    assert!(invite.contains("RTP/AVP 0 9 101"), "{invite}");
}
