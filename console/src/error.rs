//! What can go wrong before or instead of a screen, in sentences: what failed, where, why likely, what next.

use std::io;
use std::path::{Path, PathBuf};
use switchroom_wire::PROTOCOL;

/// How a run of the console ended, for the exit status of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done: 0.
    Done,
    /// A threshold asked for with `--fail-on` was reached: 1.
    Threshold,
    /// The words, the configuration or the terminal are not usable: 2.
    Usage,
    /// The daemon cannot be reached: 3.
    CannotConnect,
    /// The daemon refused the command, by role or by reason: 4.
    Refused,
    /// Console and daemon speak different protocols: 5.
    Protocol,
}

impl Exit {
    /// The exit status of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Threshold => 1,
            Self::Usage => 2,
            Self::CannotConnect => 3,
            Self::Refused => 4,
            Self::Protocol => 5,
        }
    }
}

/// Why the console or a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// No socket at that path.
    #[error(
        "cannot reach switchroom at {}: no such file. Is it running (switchroom serve, or systemctl status switchroom)? It \
         prints its control socket when it starts: --socket PATH",
        path.display()
    )]
    NoSocket {
        /// The socket's path.
        path: PathBuf,
    },
    /// A socket file is there and nobody answers.
    #[error(
        "cannot reach switchroom at {}: nothing listens there. It ended without removing its socket, or is starting.  \
         systemctl status switchroom",
        path.display()
    )]
    NobodyListens {
        /// The socket's path.
        path: PathBuf,
    },
    /// The user may not open the socket.
    #[error("cannot reach switchroom at {}: permission denied. {}", path.display(), advice(group))]
    NoPermission {
        /// The socket's path.
        path: PathBuf,
        /// The group that may open it, if its name could be found.
        group: Option<String>,
    },
    /// Any other trouble with the socket.
    #[error("lost switchroom at {}: {error}.  systemctl status switchroom", path.display())]
    Socket {
        /// The socket's path.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The daemon closed the connection before it had answered.
    #[error(
        "switchroom at {} closed the connection before answering. It may be stopping.  systemctl status switchroom",
        path.display()
    )]
    Closed {
        /// The socket's path.
        path: PathBuf,
    },
    /// What came is not the protocol.
    #[error("what answers at {} does not speak the protocol of switchroom: {what}", path.display())]
    NotOurs {
        /// The socket's path.
        path: PathBuf,
        /// What was wrong with the line.
        what: String,
    },
    /// The daemon speaks other versions of the protocol.
    #[error(
        "this console speaks protocol {PROTOCOL}, the daemon at {} speaks {min} to {max}: use the console of the same \
         release as the daemon, or restart the daemon after an upgrade",
        path.display()
    )]
    Protocol {
        /// The socket's path.
        path: PathBuf,
        /// The oldest protocol the daemon speaks.
        min: u32,
        /// The newest protocol the daemon speaks.
        max: u32,
    },
    /// The daemon does not want this client.
    #[error("the daemon refused: {0}")]
    Refused(String),
    /// The command was tried and did not work.
    #[error("it did not work: {0}")]
    Failed(String),
    /// A command nobody knows.
    #[error("{0}")]
    Words(String),
    /// The console's configuration file.
    #[error("{}: {what}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where known, and what to do.
        what: String,
    },
    /// An option of the command line that means nothing.
    #[error("--{option} {value}: choose one of {choices}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What was given.
        value: String,
        /// What could be given.
        choices: String,
    },
    /// The terminal or the output failed.
    #[error("the terminal failed: {0}")]
    Terminal(io::Error),
}

impl ConsoleError {
    /// The exit status that goes with the error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::NoSocket { .. }
            | Self::NobodyListens { .. }
            | Self::NoPermission { .. }
            | Self::Socket { .. }
            | Self::Closed { .. } => Exit::CannotConnect,
            Self::NotOurs { .. } | Self::Protocol { .. } => Exit::Protocol,
            Self::Refused(_) | Self::Failed(_) => Exit::Refused,
            Self::Words(_) | Self::Config { .. } | Self::Option { .. } | Self::Terminal(_) => Exit::Usage,
        }
    }

    /// The error for a socket that could not be opened.
    pub(crate) fn connecting(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NoSocket { path },
            io::ErrorKind::ConnectionRefused => Self::NobodyListens { path },
            io::ErrorKind::PermissionDenied => {
                let group = group_of(&path);
                Self::NoPermission { path, group }
            }
            _ => Self::Socket { path, error },
        }
    }
}

fn advice(group: &Option<String>) -> String {
    match group {
        Some(group) => {
            format!("Your user must be in the group {group}: usermod -aG {group} $USER, then log in again")
        }
        // Never into the group of the exchange itself, which reads recordings and digests of passwords.
        None => "Only the exchange's own user may open it: a group for users of the console is named by `group` in \
                 [control]; the systemd unit has switchroom-console"
            .to_owned(),
    }
}

/// The group that owns the socket, or its directory when the socket itself cannot be seen. None if that is the exchange's own.
fn group_of(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let known = std::fs::metadata(path).or_else(|_| std::fs::metadata(path.parent().unwrap_or(path))).ok()?;
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    if is_own_group(&users, known.uid(), known.gid()) {
        return None;
    }
    let groups = std::fs::read_to_string("/etc/group").ok()?;
    group_name(&groups, known.gid())
}

/// Whether it is the group that files of the user have by themselves.
fn is_own_group(users: &str, uid: u32, gid: u32) -> bool {
    users.lines().any(|line| {
        let mut ids = line.split(':').skip(2);
        let mut next = || ids.next().and_then(|id| id.parse::<u32>().ok());
        next() == Some(uid) && next() == Some(gid)
    })
}

fn group_name(groups: &str, gid: u32) -> Option<String> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_where_and_what_next() {
        let path = Path::new("/run/switchroom/console.sock");
        let text = |kind: io::ErrorKind| ConsoleError::connecting(path, kind.into()).to_string();
        assert_eq!(
            text(io::ErrorKind::NotFound),
            "cannot reach switchroom at /run/switchroom/console.sock: no such file. Is it running \
             (switchroom serve, or systemctl status switchroom)? It prints its control socket when it starts: --socket PATH"
        );
        assert!(text(io::ErrorKind::ConnectionRefused).contains("nothing listens there"));
        let denied = |group| ConsoleError::NoPermission { path: path.into(), group }.to_string();
        assert!(denied(Some("desk".into())).contains("usermod -aG desk"));
        assert!(denied(None).contains("`group` in [control]") && !denied(None).contains("usermod"));
        let mismatch = ConsoleError::Protocol { path: path.into(), min: 3, max: 4 };
        assert!(mismatch.to_string().contains("protocol 1") && mismatch.to_string().contains("3 to 4"));
    }

    #[test]
    fn the_group_is_found_by_its_number() {
        let groups = "root:x:0:\nswitchroom:x:998:ana,mara\nbroken\n";
        assert_eq!(group_name(groups, 998).as_deref(), Some("switchroom"));
        assert_eq!(group_name(groups, 5), None);
    }

    /// Whoever is in the exchange's own group reads recordings and digests: nobody is told to go there.
    #[test]
    fn the_exchanges_own_group_is_none_for_users() {
        let users = "root:x:0:0:root:/root:/bin/sh\nswitchroom:x:997:998::/var/lib/switchroom:/usr/sbin/nologin\nbroken\n";
        assert!(is_own_group(users, 997, 998) && is_own_group(users, 0, 0));
        assert!(
            !is_own_group(users, 997, 995) && !is_own_group(users, 1000, 998) && !is_own_group(users, 5, 5)
        );
    }
}
