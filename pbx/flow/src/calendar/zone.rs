//! Time zones by name, from the database that is built in: the same name gives the same times on every machine.

use super::civil::WallClock;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A time zone of the IANA database, such as `Europe/Zurich`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// Further than any zone is from UTC.
const REACH_MS: i64 = 26 * 3_600_000;

/// A time that somebody wrote, as [`Zone::moment`] reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub unix_ms: i64,
    /// What the clocks of the zone did with it, when it was written without an offset.
    pub clocks: Clocks,
}

/// Whether a time of a wall clock is one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clocks {
    /// Yes.
    Once,
    /// It comes twice, because clocks are put back; the first was taken, the second begins here.
    Twice {
        /// The second, in milliseconds since 1970.
        second_ms: i64,
    },
    /// It is skipped, because clocks are put forward; taken was what a clock shows that was not.
    Never,
}

/// A change of the clocks of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClockChange {
    /// When, in milliseconds since 1970.
    pub(super) at_ms: i64,
    /// What clocks show then, if nobody touches them.
    pub(super) before: DateTime,
    /// What they are set to.
    pub(super) after: DateTime,
}

impl Zone {
    /// The zone of a name, in whatever case.
    pub fn named(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("UTC") {
            return Some(Self::utc());
        }
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        let name = zone.iana_name()?.to_owned();
        Some(Self { name, zone })
    }

    /// UTC.
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    /// All names that [`Zone::named`] knows.
    pub fn names() -> Vec<String> {
        TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a clock on the wall shows.
    pub fn wall(&self, unix_ms: i64) -> WallClock {
        let time = self.civil(unix_ms);
        let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
        WallClock { date: time.date(), minute: u16::try_from(minute).unwrap_or_default() }
    }

    /// Date and time by that clock.
    pub fn civil(&self, unix_ms: i64) -> DateTime {
        self.zone.to_datetime(timestamp(unix_ms))
    }

    /// So many minutes east of UTC are its clocks at that moment.
    pub fn offset_min(&self, unix_ms: i64) -> i32 {
        self.zone.to_offset(timestamp(unix_ms)).seconds() / 60
    }

    /// When the day of that moment began, Unix milliseconds: midnight, or what stands for it where clocks skip it.
    pub fn midnight(&self, unix_ms: i64) -> i64 {
        let at = timestamp(unix_ms).to_zoned(self.zone.clone());
        at.start_of_day().map_or(unix_ms, |start| start.timestamp().as_millisecond())
    }

    /// `Thursday 2026-10-01 12:10 (Europe/Zurich, +02:00)`.
    pub fn shown(&self, unix_ms: i64) -> String {
        let at = timestamp(unix_ms);
        let minutes = self.offset_min(unix_ms);
        let sign = if minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
        let time = self.zone.to_datetime(at);
        let day = super::civil::day_name(time.weekday());
        let civil = format!("{day} {} {:02}:{:02}", time.date(), time.hour(), time.minute());
        format!("{civil} ({}, {sign}{hours:02}:{minutes:02})", self.name)
    }

    /// Reads a time: `2026-10-01T12:10` by the clock of this zone, also with seconds, with a space instead of `T`, or a date
    /// alone for its midnight; or with an offset, `2026-10-01T12:10+08:00` or `…Z`.
    ///
    /// # Errors
    /// One sentence that says what is wanted.
    pub fn moment(&self, text: &str) -> Result<Moment, String> {
        let wanted = || {
            format!(
                "\"{}\" is not a time; write it as 2026-10-01T12:10, or 2026-10-01T12:10+08:00 for another zone",
                crate::read::shown(text)
            )
        };
        if text.len() > 64 {
            return Err("a time is not that long; write it as 2026-10-01T12:10".to_owned());
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Moment { unix_ms: at.as_millisecond(), clocks: Clocks::Once });
        }
        // What has an offset or a zone of its own and could not be read must not be taken for local time.
        let tail = text.get(10..).unwrap_or_default();
        if tail.contains(['+', '-', 'Z', 'z', '[']) {
            return Err(wanted());
        }
        let civil: DateTime = text.parse().map_err(|_| wanted())?;
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        let ms = |at: Result<Timestamp, jiff::Error>| at.map(Timestamp::as_millisecond).map_err(|_| wanted());
        let clocks = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Clocks::Once,
            AmbiguousOffset::Gap { .. } => Clocks::Never,
            AmbiguousOffset::Fold { .. } => Clocks::Twice { second_ms: ms(ambiguous.later())? },
        };
        Ok(Moment { unix_ms: ms(ambiguous.compatible())?, clocks })
    }

    /// All times at which the clock on the wall shows this: none, one or two.
    pub(super) fn times_of(&self, civil: DateTime) -> Vec<i64> {
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        let found = match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => Vec::new(),
            AmbiguousOffset::Unambiguous { .. } => vec![ambiguous.earlier()],
            AmbiguousOffset::Fold { .. } => vec![ambiguous.earlier(), ambiguous.later()],
        };
        found.into_iter().flatten().map(Timestamp::as_millisecond).collect()
    }

    /// What is done to the clocks on a date, by either of the dates that they show then.
    pub(super) fn clock_changes_on(&self, date: Date) -> Vec<ClockChange> {
        let midnight_in_utc = date.to_datetime(Time::midnight()).to_zoned(TimeZone::UTC);
        let Ok(midnight) = midnight_in_utc.map(|z| z.timestamp().as_millisecond()) else { return Vec::new() };
        let (mut at, end) = (midnight.saturating_sub(REACH_MS), midnight.saturating_add(2 * REACH_MS));
        let mut found = Vec::new();
        while let Some(change) = self.clock_change_after(at).filter(|c| c.at_ms < end && c.at_ms > at) {
            at = change.at_ms;
            if change.before.date() == date || change.after.date() == date {
                found.push(change);
            }
        }
        found
    }

    /// The next time after this one at which clocks are changed.
    fn clock_change_after(&self, unix_ms: i64) -> Option<ClockChange> {
        let mut before = self.zone.to_offset(timestamp(unix_ms));
        // Some changes are of the zone's abbreviation only; a zone has few in a row.
        for change in self.zone.following(timestamp(unix_ms)).take(16) {
            if change.offset() != before {
                let at = change.timestamp();
                return Some(ClockChange {
                    at_ms: at.as_millisecond(),
                    before: before.to_datetime(at),
                    after: change.offset().to_datetime(at),
                });
            }
            before = change.offset();
        }
        None
    }
}

fn timestamp(unix_ms: i64) -> Timestamp {
    let edge = if unix_ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(unix_ms).unwrap_or(edge)
}

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        // There is one database.
        self.name == other.name
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::named(&name).ok_or_else(|| format!("\"{name}\" is no time zone"))
    }
}
