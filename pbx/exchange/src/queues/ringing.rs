//! Agents ring for a caller who waits; one answers, or none does.

use super::moment;
use crate::call::{ELSEWHERE, Over, PhoneRefusal, Reaction, Ringing};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::ENDED_LEGS_MAX;
use crate::record::{Cause, LegOutcome};
use crate::{Call, CallId, Leg, LegId, Stage};
use std::collections::BTreeMap;
use std::time::Duration;
use switchroom_acd::{Exit, Miss};
use switchroom_flow::Event;
use switchroom_sip::time::{Mono, Now};

/// What the end of a search, or the refusal of one phone, means for the agents who were sought.
pub(crate) fn miss(cause: Cause) -> Miss {
    match cause {
        Cause::NoAnswer => Miss::NoAnswer,
        Cause::Busy | Cause::Declined => Miss::Refused,
        Cause::Overload => Miss::NoRoom,
        _ => Miss::Failed,
    }
}

impl Exchange {
    /// Phones ring. Of a caller who waits in a queue each has its own time: an offer to an agent, and a phone at which a user
    /// picks the caller up, know nothing of each other.
    pub(crate) fn each_has_its_time(&mut self, id: CallId) {
        if self.waits_in_queue(id) {
            self.wait_for_the_first(id);
        }
    }

    /// The time for answers is over when that of the first phone is.
    fn wait_for_the_first(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let until = call.sought_legs().filter_map(|leg| leg.ringing.map(|ringing| ringing.until)).min();
        if let Some(until) = until {
            self.timers.set(Timer::NoAnswer(id), until);
        }
    }

    fn waits_in_queue(&self, id: CallId) -> bool {
        self.visits.get(&id).is_some_and(|visit| visit.waits.is_some())
    }

    /// Whether phones of agents ring for it: for who waits, or for who is to be called back.
    fn rings_agents(&self, id: CallId) -> bool {
        let calls_back = |call: &Call| call.call_back.is_some() && call.stage == Stage::Placing;
        self.waits_in_queue(id) || self.calls.get(&id).is_some_and(calls_back)
    }

    /// The most that a phone at which an agent is rung, or another of the same extension, has said. None if no agent is.
    pub(crate) fn reaction_of_agent(&self, id: CallId, leg: LegId) -> Option<Reaction> {
        let is_agents = self.rings_agents(id);
        self.of_the_same(id, leg).filter(|_| is_agents).map(|one| one.reaction).max()
    }

    /// What the phones of an extension have said to the call of an offer that is over by `cause`, and so what its agent missed.
    pub(super) fn missed_by(&self, id: CallId, extension: &str, cause: Cause) -> Miss {
        let is_by_phones = matches!(
            cause,
            Cause::NoAnswer
                | Cause::Unreachable
                | Cause::Busy
                | Cause::Declined
                | Cause::NotAcceptable
                | Cause::Failed
                | Cause::Overload
        );
        let legs = self.calls.get(&id).filter(|_| is_by_phones).map(|call| call.legs.values());
        let own = legs.into_iter().flatten().filter(|leg| leg.extension.as_deref() == Some(extension));
        let rung: Vec<Ringing> = own.filter_map(|leg| leg.ringing).collect();
        let has_rung_out = |one: &Ringing| one.refusal.is_none() && one.reaction.is_any();
        let refusal = rung.iter().filter_map(|one| one.refusal).max_by_key(|refusal| refusal.rank);
        match refusal {
            _ if rung.is_empty() => miss(cause),
            _ if rung.iter().any(has_rung_out) => Miss::NoAnswer,
            Some(refusal) => miss(refusal.cause),
            None => Miss::Failed,
        }
    }

    /// The time of some phones is over that ring for a caller who waits: each agent is judged by the own ones, and the others
    /// ring on. False if the call waits in no queue.
    pub(crate) fn rang_in_queue(&mut self, now: Now, id: CallId) -> bool {
        let Some(call) = self.calls.get(&id).filter(|_| self.waits_in_queue(id)) else { return false };
        let is_over = |leg: &&Leg| leg.ringing.is_none_or(|ringing| ringing.until <= now.mono);
        let over: Vec<LegId> = call.sought_legs().filter(is_over).map(|leg| leg.id).collect();
        let mut reactions: BTreeMap<String, (Reaction, Mono)> = BTreeMap::new();
        for leg in &over {
            let Some((extension, ringing)) = self.rung_at(id, *leg) else { continue };
            let best = self.of_the_same(id, *leg).map(|one| one.reaction).max();
            reactions.insert(extension, (best.unwrap_or(ringing.reaction), ringing.since));
        }
        for leg in over {
            let reaction =
                self.rung_at(id, leg).and_then(|(extension, _)| reactions.get(&extension)).map(|one| one.0);
            self.drop_leg(now, id, leg, reaction.unwrap_or(Reaction::Nothing).outcome(), None);
        }
        for (extension, (reaction, since)) in &reactions {
            let rang = now.mono.since(*since).as_secs();
            self.why(now, id, "queue", reaction.words(extension, rang));
        }
        if self.live_callees(id).is_empty() {
            self.back_in_flow(id);
        } else {
            self.wait_for_the_first(id);
        }
        self.tell_missed_as(now, id, |extension| {
            let reaction = reactions.get(extension).map_or(Reaction::Nothing, |one| one.0);
            miss(reaction.cause())
        });
        true
    }

