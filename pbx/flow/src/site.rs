//! What flows and routes need to know of a site, from its configuration.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What flows and routes need to know of a site.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SiteConfig {
    /// Time zone by its name, as `Europe/Zurich`.
    pub zone: String,
    /// Mailboxes by number or name.
    pub mailboxes: BTreeMap<String, MailboxConfig>,
}

/// A mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxConfig {
    /// Messages it takes.
    pub messages_max: usize,
    /// Longest message.
    pub longest: Duration,
    /// How long messages are kept.
    pub keep: Duration,
}
