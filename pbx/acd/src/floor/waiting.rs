//! Callers come, wait and leave.

use super::{Floor, Refused, Waiter};
use crate::agent::Agent;
use crate::boundary::{AgentId, Call, Due, Effect, Join, QueueId, Refusal};
use crate::fact::{Exit, Fact, JoinedFact, LeftFact};
use crate::limits::PRIORITY_MAX;
use crate::moment::Moment;
use crate::profile::Profile;
use crate::queue::Turn;

/// A place in a line: what of it does not come of the caller who stands there.
struct Place {
    /// In the order in which places were taken.
    number: u64,
    /// What was waited in it by others, milliseconds.
    before_ms: u64,
    priority: i64,
    preferred: Option<AgentId>,
    assigned: Option<AgentId>,
}

impl Floor {
    /// A caller is to wait. If it may not, why not; that is written down as a stay of no length.
    pub fn join(&mut self, now: Moment, join: Join) -> Result<(), Refused> {
        let Some(id) = self.queue_ids.get(&join.queue).copied() else { return Err(Refused::Unknown) };
        if self.queue_by_id(id).is_none_or(|queue| !queue.is_known) {
            return Err(Refused::Unknown);
        }
        if self.waiters.contains_key(&join.call) {
            return Err(Refused::Twice);
        }
        let left = join.instead_of.and_then(|other| self.yield_place(now, other, id));
        let instead_of = join.instead_of.filter(|_| left.is_some());
        let place = self.place_for(&join, left);
        let Some(queue) = self.queue_by_id(id) else { return Err(Refused::Unknown) };
        // Who had the place was let in.
        let refused = if instead_of.is_some() { None } else { self.refuses(now, queue, &join) };
        let Place { priority, before_ms, .. } = place;
        let since = super::signed(now.mono).saturating_sub(super::signed(before_ms));
        let turn = Turn::new(&queue.config, priority, since, place.number, join.call);
        let (profile, relaxes) = Profile::after(&queue.config, before_ms);
        let (max_wait, announce) = (queue.config.max_wait, queue.config.announce_every);
        let waiter = Waiter {
            call: join.call,
            visit: join.visit,
            queue: id,
            preferred: place.preferred,
            assigned: place.assigned,
            caller: join.caller,
            class: join.class,
            priority,
            joined: now,
            before_ms,
            turn,
            profile: profile.clone(),
            offer: None,
            is_call_back: false,
        };
        let before = queue.place(turn).saturating_sub(1);
        self.note(Fact::Joined(JoinedFact {
            at_ms: now.wall,
            call: waiter.call,
            visit: waiter.visit,
            queue: join.queue.clone(),
            caller: waiter.caller.clone(),
            class: waiter.class.clone(),
            priority,
            before,
            instead_of,
        }));
        if let Some(refused) = refused {
            self.note_left(now, &waiter, refused.exit(), None);
            self.effects.push_back(Effect::QueueChanged(join.queue));
            return Err(refused);
        }
        if let Some(queue) = self.queue_mut(id).filter(|_| instead_of.is_none()) {
            queue.lets_in(now);
        }
        if let Some(agent) = waiter.assigned {
            self.assigned.entry(agent).or_default().push(join.call);
        }
        self.waiters.insert(join.call, waiter);
        self.stand(id, &profile, turn);
        let left = |ms: u64| ms.saturating_sub(before_ms).max(1);
        self.wake(Due::Relax(join.call), relaxes.map(left));
        self.wake(Due::MaxWait(join.call), (max_wait > 0).then(|| left(max_wait)));
        self.wake(Due::Announce(join.call), (announce > 0).then_some(announce));
        self.watch_staff(id);
        self.effects.push_back(Effect::QueueChanged(join.queue));
        self.settle(now);
        Ok(())
    }

    /// A caller leaves its place in that queue to another; `None` if it has none there. Whoever rings for it does so no more.
    fn yield_place(&mut self, now: Moment, call: Call, queue: QueueId) -> Option<Place> {
        let waiter =
            self.waiters.get(&call).filter(|waiter| waiter.queue == queue && !waiter.is_call_back)?;
        let place = Place {
            number: waiter.turn.number,
            before_ms: waiter.waited_ms(now),
            priority: waiter.priority,
            preferred: waiter.preferred,
            assigned: waiter.assigned,
        };
        self.move_offer(now, call);
        self.remove(now, call, Exit::Moved, None);
        Some(place)
    }

    /// The place of a caller who comes: one that was left to it, or a new one at the end.
    fn place_for(&mut self, join: &Join, left: Option<Place>) -> Place {
        self.last_turn += 1;
        let own = join.preferred.as_ref().and_then(|number| self.agent_ids.get(number).copied());
        let priority = join.priority.clamp(0, PRIORITY_MAX);
        match left {
            Some(left) => {
                Place { priority: left.priority.max(priority), preferred: own.or(left.preferred), ..left }
            }
            None => Place { number: self.last_turn, before_ms: 0, priority, preferred: own, assigned: None },
        }
    }

