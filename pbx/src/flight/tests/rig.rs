//! An exchange with two phones around it, driven as the engine drives it: every input through the ring.

use super::super::{Bytes, Recorded, Ring, feed};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::{
    Action, Codec, Config, Exchange, Extension, Flow, LegId, MediaCommand, MediaEvent, Mono, Now, Quality,
    Record, RecordRule, Restored, Service, Transport, Wall,
};
use switchroom_flow::Asking;
use switchroom_phone::{Answering, Phone, PhoneCommand, PhoneSettings};
use switchroom_sip::digest::{Algorithm, ha1};
use switchroom_sip::rng::Rng;

const DOMAIN: &str = "pbx.example";
pub(super) const SEED: [u8; 32] = [7; 32];

/// What no good phone sends. None of them may leave a secret in a file.
pub(super) const STRANGE: &[&str] = &[
    "REGISTER sip:pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKx1\r\nFrom: <sip:101@pbx.example>;tag=a\r\nTo: <sip:101@pbx.example>\r\nCall-ID: s1\r\nCSeq: 1 REGISTER\r\nauthorization : Digest username=\"101\", realm=\"pbx.example\",\r\n nonce=\"n\", uri=\"sip:x\", Response = \"0badf00d0badf00d0badf00d0badf00d\", note=\"response=kept\"\r\nContent-Length: 0\r\n\r\n",
    "REGISTER sip:pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKx2\r\nFrom: <sip:101@pbx.example>;tag=a\r\nTo: <sip:101@pbx.example>\r\nCall-ID: s2\r\nCSeq: 1 REGISTER\r\nAuthorization: Basic c2VjcmV0\r\nProxy-Authorization:\r\n Bearer hunter2\r\nContent-Length: 0\r\n\r\n",
    "no SIP\r\nProxy-Authorization: Digest response=0badf00d\r\n\r\n",
    "MESSAGE sip:102@pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKx3\r\nFrom: <sip:101@pbx.example>;tag=a\r\nTo: <sip:102@pbx.example>\r\nCall-ID: s3\r\nCSeq: 1 MESSAGE\r\nContent-Length: 7\r\n\r\nmeet me",
    "INVITE sip:102@pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKx4\r\nFrom: <sip:101@pbx.example>;tag=a\r\nTo: <sip:102@pbx.example>\r\nCall-ID: s4\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: 68\r\n\r\nv=0\r\nk=base64:keykeykey\r\na=crypto:1 AES_CM_128 inline:keykeykey\r\n\r\n",
    "INFO sip:102@pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKx5\r\nFrom: <sip:101@pbx.example>;tag=a\r\nTo: <sip:102@pbx.example>\r\nCall-ID: s5\r\nCSeq: 1 INFO\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\npin 4711",
    "NOTIFY sip:102@pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKx6\r\nFrom: <sip:101@pbx.example>;tag=a\r\nTo: <sip:102@pbx.example>\r\nCall-ID: s6\r\nCSeq: 1 NOTIFY\r\nEvent: kpml\r\nContent-Type: application/kpml-response+xml\r\nContent-Length: 31\r\n\r\n<kpml-response digits=\"4711\"/>\r\n",
];

/// Extensions 101 and 102 whose passwords are this.
pub(super) fn config(password: &str) -> Config {
    let bytes = |text: String| super::super::input::from_hex(&text).unwrap();
    let extension = |number: &str| {
        let hex = |algorithm| bytes(ha1(algorithm, number, DOMAIN, password));
        Extension {
            number: number.into(),
            name: format!("Phone {number}"),
            ha1_md5: hex(Algorithm::Md5).try_into().ok(),
            ha1_sha256: hex(Algorithm::Sha256).try_into().ok(),
            record: None,
            ring: None,
            auto_answer: false,
            contact: None,
        }
    };
    Config {
        site: "test".into(),
        domain: DOMAIN.into(),
        extensions: ["101", "102"].map(|n| (n.to_owned(), extension(n))).into(),
        services: BTreeMap::from([("*43".to_owned(), Service::Echo)]),
        supervision: Default::default(),
        hold_reminder: Duration::ZERO,
        hold_music: vec![],
        flows: Default::default(),
        inbound: Default::default(),
        floor: Default::default(),
        record: RecordRule::Always,
        recording_key: String::new(),
        consent: String::new(),
        consent_refuse: None,
        ring: Duration::from_secs(30),
        codecs: vec![Codec::Pcma, Codec::Pcmu],
        external: None,
        local_networks: vec![],
        rtp_port_first: 20_000,
        rtp_pairs: 8,
        register_min: Duration::from_secs(60),
        register_max: Duration::from_secs(600),
        bindings_max: 3,
        keep_alive: Duration::from_secs(30),
        session_expires: Duration::from_secs(1800),
        calls_max: 4,
        calls_per_extension: 4,
        allow_md5: true,
    }
}

