//! The end of a recording: its files go, and the sidecar tells of a hold.

use super::archive::{self, Files, PARTS_MAX, call_of, day_of};
use super::wave::is_recording;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use switchroom_exchange::{CallId, RecordingFacts};

const DAY_MS: i64 = 86_400_000;

/// What was deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// Bytes of sound.
    pub bytes: u64,
    /// The folders they were in, `YYYY/MM/DD`: for [`settle_days`].
    pub days: BTreeSet<String>,
}

/// Deletes the files of a closed recording, and of all other closed parts of what was recorded of its call: else the next
/// start would find those. What is not there any more is no fault; what is still written is left alone.
///
/// # Errors
/// The name in the facts is not one of ours, or a file cannot be deleted. What is gone until then stays gone.
pub fn erase_recording(dir: &Path, facts: &RecordingFacts) -> io::Result<Erased> {
    let (day, own) = place_of(facts).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{:?} is not the name of a recording", facts.file),
        )
    })?;
    let mut erased = Erased::default();
    for (part_day, files) in other_parts(dir, facts) {
        erase(&files, &part_day, &mut erased)?;
    }
    erase(&Files::new(dir, day, own), day, &mut erased)?;
    Ok(erased)
}

/// The bytes of sound that [`erase_recording`] would delete: what was recorded of a call may be in several closed parts, of
/// which the facts name one.
pub fn recording_bytes(dir: &Path, facts: &RecordingFacts) -> u64 {
    let size = |(_, files): (String, Files)| fs::metadata(&files.wav).map_or(0, |found| found.len());
    facts.bytes.saturating_add(other_parts(dir, facts).into_iter().map(size).sum())
}

/// The closed parts of what was recorded of a call beside that which the facts name, each with its day; the last one first:
/// should their deletion be cut short, those that are left are still found one after the other.
fn other_parts(dir: &Path, facts: &RecordingFacts) -> Vec<(String, Files)> {
    let Some((day, own)) = place_of(facts) else { return Vec::new() };
    let begun = facts.call.unix_ms();
    let mut days: BTreeSet<String> =
        [begun, begun.saturating_add(DAY_MS)].into_iter().filter_map(day_of).collect();
    days.insert(day.to_owned());
    let mut found = Vec::new();
    for part_day in days {
        for name in parts(dir, &part_day, facts.call).into_iter().rev() {
            let files = Files::new(dir, &part_day, &name);
            if (part_day.as_str(), name.as_str()) != (day, own) && archive::is_closed(&files) {
                found.push((part_day.clone(), files));
            }
        }
    }
    found
}

/// Day and stem in the name of a recording's file.
fn place_of(facts: &RecordingFacts) -> Option<(&str, &str)> {
    let (day, name) = facts.file.rsplit_once('/').filter(|_| is_recording(&facts.file))?;
    let stem = name.strip_suffix(".wav").filter(|stem| call_of(stem) == Some(facts.call))?;
    Some((day, stem))
}

/// The parts of a call's recording in that folder: they are numbered without gaps.
fn parts(dir: &Path, day: &str, call: CallId) -> Vec<String> {
    let is_there = |name: &String| {
        let files = Files::new(dir, day, name);
        files.wav.exists() || files.part.exists() || files.sidecar.exists()
    };
    (1..=PARTS_MAX).map(|number| archive::part_name(call, number)).take_while(is_there).collect()
}

