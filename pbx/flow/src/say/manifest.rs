//! The manifest of a prompt set: the words of each clip, in each language that has it.
//!
//! ```toml
//! "digit/7" = { en = "seven", zh = "七" }
//! "word/wan" = { zh = "万" }
//! ```

use std::collections::BTreeMap;

use crate::clip::Language;
use crate::fault::place_of;
use crate::read::prompt_name;

/// The words of each clip, by its name.
pub type Texts = BTreeMap<String, BTreeMap<Language, String>>;

/// Clips that a set may have.
const MOST_CLIPS: usize = 10_000;

/// Characters of a clip's words.
const MOST_TEXT: usize = 1000;

/// Reads a manifest.
///
/// # Errors
/// Says what is wrong and where: not TOML, a name that is none of a prompt, an unknown language, a clip without words.
pub fn parse(text: &str) -> Result<Texts, String> {
    let table: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(text).map_err(|error| {
        let line = place_of(text, error.span().unwrap_or_default().start).line;
        format!("line {line}: {}", error.message().replace('\n', ", "))
    })?;
    if table.len() > MOST_CLIPS {
        return Err(format!("{} clips; a set has at most {MOST_CLIPS}", table.len()));
    }
    table.into_iter().map(|(name, texts)| Ok((checked(&name)?, languages(&name, texts)?))).collect()
}

/// The name, as flows have it.
fn checked(name: &str) -> Result<String, String> {
    prompt_name(name).map_err(|what| what.replace('\n', "; "))
}

fn languages(name: &str, texts: BTreeMap<String, String>) -> Result<BTreeMap<Language, String>, String> {
    if texts.is_empty() {
        return Err(format!("\"{name}\" has no words: add en = \"…\" or zh = \"…\""));
    }
    texts
        .into_iter()
        .map(|(word, text)| {
            let language = Language::parse(&word)
                .ok_or_else(|| format!("\"{name}\": {word:?} is no language; there are en and zh"))?;
            if text.trim().is_empty() || text.chars().count() > MOST_TEXT {
                return Err(format!("\"{name}\".{word}: give from 1 to {MOST_TEXT} characters"));
            }
            Ok((language, text))
        })
        .collect()
}
