//! The whole call centre in simulated time: the production exchange and production phones, in a world that is made up.
//!
//! One number, the seed, gives one run: same seed, same steps, same bytes. A run has two phases: first everything
//! happens under faults (*safety*: no rule may ever be broken), then the faults stop and everything must come to rest
//! and work again (*liveness*).
//!
//! | module | its job |
//! |---|---|
//! | [`faults`] | the classes of faults and how each phone misbehaves |
//! | [`setup`] | one run as data, drawn from the seed, shrunk by [`minimise`] |
//! | [`world`] | the clocks, the queue of what happens next, and the exchange in the middle |
//! | [`trouble`] | timed disturbances: vanishing phones, crashes, stepping clocks |
//! | [`handset`] | a phone with its actor, its place in the network and its bad habits |
//! | [`meddle`] | what no phone of ours would send |
//! | [`network`] | who is where, and what becomes of a message on its way |
//! | [`store`] | what is on disk and what is not yet |
//! | [`media`] | what the media engine was told, and what it says |
//! | [`inbound`] | flows, routes and what else callers from outside find, and what they press |
//! | [`asking`] | what services and programs answer to flows |
//! | [`floor`] | queues and agents, and what agents choose |
//! | `dice` | what is drawn again and again |
//! | [`glance`] | what a message is, read without the parser under test |
//! | [`checkers`] | the rules, each a small type with its rule in one sentence |
//! | [`plant`] | defects planted on purpose: each checker must be able to fail |
//! | [`run`] | a whole run and what came of it |
//! | [`coverage`] | which (state, event) pairs happened |
//! | [`minimise`] | a shorter run that still breaks the same rule |

pub mod asking;
pub mod checkers;
pub mod coverage;
mod dice;
pub mod faults;
pub mod floor;
pub mod glance;
pub mod handset;
pub mod inbound;
pub mod meddle;
pub mod media;
pub mod minimise;
pub mod network;
pub mod panel;
pub mod plant;
pub mod run;
pub mod setup;
pub mod store;
pub mod trouble;
pub mod world;
