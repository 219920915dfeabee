//! A caller acts as an agent: asked of the exchange, which answers before anything else happens to the caller.

use super::{Run, State, Step};
use crate::agent::{AgentAct, AgentAnswer};
use crate::boundary::{Effect, Site};
use crate::node::Job;
use crate::pins::AGENT_PINS;
use crate::value::Value;

impl Run {
    pub(super) fn act_as_agent(&mut self, site: &mut dyn Site, job: &Job) -> Step {
        let Job::Agent { what, agent, reason, .. } = job else { return Step::On(None, String::new()) };
        if self.is_gone {
            return Step::On(None, "nobody there".into());
        }
        let agent = agent.as_ref().map(|expr| self.open_text(site, expr));
        let reason = reason.as_ref().map(|expr| self.open_text(site, expr)).unwrap_or_default();
        let knows_pin = agent.is_some() && agent == self.proven_agent;
        self.effects.push_back(Effect::Agent(AgentAct { what: *what, agent, reason, knows_pin }));
        self.state = State::Acting;
        Step::Waits
    }

    /// The exchange has answered.
    pub(super) fn acted(&mut self, site: &mut dyn Site, answer: AgentAnswer) {
        if !matches!(self.state, State::Acting) {
            return;
        }
        let Some((flow, id, _)) = self.at() else { return };
        let flow = flow.clone();
        let Some(Job::Agent { into, next, refused, unknown, .. }) = flow.node(id).map(|node| &node.job)
        else {
            return;
        };
        let (next, by) = match answer {
            AgentAnswer::Done(_) => (*next, "done"),
            AgentAnswer::Refused(_) => (*refused, "refused"),
            AgentAnswer::Unknown => (unknown.or(*refused), "unknown"),
        };
        if let Some(name) = into {
            self.set(name, Value::text(answer.word()));
        }
        self.go(site, next, by);
    }

    /// A PIN was right: whoever it is of may sign in during this call.
    pub(super) fn note_proof(&mut self, pins: &str, of: Option<&str>) {
        if pins == AGENT_PINS {
            self.proven_agent = of.map(str::to_owned);
        }
    }
}
