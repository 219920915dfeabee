//! Keys that were pressed before a frame showed what they would be about.

use super::settings::{diffs, on_settings};
use super::*;
use crate::app::Overlay;
use crate::fixture::{floor, press, press_blindly, say};
use crate::rows::List;
use switchroom_wire::{Answer, Change, Command, MissedAct, SettingsApplied};

#[test]
fn a_difference_that_was_not_drawn_yet_is_not_applied() {
    let mut app = on_settings(floor((80, 24)), "0 j");
    let (id, _) = sent(&press(&mut app, "P")).unwrap();
    floor::answer(&mut app, id, Answer::SettingsDiff(Box::new(diffs().remove(0))));
    assert_eq!(press_blindly(&mut app, "y"), []);
    update(&mut app, Input::Paste("y".into()));
    assert!(matches!(app.overlay, Some(Overlay::Diff(_))), "{}", shown(&app));
    app.saw();
    assert!(sent(&press_blindly(&mut app, "y")).is_some());
}

#[test]
fn a_password_that_was_not_drawn_yet_is_not_closed_by_an_esc_for_what_it_came_over() {
    let mut app = on_settings(floor((80, 24)), "0 j");
    let (id, _) = sent(&press(&mut app, "P")).unwrap();
    floor::answer(&mut app, id, Answer::SettingsDiff(Box::new(diffs().remove(0))));
    let (id, _) = sent(&press(&mut app, "y")).unwrap();
    let applied = SettingsApplied { password: Some("abcd-efgh".into()), ..SettingsApplied::default() };
    floor::answer(&mut app, id, Answer::SettingsApplied(Box::new(applied)));
    press_blindly(&mut app, "esc");
    assert!(shown(&app).contains("abcd-efgh"), "{}", shown(&app));
    press(&mut app, "esc");
    assert!(!shown(&app).contains("abcd-efgh"));
}

#[test]
fn a_verb_without_a_question_is_not_done_to_a_row_that_was_not_seen_selected() {
    let mut app = floor((80, 24));
    press(&mut app, "m g g");
    let seen = app.selected(List::Missed).unwrap().to_owned();
    change(&mut app, Change::MissedGone(seen.clone()));
    let next = app.selected(List::Missed).unwrap().to_owned();
    assert_ne!(next, seen);
    assert_eq!(press_blindly(&mut app, "T"), []);
    assert!(shown(&app).contains("the selection moved"), "{}", shown(&app));
    app.saw();
    let (_, command) = sent(&press_blindly(&mut app, "T")).unwrap();
    assert_eq!(command, Command::MissedAct { missed: next, act: MissedAct::Tried });
    // What a key selected is meant, drawn or not.
    press(&mut app, "m g g");
    press_blindly(&mut app, "j");
    assert!(sent(&press_blindly(&mut app, "T")).is_some());
}

#[test]
fn an_answer_does_not_take_what_is_typed_from_under_the_hands() {
    for (keys, typed) in [("/ a b", "ab"), (": a b", "ab")] {
        let mut app = floor((80, 24));
        let (id, _) = sent(&say(&mut app, "status")).unwrap();
        press(&mut app, keys);
        floor::answer(&mut app, id, Answer::Done("all is well".into()));
        let text = shown(&app);
        assert!(text.contains(typed) && !text.contains("all is well"), "{text}");
        press(&mut app, "esc");
        assert!(shown(&app).contains("all is well"), "{}", shown(&app));
    }
}
