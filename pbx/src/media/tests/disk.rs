//! What recordings do on a disk that has no room for them, and what calls do meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::*;
use super::rig::{Phone, Rig};
use super::{A, B, CALL, PATIENCE, assert_channels, assert_tone, passes, talk};
use std::time::Instant;
use switchroom_exchange::{Channel, RecordingFacts, RecordingSubject};

#[test]
fn a_full_disk_ends_recordings_and_never_calls() {
    let rig = Rig::with(|settings| settings.free_bytes_min = u64::MAX / 2);
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    rig.call(&mut a, &mut b);
    let subject =
        RecordingSubject { number: 1, from: Default::default(), with: Default::default(), started_ms: 1 };
    let legs = [(A, Channel::Left), (B, Channel::Right)];
    rig.engine.command(MediaCommand::Record { call: CALL, legs, subject });
    let why = rig.until(|event| match event {
        MediaEvent::RecordingFailed { why, .. } => Some(why.clone()),
        _ => None,
    });
    assert!(why.contains("make room"), "{why}");
    assert!(!rig.engine.health().can_record);
    assert_tone(&b, &passes(&mut a, &b, 20), 440);
}

#[test]
fn a_directory_that_cannot_be_made_fails_the_recording_only() {
    let rig = Rig::with(|settings| settings.recordings = "/proc/no/recordings/here".into());
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    rig.call(&mut a, &mut b);
    let subject =
        RecordingSubject { number: 1, from: Default::default(), with: Default::default(), started_ms: 1 };
    let legs = [(A, Channel::Left), (B, Channel::Right)];
    rig.engine.command(MediaCommand::Record { call: CALL, legs, subject });
    rig.until(|event| matches!(event, MediaEvent::RecordingFailed { .. }).then_some(()));
    assert_tone(&b, &passes(&mut a, &b, 20), 440);
}

/// A small file system of its own, gone with this value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where file systems cannot be mounted.
    fn new(kilobytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let options = format!("size={kilobytes}k,mode=0700");
        let mut mount = std::process::Command::new("mount");
        let mount = mount.args(["-t", "tmpfs", "-o", &options, "switchroom-test"]).arg(dir.path());
        mount.output().is_ok_and(|done| done.status.success()).then(|| Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "a skipped test says so")]
fn a_disk_that_fills_up_ends_the_recording_and_not_the_call() {
    let Some(disk) = SmallDisk::new(64) else {
        println!("skipped: mounting a small file system needs root and the right to mount");
        return;
    };
    let dir = disk.0.path().to_path_buf();
    let rig = Rig::with(|settings| settings.recordings.clone_from(&dir));
    let (mut a, mut b) = (Phone::new("G722", 9, 400), Phone::new("G722", 9, 1000));
    rig.call(&mut a, &mut b);
    rig.record();
    let end = Instant::now() + PATIENCE;
    let why = loop {
        talk(&mut a, &mut b, 10);
        let failed = rig.events.try_iter().find_map(|event| match event {
            MediaEvent::RecordingFailed { why, .. } => Some(why),
            _ => None,
        });
        if let Some(why) = failed {
            break why;
        }
        assert!(Instant::now() < end, "64 kB take more than a minute of sound");
    };
    assert!(why.contains("cannot write the recording: ") && why.contains("No space left"), "{why}");
    let facts = rig.until(|event| match event {
        MediaEvent::RecordingClosed { facts } => Some(facts.clone()),
        _ => None,
    });
    assert!(!facts.complete && facts.length_ms > 100, "{facts:?}");
    assert_channels(&dir.join(&facts.file), 400, 1000);
    assert_eq!(scan_recordings(&dir), std::slice::from_ref(&facts));
    assert_eq!(repair_recordings(&dir), [], "nothing is left to repair");
    b.backlog();
    assert_tone(&b, &passes(&mut a, &b, 20), 400);
    rig.engine.shutdown();
}

#[test]
#[allow(clippy::print_stdout, reason = "a skipped test says so")]
fn a_sidecar_that_has_no_room_leaves_the_one_before_as_it_was() {
    let Some(disk) = SmallDisk::new(64) else {
        println!("skipped: mounting a small file system needs root and the right to mount");
        return;
    };
    let dir = disk.0.path();
    let (files, _) = archive::create(dir, CALL, 1_700_000_000_000).unwrap();
    let subject =
        RecordingSubject { number: 3, from: Default::default(), with: Default::default(), started_ms: 1 };
    let mut facts = RecordingFacts {
        call: CALL,
        subject,
        file: files.relative.clone(),
        length_ms: 0,
        bytes: 0,
        rate: 8_000,
        sha256: String::new(),
        codec: "PCMA/8000".into(),
        marks: Vec::new(),
        complete: false,
        held: None,
    };
    archive::mend(&files.part, 8_000, 2).unwrap();
    archive::begin_sidecar(&files.sidecar, &facts).unwrap();
    let before = std::fs::read_to_string(&files.sidecar).unwrap();
    let mut rest = std::fs::File::create(dir.join("others")).unwrap();
    while io::Write::write_all(&mut rest, &[0; 4_096]).is_ok() {}
    // What fits into the block of the old one is written all the same.
    facts.marks = vec![(1, "mark".into(), "short".into())];
    archive::write_sidecar(&files.sidecar, &facts).unwrap();
    let short = std::fs::read_to_string(&files.sidecar).unwrap();
    assert!(short.contains("short") && short != before);
    facts.marks = vec![(1, "mark".into(), "a mark of some length".into()); 1_000];
    let error = archive::seal(&files, &mut facts).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(std::fs::read_to_string(&files.sidecar).unwrap(), short);
    // With room again the next start finishes it.
    drop(rest);
    std::fs::remove_file(dir.join("others")).unwrap();
    let repaired = repair_recordings(dir);
    assert_eq!((repaired.len(), repaired[0].subject.number, repaired[0].marks.len()), (1, 3, 1));
    assert_eq!(scan_recordings(dir), repaired);
}
