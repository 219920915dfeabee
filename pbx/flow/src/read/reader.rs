//! Walks the tables of a parsed file by hand, so that every fault has the place of its key or value.

use super::keys::{Kind, Unless};
use super::prompt;
use super::value::shown;
use crate::expr::{Expr, ExprFault};
use crate::fault::{Fault, did_you_mean, place_of};
use crate::flow::NodeId;
use crate::limits::FAULTS_MAX;
use crate::node::Next;
use crate::value::{Value, parse_decimal};
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A value with its place.
pub(super) type Item<'t> = Spanned<DeValue<'t>>;
/// What a text has to be, with the sentence that says it is not, and perhaps a hint on a line of its own.
pub(super) type Parse<'p, T> = &'p dyn Fn(&str) -> Result<T, String>;

/// A table with its kind of node.
#[derive(Clone, Copy)]
pub(super) struct Section<'t> {
    pub(super) kind: &'static Kind,
    pub(super) table: &'t DeTable<'t>,
    /// The name in front of it.
    pub(super) at: &'t Range<usize>,
    /// What it is, for messages: `node "main"`.
    pub(super) name: &'t str,
}

impl<'t> Section<'t> {
    pub(super) fn get(&self, key: &str) -> Option<&'t Item<'t>> {
        self.table.get(key)
    }
}

