//! The terminal console: what the floor looks like, and the few verbs that change it.
//!
//! It knows the daemon by its control socket alone. State is a fold of what the socket sent (`model`); keys, lines
//! and time change it (`update`) and ask for effects; `view` turns it into cells. These three are pure: time is an
//! argument. Only `link`, `run`, `plain` and the commands wait for anything.
//!
//! ```text
//!  socket ── link ──> update(state, input, now) ──> effects ──> link, terminal, files
//!                            │
//!                          state ──> view(state, now) ──> cells ──> canvas ──> terminal
//! ```

mod action;
mod app;
mod asked;
mod canvas;
mod client;
mod commands;
mod config;
mod context;
mod desk;
mod docs;
mod editor;
mod error;
mod filter;
#[cfg(test)]
mod fixture;
mod flows;
mod format;
mod grammar;
mod keymap;
mod layout;
mod link;
mod model;
mod own;
mod plain;
mod reasons;
mod report;
mod rows;
mod run;
mod seen;
mod selection;
mod setting;
mod severity;
mod sums;
mod supervising;
mod symbols;
mod table;
#[cfg(test)]
mod tests;
mod theme;
mod update;
mod view;
mod wall;
mod words;

pub use client::Client;
pub use commands::{Format, Once, do_command, once, tail};
pub use config::Options;
pub use docs::keys_markdown;
pub use error::{ConsoleError, Exit};
pub use plain::plain;
pub use run::run;
