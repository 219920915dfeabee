//! Who sits where, and what another configuration or a restart makes of it.

use super::world::{World, one_queue};
use crate::boundary::{Due, Effect, Refusal};
use crate::config::{Config, Need, QueueConfig, SortKey, Staff};
use crate::fact::{Activity, Exit, Fact, Presence};
use crate::{Remembered, State};
use std::sync::Arc;

#[test]
fn one_seat_is_for_one_agent() {
    let mut w = World::new(one_queue(QueueConfig::default(), 3));
    w.sign_in("1");
    let now = w.moment();
    w.floor.choose(now, "2", Presence::Ready, Some("x1"), "agent").unwrap();
    w.after();
    assert_eq!(w.floor.agent("1").unwrap().presence, Presence::LoggedOut);
    let call = w.join("q", "100", 0);
    assert_eq!(w.rings(call), ["2"]);
    w.answer(call, "2");
    let taken = w.floor.choose(now, "3", Presence::Ready, Some("x1"), "agent");
    assert_eq!(taken, Err(Refusal::Taken("2".into())));
    assert_eq!(w.floor.choose(now, "3", Presence::Ready, None, "agent"), Err(Refusal::NoExtension));
    assert_eq!(w.floor.choose(now, "99", Presence::Ready, None, "agent"), Err(Refusal::NoAgent));
}

#[test]
fn another_strategy_acts_on_who_waits_and_on_who_is_free() {
    let mut config = one_queue(
        QueueConfig { max_waiting: 10, order: vec![SortKey::LongestIdle], ..QueueConfig::default() },
        2,
    );
    let mut w = World::new(config.clone());
    w.sign_in("2");
    w.run(5);
    w.sign_in("1");
    config.queues.get_mut("q").unwrap().order = vec![SortKey::Linear];
    w.floor.configure(w.moment(), Arc::new(config.clone()));
    w.after();
    let call = w.join("q", "100", 0);
    assert_eq!(w.rings(call), ["1"]);
    w.answer(call, "1");
    let second = w.join("q", "101", 0);
    w.answer(second, "2");
    let waits = w.join("q", "102", 0);
    let untouched = w.facts.len();
    w.floor.configure(w.moment(), Arc::new(config.clone()));
    w.after();
    assert_eq!(w.facts.len(), untouched, "the same configuration changes nothing");
    config.queues.clear();
    for agent in config.agents.values_mut() {
        agent.queues.clear();
    }
    w.floor.configure(w.moment(), Arc::new(config));
    w.after();
    assert_eq!(w.exits, [(waits, Exit::Removed)]);
    w.end(call);
    w.end(second);
}

/// Agent 1 talks, a caller waits behind; then the queue has other rules.
fn waits_under_other_rules(before: QueueConfig, after: QueueConfig) -> (World, crate::Call) {
    let mut config = one_queue(before, 1);
    let mut w = World::new(config.clone());
    w.sign_in("1");
    let busy = w.join("q", "100", 0);
    w.answer(busy, "1");
    let waits = w.join("q", "101", 0);
    w.run(20_000);
    config.queues.insert("q".into(), after);
    w.floor.configure(w.moment(), Arc::new(config));
    w.after();
    (w, waits)
}

#[test]
fn another_longest_wait_acts_on_who_waits() {
    let longest = |max_wait| QueueConfig { max_wait, ..QueueConfig::default() };
    // From the moment at which the caller came, not from that of the change.
    let (mut w, waits) = waits_under_other_rules(longest(0), longest(30_000));
    w.run(9_999);
    assert!(w.exits.is_empty());
    w.run(1);
    assert_eq!(w.exits, [(waits, Exit::Timeout)]);
    let (mut w, waits) = waits_under_other_rules(longest(60_000), longest(15_000));
    w.run(1);
    assert_eq!(w.exits, [(waits, Exit::Timeout)], "by the new rule it is overdue");
    let (mut w, waits) = waits_under_other_rules(longest(30_000), longest(50_000));
    w.run(29_999);
    assert!(w.exits.is_empty());
    w.run(1);
    assert_eq!(w.exits, [(waits, Exit::Timeout)]);
    let (mut w, waits) = waits_under_other_rules(longest(30_000), longest(0));
    w.run(3_600_000);
    assert!(w.exits.is_empty() && w.floor.waiter(waits).is_some());
}

