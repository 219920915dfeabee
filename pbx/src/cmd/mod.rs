//! The commands: what each does, and how it tells.
//!
//! A command writes what it found to standard output and returns an exit code or a [`Failure`]. Only [`run`] turns a
//! failure into text and a code.

pub mod check;
pub mod console;
pub mod ctl;
pub mod demo;
pub mod doctor;
pub mod explain;
pub mod flow;
pub mod generate;
pub mod init;
pub mod logging;
pub mod passwd;
pub mod phone;
pub mod replay;
pub mod serve;
pub mod store;
pub mod terminal;
#[cfg(test)]
mod tests;

use crate::cli::{Cli, Command, ConfigCommand};
use crate::config::{self, Fault};
use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;
use switchroom_wire::clean;
use terminal::Paint;

/// Done.
pub const OK: u8 = 0;
/// Problems were found, or it failed.
pub const PROBLEMS: u8 = 1;
/// The command line was wrong.
pub const USAGE: u8 = 2;

/// Why a command did not do what it should.
#[derive(Debug)]
pub enum Failure {
    /// Something to tell.
    Told {
        /// What is wrong, one sentence without a full stop.
        what: String,
        /// What to do about it.
        hint: Option<String>,
        /// The exit code.
        code: u8,
    },
    /// Faults of a configuration, each told with its place.
    Faults(Vec<Fault>),
    /// Nobody reads any more (`| head`): not a failure.
    Unread,
}

impl Failure {
    /// A failure with a hint.
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Told { what: what.into(), hint: Some(hint.into()), code: PROBLEMS }
    }
}

impl From<io::Error> for Failure {
    /// An error of writing the output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Unread;
        }
        Self::Told { what: format!("cannot write the output: {error}"), hint: None, code: PROBLEMS }
    }
}

impl From<Vec<Fault>> for Failure {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Faults(faults)
    }
}

/// An exit code, or why there is none.
pub type Outcome = Result<u8, Failure>;

/// Does what the command line says and gives the exit code.
pub fn run(cli: &Cli) -> ExitCode {
    // Not locked: commands with threads of their own write too.
    let mut out = io::BufWriter::new(io::stdout());
    let outcome = dispatch(cli, &mut out).and_then(|code| Ok(out.flush().map(|()| code)?));
    let code = match outcome {
        Ok(code) => code,
        Err(failure) => {
            let paint = Paint::for_stderr(cli.color);
            // If even standard error is gone, only the code is left.
            tell(&failure, paint, &mut io::stderr().lock()).unwrap_or(PROBLEMS)
        }
    };
    // What is still in the buffer belongs to a reader who left.
    drop(out.into_parts());
    ExitCode::from(code)
}

fn dispatch(cli: &Cli, out: &mut dyn Write) -> Outcome {
    let paint = Paint::for_stdout(cli.color);
    match &cli.command {
        Command::Init(args) => init::run(args, out),
        Command::Check(args) => check::run(args, paint, out),
        Command::Doctor(args) => doctor::run(args, paint, out),
        Command::Passwd(args) => passwd::run(args, out),
        Command::Store(command) => store::run(command, out),
        Command::Replay(args) => replay::run(args, out),
        Command::Route(command) => explain::route(command, out),
        Command::Hours(command) => explain::hours(command, out),
        Command::Flow(command) => {
            let is_terminal = io::stdin().is_terminal();
            let typed = flow::Typed { lines: &mut io::stdin().lock(), is_terminal };
            flow::run(command, paint, typed, out)
        }
        Command::Config(ConfigCommand::Reference) => generate::print(&config::reference(), out),
        Command::Config(ConfigCommand::Sample) => generate::print(&config::sample(), out),
        Command::Completions(args) => generate::completions(args.shell, out),
        Command::Man(args) => generate::man(&args.page, out),
        Command::Version(args) => generate::version(args.verbose, out),
        Command::Console(args) => console::run(args, cli.color, out),
        Command::Demo(args) => demo::run(args, out),
        Command::Phone(args) => phone::run(args, out),
        Command::Serve(args) => serve::run(args),
        Command::Ctl(args) => ctl::run(args, out),
    }
}

/// Writes a failure as `error: … / hint: …` and gives its exit code.
fn tell(failure: &Failure, paint: Paint, out: &mut dyn Write) -> io::Result<u8> {
    match failure {
        Failure::Unread => Ok(OK),
        Failure::Told { what, hint, code } => {
            writeln!(out, "{}: {}", paint.red("error"), harmless(what))?;
            if let Some(hint) = hint {
                writeln!(out, "{}: {}", paint.dim("hint"), harmless(hint))?;
            }
            Ok(*code)
        }
        Failure::Faults(faults) => {
            for fault in faults {
                writeln!(out, "{}: {}", paint.red("error"), harmless(&fault.to_string()))?;
                if let Some(hint) = &fault.hint {
                    writeln!(out, "{}: {}", paint.dim("hint"), harmless(hint))?;
                }
            }
            Ok(PROBLEMS)
        }
    }
}

/// A text for a terminal, with its lines and tabs: it may repeat what a file or a daemon says.
fn harmless(text: &str) -> String {
    let line = |line: &str| line.split('\t').map(clean).collect::<Vec<_>>().join("\t");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
