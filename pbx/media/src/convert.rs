//! Sound from a file, of any rate, to the rate of a codec. Done once for each file, so it may take its time: each sample is
//! a sum over a windowed sinc, as sharp as a telephone band needs.

/// Zero crossings of the sinc on each side.
const CROSSINGS: usize = 32;
/// Points of the table between two of them; what lies between is interpolated, exact to −90 decibels.
const POINTS: usize = 512;
/// Where the filter cuts, as part of what the lower of the two rates can hold.
const ROLLOFF: f64 = 0.92;
/// Shape of the Kaiser window: 80 decibels.
const BETA: f64 = 8.0;
/// Weights that are kept, of all phases; with rates that have more they are made for each sample. The usual rates have tens
/// of thousands.
const WEIGHTS_MAX: u64 = 1 << 18;
/// Products that are summed beside each other, as processors can.
const LANES: usize = 8;
/// Rates that files may have, samples a second.
pub const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// Converts one stream.
pub struct Converter {
    from: u64,
    to: u64,
    /// Half the filter, from its middle.
    table: Vec<f32>,
    /// Places of the table in one input sample.
    step: f64,
    /// Input samples on each side of an output sample that it depends on.
    reach: usize,
    /// Input from sample `first` on, with `reach` samples of silence before the first of all.
    line: Vec<f32>,
    first: u64,
    /// The next output sample.
    next: u64,
    /// Parts that one input sample has in these places of output samples, and the weights around each; empty until they
    /// are needed, and for ever if they would be too many.
    phases: Vec<Box<[f32]>>,
    /// Of `to` for one phase.
    phase: u64,
}

impl Converter {
    /// From one rate to another, in samples a second; `None` unless both are within [`RATES`].
    pub fn new(from: u32, to: u32) -> Option<Self> {
        if !RATES.contains(&from) || !RATES.contains(&to) {
            return None;
        }
        let scale = ROLLOFF * (f64::from(to) / f64::from(from)).min(1.0);
        let reach = (CROSSINGS as f64 / scale).ceil() as usize + 1;
        let phase = u64::from(common(from, to));
        let count = u64::from(to) / phase;
        let is_few = count * 2 * reach as u64 <= WEIGHTS_MAX;
        Some(Self {
            from: u64::from(from),
            to: u64::from(to),
            table: table(scale),
            step: scale * POINTS as f64,
            reach,
            line: vec![0.0; reach],
            first: 0,
            next: 0,
            phases: vec![Box::default(); if is_few { count as usize } else { 0 }],
            phase,
        })
    }

    /// Takes the next samples, full scale being one, and appends what comes of them.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<i16>) {
        if self.from == self.to {
            out.extend(samples.iter().map(|sample| round(*sample)));
            return;
        }
        self.line.extend_from_slice(samples);
        // `line` begins `reach` samples before `first`.
        let known = self.first + self.line.len().saturating_sub(2 * self.reach) as u64;
        while self.next * self.from / self.to < known {
            let whole = self.next * self.from / self.to;
            let sample = self.at((whole - self.first) as usize, self.next * self.from % self.to);
            out.push(round(sample));
            self.next += 1;
        }
        let used = (self.next * self.from / self.to).saturating_sub(self.first).min(known - self.first);
        self.line.drain(..used as usize);
        self.first += used;
    }

    /// Appends the end of the stream.
    pub fn finish(&mut self, out: &mut Vec<i16>) {
        if self.from != self.to {
            let tail = vec![0.0; self.reach];
            self.push(&tail, out);
        }
    }

    /// The output between input samples `whole` and the next, counted from `first`: at `part` of `to` between them.
    fn at(&mut self, whole: usize, part: u64) -> f32 {
        let phase = (part / self.phase) as usize;
        if self.phases.get(phase).is_some_and(|weights| weights.is_empty()) {
            let weights = self.weights(part).collect();
            if let Some(place) = self.phases.get_mut(phase) {
                *place = weights;
            }
        }
        let around = self.line.get(whole + 1..whole + 1 + 2 * self.reach).unwrap_or_default();
        match self.phases.get(phase) {
            Some(weights) => dot(around, weights),
            None => around.iter().zip(self.weights(part)).map(|(sample, weight)| sample * weight).sum(),
        }
    }

    /// What the input samples around count for.
    fn weights(&self, part: u64) -> impl Iterator<Item = f32> {
        let part = part as f64 / self.to as f64;
        (0..2 * self.reach).map(move |place| {
            let distance = (place as f64 + 1.0 - self.reach as f64 - part).abs() * self.step;
            let (point, rest) = (distance as usize, distance.fract() as f32);
            match self.table.get(point..point + 2) {
                Some([here, next]) => here + (next - here) * rest,
                _ => 0.0,
            }
        })
    }
}

