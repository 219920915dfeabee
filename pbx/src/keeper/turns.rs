//! Who deletes recordings and who finishes what a crash cut off take turns, one recording at a time: what is deleted does not come
//! back because somebody was at its end just then. Who deletes is never last.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use switchroom_exchange::CallId;

/// Between two looks whether nobody waits.
const RETRY: Duration = Duration::from_millis(2);

/// What was deleted since the start; none of it is known when nobody has to know any more.
type Deleted = Option<BTreeSet<CallId>>;

/// Whose turn it is.
#[derive(Debug, Clone)]
pub struct Turns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    deleted: Mutex<Deleted>,
    /// Those who wait and go before who finishes: a mutex alone may give itself to the same thread for ever.
    waiting: AtomicUsize,
    is_stopping: AtomicBool,
}

/// Somebody's turn, until it is dropped.
#[derive(Debug)]
pub struct Turn<'a>(MutexGuard<'a, Deleted>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Shared {
            deleted: Mutex::new(Some(BTreeSet::new())),
            waiting: AtomicUsize::new(0),
            is_stopping: AtomicBool::new(false),
        }))
    }
}

impl Turns {
    /// Waits for its turn: at most as long as it takes to read one recording, or to delete those of one run.
    pub fn take(&self) -> Turn<'_> {
        self.0.waiting.fetch_add(1, Ordering::SeqCst);
        let turn = self.next();
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
        turn
    }

    /// Waits for its turn until nobody else does; none any more when the program stops.
    pub fn take_last(&self) -> Option<Turn<'_>> {
        while !self.is_stopping() {
            let turn = self.next();
            if self.0.waiting.load(Ordering::SeqCst) == 0 {
                return Some(turn);
            }
            drop(turn);
            std::thread::sleep(RETRY);
        }
        None
    }

    fn next(&self) -> Turn<'_> {
        Turn(self.0.deleted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Nothing is left to be finished.
    pub fn end(&self) {
        *self.take().0 = None;
    }

    /// The program stops: what is not finished yet is at the next start.
    pub fn stop(&self) {
        self.0.is_stopping.store(true, Ordering::SeqCst);
    }

    /// Whether the program stops.
    pub fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Ordering::SeqCst)
    }
}

impl Turn<'_> {
    /// The recording of that call was deleted.
    pub fn deleted(&mut self, call: CallId) {
        if let Some(calls) = self.0.as_mut() {
            calls.insert(call);
        }
    }

    /// Whether the recording of that call was deleted since the start.
    pub fn is_deleted(&self, call: CallId) -> bool {
        self.0.as_ref().is_some_and(|calls| calls.contains(&call))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Who finishes asks again the moment it has let go, long before who waits is awake.
    #[test]
    fn who_waits_goes_before_who_finishes_one_after_the_other() {
        let call = CallId::new(1_700_000_000_000, 1);
        for _ in 0..200 {
            let turns = Turns::default();
            let turn = turns.take_last().unwrap();
            let deletes = std::thread::spawn({
                let turns = turns.clone();
                move || turns.take().deleted(call)
            });
            while turns.0.waiting.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            drop(turn);
            assert!(turns.take_last().unwrap().is_deleted(call), "it goes first");
            deletes.join().unwrap();
        }
    }
}
