//! Keeps a sum of voices within what sixteen bits hold: it is turned down as a whole, and what still stands out is rounded.

/// A sum that stays below this is left alone: one decibel below full scale.
const CALM: f32 = 29_204.0;
/// Full scale.
const FULL: f32 = 32_767.0;
/// Turned down within so many samples: one millisecond.
const ATTACK: f32 = 16.0;
/// Turned up again by this in each block of ten milliseconds: a decibel in some fifty.
const RELEASE: f32 = 1.025;

/// The limiter of one hearer.
pub(super) struct Limiter {
    gain: f32,
}

impl Limiter {
    pub(super) fn new() -> Self {
        Self { gain: 1.0 }
    }

    /// Appends a block of the sum as samples.
    pub(super) fn run(&mut self, sum: &[f32], out: &mut Vec<i16>) {
        let peak = sum.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        let most = if peak > CALM { CALM / peak } else { 1.0 };
        let target = most.min(self.gain * RELEASE);
        let step = (target - self.gain) / if target < self.gain { ATTACK } else { sum.len().max(1) as f32 };
        if self.gain >= 1.0 && target >= 1.0 {
            out.extend(sum.iter().map(|sample| sample.round() as i16));
            return;
        }
        for sample in sum {
            self.gain =
                if step < 0.0 { (self.gain + step).max(target) } else { (self.gain + step).min(target) };
            out.push(rounded(sample * self.gain));
        }
    }
}

/// Beyond [`CALM`] less and less is added, and never more than full scale.
fn rounded(sample: f32) -> i16 {
    let over = sample.abs() - CALM;
    if over <= 0.0 {
        return sample.round() as i16;
    }
    let room = FULL - CALM;
    ((CALM + room * over / (over + room)) * sample.signum()) as i16
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sine(amplitude: f32, blocks: usize) -> Vec<f32> {
        (0..160 * blocks).map(|n| amplitude * (n as f32 * 0.39).sin()).collect()
    }

    #[test]
    fn what_fits_is_left_alone_and_what_does_not_is_turned_down_not_cut() {
        let (mut limiter, mut out) = (Limiter::new(), Vec::new());
        let calm = sine(20_000.0, 1);
        limiter.run(&calm, &mut out);
        assert!(out.iter().zip(&calm).all(|(out, sum)| (f32::from(*out) - sum).abs() <= 0.5));
        out.clear();
        for block in sine(90_000.0, 20).chunks(160) {
            limiter.run(block, &mut out);
        }
        assert!(
            out.iter().zip(&sine(90_000.0, 20)).all(|(out, sum)| f32::from(*out) * sum >= 0.0),
            "no wrap"
        );
        let settled = &out[1600..];
        let peak = settled.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
        assert!((28_500..=29_300).contains(&peak), "{peak}: as loud as may be");
        let third =
            crate::tone::goertzel_db(settled, (3.0 * 0.39 * 16_000.0 / std::f32::consts::TAU) as u16, 16_000);
        assert!(third < -50.0, "{third}: a sine stays a sine");
        for _ in 0..100 {
            out.clear();
            limiter.run(&calm, &mut out);
        }
        assert!(f32::from(out[4]) > calm[4] * 0.99, "and turned up again");
    }
}
