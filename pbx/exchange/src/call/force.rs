//! What a user does to somebody else's call: has a caller put through to a number, or rings for a caller at a phone of the
//! user's choice.

use super::hand_off::Asker;
use super::transfer::Goal;
use super::{Call, Stage};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::record::{EventKind, Severity};
use crate::text::{clean, is_dialable};
use crate::{CallId, LegId, NO_NUMBER};
use switchroom_sip::time::Now;

impl Call {
    /// Who of two that talk goes and who stays when a user transfers the call: the side of ours goes, and the caller stays if
    /// both are.
    fn parted(&self) -> Option<(LegId, LegId)> {
        let Stage::Talking { with } = self.stage else { return None };
        let is_ours = |leg: LegId| self.leg(leg).is_some_and(|leg| leg.extension.is_some());
        let caller_goes = is_ours(self.caller) && !is_ours(with);
        Some(if caller_goes { (self.caller, with) } else { (with, self.caller) })
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
        let (number, stage) = (call.number, call.stage.clone());
        let done = format!("call {number} goes to {to}");
        match stage {
            Stage::Talking { .. } => {
                let (by, stays) = call.parted().ok_or("nobody talks in that call")?;
                let who = call.leg(by).map(|leg| leg.party.number.clone()).unwrap_or_default();
                self.may_refer(id, by).map_err(|(_, why)| why)?;
                let goal = self.goal(now, id, &who, to, stays).map_err(|(_, why)| why)?;
                if let Goal::Back { flow, .. } = &goal {
                    self.may_hand_off(id, (by, stays), flow).map_err(|(_, why)| why)?;
                }
                self.why(now, id, "transfer", format!("{user} transfers it to {to}"));
                match goal {
                    Goal::Back { flow, route } => {
                        self.hand_off(now, id, (by, stays), flow, &Asker::User(Some(&route)));
                    }
                    goal => self.begin_transfer(now, id, (by, stays), to, goal),
                }
            }
            Stage::Flow if call.hand_off.is_some() => {
                return Err(format!(
                    "in call {number} somebody waits for who is in the flow; try again when it is back"
                ));
            }
            Stage::Flow if call.has_answered_caller() => {
                let (caller, who) = (call.caller, call.caller_party().number.clone());
                match self.goal(now, id, &who, to, caller).map_err(|(_, why)| why)? {
                    // Nobody waits to whom it could come back.
                    Goal::Flow { flow, route, .. } | Goal::Back { flow, route } => {
                        self.why(now, id, "transfer", format!("{user} transfers it to {to}"));
                        self.withdraw_from_queue(now, id);
                        self.leave_route(now, id);
                        self.lead_into(now, id, &flow, route);
                    }
                    Goal::Extension(extension) => {
                        return Err(format!(
                            "whoever waits would lose the place should nobody answer at {extension}; \
                             pick the call up there, or assign it to an agent"
                        ));
                    }
                }
            }
            Stage::Placing | Stage::Flow | Stage::Seeking => {
                return Err(format!("call {number} has not been answered; pick it up instead"));
            }
            Stage::Service { .. } | Stage::Ended { .. } => {
                return Err(format!("in call {number} there is nobody to transfer"));
            }
        }
        let text = format!("{user}: {done}");
        self.event(now, EventKind::Audit, Severity::Info, Some(id), user, "transfer", text);
        Ok(done)
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
        if !self.config.extensions.contains_key(&phone) {
            return Err(format!("there is no extension {}", clean(&phone)));
        }
        let call = self.live_call(id)?;
        let number = call.number;
        let is_in = |leg: &super::Leg| leg.is_live() && leg.extension.as_deref() == Some(phone.as_str());
        if call.legs.values().any(is_in) {
            return Err(format!("{phone} is in call {number} already"));
        }
        if !self.registrar.of(&phone).any(|binding| binding.obstacle().is_none()) {
            return Err(format!("{phone} has no phone that can be reached; see where it is registered"));
        }
        let waits = self.visits.get(&id).is_some_and(|visit| visit.waits.is_some());
        let numbers = [phone.clone()];
        match call.stage {
            Stage::Seeking => {
                if let Some(waits) = self.visits.get_mut(&id).and_then(|visit| visit.waits.as_mut()) {
                    waits.is_picked_up = true;
                }
                self.ring_further(now, id, &numbers);
            }
            Stage::Flow if waits => {
                if let Some(call) = self.calls.get_mut(&id) {
                    call.stage = Stage::Seeking;
                    call.begin_search(now, numbers.to_vec());
                }
                if let Some(waits) = self.visits.get_mut(&id).and_then(|visit| visit.waits.as_mut()) {
                    waits.is_picked_up = true;
                }
                self.ring_all(now, id, &numbers, None);
            }
            Stage::Talking { .. } => {
                return Err(format!(
                    "call {number} has been answered; listen and take it over, or transfer it"
                ));
            }
            _ => return Err(format!("in call {number} nobody waits for an answer")),
        }
        let rings = self.calls.get(&id).is_some_and(|call| call.legs.values().any(is_in));
        if !rings {
            return Err(
                "no RTP port pair is free for that phone, or no codec fits; see the call's path".to_owned()
            );
        }
        let done = format!("{phone} rings for call {number}");
        let text = format!("{user}: {done}");
        self.why(now, id, "pick_up", text.clone());
        self.event(now, EventKind::Audit, Severity::Info, Some(id), user, "pick_up", text);
        Ok(done)
    }

    fn live_call(&self, id: CallId) -> Result<&Call, String> {
        let call = self.calls.get(&id).filter(|call| !call.is_ended());
        call.ok_or_else(|| "there is no such call any more".to_owned())
    }

    /// Further phones ring in a search that is under way, which lasts as long as a new one would.
    fn ring_further(&mut self, now: Now, id: CallId, numbers: &[String]) {
        let formats = self.formats_for(id);
        let wait = numbers.first().and_then(|n| self.config.extensions.get(n)).and_then(|e| e.ring);
        let wait = wait.unwrap_or(self.config.ring);
        for phone in self.phones_of(now, id, numbers) {
            let (flow, uri) = (phone.flow, phone.uri);
            if !self.ring_phone(now, id, &phone.number, flow, &uri, phone.agent, formats.clone()) {
                return;
            }
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.sought.extend(numbers.iter().cloned());
        }
        let due = now.mono.after(wait);
        if self.timers.get(Timer::NoAnswer(id)).is_none_or(|before| before < due) {
            self.timers.set(Timer::NoAnswer(id), due);
        }
    }
}
