//! What the user of an endpoint does with sessions.

use super::chart::Happening;
use super::requests::fresh;
use super::session::{Cancel, Pending, Phase, Provisional, Renewing, Session, Timer};
use super::{ALLOW, Endpoint, Event, Incoming, Owner, Purpose, SessionId};
use crate::dialog::Dialog;
use crate::flow::Flow;
use crate::header::{Headers, Name};
use crate::message::Request;
use crate::method::Method;
use crate::name_addr::NameAddr;
use crate::session_timer::{self, MIN_SE};
use crate::status::Status;
use crate::time::Mono;
use crate::transaction::{GIVE_UP, T1, cancel_for};
use crate::uri::Uri;
use std::sync::Arc;

/// A call to be made.
#[derive(Debug, Clone)]
pub struct Invite {
    /// Over what.
    pub flow: Flow,
    /// Request-URI.
    pub uri: Uri,
    /// Who calls; the tag is made here.
    pub from: NameAddr,
    /// Who is called.
    pub to: NameAddr,
    /// User part of our Contact.
    pub contact_user: String,
    /// Our offer; an INVITE without one is a late offer.
    pub sdp: Option<Vec<u8>>,
    /// Hops left.
    pub max_forwards: u8,
    /// Further header fields.
    pub headers: Headers,
}

/// The offer cannot be made now: another one is under way, or the session is not up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an offer is under way, or the session is not up")]
pub struct Busy;

/// A new offer inside a session.
#[derive(Debug, Clone)]
pub struct NewOffer(pub Vec<u8>);

impl Endpoint {
    /// Takes an INVITE: opens its transaction and session and answers 100. `None`: it cannot open a dialog.
    pub fn take_invite(&mut self, now: Mono, incoming: Incoming, contact_user: &str) -> Option<SessionId> {
        let tag = self.rng.tag();
        let dialog = Dialog::of_server(&incoming.request, &tag)?;
        if session_timer::is_too_small(&incoming.request.headers) {
            let mut headers = Headers::default();
            headers.push(Name::MinSe, MIN_SE.as_secs().to_string());
            // Kept for repeats: whoever takes an INVITE has judged its credentials, which may be good for once only.
            let txn = self.take(&incoming);
            self.respond(now, txn, &incoming, Status::INTERVAL_TOO_SMALL, &headers);
            return None;
        }
        let number = incoming.request.cseq().number;
        let key = (dialog.call_id.clone(), dialog.remote_tag.clone(), number);
        if self.by_invite.contains_key(&key) {
            self.reply(&incoming, Status::LOOP, &Headers::default());
            return None;
        }
        let id = self.next_session();
        let txn = self.txns.accept(incoming.flow, &incoming.request, Owner::Session(id, Purpose::Server));
        self.trace(id, incoming.flow, true, false, &incoming.bytes);
        self.txns.respond(now, txn, &incoming.request.response(Status::TRYING, None));
        let offers = incoming.request.has_sdp();
        let invite = Arc::new(incoming.request);
        let phase = Phase::Incoming {
            txn,
            needs_reliable: invite.headers.lists(&Name::Require, "100rel"),
            invite: invite.clone(),
            last_rseq: u32::try_from(self.rng.below(1 << 20)).unwrap_or(0),
            unacknowledged: None,
            progress_then: None,
            answer_then: None,
            described: false,
        };
        let mut session = fresh(incoming.flow, dialog, phase, contact_user, self.settings.session_expires);
        session.allows_update = invite.headers.lists(&Name::Allow, "UPDATE");
        session.agent = invite.headers.get(&Name::UserAgent).unwrap_or_default().to_owned();
        if offers {
            session.pending = Pending::Theirs { txn, request: invite };
        }
        self.by_tag.insert(tag, id);
        session.invite_key = Some(key.clone());
        self.by_invite.insert(key, id);
        self.sessions.insert(id, session);
        self.flush();
        Some(id)
    }

    pub(super) fn next_session(&mut self) -> SessionId {
        self.last_session += 1;
        SessionId(self.last_session)
    }

