//! A voice a hair faster or slower, by samples between samples: so it makes up for a clock that runs apart, and for a wait
//! that has become longer or shorter. Nobody hears half a percent.

use super::BLOCK;
use crate::resample::dot;
use std::collections::VecDeque;
use std::sync::LazyLock;

/// Samples on each side of a place that its value depends on.
const REACH: usize = 8;
/// Places between two samples that the table knows; between them it is interpolated.
const PLACES: usize = 64;
/// Where the filter cuts, as part of what the rate can hold; and the shape of its window.
const ROLLOFF: f64 = 0.97;

/// Samples before the place that are kept.
pub(super) const BEFORE: usize = REACH - 1;

type Weights = [f32; 2 * REACH];

static TABLE: LazyLock<[Weights; PLACES + 1]> = LazyLock::new(table);

/// A windowed sinc (Blackman), for each place between two samples.
fn table() -> [Weights; PLACES + 1] {
    let mut table = [[0.0; 2 * REACH]; PLACES + 1];
    for (place, weights) in table.iter_mut().enumerate() {
        let part = place as f64 / PLACES as f64;
        for (at, weight) in weights.iter_mut().enumerate() {
            let x = at as f64 - BEFORE as f64 - part;
            let phase = std::f64::consts::PI * x / REACH as f64;
            let window = 0.42 + 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos();
            let angle = std::f64::consts::PI * ROLLOFF * x;
            let sinc = if x.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
            *weight = (sinc * window * f64::from(u8::from(x.abs() < REACH as f64))) as f32;
        }
        let sum: f32 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
    table
}

/// Reads one voice at a speed near one.
#[derive(Default)]
pub(super) struct Stretch {
    /// Between two samples, 0..1.
    part: f64,
}

impl Stretch {
    /// Samples that must be there to read a block at this speed, the [`BEFORE`] ones included.
    pub(super) fn need(&self, speed: f64) -> usize {
        if self.is_whole(speed) {
            return BEFORE + BLOCK;
        }
        BEFORE + (self.part + speed * BLOCK as f64).ceil() as usize + REACH + 1
    }

    fn is_whole(&self, speed: f64) -> bool {
        (speed - 1.0).abs() < 1e-9 && self.part < 1e-6
    }

    /// From here on samples are read as they are; what is between two of them is left out.
    pub(super) fn settle(&mut self) {
        self.part = 0.0;
    }

    /// Whether it reads between samples.
    pub(super) fn is_between(&self) -> bool {
        self.part > 0.0
    }

    /// Reads a block from behind the first [`BEFORE`] samples of `line` and takes off what is read. What is not there
    /// is silence.
    pub(super) fn read(&mut self, line: &mut VecDeque<i16>, speed: f64, out: &mut [i16; BLOCK]) {
        let samples: &[i16] = line.make_contiguous();
        let read = if self.is_whole(speed) {
            let from = samples.get(BEFORE..).unwrap_or_default();
            out.fill(0);
            out.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            BLOCK
        } else {
            let mut place = self.part;
            for to in out.iter_mut() {
                *to = at(samples, place);
                place += speed;
            }
            self.part = place.fract();
            place as usize
        };
        line.drain(..read.min(line.len()));
    }
}

/// The value at a place counted from behind the first [`BEFORE`] samples.
fn at(samples: &[i16], place: f64) -> i16 {
    let (first, part) = (place as usize, place.fract() * PLACES as f64);
    let (here, rest) = (part as usize, part.fract() as f32);
    let around = samples.get(first..first + 2 * REACH).unwrap_or_default();
    let [low, high] =
        [here, here + 1].map(|place| TABLE.get(place).map_or(0.0, |weights| dot(around, weights)));
    (low + (high - low) * rest).round() as i16
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tone::{Tone, goertzel_db};

    #[test]
    fn a_tone_keeps_its_level_and_purity_at_any_speed() {
        for speed in [0.994, 0.9999, 1.0, 1.0001, 1.006] {
            for hz in [300u16, 1000, 3400, 6500] {
                let mut tone = Tone::new(hz, -60, 16_000);
                let (mut stretch, mut line, mut heard) =
                    (Stretch::default(), VecDeque::from([0; BEFORE]), vec![]);
                for _ in 0..100 {
                    while line.len() < stretch.need(speed) {
                        let mut samples = [0; 33];
                        tone.fill(&mut samples);
                        line.extend(samples);
                    }
                    let mut block = [0; BLOCK];
                    stretch.read(&mut line, speed, &mut block);
                    heard.extend(block);
                }
                let heard = &heard[1600..];
                let meant = (f64::from(hz) * speed).round() as u16;
                let level = goertzel_db(&heard[..1600], meant, 16_000);
                let most = if hz > 3_400 { 1.0 } else { 0.1 };
                assert!((level + 6.0).abs() < most, "{hz} Hz at {speed}: {level}");
                // Everything that is not the tone, by taking a fitted sine away.
                let omega = std::f64::consts::TAU * f64::from(hz) * speed / 16_000.0;
                let (mut i, mut q) = (0.0, 0.0);
                for (n, sample) in heard.iter().enumerate() {
                    i += f64::from(*sample) * (omega * n as f64).cos();
                    q += f64::from(*sample) * (omega * n as f64).sin();
                }
                let (i, q) = (2.0 * i / heard.len() as f64, 2.0 * q / heard.len() as f64);
                let rest: f64 = heard
                    .iter()
                    .enumerate()
                    .map(|(n, s)| {
                        let meant = i * (omega * n as f64).cos() + q * (omega * n as f64).sin();
                        (f64::from(*s) - meant).powi(2)
                    })
                    .sum::<f64>()
                    / heard.len() as f64;
                let ratio = 10.0 * (rest / ((i * i + q * q) / 2.0)).log10();
                assert!(
                    ratio < if hz > 3_400 { -30.0 } else { -45.0 },
                    "{hz} Hz at {speed}: {ratio} dB of something else"
                );
            }
        }
    }
}
