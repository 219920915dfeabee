//! What nodes of several kinds have: prompts, patience, keys, values, fields.

use super::keys::Unless;
use super::reader::{Item, Parse, Reader, Section};
use super::value::{duration, duration_text, name, path, pressed, shown, variable};
use super::{prompt, reader};
use crate::clip::Language;
use crate::expr::Expr;
use crate::flow::NodeId;
use crate::limits::{CLIPS_MAX, ENTRIES_MAX, KEYS_MAX, TARGETS_MAX};
use crate::node::{Patience, Reminders};
use crate::prompt::{Piece, Prompt};
use std::collections::BTreeMap;
use std::time::Duration;
use toml::de::DeValue;

/// The longest wait for a key.
const WAIT_MAX: Duration = Duration::from_secs(60);

impl Reader<'_> {
    /// What a node says; nothing if the key is not written.
    pub(super) fn prompt(&mut self, section: Section<'_>, key: &'static str) -> Option<Prompt> {
        if section.get(key).is_none() && section.kind.key(key).is_none_or(|k| k.unless != Unless::Needed) {
            #[cfg(test)]
            self.asked.insert((section.kind.word, key));
            return Some(Prompt::default());
        }
        self.value(section, key, |reader, value| {
            let Some(table) = value.get_ref().as_table() else {
                return Some(Prompt { any: Some(reader.said(key, value)?), by_language: BTreeMap::new() });
            };
            let mut found = Some(Prompt::default());
            for (word, each) in reader::in_order(table) {
                let pieces = reader.said(key, each);
                let Some(language) = Language::parse(word.get_ref()) else {
                    let hint = Some("languages are en and zh".to_owned());
                    let what = format!("\"{}\" is not a language", shown(word.get_ref()));
                    reader.fault(word.span().start, what, hint);
                    found = None;
                    continue;
                };
                match (&mut found, pieces) {
                    (Some(prompt), Some(pieces)) => drop(prompt.by_language.insert(language, pieces)),
                    _ => found = None,
                }
            }
            if table.is_empty() {
                reader.fault(value.span().start, format!("{key} has no language"), None);
                return None;
            }
            found
        })
    }

    /// What is said, in one language: a text, or a list of texts.
    fn said(&mut self, key: &str, value: &Item<'_>) -> Option<Vec<Piece>> {
        match value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => {
                let hint = Some("leave the key out, or write what is said".to_owned());
                self.fault(value.span().start, format!("{key} is empty"), hint);
                None
            }
            DeValue::String(text) => self.pieces(value, text, prompt::said),
            DeValue::Array(list) if !list.is_empty() && list.len() <= CLIPS_MAX => {
                let each: Vec<_> = list.iter().map(|part| self.one_said(key, part)).collect();
                let parts: Option<Vec<Vec<Piece>>> = each.into_iter().collect();
                Some(apart(parts?))
            }
            _ => {
                let what =
                    format!("{key} must be a text, a list of 1 to {CLIPS_MAX} texts, or a table by language");
                let hint =
                    "write \"@name\" for a prompt, \"words\" to be spoken, or { en = \"…\", zh = \"…\" }";
                self.fault(value.span().start, what, Some(hint.to_owned()));
                None
            }
        }
    }

    fn one_said(&mut self, key: &str, value: &Item<'_>) -> Option<Vec<Piece>> {
        if value.get_ref().is_str() {
            return self.said(key, value);
        }
        self.fault(value.span().start, format!("each part of {key} must be a text"), None);
        None
    }

    /// A duration within bounds.
    pub(super) fn duration(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        (least, most): (Duration, Duration),
    ) -> Option<Duration> {
        self.text(section, key, &|text| {
            let duration = duration(text)?;
            if duration < least || duration > most {
                let (least, most) = (duration_text(least), duration_text(most));
                return Err(format!("{key} must be from {least} to {most}, and \"{text}\" is not"));
            }
            Ok(duration)
        })
    }

    /// How digits are waited for. Where only one key is asked for there is no `between`.
    pub(super) fn patience(&mut self, section: Section<'_>) -> Option<Patience> {
        let first = self.duration(section, "wait", (Duration::from_secs(1), WAIT_MAX));
        let between = match section.kind.key("between") {
            Some(_) => self.duration(section, "between", (Duration::from_millis(300), WAIT_MAX)),
            None => first,
        };
        let tries = self.whole(section, "tries", 1..=10);
        Some(Patience { first: first?, between: between?, tries: u32::try_from(tries?).ok()? })
    }

    /// What one is reminded with.
    pub(super) fn reminders(&mut self, section: Section<'_>) -> Option<Reminders> {
        let silent = self.prompt(section, "silent_prompt");
        let wrong = self.prompt(section, "wrong_prompt");
        Some(Reminders { silent: silent?, wrong: wrong? })
    }

    /// Keys and where they lead; none if they are not written and need not be.
    pub(super) fn keys(&mut self, section: Section<'_>) -> Option<BTreeMap<String, NodeId>> {
        if section.get("keys").is_none() && section.kind.word == "queue" {
            #[cfg(test)]
            self.asked.insert((section.kind.word, "keys"));
            return Some(BTreeMap::new());
        }
        self.value(section, "keys", |reader, value| {
            let mut found = Some(BTreeMap::new());
            let entries = reader.entries("keys", value, KEYS_MAX)?;
            if entries.is_empty() {
                reader.fault(value.span().start, "there are no keys", Some("write { 1 = \"sales\" }".into()));
                return None;
            }
            for (key, to) in entries {
                let node = reader.one_node("a key", to);
                let digits =
                    pressed(key.get_ref()).map_err(|what| reader.fault_of(key.span().start, &what)).ok();
                match (&mut found, digits, node) {
                    (Some(keys), Some(digits), Some(node)) => drop(keys.insert(digits, node)),
                    _ => found = None,
                }
            }
            found
        })
    }

    /// Names and what is computed for each, in the order of the file; none if they are not written.
    pub(super) fn values(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        is_name: Parse<'_, String>,
    ) -> Option<Vec<(String, Expr)>> {
        let is_needed = section.kind.key(key).is_some_and(|k| k.unless == Unless::Needed);
        if section.get(key).is_none() && !is_needed {
            #[cfg(test)]
            self.asked.insert((section.kind.word, key));
            return Some(Vec::new());
        }
        self.value(section, key, |reader, value| {
            let mut found = Some(Vec::new());
            for (name, value) in reader.entries(key, value, ENTRIES_MAX)? {
                let word: &str = name.get_ref();
                let expr = reader.one_expression(word, value);
                let word = is_name(word).map_err(|what| reader.fault_of(name.span().start, &what)).ok();
                match (&mut found, word, expr) {
                    (Some(values), Some(word), Some(expr)) => values.push((word, expr)),
                    _ => found = None,
                }
            }
            found
        })
    }

    /// Variables and where each is found in an answer; none if they are not written.
    pub(super) fn fields(&mut self, section: Section<'_>) -> Option<Vec<(String, String)>> {
        if section.get("fields").is_none() {
            #[cfg(test)]
            self.asked.insert((section.kind.word, "fields"));
            return Some(Vec::new());
        }
        self.value(section, "fields", |reader, value| {
            let mut found = Some(Vec::new());
            for (name, value) in reader.entries("fields", value, ENTRIES_MAX)? {
                let path = reader.one_text("a field", value, &path);
                let name =
                    variable(name.get_ref()).map_err(|what| reader.fault_of(name.span().start, &what)).ok();
                match (&mut found, name, path) {
                    (Some(fields), Some(name), Some(path)) => fields.push((name, path)),
                    _ => found = None,
                }
            }
            found
        })
    }

    /// One template or several.
    pub(super) fn templates(&mut self, section: Section<'_>, key: &'static str) -> Option<Vec<Expr>> {
        self.value(section, key, |reader, value| {
            let Some(list) = value.get_ref().as_array() else {
                return Some(vec![reader.one_template(key, value)?]);
            };
            if list.is_empty() || list.len() > TARGETS_MAX {
                reader.fault(value.span().start, format!("{key} must have 1 to {TARGETS_MAX} entries"), None);
                return None;
            }
            let each: Vec<_> = list.iter().map(|value| reader.one_template(key, value)).collect();
            each.into_iter().collect()
        })
    }

    /// A name; [`None`] if it is not written or not one.
    pub(super) fn name(&mut self, section: Section<'_>, key: &'static str) -> Option<String> {
        self.text(section, key, &name)
    }

    /// A variable that a node may set.
    pub(super) fn variable(&mut self, section: Section<'_>, key: &'static str) -> Option<String> {
        self.text(section, key, &variable)
    }
}

/// The pieces of several texts in a row; between two words that are spoken there is a blank.
fn apart(parts: Vec<Vec<Piece>>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for part in parts {
        let is_word = |piece: Option<&Piece>| piece.is_some_and(|p| !matches!(p, Piece::Named(_)));
        if is_word(joined.last()) && is_word(part.first()) {
            joined.push(Piece::Text(" ".to_owned()));
        }
        joined.extend(part);
    }
    joined
}
