use super::world::{World, config, header, sdp};
use crate::*;
use std::time::Duration;
use switchroom_sip::endpoint::{Ended, Invite, SessionEvent};
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;

fn a_sdp() -> Option<Vec<u8>> {
    Some(sdp("192.0.2.11", "8 101", ""))
}

#[test]
fn a_call_from_ring_to_cdr() {
    for caller_ends in [true, false] {
        let mut w = World::new();
        let (a, call, b, ring) = w.talking();
        assert_eq!(w.x.status().calls, 1);
        w.run(Duration::from_secs(61));
        if caller_ends {
            w.hang_up(a, call);
        } else {
            w.hang_up(b, ring);
        }
        let cdr = w.cdr();
        assert_eq!(
            (cdr.from.number.as_str(), cdr.from.name.as_str(), cdr.to.number.as_str()),
            ("101", "Ana", "102")
        );
        assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("102"));
        let by = if caller_ends { End::Caller } else { End::Callee };
        assert_eq!((&cdr.ending.by, cdr.ending.cause), (&EndedBy::Party(by), Cause::HungUp));
        assert!(cdr.started_ms <= cdr.ringing_ms.unwrap() && cdr.ringing_ms <= cdr.answered_ms);
        assert!(
            cdr.answered_ms.unwrap() < cdr.ending.at_ms && (61_000..62_000).contains(&cdr.talk_ms),
            "{}",
            cdr.talk_ms
        );
        let legs: Vec<_> = cdr.legs.iter().map(|l| (l.end, l.codec.as_str(), l.outcome.as_str())).collect();
        assert_eq!(legs, [(End::Caller, "PCMA/8000", "answered"), (End::Callee, "PCMA/8000", "answered")]);
        let steps: Vec<_> = cdr.path.iter().map(|s| s.step.as_str()).collect();
        assert_eq!(steps, ["call", "route", "offer", "ring", "answer", "record", "end"]);
        assert!(cdr.recorded);
        w.settle();
        assert_eq!(w.cdrs().len(), 1, "once");
    }
}

/// Class "identity from credentials only": From says what it likes.
#[test]
fn identity_from_credentials_only() {
    let mut w = World::new();
    let (_, _, b, _) = w.talking();
    let invite = w.phones[&b].raw.iter().find(|m| m.starts_with("INVITE")).unwrap();
    assert!(header(invite, Name::From).starts_with("\"Ana\" <sip:101@pbx.example>"), "{invite}");
    assert!(!invite.contains("999") && !invite.contains("I lie"));
}

/// What a phone asserts of who it is, or would not have told, is not read and not passed on (RFC 3323, 3325).
#[test]
fn an_identity_that_a_phone_asserts_is_ignored() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let (now, to) = (w.now.mono, Uri::sip("102", "pbx.example", None));
    let mut headers = Headers::default();
    headers.push(Name::PAssertedIdentity, "\"The boss\" <sip:999@pbx.example>");
    headers.push(Name::Other("P-Preferred-Identity".into()), "<sip:999@pbx.example>");
    headers.push(Name::Other("Remote-Party-ID".into()), "<sip:999@pbx.example>;party=calling");
    headers.push(Name::Privacy, "id");
    let phone = w.phones.get_mut(&a).unwrap();
    let invite = Invite {
        flow: phone.flow,
        uri: to.clone(),
        from: NameAddr::bare(Uri::sip("101", "pbx.example", None)),
        to: NameAddr::bare(to),
        contact_user: "101".into(),
        sdp: a_sdp(),
        max_forwards: 70,
        headers,
    };
    phone.end.invite(now, invite);
    w.ms(100);
    let rings = w.phones[&b].raw.iter().find(|m| m.starts_with("INVITE")).unwrap();
    assert!(header(rings, Name::From).starts_with("\"Ana\" <sip:101@pbx.example>"), "{rings}");
    for told in ["999", "boss", "Privacy", "Identity", "Remote-Party"] {
        assert!(!rings.contains(told), "{told}: {rings}");
    }
    w.answer(b);
    w.input(Input::EndAll);
    w.settle();
    let cdr = w.cdr();
    assert_eq!((cdr.from.number.as_str(), cdr.from.name.as_str()), ("101", "Ana"));
}

