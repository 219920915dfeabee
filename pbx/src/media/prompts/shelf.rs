//! Encoded sound that is kept in memory, by what it is and for which codec. What was not asked for longest makes room.

use super::find::Stamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use switchroom_flow::Clip;
use switchroom_media::codec::Kind;
use switchroom_media::playlist::Slot;

/// What a piece of sound is known by.
pub(super) type Key = (Clip, Kind);

struct Entry {
    slot: Arc<Slot>,
    used: u64,
    /// Bytes; `None` while it is on its way.
    weight: Option<usize>,
    stamp: Option<Stamp>,
    /// Something is wrong with it, though it can be heard.
    is_faulty: bool,
}

/// The shelf.
pub(super) struct Shelf {
    entries: BTreeMap<Key, Entry>,
    /// The same, by when they were asked for last.
    by_use: BTreeMap<u64, Key>,
    next_use: u64,
    weight: usize,
    weight_max: usize,
}

impl Shelf {
    pub(super) fn new(weight_max: usize) -> Self {
        Self { entries: BTreeMap::new(), by_use: BTreeMap::new(), next_use: 0, weight: 0, weight_max }
    }

    /// The place of a piece of sound, and whether it is new: then it is to be filled.
    pub(super) fn get(&mut self, key: &Key) -> (Arc<Slot>, bool) {
        let used = self.next_use;
        self.next_use += 1;
        self.by_use.insert(used, key.clone());
        if let Some(entry) = self.entries.get_mut(key) {
            self.by_use.remove(&entry.used);
            entry.used = used;
            return (entry.slot.clone(), false);
        }
        let slot = Arc::<Slot>::default();
        self.entries.insert(
            key.clone(),
            Entry { slot: slot.clone(), used, weight: None, stamp: None, is_faulty: false },
        );
        (slot, true)
    }

    /// Something is wrong with what fills a place.
    pub(super) fn set_faulty(&mut self, key: &Key, slot: &Arc<Slot>) {
        if let Some(entry) = self.entries.get_mut(key).filter(|entry| Arc::ptr_eq(&entry.slot, slot)) {
            entry.is_faulty = true;
        }
    }

    /// A place was filled; `slot` tells it from one of the same name that was put there since.
    pub(super) fn filled(&mut self, key: &Key, slot: &Arc<Slot>, weight: usize, stamp: Option<Stamp>) {
        let Some(entry) = self.entries.get_mut(key).filter(|entry| Arc::ptr_eq(&entry.slot, slot)) else {
            return;
        };
        entry.stamp = stamp;
        self.weight += weight - entry.weight.replace(weight).unwrap_or(0).min(weight);
        while self.weight > self.weight_max {
            let is_here =
                |(_, key): &(&u64, &Key)| self.entries.get(*key).is_some_and(|e| e.weight.is_some());
            let Some(oldest) = self.by_use.iter().find(is_here).map(|(_, key)| key.clone()) else { break };
            self.remove(&oldest);
        }
    }

    /// Forgets a piece of sound; who hears it now hears it on.
    pub(super) fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.by_use.remove(&entry.used);
            self.weight -= entry.weight.unwrap_or(0);
        }
    }

    /// The same, unless another has been put there since.
    pub(super) fn remove_same(&mut self, key: &Key, slot: &Arc<Slot>) {
        if self.entries.get(key).is_some_and(|entry| Arc::ptr_eq(&entry.slot, slot)) {
            self.remove(key);
        }
    }

    /// Forgets all pieces that are meant, those on their way, too, by what they are and whether they are faulty.
    pub(super) fn remove_all(&mut self, is_meant: impl Fn(&Clip, bool) -> bool) {
        let Self { entries, by_use, weight, .. } = self;
        entries.retain(|(clip, _), entry| {
            let goes = is_meant(clip, entry.is_faulty);
            if goes {
                by_use.remove(&entry.used);
                *weight -= entry.weight.unwrap_or(0);
            }
            !goes
        });
    }

    /// What is kept, with the file that it was read from if that was one of the site's.
    pub(super) fn contents(&self) -> Vec<(Key, Option<Stamp>)> {
        let filled = self.entries.iter().filter(|(_, entry)| entry.weight.is_some());
        filled.map(|(key, entry)| (key.clone(), entry.stamp.clone())).collect()
    }

    /// Bytes that are kept.
    #[cfg(test)]
    pub(super) fn weight(&self) -> usize {
        self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        (Clip::Message(name.to_owned()), Kind::Pcma)
    }

    #[test]
    fn what_was_not_asked_for_longest_makes_room() {
        let mut shelf = Shelf::new(100);
        for name in ["a", "b", "c"] {
            let (slot, is_new) = shelf.get(&key(name));
            assert!(is_new);
            shelf.filled(&key(name), &slot, 30, None);
        }
        let (on_its_way, _) = shelf.get(&key("d"));
        assert!(!shelf.get(&key("a")).1, "asked for again");
        shelf.filled(&key("d"), &on_its_way, 30, None);
        assert_eq!(shelf.weight(), 90);
        let names: Vec<Key> = shelf.contents().into_iter().map(|(key, _)| key).collect();
        assert_eq!(names, [key("a"), key("c"), key("d")]);
        // One that is larger than all: it is heard by who waits for it and not kept.
        let (huge, _) = shelf.get(&key("huge"));
        shelf.filled(&key("huge"), &huge, 1000, None);
        assert_eq!((shelf.weight(), shelf.contents().len(), shelf.by_use.len()), (0, 0, 0));
    }

    #[test]
    fn what_was_forgotten_while_it_was_on_its_way_stays_forgotten() {
        let mut shelf = Shelf::new(100);
        let (old, _) = shelf.get(&key("a"));
        shelf.remove(&key("a"));
        let (new, is_new) = shelf.get(&key("a"));
        assert!(is_new);
        shelf.filled(&key("a"), &old, 10, None);
        assert_eq!(shelf.weight(), 0);
        shelf.remove_same(&key("a"), &old);
        shelf.filled(&key("a"), &new, 10, None);
        shelf.filled(&key("a"), &new, 10, None);
        assert_eq!(shelf.weight(), 10, "counted once");
        let (pending, _) = shelf.get(&key("b"));
        shelf.remove_all(|_, _| true);
        shelf.filled(&key("b"), &pending, 10, None);
        assert_eq!((shelf.weight(), shelf.contents().len(), shelf.by_use.len()), (0, 0, 0));
    }
}
