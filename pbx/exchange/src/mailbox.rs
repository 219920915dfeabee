//! Mailboxes: messages that callers left, until they are deleted or too old.
//!
//! The media engine has the sound; what is known of it is here, and in the store. A message counts once its file is
//! closed. That one is being recorded is written down too: should the exchange stop meanwhile, the next one finds out whose
//! it was, and what is left of it.

use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::{
    CLOCK_DOUBT, CLOCK_FRESH_MS, CLOCK_GAP_MS, MESSAGES_GO_ON, MESSAGES_GONE_MAX, MESSAGES_MAX,
    MESSAGES_PURGED,
};
use crate::media::{MediaCommand, MessageFacts, Taken};
use crate::record::{EventKind, MessageRecord, Party, Record, Severity};
use crate::{CallId, Changed, Ticket};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use switchroom_sip::time::{Mono, Now};

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

impl Unfinished {
    /// What it is while nothing of it is on disk.
    fn record(&self, id: &str, at_ms: i64) -> MessageRecord {
        MessageRecord {
            id: id.to_owned(),
            mailbox: self.mailbox.clone(),
            call: self.call,
            from: self.from.clone(),
            at_ms,
            length_ms: 0,
            file: String::new(),
            bytes: 0,
            sha256: String::new(),
            is_new: true,
            is_unfinished: true,
        }
    }
}

impl MessageRecord {
    /// The message, now that its file is closed.
    fn closed(self, facts: &MessageFacts) -> Self {
        Self {
            length_ms: facts.length_ms,
            file: facts.file.clone(),
            bytes: facts.bytes,
            sha256: facts.sha256.clone(),
            is_unfinished: false,
            ..self
        }
    }

    /// What is told of it when it was left.
    fn told(&self) -> String {
        let (from, seconds) = (&self.from.number, self.length_ms.div_ceil(1000));
        match &self.mailbox {
            Some(mailbox) => format!("{from} left a message of {seconds} s in box {mailbox}"),
            None => format!("{from} was recorded for {seconds} s"),
        }
    }
}

/// All messages.
#[derive(Debug, Default)]
pub(crate) struct Mailboxes {
    messages: BTreeMap<String, MessageRecord>,
    /// The messages of each box that has some: phones ask for their number all day.
    by_box: BTreeMap<String, BTreeSet<String>>,
    pub(crate) unfinished: BTreeMap<String, Unfinished>,
    /// Since when the clock is doubted.
    doubted: Option<Mono>,
}

