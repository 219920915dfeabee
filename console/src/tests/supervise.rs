//! Supervisors at calls: verbs, the line that says who hears the user, and what everybody sees of it.

use super::floor::answer;
use super::*;
use crate::app::{Mood, Overlay, Screen};
use crate::fixture::settings;
use crate::fixture::{floor, press, say};
use crate::rows::List;
use crate::symbols::Symbols;
use crate::words::Language;
use std::fmt::Write as _;
use switchroom_wire::{
    Answer, CallState, CallView, Change, Command, CommandError, LegView, PartyView, Reply, Role,
    SuperviseAct, Supervised, SupervisionMode, SupervisionView, SupervisorView,
};

fn party(number: &str, name: &str) -> PartyView {
    PartyView { number: number.into(), name: name.into() }
}

/// The board after `user` came to call 4127 at phone 201, in that state and mode, heard by those.
fn at_call(app: &mut App, user: &str, state: CallState, mode: SupervisionMode, heard_by: &[&str]) {
    let target = id_of(app, 4127);
    let acme = party("+442079460123", "Acme Ltd");
    let all = [acme, party("102", "Ana")];
    let heard_by = all.into_iter().filter(|one| heard_by.contains(&one.number.as_str())).collect();
    let is_up = state == CallState::Service;
    let own = CallView {
        id: "01JBS94160QZ8M4T6W2X0Y5K1C".into(),
        number: 4160,
        state,
        from: party("201", "Mara"),
        to: party("4127", mode.word()),
        started_ms: NOW_MS - 50_000,
        answered_ms: is_up.then_some(NOW_MS - 48_000),
        legs: vec![LegView { state: if is_up { "up" } else { "ringing" }.into(), ..Default::default() }],
        supervision: Some(SupervisionView {
            user: user.into(),
            mode,
            call: is_up.then(|| target.clone()),
            follows: None,
            heard_by,
        }),
        ..Default::default()
    };
    let mut heard = app.model.board.calls[&target].clone();
    heard.supervisors =
        vec![SupervisorView { user: user.into(), phone: "201".into(), mode, call: own.id.clone() }];
    if !is_up {
        heard.supervisors.clear();
    }
    change(app, Change::Call(Box::new(own)));
    change(app, Change::Call(Box::new(heard)));
}

fn own_of(app: &App) -> CallView {
    app.model.board.calls["01JBS94160QZ8M4T6W2X0Y5K1C"].clone()
}

pub(super) fn supervising(mode: SupervisionMode, heard_by: &[&str]) -> App {
    let mut app = on_call(floor((80, 24)), 4127);
    at_call(&mut app, "mara", CallState::Service, mode, heard_by);
    app
}

fn refuse(app: &mut App, id: u64, why: &str) {
    refuse_with(app, id, CommandError::Refused { why: why.into() });
}

fn refuse_with(app: &mut App, id: u64, error: CommandError) {
    let result = Err(error);
    update(app, Input::Line(Box::new(ServerLine::Reply(Reply { id, result }))));
}

fn act(act: SuperviseAct) -> Command {
    Command::SuperviseAct { act, phone: Some("201".into()) }
}

const BOTH: [&str; 2] = ["+442079460123", "102"];

#[test]
fn listening_begins_with_what_is_selected() {
    let mut app = on_call(floor((80, 24)), 4127);
    let target = Supervised::Call(id_of(&app, 4127));
    let (id, command) = sent(&press(&mut app, "L")).unwrap();
    let listen = Command::Supervise { target, mode: SupervisionMode::Listen, phone: None };
    assert_eq!(command, listen);
    assert!(shown(&app).contains("sent listen to 4127 (Acme Ltd with 102 Ana)"), "{}", shown(&app));
    answer(&mut app, id, Answer::Done("rings 201, to listen call 4127".into()));
    assert_eq!(app.toast.as_ref().map(|toast| toast.mood), Some(Mood::Done));
    let mut app = floor((80, 24));
    select(&mut app, "3", List::Agents, "107");
    let target = Supervised::Agent("107".into());
    let command = sent(&press(&mut app, "L")).unwrap().1;
    assert_eq!(command, Command::Supervise { target, mode: SupervisionMode::Listen, phone: None });
    let mut app = on_call(floor((80, 24)), 4133);
    assert!(sent(&press(&mut app, "L")).is_none());
    assert!(shown(&app).contains("nobody talks in it yet"));
    with_role(&mut app, Role::Agent);
    assert!(sent(&press(&mut app, "j L")).is_none());
    assert!(shown(&app).contains("needs supervisor"));
}

