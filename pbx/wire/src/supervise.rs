//! What supervisors ask for: whom to hear, and how.

use serde::{Deserialize, Serialize};

/// Whom or what a supervisor hears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supervised {
    /// A call, by id or short number, until it ends.
    Call(String),
    /// The calls of an agent, by number, one after the other.
    Agent(String),
    /// The calls of an extension, one after the other.
    Extension(String),
}

/// How a supervisor is at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum SupervisionMode {
    /// Hears both, is heard by nobody.
    #[default]
    Listen,
    /// Is heard by the agent alone.
    Whisper,
    /// Is heard by both.
    Barge,
}

impl SupervisionMode {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Whisper => "whisper",
            Self::Barge => "barge",
        }
    }
}

/// What a supervisor who is at work can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuperviseAct {
    /// Be at the call in another way.
    Mode(SupervisionMode),
    /// Take the agent's place in the call that is heard.
    TakeOver,
    /// Go.
    End,
}
