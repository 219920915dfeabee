//! Figures of queues and agents: a fold over facts and nothing else, so that they survive a restart by being counted again.
//!
//! ```text
//!   facts ──► Figures ──┬──► between(from, to): counts per queue and agent, of a half hour, a day, a week
//!                       ├──► now(): who waits, who is in which state since when
//!                       └──► expected_wait(queue, place): from how it went, or nothing
//! ```
//!
//! [`QueueCounts`] and [`AgentCounts`] say in which half hour each thing counts. Spans were measured by the
//! clock that does not step; only to which half hour they go is decided by the wall clock. Should it step, half hours may
//! hold more or less than they seem to, and every sum stays what it was.

mod agent;
mod board;
mod books;
mod estimate;
mod half_hours;
mod queue;
mod repeats;
mod spread;
#[cfg(test)]
mod tests;

pub use agent::{AgentCounts, AgentFigures, OTHER_REASON, StateTime};
pub use board::{AgentNow, Board, Now, WaitingNow};
pub use books::Books;
pub use estimate::{Estimate, SCORES_MIN};
pub use half_hours::{HALF_HOUR_MS, HALF_HOURS_MAX, NAMES_MAX, OTHERS};
pub use queue::{CallBackCounts, Overflows, QueueCounts, QueueFigures, ServiceLevel};
pub use spread::Waits;

use crate::boundary::Call;
use crate::fact::{
    AgentFact, CallBackAct, CallBackEnd, CallBackFact, Decision, Exit, Fact, JoinedFact, LeftFact,
    OfferEndedFact, OfferOutcome, State,
};
use crate::floor::Remembered;
use crate::limits::{CALL_BACKS_MAX, WAITERS_MAX};
use estimate::{Estimator, Promise};
use queue::QueueTally;
use repeats::Repeats;
use std::collections::{BTreeMap, BTreeSet};

/// The fold.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    books: Books,
    /// Who waits.
    stays: BTreeMap<Call, Stay>,
    /// Wishes to be called back that were counted and are not over, by their ids.
    wishes: BTreeSet<Call>,
    estimator: Estimator,
    repeats: Repeats,
    /// Of whom the last fact counted a repeat: queue and agent.
    repeated: Option<(Box<str>, Box<str>)>,
}

/// A caller who waits, as far as is written down.
#[derive(Debug, Clone, PartialEq)]
pub struct Stay {
    /// Which stay in queues of this call it is.
    pub visit: u32,
    /// The queue.
    pub queue: Box<str>,
    /// When it began to wait.
    pub joined_ms: i64,
    /// What was expected of it.
    promise: Option<Promise>,
}

/// What an agent has had of a break: on it and doing nothing else, as [`AgentFigures::break_ms`] counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BreakTime {
    /// Milliseconds of spans that ended.
    pub ended_ms: u64,
    /// Since when the one lasts that did not, Unix milliseconds; not before the begin of what was asked for.
    pub since_ms: Option<i64>,
}

impl Figures {
    /// Nothing has happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was counted so far.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// See [`Books::between`].
    pub fn between(&self, from_ms: i64, to_ms: i64, now_ms: Option<i64>) -> Board {
        self.books.between(from_ms, to_ms, now_ms)
    }

    /// See [`Books::queue`].
    pub fn queue(&self, name: &str, from_ms: i64, to_ms: i64) -> QueueFigures {
        self.books.queue(name, from_ms, to_ms)
    }

    /// See [`Books::agent`].
    pub fn agent(&self, number: &str, from_ms: i64, to_ms: i64) -> AgentFigures {
        self.books.agent(number, from_ms, to_ms)
    }

