//! What waits for the store: answers to REGISTER, and CDRs until they are on disk.

use crate::Ticket;
use crate::exchange::{Exchange, Timer};
use crate::limits::{OUTBOX_MAX, STORE_RETRY};
use crate::record::{Record, Severity};
use switchroom_sip::time::Now;

impl Exchange {
    pub(crate) fn on_stored(&mut self, now: Now, tickets: &[Ticket]) {
        for ticket in tickets {
            self.outbox.remove(ticket);
            if let Some(waiting) = self.registers_waiting.remove(ticket) {
                self.confirm_register(now, &waiting);
            }
        }
    }

    /// The store is in trouble, which it raises an alarm for itself. Phones are served from memory meanwhile.
    pub(crate) fn on_not_stored(&mut self, now: Now, tickets: &[Ticket]) {
        for ticket in tickets {
            if let Some(waiting) = self.registers_waiting.remove(ticket) {
                self.confirm_register(now, &waiting);
            }
            if let Some(cdr) = self.outbox.remove(ticket) {
                if self.retry.len() < OUTBOX_MAX {
                    self.retry.push(*cdr);
                } else {
                    let state = Some((
                        Severity::Crit,
                        "call records are being lost: the store takes none".to_owned(),
                    ));
                    self.set_alarm(now, "cdr_lost", state, None);
                }
                self.timers.set(Timer::Outbox, now.mono.after(STORE_RETRY));
            }
        }
    }

    pub(crate) fn retry_outbox(&mut self) {
        for cdr in std::mem::take(&mut self.retry) {
            let cdr = Box::new(cdr);
            let ticket = self.persist(Record::Cdr(cdr.clone()));
            self.outbox.insert(ticket, cdr);
        }
    }
}
