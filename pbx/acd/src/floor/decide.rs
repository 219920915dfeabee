//! Why: who was chosen, among whom, and what spoke against the others; and for who still waits, what they wait for.

use super::{Floor, Waiter};
use crate::agent::Agent;
use crate::boundary::{AgentId, Call, QueueId};
use crate::config::Membership;
use crate::fact::{Bar, Candidate, Decision, Head, Trigger};
use crate::limits::{HEADS_NAMED_MAX, LOOKED_AT_MAX, NAMED_MAX};
use crate::moment::Moment;
use crate::queue::{Queue, Turn};
use std::cmp::Reverse;

/// How somebody stands who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The queue.
    pub queue: String,
    /// Place in the line, from 1.
    pub place: u32,
    /// Milliseconds waited.
    pub waited_ms: u64,
    /// Priority.
    pub priority: i64,
    /// Agents who ring at the moment.
    pub ringing: Vec<String>,
    /// Skills and levels asked for now.
    pub needs: Vec<(String, u8)>,
    /// Each agent of the queue, and what speaks against him.
    pub agents: Vec<(String, Bar)>,
    /// Agents that are not named.
    pub unnamed: u32,
}

/// The head of a line, as an agent weighs it who could serve it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    /// Who stands there.
    pub(super) turn: Turn,
    queue: QueueId,
    tier: u8,
    priority: i64,
    weighted_ms: u64,
}

impl Floor {
    /// The heads of all lines that an agent serves, in the order in which he takes them.
    pub(super) fn heads(&self, now: Moment, agent: &Agent) -> Vec<Claim> {
        let mut heads = Vec::new();
        for (name, place) in &agent.config.queues {
            let Some(queue) = self.queue(name) else { continue };
            for (profile, line) in &queue.lines {
                let Some(turn) = line.waiting.first().filter(|_| profile.bar(agent, *place).is_none()) else {
                    continue;
                };
                if let Some(waiter) = self.waiters.get(&turn.call) {
                    heads.push(claim(now, queue, *place, waiter));
                }
            }
        }
        heads.sort_by_key(|head| (head.tier, Reverse(head.priority), Reverse(head.weighted_ms), head.turn));
        heads
    }

    /// Why these agents are asked for this caller, who stands at the first of `heads` if an agent chose among them; taken
    /// before anything is changed by it.
    pub(super) fn decide(
        &self,
        now: Moment,
        call: Call,
        chosen: &[AgentId],
        trigger: Trigger,
        heads: &[Claim],
        offer: u64,
    ) -> Option<Decision> {
        let waiter = self.waiters.get(&call)?;
        let queue = self.queue_by_id(waiter.queue)?;
        let line = queue.lines.get(&waiter.profile)?;
        let number = |id: AgentId| self.agent_by_id(id).map(|agent| agent.number.to_string());
        let mut candidates: Vec<Candidate> = Vec::new();
        // The chosen first, should they be beyond those that are named.
        let best = line.free.best().take(NAMED_MAX / 2);
        for (id, keys) in best {
            candidates.extend(number(id).map(|agent| Candidate { agent, keys: keys.clone() }));
        }
        for id in chosen {
            let Some(agent) = number(*id) else { continue };
            if !candidates.iter().any(|candidate| candidate.agent == agent) {
                let keys = line.free.keys(*id).cloned().unwrap_or_default();
                candidates.push(Candidate { agent, keys });
            }
        }
        let named = |head: &Claim| Head {
            queue: self.queue_name(head.queue),
            call: head.turn.call,
            tier: head.tier,
            priority: head.priority,
            weighted_ms: head.weighted_ms,
        };
        let lines = heads.iter().take(HEADS_NAMED_MAX).map(named).collect();
        let room = NAMED_MAX.saturating_sub(candidates.len());
        let others: Vec<(String, Bar)> = self
            .barred(queue, waiter)
            .take(LOOKED_AT_MAX)
            .filter(|(_, bar)| *bar != Bar::Sorted)
            .take(room)
            .map(|(agent, bar)| (agent.number.to_string(), bar))
            .collect();
        let named = others.len() + candidates.len();
        Some(Decision {
            at_ms: now.wall,
            mono_ms: now.mono,
            offer,
            call,
            queue: queue.name.clone(),
            waited_ms: waiter.waited_ms(now),
            trigger,
            order: queue.config.order.clone(),
            needs: waiter.profile.needs.clone(),
            chosen: chosen.iter().filter_map(|id| number(*id)).collect(),
            candidates,
            others,
            unnamed: u32::try_from(queue.agents.len().saturating_sub(named)).unwrap_or(u32::MAX),
            lines,
        })
    }

    /// The agents of a queue and what speaks against each; [`Bar::Sorted`] if nothing does.
    fn barred<'a>(
        &'a self,
        queue: &'a Queue,
        waiter: &'a Waiter,
    ) -> impl Iterator<Item = (&'a Agent, Bar)> + 'a {
        queue.agents.iter().filter_map(move |(id, place)| {
            let agent = self.agent_by_id(*id)?;
            let bar = agent.bar().or_else(|| waiter.profile.bar(agent, *place)).unwrap_or(Bar::Sorted);
            Some((agent, bar))
        })
    }

    /// Why somebody still waits.
    pub fn standing(&self, now: Moment, call: Call) -> Option<Standing> {
        let waiter = self.waiters.get(&call)?;
        let queue = self.queue_by_id(waiter.queue)?;
        let ringing = waiter.offer.iter().flat_map(|offer| &offer.agents);
        let named = self.barred(queue, waiter).take(NAMED_MAX);
        let agents: Vec<(String, Bar)> = named.map(|(agent, bar)| (agent.number.to_string(), bar)).collect();
        Some(Standing {
            queue: queue.name.clone(),
            place: queue.place(waiter.turn),
            waited_ms: waiter.waited_ms(now),
            priority: waiter.priority,
            ringing: ringing
                .filter_map(|id| self.agent_by_id(*id))
                .map(|agent| agent.number.to_string())
                .collect(),
            needs: waiter.profile.needs.clone(),
            unnamed: u32::try_from(queue.agents.len().saturating_sub(agents.len())).unwrap_or(u32::MAX),
            agents,
        })
    }
}

fn claim(now: Moment, queue: &Queue, place: Membership, waiter: &Waiter) -> Claim {
    let waited = waiter.waited_ms(now);
    let gained = waited.checked_div(queue.config.ageing).and_then(|n| i64::try_from(n).ok()).unwrap_or(0);
    Claim {
        turn: waiter.turn,
        queue: queue.id,
        tier: place.tier,
        priority: waiter.priority.saturating_add(gained),
        weighted_ms: waited.saturating_mul(u64::from(place.weight)),
    }
}

impl Decision {
    /// The agents that follow from the candidates and the order: what was chosen must be that.
    pub fn evaluate(&self) -> Vec<String> {
        let mut sorted: Vec<&Candidate> = self.candidates.iter().collect();
        sorted.sort_by(|a, b| (&a.keys, &a.agent).cmp(&(&b.keys, &b.agent)));
        sorted.iter().take(self.chosen.len()).map(|candidate| candidate.agent.clone()).collect()
    }
}
