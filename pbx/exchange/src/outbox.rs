//! What waits for the store: answers to REGISTER, to users and to who wants to be called back, and CDRs, bindings and messages until they are on disk.
//! Facts about queues and agents do likewise (`facts.rs`), and so do subscriptions (`subscriptions/kept.rs`).

use crate::Ticket;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::input::{Action, CommandId};
use crate::limits::{BINDINGS_MAX, MESSAGES_MAX, OUTBOX_MAX, REPLIES_WAITING_MAX, STORE_RETRY};
use crate::media::MediaCommand;
use crate::record::{Cdr, Record, Severity};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_sip::time::Now;

/// What a user is told in addition when what was done did not reach the disk.
const NOT_ON_DISK: &str = "; this is not on disk, and a restart would undo it";

/// The alarm that is up while CDRs are given up.
const CDR_LOST: &str = "cdr_lost";

/// An answer to a user that waits for the store.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    text: String,
    /// What is not on disk yet.
    pub(crate) left: BTreeSet<Ticket>,
    /// Everything so far was stored.
    is_kept: bool,
}

/// What the store is told of messages. Of each message only the last word counts.
#[derive(Debug, Default)]
pub(crate) struct MessageWords {
    /// On their way.
    pub(crate) waiting: BTreeMap<Ticket, Record>,
    /// The last of each message that is on its way.
    last: BTreeMap<String, Ticket>,
    /// Those that the store could not keep: offered again.
    pub(crate) unkept: BTreeMap<String, Record>,
}

/// The message that a record is about.
fn message_of(record: &Record) -> Option<&str> {
    match record {
        Record::Message(message) => Some(&message.id),
        Record::MessageGone { id } => Some(id),
        _ => None,
    }
}

impl MessageWords {
    fn hand_over(&mut self, ticket: Ticket, record: &Record) {
        let Some(id) = message_of(record) else { return };
        self.unkept.remove(id);
        self.last.insert(id.to_owned(), ticket);
        self.waiting.insert(ticket, record.clone());
    }

    /// Messages of which an older word would be said after a newer one.
    pub(crate) fn twice(&self) -> impl Iterator<Item = &String> {
        self.unkept.keys().filter(|id| self.last.contains_key(*id))
    }

    /// The store has said its word of one. Gives it, and whether nothing newer is on its way.
    fn answered(&mut self, ticket: Ticket) -> Option<(Record, bool)> {
        let record = self.waiting.remove(&ticket)?;
        let id = message_of(&record)?;
        let is_last = self.last.get(id) == Some(&ticket);
        if is_last {
            self.last.remove(id);
        }
        Some((record, is_last))
    }
}

impl Exchange {
    /// Whether something is to be offered to the store again.
    pub(crate) fn has_unkept(&self) -> bool {
        !self.retry.is_empty()
            || !self.bindings_unkept.is_empty()
            || self.subscriptions.kept.unkept() > 0
            || !self.message_words.unkept.is_empty()
            || !self.fact_words.unkept.is_empty()
    }

    pub(crate) fn rest_outbox(&mut self) {
        if !self.has_unkept() {
            self.timers.cancel(Timer::Outbox);
        }
    }

    /// A record goes to the store. What is said of a message is waited for, and takes the place of what was said before.
    pub(crate) fn note_message(&mut self, ticket: Ticket, record: &Record) {
        self.message_words.hand_over(ticket, record);
        self.rest_outbox();
    }

    /// Answers a user once everything it did is on disk.
    pub(crate) fn reply_once_stored(&mut self, id: CommandId, text: String, left: BTreeSet<Ticket>) {
        if self.replies_waiting.len() >= REPLIES_WAITING_MAX {
            return self.actions.push_back(Action::Reply { id, result: Ok(text + NOT_ON_DISK) });
        }
        self.replies_waiting.insert(id, Reply { text, left, is_kept: true });
    }

    /// The store has said its word of a record: answers who has waited for nothing else.
    fn reply_about(&mut self, ticket: Ticket, is_kept: bool) {
        for reply in self.replies_waiting.values_mut() {
            if reply.left.remove(&ticket) {
                reply.is_kept &= is_kept;
            }
        }
        while let Some(id) = self.replies_waiting.iter().find(|(_, r)| r.left.is_empty()).map(|(id, _)| *id) {
            let Some(reply) = self.replies_waiting.remove(&id) else { continue };
            let text = if reply.is_kept { reply.text } else { reply.text + NOT_ON_DISK };
            self.actions.push_back(Action::Reply { id, result: Ok(text) });
        }
    }

