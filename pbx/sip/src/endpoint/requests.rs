//! Requests of the peer inside a dialog.

use super::chart::{Happening, of_request};
use super::session::{AwaitAck, Pending, Phase, Session, Timer};
use super::{ALLOW, Ended, Endpoint, Event, Incoming, Owner, Purpose, SessionEvent, SessionId, refuse_form};
use crate::header::{Headers, Name};
use crate::message::{Request, Response};
use crate::method::Method;
use crate::session_timer;
use crate::status::Status;
use crate::time::Mono;
use crate::transaction::{GIVE_UP, T1, T2, TxnId, Up};
use std::sync::Arc;

impl Endpoint {
    /// A request that names one of our dialogs.
    pub(super) fn on_dialog_request(&mut self, now: Mono, id: SessionId, incoming: Incoming) {
        let Some(session) = self.sessions.get(&id) else { return };
        if !session.is_at(&incoming.flow) {
            // Only the dialog's own source may go on without proof (class "in-dialog hijack"). An ACK cannot be
            // challenged and does no harm: it must name tags of 70 random bits each.
            if incoming.request.method == Method::Ack {
                self.note(id, Happening::PeerAck);
                self.on_ack(now, id, &incoming);
            } else {
                self.note(id, Happening::PeerForeign);
                self.events.push_back(Event::Foreign(id, Box::new(incoming)));
            }
            return;
        }
        self.dispatch(now, id, incoming);
    }

