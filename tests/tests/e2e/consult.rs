//! A real softphone of another make consults a second one while its caller waits, and puts the two together: the attended
//! transfer, by REFER with Replaces. One call, one recording.

use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::{phases, pieces_with, tone, write_wav};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::linphone::{self, Linphone};
use switchroom_tests::process::{eventually, has_program};
use switchroom_wire::{CallState, CallView};

const CALLER_HZ: f64 = 440.0;
const SECOND_HZ: f64 = 1_000.0;
/// The music of a hold.
const MUSIC_HZ: f64 = 1_500.0;

/// An agent holds a caller on line 1 and talks with a colleague on another.
struct Consulting {
    caller: Baresip,
    agent: Linphone,
    second: Baresip,
    /// The caller's call.
    call: CallView,
    /// The agent's line to the colleague.
    consult: u32,
}

fn consulting(daemon: &Daemon) -> Consulting {
    let mut caller = Baresip::at(daemon, "101", CALLER_HZ);
    let mut agent = Linphone::at(daemon, "102");
    let mut second = Baresip::at(daemon, "103", SECOND_HZ);
    caller.command("dial", "102");
    caller.wait_for("CALL_ESTABLISHED");
    agent.wait_for(1, "StreamsRunning");
    let call = eventually("the call", || daemon.calls().into_iter().next());
    agent.command("call-pause 1");
    agent.wait_for(1, "Paused");
    eventually("the hold", || daemon.calls().into_iter().find(|c| c.state == CallState::Held));
    let consult = agent.call("103");
    second.wait_for("CALL_ESTABLISHED");
    agent.wait_for(consult, "StreamsRunning");
    Consulting { caller, agent, second, call, consult }
}

#[test]
fn an_agent_consults_and_puts_the_caller_through() {
    if !has_program("baresip", "baresip-core") || !has_program(linphone::PROGRAM.0, linphone::PROGRAM.1) {
        return;
    }
    let mut setup = setup().recording().md5_only();
    setup.extensions = ["101", "102", "103"].map(str::to_owned).to_vec();
    let daemon = Daemon::start(setup);
    let Consulting { mut caller, mut agent, mut second, call, consult } = consulting(&daemon);
    assert_eq!(daemon.calls().len(), 2, "a call on hold, and a consultation");

    agent.command(&format!("call-transfer 1 {consult}"));
    eventually("caller and second to talk", || {
        let is_put_through = |c: &CallView| {
            c.state == CallState::Talking && c.with.as_ref().is_some_and(|with| with.number == "103")
        };
        daemon.calls().into_iter().find(|c| c.id == call.id && is_put_through(c))
    });
    std::thread::sleep(Duration::from_secs(2));
    let live: Vec<String> =
        daemon.calls().into_iter().filter(|c| c.state != CallState::Ended).map(|c| c.id).collect();
    assert_eq!(live, [call.id.as_str()], "the agent has gone");
    second.command("hangup", "");
    caller.wait_for("CALL_CLOSED");

    let cdr = eventually("the record", || daemon.cdrs().into_iter().find(|c| c.id == call.id));
    assert_eq!(daemon.cdrs().len(), 2, "the call, and the consultation: {:?}", daemon.cdrs());
    assert_eq!((cdr.from.number.as_str(), cdr.to.number.as_str()), ("101", "102"));
    assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("103"));
    let (view, _, channels) = daemon.closed_recording(&call.id);
    assert_eq!(daemon.recordings().len(), 2, "of the call, and of the consultation");
    for (channel, hz) in [(0, CALLER_HZ), (1, SECOND_HZ)] {
        let pieces = pieces_with(&channels[channel], hz);
        assert!(pieces >= 8, "{pieces} pieces of {hz} Hz on channel {channel}: {:?}", view.marks);
    }
    let heard = pieces_with(&second.heard(), CALLER_HZ);
    assert!(heard >= 8, "the second heard {heard} pieces of the caller\n{}", second.log());
}

/// The agent's phone holds the first line and takes a second, goes to and fro between them, and connects the two in the end.
/// Whom caller and colleague heard is measured: the agent's phone says nothing by itself.
#[test]
fn an_agent_swaps_between_two_lines_and_puts_them_together() {
    if !has_program("baresip", "baresip-core") || !has_program(linphone::PROGRAM.0, linphone::PROGRAM.1) {
        return;
    }
    let music = tempfile::tempdir().expect("a folder");
    write_wav(&music.path().join("music.wav"), &tone(MUSIC_HZ, 4.0));
    let mut setup = setup().recording().md5_only();
    setup.media = "hold_music = [\"music\"]\n".to_owned();
    setup.beside = vec![(music.path().join("music.wav"), "prompts/en/music.wav".to_owned())];
    let daemon = Daemon::start(setup);
    let Consulting { mut caller, mut agent, mut second, call, consult } = consulting(&daemon);
    // To the caller, to the colleague, and to the caller again.
    let is_held = |from: &str| {
        let state = daemon.calls().into_iter().find(|one| one.from.number == from).map(|one| one.state);
        state == Some(CallState::Held)
    };
    for caller_talks in [false, true, false, true] {
        let (held, talks) = if caller_talks { (consult, 1) } else { (1, consult) };
        if caller_talks || is_held("102") {
            agent.command(&format!("call-pause {held}"));
            agent.wait_for(held, "Paused");
            agent.command(&format!("call-resume {talks}"));
        }
        agent.wait_for(talks, "StreamsRunning");
        eventually("one of the two on hold", || {
            (is_held("101") != caller_talks && is_held("102") == caller_talks).then_some(())
        });
        std::thread::sleep(Duration::from_millis(1_200));
    }
    agent.command(&format!("call-transfer 1 {consult}"));
    eventually("caller and second to talk", || {
        let talks = |c: &CallView| {
            c.state == CallState::Talking && c.with.as_ref().is_some_and(|w| w.number == "103")
        };
        daemon.calls().into_iter().find(|c| c.id == call.id && talks(c))
    });
    std::thread::sleep(Duration::from_millis(1_500));
    second.command("hangup", "");
    caller.wait_for("CALL_CLOSED");

    // Holds, each with its music, and the other one at the end; never a word of the other before.
    let by_caller = phases(&caller.heard(), &[MUSIC_HZ, SECOND_HZ]);
    assert_eq!(by_caller, [vec![1_500], vec![1_000]], "the caller\n{}", caller.log());
    let by_second = phases(&second.heard(), &[MUSIC_HZ, CALLER_HZ]);
    assert_eq!(by_second, [vec![1_500], vec![440]], "the colleague\n{}", second.log());
    let cdr = eventually("the record", || daemon.cdrs().into_iter().find(|c| c.id == call.id));
    assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("103"));
    let holds =
        |id: &str| daemon.closed_recording(id).0.marks.iter().filter(|mark| mark.kind == "hold").count();
    let other = daemon.cdrs().into_iter().find(|c| c.id != call.id).expect("the consultation");
    assert_eq!((holds(&call.id), holds(&other.id)), (2, 2), "each line was held twice");
}
