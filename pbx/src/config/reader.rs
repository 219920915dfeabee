//! Walks the tables of a parsed file by hand, so that every fault has the place of its key or value.

use super::fault::Faults;
use super::keys::{self, Kind};
use std::ops::Range;
use switchroom_flow::fault::did_you_mean;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table of the file, or the absence of one.
#[derive(Clone, Copy)]
pub(super) struct Section<'t> {
    /// Its name in [`keys`].
    pub(super) name: &'static str,
    table: Option<&'t DeTable<'t>>,
}

/// Collects faults and warnings on the way.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) faults: Faults,
    pub(super) warnings: Faults,
    /// Which keys were asked for; a test compares it with the table of keys.
    #[cfg(test)]
    pub(super) asked: std::collections::BTreeSet<(&'static str, &'static str)>,
}

/// What a value has to be, with the sentence that says it is not.
pub(super) type Parse<'p, T> = &'p dyn Fn(&str) -> Result<T, String>;

impl Reader {
    /// A table within `parent`, whose unknown keys are faults. `key` is its name within `parent`.
    pub(super) fn section<'t>(
        &mut self,
        parent: Option<&'t DeTable<'t>>,
        name: &'static str,
        key: &str,
    ) -> Section<'t> {
        let Some(value) = parent.and_then(|p| p.get(key)) else { return Section { name, table: None } };
        let Some(table) = value.get_ref().as_table() else {
            self.faults.push(
                &value.span(),
                format!("{key} must be a table"),
                Some(format!("write [{}] on a line of its own, and its keys below", place(name, key))),
            );
            return Section { name, table: None };
        };
        let section = Section { name, table: Some(table) };
        if !keys::table(name).is_some_and(|t| t.kind == Kind::AnyKey) {
            self.refuse_unknown(table, name);
        }
        section
    }

    /// All tables of a kind of which there is one for each name, as `[hours.office]`, with their names and the places of
    /// these. `name` is the one in [`keys`].
    pub(super) fn tables<'t>(
        &mut self,
        root: Option<&'t DeTable<'t>>,
        name: &'static str,
    ) -> Vec<(&'t str, Range<usize>, Section<'t>)> {
        let of = name.split('.').next().unwrap_or_default();
        let Some(value) = root.and_then(|r| r.get(of)) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            let hint = Some(format!("write a table for each, as [{name}]"));
            self.faults.push(&value.span(), format!("{of} must be a table"), hint);
            return Vec::new();
        };
        let mut found = Vec::new();
        for key in table.keys() {
            let word: &str = key.get_ref();
            found.push((word, key.span(), self.section(Some(table), name, word)));
        }
        found
    }

    /// All tables that are written as `[[name]]`, with their places.
    pub(super) fn rows<'t>(
        &mut self,
        root: Option<&'t DeTable<'t>>,
        name: &'static str,
    ) -> Vec<(Range<usize>, Section<'t>)> {
        let Some(value) = root.and_then(|r| r.get(name)) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            let hint = Some(format!("write [[{name}]] on a line of its own for each, and its keys below"));
            self.faults.push(&value.span(), format!("{name} must be tables in a row"), hint);
            return Vec::new();
        };
        let mut found = Vec::new();
        for row in list {
            match row.get_ref().as_table() {
                Some(table) => {
                    self.refuse_unknown(table, name);
                    found.push((row.span(), Section { name, table: Some(table) }));
                }
                None => {
                    let hint = Some(format!("write [[{name}]] on a line of its own, and its keys below"));
                    self.faults.push(&row.span(), format!("each of {name} must be a table"), hint);
                }
            }
        }
        found
    }

    /// Faults for keys of a table that are not in the table of keys.
    pub(super) fn refuse_unknown(&mut self, table: &DeTable<'_>, name: &str) {
        let names: Vec<&str> = if name.is_empty() {
            let mut tops: Vec<_> = keys::TABLES.iter().filter_map(|t| t.name.split('.').next()).collect();
            tops.dedup();
            tops
        } else {
            let prefix = format!("{name}.");
            let below = keys::TABLES.iter().filter_map(|t| t.name.strip_prefix(prefix.as_str()));
            keys::table(name).into_iter().flat_map(|t| t.keys).map(|k| k.name).chain(below).collect()
        };
        for key in table.keys() {
            let word: &str = key.get_ref();
            if names.contains(&word) {
                continue;
            }
            let shown = keys::table(name).map(keys::shown).unwrap_or_default();
            let of = if name.is_empty() { "a table here".to_owned() } else { format!("a key of [{shown}]") };
            let hint = did_you_mean(word, names.iter().copied())
                .or_else(|| elsewhere(word))
                .unwrap_or_else(|| format!("known are {}", names.join(", ")));
            self.faults.push(&key.span(), format!("\"{word}\" is not {of}"), Some(hint));
        }
    }

    /// The value of a key, from the file or from the table of keys, as `convert` reads it.
    fn value<T>(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        convert: impl FnOnce(&mut Faults, &Spanned<DeValue<'_>>) -> Option<T>,
    ) -> Option<T> {
        #[cfg(test)]
        self.asked.insert((section.name, key));
        if let Some(value) = section.get(key) {
            return convert(&mut self.faults, value);
        }
        let known = keys::find(section.name, key).filter(|k| k.has_default)?;
        let value = DeValue::parse(known.value).ok()?;
        convert(&mut self.faults, &value)
    }

    /// A string that `parse` takes.
    pub(super) fn text<T>(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        parse: Parse<'_, T>,
    ) -> Option<T> {
        self.value(section, key, |faults, value| one_text(faults, key, value, parse))
    }

    /// A list of strings that `parse` takes, each with its place.
    pub(super) fn texts<T>(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        parse: Parse<'_, T>,
    ) -> Option<Vec<(T, Range<usize>)>> {
        self.value(section, key, |faults, value| {
            let Some(list) = value.get_ref().as_array() else {
                let hint = Some(format!("write {key} = [\"…\"]"));
                faults.push(&value.span(), format!("{key} must be a list of strings"), hint);
                return None;
            };
            let each = list.iter().filter_map(|v| Some((one_text(faults, key, v, parse)?, v.span())));
            Some(each.collect())
        })
    }

    /// A whole number within `range`.
    pub(super) fn whole(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        range: std::ops::RangeInclusive<usize>,
    ) -> Option<usize> {
        self.value(section, key, |faults, value| {
            let number = whole_number(value, &range);
            if number.is_none() {
                let what = format!("{key} must be a whole number from {} to {}", range.start(), range.end());
                faults.push(&value.span(), what, None);
            }
            number
        })
    }

    /// A table of words and whole numbers within `range`, as `{ german = 7 }`, each with the place of its word.
    pub(super) fn numbers(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        range: std::ops::RangeInclusive<usize>,
    ) -> Option<Vec<(String, usize, Range<usize>)>> {
        self.value(section, key, |faults, value| {
            let Some(table) = value.get_ref().as_table() else {
                let hint = Some(format!("write {key} = {{ word = {} }}", range.end()));
                faults.push(&value.span(), format!("{key} must be a table of words and numbers"), hint);
                return None;
            };
            let mut found = Vec::new();
            for (word, value) in table {
                let word_text: &str = word.get_ref();
                match whole_number(value, &range) {
                    Some(number) => found.push((word_text.to_owned(), number, word.span())),
                    None => {
                        let of = word_text.escape_debug();
                        let what =
                            format!("{of} must be a whole number from {} to {}", range.start(), range.end());
                        faults.push(&value.span(), what, None);
                    }
                }
            }
            Some(found)
        })
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, section: Section<'_>, key: &'static str) -> Option<bool> {
        self.value(section, key, |faults, value| {
            let fact = value.get_ref().as_bool();
            if fact.is_none() {
                faults.push(&value.span(), format!("{key} must be true or false"), None);
            }
            fact
        })
    }

    /// A whole number within `range`, or one of the words.
    pub(super) fn threads(&mut self, section: Section<'_>, key: &'static str) -> Option<usize> {
        if section.get(key).is_some_and(|v| v.get_ref().is_integer()) {
            return self.whole(section, key, 1..=64);
        }
        self.text(section, key, &|text| match text {
            "auto" => Ok(0),
            _ => Err(format!("{key} must be a number from 1 to 64, or \"auto\"")),
        })
    }

    /// The entries of a table that takes any name: name, place of the name, text and its place. Not being a string
    /// is a fault.
    pub(super) fn entries<'t>(
        &mut self,
        section: Section<'t>,
    ) -> Vec<(&'t str, Range<usize>, &'t str, Range<usize>)> {
        let mut found = Vec::new();
        for (key, value) in section.table.into_iter().flatten() {
            let word: &str = key.get_ref();
            match value.get_ref().as_str() {
                Some(text) => found.push((word, key.span(), text, value.span())),
                None => {
                    let hint = Some(format!("write \"{word}\" = \"…\""));
                    self.faults.push(&value.span(), format!("{word} must be a string"), hint);
                }
            }
        }
        found
    }
}

