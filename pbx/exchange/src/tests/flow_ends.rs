//! Callers in flows where one thing ends and another begins: searches, talks, recordings, the call itself.

use super::flow_site::{at, dial, flow, main_flow, say, text};
use super::flows::Caller;
use super::world::{World, sdp};
use crate::*;
use std::sync::Arc;
use std::time::Duration;
use switchroom_flow::expr::Expr;
use switchroom_flow::node::Job;
use switchroom_flow::prompt::Prompt;
use switchroom_flow::{Answer, Asking, Flows, MailboxConfig};
use switchroom_sip::status::Status;

fn voicemail(mailbox: &str) -> Job {
    Job::Voicemail { mailbox: text(mailbox), greeting: Prompt::default(), next: None, failed: None }
}

fn taken(leg: LegId, message: &str) -> MediaEvent {
    let facts = MessageFacts { file: "m.wav".into(), length_ms: 900, bytes: 1, sha256: "00".into() };
    MediaEvent::MessageTaken { leg, message: message.into(), taken: Taken::Kept(facts), why: String::new() }
}

/// What is said of a search that failed is said of the phones of that search, not of those that rang before.
#[test]
fn who_rang_before_is_not_said_to_ring_now() {
    let mut t = Caller::new("506");
    let (ring, _) = t.w.take(t.b);
    let now = t.w.now.mono;
    t.w.end(t.b).progress(now, ring, Status::RINGING, None);
    t.w.ms(100);
    let now = t.w.now.mono;
    t.w.end(t.b).reject(now, ring, Status::BUSY, &Default::default());
    t.w.ms(100);
    let (ring, _) = t.w.take(t.c);
    let now = t.w.now.mono;
    t.w.end(t.c).progress(now, ring, Status::SESSION_PROGRESS, None);
    t.w.run(Duration::from_secs(11));
    let path = &t.w.x.calls().next().unwrap().path;
    let said = path.iter().rev().find(|step| step.step == "dial").map(|step| step.text.as_str());
    assert_eq!(said, Some("103 was reached and did not answer within 10 s"));
}

/// What is wrong with a flow is wrong until that flow is another, or gone.
#[test]
fn the_alarm_of_a_flow_goes_with_the_flow() {
    let broken = || flow("600", vec![voicemail("nobody")], None);
    let faulty = |w: &World| w.x.alarm("flow:600").is_some();
    type Change = fn(&mut Config);
    let changes: [(Change, bool); 4] = [
        (|c| c.ring = Duration::from_secs(7), true),
        (|c| _ = c.flows.remove("600"), false),
        (|c| c.flows.extend([flow("600", vec![voicemail("102")], None)]), false),
        // What it asks for may be there now.
        (|c| c.inbound.mailboxes.extend([("nobody".into(), MailboxConfig::default())]), false),
    ];
    for (change, stays) in changes {
        let mut config = super::world::config();
        config.flows.extend([broken()]);
        let mut w = World::with(config.clone(), Restored::default());
        let a = w.registered("101", "192.0.2.11:5060");
        w.dial(a, "600", Some(sdp("192.0.2.11", "8 101", "")));
        w.ms(100);
        assert!(faulty(&w));
        change(&mut config);
        w.input(Input::Config(Arc::new(config)));
        assert_eq!(faulty(&w), stays);
    }
}

/// Who comes back into a flow has to hear it: it talks in nothing that we cannot make sound in.
#[test]
fn who_comes_back_talks_in_what_we_can_speak() {
    let mut config = super::world::config();
    let survey = main_flow("x", &["102"], false).1.nodes[3].job.clone();
    let mut first = dial(&["102"], false);
    let Job::Dial { after, .. } = &mut first else { unreachable!() };
    *after = at(1);
    config.flows = Flows::from([flow("600", vec![first, survey], None)]);
    let mut t =
        Caller::in_world(World::with(config, Restored::default()), "600", sdp("192.0.2.11", "18 8 101", ""));
    let offered = t.w.phones[&t.b].raw.iter().find(|text| text.starts_with("INVITE")).unwrap().clone();
    assert!(offered.contains("RTP/AVP 8 0 9 101\r\n"), "{offered}");
    let ring = t.w.answer(t.b);
    // While it talks it would change to what we cannot make: no.
    let refused = |t: &Caller| t.w.phones[&t.a].heard.iter().filter(|l| l.contains(" 488 ")).count();
    let (a, call) = (t.a, t.call);
    t.w.offer(a, call, sdp("192.0.2.11", "18 101", ""));
    assert_eq!(refused(&t), 1);
    t.w.hang_up(t.b, ring);
    assert!(t.hears("rate"));
    let call = t.w.x.calls().next().unwrap();
    assert_eq!(call.caller_leg().unwrap().codec_name(), "PCMA/8000");
}

