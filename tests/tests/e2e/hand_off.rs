//! A real softphone sends the caller into a flow that asks for a PIN, and has it back: the phone's transfer key there, the
//! end of the flow back. Who heard what is measured, by the phones and in the recording.

use crate::flows::{at, press};
use crate::queues::{ctl, is_written_down};
use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::{find, longest_silence, pieces_with};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::{DOMAIN, Daemon, Setup};
use switchroom_tests::flows::prompt;
use switchroom_tests::linphone::{self, Linphone};
use switchroom_tests::process::{eventually, has_program};
use switchroom_wire::{CallState, CallView};

const CALLER_HZ: f64 = 440.0;
const AGENT_HZ: f64 = 700.0;

const SITE: &str = r#"
[flows]
dir = "flows"

[pins.customers]
file = "lists/pins.csv"

[[routes]]
number = "4090"
to = "flow verify"
back = true
"#;

const VERIFY: &str = r#"
start = "ask"

[nodes.ask]
kind = "pin"
pins = "customers"
of = "caller"
next = "right"
wrong = "failed"

[nodes.right]
kind = "return"
value = "'verified'"

[nodes.failed]
kind = "return"
value = "'wrong PIN'"
"#;

/// What the caller types.
const PIN: &str = "864209";

fn site() -> Setup {
    let mut setup = setup().recording().md5_only().with_file("flows/verify.toml", VERIFY);
    setup = setup.with_file("lists/pins.csv", &format!("101,{PIN}\n"));
    setup.extensions = ["101", "102"].map(str::to_owned).to_vec();
    setup.more = SITE.to_owned();
    setup
}

/// How the caller gets into the flow and the agent gets it back.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// By `ctl hand-off`; the agent's phone knows of nothing.
    Ctl,
    /// By the phone's transfer key.
    Transfer,
    /// By the phone's transfer key, after which the phone hangs up; it is rung back.
    TransferAndHangUp,
}

fn an_agent_has_the_caller_verified(way: Way) {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(site());
    let mut caller = Baresip::at(&daemon, "101", CALLER_HZ);
    let mut agent = Baresip::at(&daemon, "102", AGENT_HZ);
    caller.command("dial", "102");
    agent.wait_for("CALL_ESTABLISHED");
    let call = eventually("the call", || daemon.calls().into_iter().next());
    std::thread::sleep(Duration::from_millis(1_500));

    match way {
        Way::Ctl => drop(ctl(&daemon, &["hand-off", &call.id, "verify"])),
        Way::Transfer | Way::TransferAndHangUp => agent.command("transfer", &format!("sip:4090@{DOMAIN}")),
    }
    at(&daemon, "ask");
    if way == Way::TransferAndHangUp {
        agent.command("hangup", "");
        eventually("the phone to be gone", || {
            let call = daemon.calls().into_iter().find(|c| c.id == call.id)?;
            call.hand_off.filter(|off| !off.is_waiting)
        });
        agent.events.clear();
    }
    // The question is heard before it is answered.
    std::thread::sleep(Duration::from_millis(3_000));
    press(&mut caller, &format!("{PIN}#"));
    if way == Way::TransferAndHangUp {
        agent.wait_for("CALL_ESTABLISHED");
    }
    let back = eventually("the talk", || {
        let is_back = |c: &CallView| c.state == CallState::Talking && !c.handed_back.is_empty();
        daemon.calls().into_iter().find(|c| c.id == call.id && is_back(c))
    });
    if way == Way::Transfer {
        let is_kept = !agent.kinds().iter().any(|kind| matches!(*kind, "TRANSFER_FAILED" | "CALL_CLOSED"));
        assert!(is_kept && back.hand_off.is_none(), "{:?}\n{}", agent.kinds(), agent.log());
    }
    assert_eq!(back.handed_back.iter().map(|b| b.result.as_str()).collect::<Vec<_>>(), ["verified"]);
    std::thread::sleep(Duration::from_millis(2_000));
    agent.command("hangup", "");
    caller.wait_for("CALL_CLOSED");
    who_heard_what(&daemon, &call.id, &caller, &agent);
    let legs = daemon.cdrs()[0].legs.len();
    let rung = if way == Way::TransferAndHangUp { 2 } else { 1 };
    assert_eq!(legs, 1 + rung, "how often the agent's phone was rung");
}

