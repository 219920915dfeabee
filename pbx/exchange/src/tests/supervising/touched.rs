//! Whom a change concerns: seats that change, and other calls that do.

use super::super::world::sdp;
use super::Scene;
use crate::*;
use switchroom_acd::Presence;

impl Scene {
    fn sit(&mut self, presence: Presence, extension: &str) {
        let extension = Some(extension.to_owned());
        let act = AgentAct::Choose { agent: "2".into(), presence, extension };
        self.w.command("boss", Command::Agent(act)).unwrap();
        self.w.ms(10);
    }
}

#[test]
fn a_seat_that_an_agent_leaves_is_heard_no_more() {
    let mut s = Scene::new();
    s.sit(Presence::Ready, "102");
    s.supervised(Subject::Agent("2".into()), Mode::Listen);
    assert_eq!(s.hears(), "101<as before 102<as before 103<101+102");
    s.sit(Presence::LoggedOut, "102");
    assert_eq!(s.hears(), "101<as before 102<as before 103<silence");
    s.sit(Presence::Ready, "101");
    assert_eq!(s.hears(), "101<as before 102<as before 103<101+102", "it is followed to the next");
}

#[test]
fn an_agent_who_is_removed_is_heard_no_more() {
    let mut s = Scene::new();
    s.sit(Presence::Ready, "102");
    s.supervised(Subject::Agent("2".into()), Mode::Whisper);
    assert_eq!(s.hears(), "101<as before 102<101+103 103<101+102");
    let config = Config { floor: Default::default(), ..(*s.w.x.config).clone() };
    s.w.input(Input::Config(std::sync::Arc::new(config)));
    assert_eq!(s.hears(), "101<as before 102<101 103<silence");
}

/// Who of two an agent is decides for whom a whisper is.
#[test]
fn a_whisper_goes_with_the_seat() {
    let mut s = Scene::new();
    s.sit(Presence::Ready, "101");
    s.supervised(Subject::Call(s.id), Mode::Whisper);
    assert_eq!(s.hears(), "101<102+103 102<as before 103<101+102");
    s.sit(Presence::LoggedOut, "101");
    assert_eq!(s.hears(), "101<102 102<101+103 103<101+102");
}

/// A recording that is begun by hand while somebody barges in.
#[test]
fn who_barges_in_is_on_what_is_recorded_from_now() {
    let (mut w, c, d) = Scene::world();
    let config = Config { record: RecordRule::Never, ..(*w.x.config).clone() };
    w.input(Input::Config(std::sync::Arc::new(config)));
    let (a, call, b, ring) = w.talking();
    let id = w.x.calls().next().unwrap().id;
    let mut s = Scene { w, a: (a, call), b: (b, ring), c, d, id };
    s.supervised(Subject::Call(id), Mode::Barge);
    let also = |s: &Scene| s.w.media.iter().any(|m| matches!(m, MediaCommand::RecordAlso { .. }));
    assert!(!also(&s), "nothing is recorded");
    let act = Command::Record { call: id, act: RecordingAct::Start, own_only: false };
    s.w.command("mara", act).unwrap();
    assert!(also(&s));
}

/// Five hundred supervisors must not look at every call whenever one changes.
#[test]
fn supervisors_of_other_calls_are_left_alone() {
    let mut s = Scene::new();
    s.supervised(Subject::Call(s.id), Mode::Barge);
    let echo = s.w.dial(s.d, "*43", Some(sdp("192.0.2.14", "8 101", "")));
    s.w.ms(100);
    let before = s.w.x.supervisions.looked_after;
    s.hold((s.d, echo), "sendonly");
    s.w.hang_up(s.d, echo);
    assert_eq!(s.w.x.supervisions.looked_after, before);
    s.hold(s.b, "sendonly");
    let looked = s.w.x.supervisions.looked_after - before;
    assert!((1..=3).contains(&looked), "{looked}");
}
