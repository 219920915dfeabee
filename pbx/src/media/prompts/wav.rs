//! WAV files of any rate, width and number of channels, to sound encoded for a codec. Read and converted as it streams, so
//! that a long file takes no more memory than a short one, beside what it becomes.

use std::io::{BufReader, Read};
use std::time::Duration;
use switchroom_flow::limits::RECORD_LONGEST;
use switchroom_media::codec::Kind;
use switchroom_media::convert::Converter;
use switchroom_media::encoded::{Encoded, Encoding};

/// Longest piece of sound; what is longer is cut there. Messages are not: they are no longer.
const PIECE_MAX: Duration = RECORD_LONGEST;
/// Channels that a file may have; they are mixed.
const CHANNELS_MAX: u16 = 8;
/// Frames converted at once.
const PORTION: usize = 4096;

/// What became of a file.
pub(super) struct Loaded {
    /// Its sound.
    pub(super) sound: Encoded,
    /// What is wrong with it, though it can be heard.
    pub(super) fault: Option<String>,
}

/// Reads a WAV file for a codec.
///
/// # Errors
/// Words for whoever put it there: it is no WAV file, or one that cannot be read; or `is_stopping`, which is asked all the
/// time.
pub(super) fn load(file: impl Read, kind: Kind, is_stopping: &dyn Fn() -> bool) -> Result<Loaded, String> {
    load_up_to(PIECE_MAX, file, kind, is_stopping)
}

fn load_up_to(
    longest: Duration,
    file: impl Read,
    kind: Kind,
    is_stopping: &dyn Fn() -> bool,
) -> Result<Loaded, String> {
    let mut reader = hound::WavReader::new(BufReader::new(file)).map_err(|error| match error {
        hound::Error::Unsupported => {
            "it is a WAV file of a kind that cannot be read: save it as PCM".to_owned()
        }
        error => format!("it is no WAV file that can be read: {error}"),
    })?;
    let spec = reader.spec();
    if !(1..=CHANNELS_MAX).contains(&spec.channels) {
        return Err(format!("it has {} channels: save it with one or two", spec.channels));
    }
    let (rate, channels) = (spec.sample_rate, usize::from(spec.channels));
    let target = kind.rate().ok_or("the codec cannot be encoded")?;
    let converter = Converter::new(rate, target)
        .ok_or_else(|| format!("it has {rate} samples a second: save it with 8000 to 48000"))?;
    let encoding = Encoding::new(kind).ok_or("the codec cannot be encoded")?;
    let frames_max =
        u64::try_from(longest.as_millis()).unwrap_or(u64::MAX).saturating_mul(rate.into()) / 1000;
    let mut stream = Stream { channels, frames_max, converter, encoding, out: Vec::new(), is_stopping };
    let fault = match spec.sample_format {
        hound::SampleFormat::Float => stream.take(reader.samples::<f32>())?,
        hound::SampleFormat::Int => {
            let full = 2f32.powi(i32::from(spec.bits_per_sample.clamp(1, 32)) - 1);
            stream.take(reader.samples::<i32>().map(|sample| sample.map(|sample| sample as f32 / full)))?
        }
    };
    Ok(Loaded { sound: stream.finish()?, fault })
}

/// Sound on its way from a file.
struct Stream<'s> {
    channels: usize,
    frames_max: u64,
    converter: Converter,
    encoding: Encoding,
    out: Vec<i16>,
    is_stopping: &'s dyn Fn() -> bool,
}

