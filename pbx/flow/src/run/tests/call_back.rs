//! Callers in queues ask to be called back.

use super::*;
use crate::boundary::CallBackAnswer;

/// A queue in which 7 asks for a call-back, and 8 leads out.
fn waits_from(caller: &str, called_back: Next) -> Caller {
    let mut job = queue(&[("8", 2)], [to(3), None, None, None]);
    if let Job::Queue { call_back, called_back: then, .. } = &mut job {
        (*call_back, *then) = (Some('7'), called_back);
    }
    let world = World { values: [("caller".to_owned(), Value::text(caller))].into(), ..World::default() };
    let jobs = vec![job, play("promised", None), play("left", None), play("waited {outcome}", None)];
    call_at(world, vec![flow("main", jobs)])
}

fn asked(number: &str) -> Effect {
    Effect::CallBack { number: number.into() }
}

const CONFIRM: &str = "@msg/your-number-is @digit/5 @digit/5 @digit/1 (300) @msg/call-back-confirm";

#[test]
fn the_number_is_said_back_and_confirmed() {
    let mut c = waits_from("551", to(1));
    assert_eq!(c.press("7").heard(), CONFIRM);
    assert!(c.run.is_connecting(), "an agent may answer at any moment");
    c.hears().press("1");
    assert_eq!(c.last, [Effect::Wake(None), asked("551")]);
    c.press("12*7");
    assert_eq!(c.last, [], "it is not asked for twice");
    assert_eq!(c.event(Event::CallBack(CallBackAnswer::Noted)).heard(), "@msg/call-back-noted");
    assert_eq!(c.hears().heard(), "promised");
    assert!(c.path().ends_with("called_back"));
    assert_eq!(c.variable("outcome"), "called_back");
}

/// Whoever knows what is said need not listen; and if nothing else is written, that was the end.
#[test]
fn keys_cut_the_question_short() {
    let mut c = waits_from("551", None);
    c.press("71");
    assert_eq!(c.last, [Effect::Silence, asked("551")]);
    c.event(Event::CallBack(CallBackAnswer::Noted)).hears();
    assert!(c.last.iter().any(|effect| matches!(effect, Effect::HangUp(_))));
}

#[test]
fn another_number_can_be_typed_and_is_said_back_too() {
    let mut c = waits_from("551", to(1));
    assert_eq!(c.press("72").heard(), "@msg/enter-number");
    assert_eq!(
        c.hears().press("102#").heard(),
        CONFIRM.replace("5 @digit/5 @digit/1", "1 @digit/0 @digit/2")
    );
    assert!(c.press("1").last_has(&asked("102")));
    // Without a last key, when nothing follows.
    let mut c = waits_from("", to(1));
    assert_eq!(c.press("7").heard(), "@msg/enter-number", "whose number is withheld types one");
    c.hears().press("102").waits().press("1");
    assert!(c.last_has(&asked("102")));
}

#[test]
fn who_changes_his_mind_waits_on() {
    for keys in ["7*", "72*", "721*"] {
        let mut c = waits_from("551", to(1));
        c.press(keys);
        assert_eq!(c.last.last(), Some(&Effect::WaitOn), "{keys}");
        assert!(c.run.is_connecting());
        assert_eq!(c.press("8").heard(), "left", "the other keys lead out again");
    }
    // And who presses nothing, or nothing of use, three times.
    let mut c = waits_from("551", to(1));
    c.press("7").hears().waits();
    assert!(c.heard().starts_with("@msg/nothing-pressed @msg/your-number-is"));
    c.press("5");
    assert!(c.heard().starts_with("@msg/not-understood"));
    c.hears().waits();
    assert_eq!(c.last.last(), Some(&Effect::WaitOn));
    assert_eq!(c.count(|effect| matches!(effect, Effect::CallBack { .. } | Effect::Withdraw)), 0);
}

#[test]
fn what_cannot_be_is_said() {
    let mut c = waits_from("551", to(1));
    c.press("71").event(Event::CallBack(CallBackAnswer::NoNumber));
    assert_eq!(c.heard(), "@msg/no-such-number @msg/enter-number");
    c.press("102#1").event(Event::CallBack(CallBackAnswer::Refused));
    assert_eq!(c.heard(), "@msg/no-call-back");
    c.hears();
    assert_eq!(c.last, [Effect::WaitOn]);
    assert_eq!(c.dialled(Dialled::NoAnswer).heard(), "waited no_answer");
}

/// An agent answers in the middle of it: that is what the caller came for.
#[test]
fn whoever_answers_ends_the_question() {
    for keys in ["7", "72", "7210", "71"] {
        let mut c = waits_from("551", to(1));
        c.press(keys).event(Event::Connected);
        assert_eq!(c.press("1").last, []);
        c.event(Event::CallBack(CallBackAnswer::Noted));
        assert_eq!(c.last, [], "too late");
        assert_eq!(c.dialled(Dialled::Talked).count(|effect| matches!(effect, Effect::HangUp(_))), 1);
    }
}

#[test]
fn a_number_is_not_too_long() {
    let mut c = waits_from("551", to(1));
    c.press("72").press(&"1".repeat(24)).press("1");
    assert!(c.heard().starts_with("@msg/not-understood"));
}
