//! The recording of a call: packets of its legs become one stereo stream in which all lie where they were heard. Several legs
//! on one channel are added up.
//!
//! RTP timestamps place samples, so lost packets leave silence and reordered ones come to their place. The moment of
//! arrival, by our one clock, anchors each stream: the clocks of phones drift, and over an hour they would part by
//! hundreds of milliseconds. So the smallest delay over some seconds is watched, and a stream that has moved is moved
//! back by a few milliseconds, in a quiet moment if there is one. Each stays within [`DRIFT_HARD_MS`] of where it
//! was heard, and both within twice that of each other.
//!
//! Frames are given out [`LAG_US`] after their moment; what comes later than that is dropped and counted. Nothing is placed more
//! than half a second ahead of the clock, whatever timestamps say and however fast packets come: of two sources that send on one
//! port at a time, what overlaps is lost, and the channel keeps step with the other one.

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

/// Legs that a recording follows at once; when more come, the one that was heard least lately makes room.
const TRACKS_MAX: usize = 16;

/// A packet to be placed.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Whose it is: any number that is unique among the legs of the recording.
    pub leg: u64,
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
    /// Came too late for their place, or their place was taken.
    pub late: u64,
    /// Of these, found no room because another stream of their leg lay there, or ran ahead of the clock: sound is missing.
    pub displaced: u64,
    /// Could not be decoded.
    pub undecodable: u64,
}

impl Damage {
    fn add(&mut self, other: Self) {
        self.late += other.late;
        self.displaced += other.displaced;
        self.undecodable += other.undecodable;
    }
}

/// Frames not given out yet: interleaved samples from frame `base` on.
struct Frames {
    base: i64,
    /// Sums of those who speak on the same channel: wider than a sample.
    samples: Vec<i32>,
}

impl Frames {
    /// Adds samples of one side from frame `at` on, which is not before `base`.
    fn put(&mut self, side: Side, at: i64, samples: &[i16]) {
        let Ok(first) = usize::try_from(at - self.base) else { return };
        let end = 2 * (first + samples.len());
        if self.samples.len() < end {
            self.samples.resize(end, 0);
        }
        let offset = 2 * first + usize::from(side == Side::Right);
        for (place, sample) in self.samples.iter_mut().skip(offset).step_by(2).zip(samples) {
            *place += i32::from(*sample);
        }
    }
}

/// The recording of one call.
pub struct Timeline {
    rate: u32,
    start_us: u64,
    frames: Frames,
    tracks: Vec<Track>,
    /// Of tracks that are gone.
    damage: Damage,
}

impl Timeline {
    /// A recording that starts at `start_us`, of 8000 or 16000 frames a second.
    pub fn new(rate: u32, start_us: u64) -> Self {
        let frames = Frames { base: 0, samples: Vec::new() };
        Self { rate, start_us, frames, tracks: Vec::new(), damage: Damage::default() }
    }

    /// Frames a second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Takes a packet of one side.
    pub fn push(&mut self, side: Side, arrival: &Arrival<'_>) {
        let known = self.tracks.iter().position(|track| track.is_of(side, arrival.leg));
        let at = known.unwrap_or_else(|| self.begin(side, arrival.leg));
        if let Some(track) = self.tracks.get_mut(at) {
            track.push(arrival, &mut self.frames);
        }
    }

    /// Begins a track and gives its place.
    fn begin(&mut self, side: Side, leg: u64) -> usize {
        if self.tracks.len() >= TRACKS_MAX
            && let Some(at) = (0..self.tracks.len()).min_by_key(|at| self.tracks.get(*at).map(Track::placed))
        {
            let mut gone = self.tracks.swap_remove(at);
            gone.expire(u64::MAX, &mut self.frames);
            self.damage.add(gone.damage());
        }
        self.tracks.push(Track::new(side, leg, self.rate, self.start_us));
        self.tracks.len() - 1
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
        let sums = self.frames.samples.get(..there).unwrap_or_default();
        out.extend(sums.iter().map(|sum| (*sum).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16));
        out.resize(out.len() + 2 * frames - there, 0);
        self.frames.samples.drain(..there);
        self.frames.base = until;
    }

    fn frame_at(&self, at_us: u64) -> i64 {
        frames_of(at_us.saturating_sub(self.start_us), self.rate)
    }

    /// What went wrong so far, all legs together.
    pub fn damage(&self) -> Damage {
        let mut damage = self.damage;
        for track in &self.tracks {
            damage.add(track.damage());
        }
        damage
    }
}

/// Frames in a stretch of time.
fn frames_of(us: u64, rate: u32) -> i64 {
    i64::try_from(u128::from(us) * u128::from(rate) / 1_000_000).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests;
