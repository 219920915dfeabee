//! An engine with its phones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::*;
use super::{A, B, CALL, PATIENCE};
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::AtomicU16;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;
use switchroom_exchange::{
    Agreed, AgreedCodec, Channel, PortSlot, Quality, RecordingFacts, RecordingSubject, Source,
};
use switchroom_media::codec::{Decoder, Encoder, Kind};
use switchroom_media::rtp::{self, Header};
use switchroom_media::tone::{Tone, goertzel_db};

pub(super) struct Rig {
    pub(super) engine: MediaEngine,
    pub(super) events: Receiver<MediaEvent>,
    pub(super) levels: Receiver<LevelsReport>,
    pub(super) problems: Receiver<PromptProblem>,
    /// Names of the threads that told of events.
    pub(super) tellers: Arc<Mutex<BTreeSet<String>>>,
    pub(super) dir: tempfile::TempDir,
    pub(super) first: u16,
}

impl Rig {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl Fn(&mut MediaSettings)) -> Self {
        Self::start(change, None)
    }

    /// Events go elsewhere.
    pub(super) fn telling(events: Events) -> Self {
        Self::telling_with(events, |_| {})
    }

    /// The same, with other settings.
    pub(super) fn telling_with(events: Events, change: impl Fn(&mut MediaSettings)) -> Self {
        Self::start(change, Some(events))
    }

    fn start(change: impl Fn(&mut MediaSettings), elsewhere: Option<Events>) -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let dir = tempfile::tempdir().unwrap();
        // Below the system's own range of ports; other test processes begin elsewhere.
        let base = 10_000 + (std::process::id() % 20) as u16 * 1024;
        // More than there are rigs in a run, so that one that lives long never shares with a later one.
        let first = base + NEXT.fetch_add(1, Ordering::Relaxed) % 128 * 8;
        let mut settings =
            MediaSettings::new("127.0.0.1".parse().unwrap(), first, 4, dir.path().to_path_buf());
        settings.free_bytes_min = 0;
        change(&mut settings);
        let ((tell, events), (report, levels)) = (channel(), channel());
        let tellers = Arc::<Mutex<BTreeSet<String>>>::default();
        let names = tellers.clone();
        let tell: Events = Arc::new(move |event| {
            names.lock().unwrap().insert(std::thread::current().name().unwrap_or_default().to_owned());
            drop(tell.send(event));
        });
        let report: LevelReports = Arc::new(move |levels| drop(report.send(levels)));
        let (wrong, problems) = channel();
        let wrong: PromptProblems = Arc::new(move |problem| drop(wrong.send(problem)));
        let engine = MediaEngine::start(settings, elsewhere.unwrap_or(tell), report, wrong).unwrap();
        Self { engine, events, levels, problems, tellers, dir, first }
    }

    /// Opens a leg for a phone and settles its codec.
    pub(super) fn leg(&self, leg: LegId, phone: &mut Phone) {
        self.leg_of(CALL, leg, phone);
    }

    pub(super) fn leg_of(&self, call: CallId, leg: LegId, phone: &mut Phone) {
        let slot = slot_of(leg);
        self.engine.command(MediaCommand::Open { call, leg, slot });
        self.engine.command(MediaCommand::Agree { call, leg, agreed: phone.agreed() });
        phone.port = self.first + 2 * slot.0;
    }

    pub(super) fn hear(&self, leg: LegId, source: Source) {
        self.engine.command(MediaCommand::Hear { call: CALL, leg, source });
    }

    /// Two phones that hear each other.
    pub(super) fn call(&self, a: &mut Phone, b: &mut Phone) {
        self.leg(A, a);
        self.leg(B, b);
        self.hear(A, Source::Leg(B));
        self.hear(B, Source::Leg(A));
        self.settle();
    }

    /// Waits until all commands so far are carried out.
    pub(super) fn settle(&self) {
        self.settle_of(CALL);
    }

    /// The same for the thread of another call.
    pub(super) fn settle_of(&self, call: CallId) {
        self.engine.command(MediaCommand::Open { call, leg: LegId(99), slot: PortSlot(999) });
        self.until(|event| matches!(event, MediaEvent::OpenFailed { leg: LegId(99), .. }).then_some(()));
    }

    /// The first event that fits; others before it are passed over.
    pub(super) fn until<T>(&self, fits: impl Fn(&MediaEvent) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while let Ok(event) = self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if let Some(found) = fits(&event) {
                return found;
            }
            seen.push(event);
        }
        panic!("it did not happen; what did: {seen:#?}");
    }

    pub(super) fn close(&self, leg: LegId) -> Quality {
        let slot = slot_of(leg);
        self.engine.command(MediaCommand::Close { call: CALL, leg, slot });
        self.until(|event| match event {
            MediaEvent::Closed { leg: closed, slot: freed, whole } if *closed == leg => {
                assert_eq!(*freed, slot);
                Some(*whole)
            }
            _ => None,
        })
    }

    pub(super) fn record(&self) {
        let subject = RecordingSubject {
            number: 4,
            from: ("101".into(), "Ann".into()),
            with: ("102".into(), "Bob".into()),
            started_ms: 1_700_000_000_000,
        };
        let legs = [(A, Channel::Left), (B, Channel::Right)];
        self.engine.command(MediaCommand::Record { call: CALL, legs, subject });
        self.until(|event| matches!(event, MediaEvent::RecordingStarted { call: CALL }).then_some(()));
    }

    pub(super) fn stop_recording(&self) -> RecordingFacts {
        self.stop_recording_before(0)
    }

    /// It ended so many milliseconds ago.
    pub(super) fn stop_recording_before(&self, tail_ms: u64) -> RecordingFacts {
        self.engine.command(MediaCommand::StopRecording { call: CALL, tail_ms });
        self.until(|event| match event {
            MediaEvent::RecordingClosed { facts } => Some(facts.clone()),
            _ => None,
        })
    }
}

