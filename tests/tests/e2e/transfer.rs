//! Three real softphones: the second puts the first through to the third. One call, one recording, both tones in it.

use crate::phones::three_in_a_call;
use std::time::Duration;
use switchroom_tests::audio::pieces_with;
use switchroom_tests::daemon::DOMAIN;
use switchroom_tests::process::{eventually, has_program};

const CALLER_HZ: f64 = 440.0;
const FIRST_HZ: f64 = 700.0;
const SECOND_HZ: f64 = 1_000.0;

#[test]
fn a_caller_is_put_through() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let (daemon, [mut caller, mut first, mut second], call) =
        three_in_a_call([CALLER_HZ, FIRST_HZ, SECOND_HZ]);
    std::thread::sleep(Duration::from_millis(1_500));
    first.command("transfer", &format!("sip:103@{DOMAIN}"));
    second.wait_for("CALL_ESTABLISHED");
    first.wait_for("CALL_CLOSED");
    std::thread::sleep(Duration::from_secs(2));
    second.command("hangup", "");
    caller.wait_for("CALL_CLOSED");

    let cdr = eventually("the record", || daemon.cdrs().into_iter().find(|c| c.id == call.id));
    assert_eq!(daemon.cdrs().len(), 1, "one call");
    assert_eq!((cdr.from.number.as_str(), cdr.to.number.as_str()), ("101", "102"));
    assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("103"));
    let legs: Vec<(&str, &str)> =
        cdr.legs.iter().map(|leg| (leg.party.number.as_str(), leg.outcome.as_str())).collect();
    assert_eq!(legs, [("101", "answered"), ("102", "transferred"), ("103", "answered")]);
    assert!(daemon.events().iter().any(|event| event.name == "transferred"));

    let (view, _, channels) = daemon.closed_recording(&call.id);
    assert!(view.complete, "{view:?}");
    for (channel, hz) in [(0, CALLER_HZ), (1, FIRST_HZ), (1, SECOND_HZ)] {
        let pieces = pieces_with(&channels[channel], hz);
        assert!(pieces >= 8, "{pieces} pieces of {hz} Hz on channel {channel}");
    }
    let heard = caller.heard();
    for hz in [FIRST_HZ, SECOND_HZ] {
        assert!(
            pieces_with(&heard, hz) >= 8,
            "{} pieces of {hz} Hz\n{}",
            pieces_with(&heard, hz),
            caller.log()
        );
    }
    assert!(pieces_with(&second.heard(), CALLER_HZ) >= 8);
    assert_eq!(pieces_with(&second.heard(), FIRST_HZ), 0, "who has gone is not heard");
}
