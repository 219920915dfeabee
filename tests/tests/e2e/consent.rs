//! Two real softphones at a site that asks before it records: who calls hears the question before anything of the talk, and
//! either has it out or presses the key against it.

use crate::flows::press;
use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::{find, pieces_with};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::flows::{prompt, shipped};
use switchroom_tests::process::{eventually, has_program};
use switchroom_wire::{CallState, CallView, RecordingState};

const QUESTION: &str = "example/office/overflow";
const CALLER_HZ: f64 = 440.0;
const AGENT_HZ: f64 = 700.0;

fn site() -> Setup {
    let mut setup = setup().recording().md5_only();
    setup.extensions = ["101", "102"].map(str::to_owned).to_vec();
    setup.recording_more = format!("consent = \"{QUESTION}\"\nconsent_refuse = \"9\"\n");
    let file = format!("prompts/en/{QUESTION}.wav");
    setup.beside = vec![(shipped().join(&file), format!("flows/{file}"))];
    setup
}

/// The call as soon as both are up and one is asked.
fn answered(daemon: &Daemon) -> (Baresip, Baresip, CallView) {
    let mut caller = Baresip::at(daemon, "101", CALLER_HZ);
    let mut agent = Baresip::at(daemon, "102", AGENT_HZ);
    caller.command("dial", "102");
    agent.wait_for("CALL_ESTABLISHED");
    let call = eventually("the talk", || daemon.calls().into_iter().find(|c| c.state == CallState::Talking));
    assert_eq!(call.recording, RecordingState::Off, "nothing is recorded while one is asked");
    (caller, agent, call)
}

#[test]
fn who_does_not_refuse_is_recorded_after_the_question() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(site());
    let (mut caller, mut agent, call) = answered(&daemon);
    eventually("the recording", || daemon.calls().into_iter().find(|c| c.recording == RecordingState::On));
    std::thread::sleep(Duration::from_millis(2_000));
    agent.command("hangup", "");
    caller.wait_for("CALL_CLOSED");

    let question = prompt("en", QUESTION);
    let heard = caller.heard();
    let at = find(&heard, &question).unwrap_or_else(|| panic!("nobody asked\n{}", caller.log()));
    let at = usize::try_from(at).unwrap_or(0);
    let before = &heard[..at + question.len() * 9 / 10];
    // A voice has something at every frequency; the agent's tone would be in every piece.
    let early = pieces_with(before, AGENT_HZ);
    assert!(early * 4 < question.len() / 800, "the agent is heard in {early} pieces of the question");
    assert!(pieces_with(&heard[at + question.len()..], AGENT_HZ) >= 10, "and in the talk after it");
    assert!(find(&agent.heard(), &question).is_none(), "the agent is not asked");
    let (view, _, channels) = daemon.closed_recording(&call.id);
    let kinds: Vec<&str> = view.marks.iter().map(|mark| mark.kind.as_str()).collect();
    assert!(kinds.contains(&"consent"), "{kinds:?}");
    for (channel, hz) in [(0, CALLER_HZ), (1, AGENT_HZ)] {
        assert!(pieces_with(&channels[channel], hz) >= 10, "channel {channel}");
        assert!(find(&channels[channel], &question).is_none(), "the question is on channel {channel}");
    }
}

#[test]
fn who_refuses_by_key_talks_and_is_not_recorded() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(site());
    let (mut caller, mut agent, call) = answered(&daemon);
    press(&mut caller, "9");
    eventually("the refusal", || {
        daemon.events().into_iter().find(|e| e.name == "recording_refused" && e.subject == "101")
    });
    std::thread::sleep(Duration::from_millis(2_000));
    let told = daemon.run(&["ctl", "record", &call.id, "start"]);
    assert!(!told.status.success(), "nobody else begins one either");
    agent.command("hangup", "");
    caller.wait_for("CALL_CLOSED");

    let heard = caller.heard();
    assert!(find(&heard, &prompt("en", QUESTION)).is_none(), "the rest of the question is not played");
    assert!(pieces_with(&heard, AGENT_HZ) >= 10, "the two talk");
    assert!(pieces_with(&agent.heard(), CALLER_HZ) >= 10, "the two talk");
    let cdr = eventually("the record", || daemon.cdrs().into_iter().find(|c| c.id == call.id));
    assert_eq!((cdr.recording, daemon.recordings().len()), (None, 0));
    assert!(daemon.events().iter().all(|event| event.name != "digit"), "the key is none of the talk");
}
