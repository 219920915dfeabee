//! Cases: those of an office hold and cover it; what fails says why; what is written wrong is told with its place.

use super::case::{Case, play_all, read};
use super::*;
use crate::routes::{Destination, Route};

fn cases(text: &str) -> Vec<Case> {
    let (cases, faults) = read("tests/office.toml", text);
    assert!(faults.is_empty(), "{faults:#?}");
    cases
}

/// What the one case of this text fails with, and the story behind it.
fn failure(text: &str) -> (String, String) {
    let report = play_all(&cases(text), &office());
    let fault = report.failures().next().unwrap_or_else(|| panic!("it does not fail")).clone();
    (fault.to_string(), fault.hint.unwrap_or_default())
}

#[test]
fn the_cases_of_an_office_hold_and_reach_all_of_it() {
    let cases = cases(CASES);
    let stage = office();
    for case in &cases {
        assert_eq!(case.check(&stage.flows), []);
    }
    let report = play_all(&cases, &stage);
    let failures: Vec<_> =
        report.failures().map(|f| format!("{f}\n{}", f.hint.clone().unwrap_or_default())).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let of: Vec<String> = report.coverage.of(&stage.flows).iter().map(|of| of.report()).collect();
    assert_eq!(of, ["office: 14 of 14 nodes, 26 of 26 branches\n"]);
    assert!(report.coverage.of(&stage.flows).iter().all(coverage::OfFlow::is_full));
}

