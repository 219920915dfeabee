//! The exchange's own tables.

use super::{Checker, Verdict, broken};
use crate::sim::world::{Step, World};

/// The exchange's tables agree with each other: no timer, port, transaction or session without an owner.
#[derive(Debug)]
pub(super) struct TablesAgree {
    every: u64,
}

impl TablesAgree {
    /// Looks at every so manieth step.
    pub(super) fn every(every: u64) -> Self {
        Self { every }
    }
}

impl Checker for TablesAgree {
    fn rule(&self) -> &'static str {
        "the exchange's tables agree with each other: nothing is without an owner"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if step.died || !world.steps.is_multiple_of(self.every) {
            return Ok(());
        }
        agree(world)
    }

    fn rest(&mut self, world: &World) -> Verdict {
        agree(world)
    }
}

fn agree(world: &World) -> Verdict {
    match world.exchange.audit().as_slice() {
        [] => Ok(()),
        wrong => broken(None, wrong.join("; ")),
    }
}

/// Once at rest, nothing is left but registrations.
#[derive(Debug, Default)]
pub(super) struct NothingIsLeft;

impl Checker for NothingIsLeft {
    fn rule(&self) -> &'static str {
        "at rest nothing is left but registrations"
    }

    fn rest(&mut self, world: &World) -> Verdict {
        match world.exchange.leftovers().as_slice() {
            [] => Ok(()),
            left => broken(None, left.join("; ")),
        }
    }
}
