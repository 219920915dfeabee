//! What a relayed call costs, against a relay that does nothing but relay, and what a caller who hears prompts.
//!
//! `cargo bench -p switchroom-tests --bench relay` runs, in turn and several times, 200 two-way G.711 calls through a
//! bare relay (one thread, one epoll, a socket per leg, one receive and one send per packet), through the media engine,
//! and through the media engine with every call recorded. Then 200 callers, each alone, speak and hear prompts one after
//! the other, and the same while digits are looked for in their sound. Load comes from other threads of this process; CPU
//! seconds are those of the relaying threads alone, from the kernel's accounts. `RELAY_CALLS`, `RELAY_SECONDS` and
//! `RELAY_ROUNDS` change the size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod kernel;

use kernel::{cpu_seconds, wait, watch};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use switchroom::clock::mono_us;
use switchroom::media::{MediaEngine, MediaSettings};
use switchroom_exchange::{
    Agreed, AgreedCodec, CallId, Channel, LegId, MediaCommand, MediaEvent, PortSlot, RecordingSubject, Source,
};
use switchroom_flow::{Clip, Language};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const FIRST_PORT: u16 = 21_000;
const FLOOR_PORT: u16 = 24_000;
const PACKET_BYTES: usize = 172;
/// Packets leave in so many portions of the 20 ms.
const PORTIONS: u64 = 20;

fn main() {
    let size =
        |name: &str, or: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let (calls, rounds) = (size("RELAY_CALLS", 200), size("RELAY_ROUNDS", 3));
    let seconds = Duration::from_secs(size("RELAY_SECONDS", 4) as u64);
    println!("{calls} two-way G.711 calls, {rounds} rounds of {} s each", seconds.as_secs());
    let phones: Vec<Arc<UdpSocket>> =
        (0..2 * calls).map(|_| Arc::new(UdpSocket::bind((LOCAL, 0)).unwrap())).collect();
    let runs = [Run::Floor, Run::Relayed, Run::Recorded, Run::Prompted, Run::Listened];
    let mut results: BTreeMap<Run, Vec<Outcome>> = BTreeMap::new();
    for _ in 0..rounds {
        for run in runs {
            let outcome = once(run, &phones, seconds);
            println!("  {run:?}: {outcome}");
            results.entry(run).or_default().push(outcome);
        }
    }
    println!("medians:");
    let median = |run: Run, of: fn(&Outcome) -> f64| {
        let mut values: Vec<f64> = results[&run].iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let floor = median(Run::Floor, |o| o.cpu_percent);
    for (run, target) in [(Run::Floor, 1.0), (Run::Relayed, 1.6), (Run::Recorded, 3.0)] {
        let cpu = median(run, |o| o.cpu_percent);
        let (p50, p99) = (median(run, p50), median(run, p99));
        println!(
            "  {:<9} {:.4} % of a core per call, {:.2} × the bare relay (target {target:.1}); delay p50 {:.0} µs, \
             p99 {:.0} µs; lost {:.4} %",
            format!("{run:?}"),
            cpu,
            cpu / floor,
            p50,
            p99,
            median(run, |o| o.lost_percent),
        );
    }
    let relayed = median(Run::Relayed, |o| o.cpu_percent);
    for (run, what) in [(Run::Prompted, "hears prompts"), (Run::Listened, "hears prompts, digits in band")] {
        let cpu = median(run, |o| o.cpu_percent);
        let lost = median(run, |o| o.lost_percent);
        println!(
            "  a caller who {what}: {cpu:.4} % of a core, {:.2} × a relayed call; lost {lost:.4} %",
            cpu / relayed
        );
    }
    let added = median(Run::Relayed, p99) - median(Run::Floor, p99);
    println!("  delay p99 beyond the bare relay's: {added:.0} µs (target: ours below 2000 µs)");
}

fn p50(outcome: &Outcome) -> f64 {
    outcome.delay_us.map_or(f64::NAN, |(p50, _)| p50)
}

fn p99(outcome: &Outcome) -> f64 {
    outcome.delay_us.map_or(f64::NAN, |(_, p99)| p99)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    Floor,
    Relayed,
    Recorded,
    /// Each caller alone, hearing prompts.
    Prompted,
    /// The same, and digits are looked for in what it says.
    Listened,
}

impl Run {
    fn is_alone(self) -> bool {
        matches!(self, Self::Prompted | Self::Listened)
    }
}

#[derive(Debug)]
struct Outcome {
    cpu_percent: f64,
    /// Median and the 99th hundredth of the delay; none where what is heard was not said by another phone.
    delay_us: Option<(f64, f64)>,
    lost_percent: f64,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cpu_percent, delay_us, lost_percent } = self;
        write!(f, "{cpu_percent:.4} % per call, ")?;
        if let Some((p50, p99)) = delay_us {
            write!(f, "p50 {p50:.0} µs, p99 {p99:.0} µs, ")?;
        }
        write!(f, "lost {lost_percent:.4} %")
    }
}

