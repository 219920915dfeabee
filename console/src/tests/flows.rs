//! The flows: outlines, who is where, what the check says.

use super::floor::answer;
use super::*;
use crate::app::{Effect, Overlay, Screen};
use crate::editor::Unread;
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

#[test]
fn each_row_counts_whom_one_finds_from_there() {
    let app = on_flows((80, 24));
    let mut counted = 0;
    for row in app.rows(List::Flows, NOW_MS) {
        let (flow, line) = app.model.flows.of_row(&row.id).unwrap();
        if line.is_some_and(|line| line.is_jump) {
            continue;
        }
        let node = line.map(|line| line.node.as_str());
        let here = crate::flows::callers(&app.model.board, &flow.name, node).len();
        let count = match row.cells[1].text.as_str() {
            "" | "-" => 0,
            count => count.parse().unwrap(),
        };
        assert_eq!(count, here, "{}", row.id);
        counted += here;
    }
    assert_eq!(counted, 10, "five are in the flow main, and each at one of its nodes");
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

/// Presses the key on the flow main and answers with its file.
fn asked_for(app: &mut App, file: &str) -> Vec<Effect> {
    let (id, command) = sent(&press(app, "E")).unwrap();
    assert_eq!(command, Command::FlowText { flow: "main".into() });
    let reply = switchroom_wire::Reply { id, result: Ok(read(file)) };
    update(app, Input::Line(Box::new(ServerLine::Reply(reply))))
}

/// What the editor is to be begun with.
fn begun(effects: &[Effect]) -> Option<String> {
    effects.iter().find_map(|effect| match effect {
        Effect::Edit { flow, name, text } if flow == "main" && name == "main" => Some(text.0.clone()),
        _ => None,
    })
}

/// Both: the key, and what the editor is begun with.
fn edit(app: &mut App, file: &str) -> (Vec<Effect>, String) {
    let effects = asked_for(app, file);
    let text = begun(&effects);
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
    let diff =
        SettingsDiff { file: "f1".into(), told: "flow main: lines +1 -1".into(), ..Default::default() };
    answer(&mut app, id, Answer::SettingsDiff(Box::new(diff)));
    assert!(matches!(app.overlay, Some(Overlay::Diff(_))), "{}", shown(&app));
    let (id, command) = sent(&press(&mut app, "y")).unwrap();
    assert_eq!(command, Command::ApplySettings { change, file: "f1".into() });
    let applied = SettingsApplied { told: "flow main: lines +1 -1; applied".into(), ..Default::default() };
    answer(&mut app, id, Answer::SettingsApplied(Box::new(applied)));
    assert!(shown(&app).contains("done flow main: lines +1 -1: applied"), "{}", shown(&app));
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
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::PutAside { .. })));
}

/// Somebody else is at the file while a text of it waits.
fn other_file() -> (App, Vec<Effect>) {
    let mut app = admin_on_flows();
    edit(&mut app, "f1");
    let (id, _) = sent(&left(&mut app, "start = \"mine\"\n")).unwrap();
    answer(&mut app, id, Answer::SettingsDiff(Box::default()));
    press(&mut app, "esc");
    let effects = asked_for(&mut app, "f2");
    (app, effects)
}

#[test]
fn what_was_typed_is_put_aside_before_the_editor_opens_with_what_somebody_else_wrote() {
    let (mut app, effects) = other_file();
    let aside = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::PutAside { flow, name, text } => Some((flow.clone(), name.clone(), text.0.clone())),
            _ => None,
        })
    };
    let (flow, name, text) = aside(&effects).unwrap();
    assert_eq!((flow.as_str(), name.as_str()), ("main", "main.mine-140325.toml"));
    assert_eq!(text, "start = \"mine\"\n");
    assert_eq!(begun(&effects), None, "not before it lies there");
    let effects = update(&mut app, Input::PutAside { flow, file: Ok(name) });
    assert_eq!(begun(&effects).as_deref(), Some(BEFORE));
    left(&mut app, BEFORE);
    assert!(shown(&app).contains("main.mine-140325.toml"), "named when there is a screen: {}", shown(&app));
}

#[test]
fn what_could_not_be_put_aside_is_kept_and_told() {
    let (mut app, _) = other_file();
    let file = Err("Permission denied (os error 13)".to_owned());
    let effects = update(&mut app, Input::PutAside { flow: "main".into(), file });
    assert_eq!(begun(&effects), None);
    assert!(shown(&app).contains("Permission denied"), "{}", shown(&app));
    assert_eq!(begun(&asked_for(&mut app, "f1")).as_deref(), Some("start = \"mine\"\n"), "nothing is lost");
}

