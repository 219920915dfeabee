//! Telephone numbers as people write them, and patterns of them.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Characters of a number, or of the word in its place.
pub const NUMBER_MAX: usize = 64;

/// A number without what only helps the eye: `+41 (44) 555-01-23` and `0041445550123` are both `+41445550123`. What is no
/// number, such as `Anonymous`, is only put into lower case.
pub fn normal(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let international = text.starts_with("00");
    if !international && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#')) {
        return Cow::Borrowed(text);
    }
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#') || is_spacing(c);
    if digits.is_empty() || !digits.chars().all(is_part) {
        return Cow::Owned(text.to_lowercase());
    }
    let kept: String = digits.chars().filter(|c| !is_spacing(*c)).collect();
    if digits.len() != text.len() {
        return Cow::Owned(format!("+{kept}"));
    }
    Cow::Owned(match kept.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => kept,
    })
}

/// What people put between digits.
fn is_spacing(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '-' | '\u{2011}' | '\u{2013}' | '.' | '/' | '(' | ')')
}

/// A number, or the beginning of many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// This one, in its normal form.
    Exact(String),
    /// All that begin so; an empty one is all there are.
    Prefix(String),
}

impl Pattern {
    /// Reads `4001`, `138*`, `+41 44*`, `*` or a word such as `anonymous`. What ends in a star is a beginning.
    ///
    /// # Errors
    /// One sentence that says what is wanted.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = || {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
            format!(
                "\"{shown}\" is no number; write \"4001\", \"138*\" for all that begin so, or \"*\" for all"
            )
        };
        let (body, is_prefix) = match text.trim().strip_suffix('*') {
            Some(rest) => (rest, true),
            None => (text.trim(), false),
        };
        let found = normal(body).into_owned();
        let is_word = found.starts_with(|c: char| c.is_ascii_lowercase())
            && found.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b));
        let digits = found.strip_prefix('+').unwrap_or(&found);
        let is_number = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'))
            && (found.starts_with(['*', '#']) || !digits.contains('*'));
        // Only the star itself is all there are: of "()*" or "-*" nothing is left that a number could begin with.
        let is_empty = found.is_empty() && !(is_prefix && body.trim().is_empty());
        if is_empty || found.len() > NUMBER_MAX || !(is_word || is_number) {
            return Err(wanted());
        }
        Ok(if is_prefix { Self::Prefix(found) } else { Self::Exact(found) })
    }

    /// All numbers.
    pub fn all() -> Self {
        Self::Prefix(String::new())
    }

    /// Whether a number in its normal form is one of these.
    pub fn has(&self, normal: &str) -> bool {
        match self {
            Self::Exact(number) => number == normal,
            Self::Prefix(beginning) => normal.starts_with(beginning.as_str()),
        }
    }

    /// Whether every number of the other is one of these.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(one), Self::Exact(other)) => one == other,
            (Self::Exact(_), Self::Prefix(_)) => false,
            (Self::Prefix(one), Self::Exact(other) | Self::Prefix(other)) => other.starts_with(one.as_str()),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(number) => f.write_str(number),
            Self::Prefix(beginning) => write!(f, "{beginning}*"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for (text, wanted) in [
            ("+41 (44) 555-01-23", "+41445550123"),
            ("0041 44 555 01 23", "+41445550123"),
            ("044/555 01 23", "0445550123"),
            ("138\u{a0}0013\u{2013}8000", "13800138000"),
            ("4001", "4001"),
            ("*97", "*97"),
            ("00", "+"),
            ("", ""),
            ("+", "+"),
            ("Anonymous", "anonymous"),
            ("41+44", "41+44"),
            (" 101 ", "101"),
            ("#31#0445550123", "#31#0445550123"),
        ] {
            assert_eq!(normal(text), wanted, "{text}");
            assert_eq!(normal(wanted), wanted, "normal twice: {text}");
        }
    }

    #[test]
    fn a_star_at_the_end_makes_a_beginning() {
        for (text, number, has) in [
            ("4001", "4001", true),
            ("4001", "40011", false),
            ("40*", "40", true),
            ("40*", "4001", true),
            ("40*", "4", false),
            ("*", "anything", true),
            ("*", "", true),
            (" * ", "4001", true),
            ("+41 44*", "+41445550123", true),
            ("0041*", "+41445550123", true),
            ("00*", "+1", true),
            ("*97", "*97", true),
            ("*9*", "*97", true),
            ("anonymous", "anonymous", true),
            ("*21*4001#", "*21*4001#", true),
        ] {
            let pattern = Pattern::parse(text).unwrap();
            assert_eq!(pattern.has(number), has, "{text} {number}");
            assert_eq!(Pattern::parse(&pattern.to_string()), Ok(pattern), "{text}");
        }
        for text in [
            "",
            " ",
            "40*1",
            "4*01*",
            "44;12",
            "a b",
            "\u{1b}[31m",
            "ü",
            "#comment",
            "1+1",
            &"1".repeat(65),
            "()",
            "()*",
            "-*",
            ". /*",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_pattern_covers_another() {
        for (one, other, covers) in [
            ("*", "40*", true),
            ("*", "4001", true),
            ("40*", "4001", true),
            ("40*", "40*", true),
            ("40*", "4*", false),
            ("4001", "4001", true),
            ("4001", "4001*", false),
            ("4001*", "4001", true),
        ] {
            let covered = Pattern::parse(one).unwrap().covers(&Pattern::parse(other).unwrap());
            assert_eq!(covered, covers, "{one} {other}");
        }
    }
}
