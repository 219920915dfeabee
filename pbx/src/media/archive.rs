//! Recordings as files: names, sidecars, hashes, and what is done about those that a crash left behind.
//!
//! `YYYY/MM/DD/<call>.wav` by the machine's calendar, with `<call>.json` beside it that says whose it is. While it is
//! written it is called `<call>.wav.part`. Names come from the date and the call's id and from nothing else; the
//! sidecar is written when a recording starts, so that after a crash nothing of it is unknown but its end.

use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use switchroom_exchange::{CallId, RecordingFacts, RecordingSubject};

/// Bytes of the header of our WAV files: 16 bits, plain PCM.
pub(super) const HEADER_BYTES: u64 = 44;
/// Bytes of a sample.
pub(super) const SAMPLE_BYTES: u64 = 2;
/// Bytes of a frame of a recording: one sample of each of its two channels.
pub(super) const FRAME_BYTES: u64 = 2 * SAMPLE_BYTES;
/// Channels of a recording.
const CHANNELS: u16 = 2;
/// No sidecar of ours is longer.
const SIDECAR_BYTES_MAX: u64 = 1 << 20;
/// Extension of a sidecar that is being written.
const SIDECAR_NEW: &str = "json.new";
/// After so long a sidecar that was seen half written is whole.
const SECOND_LOOK: Duration = Duration::from_millis(50);
/// A call may be recorded so many times in a row.
pub(super) const PARTS_MAX: usize = 99;

/// The files of one recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    /// The final name, relative to the directory of recordings.
    pub(super) relative: String,
    /// While it is written.
    pub(super) part: PathBuf,
    /// When it is closed.
    pub(super) wav: PathBuf,
    pub(super) sidecar: PathBuf,
}

impl Files {
    pub(super) fn new(dir: &Path, day: &str, name: &str) -> Self {
        let place = dir.join(day);
        Self {
            relative: format!("{day}/{name}.wav"),
            part: place.join(format!("{name}.wav.part")),
            wav: place.join(format!("{name}.wav")),
            sidecar: place.join(format!("{name}.json")),
        }
    }
}

/// Creates the file of a recording, empty, under its name while it is written.
pub(super) fn create(dir: &Path, call: CallId, started_ms: i64) -> io::Result<(Files, File)> {
    let day =
        day_of(started_ms).or_else(|| day_of(call.unix_ms())).unwrap_or_else(|| "1970/01/01".to_owned());
    DirBuilder::new().recursive(true).mode(0o750).create(dir.join(&day))?;
    for number in 1..=PARTS_MAX {
        let files = Files::new(dir, &day, &part_name(call, number));
        if files.wav.exists() {
            continue;
        }
        match OpenOptions::new().write(true).create_new(true).mode(0o640).open(&files.part) {
            Ok(file) => return Ok((files, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("the call has {PARTS_MAX} recordings already")))
}

/// The name of what is recorded of a call for that time, without its extension.
pub(super) fn part_name(call: CallId, number: usize) -> String {
    if number == 1 { call.to_string() } else { format!("{call}-{number}") }
}

/// `2026/11/21` by the calendar of the machine, which no reload changes.
pub(super) fn day_of(unix_ms: i64) -> Option<String> {
    let moment = jiff::Timestamp::from_millisecond(unix_ms).ok().filter(|_| unix_ms > 0)?;
    let date = moment.to_zoned(jiff::tz::TimeZone::system()).date();
    Some(format!("{:04}/{:02}/{:02}", date.year(), date.month(), date.day()))
}

/// Writes the sidecar of a recording that begins, whole or not at all, without waiting for the disk: gives the file, for
/// the finisher to bring it there. A disk that is busy with other things takes seconds for that.
pub(super) fn begin_sidecar(path: &Path, facts: &RecordingFacts) -> io::Result<File> {
    let beside = path.with_extension(SIDECAR_NEW);
    let written = put(&beside, &sidecar_text(facts)?);
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    let file = written?;
    fs::rename(&beside, path)?;
    Ok(file)
}

/// Writes a sidecar so that there is either the old one or the new one, never half of it. On a full disk there is no
/// room for two: then the old one, whose block has room, is overwritten; should it not have room enough, the old one is put
/// back. Waits for the disk.
pub(super) fn write_sidecar(path: &Path, facts: &RecordingFacts) -> io::Result<()> {
    let text = sidecar_text(facts)?;
    let beside = path.with_extension(SIDECAR_NEW);
    let write = |to: &Path| put(to, &text)?.sync_data();
    let Err(error) = write(&beside) else { return fs::rename(&beside, path) };
    let _ = fs::remove_file(&beside);
    if error.kind() != io::ErrorKind::StorageFull {
        return Err(error);
    }
    let old = fs::read(path);
    write(path).inspect_err(|_| {
        let _ = match old {
            Ok(old) => put(path, &old).and_then(|file| file.sync_data()),
            Err(_) => fs::remove_file(path),
        };
    })
}

fn sidecar_text(facts: &RecordingFacts) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(facts)?;
    text.push(b'\n');
    Ok(text)
}

/// Makes a file hold that text.
fn put(path: &Path, text: &[u8]) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o640).open(path)?;
    file.write_all(text)?;
    file.set_len(text.len() as u64)?;
    Ok(file)
}

