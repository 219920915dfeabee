//! The journal: what happened, in order, in files that are only ever appended to.
//!
//! `journal/00000001.jnl`, `00000002.jnl`, …, each of lines `crc32 SPACE json NEWLINE`, where `crc32` is eight
//! hexadecimal digits over the JSON and the JSON is `{"seq":N,"record":{…}}` with `N` rising by one. A last line
//! that is cut short was never acknowledged and is cut off; a damaged line elsewhere is reported and skipped.

use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use switchroom_exchange::Record;

/// A segment is left for a new one when it has this many bytes.
pub(super) const SEGMENT_BYTES_MAX: u64 = 64 << 20;
/// The longest line. A record that needs more is refused.
pub(super) const LINE_BYTES_MAX: usize = 1 << 20;

/// How bytes reach the disk; tests put a failing one in its place.
pub(super) trait Disk: Send + Sync {
    /// Appends all bytes.
    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }
    /// Returns when they would survive a power cut.
    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
    /// Returns when the names in the folder would survive a power cut.
    fn sync_names(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }
}

/// The disk as the system has it.
pub(super) struct SystemDisk;

impl Disk for SystemDisk {}

#[derive(Serialize)]
struct LineOut<'a> {
    seq: u64,
    record: &'a Record,
}

#[derive(Deserialize)]
struct LineIn {
    seq: u64,
    record: Record,
}

/// What [`Journal::replay`] met.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Replayed {
    /// Records shown.
    pub(super) records: u64,
    /// The last sequence number seen, 0 in an empty journal.
    pub(super) last_seq: u64,
    /// Damaged places, as `00000001.jnl, byte 4711: why`; at most [`DAMAGE_MAX`] are kept.
    pub(super) damaged: Vec<String>,
    /// All damaged places.
    pub(super) damaged_count: u64,
}

/// Damaged places that are named one by one.
const DAMAGE_MAX: usize = 20;

impl Replayed {
    fn damage(&mut self, path: &Path, at: u64, why: &str) {
        self.damaged_count += 1;
        if self.damaged.len() < DAMAGE_MAX {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            self.damaged.push(format!("{name}, byte {at}: {why}"));
        }
    }
}

/// The journal of one data directory, open for appending.
pub(super) struct Journal {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    /// The segment in use, if it is open.
    file: Option<File>,
    /// Its number; 0 before the first.
    segment: u64,
    /// Its bytes that are known to be whole lines on disk.
    length: u64,
    next_seq: u64,
    segment_bytes_max: u64,
}

impl Journal {
    /// Finds the last segment and cuts off a last line that was never finished. Reads only; the first append opens
    /// the file. Returns the journal and, if something was cut, a sentence about it.
    pub(super) fn open(
        dir: &Path,
        disk: Arc<dyn Disk>,
        segment_bytes_max: u64,
    ) -> io::Result<(Self, Option<String>)> {
        let segment = segments(dir)?.last().copied().unwrap_or(0);
        let mut journal = Self {
            dir: dir.to_owned(),
            disk,
            file: None,
            segment,
            length: 0,
            next_seq: 1,
            segment_bytes_max,
        };
        let mut notice = None;
        if segment > 0 {
            let path = journal.path(segment);
            let size = fs::metadata(&path)?.len();
            journal.length = whole_lines(&path, size)?;
            if journal.length < size {
                let cut = size - journal.length;
                notice = Some(format!(
                    "{}: cut off {cut} bytes of a line that was never finished",
                    path.display()
                ));
                // On a disk that cannot be written it stays; the first append tries again.
                let _ = OpenOptions::new().write(true).open(&path).and_then(|f| f.set_len(journal.length));
            }
        }
        Ok((journal, notice))
    }

    fn path(&self, segment: u64) -> PathBuf {
        self.dir.join(format!("{segment:08}.jnl"))
    }

    /// The sequence number the next record gets.
    pub(super) fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Says how far the numbers go, once that is known from replay and index.
    pub(super) fn continue_after(&mut self, last_seq: u64) {
        self.next_seq = self.next_seq.max(last_seq.saturating_add(1));
    }