#[test]
fn another_staff_for_whom_callers_stay_acts_on_who_waits() {
    let staff = |stay| QueueConfig { stay, stay_grace: 30_000, ..QueueConfig::default() };
    let (mut w, waits) = waits_under_other_rules(staff(Staff::SignedIn), staff(Staff::Working));
    w.on_break("1");
    w.run(29_999);
    assert!(w.exits.is_empty());
    w.run(1);
    assert_eq!(w.exits, [(waits, Exit::Empty)]);
    // On a break already when the rule comes; and the grace ends with the rule that asked for it.
    for (after, is_let_go) in [(Staff::Working, true), (Staff::None, false)] {
        let mut config = one_queue(staff(Staff::SignedIn), 1);
        let mut w = World::new(config.clone());
        w.sign_in("1");
        let waits = w.join("q", "101", 0);
        assert_eq!(w.rings(waits), ["1"]);
        w.on_break("1");
        if !is_let_go {
            w.choose("1", Presence::LoggedOut);
        }
        w.run(20_000);
        config.queues.insert("q".into(), staff(after));
        w.floor.configure(w.moment(), Arc::new(config));
        w.after();
        w.run(29_999);
        assert!(w.exits.is_empty());
        w.run(1);
        assert_eq!(w.exits.contains(&(waits, Exit::Empty)), is_let_go, "{after:?}");
    }
}

#[test]
fn after_a_restart_everybody_is_where_they_chose_to_be() {
    let mut w = World::new(one_queue(QueueConfig::default(), 3));
    let now = w.moment();
    w.floor.phone(now, "x1", true, false);
    let lunch = Presence::Break { reason: "lunch".into() };
    let of = |agent: &str, presence, activity| Remembered {
        agent: agent.into(),
        extension: format!("x{agent}"),
        state: State { presence, activity },
        since_ms: now.wall - 90_000,
    };
    w.floor.restore(
        now,
        vec![of("1", Presence::Ready, Activity::Talking), of("2", lunch.clone(), Activity::Idle)],
    );
    w.after();
    let states = w.facts.iter().map(|fact| match fact {
        Fact::Agent(fact) => (fact.agent.as_str(), fact.lasted_ms, fact.is.activity),
        other => panic!("{other:?}"),
    });
    assert_eq!(states.collect::<Vec<_>>(), [("1", 90_000, Activity::Idle)]);
    assert_eq!(w.floor.agent("2").unwrap().presence, lunch);
    assert_eq!(w.floor.agent("2").unwrap().lasted(now), 90_000);
    let call = w.join("q", "100", 0);
    assert_eq!(w.rings(call), ["1"]);
}

/// Who was displaced during after-call time and signs in elsewhere takes nobody's seat away (seeds 22, 121 and 321).
#[test]
fn a_seat_that_was_lost_is_not_given_up_again() {
    let mut w = World::new(one_queue(QueueConfig { wrap_up: 60_000, ..QueueConfig::default() }, 2));
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    w.answer(call, "1");
    w.end(call);
    w.floor.choose(w.moment(), "2", Presence::Ready, Some("x1"), "agent").unwrap();
    w.after();
    w.floor.choose(w.moment(), "1", Presence::Ready, Some("x9"), "agent").unwrap();
    w.after();
    assert_eq!(w.floor.agent_at("x1").map(|agent| agent.number.to_string()).as_deref(), Some("2"));
}

