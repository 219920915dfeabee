//! Three real softphones: two talk, the third is a supervisor's. Each sends a tone of its own, so that what a phone has heard
//! says whom it heard.

use crate::phones::{three_in_a_call, three_in_a_call_with};
use crate::queues::ctl;
use std::time::Duration;
use switchroom_tests::audio::{
    first_piece_with_trace_of, longest_silence, phases, pieces_with_part_of, pieces_with_trace_of,
};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program, user};
use switchroom_wire::{EventKind, SupervisionMode};

const CALLER_HZ: f64 = 440.0;
const AGENT_HZ: f64 = 700.0;
const SUPERVISOR_HZ: f64 = 1_000.0;

/// The supervisor is at the call in that mode.
fn is_at(daemon: &Daemon, call: &str, mode: SupervisionMode) {
    is_at_with(daemon, call, "103", mode);
}

/// That phone is at the call in that mode.
fn is_at_with(daemon: &Daemon, call: &str, phone: &str, mode: SupervisionMode) {
    eventually("the supervisor at the call", || {
        let call = daemon.calls().into_iter().find(|one| one.id == call)?;
        call.supervisors.iter().any(|one| one.mode == mode && one.phone == phone).then_some(())
    });
}

const MOMENT: Duration = Duration::from_millis(1_600);
/// Of sixteen pieces some are cut by the edges of a moment.
const MOST: usize = 10;
/// Where it is asked only whether somebody was heard at all, on a machine that does much else: half a second.
const FEW: usize = 5;

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

/// The code and the keys of the supervisor's own phone, and nothing else.
#[test]
fn a_supervisor_dials_the_code_and_chooses_by_keys() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let hz = [CALLER_HZ, AGENT_HZ, SUPERVISOR_HZ];
    let code = "[supervision]\ncode = \"*60\"\nphones = [\"103\"]\n";
    let (daemon, [mut caller, mut agent, mut supervisor], call) = three_in_a_call_with(code, hz);
    std::thread::sleep(Duration::from_millis(500));
    supervisor.command("dial", "*60102");
    supervisor.wait_for("CALL_ESTABLISHED");
    is_at(&daemon, &call.id, SupervisionMode::Listen);
    std::thread::sleep(MOMENT);
    for (key, mode) in [("2", SupervisionMode::Whisper), ("3", SupervisionMode::Barge)] {
        supervisor.command("sndcode", key);
        is_at(&daemon, &call.id, mode);
        std::thread::sleep(MOMENT);
    }
    // A phone says nothing while its key is pressed.
    std::thread::sleep(MOMENT);
    supervisor.command("hangup", "");
    supervisor.wait_for("CALL_CLOSED");
    caller.command("hangup", "");
    agent.wait_for("CALL_CLOSED");

    let heard = supervisor.heard();
    for hz in [CALLER_HZ, AGENT_HZ] {
        let pieces = pieces_with_part_of(&heard, hz);
        assert!(pieces >= 3 * MOST, "the supervisor heard {pieces} pieces of {hz} Hz\n{}", daemon.log());
    }
    let (by_caller, by_agent) = (caller.heard(), agent.heard());
    let first = |heard: &[i16]| first_piece_with_trace_of(heard, SUPERVISOR_HZ).unwrap_or_default();
    let (whispered, barged) = (first(&by_agent), first(&by_caller));
    assert!(whispered >= MOST, "who listens is not heard: piece {whispered}");
    assert!(barged >= whispered + MOST, "a whisper is not for the caller: pieces {whispered} and {barged}");
    for (who, heard, least) in [("agent", &by_agent, MOST), ("caller", &by_caller, FEW)] {
        let pieces = pieces_with_part_of(heard, SUPERVISOR_HZ);
        assert!(pieces >= least, "the {who} heard {pieces} pieces of the supervisor\n{}", daemon.log());
    }
    // The audit list names the phone, for no user has said who that is.
    let acts: Vec<(String, String)> = daemon
        .events()
        .into_iter()
        .filter(|event| event.kind == EventKind::Audit && event.call.as_ref() == Some(&call.id))
        .map(|event| (event.name, event.subject))
        .collect();
    let wanted = ["supervises", "whisper", "barge"].map(|act| (act.to_owned(), "103".to_owned()));
    assert_eq!(acts, wanted);
}

/// Another caller's tone, of the call after the first.
const NEXT_HZ: f64 = 1_250.0;

