//! The index in sled. The only file that knows sled.
//!
//! sled may panic when its file is damaged, while opening and while reading; both end here as errors.

use super::index::{Index, IndexError, Visit};
use super::schema::Tree;
use std::ops::{Bound, ControlFlow};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

/// Bytes of pages sled keeps in memory.
const CACHE_BYTES: u64 = 32 << 20;
/// How often sled writes out on its own. What is lost with less is applied again from the journal.
const FLUSH_EVERY_MS: u64 = 200;

/// Threads of sled end within this after the last use of an index, unless the machine stands still: five seconds.
const LET_GO_TRIES: u32 = 500;
const LET_GO_PAUSE: Duration = Duration::from_millis(10);

/// Trees in sled.
pub(super) struct SledIndex {
    db: sled::Db,
    trees: Vec<sled::Tree>,
}

impl SledIndex {
    /// Opens or creates the index in `dir`.
    pub(super) fn open(dir: &Path) -> Result<Self, IndexError> {
        remove_unfinished_snapshots(dir);
        guarded(|| {
            let config = sled::Config::new()
                .path(dir)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(Some(FLUSH_EVERY_MS));
            let db = open_when_let_go(&config)?;
            let trees = Tree::ALL.iter().map(|t| db.open_tree(t.name())).collect::<Result<Vec<_>, _>>()?;
            Ok(Self { db, trees })
        })
    }

    fn tree(&self, tree: Tree) -> Result<&sled::Tree, IndexError> {
        self.trees.get(tree as usize).ok_or_else(|| IndexError::Failed("no such tree".into()))
    }
}

/// Opens it. Whoever comes here has the lock of the data directory, so that sled's own can only be held by threads of sled
/// that have not let go yet of an index that this process closed a moment ago.
fn open_when_let_go(config: &sled::Config) -> sled::Result<sled::Db> {
    for _ in 0..LET_GO_TRIES {
        match config.open() {
            Err(sled::Error::Io(error)) if is_held(&error) => std::thread::sleep(LET_GO_PAUSE),
            done => return done,
        }
    }
    config.open()
}

/// sled says so in words only.
fn is_held(error: &std::io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

/// A snapshot that sled was writing when the machine stopped keeps it from opening; it is worth nothing.
fn remove_unfinished_snapshots(dir: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.starts_with("snap.") && name.ends_with(".generating") {
            // If it cannot be removed, opening fails and says why.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Runs what calls sled; a panic of sled is damage, not the end of the thread.
fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, IndexError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(describe(&error)),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("sled panicked");
            Err(IndexError::Damaged(text.lines().next().unwrap_or_default().to_owned()))
        }
    }
}

fn describe(error: &sled::Error) -> IndexError {
    match error {
        sled::Error::Io(io) if super::is_no_room(io) => IndexError::NoRoom(io.to_string()),
        sled::Error::Corruption { .. } => IndexError::Damaged(error.to_string()),
        sled::Error::Io(_)
        | sled::Error::CollectionNotFound(_)
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_) => IndexError::Failed(error.to_string()),
    }
}

impl Index for SledIndex {
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let tree = self.tree(tree)?;
        guarded(|| Ok(tree.get(key)?.map(|v| v.to_vec())))
    }

    fn put(&self, tree: Tree, key: &[u8], value: &[u8]) -> Result<(), IndexError> {
        let tree = self.tree(tree)?;
        guarded(|| tree.insert(key, value).map(|_| ()))
    }

    fn remove(&self, tree: Tree, key: &[u8]) -> Result<(), IndexError> {
        let tree = self.tree(tree)?;
        guarded(|| tree.remove(key).map(|_| ()))
    }

    fn scan(
        &self,
        tree: Tree,
        from: &[u8],
        to: Option<&[u8]>,
        backwards: bool,
        visit: &mut Visit<'_>,
    ) -> Result<(), IndexError> {
        if to.is_some_and(|to| to <= from) {
            return Ok(());
        }
        let tree = self.tree(tree)?;
        guarded(|| {
            let mut range =
                tree.range::<&[u8], _>((Bound::Included(from), to.map_or(Bound::Unbounded, Bound::Excluded)));
            while let Some(entry) = if backwards { range.next_back() } else { range.next() } {
                let (key, value) = entry?;
                if visit(&key, &value) == ControlFlow::Break(()) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn flush(&self) -> Result<(), IndexError> {
        guarded(|| self.db.flush().map(|_| ()))
    }
}
