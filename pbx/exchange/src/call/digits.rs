//! Digits that phones send in a talk: whom they reach, and what of them is written down. What people press, and what they
//! answer in flows, is written down one by one up to a bound for each call, beyond it counted: a journal is never shortened, and
//! a phone can press thousands of keys a second.

use crate::exchange::Exchange;
use crate::inbound::Means;
use crate::limits::{ANSWERS_MAX, KEYS_WRITTEN_MAX};
use crate::media::MediaCommand;
use crate::record::{EventKind, Severity};
use crate::{CallId, LegId};
use switchroom_sip::time::Now;

/// What there may be very many of in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Many {
    /// Keys pressed in a talk.
    Keys,
    /// Answers to the surveys of flows.
    Answers,
}

/// How many of each there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    keys: u32,
    answers: u32,
}

impl Tally {
    /// One more. Whether it is one too many to be written down.
    fn add(&mut self, what: Many) -> bool {
        let (count, most) = match what {
            Many::Keys => (&mut self.keys, KEYS_WRITTEN_MAX),
            Many::Answers => (&mut self.answers, ANSWERS_MAX),
        };
        *count = count.saturating_add(1);
        *count > most
    }

    /// What was left out, in words.
    fn rest(self) -> Option<String> {
        let keys = self.keys.saturating_sub(KEYS_WRITTEN_MAX);
        let answers = self.answers.saturating_sub(ANSWERS_MAX);
        let all = [(keys, "keys pressed"), (answers, "answers to surveys")];
        let words: Vec<String> = all
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

impl Exchange {
    /// Digits in INFO: the three bodies that phones send. Passed on as RFC 4733 events, which every phone reads.
    pub(super) fn on_info(&mut self, now: Now, id: CallId, leg: LegId, kind: &str, body: &[u8]) {
        let Some((digit, duration_ms)) = info_digit(kind, body) else { return };
        if self.is_command(now, id, leg, digit, Means::Info) || self.is_hushed(now.mono, id, leg) {
            return;
        }
        self.on_digit(now, id, leg, digit);
        self.pass_digit(id, leg, digit, duration_ms);
    }

    /// A digit goes to whom its phone talks with: in a consultation those whom it connects.
    pub(super) fn pass_digit(&mut self, id: CallId, leg: LegId, digit: char, duration_ms: u16) {
        let talk = self.room_of(leg).unwrap_or(id);
        let consults = self.calls.get(&talk).filter(|call| call.consult().is_some());
        let others: Vec<LegId> = match consults.map(|call| self.bridged(call)) {
            Some(bridged) if bridged.contains(&leg) => {
                bridged.into_iter().filter(|one| *one != leg).collect()
            }
            Some(_) => Vec::new(),
            None => self.calls.get(&id).and_then(|call| call.hears(leg)).into_iter().collect(),
        };
        for leg in others {
            let call = self.room_of(leg).unwrap_or(id);
            self.media(MediaCommand::SendDigit { call, leg, digit, duration_ms });
        }
    }

    /// Whether a digit is for a flow, a supervisor's, or of the code for the recording: then it has been taken there, and
    /// nobody is told of it.
    pub(super) fn is_command(&mut self, now: Now, id: CallId, leg: LegId, digit: char, means: Means) -> bool {
        self.digit_for_flow(now, id, leg, digit, means)
            || self.supervisors_key(now, id, leg, digit, means)
            || self.consent_key(now, id, leg, digit)
            || self.recording_key(now, id, leg, digit, means)
    }

    /// A phone pressed a digit in a talk, by whatever way it came.
    pub(crate) fn on_digit(&mut self, now: Now, id: CallId, leg: LegId, digit: char) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some(one) = call.leg(leg) else { return };
        // What is not to be in the recording as sound is not to be beside it as keys.
        if call.paused_by().is_some() || self.is_hushed(now.mono, id, leg) {
            return;
        }
        let who = one.party.number.clone();
        self.mark(id, "digit", &digit.to_string());
        if !self.left_out_one(id, Many::Keys) {
            self.key_written(now, id, &who, digit);
        }
    }

    fn key_written(&mut self, now: Now, id: CallId, who: &str, digit: char) {
        let text = format!("{who} pressed {digit}");
        self.call_event(now, id, who, "digit", text.clone());
        self.ladders.decision(now, id, &text);
    }

    /// Counts what a call has many of. True if that is too much to be written down.
    pub(crate) fn left_out_one(&mut self, id: CallId, what: Many) -> bool {
        self.calls.get_mut(&id).is_none_or(|call| call.many.add(what))
    }

    /// Says of a call that ends what was not written down one by one.
    pub(super) fn tell_left_out(&mut self, now: Now, id: CallId) {
        let rest = self.calls.get(&id).map(|call| call.many).and_then(Tally::rest);
        if let Some(rest) = rest {
            let text = format!("more than is written down one by one: {rest}");
            self.event(now, EventKind::Call, Severity::Warn, Some(id), "", "left_out", text);
        }
    }
}

/// The digit in an INFO body and its duration.
pub(crate) fn info_digit(kind: &str, body: &[u8]) -> Option<(char, u16)> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let field = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let signal = match kind {
        "application/dtmf-relay" => field("Signal")?,
        "application/dtmf" => field("Signal").unwrap_or_else(|| text.to_owned()),
        "audio/telephone-event" => field("Signal").unwrap_or_else(|| text.to_owned()),
        _ => return None,
    };
    let digit = match signal.as_str() {
        "10" => '*',
        "11" => '#',
        one => one.chars().next().filter(|_| one.chars().count() == 1)?.to_ascii_uppercase(),
    };
    if !matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D') {
        return None;
    }
    let duration = field("Duration").and_then(|d| d.parse::<u16>().ok()).unwrap_or(160).clamp(40, 2000);
    Some((digit, duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_in_three_bodies() {
        for (kind, body, want) in [
            ("application/dtmf-relay", "Signal=5\r\nDuration=250\r\n", Some(('5', 250))),
            ("application/dtmf-relay", "Signal= *\nDuration= 99999\n", Some(('*', 160))),
            ("application/dtmf", "#", Some(('#', 160))),
            ("application/dtmf", "11", Some(('#', 160))),
            ("audio/telephone-event", "d", Some(('D', 160))),
            ("application/dtmf", "12", None),
            ("application/dtmf-relay", "x", None),
            ("text/plain", "5", None),
        ] {
            assert_eq!(info_digit(kind, body.as_bytes()), want, "{kind} {body:?}");
        }
        assert_eq!(info_digit("application/dtmf", b"\xff"), None);
    }
}
