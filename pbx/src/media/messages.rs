//! Messages as files: `messages/YYYY/MM/<id>.wav` below the directory of recordings, by the machine's calendar, mono. While one
//! is written it is called `<id>.wav.part`, and can be read at any moment.

use super::archive::{self, HEADER_BYTES, SAMPLE_BYTES, is_number};
use super::taking::Loudness;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use switchroom_exchange::MessageFacts;

/// The folder below that of recordings.
const FOLDER: &str = "messages";
/// No id of a message is longer.
const ID_BYTES_MAX: usize = 64;

/// The files of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MessageFiles {
    /// The final name, relative to the directory of recordings.
    relative: String,
    /// While it is written.
    pub(super) part: PathBuf,
    wav: PathBuf,
}

impl MessageFiles {
    fn new(recordings: &Path, month: &str, id: &str) -> Self {
        let relative = format!("{FOLDER}/{month}/{id}.wav");
        let wav = recordings.join(&relative);
        Self { part: wav.with_extension("wav.part"), wav, relative }
    }
}

/// Whether that is the id of a message: `[0-9a-z-]`, and so can be part of a path.
pub(super) fn is_id(id: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(is_letter)
}

/// Creates the file of a message, empty, under its name while it is written.
pub(super) fn create(recordings: &Path, id: &str, now_ms: i64) -> io::Result<(MessageFiles, File)> {
    if !is_id(id) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "that is no id of a message"));
    }
    if find(recordings, id).is_some() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a message of that id"));
    }
    let moment = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    let date = moment.to_zoned(jiff::tz::TimeZone::system()).date();
    let month = format!("{:04}/{:02}", date.year(), date.month());
    let files = MessageFiles::new(recordings, &month, id);
    if let Some(place) = files.part.parent() {
        DirBuilder::new().recursive(true).mode(0o750).create(place)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&files.part)?;
    Ok((files, file))
}

/// The file of a message that was taken. Nothing but an id finds one.
pub(super) fn find(recordings: &Path, id: &str) -> Option<PathBuf> {
    let months = if is_id(id) { months(recordings) } else { Vec::new() };
    // The newest are asked for most.
    let mut paths = months.iter().rev().map(|month| MessageFiles::new(recordings, month, id).wav);
    paths.find(|path| path.is_file())
}

/// Deletes a message. That there is none is no error.
///
/// # Errors
/// The system refuses.
pub(super) fn drop_message(recordings: &Path, id: &str) -> io::Result<()> {
    find(recordings, id).map_or(Ok(()), fs::remove_file)
}

/// Deletes what was taken of a message that is not kept.
pub(super) fn discard(files: &MessageFiles) -> io::Result<()> {
    fs::remove_file(&files.part)
}

/// Gives a closed file its final name, cut to so many samples, and measures and hashes it.
pub(super) fn seal(files: &MessageFiles, rate: u32, samples: u64) -> io::Result<MessageFacts> {
    let length = HEADER_BYTES + samples * SAMPLE_BYTES;
    let file = OpenOptions::new().write(true).open(&files.part)?;
    if file.metadata()?.len() > length {
        file.set_len(length)?;
    }
    drop(file);
    let rate = archive::mend(&files.part, rate, 1)?;
    let facts = facts(&files.part, files.relative.clone(), rate)?;
    fs::rename(&files.part, &files.wav)?;
    if let Some(place) = files.wav.parent() {
        File::open(place)?.sync_all()?;
    }
    Ok(facts)
}

/// Measures and hashes a whole file.
fn facts(path: &Path, relative: String, rate: u32) -> io::Result<MessageFacts> {
    let (bytes, sha256) = archive::hash(path)?;
    let samples = bytes.saturating_sub(HEADER_BYTES) / SAMPLE_BYTES;
    let length_ms = samples * 1000 / u64::from(rate.max(1));
    Ok(MessageFacts { file: relative, length_ms, bytes, sha256 })
}

