//! IVR flows without I/O: the language in which they are written, what is wrong with a text of it, and the interpreter
//! that runs one flow for one caller.
//!
//! ```text
//! TOML ──read──► Flow (nodes, places) ──check──► faults, warnings
//!                  │
//!                  ▼
//!   Event ──► Run::handle(site, event) ──► Effect …      one Run a caller; Site answers questions about the world
//! ```
//!
//! Time, chance, files and sockets are the caller's: an event brings what happened, an effect asks for what is to happen.

pub mod agent;
pub mod boundary;
pub mod calendar;
pub mod check;
pub mod classes;
pub mod clip;
pub mod csv;
pub mod exits;
pub mod expr;
pub mod fault;
pub mod flow;
pub mod lamp;
pub mod lend;
pub mod limits;
pub mod lists;
pub mod node;
pub mod number;
pub mod pins;
pub mod prompt;
pub mod read;
pub mod rehearse;
pub mod routes;
pub mod run;
pub mod say;
pub mod share;
pub mod show;
pub mod site;
pub mod text;
pub mod value;

pub use boundary::{Answer, Asking, Dialled, Effect, Event, HangUp, Payload, Site};
pub use check::{Known, check};
pub use clip::{Clip, Language};
pub use expr::Expr;
pub use fault::Fault;
pub use flow::{Flow, Flows, Node, NodeId, Place};
pub use read::read;
pub use run::Run;
pub use show::show;
pub use site::{MailboxConfig, SiteConfig};
pub use value::{Text, Value};

/// How flows and their test cases are written, as Markdown: every kind of node, key, function and name.
pub fn reference() -> String {
    read::reference() + &rehearse::case::reference()
}
