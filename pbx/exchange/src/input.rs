//! The boundary: everything that can come in, everything that is asked for.

use crate::supervision::{Mode, Subject};
use crate::{CallId, Config, HostAddress, MediaCommand, MediaEvent, Record, Severity, Ticket};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::{Door, Presence};
use switchroom_flow::{Answer, Asking};
use switchroom_sip::flow::Flow;

/// Names a command of a user until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CommandId(pub u64);

/// Why a user is refused something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The user has no right to it.
    #[default]
    Right,
    /// It cannot be done as things stand.
    State,
}

/// What a user can do to the exchange. Questions are answered by the shell from what it sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// End a call.
    HangUp(CallId),
    /// Send one party of a talk into a flow; the other gets it back when the flow ends.
    HandOff {
        /// The call.
        call: CallId,
        /// The flow.
        flow: String,
    },
    /// One party of a talk consults a third.
    Consult {
        /// The call.
        call: CallId,
        /// What.
        act: ConsultAct,
    },
    /// Something with the recording of a call.
    Record {
        /// The call.
        call: CallId,
        /// What.
        act: RecordingAct,
    },
    /// Place a call: ring the phones of an extension, then the number, as if one of them had dialled it.
    Dial {
        /// The extension that is to be the caller.
        from: String,
        /// The number, as it would be dialled.
        to: String,
    },
    /// Put the caller of a talk, or of a flow, through to a number.
    Transfer {
        /// The call.
        call: CallId,
        /// The number.
        to: String,
    },
    /// Ring the phones of an extension, too, for a caller for whom phones ring or who waits in a queue.
    PickUp {
        /// The call.
        call: CallId,
        /// The extension; that of the user when absent.
        phone: Option<String>,
    },
    /// A supervisor at a live call.
    Supervise {
        /// The extension whose phone the supervisor has; that of the user when absent.
        phone: Option<String>,
        /// What.
        act: SupervisionAct,
    },
    /// Something about agents, or who waits.
    Agent(AgentAct),
    /// Something about a caller who gave up waiting.
    Missed {
        /// The id of its entry in the inbox, or its number.
        which: String,
        /// What.
        wish: MissedWish,
    },
    /// Forget bindings of an extension: that contact, or all.
    Unregister {
        /// The extension.
        extension: String,
        /// The contact as shown.
        contact: Option<String>,
    },
    /// Throw away the message of that id.
    DeleteMessage(String),
    /// Something about recordings that are closed.
    Archive(ArchiveAct),
    /// The user has changed the configuration: what, for the audit trail.
    Configured(String),
    /// The user was refused something that never comes to the exchange, for the audit trail.
    Refused {
        /// The call that it was about, if it was about one.
        call: Option<CallId>,
        /// It was a look, which a screen may take again and again.
        is_look: bool,
        /// Why, in a word; each has a count of its own.
        #[serde(default)]
        reason: RefusalReason,
        /// What and why.
        why: String,
    },
    /// A note on a call, live or over.
    Note {
        /// The call.
        call: CallId,
        /// Its short number.
        number: u64,
        /// Numbers of its parties, if it is over.
        parties: Vec<String>,
        /// What.
        text: String,
    },
    /// The same by a user who may act on what is the user's own, and on nothing else: the agent at the own phone, calls
    /// in which that phone is. What a rule records is not to be ended so.
    Own(Box<Command>),
}

/// What is done about recordings that are closed. Who asks has looked that they are there; what is deleted here has no file
/// any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveAct {
    /// It may not be deleted from now on.
    Hold {
        /// The call.
        call: CallId,
        /// Its short number.
        number: u64,
        /// Why.
        reason: String,
    },
    /// It may be deleted again.
    Release {
        /// The call.
        call: CallId,
        /// Its short number.
        number: u64,
    },
    /// The user has deleted it.
    Delete {
        /// The call.
        call: CallId,
        /// Its short number.
        number: u64,
    },
    /// These were kept as long as the configuration says.
    Expire {
        /// Their calls.
        calls: Vec<CallId>,
        /// What is told of them, one sentence.
        told: String,
    },
}

/// What can be done with the recording of a live call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingAct {
    /// Record a talk that no rule has recorded.
    Start,
    /// Silence from now.
    Pause,
    /// Sound again.
    Resume,
    /// Close the file; a call has no second one.
    Stop,
}

/// What can be done while one party of a talk consults a third.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsultAct {
    /// Ring somebody; the other party waits.
    Begin {
        /// The number, as it would be dialled, or that of an agent, or a queue's name.
        to: String,
    },
    /// Let the third wait and go back to the other party, or the other way round.
    Swap,
    /// All three hear each other.
    Conference,
    /// Leave the other two to each other.
    Complete,
    /// Let the third go.
    Cancel,
}

/// What a supervisor can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupervisionAct {
    /// Go to a call, or to the calls of somebody: the phone is rung, if it is not at work yet.
    Begin {
        /// Whom or what to hear.
        subject: Subject,
        /// How.
        mode: Mode,
    },
    /// Another mode at the call that is heard.
    Change(Mode),
    /// Take the agent's place in the call that is heard.
    TakeOver,
    /// Go.
    End,
}

