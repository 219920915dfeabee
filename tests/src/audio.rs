//! Tones: made, and found again (Goertzel).

use std::f64::consts::TAU;
use std::path::Path;

/// Samples a second of everything here.
pub const RATE: u32 = 8_000;

/// A sine of that frequency at a quarter of full scale.
pub fn tone(hz: f64, seconds: f64) -> Vec<i16> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = (seconds * f64::from(RATE)) as u32;
    #[allow(clippy::cast_possible_truncation)]
    (0..count).map(|n| (8_192.0 * (TAU * hz * f64::from(n) / f64::from(RATE)).sin()) as i16).collect()
}

/// Writes samples as a mono WAV file.
///
/// # Panics
/// If it cannot be written.
pub fn write_wav(path: &Path, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("a WAV file");
    for sample in samples {
        writer.write_sample(*sample).expect("room for a sample");
    }
    writer.finalize().expect("a whole WAV file");
}

/// The samples of a WAV file, one list for each channel, with its rate.
///
/// # Panics
/// If it is no WAV file of 16 bits.
pub fn read_wav(path: &Path) -> (u32, Vec<Vec<i16>>) {
    let mut reader = hound::WavReader::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let spec = reader.spec();
    let mut channels = vec![Vec::new(); usize::from(spec.channels)];
    for (n, sample) in reader.samples::<i16>().enumerate() {
        channels[n % usize::from(spec.channels)]
            .push(sample.unwrap_or_else(|e| panic!("{}: {e}", path.display())));
    }
    (spec.sample_rate, channels)
}

/// How much of the energy of these samples is at one frequency: 1 for that tone and nothing else, 0 for none of it.
pub fn share(samples: &[i16], hz: f64) -> f64 {
    let energy: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    if energy == 0.0 {
        return 0.0;
    }
    let (mut one, mut two) = (0.0, 0.0);
    let turn = 2.0 * (TAU * hz / f64::from(RATE)).cos();
    for sample in samples {
        (two, one) = (one, f64::from(*sample) + turn * one - two);
    }
    let power = one * one + two * two - turn * one * two;
    2.0 * power / (energy * samples.len() as f64)
}

/// How many pieces of 100 ms hold that tone clearly: more than half of their energy and not silent.
pub fn pieces_with(samples: &[i16], hz: f64) -> usize {
    pieces(samples).filter(|piece| !is_silent(piece) && share(piece, hz) > 0.5).count()
}

/// How many pieces of 100 ms hold that tone beside others: more than a fifth of their energy, and not silent.
pub fn pieces_with_part_of(samples: &[i16], hz: f64) -> usize {
    pieces(samples).filter(|piece| !is_silent(piece) && share(piece, hz) > 0.2).count()
}

/// The first piece of 100 ms that holds at least a hundredth of its energy at that frequency and is not all but silent.
pub fn first_piece_with_trace_of(samples: &[i16], hz: f64) -> Option<usize> {
    pieces(samples).position(|piece| is_sound(piece) && share(piece, hz) > 0.01)
}

/// How many pieces of 100 ms hold at least a hundredth of their energy at that frequency and are not all but silent.
pub fn pieces_with_trace_of(samples: &[i16], hz: f64) -> usize {
    pieces(samples).filter(|piece| is_sound(piece) && share(piece, hz) > 0.01).count()
}

/// Which of these tones are heard together, one after the other: what lasts shorter than half a second, as the edges of a
/// change do, is left out, and so is when nothing of them is heard.
pub fn phases(samples: &[i16], tones: &[f64]) -> Vec<Vec<u32>> {
    let mut runs: Vec<(Vec<u32>, u32)> = Vec::new();
    for piece in pieces(samples) {
        let is_heard = |hz: &&f64| !is_silent(piece) && share(piece, **hz) > 0.1;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let heard: Vec<u32> = tones.iter().filter(is_heard).map(|hz| *hz as u32).collect();
        match runs.last_mut() {
            Some((last, count)) if *last == heard => *count += 1,
            _ => runs.push((heard, 1)),
        }
    }
    let lasting = runs.into_iter().filter(|(heard, count)| *count >= 5 && !heard.is_empty());
    let mut phases: Vec<Vec<u32>> = lasting.map(|(heard, _)| heard).collect();
    phases.dedup();
    phases
}

/// The longest silence, seconds, to a tenth.
pub fn longest_silence(samples: &[i16]) -> f64 {
    let (mut longest, mut length) = (0_u32, 0);
    for piece in pieces(samples) {
        length = if is_silent(piece) { length + 1 } else { 0 };
        longest = longest.max(length);
    }
    f64::from(longest) / 10.0
}

/// What comes after the longest silence, of several the last.
pub fn after_longest_silence(samples: &[i16]) -> &[i16] {
    let (mut longest, mut length, mut end) = (0, 0, 0);
    for (at, piece) in pieces(samples).enumerate() {
        length = if is_silent(piece) { length + 1 } else { 0 };
        if length > 0 && length >= longest {
            (longest, end) = (length, at + 1);
        }
    }
    samples.get(end * RATE as usize / 10..).unwrap_or_default()
}

fn pieces(samples: &[i16]) -> impl Iterator<Item = &[i16]> {
    samples.chunks_exact(RATE as usize / 10)
}

