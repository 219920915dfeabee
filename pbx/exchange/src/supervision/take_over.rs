//! A supervisor takes the agent's place in a call: the agent is released, the supervisor's phone is a party of the call.

use super::begin::nobody_at;
use crate::call::{Leg, LegState};
use crate::exchange::Exchange;
use crate::limits::DIGITS_HUSHED;
use crate::media::MediaCommand;
use crate::record::{Cause, End, EndedBy};
use crate::{CallId, LegId};
use switchroom_sip::time::Now;

impl Exchange {
    /// The supervisor at that phone takes over the call that is heard.
    pub(crate) fn take_over_at(&mut self, now: Now, phone: &str, user: &str) -> Result<String, String> {
        let id = self.supervision_at(phone).ok_or_else(|| nobody_at(phone))?;
        self.take_over_from(now, id, user)
    }

    pub(super) fn take_over_from(&mut self, now: Now, id: CallId, user: &str) -> Result<String, String> {
        let one = self.supervisions.get(&id).ok_or("that is no supervisor's call")?;
        let target = one.target.and_then(|target| self.calls.get(&target));
        let target = target.ok_or("no call is heard at the moment, so there is none to take over")?;
        if target.transfer.is_some() {
            return Err(format!("call {} is being transferred; try again", target.number));
        }
        let old = self.coached(one, target).ok_or("nobody in that call can be released")?;
        let new = self.voice(id).ok_or("the supervisor's phone holds; resume first")?;
        let (target, number) = (target.id, target.number);
        let who = self.number_of_leg(target, old);
        let text = format!("{user} takes call {number} over from {who}");
        self.note_supervision(now, id, user, "take_over", &text);
        if let Some((call, _)) = self.supervisions.get(&id).and_then(|one| one.told.recorded) {
            self.media(MediaCommand::RecordNoMore { call, leg: new });
        }
        // From here on it is a party, and nobody's supervisor. The key may come once more, by another way.
        self.listen(id, false);
        if let Some(leg) = self.calls.get_mut(&id).and_then(|call| call.legs.get_mut(&new)) {
            leg.hushed_until = Some(now.mono.after(DIGITS_HUSHED));
        }
        self.supervisions.remove(&id);
        self.supervisions.touch(target);
        self.change_party(now, (id, new), (target, old));
        Ok(text)
    }

    /// A leg of one call takes the place of one of another.
    fn change_party(&mut self, now: Now, (from, new): (CallId, LegId), (id, old): (CallId, LegId)) {
        let Some(leg) = self.hand_leg_over(from, new) else { return };
        if self.calls.get(&id).is_some_and(|call| call.caller == old) {
            // A flow that had the caller has nobody any more.
            self.end_visit(now, id);
        }
        // Its media is there already: that is where the supervisor heard the call.
        self.leave_room(new);
        self.seat_leg(id, old, leg);
        self.drop_leg(now, id, old, "transferred", None);
        self.agent_left(now, id, old);
        self.tape_instead(id, old, new);
        let number = self.calls.get(&id).map_or(0, |call| call.number);
        let text = format!("goes on in call {number}");
        self.finish(now, from, EndedBy::Party(End::Caller), Cause::HungUp, 0, text);
        self.refresh_talk(now, id);
        self.note_open(id);
    }

    /// Takes a leg out of its call, where something ended stands in its place.
    fn hand_leg_over(&mut self, from: CallId, leg: LegId) -> Option<Leg> {
        let ghost = self.next_leg(from);
        let call = self.calls.get_mut(&from)?;
        let taken = call.legs.remove(&leg)?;
        call.caller = ghost;
        call.sessions.retain(|session| Some(*session) != taken.session);
        let stays = Leg {
            id: ghost,
            session: None,
            slot: None,
            state: LegState::Ended,
            outcome: "transferred",
            is_missing: false,
            ..taken.clone()
        };
        call.legs.insert(ghost, stays);
        if let Some(extension) = &taken.extension {
            self.leave_call(from, extension);
        }
        Some(taken)
    }
}
