//! Values as people write them: durations, names, keys, addresses.
//!
//! Each reader says in one sentence what it wants instead; a hint may follow after a line break.

use crate::clip::is_prompt_name;
use crate::fault::did_you_mean;
use crate::limits::{KEY_DIGITS_MAX, NAME_MAX};
use std::time::Duration;

/// `30s`, `500ms`, `1m30s`, `7d`.
///
/// # Errors
/// One sentence that says what is wanted, with its hint behind a line break.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wanted =
        || format!("\"{}\" is not a duration\nwrite a number with ms, s, m, h or d, as \"5s\"", shown(text));
    let (mut rest, mut total_ms) = (text, 0_u64);
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wanted)?);
        let (unit, next) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        let unit_ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(wanted()),
        };
        let number: u64 = number.parse().map_err(|_| wanted())?;
        total_ms = number.checked_mul(unit_ms).and_then(|ms| total_ms.checked_add(ms)).ok_or_else(wanted)?;
        rest = next;
    }
    if text.is_empty() { Err(wanted()) } else { Ok(Duration::from_millis(total_ms)) }
}

/// A duration as it would be written.
pub fn duration_text(duration: Duration) -> String {
    let ms = duration.as_millis();
    match [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
        .into_iter()
        .find(|(_, unit)| ms.is_multiple_of(*unit))
    {
        _ if ms == 0 => "0s".to_owned(),
        Some((unit, unit_ms)) => format!("{}{unit}", ms / unit_ms),
        None => format!("{ms}ms"),
    }
}

/// What was written, for a message: short, and nothing that a terminal would obey.
pub(crate) fn shown(text: &str) -> String {
    let mut out = crate::text::line(&text.chars().take(NAME_MAX).collect::<String>());
    if text.chars().nth(NAME_MAX).is_some() {
        out.push('…');
    }
    out
}

/// The name of a flow, node, queue, list, account and the like, in files of flows and in the configuration alike.
///
/// # Errors
/// One sentence that says what is wanted, with its hint behind a line break.
pub fn name(text: &str) -> Result<String, String> {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if text.is_empty() || !text.chars().all(is_letter) {
        return Err(format!("\"{}\" is not a name\nnames have letters, digits, _ and -", shown(text)));
    }
    if text.chars().count() > NAME_MAX {
        return Err(format!("a name has at most {NAME_MAX} characters"));
    }
    Ok(text.to_owned())
}

/// Words for people.
pub(super) fn title(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("there is a control character in it".to_owned());
    }
    if text.chars().count() > 2 * NAME_MAX {
        return Err(format!("it has at most {} characters", 2 * NAME_MAX));
    }
    Ok(text.to_owned())
}

/// The name of a variable that a flow may set.
pub(super) fn variable(text: &str) -> Result<String, String> {
    let mut chars = text.chars();
    let is_name = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_');
    if !is_name {
        let hint = "variables have letters, digits and _, and begin with a letter";
        return Err(format!("\"{}\" is not the name of a variable\n{hint}", shown(text)));
    }
    if text.chars().count() > NAME_MAX {
        return Err(format!("a name has at most {NAME_MAX} characters"));
    }
    if ["and", "or", "not", "in", "yes", "no", "true", "false"].contains(&text) {
        return Err(format!("\"{text}\" is a word of expressions\nchoose another name"));
    }
    if text != "language" && crate::check::is_built_in(text) {
        return Err(format!("{text} is known by itself and cannot be set\nchoose another name"));
    }
    Ok(text.to_owned())
}

/// The name of a prompt, without its `@`: `office/welcome`.
///
/// # Errors
/// One sentence that says what is wanted, with its hint behind a line break.
pub fn prompt_name(text: &str) -> Result<String, String> {
    if is_prompt_name(text) {
        return Ok(text.to_owned());
    }
    let hint = "names have a-z, 0-9, _ and -, with / between folders, as \"office/welcome\"";
    Err(format!("\"{}\" is not the name of a prompt\n{hint}", shown(text)))
}

/// What a caller presses to choose.
pub(super) fn pressed(text: &str) -> Result<String, String> {
    if !text.is_empty() && text.len() <= KEY_DIGITS_MAX && text.chars().all(is_key) {
        return Ok(text.to_owned());
    }
    let hint = format!("1 to {KEY_DIGITS_MAX} of 0-9 * # A-D are");
    Err(format!("\"{}\" cannot be pressed\n{hint}", shown(text)))
}

/// A key of a phone.
pub(super) fn is_key(c: char) -> bool {
    matches!(c, '0'..='9' | '*' | '#' | 'A'..='D')
}

/// One key of a phone.
pub(super) fn one_key(text: &str) -> Result<char, String> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(key), None) if is_key(key) => Ok(key),
        _ => Err(format!("\"{}\" is not one key\nwrite one of 0-9 * #", shown(text))),
    }
}

