#![allow(clippy::unwrap_used, clippy::panic)]
//! Two endpoints and a wire between them, in simulated time.

use super::*;

mod bounds;
mod chance;
mod defects;
mod pair;
mod referring;
mod subscribe;

use pair::endpoint;
pub(super) use pair::{Pair, SDP};

#[test]
fn a_call_is_made_and_ended() {
    let mut p = Pair::new();
    let a = p.call(Some(SDP), &[]);
    p.ms(50);
    let b = p.take();
    p.ends[1].progress(p.now, b, Status::RINGING, None);
    p.ms(50);
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.ms(50);
    assert_eq!(
        p.told(0),
        [SessionEvent::Progress(Status::RINGING, None), SessionEvent::Answered(Some(SDP.to_vec()))]
    );
    p.ends[0].hang_up(p.now, a, None);
    p.ms(50);
    assert_eq!(p.told(1), [SessionEvent::Confirmed(None), SessionEvent::Ended(Ended::Bye(None))]);
    assert_eq!(p.seen, ["a:INVITE", "b:100", "b:180", "b:200", "a:ACK", "a:BYE", "b:200"]);
    p.settle();
}

#[test]
fn refusals_come_up_and_leave_nothing() {
    for status in [Status::BUSY, Status::DECLINE, Status::NOT_FOUND] {
        let mut p = Pair::new();
        p.call(Some(SDP), &[]);
        p.ms(50);
        let b = p.take();
        p.ends[1].reject(p.now, b, status, &Headers::default());
        p.ms(50);
        assert!(matches!(&p.told(0)[..], [SessionEvent::Rejected(r)] if r.status == status));
        p.settle();
    }
}

#[test]
fn cancel_before_and_after_the_first_answer() {
    for early in [true, false] {
        let mut p = Pair::new();
        let a = p.call(Some(SDP), &[]);
        if early {
            // Nothing has come back yet: the CANCEL waits for a provisional response.
            p.ends[0].hang_up(p.now, a, Some("SIP;cause=200;text=\"Call completed elsewhere\"".into()));
        }
        p.ms(50);
        p.take();
        if !early {
            p.ms(50);
            p.ends[0].hang_up(p.now, a, Some("SIP;cause=200;text=\"Call completed elsewhere\"".into()));
        }
        p.ms(100);
        let want = SessionEvent::Ended(Ended::Cancelled(Some(
            "SIP;cause=200;text=\"Call completed elsewhere\"".into(),
        )));
        assert_eq!(p.told(1), [want]);
        assert_eq!(p.told(0), []);
        assert_eq!(p.seen, ["a:INVITE", "b:100", "a:CANCEL", "b:200", "b:487", "a:ACK"]);
        p.settle();
    }
}

/// Class "CANCEL/200/BYE races": both cross on the wire; the call is acknowledged and ended.
#[test]
fn cancel_crosses_the_answer() {
    let mut p = Pair::new();
    let a = p.call(Some(SDP), &[]);
    p.ms(50);
    let b = p.take();
    p.ms(50);
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.ends[0].hang_up(p.now, a, None);
    p.ms(200);
    assert_eq!(p.told(0), []);
    assert_eq!(p.told(1), [SessionEvent::Confirmed(None), SessionEvent::Ended(Ended::Bye(None))]);
    p.settle();
}

/// Behind the called phone there are two (RFC 3261 §13.2.2.4): the first to answer has the call, the other is acknowledged
/// and hung up, in its own dialog, and again if its answer comes again.
#[test]
fn a_second_phone_behind_the_first_is_hung_up() {
    let mut p = Pair::new();
    let a = p.call(Some(SDP), &[]);
    p.ms(50);
    let b = p.take();
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.collect();
    let (at, to, ok) = p.wire.back().unwrap().clone();
    let text = String::from_utf8(ok).unwrap();
    let line = text.lines().find(|line| line.starts_with("To:")).unwrap();
    let (start, _) = line.split_once(";tag=").unwrap();
    let other = text.replace(line, &format!("{start};tag=behind"));
    assert_ne!(other, text);
    p.wire.push_back((at, to, other.into_bytes()));
    p.ms(5);
    p.seen.clear();
    p.ms(6);
    p.collect();
    let sent: Vec<String> = p
        .wire
        .iter()
        .filter(|(_, to, _)| *to == 1)
        .map(|(_, _, bytes)| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let word = text.split(' ').next().unwrap_or_default().to_owned();
            format!("{word}{}", if text.contains(";tag=behind") { " to the other" } else { "" })
        })
        .collect();
    assert_eq!(sent, ["ACK", "ACK to the other", "BYE to the other"]);
    p.ms(100);
    assert_eq!(p.told(0), [SessionEvent::Answered(Some(SDP.to_vec()))], "the first goes on");
    assert_eq!(p.told(1), [SessionEvent::Confirmed(None)]);
    p.ends[0].hang_up(p.now, a, None);
    p.ms(50);
    assert_eq!(p.told(1), [SessionEvent::Ended(Ended::Bye(None))]);
    p.settle();
}

