//! What a user does to somebody else's call: has a caller put through to a number, or rings for a caller at a phone of the
//! user's choice.

use super::hand_off::Asker;
use super::transfer::Goal;
use super::{Call, Leg, Stage};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::text::{clean, is_dialable};
use crate::{CallId, NO_NUMBER};
use switchroom_acd::Exit;
use switchroom_sip::time::Now;

impl Leg {
    pub(crate) fn is_live_at(&self, extension: &str) -> bool {
        self.is_live() && self.extension.as_deref() == Some(extension)
    }
}

impl Exchange {
    /// A user has a caller put through. Gives what was done, or why it was not.
    pub(crate) fn transfer_by(
        &mut self,
        now: Now,
        id: CallId,
        to: &str,
        user: &str,
    ) -> Result<String, String> {
        if !is_dialable(to) {
            return Err(format!("{} cannot be dialled: {NO_NUMBER}", clean(to)));
        }
        let call = self.live_call(id)?;
        let number = call.number;
        match call.stage {
            Stage::Talking { .. } => self.transfer_talk(now, id, to, user)?,
            Stage::Flow if call.hand_off().is_some() => {
                return Err(format!(
                    "in call {number} somebody waits for who is in the flow; try again when it is back"
                ));
            }
            Stage::Flow if call.has_answered_caller() => self.transfer_from_flow(now, id, to, user)?,
            Stage::Placing | Stage::Flow | Stage::Seeking => {
                return Err(format!("call {number} has not been answered; pick it up instead"));
            }
            Stage::Service { .. } | Stage::Ended { .. } => {
                return Err(format!("in call {number} there is nobody to transfer"));
            }
        }
        let done = format!("call {number} goes to {to}");
        self.audit_event(now, Some(id), user, "transfer", &done);
        Ok(done)
    }

    /// Of two who talk the side of ours is released, and the other put through.
    fn transfer_talk(&mut self, now: Now, id: CallId, to: &str, user: &str) -> Result<(), String> {
        let (by, stays) = self.agents_side(id).ok_or("nobody talks in that call")?;
        let who = self.number_of_leg(id, by);
        self.may_refer(id, by).map_err(|(_, why)| why)?;
        let goal = self.goal(now, id, &who, to, stays).map_err(|(_, why)| why)?;
        if let Goal::Back { flow, .. } = &goal {
            self.may_hand_off(id, (by, stays), flow).map_err(|(_, why)| why)?;
        }
        self.why(now, id, "transfer", format!("{user} transfers it to {to}"));
        self.begin_transfer(now, id, (by, stays), to, goal, |route| Asker::User(Some(route)));
        Ok(())
    }

    /// Who is in a flow or waits in a queue is let into another, for good: nobody waits to whom it could come back.
    fn transfer_from_flow(&mut self, now: Now, id: CallId, to: &str, user: &str) -> Result<(), String> {
        let call = self.live_call(id)?;
        let (caller, who) = (call.caller, call.caller_party().number.clone());
        let goal = self.goal(now, id, &who, to, caller).map_err(|(_, why)| why)?;
        let (flow, route, is_queue) = match goal {
            Goal::Flow { flow, route, is_queue } => (flow, route, is_queue),
            Goal::Back { flow, route } => (flow, route, false),
            Goal::Extension(extension) => {
                return Err(format!(
                    "whoever waits would lose the place should nobody answer at {extension}; \
                     pick the call up there, or assign it to an agent"
                ));
            }
        };
        self.why(now, id, "transfer", format!("{user} transfers it to {to}"));
        self.withdraw_from_queue(now, id, Exit::Removed);
        self.leave_route(now, id);
        self.lead_into(now, id, &flow, route, is_queue);
        Ok(())
    }

    /// A user rings for a caller at a phone of the user's choice, beside those that ring already.
    pub(crate) fn pick_up_by(
        &mut self,
        now: Now,
        id: CallId,
        phone: Option<&str>,
        user: &str,
    ) -> Result<String, String> {
        let phone = self.phone_of(user, phone)?;
        self.may_pick_up(id, &phone)?;
        let call = self.live_call(id)?;
        let number = call.number;
        let waits = self.visits.get(&id).is_some_and(|visit| visit.waits.is_some());
        match call.stage {
            Stage::Seeking if call.is_ringing() => self.ring_further(now, id, &phone),
            Stage::Flow if waits => self.ring_for_who_waits(now, id, &phone),
            Stage::Talking { .. } => {
                return Err(format!(
                    "call {number} has been answered; listen and take it over, or transfer it"
                ));
            }
            Stage::Placing | Stage::Flow | Stage::Seeking | Stage::Service { .. } | Stage::Ended { .. } => {
                return Err(format!("in call {number} nobody waits for an answer"));
            }
        }
        if !self.is_in(id, &phone) {
            return Err(
                "no RTP port pair is free for that phone, or no codec fits; see the call's path".to_owned()
            );
        }
        let done = format!("{phone} rings for call {number}");
        self.why_and_audit(now, id, "pick_up", user, "pick_up", &done);
        Ok(done)
    }

    /// What speaks against ringing that phone for a call.
    fn may_pick_up(&self, id: CallId, phone: &str) -> Result<(), String> {
        if !self.config.extensions.contains_key(phone) {
            return Err(format!("there is no extension {}", clean(phone)));
        }
        let number = self.live_call(id)?.number;
        if self.is_in(id, phone) {
            return Err(format!("{phone} is in call {number} already"));
        }
        if !self.registrar.is_reachable(phone) {
            return Err(format!("{phone} has no phone that can be reached; see where it is registered"));
        }
        Ok(())
    }

    pub(crate) fn is_in(&self, id: CallId, extension: &str) -> bool {
        self.calls.get(&id).is_some_and(|call| call.legs.values().any(|leg| leg.is_live_at(extension)))
    }

    pub(super) fn live_call(&self, id: CallId) -> Result<&Call, String> {
        let call = self.calls.get(&id).filter(|call| !call.is_ended());
        call.ok_or_else(|| "there is no such call any more".to_owned())
    }

    /// A phone rings for a caller in a queue, to whom nobody is offered.
    fn ring_for_who_waits(&mut self, now: Now, id: CallId, phone: &str) {
        let numbers = [phone.to_owned()];
        if let Some(call) = self.calls.get_mut(&id) {
            call.stage = Stage::Seeking;
            call.begin_search(now, numbers.to_vec());
        }
        self.ring_all(now, id, &numbers, None);
    }

    /// A further phone rings in a search that is under way, which lasts as long as a new one would; for a caller who waits in a
    /// queue it has a time of its own.
    fn ring_further(&mut self, now: Now, id: CallId, number: &str) {
        let formats = self.formats_for(id);
        let wait = self.config.ring_of(number);
        let numbers = [number.to_owned()];
        let phones = self.phones_of(now, id, &numbers);
        self.ring_phones(now, id, phones, &formats, wait);
        if !self.is_in(id, number) {
            return;
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.seek_also(&numbers);
        }
        let due = now.mono.after(wait);
        if self.timers.get(Timer::NoAnswer(id)).is_none_or(|before| before < due) {
            self.timers.set(Timer::NoAnswer(id), due);
        }
        self.each_has_its_time(id);
    }
}
