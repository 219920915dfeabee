//! Hand-off: one party sends the other into a flow and has it back, with what came of it and nothing of what was typed.

use super::flow_keys::infos;
use super::flow_site;
use super::transfer::Scene;
use super::world::sdp;
use crate::limits::HAND_OFFS_MAX;
use crate::*;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::{Activity, Presence};
use switchroom_flow::Flow;
use switchroom_flow::node::Job;
use switchroom_sip::endpoint::SessionId;
use switchroom_sip::status::Status;

const HOLD: &str = "a=sendonly\r\n";

impl Scene {
    fn press(&mut self, digits: &str) {
        let leg = self.call().caller;
        for digit in digits.chars() {
            self.w.input(Input::Media(MediaEvent::Digit { leg, digit }));
            self.w.ms(10);
        }
    }

    /// Agent 3 at 103 talks to 101, whom queue `q` brought; gives the sessions of both.
    pub(super) fn queued() -> (Self, (SocketAddr, SessionId), (SocketAddr, SessionId)) {
        let mut s = Self::new();
        s.hang_up(s.a);
        s.w.settle();
        let (presence, extension) = (Presence::Ready, Some("103".to_owned()));
        let act = AgentAct::Choose { agent: "3".into(), presence, extension };
        s.w.command("boss", Command::Agent(act)).unwrap();
        let call = s.w.dial(s.a.0, "700", Some(sdp("192.0.2.11", "8 101", "")));
        s.w.ms(100);
        s.id = s.w.x.calls().find(|call| !call.is_ended()).unwrap().id;
        let (a, c) = ((s.a.0, call), s.answer(s.c));
        (s, a, c)
    }

    fn command(&mut self, flow: &str) -> Result<String, String> {
        let reply = self.w.command("mara", Command::HandOff { call: self.id, flow: flow.into() });
        self.w.ms(10);
        reply
    }

    fn pauses(&self) -> Vec<bool> {
        let pause = |c: &MediaCommand| {
            if let MediaCommand::PauseRecording { is_paused, .. } = c { Some(*is_paused) } else { None }
        };
        self.w.media.iter().filter_map(pause).collect()
    }

    fn results(&self) -> Vec<&str> {
        self.call().handed_back.iter().map(|back| back.result.as_str()).collect()
    }

    fn is_stopped(&self) -> bool {
        self.w.media.iter().any(|c| matches!(c, MediaCommand::StopRecording { .. }))
    }

    fn has_event(&self, name: &str) -> bool {
        self.w.events().contains(&name.to_owned())
    }
}

/// The way of a phone: its transfer key, which most press while they hold. It is told of no outcome of
/// its REFER, or it might hang up.
#[test]
fn an_agent_transfers_to_a_flow_and_has_the_caller_back() {
    let mut s = Scene::new();
    s.w.offer(s.b.0, s.b.1, sdp("192.0.2.12", "8 101", HOLD));
    s.refer(s.b, "507");
    assert_eq!(s.answers(s.b.0), ["202"]);
    assert_eq!(s.news(s.b.0), ["active SIP/2.0 100 Trying"]);
    assert_eq!(s.call().stage, Stage::Flow);
    assert_eq!(s.call().hand_off().unwrap().flow, "507");
    assert!(s.call().held.is_none(), "nobody is held who is in a flow");
    assert_eq!(s.pauses(), [true]);
    // It may take its phone from hold meanwhile, and hears silence.
    s.w.offer(s.b.0, s.b.1, sdp("192.0.2.12", "8 101", ""));
    assert_eq!(s.hears()[1], "102<Silence");
    let before = (s.w.events().len(), s.w.log.len());
    s.press("1234");
    assert_eq!(s.news(s.b.0)[1..], ["terminated SIP/2.0 100 Trying"]);
    assert_eq!(s.hears(), ["101<102", "102<101"]);
    assert_eq!((s.results(), s.pauses()), (vec!["verified"], vec![true, false]));
    assert!(!s.is_stopped(), "one recording goes on");
    assert_eq!(s.marks(), ["hold", "resume", "hand_off", "hand_back"]);
    assert!(!s.w.events()[before.0..].contains(&"digit".to_owned()));
    assert!(!s.ended(s.b.0), "the agent's phone keeps its call");
    let told =
        s.w.x.ladders().get(s.id).unwrap().entries.iter().map(|e| format!("{e:?}")).collect::<String>();
    assert!(told.contains("flow 507 gives 101 back to 102: verified"), "{told}");
    assert!(!told.contains("pressed"), "{told}");
    s.hang_up(s.b);
    s.w.settle();
    let cdr = s.w.cdr();
    assert_eq!((cdr.call, cdr.with.unwrap().number.as_str(), cdr.flow), (s.id, "102", None));
    let legs: Vec<_> = cdr.legs.iter().map(|l| (l.party.number.as_str(), l.outcome.as_str())).collect();
    assert_eq!(legs, [("101", "answered"), ("102", "answered")]);
}

