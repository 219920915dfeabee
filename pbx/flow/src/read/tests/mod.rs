//! The format: what is understood, what is refused, and that the table of keys tells the truth.
#![allow(clippy::panic, clippy::expect_used)]

mod faults;

use super::keys::{KINDS, TOP, Unless};
use super::*;
use crate::expr::Expr;
use crate::node::{HangUpAs, Job, Patience, Reminders};
use crate::prompt::{Form, Piece, Prompt};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

fn good(text: &str) -> Flow {
    match read("flows/main.toml", 3, text) {
        (Some(flow), faults) if faults.is_empty() => flow,
        (_, faults) => panic!("{text}\n{}", told(&faults)),
    }
}

/// The job of the first node of a file that has nodes `a` and `b` besides.
fn job(node: &str) -> Job {
    let text = format!("[nodes.x]\n{node}\n[nodes.a]\nkind = \"hang_up\"\n[nodes.b]\nkind = \"return\"\n");
    good(&text).nodes.swap_remove(0).job
}

fn told(faults: &[Fault]) -> String {
    let line = |f: &Fault| format!("{f}\n  hint: {}\n", f.hint.as_deref().unwrap_or("-"));
    faults.iter().map(line).collect()
}

fn words(text: &str) -> Prompt {
    Prompt { any: Some(vec![Piece::Text(text.to_owned())]), by_language: BTreeMap::new() }
}

fn expr(text: &str) -> Expr {
    Expr::parse(text).expect(text)
}

const A: Option<NodeId> = Some(NodeId(1));
const B: Option<NodeId> = Some(NodeId(2));
const SECONDS: fn(u64) -> Duration = Duration::from_secs;

#[test]
fn a_file_has_a_head_and_nodes_in_their_order() {
    let flow = good(
        "title = \"Hauptnummer\"\nlanguage = \"zh\"\nstart = \"second\"\non_hang_up = \"last\"\n\
         [arguments]\nlevel = 1\nname = \"x\"\nprice = 2.50\nvip = true\n\
         [nodes.first]\nkind = \"return\"\n[nodes.second]\nkind = \"return\"\n[nodes.last]\nkind = \"return\"\n",
    );
    assert_eq!((flow.name.as_str(), flow.file.as_str(), flow.version), ("main", "flows/main.toml", 3));
    assert_eq!((flow.title.as_str(), flow.language), ("Hauptnummer", Language::Zh));
    assert_eq!((flow.start, flow.on_hang_up), (NodeId(1), Some(NodeId(2))));
    let names: Vec<_> = flow.nodes.iter().map(|n| (n.name.as_str(), n.place.line, n.place.column)).collect();
    assert_eq!(names, [("first", 10, 8), ("second", 12, 8), ("last", 14, 8)]);
    assert_eq!(flow.arguments.get("level"), Some(&Value::whole(1)));
    assert_eq!(flow.arguments.get("name"), Some(&Value::text("x")));
    assert_eq!(flow.arguments.get("price"), Some(&Value::millionths(2_500_000)));
    assert_eq!(flow.arguments.get("vip"), Some(&Value::truth(true)));
    let flow = good("[nodes.z]\nkind = \"return\"\n[nodes.a]\nkind = \"return\"\n");
    assert_eq!((flow.start, flow.language, flow.title.as_str()), (NodeId(0), Language::En, ""));
    assert_eq!(flow.find("z"), Some(NodeId(0)), "the first of the file, not of the alphabet");
}

#[test]
fn prompts_are_named_spoken_joined_and_by_language() {
    let prompt = |value: &str| match job(&format!("kind = \"play\"\nprompt = {value}")) {
        Job::Play { prompt, .. } => prompt,
        other => panic!("{other:?}"),
    };
    let named = |name: &str| Piece::Named(name.to_owned());
    let text = |text: &str| Piece::Text(text.to_owned());
    assert_eq!(prompt("\"@a/b\"").any, Some(vec![named("a/b")]));
    assert_eq!(prompt("\"Hello.\"").any, Some(vec![text("Hello.")]));
    assert_eq!(
        prompt("[\"@chime\", \"Hello.\", \"Bye.\"]").any,
        Some(vec![named("chime"), text("Hello."), text(" "), text("Bye."),])
    );
    let both = prompt("{ zh = [\"@chime\", \"{n:number}\"], en = \"Hi\" }");
    assert_eq!(both.any, None);
    assert_eq!(both.by_language.get(&Language::En), Some(&vec![text("Hi")]));
    let number = Piece::Value { of: expr("n"), form: Form::Number };
    assert_eq!(both.by_language.get(&Language::Zh), Some(&vec![named("chime"), number]));
}

