//! Rules of queues and agents: those of the floor by itself, and that floor and calls say the same.

use super::Rule;
use crate::call::Stage;
use crate::{CallId, Exchange};

pub(super) const RULES: &[Rule] = &[floor, seats, waits, talks, call_backs, inbox];

/// What the floor says of itself holds, and what it asked for has been done.
fn floor(x: &Exchange, wrong: &mut Vec<String>) {
    wrong.extend(x.floor.audit().into_iter().map(|finding| format!("{}: {}", finding.rule, finding.what)));
    if x.runs_floor {
        wrong.push("what the floor asks for is being carried out by nobody".to_owned());
    }
}

/// Of each agent's seat the floor knows what phones and calls say: whether it can be rung, and whether it is in a call that came
/// from no queue.
fn seats(x: &Exchange, wrong: &mut Vec<String>) {
    for agent in x.floor.agents().filter(|agent| agent.presence.is_signed_in()) {
        let is_reachable = x.registrar.of(&agent.extension).any(|binding| binding.obstacle().is_none());
        let from_queue = agent.call().filter(|_| agent.has_caller()).map(|call| x.call_for(call));
        let mut calls = x.calls_with.get(&agent.extension).into_iter().flatten();
        let is_busy = calls.any(|call| Some(*call) != from_queue);
        if (agent.is_reachable, agent.is_busy) != (is_reachable, is_busy) {
            wrong.push(format!(
                "agent {} at {} is said to be reachable: {}, busy: {}, and is {is_reachable}, {is_busy}",
                agent.number, agent.extension, agent.is_reachable, agent.is_busy
            ));
        }
    }
    if !x.seats_changed.is_empty() {
        wrong.push(format!("the floor was not told of the seats {:?}", x.seats_changed));
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
        let Some(name) = agent.call().filter(|call| x.floor.agent_of(*call).is_some()) else { continue };
        let call = x.call_for(name).0;
        let stage = x.calls.get(&CallId(call)).map(|call| &call.stage);
        // Who has transferred the caller has the call until that is done.
        // Who has handed it off has it back later.
        let is_away = |call: &crate::Call| call.transfer().is_some() || call.hander().is_some();
        let is_leaving = x.calls.get(&CallId(call)).is_some_and(is_away);
        // Who calls somebody back has that one before it answers.
        let calls_back = x.floor.call_back(name).is_some() && matches!(stage, Some(Stage::Seeking));
        if !is_leaving && !calls_back && !matches!(stage, Some(Stage::Talking { .. })) {
            wrong.push(format!("agent {} talks in call {}, which is {stage:?}", agent.number, CallId(call)));
        }
    }
}

/// A call that is placed for a call-back is live, known by one name, and has the agents to whom that is offered, or who took it.
fn call_backs(x: &Exchange, wrong: &mut Vec<String>) {
    for (name, placed) in &x.placed {
        let id = placed.call;
        let Some(call) = x.calls.get(&id).filter(|call| call.call_back == Some(*name) && !call.is_ended())
        else {
            wrong.push(format!("call {id} is placed for {name:x}, and is over or for another"));
            continue;
        };
        let offer = x.floor.waiter(*name).and_then(|waiter| waiter.offer.as_ref());
        let rings = offer.is_some_and(|offer| offer.number == placed.offer);
        let has_agent = x.floor.agent_of(*name).is_some();
        if (call.stage == Stage::Placing, has_agent) != (rings, !rings) {
            wrong.push(format!("call {id} is placed for {name:x}, and that is offered to nobody"));
        }
        for agent in offer.iter().filter(|_| rings).flat_map(|offer| &offer.agents) {
            let Some(agent) = x.floor.agent_by_id(*agent) else { continue };
            if !call.sought_legs().any(|leg| leg.extension.as_ref() == Some(&agent.extension)) {
                wrong.push(format!("agent {} is offered {name:x}, and no phone of his rings", agent.number));
            }
        }
    }
    for one in x.floor.call_backs() {
        let is_offered = x.floor.waiter(one.id).is_some_and(|waiter| waiter.offer.is_some());
        let is_called = x.floor.agent_of(one.id).is_some();
        if (is_offered || is_called) && !x.placed.contains_key(&one.id) {
            wrong.push(format!("{:x} is offered or called, and there is no call for it", one.id));
        }
    }
    let known = x.calls.values().filter(|call| call.call_back.is_some()).count();
    if known != x.placed.len() {
        wrong.push(format!("{known} calls are for call-backs, and {} are known", x.placed.len()));
    }
}

/// Who gave up is in the inbox once, under one name.
fn inbox(x: &Exchange, wrong: &mut Vec<String>) {
    wrong.extend(x.inbox.audit());
}
