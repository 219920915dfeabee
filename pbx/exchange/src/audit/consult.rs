//! Rules of consultations: both calls know each other, who is consulted is where the talk is, and the recording was told.

use super::Rule;
use crate::call::{Bridge, Stage};
use crate::{Exchange, Service};

pub(super) const RULES: &[Rule] = &[talks, thirds, told];

/// In a talk one consults, by a leg of it, a third whose call is placed for that.
fn talks(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        let Some(consult) = call.consult() else { continue };
        let is_party = call.other(consult.by).is_some();
        let is_known = x.calls.get(&consult.own).is_some_and(|own| own.consulted_in == Some(call.id));
        if !is_party || !is_known {
            wrong.push(format!("call {} is {:?} with {consult:?}", call.id, call.stage));
        }
    }
}

/// The call of a third is placed, or connected to the service, as the talk says; its media is with that of the talk.
fn thirds(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        let consulted = call.stage == Stage::Service { service: Service::Consult };
        let Some(target) = call.consulted_in else {
            if consulted {
                wrong.push(format!("call {} is a third's, and of no talk", call.id));
            }
            continue;
        };
        let talk = x.calls.get(&target).and_then(|talk| talk.consult());
        let Some(consult) = talk.filter(|consult| consult.own == call.id) else {
            wrong.push(format!("call {} is a third's, of which call {target} knows nothing", call.id));
            continue;
        };
        let is_right = match consult.bridge {
            Bridge::Ringing => call.stage == Stage::Placing,
            Bridge::Consulted | Bridge::Swapped | Bridge::Conference => {
                consulted && x.room_of(call.caller) == Some(target)
            }
        };
        if !is_right {
            wrong.push(format!("call {} is {:?} with {consult:?}", call.id, call.stage));
        }
    }
}

/// The recording has the third exactly while who consults hears it.
fn told(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values().filter(|call| !x.is_third_told(call)) {
        wrong.push(format!("the recording of call {} was not told of {:?}", call.id, call.consult()));
    }
}
