#![allow(clippy::unwrap_used, clippy::print_stdout)]

use super::*;
use crate::codec::Encoder;

const ALL: &str = "0123456789*#ABCD";

/// Samples of a second and a half, in portions of packets.
fn found(samples: &[i16]) -> String {
    let (mut finder, mut all) = (DigitFinder::default(), String::new());
    for packet in samples.chunks(160) {
        finder.listen(packet, |digit| all.push(digit));
    }
    all
}

#[derive(Clone, Copy)]
struct Press {
    digit: char,
    /// Level of each tone, decibels below full scale.
    low_db: f32,
    high_db: f32,
    /// How far off its tones are.
    off: (f32, f32),
}

impl Press {
    fn new(digit: char) -> Self {
        Self { digit, low_db: -14.0, high_db: -12.0, off: (0.0, 0.0) }
    }

    fn hz(self) -> (f32, f32) {
        let place = |row: &&[u8; 4]| row.iter().position(|d| char::from(*d) == self.digit);
        let row = DIGITS.iter().position(|row| place(row).is_some()).unwrap();
        (LOW_HZ[row], HIGH_HZ[place(&DIGITS[row]).unwrap()])
    }

    /// Adds its sound from sample `at` on, for so many samples.
    fn into(self, samples: &mut [i16], at: usize, length: usize) {
        let (low, high) = self.hz();
        let size = |db: f32| 32_767.0 * 10f32.powf(db / 20.0);
        let turn = |hz: f32, n: usize| (TAU * hz * n as f32 / RATE as f32 + 0.7).sin();
        for n in 0..length {
            let sound = size(self.low_db) * turn(low * (1.0 + self.off.0), n)
                + size(self.high_db) * turn(high * (1.0 + self.off.1), n);
            if let Some(sample) = samples.get_mut(at + n) {
                *sample = sample.saturating_add(sound as i16);
            }
        }
    }

    /// Pressed for `ms`, at every offset to the blocks: what is found, if it is the same each time.
    fn found(self, ms: f32) -> Vec<String> {
        let mut all = std::collections::BTreeSet::new();
        for at in (800..880).step_by(3) {
            let mut samples = vec![0; 2400];
            self.into(&mut samples, at, (ms * 8.0) as usize);
            all.insert(found(&samples));
        }
        all.into_iter().collect()
    }
}

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / 8_388_608.0 - 1.0
    }
}

/// Noise of that root mean square, decibels below full scale.
fn noise(samples: &mut [i16], db: f32) {
    let mut chance = Chance(7);
    let size = 32_767.0 * 10f32.powf(db / 20.0) * 3f32.sqrt();
    for sample in samples {
        *sample = sample.saturating_add((chance.next() * size) as i16);
    }
}

#[test]
fn every_digit_is_found_once_at_every_level() {
    for digit in ALL.chars() {
        for db in [-3.2, -10.0, -20.0, -28.0] {
            // Both together must stay within full scale.
            let db = if db > -6.1 { -6.1 } else { db };
            let press = Press { low_db: db, high_db: db, ..Press::new(digit) };
            for ms in [40.0, 50.0, 100.0, 130.0] {
                assert_eq!(press.found(ms), [digit.to_string()], "{digit} at {db} dB for {ms} ms");
            }
        }
        let quiet = Press { low_db: -58.0, high_db: -58.0, ..Press::new(digit) };
        assert_eq!(quiet.found(100.0), [""], "{digit} too quiet");
    }
}

#[test]
fn what_lasts_twenty_three_milliseconds_is_no_digit() {
    for digit in ALL.chars() {
        for ms in [5.0, 10.0, 15.0, 20.0, 23.0] {
            assert_eq!(Press::new(digit).found(ms), [""], "{digit} for {ms} ms");
        }
    }
}

#[test]
fn twist_is_taken_as_lines_have_it() {
    for digit in ALL.chars() {
        for (low_db, high_db, is_digit) in
            [(-12.0, -20.0, true), (-16.0, -12.0, true), (-8.0, -24.0, false), (-24.0, -8.0, false)]
        {
            let press = Press { low_db, high_db, ..Press::new(digit) };
            let wanted = if is_digit { digit.to_string() } else { String::new() };
            assert_eq!(press.found(60.0), [wanted], "{digit}: {low_db} and {high_db} dB");
        }
    }
}

