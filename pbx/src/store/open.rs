//! Opening: the lock, the journal's tail, and the ladder by which an index is opened, repaired or replaced.

use super::index::{self, Index, IndexError};
use super::journal::{Journal, Replayed};
use super::memory::MemoryIndex;
use super::schema::{self, Tree};
use super::sled_index::SledIndex;
use super::{StoreError, is_no_room};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The index in the data directory.
const INDEX_DIR: &str = "index";
/// Where a damaged index is put, for whoever wants to look; only the last one is kept.
const DAMAGED_DIR: &str = "index.damaged";
/// How the index was left: `clean`, `suspect`, or the boot it was in use in.
const STATE_FILE: &str = "index.state";

/// Holds the directory; the lock goes with the file.
pub(super) struct DirLock {
    _file: Option<File>,
}

/// Makes the directory if need be and takes its lock. On a disk without room the store goes on without a lock file.
pub(super) fn lock(dir: &Path) -> Result<DirLock, StoreError> {
    let fault = |why: &std::io::Error| StoreError::Directory { dir: dir.to_owned(), why: why.to_string() };
    // Call records are nobody else's business, and the control socket may lie in here.
    if let Err(error) = fs::DirBuilder::new().recursive(true).mode(0o750).create(dir) {
        return if is_no_room(&error) { Ok(DirLock { _file: None }) } else { Err(fault(&error)) };
    }
    let path = dir.join("lock");
    let mut file = match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path) {
        Ok(file) => file,
        Err(error) if is_no_room(&error) => match File::open(&path) {
            Ok(file) => file,
            Err(_) => return Ok(DirLock { _file: None }),
        },
        Err(error) => return Err(fault(&error)),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.take(20).read_to_string(&mut holder);
            return Err(StoreError::Locked { dir: dir.to_owned(), holder: holder.trim().parse().ok() });
        }
        Err(TryLockError::Error(error)) => return Err(fault(&error)),
    }
    // The number only helps the message to whoever comes second.
    let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
    Ok(DirLock { _file: Some(file) })
}

/// Who holds the directory, without creating anything.
pub(super) fn holder(dir: &Path) -> Option<Option<u32>> {
    let file = File::open(dir.join("lock")).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.take(20).read_to_string(&mut holder);
            Some(holder.trim().parse().ok())
        }
        // The lock goes with the file.
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// Whether the index was found damaged when last in use.
pub(super) fn is_suspect(dir: &Path) -> bool {
    fs::read_to_string(dir.join(STATE_FILE)).is_ok_and(|s| s == "suspect")
}

/// An index that has all the journal has.
pub(super) struct Opened {
    pub(super) index: Arc<dyn Index>,
    /// What had to be done, for people.
    pub(super) notices: Vec<String>,
    /// The last sequence number in use.
    pub(super) last_seq: u64,
    /// Why there is no index on disk, if there is none.
    pub(super) degraded: Option<String>,
}

/// Which boot of the machine this is; after a power cut it is another, and sled is not to be trusted.
fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map_or_else(|_| "unknown".into(), |t| t.trim().to_owned())
}

/// Notes how the index is being left.
pub(super) fn note_state(dir: &Path, state: &str) {
    // If it cannot be written, the old note stays, and the worst that follows is a rebuild.
    let _ = fs::write(dir.join(STATE_FILE), state);
}

/// Notes that the index closed in order.
pub(super) fn note_clean(dir: &Path) {
    note_state(dir, "clean");
}

/// Notes that the index was found damaged while in use, so that the next start rebuilds it.
pub(super) fn note_suspect(dir: &Path) {
    note_state(dir, "suspect");
}

/// Opens the index, by the ladder: as it is, then rebuilt from the journal, then in memory. The journal is never
/// touched.
pub(super) fn open_index(dir: &Path, journal: &Journal) -> Result<Opened, StoreError> {
    let mut notices = Vec::new();
    let path = dir.join(INDEX_DIR);
    let existed = path.join("db").exists();
    let state = fs::read_to_string(dir.join(STATE_FILE)).unwrap_or_default();
    let trusted = match state.as_str() {
        "suspect" => Err("it was found damaged in use"),
        "clean" | "" => Ok(()),
        other if other == boot() => Ok(()),
        _ => Err("the machine stopped while it was in use"),
    };
    note_state(dir, &boot());
    let first = match trusted {
        Err(why) if existed => Err(IndexError::Damaged(why.to_owned())),
        _ => bring_up(&path, journal, existed),
    };
    let why = match first {
        Ok((index, replayed)) => {
            if !existed && replayed.records > 0 {
                notices.push(format!(
                    "there was no index; made from {} records of the journal",
                    replayed.records
                ));
            }
            return Ok(finish(index, &replayed, notices, None));
        }
        Err(IndexError::NoRoom(why)) => return open_in_memory(journal, notices, why),
        Err(IndexError::Damaged(why) | IndexError::Failed(why)) => why,
    };
    notices.push(format!("index set aside and rebuilt from the journal: {why}"));
    match set_aside(dir).and_then(|()| bring_up(&path, journal, false)) {
        Ok((index, replayed)) => Ok(finish(index, &replayed, notices, None)),
        Err(error) => open_in_memory(journal, notices, error.to_string()),
    }
}

