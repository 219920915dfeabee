//! The floor: every agent, every queue, everybody who waits. One owner of each of these facts.
//!
//! ```text
//!   joins ──► waits ──offer──► offered ──answered──► talks ──► over
//!               ▲ │               │
//!               │ └──missed by all┘
//!               └ leaves by rule, by key, or hangs up: at any moment
//! ```
//!
//! After whatever happened, `Floor::settle` restores the one rule: nobody waits while an agent is free who may serve them.

mod call_backs;
mod choices;
mod decide;
mod entrance;
mod live;
mod offers;
mod open;
mod talks;
#[cfg(test)]
mod tests;
mod waiting;

pub use call_backs::{CallBack, Whereabouts};
pub use decide::Standing;
pub use entrance::Refused;
pub use live::Remembered;

use crate::agent::{Agent, Doing};
use crate::boundary::{AgentId, Call, Due, Effect, QueueId};
use crate::config::Config;
use crate::fact::{AgentFact, CallBackAct, CallBackEnd, CallBackFact, Exit, Fact};
use crate::limits::STICKY_MAX;
use crate::moment::Moment;
use crate::profile::Profile;
use crate::queue::{Queue, Turn};
use open::Open;
use rand_chacha::ChaCha12Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Somebody who waits in a queue.
#[derive(Debug, Clone)]
pub struct Waiter {
    /// The call.
    pub call: Call,
    /// Which stay in queues of this call it is.
    pub visit: u32,
    /// The queue.
    pub queue: QueueId,
    /// The caller's number.
    pub caller: String,
    /// The caller's class.
    pub class: String,
    /// Priority.
    pub priority: i64,
    /// The agent asked for.
    pub preferred: Option<AgentId>,
    /// The agent whom somebody gave the caller to, until that agent's phone rings for it.
    pub assigned: Option<AgentId>,
    /// Since when. After a restart the steady clock says when that was, if it ran by then.
    pub joined: Moment,
    /// How long was waited in its place before that, milliseconds: by who is called back before the steady clock began, or by a call
    /// whose place it took.
    pub(crate) before_ms: u64,
    /// Its turn.
    pub turn: Turn,
    /// What is asked of agents for it now.
    pub profile: Profile,
    /// The offer that rings for it.
    pub offer: Option<Offer>,
    /// The caller is not on the line: who answers calls it back.
    pub is_call_back: bool,
}

impl Waiter {
    /// How long it has waited, milliseconds.
    pub fn waited_ms(&self, now: Moment) -> u64 {
        self.before_ms.saturating_add(now.since(self.joined.mono))
    }

    /// Since when by the steady clock; below 0 if that did not run yet.
    fn since(&self) -> i64 {
        signed(self.joined.mono).saturating_sub(signed(self.before_ms))
    }
}

/// Agents who ring for one caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its number.
    pub number: u64,
    /// Since when.
    pub since: u64,
    /// Who still rings.
    pub agents: BTreeSet<AgentId>,
}

/// Where the phones of an extension are.
#[derive(Debug, Clone, Copy, Default)]
struct Phone {
    is_reachable: bool,
    is_busy: bool,
}

/// The floor.
#[derive(Debug, Clone)]
pub struct Floor {
    config: Arc<Config>,
    agents: Vec<Agent>,
    agent_ids: BTreeMap<String, AgentId>,
    /// Who sits where; at one extension sits one agent.
    seats: BTreeMap<String, AgentId>,
    phones: BTreeMap<String, Phone>,
    queues: Vec<Queue>,
    queue_ids: BTreeMap<String, QueueId>,
    waiters: BTreeMap<Call, Waiter>,
    /// Who waits for a certain agent before all others, in the order in which they were given to him.
    assigned: BTreeMap<AgentId, Vec<Call>>,
    /// Who is to be called back.
    call_backs: Open,
    /// Nobody is called back any more: the exchange is about to stop.
    is_closing: bool,
    /// Nobody is offered a caller any more: the exchange stops.
    is_closed: bool,
    /// Who has a caller.
    talks: BTreeMap<Call, AgentId>,
    /// The last agent of each caller, and when they talked.
    last_agents: BTreeMap<String, (AgentId, u64)>,
    last_agents_by_time: BTreeSet<(u64, String)>,
    /// How many have each break.
    breaks: BTreeMap<String, BTreeSet<AgentId>>,
    /// Agents who became free, and lines in which somebody may be served now.
    freed: BTreeSet<AgentId>,
    seeking: BTreeSet<(QueueId, Profile)>,
    effects: VecDeque<Effect>,
    rng: ChaCha12Rng,
    day: i64,
    last_offer: u64,
    last_turn: u64,
}

