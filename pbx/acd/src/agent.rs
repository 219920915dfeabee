//! One agent: two axes, and what goes with each.
//!
//! ```text
//! presence   LoggedOut ◄──► Ready ◄──► Break(reason)          what the person chose, at any time
//! activity   Idle ──offer──► Offered ──answer──► Talking ◄──► Holding        what the system has them doing
//!             ▲ ▲               │                   └──────┬─────┘
//!             │ └──missed───────┘                   WrapUp ◄─┘ (if the queue has after-call time)
//!             │                                        │
//!             └────────────────────────────────────────┘          Outbound: the agent's own call
//! ```

use crate::boundary::{AgentId, Call, QueueId};
use crate::config::AgentConfig;
use crate::fact::{Activity, Bar, Presence, State};
use crate::moment::Moment;
use std::sync::Arc;

/// What an agent is doing, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Doing {
    /// Nothing of ours.
    #[default]
    Idle,
    /// The phone rings.
    Offered {
        /// For this call.
        call: Call,
        /// Which offer it is.
        offer: u64,
    },
    /// Has a caller.
    Talking {
        /// The call.
        call: Call,
        /// The queue it came from.
        queue: QueueId,
        /// The caller's number.
        caller: String,
        /// Since when.
        since: u64,
        /// The caller waited so long for it, milliseconds.
        waited_ms: u64,
        /// On hold since then.
        held: Option<u64>,
        /// On hold before that, milliseconds.
        hold_ms: u64,
    },
    /// After-call time.
    WrapUp {
        /// Of this call.
        call: Call,
        /// And this queue.
        queue: QueueId,
        /// Since when.
        since: u64,
        /// Until when.
        until: u64,
        /// What came of the call, if said.
        disposition: String,
    },
}

/// An agent.
#[derive(Debug, Clone)]
pub struct Agent {
    /// Its number within the floor.
    pub id: AgentId,
    /// The agent's number, as people know it.
    pub number: Arc<str>,
    /// What is configured.
    pub config: AgentConfig,
    /// Still configured.
    pub is_known: bool,
    /// What the person chose.
    pub presence: Presence,
    /// What the system has them doing.
    pub doing: Doing,
    /// Where the agent sits; empty when signed out.
    pub extension: String,
    /// A phone of that extension is registered.
    pub is_reachable: bool,
    /// That extension is in a call of its own.
    pub is_busy: bool,
    /// Is left alone for a while: did not answer or refused a moment ago, or there was no room for a call to him.
    pub rests: bool,
    /// It is for lack of room that he is left alone, and not for what he did.
    pub is_spared: bool,
    /// Since when the state is what it is, by the steady clock; before its start for a state of before a restart.
    pub since: i64,
    /// Since when the agent does what the system has him doing, by the steady clock.
    pub(crate) doing_since: i64,
    /// When the last call of a queue ended, or when the agent signed in: since then the agent is idle.
    pub last_call: u64,
    /// Offers in a row that rang in vain.
    pub missed: u32,
    /// Calls and time of today.
    pub today: Today,
    /// The state that was written down last, and the place.
    pub(crate) noted: State,
    pub(crate) noted_at: String,
    /// Signed in, free, with a caller: as its queues were said to have it.
    pub(crate) counted: (bool, bool, bool),
}

/// What an agent did today; a fold over facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Today {
    /// The day, by number.
    pub day: i64,
    /// Calls answered.
    pub calls: i64,
    /// Milliseconds talked, holds included.
    pub talk_ms: i64,
}

impl Agent {
    pub(crate) fn new(id: AgentId, number: &str, config: AgentConfig) -> Self {
        Self {
            id,
            number: number.into(),
            config,
            is_known: true,
            presence: Presence::LoggedOut,
            doing: Doing::Idle,
            extension: String::new(),
            is_reachable: false,
            is_busy: false,
            rests: false,
            is_spared: false,
            since: 0,
            doing_since: 0,
            last_call: 0,
            missed: 0,
            today: Today::default(),
            noted: State::default(),
            noted_at: String::new(),
            counted: (false, false, false),
        }
    }

    /// What the system has the agent doing.
    pub fn activity(&self) -> Activity {
        match &self.doing {
            Doing::Idle if self.is_busy && self.presence.is_signed_in() => Activity::Outbound,
            Doing::Idle => Activity::Idle,
            Doing::Offered { .. } => Activity::Offered,
            Doing::Talking { held: None, .. } => Activity::Talking,
            Doing::Talking { .. } => Activity::Holding,
            Doing::WrapUp { .. } => Activity::WrapUp,
        }
    }

    /// Both axes.
    pub fn state(&self) -> State {
        State { presence: self.presence.clone(), activity: self.activity() }
    }

    /// What speaks against offering this agent anything at all.
    pub fn bar(&self) -> Option<Bar> {
        match &self.presence {
            Presence::LoggedOut => return Some(Bar::LoggedOut),
            Presence::Break { reason } => return Some(Bar::Break { reason: reason.clone() }),
            Presence::Ready => {}
        }
        match self.activity() {
            Activity::Idle if !self.is_reachable => Some(Bar::NoPhone),
            Activity::Idle if self.rests && self.is_spared => Some(Bar::NoRoom),
            Activity::Idle if self.rests => Some(Bar::Rests),
            Activity::Idle => None,
            activity => Some(Bar::Busy { activity }),
        }
    }

    /// Whether the agent can be offered a caller.
    pub fn is_free(&self) -> bool {
        self.bar().is_none()
    }

    /// The agent's number, and the extension where the agent sits.
    pub fn seat(&self) -> (String, String) {
        (self.number.to_string(), self.extension.clone())
    }

    /// How long the state has lasted, milliseconds.
    pub fn lasted(&self, now: Moment) -> u64 {
        let now = i64::try_from(now.mono).unwrap_or(i64::MAX);
        u64::try_from(now.saturating_sub(self.since)).unwrap_or(0)
    }

    /// How long the agent does what he does, milliseconds; of who does nothing how long the state has lasted. What somebody chooses
    /// during a call is no other call.
    pub fn busy_for(&self, now: Moment) -> u64 {
        let since = if self.activity() == Activity::Idle { self.since } else { self.doing_since };
        let now = i64::try_from(now.mono).unwrap_or(i64::MAX);
        u64::try_from(now.saturating_sub(since)).unwrap_or(0)
    }

    /// Whether a caller rings for the agent, or talks with him.
    pub fn has_caller(&self) -> bool {
        matches!(self.doing, Doing::Offered { .. } | Doing::Talking { .. })
    }

    /// The call that rings for, is with, or was with the agent before the after-call time that is running.
    pub fn call(&self) -> Option<Call> {
        match self.doing {
            Doing::Idle => None,
            Doing::Offered { call, .. } | Doing::Talking { call, .. } | Doing::WrapUp { call, .. } => {
                Some(call)
            }
        }
    }
}
