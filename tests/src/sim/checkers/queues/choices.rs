//! Who is chosen.

use super::super::{Checker, Verdict, broken};
use super::{facts, mono};
use crate::sim::world::{Step, World};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use switchroom_acd::config::SortKey;
use switchroom_acd::fact::{Decision, LeftFact, Trigger};
use switchroom_acd::{Activity, CallBackAct, CallBackEnd, CallBackFact, Exit, Fact, State};
use switchroom_exchange::CallId;

/// What agents did today.
#[derive(Debug, Default, Clone, Copy)]
struct Today {
    answered: i64,
    talk_ms: i64,
}

/// Who was chosen follows from what is written down of the choice, and that from what was written down before.
#[derive(Debug, Default)]
pub(in super::super) struct ChosenByTheRule {
    /// When each agent's last call ended, or when the agent signed in.
    last_calls: BTreeMap<String, i64>,
    /// The last offer of each agent in a queue.
    turns: BTreeMap<(String, String), i64>,
    /// Of this life and this day.
    today: BTreeMap<String, Today>,
    /// What agents had done today before this life, of which a crash lets nobody know all; learnt when it is first told.
    before: Option<BTreeMap<(String, SortKey), i64>>,
    /// The local day: year, and day of the year.
    day: Option<(i16, i16)>,
}

impl ChosenByTheRule {
    /// At local midnight nobody has done anything yet.
    fn look_at_the_day(&mut self, world: &World, step: &Step) {
        let day = world.exchange.config().inbound.zone.civil(step.now.wall.0).date();
        let day = (day.year(), day.day_of_year());
        if self.day.replace(day).is_some_and(|before| before != day) {
            self.today.clear();
            self.before = None;
        }
    }

    fn write(&mut self, now: i64, fact: &Fact) {
        let talks = |state: &State| matches!(state.activity, Activity::Talking | Activity::Holding);
        match fact {
            Fact::Agent(fact) => {
                let signs_in = !fact.was.presence.is_signed_in() && fact.is.presence.is_signed_in();
                if signs_in || talks(&fact.was) && !talks(&fact.is) {
                    self.last_calls.insert(fact.agent.clone(), now);
                }
            }
            Fact::Offered(decision) => {
                let turn = i64::try_from(decision.offer).unwrap_or(i64::MAX);
                let of = |agent: &String| ((decision.queue.clone(), agent.clone()), turn);
                self.turns.extend(decision.chosen.iter().map(of));
            }
            Fact::Left(LeftFact { exit: Exit::Answered, agent, .. })
            | Fact::CallBack(CallBackFact {
                act: CallBackAct::Closed { how: CallBackEnd::Reached, agent, .. },
                ..
            }) => self.today.entry(agent.clone()).or_default().answered += 1,
            Fact::Talked(talked) => {
                let ms = i64::try_from(talked.talk_ms).unwrap_or(i64::MAX);
                self.today.entry(talked.agent.clone()).or_default().talk_ms += ms;
            }
            Fact::Left(_)
            | Fact::Joined(_)
            | Fact::OfferEnded(_)
            | Fact::WrappedUp(_)
            | Fact::Missed(_)
            | Fact::CallBack(_)
            | Fact::Door(_) => {}
        }
    }

    /// What an agent's key should be; `None` where these books do not know.
    fn key(&mut self, world: &World, queue: &str, agent: &str, key: SortKey, is: i64) -> Option<i64> {
        let today = self.today.get(agent).copied().unwrap_or_default();
        let mut with_before = |since: i64| match &mut self.before {
            Some(before) => *before.entry((agent.to_owned(), key)).or_insert((is - since).max(0)) + since,
            None => since,
        };
        let config = world.exchange.floor().config().agents.get(agent);
        let place = config.and_then(|agent| agent.queues.get(queue));
        match key {
            SortKey::LongestIdle => Some(self.last_calls.get(agent).copied().unwrap_or(0)),
            SortKey::RoundRobin => {
                Some(self.turns.get(&(queue.to_owned(), agent.to_owned())).copied().unwrap_or(0))
            }
            SortKey::FewestCalls => Some(with_before(today.answered)),
            SortKey::LeastTalk => Some(with_before(today.talk_ms)),
            SortKey::Tier => Some(i64::from(place?.tier)),
            SortKey::Linear => Some(i64::from(place?.position)),
            SortKey::Skill | SortKey::Weighted => None,
        }
    }

    /// Whether the keys by which agents were sorted are true.
    fn compare(&mut self, world: &World, decision: &Decision) -> Verdict {
        for candidate in &decision.candidates {
            for (key, is) in decision.order.iter().zip(&candidate.keys) {
                let agent = &candidate.agent;
                let ought = self.key(world, &decision.queue, agent, *key, *is);
                if ought.is_some_and(|ought| ought != *is) {
                    let text =
                        format!("{} of agent {agent} is {is}, not {ought:?}: {decision:?}", key.word());
                    return broken(Some(CallId(decision.call)), text);
                }
            }
        }
        Ok(())
    }
}

/// Whom the caller asked for, though that agent could have been offered it, and it went by the order of the queue.
fn passed_over(world: &World, decision: &Decision) -> Option<String> {
    let floor = world.exchange.floor();
    let asked = floor.agent_by_id(floor.waiter(decision.call)?.preferred?)?.number.to_string();
    let could = decision.candidates.iter().any(|candidate| candidate.agent == asked);
    (could && decision.trigger == Trigger::Waiter).then_some(asked)
}

fn follows(decision: &Decision) -> bool {
    match decision.trigger {
        Trigger::Waiter => {
            let (mut chosen, mut again) = (decision.chosen.clone(), decision.evaluate());
            chosen.sort();
            again.sort();
            chosen == again
        }
        Trigger::Agent => {
            let key = |head: &switchroom_acd::fact::Head| {
                (head.tier, Reverse(head.priority), Reverse(head.weighted_ms))
            };
            let best = decision.lines.iter().map(key).min();
            let own = decision.lines.iter().find(|head| head.call == decision.call).map(key);
            own.is_some() && own == best
        }
        Trigger::Own | Trigger::Assigned => decision
            .chosen
            .iter()
            .all(|agent| decision.candidates.iter().any(|candidate| candidate.agent == *agent)),
    }
}

impl Checker for ChosenByTheRule {
    fn rule(&self) -> &'static str {
        "who is chosen follows from what is written down of the choice"
    }

    fn begin(&mut self, world: &World, step: &Step) -> Verdict {
        let known = world.store.disk.agents.values().map(|(_, one)| one.agent.clone());
        *self = Self {
            last_calls: known.map(|agent| (agent, mono(step))).collect(),
            before: (!world.store.disk.facts.is_empty()).then(BTreeMap::new),
            ..Self::default()
        };
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        self.look_at_the_day(world, step);
        for fact in facts(step) {
            if let Fact::Offered(decision) = fact {
                if !follows(decision) {
                    return broken(Some(CallId(decision.call)), format!("{decision:?}"));
                }
                if let Some(agent) = passed_over(world, decision) {
                    let text = format!("agent {agent} was asked for and free: {decision:?}");
                    return broken(Some(CallId(decision.call)), text);
                }
                self.compare(world, decision)?;
            }
            self.write(mono(step), fact);
        }
        Ok(())
    }
}
