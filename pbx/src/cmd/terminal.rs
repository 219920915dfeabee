//! The terminal: colours when they are wanted, and passwords without echo.

use crate::cli::Color;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};

/// Puts colour on words, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Never any colour.
    pub const PLAIN: Self = Self { on: false };

    /// For standard output.
    pub fn for_stdout(wanted: Color) -> Self {
        Self::decide(wanted, io::stdout().is_terminal())
    }

    /// For standard error.
    pub fn for_stderr(wanted: Color) -> Self {
        Self::decide(wanted, io::stderr().is_terminal())
    }

    fn decide(wanted: Color, terminal: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let on = match wanted {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !no_color && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
        };
        Self { on }
    }

    fn with(self, code: &str, word: &str) -> String {
        if self.on { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() }
    }

    /// For errors.
    pub fn red(self, word: &str) -> String {
        self.with("1;31", word)
    }

    /// For warnings.
    pub fn yellow(self, word: &str) -> String {
        self.with("33", word)
    }

    /// For what is right.
    pub fn green(self, word: &str) -> String {
        self.with("32", word)
    }

    /// For what is beside the point.
    pub fn dim(self, word: &str) -> String {
        self.with("2", word)
    }
}

/// The longest line that is read as a password, in bytes.
const LINE_BYTES_MAX: u64 = 1_024;

/// Reads a secret: from the terminal without echo if standard input is one, else one line of standard input.
///
/// # Errors
/// Nothing could be read.
pub fn read_secret(prompt: &str) -> io::Result<String> {
    if !io::stdin().is_terminal() {
        return read_line(&mut io::stdin().lock());
    }
    let mut tty = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let _quiet = Quiet::new(&tty)?;
    write!(tty, "{prompt}: ")?;
    tty.flush()?;
    let line = read_line(&mut BufReader::new(&tty));
    writeln!(tty)?;
    line
}

/// Whether [`read_secret`] asks a person, who may mistype.
pub fn asks_a_person() -> bool {
    io::stdin().is_terminal()
}

fn read_line(input: &mut dyn BufRead) -> io::Result<String> {
    let mut line = String::new();
    input.take(LINE_BYTES_MAX).read_line(&mut line)?;
    if line.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// Echo is off while this lives.
struct Quiet {
    tty: File,
    was: rustix::termios::Termios,
}

impl Quiet {
    fn new(tty: &File) -> io::Result<Self> {
        let tty = tty.try_clone()?;
        let was = tcgetattr(&tty)?;
        let mut quiet = was.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&tty, OptionalActions::Flush, &quiet)?;
        Ok(Self { tty, was })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // A terminal that is gone needs no echo.
        let _ = tcsetattr(&self.tty, OptionalActions::Flush, &self.was);
    }
}
