//! The store: what happened is appended to a journal, and an index in sled answers questions about it.
//!
//! The journal (`journal.rs`) is the truth. Each batch goes to the journal, is made durable with `fdatasync`, is
//! applied to the index, and only then acknowledged. The index can be thrown away at any time: [`rebuild`] makes it
//! anew. One thread owns all writing; [`Store::put`] never waits for it; questions are answered on the asker's
//! thread. When the disk is full or read-only the store goes on without it and says so.

mod index;
mod journal;
mod memory;
mod open;
mod query;
mod schema;
mod sled_index;
#[cfg(test)]
mod tests;
mod writer;

use index::{Index, IndexError};
use journal::{Disk, Journal, SystemDisk};
use open::DirLock;
pub use query::LOOKED_THROUGH;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;
use switchroom_acd::Decision;
use switchroom_exchange::{BindingRecord, CallId, Cdr, Event, Record, RecordingFacts, Restored, Ticket};

/// Records that may wait for the store thread. A phone's worst second is a few records; this is minutes of a full
/// house.
const QUEUE_MAX: usize = 16_384;
/// Tickets of refused records that may wait to be reported.
const REFUSED_MAX: usize = 1 << 20;

/// What the store tells its owner, from its own thread (notices of opening: from the opener's).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreEvent {
    /// These are on disk and in the index. Or they can never be, being too long for a line of the journal, which a
    /// [`StoreEvent::Notice`] before said: to put them again would be in vain.
    Stored(Vec<Ticket>),
    /// These are not on disk. CDRs are to be put again, with a new ticket; all others are kept in memory and written
    /// when the disk takes them again, if there are not too many. No second answer follows.
    NotStored(Vec<Ticket>),
    /// The journal cannot be written, or the index is in memory only: what, why, what to do.
    Degraded(String),
    /// What [`StoreEvent::Degraded`] said is over.
    Recovered,
    /// Something was found damaged and was repaired or skipped, or records were lost: somebody should read this.
    Notice(String),
}

/// Who is told of [`StoreEvent`]s. Must not wait for anything that waits for the store.
pub type OnEvent = Arc<dyn Fn(StoreEvent) + Send + Sync>;

/// The store cannot be opened or rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process has it.
    #[error("{} is in use by {}", dir.display(), holder_text(*holder))]
    Locked {
        /// The data directory.
        dir: PathBuf,
        /// The process that has it, if its number could be read.
        holder: Option<u32>,
    },
    /// The data directory cannot be used.
    #[error("cannot use {} as data directory: {why}", dir.display())]
    Directory {
        /// The data directory.
        dir: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The journal cannot be read.
    #[error("cannot read the journal: {0}")]
    Journal(String),
    /// The index cannot be made.
    #[error("cannot make the index: {0}")]
    Index(String),
}

fn holder_text(holder: Option<u32>) -> String {
    holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

/// Whether an I/O error means that the disk is full or read-only, which passes, rather than broken.
fn is_no_room(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge
            | io::ErrorKind::ReadOnlyFilesystem
    )
}

enum Message {
    Put(Option<Ticket>, Box<Record>),
    Stop,
}

/// What the store thread and the askers share.
struct Shared {
    /// `None` once closed.
    index: RwLock<Option<Arc<dyn Index>>>,
    health: Mutex<String>,
    /// An asker met damage; the store thread replaces the index.
    suspect: AtomicBool,
    /// Records in the queue.
    waiting: AtomicUsize,
    /// Records that found the queue full.
    overflowed: AtomicU64,
    refused: Mutex<Vec<Ticket>>,
    /// How long facts of queues and agents are kept in the index, milliseconds.
    keep_facts_ms: AtomicI64,
}

impl Shared {
    fn index(&self) -> Option<Arc<dyn Index>> {
        self.index.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_index(&self, index: Option<Arc<dyn Index>>) {
        let old = std::mem::replace(&mut *self.index.write().unwrap_or_else(PoisonError::into_inner), index);
        drop(old);
    }

    fn set_health(&self, health: String) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }

    /// Asks the index; damage is remembered for the store thread and answered with nothing.
    fn ask<T: Default>(&self, question: impl FnOnce(&dyn Index) -> Result<T, IndexError>) -> T {
        let Some(index) = self.index() else { return T::default() };
        question(&*index).unwrap_or_else(|error| {
            tracing::error!("the store's index could not answer: {error}");
            if matches!(error, IndexError::Damaged(_)) {
                self.suspect.store(true, Ordering::Release);
            }
            T::default()
        })
    }
}

