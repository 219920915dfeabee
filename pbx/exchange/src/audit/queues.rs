//! Rules of queues and agents: those of the floor by itself, and that floor and calls say the same.

use super::Rule;
use crate::call::Stage;
use crate::{CallId, Exchange};

pub(super) const RULES: &[Rule] = &[floor, waits, talks, inbox];

/// What the floor says of itself holds, and what it asked for has been done.
fn floor(x: &Exchange, wrong: &mut Vec<String>) {
    wrong.extend(x.floor.audit().into_iter().map(|finding| format!("{}: {}", finding.rule, finding.what)));
    if x.runs_floor {
        wrong.push("what the floor asks for is being carried out by nobody".to_owned());
    }
}

/// Who waits in a queue is a caller in a flow, whose phone rings for those agents to whom it is offered.
fn waits(x: &Exchange, wrong: &mut Vec<String>) {
    let waiting = x.visits.iter().filter(|(_, visit)| visit.waits.is_some());
    let mut count = 0;
    for (id, _) in waiting {
        count += 1;
        let Some(waiter) = x.floor.waiter(id.0) else {
            wrong.push(format!("call {id} waits, and no queue knows it"));
            continue;
        };
        let agents = waiter.offer.iter().flat_map(|offer| &offer.agents);
        for agent in agents.filter_map(|agent| x.floor.agent_by_id(*agent)) {
            let rings = x.calls.get(id).is_some_and(|call| {
                call.callee_legs()
                    .any(|leg| leg.is_live() && leg.extension.as_ref() == Some(&agent.extension))
            });
            if !rings {
                wrong.push(format!("agent {} is offered call {id}, and no phone of his rings", agent.number));
            }
        }
    }
    if count != x.floor.waiter_count() {
        wrong.push(format!("{count} callers wait, and queues have {}", x.floor.waiter_count()));
    }
}

/// An agent has a caller exactly while the two talk.
fn talks(x: &Exchange, wrong: &mut Vec<String>) {
    for agent in x.floor.agents() {
        let Some(call) = agent.call().filter(|call| x.floor.agent_of(*call).is_some()) else { continue };
        let stage = x.calls.get(&CallId(call)).map(|call| &call.stage);
        // Who has transferred the caller has the call until that is done.
        // Who has handed it off has it back later.
        let is_away = |call: &crate::Call| call.transfer.is_some() || call.hander().is_some();
        if !x.calls.get(&CallId(call)).is_some_and(is_away) && !matches!(stage, Some(Stage::Talking { .. })) {
            wrong.push(format!("agent {} talks in call {}, which is {stage:?}", agent.number, CallId(call)));
        }
    }
}

/// Who gave up is in the inbox once, under one name.
fn inbox(x: &Exchange, wrong: &mut Vec<String>) {
    wrong.extend(x.inbox.audit());
}
