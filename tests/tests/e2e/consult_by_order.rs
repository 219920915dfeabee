//! Consultation by orders of a user while three real softphones say their tones: whom each heard, one after the other, is
//! compared with whom it should have, and so is what the recording holds. The phones do nothing but talk.

use crate::queues::ctl;
use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::{phases, pieces_with_trace_of, tone, write_wav};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program};
use switchroom_wire::{CallView, CdrView, EventKind};

const CALLER_HZ: f64 = 440.0;
const AGENT_HZ: f64 = 700.0;
const THIRD_HZ: f64 = 1_000.0;
const SUPERVISOR_HZ: f64 = 1_250.0;
/// The music of a hold, and the ringing that the exchange makes.
const MUSIC_HZ: f64 = 1_500.0;
const RINGING_HZ: f64 = 450.0;

const CALLER: u32 = 440;
const AGENT: u32 = 700;
const THIRD: u32 = 1_000;
const SUPERVISOR: u32 = 1_250;
const MUSIC: u32 = 1_500;

/// How long each part lasts.
const PART: Duration = Duration::from_millis(1_800);

/// Caller, agent and third, the first two talking; there is room for a supervisor.
struct Stage {
    daemon: Daemon,
    caller: Baresip,
    agent: Baresip,
    third: Baresip,
    call: CallView,
}

impl Stage {
    fn set() -> Option<Self> {
        if !has_program("baresip", "baresip-core") {
            return None;
        }
        let music = tempfile::tempdir().expect("a folder");
        write_wav(&music.path().join("music.wav"), &tone(MUSIC_HZ, 4.0));
        let mut setup = setup().recording().md5_only();
        setup.extensions = ["101", "102", "103", "104"].map(str::to_owned).to_vec();
        setup.media = "hold_music = [\"music\"]\n".to_owned();
        setup.beside = vec![(music.path().join("music.wav"), "prompts/en/music.wav".to_owned())];
        let daemon = Daemon::start(setup);
        let mut caller = Baresip::at(&daemon, "101", CALLER_HZ);
        let mut agent = Baresip::at(&daemon, "102", AGENT_HZ);
        let third = Baresip::at(&daemon, "103", THIRD_HZ);
        caller.command("dial", "102");
        agent.wait_for("CALL_ESTABLISHED");
        let call = eventually("the call", || daemon.calls().into_iter().next());
        std::thread::sleep(PART);
        Some(Self { daemon, caller, agent, third, call })
    }

    /// An order by `ctl` about the call, and the time to hear what it does.
    fn orders(&self, order: &str, more: &[&str]) {
        let _ = ctl(&self.daemon, &[&[order, &self.call.id], more].concat());
        std::thread::sleep(PART);
    }

    fn consults(&mut self) {
        let _ = ctl(&self.daemon, &["consult", &self.call.id, "103"]);
        self.third.wait_for("CALL_ESTABLISHED");
        std::thread::sleep(PART);
    }

    fn cdr(&self) -> CdrView {
        eventually("the record", || self.daemon.cdrs().into_iter().find(|c| c.id == self.call.id))
    }

    /// What the audit list says of the call, oldest first.
    fn audited(&self) -> Vec<String> {
        let events = self.daemon.events().into_iter();
        let of_call = events.filter(|e| e.kind == EventKind::Audit && e.call.as_ref() == Some(&self.call.id));
        of_call.map(|e| e.name).collect()
    }

    /// The channels of the recording, and the kinds of its marks.
    fn recorded(&self) -> (Vec<Vec<i16>>, Vec<String>) {
        let (view, rate, channels) = self.daemon.closed_recording(&self.call.id);
        assert!(view.complete, "{view:?}");
        assert_eq!(rate, 8_000);
        (channels, view.marks.into_iter().map(|mark| mark.kind).collect())
    }
}

fn heard(samples: &[i16]) -> Vec<Vec<u32>> {
    phases(samples, &[CALLER_HZ, AGENT_HZ, THIRD_HZ, SUPERVISOR_HZ, MUSIC_HZ])
}

