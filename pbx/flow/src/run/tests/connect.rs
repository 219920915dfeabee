//! Extensions and queues: outcomes, keys out of a queue, numbers that are none.

use super::*;

fn all() -> [Next; 4] {
    [to(1), to(2), to(3), to(4)]
}

fn fork(first: Job) -> Flow {
    flow(
        "main",
        vec![first, play("1", None), play("2", None), play("3", None), play("4", None), play("5", None)],
    )
}

#[test]
fn each_outcome_of_a_dial_has_its_way() {
    let only_no_answer = [None, to(2), None, None];
    for (ways, how, heard, by) in [
        (all(), Dialled::Busy, "1", "busy"),
        (all(), Dialled::NoAnswer, "2", "no_answer"),
        (all(), Dialled::Failed, "3", "failed"),
        (all(), Dialled::Empty, "3", "failed"),
        (all(), Dialled::Talked, "4", "after"),
        (only_no_answer, Dialled::Busy, "2", "busy"),
        (only_no_answer, Dialled::Failed, "2", "failed"),
    ] {
        let mut c = call(vec![fork(dial(&["'101'", "'102'"], ways))]);
        assert!(c.run.is_connecting());
        assert_eq!(c.dialled(how).heard(), heard, "{how:?}");
        assert!(c.path().ends_with(by));
        assert!(!c.run.is_connecting());
    }
}

#[test]
fn a_dial_says_whom_how_and_whether_it_comes_back() {
    let c = call(vec![fork(dial(&["'101'", "'101'", "102", "''"], [None, None, None, None]))]);
    let to = vec!["101".to_owned(), "102".to_owned()];
    assert!(c.has(&Effect::Dial { to, in_turn: false, ring: None, comes_back: false }));
    let mut c = call(vec![fork(dial(&["'101'"], [None, None, None, None]))]);
    c.dialled(Dialled::Talked);
    assert_eq!(c.count(|e| matches!(e, Effect::HangUp(_))), 1, "the talk was the end");
}

#[test]
fn what_is_no_number_is_not_dialled() {
    for number in ["", "101\r\nBye: x", "a b", "../x", "<sip:1@2>", "\u{202e}101", &"1".repeat(65)] {
        let world = World { values: [("n".to_owned(), Value::text(number))].into(), ..World::default() };
        let c = call_at(world, vec![fork(dial(&["n"], all()))]);
        assert_eq!(c.heard(), "3", "{number:?}");
    }
}

#[test]
fn each_outcome_of_a_queue_has_its_way() {
    let only_timeout = [to(1), None, None, None];
    for (ways, how, heard, by) in [
        (all(), Dialled::NoAnswer, "1", "timeout"),
        (all(), Dialled::Full, "2", "full"),
        (all(), Dialled::Empty, "3", "empty"),
        (all(), Dialled::Talked, "4", "after"),
        (all(), Dialled::Failed, "1", "timeout"),
        (all(), Dialled::Closed, "3", "closed"),
        (only_timeout, Dialled::Closed, "1", "closed"),
        (only_timeout, Dialled::Full, "1", "full"),
        (only_timeout, Dialled::Empty, "1", "empty"),
    ] {
        let mut c = call(vec![fork(queue(&[], ways))]);
        assert!(c.has(&Effect::Queue {
            queue: "sales".into(),
            priority: Some(3),
            agent: None,
            comes_back: ways[3].is_some()
        }));
        assert_eq!(c.dialled(how).heard(), heard, "{how:?}");
        assert!(c.path().ends_with(by));
    }
}

