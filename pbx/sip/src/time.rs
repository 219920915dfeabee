//! Time as an argument, and the queue of deadlines.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A point of monotonic time, microseconds since the process started. All deadlines are in this.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub struct Mono(pub u64);

impl Mono {
    /// The point `span` later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)))
    }

    /// Time passed since `earlier`; zero if it is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// A point of wall-clock time, Unix milliseconds. It may step; it is shown and stored, never waited for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub struct Wall(pub i64);

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// The monotonic clock.
    pub mono: Mono,
    /// The wall clock.
    pub wall: Wall,
}

/// Deadlines by key: one per key, exact removal, and an order that is the same in every run.
#[derive(Debug, Clone)]
pub struct Deadlines<K> {
    by_key: BTreeMap<K, Mono>,
    by_time: BTreeSet<(Mono, K)>,
}

impl<K> Default for Deadlines<K> {
    fn default() -> Self {
        Self { by_key: BTreeMap::new(), by_time: BTreeSet::new() }
    }
}

impl<K: Ord + Copy> Deadlines<K> {
    /// Sets or moves the deadline of `key`.
    pub fn set(&mut self, key: K, at: Mono) {
        if let Some(old) = self.by_key.insert(key, at) {
            self.by_time.remove(&(old, key));
        }
        self.by_time.insert((at, key));
    }

    /// Removes the deadline of `key`, if there is one.
    pub fn cancel(&mut self, key: K) {
        if let Some(old) = self.by_key.remove(&key) {
            self.by_time.remove(&(old, key));
        }
    }

    /// The deadline of `key`.
    pub fn get(&self, key: K) -> Option<Mono> {
        self.by_key.get(&key).copied()
    }

    /// The earliest deadline and whose it is.
    pub fn next(&self) -> Option<(Mono, K)> {
        self.by_time.first().copied()
    }

    /// Takes the earliest deadline that is not after `now`.
    pub fn pop_due(&mut self, now: Mono) -> Option<K> {
        let (at, key) = self.next()?;
        if at > now {
            return None;
        }
        self.cancel(key);
        Some(key)
    }

    /// Who has a deadline, in order.
    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.by_key.keys().copied()
    }

    /// How many deadlines are set.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_deadline_per_key_in_order() {
        let mut d = Deadlines::default();
        d.set("b", Mono(20));
        d.set("a", Mono(10));
        d.set("b", Mono(5));
        d.set("c", Mono(7));
        d.cancel("c");
        assert_eq!(d.next(), Some((Mono(5), "b")));
        assert_eq!(d.pop_due(Mono(9)), Some("b"));
        assert_eq!(d.pop_due(Mono(9)), None);
        assert_eq!(d.pop_due(Mono(10)), Some("a"));
        assert!(d.is_empty());
    }
}
