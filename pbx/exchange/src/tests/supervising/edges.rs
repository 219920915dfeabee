//! What a consultation and a supervisor leave behind at the edges: keys, recordings, tones, codecs, the flow that goes on.

use super::Scene;
use super::touched::tones;
use crate::tests::flow_site::{at, dial, flow, main_flow};
use crate::tests::flows::Caller;
use crate::tests::queues::site;
use crate::tests::world::{World, extension, header, sdp};
use crate::*;
use std::sync::Arc;
use switchroom_acd::Presence;
use switchroom_acd::config::QueueConfig;
use switchroom_flow::node::Job;
use switchroom_sip::endpoint::SessionId;
use switchroom_sip::header::Name;
use switchroom_sip::status::Status;

impl Scene {
    /// Where a key goes that a phone tells of in INFO.
    fn key(&mut self, (at, session): (std::net::SocketAddr, SessionId), digit: char) -> Vec<String> {
        self.w.media.clear();
        let now = self.w.now.mono;
        let body = format!("Signal={digit}\r\nDuration=160\r\n");
        self.w.end(at).info(now, session, "application/dtmf-relay", body.into());
        self.w.ms(50);
        let number = |leg: LegId| self.w.x.leg_anywhere(leg).map(|leg| leg.party.number.clone());
        let sent = |command: &MediaCommand| match command {
            MediaCommand::SendDigit { leg, digit, .. } => Some(format!("{}<{digit}", number(*leg)?)),
            _ => None,
        };
        self.w.media.iter().filter_map(sent).collect()
    }
}

/// Who asked to listen waits for the phone to ring, and no colleague does.
#[test]
fn a_supervisors_own_phone_may_answer_by_itself() {
    let asked = |s: &Scene| {
        let raw = s.w.phones[&s.c].raw.iter().rev().find(|raw| raw.starts_with("INVITE")).unwrap();
        [Name::CallInfo, Name::AlertInfo, Name::AnswerMode].map(|name| header(raw, name))
    };
    let begun = |is_set: bool| {
        let mut s = Scene::new();
        let mut config = s.w.x.config().clone();
        config.extensions.get_mut("103").unwrap().auto_answer = is_set;
        s.w.input(Input::Config(Arc::new(config)));
        s.begin(Subject::Call(s.id), Mode::Listen).unwrap();
        s
    };
    let wanted = ["<sip:pbx.example>;answer-after=0", "<http://pbx.example>;info=alert-autoanswer", "Auto"];
    let mut s = begun(true);
    assert_eq!(asked(&s), wanted);
    s.w.reject(s.c, Status::BUSY);
    s.w.command("mara", Command::Dial { from: "103".into(), to: "104".into() }).unwrap();
    s.w.ms(50);
    assert_eq!(asked(&s), [""; 3], "a call that is placed for it rings as ever");
    assert_eq!(asked(&begun(false)), [""; 3]);
}

/// Keys go where the voice goes: to who is consulted, not to who waits.
#[test]
fn keys_go_to_those_whom_a_consultation_connects() {
    let (mut s, d) = Scene::consulted();
    let (a, b) = (s.a, s.b);
    assert_eq!(s.key(b, '4'), ["104<4"]);
    assert_eq!(s.key(d, '5'), ["102<5"]);
    assert_eq!(s.key(a, '6'), [""; 0], "who waits");
    s.consult(ConsultAct::Swap).unwrap();
    assert_eq!(s.key(b, '7'), ["101<7"]);
    assert_eq!(s.key(d, '8'), [""; 0]);
    s.consult(ConsultAct::Conference).unwrap();
    assert_eq!(s.key(d, '9'), ["101<9", "102<9"]);
}

/// In a codec in which we can make no sound nobody would hear the third.
#[test]
fn whose_codec_is_none_of_ours_consults_nobody() {
    let (mut w, c, d) = Scene::world();
    let (a, b) = (w.registered("101", "192.0.2.11:5060"), w.registered("102", "192.0.2.12:5060"));
    let only = |ip: &str| sdp(ip, "18", "a=rtpmap:18 G729/8000\r\n");
    let call = w.dial(a, "102", Some(only("192.0.2.11")));
    w.ms(100);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).answer(now, ring, only("192.0.2.12"));
    w.ms(100);
    let id = w.x.calls().next().unwrap().id;
    let mut s = Scene { w, a: (a, call), b: (b, ring), c, d, id };
    assert_eq!(s.begin_consult("104"), Err("no sound can be made in that party's codec".into()));
}

