//! Which pairs of a state and an event of the session's machine mean something. Generated from the machine itself: the
//! test of the whole table says what should stand here.

use super::{Happening, SessionState};
use {Happening as H, SessionState as S};

/// For each state what matters in it.
#[rustfmt::skip]
pub(super) const MATTERS: &[(SessionState, &[Happening])] = &[
    (S::Gone, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther,
        H::InviteSuccess, H::InviteChallenge, H::InviteTooSmall, H::InviteFailure,
        H::ReinviteSuccess, H::ReinviteGlare, H::ReinviteTooSmall, H::ReinviteGone,
        H::ReinviteFailure,
    ]),
    (S::Incoming, &[
        H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::ServerLost, H::DoProgress,
        H::DoProgressDescribed, H::DoAnswer, H::DoReject, H::DoHangUp,
    ]),
    (S::IncomingAwaitsPrack, &[
        H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::ServerLost,
        H::TimerRepeatProvisional, H::TimerNoPrack, H::DoProgress, H::DoProgressDescribed,
        H::DoAnswer, H::DoReject, H::DoHangUp,
    ]),
    (S::IncomingAnswerWaits, &[
        H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::ServerLost,
        H::TimerRepeatProvisional, H::TimerNoPrack, H::DoProgress, H::DoProgressDescribed,
        H::DoReject, H::DoHangUp,
    ]),
    (S::IncomingDescribed, &[
        H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::ServerLost, H::DoProgress,
        H::DoProgressDescribed, H::DoAnswer, H::DoReject, H::DoHangUp,
    ]),
    (S::IncomingAsked, &[
        H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::ServerLost, H::DoProgress,
        H::DoProgressDescribed, H::DoAnswer, H::DoReject, H::DoHangUp, H::DoAcceptOffer,
        H::DoRefuseOffer,
    ]),
    (S::Calling, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InviteTrying, H::InviteRinging, H::InviteReliable,
        H::InviteSuccess, H::InviteChallenge, H::InviteTooSmall, H::InviteFailure, H::InviteSilence,
        H::InviteLost, H::DoHangUp,
    ]),
    (S::CallingHeard, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InviteRinging, H::InviteSuccess, H::InviteChallenge,
        H::InviteTooSmall, H::InviteFailure, H::InviteSilence, H::InviteLost, H::PrackGone,
        H::PrackSilence, H::Challenged, H::TimerNoNews, H::DoHangUp,
    ]),
    (S::CallingCancelWanted, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InviteTrying, H::InviteRinging, H::InviteReliable,
        H::InviteSuccess, H::InviteChallenge, H::InviteTooSmall, H::InviteFailure, H::InviteSilence,
        H::InviteLost,
    ]),
    (S::CallingCancelled, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InviteSuccess, H::InviteChallenge, H::InviteTooSmall,
        H::InviteFailure, H::InviteSilence, H::InviteLost, H::TimerCancelUnanswered,
    ]),
    (S::UpAwaitsAck, &[
        H::PeerAck, H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::InfoGone, H::InfoSilence,
        H::Challenged, H::TimerRepeatAnswer, H::TimerNoAck, H::DoHangUp, H::DoInfo,
    ]),
    (S::UpAwaitsAnswer, &[
        H::PeerAck, H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::InfoGone, H::InfoSilence,
        H::Challenged, H::TimerRepeatAnswer, H::TimerNoAck, H::DoHangUp, H::DoInfo,
    ]),
    (S::UpAwaitsAckAsked, &[
        H::PeerAck, H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::InfoGone, H::InfoSilence,
        H::Challenged, H::ServerLost, H::TimerRepeatAnswer, H::TimerNoAck, H::DoHangUp,
        H::DoAcceptOffer, H::DoRefuseOffer, H::DoInfo,
    ]),
    (S::UpHangUpWaits, &[
        H::PeerAck, H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::Challenged,
        H::TimerRepeatAnswer, H::TimerNoAck,
    ]),
    (S::UpOwesAnswer, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InfoGone, H::InfoSilence, H::Challenged, H::DoHangUp,
        H::DoAnswerAsked, H::DoInfo,
    ]),
    (S::Up, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InviteSuccess, H::ReinviteSuccess, H::InfoGone,
        H::InfoSilence, H::Challenged, H::TimerSession, H::DoHangUp, H::DoOffer, H::DoAskOffer,
        H::DoInfo,
    ]),
    (S::UpOffers, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InviteSuccess, H::ReinviteSuccess, H::ReinviteGlare,
        H::ReinviteTooSmall, H::ReinviteGone, H::ReinviteFailure, H::ReinviteSilence,
        H::ReinviteLost, H::InfoGone, H::InfoSilence, H::Challenged, H::DoHangUp, H::DoInfo,
    ]),
    (S::UpAsks, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InviteSuccess, H::ReinviteSuccess, H::ReinviteGlare,
        H::ReinviteTooSmall, H::ReinviteGone, H::ReinviteFailure, H::ReinviteSilence,
        H::ReinviteLost, H::InfoGone, H::InfoSilence, H::Challenged, H::DoHangUp, H::DoInfo,
    ]),
    (S::UpRefreshes, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InviteSuccess, H::ReinviteSuccess, H::RefreshSuccess,
        H::RefreshGlare, H::RefreshTooSmall, H::RefreshGone, H::RefreshFailure, H::RefreshSilence,
        H::RefreshLost, H::InfoGone, H::InfoSilence, H::Challenged, H::DoHangUp, H::DoInfo,
    ]),
    (S::UpGlareWait, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InviteSuccess, H::InfoGone, H::InfoSilence, H::Challenged,
        H::TimerGlare, H::DoHangUp, H::DoAskOffer, H::DoInfo,
    ]),
    (S::UpAsked, &[
        H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::InviteSuccess,
        H::ReinviteSuccess, H::InfoGone, H::InfoSilence, H::Challenged, H::ServerLost, H::DoHangUp,
        H::DoAcceptOffer, H::DoRefuseOffer, H::DoInfo,
    ]),
    (S::UpAskedGlareWait, &[
        H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::InviteSuccess, H::InfoGone,
        H::InfoSilence, H::Challenged, H::ServerLost, H::TimerGlare, H::DoHangUp, H::DoAcceptOffer,
        H::DoRefuseOffer, H::DoInfo,
    ]),
    (S::UpReanswered, &[
        H::PeerAck, H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::InviteSuccess,
        H::ReinviteSuccess, H::InfoGone, H::InfoSilence, H::Challenged, H::TimerRepeatAnswer,
        H::TimerNoAck, H::TimerGlare, H::DoHangUp, H::DoInfo,
    ]),
    (S::UpReansweredOffer, &[
        H::PeerAck, H::PeerBye, H::PeerCancel, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate,
        H::PeerUpdateEmpty, H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions,
        H::PeerOther, H::PeerStale, H::PeerUnfit, H::PeerForeign, H::InviteSuccess,
        H::ReinviteSuccess, H::InfoGone, H::InfoSilence, H::Challenged, H::TimerRepeatAnswer,
        H::TimerNoAck, H::TimerGlare, H::DoHangUp, H::DoInfo,
    ]),
    (S::Ending, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InviteSuccess, H::ReinviteSuccess, H::ByeAnswered,
        H::ByeSilence, H::ByeLost, H::Challenged,
    ]),
    (S::EndingOffers, &[
        H::PeerBye, H::PeerInvite, H::PeerInviteEmpty, H::PeerUpdate, H::PeerUpdateEmpty,
        H::PeerPrack, H::PeerPrackOffer, H::PeerInfo, H::PeerOptions, H::PeerOther, H::PeerStale,
        H::PeerUnfit, H::PeerForeign, H::InviteSuccess, H::ReinviteSuccess, H::ReinviteGlare,
        H::ReinviteTooSmall, H::ReinviteGone, H::ReinviteFailure, H::ReinviteSilence,
        H::ReinviteLost, H::ByeAnswered, H::ByeSilence, H::ByeLost, H::Challenged,
    ]),
];
