//! The flight recorder of a running daemon: written while it talks, run again by the same program, with the same effect.

use crate::phones::{PATIENCE, connect, hang_up, phone};
use crate::setup;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use switchroom_phone::digits::DigitsBy;
use switchroom_phone::{PhoneCommand, PhoneEvent};
use switchroom_sip::digest::{Algorithm, ha1};
use switchroom_tests::daemon::{DOMAIN, Daemon, password};
use switchroom_tests::process::eventually;

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn what_a_daemon_was_given_has_the_same_effect_again() {
    let daemon = Daemon::start(setup().recording());
    let (caller, callee) = (phone(&daemon, "101", 440), phone(&daemon, "102", 1_000));
    connect(&caller, &callee, "102");
    caller.command(PhoneCommand::Digits("7".into(), DigitsBy::Rtp)).unwrap();
    callee.wait_for(|e| matches!(e, PhoneEvent::Digit { digit: '7', .. }), PATIENCE).unwrap();
    eventually("the digit in the events", || daemon.events().into_iter().find(|e| e.name == "digit"));
    hang_up([&caller, &callee]);
    eventually("the record of the call", || daemon.cdrs().pop());
    let reloaded = daemon.run(&["ctl", "reload"]);
    assert!(reloaded.status.success(), "{}", text(&reloaded));
    // And one that is up.
    connect(&callee, &caller, "101");

    let dumped = daemon.run(&["ctl", "dump", "mine.flight"]);
    assert!(dumped.status.success(), "{}", text(&dumped));
    let told = String::from_utf8(dumped.stdout).unwrap();
    let path = Path::new(told.trim());
    assert!(path.starts_with(daemon.dir().join("data/flight")), "{told}");
    for file in [path, &daemon.dir().join("mine.flight")] {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = daemon.run(&["ctl", "dump", "mine.flight"]);
    assert!(!again.status.success(), "what is there is not written over");

    let record = std::fs::read_to_string(path).unwrap();
    for number in ["101", "102"] {
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            assert!(!record.contains(&ha1(algorithm, number, DOMAIN, &password(number))));
        }
    }
    assert!(record.contains("\"digit\":\"0\"") && !record.contains("\"digit\":\"7\""));

    let replayed = daemon.run(&["replay", "mine.flight", "--call", "1"]);
    let said = text(&replayed);
    assert!(replayed.status.success() && said.contains("\nEXACT "), "{said}");
    for line in ["INVITE sip:102@", "101 pressed 0", "200 OK (SDP)", "1 calls up of 2"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    hang_up([&caller, &callee]);
}

/// A life that began with registrations and with a call that a crash had cut off.
#[test]
fn so_has_what_a_daemon_was_given_after_a_crash() {
    let mut daemon = Daemon::start(setup());
    let (caller, callee) = (phone(&daemon, "101", 440), phone(&daemon, "102", 1_000));
    connect(&caller, &callee, "102");
    eventually("the call", || daemon.calls().pop());
    daemon.kill();
    daemon.start_again();
    hang_up([&caller, &callee]);
    eventually("the record of the call", || daemon.cdrs().pop());
    connect(&callee, &caller, "101");
    hang_up([&caller, &callee]);

    let dumped = daemon.run(&["ctl", "dump", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&dumped.stdout).unwrap();
    let replayed = daemon.run(&["replay", "--quiet", told["done"].as_str().unwrap()]);
    let said = text(&replayed);
    assert!(replayed.status.success() && said.contains("\nEXACT "), "{said}");
    assert!(said.contains("2 registrations") && said.contains("0 calls up of 1"), "{said}");
}