/// What a user can do with agents and with who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentAct {
    /// Another presence.
    Choose {
        /// The agent's number.
        agent: String,
        /// What.
        presence: Presence,
        /// For signing in: where the agent sits.
        extension: Option<String>,
    },
    /// After-call time: so much more, or done.
    WrapUp {
        /// The agent's number.
        agent: String,
        /// Milliseconds from now.
        more_ms: Option<u64>,
        /// What came of the call.
        disposition: Option<String>,
    },
    /// Something to be read on the desks of agents.
    Tell {
        /// An agent's number, or a queue's name, or `all`.
        to: String,
        /// What.
        text: String,
    },
    /// What an agent was told has been read.
    Told {
        /// The agent's number.
        agent: String,
        /// When it was told; whatever it is when absent.
        at_ms: Option<i64>,
    },
    /// Another priority for a caller who waits.
    Priority {
        /// The call.
        call: CallId,
        /// 0 to 9.
        priority: i64,
    },
    /// Gives a caller who waits to an agent.
    Assign {
        /// The call.
        call: CallId,
        /// The agent's number.
        agent: String,
    },
    /// Takes a caller out of its queue: its flow goes on as if it had waited too long.
    TakeOut {
        /// The call.
        call: CallId,
    },
    /// Opens or closes a queue, whatever its hours say, or lets it go by them again. Who waits there goes on waiting.
    Door {
        /// The queue.
        queue: String,
        /// What.
        door: Door,
    },
}

/// What a user can do about a caller who gave up waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedWish {
    /// Take care of it.
    Claim {
        /// In the name of this agent; else in the user's own.
        agent: Option<String>,
    },
    /// Take care of it no more.
    Release,
    /// Note that the number was called in vain.
    Tried,
    /// Settle it.
    Close {
        /// How, in a word or a few.
        word: String,
    },
}

/// What can come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input<'a> {
    /// A SIP message.
    Message {
        /// Over what.
        flow: Flow,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// A TCP connection is gone.
    FlowLost(Flow),
    /// The media engine says something.
    Media(MediaEvent),
    /// Records are on disk.
    Stored(Vec<Ticket>),
    /// Records could not be kept.
    NotStored(Vec<Ticket>),
    /// A user wants something.
    Command {
        /// Comes back in the reply.
        id: CommandId,
        /// The user's name, for the audit trail.
        user: String,
        /// What.
        command: Command,
    },
    /// The configuration changed.
    Config(Arc<Config>),
    /// What came of a question that a flow asked by [`Action::Ask`].
    Answered {
        /// The call.
        call: CallId,
        /// The number of the question.
        number: u64,
        /// What came of it.
        answer: Answer,
    },
    /// A host that a contact of the configuration names was looked up.
    Resolved {
        /// Its name, as [`crate::Place::Host`] has it.
        host: String,
        /// Its addresses that can be reached from here, or why there are none.
        found: Result<Vec<HostAddress>, String>,
    },
    /// A connection to a contact of the configuration is there, or cannot be made. Its end is [`Input::FlowLost`].
    Connected {
        /// As [`crate::Place::Connection`] has it.
        host: String,
        /// Likewise.
        port: u16,
        /// The connection, or why there is none.
        found: Result<Flow, String>,
    },
    /// Something outside of the exchange is wrong, or right again.
    Alarm {
        /// Fixed id.
        id: String,
        /// How bad and what; `None` clears it.
        state: Option<(Severity, String)>,
    },
    /// No new calls from now on.
    Drain,
    /// End every call now: the exchange is about to stop.
    EndAll,
    /// Nothing but time passed.
    Tick,
}

/// What is asked of the shell. Actions are carried out in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send bytes over a flow.
    Send {
        /// Over what.
        flow: Flow,
        /// The bytes.
        bytes: Arc<[u8]>,
    },
    /// Ask the media engine.
    Media(MediaCommand),
    /// Keep a record; its ticket comes back once it is on disk.
    Persist {
        /// `None`: nobody waits for it.
        ticket: Option<Ticket>,
        /// What.
        record: Record,
    },
    /// Ask a local service or a program for a flow; [`Input::Answered`] follows, once, within the time.
    Ask {
        /// The call.
        call: CallId,
        /// Comes back in the answer.
        number: u64,
        /// What.
        asking: Asking,
        /// How long it may take.
        timeout: Duration,
    },
    /// Answer a user.
    Reply {
        /// The command.
        id: CommandId,
        /// What was done, or why it was refused.
        result: Result<String, String>,
    },
}

/// What changed and should be shown anew.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// A call began or changed; ask [`crate::Exchange::call`], which knows nothing of it once it is gone.
    Call(CallId),
    /// An extension changed, appeared or went.
    Extension(String),
    /// An agent changed.
    Agent(String),
    /// A queue changed, or who waits in it.
    Queue(String),
    /// Somebody gave up waiting, or something came of it; ask [`crate::Exchange::inbox`]. Named by the entry's first call.
    Missed(CallId),
    /// An alarm was raised, changed or cleared.
    Alarm(String),
    /// A message was left, heard or deleted; ask [`crate::Exchange::message`].
    Message(String),
    /// A call's ladder grew.
    Ladder(CallId),
}
