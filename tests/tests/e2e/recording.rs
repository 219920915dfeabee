//! Recording by order: begun by hand in a call that no rule records, paused, resumed and stopped, while two real softphones
//! say their tones. What was said meanwhile is nowhere in the file.

use crate::queues::ctl;
use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::{after_longest_silence, longest_silence, pieces_with, pieces_with_trace_of};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program, user};
use switchroom_wire::{CallState, EventKind, RecordingState};

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

    let (view, rate, channels) = daemon.closed_recording(&call.id);
    assert_eq!(daemon.recordings().len(), 1, "one file");
    for (channel, own, other) in [(0, CALLER_HZ, CALLEE_HZ), (1, CALLEE_HZ, CALLER_HZ)] {
        let sound = &channels[channel];
        let seconds = sound.len() as f64 / f64::from(rate);
        let silent = longest_silence(sound);
        // Begin and end are as late as the daemon and this test are slow, and the pause is not shorter than it was asked for.
        assert!(silent >= 1.8, "channel {channel}: {silent} s of silence of {seconds} s");
        let pieces = pieces_with(sound, own);
        assert!(pieces >= 30, "channel {channel}: {pieces} pieces of its tone in {seconds} s");
        let resumed = pieces_with(after_longest_silence(sound), own);
        assert!(resumed >= 10, "channel {channel}: {resumed} pieces of its tone after the pause");
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
    the_audit_list_has_all(&daemon, &call.id);
    let told = daemon.run(&["ctl", "record", &call.id, "pause"]);
    assert!(!told.status.success(), "there is nothing to pause in a call that is over");
}

/// Each order is on the audit list, in order, with the call and who gave it.
fn the_audit_list_has_all(daemon: &Daemon, call: &str) {
    let user = user();
    let of_call = daemon.events().into_iter().filter(|e| e.call.as_deref() == Some(call));
    let audited = of_call.filter(|e| e.kind == EventKind::Audit && e.subject == user);
    let names: Vec<String> =
        audited.map(|event| event.name).filter(|name| name.starts_with("recording_")).collect();
    let wanted = ["recording_begun", "recording_paused", "recording_resumed", "recording_stopped"];
    assert_eq!(names, wanted, "by {user}: {:?}", daemon.events());
}
