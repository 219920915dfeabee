//! Messages and the store: what the store confirmed of them, and when their files go.

use super::{Checker, Verdict, broken};
use crate::sim::store::Flushed;
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_exchange::{Action, MediaCommand, MessageRecord, Record, Ticket};

/// What the store said of messages is so: what it confirmed is on disk, also after a crash; a file goes once its message is
/// surely gone; and at rest, whatever it refused meanwhile, the disk has the messages that there are.
#[derive(Debug, Default)]
pub(super) struct StoredIsConfirmed {
    /// On its way: the message, or that it is gone.
    waiting: BTreeMap<Ticket, (String, Option<MessageRecord>)>,
    /// What the store confirmed last of each message.
    confirmed: BTreeMap<String, Option<MessageRecord>>,
    /// Being recorded when the exchange died, and nobody could look at their files since.
    unreadable: BTreeSet<String>,
}

impl StoredIsConfirmed {
    fn hear(&mut self, came: &Came) {
        match came {
            Came::Flushed(Flushed::Stored(tickets)) => {
                for (id, word) in tickets.iter().filter_map(|ticket| self.waiting.remove(ticket)) {
                    self.confirmed.insert(id, word);
                }
            }
            Came::Flushed(Flushed::NotStored(tickets)) => {
                self.waiting.retain(|ticket, _| !tickets.contains(ticket));
            }
            _ => {}
        }
    }
}

/// What a record says of a message; none if nothing.
fn word(record: &Record) -> Option<(String, Option<MessageRecord>)> {
    match record {
        Record::Message(message) => Some((message.id.clone(), Some((**message).clone()))),
        Record::MessageGone { id } => Some((id.clone(), None)),
        _ => None,
    }
}

impl Checker for StoredIsConfirmed {
    fn rule(&self) -> &'static str {
        "what the store confirmed of messages is on disk, their files go after them, and at rest the disk has what there \
         is"
    }

    fn begin(&mut self, world: &World, step: &Step) -> Verdict {
        // What was confirmed to the last one is what this one begins with, or what was on its way then.
        // Of a start that died at once the disk may hold a part already.
        let of_this = step.actions.iter().filter_map(|action| match action {
            Action::Persist { ticket: Some(ticket), record } if step.died => Some((*ticket, word(record)?)),
            _ => None,
        });
        self.waiting.extend(of_this);
        let disk = &world.store.disk.messages;
        for (id, confirmed) in &self.confirmed {
            let found = disk.get(id);
            let was_on_its_way = self.waiting.values().any(|(of, word)| of == id && word.as_ref() == found);
            if found != confirmed.as_ref() && !was_on_its_way {
                return broken(None, format!("message {id} was stored as {confirmed:?} and is {found:?}"));
            }
        }
        let unreadable = world.store.disk.unfinished().filter(|m| !world.cut_off.contains_key(&m.id));
        self.unreadable = unreadable.map(|m| m.id.clone()).collect();
        self.waiting.clear();
        self.confirmed = disk.iter().map(|(id, message)| (id.clone(), Some(message.clone()))).collect();
        Ok(())
    }

    fn step(&mut self, _world: &World, step: &Step) -> Verdict {
        self.hear(&step.came);
        for action in &step.actions {
            match action {
                Action::Persist { ticket: Some(ticket), record } => {
                    self.waiting.extend(word(record).map(|word| (*ticket, word)));
                }
                Action::Media(MediaCommand::DropMessage { message })
                    if matches!(self.confirmed.get(message), Some(Some(_))) =>
                {
                    return broken(None, format!("the file of message {message} goes before the message"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn rest(&mut self, world: &World) -> Verdict {
        let disk = &world.store.disk.messages;
        for (id, message) in disk.iter().filter(|(id, _)| !self.unreadable.contains(*id)) {
            let there = world.exchange.message(id);
            if there != Some(message) {
                return broken(None, format!("message {id} is {there:?}, and on disk {message:?}"));
            }
        }
        for mailbox in world.exchange.config().inbound.mailboxes.keys() {
            let there = world.exchange.messages_of(mailbox);
            if let Some(message) = there.iter().find(|message| !disk.contains_key(&message.id)) {
                return broken(None, format!("{message:?} is not on disk"));
            }
        }
        Ok(())
    }
}
