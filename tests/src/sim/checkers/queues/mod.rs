//! Queues and agents. These rules keep books of their own from what is written down, never from the floor's tables.

mod agents;
mod call_backs;
mod callers;
mod choices;
mod entrance;
mod kept;
mod missed;
mod rights;
mod rings;
mod shares;

pub(super) use agents::{OneCallPerAgent, TimeAddsUp, WhereTheyChose};
pub(super) use call_backs::CallBacksEndOnce;
pub(super) use callers::{EverybodyLeavesOnce, NobodyOvertakes};
pub(super) use choices::ChosenByTheRule;
pub(super) use entrance::OnlyWhoMayComesIn;
pub(super) use kept::FactsReachTheDisk;
pub(super) use missed::InboxIsWhoGaveUp;
pub(super) use rights::OnlyOwnQueues;
pub(super) use rings::RungIsOffered;
pub(super) use shares::SharesAreEven;

use crate::sim::world::Step;
use switchroom_acd::Fact;
use switchroom_exchange::{Action, Record};

/// What was written down in a step.
pub(super) fn facts(step: &Step) -> impl Iterator<Item = &Fact> {
    step.actions.iter().filter_map(fact)
}

fn fact(action: &Action) -> Option<&Fact> {
    match action {
        Action::Persist { record: Record::Floor { fact, .. }, .. } => Some(fact),
        _ => None,
    }
}

/// Steady milliseconds, as the floor counts them.
fn mono(step: &Step) -> i64 {
    i64::try_from(step.now.mono.0 / 1_000).unwrap_or(i64::MAX)
}
