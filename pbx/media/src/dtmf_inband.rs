//! Digits in the sound itself (ITU-T Q.23): two tones at once, one of each group.
//!
//! The sound is looked at in blocks of ten milliseconds. In each, the complex amplitude of the eight frequencies is found by
//! the Goertzel algorithm; two blocks together make a look. A look sees a digit if a pair of tones makes up nearly all of
//! the sound, both as loud in one block as in the other and as loud as each other within the twist that lines have, and if
//! their phases went on from block to block as those frequencies do, which tells a tone that is 3.5 % off from one that is
//! 1.5 % off as no filter of that length can. Two looks in a row make a digit: what lasts 23 ms never does, what lasts 40 ms
//! always does (Q.24). Speech and music have a third tone, or no steady one.

use crate::codec::{Codec, Decoder, Kind};
use crate::rtp::Header;
use std::f32::consts::{PI, TAU};

/// Samples a second.
const RATE: u32 = 8_000;
/// Samples of a block: 10 ms.
const BLOCK: usize = 80;
const LOW_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH_HZ: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const DIGITS: [&[u8; 4]; 4] = [b"123A", b"456B", b"789C", b"*0#D"];
/// Quietest tone of a pair, as part of full scale: −38 decibels, which is −35 dBm0.
const LEVEL_MIN: f32 = 0.0126;
/// How far off a frequency may be; between the 1.5 % that must be taken and the 3.5 % that must not.
const OFF_MAX: f32 = 0.023;
/// The high tone may be louder than the low one by so much (5 dB), and quieter by so much (9 dB); amplitudes.
const TWIST_UP: f32 = 1.78;
const TWIST_DOWN: f32 = 0.355;
/// A tone is at least so loud in one block of a look, compared with the other.
const EVEN_MIN: f32 = 0.72;
/// Of the power, at least so much is that of the two tones.
const PURE_MIN: f32 = 0.9;
/// Looks without the digit after which it has ended: a gap of 20 ms is bridged, one of 40 ms is not.
const GONE_LOOKS: u8 = 5;

#[derive(Debug, Clone, Copy, Default)]
struct Complex {
    re: f32,
    im: f32,
}

impl Complex {
    fn turn(angle: f32) -> Self {
        Self { re: angle.cos(), im: angle.sin() }
    }

    fn times(self, other: Self) -> Self {
        Self { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }

    fn minus(self, other: Self) -> Self {
        Self { re: self.re - other.re, im: self.im - other.im }
    }

    fn scaled(self, by: f32) -> Self {
        Self { re: self.re * by, im: self.im * by }
    }

    fn conjugate(self) -> Self {
        Self { im: -self.im, ..self }
    }

    fn size(self) -> f32 {
        self.re.hypot(self.im)
    }

    fn angle(self) -> f32 {
        self.im.atan2(self.re)
    }
}

/// What a block holds.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    low: [Complex; 4],
    high: [Complex; 4],
    /// Mean square.
    power: f32,
}

/// Finds digits in one stream of samples.
#[derive(Debug, Clone)]
pub struct DigitFinder {
    samples: [f32; BLOCK],
    filled: usize,
    before: Option<Block>,
    /// What the last look saw.
    seen: Option<u8>,
    /// The digit that is being held, and looks since it was last seen.
    held: Option<u8>,
    unseen: u8,
}

impl Default for DigitFinder {
    fn default() -> Self {
        Self { samples: [0.0; BLOCK], filled: 0, before: None, seen: None, held: None, unseen: 0 }
    }
}

impl DigitFinder {
    /// Takes samples, 8000 a second; `found` is told each digit once, within 40 ms of its beginning.
    pub fn listen(&mut self, samples: &[i16], mut found: impl FnMut(char)) {
        for sample in samples {
            if let Some(place) = self.samples.get_mut(self.filled) {
                *place = f32::from(*sample) / 32_768.0;
            }
            self.filled += 1;
            if self.filled >= BLOCK {
                self.filled = 0;
                if let Some(digit) = self.look() {
                    found(char::from(digit));
                }
            }
        }
    }

    /// A block is complete: gives a digit if one begins.
    fn look(&mut self) -> Option<u8> {
        let power = self.samples.iter().map(|s| s * s).sum::<f32>() / BLOCK as f32;
        // Silence, or too quiet for two tones: most of a call, and done at once.
        let block = (power >= LEVEL_MIN * LEVEL_MIN / 2.0).then(|| Block {
            low: LOW_HZ.map(|hz| amplitude(&self.samples, hz)),
            high: HIGH_HZ.map(|hz| amplitude(&self.samples, hz)),
            power,
        });
        let sees = match (&self.before, &block) {
            (Some(before), Some(block)) => digit(before, block),
            _ => None,
        };
        self.before = block;
        let is_sure = sees.is_some() && sees == self.seen;
        self.seen = sees;
        if sees.is_some() && sees == self.held {
            self.unseen = 0;
            return None;
        }
        self.unseen = self.unseen.saturating_add(1);
        if self.unseen >= GONE_LOOKS {
            self.held = None;
        }
        if !is_sure {
            return None;
        }
        self.unseen = 0;
        self.held = sees;
        sees
    }
}

