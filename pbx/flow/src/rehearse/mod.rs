//! Flows without a phone: a site in simulated time, for `flow test`, `flow walk` and the simulator. What decides is the
//! production interpreter; only what is around it is played.
//!
//! ```text
//! flows/tests/*.toml ──read──► Case ──play──► Rehearsal ──► verdict, Coverage
//! lines typed by somebody ────────► Walk ────► Rehearsal ──► text
//!                                              Rehearsal = Run + Stage + a clock of its own
//! ```

pub mod case;
pub mod chance;
pub mod coverage;
mod heard;
pub mod random;
mod rehearsal;
mod stage;
#[cfg(test)]
mod tests;
pub mod walk;
pub mod witness;

pub use heard::Prompts;
pub use rehearsal::{Elsewhere, Entry, Happening, Rehearsal, Where};
pub use stage::{Around, LOCKED, Phone, Service, Stage, Waiting};