/// The sum of products.
fn dot(samples: &[f32], weights: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (samples, weights) = (samples.chunks(LANES), weights.chunks(LANES));
    for (samples, weights) in samples.zip(weights) {
        for (sum, (sample, weight)) in sums.iter_mut().zip(samples.iter().zip(weights)) {
            *sum += sample * weight;
        }
    }
    sums.iter().sum()
}

/// The greatest common divisor.
fn common(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common(b, a % b) }
}

fn table(scale: f64) -> Vec<f32> {
    let last = CROSSINGS * POINTS;
    let weight = |at: usize| {
        let x = at as f64 / POINTS as f64;
        let sinc = if at == 0 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
        let edge = 1.0 - (at as f64 / last as f64).powi(2);
        (scale * sinc * bessel(BETA * edge.max(0.0).sqrt()) / bessel(BETA)) as f32
    };
    (0..=last).map(weight).collect()
}

/// The modified Bessel function of order zero.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..40 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

fn round(sample: f32) -> i16 {
    // A cast of a float keeps within the bounds, and takes what is no number as nothing.
    (sample * 32_768.0).round() as i16
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tone::goertzel_db;

    fn through(from: u32, to: u32, hz: f32) -> Vec<i16> {
        let mut converter = Converter::new(from, to).unwrap();
        let step = std::f32::consts::TAU * hz / from as f32;
        let samples: Vec<f32> = (0..from / 2).map(|n| 0.5 * (step * n as f32).sin()).collect();
        let mut out = Vec::new();
        // In uneven portions, as files are read.
        for portion in samples.chunks(777) {
            converter.push(portion, &mut out);
        }
        converter.finish(&mut out);
        let expected = to as usize / 2;
        assert!(out.len().abs_diff(expected) <= 1, "{from} to {to}: {} of {expected}", out.len());
        out
    }

    #[test]
    fn speech_passes_and_nothing_folds_back_whatever_the_rates() {
        for from in [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 44_101] {
            for to in [8_000, 16_000] {
                for hz in [200, 1000, 3000] {
                    let out = through(from, to, f32::from(hz));
                    let level = goertzel_db(&out[out.len() / 10..out.len() * 9 / 10], hz, to);
                    assert!((level + 6.0).abs() < 0.2, "{hz} Hz from {from} to {to}: {level}");
                }
                if from > to {
                    let (outside, folded) =
                        (f32::from(to as u16) * 0.55, (f32::from(to as u16) * 0.45) as u16);
                    let level = goertzel_db(&through(from, to, outside)[400..3600], folded, to);
                    assert!(level < -60.0, "{outside} Hz from {from} to {to} folds to {folded}: {level}");
                }
            }
        }
        for (from, to) in [(0, 8000), (8000, 0), (1_000_000, 8000)] {
            assert!(Converter::new(from, to).is_none());
        }
    }

    #[test]
    fn the_same_rate_is_the_same_sound_and_what_is_too_loud_is_cut() {
        let mut out = Vec::new();
        Converter::new(8000, 8000).unwrap().push(&[0.0, 0.25, -1.0, 1.0, 7.0, f32::NAN], &mut out);
        assert_eq!(out, [0, 8192, i16::MIN, i16::MAX, i16::MAX, 0]);
    }

    #[test]
    fn sound_stays_where_it_was() {
        let mut converter = Converter::new(48_000, 8_000).unwrap();
        let mut click = vec![0.0; 4800];
        click[2400] = 1.0;
        let mut out = Vec::new();
        converter.push(&click, &mut out);
        converter.finish(&mut out);
        let loudest = (0..out.len()).max_by_key(|at| out[*at].unsigned_abs()).unwrap();
        assert_eq!(loudest, 400);
    }
}
