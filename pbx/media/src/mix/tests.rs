//! Proof by tones: each party says one of its own, and what each hears is measured.
#![allow(clippy::unwrap_used, clippy::panic)]

mod holes;
mod network;
mod rig;

use super::*;
use crate::codec::Kind;
use rig::{Rig, level};

const ALL: [Kind; 4] = [Kind::Pcmu, Kind::Pcma, Kind::G722, Kind::Opus];
/// The level that every party speaks at, decibels.
const SPOKEN: f32 = -10.0;
const TONES: [u16; 3] = [400, 1_000, 1_700];

fn part(voice: usize, gain_ddb: i16) -> Part {
    Part { voice, gain_ddb }
}

/// Caller, agent and supervisor hear these of each other.
fn wire(rig: &mut Rig, hears: [&[usize]; 3]) {
    for (hearer, voices) in hears.into_iter().enumerate() {
        let parts: Vec<Part> = voices.iter().map(|voice| part(*voice, 0)).collect();
        rig.hear(hearer, &parts);
    }
}

fn assert_hears(heard: &[i16], rate: u32, voices: &[usize], what: &str) {
    for (voice, hz) in TONES.into_iter().enumerate() {
        let level = level(heard, hz, rate);
        match voices.contains(&voice) {
            true => assert!((level - SPOKEN).abs() < 1.0, "{what}: {hz} Hz at {level} dB"),
            false => assert!(level < -45.0, "{what}: {hz} Hz leaks at {level} dB"),
        }
    }
}

const LISTEN: [&[usize]; 3] = [&[1], &[0], &[0, 1]];
const WHISPER: [&[usize]; 3] = [&[1], &[0, 2], &[0, 1]];
const BARGE: [&[usize]; 3] = [&[1, 2], &[0, 2], &[0, 1]];

#[test]
fn who_hears_whom_in_every_mode_and_after_every_change_of_mode() {
    let modes = [("listen", LISTEN), ("whisper", WHISPER), ("barge", BARGE)];
    let mut rig = Rig::new([Kind::Pcma; 3], TONES);
    for (from, before) in modes {
        for (to, after) in modes {
            wire(&mut rig, before);
            rig.run(400);
            wire(&mut rig, after);
            rig.forget();
            rig.run(500);
            for (hearer, voices) in after.into_iter().enumerate() {
                let (heard, rate) = rig.heard(hearer);
                assert_hears(
                    &heard[rate as usize / 10..],
                    rate,
                    voices,
                    &format!("{from} to {to}, {hearer}"),
                );
                // Who is heard before and after is heard all the while: no block of ten milliseconds is without.
                for voice in voices.iter().filter(|voice| before[hearer].contains(voice)) {
                    let quietest = heard
                        .chunks_exact(rate as usize / 50)
                        .map(|block| level(block, TONES[*voice], rate))
                        .fold(0.0, f32::min);
                    assert!(quietest > SPOKEN - 3.0, "{from} to {to}, {hearer} hears {voice}: {quietest} dB");
                }
            }
            if !after[0].contains(&2) {
                let (caller, rate) = rig.heard(0);
                let leak = caller[rate as usize / 20..].chunks_exact(rate as usize / 20);
                let leak = leak.map(|part| level(part, TONES[2], rate)).fold(-200.0, f32::max);
                assert!(leak < -32.0, "the caller hears the supervisor after {from} to {to}: {leak}");
            }
        }
    }
}

#[test]
fn every_codec_hears_every_other() {
    for from in ALL {
        for to in ALL {
            let mut rig = Rig::new([from, from, to], TONES);
            wire(&mut rig, BARGE);
            rig.run(1_000);
            for (hearer, voices) in BARGE.into_iter().enumerate() {
                let (heard, rate) = rig.heard(hearer);
                // A codec that models speech keeps tones less well.
                let tail = &heard[heard.len() / 2..];
                for (voice, hz) in TONES.into_iter().enumerate() {
                    let level = level(tail, hz, rate);
                    let is_meant = voices.contains(&voice);
                    assert!(
                        if is_meant { (level - SPOKEN).abs() < 1.0 } else { level < -35.0 },
                        "{from:?} and {to:?}: {hearer} hears {voice} at {level} dB"
                    );
                }
            }
        }
    }
}

