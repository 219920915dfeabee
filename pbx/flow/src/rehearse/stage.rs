//! What is around a caller: the site, and how phones, queues and services behave.

use super::heard::Prompts;
use crate::agent::{AgentAct, AgentAnswer, AgentDo, AgentIs, AgentRefusal};
use crate::boundary::{Answer, Mailbox, Message, Opening, PinVerdict, Site};
use crate::clip::{Clip, Language};
use crate::expr::Scope;
use crate::flow::{Flow, Flows};
use crate::pins::{AGENT_PINS, PinGuard, Pins};
use crate::share::Shares;
use crate::site::SiteConfig;
use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// In place of a PIN: too many wrong ones were given before this call.
pub const LOCKED: &str = "locked";

/// How a phone behaves that is rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phone {
    /// It rings until somebody says what becomes of it, or nobody answers in time.
    Rings,
    /// Busy.
    Busy,
    /// Cannot be reached.
    Unreachable,
    /// Answers after so long and talks for so long; `None`: until the caller hangs up.
    Answers(Duration, Option<Duration>),
}

/// How a queue behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Callers who wait already.
    pub waiting: u32,
    /// Agents who work in it; with none it is empty.
    pub agents: u32,
    /// How long one waits for an agent, as callers are told.
    pub expected: Duration,
    /// It takes nobody more.
    pub is_full: bool,
    /// It is outside its hours.
    pub is_closed: bool,
    /// An agent answers after so long; `None`: when somebody says so.
    pub answers: Option<Duration>,
    /// For so long they talk then; `None`: until the caller hangs up.
    pub talks: Option<Duration>,
    /// So long one waits at most.
    pub longest: Duration,
    /// Callers may ask to be called back.
    pub calls_back: bool,
}

impl Default for Waiting {
    /// Two agents, nobody waits, ten minutes at most.
    fn default() -> Self {
        Self {
            waiting: 0,
            agents: 2,
            expected: Duration::ZERO,
            is_full: false,
            is_closed: false,
            answers: None,
            talks: None,
            longest: Duration::from_secs(600),
            calls_back: true,
        }
    }
}

/// How services and programs answer at one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// What they answer.
    pub answer: Answer,
    /// After so long; a node that does not wait as long is told that it failed.
    pub after: Duration,
}

/// What is around a caller, as far as it is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// Phones by their number; all others ring.
    pub phones: BTreeMap<String, Phone>,
    /// Queues by their name; all others are as [`Waiting::default`].
    pub queues: BTreeMap<String, Waiting>,
    /// Answers of services at nodes, by `flow.node` or `node`; of several the next each time, the last again and again.
    pub services: BTreeMap<String, Vec<Service>>,
    /// Hours that stand so, whatever the calendar says.
    pub hours: BTreeMap<String, Opening>,
    /// PINs in plain, by `pins` or `pins.account`. [`LOCKED`] is none that could be given.
    pub pins: BTreeMap<String, String>,
    /// Entries of lists, by `list` and what is looked up.
    pub lists: BTreeMap<(String, String), Value>,
    /// New messages in mailboxes.
    pub mailboxes: BTreeMap<String, u32>,
    /// The part that callers at a node belong to, from 0, by `flow.node` or `node`; all others are shared out.
    pub shares: BTreeMap<String, usize>,
    /// What comes of nodes `agent`, by `flow.node` or `node`; of several the next each time, the last again and again.
    pub agents: BTreeMap<String, Vec<AgentAnswer>>,
    /// Values of names that the site gives: `class`, `caller_name`, …
    pub values: BTreeMap<String, Value>,
}

impl Around {
    /// The same with what another says instead.
    pub(super) fn with(mut self, other: Self) -> Self {
        self.phones.extend(other.phones);
        self.queues.extend(other.queues);
        self.services.extend(other.services);
        self.hours.extend(other.hours);
        self.pins.extend(other.pins);
        self.lists.extend(other.lists);
        self.mailboxes.extend(other.mailboxes);
        self.shares.extend(other.shares);
        self.agents.extend(other.agents);
        self.values.extend(other.values);
        self
    }
}

/// A site for rehearsals.
#[derive(Debug, Clone, Default)]
pub struct Stage {
    /// Flows.
    pub flows: Flows,
    /// What is configured.
    pub site: SiteConfig,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    /// What else is around: before what is configured.
    pub around: Around,
    /// Messages in mailboxes.
    pub messages: BTreeMap<String, Vec<Message>>,
    /// What prompts say.
    pub prompts: Prompts,
    pub(super) caller: String,
    /// What the caller is spoken to in.
    pub(super) language: Language,
    /// Since the call began, in milliseconds: whatever the clock on the wall is set to, locks last.
    pub(super) elapsed_ms: u64,
    pub(super) shares: Shares,
    pub(super) guard: PinGuard,
    pub(super) asked: BTreeMap<String, usize>,
}

impl Stage {
    /// How a queue behaves.
    pub(super) fn queue(&self, name: &str) -> Waiting {
        self.around.queues.get(name).copied().unwrap_or_default()
    }

    /// How a phone behaves.
    pub(super) fn phone(&self, number: &str) -> Phone {
        self.around.phones.get(number).copied().unwrap_or(Phone::Rings)
    }

