//! The command line: names, flags, help. What the commands do is in [`crate::cmd`].

mod ctl;
mod inbound;

pub use ctl::{
    AgentAct, CtlArgs, CtlCommand, DoorAct, DryRun, MissedAct, RecordingAct, SettingsAct, SettingsOf,
    SuperviseArgs, SupervisorsPhone,
};
pub use inbound::{FlowCommand, FlowFiles, HoursCommand, RouteCommand};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::net::IpAddr;
use std::path::PathBuf;

const EXAMPLES: &str = "\
First steps:
  switchroom demo                 a living call centre on this machine, nothing to set up
  switchroom init                 write a configuration with four extensions
  switchroom serve                run it
  switchroom console              watch it, from another terminal

Exit codes: 0 done, 1 problems were found or it failed, 2 wrong usage; of console and ctl also
3 cannot connect, 4 refused, 5 other protocol version; of replay 3 best effort.

Variables: SWITCHROOM_LOG (log filter, as \"info\" or \"switchroom=debug\"), SWITCHROOM_SOCKET (control
socket), SWITCHROOM_PASSWORD (for switchroom phone), NO_COLOR.";

/// A call centre in one binary: SIP exchange, recording and a terminal console.
#[derive(Debug, Parser)]
#[command(name = "switchroom", version, after_long_help = EXAMPLES, disable_help_subcommand = true)]
#[command(max_term_width = 100)]
pub struct Cli {
    /// Colours: when writing to a terminal, always, or never.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: Color,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// When writing to a terminal and `NO_COLOR` is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the exchange.
    Serve(ServeArgs),
    /// Watch the floor and act on calls.
    Console(ConsoleArgs),
    /// Show a living call centre: a real exchange, real phones, real calls, all on this machine.
    Demo(DemoArgs),
    /// Write a starter configuration with extensions and passwords.
    Init(InitArgs),
    /// Check the configuration; names every fault with its place.
    Check(CheckArgs),
    /// Check whether this machine fits the configuration: ports, disk, clock, limits.
    Doctor(DoctorArgs),
    /// Ask the running exchange, or tell it something.
    Ctl(CtlArgs),
    /// A phone without a screen: call, answer, play, record.
    Phone(PhoneArgs),
    /// Set the password of an extension.
    Passwd(PasswdArgs),
    /// Look after the store.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Run a flight record again: what an exchange was given before it failed, or was asked for it.
    Replay(ReplayArgs),
    /// See where a call goes, and why.
    #[command(subcommand)]
    Route(RouteCommand),
    /// See whether it is open, and why.
    #[command(subcommand)]
    Hours(HoursCommand),
    /// Check, show and test flows, or walk through one without a phone.
    #[command(subcommand)]
    Flow(FlowCommand),
    /// Print what can be configured.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print completions for a shell.
    Completions(CompletionsArgs),
    /// Print a man page.
    Man(ManArgs),
    /// Print the version.
    Version(VersionArgs),
}

/// Which configuration.
#[derive(Debug, Clone, Args)]
pub struct ConfigFile {
    /// Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml].
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl ConfigFile {
    /// The file that was named, or the default one.
    pub fn path(&self) -> PathBuf {
        self.config.clone().unwrap_or_else(crate::config::default_config)
    }
}

/// `switchroom serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub config: ConfigFile,
}

/// `switchroom demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// No console: say what happens on standard output.
    #[arg(long)]
    pub headless: bool,
    /// With --headless: end after so many seconds [default: at Ctrl-C].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub seconds: Option<u64>,
    /// The same seed gives the same calls.
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub seed: u64,
    /// Phones that call each other.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(2..=200))]
    pub phones: u16,
    /// Calls a minute, on average.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=6_000))]
    pub calls_per_min: u32,
    /// Keep the store and the recordings of the demo, and say where.
    #[arg(long)]
    pub keep: bool,
}

/// `switchroom console`.
#[derive(Debug, Args)]
pub struct ConsoleArgs {
    /// How it looks and where it connects, for all its forms.
    #[command(flatten)]
    pub look: ConsoleLook,
    /// Lines of text instead of a full screen: for screen readers and logs.
    #[arg(long)]
    pub plain: bool,
    /// Without it: the full screen.
    #[command(subcommand)]
    pub command: Option<ConsoleCommand>,
}

