//! What the screens show: calls, extensions, events, alarms, the system.
//!
//! Times are Unix milliseconds, durations milliseconds, unless the name says otherwise. Text that came from the
//! network was cleaned at the SIP edge and is cleaned again by whoever draws it ([`crate::clean`]).

use serde::{Deserialize, Serialize};

/// Who is on one end of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct PartyView {
    /// Extension or number; empty when withheld.
    pub number: String,
    /// Name as configured, else as the phone sent it; may be empty.
    pub name: String,
}

/// What a call is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// The called side is being sought or rings.
    #[default]
    Ringing,
    /// Both sides talk.
    Talking,
    /// At least one side holds the other.
    Held,
    /// The caller is in a flow: hears prompts, presses keys.
    Flow,
    /// The caller is connected to a service of ours (echo, tone).
    Service,
    /// Over; stays on the board for a few seconds.
    Ended,
}

/// Caller's or other side's end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The side that dialled.
    #[default]
    Caller,
    /// The side that was dialled.
    Callee,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct EndedView {
    /// When.
    pub at_ms: i64,
    /// `caller`, `callee`, `system`, or `user NAME` for a command.
    pub by: String,
    /// A fixed word for machines: `hung_up`, `busy`, `no_answer`, `declined`, `cancelled`, `unreachable`,
    /// `not_found`, `no_ack`, `session_expired`, `media_lost`, `not_acceptable`, `failed`, `overload`, `forced`,
    /// `restart`.
    pub cause: String,
    /// The SIP status that told it, 0 if none did.
    pub status: u16,
    /// One sentence for people, with addresses and figures: "no ACK from 192.0.2.7 within 32 s".
    pub text: String,
}

/// One step of the path a call took, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct WhyView {
    /// When.
    pub at_ms: i64,
    /// A fixed word for machines, for example `route`, `offer`, `skip`, `answer`, `end`.
    pub step: String,
    /// One sentence for people.
    pub text: String,
}

/// Loss that is a trouble, parts per million: a share of 1 % is heard.
pub const LOSS_WARN_PPM: u32 = 10_000;

/// Jitter that is a trouble, microseconds.
pub const JITTER_WARN_US: u32 = 30_000;

/// One direction of media as our side measures it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct DirectionQuality {
    /// Packets received.
    pub packets: u64,
    /// Packets lost, parts per million of those expected.
    pub loss_ppm: u32,
    /// Interarrival jitter (RFC 3550 §6.4.1), microseconds.
    pub jitter_us: u32,
    /// Round-trip time by RTCP, microseconds; 0 when unknown.
    pub rtt_us: u32,
    /// Estimated mean opinion score times 100 (E-model, ITU-T G.107), 0 while unknown.
    pub mos_centi: u16,
}

/// Media quality of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct QualityView {
    /// From the phone to us.
    pub received: DirectionQuality,
    /// From us to the phone, as its RTCP reports tell; zero packets when it sends none.
    pub sent: DirectionQuality,
}

/// One party of a call as the exchange sees it: a dialog and its media.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct LegView {
    /// The leg's id, unique within the daemon's life.
    pub id: u64,
    /// Which end.
    pub side: Side,
    /// Who.
    pub party: PartyView,
    /// `calling`, `ringing`, `up`, `holding` (this party holds the other), `ended`.
    pub state: String,
    /// `udp 192.0.2.7:5060`.
    pub address: String,
    /// The phone's User-Agent or Server line.
    pub agent: String,
    /// Codec in use, as `PCMA/8000`; empty before an answer.
    pub codec: String,
    /// Where its media comes from, once known.
    pub media_address: String,
    /// Measured quality.
    pub quality: QualityView,
}

/// Whether a call is being recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// Not recorded.
    #[default]
    Off,
    /// Recorded now.
    On,
    /// Recorded, with silence for the moment: one party is in a flow, or somebody wants it so.
    Paused,
    /// Should be recorded and is not; an alarm says why.
    Failed,
    /// Was recorded; the file is closed.
    Done,
}