#[test]
fn where_an_editor_that_failed_left_what_was_saved_is_told() {
    let mut app = admin_on_flows();
    edit(&mut app, "f1");
    let why = Unread { why: "vi: exit status: 1".into(), kept: Some("/tmp/sr/main.toml".into()) };
    update(&mut app, Input::Edited { flow: "main".into(), text: Err(why) });
    let told = app.toast.clone().unwrap().text;
    assert!(told.starts_with("/tmp/sr/main.toml") && told.contains("exit status: 1"), "{told}");
}

#[test]
fn what_cannot_be_looked_at_after_the_editor_is_told() {
    // The daemon went while the editor was open.
    let mut app = admin_on_flows();
    edit(&mut app, "f1");
    disconnect(&mut app);
    assert!(sent(&left(&mut app, "start = \"b\"\n")).is_none());
    assert!(shown(&app).contains("E edits on"), "{}", shown(&app));
    // It goes before the answer.
    let mut app = admin_on_flows();
    edit(&mut app, "f1");
    left(&mut app, "start = \"b\"\n");
    disconnect(&mut app);
    assert!(shown(&app).contains("E edits on"), "{}", shown(&app));
    // Something else lies there when it comes.
    let mut app = admin_on_flows();
    edit(&mut app, "f1");
    let (id, _) = sent(&left(&mut app, "start = \"b\"\n")).unwrap();
    press(&mut app, "?");
    answer(&mut app, id, Answer::SettingsDiff(Box::default()));
    press(&mut app, "esc");
    assert!(shown(&app).contains("E edits on"), "{}", shown(&app));
}

#[test]
fn nobody_leaves_with_an_edited_flow_without_being_told() {
    for keys in ["4 q", "ctrl-c"] {
        let mut app = admin_on_flows();
        edit(&mut app, "f1");
        let (id, _) = sent(&left(&mut app, "start = \"b\"\n")).unwrap();
        answer(&mut app, id, Answer::SettingsDiff(Box::default()));
        press(&mut app, "esc");
        assert!(!press(&mut app, keys).contains(&Effect::Quit), "{keys}");
        assert!(shown(&app).contains("flow main is edited and not applied"), "{}", shown(&app));
        assert!(press(&mut app, "ctrl-c").contains(&Effect::Quit), "{keys}");
    }
    let mut app = admin_on_flows();
    edit(&mut app, "f1");
    left(&mut app, BEFORE);
    assert!(press(&mut app, "ctrl-c").contains(&Effect::Quit), "nothing waits");
}

#[test]
fn a_file_too_long_for_one_command_is_not_given_to_an_editor() {
    let mut app = admin_on_flows();
    let (id, _) = sent(&press(&mut app, "E")).unwrap();
    let Answer::FlowText(mut view) = read("f1") else { panic!() };
    view.text = Hushed("\n".repeat(40_000));
    let reply = switchroom_wire::Reply { id, result: Ok(Answer::FlowText(view)) };
    assert_eq!(begun(&update(&mut app, Input::Line(Box::new(ServerLine::Reply(reply))))), None);
    assert!(shown(&app).contains("too long for one command"), "{}", shown(&app));
}

#[test]
fn no_editor_opens_over_an_open_microphone() {
    let mut app = supervise::supervising(switchroom_wire::SupervisionMode::Barge, &["102"]);
    with_role(&mut app, Role::Admin);
    let effects = press(&mut app, "5");
    answer_flows(&mut app, &effects);
    let mut app = on_node(app, "main", "support");
    assert!(sent(&press(&mut app, "E")).is_none());
    assert!(shown(&app).contains("leave the call that you hear first"), "{}", shown(&app));
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
    update(
        &mut app,
        Input::Edited {
            flow: "main".into(),
            text: Err(Unread { why: "vi: exit status: 1".into(), kept: None }),
        },
    );
    assert!(shown(&app).contains("exit status: 1"), "{}", shown(&app));
}

#[test]
fn a_supervisor_edits_no_flow() {
    let mut app = on_node(on_flows((80, 24)), "main", "support");
    with_role(&mut app, Role::Supervisor);
    assert_eq!(press(&mut app, "E"), []);
    assert!(shown(&app).contains("admin"), "{}", shown(&app));
}