/// These were heard one after the other. A phone that lacks processor time may fall silent in between: then some of those
/// are heard who are heard before or after, and nobody else.
fn in_turn(who: &str, heard: &[Vec<u32>], wanted: &[Vec<u32>]) {
    let mut turn = 0;
    for phase in heard {
        if wanted.get(turn) == Some(phase) {
            turn += 1;
            continue;
        }
        let near = [turn.checked_sub(1), Some(turn)];
        let mut near = near.into_iter().flatten().filter_map(|at| wanted.get(at));
        let is_part = near.any(|of| phase.iter().all(|hz| of.contains(hz)));
        assert!(
            is_part,
            "{who}: {phase:?} is neither before nor after turn {turn}: {heard:?}, wanted {wanted:?}"
        );
    }
    assert_eq!(turn, wanted.len(), "{who}: {heard:?}, wanted {wanted:?}");
}

/// Who hears music hears nobody beside it but while one goes over into the other.
fn music_is_alone(who: &str, samples: &[i16]) {
    let of_others = [CALLER_HZ, AGENT_HZ, THIRD_HZ, SUPERVISOR_HZ];
    let mixed = samples.chunks_exact(800).filter(|piece| {
        let holds = |hz: f64| pieces_with_trace_of(piece, hz) > 0;
        holds(MUSIC_HZ) && of_others.into_iter().any(holds)
    });
    let (mixed, music) = (mixed.count(), pieces_with_trace_of(samples, MUSIC_HZ));
    assert!(music >= 12 && mixed <= 2, "{who}: {music} pieces of music, {mixed} with voices");
}

fn is_in_order(all: &[String], wanted: &[&str]) -> bool {
    let mut all = all.iter();
    wanted.iter().all(|one| all.any(|name| name == one))
}

#[test]
fn an_agent_consults_swaps_confers_and_leaves_the_two_to_each_other() {
    let Some(mut stage) = Stage::set() else { return };
    stage.consults();
    stage.orders("swap", &[]);
    stage.orders("conference", &[]);
    let _ = ctl(&stage.daemon, &["complete", &stage.call.id]);
    stage.agent.wait_for("CALL_CLOSED");
    std::thread::sleep(PART);
    stage.third.command("hangup", "");
    stage.caller.wait_for("CALL_CLOSED");

    let by_caller = stage.caller.heard();
    assert_eq!(
        heard(&by_caller),
        [vec![AGENT], vec![MUSIC], vec![AGENT], vec![AGENT, THIRD], vec![THIRD]],
        "the caller"
    );
    assert_eq!(
        heard(&stage.agent.heard()),
        [vec![CALLER], vec![THIRD], vec![CALLER], vec![CALLER, THIRD]],
        "the agent"
    );
    assert_eq!(
        heard(&stage.third.heard()),
        [vec![AGENT], vec![MUSIC], vec![CALLER, AGENT], vec![CALLER]],
        "the third"
    );
    music_is_alone("the caller", &by_caller);
    music_is_alone("the third", &stage.third.heard());
    assert_eq!(pieces_with_trace_of(&by_caller, RINGING_HZ), 0, "who waits hears no ringing");

    let cdr = stage.cdr();
    assert_eq!((cdr.from.number.as_str(), cdr.to.number.as_str()), ("101", "102"));
    assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("103"));
    let acts = stage.audited();
    assert!(is_in_order(&acts, &["consult", "swap", "conference", "complete"]), "{acts:?}");
    let (channels, marks) = stage.recorded();
    assert_eq!(heard(&channels[0]), [vec![CALLER]], "the caller's channel is the caller's");
    assert_eq!(
        heard(&channels[1]),
        [vec![AGENT], vec![AGENT, THIRD], vec![AGENT], vec![AGENT, THIRD], vec![THIRD]]
    );
    let wanted = ["consult", "consulted", "swapped", "conference", "consult_over", "transfer"];
    assert!(is_in_order(&marks, &wanted), "{marks:?}");
}

