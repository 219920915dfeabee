//! What a caller hears, as text, and how long that takes.

use crate::clip::{Clip, Language};
use crate::say::manifest::{self, Texts};
use std::time::Duration;

/// How long a letter takes to say, and a Chinese character.
const LETTER: Duration = Duration::from_millis(60);
const CHARACTER: Duration = Duration::from_millis(250);
/// A prompt of which nothing is known, and a message.
const UNKNOWN: Duration = Duration::from_secs(2);
const MESSAGE: Duration = Duration::from_secs(10);
const BEEP: Duration = Duration::from_millis(400);
const RINGING: Duration = Duration::from_secs(5);

/// What named prompts say, for people who read instead of hear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompts(Texts);

impl Prompts {
    /// Reads a [manifest].
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        manifest::parse(text).map(Self)
    }

    /// More of them, which go before those that are there.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    fn words(&self, name: &str, language: Language) -> Option<&str> {
        let of = self.0.get(name)?;
        of.get(&language).or_else(|| of.values().next()).map(String::as_str)
    }

    /// Clips as one would read them: `@office/welcome "Welcome." … (beep)`.
    pub fn text(&self, clips: &[Clip]) -> String {
        let said = clips.iter().map(|clip| match clip {
            Clip::Prompt { language, name } => match self.words(name, *language) {
                Some(words) => format!("@{name} \"{words}\""),
                None => format!("@{name}"),
            },
            Clip::Speech { text, .. } => format!("\"{text}\""),
            Clip::Message(id) => format!("(message {id})"),
            Clip::Pause(_) => "…".to_owned(),
            Clip::Beep => "(beep)".to_owned(),
            Clip::Ringing => "(ringing)".to_owned(),
        });
        said.collect::<Vec<_>>().join(" ")
    }

    /// How long they take, about.
    pub fn length(&self, clips: &[Clip]) -> Duration {
        let each = clips.iter().map(|clip| match clip {
            Clip::Prompt { language, name } => self.words(name, *language).map_or(UNKNOWN, spoken),
            Clip::Speech { text, .. } => spoken(text),
            Clip::Message(_) => MESSAGE,
            Clip::Pause(ms) => Duration::from_millis(u64::from(*ms)),
            Clip::Beep => BEEP,
            Clip::Ringing => RINGING,
        });
        each.fold(Duration::ZERO, Duration::saturating_add)
    }
}

/// How long a text takes to say.
fn spoken(text: &str) -> Duration {
    let each = text.chars().map(|c| if c > '\u{2e80}' { CHARACTER } else { LETTER });
    each.fold(Duration::ZERO, Duration::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_read_as_they_sound() -> Result<(), String> {
        let prompts =
            Prompts::parse("\"digit/7\" = { en = \"seven\", zh = \"七\" }\n\"x\" = { en = \"ex\" }")?;
        let prompt = |language, name: &str| Clip::Prompt { language, name: name.into() };
        let clips = [
            prompt(Language::Zh, "digit/7"),
            prompt(Language::Zh, "x"),
            prompt(Language::En, "none"),
            Clip::Speech { language: Language::En, text: "Good day.".into() },
            Clip::Beep,
        ];
        assert_eq!(prompts.text(&clips), "@digit/7 \"七\" @x \"ex\" @none \"Good day.\" (beep)");
        assert_eq!(prompts.length(&clips), Duration::from_millis(250 + 120 + 2_000 + 540 + 400));
        assert!(Prompts::parse("x = 1").is_err());
        Ok(())
    }
}
