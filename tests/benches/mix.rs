//! What it costs to be listened to, and how late a mix is: beside calls that are only relayed, in the same run.
//!
//! `cargo bench -p switchroom-tests --bench mix` runs, in turn and several times, 100 two-way calls through the media engine:
//! relayed, with a supervisor who listens to each (G.711, then with a supervisor's phone in G.722 and in Opus), and with all
//! three of each in one conversation. CPU seconds are those of the media thread alone, from the kernel's accounts. Then, on an
//! engine that has nothing else to do, how much later than a relay a mix is, and how long after the command the first packet of a
//! mix is sent. `MIX_CALLS`, `MIX_SECONDS` and `MIX_ROUNDS` change the size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod kernel;
mod phones;

use phones::{Outcome, Phone, measure, size, wait_for_legs};
use std::time::{Duration, Instant};
use switchroom::media::MediaEngine;
use switchroom_exchange::{CallId, LegId, MediaCommand, Part, Source};
use switchroom_media::codec::{Encoder, Kind};
use switchroom_media::g711::{A_TO_LINEAR, linear_to_a};
use switchroom_media::tone::Tone;

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

/// A phone with a tone of its own.
fn phone(number: usize, kind: Kind) -> Phone {
    let mut encoder = Encoder::new(kind).unwrap();
    let mut tone = Tone::new(300 + 50 * (number % 40) as u16, -150, encoder.rate());
    let sound = (0..SAID).map(|_| {
        let (mut samples, mut bytes) = (vec![0; encoder.rate() as usize / 50], [0; 1500]);
        tone.fill(&mut samples);
        let length = encoder.encode(&samples, &mut bytes).unwrap();
        bytes[..length].to_vec()
    });
    Phone::new(number, FIRST_PORT, kind, sound)
}

/// How late a mix is, and how soon it begins: one call, a beat of sound in silence.
fn latency() {
    let (engine, _dir) = phones::engine(FIRST_PORT, 1_000, |_| {});
    let mut phones: Vec<Phone> = (0..3).map(|n| phone(n, Kind::Pcma)).collect();
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