/// Settings that only tests change.
#[derive(Clone)]
struct Options {
    disk: Arc<dyn Disk>,
    segment_bytes_max: u64,
    retry_ms: u64,
    /// Pretend that sled cannot be opened for want of room.
    memory_only: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            disk: Arc::new(SystemDisk),
            segment_bytes_max: journal::SEGMENT_BYTES_MAX,
            retry_ms: 1_000,
            memory_only: false,
        }
    }
}

/// A data directory, open. Clones share it; the last one to go closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    sender: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens or creates the data directory `dir`: takes its lock, cuts an unfinished line off the journal, brings
    /// the index up to date and starts the store thread. A full or read-only disk does not keep it from opening.
    ///
    /// # Errors
    /// Another process has the directory; it cannot be created or read.
    pub fn open(dir: &Path, on_event: OnEvent) -> Result<(Self, Restored), StoreError> {
        Self::open_with(dir, on_event, Options::default())
    }

    fn open_with(dir: &Path, on_event: OnEvent, options: Options) -> Result<(Self, Restored), StoreError> {
        let lock = open::lock(dir)?;
        let Options { disk, segment_bytes_max, retry_ms, memory_only } = options;
        let (mut journal, cut) = Journal::open(&dir.join("journal"), disk, segment_bytes_max)
            .map_err(|e| StoreError::Journal(e.to_string()))?;
        let opened = if memory_only {
            open::open_in_memory(&journal, Vec::new(), "no room".into())?
        } else {
            open::open_index(dir, &journal)?
        };
        journal.continue_after(opened.last_seq);
        for notice in cut.into_iter().chain(opened.notices) {
            tracing::warn!("store: {notice}");
            on_event(StoreEvent::Notice(notice));
        }
        let restored = index::restored(&*opened.index).map_err(|e| StoreError::Index(e.to_string()))?;
        let shared = Arc::new(Shared {
            index: RwLock::new(Some(opened.index)),
            health: Mutex::new(opened.degraded.as_deref().map_or_else(|| "ok".into(), writer::index_text)),
            suspect: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            overflowed: AtomicU64::new(0),
            refused: Mutex::new(Vec::new()),
            keep_facts_ms: AtomicI64::new(i64::MAX),
        });
        let (sender, receiver) = sync_channel(QUEUE_MAX);
        let writer = writer::Writer::new(dir, journal, shared.clone(), on_event, opened.degraded, retry_ms);
        let thread = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || run(writer, &receiver, lock))
            .map_err(|e| StoreError::Directory { dir: dir.to_owned(), why: e.to_string() })?;
        Ok((Self { inner: Arc::new(Inner { shared, sender, thread: Mutex::new(Some(thread)) }) }, restored))
    }

    /// Hands over a record; never waits. With a ticket, [`StoreEvent::Stored`] or [`StoreEvent::NotStored`] follows
    /// once. After [`Store::close`] records are dropped.
    pub fn put(&self, ticket: Option<Ticket>, record: Record) {
        let shared = &self.inner.shared;
        // Before the store thread can have taken it.
        shared.waiting.fetch_add(1, Ordering::Relaxed);
        let put = self.inner.sender.try_send(Message::Put(ticket, Box::new(record)));
        if put.is_err() {
            shared.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        match put {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                shared.overflowed.fetch_add(1, Ordering::Relaxed);
                let mut refused = shared.refused.lock().unwrap_or_else(PoisonError::into_inner);
                if refused.len() < REFUSED_MAX {
                    refused.extend(ticket);
                }
            }
            Err(TrySendError::Disconnected(_)) => {
                tracing::error!("a record came after the store was closed");
            }
        }
    }

    /// Whether what can wait may be put now: half of the queue is for what happens. A store that is closed keeps nobody waiting.
    pub fn has_room(&self) -> bool {
        let shared = &self.inner.shared;
        shared.waiting.load(Ordering::Relaxed) < QUEUE_MAX / 2 || shared.index().is_none()
    }

    /// Whether all that was ever put can be asked for: not while the index is in memory, which holds what is newest.
    pub fn is_whole(&self) -> bool {
        self.inner.shared.index().is_some_and(|index| index.is_whole())
    }

    /// Finished calls, newest first; at most `limit` (and 10,000), that ended before `before_ms` (Unix
    /// milliseconds), with `party` as caller, as dialled or as answering number.
    pub fn cdrs(&self, limit: usize, before_ms: Option<i64>, party: Option<&str>) -> Vec<Cdr> {
        self.ask(|index| query::cdrs(index, limit.min(query::ROWS_MAX), before_ms, party))
    }

    /// A finished call by its id or by its short number (the newest with that number).
    pub fn cdr(&self, which: &str) -> Option<Cdr> {
        self.ask(|index| query::cdr(index, which))
    }

    /// The newest `limit` (at most 10,000) events, of one call or all, after `after_ms`; newest last.
    pub fn events(&self, limit: usize, call: Option<CallId>, after_ms: Option<i64>) -> Vec<Event> {
        self.ask(|index| query::events(index, limit.min(query::ROWS_MAX), call, after_ms))
    }

    /// The newest event of that name of each of some calls.
    pub fn last_events(&self, name: &str, calls: &[CallId]) -> Vec<Event> {
        self.ask(|index| query::last_events(index, name, calls))
    }

    /// Recordings, newest first, at most `limit` (and 10,000), with `party` on either side.
    pub fn recordings(&self, limit: usize, party: Option<&str>) -> Vec<RecordingFacts> {
        self.ask(|index| query::recordings(index, limit.min(query::ROWS_MAX), party))
    }

    /// Recordings, oldest first, at most `limit` (and 10,000), after the one of that call that started then (Unix
    /// milliseconds).
    pub fn oldest_recordings(&self, after: Option<(i64, CallId)>, limit: usize) -> Vec<RecordingFacts> {
        self.ask(|index| query::oldest_recordings(index, after, limit.min(query::ROWS_MAX)))
    }

    /// The offers of a call to agents, oldest first; those that are still kept.
    pub fn decisions(&self, call: CallId) -> Vec<Decision> {
        self.ask(|index| index::decisions(index, call))
    }

    /// How long what happened to queues and agents is kept in the index: what is older is thrown away, a little at a time, on
    /// the store's thread. Until this is said, everything is kept.
    pub fn keep_facts(&self, keep: Duration) {
        let ms = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        self.inner.shared.keep_facts_ms.store(ms, Ordering::Relaxed);
    }

    /// The recording of a call.
    pub fn recording(&self, call: CallId) -> Option<RecordingFacts> {
        self.ask(|index| query::recording(index, call))
    }

    /// All bindings, expired ones too.
    pub fn bindings(&self) -> Vec<BindingRecord> {
        self.ask(index::bindings)
    }

    /// `ok`, or what is degraded and why.
    pub fn health(&self) -> String {
        self.inner.shared.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes what waits, closes the files and gives the directory free. Later questions are answered with nothing.
    pub fn close(&self) {
        self.inner.close();
    }

    fn ask<T: Default>(&self, question: impl FnOnce(&dyn Index) -> Result<T, IndexError>) -> T {
        self.inner.shared.ask(question)
    }
}

