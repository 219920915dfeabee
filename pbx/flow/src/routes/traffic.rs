//! How many calls routes have, for their limits.

use super::Route;
use crate::limits::{ROUTE_CALLERS_MAX, ROUTE_LIMIT_MAX};
use crate::number::normal;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// A second, in milliseconds.
const SECOND_MS: u64 = 1_000;

/// Figures of routes, by their names. `None`: not known here, which counts as within any limit.
pub trait Traffic {
    /// Calls that go on now.
    fn calls(&mut self, route: &str) -> Option<u32>;
    /// Calls that began within the last second.
    fn calls_in_a_second(&mut self, route: &str) -> Option<u32>;
    /// Calls of a caller, by the number in its normal form, that began within this time.
    fn calls_of_caller(&mut self, route: &str, caller: &str, within: Duration) -> Option<u32>;
}

/// Nothing is known: for who explains routes without an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown;

impl Traffic for Unknown {
    fn calls(&mut self, _: &str) -> Option<u32> {
        None
    }

    fn calls_in_a_second(&mut self, _: &str) -> Option<u32> {
        None
    }

    fn calls_of_caller(&mut self, _: &str, _: &str, _: Duration) -> Option<u32> {
        None
    }
}

/// Calls that were let in by routes. Who counts tells it of every call that begins and ends; times are of a clock that only
/// goes forward, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    routes: BTreeMap<String, OfRoute>,
    /// By route and caller.
    callers: BTreeMap<(String, String), Times>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct OfRoute {
    calls: u32,
    begun: Times,
}

/// Times at which calls began, oldest first; at most [`ROUTE_LIMIT_MAX`] of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Times {
    at_ms: VecDeque<u64>,
    /// For how long they matter.
    window_ms: u64,
}

impl Times {
    fn add(&mut self, now_ms: u64, window_ms: u64) {
        self.window_ms = window_ms;
        let is_over = |at: &u64| now_ms.saturating_sub(*at) >= window_ms;
        while self.at_ms.front().is_some_and(is_over) || self.at_ms.len() >= ROUTE_LIMIT_MAX as usize {
            self.at_ms.pop_front();
        }
        self.at_ms.push_back(now_ms);
    }

    fn within(&self, now_ms: u64, window_ms: u64) -> u32 {
        let count = self.at_ms.iter().rev().take_while(|at| now_ms.saturating_sub(**at) < window_ms).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// When the last of them stops to matter.
    fn over_ms(&self) -> u64 {
        self.at_ms.back().map_or(0, |at| at.saturating_add(self.window_ms))
    }
}

impl Counts {
    /// A route let a call in.
    pub fn begin(&mut self, route: &Route, caller: &str, now_ms: u64) {
        let of_route = self.routes.entry(route.name.clone()).or_default();
        of_route.calls = of_route.calls.saturating_add(1);
        if route.calls_per_second.is_some() {
            of_route.begun.add(now_ms, SECOND_MS);
        }
        let Some((_, within)) = route.calls_per_caller else { return };
        let key = (route.name.clone(), normal(caller).chars().take(64).collect::<String>());
        if !self.callers.contains_key(&key) && self.callers.len() >= ROUTE_CALLERS_MAX {
            self.make_room(now_ms);
        }
        self.callers.entry(key).or_default().add(now_ms, ms(within));
    }

    /// A call that a route of this name let in is over.
    pub fn end(&mut self, route: &str, now_ms: u64) {
        let Some(of_route) = self.routes.get_mut(route) else { return };
        of_route.calls = of_route.calls.saturating_sub(1);
        if of_route.calls == 0 && of_route.begun.within(now_ms, SECOND_MS) == 0 {
            self.routes.remove(route);
        }
    }

    /// Forgets callers who do not matter any more; if all do, the one who will be the first not to.
    fn make_room(&mut self, now_ms: u64) {
        self.callers.retain(|_, times| times.over_ms() > now_ms);
        if self.callers.len() >= ROUTE_CALLERS_MAX {
            let first =
                self.callers.iter().min_by_key(|(_, times)| times.over_ms()).map(|(key, _)| key.clone());
            first.map(|key| self.callers.remove(&key));
        }
    }

    /// The figures at a time.
    pub fn at(&self, now_ms: u64) -> CountsAt<'_> {
        CountsAt { counts: self, now_ms }
    }
}

/// [`Counts`] at a time.
#[derive(Debug, Clone, Copy)]
pub struct CountsAt<'c> {
    counts: &'c Counts,
    now_ms: u64,
}

impl Traffic for CountsAt<'_> {
    fn calls(&mut self, route: &str) -> Option<u32> {
        Some(self.counts.routes.get(route).map_or(0, |r| r.calls))
    }

    fn calls_in_a_second(&mut self, route: &str) -> Option<u32> {
        Some(self.counts.routes.get(route).map_or(0, |r| r.begun.within(self.now_ms, SECOND_MS)))
    }

    fn calls_of_caller(&mut self, route: &str, caller: &str, within: Duration) -> Option<u32> {
        let key = (route.to_owned(), caller.chars().take(64).collect::<String>());
        Some(self.counts.callers.get(&key).map_or(0, |times| times.within(self.now_ms, ms(within))))
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
