//! A full disk neither ends calls nor prevents a start; it is told.

use crate::phones::{connect, hang_up, phone};
use crate::setup;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::eventually;
use switchroom_wire::{RecordingState, Severity};

/// A small disk in memory; gone when dropped.
struct SmallDisk {
    dir: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` if this user may not mount.
    fn new(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"]).arg(dir.path());
        let mounted = mount.output().is_ok_and(|out| out.status.success());
        mounted.then_some(Self { dir })
    }

    fn filler(&self) -> PathBuf {
        self.dir.path().join("filler")
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut file = std::fs::File::options().create(true).append(true).open(self.filler()).unwrap();
        for size in [65_536, 4_096, 512, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.dir.path()).output();
    }
}

fn is_alarmed(daemon: &Daemon) -> Option<()> {
    daemon.alarms().iter().any(|a| a.severity == Severity::Crit).then_some(())
}

#[test]
fn a_full_disk_ends_no_call_and_prevents_no_start() {
    // Room for a while: with less than 50 MB free nothing is recorded to begin with.
    let Some(disk) = SmallDisk::new("96m") else {
        // The same by another way is in the test below.
        return eprintln!("skipped: this user may not mount a small disk");
    };
    let mut setup = setup().recording();
    let folder = |name: &str| -> Option<PathBuf> { Some(Path::new(disk.dir.path()).join(name)) };
    (setup.recordings, setup.data) = (folder("recordings"), folder("data"));
    let mut daemon = Daemon::start(setup);
    let phones = [phone(&daemon, "101", 440), phone(&daemon, "102", 1_000)];
    connect(&phones[0], &phones[1], "102");
    eventually("the recording", || daemon.calls().into_iter().find(|c| c.recording == RecordingState::On));
    talks_on(&phones);
    assert_eq!(is_alarmed(&daemon), None, "{:?}", daemon.alarms());
    disk.fill();
    eventually("an alarm", || is_alarmed(&daemon));
    talks_on(&phones);
    hang_up([&phones[0], &phones[1]]);
    // A new call on a full disk.
    connect(&phones[1], &phones[0], "101");
    talks_on(&phones);
    hang_up([&phones[0], &phones[1]]);
    eventually("the store saying so", || (daemon.status().store != "ok").then_some(()));
    let told = daemon.run(&["console", "once", "all", "--fail-on", "crit"]);
    assert_eq!(told.status.code(), Some(1), "{}", String::from_utf8_lossy(&told.stdout));

    daemon.kill();
    disk.fill();
    daemon.start_again();
    eventually("an alarm after the start", || is_alarmed(&daemon));
    // Phones come back: what it knew of them may be old.
    let phones = [phone(&daemon, "103", 440), phone(&daemon, "104", 1_000)];
    connect(&phones[0], &phones[1], "104");
    talks_on(&phones);
    hang_up([&phones[0], &phones[1]]);

    std::fs::remove_file(disk.filler()).unwrap();
    eventually("the record of the call, once there is room", || {
        daemon.cdrs().into_iter().find(|c| c.from.number == "103")
    });
    // The index is made anew later, by the clock; that it is, is tested beside it.
    eventually("the journal well again", || (!daemon.status().store.contains("journal")).then_some(()));
}

/// Both hear each other, now.
fn talks_on(phones: &[switchroom::softphone::Softphone; 2]) {
    for (phone, hz) in [(&phones[0], 1_000), (&phones[1], 440)] {
        phone.forget_heard();
        assert!(phone.wait_to_hear(hz, -30.0, Duration::from_secs(10)), "{hz} Hz is not heard");
    }
}

#[test]
fn files_that_cannot_grow_end_no_call_and_prevent_no_start() {
    let mut setup = setup().recording();
    setup.file_kb_max = Some(64);
    let daemon = Daemon::start(setup);
    let phones = [phone(&daemon, "101", 440), phone(&daemon, "102", 1_000)];
    connect(&phones[0], &phones[1], "102");
    eventually("the failed recording", || daemon.events().into_iter().find(|e| e.name == "recording_failed"));
    talks_on(&phones);
    hang_up([&phones[0], &phones[1]]);
    eventually("the record", || daemon.cdrs().pop());
}
