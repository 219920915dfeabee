//! When it opens or closes next.

use super::civil::{DAY_MIN, Segment};
use super::{Hours, Zone};
use crate::boundary::Opening;
use jiff::civil::{Date, Time};
use std::collections::BTreeSet;

/// How far ahead is looked, in days: a year and what is left of a special week in it.
const DAYS_AHEAD: usize = 400;

/// A change from open to not open, or back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// How it stands from then on.
    pub opening: Opening,
}

impl Hours {
    /// When it opens, if it is not open, else when it closes; `None` if that is more than 400 days away. From closed to a
    /// holiday is no change.
    pub fn next_change(&self, unix_ms: i64, site: &Zone) -> Option<Change> {
        let zone = self.zone_or(site);
        let is_open = |opening: &Opening| *opening == Opening::Open;
        let before = is_open(&self.opening(unix_ms, site));
        let mut date = zone.wall(unix_ms).date;
        for _ in 0..=DAYS_AHEAD {
            for at_ms in self.times_to_look_at(date, zone).range(unix_ms.checked_add(1)?..) {
                let opening = self.opening(*at_ms, site);
                if is_open(&opening) != before {
                    return Some(Change { at_ms: *at_ms, opening });
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// All times of a day at which something can change: midnight, edges of segments, and changes of the clocks.
    fn times_to_look_at(&self, date: Date, zone: &Zone) -> BTreeSet<i64> {
        let mut minutes = BTreeSet::from([0]);
        for segment in self.segments_on(date) {
            minutes.extend([segment.from, segment.to]);
        }
        for segment in date.yesterday().into_iter().flat_map(|y| self.segments_on(y)) {
            minutes.extend(segment.to.checked_sub(DAY_MIN));
        }
        let times = minutes.into_iter().filter_map(|minute| {
            // 24:00 and later is none of this day.
            let hour = i8::try_from(minute / 60).ok()?;
            Time::new(hour, i8::try_from(minute % 60).ok()?, 0, 0).ok()
        });
        let mut found: BTreeSet<i64> = times.flat_map(|time| zone.times_of(date.to_datetime(time))).collect();
        found.extend(zone.clock_changes_on(date).into_iter().map(|change| change.at_ms));
        found
    }

    /// What begins on a date.
    fn segments_on(&self, date: Date) -> Vec<Segment> {
        match self.special_on(date) {
            Some(special) => special.segments.clone(),
            None => {
                let rules = self.week.iter().filter(|r| r.days.has(date.weekday()));
                rules.flat_map(|r| r.segments.iter().copied()).collect()
            }
        }
    }
}
