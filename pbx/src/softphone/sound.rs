//! What the other side hears: a tone, a file, or silence.

use super::SoftphoneError;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use switchroom_media::tone::Tone;

/// What the other side hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    /// Nothing; packets are sent all the same.
    Silence,
    /// A tone.
    Tone {
        /// Its frequency.
        hz: u16,
    },
    /// A WAV file, once for each call, then silence.
    File(PathBuf),
}

impl FromStr for Sound {
    type Err = String;

    /// `silence`, `tone:HZ`, or the name of a file.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            _ if text == "silence" => Ok(Self::Silence),
            Some(("tone", hz)) => match hz.parse() {
                Ok(hz @ 100..=3_800) => Ok(Self::Tone { hz }),
                _ => Err(format!("a tone has 100 to 3800 Hz, not {hz:?}")),
            },
            _ => Ok(Self::File(text.into())),
        }
    }
}

/// Level of a tone, tenths of a decibel below full scale.
const TONE_DDB: i16 = -120;
/// The longest file that is read, samples of one channel: an hour at 8 kHz.
const SAMPLES_MAX: usize = 3_600 * 8_000;

/// A file in memory.
#[derive(Debug)]
struct Clip {
    samples: Vec<i16>,
    rate: u32,
}

#[derive(Debug, Clone)]
enum Source {
    Silence,
    Tone { hz: u16 },
    Clip(Arc<Clip>),
}

/// Makes samples of any rate from a [`Sound`].
#[derive(Debug, Clone)]
pub(super) struct Player {
    source: Source,
    tone: Option<(u32, Tone)>,
    /// Samples given since the call began, at `rate`.
    given: u64,
    rate: u32,
}

impl Player {
    pub(super) fn open(sound: &Sound) -> Result<Self, SoftphoneError> {
        let source = match sound {
            Sound::Silence => Source::Silence,
            Sound::Tone { hz } => Source::Tone { hz: *hz },
            Sound::File(path) => Source::Clip(Arc::new(read(path)?)),
        };
        Ok(Self { source, tone: None, given: 0, rate: 0 })
    }

    /// Begins anew: a new call.
    pub(super) fn restart(&mut self) {
        self.given = 0;
    }

    /// Fills `out` with the next samples at `rate`.
    pub(super) fn fill(&mut self, rate: u32, out: &mut [i16]) {
        if self.rate != rate {
            // The codec changed within the call: go on at the same moment.
            self.given = self.given * u64::from(rate) / u64::from(self.rate.max(1));
            self.rate = rate;
        }
        match &self.source {
            Source::Silence => out.fill(0),
            Source::Tone { hz } => {
                if self.tone.as_ref().is_none_or(|(of, _)| *of != rate) {
                    self.tone = Some((rate, Tone::new(*hz, TONE_DDB, rate)));
                }
                if let Some((_, tone)) = &mut self.tone {
                    tone.fill(out);
                }
            }
            Source::Clip(clip) => {
                for (at, sample) in (self.given..).zip(out.iter_mut()) {
                    *sample = clip.sample(at, rate);
                }
            }
        }
        self.given += out.len() as u64;
    }
}

impl Clip {
    /// Sample number `at` at another rate: in between by a straight line, or, when the rate falls, the mean of those
    /// it stands for, which takes off most of what cannot be kept. Behind the end: silence.
    fn sample(&self, at: u64, rate: u32) -> i16 {
        let get = |place: u64| {
            usize::try_from(place).ok().and_then(|p| self.samples.get(p)).map_or(0, |s| i64::from(*s))
        };
        let (from, to) = (u64::from(self.rate), u64::from(rate.max(1)));
        let scaled = at * from;
        let value = if from > to {
            let (first, last) = (scaled / to, ((at + 1) * from / to).max(scaled / to + 1));
            (first..last).map(get).sum::<i64>() / i64::try_from(last - first).unwrap_or(1)
        } else {
            let (place, rest) = (scaled / to, i64::try_from(scaled % to).unwrap_or(0));
            get(place) + (get(place + 1) - get(place)) * rest / i64::from(rate.max(1))
        };
        i16::try_from(value).unwrap_or(0)
    }
}