impl Floor {
    /// An empty floor; the seed is for [`crate::config::SortKey::Weighted`].
    pub fn new(now: Moment, day: i64, seed: u64, config: Arc<Config>) -> Self {
        let mut floor = Self {
            config: Arc::default(),
            agents: Vec::new(),
            agent_ids: BTreeMap::new(),
            seats: BTreeMap::new(),
            phones: BTreeMap::new(),
            queues: Vec::new(),
            queue_ids: BTreeMap::new(),
            waiters: BTreeMap::new(),
            assigned: BTreeMap::new(),
            call_backs: Open::default(),
            is_closing: false,
            is_closed: false,
            talks: BTreeMap::new(),
            last_agents: BTreeMap::new(),
            last_agents_by_time: BTreeSet::new(),
            breaks: BTreeMap::new(),
            freed: BTreeSet::new(),
            seeking: BTreeSet::new(),
            effects: VecDeque::new(),
            rng: ChaCha12Rng::seed_from_u64(seed),
            day,
            last_offer: 0,
            last_turn: 0,
        };
        floor.configure(now, config);
        floor
    }

    /// The next thing it asks for.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// An agent.
    pub fn agent(&self, number: &str) -> Option<&Agent> {
        self.agents.get(self.agent_ids.get(number)?.0 as usize)
    }

    /// Every agent, also those who are not configured any more.
    pub fn every_agent(&self) -> impl Iterator<Item = &Agent> {
        self.agents.iter()
    }

    /// An agent by its number within the floor.
    pub fn agent_by_id(&self, id: AgentId) -> Option<&Agent> {
        self.agents.get(id.0 as usize)
    }

