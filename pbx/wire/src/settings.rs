//! Settings: what the configuration's file says of people, queues and numbers, and changes of it that are looked at before
//! they are made. No secret is in what the daemon shows; a password is told once, by the answer of the change that made it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What there are settings of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// A table `[extensions.NUMBER]`.
    #[default]
    Extension,
    /// A table `[agents.NUMBER]`.
    Agent,
    /// A table `[queues.NAME]`.
    Queue,
    /// A skill, with the agents who have it; it is written among theirs.
    Skill,
    /// A route, named by its place in the order, from 1.
    Route,
    /// A Unix user, or a group with `@`: what it may do, and a user's phone.
    Role,
}

impl SettingKind {
    /// All, in the order of screens.
    pub const ALL: [Self; 6] =
        [Self::Extension, Self::Agent, Self::Queue, Self::Skill, Self::Route, Self::Role];

    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Extension => "extension",
            Self::Agent => "agent",
            Self::Queue => "queue",
            Self::Skill => "skill",
            Self::Route => "route",
            Self::Role => "role",
        }
    }
}

/// Text that may be a secret: `Debug` shows how long it is and no more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Hushed(pub String);

impl fmt::Debug for Hushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hushed({} bytes)", self.0.len())
    }
}

impl From<&str> for Hushed {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// How the value of a setting is typed. Nothing typed means: not written, the default holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum SettingForm {
    /// As it is.
    #[default]
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// Texts with `;` between them.
    List,
    /// `NAME=NUMBER` with `;` between them.
    Levels,
    /// A text that is never shown.
    Secret,
}

/// One key of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct SettingKeyView {
    /// As it is written in the file.
    pub name: String,
    /// How its value is typed.
    pub form: SettingForm,
    /// What holds when it is not written, if that is one value for all.
    pub default: Option<String>,
    /// What it could be, as it is typed.
    pub example: String,
    /// What it means, in English, as the reference has it.
    pub about: String,
    /// If it can only be one of these.
    pub choices: Vec<String>,
}

/// One extension, agent, queue, skill, route or user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct SettingView {
    /// Number or name; of a route its place, from 1.
    pub name: String,
    /// What people call it, or what tells most of it.
    pub label: String,
    /// What is written, as it would be typed; nothing secret.
    pub values: BTreeMap<String, String>,
    /// The secret keys that are written.
    pub secrets: Vec<String>,
}

/// All settings of one kind, as they were applied last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct SettingsView {
    /// Of what.
    pub kind: SettingKind,
    /// The configuration's file.
    pub path: String,
    /// Names this text of the file until the daemon ends; what it is made of says nothing of the text.
    pub file: String,
    /// Whether the file was changed since and not applied: nothing can be changed from here then.
    pub is_stale: bool,
    /// What [`SettingsChange::Undo`] would undo.
    pub undo: Option<String>,
    /// The keys, in the order of a form. Of skills: the agents.
    pub keys: Vec<SettingKeyView>,
    /// All that there are; routes in their order, the others by name.
    pub entries: Vec<SettingView>,
}

/// A password for an extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewPassword {
    /// The daemon makes one up and tells it once.
    Made,
    /// This one.
    Typed(Hushed),
}

/// A change of settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingsChange {
    /// Other values for one that is there.
    Set {
        /// Of what kind it is.
        kind: SettingKind,
        /// Its name.
        name: String,
        /// By key: what is typed, or `null` (or nothing typed) for what is not to be written. All others stay.
        values: BTreeMap<String, Option<Hushed>>,
    },
    /// One more.
    Add {
        /// Of what kind it is.
        kind: SettingKind,
        /// Its name; of a route the place it gets, those from there on move on.
        name: String,
        /// As in [`SettingsChange::Set`].
        #[serde(default)]
        values: BTreeMap<String, Option<Hushed>>,
        /// For an extension.
        #[serde(default)]
        password: Option<NewPassword>,
    },
    /// One less.
    Remove {
        /// Of what kind it is.
        kind: SettingKind,
        /// Its name.
        name: String,
    },
    /// A new password.
    Password {
        /// The extension.
        extension: String,
        /// Which.
        password: NewPassword,
    },
    /// Another text for the file of a flow.
    Flow {
        /// The flow.
        flow: String,
        /// The text that was edited, as [`FlowTextView::file`] names it: that of another is not overwritten.
        read: String,
        /// The text.
        text: Hushed,
    },
    /// The file as it was before the last change of settings.
    Undo,
}

