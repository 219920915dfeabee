//! SIPp signals as desk phones do, its sound is a tone of this test's, and a real softphone is at the other end: holds in the
//! forms that phones use, a call without a description, and a call that takes another's place. Who heard whom is measured.

use crate::queues::ctl;
use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::{phases, tone, write_wav};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::process::{eventually, has_program, ports};
use switchroom_tests::raw::{RawPhone, field, fields};
use switchroom_tests::sipp::Sipp;
use switchroom_tests::voice::Voice;
use switchroom_wire::{CallState, CdrView};

const CALLER_HZ: f64 = 440.0;
const CALLED_HZ: f64 = 700.0;
const SECOND_HZ: f64 = 1_000.0;
/// The music of a hold and of a queue.
const MUSIC_HZ: f64 = 1_500.0;

const CALLER: u32 = 440;
const CALLED: u32 = 700;
const SECOND: u32 = 1_000;
const MUSIC: u32 = 1_500;

/// How long each part of a script lasts, milliseconds.
const PART: &str = "1500";
const PATIENCE: Duration = Duration::from_secs(60);

const SITE: &str = r#"
[[routes]]
number = "420"
to = "queue desk"

[queues.desk]
strategy = "linear"
ring = "10s"
music = ["music"]

[agents.3002]
extension = "102"
queues = ["desk"]
"#;

/// A daemon with music of one tone.
fn daemon() -> Option<Daemon> {
    if !has_program("baresip", "baresip-core") || !has_program("sipp", "sip-tester") {
        return None;
    }
    let music = tempfile::tempdir().expect("a folder");
    write_wav(&music.path().join("music.wav"), &tone(MUSIC_HZ, 4.0));
    let mut setup: Setup = setup().md5_only();
    setup.extensions = ["101", "102", "103"].map(str::to_owned).to_vec();
    setup.media = "hold_music = [\"music\"]\n".to_owned();
    setup.more = SITE.to_owned();
    setup.beside = vec![(music.path().join("music.wav"), "prompts/en/music.wav".to_owned())];
    Some(Daemon::start(setup))
}

/// Plays a caller's script as 101, with that voice.
fn play(daemon: &Daemon, script: &str, number: &str, voice: &Voice) {
    let audio = voice.port();
    let more = ["-m", "1", "-d", PART];
    Sipp::start_with(script, daemon.sip, ports(4), ("101", number), &audio, &more).succeed(PATIENCE);
}

fn heard(samples: &[i16]) -> Vec<Vec<u32>> {
    phases(samples, &[CALLER_HZ, CALLED_HZ, SECOND_HZ, MUSIC_HZ])
}

fn cdr(daemon: &Daemon) -> CdrView {
    eventually("the record", || daemon.cdrs().pop())
}

#[test]
fn who_is_held_in_any_form_hears_music_and_then_the_caller_again() {
    let Some(daemon) = daemon() else { return };
    let mut called = Baresip::at(&daemon, "102", CALLED_HZ);
    let voice = Voice::of(CALLER_HZ);
    play(&daemon, "holds", "102", &voice);
    called.wait_for("CALL_CLOSED");

    let (talk, hold) = (vec![CALLER], vec![MUSIC]);
    let wanted = [&talk, &hold, &talk, &hold, &talk, &hold, &talk].map(Vec::clone);
    assert_eq!(heard(&called.heard()), wanted, "sendonly, inactive, and 0.0.0.0, each with its end");
    assert_eq!(heard(&voice.heard()), [vec![CALLED]], "who holds hears the other or nothing");
    let pauses = voice.pauses(Duration::from_millis(500));
    let is_part = |pause: &Duration| (1_200..2_500).contains(&pause.as_millis());
    assert!(pauses.len() == 3 && pauses.iter().all(is_part), "who holds was sent sound: {pauses:?}");
    let cdr = cdr(&daemon);
    let ladder = daemon.run(&["ctl", "ladder", &cdr.id]);
    let ladder = String::from_utf8_lossy(&ladder.stdout).into_owned();
    let offers = ladder.lines().filter(|line| line.contains("INVITE")).count();
    assert!(offers >= 8, "the ladder has the call and each change of it:\n{ladder}");
}