#[test]
fn who_holds_on_to_the_hold_key_holds_when_the_caller_is_back() {
    let mut s = Scene::new();
    s.w.offer(s.b.0, s.b.1, sdp("192.0.2.12", "8 101", HOLD));
    s.refer(s.b, "507");
    s.press("1234");
    assert_eq!(
        (s.call().held.is_some(), s.hears()),
        (true, vec!["101<Silence".into(), "102<Nothing".into()])
    );
    s.w.offer(s.b.0, s.b.1, sdp("192.0.2.12", "8 101", ""));
    assert_eq!(s.hears(), ["101<102", "102<101"]);
    s.hang_up(s.a);
    s.w.settle();
}

#[test]
fn a_user_hands_off_too_and_the_caller_may_fail() {
    let mut s = Scene::new();
    assert_eq!(s.command("507").unwrap(), "call 1: 101 is in flow 507, 102 gets it back");
    assert!(s.has_event("hand_off"), "audited");
    assert_eq!(
        s.command("507").unwrap_err(),
        "call 1 is handed off already; it comes back when its flow ends"
    );
    s.refer(s.b, "507");
    s.refer(s.a, "103");
    assert_eq!((s.answers(s.b.0), s.answers(s.a.0)), (vec!["491".to_owned()], vec!["491".to_owned()]));
    let played = s.w.media.iter().rev().find_map(|c| match c {
        MediaCommand::Play { leg, number, .. } => Some((*leg, *number)),
        _ => None,
    });
    let (leg, number) = played.unwrap();
    s.w.input(Input::Media(MediaEvent::Played { leg, number }));
    s.w.run(Duration::from_secs(20));
    assert_eq!((s.results(), s.hears()), (vec!["failed"], vec!["101<102".into(), "102<101".into()]));
    assert_eq!(s.news(s.b.0), Vec::<String>::new());
    s.hang_up(s.a);
    s.w.settle();
}

#[test]
fn what_may_not_be_is_refused_in_words() {
    let mut s = Scene::new();
    for (flow, why) in [
        ("nowhere", "there is no flow nowhere; see switchroom ctl flows"),
        ("506", "node \"n0\" of flow \"506\" dials, and who is handed off is to come back"),
    ] {
        assert_eq!(s.command(flow).unwrap_err(), why);
    }
    for _ in 0..HAND_OFFS_MAX {
        s.command("507").unwrap();
        s.press("1234");
        // Also while the exchange still passes over keys.
        s.w.run(Duration::from_secs(4));
    }
    assert_eq!(s.command("507").unwrap_err(), "the call has been handed off too often");
    s.hang_up(s.a);
    s.w.settle();
    let mut s = Scene::new();
    let mut config = (*s.w.x.config).clone();
    config.inbound.routes.iter_mut().for_each(|route| route.back = true);
    s.w.input(Input::Config(Arc::new(config)));
    s.refer(s.b, "506");
    assert_eq!(s.answers(s.b.0), ["403"]);
    s.hang_up(s.a);
    assert!(s.command("507").is_err());
    s.w.settle();
}

/// Also of a caller that dialled no flow.
#[test]
fn keys_by_info_are_crosses_on_the_ladder() {
    let mut s = Scene::new();
    s.command("507").unwrap();
    let (at, session) = s.a;
    let now = s.w.now.mono;
    s.w.end(at).info(now, session, "application/dtmf-relay", "Signal=7\r\nDuration=160\r\n".into());
    s.w.ms(100);
    let infos = infos(s.w.x.ladders().get(s.id).unwrap());
    assert!(infos.len() == 1 && infos[0].contains("Signal=x"), "{infos:?}");
}

/// Keys that come after the last that the flow wanted are nobody's business either, for a moment.
#[test]
fn keys_are_not_written_down_until_a_moment_after() {
    let mut s = Scene::new();
    s.command("507").unwrap();
    let agents = s.call().hand_off().unwrap().by;
    let before = s.w.events().len();
    s.w.input(Input::Media(MediaEvent::Digit { leg: agents, digit: '7' }));
    s.press("123456#");
    assert!(!s.w.events()[before..].contains(&"digit".to_owned()));
    s.w.run(Duration::from_secs(3));
    s.press("5");
    assert!(s.w.events()[before..].contains(&"digit".to_owned()));
    s.hang_up(s.a);
    s.w.settle();
}

