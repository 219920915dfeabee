//! Every file in `tests/scenarios/` is played, and the page about them is kept true.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use switchroom_exchange::Cause;
use switchroom_tests::scenario::expect::compare;
use switchroom_tests::scenario::file::{Scenario, Value, read};
use switchroom_tests::scenario::play::play;
use switchroom_tests::scenario::readme;
use switchroom_tests::scenario::verbs::{ANSWERS, SOUNDS, VERBS};
use switchroom_tests::scenario::words::understand;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn is_updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// The names and texts of all scenarios, or of the one that `SCENARIO` names.
fn all() -> BTreeMap<String, String> {
    let only = std::env::var("SCENARIO").ok();
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(folder("scenarios")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_wanted = only.as_ref().is_none_or(|only| *only == stem);
        if path.extension().is_some_and(|e| e == "toml") && is_wanted {
            out.insert(stem, std::fs::read_to_string(&path).unwrap());
        }
    }
    out
}

fn read_one(stem: &str, text: &str) -> Result<Scenario, String> {
    read(&format!("tests/scenarios/{stem}.toml"), text)
}

/// Plays one; a failure says all there is to know.
fn one(stem: &str, text: &str) -> Result<(), String> {
    let scenario = read_one(stem, text)?;
    let (fault, outcome) = play(&scenario);
    let golden = folder("golden").join(format!("{stem}.ladder"));
    let mut said = String::new();
    match fault {
        Some((line, text)) => said += &format!("{}:{}: {text}\n", scenario.file, line.unwrap_or(1)),
        None => {
            for miss in compare(&scenario, &outcome, &golden, is_updating()) {
                said += &format!("{}:{}: {}\n", scenario.file, miss.line, miss.text);
            }
        }
    }
    if said.is_empty() { Ok(()) } else { Err(format!("{said}\n{}", outcome.ladders)) }
}

#[test]
fn every_scenario_comes_out_as_it_says() {
    let all = all();
    let mut failed = Vec::new();
    for (stem, text) in &all {
        let played = std::panic::catch_unwind(AssertUnwindSafe(|| one(stem, text)));
        match played.unwrap_or_else(|_| Err(format!("tests/scenarios/{stem}.toml: a panic\n"))) {
            Ok(()) => eprintln!("ok     {stem}"),
            Err(why) => {
                eprintln!("FAILED {stem}\n{why}");
                failed.push(stem.clone());
            }
        }
    }
    assert!(failed.is_empty(), "{} of {} scenarios failed: {failed:?}", failed.len(), all.len());
}

#[test]
fn every_sentence_is_known_by_its_example() {
    let names = ["ana".to_owned(), "bo".to_owned()];
    for form in VERBS {
        let said = understand(VERBS, &names, form.example).map(|s| s.does);
        assert_eq!(said, Ok(form.does), "{}", form.form);
        assert!(!form.help.is_empty(), "{} has no help", form.form);
    }
    for form in ANSWERS {
        assert_eq!(understand(ANSWERS, &names, form.example).map(|s| s.does), Ok(form.does), "{}", form.form);
    }
    for form in SOUNDS {
        assert_eq!(understand(SOUNDS, &names, form.example).map(|s| s.does), Ok(form.does), "{}", form.form);
    }
}

#[test]
fn the_page_about_scenarios_is_true() {
    let path = folder("scenarios/README.md");
    if is_updating() {
        std::fs::write(&path, readme::page()).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let is_true = known == readme::page();
    assert!(is_true, "it is old: UPDATE_GOLDEN=1 cargo test -p switchroom-tests --test scenarios");
}

/// Every cause there is. A new one does not compile until it is here, and is not tested until a scenario has it.
fn causes() -> BTreeSet<&'static str> {
    use Cause as C;
    let all = [
        C::HungUp,
        C::Busy,
        C::NoAnswer,
        C::Declined,
        C::Cancelled,
        C::Unreachable,
        C::NotFound,
        C::NoAck,
        C::SessionExpired,
        C::MediaLost,
        C::NotAcceptable,
        C::Failed,
        C::Overload,
        C::Forced,
        C::Restart,
    ];
    match C::HungUp {
        C::HungUp
        | C::Busy
        | C::NoAnswer
        | C::Declined
        | C::Cancelled
        | C::Unreachable
        | C::NotFound
        | C::NoAck
        | C::SessionExpired
        | C::MediaLost
        | C::NotAcceptable
        | C::Failed
        | C::Overload
        | C::Forced
        | C::Restart => {}
    }
    all.into_iter().map(Cause::word).collect()
}

#[test]
fn every_way_in_which_a_call_ends_has_a_scenario() {
    let mut missing = causes();
    for entry in std::fs::read_dir(folder("scenarios")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let scenario = read_one(&stem, &text).unwrap_or_else(|why| panic!("{why}"));
        let cdrs = scenario.expect.cdrs.map(|c| c.what).unwrap_or_default();
        for (key, value) in cdrs.iter().flatten() {
            if let ("cause", Value::Text(word)) = (key.as_str(), &value.what) {
                missing.remove(word.as_str());
            }
        }
    }
    assert!(missing.is_empty(), "no scenario ends like this: {missing:?}");
}

#[test]
fn every_golden_ladder_has_its_scenario() {
    for entry in std::fs::read_dir(folder("golden")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let has = folder("scenarios").join(format!("{stem}.toml")).exists();
        assert!(has, "{} is nobody's", path.display());
    }
}

#[test]
fn a_fault_in_a_file_is_told_with_its_line() {
    let good = "name = \"x\"\nwhy = \"y\"\nphones = { ana = \"101\", bo = \"102\" }\nscript = [\n\"0s ana dials 102\",\n]\n[expect]\nladder = true\n";
    assert!(read("a.toml", good).is_ok());
    for (from, to, want) in [
        (
            "ana dials",
            "ana dails",
            "a.toml:5: \"dails\" does not fit after \"ana\"; the nearest is \"dials\"",
        ),
        ("0s ana", "soon ana", "a.toml:5: \"soon\" is no time"),
        ("ladder = true", "lader = true", "a.toml:8: no key is called \"lader\"; the nearest is \"ladder\""),
        ("ladder = true", "ladder = 1", "a.toml:8: this must be true or false"),
        (
            "ladder = true",
            "hears = [\"1s ana hears al\"]",
            "a.toml:8: \"al\" does not fit after \"ana hears\"",
        ),
        (
            "ladder = true",
            "cdr = { form = \"1\" }",
            "a.toml:8: no key is called \"form\"; the nearest is \"from\"",
        ),
        ("0s ana dials 102\",", "5s ana dials 102\", \"1s bo answers\",", "comes before the line above it"),
        ("bo = \"102\"", "bo = { extension = \"102\", late = true }", "a.toml:3: no key is called \"late\""),
        ("why = \"y\"", "", "there is no \"why\""),
        ("[expect]", "[expect", "a.toml:7:"),
    ] {
        let said = read("a.toml", &good.replace(from, to)).unwrap_err();
        assert!(said.contains(want), "{said}");
    }
}