impl<'t> Section<'t> {
    /// One that is not written, so that everything in it is as it is unless it is written.
    pub(super) fn absent(name: &'static str) -> Self {
        Self { name, table: None }
    }

    /// The value of a key as written.
    pub(super) fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.and_then(|t| t.get(key))
    }

    /// The place of a value, if it is written.
    pub(super) fn span(&self, key: &str) -> Range<usize> {
        self.get(key).map(Spanned::span).unwrap_or_default()
    }

    /// Whether the table is written.
    pub(super) fn is_written(&self) -> bool {
        self.table.is_some()
    }

    /// The table.
    pub(super) fn table(&self) -> Option<&'t DeTable<'t>> {
        self.table
    }
}

fn whole_number(value: &Spanned<DeValue<'_>>, range: &std::ops::RangeInclusive<usize>) -> Option<usize> {
    let integer = value.get_ref().as_integer()?;
    usize::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|n| range.contains(n))
}

fn one_text<T>(
    faults: &mut Faults,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    parse: Parse<'_, T>,
) -> Option<T> {
    let Some(text) = value.get_ref().as_str() else {
        let hint = Some("write it between double quotes".to_owned());
        faults.push(&value.span(), format!("{key} must be a string"), hint);
        return None;
    };
    match parse(text) {
        Ok(found) => Some(found),
        Err(what) => {
            faults.push_sentence(&value.span(), &what);
            None
        }
    }
}

/// A table's name as it would be written: with the name of the one it is about.
fn place(name: &str, key: &str) -> String {
    match (keys::table(name).map(|t| t.kind), name.split_once('.')) {
        (Some(Kind::Each(_)), Some((of, _))) => format!("{of}.{key}"),
        _ => name.to_owned(),
    }
}

/// The table that does have this key.
fn elsewhere(word: &str) -> Option<String> {
    let has = |t: &&keys::Table| t.kind != Kind::AnyKey && t.keys.iter().any(|k| k.name == word);
    let table = keys::TABLES.iter().find(has)?;
    Some(format!("it belongs into [{}]", keys::shown(table)))
}
