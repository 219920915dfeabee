//! Defects that the table of the session's machine or the audit brought to light, one test each.

use super::*;

/// An INVITE as text, by a branch of its own.
fn invite(branch: &str, cseq: u32) -> String {
    format!(
        "INVITE sip:102@h SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=z9hG4bK{branch}\r\nFrom: <sip:x@h>;tag=q\r\n\
         To: <sip:102@h>\r\nCall-ID: q\r\nCSeq: {cseq} INVITE\r\nContact: <sip:x@p>\r\n\r\n"
    )
}

/// The requests that came up and nobody has taken yet.
fn asked(p: &mut Pair) -> Vec<Incoming> {
    p.events(1).into_iter().filter_map(|e| if let Event::Request(r) = e { Some(*r) } else { None }).collect()
}

/// A copy of an INVITE by another way is no new call, not even after the first was answered (§8.2.2.2), and the end of
/// one call with a Call-ID and tag does not make another one's copies new.
#[test]
fn a_copy_of_an_answered_invite_is_no_new_call() {
    let mut p = Pair::new();
    let flow = p.flow(1);
    p.ends[1].receive(p.now, flow, invite("one", 1).as_bytes());
    let b = p.take();
    p.ends[1].receive(p.now, flow, invite("other", 2).as_bytes());
    let c = p.take();
    p.ends[1].reject(p.now, c, Status::BUSY, &Headers::default());
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.ends[1].receive(p.now, flow, invite("two", 1).as_bytes());
    assert!(asked(&mut p).is_empty());
    p.collect();
    assert_eq!(p.seen.last().map(String::as_str), Some("b:482"));
}

/// Two copies that come before either is taken are one call.
#[test]
fn of_two_copies_one_is_taken() {
    let mut p = Pair::new();
    let flow = p.flow(1);
    for branch in ["one", "two"] {
        p.ends[1].receive(p.now, flow, invite(branch, 1).as_bytes());
    }
    let [first, second] = <[Incoming; 2]>::try_from(asked(&mut p)).unwrap();
    assert!(p.ends[1].take_invite(p.now, first, "102").is_some());
    assert_eq!(p.ends[1].take_invite(p.now, second, "102"), None);
    assert_eq!(p.ends[1].audit(), [""; 0]);
}

/// Requests kept for a challenge are forgotten with their answer, also by who has credentials.
#[test]
fn an_answered_request_is_not_kept_for_a_challenge() {
    let mut p = Pair::new();
    for end in 0..2 {
        let mut settings = p.ends[end].settings.clone();
        settings.credentials = Some(("101".into(), "secret".into()));
        p.ends[end].set_settings(settings);
    }
    let (a, _) = p.up();
    assert_eq!(p.ends[0].audit(), [""; 0]);
    p.ends[0].hang_up(p.now, a, None);
    p.settle();
}

/// A caller whose NAT router gave it another port may still give up; another host may not take its INVITE back, whatever
/// branch it names.
#[test]
fn a_cancel_may_come_from_another_port_and_not_from_another_host() {
    let mut p = Pair::new();
    let a = p.call(Some(SDP), &[]);
    p.ms(50);
    p.take();
    p.ms(50);
    p.ends[0].hang_up(p.now, a, None);
    let bytes = p.ends[0].poll_transmit().unwrap().bytes;
    assert!(bytes.starts_with(b"CANCEL "));
    let from = |remote: &str| Flow { remote: remote.parse().unwrap(), ..p.flow(1) };
    let (other_host, other_port) = (from("203.0.113.66:5060"), from("192.0.2.1:31000"));
    assert_eq!(p.flow(1).remote.ip(), other_port.remote.ip());
    p.ends[1].receive(p.now, other_host, &bytes);
    assert_eq!((p.told(1), p.ends[1].sessions()), (vec![], 1));
    p.ends[1].receive(p.now, other_port, &bytes);
    assert_eq!(p.told(1), [SessionEvent::Ended(Ended::Cancelled(None))]);
}

