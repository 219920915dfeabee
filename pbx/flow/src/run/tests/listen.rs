//! Listening to messages by phone.

use super::*;
use crate::boundary::Becomes;

fn world(messages: Vec<Message>) -> World {
    let mailbox = Mailbox { messages, longest: seconds(60), ..Mailbox::default() };
    World {
        mailboxes: [("101".to_owned(), mailbox)].into(),
        pins: [("mailbox 101".to_owned(), "471100".to_owned())].into(),
        ..World::default()
    }
}

fn office(mailbox: Option<&str>) -> Flow {
    flow("main", vec![Job::Mailbox { mailbox: mailbox.map(expr), next: to(1) }, play("done", None)])
}

fn two() -> Vec<Message> {
    vec![message("m1", true), message("m2", false)]
}

fn became(id: &str, becomes: Becomes) -> Effect {
    Effect::Message { id: id.into(), becomes }
}

#[test]
fn box_pin_and_one_message_after_the_other() {
    let mut c = call_at(world(two()), vec![office(None)]);
    assert_eq!(c.heard(), "@msg/enter-mailbox");
    assert_eq!(c.press("101#").heard(), "@msg/enter-pin");
    assert!(c.run.is_secret());
    c.press("471100");
    assert!(!c.run.is_secret());
    let heard = c.heard();
    assert!(heard.starts_with("@msg/you-have") && heard.contains("@msg/new-message"), "{heard}");
    assert!(heard.contains("@msg/old-message") && heard.contains("@msg/first-message"), "{heard}");
    assert!(heard.ends_with("<m1>"), "{heard}");
    assert_eq!(c.press("#").last, [], "the # after six digits is part of the PIN");
    assert_eq!(c.hears().heard(), "@msg/message-menu");
    assert!(c.last_has(&became("m1", Becomes::Old)));
    assert!(c.press("1").heard().ends_with("<m1>"), "again");
    assert!(c.press("2").heard().ends_with("<m2>"));
    c.press("3");
    assert!(c.last_has(&became("m2", Becomes::Gone)));
    assert_eq!(c.heard(), "@msg/message-deleted @msg/end-of-messages");
    assert_eq!(c.hears().heard(), "done");
    assert!(c.path().ends_with("main.n1 done"));
}

#[test]
fn what_is_skipped_stays_new() {
    let mut c = call_at(world(two()), vec![office(Some("101"))]);
    c.press("471100").press("2").press("2");
    assert_eq!(c.count(|e| matches!(e, Effect::Message { .. })), 0);
}

#[test]
fn a_star_leaves_at_once() {
    let mut c = call_at(world(two()), vec![office(Some("101"))]);
    c.press("471100*");
    assert!(c.last_has(&Effect::Silence));
    assert_eq!(c.heard(), "done");
}

#[test]
fn an_empty_box_says_so() {
    let mut c = call_at(world(vec![]), vec![office(Some("101"))]);
    assert_eq!(c.press("471100").heard(), "@msg/no-messages");
    assert_eq!(c.press("1").last, [], "the last words are heard whole");
    assert_eq!(c.hears().heard(), "done");
}

#[test]
fn wrong_pins_and_unknown_boxes_are_met_alike() {
    let mut heard = Vec::new();
    for mailbox in ["101", "999"] {
        let mut c = call_at(world(two()), vec![office(None)]);
        c.press(mailbox).press("#");
        let mut all = vec![c.heard()];
        for try_ in ["1111#", "11#", "2222#"] {
            all.push(c.press(try_).heard());
        }
        assert!(!c.run.is_secret());
        all.push(c.hears().heard());
        heard.push(all);
    }
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0].last().map(String::as_str), Some("done"));
    assert_eq!(heard[0][3], "@msg/too-many-tries");
}

#[test]
fn a_locked_box_is_left() {
    let mut c = call_at(World { is_locked: true, ..world(two()) }, vec![office(Some("101"))]);
    assert_eq!(c.press("471100").heard(), "@msg/too-many-tries");
}

#[test]
fn silence_is_met_thrice_at_each_place() {
    let mut c = call_at(world(two()), vec![office(None)]);
    assert_eq!(c.hears().waits().heard(), "@msg/nothing-pressed @msg/enter-mailbox");
    c.press("101").waits();
    assert_eq!(c.heard(), "@msg/enter-pin", "what was typed counts when nothing more comes");
    assert_eq!(c.hears().waits().heard(), "@msg/nothing-pressed @msg/enter-pin");
    c.press("471100").hears();
    for _ in 0..2 {
        assert_eq!(c.hears().waits().heard(), "@msg/nothing-pressed @msg/message-menu");
    }
    c.press("1").hears();
    for _ in 0..2 {
        assert_eq!(
            c.hears().waits().heard(),
            "@msg/nothing-pressed @msg/message-menu",
            "a choice begins the count anew"
        );
    }
    assert_eq!(c.hears().waits().heard(), "@msg/goodbye");
}

#[test]
fn keys_that_mean_nothing_lose_no_message() {
    let mut c = call_at(world(two()), vec![office(Some("101"))]);
    assert!(c.press("471100").press("7").heard().ends_with("<m1>"));
    c.hears();
    assert_eq!(c.press("7").heard(), "@msg/not-understood @msg/message-menu");
}

#[test]
fn the_end_of_a_message_that_was_cut_is_passed_over() {
    let mut c = call_at(world(two()), vec![office(Some("101"))]);
    c.press("471100");
    let first = c.witness.playing().expect("plays");
    c.press("2").event(Event::Played(first));
    assert_eq!(c.last, []);
    assert_eq!(c.count(|e| matches!(e, Effect::Message { .. })), 0);
}

#[test]
fn who_hangs_up_while_typing_the_pin_leaves_no_secret_behind() {
    let mut c = call_at(world(two()), vec![office(Some("101"))]);
    c.press("4711").gone();
    assert_eq!(c.last, [Effect::Secret(false), Effect::Wake(None), Effect::End]);
}

#[test]
fn a_timer_that_ran_out_while_a_key_stopped_it_counts_for_nothing() {
    let mut c = call_at(world(two()), vec![office(Some("101"))]);
    c.hears().press("1").press("#");
    assert_eq!(c.heard(), "@msg/not-understood @msg/enter-pin");
    c.event(Event::Woke);
    assert_eq!(c.last, []);
}
