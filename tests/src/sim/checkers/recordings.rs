//! Recordings that people pause. What is asked here is told from events and media commands.

use super::{Checker, Verdict, broken};
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_exchange::{Action, Call, CallId, LegId, MediaCommand, MediaEvent, Record, Stage};
use switchroom_flow::Clip;

/// A recording has silence while a person wants it so, a party is in a flow other than that of a queue, or one is asked whether it
/// may be recorded, and at no other time; no reason ends another.
#[derive(Debug, Default)]
pub(super) struct PausedIsSilent {
    paused: BTreeSet<CallId>,
    away: BTreeSet<CallId>,
    /// Whose talk is over: a flow has the caller, until it talks again.
    in_flow: BTreeSet<CallId>,
    /// Who has not heard the question to its end, and in what playing.
    asked: BTreeMap<CallId, (LegId, u64)>,
    /// Who has, and hears what else is said before the two are connected: the recording begins with the talk.
    told: BTreeSet<CallId>,
}

impl Checker for PausedIsSilent {
    fn rule(&self) -> &'static str {
        "a recording is silent exactly while somebody wants it so, is asked, or is in a flow, and has no keys of a pause"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        // Who has not heard it is asked no more, either.
        if let Came::Media(MediaEvent::Played { leg, number } | MediaEvent::Unheard { leg, number }) =
            &step.came
        {
            let is_it = |asked: &(LegId, u64)| *asked == (*leg, *number);
            self.told.extend(self.asked.iter().filter(|(_, asked)| is_it(asked)).map(|(call, _)| *call));
            self.asked.retain(|_, asked| !is_it(asked));
        }
        self.told.retain(|call| world.exchange.call(*call).is_some_and(Call::is_briefed));
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
                        "back_to_flow" => _ = self.in_flow.insert(call),
                        "call_ended" => {
                            _ = (
                                self.paused.remove(&call),
                                self.away.remove(&call),
                                self.in_flow.remove(&call),
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
                // The flow may have others rung before the step is over.
                Action::Media(MediaCommand::Mark { call, kind, .. }) if kind == "flow" => {
                    self.in_flow.insert(*call);
                    touched.insert(*call);
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
        touched.extend(world.media.recordings.keys().filter(|call| self.looks_for_flow(world, **call)));
        touched.into_iter().try_for_each(|call| self.compare(world, call))
    }
}

/// Whether a flow in which a caller may type has that of a call, and does not give it back; nothing if that is not decided.
fn is_in_flow(call: &Call) -> Option<bool> {
    match call.stage {
        Stage::Flow if call.hand_off().is_none() => {
            let is_queues = call.flow.as_ref().is_some_and(|flow| flow.starts_with("queue-"));
            // Who came there by another flow is silent on.
            (!is_queues).then_some(true)
        }
        Stage::Talking { .. } if !call.is_briefed() => Some(false),
        _ => None,
    }
}

impl PausedIsSilent {
    fn is_silent(&self, world: &World, call: CallId) -> bool {
        self.paused.contains(&call) && world.media.recordings.contains_key(&call)
    }

    /// Whether a flow has the caller of a call that it had not before, or has it no more.
    fn looks_for_flow(&mut self, world: &World, call: CallId) -> bool {
        match world.exchange.call(call).and_then(is_in_flow) {
            Some(true) => self.in_flow.insert(call),
            Some(false) => self.in_flow.remove(&call),
            None => false,
        }
    }

    fn compare(&self, world: &World, call: CallId) -> Verdict {
        if !world.media.recordings.contains_key(&call) {
            return Ok(());
        }
        let (is_wanted, is_away) = (self.paused.contains(&call), self.away.contains(&call));
        let is_asked = self.asked.contains_key(&call) || self.told.contains(&call);
        let is_in_flow = self.in_flow.contains(&call);
        let is_silent = world.media.paused.contains(&call);
        if is_silent == (is_wanted || is_away || is_in_flow || is_asked) {
            return Ok(());
        }
        let text = format!(
            "silent: {is_silent}; by a person: {is_wanted}, asked: {is_asked}, handed off: {is_away}, in a flow: {is_in_flow}"
        );
        broken(Some(call), text)
    }
}
