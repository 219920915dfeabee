//! Who guesses passwords is met with silence (class "brute force").
//!
//! Only wrong answers to a challenge count, never a missing one: a healthy phone is challenged all day long. Counts are
//! kept per source and user, and per source for all users, so that nobody can lock an account out for others. A source
//! that a phone is registered from is never silenced as a whole.

use crate::limits::{
    GUARD_ANSWERS_PER_SECOND, GUARD_ENTRIES_MAX, GUARD_PER_SOURCE, GUARD_PER_USER, GUARD_SILENCE,
    GUARD_WINDOW,
};
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use switchroom_sip::time::Mono;

type Key = (IpAddr, String);

#[derive(Debug, Clone, Copy)]
struct Entry {
    since: Mono,
    wrong: u32,
    silent_until: Mono,
}

/// Counts of wrong answers.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    entries: BTreeMap<Key, Entry>,
    order: VecDeque<Key>,
    /// Challenges sent to each source in this second.
    asked: BTreeMap<IpAddr, u32>,
    second: u64,
}

/// The key under which all users of a source are counted: no user name is empty.
fn whole(source: IpAddr) -> Key {
    (source, String::new())
}

impl Guard {
    /// Whether an answer of that user from that source is not even looked at.
    pub(crate) fn is_silenced(&self, now: Mono, source: IpAddr, user: &str, is_known: bool) -> bool {
        let silent = |key: &Key| self.entries.get(key).is_some_and(|e| e.silent_until > now);
        silent(&(source, user.to_owned())) || (!is_known && silent(&whole(source)))
    }

    /// Whether a stranger may be answered once more in this second (class "reflection", and scanners).
    pub(crate) fn may_answer(&mut self, now: Mono, source: IpAddr) -> bool {
        let second = now.0 / 1_000_000;
        if second != self.second {
            self.second = second;
            self.asked.clear();
        }
        if self.asked.len() >= GUARD_ENTRIES_MAX && !self.asked.contains_key(&source) {
            return false;
        }
        let count = self.asked.entry(source).or_default();
        *count += 1;
        *count <= GUARD_ANSWERS_PER_SECOND
    }

    /// A wrong answer. True if silence begins with it.
    pub(crate) fn wrong(&mut self, now: Mono, source: IpAddr, user: &str) -> bool {
        let user: String = user.chars().take(64).collect();
        let one = !user.is_empty() && self.count(now, (source, user), GUARD_PER_USER);
        let all = self.count(now, whole(source), GUARD_PER_SOURCE);
        one || all
    }

    /// A right answer: the user's count starts anew.
    pub(crate) fn right(&mut self, source: IpAddr, user: &str) {
        if let Some(entry) = self.entries.get_mut(&(source, user.to_owned())) {
            entry.wrong = 0;
        }
    }

    fn count(&mut self, now: Mono, key: Key, limit: u32) -> bool {
        let fresh = Entry { since: now, wrong: 0, silent_until: Mono(0) };
        if !self.entries.contains_key(&key) {
            self.order.push_back(key.clone());
            if self.order.len() > GUARD_ENTRIES_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.entries.remove(&oldest);
            }
        }
        let entry = self.entries.entry(key).or_insert(fresh);
        if now.since(entry.since) > GUARD_WINDOW {
            (entry.since, entry.wrong) = (now, 0);
        }
        entry.wrong += 1;
        if entry.wrong >= limit && entry.silent_until <= now {
            entry.silent_until = now.after(GUARD_SILENCE);
            entry.wrong = 0;
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brute_force_is_met_with_silence_for_that_user_and_source_only() {
        let (bad, good): (IpAddr, IpAddr) = ([203, 0, 113, 1].into(), [192, 0, 2, 1].into());
        let mut guard = Guard::default();
        let begins = (0..GUARD_PER_USER).map(|_| guard.wrong(Mono(0), bad, "102")).filter(|b| *b).count();
        assert_eq!(begins, 1);
        assert!(guard.is_silenced(Mono(1), bad, "102", false));
        assert!(
            !guard.is_silenced(Mono(1), bad, "103", false) && !guard.is_silenced(Mono(1), good, "102", false)
        );
        assert!(!guard.is_silenced(Mono(0).after(GUARD_SILENCE), bad, "102", false));
        for n in 0..GUARD_PER_SOURCE {
            guard.wrong(Mono(0), bad, &n.to_string());
        }
        assert!(guard.is_silenced(Mono(1), bad, "x", false) && !guard.is_silenced(Mono(1), bad, "x", true));
    }

    #[test]
    fn entries_are_bounded() {
        let mut guard = Guard::default();
        for n in 0..u32::try_from(GUARD_ENTRIES_MAX).unwrap_or(0) {
            guard.wrong(Mono(0), IpAddr::from(n.to_be_bytes()), "u");
        }
        assert!(guard.entries.len() <= GUARD_ENTRIES_MAX && guard.order.len() <= GUARD_ENTRIES_MAX);
    }
}