#[test]
fn every_refusal_reaches_the_caller_and_the_cdr() {
    for (status, told, cause) in [
        (Status::BUSY, 486, Cause::Busy),
        (Status::DECLINE, 603, Cause::Declined),
        (Status::BUSY_EVERYWHERE, 603, Cause::Declined),
        (Status::UNAVAILABLE, 480, Cause::NoAnswer),
        (Status::NOT_ACCEPTABLE_HERE, 488, Cause::NotAcceptable),
        (Status::SERVER_ERROR, 480, Cause::Failed),
        (Status::MOVED_TEMPORARILY, 480, Cause::Failed),
    ] {
        let mut w = World::new();
        let a = w.registered("101", "192.0.2.11:5060");
        let b = w.registered("102", "192.0.2.12:5060");
        w.dial(a, "102", a_sdp());
        w.ms(100);
        let (ring, _) = w.take(b);
        let now = w.now.mono;
        w.end(b).reject(now, ring, status, &Headers::default());
        w.ms(100);
        assert!(matches!(&w.told(a)[..], [SessionEvent::Rejected(r)] if r.status.code() == told), "{status}");
        let cdr = w.cdr();
        assert_eq!((cdr.ending.cause, cdr.talk_ms, cdr.answered_ms), (cause, 0, None), "{status}");
        w.settle();
    }
}

#[test]
fn no_answer_cancel_nobody_and_nowhere() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    w.dial(a, "102", a_sdp());
    w.ms(100);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).progress(now, ring, Status::RINGING, None);
    w.run(Duration::from_secs(31));
    assert!(w.phones[&b].heard.iter().any(|l| l.starts_with("CANCEL")));
    assert_eq!((w.cdr().ending.cause, w.cdr().legs[1].outcome.as_str()), (Cause::NoAnswer, "no_answer"));

    let call = w.dial(a, "102", a_sdp());
    w.ms(100);
    w.take(b);
    w.ms(100);
    w.hang_up(a, call);
    assert_eq!(
        (w.cdrs()[1].ending.cause, &w.cdrs()[1].ending.by),
        (Cause::Cancelled, &EndedBy::Party(End::Caller))
    );

    w.dial(a, "103", a_sdp());
    w.ms(100);
    assert_eq!((w.cdrs()[2].ending.cause, w.cdrs()[2].ending.status), (Cause::Unreachable, 480));
    w.dial(a, "555", a_sdp());
    w.ms(100);
    assert_eq!((w.cdrs()[3].ending.cause, w.cdrs()[3].ending.status), (Cause::NotFound, 404));
    w.dial(a, "${evil}", a_sdp());
    w.ms(100);
    assert_eq!(w.cdrs()[4].ending.cause, Cause::NotFound);
    w.settle();
}

/// All phones of an extension ring; the losers are told that the call was completed elsewhere.
#[test]
fn one_of_several_phones_wins() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let c = w.registered("102", "192.0.2.13:5060");
    w.dial(a, "102", a_sdp());
    w.ms(100);
    let (ring, _) = w.take(b);
    let (loser, _) = w.take(c);
    let now = w.now.mono;
    w.end(c).progress(now, loser, Status::RINGING, None);
    w.end(b).answer(now, ring, sdp("192.0.2.12", "8", ""));
    w.ms(200);
    let cancel = w.phones[&c].raw.iter().find(|m| m.starts_with("CANCEL")).unwrap();
    assert_eq!(header(cancel, Name::Reason), "SIP;cause=200;text=\"Call completed elsewhere\"");
    w.run(Duration::from_secs(2));
    let now = w.now.mono;
    w.end(b).hang_up(now, ring, None);
    w.ms(100);
    let outcomes: Vec<_> = w.cdr().legs.into_iter().map(|l| l.outcome).collect();
    assert_eq!(outcomes, ["answered", "answered", "elsewhere"]);
    w.settle();
}

