//! The commands on folders of flows.
#![allow(clippy::unwrap_used)]

use crate::cli::Cli;
use crate::cmd::terminal::Paint;
use crate::cmd::{Failure, OK, PROBLEMS};
use clap::Parser as _;
use std::fs;
use tempfile::TempDir;

const MAIN: &str = r#"
title = "Office"
start = "ask"

[nodes.ask]
kind = "menu"
prompt = "Press 1."
keys = { 1 = "person" }
otherwise = "bye"

[nodes.person]
kind = "dial"
to = ["101"]
no_answer = "bye"

[nodes.bye]
kind = "play"
prompt = "Goodbye."
next = "end"

[nodes.end]
kind = "hang_up"
"#;

const CASES: &str = r#"
flow = "main"
at = "2026-11-23T10:00"
from = "+41791234567"

[[case]]
name = "nothing is pressed"
steps = [{ hear = "Press 1." }, { hear = "Goodbye.", within = "60s" }]
expect = { end = "hung up" }

[[case]]
name = "somebody answers"
steps = [{ press = "1" }, { rings = ["101"], answer = "talks 10s" }]
"#;

fn site(cases: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("main.toml"), MAIN).unwrap();
    fs::create_dir(dir.path().join("tests")).unwrap();
    fs::write(dir.path().join("tests/main.toml"), cases).unwrap();
    dir
}

fn typed_in<'a>(bytes: &'a mut &[u8]) -> super::Typed<'a> {
    super::Typed { lines: bytes, is_terminal: false }
}

/// Runs `switchroom flow …` on a folder: exit code or failure, and what it printed with the folder's name as DIR.
fn flow(dir: &TempDir, line: &str, typed: &str) -> (Result<u8, String>, String) {
    flow_where(true, dir, line, typed)
}

/// The same where texts are spoken, or not.
fn flow_where(speaks: bool, dir: &TempDir, line: &str, typed: &str) -> (Result<u8, String>, String) {
    let folder = dir.path().to_str().unwrap();
    let words = ["switchroom", "flow"].into_iter().chain(line.split_whitespace()).chain(["--dir", folder]);
    let cli = Cli::try_parse_from(words).unwrap();
    let crate::cli::Command::Flow(command) = &cli.command else { unreachable!() };
    let mut out = Vec::new();
    let mut typed = typed.as_bytes();
    let typed = typed_in(&mut typed);
    let outcome = super::run_where(command, &|_| speaks, Paint::PLAIN, typed, &mut out);
    let outcome = outcome.map_err(|failure| match failure {
        Failure::Told { what, .. } => what.replace(folder, "DIR"),
        other => format!("{other:?}"),
    });
    (outcome, String::from_utf8(out).unwrap().replace(folder, "DIR"))
}

#[test]
fn check_names_what_is_good_and_each_fault_with_its_place() {
    let dir = site("");
    let (code, said) = flow(&dir, "check", "");
    assert_eq!((code, said.as_str()), (Ok(OK), "flows    DIR\nok       main (Office), 4 nodes\nno faults\n"));
    fs::write(dir.path().join("other.toml"), MAIN.replace("\"person\"", "\"preson\"")).unwrap();
    let (code, said) = flow(&dir, "check", "");
    assert_eq!(code, Ok(PROBLEMS));
    assert!(
        said.contains("error    DIR/other.toml:8:") && said.contains("hint: did you mean \"person\""),
        "{said}"
    );
    let (code, said) = flow(&dir, "check --json", "");
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &report["flows"]), (Ok(PROBLEMS), &serde_json::json!(["main"])));
    assert_eq!(report["errors"][0]["line"], 8);
    // What is played must be sound.
    let why = flow(&dir, "walk main", "").0.unwrap_err();
    assert!(why.contains("flows have faults: DIR/other.toml:8"), "{why}");
    let why = flow(&dir, "show mian", "").0.unwrap_err();
    assert_eq!(why, "there is no flow \"mian\" in DIR");
}

/// A machine that has no speech engine leaves texts out, and callers stand before a silent menu.
#[test]
fn check_tells_of_texts_that_nothing_speaks() {
    let dir = site("");
    let (code, said) = flow_where(false, &dir, "check", "");
    assert_eq!(code, Ok(OK));
    let what = "warn     DIR: there is no speech engine, so texts are not spoken in 2 prompts of flow main\n         hint: apt install espeak-ng";
    assert!(said.contains(what) && said.ends_with("1 warning\n"), "{said}");
    assert_eq!(flow_where(false, &dir, "check --deny-warnings", "").0, Ok(PROBLEMS));
    let recorded = MAIN.replace("Press 1.", "@msg/rate-us").replace("Goodbye.", "@msg/goodbye");
    fs::write(dir.path().join("main.toml"), recorded).unwrap();
    let (_, said) = flow_where(false, &dir, "check", "");
    assert!(said.ends_with("no faults\n"), "{said}");
}

#[test]
fn show_prints_a_tree() {
    let (code, said) = flow(&site(""), "show main", "");
    assert_eq!(code, Ok(OK));
    assert!(["ask", "person", "bye", "no_answer"].iter().all(|word| said.contains(word)), "{said}");
}

