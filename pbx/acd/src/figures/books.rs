//! The books: what was counted, from which the figures of any time are made.

use super::agent::{AgentFigures, AgentTally};
use super::board::Board;
use super::half_hours::{HALF_HOUR_MS, HalfHours, whole};
use super::queue::{QueueFigures, QueueTally};
use crate::fact::State;
use std::collections::BTreeMap;

/// What figures of any time are made from: counts by half hour, and the states that last.
///
/// A copy is cheap, so that who wants the figures of days takes one and counts elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Books {
    pub(super) half_hours: HalfHours,
    /// The state of every agent who is signed in, and since when.
    pub(super) states: BTreeMap<Box<str>, (State, i64)>,
}

impl Books {
    /// The figures of the half hours that begin within a span of time, for example from one local midnight to the next.
    /// With `now_ms` the states in which agents are count until then; without, when they end.
    ///
    /// Where local time is not a whole number of half hours from UTC, a half hour belongs to the day in which it begins.
    pub fn between(&self, from_ms: i64, to_ms: i64, now_ms: Option<i64>) -> Board {
        self.between_of(from_ms, to_ms, now_ms, &|_| true)
    }

    /// The same of some queues only, and of all agents.
    pub fn between_of(
        &self,
        from_ms: i64,
        to_ms: i64,
        now_ms: Option<i64>,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Board {
        let mut queues: BTreeMap<&str, QueueTally> = BTreeMap::new();
        let mut agents: BTreeMap<&str, AgentTally> = BTreeMap::new();
        for (_, half) in self.half_hours.between(from_ms, to_ms) {
            for (name, tally) in half.queues.iter().filter(|(name, _)| is_wanted(name)) {
                queues.entry(name).or_default().add(tally);
            }
            for (name, tally) in &half.agents {
                agents.entry(name).or_default().add(tally);
            }
        }
        let (from, to) = whole(from_ms, to_ms);
        let (from_ms, to_ms) = (from.saturating_mul(HALF_HOUR_MS), to.saturating_mul(HALF_HOUR_MS));
        if let Some(now_ms) = now_ms {
            for (name, (state, since_ms)) in &self.states {
                let (begin, end) = ((*since_ms).max(from_ms), now_ms.min(to_ms));
                if begin < end {
                    agents.entry(name).or_default().spent(state, end.abs_diff(begin));
                }
            }
        }
        let mut all = QueueTally::default();
        queues.values().for_each(|tally| all.add(tally));
        Board {
            from_ms,
            to_ms,
            queues: queues.into_iter().map(|(name, tally)| (name.to_owned(), tally.show())).collect(),
            all_queues: all.show(),
            agents: agents.into_iter().map(|(name, tally)| (name.to_owned(), tally.show())).collect(),
        }
    }

    /// The figures of one queue in the half hours that begin within a span of time.
    pub fn queue(&self, name: &str, from_ms: i64, to_ms: i64) -> QueueFigures {
        let mut sum = QueueTally::default();
        for tally in self.half_hours.between(from_ms, to_ms).filter_map(|(_, half)| half.queues.get(name)) {
            sum.add(tally);
        }
        sum.show()
    }

    /// The figures of one agent in the half hours that begin within a span of time; of states those that ended.
    pub fn agent(&self, number: &str, from_ms: i64, to_ms: i64) -> AgentFigures {
        let mut sum = AgentTally::default();
        for tally in self.half_hours.between(from_ms, to_ms).filter_map(|(_, half)| half.agents.get(number)) {
            sum.add(tally);
        }
        sum.show()
    }

    /// When each half hour begins of which there are figures, in order.
    pub fn half_hours(&self) -> impl DoubleEndedIterator<Item = i64> {
        self.half_hours.between(i64::MIN, i64::MAX).map(|(begins_ms, _)| begins_ms)
    }
}