#[test]
fn lost_messages_are_repeated() {
    for lost in [(0, "INVITE"), (1, "100"), (1, "200"), (0, "ACK")] {
        let mut p = Pair::new();
        p.lose.push(lost);
        let a = p.call(Some(SDP), &[]);
        p.ms(700);
        let b = p.take();
        p.ms(700);
        p.ends[1].answer(p.now, b, SDP.to_vec());
        p.ms(2000);
        assert_eq!(p.told(0), [SessionEvent::Answered(Some(SDP.to_vec()))], "{lost:?}");
        assert_eq!(p.told(1), [SessionEvent::Confirmed(None)], "{lost:?}");
        p.ends[1].hang_up(p.now, b, None);
        p.ms(50);
        assert_eq!(p.told(0), [SessionEvent::Ended(Ended::Bye(None))]);
        _ = a;
        p.settle();
    }
}

#[test]
fn no_ack_ends_the_call_after_32_seconds() {
    let mut p = Pair::new();
    p.call(Some(SDP), &[]);
    p.ms(50);
    let b = p.take();
    p.lose = vec![(0, "ACK"); 40];
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.ms(31_900);
    assert_eq!(p.told(1), []);
    p.ms(200);
    assert_eq!(p.told(1), [SessionEvent::Ended(Ended::NoAck)]);
    p.settle();
    assert!(p.seen.contains(&"b:BYE".to_owned()));
}

#[test]
fn bye_waits_for_the_ack() {
    let mut p = Pair::new();
    p.call(Some(SDP), &[]);
    p.ms(50);
    let b = p.take();
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.ends[1].hang_up(p.now, b, None);
    p.ms(100);
    assert_eq!(p.seen, ["a:INVITE", "b:100", "b:200", "a:ACK", "b:BYE", "a:200"]);
    p.settle();
}

#[test]
fn late_offer_is_answered_in_the_ack() {
    let mut p = Pair::new();
    let a = p.call(None, &[]);
    p.ms(50);
    let b = p.take();
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.ms(50);
    assert_eq!(p.told(0), [SessionEvent::Answered(Some(SDP.to_vec()))]);
    assert_eq!(p.told(1), []);
    p.ends[0].answer_asked(p.now, a, b"v=0 answer".to_vec());
    p.ms(50);
    assert_eq!(p.told(1), [SessionEvent::Confirmed(Some(b"v=0 answer".to_vec()))]);
    // And so in a re-INVITE that asks for an offer.
    p.ends[1].ask_offer(p.now, b).unwrap();
    p.ms(50);
    assert_eq!(p.told(0), [SessionEvent::Offer(None)]);
    p.ends[0].answer_offer(p.now, a, Ok(SDP.to_vec()));
    p.ms(50);
    assert_eq!(p.told(1), [SessionEvent::OfferAsked(SDP.to_vec())]);
    p.ends[1].answer_asked(p.now, b, b"v=0 again".to_vec());
    p.ms(50);
    assert_eq!(p.told(0), [SessionEvent::OfferAnswered(Some(b"v=0 again".to_vec()))]);
    p.ends[0].hang_up(p.now, a, None);
    p.settle();
}