/// A live call, or one that ended moments ago.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct CallView {
    /// The call's id: 26 letters and digits, sortable by time.
    pub id: String,
    /// A short number for people, unique among the calls of the last days.
    pub number: u64,
    /// What it is doing.
    pub state: CallState,
    /// Who called.
    pub from: PartyView,
    /// Who was called, as dialled.
    pub to: PartyView,
    /// Who answered, once somebody did.
    pub with: Option<PartyView>,
    /// When the INVITE came.
    pub started_ms: i64,
    /// When the called side first rang.
    pub ringing_ms: Option<i64>,
    /// When it was answered.
    pub answered_ms: Option<i64>,
    /// When the present hold began.
    pub held_ms: Option<i64>,
    /// How it ended.
    pub ended: Option<EndedView>,
    /// The legs, caller's first.
    pub legs: Vec<LegView>,
    /// The path it took, each step with its reason.
    pub path: Vec<WhyView>,
    /// Recording.
    pub recording: RecordingState,
    /// What is wrong now, worst first: `one_way caller`, `silence callee`, `loss callee 2.1%`.
    pub troubles: Vec<String>,
    /// Where in a flow the caller is; also while a flow has it connected.
    pub place: Option<PlaceView>,
    /// The queue in which the caller waits for an agent.
    pub queue: Option<String>,
    /// The queues that it is of: where its caller waits, whence its agent has it, or else where its parties work. Empty as long as the
    /// configuration restricts nobody to queues.
    pub queues: Vec<String>,
    /// One party was sent into a flow, and another waits for it.
    pub hand_off: Option<HandOffView>,
    /// What came of earlier hand-offs, oldest first.
    pub handed_back: Vec<HandedBackView>,
    /// One party consults a third, whose phone has a call of its own.
    pub consult: Option<ConsultView>,
    /// It is a supervisor's own call: what the supervisor is at.
    pub supervision: Option<SupervisionView>,
    /// Supervisors who are at this call.
    pub supervisors: Vec<SupervisorView>,
}

/// A party that is in a flow and comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct HandOffView {
    /// The flow's name.
    pub flow: String,
    /// Who waits for it.
    pub by: PartyView,
    /// Whether that one is there still; else it is rung back when the flow ends.
    pub is_waiting: bool,
    /// Since when.
    pub since_ms: i64,
}

/// One party of a talk consults a third.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct ConsultView {
    /// Who consults.
    pub by: PartyView,
    /// Who is consulted.
    pub third: PartyView,
    /// The id of the call of the third's phone.
    pub call: String,
    /// Who hears whom: `ringing`, `consulted` (the other party waits), `swapped` (the third waits), `conference`.
    pub bridge: String,
}

/// What came of a hand-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct HandedBackView {
    /// When.
    pub at_ms: i64,
    /// The flow's name.
    pub flow: String,
    /// What the flow returned, or the answers of its survey; empty if it said nothing.
    pub result: String,
}

/// What a supervisor's own call is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct SupervisionView {
    /// Who it is: a user, or the extension that dialled the code.
    pub user: String,
    /// How.
    pub mode: crate::SupervisionMode,
    /// The call that is heard now: its id.
    pub call: Option<String>,
    /// The agent or extension whose calls are followed; none if it is one call.
    pub follows: Option<String>,
    /// The parties of that call who hear the supervisor now.
    pub heard_by: Vec<PartyView>,
}

/// A supervisor who is at a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct SupervisorView {
    /// Who it is.
    pub user: String,
    /// The extension of the supervisor's phone.
    pub phone: String,
    /// How.
    pub mode: crate::SupervisionMode,
    /// The id of the supervisor's own call.
    pub call: String,
}

/// A place in a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct PlaceView {
    /// The flow's name: that of its file.
    pub flow: String,
    /// The node.
    pub node: String,
}

/// A leg in a CDR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct CdrLegView {
    /// Which end.
    pub side: Side,
    /// Who.
    pub party: PartyView,
    /// `udp 192.0.2.7:5060`.
    pub address: String,
    /// Codec, empty if no media flowed.
    pub codec: String,
    /// The SIP Call-ID of its dialog.
    pub sip_call_id: String,
    /// How the leg ended: `answered`, `busy`, `no_answer`, `elsewhere`, …
    pub outcome: String,
    /// Measured quality over the whole leg.
    pub quality: QualityView,
}

/// The record of one finished call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct CdrView {
    /// The call's id.
    pub id: String,
    /// The short number people saw.
    pub number: u64,
    /// Who called.
    pub from: PartyView,
    /// Who was called, as dialled.
    pub to: PartyView,
    /// Who answered.
    pub with: Option<PartyView>,
    /// When the INVITE came.
    pub started_ms: i64,
    /// When the called side first rang.
    pub ringing_ms: Option<i64>,
    /// When it was answered.
    pub answered_ms: Option<i64>,
    /// When and how it ended.
    pub ended: EndedView,
    /// From answer to end, by the monotonic clock; 0 when not answered.
    pub talk_ms: u64,
    /// From INVITE to end, by the monotonic clock.
    pub total_ms: u64,
    /// The path it took.
    pub path: Vec<WhyView>,
    /// The legs, caller's first.
    pub legs: Vec<CdrLegView>,
    /// The recording's id, if there is one.
    pub recording: Option<String>,
    /// The flow that it entered.
    pub flow: Option<String>,
    /// What the caller answered to surveys.
    pub answers: Vec<SurveyAnswerView>,
    /// What its agent said came of it, the last word; empty if nobody did.
    pub disposition: String,
}

