//! What can be subscribed to.

use crate::lamps::Lamp;
use crate::limits::{LAMPS_MAX, LAMPS_PER_EXTENSION, SUBSCRIPTIONS_MAX, SUBSCRIPTIONS_PER_EXTENSION};

/// An event package (RFC 6665 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Package {
    /// How the box of the subscriber's extension stands (RFC 3842).
    Mailbox,
    /// What stands beside a key that dials a number (RFC 4235).
    Lamp,
}

impl Package {
    pub(crate) const ALL: [Self; 2] = [Self::Mailbox, Self::Lamp];

    /// Its word in Event.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Mailbox => "message-summary",
            Self::Lamp => "dialog",
        }
    }

    /// The package of that word.
    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|package| package.word().eq_ignore_ascii_case(word))
    }

    /// All words, as Allow-Events has them.
    pub(crate) fn words() -> String {
        Self::ALL.map(Self::word).join(", ")
    }

    /// What its NOTIFY holds.
    pub(crate) fn body_type(self) -> &'static str {
        match self {
            Self::Mailbox => "application/simple-message-summary",
            Self::Lamp => "application/dialog-info+xml",
        }
    }

    /// How many there may be.
    pub(crate) fn most(self) -> usize {
        match self {
            Self::Mailbox => SUBSCRIPTIONS_MAX,
            Self::Lamp => LAMPS_MAX,
        }
    }

    /// How many of them one extension may have.
    pub(crate) fn most_of_one(self) -> usize {
        match self {
            Self::Mailbox => SUBSCRIPTIONS_PER_EXTENSION,
            Self::Lamp => LAMPS_PER_EXTENSION,
        }
    }
}

/// What a subscription is about.
#[derive(Debug, Clone)]
pub(crate) enum About {
    /// The box of the subscriber's extension.
    Mailbox,
    /// A number.
    Lamp(Lamp),
}

impl About {
    pub(crate) fn package(&self) -> Package {
        match self {
            Self::Mailbox => Package::Mailbox,
            Self::Lamp(_) => Package::Lamp,
        }
    }

    /// The user of our Contact: what was subscribed to, by a phone of `extension`.
    pub(super) fn user<'a>(&'a self, extension: &'a str) -> &'a str {
        match self {
            Self::Mailbox => extension,
            Self::Lamp(lamp) => &lamp.number,
        }
    }
}
