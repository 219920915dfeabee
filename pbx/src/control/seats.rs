//! How many connections there are, and of whom: one user cannot take the places of all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections at once.
const CONNECTIONS_MAX: usize = 256;
/// Connections of one user at once, root and the daemon's own user included.
const CONNECTIONS_PER_USER: usize = 32;

/// The connections of each user, by uid.
#[derive(Debug, Default)]
pub(super) struct Seats {
    taken: Mutex<BTreeMap<u32, usize>>,
}

/// One connection's place, free again when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    of: Arc<Seats>,
    uid: u32,
}

impl Seats {
    fn taken(&self) -> MutexGuard<'_, BTreeMap<u32, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection of that user.
    ///
    /// # Errors
    /// There is none; the text says why and what to do.
    pub(super) fn take(self: &Arc<Self>, uid: u32) -> Result<Seat, String> {
        let mut taken = self.taken();
        if taken.values().sum::<usize>() >= CONNECTIONS_MAX {
            return Err(format!("all {CONNECTIONS_MAX} connections are in use; try again later"));
        }
        let own = taken.entry(uid).or_default();
        if *own >= CONNECTIONS_PER_USER {
            return Err(format!("you have {CONNECTIONS_PER_USER} connections already; close one first"));
        }
        *own += 1;
        Ok(Seat { of: self.clone(), uid })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        let left = taken.get(&self.uid).map_or(0, |own| own.saturating_sub(1));
        if left == 0 {
            taken.remove(&self.uid);
        } else {
            taken.insert(self.uid, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_cannot_take_the_places_of_all() {
        let seats = Arc::new(Seats::default());
        let mut held: Vec<_> = (0..CONNECTIONS_PER_USER).map(|_| seats.take(0)).collect();
        assert!(held.iter().all(Result::is_ok));
        assert!(seats.take(0).is_err_and(|why| why.contains("32")), "root, too");
        assert!(seats.take(1000).is_ok());
        held.pop();
        assert!(seats.take(0).is_ok(), "a place that was left is free again");
        let uids = 1..=u32::try_from(CONNECTIONS_MAX / CONNECTIONS_PER_USER).unwrap_or_default();
        held.extend(uids.flat_map(|uid| (0..CONNECTIONS_PER_USER).map(move |_| uid)).map(|u| seats.take(u)));
        assert_eq!(held.iter().filter(|seat| seat.is_ok()).count(), CONNECTIONS_MAX);
        assert!(seats.take(5000).is_err_and(|why| why.contains("256")));
        held.clear();
        assert!(seats.taken().is_empty());
    }
}
