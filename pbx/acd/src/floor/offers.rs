//! Who is offered whom, and what becomes of it.

use super::decide::Claim;
use super::{Floor, Offer, Whereabouts};
use crate::agent::{Agent, Doing};
use crate::boundary::{AgentId, Call, Due, Effect, Miss, QueueId, Refusal};
use crate::fact::{Fact, NO_ANSWER, OfferEndedFact, OfferOutcome, Presence, Trigger};
use crate::limits::{REST_MIN, RING_MAX, ROOM_PAUSE};
use crate::moment::Moment;
use crate::profile::Profile;
use std::collections::BTreeSet;

/// An offer as it rang.
#[derive(Debug, Clone, Copy)]
struct Rang {
    call: Call,
    queue: QueueId,
    number: u64,
    since: u64,
}

impl Floor {
    /// The agent became free: he takes whom he was given, or else who is first among the heads of all lines that he serves.
    pub(super) fn serve(&mut self, now: Moment, id: AgentId) {
        let Some(agent) = self.agent_by_id(id).filter(|agent| agent.is_free() && !self.is_closed) else {
            return;
        };
        if let Some(call) = self.given(id) {
            return self.offer(now, call, &[id], Trigger::Assigned, &[]);
        }
        let heads = self.heads(now, agent);
        if let Some(first) = heads.first() {
            self.offer(now, first.turn.call, &[id], Trigger::Agent, &heads);
        }
    }

    /// Somebody in this line may be served by an agent who is free already.
    pub(super) fn seek(&mut self, now: Moment, id: QueueId, profile: &Profile) {
        while !self.is_closed {
            let Some(queue) = self.queue_by_id(id) else { return };
            let Some(line) = queue.lines.get(profile) else { return };
            let Some(turn) = line.waiting.first().copied() else { return };
            if let Some(own) = self.own_agent(now, turn.call) {
                self.offer(now, turn.call, &[own], Trigger::Own, &[]);
                continue;
            }
            let many = match queue.config.ring_at_once {
                0 => RING_MAX,
                many => usize::from(many).min(RING_MAX),
            };
            let chosen: Vec<AgentId> = line.free.best().map(|(agent, _)| agent).take(many).collect();
            if chosen.is_empty() {
                return;
            }
            self.offer(now, turn.call, &chosen, Trigger::Waiter, &[]);
        }
    }

    /// The agent asked for, or else the last one, if free and able.
    fn own_agent(&self, now: Moment, call: Call) -> Option<AgentId> {
        let waiter = self.waiters.get(&call)?;
        let queue = self.queue_by_id(waiter.queue)?;
        let last = self
            .last_agents
            .get(&waiter.caller)
            .filter(|(_, at)| queue.config.sticky > 0 && now.since(*at) <= queue.config.sticky)
            .map(|(agent, _)| *agent);
        let line = queue.lines.get(&waiter.profile)?;
        [waiter.preferred, last].into_iter().flatten().find(|agent| line.free.keys(*agent).is_some())
    }

    /// Somebody gives a caller who waits to an agent: at once if the agent is free, whatever is asked of agents; else before all
    /// others as soon as that is so, unless another agent takes the caller before. True: at once; phones of others that ring for
    /// the caller ring no more. It holds for one call of the agent's phone; who was given to one agent and is given to another
    /// is the other's.
    ///
    /// # Errors
    /// There is no such agent or no such caller, it is a call-back that is being called or rests, the agent is not signed in, or is
    /// neither free nor one of the queue's; or the exchange stops.
    pub fn assign(&mut self, now: Moment, call: Call, number: &str) -> Result<bool, Refusal> {
        if self.is_closed {
            return Err(Refusal::Stopping);
        }
        let id = self.agent_ids.get(number).copied().ok_or(Refusal::NoAgent)?;
        let agent = self.agent_by_id(id).ok_or(Refusal::NoAgent)?;
        let waiter = self.waiters.get(&call).ok_or_else(|| self.why_in_no_line(call))?;
        if agent.presence == Presence::LoggedOut {
            return Err(Refusal::SignedOut);
        }
        if waiter.offer.as_ref().is_some_and(|offer| offer.agents.contains(&id)) {
            return Err(Refusal::Offered);
        }
        let is_free = agent.is_free();
        if !is_free && !agent.config.queues.contains_key(&self.queue_name(waiter.queue)) {
            return Err(Refusal::NotFree);
        }
        self.ungive(call);
        if let Some(waiter) = self.waiters.get_mut(&call) {
            waiter.preferred = Some(id);
        }
        if is_free {
            self.give_up_offer(now, call);
            self.draw_line_of(call);
            self.offer(now, call, &[id], Trigger::Assigned, &[]);
        } else if let Some(waiter) = self.waiters.get_mut(&call) {
            waiter.assigned = Some(id);
            self.assigned.entry(id).or_default().push(call);
        }
        self.settle(now);
        Ok(is_free)
    }

