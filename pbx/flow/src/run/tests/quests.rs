//! Menus, numbers, PINs, marks: keys, silence, tries, keys pressed ahead.

use super::*;

fn office() -> Flow {
    let keys = [("1", 1), ("2", 2), ("21", 3), ("#", 4)];
    let said = |text: &str| play(text, None);
    flow(
        "main",
        vec![
            menu(&keys, to(5), to(6)),
            said("one"),
            said("two"),
            said("deep"),
            said("hash"),
            said("silent"),
            said("lost"),
        ],
    )
}

#[test]
fn keys_lead_where_they_say() {
    for (keys, heard, by) in [("1", "one", "key 1"), ("21", "deep", "key 21"), ("#", "hash", "key #")] {
        let mut c = call(vec![office()]);
        c.press(keys);
        assert_eq!(c.heard(), heard, "{keys}");
        assert!(c.path().ends_with(by), "{}", c.path());
        assert!(c.log.contains(&Effect::Silence), "the key cuts the menu");
    }
    let mut c = call(vec![office()]);
    c.press("2");
    assert_eq!(c.last.last(), Some(&Effect::Wake(Some(seconds(3)))), "21 may still come");
    assert_eq!(c.waits().heard(), "two");
}

#[test]
fn keys_work_after_the_prompt_too() {
    let mut c = call(vec![office()]);
    c.hears();
    assert_eq!(c.last, [Effect::Wake(Some(seconds(5)))]);
    c.press("1");
    assert_eq!(c.heard(), "one");
    assert!(c.last_has(&Effect::Wake(None)), "the timer is stopped");
    assert!(!c.has(&Effect::Silence));
}

#[test]
fn silence_is_met_thrice() {
    let mut c = call(vec![office()]);
    assert_eq!(c.heard(), "choose");
    for _ in 0..2 {
        c.hears().waits();
        assert_eq!(c.heard(), "@msg/nothing-pressed choose");
    }
    c.hears().waits();
    assert_eq!(c.heard(), "silent");
}

#[test]
fn wrong_keys_are_met_thrice() {
    let mut c = call(vec![office()]);
    for _ in 0..2 {
        c.press("9");
        assert_eq!(c.heard(), "@msg/not-understood choose");
    }
    c.press("9");
    assert_eq!(c.heard(), "lost");
    let mut c = call(vec![office()]);
    c.press("9").hears().waits().press("22");
    assert_eq!(c.heard(), "lost", "the last try was wrong, not silent");
}

#[test]
fn silence_without_a_way_of_its_own_goes_the_other() {
    let mut c = call(vec![flow("main", vec![menu(&[("1", 1)], None, to(1)), play("other", None)])]);
    for _ in 0..3 {
        c.hears().waits();
    }
    assert_eq!((c.heard().as_str(), c.path().ends_with("otherwise")), ("other", true));
}

#[test]
fn a_menu_may_have_words_of_its_own_between_tries() {
    let mut job = menu(&[("1", 1)], None, None);
    if let Job::Menu { reminders, prompt: said, .. } = &mut job {
        *reminders = Reminders { silent: prompt("hello?"), wrong: prompt("pardon?") };
        *said = Prompt::default();
    }
    let mut c = call(vec![flow("main", vec![job, hang_up("")])]);
    assert_eq!(c.last.last(), Some(&Effect::Wake(Some(seconds(5)))), "nothing to say: it waits at once");
    assert_eq!(c.waits().heard(), "hello?");
    assert_eq!(c.press("5").heard(), "pardon?");
}

#[test]
fn a_prompt_that_is_cut_and_heard_at_once_is_cut() {
    let mut c = call(vec![office()]);
    let number = c.witness.playing().expect("plays");
    c.press("2").event(Event::Played(number));
    assert_eq!(c.last, [], "the end of the prompt crossed the key");
    c.press("1");
    assert_eq!(c.heard(), "deep");
}

