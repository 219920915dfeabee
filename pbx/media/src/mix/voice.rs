//! One leg as others hear it in a mix: packets in, blocks of ten milliseconds out, one for each stretch of our clock.

use super::conceal::{Conceal, OVER};
use super::jitter::{JUMP, Jitter};
use super::mixdown::LATE_PACKETS;
use super::stretch::{BEFORE, Stretch};
use super::{BLOCK, BLOCK_US, RATE};
use crate::codec::{Codec, Decoder, Kind};
use crate::pace::PTIME_MS_MAX;
use crate::rtp::Header;
use std::collections::VecDeque;

/// Blocks that are kept: a hearer with the longest packets, late by nearly as many of them as are still sent, needs those of one packet
/// more, after others have asked for what is newest.
const KEPT: usize = ((LATE_PACKETS + 1) * PTIME_MS_MAX as u64 * 1_000 / BLOCK_US) as usize;
/// A voice that is off by this much, samples, is brought back slowly: two milliseconds. Then it is brought back wholly.
const OFF: i64 = 32;
/// Off by more than this, slowly would be too slow: ten milliseconds a hair faster still, sixty by leaving out.
const FAR: i64 = 160;
const TOO_FAR: i64 = 960;
/// How much faster or slower it is played meanwhile.
const HAIR: [f64; 2] = [0.003, 0.006];
/// Sound that is left out is blended over so many samples: five milliseconds.
const BLEND: usize = 80;
/// Quieter than this nothing is heard of a step between two samples.
const QUIET: u16 = 40;
/// A gap in the timestamps shorter than this is none: they are rounded.
const ROUNDING: i64 = 8;

/// One leg's sound on its way into mixes.
pub struct Voice {
    clock: u32,
    decoder: Decoder,
    jitter: Jitter,
    conceal: Conceal,
    stretch: Stretch,
    /// Sound that is to be played, behind a few samples that were.
    line: VecDeque<i16>,
    decoded: Vec<i16>,
    /// What the codec made up in one piece, as far as it is not in `line` yet.
    made_up: Vec<i16>,
    /// Where the timestamps of `line` end; `None` while nothing is said.
    end: Option<i64>,
    /// Samples in `line` behind `end` that were made up.
    debt: i64,
    /// It is being brought back to where it should be.
    is_moving: bool,
    blocks: [(Option<u64>, [i16; BLOCK]); KEPT],
    newest: Option<u64>,
}

impl Voice {
    /// A voice in this codec; `None` if it cannot be decoded.
    pub fn new(codec: &Codec) -> Option<Self> {
        let mut voice = Self {
            clock: codec.clock,
            decoder: Decoder::new(codec.kind, RATE)?,
            jitter: Jitter::default(),
            conceal: Conceal::new(),
            stretch: Stretch::default(),
            line: VecDeque::with_capacity(4 * RATE as usize / 10),
            decoded: Vec::with_capacity(RATE as usize / 8),
            made_up: Vec::with_capacity(BLOCK),
            end: None,
            debt: 0,
            is_moving: false,
            blocks: [(None, [0; BLOCK]); KEPT],
            newest: None,
        };
        voice.fall_silent();
        Some(voice)
    }

    /// Whether packets of this codec are what it takes.
    pub fn is_for(&self, codec: &Codec) -> bool {
        self.decoder.kind() == codec.kind && self.clock == codec.clock
    }

    /// Takes a packet of sound.
    pub fn take(&mut self, now_us: u64, header: &Header, payload: &[u8]) {
        self.jitter.push(now_us, header, self.clock, payload);
    }

    /// The block of this number, counted in ten milliseconds of our clock; `None` if nothing is said in it, or it is long past.
    /// To be asked for when it ends, not before.
    pub fn block(&mut self, number: u64) -> Option<&[i16; BLOCK]> {
        let newest = self.newest.unwrap_or(number.saturating_sub(1));
        let oldest = (number + 1).saturating_sub(KEPT as u64);
        for next in (newest + 1).max(oldest)..=number {
            self.make(next);
        }
        let (kept, block) = self.blocks.get(number as usize % KEPT)?;
        (*kept == Some(number)).then_some(block)
    }

    fn make(&mut self, number: u64) {
        self.newest = Some(number);
        let mut block = [0; BLOCK];
        let is_said = self.play((number * BLOCK as u64).cast_signed(), &mut block);
        if let Some(place) = self.blocks.get_mut(number as usize % KEPT) {
            *place = (is_said.then_some(number), block);
        }
    }

    /// Plays the block that ends at `until`, a moment in samples. False if nothing is said in it.
    fn play(&mut self, until: i64, block: &mut [i16; BLOCK]) -> bool {
        if self.first(until).is_none() && self.end.is_none() {
            return false;
        }
        let speed = self.speed(until);
        self.fill(until, self.stretch.need(speed), true);
        self.stretch.read(&mut self.line, speed, block);
        if self.stretch.is_between() && block.iter().all(|sample| sample.unsigned_abs() < QUIET) {
            self.stretch.settle();
        }
        if self.debt >= OVER as i64 && self.first(until).is_none() {
            self.fall_silent();
        }
        true
    }

