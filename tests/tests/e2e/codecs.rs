//! Two real softphones with no codec in common: what one says is translated for the other.

use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::{pieces_with_part_of, pieces_with_trace_of};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program};

const CALLER_HZ: f64 = 440.0;
const CALLEE_HZ: f64 = 700.0;

fn phone(daemon: &Daemon, number: &str, hz: f64, codec: &str) -> Baresip {
    Baresip::at_with(daemon, number, hz, &format!(";audio_codecs={codec}"))
}

#[test]
fn what_one_says_is_translated() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(setup().md5_only());
    let mut caller = phone(&daemon, "101", CALLER_HZ, "G722/16000/1");
    let mut callee = phone(&daemon, "102", CALLEE_HZ, "PCMU/8000/1");
    caller.command("dial", "102");
    caller.wait_for("CALL_ESTABLISHED");
    callee.wait_for("CALL_ESTABLISHED");
    std::thread::sleep(Duration::from_secs(3));
    caller.command("hangup", "");
    callee.wait_for("CALL_CLOSED");

    let cdr = eventually("the record of the call", || daemon.cdrs().into_iter().next());
    let codecs: Vec<&str> = cdr.legs.iter().map(|leg| leg.codec.as_str()).collect();
    assert_eq!(codecs, ["G722/8000", "PCMU/8000"]);
    assert!(cdr.path.iter().any(|step| step.text.ends_with("translated from G722/8000")), "{:?}", cdr.path);
    for (phone, own, other) in [(&caller, CALLER_HZ, CALLEE_HZ), (&callee, CALLEE_HZ, CALLER_HZ)] {
        let heard = phone.heard();
        // A translated voice is a hair slower or faster, up to six in a thousand, until its delay is settled.
        let (clear, all) = (pieces_with_part_of(&heard, other), heard.len() / 800);
        assert!(clear >= 20, "{clear} of {all} pieces with {other} Hz\n{}", phone.log());
        assert_eq!(pieces_with_trace_of(&heard, own), 0, "a phone heard itself");
    }
}