/// Both answer before either hears of the other: the second is acknowledged and ended, the caller talks with the first.
#[test]
fn two_answers_at_once_have_one_winner() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let c = w.registered("102", "192.0.2.13:5060");
    w.dial(a, "102", a_sdp());
    w.ms(100);
    let ((one, _), (two, _)) = (w.take(b), w.take(c));
    w.ms(50);
    let now = w.now.mono;
    w.end(b).answer(now, one, sdp("192.0.2.12", "8", ""));
    w.end(c).answer(now, two, sdp("192.0.2.13", "8", ""));
    w.ms(300);
    let ended = [b, c].map(|at| w.told(at).iter().any(|e| matches!(e, SessionEvent::Ended(_))));
    assert_eq!(ended.iter().filter(|e| **e).count(), 1);
    assert_eq!(w.x.status().calls, 1);
    let now = w.now.mono;
    let (winner, session) = if ended[0] { (c, two) } else { (b, one) };
    w.end(winner).hang_up(now, session, None);
    w.settle();
    assert_eq!(w.cdrs().len(), 1);
}

#[test]
fn a_no_from_a_person_stops_all_their_phones() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let c = w.registered("102", "192.0.2.13:5060");
    w.dial(a, "102", a_sdp());
    w.ms(100);
    let (ring, _) = w.take(b);
    w.take(c);
    let now = w.now.mono;
    w.end(b).reject(now, ring, Status::DECLINE, &Headers::default());
    w.ms(100);
    assert!(w.phones[&c].heard.iter().any(|l| l.starts_with("CANCEL")));
    assert_eq!(w.cdr().ending.cause, Cause::Declined);
    w.settle();
}

#[test]
fn a_busy_phone_does_not_end_the_ringing_of_others() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let c = w.registered("102", "192.0.2.13:5060");
    w.dial(a, "102", a_sdp());
    w.ms(100);
    let (one, _) = w.take(b);
    let (two, _) = w.take(c);
    let now = w.now.mono;
    w.end(b).reject(now, one, Status::BUSY, &Headers::default());
    w.ms(100);
    let now = w.now.mono;
    w.end(c).answer(now, two, sdp("192.0.2.13", "8", ""));
    w.ms(100);
    assert!(w.told(a).iter().any(|e| matches!(e, SessionEvent::Answered(_))));
}

#[test]
fn a_lost_ack_ends_the_call_and_the_cdr_says_so() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    w.dial(a, "102", a_sdp());
    w.ms(100);
    let (ring, _) = w.take(b);
    // The caller's phone vanishes before the 200 reaches it.
    w.phones.remove(&a);
    let now = w.now.mono;
    w.end(b).answer(now, ring, sdp("192.0.2.12", "8", ""));
    w.run(Duration::from_secs(33));
    let cdr = w.cdr();
    assert_eq!(cdr.ending.cause, Cause::NoAck);
    assert!(cdr.ending.text.contains("no ACK from udp 192.0.2.11:5060 within 32 s"), "{}", cdr.ending.text);
    assert!(
        w.told(b).iter().any(|e| matches!(e, SessionEvent::Ended(_))),
        "the other side is not left behind"
    );
    w.settle();
}

#[test]
fn a_user_ends_a_call() {
    let mut w = World::new();
    let (a, _, b, _) = w.talking();
    let id = w.x.calls().next().unwrap().id;
    let command = |id| Input::Command { id: CommandId(1), user: "mara".into(), command: Command::HangUp(id) };
    w.input(command(id));
    w.ms(100);
    assert!(w.told(a).iter().any(|e| matches!(e, SessionEvent::Ended(_))));
    assert!(w.told(b).iter().any(|e| matches!(e, SessionEvent::Ended(_))));
    assert_eq!((w.cdr().ending.by, w.cdr().ending.cause), (EndedBy::User("mara".into()), Cause::Forced));
    w.input(command(id));
    assert!(w.replies[0].is_ok() && w.replies[1].is_err());
    assert!(w.events().contains(&"hang_up".to_owned()));
    w.settle();
}

/// That the phones were told is not undone by a restart, so a user need not wait for the disk to hear it.
#[test]
fn a_user_who_ends_a_call_does_not_wait_for_the_store() {
    let mut w = World::new();
    w.talking();
    w.store_works = false;
    let id = w.x.calls().next().unwrap().id;
    w.input(Input::Command { id: CommandId(1), user: "mara".into(), command: Command::HangUp(id) });
    assert!(w.replies[0].is_ok());
}

