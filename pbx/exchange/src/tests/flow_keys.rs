//! Keys that callers press in flows: by which way they count, and that nobody reads them.

use super::flows::Caller;
use super::world::{World, sdp};
use crate::*;

fn listens(w: &World) -> Vec<bool> {
    let is_on =
        |c: &MediaCommand| if let MediaCommand::Listen { is_on, .. } = c { Some(*is_on) } else { None };
    w.media.iter().filter_map(is_on).collect()
}

/// Whether a phone's sound is looked at is decided where its agreements are known: a phone may give events up.
#[test]
fn every_caller_is_listened_to() {
    let t = Caller::new("500");
    assert_eq!(listens(&t.w), [true]);
    // One that describes itself in its ACK.
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let call = w.dial(a, "500", None);
    w.ms(100);
    let now = w.now.mono;
    w.end(a).answer_asked(now, call, sdp("192.0.2.11", "8 101", ""));
    w.ms(100);
    assert_eq!(listens(&w), [true]);
}
