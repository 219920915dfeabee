//! What can be asked of the daemon, one way for the console, `ctl` and scripts.

use crate::supervise::{SuperviseAct, Supervised, SupervisionMode};
use crate::{
    AgentView, CallView, DeskView, ExtensionView, FiguresBy, FiguresView, FlowView, MissedView, QueueDoor,
    QueueView, ReasonsView, SystemView,
};
use crate::{CdrView, EventView, Ladder, MessageView, RecordingView, WaveView};
use crate::{FlowTextView, SettingKind, SettingsApplied, SettingsChange, SettingsDiff, SettingsView};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The highest priority of a caller who waits.
pub const PRIORITY_MAX: u8 = 9;

/// A command with the id its answer will carry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the client; the answer repeats it.
    pub id: u64,
    /// What to do.
    #[serde(rename = "do")]
    pub command: Command,
}

/// The commands. Lowercase JSON names, for example `{"hang_up":{"call":"…"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Version, uptime, counts, limits and alarms.
    Status,
    /// The live calls.
    Calls,
    /// One call, live or finished, with its path and reason.
    Call {
        /// The call's id, or the short number that screens show.
        call: String,
    },
    /// The extensions and where they are registered.
    Extensions,
    /// The agents.
    Agents,
    /// The queues and who waits in them.
    Queues,
    /// Figures of queues and agents over the last local days, today included, oldest first.
    Figures {
        /// By day or by half hour.
        by: FiguresBy,
        /// How many days; the daemon keeps [`FIGURE_DAYS`](crate::FIGURE_DAYS).
        days: u32,
    },
    /// An agent's desk: the caller's card, history, script. Needs agent; that of another agent needs supervisor.
    Desk {
        /// The agent's number; the user's own when absent.
        agent: Option<String>,
    },
    /// The flows in force as outlines, and what the check said of their files when they were last read.
    Flows,
    /// Why a caller was offered to whom it was, or still waits.
    Why {
        /// The call's id or short number.
        call: String,
    },
    /// Finished calls, newest first.
    Cdrs {
        /// At most this many; the daemon caps it at 1,000.
        limit: u32,
        /// Only calls that ended before this time, Unix milliseconds: for paging.
        before_ms: Option<i64>,
        /// Only calls with this extension or number on either side.
        party: Option<String>,
    },
    /// The event journal, newest last.
    Events {
        /// At most this many; the daemon caps it at 1,000.
        limit: u32,
        /// Only events of this call.
        call: Option<String>,
        /// Only events after this time, Unix milliseconds.
        after_ms: Option<i64>,
    },
    /// Recordings, newest first.
    Recordings {
        /// At most this many; the daemon caps it at 1,000.
        limit: u32,
        /// Only recordings with this extension or number on either side.
        party: Option<String>,
    },
    /// Messages that callers left, newest first.
    Messages {
        /// At most this many; the daemon caps it at 1,000.
        limit: u32,
        /// Only those of this mailbox.
        mailbox: Option<String>,
    },
    /// Callers who gave up waiting and were not answered since, newest first.
    Missed {
        /// At most this many; the daemon caps it at 1,000.
        limit: u32,
    },
    /// Loudness of a recording over time, for drawing.
    Wave {
        /// The recording's id (the call's id).
        recording: String,
        /// How many columns to divide it into; capped at 512.
        columns: u16,
    },
    /// The SIP ladder of a call that is live or ended within the last minutes.
    Ladder {
        /// The call's id or short number.
        call: String,
    },
    /// Write a note on a call, live or finished; it is kept with the call. Needs agent, for a call of the user's own phone;
    /// else supervisor.
    Note {
        /// The call's id or short number.
        call: String,
        /// What, at most [`crate::NOTE_CHARS_MAX`] characters.
        text: String,
    },
    /// End a call now. Needs agent, for a call of the user's own phone; else supervisor.
    HangUp {
        /// The call's id or short number.
        call: String,
    },
    /// Send one party of a talk into a flow; the other gets it back when the flow ends. Needs
    /// supervisor: it is any talk of the house. Agents have the transfer key of their phones.
    HandOff {
        /// The call's id or short number.
        call: String,
        /// The flow.
        flow: String,
    },
    /// One party of a talk, the agent's side, consults a third; the other waits with music. Needs agent, for a call of the
    /// user's own phone; else supervisor.
    Consult {
        /// The call's id or short number.
        call: String,
        /// The number, as it would be dialled; or an agent's, or a queue's name.
        to: String,
    },
    /// Something while a third is consulted in a call. Needs what [`Command::Consult`] does.
    ConsultAct {
        /// The call's id or short number.
        call: String,
        /// What.
        act: ConsultAct,
    },
    /// Something with the recording of a live call. Needs agent, for a call of the user's own phone; else supervisor.
    Record {
        /// The call's id or short number.
        call: String,
        /// What.
        act: RecordingAct,
    },
    /// Change the configuration's file, and apply it. Needs supervisor.
    ChangeConfig {
        /// What.
        change: ConfigChange,
    },
    /// Place a call: ring the phones of an extension, then the number, as if one of them had dialled it. Needs
    /// agent, for the user's own phone; else supervisor.
    Dial {
        /// The extension that is to be the caller.
        from: String,
        /// The number, as it would be dialled.
        to: String,
    },
    /// Throw a message away, sound and all. Needs admin.
    DeleteMessage {
        /// The message's id.
        message: String,
    },
    /// Keep the recording of a call from being deleted. Needs supervisor.
    HoldRecording {
        /// The call's id or short number.
        call: String,
        /// Why.
        reason: String,
    },
    /// Let the recording of a call be deleted again. Needs admin.
    ReleaseRecording {
        /// The call's id or short number.
        call: String,
    },
    /// Delete the recording of a call, unless it is held. Needs admin.
    DeleteRecording {
        /// The call's id or short number.
        call: String,
    },
    /// Sets an agent's presence. Needs agent, for the agent at the user's own phone; else supervisor.
    AgentPresence {
        /// The agent's number.
        agent: String,
        /// `logged_out`, `ready` or `break`.
        presence: String,
        /// The reason of a break.
        reason: Option<String>,
        /// For signing in: where the agent sits, unless it is configured.
        extension: Option<String>,
    },
    /// An agent's after-call time: done, or longer. Needs agent, for the agent at the user's own phone; else supervisor.
    AgentWrapUp {
        /// The agent's number.
        agent: String,
        /// So many seconds from now; done when absent.
        more_s: Option<u32>,
        /// What came of the call.
        disposition: Option<String>,
    },
    /// Tells agents something: each has it on the desk until it is acknowledged or something else is told. Needs supervisor.
    Tell {
        /// An agent's number, or a queue's name, or `all`: of those, whoever is signed in.
        to: String,
        /// What, at most [`crate::TOLD_CHARS_MAX`] characters.
        text: String,
    },
    /// What an agent was told has been read, or is not to stand there any longer. Needs agent, for the agent at the user's own
    /// phone; else supervisor.
    Told {
        /// The agent's number.
        agent: String,
        /// Only what was told then ([`crate::ToldView::at_ms`]); whatever it is when absent.
        at_ms: Option<i64>,
    },
    /// Gives a caller who waits another priority. Needs supervisor.
    Priority {
        /// The call's id or short number.
        call: String,
        /// 0 to [`PRIORITY_MAX`].
        priority: u8,
    },
    /// Takes a caller out of its queue, as if it had waited too long. Needs supervisor.
    TakeOut {
        /// The call's id or short number.
        call: String,
    },
    /// Opens or closes a queue, whatever its hours say, or lets it go by them again; who waits there goes on waiting. Needs
    /// supervisor.
    QueueDoor {
        /// The queue.
        queue: String,
        /// What.
        door: QueueDoor,
    },
    /// Put the caller of a talk through to a number, or a caller who waits to another queue or flow. Needs agent,
    /// for a call of the user's own phone; else supervisor.
    Transfer {
        /// The call's id or short number.
        call: String,
        /// The number, as it would be dialled.
        to: String,
    },
    /// Ring an extension, too, for a caller for whom phones ring or who waits. Needs supervisor.
    PickUp {
        /// The call's id or short number.
        call: String,
        /// The extension; the user's own when absent.
        phone: Option<String>,
    },
    /// Give a caller who waits to an agent: at once if the agent is free, else before all others. Needs supervisor.
    Assign {
        /// The call's id or short number.
        call: String,
        /// The agent's number.
        agent: String,
    },
    /// Hear a call, or the calls of somebody, at a supervisor's phone: it is rung, unless it is at work already. Needs
    /// supervisor.
    Supervise {
        /// Whom or what.
        target: Supervised,
        /// How.
        mode: SupervisionMode,
        /// The extension whose phone is rung; the user's own when absent.
        phone: Option<String>,
    },
    /// Something at a supervisor's phone that is at work. Needs supervisor.
    SuperviseAct {
        /// What.
        act: SuperviseAct,
        /// The extension of that phone; the user's own when absent.
        phone: Option<String>,
    },
    /// Does something about a caller who gave up waiting. Needs agent.
    MissedAct {
        /// The id of its entry, or its number.
        missed: String,
        /// What.
        act: MissedAct,
    },
    /// Forget one binding of an extension, or all of them. Needs admin.
    Unregister {
        /// The extension.
        extension: String,
        /// The contact to forget; all when absent.
        contact: Option<String>,
    },
    /// What the configuration's file says of all of one kind. Needs admin.
    Settings {
        /// Of what kind.
        kind: SettingKind,
    },
    /// The file of a flow as it is, to be edited. Needs admin.
    FlowText {
        /// The flow.
        flow: String,
    },
    /// What a change would do to the configuration's file; changes nothing. Needs admin.
    PreviewSettings {
        /// The change.
        change: SettingsChange,
    },
    /// Change the configuration's file, if it is still the one that was looked at, and apply it. Needs admin.
    ApplySettings {
        /// The change.
        change: SettingsChange,
        /// The file that its difference was shown for ([`SettingsDiff::file`]).
        file: String,
    },
    /// Read the configuration again: checked first, applied only if without fault. Needs admin.
    Reload,
    /// Write what the exchange was given last to a file in the data directory; the answer is its name. Needs admin.
    Dump,
    /// End the daemon: no new calls, then the running ones are ended. Needs admin.
    Shutdown,
}

