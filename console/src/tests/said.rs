//! What the console says of what it did and could not do: whole, and until the next key.

use super::floor::answer;
use super::*;
use crate::app::Overlay;
use crate::fixture::{floor, office, press, say};
use crate::rows::List;
use switchroom_wire::{
    Answer, CallState, CommandError, DecisionView, DeskView, ExtensionState, ReasonsView, RecordingState,
    Reply, Role, Side, SupervisionMode,
};

const LONG: &str = "whoever waits would lose the place should nobody answer at 103; pick the call up there, or assign it \
                    to an agent, and look first whether one of them is free to take it at the very end";

/// The daemon refuses what was sent.
fn refuse(app: &mut App, id: u64, why: &str) {
    let result = Err(CommandError::Refused { why: why.into() });
    update(app, Input::Line(Box::new(ServerLine::Reply(Reply { id, result }))));
}

/// The screen as one line, with single blanks.
fn in_a_row(app: &App) -> String {
    shown(app).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_refusal_is_read_to_its_end_at_every_size() {
    for size in [(40, 10), (52, 14), (60, 15), (80, 24), (120, 40)] {
        let mut app = on_call(floor(size), 4127);
        let (id, _) = sent(&press(&mut app, "L")).unwrap();
        refuse(&mut app, id, LONG);
        assert!(
            in_a_row(&app).contains(&LONG.split_whitespace().collect::<Vec<_>>().join(" ")),
            "{}",
            shown(&app)
        );
    }
}

#[test]
fn a_long_refusal_leaves_the_line_that_says_who_hears_the_user() {
    let mut app = supervise::supervising(SupervisionMode::Whisper, &["102"]);
    let (id, _) = sent(&press(&mut app, "B")).unwrap();
    refuse(&mut app, id, LONG);
    let text = shown(&app);
    assert!(text.contains("[WHISPER]") && text.contains("102 Ana hears you"), "{text}");
    assert!(text.contains("at the very end"), "{text}");
}

#[test]
fn the_next_key_that_does_something_takes_an_old_message_away() {
    let mut app = office((80, 24));
    press(&mut app, "9 g r");
    let bar = |app: &App| shown(app).lines().nth(23).unwrap_or_default().to_owned();
    press(&mut app, "4 a");
    assert!(bar(&app).contains("no alarms") || bar(&app).contains("noted"), "{}", bar(&app));
    press(&mut app, "e");
    assert!(bar(&app).contains("? help"), "{}", bar(&app));
    let mut app = on_call(office((80, 24)), 4127);
    press(&mut app, "L j");
    assert!(bar(&app).contains("sent listen"), "what is not answered yet stays: {}", bar(&app));
}

#[test]
fn a_wrong_value_is_told_what_there_is_and_a_wrong_word_what_is_near() {
    for (words, want) in [
        ("figures 900", "900 is not one of 1-8"),
        ("theme nope", "there is no theme nope; there are: auto, dark"),
        ("bell loud", "there is no bell loud; there are: off, crit, warn"),
        ("phone 999", "there is no extension 999"),
        ("qeueus x", "did you mean: queues, queue close|open|hours QUEUE?"),
    ] {
        let mut app = office((80, 24));
        assert!(sent(&say(&mut app, words)).is_none());
        assert!(in_a_row(&app).contains(want), "{words}: {}", shown(&app));
    }
}

#[test]
fn the_palette_lists_what_goes_on_and_completes_it() {
    let mut app = office((80, 24));
    press(&mut app, ": p h o n e");
    assert!(shown(&app).contains("phone EXTENSION"), "{}", shown(&app));
    press(&mut app, "enter");
    assert!(matches!(&app.overlay, Some(Overlay::Palette { input, .. }) if input == "phone "));
    press(&mut app, "1 0 3 enter");
    assert_eq!(app.phone.as_deref(), Some("103"));
    assert!(shown(&app).contains("phone 103"), "it stands in the status line: {}", shown(&app));
}

#[test]
fn a_name_typed_wrong_is_told_from_no() {
    let mut app = floor((80, 24));
    select(&mut app, "2", List::Queues, "sales");
    press(&mut app, "S x y enter");
    assert!(shown(&app).contains("\"xy\" is not sales; not done: close sales"), "{}", shown(&app));
    press(&mut app, "S esc");
    assert!(shown(&app).contains("not done: close sales") && !shown(&app).contains("is not sales"));
}

#[test]
fn the_breaks_that_can_be_chosen_are_asked_for() {
    let mut app = floor((80, 24));
    select(&mut app, "3", List::Agents, "102");
    let (id, command) = sent(&press(&mut app, "P")).unwrap();
    assert_eq!(command, Command::Desk { agent: Some("102".into()) });
    let breaks = ["lunch", "pause", "training"].map(|word| (word.to_owned(), String::new())).to_vec();
    let desk = DeskView { agent: "102".into(), breaks, ..Default::default() };
    answer(&mut app, id, Answer::Desk(Box::new(desk)));
    assert!(in_a_row(&app).contains("(lunch, pause, training; Tab)"), "{}", shown(&app));
    press(&mut app, "t r tab");
    let (_, command) = sent(&press(&mut app, "enter")).unwrap();
    assert!(
        matches!(&command, Command::AgentPresence { reason: Some(reason), .. } if reason == "training"),
        "{command:?}"
    );
}

#[test]
fn a_call_that_left_the_board_is_asked_for() {
    let mut app = office((80, 24));
    select(&mut app, "6", List::Recordings, "01JBS94116QZ8M4T6W2X0Y5K1C");
    let asked = |effects: &[Effect]| {
        let commands = effects.iter().filter_map(|effect| match effect {
            Effect::Send(ClientLine::Command(request)) => Some(request.command.clone()),
            _ => None,
        });
        commands.filter(|command| !matches!(command, Command::Wave { .. })).collect::<Vec<_>>()
    };
    let call = "01JBS94116QZ8M4T6W2X0Y5K1C".to_owned();
    assert_eq!(asked(&press(&mut app, "g c")), [Command::Call { call: call.clone() }]);
    assert!(!shown(&app).contains("there is nothing to go to"));
    let events = asked(&press(&mut app, "g e"));
    assert!(matches!(&events[..], [Command::Events { call: Some(id), .. }] if *id == call), "{events:?}");
    // One that is on the board is opened as before.
    let mut app = on_call(office((80, 24)), 4127);
    assert_eq!(asked(&press(&mut app, "g e")), []);
    assert!(shown(&app).contains("filter: call:4127"), "{}", shown(&app));
}

#[test]
fn a_recording_that_is_being_made_is_listed_later() {
    let mut app = on_call(office((80, 24)), 4127);
    let id = id_of(&app, 4127);
    app.model.board.calls.get_mut(&id).unwrap().recording = RecordingState::On;
    press(&mut app, "g r");
    assert!(shown(&app).contains("listed when the call is over"), "{}", shown(&app));
}

#[test]
fn a_time_of_day_is_told_from_a_duration() {
    let mut app = floor((80, 24));
    press(&mut app, "3 t");
    let text = shown(&app);
    assert!(text.contains("@13:59") || text.contains("@14:0"), "{text}");
    press(&mut app, "t");
    assert!(!shown(&app).contains('@'), "{}", shown(&app));
}

#[test]
fn a_mark_stands_behind_the_number_that_it_marks() {
    let mut app = floor((80, 24));
    let head = |app: &App| shown(app).lines().nth(1).unwrap_or_default().to_owned();
    assert!(head(&app).starts_with(" 5 waiting, longest 1:42 !! "), "{}", head(&app));
    let mut queue = app.model.board.queues["support"].clone();
    (queue.signed_in, queue.service_level_ms) = (3, 600_000);
    change(&mut app, Change::Queue(Box::new(queue)));
    assert!(head(&app).starts_with(" 5 waiting !, longest 1:42  "), "{}", head(&app));
}

#[test]
fn a_line_in_a_call_whose_phone_is_gone_is_not_reachable() {
    let mut app = office((120, 40));
    assert!(shown(&app).contains("8 of 8 lines reachable"), "{}", shown(&app));
    let mut line = app.model.board.extensions["102"].clone();
    assert_eq!(line.state, ExtensionState::Busy);
    line.bindings.clear();
    change(&mut app, Change::Extension(Box::new(line)));
    assert!(shown(&app).contains("7 of 8 lines reachable"), "{}", shown(&app));
}

#[test]
fn a_desk_that_is_nobodys_says_how_to_name_one_and_offers_no_keys() {
    let mut app = floor((80, 24));
    with_role(&mut app, Role::Admin);
    let (id, _) = sent(&press(&mut app, "g d")).unwrap();
    refuse(&mut app, id, "which phone is yours is not known");
    let text = shown(&app);
    assert!(text.contains("which phone is yours is not known"), "{text}");
    assert!(text.contains("switchroom console desk AGENT"), "{text}");
    let bar = text.lines().nth(23).unwrap_or_default().to_owned();
    assert!(!bar.contains("outcome") && !bar.contains("sign out"), "{bar}");
    press(&mut app, "I");
    assert!(in_a_row(&app).contains("! Say whose desk it is to be"), "{}", shown(&app));
}

#[test]
fn where_the_exchange_ends_with_the_console_leaving_says_so() {
    let mut app = office((120, 60));
    press(&mut app, "?");
    assert!(shown(&app).contains("back; at the top leave, calls go on"), "{}", shown(&app));
    app.settings.ends_exchange = true;
    let text = shown(&app);
    assert!(
        text.contains("at the top end the demo") && text.contains("end the demo and its calls at once"),
        "{text}"
    );
    assert!(!text.contains("leave at once, calls go on"), "{text}");
}

#[test]
fn a_filter_too_long_for_the_status_line_is_still_said() {
    let mut app = office((80, 24));
    press(&mut app, "4 /");
    update(&mut app, Input::Paste("!zzzz ".repeat(20)));
    press(&mut app, "enter");
    let status = shown(&app).lines().nth(22).unwrap_or_default().to_owned();
    assert!(status.contains("filter: !zzzz"), "{status}");
}

#[test]
fn a_refusal_names_whom_it_is_about() {
    let mut app = floor((80, 24));
    select(&mut app, "3", List::Agents, "107");
    press(&mut app, "I");
    assert!(shown(&app).contains("107 Lia is ready already"), "{}", shown(&app));
    // A call that is over keeps its detail open.
    let mut app = on_call(office((80, 24)), 4121);
    press(&mut app, "enter P");
    assert!(shown(&app).contains("the call is over"), "{}", shown(&app));
    let id = id_of(&app, 4121);
    change(&mut app, Change::CallGone(id));
    app.update(Input::Tick, NOW_MS + 10_000);
    app.update(Input::Key(crate::keymap::Key::parse("l").unwrap()), NOW_MS + 10_000);
    assert!(in_a_row(&app).contains("it is not in the list any more"), "{}", shown(&app));
}

#[test]
fn where_the_agent_has_left_nobody_talks_any_more() {
    let mut app = on_call(floor((80, 24)), 4127);
    let mut call = app.model.board.calls[&id_of(&app, 4127)].clone();
    call.state = CallState::Flow;
    let agent = call.legs.iter_mut().find(|leg| leg.side == Side::Callee).unwrap();
    assert!(agent.quality.received.packets > 0);
    agent.state = "ended".into();
    change(&mut app, Change::Call(Box::new(call)));
    assert!(sent(&press(&mut app, "L")).is_none());
    assert!(shown(&app).contains("nobody talks in it any more"), "{}", shown(&app));
}

#[test]
fn why_names_callers_by_the_numbers_of_the_screens() {
    let app = office((80, 24));
    let line = format!("{} in sales: tier 1", id_of(&app, 4127));
    let offer = DecisionView { lines: vec![line], ..Default::default() };
    let answer = Answer::Why(Box::new(ReasonsView { offers: vec![offer], ..Default::default() }));
    let lines = crate::update::shown_text(&app, &answer, NOW_MS);
    assert!(lines.iter().any(|line| line.ends_with("4127 in sales: tier 1")), "{lines:?}");
}

#[test]
fn what_is_moved_out_of_sight_to_the_left_has_a_sign() {
    let mut app = on_call(office((80, 24)), 4119);
    let row = |app: &App| shown(app).lines().find(|line| line.contains("4119")).unwrap().to_owned();
    assert!(row(&app).ends_with(" held 0:41"), "{}", row(&app));
    press(&mut app, "l");
    assert!(row(&app).ends_with(" 4.3 <"), "{}", row(&app));
    press(&mut app, "h");
    assert!(row(&app).ends_with(" held 0:41"), "{}", row(&app));
}