/// A phone whose connection went before it heard the BYE hears it over the next one, and nothing is left afterwards.
#[test]
fn a_bye_that_was_lost_with_its_connection_is_said_again() {
    for is_lost_first in [true, false] {
        let mut p = Pair::new();
        p.transport = Transport::Tcp;
        let (a, _) = p.up();
        let (old, new) = (p.flow(0), Flow { connection: 2, ..p.flow(0) });
        if is_lost_first {
            p.ends[0].flow_lost(p.now, old);
        }
        p.ends[0].hang_up(p.now, a, None);
        p.ends[0].flow_lost(p.now, old);
        let sent = std::iter::from_fn(|| p.ends[0].poll_transmit()).collect::<Vec<_>>();
        assert!(sent.iter().all(|t| t.flow == old));
        p.ends[0].end_at(p.now, old, new);
        let bye = p.ends[0].poll_transmit().unwrap();
        assert!(bye.flow == new && bye.bytes.starts_with(b"BYE "));
        assert_eq!((p.ends[0].poll_transmit().is_none(), p.ends[0].audit()), (true, vec![]));
        let flow = p.flow(1);
        p.ends[1].receive(p.now, flow, &bye.bytes);
        assert_eq!(p.told(1), [SessionEvent::Ended(Ended::Bye(None))]);
        let answer = p.ends[1].poll_transmit().unwrap();
        p.ends[0].receive(p.now, new, &answer.bytes);
        p.settle();
    }
}

/// An offer made before the INVITE is answered, and the user's answer to the INVITE before that to the offer: the INVITE
/// waits (RFC 3262 §5, RFC 3311 §5.2).
#[test]
fn the_answer_waits_for_that_to_an_early_offer() {
    let mut p = Pair::new();
    let a = p.call(Some(SDP), &[(Name::Require, "100rel")]);
    p.ms(50);
    let b = p.take();
    p.ends[1].progress(p.now, b, Status::SESSION_PROGRESS, Some(SDP.to_vec()));
    p.ms(100);
    ask(&mut p, a, Method::Update, b"v=0 early");
    p.ms(50);
    assert_eq!(p.told(1), [SessionEvent::Offer(Some(b"v=0 early".to_vec()))]);
    p.seen.clear();
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.ms(50);
    assert_eq!(p.seen, [""; 0]);
    p.ends[1].answer_offer(p.now, b, Ok(SDP.to_vec()));
    p.ms(50);
    assert_eq!(p.seen, ["b:200", "b:200", "a:ACK"]);
    p.ends[0].hang_up(p.now, a, None);
    p.settle();
}

/// Sends a request of the caller in its dialog.
fn ask(p: &mut Pair, id: SessionId, method: Method, sdp: &[u8]) {
    let rack = p.ends[1].sessions.values().find_map(|s| match &s.phase {
        session::Phase::Incoming { last_rseq, invite, .. } => {
            Some(format!("{last_rseq} {} INVITE", invite.cseq().number))
        }
        _ => None,
    });
    let mut request = p.ends[0].sessions.get_mut(&id).unwrap().dialog.request(method, None);
    request.headers.push(Name::RAck, rack.unwrap_or_default());
    request.headers.push(Name::Contact, "<sip:101@192.0.2.1>");
    request.set_body("application/sdp", sdp.to_vec());
    let flow = p.flow(0);
    p.ends[0].send_request(p.now, flow, request, Owner::Nobody);
    p.ends[0].flush();
}

