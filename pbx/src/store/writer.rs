//! The store thread: gathers records into batches, writes them, acknowledges them, and keeps going when it cannot.

use super::index::{self, Index, IndexError};
use super::journal::{Journal, LINE_BYTES_MAX};
use super::{Message, OnEvent, Shared, StoreEvent, open, schema};
use crate::clock;
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use switchroom_exchange::{Record, Ticket};

/// Records written and made durable together.
const BATCH_MAX: usize = 256;
/// How long a batch may wait for more when nobody waits for its acknowledgement.
const GATHER_MAX: Duration = Duration::from_millis(10);
/// How long when somebody does.
const GATHER_TICKET_MAX: Duration = Duration::from_millis(2);
/// Records kept in memory while the journal cannot be written; beyond it the oldest are lost, and counted.
pub(super) const BACKLOG_MAX: usize = 10_000;

/// Facts that are thrown away at once: what a batch waits for meanwhile is a few milliseconds.
pub(super) const PRUNE_MAX: usize = 200;
/// How long it rests when nothing is old enough, in waits of the journal.
const PRUNE_RETRY: u32 = 600;

/// An index on disk is tried again after so many times the wait of the journal: it costs a reading of the journal.
const INDEX_RETRY: u32 = 60;

/// What the thread owns.
pub(super) struct Writer {
    dir: PathBuf,
    journal: Journal,
    shared: Arc<Shared>,
    on_event: OnEvent,
    /// Records that the journal did not take.
    backlog: VecDeque<Record>,
    /// Records that the backlog did not take, since the trouble began.
    lost: u64,
    /// Why the journal cannot be written.
    journal_trouble: Option<String>,
    /// Why the index is in memory only.
    index_trouble: Option<String>,
    retry: Duration,
    /// When the journal is tried again, microseconds of the monotonic clock.
    retry_at_us: u64,
    /// When an index on disk is tried again.
    index_retry_at_us: u64,
    /// When facts that are too old are looked for again.
    prune_at_us: u64,
    /// Overflows already told.
    overflows_told: u64,
}

impl Writer {
    pub(super) fn new(
        dir: &Path,
        journal: Journal,
        shared: Arc<Shared>,
        on_event: OnEvent,
        index_trouble: Option<String>,
        retry_ms: u64,
    ) -> Self {
        Self {
            dir: dir.to_owned(),
            journal,
            shared,
            on_event,
            backlog: VecDeque::new(),
            lost: 0,
            journal_trouble: None,
            index_trouble,
            retry: Duration::from_millis(retry_ms),
            retry_at_us: 0,
            index_retry_at_us: 0,
            prune_at_us: 0,
            overflows_told: 0,
        }
    }

    /// Works until it is told to stop or nobody can tell it anything any more.
    pub(super) fn run(&mut self, receiver: &Receiver<Message>) {
        if self.index_trouble.is_some() {
            self.index_retry_at_us = self.later(INDEX_RETRY);
            self.tell_trouble();
        }
        let mut stop = false;
        while !stop {
            let mut batch = Vec::new();
            stop = self.gather(receiver, &mut batch);
            self.tell_refused();
            if self.shared.suspect.swap(false, Ordering::AcqRel) {
                self.replace_index("a record in it is damaged");
            }
            if !batch.is_empty() {
                self.write(batch);
            }
            if self.journal_trouble.is_some() && clock::mono_us() >= self.retry_at_us {
                self.write_backlog();
            }
            let index_due = self.index_trouble.is_some() && clock::mono_us() >= self.index_retry_at_us;
            if !stop && clock::mono_us() >= self.prune_at_us {
                self.prune_facts();
            }
            if index_due && self.journal_trouble.is_none() && !stop {
                self.restore_index();
            }
        }
    }

    /// So many retries from now, microseconds of the monotonic clock.
    fn later(&self, retries: u32) -> u64 {
        let wait_us = u64::try_from((self.retry * retries).as_micros()).unwrap_or(u64::MAX);
        clock::mono_us().saturating_add(wait_us)
    }

    /// Waits for records; returns whether to stop after them.
    fn gather(&self, receiver: &Receiver<Message>, batch: &mut Vec<(Option<Ticket>, Record)>) -> bool {
        let mut wait = self.retry;
        let mut ticketed = false;
        loop {
            match receiver.recv_timeout(wait) {
                Ok(Message::Put(ticket, record)) => {
                    self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
                    if batch.is_empty() {
                        wait = GATHER_MAX;
                    }
                    if ticket.is_some() && !ticketed {
                        ticketed = true;
                        wait = GATHER_TICKET_MAX;
                    }
                    batch.push((ticket, *record));
                    if batch.len() >= BATCH_MAX {
                        return false;
                    }
                    // Each further record finds less patience, so that a steady stream cannot hold a batch open.
                    wait = wait.mul_f32(0.75);
                }
                Err(RecvTimeoutError::Timeout) => return false,
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
            }
        }
    }

