//! 8000 to 16000 samples a second and back, by one half-band filter of 63 taps, half of which are zero.

/// Taps of the filter that are not zero, without the middle one.
const TAPS: usize = 32;

/// The odd taps of a windowed sinc (Blackman): at least 70 decibels of the mirror image are gone above 4.5 kHz.
fn taps() -> [f32; TAPS] {
    let mut taps = [0.0; TAPS];
    for (at, tap) in taps.iter_mut().enumerate() {
        let x = 2.0 * at as f64 - (TAPS as f64 - 1.0);
        let angle = std::f64::consts::PI * x / 2.0;
        let phase = std::f64::consts::PI * x / TAPS as f64;
        let window = 0.42 + 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos();
        *tap = (angle.sin() / angle * window) as f32;
    }
    // A sum of one keeps the level exactly.
    let sum: f32 = taps.iter().sum();
    taps.map(|tap| tap / sum)
}

/// Doubles or halves the rate of one stream.
pub struct Resampler {
    up: bool,
    taps: [f32; TAPS],
    /// The last samples of what came before.
    line: Vec<f32>,
    odd: Vec<f32>,
}

impl Resampler {
    /// From one rate to the other; `None` unless one is twice the other.
    pub fn new(from: u32, to: u32) -> Option<Self> {
        let up = from * 2 == to;
        if !up && from != to * 2 {
            return None;
        }
        let line = vec![0.0; TAPS - 1];
        Some(Self { up, taps: taps(), odd: if up { Vec::new() } else { vec![0.0; TAPS / 2] }, line })
    }

    /// Takes the next samples and appends what comes of them. When halving, an odd number loses its last sample.
    pub fn run(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        if self.up {
            self.line.extend(samples.iter().map(|s| f32::from(*s)));
            for window in self.line.windows(TAPS) {
                // The even phase is the input itself, as late as the filter makes the odd one.
                out.push(round(window[TAPS / 2 - 1]));
                out.push(round(dot(window, &self.taps)));
            }
        } else {
            self.line.extend(samples.chunks_exact(2).map(|pair| f32::from(pair[0])));
            self.odd.extend(samples.chunks_exact(2).map(|pair| f32::from(pair[1])));
            for (window, middle) in self.line.windows(TAPS).zip(&self.odd) {
                out.push(round((dot(window, &self.taps) + middle) / 2.0));
            }
            let used = self.odd.len().saturating_sub(TAPS / 2);
            self.odd.drain(..used);
        }
        let used = self.line.len().saturating_sub(TAPS - 1);
        self.line.drain(..used);
    }
}

/// The sum of products, eight beside each other, as processors can; `N` is a multiple of eight.
pub(crate) fn dot<S: Copy + Into<f32>, const N: usize>(samples: &[S], weights: &[f32; N]) -> f32 {
    let mut sums = [0.0; 8];
    for (samples, weights) in samples.chunks_exact(8).zip(weights.chunks_exact(8)) {
        for (sum, (sample, weight)) in sums.iter_mut().zip(samples.iter().zip(weights)) {
            *sum += (*sample).into() * weight;
        }
    }
    sums.iter().sum()
}

fn round(sample: f32) -> i16 {
    sample.round() as i16
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tone::{Tone, goertzel_db};

    fn through(from: u32, to: u32, hz: u16) -> Vec<i16> {
        let (mut resampler, mut tone) = (Resampler::new(from, to).unwrap(), Tone::new(hz, -60, from));
        let mut out = Vec::new();
        for _ in 0..25 {
            let mut samples = vec![0; from as usize / 50];
            tone.fill(&mut samples);
            resampler.run(&samples, &mut out);
        }
        assert_eq!(out.len(), to as usize / 2);
        out.split_off(to as usize / 10)
    }

    #[test]
    fn speech_passes_and_mirror_images_do_not() {
        for hz in [300, 1000, 3000] {
            let up = through(8_000, 16_000, hz);
            assert!((goertzel_db(&up, hz, 16_000) + 6.0).abs() < 0.3, "{hz} up");
            assert!(goertzel_db(&up, 8_000 - hz, 16_000) < -60.0, "{hz} up, mirrored");
            let down = through(16_000, 8_000, hz);
            assert!((goertzel_db(&down, hz, 8_000) + 6.0).abs() < 0.3, "{hz} down");
            let folded = through(16_000, 8_000, 8_000 - hz);
            assert!(goertzel_db(&folded, hz, 8_000) < -60.0, "{hz} down, folded");
        }
        assert!(Resampler::new(8_000, 48_000).is_none());
    }

    /// The telephone band is flat, and what lies beyond the edge by its mirror image is gone. The six hundred hertz on each side
    /// of 4 kHz are the filter's slope: what folds there stays above 3.4 kHz.
    #[test]
    fn the_band_is_flat_to_its_edge_and_nothing_folds_into_it() {
        for hz in (100..=3_400).step_by(150) {
            for (from, to) in [(8_000, 16_000), (16_000, 8_000)] {
                let level = goertzel_db(&through(from, to, hz), hz, to);
                assert!((level + 6.0).abs() < 0.5, "{hz} Hz from {from} to {to}: {level}");
            }
            let folded = goertzel_db(&through(16_000, 8_000, 8_000 - hz), hz, 8_000);
            let mirrored = goertzel_db(&through(8_000, 16_000, hz), 8_000 - hz, 16_000);
            assert!(folded < -60.0 && mirrored < -60.0, "{hz} Hz: {folded} and {mirrored} dB");
        }
    }
}
