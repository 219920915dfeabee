//! What it costs to be listened to, and how late a mix is: beside calls that are only relayed, in the same run.
//!
//! `cargo bench -p switchroom-tests --bench mix` runs, in turn and several times, 100 two-way calls through the media engine:
//! relayed, with a supervisor who listens to each (G.711, then with a supervisor's phone in G.722 and in Opus), and with all
//! three of each in one conversation. CPU seconds are those of the media thread alone, from the kernel's accounts. Then, on an
//! engine that has nothing else to do, how much later than a relay a mix is, and how long after the command the first packet of a
//! mix is sent. `MIX_CALLS`, `MIX_SECONDS` and `MIX_ROUNDS` change the size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod kernel;

use kernel::{cpu_seconds, wait, watch};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use switchroom::media::{MediaEngine, MediaSettings};
use switchroom_exchange::{
    Agreed, AgreedCodec, CallId, LegId, MediaCommand, MediaEvent, Part, PortSlot, Source,
};
use switchroom_media::codec::{Encoder, Kind};
use switchroom_media::g711::{A_TO_LINEAR, linear_to_a};
use switchroom_media::tone::Tone;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const FIRST_PORT: u16 = 21_000;
/// Packets leave in so many portions of the 20 ms.
const PORTIONS: u64 = 20;
/// Packets of each phone that are made beforehand and said again and again.
const SAID: usize = 25;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Relayed,
    /// Somebody listens to both, in this codec.
    Listened(Kind),
    /// Three talk with each other.
    Three(Kind),
}

fn main() {
    let size =
        |name: &str, or: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let (calls, rounds) = (size("MIX_CALLS", 100), size("MIX_ROUNDS", 3));
    let seconds = Duration::from_secs(size("MIX_SECONDS", 4) as u64);
    println!(
        "{calls} calls, {rounds} rounds of {} s each; % of a core, of the media thread",
        seconds.as_secs()
    );
    let runs = [
        Run::Relayed,
        Run::Listened(Kind::Pcma),
        Run::Listened(Kind::G722),
        Run::Listened(Kind::Opus),
        Run::Three(Kind::Pcma),
        Run::Three(Kind::Opus),
    ];
    let mut relayed = 0.0;
    for run in runs {
        let mut outcomes: Vec<(f64, f64)> = (0..rounds).map(|_| once(run, calls, seconds)).collect();
        outcomes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (cpu, share) = outcomes[outcomes.len() / 2];
        if run == Run::Relayed {
            relayed = cpu;
        }
        println!(
            "  {:<16} {cpu:.4} % per call, {:.1} × relayed, all {calls} together {:.1} %; phones heard {:.2} % of \
             their packets",
            format!("{run:?}"),
            cpu / relayed,
            cpu * calls as f64,
            100.0 * share
        );
    }
    latency();
}

/// CPU percent per call, and which part of what the phones should hear they heard.
fn once(run: Run, calls: usize, length: Duration) -> (f64, f64) {
    let each = if run == Run::Relayed { 2 } else { 3 };
    let phones: Vec<Phone> = (0..calls * each).map(|n| Phone::new(n, codec_of(run, n % each))).collect();
    let sockets: Vec<Arc<UdpSocket>> = phones.iter().map(|phone| phone.socket.clone()).collect();
    let (engine, dir) = engine();
    for call in 0..calls {
        connect(&engine, run, call, &phones[call * each..][..each]);
    }
    wait_for_legs(&engine, phones.len());
    let load = Load::start(phones, sockets);
    std::thread::sleep(Duration::from_secs(2));
    let (heard, cpu, begin) = (load.heard.load(Ordering::Relaxed), cpu_seconds(&["media-0"]), Instant::now());
    std::thread::sleep(length);
    let (heard, cpu) = (load.heard.load(Ordering::Relaxed) - heard, cpu_seconds(&["media-0"]) - cpu);
    let wall = begin.elapsed().as_secs_f64();
    load.stop();
    engine.shutdown();
    drop(dir);
    let should = wall * 50.0 * (calls * each) as f64;
    (100.0 * cpu / wall / calls as f64, heard as f64 / should)
}

/// The third party's codec is the one that is measured; all of a conversation of three have it.
fn codec_of(run: Run, party: usize) -> Kind {
    match run {
        Run::Relayed => Kind::Pcma,
        Run::Listened(kind) if party == 2 => kind,
        Run::Listened(_) => Kind::Pcma,
        Run::Three(kind) => kind,
    }
}

