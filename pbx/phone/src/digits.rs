//! Digits in the body of INFO, in the three forms that are in use.

use serde::{Deserialize, Serialize};

/// How a digit stands in an INFO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InfoForm {
    /// `application/dtmf-relay`: lines with the signal and its duration.
    Relay,
    /// `application/dtmf`: the digit and nothing else.
    Plain,
    /// `audio/telephone-event`: lines like the first form, or the digit alone.
    Event,
}

/// Which way a digit came or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DigitsBy {
    /// As RTP events (RFC 4733).
    Rtp,
    /// By INFO.
    Info,
}

/// Digits that can be sent.
pub const DIGITS: &str = "0123456789*#ABCD";
/// How long a digit sent by INFO says that it was pressed, milliseconds.
const PRESSED_MS: u32 = 160;

impl InfoForm {
    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Relay => "application/dtmf-relay",
            Self::Plain => "application/dtmf",
            Self::Event => "audio/telephone-event",
        }
    }

    /// The body for one digit.
    pub fn body(self, digit: char) -> Vec<u8> {
        match self {
            Self::Relay => format!("Signal={digit}\r\nDuration={PRESSED_MS}\r\n"),
            Self::Plain => digit.to_string(),
            Self::Event => format!("Signal={digit}\r\nDuration={PRESSED_MS}\r\n"),
        }
        .into_bytes()
    }
}

/// The digit of an INFO; `None` if the body is of another kind or holds none.
pub fn read(content_type: &str, body: &[u8]) -> Option<char> {
    let known = [InfoForm::Relay, InfoForm::Plain, InfoForm::Event];
    known.iter().find(|form| form.content_type().eq_ignore_ascii_case(content_type))?;
    let text = std::str::from_utf8(body).ok()?;
    let signal = text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
    });
    as_digit(signal.unwrap_or(text).trim())
}

/// A single digit in any case, or the number of its event: 10 is `*`, 11 is `#`.
fn as_digit(text: &str) -> Option<char> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(one), None) => Some(one.to_ascii_uppercase()).filter(|d| DIGITS.contains(*d)),
        (Some(_), Some(_)) => text.parse::<usize>().ok().and_then(|code| DIGITS.chars().nth(code)),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for form in [InfoForm::Relay, InfoForm::Plain, InfoForm::Event] {
            for digit in DIGITS.chars() {
                assert_eq!(read(form.content_type(), &form.body(digit)), Some(digit), "{form:?}");
            }
        }
    }

    #[test]
    fn what_phones_send_is_read_and_garbage_is_not() {
        for (kind, body, want) in [
            ("application/dtmf-relay", "Signal= 5\nDuration= 250", Some('5')),
            ("Application/DTMF-Relay", "signal=11\r\n", Some('#')),
            ("application/dtmf", " 7\r\n", Some('7')),
            ("application/dtmf", "d", Some('D')),
            ("application/dtmf", "99", None),
            ("application/dtmf", "", None),
            ("application/dtmf-relay", "Signal=x", None),
            ("text/plain", "5", None),
        ] {
            assert_eq!(read(kind, body.as_bytes()), want, "{kind} {body:?}");
        }
        assert_eq!(read("application/dtmf", &[0xff, 0xfe]), None);
    }
}
