//! The phones within the world: what reaches them, what they send, how they come and go.

use super::{Next, Queued, Who, World};
use crate::sim::dice::Dice;
use crate::sim::handset::of_rtp;
use crate::sim::inbound::SECRET;
use crate::sim::network::{garbage, journey, meddled};
use std::sync::Arc;
use switchroom_exchange::{Flow, LegId, MediaEvent, Mono, Transport};
use switchroom_phone::PhoneCommand;
use switchroom_phone::digits::DigitsBy;

impl World {
    pub(super) fn arrive_down(&mut self, flow: &Flow, bytes: &[u8]) {
        let Some(place) = self.routes.phone(flow) else { return };
        let now = self.now.mono;
        let handset = &mut self.handsets[place];
        if handset.is_cut_off {
            return;
        }
        handset.receive(now, bytes);
        self.drain(place);
    }

    pub(super) fn send_down(&mut self, flow: Flow, bytes: Arc<[u8]>) {
        let Some(place) = self.routes.phone(&flow) else { return };
        for after in meddled(&mut self.meddling, place, false, &bytes) {
            self.carry_down(place, flow, &bytes, after);
        }
    }

    pub(super) fn carry_down(&mut self, place: usize, flow: Flow, bytes: &Arc<[u8]>, after_us: u64) {
        let (setup, now, is_faulty) = (&self.setup.net, Mono(self.now.mono.0 + after_us), self.is_faulty);
        let handset = &mut self.handsets[place];
        if flow.transport == Transport::Tcp {
            let at = handset.last_down.max(Mono(now.0 + setup.delay_us));
            handset.last_down = at;
            return self.later(at, Next::Down { flow, bytes: bytes.clone() });
        }
        for after in journey(setup, is_faulty, &mut handset.rng).into_iter().flatten() {
            self.order += 1;
            let at = Mono(now.0 + after);
            self.queue.push(Queued {
                at,
                order: self.order,
                what: Next::Down { flow, bytes: bytes.clone() },
            });
        }
    }

    /// Lets a phone say and send what it has to.
    pub fn drain(&mut self, place: usize) {
        let now = self.now.mono;
        let sent = self.handsets[place].converse(now);
        for (keys, by_info) in std::mem::take(&mut self.handsets[place].pressed) {
            self.later(now, Next::Keys { phone: place, keys, by_info });
        }
        for (bytes, after) in sent {
            for more in meddled(&mut self.meddling, place, true, &bytes) {
                self.send_up(place, bytes.clone(), after + more);
            }
        }
        match self.handsets[place].poll_timeout() {
            Some(at) => self.due.set(Who::Phone(place), at.max(now)),
            None => self.due.cancel(Who::Phone(place)),
        }
    }

    /// The caller at a phone presses keys, all at once; when something secret is asked for, mostly that.
    pub(super) fn press(&mut self, place: usize, keys: &str, by_info: bool) {
        let (now, leg) = (self.now.mono, self.leg_of(place));
        // INFO goes in the first of two calls, and what is asked for may be asked in the other.
        let by_info = by_info && !self.handsets[place].phone.is_consulting();
        let is_secret = self.asks_for_secret(place) && self.handsets[place].rng.below(4) > 0;
        let typed = if is_secret { SECRET } else { keys };
        if is_secret {
            let call = leg.and_then(|leg| self.media.legs.get(&leg)).map(|one| one.call);
            self.typed_secrets.extend(call);
        }
        if by_info {
            self.handsets[place].tells_secrets |= is_secret;
            for key in typed.chars() {
                // Refused or not, it was pressed.
                let _ = self.handsets[place].act(now, &PhoneCommand::Digits(key.to_string(), DigitsBy::Info));
            }
            return self.drain(place);
        }
        let Some(leg) = leg.filter(|_| !self.is_down && self.handsets[place].is_on) else { return };
        let life = self.lives;
        for digit in typed.chars() {
            self.soon(0, Next::Media(life, MediaEvent::Digit { leg, digit }));
        }
    }

    /// The last leg whose sound comes from a phone.
    fn leg_of(&self, place: usize) -> Option<LegId> {
        self.media.phones().filter(|(_, at)| of_rtp(*at) == place).map(|(leg, _)| leg).last()
    }

    /// Whether a phone's caller is asked for a secret at the moment.
    fn asks_for_secret(&self, place: usize) -> bool {
        let call = self.leg_of(place).and_then(|leg| self.media.legs.get(&leg)).map(|one| one.call);
        let node = call.and_then(|call| self.exchange.place_of(call)).map(|(_, node)| node);
        !self.is_down && node.is_some_and(|node| self.secret_nodes.contains(&node))
    }

    /// A secret typed by INFO can come late, when its caller is asked for something else. Then it is none any more, and
    /// nobody could tell whether it leaked: its digits become zeros on the way.
    pub(super) fn without_spilt(&self, flow: &Flow, bytes: Arc<[u8]>) -> Arc<[u8]> {
        if !bytes.starts_with(b"INFO ") || !self.handsets.iter().any(|h| h.tells_secrets) {
            return bytes;
        }
        let sender = self.routes.phone(flow);
        if sender.is_some_and(|place| !self.handsets[place].tells_secrets || self.asks_for_secret(place)) {
            return bytes;
        }
        let body = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or(bytes.len());
        let zero = |(at, byte): (usize, &u8)| if at > body && byte.is_ascii_digit() { b'0' } else { *byte };
        bytes.iter().enumerate().map(zero).collect()
    }

