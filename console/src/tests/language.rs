//! Both languages have the same words, and every word that is used exists.

use crate::action::{ACTIONS, Context, Group};
use crate::keymap::Keymap;
use crate::rows::List;
use crate::words::{Language, Words};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn keys(language: Language) -> BTreeSet<String> {
    Words::new(language).table().keys().cloned().collect()
}

#[test]
fn both_files_have_the_same_keys_and_placeholders() {
    let (english, chinese) = (keys(Language::English), keys(Language::Chinese));
    assert!(english.len() > 200);
    assert_eq!(english.difference(&chinese).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(chinese.difference(&english).collect::<Vec<_>>(), Vec::<&String>::new());
    let (a, b) = (Words::new(Language::English), Words::new(Language::Chinese));
    for key in &english {
        assert_eq!(placeholders(a.t(key)), placeholders(b.t(key)), "{key}");
    }
}

/// What stands between braces: a name, and for words that go with a number their forms.
fn braces(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let all = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
    all.map(|(inner, _)| inner.split_once('|').map_or((inner, None), |(name, forms)| (name, Some(forms))))
}

/// The plain names. Words that go with a number are a matter of each language.
fn placeholders(text: &str) -> BTreeSet<&str> {
    braces(text).filter(|(_, forms)| forms.is_none()).map(|(name, _)| name).collect()
}

/// Words whose number is not in the English sentence, or whose forms are not two: they would be shown raw or wrong.
fn forms_of_nothing<'a>(text: &'a str, english: &str) -> Vec<&'a str> {
    let mut plain = placeholders(english);
    // A list of names comes with how many they are.
    if plain.contains("names") {
        plain.insert("count");
    }
    let wrong = |(name, forms): &(&str, Option<&str>)| {
        forms.is_some_and(|forms| !plain.contains(name) || forms.split('|').count() != 2)
    };
    braces(text).filter(wrong).map(|(name, _)| name).collect()
}

#[test]
fn words_that_go_with_a_number_name_it() {
    let english = Words::new(Language::English);
    for language in [Language::English, Language::Chinese] {
        let words = Words::new(language);
        for key in keys(language) {
            let wrong = forms_of_nothing(words.t(&key), english.t(&key));
            assert!(wrong.is_empty(), "{key} in {}: {wrong:?}", language.tag());
        }
    }
    assert_eq!(forms_of_nothing("{count} {cuont|time|times}", "{count} {cuont|time|times}"), ["cuont"]);
    assert_eq!(forms_of_nothing("{count} {count|times}", "{count}"), ["count"]);
    assert!(forms_of_nothing("{count} {count|time|times}", "{count}").is_empty());
}

/// Every string of the source that looks like a key is one; every key is used, or made up from a known stem.
#[test]
fn every_key_used_exists_and_every_key_is_used() {
    let known = keys(Language::English);
    let stems: BTreeSet<&str> =
        known.iter().filter_map(|key| key.split_once('.')).map(|(stem, _)| stem).collect();
    let mut source = String::new();
    read_all(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut source);
    let mut used = BTreeSet::new();
    for text in source.split('"').skip(1) {
        let looks = text.split_once('.').is_some_and(|(stem, rest)| {
            stems.contains(stem)
                && !rest.is_empty()
                && rest.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        });
        if looks && !text.ends_with("toml") {
            assert!(known.contains(text), "no words for {text}");
            used.insert(text.to_owned());
        }
    }
    let made_up = [
        "action.",
        "month.",
        "cause.",
        "ended_by.",
        "trouble.",
        "side.",
        "mark.",
        "step.",
        "order.",
        "bar.",
        "column.",
        "sort.",
        "screen.",
        "overflow.",
        "call_back.",
        "state.",
        "empty.",
        "group.",
        "field.",
        "setting.",
        "own.",
        "demo.",
    ];
    let unused: Vec<_> = known
        .iter()
        .filter(|key| {
            *key != "summary" && !used.contains(*key) && !made_up.iter().any(|stem| key.starts_with(stem))
        })
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

fn read_all(directory: &Path, out: &mut String) {
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_all(&path, out);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            out.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// The words for machines in a row of the table of the protocol.
fn of_the_protocol(row: &str) -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../pbx/PROTOCOL.md");
    let text = std::fs::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("| {row} | "))).expect(row);
    line.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The daemon holds its own words against the same rows.
#[test]
fn every_cause_and_step_that_the_daemon_knows_has_words_and_no_other_has() {
    for (row, stem, own) in [("`ended.cause`", "cause", ""), ("`step` of a path", "step", "left_out")] {
        let known = of_the_protocol(row);
        assert!(known.len() > 10, "{known:?}");
        for language in [Language::English, Language::Chinese] {
            let keys = keys(language);
            let words = keys.iter().filter_map(|key| key.strip_prefix(stem)?.strip_prefix('.'));
            let words: BTreeSet<&str> = words.filter(|word| *word != own).collect();
            assert_eq!(words, known.iter().map(String::as_str).collect(), "{stem} in {}", language.tag());
        }
    }
}

#[test]
fn everything_named_at_run_time_has_words() {
    let keymap = Keymap::new(&BTreeMap::new()).unwrap();
    for language in [Language::English, Language::Chinese] {
        let words = Words::new(language);
        let has = |key: String| assert!(words.find(&key).is_some(), "{key} in {}", language.tag());
        for spec in ACTIONS {
            has(format!("action.{}.label", spec.name));
            has(format!("action.{}.text", spec.name));
            assert!(!spec.contexts.is_empty());
            assert_eq!(keymap.of(spec.action).len(), spec.keys.len());
        }
        for list in List::ALL {
            has(format!("sort.{}", list.name()));
            has(format!("empty.{}", list.name()));
            for column in list.columns() {
                has(format!("column.{}", column.id));
            }
        }
        for context in Context::ALL {
            has(format!("screen.{}", context.name()));
        }
        for group in Group::ALL {
            has(format!("group.{}", group.name()));
        }
        for own in crate::own::all(&crate::fixture::app((80, 24))) {
            has(format!("own.{}", own.name));
        }
        for month in 1..=12 {
            has(format!("month.{month}"));
        }
    }
}