    /// A line in which nobody stands may be gone; whoever rings stands in none.
    fn draw_line_of(&mut self, call: Call) {
        let Self { queues, agents, waiters, rng, .. } = self;
        let Some(waiter) = waiters.get(&call) else { return };
        if let Some(queue) = queues.get_mut(waiter.queue.0 as usize) {
            queue.line(&waiter.profile, agents, || Self::chance(rng));
        }
    }

    /// Why somebody stands in no line.
    fn why_in_no_line(&self, call: Call) -> Refusal {
        match self.call_backs.get(call).map(|one| one.whereabouts) {
            Some(Whereabouts::Called(_)) => Refusal::BeingCalled,
            Some(Whereabouts::Rests(_)) => Refusal::Rests,
            Some(Whereabouts::Asked | Whereabouts::Waits) | None => Refusal::NoWaiter,
        }
    }

    /// Whom the agent was given first, of those for whom no phone rings.
    pub(crate) fn given(&self, id: AgentId) -> Option<Call> {
        let waits = |call: &&Call| self.waiters.get(call).is_some_and(|waiter| waiter.offer.is_none());
        self.assigned.get(&id)?.iter().find(waits).copied()
    }

    /// The caller is given to nobody any more.
    pub(super) fn ungive(&mut self, call: Call) {
        let assigned = self.waiters.get_mut(&call).and_then(|waiter| waiter.assigned.take());
        if let Some(agent) = assigned {
            self.forget_given(agent, call);
        }
    }

    /// Takes a caller out of those whom an agent was given.
    pub(super) fn forget_given(&mut self, agent: AgentId, call: Call) {
        if let Some(calls) = self.assigned.get_mut(&agent) {
            calls.retain(|given| *given != call);
            if calls.is_empty() {
                self.assigned.remove(&agent);
            }
        }
    }

    /// What contradicts itself about callers who were given to agents: nothing, unless there is a defect.
    pub(crate) fn audit_given(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        for (id, calls) in &self.assigned {
            let is_theirs = |call: &Call| self.waiters.get(call).is_some_and(|w| w.assigned == Some(*id));
            if calls.is_empty() || !calls.iter().all(is_theirs) {
                found.push(("who was given to an agent knows it", format!("{id:?}: {calls:?}")));
            }
            let is_free = self.agent_by_id(*id).is_some_and(Agent::is_free);
            if is_free && !self.is_closed && self.given(*id).is_some() {
                found.push(("who is free has whom he was given", format!("{id:?}: {calls:?}")));
            }
        }
        let given: usize = self.assigned.values().map(Vec::len).sum();
        if given != self.waiters.values().filter(|waiter| waiter.assigned.is_some()).count() {
            found.push(("who was given to an agent is listed once", given.to_string()));
        }
        found
    }

    /// Whether nobody is offered a caller any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The exchange stops: from now on nobody is offered a caller, and nobody is called back.
    pub fn close(&mut self, now: Moment) {
        self.is_closed = true;
        self.stop_calling_back(now);
    }

