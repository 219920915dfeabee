//! `switchroom ctl`: what is asked of the running daemon.

mod settings;

pub use settings::{DryRun, SettingsAct, SettingsOf};

use super::SocketArgs;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `switchroom ctl`.
#[derive(Debug, Args)]
pub struct CtlArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub socket: SocketArgs,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to ask or tell.
    #[command(subcommand)]
    pub command: CtlCommand,
}

/// What is done with an agent.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum AgentAct {
    /// Signed in and taking calls.
    Ready {
        /// The extension at which the agent sits, unless the configuration says.
        #[arg(long, value_name = "EXTENSION")]
        at: Option<String>,
    },
    /// Signed in, but taking no calls.
    Break {
        /// What for: a word of `[breaks]`, if there are any.
        reason: String,
    },
    /// Signed out.
    Out,
    /// Done with after-call work, or more time for it.
    WrapUp {
        /// So many seconds from now, in place of none.
        #[arg(long, value_name = "SECONDS")]
        more: Option<u32>,
        /// What came of the call.
        #[arg(long, value_name = "WORD")]
        disposition: Option<String>,
    },
}

/// Whether a queue lets callers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DoorAct {
    /// It lets nobody in: new callers go the way `closed` of their flow.
    Close,
    /// It lets callers in.
    Open,
    /// It goes by its hours again.
    Hours,
}

/// What is done about the closed recording of a call.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum RecordingAct {
    /// Keep it from being deleted, by whomever and whatever, until it is released (legal hold).
    Hold {
        /// Number or id of the call.
        call: String,
        /// Why: it is on the audit list, and shown to who wants to delete it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Let it be deleted again.
    Release {
        /// Number or id of the call.
        call: String,
    },
    /// Delete it for good, sound and all; not one that is held. What is known of the call stays.
    Delete {
        /// Number or id of the call.
        call: String,
    },
}

/// What is done about a caller who gave up waiting. It is named by its number, or its id as `--json` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum MissedAct {
    /// Take care of a caller.
    Claim {
        /// Number or id.
        #[arg(value_name = "NUMBER")]
        missed: String,
        /// In the name of this agent, and not in one's own.
        #[arg(long, value_name = "AGENT")]
        agent: Option<String>,
    },
    /// Take care of a caller no more.
    Release {
        /// Number or id.
        #[arg(value_name = "NUMBER")]
        missed: String,
    },
    /// Note that a caller was called back in vain.
    Tried {
        /// Number or id.
        #[arg(value_name = "NUMBER")]
        missed: String,
    },
    /// Settle it: the caller was called back, or nothing is to be done.
    Close {
        /// Number or id.
        #[arg(value_name = "NUMBER")]
        missed: String,
        /// What came of it.
        word: String,
    },
}

/// What is done with the recording of a live call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RecordAct {
    /// Record from now.
    Start,
    /// Silence from now, in the same file.
    Pause,
    /// Sound again.
    Resume,
    /// Close the file; a call has no second one.
    Stop,
}

impl From<RecordAct> for switchroom_wire::RecordingAct {
    fn from(act: RecordAct) -> Self {
        match act {
            RecordAct::Start => Self::Start,
            RecordAct::Pause => Self::Pause,
            RecordAct::Resume => Self::Resume,
            RecordAct::Stop => Self::Stop,
        }
    }
}

/// Reads `german=7`.
fn skill(text: &str) -> Result<(String, u8), String> {
    let wanted = || format!("\"{text}\" is not a skill and its level; write german=7");
    let (name, level) = text.split_once('=').ok_or_else(wanted)?;
    let level = level.parse().ok().filter(|level| (1..=9).contains(level)).ok_or_else(wanted)?;
    Ok((name.to_owned(), level))
}

/// Whom or what to hear, and where.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SuperviseArgs {
    /// Number or id of a live call. Unless written, with neither --agent nor --extension: the call that is heard already.
    pub call: Option<String>,
    /// The calls of this agent, one after the other, until you leave.
    #[arg(long, value_name = "NUMBER", conflicts_with = "call")]
    pub agent: Option<String>,
    /// The calls of this extension, one after the other, until you leave.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["call", "agent"])]
    pub extension: Option<String>,
    /// Where.
    #[command(flatten)]
    pub phone: SupervisorsPhone,
}

/// The supervisor's phone.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SupervisorsPhone {
    /// The extension of your phone; unless written, the one that the configuration has for you.
    #[arg(long, value_name = "EXTENSION")]
    pub phone: Option<String>,
}

