//! SIP without sockets.
pub mod digest;
pub mod flow;
pub mod dialog;
mod framer;
pub mod header;
pub mod limits;
pub mod message;
pub mod method;
mod multipart;
pub mod name_addr;
pub mod params;
pub mod rng;
pub mod sdp;
pub mod session_timer;
pub mod status;
pub mod time;
pub mod transaction;
pub mod uri;
pub mod via;

pub use framer::{Frame, FrameError, Framer};