    /// Hands a CDR to the store and keeps it until the store has it. At the bound the oldest is given up.
    pub(crate) fn hand_over(&mut self, now: Now, cdr: Box<Cdr>) {
        if self.outbox.len() + self.retry.len() >= OUTBOX_MAX {
            if self.retry.pop_front().is_none() {
                self.outbox.pop_first();
            }
            self.rest_outbox();
            let text = "call records are being lost: the store takes none".to_owned();
            self.set_alarm(now, CDR_LOST, Some((Severity::Crit, text)), None);
        }
        let ticket = self.persist(Record::Cdr(cdr.clone()));
        self.outbox.insert(ticket, cdr);
    }

    /// Hands the present state of a binding to the store, and again if the store could not keep it.
    pub(crate) fn keep_binding(&mut self, extension: &str, key: &str) -> Ticket {
        let record = match self.registrar.get(extension, key) {
            Some(binding) => Record::Binding(binding.record.clone()),
            None => Record::BindingGone { extension: extension.to_owned(), key: key.to_owned() },
        };
        let ticket = self.persist(record);
        self.bindings_waiting.insert(ticket, (extension.to_owned(), key.to_owned()));
        ticket
    }

    pub(crate) fn on_stored(&mut self, now: Now, tickets: &[Ticket]) {
        for ticket in tickets {
            self.outbox.remove(ticket);
            self.bindings_waiting.remove(ticket);
            self.subscription_stored(now, *ticket, true);
            self.fact_stored(*ticket);
            self.call_back_asked(now, *ticket, true);
            if let Some((Record::MessageGone { id }, _)) = self.message_words.answered(*ticket) {
                // Not before: after a restart a message would be there without its file.
                self.media(MediaCommand::DropMessage { message: id });
            }
            self.reply_about(*ticket, true);
            if let Some(waiting) = self.registers_waiting.remove(ticket) {
                self.confirm_register(now, &waiting);
            }
        }
        if self.outbox.len() + self.retry.len() < OUTBOX_MAX {
            self.set_alarm(now, CDR_LOST, None, None);
        }
        self.facts_are_kept(now);
    }

    /// The store is in trouble, which it raises an alarm for itself. Phones are served from memory meanwhile.
    pub(crate) fn on_not_stored(&mut self, now: Now, tickets: &[Ticket]) {
        for ticket in tickets {
            self.reply_about(*ticket, false);
            self.subscription_stored(now, *ticket, false);
            self.fact_not_stored(now, *ticket);
            self.call_back_asked(now, *ticket, false);
            if let Some(waiting) = self.registers_waiting.remove(ticket) {
                self.confirm_register(now, &waiting);
            }
            if let Some(binding) = self.bindings_waiting.remove(ticket)
                && self.bindings_unkept.len() < BINDINGS_MAX
            {
                self.bindings_unkept.insert(binding);
                self.timers.set(Timer::Outbox, now.mono.after(STORE_RETRY));
            }
            if let Some((record, true)) = self.message_words.answered(*ticket)
                && let Some(id) = message_of(&record).map(str::to_owned)
                && self.message_words.unkept.len() < MESSAGES_MAX
            {
                self.message_words.unkept.insert(id, record);
                self.timers.set(Timer::Outbox, now.mono.after(STORE_RETRY));
            }
            if let Some(cdr) = self.outbox.remove(ticket) {
                self.retry.push_back(*cdr);
                self.timers.set(Timer::Outbox, now.mono.after(STORE_RETRY));
            }
        }
    }

    pub(crate) fn retry_outbox(&mut self, now: Now) {
        for cdr in std::mem::take(&mut self.retry) {
            let cdr = Box::new(cdr);
            let ticket = self.persist(Record::Cdr(cdr.clone()));
            self.outbox.insert(ticket, cdr);
        }
        for (extension, key) in std::mem::take(&mut self.bindings_unkept) {
            self.keep_binding(&extension, &key);
        }
        self.retry_subscriptions(now);
        for record in std::mem::take(&mut self.message_words.unkept).into_values() {
            self.persist(record);
        }
        self.retry_facts(now);
    }
}
