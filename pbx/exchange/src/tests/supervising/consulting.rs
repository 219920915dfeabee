//! Consultation: who hears whom, and what becomes of it whoever comes and goes.

use super::Scene;
use crate::tests::world::sdp;
use crate::*;
use switchroom_acd::{Activity, Presence};
use switchroom_sip::endpoint::{Ended, SessionEvent};
use switchroom_sip::header::Headers;
use switchroom_sip::status::Status;

impl Scene {
    pub(super) fn consult(&mut self, act: ConsultAct) -> Result<String, String> {
        let command = Command::Consult { call: self.id, act };
        let reply = self.w.command("boss", command);
        self.w.ms(50);
        reply
    }

    pub(super) fn begin_consult(&mut self, to: &str) -> Result<String, String> {
        self.consult(ConsultAct::Begin { to: to.into() })
    }

    /// 102 consults 104, who has answered.
    pub(crate) fn consulted() -> (Self, (std::net::SocketAddr, SessionId)) {
        let mut s = Self::new();
        s.begin_consult("104").unwrap();
        let d = s.answer(s.d);
        (s, d)
    }

    /// What plays over and over to whom, since the last look.
    fn plays(&self) -> Vec<String> {
        let number = |leg: LegId| self.w.x.leg_anywhere(leg).map(|leg| leg.party.number.clone());
        let looped = |command: &MediaCommand| match command {
            MediaCommand::Play { leg, is_loop: true, clips, .. } => {
                Some(format!("{}: {:?}", number(*leg)?, clips[0]))
            }
            _ => None,
        };
        self.w.media.iter().filter_map(looped).collect()
    }

    fn was_told_the_end(&mut self, at: std::net::SocketAddr) -> bool {
        self.w.told(at).iter().any(|event| matches!(event, SessionEvent::Ended(Ended::Bye(_))))
    }
}

#[test]
fn an_agent_consults_swaps_connects_all_and_leaves() {
    let mut s = Scene::new();
    assert_eq!(s.begin_consult("104"), Ok("call 1: 102 consults 104".into()));
    assert_eq!(s.hears(), "101<silence 102<as before");
    assert_eq!(s.plays(), ["102: Ringing"]);
    assert!(s.w.x.call(s.id).unwrap().held.is_some(), "who waits is held");
    let d = s.answer(s.d);
    assert_eq!(s.hears(), "101<silence 102<104 104<102");
    assert_eq!(s.recorded(), ["also Right"], "who is consulted is on the agent's side of the recording");
    assert_eq!(s.consult(ConsultAct::Swap), Ok("call 1: 102 talks with 101, 104 waits".into()));
    assert_eq!(s.hears(), "101<102 102<101 104<silence");
    assert_eq!(s.recorded(), ["no more"]);
    assert!(s.w.x.call(s.id).unwrap().held.is_none());
    assert_eq!(s.consult(ConsultAct::Swap), Ok("call 1: 102 talks with 104, 101 waits".into()));
    assert_eq!(s.hears(), "101<silence 102<104 104<102");
    assert_eq!(s.consult(ConsultAct::Conference), Ok("call 1: 104 talks with both".into()));
    assert_eq!(s.hears(), "101<102+104 102<101+104 104<101+102");
    s.hold(d, "sendonly");
    assert_eq!(s.hears(), "101<102 102<101 104<nothing", "who holds is not heard");
    s.hold(d, "sendrecv");
    s.w.media.clear();
    assert_eq!(s.consult(ConsultAct::Complete), Ok("call 1: 101 talks with 104".into()));
    assert_eq!(s.hears(), "101<104 104<101");
    assert_eq!(s.recorded(), ["no more", "leg Right"]);
    let b = s.b.0;
    assert!(s.was_told_the_end(b), "who consulted is released");
    s.w.hang_up(d.0, d.1);
    s.w.settle();
    let cdrs = s.w.cdrs();
    let talk = cdrs.iter().find(|cdr| cdr.number == 1).unwrap();
    let legs: Vec<_> = talk.legs.iter().map(|l| (l.party.number.as_str(), l.outcome.as_str())).collect();
    assert_eq!(legs, [("101", "answered"), ("102", "transferred"), ("104", "answered")]);
    assert_eq!(talk.with.as_ref().unwrap().number, "104");
    let own = cdrs.iter().find(|cdr| cdr.number == 2).unwrap();
    assert_eq!((own.from.number.as_str(), own.to.number.as_str()), ("102", "104"));
    assert_eq!(own.ending.cause, Cause::HungUp);
    for name in ["consult", "consult_answered", "swap", "conference", "complete", "transferred"] {
        assert!(s.w.events().iter().any(|event| event == name), "{name}");
    }
}