/// Measures and hashes a closed file, writes its sidecar, and gives it its final name: whatever has that has a sidecar that tells
/// its end.
pub(super) fn seal(files: &Files, facts: &mut RecordingFacts) -> io::Result<()> {
    if !facts.complete {
        mend(&files.part, facts.rate, CHANNELS)?;
    }
    let (bytes, sha256) = hash(&files.part)?;
    facts.bytes = bytes;
    facts.sha256 = sha256;
    facts.length_ms = length_ms(bytes, facts.rate);
    write_sidecar(&files.sidecar, facts)?;
    fs::rename(&files.part, &files.wav)?;
    // The names are on disk only when their directory is.
    files.wav.parent().map_or(Ok(()), |place| File::open(place)?.sync_all())
}

fn length_ms(bytes: u64, rate: u32) -> u64 {
    bytes.saturating_sub(HEADER_BYTES) / FRAME_BYTES * 1000 / u64::from(rate.max(1))
}

pub(super) fn hash(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut hasher, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
    let text = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, text))
}

/// Leaves so many frames of a recording that is still called a part.
pub(super) fn cut(files: &Files, rate: u32, frames: u64) -> io::Result<()> {
    OpenOptions::new().write(true).open(&files.part)?.set_len(HEADER_BYTES + frames * FRAME_BYTES)?;
    mend(&files.part, rate, CHANNELS).map(|_| ())
}

/// Makes the header say what the file holds, and cuts half a frame at its end. Gives the rate that the file has.
pub(super) fn mend(path: &Path, rate: u32, channels: u16) -> io::Result<u32> {
    let frame = u64::from(channels.max(1)) * SAMPLE_BYTES;
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut header = [0; HEADER_BYTES as usize];
    let size = file.metadata()?.len();
    let mut rate = rate;
    if size >= HEADER_BYTES {
        file.read_exact(&mut header)?;
        if let ([b'R', b'I', b'F', b'F', ..], Some([a, b, c, d])) = (&header, header.get(24..28)) {
            rate = u32::from_le_bytes([*a, *b, *c, *d]);
        }
    }
    let data = size.saturating_sub(HEADER_BYTES) / frame * frame;
    let said = header_of(rate, data, channels);
    if said != header {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&said)?;
    }
    if size != HEADER_BYTES + data {
        file.set_len(HEADER_BYTES + data)?;
    }
    file.sync_data()?;
    Ok(rate)
}

fn header_of(rate: u32, data: u64, channels: u16) -> [u8; HEADER_BYTES as usize] {
    let data = u32::try_from(data).unwrap_or(u32::MAX - HEADER_BYTES as u32);
    let mut out = [0; HEADER_BYTES as usize];
    let mut pen = &mut out[..];
    let words =
        [*b"RIFF", (data + HEADER_BYTES as u32 - 8).to_le_bytes(), *b"WAVE", *b"fmt ", 16u32.to_le_bytes()];
    let [c0, c1] = channels.to_le_bytes();
    let frame = channels * SAMPLE_BYTES as u16;
    let [f0, f1] = frame.to_le_bytes();
    // PCM and channels; rate; bytes a second; bytes a frame and bits a sample.
    let second = rate.saturating_mul(u32::from(frame));
    let format = [[1, 0, c0, c1], rate.to_le_bytes(), second.to_le_bytes(), [f0, f1, 16, 0]];
    for word in words.into_iter().chain(format).chain([*b"data", data.to_le_bytes()]) {
        // The buffer is exactly as long as what is written.
        let _ = pen.write_all(&word);
    }
    out
}

/// Recordings that a crash left behind, by date.
#[derive(Debug)]
pub struct Interrupted {
    dir: PathBuf,
    /// Day and stem of each.
    names: Vec<(String, String)>,
}

