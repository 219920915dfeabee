//! The flows: outlines, who is where, what the check says.

use super::floor::answer;
use super::*;
use crate::app::{Effect, Overlay, Screen};
use crate::fixture::{answer_flows, floor, press, settings};
use crate::rows::List;
use crate::symbols::Symbols;
use crate::words::Language;
use std::fmt::Write as _;
use switchroom_wire::{
    Answer, Command, FlowTextView, Hushed, Role, SettingsApplied, SettingsChange, SettingsDiff, SettingsFault,
};

pub(super) fn on_flows(size: (u16, u16)) -> App {
    let mut app = floor(size);
    let effects = press(&mut app, "5");
    answer_flows(&mut app, &effects);
    app
}

pub(super) fn on_node(mut app: App, flow: &str, node: &str) -> App {
    let (view, at) = {
        let view = app.model.flows.views.iter().find(|view| view.name == flow).unwrap();
        let at = view.outline.iter().position(|line| line.node == node && !line.is_jump).unwrap();
        (view.clone(), at)
    };
    app.lists.get_mut(&List::Flows).unwrap().selected = Some(crate::flows::row_id(&view, at));
    app.settle(NOW_MS);
    app
}

#[test]
fn the_flows_at_every_size() {
    for (width, height) in [(52, 14), (60, 15), (80, 24), (120, 40), (200, 60)] {
        let app = on_node(on_flows((width, height)), "main", "support");
        insta::assert_snapshot!(format!("flows_{width}x{height}"), shown(&app));
    }
}

#[test]
fn faults_stand_at_their_flow_and_node_in_both_languages() {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "== a node that no way leads to\n{}",
        shown(&on_node(on_flows((100, 30)), "survey", "again"))
    );
    let mut night = on_flows((100, 30));
    night.lists.get_mut(&List::Flows).unwrap().selected = Some("night".into());
    night.settle(NOW_MS);
    let _ = writeln!(text, "== a flow that is not in force\n{}", shown(&night));
    for (language, symbols) in [(Language::English, Symbols::Ascii), (Language::Chinese, Symbols::Block)] {
        let mut app = App::new(settings(language, symbols, "auto"), (80, 24));
        play(&mut app, "office");
        crate::fixture::play_floor(&mut app);
        let effects = press(&mut app, "5");
        answer_flows(&mut app, &effects);
        let _ = writeln!(text, "== {}\n{}", language.tag(), shown(&app));
    }
    insta::assert_snapshot!("states_flows", text);
}

#[test]
fn callers_are_counted_where_they_are_and_found_from_there() {
    let mut app = on_node(on_flows((80, 24)), "main", "support");
    let rows = app.rows(List::Flows, NOW_MS);
    let here: Vec<&str> =
        rows.iter().filter(|row| row.cells[1].text == "4").map(|row| row.id.as_str()).collect();
    assert_eq!(here.len(), 1, "four wait in the queue of support");
    assert!(shown(&app).contains("4151"), "{}", shown(&app));
    press(&mut app, "g c");
    assert!(matches!(app.screen, Screen::Detail(_)));
    assert_eq!(app.call_in_view().map(|call| call.number), Some(4151), "who has been there longest");
}

#[test]
fn faults_of_a_text_that_is_not_in_force_stand_at_no_node() {
    let mut app = on_node(on_flows((100, 30)), "survey", "again");
    let what = "no way leads to node";
    let marks = |app: &App| {
        let rows = app.rows(List::Flows, NOW_MS);
        let of_flow = rows.iter().filter(|row| row.id.starts_with("survey"));
        of_flow
            .filter(|row| row.severity > switchroom_wire::Severity::Info)
            .map(|row| row.id.clone())
            .collect()
    };
    let at_node: Vec<String> = marks(&app);
    assert_eq!((at_node.len(), shown(&app).contains(what)), (2, true), "{at_node:?}");
    let view = app.model.flows.views.iter_mut().find(|view| view.name == "survey").unwrap();
    view.is_behind = true;
    let at_flow: Vec<String> = marks(&app);
    assert_eq!((at_flow, shown(&app).contains(what)), (vec!["survey".to_owned()], false));
    app.lists.get_mut(&List::Flows).unwrap().selected = Some("survey".into());
    app.settle(NOW_MS);
    assert!(shown(&app).contains(what), "{}", shown(&app));
}

/// Rows are made for each line of the socket: every call is looked at once, however many nodes there are.
#[test]
fn callers_are_counted_in_one_walk_over_the_calls() {
    let app = on_flows((80, 24));
    let calls = &app.model.board.calls;
    let mut looked_at = 0;
    let here = crate::flows::Here::of(calls.values().inspect(|_| looked_at += 1));
    assert_eq!(looked_at, calls.len());
    let named = |node: &str| crate::flows::callers(&app.model.board, "main", Some(node)).len();
    for node in ["greet", "menu", "support", "sales", "bye"] {
        assert_eq!(here.at("main", node), named(node), "{node}");
    }
    assert_eq!(here.within("main"), crate::flows::callers(&app.model.board, "main", None).len());
    assert_eq!((here.at("main", "support"), here.within("main"), here.within("night")), (4, 5, 0));
}

#[test]
fn enter_opens_the_file_at_the_line_of_the_node() {
    let mut app = on_node(on_flows((80, 24)), "main", "support");
    press(&mut app, "enter");
    let Some(Overlay::Text { title, lines, top }) = &app.overlay else { panic!("{}", shown(&app)) };
    assert_eq!((title.as_str(), lines[*top].contains("[nodes.support]")), ("flows/main.toml", true));
}