    /// Shows each record after `applied`, in order, and reports what is damaged on the way.
    pub(super) fn replay<E>(
        &self,
        applied: u64,
        mut visit: impl FnMut(u64, &Record) -> Result<(), E>,
    ) -> io::Result<Result<Replayed, E>> {
        let mut replayed = Replayed::default();
        for segment in self.segments_from(applied)? {
            if let Err(error) = self.replay_segment(segment, applied, &mut replayed, &mut visit)? {
                return Ok(Err(error));
            }
        }
        Ok(Ok(replayed))
    }

    /// The segments that may hold lines after `applied`.
    fn segments_from(&self, applied: u64) -> io::Result<Vec<u64>> {
        let all = segments(&self.dir)?;
        let mut from = 0;
        for (place, segment) in all.iter().enumerate().rev() {
            let mut first = Vec::new();
            BufReader::new(File::open(self.path(*segment))?).take(64).read_to_end(&mut first)?;
            if first.get(9..).and_then(leading_seq).is_some_and(|seq| seq <= applied.saturating_add(1)) {
                from = place;
                break;
            }
        }
        Ok(all.into_iter().skip(from).collect())
    }

    fn replay_segment<E>(
        &self,
        segment: u64,
        applied: u64,
        replayed: &mut Replayed,
        visit: &mut impl FnMut(u64, &Record) -> Result<(), E>,
    ) -> io::Result<Result<(), E>> {
        let path = self.path(segment);
        let mut reader = BufReader::with_capacity(1 << 16, File::open(&path)?);
        let mut at = 0_u64;
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.by_ref().take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(Ok(()));
            }
            let (begin, whole) = (at, line.last() == Some(&b'\n'));
            at += read as u64;
            if !whole {
                at += skip_line(&mut reader)?;
                // The tail of the last segment is not damage: `open` cut it, or could not.
                if segment != self.segment || begin < self.length {
                    replayed.damage(&path, begin, "a line without an end");
                }
                continue;
            }
            match read_line(&line, applied) {
                Ok(None) => {}
                Ok(Some(LineIn { seq, record })) => {
                    if replayed.last_seq > 0 && seq != replayed.last_seq + 1 {
                        let why = format!("number {seq} follows {}", replayed.last_seq);
                        replayed.damage(&path, begin, &why);
                    }
                    replayed.last_seq = replayed.last_seq.max(seq);
                    replayed.records += 1;
                    if let Err(error) = visit(seq, &record) {
                        return Ok(Err(error));
                    }
                }
                Err(why) => {
                    // Its number is taken, whatever it was.
                    replayed.last_seq += u64::from(replayed.last_seq > 0);
                    replayed.damage(&path, begin, why);
                }
            }
        }
    }

    /// Appends records and returns when they are on disk. Either all of them are, or none counts. Records too long
    /// for a line are left out; their places are returned.
    pub(super) fn append(&mut self, records: &[&Record]) -> io::Result<Vec<usize>> {
        let mut bytes = Vec::with_capacity(records.len() * 512);
        let mut too_long = Vec::new();
        let mut seq = self.next_seq;
        for (place, record) in records.iter().enumerate() {
            if write_line(&mut bytes, seq, record)? {
                seq += 1;
            } else {
                too_long.push(place);
            }
        }
        if !bytes.is_empty() {
            let written = self.append_bytes(&bytes);
            if let Err(error) = written {
                // What is in the file after `length` is not known. It is cut off now if that works, else by the
                // next try, which opens the file anew or leaves it for another.
                if let Some(file) = self.file.take() {
                    let _ = file.set_len(self.length);
                }
                return Err(error);
            }
            self.length += bytes.len() as u64;
            self.next_seq = seq;
        }
        Ok(too_long)
    }

    fn append_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let full = self.length > 0 && self.length + bytes.len() as u64 > self.segment_bytes_max;
        let usable = self.segment > 0 && !full && (self.file.is_some() || self.reopen().is_ok());
        if !usable {
            self.next_segment()?;
        }
        let Some(file) = self.file.as_mut() else { return Err(io::ErrorKind::NotFound.into()) };
        self.disk.write(file, bytes)?;
        self.disk.sync(file)
    }

    /// Opens the segment in use again and cuts off what is not known to be whole.
    fn reopen(&mut self) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(self.path(self.segment))?;
        file.set_len(self.length)?;
        file.seek(SeekFrom::Start(self.length))?;
        self.file = Some(file);
        Ok(())
    }

    fn next_segment(&mut self) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let file = Self::create_empty(&self.path(self.segment + 1))?;
        // The name must survive a power cut as well as the lines.
        self.disk.sync_names(&self.dir)?;
        self.file = Some(file);
        self.segment += 1;
        self.length = 0;
        Ok(())
    }

    /// Creates a segment, or takes the one that a try before this created and came no further with.
    fn create_empty(path: &Path) -> io::Result<File> {
        match OpenOptions::new().write(true).create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let file = OpenOptions::new().write(true).open(path)?;
                if file.metadata()?.len() == 0 { Ok(file) } else { Err(error) }
            }
            opened => opened,
        }
    }
}

