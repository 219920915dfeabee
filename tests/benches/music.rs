//! What it costs to let callers wait: music in the ears of many, beside the relay of a packet, in the same run.
//!
//! `cargo bench -p switchroom-tests --bench music` lets 1,000 callers hear music in PCMA, then in G.722, over one media thread, as a
//! queue does it: one WAV file, encoded once, a place of its own for each. Their phones send sound meanwhile, as phones do. The
//! reference is 100 two-way calls in PCMA that are only relayed: there, too, a packet comes in and one goes out. CPU seconds are those
//! of the media thread alone, from the kernel's accounts. `MUSIC_CALLERS`, `MUSIC_RELAYED`, `MUSIC_SECONDS` and `MUSIC_ROUNDS` change
//! the size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod kernel;

use kernel::{cpu_seconds, wait, watch};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use switchroom::media::{MediaEngine, MediaSettings};
use switchroom_exchange::{Agreed, AgreedCodec, CallId, LegId, MediaCommand, MediaEvent, PortSlot, Source};
use switchroom_flow::{Clip, Language};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const FIRST_PORT: u16 = 23_000;
/// Packets leave in so many portions of the 20 ms.
const PORTIONS: u64 = 20;
/// Octets of a packet of 20 ms, in PCMA and in G.722.
const OCTETS: usize = 160;
/// Seconds of music before it begins anew.
const MUSIC_S: u32 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    /// Two of a call hear each other.
    Relayed,
    /// Each hears music, in PCMA.
    Pcma,
    /// The same in G.722.
    G722,
}

/// What a run came to.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    /// Of a core, 0 to 1.
    share: f64,
    /// Packets a second that phones heard.
    heard: f64,
    /// Of what they should.
    part: f64,
}

fn main() {
    let size =
        |name: &str, or: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let (callers, relayed) = (size("MUSIC_CALLERS", 1_000), size("MUSIC_RELAYED", 100));
    let rounds = size("MUSIC_ROUNDS", 3).max(1);
    let seconds = Duration::from_secs(size("MUSIC_SECONDS", 4) as u64);
    println!("{rounds} rounds of {} s each; of one core, the media thread", seconds.as_secs());
    let mut reference = f64::NAN;
    for (run, phones) in [(Run::Relayed, 2 * relayed), (Run::Pcma, callers), (Run::G722, callers)] {
        let mut outcomes: Vec<Outcome> = (0..rounds).map(|_| once(run, phones, seconds)).collect();
        outcomes.sort_by(|a, b| a.share.total_cmp(&b.share));
        let Outcome { share, heard, part } = outcomes[outcomes.len() / 2];
        let packet = 1e6 * share / heard;
        if run == Run::Relayed {
            reference = packet;
        }
        println!(
            "  {:<8} {phones} phones: {:.1} % of a core, {packet:.2} µs a packet, {:.2} × relayed; {:.2} % of the packets heard",
            format!("{run:?}"),
            100.0 * share,
            packet / reference,
            100.0 * part
        );
    }
}

fn once(run: Run, count: usize, length: Duration) -> Outcome {
    let phones: Vec<Phone> = (0..count).map(|number| Phone::new(number, run)).collect();
    let sockets: Vec<Arc<UdpSocket>> = phones.iter().map(|phone| phone.socket.clone()).collect();
    let (engine, dir) = engine();
    for phone in &phones {
        connect(&engine, run, phone);
    }
    wait_for_legs(&engine, count);
    let load = Load::start(phones, sockets);
    // The music is read and encoded, sources are settled.
    std::thread::sleep(Duration::from_secs(2));
    let (heard, cpu, begin) = (load.heard.load(Ordering::Relaxed), cpu_seconds(&["media-0"]), Instant::now());
    std::thread::sleep(length);
    let (heard, cpu) = (load.heard.load(Ordering::Relaxed) - heard, cpu_seconds(&["media-0"]) - cpu);
    let wall = begin.elapsed().as_secs_f64();
    load.stop();
    engine.shutdown();
    drop(dir);
    let heard = heard as f64 / wall;
    Outcome { share: cpu / wall, heard, part: heard / (50 * count) as f64 }
}

fn engine() -> (MediaEngine, tempfile::TempDir) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut settings = MediaSettings::new(LOCAL, FIRST_PORT, 4_000, dir.path().to_path_buf());
    write_music(&dir.path().join("prompts/bench/music.wav"));
    settings.prompts.site.push(dir.path().join("prompts"));
    let events = Arc::new(|event| {
        assert!(!matches!(event, MediaEvent::OpenFailed { .. }), "ports are taken: {event:?}");
    });
    let engine = MediaEngine::start(settings, events, Arc::new(|_| {}), Arc::new(|_| {})).unwrap();
    (engine, dir)
}

/// Wideband, so that both codecs have their full work with it, once.
fn write_music(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let rate = 16_000;
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec).unwrap();
    for at in 0..MUSIC_S * rate {
        let time = f64::from(at) / f64::from(rate);
        let sample =
            (time * 440.0 * std::f64::consts::TAU).sin() + (time * 660.0 * std::f64::consts::TAU).sin();
        file.write_sample((6_000.0 * sample) as i16).unwrap();
    }
    file.finalize().unwrap();
}

fn wait_for_legs(engine: &MediaEngine, legs: usize) {
    let end = Instant::now() + Duration::from_secs(20);
    while engine.health().legs < legs as u64 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(engine.health().legs, legs as u64);
}

fn connect(engine: &MediaEngine, run: Run, phone: &Phone) {
    // Of a talk two are in one call.
    let number = if run == Run::Relayed { phone.leg.0 / 2 } else { phone.leg.0 };
    let call = CallId::new(1_700_000_000_000, u128::from(number));
    let leg = phone.leg;
    engine.command(MediaCommand::Open { call, leg, slot: PortSlot(leg.0 as u16) });
    engine.command(MediaCommand::Agree { call, leg, agreed: phone.agreed() });
    engine.command(match run {
        Run::Relayed => MediaCommand::Hear { call, leg, source: Source::Leg(LegId(leg.0 ^ 1)) },
        Run::Pcma | Run::G722 => {
            let clips = vec![Clip::Prompt { language: Language::En, name: "bench/music".into() }];
            MediaCommand::Play { call, leg, number: 0, clips, is_loop: true }
        }
    });
}

struct Phone {
    socket: Arc<UdpSocket>,
    leg: LegId,
    codec: AgreedCodec,
    packet: Vec<u8>,
}

impl Phone {
    fn new(number: usize, run: Run) -> Self {
        let (name, pt) = if run == Run::G722 { ("G722", 9) } else { ("PCMA", 8) };
        let mut packet = vec![0x55; 12 + OCTETS];
        (packet[0], packet[1]) = (0x80, pt);
        packet[8..12].copy_from_slice(&(number as u32 + 1).to_be_bytes());
        Self {
            socket: Arc::new(UdpSocket::bind((LOCAL, 0)).unwrap()),
            leg: LegId(number as u64),
            codec: AgreedCodec { name: name.into(), clock: 8_000, receive_pt: pt, send_pt: pt, ptime_ms: 20 },
            packet,
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
        self.packet[2..4].copy_from_slice(&number.to_be_bytes());
        self.packet[4..8].copy_from_slice(&(u32::from(number) * OCTETS as u32).to_be_bytes());
        let _ = self.socket.send_to(&self.packet, (LOCAL, FIRST_PORT + 2 * self.leg.0 as u16));
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
                    let is_heard = sockets[event].recv_from(&mut buffer).is_ok();
                    count.fetch_add(u64::from(is_heard), Ordering::Relaxed);
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
