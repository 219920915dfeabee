//! A plain client of the control socket for commands and scripts: one thread, blocking.

use crate::error::ConsoleError;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use switchroom_wire::{
    Answer, ClientLine, Command, CommandError, Hello, PROTOCOL, Request, Role, ServerLine, Welcome,
};

/// The longest line taken from the daemon: a board of some thousands of calls is a few megabytes.
pub(crate) const SERVER_LINE_BYTES_MAX: u64 = 64 << 20;

/// How long an answer may take before the daemon counts as stuck.
const ANSWER_PATIENCE: Duration = Duration::from_secs(30);

/// Name and version, as the daemon's log shows them.
pub(crate) const CLIENT: &str = concat!("switchroom-console ", env!("CARGO_PKG_VERSION"));

/// A connection to the daemon.
#[derive(Debug)]
pub struct Client {
    path: PathBuf,
    reader: BufReader<UnixStream>,
    welcome: Welcome,
    next_id: u64,
}

impl Client {
    /// Connects for commands only: no board is sent. `want_role` may lower the user's role, never raise it.
    ///
    /// # Errors
    /// A [`ConsoleError`] that says why the daemon cannot be reached and what to do, or that it refused.
    pub fn connect(socket: &Path, want_role: Option<Role>) -> Result<Self, ConsoleError> {
        Self::open(socket, want_role, false)
    }

    /// Connects and subscribes: after this, [`Client::next_line`] gives the board and then its changes.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn subscribe(socket: &Path, want_role: Option<Role>) -> Result<Self, ConsoleError> {
        Self::open(socket, want_role, true)
    }

    fn open(socket: &Path, want_role: Option<Role>, subscribe: bool) -> Result<Self, ConsoleError> {
        let stream = UnixStream::connect(socket).map_err(|error| ConsoleError::connecting(socket, error))?;
        let patience = stream.set_read_timeout(Some(ANSWER_PATIENCE));
        patience.map_err(|error| ConsoleError::connecting(socket, error))?;
        let mut client = Self {
            path: socket.to_owned(),
            reader: BufReader::new(stream),
            welcome: Welcome::default(),
            next_id: 1,
        };
        client.send(&ClientLine::Hello(Hello {
            proto: PROTOCOL,
            client: CLIENT.to_owned(),
            want_role,
            subscribe,
            resume: None,
        }))?;
        match client.next_line()? {
            ServerLine::Welcome(welcome) => client.welcome = welcome,
            line => return Err(unwelcome(socket, line)),
        }
        Ok(client)
    }

    /// What the daemon said of itself and of us.
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Gives one command and waits for its answer. Lines of a subscription that come before it are passed over.
    ///
    /// # Errors
    /// [`ConsoleError::Refused`] or [`ConsoleError::Failed`] with the daemon's reason, or trouble with the socket.
    pub fn command(&mut self, command: Command) -> Result<Answer, ConsoleError> {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&ClientLine::Command(Request { id, command }))?;
        loop {
            if let ServerLine::Reply(reply) = self.next_line()?
                && reply.id == id
            {
                return reply.result.map_err(|error| match error {
                    CommandError::Refused { why } | CommandError::NeedsPhone { why } => {
                        ConsoleError::Refused(why)
                    }
                    CommandError::Failed { why } => ConsoleError::Failed(why),
                });
            }
        }
    }

    /// The next line of the daemon, waited for.
    ///
    /// # Errors
    /// The connection ended, nothing came for half a minute, or the line is not the protocol's.
    pub fn next_line(&mut self) -> Result<ServerLine, ConsoleError> {
        let mut line = Vec::new();
        let mut limited = self.reader.by_ref().take(SERVER_LINE_BYTES_MAX);
        let read = limited.read_until(b'\n', &mut line);
        let taken = read.map_err(|error| ConsoleError::Socket { path: self.path.clone(), error })?;
        if taken == 0 {
            return Err(ConsoleError::Closed { path: self.path.clone() });
        }
        parse(&self.path, &line)
    }

    fn send(&mut self, line: &ClientLine) -> Result<(), ConsoleError> {
        let sent = encode(line).and_then(|bytes| self.reader.get_mut().write_all(&bytes));
        sent.map_err(|error| ConsoleError::Socket { path: self.path.clone(), error })
    }
}

/// A line as it goes over the socket.
pub(crate) fn encode(line: &ClientLine) -> std::io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    Ok(bytes)
}

pub(crate) fn parse(path: &Path, line: &[u8]) -> Result<ServerLine, ConsoleError> {
    serde_json::from_slice(line).map_err(|error| {
        let shown = String::from_utf8_lossy(&line[..line.len().min(60)]);
        let what = format!("{error} in {:?}", switchroom_wire::clean(shown.trim_end()));
        ConsoleError::NotOurs { path: path.to_owned(), what }
    })
}

/// The error for a first line that is no welcome.
pub(crate) fn unwelcome(path: &Path, line: ServerLine) -> ConsoleError {
    match line {
        ServerLine::Refuse(refuse) if !(refuse.proto_min..=refuse.proto_max).contains(&PROTOCOL) => {
            ConsoleError::Protocol { path: path.to_owned(), min: refuse.proto_min, max: refuse.proto_max }
        }
        ServerLine::Refuse(refuse) => ConsoleError::Refused(refuse.reason),
        _ => ConsoleError::NotOurs { path: path.to_owned(), what: "it did not answer the hello".to_owned() },
    }
}
