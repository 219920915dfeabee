//! Changes of a file full of comments: what differs is what was meant, line by line, and nothing else.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::config::edit::EditError;
use crate::config::{Loaded, parse};
use std::collections::BTreeMap;
use std::path::Path;
use switchroom_wire::{DiffMark, Hushed, NewPassword, SettingForm, SettingsChange};

const FILE: &str = r#"# Our call centre. Ask Mara before you change it.

[site]
domain = "example.com" # realm

[control.roles] # who may what
supervisor = [
  "mara", # since May
  "@leads",
]
admin = ["root2"]

# ---- queues ----

# The first one.
[queues.sales]
label = "Sales" # for people
# Longer than usual: they sit far away.
ring = "25s"
# wrap_up = "10s"

# At night.
[queues.support]
needs = ["german 5, 3 after 30s"]

# ---- people ----

[agents.2001] # Ana
name = "Ana"
pin = "8520" # tell nobody: pin 8520
queues = ["sales", "support tier 2"] # both
skills = { german = 7 }

[agents.2002]
queues = [
  # The main one.
  "sales", # since 2024
  "support", # at night
]

[agents.2002.skills]
german = 3 # learns
billing = 5

[extensions.101]
name = "Reception" # the desk
digest_md5 = "00000000000000000000000000000000" # old

[extensions.102]
# Nobody yet.

# First fits.
[[routes]]
number = "4001"
to = "queue sales" # all

# The rest.
[[routes]]
number = "*"
to = "busy"

# The end.
"#;

