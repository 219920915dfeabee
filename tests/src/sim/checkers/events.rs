//! The journal.

use super::{Checker, Verdict, broken};
use crate::sim::world::{Step, World};
use switchroom_exchange::{Action, Record};

/// Events and what is written down of queues are numbered without a gap, in the order in which they happen.
#[derive(Debug, Default)]
pub(super) struct EventsRise {
    last: Option<u64>,
}

impl Checker for EventsRise {
    fn rule(&self) -> &'static str {
        "events are numbered without a gap, in the order in which they happen"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, _world: &World, step: &Step) -> Verdict {
        for action in &step.actions {
            let (seq, call, name) = match action {
                Action::Persist { record: Record::Event(event), .. } => (event.seq, event.call, &*event.name),
                Action::Persist { record: Record::Floor { seq, .. }, .. } => (*seq, None, "a fact"),
                _ => continue,
            };
            if self.last.is_some_and(|last| seq != last + 1) {
                return broken(call, format!("event {seq} ({name}) came after event {:?}", self.last));
            }
            self.last = Some(seq);
        }
        Ok(())
    }
}
