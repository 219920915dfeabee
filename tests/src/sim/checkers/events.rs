//! The journal.

use super::{Checker, Verdict, broken};
use crate::sim::world::{Step, World};
use switchroom_exchange::{Action, Record};

/// Events are numbered without a gap, in the order in which they happen.
#[derive(Debug, Default)]
pub(super) struct EventsRise {
    last: Option<u64>,
    life: u32,
}

impl Checker for EventsRise {
    fn rule(&self) -> &'static str {
        "events are numbered without a gap, in the order in which they happen"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if self.life != world.lives {
            (self.life, self.last) = (world.lives, None);
        }
        for action in &step.actions {
            let Action::Persist { record: Record::Event(event), .. } = action else { continue };
            if self.last.is_some_and(|last| event.seq != last + 1) {
                let text = format!("event {} ({}) came after event {:?}", event.seq, event.name, self.last);
                return broken(event.call, text);
            }
            self.last = Some(event.seq);
        }
        Ok(())
    }
}
