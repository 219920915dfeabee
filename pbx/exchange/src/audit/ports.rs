//! Rules of RTP port pairs.

use super::Rule;
use crate::{Exchange, LegId, PortSlot};
use std::collections::BTreeMap;

pub(super) const RULES: &[Rule] = &[pool, holders, closing];

fn pool(x: &Exchange, wrong: &mut Vec<String>) {
    let used = x.ports.used().count();
    if used != x.ports.in_use() {
        wrong.push(format!("{} port pairs are counted as used and {used} are", x.ports.in_use()));
    }
}

/// Every pair in use is held by exactly one leg, or by what is being closed.
fn holders(x: &Exchange, wrong: &mut Vec<String>) {
    let mut holders: BTreeMap<PortSlot, Vec<LegId>> = BTreeMap::new();
    let legs = x.calls.values().flat_map(|c| c.legs.values()).filter_map(|l| Some((l.slot?, l.id)));
    for (slot, leg) in legs.chain(x.closing.iter().map(|(leg, slot)| (*slot, *leg))) {
        holders.entry(slot).or_default().push(leg);
    }
    for (slot, legs) in &holders {
        if legs.len() > 1 {
            wrong.push(format!("port pair {} is held by the legs {legs:?}", slot.0));
        }
        if !x.ports.used().any(|used| used == *slot) {
            wrong.push(format!("port pair {} is free and held by the legs {legs:?}", slot.0));
        }
    }
    for slot in x.ports.used().filter(|slot| !holders.contains_key(slot)) {
        wrong.push(format!("port pair {} is in use and nobody holds it", slot.0));
    }
}

/// What is being closed belongs to calls that are forgotten.
fn closing(x: &Exchange, wrong: &mut Vec<String>) {
    for leg in x.closing.keys().filter(|leg| x.legs.contains_key(leg)) {
        wrong.push(format!("leg {} is still there and its port pair is noted as left behind", leg.0));
    }
}
