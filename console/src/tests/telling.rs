//! What supervisors tell agents: how it is typed, how it stands on the desk, and how it is acknowledged.

use super::desk::at_desk;
use super::*;
use crate::fixture::{answer_desk, floor, press, settings};
use crate::symbols::Symbols;
use crate::words::Language;
use std::fmt::Write as _;
use switchroom_wire::{AgentView, Role, TOLD_CHARS_MAX, ToldView};

fn told(text: &str) -> ToldView {
    ToldView { text: text.into(), by: "mara".into(), at_ms: NOW_MS - 60_000 }
}

fn tell(app: &mut App, number: &str, told: Option<ToldView>) {
    let agent = AgentView { told, ..app.model.board.agents[number].clone() };
    change(app, Change::Agent(Box::new(agent)));
}

fn verb(app: &mut App, keys: &str) -> Option<Command> {
    sent(&press(app, keys)).map(|(_, command)| command)
}

#[test]
fn it_stands_first_on_the_desk_with_who_and_when_and_its_key() {
    let mut text = String::new();
    let mut state = |title: &str, app: &App| {
        let _ = writeln!(text, "== {title}\n{}", shown(app));
    };
    let long = "Line 7 is down until four. Say so to whoever asks, take their number, and tell them that we call back \
                today. Invoices of October are with Eva now, and nobody else.";
    for (width, height) in [(52, 14), (80, 24), (120, 40)] {
        let mut app = at_desk((width, height), 0);
        tell(&mut app, "102", Some(told(long)));
        state(&format!("{width}x{height}"), &app);
    }
    let mut app = App::new(settings(Language::Chinese, Symbols::Block, "auto"), (80, 24));
    play(&mut app, "office");
    crate::fixture::play_floor(&mut app);
    let effects = press(&mut app, "g d");
    answer_desk(&mut app, &effects, 0);
    tell(&mut app, "102", Some(told("tea")));
    state("zh", &app);
    insta::assert_snapshot!("desk_told", text);
}

#[test]
fn a_key_acknowledges_what_is_on_screen() {
    let mut app = at_desk((80, 24), 0);
    assert_eq!(verb(&mut app, "A"), None);
    assert!(shown(&app).contains("there is no message"), "{}", shown(&app));
    tell(&mut app, "102", Some(told("tea")));
    let done = Command::Told { agent: "102".into(), at_ms: Some(NOW_MS - 60_000) };
    assert_eq!(verb(&mut app, "A"), Some(done));
    tell(&mut app, "102", None);
    assert!(!shown(&app).contains("tea"), "{}", shown(&app));
    // What came while the screen stood still was not read.
    press(&mut app, "f");
    tell(&mut app, "102", Some(told("unseen")));
    assert_eq!(verb(&mut app, "A"), None);
}

#[test]
fn a_supervisor_types_it_on_the_agents() {
    let mut app = floor((120, 40));
    with_role(&mut app, Role::Agent);
    press(&mut app, "3");
    assert_eq!(verb(&mut app, "M"), None);
    assert!(app.overlay.is_none(), "{}", shown(&app));
    with_role(&mut app, Role::Supervisor);
    assert_eq!(verb(&mut app, "M"), None);
    let question = shown(&app);
    let number =
        app.model.board.agents.keys().find(|number| question.contains(&format!("Tell {number} "))).cloned();
    let number = number.unwrap_or_else(|| panic!("{question}"));
    press(&mut app, &vec!["x"; TOLD_CHARS_MAX + 5].join(" "));
    let tells = Command::Tell { to: number.clone(), text: "x".repeat(TOLD_CHARS_MAX) };
    assert_eq!(verb(&mut app, "enter"), Some(tells), "no more than the exchange takes");
    tell(&mut app, &number, Some(told("line 7 is down")));
    assert!(shown(&app).contains("mara: line 7 is down"), "{}", shown(&app));
}
