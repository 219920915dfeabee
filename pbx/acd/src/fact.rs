//! What is written down of queues and agents. Every figure, now, of the half hour or of the day, is a fold over these.
//!
//! Spans are measured by the clock that does not step; `at_ms` is the wall clock, for people.

use crate::config::SortKey;
use crate::door::DoorFact;
use serde::{Deserialize, Serialize};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// An agent's state changed.
    Agent(AgentFact),
    /// A caller began to wait.
    Joined(JoinedFact),
    /// Agents were chosen for a caller, and why.
    Offered(Box<Decision>),
    /// What became of an offer, for one agent.
    OfferEnded(OfferEndedFact),
    /// A caller waits no more.
    Left(LeftFact),
    /// An agent's talk with a caller is over.
    Talked(TalkedFact),
    /// An agent's after-call time is over.
    WrappedUp(WrappedUpFact),
    /// Somebody did something about callers who had given up.
    Missed(MissedFact),
    /// Something came of a call-back that a caller in a queue had asked for.
    CallBack(CallBackFact),
    /// Somebody opened or closed a queue.
    Door(DoorFact),
}

impl Fact {
    /// When it happened, Unix milliseconds.
    pub fn at_ms(&self) -> i64 {
        match self {
            Self::Agent(fact) => fact.at_ms,
            Self::Joined(fact) => fact.at_ms,
            Self::Offered(fact) => fact.at_ms,
            Self::OfferEnded(fact) => fact.at_ms,
            Self::Left(fact) => fact.at_ms,
            Self::Talked(fact) => fact.at_ms,
            Self::WrappedUp(fact) => fact.at_ms,
            Self::Missed(fact) => fact.at_ms,
            Self::CallBack(fact) => fact.at_ms,
            Self::Door(fact) => fact.at_ms,
        }
    }
}

/// What a person chose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "presence")]
pub enum Presence {
    /// Not here.
    #[default]
    LoggedOut,
    /// Takes calls.
    Ready,
    /// Here, but takes no calls.
    Break {
        /// Why: a word of the configuration, or [`NO_ANSWER`].
        reason: String,
    },
}

/// The reason of a break that an agent was put on because the phone rang in vain.
pub const NO_ANSWER: &str = "no_answer";

impl Presence {
    /// Whether the person is here.
    pub fn is_signed_in(&self) -> bool {
        *self != Self::LoggedOut
    }

    /// Its word, without the reason.
    pub fn word(&self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Ready => "ready",
            Self::Break { .. } => "break",
        }
    }
}

/// What the system has an agent doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Nothing.
    #[default]
    Idle,
    /// The phone rings for a caller of a queue.
    Offered,
    /// Talks with a caller of a queue.
    Talking,
    /// The same, and one of the two holds.
    Holding,
    /// After-call time.
    WrapUp,
    /// In a call that came from no queue: the agent's own.
    Outbound,
}

impl Activity {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Offered => "offered",
            Self::Talking => "talking",
            Self::Holding => "holding",
            Self::WrapUp => "wrap_up",
            Self::Outbound => "outbound",
        }
    }
}

/// Both axes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct State {
    /// What the person chose.
    #[serde(flatten)]
    pub presence: Presence,
    /// What the system has them doing.
    pub activity: Activity,
}

impl State {
    /// The reason of a break in which nothing else is done; `None` in any other state.
    pub fn on_break(&self) -> Option<&str> {
        match &self.presence {
            Presence::Break { reason } if self.activity == Activity::Idle => Some(reason),
            _ => None,
        }
    }

    /// Whether time in it counts as signed in: who signs out while talking is here until the talk is over.
    pub fn counts_as_signed_in(&self) -> bool {
        self.presence.is_signed_in() || !matches!(self.activity, Activity::Idle | Activity::Outbound)
    }
}

/// An agent's state changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentFact {
    /// When.
    pub at_ms: i64,
    /// The agent's number.
    pub agent: String,
    /// Where the agent sits.
    pub extension: String,
    /// What it was.
    pub was: State,
    /// For how long, milliseconds.
    pub lasted_ms: u64,
    /// What it is.
    pub is: State,
    /// Who or what changed it: the name of a user, or a word: `agent`, `answer`, `configuration`,
    /// `displaced`, `hang_up`, `hold`, `midnight`, `no_answer`, `offer`, `phone`, `rest`, `restart`, `time`.
    pub by: String,
}

/// A caller began to wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedFact {
    /// When.
    pub at_ms: i64,
    /// The call.
    pub call: u128,
    /// Which stay in queues of this call it is, from 1.
    pub visit: u32,
    /// The queue.
    pub queue: String,
    /// The caller's number.
    pub caller: String,
    /// The caller's class, if a list or a flow gave one.
    #[serde(default)]
    pub class: String,
    /// Priority, 0 to 9.
    pub priority: i64,
    /// How many waited before it.
    pub before: u32,
    /// The call whose place it took, with what that had waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<u128>,
}