    fn write(&mut self, batch: Vec<(Option<Ticket>, Record)>) {
        let tickets: Vec<Ticket> = batch.iter().filter_map(|(ticket, _)| *ticket).collect();
        if self.journal_trouble.is_some() {
            // Order is kept: what came first is written first.
            self.keep(batch);
            self.answer(StoreEvent::NotStored(tickets));
            return;
        }
        let records: Vec<&Record> = batch.iter().map(|(_, record)| record).collect();
        match self.journal.append(&records) {
            Ok(too_long) => {
                self.apply(&records, &too_long);
                // A record that is too long is answered like the others: it would be offered again for ever, and
                // never be shorter. That it was dropped is told by a notice.
                self.answer(StoreEvent::Stored(tickets));
            }
            Err(error) => {
                self.trouble(&error);
                self.tell_trouble();
                self.keep(batch);
                self.answer(StoreEvent::NotStored(tickets));
            }
        }
    }

    fn trouble(&mut self, error: &io::Error) {
        self.journal_trouble = Some(error.to_string());
        self.retry_at_us = self.later(1);
    }

    /// Puts records into the bounded backlog, but for CDRs with a ticket: the exchange keeps those itself and offers
    /// them again, so that each would be here once more with each offer and push out others.
    fn keep(&mut self, batch: Vec<(Option<Ticket>, Record)>) {
        for (ticket, record) in batch {
            if ticket.is_some() && matches!(record, Record::Cdr(_)) {
                continue;
            }
            if self.backlog.len() >= BACKLOG_MAX {
                self.backlog.pop_front();
                self.lost += 1;
            }
            self.backlog.push_back(record);
        }
    }

    /// Tries to write what the journal did not take.
    fn write_backlog(&mut self) {
        while !self.backlog.is_empty() {
            let records: Vec<&Record> = self.backlog.iter().take(BATCH_MAX).collect();
            let count = records.len();
            match self.journal.append(&records) {
                Ok(too_long) => {
                    let written: Vec<Record> = self.backlog.drain(..count).collect();
                    self.apply(&written.iter().collect::<Vec<_>>(), &too_long);
                }
                Err(error) => {
                    self.trouble(&error);
                    return;
                }
            }
        }
        if self.journal_trouble.take().is_some() {
            let lost = std::mem::take(&mut self.lost);
            if lost > 0 {
                self.notice(format!("{lost} records were lost while the journal could not be written"));
            }
            self.tell_trouble();
        }
    }

    /// Applies what is in the journal to the index, and names what is not, being too long. An index that fails is
    /// replaced by one in memory.
    fn apply(&mut self, records: &[&Record], too_long: &[usize]) {
        for record in too_long.iter().filter_map(|place| records.get(*place)) {
            let name = name_of(record);
            self.notice(format!("{name} is longer than {LINE_BYTES_MAX} bytes and was dropped"));
        }
        let written = records.iter().enumerate().filter(|(place, _)| !too_long.contains(place));
        let Some(index) = self.shared.index() else { return };
        let applied = self.journal.next_seq().saturating_sub(1);
        if let Err(error) = apply_all(&*index, written.map(|(_, record)| *record), applied) {
            drop(index);
            self.replace_index(&error.to_string());
        }
    }

    /// Throws away some of the facts that are older than they are kept.
    fn prune_facts(&mut self) {
        let keep_ms = self.shared.keep_facts_ms.load(Ordering::Relaxed);
        let Some(index) = self.shared.index().filter(|_| keep_ms < i64::MAX) else { return };
        match index::prune_facts(&*index, clock::wall_ms().saturating_sub(keep_ms), PRUNE_MAX) {
            // There are more; records that came meanwhile go first.
            Ok(PRUNE_MAX) => self.prune_at_us = clock::mono_us(),
            Ok(_) => self.prune_at_us = self.later(PRUNE_RETRY),
            Err(error) => {
                self.prune_at_us = self.later(PRUNE_RETRY);
                drop(index);
                self.replace_index(&error.to_string());
            }
        }
    }

    /// Makes an index on disk again, if there is room by now.
    fn restore_index(&mut self) {
        match open::reopen_index(&self.dir, &self.journal) {
            Ok(index) => {
                self.shared.set_index(Some(index));
                self.index_trouble = None;
                self.tell_trouble();
            }
            Err(error) => {
                tracing::warn!("store: still no index on disk: {error}");
                self.index_retry_at_us = self.later(INDEX_RETRY);
            }
        }
    }

