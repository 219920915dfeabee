//! Supervisors at live calls: who hears whom, in every mode, whoever comes and goes.

mod consulting;
mod edges;
mod keys;
mod of;
mod rights;
mod touched;

use super::queues::site;
use super::world::{World, extension, header, sdp};
use crate::*;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_acd::config::QueueConfig;
use switchroom_acd::{Activity, Presence};
use switchroom_sip::endpoint::{Ended, SessionEvent, SessionId};
use switchroom_sip::header::Name;
use switchroom_sip::uri::Uri;

/// 101 talks with 102, where agent 2 may sit; 103 is the supervisor's phone, 104 another's.
pub(crate) struct Scene {
    pub(crate) w: World,
    a: (SocketAddr, SessionId),
    b: (SocketAddr, SessionId),
    c: SocketAddr,
    d: SocketAddr,
    pub(crate) id: CallId,
}

const CALLER: &str = "192.0.2.11:5060";

impl Scene {
    fn world() -> (World, SocketAddr, SocketAddr) {
        let mut config = site(QueueConfig { wrap_up: 5_000, ..QueueConfig::default() });
        (config.rtp_pairs, config.calls_max) = (24, 10);
        config.extensions.insert("104".into(), extension("104", "Dee"));
        config.supervision.phones.insert("104".into());
        let mut w = World::with(config, Restored::default());
        let c = w.registered("103", "192.0.2.13:5060");
        let d = w.registered("104", "192.0.2.14:5060");
        (w, c, d)
    }

    pub(crate) fn new() -> Self {
        let (mut w, c, d) = Self::world();
        let (a, call, b, ring) = w.talking();
        let id = w.x.calls().next().unwrap().id;
        w.media.clear();
        Self { w, a: (a, call), b: (b, ring), c, d, id }
    }

    /// The caller waited in the queue, and agent 2 took the call.
    fn queued() -> Self {
        let (mut w, c, d) = Self::world();
        let a = w.registered("101", CALLER);
        let b = w.registered("102", "192.0.2.12:5060");
        let act =
            AgentAct::Choose { agent: "2".into(), presence: Presence::Ready, extension: Some("102".into()) };
        w.command("boss", Command::Agent(act)).unwrap();
        let call = w.dial(a, "701", Some(sdp("192.0.2.11", "8 101", "")));
        w.ms(100);
        let id = w.x.calls().next().unwrap().id;
        let mut scene = Self { id, w, a: (a, call), b: (b, call), c, d };
        scene.b = scene.answer(b);
        scene.w.media.clear();
        scene
    }

    fn act(&mut self, phone: &str, act: SupervisionAct) -> Result<String, String> {
        let command = Command::Supervise { phone: (!phone.is_empty()).then(|| phone.to_owned()), act };
        let reply = self.w.command("mara", command);
        self.w.ms(50);
        reply
    }

    /// At the user's own phone.
    fn begin(&mut self, subject: Subject, mode: Mode) -> Result<String, String> {
        self.act("", SupervisionAct::Begin { subject, mode })
    }

    /// 103 supervises; the first of its phones answers.
    pub(crate) fn supervised(&mut self, subject: Subject, mode: Mode) -> (SocketAddr, SessionId) {
        self.begin(subject, mode).unwrap();
        self.answer(self.c)
    }

    fn answer(&mut self, at: SocketAddr) -> (SocketAddr, SessionId) {
        (at, self.w.answer(at))
    }

    fn hold(&mut self, (at, session): (SocketAddr, SessionId), word: &str) {
        let text = format!("a={word}\r\n");
        self.w.offer(at, session, sdp(&at.ip().to_string(), "8 101", &text));
        self.w.ms(50);
    }

    fn invites(&self, at: SocketAddr) -> usize {
        let first = |raw: &&String| raw.starts_with("INVITE") && !header(raw, Name::To).contains("tag=");
        self.w.phones[&at].raw.iter().filter(first).count()
    }

