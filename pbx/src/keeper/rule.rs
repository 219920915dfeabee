//! Which recordings have been kept long enough: no disk, no clock.

use crate::config::Keep;
use switchroom_exchange::RecordingFacts;

/// What becomes of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is older than recordings are kept.
    Old,
    /// It is one of the oldest of more than is kept.
    Beyond,
    /// It would go, were it not held.
    Held,
    /// It stays, and so does every younger one.
    Stays,
}

/// Looks at recordings, oldest first.
#[derive(Debug)]
pub(super) struct Sieve {
    /// What began before that is old, Unix milliseconds.
    before_ms: Option<i64>,
    /// Bytes that are too many.
    excess: u64,
}

impl Sieve {
    /// `total` is the bytes of all recordings, held ones too.
    pub(super) fn new(keep: Keep, now_ms: i64, total: u64) -> Self {
        let age_ms = keep.age.map(|age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        Self {
            before_ms: age_ms.map(|age_ms| now_ms.saturating_sub(age_ms)),
            excess: keep.bytes.map_or(0, |most| total.saturating_sub(most)),
        }
    }

    /// Whether anything may have to go that is not old.
    pub(super) fn has_too_much(&self) -> bool {
        self.excess > 0
    }

    /// Decides of the next one, which has so many bytes with all its parts.
    pub(super) fn judge(&mut self, facts: &RecordingFacts, bytes: u64) -> Verdict {
        let is_old = self.before_ms.is_some_and(|before_ms| facts.subject.started_ms < before_ms);
        if !is_old && self.excess == 0 {
            return Verdict::Stays;
        }
        if facts.held.is_some() {
            return Verdict::Held;
        }
        self.excess = self.excess.saturating_sub(bytes);
        if is_old { Verdict::Old } else { Verdict::Beyond }
    }
}

/// How long nothing is recorded in a house that is open: a longer gap is a clock that was set ahead, or a holiday.
const GAP_MS: i64 = 7 * 86_400_000;
/// So long after a gap it is looked for.
const FRESH_MS: i64 = 86_400_000;

/// Looks for a gap between what was recorded long ago and what was in the last day: by a clock that stands far ahead all would
/// be old.
#[derive(Debug)]
pub(super) struct Gap {
    now_ms: i64,
    last_before: Option<i64>,
    first_after: i64,
}

impl Gap {
    pub(super) fn new(now_ms: i64) -> Self {
        Self { now_ms, last_before: None, first_after: now_ms }
    }

    /// A recording, oldest first.
    pub(super) fn look_at(&mut self, started_ms: i64) {
        if started_ms <= self.now_ms.saturating_sub(FRESH_MS) {
            self.last_before = Some(started_ms);
        } else {
            self.first_after = self.first_after.min(started_ms);
        }
    }

    /// The days of the gap, if there is one.
    pub(super) fn days(&self) -> Option<i64> {
        let gap = self.first_after.saturating_sub(self.last_before?);
        (gap > GAP_MS).then_some(gap / 86_400_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use switchroom_exchange::{CallId, Held, RecordingSubject};

    fn facts(started_ms: i64, bytes: u64, is_held: bool) -> RecordingFacts {
        RecordingFacts {
            call: CallId::new(started_ms, 1),
            subject: RecordingSubject {
                number: 1,
                from: Default::default(),
                with: Default::default(),
                started_ms,
            },
            file: String::new(),
            length_ms: 0,
            bytes,
            rate: 8_000,
            sha256: String::new(),
            codec: String::new(),
            marks: Vec::new(),
            complete: true,
            held: is_held.then(|| Box::new(Held { by: "sue".into(), reason: "case 7".into(), at_ms: 0 })),
        }
    }

    /// Of recordings (start, bytes, held) at 10 s, what becomes of each; all after the first that stays do.
    fn judged(age_ms: Option<u64>, bytes: Option<u64>, all: &[(i64, u64, bool)]) -> Vec<Verdict> {
        let keep = Keep { age: age_ms.map(Duration::from_millis), bytes };
        let mut sieve = Sieve::new(keep, 10_000, all.iter().map(|(_, bytes, _)| bytes).sum());
        all.iter().map(|(at, bytes, held)| sieve.judge(&facts(*at, *bytes, *held), *bytes)).collect()
    }

    #[test]
    fn a_clock_that_jumped_is_told_from_what_was_recorded() {
        let (day, now) = (86_400_000, 1_000 * 86_400_000_i64);
        let gap = |ago: &[i64]| {
            let mut gap = Gap::new(now);
            ago.iter().for_each(|ago| gap.look_at(now - ago));
            gap.days()
        };
        assert_eq!(gap(&[]), None, "nothing is known");
        assert_eq!(gap(&[100 * day, 7 * day]), None);
        assert_eq!(gap(&[100 * day, 8 * day]), Some(8));
        assert_eq!(gap(&[100 * day, 1_000]), Some(99), "a call by the new time proves nothing");
        assert_eq!(gap(&[100 * day, 2 * day, 1_000]), None);
    }

    #[test]
    fn without_a_rule_all_stay() {
        assert_eq!(judged(None, None, &[(0, u64::MAX, false)]), [Verdict::Stays]);
    }

    #[test]
    fn what_is_older_goes_and_what_is_exactly_as_old_stays() {
        let all = [(3_999, 1, false), (4_000, 1, false), (9_000, 1, false)];
        assert_eq!(judged(Some(6_000), None, &all), [Verdict::Old, Verdict::Stays, Verdict::Stays]);
        // Of before all time nothing is old.
        assert_eq!(judged(Some(u64::MAX), None, &all), [Verdict::Stays; 3]);
    }

    #[test]
    fn of_too_much_the_oldest_go_until_it_is_not() {
        let all = [(1, 40, false), (2, 40, false), (3, 40, false)];
        assert_eq!(judged(None, Some(120), &all), [Verdict::Stays; 3]);
        assert_eq!(judged(None, Some(119), &all), [Verdict::Beyond, Verdict::Stays, Verdict::Stays]);
        assert_eq!(judged(None, Some(0), &all), [Verdict::Beyond; 3]);
    }

    #[test]
    fn what_goes_by_age_makes_room() {
        let all = [(1, 50, false), (9_000, 50, false)];
        assert_eq!(judged(Some(6_000), Some(50), &all), [Verdict::Old, Verdict::Stays]);
    }

    #[test]
    fn held_ones_stay_and_others_go_in_their_place() {
        let all = [(1, 50, true), (2, 50, false), (3, 50, false)];
        assert_eq!(judged(Some(9_998), None, &all), [Verdict::Held, Verdict::Stays, Verdict::Stays]);
        assert_eq!(judged(None, Some(100), &all), [Verdict::Held, Verdict::Beyond, Verdict::Stays]);
        let held = [(1, 50, true), (2, 50, true)];
        assert_eq!(judged(Some(0), Some(0), &held), [Verdict::Held; 2]);
    }
}
