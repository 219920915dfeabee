//! What is played in place of packets that did not come: the last period of the voice again and again, fading away.

/// Samples of the past that are kept.
const PAST: usize = 480;
/// Periods that are looked for: 66 to 400 Hz.
const PERIOD: std::ops::RangeInclusive<usize> = 40..=240;
/// Samples that are compared to find the period.
const COMPARED: usize = 200;
/// Repeated as loud as it was for so long, samples, and then fading for so long.
const FULL: usize = 160;
const FADE: usize = 800;
/// After so many samples nothing is left.
pub(super) const OVER: usize = FULL + FADE;
/// The voice comes back within so many samples.
const BACK: usize = 40;

/// Fills holes of one voice.
pub(super) struct Conceal {
    past: [i16; PAST],
    cycle: Vec<i16>,
    /// Samples made since the hole began.
    made: usize,
}

impl Conceal {
    pub(super) fn new() -> Self {
        Self { past: [0; PAST], cycle: Vec::with_capacity(*PERIOD.end()), made: 0 }
    }

    /// Nothing is said from now on, and whoever speaks next begins softly.
    pub(super) fn fall_silent(&mut self) {
        self.cycle.clear();
        self.made = OVER;
    }

    /// Takes what was said. Where a hole was before it, its beginning is blended with what would have been made on: the last
    /// period, or what the codec made up and nobody heard yet.
    pub(super) fn said(&mut self, samples: &mut [i16], by_codec: Option<&[i16]>) {
        let length = if self.made > 0 { by_codec.map_or(BACK, |made| made.len().min(BACK)) } else { 0 };
        for (at, sample) in samples.iter_mut().take(length).enumerate() {
            let part = at as f32 / length as f32;
            let made = match by_codec {
                Some(made) => made.get(at).map_or(0.0, |made| f32::from(*made) * self.fade()),
                None => f32::from(self.next()),
            };
            *sample = (made + (f32::from(*sample) - made) * part) as i16;
        }
        self.made = 0;
        let kept = samples.len().min(PAST);
        self.past.copy_within(kept.., 0);
        let fresh = samples.get(samples.len() - kept..).unwrap_or_default();
        if let Some(room) = self.past.get_mut(PAST - kept..) {
            room.copy_from_slice(fresh);
        }
    }

    /// Appends so many samples in place of what is missing.
    pub(super) fn make(&mut self, count: usize, out: &mut std::collections::VecDeque<i16>) {
        if self.made == 0 {
            self.find_cycle();
        }
        for _ in 0..count {
            let sample = self.next();
            out.push_back(sample);
        }
    }

    /// How loud what is made is by now, as a factor; and one sample more is made.
    pub(super) fn fade(&mut self) -> f32 {
        let gone = self.made.saturating_sub(FULL) as f32 / FADE as f32;
        self.made += 1;
        (1.0 - gone).max(0.0)
    }

    fn next(&mut self) -> i16 {
        let at = self.made % self.cycle.len().max(1);
        let sample = self.cycle.get(at).copied().unwrap_or(0);
        (f32::from(sample) * self.fade()) as i16
    }

    /// The last period, its end blended so that it flows into its own beginning.
    fn find_cycle(&mut self) {
        let period = self.period();
        self.cycle.clear();
        self.cycle.extend_from_slice(self.past.get(PAST - period..).unwrap_or_default());
        let blend = period / 4;
        let before = self.past.get(PAST - period - blend..PAST - period).unwrap_or_default();
        for (at, (end, before)) in self.cycle.iter_mut().skip(period - blend).zip(before).enumerate() {
            let part = (at + 1) as f32 / blend as f32;
            *end = (f32::from(*end) * (1.0 - part) + f32::from(*before) * part) as i16;
        }
    }

    /// The distance at which the past is most like itself.
    fn period(&self) -> usize {
        let recent = self.past.get(PAST - COMPARED..).unwrap_or_default();
        let likeness = |lag: usize| {
            let before = self.past.get(PAST - COMPARED - lag..PAST - lag).unwrap_or_default();
            let (mut product, mut energy) = (0.0f32, 1.0f32);
            for (a, b) in recent.iter().zip(before) {
                product += f32::from(*a) * f32::from(*b);
                energy += f32::from(*b) * f32::from(*b);
            }
            product / energy.sqrt()
        };
        let mut best = (*PERIOD.start(), f32::MIN);
        for lag in PERIOD {
            let like = likeness(lag);
            if like > best.1 {
                best = (lag, like);
            }
        }
        best.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tone::{Tone, goertzel_db};
    use std::collections::VecDeque;

    #[test]
    fn a_tone_goes_on_fades_away_and_comes_back_without_a_click() {
        for hz in [150, 440, 1000] {
            let (mut conceal, mut tone) = (Conceal::new(), Tone::new(hz, -100, 16_000));
            let mut said = [0; 640];
            tone.fill(&mut said);
            conceal.said(&mut said, None);
            let mut made = VecDeque::new();
            conceal.make(160, &mut made);
            conceal.make(160, &mut made);
            let heard: Vec<i16> = made.iter().copied().collect();
            let level = goertzel_db(&heard[..160], hz, 16_000);
            assert!((level + 10.0).abs() < 1.5, "{hz}: {level}");
            let mut next = [0; 320];
            tone.fill(&mut next);
            conceal.said(&mut next, None);
            let whole = [&said[..], &heard, &next].concat();
            // As steep as the tone itself at most, and a little for the seam.
            let steepest = 10_362.0 * 2.0 * (std::f32::consts::PI * f32::from(hz) / 16_000.0).sin();
            let steps = whole.windows(2).map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs());
            assert!(steps.max().unwrap() as f32 <= steepest * 1.3 + 600.0, "{hz}");
            conceal.make(OVER + 1, &mut made);
            assert_eq!(made.back(), Some(&0), "{hz} fades away");
        }
    }
}
