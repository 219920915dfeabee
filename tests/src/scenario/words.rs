//! Sentences: forms with slots and optional parts, how a line is recognised as one of them, and what to say if it is not.
//!
//! A form is written as in the README: `{who} declines [with {status}]`. Words in braces are slots, parts in brackets may
//! be left out. A slot's name says what may stand there ([`SLOTS`]).

use super::span;
use std::collections::BTreeMap;
use switchroom_phone::HoldForm;

/// A form of sentence, and what it means.
#[derive(Debug, Clone, Copy)]
pub struct Form<T: 'static> {
    /// For the program.
    pub does: T,
    /// How it is written.
    pub form: &'static str,
    /// What it means, for people.
    pub help: &'static str,
    /// One such sentence, of phones `ana` and `bo`.
    pub example: &'static str,
}

/// A sentence that was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence<T> {
    /// What it means.
    pub does: T,
    slots: BTreeMap<&'static str, String>,
    words: Vec<String>,
}

impl<T> Sentence<T> {
    /// What stands in a slot; `None` if that part was left out.
    pub fn get(&self, slot: &str) -> Option<&str> {
        self.slots.get(slot).map(String::as_str)
    }

    /// Whether a word of an optional part is there.
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    /// A time that stands in a slot.
    pub fn span(&self, slot: &str) -> Option<std::time::Duration> {
        span::parse(self.get(slot)?)
    }
}

/// What may stand in a slot: its name, in words, and the test.
pub struct Slot {
    /// Its name.
    pub name: &'static str,
    /// What may stand there.
    pub help: &'static str,
    fits: fn(&str, &[String]) -> bool,
}

fn is_dialable(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit() || b"*#+".contains(&b))
}

fn is_name(word: &str, names: &[String]) -> bool {
    names.iter().any(|name| name == word)
}

/// Numbers in words, for how often something happens.
pub const COUNTS: [&str; 9] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// A form of hold by its word.
pub fn hold_form(word: &str) -> Option<HoldForm> {
    Some(match word {
        "sendonly" => HoldForm::SendOnly,
        "inactive" => HoldForm::Inactive,
        "0.0.0.0" => HoldForm::NullAddress,
        _ => return None,
    })
}

fn is_method(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_status(word: &str) -> bool {
    word.len() == 3 && word.parse::<u16>().is_ok_and(|n| (100..700).contains(&n))
}

/// Every slot there is.
pub const SLOTS: &[Slot] = &[
    Slot { name: "who", help: "the name of a phone of this scenario", fits: is_name },
    Slot { name: "other", help: "the name of another phone", fits: is_name },
    Slot { name: "number", help: "a number: digits, * # +", fits: |word, _| is_dialable(word) },
    Slot {
        name: "digits",
        help: "digits as on a phone's keys: 0-9 * # A-D",
        fits: |word, _| !word.is_empty() && word.chars().all(|c| "0123456789*#ABCD".contains(c)),
    },
    Slot {
        name: "refusal",
        help: "a SIP status from 400 on",
        fits: |word, _| is_status(word) && word >= "400",
    },
    Slot {
        name: "hold",
        help: "a form of hold: sendonly, inactive or 0.0.0.0",
        fits: |word, _| hold_form(word).is_some(),
    },
    Slot {
        name: "span",
        help: "a time: 500ms, 2s, 1.5s, 3min, 1h",
        fits: |word, _| span::parse(word).is_some(),
    },
    Slot { name: "count", help: "how many, in words: one to nine", fits: |word, _| COUNTS.contains(&word) },
    Slot {
        name: "message",
        help: "a SIP method in capitals, or the status of a response",
        fits: |word, _| is_method(word) || is_status(word),
    },
    Slot { name: "status", help: "a SIP status", fits: |word, _| is_status(word) },
    Slot { name: "method", help: "a SIP method in capitals", fits: |word, _| is_method(word) },
    Slot { name: "way", help: "to or from", fits: |word, _| matches!(word, "to" | "from") },
    Slot { name: "direction", help: "back or forward", fits: |word, _| matches!(word, "back" | "forward") },
];

fn slot(name: &str) -> Option<&'static Slot> {
    SLOTS.iter().find(|slot| slot.name == name)
}

