//! Whether one more caller is let into a queue, and if not, why not.

use super::Floor;
use crate::boundary::{Effect, Join, QueueId, Refusal};
use crate::config::QueueConfig;
use crate::door::{Door, DoorFact};
use crate::fact::{Exit, Fact};
use crate::limits::WAITERS_MAX;
use crate::moment::Moment;
use crate::queue::Queue;

/// Calls that come to a queue count against its `calls_per_second` for so long, milliseconds.
const SECOND_MS: u64 = 1_000;

/// Why a caller is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There is no such queue.
    Unknown,
    /// The call waits in a queue already.
    Twice,
    /// The queue's hours are over, or have not begun.
    Closed,
    /// Somebody closed the queue.
    ClosedByHand,
    /// Nobody works there.
    Nobody,
    /// So many wait, and no more may.
    Waiting(usize),
    /// So many wait or talk, and no more may.
    Calls(u32),
    /// So many came within a second, and no more may.
    PerSecond(u32),
}

impl Refused {
    /// How the caller has left: every limit that is reached is [`Exit::Full`].
    pub fn exit(self) -> Exit {
        match self {
            Self::Unknown | Self::Nobody => Exit::Empty,
            Self::Closed | Self::ClosedByHand => Exit::Closed,
            Self::Twice | Self::Waiting(_) | Self::Calls(_) | Self::PerSecond(_) => Exit::Full,
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such queue"),
            Self::Twice => f.write_str("this call waits in a queue already"),
            Self::Closed => f.write_str("it is closed by its hours"),
            Self::ClosedByHand => f.write_str("it was closed"),
            Self::Nobody => f.write_str("nobody works there who must for callers to be let in (join)"),
            Self::Waiting(count) => write!(f, "{count} wait there, and no more may (max_waiting)"),
            Self::Calls(count) => write!(f, "{count} wait or talk there, and no more may (max_calls)"),
            Self::PerSecond(count) => {
                write!(f, "{count} came within a second, and no more may (calls_per_second)")
            }
        }
    }
}

impl Queue {
    /// Calls that it has now: who waits on the line, and who talks with an agent, callers who are called back included.
    pub fn calls(&self) -> usize {
        self.order.len().saturating_sub(self.call_backs.len()).saturating_add(self.talking.len())
    }

    /// What keeps a caller out. Who was let in before and lost an agent by no fault of its own is asked neither for hours nor for
    /// the limits of calls.
    pub(super) fn refuses(&self, now: Moment, join: &Join) -> Option<Refused> {
        let QueueConfig { calls_max, calls_per_second, max_waiting, .. } = &self.config;
        let within = |at: &&u64| now.since(**at) < SECOND_MS;
        let lately = self.let_in.iter().rev().take_while(within).count();
        let has = |limit: &Option<u32>, count: usize| limit.filter(|limit| count >= *limit as usize);
        if !self.is_open() && !join.is_back {
            Some(if self.door.is_some() { Refused::ClosedByHand } else { Refused::Closed })
        } else if !self.has(self.config.join) {
            Some(Refused::Nobody)
        } else if self.order.len() >= *max_waiting {
            Some(Refused::Waiting(self.order.len()))
        } else if join.is_back {
            None
        } else if let Some(limit) = has(calls_max, self.calls()) {
            Some(Refused::Calls(limit))
        } else {
            has(calls_per_second, lately).map(Refused::PerSecond)
        }
    }

    /// Remembers when a caller was let in, for as long as it matters.
    pub(super) fn lets_in(&mut self, now: Moment) {
        self.let_in.push_back(now.mono);
        self.forget_who_came();
    }

    /// Forgets of who came what does not matter by the limit that there is.
    pub(super) fn forget_who_came(&mut self) {
        let limit = self.config.calls_per_second.unwrap_or(0) as usize;
        while self.let_in.len() > limit {
            self.let_in.pop_front();
        }
    }
}

