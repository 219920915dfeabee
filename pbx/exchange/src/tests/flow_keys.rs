//! Keys that callers press in flows: by which way they count, and that nobody reads them.

use super::flows::Caller;
use super::world::{World, sdp};
use crate::*;
use std::time::Duration;
use switchroom_sip::endpoint::SessionId;

const RELAY: &str = "application/dtmf-relay";

fn info(w: &mut World, at: std::net::SocketAddr, session: SessionId, digit: char) {
    let now = w.now.mono;
    w.end(at).info(now, session, RELAY, format!("Signal={digit}\r\nDuration=160\r\n").into());
    w.ms(20);
}

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

/// A voice may sound like a key, once. A phone that sends its keys by INFO is heard all the same.
#[test]
fn a_voice_taken_for_a_key_does_not_lock_keys_out() {
    let mut t = Caller::with("504", sdp("192.0.2.11", "8", ""));
    let (a, call) = (t.a, t.call);
    t.digit('9');
    t.w.run(Duration::from_secs(2));
    for digit in ['4', '7', '1'] {
        info(&mut t.w, a, call, digit);
    }
    assert!(t.hears("thanks"), "{:?}", t.playing());
    assert_eq!(listens(&t.w), [true, false], "its sound is no longer looked at");
    t.w.hang_up(a, call);
    t.w.settle();
}

/// The key that shows that a phone sends INFO may have been found in its sound a moment before: it is one.
#[test]
fn a_key_found_in_the_sound_and_told_by_info_is_one() {
    let mut t = Caller::with("504", sdp("192.0.2.11", "8", ""));
    let (a, call) = (t.a, t.call);
    for digit in ['4', '7', '1'] {
        t.digit(digit);
        info(&mut t.w, a, call, digit);
    }
    assert!(!t.hears("thanks"), "three keys, not six");
    info(&mut t.w, a, call, '1');
    assert!(t.hears("thanks"));
    t.w.hang_up(a, call);
    t.w.settle();
}

/// A key that crossed the end of the call is no more readable than those before it.
#[test]
fn a_key_after_the_end_is_masked_too() {
    let mut t = Caller::new("504");
    let id = t.w.x.calls().next().unwrap().id;
    t.w.input(Input::Command { id: CommandId(1), user: "mara".into(), command: Command::HangUp(id) });
    let (a, call, now) = (t.a, t.call, t.w.now.mono);
    t.w.end(a).info(now, call, RELAY, "Signal=7\r\nDuration=160\r\n".into());
    t.w.ms(200);
    let ladder = t.w.x.ladders().get(id).unwrap();
    let infos = infos(ladder);
    assert_eq!(infos.len(), 1, "it reached us");
    assert!(infos[0].contains("Signal=x"), "{infos:?}");
}

/// What the called side presses is no secret of a flow.
#[test]
fn keys_of_the_called_side_are_shown() {
    let mut t = Caller::new("500");
    t.digit('1');
    let ring = t.w.answer(t.b);
    let id = t.w.x.calls().next().unwrap().id;
    let b = t.b;
    info(&mut t.w, b, ring, '7');
    let ladder = t.w.x.ladders().get(id).unwrap();
    assert!(infos(ladder)[0].contains("Signal=7"), "{:?}", infos(ladder));
}

/// The INFO requests of a ladder.
pub(super) fn infos(ladder: &Ladder) -> Vec<String> {
    let texts = ladder.entries.iter().filter_map(|entry| match &entry.kind {
        EntryKind::Message { bytes, .. } => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    });
    texts.filter(|text| text.starts_with("INFO ")).collect()
}