fn erase(files: &Files, day: &str, erased: &mut Erased) -> io::Result<()> {
    let bytes = fs::metadata(&files.wav).map_or(0, |found| found.len());
    remove(&files.wav)?;
    remove(&files.sidecar)?;
    erased.bytes += bytes;
    erased.days.insert(day.to_owned());
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Brings to the disk that files are gone from these folders, and removes those that are empty and in which no recording
/// can begin any more: of days, months and years before yesterday's.
pub fn settle_days(dir: &Path, days: &BTreeSet<String>, now_ms: i64) {
    let yesterday = day_of(now_ms.saturating_sub(DAY_MS)).unwrap_or_default();
    for day in days {
        let settled = File::open(dir.join(day)).and_then(|folder| folder.sync_all());
        if let Err(error) =
            settled.or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
        {
            tracing::warn!(
                "{}: {error}; what was deleted there may be back after a power cut",
                dir.join(day).display()
            );
        }
        let mut folder = day.as_str();
        // `2026/11/21`, then `2026/11`, then `2026`; one that is not empty stays.
        while yesterday.get(..folder.len()).is_some_and(|recent| folder < recent)
            && fs::remove_dir(dir.join(folder)).is_ok()
        {
            let Some((above, _)) = folder.rsplit_once('/') else { break };
            folder = above;
        }
    }
}

/// Writes into the sidecar what the store knows, so that a hold is known, too, should the store be lost.
///
/// # Errors
/// The name in the facts is not one of ours, or the disk's.
pub fn renew_sidecar(dir: &Path, facts: &RecordingFacts) -> io::Result<()> {
    let Some((day, stem)) = place_of(facts) else { return Err(io::ErrorKind::InvalidInput.into()) };
    let files = Files::new(dir, day, stem);
    if archive::is_closed(&files) { archive::write_sidecar(&files.sidecar, facts) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use switchroom_exchange::RecordingSubject;

    const START_MS: i64 = 1_700_000_000_000;

    /// A closed recording, with its files.
    fn recorded(dir: &Path, call: CallId) -> RecordingFacts {
        let (files, file) = archive::create(dir, call, call.unix_ms()).unwrap();
        file.set_len(1_000).unwrap();
        let mut facts = RecordingFacts {
            call,
            subject: RecordingSubject {
                number: 1,
                from: Default::default(),
                with: Default::default(),
                started_ms: call.unix_ms(),
            },
            file: files.relative.clone(),
            length_ms: 0,
            bytes: 0,
            rate: 8_000,
            sha256: String::new(),
            codec: String::new(),
            marks: Vec::new(),
            complete: true,
            held: None,
        };
        archive::seal(&files, &mut facts).unwrap();
        facts
    }

    #[test]
    fn all_closed_parts_go_and_what_is_written_or_of_others_stays() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let (call, other) = (CallId::new(START_MS, 5), CallId::new(START_MS, 6));
        let (first, second) = (recorded(dir, call), recorded(dir, call));
        assert_ne!(first.file, second.file);
        let kept = recorded(dir, other);
        let (open, _file) = archive::create(dir, call, START_MS).unwrap();
        let erased = erase_recording(dir, &second).unwrap();
        assert_eq!(erased.bytes, 2_000);
        assert_eq!(archive::scan_recordings(dir), std::slice::from_ref(&kept));
        assert!(!dir.join(&first.file).exists() && open.part.exists());
        // Again: nothing is there, and that is no fault.
        assert_eq!(erase_recording(dir, &second).unwrap().bytes, 0);
        settle_days(dir, &erased.days, START_MS + 10 * DAY_MS);
        assert!(dir.join(&kept.file).exists(), "the folder is not empty");
    }

    #[test]
    fn empty_folders_of_the_past_go_and_the_folder_of_today_stays() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let facts = recorded(dir, CallId::new(START_MS, 5));
        let erased = erase_recording(dir, &facts).unwrap();
        settle_days(dir, &erased.days, START_MS + DAY_MS);
        assert_eq!(
            erased.days.iter().filter(|day| dir.join(day).exists()).count(),
            1,
            "a call may begin there"
        );
        settle_days(dir, &erased.days, START_MS + 800 * DAY_MS);
        assert_eq!(fs::read_dir(dir).unwrap().count(), 0, "nor are there month and year");
        assert!(dir.exists());
    }

    #[test]
    fn a_name_that_is_not_ours_is_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let call = CallId::new(START_MS, 5);
        let good = recorded(dir.path(), call);
        let day = good.file.rsplit_once('/').unwrap().0;
        let outside = dir.path().join("keep.wav");
        fs::write(&outside, "sound").unwrap();
        for file in
            ["../keep.wav", "keep.wav", &format!("{day}/../../../keep.wav"), &format!("/{}", good.file)]
        {
            let error = erase_recording(dir.path(), &RecordingFacts { file: file.into(), ..good.clone() });
            assert!(error.unwrap_err().to_string().contains("not the name of a recording"), "{file}");
        }
        // Nor is the file of another call.
        let of_other = RecordingFacts { call: CallId::new(START_MS, 6), ..good.clone() };
        assert!(erase_recording(dir.path(), &of_other).is_err());
        assert!(outside.exists() && dir.path().join(&good.file).exists());
    }

    #[test]
    fn a_hold_is_in_the_sidecar() {
        let dir = tempfile::tempdir().unwrap();
        let mut facts = recorded(dir.path(), CallId::new(START_MS, 5));
        let held = switchroom_exchange::Held { by: "sue".into(), reason: "case 7".into(), at_ms: 9 };
        facts.held = Some(Box::new(held));
        renew_sidecar(dir.path(), &facts).unwrap();
        assert_eq!(archive::scan_recordings(dir.path()), [facts]);
    }
}
