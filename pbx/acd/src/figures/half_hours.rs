//! Half hours of Unix time, and what is kept of each. They do not care about local time: a day is any run of them.

use super::agent::AgentTally;
use super::queue::QueueTally;
use crate::fact::State;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Milliseconds of a half hour.
pub const HALF_HOUR_MS: i64 = 30 * 60 * 1_000;
/// Half hours that are kept: eight days in which something happens all the time, else more.
pub const HALF_HOURS_MAX: usize = 8 * 48;
/// Queues, and agents, told apart within a half hour; further ones are counted together as [`OTHERS`].
pub const NAMES_MAX: usize = 10_000;
/// The name of those who were too many to tell apart.
pub const OTHERS: &str = "*";

/// The number of the half hour in which a moment lies.
pub(super) fn number_of(at_ms: i64) -> i64 {
    at_ms.div_euclid(HALF_HOUR_MS)
}

/// One half hour.
#[derive(Debug, Clone, Default)]
pub(super) struct HalfHour {
    pub(super) queues: BTreeMap<Box<str>, QueueTally>,
    pub(super) agents: BTreeMap<Box<str>, AgentTally>,
    /// When it was counted in last, in the order of facts.
    counted: u64,
}

impl HalfHour {
    pub(super) fn queue(&mut self, name: &str, count: impl FnOnce(&mut QueueTally)) {
        count_in(&mut self.queues, name, count);
    }

    pub(super) fn agent(&mut self, name: &str, count: impl FnOnce(&mut AgentTally)) {
        count_in(&mut self.agents, name, count);
    }
}

fn count_in<T: Default>(of: &mut BTreeMap<Box<str>, T>, name: &str, count: impl FnOnce(&mut T)) {
    if let Some(tally) = of.get_mut(name) {
        return count(tally);
    }
    let name = if of.len() < NAMES_MAX { name } else { OTHERS };
    count(of.entry(name.into()).or_default());
}

/// The half hours that are kept. When there are too many, that goes which was counted in longest ago: with a clock that
/// runs it is the oldest, and with one that steps nothing of now is lost.
///
/// A copy costs a pointer for each: what is counted in afterwards is copied then, and only that.
#[derive(Debug, Clone, Default)]
pub(super) struct HalfHours {
    kept: BTreeMap<i64, Arc<HalfHour>>,
    counted: u64,
}

impl HalfHours {
    /// The half hour of a moment, to count in.
    pub(super) fn at(&mut self, at_ms: i64) -> &mut HalfHour {
        self.by_number(number_of(at_ms))
    }

    fn by_number(&mut self, number: i64) -> &mut HalfHour {
        self.counted += 1;
        if self.kept.len() >= HALF_HOURS_MAX && !self.kept.contains_key(&number) {
            let oldest = self.kept.iter().min_by_key(|(_, half)| half.counted).map(|(number, _)| *number);
            if let Some(oldest) = oldest {
                self.kept.remove(&oldest);
            }
        }
        let half = Arc::make_mut(self.kept.entry(number).or_default());
        half.counted = self.counted;
        half
    }

    /// An agent was in a state for so long, until this moment. What lies further back than half hours are kept is left out.
    pub(super) fn spent(&mut self, agent: &str, state: &State, until_ms: i64, lasted_ms: u64) {
        let kept = i64::try_from(HALF_HOURS_MAX).unwrap_or(i64::MAX);
        let first = number_of(until_ms).saturating_sub(kept - 1).saturating_mul(HALF_HOUR_MS);
        let mut from = until_ms.saturating_sub_unsigned(lasted_ms).max(first);
        while from < until_ms {
            let number = number_of(from);
            let to = number.saturating_add(1).saturating_mul(HALF_HOUR_MS).min(until_ms);
            self.by_number(number).agent(agent, |tally| tally.spent(state, to.abs_diff(from)));
            if to <= from {
                return;
            }
            from = to;
        }
    }

    /// Half hours that begin in a span of time, and when they begin.
    pub(super) fn between(
        &self,
        from_ms: i64,
        to_ms: i64,
    ) -> impl DoubleEndedIterator<Item = (i64, &HalfHour)> {
        let (from, to) = whole(from_ms, to_ms);
        let kept = self.kept.range(from..to.max(from));
        kept.map(|(number, half)| (number.saturating_mul(HALF_HOUR_MS), &**half))
    }
}

/// The numbers of the half hours that begin in a span of time: the first, and the one after the last.
pub(super) fn whole(from_ms: i64, to_ms: i64) -> (i64, i64) {
    let up = |at_ms: i64| number_of(at_ms) + i64::from(at_ms.rem_euclid(HALF_HOUR_MS) > 0);
    (up(from_ms), up(to_ms))
}
