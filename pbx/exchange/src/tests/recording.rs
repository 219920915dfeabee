//! Recording under control by people: paused, resumed, begun and ended by users and by the agent's own phone.

use super::queues::site;
use super::transfer::Scene;
use super::world::{World, sdp};
use crate::limits::{CODE_HUSHED, CODE_WITHIN};
use crate::*;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_acd::config::QueueConfig;
use switchroom_sip::endpoint::SessionId;

use RecordingAct::{Pause, Resume, Start, Stop};

const RELAY: &str = "application/dtmf-relay";

/// 101 talks with 102, who is the agent's side.
struct Talk {
    w: World,
    a: (SocketAddr, SessionId),
    b: (SocketAddr, SessionId),
    id: CallId,
}

impl Talk {
    fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = site(QueueConfig::default());
        config.rtp_pairs = 16;
        config.supervision.users.insert("bo".into(), "102".into());
        change(&mut config);
        let mut w = World::with(config, Restored::default());
        w.registered("103", "192.0.2.13:5060");
        let (a, call, b, ring) = w.talking();
        let id = w.x.calls().next().unwrap().id;
        Self { w, a: (a, call), b: (b, ring), id }
    }

    fn new() -> Self {
        Self::with(|_| {})
    }

    fn unrecorded() -> Self {
        Self::with(|config| config.record = RecordRule::Never)
    }

    fn call(&self) -> &Call {
        self.w.x.call(self.id).unwrap()
    }

    fn act(&mut self, user: &str, act: RecordingAct, own_only: bool) -> Result<String, String> {
        let command = Command::Record { call: self.id, act };
        let done = self.w.command(user, if own_only { Command::Own(Box::new(command)) } else { command });
        self.w.ms(10);
        done
    }

    fn boss(&mut self, act: RecordingAct) -> Result<String, String> {
        self.act("boss", act, false)
    }

    fn with_leg(&self) -> LegId {
        match self.call().stage {
            Stage::Talking { with } => with,
            _ => self.call().caller,
        }
    }

    /// Keys on the phone of the agent's side, as events.
    fn press(&mut self, keys: &str) {
        let leg = self.with_leg();
        self.press_at(leg, keys);
    }

    fn press_at(&mut self, leg: LegId, keys: &str) {
        for digit in keys.chars() {
            self.w.input(Input::Media(MediaEvent::Digit { leg, digit }));
            self.w.ms(200);
        }
    }

    fn info(&mut self, digit: char) {
        let ((at, session), now) = (self.b, self.w.now.mono);
        self.w.end(at).info(now, session, RELAY, format!("Signal={digit}\r\nDuration=160\r\n").into());
        self.w.ms(20);
    }

    /// What the recording was told, in order.
    fn tape(&self) -> Vec<String> {
        let word = |c: &MediaCommand| match c {
            MediaCommand::Record { .. } => Some("record".to_owned()),
            MediaCommand::PauseRecording { is_paused: true, .. } => Some("silence".into()),
            MediaCommand::PauseRecording { is_paused: false, .. } => Some("sound".into()),
            MediaCommand::StopRecording { .. } => Some("stop".into()),
            MediaCommand::Mark { kind, text, .. } => Some(format!("{kind}={text}")),
            _ => None,
        };
        self.w.media.iter().filter_map(word).collect()
    }

    /// Keys that went on to the other side by ourselves, and how long events are withheld.
    fn passed(&self) -> (Vec<char>, Vec<u16>) {
        let digit = |c: &MediaCommand| {
            if let MediaCommand::SendDigit { digit, .. } = c { Some(*digit) } else { None }
        };
        let held = |c: &MediaCommand| {
            if let MediaCommand::WithholdDigits { for_ms, .. } = c { Some(*for_ms) } else { None }
        };
        (self.w.media.iter().filter_map(digit).collect(), self.w.media.iter().filter_map(held).collect())
    }

    fn count(&self, event: &str) -> usize {
        self.w.events().iter().filter(|name| *name == event).count()
    }

    fn hang_up(mut self) -> Cdr {
        let (at, session) = self.a;
        self.w.hang_up(at, session);
        self.w.settle();
        self.w.cdr()
    }
}

#[test]
fn a_user_pauses_a_recording_and_has_it_go_on() {
    let mut t = Talk::new();
    assert!(!t.call().is_recording_paused());
    let number = t.call().number;
    assert_eq!(t.boss(Pause).unwrap(), format!("the recording of call {number} is paused"));
    assert_eq!((t.call().is_recording_paused(), t.call().paused_by()), (true, Some("boss")));
    let why = t.boss(Pause).unwrap_err();
    assert!(why.contains("paused already, by boss"), "{why}");
    assert!(t.boss(Start).unwrap_err().contains("recorded already"));
    t.boss(Resume).unwrap();
    assert!(!t.call().is_recording_paused());
    assert!(t.boss(Resume).unwrap_err().contains("not paused"));
    assert_eq!(
        t.tape(),
        ["record", "answer=", "silence", "record_pause=boss", "sound", "record_resume=boss"]
    );
    assert_eq!((t.count("recording_paused"), t.count("recording_resumed")), (1, 1));
    let cdr = t.hang_up();
    let steps: Vec<_> = cdr.path.iter().filter(|why| why.step == "record").map(|why| &why.text).collect();
    assert_eq!(steps.len(), 3, "{steps:?}");
    assert_eq!(*steps[1], format!("boss: the recording of call {number} is paused"));
}

