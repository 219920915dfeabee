//! SIP without sockets.
pub mod flow;
mod framer;
pub mod header;
pub mod limits;
pub mod message;
pub mod method;
mod multipart;
pub mod name_addr;
pub mod params;
pub mod rng;
pub mod status;
pub mod time;
pub mod uri;
pub mod via;

pub use framer::{Frame, FrameError, Framer};
