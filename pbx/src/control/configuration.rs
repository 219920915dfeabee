//! What the daemon can do about its configuration, as the control socket asks for it.

use std::sync::Arc;
use switchroom_wire::{
    ConfigChange, FlowTextView, SettingKind, SettingsApplied, SettingsChange, SettingsDiff, SettingsView,
};

/// The file of the running exchange, and the way from it into the engine.
pub trait Configuration: Send + Sync {
    /// Reads it again and applies it; what was done, or what is wrong with it.
    ///
    /// # Errors
    /// It cannot be read or has faults.
    fn reload(&self) -> Result<String, NotDone>;

    /// Makes a change of queues, agents or classes to the file, and applies it.
    ///
    /// # Errors
    /// The change is refused, or was written and not applied.
    fn change(&self, change: &ConfigChange) -> Result<String, NotDone>;

    /// What it says of all of one kind.
    ///
    /// # Errors
    /// The text that was applied last cannot be read.
    fn settings(&self, kind: SettingKind) -> Result<SettingsView, NotDone>;

    /// The file of a flow as it is.
    ///
    /// # Errors
    /// There is no such flow, or its file cannot be read.
    fn flow_text(&self, flow: &str) -> Result<FlowTextView, NotDone>;

    /// What a change of settings would do to the file.
    ///
    /// # Errors
    /// The change is refused whatever the file would be.
    fn preview(&self, change: &SettingsChange) -> Result<SettingsDiff, NotDone>;

    /// Makes it, if the file is still the one that `file` names, and applies it.
    ///
    /// # Errors
    /// The change is refused, or was written and not applied.
    fn apply(&self, change: &SettingsChange, file: &str) -> Result<SettingsApplied, NotDone>;
}

/// The configuration of the running exchange.
pub type Configured = Arc<dyn Configuration>;

/// Why the configuration was not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// Nothing was changed.
    #[error("{0}")]
    Nothing(String),
    /// The file was changed, which was not applied: what was written, and why.
    #[error("{0}")]
    Written(String),
}