    /// Goes on with an index in memory, made from the journal, until one on disk can be made again.
    fn replace_index(&mut self, why: &str) {
        if self.index_trouble.is_some() {
            return;
        }
        open::note_suspect(&self.dir);
        match open::memory_from(&self.journal) {
            Ok(index) => {
                self.shared.set_index(Some(index));
                self.index_trouble = Some(why.to_owned());
                self.index_retry_at_us = self.later(INDEX_RETRY);
                self.tell_trouble();
            }
            Err(error) => self.notice(format!("the index failed ({why}) and could not be replaced: {error}")),
        }
    }

    /// Says what is wrong now, or that nothing is any more.
    fn tell_trouble(&self) {
        let mut parts = Vec::new();
        if let Some(why) = &self.journal_trouble {
            parts.push(format!(
                "the journal in {} cannot be written ({why}); records are kept in memory, free some space",
                self.dir.display()
            ));
        }
        if let Some(why) = &self.index_trouble {
            parts.push(index_text(why));
        }
        if parts.is_empty() {
            self.shared.set_health("ok".into());
            tracing::info!("store: recovered");
            (self.on_event)(StoreEvent::Recovered);
        } else {
            let text = parts.join("; ");
            self.shared.set_health(text.clone());
            tracing::error!("store: {text}");
            (self.on_event)(StoreEvent::Degraded(text));
        }
    }

    fn notice(&self, text: String) {
        tracing::warn!("store: {text}");
        (self.on_event)(StoreEvent::Notice(text));
    }

    fn answer(&self, event: StoreEvent) {
        if !matches!(&event, StoreEvent::Stored(t) | StoreEvent::NotStored(t) if t.is_empty()) {
            (self.on_event)(event);
        }
    }

    /// Answers for the records that found the queue full.
    fn tell_refused(&mut self) {
        let overflowed = self.shared.overflowed.load(Ordering::Relaxed);
        if overflowed == self.overflows_told {
            return;
        }
        let refused =
            std::mem::take(&mut *self.shared.refused.lock().unwrap_or_else(PoisonError::into_inner));
        self.notice(format!(
            "{} records were lost: they came faster than the disk takes them",
            overflowed - self.overflows_told
        ));
        self.overflows_told = overflowed;
        self.answer(StoreEvent::NotStored(refused));
    }

    /// Writes what can be written and leaves the index in order.
    pub(super) fn close(&mut self) {
        self.write_backlog();
        self.tell_refused();
        let Some(index) = self.shared.index() else { return };
        self.shared.set_index(None);
        let flushed = index.flush();
        drop(index);
        match (flushed, &self.index_trouble) {
            (Ok(()), None) => open::note_clean(&self.dir),
            (Err(error), None) => tracing::error!("store: the index could not be written out: {error}"),
            (_, Some(_)) => {}
        }
        let left = self.backlog.len();
        if left > 0 {
            self.notice(format!("{left} records were lost: the journal could not be written to the end"));
        }
    }
}

/// Says that the index is in memory, and why.
pub(super) fn index_text(why: &str) -> String {
    format!("the index on disk cannot be used ({why}); it is in memory until one can be made again")
}

/// What a record is, for a notice.
fn name_of(record: &Record) -> String {
    match record {
        Record::Binding(binding) => format!("the binding of {}", binding.extension),
        Record::BindingGone { extension, .. } => format!("the end of a binding of {extension}"),
        Record::Subscription(subscription) => format!("a subscription of {}", subscription.extension),
        Record::SubscriptionGone { .. } => "the end of a subscription".into(),
        Record::CallOpen(open) => format!("the start of call {}", open.call),
        Record::Cdr(cdr) => format!("the CDR of call {}", cdr.call),
        Record::Event(event) => format!("the event {} number {}", event.name, event.seq),
        Record::Recording(facts) => format!("the entry of the recording {}", facts.file),
        Record::Message(message) => format!("the entry of the message {}", message.id),
        Record::Floor { fact, .. } => format!("what happened to queues and agents at {}", fact.at_ms()),
        Record::MessageGone { id } => format!("the end of the message {id}"),
        Record::RecordingGone { call } => format!("the end of the recording of call {call}"),
        Record::RecordingHeld { call, .. } => format!("whether the recording of call {call} is held"),
    }
}

fn apply_all<'a>(
    index: &dyn Index,
    records: impl Iterator<Item = &'a Record>,
    applied: u64,
) -> Result<(), IndexError> {
    for record in records {
        index::apply(index, record)?;
    }
    index::set_meta(index, schema::META_APPLIED, applied)
}
