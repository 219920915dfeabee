//! The second count: every figure by a look at all facts, each in its own way and without half hours.

use crate::fact::{
    Activity, AgentFact, CallBackAct, CallBackEnd, Exit, Fact, LeftFact, OfferOutcome, Presence, State,
};
use std::collections::{BTreeMap, BTreeSet};

/// What happened within a span of time, by the facts.
pub(super) struct Brute<'a> {
    pub(super) facts: &'a [Fact],
    pub(super) from: i64,
    pub(super) to: i64,
}

impl<'a> Brute<'a> {
    fn has(&self, at: i64) -> bool {
        self.from <= at && at < self.to
    }

    /// Who came, but for whose place another took.
    pub(super) fn joined(&self, queue: &'a str) -> u64 {
        let joined = |fact: &&Fact| matches!(fact, Fact::Joined(j) if j.queue == queue && self.has(j.at_ms));
        self.facts.iter().filter(joined).count() as u64 - self.exits(queue, Exit::Moved)
    }

    /// The stays that began in the span and are over.
    pub(super) fn left(&self, queue: &'a str) -> impl Iterator<Item = &'a LeftFact> {
        let (from, to) = (self.from, self.to);
        self.facts.iter().filter_map(move |fact| match fact {
            Fact::Left(left) if left.queue == queue && (from..to).contains(&left.joined_ms) => Some(left),
            _ => None,
        })
    }

    pub(super) fn exits(&self, queue: &'a str, exit: Exit) -> u64 {
        self.left(queue).filter(|left| left.exit == exit).count() as u64
    }

    /// What came of call-backs whose callers joined in the span.
    fn of_call_backs(&self, queue: &'a str) -> impl Iterator<Item = &'a CallBackAct> {
        let (from, to) = (self.from, self.to);
        self.facts.iter().filter_map(move |fact| match fact {
            Fact::CallBack(fact) if fact.queue == queue && (from..to).contains(&fact.joined_ms) => {
                Some(&fact.act)
            }
            _ => None,
        })
    }

    pub(super) fn call_backs(&self, queue: &'a str, is_meant: &dyn Fn(&CallBackAct) -> bool) -> u64 {
        self.of_call_backs(queue).filter(|act| is_meant(act)).count() as u64
    }

    /// How long it took to reach callers, in order.
    pub(super) fn call_back_waits(&self, queue: &'a str) -> Vec<u64> {
        let wait = |act: &CallBackAct| match act {
            CallBackAct::Closed { how: CallBackEnd::Reached, waited_ms, .. } => Some(*waited_ms),
            _ => None,
        };
        let mut waits: Vec<u64> = self.of_call_backs(queue).filter_map(wait).collect();
        waits.sort_unstable();
        waits
    }

    /// Waits in order.
    pub(super) fn waits(&self, queue: &'a str, exit: Exit) -> Vec<u64> {
        let mut waits: Vec<u64> =
            self.left(queue).filter(|left| left.exit == exit).map(|left| left.waited_ms).collect();
        waits.sort_unstable();
        waits
    }

    /// Connections that were repeated: of each later call of the number the last one before, within two hours, once.
    /// Of a queue by when the caller had joined, of an agent by when he answered.
    pub(super) fn repeats(&self, queue: Option<&str>, agent: Option<&str>) -> u64 {
        let mut repeated = BTreeSet::new();
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, fact) in self.facts.iter().enumerate() {
            for number in connection(fact).iter().flat_map(|of| of.numbers) {
                last.insert(number, at);
            }
            let Fact::Joined(joined) = fact else { continue };
            let known = last.get(&*joined.caller).filter(|_| !joined.caller.is_empty());
            let Some((place, of)) = known.and_then(|at| Some((*at, connection(&self.facts[*at])?))) else {
                continue;
            };
            if of.call == joined.call || joined.at_ms - of.at_ms > 7_200_000 {
                continue;
            }
            let is_meant = queue.is_none_or(|queue| queue == of.queue && self.has(of.joined_ms))
                && agent.is_none_or(|agent| agent == of.agent && self.has(of.at_ms));
            if is_meant {
                repeated.insert(place);
            }
        }
        repeated.len() as u64
    }

    /// Talks: how many, talk, hold; of a queue or of an agent.
    pub(super) fn talks(&self, queue: Option<&str>, agent: Option<&str>) -> (u64, u64, u64) {
        let mut sums = (0, 0, 0);
        for fact in self.facts {
            let Fact::Talked(talked) = fact else { continue };
            let is_meant = queue.is_none_or(|queue| queue == talked.queue)
                && agent.is_none_or(|agent| agent == talked.agent);
            if is_meant && self.has(talked.at_ms) {
                sums = (sums.0 + 1, sums.1 + talked.talk_ms, sums.2 + talked.hold_ms);
            }
        }
        sums
    }

    /// After-call times: how many, how long; of a queue or of an agent.
    pub(super) fn wrap_ups(&self, queue: Option<&str>, agent: Option<&str>) -> (u64, u64) {
        let mut sums = (0, 0);
        for fact in self.facts {
            let Fact::WrappedUp(wrapped) = fact else { continue };
            let is_meant = queue.is_none_or(|queue| queue == wrapped.queue)
                && agent.is_none_or(|agent| agent == wrapped.agent);
            if is_meant && self.has(wrapped.at_ms) {
                sums = (sums.0 + 1, sums.1 + wrapped.lasted_ms);
            }
        }
        sums
    }

    /// Offers that ended so, of a queue or of an agent.
    pub(super) fn offers(&self, queue: Option<&str>, agent: Option<&str>, outcome: OfferOutcome) -> u64 {
        let is_meant = |fact: &&Fact| match fact {
            Fact::OfferEnded(ended) => {
                ended.outcome == outcome
                    && queue.is_none_or(|queue| queue == ended.queue)
                    && agent.is_none_or(|agent| agent == ended.agent)
                    && self.has(ended.at_ms)
            }
            _ => false,
        };
        self.facts.iter().filter(is_meant).count() as u64
    }

    pub(super) fn agent_facts(&self, agent: &'a str) -> impl Iterator<Item = &'a AgentFact> {
        self.facts.iter().filter_map(move |fact| match fact {
            Fact::Agent(fact) if fact.agent == agent => Some(fact),
            _ => None,
        })
    }

    /// Time in each state that counts: what each span has in common with this one.
    pub(super) fn states(&self, agent: &'a str) -> BTreeMap<State, u64> {
        let mut states = BTreeMap::new();
        for fact in self.agent_facts(agent).filter(|fact| is_here(&fact.was)) {
            let begin = fact.at_ms - fact.lasted_ms as i64;
            let common = fact.at_ms.min(self.to) - begin.max(self.from);
            if common > 0 {
                *states.entry(fact.was.clone()).or_default() += common as u64;
            }
        }
        states
    }

    /// Breaks begun, times signed in, first signed in, last signed out.
    pub(super) fn choices(&self, agent: &'a str) -> (u64, u64, Option<i64>, Option<i64>) {
        let facts: Vec<&AgentFact> = self.agent_facts(agent).filter(|fact| self.has(fact.at_ms)).collect();
        let breaks = facts
            .iter()
            .filter(|f| f.is.presence.word() == "break" && f.is.presence != f.was.presence)
            .count();
        let out = |presence: &Presence| *presence == Presence::LoggedOut;
        let ins: Vec<i64> =
            facts.iter().filter(|f| out(&f.was.presence) && !out(&f.is.presence)).map(|f| f.at_ms).collect();
        let outs = facts.iter().filter(|f| !out(&f.was.presence) && out(&f.is.presence)).map(|f| f.at_ms);
        (breaks as u64, ins.len() as u64, ins.iter().copied().min(), outs.max())
    }
}

/// A caller and an agent came together.
struct Connection<'a> {
    numbers: [&'a str; 2],
    call: u128,
    at_ms: i64,
    joined_ms: i64,
    queue: &'a str,
    agent: &'a str,
}

fn connection(fact: &Fact) -> Option<Connection<'_>> {
    match fact {
        Fact::Left(left) if left.exit == Exit::Answered => Some(Connection {
            numbers: [&left.caller; 2],
            call: left.call,
            at_ms: left.at_ms,
            joined_ms: left.joined_ms,
            queue: &left.queue,
            agent: &left.agent,
        }),
        Fact::CallBack(fact) => {
            let CallBackAct::Closed { how: CallBackEnd::Reached, agent, reached_in, .. } = &fact.act else {
                return None;
            };
            Some(Connection {
                numbers: [&fact.number, &fact.caller],
                call: *reached_in,
                at_ms: fact.at_ms,
                joined_ms: fact.joined_ms,
                queue: &fact.queue,
                agent,
            })
        }
        _ => None,
    }
}

/// Signed in, or not yet done with a call of a queue.
fn is_here(state: &State) -> bool {
    let own = matches!(state.activity, Activity::Idle | Activity::Outbound);
    state.presence != Presence::LoggedOut || !own
}
