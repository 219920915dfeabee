//! What is drawn again and again, of the one source of chance.

use switchroom_sip::rng::Rng;

/// Each draws once, but where it is said that it does not: a run hangs on every draw and on their order.
pub(super) trait Dice {
    /// A place among so many; where there is none it is 0, without a draw.
    fn place(&mut self, count: usize) -> usize;

    /// One of these, of which there must be one.
    fn pick<T: Copy>(&mut self, of: &[T]) -> T;

    /// Whether it happens, as it does so many times in a hundred.
    fn percent(&mut self, times: u64) -> bool;

    /// Whether it happens, as it does so many times in a million; what never happens is not drawn.
    fn one_in_million(&mut self, times: u32) -> bool;
}

impl Dice for Rng {
    fn place(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap_or(0)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.place(of.len())]
    }

    fn percent(&mut self, times: u64) -> bool {
        self.below(100) < times
    }

    fn one_in_million(&mut self, times: u32) -> bool {
        times > 0 && self.below(1_000_000) < u64::from(times)
    }
}
