//! What happened to queues and agents, until it is on disk: every figure after a restart is made of it.
//!
//! Each fact has its place in the journal from the begin, and is found by that, so one that the store refused and takes later
//! stands where it belongs.

use crate::Ticket;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::{FACTS_AT_ONCE, FACTS_WAITING_MAX, STORE_RETRY};
use crate::record::{Record, Severity};
use std::collections::BTreeMap;
use switchroom_acd::Fact;
use switchroom_sip::time::Now;

/// The alarm that is up while facts are given up.
const FACTS_LOST: &str = "facts_lost";

/// Facts that are not known to be on disk.
#[derive(Debug, Default)]
pub(crate) struct FactWords {
    /// With the store.
    pub(crate) waiting: BTreeMap<Ticket, (u64, Box<Fact>)>,
    /// What the store could not keep, by its place: offered again, in order.
    pub(crate) unkept: BTreeMap<u64, Box<Fact>>,
    /// Given up since the start.
    pub(crate) lost: u64,
}

impl FactWords {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.waiting.len() + self.unkept.len()
    }
}

impl Exchange {
    /// Hands a fact to the store and keeps it until the store has it. At the bound the oldest is given up.
    pub(crate) fn hand_over_fact(&mut self, now: Now, seq: u64, fact: Box<Fact>) -> Ticket {
        if self.fact_words.count() >= FACTS_WAITING_MAX {
            self.give_up_fact(now);
        }
        self.offer_fact(seq, fact)
    }

    fn offer_fact(&mut self, seq: u64, fact: Box<Fact>) -> Ticket {
        let ticket = self.persist(Record::Floor { seq, fact: fact.clone() });
        self.fact_words.waiting.insert(ticket, (seq, fact));
        ticket
    }

    fn give_up_fact(&mut self, now: Now) {
        if self.fact_words.unkept.pop_first().is_none() {
            self.fact_words.waiting.pop_first();
        }
        self.fact_words.lost += 1;
        let text = format!(
            "{} facts about queues and agents are lost: the store takes none; after a restart figures will lack them",
            self.fact_words.lost
        );
        self.set_alarm(now, FACTS_LOST, Some((Severity::Crit, text)), None);
        self.rest_outbox();
    }

    /// The store has a fact, or something else.
    pub(crate) fn fact_stored(&mut self, ticket: Ticket) {
        self.fact_words.waiting.remove(&ticket);
    }

    /// No facts are being lost any more. Those that were are missing all the same.
    pub(crate) fn facts_are_kept(&mut self, now: Now) {
        if self.fact_words.count() < FACTS_WAITING_MAX {
            self.set_alarm(now, FACTS_LOST, None, None);
        }
    }

    /// The store could not keep a fact, or something else.
    pub(crate) fn fact_not_stored(&mut self, now: Now, ticket: Ticket) {
        let Some((seq, fact)) = self.fact_words.waiting.remove(&ticket) else { return };
        self.fact_words.unkept.insert(seq, fact);
        self.timers.set(Timer::Outbox, now.mono.after(STORE_RETRY));
    }

    /// Offers to the store again what it could not keep: the oldest first, and no more at once than leaves room for all else.
    pub(crate) fn retry_facts(&mut self, now: Now) {
        for _ in 0..FACTS_AT_ONCE {
            let Some((seq, fact)) = self.fact_words.unkept.pop_first() else { return };
            self.offer_fact(seq, fact);
        }
        if !self.fact_words.unkept.is_empty() {
            self.timers.set(Timer::Outbox, now.mono.after(STORE_RETRY));
        }
    }
}