    /// Whom each live leg hears, by numbers: `101<102+103`.
    fn hears(&self) -> String {
        let legs: Vec<&Leg> = self.w.x.calls().flat_map(|call| call.legs.values()).collect();
        let name = |id: LegId| {
            let leg = legs.iter().find(|leg| leg.id == id).map(|leg| leg.party.number.clone());
            leg.unwrap_or_else(|| format!("?{}", id.0))
        };
        let mut all: Vec<String> = legs
            .iter()
            .filter(|leg| leg.state == LegState::Up)
            .map(|leg| {
                let last = self.w.media.iter().rev().find_map(|command| match command {
                    MediaCommand::Hear { leg: of, source, .. } if *of == leg.id => Some(match source {
                        Source::Leg(other) => name(*other),
                        Source::Mix(parts) => {
                            let names: Vec<String> = parts.iter().map(|part| name(part.leg)).collect();
                            names.join("+")
                        }
                        Source::Tone { .. } => "tone".to_owned(),
                        other => format!("{other:?}").to_lowercase(),
                    }),
                    _ => None,
                });
                format!("{}<{}", leg.party.number, last.unwrap_or_else(|| "as before".into()))
            })
            .collect();
        all.sort();
        all.join(" ")
    }

    /// What was asked of recordings beside what every call asks, and what they say of supervisors.
    fn recorded(&mut self) -> Vec<String> {
        let commands = std::mem::take(&mut self.w.media);
        let of = |command: &MediaCommand| match command {
            MediaCommand::RecordAlso { channel, .. } => Some(format!("also {channel:?}")),
            MediaCommand::RecordNoMore { .. } => Some("no more".to_owned()),
            MediaCommand::RecordLeg { channel, .. } => Some(format!("leg {channel:?}")),
            MediaCommand::Mark { kind, text, .. } if kind.starts_with("barge") || kind == "take_over" => {
                Some(format!("{kind} {text}"))
            }
            _ => None,
        };
        commands.iter().filter_map(of).collect()
    }

    /// The parties whom the board names as hearing the first supervisor.
    fn heard_by(&self) -> Vec<String> {
        let one = self.w.x.supervisions.iter().next().unwrap().1;
        let target = one.target.and_then(|id| self.w.x.call(id));
        let named = |leg: &LegId| Some(target?.leg(*leg)?.party.number.clone());
        one.heard_by().iter().filter_map(named).collect()
    }

    fn press(&mut self, key: char) {
        let leg = self.w.x.supervisions.iter().next().and_then(|(id, _)| self.w.x.call(*id)).unwrap().caller;
        self.w.input(Input::Media(MediaEvent::Digit { leg, digit: key }));
        self.w.ms(20);
    }
}

#[test]
fn listen_whisper_and_barge_without_dialling_again() {
    let mut s = Scene::new();
    let other = s.w.registered("103", "192.0.2.15:5060");
    let done = s.begin(Subject::Call(s.id), Mode::Listen);
    assert_eq!(done, Ok("rings 103, to listen call 1".into()));
    assert_eq!(s.hears(), "101<as before 102<as before", "nobody hears anything before the phone is there");
    let (c, session) = s.answer(s.c);
    assert_eq!(s.hears(), "101<as before 102<as before 103<101+102");
    assert_eq!(s.heard_by(), Vec::<String>::new());
    s.w.media.clear();
    assert_eq!(s.act("103", SupervisionAct::Change(Mode::Whisper)), Ok("103: whisper".into()));
    assert_eq!(s.hears(), "101<as before 102<101+103 103<as before", "nobody else is touched");
    assert_eq!(s.heard_by(), ["102"]);
    assert_eq!(s.recorded(), [""; 0], "what a whisper says is in no recording");
    s.begin(Subject::Call(s.id), Mode::Barge).unwrap();
    assert_eq!(s.hears(), "101<102+103 102<as before 103<as before");
    assert_eq!(s.recorded(), ["also Right", "barge mara"]);
    assert_eq!(s.heard_by(), ["101", "102"]);
    s.act("103", SupervisionAct::Change(Mode::Listen)).unwrap();
    assert_eq!(s.hears(), "101<102 102<101 103<as before");
    assert_eq!(s.recorded(), ["no more", "barge_over mara"]);
    assert_eq!((s.invites(c), s.invites(other), s.invites(s.d)), (1, 1, 0), "the phones of 103 rang once");
    let acts: Vec<String> = s.w.events();
    for act in ["listen", "whisper", "barge"] {
        assert!(acts.iter().any(|name| name == act), "{act} is on the audit list");
    }
    s.act("103", SupervisionAct::Change(Mode::Barge)).unwrap();
    s.recorded();
    s.w.hang_up(c, session);
    assert_eq!(s.recorded(), ["barge_over mara"], "who hangs up leaves a mark, too");
    s.w.hang_up(s.a.0, s.a.1);
    s.w.settle();
    assert_eq!(s.w.cdrs().len(), 2, "the supervisor's call has a CDR of its own");
}

