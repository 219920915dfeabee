//! The pool of RTP port pairs.

use crate::PortSlot;
use crate::limits::PORT_QUARANTINE;
use std::collections::BTreeMap;
use switchroom_sip::time::Mono;

/// What is said if a call needs one and there is none.
pub(crate) const NONE_FREE: &str = "every RTP port pair is in use";

/// Which port pairs are free. They are handed out round robin, so that late packets of an ended call do not reach the
/// next one.
#[derive(Debug)]
pub(crate) struct Ports {
    used: Vec<bool>,
    next: usize,
    in_use: usize,
    /// Pairs that somebody else on this machine seems to have.
    quarantined: BTreeMap<PortSlot, Mono>,
}

impl Ports {
    pub(crate) fn new(pairs: u16) -> Self {
        Self { used: vec![false; usize::from(pairs)], next: 0, in_use: 0, quarantined: BTreeMap::new() }
    }

    pub(crate) fn in_use(&self) -> usize {
        self.in_use
    }

    /// The pairs in use.
    pub(crate) fn used(&self) -> impl Iterator<Item = PortSlot> {
        (0..=u16::MAX).map(PortSlot).zip(&self.used).filter(|(_, used)| **used).map(|(slot, _)| slot)
    }

    pub(crate) fn total(&self) -> usize {
        self.used.len()
    }

    /// Whether there is a free pair.
    pub(crate) fn has_free(&self, now: Mono) -> bool {
        let is_barred = |slot: &PortSlot| self.quarantined.get(slot).is_some_and(|until| *until > now);
        let all = (0..=u16::MAX).map(PortSlot).zip(&self.used);
        self.in_use < self.used.len() && all.into_iter().any(|(slot, used)| !used && !is_barred(&slot))
    }

    /// A free pair.
    pub(crate) fn take(&mut self, now: Mono) -> Option<PortSlot> {
        self.quarantined.retain(|_, until| *until > now);
        for step in 0..self.used.len() {
            let at = (self.next + step) % self.used.len();
            let slot = PortSlot(u16::try_from(at).ok()?);
            if !self.used[at] && !self.quarantined.contains_key(&slot) {
                self.used[at] = true;
                self.in_use += 1;
                self.next = at + 1;
                return Some(slot);
            }
        }
        None
    }

    /// A pair is free again.
    pub(crate) fn give_back(&mut self, slot: PortSlot) {
        if let Some(used) = self.used.get_mut(usize::from(slot.0))
            && std::mem::take(used)
        {
            self.in_use -= 1;
        }
    }

    /// A pair could not be opened: free, but not for a while.
    pub(crate) fn quarantine(&mut self, now: Mono, slot: PortSlot) {
        self.give_back(slot);
        self.quarantined.insert(slot, now.after(PORT_QUARANTINE));
    }
}

#[cfg(test)]
impl Ports {
    pub(crate) fn miscount(&mut self) {
        self.in_use += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_go_round_and_come_back_once() {
        let mut ports = Ports::new(3);
        let now = Mono(0);
        assert_eq!((ports.take(now), ports.take(now)), (Some(PortSlot(0)), Some(PortSlot(1))));
        ports.give_back(PortSlot(0));
        ports.give_back(PortSlot(0));
        assert_eq!(
            (ports.take(now), ports.take(now), ports.take(now)),
            (Some(PortSlot(2)), Some(PortSlot(0)), None)
        );
        ports.quarantine(now, PortSlot(1));
        assert_eq!((ports.in_use(), ports.has_free(now), ports.take(now)), (2, false, None));
        assert!(ports.has_free(now.after(PORT_QUARANTINE)));
        assert_eq!(ports.take(now.after(PORT_QUARANTINE)), Some(PortSlot(1)));
    }
}
