//! What it costs to let callers wait: music in the ears of many, beside the relay of a packet, in the same run.
//!
//! `cargo bench -p switchroom-tests --bench music` lets 1,000 callers hear music in PCMA, then in G.722, over one media thread, as a
//! queue does it: one WAV file, encoded once, a place of its own for each. Their phones send sound meanwhile, as phones do. The
//! reference is 100 two-way calls in PCMA that are only relayed: there, too, a packet comes in and one goes out. CPU seconds are those
//! of the media thread alone, from the kernel's accounts. `MUSIC_CALLERS`, `MUSIC_RELAYED`, `MUSIC_SECONDS` and `MUSIC_ROUNDS` change
//! the size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod kernel;
mod phones;

use phones::{Outcome, Phone, measure, size};
use std::path::Path;
use std::time::Duration;
use switchroom::media::MediaEngine;
use switchroom_exchange::{CallId, LegId, MediaCommand, Source};
use switchroom_flow::{Clip, Language};
use switchroom_media::codec::Kind;

const FIRST_PORT: u16 = 23_000;
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

fn main() {
    let (callers, relayed) = (size("MUSIC_CALLERS", 1_000), size("MUSIC_RELAYED", 100));
    let rounds = size("MUSIC_ROUNDS", 3);
    let seconds = Duration::from_secs(size("MUSIC_SECONDS", 4) as u64);
    println!("{rounds} rounds of {} s each; of one core, the media thread", seconds.as_secs());
    let mut reference = f64::NAN;
    for (run, phones) in [(Run::Relayed, 2 * relayed), (Run::Pcma, callers), (Run::G722, callers)] {
        let outcome = Outcome::median(rounds, || once(run, phones, seconds));
        let packet = 1e6 * outcome.share / outcome.heard;
        if run == Run::Relayed {
            reference = packet;
        }
        println!(
            "  {:<8} {phones} phones: {:.1} % of a core, {packet:.2} µs a packet, {:.2} × relayed; {:.2} % of the packets heard",
            format!("{run:?}"),
            100.0 * outcome.share,
            packet / reference,
            100.0 * outcome.part()
        );
    }
}

fn once(run: Run, count: usize, length: Duration) -> Outcome {
    let kind = if run == Run::G722 { Kind::G722 } else { Kind::Pcma };
    let sound = || std::iter::once(vec![0x55; OCTETS]);
    let phones: Vec<Phone> = (0..count).map(|number| Phone::new(number, FIRST_PORT, kind, sound())).collect();
    let (engine, _dir) = phones::engine(FIRST_PORT, 4_000, |settings| {
        let prompts = settings.recordings.join("prompts");
        write_music(&prompts.join("bench/music.wav"));
        settings.prompts.site.push(prompts);
    });
    for phone in &phones {
        connect(&engine, run, phone);
    }
    measure(engine, phones, length)
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

fn connect(engine: &MediaEngine, run: Run, phone: &Phone) {
    // Of a talk two are in one call.
    let number = if run == Run::Relayed { phone.leg.0 / 2 } else { phone.leg.0 };
    let call = CallId::new(1_700_000_000_000, u128::from(number));
    let leg = phone.leg;
    phone.join(engine, call);
    engine.command(match run {
        Run::Relayed => MediaCommand::Hear { call, leg, source: Source::Leg(LegId(leg.0 ^ 1)) },
        Run::Pcma | Run::G722 => {
            let clips = vec![Clip::Prompt { language: Language::En, name: "bench/music".into() }];
            MediaCommand::Play { call, leg, number: 0, clips, is_loop: true }
        }
    });
}
