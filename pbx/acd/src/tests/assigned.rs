//! Somebody gives a caller who waits to an agent.

use super::world::{World, one_queue};
use crate::boundary::{Call, Miss, Refusal};
use crate::config::{Config, Membership, Need, QueueConfig};
use crate::fact::{Exit, Presence, Trigger};
use std::sync::Arc;

/// Agents 1 and 2, both in a talk.
fn both_talk(config: Config) -> (World, [Call; 2]) {
    let mut w = World::new(config);
    let talks = ["1", "2"].map(|agent| {
        w.sign_in(agent);
        let call = w.join("q", "100", 0);
        w.answer(call, agent);
        call
    });
    (w, talks)
}

fn assign(w: &mut World, call: Call, agent: &str) -> bool {
    let at_once = w.floor.assign(w.moment(), call, agent).unwrap();
    w.after();
    at_once
}

#[test]
fn whoever_becomes_free_takes_first_whom_he_was_given() {
    let (mut w, [_, second]) = both_talk(one_queue(QueueConfig::default(), 2));
    let [x, y, z] = ["101", "102", "103"].map(|caller| w.join("q", caller, 0));
    assert!(!assign(&mut w, z, "2"));
    w.end(second);
    assert_eq!(w.rings(z), ["2"], "before all others");
    assert_eq!(w.decision().trigger, Trigger::Assigned);
    w.answer(z, "2");
    w.end(z);
    assert_eq!(w.rings(x), ["2"]);
    assert_eq!(w.rings(y), Vec::<&str>::new());
}

/// Whatever is asked of agents: no skill, and a further tier.
#[test]
fn an_agent_whom_nobody_would_ask_gets_whom_he_was_given() {
    let needs = vec![Need { skill: "german".into(), level: 5, relaxes: Vec::new() }];
    let mut config = one_queue(QueueConfig { needs, tier_after: 60_000, ..QueueConfig::default() }, 2);
    if let Some(one) = config.agents.get_mut("1") {
        one.skills.insert("german".into(), 9);
    }
    if let Some(two) = config.agents.get_mut("2") {
        two.queues.insert("q".into(), Membership { tier: 2, ..Membership::default() });
    }
    let mut w = World::new(config);
    w.sign_in("1");
    w.sign_in("2");
    let first = w.join("q", "100", 0);
    w.answer(first, "1");
    w.on_break("2");
    let [x, z] = ["101", "102"].map(|caller| w.join("q", caller, 0));
    assert!(!assign(&mut w, z, "2"), "on a break");
    w.choose("2", Presence::Ready);
    assert_eq!((w.rings(x), w.rings(z)), (vec![], vec!["2"]));
    // One call of the phone is what was given: who does not take it is not asked for it again and again.
    w.miss(z, "2", Miss::Refused);
    w.run(60_000);
    assert_eq!(w.rings(z), Vec::<&str>::new());
}

/// A phone of another that rings for the caller already rings on; if in vain, the agent who was to have it has it.
#[test]
fn while_another_phone_rings_the_one_given_waits_for_it() {
    let (mut w, [first, second]) = both_talk(one_queue(QueueConfig::default(), 3));
    let z = w.join("q", "101", 0);
    assert!(!assign(&mut w, z, "2"));
    w.end(first);
    assert_eq!(w.rings(z), ["1"], "who is free takes the caller before");
    w.end(second);
    assert_eq!(w.rings(z), ["1"]);
    w.miss(z, "1", Miss::NoAnswer);
    assert_eq!(w.rings(z), ["2"]);
    assert_eq!(w.decision().trigger, Trigger::Assigned);
}

#[test]
fn the_last_word_counts_and_several_come_in_the_order_given() {
    let (mut w, [first, second]) = both_talk(one_queue(QueueConfig::default(), 2));
    let [x, y, z] = ["101", "102", "103"].map(|caller| w.join("q", caller, 0));
    assign(&mut w, z, "2");
    assign(&mut w, y, "2");
    assign(&mut w, x, "2");
    assign(&mut w, x, "1");
    w.end(second);
    assert_eq!(w.rings(z), ["2"]);
    w.end(first);
    assert_eq!(w.rings(x), ["1"]);
    w.leave(y, Exit::Abandoned);
    w.answer(z, "2");
    w.end(z);
    assert_eq!(w.floor.waiter_count(), 1, "who was given and hung up is forgotten");
}

/// The exchange stops: nobody's phone rings any more, whoever wishes it.
#[test]
fn nobody_is_assigned_when_the_exchange_stops() {
    let mut w = World::new(one_queue(QueueConfig::default(), 2));
    w.sign_in("1");
    w.on_break("1");
    let call = w.join("q", "100", 0);
    w.floor.close(w.moment());
    w.after();
    w.choose("1", Presence::Ready);
    assert_eq!(w.floor.assign(w.moment(), call, "1"), Err(Refusal::Stopping));
    w.after();
    assert_eq!(w.rings(call), Vec::<&str>::new());
}

/// While somebody rings for the only caller nobody stands in the line, and what is configured may have it forgotten.
#[test]
fn whoever_rings_is_given_to_another_also_when_the_line_is_gone() {
    let queue = QueueConfig::default();
    let mut w = World::new(one_queue(queue.clone(), 2));
    ["1", "2"].iter().for_each(|agent| w.sign_in(agent));
    let call = w.join("q", "101", 0);
    assert_eq!(w.rings(call), ["1"]);
    let needs = vec![Need { skill: "german".into(), level: 1, relaxes: Vec::new() }];
    for needs in [needs, Vec::new()] {
        w.floor.configure(w.moment(), Arc::new(one_queue(QueueConfig { needs, ..queue.clone() }, 2)));
        w.after();
    }
    assert!(assign(&mut w, call, "2"));
    assert_eq!(w.rings(call), ["2"]);
}
