//! Queues and agents as screens show them.

use crate::{PartyView, WhyView};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An agent: what the person chose, and what the system has them doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct AgentView {
    /// The agent's number.
    pub number: String,
    /// Name.
    pub name: String,
    /// Where the agent sits; empty when signed out.
    pub extension: String,
    /// `logged_out`, `ready`, `break`.
    pub presence: String,
    /// Of a break; else empty.
    pub reason: String,
    /// `idle`, `offered`, `talking`, `holding`, `wrap_up`, `outbound`.
    pub activity: String,
    /// Since when the activity is so, or who is idle is so, Unix milliseconds.
    pub since_ms: i64,
    /// When after-call time ends by itself, Unix milliseconds.
    pub wrap_up_ends_ms: Option<i64>,
    /// The call that rings or talks, by id.
    pub call: Option<String>,
    /// The queue that the call came from; empty if none.
    pub queue: String,
    /// Queues and the tier in each.
    pub queues: BTreeMap<String, u8>,
    /// Skills and levels.
    pub skills: BTreeMap<String, u8>,
    /// Why the agent is offered nothing although ready: `no_phone`, `rests`; else empty.
    pub problem: String,
    /// Calls of queues answered today.
    pub calls_today: i64,
    /// Milliseconds talked in them today.
    pub talk_today_ms: i64,
    /// Of the callers answered today, those who asked for an agent again within two hours.
    pub repeats_today: u64,
    /// Breaks today, by their word: those that were had, and those that have a budget.
    pub breaks: Vec<BreakView>,
    /// What a supervisor told the agent last, until it is acknowledged; a restart of the daemon forgets it.
    pub told: Option<ToldView>,
}

/// Characters of what a supervisor tells agents; what is longer is refused.
pub const TOLD_CHARS_MAX: usize = 200;

/// What a supervisor told an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct ToldView {
    /// What; one line.
    pub text: String,
    /// The user.
    pub by: String,
    /// When, Unix milliseconds; of two messages to an agent the later one's is greater.
    pub at_ms: i64,
}

/// What an agent has had of a break today: on it and doing nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct BreakView {
    /// Its word.
    pub reason: String,
    /// As people call it; may be empty.
    pub label: String,
    /// Milliseconds of breaks that ended.
    pub ended_ms: u64,
    /// Since when one lasts, or since midnight, Unix milliseconds; its time is not in `ended_ms`.
    pub since_ms: Option<i64>,
    /// Milliseconds that the agent has for it a day; 0: no limit.
    pub budget_ms: u64,
}

impl BreakView {
    /// Milliseconds had until a moment.
    pub fn used_ms(&self, now_ms: i64) -> u64 {
        let lasts = self.since_ms.map_or(0, |since| now_ms.saturating_sub(since).max(0));
        self.ended_ms.saturating_add(lasts.unsigned_abs())
    }

    /// Whether that is more than there is for it.
    pub fn is_over(&self, now_ms: i64) -> bool {
        self.budget_ms > 0 && self.used_ms(now_ms) > self.budget_ms
    }
}

/// Callers of a queue that are named one by one: a screen holds no more, and thousands would be sent with each change.
pub const WAITERS_SHOWN: usize = 50;

/// A queue, who waits in it, and how it stands today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct QueueView {
    /// Its name.
    pub name: String,
    /// As people call it.
    pub label: String,
    /// Who waits, in turn: the first [`WAITERS_SHOWN`] of them.
    pub waiting: Vec<WaiterView>,
    /// How many wait, on the line or to be called back.
    pub waiting_count: u32,
    /// Callers who are to be called back: they wait in their place, are being called, or were called in vain.
    pub call_backs: u32,
    /// Since when who has waited longest on the line does so, Unix milliseconds; `None` if nobody waits there.
    pub oldest_ms: Option<i64>,
    /// How many agents work in it, signed in or not.
    pub agents: u32,
    /// Agents who are signed in.
    pub signed_in: u32,
    /// Agents who can be offered a caller now.
    pub free: u32,
    /// Agents who have a caller of any queue, or one rings for them.
    pub busy: u32,
    /// The hours in which callers are let in, by their name; empty: at any time.
    pub hours: String,
    /// Callers are not let in now: it is outside these hours, or somebody said so.
    pub is_closed: bool,
    /// What somebody said, which stands over the hours; `None`: it goes by them.
    pub said: Option<SaidView>,
    /// When that changes, Unix milliseconds; `None` if the queue has no hours, or not within 400 days.
    pub hours_change_ms: Option<i64>,
    /// Calls that it has: who waits on the line, and who talks with an agent.
    pub calls: u32,
    /// As many as it may have; 0: no limit.
    pub max_calls: u32,
    /// By what free agents are sorted.
    pub order: Vec<String>,
    /// An answer within so long counts for the service level, milliseconds.
    pub service_level_ms: u64,
    /// Figures since local midnight.
    pub today: QueueTodayView,
}

/// Whether a queue lets callers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum QueueDoor {
    /// As its hours say; without any, it does.
    #[default]
    Hours,
    /// It does, whatever its hours say.
    Open,
    /// It does not.
    Closed,
}

/// Who opened or closed a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct SaidView {
    /// Open or closed.
    pub door: QueueDoor,
    /// The user.
    pub by: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
}

