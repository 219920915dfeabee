//! Compares what happened with what the file says, and says where it differs.

use super::file::{ExpectedCdr, Lined, Scenario, Value};
use super::play::{Answer, Outcome, Told};
use super::{span, told};
use std::path::Path;
use std::time::Duration;
use switchroom_exchange::Cdr;

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// Where it stands.
    pub line: usize,
    /// What was expected and what was seen.
    pub text: String,
}

/// Everything that differs. `golden` is the file of the ladder; it is written if `update` says so.
pub fn compare(scenario: &Scenario, outcome: &Outcome, golden: &Path, update: bool) -> Vec<Miss> {
    let mut misses = Vec::new();
    let expect = &scenario.expect;
    if let Some(wanted) = &expect.events {
        misses.extend(events(wanted, outcome));
    }
    for (look, heard) in expect.hears.iter().zip(&outcome.heard) {
        if look.what.text != *heard {
            let (at, wanted) = (span::show(look.what.at), &look.what.text);
            misses.push(Miss {
                line: look.line,
                text: format!("at {at} \"{wanted}\" is expected, but {heard}"),
            });
        }
    }
    misses.extend(answers(scenario, outcome));
    for (place, wanted) in &expect.told {
        let name = &scenario.phones[*place].name;
        misses.extend(phone(name, wanted, &outcome.told[*place]));
    }
    if let Some(wanted) = &expect.cdrs {
        misses.extend(cdrs(wanted, &outcome.cdrs));
    }
    if expect.ladder {
        misses.extend(ladder(scenario, outcome, golden, update));
    }
    misses
}

fn list(items: &[String]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("\"{item}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

fn events(wanted: &Lined<Vec<String>>, outcome: &Outcome) -> Option<Miss> {
    // Registrations come and go in every scenario: they count where one of them is named.
    let registrations: Vec<&str> =
        outcome.events.iter().filter(|(_, of)| *of).map(|(name, _)| name.as_str()).collect();
    let counts_all = wanted.what.iter().any(|name| registrations.contains(&name.as_str()));
    let seen: Vec<String> =
        outcome.events.iter().filter(|(_, of)| counts_all || !of).map(|(name, _)| name.clone()).collect();
    (seen != wanted.what).then(|| Miss {
        line: wanted.line,
        text: format!("events {} are expected, seen were {}", list(&wanted.what), list(&seen)),
    })
}

fn answers(scenario: &Scenario, outcome: &Outcome) -> Option<Miss> {
    let mut seen = outcome.answers.iter();
    for Lined { line, what } in &scenario.expect.answers {
        let is_it = |a: &Answer| {
            let said = (scenario.phones[a.phone].name.as_str(), a.status.to_string(), a.method.as_str());
            let wanted = (what.says.get("who"), what.says.get("status"), what.says.get("method"));
            wanted == (Some(said.0), Some(&said.1), Some(said.2))
                && span::is_about(&what.time, a.at) == Some(true)
        };
        if !seen.any(is_it) {
            let all: Vec<String> = outcome.answers.iter().map(|a| show_answer(scenario, a)).collect();
            let text =
                format!("\"{} {}\" is expected in its place among {}", what.time, what.text, list(&all));
            return Some(Miss { line: *line, text });
        }
    }
    None
}

fn show_answer(scenario: &Scenario, a: &Answer) -> String {
    let (at, name) = (span::show(a.at), &scenario.phones[a.phone].name);
    format!("{at} {name} is answered {} to {}", a.status, a.method)
}

fn phone(name: &str, wanted: &Lined<Vec<String>>, told: &[Told]) -> Option<Miss> {
    let counts_all = wanted.what.iter().any(|text| told::is_registration(split(text).1));
    let seen: Vec<&Told> = told.iter().filter(|(_, t)| counts_all || !told::is_registration(t)).collect();
    let fits = seen.len() == wanted.what.len()
        && seen.iter().zip(&wanted.what).all(|((at, told), text)| is_told(text, *at, told));
    (!fits).then(|| {
        let shown: Vec<String> = seen.iter().map(|(at, t)| format!("{} {t}", span::show(*at))).collect();
        let text = format!("{name} should be told {}, and was told {}", list(&wanted.what), list(&shown));
        Miss { line: wanted.line, text }
    })
}

/// A time, if the text begins with one, and the rest.
fn split(text: &str) -> (Option<&str>, &str) {
    match text.split_once(' ') {
        Some((first, rest)) if span::parse(first).is_some() => (Some(first), rest),
        _ => (None, text),
    }
}

/// Words after the comma need not be named.
fn is_told(wanted: &str, at: Duration, told: &str) -> bool {
    let (time, text) = split(wanted);
    let in_time = time.is_none_or(|time| span::is_about(time, at) == Some(true));
    in_time && (told == text || told.split(", ").next() == Some(text))
}

fn cdrs(wanted: &Lined<Vec<ExpectedCdr>>, seen: &[Cdr]) -> Vec<Miss> {
    if wanted.what.len() != seen.len() {
        let all: Vec<String> = seen.iter().map(|c| format!("{c:?}")).collect();
        let text =
            format!("{} CDRs are expected, there are {}: {}", wanted.what.len(), seen.len(), all.join("\n"));
        return vec![Miss { line: wanted.line, text }];
    }
    let mut misses = Vec::new();
    for (wanted, seen) in wanted.what.iter().zip(seen) {
        for (key, value) in wanted {
            if let Some(shown) = differs(key, &value.what, seen) {
                let text = format!("the CDR's \"{key}\" should be {}, and is {shown}", show(&value.what));
                misses.push(Miss { line: value.line, text });
            }
        }
    }
    misses
}

fn show(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{text}\""),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::List(items) => list(items),
    }
}

