//! Repeat calls: who was connected to an agent and asks for one again within two hours was most likely not helped (K1 of the
//! centre and its queues, K2 of agents). It makes no difference whether the caller was connected on the line or by a call-back.
//!
//! A connection is repeated by the first later call of the same number that joins a queue, answered or not, within
//! [`REPEAT_MS`] of being answered. It is charged once, to the agent and queue of that connection, in the half hour in which
//! the connection counts as answered, or, of a call-back, as reached: so repeats are a part of these, and their share is the
//! rate. Who was reached by a call-back is known by the number that was called, and by the one that it had called from. A caller
//! whom a flow takes from one queue to the next within one call repeats nothing; nor does one whom the agent who has called back
//! transfers to a queue.

use crate::boundary::Call;
use crate::fact::{CallBackAct, CallBackEnd, CallBackFact, JoinedFact, LeftFact};
use crate::inbox::REPEAT_MS;
use std::collections::BTreeMap;

/// Numbers whose last connection is remembered; of more, the one longest ago is forgotten.
const CALLERS_MAX: usize = 50_000;

/// Where a repeat is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connection {
    call: Call,
    order: u64,
    /// The numbers by which its caller is known: one, or two.
    numbers: Vec<Box<str>>,
    pub(super) at_ms: i64,
    /// When the caller had joined: the half hour that the answer counts in.
    pub(super) joined_ms: i64,
    pub(super) queue: Box<str>,
    pub(super) agent: Box<str>,
}

/// The last connection of each number that is not repeated yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Repeats {
    last: BTreeMap<Box<str>, Connection>,
    in_order: BTreeMap<u64, Vec<Box<str>>>,
    order: u64,
}

impl Repeats {
    /// A caller got an agent; `queue` and `joined_ms` as the answer was counted.
    pub(super) fn answered(&mut self, left: &LeftFact, queue: &str, joined_ms: i64) {
        self.connected(Connection {
            call: left.call,
            order: 0,
            numbers: vec![left.caller.as_str().into()],
            at_ms: left.at_ms,
            joined_ms,
            queue: queue.into(),
            agent: left.agent.as_str().into(),
        });
    }

    /// Something came of a call-back: maybe its caller was reached.
    pub(super) fn called_back(&mut self, fact: &CallBackFact) {
        let CallBackAct::Closed { how: CallBackEnd::Reached, agent, reached_in, .. } = &fact.act else {
            return;
        };
        self.connected(Connection {
            call: *reached_in,
            order: 0,
            numbers: vec![fact.number.as_str().into(), fact.caller.as_str().into()],
            at_ms: fact.at_ms,
            joined_ms: fact.joined_ms,
            queue: fact.queue.as_str().into(),
            agent: agent.as_str().into(),
        });
    }

    fn connected(&mut self, mut connection: Connection) {
        // A withheld number is nobody's.
        connection.numbers.retain(|number| !number.is_empty());
        connection.numbers.dedup();
        self.order += 1;
        connection.order = self.order;
        for number in &connection.numbers {
            self.forget(number);
            self.last.insert(number.clone(), connection.clone());
        }
        if !connection.numbers.is_empty() {
            self.in_order.insert(self.order, connection.numbers);
        }
        while self.last.len() > CALLERS_MAX {
            let Some((_, numbers)) = self.in_order.pop_first() else { break };
            numbers.iter().for_each(|number| _ = self.last.remove(number));
        }
    }

    /// A number has no connection any more; another of the same caller keeps it.
    fn forget(&mut self, number: &str) {
        let Some(old) = self.last.remove(number) else { return };
        if let Some(numbers) = self.in_order.get_mut(&old.order) {
            numbers.retain(|one| **one != *number);
            if numbers.is_empty() {
                self.in_order.remove(&old.order);
            }
        }
    }

    /// A caller asks for an agent: gives the connection that this repeats.
    pub(super) fn joined(&mut self, joined: &JoinedFact) -> Option<Connection> {
        let known = self.last.get(&*joined.caller)?;
        let is_repeat = known.call != joined.call && joined.at_ms.saturating_sub(known.at_ms) <= REPEAT_MS;
        if !is_repeat {
            return None;
        }
        let connection = known.clone();
        for number in &connection.numbers {
            // By its other number the caller may have had a later one.
            if self.last.get(number).is_some_and(|other| other.order == connection.order) {
                self.forget(number);
            }
        }
        Some(connection)
    }
}
