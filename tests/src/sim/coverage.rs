//! Which (state, event) pairs of the exchange's machines happened, and which cannot.
#![allow(clippy::print_stdout)]

use super::world::World;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use switchroom_sip::coverage::Pair;

/// A machine, its state and what happened to it.
pub type Words = (&'static str, &'static str, &'static str);

/// How often each pair happened, over several exchanges.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    pairs: BTreeMap<Words, u64>,
}

/// Pairs of a machine that cannot happen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    machine: String,
    states: Vec<String>,
    /// `*` is each that matters in the state.
    events: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Groups {
    impossible: Vec<Group>,
}

/// The groups; the error says what is wrong with the file.
static GROUPS: LazyLock<Result<Vec<Group>, String>> = LazyLock::new(|| {
    let groups: Result<Groups, _> = toml::from_str(include_str!("impossible.toml"));
    groups.map(|groups| groups.impossible).map_err(|error| error.to_string())
});

fn groups() -> &'static [Group] {
    GROUPS.as_deref().unwrap_or_default()
}

impl Group {
    fn has(&self, (machine, state, event): Words) -> bool {
        let is_event = |words: &[String]| words.iter().any(|word| word == event);
        let is_one = is_event(&self.events) || self.events.iter().any(|word| word == "*");
        self.machine == machine
            && self.states.iter().any(|word| word == state)
            && is_one
            && !is_event(&self.except)
    }
}

/// Why a pair cannot happen, if it cannot.
fn impossible(pair: Words) -> Option<&'static str> {
    groups().iter().find(|group| group.has(pair)).map(|group| group.why.as_str())
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

    /// Adds counts of machines.
    pub fn add(&mut self, pairs: Vec<Pair>) {
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

    /// All pairs that matter, with how often each happened.
    pub fn pairs(&self) -> &BTreeMap<Words, u64> {
        &self.pairs
    }

    /// Pairs that are said to be impossible and happened, with the reason that is wrong.
    pub fn surprises(&self) -> Vec<(Words, &'static str)> {
        let happened = self.pairs.iter().filter(|(_, times)| **times > 0);
        happened.filter_map(|(pair, _)| Some((*pair, impossible(*pair)?))).collect()
    }

    /// What is wrong with the list of pairs that cannot happen: words that no machine has.
    pub fn faults_of_list(&self) -> Vec<String> {
        if let Err(error) = &*GROUPS {
            return vec![error.clone()];
        }
        let is_known = |group: &Group, state: &str, event: &str| {
            let is_event = |known: &str| event == "*" || known == event;
            self.pairs.keys().any(|(m, s, e)| *m == group.machine && *s == state && is_event(e))
        };
        let mut faults = Vec::new();
        for group in groups() {
            for state in &group.states {
                let words = group.events.iter().chain(&group.except);
                let unknown = words.filter(|event| !is_known(group, state, event));
                faults.extend(unknown.map(|event| format!("{}: {event} while {state}", group.machine)));
            }
        }
        faults
    }

    /// Says how many pairs were seen and, if wanted, which were not although they can be.
    pub fn print(&self, names: bool) {
        let unseen = self.pairs.iter().filter(|(_, times)| **times == 0).map(|(pair, _)| *pair);
        let (cannot, unseen): (Vec<Words>, Vec<Words>) = unseen.partition(|pair| impossible(*pair).is_some());
        let (all, cannot) = (self.pairs.len(), cannot.len());
        println!(
            "{} of {} pairs of state and event happened that can; {cannot} cannot",
            all - cannot - unseen.len(),
            all - cannot
        );
        if names {
            for (machine, state, event) in unseen {
                println!("  never: {machine}: {event} while {state}");
            }
        }
        for ((machine, state, event), why) in self.surprises() {
            println!("  happened, and cannot: {machine}: {event} while {state}: {why}");
        }
    }
}