/// An answer to a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyAnswerView {
    /// The question's name.
    pub question: String,
    /// The key that was pressed.
    pub key: char,
}

/// Whether an extension can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ExtensionState {
    /// No phone is registered.
    #[default]
    Offline,
    /// A phone is registered and answers.
    Idle,
    /// It rings.
    Ringing,
    /// It is in a call.
    Busy,
    /// Registered, but no phone of it answers OPTIONS.
    Lost,
}

/// One contact at which an extension is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct BindingView {
    /// The Contact URI as the phone gave it.
    pub contact: String,
    /// Where requests go: `udp 192.0.2.7:5060`.
    pub address: String,
    /// The phone's User-Agent.
    pub agent: String,
    /// First registered, or since when it is configured.
    pub registered_ms: i64,
    /// Ends unless refreshed; 0 for one that stands in the configuration.
    pub expires_ms: i64,
    /// Round-trip time of the last answered OPTIONS, microseconds.
    pub rtt_us: Option<u32>,
    /// OPTIONS in a row that went unanswered.
    pub missed: u32,
}

/// An extension and where it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct ExtensionView {
    /// Its number.
    pub number: String,
    /// Its person.
    pub name: String,
    /// Whether it can be reached.
    pub state: ExtensionState,
    /// Since when.
    pub since_ms: i64,
    /// Where it is registered.
    pub bindings: Vec<BindingView>,
    /// The last refusal of its REGISTER, in words, if it was the last thing heard of it; else why the host of its contact has no
    /// address.
    pub problem: Option<String>,
}

/// How much an event or alarm matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For the record.
    #[default]
    Info,
    /// Somebody should look today; drawn `!`.
    Warn,
    /// Somebody should act now; drawn `!!`.
    Crit,
}

/// Which part of the exchange an event is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A call began, rang, was answered, held, ended.
    #[default]
    Call,
    /// Registrations.
    Registration,
    /// Media: silence, one-way audio, loss.
    Media,
    /// Recordings.
    Recording,
    /// Agents: who signed in, had a break.
    Agent,
    /// What users did by command.
    Audit,
    /// Attacks and refusals.
    Guard,
    /// The daemon itself: start, stop, disk, store, configuration.
    System,
}

impl EventKind {
    /// The word used on screen and in filters.
    pub fn word(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Registration => "reg",
            Self::Media => "media",
            Self::Recording => "rec",
            Self::Agent => "agent",
            Self::Audit => "audit",
            Self::Guard => "guard",
            Self::System => "system",
        }
    }
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct EventView {
    /// Position in the journal, rising over the life of the data directory.
    pub seq: u64,
    /// When.
    pub at_ms: i64,
    /// Which part.
    pub kind: EventKind,
    /// How much it matters.
    pub severity: Severity,
    /// The call it is about.
    pub call: Option<String>,
    /// That call's short number.
    pub number: Option<u64>,
    /// Extension, user or address it is about; may be empty.
    pub subject: String,
    /// A fixed word for machines: `call_answered`, `registered`, `one_way`, …
    pub name: String,
    /// One sentence for people.
    pub text: String,
}

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct AlarmView {
    /// Fixed id, so that the same trouble is one alarm: `disk`, `one_way:CALL`.
    pub id: String,
    /// How bad.
    pub severity: Severity,
    /// Since when.
    pub since_ms: i64,
    /// What is wrong and what to do.
    pub text: String,
    /// The call it is about.
    pub call: Option<String>,
}

/// The daemon itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct SystemView {
    /// Name and version.
    pub server: String,
    /// Name of the site.
    pub site: String,
    /// SIP domain that phones register to.
    pub domain: String,
    /// When the daemon started.
    pub started_ms: i64,
    /// Where it listens: `udp 0.0.0.0:5060`.
    pub listen: Vec<String>,
    /// Live calls.
    pub calls: u32,
    /// Most live calls allowed.
    pub calls_max: u32,
    /// SIP transactions in progress.
    pub transactions: u32,
    /// SIP dialogs in progress.
    pub dialogs: u32,
    /// Extensions with at least one binding.
    pub registered: u32,
    /// Bindings.
    pub bindings: u32,
    /// RTP port pairs in use.
    pub rtp_ports: u32,
    /// RTP port pairs there are.
    pub rtp_ports_max: u32,
    /// Calls since start, and since local midnight.
    pub calls_total: u64,
    /// Messages dropped as malformed since start.
    pub malformed: u64,
    /// Requests refused for wrong credentials since start.
    pub auth_failures: u64,
    /// Messages dropped unanswered because their source is being ignored.
    pub ignored: u64,
    /// `ok`, or what is degraded.
    pub store: String,
    /// Free space for recordings, parts per thousand of the file system; `None` when unknown.
    pub disk_free_ppk: Option<u32>,
}
