//! What one leg hears of several voices: each as loud as it was told, added, limited, encoded, on the leg's own beat.

use super::limiter::Limiter;
use super::{BLOCK, BLOCK_US, RATE, Voices};
use crate::codec::{Codec, Encoder};
use crate::pace::ptime_ms;
use crate::resample::Resampler;

/// Voices that one leg hears; a call with more of them is cut off here.
const PARTS_MAX: usize = 32;
/// A voice comes and goes within so many samples: five milliseconds.
const RAMP: usize = 80;
/// What was heard before the mix goes within as long, milliseconds.
const RAMP_MS: u32 = 5;
/// A thread that was late by fewer packets sends them all.
pub(super) const LATE_PACKETS: u64 = 3;
/// No part is louder or quieter than it speaks by more than this, tenths of a decibel.
const GAIN_DDB: std::ops::RangeInclusive<i16> = -600..=200;

/// One voice in a mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its place among the [`Voices`].
    pub voice: usize,
    /// How much louder than it speaks it is heard, tenths of a decibel.
    pub gain_ddb: i16,
}

/// A part with what is to be known of it from block to block.
struct Heard {
    voice: usize,
    gain: f32,
    /// Its gain at the end of the last block.
    was: f32,
    /// The last sample that it gave.
    last: f32,
}

/// What one leg hears, in its codec.
pub struct Mixdown {
    codec: Codec,
    encoder: Encoder,
    down: Option<Resampler>,
    parts: Vec<Heard>,
    limiter: Limiter,
    sum: [f32; BLOCK],
    /// What a voice that broke off leaves: its last sample, going to nothing.
    residue: f32,
    /// The same of what was heard before the mix began.
    before: f32,
    mixed: Vec<i16>,
    samples: Vec<i16>,
    ptime_us: u64,
    ticks: u32,
    due_us: u64,
}

impl Mixdown {
    /// A mix of nobody; `None` if the codec cannot be encoded. It beats with all players of its thread, on multiples of its
    /// packet time. `before`: the last sample that the leg heard of something else, from which it goes on softly.
    pub fn new(now_us: u64, codec: &Codec, before: i16) -> Option<Self> {
        let encoder = Encoder::live(codec.kind)?;
        let ptime_ms = ptime_ms(codec);
        let ptime_us = u64::from(ptime_ms) * 1000;
        let longest = (RATE / 1000 * ptime_ms) as usize;
        Some(Self {
            down: Resampler::new(RATE, encoder.rate()),
            parts: Vec::new(),
            limiter: Limiter::new(),
            sum: [0.0; BLOCK],
            residue: 0.0,
            before: f32::from(before),
            mixed: Vec::with_capacity(longest),
            samples: Vec::with_capacity(longest),
            ptime_us,
            ticks: codec.clock / 1000 * ptime_ms,
            due_us: now_us.next_multiple_of(ptime_us),
            codec: codec.clone(),
            encoder,
        })
    }

    /// Whether it makes packets of this codec.
    pub fn is_for(&self, codec: &Codec) -> bool {
        self.codec == *codec
    }

    /// From the next packet on the leg hears these voices. Who goes and who comes does so within some milliseconds.
    pub fn set(&mut self, parts: &[Part]) {
        let parts = parts.get(..parts.len().min(PARTS_MAX)).unwrap_or_default();
        for heard in &mut self.parts {
            heard.gain =
                parts.iter().find(|part| part.voice == heard.voice).map_or(0.0, |part| factor(part.gain_ddb));
        }
        for part in parts {
            if !self.parts.iter().any(|heard| heard.voice == part.voice) {
                let gain = factor(part.gain_ddb);
                self.parts.push(Heard { voice: part.voice, gain, was: 0.0, last: 0.0 });
            }
        }
    }

    /// The voices that the leg hears.
    pub fn voices(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().map(|heard| heard.voice)
    }

    /// A voice is gone, and another may come to its place: what is left of it fades away.
    pub fn forget(&mut self, voice: usize) {
        let gone = self.parts.iter().filter(|heard| heard.voice == voice);
        self.residue += gone.map(|heard| heard.last).sum::<f32>();
        self.parts.retain(|heard| heard.voice != voice);
    }

