//! The recording of a call: packets of two legs become one stereo stream in which both lie where they were heard.
//!
//! RTP timestamps place samples, so lost packets leave silence and reordered ones come to their place. The moment of
//! arrival, by our one clock, anchors each stream: the clocks of phones drift, and over an hour they would part by
//! hundreds of milliseconds. So the smallest delay over some seconds is watched, and a stream that has moved is moved
//! back by a few milliseconds, in a quiet moment if there is one. Each stays within [`DRIFT_HARD_MS`] of where it
//! was heard, and both within twice that of each other.
//!
//! Frames are given out [`LAG_US`] after their moment; what comes later than that is dropped and counted.

mod track;

use crate::codec::Kind;
use crate::rtp::Header;
use track::Track;

/// Frames are given out this long after their moment, microseconds.
pub const LAG_US: u64 = 300_000;
/// A packet waits at most this long for those before it, microseconds.
pub const HOLD_US: u64 = 200_000;
/// A stream that has moved by this much is moved back when it is quiet, milliseconds.
pub const DRIFT_SOFT_MS: i64 = 4;
/// A stream that has moved by this much is moved back at once, milliseconds.
pub const DRIFT_HARD_MS: i64 = 8;

/// Which channel of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The caller.
    Left,
    /// Our side.
    Right,
}

/// A packet to be placed.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// When it came, microseconds.
    pub at_us: u64,
    /// Its header.
    pub header: Header,
    /// Its codec.
    pub kind: Kind,
    /// The RTP clock of its codec, Hz.
    pub clock: u32,
    /// Its payload.
    pub payload: &'a [u8],
}

/// What went wrong with packets of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Damage {
    /// Came too late for their place.
    pub late: u64,
    /// Could not be decoded.
    pub undecodable: u64,
}

/// Frames not given out yet: interleaved samples from frame `base` on.
struct Frames {
    base: i64,
    samples: Vec<i16>,
}

impl Frames {
    /// Puts samples of one side to frame `at`, which is not before `base`.
    fn put(&mut self, side: Side, at: i64, samples: &[i16]) {
        let Ok(first) = usize::try_from(at - self.base) else { return };
        let end = 2 * (first + samples.len());
        if self.samples.len() < end {
            self.samples.resize(end, 0);
        }
        let offset = 2 * first + usize::from(side == Side::Right);
        for (place, sample) in self.samples.iter_mut().skip(offset).step_by(2).zip(samples) {
            *place = *sample;
        }
    }
}

/// The recording of one call.
pub struct Timeline {
    rate: u32,
    start_us: u64,
    frames: Frames,
    tracks: [Track; 2],
}

impl Timeline {
    /// A recording that starts at `start_us`, of 8000 or 16000 frames a second.
    pub fn new(rate: u32, start_us: u64) -> Self {
        let track = |side| Track::new(side, rate, start_us);
        let frames = Frames { base: 0, samples: Vec::new() };
        Self { rate, start_us, frames, tracks: [track(Side::Left), track(Side::Right)] }
    }

    /// Frames a second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Takes a packet of one side.
    pub fn push(&mut self, side: Side, arrival: &Arrival<'_>) {
        let [left, right] = &mut self.tracks;
        let track = if side == Side::Left { left } else { right };
        track.push(arrival, &mut self.frames);
    }

    /// Gives out what is due at `now_us`: appends interleaved samples, left first.
    pub fn advance(&mut self, now_us: u64, out: &mut Vec<i16>) {
        for track in &mut self.tracks {
            track.expire(now_us.saturating_sub(HOLD_US), &mut self.frames);
        }
        self.give(self.frame_at(now_us.saturating_sub(LAG_US)), out);
    }

    /// Gives out all that is left up to `now_us`; the recording ends there.
    pub fn finish(&mut self, now_us: u64, out: &mut Vec<i16>) {
        for track in &mut self.tracks {
            track.expire(u64::MAX, &mut self.frames);
        }
        self.give(self.frame_at(now_us), out);
    }

    fn give(&mut self, until: i64, out: &mut Vec<i16>) {
        let Ok(frames) = usize::try_from(until - self.frames.base) else { return };
        let there = self.frames.samples.len().min(2 * frames);
        out.extend_from_slice(self.frames.samples.get(..there).unwrap_or_default());
        out.resize(out.len() + 2 * frames - there, 0);
        self.frames.samples.drain(..there);
        self.frames.base = until;
    }

    fn frame_at(&self, at_us: u64) -> i64 {
        frames_of(at_us.saturating_sub(self.start_us), self.rate)
    }

    /// What went wrong so far, both sides together.
    pub fn damage(&self) -> Damage {
        let [left, right] = &self.tracks;
        let (left, right) = (left.damage(), right.damage());
        Damage { late: left.late + right.late, undecodable: left.undecodable + right.undecodable }
    }
}

/// Frames in a stretch of time.
fn frames_of(us: u64, rate: u32) -> i64 {
    i64::try_from(u128::from(us) * u128::from(rate) / 1_000_000).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests;
