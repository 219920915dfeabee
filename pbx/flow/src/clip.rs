//! Pieces of sound, by name: what a caller is to hear. The sound itself is found by whoever plays it.

use serde::{Deserialize, Serialize};

/// A language that prompts are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Mandarin.
    Zh,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// The word in configuration and in the names of folders.
    pub fn word(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.word() == word)
    }
}

/// No name of a prompt is longer, bytes.
const PROMPT_NAME_MAX: usize = 128;

/// Whether that can be the name of a prompt: parts of `[a-z0-9_-]` with slashes between. Nothing else becomes a path.
pub fn is_prompt_name(text: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_letter);
    text.len() <= PROMPT_NAME_MAX && text.split('/').all(is_part)
}

/// A piece of sound.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clip {
    /// A prompt by its name, as `digit/7`: `[a-z0-9_-]` and slashes. Of the site if it has one, else of the shipped set.
    Prompt {
        /// The language wanted.
        language: Language,
        /// Its name.
        name: String,
    },
    /// Text for a speech engine.
    Speech {
        /// The language of the text.
        language: Language,
        /// The text, cleaned.
        text: String,
    },
    /// A message somebody left, by its id.
    Message(String),
    /// Nothing, for so many milliseconds.
    Pause(u32),
    /// The tone after which one speaks.
    Beep,
    /// What one hears while a phone rings: a second of tone and four of silence.
    Ringing,
}
