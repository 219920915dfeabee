//! A caller takes the place of a call that waits: of an agent's second line, whose other party is put through to it.

use super::world::{World, one_queue};
use crate::Call;
use crate::boundary::Effect;
use crate::config::{Need, QueueConfig, Staff};
use crate::door::Door;
use crate::fact::{Exit, Fact, JoinedFact, LeftFact, Presence};

/// Agent 1 has a call, and two callers wait behind it.
fn two_wait(config: QueueConfig) -> (World, [Call; 3]) {
    let mut w = World::new(one_queue(config, 1));
    w.sign_in("1");
    let busy = w.join("q", "100", 0);
    w.answer(busy, "1");
    let line = w.join("q", "1", 0);
    w.run(10_000);
    let behind = w.join("q", "101", 0);
    w.run(5_000);
    (w, [busy, line, behind])
}

fn left(w: &World, call: Call) -> LeftFact {
    let of = |fact: &Fact| matches!(fact, Fact::Left(left) if left.call == call).then(|| fact.clone());
    let Some(Fact::Left(left)) = w.facts.iter().find_map(of) else { panic!("{call} has not left") };
    left
}

fn joined(w: &World, call: Call) -> JoinedFact {
    let of = |fact: &Fact| matches!(fact, Fact::Joined(it) if it.call == call).then(|| fact.clone());
    let Some(Fact::Joined(joined)) = w.facts.iter().find_map(of) else { panic!("{call} has not joined") };
    joined
}

#[test]
fn the_place_and_what_was_waited_in_it_are_the_callers() {
    let (mut w, [busy, line, behind]) = two_wait(QueueConfig::default());
    let caller = w.take_place(line, "q", "0301");
    assert!(w.floor.waiter(line).is_none() && w.rings(caller).is_empty());
    assert_eq!((left(&w, line).exit, left(&w, line).waited_ms), (Exit::Moved, 15_000));
    assert_eq!((joined(&w, caller).instead_of, joined(&w, caller).before), (Some(line), 0));
    w.end(busy);
    assert_eq!(w.rings(caller), ["1"], "before who came later");
    assert_eq!(w.decision().waited_ms, 15_000);
    w.answer(caller, "1");
    assert_eq!(left(&w, caller).waited_ms, 15_000);
    w.end(caller);
    assert_eq!(w.rings(behind), ["1"]);
}

#[test]
fn whatever_keeps_others_out_by_now_keeps_nobody_out_who_takes_a_place() {
    let config = QueueConfig { max_waiting: 2, join: Staff::Working, ..QueueConfig::default() };
    let (mut w, [_, line, _]) = two_wait(config);
    w.floor.set_door(w.moment(), "q", Door::Closed, "mara").unwrap();
    w.on_break("1");
    let caller = w.take_place(line, "q", "0301");
    assert!(w.floor.waiter(caller).is_some());
    let late = w.take_place(line, "q", "0302");
    assert_eq!(w.exits, [(late, Exit::Closed)], "that place is taken");
    assert_eq!(joined(&w, late).instead_of, None);
}

#[test]
fn a_place_in_another_queue_or_of_nobody_is_none() {
    let open = QueueConfig { join: Staff::None, stay: Staff::None, ..QueueConfig::default() };
    let mut config = one_queue(open.clone(), 1);
    config.queues.insert("r".into(), open);
    let mut w = World::new(config);
    let line = w.join("q", "1", 0);
    let caller = w.take_place(line, "r", "0301");
    assert!(w.floor.waiter(line).is_some());
    assert_eq!(joined(&w, caller).instead_of, None);
    let other = w.take_place(900, "q", "0302");
    assert_eq!((joined(&w, other).instead_of, joined(&w, other).before), (None, 1));
}

#[test]
fn a_phone_that_rings_for_the_line_rings_for_the_caller() {
    let (mut w, [busy, line, _]) = two_wait(QueueConfig::default());
    w.end(busy);
    assert_eq!(w.rings(line), ["1"]);
    let caller = w.take_place(line, "q", "0301");
    assert_eq!((w.rings(line), w.rings(caller)), (vec![], vec!["1"]));
}

#[test]
fn who_was_given_the_line_is_given_the_caller() {
    let (mut w, [busy, line, behind]) = two_wait(QueueConfig::default());
    w.floor.set_priority(w.moment(), behind, 9).unwrap();
    w.floor.assign(w.moment(), line, "1").unwrap();
    w.after();
    let caller = w.take_place(line, "q", "0301");
    w.end(busy);
    assert_eq!(w.rings(caller), ["1"], "before all others");
}

#[test]
fn a_priority_that_the_line_was_given_stays_and_one_of_the_caller_counts() {
    let (mut w, [_, line, behind]) = two_wait(QueueConfig::default());
    w.floor.set_priority(w.moment(), line, 3).unwrap();
    w.after();
    let caller = w.take_place(line, "q", "0301");
    assert_eq!(w.floor.waiter(caller).unwrap().priority, 3);
    w.floor.set_priority(w.moment(), caller, 0).unwrap();
    w.after();
    let order: Vec<Call> = w.floor.waiters(w.floor.queue("q").unwrap()).map(|it| it.call).collect();
    assert_eq!(order, [caller, behind], "the place is still where it was");
}

#[test]
fn the_longest_wait_and_what_skills_are_asked_for_go_by_the_whole_wait() {
    let needs = vec![Need { skill: "german".into(), level: 5, relaxes: vec![(20_000, 0)] }];
    let config = QueueConfig { max_wait: 40_000, needs, ..QueueConfig::default() };
    let mut w = World::new(one_queue(config, 1));
    w.sign_in("1");
    let line = w.join("q", "9", 0);
    w.run(15_000);
    let caller = w.take_place(line, "q", "0301");
    assert!(w.rings(caller).is_empty(), "no German");
    w.run(5_000);
    assert_eq!(w.rings(caller), ["1"]);
    w.choose("1", Presence::LoggedOut);
    w.run(20_000);
    assert_eq!(w.exits, [(caller, Exit::Timeout)]);
    assert_eq!(left(&w, caller).waited_ms, 40_000);
}

#[test]
fn the_two_are_one_who_was_offered() {
    let (mut w, [_, line, behind]) = two_wait(QueueConfig::default());
    let caller = w.take_place(line, "q", "0301");
    w.leave(behind, Exit::Abandoned);
    w.leave(caller, Exit::Abandoned);
    let mut figures = crate::figures::Figures::new();
    w.facts.iter().for_each(|fact| figures.apply(fact));
    let counts = figures.queue("q", i64::MIN, i64::MAX).counts;
    assert_eq!((counts.offered, counts.answered, counts.abandoned, counts.waiting), (3, 1, 2, 0));
    assert_eq!(counts.overflows.removed, 0);
    assert!(std::iter::from_fn(|| w.floor.poll_effect()).all(|e| !matches!(e, Effect::Exit { .. })));
}
