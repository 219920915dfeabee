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

#[test]
fn a_busy_exchange_takes_no_desk_away_and_is_asked_again_soon() {
    let mut app = at_desk((80, 24), 0);
    let (id, _) = sent(&app.update(Input::Tick, NOW_MS + 30_000)).unwrap();
    let result = Err(CommandError::Failed { why: "the exchange is too busy; try again".into() });
    let line = Input::Line(Box::new(ServerLine::Reply(Reply { id, result })));
    app.update(line, NOW_MS + 30_000);
    assert!(shown(&app).contains("4127"), "{}", shown(&app));
    assert!(sent(&app.update(Input::Tick, NOW_MS + 31_000)).is_none(), "not at once, for it is busy");
    assert!(sent(&app.update(Input::Tick, NOW_MS + 33_000)).is_some());
    // A refusal is another thing: there is no such desk for this user.
    let (id, _) = sent(&app.update(Input::Tick, NOW_MS + 70_000)).unwrap();
    let result = Err(CommandError::Refused { why: "no agent sits there".into() });
    app.update(Input::Line(Box::new(ServerLine::Reply(Reply { id, result }))), NOW_MS + 70_000);
    assert!(shown(&app).contains("no agent sits there"), "{}", shown(&app));
}

#[test]
fn a_clock_that_was_set_back_leaves_nothing_old() {
    let mut app = at_desk((80, 24), 0);
    assert!(sent(&app.update(Input::Tick, NOW_MS - 3_600_000)).is_some());
    let mut app = floor((80, 24));
    press(&mut app, "5");
    assert!(sent(&app.update(Input::Tick, NOW_MS - 3_600_000)).is_some());
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
    assert_eq!(verb(&mut app, "V"), Some(wrap_up("104", Some(74), None)), "14 s are left");
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

/// The desk of the agent at that line of the fixture, who is at something else by now.
fn at_work(which: usize, number: &str, edit: impl FnOnce(&mut switchroom_wire::AgentView)) -> App {
    let mut app = at_desk((80, 24), which);
    let mut agent = app.model.board.agents[number].clone();
    edit(&mut agent);
    change(&mut app, Change::Agent(Box::new(agent)));
    app
}

#[test]
fn a_call_that_only_rings_or_is_written_up_is_not_at_hand() {
    let live = "01JBS94127QZ8M4T6W2X0Y5K1C";
    for activity in ["wrap_up", "offered"] {
        let mut app = at_work(1, "104", |agent| {
            (agent.activity, agent.call) = (activity.into(), Some(live.into()));
        });
        assert!(app.model.board.calls[live].ended.is_none());
        for key in ["X", "T", "R"] {
            assert_eq!(verb(&mut app, key), None, "{activity} {key}");
            assert!(app.overlay.is_none(), "{activity} {key}: {}", shown(&app));
            assert!(shown(&app).contains("no call"), "{activity} {key}: {}", shown(&app));
        }
    }
}

#[test]
fn an_outcome_is_of_the_call_that_was_asked_about() {
    let next = "01JBS94130QZ8M4T6W2X0Y5K1C";
    let mut app = at_desk((80, 24), 1);
    press(&mut app, "D r tab");
    for (activity, call) in [("talking", next), ("wrap_up", next)] {
        let mut agent = app.model.board.agents["104"].clone();
        (agent.activity, agent.call) = (activity.into(), Some(call.into()));
        change(&mut app, Change::Agent(Box::new(agent)));
    }
    assert_eq!(verb(&mut app, "enter"), None);
    assert!(shown(&app).contains("is at another call by now"), "{}", shown(&app));
    // The desk that would say which call it is of has not come yet.
    assert_eq!(verb(&mut app, "D"), None);
    assert!(app.overlay.is_none(), "{}", shown(&app));
    assert!(shown(&app).contains("shows another call still"), "{}", shown(&app));
}

#[test]
fn a_call_of_the_agents_own_phone_is_at_hand_when_none_of_a_queue_is() {
    let mut app = floor((80, 24));
    with_role(&mut app, Role::Agent);
    let (id, _) = sent(&press(&mut app, "g d")).unwrap();
    let desk =
        switchroom_wire::DeskView { agent: "112".into(), extension: "112".into(), ..Default::default() };
    floor::answer(&mut app, id, Answer::Desk(Box::new(desk)));
    assert_eq!(verb(&mut app, "X"), None);
    assert!(shown(&app).contains("no call"), "{}", shown(&app));
    let mut call = app.model.board.calls["01JBS94127QZ8M4T6W2X0Y5K1C"].clone();
    (call.id, call.number) = ("01JBS94160QZ8M4T6W2X0Y5K1C".into(), 4160);
    call.from = switchroom_wire::PartyView { number: "112".into(), name: "Mia".into() };
    call.legs[0].party = call.from.clone();
    call.legs[1].party.number = "+351910009999".into();
    (call.to, call.with) = (call.legs[1].party.clone(), None);
    change(&mut app, Change::Call(Box::new(call.clone())));
    verb(&mut app, "X");
    assert!(shown(&app).contains("Hang up 4160"), "{}", shown(&app));
    assert_eq!(verb(&mut app, "y"), Some(Command::HangUp { call: call.id.clone() }));
    let act = RecordingAct::Pause;
    assert_eq!(verb(&mut app, "R"), Some(Command::Record { call: call.id.clone(), act }));
    // The phone has left that call.
    call.legs[0].state = "ended".into();
    change(&mut app, Change::Call(Box::new(call)));
    assert_eq!(verb(&mut app, "X"), None);
    assert!(app.overlay.is_none(), "{}", shown(&app));
}

#[test]
fn a_note_is_edited_pasted_and_as_long_as_the_daemon_takes() {
    let typed = |app: &App| match &app.overlay {
        Some(Overlay::Confirm(asked)) => asked.typed.clone(),
        other => panic!("{other:?}"),
    };
    let mut app = at_desk((80, 24), 0);
    press(&mut app, "W a");
    update(&mut app, Input::Paste(format!("{}\nsee\tbelow", "é".repeat(500))));
    assert!(typed(&app).ends_with("é see below"), "{}", typed(&app));
    press(&mut app, "left home delete up ctrl-a ctrl-w");
    assert!(typed(&app).ends_with("é see "), "{}", typed(&app));
    update(&mut app, Input::Paste("x".repeat(600)));
    press(&mut app, "y y z");
    assert_eq!(typed(&app).chars().count(), switchroom_wire::NOTE_CHARS_MAX);
    press(&mut app, "backspace z");
    assert!(shown(&app).contains("xxz") && shown(&app).contains("Note on 4127"), "{}", shown(&app));
    let Some(Command::Note { text, .. }) = verb(&mut app, "enter") else { panic!() };
    assert_eq!(text.chars().count(), switchroom_wire::NOTE_CHARS_MAX);
    press(&mut app, "W x ctrl-u h i");
    assert_eq!(typed(&app), "hi");
    assert_eq!(verb(&mut app, "ctrl-c"), None);
    assert!(app.overlay.is_none());
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

#[test]
fn a_minute_more_is_not_asked_for_twice_before_the_first_is_known() {
    let mut app = at_desk((80, 24), 1);
    let (id, _) = sent(&press(&mut app, "V")).unwrap();
    assert_eq!(verb(&mut app, "V"), None, "it would be the same minute");
    assert!(shown(&app).contains("on its way"), "{}", shown(&app));
    let reply = Reply { id, result: Ok(Answer::Done("more time".into())) };
    update(&mut app, Input::Line(Box::new(ServerLine::Reply(reply))));
    assert!(verb(&mut app, "V").is_some());
}

/// The agent is the one who can end it, and should know that nobody else will.
#[test]
fn the_desk_says_what_a_break_for_a_missed_call_is() {
    let mut app = at_desk((80, 24), 2);
    let mut agent = app.model.desk.agent(&app.model.board).unwrap().clone();
    assert!(!shown(&app).contains("until set ready"));
    (agent.presence, agent.reason, agent.activity) = ("break".into(), "no_answer".into(), "idle".into());
    change(&mut app, Change::Agent(Box::new(agent)));
    assert!(shown(&app).contains("until set ready: I here, *52"), "{}", shown(&app));
}