/// Amplitude and phase of a frequency in a block, full scale being one half.
fn amplitude(samples: &[f32; BLOCK], hz: f32) -> Complex {
    let step = TAU * hz / RATE as f32;
    let twice = 2.0 * step.cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for sample in samples {
        (s2, s1) = (s1, sample + twice * s1 - s2);
    }
    let last = Complex { re: s1, im: 0.0 }.minus(Complex::turn(-step).scaled(s2));
    last.times(Complex::turn(-step * (BLOCK as f32 - 1.0))).scaled(1.0 / BLOCK as f32)
}

/// What of a tone at `from` is found at `at`, as a factor.
fn leak(from: f32, at: f32) -> Complex {
    let step = TAU * (from - at) / RATE as f32;
    let size = (step * BLOCK as f32 / 2.0).sin() / ((step / 2.0).sin() * BLOCK as f32);
    Complex::turn(step * (BLOCK as f32 - 1.0) / 2.0).scaled(size)
}

/// The two tones of a block, without what each leaves at the other's place.
fn apart(low: Complex, high: Complex, leak: Complex) -> (Complex, Complex) {
    let whole = 1.0 / (1.0 - leak.size() * leak.size());
    let one = low.minus(high.times(leak)).scaled(whole);
    let other = high.minus(low.times(leak.conjugate())).scaled(whole);
    (one, other)
}

/// Amplitude of a tone over two blocks, full scale being one; `None` if it is not steady or its frequency is off.
fn tone(before: Complex, after: Complex, hz: f32) -> Option<f32> {
    let (a, b) = (before.size(), after.size());
    if a.min(b) < EVEN_MIN * a.max(b) {
        return None;
    }
    let seconds = BLOCK as f32 / RATE as f32;
    let expected = Complex::turn(-TAU * (hz * seconds).fract());
    let off_hz = after.times(before.conjugate()).times(expected).angle() / (TAU * seconds);
    if off_hz.abs() > OFF_MAX * hz {
        return None;
    }
    // A frequency that is off is found too quiet.
    let x = PI * off_hz * seconds;
    let seen = if x.abs() < 1e-3 { 1.0 } else { x.sin() / x };
    Some((a + b) / seen)
}

fn loudest(before: &[Complex; 4], after: &[Complex; 4]) -> usize {
    let size = |at: &usize| {
        let of = |block: &[Complex; 4]| block.get(*at).map_or(0.0, |c| c.size());
        of(before) + of(after)
    };
    (0..4).max_by(|a, b| size(a).total_cmp(&size(b))).unwrap_or_default()
}

/// The digit that two blocks in a row hold.
fn digit(before: &Block, after: &Block) -> Option<u8> {
    let (row, column) = (loudest(&before.low, &after.low), loudest(&before.high, &after.high));
    let (low_hz, high_hz) = (*LOW_HZ.get(row)?, *HIGH_HZ.get(column)?);
    let leak = leak(high_hz, low_hz);
    let (low_before, high_before) = apart(*before.low.get(row)?, *before.high.get(column)?, leak);
    let (low_after, high_after) = apart(*after.low.get(row)?, *after.high.get(column)?, leak);
    let low = tone(low_before, low_after, low_hz)?;
    let high = tone(high_before, high_after, high_hz)?;
    let is_loud = low >= LEVEL_MIN && high >= LEVEL_MIN;
    let is_pair = high <= low * TWIST_UP && high >= low * TWIST_DOWN;
    let power = (low * low + high * high) / 2.0;
    let is_pure = power >= PURE_MIN * (before.power + after.power) / 2.0;
    (is_loud && is_pair && is_pure).then_some(*DIGITS.get(row)?.get(column)?)
}

/// Finds digits in the packets of one leg.
pub struct InbandDigits {
    codec: Codec,
    decoder: Decoder,
    finder: DigitFinder,
    samples: Vec<i16>,
    /// SSRC and number of the newest packet.
    newest: Option<(u32, u16)>,
}

impl InbandDigits {
    /// For a leg of that codec; `None` if it cannot be decoded.
    pub fn new(codec: &Codec) -> Option<Self> {
        let decoder = Decoder::new(codec.kind, RATE)?;
        // Room for the longest packet, so that none is made while packets pass.
        let samples = Vec::with_capacity(if codec.kind == Kind::Opus { 960 } else { 1600 });
        Some(Self { codec: codec.clone(), decoder, finder: DigitFinder::default(), samples, newest: None })
    }

    /// Whether it is made for this codec.
    pub fn is_for(&self, codec: &Codec) -> bool {
        self.codec.kind == codec.kind
    }

    /// Takes an audio packet; `found` is told each digit once. What comes late or twice is passed over: lost packets leave a
    /// gap, which a digit outlasts.
    pub fn hear(&mut self, header: &Header, payload: &[u8], found: impl FnMut(char)) {
        let is_next = self.newest.is_none_or(|(ssrc, sequence)| {
            ssrc != header.ssrc || header.sequence.wrapping_sub(sequence).cast_signed() > 0
        });
        if !is_next {
            return;
        }
        self.newest = Some((header.ssrc, header.sequence));
        if self.decoder.decode(payload, &mut self.samples).is_ok() {
            self.finder.listen(&self.samples, found);
        }
    }
}

#[cfg(test)]
mod tests;