#[test]
fn barging_takes_two_steps_and_the_second_needs_the_phone_answered() {
    let mut app = on_call(floor((80, 24)), 4127);
    let Some((_, Command::Supervise { mode, .. })) = sent(&press(&mut app, "B")) else { panic!() };
    assert_eq!(mode, SupervisionMode::Listen, "the first press listens");
    assert!(shown(&app).contains("B once more opens"), "{}", shown(&app));
    at_call(&mut app, "mara", CallState::Ringing, SupervisionMode::Listen, &[]);
    assert!(sent(&press(&mut app, "B")).is_none(), "the phone rings yet");
    assert!(shown(&app).contains("answer your phone first"));
    at_call(&mut app, "mara", CallState::Service, SupervisionMode::Listen, &[]);
    assert_eq!(
        sent(&press(&mut app, "B")).unwrap().1,
        act(SuperviseAct::Mode(SupervisionMode::Barge)),
        "the second opens the microphone"
    );
}

#[test]
fn a_whisper_without_listening_first_is_asked() {
    let mut app = on_call(floor((80, 24)), 4127);
    assert!(sent(&press(&mut app, "W")).is_none());
    let Some(Overlay::Confirm(asked)) = &app.overlay else { panic!("{}", shown(&app)) };
    assert!(asked.question.contains("Acme Ltd with 102 Ana") && asked.question.contains("hears you at once"));
    let Some((_, Command::Supervise { mode, .. })) = sent(&press(&mut app, "y")) else { panic!() };
    assert_eq!(mode, SupervisionMode::Whisper);
}

#[test]
fn the_microphone_opens_only_at_the_call_that_is_heard() {
    let mut app = on_call(supervising(SupervisionMode::Listen, &[]), 4130);
    let whisper = act(SuperviseAct::Mode(SupervisionMode::Whisper));
    assert_eq!(sent(&press(&mut app, "W")).unwrap().1, whisper, "4130 is selected, and is not whispered to");
    let Some((_, Command::Supervise { target, mode, .. })) = sent(&press(&mut app, "L")) else { panic!() };
    assert_eq!((target, mode), (Supervised::Call(id_of(&app, 4130)), SupervisionMode::Listen));
    let mut app = supervising(SupervisionMode::Whisper, &["102"]);
    assert!(sent(&press(&mut app, "W")).is_none(), "is so already");
    assert_eq!(sent(&press(&mut app, "L")).unwrap().1, act(SuperviseAct::Mode(SupervisionMode::Listen)));
    press(&mut app, "8");
    assert_eq!(sent(&press(&mut app, "L")).unwrap().1, act(SuperviseAct::Mode(SupervisionMode::Listen)));
}

#[test]
fn taking_over_is_asked_by_name_and_refused_once_another_call_is_heard() {
    let mut app = on_call(floor((80, 24)), 4127);
    assert!(sent(&press(&mut app, "K")).is_none());
    assert!(app.overlay.is_none() && shown(&app).contains("listen to a call first"));
    let mut app = supervising(SupervisionMode::Listen, &[]);
    press(&mut app, "K");
    let Some(Overlay::Confirm(asked)) = &app.overlay else { panic!("{}", shown(&app)) };
    assert_eq!(asked.question, "Take over 4127 (Acme Ltd with 102 Ana), 3:12: 201 takes the agent's place?");
    assert_eq!(sent(&press(&mut app, "y")).unwrap().1, act(SuperviseAct::TakeOver));
    press(&mut app, "K");
    let mut own = own_of(&app);
    own.supervision.as_mut().unwrap().call = Some(id_of(&app, 4130));
    change(&mut app, Change::Call(Box::new(own)));
    assert!(sent(&press(&mut app, "y")).is_none());
    assert!(shown(&app).contains("you hear another call by now"), "{}", shown(&app));
}

#[test]
fn escape_leaves_when_nothing_else_is_open_and_never_ends_the_call() {
    let mut app = supervising(SupervisionMode::Barge, &BOTH);
    assert!(sent(&press(&mut app, "/ a esc")).is_none());
    press(&mut app, "enter");
    assert!(sent(&press(&mut app, "esc")).is_none(), "closes the detail");
    assert_eq!(app.screen, Screen::List(List::Calls));
    assert_eq!(sent(&press(&mut app, "esc")).unwrap().1, act(SuperviseAct::End));
    assert_eq!(sent(&press(&mut app, "E")).unwrap().1, act(SuperviseAct::End));
    let mut app = floor((80, 24));
    assert_eq!(press(&mut app, "esc"), []);
    assert!(sent(&press(&mut app, "E")).is_none());
    assert!(shown(&app).contains("you listen to no call"));
}