    /// Lets a request in that came from a foreign source, because its sender proved who they are. The session then
    /// lives where the request came from.
    pub fn admit(&mut self, now: Mono, id: SessionId, incoming: Incoming) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.flow = incoming.flow;
            self.dispatch(now, id, incoming);
            self.flush();
        }
    }

    /// Lets a request in that came from a foreign source and needs no proof. The session stays where it is: a peer may send from
    /// elsewhere than it listens.
    pub fn admit_unmoved(&mut self, now: Mono, id: SessionId, incoming: Incoming) {
        self.dispatch(now, id, incoming);
        self.flush();
    }

    fn dispatch(&mut self, now: Mono, id: SessionId, incoming: Incoming) {
        self.trace(id, incoming.flow, true, false, &incoming.bytes);
        let what = of_request(&incoming);
        if incoming.request.method == Method::Ack {
            self.note(id, what);
            return self.on_ack(now, id, &incoming);
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.asked.is_too_much(now) && incoming.request.method != Method::Bye {
            let mut headers = Headers::default();
            headers.push(Name::RetryAfter, "10");
            return self.reply(&incoming, Status::SERVICE_UNAVAILABLE, &headers);
        }
        let number = incoming.request.cseq().number;
        if session.dialog.remote_cseq.is_some_and(|last| number <= last) {
            self.note(id, Happening::PeerStale);
            // Not a repeat, which its transaction would have absorbed: out of order (§12.2.2).
            return self.refuse(now, id, &incoming, Status::SERVER_ERROR, Headers::default());
        }
        session.dialog.remote_cseq = Some(number);
        for name in [Name::UserAgent, Name::Server] {
            if let Some(agent) = incoming.request.headers.get(&name) {
                session.agent = agent.to_owned();
            }
        }
        if let Some((status, headers)) = refuse_form(&incoming.request) {
            self.note(id, Happening::PeerUnfit);
            return self.refuse(now, id, &incoming, status, headers);
        }
        self.note(id, what);
        let Some(session) = self.sessions.get(&id) else { return };
        if matches!(session.phase, Phase::Ending) && incoming.request.method != Method::Bye {
            // With our BYE the session is over (§15.1.1).
            return self.refuse(now, id, &incoming, Status::NO_SUCH_CALL, Headers::default());
        }
        let is_heard = !session.is_released;
        match &incoming.request.method {
            Method::Bye => self.on_bye(now, id, &incoming),
            Method::Invite => self.on_reinvite(now, id, incoming),
            Method::Update => self.on_update(now, id, incoming),
            Method::Prack => self.on_prack(now, id, incoming),
            Method::Info => {
                self.refuse(now, id, &incoming, Status::OK, Headers::default());
                if is_heard {
                    let kind = incoming.request.content_type();
                    self.tell(id, SessionEvent::Info(kind, incoming.request.body));
                }
            }
            Method::Options => {
                let mut headers = Headers::default();
                headers.push(Name::Allow, ALLOW);
                headers.push(Name::Accept, "application/sdp");
                headers.push(Name::Supported, "timer");
                self.refuse(now, id, &incoming, Status::OK, headers);
            }
            Method::Refer => self.on_refer(now, id, incoming),
            Method::Notify => self.on_notify(now, id, &incoming),
            Method::Ack
            | Method::Cancel
            | Method::Message
            | Method::Publish
            | Method::Register
            | Method::Subscribe
            | Method::Other(_) => {
                let mut headers = Headers::default();
                headers.push(Name::Allow, ALLOW);
                self.refuse(now, id, &incoming, Status::METHOD_NOT_ALLOWED, headers);
            }
        }
    }

    /// Answers a request inside a dialog at once, whatever the status.
    pub(super) fn refuse(
        &mut self,
        now: Mono,
        id: SessionId,
        incoming: &Incoming,
        status: Status,
        extra: Headers,
    ) {
        let txn = self.txns.accept(incoming.flow, &incoming.request, Owner::Session(id, Purpose::Server));
        let mut response = self.response_in(id, &incoming.request, status);
        response.headers.append(&extra);
        self.txns.respond(now, txn, &response);
    }

    /// A response bearing our tag and name.
    pub(super) fn response_in(&self, id: SessionId, request: &Request, status: Status) -> Response {
        let tag = self.sessions.get(&id).map(|s| s.dialog.local_tag.as_str());
        let mut response = request.response(status, tag);
        response.headers.push(Name::Server, &self.settings.agent);
        response
    }

    fn on_bye(&mut self, now: Mono, id: SessionId, incoming: &Incoming) {
        let reason = incoming.request.headers.get(&Name::Reason).map(str::to_owned);
        self.refuse(now, id, incoming, Status::OK, Headers::default());
        self.close_pending(now, id);
        let Some(session) = self.sessions.get(&id) else { return };
        match &session.phase {
            Phase::Incoming { txn, invite, .. } => {
                let response = self.response_in(id, invite, Status::TERMINATED);
                let txn = *txn;
                self.txns.respond(now, txn, &response);
            }
            // A BYE in answer to our INVITE before its final response: the INVITE's own answer is still to come and
            // will be acknowledged by its transaction; a 2xx after this would be met with ACK and BYE.
            Phase::Calling { .. } | Phase::Up | Phase::Ending => {}
        }
        self.end(id, Ended::Bye(reason));
    }

    /// Requests of the peer that still wait for our answer end with the session (§15.1.2).
    pub(super) fn close_pending(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(asked) = session.referring.asked.take() {
            self.close_refer(now, id, &asked);
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let is_first = session.is_unanswered_server() && !session.is_asked_early();
        if let Some((txn, request)) = session.take_their_offer()
            && !is_first
        {
            let response = self.response_in(id, &request, Status::TERMINATED);
            self.txns.respond(now, txn, &response);
        }
    }

    fn on_reinvite(&mut self, now: Mono, id: SessionId, incoming: Incoming) {
        if self.refuse_released(now, id, &incoming) {
            return;
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let glare = match &session.phase {
            Phase::Incoming { .. } => Some(Status::SERVER_ERROR),
            Phase::Calling { .. } => Some(Status::PENDING),
            Phase::Ending => Some(Status::NO_SUCH_CALL),
            Phase::Up if session.ack_owed.is_some() => Some(Status::PENDING),
            Phase::Up => match &session.pending {
                Pending::Theirs { .. } => Some(Status::SERVER_ERROR),
                Pending::Ours => Some(Status::PENDING),
                Pending::None if session.is_negotiating() => Some(Status::PENDING),
                Pending::None => None,
            },
        };
        if let Some(status) = glare {
            return self.refuse_for_now(now, id, &incoming, status);
        }
        // A new INVITE says that our last 2xx arrived, even if its ACK got lost.
        if let Some(wait) = session.await_ack.take() {
            self.timers.cancel((id, Timer::RepeatAnswer));
            self.timers.cancel((id, Timer::NoAck));
            if wait.is_first {
                self.tell(id, SessionEvent::Confirmed(None));
            }
        }
        self.take_offer(now, id, incoming);
    }

    fn on_update(&mut self, now: Mono, id: SessionId, incoming: Incoming) {
        if self.refuse_released(now, id, &incoming) {
            return;
        }
        let Some(session) = self.sessions.get(&id) else { return };
        if !incoming.request.has_sdp() {
            if let Some(contact) = incoming.request.contact()
                && let Some(session) = self.sessions.get_mut(&id)
            {
                session.dialog.target = contact.uri;
            }
            return self.accept_update(now, id, &incoming);
        }
        let status = match (&session.phase, &session.pending) {
            (Phase::Ending, _) => Some(Status::NO_SUCH_CALL),
            (_, Pending::Theirs { .. }) => Some(Status::SERVER_ERROR),
            _ if session.ack_owed.is_some() => Some(Status::SERVER_ERROR),
            (Phase::Calling { .. }, _) => Some(Status::PENDING),
            (_, Pending::Ours) => Some(Status::PENDING),
            (_, Pending::None) if session.is_negotiating() => Some(Status::PENDING),
            (_, Pending::None) => None,
        };
        match status {
            Some(status) => self.refuse_for_now(now, id, &incoming, status),
            None => self.take_offer(now, id, incoming),
        }
    }

    /// Refuses an offer that comes at the wrong moment; 500 says when to try again (§14.2).
    fn refuse_for_now(&mut self, now: Mono, id: SessionId, incoming: &Incoming, status: Status) {
        let mut headers = Headers::default();
        if status == Status::SERVER_ERROR {
            headers.push(Name::RetryAfter, self.rng.below(10).to_string());
        }
        self.refuse(now, id, incoming, status, headers);
    }

    /// Nobody is left who could answer an offer in a session that has been hung up; if its BYE waits for an ACK, that has
    /// waited long enough.
    fn refuse_released(&mut self, now: Mono, id: SessionId, incoming: &Incoming) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return true };
        if !session.is_released || !matches!(session.phase, Phase::Up) {
            return false;
        }
        let reason = session.bye_then.take().flatten();
        self.refuse(now, id, incoming, Status::NO_SUCH_CALL, Headers::default());
        self.send_bye(now, id, reason);
        true
    }

    /// A re-INVITE or UPDATE that may go on: its offer goes up.
    fn take_offer(&mut self, now: Mono, id: SessionId, incoming: Incoming) {
        if session_timer::is_too_small(&incoming.request.headers) {
            return self.refuse(now, id, &incoming, Status::INTERVAL_TOO_SMALL, min_se());
        }
        let sdp = incoming.request.sdp();
        let txn = self.txns.accept(incoming.flow, &incoming.request, Owner::Session(id, Purpose::Server));
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(contact) = incoming.request.contact() {
            session.dialog.target = contact.uri;
        }
        session.pending = Pending::Theirs { txn, request: Arc::new(incoming.request) };
        self.tell(id, SessionEvent::Offer(sdp));
    }

    /// Answers an UPDATE without a body: a refresh.
    fn accept_update(&mut self, now: Mono, id: SessionId, incoming: &Incoming) {
        if session_timer::is_too_small(&incoming.request.headers) {
            return self.refuse(now, id, incoming, Status::INTERVAL_TOO_SMALL, min_se());
        }
        let txn = self.txns.accept(incoming.flow, &incoming.request, Owner::Session(id, Purpose::Server));
        let mut response = self.response_in(id, &incoming.request, Status::OK);
        self.grant_timer(now, id, &incoming.request, &mut response);
        let contact = self.contact_of(id);
        response.headers.push(Name::Contact, contact);
        self.txns.respond(now, txn, &response);
    }

    /// Decides on the session timer as server and arms it.
    pub(super) fn grant_timer(
        &mut self,
        now: Mono,
        id: SessionId,
        request: &Request,
        response: &mut Response,
    ) {
        let ours = self.settings.session_expires;
        let timer = session_timer::answer(&request.headers, &mut response.headers, ours);
        response.headers.push(Name::Supported, "timer");
        if let Some(session) = self.sessions.get_mut(&id) {
            session.timer = timer;
        }
        self.arm_session_timer(now, id);
    }

    pub(super) fn arm_session_timer(&mut self, now: Mono, id: SessionId) {
        match self.sessions.get(&id).and_then(|s| s.timer) {
            Some(timer) => self.timers.set((id, Timer::Session), now.after(timer.wait())),
            None => self.timers.cancel((id, Timer::Session)),
        }
    }

    /// Our Contact in a session.
    pub(super) fn contact_of(&self, id: SessionId) -> String {
        self.sessions.get(&id).map(|s| self.contact(&s.flow, &s.contact_user)).unwrap_or_default()
    }

    fn on_prack(&mut self, now: Mono, id: SessionId, incoming: Incoming) {
        let rack = incoming.request.headers.get(&Name::RAck).unwrap_or_default();
        let mut words = rack.split_ascii_whitespace();
        let rseq = words.next().and_then(crate::header::parse_number);
        let cseq = words.next().and_then(crate::header::parse_number);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Incoming { invite, unacknowledged, progress_then, answer_then, described, .. } =
            &mut session.phase
        else {
            return self.refuse(now, id, &incoming, Status::NO_SUCH_CALL, Headers::default());
        };
        let is_it = unacknowledged.as_ref().is_some_and(|p| Some(p.rseq) == rseq)
            && cseq == Some(invite.cseq().number);
        if !is_it {
            return self.refuse(now, id, &incoming, Status::NO_SUCH_CALL, Headers::default());
        }
        *unacknowledged = None;
        let (next, then) = (progress_then.take(), answer_then.take());
        self.timers.cancel((id, Timer::RepeatProvisional));
        self.timers.cancel((id, Timer::NoPrack));
        let sdp = incoming.request.sdp();
        let was_offered = matches!(session.pending, Pending::Ours);
        if *described && !session.is_asked_early() {
            // What we described reliably has arrived: the offer of the INVITE is answered, or ours is in this PRACK.
            session.pending = Pending::None;
        }
        match sdp {
            Some(sdp) if was_offered => {
                self.refuse(now, id, &incoming, Status::OK, Headers::default());
                self.tell(id, SessionEvent::OfferAnswered(Some(sdp)));
            }
            // An offer in a PRACK is answered in its 200 (RFC 3262 §5), like one in an UPDATE.
            Some(_) if matches!(session.pending, Pending::None) => self.take_offer(now, id, incoming),
            // The offer before it has not been answered yet; the PRACK still says that our response arrived.
            Some(_) => self.refuse_for_now(now, id, &incoming, Status::SERVER_ERROR),
            None => self.refuse(now, id, &incoming, Status::OK, Headers::default()),
        }
        if let Some(sdp) = then {
            self.give_answer(now, id, sdp);
        } else if let Some((status, sdp)) = next {
            self.give_progress(now, id, status, sdp);
        }
    }

    /// The ACK of a 2xx of ours.
    fn on_ack(&mut self, now: Mono, id: SessionId, incoming: &Incoming) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let number = incoming.request.cseq().number;
        let Some(wait) = session.await_ack.take_if(|a| a.cseq == number) else { return };
        self.timers.cancel((id, Timer::RepeatAnswer));
        self.timers.cancel((id, Timer::NoAck));
        if let Some(reason) = session.bye_then.take() {
            return self.send_bye(now, id, reason);
        }
        // An ACK cannot be challenged, so what one says from another host is not believed.
        let is_from_there = session.flow.remote.ip() == incoming.flow.remote.ip();
        let sdp = if wait.is_offer && is_from_there { incoming.request.sdp() } else { None };
        if wait.is_first {
            self.tell(id, SessionEvent::Confirmed(sdp));
        } else if wait.is_offer {
            self.tell(id, SessionEvent::OfferAnswered(sdp));
        }
    }

    /// Sends a 2xx to an INVITE and waits for its ACK (§13.3.1.4).
    pub(super) fn send_2xx(
        &mut self,
        now: Mono,
        id: SessionId,
        txn: TxnId,
        request: &Request,
        sdp: Option<Vec<u8>>,
    ) {
        let is_offer = !request.has_sdp() && sdp.is_some();
        let mut response = self.response_in(id, request, Status::OK);
        for route in request.headers.all(&Name::RecordRoute) {
            response.headers.push(Name::RecordRoute, route);
        }
        response.headers.push(Name::Contact, self.contact_of(id));
        response.headers.push(Name::Allow, ALLOW);
        self.grant_timer(now, id, request, &mut response);
        if let Some(sdp) = sdp {
            response.set_body("application/sdp", sdp);
        }
        let bytes = self.txns.respond(now, txn, &response);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let is_first = matches!(session.phase, Phase::Incoming { .. });
        session.phase = Phase::Up;
        session.await_ack =
            Some(AwaitAck { cseq: request.cseq().number, bytes, interval: T1, is_first, is_offer });
        // Repeated on every transport: a proxy may lose the ACK behind a reliable first hop.
        self.timers.set((id, Timer::RepeatAnswer), now.after(T1));
        self.timers.set((id, Timer::NoAck), now.after(GIVE_UP));
    }

    pub(super) fn repeat_answer(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(wait) = &mut session.await_ack else { return };
        wait.interval = (wait.interval * 2).min(T2);
        let (flow, bytes, next) = (session.flow, wait.bytes.clone(), wait.interval);
        self.timers.set((id, Timer::RepeatAnswer), now.after(next));
        self.send_plain(id, flow, bytes, true);
    }

    /// What a transaction says.
    pub(super) fn on_up(&mut self, now: Mono, txn: TxnId, owner: Owner, up: Up) {
        let is_last = !matches!(&up, Up::Response(r) if r.status.is_provisional());
        match (owner, up) {
            (Owner::Nobody, _) | (Owner::Session(_, Purpose::Server), Up::Response(_)) => {}
            // The refusal of an INVITE was never acknowledged: nothing depends on it (§17.2.1).
            (Owner::Session(_, Purpose::Server), Up::Timeout | Up::Ack) => {}
            (Owner::Session(id, Purpose::Server), Up::Lost) => self.on_server_lost(now, id, txn),
            (Owner::Outside(number), Up::Response(response)) => {
                if self.answer_challenge(now, txn, owner, &response).is_none() {
                    self.on_outside_response(number, Some(response));
                }
            }
            (Owner::Outside(number), Up::Timeout | Up::Lost | Up::Ack) => {
                self.on_outside_response(number, None);
            }
            (Owner::Session(id, purpose), Up::Response(response)) => {
                self.on_session_response(now, id, purpose, txn, *response);
            }
            (Owner::Session(id, purpose), up) => {
                self.on_no_response(now, id, purpose, matches!(up, Up::Lost));
            }
        }
        if is_last {
            self.answerable.remove(&txn);
        }
    }

    /// The connection went before we answered that request.
    fn on_server_lost(&mut self, now: Mono, id: SessionId, txn: TxnId) {
        self.note(id, Happening::ServerLost);
        let is_first = self
            .sessions
            .get(&id)
            .is_some_and(|s| matches!(&s.phase, Phase::Incoming { txn: first, .. } if *first == txn));
        if is_first {
            self.close_pending(now, id);
            return self.end(id, Ended::Lost);
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            session.referring.asked.take_if(|asked| asked.txn == txn);
        }
        if let Some(session) = self.sessions.get_mut(&id)
            && matches!(&session.pending, Pending::Theirs { txn: asked, .. } if *asked == txn)
        {
            // Its offer can no longer be answered; everything stays as it was.
            session.pending = Pending::None;
            self.answer_delayed(now, id);
        }
    }
}

/// Min-SE of a 422.
fn min_se() -> Headers {
    let mut headers = Headers::default();
    headers.push(Name::MinSe, session_timer::MIN_SE.as_secs().to_string());
    headers
}

/// A session as it begins.
pub(super) fn fresh(
    flow: crate::flow::Flow,
    dialog: crate::dialog::Dialog,
    phase: Phase,
    contact_user: &str,
    propose: std::time::Duration,
) -> Session {
    Session {
        flow,
        dialog,
        invite_key: None,
        phase,
        await_ack: None,
        pending: Pending::None,
        described: None,
        contact_user: contact_user.to_owned(),
        last_ack: None,
        ack_owed: None,
        renewing: None,
        bye_then: None,
        is_released: false,
        timer: None,
        propose,
        allows_update: false,
        agent: String::new(),
        referring: Default::default(),
        asked: Default::default(),
    }
}