#[test]
fn by_an_order_of_a_user() {
    an_agent_has_the_caller_verified(Way::Ctl);
}

#[test]
fn by_the_transfer_key_of_a_phone_that_hangs_up_and_is_rung_back() {
    an_agent_has_the_caller_verified(Way::TransferAndHangUp);
}

/// A phone that keeps its call as long as it is told neither that the transfer was done nor that it failed; one of those
/// that hang up at either.
#[test]
fn by_the_transfer_key_of_a_phone_that_hangs_up_at_any_outcome() {
    an_agent_has_the_caller_verified(Way::Transfer);
}

/// The same with a phone of another make.
#[test]
fn by_the_transfer_key_of_a_phone_that_keeps_its_call() {
    if !has_program("baresip", "baresip-core") || !has_program(linphone::PROGRAM.0, linphone::PROGRAM.1) {
        return;
    }
    let daemon = Daemon::start(site());
    let mut caller = Baresip::at(&daemon, "101", CALLER_HZ);
    let mut agent = Linphone::at(&daemon, "102");
    caller.command("dial", "102");
    caller.wait_for("CALL_ESTABLISHED");
    agent.wait_for(1, "StreamsRunning");
    let call = eventually("the call", || daemon.calls().into_iter().next());
    agent.command(&format!("call-transfer 1 sip:4090@{DOMAIN}"));
    at(&daemon, "ask");
    press(&mut caller, &format!("{PIN}#"));
    let back = eventually("the caller to be back", || {
        daemon.calls().into_iter().find(|c| c.id == call.id && !c.handed_back.is_empty())
    });
    assert_eq!(back.handed_back[0].result, "verified");
    assert!(back.hand_off.is_none(), "{:?}", back.hand_off);
    // It may hold since it transferred, and is told to go on as its user would.
    if agent.command("call-status 1").contains("Paused") {
        agent.command("call-resume 1");
    }
    agent.wait_for(1, "StreamsRunning");
    eventually("the talk", || daemon.calls().into_iter().find(|c| c.state == CallState::Talking));
    agent.command("terminate 1");
    caller.wait_for("CALL_CLOSED");
    let cdr = eventually("the record", || daemon.cdrs().into_iter().find(|c| c.id == call.id));
    assert_eq!((daemon.cdrs().len(), cdr.ended.by.as_str()), (1, "callee"));
    assert_eq!(cdr.legs.len(), 2, "its phone was not rung again: {:?}", cdr.legs);
    assert!(!is_written_down(&daemon, PIN));
}

fn who_heard_what(daemon: &Daemon, call: &str, caller: &Baresip, agent: &Baresip) {
    let question = prompt("en", "msg/enter-pin");
    let heard = caller.heard();
    let asked = find(&heard, &question).unwrap_or_else(|| panic!("nobody asked\n{}", caller.log()));
    let asked = usize::try_from(asked).unwrap_or(0);
    for (when, part) in [("before", &heard[..asked]), ("after", &heard[asked + question.len()..])] {
        let pieces = pieces_with(part, AGENT_HZ);
        assert!(pieces >= 8, "the caller heard {pieces} pieces of the agent {when} the flow");
    }
    // A voice has something at every frequency; the agent's tone would be in every piece.
    let meanwhile = pieces_with(&heard[asked..asked + question.len()], AGENT_HZ);
    assert!(meanwhile * 4 < question.len() / 800, "the agent is heard in {meanwhile} pieces of the question");
    assert!(find(&agent.heard(), &question).is_none(), "the agent heard the flow");

    let cdr = eventually("the record", || daemon.cdrs().into_iter().find(|c| c.id == call));
    assert_eq!(daemon.cdrs().len(), 1, "one call");
    assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("102"));
    let (_, _, channels) = daemon.closed_recording(call);
    for (channel, hz) in [(0, CALLER_HZ), (1, AGENT_HZ)] {
        let sound = &channels[channel];
        let silent = longest_silence(sound);
        assert!(silent >= 3.0, "channel {channel}: {silent} s of silence for the flow");
        assert!(pieces_with(sound, hz) >= 25, "channel {channel}: {} pieces", pieces_with(sound, hz));
        assert!(find(sound, &question).is_none(), "the flow was recorded on channel {channel}");
    }
    assert!(!is_written_down(daemon, PIN));
    assert!(daemon.events().iter().all(|event| event.name != "digit"));
}
