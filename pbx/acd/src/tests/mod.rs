//! The floor in simulated time.

mod random;
mod rules;
mod world;
