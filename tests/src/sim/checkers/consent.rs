//! Who is asked before a recording. What is asked here is told from media commands and from what the engine says.

use super::{Checker, Verdict, broken};
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_exchange::{Action, CallId, LegId, MediaCommand, MediaEvent, Record, RecordRule};
use switchroom_flow::Clip;

/// Where the site asks, a rule has nothing recorded before somebody of the call has heard the question to its end; and nothing at
/// all is recorded once that one has refused.
#[derive(Debug, Default)]
pub(super) struct AskedBeforeRecorded {
    /// Who is being asked, and in what playing.
    asked: BTreeMap<LegId, (CallId, u64)>,
    heard: BTreeSet<CallId>,
    refused: BTreeSet<CallId>,
    life: u32,
}

impl Checker for AskedBeforeRecorded {
    fn rule(&self) -> &'static str {
        "where the site asks for consent, nothing is recorded before it was asked for, or once it was refused"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if self.life != world.lives {
            *self = Self { life: world.lives, ..Self::default() };
        }
        let config = world.exchange.config();
        if config.consent.is_empty() {
            return Ok(());
        }
        match &step.came {
            Came::Media(MediaEvent::Played { leg, number }) => {
                if let Some((call, _)) = self.asked.get(leg).filter(|(_, asked)| asked == number) {
                    self.heard.insert(*call);
                    self.asked.remove(leg);
                }
            }
            // What is pressed in a call with a flow may be a key that came by INFO before.
            Came::Media(MediaEvent::Digit { leg, digit }) if config.consent_refuse == Some(*digit) => {
                let has_no_flow =
                    |call: &CallId| world.exchange.call(*call).is_some_and(|call| call.flow.is_none());
                let call = self.asked.get(leg).map(|(call, _)| *call);
                self.refused.extend(call.filter(has_no_flow));
            }
            _ => {}
        }
        for action in &step.actions {
            match action {
                Action::Persist { record: Record::Event(event), .. } => match event.name.as_str() {
                    "recording_refused" => self.refused.extend(event.call),
                    "call_ended" => self.forget(event.call),
                    _ => {}
                },
                Action::Media(MediaCommand::Play { call, leg, number, clips, .. }) => {
                    let asks =
                        |clip: &Clip| matches!(clip, Clip::Prompt { name, .. } if *name == config.consent);
                    if clips.iter().any(asks) {
                        self.asked.insert(*leg, (*call, *number));
                    } else {
                        self.asked.remove(leg);
                    }
                }
                Action::Media(MediaCommand::Hear { leg, .. } | MediaCommand::Close { leg, .. }) => {
                    self.asked.remove(leg);
                }
                Action::Media(MediaCommand::Record { call, .. }) => {
                    if self.refused.contains(call) {
                        return broken(Some(*call), "it is recorded, and somebody has refused that");
                    }
                    // Who begins one by hand says so, and answers for it.
                    let is_begun = |other: &Action| matches!(other, Action::Persist { record: Record::Event(event), .. } if event.call == Some(*call) && event.name == "recording_begun");
                    let is_by_rule =
                        config.record == RecordRule::Always && !step.actions.iter().any(is_begun);
                    if is_by_rule && !self.heard.contains(call) {
                        return broken(Some(*call), "it is recorded, and nobody was asked before");
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl AskedBeforeRecorded {
    fn forget(&mut self, call: Option<CallId>) {
        let Some(call) = call else { return };
        self.asked.retain(|_, (of, _)| *of != call);
        self.heard.remove(&call);
        self.refused.remove(&call);
    }
}
