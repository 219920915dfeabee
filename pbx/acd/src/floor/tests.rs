#![allow(clippy::unwrap_used)]
//! Each rule of the floor is broken once, and the audit names that rule and no other.

use super::*;
use crate::config::QueueConfig;
use crate::door::{Door, DoorFact};
use crate::limits::CALL_BACKS_MAX;
use crate::queue::Line;
use crate::tests::world::{World, one_queue};
use std::collections::BTreeMap;

const ONE: AgentId = AgentId(0);
const TWO: AgentId = AgentId(1);

/// The rules that are broken after a breach in a floor that is well.
fn broken(mut w: World, breach: impl FnOnce(&mut Floor)) -> BTreeSet<&'static str> {
    assert_eq!(w.floor.audit(), []);
    breach(&mut w.floor);
    w.floor.audit().into_iter().map(|finding| finding.rule).collect()
}

fn breaks(w: World, breach: impl FnOnce(&mut Floor), rule: &'static str) {
    assert_eq!(broken(w, breach), BTreeSet::from([rule]));
}

/// As [`breaks`], where one breach is seen by several rules.
fn breaks_also(w: World, breach: impl FnOnce(&mut Floor), rule: &'static str) {
    let broken = broken(w, breach);
    assert!(broken.contains(rule), "{broken:?}");
}

/// Agents 1 and 2 of a queue, of whom 1 is signed in.
fn idle() -> World {
    let mut w = World::new(one_queue(QueueConfig::default(), 2));
    w.sign_in("1");
    w
}

/// Call 1 rings for agent 1.
fn offered() -> World {
    let mut w = idle();
    w.join("q", "100", 0);
    assert_eq!(w.rings(1), ["1"]);
    w
}

/// Agent 1 talks with caller 1 of one queue; there is another one, in which nobody works.
fn talking_beside_another_queue() -> World {
    let mut config = one_queue(QueueConfig::default(), 1);
    config.queues.insert("r".into(), QueueConfig::default());
    let mut two = World::new(config);
    two.sign_in("1");
    two.join("q", "100", 0);
    two.answer(1, "1");
    two
}

/// Agent 1 has call 1, and call 2 waits.
fn talking() -> World {
    let mut w = offered();
    w.answer(1, "1");
    w.join("q", "101", 0);
    w
}

/// Agent 1 has call 1, and agent 2 has call 2.
fn both() -> World {
    let mut w = offered();
    w.answer(1, "1");
    w.sign_in("2");
    w.join("q", "101", 0);
    w.answer(2, "2");
    w
}

/// Agent 1 has call 1; who called as call 2 is called back as 3.
fn called_back() -> World {
    let mut w = talking();
    assert_eq!(w.call_back(2, "101"), Ok(3));
    w
}

/// Agent 1 has call 1, and has been given call 2.
fn given() -> World {
    let mut w = talking();
    assert_eq!(w.floor.assign(w.moment(), 2, "1"), Ok(false));
    w.after();
    w
}

fn agent(floor: &mut Floor, id: AgentId) -> &mut Agent {
    floor.agent_mut(id).unwrap()
}

fn queue(floor: &mut Floor) -> &mut Queue {
    floor.queue_mut(QueueId(0)).unwrap()
}

fn line(floor: &mut Floor) -> &mut Line {
    queue(floor).lines.values_mut().next().unwrap()
}

fn waiter(floor: &mut Floor, call: Call) -> &mut Waiter {
    floor.waiters.get_mut(&call).unwrap()
}

/// Agent 1 has no call any more, and nobody sees to who waits.
fn stop_talking(floor: &mut Floor) {
    agent(floor, ONE).doing = Doing::Idle;
    floor.talks.clear();
    queue(floor).talking.clear();
    floor.refresh(Moment { mono: 2_000_000, wall: 0 }, ONE, "defect");
}

/// What an agent is said to be counts as written down.
fn note_state(floor: &mut Floor, id: AgentId) {
    let agent = agent(floor, id);
    agent.noted = agent.state();
}

