//! Legs of a media thread: opened, settled, wired to each other, closed.

use super::super::inbox::Order;
use super::super::taps::{Ear, Tap};
use super::super::translate;
use super::super::wires::Role;
use super::{LEVELS_US, Placed, Worker, random, tell};
use crate::clock;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use switchroom_exchange::{Agreed, CallId, LegId, MediaCommand, MediaEvent, PortSlot, Quality, Source};
use switchroom_media::codec::Codec;
use switchroom_media::dtmf_inband::InbandDigits;
use switchroom_media::leg::Leg;
use switchroom_media::timeline::Side;

impl Worker {
    pub(super) fn find(&self, call: CallId, leg: LegId) -> Option<usize> {
        let is_it =
            |at: &&usize| self.legs.get(**at).and_then(Option::as_ref).is_some_and(|placed| placed.id == leg);
        self.calls.get(&call)?.legs.iter().find(is_it).copied()
    }

    pub(super) fn open(&mut self, call: CallId, id: LegId, slot: PortSlot) {
        let at = self.free.pop().unwrap_or_else(|| {
            self.legs.push(None);
            self.legs.len() - 1
        });
        match self.place(call, id, slot, at) {
            Ok(placed) => {
                if let Some(place) = self.legs.get_mut(at) {
                    *place = Some(Box::new(placed));
                }
                self.calls.entry(call).or_default().legs.push(at);
                self.gauges.legs.fetch_add(1, Ordering::Relaxed);
                self.rewire(call);
            }
            Err(error) => {
                self.free.push(at);
                let why = format!("cannot open the RTP ports of slot {}: {error}", slot.0);
                (self.events)(MediaEvent::OpenFailed { leg: id, slot, why });
            }
        }
    }

    pub(super) fn place(&mut self, call: CallId, id: LegId, slot: PortSlot, at: usize) -> io::Result<Placed> {
        if slot.0 >= self.settings.rtp_pairs || self.find(call, id).is_some() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        let port = u32::from(self.settings.rtp_port_first) + 2 * u32::from(slot.0);
        let address = |port: u32| {
            let port = u16::try_from(port).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
            Ok::<_, io::Error>(SocketAddr::new(self.settings.bind, port))
        };
        let (rtp, rtcp) = (address(port)?, address(port + 1)?);
        let rtp = self.wires.open(rtp, self.settings.dscp, Role::Rtp, at)?;
        let rtcp = match self.wires.open(rtcp, self.settings.dscp, Role::Rtcp, at) {
            Ok(rtcp) => rtcp,
            Err(error) => {
                self.wires.close(rtp);
                return Err(error);
            }
        };
        Ok(Placed {
            id,
            call,
            slot,
            leg: Leg::new(id.0, random()),
            rtp,
            rtcp,
            source: Source::Nothing,
            listeners: Vec::new(),
            playing: None,
            tap: None,
            ear: None,
            message: None,
            listens: false,
            inband: None,
        })
    }

    pub(super) fn agree(&mut self, now_us: u64, call: CallId, leg: LegId, agreed: Agreed) {
        let Some(at) = self.find(call, leg) else { return };
        let Some(Some(placed)) = self.legs.get_mut(at) else { return };
        let before = placed.leg.terms().map(|terms| terms.codec.clone());
        tell(&self.events, leg, placed.leg.agree(now_us, translate::terms(agreed)));
        if placed.playing.is_some() {
            self.play_on(now_us, at, before.as_ref());
        } else {
            self.play(now_us, at);
        }
        self.rewire(call);
    }

    pub(super) fn send_digit(&mut self, call: CallId, leg: LegId, digit: char, duration_ms: u16) {
        let Some(at) = self.find(call, leg) else { return };
        let sent = match self.legs.get_mut(at) {
            Some(Some(placed)) => placed.leg.send_digit(digit, duration_ms),
            _ => false,
        };
        if !sent {
            tracing::debug!(leg = leg.0, "a digit cannot be sent: none were agreed, or too many wait");
        }
        self.pace_from_now(at);
    }

