//! What a daemon tells of what is written down: settings, as the console's tests have them, and what agents said.

use super::*;
use crate::store::Store;
use switchroom_exchange::{
    CallId, Cause, Cdr, End, EndedBy, Ending, Event, EventKind, LegOutcome, Party, Record, Severity,
};
use switchroom_wire::Hushed;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../console/tests/fixtures");

/// A daemon with that file, its socket, and its folder.
fn daemon_of(text: &str) -> (Daemon, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchroom.toml");
    std::fs::write(&path, text).unwrap();
    (daemon::start(&config::load(&path).unwrap()).unwrap(), dir)
}

/// What is asked of the site of the console's tests: every kind, and changes that can be made, cannot be, or in part later.
fn questions() -> Vec<Command> {
    let set = |kind, name: &str, key: &str, text: &str| SettingsChange::Set {
        kind,
        name: name.into(),
        values: [(key.to_owned(), Some(Hushed::from(text)))].into(),
    };
    let changes = [
        set(SettingKind::Queue, "sales", "ring", "20s"),
        SettingsChange::Remove { kind: SettingKind::Queue, name: "support".into() },
        set(SettingKind::Role, "mara", "role", "admin"),
        SettingsChange::Password { extension: "101".into(), password: NewPassword::Made },
    ];
    let views = SettingKind::ALL.into_iter().map(|kind| Command::Settings { kind });
    views.chain(changes.map(|change| Command::PreviewSettings { change })).collect()
}

/// The console's tests read what this daemon answers, so that its forms have words for every key there is.
#[test]
fn settings_are_told_as_the_console_has_them_in_its_tests() {
    let site = std::fs::read_to_string(format!("{FOLDER}/settings.toml")).unwrap();
    let (daemon, dir) = daemon_of(&site);
    let mut admin = Client::join(daemon.socket(), &hello(None, false, None));
    let mut told = String::new();
    let mut name = String::new();
    for (id, question) in (1..).zip(questions()) {
        let answer = admin.ask(id, question).unwrap();
        if let Answer::Settings(view) = &answer {
            name.clone_from(&view.file);
        }
        told += &serde_json::to_string(&answer).unwrap();
        told.push('\n');
    }
    // Where it lies, and what it is called in this life of the daemon.
    let told = told
        .replace(&dir.path().join("switchroom.toml").display().to_string(), "/etc/switchroom/switchroom.toml")
        .replace(&name, "bc8d76086ea7b3dc399a492311f4d77b");
    let file = format!("{FOLDER}/settings.ndjson");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&file, &told).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    for (n, (kept, told)) in kept.lines().zip(told.lines()).enumerate() {
        assert!(kept == told, "answer {n} is another one: write them anew with UPDATE_FIXTURES=1");
    }
    assert_eq!(kept.lines().count(), told.lines().count());
}

pub(super) const AT_MS: i64 = 1_762_178_607_000;

pub(super) fn ended(number: u64) -> Record {
    let party = |number: &str| Party { number: number.into(), name: String::new() };
    Record::Cdr(Box::new(Cdr {
        call: CallId::new(AT_MS, u128::from(number)),
        number,
        from: party(NUMBER),
        to: party("2233"),
        with: Some(party("101")),
        started_ms: AT_MS,
        ringing_ms: None,
        answered_ms: Some(AT_MS),
        ending: Ending {
            at_ms: AT_MS + 5_000,
            by: EndedBy::Party(End::Caller),
            cause: Cause::HungUp,
            status: 0,
            text: String::new(),
        },
        talk_ms: 5_000,
        total_ms: 5_000,
        path: Vec::new(),
        legs: Vec::new(),
        recorded: false,
        flow: None,
        answers: Vec::new(),
        was_of: None,
    }))
}

fn said(seq: u64, number: u64, word: &str) -> Record {
    Record::Event(Event {
        seq,
        at_ms: AT_MS + 6_000,
        kind: EventKind::Call,
        severity: Severity::Info,
        call: Some(CallId::new(AT_MS, u128::from(number))),
        number: Some(number),
        subject: "ana".into(),
        name: "disposition".into(),
        text: format!("ana: {word}"),
    })
}

