//! What is known of one session: an INVITE dialog with its offers, its waits and its timer.

use super::referring::Referring;
use super::responses::RETRIES_MAX;
use crate::coverage::words;
use crate::dialog::Dialog;
use crate::flow::Flow;
use crate::limits::DIALOG_REQUESTS_MAX;
use crate::message::Request;
use crate::session_timer::SessionTimer;
use crate::status::Status;
use crate::time::Mono;
use crate::transaction::{GIVE_UP, TxnId};
use std::sync::Arc;
use std::time::Duration;

/// Names a session of one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct SessionId(pub u64);

words! {
    /// Deadlines of a session.
    pub(crate) enum Timer {
        /// Send our 2xx again.
        RepeatAnswer,
        /// The ACK of our 2xx never came.
        NoAck,
        /// Send our reliable provisional response again.
        RepeatProvisional,
        /// Its PRACK never came.
        NoPrack,
        /// Refresh the session, or find that the peer did not.
        Session,
        /// Try a re-INVITE again after glare.
        Glare,
        /// Our INVITE rings and nothing is heard of it any more.
        NoNews,
        /// A cancelled INVITE never got its final response.
        CancelUnanswered,
    }
}

/// A reliable provisional response waiting for its PRACK (RFC 3262).
#[derive(Debug)]
pub(crate) struct Provisional {
    pub(crate) rseq: u32,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) interval: Duration,
}

/// Where the session is.
#[derive(Debug)]
pub(crate) enum Phase {
    /// The peer's INVITE has no final answer yet.
    Incoming {
        txn: TxnId,
        invite: Arc<Request>,
        /// The peer demands reliable provisional responses.
        needs_reliable: bool,
        last_rseq: u32,
        unacknowledged: Option<Provisional>,
        /// What to say next, once the PRACK has come.
        progress_then: Option<(Status, Option<Vec<u8>>)>,
        /// The answer to give once the PRACK has come.
        answer_then: Option<Vec<u8>>,
        /// The answer to the offer has gone out reliably; the 2xx needs none.
        described: bool,
    },
    /// Our INVITE has no final answer yet.
    Calling {
        txn: TxnId,
        /// Something but silence came back, so CANCEL may be sent.
        is_heard: bool,
        cancel: Cancel,
        last_rseq: Option<u32>,
        /// Tries after 422 or a challenge.
        tries: u8,
    },
    /// Answered.
    Up,
    /// BYE is under way.
    Ending,
}

/// Whether our INVITE is to be cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cancel {
    No,
    /// As soon as a provisional response has come, with this Reason.
    Wanted(Option<String>),
    /// It was sent, with this Reason.
    Sent(Option<String>),
}

/// Our 2xx waiting for its ACK.
#[derive(Debug)]
pub(crate) struct AwaitAck {
    pub(crate) cseq: u32,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) interval: Duration,
    /// It answered the first INVITE of the session.
    pub(crate) is_first: bool,
    /// It held our offer, so the ACK holds the peer's answer.
    pub(crate) is_offer: bool,
}

/// Who has to answer whose offer.
#[derive(Debug)]
pub(crate) enum Pending {
    /// Nobody.
    None,
    /// The peer ours, in that transaction or in the ACK of a 2xx.
    Ours,
    /// We the peer's: an INVITE or UPDATE with this server transaction.
    Theirs { txn: TxnId, request: Arc<Request> },
}