fn loaded(text: &str) -> Loaded {
    parse(text, Path::new("/tmp/switchroom.toml"), Path::new("/tmp")).unwrap()
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, Option<Hushed>> {
    let typed = |text: &str| Some(text).filter(|text| !text.is_empty()).map(Hushed::from);
    pairs.iter().map(|(key, text)| ((*key).to_owned(), typed(text))).collect()
}

fn set(kind: SettingKind, name: &str, pairs: &[(&str, &str)]) -> SettingsChange {
    SettingsChange::Set { kind, name: name.into(), values: values(pairs) }
}

fn add(kind: SettingKind, name: &str, pairs: &[(&str, &str)]) -> SettingsChange {
    SettingsChange::Add { kind, name: name.into(), values: values(pairs), password: None }
}

fn take(kind: SettingKind, name: &str) -> SettingsChange {
    SettingsChange::Remove { kind, name: name.into() }
}

/// The lines that go and come, as `-` and `+`.
fn lines(text: &str, change: &SettingsChange) -> Vec<String> {
    let proposal = propose(&loaded(text), change).unwrap();
    changed(text, &proposal.text)
}

fn changed(old: &str, new: &str) -> Vec<String> {
    let (pieces, left_out) = difference(old, new);
    assert_eq!(left_out, 0);
    let lines = pieces.into_iter().flatten().filter(|line| line.mark != DiffMark::Same);
    lines.map(|line| format!("{}{}", line.mark.sign(), line.text)).collect()
}

fn why(change: &SettingsChange) -> String {
    match propose(&loaded(FILE), change) {
        Err(EditError::Refused(why)) => why,
        other => other.map(|p| p.told).unwrap_err().to_string(),
    }
}

#[test]
fn only_the_lines_that_are_meant_differ() {
    use SettingKind::{Agent, Extension, Queue, Role, Route, Skill};
    for (change, wanted) in [
        (set(Queue, "sales", &[("ring", "20s")]), vec!["-ring = \"25s\"", "+ring = \"20s\""]),
        (
            set(Queue, "sales", &[("label", "Verkauf"), ("max_waiting", "20"), ("show_queue", "no")]),
            vec![
                "-label = \"Sales\" # for people",
                "+label = \"Verkauf\" # for people",
                "+max_waiting = 20",
                "+show_queue = false",
            ],
        ),
        // The comment that touches the key goes with it.
        (
            set(Queue, "sales", &[("ring", "")]),
            vec!["-# Longer than usual: they sit far away.", "-ring = \"25s\""],
        ),
        (
            set(Agent, "2001", &[("queues", "support tier 2"), ("skills", "german=7; billing=2")]),
            vec![
                "-queues = [\"sales\", \"support tier 2\"] # both",
                "-skills = { german = 7 }",
                "+queues = [\"support tier 2\"] # both",
                "+skills = { german = 7 , billing = 2 }",
            ],
        ),
        (
            set(Agent, "2002", &[("queues", "support; sales")]),
            vec!["+  \"support\",", "-  \"support\", # at night"],
        ),
        (
            set(Agent, "2002", &[("skills", "billing=6")]),
            vec!["-german = 3 # learns", "-billing = 5", "+billing = 6"],
        ),
        (set(Extension, "102", &[("name", "Bo")]), vec!["+name = \"Bo\""]),
        (set(Route, "2", &[("to", "queue sales")]), vec!["-to = \"busy\"", "+to = \"queue sales\""]),
        (
            set(Skill, "german", &[("2001", "8"), ("2002", "")]),
            vec!["-skills = { german = 7 }", "+skills = { german = 8 }", "-german = 3 # learns"],
        ),
        (
            set(Role, "mara", &[("role", "admin"), ("phone", "101")]),
            vec![
                "-  \"mara\", # since May",
                "-admin = [\"root2\"]",
                "+admin = [\"root2\", \"mara\"]",
                "+",
                "+[control.phones]",
                "+mara = \"101\"",
            ],
        ),
        (take(Role, "@leads"), vec!["-  \"@leads\","]),
        (take(Skill, "billing"), vec!["-billing = 5"]),
        // With the comment above its header, and without the heading above that.
        (
            take(Queue, "support"),
            vec!["-# At night.", "-[queues.support]", "-needs = [\"german 5, 3 after 30s\"]", "-"],
        ),
        (
            take(Queue, "sales"),
            vec![
                "-# The first one.",
                "-[queues.sales]",
                "-label = \"Sales\" # for people",
                "-# Longer than usual: they sit far away.",
                "-ring = \"25s\"",
                "-# wrap_up = \"10s\"",
                "-",
            ],
        ),
        (take(Extension, "102"), vec!["-[extensions.102]", "-# Nobody yet.", "-"]),
        (take(Route, "2"), vec!["-# The rest.", "-[[routes]]", "-number = \"*\"", "-to = \"busy\"", "-"]),
        // Tables within go, too.
        (
            take(Agent, "2002"),
            vec![
                "-[agents.2002]",
                "-queues = [",
                "-  # The main one.",
                "-  \"sales\", # since 2024",
                "-  \"support\", # at night",
                "-]",
                "-",
                "-[agents.2002.skills]",
                "-german = 3 # learns",
                "-billing = 5",
                "-",
            ],
        ),
        (
            add(Queue, "night", &[("label", "Night"), ("ring", "9s")]),
            vec!["+[queues.night]", "+label = \"Night\"", "+ring = \"9s\"", "+"],
        ),
        (add(Agent, "2003", &[("queues", "sales")]), vec!["+[agents.2003]", "+queues = [\"sales\"]", "+"]),
        (add(Extension, "103", &[]), vec!["+[extensions.103]", "+"]),
        (
            add(Route, "2", &[("number", "4002"), ("to", "queue support")]),
            vec!["+[[routes]]", "+number = \"4002\"", "+to = \"queue support\"", "+"],
        ),
        (
            add(Route, "3", &[("number", "5"), ("to", "busy")]),
            vec!["+[[routes]]", "+number = \"5\"", "+to = \"busy\"", "+"],
        ),
        (
            add(Route, "1", &[("number", "5"), ("to", "busy")]),
            vec!["+[[routes]]", "+number = \"5\"", "+to = \"busy\"", "+"],
        ),
        (add(Role, "ivo", &[("role", "viewer")]), vec!["+viewer = [\"ivo\"]"]),
        (
            add(Skill, "french", &[("2001", "4")]),
            vec!["-skills = { german = 7 }", "+skills = { german = 7 , french = 4 }"],
        ),
    ] {
        assert_eq!(
            lines(FILE, &change),
            wanted,
            "{change:?}\n{}",
            propose(&loaded(FILE), &change).unwrap().text
        );
    }
}

/// Removed as a person would: what the file says of others is where it was, and it still is that configuration.
#[test]
fn a_route_put_between_others_is_tried_there_and_a_comment_stays_with_its_route() {
    let change = add(SettingKind::Route, "2", &[("number", "4002"), ("to", "queue support")]);
    let text = propose(&loaded(FILE), &change).unwrap().text;
    let at = |what: &str| text.find(what).unwrap();
    assert!(at("to = \"queue sales\" # all") < at("4002") && at("4002") < at("# The rest."), "{text}");
    assert!(text.ends_with("# The end.\n"), "{text}");
    let (_, routes) = list(&text, SettingKind::Route).unwrap();
    let labels: Vec<&str> = routes.iter().map(|route| route.label.as_str()).collect();
    assert_eq!(labels, ["4001 > queue sales", "4002 > queue support", "* > busy"]);
    loaded(&text);
    let change = add(SettingKind::Queue, "night", &[]);
    let text = propose(&loaded(FILE), &change).unwrap().text;
    assert!(text.find("[queues.night]").unwrap() < text.find("# ---- people ----").unwrap(), "{text}");
}

/// Files that people wrote in another style, or not at all yet.
#[test]
fn other_forms_of_the_same_tables_are_changed_too() {
    use SettingKind::{Agent, Queue, Role, Route};
    for (text, change, wanted) in [
        ("", add(Queue, "sales", &[("ring", "9s")]), "[queues.sales]\nring = \"9s\"\n"),
        ("# ours\n", add(Queue, "sales", &[]), "# ours\n\n[queues.sales]\n"),
        (
            "# ours\n\n# last\n[[routes]]\nnumber = \"1\"\nto = \"busy\"\n",
            add(Route, "1", &[("number", "2"), ("to", "busy")]),
            "# ours\n\n[[routes]]\nnumber = \"2\"\nto = \"busy\"\n\n# last\n[[routes]]\nnumber = \"1\"\nto = \"busy\"\n",
        ),
        (
            "[site]\n",
            add(Route, "1", &[("number", "1"), ("to", "busy")]),
            "[site]\n\n[[routes]]\nnumber = \"1\"\nto = \"busy\"\n",
        ),
        (
            "[site]\n",
            add(Role, "mara", &[("role", "admin")]),
            "[site]\n\n[control.roles]\nadmin = [\"mara\"]\n",
        ),
        (
            "queues = { sales = { ring = \"9s\" } }\n",
            set(Queue, "sales", &[("ring", "8s")]),
            "queues = { sales = { ring = \"8s\" } }\n",
        ),
        (
            "queues.sales.ring = \"9s\" # dots\n",
            set(Queue, "sales", &[("ring", "8s")]),
            "queues.sales.ring = \"8s\" # dots\n",
        ),
        (
            "routes = [{ number = \"1\", to = \"busy\" }]\n",
            set(Route, "1", &[("to", "rejected")]),
            "routes = [{ number = \"1\", to = \"rejected\" }]\n",
        ),
        (
            "[queues]\n[agents]\n[agents.1]\nqueues = []\n",
            add(Queue, "a", &[]),
            "[queues]\n\n[queues.a]\n[agents]\n[agents.1]\nqueues = []\n",
        ),
        (
            "[queues.a]\n[agents.1]\n",
            set(Agent, "1", &[("queues", "a")]),
            "[queues.a]\n[agents.1]\nqueues = [\"a\"]\n",
        ),
    ] {
        let made = propose(&loaded(text), &change).unwrap().text;
        assert_eq!(made, wanted, "{change:?}");
        loaded(&made);
    }
}

/// Whatever is typed is a value: it names no table, sets no other key and ends no line.
#[test]
fn nothing_typed_breaks_out_of_its_value() {
    let evil = [
        "\"\n[control.roles]\nadmin = [\"eve\"]\n#",
        "a\"\nsecret = \"b",
        "'''\nx = 1\n'''",
        "\\\" \u{0} \u{1b}]52;c;AAAA\u{7} \u{2028}",
        "]\n[[routes]]\nnumber = \"*\"",
    ];
    for text in evil {
        for change in [
            set(SettingKind::Queue, "sales", &[("label", text)]),
            set(SettingKind::Agent, "2001", &[("queues", text), ("name", text)]),
            set(SettingKind::Role, "mara", &[("phone", text)]),
            add(SettingKind::Queue, text, &[("label", text)]),
            add(SettingKind::Extension, text, &[]),
            add(SettingKind::Role, text, &[("role", "viewer")]),
            add(SettingKind::Skill, text, &[("2001", "3")]),
        ] {
            let before: toml::Table = FILE.parse().unwrap();
            let proposal = propose(&loaded(FILE), &change).unwrap();
            let after: toml::Table = proposal.text.parse().unwrap();
            let admins = |root: &toml::Table| root["control"]["roles"]["admin"].clone();
            assert_eq!(admins(&before), admins(&after), "{change:?}");
            assert_eq!(before["routes"], after["routes"], "{change:?}");
            let names = |root: &toml::Table| root.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&before), names(&after), "{change:?}");
            assert!(!proposal.told.contains(['\n', '\u{1b}', '\u{0}']), "{}", proposal.told);
        }
    }
    // And what the loader does not take is told with its line.
    let proposal = propose(&loaded(FILE), &add(SettingKind::Queue, "a b", &[])).unwrap();
    let faults = parse(&proposal.text, Path::new("/tmp/switchroom.toml"), Path::new("/tmp")).unwrap_err();
    let line = proposal.text.lines().position(|line| line == "[queues.\"a b\"]").unwrap() + 1;
    assert_eq!(faults.first().unwrap().line, line, "{faults:?}");
}