/// Whoever may see the calls sees what came of them, the journal or not; unless it could be a number.
#[test]
fn finished_calls_say_what_came_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let loaded = config::parse(&site(), Path::new("switchroom.toml"), dir.path()).unwrap();
    let (store, _) = Store::open(&loaded.shell.data_dir, Arc::new(|_| ())).unwrap();
    let records = [ended(7), ended(8), ended(9), said(1, 7, "call back"), said(2, 7, "sold")];
    for record in records.into_iter().chain([said(3, 8, &format!("told to call {NUMBER}"))]) {
        store.put(None, record);
    }
    store.close();
    let daemon = daemon::start(&loaded).unwrap();
    for (role, wanted) in [
        (Role::Agent, [("7", "sold"), ("8", &*format!("told to call {NUMBER}")), ("9", "")]),
        (Role::Viewer, [("7", "sold"), ("8", ""), ("9", "")]),
    ] {
        let mut client = Client::join(daemon.socket(), &hello(Some(role), false, None));
        let rows = client.ask(1, Command::Cdrs { limit: 10, before_ms: None, party: None });
        let Ok(Answer::Cdrs(mut rows)) = rows else { panic!("{rows:?}") };
        rows.sort_by_key(|row| row.number);
        let found: Vec<_> =
            rows.iter().map(|row| (row.number.to_string(), row.disposition.clone())).collect();
        let wanted = wanted.map(|(number, word)| (number.to_owned(), word.to_owned()));
        assert_eq!(found, wanted, "{role:?}");
        let one = client.ask(2, Command::Call { call: "7".into() });
        assert!(matches!(&one, Ok(Answer::Cdr(row)) if row.disposition == "sold"), "{one:?}");
    }
}

/// Screens and `ctl` go by the clock of the site, wherever the machine stands, and by another from the moment that it is one.
#[test]
fn times_are_those_of_the_site() {
    let zone = |name: &str| site().replace("[site]\n", &format!("[site]\nzone = \"{name}\"\n"));
    let (daemon, dir) = daemon_of(&zone("Asia/Kathmandu"));
    let mut watcher = Client::join(daemon.socket(), &subscribed());
    assert_eq!(watcher.welcome.utc_offset_min, 5 * 60 + 45);
    let path = dir.path().join("switchroom.toml");
    std::fs::write(&path, zone("Asia/Tokyo")).unwrap();
    let mut admin = Client::join(daemon.socket(), &hello(None, false, None));
    assert!(admin.ask(1, Command::Reload).is_ok());
    let mut told = Vec::new();
    for _ in 0..4 {
        let alive = loop {
            match watcher.line().expect("the daemon goes on") {
                ServerLine::Alive { utc_offset_min, .. } => break utc_offset_min,
                other => watcher.fold(other),
            }
        };
        told.extend(alive);
    }
    assert_eq!(told, [9 * 60], "once");
    assert_eq!(Client::join(daemon.socket(), &subscribed()).welcome.utc_offset_min, 9 * 60);
}

/// What stands between backquotes in a row of the table of words.
fn documented(row: &str) -> Vec<String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/PROTOCOL.md")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("| {row} | "))).expect(row);
    let mut words: Vec<String> = line.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    words.sort();
    words
}

fn sources(folder: &Path, out: &mut String) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.ends_with("tests") {
            sources(&path, out);
        } else if path.extension().is_some_and(|of| of == "rs") {
            *out += &std::fs::read_to_string(&path).unwrap();
        }
    }
}

/// The steps of paths that the exchange writes: the first text that `why`, and what is said with it, is given.
fn steps(source: &str) -> Vec<String> {
    let is_before = |c: char| c.is_ascii_alphanumeric() || " \n_.,*&".contains(c);
    let of = |part: &str| {
        let (before, rest) = part.split_once('"')?;
        before.chars().all(is_before).then(|| rest.split('"').next().map(str::to_owned))?
    };
    let given = [".why(", ".why_and_event(", ".why_and_audit("];
    let parts = given.into_iter().flat_map(|by| source.split(by).skip(1));
    let found: std::collections::BTreeSet<String> = parts.filter_map(of).collect();
    found.into_iter().collect()
}

/// Clients go by the list of words for machines: it must be all of them.
#[test]
fn words_for_machines_are_documented_all_of_them() {
    let mut source = String::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/exchange/src")), &mut source);
    assert_eq!(documented("`step` of a path"), steps(&source));
    let mut outcomes: Vec<&str> = LegOutcome::ALL.iter().map(|outcome| outcome.word()).collect();
    outcomes.sort_unstable();
    assert_eq!(documented("`outcome` of a leg in a CDR"), outcomes);
    let causes = source.split_once("impl Cause {").unwrap().1.split_once("\n}\n").unwrap().0;
    let mut causes: Vec<String> = causes.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    causes.sort();
    assert_eq!(documented("`ended.cause`"), causes);
    let kinds = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/wire/src/view.rs")).unwrap();
    let kinds = kinds.split_once("pub enum EventKind {").unwrap().1.split_once('}').unwrap().0;
    let names = kinds.lines().map(str::trim).filter_map(|line| line.strip_suffix(','));
    let mut names: Vec<String> = names.map(str::to_lowercase).collect();
    names.sort();
    assert_eq!(documented("`kind` of an event"), names);
}
