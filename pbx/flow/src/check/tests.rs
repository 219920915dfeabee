//! Each rule is shown to fire and not to fire.
#![allow(clippy::panic)]

mod bounds;
mod ways;

use super::*;
use crate::clip::Language;
use crate::read::read;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Flows from their files.
fn flows(files: &[(&str, &str)]) -> Flows {
    let flow = |(name, text): &(&str, &str)| match read(&format!("{name}.toml"), 1, text) {
        (Some(flow), _) => ((*name).to_owned(), Arc::new(flow)),
        (None, faults) => panic!("{text}\n{}", told(&faults)),
    };
    files.iter().map(flow).collect()
}

fn told(faults: &[Fault]) -> String {
    faults.iter().map(|f| format!("{f}\n  hint: {}\n", f.hint.as_deref().unwrap_or("-"))).collect()
}

/// A short way to write nodes: `name: kind; key = value; …`, one a line.
fn nodes(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some((name, rest)) = line.split_once(": ").filter(|(name, _)| !name.contains('=')) else {
            out += &format!("{line}\n");
            continue;
        };
        let mut parts = rest.split("; ");
        out += &format!("[nodes.{name}]\nkind = \"{}\"\n", parts.next().unwrap_or_default());
        parts.for_each(|part| out += &format!("{part}\n"));
    }
    out
}

/// All that is told of one flow, `main`.
fn of(text: &str) -> String {
    told(&check(&flows(&[("main", &nodes(text))]), &Known::default()))
}

/// What is told of flows, each with its nodes.
fn of_all(files: &[(&str, &str)]) -> String {
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (*name, nodes(text))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    told(&check(&flows(&files), &Known::default()))
}

/// A flow of which `fires` is told with this text, and nothing is told of `rests`.
fn shows(fires: &str, text: &str, rests: &str) {
    let said = of(fires);
    assert!(said.contains(text), "{fires}\nwanted {text}, found\n{said}");
    assert_eq!(of(rests), "", "{rests}");
}

const BYE: &str = "bye: hang_up; prompt = \"Bye.\"\n";

/// Adds a node to say goodbye.
fn bye(text: &str) -> String {
    format!("{text}\n{BYE}")
}

#[test]
fn flows_that_run_each_other() {
    let run = |flow: &str| bye(&format!("a: flow; flow = \"{flow}\"; next = \"bye\""));
    let said = of_all(&[("main", &run("main"))]);
    assert!(said.contains("main.toml:3:8: this flow runs itself"), "{said}");
    let said = of_all(&[("main", &run("other")), ("other", &run("main"))]);
    assert!(said.contains("main.toml:3:8: flow \"other\" is run here, and runs this one again"), "{said}");
    assert!(said.contains("other.toml:3:8: flow \"main\" is run here"), "{said}");
    let said = of_all(&[("main", &run("othr")), ("other", BYE)]);
    assert!(
        said.contains("main.toml:3:8: there is no flow \"othr\"\n  hint: did you mean \"other\"?"),
        "{said}"
    );
    assert_eq!(of_all(&[("main", &run("other")), ("other", BYE)]), "");
    let chain = |count: usize| {
        let texts: Vec<(String, String)> = (1..=count)
            .map(|n| (format!("f{n}"), if n == count { BYE.to_owned() } else { run(&format!("f{}", n + 1)) }))
            .collect();
        let files: Vec<(&str, &str)> =
            texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        of_all(&files)
    };
    assert_eq!(chain(crate::limits::DEPTH_MAX), "");
    let said = chain(crate::limits::DEPTH_MAX + 1);
    assert!(said.contains("f8.toml:3:8: more than 8 flows are within each other"), "{said}");
}