#[test]
fn a_form_shows_what_can_be_typed_again() {
    for kind in SettingKind::ALL {
        let (keys, entries) = list(FILE, kind).unwrap();
        assert!(!entries.is_empty() && !keys.is_empty(), "{kind:?}");
        for entry in entries {
            let same: Vec<(&str, &str)> =
                entry.values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let again = set(kind, &entry.name, &same);
            assert!(why(&again).ends_with("is so already"), "{again:?}: {}", why(&again));
        }
    }
}

/// Every word that a form offers is one that the loader takes, and every default and example has its form.
#[test]
fn what_a_form_offers_is_taken() {
    for kind in [SettingKind::Extension, SettingKind::Queue, SettingKind::Route, SettingKind::Role] {
        let (keys, entries) = list(FILE, kind).unwrap();
        let name = &entries.first().unwrap().name;
        for key in keys {
            for choice in &key.choices {
                let change = set(kind, name, &[(&key.name, choice), ("to", "flow main")]);
                let pairs = if key.name == "back" { change } else { set(kind, name, &[(&key.name, choice)]) };
                let made = match propose(&loaded(FILE), &pairs) {
                    Ok(made) => made,
                    Err(why) => {
                        assert!(
                            why.to_string().ends_with("is so already"),
                            "{kind:?} {} {choice}: {why}",
                            key.name
                        );
                        continue;
                    }
                };
                let judged = parse(&made.text, Path::new("/tmp/switchroom.toml"), Path::new("/tmp"));
                assert!(judged.is_ok(), "{kind:?} {} {choice}: {judged:?}", key.name);
            }
            assert_eq!(key.form == SettingForm::Flag, key.choices == ["true", "false"], "{}", key.name);
        }
    }
}