/// Finishes the messages that a crash left behind: what was said is kept, and what holds nothing audible is deleted. Tells
/// what became of each that is in `unfinished`, those that the store knows as being recorded: its file, or that there is
/// none. To be called before the engine starts.
///
/// What cannot be repaired (a read-only or full disk) is left as it is, logged and not told of; the next start tries again.
/// A file that the store knows nothing of, because it was in trouble too, is repaired, stays where it is, and is logged.
pub fn settle_messages<'a>(
    recordings: &Path,
    unfinished: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<String, Option<MessageFacts>> {
    let mut repaired = repair_messages(recordings);
    let mut settled = BTreeMap::new();
    for id in unfinished {
        let found = repaired.remove(id).unwrap_or_else(|| sealed(recordings, id));
        match found {
            Ok(facts) => _ = settled.insert(id.to_owned(), facts),
            Err(error) => tracing::error!(message = id, %error, "a message that was cut off cannot be read"),
        }
    }
    for (message, found) in repaired {
        match found {
            Ok(Some(facts)) => tracing::warn!(
                message,
                file = facts.file,
                "a message that was cut off is in no box: the store does not know whose it is; its file is kept"
            ),
            Ok(None) => {}
            Err(error) => tracing::error!(message, %error, "an interrupted message cannot be repaired"),
        }
    }
    settled
}

/// Every message whose file was being written, by its id, and what became of it.
fn repair_messages(recordings: &Path) -> BTreeMap<String, io::Result<Option<MessageFacts>>> {
    let mut repaired = BTreeMap::new();
    for month in months(recordings) {
        for name in list(&recordings.join(FOLDER).join(&month)) {
            let Some(id) = name.strip_suffix(".wav.part").filter(|id| is_id(id)) else { continue };
            repaired.insert(id.to_owned(), repair(&MessageFiles::new(recordings, &month, id)));
        }
    }
    repaired
}

/// A message whose file was closed, of which the exchange was not told any more; `None` if there is none.
fn sealed(recordings: &Path, id: &str) -> io::Result<Option<MessageFacts>> {
    let Some(path) = find(recordings, id) else { return Ok(None) };
    let relative = path.strip_prefix(recordings).unwrap_or(&path).to_string_lossy().into_owned();
    let rate = archive::mend(&path, 8_000, 1)?;
    facts(&path, relative, rate).map(Some)
}

fn repair(files: &MessageFiles) -> io::Result<Option<MessageFacts>> {
    let rate = archive::mend(&files.part, 8_000, 1)?;
    let mut reader = hound::WavReader::open(&files.part).map_err(io::Error::other)?;
    let mut loudness = Loudness::new(rate);
    let samples: Vec<i16> = reader.samples::<i16>().map_while(Result::ok).collect();
    loudness.add(&samples);
    match loudness.kept() {
        None => discard(files).map(|()| None),
        Some(kept) => seal(files, rate, kept).map(Some),
    }
}

/// All months that there are messages of, as `2026/11`, in order.
fn months(recordings: &Path) -> Vec<String> {
    let folder = recordings.join(FOLDER);
    let mut months = Vec::new();
    for year in list(&folder).into_iter().filter(|name| is_number(name, 4)) {
        let found = list(&folder.join(&year)).into_iter().filter(|name| is_number(name, 2));
        months.extend(found.map(|month| format!("{year}/{month}")));
    }
    months
}

