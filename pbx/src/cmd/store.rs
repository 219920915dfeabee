//! `switchroom store rebuild`.

use super::{Failure, OK, Outcome};
use crate::cli::StoreCommand;
use crate::config;
use crate::store::{self, StoreError};
use std::io::Write;

/// Does it.
pub(super) fn run(command: &StoreCommand, out: &mut dyn Write) -> Outcome {
    let StoreCommand::Rebuild { config: file, dir } = command;
    let dir = match dir {
        Some(dir) => dir.clone(),
        None => config::load(&file.path())?.shell.data_dir,
    };
    let rebuilt = store::rebuild(&dir).map_err(|error| {
        let hint = match &error {
            StoreError::Locked { .. } => "stop it first: switchroom ctl shutdown",
            StoreError::Directory { .. } => {
                "name the folder of the store with --dir, or the configuration with --config"
            }
            StoreError::Journal(_) | StoreError::Index(_) => "is there space, and may you write there?",
        };
        Failure::new(error.to_string(), hint)
    })?;
    for place in &rebuilt.damaged {
        writeln!(out, "warn     journal damaged, skipped: {place}")?;
    }
    writeln!(out, "ok       index of {} made from {} records", dir.display(), rebuilt.records)?;
    if rebuilt.damaged_count > 0 {
        writeln!(out, "{} damaged places in the journal were skipped", rebuilt.damaged_count)?;
    }
    Ok(OK)
}