#[test]
fn secrets_are_in_no_list_and_no_difference() {
    let every_list: String =
        SettingKind::ALL.iter().map(|kind| format!("{:?}", list(FILE, *kind).unwrap())).collect();
    assert!(!every_list.contains("8520") && !every_list.contains("00000000"), "{every_list}");
    let (_, agents) = list(FILE, SettingKind::Agent).unwrap();
    assert_eq!(agents.first().unwrap().secrets, ["pin"]);
    let (_, extensions) = list(FILE, SettingKind::Extension).unwrap();
    assert_eq!(extensions.first().unwrap().secrets, ["password"]);

    let change = set(SettingKind::Agent, "2001", &[("pin", "7411"), ("name", "Anna")]);
    let proposal = propose(&loaded(FILE), &change).unwrap();
    assert_eq!(proposal.told, "agents.2001.name: Ana becomes Anna; agents.2001.pin: is another one now");
    assert_eq!(
        changed(FILE, &proposal.text),
        ["-name = \"Ana\"", "-pin = \"…\" # …", "+name = \"Anna\"", "+pin = \"…\" # …"]
    );
    // It is written with a salt of its own, and it is that PIN.
    assert!(!proposal.text.contains("7411"));
    let pins = loaded(&proposal.text).config.inbound.pins;
    let agents = &pins[switchroom_flow::pins::AGENT_PINS];
    assert!(agents.by_account["2001"].is("7411") && !agents.by_account["2001"].is("8520"));
    assert!(why(&set(SettingKind::Agent, "2001", &[("pin", "74")])).contains("four to six digits"));

    // A value over several lines keeps the lines behind it at their numbers.
    let text = "[pins.a]\npin = \"\"\"\n8520\"\"\"\n[queues.a]\n";
    let shown = difference(text, &text.replace("[queues.a]", "[queues.b]")).0.concat();
    assert!(shown.iter().all(|line| !line.text.contains("8520")), "{shown:?}");
    assert_eq!(shown.last().map(|line| (line.new, line.text.as_str())), Some((4, "[queues.b]")));
}

