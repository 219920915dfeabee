//! The shell: everything that touches a socket, a thread, the disk or the clock.

pub mod ask;
pub mod cli;
pub mod clock;
pub mod cmd;
pub mod config;
pub mod control;
pub mod daemon;
pub mod engine;
pub mod flight;
pub mod flows;
pub mod keeper;
pub mod media;
pub mod net;
pub mod open_files;
pub mod program;
pub mod softphone;
pub mod store;
