//! Changes of settings: looked at, made to the file that was looked at, and undone.

use super::reload::{Running, State, needs_restart};
use crate::config::{self, Fault, Loaded, Proposal};
use crate::control::NotDone;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use switchroom_wire::{
    SettingKind, SettingsApplied, SettingsChange, SettingsDiff, SettingsFault, SettingsView, clean, fit,
};

/// Changes that can be undone, one after the other.
const UNDO_MAX: usize = 10;
/// Bytes of all files that are kept for it.
const UNDO_BYTES_MAX: usize = 8 << 20;
/// Columns of what is told of a change; one of a skill can be about hundreds of agents.
const TOLD_COLUMNS_MAX: usize = 1_000;

/// Files as they were before changes of settings, the latest last.
#[derive(Default)]
pub(super) struct Undo(VecDeque<Undoable>);

struct Undoable {
    /// The file before.
    before: String,
    /// The name of the file after: only that one is put back.
    after: String,
    told: String,
}

impl Undo {
    fn keep(&mut self, change: Undoable) {
        self.0.push_back(change);
        let bytes = |all: &VecDeque<Undoable>| all.iter().map(|one| one.before.len()).sum::<usize>();
        while self.0.len() > UNDO_MAX || bytes(&self.0) > UNDO_BYTES_MAX {
            self.0.pop_front();
        }
    }

    /// The last change, if the file is as it left it.
    fn last(&self, file: &str) -> Option<&Undoable> {
        self.0.back().filter(|last| last.after == file)
    }
}

/// A proposal that was judged.
struct Judged {
    proposal: Proposal,
    /// The configuration that it would be.
    would_be: Result<Loaded, Vec<Fault>>,
}

pub(super) fn nothing(error: impl ToString) -> NotDone {
    NotDone::Nothing(error.to_string())
}

impl Running {
    /// The name of a text.
    pub(super) fn name(&self, text: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.salt);
        hash.update(text);
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn show_settings(&self, kind: SettingKind) -> Result<SettingsView, NotDone> {
        let state = self.state();
        let (keys, entries) = config::list(&state.applied, kind).map_err(nothing)?;
        let file = self.name(&state.applied);
        Ok(SettingsView {
            kind,
            path: self.path.display().to_string(),
            is_stale: std::fs::read_to_string(&self.path).ok().as_ref() != Some(&state.applied),
            undo: state.undo.last(&file).map(|last| last.told.clone()),
            file,
            keys,
            entries,
        })
    }

    /// The applied configuration, if the file still has it.
    pub(super) fn applied(&self, state: &State) -> Result<Loaded, NotDone> {
        config::load_unchanged(&self.path, &state.applied).map_err(nothing)
    }

    /// What a change makes of the file, and whether that is a configuration.
    fn judge(&self, state: &State, loaded: &Loaded, change: &SettingsChange) -> Result<Judged, NotDone> {
        let proposal = match change {
            SettingsChange::Undo => {
                let last = state.undo.last(&self.name(&state.applied)).ok_or_else(|| {
                    nothing("there is no change of settings to undo, or the file was changed since")
                })?;
                let told = format!("undone: {}", last.told);
                Proposal { text: last.before.clone(), told, password: None }
            }
            _ => config::propose(loaded, change).map_err(nothing)?,
        };
        let proposal =
            Proposal { told: fit(&proposal.told, TOLD_COLUMNS_MAX).trim_end().to_owned(), ..proposal };
        let base = config::base_of(&self.path);
        let would_be = config::parse(&proposal.text, &self.path, &base);
        Ok(Judged { proposal, would_be })
    }

    pub(super) fn preview_settings(&self, change: &SettingsChange) -> Result<SettingsDiff, NotDone> {
        if let SettingsChange::Flow { flow, read, text } = change {
            return self.preview_flow(flow, read, &text.0);
        }
        let state = self.state();
        let loaded = self.applied(&state)?;
        let judged = self.judge(&state, &loaded, change)?;
        let (pieces, left_out) = config::difference(&state.applied, &judged.proposal.text);
        let (mut faults, mut warnings, mut is_restart) = (Vec::new(), Vec::new(), false);
        match &judged.would_be {
            Err(found) => faults.extend(found.iter().map(told)),
            Ok(new) => {
                is_restart = needs_restart(&new.shell, &loaded.shell);
                let is_new = |fault: &&Fault| loaded.warnings.iter().all(|old| old.what != fault.what);
                warnings.extend(new.warnings.iter().filter(is_new).map(told));
                warnings.extend(self.around.in_force.would_come(new, None).into_iter().map(beside));
            }
        }
        Ok(SettingsDiff {
            file: self.name(&state.applied),
            told: judged.proposal.told,
            pieces,
            left_out,
            faults,
            warnings,
            needs_restart: is_restart,
        })
    }

    pub(super) fn apply_settings(
        &self,
        change: &SettingsChange,
        file: &str,
    ) -> Result<SettingsApplied, NotDone> {
        if let SettingsChange::Flow { flow, read, text } = change {
            return self.apply_flow((flow, read, &text.0), file);
        }
        let mut state = self.state();
        if self.name(&state.applied) != file {
            return Err(nothing(
                "the configuration is another one now than the one this change was looked at for: look at it again",
            ));
        }
        let loaded = self.applied(&state)?;
        let Judged { proposal, would_be } = self.judge(&state, &loaded, change)?;
        let new = would_be.map_err(|faults| nothing(first(&faults)))?;
        config::write(&self.path, &state.applied, &proposal.text).map_err(nothing)?;
        if matches!(change, SettingsChange::Undo) {
            state.undo.0.pop_back();
        } else {
            let (before, after) = (state.applied.clone(), self.name(&proposal.text));
            state.undo.keep(Undoable { before, after, told: proposal.told.clone() });
        }
        let how = self.take_over_written(&mut state, &proposal.told)?;
        Ok(SettingsApplied {
            told: format!("{}; {how}", proposal.told),
            password: proposal.password,
            needs_restart: needs_restart(&new.shell, &loaded.shell),
            file: self.name(&state.applied),
        })
    }
}

pub(super) fn first(faults: &[impl ToString]) -> String {
    let first = faults.first().map(ToString::to_string).unwrap_or_default();
    format!("nothing was changed, for the file would have faults: {first}")
}

/// What would happen beside what is looked at.
pub(super) fn beside(what: String) -> SettingsFault {
    SettingsFault { what, ..SettingsFault::default() }
}

fn told(fault: &Fault) -> SettingsFault {
    SettingsFault {
        file: fault.file.display().to_string(),
        line: u32::try_from(fault.line).unwrap_or(u32::MAX),
        what: clean(&fault.what).into_owned(),
        hint: fault.hint.as_deref().map(|hint| clean(hint).into_owned()),
    }
}
