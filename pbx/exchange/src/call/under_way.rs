//! What is under way with a talk, so that nothing else may be begun with it.

use super::briefing::Briefing;
use super::{Call, Consult, HandOff, Transfer};

/// Something is being done with the two of a talk: one thing at a time.
#[derive(Debug, Clone)]
pub(crate) enum UnderWay {
    /// One of them is put through to somebody else.
    Transfer(Transfer),
    /// They hear something before they are connected.
    Briefing(Briefing),
    /// One of them is in a flow, and the other waits.
    HandOff(HandOff),
    /// One of them consults a third.
    Consult(Consult),
}

impl UnderWay {
    /// Why nothing else may be begun.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::Transfer(_) => "a transfer is under way",
            Self::Briefing(_) => "the two are not connected yet",
            Self::HandOff(_) => "one of them is in a flow, and comes back",
            Self::Consult(_) => "somebody is consulted; cancel or complete that first",
        }
    }
}

/// How each of them is looked at, changed and taken away, if it is what is under way.
macro_rules! each {
    ($($(#[$doc:meta])* $vis:vis $kind:ident: $get:ident, $take:ident $(, $change:ident)?;)+) => {
        impl Call {
            $(
                $(#[$doc])*
                $vis fn $get(&self) -> Option<&$kind> {
                    if let Some(UnderWay::$kind(what)) = &self.under_way { Some(what) } else { None }
                }

                $(pub(crate) fn $change(&mut self) -> Option<&mut $kind> {
                    if let Some(UnderWay::$kind(what)) = &mut self.under_way { Some(what) } else { None }
                })?

                pub(crate) fn $take(&mut self) -> Option<$kind> {
                    self.$get()?;
                    if let Some(UnderWay::$kind(what)) = self.under_way.take() { Some(what) } else { None }
                }
            )+
        }
    };
}

each! {
    /// A transfer under way.
    pub(crate) Transfer: transfer, take_transfer;
    /// What is being said before caller and agent are connected.
    pub(crate) Briefing: briefing, take_briefing, briefing_mut;
    /// One party is in a flow, and the other waits for it.
    pub HandOff: hand_off, take_hand_off, hand_off_mut;
    /// One party consults a third.
    pub Consult: consult, take_consult, consult_mut;
}

impl Call {
    /// What is under way with its talk.
    pub(crate) fn under_way(&self) -> Option<&UnderWay> {
        self.under_way.as_ref()
    }

    /// Something is under way from now on: what was, is over, or goes on as the same with another end.
    pub(super) fn begin(&mut self, what: UnderWay) {
        let is_same = |old: &UnderWay| std::mem::discriminant(old) == std::mem::discriminant(&what);
        debug_assert!(self.under_way().is_none_or(is_same), "{:?} and {what:?}", self.under_way);
        self.under_way = Some(what);
    }
}
