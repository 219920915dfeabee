//! Configuration: `switchroom.toml` to checked values, with all faults at once, each with its place and a hint.
//!
//! Every key stands once, in `keys.rs`; defaults, the sample file and the reference come from there. The file is
//! walked by hand (`reader.rs`), because a derived deserialiser stops at the first fault and loses its place in
//! nested tables. Whether the machine fits the configuration is not asked here but by `switchroom doctor`.

mod array;
mod build;
mod change;
mod classes;
mod contact;
mod digest;
mod edit;
mod fault;
mod files;
mod floor;
mod inbound;
mod keys;
mod paths;
mod queues;
mod reader;
mod routes;
mod settings;
mod speech;
#[cfg(test)]
mod tests;
mod value;

pub use change::{change, load_unchanged, write};
pub use digest::digests;
pub use edit::{EditError, check_password, set_password};
pub use fault::Fault;
use files::Around;
pub use keys::{man_page, reference, sample};
pub use paths::{base_of, client_socket, default_config, default_socket};
pub(crate) use queues::MUSIC_MAX;
pub use settings::{Proposal, difference, lines_changed, list, propose};

use std::fmt;
use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use switchroom_exchange::Config;
use switchroom_flow::pins::AGENT_PINS;
use switchroom_wire::Role;
use toml::de::DeTable;

/// The largest configuration file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// A transport of SIP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// Connections.
    Tcp,
}

/// Where we listen for SIP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Listen {
    /// How.
    pub transport: Transport,
    /// Where; an unspecified address is all of them.
    pub address: SocketAddr,
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        write!(f, "{transport} {}", self.address)
    }
}

/// A Unix user or group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A user, by name.
    User(String),
    /// A group, by name, written with `@` before it.
    Group(String),
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => f.write_str(name),
            Self::Group(name) => write!(f, "@{name}"),
        }
    }
}

/// Where flows and prompts are; folders are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowsConfig {
    /// A file for each flow, `NAME.toml`.
    pub dir: PathBuf,
    /// Recorded prompts; the first folder that has one counts.
    pub prompts: Vec<PathBuf>,
}

/// A program that speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SpeechEngine {
    /// espeak-ng if it is there, else none.
    #[default]
    Auto,
    /// None: texts are not spoken.
    None,
    /// espeak-ng.
    EspeakNg,
    /// Piper.
    Piper,
    /// This one, absolute: text on its standard input, WAV on its standard output.
    Program(PathBuf),
}

/// What speaks texts of flows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Speech {
    /// The program.
    pub engine: SpeechEngine,
    /// Its voice for English; `None`: its own choice.
    pub voice_en: Option<String>,
    /// Its voice for Chinese.
    pub voice_zh: Option<String>,
    /// Further arguments.
    pub args: Vec<String>,
}

/// How long recordings are kept; without a rule, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// What began longer ago is deleted.
    pub age: Option<Duration>,
    /// Of more bytes than that, the oldest are deleted.
    pub bytes: Option<u64>,
}

/// What the shell is told: everything of the configuration that the exchange does not need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellConfig {
    /// Where phones reach us; at least one.
    pub listen: Vec<Listen>,
    /// Folder of journal and index, absolute.
    pub data_dir: PathBuf,
    /// Folder of the recordings, absolute.
    pub recordings_dir: PathBuf,
    /// How long and how many recordings are kept.
    pub keep: Keep,
    /// The control socket.
    pub socket: PathBuf,
    /// Unix group that may connect to it.
    pub socket_group: Option<String>,
    /// Who may do what; each user or group once.
    pub roles: Vec<(Principal, Role)>,
    /// Where flows and prompts are.
    pub flows: FlowsConfig,
    /// What speaks texts.
    pub speech: Speech,
    /// Threads that move sound; 0 is one for each processor.
    pub media_threads: usize,
    /// Level of the log.
    pub log: String,
    /// How long running calls may go on after the order to stop.
    pub drain: Duration,
    /// How long the index keeps what happened to queues and agents.
    pub keep_facts: Duration,
}

/// A configuration without faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The file, as it was asked for.
    pub path: PathBuf,
    /// Its text, as it was read.
    pub text: Text,
    /// For the exchange.
    pub config: Config,
    /// For the shell.
    pub shell: ShellConfig,
    /// What works but is probably not meant.
    pub warnings: Vec<Fault>,
}