/// Our offer in a reliable provisional response has its answer in the PRACK (RFC 3262 §5).
#[test]
fn a_late_offer_is_answered_in_the_prack() {
    let mut p = Pair::new();
    let a = p.call(None, &[]);
    p.collect();
    let (_, _, bytes) = p.wire.pop_front().unwrap();
    let text = String::from_utf8(bytes).unwrap().replace("Supported: timer", "Require: 100rel");
    let flow = p.flow(1);
    p.ends[1].receive(p.now, flow, text.as_bytes());
    let b = p.take();
    p.ends[1].progress(p.now, b, Status::SESSION_PROGRESS, Some(SDP.to_vec()));
    // The peer's own PRACK is written by hand, with the answer in it.
    while p.ends[1].poll_transmit().is_some() {}
    p.ends[0].sessions.get_mut(&a).unwrap().dialog.remote_tag =
        p.ends[1].sessions[&b].dialog.local_tag.clone();
    let to = p.ends[1].sessions[&b].dialog.local.clone();
    p.ends[0].sessions.get_mut(&a).unwrap().dialog.remote = to;
    ask(&mut p, a, Method::Prack, b"v=0 answer");
    p.ms(50);
    assert_eq!(p.told(1), [SessionEvent::OfferAnswered(Some(b"v=0 answer".to_vec()))]);
    assert_eq!(p.ends[1].audit(), [""; 0]);
    p.seen.clear();
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.ms(50);
    assert_eq!(p.told(0), [SessionEvent::Answered(None)]);
    p.ends[0].hang_up(p.now, a, None);
    p.settle();
}

/// An offer in a PRACK while that of the INVITE has no answer is refused; the PRACK still counts.
#[test]
fn a_second_offer_before_the_first_is_answered_is_refused() {
    let mut p = Pair::new();
    let a = p.call(Some(SDP), &[(Name::Require, "100rel")]);
    p.ms(50);
    let b = p.take();
    p.lose = vec![(0, "PRACK")];
    p.ends[1].progress(p.now, b, Status::RINGING, None);
    p.ms(50);
    p.seen.clear();
    ask(&mut p, a, Method::Prack, b"v=0 second");
    p.ms(50);
    assert_eq!(p.told(1), []);
    assert!(p.seen.contains(&"b:500".to_owned()), "{:?}", p.seen);
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.ms(50);
    assert!(matches!(p.told(0).last(), Some(SessionEvent::Answered(Some(_)))), "{:?}", p.seen);
    p.ends[0].hang_up(p.now, a, None);
    p.settle();
}

/// While our offer waits after glare, the peer's is up for answer: ours goes on waiting, and both are settled in the end.
#[test]
fn after_glare_our_offer_waits_for_the_peers() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    p.ends[0].offer(p.now, a, NewOffer(b"v=0 ours".to_vec())).unwrap();
    p.ends[1].offer(p.now, b, NewOffer(b"v=0 theirs".to_vec())).unwrap();
    // The called end, which waits two seconds at most, tries again first; nobody answers for a long time.
    p.ms(10_000);
    assert_eq!(p.told(0), [SessionEvent::Offer(Some(b"v=0 theirs".to_vec()))]);
    assert_eq!((p.told(1), p.ends[0].audit()), (vec![], vec![]));
    p.ends[0].answer_offer(p.now, a, Ok(SDP.to_vec()));
    p.ms(3_000);
    assert_eq!(
        p.told(1),
        [SessionEvent::OfferAnswered(Some(SDP.to_vec())), SessionEvent::Offer(Some(b"v=0 ours".to_vec()))]
    );
    p.ends[1].answer_offer(p.now, b, Ok(SDP.to_vec()));
    p.ms(50);
    assert_eq!(p.told(0), [SessionEvent::OfferAnswered(Some(SDP.to_vec()))]);
    p.ends[0].hang_up(p.now, a, None);
    p.settle();
}

/// After glare who made the Call-ID waits longer, whoever has sent re-INVITEs before (§14.1).
#[test]
fn after_glare_the_called_end_is_first() {
    for seed in 0..8 {
        let mut p = Pair::new();
        p.ends = [endpoint(2 * seed), endpoint(2 * seed + 1)];
        let (a, b) = p.up();
        p.ends[1].offer(p.now, b, NewOffer(SDP.to_vec())).unwrap();
        p.ms(50);
        p.ends[0].answer_offer(p.now, a, Ok(SDP.to_vec()));
        p.ms(50);
        p.told(0);
        p.told(1);
        p.ends[0].offer(p.now, a, NewOffer(SDP.to_vec())).unwrap();
        p.ends[1].offer(p.now, b, NewOffer(SDP.to_vec())).unwrap();
        p.ms(2_050);
        assert_eq!(p.told(0), [SessionEvent::Offer(Some(SDP.to_vec()))]);
        assert_eq!(p.told(1), []);
    }
}

