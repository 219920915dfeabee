//! Two real softphones through the exchange, from registration to the record of their call.

use crate::setup;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use switchroom_tests::audio::{pieces_with, pieces_with_trace_of};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program};
use switchroom_wire::{CallState, RecordingState, Side};

/// The caller's tone and the other side's.
const CALLER_HZ: f64 = 440.0;
const CALLEE_HZ: f64 = 1_000.0;

#[test]
fn two_baresips_over_udp() {
    call_over("udp");
}

#[test]
fn two_baresips_over_tcp() {
    call_over("tcp");
}

fn call_over(transport: &str) {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(setup().recording().md5_only());
    let mut caller = Baresip::start(daemon.sip, "101", transport, CALLER_HZ);
    let mut callee = Baresip::start(daemon.sip, "102", transport, CALLEE_HZ);
    for number in ["101", "102"] {
        registered(&daemon, number, transport);
    }

    caller.command("dial", "102");
    caller.wait_for("CALL_ESTABLISHED");
    callee.wait_for("CALL_ESTABLISHED");
    let call = eventually("the call on the board", || {
        daemon
            .calls()
            .into_iter()
            .find(|c| c.state == CallState::Talking && c.recording == RecordingState::On)
    });
    assert_eq!((call.from.number.as_str(), call.to.number.as_str()), ("101", "102"));
    the_console_shows(&daemon, call.number);

    std::thread::sleep(Duration::from_millis(1_500));
    caller.command("sndcode", "5");
    eventually("the digit in the events", || {
        daemon.events().into_iter().find(|e| e.name == "digit" && e.text == "101 pressed 5")
    });
    eventually("the digit at the other phone", || {
        callee.command("listcalls", "");
        let heard = callee.kinds().iter().any(|k| k.contains("DTMF")) || callee.log().contains("DTMF");
        heard.then_some(())
    });

    caller.command("hold", "");
    eventually("the hold", || daemon.calls().into_iter().find(|c| c.state == CallState::Held));
    std::thread::sleep(Duration::from_millis(600));
    caller.command("resume", "");
    eventually("the call after the hold", || {
        daemon.calls().into_iter().find(|c| c.state == CallState::Talking)
    });
    std::thread::sleep(Duration::from_millis(1_500));
    callee.command("hangup", "");
    caller.wait_for("CALL_CLOSED");

    the_record_is_right(&daemon, &call.id);
    the_recording_is_right(&daemon, &call.id);
    // A baresip without a loudspeaker no longer writes what it hears once it has held: the caller's file ends there.
    // That it goes on hearing is in its RTCP reports, which the record of the call shows.
    for (phone, own, other, least) in
        [(&caller, CALLER_HZ, CALLEE_HZ, 12), (&callee, CALLEE_HZ, CALLER_HZ, 25)]
    {
        let heard = phone.heard();
        let (clear, all) = (pieces_with(&heard, other), heard.len() / 800);
        assert!(clear >= least, "{clear} of {all} pieces with {other} Hz\n{}", phone.log());
        assert_eq!(pieces_with_trace_of(&heard, own), 0, "a phone heard itself");
    }
}

fn registered(daemon: &Daemon, number: &str, transport: &str) {
    let bindings = daemon.wait_for_binding(number);
    let [binding] = bindings.as_slice() else { panic!("{bindings:?}") };
    assert!(binding.address.starts_with(transport), "{binding:?}");
    assert!(binding.agent.contains("baresip"), "{binding:?}");
}

/// The same snapshot that a supervisor sees, by the console's own printer.
fn the_console_shows(daemon: &Daemon, number: u64) {
    let shown = daemon.run(&["console", "once", "calls"]);
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.status.success(), "{text}{}", String::from_utf8_lossy(&shown.stderr));
    let line =
        text.lines().find(|l| l.contains("101") && l.contains("102")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains(&number.to_string()), "{line}");
    let told = daemon.run(&["ctl", "calls", "--json"]);
    let calls: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!(calls[0]["state"], "talking", "{calls}");
}

fn the_record_is_right(daemon: &Daemon, id: &str) {
    let cdr = eventually("the record of the call", || daemon.cdrs().into_iter().find(|c| c.id == id));
    assert_eq!((cdr.from.number.as_str(), cdr.to.number.as_str()), ("101", "102"));
    assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("102"));
    assert_eq!((cdr.ended.by.as_str(), cdr.ended.cause.as_str()), ("callee", "hung_up"));
    let (ringing, answered) = (cdr.ringing_ms.unwrap_or(cdr.started_ms), cdr.answered_ms.expect("answered"));
    assert!(cdr.started_ms <= ringing && ringing <= answered && answered < cdr.ended.at_ms, "{cdr:?}");
    assert!(cdr.talk_ms >= 3_000 && cdr.talk_ms <= cdr.total_ms, "{} of {}", cdr.talk_ms, cdr.total_ms);
    let steps: Vec<&str> = cdr.path.iter().map(|w| w.step.as_str()).collect();
    for step in ["call", "route", "offer", "answer", "hold", "resume", "end"] {
        assert!(steps.contains(&step), "no {step} in {steps:?}");
    }
    assert_eq!(cdr.legs.iter().map(|l| l.side).collect::<Vec<_>>(), [Side::Caller, Side::Callee]);
    for leg in &cdr.legs {
        assert!(leg.codec.starts_with("PCM"), "{leg:?}");
        assert_eq!(leg.outcome, "answered");
        let heard = leg.quality.received;
        assert!(heard.packets > 100 && heard.loss_ppm == 0 && heard.mos_centi > 400, "{heard:?}");
        let told = leg.quality.sent;
        assert!(told.packets >= 130 && told.loss_ppm == 0, "what the phone reports it heard: {told:?}");
    }
    assert_eq!(cdr.recording.as_deref(), Some(id));
}

fn the_recording_is_right(daemon: &Daemon, id: &str) {
    let (view, rate, channels) = daemon.closed_recording(id);
    assert!(view.complete, "{view:?}");
    let file = daemon.recordings_dir().join(&view.file);
    let bytes = std::fs::read(&file).expect("the file");
    let hash: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hash, view.sha256);
    assert_eq!(bytes.len() as u64, view.bytes);
    let sidecar: serde_json::Value =
        serde_json::from_slice(&std::fs::read(file.with_extension("json")).expect("a sidecar"))
            .expect("JSON");
    assert_eq!(sidecar["sha256"], view.sha256.as_str(), "{sidecar}");
    let kinds: Vec<&str> = view.marks.iter().map(|m| m.kind.as_str()).collect();
    assert_eq!(kinds, ["answer", "digit", "hold", "resume", "end"]);
    let [left, right] = channels.as_slice() else { panic!("{} channels", channels.len()) };
    assert_eq!(rate, 8_000);
    assert!(pieces_with(left, CALLER_HZ) >= 20, "{} pieces of the caller", pieces_with(left, CALLER_HZ));
    assert!(pieces_with(right, CALLEE_HZ) >= 20, "{} pieces of the callee", pieces_with(right, CALLEE_HZ));
    assert_eq!(
        pieces_with_trace_of(left, CALLEE_HZ) + pieces_with_trace_of(right, CALLER_HZ),
        0,
        "the channels mix"
    );
}
