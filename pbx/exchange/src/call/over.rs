//! How a call, or a search for somebody, ends.

use crate::record::{Cause, EndedBy, Ending};
use switchroom_sip::status::Status;

/// Something is over: who ended it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) by: EndedBy,
    pub(crate) cause: Cause,
    /// What a caller is answered who waits for an answer, and what the record says; none if none told.
    pub(crate) status: Option<Status>,
    /// One sentence.
    pub(crate) text: String,
}

impl Over {
    fn new(by: EndedBy, cause: Cause, status: impl Into<Option<Status>>, text: impl Into<String>) -> Self {
        Self { by, cause, status: status.into(), text: text.into() }
    }

    /// The exchange ended it, by rule.
    pub(crate) fn by_rule(cause: Cause, status: impl Into<Option<Status>>, text: impl Into<String>) -> Self {
        Self::new(EndedBy::System, cause, status, text)
    }

    /// What phones and we can speak does not fit.
    pub(crate) fn not_acceptable(text: impl Into<String>) -> Self {
        Self::by_rule(Cause::NotAcceptable, Status::NOT_ACCEPTABLE_HERE, text)
    }

    /// It was given up before an answer.
    pub(crate) fn cancelled(by: EndedBy, text: impl Into<String>) -> Self {
        Self::new(by, Cause::Cancelled, Status::TERMINATED, text)
    }

    /// It was answered, and somebody hung up.
    pub(crate) fn hung_up(by: EndedBy, text: impl Into<String>) -> Self {
        Self::new(by, Cause::HungUp, None, text)
    }

    /// Somebody left, before an answer or after it.
    pub(crate) fn left(by: EndedBy, was_answered: bool, text: impl Into<String>) -> Self {
        if was_answered { Self::hung_up(by, text) } else { Self::cancelled(by, text) }
    }

    /// A user ended it by command.
    pub(crate) fn by_user(user: &str) -> Self {
        let by = EndedBy::User(user.to_owned());
        Self::new(by, Cause::Forced, Status::UNAVAILABLE, format!("ended by {user}"))
    }

    /// The same at a time, for the record.
    pub(super) fn at(self, at_ms: i64) -> Ending {
        let status = self.status.map_or(0, Status::code);
        Ending { at_ms, by: self.by, cause: self.cause, status, text: self.text }
    }
}
