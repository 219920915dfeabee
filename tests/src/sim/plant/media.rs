//! Defects in what the media engine is told.

use super::{BRIEFINGS, Defect, Plant, is_supervisor, prompt, record, tone};
use crate::sim::world::CONSENT;
use switchroom_exchange::{CallId, Channel, LegId, MediaCommand, Part, Source};
use switchroom_flow::Clip;

impl Plant {
    /// What the media engine is told beside a command.
    pub(super) fn beside(&mut self, command: &MediaCommand) -> Option<MediaCommand> {
        self.note_waiting(command);
        match (self.defect, command) {
            (Defect::HeardByWaiting, MediaCommand::Hear { call, leg, source: Source::Mix(parts) }) => {
                let [other, voice] = parts[..] else { return None };
                let waits = self.waits_in(*call, &[*leg, other.leg, voice.leg])?;
                self.has_struck = true;
                let source = Source::Mix(vec![voice]);
                is_supervisor(voice, *leg, other).then_some(MediaCommand::Hear {
                    call: *call,
                    leg: waits,
                    source,
                })
            }
            (Defect::UnaskedRecord, MediaCommand::Play { call, clips, .. }) => {
                let asks = |clip: &Clip| matches!(clip, Clip::Prompt { name, .. } if name == CONSENT);
                clips.iter().any(asks).then(|| record(*call))
            }
            (Defect::StrayTone, MediaCommand::Hear { call, leg, source: Source::Leg(_) })
                if self.strikes() =>
            {
                Some(tone(*call, *leg))
            }
            (Defect::RecordedRefusal, MediaCommand::Hear { call, .. }) => {
                self.refused.take_if(|refused| refused == call).map(record)
            }
            // Somebody's first mix is what a supervisor hears; one of those whom it hears is told to hear it.
            (Defect::HeardListener, MediaCommand::Hear { call, leg, source: Source::Mix(parts) }) => {
                let [one, other] = parts[..] else { return None };
                self.has_struck = true;
                let voice = Part { leg: *leg, gain_ddb: 0 };
                Some(MediaCommand::Hear {
                    call: *call,
                    leg: one.leg,
                    source: Source::Mix(vec![other, voice]),
                })
            }
            // What is for one party, the other hears; see `media` for that one.
            (Defect::StrayWhisper, MediaCommand::Hear { call, leg, source: Source::Mix(parts) }) => {
                let [other, voice] = parts[..] else { return None };
                let source = Source::Mix(vec![Part { leg: *leg, gain_ddb: 0 }, voice]);
                let is_it = !self.has_struck && is_supervisor(voice, *leg, other);
                is_it.then_some(MediaCommand::Hear { call: *call, leg: other.leg, source })
            }
            // What is for one party is put on the recording beside it.
            (Defect::TapedWhisper, MediaCommand::Hear { call, leg, source: Source::Mix(parts) }) => {
                let [other, voice] = parts[..] else { return None };
                let is_it = is_supervisor(voice, *leg, other);
                self.has_struck |= is_it;
                let (call, leg, channel) = (*call, voice.leg, Channel::Right);
                is_it.then_some(MediaCommand::RecordAlso { call, leg, channel })
            }
            // Somebody's first mix is what a supervisor hears, who is put on the recording in place of a party.
            (Defect::TapedListener, MediaCommand::Hear { call, leg, source: Source::Mix(parts) }) => {
                self.has_struck |= parts.len() == 2;
                let (call, leg, channel) = (*call, *leg, Channel::Right);
                (parts.len() == 2).then_some(MediaCommand::RecordLeg { call, leg, channel })
            }
            (_, MediaCommand::PauseRecording { call, is_paused: false }) => {
                self.away.remove(call);
                None
            }
            (Defect::RecordedFlow, MediaCommand::Mark { call, kind, .. }) if kind == "flow" => {
                self.away.insert(*call, 0);
                None
            }
            (Defect::EarlyUnpause, MediaCommand::Play { call, .. }) => {
                let played = self.away.get_mut(call)?;
                *played += 1;
                self.has_struck |= *played == 2;
                (*played == 2).then_some(MediaCommand::PauseRecording { call: *call, is_paused: false })
            }
            _ => None,
        }
    }

