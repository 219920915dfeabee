//! Who waits, and for how long.

use super::super::{Checker, Verdict, broken};
use super::{facts, mono};
use crate::sim::world::{Came, Step, World};
use std::collections::BTreeMap;
use switchroom_acd::config::{Config as FloorConfig, QueueConfig};
use switchroom_acd::fact::{Decision, JoinedFact, LeftFact, OfferEndedFact, OfferOutcome, Trigger};
use switchroom_acd::figures::{Figures, HALF_HOUR_MS, QueueCounts};
use switchroom_acd::{CallBackAct, CallBackFact, Exit, Fact};
use switchroom_exchange::{AgentAct, CallId, Command};

/// Somebody who waits.
#[derive(Debug, Clone)]
struct Waits {
    queue: String,
    priority: i64,
    since: i64,
    number: u64,
    /// Agents who ring.
    rings: usize,
    /// It stands for who is to be called back.
    is_call_back: bool,
}

impl Waits {
    /// The priority, with one more for each whole span of ageing that was waited.
    fn rank(&self, now: i64, queue: &QueueConfig) -> i64 {
        let ageing = i64::try_from(queue.ageing).unwrap_or(i64::MAX);
        self.priority + (now - self.since).checked_div(ageing).unwrap_or(0)
    }

    /// The smaller, the sooner.
    fn turn(&self, queue: &QueueConfig) -> (i64, i64, u64) {
        let ageing = i64::try_from(queue.ageing).unwrap_or(i64::MAX);
        let first =
            if ageing == 0 { -self.priority } else { self.since - self.priority.saturating_mul(ageing) };
        (first, self.since, self.number)
    }
}

/// Nobody overtakes within a queue, by its priority and ageing, but whom an agent can serve who cannot serve the other.
#[derive(Debug, Default)]
pub(in super::super) struct NobodyOvertakes {
    waiting: BTreeMap<u128, Waits>,
    /// Whose number was called: not in the line, or in it again, which nobody is told until it is offered.
    resting: BTreeMap<u128, Waits>,
    /// Call-backs of callers who still wait, by the call.
    asked: BTreeMap<u128, u128>,
    /// Who left a place to another call within this step.
    moved: BTreeMap<u128, Waits>,
    count: u64,
    reloaded: Option<i64>,
}

/// What is asked for less, or of more agents, with waiting reaches those who wait within so long.
const TICK_MS: i64 = 5;

/// Whether an agent may have a caller of that queue who has waited for so long, by skills and tier.
fn serves(config: &FloorConfig, agent: &str, queue: &str, waited: i64) -> bool {
    let Some((agent, rules)) = config.agents.get(agent).zip(config.queues.get(queue)) else { return false };
    let waited = waited.unsigned_abs();
    let has_skills = rules.needs.iter().all(|need| {
        let relaxed = need.relaxes.iter().take_while(|(after, _)| *after <= waited).last();
        let level = relaxed.map_or(need.level, |(_, level)| *level);
        agent.skills.get(&need.skill).copied().unwrap_or(0) >= level
    });
    let stage = waited.checked_div(rules.tier_after).map_or(u64::MAX, |stage| stage.saturating_add(1));
    has_skills && agent.queues.get(queue).is_some_and(|place| u64::from(place.tier) <= stage)
}

impl NobodyOvertakes {
    fn look(&self, now: i64, world: &World, decision: &Decision) -> Verdict {
        let config = &world.exchange.config().floor;
        let Some(queue) = config.queues.get(&decision.queue) else { return Ok(()) };
        let Some(first) = self.place_of(decision.call) else {
            return broken(Some(CallId(decision.call)), "a caller is offered who does not wait");
        };
        // Whom somebody gives to an agent goes before all others.
        if decision.trigger == Trigger::Assigned {
            return Ok(());
        }
        // A new rule of skills reaches those who wait with the next tick.
        if self.reloaded.is_some_and(|at| now <= at + 5) {
            return Ok(());
        }
        // Of two who are not asked for alike the one goes first whose priority is higher, with what it gained by waiting.
        let asks_all_alike = queue.needs.is_empty() && queue.tier_after == 0;
        let goes_before = |other: &Waits| {
            if other.rank(now, queue) <= first.rank(now, queue) {
                return false;
            }
            let waited = (now - other.since - TICK_MS).max(0);
            decision.chosen.iter().any(|agent| serves(config, agent, &decision.queue, waited))
        };
        for (call, other) in &self.waiting {
            let is_before = other.queue == first.queue && other.turn(queue) < first.turn(queue);
            // Who has waited longer is asked no more for, so that whoever serves the other serves him.
            let is_older = (other.since, other.number) < (first.since, first.number);
            let can_be_served = asks_all_alike || is_older || goes_before(other);
            if other.rings == 0 && is_before && can_be_served {
                let text = format!("{call:x} was before: {other:?}, {first:?}, {decision:?}");
                return broken(Some(CallId(decision.call)), text);
            }
        }
        Ok(())
    }
}

