//! Rules of calls: what is counted of them, their legs and sessions, their stages.

use super::Rule;
use crate::call::{Call, LegState, Stage};
use crate::record::End;
use crate::{CallId, Exchange};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_flow::node::Job;

pub(super) const RULES: &[Rule] = &[
    live_calls,
    calls_with,
    calls_made,
    legs,
    sessions,
    sessions_of_legs,
    stages,
    answered,
    order,
    held,
    transfers,
    hand_offs,
    pauses,
    alarms,
];

fn live(x: &Exchange) -> impl Iterator<Item = &Call> {
    x.calls.values().filter(|c| !c.is_ended())
}

fn live_calls(x: &Exchange, wrong: &mut Vec<String>) {
    let count = live(x).count();
    if x.live_calls != count {
        wrong.push(format!("{} calls are counted as live and {count} are", x.live_calls));
    }
}

fn calls_with(x: &Exchange, wrong: &mut Vec<String>) {
    let mut with: BTreeMap<&String, BTreeSet<CallId>> = BTreeMap::new();
    for call in live(x) {
        for extension in call.legs.values().filter(|l| l.is_live()).filter_map(|l| l.extension.as_ref()) {
            with.entry(extension).or_default().insert(call.id);
        }
    }
    for extension in with.keys().copied().chain(x.calls_with.keys()).collect::<BTreeSet<_>>() {
        let (known, real) = (x.calls_with.get(extension), with.get(extension));
        if known != real {
            wrong.push(format!(
                "extension {extension} is said to be in the calls {known:?} and is in {real:?}"
            ));
        }
    }
}

fn calls_made(x: &Exchange, wrong: &mut Vec<String>) {
    let mut made: BTreeMap<&String, usize> = BTreeMap::new();
    for extension in live(x).filter_map(|c| c.caller_leg()?.extension.as_ref()) {
        *made.entry(extension).or_default() += 1;
    }
    for extension in made.keys().copied().chain(x.calls_made.keys()).collect::<BTreeSet<_>>() {
        let (known, real) = (x.calls_made.get(extension), made.get(extension));
        if known != real {
            wrong.push(format!(
                "extension {extension} is said to have made {known:?} calls and made {real:?}"
            ));
        }
    }
}

fn legs(x: &Exchange, wrong: &mut Vec<String>) {
    for (leg, id) in &x.legs {
        if x.calls.get(id).is_none_or(|c| c.leg(*leg).is_none()) {
            wrong.push(format!("leg {} is noted for call {id}, which has no such leg", leg.0));
        }
    }
    for call in x.calls.values() {
        for (key, leg) in &call.legs {
            if x.legs.get(key) != Some(&call.id) || leg.id != *key {
                wrong.push(format!("leg {} of call {} is not noted as its leg", key.0, call.id));
            }
        }
    }
}

fn sessions(x: &Exchange, wrong: &mut Vec<String>) {
    for (session, (id, leg)) in &x.sessions {
        let call = x.calls.get(id);
        if call.is_none_or(|c| c.leg(*leg).is_none() || !c.sessions.contains(session)) {
            wrong.push(format!(
                "session {} is noted for leg {} of call {id}, which does not know it",
                session.0, leg.0
            ));
        }
    }
    for call in x.calls.values() {
        for session in &call.sessions {
            if x.sessions.get(session).is_none_or(|(id, _)| *id != call.id) {
                wrong.push(format!("session {} of call {} is not noted as its session", session.0, call.id));
            }
        }
    }
}

/// Every live leg has a session that SIP knows; an ended leg has none.
fn sessions_of_legs(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        for leg in call.legs.values() {
            let id = leg.id.0;
            match (leg.state == LegState::Ended, leg.session) {
                (true, None) => {}
                (true, Some(session)) => {
                    wrong.push(format!("leg {id} has ended and still has session {}", session.0));
                }
                (false, None) => wrong.push(format!("leg {id} is live without a session")),
                (false, Some(session)) => {
                    if x.endpoint.flow_of(session).is_none() {
                        wrong.push(format!(
                            "leg {id} is live and SIP knows nothing of its session {}",
                            session.0
                        ));
                    } else if x.sessions.get(&session) != Some(&(call.id, leg.id)) {
                        wrong.push(format!("leg {id} has session {}, which is noted for another", session.0));
                    }
                }
            }
        }
    }
}

