//! The shape of a recording, for the console: the peak of each column of the picture.

use super::archive::{call_of, is_number};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Columns of a picture at most.
const COLUMNS_MAX: usize = 4096;
/// A column of up to so many frames is looked at whole; of a longer one, samples are.
const FRAMES_WHOLE: u32 = 8192;
/// Looks into a longer column, and frames in each.
const LOOKS: u32 = 8;
const LOOK_FRAMES: u32 = 1024;

/// The shape of a recording. Peaks are 0..=255 on a decibel scale: 0 is −60 dB or less, 255 full scale.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WavePeaks {
    /// Peak of each column, caller's channel.
    pub caller: Vec<u8>,
    /// The same, other channel.
    pub callee: Vec<u8>,
    /// Milliseconds of sound.
    pub length_ms: u64,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum WaveError {
    /// The name is not one of ours: `YYYY/MM/DD/<call>.wav`.
    #[error("{0:?} is not the name of a recording; they are called YYYY/MM/DD/<call>.wav")]
    Name(String),
    /// The file cannot be read; it may have been deleted.
    #[error("the recording {file} cannot be read: {why}")]
    Read {
        /// The file.
        file: String,
        /// What the system or the reader said.
        why: hound::Error,
    },
}

/// Looks at a recording, also one that is still being written; `file` is relative to `dir`, as in
/// [`switchroom_exchange::RecordingFacts`].
///
/// # Errors
/// [`WaveError`] if the name is not a recording's, or the file cannot be read.
pub fn wave(dir: &Path, file: &str, columns: usize) -> Result<WavePeaks, WaveError> {
    if !is_recording(file) {
        return Err(WaveError::Name(file.chars().take(80).collect()));
    }
    let read = |why| WaveError::Read { file: file.to_owned(), why };
    let path = dir.join(file);
    let opened = File::open(&path).or_else(|_| File::open(path.with_extension("wav.part")));
    let opened = opened.map_err(|error| read(hound::Error::IoError(error)))?;
    let mut reader = hound::WavReader::new(BufReader::new(opened)).map_err(read)?;
    let spec = reader.spec();
    if spec.channels != 2 || spec.bits_per_sample != 16 || spec.sample_rate == 0 {
        return Err(read(hound::Error::Unsupported));
    }
    let frames = reader.duration();
    let columns = columns.min(COLUMNS_MAX) as u64;
    let mut peaks = WavePeaks {
        length_ms: u64::from(frames) * 1000 / u64::from(spec.sample_rate),
        ..WavePeaks::default()
    };
    let edge = |column: u64| (u64::from(frames) * column / columns.max(1)) as u32;
    for column in 0..columns {
        let (from, to) = (edge(column), edge(column + 1).max(edge(column) + 1).min(frames));
        let (left, right) = peak(&mut reader, from, to).map_err(read)?;
        peaks.caller.push(scale(left));
        peaks.callee.push(scale(right));
    }
    Ok(peaks)
}

/// The loudest sample of each channel between two frames.
fn peak(
    reader: &mut hound::WavReader<BufReader<File>>,
    from: u32,
    to: u32,
) -> Result<(u16, u16), hound::Error> {
    let length = to.saturating_sub(from);
    let (looks, frames) = if length <= FRAMES_WHOLE { (1, length) } else { (LOOKS, LOOK_FRAMES) };
    let (mut left, mut right) = (0, 0);
    for look in 0..looks {
        reader.seek(from + length / looks * look)?;
        let mut samples = reader.samples::<i16>();
        for _ in 0..frames {
            let (Some(a), Some(b)) = (samples.next(), samples.next()) else { break };
            left = left.max(a?.unsigned_abs());
            right = right.max(b?.unsigned_abs());
        }
    }
    Ok((left, right))
}

/// `YYYY/MM/DD/<call>.wav` and nothing else: no other directory can be reached.
pub(super) fn is_recording(file: &str) -> bool {
    let mut parts = file.split('/');
    let (Some(year), Some(month), Some(day), Some(name), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let dated = is_number(year, 4) && is_number(month, 2) && is_number(day, 2);
    dated && name.strip_suffix(".wav").is_some_and(|stem| call_of(stem).is_some())
}

fn scale(peak: u16) -> u8 {
    let decibels = f32::from(switchroom_media::level::ddb(f64::from(peak))) / 10.0;
    ((decibels + 60.0) / 60.0 * 255.0).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use switchroom_exchange::CallId;

    #[test]
    fn the_picture_shows_who_spoke_when() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("2026/11/21");
        std::fs::create_dir_all(&place).unwrap();
        let name = CallId::new(1_700_000_000_000, 1).to_string();
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        // Still being written: only the part is there.
        let mut writer = hound::WavWriter::create(place.join(format!("{name}.wav.part")), spec).unwrap();
        for frame in 0..80_000 {
            let (left, right) = if frame < 40_000 { (-32_768, 33) } else { (0, 1036) };
            writer.write_sample::<i16>(left).unwrap();
            writer.write_sample::<i16>(right).unwrap();
        }
        writer.flush().unwrap();
        let file = format!("2026/11/21/{name}.wav");
        for columns in [2, 4] {
            let peaks = wave(dir.path(), &file, columns).unwrap();
            let (first, second) = peaks.caller.split_at(columns / 2);
            assert!(first.iter().all(|p| *p == 255) && second.iter().all(|p| *p == 0), "{peaks:?}");
            let (first, second) = peaks.callee.split_at(columns / 2);
            assert!(first.iter().all(|p| *p == 0) && second.iter().all(|p| *p == 128), "{peaks:?}");
            assert_eq!(peaks.length_ms, 10_000);
        }
        assert_eq!(wave(dir.path(), &file, 1_000_000).unwrap().caller.len(), COLUMNS_MAX);
        assert!(wave(dir.path(), &file, 0).unwrap().caller.is_empty());
    }

    #[test]
    fn path_traversal_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let name = CallId::new(1, 1).to_string();
        for file in [
            "../../../etc/passwd",
            "/etc/passwd",
            "2026/11/21/../../../../etc/passwd.wav",
            "2026/11/21/notes.wav",
            &format!("2026/11/..//{name}.wav"),
            &format!("2026/11/21/{name}.wav/"),
            &format!("2026/11/21/{name}.json"),
            &format!("x/{name}.wav"),
            "",
        ] {
            assert!(matches!(wave(dir.path(), file, 10), Err(WaveError::Name(_))), "{file}");
        }
        let missing = wave(dir.path(), &format!("2026/11/21/{name}.wav"), 10);
        assert!(matches!(missing, Err(WaveError::Read { .. })));
    }
}
