//! The session's machine by name: where a session is, what can happen to it, and which of these pairs mean something.
//!
//! The whole table, with what each pair leads to, is the snapshot of `chart/tests.rs`, made by doing it.

mod table;

use super::session::{Cancel, Pending, Phase, Session, Timer};
use super::{Endpoint, Incoming, Purpose, SessionId};
use crate::coverage::{Counts, Pair, words};
use crate::header::Name;
use crate::message::Response;
use crate::method::Method;
use crate::name_addr::NameAddr;
use crate::replaces::Replaces;
use crate::status::Status;

words! {
    /// Where a session is, made from its fields by [`Session::state`].
    pub(crate) enum SessionState {
        /// It is over and forgotten.
        Gone,
        /// The peer's INVITE waits for our final response.
        Incoming,
        /// So does it, and our reliable provisional response waits for its PRACK.
        IncomingAwaitsPrack,
        /// So does it, and the user's answer waits behind that.
        IncomingAnswerWaits,
        /// The offer of the INVITE has been answered reliably; the INVITE has not.
        IncomingDescribed,
        /// The peer made another offer before the INVITE was answered, in PRACK or UPDATE.
        IncomingAsked,
        /// Nothing has come back to our INVITE.
        Calling,
        /// A provisional response has.
        CallingHeard,
        /// Hung up before anything came back: CANCEL waits for that.
        CallingCancelWanted,
        /// CANCEL was sent.
        CallingCancelled,
        /// Our 2xx, an answer, waits for its ACK.
        UpAwaitsAck,
        /// Our 2xx, an offer, waits for the answer in its ACK.
        UpAwaitsAnswer,
        /// Our 2xx waits for its ACK, and an UPDATE of the peer for our answer.
        UpAwaitsAckAsked,
        /// Hung up while our 2xx waits for its ACK: BYE waits behind that.
        UpHangUpWaits,
        /// The peer's 2xx held an offer; its ACK waits for the user's answer.
        UpOwesAnswer,
        /// Nothing is under way.
        Up,
        /// Our re-INVITE with an offer is under way.
        UpOffers,
        /// Our re-INVITE that asks for an offer is under way.
        UpAsks,
        /// Our UPDATE that refreshes is under way.
        UpRefreshes,
        /// Our offer met the peer's and waits to be made again.
        UpGlareWait,
        /// The peer's offer, or its request for one, waits for our answer.
        UpAsked,
        /// So does it, while our own offer waits after glare.
        UpAskedGlareWait,
        /// Our 2xx to a re-INVITE waits for its ACK.
        UpReanswered,
        /// So does it, with our offer in it.
        UpReansweredOffer,
        /// Our BYE is under way.
        Ending,
        /// So is it, and our re-INVITE has not been answered either.
        EndingOffers,
    }
}

words! {
    /// What can happen to a session: requests of the peer, responses to ours or their absence, deadlines, and what the
    /// user does.
    pub(crate) enum Happening {
        PeerAck,
        PeerBye,
        PeerCancel,
        /// Re-INVITE with an offer.
        PeerInvite,
        /// Re-INVITE that asks for one.
        PeerInviteEmpty,
        PeerUpdate,
        PeerUpdateEmpty,
        PeerPrack,
        /// PRACK with a description.
        PeerPrackOffer,
        PeerInfo,
        PeerOptions,
        PeerRefer,
        /// REFER that names no dialog in its Replaces.
        PeerReferBad,
        PeerNotify,
        /// MESSAGE and whatever else we do not take.
        PeerOther,
        /// A request with a number that was already passed.
        PeerStale,
        /// A request that is refused for its form: extension or body unknown.
        PeerUnfit,
        /// A request from where the session does not live.
        PeerForeign,
        InviteTrying,
        InviteRinging,
        /// 1xx that demands a PRACK.
        InviteReliable,
        InviteSuccess,
        /// 401 or 407.
        InviteChallenge,
        /// 422.
        InviteTooSmall,
        InviteFailure,
        InviteSilence,
        InviteLost,
        CancelAnswered,
        CancelSilence,
        CancelLost,
        ReinviteProvisional,
        ReinviteSuccess,
        /// 491.
        ReinviteGlare,
        /// 422.
        ReinviteTooSmall,
        /// 481 or 408.
        ReinviteGone,
        ReinviteFailure,
        ReinviteSilence,
        ReinviteLost,
        RefreshSuccess,
        RefreshGlare,
        RefreshTooSmall,
        RefreshGone,
        RefreshFailure,
        RefreshSilence,
        RefreshLost,
        ByeAnswered,
        ByeSilence,
        ByeLost,
        PrackSuccess,
        PrackGone,
        PrackFailure,
        PrackSilence,
        PrackLost,
        InfoSuccess,
        InfoGone,
        InfoFailure,
        InfoSilence,
        InfoLost,
        NotifySuccess,
        NotifyGone,
        NotifyFailure,
        NotifySilence,
        NotifyLost,
        /// 401 or 407 to another request than the INVITE.
        Challenged,
        /// 1xx to a request that is no INVITE.
        OtherProvisional,
        /// The connection of a request of the peer that we have not answered is gone.
        ServerLost,
        TimerRepeatAnswer,
        TimerNoAck,
        TimerRepeatProvisional,
        TimerNoPrack,
        TimerSession,
        TimerGlare,
        TimerNoNews,
        TimerCancelUnanswered,
        DoProgress,
        /// With a description.
        DoProgressDescribed,
        DoAnswer,
        DoReject,
        DoHangUp,
        DoOffer,
        DoAskOffer,
        DoAnswerAsked,
        DoAcceptOffer,
        DoRefuseOffer,
        DoInfo,
        DoAcceptRefer,
        DoRefuseRefer,
        /// A final word on the peer's REFER.
        DoTellRefer,
    }
}

