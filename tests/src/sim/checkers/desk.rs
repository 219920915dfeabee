//! What users may do: with what is their own, and where they are restricted to some queues.

use super::queues::facts;
use super::{Checker, Verdict, broken};
use crate::sim::world::{Came, SUPERVISOR, Step, USER, World};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_acd::Fact;
use switchroom_acd::agent::Doing;
use switchroom_exchange::{
    Action, AgentAct, CallId, Command, EventKind, Leg, LegState, MediaCommand, Record, Subject,
    SupervisionAct,
};
use switchroom_sip::time::Mono;

/// What a command is about.
enum About<'a> {
    Call(CallId),
    Agent(&'a str),
    Queue(&'a str),
    /// An extension.
    Seat(&'a str),
    Other,
}

fn about(command: &Command) -> About<'_> {
    match command {
        Command::HangUp(call)
        | Command::Transfer { call, .. }
        | Command::PickUp { call, .. }
        | Command::HandOff { call, .. }
        | Command::Consult { call, .. }
        | Command::Record { call, .. }
        | Command::Note { call, .. }
        | Command::Supervise { act: SupervisionAct::Begin { subject: Subject::Call(call), .. }, .. }
        | Command::Agent(
            AgentAct::Assign { call, .. } | AgentAct::Priority { call, .. } | AgentAct::TakeOut { call },
        ) => About::Call(*call),
        Command::Agent(
            AgentAct::Choose { agent, .. } | AgentAct::WrapUp { agent, .. } | AgentAct::Told { agent, .. },
        )
        | Command::Supervise { act: SupervisionAct::Begin { subject: Subject::Agent(agent), .. }, .. } => {
            About::Agent(agent)
        }
        Command::Agent(AgentAct::Door { queue, .. }) => About::Queue(queue),
        Command::Dial { from: seat, .. }
        | Command::Supervise {
            act: SupervisionAct::Begin { subject: Subject::Extension(seat), .. }, ..
        } => About::Seat(seat),
        _ => About::Other,
    }
}

/// Whether an action, other than the answer, comes of a command's being carried out; others may be due at the same time.
fn is_for(action: &Action, command: &Command) -> bool {
    match (action, about(command)) {
        (
            Action::Media(
                MediaCommand::Hear { call, .. }
                | MediaCommand::Play { call, .. }
                | MediaCommand::Record { call, .. }
                | MediaCommand::PauseRecording { call, .. }
                | MediaCommand::StopRecording { call, .. }
                | MediaCommand::Close { call, .. },
            ),
            About::Call(id),
        ) => *call == id,
        (Action::Persist { record: Record::Event(event), .. }, About::Call(id)) => {
            event.call == Some(id) && event.kind == EventKind::Audit && event.name != "refused"
        }
        (Action::Persist { record: Record::Floor { fact, .. }, .. }, About::Agent(agent)) => {
            matches!(&**fact, Fact::Agent(fact) if fact.agent == agent)
        }
        _ => false,
    }
}

/// A user without further rights acts on calls that the own phone is in and on the agent who sits there: everything else is
/// refused, and nothing comes of it.
#[derive(Debug, Default)]
pub(super) struct OwnIsOwn {
    /// As of before the step.
    calls: BTreeSet<CallId>,
    agents: BTreeSet<String>,
    /// The call that the agent there writes up: that one may say something of it, and do nothing else.
    written_up: Option<CallId>,
    /// When something of the exchange's own was due.
    due: Option<Mono>,
}

impl OwnIsOwn {
    fn look(&mut self, world: &World, seat: &str) {
        let is_in = |call: &CallId| {
            let call = world.exchange.call(*call);
            call.is_some_and(|call| {
                let is_own = |leg: &Leg| {
                    leg.extension.as_deref() == Some(seat)
                        && (call.is_ended() || leg.state != LegState::Ended)
                };
                call.legs.values().any(is_own)
            })
        };
        let floor = world.exchange.floor();
        self.due = world.exchange.poll_timeout();
        self.calls = world.exchange.calls().map(|call| call.id).filter(is_in).collect();
        self.written_up = match floor.agent_at(seat).map(|agent| &agent.doing) {
            Some(Doing::WrapUp { call, .. }) => Some(CallId(*call)),
            _ => None,
        };
        // Who signed out in a talk sits there until it is written up.
        let sits = |agent: &&switchroom_acd::agent::Agent| {
            agent.config.extension.as_deref() == Some(seat)
                || agent.extension == seat && (agent.presence.is_signed_in() || agent.doing != Doing::Idle)
        };
        self.agents = floor.agents().filter(sits).map(|agent| agent.number.to_string()).collect();
    }
}

impl Checker for OwnIsOwn {
    fn rule(&self) -> &'static str {
        "who may act on what is the own only acts on nothing else"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        let seat = world.exchange.config().supervision.users.get(USER).cloned().unwrap_or_default();
        let verdict = match &step.came {
            Came::Command(_, Command::Own(command)) if !step.died => {
                let is_own = match about(command) {
                    About::Call(call) => {
                        let is_note = matches!(**command, Command::Note { .. });
                        self.calls.contains(&call) || is_note && self.written_up == Some(call)
                    }
                    About::Agent(agent) => self.agents.contains(agent),
                    About::Seat(one) => one == seat,
                    About::Queue(_) => false,
                    About::Other => true,
                };
                // What was due at that very moment is done beside the command, which is told by its answer then.
                let is_due = self.due.is_some_and(|at| at <= step.now.mono);
                let is_wrong = |action: &&Action| match action {
                    Action::Reply { result, .. } => result.is_ok(),
                    action => !is_due && is_for(action, command),
                };
                match step.actions.iter().find(is_wrong).filter(|_| !is_own) {
                    Some(action) => {
                        broken(None, format!("{command:?} is not the own of who is at {seat}: {action:?}"))
                    }
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        };
        self.look(world, &seat);
        verdict
    }
}

/// Who is restricted to some queues acts on their calls and hears them, and no others: also where no agent has the call from a
/// queue, and it is of those in which whoever sits at its phones works.
#[derive(Debug, Default)]
pub(super) struct ActsWithinQueues {
    /// The queues of each call as of before the step; `None`: that is not told from outside.
    of: BTreeMap<CallId, Option<BTreeSet<String>>>,
    /// What each call was of: since an agent had it from a queue, that one first, and else ever. Where nobody works anywhere who
    /// is in it now, it is of one of them.
    was_of: BTreeMap<CallId, BTreeSet<String>>,
}

impl ActsWithinQueues {
    fn look(&mut self, world: &World) {
        let before = std::mem::take(&mut self.of);
        self.was_of.retain(|id, _| world.exchange.call(*id).is_some());
        for call in world.exchange.calls() {
            let id = call.id;
            let now = queues_of(world, id);
            if let Some(queue) = talked_for(world, id) {
                self.was_of.insert(id, [queue].into());
            } else {
                self.was_of.entry(id).or_default().extend(now.iter().flatten().cloned());
            }
            let of = match now {
                // When it is over it stays of what it was of.
                Some(_) if call.is_ended() && before.contains_key(&id) => before[&id].clone(),
                // A call in which somebody is consulted is of what the talk is of.
                Some(of) if of.is_empty() => {
                    let talk = call.consulted_in.unwrap_or(id);
                    Some(self.was_of.get(&talk).cloned().unwrap_or_default())
                }
                of => of,
            };
            self.of.insert(id, of);
        }
    }
}

/// The queue from which an agent has a call.
pub(super) fn talked_for(world: &World, id: CallId) -> Option<String> {
    let floor = world.exchange.floor();
    let queue = floor.agents().find_map(|agent| match &agent.doing {
        Doing::Talking { call, queue, .. } if world.exchange.call_for(*call) == id => Some(*queue),
        _ => None,
    })?;
    floor.queue_by_id(queue).map(|queue| queue.name.clone())
}

/// The queues that a call is of; `None`: that is not told from outside.
pub(super) fn queues_of(world: &World, id: CallId) -> Option<BTreeSet<String>> {
    let (floor, call) = (world.exchange.floor(), world.exchange.call(id)?);
    if let Some(talk) = call.consulted_in {
        return queues_of(world, talk);
    }
    let waits = || floor.queue_by_id(floor.waiter(id.0)?.queue).map(|queue| queue.name.clone());
    if let Some(queue) = talked_for(world, id).or_else(waits) {
        return Some([queue].into());
    }
    // A call to who is called back is of its queue before the agent has it.
    if floor.call_backs().any(|one| world.exchange.call_for(one.id) == id) {
        return None;
    }
    let seats = call
        .legs
        .values()
        .filter(|leg| leg.state != LegState::Ended)
        .filter_map(|leg| leg.extension.as_deref());
    Some(seats.flat_map(|seat| queues_at(world, seat)).collect())
}

/// The queues in which whoever sits at a phone works.
fn queues_at(world: &World, seat: &str) -> BTreeSet<String> {
    let agent = world.exchange.floor().agent_at(seat);
    agent.map(|agent| agent.config.queues.keys().cloned().collect()).unwrap_or_default()
}

/// The queues in which an agent works, by what is configured.
fn queues_with(world: &World, agent: &str) -> BTreeSet<String> {
    let agent = world.exchange.floor().agent(agent);
    agent.map(|agent| agent.config.queues.keys().cloned().collect()).unwrap_or_default()
}

impl Checker for ActsWithinQueues {
    fn rule(&self) -> &'static str {
        "who is restricted to some queues acts on their calls, and no others"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        let restricted = &world.exchange.config().supervision.queues;
        let Some(allowed) = restricted.get(SUPERVISOR) else { return Ok(()) };
        let verdict = match &step.came {
            Came::Command(SUPERVISOR, command) if !step.died && step.is_done() => {
                let (call, of) = match about(command) {
                    About::Call(call) => (Some(call), self.of.get(&call).cloned().flatten()),
                    About::Agent(agent) => (None, Some(queues_with(world, agent))),
                    About::Queue(queue) => (None, Some([queue.to_owned()].into())),
                    About::Seat(seat) => (None, Some(queues_at(world, seat))),
                    About::Other => (None, None),
                };
                match of.filter(|of| allowed.is_disjoint(of)) {
                    Some(of) => {
                        broken(call, format!("who may act on {allowed:?} was let do {command:?}, of {of:?}"))
                    }
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        };
        self.look(world);
        // Who was let in and left within the step is of that queue, too.
        for fact in facts(step) {
            if let Fact::Joined(joined) = fact {
                self.was_of.entry(CallId(joined.call)).or_default().insert(joined.queue.clone());
            }
        }
        verdict
    }
}
