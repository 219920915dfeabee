//! Requests outside of dialogs, ours and the peers', and the answering of challenges.

use super::chart::Happening;
use super::{Endpoint, Event, Incoming, Owner, Purpose, SessionEvent, SessionId};
use crate::digest::Challenge;
use crate::flow::Flow;
use crate::header::{Headers, Name};
use crate::message::{Request, Response};
use crate::method::Method;
use crate::status::Status;
use crate::time::Mono;
use crate::transaction::TxnId;
use crate::via::Via;

/// How often a request is repeated with credentials (class "challenge loop").
const AUTH_TRIES_MAX: u8 = 2;

impl Endpoint {
    /// Opens a server transaction for a request that is not an INVITE; answer it with [`Endpoint::respond`].
    pub fn take(&mut self, incoming: &Incoming) -> TxnId {
        self.txns.accept(incoming.flow, &incoming.request, Owner::Nobody)
    }

    /// Answers a request taken with [`Endpoint::take`].
    pub fn respond(&mut self, now: Mono, txn: TxnId, incoming: &Incoming, status: Status, extra: &Headers) {
        let tag = self.stateless_tag(&incoming.request);
        let mut response = incoming.request.response(status, Some(&tag));
        response.headers.append(extra);
        self.txns.respond(now, txn, &response);
        self.flush();
    }

    /// Sends a request outside of dialogs: its Via is made here. The answer comes as [`Event::Response`] with `number`.
    pub fn request_outside(&mut self, now: Mono, flow: Flow, request: Request, number: u64) -> TxnId {
        let txn = self.send_request(now, flow, request, Owner::Outside(number));
        self.flush();
        txn
    }

    /// Puts our Via on top and sends.
    pub(super) fn send_request(
        &mut self,
        now: Mono,
        flow: Flow,
        mut request: Request,
        owner: Owner,
    ) -> TxnId {
        let branch = self.rng.branch();
        let via = Via::own(flow.transport, self.advertised(&flow), &branch);
        request.headers.remove(&Name::Via);
        request.headers.push_front(Name::Via, |text| via.print(text));
        if request.headers.get(&Name::UserAgent).is_none() {
            request.headers.push(Name::UserAgent, &self.settings.agent);
        }
        let kept = self.settings.credentials.is_some().then(|| Box::new(request.clone()));
        let txn = self.txns.request(now, flow, request, owner);
        if let Some(kept) = kept {
            self.answerable.insert(txn, (kept, 0));
        }
        txn
    }

    /// Answers a challenge to one of our requests, if we have credentials and have not tried too often. Returns the
    /// transaction of the new try.
    pub(super) fn answer_challenge(
        &mut self,
        now: Mono,
        txn: TxnId,
        owner: Owner,
        response: &Response,
    ) -> Option<TxnId> {
        let (ask, tell) = match response.status {
            Status::UNAUTHORIZED => (Name::WwwAuthenticate, Name::Authorization),
            Status::PROXY_AUTH => (Name::ProxyAuthenticate, Name::ProxyAuthorization),
            _ => return None,
        };
        let (user, password) = self.settings.credentials.clone()?;
        let (request, tries) = self.answerable.remove(&txn)?;
        let mut request = *request;
        let challenge = Challenge::strongest(response.headers.all(&ask))?;
        if tries >= AUTH_TRIES_MAX || (tries > 0 && !challenge.stale) {
            return None;
        }
        let cnonce = self.rng.token(16);
        let uri = request.uri.to_string();
        let answer = challenge.answer(&user, &password, request.method.name(), &uri, &cnonce, 1);
        request.headers.set(tell, answer.print());
        let number = request.cseq().number + 1;
        request.headers.set(Name::CSeq, format!("{number} {}", request.method));
        if let Owner::Session(id, _) = owner
            && let Some(session) = self.sessions.get_mut(&id)
        {
            session.dialog.local_cseq = session.dialog.local_cseq.max(number);
        }
        let flow = match owner {
            Owner::Session(id, _) => self.sessions.get(&id)?.flow,
            Owner::Outside(_) | Owner::Nobody => self.responding?,
        };
        let txn = self.send_request(now, flow, request, owner);
        if let Some((_, of_this)) = self.answerable.get_mut(&txn) {
            *of_this = tries + 1;
        }
        Some(txn)
    }

