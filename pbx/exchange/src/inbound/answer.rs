//! The caller of a flow is answered when there is something to hear.

use crate::exchange::Exchange;
use crate::media::MediaCommand;
use crate::record::{Cause, EndedBy, Party};
use crate::{CallId, Stage};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

impl Exchange {
    /// Answers the caller if that has not been done. False if it cannot be; the call is then over.
    pub(crate) fn answer_caller(&mut self, now: Now, id: CallId) -> bool {
        let Some(call) = self.calls.get(&id).filter(|call| !call.is_ended()) else { return false };
        if call.has_answered_caller() {
            return true;
        }
        let with = Party { number: call.to.number.clone(), name: self.title_of(id) };
        match self.answer_by_us(now, id, Stage::Flow, with, "answered by the flow") {
            Ok(()) => {
                self.listen(id, true);
                true
            }
            Err(why) => {
                let status = Status::NOT_ACCEPTABLE_HERE.code();
                self.finish(now, id, EndedBy::System, Cause::NotAcceptable, status, why);
                false
            }
        }
    }

    /// What the flow of a call is called by people.
    fn title_of(&self, id: CallId) -> String {
        let flow = self.visits.get(&id).and_then(|visit| visit.run.at()).map(|(flow, ..)| flow);
        flow.map(|flow| if flow.title.is_empty() { flow.name.clone() } else { flow.title.clone() })
            .unwrap_or_default()
    }

    /// Digits are looked for in the caller's sound, if its phone has no other means.
    pub(crate) fn listen(&mut self, id: CallId, is_on: bool) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some(leg) = call.caller_leg() else { return };
        let has_events = leg.agreed.as_ref().is_some_and(|agreed| agreed.digits.is_some());
        if leg.agreed.is_some() && !has_events {
            let leg = leg.id;
            self.media(MediaCommand::Listen { call: id, leg, is_on });
        }
    }
}
