//! Callers in flows where one thing ends and another begins: searches, talks, recordings, the call itself.

use super::flows::Caller;
use std::time::Duration;
use switchroom_sip::status::Status;

/// What is said of a search that failed is said of the phones of that search, not of those that rang before.
#[test]
fn who_rang_before_is_not_said_to_ring_now() {
    let mut t = Caller::new("506");
    let (ring, _) = t.w.take(t.b);
    let now = t.w.now.mono;
    t.w.end(t.b).progress(now, ring, Status::RINGING, None);
    t.w.ms(100);
    let now = t.w.now.mono;
    t.w.end(t.b).reject(now, ring, Status::BUSY, &Default::default());
    t.w.ms(100);
    let (ring, _) = t.w.take(t.c);
    let now = t.w.now.mono;
    t.w.end(t.c).progress(now, ring, Status::SESSION_PROGRESS, None);
    t.w.run(Duration::from_secs(11));
    let path = &t.w.x.calls().next().unwrap().path;
    let said = path.iter().rev().find(|step| step.step == "dial").map(|step| step.text.as_str());
    assert_eq!(said, Some("103 was reached and did not answer within 10 s"));
}
