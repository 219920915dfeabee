//! What the exchange wants remembered: bindings, subscriptions, CDRs, events, recordings.
//!
//! The store keeps these as JSON; fields may be added with a default, never renamed or given another meaning.

use crate::words::words;
use crate::{CallId, Held, MessageFacts, Quality, RecordingFacts};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

/// Something to keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A binding was made or refreshed; replaces the one with the same extension and key.
    Binding(BindingRecord),
    /// A binding ended.
    BindingGone {
        /// The extension.
        extension: String,
        /// Its key.
        key: String,
    },
    /// A subscription was made, refreshed, or is told elsewhere; replaces the one with the same tag.
    Subscription(Box<SubscriptionRecord>),
    /// A subscription ended.
    SubscriptionGone {
        /// Our tag of its dialog.
        tag: String,
    },
    /// A call began, or was answered: what is known of it should the exchange stop without warning. Its CDR replaces it.
    CallOpen(Box<OpenCall>),
    /// A call ended.
    Cdr(Box<Cdr>),
    /// Something happened.
    Event(Event),
    /// A recording was closed.
    Recording(Box<RecordingFacts>),
    /// A message is being recorded, was left, or heard; replaces the one with the same id.
    Message(Box<MessageRecord>),
    /// A message was deleted.
    MessageGone {
        /// Its id.
        id: String,
    },
    /// Something happened to queues or agents: the truth of all their figures.
    Floor {
        /// Position in the journal, among those of events.
        seq: u64,
        /// What.
        fact: Box<switchroom_acd::Fact>,
    },
    /// A recording was deleted.
    RecordingGone {
        /// Its call.
        call: CallId,
    },
    /// A recording may not be deleted any more, or may be again.
    RecordingHeld {
        /// Its call.
        call: CallId,
        /// Who holds it and why; none when it was released.
        held: Option<Held>,
    },
}

/// A party of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Party {
    /// Extension or number; empty when withheld.
    pub number: String,
    /// Name; may be empty.
    pub name: String,
}

/// A stored binding: enough to call the phone after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingRecord {
    /// The extension.
    pub extension: String,
    /// What makes it one binding: the instance id if the phone sends one, else the Contact URI.
    pub key: String,
    /// The Contact URI.
    pub contact: String,
    /// `udp` or `tcp`.
    pub transport: String,
    /// Our address that the phone registered at.
    pub local: SocketAddr,
    /// Where the REGISTER came from.
    pub remote: SocketAddr,
    /// Connection it came over, 0 for UDP: after a restart a TCP binding waits for the phone to come back.
    pub connection: u64,
    /// User-Agent.
    pub agent: String,
    /// Call-ID of the REGISTER.
    pub call_id: String,
    /// CSeq of the REGISTER.
    pub cseq: u32,
    /// Preference, times 1000 (RFC 3261 §20.10 `q`).
    pub q_milli: u16,
    /// First registered, Unix milliseconds.
    pub registered_ms: i64,
    /// Ends, Unix milliseconds.
    pub expires_ms: i64,
}

/// A stored subscription (RFC 6665): enough to go on in its dialog after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionRecord {
    /// Our tag of its dialog, which is its name.
    pub tag: String,
    /// Whose phone it is.
    pub extension: String,
    /// `message-summary` or `dialog`.
    pub event: String,
    /// The `id` of its Event.
    pub event_id: Option<String>,
    /// The number beside the key of a lamp; empty for a box.
    pub number: String,
    /// What the next NOTIFY of a lamp has as `version`.
    pub version: u32,
    /// Call-ID of its dialog.
    pub call_id: String,
    /// The phone's tag.
    pub remote_tag: String,
    /// Our From in it.
    pub local_party: String,
    /// The phone's.
    pub remote_party: String,
    /// CSeq of our last NOTIFY when this was written.
    pub local_cseq: u32,
    /// CSeq of the phone's last SUBSCRIBE.
    pub remote_cseq: Option<u32>,
    /// The phone's Contact URI.
    pub target: String,
    /// Route set, nearest first.
    pub route: Vec<String>,
    /// `udp`: what was subscribed to over a connection ends with it.
    pub transport: String,
    /// Our address that the phone subscribed at.
    pub local: SocketAddr,
    /// Where the SUBSCRIBE came from.
    pub remote: SocketAddr,
    /// This was written, Unix milliseconds.
    pub written_ms: i64,
    /// Ends, Unix milliseconds.
    pub expires_ms: i64,
}

/// A message that a caller left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRecord {
    /// Its id, and the name of its file: `[0-9a-z-]`.
    pub id: String,
    /// The box it is in; none for what a flow recorded for itself.
    pub mailbox: Option<String>,
    /// The call in which it was left.
    pub call: CallId,
    /// Who left it.
    pub from: Party,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Milliseconds of sound.
    pub length_ms: u64,
    /// File, relative to the recordings directory.
    pub file: String,
    /// Bytes on disk.
    pub bytes: u64,
    /// Hash of the file, hexadecimal.
    pub sha256: String,
    /// Nobody has listened to it.
    pub is_new: bool,
    /// It is still being recorded: without file and length, and counted nowhere. Should the exchange stop now, this tells
    /// whose it is.
    #[serde(default)]
    pub is_unfinished: bool,
}

