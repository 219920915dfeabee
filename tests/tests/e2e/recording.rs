//! Recording by order: begun by hand in a call that no rule records, paused, resumed and stopped, while two real softphones
//! say their tones. What was said meanwhile is nowhere in the file.

use crate::queues::ctl;
use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::{longest_silence, pieces_with, pieces_with_trace_of, read_wav};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program};
use switchroom_wire::{CallState, RecordingState};

const CALLER_HZ: f64 = 440.0;
const CALLEE_HZ: f64 = 700.0;

/// How long each part lasts.
const PART: Duration = Duration::from_millis(2_000);

fn is(daemon: &Daemon, wanted: RecordingState) {
    eventually(&format!("the recording to be {wanted:?}"), || {
        daemon.calls().into_iter().find(|c| c.recording == wanted)
    });
}

#[test]
fn a_recording_is_begun_paused_resumed_and_stopped() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(setup().md5_only());
    let mut caller = Baresip::at(&daemon, "101", CALLER_HZ);
    let mut callee = Baresip::at(&daemon, "102", CALLEE_HZ);
    caller.command("dial", "102");
    callee.wait_for("CALL_ESTABLISHED");
    let call = eventually("the talk", || daemon.calls().into_iter().find(|c| c.state == CallState::Talking));
    assert_eq!(call.recording, RecordingState::Off);
    for (act, state) in [
        ("start", RecordingState::On),
        ("pause", RecordingState::Paused),
        ("resume", RecordingState::On),
        ("stop", RecordingState::Done),
    ] {
        std::thread::sleep(PART);
        ctl(&daemon, &["record", &call.id, act]);
        is(&daemon, state);
    }
    std::thread::sleep(PART);
    callee.command("hangup", "");
    caller.wait_for("CALL_CLOSED");

    let view = eventually("the closed recording", || {
        daemon.recordings().into_iter().find(|r| r.id == call.id && !r.sha256.is_empty())
    });
    assert_eq!(daemon.recordings().len(), 1, "one file");
    let (rate, channels) = read_wav(&daemon.recordings_dir().join(&view.file));
    for (channel, own, other) in [(0, CALLER_HZ, CALLEE_HZ), (1, CALLEE_HZ, CALLER_HZ)] {
        let sound = &channels[channel];
        let seconds = sound.len() as f64 / f64::from(rate);
        let silent = longest_silence(sound);
        // Begin and end are as late as the daemon and this test are slow, and the pause is not shorter than it was asked for.
        assert!(silent >= 1.8, "channel {channel}: {silent} s of silence of {seconds} s");
        let pieces = pieces_with(sound, own);
        assert!(pieces >= 20, "channel {channel}: {pieces} pieces of its tone in {seconds} s");
        assert_eq!(pieces_with_trace_of(sound, other), 0, "channel {channel} has the other's tone");
        // The talk went on for a part before and another after, which nobody wanted recorded.
        let all = 5.0 * PART.as_secs_f64();
        assert!(seconds < all - 2.0, "{seconds} s of a talk of {all} s or more");
    }
    let marks: Vec<String> = view.marks.iter().map(|mark| mark.kind.clone()).collect();
    assert!(
        marks.iter().any(|m| m.contains("pause")) && marks.iter().any(|m| m.contains("resume")),
        "{marks:?}"
    );
    let audited = daemon.events().into_iter().filter(|e| e.name.starts_with("record")).count();
    assert!(audited >= 4, "{:?}", daemon.events());
    let told = daemon.run(&["ctl", "record", &call.id, "pause"]);
    assert!(!told.status.success(), "there is nothing to pause in a call that is over");
}
