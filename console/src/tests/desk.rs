//! The desk of an agent: what it shows, when it asks, and what its keys do.

use super::*;
use crate::app::{Mood, Overlay, Screen};
use crate::fixture::{answer_desk, app as fresh, floor, press, settings};
use crate::symbols::Symbols;
use crate::words::Language;
use std::fmt::Write as _;
use switchroom_wire::{Answer, CommandError, RecordingAct, Reply, Role};

/// The desk of the agent at a line of the fixture: 0 talks, 1 writes up, 2 is free.
pub(super) fn at_desk(size: (u16, u16), which: usize) -> App {
    let mut app = floor(size);
    with_role(&mut app, Role::Agent);
    let effects = press(&mut app, "g d");
    answer_desk(&mut app, &effects, which);
    app
}

#[test]
fn the_desk_at_every_size() {
    for (width, height) in [(52, 14), (60, 15), (80, 24), (120, 40), (200, 60)] {
        let app = at_desk((width, height), 0);
        insta::assert_snapshot!(format!("desk_{width}x{height}"), shown(&app));
    }
}

#[test]
fn the_desk_in_its_states_languages_and_symbols() {
    let mut text = String::new();
    let mut state = |title: &str, app: &App| {
        let _ = writeln!(text, "== {title}\n{}", shown(app));
    };
    state("writing up", &at_desk((80, 24), 1));
    state("free", &at_desk((80, 24), 2));
    let mut down = at_desk((80, 24), 0);
    disconnect(&mut down);
    state("disconnected", &down);
    let mut masked = at_desk((80, 24), 0);
    press(&mut masked, "p");
    state("masked", &masked);
    let mut refused = floor((80, 24));
    let effects = press(&mut refused, "g d");
    let (id, _) = sent(&effects).unwrap();
    let why = "no agent sits at your phone 201; sign in there by phone first".to_owned();
    let reply = Reply { id, result: Err(CommandError::Refused { why }) };
    update(&mut refused, Input::Line(Box::new(ServerLine::Reply(reply))));
    state("no agent", &refused);
    for (language, symbols) in [(Language::English, Symbols::Ascii), (Language::Chinese, Symbols::Block)] {
        let mut app = App::new(settings(language, symbols, "auto"), (80, 24));
        play(&mut app, "office");
        crate::fixture::play_floor(&mut app);
        let effects = press(&mut app, "g d");
        answer_desk(&mut app, &effects, 0);
        state(language.tag(), &app);
    }
    insta::assert_snapshot!("states_desk", text);
}

#[test]
fn it_is_asked_for_when_it_opens_when_the_agent_does_something_else_and_now_and_then() {
    let asks = |effects: &[Effect]| matches!(sent(effects), Some((_, Command::Desk { .. })));
    let mut app = floor((80, 24));
    let effects = press(&mut app, "g d");
    assert_eq!(sent(&effects).map(|(_, command)| command), Some(Command::Desk { agent: None }));
    answer_desk(&mut app, &effects, 0);
    assert!(!asks(&app.update(Input::Tick, NOW_MS + 29_000)));
    assert!(asks(&app.update(Input::Tick, NOW_MS + 30_000)));
    let mut agent = app.model.board.agents["102"].clone();
    agent.activity = "wrap_up".into();
    agent.call = None;
    let line =
        ServerLine::Delta { seq: app.model.seq + 1, at_ms: NOW_MS, change: Change::Agent(Box::new(agent)) };
    assert!(asks(&app.update(Input::Line(Box::new(line)), NOW_MS + 31_000)));
    press(&mut app, "4");
    assert!(!asks(&app.update(Input::Tick, NOW_MS + 90_000)), "nobody looks at it");
}

fn verb(app: &mut App, keys: &str) -> Option<Command> {
    sent(&press(app, keys)).map(|(_, command)| command)
}