#[test]
fn the_two_talk_again_when_the_third_does_not_come_or_goes() {
    let mut s = Scene::new();
    s.begin_consult("104").unwrap();
    s.w.run(std::time::Duration::from_secs(40));
    assert_eq!(s.hears(), "101<102 102<101", "nobody answered");
    assert!(s.w.x.call(s.id).unwrap().held.is_none());
    let (mut s, d) = Scene::consulted();
    s.w.hang_up(d.0, d.1);
    assert_eq!(s.hears(), "101<102 102<101", "the third hung up");
    for swaps in [ConsultAct::Swap, ConsultAct::Conference] {
        let (mut s, d) = Scene::consulted();
        s.consult(swaps).unwrap();
        s.w.media.clear();
        s.w.hang_up(d.0, d.1);
        assert_eq!(s.hears(), "101<102 102<101");
    }
    let (mut s, d) = Scene::consulted();
    assert_eq!(s.consult(ConsultAct::Cancel), Ok("call 1: 104 is consulted no more".into()));
    assert_eq!(s.hears(), "101<102 102<101");
    assert!(s.was_told_the_end(d.0));
}

/// After-call time that ends while the agent's phone rings for the same caller again makes nobody free.
#[test]
fn an_agent_who_is_rung_back_is_offered_nobody_else() {
    let mut s = Scene::queued();
    s.begin_consult("104").unwrap();
    let b = s.b.0;
    s.w.hang_up(b, s.b.1);
    let activity = |s: &Scene| s.w.x.floor().agent("2").unwrap().activity();
    assert_eq!((activity(&s), s.invites(b)), (Activity::WrapUp, 2), "rung back for 101");
    let (ring, _) = s.w.take(b);
    let now = s.w.now.mono;
    s.w.end(b).progress(now, ring, Status::RINGING, None);
    s.w.run(std::time::Duration::from_secs(6));
    assert_eq!(activity(&s), Activity::Outbound);
    s.w.dial(s.c, "701", Some(sdp("192.0.2.13", "8 101", "")));
    s.w.ms(100);
    assert_eq!((s.invites(b), s.w.x.floor().waiter_count()), (2, 1));
    let now = s.w.now.mono;
    s.w.end(b).reject(now, ring, Status::BUSY, &Headers::default());
    s.w.ms(100);
    assert_eq!((activity(&s), s.invites(b)), (Activity::Offered, 3));
}

#[test]
fn whoever_leaves_the_other_two_go_on() {
    for acts in [vec![], vec![ConsultAct::Swap], vec![ConsultAct::Conference]] {
        let (mut s, _) = Scene::consulted();
        acts.iter().for_each(|act| _ = s.consult(act.clone()).unwrap());
        s.w.hang_up(s.b.0, s.b.1);
        assert_eq!(s.hears(), "101<104 104<101", "who consulted hangs up: the third has the other party");
        s.w.hang_up(s.a.0, s.a.1);
        s.w.settle();
        assert_eq!(s.w.cdrs().len(), 2);
        let (mut s, d) = Scene::consulted();
        acts.iter().for_each(|act| _ = s.consult(act.clone()).unwrap());
        s.w.hang_up(s.a.0, s.a.1);
        assert_eq!(s.hears(), "102<104 104<102", "the other party hangs up: the two go on");
        s.w.hang_up(d.0, d.1);
        s.w.settle();
        assert_eq!(s.w.cdrs().len(), 2);
    }
}

