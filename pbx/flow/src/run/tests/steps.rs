//! From node to node: outcomes of nodes that need nothing, bounds, sub-flows, faults.

use super::*;
use crate::limits::{
    DEPTH_MAX, DIGITS_AHEAD_MAX, ENTERED_MAX, FORWARDS_MAX, PARTS_MAX, STEPS_MAX, VARIABLES_MAX,
};

#[test]
fn a_flow_goes_from_node_to_node_and_hangs_up_at_its_end() {
    let mut c =
        call(vec![flow("main", vec![set("x", "1 + 1", to(1)), play("two is {x}", to(2)), hang_up("bye")])]);
    assert_eq!(c.heard(), "two is 2");
    assert_eq!(c.hears().heard(), "bye");
    c.hears();
    assert!(c.last_has(&Effect::HangUp(crate::HangUp { turn_away: HangUpAs::Normal, node: "n2".into() })));
    c.gone();
    assert_eq!(c.last, [Effect::End]);
    assert_eq!(c.path(), "main.n0 begin, main.n1 next, main.n2 next");
}

#[test]
fn who_goes_nowhere_is_hung_up() {
    let mut c = call(vec![flow("main", vec![play("only this", None)])]);
    c.hears();
    assert_eq!(c.count(|e| matches!(e, Effect::HangUp(_))), 1);
    c.press("1").gone();
    assert_eq!(c.count(|e| matches!(e, Effect::HangUp(_))), 1, "once");
}

/// A key that nothing asks for leaves out a prompt once, and does not send the caller round in circles.
#[test]
fn an_announcement_that_repeats_survives_a_key() {
    let mut c = call(vec![flow("main", vec![play("all busy", to(1)), play("please hold", to(0))])]);
    for _ in 0..3 {
        c.press("1");
        assert_eq!(c.heard(), "please hold");
        assert_eq!(c.hears().heard(), "all busy");
    }
    assert_eq!(c.count(|e| matches!(e, Effect::Fault { .. } | Effect::HangUp(_))), 0);
}

#[test]
fn a_caller_not_answered_yet_can_be_turned_away() {
    let busy = Job::HangUp { prompt: Prompt::default(), as_busy: HangUpAs::Busy };
    let c = call(vec![flow("main", vec![busy])]);
    assert!(c.has(&Effect::HangUp(crate::HangUp { turn_away: HangUpAs::Busy, node: "n0".into() })));
}

#[test]
fn conditions_hours_shares_and_lists_go_where_they_say() {
    let fork = |job: Job| flow("main", vec![job, hang_up("one"), hang_up("two"), hang_up("three")]);
    let cases =
        || Job::If { cases: vec![(expr("x == 1"), at(1)), (expr("x == 2"), at(2))], otherwise: to(3) };
    let hours = |holiday| Job::Hours { hours: "office".into(), open: to(1), closed: to(2), holiday };
    let share = || Job::Share { parts: vec![(50, at(1)), (50, at(2))] };
    let list = || Job::List {
        list: "vip".into(),
        of: expr("x"),
        into: Some("class".into()),
        listed: to(1),
        other: to(2),
    };
    let x = |n: i64| World { values: [("x".to_owned(), Value::whole(n))].into(), ..World::default() };
    let opens = |opening| World { opening: Some(opening), ..World::default() };
    let table = [
        (x(1), cases(), "one", "case 1"),
        (x(2), cases(), "two", "case 2"),
        (x(3), cases(), "three", "else"),
        (opens(Opening::Open), hours(to(3)), "one", "open"),
        (opens(Opening::Closed), hours(to(3)), "two", "closed"),
        (opens(Opening::Holiday("New Year".into())), hours(to(3)), "three", "holiday"),
        (opens(Opening::Holiday("New Year".into())), hours(None), "two", "holiday"),
        (World::default(), hours(None), "two", "closed"),
        (World { part: 0, ..World::default() }, share(), "one", "part 1"),
        (World { part: 1, ..World::default() }, share(), "two", "part 2"),
        (World { part: 9, ..World::default() }, share(), "one", "part 10"),
        (x(1), list(), "two", "other"),
        (
            World { listed: [("vip 1".to_owned(), Value::text("gold"))].into(), ..x(1) },
            list(),
            "one",
            "listed",
        ),
    ];
    for (world, job, heard, by) in table {
        let told = format!("{job:?}");
        let c = call_at(world, vec![fork(job)]);
        assert_eq!(c.heard(), heard, "{told}");
        assert_eq!(c.passed.first().map(|passed| passed.by.as_str()), Some(by), "{told}");
    }
}

