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