/// What all forms of the console take.
#[derive(Debug, Clone, Args)]
pub struct ConsoleLook {
    /// Control socket [default: $SWITCHROOM_SOCKET, else that of the configuration, else the usual places].
    #[arg(long, value_name = "PATH", global = true)]
    pub socket: Option<PathBuf>,
    /// Look only, whatever your role.
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Have at most this role.
    #[arg(long = "as", value_name = "ROLE", global = true)]
    pub as_role: Option<RoleName>,
    /// One picture a second and no meters: for slow lines.
    #[arg(long, global = true)]
    pub slow: bool,
    /// Language: en or zh [default: that of the system].
    #[arg(long, value_name = "LANG", global = true)]
    pub lang: Option<String>,
    /// Colours: auto, dark, light, safe, mono, or a file of yours, themes/NAME.toml beside the settings.
    #[arg(long, value_name = "THEME", global = true)]
    pub theme: Option<String>,
    /// Signs: block or ascii.
    #[arg(long, value_name = "SET", global = true)]
    pub symbols: Option<String>,
    /// Settings [default: $XDG_CONFIG_HOME/switchroom/console.toml].
    #[arg(long, value_name = "FILE", global = true)]
    pub settings: Option<PathBuf>,
}

/// A role that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum RoleName {
    Viewer,
    Agent,
    Supervisor,
    Admin,
}

/// What `switchroom console` can do besides the full screen.
#[derive(Debug, Subcommand)]
pub enum ConsoleCommand {
    /// The wall alone: large digits for the far end of the room, numbers masked; q leaves.
    Wall {
        /// For how long a page stays when there are more queues than room, 5s to 300s [default: that of the settings,
        /// else 20s].
        #[arg(long, value_name = "TIME", value_parser = rotate_time)]
        rotate: Option<u32>,
    },
    /// An agent's desk: the caller's card, notes, script, what came of the call.
    Desk {
        /// The agent's number; unless written, that of the agent at your phone.
        agent: Option<String>,
    },
    /// Print what a screen shows, once.
    Once {
        /// What to print.
        #[arg(default_value = "all")]
        view: OnceView,
        /// As JSON.
        #[arg(long, conflicts_with = "csv")]
        json: bool,
        /// As comma-separated values.
        #[arg(long)]
        csv: bool,
        /// Exit with 1 if something of this level or worse is shown.
        #[arg(long, value_name = "LEVEL")]
        fail_on: Option<Level>,
    },
    /// Print events as they happen.
    Tail {
        /// Only events that match, in the words of the console's filter.
        filter: Vec<String>,
        /// As JSON, one event a line.
        #[arg(long)]
        json: bool,
    },
    /// Do one thing, in the words of the console's palette.
    Do {
        /// For example: hangup 4127
        #[arg(required = true)]
        words: Vec<String>,
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `20s` or `20`: seconds.
fn rotate_time(text: &str) -> Result<u32, String> {
    let seconds: Option<u32> = text.strip_suffix('s').unwrap_or(text).parse().ok();
    seconds.filter(|s| (5..=300).contains(s)).ok_or_else(|| "give 5s to 300s".to_owned())
}

/// What `switchroom console once` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum OnceView {
    Wall,
    Queues,
    Agents,
    Calls,
    Missed,
    Lines,
    Recordings,
    Reports,
    All,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Level {
    Warn,
    Crit,
}

/// Which running exchange.
#[derive(Debug, Clone, Args)]
pub struct SocketArgs {
    /// Control socket [default: $SWITCHROOM_SOCKET, else that of the configuration, else the usual places].
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
}

impl SocketArgs {
    /// The socket to connect to.
    pub fn path(&self) -> PathBuf {
        crate::config::client_socket(self.socket.as_deref(), None)
    }
}

/// `switchroom init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder of the configuration; made if it is not there.
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// SIP domain.
    #[arg(long, default_value = "switchroom")]
    pub domain: String,
    /// Address of this machine as phones reach it [default: found out].
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<IpAddr>,
    /// No QR code.
    #[arg(long)]
    pub no_qr: bool,
}

/// `switchroom check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub config: ConfigFile,
    /// Warnings are problems too.
    #[arg(long)]
    pub deny_warnings: bool,
    /// How to print.
    #[arg(long, value_name = "HOW", default_value = "human")]
    pub format: Format,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// `switchroom doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub config: ConfigFile,
}

