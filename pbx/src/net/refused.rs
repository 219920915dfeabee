//! That connections are refused for want of room is said in the log: the first at once, then once a minute, for whoever makes them
//! by the thousand must not fill it.

use std::net::IpAddr;

/// From one line to the next, microseconds.
const SAY_AGAIN_US: u64 = 60_000_000;

/// Connections that were refused.
#[derive(Debug, Default)]
pub(super) struct Refused {
    said_us: Option<u64>,
    /// Since then.
    unsaid: u64,
}

impl Refused {
    /// One more, because of that bound; what is to be said now, if anything is.
    pub(super) fn one(&mut self, now_us: u64, from: IpAddr, bound: &str) -> Option<String> {
        self.unsaid += 1;
        if self.said_us.is_some_and(|said| now_us.saturating_sub(said) < SAY_AGAIN_US) {
            return None;
        }
        self.said_us = Some(now_us);
        let count = std::mem::take(&mut self.unsaid);
        Some(format!("{count} TCP connections refused, the last one with {from}: there are {bound} already"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_said_once_a_minute_and_counted() {
        let mut refused = Refused::default();
        let mut said = |at_us| refused.one(at_us, [192, 0, 2, 7].into(), "64 of its address");
        let text = |count| {
            Some(format!(
                "{count} TCP connections refused, the last one with 192.0.2.7: there are 64 of its address already"
            ))
        };
        assert_eq!(said(5), text(1));
        assert_eq!((0..1_000).find_map(|n| said(5 + n)), None);
        assert_eq!(said(5 + SAY_AGAIN_US), text(1_001));
        assert_eq!(said(6 + SAY_AGAIN_US), None);
    }
}