#[test]
fn a_phone_that_the_exchange_does_not_know_is_asked_for_once_and_the_command_repeated() {
    let mut app = on_call(floor((80, 24)), 4127);
    let (id, _) = sent(&press(&mut app, "L")).unwrap();
    refuse_with(&mut app, id, CommandError::NeedsPhone { why: "whatever the daemon says".into() });
    assert!(shown(&app).contains("at which extension do you sit?"), "{}", shown(&app));
    let Some((id, Command::Supervise { phone, mode, .. })) = sent(&press(&mut app, "1 0 0 enter")) else {
        panic!("{}", shown(&app))
    };
    assert_eq!((phone.as_deref(), mode), (Some("100"), SupervisionMode::Listen));
    refuse(&mut app, id, "there is no extension 100");
    assert!(app.overlay.is_none() && shown(&app).contains("refused"), "another reason is told, not asked");
    let Some((id, Command::Supervise { phone, .. })) = sent(&press(&mut app, "L")) else { panic!() };
    assert_eq!(phone, None, "what did not work is asked for again");
    refuse_with(&mut app, id, CommandError::NeedsPhone { why: "whatever the daemon says".into() });
    let (id, _) = sent(&press(&mut app, "1 0 1 enter")).unwrap();
    let result = Ok(Answer::Done("rings 101".into()));
    update(&mut app, Input::Line(Box::new(ServerLine::Reply(Reply { id, result }))));
    let Some((_, Command::Supervise { phone, .. })) = sent(&press(&mut app, "L")) else { panic!() };
    assert_eq!(phone.as_deref(), Some("101"), "what worked is remembered");
    press(&mut app, ": p h o n e space 2 0 1 enter");
    assert_eq!(app.phone.as_deref(), Some("201"));
}

#[test]
fn an_extension_in_the_words_goes_before_the_one_that_is_remembered() {
    for (words, listens) in [("listen at 103", true), ("whisper at 103", false), ("barge at 103", true)] {
        let mut app = on_call(floor((80, 24)), 4127);
        app.phone = Some("100".into());
        let keys = words.chars().map(|c| if c == ' ' { "space ".to_owned() } else { format!("{c} ") });
        let effects = press(&mut app, &format!(": {}enter", keys.collect::<String>()));
        let effects = if sent(&effects).is_none() { press(&mut app, "y") } else { effects };
        let Some((_, Command::Supervise { phone, mode, .. })) = sent(&effects) else {
            panic!("{words}: {}", shown(&app))
        };
        assert_eq!((phone.as_deref(), mode == SupervisionMode::Listen), (Some("103"), listens), "{words}");
    }
}

#[test]
fn callers_are_transferred_picked_up_and_assigned() {
    let mut app = on_call(floor((80, 24)), 4127);
    assert!(sent(&press(&mut app, "T")).is_none());
    assert!(shown(&app).contains("Transfer 4127 (Acme Ltd with 102 Ana), 3:12. To which number?"));
    let call = id_of(&app, 4127);
    assert_eq!(
        sent(&press(&mut app, "1 0 5 enter")).unwrap().1,
        Command::Transfer { call, to: "105".into() }
    );
    assert!(sent(&press(&mut app, "P")).is_none());
    assert!(shown(&app).contains("it neither rings nor waits"));
    let mut app = on_call(floor((80, 24)), 4133);
    let call = id_of(&app, 4133);
    assert_eq!(sent(&press(&mut app, "P")).unwrap().1, Command::PickUp { call, phone: None });
    let mut app = on_call(floor((80, 24)), 4151);
    let call = id_of(&app, 4151);
    assert!(sent(&press(&mut app, "A")).is_none());
    let text = shown(&app);
    assert!(text.contains("Assign 4151 +441614960021, waiting in support for 1:42."), "{text}");
    assert!(sent(&press(&mut app, "1 0 8 enter")).is_none());
    let Some(Overlay::Confirm(asked)) = &app.overlay else { panic!("{}", shown(&app)) };
    assert_eq!(
        asked.question,
        "Assign 4151 +441614960021, waiting in support for 1:42, to 108 Tom, now MISSED 0:55?"
    );
    assert_eq!(sent(&press(&mut app, "y")).unwrap().1, Command::Assign { call, agent: "108".into() });
    assert!(sent(&press(&mut app, "A 9 9 9 enter")).is_none());
    assert!(app.overlay.is_none() && shown(&app).contains("there is no such agent"), "{}", shown(&app));
    assert!(sent(&press(&mut app, "P")).is_some(), "who waits can be picked up");
    let mut app = on_call(floor((80, 24)), 4127);
    assert!(sent(&press(&mut app, "A")).is_none());
    assert!(shown(&app).contains("it waits in no queue"));
}