/// Timer C: a call that rings and falls silent is not only given up but taken back (§16.6).
#[test]
fn a_call_without_news_is_cancelled() {
    let mut p = Pair::new();
    p.call(Some(SDP), &[]);
    p.ms(50);
    let b = p.take();
    p.ends[1].progress(p.now, b, Status::RINGING, None);
    p.run(Duration::from_secs(260));
    assert_eq!(p.told(0), [SessionEvent::Progress(Status::RINGING, None)]);
    p.run(Duration::from_secs(20));
    assert!(matches!(&p.told(0)[..], [SessionEvent::Rejected(r)] if r.status == Status::REQUEST_TIMEOUT));
    assert_eq!(p.told(1), [SessionEvent::Ended(Ended::Cancelled(None))]);
    p.settle();
}

/// A refresh by UPDATE holds no offer, so the peer's offer does not meet it (§14.2, RFC 3311 §5.2).
#[test]
fn a_refresh_does_not_hinder_an_offer() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    p.ends[1].on_timer(p.now, b, Timer::Session);
    p.ends[1].flush();
    p.ends[0].offer(p.now, a, NewOffer(SDP.to_vec())).unwrap();
    p.ms(20);
    assert_eq!(p.told(1), [SessionEvent::Offer(Some(SDP.to_vec()))]);
    p.ends[1].answer_offer(p.now, b, Ok(SDP.to_vec()));
    p.ms(100);
    assert_eq!(p.told(0), [SessionEvent::OfferAnswered(Some(SDP.to_vec()))]);
    assert_eq!((p.ends[0].audit(), p.ends[1].audit()), (vec![], vec![]));
    assert!(!p.seen.iter().any(|word| word.ends_with("491")), "{:?}", p.seen);
    p.ends[0].hang_up(p.now, a, None);
    p.settle();
}

/// A body that is no description and need not be understood makes no offer of an UPDATE.
#[test]
fn an_update_with_another_body_is_a_refresh() {
    let mut p = Pair::new();
    let (a, _) = p.up();
    let mut update = p.ends[0].sessions.get_mut(&a).unwrap().dialog.request(Method::Update, None);
    update.headers.push(Name::ContentDisposition, "session;handling=optional");
    update.set_body("text/plain", b"x".to_vec());
    let flow = p.flow(0);
    p.ends[0].send_request(p.now, flow, update, Owner::Nobody);
    p.ends[0].flush();
    p.ms(50);
    assert_eq!((p.told(1), p.seen.last().map(String::as_str)), (vec![], Some("b:200")));
}

/// The peer repeats a 2xx that holds an offer while the user thinks about the answer: the ACK goes on waiting for it.
#[test]
fn a_repeated_offer_in_a_2xx_waits_for_its_answer() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    p.ends[0].ask_offer(p.now, a).unwrap();
    p.ms(50);
    p.ends[1].answer_offer(p.now, b, Ok(SDP.to_vec()));
    p.ms(2_000);
    assert_eq!(p.told(0), [SessionEvent::OfferAsked(SDP.to_vec())]);
    p.ends[0].answer_asked(p.now, a, b"v=0 late".to_vec());
    p.ms(50);
    let told: Vec<_> = p.told(1).split_off(1);
    assert_eq!(told, [SessionEvent::OfferAnswered(Some(b"v=0 late".to_vec()))], "{:?}", p.seen);
    p.ends[0].hang_up(p.now, a, None);
    p.settle();
}

/// What was told and not taken yet is of no use to who has let the session go meanwhile: an answer would be taken for one
/// of a phone that still rings.
#[test]
fn of_a_released_session_nothing_is_told_any_more() {
    let mut p = Pair::new();
    let a = p.call(Some(SDP), &[]);
    p.ms(50);
    let b = p.take();
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.ms(50);
    p.ends[0].hang_up(p.now, a, None);
    assert_eq!(p.told(0), []);
    p.settle();
}