    fn offer(&mut self, now: Moment, call: Call, agents: &[AgentId], trigger: Trigger, heads: &[Claim]) {
        self.last_offer += 1;
        let number = self.last_offer;
        let Some(decision) = self.decide(now, call, agents, trigger, heads, number) else { return };
        if trigger == Trigger::Assigned {
            self.ungive(call);
        }
        let Some(waiter) = self.waiters.get_mut(&call) else { return };
        let (id, turn, profile) = (waiter.queue, waiter.turn, waiter.profile.clone());
        waiter.offer =
            Some(Offer { number, since: now.mono, agents: agents.iter().copied().collect::<BTreeSet<_>>() });
        let Some(queue) = self.queues.get_mut(id.0 as usize) else { return };
        let ring = queue.config.ring;
        let mut keys = Vec::new();
        if let Some(line) = queue.lines.get_mut(&profile) {
            line.waiting.remove(&turn);
            keys.extend(agents.iter().map(|agent| line.free.keys(*agent).cloned()));
        }
        for (agent, keys) in agents.iter().zip(&keys) {
            queue.asked(*agent, number, keys.as_ref());
        }
        let name = queue.name.clone();
        let mut ringing = Vec::new();
        for id in agents {
            if let Some(agent) = self.agent_mut(*id) {
                agent.doing = Doing::Offered { call, offer: number };
                ringing.push(agent.seat());
            }
            self.refresh(now, *id, "offer");
        }
        self.note(Fact::Offered(Box::new(decision)));
        self.effects.push_back(Effect::Ring { call, offer: number, agents: ringing, ring });
        self.effects.push_back(Effect::QueueChanged(name));
    }

    /// An agent answered the offer and has the caller. False if it was not offered to him (any more): then the caller is
    /// not his.
    pub fn answered(&mut self, now: Moment, call: Call, number: &str) -> bool {
        let Some(id) = self.agent_ids.get(number).copied() else { return false };
        let Some(waiter) = self.waiters.get_mut(&call) else { return false };
        let Some(mut offer) = waiter.offer.take() else { return false };
        if !offer.agents.remove(&id) {
            waiter.offer = Some(offer);
            return false;
        }
        let (queue, caller, waited_ms) = (waiter.queue, waiter.caller.clone(), waiter.waited_ms(now));
        let rang = Rang { call, queue, number: offer.number, since: offer.since };
        self.note_offer_ended(now, rang, id, OfferOutcome::Answered);
        for loser in &offer.agents {
            self.release(now, rang, *loser, OfferOutcome::Elsewhere);
        }
        self.remove(now, call, crate::fact::Exit::Answered, Some(id));
        self.remember(now, &caller, id);
        self.talk_begins(call, id, queue);
        if !self.call_back_taken(now, call, number) {
            self.drop_call_backs(now, &caller);
        }
        if let Some(agent) = self.agent_mut(id) {
            let since = now.mono;
            agent.doing = Doing::Talking { call, queue, caller, since, waited_ms, held: None, hold_ms: 0 };
            agent.missed = 0;
        }
        self.refresh(now, id, "answer");
        self.settle(now);
        true
    }

    /// An agent's phone does not ring any more for the caller.
    pub fn missed(&mut self, now: Moment, call: Call, number: &str, how: Miss) {
        let Some(id) = self.agent_ids.get(number).copied() else { return };
        let Some(waiter) = self.waiters.get(&call) else { return };
        let queue = waiter.queue;
        if !waiter.offer.as_ref().is_some_and(|offer| offer.agents.contains(&id)) {
            return;
        }
        let (rest, breaks_after) =
            self.queue_by_id(queue).map_or((0, 0), |queue| (queue.config.rest, queue.config.no_answer_break));
        let outcome = match how {
            Miss::NoAnswer => OfferOutcome::NoAnswer,
            Miss::Refused => OfferOutcome::Refused,
            Miss::Failed => OfferOutcome::Failed,
            Miss::NoRoom => OfferOutcome::Withdrawn,
        };
        let mut breaks = false;
        if let Some(agent) = self.agent_mut(id) {
            // Without a pause a phone that refuses at once would be asked as fast as messages go.
            (agent.rests, agent.is_spared) = (true, how == Miss::NoRoom);
            if how == Miss::NoAnswer {
                agent.missed += 1;
                breaks =
                    breaks_after > 0 && agent.missed >= breaks_after && agent.presence == Presence::Ready;
            }
        }
        let rest = if how == Miss::NoRoom { ROOM_PAUSE } else { rest.max(REST_MIN) };
        self.wake(Due::Rest(id), Some(rest));
        self.take_from_offer(now, call, id, outcome);
        if breaks {
            self.be(now, id, Presence::Break { reason: NO_ANSWER.to_owned() }, NO_ANSWER);
        }
        self.settle(now);
    }

