//! What it costs to be listened to, and how late a mix is: beside calls that are only relayed, in the same run.
//!
//! `cargo bench -p switchroom-tests --bench mix` runs, in turn and several times, 100 two-way calls through the media engine:
//! relayed, with a supervisor who listens to each (G.711, then with a supervisor's phone in G.722 and in Opus), and with all
//! three of each in one conversation. CPU seconds are those of the media thread alone, from the kernel's accounts. Then, on an
//! engine that has nothing else to do, how much later than a relay a mix is, and how long after the command the agent's phone hears
//! another: the supervisor beside the caller where it was relayed to, and the caller alone where both were mixed. `MIX_CALLS`,
//! `MIX_SECONDS`, `MIX_ROUNDS` and `MIX_SWITCHES` change the size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod kernel;
mod phones;

use phones::{Outcome, Phone, measure, size, wait_for_legs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use switchroom::media::MediaEngine;
use switchroom_exchange::{CallId, LegId, MediaCommand, Part, Source};
use switchroom_media::codec::{Encoder, Kind};
use switchroom_media::g711::{A_TO_LINEAR, linear_to_a};
use switchroom_media::tone::{Tone, goertzel_db};

const FIRST_PORT: u16 = 21_000;
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
        let outcome = Outcome::median(rounds, || once(run, calls, seconds));
        let cpu = 100.0 * outcome.share / calls as f64;
        if run == Run::Relayed {
            relayed = cpu;
        }
        println!(
            "  {:<16} {cpu:.4} % per call, {:.1} × relayed, all {calls} together {:.1} %; phones heard {:.2} % of \
             their packets",
            format!("{run:?}"),
            cpu / relayed,
            cpu * calls as f64,
            100.0 * outcome.part()
        );
    }
    latency();
}

fn once(run: Run, calls: usize, length: Duration) -> Outcome {
    let each = if run == Run::Relayed { 2 } else { 3 };
    let phones: Vec<Phone> = (0..calls * each).map(|n| phone(n, codec_of(run, n % each))).collect();
    let (engine, _dir) = phones::engine(FIRST_PORT, 1_000, |_| {});
    for call in 0..calls {
        connect(&engine, run, call, &phones[call * each..][..each]);
    }
    measure(engine, phones, length)
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

fn connect(engine: &MediaEngine, run: Run, call: usize, phones: &[Phone]) {
    let call = CallId::new(1_700_000_000_000, call as u128);
    phones.iter().for_each(|phone| phone.join(engine, call));
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

/// What a phone says, at -15 dB: a whole number of waves in each packet.
fn tone_of(number: usize) -> u16 {
    300 + 50 * (number % 40) as u16
}

/// A phone with a tone of its own.
fn phone(number: usize, kind: Kind) -> Phone {
    let mut encoder = Encoder::new(kind).unwrap();
    let mut tone = Tone::new(tone_of(number), -150, encoder.rate());
    let sound = (0..SAID).map(|_| {
        let (mut samples, mut bytes) = (vec![0; encoder.rate() as usize / 50], [0; 1500]);
        tone.fill(&mut samples);
        let length = encoder.encode(&samples, &mut bytes).unwrap();
        bytes[..length].to_vec()
    });
    Phone::new(number, FIRST_PORT, kind, sound)
}

/// How late a mix is, and how soon one begins or changes: one call, on an engine that has nothing else to do.
fn latency() {
    let times = size("MIX_SWITCHES", 500);
    let (engine, _dir) = phones::engine(FIRST_PORT, 1_000, |_| {});
    let mut phones: Vec<Phone> = (0..3).map(|n| phone(n, Kind::Pcma)).collect();
    connect(&engine, Run::Listened(Kind::Pcma), 0, &phones);
    wait_for_legs(&engine, 3);
    let (agent, supervisor) = (listen(&phones[1]), listen(&phones[2]));
    let added = added_delay(&mut phones[..2], [&agent, &supervisor], times);
    for (number, one) in phones.iter_mut().enumerate() {
        one.said = phone(number, Kind::Pcma).said;
    }
    let [to_mix, to_other] = switches(&engine, phones, &agent, times);
    print_quantiles("a mix is later than a relay by", added);
    print_quantiles("a relay is a mix, after the command, within", to_mix);
    print_quantiles("a mix is another, after the command, within", to_other);
    engine.shutdown();
}

fn print_quantiles(what: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    // At most one in a hundred is above the last of them.
    let quantile = |q: f64| {
        let rank = (values.len() as f64 * q).ceil() as usize;
        values.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    };
    println!(
        "  {what}: p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms of {} (target 40 ms)",
        quantile(0.5),
        quantile(0.99),
        quantile(1.0),
        values.len()
    );
}

/// A packet that came to a phone: when, and its samples.
struct Heard {
    at: Instant,
    samples: Vec<i16>,
}

impl Heard {
    /// When the first loud sample is played, if there is one.
    fn onset(&self) -> Option<Instant> {
        let first = self.samples.iter().position(|sample| sample.abs() > LOUD)?;
        Some(self.at + Duration::from_micros(first as u64 * 125))
    }

    /// How loud a tone is in it, decibels.
    fn level(&self, tone: u16) -> f32 {
        goertzel_db(&self.samples, tone, 8_000)
    }
}

/// Of a beat's height.
const LOUD: i16 = 4_000;

/// Hears a phone in G.711, on a thread of its own.
fn listen(phone: &Phone) -> Receiver<Heard> {
    let socket = phone.socket.clone();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 1600];
        while let Ok((length, _)) = socket.recv_from(&mut buffer) {
            let at = Instant::now();
            let samples = buffer[12..length].iter().map(|byte| A_TO_LINEAR[usize::from(*byte)]).collect();
            if tell.send(Heard { at, samples }).is_err() {
                break;
            }
        }
    });
    told
}