impl Stream<'_> {
    /// Mixes, converts and encodes; gives what is wrong with the file, if it ends before its end.
    fn take(
        &mut self,
        samples: impl Iterator<Item = Result<f32, hound::Error>>,
    ) -> Result<Option<String>, String> {
        let mut portion = Vec::with_capacity(PORTION);
        let (mut frames, mut sum, mut channel, mut fault) = (0u64, 0.0, 0, None);
        for sample in samples {
            match sample {
                Ok(_) if frames == self.frames_max => {
                    let minutes = PIECE_MAX.as_secs() / 60;
                    fault = Some(format!("it is longer than {minutes} minutes and is cut there"));
                    break;
                }
                Ok(sample) => sum += sample,
                Err(error) => {
                    fault = Some(format!("its end is missing: {error}"));
                    break;
                }
            }
            channel += 1;
            if channel < self.channels {
                continue;
            }
            portion.push(std::mem::take(&mut sum) / self.channels as f32);
            (channel, frames) = (0, frames + 1);
            if portion.len() == PORTION {
                self.encode(&portion)?;
                portion.clear();
            }
        }
        self.encode(&portion)?;
        Ok(fault)
    }

    fn encode(&mut self, portion: &[f32]) -> Result<(), String> {
        if (self.is_stopping)() {
            return Err("the program stops".to_owned());
        }
        self.converter.push(portion, &mut self.out);
        self.encoding.push(&self.out).map_err(|error| error.to_string())?;
        self.out.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Encoded, String> {
        self.converter.finish(&mut self.out);
        self.encoding.push(&self.out).map_err(|error| error.to_string())?;
        self.encoding.finish().map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use hound::{SampleFormat, WavSpec, WavWriter};
    use std::io::Cursor;
    use switchroom_media::codec::Decoder;
    use switchroom_media::tone::goertzel_db;

    const NEVER: &dyn Fn() -> bool = &|| false;

    /// Half a second of 700 Hz at −12 dB, in any shape.
    fn file(rate: u32, channels: u16, bits: u16, format: SampleFormat) -> Vec<u8> {
        let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format: format };
        let mut out = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut out, spec).unwrap();
        for n in 0..rate / 2 {
            let sound = 0.25 * (std::f32::consts::TAU * 700.0 * n as f32 / rate as f32).sin();
            for _ in 0..channels {
                match format {
                    SampleFormat::Float => writer.write_sample(sound).unwrap(),
                    SampleFormat::Int => {
                        let full = 2f32.powi(i32::from(bits) - 1);
                        writer.write_sample((sound * full) as i32).unwrap();
                    }
                }
            }
        }
        writer.finalize().unwrap();
        out.into_inner()
    }

    fn decoded(sound: &Encoded, kind: Kind) -> Vec<i16> {
        let mut decoder = Decoder::new(kind, kind.rate().unwrap()).unwrap();
        let (mut all, mut part) = (Vec::new(), Vec::new());
        for payload in sound.packets() {
            decoder.decode(payload, &mut part).unwrap();
            all.extend_from_slice(&part);
        }
        all
    }

    #[test]
    fn every_shape_of_file_sounds_the_same() {
        let shapes = [
            (8_000, 1, 16, SampleFormat::Int),
            (8_000, 1, 8, SampleFormat::Int),
            (44_100, 2, 16, SampleFormat::Int),
            (48_000, 2, 24, SampleFormat::Int),
            (22_050, 1, 32, SampleFormat::Int),
            (16_000, 2, 32, SampleFormat::Float),
            (11_025, 6, 16, SampleFormat::Int),
        ];
        for (rate, channels, bits, format) in shapes {
            for kind in [Kind::Pcma, Kind::Opus] {
                let loaded = load(&file(rate, channels, bits, format)[..], kind, NEVER).unwrap();
                let heard = decoded(&loaded.sound, kind);
                let rate_out = kind.rate().unwrap();
                let length = heard.len() as f64 / f64::from(rate_out);
                assert!((0.5..0.53).contains(&length), "{rate}/{channels}/{bits}: {length} s");
                let level = goertzel_db(&heard[heard.len() / 4..heard.len() * 3 / 4], 700, rate_out);
                assert!((level + 12.0).abs() < 1.0, "{rate}/{channels}/{bits} {kind:?}: {level} dB");
                assert_eq!(loaded.fault, None);
            }
        }
    }

    #[test]
    fn what_is_no_sound_is_told_and_what_is_half_a_file_is_half_heard() {
        let error = |bytes: &[u8]| load(bytes, Kind::Pcma, NEVER).err().unwrap();
        assert!(error(b"").contains("no WAV file"));
        assert!(error(b"ID3\x04 not a wave at all, but something else").contains("no WAV file"));
        assert!(error(&file(8_000, 9, 16, SampleFormat::Int)).contains("9 channels"));
        assert!(error(&file(400_000, 1, 16, SampleFormat::Int)).contains("400000 samples"));
        let whole = file(8_000, 1, 16, SampleFormat::Int);
        let half = load(&whole[..whole.len() / 2], Kind::Pcma, NEVER).unwrap();
        assert!(half.fault.unwrap().contains("its end is missing"));
        assert!((240..=260).contains(&half.sound.length_ms()));
    }

    #[test]
    fn what_is_too_long_is_cut_and_told_and_what_is_just_as_long_is_whole() {
        let file = file(8_000, 2, 16, SampleFormat::Int);
        let up_to = |ms| load_up_to(Duration::from_millis(ms), &file[..], Kind::Pcma, NEVER).unwrap();
        let (whole, cut) = (up_to(500), up_to(480));
        assert_eq!((whole.sound.length_ms(), whole.fault), (500, None));
        assert_eq!(cut.sound.length_ms(), 480);
        assert!(cut.fault.unwrap().contains("longer than 60 minutes"));
        // The longest message fits onto the shelf, in the codec that takes most.
        let bytes =
            Encoded::new(Kind::Pcma, &[0; 8_000]).unwrap().weight() * RECORD_LONGEST.as_secs() as usize;
        assert!(bytes < super::super::PromptSettings::new("speech".into()).memory_bytes_max / 2, "{bytes}");
    }

    #[test]
    fn a_long_file_is_left_when_the_program_stops() {
        let looks = std::cell::Cell::new(0);
        let is_stopping = || looks.replace(looks.get() + 1) == 2;
        let error = load(&file(48_000, 1, 16, SampleFormat::Int)[..], Kind::Pcma, &is_stopping).err();
        assert_eq!((error.unwrap().as_str(), looks.get()), ("the program stops", 3));
    }

    #[test]
    fn no_file_is_worse_than_silence() {
        let whole = file(8_000, 2, 16, SampleFormat::Int);
        for at in 0..60 {
            for value in [0, 1, 0x7F, 0xFF] {
                let mut bad = whole[..2_000].to_vec();
                bad[at] = value;
                let tried = std::panic::catch_unwind(|| load(&bad[..], Kind::Pcmu, NEVER).is_ok());
                // The loader catches a panic of the reader; there should be none to catch.
                assert!(tried.is_ok(), "byte {at} as {value}");
            }
        }
    }
}
