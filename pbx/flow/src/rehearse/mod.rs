//! Flows without a phone: a site in simulated time, for `flow test`, `flow walk` and the simulator. What decides is the
//! production interpreter; only what is around it is played.

pub mod chance;
pub mod random;
pub mod witness;