impl NobodyOvertakes {
    /// At the end of the line, or where one stood who leaves that place in this step.
    fn joined(&mut self, now: i64, joined: &JoinedFact) -> Verdict {
        self.count += 1;
        let place = match joined.instead_of {
            None => (now, self.count),
            Some(other) => match self.moved.remove(&other).filter(|left| left.queue == joined.queue) {
                Some(left) if joined.priority >= left.priority => (left.since, left.number),
                left => {
                    let text = format!("took the place of {other:x}, which was {left:?}: {joined:?}");
                    return broken(Some(CallId(joined.call)), text);
                }
            },
        };
        let waits = Waits {
            queue: joined.queue.clone(),
            priority: joined.priority,
            since: place.0,
            number: place.1,
            rings: 0,
            is_call_back: false,
        };
        self.waiting.insert(joined.call, waits);
        Ok(())
    }

    fn place_of(&self, call: u128) -> Option<&Waits> {
        self.waiting.get(&call).or_else(|| self.resting.get(&call))
    }

    fn offer_ended(&mut self, ended: &OfferEndedFact) {
        if let Some(waits) = self.waiting.get_mut(&ended.call) {
            waits.rings = waits.rings.saturating_sub(1);
            // There was no room for the call that a call-back needs: nobody was rung, and it stands aside.
            if waits.is_call_back && ended.outcome == OfferOutcome::Withdrawn && ended.rang_ms == 0 {
                let waits = self.waiting.remove(&ended.call);
                self.resting.extend(waits.map(|waits| (ended.call, waits)));
            }
        }
    }

    /// Who leaves to be called back has its call-back in its place from then on.
    fn left(&mut self, left: &LeftFact) {
        let waits = self.waiting.remove(&left.call);
        if let Some(waits) = waits.filter(|_| left.exit == Exit::Moved) {
            self.moved.insert(left.call, waits);
        }
        let asked = self.asked.remove(&left.call).filter(|_| left.exit == Exit::CalledBack);
        let stands = asked.and_then(|id| Some((id, self.resting.remove(&id)?)));
        self.waiting.extend(stands);
    }

    /// Who is to be called back stands where the caller stood, whenever it is in the line: only while it is offered or was just
    /// called does it hold nobody up.
    fn call_back(&mut self, fact: &CallBackFact) {
        match &fact.act {
            CallBackAct::Asked => {
                if let Some(waits) = self.waiting.get(&fact.call).cloned() {
                    self.asked.insert(fact.call, fact.id);
                    self.resting.insert(fact.id, Waits { rings: 0, is_call_back: true, ..waits });
                }
            }
            CallBackAct::Priority => {
                let waits = self.waiting.get_mut(&fact.id).or_else(|| self.resting.get_mut(&fact.id));
                if let Some(waits) = waits {
                    waits.priority = fact.priority;
                }
            }
            CallBackAct::Called { .. } | CallBackAct::Tried => {
                let waits = self.waiting.remove(&fact.id);
                self.resting.extend(waits.map(|waits| (fact.id, Waits { rings: 0, ..waits })));
            }
            CallBackAct::Closed { .. } => {
                self.waiting.remove(&fact.id);
                self.resting.remove(&fact.id);
            }
        }
    }
}

impl Checker for NobodyOvertakes {
    fn rule(&self) -> &'static str {
        "nobody overtakes within a queue and its priority, unless skills or tiers say so"
    }

    fn begin(&mut self, world: &World, step: &Step) -> Verdict {
        // Those whom the disk names stand in the line at once, in the order in which they had come.
        (self.waiting, self.resting, self.asked) = Default::default();
        let mut open = BTreeMap::new();
        for fact in world.store.disk.facts.values() {
            let Fact::CallBack(fact) = fact else { continue };
            match fact.act {
                CallBackAct::Asked => _ = open.insert(fact.id, fact),
                // A disk that refused may hold it without what came before.
                CallBackAct::Priority => _ = open.get_mut(&fact.id).map(|known| *known = fact),
                CallBackAct::Closed { .. } => _ = open.remove(&fact.id),
                CallBackAct::Called { .. } | CallBackAct::Tried => {}
            }
        }
        let mut open: Vec<&CallBackFact> = open.into_values().collect();
        open.sort_by_key(|fact| (fact.joined_ms, fact.id));
        for fact in open {
            self.count += 1;
            let waits = Waits {
                queue: fact.queue.clone(),
                priority: fact.priority,
                since: mono(step) - (step.now.wall.0 - fact.joined_ms).max(0),
                number: self.count,
                rings: 0,
                is_call_back: true,
            };
            self.waiting.insert(fact.id, waits);
        }
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        let now = mono(step);
        self.moved.clear();
        match &step.came {
            Came::Config => self.reloaded = Some(now),
            Came::Command(_, Command::Agent(AgentAct::Priority { call, priority })) => {
                for line in [&mut self.waiting, &mut self.resting] {
                    if let Some(waits) = line.get_mut(&call.0).filter(|_| step.is_done()) {
                        waits.priority = (*priority).clamp(0, 9);
                    }
                }
            }
            _ => {}
        }
        for fact in facts(step) {
            match fact {
                Fact::Joined(joined) => self.joined(now, joined)?,
                Fact::Offered(decision) => {
                    self.look(now, world, decision)?;
                    // Whose rest is over stands in the line again.
                    let back = self.resting.remove(&decision.call);
                    self.waiting.extend(back.map(|waits| (decision.call, waits)));
                    if let Some(waits) = self.waiting.get_mut(&decision.call) {
                        waits.rings = decision.chosen.len();
                    }
                }
                Fact::OfferEnded(ended) => self.offer_ended(ended),
                Fact::Left(left) => self.left(left),
                Fact::CallBack(fact) => self.call_back(fact),
                Fact::Agent(_) | Fact::Talked(_) | Fact::WrappedUp(_) | Fact::Missed(_) | Fact::Door(_) => {}
            }
        }
        Ok(())
    }
}

