//! Verbs: frozen targets, named questions, three visible states.

use super::*;
use crate::app::{Mood, Overlay};
use crate::fixture::{office, press, say};
use crate::rows::List;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use switchroom_wire::{
    Answer, CallState, Change, Command, CommandError, ConfigChange, EndedView, HandedBackView, PartyView,
    Reply, Role,
};

fn on_4127() -> App {
    on_call(office((80, 24)), 4127)
}

#[test]
fn a_verb_is_asked_sent_and_done_and_nothing_sooner() {
    let mut app = on_4127();
    let mut text = String::new();
    assert_eq!(press(&mut app, "X"), []);
    let _ = writeln!(text, "== asked\n{}", shown(&app));
    let effects = press(&mut app, "y");
    let (_, command) = sent(&effects).unwrap();
    let id = app.selected(List::Calls).unwrap().to_owned();
    assert_eq!(command, Command::HangUp { call: id });
    let _ = writeln!(text, "== sent\n{}", shown(&app));
    let mut done = |result| {
        let mut app = on_4127();
        press(&mut app, "X");
        let (request, _) = sent(&press(&mut app, "y")).unwrap();
        update(&mut app, Input::Line(Box::new(ServerLine::Reply(Reply { id: request, result }))));
        let _ = writeln!(text, "== answered\n{}", shown(&app));
        app
    };
    done(Ok(Answer::Done("4127 ended".into())));
    let mut app = done(Err(CommandError::Refused { why: "the call is being transferred".into() }));
    app.update(Input::Tick, NOW_MS + 60_000);
    assert!(app.toast.is_some(), "a refusal stays until a key");
    press(&mut app, "j");
    assert!(app.toast.is_none());
    insta::assert_snapshot!("verb_states", text);
}

#[test]
fn every_other_key_is_no() {
    for key in ["n", "N", "Y", "enter", "esc", "space", "X", "ctrl-y", "q", "j", ":"] {
        let mut app = on_4127();
        press(&mut app, "X");
        let effects = press(&mut app, key);
        assert_eq!(effects, [], "{key}");
        assert!(app.overlay.is_none(), "{key}");
        assert!(shown(&app).contains("not done: hang up 4127"), "{key}");
    }
}

#[test]
fn a_target_that_changed_is_refused_with_the_reason() {
    type Edit = fn(&mut switchroom_wire::CallView);
    let cases: [(Edit, &str); 2] = [
        (
            |call| {
                call.state = CallState::Ended;
                call.ended = Some(EndedView { at_ms: NOW_MS, ..Default::default() });
            },
            "the call is over",
        ),
        (
            |call| call.with = Some(PartyView { number: "105".into(), name: "João".into() }),
            "it is now with 105",
        ),
    ];
    for (edit, want) in cases {
        let mut app = on_4127();
        press(&mut app, "X");
        let id = app.selected(List::Calls).unwrap().to_owned();
        let mut call = app.model.board.calls[&id].clone();
        edit(&mut call);
        change(&mut app, Change::Call(Box::new(call)));
        let effects = press(&mut app, "y");
        assert!(sent(&effects).is_none());
        assert!(shown(&app).contains(want), "{want}: {}", shown(&app));
    }
}

#[test]
fn the_target_is_frozen_while_the_list_moves() {
    let mut app = on_4127();
    let id = app.selected(List::Calls).unwrap().to_owned();
    press(&mut app, "X");
    let order: Vec<String> = app.rows(List::Calls, NOW_MS).into_iter().map(|row| row.id).collect();
    play(&mut app, "trouble");
    let still: Vec<String> = app.rows(List::Calls, NOW_MS).into_iter().map(|row| row.id).collect();
    assert_eq!(order, still, "the list keeps its order while a question is open");
    assert_eq!(sent(&press(&mut app, "y")).unwrap().1, Command::HangUp { call: id });
}

#[test]
fn who_may_not_is_told_why_and_sees_no_verb() {
    let mut text = String::new();
    for (title, role, read_only) in
        [("viewer", Role::Viewer, false), ("agent", Role::Agent, false), ("--read-only", Role::Admin, true)]
    {
        let mut app = on_4127();
        app.settings.read_only = read_only;
        with_role(&mut app, role);
        let bar = shown(&app).lines().nth(23).unwrap_or_default().to_owned();
        assert_eq!(press(&mut app, "X"), []);
        assert!(app.overlay.is_none());
        let told = shown(&app).lines().nth(23).unwrap_or_default().to_owned();
        let _ = writeln!(text, "{title}\n  bar  {bar}\n  X    {told}");
    }
    insta::assert_snapshot!("roles", text);
}