/// The ways to write a form: with and without each optional part.
pub fn ways(form: &str) -> Vec<String> {
    let Some((before, rest)) = form.split_once('[') else { return vec![form.trim().to_owned()] };
    let Some((part, after)) = rest.split_once(']') else { return vec![form.trim().to_owned()] };
    let mut out = Vec::new();
    for rest in ways(after) {
        for middle in [part, ""] {
            let joined = format!("{before} {middle} {rest}");
            out.push(joined.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    out
}

/// How far a line went along with a form, and what the form wanted there.
struct Astray {
    depth: usize,
    wanted: String,
}

fn follow(way: &str, words: &[&str], names: &[String]) -> Result<BTreeMap<&'static str, String>, Astray> {
    let mut slots = BTreeMap::new();
    let mut pieces = way.split(' ');
    for (depth, word) in words.iter().enumerate() {
        let Some(piece) = pieces.next() else { return Err(Astray { depth, wanted: String::new() }) };
        let astray = Astray { depth, wanted: piece.to_owned() };
        let name = piece.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
        match name.and_then(slot) {
            Some(slot) if (slot.fits)(word, names) => {
                slots.insert(slot.name, (*word).to_owned());
            }
            None if piece == *word => {}
            Some(_) | None => return Err(astray),
        }
    }
    match pieces.next() {
        None => Ok(slots),
        Some(piece) => Err(Astray { depth: words.len(), wanted: piece.to_owned() }),
    }
}

/// Recognises a line as one of the forms.
///
/// # Errors
/// Says which word is wrong and what it may have been meant to be.
pub fn understand<T: Copy>(
    forms: &'static [Form<T>],
    names: &[String],
    line: &str,
) -> Result<Sentence<T>, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut astray: Vec<(Astray, &'static str)> = Vec::new();
    for form in forms {
        for way in ways(form.form) {
            match follow(&way, &words, names) {
                Ok(slots) => {
                    let words = words.iter().map(|w| (*w).to_owned()).collect();
                    return Ok(Sentence { does: form.does, slots, words });
                }
                Err(wrong) => astray.push((wrong, form.form)),
            }
        }
    }
    Err(advice(&words, names, &astray))
}

fn advice(words: &[&str], names: &[String], astray: &[(Astray, &'static str)]) -> String {
    let deepest = astray.iter().map(|(a, _)| a.depth).max().unwrap_or(0);
    let there: Vec<&(Astray, &str)> = astray.iter().filter(|(a, _)| a.depth == deepest).collect();
    let word = words.get(deepest).copied();
    let shown = match (word, deepest) {
        (Some(word), 0) => format!("no sentence begins with \"{word}\""),
        (Some(word), _) => format!("\"{word}\" does not fit after \"{}\"", words[..deepest].join(" ")),
        (None, _) => format!("something is missing after \"{}\"", words.join(" ")),
    };
    // Somebody's name, or a word of the language: whichever is nearest to what was written.
    let literals =
        there.iter().filter(|(a, _)| !a.wanted.starts_with('{')).map(|(a, f)| (a.wanted.as_str(), *f));
    let wants_name = there.iter().any(|(a, _)| matches!(a.wanted.as_str(), "{who}" | "{other}"));
    let people = names.iter().filter(|_| wants_name).map(|name| (name.as_str(), ""));
    let nearest = literals
        .chain(people)
        .filter(|(wanted, _)| !wanted.is_empty())
        .min_by_key(|(wanted, _)| distance(wanted, word.unwrap_or_default()));
    let slots: Vec<&str> = there
        .iter()
        .filter_map(|(a, _)| slot(a.wanted.strip_prefix('{')?.strip_suffix('}')?))
        .map(|slot| slot.help)
        .collect();
    match (nearest, slots.first()) {
        (Some((wanted, form)), None) => format!("{shown}; the nearest is \"{wanted}\": {form}"),
        (Some((wanted, form)), Some(help)) => {
            let form = if form.is_empty() { String::new() } else { format!(": {form}") };
            format!("{shown}; the nearest is \"{wanted}\"{form}; or {help}")
        }
        (None, Some(help)) => format!("{shown}; there stands {help}: {}", there[0].1),
        (None, None) => format!("{shown}; the sentence is over there: {}", there[0].1),
    }
}

/// How many letters differ.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: &[Form<u8>] = &[
        Form { does: 1, form: "{who} dials {number}", help: "", example: "" },
        Form { does: 2, form: "{who} declines [with {refusal}] [at once]", help: "", example: "" },
        Form { does: 3, form: "the store fails", help: "", example: "" },
    ];

    fn read(line: &str) -> Result<Sentence<u8>, String> {
        understand(FORMS, &["ana".to_owned(), "bo".to_owned()], line)
    }

    #[test]
    fn sentences_are_recognised_with_what_stands_in_them() {
        let said = read("ana dials *43").unwrap();
        assert_eq!((said.does, said.get("who"), said.get("number")), (1, Some("ana"), Some("*43")));
        for line in
            ["bo declines", "bo declines with 486", "bo declines at once", "bo declines with 486 at once"]
        {
            assert_eq!(read(line).unwrap().does, 2, "{line}");
        }
        assert_eq!(read("bo declines").unwrap().get("refusal"), None);
    }

    #[test]
    fn a_wrong_word_is_named_with_the_nearest_known_one() {
        for (line, want) in [
            (
                "ana dails 102",
                "\"dails\" does not fit after \"ana\"; the nearest is \"dials\": {who} dials {number}",
            ),
            (
                "anna dials 102",
                "no sentence begins with \"anna\"; the nearest is \"ana\"; or the name of a phone",
            ),
            ("ana dials bo", "\"bo\" does not fit after \"ana dials\"; there stands a number"),
            ("bo declines with 200", "there stands a SIP status from 400 on"),
            ("the stor fails", "the nearest is \"store\": the store fails"),
            ("ana dials", "something is missing after \"ana dials\"; there stands a number"),
            (
                "the store fails badly",
                "\"badly\" does not fit after \"the store fails\"; the sentence is over",
            ),
        ] {
            let said = read(line).unwrap_err();
            assert!(said.contains(want), "{line}: {said}");
        }
    }
}