    /// Notes what a phone of an agent said that would not ring. Gives the most telling word of those that rang at the same
    /// extension with it; nothing if it is no phone of an agent.
    pub(crate) fn refused_by_agent(
        &mut self,
        id: CallId,
        leg: LegId,
        refusal: PhoneRefusal,
    ) -> Option<PhoneRefusal> {
        if !self.rings_agents(id) {
            return None;
        }
        let ringing = self.calls.get_mut(&id)?.legs.get_mut(&leg)?.ringing.as_mut()?;
        ringing.refusal = Some(refusal);
        // Of two that say as much the first is meant.
        self.of_the_same(id, leg).filter_map(|one| one.refusal).rev().max_by_key(|one| one.rank)
    }

    fn rung_at(&self, id: CallId, leg: LegId) -> Option<(String, Ringing)> {
        let leg = self.calls.get(&id)?.leg(leg)?;
        Some((leg.extension.clone()?, leg.ringing?))
    }

    /// How all phones are rung, or were, that began to ring at an extension together with this one.
    fn of_the_same(&self, id: CallId, leg: LegId) -> impl DoubleEndedIterator<Item = Ringing> {
        let legs = self.calls.get(&id).map(|call| &call.legs);
        let one = legs.and_then(|legs| legs.get(&leg));
        let is_same = move |other: &&Leg| {
            let rings = one.and_then(|one| one.ringing).zip(other.ringing);
            let is_with = rings.is_some_and(|(one, other)| one.is_with(&other));
            is_with && one.is_some_and(|one| one.extension == other.extension)
        };
        legs.into_iter().flat_map(|legs| legs.values()).filter(is_same).filter_map(|leg| leg.ringing)
    }

    /// Rings the phones of agents. What the caller hears goes on.
    pub(super) fn ring_agents(
        &mut self,
        now: Now,
        id: CallId,
        offer: u64,
        agents: &[(String, String)],
        ring: u64,
    ) {
        // What has come of it meanwhile: nobody rings for an offer that is over.
        if !self.is_offer(id.0, offer) {
            return;
        }
        self.forget_old_legs(id);
        let is_waiting = self.waits_in_queue(id);
        let Some(call) = self.calls.get_mut(&id).filter(|call| is_waiting && !call.is_ended()) else {
            return;
        };
        let extensions: Vec<String> = agents.iter().map(|(_, extension)| extension.clone()).collect();
        if call.stage == Stage::Seeking && call.sought_legs().next().is_some() {
            // A phone at which a user picks the caller up rings on beside theirs.
            call.seek_also(&extensions);
        } else {
            call.stage = Stage::Seeking;
            call.begin_search(now, extensions.clone());
        }
        self.ring_all(now, id, &extensions, Some(Duration::from_millis(ring)));
        // Some may have no phone that can be rung although others have. If none had, the floor has been told already, and
        // what it offers now has yet to ring.
        if self.is_offer(id.0, offer) {
            let how = self.how_unrung(now);
            self.tell_missed(now, id, how);
        }
    }

    /// What it means for an agent that his phone was not rung: as long as there is no port for a call to it, it is not his.
    pub(super) fn how_unrung(&self, now: Now) -> Miss {
        if self.ports.has_free(now.mono) { Miss::Failed } else { Miss::NoRoom }
    }

    /// Whether that is the offer which the floor has for a caller.
    pub(super) fn is_offer(&self, on_floor: u128, number: u64) -> bool {
        let waiter = self.floor.waiter(on_floor);
        waiter.and_then(|waiter| waiter.offer.as_ref()).is_some_and(|offer| offer.number == number)
    }

    /// Agents whose phones ring no more for this caller, although others do, have missed it.
    pub(crate) fn tell_missed(&mut self, now: Now, id: CallId, how: Miss) {
        self.tell_missed_as(now, id, |_| how);
    }

