//! Chinese: which clips say a number, a date, a time, a duration, an amount.
//!
//! What a listener would notice: 两 instead of 二 before 百, 千, 万, 亿 and before measure words; one 零 for each gap, however
//! wide; 十二 at the beginning, but 一百一十二 within.

use jiff::civil::{Date, Time};

use super::currency::Currency;
use super::phrase::Phrase;
use super::{BREATH, Clock, duration::Parts, large};
use crate::clip::{Clip, Language};

/// Units of four figures each, greatest first.
const GROUPS: [(u64, Option<&str>); 3] =
    [(100_000_000, Some("word/yi")), (10_000, Some("word/wan")), (1, None)];

fn new() -> Phrase {
    Phrase::new(Language::Zh)
}

/// 一万零三百, 十万零一.
pub(super) fn cardinal(n: u64) -> Vec<Clip> {
    if n == 0 {
        return zero(new()).done();
    }
    let mut phrase = new();
    let mut gap = false;
    for (unit, word) in GROUPS {
        let group = if unit == GROUPS[0].0 { n / unit } else { n / unit % 10_000 };
        if group == 0 {
            gap = true;
            continue;
        }
        if !phrase.is_empty() && (gap || group < 1000) {
            phrase = zero(phrase);
        }
        gap = false;
        phrase = match word {
            // One clip, spoken in one go: 一万 has another tone than 一 and 万.
            Some(_) if group < 10 => phrase.numbered("number", group * unit),
            Some(word) => below_ten_thousand(phrase, group).clip(word),
            None => below_ten_thousand(phrase, group),
        };
    }
    phrase.done()
}

/// Goes on with `n`, which is from 1 to 9999.
fn below_ten_thousand(mut phrase: Phrase, n: u64) -> Phrase {
    let (thousands, hundreds, rest) = (n / 1000, n / 100 % 10, n % 100);
    if thousands > 0 {
        phrase = phrase.numbered("number", thousands * 1000);
        if hundreds == 0 && rest > 0 {
            phrase = zero(phrase);
        }
    }
    if hundreds > 0 {
        phrase = phrase.numbered("number", hundreds * 100);
        if (1..10).contains(&rest) {
            phrase = zero(phrase);
        }
    }
    match rest {
        0 => phrase,
        // 一十二 after something, 十二 at the beginning.
        10..=19 if !phrase.is_empty() => phrase.numbered("medial", rest),
        _ => phrase.numbered("number", rest),
    }
}

fn zero(phrase: Phrase) -> Phrase {
    phrase.clip("number/0")
}

/// Goes on with a number before a measure word or a unit: 两 for 2, otherwise as it is.
pub(super) fn counted(phrase: Phrase, n: u64) -> Phrase {
    match n {
        2 => phrase.clip("number/2-of"),
        _ => phrase.then(large(Language::Zh, false, n)),
    }
}

/// 第三, 第一百零二.
pub(super) fn ordinal(n: u64) -> Vec<Clip> {
    match n {
        1..=10 => new().numbered("ordinal", n),
        _ => new().clip("word/di").then(cardinal(n)),
    }
    .done()
}

/// 三月三日.
pub(super) fn day_and_month(date: Date) -> Vec<Clip> {
    let phrase = new().numbered("month", date.month());
    match date.day() {
        day @ ..=10 => phrase.numbered("day", day),
        day => phrase.numbered("number", day).clip("word/ri"),
    }
    .done()
}

/// 三月三日星期二.
pub(super) fn day(date: Date) -> Vec<Clip> {
    let weekday = date.weekday().to_monday_one_offset();
    new().then(day_and_month(date)).pause(BREATH).numbered("weekday", weekday).done()
}

/// 二零二六年, figure by figure.
pub(super) fn year(year: i16) -> Vec<Clip> {
    let figures = year.unsigned_abs().to_string();
    let phrase = new().clip_if(year < 0, "word/minus");
    figures.chars().fold(phrase, |phrase, figure| phrase.numbered("number", figure)).clip("word/year").done()
}

/// 下午三点三十分, 中午十二点; by 24 hours 十五点三十分.
pub(super) fn time(time: Time, clock: Clock) -> Vec<Clip> {
    let hour = time.hour();
    let (part, hour) = match (clock, hour) {
        (Clock::TwentyFour, _) => (None, hour),
        (Clock::Twelve, ..=5) => (Some("time/night"), hour),
        (Clock::Twelve, 6..=11) => (Some("time/morning"), hour),
        (Clock::Twelve, 12) => (Some("time/noon"), hour),
        (Clock::Twelve, 13..=17) => (Some("time/afternoon"), hour - 12),
        (Clock::Twelve, 18..) => (Some("time/evening"), hour - 12),
    };
    let phrase = part.into_iter().fold(new(), Phrase::clip);
    let phrase = match hour {
        ..=12 => phrase.numbered("hour", hour),
        _ => phrase.numbered("number", hour).clip("word/point"),
    };
    match time.minute() {
        0 => phrase,
        minute @ 1..=9 => phrase.numbered("minute", minute),
        minute => phrase.numbered("number", minute).clip("unit/fen"),
    }
    .done()
}

/// 三分十秒, 三分钟, 一小时零十秒.
pub(super) fn duration(parts: Parts) -> Vec<Clip> {
    let Parts { days, hours, minutes, seconds } = parts;
    let minute = if seconds > 0 { "unit/fen" } else { "unit/minute" };
    let units = [(days, "unit/day"), (hours, "unit/hour"), (minutes, minute), (seconds, "unit/second")];
    let mut phrase = new();
    let mut gap = false;
    for (n, unit) in units {
        if n == 0 {
            gap = !phrase.is_empty();
            continue;
        }
        if gap {
            phrase = zero(phrase);
        }
        gap = false;
        phrase = match (unit, n) {
            ("unit/fen", 1..=9) => phrase.numbered("fen", n),
            _ => counted(phrase, n).clip(unit),
        };
    }
    if phrase.is_empty() { zero(phrase).clip("unit/second").done() } else { phrase.done() }
}

/// 十二元三角四分, 十二美元三十四美分: of hundredths.
pub(super) fn amount(hundredths: i64, currency: Currency) -> Vec<Clip> {
    let all = hundredths.unsigned_abs();
    let (major, minor) = (all / 100, all % 100);
    let family = currency.family();
    let mut phrase = new().clip_if(hundredths < 0, "word/minus");
    if major > 0 || minor == 0 {
        phrase = counted(phrase, major).clip(family);
    }
    match (currency, minor) {
        (_, 0) => phrase,
        (Currency::Cny, _) => {
            let (tenths, hundredths) = (minor / 10, minor % 10);
            let phrase = match tenths {
                0 if major > 0 => zero(phrase),
                0 => phrase,
                _ => phrase.numbered("jiao", tenths),
            };
            if hundredths > 0 { phrase.numbered("fen", hundredths) } else { phrase }
        }
        _ => {
            let gap = major > 0 && minor < 10;
            let phrase = if gap { zero(phrase).numbered("number", minor) } else { counted(phrase, minor) };
            phrase.clip(format!("{family}-part"))
        }
    }
    .done()
}
