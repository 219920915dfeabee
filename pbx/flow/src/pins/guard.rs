//! The guard against who tries all PINs: too many wrong ones lock the account, and the caller.

use super::Pins;
use crate::boundary::PinVerdict;
use crate::limits::{PIN_GUARD_MAX, PIN_TRIES_MAX};
use crate::number::normal;
use std::collections::BTreeMap;
use std::fmt;

/// One caller may get so many times the tries of an account wrong, at all accounts together: people share a number.
const CALLER_SHARE: u32 = 3;

/// Who got PINs wrong lately. Where there are accounts, `tries_max` wrong ones within `window` lock the account for whoever
/// calls, and three times as many lock the caller out of all accounts. Where there is one PIN for all, `tries_max` lock the
/// caller. Callers without a number are one caller.
#[derive(Clone, Default)]
pub struct PinGuard {
    watched: BTreeMap<Key, Watched>,
}

/// Name of the PINs, and who.
type Key = (String, Who);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Account(String),
    Caller(String),
}

#[derive(Clone, Default)]
struct Watched {
    /// When wrong ones were given, oldest first; at most as many as lock.
    wrong_ms: Vec<u64>,
    /// Until when nothing is looked at.
    locked_until_ms: u64,
    /// From when on there is nothing to remember.
    over_ms: u64,
}

impl PinGuard {
    /// Whether digits are right. `account` is whose PIN it is, `None` for the one for all; `now_ms` is of a clock that only
    /// goes forward.
    pub fn judge(
        &mut self,
        (name, pins): (&str, &Pins),
        account: Option<&str>,
        caller: &str,
        digits: &str,
        now_ms: u64,
    ) -> PinVerdict {
        let limits = limits(pins, name, account, caller);
        let is_locked = |key: &Key| self.watched.get(key).is_some_and(|w| now_ms < w.locked_until_ms);
        if limits.iter().any(|(key, _)| is_locked(key)) {
            return PinVerdict::Locked;
        }
        if pins.is_right(account, digits) {
            // Of a caller's tries at other accounts this one says nothing: who knows one PIN may be after another.
            if let Some((key, _)) = limits.first() {
                self.watched.remove(key);
            }
            return PinVerdict::Right;
        }
        for (key, most) in limits {
            self.count(key, most, pins, now_ms);
        }
        PinVerdict::Wrong
    }

    fn count(&mut self, key: Key, most: u32, pins: &Pins, now_ms: u64) {
        if !self.watched.contains_key(&key) && self.watched.len() >= PIN_GUARD_MAX {
            self.make_room(now_ms);
        }
        let watched = self.watched.entry(key).or_default();
        let window_ms = ms(pins.window);
        watched.wrong_ms.retain(|at| now_ms.saturating_sub(*at) < window_ms);
        watched.wrong_ms.push(now_ms);
        watched.over_ms = now_ms.saturating_add(window_ms);
        if watched.wrong_ms.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
            watched.wrong_ms.clear();
            watched.locked_until_ms = now_ms.saturating_add(ms(pins.lock));
            watched.over_ms = watched.locked_until_ms;
        }
    }

    /// Forgets what is over; if nothing is, what will be first, so that a lock stays as long as may be.
    fn make_room(&mut self, now_ms: u64) {
        self.watched.retain(|_, w| w.over_ms > now_ms);
        if self.watched.len() >= PIN_GUARD_MAX {
            let first = self.watched.iter().min_by_key(|(_, w)| w.over_ms).map(|(key, _)| key.clone());
            first.map(|key| self.watched.remove(&key));
        }
    }

    /// Who is watched, at most [`PIN_GUARD_MAX`].
    pub fn len(&self) -> usize {
        self.watched.len()
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.watched.is_empty()
    }
}

/// Who is watched at a try, and how many wrong ones lock each; first the one that a right PIN clears.
fn limits(pins: &Pins, name: &str, account: Option<&str>, caller: &str) -> Vec<(Key, u32)> {
    let tries = pins.tries_max.clamp(1, PIN_TRIES_MAX);
    let short = |text: &str| text.chars().take(64).collect::<String>();
    let caller = Who::Caller(short(&normal(caller)));
    match account {
        Some(account) => vec![
            ((name.to_owned(), Who::Account(short(account))), tries),
            ((name.to_owned(), caller), tries * CALLER_SHARE),
        ],
        None => vec![((name.to_owned(), caller), tries)],
    }
}

