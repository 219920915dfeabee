//! A supervisor takes the agent's place in a call: the agent is released, the supervisor's phone is a party of the call.

use super::begin::nobody_at;
use crate::CallId;
use crate::call::UnderWay;
use crate::exchange::Exchange;
use crate::limits::DIGITS_HUSHED;
use crate::media::MediaCommand;
use crate::text::clean;
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
        match target.under_way() {
            Some(UnderWay::Transfer(_)) => {
                return Err(format!("call {} is being transferred; try again", target.number));
            }
            Some(UnderWay::Consult(_)) => {
                return Err(format!(
                    "in call {} somebody is consulted; cancel or complete that first",
                    target.number
                ));
            }
            Some(UnderWay::Briefing(_) | UnderWay::HandOff(_)) | None => {}
        }
        let old = self.coached(one, target).ok_or("nobody in that call can be released")?;
        let new = self.voice(id).ok_or("the supervisor's phone holds; resume first")?;
        let (target, number) = (target.id, target.number);
        let who = self.number_of_leg(target, old);
        let text = format!("{user} takes call {number} over from {who}");
        self.note_supervision(now, id, user, "take_over", &text);
        if let Some((call, _)) = self.supervisions.get(&id).and_then(|one| one.told.recorded) {
            self.media(MediaCommand::RecordNoMore { call, leg: new });
            self.mark_barge(id, call, "barge_over");
        }
        self.mark(target, "take_over", &format!("{} from {who}", clean(user)));
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
}