#[test]
fn nothing_is_sent_while_disconnected_and_a_lost_answer_is_told() {
    let mut app = on_4127();
    press(&mut app, "X y");
    disconnect(&mut app);
    assert_eq!(app.toast.as_ref().map(|toast| toast.mood), Some(Mood::Wrong));
    assert!(shown(&app).contains("the connection broke before the answer"));
    assert_eq!(press(&mut app, "X"), []);
    assert!(shown(&app).contains("disconnected: nothing can be sent"));
}

#[test]
fn what_was_typed_is_there_again_when_the_connection_is() {
    let mut app = crate::fixture::floor((80, 24));
    select(&mut app, "6", List::Recordings, "01JBS94116QZ8M4T6W2X0Y5K1C");
    press(&mut app, "H d i s p u t e");
    disconnect(&mut app);
    assert!(sent(&press(&mut app, "enter")).is_none());
    let Some(Overlay::Confirm(asked)) = &app.overlay else { panic!("{}", shown(&app)) };
    assert_eq!(asked.typed, "dispute");
    assert!(app.toast.as_ref().is_some_and(|toast| toast.text.contains("disconnected")));
    play(&mut app, "office");
    let (_, command) = sent(&press(&mut app, "enter")).unwrap();
    assert!(matches!(&command, Command::HoldRecording { reason, .. } if reason == "dispute"), "{command:?}");
    // A call is not dialled later by a key that was meant for now.
    let mut app = desk::at_desk((80, 24), 0);
    press(&mut app, "C 1 0 3");
    disconnect(&mut app);
    assert!(sent(&press(&mut app, "enter")).is_none());
    assert!(app.overlay.is_none());
}

#[test]
fn a_permanent_verb_wants_the_name_typed() {
    let mut app = office((80, 24));
    with_role(&mut app, Role::Admin);
    press(&mut app, "9 U");
    let number = app.selected(List::Lines).unwrap().to_owned();
    assert!(sent(&press(&mut app, "y")).is_none());
    assert_eq!(press(&mut app, "enter"), [], "a wrong name is No");
    assert!(app.overlay.is_none());
    press(&mut app, "U");
    for digit in number.chars() {
        press(&mut app, &digit.to_string());
    }
    insta::assert_snapshot!("confirm_name", shown(&app));
    let effects = press(&mut app, "enter");
    assert_eq!(sent(&effects).unwrap().1, Command::Unregister { extension: number, contact: None });
}

/// On the newest message: of Castro & Filhos, in box 102.
fn on_a_message() -> App {
    let mut app = office((80, 24));
    with_role(&mut app, Role::Admin);
    press(&mut app, "6 j");
    app
}

#[test]
fn a_message_is_deleted_once_its_box_is_typed() {
    let mut app = on_a_message();
    let id = app.selected(List::Recordings).unwrap().to_owned();
    let mut text = String::new();
    assert_eq!(press(&mut app, "D 1 0"), []);
    let _ = writeln!(text, "== asked\n{}", shown(&app));
    assert_eq!(press(&mut app, "enter"), [], "half a name is No");
    press(&mut app, "D 1 0 2");
    let (_, command) = sent(&press(&mut app, "enter")).unwrap();
    assert_eq!(command, Command::DeleteMessage { message: id.clone() });
    let _ = writeln!(text, "== sent\n{}", shown(&app));
    for result in [
        Ok(Answer::Done("mara deleted the message of +351930008812 in box 102: 01jbs94117".into())),
        Err(CommandError::Refused { why: "there is no such message".into() }),
    ] {
        let mut app = on_a_message();
        press(&mut app, "D 1 0 2");
        let (request, _) = sent(&press(&mut app, "enter")).unwrap();
        assert!(shown(&app).contains("0:34  544k new"), "it is there until the daemon says otherwise");
        if result.is_ok() {
            change(&mut app, Change::MessageGone(id.clone()));
        }
        update(&mut app, Input::Line(Box::new(ServerLine::Reply(Reply { id: request, result }))));
        let _ = writeln!(text, "== answered\n{}", shown(&app));
    }
    insta::assert_snapshot!("delete_message", text);
}

#[test]
fn a_message_that_is_gone_or_none_cannot_be_deleted() {
    let mut app = on_a_message();
    let id = app.selected(List::Recordings).unwrap().to_owned();
    press(&mut app, "D 1 0 2");
    change(&mut app, Change::MessageGone(id));
    assert!(sent(&press(&mut app, "enter")).is_none());
    assert!(shown(&app).contains("the message is gone"), "{}", shown(&app));
    let mut app = on_a_message();
    press(&mut app, "k D");
    assert!(shown(&app).contains("Delete the recording of 4116"), "no message: {}", shown(&app));
    let mut app = on_a_message();
    with_role(&mut app, Role::Supervisor);
    press(&mut app, "D");
    assert!(app.overlay.is_none() && shown(&app).contains("needs admin, you are supervisor"));
}

