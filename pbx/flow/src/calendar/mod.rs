//! Opening hours: segments of the week to the minute, and special days.
//!
//! What counts is what a clock on the wall of the site shows, so that an hour which clocks skip in spring does not happen
//! and one they repeat in autumn happens twice. A segment belongs to the day it starts on: `fri 22:00-06:00` is Friday's
//! and ends on Saturday. A special day is what it says from midnight to midnight: it replaces what the week says of it, and
//! nothing of the evening before reaches into it. Its own segments may reach into the next day, unless that is special too.
//!
//! There is one judgement, `Hours::judge`; what is decided and what is explained come from it.

mod civil;
mod explain;
mod next;
mod parse;
#[cfg(test)]
mod tests;
mod zone;

pub use civil::{Segment, WallClock, Weekdays};
pub use explain::{Explanation, RuleTried};
pub use next::Change;
pub use parse::{special_day, week_rule};
pub use zone::{Clocks, Moment, Zone};

use crate::boundary::Opening;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What the week says of some of its days: `mon-fri 08:00-12:00 13:00-17:30`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekRule {
    /// The days that segments start on.
    pub days: Weekdays,
    /// When it is open on each.
    pub segments: Vec<Segment>,
}

/// A day of each year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct YearDay {
    /// Month, from 1.
    pub month: i8,
    /// Day, from 1; 29 February is a day of leap years only.
    pub day: i8,
}

/// Which days are special.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dates {
    /// One: `2026-12-24`.
    One(Date),
    /// All from the first to the last: `2026-07-20..2026-08-02`.
    Span(Date, Date),
    /// One of each year: `12-25`.
    Yearly(YearDay),
    /// Some of each year, also over its end: `12-24..01-02`.
    YearlySpan(YearDay, YearDay),
}

/// A day on which the week does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialDay {
    /// When.
    pub dates: Dates,
    /// What it is, for people and for flows; as `dates` is written unless it has a name.
    pub name: String,
    /// When it is open; never, if there are none.
    pub segments: Vec<Segment>,
}

/// Opening hours.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hours {
    /// Where their clock hangs; `None`: at the site.
    pub zone: Option<Zone>,
    /// The week.
    pub week: Vec<WeekRule>,
    /// Special days. Of several that fit a day counts a single date before a span, a span before a day of each year, that
    /// before a span of each year, and the first of equals.
    pub special: Vec<SpecialDay>,
}

/// A rule of some hours, as `Hours::judge` tried it.
#[derive(Debug, Clone, Copy)]
struct Tried<'h> {
    rule: Rule<'h>,
    because: Because<'h>,
}

