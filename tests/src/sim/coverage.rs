//! Which (state, event) pairs of the exchange's machines happened.
#![allow(clippy::print_stdout)]

use super::world::World;
use std::collections::BTreeMap;
use switchroom_sip::coverage::Pair;

/// How often each pair happened, over several exchanges.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    pairs: BTreeMap<(&'static str, &'static str, &'static str), u64>,
}

impl Coverage {
    /// Adds what the world's exchange has seen; to be asked before it dies.
    pub fn add_exchange(&mut self, world: &World) {
        self.add(world.exchange.coverage());
    }

    /// Adds what the world's phones have seen, once: they live through each end of the exchange. They have the same SIP
    /// machines, and not all states of them are for an exchange.
    pub fn add_phones(&mut self, world: &World) {
        for handset in &world.handsets {
            self.add(handset.phone.coverage());
        }
    }

    fn add(&mut self, pairs: Vec<Pair>) {
        for pair in pairs.into_iter().filter(|pair| pair.matters) {
            *self.pairs.entry((pair.machine, pair.state, pair.event)).or_default() += pair.times;
        }
    }

    /// Adds another one.
    pub fn merge(&mut self, other: &Self) {
        for (pair, times) in &other.pairs {
            *self.pairs.entry(*pair).or_default() += times;
        }
    }

    /// Says how many pairs were seen and, if wanted, which were not.
    pub fn print(&self, names: bool) {
        let unseen: Vec<_> = self.pairs.iter().filter(|(_, times)| **times == 0).collect();
        println!(
            "{} of {} pairs of state and event happened",
            self.pairs.len() - unseen.len(),
            self.pairs.len()
        );
        if names {
            for ((machine, state, event), _) in unseen {
                println!("  never: {machine}: {event} while {state}");
            }
        }
    }
}