#[test]
fn flows_are_given_what_they_take() {
    let sub =
        bye("arguments = { level = 1 }\ns: if; when = \"level > 1\"; then = \"bye\"; otherwise = \"bye\"");
    let main = |with: &str| bye(&format!("a: flow; flow = \"sub\"; with = {{ {with} = 2 }}; next = \"bye\""));
    assert_eq!(of_all(&[("main", &main("level")), ("sub", &sub)]), "");
    let said = of_all(&[("main", &main("levle")), ("sub", &sub)]);
    assert!(
        said.contains("main.toml:4:10: flow \"sub\" takes no levle\n  hint: did you mean \"level\"?"),
        "{said}"
    );
}

#[test]
fn keys_that_make_callers_wait() {
    shows(
        &bye("a: menu; prompt = \"x\"; keys = { 1 = \"bye\", 12 = \"a\" }; otherwise = \"bye\""),
        "main.toml:4:10: warning: after key 1 the caller waits 1500ms, for 12 is a key too",
        &bye("a: menu; prompt = \"x\"; keys = { 1 = \"bye\", 22 = \"a\" }; otherwise = \"bye\""),
    );
    shows(
        &bye("a: menu; prompt = \"x\"; keys = { 1 = \"b\", 12 = \"bye\" }; otherwise = \"bye\"\n\
             b: menu; prompt = \"x\"; keys = { 2 = \"bye\" }; otherwise = \"bye\""),
        "main.toml:4:19: warning: key 12 is not needed: 1 and then 2 lead there too",
        &bye("a: menu; prompt = \"x\"; keys = { 1 = \"b\", 22 = \"bye\" }; otherwise = \"bye\"\n\
             b: menu; prompt = \"x\"; keys = { 2 = \"bye\" }; otherwise = \"bye\""),
    );
    shows(
        &bye("a: queue; queue = \"s\"; timeout = \"bye\"; keys = { 1 = \"bye\", 1234 = \"bye\" }"),
        "main.toml:5:10: warning: after key 1 the caller waits, for 1234",
        &bye("a: queue; queue = \"s\"; timeout = \"bye\"; keys = { 1 = \"bye\", 2 = \"bye\" }"),
    );
    shows(
        &bye("a: queue; queue = \"s\"; timeout = \"bye\"; called_back = \"bye\""),
        "main.toml:5:15: warning: no key asks for a call-back here",
        &bye("a: queue; queue = \"s\"; timeout = \"bye\"; call_back = \"1\"; called_back = \"bye\""),
    );
    shows(
        &bye("a: collect; prompt = \"x\"; into = \"n\"; end = \"0\"; next = \"bye\"; failed = \"bye\""),
        "main.toml:5:7: warning: the digit 0 ends the number and so cannot be in it",
        &bye("a: collect; prompt = \"x\"; into = \"n\"; end = \"*\"; next = \"bye\"; failed = \"bye\""),
    );
}

#[test]
fn clean_up_that_needs_a_caller() {
    let text =
        |node: &str| bye(&format!("on_hang_up = \"c\"\na: dial; to = \"1\"; no_answer = \"bye\"\nc: {node}"));
    for node in [
        "play; prompt = \"x\"",
        "dial; to = \"1\"; no_answer = \"bye\"",
        "survey; question = \"q\"; next = \"bye\"",
    ] {
        shows(
            &text(node),
            "main.toml:6:8: warning: node \"c\" is of no use after the call",
            &text("http; url = \"http://localhost/\"; next = \"bye\""),
        );
    }
    let main = text("flow; flow = \"sub\"");
    let said = of_all(&[("main", &main), ("sub", "s: play; prompt = \"x\"")]);
    assert!(said.contains("main.toml:6:8: warning: flow \"sub\" says or asks something"), "{said}");
    assert_eq!(of_all(&[("main", &main), ("sub", "s: set; values = { x = 1 }")]), "");
}

