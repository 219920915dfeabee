//! The end of ringing for a caller in a queue, to the millisecond.

use super::queues::{Floor, queue};
use super::world::sdp;
use std::collections::BTreeSet;
use switchroom_acd::Activity;
use switchroom_acd::config::QueueConfig;
use switchroom_sip::endpoint::SessionEvent;

/// A phone answers about when its time is over: it has the caller, or it does not and the next one rings; never both.
#[test]
fn an_answer_at_the_end_of_ringing_is_in_time_or_too_late() {
    let mut outcomes = BTreeSet::new();
    for ms in 9_800..9_900 {
        let mut t = Floor::new(QueueConfig { ring: 10_000, ..queue() });
        t.sign_in("2", "102");
        t.sign_in("3", "103");
        t.call("701");
        let ring = t.pick(t.b);
        t.w.ms(ms);
        let (now, at) = (t.w.now.mono, t.b);
        t.w.end(at).answer(now, ring, sdp("192.0.2.12", "8 101", ""));
        t.w.ms(300);
        let has_the_caller = t.activity("2") == Activity::Talking;
        assert_eq!(t.rings(t.c), !has_the_caller, "{ms} ms: {:#?}", t.w.log);
        let is_hung_up = t.w.told(at).iter().any(|e| matches!(e, SessionEvent::Ended(_)));
        assert_eq!(is_hung_up, !has_the_caller, "{ms} ms: {:#?}", t.w.log);
        outcomes.insert(has_the_caller);
    }
    assert_eq!(outcomes.len(), 2, "the end of ringing lies elsewhere");
}
