//! Phones around a media engine, on this machine's own addresses, and what serving them costs its media thread.

use crate::kernel::{cpu_seconds, wait, watch};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use switchroom::media::{MediaEngine, MediaSettings};
use switchroom_exchange::{Agreed, AgreedCodec, CallId, LegId, MediaCommand, MediaEvent, PortSlot};
use switchroom_media::codec::Kind;

/// Where phones and engine are.
pub(crate) const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Packets of a phone are so far apart, microseconds.
const PACKET_US: u64 = 20_000;
/// Each phone is heard, and hears, before it is measured.
const SETTLING: Duration = Duration::from_secs(2);

/// A number from the environment that changes the size of a bench, or what it is unless told.
pub(crate) fn size(name: &str, or: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or)
}

/// A media engine with so many ports from the first on; what `change` makes of its settings is as its folder wants it.
pub(crate) fn engine(
    first_port: u16,
    ports: u16,
    change: impl FnOnce(&mut MediaSettings),
) -> (MediaEngine, tempfile::TempDir) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut settings = MediaSettings::new(LOCAL, first_port, ports, dir.path().to_path_buf());
    change(&mut settings);
    let events = Arc::new(|event| {
        assert!(!matches!(event, MediaEvent::OpenFailed { .. }), "ports are taken: {event:?}");
    });
    let engine = MediaEngine::start(settings, events, Arc::new(|_| {}), Arc::new(|_| {})).unwrap();
    (engine, dir)
}

/// One phone: the leg of its number, and packets that it says in turn.
pub(crate) struct Phone {
    pub(crate) socket: Arc<UdpSocket>,
    pub(crate) leg: LegId,
    /// Its packets, without their numbers.
    pub(crate) said: Vec<Vec<u8>>,
    codec: AgreedCodec,
    /// The engine's port for it.
    port: u16,
}

impl Phone {
    /// `sound` is what it says, each of 20 ms, in its codec.
    pub(crate) fn new(
        number: usize,
        first_port: u16,
        kind: Kind,
        sound: impl Iterator<Item = Vec<u8>>,
    ) -> Self {
        let (name, clock, pt) = match kind {
            Kind::G722 => ("G722", 8_000, 9),
            Kind::Opus => ("opus", 48_000, 107),
            _ => ("PCMA", 8_000, 8),
        };
        let said = sound.map(|sound| {
            let mut packet = vec![0; 12];
            (packet[0], packet[1]) = (0x80, pt);
            packet[8..12].copy_from_slice(&(number as u32 + 1).to_be_bytes());
            packet.extend_from_slice(&sound);
            packet
        });
        Self {
            said: said.collect(),
            socket: Arc::new(UdpSocket::bind((LOCAL, 0)).unwrap()),
            leg: LegId(number as u64),
            codec: AgreedCodec { name: name.into(), clock, receive_pt: pt, send_pt: pt, ptime_ms: 20 },
            port: first_port + 2 * number as u16,
        }
    }

    /// Opens its leg in a call, as it would have agreed.
    pub(crate) fn join(&self, engine: &MediaEngine, call: CallId) {
        let (leg, address) = (self.leg, self.socket.local_addr().unwrap());
        let agreed = Agreed {
            remote_rtp: Some(address),
            remote_rtcp: None,
            signalling_ip: address.ip(),
            codec: self.codec.clone(),
            digits: Some((101, 101)),
            sending: true,
            receiving: true,
            generation: 1,
        };
        engine.command(MediaCommand::Open { call, leg, slot: PortSlot(leg.0 as u16) });
        engine.command(MediaCommand::Agree { call, leg, agreed });
    }

    pub(crate) fn say(&mut self, number: u16) {
        let (at, step) = (usize::from(number) % self.said.len(), self.codec.clock / 50);
        let packet = &mut self.said[at];
        packet[2..4].copy_from_slice(&number.to_be_bytes());
        packet[4..8].copy_from_slice(&u32::from(number).wrapping_mul(step).to_be_bytes());
        let _ = self.socket.send_to(packet, (LOCAL, self.port));
    }
}

pub(crate) fn wait_for_legs(engine: &MediaEngine, legs: usize) {
    let end = Instant::now() + Duration::from_secs(20);
    while engine.health().legs < legs as u64 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(engine.health().legs, legs as u64);
}

/// What serving phones came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// Of a core, 0 to 1.
    pub(crate) share: f64,
    /// Packets a second that phones heard.
    pub(crate) heard: f64,
    /// And should.
    should: f64,
}

impl Outcome {
    /// What part of the packets that phones should hear they heard, 0 to 1.
    pub(crate) fn part(&self) -> f64 {
        self.heard / self.should
    }

    /// That of several rounds in the middle.
    pub(crate) fn median(rounds: usize, mut once: impl FnMut() -> Self) -> Self {
        let mut all: Vec<Self> = (0..rounds.max(1)).map(|_| once()).collect();
        all.sort_by(|a, b| a.share.total_cmp(&b.share));
        all[all.len() / 2]
    }
}

/// All phones speak and listen for so long, and the media thread is watched.
pub(crate) fn measure(engine: MediaEngine, phones: Vec<Phone>, length: Duration) -> Outcome {
    let count = phones.len();
    wait_for_legs(&engine, count);
    let load = Load::start(phones);
    std::thread::sleep(SETTLING);
    let (heard, cpu, begin) = (load.heard.load(Ordering::Relaxed), cpu_seconds(&["media-0"]), Instant::now());
    std::thread::sleep(length);
    let (heard, cpu) = (load.heard.load(Ordering::Relaxed) - heard, cpu_seconds(&["media-0"]) - cpu);
    let wall = begin.elapsed().as_secs_f64();
    load.stop();
    engine.shutdown();
    Outcome { share: cpu / wall, heard: heard as f64 / wall, should: (50 * count) as f64 }
}

/// All phones: one thread speaks for them, another listens.
struct Load {
    stopping: Arc<AtomicBool>,
    heard: Arc<AtomicU64>,
    threads: [JoinHandle<()>; 2],
}

impl Load {
    fn start(mut phones: Vec<Phone>) -> Self {
        let sockets: Vec<Arc<UdpSocket>> = phones.iter().map(|phone| phone.socket.clone()).collect();
        let (stopping, heard) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let stop = stopping.clone();
        let speaker = std::thread::spawn(move || {
            let (begin, count) = (Instant::now(), phones.len() as u64);
            for round in 0.. {
                // As phones do, each at a moment of its own: the thread that serves them has to wake for each.
                for (at, phone) in phones.iter_mut().enumerate() {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let due = Duration::from_micros(round * PACKET_US + at as u64 * PACKET_US / count);
                    std::thread::sleep(due.saturating_sub(begin.elapsed()));
                    phone.say(round as u16);
                }
            }
        });
        let (stop, count) = (stopping.clone(), heard.clone());
        let listener = std::thread::spawn(move || {
            let poll = watch(&sockets);
            let (mut events, mut buffer) = (Vec::with_capacity(256), [0; 1600]);
            while !stop.load(Ordering::Relaxed) {
                for event in wait(&poll, &mut events) {
                    count.fetch_add(
                        u64::from(sockets[event].recv_from(&mut buffer).is_ok()),
                        Ordering::Relaxed,
                    );
                }
            }
        });
        Self { stopping, heard, threads: [speaker, listener] }
    }

    fn stop(self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}
