//! The caller of a flow is answered when there is something to hear.

use crate::call::Over;
use crate::exchange::Exchange;
use crate::media::MediaCommand;
use crate::record::Party;
use crate::{CallId, LegId, Stage};
use switchroom_sip::time::Now;

impl Exchange {
    /// Answers the caller if that has not been done. False if it cannot be; the call is then over.
    pub(crate) fn answer_caller(&mut self, now: Now, id: CallId) -> bool {
        let Some(call) = self.calls.get(&id).filter(|call| !call.is_ended()) else { return false };
        if call.answered.is_some() {
            return true;
        }
        let with = Party { number: call.to.number.clone(), name: self.title_of(id) };
        match self.answer_by_us(now, id, Stage::Flow, with, "answered by the flow") {
            Ok(()) => {
                self.listen(id, true);
                true
            }
            Err(why) => {
                self.finish(now, id, Over::not_acceptable(why));
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

    /// Whether digits are looked for in the caller's sound: not if its phone tells them by INFO. The media engine does it
    /// only while the phone has agreed to no events.
    pub(crate) fn listen(&mut self, id: CallId, is_on: bool) {
        let Some(caller) = self.calls.get(&id).map(|call| call.caller) else { return };
        self.listen_to(id, caller, is_on);
    }

    /// The same for any party.
    pub(crate) fn listen_to(&mut self, id: CallId, leg: LegId, is_on: bool) {
        let Some(leg) = self.calls.get(&id).and_then(|call| call.leg(leg)) else { return };
        let (leg, is_on) = (leg.id, is_on && !leg.counted.is_by_info());
        self.media(MediaCommand::Listen { call: id, leg, is_on });
    }
}
