//! What a flow says: named prompts, text, and values read aloud, in one or several languages.

use crate::clip::Language;
use crate::expr::Expr;
use std::collections::BTreeMap;

/// How a value is read aloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// As text, by the speech engine.
    Text,
    /// As a number: "twelve".
    Number,
    /// Digit by digit: "one two".
    Digits,
    /// As a place in a row: "twelfth".
    Ordinal,
    /// As a date: `2026-11-22`.
    Date,
    /// As a time of day: `17:30`.
    Time,
    /// As a length of time, in seconds.
    Duration,
    /// As an amount of money, in this currency.
    Amount([u8; 3]),
}

/// A piece of what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// `@welcome`: a prompt by its name.
    Named(String),
    /// Text, spoken by the engine.
    Text(String),
    /// `{count:number}`: a value.
    Value {
        /// Of what.
        of: Expr,
        /// How.
        form: Form,
    },
}

/// What a node says, by language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompt {
    /// In whatever language the caller has.
    pub any: Option<Vec<Piece>>,
    /// In these languages.
    pub by_language: BTreeMap<Language, Vec<Piece>>,
}

impl Prompt {
    /// The pieces for a caller of a language, and the language they are in.
    pub fn pieces(&self, language: Language) -> (Language, &[Piece]) {
        if let Some(pieces) = self.by_language.get(&language) {
            return (language, pieces);
        }
        if let Some(pieces) = &self.any {
            return (language, pieces);
        }
        self.by_language.iter().next().map_or((language, &[]), |(other, pieces)| (*other, pieces))
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.any.as_ref().is_none_or(Vec::is_empty) && self.by_language.values().all(Vec::is_empty)
    }

    /// All pieces, of every language.
    pub fn all(&self) -> impl Iterator<Item = &Piece> {
        self.any.iter().flatten().chain(self.by_language.values().flatten())
    }
}