/// What a CDR says under a key, if that is not what is wanted.
fn differs(key: &str, wanted: &Value, cdr: &Cdr) -> Option<String> {
    let time = |ms: Option<u64>| {
        let real = ms.map(Duration::from_millis);
        let fits = match wanted {
            Value::Text(text) if text.is_empty() => real.is_none(),
            Value::Text(text) => real.is_some_and(|real| span::is_about(text, real) == Some(true)),
            Value::Number(_) | Value::Flag(_) | Value::List(_) => false,
        };
        (!fits).then(|| real.map_or("\"\"".to_owned(), |real| format!("\"{}\"", span::show(real))))
    };
    let seen = match key {
        "from" => Value::Text(cdr.from.number.clone()),
        "to" => Value::Text(cdr.to.number.clone()),
        "with" => Value::Text(cdr.with.as_ref().map(|p| p.number.clone()).unwrap_or_default()),
        "cause" => Value::Text(cdr.ending.cause.word().to_owned()),
        "by" => Value::Text(told::ended_by(cdr)),
        "status" => Value::Number(cdr.ending.status.into()),
        "rang" => return time(cdr.ringing_ms.and_then(|at| u64::try_from(at - cdr.started_ms).ok())),
        "talk" => return time(Some(cdr.talk_ms)),
        "total" => return time(Some(cdr.total_ms)),
        "legs" => Value::List(told::legs(cdr)),
        "recorded" => Value::Flag(cdr.recorded),
        _ => {
            let fits = matches!(wanted, Value::Text(part) if cdr.ending.text.contains(part.as_str()));
            return (!fits).then(|| format!("\"{}\"", cdr.ending.text));
        }
    };
    (seen != *wanted).then(|| show(&seen))
}

fn ladder(scenario: &Scenario, outcome: &Outcome, golden: &Path, update: bool) -> Option<Miss> {
    let real = format!("{}\n\n{}", scenario.name, outcome.ladders);
    if update {
        let written = std::fs::write(golden, &real);
        return written.err().map(|e| Miss { line: 1, text: format!("{}: {e}", golden.display()) });
    }
    let known = std::fs::read_to_string(golden).unwrap_or_default();
    if known == real {
        return None;
    }
    let first = known.lines().zip(real.lines()).position(|(a, b)| a != b);
    let first = first.unwrap_or(known.lines().count().min(real.lines().count()));
    let text = format!(
        "the ladder is not the one in {} (UPDATE_GOLDEN=1 writes it anew), first in its line {}:\n  golden: {}\n  now:    {}",
        golden.display(),
        first + 1,
        known.lines().nth(first).unwrap_or("(nothing)"),
        real.lines().nth(first).unwrap_or("(nothing)"),
    );
    Some(Miss { line: 1, text })
}