/// A caller whose call nobody else is in: not answered yet, or by us.
fn is_waiting(caller: Option<LegState>) -> bool {
    matches!(caller, Some(LegState::Calling | LegState::Up))
}

/// Which legs a call has up and live, by its stage.
fn stages(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        let up: Vec<_> = call.legs.values().filter(|l| l.state == LegState::Up).map(|l| l.id).collect();
        let callees = call.sought_legs().count();
        // Who has transferred the caller stays up beside the search.
        let transferors = usize::from(call.transferor().is_some());
        let handers = usize::from(call.hander().is_some());
        let caller = call.caller_leg().filter(|l| l.end == End::Caller).map(|l| l.state);
        let is_right = match call.stage {
            Stage::Flow => {
                let is_answered = caller == Some(LegState::Up);
                up.len() == usize::from(is_answered) + handers && callees == 0 && is_waiting(caller)
            }
            // Its own phones are the ones that are sought.
            Stage::Placing => {
                let others = call.callee_legs().filter(|l| l.is_live()).count();
                up.is_empty() && others == 0 && callees > 0 && call.is_placed
            }
            // An agent hears whom to call back.
            Stage::Seeking if call.is_briefed() => {
                up == [call.caller] && callees == 0 && call.is_placed && call.call_back.is_some()
            }
            // Whom a flow dials for may have been answered by it, and whom we called has answered us.
            Stage::Seeking => {
                let is_sought =
                    call.is_placed || x.visits.contains_key(&call.id) || call.transfer().is_some();
                let is_answered = caller == Some(LegState::Up) && is_sought;
                up.len() == usize::from(is_answered) + transferors && callees > 0 && is_waiting(caller)
            }
            Stage::Talking { with } => {
                caller == Some(LegState::Up) && up.len() == 2 && up.contains(&with) && callees == 1
            }
            Stage::Service { .. } => caller == Some(LegState::Up) && callees == 0,
            Stage::Ended { .. } => call.legs.values().all(|l| l.state == LegState::Ended),
        };
        if !is_right {
            let legs: Vec<_> = call.legs.values().map(|l| (l.id.0, l.state)).collect();
            wrong.push(format!("call {} is {:?} with legs {legs:?}", call.id, call.stage));
        }
    }
}

fn answered(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        let is_right = match call.stage {
            Stage::Placing => call.answered.is_none() && call.with.is_none(),
            // Whom we called is up before anybody answers its call.
            Stage::Flow | Stage::Seeking if call.is_placed => {
                call.has_answered_caller() && call.answered.is_some() == call.with.is_some()
            }
            Stage::Flow | Stage::Seeking => {
                let is_answered = call.has_answered_caller();
                call.answered.is_some() == is_answered
                    && call.with.is_some() == is_answered
                    && (!is_answered || call.transfer().is_some() || x.visits.contains_key(&call.id))
            }
            Stage::Talking { .. } | Stage::Service { .. } => call.answered.is_some() && call.with.is_some(),
            Stage::Ended { .. } => call.answered.is_some() == call.with.is_some(),
        };
        if !is_right {
            wrong.push(format!(
                "call {} is {:?}, answered at {:?} by {:?}",
                call.id, call.stage, call.answered, call.with
            ));
        }
    }
}

/// Times of a call are in order: started, ringing, answered, ended.
fn order(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        let end = if let Stage::Ended { ending, .. } = &call.stage { Some(ending.at_ms) } else { None };
        let times = [Some(call.started), call.ringing, call.answered].into_iter().flatten().map(|n| n.wall.0);
        let times: Vec<i64> = times.chain(end).collect();
        let steps: Vec<i64> = call.path.iter().map(|step| step.at_ms).collect();
        if !times.is_sorted() || !steps.is_sorted() {
            wrong.push(format!("times of call {} are not in order: {times:?}, its path {steps:?}", call.id));
        }
    }
}