#[test]
fn who_hangs_up_before_an_answer_is_rung_back_for_who_waits() {
    let mut s = Scene::new();
    s.begin_consult("104").unwrap();
    s.w.hang_up(s.b.0, s.b.1);
    assert_eq!(s.plays().last().unwrap(), "101: Ringing");
    s.b = s.answer(s.b.0);
    assert_eq!(s.hears(), "101<102 102<101");
    // Who waits and hangs up ends it all.
    s.begin_consult("104").unwrap();
    s.w.hang_up(s.a.0, s.a.1);
    s.w.settle();
    assert_eq!(s.w.cdrs().len(), 3);
    assert_eq!(s.hears(), "");
}

#[test]
fn an_agent_who_leaves_his_caller_to_the_third_wraps_up() {
    let mut s = Scene::queued();
    s.begin_consult("104").unwrap();
    assert_eq!(s.w.x.floor().agent("2").unwrap().activity(), Activity::Holding);
    s.answer(s.d);
    s.consult(ConsultAct::Conference).unwrap();
    assert_eq!(s.w.x.floor().agent("2").unwrap().activity(), Activity::Talking);
    s.consult(ConsultAct::Complete).unwrap();
    assert_eq!(s.w.x.floor().agent("2").unwrap().activity(), Activity::WrapUp);
    let mut s = Scene::queued();
    s.begin_consult("104").unwrap();
    let d = s.answer(s.d);
    s.w.hang_up(s.a.0, s.a.1);
    assert_eq!(s.hears(), "102<104 104<102");
    assert_ne!(s.w.x.floor().agent("2").unwrap().activity(), Activity::Talking, "the caller is gone");
    s.w.hang_up(d.0, d.1);
    s.w.settle();
}

#[test]
fn a_supervisor_hears_who_is_connected_and_is_heard_as_the_mode_says() {
    let mut s = Scene::new();
    s.supervised(Subject::Call(s.id), Mode::Listen);
    s.begin_consult("104").unwrap();
    assert_eq!(s.hears(), "101<silence 102<as before 103<102");
    s.answer(s.d);
    assert_eq!(s.hears(), "101<silence 102<104 103<102+104 104<102");
    s.act("103", SupervisionAct::Change(Mode::Whisper)).unwrap();
    assert_eq!(s.hears(), "101<silence 102<104+103 103<102+104 104<102");
    s.act("103", SupervisionAct::Change(Mode::Barge)).unwrap();
    assert_eq!(s.hears(), "101<silence 102<104+103 103<102+104 104<102+103", "who waits hears no supervisor");
    s.consult(ConsultAct::Conference).unwrap();
    assert_eq!(s.hears(), "101<102+104+103 102<101+104+103 103<101+102+104 104<101+102+103");
    let refused = s.act("103", SupervisionAct::TakeOver);
    assert_eq!(refused, Err("in call 1 somebody is consulted; cancel or complete that first".into()));
    s.consult(ConsultAct::Complete).unwrap();
    assert_eq!(s.hears(), "101<104+103 103<101+104 104<101+103");
}