    /// A caller hung up or left by a key. Nothing happens if it does not wait.
    pub fn leave(&mut self, now: Moment, call: Call, exit: Exit) {
        if self.waiters.get(&call).is_some_and(|waiter| !waiter.is_call_back) {
            self.give_up_offer(now, call);
            self.remove(now, call, exit, None);
            self.settle(now);
        }
    }

    /// Somebody takes a caller out of its queue: it leaves as by a rule.
    pub fn take_out(&mut self, now: Moment, call: Call) -> Result<(), Refusal> {
        if self.call_backs.contains(call) {
            return self.take_out_call_back(now, call);
        }
        if !self.waiters.contains_key(&call) {
            return Err(Refusal::NoWaiter);
        }
        self.expel(now, call, Exit::Removed);
        self.settle(now);
        Ok(())
    }

    /// Another priority for one who waits, or for a call-back that rests and will.
    ///
    /// # Errors
    /// The call waits in no queue, or is a call-back whose number is being called.
    pub fn set_priority(&mut self, now: Moment, call: Call, priority: i64) -> Result<(), Refusal> {
        let priority = priority.clamp(0, PRIORITY_MAX);
        if self.call_backs.contains(call) {
            self.set_call_back_priority(now, call, priority)?;
        } else if !self.waiters.contains_key(&call) {
            return Err(Refusal::NoWaiter);
        }
        if let Some(waiter) = self.waiters.get_mut(&call) {
            waiter.priority = priority;
            self.turn_anew(call);
        }
        self.settle(now);
        Ok(())
    }

    /// Works out a waiter's turn again, after its priority or its queue's rules changed.
    pub(super) fn turn_anew(&mut self, call: Call) {
        let Some(waiter) = self.waiters.get(&call) else { return };
        let (id, old, profile) = (waiter.queue, waiter.turn, waiter.profile.clone());
        let is_waiting = waiter.offer.is_none();
        let Some(queue) = self.queue_mut(id) else { return };
        queue.order.remove(&old);
        if let Some(line) = queue.lines.get_mut(&profile) {
            line.waiting.remove(&old);
        }
        let Some((waiter, queue)) = self.waiters.get_mut(&call).zip(self.queues.get(id.0 as usize)) else {
            return;
        };
        waiter.turn = Turn::new(&queue.config, waiter.priority, waiter.since(), old.number, call);
        let turn = waiter.turn;
        if is_waiting {
            self.stand(id, &profile, turn);
        } else if let Some(queue) = self.queue_mut(id) {
            queue.order.insert(turn);
        }
        let name = self.queue_name(id);
        self.effects.push_back(Effect::QueueChanged(name));
    }

    /// Puts a turn into its line.
    pub(super) fn stand(&mut self, id: QueueId, profile: &Profile, turn: Turn) {
        let Self { queues, agents, rng, .. } = self;
        let Some(queue) = queues.get_mut(id.0 as usize) else { return };
        queue.line(profile, agents, || Self::chance(rng));
        queue.order.insert(turn);
        if let Some(line) = queue.lines.get_mut(profile) {
            line.waiting.insert(turn);
        }
        self.seeking.insert((id, profile.clone()));
        // The agent whom the caller was given to may be free, and be nobody who is asked by this line.
        let given = self.waiters.get(&turn.call).and_then(|waiter| waiter.assigned);
        self.freed.extend(given.filter(|id| self.agents.get(id.0 as usize).is_some_and(Agent::is_free)));
    }

    /// A waiter is gone, whatever became of it.
    pub(super) fn remove(&mut self, now: Moment, call: Call, exit: Exit, agent: Option<AgentId>) {
        let Some(waiter) = self.waiters.remove(&call) else { return };
        if let Some(agent) = waiter.assigned {
            self.forget_given(agent, call);
        }
        if let Some(queue) = self.queue_mut(waiter.queue) {
            queue.order.remove(&waiter.turn);
            queue.call_backs.remove(&call);
            if let Some(line) = queue.lines.get_mut(&waiter.profile) {
                line.waiting.remove(&waiter.turn);
            }
        }
        self.wake(Due::Relax(call), None);
        self.wake(Due::MaxWait(call), None);
        self.wake(Due::Announce(call), None);
        self.note_left(now, &waiter, exit, agent);
        let name = self.queue_name(waiter.queue);
        self.effects.push_back(Effect::QueueChanged(name));
        self.watch_staff(waiter.queue);
    }