    /// The same, each in a way of its own.
    fn tell_missed_as(&mut self, now: Now, id: CallId, how: impl Fn(&str) -> Miss) {
        let name = self.on_floor(id);
        let Some(waiter) = self.floor.waiter(name) else { return };
        let Some(offer) = &waiter.offer else { return };
        // A call-back that is offered anew has another call.
        if self.placed.get(&name).is_some_and(|placed| placed.offer != offer.number) {
            return;
        }
        let seats: Vec<(String, String)> = offer
            .agents
            .iter()
            .filter_map(|agent| self.floor.agent_by_id(*agent))
            .map(|a| a.seat())
            .collect();
        for (agent, extension) in seats {
            let rings = self
                .calls
                .get(&id)
                .is_some_and(|call| call.sought_legs().any(|leg| leg.extension.as_ref() == Some(&extension)));
            if !rings {
                self.floor.missed(moment(now), name, &agent, how(&extension));
            }
        }
        self.run_floor(now);
    }

    /// Nobody of those who were sought takes the caller: it waits on. False if it does not wait in a queue.
    pub(crate) fn offer_failed(&mut self, now: Now, id: CallId, over: &Over) -> bool {
        if !self.waits_in_queue(id) {
            return false;
        }
        self.why(now, id, "queue", over.text.clone());
        if self.live_callees(id).is_empty() {
            self.back_in_flow(id);
        }
        self.tell_missed(now, id, miss(over.cause));
        true
    }

    /// The floor wants these agents to ring no more. `is_moved`: for another call that takes the place of this one.
    pub(super) fn give_up_agents(
        &mut self,
        now: Now,
        id: CallId,
        agents: &[(String, String)],
        is_moved: bool,
    ) {
        let Some(call) = self.calls.get(&id).filter(|call| call.stage == Stage::Seeking) else { return };
        let is_theirs = |extension: &Option<String>| {
            extension.as_ref().is_some_and(|e| agents.iter().any(|(_, theirs)| theirs == e))
        };
        let legs: Vec<LegId> = call
            .callee_legs()
            .filter(|leg| leg.is_live() && is_theirs(&leg.extension))
            .map(|leg| leg.id)
            .collect();
        for leg in legs {
            let reason = is_moved.then(|| ELSEWHERE.to_owned());
            self.drop_leg(now, id, leg, LegOutcome::Cancelled, reason);
        }
        if self.live_callees(id).is_empty() {
            self.back_in_flow(id);
        }
    }

    /// Nobody rings for the caller any more: it is the flow's, or waits in a queue.
    pub(super) fn back_in_flow(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.stage == Stage::Seeking) else { return };
        call.stage = Stage::Flow;
        self.timers.cancel(Timer::NoAnswer(id));
    }

    /// A phone that rang for a caller in a queue answered: that agent has the caller.
    pub(crate) fn agent_answered(&mut self, now: Now, id: CallId, leg: LegId) {
        let Some(visit) = self.visits.get_mut(&id) else { return };
        let Some(waits) = visit.waits.take() else { return };
        visit.comes_back = waits.comes_back;
        self.listen(id, false);
        let extension =
            self.calls.get(&id).and_then(|call| call.leg(leg)).and_then(|leg| leg.extension.clone());
        let agent = extension.and_then(|e| self.floor.agent_at(&e)).map(|agent| agent.number.to_string());
        if !agent.is_some_and(|agent| self.floor.answered(moment(now), id.0, &agent)) {
            // Whoever it is has the caller, who is nobody else's any more.
            self.floor.leave(moment(now), id.0, Exit::Removed);
        }
        self.run_floor(now);
        self.tell_flow(now, id, Event::Connected);
    }

    /// Whoever waits for long may have been offered to hundreds: of legs that are over for good, the latest are kept, and
    /// rather those that talked than those that rang in vain.
    fn forget_old_legs(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let over = call.callee_legs().filter(|leg| !leg.is_live() && leg.slot.is_none());
        let mut over: Vec<(bool, LegId)> = over.map(|leg| (leg.has_talked(), leg.id)).collect();
        let Some(count) = over.len().checked_sub(ENDED_LEGS_MAX) else { return };
        over.sort_unstable();
        let over = over.into_iter().map(|(_, leg)| leg);
        for leg in over.take(count) {
            call.legs.remove(&leg);
            self.legs.remove(&leg);
            let of_leg = |session: &_| self.sessions.get(session).is_some_and(|(_, of)| *of == leg);
            let sessions: Vec<_> = call.sessions.iter().copied().filter(of_leg).collect();
            call.sessions.retain(|session| !sessions.contains(session));
            for session in sessions {
                self.sessions.remove(&session);
            }
        }
    }
}