#[test]
fn keys_on_the_phone_change_the_mode() {
    let mut s = Scene::new();
    s.supervised(Subject::Extension("102".into()), Mode::Listen);
    for (key, hears) in [
        ('2', "101<as before 102<101+103 103<101+102"),
        ('3', "101<102+103 102<101+103 103<101+102"),
        ('7', "101<102+103 102<101+103 103<101+102"),
        ('1', "101<102 102<101 103<101+102"),
    ] {
        s.press(key);
        assert_eq!(s.hears(), hears, "{key}");
    }
    assert!(!s.w.events().iter().any(|name| name == "digit"), "they are no digits of a talk");
}

#[test]
fn whoever_may_dials_the_code() {
    let mut s = Scene::new();
    let call = s.w.dial(s.c, "*60102", Some(sdp("192.0.2.13", "8 101", "")));
    s.w.ms(100);
    assert_eq!(s.hears(), "101<as before 102<as before 103<101+102");
    s.w.hang_up(s.c, call);
    // Others may not: for them the number leads nowhere.
    let mut s = Scene::new();
    let call = s.w.dial(s.a.0, "*60102", Some(sdp("192.0.2.11", "8 101", "")));
    s.w.ms(100);
    let told = s.w.told(s.a.0);
    let refused = told.iter().any(|e| matches!(e, SessionEvent::Rejected(r) if r.status.code() == 404));
    assert!(refused, "{call:?} {told:?}");
}

#[test]
fn what_cannot_be_supervised_is_refused_in_words() {
    let mut s = Scene::new();
    let (x, unknown) = (s.id, CallId::new(1, 1));
    for (phone, subject, want) in [
        ("999", Subject::Call(x), "there is no extension 999"),
        ("101", Subject::Call(x), "101 is a party of call 1"),
        ("103", Subject::Call(unknown), "there is no such call any more"),
        ("103", Subject::Agent("77".into()), "there is no agent 77"),
        ("103", Subject::Extension("77".into()), "there is no extension 77"),
        ("103", Subject::Extension("103".into()), "103 cannot listen to itself"),
    ] {
        let act = SupervisionAct::Begin { subject, mode: Mode::Listen };
        assert_eq!(s.act(phone, act), Err(want.into()));
    }
    let nobody = "nobody supervises at 103; begin with listen, whisper or barge";
    for act in [SupervisionAct::Change(Mode::Barge), SupervisionAct::TakeOver, SupervisionAct::End] {
        assert_eq!(s.act("103", act), Err(nobody.into()));
    }
    // A supervisor's own call is not supervised.
    s.supervised(Subject::Call(x), Mode::Listen);
    let own = *s.w.x.supervisions.iter().next().unwrap().0;
    let act = SupervisionAct::Begin { subject: Subject::Call(own), mode: Mode::Listen };
    assert_eq!(s.act("101", act), Err("call 2 is a supervisor's own".into()));
}

#[test]
fn the_end_of_the_call_is_told_by_a_tone_and_the_line_is_never_dead() {
    let mut s = Scene::new();
    s.supervised(Subject::Call(s.id), Mode::Barge);
    s.w.hang_up(s.b.0, s.b.1);
    assert_eq!(s.hears(), "103<tone");
    s.w.run(Duration::from_secs(1));
    assert!(s.w.told(s.c).iter().any(|e| matches!(e, SessionEvent::Ended(Ended::Bye(_)))));
    s.w.settle();
    assert_eq!(s.w.cdrs().len(), 2);
}