/// Finds the recordings that a crash left behind, by their names: nothing is read, for all that was ever kept lies beside them. To
/// be called before anything is written anew.
pub fn interrupted_recordings(dir: &Path) -> Interrupted {
    let mut names = Vec::new();
    for day in days(dir) {
        for name in list(&dir.join(&day)) {
            if name
                .strip_suffix(SIDECAR_NEW)
                .is_some_and(|stem| call_of(stem.trim_end_matches('.')).is_some())
            {
                // Half written when the crash came; the one that it was to replace is there.
                let _ = fs::remove_file(dir.join(&day).join(&name));
            }
            let stem = name.strip_suffix(".wav.part").filter(|stem| call_of(stem).is_some());
            names.extend(stem.map(|stem| (day.clone(), stem.to_owned())));
        }
    }
    Interrupted { dir: dir.to_owned(), names }
}

impl Interrupted {
    /// Each of them, to be finished: its header is set right from its size, it gets its final name, hash and sidecar, and is not
    /// complete. Calls may be recorded meanwhile.
    pub fn each(self) -> impl Iterator<Item = Unfinished> {
        let Self { dir, names } = self;
        names.into_iter().filter_map(move |(day, stem)| {
            Some(Unfinished { call: call_of(&stem)?, files: Files::new(&dir, &day, &stem) })
        })
    }
}

/// A recording that was not closed.
#[derive(Debug)]
pub struct Unfinished {
    call: CallId,
    files: Files,
}

impl Unfinished {
    /// The call that was recorded.
    pub fn call(&self) -> CallId {
        self.call
    }

    /// Finishes it, if it is still there. What cannot be repaired (a read-only or full disk) is left as it is and logged; the next
    /// start tries again.
    pub fn finish(&self) -> Option<RecordingFacts> {
        let is_there = self.files.part.exists() || self.files.wav.exists();
        is_there.then(|| repair_or_log(&self.files, self.call)).flatten()
    }

    /// Deletes it: the recording that it is a part of was deleted.
    pub fn discard(&self) {
        for path in [&self.files.part, &self.files.wav, &self.files.sidecar] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(
                        "{}: {error}; it is a part of a recording that was deleted",
                        path.display()
                    );
                }
                _ => {}
            }
        }
    }
}

fn repair_or_log(files: &Files, call: CallId) -> Option<RecordingFacts> {
    repair(files, call)
        .inspect_err(|error| {
            tracing::error!(file = %files.relative, %error, "an interrupted recording cannot be repaired");
        })
        .ok()
}

/// Whether the file has its final name and its sidecar tells the end.
pub(super) fn is_closed(files: &Files) -> bool {
    files.wav.exists() && read_sidecar(&files.sidecar).is_some_and(|facts| !facts.sha256.is_empty())
}

/// Whether the file has its final name, but no sidecar that tells its end: there is none, or it was torn when the disk was full.
fn is_unsealed(files: &Files) -> bool {
    !files.part.exists()
        && files.wav.exists()
        && read_sidecar(&files.sidecar).is_none_or(|facts| facts.sha256.is_empty())
}

fn repair(files: &Files, call: CallId) -> io::Result<RecordingFacts> {
    if !files.part.exists() {
        fs::rename(&files.wav, &files.part)?;
    }
    let known = read_sidecar(&files.sidecar).filter(|facts| facts.call == call);
    let mut facts = known.unwrap_or_else(|| RecordingFacts {
        call,
        subject: RecordingSubject {
            number: 0,
            from: Default::default(),
            with: Default::default(),
            started_ms: call.unix_ms(),
        },
        file: String::new(),
        length_ms: 0,
        bytes: 0,
        rate: 8_000,
        sha256: String::new(),
        codec: String::new(),
        marks: Vec::new(),
        complete: false,
        held: None,
    });
    facts.file.clone_from(&files.relative);
    if !facts.sha256.is_empty() && hash(&files.part)? == (facts.bytes, facts.sha256.clone()) {
        // The crash came between the sidecar and the final name: nothing is missing.
        fs::rename(&files.part, &files.wav)?;
        return Ok(facts);
    }
    facts.complete = false;
    facts.rate = mend(&files.part, facts.rate, CHANNELS)?;
    seal(files, &mut facts)?;
    Ok(facts)
}

/// A recording that was found.
#[derive(Debug)]
pub enum Found {
    /// What the sidecar of a closed one says.
    Closed(Box<RecordingFacts>),
    /// It has its final name, but no sidecar that tells its end.
    Unsealed(Unfinished),
}

