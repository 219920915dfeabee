//! What the whole-system tests stand on: a daemon of their own, independent phones, and ears.
//!
//! | module | its job |
//! |---|---|
//! | [`daemon`] | runs the real program in a folder of its own and asks it over its control socket |
//! | [`baresip`] | a real softphone, driven over its control port |
//! | [`linphone`] | another real softphone, driven over its pipe: consults, transfers, holds |
//! | [`sipp`] | runs a SIPp scenario and reads its figures |
//! | [`raw`] | a phone made of a socket and strings, for what no phone would send |
//! | [`voice`] | what such a phone says and hears |
//! | [`audio`] | tones: made, and found again |
//! | [`sim`] | the whole call centre in simulated time, under faults |
//! | [`scenario`] | calls as data: what people do, sentence by sentence, and what must come of it |
//! | [`terminal`] | a program on a terminal of its own, by tmux |
//! | [`flows`] | the flows and prompts that are shipped |
//! | [`process`] | programs that are started and surely ended, ports, patience |
//!
//! Everything here may panic: a test that cannot be set up has failed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

pub mod audio;
pub mod baresip;
pub mod daemon;
pub mod flows;
pub mod linphone;
pub mod process;
pub mod raw;
pub mod scenario;
pub mod sim;
pub mod sipp;
pub mod terminal;
pub mod voice;