/// The file of a flow, to be edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct FlowTextView {
    /// The flow.
    pub name: String,
    /// Its file.
    pub path: String,
    /// Names this text of it, as [`SettingsView::file`] does.
    pub file: String,
    /// The text. It may hold what is nobody else's business, and is in no `Debug` output.
    pub text: Hushed,
}

/// What a line of a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum DiffMark {
    /// In both.
    #[default]
    Same,
    /// Only in the file as it is.
    Gone,
    /// Only in the file as it would be.
    New,
}

impl DiffMark {
    /// As the first character of a line of a unified difference.
    pub fn sign(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Gone => '-',
            Self::New => '+',
        }
    }
}

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct DiffLine {
    /// What it is.
    pub mark: DiffMark,
    /// Its number in the file as it is, from 1; 0 if it is not there.
    pub old: u32,
    /// Its number in the file as it would be, likewise.
    pub new: u32,
    /// Its text, with `…` in place of secrets.
    pub text: String,
}

/// What is wrong with the file as it would be, or worth a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct SettingsFault {
    /// The file.
    pub file: String,
    /// Its line, from 1, in the file as it would be; 0 if it is about the whole.
    pub line: u32,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What a change would do to the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct SettingsDiff {
    /// The text of the file that it is about, as in [`SettingsView::file`].
    pub file: String,
    /// The change in words.
    pub told: String,
    /// What differs, with some lines around; each piece its lines.
    pub pieces: Vec<Vec<DiffLine>>,
    /// Lines that were too much to be told.
    pub left_out: u32,
    /// Why it cannot be applied; empty if it can.
    pub faults: Vec<SettingsFault>,
    /// What it brings that is probably not meant.
    pub warnings: Vec<SettingsFault>,
    /// Whether part of it holds after a restart only.
    pub needs_restart: bool,
}

impl SettingsDiff {
    /// As a unified difference.
    pub fn unified(&self) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            let count = |mark| piece.iter().filter(|line| line.mark != mark).count();
            let first = |number: fn(&DiffLine) -> u32| piece.iter().map(number).find(|n| *n > 0).unwrap_or(0);
            let (old, new) = (first(|line| line.old), first(|line| line.new));
            text += &format!("@@ -{old},{} +{new},{} @@\n", count(DiffMark::New), count(DiffMark::Gone));
            for line in piece {
                text.push(line.mark.sign());
                text += &crate::clean(&line.text);
                text.push('\n');
            }
        }
        text
    }
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct SettingsApplied {
    /// What was done, in words.
    pub told: String,
    /// The password that was made. It is kept nowhere: who needs it writes it down now.
    pub password: Option<Hushed>,
    /// Whether part of it holds after a restart only.
    pub needs_restart: bool,
    /// The file as it is now, as in [`SettingsView::file`].
    pub file: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_typed_is_in_no_debug_output() {
        let values = BTreeMap::from([("pin".to_owned(), Some(Hushed::from("8520")))]);
        let set = SettingsChange::Set { kind: SettingKind::Agent, name: "2001".into(), values };
        let typed = NewPassword::Typed("geheim".into());
        let password = SettingsChange::Password { extension: "101".into(), password: typed };
        let applied = SettingsApplied { password: Some("geheim".into()), ..SettingsApplied::default() };
        let shown = format!("{set:?} {password:?} {applied:?}");
        assert!(!shown.contains("8520") && !shown.contains("geheim"), "{shown}");
        let json = serde_json::to_string(&set).unwrap();
        assert_eq!(json, r#"{"set":{"kind":"agent","name":"2001","values":{"pin":"8520"}}}"#);
        assert_eq!(serde_json::from_str::<SettingsChange>(&json).unwrap(), set);
    }
}
