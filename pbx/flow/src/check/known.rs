//! What a site has, by name.

use crate::clip::Language;
use std::collections::{BTreeMap, BTreeSet};

/// Names that flows may use. What is `None` is not known, and not checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Numbers that can be dialled.
    pub extensions: Option<BTreeSet<String>>,
    /// Queues.
    pub queues: Option<BTreeSet<String>>,
    /// Agents.
    pub agents: Option<BTreeSet<String>>,
    /// Reasons for breaks.
    pub breaks: Option<BTreeSet<String>>,
    /// Hours.
    pub hours: Option<BTreeSet<String>>,
    /// Lists.
    pub lists: Option<BTreeSet<String>>,
    /// PINs.
    pub pins: Option<BTreeSet<String>>,
    /// Mailboxes.
    pub mailboxes: Option<BTreeSet<String>>,
    /// Prompts, without `@`, by the language they are in.
    pub prompts: Option<BTreeMap<Language, BTreeSet<String>>>,
}
