//! What the store promises, each promise with its test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod crash;
mod damage;
mod facts;
mod full_disk;
mod queries;
mod samples;

use super::{OnEvent, Options, Store, StoreError, StoreEvent};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use switchroom_exchange::{Record, Restored, Ticket};

/// Collects what the store tells.
#[derive(Default)]
pub(super) struct Told {
    events: Mutex<Vec<StoreEvent>>,
    more: Condvar,
}

impl Told {
    fn on_event(self: &Arc<Self>) -> OnEvent {
        let told = self.clone();
        Arc::new(move |event| {
            told.events.lock().unwrap().push(event);
            told.more.notify_all();
        })
    }

    /// Waits until something among what was told is as wanted.
    fn wait_for(&self, wanted: impl Fn(&StoreEvent) -> bool) {
        let mut events = self.events.lock().unwrap();
        while !events.iter().any(&wanted) {
            // No promise about time: only so that a fault ends the test instead of hanging it.
            let (back, waited) = self.more.wait_timeout(events, std::time::Duration::from_secs(60)).unwrap();
            assert!(!waited.timed_out(), "not told within a minute; told so far: {back:?}");
            events = back;
        }
    }

    fn wait_for_stored(&self, ticket: Ticket) {
        self.wait_for(|e| matches!(e, StoreEvent::Stored(t) if t.contains(&ticket)));
    }

    fn stored(&self) -> Vec<Ticket> {
        let events = self.events.lock().unwrap();
        events
            .iter()
            .filter_map(|e| if let StoreEvent::Stored(t) = e { Some(t.clone()) } else { None })
            .flatten()
            .collect()
    }

    fn not_stored(&self) -> Vec<Ticket> {
        let events = self.events.lock().unwrap();
        events
            .iter()
            .filter_map(|e| if let StoreEvent::NotStored(t) = e { Some(t.clone()) } else { None })
            .flatten()
            .collect()
    }

    fn notices(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        events
            .iter()
            .filter_map(|e| if let StoreEvent::Notice(t) = e { Some(t.clone()) } else { None })
            .collect()
    }
}

fn open(dir: &Path) -> (Store, Restored, Arc<Told>) {
    open_with(dir, Options::default())
}

fn open_with(dir: &Path, options: Options) -> (Store, Restored, Arc<Told>) {
    let told = Arc::new(Told::default());
    // A program that another test starts holds the lock of a closed store until it is executed.
    for _ in 0..200 {
        match Store::open_with(dir, told.on_event(), options.clone()) {
            Err(StoreError::Locked { .. }) => std::thread::sleep(std::time::Duration::from_millis(10)),
            opened => {
                let (store, restored) = opened.unwrap();
                return (store, restored, told);
            }
        }
    }
    panic!("{} stays locked", dir.display());
}

/// Puts records and closes.
fn fill(dir: &Path, records: &[Record]) {
    let (store, _, _) = open(dir);
    for record in records {
        store.put(None, record.clone());
    }
    store.close();
}