/// Why agents were chosen for a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// When.
    pub at_ms: i64,
    /// When, by the steady clock, by which agents are sorted who have had no call for longest; 0 in facts of old.
    #[serde(default)]
    pub mono_ms: u64,
    /// The offer.
    pub offer: u64,
    /// The call.
    pub call: u128,
    /// The queue.
    pub queue: String,
    /// How long the caller had waited.
    pub waited_ms: u64,
    /// What set it off.
    pub trigger: Trigger,
    /// By what agents are sorted.
    pub order: Vec<SortKey>,
    /// Skills and levels asked for, at this moment.
    pub needs: Vec<(String, u8)>,
    /// The agents that ring.
    pub chosen: Vec<String>,
    /// The free ones, best first, with the values of the keys: the smaller, the better.
    pub candidates: Vec<Candidate>,
    /// The others, and what speaks against each.
    pub others: Vec<(String, Bar)>,
    /// Agents of the queue that are not named.
    pub unnamed: u32,
    /// For an agent who became free: the heads of the lines he serves, best first.
    pub lines: Vec<Head>,
}

/// What set a decision off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A caller came, came back, or may be served by more agents now: agents are chosen for the caller.
    Waiter,
    /// An agent became free: a caller is chosen for the agent.
    Agent,
    /// The caller's own agent (the one asked for, or the last one) was free.
    Own,
    /// Somebody gave the caller to this agent.
    Assigned,
}

/// A free agent and how it sorts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The agent's number.
    pub agent: String,
    /// One value for each key of the order.
    pub keys: Vec<i64>,
}

/// The first caller of a line, as an agent who became free sees it. They sort by tier, then priority (highest first),
/// then weighted wait (longest first).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The queue.
    pub queue: String,
    /// The call.
    pub call: u128,
    /// The agent's tier there.
    pub tier: u8,
    /// The caller's priority, what it gained by waiting included.
    pub priority: i64,
    /// Milliseconds waited, times the agent's weight there.
    pub weighted_ms: u64,
}

/// What speaks against offering a caller to an agent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "bar")]
pub enum Bar {
    /// Not signed in.
    LoggedOut,
    /// On a break.
    Break {
        /// Why.
        reason: String,
    },
    /// Busy: offered another call, talking, after-call time, own call.
    Busy {
        /// Doing what.
        activity: Activity,
    },
    /// No phone of his is registered.
    NoPhone,
    /// Did not answer or refused a moment ago.
    Rests,
    /// The exchange had no room for a call to him a moment ago.
    NoRoom,
    /// Lacks a skill.
    Skill {
        /// Which.
        skill: String,
        /// The level asked for.
        asked: u8,
        /// The level he has, 0 for none.
        has: u8,
    },
    /// Of a tier that is not asked yet.
    Tier {
        /// His.
        tier: u8,
    },
    /// Would serve, but others sort before him.
    Sorted,
}

/// What became of an offer, for one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferEndedFact {
    /// When.
    pub at_ms: i64,
    /// The offer.
    pub offer: u64,
    /// The call.
    pub call: u128,
    /// The queue.
    pub queue: String,
    /// The agent.
    pub agent: String,
    /// How it ended.
    pub outcome: OfferOutcome,
    /// For how long the phone rang.
    pub rang_ms: u64,
}

/// How an offer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferOutcome {
    /// The agent answered, and has the caller.
    Answered,
    /// It rang in vain (RONA).
    NoAnswer,
    /// The phone said that it is busy, or the agent declined.
    Refused,
    /// The phone could not be reached.
    Failed,
    /// Another agent answered first.
    Elsewhere,
    /// The caller left, the agent was taken back by command, or the exchange had no room for a call to the agent.
    Withdrawn,
}

/// A caller waits no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftFact {
    /// When.
    pub at_ms: i64,
    /// When it had begun to wait: the half hour that it counts in.
    pub joined_ms: i64,
    /// The call.
    pub call: u128,
    /// Which stay in queues of this call it is, from 1.
    pub visit: u32,
    /// The queue.
    pub queue: String,
    /// The caller's number.
    pub caller: String,
    /// The caller's class.
    #[serde(default)]
    pub class: String,
    /// How it left.
    pub exit: Exit,
    /// The agent who answered.
    #[serde(default)]
    pub agent: String,
    /// How long it waited.
    pub waited_ms: u64,
    /// The limit of the service level at that time.
    pub service_level_ms: u64,
    /// The limit of a short abandon at that time.
    pub short_abandon_ms: u64,
}