    /// All voices are gone.
    pub fn forget_all(&mut self) {
        self.residue += self.parts.iter().map(|heard| heard.last).sum::<f32>();
        self.parts.clear();
    }

    /// When the next packet is due.
    pub fn due_us(&self) -> u64 {
        self.due_us
    }

    /// How long a packet is, microseconds.
    pub fn ptime_us(&self) -> u64 {
        self.ptime_us
    }

    /// Timestamp units in one packet.
    pub fn ticks(&self) -> u32 {
        self.ticks
    }

    /// Encodes the packet that is due into `out` and gives its length; `None` if none is due.
    pub fn packet(&mut self, now_us: u64, voices: &mut Voices, out: &mut [u8]) -> Option<usize> {
        if !self.pass(now_us, voices) {
            return None;
        }
        let samples = match &mut self.down {
            Some(down) => {
                self.samples.clear();
                down.run(&self.mixed, &mut self.samples);
                &mut self.samples
            }
            None => &mut self.mixed,
        };
        let before = std::mem::take(&mut self.before);
        if before != 0.0 {
            let ramp = (self.encoder.rate() / 1_000 * RAMP_MS) as usize;
            for (at, sample) in samples.iter_mut().take(ramp).enumerate() {
                *sample = (f32::from(*sample) + before * (1.0 - (at + 1) as f32 / ramp as f32)) as i16;
            }
        }
        self.encoder.encode(samples, out).ok()
    }

    /// Mixes the packet that is due, for nobody. False if none is due.
    pub fn pass(&mut self, now_us: u64, voices: &mut Voices) -> bool {
        if now_us < self.due_us {
            return false;
        }
        if self.due_us + LATE_PACKETS * self.ptime_us <= now_us {
            // What should have been sent so long ago is not sent now in a burst. What is less late is, as a relay's packets are.
            self.due_us = now_us / self.ptime_us * self.ptime_us;
        }
        let (end, blocks) = (self.due_us / BLOCK_US, self.ptime_us / BLOCK_US);
        self.due_us += self.ptime_us;
        self.mixed.clear();
        for number in (end + 1).saturating_sub(blocks)..=end {
            self.mix(number, voices);
        }
        self.parts.retain(|heard| heard.gain > 0.0 || heard.was > 0.0);
        true
    }

    fn mix(&mut self, number: u64, voices: &mut Voices) {
        self.sum.fill(0.0);
        for heard in &mut self.parts {
            let Some(block) = voices.block(heard.voice, number) else {
                // It says nothing, and when it does again, it begins softly by itself.
                self.residue += std::mem::take(&mut heard.last);
                heard.was = heard.gain;
                continue;
            };
            add(&mut self.sum, block, heard);
        }
        if self.residue != 0.0 {
            for (at, sum) in self.sum.iter_mut().take(RAMP).enumerate() {
                *sum += self.residue * (1.0 - (at + 1) as f32 / RAMP as f32);
            }
            self.residue = 0.0;
        }
        self.limiter.run(&self.sum, &mut self.mixed);
    }
}

/// Adds a block of a voice, at its gain.
fn add(sum: &mut [f32; BLOCK], block: &[i16; BLOCK], heard: &mut Heard) {
    if heard.was == heard.gain {
        for (sum, sample) in sum.iter_mut().zip(block) {
            *sum += heard.gain * f32::from(*sample);
        }
    } else {
        let step = (heard.gain - heard.was) / RAMP as f32;
        for (at, (sum, sample)) in sum.iter_mut().zip(block).enumerate() {
            *sum += (heard.was + step * (at + 1).min(RAMP) as f32) * f32::from(*sample);
        }
        heard.was = heard.gain;
    }
    heard.last = heard.gain * block.last().map_or(0.0, |sample| f32::from(*sample));
}

/// Tenths of a decibel as a factor.
fn factor(ddb: i16) -> f32 {
    10f32.powf(f32::from(ddb.clamp(*GAIN_DDB.start(), *GAIN_DDB.end())) / 200.0)
}
