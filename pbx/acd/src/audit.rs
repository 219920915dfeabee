//! Rules that hold between any two events, each in one sentence. Broken ones are told with what breaks them.

use crate::agent::Doing;
use crate::boundary::{AgentId, Call};
use crate::floor::Floor;
use crate::queue::Queue;
use std::collections::BTreeSet;

/// A rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// What breaks it.
    pub what: String,
}

impl Floor {
    /// All broken rules; none, unless the floor has a defect.
    pub fn audit(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut tell = |rule, what: String| found.push(Finding { rule, what });
        for agent in self.agents() {
            let number = &agent.number;
            match &agent.doing {
                Doing::Offered { call, offer } => {
                    let rings = self.waiter(*call).and_then(|w| w.offer.as_ref());
                    if !rings.is_some_and(|o| o.number == *offer && o.agents.contains(&agent.id)) {
                        tell("who is offered a caller rings for it", format!("{number}, call {call}"));
                    }
                    if !agent.presence.is_signed_in() || agent.presence.word() == "break" {
                        tell(
                            "only who is ready is offered anybody",
                            format!("{number}: {:?}", agent.presence),
                        );
                    }
                }
                Doing::Talking { call, .. } => {
                    if self.agent_of(*call).map(|a| a.id) != Some(agent.id) {
                        tell("a talk has its agent", format!("{number}, call {call}"));
                    }
                    if self.waiter(*call).is_some() {
                        tell("who talks does not wait", format!("{number}, call {call}"));
                    }
                }
                Doing::Idle | Doing::WrapUp { .. } => {}
            }
            if agent.state() != agent.noted {
                tell("a state is what was written down", format!("{number}: {:?}", agent.state()));
            }
            if agent.presence.is_signed_in()
                && self.agent_at(&agent.extension).map(|a| a.id) != Some(agent.id)
            {
                tell("who is signed in sits where it is said", format!("{number} at {}", agent.extension));
            }
        }
        for queue in self.queues() {
            self.audit_queue(queue, &mut tell);
        }
        let rules =
            [self.audit_waiters(), self.audit_call_backs(), self.audit_given(), self.audit_entrances()];
        for rule in rules.into_iter().flatten() {
            tell(rule.0, rule.1);
        }
        found
    }

    fn audit_queue(&self, queue: &Queue, tell: &mut impl FnMut(&'static str, String)) {
        let name = &queue.name;
        for (profile, line) in &queue.lines {
            let able: BTreeSet<AgentId> = queue
                .agents
                .iter()
                .filter(|(id, place)| {
                    self.agent_by_id(**id).is_some_and(|a| a.is_free() && profile.bar(a, **place).is_none())
                })
                .map(|(id, _)| *id)
                .collect();
            let free: BTreeSet<AgentId> = line.free.best().map(|(id, _)| id).collect();
            if able != free {
                tell(
                    "the sorted agents are the free ones",
                    format!("{name} {profile:?}: {free:?}, not {able:?}"),
                );
            }
            if !line.waiting.is_empty() && !able.is_empty() && !self.is_closed() {
                tell("nobody waits while somebody is free who may serve them", format!("{name}: {able:?}"));
            }
        }
        let in_lines: usize = queue.lines.values().map(|line| line.waiting.len()).sum();
        let offered = self.waiters(queue).filter(|w| w.offer.is_some()).count();
        if in_lines + offered != queue.order.len() {
            tell(
                "who waits stands in one line",
                format!("{name}: {in_lines} + {offered}, {}", queue.order.len()),
            );
        }
        let signed_in = queue
            .agents
            .keys()
            .filter(|id| self.agent_by_id(**id).is_some_and(|agent| agent.presence.is_signed_in()));
        if signed_in.count() != queue.signed_in.len() {
            tell("who is signed in is counted", name.clone());
        }
        if queue.is_deserted == (!queue.has_callers() || queue.has(queue.config.stay)) {
            tell("callers stay for a while only when nobody works here", name.clone());
        }
    }

    fn audit_waiters(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let mut in_queues: BTreeSet<Call> = BTreeSet::new();
        for queue in self.queues() {
            for turn in &queue.order {
                if !in_queues.insert(turn.call) {
                    found.push(("a caller waits in one queue", format!("call {}", turn.call)));
                }
                let Some(waiter) = self.waiter(turn.call) else {
                    found.push(("a turn is somebody's", format!("call {}", turn.call)));
                    continue;
                };
                for id in waiter.offer.iter().flat_map(|offer| &offer.agents) {
                    let doing = self.agent_by_id(*id).map(|agent| &agent.doing);
                    if !matches!(doing, Some(Doing::Offered { call, .. }) if *call == turn.call) {
                        found.push(("who rings for a caller is offered it", format!("{doing:?}")));
                    }
                }
                if waiter.offer.as_ref().is_some_and(|offer| offer.agents.is_empty()) {
                    found.push(("an offer rings somewhere", format!("call {}", turn.call)));
                }
            }
        }
        if in_queues.len() != self.standing_count() {
            found.push(("who waits has a turn", format!("{} of {}", in_queues.len(), self.standing_count())));
        }
        found
    }
}