/// One round.
fn once(run: Run, phones: &[Arc<UdpSocket>], length: Duration) -> Outcome {
    let calls = phones.len() / 2;
    let phones = if run.is_alone() { phones.get(..calls).unwrap() } else { phones };
    let mut relay: Box<dyn Relay> = match run {
        Run::Floor => Box::new(Floor::start(phones)),
        _ => Box::new(Ours::start()),
    };
    relay.connect(phones, run);
    // A second to warm up, then the measured stretch.
    let load = Load::start(phones, relay.ports(phones.len()));
    std::thread::sleep(Duration::from_secs(1));
    load.measuring.store(true, Ordering::Relaxed);
    let (cpu, begin) = (cpu_seconds(relay.threads()), Instant::now());
    std::thread::sleep(length);
    let (cpu, wall) = (cpu_seconds(relay.threads()) - cpu, begin.elapsed().as_secs_f64());
    load.measuring.store(false, Ordering::Relaxed);
    let (sent, heard) = load.stop();
    relay.stop();
    let Heard { mut delays, got, missing, .. } = heard;
    let (delay_us, lost) = if run.is_alone() {
        // What they hear holds no moments, but it must be there, and its packets are numbered.
        let share = got as f64 / (calls as f64 * 50.0 * length.as_secs_f64());
        assert!(share > 0.9, "callers hear {share:.2} of what they should");
        (None, missing as f64 / (got + missing) as f64)
    } else {
        delays.sort_unstable();
        let quantile = |q: f64| delays.get((delays.len() as f64 * q) as usize).copied().unwrap_or(0) as f64;
        (Some((quantile(0.5), quantile(0.99))), (1.0 - delays.len() as f64 / sent as f64).max(0.0))
    };
    Outcome { cpu_percent: 100.0 * cpu / wall / calls as f64, delay_us, lost_percent: 100.0 * lost }
}

trait Relay {
    /// Phone `2n` talks to phone `2n + 1`, or each hears prompts.
    fn connect(&mut self, phones: &[Arc<UdpSocket>], run: Run);
    /// Where each phone sends to.
    fn ports(&self, phones: usize) -> Vec<u16>;
    /// Names of the threads that do the work.
    fn threads(&self) -> &'static [&'static str];
    fn stop(&mut self);
}

/// The bare relay.
struct Floor {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Floor {
    fn start(phones: &[Arc<UdpSocket>]) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let (stop, to): (_, Vec<SocketAddr>) =
            (stopping.clone(), phones.iter().map(|p| p.local_addr().unwrap()).collect());
        let sockets: Vec<UdpSocket> =
            (0..phones.len()).map(|n| UdpSocket::bind((LOCAL, FLOOR_PORT + n as u16)).unwrap()).collect();
        let thread = std::thread::Builder::new().name("floor".into());
        let thread = thread.spawn(move || {
            let poll = watch(&sockets);
            let (mut events, mut buffer) = (Vec::with_capacity(256), [0; 1600]);
            while !stop.load(Ordering::Relaxed) {
                for event in wait(&poll, &mut events) {
                    // A packet of one phone goes out of the other leg's socket, as it came.
                    let (length, _) = sockets[event].recv_from(&mut buffer).unwrap();
                    let _ = sockets[event ^ 1].send_to(&buffer[..length], to[event ^ 1]);
                }
            }
        });
        Self { stopping, thread: Some(thread.unwrap()) }
    }
}

impl Relay for Floor {
    fn connect(&mut self, _: &[Arc<UdpSocket>], _: Run) {}

    fn ports(&self, phones: usize) -> Vec<u16> {
        (0..phones).map(|n| FLOOR_PORT + n as u16).collect()
    }

    fn threads(&self) -> &'static [&'static str] {
        &["floor"]
    }

    fn stop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// The media engine.
struct Ours {
    engine: MediaEngine,
    opened: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
    dir: tempfile::TempDir,
}

