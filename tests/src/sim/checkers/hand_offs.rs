//! Parties who were handed off to a flow. What is asked here is told from events, records and media commands.

use super::{Checker, Verdict, broken};
use crate::sim::world::{Step, World};
use std::collections::BTreeSet;
use switchroom_exchange::{Action, CallId, MediaCommand, Record, Source};

/// From its hand-off until it is back, nothing of a party gets anywhere but into the flow.
#[derive(Debug, Default)]
pub(super) struct HandedOffIsAlone {
    away: BTreeSet<CallId>,
}

impl Checker for HandedOffIsAlone {
    fn rule(&self) -> &'static str {
        "who was handed off is heard by nobody, and neither sound nor keys of it are kept"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        for action in &step.actions {
            match action {
                Action::Persist { record: Record::Event(event), .. } => {
                    let Some(call) = event.call else { continue };
                    match event.name.as_str() {
                        "handed_off" => _ = self.away.insert(call),
                        "handed_back" | "call_ended" => _ = self.away.remove(&call),
                        "digit" if self.away.contains(&call) => {
                            let text = format!("an event tells a key while one is away: {}", event.text);
                            return broken(Some(call), text);
                        }
                        _ => {}
                    }
                }
                Action::Media(MediaCommand::Mark { call, kind, .. })
                    if kind == "digit" && self.away.contains(call) =>
                {
                    return broken(Some(*call), "the recording has a key as a mark while one is away");
                }
                Action::Media(MediaCommand::SendDigit { call, .. }) if self.away.contains(call) => {
                    return broken(Some(*call), "a key is passed on while one is away");
                }
                _ => {}
            }
        }
        if step.died {
            return Ok(());
        }
        self.away.iter().try_for_each(|call| is_alone(world, *call))
    }

    fn rest(&mut self, _world: &World) -> Verdict {
        match self.away.first() {
            Some(call) => broken(Some(*call), "it is over, and one of it has never come back"),
            None => Ok(()),
        }
    }
}

fn is_alone(world: &World, call: CallId) -> Verdict {
    if world.media.recordings.contains_key(&call) && !world.media.paused.contains(&call) {
        return broken(Some(call), "it is recorded while one is away");
    }
    let heard = world.media.legs.iter().find(|(_, leg)| {
        let hears_another = matches!(leg.hears, Source::Leg(_) | Source::Mix(_) | Source::Echo);
        leg.call == call && hears_another
    });
    match heard {
        Some((leg, one)) => {
            broken(Some(call), format!("leg {} hears {:?} while one is away", leg.0, one.hears))
        }
        None => Ok(()),
    }
}