/// Tries again to have an index on disk while the store is in use with one in memory.
pub(super) fn reopen_index(dir: &Path, journal: &Journal) -> Result<Arc<dyn Index>, IndexError> {
    set_aside(dir)?;
    let (index, _) = bring_up(&dir.join(INDEX_DIR), journal, false)?;
    note_state(dir, &boot());
    Ok(index)
}

/// An index in memory with all that the journal has.
pub(super) fn open_in_memory(
    journal: &Journal,
    notices: Vec<String>,
    why: String,
) -> Result<Opened, StoreError> {
    let index = MemoryIndex::new();
    let replayed = replay_into(&index, journal, 0).map_err(|e| StoreError::Journal(e.to_string()))?;
    note_applied(&index, &replayed, 0).map_err(|e| StoreError::Journal(e.to_string()))?;
    Ok(finish(Arc::new(index), &replayed, notices, Some(why)))
}

fn finish(
    index: Arc<dyn Index>,
    replayed: &Replayed,
    mut notices: Vec<String>,
    degraded: Option<String>,
) -> Opened {
    notices.extend(replayed.damaged.iter().map(|place| format!("journal damaged, skipped: {place}")));
    let unnamed = replayed.damaged_count.saturating_sub(replayed.damaged.len() as u64);
    if unnamed > 0 {
        notices.push(format!("journal damaged at {unnamed} more places"));
    }
    let applied = index::meta(&*index, schema::META_APPLIED).unwrap_or(0);
    Opened { last_seq: replayed.last_seq.max(applied), index, notices, degraded }
}

/// Opens sled, checks that it is the index of this journal, and applies what it lacks.
fn bring_up(path: &Path, journal: &Journal, existed: bool) -> Result<(Arc<dyn Index>, Replayed), IndexError> {
    let index = SledIndex::open(path)?;
    let version = index.get(Tree::Meta, schema::META_SCHEMA)?.and_then(|v| schema::read_number(&v));
    let applied = index::meta(&index, schema::META_APPLIED)?;
    match version {
        Some(schema::SCHEMA_VERSION) => {}
        Some(other) => return Err(IndexError::Failed(format!("it has schema {other}"))),
        None if existed && journal_has_lines(journal)? => {
            return Err(IndexError::Damaged("it opened empty though the journal is not".into()));
        }
        None => index::set_meta(&index, schema::META_SCHEMA, schema::SCHEMA_VERSION)?,
    }
    let replayed = replay_into(&index, journal, applied)?;
    note_applied(&index, &replayed, applied)?;
    // What the exchange starts from must be readable, or this index is of no use.
    index::restored(&index)?;
    index.flush()?;
    Ok((Arc::new(index), replayed))
}

fn journal_has_lines(journal: &Journal) -> Result<bool, IndexError> {
    struct Found;
    match journal.replay(0, |_, _| Err(Found)) {
        Ok(found) => Ok(found.is_err()),
        Err(error) => Err(IndexError::Failed(format!("journal: {error}"))),
    }
}

fn replay_into(index: &dyn Index, journal: &Journal, applied: u64) -> Result<Replayed, IndexError> {
    match journal.replay(applied, |_, record| index::apply(index, record)) {
        Ok(result) => result,
        Err(error) => Err(IndexError::Failed(format!("journal: {error}"))),
    }
}

fn note_applied(index: &dyn Index, replayed: &Replayed, applied: u64) -> Result<(), IndexError> {
    index::set_meta(index, schema::META_APPLIED, replayed.last_seq.max(applied))
}

fn set_aside(dir: &Path) -> Result<(), IndexError> {
    let (from, to) = (dir.join(INDEX_DIR), dir.join(DAMAGED_DIR));
    let moved = remove_dir(&to).and_then(|()| match fs::rename(&from, &to) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    });
    moved.map_err(|e| {
        if is_no_room(&e) { IndexError::NoRoom(e.to_string()) } else { IndexError::Failed(e.to_string()) }
    })
}

fn remove_dir(path: &PathBuf) -> std::io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the index anew from the whole journal. Unlike [`open_index`] it has no ladder: it works or says why.
pub(super) fn rebuild_index(dir: &Path, journal: &Journal) -> Result<Replayed, StoreError> {
    let fault = |e: IndexError| StoreError::Index(e.to_string());
    set_aside(dir).map_err(fault)?;
    note_state(dir, &boot());
    let (index, replayed) = bring_up(&dir.join(INDEX_DIR), journal, false).map_err(fault)?;
    index.flush().map_err(fault)?;
    drop(index);
    note_clean(dir);
    Ok(replayed)
}

/// An index in memory with all that the journal has: what the store goes on with when sled fails in use.
pub(super) fn memory_from(journal: &Journal) -> Result<Arc<dyn Index>, IndexError> {
    let index = MemoryIndex::new();
    let replayed = replay_into(&index, journal, 0)?;
    note_applied(&index, &replayed, 0)?;
    Ok(Arc::new(index))
}