/// Call-ID, From tag and CSeq number of a peer's INVITE outside of dialogs (§8.2.2.2).
pub(crate) type InviteKey = (String, String, u32);

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) flow: Flow,
    pub(crate) dialog: Dialog,
    /// Call-ID, tag and number of the INVITE, if the peer called: another one like it is the same by another way.
    pub(crate) invite_key: Option<InviteKey>,
    pub(crate) phase: Phase,
    pub(crate) await_ack: Option<AwaitAck>,
    pub(crate) pending: Pending,
    /// Our last description, for refreshes and for answering an INVITE without one.
    pub(crate) described: Option<Vec<u8>>,
    /// User part of our Contact.
    pub(crate) contact_user: String,
    /// The ACK of the peer's last 2xx, sent again when that comes again.
    pub(crate) last_ack: Option<(u32, Arc<[u8]>)>,
    /// A 2xx of the peer held an offer: its ACK, with that number, waits for our answer.
    pub(crate) ack_owed: Option<u32>,
    /// Our re-INVITE or UPDATE under way: its SDP, and whether it only refreshes.
    pub(crate) renewing: Option<Renewing>,
    /// End it as soon as the ACK allows, with this Reason.
    pub(crate) bye_then: Option<Option<String>>,
    /// Who takes its events is gone; what still happens is dealt with here.
    pub(crate) is_released: bool,
    pub(crate) timer: Option<SessionTimer>,
    /// The interval we propose, raised by 422.
    pub(crate) propose: Duration,
    /// The peer's Allow lists UPDATE.
    pub(crate) allows_update: bool,
    /// The peer's User-Agent or Server.
    pub(crate) agent: String,
    /// REFERs of either side.
    pub(crate) referring: Referring,
    /// What the peer has asked for lately.
    pub(crate) asked: Asked,
}

/// Our own re-INVITE or UPDATE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Renewing {
    pub(crate) sdp: Option<Vec<u8>>,
    /// Nobody asked for it but the session timer.
    pub(crate) is_refresh: bool,
    /// It is an UPDATE without a description, which meets nobody's offer.
    pub(crate) by_update: bool,
    /// Waiting for [`Timer::Glare`].
    pub(crate) waits: bool,
    /// Tries after 422.
    pub(crate) tries: u8,
}

impl Renewing {
    /// Whether it may be sent once more with another interval: a peer may always ask for a longer one.
    pub(super) fn may_try_again(&mut self) -> bool {
        self.tries = self.tries.saturating_add(1);
        self.tries <= RETRIES_MAX
    }
}

/// How many requests the peer has sent lately.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    since: Mono,
    count: u32,
}

impl Asked {
    /// One more. Whether it is one too many.
    pub(super) fn is_too_much(&mut self, now: Mono) -> bool {
        if now.since(self.since) > GIVE_UP {
            *self = Self { since: now, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        self.count > DIALOG_REQUESTS_MAX
    }
}

impl Session {
    /// Whether a flow is where this session lives.
    pub(crate) fn is_at(&self, flow: &Flow) -> bool {
        self.flow.transport == flow.transport
            && self.flow.remote == flow.remote
            && self.flow.connection == flow.connection
    }

    /// The same host over the same transport, perhaps from another port; over TCP the same connection.
    pub(crate) fn is_from_host_of(&self, flow: &Flow) -> bool {
        self.flow.transport == flow.transport
            && self.flow.remote.ip() == flow.remote.ip()
            && self.flow.connection == flow.connection
    }

    pub(crate) fn is_unanswered_server(&self) -> bool {
        matches!(self.phase, Phase::Incoming { .. })
    }

    /// Whether an offer of either side is under way.
    pub(crate) fn is_negotiating(&self) -> bool {
        !matches!(self.pending, Pending::None)
            || self.renewing.as_ref().is_some_and(|r| !r.waits && !r.by_update)
            || self.await_ack.as_ref().is_some_and(|a| a.is_offer)
            || self.ack_owed.is_some()
    }

    /// Whether a re-INVITE of ours would meet another INVITE or offer (§14.1).
    pub(crate) fn is_busy(&self) -> bool {
        self.await_ack.is_some() || self.is_negotiating()
    }

    /// Our offer has been answered, or never will be.
    pub(crate) fn close_our_offer(&mut self) {
        if matches!(self.pending, Pending::Ours) {
            self.pending = Pending::None;
        }
    }

    /// The peer's offer, for who answers it.
    pub(crate) fn take_their_offer(&mut self) -> Option<(TxnId, Arc<Request>)> {
        match std::mem::replace(&mut self.pending, Pending::None) {
            Pending::Theirs { txn, request } => Some((txn, request)),
            other => {
                self.pending = other;
                None
            }
        }
    }

    /// The peer opened the session, and so made its Call-ID.
    pub(crate) fn is_called(&self) -> bool {
        self.invite_key.is_some()
    }
}
