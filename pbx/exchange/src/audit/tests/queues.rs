//! Rules of queues and agents.

use super::{breaks, breaks_also, set_stage, visit};
use crate::call::Stage;
use crate::tests::queues::{Floor, queue};
use crate::tests::world::World;
use crate::*;
use switchroom_acd::config::QueueConfig;
use switchroom_acd::fact::LeftFact;
use switchroom_acd::{CallBackAct, CallBackFact, Exit, Fact, Moment};

const LATER: Moment = Moment { mono: 4_000_000_000, wall: 4_000_000_000_000 };

/// The phone of agent 2 rings for 101, who waits in a queue.
fn offered() -> Floor {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    t.call("700");
    assert!(t.rings(t.b));
    t
}

/// Agent 2 talks with 101.
fn talking() -> World {
    let mut t = offered();
    t.answer(t.b);
    t.w
}

/// 101 is called back: the phone of agent 2, who is the only one, rings for that.
fn called_back() -> World {
    let mut t = Floor::new(QueueConfig { whisper: "sales/whisper".into(), ..queue() });
    t.sign_in("2", "102");
    t.call("700");
    t.pick(t.b);
    t.caller_digit('1');
    t.caller_digit('1');
    t.heard();
    t.w.ms(100);
    assert_eq!(t.w.x.placed.len(), 1, "{:?}", t.w.x.audit());
    t.w
}

/// The leg that rings at a seat is of another extension.
fn ring_elsewhere(x: &mut Exchange) {
    let legs = x.calls.values_mut().flat_map(|call| call.legs.values_mut());
    legs.filter(|leg| leg.extension.as_deref() == Some("102"))
        .for_each(|leg| leg.extension = Some("103".into()));
}

#[test]
fn what_the_floor_says_of_itself_holds_and_is_carried_out() {
    breaks(offered().w, |x| x.runs_floor = true, "what the floor asks for is being carried out by nobody");
    let twice = |x: &mut Exchange| {
        let one = x.floor.call_backs().next().unwrap();
        let asked = CallBackFact {
            at_ms: LATER.wall,
            id: 7,
            call: 8,
            joined_ms: LATER.wall,
            queue: one.queue.clone(),
            number: one.number.clone(),
            caller: String::new(),
            class: String::new(),
            priority: 0,
            act: CallBackAct::Asked,
        };
        x.floor.restore_call_backs(LATER, &[Fact::CallBack(asked)]);
    };
    breaks_also(called_back(), twice, "a number has one call-back in a queue");
}

#[test]
fn who_waits_is_known_to_a_queue_and_rings_for_agents() {
    let gone = |x: &mut Exchange| {
        let id = *x.visits.keys().next().unwrap();
        x.floor.leave(LATER, id.0, Exit::Abandoned);
    };
    breaks_also(offered().w, gone, "waits, and no queue knows it");
    breaks_also(offered().w, gone, "1 callers wait, and queues have 0");
    breaks_also(offered().w, |x| visit(x).waits = None, "0 callers wait, and queues have 1");
    breaks_also(offered().w, ring_elsewhere, "agent 2 is offered call");
}

#[test]
fn who_talks_does_so_in_a_call() {
    breaks_also(talking(), |x| set_stage(x, Stage::Flow), "agent 2 talks in call");
    let forgotten = |x: &mut Exchange| x.calls.clear();
    breaks_also(talking(), forgotten, "which is None");
}

#[test]
fn seats_are_what_phones_and_calls_say() {
    let seat =
        |is_reachable, is_busy| move |x: &mut Exchange| x.floor.phone(LATER, "103", is_reachable, is_busy);
    let signed_in = || {
        let mut t = Floor::new(queue());
        t.sign_in("3", "103");
        t.w
    };
    let says = "agent 3 at 103 is said to be reachable: ";
    breaks(signed_in(), seat(false, false), &format!("{says}false, busy: false"));
    breaks(signed_in(), seat(true, true), &format!("{says}true, busy: true"));
    let not_told = |x: &mut Exchange| _ = x.seats_changed.insert("103".into());
    breaks(signed_in(), not_told, "the floor was not told of the seats {\"103\"}");
    // A phone that is gone, of which the floor hears nothing.
    let gone = |x: &mut Exchange| {
        let key = x.registrar.of("103").next().unwrap().record.key.clone();
        x.registrar.get_mut("103", &key).unwrap().is_cut = true;
    };
    breaks(signed_in(), gone, &format!("{says}true, busy: false"));
}

#[test]
fn a_call_that_is_placed_for_a_call_back_is_live_and_has_its_agent() {
    breaks_also(called_back(), |x| placed(x).call_back = None, "is over or for another");
    breaks_also(called_back(), |x| placed(x).call_back = None, "0 calls are for call-backs, and 1 are known");
    let other_offer = |x: &mut Exchange| x.placed.values_mut().for_each(|placed| placed.offer += 1);
    breaks_also(called_back(), other_offer, "and that is offered to nobody");
    breaks_also(called_back(), ring_elsewhere, "agent 2 is offered ");
    breaks_also(called_back(), |x| x.placed.clear(), "is offered or called, and there is no call for it");
}

fn placed(x: &mut Exchange) -> &mut Call {
    x.calls.values_mut().find(|call| call.call_back.is_some()).unwrap()
}

#[test]
fn who_gave_up_is_in_the_inbox_once() {
    let two_of_one_name = |x: &mut Exchange| {
        for caller in ["201", "202"] {
            let left = LeftFact {
                at_ms: LATER.wall,
                joined_ms: 0,
                call: 7,
                visit: 1,
                queue: "q".into(),
                caller: caller.into(),
                class: String::new(),
                exit: Exit::Abandoned,
                agent: String::new(),
                waited_ms: 60_000,
                service_level_ms: 0,
                short_abandon_ms: 0,
            };
            x.inbox.apply(&Fact::Left(left));
        }
    };
    breaks(World::new(), two_of_one_name, "the inbox has 2 entries of at most");
}
