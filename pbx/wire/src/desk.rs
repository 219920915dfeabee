//! What an agent's desk shows beside the board: asked for, since it is of one agent and holds what a caller has told.

use crate::{PartyView, ToldView};
use serde::{Deserialize, Serialize};

/// Earlier calls of a caller that a desk is told.
pub const HISTORY_SHOWN: usize = 10;

/// Characters of a note; what is longer is refused.
pub const NOTE_CHARS_MAX: usize = 1_000;

/// An agent's desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct DeskView {
    /// The agent's number.
    pub agent: String,
    /// The extension at which the agent sits or is to sit; empty if that is not known.
    pub extension: String,
    /// What a break may be for: the word, and what people call it. Empty: any word will do.
    pub breaks: Vec<(String, String)>,
    /// The call that rings, talks or is written up; `None` if there is none.
    pub card: Option<CardView>,
    /// What a supervisor told the agent last, as [`crate::AgentView::told`] has it.
    pub told: Option<ToldView>,
}

/// A call as the agent has it who takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct CardView {
    /// The call's id.
    pub call: String,
    /// Its short number.
    pub number: u64,
    /// Who called.
    pub caller: PartyView,
    /// What was dialled.
    pub called: String,
    /// The queue; empty if it came from none.
    pub queue: String,
    /// The caller's class; may be empty.
    pub class: String,
    /// Milliseconds waited in the queue; `None` when that is not known any more.
    pub waited_ms: Option<u64>,
    /// What the flow knows of the caller, by name; nothing that is secret.
    pub values: Vec<(String, String)>,
    /// What the agent is to say; may be empty.
    pub script: String,
    /// Words for what came of the call. Empty: any word will do.
    pub dispositions: Vec<String>,
    /// The word that was chosen; may be empty.
    pub disposition: String,
    /// Notes on this call, oldest first.
    pub notes: Vec<NoteView>,
    /// Earlier calls with the same number, newest first, at most [`HISTORY_SHOWN`].
    pub history: Vec<PastCallView>,
}

/// A note on a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct NoteView {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// The user who wrote it.
    pub by: String,
    /// What.
    pub text: String,
}

/// An earlier call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct PastCallView {
    /// The call's id.
    pub call: String,
    /// Its short number.
    pub number: u64,
    /// When it began, Unix milliseconds.
    pub at_ms: i64,
    /// Who answered; `None` if nobody did.
    pub with: Option<PartyView>,
    /// Whether the number was called, and did not call.
    pub is_outbound: bool,
    /// Milliseconds talked.
    pub talk_ms: u64,
    /// What came of it, in the agent's word; may be empty.
    pub disposition: String,
    /// Notes on it, oldest first.
    pub notes: Vec<NoteView>,
}
