//! A short tone in the ear of one party: that the recording was paused by key, that a supervisor has come. Nobody else hears it,
//! and as a recording is of what phones send, none has it.

use super::{LegState, Stage};
use crate::exchange::Exchange;
use crate::media::MediaCommand;
use crate::{CallId, LegId};
use switchroom_flow::Clip;

/// The number of its `Play`: no flow and no briefing counts so far.
pub const SIGNAL: u64 = u64::MAX;

impl Exchange {
    /// Plays the tone to a party of a talk, which then hears again what it heard. False if it would not be heard.
    pub(crate) fn signal(&mut self, id: CallId, leg: LegId) -> bool {
        let Some(call) = self.calls.get(&id).filter(|call| !call.is_briefed()) else { return false };
        let listens = call.leg(leg).is_some_and(|leg| leg.state == LegState::Up && !leg.holds);
        let is_heard = listens && matches!(call.stage, Stage::Talking { .. });
        if is_heard {
            let clips = vec![Clip::Beep];
            self.media(MediaCommand::Play { call: id, leg, number: SIGNAL, clips, is_loop: false });
        }
        is_heard
    }

    /// The tone was heard to its end.
    pub(crate) fn signalled(&mut self, id: CallId, leg: LegId) {
        let is_talk = |call: &crate::Call| matches!(call.stage, Stage::Talking { .. });
        if self.calls.get(&id).is_some_and(is_talk) {
            self.wire(id, leg);
        }
    }
}