#[test]
fn a_list_gives_what_stands_beside_the_entry_and_a_holiday_its_name() {
    let list = Job::List {
        list: "vip".into(),
        of: expr("'7'"),
        into: Some("class".into()),
        listed: to(1),
        other: None,
    };
    let hours = Job::Hours { hours: "office".into(), open: None, closed: to(2), holiday: None };
    let world = World {
        listed: [("vip 7".to_owned(), Value::text("gold"))].into(),
        opening: Some(Opening::Holiday("Spring Festival".into())),
        ..World::default()
    };
    let c = call_at(world, vec![flow("main", vec![list, hours, play("{class} {holiday}", None)])]);
    assert_eq!(c.heard(), "gold Spring Festival");
}

#[test]
fn hours_that_are_not_there_are_told_and_taken_for_closed() {
    let hours = Job::Hours { hours: "shop".into(), open: to(1), closed: to(2), holiday: None };
    let c = call(vec![flow("main", vec![hours, hang_up("open"), hang_up("closed")])]);
    assert_eq!(c.heard(), "closed");
    assert_eq!(c.faults(), ["main.n0: there are no hours named shop; it went on as closed"]);
}

#[test]
fn a_circle_without_waiting_is_stopped_told_and_heard() {
    let mut c = call(vec![flow("main", vec![set("x", "1", to(1)), set("y", "2", to(0))])]);
    assert_eq!(c.heard(), "@msg/technical-fault");
    assert_eq!(c.faults(), [format!("main.n0: {STEPS_MAX} steps without waiting for anything: it loops")]);
    c.hears();
    assert_eq!(c.count(|e| matches!(e, Effect::HangUp(_))), 1);
}

#[test]
fn a_circle_that_computes_much_is_stopped_early() {
    let many = format!("max({})", ["x"; 19].join(", "));
    let values = (0..50).map(|n| (format!("v{n}"), expr(&many))).collect();
    let c = call(vec![flow("main", vec![Job::Set { values, next: to(0) }])]);
    assert_eq!(c.heard(), "@msg/technical-fault");
    let what = format!("{PARTS_MAX} parts of expressions without waiting for anything: it loops");
    assert_eq!(c.faults(), [format!("main.n0: {what}")]);
    // 50 values of 20 parts each.
    assert_eq!(c.count(|e| matches!(e, Effect::Entered { .. })), PARTS_MAX as usize / 1_000 + 2);

    // Who hears something in between may go on.
    let values = (0..50).map(|n| (format!("v{n}"), expr(&many))).collect();
    let mut c = call(vec![flow("main", vec![Job::Set { values, next: to(1) }, play("x", to(0))])]);
    for _ in 0..PARTS_MAX / 1_000 * 3 {
        c.hears();
    }
    assert!(c.faults().is_empty());
}

#[test]
fn a_circle_through_a_service_that_answers_at_once_is_a_circle() {
    let mut c = call(vec![flow("main", vec![post(&[], &[], to(0), to(0))])]);
    let mut asked = 0;
    while c.witness.playing().is_none() {
        c.answered(Answer::Failed("refused".into()));
        asked += 1;
        assert!(asked <= STEPS_MAX);
    }
    assert_eq!(c.heard(), "@msg/technical-fault");
}

#[test]
fn a_circle_through_a_queue_that_refuses_at_once_is_a_circle() {
    let mut c = call(vec![flow("main", vec![queue(&[], [to(0), to(0), to(0), to(0)])])]);
    for turn in 0..STEPS_MAX {
        assert!(c.faults().is_empty(), "turn {turn}");
        c.dialled(if turn % 2 == 0 { Dialled::Empty } else { Dialled::Full });
    }
    assert_eq!(c.heard(), "@msg/technical-fault");
    let mut c = call(vec![flow("main", vec![queue(&[], [to(0), to(0), to(0), to(0)])])]);
    for _ in 0..2 * STEPS_MAX {
        c.dialled(Dialled::NoAnswer);
    }
    assert!(c.faults().is_empty(), "who waited each time is in no circle");
}