/// Names in a folder, in order.
fn list(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write;

    /// A message as a kill leaves it: its header knows of nothing, and its last sample is cut in two.
    fn left(recordings: &Path, id: &str, samples: &[i16]) {
        let (files, file) = create(recordings, id, 1_700_000_000_000).unwrap();
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        hound::WavWriter::new(io::BufWriter::new(file), spec).unwrap().flush().unwrap();
        let mut file = OpenOptions::new().append(true).open(&files.part).unwrap();
        let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).chain([7]).collect();
        file.write_all(&bytes).unwrap();
    }

    #[test]
    fn a_message_that_a_crash_left_is_kept_if_something_was_said() {
        let dir = tempfile::tempdir().unwrap();
        let mut said = vec![0; 32_000];
        switchroom_media::tone::Tone::new(400, -150, 16_000).fill(&mut said[..16_000]);
        left(dir.path(), "box-1", &said);
        left(dir.path(), "box-2", &[3; 8_000]);
        fs::write(dir.path().join("messages/2023/11/Other.wav.part"), "x").unwrap();
        assert_eq!(find(dir.path(), "box-1"), None, "it is not closed");
        let settled = settle_messages(dir.path(), ["box-1", "box-2", "box-3"]);
        let ids: Vec<_> = settled.keys().map(String::as_str).collect();
        assert_eq!(ids, ["box-1", "box-2", "box-3"]);
        assert_eq!(
            (&settled["box-2"], &settled["box-3"]),
            (&None, &None),
            "nothing said, and no file at all"
        );
        let facts = settled["box-1"].clone().unwrap();
        assert_eq!(facts.file, "messages/2023/11/box-1.wav");
        assert_eq!((facts.length_ms, facts.sha256.len()), (1500, 64), "the silence at its end is cut");
        let reader = hound::WavReader::open(dir.path().join(&facts.file)).unwrap();
        assert_eq!(
            (reader.duration(), reader.spec().channels, reader.spec().sample_rate),
            (24_000, 1, 16_000)
        );
        assert_eq!(
            settle_messages(dir.path(), ["box-1"]),
            BTreeMap::from([("box-1".to_owned(), Some(facts))]),
            "closed, and nobody was told: it is told of again"
        );
        assert_eq!(settle_messages(dir.path(), []), BTreeMap::new());
        assert!(find(dir.path(), "box-1").is_some() && find(dir.path(), "box-2").is_none());
        assert!(create(dir.path(), "box-1", 1_800_000_000_000).is_err(), "an id is used once");
        drop_message(dir.path(), "box-1").unwrap();
        drop_message(dir.path(), "box-1").unwrap();
        assert_eq!(find(dir.path(), "box-1"), None);
    }

    /// A file that the store knows nothing of is nobody's; it is not thrown away either.
    #[test]
    fn a_message_of_which_the_store_knows_nothing_keeps_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut said = vec![0; 16_000];
        switchroom_media::tone::Tone::new(400, -150, 16_000).fill(&mut said);
        left(dir.path(), "box-1", &said);
        assert_eq!(settle_messages(dir.path(), ["box-2"]), BTreeMap::from([("box-2".to_owned(), None)]));
        assert!(find(dir.path(), "box-1").is_some());
    }

    /// What cannot be looked at now is not told to be gone: its entry stays for a later start.
    #[test]
    fn what_cannot_be_repaired_waits() {
        let dir = tempfile::tempdir().unwrap();
        left(dir.path(), "box-1", &[3; 8_000]);
        let part = dir.path().join("messages/2023/11/box-1.wav.part");
        fs::remove_file(&part).unwrap();
        fs::create_dir(&part).unwrap();
        assert_eq!(settle_messages(dir.path(), ["box-1"]), BTreeMap::new());
        fs::remove_dir(&part).unwrap();
        assert_eq!(settle_messages(dir.path(), ["box-1"]), BTreeMap::from([("box-1".to_owned(), None)]));
    }

    #[test]
    fn only_an_id_becomes_a_path() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("messages/2026/11")).unwrap();
        fs::write(dir.path().join("secret.wav"), "x").unwrap();
        for id in ["../../../secret", "", "a/b", "A", "a.b", "\u{e9}", &"a".repeat(65)] {
            assert!(create(dir.path(), id, 0).is_err(), "{id:?}");
            assert_eq!(find(dir.path(), id), None, "{id:?}");
            drop_message(dir.path(), id).unwrap();
        }
        assert!(dir.path().join("secret.wav").exists());
    }
}
