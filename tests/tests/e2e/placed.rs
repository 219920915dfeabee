//! A call that a user places: a real phone is rung as the caller, then another one.

use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::{pieces_with, pieces_with_trace_of};
use switchroom_tests::baresip::{Baresip, MANUAL};
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program};
use switchroom_wire::{CallState, Side};

/// The caller's tone and the other side's.
const CALLER_HZ: f64 = 700.0;
const CALLEE_HZ: f64 = 1_000.0;
/// The ringing that the exchange makes.
const RINGING_HZ: f64 = 450.0;

fn dial(daemon: &Daemon, from: &str, to: &str) -> (bool, String) {
    let out = daemon.run(&["ctl", "dial", from, to]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    (out.status.success(), text)
}

#[test]
fn a_user_has_one_phone_call_another() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(setup().md5_only());
    let mut caller = Baresip::at(&daemon, "101", CALLER_HZ);
    let mut callee = Baresip::at_with(&daemon, "102", CALLEE_HZ, MANUAL);
    let (is_done, told) = dial(&daemon, "101", "102");
    assert!(is_done && told.contains("rings 101, then 102"), "{told}");
    caller.wait_for("CALL_ESTABLISHED");
    callee.wait_for("CALL_INCOMING");
    std::thread::sleep(Duration::from_millis(1_200));
    callee.command("accept", "");
    callee.wait_for("CALL_ESTABLISHED");
    let call = eventually("the talk", || {
        daemon.calls().into_iter().find(|c| c.state == CallState::Talking && c.from.number == "101")
    });
    std::thread::sleep(Duration::from_millis(2_500));
    callee.command("hangup", "");
    caller.wait_for("CALL_CLOSED");

    let cdr = eventually("the record of the call", || daemon.cdrs().into_iter().find(|c| c.id == call.id));
    assert_eq!((cdr.from.number.as_str(), cdr.to.number.as_str()), ("101", "102"));
    assert_eq!((cdr.ended.by.as_str(), cdr.ended.cause.as_str()), ("callee", "hung_up"));
    assert!(cdr.talk_ms >= 2_000, "{cdr:?}");
    assert_eq!(cdr.legs.iter().map(|l| l.side).collect::<Vec<_>>(), [Side::Caller, Side::Callee]);
    assert!(cdr.legs.iter().all(|leg| leg.outcome == "answered" && !leg.codec.is_empty()), "{cdr:?}");
    let audit = daemon.events().into_iter().find(|e| e.name == "dial");
    assert!(audit.is_some_and(|e| e.text.contains("rings 101, then 102")), "who placed it is written down");
    for (phone, own, other) in [(&caller, CALLER_HZ, CALLEE_HZ), (&callee, CALLEE_HZ, CALLER_HZ)] {
        let heard = phone.heard();
        let clear = pieces_with(&heard, other);
        assert!(clear >= 12, "{clear} of {} pieces with {other} Hz\n{}", heard.len() / 800, phone.log());
        assert_eq!(pieces_with_trace_of(&heard, own), 0, "a phone heard itself");
    }
    let rang = pieces_with(&caller.heard(), RINGING_HZ);
    assert!((5..=15).contains(&rang), "the caller heard ringing in {rang} pieces\n{}", caller.log());
    assert_eq!(pieces_with(&callee.heard(), RINGING_HZ), 0, "the called side heard ringing");

    let (is_done, told) = dial(&daemon, "101", "4711");
    assert!(!is_done && told.contains("4711 leads nowhere"), "{told}");
    let (is_done, told) = dial(&daemon, "999", "102");
    assert!(!is_done && told.contains("there is no extension 999"), "{told}");
}
