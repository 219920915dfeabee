//! Minutes of a day, segments of them, and days of the week.

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Minutes of a day.
pub(super) const DAY_MIN: u16 = 1_440;

/// A time as a clock on the wall shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallClock {
    /// The date.
    pub date: Date,
    /// Minutes since midnight by that clock; seconds do not count.
    pub minute: u16,
}

/// From one minute of a day until before another: `09:00-17:30`, and `22:00-06:00` until the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Segment {
    /// First minute, counted from midnight of its day.
    pub from: u16,
    /// The minute it is over, counted from the same midnight: more than 1,440 is on the next day.
    pub to: u16,
}

impl Segment {
    /// Whether it goes on after midnight.
    pub fn wraps(self) -> bool {
        self.to > DAY_MIN
    }

    /// Whether it is on at a minute of its own day.
    pub fn is_on(self, minute: u16) -> bool {
        self.from <= minute && minute < self.to
    }

    /// Whether it is still on at a minute of the day after its own.
    pub fn reaches(self, minute: u16) -> bool {
        minute.checked_add(DAY_MIN).is_some_and(|m| m < self.to)
    }

    /// Whether both share a minute, if they belong to the same day.
    pub(super) fn meets(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = if self.wraps() { self.to - DAY_MIN } else { self.to };
        write!(f, "{}-{}", clock(self.from), clock(to))
    }
}

/// `09:05`.
pub(super) fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Weekdays(u8);

const WEEK: [(Weekday, &str, &str); 7] = [
    (Weekday::Monday, "mon", "Monday"),
    (Weekday::Tuesday, "tue", "Tuesday"),
    (Weekday::Wednesday, "wed", "Wednesday"),
    (Weekday::Thursday, "thu", "Thursday"),
    (Weekday::Friday, "fri", "Friday"),
    (Weekday::Saturday, "sat", "Saturday"),
    (Weekday::Sunday, "sun", "Sunday"),
];

/// A weekday's name.
pub(super) fn day_name(day: Weekday) -> &'static str {
    WEEK.iter().find(|(d, ..)| *d == day).map_or("", |(_, _, name)| name)
}

impl Weekdays {
    fn bit(day: Weekday) -> u8 {
        // Monday is 0.
        1_u8.checked_shl(u32::from(day.to_monday_zero_offset().unsigned_abs())).unwrap_or_default()
    }

    /// Whether a day is among them.
    pub fn has(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }

    /// Whether any day is in both.
    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Reads `mon`, `mon-fri`, `fri-mon`, `mon,wed`, `daily`; a weekday is three letters or more of its name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        if text == "daily" {
            return Some(Self(0x7f));
        }
        let mut found = Self::default();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (mut day, last) = (one_day(first)?, one_day(last)?);
            found.0 |= Self::bit(day);
            while day != last {
                day = day.next();
                found.0 |= Self::bit(day);
            }
        }
        Some(found)
    }
}

fn one_day(text: &str) -> Option<Weekday> {
    if text.len() < 3 {
        return None;
    }
    WEEK.iter().find(|(.., name)| name.to_ascii_lowercase().starts_with(text)).map(|(day, ..)| *day)
}

impl fmt::Display for Weekdays {
    /// `mon-fri`, `mon,wed`, `daily`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0x7f {
            return f.write_str("daily");
        }
        let mut runs: Vec<(&str, &str)> = Vec::new();
        let mut is_running = false;
        for (day, word, _) in WEEK {
            let is_in = self.has(day);
            match runs.last_mut() {
                Some(run) if is_in && is_running => run.1 = word,
                _ if is_in => runs.push((word, word)),
                _ => (),
            }
            is_running = is_in;
        }
        let shown: Vec<String> = runs
            .iter()
            .map(|(first, last)| if first == last { (*first).to_owned() } else { format!("{first}-{last}") })
            .collect();
        f.write_str(&shown.join(","))
    }
}
