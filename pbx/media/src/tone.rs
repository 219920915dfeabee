//! Tones: made by a generator, found by the Goertzel algorithm.

use std::f32::consts::TAU;

/// A sine of one frequency.
#[derive(Debug, Clone)]
pub struct Tone {
    phase: f32,
    step: f32,
    amplitude: f32,
}

impl Tone {
    /// A tone of `hz` at `rate` samples a second; `ddb` is its level in tenths of a decibel below full scale.
    pub fn new(hz: u16, ddb: i16, rate: u32) -> Self {
        let amplitude = 32_767.0 * 10f32.powf(f32::from(ddb.min(0)) / 200.0);
        Self { phase: 0.0, step: TAU * f32::from(hz) / rate.max(1) as f32, amplitude }
    }

    /// Fills `out` with the next samples.
    pub fn fill(&mut self, out: &mut [i16]) {
        for sample in out {
            *sample = (self.amplitude * self.phase.sin()) as i16;
            self.phase = (self.phase + self.step) % TAU;
        }
    }
}

/// Level of one frequency within `samples`, in decibels relative to a sine of full scale; −200 for none.
pub fn goertzel_db(samples: &[i16], hz: u16, rate: u32) -> f32 {
    if samples.is_empty() {
        return -200.0;
    }
    let coefficient = 2.0 * f64::cos(std::f64::consts::TAU * f64::from(hz) / f64::from(rate.max(1)));
    let (mut s1, mut s2) = (0f64, 0f64);
    for sample in samples {
        let s0 = f64::from(*sample) / 32_767.0 + coefficient * s1 - s2;
        (s2, s1) = (s1, s0);
    }
    let power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    let amplitude = 2.0 * power.max(0.0).sqrt() / samples.len() as f64;
    (20.0 * amplitude.max(1e-10).log10()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_found_at_its_level_and_nowhere_else() {
        let mut samples = [0; 1600];
        Tone::new(440, -180, 8000).fill(&mut samples);
        assert!((goertzel_db(&samples, 440, 8000) + 18.0).abs() < 0.2);
        assert!(goertzel_db(&samples, 1000, 8000) < -50.0);
        assert!(goertzel_db(&[0; 160], 440, 8000) < -150.0);
        assert!(goertzel_db(&[], 440, 8000) < -150.0);
    }
}
