//! Facts reach the disk, whatever the store does meanwhile.

use crate::sim::checkers::{Checker, Verdict, broken};
use crate::sim::world::{Step, World};
use std::collections::BTreeMap;
use switchroom_acd::Fact;
use switchroom_exchange::{Action, Record};

/// What was written down of queues and agents is on disk at rest, word for word: what the store refused was offered again, and
/// nothing else in its place.
#[derive(Debug, Default)]
pub(in super::super) struct FactsReachTheDisk {
    told: BTreeMap<u64, Fact>,
}

impl Checker for FactsReachTheDisk {
    fn rule(&self) -> &'static str {
        "what happens to queues and agents is on disk at rest, though the store refused it before"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        // What a process that died had told nobody is lost with it.
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, _world: &World, step: &Step) -> Verdict {
        if step.died {
            self.told.clear();
        }
        for action in step.actions.iter().filter(|_| !step.died) {
            if let Action::Persist { record: Record::Floor { seq, fact }, .. } = action
                && let Some(before) = self.told.insert(*seq, Fact::clone(fact))
                && before != **fact
            {
                return broken(None, format!("the fact at place {seq} was {before:?}, and now {fact:?}"));
            }
        }
        Ok(())
    }

    fn rest(&mut self, world: &World) -> Verdict {
        let disk = &world.store.disk.facts;
        match self.told.iter().find(|(seq, fact)| disk.get(seq) != Some(fact)) {
            Some((seq, fact)) => {
                let is = disk.get(seq);
                broken(None, format!("at place {seq} there is {is:?} on disk, and was told {fact:?}"))
            }
            None => Ok(()),
        }
    }
}