#[test]
fn an_agent_consults_and_goes_on_with_the_caller() {
    let Some(mut stage) = Stage::set() else { return };
    stage.consults();
    stage.orders("cancel-consult", &[]);
    stage.third.wait_for("CALL_CLOSED");
    stage.agent.command("hangup", "");
    stage.caller.wait_for("CALL_CLOSED");

    let by_caller = stage.caller.heard();
    assert_eq!(heard(&by_caller), [vec![AGENT], vec![MUSIC], vec![AGENT]], "the caller");
    music_is_alone("the caller", &by_caller);
    assert_eq!(pieces_with_trace_of(&by_caller, THIRD_HZ), 0, "the caller heard what was consulted");
    assert_eq!(heard(&stage.agent.heard()), [vec![CALLER], vec![THIRD], vec![CALLER]], "the agent");
    assert_eq!(heard(&stage.third.heard()), [vec![AGENT]], "the third");

    let cdr = stage.cdr();
    assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("102"));
    let acts = stage.audited();
    assert!(is_in_order(&acts, &["consult", "cancel_consult"]), "{acts:?}");
    let (channels, marks) = stage.recorded();
    assert_eq!(heard(&channels[0]), [vec![CALLER]]);
    assert_eq!(heard(&channels[1]), [vec![AGENT], vec![AGENT, THIRD], vec![AGENT]]);
    assert!(is_in_order(&marks, &["consult", "consulted", "consult_over"]), "{marks:?}");
    // The third's phone was a call of its own, and is written down as one.
    let thirds = eventually("the third's record", || {
        daemon_cdr_with(&stage.daemon, "103").filter(|cdr| cdr.id != stage.call.id)
    });
    assert!(thirds.ended.by.starts_with("user ") && thirds.ended.cause == "forced", "{:?}", thirds.ended);
}

#[test]
fn a_supervisor_at_a_conference_is_heard_by_whom_the_mode_says() {
    let Some(mut stage) = Stage::set() else { return };
    let mut supervisor = Baresip::at(&stage.daemon, "104", SUPERVISOR_HZ);
    stage.consults();
    stage.orders("conference", &[]);
    let acts = |order: &str| {
        let _ = ctl(&stage.daemon, &[order, &stage.call.id, "--phone", "104"]);
    };
    acts("listen");
    supervisor.wait_for("CALL_ESTABLISHED");
    for order in ["whisper", "barge"] {
        std::thread::sleep(PART);
        acts(order);
    }
    std::thread::sleep(PART);
    supervisor.command("hangup", "");
    std::thread::sleep(PART);
    stage.caller.command("hangup", "");
    stage.caller.wait_for("CALL_CLOSED");
    // The two others talk on.
    std::thread::sleep(PART);
    stage.agent.command("hangup", "");
    stage.third.wait_for("CALL_CLOSED");

    let confer = [vec![AGENT], vec![AGENT, THIRD], vec![AGENT, THIRD, SUPERVISOR], vec![AGENT, THIRD]];
    let by_caller: Vec<_> =
        heard(&stage.caller.heard()).into_iter().filter(|phase| phase[..] != [MUSIC]).collect();
    in_turn("the caller, who hears no whisper", &by_caller, &confer);
    let both = vec![CALLER, THIRD];
    let all = vec![CALLER, THIRD, SUPERVISOR];
    let wanted = [vec![CALLER], vec![THIRD], both.clone(), all, both, vec![THIRD]];
    in_turn("the agent, who hears the whisper, too", &heard(&stage.agent.heard()), &wanted);
    let both = vec![CALLER, AGENT];
    let all = vec![CALLER, AGENT, SUPERVISOR];
    let wanted = [vec![AGENT], both.clone(), all, both, vec![AGENT]];
    in_turn("the third, who hears no whisper", &heard(&stage.third.heard()), &wanted);
    in_turn("the supervisor", &heard(&supervisor.heard()), &[vec![CALLER, AGENT, THIRD]]);

    let (channels, _) = stage.recorded();
    assert_eq!(heard(&channels[0]), [vec![CALLER]], "the caller's channel is the caller's");
    in_turn("the agent's channel, with who barges in and no whisper", &heard(&channels[1]), &confer);
}

fn daemon_cdr_with(daemon: &Daemon, number: &str) -> Option<CdrView> {
    daemon.cdrs().into_iter().find(|cdr| cdr.to.number == number)
}