#[test]
fn limits_are_told_and_draining_takes_nothing_new() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    for _ in 0..config().calls_max {
        w.dial(a, "*43", a_sdp());
        w.ms(100);
    }
    w.told(a);
    w.dial(a, "*43", a_sdp());
    w.ms(100);
    assert!(matches!(&w.told(a)[..], [SessionEvent::Rejected(r)] if r.status.code() == 503));
    w.input(Input::EndAll);
    w.run(Duration::from_secs(1));
    assert_eq!((w.x.status().calls, w.cdrs().len()), (0, config().calls_max));
    w.dial(a, "*43", a_sdp());
    w.ms(100);
    assert!(w.told(a).iter().any(|e| matches!(e, SessionEvent::Rejected(r) if r.status.code() == 503)));
    w.settle();
}

#[test]
fn cdrs_wait_for_a_store_in_trouble() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    w.store_works = false;
    w.hang_up(a, call);
    let ticket = *w.x.outbox.keys().next().unwrap();
    w.input(Input::NotStored(vec![ticket]));
    assert_eq!(w.x.status().outbox, 1);
    w.store_works = true;
    w.run(Duration::from_secs(11));
    assert_eq!((w.cdrs().len(), w.x.status().outbox), (1, 0));
    w.settle();
}

#[test]
fn the_same_seed_and_inputs_give_the_same_actions() {
    let run = || {
        let mut w = World::new();
        let (a, call, _, _) = w.talking();
        w.run(Duration::from_secs(5));
        w.hang_up(a, call);
        w.settle();
        w.log
    };
    assert_eq!(run(), run());
}

/// A call that was up when the exchange stopped without warning is not forgotten.
#[test]
fn every_call_has_a_cdr_even_after_a_crash() {
    let mut w = World::new();
    w.talking();
    let mut open = None;
    for record in &w.records {
        match record {
            Record::CallOpen(call) => open = Some((**call).clone()),
            Record::Cdr(_) => open = None,
            _ => {}
        }
    }
    let open = open.unwrap();
    assert!(open.recorded && open.answered_ms.is_some());
    let number = open.number;
    let restored = Restored { open_calls: vec![open], call_number: number, ..Restored::default() };
    let w = World::with(config(), restored);
    let cdr = w.cdr();
    assert_eq!((cdr.number, cdr.ending.cause, cdr.recorded), (number, Cause::Restart, true));
    assert_eq!(w.x.status().outbox, 0);
}

/// Class "calls of one user": one phone cannot take every line.
#[test]
fn one_extension_makes_only_so_many_calls() {
    let mut c = config();
    (c.calls_max, c.calls_per_extension) = (4, 2);
    let mut w = World::with(c, Restored::default());
    let a = w.registered("101", "192.0.2.11:5060");
    let first = w.dial(a, "*43", a_sdp());
    w.ms(50);
    w.dial(a, "*43", a_sdp());
    w.ms(50);
    w.told(a);
    w.dial(a, "*43", a_sdp());
    w.ms(50);
    assert!(matches!(&w.told(a)[..], [SessionEvent::Rejected(r)] if r.status.code() == 503));
    w.hang_up(a, first);
    w.dial(a, "*43", a_sdp());
    w.ms(50);
    assert!(w.told(a).iter().any(|e| matches!(e, SessionEvent::Answered(_))));
}

#[test]
fn early_media_does_not_swallow_the_ringing() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    w.dial(a, "102", a_sdp());
    w.ms(100);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).progress(now, ring, Status::SESSION_PROGRESS, Some(sdp("192.0.2.12", "8 101", "")));
    w.ms(50);
    let now = w.now.mono;
    w.end(b).progress(now, ring, Status::RINGING, None);
    w.ms(50);
    let told: Vec<_> = w
        .told(a)
        .into_iter()
        .map(|e| if let SessionEvent::Progress(s, _) = e { s.code() } else { 0 })
        .collect();
    assert_eq!(told, [183, 180]);
}