#[test]
fn a_part_is_as_much_louder_as_it_was_told() {
    let mut rig = Rig::new([Kind::Pcma; 3], TONES);
    rig.hear(2, &[part(0, -120), part(1, 30)]);
    rig.run(500);
    rig.forget();
    rig.run(500);
    let (heard, rate) = rig.heard(2);
    assert!((level(heard, TONES[0], rate) - SPOKEN + 12.0).abs() < 0.5);
    assert!((level(heard, TONES[1], rate) - SPOKEN - 3.0).abs() < 0.5);
}

#[test]
fn a_crowd_is_limited_and_not_wrapped() {
    let mut rig = Rig::new([Kind::G722; 3], TONES);
    rig.hear(2, &[part(0, 100), part(1, 100)]);
    rig.run(500);
    rig.forget();
    rig.run(500);
    let (heard, rate) = rig.heard(2);
    let peak = heard.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
    assert!(peak > 24_000, "{peak}");
    for hz in &TONES[..2] {
        assert!((level(heard, *hz, rate) + 7.0).abs() < 1.0, "both as loud as each other");
    }
    assert!(level(heard, 1_600, rate) < -40.0, "no product of the two");
}

#[test]
fn it_is_at_most_forty_milliseconds_later_than_a_relay() {
    for kind in ALL {
        let mut rig = Rig::new([kind, Kind::Pcma, Kind::Pcma], TONES);
        rig.hear(1, &[part(0, 0)]);
        rig.speakers[0].silence_until_us = 1_003_000;
        rig.run(1_500);
        let (heard, rate) = rig.heard(1);
        let loud = heard.iter().position(|sample| sample.unsigned_abs() > 1_000).unwrap();
        // A relayed packet is heard from when it comes; the first loud one comes at this moment.
        let relayed_us = rig.speakers[0].loud_us.unwrap();
        let mixed_us = rig.first_us(1).unwrap() + loud as u64 * 1_000_000 / u64::from(rate);
        let added = mixed_us as f64 / 1e3 - relayed_us as f64 / 1e3;
        // What the codec itself takes, a relay's hearer takes as well: Opus 6.5 ms (its resampler and look-ahead), G.722 1.5.
        assert!((10.0..=40.0).contains(&added), "{kind:?}: {added} ms");
    }
}

#[test]
fn a_step_from_other_sound_is_softened() {
    let codec = rig::codec(Kind::Pcma);
    let mut mixdown = Mixdown::new(0, &codec, 20_000).unwrap();
    let mut out = [0; 400];
    let length = mixdown.packet(0, &mut Voices::new(), &mut out).unwrap();
    let samples: Vec<i16> =
        out[..length].iter().map(|byte| crate::g711::A_TO_LINEAR[usize::from(*byte)]).collect();
    let steepest =
        samples.windows(2).map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs()).max().unwrap();
    assert!(samples[4] > 8_000 && steepest < 2_500, "{samples:?}");
    assert!(samples[40..].iter().all(|sample| sample.abs() < 100), "within five milliseconds");
}

#[test]
fn what_is_gone_fades_and_costs_nothing() {
    let mut rig = Rig::new([Kind::Pcma; 3], TONES);
    rig.hear(2, &[part(0, 0), part(1, 0)]);
    rig.run(500);
    rig.voices.close(0);
    rig.forget();
    rig.run(500);
    let (heard, rate) = rig.heard(2);
    assert_hears(&heard[rate as usize / 10..], rate, &[1], "the other goes on");
    // Beyond the ear's measure: no step steeper than two tones make.
    let steepest =
        heard.windows(2).map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs()).max().unwrap();
    assert!(steepest < 12_500, "{steepest}");
    rig.hear(2, &[]);
    rig.run(60);
    rig.forget();
    rig.run(100);
    let (heard, _) = rig.heard(2);
    assert!(heard.iter().all(|sample| sample.unsigned_abs() < 16));
}