/// How often each pair happened.
pub(super) type Seen = Counts<{ SessionState::ALL.len() }, { Happening::ALL.len() }>;

impl Session {
    /// Where it is.
    pub(crate) fn state(&self) -> SessionState {
        use SessionState as S;
        let is_asked = matches!(self.pending, Pending::Theirs { .. });
        match &self.phase {
            Phase::Incoming { unacknowledged, answer_then, described, .. } => {
                match (unacknowledged, answer_then) {
                    _ if self.is_asked_early() => S::IncomingAsked,
                    (Some(_), None) => S::IncomingAwaitsPrack,
                    (_, Some(_)) => S::IncomingAnswerWaits,
                    (None, None) if *described => S::IncomingDescribed,
                    (None, None) => S::Incoming,
                }
            }
            Phase::Calling { cancel: Cancel::No, is_heard: false, .. } => S::Calling,
            Phase::Calling { cancel: Cancel::No, .. } => S::CallingHeard,
            Phase::Calling { cancel: Cancel::Wanted(_), .. } => S::CallingCancelWanted,
            Phase::Calling { cancel: Cancel::Sent(_), .. } => S::CallingCancelled,
            Phase::Up if self.bye_then.is_some() => S::UpHangUpWaits,
            Phase::Up if self.ack_owed.is_some() => S::UpOwesAnswer,
            Phase::Up => match (&self.await_ack, &self.renewing) {
                (Some(_), _) if is_asked => S::UpAwaitsAckAsked,
                (Some(a), _) if a.is_first => [S::UpAwaitsAck, S::UpAwaitsAnswer][usize::from(a.is_offer)],
                (Some(a), _) => [S::UpReanswered, S::UpReansweredOffer][usize::from(a.is_offer)],
                (None, Some(r)) if r.waits => [S::UpGlareWait, S::UpAskedGlareWait][usize::from(is_asked)],
                (None, _) if is_asked => S::UpAsked,
                (None, Some(_)) if matches!(self.pending, Pending::Ours) => S::UpOffers,
                (None, Some(r)) if !r.is_refresh => S::UpAsks,
                (None, Some(_)) => S::UpRefreshes,
                (None, None) => S::Up,
            },
            Phase::Ending if self.renewing.as_ref().is_some_and(|r| !r.waits) => S::EndingOffers,
            Phase::Ending => S::Ending,
        }
    }

    /// An offer of the peer in PRACK or UPDATE waits for our answer before its INVITE has one.
    pub(crate) fn is_asked_early(&self) -> bool {
        self.is_unanswered_server()
            && matches!(&self.pending, Pending::Theirs { request, .. } if request.method != Method::Invite)
    }
}

impl From<Timer> for Happening {
    fn from(timer: Timer) -> Self {
        match timer {
            Timer::RepeatAnswer => Self::TimerRepeatAnswer,
            Timer::NoAck => Self::TimerNoAck,
            Timer::RepeatProvisional => Self::TimerRepeatProvisional,
            Timer::NoPrack => Self::TimerNoPrack,
            Timer::Session => Self::TimerSession,
            Timer::Glare => Self::TimerGlare,
            Timer::NoNews => Self::TimerNoNews,
            Timer::CancelUnanswered => Self::TimerCancelUnanswered,
        }
    }
}

/// What a request of the peer is to its session, if form and number are right.
pub(super) fn of_request(incoming: &Incoming) -> Happening {
    let describes = incoming.request.has_sdp();
    match incoming.request.method {
        Method::Ack => Happening::PeerAck,
        Method::Bye => Happening::PeerBye,
        Method::Cancel => Happening::PeerCancel,
        Method::Invite if describes => Happening::PeerInvite,
        Method::Invite => Happening::PeerInviteEmpty,
        Method::Update if describes => Happening::PeerUpdate,
        Method::Update => Happening::PeerUpdateEmpty,
        Method::Prack if describes => Happening::PeerPrackOffer,
        Method::Prack => Happening::PeerPrack,
        Method::Info => Happening::PeerInfo,
        Method::Options => Happening::PeerOptions,
        Method::Refer => {
            let to = incoming.request.headers.get(&Name::ReferTo).and_then(NameAddr::parse);
            let is_good = to.is_some_and(|to| Replaces::in_uri(&to.uri).is_ok());
            [Happening::PeerReferBad, Happening::PeerRefer][usize::from(is_good)]
        }
        Method::Notify => Happening::PeerNotify,
        _ => Happening::PeerOther,
    }
}

