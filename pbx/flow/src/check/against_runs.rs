//! Checks held against the interpreter: flows in which a random caller goes round for ever are told, and whatever the flow,
//! a check and a drawing come to an end.
#![allow(clippy::panic)]

use super::{Known, check};
use crate::boundary::{Effect, Event};
use crate::rehearse::chance::Chance;
use crate::rehearse::random::{World, flows, happen};
use crate::rehearse::witness::Witness;
use crate::run::Run;
use crate::show::show;

const SEEDS: u64 = 2_000;
const EVENTS: usize = 60;

/// The loop that a random caller got into, if one did: the event that led there, and what the interpreter says.
fn loops(seed: u64) -> Option<String> {
    let mut chance = Chance::new(seed);
    let all = flows(&mut chance);
    let first = all.values().next().cloned()?;
    let mut world = World::new(all, Chance::new(seed ^ 0x5eed));
    let (mut run, mut witness) = (Run::new(first), Witness::default());
    let mut event = Event::Begin;
    for _ in 0..EVENTS {
        if matches!(event, Event::Gone { .. }) {
            return None;
        }
        let told = format!("{event:?}");
        witness.event(&event);
        run.handle(&mut world, event);
        let effects: Vec<Effect> = std::iter::from_fn(|| run.poll_effect()).collect();
        for effect in &effects {
            if let Effect::Fault { flow, node, what } = effect
                && what.contains("without waiting")
            {
                return Some(format!("{flow} {node}, {told}: {what}"));
            }
        }
        witness.effects(&effects).ok()?;
        event = happen(&mut chance, &witness);
    }
    None
}

#[test]
fn who_goes_round_for_ever_was_told_of() {
    let mut looped = 0;
    let mut missed = String::new();
    for seed in 1..=SEEDS {
        let all = flows(&mut Chance::new(seed));
        let faults = check(&all, &Known::default());
        let is_told =
            faults.iter().any(|f| !f.is_warning && (f.what.contains("loop") || f.what.contains("run")));
        for flow in all.values() {
            assert!(show(flow).lines().count() > flow.nodes.len(), "every node has its line");
        }
        if let Some(what) = loops(seed) {
            looped += 1;
            if !is_told {
                missed += &format!("seed {seed}: {what}\n");
            }
        }
    }
    assert!(missed.is_empty(), "{missed}");
    assert!(looped > 20, "only {looped} went round");
}