#[test]
fn an_agent_is_followed_from_call_to_call() {
    let mut s = Scene::new();
    let (c, session) = s.supervised(Subject::Extension("102".into()), Mode::Whisper);
    assert_eq!(s.hears(), "101<as before 102<101+103 103<101+102");
    s.w.hang_up(s.a.0, s.a.1);
    assert_eq!(s.hears(), "103<silence", "and waits");
    s.w.run(Duration::from_secs(30));
    s.w.media.clear();
    let call = s.w.dial(s.a.0, "102", Some(sdp("192.0.2.11", "8 101", "")));
    s.w.ms(100);
    s.b = s.answer(s.b.0);
    assert_eq!(s.hears(), "101<102 102<101+103 103<101+102");
    let moved = s.w.media.iter().any(|c| matches!(c, MediaCommand::Move { .. }));
    assert!(moved, "the supervisor's media is with that of the new call");
    assert_eq!(s.invites(c), 1, "nothing was dialled again");
    s.w.hang_up(c, session);
    assert_eq!(s.hears(), "101<102 102<101");
    s.w.hang_up(s.a.0, call);
    s.w.settle();
}

#[test]
fn a_call_is_taken_over_and_the_agent_released_to_wrap_up() {
    let mut s = Scene::queued();
    let (c, session) = s.supervised(Subject::Agent("2".into()), Mode::Barge);
    assert_eq!(s.recorded(), ["also Right", "barge mara"]);
    let done = s.act("103", SupervisionAct::TakeOver);
    assert_eq!(done, Ok("mara takes call 1 over from 102".into()));
    assert_eq!(s.hears(), "101<103 103<101");
    assert_eq!(s.recorded(), ["no more", "barge_over mara", "take_over mara from 102", "leg Right"]);
    assert!(s.w.told(s.b.0).iter().any(|e| matches!(e, SessionEvent::Ended(Ended::Bye(_)))));
    assert_eq!(s.w.x.floor().agent("2").unwrap().activity(), Activity::WrapUp);
    s.w.run(Duration::from_secs(20));
    let told = s.w.told(c);
    let is_over = told.iter().any(|e| matches!(e, SessionEvent::Ended(_)));
    assert!(!is_over, "the phone stays where it is: {told:?}");
    s.hold((c, session), "sendonly");
    assert_eq!(s.hears(), "101<silence 103<nothing");
    s.hold((c, session), "sendrecv");
    assert_eq!(s.hears(), "101<103 103<101");
    s.w.hang_up(c, session);
    s.w.settle();
    let cdrs = s.w.cdrs();
    let talk = cdrs.iter().find(|cdr| cdr.number == 1).unwrap();
    assert_eq!(talk.with.as_ref().unwrap().number, "103");
    let legs: Vec<_> = talk.legs.iter().map(|l| (l.party.number.as_str(), l.outcome.as_str())).collect();
    assert_eq!(legs, [("101", "answered"), ("102", "transferred"), ("103", "answered")]);
    assert_eq!(cdrs.len(), 2);
}

#[test]
fn nobody_is_released_by_a_supervisor_who_holds_or_hears_nothing() {
    let mut s = Scene::new();
    let c = s.supervised(Subject::Extension("102".into()), Mode::Barge);
    s.hold(c, "sendonly");
    assert_eq!(s.hears(), "101<102 102<101 103<nothing", "who holds is not heard");
    assert_eq!(s.heard_by(), Vec::<String>::new());
    let done = s.act("103", SupervisionAct::TakeOver);
    assert_eq!(done, Err("the supervisor's phone holds; resume first".into()));
    s.hold(c, "sendrecv");
    assert_eq!(s.hears(), "101<102+103 102<101+103 103<101+102");
    assert_eq!(s.heard_by(), ["101", "102"]);
    s.w.hang_up(s.a.0, s.a.1);
    let done = s.act("103", SupervisionAct::TakeOver);
    assert_eq!(done, Err("no call is heard at the moment, so there is none to take over".into()));
}