/// What can be changed in the configuration's file without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigChange {
    /// An agent works in a queue from now, or has another place there.
    Join {
        /// The agent's number.
        agent: String,
        /// The queue.
        queue: String,
        /// 1 to 9; as it is when absent, else 1.
        tier: Option<u8>,
        /// 1 to 100; as it is when absent, else 1.
        weight: Option<u8>,
        /// Skills that the agent is given with it, each with its level, 1 to 9.
        #[serde(default)]
        skills: BTreeMap<String, u8>,
    },
    /// An agent works in a queue no more.
    Leave {
        /// The agent's number.
        agent: String,
        /// The queue.
        queue: String,
    },
    /// An agent has a skill, or has it no more.
    Skill {
        /// The agent's number.
        agent: String,
        /// The skill.
        skill: String,
        /// 1 to 9; 0: no more.
        level: u8,
    },
    /// Callers of a class wait with that priority.
    ClassPriority {
        /// The class.
        class: String,
        /// 0 to [`PRIORITY_MAX`].
        priority: u8,
    },
}

/// What can be done while one party of a talk consults a third.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsultAct {
    /// Let the third wait and go back to the other party, or the other way round.
    Swap,
    /// All three hear each other.
    Conference,
    /// Leave the other two to each other.
    Complete,
    /// Let the third go.
    Cancel,
}