#[test]
fn names_that_the_site_does_not_have() {
    let text = nodes(&bye("a: hours; hours = \"office\"; open = \"b\"; closed = \"b\"\n\
         b: list; list = \"vip\"; listed = \"c\"; other = \"c\"\n\
         c: pin; pins = \"support\"; next = \"d\"; wrong = \"d\"\n\
         d: play; prompt = { en = [\"Hi.\", \"@office/welcome\"] }; next = \"e\"\n\
         e: dial; to = [\"{caller}\", \"101\"]; no_answer = \"f\"\n\
         f: queue; queue = \"sales\"; timeout = \"g\"; agent = \"2002\"\n\
         g: voicemail; mailbox = \"101\"; next = \"h\"; failed = \"h\"\n\
         h: if; when = \"queue.sales.waiting > 3 or is_set(lookup('vip', caller))\"; then = \"i\"; otherwise = \"i\"\n\
         i: pin; pins = \"mailbox\"; of = \"caller\"; next = \"j\"; wrong = \"bye\"\n\
         j: pin; pins = \"agent\"; of = \"caller\"; next = \"k\"; wrong = \"bye\"\n\
         k: agent; do = \"sign_in\"; agent = \"2001\"; next = \"l\"; refused = \"bye\"\n\
         l: agent; do = \"break\"; reason = \"lunch\"; next = \"bye\"; refused = \"bye\""));
    let flows = flows(&[("main", &text)]);
    let set = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>());
    let known = Known {
        extensions: set(&["101"]),
        queues: set(&["sales"]),
        hours: set(&["office"]),
        lists: set(&["vip"]),
        pins: set(&["support"]),
        mailboxes: set(&["101"]),
        agents: set(&["2001", "2002"]),
        breaks: set(&["lunch"]),
        prompts: set(&["office/welcome"]).map(|names| BTreeMap::from([(Language::En, names)])),
    };
    assert_eq!(told(&check(&flows, &known)), "");
    assert_eq!(told(&check(&flows, &Known::default())), "", "what is not known is not checked");
    type Change = fn(&mut Known);
    let table: [(Change, &str); 10] = [
        (
            |k| k.hours = Some(BTreeSet::from(["ofice".into()])),
            "3:9: there are no hours \"office\"\n  hint: did you mean \"ofice\"?",
        ),
        (
            |k| k.lists = Some(BTreeSet::new()),
            "8:8: there is no list \"vip\"\n  hint: write it as [lists.NAME]",
        ),
        (|k| k.pins = Some(BTreeSet::new()), "13:8: there are no PINs \"support\""),
        (|k| k.prompts = Some(BTreeMap::new()), "18:10: there is no prompt \"office/welcome\""),
        (|k| k.extensions = Some(BTreeSet::from(["102".into()])), "22:19: there is no extension \"101\""),
        (|k| k.queues = Some(BTreeSet::new()), "26:9: there is no queue \"sales\""),
        (|k| k.mailboxes = Some(BTreeSet::new()), "31:11: there is no mailbox \"101\""),
        (|k| k.agents = Some(BTreeSet::from(["2002".into()])), "54:9: there is no agent \"2001\""),
        (
            |k| k.agents = Some(BTreeSet::from(["2001".into()])),
            "28:9: warning: there is no agent \"2002\"\n  hint: did you mean \"2001\"?",
        ),
        (|k| k.breaks = Some(BTreeSet::new()), "60:10: there is no break \"lunch\""),
    ];
    for (change, text) in table {
        let mut known = known.clone();
        change(&mut known);
        let said = told(&check(&flows, &known));
        assert!(said.starts_with(&format!("main.toml:{text}")), "wanted {text}, found\n{said}");
        let count = if said.contains("no list") || said.contains("no queue") { 2 } else { 1 };
        assert_eq!(said.matches("main.toml").count(), count, "expressions name lists and queues too\n{said}");
    }
}