/// Numbers of the segments of a directory, rising; empty if there is no directory.
fn segments(dir: &Path) -> io::Result<Vec<u64>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|n| n.strip_suffix(".jnl")).filter(|n| n.len() == 8);
        found.extend(number.and_then(|n| n.parse::<u64>().ok()).filter(|n| *n > 0));
    }
    found.sort_unstable();
    Ok(found)
}

/// Number of segments and their bytes.
pub(super) fn size(dir: &Path) -> io::Result<(usize, u64)> {
    let all = segments(dir)?;
    let mut bytes = 0;
    for segment in &all {
        bytes += fs::metadata(dir.join(format!("{segment:08}.jnl")))?.len();
    }
    Ok((all.len(), bytes))
}

/// Length of a file up to the end of its last whole line, seen from its end.
fn whole_lines(path: &Path, size: u64) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut end = size;
    while end > 0 {
        let begin = end.saturating_sub(1 << 16);
        let mut block = vec![0; usize::try_from(end - begin).unwrap_or(0)];
        file.seek(SeekFrom::Start(begin))?;
        file.read_exact(&mut block)?;
        if let Some(place) = block.iter().rposition(|b| *b == b'\n') {
            return Ok(begin + place as u64 + 1);
        }
        end = begin;
    }
    Ok(0)
}

fn skip_line(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let block = reader.fill_buf()?;
        if block.is_empty() {
            return Ok(skipped);
        }
        let (used, end) = match block.iter().position(|b| *b == b'\n') {
            Some(place) => (place + 1, true),
            None => (block.len(), false),
        };
        reader.consume(used);
        skipped += used as u64;
        if end {
            return Ok(skipped);
        }
    }
}

/// The number at the start of a line's JSON.
fn leading_seq(json: &[u8]) -> Option<u64> {
    let digits = json.strip_prefix(b"{\"seq\":")?;
    let end = digits.iter().position(|b| !b.is_ascii_digit())?;
    std::str::from_utf8(digits.get(..end)?).ok()?.parse().ok()
}

/// Reads a line; `None` if it is not after `applied`.
fn read_line(line: &[u8], applied: u64) -> Result<Option<LineIn>, &'static str> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let (crc, rest) = line.split_first_chunk::<8>().ok_or("a line too short")?;
    let json = rest.strip_prefix(b" ").ok_or("no blank after the checksum")?;
    let crc = std::str::from_utf8(crc).ok().and_then(|c| u32::from_str_radix(c, 16).ok());
    if crc.ok_or("no checksum")? != crc32fast::hash(json) {
        return Err("wrong checksum");
    }
    if leading_seq(json).ok_or("no number")? <= applied {
        return Ok(None);
    }
    serde_json::from_slice(json).map(Some).map_err(|_| "a record this version does not know")
}

/// Appends a line; `false` if it would be too long.
fn write_line(bytes: &mut Vec<u8>, seq: u64, record: &Record) -> io::Result<bool> {
    let json = serde_json::to_vec(&LineOut { seq, record })?;
    if json.len() + 10 > LINE_BYTES_MAX {
        return Ok(false);
    }
    write!(bytes, "{:08x} ", crc32fast::hash(&json))?;
    bytes.extend_from_slice(&json);
    bytes.push(b'\n');
    Ok(true)
}
