//! Rules of supervisors and of consultations.

use super::{breaks, breaks_also, talking};
use crate::call::Bridge;
use crate::tests::supervising::Scene;
use crate::tests::world::World;
use crate::*;

/// 103 is at the call of 101 and 102.
fn supervised(mode: Mode) -> World {
    let mut s = Scene::new();
    s.supervised(Subject::Call(s.id), mode);
    s.w
}

/// 102 talks with 101 and consults 104.
fn consulted() -> World {
    Scene::consulted().0.w
}

fn supervisor(x: &Exchange) -> CallId {
    *x.supervisions.iter().next().unwrap().0
}

/// The call of the third who is consulted.
fn third(x: &mut Exchange) -> &mut Call {
    x.calls.values_mut().find(|call| call.consulted_in.is_some()).unwrap()
}

#[test]
fn a_supervisor_has_a_call_and_is_where_two_talk() {
    let gone = |x: &mut Exchange| x.supervisions.rename(CallId::new(1, 1));
    breaks_also(supervised(Mode::Listen), gone, "a supervisor is known by call");
    let at_itself = |x: &mut Exchange| {
        let own = supervisor(x);
        x.supervisions.send_elsewhere(own);
    };
    breaks_also(supervised(Mode::Listen), at_itself, "in which nobody talks");
    breaks_also(supervised(Mode::Listen), at_itself, "supervisors are found where they are not");
}

#[test]
fn the_media_engine_was_told_of_supervisors() {
    let says = "the media engine was not told all of supervisor";
    breaks(supervised(Mode::Whisper), |x| x.supervisions.let_hear(vec![LegId(1)]), says);
    breaks(supervised(Mode::Barge), |x| x.supervisions.let_hear(vec![LegId(1)]), says);
    let heard = |x: &mut Exchange| x.supervisions.let_hear(vec![LegId(2)]);
    breaks_also(supervised(Mode::Listen), heard, "listens, and is heard");
}

#[test]
fn only_the_media_of_who_supervises_is_with_another_call() {
    let nobody = |x: &mut Exchange| {
        let id = supervisor(x);
        x.rooms.insert(LegId(99), id);
    };
    breaks(supervised(Mode::Listen), nobody, "leg 99 is in a room and in no call");
    let elsewhere = |x: &mut Exchange| {
        let id = supervisor(x);
        let leg = x.calls[&id].caller;
        x.rooms.insert(leg, id);
    };
    breaks(supervised(Mode::Listen), elsewhere, "and supervises another");
    let without_media = |x: &mut Exchange| {
        let id = supervisor(x);
        let call = x.calls.get_mut(&id).unwrap();
        let leg = call.caller;
        call.legs.get_mut(&leg).unwrap().slot = None;
    };
    breaks_also(supervised(Mode::Listen), without_media, "is in a room and has no media");
}

#[test]
fn a_talk_and_who_is_consulted_know_each_other() {
    let by_nobody = |x: &mut Exchange| talking(x).consult_mut().unwrap().by = LegId(99);
    breaks_also(consulted(), by_nobody, "is Talking { with: LegId(2) } with Consult {");
    breaks_also(
        consulted(),
        |x| third(x).consulted_in = None,
        "is Talking { with: LegId(2) } with Consult {",
    );
    breaks_also(consulted(), |x| third(x).consulted_in = None, "is a third's, and of no talk");
    let forgets = |x: &mut Exchange| drop(talking(x).take_consult());
    breaks_also(consulted(), forgets, "knows nothing");
    let still_rings = |x: &mut Exchange| talking(x).consult_mut().unwrap().bridge = Bridge::Ringing;
    breaks_also(consulted(), still_rings, "is Service { service: Consult } with Consult {");
    let not_there = |x: &mut Exchange| {
        let leg = third(x).caller;
        x.rooms.remove(&leg);
    };
    breaks(consulted(), not_there, "is Service { service: Consult } with Consult {");
}

#[test]
fn the_recording_has_the_third_while_who_consults_hears_it() {
    let swapped = |x: &mut Exchange| {
        let call = talking(x);
        (call.consult_mut().unwrap().bridge, call.held) = (Bridge::Swapped, None);
    };
    breaks(consulted(), swapped, "was not told of Some(Consult {");
}
