//! What can be subscribed to.

use crate::limits::{SUBSCRIPTIONS_MAX, SUBSCRIPTIONS_PER_EXTENSION};

/// An event package (RFC 6665 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Package {
    /// How the box of the subscriber's extension stands (RFC 3842).
    Mailbox,
}

impl Package {
    pub(crate) const ALL: [Self; 1] = [Self::Mailbox];

    /// Its word in Event.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Mailbox => "message-summary",
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
        }
    }

    /// How many there may be.
    pub(crate) fn most(self) -> usize {
        match self {
            Self::Mailbox => SUBSCRIPTIONS_MAX,
        }
    }

    /// How many of them one extension may have.
    pub(crate) fn most_of_one(self) -> usize {
        match self {
            Self::Mailbox => SUBSCRIPTIONS_PER_EXTENSION,
        }
    }
}

/// What a subscription is about.
#[derive(Debug, Clone)]
pub(crate) enum About {
    /// The box of the subscriber's extension.
    Mailbox,
}

impl About {
    pub(crate) fn package(&self) -> Package {
        match self {
            Self::Mailbox => Package::Mailbox,
        }
    }
}
