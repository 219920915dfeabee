//! What a person says about a queue: it stands over its hours until it is taken back.

use serde::{Deserialize, Serialize};

/// Whether a queue lets callers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// As its hours say; without any, it does.
    #[default]
    Hours,
    /// It does, whatever its hours say.
    Open,
    /// It does not.
    Closed,
}

impl Door {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// Somebody opened or closed a queue, or lets it go by its hours again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorFact {
    /// When.
    pub at_ms: i64,
    /// The queue.
    pub queue: String,
    /// What holds from then on.
    pub door: Door,
    /// The user; `configuration` if the queue is gone.
    pub by: String,
}