#[test]
fn its_keys_act_for_the_agent_of_the_desk() {
    let wrap_up = |agent: &str, more_s, word: Option<&str>| Command::AgentWrapUp {
        agent: agent.into(),
        more_s,
        disposition: word.map(str::to_owned),
    };
    let presence = |presence: &str, reason: Option<&str>| Command::AgentPresence {
        agent: "102".into(),
        presence: presence.into(),
        reason: reason.map(str::to_owned),
        extension: None,
    };
    let mut app = at_desk((80, 24), 0);
    let call = "01JBS94127QZ8M4T6W2X0Y5K1C".to_owned();
    assert_eq!(verb(&mut app, "P"), None, "asks what for");
    assert!(shown(&app).contains("(coffee, lunch; Tab)"), "{}", shown(&app));
    assert_eq!(verb(&mut app, "l tab enter"), Some(presence("break", Some("lunch"))), "after this call");
    assert_eq!(verb(&mut app, "W"), None);
    let note = Command::Note { call: call.clone(), text: "hi you".into() };
    assert_eq!(verb(&mut app, "h i space y o u enter"), Some(note));
    let act = RecordingAct::Pause;
    assert_eq!(verb(&mut app, "R"), Some(Command::Record { call: call.clone(), act }));
    assert_eq!(verb(&mut app, "X"), None);
    assert!(shown(&app).contains("Hang up 4127: +442079460123"), "{}", shown(&app));
    assert_eq!(verb(&mut app, "y"), Some(Command::HangUp { call: call.clone() }));
    assert_eq!(verb(&mut app, "T 1 0 3 enter"), Some(Command::Transfer { call, to: "103".into() }));
    let dial = Command::Dial { from: "102".into(), to: "+442079460123".into() };
    assert_eq!(verb(&mut app, "C tab enter"), Some(dial));
    assert_eq!(verb(&mut app, "F"), None);
    assert!(shown(&app).contains("is in no after-call time"));
    assert_eq!(verb(&mut app, "O y"), Some(presence("logged_out", None)));

    let mut app = at_desk((80, 24), 1);
    assert_eq!(verb(&mut app, "D r tab enter"), Some(wrap_up("104", None, Some("resolved"))));
    assert_eq!(verb(&mut app, "V"), Some(wrap_up("104", Some(60), None)));
    assert_eq!(verb(&mut app, "F"), Some(wrap_up("104", None, None)));
    assert_eq!(verb(&mut app, "X"), None);
    assert!(shown(&app).contains("no call"), "{}", shown(&app));
}

#[test]
fn what_was_noted_is_asked_for_anew_and_a_viewer_has_no_keys() {
    let mut app = at_desk((80, 24), 0);
    let (id, _) = sent(&press(&mut app, "W x enter")).unwrap();
    let reply = Reply { id, result: Ok(Answer::Done("noted on call 4127".into())) };
    let effects = update(&mut app, Input::Line(Box::new(ServerLine::Reply(reply))));
    assert!(matches!(sent(&effects), Some((_, Command::Desk { .. }))));
    assert_eq!(app.toast.as_ref().map(|toast| toast.mood), Some(Mood::Done));
    with_role(&mut app, Role::Viewer);
    for key in ["W", "P", "F", "X", "T", "C", "R", "O", "I", "D", "V"] {
        assert_eq!(verb(&mut app, key), None, "{key}");
        assert!(app.overlay.is_none(), "{key}");
    }
}

#[test]
fn the_outcome_is_refused_once_the_after_call_time_is_over() {
    let mut app = at_desk((80, 24), 1);
    press(&mut app, "D r tab");
    let mut agent = app.model.board.agents["104"].clone();
    agent.activity = "idle".into();
    change(&mut app, Change::Agent(Box::new(agent)));
    assert_eq!(verb(&mut app, "enter"), None);
    assert!(shown(&app).contains("refused"), "{}", shown(&app));
}

#[test]
fn a_desk_alone_begins_there_and_ends_the_console() {
    let mut settings = settings(Language::English, Symbols::Block, "auto");
    settings.desk = Some(Some("104".into()));
    let mut app = App::new(settings, (80, 24));
    assert_eq!(app.screen, Screen::Desk);
    play(&mut app, "office");
    let asked = app.waiting.len();
    assert_eq!(asked, 1, "asked as soon as there is a board");
    assert_eq!(press(&mut app, "q"), [Effect::Quit]);
    let mut app = fresh((80, 24));
    play(&mut app, "office");
    press(&mut app, "g d");
    press(&mut app, "q");
    assert_eq!(app.screen, Screen::List(List::Calls));
}

#[test]
fn enter_reads_all_of_it() {
    let mut app = at_desk((52, 14), 0);
    press(&mut app, "enter");
    let Some(Overlay::Text { lines, .. }) = &app.overlay else { panic!("{}", shown(&app)) };
    let text = lines.join("\n");
    for want in ["invoice 2231 not arrived", "May I ask for your customer number?", "customer A-2231"] {
        assert!(text.contains(want), "{text}");
    }
}
