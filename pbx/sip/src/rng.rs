//! The one source of chance: a generator seeded from outside, so that a run can be repeated.

use rand_chacha::ChaCha12Rng;
use rand_core::{RngCore, SeedableRng};
use std::time::Duration;

/// Makes tags, branches, Call-IDs, ids and random waits.
#[derive(Debug, Clone)]
pub struct Rng(ChaCha12Rng);

const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

impl Rng {
    /// A generator whose stream depends on nothing but the seed.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha12Rng::from_seed(seed))
    }

    /// A generator from a small number, for tests and simulations.
    pub fn from_number(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    /// Another generator whose stream is independent of what this one gives later.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        let mut seed = [0; 32];
        self.0.fill_bytes(&mut seed);
        Self::new(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 128 random bits.
    pub fn wide(&mut self) -> u128 {
        u128::from(self.0.next_u64()) << 64 | u128::from(self.0.next_u64())
    }

    /// A number below `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.0.next_u64() % end }
    }

    /// Random bytes, for keys and nonces.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.0.fill_bytes(&mut out);
        out
    }

    /// `count` letters and digits, five random bits each.
    pub fn token(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(LETTERS[(self.0.next_u32() & 31) as usize])).collect()
    }

    /// A Via branch with the magic cookie (RFC 3261 §8.1.1.7).
    pub fn branch(&mut self) -> String {
        format!("{}{}", crate::via::MAGIC_COOKIE, self.token(16))
    }

    /// A From or To tag: 70 random bits, more than the 32 that RFC 3261 §19.3 asks for.
    pub fn tag(&mut self) -> String {
        self.token(14)
    }

    /// A span between the two, in milliseconds steps.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let room = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(0);
        least + Duration::from_millis(self.below(room + 1))
    }
}
