//! Whom a change concerns: seats that change, and other calls that do.

use super::super::world::sdp;
use super::Scene;
use crate::*;
use switchroom_acd::Presence;
use switchroom_sip::uri::Uri;

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
    let act = Command::Record { call: id, act: RecordingAct::Start };
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

/// Who was played a tone since the last look; the media engine says that it was heard.
pub(super) fn tones(s: &mut Scene) -> Vec<String> {
    let tone = |command: &MediaCommand| match command {
        MediaCommand::Play { leg, number: SIGNAL, is_loop: false, .. } => Some(*leg),
        _ => None,
    };
    let played: Vec<LegId> = s.w.media.iter().filter_map(tone).collect();
    s.w.media.clear();
    for leg in &played {
        s.w.input(Input::Media(MediaEvent::Played { leg: *leg, number: SIGNAL }));
    }
    s.w.ms(20);
    played.iter().map(|leg| s.w.x.leg_anywhere(*leg).unwrap().party.number.clone()).collect()
}

#[test]
fn the_agent_hears_a_tone_where_the_configuration_wants_that() {
    let mut s = Scene::new();
    s.supervised(Subject::Call(s.id), Mode::Barge);
    assert_eq!(tones(&mut s), Vec::<String>::new(), "unless wanted there is none");
    s.act("", SupervisionAct::End).unwrap();
    s.w.run(std::time::Duration::from_secs(2));
    let mut config = s.w.x.config().clone();
    config.supervision.notify = [Mode::Listen, Mode::Barge].into();
    s.w.input(Input::Config(std::sync::Arc::new(config)));
    s.supervised(Subject::Call(s.id), Mode::Listen);
    assert_eq!(tones(&mut s), ["102"], "the agent's side, and nobody else");
    assert_eq!(s.hears(), "101<as before 102<101 103<as before", "and then hears what it heard");
    s.act("103", SupervisionAct::Change(Mode::Whisper)).unwrap();
    assert_eq!(tones(&mut s), Vec::<String>::new());
    s.act("103", SupervisionAct::Change(Mode::Barge)).unwrap();
    assert_eq!(tones(&mut s), ["102"]);
    assert_eq!(s.hears(), "101<as before 102<101+103 103<as before");
}

/// A key says by a tone that it was taken, to who pressed it.
#[test]
fn who_pauses_the_recording_by_key_hears_a_tone() {
    let mut s = Scene::new();
    let call = s.w.x.call(s.id).unwrap();
    let leg = call.legs.values().find(|leg| leg.party.number == "102").unwrap().id;
    for paused in [true, false] {
        for digit in "*1".chars() {
            s.w.input(Input::Media(MediaEvent::Digit { leg, digit }));
            s.w.ms(500);
        }
        assert_eq!(s.w.x.call(s.id).unwrap().is_recording_paused(), paused);
        assert_eq!(tones(&mut s), ["102"]);
        assert_eq!(s.hears(), "101<as before 102<101");
        s.w.run(std::time::Duration::from_secs(5));
        s.w.media.clear();
    }
}

/// Who barges in stays on the recording while the phone of a party that joins has not agreed yet (attended transfer).
#[test]
fn who_barges_in_stays_on_the_recording_through_an_attended_transfer() {
    let mut s = Scene::new();
    s.supervised(Subject::Call(s.id), Mode::Barge);
    let second = s.w.dial(s.b.0, "104", Some(sdp("192.0.2.12", "8 101", "")));
    s.w.ms(50);
    let d = s.answer(s.d);
    s.w.ms(50);
    s.w.media.clear();
    let now = s.w.now.mono;
    let replaces = s.w.end(s.b.0).replaces_of(second).unwrap();
    s.w.end(s.b.0).refer(now, s.b.1, &Uri::sip("104", "pbx.example", None), Some(&replaces));
    s.w.ms(100);
    assert!(!s.recorded().iter().any(|told| told == "no more"), "the new phone has agreed to nothing yet");
    let now = s.w.now.mono;
    s.w.end(d.0).answer_offer(now, d.1, Ok(sdp("192.0.2.14", "8 101", "")));
    s.w.ms(100);
    assert!(!s.recorded().iter().any(|told| told == "no more"));
    assert_eq!(s.hears().split(' ').next().unwrap().split('<').next(), Some("101"));
}