/// `switchroom phone`. The password comes from `SWITCHROOM_PASSWORD`, else from the terminal or standard input.
#[derive(Debug, Args)]
pub struct PhoneArgs {
    /// Exchange, as HOST or HOST:PORT.
    #[arg(long, global = true, value_name = "HOST", default_value = "127.0.0.1")]
    pub server: String,
    /// Extension to register as. Its password is taken from $SWITCHROOM_PASSWORD, else asked for.
    #[arg(long, short)]
    pub user: String,
    /// Use TCP.
    #[arg(long, global = true)]
    pub tcp: bool,
    /// Codecs to offer, best first.
    #[arg(long, global = true, value_name = "NAME", value_delimiter = ',', default_value = "PCMA,PCMU")]
    pub codec: Vec<String>,
    /// What the other side hears: a WAV file, or tone:HZ, or silence.
    #[arg(long, global = true, value_name = "SOURCE", default_value = "tone:440")]
    pub play: String,
    /// Write what is heard to a WAV file.
    #[arg(long, global = true, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Digits to send once the call is answered.
    #[arg(long, global = true, value_name = "DIGITS")]
    pub digits: Option<String>,
    /// Hang up after so many seconds of talking [default: until the other side does, or Ctrl-C].
    #[arg(long, global = true, value_name = "N")]
    pub seconds: Option<u64>,
    /// Call or wait for a call.
    #[command(subcommand)]
    pub command: PhoneCommand,
}

/// What the phone does.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum PhoneCommand {
    /// Call a number.
    Call {
        /// The number.
        number: String,
    },
    /// Wait for calls and answer them.
    Answer {
        /// Ring for so many seconds first.
        #[arg(long, value_name = "N", default_value_t = 0)]
        after: u64,
        /// Answer only so many calls, then exit [default: until Ctrl-C].
        #[arg(long, value_name = "N")]
        calls: Option<u32>,
    },
}

/// `switchroom passwd`.
#[derive(Debug, Args)]
pub struct PasswdArgs {
    /// The extension.
    #[arg(value_name = "EXTENSION")]
    pub extension: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub config: ConfigFile,
}

/// `switchroom store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Make the index anew from the journal. The exchange must not be running.
    Rebuild {
        #[command(flatten)]
        #[allow(missing_docs)]
        config: ConfigFile,
        /// Folder of the store, instead of that of the configuration.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

const REPLAY: &str = "\
A file is written into the folder `flight` of the data directory when the exchange fails, when it
finds that it contradicts itself, and by `switchroom ctl dump`. It is text, one input a line, which
can be shortened or changed and run again: without its sum a line is not compared, without `inputs`
in the first line nobody counts them.

Exit codes: 0 EXACT, the same happened as was recorded, a failure included; 1 PARTED, something
else happened, or the file cannot be read; 3 BEST EFFORT, the beginning was no longer kept.";

/// `switchroom replay`.
#[derive(Debug, Args)]
#[command(after_help = REPLAY)]
pub struct ReplayArgs {
    /// The flight record.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Stop after so many inputs.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub until: Option<u64>,
    /// Print the ladders of all calls that are kept.
    #[arg(long)]
    pub ladders: bool,
    /// Print the ladder of this call: its number or id.
    #[arg(long, value_name = "CALL", conflicts_with = "ladders")]
    pub call: Option<String>,
    /// Only figures and verdict, not each input and what came of it.
    #[arg(long, short)]
    pub quiet: bool,
}

/// `switchroom config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Every key, its default and its meaning.
    Reference,
    /// A commented configuration file with all defaults.
    Sample,
}

/// `switchroom completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// `switchroom man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// switchroom, switchroom-COMMAND or switchroom.toml. To read it: switchroom man PAGE | man -l -
    #[arg(value_name = "PAGE", default_value = "switchroom")]
    pub page: String,
}

/// `switchroom version`.
#[derive(Debug, Args)]
pub struct VersionArgs {
    /// More: system, build, protocol.
    #[arg(long, short, action = ArgAction::SetTrue)]
    pub verbose: bool,
}