/// Reads a WAV file of 16 bits; of several channels the mean is taken.
fn read(path: &Path) -> Result<Clip, SoftphoneError> {
    let fault = |what: String| SoftphoneError::File { path: path.to_owned(), what };
    let mut reader =
        hound::WavReader::open(path).map_err(|e| fault(format!("cannot be read as WAV: {e}")))?;
    let spec = reader.spec();
    if spec.bits_per_sample != 16 || spec.sample_format != hound::SampleFormat::Int {
        return Err(fault(format!(
            "has {} bits; only PCM of 16 bits can be played, so convert it first",
            spec.bits_per_sample
        )));
    }
    let channels = usize::from(spec.channels.max(1));
    if spec.sample_rate == 0 || reader.len() as usize / channels > SAMPLES_MAX {
        return Err(fault(format!("is longer than {SAMPLES_MAX} samples, or has no rate")));
    }
    let all: Vec<i16> =
        reader.samples::<i16>().collect::<Result<_, _>>().map_err(|e| fault(e.to_string()))?;
    let mean = |frame: &[i16]| {
        let sum: i32 = frame.iter().map(|s| i32::from(*s)).sum();
        i16::try_from(sum / i32::try_from(frame.len()).unwrap_or(1)).unwrap_or(0)
    };
    Ok(Clip { samples: all.chunks_exact(channels).map(mean).collect(), rate: spec.sample_rate })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use switchroom_media::tone::goertzel_db;

    fn file(dir: &Path, rate: u32, channels: u16, bits: u16) -> PathBuf {
        let path = dir.join(format!("{rate}-{channels}-{bits}.wav"));
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: bits,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        let mut samples = vec![0; rate as usize / 2];
        Tone::new(1000, -60, rate).fill(&mut samples);
        for sample in samples {
            for _ in 0..channels {
                let written = if bits == 16 { writer.write_sample(sample) } else { writer.write_sample(1i8) };
                written.unwrap();
            }
        }
        writer.finalize().unwrap();
        path
    }

    #[test]
    fn files_of_any_rate_sound_the_same() {
        let dir = tempfile::tempdir().unwrap();
        for (rate, channels) in [(8_000, 1), (16_000, 2), (44_100, 1), (48_000, 2), (11_025, 1)] {
            let path = file(dir.path(), rate, channels, 16);
            for out_rate in [8_000, 16_000] {
                let mut player = Player::open(&Sound::File(path.clone())).unwrap();
                let mut out = vec![0; out_rate as usize / 2];
                for frame in out.chunks_mut(out_rate as usize / 50) {
                    player.fill(out_rate, frame);
                }
                let level = goertzel_db(&out, 1000, out_rate);
                assert!((level + 6.0).abs() < 1.5, "{rate} to {out_rate}: {level}");
                player.fill(out_rate, &mut out);
                assert!(out[10..].iter().all(|s| *s == 0), "silence behind the end");
                player.restart();
                player.fill(out_rate, &mut out);
                assert!(goertzel_db(&out, 1000, out_rate) > -9.0, "and from the start again");
            }
        }
    }

    #[test]
    fn what_cannot_be_played_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let eight = file(dir.path(), 8_000, 1, 8);
        let error = Player::open(&Sound::File(eight)).unwrap_err().to_string();
        assert!(
            error.ends_with("has 8 bits; only PCM of 16 bits can be played, so convert it first"),
            "{error}"
        );
        let text = dir.path().join("x.wav");
        std::fs::write(&text, "no sound").unwrap();
        assert!(Player::open(&Sound::File(text)).is_err());
        assert!(Player::open(&Sound::File("/nowhere.wav".into())).is_err());
    }

    #[test]
    fn sounds_are_named_in_words() {
        assert_eq!("silence".parse(), Ok(Sound::Silence));
        assert_eq!("tone:440".parse(), Ok(Sound::Tone { hz: 440 }));
        assert_eq!("hello.wav".parse(), Ok(Sound::File("hello.wav".into())));
        assert!("tone:9000".parse::<Sound>().is_err() && "tone:x".parse::<Sound>().is_err());
    }
}
