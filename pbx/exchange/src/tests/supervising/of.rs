//! Which queues a call is of when nobody is left in it who could tell.

use super::Scene;
use crate::tests::queues::{Floor, queue, site};
use crate::tests::world::sdp;
use crate::*;
use std::collections::BTreeSet;
use switchroom_acd::config::{Membership, QueueConfig};
use switchroom_acd::{Config as FloorConfig, Presence};
use switchroom_sip::status::Status;

impl Scene {
    fn of(&self, id: CallId) -> BTreeSet<String> {
        self.w.x.queues_of(id)
    }

    fn sits(&mut self, agent: &str, seat: &str) {
        let presence = Presence::Break { reason: "paper".into() };
        let choose = AgentAct::Choose { agent: agent.into(), presence, extension: Some(seat.into()) };
        self.w.command("boss", Command::Agent(choose)).unwrap();
    }

    /// Agent 3 works in this queue only.
    fn works_in(&mut self, queue: &str) {
        let mut config = self.w.x.config().clone();
        let mut floor = FloorConfig::clone(&config.floor);
        floor.queues.insert(queue.into(), QueueConfig::default());
        floor.agents.get_mut("3").unwrap().queues = [(queue.to_owned(), Membership::default())].into();
        config.floor = std::sync::Arc::new(floor);
        self.w.input(Input::Config(std::sync::Arc::new(config)));
    }

    fn newest(&self) -> CallId {
        self.w.x.calls().max_by_key(|call| call.number).unwrap().id
    }
}

fn of(queues: &[&str]) -> BTreeSet<String> {
    queues.iter().map(|queue| (*queue).to_owned()).collect()
}

/// No caller in a queue: 102 is agent 2's phone, of queue `q`, and 103 is agent 3's, of `other`.
fn seats() -> Scene {
    let mut s = Scene::new();
    s.works_in("other");
    s.sits("2", "102");
    s.sits("3", "103");
    s
}

#[test]
fn a_talk_stays_of_the_queue_of_who_hangs_up() {
    let mut s = seats();
    assert_eq!(s.of(s.id), of(&["q"]));
    s.w.hang_up(s.b.0, s.b.1);
    s.w.ms(100);
    assert!(s.w.x.call(s.id).unwrap().is_ended());
    assert_eq!(s.of(s.id), of(&["q"]));
}

#[test]
fn a_call_that_nobody_answers_stays_of_the_queues_whose_phones_rang() {
    let mut s = seats();
    let rings = |s: &mut Scene, to: &str| {
        s.w.dial(s.d, to, Some(sdp("192.0.2.14", "8 101", "")));
        s.w.ms(100);
        s.newest()
    };
    let declined = rings(&mut s, "103");
    assert_eq!(s.of(declined), of(&["other"]));
    s.w.reject(s.c, Status::BUSY);
    s.w.ms(100);
    assert!(s.w.x.call(declined).unwrap().is_ended());
    assert_eq!(s.of(declined), of(&["other"]));
    let unanswered = rings(&mut s, "103");
    while !s.w.x.call(unanswered).unwrap().is_ended() {
        s.w.ms(500);
    }
    assert_eq!(s.of(unanswered), of(&["other"]));
}

#[test]
fn a_caller_who_leaves_the_queue_by_a_key_stays_of_it() {
    let mut s = Scene::new();
    s.sits("2", "102");
    s.w.dial(s.d, "700", Some(sdp("192.0.2.14", "8 101", "")));
    s.w.ms(100);
    let id = s.newest();
    let leg = s.w.x.call(id).unwrap().caller;
    assert_eq!(s.of(id), of(&["q"]));
    s.w.input(Input::Media(MediaEvent::Digit { leg, digit: '9' }));
    s.w.ms(50);
    assert!(!s.w.x.call(id).unwrap().is_ended() && s.w.x.floor().waiter(id.0).is_none());
    assert_eq!(s.of(id), of(&["q"]), "the flow says good-bye");
    s.w.command("boss", Command::HangUp(id)).unwrap();
    assert_eq!(s.of(id), of(&["q"]));
}

/// Who was consulted is asked for by a talk: its call is of what that is of, also when it is over.
#[test]
fn the_call_of_who_was_consulted_stays_of_the_talk() {
    for ends in [ConsultAct::Cancel, ConsultAct::Complete] {
        let mut s = Scene::queued();
        s.works_in("other");
        s.sits("3", "104");
        s.begin_consult("104").unwrap();
        s.answer(s.d);
        let own = s.newest();
        assert_eq!(s.of(own), of(&["q"]));
        s.consult(ends.clone()).unwrap();
        assert!(s.w.x.call(own).unwrap().is_ended());
        assert_eq!(s.of(own), of(&["q"]), "{ends:?}");
    }
    let mut s = Scene::queued();
    s.begin_consult("104").unwrap();
    let own = s.newest();
    s.w.hang_up(s.b.0, s.b.1);
    s.w.ms(100);
    assert!(s.w.x.call(own).unwrap().is_ended());
    assert_eq!(s.of(own), of(&["q"]), "who consulted is rung back");
}

/// Two queues ring for a call, and one of them has it: it is of that one alone, then and afterwards.
#[test]
fn a_call_is_no_more_of_a_queue_whose_phone_rang_beside_who_answered() {
    let mut s = seats();
    s.w.hang_up(s.b.0, s.b.1);
    s.w.ms(100);
    s.w.dial(s.d, "102", Some(sdp("192.0.2.14", "8 101", "")));
    s.w.ms(100);
    let id = s.newest();
    s.w.command("boss", Command::PickUp { call: id, phone: Some("103".into()) }).unwrap();
    s.w.ms(100);
    assert_eq!(s.of(id), of(&["other", "q"]));
    let c = s.answer(s.c);
    assert_eq!(s.of(id), of(&["other"]));
    s.w.hang_up(c.0, c.1);
    s.w.ms(100);
    assert!(s.w.x.call(id).unwrap().is_ended());
    assert_eq!(s.of(id), of(&["other"]));
    let cdrs = s.w.cdrs();
    let cdr = cdrs.iter().find(|cdr| cdr.call == id).unwrap();
    assert_eq!(cdr.was_of, Some(of(&["other"])), "the record of the call says so too");
}

/// The phone of an agent of two queues rings when the caller leaves one of them, by a key or taken out: the call was never of
/// the other.
#[test]
fn who_leaves_a_queue_is_of_that_queue_alone() {
    for by_key in [true, false] {
        let mut config = site(queue());
        let mut floor = FloorConfig::clone(&config.floor);
        floor.queues.insert("other".into(), QueueConfig::default());
        floor.agents.get_mut("2").unwrap().queues.insert("other".into(), Membership::default());
        config.floor = std::sync::Arc::new(floor);
        let mut t = Floor::with(config);
        t.sign_in("2", "102");
        t.call("700");
        t.pick(t.b);
        let id = t.w.x.calls().next().unwrap().id;
        if by_key {
            t.caller_digit('9');
        } else {
            t.act(AgentAct::TakeOut { call: id }).unwrap();
        }
        t.w.ms(100);
        assert!(!t.rings(t.b), "by a key: {by_key}");
        assert_eq!(t.w.x.queues_of(id), of(&["q"]), "by a key: {by_key}");
    }
}