/// Who follows an agent is rung once and hears one call after the other.
#[test]
fn a_supervisor_follows_an_agent_into_the_next_call() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let policy = "[queues.desk]\n[agents.3002]\nextension = \"102\"\nqueues = [\"desk\"]\n";
    let hz = [CALLER_HZ, AGENT_HZ, SUPERVISOR_HZ];
    let (daemon, [mut caller, mut agent, mut supervisor], call) = three_in_a_call_with(policy, hz);
    let mut next = Baresip::at(&daemon, "104", NEXT_HZ);
    ctl(&daemon, &["agent", "3002", "ready"]);
    ctl(&daemon, &["whisper", "--agent", "3002", "--phone", "103"]);
    supervisor.wait_for("CALL_ESTABLISHED");
    is_at(&daemon, &call.id, SupervisionMode::Whisper);
    std::thread::sleep(MOMENT);
    caller.command("hangup", "");
    agent.wait_for("CALL_CLOSED");
    std::thread::sleep(Duration::from_millis(1_200));
    next.command("dial", "102");
    next.wait_for("CALL_ESTABLISHED");
    let second = eventually("the second call", || {
        daemon.calls().into_iter().find(|one| one.from.number == "104" && one.id != call.id)
    });
    is_at(&daemon, &second.id, SupervisionMode::Whisper);
    std::thread::sleep(MOMENT);
    next.command("hangup", "");
    next.wait_for("CALL_CLOSED");
    ctl(&daemon, &["unlisten", "--phone", "103"]);
    supervisor.wait_for("CALL_CLOSED");

    let calls = supervisor.kinds().into_iter().filter(|kind| *kind == "CALL_ESTABLISHED").count();
    assert_eq!(calls, 1, "rung once, and never again");
    let heard = phases(&supervisor.heard(), &[CALLER_HZ, AGENT_HZ, NEXT_HZ]);
    let place = |of: &[u32]| heard.iter().position(|tones| tones.as_slice() == of);
    let (first, second) = (place(&[440, 700]), place(&[700, 1_250]));
    assert!(first.is_some() && first < second, "one call after the other: {heard:?}\n{}", daemon.log());
    assert!(heard.iter().all(|tones| !tones.contains(&440) || !tones.contains(&1_250)), "{heard:?}");
    // What is whispered in the second call is for the same ear as in the first.
    let by_agent = phases(&agent.heard(), &[CALLER_HZ, SUPERVISOR_HZ, NEXT_HZ]);
    for both in [vec![440, 1_000], vec![1_000, 1_250]] {
        assert!(by_agent.contains(&both), "{both:?} is not among what the agent heard: {by_agent:?}");
    }
    for (who, phone) in [("first", &caller), ("second", &next)] {
        assert_eq!(pieces_with_trace_of(&phone.heard(), SUPERVISOR_HZ), 0, "the {who} caller heard it");
    }
}

/// One listens, another barges in: who listens hears all three and is heard by none of them, until there is nothing more.
#[test]
fn of_two_supervisors_one_listens_and_one_barges_in() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let hz = [CALLER_HZ, AGENT_HZ, SUPERVISOR_HZ];
    let (daemon, [mut caller, mut agent, mut barges], call) = three_in_a_call(hz);
    let mut listens = Baresip::at(&daemon, "104", NEXT_HZ);
    ctl(&daemon, &["listen", &call.id, "--phone", "104"]);
    listens.wait_for("CALL_ESTABLISHED");
    ctl(&daemon, &["barge", &call.id, "--phone", "103"]);
    barges.wait_for("CALL_ESTABLISHED");
    is_at_with(&daemon, &call.id, "104", SupervisionMode::Listen);
    is_at_with(&daemon, &call.id, "103", SupervisionMode::Barge);
    std::thread::sleep(MOMENT);
    barges.command("hangup", "");
    barges.wait_for("CALL_CLOSED");
    std::thread::sleep(MOMENT);
    // The caller goes, and with the call the listener's line, after a tone.
    caller.command("hangup", "");
    agent.wait_for("CALL_CLOSED");
    listens.wait_for("CALL_CLOSED");
    let told = pieces_with_part_of(&listens.heard(), OVER_HZ);
    assert!(told >= 2, "{told} pieces of the tone that it is over\n{}", daemon.log());

    for (who, phone, others) in [
        ("listener", &listens, &[CALLER_HZ, AGENT_HZ, SUPERVISOR_HZ][..]),
        ("barger", &barges, &[CALLER_HZ, AGENT_HZ]),
        ("caller", &caller, &[AGENT_HZ, SUPERVISOR_HZ]),
        ("agent", &agent, &[CALLER_HZ, SUPERVISOR_HZ]),
    ] {
        let heard = phone.heard();
        for hz in others {
            let pieces = pieces_with_part_of(&heard, *hz);
            assert!(pieces >= FEW, "the {who} heard {pieces} pieces of {hz} Hz\n{}", daemon.log());
        }
        assert_eq!(pieces_with_trace_of(&heard, NEXT_HZ), 0, "the {who} heard who listens");
    }
    assert_eq!(pieces_with_part_of(&barges.heard(), SUPERVISOR_HZ), 0, "nobody hears the own voice");
    let (_, _, channels) = daemon.closed_recording(&call.id);
    for channel in &channels {
        assert_eq!(pieces_with_trace_of(channel, NEXT_HZ), 0, "nor does the recording");
    }
}
