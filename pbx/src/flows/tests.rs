//! Folders of flows, good and bad, and what is in force then.
#![allow(clippy::unwrap_used)]

use super::*;
use std::fs;
use tempfile::TempDir;

/// A flow that says something and hangs up.
fn good(text: &str) -> String {
    format!(
        "start = \"hello\"\n[nodes.hello]\nkind = \"play\"\nprompt = \"{text}\"\nnext = \"bye\"\n[nodes.bye]\nkind = \"hang_up\"\n"
    )
}

/// One that runs another.
fn runs(other: &str) -> String {
    format!(
        "start = \"go\"\n[nodes.go]\nkind = \"flow\"\nflow = \"{other}\"\nnext = \"bye\"\n[nodes.bye]\nkind = \"hang_up\"\n"
    )
}

const BAD: &str = "start = \"hello\"\n[nodes.hello]\nkind = \"paly\"\n";

fn put(dir: &TempDir, name: &str, text: &str) {
    fs::write(dir.path().join(name), text).unwrap();
}

fn look(dir: &TempDir, old: &Flows) -> Found {
    read(dir.path(), &Known::default(), old)
}

fn versions(found: &Found) -> Vec<(&str, u64)> {
    found.flows.iter().map(|(name, flow)| (name.as_str(), flow.version)).collect()
}

#[test]
fn versions_rise_with_the_text_and_what_is_the_same_stays() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(read(&dir.path().join("none"), &Known::default(), &Flows::new()), Found::default());
    put(&dir, "main.toml", &good("Hello."));
    put(&dir, "other.toml", &good("Good day."));
    put(&dir, "notes.txt", "x");
    put(&dir, ".#main.toml", "x");
    fs::create_dir(dir.path().join("tests")).unwrap();
    fs::create_dir(dir.path().join("folder.toml")).unwrap();
    let first = look(&dir, &Flows::new());
    assert_eq!((versions(&first), &first.faults), (vec![("main", 1), ("other", 1)], &vec![]));
    put(&dir, "main.toml", &good("Hello again."));
    let second = look(&dir, &first.flows);
    assert_eq!(versions(&second), [("main", 2), ("other", 1)]);
    assert!(Arc::ptr_eq(&first.flows["other"], &second.flows["other"]));
    fs::remove_file(dir.path().join("other.toml")).unwrap();
    let third = look(&dir, &second.flows);
    assert_eq!((versions(&third), third.refused.len()), (vec![("main", 2)], 0), "what is gone is gone");
}

#[test]
fn at_start_a_faulty_flow_is_left_out_with_what_runs_it() {
    let dir = tempfile::tempdir().unwrap();
    put(&dir, "bad.toml", BAD);
    put(&dir, "main.toml", &good("Hello."));
    put(&dir, "upper.toml", &runs("bad"));
    put(&dir, "binary.toml", "x");
    fs::write(dir.path().join("binary.toml"), b"\xff\x00").unwrap();
    let found = look(&dir, &Flows::new());
    assert_eq!(versions(&found), [("main", 1)]);
    assert_eq!(found.refused.keys().collect::<Vec<_>>(), ["bad", "binary", "upper"]);
    let bad = &found.refused["bad"];
    assert!(bad.contains("bad.toml:3:8: \"paly\" is not a kind of node"), "{bad}");
    assert!(bad.contains("the flow is left out"), "{bad}");
    assert!(found.refused["binary"].contains("not UTF-8"), "{found:?}");
    let faults: Vec<String> = found.errors().map(ToString::to_string).collect();
    assert!(faults.len() >= 3 && faults.is_sorted(), "{faults:#?}");
}

#[test]
fn a_file_that_became_faulty_leaves_the_version_of_before_in_force() {
    let dir = tempfile::tempdir().unwrap();
    put(&dir, "sub.toml", &good("Hello."));
    put(&dir, "main.toml", &runs("sub"));
    let first = look(&dir, &Flows::new());
    assert_eq!(versions(&first), [("main", 1), ("sub", 1)]);
    put(&dir, "sub.toml", BAD);
    put(&dir, "main.toml", &runs("sub").replace("go", "again"));
    let second = look(&dir, &first.flows);
    assert_eq!(versions(&second), [("main", 2), ("sub", 1)], "what is good is taken all the same");
    assert!(second.refused["sub"].contains("the version of before stays in force"), "{second:?}");
    assert_eq!(
        second.behind,
        BTreeSet::from(["sub".to_owned()]),
        "its faults are of the text that is not in force"
    );
    put(&dir, "sub.toml", &good("Hello anew."));
    let third = look(&dir, &second.flows);
    assert_eq!((versions(&third), third.refused.len()), (vec![("main", 2), ("sub", 3)], 0));
    // What was good and names something that is gone stays, and is told of.
    fs::remove_file(dir.path().join("sub.toml")).unwrap();
    let fourth = look(&dir, &third.flows);
    assert_eq!(versions(&fourth), [("main", 2)]);
    assert!(fourth.refused["main"].contains("sub") && fourth.errors().count() > 0, "{fourth:?}");
    assert_eq!(fourth.behind, BTreeSet::new(), "and its faults are of the text in force");
}