#[test]
fn a_question_names_what_can_be_typed_and_tab_completes_it() {
    let mut app = floor((80, 24));
    select(&mut app, "3", List::Agents, "107");
    press(&mut app, "P");
    assert!(shown(&app).contains("(coffee, lunch; Tab)"), "{}", shown(&app));
    let Some((_, Command::AgentPresence { reason, .. })) = sent(&press(&mut app, "l tab enter")) else {
        panic!()
    };
    assert_eq!(reason.as_deref(), Some("lunch"));
    press(&mut app, "P tab tab tab");
    let Some(Overlay::Confirm(asked)) = &app.overlay else { panic!() };
    assert_eq!(asked.typed, "coffee", "round and round");
}

#[test]
fn words_do_what_keys_do() {
    let mut app = floor((80, 24));
    let said = |app: &mut App, words: &str| sent(&say(app, words)).map(|(_, command)| command);
    let listen = |target, phone: Option<&str>| {
        let phone = phone.map(str::to_owned);
        Some(Command::Supervise { target, mode: SupervisionMode::Listen, phone })
    };
    let call = Supervised::Call(id_of(&app, 4127));
    assert_eq!(said(&mut app, "listen 4127"), listen(call.clone(), None));
    assert_eq!(said(&mut app, "listen 4127 at 100"), listen(call, Some("100")));
    assert_eq!(said(&mut app, "listen agent 102"), listen(Supervised::Agent("102".into()), None));
    assert_eq!(said(&mut app, "barge 4127"), None, "asks first");
    press(&mut app, "n");
    assert_eq!(said(&mut app, "listen 9999"), None);
    at_call(&mut app, "mara", CallState::Service, SupervisionMode::Listen, &[]);
    assert_eq!(said(&mut app, "whisper"), Some(act(SuperviseAct::Mode(SupervisionMode::Whisper))));
    let transfer = Command::Transfer { call: id_of(&app, 4127), to: "105".into() };
    assert_eq!(said(&mut app, "transfer 4127 105"), Some(transfer));
    let assign = Command::Assign { call: id_of(&app, 4151), agent: "107".into() };
    assert_eq!(said(&mut app, "assign 4151 107"), None, "asks first");
    assert_eq!(sent(&press(&mut app, "y")).map(|(_, command)| command), Some(assign));
    assert_eq!(
        said(&mut app, "unlisten at 201"),
        Some(Command::SuperviseAct { act: SuperviseAct::End, phone: Some("201".into()) })
    );
}

/// The first line of the two that say who hears the user; empty if there is none.
fn microphone(app: &App) -> String {
    let text = shown(app);
    text.lines().find(|line| line.starts_with(" [")).unwrap_or_default().trim_end().to_owned()
}

