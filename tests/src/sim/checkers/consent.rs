//! Who is asked before a recording. What is asked here is told from media commands and from what the engine says.

use super::{Checker, Verdict, broken};
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_exchange::{
    Action, CallId, Event, Leg, LegId, MediaCommand, MediaEvent, Record, RecordRule, Stage,
};
use switchroom_flow::Clip;

/// Where the site asks, a rule has nothing recorded before one of the two who are on the recording has heard the question to its
/// end; and nobody is recorded at all who has refused. Both is a party's own, and goes with its dialog into other calls.
#[derive(Debug, Default)]
pub(super) struct AskedBeforeRecorded {
    /// Who is being asked, and in what playing.
    asked: BTreeMap<LegId, (CallId, u64)>,
    /// Dialogs whose party has heard it, or was asked otherwise by the person who began a recording.
    heard: BTreeSet<String>,
    /// Dialogs whose party has refused.
    refused: BTreeSet<String>,
}

impl Checker for AskedBeforeRecorded {
    fn rule(&self) -> &'static str {
        "where the site asks for consent, nothing is recorded before it was asked for, or once it was refused"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        let config = world.exchange.config();
        if config.consent.is_empty() {
            return Ok(());
        }
        match &step.came {
            Came::Media(MediaEvent::Played { leg, number }) => {
                if let Some((call, _)) = self.asked.get(leg).filter(|(_, asked)| asked == number) {
                    self.heard.extend(dialog(world, *call, *leg));
                    self.asked.remove(leg);
                }
            }
            // What is pressed in a call with a flow may be a key that came by INFO before.
            Came::Media(MediaEvent::Digit { leg, digit }) if config.consent_refuse == Some(*digit) => {
                let has_no_flow =
                    |call: &CallId| world.exchange.call(*call).is_some_and(|call| call.flow.is_none());
                let call = self.asked.get(leg).map(|(call, _)| *call);
                self.refused.extend(call.filter(has_no_flow).and_then(|call| dialog(world, call, *leg)));
            }
            _ => {}
        }
        let mut taped = BTreeMap::new();
        for action in &step.actions {
            match action {
                Action::Persist { record: Record::Event(event), .. } => self.look_at(world, event),
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
                Action::Media(MediaCommand::Record { call, .. }) => _ = taped.insert(*call, true),
                Action::Media(
                    MediaCommand::RecordLeg { call, .. }
                    | MediaCommand::PauseRecording { call, is_paused: false },
                ) => _ = taped.entry(*call).or_insert(false),
                _ => {}
            }
        }
        if step.died {
            return Ok(());
        }
        taped.into_iter().try_for_each(|(call, begins)| self.compare(world, call, begins))
    }
}

impl AskedBeforeRecorded {
    fn look_at(&mut self, world: &World, event: &Event) {
        let Some(call) = event.call.and_then(|call| world.exchange.call(call)) else { return };
        match event.name.as_str() {
            "recording_refused" => {
                let asked = self.asked.iter().filter(|(_, (of, _))| *of == call.id);
                self.refused.extend(asked.filter_map(|(leg, _)| dialog(world, call.id, *leg)));
            }
            // Who begins one by hand says so, and answers for it.
            "recording_begun" => {
                let tape = world.media.tape.get(&call.id).into_iter().flatten();
                self.heard.extend(tape.filter_map(|(leg, _)| dialog(world, call.id, *leg)));
            }
            // Another phone of the same extension is the same party.
            "moved" => {
                let of_it = |leg: &&Leg| leg.extension.as_deref() == Some(event.subject.as_str());
                let dialogs: Vec<String> =
                    call.legs.values().filter(of_it).map(|leg| leg.sip_call_id.clone()).collect();
                for known in [&mut self.heard, &mut self.refused] {
                    if dialogs.iter().any(|one| known.contains(one)) {
                        known.extend(dialogs.iter().cloned());
                    }
                }
            }
            _ => {}
        }
    }

    /// `begins`: the two who talk are who is recorded; later one of them may be on the recording only once its phone has agreed.
    fn compare(&self, world: &World, call: CallId, begins: bool) -> Verdict {
        let is_open = world.media.recordings.contains_key(&call) && !world.media.paused.contains(&call);
        let Some(tape) = world.media.tape.get(&call).filter(|_| is_open) else { return Ok(()) };
        let dialogs: Vec<String> = tape.iter().filter_map(|(leg, _)| dialog(world, call, *leg)).collect();
        let talk = world.exchange.call(call).and_then(|call| match call.stage {
            Stage::Talking { with } if begins => Some([call.caller, with]),
            _ => None,
        });
        let talkers = talk.into_iter().flatten().filter_map(|leg| dialog(world, call, leg));
        if talkers.chain(dialogs.iter().cloned()).any(|one| self.refused.contains(&one)) {
            return broken(Some(call), "somebody is recorded who has refused that");
        }
        let is_by_rule = world.exchange.config().record == RecordRule::Always;
        if is_by_rule && !dialogs.iter().any(|one| self.heard.contains(one)) {
            return broken(Some(call), "it is recorded, and nobody was asked before");
        }
        Ok(())
    }
}

/// The Call-ID by which a party is known, whatever call its dialog is in.
fn dialog(world: &World, call: CallId, leg: LegId) -> Option<String> {
    Some(world.exchange.call(call)?.leg(leg)?.sip_call_id.clone())
}