    fn note_left(&mut self, now: Moment, waiter: &Waiter, exit: Exit, agent: Option<AgentId>) {
        let agent = agent.and_then(|id| self.agent_by_id(id)).map(|agent| agent.number.to_string());
        let Some(queue) = self.queue_by_id(waiter.queue) else { return };
        // Who asked to be called back has left once already; what comes of that is told by facts of its own.
        if waiter.is_call_back {
            return;
        }
        let fact = LeftFact {
            at_ms: now.wall,
            joined_ms: waiter.joined.wall,
            call: waiter.call,
            visit: waiter.visit,
            queue: queue.name.clone(),
            caller: waiter.caller.clone(),
            class: waiter.class.clone(),
            exit,
            agent: agent.unwrap_or_default(),
            waited_ms: waiter.waited_ms(now),
            service_level_ms: queue.config.service_level,
            short_abandon_ms: queue.config.short_abandon,
        };
        self.note(Fact::Left(fact));
    }

    /// The caller leaves by rule, and whoever has the call is told.
    pub(super) fn expel(&mut self, now: Moment, call: Call, exit: Exit) {
        if !self.waiters.contains_key(&call) {
            return;
        }
        self.give_up_offer(now, call);
        self.remove(now, call, exit, None);
        self.effects.push_back(Effect::Exit { call, exit });
    }

    pub(super) fn waited_too_long(&mut self, now: Moment, call: Call) {
        let Some(waiter) = self.waiters.get(&call).filter(|waiter| !waiter.is_call_back) else { return };
        let max = self.queue_by_id(waiter.queue).map_or(0, |queue| queue.config.max_wait);
        if !self.is_overdue(now, call) {
            let left = max.saturating_sub(waiter.waited_ms(now));
            return self.wake(Due::MaxWait(call), (max > 0).then_some(left));
        }
        if waiter.offer.is_some() {
            // A phone rings for it already: it is not thrown out in front of the agent who is about to answer. Should
            // nobody answer, it goes then.
            return;
        }
        self.expel(now, call, Exit::Timeout);
    }

    /// Whether a waiter's time is up.
    pub(super) fn is_overdue(&self, now: Moment, call: Call) -> bool {
        let Some(waiter) = self.waiters.get(&call) else { return false };
        let max = self.queue_by_id(waiter.queue).map_or(0, |queue| queue.config.max_wait);
        // Who is not on the line waits for as long as it takes.
        !waiter.is_call_back && max > 0 && waiter.waited_ms(now) >= max
    }

    /// Less is asked of agents now: the waiter stands in another line.
    pub(super) fn relax(&mut self, now: Moment, call: Call) {
        let Some(waiter) = self.waiters.get(&call) else { return };
        let Some(queue) = self.queue_by_id(waiter.queue) else { return };
        let waited = waiter.waited_ms(now);
        let (profile, next) = Profile::after(&queue.config, waited);
        let (id, old, turn) = (waiter.queue, waiter.profile.clone(), waiter.turn);
        let is_waiting = waiter.offer.is_none();
        if profile != old {
            if let Some(line) = self.queue_mut(id).and_then(|queue| queue.lines.get_mut(&old)) {
                line.waiting.remove(&turn);
            }
            if let Some(waiter) = self.waiters.get_mut(&call) {
                waiter.profile = profile.clone();
            }
            if is_waiting {
                self.stand(id, &profile, turn);
            }
        }
        self.wake(Due::Relax(call), next.map(|at| at.saturating_sub(waited).max(1)));
    }

    pub(super) fn announce(&mut self, call: Call) {
        let Some(waiter) = self.waiters.get(&call).filter(|waiter| !waiter.is_call_back) else { return };
        let Some(queue) = self.queue_by_id(waiter.queue) else { return };
        let (place, every) = (queue.place(waiter.turn), queue.config.announce_every);
        if every == 0 {
            return;
        }
        self.effects.push_back(Effect::Announce { call, place });
        self.wake(Due::Announce(call), Some(every));
    }

    /// An agent came or went: looks at the rules of staff of his queues.
    pub(super) fn check_staff(&mut self, agent: AgentId) {
        let Some(agent) = self.agents.get(agent.0 as usize) else { return };
        let ids: Vec<QueueId> =
            agent.config.queues.keys().filter_map(|name| self.queue_ids.get(name).copied()).collect();
        for id in ids {
            self.watch_staff(id);
        }
    }

    /// Callers stay for a while when nobody works here any more.
    pub(super) fn watch_staff(&mut self, id: QueueId) {
        let Some(queue) = self.queues.get_mut(id.0 as usize) else { return };
        let is_deserted = queue.has_callers() && !queue.has(queue.config.stay);
        if is_deserted == queue.is_deserted {
            return;
        }
        queue.is_deserted = is_deserted;
        let grace = queue.config.stay_grace;
        self.wake(Due::Deserted(id), is_deserted.then_some(grace));
    }

    pub(super) fn deserted(&mut self, now: Moment, id: QueueId) {
        let Some(queue) = self.queues.get(id.0 as usize) else { return };
        if !queue.is_deserted {
            return;
        }
        // Who is to be called back waits until somebody works here again.
        let callers =
            queue.order.iter().map(|turn| turn.call).filter(|call| !queue.call_backs.contains(call));
        let calls: Vec<Call> = callers.collect();
        for call in calls {
            self.expel(now, call, Exit::Empty);
        }
    }
}
