//! What is spoken to a caller out of the clips of the prompt set: numbers, digits, dates, times, durations, amounts and the
//! sentences around them, in English and Chinese.
//!
//! All functions are pure and return a list of clips and pauses. The clips lie in `flows/prompts/<language>/<name>.wav`; the
//! manifest beside them, `flows/prompts/prompts.toml`, has the words of each. A test plays every function over its range and
//! holds the names against the manifest.

mod chinese;
mod currency;
mod decimal;
mod digits;
mod duration;
mod english;
pub mod manifest;
pub mod messages;
mod phrase;
mod reading;
mod sentences;

use crate::clip::{Clip, Language};
use jiff::civil::{Date, Time, Weekday};

pub use currency::Currency;
pub use decimal::Decimal;
pub use digits::digits;
use phrase::Phrase;
pub use reading::{SayError, read};
pub use sentences::{
    agent, expected_wait, from_caller, mailbox, opening_hours, place_in_line, received, your_number,
};

/// The greatest number that is spoken with its units; one beyond it is read figure by figure.
pub const GREATEST: u64 = 999_999_999_999;

/// The silence of a comma, in milliseconds.
const BREATH: u32 = 120;

/// How the time of day is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clock {
    /// With a.m. and p.m.; 上午, 下午 and their like.
    Twelve,
    /// "Fifteen thirty", 十五点三十分.
    TwentyFour,
}

/// A whole number: "minus one hundred and five", 负一百零五.
pub fn number(language: Language, n: i64) -> Vec<Clip> {
    large(language, n < 0, n.unsigned_abs())
}

/// A number of things, before a measure word or a noun: as [`number`], but 两 for 2 in Chinese.
pub fn count(language: Language, n: u64) -> Vec<Clip> {
    match language {
        Language::En => large(language, false, n),
        Language::Zh => chinese::counted(Phrase::new(language), n).done(),
    }
}

/// A number with figures after the point: "three point one four", 三点一四.
pub fn decimal(language: Language, value: &Decimal) -> Vec<Clip> {
    let phrase = Phrase::new(language).then(large(language, value.negative, value.whole));
    let phrase = phrase.clip_if(!value.fraction.is_empty(), "word/point");
    value.fraction.iter().fold(phrase, |phrase, figure| phrase.numbered("number", figure)).done()
}

/// A place in a row: "first", "one hundred and second", 第一百零二. There is no place 0; it is read as the number.
pub fn ordinal(language: Language, n: u64) -> Vec<Clip> {
    match language {
        _ if n == 0 || n > GREATEST => large(language, false, n),
        Language::En => english::ordinal(n),
        Language::Zh => chinese::ordinal(n),
    }
}

/// A day with its year: "Monday, the third of March, twenty twenty-six", 二零二六年三月三日星期二.
pub fn date(language: Language, date: Date) -> Vec<Clip> {
    match language {
        Language::En => {
            Phrase::new(language).then(english::day(date)).pause(BREATH).then(english::year(date.year()))
        }
        Language::Zh => Phrase::new(language).then(chinese::year(date.year())).then(chinese::day(date)),
    }
    .done()
}

/// A day without its year: "Monday, the third of March", 三月三日星期二.
pub fn day(language: Language, date: Date) -> Vec<Clip> {
    match language {
        Language::En => english::day(date),
        Language::Zh => chinese::day(date),
    }
}

/// A day of the week: "Monday", 星期一.
pub fn weekday(language: Language, day: Weekday) -> Vec<Clip> {
    Phrase::new(language).numbered("weekday", day.to_monday_one_offset()).done()
}

/// A time of day to the minute: "three thirty p.m.", 下午三点三十分.
pub fn time(language: Language, time: Time, clock: Clock) -> Vec<Clip> {
    match language {
        Language::En => english::time(time, clock),
        Language::Zh => chinese::time(time, clock),
    }
}

/// How long something takes, in seconds: "three minutes and ten seconds", 三分十秒.
pub fn duration(language: Language, seconds: u64) -> Vec<Clip> {
    let parts = duration::Parts::of(seconds);
    match language {
        Language::En => english::duration(parts),
        Language::Zh => chinese::duration(parts),
    }
}

/// Money, in hundredths of the currency: "twelve dollars and thirty-four cents", 十二元三角四分.
pub fn amount(language: Language, hundredths: i64, currency: Currency) -> Vec<Clip> {
    match language {
        Language::En => english::amount(hundredths, currency),
        Language::Zh => chinese::amount(hundredths, currency),
    }
}

/// A number of any size: with its units up to [`GREATEST`], then figure by figure.
fn large(language: Language, negative: bool, n: u64) -> Vec<Clip> {
    let phrase = Phrase::new(language).clip_if(negative, "word/minus");
    match language {
        _ if n > GREATEST => {
            n.to_string().chars().fold(phrase, |phrase, figure| phrase.numbered("number", figure))
        }
        Language::En => phrase.then(english::cardinal(n)),
        Language::Zh => phrase.then(chinese::cardinal(n)),
    }
    .done()
}

#[cfg(test)]
mod tests;
