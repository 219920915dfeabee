//! Phones that do not take what they are told for the moment: they are told again when they said, whatever happens meanwhile.

use super::{Panel, watched};
use crate::limits::{NOTIFY_RETRY, NOTIFY_TRIES};
use crate::tests::world::{World, sdp};
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_sip::status::Status;

const SECOND: Duration = Duration::from_secs(1);
/// What the phone says.
const AFTER: u32 = 120;

/// 101 is in a call, and the phone that watches it has refused to be told so.
fn refused(retry_after: Option<u32>) -> (World, Panel, SocketAddr, switchroom_sip::endpoint::SessionId) {
    let (mut w, mut panel, a, _) = watched();
    (w.notified, w.retry_after) = (Some(Status::SERVER_ERROR), retry_after);
    let call = w.dial(a, "*43", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(500);
    assert_eq!(panel.said(&w), ["101 1 lit"]);
    (w, panel, a, call)
}

/// So many seconds go by, in each of which the phone of 101 registers again: its lamp is looked at, and shows what it showed.
fn seconds(w: &mut World, a: SocketAddr, count: u32) {
    for _ in 0..count {
        w.register(a, &["<sip:101@192.0.2.11:5060>"], Some(300));
        w.run(SECOND.saturating_sub(Duration::from_millis(200)));
    }
}

#[test]
fn who_says_when_is_not_told_before() {
    let (mut w, mut panel, a, _) = refused(Some(AFTER));
    seconds(&mut w, a, AFTER - 2);
    assert_eq!(panel.said(&w), [""; 0], "not before the phone said");
    seconds(&mut w, a, 4);
    assert_eq!(panel.said(&w), ["101 2 lit"]);
}

/// Ten tries are ten times what the phone said, and then it is left alone until something changes: for which it has its time, too.
#[test]
fn tries_are_those_at_the_time_that_was_said() {
    for (retry_after, each) in [(Some(AFTER), Duration::from_secs(AFTER.into())), (None, NOTIFY_RETRY)] {
        let (mut w, mut panel, a, call) = refused(retry_after);
        let each = u32::try_from(each.as_secs()).unwrap();
        for n in 1..=NOTIFY_TRIES {
            seconds(&mut w, a, each);
            assert_eq!(panel.said(&w), [format!("101 {} lit", n + 1)], "{retry_after:?}");
        }
        w.hang_up(a, call);
        seconds(&mut w, a, each - 2);
        assert_eq!(panel.said(&w), [""; 0], "it has said when");
        w.notified = Some(Status::OK);
        seconds(&mut w, a, 4);
        assert_eq!(panel.said(&w), ["101 12 dark"]);
        seconds(&mut w, a, 3 * each);
        assert_eq!(panel.said(&w), [""; 0]);
        // Who took one is told of the next change at once.
        w.dial(a, "*43", Some(sdp("192.0.2.11", "8 101", "")));
        w.run(SECOND);
        assert_eq!(panel.said(&w), ["101 13 lit"]);
    }
}

/// What happens in between changes what is told then.
#[test]
fn what_is_told_then_is_what_is_so_then() {
    let (mut w, mut panel, a, call) = refused(Some(AFTER));
    seconds(&mut w, a, 10);
    w.hang_up(a, call);
    seconds(&mut w, a, AFTER - 14);
    assert_eq!(panel.said(&w), [""; 0]);
    w.notified = Some(Status::OK);
    seconds(&mut w, a, 5);
    assert_eq!(panel.said(&w), ["101 2 dark"]);
}

/// Who asks is told at once, whatever it said before.
#[test]
fn who_asks_anew_is_told_at_once() {
    let (mut w, mut panel, ..) = refused(Some(AFTER));
    let dialog = panel.watch(&mut w, "103");
    w.run(10 * SECOND);
    assert_eq!(panel.said(&w), ["103 0 dark"]);
    w.notified = Some(Status::OK);
    assert_eq!(panel.ask(&mut w, "103", Some(&dialog), &[]).unwrap().status, Status::OK);
    assert_eq!(panel.said(&w), ["103 1 dark"]);
    w.run(Duration::from_secs(u64::from(AFTER)));
    assert_eq!(panel.said(&w), ["101 2 lit"], "that of the other is another time");
}
