//! SIP without sockets: bytes in, bytes out, time and chance as arguments.
//!
//! From bottom to top; a module uses only those before it:
//!
//! | module | its job |
//! |---|---|
//! | [`limits`], [`time`], [`rng`] | bounds, clocks and deadlines, the seeded generator |
//! | [`coverage`] | which pairs of a state and an event the machines have been through |
//! | [`flow`] | transports and the path to a peer |
//! | [`params`], [`uri`], [`name_addr`], [`via`], [`header`], [`method`], [`status`] | the grammar, piece by piece |
//! | [`message`], [`Framer`] | whole messages, and cutting them from a stream |
//! | [`digest`], [`sdp`], [`session_timer`] | authentication, media descriptions, RFC 4028 |
//! | [`transaction`] | the four machines of RFC 3261 §17 |
//! | [`dialog`], [`replaces`] | dialogs, and the names of one whose place another takes |
//! | [`endpoint`] | a whole user agent: transactions, sessions, requests outside of both |
//!
//! `rsip` supplies the names of methods, transports and status codes; what it gets wrong is done here, and nothing
//! above this crate sees it. The RFCs, one by one, with the tests that show them: `pbx/SIP.md`.

pub mod coverage;
pub mod dialog;
pub mod digest;
pub mod endpoint;
pub mod flow;
mod framer;
pub mod header;
pub mod limits;
pub mod message;
pub mod method;
mod multipart;
pub mod name_addr;
pub mod params;
pub mod replaces;
pub mod rng;
pub mod sdp;
pub mod session_timer;
pub mod status;
pub mod time;
pub mod transaction;
pub mod uri;
pub mod via;

pub use framer::{Frame, FrameError, Framer};
