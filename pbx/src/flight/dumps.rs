//! The folder of flight records: their names, their rights, and how many are kept.

use super::file::{self, Why};
use super::ring::Snapshot;
use crate::clock;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Files kept; the oldest go first. A full ring makes 30 to 50 MB.
pub const KEPT: usize = 5;
/// Ending of the files.
const ENDING: &str = "flight";
/// Ending while a file is being written.
const UNFINISHED: &str = "unfinished";

/// Writes flight records into the folder `flight` of the data directory, one at a time.
#[derive(Debug, Clone)]
pub struct Dumps {
    dir: PathBuf,
    writing: Arc<Mutex<()>>,
}

impl Dumps {
    /// For a data directory. Nothing is made until something is written.
    pub fn new(data_dir: &Path) -> Self {
        Self { dir: data_dir.join("flight"), writing: Arc::default() }
    }

    /// Writes a snapshot without its secrets and gives the file, which only its owner can read. Waits for the disk.
    ///
    /// # Errors
    /// The disk's. Nothing half written is left then.
    pub fn write(&self, snapshot: &Snapshot, why: Why<'_>) -> io::Result<PathBuf> {
        // Who failed while writing left a file that is removed below, and nothing else.
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|e| io::Error::other(e.to_string()))?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        self.prune(KEPT - 1)?;
        let now_ms = clock::wall_ms();
        let stem = format!("{}-{}", date(now_ms), why.word());
        let (unfinished, done) = (self.named(&stem, UNFINISHED), self.named(&stem, ENDING));
        let written = put(&unfinished, |out| file::write(snapshot, why, now_ms, key, out))
            .and_then(|()| fs::rename(&unfinished, &done))
            .and_then(|()| File::open(&self.dir)?.sync_all());
        if let Err(error) = written {
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        Ok(done)
    }

    fn named(&self, stem: &str, ending: &str) -> PathBuf {
        self.dir.join(format!("{stem}.{ending}"))
    }

    /// Leaves the newest `keep`, and nothing that was left unfinished.
    fn prune(&self, keep: usize) -> io::Result<()> {
        let (mut files, mut gone) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            match path.extension().and_then(|e| e.to_str()) {
                Some(ENDING) => files.push(path),
                Some(UNFINISHED) => gone.push(path),
                _ => {}
            }
        }
        // Names begin with the date, so that they sort by it.
        files.sort();
        gone.extend(files.drain(..files.len().saturating_sub(keep)));
        gone.iter().try_for_each(fs::remove_file)
    }
}

fn put(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut out = BufWriter::with_capacity(1 << 16, file);
    write(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// `20261103T140327.512Z`.
fn date(unix_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    at.strftime("%Y%m%dT%H%M%S%.3fZ").to_string()
}
