//! Who hears whom in a call of a media thread, and what else hears its legs: worked out anew whenever something changes.

use super::super::taps::{Ear, Tap};
use super::super::translate;
use super::{Placed, Worker};
use crate::clock;
use switchroom_exchange::{CallId, LegId, Source};
use switchroom_media::codec::{Codec, Crossing};
use switchroom_media::dtmf_inband::InbandDigits;
use switchroom_media::mix::Part;
use switchroom_media::timeline::Side;

/// A leg of the call that is wired.
struct Wired {
    at: usize,
    id: LegId,
    codec: Option<Codec>,
    source: Source,
}

impl Worker {
    /// Works out anew who hears whom, what is recorded, metered and listened to in a call.
    pub(super) fn rewire(&mut self, call: CallId) {
        let Some(there) = self.calls.get(&call) else { return };
        let wired = |at: &usize| {
            let placed = self.legs.get(*at)?.as_ref()?;
            let codec = placed.leg.terms().map(|terms| terms.codec.clone());
            Some(Wired { at: *at, id: placed.id, codec, source: placed.source.clone() })
        };
        let legs: Vec<Wired> = there.legs.iter().filter_map(wired).collect();
        for leg in &legs {
            self.rewire_leg(call, leg, listeners(leg, &legs));
        }
        self.rewire_mixes(&legs);
    }

    /// Who hears a leg packet by packet, and what else does.
    fn rewire_leg(&mut self, call: CallId, leg: &Wired, listeners: Vec<(usize, Crossing)>) {
        let recorded = self
            .calls
            .get(&call)
            .and_then(|there| there.recording.as_ref())
            .filter(|recorded| !recorded.is_paused);
        let channel = recorded.and_then(|recorded| Some((recorded.id, recorded.channel_of(leg.id)?)));
        let Some(Some(placed)) = self.legs.get_mut(leg.at) else { return };
        placed.listeners = listeners;
        if let Some(tap) = &mut placed.tap {
            tap.confess(&self.recorder);
        }
        placed.tap = match (channel, &leg.codec) {
            (Some((recording, channel)), Some(codec)) => {
                Some(Box::new(Tap::new(recording, translate::side(channel), codec)))
            }
            _ => None,
        };
        if let (Some(message), Some(codec)) = (&mut placed.message, &leg.codec) {
            message.tap.confess(&self.recorder);
            message.tap = Tap::new(message.id, Side::Left, codec);
        }
        rewire_inband(placed, leg.codec.as_ref());
        let watched = self.watched.contains(&placed.call);
        placed.ear = leg.codec.as_ref().filter(|_| watched).map(|codec| Box::new(Ear::new(codec)));
    }

    /// Who is heard in mixes, and who hears one.
    fn rewire_mixes(&mut self, legs: &[Wired]) {
        let mixes: Vec<Option<Vec<Part>>> = legs.iter().map(|leg| parts(leg, legs)).collect();
        for leg in legs {
            let is_heard = mixes.iter().flatten().flatten().any(|part| part.voice == leg.at);
            match leg.codec.as_ref().filter(|_| is_heard) {
                Some(codec) => {
                    self.voices.open(leg.at, codec);
                }
                None if self.voices.has(leg.at) => self.hush(leg.at, legs.iter().map(|leg| leg.at)),
                None => {}
            }
        }
        let now_us = clock::mono_us();
        for (leg, parts) in legs.iter().zip(mixes) {
            let Some(Some(placed)) = self.legs.get_mut(leg.at) else { continue };
            match parts {
                Some(parts) => {
                    if !placed.leg.mix(now_us, &parts) && leg.codec.is_some() {
                        tracing::debug!(
                            leg = leg.id.0,
                            "the codec of the leg cannot be encoded: it hears nothing"
                        );
                    }
                    self.pace_from_now(leg.at);
                }
                None if placed.leg.hears_mix() => {
                    placed.leg.play(now_us, None);
                    self.pace_from_now(leg.at);
                }
                None => {}
            }
        }
    }

    /// The leg at this place is no longer heard in mixes of the call.
    pub(super) fn fall_silent(&mut self, call: CallId, at: usize) {
        if self.voices.has(at) {
            let hearers = self.calls.get(&call).map(|there| there.legs.clone()).unwrap_or_default();
            self.hush(at, hearers);
        }
    }

    pub(super) fn hush(&mut self, at: usize, hearers: impl IntoIterator<Item = usize>) {
        self.voices.close(at);
        for hearer in hearers {
            if let Some(Some(placed)) = self.legs.get_mut(hearer) {
                placed.leg.forget_voice(at);
            }
        }
    }
}

/// Who hears a leg alone, and how its payloads become theirs.
fn listeners(leg: &Wired, legs: &[Wired]) -> Vec<(usize, Crossing)> {
    let listener = |hearer: &Wired| {
        let hears = match &hearer.source {
            Source::Leg(source) => hearer.at != leg.at && *source == leg.id,
            Source::Echo => hearer.at == leg.at,
            Source::Nothing | Source::Silence | Source::Tone { .. } | Source::Mix(_) => false,
        };
        let crossing = leg.codec.as_ref()?.crossing(hearer.codec.as_ref()?);
        hears.then_some((hearer.at, crossing))
    };
    legs.iter().filter_map(listener).collect()
}

/// The voices that a leg hears added up; `None` if it hears no mix. A leg alone is a mix of one if there is no other way from
/// its codec to the hearer's.
fn parts(hearer: &Wired, legs: &[Wired]) -> Option<Vec<Part>> {
    let can_speak = |leg: &&Wired| {
        leg.at != hearer.at && leg.codec.as_ref().is_some_and(|codec| codec.kind.rate().is_some())
    };
    let voice = |id: LegId, gain_ddb: i16| {
        let leg = legs.iter().find(|leg| leg.id == id).filter(can_speak)?;
        Some(Part { voice: leg.at, gain_ddb })
    };
    match &hearer.source {
        Source::Mix(parts) => Some(parts.iter().filter_map(|part| voice(part.leg, part.gain_ddb)).collect()),
        Source::Leg(id) => {
            let part = voice(*id, 0)?;
            let leg = legs.iter().find(|leg| leg.at == part.voice)?;
            let crossing = leg.codec.as_ref()?.crossing(hearer.codec.as_ref()?);
            matches!(crossing, Crossing::Impossible).then(|| vec![part])
        }
        Source::Nothing | Source::Silence | Source::Echo | Source::Tone { .. } => None,
    }
}

/// Digits are looked for in the sound of a leg if they are wanted and its phone knows no events. What was begun goes on.
fn rewire_inband(placed: &mut Placed, codec: Option<&Codec>) {
    let has_events = placed.leg.terms().is_some_and(|terms| terms.digits.is_some());
    let codec = codec.filter(|_| placed.listens && !has_events);
    let is_same = matches!((&placed.inband, codec), (Some(inband), Some(codec)) if inband.is_for(codec));
    if !is_same {
        placed.inband = codec.and_then(InbandDigits::new).map(Box::new);
    }
}