    /// What a service answers at this node now.
    pub(super) fn service(&mut self, flow: &str, node: &str) -> Service {
        let full = format!("{flow}.{node}");
        let key = if self.around.services.contains_key(&full) { full } else { node.to_owned() };
        let turn = self.asked.entry(key.clone()).or_default();
        let answers = self.around.services.get(&key);
        let answer = answers.and_then(|all| all.get(*turn).or_else(|| all.last())).cloned();
        *turn = turn.saturating_add(1);
        answer.unwrap_or_else(|| Service {
            answer: Answer::Failed("nothing is said of how it answers".to_owned()),
            after: Duration::ZERO,
        })
    }

    /// What comes of acting as an agent at this node now. Unless it is said, it is done, but for who needs a PIN first.
    pub(super) fn agent(&mut self, flow: &str, node: &str, act: &AgentAct) -> AgentAnswer {
        let full = format!("{flow}.{node}");
        let key = if self.around.agents.contains_key(&full) { full } else { node.to_owned() };
        if let Some(answers) = self.around.agents.get(&key) {
            let turn = self.asked.entry(key).or_default();
            let answer = answers.get(*turn).or_else(|| answers.last()).copied();
            *turn = turn.saturating_add(1);
            return answer.unwrap_or(AgentAnswer::Unknown);
        }
        let needs_pin = act.agent.as_ref().is_some_and(|agent| {
            let told = self.around.pins.contains_key(&format!("{AGENT_PINS}.{agent}"));
            told || self.site.pins.get(AGENT_PINS).is_some_and(|pins| pins.by_account.contains_key(agent))
        });
        match act.what {
            AgentDo::SignIn if needs_pin && !act.knows_pin => AgentAnswer::Refused(AgentRefusal::Pin),
            AgentDo::SignIn | AgentDo::Ready => AgentAnswer::Done(AgentIs::Ready),
            AgentDo::SignOut => AgentAnswer::Done(AgentIs::SignedOut),
            AgentDo::Break | AgentDo::Toggle => AgentAnswer::Done(AgentIs::OnBreak),
        }
    }

    fn of_queue(&self, name: &str) -> Option<Value> {
        let (queue, what) = name.strip_prefix("queue.")?.rsplit_once('.')?;
        let queue = self.queue(queue);
        Some(match what {
            "waiting" => Value::whole(i64::from(queue.waiting)),
            "agents" => Value::whole(i64::from(queue.agents)),
            "expected_wait" => Value::whole(i64::try_from(queue.expected.as_secs()).ok()?),
            _ => return None,
        })
    }
}

impl Scope for Stage {
    fn get(&mut self, name: &str) -> Option<Value> {
        if let Some(value) = self.around.values.get(name) {
            return Some(value.clone());
        }
        if name == "caller" {
            return Some(Value::text(&self.caller));
        }
        self.site.of_the_time(name, self.now_ms).or_else(|| self.of_queue(name))
    }

    fn lookup(&mut self, list: &str, of: &str) -> Option<Value> {
        let entry = self.around.lists.get(&(list.to_owned(), crate::number::normal(of).into_owned()));
        if let Some(value) = entry {
            return Some(value.clone());
        }
        self.site.lists.get(list)?.find(of).map(|entry| Value::text(entry.value))
    }
}

impl Site for Stage {
    fn opening(&mut self, hours: &str) -> Option<Opening> {
        if let Some(opening) = self.around.hours.get(hours) {
            return Some(opening.clone());
        }
        self.site.hours.get(hours).map(|hours| hours.opening(self.now_ms, &self.site.zone))
    }

    fn share(&mut self, flow: &str, node: &str, parts: &[u32]) -> usize {
        let told = self.around.shares.get(&format!("{flow}.{node}")).or_else(|| self.around.shares.get(node));
        told.copied().unwrap_or_else(|| self.shares.next(flow, node, parts))
    }

    fn pin(&mut self, pins: &str, of: Option<&str>, digits: &str) -> PinVerdict {
        let key = of.map_or_else(|| pins.to_owned(), |of| format!("{pins}.{of}"));
        if self.around.pins.get(&key).is_some_and(|pin| pin == LOCKED) {
            return PinVerdict::Locked;
        }
        let told = self.around.pins.get(&key).map(|pin| crate::pins::Pin::of(pin, "rehearsal"));
        let mut pins_of = match self.site.pins.get(pins) {
            _ if pins == "mailbox" => self.site.mailbox_pins(of.unwrap_or_default()),
            Some(known) => known.clone(),
            None if told.is_some() => Pins::default(),
            None => return PinVerdict::Wrong,
        };
        if let Some(pin) = told {
            match of {
                Some(of) => drop(pins_of.by_account.insert(of.to_owned(), pin)),
                None => pins_of.one = Some(pin),
            }
        }
        self.guard.judge((pins, &pins_of), of, &self.caller, digits, self.elapsed_ms)
    }

    fn mailbox(&mut self, name: &str) -> Option<Mailbox> {
        let told = self.messages.get(name);
        let config = self.site.mailboxes.get(name).cloned();
        if told.is_none() && config.is_none() {
            return None;
        }
        let config = config.unwrap_or_default();
        let messages = told.cloned().unwrap_or_default();
        Some(Mailbox {
            greeting: config.greeting.map(|name| Clip::Prompt { language: self.language, name }),
            is_full: messages.len() >= config.messages_max,
            longest: config.longest,
            // A box without a PIN opens to its own extension; so it does at the site.
            is_open: config.pin.is_none() && name == self.caller,
            messages,
        })
    }

    fn flow(&mut self, name: &str) -> Option<Arc<Flow>> {
        self.flows.get(name).cloned()
    }
}