fn said(queue: &str) -> DoorFact {
    DoorFact { at_ms: 0, queue: queue.into(), door: Door::Closed, by: "boss".into() }
}

#[test]
fn an_agent_and_the_caller_know_of_each_other() {
    let other = Doing::Offered { call: 1, offer: 99 };
    breaks(offered(), |f| agent(f, ONE).doing = other, "who is offered a caller rings for it");
    let rings_too = |f: &mut Floor| _ = waiter(f, 1).offer.as_mut().unwrap().agents.insert(TWO);
    breaks(offered(), rings_too, "who rings for a caller is offered it");
    let swapped = |f: &mut Floor| f.talks = BTreeMap::from([(1, TWO), (2, ONE)]);
    breaks(both(), swapped, "a talk has its agent");
    let talks_with_who_waits = |f: &mut Floor| {
        if let Doing::Talking { call, .. } = &mut agent(f, ONE).doing {
            *call = 2;
        }
        f.talks = BTreeMap::from([(2, ONE)]);
        queue(f).talking = BTreeSet::from([2]);
    };
    breaks(talking(), talks_with_who_waits, "who talks does not wait");
    let rings_nowhere = |f: &mut Floor| {
        waiter(f, 2).offer = Some(Offer { number: 9, since: 0, agents: BTreeSet::new() });
        line(f).waiting.clear();
    };
    breaks(talking(), rings_nowhere, "an offer rings somewhere");
}

#[test]
fn an_agent_is_what_was_said_and_written_down() {
    let on_a_break = |f: &mut Floor| {
        agent(f, ONE).presence = crate::Presence::Break { reason: "tea".into() };
        note_state(f, ONE);
    };
    breaks(offered(), on_a_break, "only who is ready is offered anybody");
    let signed_out = |f: &mut Floor| {
        agent(f, ONE).presence = crate::Presence::LoggedOut;
        note_state(f, ONE);
        queue(f).signed_in.clear();
        queue(f).is_deserted = true;
    };
    breaks(offered(), signed_out, "only who is ready is offered anybody");
    let noted = |f: &mut Floor| agent(f, ONE).noted.activity = crate::Activity::Holding;
    breaks(offered(), noted, "a state is what was written down");
    let sits_nowhere = |f: &mut Floor| _ = f.seats.remove("x1");
    breaks(idle(), sits_nowhere, "who is signed in sits where it is said");
    let sits_elsewhere = |f: &mut Floor| agent(f, ONE).extension = "x2".into();
    breaks(idle(), sits_elsewhere, "who is signed in sits where it is said");
    breaks(idle(), |f| queue(f).signed_in.clear(), "who is signed in is counted");
}

#[test]
fn who_is_free_serves_who_waits() {
    let mut free = offered();
    free.answer(1, "1");
    free.end(1);
    let unsorted = |f: &mut Floor| {
        let agent = f.agent_by_id(ONE).unwrap().clone();
        line(f).free.remove(&agent);
    };
    breaks(free, unsorted, "the sorted agents are the free ones");
    let mut free = offered();
    free.answer(1, "1");
    free.end(1);
    breaks(free, |f| agent(f, ONE).is_reachable = false, "the sorted agents are the free ones");
    breaks(talking(), stop_talking, "nobody waits while somebody is free who may serve them");
    breaks_also(given(), stop_talking, "who is free has whom he was given");
}

#[test]
fn who_waits_stands_in_one_line_of_one_queue() {
    breaks(talking(), |f| line(f).waiting.clear(), "who waits stands in one line");
    let both_lines = |f: &mut Floor| {
        let turn = waiter(f, 1).turn;
        line(f).waiting.insert(turn);
    };
    breaks(offered(), both_lines, "who waits stands in one line");
    let no_turn = |f: &mut Floor| {
        queue(f).order.clear();
        line(f).waiting.clear();
    };
    breaks(talking(), no_turn, "who waits has a turn");
    breaks_also(talking(), |f| _ = f.waiters.remove(&2), "a turn is somebody's");
    let mut two = talking_beside_another_queue();
    two.join("q", "101", 0);
    let twice = |f: &mut Floor| {
        let waiter = waiter(f, 2).clone();
        let other = f.queue_mut(QueueId(1)).unwrap();
        let waiting = BTreeSet::from([waiter.turn]);
        other.order.clone_from(&waiting);
        other.lines.insert(waiter.profile, Line { waiting, ..Line::default() });
        other.is_deserted = true;
    };
    breaks(two, twice, "a caller waits in one queue");
}