/// Which end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The side that dialled.
    Caller,
    /// The side that was dialled.
    Callee,
}

/// Who ended a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// One of its parties.
    Party(End),
    /// The exchange, by rule.
    System,
    /// A user, by command.
    User(String),
}

/// Why a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Answered, talked, hung up.
    HungUp,
    /// All phones of the called extension were busy.
    Busy,
    /// It rang and nobody answered in time.
    NoAnswer,
    /// The called person declined.
    Declined,
    /// The caller gave up before an answer.
    Cancelled,
    /// The called extension is registered nowhere, or no phone of it answered at all.
    Unreachable,
    /// Nothing has that number.
    NotFound,
    /// The phone never confirmed the answer (RFC 3261 §13.3.1.4).
    NoAck,
    /// The session was not refreshed in time (RFC 4028).
    SessionExpired,
    /// The phone's signalling or media is gone.
    MediaLost,
    /// The phones have no codec in common with us, or the offer is one we do not take.
    NotAcceptable,
    /// The called phone or the caller's request failed otherwise.
    Failed,
    /// Limits, or the exchange is stopping.
    Overload,
    /// A user ended it by command.
    Forced,
    /// The exchange was restarted while the call was up.
    Restart,
}

impl Cause {
    /// The fixed word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::HungUp => "hung_up",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Unreachable => "unreachable",
            Self::NotFound => "not_found",
            Self::NoAck => "no_ack",
            Self::SessionExpired => "session_expired",
            Self::MediaLost => "media_lost",
            Self::NotAcceptable => "not_acceptable",
            Self::Failed => "failed",
            Self::Overload => "overload",
            Self::Forced => "forced",
            Self::Restart => "restart",
        }
    }

    /// What became of a caller without an answer whose call ended by this.
    pub(crate) fn leg_outcome(self) -> LegOutcome {
        match self {
            Self::Cancelled => LegOutcome::Cancelled,
            Self::Busy => LegOutcome::Busy,
            Self::Declined => LegOutcome::Declined,
            Self::NoAnswer => LegOutcome::NoAnswer,
            Self::Unreachable | Self::NotFound => LegOutcome::Unreachable,
            Self::HungUp
            | Self::NoAck
            | Self::SessionExpired
            | Self::MediaLost
            | Self::NotAcceptable
            | Self::Failed
            | Self::Overload
            | Self::Forced
            | Self::Restart => LegOutcome::Failed,
        }
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Who ended it.
    pub by: EndedBy,
    /// Why.
    pub cause: Cause,
    /// The SIP status that told it, 0 if none did.
    pub status: u16,
    /// One sentence with addresses and figures.
    pub text: String,
}

/// One step of the path of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// `route`, `offer`, `skip`, `ring`, `answer`, `hold`, `resume`, `end`, …
    pub step: String,
    /// One sentence.
    pub text: String,
}

words! {
    /// What became of a leg.
    pub enum LegOutcome {
        /// It was in a talk, or with a service of ours.
        Answered = "answered",
        /// It was too, and left by a transfer; or another phone or call took its place.
        Transferred = "transferred",
        /// Its phone was busy.
        Busy = "busy",
        /// Its phone, or who sits there, would not take the call.
        Declined = "declined",
        /// It was rung in vain.
        NoAnswer = "no_answer",
        /// Another phone answered first.
        Elsewhere = "elsewhere",
        /// It was given up before an answer.
        Cancelled = "cancelled",
        /// Nothing was heard of its phone.
        Unreachable = "unreachable",
        /// It had no codec in common with the other side.
        NotAcceptable = "not_acceptable",
        /// Its phone named another address.
        Moved = "moved",
        /// Anything else.
        Failed = "failed",
    }
}

/// A leg in a CDR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CdrLeg {
    /// Which end.
    pub end: End,
    /// Who.
    pub party: Party,
    /// `udp 192.0.2.7:5060`.
    pub address: String,
    /// `PCMA/8000`, empty if no media was agreed.
    pub codec: String,
    /// Call-ID of its dialog.
    pub sip_call_id: String,
    /// The word of a [`LegOutcome`].
    pub outcome: String,
    /// Over the whole leg.
    #[serde(default)]
    pub quality: Quality,
}