    /// Gives a provisional response to the peer's INVITE: 180, or 183 with SDP for early media. It is reliable if the
    /// peer demands it (RFC 3262).
    pub fn progress(&mut self, now: Mono, id: SessionId, status: Status, sdp: Option<Vec<u8>>) {
        let described = sdp.is_some();
        self.note(id, if described { Happening::DoProgressDescribed } else { Happening::DoProgress });
        self.give_progress(now, id, status, sdp);
        self.flush();
    }

    pub(super) fn give_progress(&mut self, now: Mono, id: SessionId, status: Status, sdp: Option<Vec<u8>>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Incoming {
            txn,
            invite,
            needs_reliable,
            last_rseq,
            unacknowledged,
            progress_then,
            described,
            ..
        } = &mut session.phase
        else {
            return;
        };
        if unacknowledged.is_some() {
            // One at a time (RFC 3262 §3); of what waits, a description matters more than news of ringing.
            if sdp.is_some() || progress_then.as_ref().is_none_or(|(_, sdp)| sdp.is_none()) {
                *progress_then = Some((status, sdp));
            }
            return;
        }
        let (txn, invite, reliable) = (*txn, invite.clone(), *needs_reliable);
        // Once described reliably, a second description would be no answer any more (RFC 3264 §4).
        let sdp = sdp.filter(|_| !*described);
        if reliable {
            *last_rseq += 1;
            *described |= sdp.is_some();
            if sdp.is_some() && matches!(session.pending, Pending::None) && !invite.has_sdp() {
                session.pending = Pending::Ours;
            }
        }
        let rseq = *last_rseq;
        let mut response = self.response_in(id, &invite, status);
        for route in invite.headers.all(&Name::RecordRoute) {
            response.headers.push(Name::RecordRoute, route);
        }
        response.headers.push(Name::Contact, self.contact_of(id));
        response.headers.push(Name::Allow, ALLOW);
        if reliable {
            response.headers.push(Name::Require, "100rel");
            response.headers.push(Name::RSeq, rseq.to_string());
        }
        if let Some(sdp) = sdp {
            response.set_body("application/sdp", sdp);
        }
        let bytes = self.txns.respond(now, txn, &response);
        if reliable
            && let Some(session) = self.sessions.get_mut(&id)
            && let Phase::Incoming { unacknowledged, .. } = &mut session.phase
        {
            *unacknowledged = Some(Provisional { rseq, bytes, interval: T1 });
            self.timers.set((id, Timer::RepeatProvisional), now.after(T1));
            self.timers.set((id, Timer::NoPrack), now.after(GIVE_UP));
        }
    }

    pub(super) fn repeat_provisional(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Incoming { unacknowledged: Some(wait), .. } = &mut session.phase else { return };
        wait.interval *= 2;
        let (flow, bytes, next) = (session.flow, wait.bytes.clone(), wait.interval);
        self.timers.set((id, Timer::RepeatProvisional), now.after(next));
        self.send_plain(id, flow, bytes, true);
    }

    /// Answers the peer's INVITE with 200. `sdp` is the answer, or the offer if the INVITE had none.
    pub fn answer(&mut self, now: Mono, id: SessionId, sdp: Vec<u8>) {
        self.note(id, Happening::DoAnswer);
        self.give_answer(now, id, sdp);
        self.flush();
    }

    pub(super) fn give_answer(&mut self, now: Mono, id: SessionId, sdp: Vec<u8>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let is_asked = session.is_asked_early();
        let Phase::Incoming { txn, invite, unacknowledged, answer_then, described, .. } = &mut session.phase
        else {
            return;
        };
        if unacknowledged.is_some() || is_asked {
            // The answer must not overtake the provisional response it rests on, nor the answer to a later offer
            // (RFC 3262 §3, §5).
            *answer_then = Some(sdp);
            return;
        }
        let (txn, invite) = (*txn, invite.clone());
        let body = (!*described).then(|| sdp.clone());
        session.described = Some(sdp);
        session.pending = Pending::None;
        self.send_2xx(now, id, txn, &invite, body);
    }

