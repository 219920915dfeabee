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

pub mod boundary;
pub mod clip;
pub mod expr;
pub mod fault;
pub mod flow;
pub mod limits;
pub mod node;
pub mod prompt;
pub mod run;
pub mod value;

pub use boundary::{Answer, Asking, Dialled, Effect, Event, HangUp, Site};
pub use clip::{Clip, Language};
pub use expr::Expr;
pub use fault::Fault;
pub use flow::{Flow, Flows, Node, NodeId, Place};
pub use run::Run;
pub use value::{Text, Value};