/// Flows within each other number their nodes alike, and a flow may be run twice: neither is a prompt that comes again.
#[test]
fn keys_pressed_ahead_pass_through_flows_within_each_other() {
    let main = flow(
        "main",
        vec![
            play("welcome", to(1)),
            sub("inner", &[], None, to(2)),
            sub("inner", &[], None, to(3)),
            sub("other", &[], None, None),
        ],
    );
    let inner = flow("inner", vec![play("hint", None)]);
    let other = flow("other", vec![play("news", to(1)), menu(&[("2", 2)], None, None), play("two", None)]);
    let mut c = call(vec![main, inner, other]);
    c.press("2");
    assert_eq!(c.heard(), "two", "{}", c.path());
}

#[test]
fn keys_pressed_ahead_pass_through_several_questions() {
    let main = flow(
        "main",
        vec![
            whole("welcome", to(1)),
            menu(&[("1", 2)], None, None),
            play("skipped", to(3)),
            menu(&[("2", 4)], None, None),
            collect("order", (4, 6), false, to(5), None),
            play("order {order}", None),
        ],
    );
    let mut c = call(vec![main.clone()]);
    c.press("124711#").hears();
    assert_eq!(c.heard(), "order 4711");
    assert_eq!(c.count(|e| matches!(e, Effect::Play { .. })), 2, "nothing was said between");
    let mut c = call(vec![main.clone()]);
    c.press("12471").hears();
    assert_eq!(c.node(), "main.n4", "more may come");
    assert_eq!(c.last.last(), Some(&Effect::Wake(Some(seconds(3)))));
    assert_eq!(c.press("1").waits().heard(), "order 4711");
    let mut c = call(vec![main]);
    c.press("1924").hears();
    assert_eq!(c.heard(), "@msg/not-understood choose", "what follows a wrong key is dropped with it");
    assert_eq!(c.node(), "main.n3");
}

#[test]
fn numbers_end_by_key_by_count_and_by_silence() {
    let main = || {
        flow("main", vec![collect("n", (2, 4), false, to(1), to(2)), play("[{n}]", None), play("none", None)])
    };
    for (keys, waits, heard) in [
        ("12#", false, "[12]"),
        ("1234", false, "[1234]"),
        ("123", true, "[123]"),
        ("1*3#", false, "[1*3]"),
        ("1A2#", false, "[12]"),
    ] {
        let mut c = call(vec![main()]);
        c.press(keys);
        if waits {
            c.waits();
        }
        assert_eq!(c.heard(), heard, "{keys}");
    }
    let mut c = call(vec![main()]);
    c.press("1#");
    assert_eq!(c.heard(), "@msg/not-understood type", "too short");
    c.press("1").waits();
    assert_eq!(c.heard(), "@msg/not-understood type");
    c.hears().waits();
    assert_eq!((c.heard().as_str(), c.variable("n").as_str()), ("none", ""));
    assert!(c.path().ends_with("main.n2 failed"));
}

#[test]
fn keys_that_few_phones_have_do_not_cut_a_question_for_a_number() {
    let mut c = call(vec![flow("main", vec![collect("n", (1, 4), false, None, None)])]);
    c.press("A");
    assert_eq!(c.last, []);
}

#[test]
fn the_key_that_ends_a_number_is_no_answer_to_what_follows() {
    let main = || {
        flow(
            "main",
            vec![
                collect("n", (2, 4), false, to(1), None),
                post(&[], &[], to(2), to(2)),
                menu(&[("#", 3), ("1", 4)], None, None),
                play("hash", None),
                play("one", None),
            ],
        )
    };
    let mut c = call(vec![main()]);
    c.press("1234").answered(Answer::Json(serde_json::json!({})));
    c.press("#");
    assert_eq!((c.node().as_str(), c.last.as_slice()), ("main.n2", [].as_slice()), "passed over");
    assert_eq!(c.press("#").heard(), "hash", "but only once");
    let mut c = call(vec![main()]);
    c.press("1234").answered(Answer::Json(serde_json::json!({})));
    assert_eq!(c.press("1").heard(), "one", "another key comes instead");
    let mut c = call(vec![main()]);
    c.press("1234").answered(Answer::Json(serde_json::json!({}))).hears();
    assert_eq!(c.press("#").heard(), "hash", "who heard the question means it");
    let mut c = call(vec![main()]);
    c.press("12#").answered(Answer::Json(serde_json::json!({}))).press("#");
    assert_eq!(c.heard(), "hash", "it was pressed already");
}

