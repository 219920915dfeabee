#![allow(clippy::unwrap_used, clippy::panic)]
//! Each rule, broken by hand: exactly that one is found.

use super::super::session::Renewing;
use super::super::tests::{Pair, SDP};
use super::*;
use crate::header::Name;
use crate::method::Method;
use crate::status::Status;
use crate::time::Mono;

/// A caller's and a called session that ring.
fn ringing() -> (Pair, SessionId, SessionId) {
    let mut p = Pair::new();
    let a = p.call(Some(SDP), &[(Name::Require, "100rel")]);
    p.ms(50);
    let b = p.take();
    p.ms(50);
    (p, a, b)
}

fn up() -> (Pair, SessionId, SessionId) {
    let mut p = Pair::new();
    let (a, b) = p.up();
    (p, a, b)
}

/// The one rule that is broken at that end.
fn found(p: &Pair, end: usize) -> String {
    let found = p.ends[end].audit();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

fn session(p: &mut Pair, end: usize, id: SessionId) -> &mut Session {
    p.ends[end].sessions.get_mut(&id).unwrap()
}

#[test]
fn all_is_well_at_every_step_of_a_call() {
    let (mut p, a, b) = ringing();
    let check = |p: &Pair| assert_eq!((p.ends[0].audit(), p.ends[1].audit()), (vec![], vec![]));
    check(&p);
    p.ends[1].progress(p.now, b, Status::RINGING, None);
    check(&p);
    p.ms(50);
    check(&p);
    p.ends[1].answer(p.now, b, SDP.to_vec());
    check(&p);
    p.ms(50);
    check(&p);
    p.ends[0].hang_up(p.now, a, None);
    check(&p);
    p.ms(50);
    check(&p);
    p.settle();
}

#[test]
fn lost_names_are_found() {
    let (mut p, _, b) = up();
    p.ends[0].timers.set((SessionId(99), Timer::Glare), Mono(1));
    assert_eq!(found(&p, 0), "session 99: Glare is armed and the session is gone");
    let (tag, key) = {
        let s = session(&mut p, 1, b);
        (s.dialog.local_tag.clone(), s.invite_key.clone().unwrap())
    };
    p.ends[1].by_tag.insert("x".into(), SessionId(99));
    assert_eq!(found(&p, 1), "session 99: tag \"x\" leads to it and it is gone");
    p.ends[1].by_tag.remove("x");
    p.ends[1].by_tag.remove(&tag);
    assert!(found(&p, 1).ends_with("our tag does not lead to it"));
    p.ends[1].by_tag.insert(tag, b);
    p.ends[1].by_invite.insert(("c".into(), "t".into(), 1), SessionId(99));
    assert_eq!(found(&p, 1), "session 99: INVITE (\"c\", \"t\", 1) leads to it and it is gone");
    p.ends[1].by_invite.clear();
    assert!(found(&p, 1).ends_with("the peer's INVITE does not lead to it"));
    p.ends[1].by_invite.insert(key, b);
    assert_eq!(p.ends[1].audit(), [""; 0]);
}

#[test]
fn what_waits_for_nothing_is_found() {
    let (mut p, a, b) = ringing();
    let Phase::Incoming { txn, .. } = &session(&mut p, 1, b).phase else { panic!() };
    let txn = *txn;
    p.ends[1].txns.drop_now(txn);
    session(&mut p, 1, b).pending = Pending::None;
    assert!(found(&p, 1).ends_with("its INVITE can no longer be answered"));
    let Phase::Calling { txn, .. } = &session(&mut p, 0, a).phase else { panic!() };
    let txn = *txn;
    session(&mut p, 0, a).pending = Pending::None;
    p.ends[0].txns.drop_now(txn);
    assert!(found(&p, 0).ends_with("nothing more can come of its INVITE"));

    let (mut p, a, b) = up();
    let request = session(&mut p, 0, a).dialog.request(Method::Info, None);
    p.ends[0].answerable.insert(TxnId(99), (Box::new(request.clone()), 0));
    assert_eq!(found(&p, 0), "transaction 99: kept for a challenge that can no longer come");
    let flow = p.flow(1);
    let txn = p.ends[1].txns.accept(flow, &request, Owner::Session(b, Purpose::Server));
    assert_eq!(found(&p, 1), format!("transaction {}: session {} will never answer it", txn.0, b.0));
    p.ends[1].txns.drop_now(txn);
    session(&mut p, 1, b).pending = Pending::Theirs { txn, request: std::sync::Arc::new(request) };
    assert!(found(&p, 1).ends_with("the peer's offer can no longer be answered"));
    session(&mut p, 1, b).pending = Pending::Ours;
    assert!(found(&p, 1).ends_with("nobody can answer its offer any more"));
}

#[test]
fn missing_timers_are_found() {
    let (mut p, a, b) = ringing();
    p.ends[0].timers.set((a, Timer::CancelUnanswered), Mono(u64::MAX));
    assert!(found(&p, 0).ends_with("the timer of its CANCEL does not fit"));
    p.ends[0].timers.cancel((a, Timer::CancelUnanswered));
    p.ends[0].timers.cancel((a, Timer::NoNews));
    assert!(found(&p, 0).ends_with("the timer of its ringing does not fit"));
    p.ends[1].progress(p.now, b, Status::RINGING, None);
    p.ends[1].timers.cancel((b, Timer::NoPrack));
    assert!(found(&p, 1).ends_with("the timers of its reliable provisional response do not fit"));
    let (mut p, a, b) = up();
    p.ends[0].timers.set((a, Timer::NoAck), Mono(u64::MAX));
    assert!(found(&p, 0).ends_with("the timers of its 2xx do not fit"));
    p.ends[1].timers.cancel((b, Timer::Session));
    assert!(found(&p, 1).ends_with("no session timer watches it"));
    let (mut p, a, b) = up();
    session(&mut p, 0, a).renewing =
        Some(Renewing { sdp: None, is_refresh: false, by_update: false, waits: true, tries: 0 });
    assert!(found(&p, 0).ends_with("the timer of its glare does not fit"));
    session(&mut p, 1, b).renewing =
        Some(Renewing { sdp: None, is_refresh: false, by_update: false, waits: false, tries: 0 });
    assert!(found(&p, 1).ends_with("its renewal and the request for it do not fit"));
}

#[test]
fn what_never_ends_is_found() {
    let (mut p, a, b) = up();
    session(&mut p, 0, a).phase = Phase::Ending;
    assert!(found(&p, 0).ends_with("its end and the BYE for it do not fit"));
    session(&mut p, 1, b).is_released = true;
    assert!(found(&p, 1).ends_with("it was given up and nothing ends it"));
}
