//! What defects put in place of something, or beside it.

use switchroom_exchange::{CallId, Channel, LegId, MediaCommand, Record, RecordingSubject, SIGNAL};
use switchroom_flow::Clip;

/// A recording of whatever two there may be.
pub(super) fn record(call: CallId) -> MediaCommand {
    let legs = [(LegId(u64::MAX - 1), Channel::Left), (LegId(u64::MAX), Channel::Right)];
    let nobody = || (String::new(), String::new());
    let subject = RecordingSubject { number: 0, from: nobody(), with: nobody(), started_ms: 0 };
    MediaCommand::Record { call, legs, subject }
}

pub(super) fn prompt(call: CallId, leg: LegId) -> MediaCommand {
    MediaCommand::Play { call, leg, number: 1, clips: vec![Clip::Beep], is_loop: false }
}

pub(super) fn tone(call: CallId, leg: LegId) -> MediaCommand {
    MediaCommand::Play { call, leg, number: SIGNAL, clips: vec![Clip::Beep], is_loop: false }
}

/// A record that says nothing, in place of one that is lost though its ticket comes back.
pub(super) fn nothing() -> Option<Record> {
    Some(Record::BindingGone { extension: String::new(), key: String::new() })
}
