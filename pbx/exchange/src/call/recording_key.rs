//! The code by which the agent of a talk controls its recording: two keys. Of these the other side hears the first at most,
//! since nobody can tell before the second what the first was for; the second is withheld, and goes on late if it was
//! another.

use super::{LegState, Stage};
use crate::exchange::Exchange;
use crate::inbound::Means;
use crate::limits::{CODE_HUSHED, CODE_WITHIN};
use crate::media::MediaCommand;
use crate::{CallId, LegId};
use switchroom_sip::time::{Mono, Now};

/// How long a key is that was withheld, milliseconds.
const LATE_MS: u16 = 160;

impl Exchange {
    /// A key in a talk. True if it was the second after the first of the code: then it has been dealt with.
    pub(super) fn recording_key(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        key: char,
        means: Means,
    ) -> bool {
        let mut code = self.config.recording_key.chars();
        let (Some(first), Some(second)) = (code.next(), code.next()) else { return false };
        if !self.may_press_code(id, leg) {
            return false;
        }
        if !self.is_within_code(now.mono, id, leg) {
            if key == first && self.digit_counts(now, id, leg, key, means) {
                self.expect_code(now.mono, id, leg);
            }
            return false;
        }
        // The first one once more, by another way.
        if !self.digit_counts(now, id, leg, key, means) {
            return true;
        }
        self.media(MediaCommand::WithholdDigits { call: id, leg, for_ms: 0 });
        let is_it = key == second;
        if let Some(one) = self.calls.get_mut(&id).and_then(|call| call.legs.get_mut(&leg)) {
            one.code_since = None;
            if is_it {
                one.hushed_until = Some(now.mono.after(CODE_HUSHED));
            }
        }
        if is_it {
            self.record_by_key(now, id, leg);
            return true;
        }
        self.on_digit(now, id, leg, key);
        self.pass_digit(id, leg, key, LATE_MS);
        if key == first {
            self.expect_code(now.mono, id, leg);
        }
        true
    }

    /// Whether it is the phone of the agent, or of who stands for one, in a talk.
    fn may_press_code(&self, id: CallId, leg: LegId) -> bool {
        let is_talk = |call: &super::Call| {
            let is_up = call.leg(leg).is_some_and(|leg| leg.state == LegState::Up);
            matches!(call.stage, Stage::Talking { .. }) && !call.is_briefed() && is_up
        };
        self.calls.get(&id).is_some_and(is_talk) && self.agents_leg(id) == Some(leg)
    }

    fn is_within_code(&self, now: Mono, id: CallId, leg: LegId) -> bool {
        let since = self.calls.get(&id).and_then(|call| call.leg(leg)?.code_since);
        since.is_some_and(|since| now.since(since) < CODE_WITHIN)
    }

    fn expect_code(&mut self, now: Mono, id: CallId, leg: LegId) {
        let Some(one) = self.calls.get_mut(&id).and_then(|call| call.legs.get_mut(&leg)) else { return };
        one.code_since = Some(now);
        let for_ms = u16::try_from(CODE_WITHIN.as_millis()).unwrap_or(u16::MAX);
        self.media(MediaCommand::WithholdDigits { call: id, leg, for_ms });
    }
}