/// What is counted of a queue and a half hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    offered: u64,
    answered: u64,
    abandoned: u64,
    overflowed: u64,
    called_back: u64,
    waiting: u64,
}

impl From<&QueueCounts> for Count {
    fn from(counts: &QueueCounts) -> Self {
        Self {
            offered: counts.offered,
            answered: counts.answered,
            abandoned: counts.abandoned,
            overflowed: counts.overflows.sum(),
            called_back: counts.called_back,
            waiting: counts.waiting,
        }
    }
}

/// Who joins a queue leaves it exactly once, and the figures count just that, per queue and half hour.
#[derive(Debug, Default)]
pub(in super::super) struct EverybodyLeavesOnce {
    waiting: BTreeMap<(u128, u32), (String, i64)>,
    counts: BTreeMap<(String, i64), Count>,
    figures: Figures,
    has_gaps: bool,
}

impl EverybodyLeavesOnce {
    fn count(&mut self, fact: &Fact) -> Verdict {
        self.figures.apply(fact);
        match fact {
            Fact::Joined(joined) => {
                let key = (joined.queue.clone(), joined.at_ms.div_euclid(HALF_HOUR_MS));
                let count = self.counts.entry(key.clone()).or_default();
                count.offered += 1;
                count.waiting += 1;
                let waits = self.waiting.keys().any(|(call, _)| *call == joined.call);
                if self.waiting.insert((joined.call, joined.visit), key).is_some() || waits {
                    return broken(Some(CallId(joined.call)), format!("joined twice: {joined:?}"));
                }
            }
            Fact::Left(left) => {
                let Some(key) = self.waiting.remove(&(left.call, left.visit)) else {
                    return broken(Some(CallId(left.call)), format!("left and did not wait: {left:?}"));
                };
                let count = self.counts.entry(key).or_default();
                count.waiting -= 1;
                match left.exit {
                    Exit::Answered => count.answered += 1,
                    Exit::Abandoned => count.abandoned += 1,
                    Exit::CalledBack => count.called_back += 1,
                    // Whoever took its place is counted.
                    Exit::Moved => count.offered -= 1,
                    Exit::Timeout
                    | Exit::Full
                    | Exit::Closed
                    | Exit::Empty
                    | Exit::Key
                    | Exit::Removed
                    | Exit::Restart => count.overflowed += 1,
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The counts are the same: those of facts, those of figures that were made of the same facts, and those of the exchange.
    fn compare(&self, world: &World) -> Verdict {
        if self.has_gaps {
            return Ok(());
        }
        for ((queue, half), own) in &self.counts {
            let from = half * HALF_HOUR_MS;
            let sum = own.answered + own.abandoned + own.overflowed + own.called_back + own.waiting;
            for figures in [&self.figures, world.exchange.figures()] {
                let board = figures.between(from, from + HALF_HOUR_MS, None);
                let shown = board.queues.get(queue).map(|f| Count::from(&f.counts)).unwrap_or_default();
                if shown != *own || own.offered != sum {
                    return broken(None, format!("{queue} at {from}: {own:?} happened, {shown:?} is shown"));
                }
            }
        }
        Ok(())
    }
}

impl Checker for EverybodyLeavesOnce {
    fn rule(&self) -> &'static str {
        "who joins a queue leaves it once, and figures count just that"
    }

    fn begin(&mut self, world: &World, step: &Step) -> Verdict {
        *self = Self::default();
        for fact in world.store.disk.facts.values().filter(|_| !step.died) {
            // Where a store that failed has gaps, there is nothing to compare.
            self.has_gaps |= self.count(fact).is_err();
        }
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if step.came == Came::Start && step.died {
            // What of this start reached the disk is known at the next one only.
            return Ok(());
        }
        facts(step).try_for_each(|fact| self.count(fact))?;
        if world.steps.is_multiple_of(1_009) { self.compare(world) } else { Ok(()) }
    }

    fn rest(&mut self, world: &World) -> Verdict {
        self.compare(world)?;
        if let Some(((call, _), (queue, _))) = self.waiting.first_key_value() {
            return broken(Some(CallId(*call)), format!("waits in {queue} at rest"));
        }
        match world.exchange.floor().waiter_count() {
            0 => Ok(()),
            count => broken(None, format!("{count} wait at rest, and nothing is written of them")),
        }
    }
}
