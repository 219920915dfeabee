//! The floor in simulated time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod assigned;
mod call_backs;
mod entrance;
mod moved;
mod places;
mod random;
mod rules;
pub(crate) mod world;