fn engine() -> (MediaEngine, tempfile::TempDir) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let settings = MediaSettings::new(LOCAL, FIRST_PORT, 1000, dir.path().to_path_buf());
    let events = Arc::new(|event| {
        assert!(!matches!(event, MediaEvent::OpenFailed { .. }), "ports are taken: {event:?}");
    });
    let engine = MediaEngine::start(settings, events, Arc::new(|_| {}), Arc::new(|_| {})).unwrap();
    (engine, dir)
}

fn wait_for_legs(engine: &MediaEngine, legs: usize) {
    let end = Instant::now() + Duration::from_secs(20);
    while engine.health().legs < legs as u64 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(engine.health().legs, legs as u64);
}

fn connect(engine: &MediaEngine, run: Run, call: usize, phones: &[Phone]) {
    let call = CallId::new(1_700_000_000_000, call as u128);
    for phone in phones {
        engine.command(MediaCommand::Open { call, leg: phone.leg, slot: PortSlot(phone.leg.0 as u16) });
        engine.command(MediaCommand::Agree { call, leg: phone.leg, agreed: phone.agreed() });
    }
    let legs: Vec<LegId> = phones.iter().map(|phone| phone.leg).collect();
    for (party, leg) in legs.iter().enumerate() {
        let others = || legs.iter().filter(|other| *other != leg).copied();
        let source = match run {
            Run::Three(_) => mix(others()),
            Run::Listened(_) if party == 2 => mix(others()),
            Run::Relayed | Run::Listened(_) => Source::Leg(legs[1 - party]),
        };
        engine.command(MediaCommand::Hear { call, leg: *leg, source });
    }
}

fn mix(legs: impl Iterator<Item = LegId>) -> Source {
    Source::Mix(legs.map(|leg| Part { leg, gain_ddb: 0 }).collect())
}

struct Phone {
    socket: Arc<UdpSocket>,
    leg: LegId,
    codec: AgreedCodec,
    /// Its packets, without their numbers.
    said: Vec<Vec<u8>>,
}

impl Phone {
    fn new(number: usize, kind: Kind) -> Self {
        let socket = UdpSocket::bind((LOCAL, 0)).unwrap();
        let (name, clock, pt) = match kind {
            Kind::G722 => ("G722", 8_000, 9),
            Kind::Opus => ("opus", 48_000, 107),
            _ => ("PCMA", 8_000, 8),
        };
        let mut encoder = Encoder::new(kind).unwrap();
        let mut tone = Tone::new(300 + 50 * (number % 40) as u16, -150, encoder.rate());
        let said = (0..SAID).map(|_| {
            let (mut samples, mut bytes) = (vec![0; encoder.rate() as usize / 50], [0; 1500]);
            tone.fill(&mut samples);
            let length = encoder.encode(&samples, &mut bytes).unwrap();
            let mut packet = vec![0; 12];
            (packet[0], packet[1]) = (0x80, pt);
            packet[8..12].copy_from_slice(&(number as u32 + 1).to_be_bytes());
            packet.extend_from_slice(&bytes[..length]);
            packet
        });
        Self {
            said: said.collect(),
            socket: Arc::new(socket),
            leg: LegId(number as u64),
            codec: AgreedCodec { name: name.into(), clock, receive_pt: pt, send_pt: pt, ptime_ms: 20 },
        }
    }

    fn agreed(&self) -> Agreed {
        let address = self.socket.local_addr().unwrap();
        Agreed {
            remote_rtp: Some(address),
            remote_rtcp: None,
            signalling_ip: address.ip(),
            codec: self.codec.clone(),
            digits: Some((101, 101)),
            sending: true,
            receiving: true,
            generation: 1,
        }
    }

    fn say(&mut self, number: u16) {
        let (at, step) = (usize::from(number) % SAID, self.codec.clock / 50);
        let packet = &mut self.said[at];
        packet[2..4].copy_from_slice(&number.to_be_bytes());
        packet[4..8].copy_from_slice(&u32::from(number).wrapping_mul(step).to_be_bytes());
        let _ = self.socket.send_to(packet, (LOCAL, FIRST_PORT + 2 * self.leg.0 as u16));
    }
}