#[test]
fn the_caller_hangs_up_in_the_flow() {
    for is_referred in [false, true] {
        let mut s = Scene::new();
        if is_referred {
            s.refer(s.b, "507");
        } else {
            s.command("507").unwrap();
        }
        s.press("12");
        s.hang_up(s.a);
        assert!(s.ended(s.b.0), "the agent is told");
        let last = s.news(s.b.0).pop();
        assert_eq!(last.as_deref(), is_referred.then_some("terminated SIP/2.0 487 Request Terminated"));
        s.w.settle();
        let cdr = s.w.cdr();
        assert_eq!((cdr.ending.cause, cdr.ending.text.as_str()), (Cause::HungUp, "101 hung up"));
    }
}

#[test]
fn the_flow_hangs_up() {
    let mut s = Scene::new();
    s.command("502").unwrap();
    assert!(s.ended(s.a.0) && s.ended(s.b.0));
    s.w.settle();
    assert_eq!(s.w.cdr().ending.text, "the flow hung up, at n0");
}

/// Phones that hang up as soon as they have referred cannot be told from people who do: both are rung back.
#[test]
fn who_has_gone_is_rung_back_when_the_flow_ends() {
    for is_answered in [true, false] {
        let mut s = Scene::new();
        s.refer(s.b, "507");
        s.hang_up(s.b);
        assert_eq!((s.call().stage.clone(), s.hears().len()), (Stage::Flow, 1));
        assert!(s.w.x.calls_of("102").next().is_none(), "102 is free");
        s.press("1234");
        assert_eq!(s.results(), ["verified"]);
        assert_eq!(s.hears(), ["101<Ringing"]);
        if is_answered {
            let b = s.answer(s.b.0);
            assert_eq!(s.hears(), ["101<102", "102<101"]);
            assert!(!s.is_stopped());
            let channel =
                |c: &MediaCommand| matches!(c, MediaCommand::RecordLeg { channel: Channel::Right, .. });
            assert!(s.w.media.iter().any(channel));
            s.hang_up(b);
        } else {
            s.w.reject(s.b.0, Status::BUSY);
            assert!(s.ended(s.a.0));
        }
        s.w.settle();
    }
}

/// Who called hands off who was called: it is a caller's side as long as it is in the flow.
#[test]
fn the_calling_side_hands_off_too() {
    let mut s = Scene::new();
    s.refer(s.a, "507");
    assert_eq!(s.call().caller_leg().unwrap().party.number, "102");
    s.press("1234");
    assert_eq!(s.call().caller_leg().unwrap().party.number, "101");
    assert_eq!((s.results(), s.hears()), (vec!["verified"], vec!["101<102".into(), "102<101".into()]));
    s.hang_up(s.b);
    s.w.settle();
    let legs: Vec<_> = s.w.cdr().legs.iter().map(|l| l.party.number.clone()).collect();
    assert_eq!(legs, ["101", "102"]);
}

/// A caller from a queue: the talk goes on for the agent, and the flow around waits as for any talk.
#[test]
fn for_the_queue_the_agent_talks_on() {
    let (mut s, a, c) = Scene::queued();
    let activity = |s: &Scene| s.w.x.floor().agent("3").unwrap().activity();
    assert_eq!(activity(&s), Activity::Talking);
    s.command("507").unwrap();
    assert_eq!(activity(&s), Activity::Talking);
    s.w.run(Duration::from_millis(500));
    s.press("1234");
    assert_eq!((activity(&s), s.results()), (Activity::Talking, vec!["verified"]));
    s.refer(c, "507");
    s.press("12");
    // The caller goes: the flow it was lent to and the one around it clean up, the agent wraps up.
    s.hang_up(a);
    assert_eq!(activity(&s), Activity::WrapUp);
    s.w.settle();
}

/// What a caller types while lent is between the caller and that flow, secret or not.
#[test]
fn what_is_typed_in_a_hand_off_is_on_nobodys_desk() {
    let (mut s, a, _) = Scene::queued();
    let mut config = s.w.x.config().clone();
    let mut flow = Flow::clone(&config.flows["507"]);
    if let Job::Collect { count, is_secret, .. } = &mut flow.nodes[0].job {
        (*count, *is_secret) = ((2, 2), false);
    }
    flow.nodes[1].job = flow_site::asks_again();
    config.flows.insert("507".into(), Arc::new(flow));
    s.w.input(Input::Config(Arc::new(config)));
    let known = |s: &Scene| s.w.x.desk("3", s.w.now).unwrap().values;
    let before = known(&s);
    s.command("507").unwrap();
    s.press("42");
    assert_eq!(s.call().stage, Stage::Flow, "the flow asks on");
    let typed = s.w.x.visits[&s.id].run.variables();
    assert_eq!(typed.get("pin").map(|value| value.plain()).as_deref(), Some("42"));
    assert_eq!(known(&s), before);
    s.hang_up(a);
    s.w.settle();
}

