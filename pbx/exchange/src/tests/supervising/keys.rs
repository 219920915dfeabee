//! Keys of a supervisor's phone, by whatever way they come.

use super::super::world::sdp;
use super::Scene;
use crate::*;
use std::time::Duration;

impl Scene {
    fn supervisors_leg(&self) -> LegId {
        let id = *self.w.x.supervisions.iter().next().unwrap().0;
        self.w.x.call(id).unwrap().caller
    }

    fn listens(&self, leg: LegId) -> Vec<bool> {
        let is_on = |c: &MediaCommand| match c {
            MediaCommand::Listen { leg: of, is_on, .. } if *of == leg => Some(*is_on),
            _ => None,
        };
        self.w.media.iter().filter_map(is_on).collect()
    }
}

/// A phone that has no other way sends its keys as sound.
#[test]
fn keys_are_listened_for_until_the_supervisor_takes_over() {
    let mut s = Scene::queued();
    s.supervised(Subject::Agent("2".into()), Mode::Listen);
    let leg = s.supervisors_leg();
    assert_eq!(s.listens(leg), [true]);
    s.act("103", SupervisionAct::TakeOver).unwrap();
    assert_eq!(s.listens(leg), [true, false]);
    // Dialled with the code.
    let mut s = Scene::new();
    s.w.dial(s.c, "*60102", Some(sdp("192.0.2.13", "8", "")));
    s.w.ms(100);
    assert_eq!(s.listens(s.supervisors_leg()), [true]);
}

/// One press comes as an event and by INFO: the customer hears no 9.
#[test]
fn a_key_that_comes_by_two_ways_takes_over_once() {
    let mut s = Scene::queued();
    let (at, session) = s.supervised(Subject::Agent("2".into()), Mode::Listen);
    s.press('9');
    let info = |s: &mut Scene, key: char| {
        let (now, body) = (s.w.now.mono, format!("Signal={key}\r\nDuration=160\r\n"));
        s.w.end(at).info(now, session, "application/dtmf-relay", body.into());
        s.w.ms(100);
    };
    info(&mut s, '9');
    let sent = |s: &Scene| s.w.media.iter().filter(|c| matches!(c, MediaCommand::SendDigit { .. })).count();
    let digits = |s: &Scene| s.w.events().iter().filter(|name| *name == "digit").count();
    assert_eq!((s.hears().as_str(), sent(&s), digits(&s)), ("101<103 103<101", 0, 0));
    // What the customer presses is the customer's, and what the new party does later is its own.
    let leg = s.w.x.call(s.id).unwrap().caller;
    s.w.input(Input::Media(MediaEvent::Digit { leg, digit: '5' }));
    assert_eq!(digits(&s), 1);
    s.w.run(Duration::from_secs(4));
    info(&mut s, '7');
    assert_eq!((sent(&s), digits(&s)), (1, 2));
}

/// Modes too: a key that is told twice is one.
#[test]
fn a_mode_is_chosen_once_by_a_key_that_comes_twice() {
    let mut s = Scene::new();
    let (at, session) = s.supervised(Subject::Call(s.id), Mode::Listen);
    s.press('2');
    s.act("103", SupervisionAct::Change(Mode::Barge)).unwrap();
    let now = s.w.now.mono;
    s.w.end(at).info(now, session, "application/dtmf", "2".into());
    s.w.ms(100);
    assert_eq!(s.w.x.supervisions.iter().next().unwrap().1.mode, Mode::Barge);
}
