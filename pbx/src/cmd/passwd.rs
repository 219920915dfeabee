//! `switchroom passwd`: a new password for an extension; only its digests are written.

use super::{Failure, OK, Outcome, terminal};
use crate::cli::PasswdArgs;
use crate::config::{self, EditError};
use std::io::Write;

/// A password shorter than this is found by trying.
const PASSWORD_CHARS_SAFE: usize = 10;

/// Does it.
pub(super) fn run(args: &PasswdArgs, out: &mut dyn Write) -> Outcome {
    let path = args.config.path();
    // Before a person is asked to type: is there anything to change?
    let loaded = config::load(&path)?;
    let number = &args.extension;
    if loaded.config.extensions.contains_key(number) {
        let password = ask(number)?;
        set(&path, number, &password, out)
    } else {
        set(&path, number, "", out)
    }
}

fn ask(number: &str) -> Result<String, Failure> {
    let read = |prompt: &str| {
        terminal::read_secret(prompt).map_err(|e| {
            Failure::new(format!("cannot read the password: {e}"), "type it, or send it as one line")
        })
    };
    let password = read(&format!("New password of {number}"))?;
    if terminal::asks_a_person() && read("Once more")? != password {
        return Err(Failure::new("the two passwords differ", "nothing was changed; try again"));
    }
    Ok(password)
}

/// Checks and writes the password.
pub(super) fn set(path: &std::path::Path, number: &str, password: &str, out: &mut dyn Write) -> Outcome {
    let known = config::load(path)?.config.extensions.contains_key(number);
    if known {
        config::check_password(password).map_err(|why| Failure::new(why, "nothing was changed"))?;
    }
    config::set_password(path, number, password).map_err(|error| match error {
        EditError::Faults(faults) => Failure::Faults(faults),
        EditError::NoExtension { ref hint, .. } => Failure::new(error.to_string(), hint.clone()),
        EditError::Refused(why) => Failure::new(why, "nothing was changed"),
        EditError::Io { .. } => Failure::new(error.to_string(), "may you write this file?"),
    })?;
    if password.chars().count() < PASSWORD_CHARS_SAFE {
        writeln!(
            out,
            "warn     passwords shorter than {PASSWORD_CHARS_SAFE} characters are found by trying"
        )?;
    }
    writeln!(out, "ok       password of {number} changed in {}", path.display())?;
    writeln!(out, "next     a running exchange learns of it by: switchroom ctl reload")?;
    Ok(OK)
}