#[test]
fn hold_and_an_offer_asked_for() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    p.ends[0].offer(p.now, a, NewOffer(b"v=0 hold".to_vec())).unwrap();
    assert_eq!(p.ends[0].offer(p.now, a, NewOffer(vec![])), Err(Busy));
    p.ms(50);
    assert_eq!(p.told(1), [SessionEvent::Offer(Some(b"v=0 hold".to_vec()))]);
    p.ends[1].answer_offer(p.now, b, Ok(SDP.to_vec()));
    p.ms(50);
    assert_eq!(p.told(0), [SessionEvent::OfferAnswered(Some(SDP.to_vec()))]);
    assert_eq!(p.told(1), []);
    p.ends[0].offer(p.now, a, NewOffer(SDP.to_vec())).unwrap();
    p.ms(50);
    p.told(1);
    p.ends[1].answer_offer(p.now, b, Err(Status::NOT_ACCEPTABLE_HERE));
    p.ms(50);
    assert_eq!(p.told(0), [SessionEvent::OfferRefused(Status::NOT_ACCEPTABLE_HERE)]);
    p.ends[0].hang_up(p.now, a, None);
    p.settle();
}

#[test]
fn glare_is_resolved() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    p.ends[0].offer(p.now, a, NewOffer(SDP.to_vec())).unwrap();
    p.ends[1].offer(p.now, b, NewOffer(SDP.to_vec())).unwrap();
    let mut answered = [0, 0];
    for _ in 0..200 {
        p.ms(50);
        for end in 0..2 {
            for event in p.told(end) {
                match event {
                    SessionEvent::Offer(_) => p.ends[end].answer_offer(p.now, [a, b][end], Ok(SDP.to_vec())),
                    SessionEvent::OfferAnswered(_) => answered[end] += 1,
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    assert_eq!(answered, [1, 1], "{:?}", p.seen);
    assert!(p.seen.contains(&"b:491".to_owned()) && p.seen.contains(&"a:491".to_owned()));
    p.ends[0].hang_up(p.now, a, None);
    p.settle();
}

#[test]
fn the_session_is_refreshed_and_ends_when_it_is_not() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    assert_eq!(p.ends[0].session_timer_of(a), Some((Duration::from_secs(1800), false)));
    assert_eq!(p.ends[1].session_timer_of(b), Some((Duration::from_secs(1800), true)));
    p.run(Duration::from_secs(950));
    assert_eq!(p.seen, ["b:UPDATE", "a:200"]);
    p.run(Duration::from_secs(3 * 1800));
    assert_eq!((p.told(0), p.told(1)), (vec![], vec![]));
    // From here on nothing of the called end arrives.
    p.lose = vec![(1, "UPDATE"); 100];
    p.run(Duration::from_secs(1800));
    assert_eq!(p.told(1), [SessionEvent::Ended(Ended::Gone(Status::REQUEST_TIMEOUT))]);
    p.lose.clear();
    p.settle();
}

#[test]
fn a_phone_that_never_refreshes_is_given_up() {
    let mut p = Pair::new();
    let (_, _b) = p.up();
    p.lose = vec![(1, "UPDATE"); 1000];
    p.lose.extend(vec![(1, "BYE"); 100]);
    p.run(Duration::from_secs(1790));
    assert_eq!(p.told(0), [SessionEvent::Ended(Ended::Expired)]);
    p.settle();
}

#[test]
fn too_small_intervals_are_refused_and_raised() {
    let mut p = Pair::new();
    let mut settings = p.ends[0].settings.clone();
    settings.session_expires = Duration::from_secs(30);
    p.ends[0].set_settings(settings);
    // Ours never goes below 90, so a hand-made one has to.
    let a = p.call(Some(SDP), &[]);
    p.ms(50);
    p.take();
    assert_eq!(p.ends[0].sessions[&a].propose, Duration::from_secs(30));
    let raw = "INVITE sip:102@h SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=z9hG4bKq\r\nFrom: <sip:x@h>;tag=q\r\n\
        To: <sip:102@h>\r\nCall-ID: q\r\nCSeq: 4 INVITE\r\nContact: <sip:x@p>\r\nSupported: timer\r\nSession-Expires: 10\r\n\r\n";
    let flow = p.flow(1);
    p.ms(50);
    p.ends[1].receive(p.now, flow, raw.as_bytes());
    let Some(Event::Request(incoming)) = p.events(1).pop() else { panic!() };
    assert_eq!(p.ends[1].take_invite(p.now, *incoming, "102"), None);
    let reply = p.ends[1].poll_transmit().unwrap();
    let text = String::from_utf8_lossy(&reply.bytes);
    assert!(text.starts_with("SIP/2.0 422 ") && text.contains("Min-SE: 90"), "{text}");
}

#[test]
fn reliable_provisional_responses_when_demanded() {
    let mut p = Pair::new();
    p.call(Some(SDP), &[(Name::Require, "100rel")]);
    p.ms(50);
    let b = p.take();
    p.lose.push((1, "180"));
    p.ends[1].progress(p.now, b, Status::RINGING, Some(SDP.to_vec()));
    // Answered before the PRACK: it waits.
    p.ends[1].answer(p.now, b, SDP.to_vec());
    p.ms(2_000);
    assert_eq!(
        p.told(0),
        [SessionEvent::Progress(Status::RINGING, Some(SDP.to_vec())), SessionEvent::Answered(None),]
    );
    assert_eq!(p.seen, ["a:INVITE", "b:100", "b:180 lost", "b:180", "a:PRACK", "b:200", "b:200", "a:ACK"]);
    p.ends[1].hang_up(p.now, b, None);
    p.settle();
}

#[test]
fn an_unacknowledged_provisional_ends_the_call() {
    let mut p = Pair::new();
    p.call(Some(SDP), &[(Name::Require, "100rel")]);
    p.ms(50);
    let b = p.take();
    p.lose = vec![(1, "180"); 100];
    p.ends[1].progress(p.now, b, Status::RINGING, None);
    p.ms(33_000);
    assert_eq!(p.told(1), [SessionEvent::Ended(Ended::NoPrack)]);
    assert!(matches!(&p.told(0)[..], [SessionEvent::Rejected(r)] if r.status == Status::SERVER_ERROR));
    p.settle();
}

/// Class "in-dialog hijack": a BYE with right tags from another source is not obeyed but put to the question.
#[test]
fn in_dialog_hijack() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    let bye = p.ends[0].sessions.get_mut(&a).unwrap().dialog.request(Method::Bye, None);
    let flow = p.flow(0);
    p.ends[0].send_request(p.now, flow, bye, Owner::Nobody);
    p.ends[0].flush();
    let bytes = p.ends[0].poll_transmit().unwrap().bytes;
    let foreign = Flow { remote: "203.0.113.66:5060".parse().unwrap(), ..p.flow(1) };
    p.ends[1].receive(p.now, foreign, &bytes);
    let events = p.events(1);
    let [Event::Foreign(id, incoming)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((*id, p.ends[1].sessions()), (b, 1));
    p.ends[1].admit(p.now, *id, (**incoming).clone());
    assert_eq!(p.told(1), [SessionEvent::Ended(Ended::Bye(None))]);
}

#[test]
fn refusals_of_form() {
    let ask = |start: &str, extra: &str| {
        let method = start.split(' ').next().unwrap();
        let text = format!(
            "{start} SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=z9hG4bK{}\r\nFrom: <sip:x@h>;tag=q\r\nTo: <sip:102@h>\r\n\
             Call-ID: q\r\nCSeq: 4 {method}\r\nContact: <sip:x@p>\r\n{extra}\r\n",
            extra.len()
        );
        let mut e = endpoint(5);
        let flow = Pair::new().flow(1);
        e.receive(Mono(0), flow, text.as_bytes());
        let sent = e.poll_transmit().map(|t| String::from_utf8_lossy(&t.bytes)[8..11].to_owned());
        (sent, e.poll_event().is_some(), e.transactions())
    };
    let refused = |code: &str| (Some(code.to_owned()), false, 0);
    assert_eq!(ask("INVITE sip:102@h", "Max-Forwards: 0\r\n"), refused("483"));
    assert_eq!(ask("INVITE sip:102@h", "Require: 100rel, foo\r\n"), refused("420"));
    assert_eq!(ask("INVITE urn:x", ""), refused("416"));
    assert_eq!(
        ask("INVITE sip:102@h", "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx"),
        refused("415")
    );
    assert_eq!(ask("BYE sip:102@h", "t: <sip:1@h>\r\n"), refused("400"));
    assert_eq!(ask("INVITE sip:102@h", ""), (None, true, 0));
    let mut p = Pair::new();
    let (a, _) = p.up();
    for (method, code) in [
        ("REFER", "400"),
        ("NOTIFY", "481"),
        ("MESSAGE", "405"),
        ("FOO", "405"),
        ("OPTIONS", "200"),
        ("INFO", "200"),
    ] {
        let r = p.ends[0].sessions.get_mut(&a).unwrap().dialog.request(Method::parse(method).unwrap(), None);
        let flow = p.flow(0);
        p.ends[0].send_request(p.now, flow, r, Owner::Nobody);
        p.ends[0].flush();
        p.ms(50);
        assert_eq!(p.seen.last(), Some(&format!("b:{code}")), "{method}");
    }
}

/// Class "loops": our own INVITE coming back, and the same INVITE by two ways.
#[test]
fn loops() {
    let mut p = Pair::new();
    p.call(Some(SDP), &[]);
    p.collect();
    let (_, _, bytes) = p.wire.pop_front().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let other = text.replace("branch=z9hG4bK", "branch=z9hG4bKother");
    let (f0, f1) = (p.flow(0), p.flow(1));
    p.ends[0].receive(p.now, f0, other.as_bytes());
    assert!(String::from_utf8_lossy(&p.ends[0].poll_transmit().unwrap().bytes).starts_with("SIP/2.0 482"));
    p.ends[1].receive(p.now, f1, text.as_bytes());
    p.take();
    p.ends[1].poll_transmit();
    p.ends[1].receive(p.now, f1, other.as_bytes());
    assert!(String::from_utf8_lossy(&p.ends[1].poll_transmit().unwrap().bytes).starts_with("SIP/2.0 482"));
}

/// Class "close mid-call": the phone's connection goes while it rings.
#[test]
fn a_connection_lost_while_ringing() {
    let mut p = Pair::new();
    p.transport = Transport::Tcp;
    p.call(Some(SDP), &[]);
    p.ms(50);
    p.take();
    p.ms(50);
    let (f0, f1) = (p.flow(0), p.flow(1));
    p.ends[0].flow_lost(p.now, f0);
    p.ends[1].flow_lost(p.now, f1);
    assert!(matches!(&p.told(0)[..], [SessionEvent::Rejected(r)] if r.status == Status::SERVICE_UNAVAILABLE));
    assert_eq!(p.told(1), [SessionEvent::Ended(Ended::Lost)]);
    p.settle();
}

#[test]
fn a_challenge_is_answered_with_credentials_only() {
    for with in [true, false] {
        let mut p = Pair::new();
        if with {
            let mut settings = p.ends[0].settings.clone();
            settings.credentials = Some(("101".into(), "secret".into()));
            p.ends[0].set_settings(settings);
        }
        p.call(Some(SDP), &[]);
        p.ms(50);
        let Some(Event::Request(first)) = p.events(1).pop() else { panic!() };
        let mut headers = Headers::default();
        headers
            .push(Name::WwwAuthenticate, "Digest realm=\"h\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"");
        p.ends[1].reply(&first, Status::UNAUTHORIZED, &headers);
        p.ms(50);
        let second = p.events(1).pop();
        if with {
            let Some(Event::Request(second)) = second else { panic!() };
            let value = second.request.headers.get(&Name::Authorization).unwrap();
            let answer = crate::digest::Credentials::parse(value).unwrap();
            let ha1 = crate::digest::ha1(crate::digest::Algorithm::Sha256, "101", "h", "secret");
            assert!(answer.answers(&ha1, "INVITE"));
            // Class "challenge loop": a second refusal is final.
            p.ends[1].reply(&second, Status::UNAUTHORIZED, &headers);
            p.ms(50);
            assert_eq!(p.events(1), []);
        }
        assert!(matches!(&p.told(0)[..], [SessionEvent::Rejected(r)] if r.status == Status::UNAUTHORIZED));
        p.settle();
    }
}

#[test]
fn the_external_address_is_shown_to_strangers_only() {
    let mut e = endpoint(1);
    let mut settings = e.settings.clone();
    settings.external = Some("198.51.100.7".parse().unwrap());
    settings.local_networks = vec![("192.0.2.0".parse().unwrap(), 24)];
    e.set_settings(settings);
    let near = Pair::new().flow(0);
    let far = Flow { remote: "203.0.113.5:5060".parse().unwrap(), ..near };
    assert_eq!(e.contact(&near, "x"), "<sip:x@192.0.2.1:5060>");
    assert_eq!(e.contact(&far, "x"), "<sip:x@198.51.100.7:5060>");
}
