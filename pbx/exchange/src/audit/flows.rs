//! Rules of callers in flows: each is in one place, and what was begun for it has an owner.

use super::Rule;
use crate::call::Stage;
use crate::due::Timer;
use crate::{CallId, Exchange};

pub(super) const RULES: &[Rule] = &[runs, places, searches, messages];

/// What the flow of each caller says of itself holds, and it has been told everything.
fn runs(x: &Exchange, wrong: &mut Vec<String>) {
    for (id, visit) in &x.visits {
        if let Some(rule) = visit.run.audit() {
            wrong.push(format!("call {id}: {rule}"));
        }
        if !visit.is_quiet() {
            wrong.push(format!("the flow of call {id} has news that it was not told"));
        }
        let is_ended = x.calls.get(id).is_some_and(crate::Call::is_ended);
        let waits = visit.taking.is_some() && x.timers.get(Timer::Flow(*id)).is_some();
        if is_ended && !visit.run.is_gone() && !waits {
            wrong.push(format!("call {id} is over and its flow was not told"));
        }
        if let Some(around) = &visit.around {
            let is_waiting = around.run.is_connecting() && around.is_quiet() && around.around.is_none();
            if !visit.is_lent || !is_waiting || around.waits.is_some() || around.dial.is_some() {
                wrong.push(format!("the flow of call {id} interrupts one that has no caller to lend"));
            }
        }
        if visit.run.is_over() {
            wrong.push(format!("the flow of call {id} is over and still there"));
        }
    }
}

/// A caller is in exactly one place: in the hands of its flow, sought for, or talking.
fn places(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        let visit = x.visits.get(&call.id);
        let is_connecting = visit.map(|visit| visit.run.is_connecting());
        let is_right = match call.stage {
            Stage::Placing => visit.is_none(),
            Stage::Flow => visit.is_some_and(|visit| visit.run.is_connecting() == visit.waits.is_some()),
            Stage::Seeking => is_connecting != Some(false),
            // Whom no flow wants back, the flow believes to be connected until the end.
            Stage::Talking { .. } => is_connecting != Some(false),
            Stage::Service { .. } => visit.is_none(),
            Stage::Ended { .. } => is_connecting != Some(true),
        };
        if !is_right {
            wrong.push(format!(
                "call {} is {:?}, and its flow has it connected: {is_connecting:?}",
                call.id, call.stage
            ));
        }
    }
    for id in x.visits.keys().filter(|id| !x.calls.contains_key(id)) {
        wrong.push(format!("the call {id} has gone and its flow has not"));
    }
}

/// A flow's search goes on exactly while phones are rung for it.
fn searches(x: &Exchange, wrong: &mut Vec<String>) {
    for (id, visit) in &x.visits {
        let is_seeking = x.calls.get(id).is_some_and(|call| call.stage == Stage::Seeking);
        let is_offered = x.floor.waiter(id.0).is_some_and(|waiter| waiter.offer.is_some());
        let is_transferred = x.calls.get(id).is_some_and(|call| call.transfer().is_some());
        let is_picked_up = visit.waits.is_some() && is_picked_up(x, *id);
        let is_sought = visit.dial.is_some() || is_offered || is_transferred || is_picked_up;
        if is_sought != is_seeking {
            wrong.push(format!("call {id}: somebody is sought: {is_sought}, phones ring: {is_seeking}"));
        }
    }
}

/// Whether a phone rings for a caller in a queue that is of no agent to whom it is offered: a user's.
fn is_picked_up(x: &Exchange, id: CallId) -> bool {
    let offer = x.floor.waiter(id.0).and_then(|waiter| waiter.offer.as_ref());
    let agents = offer.into_iter().flat_map(|offer| &offer.agents);
    let seats: Vec<_> =
        agents.filter_map(|agent| x.floor.agent_by_id(*agent)).map(|agent| &agent.extension).collect();
    let is_users = |leg: &crate::Leg| leg.extension.as_ref().is_some_and(|seat| !seats.contains(&seat));
    x.calls.get(&id).is_some_and(|call| call.sought_legs().any(is_users))
}

/// A message that a flow waits for is being made.
fn messages(x: &Exchange, wrong: &mut Vec<String>) {
    for (id, visit) in &x.visits {
        if let Some(taking) = &visit.taking
            && !x.mailboxes.unfinished.contains_key(&taking.id)
        {
            wrong.push(format!("the flow of call {id} waits for message {}, which nobody makes", taking.id));
        }
    }
    if x.mailboxes.all().next().is_some() != x.timers.get(Timer::Messages).is_some() {
        wrong.push("messages are looked through exactly while there are some".to_owned());
    }
}