#[test]
fn words_of_the_site_and_the_shipped_ones_are_known() {
    let dir = tempfile::tempdir().unwrap();
    put(&dir, "prompts.toml", "\"office/welcome\" = { en = \"Welcome.\" }\n");
    let (prompts, wrong) = texts(&[dir.path()]);
    assert!(wrong.is_empty());
    let clip = |name: &str| switchroom_flow::Clip::Prompt { language: Language::En, name: name.into() };
    let said = prompts.text(&[clip("office/welcome"), clip("digit/7")]);
    assert_eq!(said, "@office/welcome \"Welcome.\" @digit/7 \"seven\"");
    put(&dir, "prompts.toml", "x");
    assert_eq!(texts(&[dir.path()]).1.len(), 1);
}

#[test]
fn what_the_configuration_names_and_nobody_wrote_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("flows")).unwrap();
    fs::write(dir.path().join("flows/main.toml"), good("Hello.")).unwrap();
    fs::write(dir.path().join("flows/bad.toml"), BAD).unwrap();
    let route = |to: &str| format!("[[routes]]\nnumber = \"4001\"\nfrom = [\"1*\"]\nto = \"flow {to}\"\n");
    let greets = |name: &str, with: &str| format!("[mailboxes.{name}]\ngreeting = \"{with}\"\n");
    let text = [
        route("main"),
        route("mian"),
        route("bad"),
        route("support"),
        greets("a", "digit/7"),
        greets("b", "none/x"),
        "[queues.q]\nmusic = [\"digit/8\", \"digit/88\"]\ncomfort = \"none/y\"\n".into(),
        "[queues.r]\ncomfort = \"digit/9\"\n".into(),
        "[recording]\nconsent = \"none/z\"\n".into(),
    ];
    let path = dir.path().join("switchroom.toml");
    let loaded = crate::config::parse(&text.concat(), &path, dir.path()).unwrap();
    let found = load(&loaded, &Flows::new());
    let told: Vec<_> = found.faults.iter().filter(|f| f.file == path.to_string_lossy()).collect();
    let told: Vec<_> =
        told.iter().map(|f| (f.line, f.what.as_str(), f.hint.as_deref().unwrap_or_default())).collect();
    let place = format!("write it as support.toml in {}", loaded.shell.flows.dir.display());
    assert_eq!(
        told,
        [
            (
                0,
                "there is no prompt \"none/z\" in en for `consent`, so nobody can be asked and nothing is recorded",
                "record it in each language that callers have, or use \"msg/recorded\""
            ),
            (
                0,
                "mailbox b greets with \"none/x\", and there is no such prompt",
                "record it, or leave it out"
            ),
            (
                0,
                "queue q comforts with \"none/y\", and there is no such prompt",
                "record it, or leave it out"
            ),
            (0, "queue q plays \"digit/88\", and there is no such prompt", "did you mean \"digit/8\"?"),
            (5, "there is no flow \"mian\" for this route", "did you mean \"main\"?"),
            (13, "there is no flow \"support\" for this route", place.as_str()),
        ]
    );
    assert!(found.faults.is_sorted() && found.refused.contains_key("bad"));
}

/// A prompt of consent that a caller cannot hear switches recording off for that caller, without a sign: it is a fault, and an
/// alarm while it lasts.
#[test]
fn consent_that_somebody_cannot_hear_is_a_fault_and_an_alarm() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("prompts/en/own")).unwrap();
    fs::write(dir.path().join("prompts/en/own/ask.wav"), "RIFF").unwrap();
    let path = dir.path().join("switchroom.toml");
    let loaded = |text: &str| crate::config::parse(text, &path, dir.path()).unwrap();
    let faults = |text: &str| {
        let found = load(&loaded(text), &Flows::new());
        found.errors().map(|fault| fault.what.clone()).collect::<Vec<_>>()
    };
    let consent = |name: &str| format!("[recording]\nconsent = \"{name}\"\n");
    let none: Vec<String> = Vec::new();
    assert_eq!(faults(&consent("msg/recorded")), none, "it ships, in both languages");
    assert_eq!(faults(&consent("own/ask")), none);
    let chinese = faults(&(consent("own/ask") + "[queues.q]\nlanguage = \"zh\"\n"));
    assert!(
        chinese.len() == 1 && chinese[0].starts_with("there is no prompt \"own/ask\" in zh for"),
        "{chinese:?}"
    );
    assert_eq!(faults(&(consent("msg/recorded") + "[queues.q]\nlanguage = \"zh\"\n")), none);
    let in_force = InForce::default();
    assert_eq!(in_force.renew(&mut loaded(&consent("own/ask"))), (Vec::new(), None));
    let (alarms, said) = in_force.renew(&mut loaded(&consent("consent")));
    assert!(alarms.len() == 1 && alarms[0].0 == "config_names" && alarms[0].1.is_some(), "{alarms:?}");
    assert!(said.is_some_and(|said| said.contains("nothing is recorded")));
    let (alarms, said) = in_force.renew(&mut loaded(&consent("msg/recorded")));
    assert_eq!((alarms, said), (vec![("config_names".to_owned(), None)], None));
}