#[test]
fn a_party_that_holds_is_not_heard_by_the_supervisor_either() {
    let mut s = Scene::new();
    s.supervised(Subject::Call(s.id), Mode::Whisper);
    s.hold(s.b, "sendonly");
    assert_eq!(s.hears(), "101<silence 102<nothing 103<101");
    s.hold(s.b, "sendrecv");
    assert_eq!(s.hears(), "101<102 102<101+103 103<101+102");
}

#[test]
fn the_supervisor_stays_through_a_transfer() {
    let mut s = Scene::new();
    s.supervised(Subject::Call(s.id), Mode::Barge);
    let now = s.w.now.mono;
    s.w.end(s.b.0).refer(now, s.b.1, &Uri::sip("104", "pbx.example", None), None);
    s.w.ms(50);
    assert_eq!(s.hears(), "101<102+103 102<silence 103<silence");
    let d = s.answer(s.d);
    assert_eq!(s.hears(), "101<104+103 103<101+104 104<101+103", "and barges into the new talk");
    // On to another phone of the supervisor's own extension.
    let other = s.w.registered("103", "192.0.2.15:5060");
    let now = s.w.now.mono;
    s.w.end(d.0).refer(now, d.1, &Uri::sip("103", "pbx.example", None), None);
    s.w.ms(50);
    s.answer(other);
    assert_eq!(s.hears(), "101<103+103 103<101+103 103<101+103");
}

#[test]
fn several_supervisors_hear_each_other_only_when_they_barge() {
    let mut s = Scene::new();
    // 103 comes by command, and 104 dials in.
    s.supervised(Subject::Extension("102".into()), Mode::Barge);
    s.w.dial(s.d, "*60102", Some(sdp("192.0.2.14", "8 101", "")));
    s.w.ms(100);
    assert_eq!(s.hears(), "101<102+103 102<101+103 103<101+102 104<101+102+103");
    s.w.hang_up(s.a.0, s.a.1);
    assert_eq!(s.hears(), "103<silence 104<silence");
}

#[test]
fn a_supervisor_who_is_not_answered_leaves_nothing() {
    let mut s = Scene::new();
    s.begin(Subject::Call(s.id), Mode::Listen).unwrap();
    s.w.run(Duration::from_secs(40));
    assert_eq!(s.w.x.supervisions.len(), 0);
    assert_eq!(s.hears(), "101<as before 102<as before");
    // Or whose call ends while the phone still rings.
    s.begin(Subject::Call(s.id), Mode::Listen).unwrap();
    s.w.hang_up(s.a.0, s.a.1);
    s.answer(s.c);
    s.w.settle();
}

/// Whoever is handed off to a flow is heard by no supervisor, either; when it is back, it is as before.
#[test]
fn nobody_supervises_who_gives_a_pin() {
    for (mode, after) in [
        (Mode::Listen, "101<102 102<101 103<101+102"),
        (Mode::Whisper, "101<102 102<101+103 103<101+102"),
        (Mode::Barge, "101<102+103 102<101+103 103<101+102"),
    ] {
        let mut s = Scene::new();
        s.supervised(Subject::Call(s.id), mode);
        s.w.command("mara", Command::HandOff { call: s.id, flow: "507".into() }).unwrap();
        s.w.ms(50);
        assert!(s.hears().contains("103<silence") && s.hears().contains("102<silence"), "{}", s.hears());
        assert!(s.act("", SupervisionAct::TakeOver).is_err(), "there is nobody to be taken over");
        let leg = s.w.x.call(s.id).unwrap().caller;
        for digit in "1234".chars() {
            s.w.input(Input::Media(MediaEvent::Digit { leg, digit }));
        }
        s.w.ms(50);
        assert_eq!(s.hears(), after, "{mode:?}");
        s.w.hang_up(s.a.0, s.a.1);
        s.w.settle();
    }
}
