//! How spans of time are spread: count, sum, longest, and quantiles that are too long by one part in 32 at most.

use serde::Serialize;

/// Steps between a power of two and the next.
const STEPS: u64 = 32;

/// Spans of time, counted by length. Lengths below 32 ms have a bin each; above, bins are a 32nd of their length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spread {
    count: u64,
    sum_ms: u64,
    longest_ms: u64,
    /// Bins that are not empty, in order: at most 1,920 of them.
    bins: Vec<(u16, u32)>,
}

impl Spread {
    /// One span more.
    pub(super) fn record(&mut self, ms: u64) {
        self.count = self.count.saturating_add(1);
        self.sum_ms = self.sum_ms.saturating_add(ms);
        self.longest_ms = self.longest_ms.max(ms);
        self.put(bin_of(ms), 1);
    }

    /// Those of another, too.
    pub(super) fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum_ms = self.sum_ms.saturating_add(other.sum_ms);
        self.longest_ms = self.longest_ms.max(other.longest_ms);
        for (bin, count) in &other.bins {
            self.put(*bin, *count);
        }
    }

    fn put(&mut self, bin: u16, count: u32) {
        match self.bins.binary_search_by_key(&bin, |(bin, _)| *bin) {
            Ok(at) => {
                if let Some((_, n)) = self.bins.get_mut(at) {
                    *n = n.saturating_add(count);
                }
            }
            Err(at) => self.bins.insert(at, (bin, count)),
        }
    }

    /// The length that so many in a hundred do not exceed; `None` if there are none.
    fn quantile(&self, percent: u64) -> Option<u64> {
        let rank = self.count.saturating_mul(percent).div_ceil(100).max(1);
        let mut seen: u64 = 0;
        for (bin, count) in &self.bins {
            seen = seen.saturating_add(u64::from(*count));
            if seen >= rank {
                return Some(end_of(*bin).min(self.longest_ms));
            }
        }
        None
    }

    pub(super) fn show(&self) -> Waits {
        Waits {
            count: self.count,
            sum_ms: self.sum_ms,
            average_ms: self.sum_ms.checked_div(self.count),
            longest_ms: self.longest_ms,
            p50_ms: self.quantile(50),
            p80_ms: self.quantile(80),
            p90_ms: self.quantile(90),
            p95_ms: self.quantile(95),
        }
    }
}

/// Waits in figures. What a share of the callers did not exceed (`p80_ms`: four of five) is at most a 32nd too long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// How many.
    pub count: u64,
    /// All together.
    pub sum_ms: u64,
    /// Sum by count; with the waits of answered callers this is the average speed of answer (ASA).
    pub average_ms: Option<u64>,
    /// The longest.
    pub longest_ms: u64,
    /// Half of them were not longer.
    pub p50_ms: Option<u64>,
    /// Four of five were not longer.
    pub p80_ms: Option<u64>,
    /// Nine of ten were not longer.
    pub p90_ms: Option<u64>,
    /// Nineteen of twenty were not longer.
    pub p95_ms: Option<u64>,
}

fn bin_of(ms: u64) -> u16 {
    let bin = match ms.checked_ilog2() {
        Some(power) if ms >= STEPS => {
            let step = (ms >> (power - 5)) - STEPS;
            u64::from(power - 4) * STEPS + step
        }
        _ => ms,
    };
    u16::try_from(bin).unwrap_or(u16::MAX)
}

/// The longest span of a bin.
fn end_of(bin: u16) -> u64 {
    let (bin, steps) = (u64::from(bin), STEPS);
    if bin < steps {
        return bin;
    }
    let shift = u32::try_from(bin / steps - 1).unwrap_or(0).min(58);
    let begin = (steps + bin % steps) << shift;
    begin + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_ends_at_its_longest_span_and_is_a_32nd_wide_at_most() {
        let edges = (0..64).flat_map(|power| {
            let two = 1u64 << power;
            [two - 1, two, two + two / 3, two + (two - 1)]
        });
        for ms in edges.chain(0..5_000).chain([u64::MAX]) {
            let end = end_of(bin_of(ms));
            assert!(end >= ms && end - ms <= ms / STEPS, "{ms}: {end}");
            assert_eq!(bin_of(end), bin_of(ms), "{ms}");
            assert!(end == u64::MAX || bin_of(end + 1) == bin_of(ms) + 1, "{ms}");
        }
    }
}