#[test]
fn variables_that_nothing_sets() {
    shows(
        &bye(
            "a: collect; prompt = \"x\"; into = \"order\"; next = \"b\"; failed = \"bye\"\nb: say; text = \"{ordr:digits}\"; next = \"bye\"",
        ),
        "main.toml:9:8: nothing sets ordr\n  hint: did you mean \"order\"?",
        &bye(
            "a: collect; prompt = \"x\"; into = \"order\"; next = \"b\"; failed = \"bye\"\nb: say; text = \"{order:digits}\"; next = \"bye\"",
        ),
    );
    let reads = |expr: &str| {
        bye(&format!(
            "a: set; values = {{ x = \"{expr}\" }}; next = \"b\"\nb: if; when = \"x == 1\"; then = \"bye\"; otherwise = \"bye\""
        ))
    };
    for (expr, text) in [
        ("zh", "3:12: nothing sets zh\n  hint: set it before; if the word itself is meant, write \"'zh'\""),
        ("calller", "3:12: nothing sets calller\n  hint: did you mean \"caller\"?"),
        ("a & 1", "nothing sets a\n  hint: set it before; if the word itself is meant, write 'a'"),
        (
            "queue.sales.wating",
            "queues have no figure \"wating\"\n  hint: did you mean \"queue.sales.waiting\"?",
        ),
        ("queue.sales", "nothing sets queue.sales"),
        ("customer.name", "nothing sets customer.name"),
    ] {
        shows(&reads(expr), text, &reads("caller & time"));
    }
    for (name, _) in BUILT_IN {
        assert_eq!(of(&reads(&name.replace("NAME", "'after-sales'"))), "", "{name}");
    }
    // Everything that sets.
    for node in [
        "record; prompt = \"x\"; into = \"v\"; next = \"b\"; failed = \"b\"",
        "list; list = \"l\"; into = \"v\"; listed = \"b\"; other = \"b\"",
        "http; url = \"http://a/\"; fields = { v = \"x\" }; next = \"b\"; failed = \"b\"",
        "exec; argv = [\"/x\"]; fields = { v = \"x\" }; next = \"b\"; failed = \"b\"",
        "set; values = { w = 1, v = \"w\" }; next = \"b\"",
    ] {
        assert_eq!(of(&bye(&format!("a: {node}\nb: say; text = \"{{v}}\"; next = \"bye\""))), "", "{node}");
    }
}

#[test]
fn variables_that_no_way_sets_before() {
    shows(
        &bye("a: say; text = \"{n}\"; next = \"b\"\nb: set; values = { n = 1 }; next = \"bye\""),
        "main.toml:3:8: warning: n has no value yet: nothing on the way here sets it",
        &bye(
            "arguments = { n = 0 }\na: say; text = \"{n}\"; next = \"b\"\nb: set; values = { n = 1 }; next = \"bye\"",
        ),
    );
    // One way that sets it is enough, and a clean-up may begin anywhere.
    assert_eq!(
        of(&bye("on_hang_up = \"log\"\na: if; when = \"hour < 9\"; then = \"b\"; otherwise = \"c\"\n\
             b: set; values = { n = 1 }; next = \"c\"\nc: say; text = \"{n}\"; next = \"bye\"\n\
             log: http; url = \"http://localhost/{n}\"",)),
        ""
    );
    let own = of(&bye(
        "a: set; values = { x = \"y\", y = 1 }; next = \"b\"\nb: say; text = \"{x}{y}\"; next = \"bye\"",
    ));
    assert!(own.contains("main.toml:3:12: warning: y has no value yet"), "order counts within a node\n{own}");
}

#[test]
fn variables_that_never_get_a_value() {
    let count = |head: &str, expr: &str| {
        bye(&format!(
            "{head}\na: set; values = {{ n = \"{expr}\" }}; next = \"b\"\nb: menu; prompt = \"x\"; keys = {{ 1 = \"bye\" }}; otherwise = \"c\"\n\
             c: if; when = \"n < 3\"; then = \"a\"; otherwise = \"bye\""
        ))
    };
    let said = of(&count("", "n + 1"));
    assert!(said.contains("main.toml:3:12: n never gets a value: it is only made from itself"), "{said}");
    for (head, expr) in [("arguments = { n = 0 }", "n + 1"), ("arguments = { n = 0 }", "n & '1'")] {
        assert_eq!(of(&count(head, expr)), "", "{head} {expr}");
    }
    let joined = of(&count("", "n & '1'"));
    assert!(!joined.contains("never gets"), "text is joined to nothing\n{joined}");
}

