//! Which of two who talk is the side of ours: the agent, or else whoever has an extension here.

use super::{Call, Stage};
use crate::exchange::Exchange;
use crate::{CallId, LegId};

impl Call {
    /// The number of the party on a leg; empty if there is no such leg.
    pub(crate) fn number_of(&self, leg: LegId) -> String {
        self.leg(leg).map(|leg| leg.party.number.clone()).unwrap_or_default()
    }

    fn seat_of(&self, leg: LegId) -> Option<&str> {
        self.leg(leg)?.extension.as_deref()
    }
}

impl Exchange {
    /// The number of the party on a leg of a call; empty if there is none.
    pub(crate) fn number_of_leg(&self, id: CallId, leg: LegId) -> String {
        self.calls.get(&id).map(|call| call.number_of(leg)).unwrap_or_default()
    }

    /// Of two who talk the leg of the agent who has the other from a queue, also by calling back; or else of one who is an
    /// agent, or else of an extension. Where both are alike it is who was called. Whoever moves the other party of a talk,
    /// releases somebody from one or says a word to one side asks this.
    pub(crate) fn agents_leg(&self, id: CallId) -> Option<LegId> {
        let call = self.calls.get(&id)?;
        let Stage::Talking { with } = call.stage else { return None };
        let parties = [with, call.caller];
        let of_talk = self.floor.agent_of(self.on_floor(id));
        let has_it = |leg: &LegId| of_talk.is_some_and(|agent| call.seat_of(*leg) == Some(&agent.extension));
        let is_agents = |leg: &LegId| call.seat_of(*leg).is_some_and(|e| self.floor.agent_at(e).is_some());
        let is_ours = |leg: &LegId| call.seat_of(*leg).is_some();
        let found = parties.into_iter().find(has_it);
        let found = found.or_else(|| parties.into_iter().find(is_agents));
        found.or_else(|| parties.into_iter().find(is_ours))
    }

    /// Of two who talk: that leg and the other, which goes or stays. Who was called is ours if nobody is.
    pub(crate) fn agents_side(&self, id: CallId) -> Option<(LegId, LegId)> {
        let call = self.calls.get(&id)?;
        let Stage::Talking { with } = call.stage else { return None };
        let ours = self.agents_leg(id).unwrap_or(with);
        Some((ours, call.other(ours)?))
    }
}
