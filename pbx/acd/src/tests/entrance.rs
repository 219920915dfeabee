//! Who is let into a queue: by its hours, and by how many calls it has.

use super::world::{World, one_queue};
use crate::boundary::Refusal;
use crate::config::QueueConfig;
use crate::door::{Door, DoorFact};
use crate::fact::{Exit, Fact};
use std::sync::Arc;

/// How callers left who were not let in.
fn exits(w: &World) -> Vec<Exit> {
    w.exits.iter().map(|(_, exit)| *exit).collect()
}

#[test]
fn outside_its_hours_a_queue_lets_nobody_in_and_keeps_who_is_there() {
    let config = QueueConfig { hours: Some("office".into()), ..QueueConfig::default() };
    let mut w = World::new(one_queue(config, 1));
    w.sign_in("1");
    let first = w.join("q", "100", 0);
    let second = w.join("q", "101", 0);
    w.floor.open("q", false);
    w.after();
    let third = w.join("q", "102", 0);
    assert_eq!(w.exits, [(third, Exit::Closed)]);
    let joined = w.facts.iter().filter(|fact| matches!(fact, Fact::Joined(_))).count();
    let left = w.facts.iter().filter(|fact| matches!(fact, Fact::Left(left) if left.exit == Exit::Closed));
    assert_eq!((joined, left.count()), (3, 1), "counted as one who came and left by rule");
    w.answer(first, "1");
    w.end(first);
    assert_eq!(w.rings(second), ["1"], "it came in time");
    w.floor.open("q", true);
    w.after();
    let fourth = w.join("q", "103", 0);
    assert!(w.floor.waiter(fourth).is_some());
}

#[test]
fn what_somebody_says_of_a_queue_stands_over_its_hours_until_it_is_taken_back() {
    let config = QueueConfig { hours: Some("office".into()), ..QueueConfig::default() };
    let mut w = World::new(one_queue(config, 1));
    w.sign_in("1");
    w.on_break("1");
    let waits = w.join("q", "100", 0);
    let set = |w: &mut World, door| {
        let now = w.moment();
        let done = w.floor.set_door(now, "q", door, "mara");
        w.after();
        done
    };
    set(&mut w, Door::Closed).unwrap();
    assert_eq!(set(&mut w, Door::Closed), Err(Refusal::SameDoor(Door::Closed)));
    let late = w.join("q", "101", 0);
    assert_eq!(w.exits, [(late, Exit::Closed)]);
    assert!(w.floor.waiter(waits).is_some(), "it came in time");
    // Hours go on, and change nothing.
    for in_hours in [false, true] {
        w.floor.open("q", in_hours);
        w.after();
        assert!(!w.floor.queue("q").unwrap().is_open());
    }
    w.floor.open("q", false);
    set(&mut w, Door::Open).unwrap();
    assert!(w.floor.queue("q").unwrap().is_open());
    set(&mut w, Door::Hours).unwrap();
    assert!(!w.floor.queue("q").unwrap().is_open());
    let said = w.facts.iter().filter_map(|fact| match fact {
        Fact::Door(fact) => Some((fact.door, fact.by.as_str())),
        _ => None,
    });
    let all = [(Door::Closed, "mara"), (Door::Open, "mara"), (Door::Hours, "mara")];
    assert_eq!(said.collect::<Vec<_>>(), all);
    assert_eq!(w.floor.set_door(w.moment(), "none", Door::Closed, "mara"), Err(Refusal::NoQueue));
}

#[test]
fn what_was_said_of_a_queue_is_known_after_a_restart_and_forgotten_with_the_queue() {
    let config = one_queue(QueueConfig::default(), 1);
    let said = |queue: &str, door| DoorFact { at_ms: 7, queue: queue.into(), door, by: "mara".into() };
    let mut w = World::new(config.clone());
    w.floor.restore_doors(w.moment(), vec![said("q", Door::Closed), said("gone", Door::Open)]);
    w.after();
    assert_eq!(w.floor.queue("q").unwrap().door, Some(said("q", Door::Closed)));
    let forgotten = |w: &World| {
        let last = w.facts.iter().rev().find_map(|fact| match fact {
            Fact::Door(fact) => Some((fact.queue.clone(), fact.door, fact.by.clone())),
            _ => None,
        });
        last.unwrap()
    };
    assert_eq!(forgotten(&w), ("gone".into(), Door::Hours, "configuration".into()));
    // The same configuration, read again, takes nothing back.
    w.floor.configure(w.moment(), Arc::new(config.clone()));
    w.after();
    assert!(!w.floor.queue("q").unwrap().is_open());
    let mut without = config.clone();
    without.queues.clear();
    w.floor.configure(w.moment(), Arc::new(without));
    w.after();
    assert_eq!(forgotten(&w), ("q".into(), Door::Hours, "configuration".into()));
    w.floor.configure(w.moment(), Arc::new(config));
    w.after();
    assert!(w.floor.queue("q").unwrap().is_open());
}

#[test]
fn who_waits_and_who_talks_counts_against_max_calls() {
    let mut w = World::new(one_queue(QueueConfig { calls_max: Some(2), ..QueueConfig::default() }, 1));
    w.sign_in("1");
    let first = w.join("q", "100", 0);
    w.answer(first, "1");
    let second = w.join("q", "101", 0);
    assert_eq!(w.floor.queue("q").unwrap().calls(), 2);
    let third = w.join("q", "102", 0);
    assert_eq!(w.exits, [(third, Exit::Full)]);
    w.end(first);
    let fourth = w.join("q", "103", 0);
    assert!(w.floor.waiter(fourth).is_some() && w.floor.waiter(second).is_some());
}

#[test]
fn who_is_called_back_counts_against_max_calls_only_while_an_agent_has_the_call() {
    let mut w = World::new(one_queue(QueueConfig { calls_max: Some(1), ..QueueConfig::default() }, 1));
    w.sign_in("1");
    w.on_break("1");
    let call = w.join("q", "100", 0);
    let back = w.call_back(call, "100").unwrap();
    assert_eq!(w.floor.queue("q").unwrap().calls(), 0);
    w.sign_in("1");
    w.answer(back, "1");
    let second = w.join("q", "101", 0);
    assert_eq!(w.exits, [(second, Exit::Full)]);
}

#[test]
fn so_many_are_let_in_within_a_second() {
    let config = QueueConfig { calls_per_second: Some(2), ..QueueConfig::default() };
    let mut w = World::new(one_queue(config, 1));
    w.sign_in("1");
    for caller in ["100", "101", "102", "103"] {
        w.join("q", caller, 0);
        w.run(250);
    }
    assert_eq!(exits(&w), [Exit::Full, Exit::Full]);
    w.run(1);
    // The first is a second ago, and those who were turned away do not count.
    w.join("q", "104", 0);
    w.join("q", "105", 0);
    assert_eq!(exits(&w), [Exit::Full, Exit::Full, Exit::Full]);
}

/// Whom an agent's phone left on hold waits again in whatever state the queue is.
#[test]
fn who_is_back_is_asked_neither_for_hours_nor_for_limits_of_calls() {
    let config = QueueConfig { calls_max: Some(1), calls_per_second: Some(1), ..QueueConfig::default() };
    let mut w = World::new(one_queue(config, 1));
    w.sign_in("1");
    w.join("q", "100", 0);
    w.floor.open("q", false);
    let call = w.next_id();
    let join = crate::Join { call, visit: 2, queue: "q".into(), is_back: true, ..crate::Join::default() };
    assert_eq!(w.floor.join(w.moment(), join), Ok(()));
    w.after();
}