/// The agent hangs up for good while the caller is away: the flow around has it when nobody can be rung back.
#[test]
fn the_flow_around_goes_on_after_the_talk() {
    let (mut s, _, c) = Scene::queued();
    s.command("507").unwrap();
    s.hang_up(c);
    assert_eq!(s.w.x.floor().agent("3").unwrap().activity(), Activity::WrapUp);
    s.press("1234");
    let c = s.answer(s.c);
    assert_eq!(s.hears(), ["101<103", "103<101"]);
    s.hang_up(c);
    // Its queue's flow says goodbye after the talk, as it would have without a hand-off.
    assert_eq!(s.call().stage, Stage::Flow);
    s.w.input(Input::EndAll);
    s.w.settle();
}

/// A supervisor's transfer to a number with a way back is a hand-off; any other waits until the caller is back.
#[test]
fn a_user_who_transfers_meanwhile_is_told_to_wait() {
    let mut s = Scene::new();
    let transfer = |s: &mut Scene, to: &str| {
        let reply = s.w.command("mara", Command::Transfer { call: s.id, to: to.into() });
        s.w.ms(10);
        reply
    };
    transfer(&mut s, "507").unwrap();
    assert_eq!(s.call().hand_off().unwrap().flow, "507");
    for to in ["103", "500", "507"] {
        let why = transfer(&mut s, to).unwrap_err();
        assert!(why.contains("try again when it is back"), "{why}");
    }
    s.press("1234");
    assert_eq!((s.results(), s.hears()), (vec!["verified"], vec!["101<102".into(), "102<101".into()]));
    s.hang_up(s.a);
    s.w.settle();
}

/// What a survey was answered comes back with the caller, each time what is new, and all of it stands in the record.
#[test]
fn the_answers_of_a_survey_come_back_with_the_caller() {
    let (mut s, a, c) = Scene::queued();
    let mut config = s.w.x.config().clone();
    let survey = |question: &str, next| Job::Survey {
        prompt: flow_site::say("rate"),
        question: question.into(),
        keys: "12345".into(),
        patience: flow_site::PATIENCE,
        next,
        silent: None,
    };
    let asks = vec![survey("kindness", flow_site::at(1)), survey("solved", None)];
    config.flows.extend([flow_site::flow("507", asks, None)]);
    s.w.input(Input::Config(Arc::new(config)));
    s.command("507").unwrap();
    s.press("94");
    assert_eq!((s.call().stage.clone(), s.results().len()), (Stage::Flow, 0), "9 is no answer");
    s.press("5");
    assert_eq!(
        (s.results(), s.hears()),
        (vec!["kindness 4, solved 5"], vec!["101<103".into(), "103<101".into()])
    );
    // By the phone, a second time; nothing is said to the second question.
    s.refer(c, "507");
    s.press("2");
    for _ in 0..6 {
        if s.call().stage != Stage::Flow {
            break;
        }
        let played = s.w.media.iter().rev().find_map(|c| match c {
            MediaCommand::Play { leg, number, .. } => Some((*leg, *number)),
            _ => None,
        });
        let (leg, number) = played.unwrap();
        s.w.input(Input::Media(MediaEvent::Played { leg, number }));
        s.w.run(Duration::from_secs(10));
    }
    assert_eq!(s.results(), ["kindness 4, solved 5", "kindness 2"]);
    assert_eq!(s.w.x.desk("3", s.w.now).unwrap().call, Some(s.id), "the call that shows it is on the desk");
    s.hang_up(a);
    s.w.settle();
    let answers = [("kindness", '4'), ("solved", '5'), ("kindness", '2')];
    let cdr = s.w.cdrs().into_iter().find(|cdr| cdr.call == s.id).unwrap();
    assert_eq!(cdr.answers, answers.map(|(question, key)| (question.to_owned(), key)));
    let of_agent = s.w.records.iter().filter(
        |record| matches!(record, Record::Event(event) if event.name == "survey" && event.subject == "103"),
    );
    assert_eq!(of_agent.count(), 3, "for who talks");
}
