//! Keys that a phone sends as RFC 4733 events and that go on to nobody. An event is many packets with one timestamp: it goes
//! on as a whole, or not at all.

/// What becomes of the events of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Withheld {
    /// Events that begin before are withheld.
    until_us: u64,
    /// The timestamp of the latest event, and whether it is withheld.
    latest: Option<(u32, bool)>,
}

impl Withheld {
    /// For so long, from now. An event that has begun is what it is.
    pub(super) fn begin(&mut self, now_us: u64, for_ms: u16) {
        self.until_us = now_us + u64::from(for_ms) * 1_000;
    }

    /// Whether a packet of an event is withheld.
    pub(super) fn takes(&mut self, now_us: u64, timestamp: u32) -> bool {
        match self.latest {
            Some((latest, is_withheld)) if latest == timestamp => is_withheld,
            _ => {
                let is_withheld = now_us < self.until_us;
                self.latest = Some((timestamp, is_withheld));
                is_withheld
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_goes_on_as_a_whole_or_not_at_all() {
        let mut withheld = Withheld::default();
        assert!(!withheld.takes(0, 800));
        withheld.begin(10_000, 3_000);
        assert!(!withheld.takes(20_000, 800), "it was being pressed");
        assert!(withheld.takes(300_000, 3_200));
        withheld.begin(310_000, 0);
        assert!(withheld.takes(320_000, 3_200), "its end would be a key to the other side");
        assert!(!withheld.takes(500_000, 5_000));
        withheld.begin(600_000, 3_000);
        assert!(!withheld.takes(3_600_000, 9_000), "for so long, no longer");
    }
}
