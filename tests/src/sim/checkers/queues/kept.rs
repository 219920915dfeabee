//! Facts reach the disk, whatever the store does meanwhile.

use crate::sim::checkers::{Checker, Verdict, broken};
use crate::sim::world::{Came, Step, World};
use std::collections::BTreeSet;
use switchroom_exchange::{Action, Record};

/// What was written down of queues and agents is on disk at rest: what the store refused was offered again.
#[derive(Debug, Default)]
pub(in super::super) struct FactsReachTheDisk {
    told: BTreeSet<u64>,
}

impl Checker for FactsReachTheDisk {
    fn rule(&self) -> &'static str {
        "what happens to queues and agents is on disk at rest, though the store refused it before"
    }

    fn step(&mut self, _world: &World, step: &Step) -> Verdict {
        if step.came == Came::Start || step.died {
            // What a process that died had told nobody is lost with it.
            self.told.clear();
        }
        for action in step.actions.iter().filter(|_| !step.died) {
            if let Action::Persist { record: Record::Floor { seq, .. }, .. } = action {
                self.told.insert(*seq);
            }
        }
        Ok(())
    }

    fn rest(&mut self, world: &World) -> Verdict {
        match self.told.iter().find(|seq| !world.store.disk.facts.contains_key(seq)) {
            Some(seq) => broken(None, format!("the fact at place {seq} is not on disk")),
            None => Ok(()),
        }
    }
}
