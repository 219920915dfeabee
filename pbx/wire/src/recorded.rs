//! What the screens show of sound that is kept: recordings and messages.

use crate::PartyView;
use serde::{Deserialize, Serialize};

/// Characters of the reason why a recording is held; of a longer one the rest is not kept.
pub const REASON_CHARS_MAX: usize = 200;

/// A mark in a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct MarkView {
    /// Offset from the start of the recording.
    pub at_ms: u64,
    /// What happened: `answer`, `hold`, `resume`, `digit`, `end`.
    pub kind: String,
    /// More, if there is more.
    pub text: String,
}

/// A recording on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct RecordingView {
    /// The call's id.
    pub id: String,
    /// The call's short number.
    pub number: u64,
    /// When it starts.
    pub started_ms: i64,
    /// How long it is.
    pub length_ms: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Who called.
    pub from: PartyView,
    /// Who was recorded on the other channel.
    pub with: PartyView,
    /// File, relative to the recordings directory.
    pub file: String,
    /// Samples a second.
    pub rate: u32,
    /// Hash of the closed file; empty if it was cut short by a crash and not yet closed again.
    pub sha256: String,
    /// What happened during it.
    pub marks: Vec<MarkView>,
    /// Codec on the wire, as `PCMA/8000`.
    pub codec: String,
    /// False when samples are known to be missing (full disk, crash).
    pub complete: bool,
    /// Who says that it may not be deleted; none if it may.
    pub held: Option<HeldView>,
}

/// A legal hold on a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct HeldView {
    /// The user; empty for a viewer.
    pub by: String,
    /// Why, in the user's words; empty for a viewer.
    pub reason: String,
    /// Since when.
    pub at_ms: i64,
}

/// A message that a caller left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct MessageView {
    /// Its id, by which it is deleted.
    pub id: String,
    /// The mailbox it is in: the number of an extension or the name of a queue; none for what a flow recorded for itself.
    pub mailbox: Option<String>,
    /// The id of the call in which it was left.
    pub call: String,
    /// Who left it.
    pub from: PartyView,
    /// When.
    pub at_ms: i64,
    /// How long it is.
    pub length_ms: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// File, relative to the recordings directory.
    pub file: String,
    /// Hash of the file.
    pub sha256: String,
    /// Nobody has listened to it.
    pub is_new: bool,
}

/// Loudness of a recording over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct WaveView {
    /// The recording.
    pub id: String,
    /// How long it is.
    pub length_ms: u64,
    /// Peak of each column, 0..=255 of full scale on a decibel scale (0 = −60 dB or less), caller's channel.
    pub caller: Vec<u8>,
    /// The same, other channel.
    pub callee: Vec<u8>,
}