pub(in crate::flight) struct Rig {
    pub(in crate::flight) exchange: Exchange,
    pub(in crate::flight) ring: Ring,
    pub(in crate::flight) now: Now,
    phones: Vec<(Flow, Phone)>,
    wire: VecDeque<(Mono, Option<usize>, usize, Vec<u8>)>,
    /// Inputs given.
    pub(in crate::flight) given: u64,
    /// Answers to challenges that phones have sent.
    pub(in crate::flight) answers: Vec<String>,
    /// First lines of what the exchange sent.
    pub(in crate::flight) seen: Vec<String>,
    pub(in crate::flight) last_call: u64,
    /// What flows asked of the outside.
    pub(in crate::flight) asked: Vec<Asking>,
    /// Legs in whose sound digits are looked for.
    pub(in crate::flight) listened_to: Vec<LegId>,
    /// Phones agree to no events (RFC 4733).
    pub(in crate::flight) has_no_events: bool,
    media: Vec<MediaEvent>,
    stored: Vec<switchroom_exchange::Ticket>,
}

impl Rig {
    pub(in crate::flight) fn new() -> Self {
        Self::with_passwords("secret", "secret")
    }

    /// The second phone may not know its password.
    pub(in crate::flight) fn with_passwords(first: &str, second: &str) -> Self {
        Self::with(config("secret"), first, second)
    }

    /// On a site of that configuration.
    pub(in crate::flight) fn with(config: Config, first: &str, second: &str) -> Self {
        let now = Now { mono: Mono(5_000_000), wall: Wall(1_700_000_000_000) };
        let config = Arc::new(config);
        let ring = Ring::new(now, config.clone(), SEED, Restored::default());
        let exchange = Exchange::new(now, config, SEED, Restored::default());
        let phones = [("101", first), ("102", second)].into_iter().enumerate();
        let phones = phones.map(|(n, (number, password))| phone(n, number, password)).collect();
        let mut this = Self {
            exchange,
            ring,
            now,
            phones,
            wire: VecDeque::new(),
            given: 0,
            answers: vec![],
            seen: vec![],
            last_call: 0,
            asked: vec![],
            listened_to: vec![],
            has_no_events: false,
            media: vec![],
            stored: vec![],
        };
        this.carry_out();
        this
    }

    pub(in crate::flight) fn config(&self) -> Arc<Config> {
        Arc::new(self.exchange.config().clone())
    }

    pub(in crate::flight) fn tell(&mut self, phone: usize, command: &PhoneCommand) {
        self.phones[phone].1.command(self.now.mono, command).unwrap();
    }

    /// As the engine gives it.
    pub(in crate::flight) fn give(&mut self, input: Recorded) {
        self.given += 1;
        let input = self.ring.push(self.now, input);
        feed(&mut self.exchange, self.now, input);
        self.carry_out();
    }

    pub(in crate::flight) fn message(&mut self, phone: usize, bytes: Vec<u8>) {
        let flow = self.phones[phone].0;
        self.give(Recorded::Message { flow, bytes: Bytes(bytes) });
    }

    fn carry_out(&mut self) {
        while let Some(action) = self.exchange.poll_action() {
            self.ring.saw(&action);
            let soon = self.now.mono.after(Duration::from_millis(2));
            match action {
                Action::Send { flow, bytes } => {
                    let text = String::from_utf8_lossy(&bytes);
                    self.seen.push(text.lines().next().unwrap_or_default().to_owned());
                    let to = self.phones.iter().position(|(f, _)| f.remote == flow.remote);
                    self.wire.extend(to.map(|to| (soon, None, to, bytes.to_vec())));
                }
                Action::Media(MediaCommand::Close { leg, slot, .. }) => {
                    self.media.push(MediaEvent::Closed { leg, slot, whole: Quality::default() });
                }
                Action::Persist { ticket, record } => {
                    self.stored.extend(ticket);
                    if let Record::Cdr(cdr) = record {
                        self.last_call = self.last_call.max(cdr.number);
                    }
                }
                Action::Media(MediaCommand::Listen { leg, is_on: true, .. }) => self.listened_to.push(leg),
                Action::Ask { asking, .. } => self.asked.push(asking),
                Action::Media(_) | Action::Reply { .. } => {}
            }
        }
        self.ring.finish();
    }

