//! Messages and recordings.

use super::*;

fn world(is_full: bool) -> World {
    let mailbox = Mailbox { is_full, longest: seconds(90), ..Mailbox::default() };
    World { mailboxes: [("101".to_owned(), mailbox)].into(), ..World::default() }
}

fn leave() -> Flow {
    flow("main", vec![voicemail("'101'", to(1), to(2)), play("thanks", None), play("sorry", None)])
}

#[test]
fn a_message_is_greeted_recorded_and_confirmed() {
    let mut c = call_at(world(false), vec![leave()]);
    assert_eq!(c.heard(), "@msg/leave-message beep");
    c.hears();
    assert_eq!(
        c.last,
        [Effect::Record { mailbox: Some("101".into()), longest: seconds(90), silence: seconds(5) }]
    );
    c.press("#12");
    assert_eq!(c.last, [], "keys are the recorder's");
    assert_eq!(c.recorded(Some("m1")).heard(), "@msg/message-saved");
    assert_eq!(c.hears().heard(), "thanks");
    assert!(c.path().ends_with("main.n1 recorded"));
}

#[test]
fn who_says_nothing_goes_on_all_the_same() {
    let mut c = call_at(world(false), vec![leave()]);
    assert_eq!(c.hears().recorded(None).heard(), "thanks");
    assert!(c.path().ends_with("nothing said"));
}

#[test]
fn a_key_jumps_to_the_tone() {
    let mut c = call_at(world(false), vec![leave()]);
    let greeting = c.witness.playing().expect("plays");
    c.press("5");
    assert_eq!(c.last, []);
    assert_eq!(c.press("#").heard(), "beep");
    c.event(Event::Played(greeting));
    assert_eq!(c.last, [], "the greeting was cut");
    c.hears();
    assert_eq!(c.witness.under_way(), Some("record"));
}

#[test]
fn greetings_are_the_nodes_or_the_boxs_or_ours() {
    let mut world = world(false);
    let own = Clip::Prompt { language: Language::En, name: "box/101".into() };
    world.mailboxes.get_mut("101").expect("there").greeting = Some(own);
    assert_eq!(call_at(world, vec![leave()]).heard(), "@box/101 beep");
    let job = Job::Voicemail { mailbox: expr("101"), greeting: prompt("@night"), next: None, failed: None };
    assert_eq!(call_at(self::world(false), vec![flow("main", vec![job])]).heard(), "@night beep");
}

#[test]
fn a_full_box_says_so_and_an_unknown_one_is_a_fault() {
    let mut c = call_at(world(true), vec![leave()]);
    assert_eq!(c.heard(), "@msg/this-mailbox-full");
    assert_eq!(c.hears().heard(), "sorry");
    assert!(c.path().ends_with("main.n2 failed"), "{}", c.path());
    let nasty = Value::text("x\u{1b}[2J\n");
    let world = World { values: [("b".to_owned(), nasty)].into(), ..World::default() };
    let main = flow("main", vec![voicemail("b", to(1), to(2)), play("thanks", None), play("sorry", None)]);
    let c = call_at(world, vec![main]);
    assert_eq!(c.heard(), "sorry");
    assert_eq!(c.faults(), ["main.n0: there is no mailbox \"x [2J \""]);
}

#[test]
fn a_recording_is_kept_by_its_id() {
    let main = || flow("main", vec![record(to(1), to(2)), play("kept {tape}", None), play("nothing", None)]);
    let mut c = call(vec![main()]);
    assert_eq!(c.heard(), "speak beep");
    c.hears();
    assert_eq!(c.last, [Effect::Record { mailbox: None, longest: seconds(60), silence: seconds(3) }]);
    assert_eq!(c.recorded(Some("r7")).heard(), "kept r7");
    let mut c = call(vec![main()]);
    assert_eq!(c.hears().recorded(None).heard(), "nothing");
}

#[test]
fn who_hangs_up_while_speaking_is_cleaned_up_with_what_was_recorded() {
    let main = cleaning(
        flow(
            "main",
            vec![record(to(1), None), play("thanks", None), post(&[("tape", "tape")], &[], None, None)],
        ),
        2,
    );
    let mut c = call(vec![main]);
    c.hears().recorded(Some("r7")).gone();
    let sent = c.last.iter().any(|e| format!("{e:?}").contains("r7"));
    assert!(sent, "{:?}", c.last);
}

#[test]
fn who_hangs_up_before_the_tone_leaves_nothing() {
    let mut c = call_at(world(false), vec![leave()]);
    c.gone();
    assert_eq!(c.last, [Effect::End]);
}