/// Who does not come back may talk in what it likes.
#[test]
fn who_does_not_come_back_talks_in_anything() {
    let mut config = super::world::config();
    let mut first = dial(&["102"], false);
    let Job::Dial { after, .. } = &mut first else { unreachable!() };
    *after = None;
    config.flows = Flows::from([flow("600", vec![first], None)]);
    let t =
        Caller::in_world(World::with(config, Restored::default()), "600", sdp("192.0.2.11", "18 8 101", ""));
    let offered = t.w.phones[&t.b].raw.iter().find(|text| text.starts_with("INVITE")).unwrap().clone();
    assert!(offered.contains("RTP/AVP 18 8 0 9 101\r\n"), "{offered}");
}

/// A flow that records its caller, and tells somebody of it when the caller is gone.
fn recorded() -> Caller {
    let record = Job::Record {
        prompt: Prompt::default(),
        into: "msg".into(),
        longest: Duration::from_secs(60),
        silence: Duration::from_secs(5),
        next: None,
        failed: None,
    };
    let tell = Job::Exec {
        argv: vec!["/bin/log".into()],
        input: vec![
            ("msg".into(), Expr::Name("msg".into())),
            ("outcome".into(), Expr::Name("outcome".into())),
        ],
        fields: vec![],
        timeout: Duration::from_secs(30),
        next: None,
        failed: None,
    };
    let mut config = super::world::config();
    config.flows = Flows::from([flow("600", vec![record, tell], at(1))]);
    let mut t =
        Caller::in_world(World::with(config, Restored::default()), "600", sdp("192.0.2.11", "8 101", ""));
    t.heard();
    let (a, call) = (t.a, t.call);
    t.w.hang_up(a, call);
    t
}

fn taking(t: &Caller) -> String {
    let taking = |c: &MediaCommand| {
        if let MediaCommand::TakeMessage { message, .. } = c { Some(message.clone()) } else { None }
    };
    t.w.media.iter().rev().find_map(taking).unwrap()
}

fn posted(t: &Caller) -> Vec<&str> {
    let asked = t.w.asked.iter().map(|(_, asking)| match asking {
        Asking::Exec { input, .. } => input.text.as_str(),
        Asking::Http { .. } => "",
    });
    asked.collect()
}

/// What was being recorded when the caller hung up is known to the clean-up.
#[test]
fn a_clean_up_knows_what_was_being_recorded() {
    let mut t = recorded();
    assert_eq!(t.w.cdrs().len(), 1, "the record of the call does not wait");
    assert!(posted(&t).is_empty(), "what is recorded is not known yet");
    let message = taking(&t);
    t.w.input(Input::Media(taken(t.leg, &message)));
    assert_eq!(posted(&t), [format!("{{\"msg\":\"{message}\",\"outcome\":\"hung_up\"}}")]);
    let number = t.w.asked[0].0;
    let call = t.w.cdr().call;
    t.w.input(Input::Answered { call, number, answer: Answer::Failed("no".into()) });
    t.w.settle();
}

/// A media engine that says nothing of it is waited for a while only; what it says later is kept.
#[test]
fn a_clean_up_does_not_wait_for_ever() {
    let mut t = recorded();
    t.w.run(Duration::from_secs(4));
    assert_eq!(posted(&t), ["{\"msg\":null,\"outcome\":\"hung_up\"}"]);
    let (number, call, message) = (t.w.asked[0].0, t.w.cdr().call, taking(&t));
    t.w.input(Input::Media(taken(t.leg, &message)));
    assert_eq!(t.w.x.mailboxes.all().count(), 1);
    t.w.input(Input::Answered { call, number, answer: Answer::Failed("no".into()) });
    assert_eq!(posted(&t).len(), 1);
    let now = t.w.now;
    assert!(t.w.x.message_deleted(now, &message).is_some());
    t.w.settle();
}

/// A clean-up may take longer than an ended call is shown: the facts of the call are there as long.
#[test]
fn a_long_clean_up_keeps_the_facts_of_its_call() {
    let tell = |next| Job::Exec {
        argv: vec!["/bin/log".into()],
        input: vec![
            ("caller".into(), Expr::Name("caller".into())),
            ("outcome".into(), Expr::Name("outcome".into())),
        ],
        fields: vec![],
        timeout: Duration::from_secs(30),
        next,
        failed: next,
    };
    let mut config = super::world::config();
    let hello = Job::Play { prompt: say("hello"), is_whole: false, next: None };
    config.flows = Flows::from([flow("600", vec![hello, tell(at(2)), tell(None)], at(1))]);
    let mut t =
        Caller::in_world(World::with(config, Restored::default()), "600", sdp("192.0.2.11", "8 101", ""));
    let (a, call) = (t.a, t.call);
    t.w.hang_up(a, call);
    t.w.run(Duration::from_secs(20));
    let call = t.w.cdr().call;
    for step in 0..2 {
        assert_eq!(posted(&t)[step], "{\"caller\":\"101\",\"outcome\":\"hung_up\"}");
        let number = t.w.asked[step].0;
        t.w.input(Input::Answered { call, number, answer: Answer::Failed("no".into()) });
    }
    assert!(t.w.x.place_of(call).is_none());
    t.w.run(Duration::from_secs(6));
    assert!(t.w.x.call(call).is_none(), "then it leaves the board");
    t.w.settle();
}
