//! Queues and agents without I/O: who waits, who is free, who is offered whom and why.
//!
//! ```text
//!   join, leave, choose, answered, missed, … ──► Floor ──► Effect: ring, give up, exit, announce, note, wake
//! ```
//!
//! A [`Floor`] is a value: time and chance are arguments, and the same calls give the same effects. What it notes, [`Fact`]s,
//! is all that figures are made of.

pub mod agent;
pub mod audit;
pub mod boundary;
pub mod config;
pub mod door;
pub mod fact;
pub mod figures;
pub mod floor;
pub mod inbox;
pub mod limits;
pub mod moment;
pub mod profile;
pub mod queue;
#[cfg(test)]
mod tests;

pub use audit::Finding;
pub use boundary::{AgentId, Call, Due, Effect, Join, Miss, QueueId, Refusal};
pub use config::Config;
pub use door::{Door, DoorFact};
pub use fact::{
    Activity, Bar, CallBackAct, CallBackEnd, CallBackFact, Decision, Exit, Fact, Presence, State,
};
pub use floor::{CallBack, Floor, Refused, Remembered, Standing, Whereabouts};
pub use inbox::{Inbox, Missed};
pub use moment::Moment;
