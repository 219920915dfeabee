//! Recordings that people pause. What is asked here is told from events and media commands.

use super::{Checker, Verdict, broken};
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_exchange::{Action, CallId, LegId, MediaCommand, MediaEvent, Record};
use switchroom_flow::Clip;

/// A recording has silence while a person wants it so, a party is in a flow, or one is asked whether it may be recorded, and at no
/// other time; no reason ends another.
#[derive(Debug, Default)]
pub(super) struct PausedIsSilent {
    paused: BTreeSet<CallId>,
    away: BTreeSet<CallId>,
    /// Who has not heard the question to its end, and in what playing.
    asked: BTreeMap<CallId, (LegId, u64)>,
    life: u32,
}

impl Checker for PausedIsSilent {
    fn rule(&self) -> &'static str {
        "a recording is silent exactly while somebody wants it so, is asked, or is in a flow, and has no keys of a pause"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if self.life != world.lives {
            *self = Self { life: world.lives, ..Self::default() };
        }
        // Who has not heard it is asked no more, either.
        if let Came::Media(MediaEvent::Played { leg, number } | MediaEvent::Unheard { leg, number }) =
            &step.came
        {
            self.asked.retain(|_, asked| *asked != (*leg, *number));
        }
        let mut touched = BTreeSet::new();
        for action in &step.actions {
            match action {
                Action::Persist { record: Record::Event(event), .. } => {
                    let Some(call) = event.call else { continue };
                    match event.name.as_str() {
                        "recording_paused" => _ = self.paused.insert(call),
                        "recording_resumed" | "recording_stopped" => _ = self.paused.remove(&call),
                        "consent_missing" | "recording_refused" => _ = self.asked.remove(&call),
                        "handed_off" => _ = self.away.insert(call),
                        "handed_back" => _ = self.away.remove(&call),
                        "call_ended" => {
                            _ = (
                                self.paused.remove(&call),
                                self.away.remove(&call),
                                self.asked.remove(&call),
                            );
                        }
                        "digit" if self.is_silent(world, call) => {
                            return broken(
                                Some(call),
                                format!("an event tells a key of a pause: {}", event.text),
                            );
                        }
                        _ => continue,
                    }
                    touched.insert(call);
                }
                Action::Media(MediaCommand::Play { call, leg, number, clips, .. }) => {
                    let consent = &world.exchange.config().consent;
                    let asks = |clip: &Clip| matches!(clip, Clip::Prompt { name, .. } if name == consent);
                    if clips.iter().any(asks) {
                        self.asked.insert(*call, (*leg, *number));
                    }
                }
                // Who is left has its recording paused until another is asked, or need not be.
                Action::Media(MediaCommand::Close { call, leg, .. }) => {
                    self.asked.retain(|of, (asked, _)| (*of, *asked) != (*call, *leg));
                }
                Action::Media(MediaCommand::Mark { call, kind, .. })
                    if kind == "digit" && self.is_silent(world, *call) =>
                {
                    return broken(Some(*call), "the recording has a key of a pause as a mark");
                }
                Action::Media(
                    MediaCommand::PauseRecording { call, .. }
                    | MediaCommand::Record { call, .. }
                    | MediaCommand::RecordLeg { call, .. },
                ) => _ = touched.insert(*call),
                _ => {}
            }
        }
        if step.died {
            return Ok(());
        }
        touched.into_iter().try_for_each(|call| self.compare(world, call))
    }
}

impl PausedIsSilent {
    fn is_silent(&self, world: &World, call: CallId) -> bool {
        self.paused.contains(&call) && world.media.recordings.contains_key(&call)
    }

    fn compare(&self, world: &World, call: CallId) -> Verdict {
        if !world.media.recordings.contains_key(&call) {
            return Ok(());
        }
        let (is_wanted, is_away) = (self.paused.contains(&call), self.away.contains(&call));
        let is_asked = self.asked.contains_key(&call);
        let is_silent = world.media.paused.contains(&call);
        if is_silent == (is_wanted || is_away || is_asked) {
            return Ok(());
        }
        let text =
            format!("silent: {is_silent}; by a person: {is_wanted}, asked: {is_asked}, in a flow: {is_away}");
        broken(Some(call), text)
    }
}