#[test]
fn an_agent_is_consulted_by_number_and_a_queue_by_who_is_free() {
    let mut s = Scene::queued();
    assert_eq!(s.begin_consult("q"), Err("no agent of queue q is free; transfer to it, or try again".into()));
    for (to, why) in [
        ("101", "101 is in that call already"),
        ("999", "nothing has that number"),
        ("3", "nothing has that number"),
        ("102", "102 is in that call already"),
        ("2", "102 is in that call already"),
        ("*43", "nobody is put through to a service"),
        ("x y", "x y cannot be dialled"),
    ] {
        let told = s.begin_consult(to).unwrap_err();
        assert!(told.starts_with(why), "{to}: {told}");
    }
    for act in [ConsultAct::Swap, ConsultAct::Conference, ConsultAct::Complete, ConsultAct::Cancel] {
        assert!(s.consult(act).unwrap_err().starts_with("in that call nobody is consulted"));
    }
    s.begin_consult("104").unwrap();
    assert_eq!(s.consult(ConsultAct::Swap), Err("104 has not answered yet".into()));
    let again = s.begin_consult("103").unwrap_err();
    assert_eq!(again, "somebody is consulted; cancel or complete that first");
    let transfer = s.w.command("boss", Command::Transfer { call: s.id, to: "103".into() });
    assert_eq!(transfer, Err("somebody is consulted; cancel or complete that first".into()));
}

#[test]
fn a_queue_is_consulted_by_ringing_who_is_free_there() {
    for to in ["q", "701", "3"] {
        let mut s = Scene::queued();
        let act =
            AgentAct::Choose { agent: "3".into(), presence: Presence::Ready, extension: Some("104".into()) };
        s.w.command("boss", Command::Agent(act)).unwrap();
        s.w.ms(10);
        assert_eq!(s.begin_consult(to), Ok("call 1: 102 consults 104".into()), "{to}");
        let d = s.answer(s.d);
        assert_eq!(s.w.x.floor().agent("3").unwrap().activity(), Activity::Outbound);
        s.w.hang_up(d.0, d.1);
    }
}

#[test]
fn a_user_consults_in_calls_of_the_own_phone() {
    let mut s = Scene::new();
    let act = ConsultAct::Begin { to: "104".into() };
    let command = Command::Own(Box::new(Command::Consult { call: s.id, act }));
    let told = s.w.command("mara", command);
    assert_eq!(told, Err("your phone 103 is not in call 1; a supervisor can do this".into()));
}

#[test]
fn who_waits_with_music_hears_ringing_when_it_consults() {
    let mut s = Scene::new();
    let mut config = s.w.x.config().clone();
    config.hold_music = vec!["music".into()];
    s.w.input(Input::Config(std::sync::Arc::new(config)));
    s.hold(s.a, "sendonly");
    let music = "Prompt { language: En, name: \"music\" }";
    assert_eq!(s.plays(), [format!("102: {music}")]);
    s.begin_consult("104").unwrap();
    assert_eq!(s.plays()[1..], ["102: Ringing"]);
    let d = s.answer(s.d);
    s.hold(d, "sendonly");
    assert_eq!(s.plays()[2..], [format!("102: {music}")], "and music, not ringing, if the third holds");
    s.hold(s.a, "sendrecv");
    assert_eq!(s.plays()[3..], [format!("101: {music}")]);
}

/// A whisper is for who is followed, and for nobody who takes that place.
#[test]
fn who_goes_on_for_an_agent_hears_no_whisper() {
    for act in [ConsultAct::Conference, ConsultAct::Swap] {
        for mode in [Mode::Whisper, Mode::Barge] {
            let (mut s, _) = Scene::consulted();
            s.consult(act.clone()).unwrap();
            s.supervised(Subject::Extension("102".into()), mode);
            s.consult(ConsultAct::Complete).unwrap();
            s.w.ms(100);
            assert_eq!(s.hears(), "101<104 103<silence 104<101", "{act:?}, {mode:?}");
        }
    }
}