/// Collects faults on the way.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    found: Vec<(usize, String, Option<String>)>,
    /// Nodes by name.
    pub(super) nodes: BTreeMap<String, NodeId>,
    /// Which keys were asked for; a test compares it with the table of keys.
    #[cfg(test)]
    pub(super) asked: std::collections::BTreeSet<(&'static str, &'static str)>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            found: Vec::new(),
            nodes: BTreeMap::new(),
            #[cfg(test)]
            asked: std::collections::BTreeSet::new(),
        }
    }

    // ---- faults --------------------------------------------------------------------------------------------------

    pub(super) fn fault(&mut self, at: usize, what: impl Into<String>, hint: Option<String>) {
        if self.found.len() < FAULTS_MAX {
            self.found.push((at, what.into(), hint));
        }
    }

    /// A sentence that may have its hint on a second line.
    pub(super) fn fault_of(&mut self, at: usize, what: &str) {
        match what.split_once('\n') {
            Some((what, hint)) => self.fault(at, what, Some(hint.to_owned())),
            None => self.fault(at, what, None),
        }
    }

    /// Whether anything is so wrong that there is no flow.
    pub(super) fn is_faulty(&self) -> bool {
        !self.found.is_empty()
    }

    /// In the order of the file.
    pub(super) fn faults(mut self, file: &str) -> Vec<Fault> {
        self.found.sort_by_key(|(at, _, _)| *at);
        let text = self.text;
        let locate = |(at, what, hint)| {
            let place = place_of(text, at);
            let (line, column) = (place.line, place.column);
            Fault { file: file.to_owned(), line, column, is_warning: false, what, hint }
        };
        self.found.into_iter().map(locate).collect()
    }

    /// A fault within a text of the file.
    fn fault_within(&mut self, item: &Item<'_>, text: &str, fault: ExprFault) {
        let at = self.place_within(&item.span(), text, fault.at);
        self.fault(at, fault.what, fault.hint);
    }

    /// The byte of the file at which a byte of a text stands; the begin of the text if it is written with escapes.
    fn place_within(&self, span: &Range<usize>, text: &str, at: usize) -> usize {
        let written = self.text.get(span.clone()).unwrap_or_default();
        match written.find(text) {
            Some(offset) if !text.is_empty() => span.start + offset + at,
            _ => span.start,
        }
    }

    // ---- keys ----------------------------------------------------------------------------------------------------

    /// Faults for keys that the kind does not have.
    pub(super) fn refuse_unknown(&mut self, section: Section<'_>, elsewhere: &'static [Kind]) {
        for key in section.table.keys() {
            let word: &str = key.get_ref();
            if section.kind.key(word).is_some() || (word == "kind" && !section.kind.word.is_empty()) {
                continue;
            }
            let known: Vec<&str> = section.kind.keys.iter().map(|k| k.name).collect();
            let other = || {
                let kinds: Vec<_> =
                    elsewhere.iter().filter(|k| k.key(word).is_some()).map(|k| k.word).collect();
                (!kinds.is_empty()).then(|| {
                    format!("nodes of kind {} have it; known here are {}", kinds.join(", "), known.join(", "))
                })
            };
            let hint = did_you_mean(word, known.iter().copied())
                .or_else(other)
                .unwrap_or_else(|| format!("known are {}", known.join(", ")));
            let of = if section.kind.word.is_empty() {
                "a key of a flow".to_owned()
            } else {
                format!("a key of a node of kind {}", section.kind.word)
            };
            self.fault(key.span().start, format!("\"{}\" is not {of}", shown(word)), Some(hint));
        }
    }

    /// The value of a key, from the file or from the table of keys, as `convert` reads it.
    pub(super) fn value<T>(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        convert: impl FnOnce(&mut Self, &Item<'_>) -> Option<T>,
    ) -> Option<T> {
        #[cfg(test)]
        self.asked.insert((section.kind.word, key));
        if let Some(value) = section.get(key) {
            return convert(self, value);
        }
        let known = section.kind.key(key)?;
        match known.unless {
            Unless::Nothing => None,
            Unless::Default => convert(self, &DeValue::parse(known.value).ok()?),
            Unless::Needed => {
                let hint = format!("write {key} = {}", known.value);
                self.fault(section.at.start, format!("{} has no {key}", section.name), Some(hint));
                None
            }
        }
    }

    /// A text that `parse` takes.
    pub(super) fn text<T>(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        parse: Parse<'_, T>,
    ) -> Option<T> {
        self.value(section, key, |reader, value| reader.one_text(key, value, parse))
    }

    /// A value that is a text which `parse` takes.
    pub(super) fn one_text<T>(&mut self, key: &str, value: &Item<'_>, parse: Parse<'_, T>) -> Option<T> {
        let Some(text) = value.get_ref().as_str() else {
            self.fault(
                value.span().start,
                format!("{key} must be a text"),
                Some("write it between double quotes".into()),
            );
            return None;
        };
        match parse(text) {
            Ok(found) => Some(found),
            Err(what) => {
                self.fault_of(value.span().start, &what);
                None
            }
        }
    }

    /// A whole number within `range`.
    pub(super) fn whole(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        range: RangeInclusive<usize>,
    ) -> Option<usize> {
        self.value(section, key, |reader, value| reader.one_whole(key, value, range))
    }

    /// A value that is a whole number within `range`.
    pub(super) fn one_whole(
        &mut self,
        key: &str,
        value: &Item<'_>,
        range: RangeInclusive<usize>,
    ) -> Option<usize> {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|i| usize::from_str_radix(i.as_str(), i.radix()).ok())
            .filter(|n| range.contains(n));
        if number.is_none() {
            let what = format!("{key} must be a whole number from {} to {}", range.start(), range.end());
            self.fault(value.span().start, what, None);
        }
        number
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, section: Section<'_>, key: &'static str) -> Option<bool> {
        self.value(section, key, |reader, value| {
            let fact = value.get_ref().as_bool();
            if fact.is_none() {
                let hint = Some("without quotes".to_owned());
                reader.fault(value.span().start, format!("{key} must be true or false"), hint);
            }
            fact
        })
    }

    // ---- nodes ---------------------------------------------------------------------------------------------------

    /// The node that a key names.
    pub(super) fn node(&mut self, section: Section<'_>, key: &'static str) -> Next {
        self.value(section, key, |reader, value| reader.one_node(key, value))
    }

    /// A value that names a node.
    pub(super) fn one_node(&mut self, key: &str, value: &Item<'_>) -> Next {
        let at = value.span().start;
        let Some(name) = value.get_ref().as_str() else {
            self.fault(
                at,
                format!("{key} must be the name of a node"),
                Some("write it between double quotes".into()),
            );
            return None;
        };
        self.node_named(name, at)
    }

    /// The node of a name.
    pub(super) fn node_named(&mut self, name: &str, at: usize) -> Next {
        let found = self.nodes.get(name).copied();
        if found.is_none() {
            let hint = did_you_mean(name, self.nodes.keys().map(String::as_str));
            let hint = hint.unwrap_or_else(|| format!("write [nodes.{}] for one", shown(name)));
            self.fault(at, format!("there is no node \"{}\"", shown(name)), Some(hint));
        }
        found
    }

    // ---- expressions ---------------------------------------------------------------------------------------------

    /// What a key computes.
    pub(super) fn expression(&mut self, section: Section<'_>, key: &'static str) -> Option<Expr> {
        self.value(section, key, |reader, value| reader.one_expression(key, value))
    }

    /// A value that is an expression, or a number, or true or false.
    pub(super) fn one_expression(&mut self, key: &str, value: &Item<'_>) -> Option<Expr> {
        match value.get_ref() {
            DeValue::String(text) => match Expr::parse(text) {
                Ok(expr) => Some(expr),
                Err(fault) => {
                    self.fault_within(value, text, fault);
                    None
                }
            },
            _ => self.one_constant(key, value).map(Expr::Constant),
        }
    }

    /// A value as it is written: text too.
    pub(super) fn one_constant(&mut self, key: &str, value: &Item<'_>) -> Option<Value> {
        let found = match value.get_ref() {
            DeValue::String(text) => Some(Value::text(text)),
            DeValue::Boolean(fact) => Some(Value::truth(*fact)),
            DeValue::Integer(number) if number.radix() == 10 => {
                parse_decimal(number.as_str()).map(Value::millionths)
            }
            DeValue::Float(number) => parse_decimal(number.as_str()).map(Value::millionths),
            _ => None,
        };
        if found.is_none() {
            let what = format!("{key} must be a text, a decimal number, true or false");
            let hint = "numbers have up to 12 digits and 6 decimals";
            self.fault(value.span().start, what, Some(hint.to_owned()));
        }
        found
    }

    /// A value that is text with values in braces, or a number.
    pub(super) fn one_template(&mut self, key: &str, value: &Item<'_>) -> Option<Expr> {
        match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => Some(Expr::text(number.as_str())),
            DeValue::String(text) if text.is_empty() => {
                self.fault(value.span().start, format!("{key} is empty"), None);
                None
            }
            DeValue::String(text) => match prompt::template(text) {
                Ok(expr) => Some(expr),
                Err(fault) => {
                    self.fault_within(value, text, fault);
                    None
                }
            },
            _ => {
                let hint = Some("write it between double quotes; values in it stand in braces".to_owned());
                self.fault(value.span().start, format!("{key} must be a text"), hint);
                None
            }
        }
    }

    /// A text that is read piece by piece.
    pub(super) fn pieces<T>(
        &mut self,
        value: &Item<'_>,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, ExprFault>,
    ) -> Option<T> {
        match parse(text) {
            Ok(found) => Some(found),
            Err(fault) => {
                self.fault_within(value, text, fault);
                None
            }
        }
    }

    // ---- tables --------------------------------------------------------------------------------------------------

    /// The entries of a table in the order of the file, at most `most` of them.
    pub(super) fn entries<'v>(
        &mut self,
        key: &str,
        value: &'v Item<'v>,
        most: usize,
    ) -> Option<Vec<(&'v Spanned<DeString<'v>>, &'v Item<'v>)>> {
        let Some(table) = value.get_ref().as_table() else {
            let hint = Some(format!("write {key} = {{ … = …, … = … }}"));
            self.fault(value.span().start, format!("{key} must be a table"), hint);
            return None;
        };
        if table.len() > most {
            self.fault(value.span().start, format!("{key} has more than {most} entries"), None);
            return None;
        }
        Some(in_order(table))
    }
}

/// The entries of a table in the order of the file.
pub(super) fn in_order<'v>(table: &'v DeTable<'v>) -> Vec<(&'v Spanned<DeString<'v>>, &'v Item<'v>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