#[test]
fn callers_stay_where_somebody_works() {
    let rule = "callers stay for a while only when nobody works here";
    breaks(talking(), |f| queue(f).is_deserted = true, rule);
    let mut empty = talking();
    empty.choose("1", crate::Presence::LoggedOut);
    breaks(empty, |f| queue(f).is_deserted = false, rule);
    breaks(idle(), |f| queue(f).is_deserted = true, rule);
}

#[test]
fn a_call_back_is_once_and_in_one_place() {
    let rule = "a call-back is in one place";
    for elsewhere in [Whereabouts::Rests(None), Whereabouts::Called(ONE)] {
        breaks(called_back(), |f| f.call_backs.get_mut(3).unwrap().whereabouts = elsewhere, rule);
    }
    let again = |f: &mut Floor| {
        let mut one = f.call_backs.get(3).unwrap().clone();
        (one.id, one.whereabouts) = (9, Whereabouts::Rests(None));
        f.call_backs.insert(one);
    };
    breaks(called_back(), again, "a number has one call-back in a queue");
    let rule = "a call-back is found by queue and number";
    breaks(called_back(), |f| f.call_backs.get_mut(3).unwrap().number = "102".into(), rule);
    breaks(called_back(), |f| f.call_backs.get_mut(3).unwrap().queue = "r".into(), rule);
    breaks(called_back(), |f| f.call_backs.misplace("102", 9), rule);
    let forgotten = |f: &mut Floor| _ = f.call_backs.remove(3);
    breaks(called_back(), forgotten, "who stands in a caller's place is a call-back");
    breaks(called_back(), |f| queue(f).call_backs.clear(), "call-backs are counted");
    let many = |f: &mut Floor| {
        let mut one = f.call_backs.get(3).unwrap().clone();
        one.whereabouts = Whereabouts::Rests(None);
        for id in 10..10 + CALL_BACKS_MAX as u128 {
            (one.id, one.number) = (id, format!("n{id}"));
            f.call_backs.insert(one.clone());
        }
    };
    breaks(called_back(), many, "call-backs are counted");
}

#[test]
fn queues_count_whom_they_let_in() {
    let two = talking_beside_another_queue();
    let twice = |f: &mut Floor| _ = f.queue_mut(QueueId(1)).unwrap().talking.insert(1);
    breaks(two, twice, "a talk is one queue's");
    breaks(talking(), |f| queue(f).talking = BTreeSet::from([9]), "who is counted as talking does");
    breaks(idle(), |f| queue(f).let_in.push_back(1), "no more is remembered than is asked for");
    let rule = "what is said is of a queue that there is";
    breaks(idle(), |f| queue(f).door = Some(said("r")), rule);
    let mut config = one_queue(QueueConfig::default(), 1);
    config.queues.insert("r".into(), QueueConfig::default());
    let gone = |f: &mut Floor| {
        let queue = f.queue_mut(QueueId(1)).unwrap();
        (queue.door, queue.is_known) = (Some(said("r")), false);
    };
    breaks(World::new(config), gone, rule);
}

#[test]
fn who_is_given_to_an_agent_is_known_to_both() {
    let rule = "who was given to an agent knows it";
    breaks(given(), |f| waiter(f, 2).assigned = Some(TWO), rule);
    breaks(given(), |f| _ = f.assigned.insert(TWO, Vec::new()), rule);
    let rule = "who was given to an agent is listed once";
    breaks(given(), |f| f.assigned.get_mut(&ONE).unwrap().push(2), rule);
    breaks(given(), |f| f.assigned.clear(), rule);
}