/// Card numbers are given by key, too.
#[test]
fn keys_pressed_during_a_pause_are_written_nowhere() {
    let mut t = Talk::new();
    t.boss(Pause).unwrap();
    let caller = t.call().caller;
    t.press_at(caller, "4711");
    assert_eq!(t.count("digit"), 0);
    assert!(!t.tape().iter().any(|one| one.starts_with("digit")), "{:?}", t.tape());
    t.boss(Resume).unwrap();
    t.press_at(caller, "5");
    assert_eq!(t.count("digit"), 1);
    t.hang_up();
}

#[test]
fn an_agent_controls_the_recording_of_the_own_call_only() {
    let mut t = Talk::new();
    t.act("bo", Pause, true).unwrap();
    t.act("bo", Resume, true).unwrap();
    let why = t.act("bo", Stop, true).unwrap_err();
    assert!(why.contains("recorded by rule"), "{why}");
    assert!(t.w.events().iter().any(|name| name == "refused"), "and is on the audit list");
    let why = t.act("mara", Pause, true).unwrap_err();
    assert!(why.contains("your phone 103 is not in call"), "{why}");
    let why = t.act("nobody", Pause, true).unwrap_err();
    assert!(why.contains("[control.phones]"), "{why}");
    assert!(!t.tape().contains(&"stop".to_owned()));
    t.boss(Stop).unwrap();
    assert!(t.boss(Start).unwrap_err().contains("has one only"));
    assert!(t.boss(Pause).unwrap_err().contains("not recorded"));
    assert_eq!(t.tape().iter().filter(|one| *one == "stop").count(), 1);
    assert!(t.hang_up().recorded);
}

#[test]
fn a_talk_that_no_rule_records_is_recorded_on_demand() {
    let mut t = Talk::unrecorded();
    assert_eq!(t.call().recording, Recording::Off);
    assert!(t.boss(Stop).unwrap_err().contains("not recorded"));
    t.act("bo", Start, true).unwrap();
    assert_eq!(t.call().recording, Recording::On);
    // What was begun by hand is ended by hand.
    t.act("bo", Stop, true).unwrap();
    assert_eq!(t.tape(), ["record", "record_start=bo", "record_stop=bo", "end=", "stop"]);
    assert!(t.hang_up().recorded);
}

#[test]
fn who_is_never_to_be_recorded_is_not_on_demand_either() {
    let mut t = Talk::with(|config| {
        config.extensions.get_mut("101").unwrap().record = Some(RecordRule::Never);
    });
    assert!(t.boss(Start).unwrap_err().contains("never to be recorded"));
    t.press("*1");
    assert_eq!((t.tape(), t.call().recording), (vec![], Recording::Off));
    let is_told = t.call().path.iter().any(|why| why.text.contains("102 wanted another recording"));
    assert!(is_told, "{:?}", t.call().path);
    t.hang_up();
}

#[test]
fn nobody_is_recorded_who_does_not_talk() {
    let mut t = Talk::unrecorded();
    t.w.command("boss", Command::HandOff { call: t.id, flow: "507".into() }).unwrap();
    t.w.ms(10);
    assert!(t.boss(Start).unwrap_err().contains("nobody talks"));
    t.hang_up();
}

/// The pause of a hand-off and that of a person end each by its own.
#[test]
fn two_reasons_for_a_pause_do_not_resume_each_other() {
    for person_first in [true, false] {
        let mut t = Talk::new();
        if person_first {
            t.boss(Pause).unwrap();
        }
        t.w.command("boss", Command::HandOff { call: t.id, flow: "507".into() }).unwrap();
        t.w.ms(10);
        if !person_first {
            let why = t.boss(Resume).unwrap_err();
            assert!(why.contains("goes on when the flow ends"), "{why}");
            t.boss(Pause).unwrap();
        }
        let caller = t.call().caller;
        t.press_at(caller, "1234");
        assert!(matches!(t.call().stage, Stage::Talking { .. }), "{:?}", t.call().stage);
        assert!(t.call().is_recording_paused(), "the person's pause goes on");
        assert!(!t.tape().contains(&"sound".to_owned()));
        t.boss(Resume).unwrap();
        assert!(!t.call().is_recording_paused());
        let changes: Vec<String> = t.tape().into_iter().filter(|one| !one.contains('=')).collect();
        assert_eq!(changes, ["record", "silence", "sound"]);
        t.hang_up();
    }
    // And a person who has it go on does not end that of a hand-off.
    let mut t = Talk::new();
    t.boss(Pause).unwrap();
    t.w.command("boss", Command::HandOff { call: t.id, flow: "507".into() }).unwrap();
    t.w.ms(10);
    t.boss(Resume).unwrap();
    assert!(t.call().is_recording_paused(), "the caller gives a PIN");
    let caller = t.call().caller;
    t.press_at(caller, "1234");
    assert!(!t.call().is_recording_paused());
    t.hang_up();
}

