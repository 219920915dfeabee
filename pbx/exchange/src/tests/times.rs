//! Times of a call stay in order and agree with its lengths, whatever happens to the wall clock.

use super::world::{World, config, sdp};
use crate::*;
use std::time::Duration;
use switchroom_sip::status::Status;

const HOUR: i64 = 3_600_000;

/// An operator or NTP sets the clock while a call is up.
#[test]
fn times_of_a_call_never_step() {
    for step in [-HOUR, 24 * HOUR] {
        let mut w = World::new();
        let a = w.registered("101", "192.0.2.11:5060");
        let b = w.registered("102", "192.0.2.12:5060");
        let started = w.now.wall.0;
        let call = w.dial(a, "102", Some(sdp("192.0.2.11", "8 101", "")));
        w.ms(100);
        let (ring, _) = w.take(b);
        w.now.wall.0 += step;
        let now = w.now.mono;
        w.end(b).progress(now, ring, Status::RINGING, None);
        w.run(Duration::from_secs(2));
        w.now.wall.0 += step;
        let now = w.now.mono;
        w.end(b).answer(now, ring, sdp("192.0.2.12", "8 101", ""));
        w.run(Duration::from_secs(10));
        w.now.wall.0 += step;
        w.offer(a, call, sdp("192.0.2.11", "8 101", "a=sendonly\r\n"));
        let held = w.x.calls().next().unwrap().held.unwrap().wall.0;
        w.now.wall.0 += step;
        w.hang_up(a, call);
        let cdr = w.cdr();
        let (ringing, answered) = (cdr.ringing_ms.unwrap(), cdr.answered_ms.unwrap());
        let times = [cdr.started_ms, ringing, answered, held, cdr.ending.at_ms];
        assert!(times.is_sorted() && cdr.started_ms - started < 50, "{step}: {times:?}");
        assert!(cdr.path.iter().map(|p| p.at_ms).is_sorted(), "{:#?}", cdr.path);
        let length = |from: i64| u64::try_from(cdr.ending.at_ms - from).unwrap();
        assert_eq!((cdr.talk_ms, cdr.total_ms), (length(answered), length(cdr.started_ms)));
        assert!((12_000..13_000).contains(&cdr.total_ms), "{}", cdr.total_ms);
        w.settle();
    }
}

/// After a crash with the clock set back, a call does not end before it was answered.
#[test]
fn a_lost_call_ends_after_all_that_is_known_of_it() {
    let mut w = World::new();
    w.talking();
    let open = |r: &Record| if let Record::CallOpen(call) = r { Some((**call).clone()) } else { None };
    let mut open = w.records.iter().filter_map(open).next_back().unwrap();
    open.started_ms += 24 * HOUR;
    open.ringing_ms = open.ringing_ms.map(|ms| ms + 24 * HOUR);
    open.answered_ms = open.answered_ms.map(|ms| ms + 24 * HOUR);
    let answered = open.answered_ms.unwrap();
    let w = World::with(config(), Restored { open_calls: vec![open], ..Restored::default() });
    let cdr = w.cdr();
    assert_eq!((cdr.ending.at_ms, cdr.talk_ms, cdr.total_ms), (answered, 0, 0));
}
