//! The flows that ship: nothing is wrong with them, their cases hold and reach every node and branch, no case is set at a
//! time that the calendar contradicts, and the reference beside them is what the program prints.
#![allow(clippy::panic, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use switchroom_flow::calendar::{Hours, Zone, special_day, week_rule};
use switchroom_flow::flow::Flows;
use switchroom_flow::lists::List;
use switchroom_flow::rehearse::case::{self, Case, Report, play_all};
use switchroom_flow::rehearse::{Prompts, Stage};
use switchroom_flow::{Fault, Known, Language, SiteConfig, check};

/// Extensions of the team that the shipped flows are for.
const EXTENSIONS: [&str; 6] = ["101", "102", "103", "104", "105", "106"];
/// The hours that the office tells callers, and holidays of mainland China.
const WEEK: &str = "mon-fri 09:00-18:00";
const HOLIDAYS: &str = "2026-10-01..2026-10-07 closed National Day";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../flows")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("flows/{name}: {error}"))
}

/// The files of a folder that end so, by their names without it, in order.
fn names(below: &str, end: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder().join(below)).expect("the folder of flows");
    let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries
        .filter_map(|entry| name(entry.expect("an entry")).strip_suffix(end).map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// Faults one a line, each with its hint.
fn told<'f>(faults: impl IntoIterator<Item = &'f Fault>) -> String {
    let line = |fault: &Fault| format!("{fault}\n{}\n", fault.hint.as_deref().unwrap_or_default());
    faults.into_iter().map(line).collect()
}

fn flows() -> Flows {
    let read = |name: String| {
        let (flow, faults) =
            switchroom_flow::read(&format!("{name}.toml"), 1, &text(&format!("{name}.toml")));
        let flow = flow.unwrap_or_else(|| panic!("{}", told(&faults)));
        assert!(faults.is_empty(), "{}", told(&faults));
        (name, Arc::new(flow))
    };
    names(".", ".toml").into_iter().map(read).collect()
}

fn cases() -> Vec<Case> {
    let read = |name: String| {
        let (cases, faults) = case::read(&format!("tests/{name}.toml"), &text(&format!("tests/{name}.toml")));
        assert!(faults.is_empty(), "{}", told(&faults));
        cases
    };
    names("tests", ".toml").into_iter().flat_map(read).collect()
}

/// The hours of the office.
fn office_hours() -> Hours {
    Hours {
        zone: None,
        week: vec![week_rule(WEEK).expect("a week")],
        special: vec![special_day(HOLIDAYS).expect("holidays")],
    }
}

fn lists() -> BTreeMap<String, List> {
    let read = |name: String| {
        let list = List::parse(&text(&format!("lists/{name}.csv")));
        let list = list.unwrap_or_else(|faults| panic!("lists/{name}.csv: {faults:?}"));
        (name, list)
    };
    names("lists", ".csv").into_iter().map(read).collect()
}

/// A site with what the heads of the flows ask for.
fn stage() -> Stage {
    let site = SiteConfig {
        zone: Zone::named("Asia/Shanghai").expect("a zone"),
        hours: [("office".to_owned(), office_hours())].into(),
        lists: lists(),
        ..SiteConfig::default()
    };
    let prompts = Prompts::parse(&text("prompts/prompts.toml")).expect("the manifest of prompts");
    let mut stage = Stage::default();
    (stage.flows, stage.site, stage.prompts) = (flows(), site, prompts);
    stage
}

fn play() -> (Stage, Report) {
    let stage = stage();
    let report = play_all(&cases(), &stage);
    (stage, report)
}

#[test]
fn the_check_finds_nothing_wrong() {
    let set = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>());
    let manifest: toml::Table = text("prompts/prompts.toml").parse().expect("the manifest of prompts");
    let spoken = |language: Language| {
        let words = |text: &toml::Value| text.get(language.word()).is_some();
        (language, manifest.iter().filter(|(_, text)| words(text)).map(|(name, _)| name.clone()).collect())
    };
    let known = Known {
        extensions: set(&EXTENSIONS),
        queues: set(&["sales"]),
        hours: set(&["office"]),
        lists: Some(names("lists", ".csv").into_iter().collect()),
        pins: set(&["customers"]),
        mailboxes: set(&["office"]),
        agents: set(&[]),
        breaks: set(&["lunch", "pause", "training"]),
        prompts: Some(Language::ALL.map(spoken).into()),
    };
    let faults = check(&flows(), &known);
    // Warned of on purpose: who knows 21 waits for nothing, and who presses a lone 2 in the office waits a moment.
    let (wanted, others): (Vec<&Fault>, Vec<&Fault>) =
        faults.iter().partition(|f| f.is_warning && f.file == "office.toml" && f.what.contains("21"));
    assert!(others.is_empty(), "{}", told(others));
    assert_eq!(wanted.len(), 1, "{}", told(wanted));
}

#[test]
fn every_case_holds() {
    let (stage, report) = play();
    for case in cases() {
        assert_eq!(told(&case.check(&stage.flows)), "", "{}", case.name);
    }
    let failures = told(report.failures());
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_node_and_branch_is_reached() {
    let (stage, report) = play();
    for of in report.coverage.of(&stage.flows) {
        assert!(of.is_full(), "{}", of.report());
        assert!(of.nodes.1 > 1, "{} has hardly a node", of.flow);
    }
    let with_cases: Vec<String> = stage.flows.keys().cloned().collect();
    assert_eq!(names("tests", ".toml"), with_cases, "a file of cases for each flow");
}

/// The cases say how hours stand, to hold at any site; that is how they stand by a calendar at that time too.
#[test]
fn no_case_is_set_at_a_time_that_the_calendar_contradicts() {
    let zone = Zone::named("Asia/Shanghai").expect("a zone");
    let mut stands = BTreeSet::new();
    for case in cases() {
        let at = zone.moment(&case.at).expect("a time").unix_ms;
        for (hours, said) in &case.site.hours {
            assert_eq!(hours, "office", "{}", case.name);
            assert_eq!(*said, office_hours().opening(at, &zone), "{} at {}", case.name, case.at);
            stands.insert(format!("{said:?}"));
        }
    }
    assert_eq!(stands.len(), 3, "open, closed and a holiday: {stands:?}");
}

/// Made anew with `switchroom flow reference > flows/REFERENCE.md`.
#[test]
fn the_reference_is_what_the_program_prints() {
    assert_eq!(text("REFERENCE.md"), switchroom_flow::reference(), "flows/REFERENCE.md");
}