#[test]
fn with_another_party_the_rules_decide_anew() {
    let mut s = Scene::new();
    s.w.command("boss", Command::Record { call: s.id, act: Pause }).unwrap();
    s.w.ms(10);
    assert!(s.call().is_recording_paused());
    s.refer(s.b, "103");
    let _ = s.answer(s.c);
    assert!(!s.call().is_recording_paused());
    assert!(s.marks().contains(&"record_resume".to_owned()), "{:?}", s.marks());
    s.hang_up(s.a);
    s.w.settle();
}

#[test]
fn the_agents_phone_pauses_and_resumes_by_code() {
    let mut t = Talk::new();
    t.press("*1");
    assert_eq!(t.call().paused_by(), Some("102"));
    t.w.run(CODE_HUSHED);
    t.press("*1");
    assert_eq!(t.call().paused_by(), None);
    // The first key is one as any other while there is nothing to be silent of, the second is none.
    let marks = ["digit=*", "silence", "record_pause=102", "sound", "record_resume=102"];
    assert_eq!(t.tape()[2..], marks);
    let within = u16::try_from(CODE_WITHIN.as_millis()).unwrap();
    assert_eq!(t.passed(), (vec![], vec![within, 0, within, 0]));
    t.hang_up();
}

#[test]
fn the_agents_phone_begins_what_no_rule_records() {
    let mut t = Talk::unrecorded();
    t.press("*1");
    assert_eq!(t.tape(), ["record", "record_start=102"]);
    t.w.run(CODE_HUSHED);
    t.press("*1");
    assert_eq!(t.call().paused_by(), Some("102"));
    t.hang_up();
}

/// Who is a customer, or has no code, controls nothing.
#[test]
fn the_code_is_the_agents_alone_and_only_if_there_is_one() {
    let mut t = Talk::new();
    let caller = t.call().caller;
    t.press_at(caller, "*1");
    assert_eq!((t.call().paused_by(), t.count("digit"), t.passed()), (None, 2, (vec![], vec![])));
    t.hang_up();
    let mut t = Talk::with(|config| config.recording_key.clear());
    t.press("*1");
    assert_eq!((t.call().paused_by(), t.count("digit"), t.passed()), (None, 2, (vec![], vec![])));
    t.hang_up();
}

#[test]
fn keys_that_are_not_the_code_go_on_to_the_other_side() {
    let mut t = Talk::new();
    t.press("*5");
    assert_eq!((t.count("digit"), t.call().paused_by()), (2, None));
    assert_eq!(t.passed().0, ['5'], "what was withheld is sent late");
    // The first key once more may begin the code.
    t.press("**1");
    assert_eq!((t.count("digit"), t.call().paused_by()), (4, Some("102")));
    assert_eq!(t.passed().0, ['5', '*']);
    t.w.run(CODE_HUSHED);
    t.press("*1");
    // Too late it is none.
    t.press("*");
    t.w.run(CODE_WITHIN);
    t.press("1");
    assert_eq!(t.call().paused_by(), None);
    t.hang_up();
}

/// A phone may send a key in two ways: the code is pressed once all the same, and its second key goes on by neither.
#[test]
fn a_phone_that_sends_its_keys_twice_presses_the_code_once() {
    let mut t = Talk::new();
    let leg = t.with_leg();
    for digit in ['*', '1'] {
        t.w.input(Input::Media(MediaEvent::Digit { leg, digit }));
        t.info(digit);
        t.w.ms(200);
    }
    assert_eq!(t.call().paused_by(), Some("102"));
    assert_eq!(t.count("recording_paused"), 1);
    assert!(!t.passed().0.contains(&'1'), "{:?}", t.passed());
    t.w.run(Duration::from_secs(1));
    t.hang_up();
}

#[test]
fn the_code_comes_by_info_too() {
    let mut t = Talk::new();
    t.info('*');
    t.info('1');
    assert_eq!(t.call().paused_by(), Some("102"));
    assert_eq!(t.passed().0, ['*']);
    // On hold nothing is said, and the code counts as ever.
    t.w.run(CODE_HUSHED);
    let (at, session) = t.b;
    t.w.offer(at, session, sdp("192.0.2.12", "8 101", "a=sendonly\r\n"));
    t.info('*');
    t.info('1');
    assert_eq!(t.call().paused_by(), None);
    t.hang_up();
}

/// The agent's phone tells its keys by INFO: nobody need listen to it, and the other side is as it was.
#[test]
fn who_turns_to_info_is_listened_to_no_more_and_nobody_else() {
    let mut t = Talk::new();
    t.w.media.clear();
    t.info('*');
    let off = |command: &MediaCommand| match command {
        MediaCommand::Listen { leg, is_on: false, .. } => Some(*leg),
        _ => None,
    };
    let off: Vec<LegId> = t.w.media.iter().filter_map(off).collect();
    assert_eq!(off, [t.with_leg()]);
    t.hang_up();
}