#[test]
fn a_call_without_a_description_to_an_extension_is_heard_both_ways() {
    let Some(daemon) = daemon() else { return };
    let mut called = Baresip::at(&daemon, "102", CALLED_HZ);
    let voice = Voice::of(CALLER_HZ);
    play(&daemon, "late_offer", "102", &voice);
    called.wait_for("CALL_CLOSED");
    assert_eq!(heard(&voice.heard()), [vec![CALLED]]);
    assert_eq!(heard(&called.heard()), [vec![CALLER]]);
    assert_eq!(cdr(&daemon).ended.by, "caller");
}

#[test]
fn a_call_without_a_description_to_a_queue_waits_with_music_and_gets_its_agent() {
    let Some(daemon) = daemon() else { return };
    let mut agent = Baresip::at(&daemon, "102", CALLED_HZ);
    let _ = ctl(&daemon, &["agent", "3002", "break", "lunch"]);
    let voice = Voice::of(CALLER_HZ);
    let more = ["-m", "1", "-d", "5000"];
    let audio = voice.port();
    let caller = Sipp::start_with("late_offer", daemon.sip, ports(4), ("101", "420"), &audio, &more);
    eventually("the caller to wait", || daemon.calls().into_iter().find(|c| c.queue.is_some()));
    std::thread::sleep(Duration::from_millis(1_500));
    let _ = ctl(&daemon, &["agent", "3002", "ready"]);
    agent.wait_for("CALL_ESTABLISHED");
    caller.succeed(PATIENCE);
    agent.wait_for("CALL_CLOSED");
    assert_eq!(heard(&voice.heard()), [vec![MUSIC], vec![CALLED]]);
    assert_eq!(heard(&agent.heard()), [vec![CALLER]]);
    let cdr = cdr(&daemon);
    assert_eq!(cdr.with.map(|party| party.number).as_deref(), Some("102"));
}

/// The names of a dialog that an exchange has with a phone that it called, as another phone gives them.
fn replaces(invite: &str, tag: &str) -> String {
    let from = field(invite, "From").split_once("tag=").map(|(_, tag)| tag).unwrap_or_default();
    format!("{};to-tag={from};from-tag={tag}", field(invite, "Call-ID"))
}

#[test]
fn a_call_with_replaces_takes_the_place_of_another_phone_of_the_extension_and_of_no_other() {
    let Some(daemon) = daemon() else { return };
    let mut caller = Baresip::at(&daemon, "101", CALLER_HZ);
    let (first, second) = (Voice::of(CALLED_HZ), Voice::of(SECOND_HZ));
    let phone = RawPhone::new(daemon.sip);
    phone.register("102");
    caller.command("dial", "102");
    let invite = phone.take_call(first.address);
    caller.wait_for("CALL_ESTABLISHED");
    let call = eventually("the talk", || daemon.calls().into_iter().find(|c| c.state == CallState::Talking));
    std::thread::sleep(Duration::from_millis(1_500));

    let tag = format!("t{}", field(&invite, "Call-ID").len());
    let named = replaces(&invite, &tag);
    let more = ["-m", "1", "-d", PART, "-key", "replaces", &named];
    let audio = second.port();
    let start =
        |script: &str, who| Sipp::start_with(script, daemon.sip, ports(4), (who, "102"), &audio, &more);
    start("replaces_in_vain", "103").succeed(PATIENCE);
    assert!(daemon.calls().iter().any(|c| c.id == call.id && c.state == CallState::Talking));
    let taking = start("replaces", "102");
    let bye = phone.expect("the end of the first phone's call", |m| m.starts_with("BYE "));
    assert_eq!(fields(&bye, "Call-ID"), fields(&invite, "Call-ID"));
    phone.answer(&bye, 200, "OK", "", "");
    taking.succeed(PATIENCE);
    caller.wait_for("CALL_CLOSED");

    assert_eq!(heard(&caller.heard()), [vec![CALLED], vec![SECOND]]);
    assert_eq!(heard(&second.heard()), [vec![CALLER]]);
    let cdr = cdr(&daemon);
    assert_eq!((daemon.cdrs().len(), cdr.id.as_str()), (1, call.id.as_str()), "one call");
    let legs: Vec<(&str, &str)> =
        cdr.legs.iter().map(|leg| (leg.party.number.as_str(), leg.outcome.as_str())).collect();
    assert_eq!(legs, [("101", "answered"), ("102", "transferred"), ("102", "answered")]);
    assert!(daemon.events().iter().any(|event| event.name == "moved"));
}