#[test]
fn each_kind_becomes_its_job_with_its_defaults() {
    let patience =
        |between| Patience { first: SECONDS(5), between: Duration::from_millis(between), tries: 3 };
    let table: Vec<(&str, Job)> = vec![
        ("kind = \"play\"\nprompt = \"x\"", Job::Play { prompt: words("x"), is_whole: false, next: None }),
        (
            "kind = \"say\"\ntext = \"x\"\nwhole = true\nnext = \"a\"",
            Job::Play { prompt: words("x"), is_whole: true, next: A },
        ),
        (
            "kind = \"menu\"\nprompt = \"x\"\nkeys = { 1 = \"a\", \"*\" = \"b\" }\nsilent = \"b\"",
            Job::Menu {
                prompt: words("x"),
                keys: BTreeMap::from([("1".to_owned(), NodeId(1)), ("*".to_owned(), NodeId(2))]),
                patience: patience(1_500),
                reminders: Reminders::default(),
                silent: B,
                otherwise: None,
            },
        ),
        (
            "kind = \"collect\"\nprompt = \"x\"\ninto = \"order\"\nnext = \"a\"\nfailed = \"b\"",
            Job::Collect {
                prompt: words("x"),
                into: "order".into(),
                count: (1, 20),
                end: Some('#'),
                patience: patience(3_000),
                reminders: Reminders::default(),
                is_secret: false,
                next: A,
                failed: B,
            },
        ),
        (
            "kind = \"collect\"\nprompt = \"x\"\ninto = \"o\"\nend = \"\"\nmin = 4\nmax = 6\nsecret = true\n\
             wait = \"9s\"\nbetween = \"2s\"\ntries = 1\nsilent_prompt = \"s\"\nwrong_prompt = \"w\"",
            Job::Collect {
                prompt: words("x"),
                into: "o".into(),
                count: (4, 6),
                end: None,
                patience: Patience { first: SECONDS(9), between: SECONDS(2), tries: 1 },
                reminders: Reminders { silent: words("s"), wrong: words("w") },
                is_secret: true,
                next: None,
                failed: None,
            },
        ),
        (
            "kind = \"set\"\nvalues = { z = \"a + 1\", a = 2, m = true, t = \"'x'\" }\nnext = \"a\"",
            Job::Set {
                values: vec![
                    ("z".into(), expr("a + 1")),
                    ("a".into(), expr("2")),
                    ("m".into(), expr("yes")),
                    ("t".into(), expr("'x'")),
                ],
                next: A,
            },
        ),
        (
            "kind = \"if\"\nwhen = \"hour < 9\"\nthen = \"a\"\notherwise = \"b\"",
            Job::If { cases: vec![(expr("hour < 9"), NodeId(1))], otherwise: B },
        ),
        (
            "kind = \"if\"\ncases = [{ when = \"hour < 9\", then = \"a\" }, { then = \"b\", when = true }]",
            Job::If { cases: vec![(expr("hour < 9"), NodeId(1)), (expr("yes"), NodeId(2))], otherwise: None },
        ),
        (
            "kind = \"hours\"\nhours = \"office\"\nopen = \"a\"\nclosed = \"b\"",
            Job::Hours { hours: "office".into(), open: A, closed: B, holiday: None },
        ),
        (
            "kind = \"share\"\nparts = { b = 60, a = 40 }",
            Job::Share { parts: vec![(60, NodeId(2)), (40, NodeId(1))] },
        ),
        (
            "kind = \"list\"\nlist = \"vip\"\nlisted = \"a\"",
            Job::List { list: "vip".into(), of: expr("caller"), into: None, listed: A, other: None },
        ),
        (
            "kind = \"pin\"\npins = \"support\"\nof = \"customer\"\nnext = \"a\"\nwrong = \"b\"",
            Job::Pin {
                prompt: Prompt::default(),
                pins: "support".into(),
                of: Some(expr("customer")),
                patience: patience(3_000),
                next: A,
                wrong: B,
                locked: None,
            },
        ),
        (
            "kind = \"dial\"\nto = \"101\"\nno_answer = \"a\"",
            Job::Dial {
                to: vec![expr("'101'")],
                in_turn: false,
                ring: None,
                busy: None,
                no_answer: A,
                failed: None,
                after: None,
            },
        ),
        (
            "kind = \"dial\"\nto = [102, \"{agent}\", \"9{caller}\"]\nin_turn = true\nring = \"20s\"\nafter = \"b\"",
            Job::Dial {
                to: vec![expr("'102'"), expr("agent"), expr("'9' & caller")],
                in_turn: true,
                ring: Some(SECONDS(20)),
                busy: None,
                no_answer: None,
                failed: None,
                after: B,
            },
        ),
        (
            "kind = \"queue\"\nqueue = \"sales\"\ntimeout = \"a\"\nkeys = { 1 = \"b\" }\npriority = 5\nagent = \"0{caller}\"\ncall_back = \"2\"\ncalled_back = \"a\"",
            Job::Queue {
                queue: expr("'sales'"),
                priority: Some(expr("5")),
                agent: Some(expr("'0' & caller")),
                timeout: A,
                full: None,
                empty: None,
                closed: None,
                keys: BTreeMap::from([("1".to_owned(), NodeId(2))]),
                call_back: Some('2'),
                called_back: A,
                after: None,
            },
        ),
        (
            "kind = \"voicemail\"\nmailbox = \"{dialled}\"\nnext = \"a\"",
            Job::Voicemail { mailbox: expr("dialled"), greeting: Prompt::default(), next: A, failed: None },
        ),
        ("kind = \"mailbox\"", Job::Mailbox { mailbox: None, next: None }),
        (
            "kind = \"record\"\nprompt = \"x\"\ninto = \"m\"",
            Job::Record {
                prompt: words("x"),
                into: "m".into(),
                longest: SECONDS(60),
                silence: SECONDS(3),
                next: None,
                failed: None,
            },
        ),
        (
            "kind = \"http\"\nurl = \"http://localhost:80/a/{caller}?x=1\"\nfields = { n = \"a.0.b\" }",
            Job::Http {
                request: crate::node::Request {
                    url: Prompt {
                        any: Some(vec![
                            Piece::Text("http://localhost:80/a/".into()),
                            Piece::Value { of: expr("caller"), form: Form::Text },
                            Piece::Text("?x=1".into()),
                        ]),
                        by_language: BTreeMap::new(),
                    },
                    is_post: false,
                    body: vec![],
                    fields: vec![("n".into(), "a.0.b".into())],
                    timeout: SECONDS(5),
                },
                next: None,
                failed: None,
            },
        ),
        (
            "kind = \"http\"\nurl = \"http://localhost\"\nbody = { Number = \"order\" }\ntimeout = \"2s\"",
            Job::Http {
                request: crate::node::Request {
                    url: words("http://localhost"),
                    is_post: true,
                    body: vec![("Number".into(), expr("order"))],
                    fields: vec![],
                    timeout: SECONDS(2),
                },
                next: None,
                failed: None,
            },
        ),
        (
            "kind = \"exec\"\nargv = [\"/bin/x\", \"-a\"]\ninput = { n = \"1\" }",
            Job::Exec {
                argv: vec!["/bin/x".into(), "-a".into()],
                input: vec![("n".into(), expr("1"))],
                fields: vec![],
                timeout: SECONDS(5),
                next: None,
                failed: None,
            },
        ),
        (
            "kind = \"survey\"\nquestion = \"q\"\nnext = \"a\"",
            Job::Survey {
                prompt: Prompt::default(),
                question: "q".into(),
                keys: "12345".into(),
                patience: Patience { first: SECONDS(5), between: SECONDS(5), tries: 3 },
                next: A,
                silent: None,
            },
        ),
        (
            "kind = \"flow\"\nflow = \"other\"\nwith = { level = \"1\" }\ninto = \"x\"\nnext = \"a\"",
            Job::Sub {
                flow: "other".into(),
                with: vec![("level".into(), expr("1"))],
                into: Some("x".into()),
                next: A,
            },
        ),
        ("kind = \"return\"", Job::Return { value: None }),
        ("kind = \"return\"\nvalue = \"order\"", Job::Return { value: Some(expr("order")) }),
        ("kind = \"hang_up\"", Job::HangUp { prompt: Prompt::default(), as_busy: HangUpAs::Normal }),
        (
            "kind = \"hang_up\"\nprompt = \"x\"\nas = \"busy\"",
            Job::HangUp { prompt: words("x"), as_busy: HangUpAs::Busy },
        ),
    ];
    for (text, expected) in table {
        assert_eq!(job(text), expected, "{text}");
    }
}