impl ConsultAct {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Swap => "swap",
            Self::Conference => "conference",
            Self::Complete => "complete",
            Self::Cancel => "cancel",
        }
    }
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
    /// Close the file; a call has no second one. What a rule records only a supervisor ends.
    Stop,
}

/// What can be done about a caller who gave up waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedAct {
    /// Take care of it.
    Claim {
        /// In the name of this agent; else in the user's own.
        agent: Option<String>,
    },
    /// Take care of it no more.
    Release,
    /// Note that the number was called back in vain.
    Tried,
    /// Settle it.
    Close {
        /// How, in a word or a few.
        word: String,
    },
}

impl Command {
    /// The least role that may give this command.
    pub fn role(&self) -> crate::Role {
        use crate::Role;
        match self {
            Self::Status
            | Self::Calls
            | Self::Call { .. }
            | Self::Extensions
            | Self::Agents
            | Self::Queues
            | Self::Figures { .. }
            | Self::Flows
            | Self::Why { .. }
            | Self::Cdrs { .. }
            | Self::Events { .. }
            | Self::Recordings { .. }
            | Self::Messages { .. }
            | Self::Missed { .. }
            | Self::Wave { .. }
            | Self::Ladder { .. } => Role::Viewer,
            Self::MissedAct { .. }
            | Self::Consult { .. }
            | Self::ConsultAct { .. }
            | Self::Desk { .. }
            | Self::Note { .. }
            | Self::HangUp { .. }
            | Self::Dial { .. }
            | Self::AgentPresence { .. }
            | Self::AgentWrapUp { .. }
            | Self::Told { .. }
            | Self::Transfer { .. }
            | Self::Record { .. } => Role::Agent,
            Self::HoldRecording { .. }
            | Self::HandOff { .. }
            | Self::ChangeConfig { .. }
            | Self::Priority { .. }
            | Self::QueueDoor { .. }
            | Self::Tell { .. }
            | Self::PickUp { .. }
            | Self::Assign { .. }
            | Self::Supervise { .. }
            | Self::SuperviseAct { .. }
            | Self::TakeOut { .. } => Role::Supervisor,
            Self::DeleteMessage { .. }
            | Self::ReleaseRecording { .. }
            | Self::DeleteRecording { .. }
            | Self::Unregister { .. }
            | Self::Settings { .. }
            | Self::FlowText { .. }
            | Self::PreviewSettings { .. }
            | Self::ApplySettings { .. }
            | Self::Reload
            | Self::Dump
            | Self::Shutdown => Role::Admin,
        }
    }
}