impl Mailboxes {
    /// How many messages there are in all boxes.
    pub(crate) fn count(&self) -> usize {
        self.messages.len()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &MessageRecord> {
        self.messages.values()
    }

    /// Whether the clock stands so far ahead of when messages were left that none is thrown away for its age, for a day: by
    /// then it is right, or nobody minds. The messages of the last day tell nothing: they have the same clock.
    fn doubts_clock(&mut self, now: Now) -> bool {
        let is_fresh = |at_ms: &i64| *at_ms > now.wall.0.saturating_sub(CLOCK_FRESH_MS);
        let (fresh, older): (Vec<i64>, Vec<i64>) =
            self.all().map(|message| message.at_ms).partition(is_fresh);
        let first = fresh.into_iter().min().unwrap_or(now.wall.0);
        let gap = older.into_iter().max().map_or(0, |last| first.saturating_sub(last));
        if gap <= CLOCK_GAP_MS {
            self.doubted = None;
            return false;
        }
        let since = *self.doubted.get_or_insert(now.mono);
        now.mono.since(since) < CLOCK_DOUBT
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

    /// The newest messages of a box or of all, newest first; at most `limit`.
    pub fn newest_messages(&self, mailbox: Option<&str>, limit: usize) -> Vec<&MessageRecord> {
        let mut found: Vec<&MessageRecord> = match mailbox {
            Some(mailbox) => self.mailboxes.in_box(mailbox).collect(),
            None => self.mailboxes.all().collect(),
        };
        let newest_first = |a: &&MessageRecord, b: &&MessageRecord| (b.at_ms, &b.id).cmp(&(a.at_ms, &a.id));
        // There can be many, and few are asked for.
        if limit > 0 && limit < found.len() {
            found.select_nth_unstable_by(limit - 1, newest_first);
        }
        found.truncate(limit);
        found.sort_unstable_by(newest_first);
        found
    }

    /// A message that is not deleted.
    pub fn message(&self, id: &str) -> Option<&MessageRecord> {
        self.mailboxes.messages.get(id)
    }

    /// Takes over the messages that the store knows. Those that were being recorded become messages, or end here, as
    /// their files turned out.
    pub(crate) fn restore_messages(
        &mut self,
        now: Now,
        known: Vec<MessageRecord>,
        cut_off: &BTreeMap<String, Option<MessageFacts>>,
    ) {
        let (unfinished, closed): (Vec<_>, Vec<_>) = known.into_iter().partition(|m| m.is_unfinished);
        for message in closed {
            self.changed.insert(Changed::Message(message.id.clone()));
            self.mailboxes.put(message);
        }
        for message in unfinished {
            match cut_off.get(&message.id) {
                Some(Some(facts)) => self.keep_cut_off(now, message.closed(facts)),
                Some(None) => {
                    self.persist(Record::MessageGone { id: message.id });
                }
                // Nobody could look at its file: it waits for a later start.
                None => {}
            }
        }
        self.purge_messages(now);
    }

    /// A message that was being recorded when the exchange stopped.
    fn keep_cut_off(&mut self, now: Now, message: MessageRecord) {
        let subject = message.mailbox.clone().unwrap_or_default();
        let text = format!("{}; it was cut off when the exchange stopped", message.told());
        self.event(now, EventKind::Call, Severity::Info, None, &subject, "message_left", text);
        self.write_message(message);
        self.mailbox_changed(now, &subject);
    }

    /// A message is going to be recorded.
    pub(crate) fn message_begins(&mut self, now: Now, id: &str, unfinished: Unfinished) {
        self.persist(Record::Message(Box::new(unfinished.record(id, now.wall.0))));
        self.mailboxes.unfinished.insert(id.to_owned(), unfinished);
    }

    /// A message that is being recorded is given up: nothing is to come of it, also if the exchange stops now.
    pub(crate) fn message_given_up(&mut self, id: &str) {
        let Some(unfinished) = self.mailboxes.unfinished.get_mut(id) else { return };
        unfinished.is_dropped = true;
        self.persist(Record::MessageGone { id: id.to_owned() });
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
            None if unfinished.is_dropped => {
                // Its file may have come about all the same: that goes once the store knows.
                self.persist(Record::MessageGone { id: id.to_owned() });
            }
            None => {
                self.persist(Record::MessageGone { id: id.to_owned() });
                if has_failed {
                    let text = format!("a message was not kept: {why}");
                    let call = Some(unfinished.call).filter(|call| self.calls.contains_key(call));
                    self.event(now, EventKind::Recording, Severity::Warn, call, "", "message_failed", text);
                }
            }
        }
        self.message_ended(now, unfinished.call, id, kept.is_some());
    }

    fn keep_message(&mut self, now: Now, id: &str, unfinished: &Unfinished, facts: &MessageFacts) {
        let message = unfinished.record(id, now.wall.0).closed(facts);
        let subject = message.mailbox.clone().unwrap_or_default();
        let text = message.told();
        let call = Some(unfinished.call).filter(|call| self.calls.contains_key(call));
        self.event(now, EventKind::Call, Severity::Info, call, &subject, "message_left", text);
        self.write_message(message);
        if self.mailboxes.messages.len() > MESSAGES_MAX {
            self.purge_messages(now);
        } else if self.timers.get(Timer::Messages).is_none() {
            self.timers.set(Timer::Messages, now.mono.after(MESSAGES_PURGED));
        }
        self.mailbox_changed(now, &subject);
    }

    fn write_message(&mut self, message: MessageRecord) {
        self.persist(Record::Message(Box::new(message.clone())));
        self.changed.insert(Changed::Message(message.id.clone()));
        self.mailboxes.put(message);
    }

    /// Somebody listened to a message.
    pub(crate) fn message_heard(&mut self, now: Now, id: &str) {
        let Some(message) = self.mailboxes.messages.get(id).filter(|m| m.is_new).cloned() else { return };
        let mailbox = message.mailbox.clone().unwrap_or_default();
        self.write_message(MessageRecord { is_new: false, ..message });
        self.mailbox_changed(now, &mailbox);
    }

    /// A message is thrown away: its file, too, once the store knows. `None` if there is none of that id; else what the store
    /// confirms it by.
    pub(crate) fn message_deleted(&mut self, now: Now, id: &str) -> Option<Ticket> {
        let message = self.mailboxes.remove(id)?;
        let ticket = self.persist(Record::MessageGone { id: id.to_owned() });
        self.changed.insert(Changed::Message(id.to_owned()));
        if self.mailboxes.all().next().is_none() {
            self.timers.cancel(Timer::Messages);
        }
        self.mailbox_changed(now, &message.mailbox.unwrap_or_default());
        Some(ticket)
    }

    fn mailbox_changed(&mut self, now: Now, mailbox: &str) {
        if self.config.extensions.contains_key(mailbox) {
            self.tell_watchers(now, mailbox);
            self.extension_changed(mailbox.to_owned());
        }
    }

    /// How long a message is kept; zero for ever, as one whose box is not configured any more.
    fn kept_for(&self, message: &MessageRecord) -> Duration {
        let site = &self.config.inbound;
        match &message.mailbox {
            Some(name) => site.mailboxes.get(name).map_or(Duration::ZERO, |config| config.keep),
            None => site.recorded_keep,
        }
    }

    /// Throws away what is older than its box keeps, and what is too much for all boxes: what was heard first, the oldest
    /// first. Not more at once than the store takes beside everything else.
    pub(crate) fn purge_messages(&mut self, now: Now) {
        let doubts = self.mailboxes.doubts_clock(now);
        let is_old = |m: &MessageRecord| {
            let age_ms = u128::try_from(now.wall.0.saturating_sub(m.at_ms)).unwrap_or(0);
            let keep = self.kept_for(m);
            !keep.is_zero() && age_ms > keep.as_millis()
        };
        let mut gone: Vec<String> =
            self.mailboxes.all().filter(|m| !doubts && is_old(m)).map(|m| m.id.clone()).collect();
        let left = self.mailboxes.messages.len().saturating_sub(gone.len());
        if left > MESSAGES_MAX {
            let mut order: Vec<_> = self.mailboxes.all().filter(|m| !gone.contains(&m.id)).collect();
            order.sort_by_key(|m| (m.is_new, m.at_ms));
            let surplus: Vec<String> = order.iter().take(left - MESSAGES_MAX).map(|m| m.id.clone()).collect();
            gone.extend(surplus);
        }
        let has_more = gone.len() > MESSAGES_GONE_MAX;
        for id in gone.iter().take(MESSAGES_GONE_MAX) {
            self.message_deleted(now, id);
        }
        if has_more {
            self.timers.set(Timer::Messages, now.mono.after(MESSAGES_GO_ON));
        } else if self.mailboxes.messages.is_empty() {
            self.timers.cancel(Timer::Messages);
        } else {
            self.timers.set(Timer::Messages, now.mono.after(MESSAGES_PURGED));
        }
    }
}
