//! What supervisors tell agents in words: each agent has the last message until it is acknowledged, or another one comes.
//!
//! It is kept in memory only, and a restart forgets it: the journal has what was told.

use crate::exchange::Exchange;
use crate::input::Changed;
use crate::limits::TOLD_CHARS_MAX;
use crate::record::{EventKind, Severity};
use crate::text::clean;
use switchroom_acd::agent::Agent;
use switchroom_flow::text::line;
use switchroom_sip::time::Now;

/// The word that addresses all agents who are signed in.
const ALL: &str = "all";

/// What an agent was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What; one line.
    pub text: String,
    /// The user.
    pub by: String,
    /// When, Unix milliseconds; of two messages to an agent the later one's is greater, whatever the clock does.
    pub at_ms: i64,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Addressee {
    Agent(String),
    Queue(String),
    All,
}

impl Exchange {
    /// What an agent was told last and has not acknowledged.
    pub fn told_to(&self, agent: &str) -> Option<&Told> {
        self.told.get(agent)
    }

    /// Whom a word means; `None`: nobody. A queue may be called as all are.
    pub(crate) fn addressee(&self, to: &str) -> Option<Addressee> {
        let floor = &self.config.floor;
        if floor.agents.contains_key(to) {
            Some(Addressee::Agent(to.to_owned()))
        } else if floor.queues.contains_key(to) {
            Some(Addressee::Queue(to.to_owned()))
        } else {
            (to == ALL).then_some(Addressee::All)
        }
    }

    /// A user tells agents something. Answers with to how many it went.
    pub(crate) fn tell_agents(
        &mut self,
        now: Now,
        user: &str,
        to: &str,
        text: &str,
    ) -> Result<String, String> {
        let text = line(text.trim());
        if text.is_empty() {
            return Err("a message needs a text".to_owned());
        }
        if text.chars().count() > TOLD_CHARS_MAX {
            return Err(format!("a message has at most {TOLD_CHARS_MAX} characters"));
        }
        let unknown =
            || format!("there is no agent and no queue {}; `{ALL}` addresses all agents", clean(to));
        let addressee = self.addressee(to).ok_or_else(unknown)?;
        let agents = self.agents_addressed(user, &addressee);
        let count = match agents.len() {
            0 => return Err("none of these agents is signed in".to_owned()),
            1 => "1 agent".to_owned(),
            many => format!("{many} agents"),
        };
        let is_there = |agent: &str| self.floor.agent(agent).is_some_and(|one| one.presence.is_signed_in());
        let whom = match &addressee {
            Addressee::Agent(agent) if !is_there(agent) => format!("agent {agent}, who is signed out"),
            Addressee::Agent(agent) => format!("agent {agent}"),
            Addressee::Queue(queue) => format!("{count} of queue {queue}"),
            Addressee::All => count,
        };
        for agent in agents {
            let after = self.told.get(&agent).map_or(i64::MIN, |told| told.at_ms.saturating_add(1));
            let told = Told { text: text.clone(), by: user.to_owned(), at_ms: now.wall.0.max(after) };
            self.told.insert(agent.clone(), told);
            self.changed.insert(Changed::Agent(agent));
        }
        let told = format!("{user} told {whom}: {text}");
        self.event(now, EventKind::Audit, Severity::Info, None, user, "tell", told);
        Ok(format!("told {whom}"))
    }

    /// Whoever is named has it on the desk when signed in again; of many only who is there is meant, and of those only whom the
    /// user may tell something.
    fn agents_addressed(&self, user: &str, addressee: &Addressee) -> Vec<String> {
        let rights = self.rights_of(user);
        let is_meant = |agent: &&Agent| {
            let of = self.queues_with(&agent.number);
            agent.is_known
                && agent.presence.is_signed_in()
                && match addressee {
                    Addressee::Agent(_) => false,
                    Addressee::Queue(queue) => of.contains(queue),
                    Addressee::All => rights.as_ref().is_none_or(|rights| !rights.is_disjoint(&of)),
                }
        };
        match addressee {
            Addressee::Agent(agent) => vec![agent.clone()],
            _ => self.floor.agents().filter(is_meant).map(|agent| agent.number.to_string()).collect(),
        }
    }

    /// What an agent was told has been read. Whoever read another message than there is now has not read that.
    pub(crate) fn acknowledge(
        &mut self,
        now: Now,
        user: &str,
        agent: &str,
        at_ms: Option<i64>,
    ) -> Result<String, String> {
        let told = self.told.get(agent).ok_or_else(|| format!("agent {} has no message", clean(agent)))?;
        if at_ms.is_some_and(|at_ms| at_ms != told.at_ms) {
            return Err(format!("agent {agent} was told something else meanwhile"));
        }
        let text = format!("{user}: agent {agent} has the message of {}: {}", told.by, told.text);
        self.told.remove(agent);
        self.changed.insert(Changed::Agent(agent.to_owned()));
        self.event(now, EventKind::Audit, Severity::Info, None, user, "told", text);
        Ok(format!("agent {agent} has no message any more"))
    }
}