#[derive(Debug, Clone, Copy)]
enum Rule<'h> {
    Week(&'h WeekRule),
    Special(&'h SpecialDay),
}

/// Why a rule opens, closes, or has nothing to say.
#[derive(Debug, Clone, Copy)]
enum Because<'h> {
    /// The week's rule is for other weekdays.
    OtherWeekday,
    /// The special day is another.
    OtherDate,
    /// Another special day counts.
    Outranked(&'h SpecialDay, Order),
    /// The week does not count on this special day.
    Replaced(&'h SpecialDay),
    /// Closed all day.
    ClosedAllDay,
    /// A segment of today has not begun.
    Before(Segment),
    /// A segment of today is on: open.
    Within(Segment),
    /// A segment of today is over.
    After(Segment),
    /// A segment of the evening before is still on: open.
    StillOn(Segment),
    /// A segment of the evening before is over.
    Over(Segment),
    /// A segment of the evening before would be on, if this special day did not begin at midnight.
    CutBy(Segment, &'h SpecialDay),
}

/// Why one special day goes before another.
#[derive(Debug, Clone, Copy)]
enum Order {
    /// Its kind does.
    Exact,
    /// It is written first.
    First,
}

impl Because<'_> {
    fn opens(self) -> bool {
        matches!(self, Self::Within(_) | Self::StillOn(_))
    }
}

impl Dates {
    /// Whether a date is among them.
    pub fn has(&self, date: Date) -> bool {
        let of_year = YearDay { month: date.month(), day: date.day() };
        match *self {
            Self::One(one) => date == one,
            Self::Span(first, last) => first <= date && date <= last,
            Self::Yearly(day) => of_year == day,
            Self::YearlySpan(first, last) if first <= last => first <= of_year && of_year <= last,
            Self::YearlySpan(first, last) => first <= of_year || of_year <= last,
        }
    }

    /// Lower goes first.
    fn rank(&self) -> u8 {
        match self {
            Self::One(_) => 0,
            Self::Span(..) => 1,
            Self::Yearly(_) => 2,
            Self::YearlySpan(..) => 3,
        }
    }
}

impl Hours {
    /// Whether it is open at a time, in milliseconds since 1970; `site` is the zone of hours that have none of their own.
    pub fn opening(&self, unix_ms: i64, site: &Zone) -> Opening {
        self.standing(&self.zone_or(site).wall(unix_ms))
    }

    /// Rules that contradict another one before them, as (whether it is a rule of the week, its place, what is wrong).
    pub fn contradictions(&self) -> Vec<(bool, usize, String)> {
        let mut found = Vec::new();
        for (place, rule) in self.week.iter().enumerate() {
            let before = self.week.iter().take(place).filter(|other| other.days.meets(rule.days));
            let mut pairs =
                before.flat_map(|o| o.segments.iter().map(move |one| (o, one, rule.segments.iter())));
            let clash = pairs.find_map(|(other, one, mut mine)| {
                mine.find(|mine| mine.meets(*one)).map(|mine| format!("{mine} shares time with \"{other}\""))
            });
            found.extend(clash.map(|what| (true, place, what)));
        }
        for (place, special) in self.special.iter().enumerate() {
            if self.special.iter().take(place).any(|other| other.dates == special.dates) {
                found.push((
                    false,
                    place,
                    format!("{} is listed twice, and the first counts", special.dates),
                ));
            }
        }
        found
    }

    /// Their own zone, else that of the site.
    pub fn zone_or<'z>(&'z self, site: &'z Zone) -> &'z Zone {
        self.zone.as_ref().unwrap_or(site)
    }

    fn standing(&self, now: &WallClock) -> Opening {
        self.judge(now, &mut |_| ())
    }

    /// The special day that counts on a date.
    fn special_on(&self, date: Date) -> Option<&SpecialDay> {
        // Of equals `min_by_key` gives the first.
        self.special.iter().filter(|s| s.dates.has(date)).min_by_key(|s| s.dates.rank())
    }

    /// The judgement: tries every rule, shows each, and says how things stand.
    fn judge<'h>(&'h self, now: &WallClock, see: &mut dyn FnMut(Tried<'h>)) -> Opening {
        let today = self.special_on(now.date);
        let mut is_open = false;
        let mut tell = |rule: Rule<'h>, because: Because<'h>| {
            is_open |= because.opens();
            see(Tried { rule, because });
        };
        for special in &self.special {
            match today {
                Some(counts) if std::ptr::eq(counts, special) => today_of_special(special, now, &mut tell),
                Some(counts) if special.dates.has(now.date) => {
                    let is_exact = counts.dates.rank() < special.dates.rank();
                    let order = if is_exact { Order::Exact } else { Order::First };
                    tell(Rule::Special(special), Because::Outranked(counts, order));
                }
                _ => tell(Rule::Special(special), Because::OtherDate),
            }
        }
        for rule in &self.week {
            if !rule.days.has(now.date.weekday()) {
                // Of what reaches over midnight is told below.
                if !self.reaches_over(rule, now.date) {
                    tell(Rule::Week(rule), Because::OtherWeekday);
                }
                continue;
            }
            match today {
                Some(special) => tell(Rule::Week(rule), Because::Replaced(special)),
                None => {
                    for segment in &rule.segments {
                        tell(Rule::Week(rule), segment_today(*segment, now));
                    }
                }
            }
        }
        self.evening_before(now, today, &mut tell);
        match today {
            _ if is_open => Opening::Open,
            Some(special) => Opening::Holiday(special.name.clone()),
            None => Opening::Closed,
        }
    }

    /// Whether a rule began on the day before a date and reaches into it, by what the week says.
    fn reaches_over(&self, rule: &WeekRule, date: Date) -> bool {
        let wraps = rule.segments.iter().any(|s| s.wraps());
        let is_of = |eve: Date| rule.days.has(eve.weekday()) && self.special_on(eve).is_none();
        wraps && date.yesterday().is_ok_and(is_of)
    }

    /// What began yesterday and reaches over midnight.
    fn evening_before<'h>(
        &'h self,
        now: &WallClock,
        today: Option<&'h SpecialDay>,
        tell: &mut dyn FnMut(Rule<'h>, Because<'h>),
    ) {
        let Ok(yesterday) = now.date.yesterday() else { return };
        let mut reaching = |rule: Rule<'h>, segments: &[Segment]| {
            for segment in segments.iter().filter(|s| s.wraps()) {
                let because = match today {
                    Some(special) => Because::CutBy(*segment, special),
                    None if segment.reaches(now.minute) => Because::StillOn(*segment),
                    None => Because::Over(*segment),
                };
                tell(rule, because);
            }
        };
        match self.special_on(yesterday) {
            Some(special) => reaching(Rule::Special(special), &special.segments),
            None => {
                for rule in self.week.iter().filter(|r| r.days.has(yesterday.weekday())) {
                    reaching(Rule::Week(rule), &rule.segments);
                }
            }
        }
    }
}

fn today_of_special<'h>(
    special: &'h SpecialDay,
    now: &WallClock,
    tell: &mut dyn FnMut(Rule<'h>, Because<'h>),
) {
    if special.segments.is_empty() {
        tell(Rule::Special(special), Because::ClosedAllDay);
    }
    for segment in &special.segments {
        tell(Rule::Special(special), segment_today(*segment, now));
    }
}

fn segment_today<'h>(segment: Segment, now: &WallClock) -> Because<'h> {
    if now.minute < segment.from {
        Because::Before(segment)
    } else if segment.is_on(now.minute) {
        Because::Within(segment)
    } else {
        Because::After(segment)
    }
}