/// How a caller left a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// To an agent.
    Answered,
    /// Hung up.
    Abandoned,
    /// Waited too long.
    Timeout,
    /// Not let in: too many wait, there are too many calls, or too many came at once.
    Full,
    /// Not let in: outside the queue's hours, or somebody closed it.
    Closed,
    /// Nobody works here, or not any more.
    Empty,
    /// Left by a key.
    Key,
    /// Asked to be called back.
    CalledBack,
    /// Taken out by a user's command, or the queue is gone.
    Removed,
    /// Another call took its place: one and the same wait goes on, so this one is counted as never offered.
    Moved,
    /// Cut off by a restart.
    Restart,
}

impl Exit {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abandoned => "abandoned",
            Self::Timeout => "timeout",
            Self::Full => "full",
            Self::Closed => "closed",
            Self::Empty => "empty",
            Self::Key => "key",
            Self::CalledBack => "called_back",
            Self::Removed => "removed",
            Self::Moved => "moved",
            Self::Restart => "restart",
        }
    }

    /// Whether it is an overflow: by rule, and neither answered nor given up.
    pub fn is_overflow(self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::Full
                | Self::Closed
                | Self::Empty
                | Self::Key
                | Self::Removed
                | Self::Restart
        )
    }
}

/// An agent's talk with a caller is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkedFact {
    /// When it ended.
    pub at_ms: i64,
    /// The call.
    pub call: u128,
    /// The queue.
    pub queue: String,
    /// The agent.
    pub agent: String,
    /// The caller's number.
    pub caller: String,
    /// From answer to end, holds included.
    pub talk_ms: u64,
    /// Of it, on hold.
    pub hold_ms: u64,
}

/// An agent's after-call time is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedUpFact {
    /// When it ended.
    pub at_ms: i64,
    /// The call it was for.
    pub call: u128,
    /// The queue.
    pub queue: String,
    /// The agent.
    pub agent: String,
    /// How long it took.
    pub lasted_ms: u64,
    /// What came of the call, in a word of the site's, if the agent said.
    #[serde(default)]
    pub disposition: String,
}

/// Somebody did something about a number in the inbox of callers who had given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedFact {
    /// When.
    pub at_ms: i64,
    /// The number.
    pub caller: String,
    /// What.
    #[serde(flatten)]
    pub act: MissedAct,
    /// The user who did it.
    pub by: String,
}

/// What is done about a caller who had given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
pub enum MissedAct {
    /// Somebody takes care of it.
    Claimed {
        /// An agent's number, or a user's name.
        owner: String,
    },
    /// Nobody does any more.
    Released,
    /// The number was called back, and nobody was reached.
    Tried,
    /// It is settled.
    Closed {
        /// How, in a word or a few.
        word: String,
    },
}

/// Something came of a call-back: a caller's place in a queue, kept after the caller hung up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallBackFact {
    /// When.
    pub at_ms: i64,
    /// The call-back: offers and the talk that come of it name it as their call.
    pub id: u128,
    /// The call in which the caller asked for it.
    pub call: u128,
    /// When the caller had begun to wait: the half hour that it counts in, and its place in the line.
    pub joined_ms: i64,
    /// The queue.
    pub queue: String,
    /// The number that is called.
    pub number: String,
    /// The number that the caller called from; empty if withheld.
    #[serde(default)]
    pub caller: String,
    /// The caller's class.
    #[serde(default)]
    pub class: String,
    /// Priority, 0 to 9, from now on.
    #[serde(default)]
    pub priority: i64,
    /// What.
    #[serde(flatten)]
    pub act: CallBackAct,
}

/// What came of a call-back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
pub enum CallBackAct {
    /// A caller asked for it.
    Asked,
    /// An agent took it, and the number is called.
    Called {
        /// The agent.
        agent: String,
    },
    /// The number was called in vain.
    Tried,
    /// Somebody gave it another priority.
    Priority,
    /// Nothing more will come of it.
    Closed {
        /// How it ended.
        how: CallBackEnd,
        /// The agent who reached the caller.
        #[serde(default)]
        agent: String,
        /// How often the number was called in vain.
        tries: u32,
        /// How long it took from the begin of the wait.
        waited_ms: u64,
        /// The call in which the caller was reached; 0 if none was.
        #[serde(default)]
        reached_in: u128,
    },
}

/// How a call-back ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallBackEnd {
    /// The caller answered, and talks with an agent.
    Reached,
    /// The caller was talked with meanwhile: called again, or was called by somebody else.
    Dropped,
    /// Tried as often as may be, too old, or the queue is gone: somebody has to look after it by hand.
    GivenUp,
    /// Taken out by a user.
    Removed,
    /// Never promised: the wish did not reach the disk, or the caller waited no more by then. It counts as not asked for.
    NotKept,
}

impl CallBackEnd {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Dropped => "dropped",
            Self::GivenUp => "given_up",
            Self::Removed => "removed",
            Self::NotKept => "not_kept",
        }
    }
}
