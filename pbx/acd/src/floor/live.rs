//! A new configuration, a restart, a new day: what changes acts on those who wait, and nothing else is touched.

use super::Floor;
use crate::agent::{Agent, Doing, Today};
use crate::boundary::{AgentId, Call, Due, Effect, QueueId};
use crate::config::Config;
use crate::fact::{AgentFact, Exit, Fact, JoinedFact, LeftFact, Presence, State};
use crate::moment::Moment;
use crate::queue::Queue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An agent as the store remembers him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// His number.
    pub agent: String,
    /// Where he sat.
    pub extension: String,
    /// What he had chosen, and what he was doing.
    pub state: State,
    /// Since when, Unix milliseconds.
    pub since_ms: i64,
}

impl From<&AgentFact> for Remembered {
    fn from(fact: &AgentFact) -> Self {
        Self {
            agent: fact.agent.clone(),
            extension: fact.extension.clone(),
            state: fact.is.clone(),
            since_ms: fact.at_ms,
        }
    }
}

impl Floor {
    /// Another configuration.
    pub fn configure(&mut self, now: Moment, config: Arc<Config>) {
        let old = std::mem::replace(&mut self.config, config.clone());
        let mut touched: Vec<QueueId> = Vec::new();
        for (name, new) in &config.queues {
            let is_same = old.queues.get(name) == Some(new);
            let id = match self.queue_ids.get(name) {
                Some(id) => *id,
                None => {
                    let id = QueueId(u32::try_from(self.queues.len()).unwrap_or(u32::MAX));
                    self.queues.push(Queue::new(id, name, new.clone()));
                    self.queue_ids.insert(name.clone(), id);
                    id
                }
            };
            if let Some(queue) = self.queue_mut(id) {
                queue.is_known = true;
                queue.config = new.clone();
            }
            if !is_same {
                touched.push(id);
            }
        }
        let gone: Vec<QueueId> = old
            .queues
            .keys()
            .filter(|name| !config.queues.contains_key(*name))
            .filter_map(|name| self.queue_ids.get(name).copied())
            .collect();
        let changed = self.configure_agents(now, &old, &config);
        for id in gone {
            self.close_queue(now, id);
        }
        for id in touched {
            self.rearrange(now, id);
        }
        for id in changed {
            self.refresh(now, id, "configuration");
        }
        self.settle(now);
    }

    /// Takes over agents; gives those of whom something is different.
    fn configure_agents(&mut self, now: Moment, old: &Config, new: &Config) -> Vec<AgentId> {
        let mut changed = Vec::new();
        for (number, config) in &new.agents {
            if old.agents.get(number) == Some(config) {
                continue;
            }
            let id = match self.agent_ids.get(number) {
                Some(id) => *id,
                None => {
                    let id = AgentId(u32::try_from(self.agents.len()).unwrap_or(u32::MAX));
                    let mut agent = Agent::new(id, number, Default::default());
                    (agent.since, agent.today.day) = (super::signed(now.mono), self.day);
                    self.agents.push(agent);
                    self.agent_ids.insert(number.clone(), id);
                    id
                }
            };
            let left = self.leave_queues(id);
            if let Some(agent) = self.agent_mut(id) {
                (agent.config, agent.is_known) = (config.clone(), true);
            }
            let entered = self.enter_queues(id);
            self.show_changed(left.into_iter().chain(entered));
            changed.push(id);
        }
        for number in old.agents.keys().filter(|number| !new.agents.contains_key(*number)) {
            let Some(id) = self.agent_ids.get(number).copied() else { continue };
            self.be(now, id, Presence::LoggedOut, "configuration");
            let left = self.leave_queues(id);
            if let Some(agent) = self.agent_mut(id) {
                (agent.config, agent.is_known) = (Default::default(), false);
            }
            self.show_changed(left);
            changed.push(id);
        }
        changed
    }

    /// Takes an agent out of all queues; gives those.
    fn leave_queues(&mut self, id: AgentId) -> Vec<QueueId> {
        let mut left = Vec::new();
        for queue in &mut self.queues {
            if queue.agents.remove(&id).is_some() {
                left.push(queue.id);
                queue.signed_in.remove(&id);
                queue.working.remove(&id);
                if let Some(agent) = self.agents.get(id.0 as usize) {
                    queue.lines.values_mut().for_each(|line| line.free.remove(agent));
                }
            }
        }
        left
    }

    /// Queues that an agent left or came to look different, and may have nobody any more.
    fn show_changed(&mut self, queues: impl IntoIterator<Item = QueueId>) {
        let queues: BTreeSet<QueueId> = queues.into_iter().collect();
        for id in queues {
            self.watch_staff(id);
            let name = self.queue_name(id);
            self.effects.push_back(Effect::QueueChanged(name));
        }
    }

    /// Puts an agent into all its queues; gives those.
    fn enter_queues(&mut self, id: AgentId) -> Vec<QueueId> {
        let Some(agent) = self.agents.get(id.0 as usize) else { return Vec::new() };
        let mut entered = Vec::new();
        for (name, place) in &agent.config.queues {
            if let Some(queue) = self.queue_ids.get(name).and_then(|id| self.queues.get_mut(id.0 as usize)) {
                queue.agents.insert(id, *place);
                entered.push(queue.id);
            }
        }
        entered
    }

