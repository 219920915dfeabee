#![allow(clippy::unwrap_used, clippy::panic)]
//! The exchange with phones around it, in simulated time.

mod calls;
mod guarding;
mod media;
mod registering;
mod times;
pub(crate) mod world;
