//! Digits for flows. A phone may send one key press in two ways at once (RFC 4733 events and INFO, or INFO and sound):
//! the way that its first one came is the way that counts.

use crate::exchange::Exchange;
use crate::media::MediaCommand;
use crate::{CallId, LegId};
use switchroom_flow::Event;
use switchroom_sip::endpoint::Trace;
use switchroom_sip::time::Now;

/// How a digit came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// In the media: events, or found in the sound.
    Media,
    /// In an INFO request.
    Info,
}

impl Exchange {
    /// A digit of a caller whose call has a flow. True if it is the flow's: then nothing else is done with it, and it is
    /// written down nowhere.
    pub(crate) fn digit_for_flow(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        digit: char,
        means: Means,
    ) -> bool {
        let Some(visit) = self.visits.get(&id) else { return false };
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let is_talking = matches!(call.stage, crate::Stage::Talking { .. });
        if is_talking || call.is_ended() || leg != call.caller {
            return false;
        }
        let taking = visit.taking.clone();
        let Some(one) = call.legs.get_mut(&leg) else { return false };
        if *one.digits_by.get_or_insert(means) != means {
            return true;
        }
        match taking {
            // A key ends a message.
            Some(taking) => {
                self.media(MediaCommand::StopMessage { call: id, leg: taking.leg, is_kept: true });
            }
            None => self.tell_flow(now, id, Event::Digit(digit)),
        }
        true
    }
}

/// A message as it is shown: digits in the body of an INFO are crosses.
pub(crate) fn without_digits(trace: Trace) -> Trace {
    if !trace.bytes.starts_with(b"INFO ") {
        return trace;
    }
    let body = trace.bytes.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |at| at + 4);
    let hide = |(at, byte): (usize, &u8)| match byte {
        b'0'..=b'9' | b'*' | b'#' if at >= body => b'x',
        b'A'..=b'D' | b'a'..=b'd' if at >= body && is_alone(&trace.bytes, at) => b'x',
        byte => *byte,
    };
    let bytes = trace.bytes.iter().enumerate().map(hide).collect();
    Trace { bytes, ..trace }
}

/// Whether a letter is no part of a word.
fn is_alone(bytes: &[u8], at: usize) -> bool {
    let is_letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphabetic);
    !is_letter(at.checked_sub(1)) && !is_letter(Some(at + 1))
}