    /// A queue is not in the configuration any more: who waits in it is let go.
    fn close_queue(&mut self, now: Moment, id: QueueId) {
        let calls: Vec<Call> =
            self.queue_by_id(id).map(|q| q.order.iter().map(|turn| turn.call).collect()).unwrap_or_default();
        self.give_up_call_backs(now, id);
        for call in calls {
            self.expel(now, call, Exit::Removed);
        }
        self.forget_door(now, id);
        if let Some(queue) = self.queue_mut(id) {
            queue.is_known = false;
        }
        self.watch_staff(id);
        let name = self.queue_name(id);
        self.effects.push_back(Effect::QueueChanged(name));
    }

    /// The rules of a queue are others: lines, turns and deadlines are worked out anew.
    fn rearrange(&mut self, now: Moment, id: QueueId) {
        let Some(queue) = self.queue_mut(id) else { return };
        queue.lines.clear();
        queue.forget_who_came();
        let members: Vec<AgentId> = queue.agents.keys().copied().collect();
        let calls: Vec<Call> = queue.order.iter().map(|turn| turn.call).collect();
        for call in calls {
            self.turn_anew(call);
            self.relax(now, call);
            if self.call_backs.contains(call) {
                continue;
            }
            let Some(config) = self.queue_by_id(id).map(|queue| &queue.config) else { continue };
            let announce = (config.announce_every > 0).then_some(config.announce_every);
            let max_wait = config.max_wait;
            self.wake(Due::Announce(call), announce);
            // The next look decides; who has waited too long by the new rule goes then.
            self.wake(Due::MaxWait(call), (max_wait > 0).then_some(1));
        }
        for member in members {
            if self.agent_by_id(member).is_some_and(Agent::is_free) {
                self.freed.insert(member);
            }
        }
        self.watch_staff(id);
        let name = self.queue_name(id);
        self.effects.push_back(Effect::QueueChanged(name));
    }

    /// Whom the store remembers, after a restart: everybody is where they chose to be, and the time since counts as spent
    /// there. To be called once, before anything happens.
    pub fn restore(&mut self, now: Moment, mut remembered: Vec<Remembered>) {
        // A disk that refused to write may remember two at one place: whose news is the latest sits there.
        remembered.sort_by_key(|one| one.since_ms);
        for one in remembered {
            let Some(id) = self.agent_ids.get(&one.agent).copied() else {
                self.sign_out_unknown(now, one);
                continue;
            };
            let seat = (!one.extension.is_empty()).then_some(one.extension.as_str());
            if let Some(agent) = self.agent_mut(id) {
                let ago = now.wall.saturating_sub(one.since_ms).max(0);
                agent.since = super::signed(now.mono).saturating_sub(ago);
                agent.noted = one.state.clone();
                agent.noted_at.clone_from(&one.extension);
                agent.last_call = now.mono;
            }
            let seat = self.seat_for(id, seat, false);
            let is_in = one.state.presence.is_signed_in();
            let sits = is_in && seat.is_ok_and(|seat| self.sit(now, id, &seat).is_ok());
            let presence = if sits { one.state.presence } else { Presence::LoggedOut };
            self.be(now, id, presence, "restart");
        }
        self.settle(now);
    }

    /// Who is remembered and not configured any more is not here.
    fn sign_out_unknown(&mut self, now: Moment, one: Remembered) {
        if one.state == State::default() {
            return;
        }
        self.note(Fact::Agent(AgentFact {
            at_ms: now.wall,
            agent: one.agent,
            extension: one.extension,
            was: one.state,
            lasted_ms: u64::try_from(now.wall.saturating_sub(one.since_ms)).unwrap_or(0),
            is: State::default(),
            by: "configuration".into(),
        }));
    }

    /// The end of a stay of which a restart knows nothing but how it ended: how long it lasted is not known, and is not guessed.
    pub fn cut_off(&self, now: Moment, joined: &JoinedFact, exit: Exit) -> LeftFact {
        let config = self.queue(&joined.queue).map(|queue| &queue.config);
        let limits = config.map_or((0, 0), |config| (config.service_level, config.short_abandon));
        LeftFact {
            at_ms: now.wall,
            joined_ms: joined.at_ms,
            call: joined.call,
            visit: joined.visit,
            queue: joined.queue.clone(),
            caller: joined.caller.clone(),
            class: joined.class.clone(),
            exit,
            agent: String::new(),
            waited_ms: 0,
            service_level_ms: limits.0,
            short_abandon_ms: limits.1,
        }
    }

    /// The local day by the number that was given.
    pub fn day(&self) -> i64 {
        self.day
    }

    /// What agents did today, by the facts of before a restart: calls answered, milliseconds talked.
    pub fn restore_today(&mut self, number: &str, calls: i64, talk_ms: i64) {
        let day = self.day;
        let id = self.agent_ids.get(number).copied();
        if let Some(agent) = id.and_then(|id| self.agent_mut(id)) {
            agent.today = Today { day, calls, talk_ms };
        }
    }

    /// Local midnight: what agents did today is nothing yet.
    pub fn new_day(&mut self, now: Moment, day: i64) {
        if day == self.day {
            return;
        }
        self.day = day;
        let ids: Vec<AgentId> = self.agents.iter().map(|agent| agent.id).collect();
        for id in ids {
            if let Some(agent) = self.agent_mut(id) {
                agent.today.of(day);
            }
            if self.agent_by_id(id).is_some_and(|agent| agent.doing == Doing::Idle) {
                self.refresh(now, id, "midnight");
            }
        }
        let agents = self.agent_ids.keys().cloned().map(Effect::AgentChanged);
        let queues = self.queue_ids.keys().cloned().map(Effect::QueueChanged);
        self.effects.extend(agents.chain(queues));
        self.settle(now);
    }
}