    /// Something happened. To be called with every fact once, in the order in which they were written down.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::Agent(fact) => self.agent_changed(fact),
            Fact::Joined(joined) => self.joined(joined),
            Fact::Offered(decision) => self.offered(decision),
            Fact::OfferEnded(ended) => self.offer_ended(ended),
            Fact::Left(left) => self.left(left),
            Fact::Talked(talked) => {
                let half = self.books.half_hours.at(talked.at_ms);
                half.queue(&talked.queue, |tally| tally.talked(talked));
                half.agent(&talked.agent, |tally| tally.talked(talked));
            }
            Fact::WrappedUp(wrapped) => {
                let half = self.books.half_hours.at(wrapped.at_ms);
                half.queue(&wrapped.queue, |tally| tally.wrapped_up(wrapped.lasted_ms));
                half.agent(&wrapped.agent, |tally| tally.wrapped_up(wrapped.lasted_ms));
            }
            Fact::CallBack(fact) => {
                if self.is_counted(fact) {
                    let half = self.books.half_hours.at(fact.joined_ms);
                    half.queue(&fact.queue, |tally| tally.call_back(&fact.act));
                }
                self.repeats.called_back(fact);
                // Who is called back takes an agent from those behind, as any caller does.
                if matches!(fact.act, CallBackAct::Called { .. }) {
                    self.estimator.taken(&fact.queue, fact.at_ms);
                }
            }
            // The inbox's own (`crate::inbox`), and what opens and closes queues: nothing is counted of it.
            Fact::Missed(_) | Fact::Door(_) => {}
        }
    }

    /// Queue and agent of whom the last fact counted a repeat, if it was not asked for yet: others than the fact is about.
    pub fn take_repeated(&mut self) -> Option<(Box<str>, Box<str>)> {
        self.repeated.take()
    }

    /// Where the store remembers an agent to be: for agents whose last fact is older than those applied.
    pub fn remember(&mut self, remembered: &Remembered) {
        if !self.books.states.contains_key(remembered.agent.as_str()) {
            self.is_in(&remembered.agent, &remembered.state, remembered.since_ms);
        }
    }

    /// Everybody who waits, as far as is written down: after a restart, those whose leaving is still to be.
    pub fn waiting(&self) -> impl Iterator<Item = (Call, &Stay)> {
        self.stays.iter().map(|(call, stay)| (*call, stay))
    }

    /// How long a caller has to wait who takes a place (from 1) in a queue now; `None` if that cannot be said honestly.
    pub fn expected_wait(&self, queue: &str, place: u32, now_ms: i64) -> Option<Estimate> {
        self.estimator.estimate(queue, place, now_ms)
    }

    /// What an agent has had of each break since `from_ms`, by reason. A half hour that began before is not counted.
    pub fn breaks(&self, agent: &str, from_ms: i64) -> BTreeMap<String, BreakTime> {
        let mut taken: BTreeMap<String, BreakTime> = BTreeMap::new();
        let halves = self.books.half_hours.between(from_ms, i64::MAX);
        for (state, ms) in halves.filter_map(|(_, half)| half.agents.get(agent)).flat_map(|t| t.states()) {
            if let Some(reason) = state.on_break() {
                let time = taken.entry(reason.to_owned()).or_default();
                time.ended_ms = time.ended_ms.saturating_add(*ms);
            }
        }
        if let Some((state, since_ms)) = self.books.states.get(agent)
            && let Some(reason) = state.on_break()
        {
            taken.entry(reason.to_owned()).or_default().since_ms = Some((*since_ms).max(from_ms));
        }
        taken
    }

    /// Whether something that came of a call-back counts. That a wish was not kept may be all that was written down of it: then
    /// there is nothing to take back.
    fn is_counted(&mut self, fact: &CallBackFact) -> bool {
        match &fact.act {
            CallBackAct::Asked => {
                self.wishes.insert(fact.id);
                if self.wishes.len() > CALL_BACKS_MAX {
                    // A floor has no more: the end of some was not written down, most likely of the first.
                    self.wishes.pop_first();
                }
                true
            }
            CallBackAct::Closed { how, .. } => self.wishes.remove(&fact.id) || *how != CallBackEnd::NotKept,
            CallBackAct::Called { .. } | CallBackAct::Tried | CallBackAct::Priority => true,
        }
    }

    fn agent_changed(&mut self, fact: &AgentFact) {
        if fact.was.counts_as_signed_in() {
            self.books.half_hours.spent(&fact.agent, &fact.was, fact.at_ms, fact.lasted_ms);
        }
        if fact.was.presence != fact.is.presence {
            self.books.half_hours.at(fact.at_ms).agent(&fact.agent, |tally| tally.chose(fact));
        }
        self.is_in(&fact.agent, &fact.is, fact.at_ms);
    }

    fn is_in(&mut self, agent: &str, state: &State, since_ms: i64) {
        if !state.counts_as_signed_in() {
            self.books.states.remove(agent);
        } else if let Some(known) = self.books.states.get_mut(agent) {
            *known = (state.clone(), since_ms);
        } else if self.books.states.len() < NAMES_MAX {
            self.books.states.insert(agent.into(), (state.clone(), since_ms));
        }
    }

    fn joined(&mut self, joined: &JoinedFact) {
        if let Some(known) = self.stays.get(&joined.call) {
            let is_same = (known.visit, known.joined_ms) == (joined.visit, joined.at_ms)
                && *known.queue == *joined.queue;
            if is_same {
                return;
            }
            self.lose(joined.call);
        } else if self.stays.len() >= WAITERS_MAX {
            // A floor has no more: the leaving of somebody was not written down, most likely of the first.
            let oldest = self.stays.iter().min_by_key(|(_, stay)| stay.joined_ms).map(|(call, _)| *call);
            if let Some(oldest) = oldest {
                self.lose(oldest);
            }
        }
        if let Some(repeated) = self.repeats.joined(joined) {
            self.books
                .half_hours
                .at(repeated.joined_ms)
                .queue(&repeated.queue, |tally| tally.counts.repeats += 1);
            self.books
                .half_hours
                .at(repeated.at_ms)
                .agent(&repeated.agent, |tally| tally.counts.repeats += 1);
            self.repeated = Some((repeated.queue, repeated.agent));
        }
        let promise = self.estimator.joined(joined);
        let is_whole = joined.instead_of.is_none();
        if !is_whole {
            // Most of its wait may be that of another call.
            self.estimator.forget(&joined.queue);
        }
        let stay = Stay {
            visit: joined.visit,
            queue: joined.queue.as_str().into(),
            joined_ms: joined.at_ms,
            promise: is_whole.then_some(promise),
        };
        self.stays.insert(joined.call, stay);
        self.books.half_hours.at(joined.at_ms).queue(&joined.queue, QueueTally::joined);
    }

    /// Somebody who waited is not there any more, and nothing was written down of it: cut off.
    fn lose(&mut self, call: Call) {
        if let Some(stay) = self.stays.remove(&call) {
            if stay.promise.is_some() {
                self.estimator.forget(&stay.queue);
            }
            self.books.half_hours.at(stay.joined_ms).queue(&stay.queue, QueueTally::lost);
        }
    }

    fn offered(&mut self, decision: &Decision) {
        if decision.waited_ms > 0 {
            return;
        }
        // An agent was free: nothing is to be learnt from it about waiting.
        if let Some(stay) = self.stays.get_mut(&decision.call)
            && stay.promise.take().is_some()
        {
            self.estimator.forget(&stay.queue);
        }
    }

    fn offer_ended(&mut self, ended: &OfferEndedFact) {
        let half = self.books.half_hours.at(ended.at_ms);
        half.agent(&ended.agent, |tally| tally.offer_ended(ended));
        if ended.outcome == OfferOutcome::NoAnswer {
            half.queue(&ended.queue, |tally| tally.counts.no_answers += 1);
        }
    }

    fn left(&mut self, left: &LeftFact) {
        let is_known = self.stays.get(&left.call).is_some_and(|stay| stay.visit == left.visit);
        let stay = if is_known { self.stays.remove(&left.call) } else { None };
        let (queue, joined_ms) = match &stay {
            Some(stay) => (&*stay.queue, stay.joined_ms),
            None => (left.queue.as_str(), left.joined_ms),
        };
        if let Some(promise) = stay.as_ref().and_then(|stay| stay.promise) {
            match left.exit {
                Exit::Moved => self.estimator.forget(queue),
                _ => self.estimator.left(queue, promise, left),
            }
        }
        if left.exit == Exit::Answered {
            self.repeats.answered(left, queue, joined_ms);
        }
        self.books.half_hours.at(joined_ms).queue(queue, |tally| {
            tally.stop_waiting(stay.is_some());
            // What is not known to have been offered is not taken back.
            if stay.is_some() || left.exit != Exit::Moved {
                tally.left(left);
            }
        });
    }
}