#[test]
fn pins_are_right_wrong_and_locked() {
    let main = |locked| {
        flow(
            "main",
            vec![pin(to(1), to(2), locked), play("in", None), play("out", None), play("locked", None)],
        )
    };
    let world = || World { pins: [("door ".to_owned(), "4711".to_owned())].into(), ..World::default() };
    let mut c = call_at(world(), vec![main(to(3))]);
    assert_eq!(c.heard(), "@msg/enter-pin");
    assert_eq!(c.press("4711#").heard(), "in");
    let mut c = call_at(world(), vec![main(to(3))]);
    assert_eq!(c.press("1234").waits().heard(), "@msg/wrong-pin @msg/enter-pin");
    assert_eq!(c.press("123456").heard(), "@msg/wrong-pin @msg/enter-pin");
    assert_eq!(c.press("#").last, [], "the # after six digits is part of them");
    assert_eq!(c.press("1#").heard(), "out");
    let locked = || World { is_locked: true, ..world() };
    assert_eq!(call_at(locked(), vec![main(to(3))]).press("4711#").heard(), "locked");
    assert_eq!(call_at(locked(), vec![main(None)]).press("4711#").heard(), "out");
}

#[test]
fn a_pin_may_be_of_somebody() {
    let mut job = pin(to(1), to(2), None);
    if let Job::Pin { of, .. } = &mut job {
        *of = Some(expr("member"));
    }
    let world = World {
        pins: [("door 7".to_owned(), "471100".to_owned())].into(),
        values: [("member".to_owned(), Value::whole(7))].into(),
        ..World::default()
    };
    let mut c = call_at(world, vec![flow("main", vec![job, play("in", None), play("out", None)])]);
    assert_eq!(c.press("471100").heard(), "in");
}

#[test]
fn marks_are_kept_once() {
    let main = || flow("main", vec![survey(to(1), to(2)), play("thanks", None), play("never mind", None)]);
    let mark = |answer| Effect::Survey { question: "kind".into(), answer };
    let mut c = call(vec![main()]);
    c.press("9");
    assert_eq!(c.heard(), "@msg/not-understood how was it");
    c.press("4");
    assert!(c.last_has(&mark('4')));
    assert_eq!(c.heard(), "thanks");
    let mut c = call(vec![main()]);
    c.hears().waits().hears().waits();
    assert_eq!(c.heard(), "never mind");
    assert_eq!(c.count(|e| matches!(e, Effect::Survey { .. })), 0);
    let mut c = call(vec![flow("main", vec![survey(to(1), None), play("thanks", None)])]);
    c.press("0").press("0");
    assert_eq!(c.heard(), "thanks", "no way of its own for silence");
}

#[test]
fn who_hangs_up_while_asked_leaves_no_timer_and_no_secret() {
    let mut c = call(vec![flow("main", vec![pin(None, None, None)])]);
    c.press("12").gone();
    assert_eq!(c.last, [Effect::Secret(false), Effect::Wake(None), Effect::End]);
}

/// What reminds and what asks may each be as long as anything.
#[test]
fn a_question_that_is_put_again_is_not_longer_than_what_may_be_played() {
    let digits = |n| Prompt {
        any: Some(vec![Piece::Value { of: expr("long"), form: Form::Digits }; n]),
        by_language: BTreeMap::new(),
    };
    let menu = Job::Menu {
        prompt: digits(2),
        keys: [("1".to_owned(), at(0))].into(),
        patience: patience(),
        reminders: Reminders { silent: digits(2), wrong: digits(2) },
        silent: None,
        otherwise: None,
    };
    let world =
        World { values: [("long".to_owned(), Value::text(&"7".repeat(64)))].into(), ..World::default() };
    let mut c = call_at(world, vec![flow("main", vec![menu])]);
    c.press("2");
    let played = c.last.iter().find_map(|effect| match effect {
        Effect::Play { clips, .. } => Some(clips.len()),
        _ => None,
    });
    assert_eq!(played, Some(crate::limits::CLIPS_MAX));
}