    /// All agents of the configuration, and those who are not in it any more but still talk, by number.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agent_ids
            .values()
            .filter_map(|id| self.agents.get(id.0 as usize))
            .filter(|agent| agent.is_known || agent.doing != Doing::Idle)
    }

    /// The agent who sits at an extension.
    pub fn agent_at(&self, extension: &str) -> Option<&Agent> {
        self.agents.get(self.seats.get(extension)?.0 as usize)
    }

    /// A queue.
    pub fn queue(&self, name: &str) -> Option<&Queue> {
        self.queues.get(self.queue_ids.get(name)?.0 as usize).filter(|queue| queue.is_known)
    }

    /// A queue by its number within the floor.
    pub fn queue_by_id(&self, id: QueueId) -> Option<&Queue> {
        self.queues.get(id.0 as usize)
    }

    /// All queues of the configuration, by name.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.queue_ids.values().filter_map(|id| self.queues.get(id.0 as usize)).filter(|queue| queue.is_known)
    }

    /// Somebody who waits, on the line or to be called back.
    pub fn waiter(&self, call: Call) -> Option<&Waiter> {
        self.waiters.get(&call)
    }

    /// How many wait on the line.
    pub fn waiter_count(&self) -> usize {
        self.waiters.len().saturating_sub(self.queues.iter().map(|queue| queue.call_backs.len()).sum())
    }

    /// How many talk with an agent.
    pub fn talk_count(&self) -> usize {
        self.talks.len()
    }

    /// Whether a time that was asked for still means something.
    pub fn awaits(&self, due: Due) -> bool {
        match due {
            Due::Relax(call) | Due::MaxWait(call) | Due::Announce(call) => self.waiters.contains_key(&call),
            Due::WrapUp(id) => self.agent_by_id(id).is_some_and(|a| matches!(a.doing, Doing::WrapUp { .. })),
            Due::Rest(id) => self.agent_by_id(id).is_some_and(|a| a.rests),
            Due::Deserted(id) => self.queue_by_id(id).is_some_and(|queue| queue.is_deserted),
            Due::CallBack(id) => self.call_backs.contains(id),
        }
    }

    /// Who waits in a queue, in turn.
    pub fn waiters<'a>(&'a self, queue: &'a Queue) -> impl Iterator<Item = &'a Waiter> {
        queue.order.iter().filter_map(|turn| self.waiters.get(&turn.call))
    }

    /// The agent who has this caller.
    pub fn agent_of(&self, call: Call) -> Option<&Agent> {
        self.agents.get(self.talks.get(&call)?.0 as usize)
    }

    fn agent_mut(&mut self, id: AgentId) -> Option<&mut Agent> {
        self.agents.get_mut(id.0 as usize)
    }

    fn queue_mut(&mut self, id: QueueId) -> Option<&mut Queue> {
        self.queues.get_mut(id.0 as usize)
    }

    fn queue_name(&self, id: QueueId) -> String {
        self.queues.get(id.0 as usize).map(|queue| queue.name.clone()).unwrap_or_default()
    }

    /// Writes something down. What an agent did today follows from it, and from nothing else.
    fn note(&mut self, fact: Fact) {
        let day = self.day;
        let done = match &fact {
            Fact::Left(left) if left.exit == Exit::Answered => Some((&left.agent, 1, 0)),
            Fact::Talked(talked) => Some((&talked.agent, 0, talked.talk_ms)),
            Fact::CallBack(CallBackFact {
                act: CallBackAct::Closed { how: CallBackEnd::Reached, agent, .. },
                ..
            }) => Some((agent, 1, 0)),
            _ => None,
        };
        if let Some((number, calls, talk_ms)) = done {
            let id = self.agent_ids.get(number).copied();
            if let Some(agent) = id.and_then(|id| self.agents.get_mut(id.0 as usize)) {
                let today = agent.today.of(day);
                today.calls += calls;
                today.talk_ms = today.talk_ms.saturating_add(i64::try_from(talk_ms).unwrap_or(0));
            }
        }
        self.effects.push_back(Effect::Note(fact));
    }

    fn wake(&mut self, due: Due, after: Option<u64>) {
        self.effects.push_back(Effect::Wake(due, after));
    }

    /// Chance in (0, 1].
    fn chance(rng: &mut ChaCha12Rng) -> f64 {
        // 53 bits: what a float holds exactly.
        #[allow(clippy::cast_precision_loss)]
        let bits = ((rng.next_u64() >> 11) + 1) as f64;
        bits / (1u64 << 53) as f64
    }

    /// Something of an agent is different: sorts the agent in anew everywhere, and writes down a new state.
    fn refresh(&mut self, now: Moment, id: AgentId, by: &str) {
        let Self { agents, queues, rng, .. } = self;
        let Some(agent) = agents.get_mut(id.0 as usize) else { return };
        for queue in agent.config.queues.keys().filter_map(|name| self.queue_ids.get(name)) {
            if let Some(queue) = queues.get_mut(queue.0 as usize) {
                queue.refresh(agent, || Self::chance(rng));
            }
        }
        if agent.is_free() {
            self.freed.insert(id);
        } else {
            self.freed.remove(&id);
        }
        let (was, is) = (agent.noted.clone(), agent.state());
        let number = agent.number.to_string();
        // Whoever moves is written down, too: a restart puts everybody where they sat.
        let moved = agent.presence.is_signed_in() && agent.extension != agent.noted_at;
        if was != is || moved {
            let fact = AgentFact {
                at_ms: now.wall,
                agent: number.clone(),
                extension: agent.extension.clone(),
                was,
                lasted_ms: agent.lasted(now),
                is: is.clone(),
                by: by.to_owned(),
            };
            if agent.noted.activity != is.activity {
                agent.doing_since = signed(now.mono);
            }
            (agent.since, agent.noted) = (signed(now.mono), is);
            agent.noted_at.clone_from(&agent.extension);
            self.note(Fact::Agent(fact));
        }
        self.effects.push_back(Effect::AgentChanged(number));
        self.show_in_queues(id);
        self.check_staff(id);
        self.leave_seat(id);
    }

    /// How many of its agents are there, free and busy is what a queue looks like.
    fn show_in_queues(&mut self, id: AgentId) {
        let Some(agent) = self.agent_mut(id) else { return };
        let counts = (agent.presence.is_signed_in(), agent.is_free(), agent.has_caller());
        if std::mem::replace(&mut agent.counted, counts) != counts {
            let queues: Vec<String> = agent.config.queues.keys().cloned().collect();
            self.effects.extend(queues.into_iter().map(Effect::QueueChanged));
        }
    }

    /// Restores the rule: nobody waits while somebody is free who may serve them.
    ///
    /// Agents first: each takes whom he was given, or else the caller who is first among the heads of all lines that he
    /// serves. What is left are lines whose head an agent may serve who was free before.
    fn settle(&mut self, now: Moment) {
        loop {
            if let Some(agent) = self.freed.pop_first() {
                self.serve(now, agent);
            } else if let Some((queue, profile)) = self.seeking.pop_first() {
                self.seek(now, queue, &profile);
            } else {
                break;
            }
        }
    }

    /// Remembers who talked with a caller.
    fn remember(&mut self, now: Moment, caller: &str, agent: AgentId) {
        if caller.is_empty() {
            return;
        }
        if let Some((_, at)) = self.last_agents.insert(caller.to_owned(), (agent, now.mono)) {
            self.last_agents_by_time.remove(&(at, caller.to_owned()));
        }
        self.last_agents_by_time.insert((now.mono, caller.to_owned()));
        if self.last_agents.len() > STICKY_MAX
            && let Some((_, oldest)) = self.last_agents_by_time.pop_first()
        {
            self.last_agents.remove(&oldest);
        }
    }

    /// Times that were asked for have come. Whoever is free is given out when all of them are told: of two of whom less is asked
    /// from the same moment on, the one who is first in the line is first.
    pub fn due(&mut self, now: Moment, all: impl IntoIterator<Item = Due>) {
        for due in all {
            match due {
                Due::Relax(call) => self.relax(now, call),
                Due::MaxWait(call) => self.waited_too_long(now, call),
                Due::Announce(call) => self.announce(call),
                Due::WrapUp(agent) => self.wrapped_up(now, agent, "time"),
                Due::Rest(agent) => self.rested(now, agent),
                Due::Deserted(queue) => self.deserted(now, queue),
                Due::CallBack(id) => self.call_back_due(now, id),
            }
        }
        self.settle(now);
    }
}

fn signed(mono: u64) -> i64 {
    i64::try_from(mono).unwrap_or(i64::MAX)
}
