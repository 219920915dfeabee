//! Figures to show: plain values, made when they are asked for.

use super::agent::{AgentFigures, AgentTally};
use super::half_hours::{HALF_HOUR_MS, whole};
use super::queue::{QueueFigures, QueueTally};
use super::{Figures, Stay};
use crate::fact::State;
use serde::Serialize;
use std::collections::BTreeMap;

/// The figures of some time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Board {
    /// When the first half hour begins.
    pub from_ms: i64,
    /// When the last one ends.
    pub to_ms: i64,
    /// Queues by name.
    pub queues: BTreeMap<String, QueueFigures>,
    /// All queues together.
    pub all_queues: QueueFigures,
    /// Agents by number.
    pub agents: BTreeMap<String, AgentFigures>,
}

/// Who waits and works now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Now {
    /// Queues in which somebody waits, by name.
    pub queues: BTreeMap<String, WaitingNow>,
    /// Agents who are signed in, by number.
    pub agents: BTreeMap<String, AgentNow>,
}

/// Who waits in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct WaitingNow {
    /// How many.
    pub waiting: u64,
    /// Since when the first of them does.
    pub since_ms: i64,
}

/// What an agent does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentNow {
    /// The state.
    #[serde(flatten)]
    pub state: State,
    /// Since when.
    pub since_ms: i64,
}

impl Figures {
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

    /// Who waits and works now.
    pub fn now(&self) -> Now {
        let mut now = Now::default();
        for Stay { queue, joined_ms, .. } in self.stays.values() {
            let first = WaitingNow { waiting: 0, since_ms: *joined_ms };
            let waiting = match now.queues.get_mut(&**queue) {
                Some(waiting) => waiting,
                None => now.queues.entry(queue.to_string()).or_insert(first),
            };
            waiting.waiting += 1;
            waiting.since_ms = waiting.since_ms.min(*joined_ms);
        }
        for (agent, (state, since_ms)) in &self.states {
            now.agents.insert(agent.to_string(), AgentNow { state: state.clone(), since_ms: *since_ms });
        }
        now
    }
}
