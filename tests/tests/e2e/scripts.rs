//! SIPp plays what phones do differently, by the scripts in `tests/sipp`. Each script checks what it is answered; here
//! is checked what the exchange made of it.

use crate::setup;
use std::time::Duration;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program, ports};
use switchroom_tests::raw::RawPhone;
use switchroom_tests::sipp::Sipp;
use switchroom_wire::CdrView;

/// A script of a dozen messages takes some seconds, most of them pauses.
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon, and 102 registered at as many ports as there are scripts for it.
fn stage(answering: &[&str]) -> Option<(Daemon, Vec<Sipp>)> {
    if !has_program("sipp", "sip-tester") {
        return None;
    }
    let daemon = Daemon::start(setup().md5_only());
    let phones = answering.iter().map(|script| {
        let port = ports(4);
        RawPhone::on_port(daemon.sip, port).register("102");
        Sipp::start(script, daemon.sip, port, "102", "101", &["-m", "1"])
    });
    let phones = phones.collect();
    Some((daemon, phones))
}

/// Plays a caller's script against 102's scripts; the record of the call.
fn play(calling: &str, answering: &[&str]) -> Option<CdrView> {
    let (daemon, phones) = stage(answering)?;
    Sipp::start(calling, daemon.sip, ports(4), "101", "102", &["-m", "1", "-d", "300"]).succeed(PATIENCE);
    for phone in phones {
        phone.succeed(PATIENCE);
    }
    let cdr = eventually("the record", || daemon.cdrs().pop());
    eventually("nothing left behind", || {
        let status = daemon.status();
        ((status.calls, status.dialogs, status.rtp_ports) == (0, 0, 0)).then_some(())
    });
    Some(cdr)
}

fn cause(cdr: &CdrView) -> (&str, &str) {
    (cdr.ended.by.as_str(), cdr.ended.cause.as_str())
}

fn steps(cdr: &CdrView) -> Vec<&str> {
    cdr.path.iter().map(|w| w.step.as_str()).collect()
}

#[test]
fn a_late_offer() {
    let Some(cdr) = play("late_offer", &["answerer"]) else { return };
    assert_eq!(cause(&cdr), ("caller", "hung_up"));
    assert!(cdr.legs.iter().all(|l| l.codec.starts_with("PCMA")), "{:?}", cdr.legs);
}

#[test]
fn holds_in_three_forms() {
    let Some(cdr) = play("holds", &["answerer"]) else { return };
    let holds = steps(&cdr).into_iter().filter(|s| matches!(*s, "hold" | "resume")).collect::<Vec<_>>();
    assert_eq!(holds, ["hold", "resume", "hold", "resume", "hold", "resume"]);
    assert_eq!(cause(&cdr), ("caller", "hung_up"));
}

#[test]
fn a_caller_gives_up() {
    let Some(cdr) = play("gives_up", &["rings"]) else { return };
    assert_eq!(cause(&cdr), ("caller", "cancelled"));
    assert_eq!(cdr.answered_ms, None);
}

#[test]
fn an_answer_that_crosses_the_cancel() {
    let Some(cdr) = play("gives_up", &["answers_too_late"]) else { return };
    assert_eq!(cause(&cdr), ("caller", "cancelled"));
}

#[test]
fn two_phones_ring_and_one_wins() {
    let Some(cdr) = play("caller", &["loses", "answerer"]) else { return };
    assert_eq!(cause(&cdr), ("caller", "hung_up"));
    let mut outcomes: Vec<&str> = cdr.legs.iter().map(|l| l.outcome.as_str()).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["answered", "answered", "elsewhere"]);
}

#[test]
fn one_phone_is_busy_and_the_other_takes_it() {
    let Some(cdr) = play("caller", &["says_busy", "answerer"]) else { return };
    assert_eq!(cause(&cdr), ("caller", "hung_up"));
}

#[test]
fn busy() {
    let Some(cdr) = play("busy", &["says_busy"]) else { return };
    assert_eq!(cause(&cdr), ("callee", "busy"));
    assert_eq!(cdr.ended.status, 486);
}

#[test]
fn what_a_phone_asks_during_a_call() {
    let Some((daemon, phones)) = stage(&["answerer"]) else { return };
    Sipp::start("in_dialog", daemon.sip, ports(4), "101", "102", &["-m", "1"]).succeed(PATIENCE);
    for phone in phones {
        phone.succeed(PATIENCE);
    }
    eventually("the record", || daemon.cdrs().pop());
    let events = daemon.events();
    let digits: Vec<&str> = events.iter().filter(|e| e.name == "digit").map(|e| e.text.as_str()).collect();
    assert_eq!(digits, ["101 pressed 5", "101 pressed 6", "101 pressed 7"], "digits in three bodies");
}

#[test]
fn a_picture_is_refused_in_its_place() {
    play("video", &["answerer"]);
}

#[test]
fn reliable_ringing() {
    let Some(cdr) = play("reliable_ringing", &["answerer"]) else { return };
    assert_eq!(cause(&cdr), ("caller", "hung_up"));
}

#[test]
fn a_number_that_nobody_has() {
    let Some((daemon, _)) = stage(&[]) else { return };
    Sipp::start("nowhere", daemon.sip, ports(4), "101", "999", &["-m", "1"]).succeed(PATIENCE);
    let cdr = eventually("the record", || daemon.cdrs().pop());
    assert_eq!(cause(&cdr), ("system", "not_found"));
}

#[test]
fn too_many_hops() {
    let Some((daemon, _)) = stage(&[]) else { return };
    Sipp::start("too_many_hops", daemon.sip, ports(4), "101", "102", &["-m", "1"]).succeed(PATIENCE);
    assert_eq!(daemon.status().calls_total, 0);
}

#[test]
fn thirty_calls_a_second() {
    if !has_program("sipp", "sip-tester") {
        return;
    }
    let mut setup = setup().md5_only();
    (setup.calls_max, setup.rtp_pairs) = (200, 200);
    let daemon = Daemon::start(setup);
    let port = ports(4);
    RawPhone::on_port(daemon.sip, port).register("102");
    let _phone = Sipp::start("answerer", daemon.sip, port, "102", "101", &[]);
    let more = ["-r", "30", "-m", "90", "-d", "300"];
    let mut callers = Sipp::start("caller", daemon.sip, ports(4), "101", "102", &more);
    assert!(callers.wait(PATIENCE), "{}", callers.errors());
    assert_eq!((callers.figure("SuccessfulCall(C)"), callers.figure("FailedCall(C)")), (90, 0));
    eventually("a record for each call", || (daemon.cdrs().len() == 90).then_some(()));
}
