//! Random flows, random callers, random outcomes: the rules hold after each event, and each run ends.

use super::*;
use crate::rehearse::chance::Chance;
use crate::rehearse::random::{World as RandomWorld, flows, happen};

/// Seeds that are played; more by hand, when something was changed.
const SEEDS: u64 = 800;
/// Events before the caller hangs up.
const EVENTS: usize = 120;

fn play(seed: u64, kinds: &mut BTreeMap<&'static str, u32>) -> Result<usize, String> {
    let mut chance = Chance::new(seed);
    let all = flows(&mut chance);
    let first = all.values().next().cloned().ok_or("no flow")?;
    let mut world = RandomWorld::new(all, Chance::new(seed ^ 0x5eed));
    let mut run = Run::new(first);
    let mut witness = Witness::default();
    let mut events = 0;
    let mut next = Some(Event::Begin);
    while let Some(event) = next {
        let told = format!("seed {seed}, event {events}: {event:?}");
        witness.event(&event);
        run.handle(&mut world, event);
        let mut effects = Vec::new();
        while let Some(effect) = run.poll_effect() {
            effects.push(effect);
        }
        witness.effects(&effects).map_err(|rule| format!("{told}: {rule}"))?;
        if let Some(rule) = run.audit() {
            return Err(format!("{told}: {rule}: {run:#?}"));
        }
        for effect in &effects {
            let word = format!("{effect:?}");
            let word = [
                "Play", "Dial", "Queue", "Record", "Ask", "Survey", "Message", "Fault", "HangUp", "Withdraw",
                "Secret", "End", "CallBack", "WaitOn",
            ]
            .into_iter()
            .find(|kind| word.starts_with(kind));
            *kinds.entry(word.unwrap_or("other")).or_default() += 1;
        }
        events += 1;
        if run.is_over() != witness.has_ended() {
            return Err(format!("{told}: over, but not at its end"));
        }
        if run.is_over() && events > EVENTS {
            return Ok(events);
        }
        if events > EVENTS + 20_000 {
            return Err(format!("{told}: it does not end"));
        }
        let must_go = events >= EVENTS && !run.is_over() && witness.asked().is_none();
        next = Some(if must_go { Event::Gone { recorded: None } } else { happen(&mut chance, &witness) });
    }
    Ok(events)
}

#[test]
fn random_callers_in_random_flows() {
    let mut kinds = BTreeMap::new();
    for seed in 1..=SEEDS {
        if let Err(what) = play(seed, &mut kinds) {
            panic!("{what}");
        }
    }
    for kind in [
        "Play", "Dial", "Queue", "Record", "Ask", "Survey", "Message", "Fault", "HangUp", "Withdraw",
        "Secret", "End", "CallBack", "WaitOn",
    ] {
        assert!(kinds.get(kind).is_some_and(|n| *n > 20), "{kind} hardly happens: {kinds:?}");
    }
}

#[test]
fn the_same_seed_makes_the_same_flows() {
    assert_eq!(flows(&mut Chance::new(7)), flows(&mut Chance::new(7)));
    assert_ne!(flows(&mut Chance::new(7)), flows(&mut Chance::new(8)));
}

#[test]
fn a_branch_is_what_it_is_left_by() {
    for seed in 1..=200 {
        for flow in flows(&mut Chance::new(seed)).values() {
            for node in &flow.nodes {
                for branch in crate::run::branches(&node.job) {
                    assert_eq!(crate::run::branch_of(&node.job, &branch), Some(branch.clone()));
                }
            }
        }
    }
}
