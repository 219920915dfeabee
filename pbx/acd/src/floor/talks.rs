//! Agents talk with callers, and write up what came of it.

use super::Floor;
use crate::agent::{Doing, Today};
use crate::boundary::{AgentId, Call, Due, Effect, QueueId, Refusal};
use crate::fact::{Fact, TalkedFact, WrappedUpFact};
use crate::limits::WORD_MAX;
use crate::moment::Moment;

impl Today {
    /// That of this day: yesterday's is forgotten.
    pub(crate) fn of(&mut self, day: i64) -> &mut Self {
        if self.day != day {
            *self = Self { day, ..Self::default() };
        }
        self
    }
}

impl Floor {
    /// An agent has a caller of a queue.
    pub(super) fn talk_begins(&mut self, call: Call, agent: AgentId, queue: QueueId) {
        self.talks.insert(call, agent);
        if let Some(queue) = self.queue_mut(queue) {
            queue.talking.insert(call);
        }
    }

    /// An agent has a caller no more; gives the agent.
    pub(super) fn talk_is_over(&mut self, call: Call) -> Option<AgentId> {
        let id = self.talks.remove(&call)?;
        if let Some(Doing::Talking { queue, .. }) = self.agents.get(id.0 as usize).map(|agent| &agent.doing)
            && let Some(queue) = self.queues.get_mut(queue.0 as usize)
        {
            queue.talking.remove(&call);
            self.effects.push_back(Effect::QueueChanged(queue.name.clone()));
        }
        Some(id)
    }

    /// One side of a talk holds the other, or does no more.
    pub fn held(&mut self, now: Moment, call: Call, is_held: bool) {
        let Some(id) = self.talks.get(&call).copied() else { return };
        let Some(agent) = self.agent_mut(id) else { return };
        let Doing::Talking { held, hold_ms, .. } = &mut agent.doing else { return };
        match (&held, is_held) {
            (None, true) => *held = Some(now.mono),
            (Some(since), false) => {
                *hold_ms += now.since(*since);
                *held = None;
            }
            _ => return,
        }
        self.refresh(now, id, "hold");
    }

    /// The talk of this call is over. Nothing happens if no agent has it.
    pub fn talk_ended(&mut self, now: Moment, call: Call) {
        self.talk_ended_in(now, call, call);
    }

    /// The same of a call-back: the two talked in the call `talked_in`, and it is that which is written up.
    pub fn talk_ended_in(&mut self, now: Moment, call: Call, talked_in: Call) {
        let Some(id) = self.talk_is_over(call) else { return };
        let Some(agent) = self.agent_mut(id) else { return };
        let Doing::Talking { queue, since, held, hold_ms, caller, .. } = std::mem::take(&mut agent.doing)
        else {
            return;
        };
        agent.last_call = now.mono;
        let talk_ms = now.since(since);
        let hold_ms = hold_ms + held.map_or(0, |since| now.since(since));
        let number = agent.number.to_string();
        if self.call_backs.contains(call) {
            return self.not_reached(now, call, id, false);
        }
        // Whoever calls again soon after a long talk has talked with this agent just now.
        self.remember(now, &caller, id);
        let name = self.queue_name(queue);
        self.note(Fact::Talked(TalkedFact {
            at_ms: now.wall,
            call,
            queue: name,
            agent: number,
            caller,
            talk_ms,
            hold_ms,
        }));
        let wrap_up = self.queue_by_id(queue).map_or(0, |queue| queue.config.wrap_up);
        if wrap_up > 0 {
            if let Some(agent) = self.agent_mut(id) {
                let until = now.mono.saturating_add(wrap_up);
                let (call, since) = (talked_in, now.mono);
                agent.doing = Doing::WrapUp { call, queue, since, until, disposition: String::new() };
            }
            self.wake(Due::WrapUp(id), Some(wrap_up));
        }
        self.refresh(now, id, "hang_up");
        self.settle(now);
    }

    /// After-call time: what came of the call, more time, or done.
    pub fn wrap_up(
        &mut self,
        now: Moment,
        number: &str,
        more: Option<u64>,
        said: Option<&str>,
    ) -> Result<(), Refusal> {
        let id = self.agent_ids.get(number).copied().ok_or(Refusal::NoAgent)?;
        let Some(agent) = self.agent_mut(id) else { return Err(Refusal::NoAgent) };
        let Doing::WrapUp { disposition, until, .. } = &mut agent.doing else {
            return Err(Refusal::NoWrapUp);
        };
        if let Some(said) = said {
            *disposition = said.chars().take(WORD_MAX).collect();
        }
        match more {
            Some(more) => {
                *until = now.mono.saturating_add(more);
                self.wake(Due::WrapUp(id), Some(more.max(1)));
                self.refresh(now, id, "agent");
            }
            None => {
                self.wake(Due::WrapUp(id), None);
                self.wrapped_up(now, id, "agent");
            }
        }
        self.settle(now);
        Ok(())
    }

    pub(super) fn wrapped_up(&mut self, now: Moment, id: AgentId, by: &str) {
        let Some(agent) = self.agent_mut(id) else { return };
        let Doing::WrapUp { .. } = agent.doing else { return };
        let Doing::WrapUp { call, queue, since, disposition, .. } = std::mem::take(&mut agent.doing) else {
            return;
        };
        let number = agent.number.to_string();
        let name = self.queue_name(queue);
        self.note(Fact::WrappedUp(WrappedUpFact {
            at_ms: now.wall,
            call,
            queue: name,
            agent: number,
            lasted_ms: now.since(since),
            disposition,
        }));
        self.refresh(now, id, by);
    }
}
