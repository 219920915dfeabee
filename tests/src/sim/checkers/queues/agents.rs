//! What agents do, and for how long.

use super::super::{Checker, Verdict, broken};
use super::{facts, mono};
use crate::sim::world::{Came, Step, World};
use std::collections::BTreeMap;
use switchroom_acd::fact::AgentFact;
use switchroom_acd::{
    Activity, CallBackAct, CallBackEnd, CallBackFact, Exit, Fact, Presence, Remembered, State,
};
use switchroom_exchange::{AgentAct, CallId, Command};

/// Who changed a presence, in what is written down, when it was the agent's own phone in a flow.
const BY_PHONE: &str = "agent";

/// No agent has two calls of queues, or is offered one but ready and idle.
#[derive(Debug, Default)]
pub(in super::super) struct OneCallPerAgent {
    offers: BTreeMap<String, u64>,
    talks: BTreeMap<String, u128>,
    /// Agents who call somebody back whom they have not reached yet.
    calling: BTreeMap<u128, String>,
}

fn is_reached(fact: &Fact) -> bool {
    let Fact::CallBack(fact) = fact else { return false };
    matches!(fact.act, CallBackAct::Closed { how: CallBackEnd::Reached, .. })
}

impl Checker for OneCallPerAgent {
    fn rule(&self) -> &'static str {
        "no agent has two calls of queues, or is offered one during after-call time, a break or another offer"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, _world: &World, step: &Step) -> Verdict {
        for fact in facts(step) {
            match fact {
                Fact::Agent(fact) if fact.is.activity == Activity::Offered => {
                    let free = State { presence: Presence::Ready, activity: Activity::Idle };
                    if fact.was != free || fact.is.presence != Presence::Ready {
                        return broken(None, format!("an offer to who is not free: {fact:?}"));
                    }
                }
                Fact::Offered(decision) => {
                    for agent in &decision.chosen {
                        let talks = self.talks.get(agent);
                        let old = self.offers.insert(agent.clone(), decision.offer);
                        if old.is_some() || talks.is_some() {
                            let text = format!(
                                "agent {agent} is offered {} with offer {old:?}, talk {talks:?}",
                                decision.offer
                            );
                            return broken(Some(CallId(decision.call)), text);
                        }
                    }
                }
                Fact::OfferEnded(ended) => {
                    let offer = self.offers.remove(&ended.agent);
                    if offer != Some(ended.offer) {
                        return broken(Some(CallId(ended.call)), format!("no such offer: {ended:?}"));
                    }
                }
                Fact::Left(left) if left.exit == Exit::Answered => {
                    if let Some(other) = self.talks.insert(left.agent.clone(), left.call) {
                        return broken(Some(CallId(other)), format!("agent {} has two calls", left.agent));
                    }
                }
                // Whoever calls somebody back has that one as soon as he has answered for it.
                Fact::CallBack(CallBackFact { id, act: CallBackAct::Called { agent }, .. }) => {
                    if let Some(other) = self.talks.insert(agent.clone(), *id) {
                        return broken(Some(CallId(other)), format!("agent {agent} has two calls"));
                    }
                    self.calling.insert(*id, agent.clone());
                }
                Fact::CallBack(CallBackFact {
                    id,
                    act: CallBackAct::Tried | CallBackAct::Closed { .. },
                    ..
                }) => {
                    // In vain, or they talk: then the talk ends by itself.
                    let is_talk = is_reached(fact);
                    if let Some(agent) = self.calling.remove(id).filter(|_| !is_talk) {
                        self.talks.remove(&agent);
                    }
                }
                Fact::Talked(talked) => {
                    let call = self.talks.remove(&talked.agent);
                    if call != Some(talked.call) {
                        return broken(Some(CallId(talked.call)), format!("no such talk: {talked:?}"));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn rest(&mut self, _world: &World) -> Verdict {
        match (self.offers.first_key_value(), self.talks.first_key_value()) {
            (None, None) => Ok(()),
            left => broken(None, format!("at rest there are {left:?}")),
        }
    }
}

/// A state of an agent begins where the one before ended, and lasts as long as the steady clock says.
#[derive(Debug, Default)]
pub(in super::super) struct TimeAddsUp {
    /// Since when; `None` if that was before this life.
    states: BTreeMap<String, (State, Option<i64>)>,
}

impl TimeAddsUp {
    fn follow(&mut self, now: i64, fact: &AgentFact) -> Verdict {
        let known = self.states.insert(fact.agent.clone(), (fact.is.clone(), Some(now)));
        let (state, since) = known.unwrap_or_default();
        if state != fact.was {
            return broken(None, format!("it was {state:?}, not as in {fact:?}"));
        }
        // Nobody counts how long somebody was not there, and who was not configured meanwhile is new.
        let lasted = since.filter(|_| state.presence.is_signed_in()).map(|since| now.abs_diff(since));
        if lasted.is_some_and(|lasted| lasted != fact.lasted_ms) {
            return broken(None, format!("it lasted {lasted:?} ms, not as in {fact:?}"));
        }
        Ok(())
    }
}

impl Checker for TimeAddsUp {
    fn rule(&self) -> &'static str {
        "an agent's time in states adds up to the time signed in, to the millisecond"
    }

    fn begin(&mut self, world: &World, step: &Step) -> Verdict {
        if !step.died {
            let known = world.store.disk.agents.values().map(|(_, one)| one);
            self.states = known.map(|one| (one.agent.clone(), (one.state.clone(), None))).collect();
        }
        Ok(())
    }

    fn step(&mut self, _world: &World, step: &Step) -> Verdict {
        if step.came == Came::Start && step.died {
            // What of this start reached the disk is known at the next one only.
            return Ok(());
        }
        let now = mono(step);
        facts(step).try_for_each(|fact| match fact {
            Fact::Agent(fact) => self.follow(now, fact),
            _ => Ok(()),
        })
    }
}

/// Agents are where they chose to be, or where a rule that is written down put them: at once, after a restart as the store
/// says, and at rest, when they are idle as well.
#[derive(Debug, Default)]
pub(in super::super) struct WhereTheyChose {
    presences: BTreeMap<String, Presence>,
}

impl WhereTheyChose {
    /// After a restart: as the store remembers. Of two at one place, one had to go.
    fn restarted(&mut self, world: &World) -> Verdict {
        let floor = world.exchange.floor();
        let known = world
            .store
            .disk
            .agents
            .values()
            .map(|(_, one)| one)
            .filter(|one| one.state.presence.is_signed_in());
        let seats: Vec<&str> = known.map(|one| one.extension.as_str()).collect();
        for Remembered { agent, extension, state, .. } in world.store.disk.agents.values().map(|(_, one)| one)
        {
            let config = floor.config().agents.get(agent);
            let is_his = config.is_some_and(|c| c.extension.as_ref().is_none_or(|own| own == extension));
            let is_shared = seats.iter().filter(|seat| *seat == extension).count() > 1;
            let is = floor.agent(agent).map(|agent| agent.presence.clone()).unwrap_or_default();
            if is_his && !is_shared && is != state.presence {
                return broken(None, format!("agent {agent} is {is:?}, and in the store {state:?}"));
            }
        }
        Ok(())
    }
}

/// What was written down of agents in a step.
fn agent_facts(step: &Step) -> impl Iterator<Item = &AgentFact> {
    facts(step).filter_map(|fact| match fact {
        Fact::Agent(fact) => Some(fact),
        _ => None,
    })
}

/// Whether an agent was where somebody chose, and went on from there in the same step by the own phone: it waited as a
/// caller in a queue that this choice left without agents, and its flow went on.
fn by_own_phone(step: &Step, agent: &str, was: &Presence, chosen: &Presence) -> bool {
    let mut is = was;
    let mut left_by = None;
    for fact in agent_facts(step).filter(|fact| fact.agent == agent) {
        if is == chosen && fact.is.presence != *chosen {
            left_by = Some(fact.by.as_str());
        }
        is = &fact.is.presence;
    }
    left_by == Some(BY_PHONE)
}

impl Checker for WhereTheyChose {
    fn rule(&self) -> &'static str {
        "agents are where they chose to be, after a restart as well, and idle at rest"
    }

    fn begin(&mut self, world: &World, step: &Step) -> Verdict {
        let known = world.store.disk.agents.values().map(|(_, one)| one);
        self.presences = known.map(|one| (one.agent.clone(), one.state.presence.clone())).collect();
        if step.died { Ok(()) } else { self.restarted(world) }
    }

    fn step(&mut self, _world: &World, step: &Step) -> Verdict {
        let before = self.presences.clone();
        for fact in agent_facts(step) {
            self.presences.insert(fact.agent.clone(), fact.is.presence.clone());
        }
        if let Some(Command::Agent(AgentAct::Choose { agent, presence, .. })) = step.command()
            && step.is_done()
        {
            let is = self.presences.get(agent).cloned().unwrap_or_default();
            // A phone that cannot be reached may be found so at once, by a rule.
            let by_rule =
                matches!(&is, Presence::Break { reason } if reason == switchroom_acd::fact::NO_ANSWER);
            let was = before.get(agent).cloned().unwrap_or_default();
            if is != *presence && !by_rule && !by_own_phone(step, agent, &was, presence) {
                return broken(None, format!("agent {agent} chose {presence:?} and is {is:?}"));
            }
        }
        Ok(())
    }

    fn rest(&mut self, world: &World) -> Verdict {
        for agent in world.exchange.floor().agents() {
            let number = agent.number.to_string();
            let chose = self.presences.get(&number).cloned().unwrap_or_default();
            if agent.presence != chose || agent.activity() != Activity::Idle {
                let is = agent.state();
                return broken(None, format!("agent {number} is {is:?} at rest and was put to {chose:?}"));
            }
        }
        Ok(())
    }
}