#[test]
fn one_caller_enters_so_many_nodes_and_no_more() {
    let clean = cleaning(flow("main", vec![play("again", to(0)), set("cleaned", "1", None)]), 1);
    let mut c = call(vec![clean]);
    for _ in 1..ENTERED_MAX {
        c.hears();
    }
    assert!(c.faults().is_empty());
    assert_eq!(c.hears().heard(), "@msg/technical-fault");
    assert_eq!(c.faults().len(), 1);
    c.gone();
    assert!(c.path().ends_with("main.n1 hang_up"), "the clean-up is done all the same");
    assert_eq!(c.faults().len(), 1);
}

#[test]
fn sub_flows_get_arguments_and_give_back() {
    let main =
        flow("main", vec![sub("double", &[("n", "21")], Some("twice"), to(1)), hang_up("{twice} {n}")]);
    let mut double = flow("double", vec![set("r", "n * 2 + plus", to(1)), give_back("r")]);
    double.arguments = [("plus".to_owned(), Value::whole(1)), ("n".to_owned(), Value::whole(0))].into();
    let c = call(vec![main, double]);
    assert_eq!(c.heard(), "43", "variables of the inner flow stay there");
    assert_eq!(c.path(), "main.n0 begin, double.n0 flow, double.n1 next, main.n1 return");
    let words: Vec<_> = c.passed.iter().map(|p| format!("{}.{} {}", p.flow, p.node.0, p.by)).collect();
    assert_eq!(words, ["main.0 flow", "double.0 next", "main.0 return", "double.1 return"]);
}

#[test]
fn a_sub_flow_at_its_end_returns_nothing_and_a_return_of_the_outermost_hangs_up() {
    let main = flow("main", vec![sub("ask", &[], Some("x"), to(1)), play("[{x}]", to(2)), give_back("1")]);
    let mut c = call(vec![main, flow("ask", vec![play("inner", None)])]);
    assert_eq!(c.hears().heard(), "[]");
    c.hears();
    assert_eq!(c.count(|e| matches!(e, Effect::HangUp(_))), 1);
}

#[test]
fn flows_within_each_other_are_bounded() {
    let mut c = call(vec![flow("main", vec![sub("main", &[], None, None)])]);
    assert_eq!(c.faults(), [format!("main.n0: more than {DEPTH_MAX} flows within each other")]);
    assert_eq!(c.heard(), "@msg/technical-fault");
    c.hears().gone();
    assert!(c.run.is_over());
}

#[test]
fn what_is_not_there_is_a_fault_and_the_caller_is_not_left_alone() {
    let c = call(vec![flow("main", vec![sub("other", &[], None, None)])]);
    assert_eq!(
        (c.heard().as_str(), c.faults()),
        ("@msg/technical-fault", vec!["main.n0: there is no flow named other".into()])
    );
    let c = call(vec![flow("main", vec![set("x", "1", to(7))])]);
    assert_eq!(c.heard(), "@msg/technical-fault");
    assert_eq!(c.faults(), ["main.: the flow leads to a node that is not there"]);
    let c = call(vec![flow("main", vec![])]);
    assert_eq!(c.heard(), "@msg/technical-fault");
}

#[test]
fn a_small_fault_does_not_hide_the_one_that_ends_the_call() {
    let hours = Job::Hours { hours: "shop".into(), open: None, closed: to(1), holiday: None };
    let c = call(vec![flow("main", vec![hours, sub("other", &[], None, None)])]);
    assert_eq!(c.faults().len(), 2, "{:?}", c.faults());
}

#[test]
fn variables_are_bounded() {
    let values = (0..VARIABLES_MAX + 5).map(|n| (format!("v{n}"), expr("1"))).collect();
    let c = call(vec![flow("main", vec![Job::Set { values, next: to(1) }, play("on", None)])]);
    assert_eq!(c.run.variables().len(), VARIABLES_MAX);
    assert_eq!(c.faults(), [format!("main.n0: more than {VARIABLES_MAX} variables")]);
    assert_eq!(c.heard(), "on", "the call goes on");
}

