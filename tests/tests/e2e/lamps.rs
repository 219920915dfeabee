//! SIPp is a phone with a lamp, as it reads RFC 4235; those whom the lamp is of are real softphones.

use crate::setup;
use std::time::Duration;
use switchroom_tests::baresip::{Baresip, MANUAL};
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program, ports};
use switchroom_tests::sipp::Sipp;

/// Waits until the lamp was told that.
fn is_told(lamp: &Sipp, what: &str) {
    let told = || std::fs::read_to_string(lamp.dir().join("told.log")).unwrap_or_default();
    eventually(&format!("{what:?}, after {:?}", lamp.errors()), || told().contains(what).then_some(()));
}

#[test]
fn a_lamp_follows_a_colleague_through_a_call() {
    if !has_program("baresip", "baresip-core") || !has_program("sipp", "sip-tester") {
        return;
    }
    let mut site = setup().md5_only();
    site.extensions = ["101", "102", "103"].map(str::to_owned).to_vec();
    let daemon = Daemon::start(site);
    let mut caller = Baresip::at(&daemon, "101", 440.0);
    let mut called = Baresip::at_with(&daemon, "102", 700.0, MANUAL);
    let more = ["-m", "1", "-trace_logs", "-log_file", "told.log"];
    let lamp = Sipp::start("lamp", daemon.sip, ports(4), "103", "102", &more);
    is_told(&lamp, "told 0 terminated");
    caller.command("dial", "102");
    called.wait_for("CALL_INCOMING");
    is_told(&lamp, "told 1 early");
    called.command("accept", "");
    is_told(&lamp, "told 2 confirmed");
    caller.command("hangup", "");
    is_told(&lamp, "told 3 terminated");
    lamp.succeed(Duration::from_secs(10));
}