#[test]
fn an_agent_is_asked_for_by_number() {
    for (agent, asked) in [
        ("'2001'", Some("2001")),
        ("2001", Some("2001")),
        ("who", Some("0201")),
        ("'0' & 201", Some("0201")),
        ("''", None),
        ("nothing", None),
    ] {
        let mut job = queue(&[], all());
        if let Job::Queue { agent: of, .. } = &mut job {
            *of = Some(expr(agent));
        }
        let world = World { values: [("who".to_owned(), Value::text("0201"))].into(), ..World::default() };
        let c = call_at(world, vec![fork(job)]);
        let (queue, agent) = ("sales".to_owned(), asked.map(str::to_owned));
        let wanted = Effect::Queue { queue, priority: Some(3), agent, comes_back: true };
        assert!(c.has(&wanted), "{:?}", c.last);
    }
}

#[test]
fn keys_lead_out_of_a_queue() {
    let keys = [("1", 1), ("2", 2), ("23", 3)];
    for (pressed, waits, heard) in
        [("1", false, "1"), ("91", false, "1"), ("23", false, "3"), ("2", true, "2"), ("21", false, "1")]
    {
        let mut c = call(vec![fork(queue(&keys, all()))]);
        c.press(pressed);
        if waits {
            c.waits();
        }
        assert_eq!(c.heard(), heard, "{pressed}");
        assert!(c.last_has(&Effect::Withdraw));
    }
    let mut c = call(vec![fork(queue(&keys, all()))]);
    c.press("9*#");
    assert_eq!(c.count(|e| matches!(e, Effect::Withdraw)), 0);
    c.press("2").dialled(Dialled::Talked);
    assert!(c.last_has(&Effect::Wake(None)), "an agent came before the second key");
    assert_eq!(c.heard(), "4");
}

#[test]
fn keys_pressed_ahead_are_not_for_a_queue_or_a_dial() {
    let main = flow(
        "main",
        vec![
            whole("wait", to(1)),
            queue(&[("1", 2)], [to(2), None, None, None]),
            menu(&[("1", 2)], None, None),
        ],
    );
    let mut c = call(vec![main]);
    c.press("11").hears();
    assert!(c.run.is_connecting());
    assert_eq!(c.dialled(Dialled::NoAnswer).heard(), "choose", "nor for what follows");
}

#[test]
fn who_hangs_up_is_not_withdrawn() {
    for job in [queue(&[("12", 1)], all()), dial(&["'101'"], all())] {
        let mut c = call(vec![fork(job)]);
        c.press("1").gone();
        assert_eq!(c.last.last(), Some(&Effect::End));
        assert_eq!(c.count(|e| matches!(e, Effect::Withdraw)), 0);
    }
}

#[test]
fn how_it_ended_can_be_asked_later() {
    for (how, word) in
        [(Dialled::Busy, "busy"), (Dialled::NoAnswer, "no_answer"), (Dialled::Talked, "talked")]
    {
        let main =
            flow("main", vec![dial(&["'101'"], [to(1), to(1), to(1), to(1)]), play("{outcome}", None)]);
        assert_eq!(call(vec![main]).dialled(how).heard(), word);
    }
}

/// The first of two keys was pressed when an agent answered: the time for the second runs out in the talk.
#[test]
fn a_key_half_pressed_does_not_end_the_talk_with_who_answered() {
    let mut c = call(vec![fork(queue(&[("1", 1), ("12", 2)], all()))]);
    c.press("1").event(Event::Connected);
    assert_eq!(c.last, [Effect::Wake(None)]);
    c.event(Event::Woke).press("12");
    assert_eq!(c.last, [], "the keys of a talk are of those who talk");
    assert!(c.run.is_connecting());
    assert_eq!(c.dialled(Dialled::Talked).heard(), "4");
}

#[test]
fn a_queue_outside_its_hours_has_a_way_of_its_own() {
    let mut job = queue(&[], [to(1), to(2), to(3), None]);
    if let Job::Queue { closed, .. } = &mut job {
        *closed = to(5);
    }
    let mut c = call(vec![fork(job)]);
    assert_eq!(c.dialled(Dialled::Closed).heard(), "5");
    assert!(c.path().ends_with("closed"));
}
