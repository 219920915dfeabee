//! A phone that joins two of its calls by itself: to the exchange they are two calls as any other, each with its record and
//! its recording, and what each of the two others hears of the third comes out of the phone in the middle.

use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::{phases, pieces_with_trace_of};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::linphone::{self, Linphone};
use switchroom_tests::process::{eventually, has_program};
use switchroom_wire::{CallState, CdrView};

const FIRST_HZ: f64 = 440.0;
const SECOND_HZ: f64 = 1_000.0;
const FIRST: u32 = 440;
const SECOND: u32 = 1_000;

/// How the calls to the first and to the second are.
fn states(daemon: &Daemon) -> [Option<CallState>; 2] {
    let calls = daemon.calls();
    ["101", "103"].map(|number| calls.iter().find(|c| c.to.number == number).map(|c| c.state))
}

fn are(daemon: &Daemon, wanted: [CallState; 2]) {
    eventually(&format!("{wanted:?}"), || (states(daemon) == wanted.map(Some)).then_some(()));
}

#[test]
fn a_phone_joins_two_of_its_calls() {
    if !has_program("baresip", "baresip-core") || !has_program(linphone::PROGRAM.0, linphone::PROGRAM.1) {
        return;
    }
    let mut setup = setup().recording().md5_only();
    setup.extensions = ["101", "102", "103"].map(str::to_owned).to_vec();
    let daemon = Daemon::start(setup);
    let mut first = Baresip::at(&daemon, "101", FIRST_HZ);
    let mut second = Baresip::at(&daemon, "103", SECOND_HZ);
    let mut middle = Linphone::at(&daemon, "102");
    let one = middle.call("101");
    first.wait_for("CALL_ESTABLISHED");
    middle.wait_for(one, "StreamsRunning");
    let other = middle.call("103");
    second.wait_for("CALL_ESTABLISHED");
    middle.wait_for(other, "StreamsRunning");
    are(&daemon, [CallState::Held, CallState::Talking]);

    // It says that it failed, whatever came of it: what the exchange sees of it counts.
    for call in [one, other] {
        let _ = middle.attempt(&format!("conference add {call}"));
    }
    are(&daemon, [CallState::Talking; 2]);
    std::thread::sleep(Duration::from_secs(3));
    second.command("hangup", "");
    second.wait_for("CALL_CLOSED");
    // The phone takes the one that is left out of its mix by another offer, and talks on.
    eventually("the talk that is left", || (states(&daemon)[0] == Some(CallState::Talking)).then_some(()));
    std::thread::sleep(Duration::from_secs(1));
    first.command("hangup", "");
    first.wait_for("CALL_CLOSED");

    let tones = [FIRST_HZ, SECOND_HZ];
    assert_eq!(phases(&first.heard(), &tones), [vec![SECOND]], "{}", middle.log());
    assert_eq!(phases(&second.heard(), &tones), [vec![FIRST]], "{}", middle.log());
    let cdrs = eventually("both records", || Some(daemon.cdrs()).filter(|cdrs| cdrs.len() == 2));
    for (number, hz, holds) in [("101", FIRST_HZ, 1), ("103", SECOND_HZ, 0)] {
        let cdr = cdrs.iter().find(|cdr| cdr.to.number == number).expect("its record");
        assert_eq!((cdr.from.number.as_str(), cdr.ended.by.as_str()), ("102", "callee"));
        assert_eq!(cdr.path.iter().filter(|why| why.step == "hold").count(), holds, "{:?}", cdr.path);
        is_recorded(&daemon, cdr, hz);
    }
}

/// What the phone in the middle said, which is the other's voice, is on its own channel and nowhere else.
fn is_recorded(daemon: &Daemon, cdr: &CdrView, hz: f64) {
    let (_, _, channels) = daemon.closed_recording(&cdr.id);
    let mixed = if hz < SECOND_HZ { SECOND_HZ } else { FIRST_HZ };
    for (channel, has, has_not) in [(0, mixed, hz), (1, hz, mixed)] {
        let pieces = [has, has_not].map(|hz| pieces_with_trace_of(&channels[channel], hz));
        assert!(pieces[0] >= 15 && pieces[1] == 0, "{}: channel {channel} {pieces:?}", cdr.to.number);
    }
}