/// What a response is to the session whose request it answers.
pub(super) fn of_response(purpose: Purpose, r: &Response) -> Happening {
    use Happening as H;
    let is_challenge = matches!(r.status, Status::UNAUTHORIZED | Status::PROXY_AUTH);
    match purpose {
        Purpose::Invite => match r.status {
            Status::TRYING => H::InviteTrying,
            s if s.is_provisional() && r.headers.lists(&Name::Require, "100rel") => H::InviteReliable,
            s if s.is_provisional() => H::InviteRinging,
            s if s.is_success() => H::InviteSuccess,
            _ if is_challenge => H::InviteChallenge,
            Status::INTERVAL_TOO_SMALL => H::InviteTooSmall,
            _ => H::InviteFailure,
        },
        Purpose::Reinvite if r.status.is_provisional() => H::ReinviteProvisional,
        _ if r.status.is_provisional() => H::OtherProvisional,
        _ if is_challenge => H::Challenged,
        Purpose::Reinvite => by_class(
            r.status,
            [H::ReinviteSuccess, H::ReinviteGlare, H::ReinviteTooSmall, H::ReinviteGone, H::ReinviteFailure],
        ),
        Purpose::Update => by_class(
            r.status,
            [H::RefreshSuccess, H::RefreshGlare, H::RefreshTooSmall, H::RefreshGone, H::RefreshFailure],
        ),
        Purpose::Prack => by_class(
            r.status,
            [H::PrackSuccess, H::PrackFailure, H::PrackFailure, H::PrackGone, H::PrackFailure],
        ),
        Purpose::Info => {
            by_class(r.status, [H::InfoSuccess, H::InfoFailure, H::InfoFailure, H::InfoGone, H::InfoFailure])
        }
        Purpose::Notify => by_class(
            r.status,
            [H::NotifySuccess, H::NotifyFailure, H::NotifyFailure, H::NotifyGone, H::NotifyFailure],
        ),
        Purpose::Cancel => H::CancelAnswered,
        Purpose::Bye | Purpose::Server => H::ByeAnswered,
    }
}

/// 2xx, 491, 422, 481 or 408, and whatever else is a refusal.
fn by_class(status: Status, [success, glare, too_small, gone, failure]: [Happening; 5]) -> Happening {
    match status {
        s if s.is_success() => success,
        Status::PENDING => glare,
        Status::INTERVAL_TOO_SMALL => too_small,
        Status::NO_SUCH_CALL | Status::REQUEST_TIMEOUT => gone,
        _ => failure,
    }
}

/// What it is to a session that no response came.
pub(super) fn of_silence(purpose: Purpose, is_lost: bool) -> Happening {
    use Happening as H;
    let (silence, lost) = match purpose {
        Purpose::Invite => (H::InviteSilence, H::InviteLost),
        Purpose::Cancel => (H::CancelSilence, H::CancelLost),
        Purpose::Reinvite => (H::ReinviteSilence, H::ReinviteLost),
        Purpose::Update => (H::RefreshSilence, H::RefreshLost),
        Purpose::Bye => (H::ByeSilence, H::ByeLost),
        Purpose::Prack => (H::PrackSilence, H::PrackLost),
        Purpose::Info => (H::InfoSilence, H::InfoLost),
        Purpose::Notify => (H::NotifySilence, H::NotifyLost),
        Purpose::Server => (H::ServerLost, H::ServerLost),
    };
    if is_lost { lost } else { silence }
}

impl Endpoint {
    /// Where a session is.
    pub(super) fn state_of(&self, id: SessionId) -> SessionState {
        self.sessions.get(&id).map_or(SessionState::Gone, Session::state)
    }

    /// Counts what happens to a session, before it does.
    pub(super) fn note(&mut self, id: SessionId, what: Happening) {
        let state = self.state_of(id);
        self.seen.add(state as usize, what as usize);
    }

    /// Counts a request that names a session we know nothing of.
    pub(super) fn note_gone(&mut self, what: Happening) {
        self.seen.add(SessionState::Gone as usize, what as usize);
    }

    /// Every pair of a state and an event, of the four machines of transactions and of the session, those included that
    /// never happened.
    pub fn coverage(&self) -> Vec<Pair> {
        let mut pairs = self.txns.coverage();
        for &state in SessionState::ALL {
            for &event in Happening::ALL {
                pairs.push(Pair {
                    machine: "Session",
                    state: state.name(),
                    event: event.name(),
                    times: self.seen.get(state as usize, event as usize),
                    matters: matters(state, event),
                });
            }
        }
        pairs
    }
}

/// Whether a session in that state does, sends or tells anything when that happens.
fn matters(state: SessionState, event: Happening) -> bool {
    table::MATTERS.iter().any(|(at, events)| *at == state && events.contains(&event))
}

#[cfg(test)]
pub(super) mod tests;
