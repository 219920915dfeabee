//! Rights by queue: whom a restricted supervisor hears and acts on, and what is written down of what is refused.

use super::Scene;
use crate::tests::world::sdp;
use crate::*;
use std::time::Duration;
use switchroom_acd::Presence;
use switchroom_acd::config::{Membership, QueueConfig};

impl Scene {
    /// mara may act on the calls of these queues only.
    fn restrict(&mut self, queues: &[&str]) {
        let mut config = self.w.x.config().clone();
        let queues = queues.iter().map(|queue| (*queue).to_owned()).collect();
        config.supervision.queues.insert("mara".into(), queues);
        self.w.input(Input::Config(std::sync::Arc::new(config)));
        self.w.ms(50);
    }

    fn refusals(&self) -> usize {
        self.w.events().iter().filter(|name| *name == "refused").count()
    }
}

#[test]
fn a_restricted_supervisor_acts_on_calls_and_agents_of_the_own_queues() {
    let mut s = Scene::queued();
    s.restrict(&["other"]);
    let why = "call 1 is of q; you may act on queues: other";
    assert_eq!(s.begin(Subject::Call(s.id), Mode::Listen), Err(why.into()));
    let agent = "agent 2 is of q; you may act on queues: other";
    assert_eq!(s.begin(Subject::Agent("2".into()), Mode::Listen), Err(agent.into()));
    let seat = "extension 102 is of q; you may act on queues: other";
    assert_eq!(s.begin(Subject::Extension("102".into()), Mode::Listen), Err(seat.into()));
    let id = s.id;
    assert_eq!(s.w.command("mara", Command::HangUp(id)), Err(why.into()));
    assert_eq!(s.w.command("mara", Command::Transfer { call: id, to: "104".into() }), Err(why.into()));
    let begin = ConsultAct::Begin { to: "104".into() };
    assert_eq!(s.w.command("mara", Command::Consult { call: id, act: begin }), Err(why.into()));
    let act = AgentAct::WrapUp { agent: "2".into(), more_ms: None, disposition: None };
    assert_eq!(s.w.command("mara", Command::Agent(act)), Err(agent.into()));
    let own = s.w.command("mara", Command::Dial { from: "101".into(), to: "104".into() });
    assert_eq!(own, Err("extension 101 is of no queue of yours; you may act on queues: other".into()));
    assert!(
        s.w.command("mara", Command::Dial { from: "103".into(), to: "104".into() }).is_ok(),
        "the own phone"
    );
    assert_eq!(s.refusals(), 8, "each is on the audit list");
    s.restrict(&["other", "q"]);
    s.begin(Subject::Call(s.id), Mode::Listen).unwrap();
    assert!(s.w.command("boss", Command::Transfer { call: s.id, to: "104".into() }).is_ok(), "nobody else");
}

/// Its agent works in two queues; the call was of one of them, and stays so when it is over.
#[test]
fn an_ended_call_stays_of_the_queue_that_it_was_of() {
    let mut s = Scene::queued();
    let mut config = s.w.x.config().clone();
    let mut floor = switchroom_acd::Config::clone(&config.floor);
    floor.queues.insert("other".into(), QueueConfig::default());
    let works_in = &mut floor.agents.get_mut("2").unwrap().queues;
    works_in.insert("other".into(), Membership::default());
    config.floor = std::sync::Arc::new(floor);
    s.w.input(Input::Config(std::sync::Arc::new(config)));
    s.restrict(&["other"]);
    assert!(!s.w.x.may_act_on("mara", s.id));
    s.w.hang_up(s.a.0, s.a.1);
    s.w.ms(100);
    assert!(s.w.x.call(s.id).unwrap().is_ended());
    assert!(!s.w.x.may_act_on("mara", s.id), "it is of {:?}", s.w.x.queues_of(s.id));
    assert_eq!(s.w.x.queues_of(s.id), std::collections::BTreeSet::from(["q".to_owned()]));
}