    /// Lets time pass.
    pub(in crate::flight) fn run(&mut self, span: Duration) {
        let end = self.now.mono.after(span);
        loop {
            if !self.stored.is_empty() {
                let tickets = std::mem::take(&mut self.stored);
                self.give(Recorded::Stored(tickets));
                continue;
            }
            if let Some(event) = self.media.pop() {
                self.give(Recorded::Media(Box::new(event)));
                continue;
            }
            self.collect();
            let due = self.phones.iter().map(|(_, p)| p.poll_timeout());
            let due = due.chain([self.wire.front().map(|w| w.0), self.exchange.poll_timeout()]);
            let Some(due) = due.flatten().min().filter(|d| *d <= end) else { break };
            self.advance(due.max(self.now.mono));
            match self.wire.front() {
                Some((at, ..)) if *at <= self.now.mono => {
                    let Some((_, from, to, bytes)) = self.wire.pop_front() else { break };
                    match from {
                        Some(phone) => self.message(phone, bytes),
                        None => self.phones[to].1.receive(self.now.mono, &bytes),
                    }
                }
                _ => {
                    self.phones.iter_mut().for_each(|(_, p)| p.handle_due(self.now.mono));
                    self.give(Recorded::Tick);
                }
            }
        }
        self.advance(end);
    }

    fn advance(&mut self, to: Mono) {
        self.now.wall.0 += i64::try_from(to.since(self.now.mono).as_millis()).unwrap();
        self.now.mono = to;
    }

    fn collect(&mut self) {
        let soon = self.now.mono.after(Duration::from_millis(2));
        for (n, (_, phone)) in self.phones.iter_mut().enumerate() {
            while phone.poll_event().is_some() {}
            while let Some(sent) = phone.poll_transmit() {
                let text = String::from_utf8_lossy(&sent.bytes).into_owned();
                if let Some((_, rest)) = text.split_once("response=\"") {
                    self.answers.extend(rest.split('"').next().map(str::to_owned));
                }
                // As long as before: a sound of a codec that nobody knows.
                let text = if self.has_no_events {
                    text.replace("telephone-event", "telephone-noise")
                } else {
                    text
                };
                self.wire.push_back((soon, Some(n), 0, text.into_bytes()));
            }
        }
    }
}

/// The first phone's.
pub(super) fn flow() -> Flow {
    phone(0, "101", "").0
}

fn phone(n: usize, number: &str, password: &str) -> (Flow, Phone) {
    let here: SocketAddr = "192.0.2.1:5060".parse().unwrap();
    let there: SocketAddr = format!("192.0.2.{}:5060", 10 + n).parse().unwrap();
    let flow = |local, remote| Flow { transport: Transport::Udp, local, remote, connection: 0 };
    let mut settings = PhoneSettings::new(number, password, DOMAIN);
    settings.answering = Answering::After(Duration::from_millis(500));
    let rtp = format!("192.0.2.{}:4000", 10 + n).parse().unwrap();
    (flow(here, there), Phone::new(settings, flow(there, here), rtp, n as u64 + 1))
}

/// A file with some things changed: bytes, digits, lines.
pub(super) fn mutated(bytes: &[u8], chance: &mut Rng) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let place = |chance: &mut Rng, length: usize| usize::try_from(chance.below(length as u64)).unwrap();
    for _ in 0..=chance.below(4) {
        let at = place(chance, out.len());
        match chance.below(6) {
            0 => out[at] = u8::try_from(chance.below(256)).unwrap(),
            1 | 2 => {
                // Another digit where one stands: times, ids, ports, lengths.
                if let Some(offset) = out[at..].iter().position(u8::is_ascii_digit) {
                    out[at + offset] = b'0' + u8::try_from(chance.below(10)).unwrap();
                }
            }
            3 => out.truncate(at.max(1)),
            4 => {
                let mut lines: Vec<&[u8]> = out.split_inclusive(|b| *b == b'\n').collect();
                if lines.len() > 2 {
                    let (one, two) = (1 + place(chance, lines.len() - 1), 1 + place(chance, lines.len() - 1));
                    let line = lines[one];
                    lines.insert(two, line);
                    out = lines.concat();
                }
            }
            _ => {
                let digits = usize::try_from(chance.below(20)).unwrap();
                out.splice(at..at, std::iter::repeat_n(b'9', digits));
            }
        }
    }
    out
}