    /// Refuses the peer's INVITE; the session is over.
    pub fn reject(&mut self, now: Mono, id: SessionId, status: Status, extra: &Headers) {
        self.note(id, Happening::DoReject);
        self.refuse_call(now, id, status, extra);
    }

    pub(super) fn refuse_call(&mut self, now: Mono, id: SessionId, status: Status, extra: &Headers) {
        let Some(session) = self.sessions.get(&id) else { return };
        let Phase::Incoming { txn, invite, .. } = &session.phase else { return };
        let txn = *txn;
        let mut response = self.response_in(id, invite, status);
        response.headers.append(extra);
        self.txns.respond(now, txn, &response);
        self.close_pending(now, id);
        self.flush();
        self.forget(id);
    }

    /// Calls somebody.
    pub fn invite(&mut self, now: Mono, call: Invite) -> SessionId {
        let id = self.next_session();
        let tag = self.rng.tag();
        let mut request = Request::new(Method::Invite, call.uri);
        request.headers.push(Name::MaxForwards, call.max_forwards.to_string());
        request.headers.push(Name::From, call.from.with_tag(&tag).to_string());
        request.headers.push(Name::To, call.to.to_string());
        request.headers.push(Name::CallId, self.rng.token(22));
        request.headers.push(Name::CSeq, "1 INVITE");
        request.headers.push(Name::Contact, self.contact(&call.flow, &call.contact_user));
        request.headers.push(Name::Allow, ALLOW);
        request.headers.push(Name::Supported, "timer");
        session_timer::propose(&mut request.headers, self.settings.session_expires, MIN_SE, None);
        request.headers.append(&call.headers);
        let pending = if call.sdp.is_some() { Pending::Ours } else { Pending::None };
        if let Some(sdp) = &call.sdp {
            request.set_body("application/sdp", sdp.clone());
        }
        let Some(dialog) = Dialog::of_client(&request) else { return id };
        let txn = self.send_request(now, call.flow, request, Owner::Session(id, Purpose::Invite));
        let phase = Phase::Calling { txn, is_heard: false, cancel: Cancel::No, last_rseq: None, tries: 0 };
        let mut session = fresh(call.flow, dialog, phase, &call.contact_user, self.settings.session_expires);
        session.described = call.sdp;
        session.pending = pending;
        self.by_tag.insert(tag, id);
        self.sessions.insert(id, session);
        self.flush();
        id
    }

    /// Ends a session whatever it is doing: CANCEL, BYE, or a refusal with 480. Nothing more is told of it, not even what
    /// happened before and was not taken yet.
    pub fn hang_up(&mut self, now: Mono, id: SessionId, reason: Option<String>) {
        self.note(id, Happening::DoHangUp);
        self.events.retain(|event| !matches!(event, Event::Session(of, _) if *of == id));
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if std::mem::replace(&mut session.is_released, true) {
            return;
        }
        match &mut session.phase {
            Phase::Incoming { .. } => {
                let mut headers = Headers::default();
                if let Some(reason) = reason {
                    headers.push(Name::Reason, reason);
                }
                return self.refuse_call(now, id, Status::UNAVAILABLE, &headers);
            }
            Phase::Calling { is_heard, cancel, .. } => {
                *cancel = Cancel::Wanted(reason);
                if *is_heard {
                    self.send_cancel(now, id);
                }
            }
            Phase::Up => {
                // BYE may not overtake the ACK of our 2xx (§15).
                if session.await_ack.as_ref().is_some_and(|a| a.is_first) {
                    session.bye_then = Some(reason);
                } else {
                    self.send_bye(now, id, reason);
                }
            }
            Phase::Ending => {}
        }
        self.flush();
    }

    pub(super) fn send_cancel(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Calling { txn, cancel, .. } = &mut session.phase else { return };
        let Cancel::Wanted(reason) = cancel.clone() else { return };
        *cancel = Cancel::Sent(reason.clone());
        let Some(invite) = self.txns.invite(*txn) else { return };
        let mut request = cancel_for(invite);
        if let Some(reason) = reason {
            request.headers.push(Name::Reason, reason);
        }
        let flow = session.flow;
        self.txns.request(now, flow, request, Owner::Session(id, Purpose::Cancel));
        self.timers.cancel((id, Timer::NoNews));
        self.timers.set((id, Timer::CancelUnanswered), now.after(GIVE_UP));
    }

