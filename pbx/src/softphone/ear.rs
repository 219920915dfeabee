//! What a phone hears: the last seconds in memory, all of it on disk if wanted.

use super::SoftphoneError;
use std::collections::VecDeque;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use switchroom_media::tone::goertzel_db;

/// Samples a second of what is heard.
pub(super) const RATE: u32 = 8_000;
/// Samples that are kept: six seconds.
const KEPT: usize = 6 * RATE as usize;
/// Samples in which a tone is looked for: half a second, so that tones 10 Hz apart are two.
const WINDOW: usize = RATE as usize / 2;
/// The least number of samples to say anything of.
const WINDOW_LEAST: usize = RATE as usize / 5;
/// Samples in which it is first looked for what there is: bins of 10 Hz.
const GLANCE: usize = RATE as usize / 10;
/// Tones that can be found, Hz.
const FOUND: std::ops::RangeInclusive<u16> = 100..=3_800;
/// What is not at least this loud is no tone, decibels.
const TONE_DB_LEAST: f32 = -40.0;
/// Longest gap that is filled with silence in a recording, samples: ten minutes.
const GAP_MAX: u64 = 600 * RATE as u64;

/// The last seconds of a call.
#[derive(Debug, Default)]
pub(super) struct Ear {
    samples: VecDeque<i16>,
}

impl Ear {
    pub(super) fn hear(&mut self, samples: &[i16]) {
        self.samples.extend(samples);
        let over = self.samples.len().saturating_sub(KEPT);
        self.samples.drain(..over);
    }

    pub(super) fn clear(&mut self) {
        self.samples.clear();
    }

    /// Level of a tone in the half second in which it was loudest.
    pub(super) fn level(&mut self, hz: u16) -> f32 {
        let samples: &[i16] = self.samples.make_contiguous();
        if samples.len() < WINDOW_LEAST {
            return -200.0;
        }
        let windows = samples.windows(WINDOW.min(samples.len())).step_by(WINDOW / 2);
        windows.map(|window| goertzel_db(window, hz, RATE)).fold(-200.0, f32::max)
    }

    /// The loudest tone at the end, its frequency and level; `None` if it was too quiet to be one.
    pub(super) fn loudest(&mut self) -> Option<(u16, f32)> {
        let samples: &[i16] = self.samples.make_contiguous();
        let last = |count: usize| samples.get(samples.len().saturating_sub(count)..).unwrap_or_default();
        let best = |window: &[i16], hz: &mut dyn Iterator<Item = u16>| {
            hz.map(|hz| (hz, goertzel_db(window, hz, RATE))).max_by(|a, b| a.1.total_cmp(&b.1))
        };
        let (near, _) = best(last(GLANCE), &mut FOUND.step_by(10))?;
        best(last(WINDOW), &mut (near - 10..=near + 10)).filter(|(_, level)| *level >= TONE_DB_LEAST)
    }
}

/// Writes what is heard.
pub(super) struct Recorder {
    writer: hound::WavWriter<BufWriter<File>>,
}

impl Recorder {
    pub(super) fn create(path: &Path) -> Result<Self, SoftphoneError> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let writer = hound::WavWriter::create(path, spec).map_err(|error| SoftphoneError::File {
            path: path.to_owned(),
            what: format!("cannot be written: {error}"),
        })?;
        Ok(Self { writer })
    }

    /// Appends `gap` samples of silence and then these.
    pub(super) fn write(&mut self, gap: u64, samples: &[i16]) -> Result<(), hound::Error> {
        for _ in 0..gap.min(GAP_MAX) {
            self.writer.write_sample(0i16)?;
        }
        samples.iter().try_for_each(|sample| self.writer.write_sample(*sample))
    }

    /// Makes the file readable as far as it goes.
    pub(super) fn flush(&mut self) -> Result<(), hound::Error> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchroom_media::tone::Tone;

    #[test]
    fn near_tones_are_told_apart_and_old_ones_forgotten() {
        let mut ear = Ear::default();
        assert!(ear.level(440) <= -200.0);
        let mut frame = [0; 160];
        let mut tone = Tone::new(440, -120, RATE);
        for _ in 0..50 {
            tone.fill(&mut frame);
            ear.hear(&frame);
        }
        assert!((ear.level(440) + 12.0).abs() < 0.5);
        assert!(ear.level(452) < -30.0, "{}", ear.level(452));
        assert!(ear.loudest().is_some_and(|(hz, _)| hz.abs_diff(440) <= 1), "{:?}", ear.loudest());
        for _ in 0..400 {
            ear.hear(&[0; 160]);
        }
        assert_eq!(ear.loudest(), None);
        assert!(ear.level(440) < -100.0);
    }
}