/// A caller with used credentials cannot be judged twice: whoever missed a refusal gets the same one again.
#[test]
fn a_lost_refusal_is_given_again() {
    let mut config = config();
    config.calls_max = 0;
    let mut w = World::with(config, Restored::default());
    let a = w.registered("101", "192.0.2.11:5060");
    w.registered("102", "192.0.2.12:5060");
    w.lose = vec!["503"];
    w.dial(a, "102", Some(sdp("192.0.2.11", "8 101", "")));
    w.run(Duration::from_secs(3));
    let heard: Vec<&str> =
        w.phones[&a].heard.iter().map(String::as_str).filter(|l| l.starts_with("SIP")).collect();
    assert_eq!(
        heard.iter().filter(|l| l.contains("401")).count(),
        2,
        "one for REGISTER, one for INVITE: {heard:?}"
    );
    assert_eq!(heard.last().copied(), Some("SIP/2.0 503 Service Unavailable"));
    let offers_nothing = b"v=0\r\nnonsense".to_vec();
    w.lose = vec!["488"];
    w.dial(a, "102", Some(offers_nothing));
    w.run(Duration::from_secs(3));
    let heard = &w.phones[&a].heard;
    assert_eq!(heard.iter().filter(|l| l.contains("401")).count(), 3, "{heard:?}");
}

/// A phone that registers from elsewhere takes its call along, and consoles are told.
#[test]
fn a_call_that_moves_is_shown_where_it_is() {
    let mut w = World::new();
    let (a, ..) = w.talking();
    w.x.take_changed();
    let moved = w.phone("101", "192.0.2.99:5062");
    let contact = format!("<sip:101@{a}>");
    let answer = w.register(moved, &[&contact], Some(300));
    assert_eq!(answer.map(|r| r.status), Some(Status::OK));
    let id = w.x.calls().next().unwrap().id;
    assert!(w.x.call(id).unwrap().legs.values().any(|l| l.flow.remote == moved));
    assert!(w.x.take_changed().contains(&Changed::Call(id)));
}

/// A phone that plays its ringing with 183 and never says 180 was reached all the same.
#[test]
fn who_sends_early_media_only_counts_as_reached() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    w.dial(a, "102", a_sdp());
    w.ms(100);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).progress(now, ring, Status::SESSION_PROGRESS, Some(sdp("192.0.2.12", "8 101", "")));
    w.run(Duration::from_secs(31));
    assert_eq!((w.cdr().ending.cause, w.cdr().legs[1].outcome.as_str()), (Cause::NoAnswer, "no_answer"));
    assert_eq!(w.cdr().ending.text, "102 was reached and did not answer within 30 s");
}

/// A phone that still rang when a user or the caller's trouble ended the call has not failed.
#[test]
fn who_rings_when_others_end_the_call_is_cancelled() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    w.registered("102", "192.0.2.12:5060");
    w.dial(a, "102", a_sdp());
    w.ms(100);
    let id = w.x.calls().next().unwrap().id;
    w.input(Input::Command { id: CommandId(1), user: "mara".into(), command: Command::HangUp(id) });
    assert_eq!((w.cdr().ending.cause, w.cdr().legs[1].outcome.as_str()), (Cause::Forced, "cancelled"));
}

/// A store that takes nothing costs the oldest CDRs, with an alarm that goes when it takes them again.
#[test]
fn cdrs_that_wait_are_bounded() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    w.store_works = false;
    w.hang_up(a, call);
    let cdr = w.x.outbox.pop_first().unwrap().1;
    for n in 0..limits::OUTBOX_MAX as u128 {
        w.x.retry.push_back(Cdr { call: CallId(n), ..(*cdr).clone() });
    }
    w.x.timers.set(due::Timer::Outbox, w.now.mono.after(Duration::from_secs(9)));
    let call = w.dial(a, "*43", a_sdp());
    w.ms(50);
    w.hang_up(a, call);
    assert_eq!((w.x.status().outbox, w.x.retry[0].call), (limits::OUTBOX_MAX, CallId(1)));
    assert!(w.x.alarm("cdr_lost").is_some());
    w.store_works = true;
    w.run(Duration::from_secs(10));
    assert!(w.x.alarm("cdr_lost").is_none(), "{}", w.x.status().outbox);
}

/// A phone that vanished in the middle of a call is lost; the call had not failed.
#[test]
fn a_phone_that_vanished_is_lost() {
    let mut w = World::new();
    w.talking();
    let session = w.x.calls().next().unwrap().callee_legs().next().unwrap().session.unwrap();
    // What SIP says when nobody answers a refresh of ours.
    w.x.on_session(w.now, session, SessionEvent::Ended(Ended::Gone(Status::REQUEST_TIMEOUT)));
    w.input(Input::Tick);
    assert_eq!(
        (w.cdr().ending.cause, w.cdr().ending.status),
        (Cause::MediaLost, 408),
        "{}",
        w.cdr().ending.text
    );
}
