//! Values as they stand in a flow, which is as text, read in the form that the flow asks for.

use super::{Clock, Currency, Decimal};
use crate::clip::{Clip, Language};
use crate::prompt::Form;

/// Bytes of a value that is read; a longer one is nothing to read out.
const VALUE_MAX: usize = 64;

/// A value that cannot be read in the form asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} cannot be read aloud: give {wanted}")]
pub struct SayError {
    /// The beginning of the value.
    pub value: String,
    /// What a value of the form looks like.
    pub wanted: &'static str,
}

/// Reads `value` in a form.
///
/// # Errors
/// The value is not of this form and cannot be put together from clips. That is so for every [`Form::Text`], which is the
/// speech engine's.
pub fn read(language: Language, form: Form, value: &str) -> Result<Vec<Clip>, SayError> {
    let text = value.trim();
    let said = if text.len() > VALUE_MAX { None } else { clips(language, form, text) };
    said.ok_or_else(|| SayError { value: value.chars().take(VALUE_MAX).collect(), wanted: wanted(form) })
}

fn clips(language: Language, form: Form, text: &str) -> Option<Vec<Clip>> {
    let whole = || text.parse::<u64>().ok();
    Some(match form {
        Form::Text => return None,
        Form::Number => super::decimal(language, &Decimal::parse(text)?),
        Form::Digits => Some(super::digits(language, text)).filter(|said| !said.is_empty())?,
        Form::Ordinal => super::ordinal(language, whole().filter(|n| *n > 0)?),
        Form::Date => super::date(language, text.parse().ok()?),
        Form::Time => super::time(language, text.parse().ok()?, Clock::Twelve),
        Form::Duration => super::duration(language, whole()?),
        Form::Amount(code) => {
            let currency = Currency::parse(std::str::from_utf8(&code).ok()?)?;
            super::amount(language, Decimal::parse(text)?.hundredths()?, currency)
        }
    })
}

/// What a value of a form looks like.
fn wanted(form: Form) -> &'static str {
    match form {
        Form::Text => "another form, for text is the speech engine's",
        Form::Number => "a number such as -12.50",
        Form::Digits => "digits or letters",
        Form::Ordinal => "a whole number, 1 or more",
        Form::Date => "a date such as 2026-03-02",
        Form::Time => "a time of day such as 15:30",
        Form::Duration => "a whole number of seconds",
        Form::Amount(_) => "an amount such as 12.34, in CNY, USD, EUR or GBP",
    }
}