#[test]
fn frequencies_may_be_off_by_one_and_a_half_percent_and_not_by_three_and_a_half() {
    for digit in ALL.chars() {
        let (low_hz, high_hz) = Press::new(digit).hz();
        // One and a half percent and two hertz.
        let (low, high) = (0.015 + 2.0 / low_hz, 0.015 + 2.0 / high_hz);
        for off in [(low, high), (-low, -high), (low, -high), (-low, high), (low, 0.0), (0.0, -high)] {
            let press = Press { off, ..Press::new(digit) };
            assert_eq!(press.found(50.0), [digit.to_string()], "{digit} off by {off:?}");
        }
        for off in [(0.035, 0.0), (-0.035, 0.0), (0.0, 0.035), (0.0, -0.035), (0.035, 0.035), (-0.05, 0.0)] {
            let press = Press { off, ..Press::new(digit) };
            assert_eq!(press.found(100.0), [""], "{digit} off by {off:?}");
        }
    }
}

#[test]
fn gaps_part_digits_and_drop_outs_do_not() {
    for digit in ['1', '#', '8'] {
        for (gap_ms, wanted) in [(5, 1), (10, 1), (20, 1), (40, 2), (60, 2)] {
            for at in (800..880).step_by(7) {
                let mut samples = vec![0; 3200];
                Press::new(digit).into(&mut samples, at, 8 * 45);
                Press::new(digit).into(&mut samples, at + 8 * (45 + gap_ms), 8 * 45);
                assert_eq!(found(&samples), digit.to_string().repeat(wanted), "{gap_ms} ms at {at}");
            }
        }
    }
    // As fast as anybody may dial, one after the other.
    let mut samples = vec![0; 8 * 80 * 18];
    for (place, digit) in ALL.chars().enumerate() {
        Press::new(digit).into(&mut samples, 803 + 8 * 80 * place, 8 * 40);
    }
    assert_eq!(found(&samples), ALL);
    // Held for long it is one, and the next without any pause is another.
    let mut samples = vec![0; 16_000];
    Press::new('5').into(&mut samples, 800, 8_000);
    Press::new('6').into(&mut samples, 8_800, 800);
    assert_eq!(found(&samples), "56");
}

#[test]
fn noise_and_codecs_do_not_hide_a_digit() {
    for (kind, pt) in [(Kind::Pcmu, 0), (Kind::Pcma, 8), (Kind::G722, 9)] {
        let codec =
            Codec { kind, name: String::new(), clock: 8000, receive_pt: pt, send_pt: pt, ptime_ms: 20 };
        for (place, digit) in ALL.chars().enumerate() {
            let mut samples = vec![0; 4000];
            // 15 decibels below the digit, as Q.24 has it.
            noise(&mut samples, -29.0);
            Press::new(digit).into(&mut samples, 1000 + 5 * place, 8 * 60);
            let mut encoder = Encoder::new(kind).unwrap();
            if kind == Kind::G722 {
                let mut wide = Vec::new();
                crate::resample::Resampler::new(8_000, 16_000).unwrap().run(&samples, &mut wide);
                samples = wide;
            }
            let (mut digits, mut heard) = (InbandDigits::new(&codec).unwrap(), String::new());
            assert!(digits.is_for(&codec));
            for (at, part) in samples.chunks_exact(encoder.rate() as usize / 50).enumerate() {
                let mut bytes = [0; 400];
                let length = encoder.encode(part, &mut bytes).unwrap();
                let header = Header {
                    marker: false,
                    payload_type: pt,
                    sequence: 65_530u16.wrapping_add(at as u16),
                    timestamp: 160 * at as u32,
                    ssrc: 1,
                };
                digits.hear(&header, &bytes[..length], |digit| heard.push(digit));
                // The network sends it twice.
                digits.hear(&header, &bytes[..length], |digit| heard.push(digit));
            }
            assert_eq!(heard, digit.to_string(), "{kind:?}");
        }
    }
}

#[test]
fn random_payloads_never_panic() {
    let mut chance = Chance(3);
    for (kind, clock) in [(Kind::Pcma, 8000), (Kind::G722, 8000), (Kind::Opus, 48_000)] {
        let codec = Codec { kind, name: String::new(), clock, receive_pt: 0, send_pt: 0, ptime_ms: 20 };
        let mut digits = InbandDigits::new(&codec).unwrap();
        for at in 0..500 {
            let bytes: Vec<u8> = (0..(chance.next().abs() * 500.0) as usize)
                .map(|_| (chance.next() * 127.0) as i8 as u8)
                .collect();
            let header = Header { marker: false, payload_type: 0, sequence: at, timestamp: 0, ssrc: 1 };
            digits.hear(&header, &bytes, |_| {});
        }
    }
}