/// What `switchroom ctl` asks or tells.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum CtlCommand {
    /// Version, uptime, counts, alarms.
    Status,
    /// Live calls.
    Calls,
    /// One call, live or finished, with its path and why it ended.
    Call {
        /// Number or id of the call.
        call: String,
    },
    /// Extensions and where they are registered.
    Extensions,
    /// Agents: what each chose and is doing.
    Agents,
    /// Queues, their figures of today, and who waits.
    Queues,
    /// Who waits, in turn: the first fifty of each queue.
    Waiting {
        /// Only in this queue.
        queue: Option<String>,
    },
    /// Figures of queues and agents: of today, of further days, by half hour.
    Figures {
        /// So many days, today included; eight are kept.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(switchroom_wire::FIGURE_DAYS)))]
        days: u32,
        /// By half hour in place of by day.
        #[arg(long)]
        half_hours: bool,
    },
    /// Why a caller was offered to whom it was, or still waits.
    Why {
        /// Number or id of the call.
        call: String,
    },
    /// Signs an agent in or out, sets a break, ends after-call time.
    Agent {
        /// The agent's number.
        agent: String,
        /// What.
        #[command(subcommand)]
        act: AgentAct,
    },
    /// Gives a caller who waits another priority.
    Priority {
        /// Number or id of the call.
        call: String,
        /// 0 to 9; the higher, the sooner.
        #[arg(value_parser = clap::value_parser!(u8).range(0..=i64::from(switchroom_wire::PRIORITY_MAX)))]
        priority: u8,
    },
    /// Takes a caller out of its queue, as if it had waited too long.
    TakeOut {
        /// Number or id of the call.
        call: String,
    },
    /// Opens or closes a queue, whatever its hours say. Who waits there goes on waiting.
    Queue {
        /// What.
        act: DoorAct,
        /// The queue.
        queue: String,
    },
    /// Put the caller of a talk through to a number, or a caller who waits to another queue or flow.
    Transfer {
        /// Number or id of the call.
        call: String,
        /// The number, as it would be dialled.
        to: String,
    },
    /// Ring your phone, too, for a caller for whom phones ring or who waits in a queue.
    PickUp {
        /// Number or id of the call.
        call: String,
        /// Where.
        #[command(flatten)]
        phone: SupervisorsPhone,
    },
    /// Give a caller who waits to an agent: at once if the agent is free, else before all others.
    Assign {
        /// Number or id of the call.
        call: String,
        /// The agent's number.
        agent: String,
    },
    /// Hear a call, or the calls of an agent, at your phone; it is rung, and never dialled again.
    Listen(SuperviseArgs),
    /// Hear it, and be heard by the agent alone.
    Whisper(SuperviseArgs),
    /// Hear it, and be heard by both.
    Barge(SuperviseArgs),
    /// Take the agent's place in the call that is heard at your phone.
    TakeOver(SupervisorsPhone),
    /// Leave the call that is heard at your phone: the phone is hung up.
    Unlisten(SupervisorsPhone),
    /// Finished calls, newest first.
    Cdr {
        /// At most so many.
        #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
        /// Only calls with this extension or number.
        #[arg(long, value_name = "NUMBER")]
        party: Option<String>,
        /// Only calls that ended before this time, Unix milliseconds.
        #[arg(long, value_name = "MS")]
        before: Option<i64>,
    },
    /// What happened, newest last.
    Events {
        /// At most so many.
        #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
        /// Only events of this call (number or id).
        #[arg(long)]
        call: Option<String>,
        /// Only events after this time, Unix milliseconds.
        #[arg(long, value_name = "MS")]
        after: Option<i64>,
    },
    /// Recordings, newest first.
    Recordings {
        /// At most so many.
        #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
        /// Only recordings with this extension or number.
        #[arg(long, value_name = "NUMBER")]
        party: Option<String>,
    },
    /// Hold, release or delete the recording of a call.
    Recording {
        /// What.
        #[command(subcommand)]
        act: RecordingAct,
    },
    /// Messages that callers left, newest first.
    Messages {
        /// Only those of this mailbox: the number of an extension or the name of a queue.
        mailbox: Option<String>,
        /// At most so many.
        #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
    },
    /// Delete a message for good, sound and all.
    MessageDelete {
        /// Id of the message, as `messages` shows it.
        #[arg(value_name = "ID")]
        message: String,
    },
    /// Callers who gave up waiting and were not answered since, newest first.
    Missed {
        /// At most so many.
        #[arg(long, short = 'n', default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
        /// Something about one of them.
        #[command(subcommand)]
        act: Option<MissedAct>,
    },
    /// The SIP messages of a call as a ladder.
    Ladder {
        /// Number or id of the call.
        call: String,
    },
    /// Sends the caller of a talk into a flow, for a PIN or a survey; the agent gets it back when the flow ends, with the
    /// result, and hears nothing of it meanwhile. For supervisors; agents have the transfer key of their phones.
    HandOff {
        /// Number or id of the call.
        call: String,
        /// The flow. It may not dial, nor let callers wait in a queue.
        flow: String,
    },
    /// The agent of a talk consults somebody: that phone rings, and the other party waits with music. For a call of your own
    /// phone, or as a supervisor for any. Then `swap`, `conference`, `complete` or `cancel-consult`; who hangs up leaves the
    /// other two to each other.
    Consult {
        /// Number or id of the call.
        call: String,
        /// The number, as the agent's phone would dial it; or an agent's, or a queue's name: whoever is free there.
        #[arg(value_name = "NUMBER")]
        to: String,
    },
    /// While somebody is consulted: back to the other party, and the one who was consulted waits; or the other way round.
    Swap {
        /// Number or id of the call.
        call: String,
    },
    /// While somebody is consulted: all three hear each other.
    Conference {
        /// Number or id of the call.
        call: String,
    },
    /// The agent leaves, and the other party talks with who was consulted.
    Complete {
        /// Number or id of the call.
        call: String,
    },
    /// Who is consulted is hung up, and the two talk as before.
    CancelConsult {
        /// Number or id of the call.
        call: String,
    },
    /// Pauses the recording of a live call and has it go on, begins one that no rule wants, or ends it. For a call of your own
    /// phone, if the configuration knows it, or as a supervisor for any.
    Record {
        /// Number or id of the call.
        call: String,
        /// What.
        act: RecordAct,
    },
    /// Has an agent work in a queue, or have another place there: changes the configuration's file, and applies it, with the
    /// lists, PINs and flows as their files are now.
    Join {
        /// The agent's number.
        agent: String,
        /// The queue.
        queue: String,
        /// Agents of a higher tier are asked if none of a lower one is free; as it is, else 1.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=9))]
        tier: Option<u8>,
        /// The agent's share; as it is, else 1.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=100))]
        weight: Option<u8>,
        /// Skills to be given with it, each with its level from 1 to 9.
        #[arg(long = "skill", value_name = "NAME=LEVEL", value_parser = skill)]
        skills: Vec<(String, u8)>,
    },
    /// Has an agent work in a queue no more, likewise. A call at hand goes on.
    Leave {
        /// The agent's number.
        agent: String,
        /// The queue.
        queue: String,
    },
    /// Gives an agent a skill, in the configuration's file, and applies it.
    Skill {
        /// The agent's number.
        agent: String,
        /// The skill.
        skill: String,
        /// From 1 to 9; 0 takes it away.
        #[arg(value_parser = clap::value_parser!(u8).range(0..=9))]
        level: u8,
    },
    /// Gives the callers of a class another priority, in the configuration's file, and applies it.
    ClassPriority {
        /// The class.
        class: String,
        /// 0 to 9; the higher, the sooner.
        #[arg(value_parser = clap::value_parser!(u8).range(0..=i64::from(switchroom_wire::PRIORITY_MAX)))]
        priority: u8,
    },
    /// Tells agents something: it stands on the desk until acknowledged, replaced or lost in a restart. For supervisors.
    Tell {
        /// An agent's number; or a queue's name, or `all`: of those, whoever is signed in.
        to: String,
        /// What, at most 200 characters.
        text: String,
    },
    /// Acknowledges what an agent was told. For the agent at your phone, or as a supervisor for any.
    Told {
        /// The agent's number.
        agent: String,
    },
    /// Write a note on a call, live or finished: it is kept with it.
    Note {
        /// Number or id of the call.
        call: String,
        /// What.
        text: String,
    },
    /// An agent's desk: who is on the line, what is known of them, what is to be said.
    Desk {
        /// The agent's number; unless written, that of the agent at your phone.
        agent: Option<String>,
    },
    /// The flows in force, and what the check said of their files.
    Flows,
    /// Extensions, agents, queues, skills, routes and roles: shows what the configuration's file says, and changes it. What a
    /// change does to the file is shown first. For admins.
    Settings {
        /// What.
        #[command(subcommand)]
        act: SettingsAct,
    },
    /// End a call.
    Hangup {
        /// Number or id of the call.
        call: String,
    },
    /// Place a call: ring the phones of an extension, then the number, as if one of them had dialled it.
    Dial {
        /// The extension that is to be the caller; its phones show whom the call is for.
        from: String,
        /// The number, as it would be dialled there.
        to: String,
    },
    /// Forget where an extension is registered.
    Unregister {
        /// The extension.
        extension: String,
        /// Only this contact.
        #[arg(long)]
        contact: Option<String>,
    },
    /// Read the configuration again.
    Reload,
    /// Write what the exchange was given last to a file in the data directory, for `switchroom replay`; prints its name.
    ///
    /// The file holds numbers, names, addresses and the text of headers, but no passwords, nothing from which one could be
    /// guessed, and no digits that were pressed. It holds the exchange's seed: until the exchange is started again, keep it to
    /// yourself. The last five files are kept.
    Dump {
        /// Copy it to this file, too.
        file: Option<PathBuf>,
    },
    /// Stop the exchange.
    Shutdown,
}
