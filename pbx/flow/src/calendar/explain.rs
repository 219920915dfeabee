//! Why it is open or closed, in words.

use super::civil::{clock, day_name};
use super::zone::ClockChange;
use super::{
    Because, Change, Dates, Hours, Order, Rule, SpecialDay, Tried, WallClock, WeekRule, YearDay, Zone,
};
use crate::boundary::Opening;
use jiff::civil::DateTime;
use std::fmt;

/// A rule that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTried {
    /// The rule, as it would be written.
    pub rule: String,
    /// Whether things stand as they do because of it.
    pub matched: bool,
    /// Why, or why not.
    pub why: String,
}

/// How things stand at a time, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The time by the clock of the hours: `Thursday 2026-10-01 12:10 (Europe/Zurich, +02:00)`.
    pub moment: String,
    /// How it stands.
    pub opening: Opening,
    /// Special days, then the week, then what reaches over midnight.
    pub rules: Vec<RuleTried>,
    /// What the clocks of the zone do that day.
    pub notes: Vec<String>,
    /// What changes next, and when, by the clock of the hours; `None`: nothing for 400 days.
    pub next: Option<(Change, String)>,
}

impl Hours {
    /// Each rule, whether it matched at this time, and why.
    pub fn explain(&self, unix_ms: i64, site: &Zone) -> Explanation {
        let zone = self.zone_or(site);
        let now = zone.wall(unix_ms);
        let mut tried = Vec::new();
        let opening = self.judge(&now, &mut |one| tried.push(one));
        let is_open = opening == Opening::Open;
        let next = self.next_change(unix_ms, site).map(|change| {
            let at = zone.shown(change.at_ms);
            (change, at)
        });
        Explanation {
            moment: zone.shown(unix_ms),
            rules: tried.iter().map(|one| one.told(&now, is_open)).collect(),
            notes: zone
                .clock_changes_on(now.date)
                .iter()
                .map(|change| clocks_told(change, unix_ms))
                .collect(),
            opening,
            next,
        }
    }
}

impl Tried<'_> {
    fn told(&self, now: &WallClock, is_open: bool) -> RuleTried {
        let closes_today = match (self.rule, self.because) {
            (Rule::Special(_), Because::ClosedAllDay | Because::Before(_) | Because::After(_)) => !is_open,
            _ => false,
        };
        RuleTried {
            rule: match self.rule {
                Rule::Week(rule) => rule.to_string(),
                Rule::Special(rule) => rule.to_string(),
            },
            matched: self.because.opens() || closes_today,
            why: self.because.told(now),
        }
    }
}

impl Because<'_> {
    fn told(self, now: &WallClock) -> String {
        let time = clock(now.minute);
        match self {
            Self::OtherWeekday => format!("it is a {}", day_name(now.date.weekday())),
            Self::OtherDate => format!("it is {}", now.date),
            Self::Outranked(other, by) => format!("{} counts today: {}", other.named(), by.told()),
            Self::Replaced(special) => {
                format!("{} replaces what the week says of today", special.named())
            }
            Self::ClosedAllDay => "closed all day".to_owned(),
            Self::Before(segment) => format!("{segment}: {time} is before {}", clock(segment.from)),
            Self::Within(segment) => format!("{segment}: {time} is within"),
            Self::After(segment) => format!("{segment}: it ended at {}", end(segment)),
            Self::StillOn(segment) => format!("{segment} since yesterday: {time} is before {}", end(segment)),
            Self::Over(segment) => format!("{segment} since yesterday: it ended at {}", end(segment)),
            Self::CutBy(segment, special) => {
                format!("{segment} since yesterday: ended at midnight, where {} begins", special.named())
            }
        }
    }
}

fn end(segment: super::Segment) -> String {
    if segment.to == super::civil::DAY_MIN {
        return "24:00".to_owned();
    }
    clock(segment.to % super::civil::DAY_MIN)
}

/// What is done to the clocks, and whether the time is one that comes twice.
fn clocks_told(change: &ClockChange, unix_ms: i64) -> String {
    let (before, after) = (change.before, change.after);
    let (from, to) = if after > before { (before, after) } else { (after, before) };
    let span = format!("{} to {}", short(from), short(to));
    if after > before {
        return format!("Clocks are put forward: {span} does not happen, and no rule holds in it.");
    }
    let length_ms = to.duration_since(from).as_millis();
    let since_ms = i128::from(unix_ms) - i128::from(change.at_ms);
    let which = match since_ms {
        ms if ms < 0 && -ms <= length_ms => " This is the first time.",
        ms if ms >= 0 && ms < length_ms => " This is the second time.",
        _ => "",
    };
    format!("Clocks are put back: {span} happens twice, and what holds in it holds both times.{which}")
}

fn short(time: DateTime) -> String {
    format!("{} {:02}:{:02}", time.date(), time.hour(), time.minute())
}

impl SpecialDay {
    /// `Christmas Day (12-25)`, or its dates alone.
    fn named(&self) -> String {
        let dates = self.dates.to_string();
        if self.name == dates { dates } else { format!("{} ({dates})", self.name) }
    }
}

impl Order {
    fn told(self) -> &'static str {
        match self {
            Self::Exact => "a more exact day goes first",
            Self::First => "it is written first",
        }
    }
}

impl fmt::Display for YearDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(date) => write!(f, "{date}"),
            Self::Span(first, last) => write!(f, "{first}..{last}"),
            Self::Yearly(day) => write!(f, "{day}"),
            Self::YearlySpan(first, last) => write!(f, "{first}..{last}"),
        }
    }
}

impl fmt::Display for WeekRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.days)?;
        self.segments.iter().try_for_each(|segment| write!(f, " {segment}"))
    }
}

impl fmt::Display for SpecialDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dates = self.dates.to_string();
        f.write_str(&dates)?;
        if self.segments.is_empty() {
            f.write_str(" closed")?;
        }
        self.segments.iter().try_for_each(|segment| write!(f, " {segment}"))?;
        if self.name == dates { Ok(()) } else { write!(f, " {}", self.name) }
    }
}

impl fmt::Display for Explanation {
    /// Several lines: the time, each rule with a mark, notes, the verdict, and what comes next.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.moment)?;
        for tried in &self.rules {
            let mark = if tried.matched { "yes" } else { "no " };
            writeln!(f, "  {mark} {}  --  {}", tried.rule, tried.why)?;
        }
        for note in &self.notes {
            writeln!(f, "  note: {note}")?;
        }
        match &self.opening {
            Opening::Open => write!(f, "open")?,
            Opening::Closed => write!(f, "closed")?,
            Opening::Holiday(name) => write!(f, "closed, {name}")?,
        }
        match &self.next {
            Some((change, at)) if change.opening == Opening::Open => writeln!(f, "; opens {at}"),
            Some((_, at)) => writeln!(f, "; closes {at}"),
            None => writeln!(f, "; stays so for 400 days and more"),
        }
    }
}