/// Where in an answer a value is: `items.0.price`.
pub(super) fn path(text: &str) -> Result<String, String> {
    let is_path = text.len() <= 4 * NAME_MAX && text.split('.').all(|part| !part.is_empty());
    if is_path && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(format!("\"{}\" is no place in an answer\nwrite names with dots, as \"items.0.price\"", shown(text)))
}

/// What of an address is before its first value: scheme, host and port must be there.
pub(super) fn address(text: &str, is_all: bool) -> Result<(), String> {
    let hint = "write \"http://127.0.0.1:8000/…\"";
    let Some(rest) = text.strip_prefix("http://") else {
        return Err(format!("the address does not begin with http://\n{hint}"));
    };
    let end = rest.find(['/', '?', '#']);
    if end.is_none() && !is_all {
        return Err("host and port cannot be values\nbegin values after the next /".to_owned());
    }
    let authority = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    let (host, port) = match authority.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        Some((v6, port)) => {
            let _: std::net::Ipv6Addr =
                v6.parse().map_err(|_| format!("[{}] is not an IPv6 address\n{hint}", shown(v6)))?;
            (v6, port.strip_prefix(':').or(if port.is_empty() { None } else { Some("") }))
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b':';
    if host.is_empty() || host.len() > 253 || !host.bytes().all(is_letter) {
        return Err(format!("\"{}\" is not a host\n{hint}", shown(authority)));
    }
    if port.is_some_and(|port| port.len() > 5 || !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return Err(format!("\"{}\" has no port from 1 to 65535\n{hint}", shown(authority)));
    }
    Ok(())
}

/// Text of an address behind its host.
pub(super) fn address_text(text: &str) -> Result<(), String> {
    match text.chars().find(|c| !c.is_ascii_graphic() || "\"<>\\^`|#".contains(*c)) {
        None => Ok(()),
        Some('#') => Err("# and what follows it is never sent to a service\nleave it out".to_owned()),
        Some(c) => {
            Err(format!("\"{}\" cannot stand in an address\nwrite it percent-encoded", c.escape_default()))
        }
    }
}

/// A reader for one word of a closed list.
pub fn one_of<T: Copy>(
    key: &'static str,
    words: &'static [(&'static str, T)],
) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            let hint = did_you_mean(text, words.iter().map(|(word, _)| *word))
                .unwrap_or_else(|| format!("write {}", known.join(" or ")));
            format!("\"{}\" is not something {key} can be\n{hint}", shown(text))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, ms) in [
            ("5s", 5_000),
            ("500ms", 500),
            ("1m30s", 90_000),
            ("2h", 7_200_000),
            ("2d", 172_800_000),
            ("0s", 0),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "5", "s", "5 s", "5w", "30s1", "-5s", "1.5s", "99999999999999999999s", "９s"] {
            assert!(duration(text).is_err(), "{text}");
        }
        for text in ["5s", "1500ms", "90s", "2m", "0s", "3h", "90m", "2d"] {
            assert_eq!(duration_text(duration(text).expect(text)), text);
        }
    }

    #[test]
    fn an_address_has_a_literal_host() {
        for (text, is_all) in [
            ("http://localhost", true),
            ("http://127.0.0.1:8000/a", true),
            ("http://[::1]:80/", true),
            ("http://[::1]/", false),
            ("http://crm.local/q?n=", false),
            ("http://crm?n=", false),
        ] {
            assert_eq!(address(text, is_all), Ok(()), "{text}");
        }
        for (text, is_all) in [
            ("https://localhost/", true),
            ("localhost/", true),
            ("", true),
            ("http://", true),
            ("http://localhost", false),
            ("http://localhost:", false),
            ("http:///x", true),
            ("http://user@host/", true),
            ("http://a b/", true),
            ("http://a:0/", true),
            ("http://a:70000/", true),
            ("http://a:80x/", true),
            ("http://[::1/", true),
            ("http://[::1]x/", true),
            ("http://例子/", true),
        ] {
            assert!(address(text, is_all).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_what_paths_and_terminals_can_bear() {
        for text in ["main", "VIP_2", "after-sales", "售后"] {
            assert!(name(text).is_ok(), "{text}");
        }
        for text in ["", "a b", "a/b", "..", "a\u{1b}[2J", &"x".repeat(65)] {
            assert!(name(text).is_err(), "{text}");
            assert!(!name(text).expect_err("no name").contains('\u{1b}'));
        }
        for text in ["a", "office/welcome", "a-1/b_2"] {
            assert!(prompt_name(text).is_ok(), "{text}");
        }
        for text in ["", "/a", "a/", "a//b", "../a", "A", "a.wav", "a b"] {
            assert!(prompt_name(text).is_err(), "{text}");
        }
        for text in ["order", "_x1", "订单", "language"] {
            assert!(variable(text).is_ok(), "{text}");
        }
        for text in ["", "1a", "a.b", "a-b", "and", "true", "caller", "hour"] {
            assert!(variable(text).is_err(), "{text}");
        }
    }
}