/// What is on the own phone is the user's own, of whatever queue it is.
#[test]
fn a_restricted_supervisor_moves_what_is_on_the_own_phone() {
    let mut s = Scene::queued();
    s.restrict(&["q"]);
    s.supervised(Subject::Call(s.id), Mode::Barge);
    s.act("103", SupervisionAct::TakeOver).unwrap();
    s.restrict(&["other"]);
    let own = Command::Transfer { call: s.id, to: "104".into() };
    s.w.command("mara", own).unwrap();
    s.w.ms(50);
    s.answer(s.d);
    let gone = Command::HangUp(s.id);
    assert!(s.w.command("mara", gone).is_err(), "which is with 104 now");
}

#[test]
fn who_follows_an_agent_hears_calls_of_the_own_queues_only() {
    let mut s = Scene::queued();
    s.restrict(&["q"]);
    s.supervised(Subject::Agent("2".into()), Mode::Barge);
    assert_eq!(s.hears(), "101<102+103 102<101+103 103<101+102");
    s.restrict(&["other"]);
    assert_eq!(s.hears(), "101<102 102<101 103<silence", "from when the right is gone");
    let refused = s.act("103", SupervisionAct::TakeOver);
    assert_eq!(refused, Err("no call is heard at the moment, so there is none to take over".into()));
    s.restrict(&["q"]);
    assert_eq!(s.hears(), "101<102+103 102<101+103 103<101+102");
}

#[test]
fn the_code_on_the_phone_asks_for_the_same_right() {
    let mut s = Scene::queued();
    s.restrict(&["other"]);
    s.w.dial(s.c, "*60102", Some(sdp("192.0.2.13", "8 101", "")));
    s.w.ms(100);
    assert_eq!((s.w.x.supervisions.len(), s.refusals()), (0, 1));
    s.restrict(&["q"]);
    s.w.run(Duration::from_secs(1));
    s.w.dial(s.c, "*60102", Some(sdp("192.0.2.13", "8 101", "")));
    s.w.ms(100);
    assert_eq!(s.w.x.supervisions.len(), 1);
}

/// To the own phone a call may come of any queue: there she does what an agent does, and no more than that.
#[test]
fn who_is_restricted_does_on_the_own_phone_what_an_agent_may() {
    let mut s = Scene::queued();
    s.restrict(&["other"]);
    let mut config = s.w.x.config().clone();
    config.supervision.users.insert("mara".into(), "104".into());
    s.w.input(Input::Config(std::sync::Arc::new(config)));
    let a = s.w.dial(s.c, "701", Some(sdp("192.0.2.13", "8 101", "")));
    s.w.ms(100);
    let id = s.w.x.calls().find(|call| call.id != s.id).unwrap().id;
    let ring = Command::PickUp { call: id, phone: Some("104".into()) };
    s.w.command("boss", ring).unwrap();
    s.w.ms(100);
    s.w.command("mara", Command::HangUp(id)).unwrap();
    s.w.ms(100);
    assert!(!s.w.x.call(id).unwrap().is_ended(), "her phone rang beside others: she declines for herself");
    s.w.hang_up(s.c, a);
    s.w.ms(100);
    let why = s.w.command("mara", Command::HangUp(s.id)).unwrap_err();
    assert_eq!(why, "call 1 is of q; you may act on queues: other");
}

/// She is an agent of a queue, too, on which she may not act otherwise.
#[test]
fn who_is_restricted_writes_up_what_came_to_the_own_phone() {
    let mut s = Scene::queued();
    let mut config = s.w.x.config().clone();
    config.supervision.users.insert("mara".into(), "102".into());
    s.w.input(Input::Config(std::sync::Arc::new(config)));
    s.restrict(&["other"]);
    s.w.hang_up(s.a.0, s.a.1);
    s.w.ms(100);
    let id = s.id;
    let note = Command::Note { call: id, number: 1, parties: vec![], text: "calls again".into() };
    assert_eq!(s.w.command("mara", note), Ok("noted on call 1".into()));
    let more = AgentAct::WrapUp { agent: "2".into(), more_ms: Some(60_000), disposition: None };
    s.w.command("mara", Command::Agent(more)).unwrap();
    let presence = Presence::Break { reason: "lunch".into() };
    let choose = |agent: &str| {
        let presence = presence.clone();
        Command::Agent(AgentAct::Choose { agent: agent.into(), presence, extension: None })
    };
    s.w.command("mara", choose("2")).unwrap();
    assert!(s.w.command("mara", choose("3")).is_err(), "an agent elsewhere");
}