    pub(super) fn rested(&mut self, now: Moment, id: AgentId) {
        if let Some(agent) = self.agent_mut(id) {
            (agent.rests, agent.is_spared) = (false, false);
        }
        self.refresh(now, id, "rest");
    }

    /// One agent rings no more; if it was the last, the caller stands where it stood.
    pub(super) fn take_from_offer(&mut self, now: Moment, call: Call, id: AgentId, outcome: OfferOutcome) {
        let Some(waiter) = self.waiters.get_mut(&call) else { return };
        let Some(offer) = &mut waiter.offer else { return };
        if !offer.agents.remove(&id) {
            return;
        }
        let rang = Rang { call, queue: waiter.queue, number: offer.number, since: offer.since };
        let is_over = offer.agents.is_empty();
        self.release(now, rang, id, outcome);
        if is_over {
            self.stand_again(now, call);
        }
    }

    fn stand_again(&mut self, now: Moment, call: Call) {
        let Some(waiter) = self.waiters.get_mut(&call) else { return };
        waiter.offer = None;
        let (queue, turn, profile) = (waiter.queue, waiter.turn, waiter.profile.clone());
        if self.is_overdue(now, call) {
            return self.expel(now, call, crate::fact::Exit::Timeout);
        }
        self.stand(queue, &profile, turn);
        let name = self.queue_name(queue);
        self.effects.push_back(Effect::QueueChanged(name));
    }

    /// Whoever rings for this caller rings no more: the caller goes.
    pub(super) fn give_up_offer(&mut self, now: Moment, call: Call) {
        self.end_offer(now, call, false);
    }

    /// Likewise, for another call takes its place.
    pub(super) fn move_offer(&mut self, now: Moment, call: Call) {
        self.end_offer(now, call, true);
    }

    fn end_offer(&mut self, now: Moment, call: Call, is_moved: bool) {
        let Some(waiter) = self.waiters.get_mut(&call) else { return };
        let Some(offer) = waiter.offer.take() else { return };
        let rang = Rang { call, queue: waiter.queue, number: offer.number, since: offer.since };
        let mut agents = Vec::new();
        for id in &offer.agents {
            agents.extend(self.agent_by_id(*id).map(Agent::seat));
            self.release(now, rang, *id, OfferOutcome::Withdrawn);
        }
        self.effects.push_back(Effect::GiveUp { call, agents, is_moved });
    }

    /// An agent is offered nothing any more, by no fault of his own or by one.
    fn release(&mut self, now: Moment, rang: Rang, id: AgentId, outcome: OfferOutcome) {
        self.note_offer_ended(now, rang, id, outcome);
        if let Some(agent) = self.agent_mut(id) {
            agent.doing = Doing::Idle;
        }
        let by = if outcome == OfferOutcome::NoAnswer { NO_ANSWER } else { "offer" };
        self.refresh(now, id, by);
    }

    fn note_offer_ended(&mut self, now: Moment, rang: Rang, id: AgentId, outcome: OfferOutcome) {
        let Some(agent) = self.agent_by_id(id) else { return };
        let fact = OfferEndedFact {
            at_ms: now.wall,
            offer: rang.number,
            call: rang.call,
            queue: self.queue_name(rang.queue),
            agent: agent.number.to_string(),
            outcome,
            rang_ms: now.since(rang.since),
        };
        self.note(Fact::OfferEnded(fact));
    }
}