    fn fall_silent(&mut self) {
        (self.end, self.debt, self.is_moving) = (None, 0, false);
        self.line.clear();
        self.line.resize(BEFORE, 0);
        self.made_up.clear();
        self.stretch.settle();
        self.conceal.fall_silent();
    }

    /// Where the first packet begins that waits. Who begins to speak does so in the block in which that comes; who speaks already
    /// may have come just after a block whose time is past, but which is made only now: that is soon enough.
    fn first(&self, until: i64) -> Option<i64> {
        self.jitter.first(if self.end.is_some() { i64::MAX } else { until })
    }

    /// Samples that are there to be played.
    fn ahead(&self) -> i64 {
        self.line.len() as i64 - BEFORE as i64
    }

    /// How fast the block is played, so that the voice comes to where it should be, or stays there.
    fn speed(&mut self, until: i64) -> f64 {
        let (Some(end), Some(wanted)) = (self.end.filter(|_| self.debt == 0), self.jitter.wanted()) else {
            return 1.0;
        };
        let is = until - BLOCK as i64 - (end - self.ahead());
        let off = is - wanted;
        if off > TOO_FAR && off < 2 * JUMP {
            self.leave_out(until, off as usize);
            return 1.0;
        }
        self.is_moving = off.abs() > if self.is_moving { 1 } else { OFF };
        let [hair, more] = HAIR;
        let by = if off.abs() > FAR { more } else { hair };
        match self.is_moving {
            true if off > 0 => 1.0 + by,
            true => 1.0 - by,
            false => 1.0,
        }
    }

    /// Leaves out so many samples, as far as they are there and the block does not need them: what is left out must not be made up.
    fn leave_out(&mut self, until: i64, count: usize) {
        self.fill(until, BEFORE + count + BLEND, false);
        let kept = self.stretch.need(1.0).max(BEFORE + BLEND);
        let count = count.min(self.line.len().saturating_sub(kept));
        for at in 0..BLEND {
            let part = at as f32 / BLEND as f32;
            let old = self.line.get(BEFORE + at).map_or(0.0, |sample| f32::from(*sample));
            if let Some(new) = self.line.get_mut(BEFORE + count + at) {
                *new = (old + (f32::from(*new) - old) * part) as i16;
            }
        }
        self.line.drain(BEFORE..(BEFORE + count).min(self.line.len()));
    }

    /// Sees to it that so many samples are in `line`: what came by then is decoded, and, if `may_conceal`, what did not is
    /// made up.
    fn fill(&mut self, until: i64, need: usize, may_conceal: bool) {
        while self.line.len() < need {
            let missing = need - self.line.len();
            let gap = match self.first(until) {
                Some(start) => usize::try_from(self.gap(until, start)).unwrap_or(0),
                None => missing,
            };
            if gap == 0 {
                self.decode();
            } else if may_conceal {
                self.make_up(gap.min(missing));
            } else {
                return;
            }
        }
    }

    /// Samples that are missing before a packet that begins at `start`, or less than nothing if it is late.
    fn gap(&self, until: i64, start: i64) -> i64 {
        let known = self.end.filter(|_| !self.jitter.is_new);
        let gap = known.map(|end| start - end - self.debt).filter(|gap| gap.abs() <= JUMP);
        let gap = gap.unwrap_or_else(|| {
            // Where its first sample would be played, and where it should be.
            let next = until - BLOCK as i64 + self.ahead();
            start + self.jitter.wanted().unwrap_or(0) - next
        });
        if gap < ROUNDING { 0 } else { gap }
    }

    fn decode(&mut self) {
        let Some(packet) = self.jitter.pop() else { return };
        self.jitter.is_new = false;
        if self.decoder.decode(&packet.payload, &mut self.decoded).is_ok() {
            // A decoder that made up what was missing goes on from there, unless that was not heard to its end.
            let by_codec = self.decoder.kind() == Kind::Opus && self.end.is_some();
            self.conceal.said(&mut self.decoded, by_codec.then_some(self.made_up.as_slice()));
            self.made_up.clear();
            self.line.extend(&self.decoded);
            self.end = Some(packet.start + self.decoded.len() as i64);
            self.debt = 0;
        }
        self.jitter.recycle(packet);
    }

    /// Makes up at most so many samples, and at least one.
    fn make_up(&mut self, count: usize) {
        if self.end.is_none() {
            self.conceal.make(count, &mut self.line);
            return;
        }
        if self.made_up.is_empty() && !self.decoder.conceal(&mut self.made_up) {
            self.conceal.make(count, &mut self.line);
            self.debt += count as i64;
            return;
        }
        let used = count.min(self.made_up.len());
        for sample in self.made_up.drain(..used) {
            self.line.push_back((f32::from(sample) * self.conceal.fade()) as i16);
        }
        self.debt += used as i64;
    }
}

#[cfg(test)]
impl Voice {
    /// How much later than its timestamps it is played, beyond what its last packet needed without slack, samples.
    pub(super) fn lateness(&self) -> Option<i64> {
        let until = self.newest?.cast_signed() * BLOCK as i64;
        Some(until - (self.end? - self.ahead()) - self.jitter.last_need()?)
    }

    /// Bytes and samples held.
    pub(super) fn held(&self) -> usize {
        self.jitter.held() + self.line.capacity()
    }
}