impl Ours {
    fn start() -> Self {
        // Beside the build, which is on a disk, not in a file system in memory.
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let (opened, failed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (started, refused) = (opened.clone(), failed.clone());
        let mut settings = MediaSettings::new(LOCAL, FIRST_PORT, 1000, dir.path().to_path_buf());
        settings.prompts.site = vec![dir.path().join("site")];
        let events = Arc::new(move |event| match event {
            MediaEvent::RecordingStarted { .. } => drop(started.fetch_add(1, Ordering::Relaxed)),
            MediaEvent::OpenFailed { .. } | MediaEvent::RecordingFailed { .. } => {
                refused.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        });
        let engine = MediaEngine::start(settings, events, Arc::new(|_| {}), Arc::new(|_| {})).unwrap();
        Self { engine, opened, failed, dir }
    }

    /// Callers who hear prompts, each alone.
    fn play(&self, phones: &[Arc<UdpSocket>], run: Run) {
        let site = self.dir.path().join("site");
        std::fs::create_dir_all(&site).unwrap();
        let names = ["one", "two", "three"];
        for name in names {
            let spec = hound::WavSpec {
                channels: 1,
                sample_rate: 16_000,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let mut writer = hound::WavWriter::create(site.join(format!("{name}.wav")), spec).unwrap();
            (0..32_000u32).for_each(|n| writer.write_sample((n * 7919 % 6000) as i16 - 3000).unwrap());
            writer.finalize().unwrap();
        }
        let clip = |name: &str| Clip::Prompt { language: Language::En, name: name.to_owned() };
        for (number, phone) in phones.iter().enumerate() {
            let (call, leg) = (CallId::new(1_700_000_000_000, number as u128), LegId(number as u64));
            let slot = PortSlot(number as u16);
            let mut agreed = agreed(phone.local_addr().unwrap());
            if run == Run::Listened {
                agreed.digits = None;
            }
            self.engine.command(MediaCommand::Open { call, leg, slot });
            self.engine.command(MediaCommand::Agree { call, leg, agreed });
            self.engine.command(MediaCommand::Listen { call, leg, is_on: run == Run::Listened });
            let clips = names.map(clip).to_vec();
            self.engine.command(MediaCommand::Play { call, leg, number: 1, clips, is_loop: true });
        }
    }
}

impl Relay for Ours {
    fn connect(&mut self, phones: &[Arc<UdpSocket>], run: Run) {
        let recorded = run == Run::Recorded;
        if run.is_alone() {
            self.play(phones, run);
        }
        let calls = if run.is_alone() { 0 } else { phones.len() / 2 };
        for number in 0..calls {
            let call = CallId::new(1_700_000_000_000, number as u128);
            let legs =
                [2 * number, 2 * number + 1].map(|n| (LegId(n as u64), phones[n].local_addr().unwrap()));
            for (leg, address) in legs {
                let slot = PortSlot(leg.0 as u16);
                self.engine.command(MediaCommand::Open { call, leg, slot });
                self.engine.command(MediaCommand::Agree { call, leg, agreed: agreed(address) });
                let source = Source::Leg(LegId(leg.0 ^ 1));
                self.engine.command(MediaCommand::Hear { call, leg, source });
            }
            if recorded {
                let subject = RecordingSubject {
                    number: number as u64,
                    from: Default::default(),
                    with: Default::default(),
                    started_ms: 1_700_000_000_000,
                };
                let legs = [(legs[0].0, Channel::Left), (legs[1].0, Channel::Right)];
                self.engine.command(MediaCommand::Record { call, legs, subject });
            }
        }
        let there = || {
            let started = !recorded || self.opened.load(Ordering::Relaxed) == calls;
            started && self.engine.health().legs == phones.len() as u64
        };
        let end = Instant::now() + Duration::from_secs(20);
        while !there() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(self.failed.load(Ordering::Relaxed), 0, "ports are taken, or nothing can be recorded");
    }

    fn ports(&self, phones: usize) -> Vec<u16> {
        (0..phones).map(|n| FIRST_PORT + 2 * n as u16).collect()
    }

    fn threads(&self) -> &'static [&'static str] {
        &["media-0", "recordings", "recordings-fini", "prompts"]
    }

    fn stop(&mut self) {
        let dropped = self.engine.health().recorder_dropped;
        assert_eq!(dropped, 0, "the recorder could not keep up");
        self.engine.shutdown();
    }
}

fn agreed(phone: SocketAddr) -> Agreed {
    Agreed {
        remote_rtp: Some(phone),
        remote_rtcp: None,
        signalling_ip: phone.ip(),
        codec: AgreedCodec { name: "PCMA".into(), clock: 8000, receive_pt: 8, send_pt: 8, ptime_ms: 20 },
        digits: Some((101, 101)),
        sending: true,
        receiving: true,
        generation: 1,
    }
}

/// All phones: one thread speaks for them, another listens.
struct Load {
    stopping: Arc<AtomicBool>,
    measuring: Arc<AtomicBool>,
    speaker: JoinHandle<usize>,
    listener: JoinHandle<Heard>,
}

impl Load {
    fn start(phones: &[Arc<UdpSocket>], ports: Vec<u16>) -> Self {
        let (stopping, measuring) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (stop, measure, sockets) = (stopping.clone(), measuring.clone(), phones.to_vec());
        let speaker = std::thread::spawn(move || speak(&sockets, &ports, &stop, &measure));
        let (stop, measure, sockets) = (stopping.clone(), measuring.clone(), phones.to_vec());
        let listener = std::thread::spawn(move || listen(&sockets, &stop, &measure));
        Self { stopping, measuring, speaker, listener }
    }

    fn stop(self) -> (usize, Heard) {
        // What is on its way arrives.
        std::thread::sleep(Duration::from_millis(200));
        self.stopping.store(true, Ordering::Relaxed);
        (self.speaker.join().unwrap(), self.listener.join().unwrap())
    }
}

/// Sends for all phones, evenly over each 20 ms; the moment of sending, or 0 while nothing is measured, is the first
/// part of the payload. Gives how many measured packets were sent.
fn speak(phones: &[Arc<UdpSocket>], ports: &[u16], stop: &AtomicBool, measure: &AtomicBool) -> usize {
    let (mut packet, mut sent, begin) = ([0xD5u8; PACKET_BYTES], 0, Instant::now());
    (packet[0], packet[1]) = (0x80, 8);
    for portion in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let due = Duration::from_micros(portion * 20_000 / PORTIONS);
        std::thread::sleep(due.saturating_sub(begin.elapsed()));
        let number = (portion / PORTIONS) as u16;
        packet[2..4].copy_from_slice(&number.to_be_bytes());
        packet[4..8].copy_from_slice(&(u32::from(number) * 160).to_be_bytes());
        for n in (0..phones.len()).skip((portion % PORTIONS) as usize).step_by(PORTIONS as usize) {
            packet[8..12].copy_from_slice(&(n as u32).to_be_bytes());
            let measured = measure.load(Ordering::Relaxed);
            sent += usize::from(measured);
            let moment = if measured { mono_us() } else { 0 };
            packet[12..20].copy_from_slice(&moment.to_be_bytes());
            let _ = phones[n].send_to(&packet, (LOCAL, ports[n]));
        }
    }
    sent
}

/// What all phones heard.
#[derive(Default)]
struct Heard {
    /// Of each measured packet that another phone said, in microseconds.
    delays: Vec<u32>,
    /// Packets that came while something was measured.
    got: u64,
    /// Packets whose numbers are missing among them.
    missing: u64,
    /// The last number of each phone while something is measured.
    numbers: BTreeMap<usize, u16>,
}

/// Receives for all phones.
fn listen(phones: &[Arc<UdpSocket>], stop: &AtomicBool, measure: &AtomicBool) -> Heard {
    let poll = watch(phones);
    let (mut events, mut buffer) = (Vec::with_capacity(256), [0; 1600]);
    let mut heard = Heard { delays: Vec::with_capacity(1 << 20), ..Heard::default() };
    while !stop.load(Ordering::Relaxed) {
        for event in wait(&poll, &mut events) {
            let Ok((PACKET_BYTES, _)) = phones[event].recv_from(&mut buffer) else { continue };
            let moment = u64::from_be_bytes(buffer[12..20].try_into().unwrap());
            if moment > 0 {
                heard.delays.push(mono_us().saturating_sub(moment) as u32);
            }
            if measure.load(Ordering::Relaxed) {
                let number = u16::from_be_bytes([buffer[2], buffer[3]]);
                let last = heard.numbers.insert(event, number).unwrap_or(number.wrapping_sub(1));
                heard.got += 1;
                // On this machine packets come in order.
                heard.missing += u64::from(number.wrapping_sub(last).saturating_sub(1));
            }
        }
    }
    heard
}