/// A transfer is under way exactly while phones are rung for it; who is rung back has gone before.
fn transfers(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        let Some(transfer) = call.transfer() else { continue };
        if call.stage != Stage::Seeking || transfer.by == call.caller || call.leg(transfer.by).is_none() {
            wrong.push(format!("call {} is {:?} with {transfer:?}", call.id, call.stage));
        }
        if transfer.is_return && call.transferor().is_some() {
            wrong.push(format!("call {} is rung back to who is still there", call.id));
        }
    }
}

/// Somebody is handed off exactly while its call is in a flow that it is lent to.
fn hand_offs(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        let is_lent = x.visits.get(&call.id).is_some_and(|visit| visit.is_lent);
        let is_right = match call.hand_off() {
            Some(hand_off) => {
                let is_there = call.leg(hand_off.by).is_some() && hand_off.by != call.caller;
                is_lent && is_there && call.stage == Stage::Flow
            }
            // After the end of the call the flow may still clean up.
            None => !is_lent || call.is_ended(),
        };
        if !is_right {
            wrong.push(format!(
                "call {} is {:?}, handed off: {:?}, its flow has it lent: {is_lent}",
                call.id,
                call.stage,
                call.hand_off()
            ));
        }
    }
}

/// Whether it is more than a queue's own flow, in which nothing is asked, that has the caller.
fn has_a_flow(x: &Exchange, call: &Call) -> bool {
    let flow = x.visits.get(&call.id).and_then(|visit| visit.run.at()).map(|(flow, ..)| flow);
    flow.is_some_and(|flow| !matches!(&flow.nodes[..], [one] if matches!(one.job, Job::Queue { .. })))
}

/// What is recorded has silence while one party is in a flow, and what is not recorded is not paused.
fn pauses(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        if call.is_paused_in_vain() {
            wrong.push(format!("call {} is not recorded and has its recording paused", call.id));
        }
        if call.is_taped() && call.hand_off().is_some() && !call.is_recording_paused() {
            wrong.push(format!("call {} is recorded while one of its parties is in a flow", call.id));
        }
        let talks = matches!(call.stage, Stage::Talking { .. }) && !call.is_briefed();
        if talks && call.is_recorded_into_flow() {
            wrong.push(format!("the recording of call {} waits for a talk, and two talk", call.id));
        }
        if call.is_taped() && call.stage == Stage::Flow && has_a_flow(x, call) && !call.is_recording_paused()
        {
            wrong.push(format!("call {} is recorded while a flow has its caller", call.id));
        }
    }
}

/// A call is held exactly while one of its two parties holds, or consults a third apart.
fn held(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        let holds = call.legs.values().any(|l| l.state == LegState::Up && l.holds);
        let holds = holds || call.is_consulting_apart();
        let is_held = matches!(call.stage, Stage::Talking { .. }) && holds;
        if call.held.is_some() != is_held {
            let (said, real) = (call.held.is_some(), is_held);
            wrong.push(format!("call {} is noted as held: {said}, and a party of it holds: {real}", call.id));
        }
    }
}

/// One-way audio is an alarm of a live call, as long as a leg of it is not heard.
fn alarms(x: &Exchange, wrong: &mut Vec<String>) {
    let real: BTreeSet<String> = live(x)
        .filter(|c| c.legs.values().any(|l| l.is_missing))
        .map(|c| format!("one_way:{}", c.id))
        .collect();
    let said: BTreeSet<String> = x.alarms.keys().filter(|id| id.starts_with("one_way:")).cloned().collect();
    for id in said.difference(&real) {
        wrong.push(format!("alarm {id} is up and no live call has a leg that is not heard"));
    }
    for id in real.difference(&said) {
        wrong.push(format!("alarm {id} is not up although a leg is not heard"));
    }
}
