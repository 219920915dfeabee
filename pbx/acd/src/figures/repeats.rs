//! Repeat calls: who was connected to an agent and asks for one again within two hours was most likely not helped (K1 of the
//! centre and its queues, K2 of agents).
//!
//! A connection is repeated by the first later call of the same number that joins a queue, answered or not, within
//! [`REPEAT_MS`] of being answered. It is charged once, to the agent and queue of that connection, in the half hour in which
//! the connection counts as answered: so repeats are a part of the answered calls, and their share is the rate. A caller
//! whom a flow takes from one queue to the next within one call repeats nothing.

use crate::boundary::Call;
use crate::fact::{JoinedFact, LeftFact};
use crate::inbox::REPEAT_MS;
use std::collections::BTreeMap;

/// Callers whose last connection is remembered; of more, the one longest ago is forgotten.
const CALLERS_MAX: usize = 50_000;

/// Where a repeat is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connection {
    call: Call,
    order: u64,
    pub(super) at_ms: i64,
    /// When the caller had joined: the half hour that the answer counts in.
    pub(super) joined_ms: i64,
    pub(super) queue: Box<str>,
    pub(super) agent: Box<str>,
}

/// The last connection of each caller that is not repeated yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Repeats {
    last: BTreeMap<Box<str>, Connection>,
    in_order: BTreeMap<u64, Box<str>>,
    order: u64,
}

impl Repeats {
    /// A caller got an agent; `queue` and `joined_ms` as the answer was counted.
    pub(super) fn answered(&mut self, left: &LeftFact, queue: &str, joined_ms: i64) {
        if left.caller.is_empty() {
            return;
        }
        self.order += 1;
        let connection = Connection {
            call: left.call,
            order: self.order,
            at_ms: left.at_ms,
            joined_ms,
            queue: queue.into(),
            agent: left.agent.as_str().into(),
        };
        self.in_order.insert(self.order, left.caller.as_str().into());
        if let Some(old) = self.last.insert(left.caller.as_str().into(), connection) {
            self.in_order.remove(&old.order);
        }
        if self.last.len() > CALLERS_MAX
            && let Some((_, caller)) = self.in_order.pop_first()
        {
            self.last.remove(&caller);
        }
    }

    /// A caller asks for an agent: gives the connection that this repeats.
    pub(super) fn joined(&mut self, joined: &JoinedFact) -> Option<Connection> {
        let known = self.last.get(&*joined.caller)?;
        let is_repeat = known.call != joined.call && joined.at_ms.saturating_sub(known.at_ms) <= REPEAT_MS;
        if !is_repeat {
            return None;
        }
        let connection = self.last.remove(&*joined.caller)?;
        self.in_order.remove(&connection.order);
        Some(connection)
    }
}
