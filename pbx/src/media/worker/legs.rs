//! Legs of a media thread: opened, settled, wired to each other, closed.

use super::super::inbox::Order;
use super::super::translate;
use super::{LEVELS_US, Placed, Withheld, Worker, random, tell};
use crate::clock;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use switchroom_exchange::{Agreed, CallId, LegId, MediaCommand, MediaEvent, PortSlot, Quality, Source};
use switchroom_media::leg::Leg;

impl Worker {
    pub(super) fn find(&self, call: CallId, leg: LegId) -> Option<usize> {
        let is_it =
            |at: &&usize| self.legs.get(**at).and_then(Option::as_ref).is_some_and(|placed| placed.id == leg);
        self.calls.get(&call)?.legs.iter().find(is_it).copied()
    }

    pub(super) fn open(&mut self, call: CallId, id: LegId, slot: PortSlot) {
        let at = self.free_place();
        match self.place(call, id, slot, at) {
            Ok(placed) => {
                self.gauges.legs.fetch_add(1, Ordering::Relaxed);
                self.seat(at, placed);
            }
            Err(error) => {
                self.free.push(at);
                let why = format!("cannot open the RTP ports of slot {}: {error}", slot.0);
                (self.events)(MediaEvent::OpenFailed { leg: id, slot, why });
            }
        }
    }

    /// A place that no leg has.
    pub(super) fn free_place(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.legs.push(None);
            self.legs.len() - 1
        })
    }

    /// The leg has this place from now on, and is of its call.
    pub(super) fn seat(&mut self, at: usize, placed: Placed) {
        let call = placed.call;
        if let Some(place) = self.legs.get_mut(at) {
            *place = Some(Box::new(placed));
        }
        self.calls.entry(call).or_default().legs.push(at);
        self.rewire(call);
    }

    fn place(&mut self, call: CallId, id: LegId, slot: PortSlot, at: usize) -> io::Result<Placed> {
        if slot.0 >= self.settings.rtp_pairs || self.find(call, id).is_some() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        let port = u32::from(self.settings.rtp_port_first) + 2 * u32::from(slot.0);
        let address = |port: u32| {
            let port = u16::try_from(port).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
            Ok::<_, io::Error>(SocketAddr::new(self.settings.bind, port))
        };
        let [rtp, rtcp] =
            self.wires.open_pair([address(port)?, address(port + 1)?], self.settings.dscp, at)?;
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
            interrupted: None,
            tap: None,
            ear: None,
            message: None,
            listens: false,
            inband: None,
            withheld: Withheld::default(),
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

    pub(super) fn withhold_digits(&mut self, now_us: u64, call: CallId, leg: LegId, for_ms: u16) {
        let Some(at) = self.find(call, leg) else { return };
        if let Some(Some(placed)) = self.legs.get_mut(at) {
            placed.withheld.begin(now_us, for_ms);
        }
    }

    pub(super) fn close(&mut self, now_us: u64, call: CallId, leg: LegId, slot: PortSlot) {
        let Some(at) = self.find(call, leg) else {
            // Never opened, or closed before: its ports are free, which is what is asked for.
            (self.events)(MediaEvent::Closed { leg, slot, whole: Quality::default() });
            return;
        };
        self.take_out(now_us, call, at);
        self.unplace(at);
    }

    /// The leg at this place is no longer of the call, which ends with its last one.
    pub(super) fn take_out(&mut self, now_us: u64, call: CallId, at: usize) {
        if let Some(there) = self.calls.get_mut(&call) {
            there.legs.retain(|other| *other != at);
        }
        self.fall_silent(call, at);
        self.rewire(call);
        if self.calls.get(&call).is_some_and(|there| there.legs.is_empty()) {
            self.stop_recording(now_us, call, 0);
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
        self.voices.close(at);
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
        let kept = std::mem::take(&mut self.waiting).into_values().flat_map(|waiting| waiting.orders);
        for order in kept.chain(self.inbox.take()).collect::<Vec<_>>() {
            match order {
                Order::Command(
                    command @ (MediaCommand::StopRecording { .. }
                    | MediaCommand::StopMessage { .. }
                    | MediaCommand::Mark { .. }),
                ) => self.command(command),
                // It is closed with the others.
                Order::Arrive(_, call, Some(moved)) => self.settle_in(call, *moved),
                _ => {}
            }
        }
        for moved in std::mem::take(&mut self.early).into_values().flatten() {
            self.settle_in(moved.from(), *moved);
        }
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for call in calls {
            self.stop_recording(now_us, call, 0);
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
}