/// A pause is of who wanted it: with another party the recording goes on.
#[test]
fn a_pause_ends_with_who_leaves_to_the_third() {
    let (mut s, _) = Scene::consulted();
    let pause = Command::Record { call: s.id, act: RecordingAct::Pause };
    s.w.command("boss", pause).unwrap();
    assert!(s.w.x.call(s.id).unwrap().is_recording_paused());
    s.consult(ConsultAct::Complete).unwrap();
    let call = s.w.x.call(s.id).unwrap();
    assert!(!call.is_recording_paused() && call.channel_of(call.caller).is_some());
}

/// The agent is told of a supervisor once he can hear it, and whoever takes his place is told, too.
#[test]
fn the_tone_of_a_supervisor_is_heard_by_who_is_the_agent_then() {
    let mut s = Scene::new();
    let mut config = s.w.x.config().clone();
    config.supervision.notify = [Mode::Listen].into();
    s.w.input(Input::Config(Arc::new(config)));
    s.hold(s.b, "sendonly");
    s.w.media.clear();
    s.supervised(Subject::Call(s.id), Mode::Listen);
    assert_eq!(tones(&mut s), [""; 0], "who holds hears nothing");
    s.hold(s.b, "sendrecv");
    assert_eq!(tones(&mut s), ["102"]);
    s.hold(s.b, "sendonly");
    s.hold(s.b, "sendrecv");
    assert_eq!(tones(&mut s), [""; 0], "once is enough");
    s.begin_consult("104").unwrap();
    s.answer(s.d);
    s.w.media.clear();
    s.consult(ConsultAct::Complete).unwrap();
    assert_eq!(tones(&mut s), ["104"]);
}

/// A recording that fails takes who is consulted off it.
#[test]
fn a_recording_that_fails_has_nobody_on_it() {
    let (mut s, _) = Scene::consulted();
    s.w.media.clear();
    s.w.input(Input::Media(MediaEvent::RecordingFailed { call: s.id, why: "disk full".into() }));
    assert!(!s.w.x.call(s.id).unwrap().is_taped());
    let off = |command: &&MediaCommand| matches!(command, MediaCommand::RecordNoMore { .. });
    assert_eq!(s.w.media.iter().filter(off).count(), 1);
}

/// Who consults is an agent in a flow that goes on after the talk: the third rings for nobody once the talk is over.
#[test]
fn a_consultation_ends_with_a_talk_after_which_the_flow_goes_on() {
    let mut config = site(QueueConfig::default());
    let survey = main_flow("x", &["102"], false).1.nodes[3].job.clone();
    let mut first = dial(&["102"], false);
    let Job::Dial { after, .. } = &mut first else { unreachable!() };
    *after = at(1);
    config.flows.extend([flow("600", vec![first, survey], None)]);
    config.extensions.insert("104".into(), extension("104", "Dee"));
    let mut t =
        Caller::in_world(World::with(config, Restored::default()), "600", sdp("192.0.2.11", "8 101", ""));
    let d = t.w.registered("104", "192.0.2.14:5060");
    let ring = t.w.answer(t.b);
    let (presence, extension) = (Presence::Ready, Some("101".to_owned()));
    t.w.command("boss", Command::Agent(AgentAct::Choose { agent: "2".into(), presence, extension })).unwrap();
    let id = t.w.x.calls().next().unwrap().id;
    let act = ConsultAct::Begin { to: "104".into() };
    assert_eq!(
        t.w.command("boss", Command::Consult { call: id, act }),
        Ok("call 1: 101 consults 104".into())
    );
    t.w.ms(50);
    let (third, _) = t.w.take(d);
    let now = t.w.now.mono;
    t.w.end(d).progress(now, third, Status::RINGING, None);
    t.w.ms(50);
    t.w.hang_up(t.b, ring);
    assert!(t.hears("rate"), "the caller is in the flow");
    assert!(t.w.phones[&d].heard.iter().any(|line| line.starts_with("CANCEL")), "the third rings no more");
    assert_eq!(t.w.x.calls().filter(|call| !call.is_ended()).count(), 1);
}
