//! Callers who gave up: verbs and texts.

use super::floor::answer;
use super::*;
use crate::app::{Mood, Overlay};
use crate::fixture::{floor, press, say};
use crate::rows::List;
use switchroom_wire::{Answer, Change, Command, MissedAct, Role};

/// The screen with this number selected, and the id of its entry.
fn on_missed(number: &str) -> (App, String) {
    let mut app = floor((80, 24));
    let id = app.model.board.missed.iter().find(|m| m.caller.number == number).unwrap().id.clone();
    select(&mut app, "m", List::Missed, &id);
    (app, id)
}

#[test]
fn a_caller_is_taken_tried_and_released_at_once() {
    for (number, key, act) in [
        ("+441614960044", "C", MissedAct::Claim { agent: None }),
        ("+441614960044", "T", MissedAct::Tried),
        ("+85223456789", "R", MissedAct::Release),
    ] {
        let (mut app, id) = on_missed(number);
        let (request, command) = sent(&press(&mut app, key)).unwrap();
        assert_eq!(command, Command::MissedAct { missed: id, act });
        assert_eq!(app.toast.as_ref().map(|toast| toast.mood), Some(Mood::Sent));
        answer(&mut app, request, Answer::Done("it is so".into()));
        assert!(shown(&app).contains("it is so"));
    }
    let (mut app, _) = on_missed("+441614960044");
    assert_eq!(press(&mut app, "R"), []);
    assert!(shown(&app).contains("nobody takes care of it"));
}

#[test]
fn settling_wants_a_word_and_an_entry_that_is_still_there() {
    let (mut app, id) = on_missed("+351930001177");
    assert_eq!(press(&mut app, "D enter"), [], "no word, not settled");
    press(&mut app, "D s o l");
    assert!(shown(&app).contains("who gave up 1 time."), "{}", shown(&app));
    let settled = Command::MissedAct { missed: id.clone(), act: MissedAct::Close { word: "sold".into() } };
    assert_eq!(sent(&press(&mut app, "d enter")).unwrap().1, settled);
    press(&mut app, "D x");
    change(&mut app, Change::MissedGone(id));
    assert!(sent(&press(&mut app, "enter")).is_none());
    assert!(shown(&app).contains("it is settled by now"), "{}", shown(&app));
}

#[test]
fn who_gave_up_is_called_back_from_the_phone_that_is_named() {
    let (mut app, _) = on_missed("+351930001177");
    assert_eq!(press(&mut app, "B enter"), [], "no extension, no call");
    press(&mut app, "esc B 1 0");
    assert!(shown(&app).contains("From which extension?"), "{}", shown(&app));
    let dial = Command::Dial { from: "102".into(), to: "+351930001177".into() };
    assert_eq!(sent(&press(&mut app, "2 enter")).unwrap().1, dial);
    // The phone that was named for the supervisor's verbs is offered.
    say(&mut app, "phone 103");
    let dial = Command::Dial { from: "103".into(), to: "+351930001177".into() };
    assert_eq!(sent(&press(&mut app, "B enter")).unwrap().1, dial);
    // An agent, who has claimed the caller, has one phone.
    let (mut app, _) = on_missed("+351930001177");
    with_role(&mut app, Role::Agent);
    let own = app.model.welcome.as_ref().and_then(|welcome| welcome.extension.clone()).unwrap();
    let dial = Command::Dial { from: own, to: "+351930001177".into() };
    assert_eq!(sent(&press(&mut app, "B enter")).unwrap().1, dial);
}

#[test]
fn words_do_what_keys_do_and_a_viewer_only_looks() {
    let mut app = floor((80, 24));
    let said = |app: &mut App, words: &str| sent(&say(app, words)).map(|(_, command)| command);
    let settle = said(&mut app, "settle +85223456789 not needed");
    let Some(Command::MissedAct { act: MissedAct::Close { word }, .. }) = settle else {
        panic!("{settle:?}")
    };
    assert_eq!(word, "not needed");
    assert_eq!(said(&mut app, "missed"), Some(Command::Missed { limit: 50 }));
    assert_eq!(said(&mut app, "claim 12345"), None, "nobody of that number gave up");
    with_role(&mut app, Role::Viewer);
    assert_eq!(said(&mut app, "claim +85223456789"), None);
    assert!(shown(&app).contains("viewer: may only look"));
    let (mut app, _) = on_missed("+85223456789");
    with_role(&mut app, Role::Agent);
    assert!(sent(&press(&mut app, "C")).is_some(), "agents call back");
    assert!(!matches!(app.overlay, Some(Overlay::Confirm(_))));
}

#[test]
fn the_answer_is_a_table() {
    let app = floor((80, 24));
    let missed = Answer::Missed(app.model.board.missed.clone());
    let lines = crate::update::shown_text(&app, &missed, NOW_MS);
    insta::assert_snapshot!("answer_missed", lines.join("\n"));
    let (mut app, _) = on_missed("+351930001177");
    answer(&mut app, 99, Answer::Missed(Vec::new()));
}