/// Shows all recordings that are closed or were to be, from their sidecars, by date, until one is not wanted any more: the index can
/// be rebuilt from them. There may be very many, so no more than one day's names are kept. Calls may be recorded meanwhile.
pub fn visit_recordings(dir: &Path, mut is_wanted: impl FnMut(Found) -> bool) {
    for day in days(dir) {
        for name in list(&dir.join(&day)) {
            let Some((stem, call)) = name.strip_suffix(".wav").and_then(|stem| Some((stem, call_of(stem)?)))
            else {
                continue;
            };
            let found = look_at(Files::new(dir, &day, stem), call);
            if found.is_some_and(|found| !is_wanted(found)) {
                return;
            }
        }
    }
}

fn look_at(files: Files, call: CallId) -> Option<Found> {
    if is_unsealed(&files) {
        // On a full disk a sidecar is written in its place: half of it may have been seen.
        std::thread::sleep(SECOND_LOOK);
        if is_unsealed(&files) {
            return Some(Found::Unsealed(Unfinished { call, files }));
        }
    }
    let mut facts = read_sidecar(&files.sidecar).filter(|facts| facts.call == call)?;
    // The directory may have been moved; where the sidecar lies is where the file is.
    facts.file.clone_from(&files.relative);
    (!facts.sha256.is_empty()).then(|| Found::Closed(Box::new(facts)))
}

fn read_sidecar(path: &Path) -> Option<RecordingFacts> {
    let mut text = String::new();
    File::open(path).ok()?.take(SIDECAR_BYTES_MAX).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// The call in a file's name, `<call>` or `<call>-<number>`.
pub(super) fn call_of(stem: &str) -> Option<CallId> {
    let (id, number) = stem.split_once('-').unwrap_or((stem, "2"));
    let proper = !number.is_empty() && number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit());
    let call: CallId = id.parse().ok().filter(|_| proper)?;
    (call.to_string() == id).then_some(call)
}

/// All folders `YYYY/MM/DD`, sorted.
fn days(dir: &Path) -> Vec<String> {
    let numbers = |path: PathBuf, digits: usize| {
        let mut names = list(&path);
        names.retain(|name| is_number(name, digits));
        names
    };
    let mut found = Vec::new();
    for year in numbers(dir.to_path_buf(), 4) {
        for month in numbers(dir.join(&year), 2) {
            let days = numbers(dir.join(&year).join(&month), 2);
            found.extend(days.into_iter().map(|day| format!("{year}/{month}/{day}")));
        }
    }
    found
}

/// What is in a folder, sorted.
fn list(path: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}

/// Exactly so many digits.
pub(super) fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Repairs all that there is to repair; gives what that is.
#[cfg(test)]
pub(super) fn repair_recordings(dir: &Path) -> Vec<RecordingFacts> {
    let mut repaired: Vec<_> =
        interrupted_recordings(dir).each().filter_map(|unfinished| unfinished.finish()).collect();
    visit_recordings(dir, |found| {
        repaired.extend(match found {
            Found::Unsealed(unfinished) => unfinished.finish(),
            Found::Closed(_) => None,
        });
        true
    });
    repaired
}

