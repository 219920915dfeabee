//! Whatever peers do, the journal grows by so much within a time and no more: it is never shortened.

use super::flow_site::{PATIENCE, at, flow, say};
use super::flows::Caller;
use super::guarding::guess;
use super::world::{World, config, sdp};
use crate::limits::{ANSWERS_MAX, GUARD_WRITTEN_MAX, KEYS_WRITTEN_MAX};
use crate::*;
use std::time::Duration;
use switchroom_flow::Flows;
use switchroom_flow::node::Job;

/// The texts of the events of that name.
fn told(w: &World, name: &str) -> Vec<String> {
    let of = |record: &Record| match record {
        Record::Event(event) if event.name == name => Some(event.text.clone()),
        _ => None,
    };
    w.records.iter().filter_map(of).collect()
}

/// Somebody behind the address of a phone, who takes ever new names.
#[test]
fn a_source_that_guesses_is_written_down_once_a_minute() {
    let mut w = World::new();
    w.registered("101", "192.0.2.11:5060");
    for user in 0..5 {
        for n in 0..10 {
            guess(&mut w, "192.0.2.11:7000", ("REGISTER", &format!("9{user}")), 100 + user * 10 + n);
        }
    }
    assert_eq!(w.x.status().auth_failures, 50);
    let events = told(&w, "silenced");
    assert!(events.len() == 1 && events[0].contains("192.0.2.11 guessed passwords for 90"), "{events:?}");
    w.run(Duration::from_secs(61));
    let events = told(&w, "silenced");
    assert!(events.len() == 2 && events[1].starts_with("4 times more within a minute"), "{events:?}");
    for n in 0..10 {
        guess(&mut w, "192.0.2.11:7000", ("REGISTER", "99"), 500 + n);
    }
    assert_eq!(told(&w, "silenced").len(), 3, "a minute later it is told again");
    w.run(Duration::from_secs(61));
    assert_eq!(told(&w, "silenced").len(), 3, "and of one there is no rest");
    w.settle();
}

#[test]
fn sources_that_guess_are_bounded_together() {
    let mut w = World::new();
    for source in 0..GUARD_WRITTEN_MAX as u64 + 7 {
        for n in 0..10 {
            guess(&mut w, &format!("203.0.113.{source}:5060"), ("REGISTER", "101"), source * 10 + n);
        }
    }
    assert_eq!(told(&w, "silenced").len(), GUARD_WRITTEN_MAX);
    w.run(Duration::from_secs(61));
    let events = told(&w, "silenced");
    assert_eq!(events.len(), GUARD_WRITTEN_MAX + 1);
    assert!(events[GUARD_WRITTEN_MAX].starts_with("7 times more"), "{events:?}");
}

#[test]
fn keys_without_end_are_counted() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    let leg = w.x.calls().next().unwrap().caller;
    for _ in 0..KEYS_WRITTEN_MAX + 33 {
        w.input(Input::Media(MediaEvent::Digit { leg, digit: '5' }));
    }
    assert_eq!(told(&w, "digit").len(), KEYS_WRITTEN_MAX as usize);
    assert_eq!(told(&w, "left_out"), [""; 0]);
    w.hang_up(a, call);
    assert_eq!(told(&w, "left_out"), ["more than is written down one by one: 33 keys pressed"]);
    w.settle();
}

/// A flow that asks over and over.
#[test]
fn answers_without_end_are_counted() {
    let ask = Job::Survey {
        prompt: say("rate"),
        question: "kindness".into(),
        keys: "12345".into(),
        patience: PATIENCE,
        next: at(0),
        silent: None,
    };
    let mut config = config();
    config.flows = Flows::from([flow("600", vec![ask], None)]);
    let world = World::with(config, Restored::default());
    let mut t = Caller::in_world(world, "600", sdp("192.0.2.11", "8 101", ""));
    let opens = |t: &Caller| t.w.records.iter().filter(|one| matches!(one, Record::CallOpen(_))).count();
    let before = opens(&t);
    for _ in 0..ANSWERS_MAX + 5 {
        t.digit('4');
    }
    assert_eq!(opens(&t) - before, ANSWERS_MAX as usize);
    let (a, call) = (t.a, t.call);
    t.w.hang_up(a, call);
    assert_eq!(t.w.cdr().answers.len(), ANSWERS_MAX as usize);
    assert_eq!(told(&t.w, "survey").len(), ANSWERS_MAX as usize);
    assert_eq!(told(&t.w, "left_out"), ["more than is written down one by one: 5 answers to surveys"]);
    t.w.settle();
}