/// The same, and he comes back to it.
#[test]
fn a_seat_that_was_lost_is_taken_again() {
    let mut w = World::new(one_queue(QueueConfig { wrap_up: 60_000, ..QueueConfig::default() }, 2));
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    w.answer(call, "1");
    w.end(call);
    for agent in ["2", "1"] {
        w.floor.choose(w.moment(), agent, Presence::Ready, Some("x1"), "agent").unwrap();
        w.after();
    }
    assert_eq!(w.floor.agent_at("x1").map(|agent| agent.number.to_string()).as_deref(), Some("1"));
    assert_eq!(w.floor.agent("2").unwrap().presence, Presence::LoggedOut);
}

/// Seed 139: who moved to another place was remembered at the old one, and took it from its new owner at a restart.
#[test]
fn who_moves_is_written_down_at_the_new_place() {
    let mut w = World::new(one_queue(QueueConfig::default(), 2));
    w.sign_in("1");
    w.run(1_000);
    w.floor.choose(w.moment(), "1", Presence::Ready, Some("x7"), "agent").unwrap();
    w.after();
    let last = w.facts.iter().rev().find_map(|fact| match fact {
        Fact::Agent(fact) => Some((fact.extension.as_str(), fact.lasted_ms)),
        _ => None,
    });
    assert_eq!(last, Some(("x7", 1_000)));
    let known = w.facts.len();
    w.on_break("2");
    w.choose("2", Presence::LoggedOut);
    w.floor.phone(w.moment(), "x2", true, true);
    w.floor.phone(w.moment(), "x2", true, false);
    w.after();
    assert_eq!(w.facts.len(), known + 2, "who is not here is nowhere");
}

/// Seed 47: who was remembered and not configured had a state that never ended.
#[test]
fn who_is_not_configured_any_more_at_a_start_is_signed_out() {
    let mut w = World::new(one_queue(QueueConfig::default(), 1));
    let state = State { presence: Presence::Ready, activity: Activity::Talking };
    let since_ms = w.wall - 5_000;
    let gone = Remembered { agent: "9".into(), extension: "x9".into(), state: state.clone(), since_ms };
    w.floor.restore(w.moment(), vec![gone]);
    w.after();
    let Some(Fact::Agent(fact)) = w.facts.last() else { panic!("{:?}", w.facts) };
    assert_eq!((&fact.was, &fact.is, fact.lasted_ms), (&state, &State::default(), 5_000));
}

#[test]
fn of_two_who_are_remembered_at_one_place_the_latest_has_it() {
    let mut w = World::new(one_queue(QueueConfig::default(), 2));
    let state = State { presence: Presence::Ready, activity: Activity::Idle };
    let at = |agent: &str, ago: i64| Remembered {
        agent: agent.into(),
        extension: "x1".into(),
        state: state.clone(),
        since_ms: w.wall - ago,
    };
    let both = vec![at("1", 1_000), at("2", 9_000)];
    w.floor.restore(w.moment(), both);
    w.after();
    assert_eq!(w.floor.agent_at("x1").map(|agent| agent.number.to_string()), Some("1".into()));
    assert!(!w.floor.agent("2").unwrap().presence.is_signed_in());
}

#[test]
fn who_has_a_caller_moves_nowhere_and_displaces_nobody() {
    let mut w = World::new(one_queue(QueueConfig::default(), 2));
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    w.answer(call, "1");
    w.sign_in("2");
    let moved = w.floor.choose(w.moment(), "1", Presence::Ready, Some("x2"), "agent");
    assert_eq!(moved, Err(Refusal::HasCaller));
    w.after();
    assert_eq!(w.floor.agent("2").unwrap().presence, Presence::Ready);
}