#[test]
fn a_filter_finds_a_flow_and_only_the_open_screen_asks() {
    let mut app = on_flows((80, 24));
    press(&mut app, "/ f l o w : s u r v e y enter");
    assert!(app.rows(List::Flows, NOW_MS).iter().all(|row| row.id.starts_with("survey")));
    assert!(sent(&app.update(Input::Tick, NOW_MS + 30_000)).is_some());
    press(&mut app, "4");
    assert!(sent(&app.update(Input::Tick, NOW_MS + 70_000)).is_none());
}

const BEFORE: &str = "start = \"a\"\n";

/// What is read of the flow main, named by a token.
fn read(file: &str) -> Answer {
    let (path, text) = ("/etc/switchroom/flows/main.toml".into(), Hushed(BEFORE.into()));
    Answer::FlowText(Box::new(FlowTextView { name: "main".into(), path, file: file.into(), text }))
}

/// Presses the key on the flow main and answers with its file; gives what the editor is to be begun with.
fn edit(app: &mut App, file: &str) -> (Vec<Effect>, String) {
    let (id, command) = sent(&press(app, "E")).unwrap();
    assert_eq!(command, Command::FlowText { flow: "main".into() });
    let reply = switchroom_wire::Reply { id, result: Ok(read(file)) };
    let effects = update(app, Input::Line(Box::new(ServerLine::Reply(reply))));
    let text = effects.iter().find_map(|effect| match effect {
        Effect::Edit { flow, name, text } if flow == "main" && name == "main" => Some(text.0.clone()),
        _ => None,
    });
    (effects, text.unwrap())
}

fn left(app: &mut App, text: &str) -> Vec<Effect> {
    let text = Ok(Hushed(text.into()));
    update(app, Input::Edited { flow: "main".into(), text })
}

fn admin_on_flows() -> App {
    let mut app = on_node(on_flows((80, 24)), "main", "support");
    with_role(&mut app, Role::Admin);
    app
}

fn to(text: &str, read: &str) -> SettingsChange {
    SettingsChange::Flow { flow: "main".into(), read: read.into(), text: Hushed(text.into()) }
}

#[test]
fn a_flow_is_edited_looked_at_and_applied() {
    let mut app = admin_on_flows();
    assert_eq!(edit(&mut app, "f1").1, BEFORE);
    let (id, command) = sent(&left(&mut app, "start = \"b\"\n")).unwrap();
    let change = to("start = \"b\"\n", "f1");
    assert_eq!(command, Command::PreviewSettings { change: change.clone() });
    let diff = SettingsDiff {
        file: "f1".into(),
        told: "flow main: 1 lines new, 1 gone".into(),
        ..Default::default()
    };
    answer(&mut app, id, Answer::SettingsDiff(Box::new(diff)));
    assert!(matches!(app.overlay, Some(Overlay::Diff(_))), "{}", shown(&app));
    let (id, command) = sent(&press(&mut app, "y")).unwrap();
    assert_eq!(command, Command::ApplySettings { change, file: "f1".into() });
    let applied = SettingsApplied { told: "flow main: changed; applied".into(), ..Default::default() };
    answer(&mut app, id, Answer::SettingsApplied(Box::new(applied)));
    assert!(shown(&app).contains("flow main: changed; applied"), "{}", shown(&app));
    assert_eq!(edit(&mut app, "f2").1, BEFORE, "nothing of it waits any more");
}

#[test]
fn a_flow_with_faults_is_not_applied_and_is_edited_on() {
    let mut app = admin_on_flows();
    edit(&mut app, "f1");
    let (id, _) = sent(&left(&mut app, "start = \"nowhere\"\n")).unwrap();
    let fault =
        SettingsFault { file: "main.toml".into(), line: 1, what: "no node nowhere".into(), hint: None };
    let diff = SettingsDiff { file: "f1".into(), faults: vec![fault], ..Default::default() };
    answer(&mut app, id, Answer::SettingsDiff(Box::new(diff)));
    assert!(shown(&app).contains("no node nowhere"), "{}", shown(&app));
    assert!(sent(&press(&mut app, "y esc")).is_none());
    assert!(app.overlay.is_none() && shown(&app).contains("E edits on"), "{}", shown(&app));
    let (effects, text) = edit(&mut app, "f1");
    assert_eq!(text, "start = \"nowhere\"\n");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Write { .. })));
    // Somebody else was at the file: what was typed is put aside and not lost.
    let (effects, text) = edit(&mut app, "f2");
    assert_eq!(text, BEFORE);
    let aside = effects.iter().find_map(|effect| match effect {
        Effect::Write { name, text } => Some((name.as_str(), text.as_str())),
        _ => None,
    });
    assert_eq!(aside, Some(("main.mine-140327.toml", "start = \"nowhere\"\n")));
}

#[test]
fn what_the_editor_leaves_as_it_was_asks_nothing() {
    let mut app = admin_on_flows();
    edit(&mut app, "f1");
    assert!(sent(&left(&mut app, BEFORE)).is_none());
    assert!(shown(&app).contains("nothing was changed"), "{}", shown(&app));
    edit(&mut app, "f1");
    assert!(sent(&left(&mut app, &"\n".repeat(40_000))).is_none());
    assert!(shown(&app).contains("too long for one command"), "{}", shown(&app));
    update(&mut app, Input::Edited { flow: "main".into(), text: Err("vi: exit status: 1".into()) });
    assert!(shown(&app).contains("exit status: 1"), "{}", shown(&app));
}

#[test]
fn a_supervisor_edits_no_flow() {
    let mut app = on_node(on_flows((80, 24)), "main", "support");
    with_role(&mut app, Role::Supervisor);
    assert_eq!(press(&mut app, "E"), []);
    assert!(shown(&app).contains("admin"), "{}", shown(&app));
}
