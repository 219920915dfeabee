//! The file of a flow, edited by somebody at a console: read, looked at, and written if it is still the one that was read.
//!
//! A client names a flow and never a path: the file is the one that the folder of flows has under that name.

use super::reload::{Running, State};
use super::settings::{beside, first, nothing};
use crate::config::{self, Loaded};
use crate::control::NotDone;
use crate::flows;
use std::path::PathBuf;
use switchroom_flow::Fault;
use switchroom_flow::fault::did_you_mean;
use switchroom_wire::{FlowTextView, Hushed, SettingsApplied, SettingsDiff, SettingsFault, clean};

/// The file of a flow as it is.
struct OnDisk {
    path: PathBuf,
    text: String,
}

impl Running {
    /// Where a flow is written, and what is there now.
    fn on_disk(loaded: &Loaded, flow: &str) -> Result<OnDisk, NotDone> {
        let dir = &loaded.shell.flows.dir;
        let all = flows::names(dir);
        let Some(file) = all.get(flow) else {
            let hint = did_you_mean(flow, all.keys().map(String::as_str));
            let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            return Err(nothing(format!("there is no flow {} in {}{hint}", clean(flow), dir.display())));
        };
        let path = PathBuf::from(file);
        let text = flows::text(&path).map_err(|what| nothing(format!("{file} {what}")))?;
        Ok(OnDisk { path, text })
    }

    pub(super) fn show_flow(&self, flow: &str) -> Result<FlowTextView, NotDone> {
        let state = self.state();
        let OnDisk { path, text } = Self::on_disk(&self.applied(&state)?, flow)?;
        let (file, path) = (self.name(&text), path.display().to_string());
        Ok(FlowTextView { name: flow.to_owned(), path, file, text: Hushed(text) })
    }

    /// The file of a flow, if it is the one that was read.
    fn as_read(&self, loaded: &Loaded, flow: &str, read: &str) -> Result<OnDisk, NotDone> {
        let found = Self::on_disk(loaded, flow)?;
        if self.name(&found.text) != read {
            return Err(nothing(format!(
                "{} is another one now than the one that was edited: read it again",
                found.path.display()
            )));
        }
        Ok(found)
    }

    pub(super) fn preview_flow(&self, flow: &str, read: &str, text: &str) -> Result<SettingsDiff, NotDone> {
        let state = self.state();
        let loaded = self.applied(&state)?;
        let found = self.as_read(&loaded, flow, read)?;
        let (pieces, left_out) = config::difference(&found.text, text);
        let (faults, warnings) = self.around.in_force.judge(&loaded, flow, text);
        let others = self.around.in_force.would_come(&loaded, Some(flow));
        Ok(SettingsDiff {
            file: read.to_owned(),
            told: told(flow, &found.text, text),
            pieces,
            left_out,
            faults: faults.iter().map(of_flow).collect(),
            warnings: warnings.iter().map(of_flow).chain(others.into_iter().map(beside)).collect(),
            needs_restart: false,
        })
    }

    pub(super) fn apply_flow(
        &self,
        (flow, read, text): (&str, &str, &str),
        file: &str,
    ) -> Result<SettingsApplied, NotDone> {
        let mut state = self.state();
        if file != read {
            return Err(nothing("that change was looked at for another file: look at it again"));
        }
        let loaded = self.applied(&state)?;
        let found = self.as_read(&loaded, flow, read)?;
        let (faults, _) = self.around.in_force.judge(&loaded, flow, text);
        if !faults.is_empty() {
            return Err(nothing(first(&faults)));
        }
        let told = told(flow, &found.text, text);
        self.write_flow(&mut state, &found, text, &told)
    }

    fn write_flow(
        &self,
        state: &mut State,
        found: &OnDisk,
        text: &str,
        told: &str,
    ) -> Result<SettingsApplied, NotDone> {
        config::write(&found.path, &found.text, text).map_err(nothing)?;
        let how = self.take_over_written(state, told)?;
        Ok(SettingsApplied {
            told: format!("{told}; {how}"),
            password: None,
            needs_restart: false,
            file: self.name(text),
        })
    }
}

/// The change in words.
fn told(flow: &str, old: &str, new: &str) -> String {
    let (gone, more) = config::lines_changed(old, new);
    format!("flow {}: lines +{more} -{gone}", clean(flow))
}

fn of_flow(fault: &Fault) -> SettingsFault {
    SettingsFault {
        file: clean(&fault.file).into_owned(),
        line: fault.line,
        what: clean(&fault.what).into_owned(),
        hint: fault.hint.as_deref().map(|hint| clean(hint).into_owned()),
    }
}