/// All that is closed.
#[cfg(test)]
pub(super) fn scan_recordings(dir: &Path) -> Vec<RecordingFacts> {
    let mut all = Vec::new();
    visit_recordings(dir, |found| {
        all.extend(match found {
            Found::Closed(facts) => Some(*facts),
            Found::Unsealed(_) => None,
        });
        true
    });
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn facts(call: CallId, files: &Files) -> RecordingFacts {
        RecordingFacts {
            call,
            subject: RecordingSubject {
                number: 7,
                from: ("101".into(), "Ann".into()),
                with: ("102".into(), "Bob".into()),
                started_ms: call.unix_ms(),
            },
            file: files.relative.clone(),
            length_ms: 0,
            bytes: 0,
            rate: 16_000,
            sha256: String::new(),
            codec: "G722/8000".into(),
            marks: vec![(0, "answer".into(), String::new())],
            complete: false,
            held: None,
        }
    }

    #[test]
    fn a_recording_that_a_crash_left_is_mended_named_and_hashed() {
        let dir = tempfile::tempdir().unwrap();
        let call = CallId::new(1_700_000_000_000, 5);
        let (files, mut file) = create(dir.path(), call, 1_700_000_000_000).unwrap();
        write_sidecar(&files.sidecar, &facts(call, &files)).unwrap();
        // The header speaks of an empty file; there are 100 frames and half of another one.
        file.write_all(&header_of(16_000, 0, 2)).unwrap();
        file.write_all(&[1; 402]).unwrap();
        drop(file);
        assert_eq!(scan_recordings(dir.path()), [], "it is not closed");
        let repaired = repair_recordings(dir.path());
        let [facts] = &repaired[..] else { unreachable!("{repaired:?}") };
        assert_eq!((facts.subject.number, facts.length_ms, facts.bytes, facts.complete), (7, 6, 444, false));
        assert_eq!(facts.sha256.len(), 64);
        let reader = hound::WavReader::open(dir.path().join(&facts.file)).unwrap();
        assert_eq!((reader.duration(), reader.spec().sample_rate), (100, 16_000));
        assert!(!files.part.exists());
        assert_eq!(scan_recordings(dir.path()), repaired);
        assert_eq!(repair_recordings(dir.path()), [], "there is nothing left to do");
    }

    #[test]
    fn without_a_sidecar_or_even_a_header_there_is_still_a_recording() {
        let dir = tempfile::tempdir().unwrap();
        let call = CallId::new(1_700_000_000_000, 6);
        let (files, _) = create(dir.path(), call, i64::MIN).unwrap();
        fs::write(&files.sidecar, "{ torn").unwrap();
        let repaired = repair_recordings(dir.path());
        assert_eq!(repaired.len(), 1);
        assert_eq!(repaired[0].subject.started_ms, 1_700_000_000_000);
        assert_eq!(hound::WavReader::open(files.wav).unwrap().duration(), 0);
    }

    #[test]
    fn a_crash_before_the_last_sidecar_is_repaired_too() {
        let dir = tempfile::tempdir().unwrap();
        let call = CallId::new(1_700_000_000_000, 7);
        let (files, mut file) = create(dir.path(), call, 1_700_000_000_000).unwrap();
        write_sidecar(&files.sidecar, &facts(call, &files)).unwrap();
        file.write_all(&header_of(8_000, 4, 2)).unwrap();
        file.write_all(&[1; 4]).unwrap();
        fs::rename(&files.part, &files.wav).unwrap();
        assert_eq!(repair_recordings(dir.path()).len(), 1);
        assert_eq!(repair_recordings(dir.path()).len(), 0);
    }

    #[test]
    fn a_crash_before_the_final_name_costs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let call = CallId::new(1_700_000_000_000, 9);
        let (files, mut file) = create(dir.path(), call, 1_700_000_000_000).unwrap();
        file.write_all(&header_of(8_000, 8_000, 2)).unwrap();
        file.write_all(&[1; 8_000]).unwrap();
        let mut facts = RecordingFacts { complete: true, rate: 8_000, ..facts(call, &files) };
        seal(&files, &mut facts).unwrap();
        fs::rename(&files.wav, &files.part).unwrap();
        assert_eq!(repair_recordings(dir.path()), std::slice::from_ref(&facts));
        assert_eq!(scan_recordings(dir.path()), [facts]);
    }

    #[test]
    fn a_sidecar_that_is_torn_or_gone_does_not_hide_its_recording() {
        let dir = tempfile::tempdir().unwrap();
        for (number, torn) in [(10, Some("{ \"call\": ")), (11, Some("")), (12, None)] {
            let call = CallId::new(1_700_000_000_000, number);
            let (files, mut file) = create(dir.path(), call, 1_700_000_000_000).unwrap();
            file.write_all(&header_of(8_000, 8_000, 2)).unwrap();
            file.write_all(&[1; 8_000]).unwrap();
            seal(&files, &mut RecordingFacts { rate: 8_000, ..facts(call, &files) }).unwrap();
            match torn {
                Some(text) => fs::write(&files.sidecar, text).unwrap(),
                None => fs::remove_file(&files.sidecar).unwrap(),
            }
            let repaired = repair_recordings(dir.path());
            let [facts] = &repaired[..] else { unreachable!("{torn:?}: {repaired:?}") };
            assert_eq!((facts.call, facts.length_ms, facts.complete), (call, 250, false));
            assert_eq!(repair_recordings(dir.path()), [], "once");
        }
        assert_eq!(scan_recordings(dir.path()).len(), 3);
    }

    #[test]
    fn a_call_recorded_twice_has_two_files_and_foreign_files_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let call = CallId::new(1_700_000_000_000, 8);
        let (first, _) = create(dir.path(), call, 1_700_000_000_000).unwrap();
        let (second, _) = create(dir.path(), call, 1_700_000_000_000).unwrap();
        assert!(second.relative.ends_with("-2.wav"), "{second:?}");
        let foreign = first.wav.with_file_name("notes.wav.part");
        fs::write(&foreign, "mine").unwrap();
        assert_eq!(repair_recordings(dir.path()).len(), 2);
        assert_eq!(fs::read_to_string(foreign).unwrap(), "mine");
    }
}
