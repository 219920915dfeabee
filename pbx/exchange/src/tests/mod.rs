#![allow(clippy::unwrap_used, clippy::panic)]
//! The exchange with phones around it, in simulated time.

mod agents_by_phone;
mod archive;
mod bridging;
mod call_backs;
mod calls;
mod consent;
mod desk;
mod flow_ends;
mod flow_keys;
pub(crate) mod flow_site;
pub(crate) mod flows;
mod forcing;
mod guarding;
mod hand_off;
mod held;
mod mailboxes;
mod media;
mod messages;
mod missed;
pub(crate) mod mwi;
mod placing;
mod queue_agents;
mod queue_announcements;
mod queue_facts;
mod queue_hours;
mod queue_ringing;
pub(crate) mod queues;
mod recording;
mod registering;
pub(crate) mod supervising;
mod table;
mod table_of_bindings;
mod telling;
mod times;
mod transfer;
pub(crate) mod world;
