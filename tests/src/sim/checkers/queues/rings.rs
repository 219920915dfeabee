//! Whose phones ring.

use super::super::{Checker, Verdict, broken};
use super::fact;
use crate::sim::glance::Glance;
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_acd::Fact;
use switchroom_exchange::{Action, Command};

/// A phone that rings for somebody who waits is that of an agent to whom that caller is offered, unless a user picked the
/// caller up there.
#[derive(Debug, Default)]
pub(in super::super) struct RungIsOffered {
    seats: BTreeMap<String, String>,
    waiting: BTreeSet<u128>,
    offers: BTreeSet<(u128, String)>,
    /// Phones at which users picked callers up.
    picked: BTreeSet<(u128, String)>,
    rung: BTreeSet<String>,
}

impl RungIsOffered {
    fn write(&mut self, fact: &Fact) {
        match fact {
            Fact::Agent(fact) => _ = self.seats.insert(fact.agent.clone(), fact.extension.clone()),
            Fact::Joined(joined) => _ = self.waiting.insert(joined.call),
            Fact::Left(left) => {
                self.waiting.remove(&left.call);
                self.picked.retain(|(call, _)| *call != left.call);
            }
            Fact::Offered(decision) => {
                self.offers.extend(decision.chosen.iter().map(|agent| (decision.call, agent.clone())));
            }
            Fact::OfferEnded(ended) => _ = self.offers.remove(&(ended.call, ended.agent.clone())),
            Fact::Talked(_) | Fact::WrappedUp(_) | Fact::Missed(_) | Fact::CallBack(_) | Fact::Door(_) => {}
        }
    }

    /// A new INVITE to a phone.
    fn rings(&mut self, world: &World, sip_call_id: &str) -> Verdict {
        if !self.rung.insert(sip_call_id.to_owned()) {
            return Ok(());
        }
        let leg = world.exchange.calls().find_map(|call| {
            let leg = call.callee_legs().find(|leg| leg.sip_call_id == sip_call_id)?;
            Some((call.id, leg.extension.clone()?))
        });
        let Some((call, extension)) = leg.filter(|(call, _)| self.waiting.contains(&call.0)) else {
            return Ok(());
        };
        let is_offered = self
            .offers
            .iter()
            .any(|(of, agent)| *of == call.0 && self.seats.get(agent).is_some_and(|seat| *seat == extension));
        if is_offered || self.picked.contains(&(call.0, extension.clone())) {
            return Ok(());
        }
        broken(Some(call), format!("{extension} rings for call {call}, which is offered to nobody there"))
    }
}

impl Checker for RungIsOffered {
    fn rule(&self) -> &'static str {
        "a phone that rings for somebody who waits is that of an agent who is offered the call, or one to which a user had \
         the caller picked up"
    }

    fn begin(&mut self, world: &World, _step: &Step) -> Verdict {
        let known = world.store.disk.agents.values().map(|(_, one)| one);
        let seats = known.map(|one| (one.agent.clone(), one.extension.clone())).collect();
        *self = Self { seats, ..Self::default() };
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        // Whoever picks a caller up is rung beside all agents. Of a step that was cut short nobody heard the reply.
        if let Came::Command(_, Command::PickUp { call, phone: Some(phone) }) = &step.came
            && (step.died || step.is_done())
        {
            self.picked.insert((call.0, phone.clone()));
        }
        for action in &step.actions {
            if let Some(fact) = fact(action) {
                self.write(fact);
            }
            if let Action::Send { bytes, .. } = action
                && bytes.starts_with(b"INVITE ")
                && let Some(glance) = Glance::of(bytes)
            {
                self.rings(world, glance.call_id)?;
            }
        }
        Ok(())
    }
}