/// All phones: one thread speaks for them, another listens.
struct Load {
    stopping: Arc<AtomicBool>,
    heard: Arc<AtomicU64>,
    threads: [JoinHandle<()>; 2],
}

impl Load {
    fn start(mut phones: Vec<Phone>, sockets: Vec<Arc<UdpSocket>>) -> Self {
        let (stopping, heard) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let stop = stopping.clone();
        let speaker = std::thread::spawn(move || {
            let begin = Instant::now();
            for portion in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let due = Duration::from_micros(portion * 20_000 / PORTIONS);
                std::thread::sleep(due.saturating_sub(begin.elapsed()));
                let mine = phones.iter_mut().skip((portion % PORTIONS) as usize).step_by(PORTIONS as usize);
                mine.for_each(|phone| phone.say((portion / PORTIONS) as u16));
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

/// How late a mix is, and how soon it begins: one call, a beat of sound in silence.
fn latency() {
    let (engine, _dir) = engine();
    let mut phones: Vec<Phone> = (0..3).map(|n| Phone::new(n, Kind::Pcma)).collect();
    connect(&engine, Run::Listened(Kind::Pcma), 0, &phones);
    wait_for_legs(&engine, 3);
    let call = CallId::new(1_700_000_000_000, 0);
    let silent = vec![linear_to_a(0); 160];
    let loud: Vec<u8> = (0..160).map(|n| linear_to_a(if n % 8 < 4 { 12_000 } else { -12_000 })).collect();
    let listen = |phone: &Phone| {
        let socket = phone.socket.clone();
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 1600];
            while let Ok((length, _)) = socket.recv_from(&mut buffer) {
                let now = Instant::now();
                let first =
                    buffer[12..length].iter().position(|b| A_TO_LINEAR[usize::from(*b)].abs() > 4_000);
                if tell.send((now, first)).is_err() {
                    break;
                }
            }
        });
        told
    };
    let (relayed, mixed) = (listen(&phones[1]), listen(&phones[2]));
    let (mut added, mut switched) = (Vec::new(), Vec::new());
    let begin = Instant::now();
    for number in 0..1_500u16 {
        // A beat every half second; not in step with ours, so that every phase is met.
        let due = Duration::from_micros(u64::from(number) * 20_037);
        std::thread::sleep(due.saturating_sub(begin.elapsed()));
        let is_loud = number % 25 == 24;
        for phone in &mut phones[..2] {
            let said = if is_loud && phone.leg.0 == 0 { &loud } else { &silent };
            phone.said.iter_mut().for_each(|packet| packet[12..].copy_from_slice(said));
            phone.say(number);
        }
        if number % 25 == 23 && number > 100 {
            // Both have heard the beat of half a second ago; when its first loud sample was played.
            let onset = |told: &std::sync::mpsc::Receiver<(Instant, Option<usize>)>| {
                let all: Vec<_> = told.try_iter().collect();
                let (at, first) = all.into_iter().find_map(|(at, first)| Some((at, first?)))?;
                Some(at + Duration::from_micros(first as u64 * 125))
            };
            if let (Some(relayed), Some(mixed)) = (onset(&relayed), onset(&mixed)) {
                added.push(mixed.saturating_duration_since(relayed).as_secs_f64() * 1e3);
            }
        }
    }
    for _ in 0..50 {
        engine.command(MediaCommand::Hear { call, leg: LegId(2), source: Source::Nothing });
        std::thread::sleep(Duration::from_millis(67));
        mixed.try_iter().for_each(drop);
        let begin = Instant::now();
        engine.command(MediaCommand::Hear {
            call,
            leg: LegId(2),
            source: mix([LegId(0), LegId(1)].into_iter()),
        });
        if let Ok((at, _)) = mixed.recv_timeout(Duration::from_secs(1)) {
            switched.push(at.saturating_duration_since(begin).as_secs_f64() * 1e3);
        }
    }
    for (what, values, target) in [
        ("a mix is later than a relay by", &mut added, 40),
        ("from the command to the first packet", &mut switched, 40),
    ] {
        values.sort_by(f64::total_cmp);
        let quantile = |q: f64| values.get((values.len() as f64 * q) as usize).copied().unwrap_or(f64::NAN);
        println!(
            "  {what}: p50 {:.1} ms, p99 {:.1} ms of {} (target {target} ms)",
            quantile(0.5),
            quantile(0.99),
            values.len()
        );
    }
    engine.shutdown();
}