fn ms(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for PinGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PinGuard({} watched)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pin;
    use super::*;
    use std::time::Duration;

    const MIN: u64 = 60_000;

    fn pins() -> Pins {
        let accounts = [("1001", "1111"), ("1002", "2222"), ("1003", "3333"), ("1004", "4444")];
        Pins {
            one: Some(Pin::of("4711", "s")),
            by_account: accounts.map(|(a, p)| (a.to_owned(), Pin::of(p, a))).into(),
            tries_max: 3,
            window: Duration::from_secs(900),
            lock: Duration::from_secs(1_800),
        }
    }

    /// Account (`-` for none), caller, digits, minute, verdict.
    type Try = (&'static str, &'static str, &'static str, u64, PinVerdict);

    fn play(tries: &[Try]) {
        let (pins, mut guard) = (pins(), PinGuard::default());
        for (account, caller, digits, minute, wanted) in tries {
            let account = Some(*account).filter(|a| *a != "-");
            let verdict = guard.judge(("service", &pins), account, caller, digits, minute * MIN);
            assert_eq!(verdict, *wanted, "{account:?} {caller} {digits} at {minute}");
        }
    }

    use PinVerdict::{Locked, Right, Wrong};

    #[test]
    fn three_wrong_ones_lock_a_caller() {
        play(&[
            ("-", "101", "0000", 0, Wrong),
            ("-", "101", "0001", 1, Wrong),
            ("-", "101", "0002", 2, Wrong),
            ("-", "101", "4711", 3, Locked),
            ("-", "1-0 1", "4711", 3, Locked),
            ("-", "102", "4711", 3, Right),
            // A try while it is locked does not make it longer.
            ("-", "101", "0003", 31, Locked),
            ("-", "101", "0003", 32, Wrong),
            ("-", "101", "4711", 33, Right),
        ]);
    }

    #[test]
    fn wrong_ones_are_forgotten_after_the_window_and_by_a_right_one() {
        play(&[
            ("-", "101", "0000", 0, Wrong),
            ("-", "101", "0000", 1, Wrong),
            ("-", "101", "0000", 15, Wrong),
            ("-", "101", "0000", 16, Wrong),
            ("-", "101", "4711", 17, Right),
            ("-", "101", "0000", 18, Wrong),
            ("-", "101", "0000", 19, Wrong),
            ("-", "101", "0000", 20, Wrong),
            ("-", "101", "4711", 21, Locked),
        ]);
    }

    #[test]
    fn an_account_is_locked_for_all_callers_and_a_caller_for_all_accounts() {
        play(&[
            ("1001", "101", "0000", 0, Wrong),
            ("1001", "102", "0000", 0, Wrong),
            ("1001", "103", "0000", 0, Wrong),
            ("1001", "104", "1111", 0, Locked),
            ("1002", "101", "2222", 0, Right),
        ]);
        play(&[
            ("1001", "101", "0000", 0, Wrong),
            ("1001", "101", "0000", 0, Wrong),
            ("1002", "101", "0000", 0, Wrong),
            ("1002", "101", "0000", 0, Wrong),
            ("1003", "101", "0000", 0, Wrong),
            ("1003", "101", "0000", 0, Wrong),
            // Their own PIN in between does not make them harmless.
            ("1004", "101", "4444", 0, Right),
            ("9999", "101", "0000", 0, Wrong),
            ("9999", "101", "0000", 0, Wrong),
            ("8888", "101", "0000", 0, Wrong),
            ("1004", "101", "4444", 0, Locked),
            ("1004", "102", "4444", 0, Right),
        ]);
    }

    #[test]
    fn the_table_is_bounded_and_a_lock_outlives_a_flood_of_new_callers() {
        let (pins, mut guard) = (pins(), PinGuard::default());
        let mut judge =
            |caller: &str, digits: &str, now_ms| guard.judge(("p", &pins), None, caller, digits, now_ms);
        for _ in 0..3 {
            judge("101", "0000", 0);
        }
        for n in 0..PIN_GUARD_MAX + 500 {
            judge(&format!("9{n:07}"), "0000", 1);
        }
        assert_eq!(judge("101", "4711", 2), Locked);
        assert_eq!(judge("101", "4711", 30 * MIN), Right);
        assert!(guard.len() <= PIN_GUARD_MAX);
        for caller in ["102", "103"] {
            guard.judge(("p", &pins), None, caller, "0000", 60 * MIN);
        }
        assert_eq!(format!("{guard:?}"), "PinGuard(2 watched)", "what is over is forgotten");
        assert!(!guard.is_empty());
    }
}
