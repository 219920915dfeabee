//! Values of variables: text, exact decimal numbers, truth, and which of them are secret.

use crate::limits::TEXT_MAX;
use std::fmt;

/// Parts of one in a number: six decimals.
pub const UNIT: i64 = 1_000_000;

/// Text, of which a run keeps at most [`TEXT_MAX`] characters.
pub type Text = String;

/// A value.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// Digits of a secret, or made from one: never logged, recorded, shown or spoken.
    pub is_secret: bool,
}

/// What a value is.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Kind {
    /// Not set, or the outcome of what cannot be computed.
    #[default]
    Nothing,
    /// Text.
    Text(Text),
    /// A number in millionths.
    Number(i64),
    /// Yes or no.
    Truth(bool),
}

impl Value {
    /// Nothing.
    pub const NOTHING: Self = Self { kind: Kind::Nothing, is_secret: false };

    /// Text, cut to what may be kept.
    pub fn text(text: &str) -> Self {
        Self { kind: Kind::Text(cut(text, TEXT_MAX).to_owned()), is_secret: false }
    }

    /// A whole number; nothing when it is too large for one.
    pub fn whole(number: i64) -> Self {
        number.checked_mul(UNIT).map_or(Self::NOTHING, Self::millionths)
    }

    /// A number in millionths.
    pub fn millionths(number: i64) -> Self {
        Self { kind: Kind::Number(number), is_secret: false }
    }

    /// Yes or no.
    pub fn truth(fact: bool) -> Self {
        Self { kind: Kind::Truth(fact), is_secret: false }
    }

    /// The same, secret if `is_secret` or already so.
    pub fn secret_if(mut self, is_secret: bool) -> Self {
        self.is_secret |= is_secret;
        self
    }

    /// Whether a condition of it holds: nothing, "", 0 and no do not, nor does text that equals 0.
    pub fn holds(&self) -> bool {
        match (self.as_millionths(), &self.kind) {
            (Some(number), _) => number != 0,
            (None, Kind::Text(text)) => !text.is_empty(),
            (None, Kind::Truth(fact)) => *fact,
            (None, Kind::Nothing | Kind::Number(_)) => false,
        }
    }

    /// As a number in millionths: text of a decimal number counts as that number.
    pub fn as_millionths(&self) -> Option<i64> {
        match &self.kind {
            Kind::Number(number) => Some(*number),
            Kind::Text(text) => parse_decimal(text),
            Kind::Nothing | Kind::Truth(_) => None,
        }
    }

    /// As text, the way people write it. Secrets too: what becomes of it must know [`Value::is_secret`].
    pub fn plain(&self) -> Text {
        match &self.kind {
            Kind::Nothing => String::new(),
            Kind::Text(text) => text.clone(),
            Kind::Number(number) => decimal(*number),
            Kind::Truth(true) => "yes".to_owned(),
            Kind::Truth(false) => "no".to_owned(),
        }
    }

    /// As text for people's eyes: a secret is three dots, whatever it holds.
    pub fn shown(&self) -> Text {
        if self.is_secret { "•••".to_owned() } else { self.plain() }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({:?})", self.shown())
    }
}

impl fmt::Debug for Kind {
    /// Does not know whether it is secret, so it does not tell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Text(_) => "Text",
            Self::Number(_) => "Number",
            Self::Truth(_) => "Truth",
        })
    }
}

/// The beginning of a text, of at most so many characters.
pub(crate) fn cut(text: &str, characters: usize) -> &str {
    // No character is shorter than a byte: most texts need not be counted.
    if text.len() <= characters {
        return text;
    }
    let end = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// `-12.5`; at most six decimals.
pub fn parse_decimal(text: &str) -> Option<i64> {
    let text = text.trim();
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(part) || part.len() > 6 || digits.ends_with('.')
    {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let mut millionths: i64 = if part.is_empty() { 0 } else { part.parse().ok()? };
    for _ in part.len()..6 {
        millionths = millionths.checked_mul(10)?;
    }
    let number = whole.checked_mul(UNIT)?.checked_add(millionths)?;
    Some(if is_negative { -number } else { number })
}

/// The other way.
pub fn decimal(millionths: i64) -> Text {
    let sign = if millionths < 0 { "-" } else { "" };
    let size = millionths.unsigned_abs();
    let (whole, part) = (size / UNIT.unsigned_abs(), size % UNIT.unsigned_abs());
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let part = format!("{part:06}");
    format!("{sign}{whole}.{}", part.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_both_ways() {
        for text in ["0", "7", "-7", "12.5", "-0.000001", "9223372036854", "138001380001"] {
            assert_eq!(parse_decimal(text).map(decimal).as_deref(), Some(text));
        }
        for text in ["", "-", ".", "1.", ".5", "1e3", "1.2345678", "99999999999999", "1 2", "+1", "٣"] {
            assert_eq!(parse_decimal(text), None, "{text}");
        }
        assert_eq!(parse_decimal("1.50").map(decimal).as_deref(), Some("1.5"));
    }

    #[test]
    fn what_equals_zero_does_not_hold_however_it_is_written() {
        for text in ["", "0", "0.0", "-0", " 00 "] {
            assert!(!Value::text(text).holds(), "{text}");
        }
        for text in ["1", "0.1", "no", "0x", " "] {
            assert!(Value::text(text).holds(), "{text}");
        }
        assert!(Value::whole(-1).holds() && Value::truth(true).holds());
        assert!(!Value::whole(0).holds() && !Value::truth(false).holds() && !Value::NOTHING.holds());
    }

    #[test]
    fn text_is_cut_between_characters() {
        for text in ["x".repeat(TEXT_MAX + 1), "龙".repeat(TEXT_MAX + 1)] {
            assert_eq!(Value::text(&text).plain().chars().count(), TEXT_MAX);
        }
        let fits = "龙".repeat(TEXT_MAX);
        assert_eq!(Value::text(&fits).plain(), fits);
    }

    #[test]
    fn a_secret_shows_itself_nowhere_by_accident() {
        let secret = Value::text("4711").secret_if(true);
        assert!(!format!("{secret:?} {:?} {}", secret.kind, secret.shown()).contains("4711"));
        assert_eq!(secret.plain(), "4711");
        assert!(secret.secret_if(false).is_secret, "what is secret stays so");
    }
}
