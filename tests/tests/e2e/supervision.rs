//! Three real softphones: two talk, the third is a supervisor's. Each sends a tone of its own, so that what a phone has heard
//! says whom it heard.

use crate::phones::{three_in_a_call, three_in_a_call_with};
use crate::queues::ctl;
use std::time::Duration;
use switchroom_tests::audio::{
    first_piece_with_trace_of, longest_silence, pieces_with_part_of, pieces_with_trace_of,
};
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program, user};
use switchroom_wire::{EventKind, SupervisionMode};

const CALLER_HZ: f64 = 440.0;
const AGENT_HZ: f64 = 700.0;
const SUPERVISOR_HZ: f64 = 1_000.0;

/// The supervisor is at the call in that mode.
fn is_at(daemon: &Daemon, call: &str, mode: SupervisionMode) {
    eventually("the supervisor at the call", || {
        let call = daemon.calls().into_iter().find(|one| one.id == call)?;
        call.supervisors.iter().any(|one| one.mode == mode && one.phone == "103").then_some(())
    });
}

const MOMENT: Duration = Duration::from_millis(1_600);
/// Of sixteen pieces some are cut by the edges of a moment.
const MOST: usize = 10;

#[test]
fn a_supervisor_is_heard_by_whom_the_mode_says() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let (daemon, [mut caller, mut agent, mut supervisor], call) =
        three_in_a_call([CALLER_HZ, AGENT_HZ, SUPERVISOR_HZ]);
    std::thread::sleep(Duration::from_millis(500));

    let at = ["--phone", "103"];
    ctl(&daemon, &["listen", "--extension", "102", at[0], at[1]]);
    supervisor.wait_for("CALL_ESTABLISHED");
    is_at(&daemon, &call.id, SupervisionMode::Listen);
    std::thread::sleep(MOMENT);
    for (word, mode) in [("whisper", SupervisionMode::Whisper), ("barge", SupervisionMode::Barge)] {
        ctl(&daemon, &[word, at[0], at[1]]);
        is_at(&daemon, &call.id, mode);
        std::thread::sleep(MOMENT);
    }
    ctl(&daemon, &["take-over", at[0], at[1]]);
    agent.wait_for("CALL_CLOSED");
    std::thread::sleep(MOMENT);
    supervisor.command("hangup", "");
    caller.wait_for("CALL_CLOSED");

    let heard = supervisor.heard();
    for hz in [CALLER_HZ, AGENT_HZ] {
        let pieces = pieces_with_part_of(&heard, hz);
        assert!(pieces >= 3 * MOST, "the supervisor heard {pieces} pieces of {hz} Hz\n{}", daemon.log());
    }
    let own = pieces_with_part_of(&heard, SUPERVISOR_HZ);
    assert_eq!(own, 0, "and nothing of its own voice");
    // Both phones heard from the same moment on: the agent the whisper first, the caller nothing before both were barged in on,
    // and neither anything before that.
    let (by_caller, by_agent) = (caller.heard(), agent.heard());
    let first = |heard: &[i16]| first_piece_with_trace_of(heard, SUPERVISOR_HZ).unwrap_or_default();
    let (whispered, barged) = (first(&by_agent), first(&by_caller));
    assert!(whispered >= MOST, "who listens is not heard: piece {whispered}");
    assert!(barged >= whispered + MOST, "a whisper is not for the caller: pieces {whispered} and {barged}");
    for (who, heard, least) in [("agent", &by_agent, 2 * MOST), ("caller", &by_caller, 2 * MOST)] {
        let pieces = pieces_with_part_of(heard, SUPERVISOR_HZ);
        assert!(pieces >= least, "the {who} heard {pieces} pieces of the supervisor\n{}", daemon.log());
    }
    assert!(pieces_with_part_of(&by_caller, AGENT_HZ) >= 3 * MOST);

    let cdr = eventually("the record", || daemon.cdrs().into_iter().find(|c| c.id == call.id));
    assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("103"));
    let told = daemon.events().into_iter();
    let audited =
        told.filter(|event| event.kind == EventKind::Audit && event.call.as_ref() == Some(&call.id));
    let acts: Vec<(String, String)> = audited.map(|event| (event.name, event.subject)).collect();
    // Whom it follows was said before, of no call.
    let wanted = ["supervises", "whisper", "barge", "take_over"].map(|act| (act.to_owned(), user()));
    assert_eq!(acts, wanted, "the audit list, in order");
    let (_, _, channels) = daemon.closed_recording(&call.id);
    // What was whispered is in no channel: the supervisor is there as long as barging in and after taking over.
    assert_eq!(pieces_with_trace_of(&channels[0], SUPERVISOR_HZ), 0, "the caller's channel is the caller's");
    let recorded = pieces_with_part_of(&channels[1], SUPERVISOR_HZ);
    assert!(
        (2 * MOST..=40).contains(&recorded),
        "{recorded} pieces of the supervisor on the agent's channel"
    );
}

