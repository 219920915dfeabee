//! Calls of a media thread that are recorded, and legs that take a message.

use super::super::recorder::Start;
use super::super::taking::StartMessage;
use super::super::taps::Tap;
use super::super::translate;
use super::{Recorded, TakingTap, Worker};
use crate::clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use switchroom_exchange::{CallId, Channel, LegId, MediaEvent, RecordingSubject, Taken};
use switchroom_media::codec::Codec;
use switchroom_media::timeline::Side;

/// Legs that one recording hears beside its two.
const ALSO_MAX: usize = 12;

impl Worker {
    pub(super) fn record(
        &mut self,
        now_us: u64,
        call: CallId,
        legs: [(LegId, Channel); 2],
        subject: RecordingSubject,
    ) {
        let Some(there) = self.calls.get(&call).filter(|there| there.recording.is_none()) else {
            let why = "the call has no media, or is being recorded already".to_owned();
            (self.events)(MediaEvent::RecordingFailed { call, why });
            return;
        };
        let codec_of = |id: LegId| {
            let found = there
                .legs
                .iter()
                .filter_map(|at| self.legs.get(*at)?.as_ref())
                .find(|placed| placed.id == id);
            found.and_then(|placed| placed.leg.terms()).map(|terms| &terms.codec)
        };
        let codecs: Vec<&Codec> = legs.iter().filter_map(|(id, _)| codec_of(*id)).collect();
        let rates: Vec<u32> = codecs.iter().filter_map(|codec| codec.kind.rate()).collect();
        let codec = codecs.first().map(|codec| translate::codec_text(codec)).unwrap_or_default();
        if rates.is_empty() && !codecs.is_empty() {
            let why = format!("{codec} cannot be decoded, so the call is not recorded");
            (self.events)(MediaEvent::RecordingFailed { call, why });
            return;
        }
        let rate = rates.iter().copied().max().unwrap_or(8_000);
        let readable = rates.len() == codecs.len();
        let id = self.recorder.start_recording(Start { call, subject, codec, rate, readable, at_us: now_us });
        if let Some(there) = self.calls.get_mut(&call) {
            there.recording = Some(Recorded { id, legs, is_paused: false, also: Vec::new() });
        }
        self.rewire(call);
    }

    /// The recording of a call goes on with another leg on that channel.
    pub(super) fn record_leg(&mut self, call: CallId, leg: LegId, channel: Channel) {
        let recorded = self.calls.get_mut(&call).and_then(|there| there.recording.as_mut());
        let Some(recorded) = recorded else { return };
        if let Some(place) = recorded.legs.iter_mut().find(|(_, on)| *on == channel) {
            place.0 = leg;
            recorded.also.retain(|(also, _)| *also != leg);
            self.rewire(call);
        }
    }

    /// What a leg says is on that channel, too, from now on.
    pub(super) fn record_also(&mut self, call: CallId, leg: LegId, channel: Channel) {
        let recorded = self.calls.get_mut(&call).and_then(|there| there.recording.as_mut());
        let Some(recorded) = recorded else { return };
        recorded.also.retain(|(also, _)| *also != leg);
        if recorded.channel_of(leg).is_some() || recorded.also.len() >= ALSO_MAX {
            tracing::debug!(leg = leg.0, "the leg is on a channel already, or too many are");
        } else {
            recorded.also.push((leg, channel));
        }
        self.rewire(call);
    }

    /// The end of [`Worker::record_also`] for a leg.
    pub(super) fn record_no_more(&mut self, call: CallId, leg: LegId) {
        if let Some(recorded) = self.calls.get_mut(&call).and_then(|there| there.recording.as_mut()) {
            recorded.also.retain(|(also, _)| *also != leg);
            self.rewire(call);
        }
    }

    /// The recording of a call has silence from now, or what is said again.
    pub(super) fn pause_recording(&mut self, call: CallId, is_paused: bool) {
        if let Some(recorded) = self.calls.get_mut(&call).and_then(|there| there.recording.as_mut()) {
            recorded.is_paused = is_paused;
            self.rewire(call);
        }
    }

    /// `tail_us`: so long ago it ended.
    pub(super) fn stop_recording(&mut self, now_us: u64, call: CallId, tail_us: u64) {
        let Some(recorded) = self.calls.get_mut(&call).and_then(|call| call.recording.take()) else { return };
        // Taking the taps off tells the recorder of what it missed, before it is told to stop.
        self.rewire(call);
        self.recorder.stop_recording(recorded.id, now_us, tail_us);
    }

    /// From now a leg takes a message. `bounds`: longest, and silence that ends it, milliseconds.
    pub(super) fn take_message(
        &mut self,
        now_us: u64,
        call: CallId,
        leg: LegId,
        message: String,
        bounds: (u32, u32),
    ) {
        if let Err((message, why)) = self.begin_message(now_us, call, leg, message, bounds) {
            (self.events)(MediaEvent::MessageTaken { leg, message, taken: Taken::Failed, why });
        }
    }

    fn begin_message(
        &mut self,
        now_us: u64,
        call: CallId,
        leg: LegId,
        message: String,
        (longest_ms, silence_ms): (u32, u32),
    ) -> Result<(), (String, String)> {
        let at = self.find(call, leg);
        let Some(Some(placed)) = at.and_then(|at| self.legs.get_mut(at)) else {
            return Err((message, "the leg has no media".to_owned()));
        };
        if placed.message.as_ref().is_some_and(|taking| !taking.is_over.load(Ordering::Relaxed)) {
            return Err((message, "the leg takes another message already".to_owned()));
        }
        let Some(codec) = placed.leg.terms().map(|terms| &terms.codec) else {
            return Err((message, "nothing was agreed with the phone yet".to_owned()));
        };
        let Some(rate) = codec.kind.rate() else {
            return Err((message, format!("{} cannot be decoded", translate::codec_text(codec))));
        };
        let is_over = Arc::<AtomicBool>::default();
        let id = self.recorder.take_message(StartMessage {
            leg,
            message,
            rate,
            at_us: now_us,
            now_ms: clock::wall_ms(),
            longest_ms,
            silence_ms,
            is_over: is_over.clone(),
        });
        let tap = Tap::new(id, Side::Left, codec);
        placed.message = Some(Box::new(TakingTap { id, tap, is_over }));
        Ok(())
    }

    /// The message that a leg takes ends here.
    pub(super) fn stop_message(&mut self, now_us: u64, call: CallId, leg: LegId, is_kept: bool) {
        let at = self.find(call, leg);
        let Some(Some(placed)) = at.and_then(|at| self.legs.get_mut(at)) else { return };
        if let Some(mut message) = placed.message.take() {
            message.tap.confess(&self.recorder);
            let why = if is_kept { "stopped" } else { "not to be kept" };
            self.recorder.end_message(message.id, now_us, is_kept, why);
        }
    }
}
