//! A search for somebody: phones are rung for a call, and what they have said so far.

use super::{Call, LegState, PhoneRefusal};
use crate::exchange::Exchange;
use crate::record::{Cause, LegOutcome};
use crate::{CallId, LegId};
use switchroom_sip::status::Status;
use switchroom_sip::time::{Mono, Now};

/// Whom a call looks for, and what came of it until now.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    /// Whom it is that is being rung: the number dialled, or those that a flow asks for.
    pub(super) sought: Vec<String>,
    pub(super) since: Mono,
    /// 180 was passed on.
    pub(super) told_ringing: bool,
    /// This leg's early media is what the caller hears.
    pub(super) early: Option<LegId>,
    /// The most that one of the phones has said.
    pub(super) reaction: Reaction,
    /// The best refusal so far of the phones that were rung.
    pub(super) refusal: Option<PhoneRefusal>,
}

/// What a phone that is rung has said so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reaction {
    Nothing,
    /// It is there. Some play their ringing as early media, with 183, and never say 180.
    Reached,
    Rings,
}

/// A phone is rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ringing {
    pub(crate) since: Mono,
    pub(crate) until: Mono,
    pub(crate) reaction: Reaction,
    /// What it said when it would not.
    pub(crate) refusal: Option<PhoneRefusal>,
}

/// What a phone says before its final answer.
pub(super) struct Progress {
    /// That it rings.
    pub(super) rings: bool,
    /// That it did not do before.
    pub(super) is_news: bool,
}

/// Whether a phone says by that that it rings, or is about to.
pub(crate) fn says_ringing(status: Status) -> bool {
    status == Status::RINGING || status.code() == 182
}

impl Search {
    pub(super) fn new(since: Mono, sought: Vec<String>) -> Self {
        Self { sought, since, told_ringing: false, early: None, reaction: Reaction::Nothing, refusal: None }
    }
}

impl Reaction {
    fn of(status: Status) -> Self {
        if says_ringing(status) { Self::Rings } else { Self::Reached }
    }

    /// It has said anything.
    pub(crate) fn is_any(self) -> bool {
        self > Self::Nothing
    }

    /// What became of its leg if it was rung in vain.
    pub(crate) fn outcome(self) -> LegOutcome {
        if self.is_any() { LegOutcome::NoAnswer } else { LegOutcome::Unreachable }
    }

    /// What it was then the cause of.
    pub(crate) fn cause(self) -> Cause {
        if self.is_any() { Cause::NoAnswer } else { Cause::Unreachable }
    }

    /// The same in words: who was rung, and for how many seconds.
    pub(crate) fn words(self, who: &str, rang: u64) -> String {
        match self {
            Self::Rings => format!("{who} rang and did not answer within {rang} s"),
            Self::Reached => format!("{who} was reached and did not answer within {rang} s"),
            Self::Nothing => format!("no phone of {who} reacted within {rang} s"),
        }
    }
}

impl Ringing {
    pub(crate) fn new(since: Mono, until: Mono) -> Self {
        Self { since, until, reaction: Reaction::Nothing, refusal: None }
    }

    /// Whether two phones of one extension are rung by the same search.
    pub(crate) fn is_with(&self, other: &Self) -> bool {
        (self.since, self.until) == (other.since, other.until)
    }
}

impl Call {
    /// A search for somebody begins: what is known of an earlier one is of no interest.
    pub(crate) fn begin_search(&mut self, now: Now, sought: Vec<String>) {
        self.search = Search::new(now.mono, sought);
    }

    /// These are sought as well.
    pub(crate) fn seek_also(&mut self, numbers: &[String]) {
        self.search.sought.extend(numbers.iter().cloned());
    }

    /// Whether a leg is of whom the search was for at first; further phones may have been rung by users.
    pub(crate) fn was_called_first(&self, leg: LegId) -> bool {
        let extension = self.leg(leg).and_then(|leg| leg.extension.as_ref());
        extension.is_some() && extension == self.search.sought.first()
    }

    /// Whether the caller hears a phone that has not answered.
    pub(crate) fn is_early(&self) -> bool {
        self.search.early.is_some()
    }
}

impl Exchange {
    /// Whom a call looks for, in words.
    pub(crate) fn sought(&self, id: CallId) -> String {
        self.calls.get(&id).map(|call| call.search.sought.join(", ")).unwrap_or_default()
    }

    /// Notes what a phone that is rung says before its final answer. None if it is rung no more.
    pub(super) fn heard_of_phone(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        status: Status,
    ) -> Option<Progress> {
        let call = self.calls.get_mut(&id)?;
        let one = call.legs.get_mut(&leg).filter(|one| one.is_live())?;
        let reaction = Reaction::of(status);
        call.search.reaction = call.search.reaction.max(reaction);
        if let Some(ringing) = &mut one.ringing {
            ringing.reaction = ringing.reaction.max(reaction);
        }
        let rings = reaction == Reaction::Rings;
        let is_news = rings && one.state == LegState::Calling;
        if is_news {
            one.state = LegState::Ringing;
            let (text, extension) =
                (format!("{} at {} rings", one.party.number, one.flow), one.extension.clone());
            self.why(now, id, "ring", text);
            extension.into_iter().for_each(|extension| self.extension_changed(extension));
        }
        Some(Progress { rings, is_news })
    }
}