#[test]
fn a_password_is_made_and_told_once_or_is_the_one_that_was_typed() {
    let file = loaded(FILE);
    let made = SettingsChange::Password { extension: "101".into(), password: NewPassword::Made };
    let (one, other) = (propose(&file, &made).unwrap(), propose(&file, &made).unwrap());
    assert_ne!(one.password, other.password);
    let text = one.password.unwrap().0;
    assert_eq!(text.len(), 19, "{text}");
    let (md5, _) = crate::config::digests("101", "example.com", &text);
    assert!(one.text.contains(&format!("digest_md5 = \"{md5}\" # old")));
    assert!(!one.text.contains(&text) && !one.told.contains(&text));
    assert_eq!(changed(FILE, &one.text), ["-digest_md5 = \"…\" # old", "+digest_md5 = \"…\" # old"]);
    let add = SettingsChange::Add {
        kind: SettingKind::Extension,
        name: "103".into(),
        values: values(&[("name", "Cy")]),
        password: Some(NewPassword::Typed("correct horse".into())),
    };
    let added = propose(&file, &add).unwrap();
    assert_eq!(added.password, None);
    let (md5, _) = crate::config::digests("103", "example.com", "correct horse");
    assert_eq!(
        loaded(&added.text).config.extensions["103"].ha1_md5,
        loaded(&format!("[extensions.1]\ndigest_md5 = \"{md5}\"\n")).config.extensions["1"].ha1_md5
    );
    let typed = |text: &str| SettingsChange::Password {
        extension: "101".into(),
        password: NewPassword::Typed(text.into()),
    };
    assert!(why(&set(SettingKind::Queue, "sales", &[("name", " ")])).contains("Add a new queue with"));
    assert_eq!(why(&typed("")), "the password is empty");
    assert!(why(&typed("a\nb")).contains("control characters"));
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    use SettingKind::{Agent, Extension, Queue, Role, Route, Skill};
    for (change, wanted) in [
        (set(Queue, "sale", &[("ring", "1s")]), "there is no queue sale; did you mean \"sales\"?"),
        (
            set(Queue, "sales", &[("name", "deals")]),
            "queue sales stays sales: its figures, its callers, and flows and routes that lead to it go by it. Add queue \
             deals with the same values, change what names sales in this file and in flows, and remove sales",
        ),
        (
            set(Queue, "sales", &[("rings", "1s")]),
            "there is no key rings of queues.sales; did you mean \"ring\"?",
        ),
        (set(Queue, "sales", &[("ring", "25s")]), "queue sales is so already"),
        (
            set(Queue, "sales", &[("max_waiting", "many")]),
            "max_waiting is a whole number, and \"many\" is none",
        ),
        (set(Queue, "sales", &[("show_queue", "maybe")]), "show_queue is true or false, and not \"maybe\""),
        (set(Extension, "101", &[("digest_md5", "00")]), "there is no key digest_md5 of extensions.101"),
        (
            set(Agent, "2001", &[("skills", "german")]),
            "\"german\" is no name and its level; write german=7; billing=5",
        ),
        (set(Skill, "german", &[("2009", "3")]), "there is no agent 2009"),
        (set(Skill, "german", &[("2001", "12")]), "the level of agent 2001 is 1 to 9, or nothing"),
        (
            set(Role, "mara", &[("role", "boss")]),
            "there is no role \"boss\"; write one of viewer, agent, supervisor, admin",
        ),
        (add(Queue, "sales", &[]), "queue sales is there already"),
        (add(Route, "4", &[]), "the place of a route is 1 to 3"),
        (add(Route, "0", &[]), "the place of a route is 1 to 3"),
        (add(Skill, "french", &[]), "nothing of it would be written: give it to an agent"),
        (add(Role, "ivo", &[]), "nothing of it would be written: give it a role or a phone"),
        (take(Route, "3"), "there is no route 3"),
        (take(Agent, "2"), "there is no agent 2"),
        (SettingsChange::Undo, "there is nothing to undo"),
    ] {
        assert_eq!(why(&change), wanted);
    }
}

/// Every configuration that is known to be valid, in its various forms, and the one of these tests.
fn corpus() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/configs/valid");
    let files = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let mut paths: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    let texts = paths.iter().map(|path| std::fs::read_to_string(path).unwrap());
    texts.chain([FILE.to_owned(), crate::config::sample()]).collect()
}