#[test]
fn walk_works_in_a_pipe_and_ends_with_it() {
    let typed = "1\nhang up\n";
    let (code, said) = flow(&site(""), "walk main --from +41791234567 --at 2026-11-23T10:00", typed);
    assert_eq!(code, Ok(OK));
    assert!(
        said.contains("Press 1.")
            && said.contains("] 1\n")
            && said.contains("101 ring")
            && said.contains("you hang up"),
        "{said}"
    );
    let (code, said) = flow(&site(""), "walk main", "");
    assert_eq!(code, Ok(OK), "{said}");
    let (code, _) = flow(&site(""), "walk 4711", "");
    assert!(code.unwrap_err().contains("leads into no flow but elsewhere: no route"));
    let (_, said) = flow(&site(""), "walk main", &"x".repeat(200_000));
    assert!(said.contains("too long"), "{said}");
}

#[test]
fn test_plays_cases_and_tells_what_none_reached() {
    let dir = site(CASES);
    let (code, said) = flow(&dir, "test", "");
    assert_eq!(code, Ok(OK), "{said}");
    assert!(said.contains("ok       nothing is pressed\nok       somebody answers\n"), "{said}");
    assert!(
        said.contains("person, never \"no_answer\"") && said.ends_with("2 of 2 cases passed\n"),
        "{said}"
    );
    let (code, said) = flow(&dir, "test --min-coverage 100", "");
    assert_eq!(code, Ok(PROBLEMS));
    assert!(said.contains("thin "), "{said}");
    fs::write(dir.path().join("tests/main.toml"), CASES.replace("Goodbye.", "Farewell.")).unwrap();
    let (code, said) = flow(&dir, "test", "");
    assert_eq!(code, Ok(PROBLEMS));
    assert!(
        said.contains("FAILED   nothing is pressed") && said.contains("DIR/tests/main.toml:8:"),
        "{said}"
    );
    let (code, said) = flow(&dir, "test --json", "");
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(code, Ok(PROBLEMS));
    assert!(report["cases"][0]["failure"]["what"].is_string() && report["cases"][1]["failure"].is_null());
    assert_eq!(report["coverage"][0]["nodes"], serde_json::json!([4, 4]));
    fs::write(dir.path().join("tests/main.toml"), "x = 1").unwrap();
    assert_eq!(flow(&dir, "test", "").0, Ok(PROBLEMS));
    let missing = dir.path().join("none.toml");
    let (code, said) = flow(&dir, &format!("test {}", missing.display()), "");
    assert!(code == Ok(PROBLEMS) && said.contains("DIR/none.toml: cannot be read"), "{said}");
}

/// What a folder alone does not say is named once, not by each case that fails for it.
#[test]
fn test_names_what_only_a_configuration_says() {
    let dir = site(CASES);
    let asks = "[nodes.open]\nkind = \"hours\"\nhours = \"office\"\nopen = \"vip\"\nclosed = \"vip\"\n\n[nodes.vip]\nkind = \"list\"\nlist = \"vip\"\nlisted = \"ask\"\nother = \"bye\"\n";
    fs::write(dir.path().join("main.toml"), MAIN.replace("start = \"ask\"", "start = \"open\"") + asks)
        .unwrap();
    let (code, said) = flow(&dir, "test", "");
    assert_eq!(code, Ok(PROBLEMS));
    let named = |said: &str| {
        said.lines().filter(|line| line.starts_with("warn")).map(str::to_owned).collect::<Vec<_>>()
    };
    let warned = named(&said);
    assert_eq!(warned.len(), 2, "{said}");
    assert!(
        warned[0].contains("DIR/main.toml:") && warned[0].ends_with("there are no hours \"office\""),
        "{said}"
    );
    assert!(warned[1].ends_with("there is no list \"vip\""), "{said}");
    assert!(said.contains("hint: a folder alone says nothing of hours"), "{said}");
    let (_, said) = flow(&dir, "test --json", "");
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["missing"].as_array().map(Vec::len), Some(2));
    // The list lies beside the flows, the hours are said by the cases.
    fs::create_dir(dir.path().join("lists")).unwrap();
    fs::write(dir.path().join("lists/vip.csv"), "number,value\n+41791234567,gold\n").unwrap();
    let cases = CASES.replace(
        "[[case]]\nname = \"nothing",
        "[site]\nhours = { office = \"open\" }\n\n[[case]]\nname = \"nothing",
    );
    fs::write(dir.path().join("tests/main.toml"), cases).unwrap();
    let (code, said) = flow(&dir, "test", "");
    assert_eq!((code, named(&said).len()), (Ok(OK), 0), "{said}");
    fs::write(dir.path().join("lists/vip.csv"), "x y z,gold\n").unwrap();
    let why = flow(&dir, "test", "").0.unwrap_err();
    assert!(why.starts_with("DIR/lists/vip.csv: line 1: "), "{why}");
}

#[test]
fn the_reference_is_printed() {
    let cli = Cli::try_parse_from(["switchroom", "flow", "reference"]).unwrap();
    let crate::cli::Command::Flow(command) = &cli.command else { unreachable!() };
    let mut out = Vec::new();
    assert!(super::run(command, Paint::PLAIN, typed_in(&mut "".as_bytes()), &mut out).is_ok());
    let said = String::from_utf8(out).unwrap();
    // Who has no cases is sent here.
    assert!(said.contains("### menu") && said.contains("## Test cases"));
}