/// How much later a beat of sound in silence comes by a mix than by a relay: the first phone says it, one is relayed to and one
/// hears a mix.
fn added_delay(phones: &mut [Phone], [relayed, mixed]: [&Receiver<Heard>; 2], beats: usize) -> Vec<f64> {
    let silent = vec![linear_to_a(0); 160];
    let loud: Vec<u8> = (0..160).map(|n| linear_to_a(if n % 8 < 4 { 12_000 } else { -12_000 })).collect();
    let (mut added, begin) = (Vec::new(), Instant::now());
    // One each 100 ms, once all is settled.
    let (first, between) = (100, 5);
    for number in 0..u16::try_from(first + between * beats).unwrap_or(u16::MAX) {
        // Not in step with the engine, so that every phase is met.
        let due = Duration::from_micros(u64::from(number) * 20_037);
        std::thread::sleep(due.saturating_sub(begin.elapsed()));
        let phase = usize::from(number) % between;
        for phone in &mut *phones {
            let said = if phase == 0 && phone.leg.0 == 0 { &loud } else { &silent };
            phone.said.iter_mut().for_each(|packet| packet[12..].copy_from_slice(said));
            phone.say(number);
        }
        if phase == between - 1 {
            // Both have heard the beat of this round.
            let onset = |told: &Receiver<Heard>| {
                let all: Vec<Heard> = told.try_iter().collect();
                all.iter().find_map(Heard::onset)
            };
            let (relayed, mixed) = (onset(relayed), onset(mixed));
            if let Some((relayed, mixed)) = relayed.zip(mixed).filter(|_| usize::from(number) > first) {
                added.push(mixed.saturating_duration_since(relayed).as_secs_f64() * 1e3);
            }
        }
    }
    added
}

/// How long after the command the agent's phone gets the first packet that is another: with the supervisor's voice in it, where it was
/// the relayed caller's, and with less of it, where both were mixed. All three speak.
fn switches(
    engine: &MediaEngine,
    phones: Vec<Phone>,
    agent: &Receiver<Heard>,
    times: usize,
) -> [Vec<f64>; 2] {
    let call = CallId::new(1_700_000_000_000, 0);
    let [caller, supervisor] = [0, 2].map(LegId);
    let hear = |source| engine.command(MediaCommand::Hear { call, leg: LegId(1), source });
    let is_over = Arc::new(AtomicBool::new(false));
    let speakers = speak_until(is_over.clone(), phones);
    // Until all are heard.
    std::thread::sleep(Duration::from_secs(1));
    let first = |source, is_other: &dyn Fn(f32) -> bool| {
        agent.try_iter().for_each(drop);
        let begin = Instant::now();
        hear(source);
        let end = begin + Duration::from_secs(1);
        while let Ok(heard) = agent.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if is_other(heard.level(tone_of(2))) {
                return Some(heard.at.saturating_duration_since(begin).as_secs_f64() * 1e3);
            }
        }
        None
    };
    let (mut to_mix, mut to_other) = (Vec::new(), Vec::new());
    // At every phase of the beat, and when what was before is over.
    let pause = |us: usize| std::thread::sleep(Duration::from_micros(60_000 + us as u64 % 20_000));
    for time in 0..times {
        hear(Source::Leg(caller));
        pause(time * 1_700);
        to_mix.extend(first(mix([caller, supervisor].into_iter()), &|level| level > -40.0));
        pause(time * 1_300);
        to_other.extend(first(mix([caller].into_iter()), &|level| level < -17.0));
    }
    is_over.store(true, Ordering::Relaxed);
    speakers.join().unwrap();
    [to_mix, to_other]
}

/// All speak, not in step with the engine, until it is over.
fn speak_until(is_over: Arc<AtomicBool>, mut phones: Vec<Phone>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let begin = Instant::now();
        for packets in 0u32.. {
            let due = Duration::from_micros(u64::from(packets) * 20_037);
            std::thread::sleep(due.saturating_sub(begin.elapsed()));
            // Behind all numbers that were said before.
            let number = (packets + 10_000) as u16;
            phones.iter_mut().for_each(|phone| phone.say(number));
            if is_over.load(Ordering::Relaxed) {
                break;
            }
        }
    })
}