    pub(super) fn close(&mut self, now_us: u64, call: CallId, leg: LegId, slot: PortSlot) {
        let Some(at) = self.find(call, leg) else {
            // Never opened, or closed before: its ports are free, which is what is asked for.
            (self.events)(MediaEvent::Closed { leg, slot, whole: Quality::default() });
            return;
        };
        if let Some(there) = self.calls.get_mut(&call) {
            there.legs.retain(|other| *other != at);
        }
        self.rewire(call);
        self.unplace(at);
        if self.calls.get(&call).is_some_and(|there| there.legs.is_empty()) {
            self.stop_recording(now_us, call);
            self.calls.remove(&call);
        }
    }

    pub(super) fn unplace(&mut self, at: usize) {
        let Some(mut placed) = self.legs.get_mut(at).and_then(Option::take) else { return };
        if let Some(tap) = &mut placed.tap {
            tap.confess(&self.recorder);
        }
        if let Some(message) = placed.message.take() {
            let now_us = clock::mono_us();
            self.recorder.end_message(message.id, now_us, true, "the leg was closed");
        }
        self.wires.close(placed.rtp);
        self.wires.close(placed.rtcp);
        self.paced.retain(|other| *other != at);
        self.free.push(at);
        self.gauges.legs.fetch_sub(1, Ordering::Relaxed);
        let whole = translate::quality(placed.leg.quality());
        (self.events)(MediaEvent::Closed { leg: placed.id, slot: placed.slot, whole });
    }

    pub(super) fn close_all(&mut self) {
        let now_us = clock::mono_us();
        for order in self.inbox.take() {
            if let Order::Command(
                command @ (MediaCommand::StopRecording { .. }
                | MediaCommand::StopMessage { .. }
                | MediaCommand::Mark { .. }),
            ) = order
            {
                self.command(command);
            }
        }
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for call in calls {
            self.stop_recording(now_us, call);
        }
        for at in 0..self.legs.len() {
            self.unplace(at);
        }
    }

    pub(super) fn watch(&mut self, calls: BTreeSet<CallId>) {
        let before = std::mem::replace(&mut self.watched, calls);
        self.levels_us = clock::mono_us() + LEVELS_US;
        let changed: Vec<CallId> = before.symmetric_difference(&self.watched).copied().collect();
        for call in changed {
            self.rewire(call);
        }
    }

    /// Works out anew who hears whom, what is recorded, metered and listened to in a call.
    pub(super) fn rewire(&mut self, call: CallId) {
        let Some(there) = self.calls.get(&call) else { return };
        let codec_of = |legs: &[Option<Box<Placed>>], at: usize| {
            legs.get(at)?.as_ref()?.leg.terms().map(|terms| terms.codec.clone())
        };
        for at in &there.legs {
            let (mut listeners, codec) = (Vec::new(), codec_of(&self.legs, *at));
            let id = self.legs.get(*at).and_then(Option::as_ref).map(|placed| placed.id);
            for other in &there.legs {
                let Some(hearer) = self.legs.get(*other).and_then(Option::as_ref) else { continue };
                let hears = match &hearer.source {
                    Source::Leg(source) => other != at && Some(*source) == id,
                    Source::Echo => other == at,
                    Source::Nothing | Source::Silence | Source::Tone { .. } | Source::Mix(_) => false,
                };
                if let (true, Some(from), Some(to)) = (hears, &codec, codec_of(&self.legs, *other)) {
                    listeners.push((*other, from.crossing(&to)));
                }
            }
            let recorded = there.recording.as_ref().filter(|recorded| !recorded.is_paused);
            let channel = recorded
                .and_then(|r| r.legs.iter().find(|(leg, _)| Some(*leg) == id).map(|(_, c)| (r.id, *c)));
            let Some(Some(placed)) = self.legs.get_mut(*at) else { continue };
            placed.listeners = listeners;
            if let Some(tap) = &mut placed.tap {
                tap.confess(&self.recorder);
            }
            placed.tap = match (channel, &codec) {
                (Some((recording, channel)), Some(codec)) => {
                    Some(Box::new(Tap::new(recording, translate::side(channel), codec)))
                }
                _ => None,
            };
            if let (Some(message), Some(codec)) = (&mut placed.message, &codec) {
                message.tap.confess(&self.recorder);
                message.tap = Tap::new(message.id, Side::Left, codec);
            }
            rewire_inband(placed, codec.as_ref());
            let watched = self.watched.contains(&placed.call);
            placed.ear = codec.filter(|_| watched).map(|codec| Box::new(Ear::new(&codec)));
        }
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
