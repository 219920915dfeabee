//! English: which clips say a number, a date, a time, a duration, an amount.

use jiff::civil::{Date, Time};

use super::currency::Currency;
use super::phrase::Phrase;
use super::{BREATH, Clock, duration::Parts, large};
use crate::clip::{Clip, Language};

/// Powers of a thousand, greatest first.
const SCALES: [(u64, &str); 3] =
    [(1_000_000_000, "word/billion"), (1_000_000, "word/million"), (1000, "word/thousand")];

fn new() -> Phrase {
    Phrase::new(Language::En)
}

/// "One thousand two hundred and five".
pub(super) fn cardinal(n: u64) -> Vec<Clip> {
    if n == 0 {
        return new().clip("number/0").done();
    }
    let mut phrase = new();
    let mut rest = n;
    for (scale, word) in SCALES {
        if rest >= scale {
            phrase = below_thousand(phrase, rest / scale).clip(word);
            rest %= scale;
        }
    }
    let and = rest > 0 && rest < 100 && !phrase.is_empty();
    below_thousand(phrase.clip_if(and, "word/and"), rest).done()
}

/// Goes on with `n`, which is below 1000; with nothing for 0.
fn below_thousand(mut phrase: Phrase, n: u64) -> Phrase {
    let (hundreds, rest) = (n / 100, n % 100);
    if hundreds > 0 {
        phrase = phrase.numbered("number", hundreds * 100).clip_if(rest > 0, "word/and");
    }
    if rest > 0 { phrase.numbered("number", rest) } else { phrase }
}

/// "First", "one hundred and thirty-second": the cardinal with its last word made ordinal.
pub(super) fn ordinal(n: u64) -> Vec<Clip> {
    let mut said = cardinal(n);
    let Some(Clip::Prompt { name: last, .. }) = said.pop() else { return said };
    let phrase = new().then(said);
    let number = last.strip_prefix("number/").and_then(|n| n.parse::<u64>().ok());
    match number {
        None => phrase.clip(format!("{last}th")),
        Some(0) => phrase.clip(last),
        Some(n @ 1..=31) => phrase.numbered("ordinal", n),
        Some(n @ 32..=99) if n % 10 == 0 => phrase.numbered("ordinal", n),
        Some(n @ 32..=99) => phrase.numbered("number", n / 10 * 10).numbered("ordinal", n % 10),
        Some(n) => phrase.numbered("number", n / 100).clip("word/hundredth"),
    }
    .done()
}

/// "The third of March".
pub(super) fn day_and_month(date: Date) -> Vec<Clip> {
    let day = date.day();
    // Every number to 31 has its ordinal in one clip.
    new().clip("word/the").numbered("ordinal", day).clip("word/of").numbered("month", date.month()).done()
}

/// "Monday, the third of March".
pub(super) fn day(date: Date) -> Vec<Clip> {
    let weekday = date.weekday().to_monday_one_offset();
    new().numbered("weekday", weekday).pause(BREATH).then(day_and_month(date)).done()
}

/// "Twenty twenty-six", "nineteen oh five", "two thousand and five".
pub(super) fn year(year: i16) -> Vec<Clip> {
    let n = u64::from(year.unsigned_abs());
    let (century, rest) = (n / 100, n % 100);
    // Years without a century of their own are read as numbers: 476, 1000 to 1009, 2000 to 2009.
    if n < 1000 || (century % 10 == 0 && rest < 10) {
        return new().clip_if(year < 0, "word/minus").then(cardinal(n)).done();
    }
    let phrase = new().clip_if(year < 0, "word/minus").numbered("number", century);
    two_figures(phrase, rest).done()
}

/// "Hundred", "oh five", "thirty": the second half of a year or of a time by 24 hours.
fn two_figures(phrase: Phrase, n: u64) -> Phrase {
    match n {
        0 => phrase.clip("word/hundred"),
        1..=9 => phrase.numbered("minute", n),
        _ => phrase.numbered("number", n),
    }
}

/// "Three thirty p.m.", "noon"; by 24 hours "fifteen thirty", "oh nine hundred".
pub(super) fn time(time: Time, clock: Clock) -> Vec<Clip> {
    let (hour, minute) = (u64::from(time.hour().unsigned_abs()), u64::from(time.minute().unsigned_abs()));
    match (clock, hour, minute) {
        (_, 0, 0) => new().clip("time/midnight"),
        (Clock::Twelve, 12, 0) => new().clip("time/noon"),
        (Clock::Twelve, ..) => {
            let phrase = new().numbered("number", (hour + 11) % 12 + 1);
            let phrase = if minute == 0 { phrase } else { two_figures(phrase, minute) };
            phrase.clip(if hour < 12 { "time/am" } else { "time/pm" })
        }
        (Clock::TwentyFour, 0, _) => two_figures(new().clip("number/0"), minute),
        (Clock::TwentyFour, ..) => two_figures(two_figures(new(), hour), minute),
    }
    .done()
}

/// "One hour, three minutes and ten seconds".
pub(super) fn duration(parts: Parts) -> Vec<Clip> {
    let units = [
        (parts.days, "unit/day"),
        (parts.hours, "unit/hour"),
        (parts.minutes, "unit/minute"),
        (parts.seconds, "unit/second"),
    ];
    let said: Vec<_> = units.into_iter().filter(|(n, _)| *n > 0).collect();
    if said.is_empty() {
        return counted(new(), 0, "unit/second").done();
    }
    let last = said.len() - 1;
    said.into_iter()
        .enumerate()
        .fold(new(), |phrase, (at, (n, unit))| {
            counted(phrase.clip_if(at > 0 && at == last, "word/and"), n, unit)
        })
        .done()
}

/// Goes on with "one minute" or "five minutes".
pub(super) fn counted(phrase: Phrase, n: u64, unit: &str) -> Phrase {
    let phrase = phrase.then(large(Language::En, false, n));
    if n == 1 { phrase.clip(unit) } else { phrase.clip(format!("{unit}s")) }
}

/// "Twelve dollars and thirty-four cents": of hundredths.
pub(super) fn amount(hundredths: i64, currency: Currency) -> Vec<Clip> {
    let all = hundredths.unsigned_abs();
    let (major, minor) = (all / 100, all % 100);
    let family = currency.family();
    let mut phrase = new().clip_if(hundredths < 0, "word/minus");
    if major > 0 || minor == 0 {
        let word = if major == 1 { family.to_owned() } else { format!("{family}s") };
        phrase = phrase.then(large(Language::En, false, major)).clip(word);
    }
    if minor > 0 {
        let word = if minor == 1 { format!("{family}-part") } else { format!("{family}-parts") };
        phrase = phrase.clip_if(major > 0, "word/and").numbered("number", minor).clip(word);
    }
    phrase.done()
}
