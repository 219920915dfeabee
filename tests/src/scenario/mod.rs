//! Scenarios as data: `tests/scenarios/*.toml`, readable by somebody who does not know Rust.
//!
//! A scenario names its phones, says in sentences what people do and what goes wrong, and says what must come of it. It
//! is played in the simulated world ([`crate::sim`]) without drawn faults, and every checker of the simulator watches.
//! `tests/scenarios/README.md` says how to write one; it is made from the tables in [`verbs`] and [`mod@file`].
//!
//! | module | its job |
//! |---|---|
//! | [`words`] | sentences: forms with slots, and what to say of a wrong word |
//! | [`verbs`] | the sentences of scripts, and those of what is heard |
//! | [`span`] | times as people write them |
//! | [`mod@file`] | a file as read, every fault with its line |
//! | [`play`] | plays a scenario and collects what happened |
//! | [`acts`] | carries out one sentence |
//! | [`told`] | what happened, in words |
//! | [`expect`] | compares it with what the file says |
//! | [`readme`] | the page for people who write scenarios |

pub mod acts;
pub mod expect;
pub mod file;
pub mod play;
pub mod readme;
pub mod span;
pub mod told;
pub mod verbs;
pub mod words;
