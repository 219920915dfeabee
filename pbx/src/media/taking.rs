//! One message being taken: what a leg says, in a file of its own, until it ends by itself or is ended.

use super::archive::SAMPLE_BYTES;
use super::finisher::Job;
use super::messages::{self, MessageFiles};
use super::recorder::Taken;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use switchroom_exchange::LegId;
use switchroom_media::level;
use switchroom_media::timeline::{Arrival, Side, Timeline};

/// What is known is written and looked at this often, microseconds.
const FLUSH_US: u64 = 200_000;
/// What is written is brought to the disk this often, microseconds.
const SYNC_US: u64 = 3_000_000;
/// Sound is looked at in pieces of so much, milliseconds.
const LOOK_MS: u32 = 20;
/// What is louder is said, root mean square in tenths of a decibel below full scale; an open line is below.
const SAID_DDB: i16 = -420;
/// So many pieces in a row must be that loud: a click is nothing said.
const SAID_LOOKS: u32 = 3;
/// Of the silence at the end so much is kept, milliseconds.
const TAIL_MS: u64 = 500;
/// No message is longer than that, whatever is asked for: the header of a WAV file counts 32 bits of bytes.
const SAMPLES_MAX: u64 = 4_200_000_000 / SAMPLE_BYTES;

/// Where in a sound something was said.
#[derive(Debug, Clone)]
pub(super) struct Loudness {
    look: usize,
    squares: u64,
    filled: usize,
    loud: u32,
    rate: u32,
    /// Samples so far.
    samples: u64,
    /// Samples up to the end of what was said last.
    said: Option<u64>,
}

impl Loudness {
    pub(super) fn new(rate: u32) -> Self {
        let look = (rate * LOOK_MS / 1000).max(1) as usize;
        Self { look, squares: 0, filled: 0, loud: 0, rate, samples: 0, said: None }
    }

    pub(super) fn add(&mut self, samples: &[i16]) {
        for sample in samples {
            let size = u64::from(sample.unsigned_abs());
            self.squares += size * size;
            self.filled += 1;
            self.samples += 1;
            if self.filled == self.look {
                let mean = (self.squares as f64 / self.look as f64).sqrt();
                self.loud = if level::ddb(mean) > SAID_DDB { self.loud + 1 } else { 0 };
                if self.loud >= SAID_LOOKS {
                    self.said = Some(self.samples);
                }
                (self.squares, self.filled) = (0, 0);
            }
        }
    }

    /// Milliseconds of silence at the end.
    fn silent_ms(&self) -> u64 {
        (self.samples - self.said.unwrap_or(0)) * 1000 / u64::from(self.rate.max(1))
    }

    /// Samples that are worth keeping; `None` if nothing was said.
    pub(super) fn kept(&self) -> Option<u64> {
        let tail = TAIL_MS * u64::from(self.rate) / 1000;
        self.said.map(|said| (said + tail).min(self.samples))
    }
}

/// A message that is to be taken.
pub(super) struct StartMessage {
    pub(super) leg: LegId,
    pub(super) message: String,
    pub(super) rate: u32,
    pub(super) at_us: u64,
    pub(super) now_ms: i64,
    pub(super) longest_ms: u32,
    /// 0: never.
    pub(super) silence_ms: u32,
    /// Set when it is over, for the thread that hands in packets.
    pub(super) is_over: Arc<AtomicBool>,
}

/// Why a message ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnEnd {
    Longest,
    Silence,
}

/// One message being taken.
pub(super) struct Taking {
    start: StartMessage,
    files: MessageFiles,
    timeline: Timeline,
    writer: hound::WavWriter<BufWriter<Arc<File>>>,
    file: Arc<File>,
    syncing: Arc<AtomicBool>,
    loudness: Loudness,
    samples_max: u64,
    flush_us: u64,
    sync_us: u64,
}

impl Taking {
    /// Creates the file.
    pub(super) fn open(recordings: &Path, start: StartMessage) -> Result<Self, (StartMessage, hound::Error)> {
        let opened = Self::create(recordings, &start);
        let (files, file, writer) = match opened {
            Ok(opened) => opened,
            Err(error) => return Err((start, error)),
        };
        let longest = u64::from(start.longest_ms) * u64::from(start.rate) / 1000;
        Ok(Self {
            timeline: Timeline::new(start.rate, start.at_us),
            loudness: Loudness::new(start.rate),
            samples_max: longest.min(SAMPLES_MAX),
            flush_us: start.at_us + FLUSH_US,
            sync_us: start.at_us + SYNC_US,
            syncing: Arc::default(),
            start,
            files,
            file,
            writer,
        })
    }

    #[expect(clippy::type_complexity, reason = "the three parts of an open file")]
    fn create(
        recordings: &Path,
        start: &StartMessage,
    ) -> Result<(MessageFiles, Arc<File>, hound::WavWriter<BufWriter<Arc<File>>>), hound::Error> {
        let (files, file) = messages::create(recordings, &start.message, start.now_ms)?;
        let file = Arc::new(file);
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: start.rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::new(BufWriter::new(file.clone()), spec)?;
        writer.flush()?;
        Ok((files, file, writer))
    }