/// What the agent is told by, for four tenths of a second.
const TONE_HZ: f64 = 1_000.0;

#[test]
fn an_agent_hears_a_tone_when_somebody_begins_to_listen_if_the_policy_says_so() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let hz = [CALLER_HZ, AGENT_HZ, 1_400.0];
    let policy = "[supervision]\nnotify = [\"listen\"]\n[queues.desk]\n[agents.3002]\nextension = \"102\"\nqueues = [\"desk\"]\n";
    let (daemon, [mut caller, mut agent, mut supervisor], call) = three_in_a_call_with(policy, hz);
    std::thread::sleep(Duration::from_millis(500));
    ctl(&daemon, &["listen", "--extension", "102", "--phone", "103"]);
    supervisor.wait_for("CALL_ESTABLISHED");
    is_at(&daemon, &call.id, SupervisionMode::Listen);
    std::thread::sleep(MOMENT);
    ctl(&daemon, &["whisper", "--phone", "103"]);
    is_at(&daemon, &call.id, SupervisionMode::Whisper);
    std::thread::sleep(MOMENT);
    caller.command("hangup", "");
    agent.wait_for("CALL_CLOSED");

    let told = pieces_with_part_of(&agent.heard(), TONE_HZ);
    assert!((2..=6).contains(&told), "{told} pieces of the tone, once\n{}", daemon.log());
    for (who, heard) in [("caller", caller.heard()), ("supervisor", supervisor.heard())] {
        assert_eq!(pieces_with_part_of(&heard, TONE_HZ), 0, "the {who} is told nothing");
    }
    let (_, _, channels) = daemon.closed_recording(&call.id);
    for channel in &channels {
        assert_eq!(pieces_with_part_of(channel, TONE_HZ), 0, "no recording has it");
    }
}

/// What a supervisor hears when there is nothing more to hear.
const OVER_HZ: f64 = 480.0;

/// The supervisor leaves a whisper: the two hear each other without a gap. The agent leaves a barge: the supervisor is told by
/// a tone, and the line ends.
#[test]
fn whoever_leaves_the_others_are_told_or_go_on() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let hz = [CALLER_HZ, AGENT_HZ, SUPERVISOR_HZ];
    let (daemon, [mut caller, mut agent, mut supervisor], call) = three_in_a_call(hz);
    std::thread::sleep(Duration::from_millis(500));
    ctl(&daemon, &["whisper", "--extension", "102", "--phone", "103"]);
    supervisor.wait_for("CALL_ESTABLISHED");
    is_at(&daemon, &call.id, SupervisionMode::Whisper);
    std::thread::sleep(MOMENT);
    supervisor.command("hangup", "");
    supervisor.wait_for("CALL_CLOSED");
    std::thread::sleep(MOMENT);
    ctl(&daemon, &["barge", &call.id, "--phone", "103"]);
    is_at(&daemon, &call.id, SupervisionMode::Barge);
    std::thread::sleep(MOMENT);
    agent.command("hangup", "");
    caller.wait_for("CALL_CLOSED");
    eventually("the end of the supervisor's second call", || {
        supervisor.read();
        let ends = supervisor.kinds().into_iter().filter(|kind| *kind == "CALL_CLOSED").count();
        (ends == 2).then_some(())
    });

    let heard = supervisor.heard();
    let told = pieces_with_part_of(&heard, OVER_HZ);
    assert!(told >= 2, "{told} pieces of the tone that it is over\n{}", daemon.log());
    for (who, heard, other) in [("caller", caller.heard(), AGENT_HZ), ("agent", agent.heard(), CALLER_HZ)] {
        let alone = pieces_with_part_of(&heard, other);
        assert!(alone >= 3 * MOST, "the {who} heard {alone} pieces of the other");
        let gap = longest_silence(&heard);
        assert!(gap <= 0.6, "the {who} heard nothing for {gap} s");
    }
}