#[test]
fn a_queue_that_nobody_configured_is_a_fault_of_the_flow_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("flows")).unwrap();
    let waits = |queue: &str| {
        format!(
            "start = \"wait\"\n[nodes.wait]\nkind = \"queue\"\nqueue = \"{queue}\"\ntimeout = \"bye\"\n[nodes.bye]\nkind = \"hang_up\"\n"
        )
    };
    fs::write(dir.path().join("flows/main.toml"), waits("sales")).unwrap();
    fs::write(dir.path().join("flows/typo.toml"), waits("slaes")).unwrap();
    let path = dir.path().join("switchroom.toml");
    let loaded = |text: &str| load(&crate::config::parse(text, &path, dir.path()).unwrap(), &Flows::new());
    let found = loaded("[queues.sales]\n");
    assert_eq!(versions(&found), [("main", 1)]);
    let told: Vec<String> = found.errors().map(ToString::to_string).collect();
    assert!(told.len() == 1 && told[0].contains("typo.toml:4:9: there is no queue \"slaes\""), "{told:?}");
    assert!(found.refused["typo"].contains("the flow is left out"));
    let hint = found.errors().next().and_then(|fault| fault.hint.as_deref());
    assert_eq!(hint, Some("did you mean \"sales\"?"));
    assert_eq!(loaded("").errors().count(), 2, "where there is no queue, none is there");
}

/// Who is handed off comes back, which nobody can who is being connected.
#[test]
fn a_route_with_a_way_back_leads_to_no_flow_that_dials() {
    let dir = tempfile::tempdir().unwrap();
    let flows = dir.path().join("flows");
    fs::create_dir(&flows).unwrap();
    let pin = "start = \"a\"\n[nodes.a]\nkind = \"collect\"\ninto = \"x\"\nprompt = \"@digit/7\"\n";
    let dials = "start = \"a\"\n[nodes.a]\nkind = \"dial\"\nto = \"101\"\n";
    let runs = "start = \"a\"\n[nodes.a]\nkind = \"flow\"\nflow = \"dials\"\n";
    for (name, text) in [("pin", pin), ("dials", dials), ("runs", runs)] {
        fs::write(flows.join(format!("{name}.toml")), text).unwrap();
    }
    let route = |number: u32, flow: &str, back: bool| {
        format!("[[routes]]\nnumber = \"{number}\"\nto = \"flow {flow}\"\nback = {back}\n")
    };
    let text = [
        "[extensions.101]\n".to_owned(),
        route(4090, "pin", true),
        route(4091, "dials", false),
        route(4092, "dials", true),
        route(4093, "runs", true),
    ];
    let path = dir.path().join("switchroom.toml");
    let loaded = crate::config::parse(&text.concat(), &path, dir.path()).unwrap();
    let found = load(&loaded, &Flows::new());
    let told: Vec<_> = found.errors().map(|fault| (fault.line, fault.what.as_str())).collect();
    let what = "who comes to this route is to come back, and node \"a\" of flow \"dials\" dials";
    assert_eq!(told, [(10, what), (14, what)]);
}

/// Whoever changes settings has files read again that somebody has changed meanwhile, and is told before.
#[test]
fn what_would_be_taken_over_with_a_change_is_told_before() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("flows")).unwrap();
    put(&dir, "flows/main.toml", &good("Hello."));
    let path = dir.path().join("switchroom.toml");
    put(&dir, "pins.csv", "1001,1234\n");
    fs::write(&path, "[pins.door]\nfile = \"pins.csv\"\n").unwrap();
    let load = || crate::config::load(&path).unwrap();
    let in_force = InForce::default();
    in_force.renew(&mut load());
    assert_eq!(in_force.would_come(&load(), None), Vec::<String>::new());
    put(&dir, "pins.csv", "1001,8642\n");
    let told = in_force.would_come(&load(), None);
    assert_eq!(
        told,
        ["PINs door are others by now, which count then, too"],
        "and which they are is not told"
    );
    put(&dir, "pins.csv", "1001,1234\n");
    put(&dir, "flows/main.toml", &good("Hello again."));
    put(&dir, "flows/new.toml", &good("Good day."));
    let told = in_force.would_come(&load(), None);
    let of = |name: &str| told.iter().filter(|text| text.contains(&format!("flow {name} "))).count();
    assert_eq!((of("main"), of("new"), told.len()), (1, 1, 2), "{told:?}");
    // Who edits that flow knows of it.
    let beside = in_force.would_come(&load(), Some("main"));
    assert!(beside.len() == 1 && beside[0].contains("flow new "), "{beside:?}");
    in_force.renew(&mut load());
    assert_eq!(in_force.would_come(&load(), None), Vec::<String>::new());
}