#[test]
fn what_was_never_reached_is_named() {
    let all = cases(CASES);
    let stage = office();
    let report = play_all(all.get(..1).expect("a case"), &stage);
    let of = report.coverage.of(&stage.flows);
    let told = of.first().expect("the office").report();
    assert!(told.starts_with("office: 7 of 14 nodes, 6 of 26 branches\n"), "{told}");
    for line in
        ["line 5: hours, never \"closed\"", "line 16: main, never \"key 2\"", "line 38: box, never reached"]
    {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(!of.iter().any(coverage::OfFlow::is_full));
}

#[test]
fn a_failing_case_says_what_was_expected_and_what_happened() {
    let case = |rest: &str| {
        format!(
            "flow = \"office\"\nat = \"2026-11-23T10:00\"\n[site]\nhours = {{ office = \"open\" }}\n[[case]]\nname = \"c\"\n{rest}"
        )
    };
    for (rest, what, story) in [
        (
            "steps = [\n{ hear = \"@office/welcome\" },\n{ hear = \"good night\", within = \"5s\" }]",
            "tests/office.toml:9:1: case \"c\": step 2: expected to hear \"good night\" within 5s; heard was @office/welcome, then \"For sales, press one. For your order, press two.\"",
            "path: office.hours → welcome (open) → main (next)",
        ),
        (
            "steps = [{ press = \"1\" }, { press = \"1\" }, { rings = \"101\" }]",
            "case \"c\": step 3: expected that 101 ring, and the caller waits in queue sales",
            "after 15s",
        ),
        (
            "steps = [{ at = \"box\", within = \"10s\" }]",
            "case \"c\": step 1: expected to come to box within 10s, and the caller hears a prompt",
            "the caller at office.main",
        ),
        ("steps = [{ queue = \"service\" }]", "expected to wait in queue service", ""),
        ("steps = [{ say = \"1s\" }]", "expected to be recorded", ""),
        ("steps = [{ they_hang_up = true }]", "expected to talk with somebody", ""),
        ("steps = [{ asks = \"orders\" }]", "expected that \"orders\" is asked", ""),
        ("steps = [{ hang_up = true }, { press = \"1\" }]", "step 2: the call is over: caller hung up", ""),
        (
            "expect = { end = \"hung up\", at = \"main\" }\nsteps = [{ press = \"99\" }, { press = \"99\" }]",
            "expected that it ends at main, and it ended at office.bye",
            "",
        ),
        (
            "expect = { end = \"busy\" }\nsteps = [{ press = \"9999\" }]",
            "expected the end \"busy\", and it was \"hung up\"",
            "",
        ),
        ("expect = { set = { x = 1 } }", "expected x = \"1\", and it was \"\"", ""),
        ("expect = { survey = { kind = \"1\" } }", "expected the answer 1 to kind, and it was nothing", ""),
        ("expect = { messages = { sales = 1 } }", "expected 1 messages in sales, and it was 0", ""),
        ("expect = { fault = \"loops\" }", "expected a fault with \"loops\" in it", ""),
        ("expect = { to = \"queue sales\" }", "expected that the call goes to queue sales", ""),
        ("flow = \"other\"", "the call goes to flow other, which is not there", ""),
        ("dial = \"400\"", "the call goes to no route", ""),
    ] {
        let (found, why) = failure(&case(rest));
        assert!(found.contains(what), "{found}\n{why}");
        assert!(why.contains(story), "{why}");
    }
}

#[test]
fn a_fault_of_the_flow_fails_a_case_that_does_not_expect_it() {
    let text = "[nodes.n]\nkind = \"hours\"\nhours = \"shop\"\nopen = \"m\"\nclosed = \"m\"\n[nodes.m]\nkind = \"hang_up\"\n";
    let stage = stage_of("main", text);
    let case =
        |expect: &str| format!("[[case]]\nname = \"c\"\nflow = \"main\"\nat = \"2026-01-02\"\n{expect}");
    let report = play_all(&cases(&case("")), &stage);
    let told = report.failures().map(ToString::to_string).collect::<Vec<_>>();
    assert!(
        told.first().is_some_and(|t| t.contains("the flow is faulty: main.n: there are no hours named shop")),
        "{told:?}"
    );
    let report = play_all(&cases(&case("expect = { fault = \"no hours\", end = \"not answered\" }")), &stage);
    assert_eq!(report.failures().count(), 0);
}

/// One call cannot lock an account and come back.
#[test]
fn a_case_may_begin_with_a_locked_account() {
    let flow = "[nodes.p]\nkind = \"pin\"\npins = \"door\"\nof = \"caller\"\nnext = \"in\"\nwrong = \"out\"\nlocked = \"later\"\n\
        [nodes.in]\nkind = \"hang_up\"\n[nodes.out]\nkind = \"hang_up\"\n[nodes.later]\nkind = \"hang_up\"\n";
    let stage = stage_of("main", flow);
    for (pin, node) in [("4711", "in"), ("1234", "out"), ("locked", "later")] {
        let text = format!(
            "flow = \"main\"\nat = \"2026-01-02\"\nfrom = \"101\"\n[[case]]\nname = \"c\"\nsite = {{ pins = {{ \"door.101\" = \"{pin}\" }} }}\n\
            steps = [{{ press = \"4711#\" }}, {{ wait = \"1m\" }}]\nexpect = {{ end = \"hung up\", at = \"{node}\" }}"
        );
        let report = play_all(&cases(&text), &stage);
        assert_eq!(report.failures().collect::<Vec<_>>(), [] as [&crate::Fault; 0], "{pin}");
    }
}

/// The agent of a caller's list is asked first, and nobody is for who is not on it.
#[test]
fn a_case_knows_which_agent_is_asked_first() {
    let flow = "[nodes.wait]\nkind = \"queue\"\nqueue = \"sales\"\nagent = \"{lookup('own', caller)}\"\n\
        timeout = \"bye\"\n[nodes.bye]\nkind = \"hang_up\"\n";
    let stage = stage_of("main", flow);
    let head = "flow = \"main\"\nat = \"2026-01-02\"\n[site]\nlists = { own = { 101 = \"2001\" } }\n";
    let case = |from: &str, agent: &str| {
        let step = format!("{{ queue = \"sales\", agent = \"{agent}\", answer = \"talks 5s\" }}");
        format!(
            "{head}[[case]]\nname = \"c\"\nfrom = \"{from}\"\nsteps = [{step}]\nexpect = {{ end = \"hung up\" }}"
        )
    };
    for (from, asked, other) in [("101", "2001", "2002"), ("102", "", "2001")] {
        let report = play_all(&cases(&case(from, asked)), &stage);
        assert_eq!(report.failures().collect::<Vec<_>>(), [] as [&crate::Fault; 0], "{from}");
        let report = play_all(&cases(&case(from, other)), &stage);
        let told = report.failures().map(ToString::to_string).collect::<Vec<_>>();
        let wanted = format!("expected that agent \"{other}\" is asked first, and it was \"{asked}\"");
        assert!(told.first().is_some_and(|told| told.ends_with(&wanted)), "{told:?}");
    }
    let (_, faults) = read(
        "f.toml",
        &format!("{head}[[case]]\nname = \"c\"\nsteps = [{{ press = \"1\", agent = \"2001\" }}]"),
    );
    assert!(faults.iter().any(|fault| fault.to_string().contains("agent goes with queue")), "{faults:?}");
}

#[test]
fn a_number_is_dialled_by_the_routes_of_the_site() {
    let mut stage = office();
    let route = |number: &str, to: &str| {
        let to = Destination::parse(to).expect("a destination");
        Route::plain(number, crate::number::Pattern::parse(number).expect("a number"), to)
    };
    stage.site.routes = vec![route("400", "flow office"), route("401", "extension 101")];
    let text = "at = \"2026-11-23T10:00\"\n[site]\nhours = { office = \"open\" }\n\
        [[case]]\nname = \"a\"\ndial = \"400\"\nsteps = [{ hear = \"@office/welcome\" }]\n\
        [[case]]\nname = \"b\"\ndial = \"401\"\nexpect = { to = \"extension 101\" }\n\
        [[case]]\nname = \"c\"\ndial = \"402\"\nexpect = { to = \"no route\" }\n";
    let report = play_all(&cases(text), &stage);
    assert_eq!(report.failures().collect::<Vec<_>>(), [] as [&crate::Fault; 0]);
}

#[test]
fn what_is_written_wrong_is_told_with_its_place_and_a_hint() {
    let head = "flow = \"office\"\nat = \"2026-11-23T10:00\"\n";
    let case = |steps: &str| format!("{head}[[case]]\nname = \"c\"\nsteps = [\n{steps}\n]\n");
    for (text, what, hint) in [
        (String::new(), "f.toml:1:1: a file has 1 to 1000 cases", "[[case]]"),
        ("flow = ".to_owned(), "f.toml:1:", ""),
        (case("{ prss = \"1\" }"), "f.toml:6:3: unknown field `prss`", "did you mean \"press\"?"),
        (case("{ press = \"1x\" }"), "f.toml:6:11: \"1x\" are no keys", "keys are 0 to 9"),
        (case("{ }"), "f.toml:6:1: a step does one thing, and this one 0", "hear, press"),
        (case("{ press = \"1\", wait = \"1s\" }"), "f.toml:6:1: a step does one thing, and this one 2", ""),
        (case("{ wait = \"5\" }"), "f.toml:6:10: \"5\" is not a duration", "\"5s\""),
        (case("{ wait = \"999h\" }"), "a day is the longest", ""),
        (case("{ rings = [] }"), "f.toml:6:11: rings takes numbers", ""),
        (case("{ rings = \"101\", answer = \"yes\" }"), "\"yes\" is not what becomes of a call", "talks 30s"),
        (case("{ press = \"1\", answer = \"busy\" }"), "answer goes with rings or queue", ""),
        (case("{ hang_up = false }"), "this is true, or not written", ""),
        (case("{ hear = \"\" }"), "f.toml:6:1: hear is empty, which is in whatever comes", "some words"),
        (case("{ asks = \" \" }"), "f.toml:6:1: asks is empty", "some words"),
        (
            format!("{head}[[case]]\nname = \"c\"\nexpect = {{ fault = \"\" }}\n"),
            "f.toml:3:1: fault is empty",
            "some words",
        ),
        (
            format!("{head}[site]\nphones = {{ 101 = \"bussy\" }}\n[[case]]\nname = \"c\"\n"),
            "f.toml:4:18: \"bussy\" is not how a phone",
            "busy",
        ),
        (
            format!("{head}[site]\nqueues = {{ sales = \"shut\" }}\n[[case]]\nname = \"c\"\n"),
            "is not how a queue stands",
            "",
        ),
        (
            format!("{head}[site]\nhours = {{ office = \"ajar\" }}\n[[case]]\nname = \"c\"\n"),
            "is not how hours stand",
            "",
        ),
        (
            format!("{head}[site]\npins = {{ door = \"98\" }}\n[[case]]\nname = \"c\"\n"),
            "a PIN has four to six digits",
            "\"locked\"",
        ),
        (
            format!("{head}[site]\nshares = {{ split = 0 }}\n[[case]]\nname = \"c\"\n"),
            "parts are counted from 1",
            "",
        ),
        (
            format!("{head}[site]\nservices = {{ ask = {{ jsn = 1 }} }}\n[[case]]\nname = \"c\"\n"),
            "a service answers or fails",
            "json",
        ),
        (
            format!("{head}[site]\nvalues = {{ class = [] }}\n[[case]]\nname = \"c\"\n"),
            "this is a text, a number",
            "",
        ),
        (
            format!("{head}[[case]]\nname = \"c\"\nexpect = {{ end = \"bored\" }}\n"),
            "\"bored\" is not how a call ends",
            "caller hung up",
        ),
        (format!("{head}[[case]]\nname = \"c\"\n[[case]]\nname = \"c\"\n"), "two cases are named \"c\"", ""),
        (
            "at = \"2026-11-23\"\n[[case]]\nname = \"c\"\n".to_owned(),
            "f.toml:2:1: the case enters no flow",
            "dial",
        ),
        ("flow = \"x\"\n[[case]]\nname = \"c\"\n".to_owned(), "the case has no time", ""),
        (
            "flow = \"x\"\nat = \"tomorrow\"\n[[case]]\nname = \"c\"\n".to_owned(),
            "f.toml:2:6: \"tomorrow\" is not a time",
            "",
        ),
    ] {
        let (cases, faults) = read("f.toml", &text);
        assert!(cases.is_empty(), "{text}");
        let fault = faults.first().unwrap_or_else(|| panic!("no fault in {text}"));
        assert!(fault.to_string().contains(what), "{fault}");
        assert!(fault.hint.clone().unwrap_or_default().contains(hint), "{fault}: {:?}", fault.hint);
    }
}

#[test]
fn names_that_are_nowhere_are_told_before_anything_is_played() {
    let text = "flow = \"ofice\"\nat = \"2026-11-23T10:00\"\n[site]\nservices = { aks = { fails = \"x\" } }\n[[case]]\nname = \"c\"\nsteps = [{ at = \"boxx\" }, { at = \"office.main\" }]\n";
    let case = cases(text).pop().expect("a case");
    let told: Vec<String> = case
        .check(&office().flows)
        .iter()
        .map(|f| format!("{f}; {}", f.hint.clone().unwrap_or_default()))
        .collect();
    assert_eq!(
        told,
        [
            "tests/office.toml:5:1: there is no flow named \"ofice\"; did you mean \"office\"?",
            "tests/office.toml:7:10: no flow has a node named \"boxx\"; did you mean \"box\"?",
            "tests/office.toml:5:1: no flow has a node named \"aks\"; did you mean \"ask\"?",
        ]
    );
}

/// What a case says of what no flow asks for would change nothing; what it expects of it may hold whatever happens.
#[test]
fn names_that_no_flow_uses_are_told() {
    let text = "flow = \"office\"\nat = \"2026-11-23T10:00\"\n[site]\nhours = { ofice = \"open\" }\npins = { dor = \"4711\", \"door.7\" = \"4711\" }\n\
        lists = { vip = { 1 = \"gold\" } }\nqueues = { sale = \"full\" }\nmailboxes = { sale = 1 }\nvalues = { clas = \"gold\", class = \"x\" }\n\
        [[case]]\nname = \"c\"\nexpect = { set = { ordr = \"\", order = 1, outcome = \"\" }, survey = { knd = \"1\" }, messages = { salse = 0 } }\n";
    let case = cases(text).pop().expect("a case");
    let told: Vec<String> = case
        .check(&office().flows)
        .iter()
        .map(|f| format!("{}; {}", f.what, f.hint.clone().unwrap_or_default()))
        .collect();
    assert_eq!(
        told,
        [
            "no flow asks for hours named \"ofice\"; did you mean \"office\"?",
            "no flow asks for a list named \"vip\"; ",
            "no flow asks for PINs named \"dor\"; did you mean \"door\"?",
            "no flow has a queue named \"sale\"; did you mean \"sales\"?",
            "no flow has a mailbox named \"sale\"; did you mean \"sales\"?",
            "no flow has a mailbox named \"salse\"; did you mean \"sales\"?",
            "no flow reads a value named \"clas\"; ",
            "no flow asks a question named \"knd\"; did you mean \"kind\"?",
            "no flow sets a variable named \"ordr\"; did you mean \"order\"?",
        ]
    );
}

#[test]
fn cut_files_and_junk_never_panic() {
    for end in 0..CASES.len() {
        if let Some(text) = CASES.get(..end) {
            let (cases, _) = read("f.toml", text);
            assert!(cases.len() <= 12);
        }
    }
}