/// A key of nodes `agent` that does not go with signing in.
const APART: &[&str] = &["reason"];

/// A node of each kind with every key of the table, as the table writes it.
fn all_keys(kind: &keys::Kind, leave_out: &[&str]) -> String {
    let mut node = format!("[nodes.x]\nkind = \"{}\"\n", kind.word);
    for key in kind.keys.iter().filter(|key| !leave_out.contains(&key.name)) {
        node += &format!("{} = {}\n", key.name, key.value);
    }
    let targets = ["main", "sales", "support", "busy", "vip", "early", "beijing", "shanghai", "voicemail"];
    targets.iter().fold(node, |node, name| node + &format!("[nodes.{name}]\nkind = \"return\"\n"))
}

#[test]
fn every_key_of_the_table_is_read_and_its_example_is_right() {
    let mut asked = BTreeSet::new();
    for kind in KINDS {
        // A condition is written in one of two ways.
        let ways: &[&[&str]] = match kind.word {
            "if" => &[&["cases"], &["when", "then"]],
            "agent" => &[APART],
            _ => &[&[]],
        };
        for leave_out in ways {
            let text = all_keys(kind, leave_out);
            let root = DeTable::parse(&text).expect(&text);
            let mut reader = Reader::new(&text);
            flow(&mut reader, root.get_ref(), "main");
            asked.extend(reader.asked.iter().copied());
            let faults = reader.faults("main");
            assert!(faults.is_empty(), "{text}{}", told(&faults));
        }
    }
    let known: BTreeSet<_> = KINDS
        .iter()
        .chain([&TOP])
        .flat_map(|kind| kind.keys.iter().map(|key| (kind.word, key.name)))
        .collect();
    assert_eq!(asked, known);
}

