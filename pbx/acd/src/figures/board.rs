//! Figures to show: plain values, made when they are asked for.

use super::agent::AgentFigures;
use super::queue::QueueFigures;
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
        for (agent, (state, since_ms)) in &self.books.states {
            now.agents.insert(agent.to_string(), AgentNow { state: state.clone(), since_ms: *since_ms });
        }
        now
    }
}
