//! Attended transfer while nobody is there yet in the second call (phones ring, it waits in a queue, a flow has it): the one who
//! stays goes where that call is, in its place. RFC 5589 §7.3 leaves that to phones, which differ.
//!
//! ```text
//! call 1:  stays ◄──► who refers        call 1:  stays ──► queue, flow or phones of call 2
//! call 2:             who refers ──► …  call 2:  over
//! ```
//!
//! In a queue it takes the place of the second call's line with what was waited there: who takes the place of one that was let in is
//! asked for nothing again, and the two waits count as one.

use super::hand_off::Asker;
use super::offer::ELSEWHERE;
use super::transfer::Goal;
use super::{Call, No, Over, Stage};
use crate::exchange::Exchange;
use crate::record::{EndedBy, LegOutcome};
use crate::{CallId, LegId};
use switchroom_acd::Exit;
use switchroom_sip::endpoint::SessionId;
use switchroom_sip::time::Now;

/// A call that who refers has made and in which nobody has answered yet.
pub(super) struct Alone {
    call: CallId,
    by: LegId,
    /// What was dialled for it.
    to: String,
}

impl Alone {
    /// A leg's call, if it has made it and is still on its way to what was dialled, or in a flow there.
    pub(super) fn of(call: &Call, by: LegId) -> Option<Self> {
        let is_own = call.caller == by && call.transfers == 0;
        let is_for_somebody = call.call_back.is_some() || call.consulted_in.is_some();
        let is_led = is_own && !is_for_somebody && matches!(call.stage, Stage::Seeking | Stage::Flow);
        is_led.then(|| Self { call: call.id, by, to: call.to.number.clone() })
    }
}

impl Exchange {
    /// Of the parties the second goes where the first is on its way to in another call, in its place.
    pub(super) fn send_in_place(
        &mut self,
        now: Now,
        id: CallId,
        parties: (LegId, LegId),
        session: SessionId,
        alone: &Alone,
    ) -> Result<(), No> {
        let waits = self.visits.get(&alone.call).is_some_and(|visit| visit.waits.is_some());
        let goal = self.goal_of(now, id, parties, alone)?;
        if let Goal::Back { flow, .. } = &goal {
            self.may_hand_off(id, parties, flow)?;
        }
        self.endpoint.answer_refer(now.mono, session, Ok(()));
        let number = self.calls.get(&alone.call).map_or(0, |call| call.number);
        self.why(
            now,
            id,
            "transfer",
            format!("takes the place of call {number}, on its way to {}", alone.to),
        );
        if !waits {
            // Phones that ring for the other call are free by then.
            self.end_alone(now, id, alone);
            self.begin_transfer(now, id, parties, &alone.to, goal, |route| Asker::Phone(route));
            return Ok(());
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.takes_place_of = Some(alone.call);
        }
        self.begin_transfer(now, id, parties, &alone.to, goal, |route| Asker::Phone(route));
        if let Some(call) = self.calls.get_mut(&id) {
            call.takes_place_of = None;
        }
        self.end_alone(now, id, alone);
        Ok(())
    }

    /// Where a call is that is on its way: not where its number would lead one more call by now.
    fn goal_of(
        &mut self,
        now: Now,
        id: CallId,
        (by, stays): (LegId, LegId),
        alone: &Alone,
    ) -> Result<Goal, No> {
        let config = self.config.clone();
        let route = self.calls.get(&alone.call).and_then(|call| call.route.clone());
        let queue = self.visits.get(&alone.call).and_then(|visit| visit.waits.as_ref());
        if let Some(waits) = queue {
            return self.may_go(id, stays, Goal::queue(&config, &waits.queue, route.unwrap_or_default()));
        }
        match config.inbound.routes.iter().find(|one| Some(&one.name) == route.as_ref()) {
            Some(route) => self.may_go(id, stays, Goal::by_route(&config, route)?),
            None => {
                let who = self.number_of_leg(id, by);
                self.goal(now, id, &who, &alone.to, stays)
            }
        }
    }

    /// The call that who refers has made ends: somebody else goes where it went. A wait in a queue is over by that, not
    /// given up, and phones that rang have missed nobody.
    fn end_alone(&mut self, now: Now, id: CallId, alone: &Alone) {
        let number = self.calls.get(&id).map_or(0, |call| call.number);
        let who = self.number_of_leg(alone.call, alone.by);
        self.withdraw_from_queue(now, alone.call, Exit::Moved);
        for leg in self.live_callees(alone.call) {
            self.drop_leg(now, alone.call, leg, LegOutcome::Cancelled, Some(ELSEWHERE.to_owned()));
        }
        let Some(call) = self.calls.get_mut(&alone.call) else { return };
        let was_answered = call.answered.is_some();
        let Some(leg) = call.legs.get_mut(&alone.by) else { return };
        leg.outcome = LegOutcome::Transferred;
        let by = EndedBy::Party(leg.origin);
        let text = format!("{who} sends the other side of call {number} to {} in its place", alone.to);
        self.why(now, alone.call, "transfer", text.clone());
        self.finish(now, alone.call, Over::left(by, was_answered, text));
    }
}
