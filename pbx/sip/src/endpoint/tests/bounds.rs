//! What one peer can make an endpoint keep and send is bounded.

use super::*;
use crate::limits::{DIALOG_REQUESTS_MAX, STRAYS_MAX};

/// What was sent since this was last asked, by its first words.
fn sent(p: &mut Pair, word: &str) -> usize {
    p.collect();
    std::mem::take(&mut p.seen).iter().filter(|one| **one == format!("a:{word}")).count()
}

/// A called phone, or a fork behind it, answers one INVITE under ever new tags.
#[test]
fn strays_of_one_invite_are_bounded() {
    for is_over in [false, true] {
        let mut p = Pair::new();
        let a = p.call(Some(SDP), &[]);
        p.ms(50);
        let b = p.take();
        p.ends[1].answer(p.now, b, SDP.to_vec());
        p.collect();
        let answer = p.wire.iter().find(|(.., bytes)| bytes.starts_with(b"SIP/2.0 200")).unwrap();
        let answer = String::from_utf8(answer.2.clone()).unwrap();
        let tag = p.ends[1].sessions[&b].dialog.local_tag.clone();
        p.ms(50);
        if is_over {
            p.ends[0].hang_up(p.now, a, None);
            p.ms(50);
        }
        let before = p.ends[0].transactions();
        sent(&mut p, "");
        let flow = p.flow(0);
        let stray = |p: &mut Pair, n: usize| {
            p.ends[0].receive(p.now, flow, answer.replace(&tag, &format!("stray{n}")).as_bytes());
            assert_eq!(p.ends[0].audit(), [""; 0]);
            p.collect();
            (p.seen.iter().filter(|one| **one == "a:ACK").count(), sent(p, "BYE"))
        };
        for n in 0..STRAYS_MAX {
            assert_eq!(stray(&mut p, n), (1, 1), "acknowledged and ended");
            assert_eq!(stray(&mut p, n), (1, 0), "a repeat is only acknowledged");
        }
        for n in STRAYS_MAX..100 {
            assert_eq!(stray(&mut p, n), (0, 0), "enough of them");
        }
        assert_eq!(p.ends[0].transactions() - before, STRAYS_MAX);
        if !is_over {
            p.ends[0].hang_up(p.now, a, None);
        }
        p.settle();
    }
}

/// A peer that wants a longer interval each time is asked so often and no more.
#[test]
fn tries_of_a_renewal_are_bounded() {
    let mut p = Pair::new();
    let (a, _) = p.up();
    p.ends[0].offer(p.now, a, NewOffer(SDP.to_vec())).unwrap();
    let mut tries = 0;
    for min in 2_000..2_100 {
        p.collect();
        let Some((_, _, bytes)) = p.wire.iter().find(|(.., bytes)| bytes.starts_with(b"INVITE")).cloned()
        else {
            break;
        };
        p.wire.clear();
        tries += 1;
        let Ok(Message::Request(request)) = Message::parse(&bytes) else { panic!() };
        let mut response = request.response(Status::INTERVAL_TOO_SMALL, None);
        response.headers.push(Name::MinSe, min.to_string());
        let flow = p.flow(0);
        p.ends[0].receive(p.now, flow, &response.print());
        assert_eq!(p.ends[0].audit(), [""; 0]);
    }
    assert_eq!(tries, 4);
    assert_eq!(p.told(0), [SessionEvent::OfferRefused(Status::INTERVAL_TOO_SMALL)]);
    // What it asked for last stays, and the next renewal begins anew.
    sent(&mut p, "");
    p.ends[0].offer(p.now, a, NewOffer(SDP.to_vec())).unwrap();
    assert_eq!(sent(&mut p, "INVITE"), 1);
}

/// A called phone that wants no refresh within years is not called with such a timer: its 422 is a refusal.
#[test]
fn an_interval_of_years_is_not_agreed_to() {
    let mut p = Pair::new();
    p.call(Some(SDP), &[]);
    p.ms(50);
    let Some(Event::Request(invite)) = p.events(1).pop() else { panic!() };
    let mut headers = Headers::default();
    headers.push(Name::MinSe, u32::MAX.to_string());
    p.ends[1].reply(&invite, Status::INTERVAL_TOO_SMALL, &headers);
    p.ms(50);
    assert!(
        matches!(&p.told(0)[..], [SessionEvent::Rejected(r)] if r.status == Status::INTERVAL_TOO_SMALL),
        "{:?}",
        p.seen
    );
    p.settle();
}

/// Requests in one dialog take a share of the transactions that there may be.
#[test]
fn requests_of_one_dialog_are_bounded() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    let most = DIALOG_REQUESTS_MAX as usize;
    for _ in 0..most + 50 {
        p.ends[0].info(p.now, a, "text/plain", b"x".to_vec());
    }
    p.ms(500);
    let count = |p: &Pair, word: &str| p.seen.iter().filter(|one| *one == word).count();
    assert_eq!((count(&p, "b:200"), count(&p, "b:503")), (most, 50));
    assert_eq!(p.ends[1].transactions(), most + 1, "with that of the INVITE");
    assert_eq!(p.told(1).len(), most);
    assert_eq!(p.ends[1].audit(), [""; 0]);
    // Later it may ask again, and its BYE is always taken.
    p.run(Duration::from_secs(40));
    p.seen.clear();
    for _ in 0..most + 1 {
        p.ends[0].info(p.now, a, "text/plain", b"x".to_vec());
    }
    p.ends[0].hang_up(p.now, a, None);
    p.ms(500);
    assert_eq!((count(&p, "b:200"), count(&p, "b:503")), (most + 1, 1));
    assert!(matches!(p.told(1).last(), Some(SessionEvent::Ended(Ended::Bye(None)))));
    _ = b;
    p.settle();
}