/// The text of a configuration. Its PINs and digests get into no message and no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(pub String);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

/// Reads and checks the configuration at `path`.
///
/// # Errors
/// All faults of the file, in its order; or the one that keeps it from being read.
pub fn load(path: &Path) -> Result<Loaded, Vec<Fault>> {
    let (text, mode) = read(path).map_err(|fault| vec![*fault])?;
    let mut loaded = parse(&text, path, &base_of(path))?;
    let inbound = &loaded.config.inbound;
    let digests = loaded.config.extensions.values().any(|e| e.ha1_md5.is_some() || e.ha1_sha256.is_some());
    // Those of accounts lie in files of their own, but for the ones of agents.
    let pins = inbound.pins.values().any(|p| p.one.is_some())
        || inbound.pins.get(AGENT_PINS).is_some_and(|p| !p.by_account.is_empty())
        || inbound.mailboxes.values().any(|m| m.pin.is_some());
    if (digests || pins) && mode & 0o004 != 0 {
        let hint = format!("chmod o-r {}", path.display());
        loaded.warnings.push(Fault::of_file(
            path,
            format!(
                "everybody can read this file and the {} in it",
                if pins { "secrets" } else { "digests" }
            ),
            hint,
        ));
    }
    Ok(loaded)
}

/// The text of the file and its mode.
fn read(path: &Path) -> Result<(String, u32), Box<Fault>> {
    let fault = |what: String, hint: &str| Box::new(Fault::of_file(path, what, hint));
    let cannot = |error: std::io::Error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => "make one with: switchroom init",
            std::io::ErrorKind::PermissionDenied => "ask its owner, or use sudo",
            _ => "is it a file?",
        };
        fault(format!("cannot be read: {error}"), hint)
    };
    let file = std::fs::File::open(path).map_err(cannot)?;
    let mode = file.metadata().map_err(cannot)?.permissions().mode();
    if mode & 0o022 != 0 {
        let what = format!("others than its owner can write it (mode {:03o})", mode & 0o777);
        return Err(fault(what, &format!("chmod go-w {}", path.display())));
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(fault(format!("is longer than {FILE_BYTES_MAX} bytes"), "is it the right file?"));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        fault(format!("is not UTF-8 at byte {}", e.utf8_error().valid_up_to()), "save it as UTF-8")
    })?;
    Ok((text, mode))
}

/// Reads and checks a configuration given as text. `path` is for messages, and files that are only read are beside it;
/// relative folders of what is written begin at `base`.
///
/// # Errors
/// All faults, in the order of the text, then those of files it names.
pub fn parse(text: &str, path: &Path, base: &Path) -> Result<Loaded, Vec<Fault>> {
    parse_around(path, &Around::new(text, path, base, &files::Disk))
}

/// The same for the copy of a configuration that was good, when the one at `path` is not. Lists and PINs are read as they
/// are now; one that has a fault or that everybody can write is taken for empty, so that nobody is on the list or let in by
/// it, and is warned of. Routes that ask for such a list take no call.
///
/// # Errors
/// All faults of the text.
pub fn parse_copy(text: &str, path: &Path, base: &Path) -> Result<Loaded, Vec<Fault>> {
    let mut around = Around::new(text, path, base, &files::Disk);
    around.is_lenient = true;
    parse_around(path, &around)
}

fn parse_around(path: &Path, around: &Around<'_>) -> Result<Loaded, Vec<Fault>> {
    let text = around.text;
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = reader::Reader::default();
    if !errors.is_empty() {
        // What could be recovered would show faults that are none.
        for error in errors {
            let span = error.span().unwrap_or_default();
            reader.faults.push(&span, format!("not TOML: {}", error.message().replace('\n', ", ")), None);
        }
        return Err(reader.faults.locate(path, text));
    }
    let (config, shell) = build::build(&mut reader, root.get_ref(), around);
    if !reader.faults.is_empty() {
        return Err(reader.faults.locate(path, text));
    }
    let warnings = reader.warnings.locate(path, text);
    Ok(Loaded { path: path.to_owned(), text: Text(text.to_owned()), config, shell, warnings })
}