#[test]
fn what_is_needed_is_missed_and_what_is_not_is_not() {
    for kind in KINDS {
        for key in kind.keys {
            if kind.word == "agent" && APART.contains(&key.name) {
                continue;
            }
            let apart = if kind.word == "agent" { APART } else { &[] };
            let text = all_keys(kind, &[&[key.name], apart].concat());
            let (flow, faults) = read("main.toml", 1, &text);
            let is_missed = faults.iter().any(|f| f.what == format!("node \"x\" has no {}", key.name));
            let is_needed = key.unless == Unless::Needed;
            if kind.word != "if" {
                assert_eq!((is_missed, flow.is_none()), (is_needed, is_needed), "{} {}", kind.word, key.name);
            }
        }
    }
}

/// Cuts, doubles and replaces parts of a good file: whatever comes of it is a flow or faults, and never a panic.
#[test]
fn no_text_makes_the_reader_panic() {
    const WORDS: &[&str] = &[
        "kind",
        "\"menu\"",
        "\"a\"",
        "=",
        "{",
        "}",
        "[",
        "]",
        "\n",
        "\"",
        "'",
        ",",
        "keys",
        "1",
        "true",
        "prompt",
        "-1",
        "1.5",
        "\"{a}\"",
        "\"{\"",
        "nodes",
        ".",
        "龙",
        "\\u0000",
        "2026-11-22",
        "when",
        "[[nodes.a]]\n",
        "@",
    ];
    let mut base = String::new();
    for kind in KINDS {
        let text =
            all_keys(kind, &["cases", "reason"]).replace("[nodes.x]", &format!("[nodes.{}]", kind.word));
        let own = text.split("[nodes.main]").next().unwrap_or_default();
        base += own;
    }
    for name in ["main", "sales", "support", "busy", "vip", "early", "beijing", "shanghai"] {
        base += &format!("[nodes.{name}]\nkind = \"return\"\n");
    }
    good(&base);
    let mut seed = 5_u64;
    let mut below = |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or(0) % end.max(1)
    };
    let chars: Vec<char> = base.chars().collect();
    let (mut read_at_all, mut is_toml) = (0, 0);
    for _ in 0..3_000 {
        let mut text = chars.clone();
        for _ in 0..=below(4) {
            let at = below(text.len());
            match below(3) {
                0 => drop(text.drain(at..(at + below(12)).min(text.len()))),
                1 => drop(text.splice(at..at, WORDS[below(WORDS.len())].chars())),
                _ => drop(text.splice(at..(at + 1).min(text.len()), WORDS[below(WORDS.len())].chars())),
            }
        }
        let text: String = text.into_iter().collect();
        let (flow, faults) = read("f.toml", 1, &text);
        assert!(flow.is_some() || !faults.is_empty());
        assert!(faults.is_sorted_by_key(|f| (f.line, f.column)));
        if let Some(flow) = flow {
            read_at_all += 1;
            crate::show::show(&flow);
            let flows = [(flow.name.clone(), std::sync::Arc::new(flow))];
            crate::check::check(&flows.into(), &crate::check::Known::default());
        }
        is_toml += usize::from(!faults.iter().any(|f| f.what.contains("not TOML")));
    }
    assert!(is_toml > 300 && read_at_all > 20, "{is_toml} were TOML, {read_at_all} a flow");
}

#[test]
fn the_reference_tells_all() {
    let text = reference();
    insta::assert_snapshot!(text);
    let example =
        text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    good(example);
}
