//! Rules of hours as people write them, one line of text each.

use super::civil::{DAY_MIN, Segment, Weekdays};
use super::{Dates, SpecialDay, WeekRule, YearDay};
use crate::limits::{HOURS_NAME_MAX, HOURS_SEGMENTS_MAX};
use jiff::civil::Date;

/// Reads `mon-fri 08:00-12:00 13:00-17:30`.
///
/// # Errors
/// One sentence that says what is wrong or wanted.
pub fn week_rule(text: &str) -> Result<WeekRule, String> {
    let mut words = text.split_whitespace();
    let days = words.next().unwrap_or_default();
    let days = Weekdays::parse(days).ok_or_else(|| {
        format!("\"{days}\" is no weekday; write \"mon-fri 09:00-17:30\", \"sat,sun 10:00-16:00\" or \"daily 00:00-24:00\"")
    })?;
    let segments = words.map(segment).collect::<Result<Vec<_>, _>>()?;
    if segments.is_empty() {
        return Err(format!(
            "\"{text}\" has no times; write \"{days} 09:00-17:30\", and leave out days that are closed"
        ));
    }
    Ok(WeekRule { days, segments: apart(segments)? })
}

/// Reads `12-25 closed Christmas Day`, `2026-12-24 08:00-12:00 Christmas Eve` or `2026-07-20..2026-08-02 closed`.
///
/// # Errors
/// One sentence that says what is wrong or wanted.
pub fn special_day(text: &str) -> Result<SpecialDay, String> {
    let mut words = text.split_whitespace().peekable();
    let written = words.next().unwrap_or_default();
    let dates = dates(written)?;
    let mut segments = Vec::new();
    let is_closed = words.next_if(|word| word.eq_ignore_ascii_case("closed")).is_some();
    while let Some(word) = words.next_if(|word| is_like_segment(word)) {
        segments.push(segment(word)?);
    }
    if is_closed != segments.is_empty() {
        return Err(format!(
            "\"{text}\" must say either closed or times; write \"{written} closed NAME\" or \"{written} 08:00-12:00 NAME\""
        ));
    }
    let name = words.collect::<Vec<_>>().join(" ");
    if name.chars().any(char::is_control) {
        return Err("the name of a day holds a control character".to_owned());
    }
    if name.chars().count() > HOURS_NAME_MAX {
        return Err(format!("the name of a day has at most {HOURS_NAME_MAX} characters"));
    }
    let name = if name.is_empty() { dates.to_string() } else { name };
    Ok(SpecialDay { dates, name, segments: apart(segments)? })
}

/// Whether a word is meant to be a segment and not the beginning of a name.
fn is_like_segment(word: &str) -> bool {
    word.contains(':') && word.starts_with(|c: char| c.is_ascii_digit())
}

fn segment(text: &str) -> Result<Segment, String> {
    let wanted = || format!("\"{text}\" is not from one time to another; write \"09:00-17:30\"");
    let (from, to) = text.split_once('-').ok_or_else(wanted)?;
    let from = minute(from).filter(|m| *m < DAY_MIN).ok_or_else(wanted)?;
    let to = minute(to).ok_or_else(wanted)?;
    if from == to {
        return Err(format!("\"{text}\" ends when it begins; for the whole day write \"00:00-24:00\""));
    }
    Ok(Segment { from, to: if to < from { to + DAY_MIN } else { to } })
}

/// `09:00`, up to `24:00`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str, fewest: usize| {
        let fits = (fewest..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if fits { digits.parse::<u16>().ok() } else { None }
    };
    let (hour, minute) = (number(hour, 1)?, number(minute, 2)?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= DAY_MIN).then_some(total)
}

/// In order, if no two share a minute.
fn apart(mut segments: Vec<Segment>) -> Result<Vec<Segment>, String> {
    if segments.len() > HOURS_SEGMENTS_MAX {
        return Err(format!("a day has at most {HOURS_SEGMENTS_MAX} times it is open"));
    }
    segments.sort();
    for pair in segments.windows(2) {
        if let [one, other] = pair
            && one.meets(*other)
        {
            return Err(format!("{one} and {other} share time"));
        }
    }
    Ok(segments)
}

fn dates(text: &str) -> Result<Dates, String> {
    let wanted = || {
        format!(
            "\"{text}\" is not a day; write \"2026-12-24\", \"2026-07-20..2026-08-02\" or, for each year, \"12-25\""
        )
    };
    let Some((first, last)) = text.split_once("..") else {
        let one = date(text).map(Dates::One).or_else(|| year_day(text).map(Dates::Yearly));
        return one.ok_or_else(wanted);
    };
    if let (Some(first), Some(last)) = (date(first), date(last)) {
        if last < first {
            return Err(format!("\"{text}\" ends before it begins"));
        }
        return Ok(Dates::Span(first, last));
    }
    match (year_day(first), year_day(last)) {
        (Some(first), Some(last)) => Ok(Dates::YearlySpan(first, last)),
        _ => Err(wanted()),
    }
}

/// Exactly `2026-12-24`, of the years 1 to 9999.
fn date(text: &str) -> Option<Date> {
    let fits = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if fits { text.parse().ok().filter(|d: &Date| d.year() > 0) } else { None }
}

/// Exactly `12-25`.
fn year_day(text: &str) -> Option<YearDay> {
    let fits = text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let (month, day) = text.split_once('-').filter(|_| fits)?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    // 2024 has every day that a year can have.
    Date::new(2024, month, day).ok().map(|_| YearDay { month, day })
}
