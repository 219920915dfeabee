//! Who guesses passwords is met with silence (class "brute force").
//!
//! Only wrong answers to a challenge of ours count: never a missing one, for a healthy phone is challenged all day long, and
//! never one with a nonce that was not sent to that address, for then anybody may have sent it (`auth.rs`). Counts are kept by
//! source, so that nobody can lock an account out for others: by address, and where all ports count together a network of IPv6
//! is one ([`source_of`]). How often somebody may guess within [`GUARD_WINDOW`]:
//!
//! - from an address that no phone is registered from: [`GUARD_PER_USER`] times for one user, [`GUARD_PER_SOURCE`] times for
//!   all of them;
//! - from an address that phones are registered from, which may be that of a whole office behind a translation:
//!   [`GUARD_PER_USER`] times for one user from one port, [`GUARD_PER_SOURCE`] times for one user from all ports. Such an
//!   address is never silenced for all users, so the other phones behind it go on;
//! - from the very port that the user's phone is registered from: [`GUARD_PER_USER`] times, and whatever others at its address
//!   do counts nothing there. So a neighbour cannot lock out a phone that stays where it is registered. One that comes back from
//!   another port, over a new connection say, shares the second bound with its neighbours: without it, ports would be as many
//!   tries.
//!
//! Beyond that nothing is answered for [`GUARD_SILENCE`]. At most [`GUARD_ENTRIES_MAX`] counts are kept, so who wants to have one
//! of them forgotten must give as many wrong answers for other users.

use crate::limits::{
    GUARD_ANSWERS_PER_SECOND, GUARD_ENTRIES_MAX, GUARD_PER_SOURCE, GUARD_PER_USER, GUARD_SILENCE,
    GUARD_WINDOW,
};
use crate::registrar::Registrar;
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use switchroom_sip::flow::source_of;
use switchroom_sip::time::Mono;

/// What is counted: an address with one port or all, one user or all.
type Key = (IpAddr, Option<u16>, Option<String>);

/// Characters of a user's name that tell it from others here.
const USER_CHARS_MAX: usize = 64;

/// What is known of the place from which somebody says to be a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// No phone is registered from that address.
    Strange,
    /// Some phone is registered from that address, and none of that user from that port.
    Shared,
    /// A phone of that user is registered from there.
    Own,
}

impl Place {
    pub(crate) fn of(registrar: &Registrar, source: SocketAddr, user: &str) -> Self {
        if registrar.of(user).any(|binding| binding.flow.remote == source) {
            Self::Own
        } else if registrar.knows(source.ip()) {
            Self::Shared
        } else {
            Self::Strange
        }
    }
}

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

/// Under which keys answers for that user from that source are counted, and how many may be wrong.
fn keys(source: SocketAddr, user: &str, place: Place) -> Vec<(Key, u32)> {
    let user: String = user.chars().take(USER_CHARS_MAX).collect();
    let ip = source_of(source.ip());
    // Not the network's: there each phone has an address for itself, and most send from the same port.
    let port = ((source.ip(), Some(source.port()), Some(user.clone())), GUARD_PER_USER);
    match place {
        Place::Strange => {
            vec![((ip, None, Some(user)), GUARD_PER_USER), ((ip, None, None), GUARD_PER_SOURCE)]
        }
        Place::Shared => vec![port, ((ip, None, Some(user)), GUARD_PER_SOURCE)],
        Place::Own => vec![port],
    }
}

impl Guard {
    /// Whether an answer of that user from that source is not even looked at.
    pub(crate) fn is_silenced(&self, now: Mono, source: SocketAddr, user: &str, place: Place) -> bool {
        let is_silent = |key: &Key| self.entries.get(key).is_some_and(|e| e.silent_until > now);
        keys(source, user, place).iter().any(|(key, _)| is_silent(key))
    }

