//! The control socket: who may come in, what they see, what they can do.

mod calls;
mod configuration;
mod conversation;
mod desk;
mod figures;
mod floor;
mod flows;
mod group;
mod hub;
mod line;
mod mask;
mod peer;
mod query;
mod refusal;
mod seats;
mod server;
mod settings;
mod sight;
mod socket;
#[cfg(test)]
mod tests;
pub mod view;

pub use configuration::{Configuration, Configured, NotDone};
pub use hub::Hub;
pub use server::{ControlServer, ControlSettings, start};
