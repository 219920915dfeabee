//! Rights by queue.

use super::facts;
use crate::sim::checkers::{Checker, Verdict, broken};
use crate::sim::world::{Came, SUPERVISOR, Step, World, restricted_to};
use std::collections::BTreeMap;
use switchroom_acd::{Exit, Fact};
use switchroom_exchange::{Action, AgentAct, CallId, Command, EventKind, Record, Subject, SupervisionAct};

/// Who is restricted to a queue acts on no caller who waits in another, and on no talk that an agent has from another; and
/// what is refused is written down.
#[derive(Debug, Default)]
pub(in super::super) struct OnlyOwnQueues {
    /// The queue in which a caller waits, or from which an agent has it.
    of: BTreeMap<u128, String>,
}

/// The call on which a supervisor acts.
fn acted_on(command: &Command) -> Option<CallId> {
    match command {
        Command::PickUp { call, .. }
        | Command::Transfer { call, .. }
        | Command::Agent(AgentAct::Assign { call, .. })
        | Command::Supervise { act: SupervisionAct::Begin { subject: Subject::Call(call), .. }, .. } => {
            Some(*call)
        }
        _ => None,
    }
}

impl OnlyOwnQueues {
    fn keep(&mut self, fact: &Fact) {
        match fact {
            Fact::Joined(joined) => _ = self.of.insert(joined.call, joined.queue.clone()),
            Fact::Left(left) if left.exit == Exit::Answered && !left.agent.is_empty() => {}
            Fact::Left(left) => _ = self.of.remove(&left.call),
            Fact::Talked(talked) => _ = self.of.remove(&talked.call),
            _ => {}
        }
    }
}

impl Checker for OnlyOwnQueues {
    fn rule(&self) -> &'static str {
        "who is restricted to a queue acts on no call of another, and what is refused is written down"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if step.died {
            self.of.clear();
            return Ok(());
        }
        let own = restricted_to(&world.setup);
        let call = match &step.came {
            Came::Command(_, command) => acted_on(command).filter(|_| own.is_some()),
            _ => None,
        };
        let of = call.and_then(|call| self.of.get(&call.0)).cloned();
        facts(step).for_each(|fact| self.keep(fact));
        let of = of.filter(|queue| world.exchange.floor().queue(queue).is_some());
        let foreign = of.filter(|queue| own.is_some_and(|own| own != queue));
        for action in &step.actions {
            let Action::Reply { result, .. } = action else { continue };
            if let (Some(queue), Ok(done)) = (&foreign, result) {
                return broken(call, format!("{SUPERVISOR} acts on a call of {queue}: {done}"));
            }
            let is_refused = result.as_ref().is_err_and(|why| why.contains("you may act on queues"));
            if is_refused && !step.actions.iter().any(is_written_down) {
                return broken(call, format!("{result:?} is in no event"));
            }
        }
        Ok(())
    }
}

fn is_written_down(action: &Action) -> bool {
    let Action::Persist { record: Record::Event(event), .. } = action else { return false };
    event.kind == EventKind::Audit && event.name == "refused"
}