    pub(super) fn send_bye(&mut self, now: Mono, id: SessionId, reason: Option<String>) {
        self.close_pending(now, id);
        if let Some(cseq) = self.sessions.get_mut(&id).and_then(|s| s.ack_owed.take()) {
            self.send_ack(id, cseq, None);
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.phase = Phase::Ending;
        session.await_ack = None;
        let mut request = session.dialog.request(Method::Bye, None);
        if let Some(reason) = reason {
            request.headers.push(Name::Reason, reason);
        }
        let flow = session.flow;
        for timer in [Timer::Session, Timer::RepeatAnswer, Timer::NoAck, Timer::Glare] {
            self.timers.cancel((id, timer));
        }
        self.send_request(now, flow, request, Owner::Session(id, Purpose::Bye));
    }

    /// A peer is found at another place: sessions with it that have been hung up are ended there, for a BYE that went to
    /// the old place may never arrive.
    pub fn end_at(&mut self, now: Mono, old: Flow, new: Flow) {
        let released = self.sessions.iter().filter(|(_, s)| s.is_released && s.flow == old);
        let released: Vec<SessionId> = released.map(|(id, _)| *id).collect();
        for id in released {
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            if !matches!(session.phase, Phase::Up | Phase::Ending) {
                // What answers an INVITE goes where the INVITE came from, and a CANCEL where it went.
                continue;
            }
            session.flow = new;
            if matches!(session.phase, Phase::Ending) {
                self.drop_bye(id);
                self.send_bye(now, id, None);
            }
        }
        self.flush();
    }

    /// Nothing is awaited any more of the BYE of a session.
    fn drop_bye(&mut self, id: SessionId) {
        let owner = Owner::Session(id, Purpose::Bye);
        let byes: Vec<_> = self.txns.waiting_clients().filter(|(_, o)| *o == owner).map(|(t, _)| t).collect();
        for txn in byes {
            self.txns.drop_now(txn);
            self.answerable.remove(&txn);
        }
    }

    /// Proposes a new description by re-INVITE.
    pub fn offer(&mut self, now: Mono, id: SessionId, offer: NewOffer) -> Result<(), Busy> {
        self.note(id, Happening::DoOffer);
        self.renew(now, id, Some(offer.0))
    }

    /// Whether [`Endpoint::offer`] would do so now.
    pub fn may_offer(&self, id: SessionId) -> bool {
        let is_free = |s: &Session| matches!(s.phase, Phase::Up) && !s.is_busy() && s.renewing.is_none();
        self.sessions.get(&id).is_some_and(is_free)
    }

    /// Asks the peer for an offer: a re-INVITE without one, as some phones resume a held call.
    pub fn ask_offer(&mut self, now: Mono, id: SessionId) -> Result<(), Busy> {
        self.note(id, Happening::DoAskOffer);
        self.renew(now, id, None)
    }

    fn renew(&mut self, now: Mono, id: SessionId, sdp: Option<Vec<u8>>) -> Result<(), Busy> {
        let session = self.sessions.get_mut(&id).ok_or(Busy)?;
        let is_renewing = session.renewing.as_ref().is_some_and(|r| !r.waits);
        if !matches!(session.phase, Phase::Up) || session.is_busy() || is_renewing {
            return Err(Busy);
        }
        // After glare the new offer takes the old one's place and waits as long as that would have.
        let waits = session.renewing.is_some();
        session.renewing = Some(Renewing { sdp, is_refresh: false, by_update: false, waits, tries: 0 });
        if !waits {
            self.send_renewal(now, id);
            self.flush();
        }
        Ok(())
    }

    /// The wait after glare is over.
    pub(super) fn try_again(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get(&id) else { return };
        if session.is_busy() {
            // The peer's own offer came meanwhile and has not been settled yet.
            return self.timers.set((id, Timer::Glare), now.after(T1));
        }
        self.send_renewal(now, id);
    }

    /// Answers, in the ACK, the offer that came in a 2xx.
    pub fn answer_asked(&mut self, _now: Mono, id: SessionId, sdp: Vec<u8>) {
        self.note(id, Happening::DoAnswerAsked);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(cseq) = session.ack_owed.take() else { return };
        session.described = Some(sdp.clone());
        self.send_ack(id, cseq, Some(sdp));
    }

    /// Sends our re-INVITE, or the UPDATE that suffices to refresh.
    pub(super) fn send_renewal(&mut self, now: Mono, id: SessionId) {
        let contact = self.contact_of(id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(renewing) = &mut session.renewing else { return };
        renewing.waits = false;
        let by_update = renewing.is_refresh && session.allows_update;
        renewing.by_update = by_update;
        let (method, purpose) =
            if by_update { (Method::Update, Purpose::Update) } else { (Method::Invite, Purpose::Reinvite) };
        let sdp = if by_update { None } else { renewing.sdp.clone() };
        let mut request = session.dialog.request(method, None);
        request.headers.push(Name::Contact, contact);
        request.headers.push(Name::Allow, ALLOW);
        request.headers.push(Name::Supported, "timer");
        if let Some(timer) = session.timer {
            session_timer::propose(&mut request.headers, timer.interval, MIN_SE, Some(timer.we_refresh));
        } else {
            session_timer::propose(&mut request.headers, session.propose, MIN_SE, None);
        }
        if let Some(sdp) = sdp {
            request.set_body("application/sdp", sdp);
            session.pending = Pending::Ours;
        }
        let flow = session.flow;
        self.send_request(now, flow, request, Owner::Session(id, purpose));
    }

    /// Answers the peer's offer, or its request for one of ours.
    pub fn answer_offer(&mut self, now: Mono, id: SessionId, answer: Result<Vec<u8>, Status>) {
        self.note(id, if answer.is_ok() { Happening::DoAcceptOffer } else { Happening::DoRefuseOffer });
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if matches!(session.phase, Phase::Incoming { .. })
            && matches!(&session.pending, Pending::Theirs { request, .. } if request.method == Method::Invite)
        {
            return;
        }
        // What waits for the peer's answer instead goes on waiting: its offer was taken back, and we made our own.
        let Some((txn, request)) = session.take_their_offer() else { return };
        match answer {
            Ok(sdp) => {
                session.described = Some(sdp.clone());
                if request.method == Method::Invite {
                    self.send_2xx(now, id, txn, &request, Some(sdp));
                } else {
                    let mut response = self.response_in(id, &request, Status::OK);
                    response.headers.push(Name::Contact, self.contact_of(id));
                    if request.method == Method::Update {
                        self.grant_timer(now, id, &request, &mut response);
                    }
                    response.set_body("application/sdp", sdp);
                    self.txns.respond(now, txn, &response);
                }
            }
            Err(status) => {
                let response = self.response_in(id, &request, status);
                self.txns.respond(now, txn, &response);
            }
        }
        self.answer_delayed(now, id);
        self.flush();
    }

    /// Gives the answer to the INVITE that waited for something, if nothing keeps it any more.
    pub(super) fn answer_delayed(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Incoming { unacknowledged: None, answer_then, .. } = &mut session.phase else { return };
        if let Some(sdp) = answer_then.take() {
            self.give_answer(now, id, sdp);
        }
    }

    /// Sends INFO; its answer is of no interest.
    pub fn info(&mut self, now: Mono, id: SessionId, kind: &str, body: Vec<u8>) {
        self.note(id, Happening::DoInfo);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !matches!(session.phase, Phase::Up) || session.is_released {
            return;
        }
        let mut request = session.dialog.request(Method::Info, None);
        request.set_body(kind, body);
        let flow = session.flow;
        self.send_request(now, flow, request, Owner::Session(id, Purpose::Info));
        self.flush();
    }
}