#[test]
fn the_line_says_who_hears_the_user_and_follows_the_board_alone() {
    use SupervisionMode::{Barge, Listen, Whisper};
    let mut app = on_call(floor((80, 24)), 4127);
    press(&mut app, "L");
    assert_eq!(microphone(&app), "", "what was asked for is not shown as done");
    for (state, mode, heard_by, want) in [
        (
            CallState::Ringing,
            Barge,
            &[][..],
            "[BARGE] -  phone 201 rings: answer it to barge in; nobody hears you",
        ),
        (CallState::Service, Listen, &[], "[LISTEN] 4127  nobody hears you; you hear Acme Ltd and 102 Ana"),
        (CallState::Service, Whisper, &["102"], "[WHISPER] 4127  102 Ana hears you; Acme Ltd does not"),
        (CallState::Service, Barge, &BOTH, "[ON AIR] 4127  Acme Ltd and 102 Ana hear you"),
        (CallState::Service, Barge, &[], "[BARGE] 4127  nobody hears you; you hear Acme Ltd and 102 Ana"),
    ] {
        at_call(&mut app, "mara", state, mode, heard_by);
        assert!(microphone(&app).starts_with(&format!(" {want}")), "{want}: {}", shown(&app));
    }
    at_call(&mut app, "mara", CallState::Service, Barge, &BOTH);
    for keys in ["2", "3", "5", "6", "8", "9", "4 enter", "]", "?", "esc :", "esc f"] {
        press(&mut app, keys);
        assert!(microphone(&app).contains("[ON AIR] 4127"), "{keys}: {}", shown(&app));
    }
    let mut own = own_of(&app);
    own.legs[0].state = "holding".into();
    own.supervision.as_mut().unwrap().heard_by.clear();
    change(&mut app, Change::Call(Box::new(own.clone())));
    assert!(microphone(&app).contains("phone 201 holds the line: you hear nobody, nobody hears you"));
    own.legs[0].state = "up".into();
    let at = own.supervision.as_mut().unwrap();
    (at.call, at.follows) = (None, Some("102".into()));
    change(&mut app, Change::Call(Box::new(own.clone())));
    assert!(microphone(&app).contains("waits for the next call of 102; nobody hears you"));
    own.supervision.as_mut().unwrap().follows = None;
    change(&mut app, Change::Call(Box::new(own.clone())));
    assert!(microphone(&app).contains("the call is over"));
    change(&mut app, Change::CallGone(own.id));
    assert_eq!(microphone(&app), "");
}

#[test]
fn a_held_party_and_a_lost_connection_are_told() {
    let mut app = supervising(SupervisionMode::Barge, &BOTH);
    let mut heard = app.model.board.calls[&id_of(&app, 4127)].clone();
    heard.state = CallState::Held;
    heard.legs[1].state = "holding".into();
    change(&mut app, Change::Call(Box::new(heard)));
    let told = "[ON AIR] 4127  Acme Ltd hears you; 102 Ana does not (the call is on hold)";
    assert!(microphone(&app).contains(told), "who holds the line hears nobody: {}", shown(&app));
    let mut own = own_of(&app);
    let at = own.supervision.as_mut().unwrap();
    (at.mode, at.heard_by) = (SupervisionMode::Whisper, vec![party("102", "Ana")]);
    change(&mut app, Change::Call(Box::new(own)));
    let told = "[WHISPER] 4127  nobody hears you; you hear Acme Ltd (the call is on hold)";
    assert!(microphone(&app).contains(told), "{}", shown(&app));
    disconnect(&mut app);
    assert!(microphone(&app).contains("who hears you is not known"), "{}", shown(&app));
    assert!(sent(&press(&mut app, "L")).is_none());
}

#[test]
fn the_line_is_there_at_every_size_and_nobody_elses() {
    let mut app = supervising(SupervisionMode::Whisper, &["102"]);
    for height in 1..40 {
        update(&mut app, Input::Resize(80, height));
        assert!(shown(&app).contains("102 Ana hears you"), "{height}: {}", shown(&app));
    }
    let mut app = on_call(floor((80, 24)), 4127);
    at_call(&mut app, "olga", CallState::Service, SupervisionMode::Whisper, &["102"]);
    let mut own = own_of(&app);
    own.from = party("100", "Reception");
    change(&mut app, Change::Call(Box::new(own)));
    assert_eq!(microphone(&app), "");
    app.phone = Some("100".into());
    assert!(microphone(&app).contains("102 Ana hears you"), "it is the phone that the user gave");
}

#[test]
fn no_lowercase_key_opens_the_microphone() {
    let keys = (' '..='~').filter(|c| !c.is_ascii_uppercase() && !":/".contains(*c));
    for key in keys {
        let mut app = supervising(SupervisionMode::Listen, &[]);
        let effects = update(&mut app, Input::Key(crate::keymap::Key::plain(crate::keymap::Code::Char(key))));
        let verb = sent(&effects).filter(|(_, command)| command.role() > Role::Viewer);
        assert_eq!(verb, None, "{key}");
    }
}

#[test]
fn supervisors_calls_are_no_customers() {
    let mut app = on_call(floor((80, 24)), 4127);
    let before = (app.title(), crate::rows::summary(&app.model.board, &app.settings.words));
    at_call(&mut app, "mara", CallState::Service, SupervisionMode::Listen, &[]);
    assert_eq!((app.title(), crate::rows::summary(&app.model.board, &app.settings.words)), before);
    let rows = app.rows(List::Calls, NOW_MS);
    let row = |number: &str| rows.iter().find(|row| row.cells[0].text == number).unwrap();
    assert!(row("4127").cells[8].text.starts_with("LISTEN mara"));
    assert_eq!(
        (row("4160").cells[1].text.as_str(), row("4160").cells[4].text.as_str()),
        ("LISTEN", "4127 102 Ana")
    );
    assert_eq!(
        (row("4151").cells[1].text.as_str(), row("4151").cells[4].text.as_str()),
        ("WAITING", "support")
    );
    assert!(shown(&app).contains("listened to by mara (listen), phone 201"), "{}", shown(&app));
}

