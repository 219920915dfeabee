//! A duration taken apart into what is spoken.

/// Days, hours, minutes and seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) days: u64,
    pub(super) hours: u64,
    pub(super) minutes: u64,
    pub(super) seconds: u64,
}

impl Parts {
    /// Of a number of seconds.
    pub(super) fn of(seconds: u64) -> Parts {
        Parts {
            days: seconds / 86_400,
            hours: seconds / 3600 % 24,
            minutes: seconds / 60 % 60,
            seconds: seconds % 60,
        }
    }
}