/// The last agent of a queue is given to another one: who waits there stays for as long as is said, and screens are told.
#[test]
fn a_queue_that_lost_its_last_agent_lets_its_callers_go() {
    let mut config = one_queue(QueueConfig { stay_grace: 30_000, ..QueueConfig::default() }, 1);
    let mut w = World::new(config.clone());
    w.sign_in("1");
    w.on_break("1");
    let call = w.join("q", "100", 0);
    config.agents.get_mut("1").unwrap().queues.clear();
    w.floor.configure(w.moment(), Arc::new(config));
    let told: Vec<_> = std::iter::from_fn(|| w.floor.poll_effect()).collect();
    assert!(told.contains(&Effect::QueueChanged("q".into())), "{told:?}");
    assert!(
        told.iter().any(|effect| matches!(effect, Effect::Wake(Due::Deserted(_), Some(30_000)))),
        "{told:?}"
    );
    let id = w.floor.queue("q").unwrap().id;
    w.floor.due(w.moment(), [Due::Deserted(id)]);
    w.after();
    assert_eq!(w.exits, [(call, Exit::Empty)]);
}

#[test]
fn a_queue_that_is_not_configured_any_more_is_told() {
    let mut w = World::new(one_queue(QueueConfig::default(), 1));
    w.floor.configure(w.moment(), Arc::new(one_queue(QueueConfig::default(), 0)));
    w.after();
    w.floor.configure(w.moment(), Arc::new(Config::default()));
    let told: Vec<_> = std::iter::from_fn(|| w.floor.poll_effect()).collect();
    assert!(told.contains(&Effect::QueueChanged("q".into())), "{told:?}");
}

/// The rules of a queue change while somebody waits, and by the same change an agent becomes free: he is judged by the new.
#[test]
fn new_needs_hold_at_once_for_who_waits() {
    let needs = |level| vec![Need { skill: "german".into(), level, relaxes: Vec::new() }];
    let mut config = one_queue(QueueConfig { needs: needs(5), ..QueueConfig::default() }, 1);
    let mut w = World::new(config.clone());
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    assert!(w.rings(call).is_empty());
    config.queues.get_mut("q").unwrap().needs = needs(8);
    config.agents.get_mut("1").unwrap().skills.insert("german".into(), 6);
    w.floor.configure(w.moment(), Arc::new(config.clone()));
    w.after();
    assert!(w.rings(call).is_empty());
    config.queues.get_mut("q").unwrap().needs = needs(6);
    w.floor.configure(w.moment(), Arc::new(config));
    w.after();
    assert_eq!(w.rings(call), ["1"]);
}

/// Seeds 800776 and 801007: nobody was told of a queue to which an agent came.
#[test]
fn a_queue_that_an_agent_came_to_is_told() {
    let mut config = one_queue(QueueConfig::default(), 1);
    let place = config.agents["1"].queues["q"];
    config.agents.get_mut("1").unwrap().queues.clear();
    let mut w = World::new(config.clone());
    w.after();
    config.agents.get_mut("1").unwrap().queues.insert("q".into(), place);
    w.floor.configure(w.moment(), Arc::new(config));
    let told: Vec<_> = std::iter::from_fn(|| w.floor.poll_effect()).collect();
    assert!(told.contains(&Effect::QueueChanged("q".into())), "{told:?}");
}

#[test]
fn a_place_is_counted_from_whichever_end_is_nearer() {
    let config = QueueConfig { max_waiting: 100, ..QueueConfig::default() };
    let mut w = World::new(one_queue(config, 1));
    w.sign_in("1");
    let busy = w.join("q", "99", 0);
    w.answer(busy, "1");
    // A few urgent ones among many.
    let calls: Vec<u128> = (0..40).map(|n| w.join("q", &format!("{n}"), i64::from(n % 7 == 0))).collect();
    let queue = w.floor.queue("q").unwrap();
    for call in calls {
        let turn = w.floor.waiter(call).unwrap().turn;
        let before = queue.order.iter().take_while(|other| **other != turn).count();
        assert_eq!(queue.place(turn) as usize, before + 1);
    }
}