#[test]
fn the_palette_deletes_a_message_by_its_id_and_a_flow_has_a_word_to_type() {
    let mut app = on_a_message();
    let id = "01jbs94099qz8m4t6w2x0y5k1c-1";
    press(&mut app, ":");
    for c in format!("delete message {id}").chars() {
        press(&mut app, if c == ' ' { "space".to_owned() } else { c.to_string() }.as_str());
    }
    press(&mut app, "enter");
    let text = shown(&app);
    assert!(text.contains("in flow") && !text.contains(['\u{1b}', '\u{202e}']), "{text}");
    press(&mut app, "d e l e t e");
    assert_eq!(
        sent(&press(&mut app, "enter")).map(|(_, command)| command),
        Some(Command::DeleteMessage { message: id.into() })
    );
}

/// A message leads to the line whose box it is in, and asks for no wave.
#[test]
fn a_message_leads_to_its_line() {
    let mut app = on_a_message();
    assert!(app.selected_message(app.board()).is_some_and(|m| m.is_new));
    assert_eq!(app.wave_wanted(), None);
    press(&mut app, "g a");
    assert_eq!(app.selected(List::Lines), Some("102"));
}

#[test]
fn the_palette_asks_as_the_key_does() {
    let mut app = office((80, 24));
    press(&mut app, ": h a n g space u p space 4 1 1 9 enter");
    let Some(Overlay::Confirm(asked)) = &app.overlay else { panic!("no question: {}", shown(&app)) };
    assert_eq!(asked.question, "Hang up 4119: 103 Eva with 201 Mara, 8:55?");
    assert!(sent(&press(&mut app, "y")).is_some());
    press(&mut app, ": h a n g space u p space 9 9 enter");
    assert!(shown(&app).contains("there is no live call 99"));
    let dialled = sent(&press(&mut app, ": d i a l space 1 0 3 space 2 0 1 enter")).unwrap().1;
    assert_eq!(dialled, Command::Dial { from: "103".into(), to: "201".into() });
    assert!(shown(&app).contains("call 201 for 103"));
    press(&mut app, ": s h u t d o w n enter");
    assert!(shown(&app).contains("needs admin, you are supervisor"));
    press(&mut app, ": l a n g space z h enter");
    assert!(shown(&app).contains("通话"));
}

#[test]
fn a_hostile_name_in_a_question_cannot_steer_the_terminal() {
    let mut app = office((80, 24));
    press(&mut app, ": h a n g space u p space 4 1 3 3 enter");
    let text = shown(&app);
    assert!(text.contains("Hang up 4133") && !text.contains(['\u{1b}', '\u{202e}']), "{text}");
}

#[test]
fn a_hand_off_is_sent_at_once_and_what_stays_in_a_file_is_asked_about() {
    let mut app = office((80, 24));
    let effects = say(&mut app, "hand off 4127 verify");
    let command = Command::HandOff { call: "4127".into(), flow: "verify".into() };
    assert_eq!(sent(&effects).unwrap().1, command);
    let mut app = office((80, 24));
    assert!(sent(&say(&mut app, "join 2001 sales 2")).is_none());
    let flat = |app: &App| shown(app).replace("\n ", " ");
    let asked = flat(&app);
    let question = "agent 2001 works in queue sales, tier 2";
    assert!(asked.contains(question), "{asked}");
    let change = ConfigChange::Join {
        agent: "2001".into(),
        queue: "sales".into(),
        tier: Some(2),
        weight: None,
        skills: BTreeMap::new(),
    };
    assert_eq!(sent(&press(&mut app, "y")).unwrap().1, Command::ChangeConfig { change });
    for (words, question) in [
        ("leave 2001 sales", "agent 2001 works in queue sales no more"),
        ("skill 2001 german 7", "agent 2001: skill german 7"),
        ("skill 2001 german 0", "agent 2001: no skill german"),
        ("class vip 9", "class vip: priority 9"),
    ] {
        let mut app = office((80, 24));
        say(&mut app, words);
        assert!(flat(&app).contains(question), "{words}");
        assert!(sent(&press(&mut app, "n")).is_none());
    }
}

/// The agent looks at the list of calls, or into the call.
#[test]
fn the_result_of_a_hand_off_stands_by_the_call() {
    let mut app = on_4127();
    let id = app.selected(List::Calls).unwrap().to_owned();
    let mut call = app.model.board.calls.get(&id).unwrap().clone();
    call.handed_back.push(HandedBackView { at_ms: NOW_MS, flow: "verify".into(), result: "3 wrong".into() });
    (call.state, call.place) = (CallState::Talking, None);
    change(&mut app, Change::Call(Box::new(call)));
    app.settle(NOW_MS);
    press(&mut app, "enter");
    assert!(shown(&app).contains("verify: 3 wrong"), "{}", shown(&app));
}
