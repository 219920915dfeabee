//! What `switchroom ctl settings` asks or changes.

use clap::{Args, Subcommand, ValueEnum};

/// What there are settings of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SettingsOf {
    /// Extensions, by number.
    Extension,
    /// Agents, by number.
    Agent,
    /// Queues, by name.
    Queue,
    /// Skills, by name; the keys are the agents, the values their levels.
    Skill,
    /// Routes, by their place in the order, from 1.
    Route,
    /// Unix users, and groups with `@`; the keys are `role` and `phone`.
    Role,
}

impl From<SettingsOf> for switchroom_wire::SettingKind {
    fn from(of: SettingsOf) -> Self {
        match of {
            SettingsOf::Extension => Self::Extension,
            SettingsOf::Agent => Self::Agent,
            SettingsOf::Queue => Self::Queue,
            SettingsOf::Skill => Self::Skill,
            SettingsOf::Route => Self::Route,
            SettingsOf::Role => Self::Role,
        }
    }
}

/// Reads `ring=20s`.
fn setting(text: &str) -> Result<(String, String), String> {
    let wanted =
        || format!("\"{text}\" is not a key and its value; write ring=20s, or ring= for the default");
    let (key, value) = text.split_once('=').ok_or_else(wanted)?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

/// Whether a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct DryRun {
    /// Only show what it would do to the file.
    #[arg(long)]
    pub dry_run: bool,
}

/// What is done about settings. A value of several texts has `;` between them, as `queues="sales; support tier 2"`. `pin=-`
/// asks for the PIN, or reads it as one line.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum SettingsAct {
    /// What is written in the file; of one: every key with its value and meaning.
    Show {
        /// Of what.
        of: SettingsOf,
        /// Number or name.
        name: Option<String>,
    },
    /// Give one that is there other values; keys that are not named stay as they are.
    Set {
        /// Of what.
        of: SettingsOf,
        /// Number or name.
        name: String,
        /// Keys and their values; nothing behind the = takes a key out, so that its default holds.
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = setting)]
        values: Vec<(String, String)>,
        /// Whether.
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Add one. An extension is given a password, which is printed once.
    Add {
        /// Of what.
        of: SettingsOf,
        /// Number or name; of a route the place it gets in the order.
        name: String,
        /// Keys and their values.
        #[arg(value_name = "KEY=VALUE", value_parser = setting)]
        values: Vec<(String, String)>,
        /// Ask for the password of an extension, and make none up; without a terminal it is read as one line.
        #[arg(long)]
        typed: bool,
        /// Whether.
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Take one out, with the comment above it.
    Remove {
        /// Of what.
        of: SettingsOf,
        /// Number or name.
        name: String,
        /// Whether.
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Give an extension another password, which is printed once.
    Password {
        /// The extension.
        extension: String,
        /// Ask for it, and make none up; without a terminal it is read as one line.
        #[arg(long)]
        typed: bool,
        /// Whether.
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Put the file back to what it was before the last change of settings, if it was not changed since.
    Undo {
        /// Whether.
        #[command(flatten)]
        dry_run: DryRun,
    },
}