    /// Whether a stranger may be answered once more in this second (class "reflection", and scanners).
    pub(crate) fn may_answer(&mut self, now: Mono, address: IpAddr) -> bool {
        let source = source_of(address);
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
    pub(crate) fn wrong(&mut self, now: Mono, source: SocketAddr, user: &str, place: Place) -> bool {
        let mut begins = false;
        for (key, limit) in keys(source, user, place) {
            begins |= self.count(now, key, limit);
        }
        begins
    }

    /// A right answer: the user's count starts anew, but for that of what neighbours do.
    pub(crate) fn right(&mut self, source: SocketAddr, user: &str, place: Place) {
        if let Some((key, _)) = keys(source, user, place).first()
            && let Some(entry) = self.entries.get_mut(key)
        {
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

    const BAD: [u8; 4] = [203, 0, 113, 1];

    fn at(ip: [u8; 4], port: u16) -> SocketAddr {
        (ip, port).into()
    }

    /// How often silence begins with that many wrong answers.
    fn guess(guard: &mut Guard, times: u32, source: SocketAddr, user: &str, place: Place) -> usize {
        (0..times).filter(|_| guard.wrong(Mono(0), source, user, place)).count()
    }

    #[test]
    fn brute_force_is_met_with_silence_for_that_user_and_source_only() {
        use Place::Strange;
        let (bad, good) = (at(BAD, 5060), at([192, 0, 2, 1], 5060));
        let mut guard = Guard::default();
        assert_eq!(guess(&mut guard, GUARD_PER_USER, bad, "102", Strange), 1);
        assert!(guard.is_silenced(Mono(1), bad, "102", Strange));
        assert!(guard.is_silenced(Mono(1), at(BAD, 7), "102", Strange), "whatever the port");
        assert!(!guard.is_silenced(Mono(1), bad, "103", Strange));
        assert!(!guard.is_silenced(Mono(1), good, "102", Strange));
        assert!(!guard.is_silenced(Mono(0).after(GUARD_SILENCE), bad, "102", Strange));
        for n in 0..GUARD_PER_SOURCE {
            guard.wrong(Mono(0), bad, &n.to_string(), Strange);
        }
        assert!(guard.is_silenced(Mono(1), bad, "x", Strange));
        assert!(!guard.is_silenced(Mono(1), bad, "x", Place::Shared), "a phone is registered there since");
    }

    #[test]
    fn a_neighbour_silences_its_own_port_and_then_every_port_but_that_of_the_registered_phone() {
        use Place::{Own, Shared};
        let (phone, other) = (at(BAD, 5060), at(BAD, 9999));
        let mut guard = Guard::default();
        assert_eq!(guess(&mut guard, GUARD_PER_USER, at(BAD, 1), "102", Shared), 1);
        assert!(guard.is_silenced(Mono(1), at(BAD, 1), "102", Shared));
        assert!(!guard.is_silenced(Mono(1), other, "102", Shared));
        // As many ports as there may be are not as many tries.
        let mut tries = GUARD_PER_USER;
        for port in 2..1_000 {
            let source = at(BAD, port);
            for _ in 0..GUARD_PER_USER {
                if !guard.is_silenced(Mono(1), source, "102", Shared) {
                    guard.wrong(Mono(1), source, "102", Shared);
                    tries += 1;
                }
            }
        }
        assert_eq!(tries, GUARD_PER_SOURCE);
        assert!(
            guard.is_silenced(Mono(2), other, "102", Shared)
                && !guard.is_silenced(Mono(2), other, "103", Shared)
        );
        assert!(!guard.is_silenced(Mono(2), phone, "102", Own));
        // What a registered phone answers wrongly itself counts for its port, and its right answers take back nothing of others.
        assert_eq!(guess(&mut guard, GUARD_PER_USER - 1, phone, "102", Own), 0);
        guard.right(phone, "102", Own);
        assert_eq!(guess(&mut guard, GUARD_PER_USER, phone, "102", Own), 1);
        assert!(
            guard.is_silenced(Mono(2), phone, "102", Own) && guard.is_silenced(Mono(2), other, "102", Shared)
        );
    }

    #[test]
    fn who_changes_the_address_within_a_network_of_ipv6_gets_no_more_tries() {
        let mut guard = Guard::default();
        let from = |host: u16| SocketAddr::from(([0x2001, 0xdb8, 1, 2, 3, 4, 5, host], 5060));
        let begun: usize = (0..30).map(|host| guess(&mut guard, 1, from(host), "102", Place::Strange)).sum();
        assert!(begun > 0 && guard.is_silenced(Mono(1), from(99), "102", Place::Strange));
        let other = SocketAddr::from(([0x2001, 0xdb8, 1, 3, 3, 4, 5, 1], 5060));
        assert!(!guard.is_silenced(Mono(1), other, "102", Place::Strange));
        let asked = (0..1_000).filter(|host| guard.may_answer(Mono(1), from(*host).ip())).count();
        assert_eq!(asked, GUARD_ANSWERS_PER_SECOND as usize);
    }

    /// In a network of IPv6 each phone has an address for itself, and all send from one port.
    #[test]
    fn a_neighbour_in_a_network_of_ipv6_does_not_silence_a_registered_phone() {
        use Place::{Own, Shared};
        let mut guard = Guard::default();
        let at = |host: u16| SocketAddr::from(([0x2001, 0xdb8, 1, 2, 0, 0, 0, host], 5060));
        let (phone, other) = (at(7), at(0xbad));
        assert_eq!(guess(&mut guard, GUARD_PER_USER, other, "102", Shared), 1);
        assert!(guard.is_silenced(Mono(1), other, "102", Shared));
        assert!(!guard.is_silenced(Mono(1), phone, "102", Own));
        // As many addresses as there may be are not as many tries.
        for host in 8..1_000 {
            guess(&mut guard, 1, at(host), "102", Shared);
        }
        assert!(guard.is_silenced(Mono(1), at(2_000), "102", Shared));
        assert!(!guard.is_silenced(Mono(1), phone, "102", Own));
    }

    #[test]
    fn long_names_are_counted_as_others_are() {
        let (mut guard, user) = (Guard::default(), "x".repeat(300));
        assert_eq!(guess(&mut guard, GUARD_PER_USER, at(BAD, 1), &user, Place::Strange), 1);
        assert!(guard.is_silenced(Mono(1), at(BAD, 1), &user, Place::Strange));
    }

    #[test]
    fn entries_are_bounded() {
        let mut guard = Guard::default();
        for n in 0..u32::try_from(GUARD_ENTRIES_MAX).unwrap_or(0) {
            guard.wrong(Mono(0), at(n.to_be_bytes(), 5060), "u", Place::Strange);
        }
        assert!(guard.entries.len() <= GUARD_ENTRIES_MAX && guard.order.len() <= GUARD_ENTRIES_MAX);
    }
}