fn rows_of<'t>(root: &'t mut toml::Table, tables: &str) -> &'t mut Vec<toml::Value> {
    let rows = root.entry(tables).or_insert_with(|| toml::Value::Array(Vec::new()));
    rows.as_array_mut().unwrap()
}

fn tables_in<'t>(root: &'t mut toml::Table, tables: &str) -> &'t mut toml::Table {
    let all = root.entry(tables).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    all.as_table_mut().unwrap()
}

/// Whatever is changed: what the file says is what it said, but for that; and every line that stays stands as it was, its end
/// included.
#[test]
fn a_change_changes_nothing_else_whatever_the_file_looks_like() {
    let mut changes = 0;
    for text in corpus() {
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/configs");
        let file = parse(&text, &base.join("switchroom.toml"), &base).unwrap();
        for kind in [SettingKind::Extension, SettingKind::Agent, SettingKind::Queue, SettingKind::Route] {
            let (tables, _) = tables_of(kind).unwrap();
            let (word, number) =
                (if kind == SettingKind::Queue { "label" } else { "name" }, kind != SettingKind::Queue);
            let check = |change: &SettingsChange, edit: &dyn Fn(&mut toml::Table)| {
                let made = propose(&file, change).unwrap_or_else(|e| panic!("{change:?}: {e}\n{text}"));
                let (mut wanted, found): (toml::Table, toml::Table) = (
                    text.parse().unwrap(),
                    made.text.parse().unwrap_or_else(|e| panic!("{e}\n{}", made.text)),
                );
                edit(&mut wanted);
                // An empty table of tables says nothing.
                let said = |mut root: toml::Table| {
                    root.retain(|_, value| value.as_array().is_none_or(|rows| !rows.is_empty()));
                    root.retain(|_, value| value.as_table().is_none_or(|all| !all.is_empty()));
                    root
                };
                assert_eq!(said(found), said(wanted), "{change:?}\n{}", made.text);
                let (old, new): (Vec<&str>, Vec<&str>) =
                    (text.split_inclusive('\n').collect(), made.text.split_inclusive('\n').collect());
                let ends = |lines: &[&str]| lines.iter().filter(|line| line.ends_with("\r\n")).count();
                assert_eq!(ends(&old) > 0, ends(&new) > 0, "{change:?}");
                assert!(ends(&new) == 0 || ends(&new) == new.len(), "{change:?}: ends of lines are mixed");
                // Comments that name nobody are there still, each as often.
                let headings =
                    |lines: &[&str]| lines.iter().filter(|line| line.starts_with("# ----")).count();
                assert_eq!(headings(&old), headings(&new), "{change:?}");
            };
            let (_, entries) = list(&text, kind).unwrap();
            for (at, entry) in entries.iter().enumerate() {
                let name = entry.name.as_str();
                check(&take(kind, name), &|root| match kind {
                    SettingKind::Route => drop(rows_of(root, tables).remove(at)),
                    _ => drop(tables_in(root, tables).remove(name)),
                });
                check(&set(kind, name, &[(word, "Someone \"else\"")]), &|root| {
                    let one = match kind {
                        SettingKind::Route => rows_of(root, tables).get_mut(at).unwrap(),
                        _ => tables_in(root, tables).get_mut(name).unwrap(),
                    };
                    one.as_table_mut().unwrap().insert(word.into(), "Someone \"else\"".into());
                });
                for key in entry.values.keys() {
                    check(&set(kind, name, &[(key, "")]), &|root| {
                        let one = match kind {
                            SettingKind::Route => rows_of(root, tables).get_mut(at).unwrap(),
                            _ => tables_in(root, tables).get_mut(name).unwrap(),
                        };
                        one.as_table_mut().unwrap().remove(key);
                    });
                    changes += 1;
                }
                changes += 2;
            }
            let fresh: toml::Table = [(word.to_owned(), toml::Value::from("new"))].into_iter().collect();
            if kind == SettingKind::Route {
                for at in 0..=entries.len() {
                    let change = add(kind, &(at + 1).to_string(), &[(word, "new")]);
                    check(&change, &|root| rows_of(root, tables).insert(at, fresh.clone().into()));
                    changes += 1;
                }
            } else {
                let name = if number { "9977" } else { "brand-new" };
                check(&add(kind, name, &[(word, "new")]), &|root| {
                    tables_in(root, tables).insert(name.into(), fresh.clone().into());
                });
                changes += 1;
            }
        }
    }
    assert!(changes > 150, "{changes}");
}
