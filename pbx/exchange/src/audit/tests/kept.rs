//! Breaches of what is kept of subscriptions.

use super::{breaks, world};
use crate::due::Timer;
use crate::tests::mwi::subscribe;
use crate::*;

#[test]
fn who_has_too_many_lamps_has_them() {
    breaks(world(), |x| x.subscriptions.refuse_lamps_of("102"), "102 has 0 lamps and is still said to have");
}

/// Who waits for the store is waited for there.
#[test]
fn who_waits_for_the_store_with_a_subscription_is_answered() {
    let waits = || {
        let mut w = world();
        w.store_works = false;
        assert_eq!(subscribe(&mut w, "192.0.2.12:5060"), None);
        w
    };
    breaks(waits(), |x| x.subscriptions.only().awaits = Some(Ticket(9_999)), "waits for ticket 9999");
    breaks(waits(), |x| x.subscriptions.only().pace.is_due = false, "which never comes");
    let w = waits();
    let left = w.x.leftovers();
    assert!(left.iter().any(|one| one == "1 records of subscriptions that wait for the store"), "{left:?}");
    let ticket = *w.x.subscriptions.kept.waiting().next().unwrap();
    breaks(w, |x| x.last_ticket = ticket.0 - 1, "is waited for and was never given out");
    let mut w = waits();
    let tickets = w.x.subscriptions.kept.waiting().copied().collect();
    w.input(Input::NotStored(tickets));
    breaks(w, |x| x.timers.cancel(Timer::Outbox), "1 subscriptions, 0 messages");
}
