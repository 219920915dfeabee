//! Several voices in one ear: who is mixed is decoded, who hears a mix gets it encoded anew.
//!
//! ```text
//!  packets ─▶ Jitter ─▶ decoder ─▶ Conceal ─▶ Stretch ─▶ blocks of 10 ms    (a Voice for each leg that is in a mix)
//!                                                          │  × gain, added, limited
//!                                                          ▼
//!                                    encoder ─▶ packets on their own beat    (a Mixdown for each leg that hears one)
//! ```
//!
//! All of it runs at [`RATE`], whatever the codecs: half of them (G.722, Opus) are wideband, and a call of two narrowband
//! phones pays for it with two filters of 32 taps. Blocks are numbered by our one clock, so that two hearers of a voice get
//! the very same block, made once, and a voice that nobody asks for costs nothing but its packets' places.
//!
//! A mix is [`SLACK`], one packet of the hearer and 4 ms of filters later than a relay would be, while packets come as they
//! should. If they do not, each voice waits as long as its worst packet of the last seconds needed (`jitter`), and goes back to
//! less by being played a hair faster (`stretch`); so do clocks that run apart find together.

mod conceal;
mod jitter;
mod limiter;
mod mixdown;
mod stretch;
mod voice;

pub use mixdown::{Mixdown, Part};
pub use voice::Voice;

use crate::codec::Codec;
use crate::rtp::Header;

/// Samples a second within a mix.
pub const RATE: u32 = 16_000;
/// Samples in a block of ten milliseconds.
pub const BLOCK: usize = 160;
/// Microseconds in a block.
pub const BLOCK_US: u64 = 10_000;
/// A packet may come so much later than those before it without being missed, samples: five milliseconds.
pub const SLACK: i64 = 80;

/// A moment of our clock, counted in samples.
fn samples_at(us: u64) -> i64 {
    i64::try_from(u128::from(us) * u128::from(RATE) / 1_000_000).unwrap_or(i64::MAX / 4)
}

/// The voices of a media thread, each at the place of the leg that speaks.
#[derive(Default)]
pub struct Voices(Vec<Option<Box<Voice>>>);

impl Voices {
    /// No voice.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on what the leg at this place says can be mixed. A voice that is there goes on, unless its codec is another.
    /// There is none if the codec cannot be decoded: the leg is silent in every mix.
    pub fn open(&mut self, at: usize, codec: &Codec) {
        if self.0.get(at).and_then(Option::as_ref).is_some_and(|voice| voice.is_for(codec)) {
            return;
        }
        if self.0.len() <= at {
            self.0.resize_with(at + 1, || None);
        }
        if let Some(place) = self.0.get_mut(at) {
            *place = Voice::new(codec).map(Box::new);
        }
    }

    /// The leg at this place is in no mix any more.
    pub fn close(&mut self, at: usize) {
        if let Some(place) = self.0.get_mut(at) {
            *place = None;
        }
    }

    /// Whether the leg at this place has a voice.
    pub fn has(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(Option::is_some)
    }

    /// Takes a packet of sound of the leg at this place, if it is in a mix.
    pub fn take(&mut self, at: usize, now_us: u64, header: &Header, payload: &[u8]) {
        if let Some(Some(voice)) = self.0.get_mut(at) {
            voice.take(now_us, header, payload);
        }
    }

    /// What the leg at this place says in a block; `None` while it says nothing. `number` counts blocks of our clock, and
    /// must not lie ahead of it.
    fn block(&mut self, at: usize, number: u64) -> Option<&[i16; BLOCK]> {
        self.0.get_mut(at)?.as_mut()?.block(number)
    }
}

#[cfg(test)]
impl Voices {
    /// How much later than its timestamps a voice is played beyond its fastest packet, samples.
    fn lateness(&self, at: usize) -> Option<i64> {
        self.0.get(at)?.as_ref()?.lateness()
    }

    /// Bytes and samples that a voice holds.
    fn held(&self, at: usize) -> usize {
        self.0.get(at).and_then(Option::as_ref).map_or(0, |voice| voice.held())
    }
}

#[cfg(test)]
mod tests;
