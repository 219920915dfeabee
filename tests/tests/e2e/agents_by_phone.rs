//! Agents sign in and out, are ready and have a break by the keys of a real softphone, through the flow that ships. What came
//! of it is seen as `ctl agents` shows it, and heard as the phone recorded it.

use crate::flows::{at, heard, press, with_flows};
use crate::queues::{agent, is_written_down};
use serde_json::Value;
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::process::{eventually, has_program};

const PHONE_HZ: f64 = 440.0;

/// Of agent 2007, in place of the one that is shipped, which is short enough to be a time somewhere.
const PIN: &str = "739156";

fn site() -> Setup {
    let mut setup = with_flows();
    setup.more = setup.more.replace("pin = \"4711\"", &format!("pin = \"{PIN}\""));
    setup
}

/// Calls a number from the phone, presses what each node waits for, and hears the flow out, which hangs up.
fn call(daemon: &Daemon, seat: &str, number: &str, keys: &[(&str, &str)], prompts: &[&str]) {
    let done = daemon.cdrs().len();
    // A phone of its own each time: what it heard is then of this call alone.
    let mut phone = Baresip::at(daemon, seat, PHONE_HZ);
    phone.command("dial", number);
    phone.wait_for("CALL_ESTABLISHED");
    for (node, digits) in keys {
        at(daemon, node);
        press(&mut phone, digits);
    }
    phone.wait_for("CALL_CLOSED");
    eventually("the record of the call", || (daemon.cdrs().len() > done).then_some(()));
    heard(&phone, "en", prompts);
}

/// Waits until the agent has chosen that; `ctl agents` shows him.
fn chose(daemon: &Daemon, number: &str, presence: &str) -> Value {
    eventually(&format!("agent {number}: {presence}"), || {
        Some(agent(daemon, number)).filter(|agent| agent["presence"] == presence)
    })
}

#[test]
fn an_agent_comes_has_a_break_and_goes_by_number_and_pin() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(site());
    chose(&daemon, "2007", "logged_out");
    // 901 is nobody's phone.
    let goodbye = "msg/goodbye";
    let typed = [("number", "2007#"), ("pin", "739156#")];
    call(&daemon, "901", "*50", &typed, &["example/agent/signed-in", goodbye]);
    let shown = chose(&daemon, "2007", "ready");
    assert_eq!((&shown["extension"], &shown["activity"]), (&"901".into(), &"idle".into()), "{shown}");

    call(&daemon, "901", "*53", &[("reason", "1")], &["example/agent/on-break", goodbye]);
    assert_eq!(chose(&daemon, "2007", "break")["reason"], "lunch");
    call(&daemon, "901", "*52", &[], &["example/agent/ready", goodbye]);
    chose(&daemon, "2007", "ready");
    call(&daemon, "901", "*51", &[], &["example/agent/signed-out", goodbye]);
    chose(&daemon, "2007", "logged_out");
    // Who has gone has no break.
    call(&daemon, "901", "*53", &[("reason", "1")], &["example/agent/nobody", goodbye]);

    let done: Vec<String> =
        daemon.events().into_iter().filter(|e| e.text.contains("by phone")).map(|e| e.text).collect();
    assert_eq!(done.len(), 4, "{done:?}");
    assert!(!is_written_down(&daemon, PIN));
}

#[test]
fn a_wrong_pin_signs_nobody_in_and_an_own_phone_needs_none() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(site());
    let mut phone = Baresip::at(&daemon, "901", PHONE_HZ);
    phone.command("dial", "*50");
    phone.wait_for("CALL_ESTABLISHED");
    at(&daemon, "number");
    press(&mut phone, "2007#");
    at(&daemon, "pin");
    press(&mut phone, "739157#");
    eventually("the wrong PIN", || {
        let told = daemon.calls().iter().any(|call| call.path.iter().any(|w| w.text.contains("wrong")));
        told.then_some(())
    });
    phone.command("hangup", "");
    eventually("the end", || (!daemon.cdrs().is_empty()).then_some(()));
    assert_eq!(agent(&daemon, "2007")["presence"], "logged_out");

    call(&daemon, "101", "*50", &[], &["example/agent/signed-in", "msg/goodbye"]);
    assert_eq!(chose(&daemon, "2001", "ready")["extension"], "101");
}
