//! Rules of supervision: who is at which call, and that the media engine was told all of it.

use super::Rule;
use crate::call::{LegState, Stage};
use crate::{Exchange, Mode};

pub(super) const RULES: &[Rule] = &[owners, told, rooms, table];

/// A supervisor has a live call of its own, and is at a call in which two talk.
fn owners(x: &Exchange, wrong: &mut Vec<String>) {
    for (id, one) in x.supervisions.iter() {
        if x.calls.get(id).is_none_or(|call| call.is_ended()) {
            wrong.push(format!("a supervisor is known by call {id}, which is over"));
        }
        if let Some(target) = one.target
            && !x.calls.get(&target).is_some_and(|call| matches!(call.stage, Stage::Talking { .. }))
        {
            wrong.push(format!("supervisor {id} is at call {target}, in which nobody talks"));
        }
    }
}

/// What supervisors hear, and who hears them, is what was told.
fn told(x: &Exchange, wrong: &mut Vec<String>) {
    for (id, one) in x.supervisions.iter() {
        let is_right = x.is_told(*id);
        if !is_right {
            wrong.push(format!("the media engine was not told all of supervisor {id}"));
        }
        if one.mode == Mode::Listen && !x.is_unheard(*id) {
            wrong.push(format!("supervisor {id} listens, and is heard"));
        }
    }
}

/// Only a supervisor's live leg has its media with another call's, and then with that of the call that it is at.
fn rooms(x: &Exchange, wrong: &mut Vec<String>) {
    for (leg, room) in &x.rooms {
        let call = x.legs.get(leg).and_then(|id| x.calls.get(id));
        let is_closing = x.closing.contains_key(leg);
        let Some(one) = call.and_then(|call| call.leg(*leg)) else {
            if !is_closing {
                wrong.push(format!("leg {} is in a room and in no call", leg.0));
            }
            continue;
        };
        if one.slot.is_none() {
            wrong.push(format!("leg {} is in a room and has no media", leg.0));
        }
        let supervision = call.and_then(|call| x.supervisions.get(&call.id));
        let target = supervision.and_then(|supervision| supervision.target);
        if one.state == LegState::Up && target.is_some_and(|target| target != *room) {
            wrong.push(format!("leg {} is in the room of call {room} and supervises another", leg.0));
        }
    }
}

/// Who is at which call is found by the call.
fn table(x: &Exchange, wrong: &mut Vec<String>) {
    wrong.extend(x.supervisions.audit().map(str::to_owned));
}