/// The level of a tone over 20 ms at a time, decibels, and of those the middle one: a busy machine may leave a hole.
pub(super) fn middle_level(samples: &[i16], hz: u16, rate: u32) -> f32 {
    let blocks = samples.chunks_exact(rate as usize / 50);
    let mut levels: Vec<f32> = blocks.map(|block| goertzel_db(block, hz, rate)).collect();
    levels.sort_by(f32::total_cmp);
    levels.get(levels.len() / 2).copied().unwrap_or(-200.0)
}

pub(super) fn slot_of(leg: LegId) -> PortSlot {
    PortSlot(leg.0 as u16 - 1)
}

/// A phone that speaks a tone and listens.
pub(super) struct Phone {
    pub(super) socket: UdpSocket,
    pub(super) codec: AgreedCodec,
    pub(super) encoder: Encoder,
    pub(super) tone: Tone,
    pub(super) header: Header,
    pub(super) port: u16,
    /// Every payload that it sent.
    pub(super) sent: Vec<Vec<u8>>,
}

impl Phone {
    pub(super) fn new(codec: &str, pt: u8, hz: u16) -> Self {
        Self::at("127.0.0.1:0", codec, pt, hz)
    }

    pub(super) fn at(address: &str, codec: &str, pt: u8, hz: u16) -> Self {
        let socket = UdpSocket::bind(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let clock = if codec == "opus" { 48_000 } else { 8_000 };
        let encoder = Encoder::new(Kind::of(codec)).unwrap();
        Self {
            socket,
            codec: AgreedCodec { name: codec.into(), clock, receive_pt: pt, send_pt: pt, ptime_ms: 20 },
            tone: Tone::new(hz, -100, encoder.rate()),
            encoder,
            header: Header {
                marker: false,
                payload_type: pt,
                sequence: 100,
                timestamp: 5,
                ssrc: u32::from(hz),
            },
            port: 0,
            sent: Vec::new(),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    pub(super) fn agreed(&self) -> Agreed {
        Agreed {
            remote_rtp: Some(self.address()),
            remote_rtcp: None,
            signalling_ip: self.address().ip(),
            codec: self.codec.clone(),
            digits: Some((101, 101)),
            sending: true,
            receiving: true,
            generation: 1,
        }
    }

    pub(super) fn send(&mut self, payload: &[u8]) {
        let mut out = [0; 1600];
        let length = rtp::print(&self.header, payload, &mut out).unwrap();
        self.socket.send_to(&out[..length], ("127.0.0.1", self.port)).unwrap();
        self.sent.push(payload.to_vec());
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(self.codec.clock / 50);
    }

    /// Speaks one packet of its tone.
    pub(super) fn speak(&mut self) {
        let (mut samples, mut bytes) = (vec![0; self.encoder.rate() as usize / 50], [0; 1500]);
        self.tone.fill(&mut samples);
        let length = self.encoder.encode(&samples, &mut bytes).unwrap();
        self.send(&bytes[..length]);
    }

    /// Speaks one packet of bytes that no encoder makes: read and written again they are others.
    pub(super) fn speak_noise(&mut self) {
        let seed = u64::from(self.header.ssrc) << 16 | u64::from(self.header.sequence);
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let noise = [0; 160].map(|_: u8| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        });
        self.send(&noise);
    }

    /// The next packet that comes.
    pub(super) fn hear(&self) -> (Header, Vec<u8>) {
        let mut buffer = [0; 1600];
        let (length, _) = self.socket.recv_from(&mut buffer).expect("the phone hears nothing");
        let packet = rtp::parse(&buffer[..length]).unwrap();
        (packet.header, packet.payload.to_vec())
    }

    /// What came and has not been heard; waits for nothing.
    pub(super) fn waiting(&self) -> Vec<(Header, Vec<u8>)> {
        self.socket.set_nonblocking(true).unwrap();
        let mut buffer = [0; 1600];
        let next = || {
            let (length, _) = self.socket.recv_from(&mut buffer).ok()?;
            let packet = rtp::parse(&buffer[..length]).unwrap();
            Some((packet.header, packet.payload.to_vec()))
        };
        let packets = std::iter::from_fn(next).collect();
        self.socket.set_nonblocking(false).unwrap();
        packets
    }

    /// What lies in the socket and has not been heard.
    pub(super) fn backlog(&self) -> usize {
        self.socket.set_nonblocking(true).unwrap();
        let mut buffer = [0; 1600];
        let count = std::iter::from_fn(|| self.socket.recv_from(&mut buffer).ok()).count();
        self.socket.set_nonblocking(false).unwrap();
        count
    }

    /// Decodes packets to samples.
    pub(super) fn decode(&self, packets: &[(Header, Vec<u8>)]) -> (Vec<i16>, u32) {
        let kind = Kind::of(&self.codec.name);
        let mut decoder = Decoder::new(kind, kind.rate().unwrap()).unwrap();
        let (mut all, mut part) = (Vec::new(), Vec::new());
        for (_, payload) in packets {
            decoder.decode(payload, &mut part).unwrap();
            all.extend_from_slice(&part);
        }
        (all, kind.rate().unwrap())
    }
}