    /// Whoever hears silence or something without an end waits, in a talk while somebody else is consulted.
    fn note_waiting(&mut self, command: &MediaCommand) {
        let (call, leg, waits) = match command {
            MediaCommand::Hear { call, leg, source } => (*call, *leg, *source == Source::Silence),
            MediaCommand::Play { call, leg, is_loop, .. } => (*call, *leg, *is_loop),
            _ => return,
        };
        if waits {
            self.silent.insert((call, leg));
        } else {
            self.silent.remove(&(call, leg));
        }
    }

    /// One who waits in a call, and is none of those.
    fn waits_in(&self, call: CallId, others: &[LegId]) -> Option<LegId> {
        let mut waiting = self.silent.iter().filter(|(of, leg)| *of == call && !others.contains(leg));
        waiting.next().map(|(_, leg)| *leg)
    }

    fn goes_on_recorded(&mut self, call: CallId) -> bool {
        let goes_on = matches!(self.defect, Defect::RecordedPin | Defect::RecordedFlow);
        let is_it = goes_on && self.away.contains_key(&call);
        self.has_struck |= is_it;
        is_it
    }

    pub(super) fn media(&mut self, command: MediaCommand) -> Option<MediaCommand> {
        match command {
            MediaCommand::Hear { call, leg, source: Source::Mix(mut parts) }
                if self.defect == Defect::OverheardWaiting =>
            {
                let known: Vec<LegId> = parts.iter().map(|part| part.leg).chain([leg]).collect();
                let waits = self.waits_in(call, &known);
                self.has_struck |= waits.is_some();
                parts.extend(waits.map(|leg| Part { leg, gain_ddb: 0 }));
                Some(MediaCommand::Hear { call, leg, source: Source::Mix(parts) })
            }
            MediaCommand::PauseRecording { call, is_paused: true } if self.goes_on_recorded(call) => None,
            MediaCommand::RecordAlso { .. } if self.defect == Defect::UntapedThird => {
                self.has_struck = true;
                None
            }
            MediaCommand::Close { .. } if self.defect == Defect::LeakedPort && self.strikes() => None,
            MediaCommand::Open { call, leg, slot }
                if self.defect == Defect::SharedPort && !self.has_struck =>
            {
                let slot = self.slot.filter(|_| self.strikes()).unwrap_or(slot);
                self.slot = Some(slot);
                Some(MediaCommand::Open { call, leg, slot })
            }
            MediaCommand::Play { is_loop: true, .. } if self.defect == Defect::SilentSearch => {
                self.has_struck = true;
                None
            }
            MediaCommand::Hear { call, leg, source: Source::Leg(_) }
                if self.defect == Defect::CrossedWires && self.strikes() =>
            {
                Some(MediaCommand::Hear { call, leg, source: Source::Leg(LegId(1)) })
            }
            MediaCommand::Play { call, leg, number, .. }
                if number >= BRIEFINGS && self.defect == Defect::EarlyBridge && self.strikes() =>
            {
                Some(MediaCommand::Hear { call, leg, source: Source::Leg(leg) })
            }
            MediaCommand::Hear { call, leg, source: Source::Mix(parts) }
                if matches!(self.defect, Defect::StrayWhisper | Defect::UnheardBarge) =>
            {
                let source = match parts[..] {
                    [other, voice] if !self.has_struck && is_supervisor(voice, leg, other) => {
                        self.has_struck = true;
                        Source::Leg(other.leg)
                    }
                    _ => Source::Mix(parts),
                };
                Some(MediaCommand::Hear { call, leg, source })
            }
            MediaCommand::Play { call, is_loop: true, .. }
                if self.defect == Defect::SilentQueue && self.waiting.contains(&call) =>
            {
                self.has_struck = true;
                None
            }
            MediaCommand::Hear { call, leg, source: Source::Leg(_) }
                if self.defect == Defect::TwoPlaces && self.strikes() =>
            {
                Some(prompt(call, leg))
            }
            command => Some(command),
        }
    }
}