    pub(super) fn leg(&self) -> LegId {
        self.start.leg
    }

    pub(super) fn message(&self) -> &str {
        &self.start.message
    }

    pub(super) fn take(&mut self, taken: &Taken) {
        let arrival = Arrival {
            leg: taken.leg,
            at_us: taken.at_us,
            header: taken.header,
            kind: taken.kind,
            clock: taken.clock,
            payload: taken.payload(),
        };
        self.timeline.push(Side::Left, &arrival);
    }

    /// Writes what is due, if it is time to; gives what the finisher is to do, and the end if it has come.
    pub(super) fn flush(
        &mut self,
        now_us: u64,
        scratch: &mut Vec<i16>,
    ) -> Result<(Option<Job>, Option<OwnEnd>), hound::Error> {
        if now_us < self.flush_us {
            return Ok((None, None));
        }
        self.flush_us = now_us + FLUSH_US;
        scratch.clear();
        self.timeline.advance(now_us, scratch);
        self.write(scratch)?;
        self.writer.flush()?;
        let silence_ms = u64::from(self.start.silence_ms);
        let end = if self.loudness.samples >= self.samples_max {
            Some(OwnEnd::Longest)
        } else if silence_ms > 0 && self.loudness.silent_ms() >= silence_ms {
            Some(OwnEnd::Silence)
        } else {
            None
        };
        if now_us < self.sync_us || self.syncing.swap(true, Ordering::Relaxed) {
            return Ok((None, end));
        }
        self.sync_us = now_us + SYNC_US;
        Ok((Some(Job::Sync(self.file.clone(), self.syncing.clone())), end))
    }

    /// Writes the leg's side of frames of two, up to the longest that is wanted.
    fn write(&mut self, frames: &mut Vec<i16>) -> Result<(), hound::Error> {
        let room = self.samples_max.saturating_sub(self.loudness.samples);
        let mut at = 0;
        frames.retain(|_| {
            at += 1;
            at % 2 == 1
        });
        frames.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        self.loudness.add(frames);
        let mut block = self.writer.get_i16_writer(u32::try_from(frames.len()).unwrap_or(u32::MAX));
        for sample in frames.iter() {
            block.write_sample(*sample);
        }
        block.flush()
    }

    /// Writes all there is up to `end_us` and closes the file. What was said is kept if `is_kept`, also when the disk
    /// refused the rest.
    pub(super) fn close(mut self, end_us: u64, is_kept: bool, why: &str, scratch: &mut Vec<i16>) -> Job {
        scratch.clear();
        self.timeline.finish(end_us, scratch);
        let mut failed = self.write(scratch).err();
        self.start.is_over.store(true, Ordering::Relaxed);
        let Self { start, files, writer, loudness, .. } = self;
        failed = writer.finalize().err().or(failed);
        let kept = loudness.kept().filter(|_| is_kept);
        let is_silent = is_kept && kept.is_none();
        let has_failed = failed.is_some();
        let why = match failed {
            Some(error) => format!("its end cannot be written: {error}"),
            None if is_silent => format!("nothing was said ({why})"),
            None => why.to_owned(),
        };
        Self::job(start, files, kept, has_failed, why)
    }

    /// Gives up: what is in the file already is kept.
    pub(super) fn abandon(self, why: String) -> Job {
        self.start.is_over.store(true, Ordering::Relaxed);
        let Self { start, files, loudness, .. } = self;
        Self::job(start, files, loudness.kept(), true, why)
    }

    fn job(
        start: StartMessage,
        files: MessageFiles,
        kept: Option<u64>,
        has_failed: bool,
        why: String,
    ) -> Job {
        let StartMessage { leg, message, rate, .. } = start;
        Job::SealMessage(Box::new(SealMessage { leg, message, files, rate, kept, has_failed, why }))
    }
}

/// A message that is to be finished.
pub(super) struct SealMessage {
    pub(super) leg: LegId,
    pub(super) message: String,
    pub(super) files: MessageFiles,
    pub(super) rate: u32,
    /// Samples to be kept; `None`: all is thrown away.
    pub(super) kept: Option<u64>,
    /// Not all could be written.
    pub(super) has_failed: bool,
    pub(super) why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_is_nothing_said_and_a_word_is() {
        let mut loudness = Loudness::new(8_000);
        let quiet = vec![40; 8_000];
        loudness.add(&quiet);
        loudness.add(&[20_000; 300]);
        loudness.add(&quiet);
        assert_eq!((loudness.kept(), loudness.silent_ms()), (None, 2037));
        loudness.add(&[2_000; 800]);
        assert_eq!(loudness.kept(), Some(17_100), "no more than there is");
        loudness.add(&quiet);
        assert_eq!(loudness.silent_ms(), 997, "in pieces of twenty milliseconds");
        assert_eq!(loudness.kept(), Some(17_120 + 4_000), "half a second of silence stays");
    }
}
