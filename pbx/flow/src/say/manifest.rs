//! The manifest of a prompt set: the words of each clip, in each language that has it.
//!
//! ```toml
//! "digit/7" = { en = "seven", zh = "七" }
//! "word/wan" = { zh = "万" }
//! ```

use std::collections::BTreeMap;

use crate::clip::Language;

/// The words of each clip, by its name.
pub type Texts = BTreeMap<String, BTreeMap<Language, String>>;

/// Clips that a set may have.
const MOST_CLIPS: usize = 10_000;

/// Characters of a clip's words.
const MOST_TEXT: usize = 1000;

/// Reader of manifests.
#[derive(Debug)]
pub struct Manifest;

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// Says what is wrong and where: not TOML, a name that could not be a file's, an unknown language, a clip without words.
    pub fn parse(text: &str) -> Result<Texts, String> {
        let table: BTreeMap<String, BTreeMap<String, String>> =
            toml::from_str(text).map_err(|error| format!("the manifest is not as it should be: {error}"))?;
        if table.len() > MOST_CLIPS {
            return Err(format!("{} clips; a set has at most {MOST_CLIPS}", table.len()));
        }
        table.into_iter().map(|(name, texts)| Ok((checked(&name)?, languages(&name, texts)?))).collect()
    }
}

/// The name, where it may become a path: folders and a file of small letters, digits, hyphens and underscores.
fn checked(name: &str) -> Result<String, String> {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
    };
    if name.len() <= 100 && name.contains('/') && name.split('/').all(plain) {
        Ok(name.to_owned())
    } else {
        let name: String = name.chars().take(100).collect();
        Err(format!(
            "{name:?}: give a folder and a name of small letters, digits, hyphens and underscores, such as \"msg/goodbye\""
        ))
    }
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
