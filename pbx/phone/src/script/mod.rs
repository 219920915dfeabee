//! Who calls whom, when, and what becomes of it: as data, drawn from a seed, played by actors.
//!
//! A [`Profile`] says what kind of traffic is wanted, [`Plan::draw`] makes the calls of one run from it, and an
//! [`Actor`] for each phone plays its parts: events of the phone in, commands for the phone out. Nothing here knows
//! of sockets or asks for the time, so the same plan is played by real phones and in simulated time.

mod actor;
mod plan;

pub use actor::{Actor, Outcome, Part, Role};
pub use plan::{Course, Digits, Hold, Plan, PlannedCall, Profile};
