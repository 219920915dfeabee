//! Agents ring for a caller who waits; one answers, or none does.

use super::moment;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::ENDED_LEGS_MAX;
use crate::record::Cause;
use crate::{CallId, LegId, Stage};
use std::time::Duration;
use switchroom_acd::{Exit, Miss};
use switchroom_flow::Event;
use switchroom_sip::time::Now;

/// What the end of a search means for the agents who were sought.
pub(super) fn miss(cause: Cause) -> Miss {
    match cause {
        Cause::NoAnswer => Miss::NoAnswer,
        Cause::Busy | Cause::Declined => Miss::Refused,
        Cause::Overload => Miss::NoRoom,
        _ => Miss::Failed,
    }
}

impl Exchange {
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
        let is_waiting = self.visits.get(&id).is_some_and(|visit| visit.waits.is_some());
        let Some(call) = self.calls.get_mut(&id).filter(|call| is_waiting && !call.is_ended()) else {
            return;
        };
        let extensions: Vec<String> = agents.iter().map(|(_, extension)| extension.clone()).collect();
        if call.stage == Stage::Seeking && call.sought_legs().next().is_some() {
            // A phone at which a user picks the caller up rings on beside theirs.
            call.sought.extend(extensions.iter().cloned());
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
                self.floor.missed(moment(now), name, &agent, how);
            }
        }
        self.run_floor(now);
    }

    /// Nobody of those who were sought takes the caller: it waits on. False if it does not wait in a queue.
    pub(crate) fn offer_failed(&mut self, now: Now, id: CallId, cause: Cause, text: &str) -> bool {
        if self.visits.get(&id).is_none_or(|visit| visit.waits.is_none()) {
            return false;
        }
        self.why(now, id, "queue", text.to_owned());
        if self.live_callees(id).is_empty() {
            self.back_in_flow(id);
        }
        self.tell_missed(now, id, miss(cause));
        true
    }

    /// The floor wants these agents to ring no more.
    pub(super) fn give_up_agents(&mut self, now: Now, id: CallId, agents: &[(String, String)]) {
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
            self.drop_leg(now, id, leg, "cancelled", None);
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
