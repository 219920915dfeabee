//! The words on the screen, in the language chosen at run time. They stand in `lang/*.toml`, never in code.

use std::collections::BTreeMap;

const ENGLISH: &str = include_str!("lang/en.toml");
const CHINESE: &str = include_str!("lang/zh.toml");

/// A language that the console speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    #[default]
    English,
    Chinese,
}

impl Language {
    /// Reads a tag such as `zh`, `zh_CN.UTF-8`, `en-GB`; `None` for a language without words.
    pub(crate) fn parse(tag: &str) -> Option<Self> {
        let head = tag.split(['_', '-', '.', '@']).next().unwrap_or("");
        match head.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" | "c" | "posix" => Some(Self::English),
            _ => None,
        }
    }

    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }
}

/// All words of one language.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    language: Language,
    table: BTreeMap<String, String>,
}

impl Words {
    pub(crate) fn new(language: Language) -> Self {
        let text = match language {
            Language::English => ENGLISH,
            Language::Chinese => CHINESE,
        };
        // The files are part of the program and a test reads both; were one broken, keys would show.
        let tree = text.parse::<toml::Table>().unwrap_or_default();
        let mut table = BTreeMap::new();
        flatten("", &tree, &mut table);
        Self { language, table }
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The word under a key; the key itself when there is none, which a test forbids.
    pub(crate) fn t<'a>(&'a self, key: &'a str) -> &'a str {
        self.table.get(key).map_or(key, String::as_str)
    }

    /// The word under a key that is made up at run time, if there is one.
    pub(crate) fn find(&self, key: &str) -> Option<&str> {
        self.table.get(key).map(String::as_str)
    }

    /// The sentence under a key with its `{names}` filled in, and words that go with a number in its form.
    pub(crate) fn f(&self, key: &str, fields: &[(&str, impl AsRef<str>)]) -> String {
        let mut out = String::new();
        let mut rest = self.t(key);
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            out.push_str(before);
            let Some(close) = after.find('}') else {
                rest = after;
                break;
            };
            // `{calls|call|calls}`: the word for one, and the word for any other number.
            let (name, forms) = match after[1..close].split_once('|') {
                Some((name, forms)) => (name, forms.split_once('|')),
                None => (&after[1..close], None),
            };
            match (fields.iter().find(|(known, _)| *known == name), forms) {
                (Some((_, value)), Some((one, many))) => {
                    out.push_str(if value.as_ref() == "1" { one } else { many });
                }
                (Some((_, value)), None) => out.push_str(value.as_ref()),
                (None, _) => out.push_str(&after[..=close]),
            }
            rest = &after[close + 1..];
        }
        out.push_str(rest);
        out
    }

    /// Several in a row, as the language separates them.
    pub(crate) fn listed(&self, parts: &[String]) -> String {
        parts.join(self.t("list.comma"))
    }

    #[cfg(test)]
    pub(crate) fn table(&self) -> &BTreeMap<String, String> {
        &self.table
    }
}

fn flatten(prefix: &str, tree: &toml::Table, out: &mut BTreeMap<String, String>) {
    for (name, value) in tree {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, out),
            toml::Value::String(text) => {
                out.insert(key, text.clone());
            }
            _ => {}
        }
    }
}
