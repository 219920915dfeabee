//! Three real softphones: the second puts the first through to the third, or into a queue in which the third is an agent. One
//! call, one recording, all tones in it.

use crate::phones::three_in_a_call_with;
use crate::queues::{ctl, is, journal};
use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::{pieces_with, pieces_with_trace_of};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::{DOMAIN, Daemon};
use switchroom_tests::process::{eventually, has_program};
use switchroom_wire::EventKind;

const CALLER_HZ: f64 = 440.0;
const FIRST_HZ: f64 = 700.0;
const SECOND_HZ: f64 = 1_000.0;

#[test]
fn a_caller_is_put_through() {
    put_through_to("103");
}

/// By the number of the agent, who sits at the phone with another.
#[test]
fn a_caller_is_put_through_to_an_agent() {
    put_through_to("3002");
}

fn put_through_to(number: &str) {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let (daemon, [mut caller, mut first, mut second], call) =
        three_in_a_call_with(QUEUE, [CALLER_HZ, FIRST_HZ, SECOND_HZ]);
    ctl(&daemon, &["agent", "3002", "ready"]);
    std::thread::sleep(Duration::from_millis(1_500));
    first.command("transfer", &format!("sip:{number}@{DOMAIN}"));
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

const QUEUE: &str = "[[routes]]\nnumber = \"420\"\nto = \"queue desk\"\n[queues.desk]\n\
    [agents.3002]\nextension = \"103\"\nqueues = [\"desk\"]\n";

/// By the phone, or by an order; the caller waits there until the agent is ready.
#[test]
fn a_caller_is_put_through_to_a_queue() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    for by_phone in [true, false] {
        let (daemon, [mut caller, mut first, mut agent], call) =
            three_in_a_call_with(QUEUE, [CALLER_HZ, FIRST_HZ, SECOND_HZ]);
        ctl(&daemon, &["agent", "3002", "break", "lunch"]);
        std::thread::sleep(Duration::from_millis(1_500));
        if by_phone {
            first.command("transfer", &format!("sip:420@{DOMAIN}"));
        } else {
            ctl(&daemon, &["transfer", &call.id, "420"]);
        }
        first.wait_for("CALL_CLOSED");
        eventually("the caller in the queue", || {
            let waiting = ctl(&daemon, &["waiting", "desk"]);
            (waiting[0]["call"] == call.id && waiting[0]["place"] == 1).then_some(())
        });
        ctl(&daemon, &["agent", "3002", "ready"]);
        agent.wait_for("CALL_ESTABLISHED");
        is(&daemon, "3002", "talking");
        std::thread::sleep(Duration::from_secs(2));
        agent.command("hangup", "");
        caller.wait_for("CALL_CLOSED");
        is(&daemon, "3002", "idle");

        let cdr = eventually("the record", || daemon.cdrs().into_iter().find(|c| c.id == call.id));
        assert_eq!(daemon.cdrs().len(), 1, "one call");
        assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("103"));
        let today = ctl(&daemon, &["queues"])[0]["today"].clone();
        let counted = ["offered", "answered"].map(|key| today[key].as_u64());
        assert_eq!(counted, [Some(1), Some(1)], "{today}");
        let written = journal(&daemon);
        for fact in ["joined", "left", "talked"] {
            let count = written.matches(&format!("\"fact\":{{\"{fact}\"")).count();
            assert_eq!(count, 1, "{fact}, once");
        }
        let ordered = daemon.events().into_iter().any(|event| {
            event.kind == EventKind::Audit
                && event.name == "transfer"
                && event.call.as_ref() == Some(&call.id)
        });
        assert_eq!(ordered, !by_phone, "an order is on the audit list");

        assert_eq!(daemon.recordings().len(), 1, "one recording");
        let (view, _, channels) = daemon.closed_recording(&call.id);
        assert!(view.marks.iter().any(|mark| mark.kind == "transfer"), "{view:?}");
        for (channel, hz) in [(0, CALLER_HZ), (1, FIRST_HZ), (1, SECOND_HZ)] {
            let pieces = pieces_with(&channels[channel], hz);
            assert!(pieces >= 8, "{pieces} pieces of {hz} Hz on channel {channel}");
        }
        assert_eq!(pieces_with_trace_of(&agent.heard(), FIRST_HZ), 0, "who has gone is not heard");
    }
}

const QUEUES: &str = "[[routes]]\nnumber = \"420\"\nto = \"queue desk\"\n[[routes]]\nnumber = \"421\"\nto = \"queue second\"\n\
    [queues.desk]\n[queues.second]\n[agents.3001]\nextension = \"102\"\nqueues = [\"desk\"]\n\
    [agents.3002]\nextension = \"103\"\nqueues = [\"second\"]\n";

/// The agent of one queue puts the caller into another by the phone: one call and one recording of both talks, and each
/// queue has its caller, each agent its talk.
#[test]
fn from_one_queue_a_caller_is_put_through_to_another() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let mut setup = setup().recording().md5_only();
    setup.more = QUEUES.to_owned();
    let daemon = Daemon::start(setup);
    let [mut caller, mut first, mut second] = [("101", CALLER_HZ), ("102", FIRST_HZ), ("103", SECOND_HZ)]
        .map(|(at, hz)| Baresip::at(&daemon, at, hz));
    for agent in ["3001", "3002"] {
        ctl(&daemon, &["agent", agent, "ready"]);
    }
    caller.command("dial", "420");
    first.wait_for("CALL_ESTABLISHED");
    is(&daemon, "3001", "talking");
    let call = eventually("the call", || daemon.calls().into_iter().next());
    std::thread::sleep(Duration::from_millis(1_500));
    first.command("transfer", &format!("sip:421@{DOMAIN}"));
    first.wait_for("CALL_CLOSED");
    second.wait_for("CALL_ESTABLISHED");
    is(&daemon, "3002", "talking");
    is(&daemon, "3001", "idle");
    std::thread::sleep(Duration::from_millis(1_500));
    second.command("hangup", "");
    caller.wait_for("CALL_CLOSED");

    let cdr = eventually("the record", || daemon.cdrs().into_iter().find(|c| c.id == call.id));
    assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("103"));
    let (view, _, channels) = daemon.closed_recording(&call.id);
    assert_eq!((daemon.cdrs().len(), daemon.recordings().len()), (1, 1), "one call, one recording");
    assert!(view.complete && view.marks.iter().any(|mark| mark.kind == "transfer"), "{view:?}");
    for (channel, hz) in [(0, CALLER_HZ), (1, FIRST_HZ), (1, SECOND_HZ)] {
        let pieces = pieces_with(&channels[channel], hz);
        assert!(pieces >= 8, "{pieces} pieces of {hz} Hz on channel {channel}");
    }
    let day = ctl(&daemon, &["figures"])[0].clone();
    for (queue, agent) in [("desk", "3001"), ("second", "3002")] {
        let of_queue = ["offered", "answered", "talks"].map(|key| day["queues"][queue][key].as_u64());
        assert_eq!(of_queue, [Some(1); 3], "{queue}: {day}");
        assert_eq!(day["agents"][agent]["talks"], 1, "{agent}: {day}");
    }
}
