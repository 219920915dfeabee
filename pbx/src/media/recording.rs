//! One recording being written.

use super::archive::{self, FRAME_BYTES, Files};
use super::finisher::Job;
use super::recorder::{Start, Taken};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use switchroom_exchange::{CallId, RecordingFacts};
use switchroom_media::timeline::{Arrival, Timeline};

/// What is known is written and the header set right this often, microseconds. With the lag of the timeline and the
/// recorder's own beat, a kill at any moment loses less than a second.
const FLUSH_US: u64 = 400_000;
/// What is written is brought to the disk this often, microseconds.
const SYNC_US: u64 = 3_000_000;
/// Marks that a sidecar holds.
const MARKS_MAX: usize = 1000;
/// The header of a WAV file counts 32 bits of bytes; 37 hours at 8000, 18 at 16000.
const FRAMES_MAX: u64 = 4_200_000_000 / FRAME_BYTES;

/// One recording being written.
pub(super) struct Recording {
    files: Files,
    facts: RecordingFacts,
    timeline: Timeline,
    writer: hound::WavWriter<BufWriter<Arc<File>>>,
    file: Arc<File>,
    syncing: Arc<AtomicBool>,
    start_us: u64,
    flush_us: u64,
    sync_us: u64,
    frames: u64,
}

impl Recording {
    /// Creates the file and its sidecar, which the job that this gives brings to the disk.
    pub(super) fn open(dir: &Path, start: Start) -> Result<(Self, Job), hound::Error> {
        let Start { call, subject, codec, rate, readable, at_us } = start;
        let (files, file) = archive::create(dir, call, subject.started_ms)?;
        let file = Arc::new(file);
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::new(BufWriter::new(file.clone()), spec)?;
        writer.flush()?;
        let mut facts = RecordingFacts {
            call,
            subject,
            file: files.relative.clone(),
            length_ms: 0,
            bytes: 0,
            rate,
            sha256: String::new(),
            codec,
            marks: Vec::new(),
            complete: false,
            held: None,
        };
        let sidecar = archive::begin_sidecar(&files.sidecar, &facts)?;
        let job = Job::Sync(Arc::new(sidecar), Arc::default());
        facts.complete = readable;
        let recording = Self {
            files,
            facts,
            timeline: Timeline::new(rate, at_us),
            writer,
            file,
            syncing: Arc::default(),
            start_us: at_us,
            flush_us: at_us + FLUSH_US,
            sync_us: at_us + SYNC_US,
            frames: 0,
        };
        Ok((recording, job))
    }

    pub(super) fn call(&self) -> CallId {
        self.facts.call
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
        self.timeline.push(taken.side, &arrival);
    }

    pub(super) fn mark(&mut self, at_us: u64, kind: String, text: String) {
        if self.facts.marks.len() < MARKS_MAX {
            self.facts.marks.push((at_us.saturating_sub(self.start_us) / 1000, kind, text));
        }
    }

    /// Samples are known to be missing.
    pub(super) fn miss(&mut self) {
        self.facts.complete = false;
    }

    /// Writes what is due, if it is time to; and tells the finisher when the disk should have it.
    pub(super) fn flush(&mut self, now_us: u64, scratch: &mut Vec<i16>) -> Result<Option<Job>, hound::Error> {
        if now_us < self.flush_us {
            return Ok(None);
        }
        self.flush_us = now_us + FLUSH_US;
        scratch.clear();
        self.timeline.advance(now_us, scratch);
        self.write(scratch)?;
        self.writer.flush()?;
        if now_us < self.sync_us || self.syncing.swap(true, Ordering::Relaxed) {
            return Ok(None);
        }
        self.sync_us = now_us + SYNC_US;
        Ok(Some(Job::Sync(self.file.clone(), self.syncing.clone())))
    }

    fn write(&mut self, samples: &[i16]) -> Result<(), hound::Error> {
        self.frames += samples.len() as u64 / 2;
        if self.frames > FRAMES_MAX {
            let why = "the recording has reached the length that a WAV file can have";
            return Err(hound::Error::IoError(std::io::Error::other(why)));
        }
        let mut block = self.writer.get_i16_writer(u32::try_from(samples.len()).unwrap_or(u32::MAX));
        for sample in samples {
            block.write_sample(*sample);
        }
        block.flush()
    }

    /// Writes all there is up to `end_us`; the file is whole then. What is in it of the last `tail_us` is cut off by the
    /// finisher.
    pub(super) fn close(
        mut self,
        end_us: u64,
        tail_us: u64,
        scratch: &mut Vec<i16>,
    ) -> (Job, Option<hound::Error>) {
        let kept_us = end_us.saturating_sub(self.start_us).saturating_sub(tail_us);
        scratch.clear();
        self.timeline.finish(self.start_us + kept_us, scratch);
        let mut failed = self.write(scratch).err();
        let kept = kept_us.saturating_mul(u64::from(self.facts.rate)) / 1_000_000;
        let kept = (kept < self.frames).then_some(kept);
        if tail_us > 0 {
            self.facts.marks.iter_mut().for_each(|(at_ms, ..)| *at_ms = (*at_ms).min(kept_us / 1_000));
        }
        let damage = self.timeline.damage();
        if damage.undecodable > 0 || damage.displaced > 0 {
            self.facts.complete = false;
        }
        let Self { files, mut facts, writer, .. } = self;
        failed = writer.finalize().err().or(failed);
        facts.complete &= failed.is_none();
        (Job::Seal(Box::new((files, facts, kept.filter(|_| failed.is_none())))), failed)
    }

    /// Gives up: what is in the file already is finished.
    pub(super) fn abandon(self) -> Job {
        let Self { files, mut facts, .. } = self;
        facts.complete = false;
        Job::Seal(Box::new((files, facts, None)))
    }
}