/// The record of one finished call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cdr {
    /// The call.
    pub call: CallId,
    /// Its short number.
    pub number: u64,
    /// Who called.
    pub from: Party,
    /// Who was called, as dialled.
    pub to: Party,
    /// Who answered.
    pub with: Option<Party>,
    /// INVITE received, Unix milliseconds by the wall clock. All other times of a call are this and the monotonic time
    /// since, so that they are in order even if the wall clock is set meanwhile.
    pub started_ms: i64,
    /// First ringing.
    pub ringing_ms: Option<i64>,
    /// Answered.
    pub answered_ms: Option<i64>,
    /// How it ended.
    pub ending: Ending,
    /// Answer to end; 0 if there was no answer, or if the end is not known ([`Cause::Restart`] after a crash).
    pub talk_ms: u64,
    /// INVITE to end; 0 if the end is not known.
    pub total_ms: u64,
    /// Its path.
    pub path: Vec<Why>,
    /// Its legs, caller's first.
    pub legs: Vec<CdrLeg>,
    /// Whether it was recorded.
    pub recorded: bool,
    /// The flow that it entered.
    #[serde(default)]
    pub flow: Option<String>,
    /// What the caller answered to surveys: question and key.
    #[serde(default)]
    pub answers: Vec<(String, char)>,
    /// The queues that it was of when it was over; `None` if that is not known.
    #[serde(default)]
    pub was_of: Option<BTreeSet<String>>,
}

/// A call that is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCall {
    /// The call.
    pub call: CallId,
    /// Its short number.
    pub number: u64,
    /// Who called.
    pub from: Party,
    /// Who was called, as dialled.
    pub to: Party,
    /// Who answered.
    pub with: Option<Party>,
    /// INVITE received, Unix milliseconds.
    pub started_ms: i64,
    /// First ringing.
    pub ringing_ms: Option<i64>,
    /// Answered.
    pub answered_ms: Option<i64>,
    /// Whether it is recorded.
    pub recorded: bool,
    /// The flow that it entered.
    #[serde(default)]
    pub flow: Option<String>,
    /// What the caller has answered to surveys: question and key.
    #[serde(default)]
    pub answers: Vec<(String, char)>,
}

impl OpenCall {
    /// Its CDR: what was known of it, and how it ended.
    pub(crate) fn close(self, ending: Ending, path: Vec<Why>, legs: Vec<CdrLeg>) -> Cdr {
        let until_end = |from: i64| u64::try_from(ending.at_ms.saturating_sub(from)).unwrap_or(0);
        Cdr {
            talk_ms: self.answered_ms.map_or(0, until_end),
            total_ms: until_end(self.started_ms),
            call: self.call,
            number: self.number,
            from: self.from,
            to: self.to,
            with: self.with,
            started_ms: self.started_ms,
            ringing_ms: self.ringing_ms,
            answered_ms: self.answered_ms,
            ending,
            path,
            legs,
            recorded: self.recorded,
            flow: self.flow,
            answers: self.answers,
            was_of: None,
        }
    }
}

/// Which part of the exchange an event is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Calls.
    Call,
    /// Registrations.
    Registration,
    /// Media.
    Media,
    /// Recordings.
    Recording,
    /// Agents.
    Agent,
    /// Commands of users.
    Audit,
    /// Attacks and refusals.
    Guard,
    /// The daemon.
    System,
}

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For the record.
    Info,
    /// Somebody should look today.
    Warn,
    /// Somebody should act now.
    Crit,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Position in the journal; rises over the life of the data directory.
    pub seq: u64,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Which part.
    pub kind: EventKind,
    /// How much it matters.
    pub severity: Severity,
    /// The call.
    pub call: Option<CallId>,
    /// That call's short number.
    pub number: Option<u64>,
    /// Extension, user or address; may be empty.
    pub subject: String,
    /// A fixed word for machines.
    pub name: String,
    /// One sentence.
    pub text: String,
}

/// What the store knew when the exchange started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Restored {
    /// Bindings, expired ones too; the exchange sorts them out.
    pub bindings: Vec<BindingRecord>,
    /// Subscriptions, expired ones too.
    #[serde(default)]
    pub subscriptions: Vec<SubscriptionRecord>,
    /// Calls that were up when the exchange stopped without warning.
    #[serde(default)]
    pub open_calls: Vec<OpenCall>,
    /// Messages in mailboxes, and those that were being recorded.
    #[serde(default)]
    pub messages: Vec<MessageRecord>,
    /// What became of those that were being recorded, by id: the file, or that nothing is left of it. One that is not here
    /// could not be looked at; a later start settles it.
    #[serde(default)]
    pub cut_off: BTreeMap<String, Option<MessageFacts>>,
    /// Agents as they were.
    #[serde(default)]
    pub agents: Vec<switchroom_acd::Remembered>,
    /// What was said of queues last.
    #[serde(default)]
    pub doors: Vec<switchroom_acd::DoorFact>,
    /// What happened to queues and agents within the last day, in order.
    #[serde(default)]
    pub facts: Vec<switchroom_acd::Fact>,
    /// What concerns callers who gave up waiting, of the last week, in order.
    #[serde(default)]
    pub inbox: Vec<switchroom_acd::Fact>,
    /// The highest event position used.
    pub event_seq: u64,
    /// The highest short call number used.
    pub call_number: u64,
}
