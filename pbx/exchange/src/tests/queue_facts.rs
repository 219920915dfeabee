//! Facts about queues and agents reach the disk whatever the store does meanwhile.

use super::queues::{Floor, queue};
use crate::*;
use std::time::Duration;
use switchroom_acd::Fact;

/// What is with the store now.
fn waiting(t: &Floor) -> Vec<Ticket> {
    t.w.x.fact_words.waiting.keys().copied().collect()
}

/// The places in the journal of all that the store has, in the order in which they came.
fn places(t: &Floor) -> Vec<u64> {
    let place = |record: &Record| if let Record::Floor { seq, .. } = record { Some(*seq) } else { None };
    t.w.records.iter().filter_map(place).collect()
}

#[test]
fn a_refused_fact_is_offered_again_until_it_is_kept() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    assert_eq!(t.w.x.status().facts, 0);
    t.w.store_works = false;
    let before = places(&t).len();
    t.call("700");
    let refused = waiting(&t);
    assert!(refused.len() >= 3, "joined, offered, the agent's state");
    let theirs: Vec<u64> = t.w.x.fact_words.waiting.values().map(|(seq, _)| *seq).collect();
    t.w.input(Input::NotStored(refused.clone()));
    assert_eq!((t.w.x.status().facts, waiting(&t).len()), (refused.len(), 0));
    t.w.store_works = true;
    t.w.run(Duration::from_secs(11));
    assert_eq!(t.w.x.status().facts, 0);
    let kept = places(&t).split_off(before);
    assert_eq!(kept.get(..theirs.len()), Some(&theirs[..]), "in their order, at their places");
    let joined = t.facts().into_iter().filter(|fact| matches!(fact, Fact::Joined(_))).count();
    assert_eq!(joined, 1);
    t.w.input(Input::EndAll);
    t.w.run(Duration::from_secs(20));
    t.w.settle();
}

#[test]
fn what_cannot_be_kept_any_longer_is_given_up_loudly() {
    let mut t = Floor::new(queue());
    t.w.store_works = false;
    t.sign_in("2", "102");
    let fact = t.w.x.fact_words.waiting.values().next().unwrap().1.clone();
    t.w.input(Input::NotStored(waiting(&t)));
    let words = &mut t.w.x.fact_words.unkept;
    let first = words.keys().next().copied().unwrap();
    words.extend((0..limits::FACTS_WAITING_MAX as u64).map(|n| (1_000_000 + n, fact.clone())));
    while t.w.x.fact_words.count() > limits::FACTS_WAITING_MAX {
        t.w.x.fact_words.unkept.pop_last();
    }
    let now = t.w.now;
    t.w.x.hand_over_fact(now, 9, fact);
    let alarm = t.w.x.alarm("facts_lost").unwrap();
    assert!(alarm.text.starts_with("1 facts about queues and agents are lost"), "{}", alarm.text);
    assert_eq!(t.w.x.fact_words.count(), limits::FACTS_WAITING_MAX);
    assert!(!t.w.x.fact_words.unkept.contains_key(&first), "the oldest");
    // Room is left for all else: so many at once.
    t.w.x.retry_facts(now);
    assert_eq!(t.w.x.fact_words.waiting.len(), 1 + limits::FACTS_AT_ONCE);
    assert!(t.w.x.timers.get(due::Timer::Outbox).is_some());
}
