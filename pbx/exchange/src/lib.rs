//! The switch without I/O: registrar, calls, routing, CDRs.
//!
//! [`Exchange`] takes one [`Input`] at a time and says what is to be done ([`Action`]) and shown anew ([`Changed`]).
//! It knows SIP through `switchroom-sip`, and the media engine and the store only through the values in [`MediaCommand`],
//! [`MediaEvent`] and [`Record`]. There is no clock, socket, thread, disk or operating system's chance in here.

mod admin;
mod alarm;
mod archive;
mod audit;
mod auth;
mod call;
mod config;
mod coverage;
mod desk;
mod due;
mod exchange;
mod facts;
mod fixed;
mod guard;
mod hosts;
mod identity;
mod ids;
mod inbound;
mod input;
mod journal;
mod keep_alive;
mod ladder;
mod lamps;
pub mod limits;
mod lines;
mod look;
mod mailbox;
mod media;
mod mwi;
mod names;
mod negotiate;
mod outbox;
mod ports;
mod queues;
mod record;
mod register;
mod registrar;
mod subscriptions;
mod supervision;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub use alarm::Alarm;
pub use call::{
    Bridge, Call, CallPath, Consult, HandOff, HandedBack, Leg, LegState, NO_NUMBER, Recording, SIGNAL, Stage,
    Way,
};
pub use config::{
    Codec, Config, Extension, FixedContact, HostAddress, Place, RecordRule, Service, SupervisionRules,
};
pub use desk::Desk;
pub use exchange::{Exchange, Figures};
pub use ids::{CallId, LegId, NotACallId, PortSlot, Ticket};
pub use input::{
    Action, AgentAct, ArchiveAct, Changed, Command, CommandId, ConsultAct, Input, MissedWish, RecordingAct,
    RefusalReason, SupervisionAct,
};
pub use ladder::{Entry, EntryKind, Ladder, Ladders};
pub use media::{
    Agreed, AgreedCodec, Channel, Direction, Held, MediaCommand, MediaEvent, MessageFacts, Part, Quality,
    RecordingFacts, RecordingSubject, Source, Taken,
};
pub use queues::{QueueHours, Told};
pub use record::{
    BindingRecord, Cause, Cdr, CdrLeg, End, EndedBy, Ending, Event, EventKind, LegOutcome, MessageRecord,
    OpenCall, Party, Record, Restored, Severity, SubscriptionRecord, Why,
};
pub use registrar::Binding;
pub use supervision::{Mode, Subject, Supervision};
pub use switchroom_sip::coverage::Pair;
pub use switchroom_sip::endpoint::SessionId;
pub use switchroom_sip::flow::{Flow, Transport, source_of};
pub use switchroom_sip::time::{Mono, Now, Wall};
pub use text::clean;
