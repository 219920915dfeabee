//! The switch without I/O.

mod config;
mod ids;
mod media;
mod record;

pub use config::{Codec, Config, Extension, RecordRule, Service};
pub use ids::{CallId, LegId, NotACallId, PortSlot, Ticket};
pub use media::{
    Agreed, AgreedCodec, Channel, Direction, MediaCommand, MediaEvent, Quality, RecordingFacts, RecordingSubject,
    Source,
};
pub use record::{
    BindingRecord, Cause, Cdr, CdrLeg, End, EndedBy, Ending, Event, EventKind, Party, Record, Restored, Severity, Why,
};
