//! The boundary of the floor: what it is told with the methods of [`crate::Floor`], and what it asks for.

use crate::door::Door;
use crate::fact::{Exit, Fact};
use serde::{Deserialize, Serialize};

/// A call, as the exchange names it.
pub type Call = u128;

/// An agent, as the floor numbers them; the number stays while the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentId(pub u32);

/// A queue, as the floor numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueId(pub u32);

/// A caller who is to wait.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Join {
    /// The call.
    pub call: Call,
    /// Which stay in queues of this call it is, from 1.
    pub visit: u32,
    /// The queue's name.
    pub queue: String,
    /// The caller's number; empty if withheld.
    pub caller: String,
    /// The caller's class.
    pub class: String,
    /// 0 to 9; the higher, the sooner.
    pub priority: i64,
    /// The agent asked for: first, if free.
    pub preferred: Option<String>,
    /// It was let in before, and lost its agent by no fault of its own: hours and limits of calls are not asked for.
    pub is_back: bool,
    /// A call that waits in that queue and leaves it for this one, which takes its place, and what of the wait was served there. If it
    /// does not wait there (any more), this caller comes as any other.
    pub instead_of: Option<Call>,
}

/// Why an agent's phone does not ring any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Miss {
    /// It rang for as long as it may.
    NoAnswer,
    /// Busy, or declined.
    Refused,
    /// Could not be reached.
    Failed,
    /// Was not rung: the exchange had no room for one more call. That is nobody's fault.
    NoRoom,
}

/// What a time was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// A caller may be served by more agents now.
    Relax(Call),
    /// A caller has waited too long.
    MaxWait(Call),
    /// A caller is told its place.
    Announce(Call),
    /// An agent's after-call time is over.
    WrapUp(AgentId),
    /// An agent may be asked again.
    Rest(AgentId),
    /// Nobody has worked in this queue for as long as callers stay.
    Deserted(QueueId),
    /// A call-back may be tried again, or is too old.
    CallBack(Call),
}

/// What the floor asks for. Effects are carried out in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ring these agents for the caller. Each is told of by [`crate::Floor::answered`] or [`crate::Floor::missed`], unless
    /// the caller leaves or the ringing is given up before.
    Ring {
        /// The call.
        call: Call,
        /// The offer.
        offer: u64,
        /// Agents and the extensions at which they sit.
        agents: Vec<(String, String)>,
        /// For how long.
        ring: u64,
    },
    /// Let these agents' phones ring no more; nothing is to be told of them.
    GiveUp {
        /// The call.
        call: Call,
        /// Agents and the extensions at which they sit.
        agents: Vec<(String, String)>,
        /// Another call has taken its place, so they have missed nobody.
        is_moved: bool,
    },
    /// The caller does not wait any more, by rule.
    Exit {
        /// The call.
        call: Call,
        /// How: never answered, abandoned or by key.
        exit: Exit,
    },
    /// Tell the caller how it stands.
    Announce {
        /// The call.
        call: Call,
        /// Its place in the line, from 1.
        place: u32,
    },
    /// Write this down.
    Note(Fact),
    /// [`crate::Floor::due`] in so many milliseconds, instead of what was asked for before; `None`: not at all.
    Wake(Due, Option<u64>),
    /// An agent looks different.
    AgentChanged(String),
    /// A queue, or who waits in it, looks different.
    QueueChanged(String),
}

/// Why a choice is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such agent.
    NoAgent,
    /// There is no such queue.
    NoQueue,
    /// The queue is so already.
    SameDoor(Door),
    /// It was not said where the agent sits.
    NoExtension,
    /// The agent signs in at this extension only.
    OtherExtension(String),
    /// This agent has the extension, and is in a call.
    Taken(String),
    /// The agent has a caller, or is being offered one, and cannot move meanwhile.
    HasCaller,
    /// There is no such reason for a break.
    NoReason(String),
    /// So many have this break already.
    BreakFull(u32),
    /// The agent is not signed in.
    SignedOut,
    /// The agent has no after-call time at the moment.
    NoWrapUp,
    /// The call waits in no queue.
    NoWaiter,
    /// As many are to be called back as may be.
    CallBacksFull,
    /// The number of this call-back is being called.
    BeingCalled,
    /// This call-back rests after a call in vain: nobody can be given it yet.
    Rests,
    /// The agent is not free, and serves other queues.
    NotFree,
    /// The caller is being offered to this agent already.
    Offered,
    /// The exchange stops: nobody is offered a caller any more.
    Stopping,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoAgent => f.write_str("there is no such agent"),
            Self::NoQueue => f.write_str("there is no such queue"),
            Self::SameDoor(Door::Hours) => f.write_str("the queue goes by its hours already"),
            Self::SameDoor(door) => write!(f, "somebody has set the queue {} already", door.word()),
            Self::NoExtension => f.write_str("say at which extension the agent sits"),
            Self::OtherExtension(number) => write!(f, "this agent signs in at extension {number} only"),
            Self::Taken(agent) => write!(f, "agent {agent} sits there and is in a call"),
            Self::HasCaller => {
                f.write_str("the agent has a caller and can move to another extension afterwards")
            }
            Self::NoReason(reason) => write!(f, "there is no break for \"{reason}\""),
            Self::BreakFull(limit) => write!(f, "{limit} agents have this break already, and no more may"),
            Self::SignedOut => f.write_str("the agent is not signed in"),
            Self::NoWrapUp => f.write_str("the agent has no after-call time at the moment"),
            Self::NoWaiter => f.write_str("that call waits in no queue"),
            Self::CallBacksFull => f.write_str("as many callers wait to be called back as may"),
            Self::BeingCalled => {
                f.write_str("an agent is calling that number back already; end that call instead")
            }
            Self::Rests => f.write_str(
                "that number was just called in vain; assign it when it stands in the queue again",
            ),
            Self::NotFree => f.write_str("this agent is not free, and serves other queues"),
            Self::Offered => f.write_str("the agent's phone rings for this caller already"),
            Self::Stopping => f.write_str("the exchange stops, and offers nobody a caller any more"),
        }
    }
}

impl std::error::Error for Refusal {}
