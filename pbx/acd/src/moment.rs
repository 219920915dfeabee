//! Time as an argument.

/// One moment by both clocks, milliseconds. Spans are measured by the first, which never steps; the second is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// Since some start.
    pub mono: u64,
    /// Unix time.
    pub wall: i64,
}

impl Moment {
    /// Milliseconds since an earlier point of the steady clock.
    pub fn since(self, earlier: u64) -> u64 {
        self.mono.saturating_sub(earlier)
    }
}