/// A voice: pulses through resonances that move, with pauses and hisses.
fn babble(seconds: usize, seed: u64) -> Vec<i16> {
    let mut chance = Chance(seed);
    let mut out = Vec::new();
    while out.len() < seconds * 8000 {
        let (pitch, length) =
            (90.0 + 80.0 * chance.next().abs(), 400 + (1200.0 * chance.next().abs()) as usize);
        let formants = [500.0 + 250.0 * chance.next(), 1400.0 + 600.0 * chance.next(), 2500.0];
        let (mut phase, mut states) = (0.0f32, [(0.0f32, 0.0f32); 3]);
        for n in 0..length {
            phase += pitch * (1.0 + 0.1 * n as f32 / length as f32) / 8000.0;
            let mut sound = if phase >= 1.0 { 1.0 } else { 0.02 * chance.next() };
            phase = phase.fract();
            for (hz, (y1, y2)) in formants.iter().zip(&mut states) {
                let (radius, step) = (0.97f32, TAU * hz / 8000.0);
                let y = sound + 2.0 * radius * step.cos() * *y1 - radius * radius * *y2;
                (*y2, *y1) = (*y1, y);
                sound = y * 0.2;
            }
            out.push((sound * 60_000.0).clamp(-30_000.0, 30_000.0) as i16);
        }
        out.resize(out.len() + (600.0 * chance.next().abs()) as usize, 0);
    }
    out
}

#[test]
fn speech_noise_and_music_are_no_digits() {
    for seed in 1..6 {
        assert_eq!(found(&babble(60, seed)), "", "a voice, seed {seed}");
    }
    for db in [-6.0, -20.0] {
        let mut samples = vec![0; 8000 * 30];
        noise(&mut samples, db);
        assert_eq!(found(&samples), "", "noise");
    }
    // Chords of two and three notes with overtones, over two octaves and a half.
    let note = |key: i32| 220.0 * 2f32.powf(key as f32 / 12.0);
    for chord in [vec![0, 7], vec![0, 4, 7], vec![0, 3, 7], vec![5, 9], vec![0, 12]] {
        let mut samples = Vec::new();
        for root in 0..30 {
            for n in 0..1600 {
                let t = n as f32 / 8000.0;
                let sound = |key: &i32| {
                    let hz = note(root + key);
                    (1..5).map(|k| (TAU * hz * k as f32 * t).sin() / k as f32).sum::<f32>()
                };
                samples.push((chord.iter().map(sound).sum::<f32>() * 3_000.0) as i16);
            }
        }
        assert_eq!(found(&samples), "", "{chord:?}");
    }
    // Tones of the network: dial, ring, busy, and single tones over the whole range.
    for pair in
        [(350, 440), (440, 480), (480, 620), (425, 425), (1000, 1000), (697, 697), (1209, 1477), (697, 852)]
    {
        let mut samples = vec![0; 8000];
        for hz in [pair.0, pair.1] {
            let mut tone = vec![0; 8000];
            crate::tone::Tone::new(hz, -160, 8000).fill(&mut tone);
            samples.iter_mut().zip(&tone).for_each(|(sum, sample)| *sum += sample);
        }
        assert_eq!(found(&samples), "", "{pair:?}");
    }
}

/// Spoken by an engine, if there is one.
#[test]
fn spoken_words_are_no_digits() {
    let said = "One two three four five six seven eight nine zero, star, pound. Please hold the line; all our people are \
                talking to somebody else. She sells sea shells by the sea shore, you know. Oo ee aa. ";
    let (mut total, mut told) = (0, 0);
    let voices = ["en", "en+f3", "cmn"];
    let pitches = ["50", "99"];
    let all = voices.iter().flat_map(|voice| pitches.iter().map(move |pitch| (*voice, *pitch)));
    for (voice, pitch) in all {
        let out = std::process::Command::new("espeak-ng")
            .args(["-v", voice, "-p", pitch, "--stdout", &said.repeat(2)])
            .output();
        let Some(wav) = out.ok().filter(|out| out.status.success() && out.stdout.len() > 44) else {
            continue;
        };
        let samples: Vec<f32> = wav.stdout[44..]
            .chunks_exact(2)
            .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
            .collect();
        let mut narrow = Vec::new();
        let mut converter = crate::convert::Converter::new(22_050, 8_000).unwrap();
        converter.push(&samples, &mut narrow);
        total += narrow.len() / 8000;
        let digits = found(&narrow);
        println!("{voice} at pitch {pitch}: {digits:?}");
        told += digits.len();
    }
    println!("{total} s of speech");
    assert_eq!(told, 0);
}