#[test]
fn secrets_that_are_told() {
    let then = |node: &str| {
        bye(&format!(
            "a: collect; prompt = \"x\"; into = \"pin\"; secret = true; next = \"b\"; failed = \"bye\"\n\
             b: set; values = {{ code = \"'9' & pin\", same = \"pin == 4711\" }}; next = \"c\"\nc: {node}"
        ))
    };
    let fine = then("if; when = \"same\"; then = \"bye\"; otherwise = \"bye\"");
    for (node, text) in [
        ("say; text = \"{pin:digits}\"; next = \"bye\"", "main.toml:14:8: pin is secret and is not said"),
        ("say; text = \"{code}\"; next = \"bye\"", "main.toml:14:8: code is secret and is not said"),
        ("hang_up; prompt = \"{same}\"", "same is secret and is not said"),
        (
            "http; url = \"http://a/{pin}\"; next = \"bye\"; failed = \"bye\"",
            "main.toml:14:7: pin is secret and cannot stand in an address",
        ),
        (
            "dial; to = [\"1\", \"{code}\"]; no_answer = \"bye\"",
            "main.toml:14:12: code is secret and cannot say who is called",
        ),
        ("queue; queue = \"s\"; priority = \"pin\"; timeout = \"bye\"", "main.toml:15:12: pin is secret"),
        ("queue; queue = \"s\"; agent = \"{pin}\"; timeout = \"bye\"", "main.toml:15:9: pin is secret"),
        (
            "voicemail; mailbox = \"{pin}\"; next = \"bye\"; failed = \"bye\"",
            "main.toml:14:11: pin is secret",
        ),
        ("mailbox; mailbox = \"{pin}\"; next = \"bye\"", "main.toml:14:11: pin is secret"),
    ] {
        shows(&then(node), text, &fine);
    }
    for node in [
        "http; url = \"http://a/\"; body = { pin = \"pin\" }; next = \"bye\"; failed = \"bye\"",
        "exec; argv = [\"/x\"]; input = { pin = \"code\" }; next = \"bye\"; failed = \"bye\"",
        "list; list = \"pins\"; of = \"pin\"; listed = \"bye\"; other = \"bye\"",
        "pin; pins = \"p\"; of = \"pin\"; next = \"bye\"; wrong = \"bye\"",
    ] {
        assert_eq!(of(&then(node)), "", "{node}");
    }
}

#[test]
fn secrets_that_pass_through_other_flows() {
    let main = |with: &str, says: &str| {
        bye(&format!(
            "a: collect; prompt = \"x\"; into = \"pin\"; secret = true; next = \"b\"; failed = \"bye\"\n\
             b: flow; flow = \"sub\"; with = {{ given = \"{with}\" }}; into = \"got\"; next = \"c\"\n\
             c: say; text = \"{{{says}}}\"; next = \"bye\""
        ))
    };
    let sub = |says: &str, value: &str| {
        format!(
            "arguments = {{ given = 0 }}\ns: say; text = \"{{{says}}}\"; next = \"r\"\nr: return; value = \"{value}\""
        )
    };
    assert_eq!(of_all(&[("main", &main("length(caller)", "got")), ("sub", &sub("given", "given"))]), "");
    assert_eq!(of_all(&[("main", &main("pin", "caller")), ("sub", &sub("caller", "given"))]), "");
    let said = of_all(&[("main", &main("pin", "caller")), ("sub", &sub("given", "given"))]);
    assert!(said.contains("sub.toml:4:8: given is secret and is not said"), "{said}");
    let said = of_all(&[("main", &main("pin", "got")), ("sub", &sub("caller", "given & 1"))]);
    assert!(said.contains("got is secret and is not said"), "{said}");
}
