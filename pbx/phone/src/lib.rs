//! A softphone without sockets: it registers, calls, is called, holds and hangs up, told the time by its runner.
//!
//! It stands on [`switchroom_sip::endpoint::Endpoint`] and keeps its contract: call a method with `now`, then drain
//! [`Phone::poll_transmit`] and [`Phone::poll_event`], then ask [`Phone::poll_timeout`] when to come back. Sound is
//! the runner's: the phone tells it by [`MediaPlan`] what was agreed, from whom to take packets and where to send them.
//!
//! | module | its job |
//! |---|---|
//! | [`settings`] | who the phone is and how it answers |
//! | [`media`] | codecs, offers, answers, and the plan that comes of them |
//! | [`phone`] | the phone: what comes in, what goes out |
//! | `second` | a second call, and the two of them connected |
//! | [`digits`] | digits in the body of INFO |
//! | [`script`] | who calls whom and what becomes of it, as data: for demonstrations and tests |
//!
//! It does one call at a time and refuses a second one with 486; only to ask somebody before it puts the call through it
//! makes a second one itself. It does not subscribe.
#![forbid(unsafe_code)]

mod call;
pub mod digits;
pub mod media;
pub mod phone;
mod registration;
pub mod script;
mod second;
pub mod settings;
#[cfg(test)]
mod tests;

pub use media::{Codec, MediaPlan};
pub use phone::{EndedBy, Phone, PhoneCommand, PhoneError, PhoneEvent};
pub use settings::{Answering, HoldForm, PhoneSettings};
