//! Phrases of test cases: how phones and queues behave, what becomes of them.

use super::Turn;
use crate::boundary::{Dialled, Opening};
use crate::read::{duration, shown};
use crate::rehearse::stage::{Phone, Waiting};
use std::time::Duration;

/// Parts between commas.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim)
}

/// A duration behind these words, as `answers after 5s`.
fn behind(part: &str, words: &str) -> Option<Result<Duration, String>> {
    part.strip_prefix(words).filter(|rest| rest.starts_with(' ')).map(|rest| duration(rest.trim()))
}

/// `busy`, `rings`, `unreachable`, `answers`, `answers after 5s, talks 30s`.
pub(in crate::rehearse) fn phone(text: &str) -> Result<Phone, String> {
    let wanted = || {
        format!(
            "\"{}\" is not how a phone behaves\nwrite \"busy\", \"rings\", \"unreachable\" or \"answers after 5s, talks 30s\"",
            shown(text)
        )
    };
    match text {
        "busy" => return Ok(Phone::Busy),
        "rings" | "no answer" => return Ok(Phone::Rings),
        "unreachable" => return Ok(Phone::Unreachable),
        _ => {}
    }
    let (mut after, mut talks) = (None, None);
    for part in parts(text) {
        if part == "answers" {
            after = Some(Duration::ZERO);
        } else if let Some(time) = behind(part, "answers after") {
            after = Some(time?);
        } else if let Some(time) = behind(part, "talks") {
            talks = Some(time?);
        } else {
            return Err(wanted());
        }
    }
    after.map(|after| Phone::Answers(after, talks)).ok_or_else(wanted)
}

/// `empty`, `full`, `closed`, or `3 waiting, 2 agents, expects 2m, answers after 40s, talks 1m, longest 5m`.
pub(super) fn queue(text: &str) -> Result<Waiting, String> {
    let wanted = |part: &str| {
        format!(
            "\"{}\" is not how a queue stands\nwrite \"empty\", \"full\", \"closed\", or some of \"3 waiting, 2 agents, expects 2m, answers after 40s, talks 1m, longest 5m, no call-back\"",
            shown(part)
        )
    };
    let mut queue = Waiting::default();
    for part in parts(text) {
        let count = |word: &str| part.strip_suffix(word).and_then(|n| n.trim().parse::<u32>().ok());
        if part == "empty" {
            queue.agents = 0;
        } else if part == "full" {
            queue.is_full = true;
        } else if part == "closed" {
            queue.is_closed = true;
        } else if part == "no call-back" {
            queue.calls_back = false;
        } else if part == "answers" {
            queue.answers = Some(Duration::ZERO);
        } else if let Some(n) = count("waiting") {
            queue.waiting = n;
        } else if let Some(n) = count("agents").or_else(|| count("agent")) {
            queue.agents = n;
        } else if let Some(time) = behind(part, "expects") {
            queue.expected = time?;
        } else if let Some(time) = behind(part, "answers after") {
            queue.answers = Some(time?);
        } else if let Some(time) = behind(part, "talks") {
            queue.talks = Some(time?);
        } else if let Some(time) = behind(part, "longest") {
            queue.longest = time?;
        } else {
            return Err(wanted(part));
        }
    }
    Ok(queue)
}

/// `open`, `closed`, `holiday New Year`.
pub(super) fn opening(text: &str) -> Result<Opening, String> {
    match text.split_once(' ') {
        None if text == "open" => Ok(Opening::Open),
        None if text == "closed" => Ok(Opening::Closed),
        Some(("holiday", name)) => Ok(Opening::Holiday(name.trim().to_owned())),
        _ => Err(format!(
            "\"{}\" is not how hours stand\nwrite \"open\", \"closed\" or \"holiday\" and the name of the day",
            shown(text)
        )),
    }
}

/// `busy`, `nobody`, `unreachable`, `full`, `closed`, `empty`, `talks`, `talks 30s`.
pub(super) fn turn(text: &str) -> Result<Turn, String> {
    Ok(match text {
        "busy" | "declined" => Turn::Became(Dialled::Busy),
        "nobody" => Turn::Became(Dialled::NoAnswer),
        "unreachable" => Turn::Became(Dialled::Failed),
        "full" => Turn::Became(Dialled::Full),
        "empty" => Turn::Became(Dialled::Empty),
        "closed" => Turn::Became(Dialled::Closed),
        "talks" => Turn::Talks(None),
        _ => match behind(text, "talks") {
            Some(time) => Turn::Talks(Some(time?)),
            None => {
                return Err(format!(
                    "\"{}\" is not what becomes of a call\nwrite \"busy\", \"nobody\", \"unreachable\", \"full\", \"closed\", \"empty\", \"talks\" or \"talks 30s\"",
                    shown(text)
                ));
            }
        },
    })
}

/// Keys to press.
pub(super) fn keys(text: &str) -> Result<String, String> {
    let is_key = |c: char| matches!(c, '0'..='9' | '*' | '#' | 'A'..='D');
    if (1..=64).contains(&text.len()) && text.chars().all(is_key) {
        return Ok(text.to_owned());
    }
    Err(format!("\"{}\" are no keys\nkeys are 0 to 9, * and #, as \"12#\"", shown(text)))
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn phrases_read_as_they_are_meant() {
        let s = Duration::from_secs;
        for (text, meant) in [
            ("busy", Phone::Busy),
            ("rings", Phone::Rings),
            ("unreachable", Phone::Unreachable),
            ("answers", Phone::Answers(s(0), None)),
            ("answers after 5s, talks 1m", Phone::Answers(s(5), Some(s(60)))),
        ] {
            assert_eq!(phone(text), Ok(meant), "{text}");
        }
        let queue_of = Waiting {
            waiting: 3,
            agents: 1,
            expected: s(120),
            is_full: false,
            is_closed: false,
            answers: Some(s(40)),
            talks: Some(s(60)),
            longest: s(300),
            calls_back: false,
        };
        let text = "3 waiting, 1 agent, expects 2m, answers after 40s, talks 1m, longest 5m, no call-back";
        assert_eq!(queue(text), Ok(queue_of));
        assert_eq!(queue("empty").map(|q| q.agents), Ok(0));
        assert_eq!(queue("full").map(|q| q.is_full), Ok(true));
        assert_eq!(queue("closed").map(|q| q.is_closed), Ok(true));
        assert_eq!(opening("holiday New Year"), Ok(Opening::Holiday("New Year".into())));
        assert_eq!(turn("talks 30s"), Ok(Turn::Talks(Some(s(30)))));
        assert_eq!(turn("nobody"), Ok(Turn::Became(Dialled::NoAnswer)));
    }

    #[test]
    fn what_is_no_phrase_says_what_would_be() {
        for text in
            ["", "bussy", "answers after", "answers after 5", "talks 5s", "answers,", "answersafter 5s"]
        {
            let Err(what) = phone(text) else { panic!("{text:?}") };
            assert!(what.contains('\n'), "{what}");
        }
        for text in ["", "x agents", "-1 agents", "99999999999 agents"] {
            assert!(queue(text).is_err(), "{text:?}");
        }
        for text in ["", "1a", "１", "1\n"] {
            assert!(keys(text).is_err(), "{text:?}");
        }
        assert!(opening("ajar").is_err() && turn("talks long").is_err() && turn("x").is_err());
    }
}