impl Floor {
    /// What keeps a caller out of a queue.
    pub(super) fn refuses(&self, now: Moment, queue: &Queue, join: &Join) -> Option<Refused> {
        let is_full = || self.waiters.len() >= WAITERS_MAX;
        queue.refuses(now, join).or_else(|| is_full().then_some(Refused::Waiting(self.waiters.len())))
    }

    /// A queue opens or closes by its hours, which whoever has a calendar knows. Who waits in it stays: it came in time.
    pub fn open(&mut self, queue: &str, is_open: bool) {
        let Some(id) = self.queue_ids.get(queue).copied() else { return };
        let Some(of) = self.queue_mut(id) else { return };
        if std::mem::replace(&mut of.in_hours, is_open) != is_open {
            self.effects.push_back(Effect::QueueChanged(queue.to_owned()));
        }
    }

    /// Somebody opens or closes a queue, whatever its hours say, or lets it go by them again. Who waits in it stays: it came
    /// in time.
    ///
    /// # Errors
    /// There is no such queue, or it is so already.
    pub fn set_door(&mut self, now: Moment, queue: &str, door: Door, by: &str) -> Result<(), Refusal> {
        let known = self.queue(queue).ok_or(Refusal::NoQueue)?;
        let was = known.door.as_ref().map_or(Door::Hours, |said| said.door);
        if was == door {
            return Err(Refusal::SameDoor(door));
        }
        self.said(DoorFact { at_ms: now.wall, queue: queue.to_owned(), door, by: by.to_owned() });
        Ok(())
    }

    /// What somebody said of a queue holds from now on, and is written down.
    fn said(&mut self, fact: DoorFact) {
        let id = self.queue_ids.get(&fact.queue).copied();
        if let Some(queue) = id.and_then(|id| self.queue_mut(id)) {
            queue.door = Some(fact.clone()).filter(|fact| fact.door != Door::Hours);
        }
        self.effects.push_back(Effect::QueueChanged(fact.queue.clone()));
        self.note(Fact::Door(fact));
    }

    /// A queue is not configured any more: what was said of it is forgotten.
    pub(super) fn forget_door(&mut self, now: Moment, id: QueueId) {
        let said = self.queue_by_id(id).and_then(|queue| queue.door.clone());
        if let Some(said) = said {
            self.forget(now, said.queue);
        }
    }

    fn forget(&mut self, now: Moment, queue: String) {
        self.said(DoorFact { at_ms: now.wall, queue, door: Door::Hours, by: "configuration".into() });
    }

    /// What was said of queues before a restart still holds. To be called once, before anything happens.
    pub fn restore_doors(&mut self, now: Moment, said: Vec<DoorFact>) {
        for fact in said.into_iter().filter(|fact| fact.door != Door::Hours) {
            let Some(id) = self.queue(&fact.queue).map(|queue| queue.id) else {
                self.forget(now, fact.queue);
                continue;
            };
            self.effects.push_back(Effect::QueueChanged(fact.queue.clone()));
            if let Some(queue) = self.queue_mut(id) {
                queue.door = Some(fact);
            }
        }
    }

    /// What contradicts itself about whom queues let in: nothing, unless there is a defect.
    pub(crate) fn audit_entrances(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let listed: usize = self.queues.iter().map(|queue| queue.talking.len()).sum();
        if listed != self.talks.len() {
            found.push(("a talk is one queue's", format!("{listed} of {}", self.talks.len())));
        }
        for queue in &self.queues {
            let is_said = queue.door.as_ref().is_some_and(|said| said.queue == queue.name);
            if queue.door.is_some() && !(is_said && queue.is_known) {
                found.push(("what is said is of a queue that there is", queue.name.clone()));
            }
            if queue.talking.iter().any(|call| !self.talks.contains_key(call)) {
                found.push(("who is counted as talking does", queue.name.clone()));
            }
            if queue.let_in.len() > queue.config.calls_per_second.unwrap_or(0) as usize {
                found.push(("no more is remembered than is asked for", queue.name.clone()));
            }
        }
        found
    }
}