    pub(super) fn send_up(&mut self, place: usize, bytes: Vec<u8>, after_us: u64) {
        let now = Mono(self.now.mono.0 + after_us);
        let handset = &mut self.handsets[place];
        if handset.is_cut_off {
            return;
        }
        let flow = handset.flow();
        let bytes: Arc<[u8]> = bytes.into();
        if flow.transport == Transport::Tcp {
            if flow.connection == 0 {
                return;
            }
            let at = handset.last_up.max(Mono(now.0 + self.setup.net.delay_us));
            handset.last_up = at;
            return self.later(at, Next::Up { flow, bytes });
        }
        let setup = &self.setup.net;
        let mut queued = Vec::new();
        if self.is_faulty && handset.rng.one_in_million(setup.garbage_ppm) {
            let noise: Arc<[u8]> = garbage(&mut handset.rng, &bytes).into();
            queued.push((setup.delay_us, noise));
        }
        for after in journey(setup, self.is_faulty, &mut handset.rng).into_iter().flatten() {
            queued.push((after, bytes.clone()));
        }
        for (after, bytes) in queued {
            self.later(Mono(now.0 + after), Next::Up { flow, bytes });
        }
    }

    /// A phone opens a connection, once there is somebody to connect to.
    pub(super) fn connect(&mut self, place: usize) {
        if self.handsets[place].connection != 0 || !self.handsets[place].is_on {
            return;
        }
        if self.is_down || self.handsets[place].is_cut_off {
            return self.soon(2_000_000, Next::Reconnect(place));
        }
        let connection = self.routes.connect(place);
        let (port, now) = (self.routes.fresh_port(), self.now.mono);
        let handset = &mut self.handsets[place];
        handset.connection = connection;
        handset.public.set_port(port);
        (handset.last_up, handset.last_down) = (now, now);
        let flow = handset.own_flow();
        handset.phone.connected(now, flow);
        self.drain(place);
    }

    /// A phone's connection is gone, and it notices.
    pub(super) fn disconnect(&mut self, place: usize) -> Option<Flow> {
        let now = self.now.mono;
        let handset = &mut self.handsets[place];
        if handset.connection == 0 {
            return None;
        }
        let flow = handset.flow();
        handset.connection = 0;
        self.routes.disconnect(flow.connection);
        if handset.is_on {
            handset.phone.connection_lost(now);
        }
        let wait = 100_000 + handset.rng.below(3_000_000);
        self.drain(place);
        self.soon(wait, Next::Reconnect(place));
        Some(flow)
    }

    /// A phone without power gets it, perhaps at another port.
    pub fn power_on(&mut self, place: usize, moves: bool) {
        if self.handsets[place].is_on {
            return;
        }
        let port = self.routes.fresh_port();
        let handset = &mut self.handsets[place];
        if moves && !handset.setup.tcp && !handset.setup.is_fixed {
            self.routes.clear(handset.public);
            if handset.own == handset.public {
                handset.own.set_port(port);
            }
            handset.public.set_port(port);
            self.routes.place(handset.public, place);
        }
        handset.power_on(place);
        let now = self.now.mono;
        if self.handsets[place].setup.tcp {
            self.handsets[place].phone.connection_lost(now);
            self.handsets[place].register(now);
            self.connect(place);
        } else {
            self.handsets[place].register(now);
        }
        self.drain(place);
    }

    pub(super) fn vanish(&mut self, place: usize, for_ms: u64, moves: bool) {
        let now = self.now.mono;
        let handset = &mut self.handsets[place];
        if handset.is_on {
            handset.power_off(now);
            let flow = handset.flow();
            if std::mem::take(&mut handset.connection) != 0 {
                self.routes.disconnect(flow.connection);
                // Nobody says goodbye: the other side notices later.
                let wait = self.rng.below(60_000_000);
                self.soon(wait, Next::FlowLost(self.lives, flow));
            }
            self.fall_silent(place);
            self.drain(place);
        }
        self.soon(for_ms * 1000, Next::PowerOn { phone: place, moves });
    }

    pub(super) fn rebind(&mut self, place: usize, address: bool) {
        let port = self.routes.fresh_port();
        let handset = &mut self.handsets[place];
        if handset.setup.tcp || handset.setup.is_fixed {
            return;
        }
        self.routes.clear(handset.public);
        handset.public.set_port(port);
        if address {
            let last = u8::try_from(handset.rng.below(250)).unwrap_or(0);
            handset.public.set_ip([198, 51, 100, last].into());
        }
        self.routes.place(handset.public, place);
    }

    /// Phones that gave up registering, because they were refused for good, are told to try again.
    pub fn register_all(&mut self) {
        let now = self.now.mono;
        for place in 0..self.handsets.len() {
            let handset = &mut self.handsets[place];
            if handset.setup.tcp && handset.connection == 0 {
                self.connect(place);
            }
            if self.handsets[place].has_new_password() {
                self.handsets[place].power_on(place);
            }
            self.handsets[place].register(now);
            self.drain(place);
        }
    }
}
