//! Digits that callers pressed, made unreadable and nothing else: PINs and card numbers are typed with them.
//!
//! The class of a digit stays: `*`, `#` and `A` to `D` are what they were, `0` to `9` become `0`. So an exchange that acts
//! on `#` acts the same.

use serde_json::Value;
use std::borrow::Cow;
use switchroom_exchange::{MediaCommand, MediaEvent, Record, RecordingFacts};
use switchroom_flow::Asking;

/// What a digit becomes.
pub(super) fn digit(digit: char) -> char {
    if digit.is_ascii_digit() { '0' } else { digit }
}

fn text(text: &str) -> String {
    text.chars().map(digit).collect()
}

/// What a service answered that was told a secret: digits and figures may be those.
pub(super) fn json(json: &Value) -> Value {
    match json {
        Value::String(words) => Value::String(text(words)),
        Value::Number(_) => Value::from(0),
        Value::Array(all) => all.iter().map(self::json).collect(),
        Value::Object(all) => all.iter().map(|(key, one)| (text(key), self::json(one))).collect(),
        Value::Null | Value::Bool(_) => json.clone(),
    }
}

/// The word of marks and events that hold a digit.
const DIGIT: &str = "digit";
/// In an event's sentence, what stands before the digit.
const PRESSED: &str = " pressed ";

fn facts(facts: &mut RecordingFacts) {
    for (_, kind, mark) in &mut facts.marks {
        if kind == DIGIT {
            *mark = text(mark);
        }
    }
}

/// What the media engine told, without digits.
pub(super) fn event(event: &mut MediaEvent) {
    match event {
        MediaEvent::Digit { digit: pressed, .. } => *pressed = digit(*pressed),
        MediaEvent::RecordingClosed { facts: of } => facts(of),
        MediaEvent::OpenFailed { .. }
        | MediaEvent::Flowing { .. }
        | MediaEvent::Played { .. }
        | MediaEvent::Unheard { .. }
        | MediaEvent::MessageTaken { .. }
        | MediaEvent::Missing { .. }
        | MediaEvent::Back { .. }
        | MediaEvent::DeadAir { .. }
        | MediaEvent::Sound { .. }
        | MediaEvent::Quality { .. }
        | MediaEvent::Closed { .. }
        | MediaEvent::RecordingStarted { .. }
        | MediaEvent::RecordingFailed { .. } => {}
    }
}

/// What is asked of the media engine, without digits.
pub(super) fn command(command: &MediaCommand) -> Cow<'_, MediaCommand> {
    let mut masked = Cow::Borrowed(command);
    match command {
        MediaCommand::SendDigit { .. } => {
            if let MediaCommand::SendDigit { digit: pressed, .. } = masked.to_mut() {
                *pressed = digit(*pressed);
            }
        }
        MediaCommand::Mark { kind, .. } if kind == DIGIT => {
            if let MediaCommand::Mark { text: mark, .. } = masked.to_mut() {
                *mark = text(mark);
            }
        }
        _ => {}
    }
    masked
}

/// A record, without digits.
pub(super) fn record(record: &Record) -> Cow<'_, Record> {
    let mut masked = Cow::Borrowed(record);
    match record {
        Record::Event(event) if event.name == DIGIT => {
            if let Record::Event(event) = masked.to_mut()
                && let Some((who, pressed)) = event.text.rsplit_once(PRESSED)
            {
                event.text = format!("{who}{PRESSED}{}", text(pressed));
            }
        }
        Record::Recording(of) if of.marks.iter().any(|m| m.1 == DIGIT) => {
            if let Record::Recording(of) = masked.to_mut() {
                facts(of);
            }
        }
        _ => {}
    }
    masked
}

/// What a flow asks of the outside, as a list of texts, without digits: those that a caller pressed may be anywhere in it.
pub(super) fn asking(asking: &Asking) -> Vec<String> {
    match asking {
        Asking::Http { url, body } => {
            let body = body.as_ref().map(|body| &body.text);
            [Some(url), body].into_iter().flatten().map(|part| text(part)).collect()
        }
        Asking::Exec { argv, input } => argv.iter().chain([&input.text]).map(|part| text(part)).collect(),
    }
}

/// The body of an INFO: signals lose their digits, `10` and `11`, which mean `*` and `#`, do not.
pub(super) fn info(body: &mut [u8]) {
    for line in body.split_mut(|b| *b == b'\n') {
        let Some(equals) = line.iter().position(|b| *b == b'=') else {
            signal(line);
            continue;
        };
        if !line[..equals].trim_ascii().eq_ignore_ascii_case(b"duration") {
            signal(&mut line[equals + 1..]);
        }
    }
}

fn signal(value: &mut [u8]) {
    if !matches!(value.trim_ascii(), b"10" | b"11") {
        value.iter_mut().filter(|b| b.is_ascii_digit()).for_each(|b| *b = b'0');
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn bodies_of_info_lose_their_digits_and_keep_their_meaning() {
        for (body, want) in [
            ("Signal=5\r\nDuration=250\r\n", "Signal=0\r\nDuration=250\r\n"),
            ("signal= * \nduration = 160", "signal= * \nduration = 160"),
            ("Signal=10\r\n", "Signal=10\r\n"),
            (" 7\r\n", " 0\r\n"),
            ("11", "11"),
            ("12", "00"),
            ("D", "D"),
            ("pin=4711&x=2", "pin=0000&x=0"),
        ] {
            let mut bytes = body.as_bytes().to_vec();
            info(&mut bytes);
            assert_eq!(String::from_utf8(bytes).unwrap(), want);
        }
    }
}
