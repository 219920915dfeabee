//! Mailboxes: messages that callers left, until they are deleted or too old.
//!
//! The media engine has the sound; what is known of it is here, and in the store. A message counts once its file is
//! closed: what was being recorded when the exchange stopped is not one.

use crate::CallId;
use crate::exchange::{Exchange, Timer};
use crate::limits::{MESSAGES_MAX, MESSAGES_PURGED};
use crate::media::{MediaCommand, MessageFacts, Taken};
use crate::record::{EventKind, MessageRecord, Party, Record, Severity};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_sip::time::Now;

/// A message whose file is not closed yet: what it will be.
#[derive(Debug, Clone)]
pub(crate) struct Unfinished {
    pub(crate) call: CallId,
    pub(crate) from: Party,
    /// The box; none for what a flow records for itself.
    pub(crate) mailbox: Option<String>,
    /// It was given up: its file goes.
    pub(crate) is_dropped: bool,
}

/// All messages.
#[derive(Debug, Default)]
pub(crate) struct Mailboxes {
    messages: BTreeMap<String, MessageRecord>,
    /// The messages of each box that has some: phones ask for their number all day.
    by_box: BTreeMap<String, BTreeSet<String>>,
    pub(crate) unfinished: BTreeMap<String, Unfinished>,
}

impl Mailboxes {
    pub(crate) fn restore(messages: Vec<MessageRecord>) -> Self {
        let mut this = Self::default();
        for message in messages {
            this.put(message);
        }
        this
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &MessageRecord> {
        self.messages.values()
    }

    fn put(&mut self, message: MessageRecord) {
        if let Some(mailbox) = &message.mailbox {
            self.by_box.entry(mailbox.clone()).or_default().insert(message.id.clone());
        }
        self.messages.insert(message.id.clone(), message);
    }

    fn remove(&mut self, id: &str) -> Option<MessageRecord> {
        let gone = self.messages.remove(id)?;
        if let Some(mailbox) = &gone.mailbox
            && let Some(ids) = self.by_box.get_mut(mailbox)
        {
            ids.remove(id);
            if ids.is_empty() {
                self.by_box.remove(mailbox);
            }
        }
        Some(gone)
    }

    fn in_box(&self, mailbox: &str) -> impl Iterator<Item = &MessageRecord> {
        self.by_box.get(mailbox).into_iter().flatten().filter_map(|id| self.messages.get(id))
    }

    /// The messages of a box: new ones first, the oldest first among them.
    pub(crate) fn of(&self, mailbox: &str) -> Vec<&MessageRecord> {
        let mut found: Vec<_> = self.in_box(mailbox).collect();
        found.sort_by_key(|m| (!m.is_new, m.at_ms, m.id.clone()));
        found
    }

    /// (new, old) messages of a box.
    pub(crate) fn counts(&self, mailbox: &str) -> (usize, usize) {
        self.in_box(mailbox)
            .fold((0, 0), |(new, old), m| if m.is_new { (new + 1, old) } else { (new, old + 1) })
    }

    /// Boxes and the ids of their messages, as the index has them.
    pub(crate) fn indexed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by_box
            .iter()
            .flat_map(|(mailbox, ids)| ids.iter().map(move |id| (mailbox.as_str(), id.as_str())))
    }
}

#[cfg(test)]
impl Mailboxes {
    pub(crate) fn misplace(&mut self) {
        let all = std::mem::take(&mut self.by_box).into_values().next().unwrap_or_default();
        self.by_box.insert("elsewhere".into(), all);
    }
}

impl Exchange {
    /// The messages of a box: new ones first, the oldest first among them.
    pub fn messages_of(&self, mailbox: &str) -> Vec<&MessageRecord> {
        self.mailboxes.of(mailbox)
    }

    /// A message that is not deleted.
    pub fn message(&self, id: &str) -> Option<&MessageRecord> {
        self.mailboxes.messages.get(id)
    }

    /// A message's file is closed, or there is none.
    pub(crate) fn on_message_taken(&mut self, now: Now, id: &str, taken: Taken, why: &str) {
        let Some(unfinished) = self.mailboxes.unfinished.remove(id) else {
            // Nobody asked for it any more, as after a restart: nothing may lie about that nobody knows of.
            if taken.kept().is_some() {
                self.media(MediaCommand::DropMessage { message: id.to_owned() });
            }
            return;
        };
        let has_failed = taken == Taken::Failed;
        let kept = taken.kept().filter(|_| !unfinished.is_dropped);
        match &kept {
            Some(facts) => self.keep_message(now, id, &unfinished, facts),
            None if has_failed && !unfinished.is_dropped => {
                let text = format!("a message was not kept: {why}");
                let call = Some(unfinished.call).filter(|call| self.calls.contains_key(call));
                self.event(now, EventKind::Recording, Severity::Warn, call, "", "message_failed", text);
            }
            None => {}
        }
        self.message_ended(now, unfinished.call, id, kept.is_some());
    }

