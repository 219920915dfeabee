//! Digits for flows. A phone may send one key press in two ways at once (RFC 4733 events and INFO, or INFO and sound):
//! the way that its first one came is the way that counts. Sound alone may be a voice that was taken for a key: INFO takes
//! over from it.

use crate::exchange::Exchange;
use crate::media::MediaCommand;
use crate::{CallId, LegId};
use std::time::Duration;
use switchroom_flow::Event;
use switchroom_sip::endpoint::Trace;
use switchroom_sip::message::end_of_head;
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
        let is_talking = matches!(call.stage, crate::Stage::Talking { .. }) || call.transfer().is_some();
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

/// A message as it is shown: digits in the body of an INFO are crosses. Where that begins is read as the parser reads it: phones
/// send blank lines before a request, and end lines with LF alone.
pub(crate) fn without_digits(trace: Trace) -> Trace {
    let start = trace.bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(trace.bytes.len());
    if !trace.bytes[start..].starts_with(b"INFO ") {
        return trace;
    }
    let body = end_of_head(&trace.bytes).unwrap_or(start);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use switchroom_sip::endpoint::SessionId;
    use switchroom_sip::flow::{Flow, Transport};

    fn shown(text: &str) -> String {
        let at = "192.0.2.1:5060".parse().unwrap();
        let flow = Flow { transport: Transport::Udp, local: at, remote: at, connection: 0 };
        let bytes = text.as_bytes().into();
        let trace = Trace { session: SessionId(1), flow, inbound: true, again: false, bytes };
        String::from_utf8(without_digits(trace).bytes.to_vec()).unwrap()
    }

    #[test]
    fn no_digit_of_a_body_is_shown_wherever_it_begins() {
        for (head, end) in [
            ("INFO sip:2 SIP/2.0\r\nA: 3", "\r\n\r\n"),
            ("INFO sip:2 SIP/2.0\r\nA: 3", "\r\n\n"),
            ("INFO sip:2 SIP/2.0\nA: 3", "\n\n"),
            ("\r\n\r\nINFO sip:2 SIP/2.0\nA: 3", "\n\r\n"),
        ] {
            let text = format!("{head}{end}Signal=7\r\n\r\nSignal=*\r\n");
            assert_eq!(shown(&text), format!("{head}{end}Signal=x\r\n\r\nSignal=x\r\n"), "{text:?}");
        }
        assert_eq!(shown("INFO sip:2 SIP/2.0\r\nSignal=7"), "INFO sip:x SIP/x.x\r\nSignal=x");
        let other = "MESSAGE sip:2 SIP/2.0\r\n\r\n7";
        assert_eq!(shown(other), other);
    }
}
