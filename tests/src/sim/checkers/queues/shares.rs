//! Who gets how many calls.

use super::super::{Checker, Verdict, broken};
use super::facts;
use crate::sim::world::{Step, World};
use std::collections::BTreeMap;
use switchroom_acd::Fact;
use switchroom_acd::config::SortKey;
use switchroom_acd::fact::OfferOutcome;

/// One agent may have had a turn of the last round, and another be busy with one of the round before.
const LAST_ROUND: u64 = 2;

/// What an agent was given since all were there.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Share {
    answered: u64,
    /// Offers whose caller was gone before the agent could answer: a turn, and no call.
    in_vain: u64,
}

/// Where agents are alike and do nothing but answer, turns are even.
#[derive(Debug, Default)]
pub(in super::super) struct SharesAreEven {
    shares: BTreeMap<String, Share>,
}

impl Checker for SharesAreEven {
    fn rule(&self) -> &'static str {
        "where agents are alike and turns are given fairly, they answer equally many calls but for the last round"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if world.setup.floor.fair.is_none() {
            return Ok(());
        }
        for fact in facts(step) {
            match fact {
                Fact::Agent(fact) => _ = self.shares.entry(fact.agent.clone()).or_default(),
                Fact::OfferEnded(ended) if self.shares.len() == world.setup.floor.agents => {
                    let share = self.shares.entry(ended.agent.clone()).or_default();
                    share.answered += u64::from(ended.outcome == OfferOutcome::Answered);
                    share.in_vain += u64::from(ended.outcome == OfferOutcome::Withdrawn);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn rest(&mut self, world: &World) -> Verdict {
        let Some(key) = world.setup.floor.fair else { return Ok(()) };
        let answered = self.shares.values().map(|share| share.answered);
        let spread = answered.clone().max().unwrap_or(0) - answered.min().unwrap_or(0);
        // Whoever had a turn in vain comes last again, and nothing remembers it; or makes up for it, where there is a choice.
        let in_vain = self.shares.values().map(|share| share.in_vain).sum::<u64>();
        let remembers = key != SortKey::RoundRobin && !world.setup.floor.is_crowded();
        let most = LAST_ROUND + if remembers { 0 } else { in_vain };
        if spread > most {
            let text =
                format!("by {}, {spread} calls apart where {most} may be: {:?}", key.word(), self.shares);
            return broken(None, text);
        }
        Ok(())
    }
}
