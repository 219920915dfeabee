//! What is under way with a talk, so that nothing else may be begun with it.

use super::Call;

/// Something is being done with the two of a talk. Of these there is one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnderWay {
    /// One of them is put through to somebody else.
    Transfer,
    /// They hear something before they are connected.
    Briefing,
    /// One of them is in a flow, and the other waits.
    HandOff,
    /// One of them consults a third.
    Consult,
}

impl UnderWay {
    /// Why nothing else may be begun.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Transfer => "a transfer is under way",
            Self::Briefing => "the two are not connected yet",
            Self::HandOff => "one of them is in a flow, and comes back",
            Self::Consult => "somebody is consulted; cancel or complete that first",
        }
    }
}

impl Call {
    /// What is under way with its talk.
    pub(crate) fn under_way(&self) -> Option<UnderWay> {
        let each = [
            (self.transfer.is_some(), UnderWay::Transfer),
            (self.is_briefed(), UnderWay::Briefing),
            (self.hand_off.is_some(), UnderWay::HandOff),
            (self.consult.is_some(), UnderWay::Consult),
        ];
        each.into_iter().find(|(is_so, _)| *is_so).map(|(_, what)| what)
    }
}