impl Inner {
    fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // Waits for room in the queue: all that was put before is written first.
            let _ = self.sender.send(Message::Stop);
            if thread.join().is_err() {
                tracing::error!("the store thread had panicked");
            }
            self.shared.set_index(None);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

fn run(mut writer: writer::Writer, receiver: &std::sync::mpsc::Receiver<Message>, lock: DirLock) {
    writer.run(receiver);
    writer.close();
    drop(lock);
}

/// What [`rebuild`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Records applied.
    pub records: u64,
    /// Damaged places of the journal that were skipped, named.
    pub damaged: Vec<String>,
    /// How many damaged places there were in all.
    pub damaged_count: u64,
}

/// Makes the index of a data directory anew from its journal. The old one is kept as `index.damaged`.
///
/// # Errors
/// A process has the directory open; the journal cannot be read; the index cannot be written.
pub fn rebuild(dir: &Path) -> Result<Rebuilt, StoreError> {
    if !dir.is_dir() {
        return Err(StoreError::Directory { dir: dir.to_owned(), why: "there is no such directory".into() });
    }
    let _lock = open::lock(dir)?;
    let (journal, _) = Journal::open(&dir.join("journal"), Arc::new(SystemDisk), journal::SEGMENT_BYTES_MAX)
        .map_err(|e| StoreError::Journal(e.to_string()))?;
    let replayed = open::rebuild_index(dir, &journal)?;
    Ok(Rebuilt {
        records: replayed.records,
        damaged: replayed.damaged,
        damaged_count: replayed.damaged_count,
    })
}

/// What can be seen of a data directory without touching it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Whether a process has it open, and which if its number can be read.
    pub holder: Option<Option<u32>>,
    /// Files of the journal.
    pub segments: usize,
    /// Bytes of the journal.
    pub journal_bytes: u64,
    /// The next start will rebuild the index.
    pub suspect: bool,
}

/// Looks at a data directory; creates and changes nothing, so that anybody may look.
///
/// # Errors
/// It cannot be read.
pub fn inspect(dir: &Path) -> Result<Inspection, StoreError> {
    let fault = |e: &io::Error| StoreError::Directory { dir: dir.to_owned(), why: e.to_string() };
    std::fs::read_dir(dir).map_err(|e| fault(&e))?;
    let (segments, journal_bytes) = journal::size(&dir.join("journal")).map_err(|e| fault(&e))?;
    Ok(Inspection { holder: open::holder(dir), segments, journal_bytes, suspect: open::is_suspect(dir) })
}
