//! The control socket: who may come in, what they see, what they can do.

mod conversation;
mod hub;
mod peer;
mod query;
mod server;
pub mod view;

pub use hub::Hub;
pub use server::{ControlServer, ControlSettings, Reload, start};
