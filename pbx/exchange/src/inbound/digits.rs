//! Digits for flows. A phone may send one key press in two ways at once (RFC 4733 events and INFO, or INFO and sound):
//! the way that its first one came is the way that counts. Sound alone may be a voice that was taken for a key: INFO takes
//! over from it.

use crate::exchange::Exchange;
use crate::media::MediaCommand;
use crate::{CallId, LegId};
use std::time::Duration;
use switchroom_flow::Event;
use switchroom_sip::endpoint::Trace;
use switchroom_sip::time::{Mono, Now};

/// A key that INFO tells within this time of the same key in the sound is one press.
const SAME_PRESS: Duration = Duration::from_millis(500);

/// How a digit came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// In the media: events, or found in the sound.
    Media,
    /// In an INFO request.
    Info,
}

/// Which of the ways that a leg's digits come by counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counted {
    by: Option<Means>,
    /// The last digit that was found in the sound, and when.
    in_sound: Option<(char, Mono)>,
}

impl Counted {
    pub(super) fn is_by_info(self) -> bool {
        self.by == Some(Means::Info)
    }

    /// Whether a digit counts; otherwise it is a press that has come by another way. `is_sound`: what comes in the media is
    /// found in the sound.
    fn counts(&mut self, now: Mono, digit: char, means: Means, is_sound: bool) -> bool {
        let before = self.in_sound.take();
        if means == Means::Media && is_sound {
            self.in_sound = Some((digit, now));
        }
        let known = *self.by.get_or_insert(means);
        if known == Means::Media && means == Means::Info && is_sound {
            self.by = Some(means);
            return before.is_none_or(|(found, at)| found != digit || now.since(at) > SAME_PRESS);
        }
        known == means
    }
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
        let Some(call) = self.calls.get(&id) else { return false };
        // Who is being put through is not back in its flow.
        let is_talking = matches!(call.stage, crate::Stage::Talking { .. }) || call.transfer.is_some();
        if is_talking || call.is_ended() || leg != call.caller {
            return false;
        }
        let taking = visit.taking.clone();
        if !self.digit_counts(now, id, leg, digit, means) {
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

impl Exchange {
    /// Whether a digit of who has the exchange itself to talk with counts, or is one that came by another way already.
    pub(crate) fn digit_counts(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        digit: char,
        means: Means,
    ) -> bool {
        let Some(one) = self.calls.get_mut(&id).and_then(|call| call.legs.get_mut(&leg)) else {
            return false;
        };
        let is_sound = one.agreed.as_ref().is_none_or(|agreed| agreed.digits.is_none());
        let was_by_info = one.counted.is_by_info();
        let counts = one.counted.counts(now.mono, digit, means, is_sound);
        if one.counted.is_by_info() && !was_by_info {
            self.listen_to(id, leg, false);
        }
        counts
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