/// The agent may be who called: whoever comes in the agent's place is on the agent's side of the recording.
#[test]
fn who_takes_the_place_of_an_agent_who_called_is_on_the_recording() {
    let sits_at_caller = || {
        let mut s = Scene::new();
        let (presence, extension) = (Presence::Ready, Some("101".to_owned()));
        let act = AgentAct::Choose { agent: "2".into(), presence, extension };
        s.w.command("boss", Command::Agent(act)).unwrap();
        s
    };
    let mut s = sits_at_caller();
    assert_eq!(s.begin_consult("104"), Ok("call 1: 101 consults 104".into()));
    s.answer(s.d);
    assert_eq!(s.recorded(), ["also Left"]);
    s.consult(ConsultAct::Complete).unwrap();
    assert_eq!(s.hears(), "102<104 104<102");
    assert_eq!(s.recorded(), ["no more", "leg Left"]);
    let mut s = sits_at_caller();
    s.supervised(Subject::Call(s.id), Mode::Listen);
    s.w.media.clear();
    s.act("103", SupervisionAct::TakeOver).unwrap();
    assert_eq!(s.hears(), "102<103 103<102");
    assert_eq!(s.recorded(), ["take_over mara from 101", "leg Left"]);
}

/// An order to hang up at the own phone does what that phone's key does.
#[test]
fn a_user_who_hangs_up_at_the_own_phone_leaves_the_two_to_each_other() {
    let hang_up = |s: &mut Scene| {
        let mut config = s.w.x.config().clone();
        config.supervision.users.insert("bo".into(), "102".into());
        s.w.input(Input::Config(std::sync::Arc::new(config)));
        let done = s.w.command("bo", Command::Own(Box::new(Command::HangUp(s.id))));
        s.w.ms(50);
        done
    };
    let (mut s, d) = Scene::consulted();
    assert_eq!(hang_up(&mut s), Ok("102 has left call 1".into()));
    let b = s.b.0;
    assert!(s.was_told_the_end(b));
    assert_eq!(s.hears(), "101<104 104<101");
    s.w.hang_up(d.0, d.1);
    s.w.settle();
    // Before the third has answered who consults is rung back, as after a hang-up of the phone's.
    let mut s = Scene::new();
    s.begin_consult("104").unwrap();
    assert_eq!(hang_up(&mut s), Ok("102 has left call 1".into()));
    assert_eq!(s.plays().last().unwrap(), "101: Ringing");
    s.b = s.answer(s.b.0);
    assert_eq!(s.hears(), "101<102 102<101");
    s.w.hang_up(s.b.0, s.b.1);
    s.w.settle();
}

/// Whose extension is never to be recorded is on no recording: not as a third, and as a party ends it.
#[test]
fn who_is_never_recorded_ends_the_recording_by_coming() {
    let mut s = Scene::new();
    let mut config = s.w.x.config().clone();
    config.extensions.get_mut("104").unwrap().record = Some(RecordRule::Never);
    s.w.input(Input::Config(std::sync::Arc::new(config)));
    s.begin_consult("104").unwrap();
    s.answer(s.d);
    assert_eq!(s.hears(), "101<silence 102<104 104<102");
    assert_eq!(s.recorded(), Vec::<String>::new(), "not beside the agent");
    s.consult(ConsultAct::Complete).unwrap();
    assert_eq!(s.hears(), "101<104 104<101");
    assert!(s.w.media.iter().any(|c| matches!(c, MediaCommand::StopRecording { .. })));
    assert_eq!(s.recorded(), Vec::<String>::new());
}

/// A reload says at once who may be on a recording; a supervisor who is never recorded is not, either.
#[test]
fn who_becomes_never_recorded_leaves_the_recording() {
    let never = |s: &mut Scene, number: &str| {
        let mut config = s.w.x.config().clone();
        config.extensions.get_mut(number).unwrap().record = Some(RecordRule::Never);
        s.w.input(Input::Config(std::sync::Arc::new(config)));
    };
    let (mut s, _) = Scene::consulted();
    assert_eq!(s.recorded(), ["also Right"]);
    never(&mut s, "104");
    assert_eq!(s.recorded(), ["no more"]);
    assert_eq!(s.w.x.audit(), Vec::<String>::new());
    let mut s = Scene::new();
    never(&mut s, "103");
    s.supervised(Subject::Call(s.id), Mode::Barge);
    assert!(!s.recorded().iter().any(|told| told.contains("also")));
}