#[test]
fn legs_that_rang_in_vain_are_counted() {
    let mut app = on_call(floor((80, 24)), 4127);
    let mut call = app.model.board.calls[&id_of(&app, 4127)].clone();
    let dead = |n: u64| LegView {
        id: 100 + n,
        state: "ended".into(),
        address: format!("udp 192.0.2.{n}:5060"),
        ..Default::default()
    };
    call.legs.extend((1..=9).map(dead));
    change(&mut app, Change::Call(Box::new(call)));
    let text = shown(&app);
    assert!(text.contains("and 7 phones that were rung before"), "{text}");
    assert!(text.contains("192.0.2.9:5060") && !text.contains("192.0.2.7:5060"));
}

#[test]
fn supervision_on_screen() {
    for (name, size) in [("80x24", (80, 24)), ("200x60", (200, 60))] {
        let mut text = String::new();
        for (language, theme) in
            [(Language::English, "auto"), (Language::Chinese, "auto"), (Language::English, "mono")]
        {
            let symbols = if theme == "mono" { Symbols::Ascii } else { Symbols::Block };
            let mut app = App::new(settings(language, symbols, theme), size);
            play(&mut app, "office");
            crate::fixture::play_floor(&mut app);
            let mut app = on_call(app, 4127);
            for (mode, heard_by) in [
                (SupervisionMode::Listen, &[][..]),
                (SupervisionMode::Whisper, &["102"]),
                (SupervisionMode::Barge, &BOTH),
            ] {
                if size.0 > 80 && mode != SupervisionMode::Whisper {
                    continue;
                }
                at_call(&mut app, "mara", CallState::Service, mode, heard_by);
                let _ = writeln!(text, "== {} {theme} {}\n{}", language.tag(), mode.word(), shown(&app));
            }
            if size.0 == 80 {
                press(&mut app, "enter");
                let _ = writeln!(text, "== {} {theme} detail\n{}", language.tag(), shown(&app));
                press(&mut app, "esc K");
                let _ = writeln!(text, "== {} {theme} question\n{}", language.tag(), shown(&app));
                press(&mut app, "n ?");
                let _ = writeln!(text, "== {} {theme} help\n{}", language.tag(), shown(&app));
            }
        }
        insta::assert_snapshot!(format!("supervision_{name}"), text);
    }
}

#[test]
fn the_open_microphone_is_loud_in_every_theme() {
    use ratatui::style::{Color, Modifier};
    for (theme, heard) in [("auto", true), ("safe", true), ("mono", true), ("auto", false), ("mono", false)] {
        let mut app = supervising(SupervisionMode::Barge, if heard { &BOTH } else { &[] });
        app.settings.theme = crate::theme::Theme::new(theme, &app.settings.colours).unwrap();
        let (buffer, _) = drawn(&app);
        let y = (0..24).find(|y| buffer[(1, *y)].symbol() == "[").unwrap();
        let style = buffer[(2, y)].style();
        assert!(style.add_modifier.contains(Modifier::BOLD), "{theme}");
        let is_loud = style.add_modifier.contains(Modifier::REVERSED) || style.fg == Some(Color::White);
        assert_eq!(is_loud, heard, "{theme}");
    }
}

#[test]
fn answers_about_the_exchange_and_a_call_are_words() {
    let mut text = String::new();
    for language in [Language::English, Language::Chinese] {
        let mut app = App::new(settings(language, Symbols::Block, "auto"), (80, 24));
        play(&mut app, "office");
        let system = Answer::Status(Box::new(app.model.board.system.clone()));
        let call = app.model.board.calls[&id_of(&app, 4127)].clone();
        let call = Answer::Call(Box::new(call));
        for answer in [system, call] {
            let _ = writeln!(text, "{}\n", crate::update::shown_text(&app, &answer, NOW_MS).join("\n"));
        }
    }
    assert!(!text.contains("auth_failures") && !text.contains('{'));
    insta::assert_snapshot!("answers_words", text);
}