/// A queue's figures since local midnight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct QueueTodayView {
    /// Callers who came.
    pub offered: u64,
    /// Of them, answered.
    pub answered: u64,
    /// Hung up while waiting, and not at once.
    pub abandoned: u64,
    /// Hung up at once.
    pub short_abandoned: u64,
    /// Left by a rule or a key.
    pub overflowed: u64,
    /// Asked to be called back, and hung up.
    pub called_back: u64,
    /// Of those answered, who asked for an agent again within two hours.
    pub repeats: u64,
    /// Of those answered, per mille; `None` before the first.
    pub repeats_permille: Option<u32>,
    /// Answered in time, of those answered and those abandoned after that time, per mille; `None` before the first.
    pub service_level_permille: Option<u32>,
    /// Milliseconds that those answered waited, on average.
    pub average_wait_ms: u64,
    /// The longest wait, milliseconds.
    pub longest_wait_ms: u64,
}

/// A number whose calls a queue lost, and which was not answered since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct MissedView {
    /// Names the entry: the id of the first of the calls.
    pub id: String,
    /// The id of the latest of them.
    pub last_call: String,
    /// Who called.
    pub caller: PartyView,
    /// The caller's class; may be empty.
    pub class: String,
    /// The queue that the latest call left.
    pub queue: String,
    /// Calls given up.
    pub count: u32,
    /// When the first was, Unix milliseconds.
    pub first_ms: i64,
    /// When the latest was.
    pub last_ms: i64,
    /// The longest wait, milliseconds.
    pub longest_wait_ms: u64,
    /// Whether one came within two hours of the one before it.
    pub is_repeat: bool,
    /// Who takes care of it: an agent's number, or a user's name; empty if nobody does.
    pub claimed_by: String,
    /// Since when.
    pub claimed_ms: Option<i64>,
    /// Calls back that reached nobody.
    pub tries: u32,
    /// When the last of them was.
    pub tried_ms: Option<i64>,
}

/// Somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct WaiterView {
    /// The call's id; of who is to be called back the id that stands in its place.
    pub call: String,
    /// Its short number; 0 of who is to be called back.
    pub number: u64,
    /// Who; of who is to be called back the number that will be called.
    pub caller: PartyView,
    /// Empty: on the line. `waits`: hung up, and is called back in turn. `called`: an agent has it, and the number is called. `rests`: was
    /// called in vain, and is called again later. Those of the last two stand after all who wait.
    pub call_back: String,
    /// Calls back that were in vain.
    pub tries: u32,
    /// The caller's class; may be empty.
    pub class: String,
    /// 0 to 9.
    pub priority: i64,
    /// Since when, Unix milliseconds.
    pub since_ms: i64,
    /// Agents who ring for it.
    pub ringing: Vec<String>,
}

/// Why a caller was let into a queue or not, was offered to whom it was, or still waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct ReasonsView {
    /// The call's id.
    pub call: String,
    /// To which queues it came, which did not let it in and why, and how it left them: oldest first.
    pub path: Vec<WhyView>,
    /// How it waits now; `None` if it does not.
    pub standing: Option<StandingView>,
    /// Its offers, oldest first.
    pub offers: Vec<DecisionView>,
}

/// The values of what speaks against an agent, for clients that say it in words of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct BarView {
    /// The skill that is lacked; empty if it is about the tier.
    pub skill: String,
    /// The level asked for.
    pub asked: u8,
    /// The level that the agent has, 0 for none.
    pub has: u8,
    /// The tier that is not asked yet; 0 if it is about a skill.
    pub tier: u8,
}

/// How somebody stands who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct StandingView {
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
    /// Skills asked for, `german 7`.
    pub needs: Vec<String>,
    /// Each agent of the queue, and what speaks against them in words.
    pub agents: Vec<(String, String)>,
    /// The values of that, by agent, where it has any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bars: BTreeMap<String, BarView>,
    /// Agents that are not named.
    pub unnamed: u32,
}

/// Why agents were chosen for a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct DecisionView {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// The queue.
    pub queue: String,
    /// How long the caller had waited, milliseconds.
    pub waited_ms: u64,
    /// What set it off: `waiter`, `agent`, `own`.
    pub trigger: String,
    /// Agents who rang.
    pub chosen: Vec<String>,
    /// The offer, by number: they are counted from the start of the exchange.
    pub offer: u64,
    /// When, by the clock that `longest_idle` is told by; 0 if that was not written down.
    pub mono_ms: u64,
    /// Skills that were asked for, `german 7`.
    pub needs: Vec<String>,
    /// By what free agents were sorted.
    pub order: Vec<String>,
    /// Free agents, best first, with the value of each key: the smaller, the better. [`DecisionView::sorted`] says what they mean.
    pub candidates: Vec<(String, Vec<i64>)>,
    /// The others and what spoke against them, in words.
    pub others: Vec<(String, String)>,
    /// The values of that, by agent, where it has any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bars: BTreeMap<String, BarView>,
    /// Agents that are not named.
    pub unnamed: u32,
    /// For an agent who became free: the callers at the heads of his lines, best first, in words.
    pub lines: Vec<String>,
}
