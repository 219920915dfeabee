//! From what a flow says to clips.

use super::Run;
use crate::boundary::Site;
use crate::clip::{Clip, Language};
use crate::prompt::{Form, Piece, Prompt};
use crate::say;

impl Run {
    /// The clips of a prompt for this caller. Secrets are left out.
    pub(super) fn clips(&mut self, site: &mut dyn Site, prompt: &Prompt) -> Vec<Clip> {
        let (language, pieces) = prompt.pieces(self.language);
        let mut clips = Vec::new();
        // Text and values read as text make one sentence, or the engine would lose its melody.
        let mut sentence = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => sentence.push_str(text),
                Piece::Named(name) => {
                    flush(&mut clips, &mut sentence, language);
                    clips.push(Clip::Prompt { language, name: name.clone() });
                }
                Piece::Value { of, form } => {
                    let value = self.eval(site, of);
                    if value.is_secret {
                        continue;
                    }
                    let text = value.plain();
                    match spoken(language, *form, &text) {
                        Some(said) => {
                            flush(&mut clips, &mut sentence, language);
                            clips.extend(said);
                        }
                        None => sentence.push_str(&text),
                    }
                }
            }
        }
        flush(&mut clips, &mut sentence, language);
        clips
    }
}

fn flush(clips: &mut Vec<Clip>, sentence: &mut String, language: Language) {
    let text = std::mem::take(sentence);
    let text = text.trim();
    if !text.is_empty() {
        let text = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        clips.push(Clip::Speech { language, text });
    }
}

/// A value read aloud by the shipped prompts; `None` when it is not of that form and is spoken as text.
pub(super) fn spoken(language: Language, form: Form, text: &str) -> Option<Vec<Clip>> {
    say::read(language, form, text).ok()
}