/// Why a command was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandError {
    /// The user may not, or the state does not allow it: trying again changes nothing.
    Refused {
        /// What and why, and what would be possible, in one or two sentences.
        why: String,
    },
    /// The command names no phone, and none is known of the user: it can be given again with one.
    NeedsPhone {
        /// That, and where a phone can be written down, in one or two sentences.
        why: String,
    },
    /// It was tried and did not work.
    Failed {
        /// What and why, in one or two sentences.
        why: String,
    },
}

/// The answer to one [`Request`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct Reply {
    /// The id of the request.
    pub id: u64,
    /// What came of it.
    pub result: Result<Answer, CommandError>,
}

/// What a command that was done has to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was done; the text says what.
    Done(String),
    /// Answer to [`Command::Status`].
    Status(Box<SystemView>),
    /// Answer to [`Command::Calls`].
    Calls(Vec<CallView>),
    /// Answer to [`Command::Call`] while the call lives or was ended moments ago.
    Call(Box<CallView>),
    /// Answer to [`Command::Call`] of an older call, from the store.
    Cdr(Box<CdrView>),
    /// Answer to [`Command::Extensions`].
    Extensions(Vec<ExtensionView>),
    /// Answer to [`Command::Desk`].
    Desk(Box<DeskView>),
    /// Answer to [`Command::Flows`].
    Flows(Vec<FlowView>),
    /// Answer to [`Command::Agents`].
    Agents(Vec<AgentView>),
    /// Answer to [`Command::Queues`].
    Queues(Vec<QueueView>),
    /// Answer to [`Command::Figures`].
    Figures(Vec<FiguresView>),
    /// Answer to [`Command::Why`].
    Why(Box<ReasonsView>),
    /// Answer to [`Command::Cdrs`].
    Cdrs(Vec<CdrView>),
    /// Answer to [`Command::Events`].
    Events(Vec<EventView>),
    /// Answer to [`Command::Recordings`].
    Recordings(Vec<RecordingView>),
    /// Answer to [`Command::Messages`].
    Messages(Vec<MessageView>),
    /// Answer to [`Command::Missed`].
    Missed(Vec<MissedView>),
    /// Answer to [`Command::Wave`].
    Wave(WaveView),
    /// Answer to [`Command::Ladder`].
    Ladder(Box<Ladder>),
    /// Answer to [`Command::Settings`].
    Settings(Box<SettingsView>),
    /// Answer to [`Command::FlowText`].
    FlowText(Box<FlowTextView>),
    /// Answer to [`Command::PreviewSettings`].
    SettingsDiff(Box<SettingsDiff>),
    /// Answer to [`Command::ApplySettings`].
    SettingsApplied(Box<SettingsApplied>),
}

#[cfg(test)]
mod tests;