    fn keep_message(&mut self, now: Now, id: &str, unfinished: &Unfinished, facts: &MessageFacts) {
        let message = MessageRecord {
            id: id.to_owned(),
            mailbox: unfinished.mailbox.clone(),
            call: unfinished.call,
            from: unfinished.from.clone(),
            at_ms: now.wall.0,
            length_ms: facts.length_ms,
            file: facts.file.clone(),
            bytes: facts.bytes,
            sha256: facts.sha256.clone(),
            is_new: true,
        };
        let subject = message.mailbox.clone().unwrap_or_default();
        let seconds = facts.length_ms.div_ceil(1000);
        let text = match &message.mailbox {
            Some(mailbox) => {
                format!("{} left a message of {seconds} s in box {mailbox}", message.from.number)
            }
            None => format!("{} was recorded for {seconds} s", message.from.number),
        };
        let call = Some(unfinished.call).filter(|call| self.calls.contains_key(call));
        self.event(now, EventKind::Call, Severity::Info, call, &subject, "message_left", text);
        self.write_message(message);
        self.purge_messages(now);
        self.mailbox_changed(now, &subject);
    }

    fn write_message(&mut self, message: MessageRecord) {
        self.persist(Record::Message(Box::new(message.clone())));
        self.mailboxes.put(message);
    }

    /// Somebody listened to a message.
    pub(crate) fn message_heard(&mut self, now: Now, id: &str) {
        let Some(message) = self.mailboxes.messages.get(id).filter(|m| m.is_new).cloned() else { return };
        let mailbox = message.mailbox.clone().unwrap_or_default();
        self.write_message(MessageRecord { is_new: false, ..message });
        self.mailbox_changed(now, &mailbox);
    }

    /// A message is thrown away: its file, too, once the store knows. False if there is none of that id.
    pub(crate) fn message_deleted(&mut self, now: Now, id: &str) -> bool {
        let Some(message) = self.mailboxes.remove(id) else { return false };
        self.persist(Record::MessageGone { id: id.to_owned() });
        if self.mailboxes.all().next().is_none() {
            self.timers.cancel(Timer::Messages);
        }
        self.mailbox_changed(now, &message.mailbox.unwrap_or_default());
        true
    }

    fn mailbox_changed(&mut self, now: Now, mailbox: &str) {
        if self.config.extensions.contains_key(mailbox) {
            self.tell_watchers(now, mailbox);
            self.extension_changed(mailbox.to_owned());
        }
    }

    /// Throws away what is older than its box keeps, and what is too much for all boxes: what was heard first, the oldest
    /// first.
    pub(crate) fn purge_messages(&mut self, now: Now) {
        let is_old = |m: &MessageRecord| {
            let config = m.mailbox.as_ref().and_then(|name| self.config.inbound.mailboxes.get(name));
            let age_ms = u128::try_from(now.wall.0.saturating_sub(m.at_ms)).unwrap_or(0);
            config.is_some_and(|config| !config.keep.is_zero() && age_ms > config.keep.as_millis())
        };
        let mut gone: Vec<String> =
            self.mailboxes.all().filter(|m| is_old(m)).map(|m| m.id.clone()).collect();
        let left = self.mailboxes.messages.len().saturating_sub(gone.len());
        if left > MESSAGES_MAX {
            let mut order: Vec<_> = self.mailboxes.all().filter(|m| !gone.contains(&m.id)).collect();
            order.sort_by_key(|m| (m.is_new, m.at_ms));
            let surplus: Vec<String> = order.iter().take(left - MESSAGES_MAX).map(|m| m.id.clone()).collect();
            gone.extend(surplus);
        }
        for id in &gone {
            self.message_deleted(now, id);
        }
        if self.mailboxes.messages.is_empty() {
            self.timers.cancel(Timer::Messages);
        } else {
            self.timers.set(Timer::Messages, now.mono.after(MESSAGES_PURGED));
        }
    }
}
