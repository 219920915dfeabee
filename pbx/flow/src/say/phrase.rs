//! The pen that writes a list of clips and pauses.

use crate::clip::{Clip, Language};

/// A list of clips that is being written, all in one language.
#[derive(Debug)]
pub(super) struct Phrase {
    language: Language,
    clips: Vec<Clip>,
}

impl Phrase {
    pub(super) fn new(language: Language) -> Self {
        Self { language, clips: Vec::new() }
    }

    /// Goes on with the clip `name`.
    pub(super) fn clip(mut self, name: impl Into<String>) -> Self {
        self.clips.push(Clip::Prompt { language: self.language, name: name.into() });
        self
    }

    /// Goes on with a letter of the Latin alphabet, which has its English name in every language.
    pub(super) fn letter(mut self, letter: char) -> Self {
        let name = format!("letter/{}", letter.to_ascii_lowercase());
        self.clips.push(Clip::Prompt { language: Language::En, name });
        self
    }

    /// Goes on with the clip `family/n`.
    pub(super) fn numbered(self, family: &str, n: impl std::fmt::Display) -> Self {
        self.clip(format!("{family}/{n}"))
    }

    /// Goes on with the clip `name` where `condition` holds.
    pub(super) fn clip_if(self, condition: bool, name: &str) -> Self {
        if condition { self.clip(name) } else { self }
    }

    /// Goes on with silence, in milliseconds. Nothing begins with a pause.
    pub(super) fn pause(mut self, milliseconds: u32) -> Self {
        if !self.clips.is_empty() {
            self.clips.push(Clip::Pause(milliseconds));
        }
        self
    }

    /// Goes on with all of `other`.
    pub(super) fn then(mut self, other: Vec<Clip>) -> Self {
        self.clips.extend(other);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.clips.is_empty()
    }

    pub(super) fn done(self) -> Vec<Clip> {
        self.clips
    }
}
