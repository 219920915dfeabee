//! Who deletes recordings and who finishes what a crash cut off take turns, one recording at a time: what is deleted does not come
//! back because somebody was at its end just then.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use switchroom_exchange::CallId;

/// What was deleted since the start; none of it is known when nobody has to know any more.
type Deleted = Option<BTreeSet<CallId>>;

/// Whose turn it is.
#[derive(Debug, Clone)]
pub struct Turns(Arc<Mutex<Deleted>>);

/// Somebody's turn, until it is dropped.
#[derive(Debug)]
pub struct Turn<'a>(MutexGuard<'a, Deleted>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Some(BTreeSet::new()))))
    }
}

impl Turns {
    /// Waits for its turn: at most as long as it takes to read one recording, or to delete those of one run.
    pub fn take(&self) -> Turn<'_> {
        Turn(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Nothing is left to be finished.
    pub fn end(&self) {
        *self.take().0 = None;
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