/// The call is known no more here: whoever asks has looked up of which queue it was.
#[test]
fn a_note_on_a_call_that_is_over_is_no_matter_of_who_is_in_it() {
    let mut s = Scene::queued();
    s.restrict(&["q"]);
    s.w.hang_up(s.a.0, s.a.1);
    s.w.run(Duration::from_secs(10));
    assert!(s.w.x.call(s.id).is_none());
    let note = Command::Note { call: s.id, number: 1, parties: vec![], text: "calls again".into() };
    assert_eq!(s.w.command("mara", note), Ok("noted on call 1".into()));
}

/// A phone is of two users: whoever dials the code there has the rights that both have.
#[test]
fn a_phone_of_several_users_has_what_all_of_them_may() {
    let mut s = Scene::queued();
    s.restrict(&["q", "mine"]);
    let mut config = s.w.x.config().clone();
    for (user, queues) in [("ben", Some("q")), ("zoe", Some("other")), ("free", None)] {
        config.supervision.users.insert(user.into(), "104".into());
        let queues = queues.map(|queue| (user.to_owned(), [queue.to_owned()].into()));
        config.supervision.queues.extend(queues);
    }
    s.w.input(Input::Config(std::sync::Arc::new(config)));
    assert!(s.w.x.may_act_on("ben", s.id) && s.w.x.may_act_on("103", s.id));
    assert!(!s.w.x.may_act_on("104", s.id), "{:?}", s.w.x.rights_of("104"));
    let mut config = s.w.x.config().clone();
    config.supervision.queues.remove("zoe");
    s.w.input(Input::Config(std::sync::Arc::new(config)));
    assert!(s.w.x.may_act_on("104", s.id), "who is free takes nothing from it");
}

/// What cannot be done as things stand is written down with whom and what it was about, each in its own count: however much of
/// it there is, what one may not do is written down.
#[test]
fn orders_that_cannot_be_carried_out_are_on_the_audit_list() {
    let mut s = Scene::queued();
    let id = s.id;
    let over = CallId::new(7, 7);
    let door = AgentAct::Door { queue: "none".into(), door: switchroom_acd::Door::Closed };
    let note = Command::Note { call: id, number: 1, parties: Vec::new(), text: String::new() };
    let own = Command::Agent(AgentAct::Told { agent: "77".into(), at_ms: None });
    for (command, text, call) in [
        (
            Command::HangUp(over),
            Some(format!("hang_up of call {over}: there is no such call any more")),
            None,
        ),
        (
            Command::PickUp { call: id, phone: Some("999".into()) },
            Some("pick_up of call 1: there is no extension 999".to_owned()),
            Some(id),
        ),
        (Command::Agent(door), Some("queue_door of queue none: there is no such queue".to_owned()), None),
        (
            Command::Supervise { phone: Some("103".into()), act: SupervisionAct::TakeOver },
            Some("supervise_act take_over: ".to_owned()),
            None,
        ),
        (note, None, None),
        (own, None, None),
    ] {
        let before = s.w.audited("refused").len();
        let why = s.w.command("mara", command.clone()).unwrap_err();
        let told = s.w.audited("refused").split_off(before);
        match (&told[..], text) {
            ([(of, told)], Some(text)) => {
                assert_eq!(*of, call, "{told}");
                assert!(
                    told.starts_with(&format!("mara was refused: {text}")) && told.ends_with(&why),
                    "{told}"
                );
            }
            (told, text) => assert!(told.is_empty() && text.is_none(), "{command:?}: {told:?}"),
        }
    }
    for _ in 0..200 {
        s.w.command("mara", Command::HangUp(over)).unwrap_err();
    }
    let told = s.w.audited("refused");
    assert_eq!(told.len(), limits::REFUSALS_PER_MINUTE + 1);
    assert!(told.last().unwrap().1.contains("more than"), "{told:?}");
    s.restrict(&["other"]);
    s.w.command("mara", Command::HangUp(id)).unwrap_err();
    assert!(s.w.audited("refused").last().unwrap().1.ends_with("you may act on queues: other"));
}
