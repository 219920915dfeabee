//! Settings: what is asked of the daemon about them, and what comes of the answers.

use switchroom_wire::{SettingsApplied, SettingsDiff, SettingsView, clean};

/// All of a kind as lines of text.
pub(super) fn entry_lines(view: &SettingsView) -> Vec<String> {
    view.entries.iter().map(|entry| clean(&format!("{}  {}", entry.name, entry.label)).into_owned()).collect()
}

/// A difference as lines of text, with what is wrong with it.
pub(super) fn diff_lines(diff: &SettingsDiff) -> Vec<String> {
    let faults = diff.faults.iter().chain(&diff.warnings);
    let faults =
        faults.map(|fault| clean(&format!("{}:{}: {}", fault.file, fault.line, fault.what)).into_owned());
    diff.unified().lines().map(str::to_owned).chain(faults).collect()
}

/// A change that was made.
pub(super) fn applied_lines(applied: &SettingsApplied) -> Vec<String> {
    let password = applied.password.iter().map(|password| clean(&password.0).into_owned());
    std::iter::once(clean(&applied.told).into_owned()).chain(password).collect()
}