#[test]
fn a_call_is_sent_on_only_so_often() {
    let mut c =
        call(vec![flow("main", vec![dial(&["'101'"], [to(0), to(0), to(1), None]), hang_up("enough")])]);
    for _ in 0..=FORWARDS_MAX {
        c.dialled(Dialled::Busy);
    }
    assert_eq!(c.heard(), "enough");
    assert_eq!(c.faults().len(), 1);
}

#[test]
fn keys_cut_a_prompt_and_are_kept_unless_it_is_to_be_heard_whole() {
    let main = |first: Job| flow("main", vec![first, menu(&[("7", 2)], None, None), hang_up("seven")]);
    let mut c = call(vec![main(play("welcome", to(1)))]);
    c.press("7");
    assert!(c.last_has(&Effect::Silence));
    assert_eq!(c.heard(), "seven", "the menu is not even said");
    let mut c = call(vec![main(whole("legal words", to(1)))]);
    c.press("7");
    assert_eq!(c.last, [], "not cut");
    assert_eq!(c.hears().heard(), "seven", "but not lost");
}

#[test]
fn digits_ahead_are_bounded() {
    let mut c = call(vec![flow(
        "main",
        vec![whole("long", to(1)), collect("n", (1, 64), false, to(2), None), hang_up("{n}")],
    )]);
    c.press(&"1".repeat(DIGITS_AHEAD_MAX + 20)).hears();
    assert_eq!(c.heard(), "1".repeat(DIGITS_AHEAD_MAX));
}

#[test]
fn what_is_no_key_is_no_key() {
    let mut c = call(vec![flow("main", vec![play("welcome", to(0))])]);
    for what in ['x', ' ', '\u{7}', '٣', 'E', 'a'] {
        c.event(Event::Digit(what));
        assert_eq!(c.last, [], "{what:?}");
    }
}

#[test]
fn what_comes_too_late_or_twice_is_passed_over() {
    let mut c = call(vec![flow("main", vec![play("a", to(1)), play("b", to(2)), play("c", None)])]);
    let first = c.witness.playing().expect("plays");
    c.press("1");
    let node = c.node();
    for stale in [
        Event::Played(first),
        Event::Played(999),
        Event::Woke,
        Event::Begin,
        Event::Dialled(Dialled::Busy),
        Event::Recorded(Some("x".into())),
        Event::Answered(first, Answer::Failed("late".into())),
    ] {
        c.run.handle(&mut c.world, stale.clone());
        assert_eq!(c.run.poll_effect(), None, "{stale:?}");
        assert_eq!(c.node(), node, "{stale:?}");
    }
}

#[test]
fn who_is_gone_before_anything_began_is_over_at_once() {
    let flow = Arc::new(cleaning(flow("main", vec![play("a", None)]), 0));
    let mut run = Run::new(flow);
    let mut world = World::default();
    run.handle(&mut world, Event::Gone { recorded: None });
    assert_eq!(run.poll_effect(), Some(Effect::End));
    run.handle(&mut world, Event::Begin);
    run.handle(&mut world, Event::Digit('1'));
    assert_eq!(run.poll_effect(), None);
    assert_eq!((run.audit(), run.is_over()), (None, true));
}

#[test]
fn a_language_is_chosen_by_a_variable_and_stays_in_sub_flows() {
    let both = Prompt {
        any: None,
        by_language: [
            (Language::En, vec![Piece::Text("hello".into())]),
            (Language::Zh, vec![Piece::Text("您好".into())]),
        ]
        .into(),
    };
    let greet = Job::Play { prompt: both, is_whole: false, next: None };
    let main = flow("main", vec![set("language", "'zh'", to(1)), sub("greet", &[], None, None)]);
    let c = call(vec![main, flow("greet", vec![greet])]);
    assert_eq!((c.heard().as_str(), c.run.language()), ("您好", Language::Zh));
    let c = call(vec![flow("main", vec![set("language", "'latin'", to(1)), play("{language}", None)])]);
    assert_eq!(c.heard(), "en", "what is no language changes nothing");
}