/// At least a tenth of it: what is shorter, as at the edge of a pause, is a click, and a click has a trace of every tone.
fn is_sound(piece: &[i16]) -> bool {
    piece.iter().filter(|s| s.unsigned_abs() >= 64).count() * 10 >= piece.len()
}

fn is_silent(piece: &[i16]) -> bool {
    piece.iter().all(|s| s.unsigned_abs() < 64)
}

/// Samples of a piece that is looked for: 40 ms.
const PIECE: usize = 320;
/// Correlation at which two pieces are the same sound, one of them perhaps coded with eight bits.
const SAME: f64 = 0.9;

/// Where a sound begins within another, if all of it from its loudest piece on is there: by the form of its waves, so that
/// another voice that says the same is another sound. Gives the sample at which it begins, which may lie before the first
/// when its beginning was cut off.
pub fn find(heard: &[i16], sound: &[i16]) -> Option<i64> {
    let pieces: Vec<(usize, &[i16])> =
        sound.chunks_exact(PIECE).enumerate().map(|(at, piece)| (at * PIECE, piece)).collect();
    let loudest = pieces.iter().max_by_key(|(_, piece)| energy(piece))?;
    let limit = energy(loudest.1) / 20;
    // Three loud pieces that lie far from each other.
    let loud: Vec<&(usize, &[i16])> = pieces.iter().filter(|(_, piece)| energy(piece) >= limit).collect();
    let chosen = [loud.len() / 4, loud.len() / 2, loud.len() * 3 / 4].map(|at| loud[at.min(loud.len() - 1)]);
    (0..heard.len().saturating_sub(PIECE)).find_map(|at| {
        let (first, piece) = chosen[0];
        let is_there = |(offset, piece): &(usize, &[i16])| {
            let at = (at + offset).checked_sub(*first);
            at.and_then(|at| heard.get(at..at + PIECE)).is_some_and(|there| likeness(there, piece) > SAME)
        };
        let is_it = likeness(&heard[at..at + PIECE], piece) > SAME && chosen.iter().all(|one| is_there(one));
        is_it.then(|| i64::try_from(at).unwrap_or(0) - i64::try_from(*first).unwrap_or(0))
    })
}

fn energy(samples: &[i16]) -> i64 {
    samples.iter().map(|s| i64::from(*s).pow(2)).sum()
}

/// 1 for the same form, whatever the loudness.
fn likeness(a: &[i16], b: &[i16]) -> f64 {
    // Most places are told by their first samples.
    let product: i64 = a.iter().zip(b).map(|(x, y)| i64::from(*x) * i64::from(*y)).sum();
    if product <= 0 {
        return 0.0;
    }
    #[allow(clippy::cast_precision_loss)]
    let (product, size) = (product as f64, ((energy(a) as f64) * (energy(b) as f64)).sqrt());
    if size == 0.0 { 0.0 } else { product / size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_is_found_where_it_is_and_no_other() {
        let mut seed = 1_u32;
        let mut noise = |count: usize| -> Vec<i16> {
            let mut last = 0_i32;
            let next = |_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                last = (last * 3 + (seed >> 18) as i32 - 8_192) / 4;
                i16::try_from(last).unwrap_or(0)
            };
            (0..count).map(next).collect()
        };
        let (word, other, rest) = (noise(6_000), noise(6_000), noise(9_000));
        let coarse: Vec<i16> = word.iter().map(|s| s / 64 * 64).collect();
        let heard: Vec<i16> = [&rest[..4_000], &coarse[..], &rest[4_000..]].concat();
        assert_eq!(find(&heard, &word), Some(4_000));
        assert_eq!(find(&heard, &other), None);
        assert_eq!(find(&heard[4_100..], &word), Some(-100), "its beginning was cut off");
    }

    #[test]
    fn a_tone_is_found_and_another_is_not() {
        let sound = tone(440.0, 1.0);
        assert!(share(&sound, 440.0) > 0.95 && share(&sound, 1000.0) < 0.001);
        assert_eq!((pieces_with(&sound, 440.0), pieces_with_trace_of(&sound, 1000.0)), (10, 0));
        assert_eq!(pieces_with(&vec![0; 8000], 440.0), 0);
    }

    #[test]
    fn one_after_the_other_and_both_at_once() {
        let (one, other) = (tone(440.0, 1.0), tone(1_000.0, 1.0));
        let both: Vec<i16> = one.iter().zip(&other).map(|(a, b)| a + b).collect();
        let all = [&one[..], &vec![0; 8_000], &one, &both, &other, &one[..2_400]].concat();
        let heard = phases(&all, &[440.0, 1_000.0]);
        assert_eq!(heard, [vec![440], vec![440, 1_000], vec![1_000]]);
    }

    #[test]
    fn the_longest_of_two_silences() {
        let (sound, silence) = (tone(440.0, 0.5), vec![0; 4_000]);
        assert!(longest_silence(&sound) < 0.05);
        let all = [&silence[..2_400], &sound, &silence, &sound].concat();
        assert!((longest_silence(&all) - 0.5).abs() < 0.05);
        assert_eq!(after_longest_silence(&all).len(), sound.len());
        assert_eq!(after_longest_silence(&sound).len(), sound.len(), "without any, all of it");
    }
}