    /// A CANCEL: answered here, and the INVITE with 487 (§9.2).
    pub(super) fn on_cancel(&mut self, now: Mono, flow: Flow, request: Request, bytes: &[u8]) {
        let reason = request.headers.get(&Name::Reason).map(str::to_owned);
        if matches!(self.txns.match_request(now, &request), crate::transaction::Match::Absorbed(_)) {
            return;
        }
        let invite = self.txns.cancelled_by(&request);
        let session = invite.and_then(|txn| match self.txns.owner(txn) {
            Some(Owner::Session(id, Purpose::Server)) => Some(id),
            _ => None,
        });
        let incoming = Incoming { flow, request, bytes: bytes.into() };
        // Hop by hop: only who sent the INVITE may take it back. It names the INVITE's branch; its port may be another one
        // meanwhile, behind a NAT router, its host may not.
        let session = session.filter(|id| self.sessions.get(id).is_some_and(|s| s.is_from_host_of(&flow)));
        let (Some(invite), Some(id)) = (invite, session) else {
            return self.reply(&incoming, Status::NO_SUCH_CALL, &Headers::default());
        };
        self.note(id, Happening::PeerCancel);
        self.trace(id, flow, true, false, &incoming.bytes);
        let txn = self.txns.accept(flow, &incoming.request, Owner::Session(id, Purpose::Server));
        let tag = self.sessions.get(&id).map(|s| s.dialog.local_tag.clone()).unwrap_or_default();
        self.txns.respond(now, txn, &incoming.request.response(Status::OK, Some(&tag)));
        if self.txns.is_answered(invite) {
            // Lost race: the final answer was already given, and it stands.
            return;
        }
        self.cancelled(now, id, invite, reason);
    }

    fn cancelled(&mut self, now: Mono, id: SessionId, invite: TxnId, reason: Option<String>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match &session.phase {
            super::session::Phase::Incoming { txn, invite: request, .. } if *txn == invite => {
                let response = request.response(Status::TERMINATED, Some(&session.dialog.local_tag));
                self.txns.respond(now, invite, &response);
                self.close_pending(now, id);
                self.end(id, super::Ended::Cancelled(reason));
            }
            _ => {
                // A re-INVITE taken back: everything stays as it was.
                if let super::session::Pending::Theirs { txn, request } = &session.pending
                    && *txn == invite
                {
                    let response = request.response(Status::TERMINATED, Some(&session.dialog.local_tag));
                    session.pending = super::session::Pending::None;
                    self.txns.respond(now, invite, &response);
                }
            }
        }
    }

    /// Tells that a session is over and forgets it.
    pub(super) fn end(&mut self, id: SessionId, how: super::Ended) {
        let released = self.sessions.get(&id).is_none_or(|s| s.is_released);
        if !released {
            self.tell(id, SessionEvent::Ended(how));
        }
        self.forget(id);
    }

    /// Forgets a session and its deadlines.
    pub(super) fn forget(&mut self, id: SessionId) {
        use super::session::Timer;
        if let Some(session) = self.sessions.remove(&id) {
            self.by_tag.remove(&session.dialog.local_tag);
            if let Some(key) = session.invite_key {
                self.by_invite.remove(&key);
            }
        }
        for &timer in Timer::ALL {
            self.timers.cancel((id, timer));
        }
    }

    /// A response to a request outside of dialogs, or its absence.
    pub(super) fn on_outside_response(&mut self, number: u64, response: Option<Box<Response>>) {
        if response.as_ref().is_none_or(|r| r.status.is_final()) {
            self.events.push_back(Event::Response(number, response));
        }
    }

    /// A request of ours outside of dialogs, without Via: `from` is also the AoR asked about.
    pub fn make_outside(&mut self, method: Method, uri: crate::uri::Uri, from: &str, to: &str) -> Request {
        let mut request = Request::new(method.clone(), uri);
        let tag = self.rng.tag();
        request.headers.push(Name::MaxForwards, "70");
        request.headers.push(Name::From, format!("{from};tag={tag}"));
        request.headers.push(Name::To, to);
        request.headers.push(Name::CallId, self.rng.token(22));
        request.headers.push(Name::CSeq, format!("1 {method}"));
        request
    }
}
