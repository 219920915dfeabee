//! The handshake and the lines of the control socket.

use crate::{Board, Change, Ladder, LadderEntry, Reply, Request};
use serde::{Deserialize, Serialize};

/// The protocol spoken by this build. A daemon refuses a client whose number it does not speak.
pub const PROTOCOL: u32 = 1;

/// The longest line either side accepts from a client, in bytes. Longer lines end the connection.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// What a user may do. The daemon decides it from the peer's uid and groups; a client may only ask for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees the floor, with caller numbers masked.
    #[default]
    Viewer,
    /// Sees and acts on what belongs to their own extension.
    Agent,
    /// Sees everything and acts on calls.
    Supervisor,
    /// Also changes configuration and removes data.
    Admin,
}

impl Role {
    /// The word used on screen, in configuration and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Agent => "agent",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
        }
    }
}

/// Where a client left off, to be resumed without a fresh board if the daemon still can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Resume {
    /// The daemon's boot id as the client knew it.
    pub epoch: u64,
    /// The last sequence number the client applied.
    pub seq: u64,
}

/// The first line a client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Hello {
    /// [`PROTOCOL`] of the client.
    pub proto: u32,
    /// Name and version of the client program, for the log.
    pub client: String,
    /// A role no higher than the user's own; `None` takes the user's own.
    pub want_role: Option<Role>,
    /// Whether the client wants the board and its changes; scripts that only send commands do not.
    pub subscribe: bool,
    /// What the client already has.
    pub resume: Option<Resume>,
}

/// The daemon's answer to an acceptable [`Hello`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Welcome {
    /// [`PROTOCOL`] of the daemon.
    pub proto: u32,
    /// Name and version of the daemon.
    pub server: String,
    /// The daemon's boot id: a new one means that the daemon was restarted.
    pub epoch: u64,
    /// The role this connection has.
    pub role: Role,
    /// The Unix user the kernel named.
    pub user: String,
    /// The extension of that user's own phone, if one is configured.
    pub extension: Option<String>,
    /// The daemon's wall clock, Unix milliseconds.
    pub time_ms: i64,
    /// When the daemon started, Unix milliseconds.
    pub started_ms: i64,
    /// Minutes east of UTC of the site now.
    pub utc_offset_min: i32,
}

/// The daemon's answer to a [`Hello`] it cannot accept; the connection closes after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Refuse {
    /// What is wrong and what to do, one sentence each.
    pub reason: String,
    /// The oldest protocol the daemon speaks.
    pub proto_min: u32,
    /// The newest protocol the daemon speaks.
    pub proto_max: u32,
}

/// Sampled loudness of one leg, in tenths of a decibel below full scale (0 is full scale, −960 silence).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct LevelSample {
    /// Loudest sample since the last report.
    pub peak_ddb: i16,
    /// Root mean square since the last report.
    pub rms_ddb: i16,
}

/// Loudness of the legs of a watched call, five times a second. Not part of the board; never replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Levels {
    /// The call.
    pub call: String,
    /// What the caller says.
    pub caller: LevelSample,
    /// What the other party says.
    pub callee: LevelSample,
}

/// A line from client to daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientLine {
    /// Must be the first line.
    Hello(Hello),
    /// Do or tell something; answered once, by [`ServerLine::Reply`] with the same id.
    Command(Request),
    /// Send the ladder and levels of this call from now on; `None` stops. One call at a time.
    Watch {
        /// The call's id.
        call: Option<String>,
    },
}

/// A line from daemon to client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerLine {
    /// The hello was accepted.
    Welcome(Welcome),
    /// The hello was not accepted.
    Refuse(Refuse),
    /// The whole board as of `seq`: sent first, and again whenever the client fell too far behind.
    Snapshot {
        /// The sequence number the board is at.
        seq: u64,
        /// The daemon's wall clock, Unix milliseconds.
        at_ms: i64,
        /// What every screen shows.
        board: Box<Board>,
    },
    /// One change. `seq` is one more than that of the line before.
    Delta {
        /// The sequence number after this change.
        seq: u64,
        /// The daemon's wall clock, Unix milliseconds.
        at_ms: i64,
        /// What changed.
        change: Change,
    },
    /// Sent every second once everything before it is: the daemon is alive, and this is its clock.
    Alive {
        /// The sequence number the client should be at.
        seq: u64,
        /// The daemon's wall clock, Unix milliseconds.
        at_ms: i64,
        /// Minutes east of UTC of the site now, once when they have changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        utc_offset_min: Option<i32>,
    },
    /// The answer to a command.
    Reply(Reply),
    /// The ladder of the watched call so far.
    Ladder(Box<Ladder>),
    /// One more entry of the watched call's ladder.
    LadderEntry {
        /// The call's id.
        call: String,
        /// The entry.
        entry: LadderEntry,
    },
    /// Loudness of the watched call.
    Levels(Levels),
}
