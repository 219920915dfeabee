//! Responses of the peer to requests of a session.

use super::chart::{of_response, of_silence};
use super::session::{Cancel, Pending, Phase, Renewing, Timer};
use super::{Ended, Endpoint, Owner, Purpose, SessionEvent, SessionId};
use crate::dialog::Dialog;
use crate::flow::Flow;
use crate::header::Name;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::session_timer::{self, SessionTimer};
use crate::status::Status;
use crate::time::Mono;
use crate::transaction::{GIVE_UP, NO_NEWS, Stray, TxnId};
use std::sync::Arc;
use std::time::Duration;

/// How often an INVITE or a renewal is repeated after 422 or a challenge.
pub(super) const RETRIES_MAX: u8 = 3;

impl Endpoint {
    pub(super) fn on_response(&mut self, now: Mono, flow: Flow, response: Response, bytes: &[u8]) {
        if response.headers.elements(&Name::Via).count() != 1 {
            // Not meant for us (§8.1.3.3).
            self.counters.malformed += 1;
            return;
        }
        self.responding = Some(flow);
        // Absorbed repeats are of no interest to a ladder; what is told is traced by its owner.
        if let Some((txn, owner, up)) = self.txns.match_response(now, &flow, response) {
            if let Owner::Session(id, _) = owner {
                self.flush_after(id, flow, bytes);
            }
            self.on_up(now, txn, owner, up);
        }
        self.responding = None;
    }

    /// Traces a response before what it makes the transaction send, such as the ACK of a refusal.
    fn flush_after(&mut self, id: SessionId, flow: Flow, bytes: &[u8]) {
        self.trace(id, flow, true, false, &bytes.into());
        self.flush();
    }

    pub(super) fn on_session_response(
        &mut self,
        now: Mono,
        id: SessionId,
        purpose: Purpose,
        txn: TxnId,
        r: Response,
    ) {
        self.note(id, of_response(purpose, &r));
        if !self.sessions.contains_key(&id) {
            // The session ended meanwhile; a late 2xx to its INVITE must still be acknowledged and ended.
            match purpose {
                Purpose::Invite if r.status.is_success() => self.end_stray(now, txn, &r),
                // So must one to a re-INVITE; its session has been ended already.
                Purpose::Reinvite if r.status.is_success() => _ = self.ack_stray(txn, &r),
                _ => {}
            }
            return;
        }
        if r.status.is_final() && !r.status.is_success() && self.is_wanted(id, purpose) {
            let owner = Owner::Session(id, purpose);
            if let Some(new) = self.answer_challenge(now, txn, owner, &r) {
                if let Some(session) = self.sessions.get_mut(&id)
                    && let Phase::Calling { txn, is_heard, .. } = &mut session.phase
                    && purpose == Purpose::Invite
                {
                    (*txn, *is_heard) = (new, false);
                    self.timers.cancel((id, Timer::NoNews));
                }
                return;
            }
        }
        match purpose {
            Purpose::Invite if r.status.is_provisional() => self.on_progress(now, id, &r),
            Purpose::Invite if r.status.is_success() => self.on_answered(now, id, txn, &r),
            Purpose::Invite => self.on_rejected(now, id, r),
            Purpose::Reinvite | Purpose::Update if r.status.is_provisional() => {}
            Purpose::Reinvite if r.status.is_success() => self.on_renewed(now, id, &r, true),
            Purpose::Update if r.status.is_success() => self.on_renewed(now, id, &r, false),
            Purpose::Reinvite | Purpose::Update => self.on_renewal_refused(now, id, &r),
            Purpose::Bye if r.status.is_final() => self.forget(id),
            Purpose::Info | Purpose::Prack
                if matches!(r.status, Status::NO_SUCH_CALL | Status::REQUEST_TIMEOUT) =>
            {
                self.gone_by(now, id, purpose, r.status);
            }
            Purpose::Notify if r.status.is_final() && !r.status.is_success() => self.news_refused(id),
            Purpose::Bye
            | Purpose::Cancel
            | Purpose::Info
            | Purpose::Notify
            | Purpose::Prack
            | Purpose::Server => {}
        }
    }

    /// A challenge to that request is worth answering: who has hung up neither calls nor offers again.
    fn is_wanted(&self, id: SessionId, purpose: Purpose) -> bool {
        let Some(session) = self.sessions.get(&id) else { return false };
        match purpose {
            Purpose::Cancel => false,
            Purpose::Bye => true,
            Purpose::Invite => !session.is_released,
            _ => !matches!(session.phase, Phase::Ending),
        }
    }

    fn on_progress(&mut self, now: Mono, id: SessionId, r: &Response) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Calling { is_heard, cancel, last_rseq, .. } = &mut session.phase else { return };
        *is_heard = true;
        match cancel {
            Cancel::Wanted(_) => return self.send_cancel(now, id),
            Cancel::Sent(_) => {}
            // Before the transaction gives up by itself, so that there is one left to cancel.
            Cancel::No => self.timers.set((id, Timer::NoNews), now.after(NO_NEWS.saturating_sub(GIVE_UP))),
        }
        if r.status == Status::TRYING || session.is_released {
            return;
        }
        let mut is_news = true;
        if r.headers.lists(&Name::Require, "100rel")
            && let Some(rseq) = r.headers.number(&Name::RSeq)
        {
            // In order, each once (RFC 3262 §4).
            let expected = last_rseq.map(|last| last.checked_add(1));
            if expected.is_some_and(|expected| expected.is_none_or(|e| rseq > e)) {
                return;
            }
            is_news = expected.flatten().is_none_or(|e| rseq == e);
            if is_news {
                *last_rseq = Some(rseq);
                session.dialog.learn(r);
                let cseq = r.cseq().number;
                let mut prack = session.dialog.request(Method::Prack, None);
                prack.headers.push(Name::RAck, format!("{rseq} {cseq} INVITE"));
                let flow = session.flow;
                self.send_request(now, flow, prack, Owner::Session(id, Purpose::Prack));
            }
        } else if r.to_tag().is_some() {
            session.dialog.learn(r);
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            learn_peer(session, r);
        }
        if is_news {
            self.tell(id, SessionEvent::Progress(r.status, r.sdp()));
        }
    }

    fn on_answered(&mut self, now: Mono, id: SessionId, txn: TxnId, r: &Response) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Calling { cancel, .. } = &session.phase else {
            return self.on_answered_again(now, id, txn, r);
        };
        let cancelled = match cancel {
            Cancel::No => None,
            Cancel::Wanted(reason) | Cancel::Sent(reason) => Some(reason.clone()),
        };
        session.dialog.learn(r);
        learn_peer(session, r);
        session.phase = Phase::Up;
        session.pending = Pending::None;
        // Who knows nothing of session timers is asked by us now and then, or a vanished phone would never be noticed.
        let own = SessionTimer { interval: session.propose, we_refresh: true };
        session.timer = session_timer::accept(&r.headers, session.propose).or(Some(own));
        self.timers.cancel((id, Timer::CancelUnanswered));
        self.timers.cancel((id, Timer::NoNews));
        let owes_answer = session.described.is_none() && r.has_sdp();
        if owes_answer && cancelled.is_none() {
            session.ack_owed = Some(r.cseq().number);
        } else {
            self.send_ack(id, r.cseq().number, None);
        }
        if let Some(reason) = cancelled {
            // Lost race: it was answered before the CANCEL came through (§9.1). End it, for the same reason.
            return self.send_bye(now, id, reason);
        }
        self.arm_session_timer(now, id);
        self.tell(id, SessionEvent::Answered(r.sdp()));
    }

    /// Another 2xx to the first INVITE: a repeat, or another branch of a fork behind the peer.
    fn on_answered_again(&mut self, now: Mono, id: SessionId, txn: TxnId, r: &Response) {
        let Some(session) = self.sessions.get(&id) else { return };
        if r.to_tag().as_deref() == Some(&session.dialog.remote_tag) {
            self.repeat_ack(id, r.cseq().number);
        } else {
            self.end_stray(now, txn, r);
        }
    }

    fn repeat_ack(&mut self, id: SessionId, cseq: u32) {
        let Some(session) = self.sessions.get(&id) else { return };
        if let Some((number, bytes)) = &session.last_ack
            && *number == cseq
        {
            let (flow, bytes) = (session.flow, bytes.clone());
            self.send_plain(id, flow, bytes, true);
        }
    }

    /// Acknowledges a 2xx of our INVITE in the session's dialog, with our answer if the 2xx held an offer.
    pub(super) fn send_ack(&mut self, id: SessionId, cseq: u32, answer: Option<Vec<u8>>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.ack_owed = None;
        let mut ack = session.dialog.request(Method::Ack, Some(cseq));
        if let Some(answer) = answer {
            ack.set_body("application/sdp", answer);
        }
        let flow = session.flow;
        let bytes = self.with_via(flow, ack);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.last_ack = Some((cseq, bytes.clone()));
        }
        self.send_plain(id, flow, bytes, false);
    }

    /// A request with our Via, as bytes: for ACK, which has no transaction.
    fn with_via(&mut self, flow: Flow, mut request: Request) -> Arc<[u8]> {
        let branch = self.rng.branch();
        let via = crate::via::Via::own(flow.transport, self.advertised(&flow), &branch);
        request.headers.push_front(Name::Via, |text| via.print(text));
        request.print().into()
    }

    /// A 2xx that no session wants: acknowledged and ended at once, or the phone would wait for ever.
    fn end_stray(&mut self, now: Mono, txn: TxnId, r: &Response) {
        let stray = self.txns.stray(txn, r.tag_in(&Name::To));
        if stray == Stray::TooMany {
            return;
        }
        let Some((mut dialog, flow)) = self.ack_stray(txn, r) else { return };
        if stray == Stray::Again {
            // Its BYE is under way, and is repeated by itself.
            return;
        }
        let bye = dialog.request(Method::Bye, None);
        self.send_request(now, flow, bye, Owner::Nobody);
    }

    /// Acknowledges a 2xx whose session is gone, in the dialog that it names.
    fn ack_stray(&mut self, txn: TxnId, r: &Response) -> Option<(Dialog, Flow)> {
        let (invite, flow) = (self.txns.invite(txn)?, self.txns.flow(txn)?);
        let mut dialog = Dialog::of_client(invite)?;
        dialog.learn(r);
        let ack = dialog.request(Method::Ack, Some(r.cseq().number));
        let bytes = self.with_via(flow, ack);
        self.transmits.push_back(super::Transmit { flow, bytes });
        self.counters.sent += 1;
        Some((dialog, flow))
    }

    fn on_rejected(&mut self, now: Mono, id: SessionId, r: Response) {
        if r.status == Status::INTERVAL_TOO_SMALL && self.retry_invite(now, id, &r) {
            return;
        }
        let released = self.sessions.get(&id).is_none_or(|s| s.is_released);
        self.forget(id);
        if !released {
            self.tell(id, SessionEvent::Rejected(Box::new(r)));
        }
    }

    /// Repeats the INVITE with the interval that a 422 asks for (RFC 4028 §7.3).
    fn retry_invite(&mut self, now: Mono, id: SessionId, r: &Response) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        let Phase::Calling { txn, tries, cancel: Cancel::No, .. } = &mut session.phase else { return false };
        let Some(min) = session_timer::least(&r.headers, session.propose) else { return false };
        *tries += 1;
        if *tries > RETRIES_MAX {
            return false;
        }
        let Some(mut request) = self.txns.invite(*txn).cloned() else { return false };
        session.propose = session.propose.max(min);
        session_timer::propose(&mut request.headers, session.propose, min, None);
        session.dialog.local_cseq += 1;
        request.headers.set(Name::CSeq, format!("{} INVITE", session.dialog.local_cseq));
        let flow = session.flow;
        let new = self.send_request(now, flow, request, Owner::Session(id, Purpose::Invite));
        if let Some(session) = self.sessions.get_mut(&id)
            && let Phase::Calling { txn, is_heard, .. } = &mut session.phase
        {
            (*txn, *is_heard) = (new, false);
            self.timers.cancel((id, Timer::NoNews));
        }
        true
    }

    /// 2xx to our re-INVITE or UPDATE.
    fn on_renewed(&mut self, now: Mono, id: SessionId, r: &Response, is_invite: bool) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if is_invite && session.last_ack.as_ref().is_some_and(|(cseq, _)| *cseq == r.cseq().number) {
            return self.repeat_ack(id, r.cseq().number);
        }
        if is_invite && session.ack_owed == Some(r.cseq().number) {
            // Its ACK still waits for the user's answer.
            return;
        }
        if let Some(contact) = r.contact() {
            session.dialog.target = contact.uri;
        }
        learn_peer(session, r);
        session.close_our_offer();
        let renewing = session.renewing.take();
        if let Some(timer) = session_timer::accept(&r.headers, session.propose) {
            session.timer = Some(timer);
        }
        let is_ending = matches!(session.phase, Phase::Ending);
        if let Some(sdp) = renewing.as_ref().and_then(|r| r.sdp.clone()) {
            session.described = Some(sdp);
        }
        let asked = if is_invite && !is_ending && renewing.as_ref().is_some_and(|r| r.sdp.is_none()) {
            r.sdp()
        } else {
            None
        };
        if let Some(offer) = asked {
            if let Some(session) = self.sessions.get_mut(&id) {
                session.ack_owed = Some(r.cseq().number);
            }
            self.arm_session_timer(now, id);
            return self.tell(id, SessionEvent::OfferAsked(offer));
        }
        if is_invite {
            self.send_ack(id, r.cseq().number, None);
        }
        if is_ending {
            return;
        }
        self.arm_session_timer(now, id);
        if is_invite && renewing.is_some_and(|r| !r.is_refresh || r.sdp.is_some()) {
            self.tell(id, SessionEvent::OfferAnswered(r.sdp()));
        }
    }

    fn on_renewal_refused(&mut self, now: Mono, id: SessionId, r: &Response) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.close_our_offer();
        if matches!(session.phase, Phase::Ending) {
            session.renewing = None;
            return;
        }
        match r.status {
            Status::PENDING => {
                // Glare: who made the Call-ID waits longer (§14.1).
                let (least, most) = if !session.is_called() { (2_100, 4_000) } else { (0, 2_000) };
                let wait = self.rng.between(Duration::from_millis(least), Duration::from_millis(most));
                if let Some(renewing) = self.sessions.get_mut(&id).and_then(|s| s.renewing.as_mut()) {
                    renewing.waits = true;
                }
                self.timers.set((id, Timer::Glare), now.after(wait));
            }
            Status::NO_SUCH_CALL | Status::REQUEST_TIMEOUT => {
                session.renewing = None;
                self.gone(now, id, r.status);
            }
            Status::INTERVAL_TOO_SMALL => {
                let may_try = session.renewing.as_mut().is_some_and(Renewing::may_try_again);
                let min = session_timer::least(&r.headers, session.propose)
                    .filter(|min| may_try && session.timer.is_none_or(|t| t.interval < *min));
                let Some(min) = min else { return self.renewal_failed(now, id, r.status) };
                session.propose = session.propose.max(min);
                if let Some(timer) = &mut session.timer {
                    timer.interval = min;
                }
                self.send_renewal(now, id);
            }
            status => self.renewal_failed(now, id, status),
        }
    }

    /// The peer said no to a renewal; the session goes on as it was (§14.1).
    fn renewal_failed(&mut self, now: Mono, id: SessionId, status: Status) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let renewing = session.renewing.take();
        // The peer is alive, it answered: that is what a refresh is for.
        self.arm_session_timer(now, id);
        if renewing.is_some_and(|r| !r.is_refresh) {
            self.tell(id, SessionEvent::OfferRefused(status));
        }
    }

    /// INFO or PRACK met nothing. Once the INVITE has been answered a PRACK is of no interest: who answered before it came
    /// may have forgotten what it was about.
    fn gone_by(&mut self, now: Mono, id: SessionId, purpose: Purpose, status: Status) {
        let is_calling = self.sessions.get(&id).is_some_and(|s| matches!(s.phase, Phase::Calling { .. }));
        if purpose == Purpose::Info || is_calling {
            self.gone(now, id, status);
        }
    }

    /// The peer knows nothing of the session any more (§12.2.1.2).
    pub(super) fn gone(&mut self, now: Mono, id: SessionId, status: Status) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if matches!(session.phase, Phase::Ending) || session.is_released {
            return;
        }
        session.is_released = true;
        let is_calling = matches!(session.phase, Phase::Calling { .. });
        self.tell(id, SessionEvent::Ended(Ended::Gone(status)));
        // While our INVITE is under way, a BYE would leave it ringing and its 2xx without ACK.
        if is_calling {
            self.take_back(now, id);
        } else {
            self.send_bye(now, id, None);
        }
    }

    /// Cancels our INVITE for a session that nobody hears of any more.
    pub(super) fn take_back(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.is_released = true;
        let Phase::Calling { is_heard, cancel, .. } = &mut session.phase else { return };
        *cancel = Cancel::Wanted(None);
        if *is_heard {
            self.send_cancel(now, id);
        }
    }

    /// No response came, or its connection was lost.
    pub(super) fn on_no_response(&mut self, now: Mono, id: SessionId, purpose: Purpose, is_lost: bool) {
        self.note(id, of_silence(purpose, is_lost));
        let Some(session) = self.sessions.get(&id) else { return };
        match purpose {
            Purpose::Invite => {
                let status = if is_lost { Status::SERVICE_UNAVAILABLE } else { Status::REQUEST_TIMEOUT };
                let request = Request::new(Method::Invite, session.dialog.target.clone());
                self.on_rejected(now, id, request.response(status, None));
            }
            // Its connection went first. Should the peer come back in time, it is told then (`end_at`).
            Purpose::Bye if is_lost => self.send_bye(now, id, None),
            Purpose::Bye => self.forget(id),
            Purpose::Reinvite | Purpose::Update => {
                let renewing = self.sessions.get_mut(&id).and_then(|session| {
                    session.close_our_offer();
                    session.renewing.take()
                });
                if !is_lost {
                    return self.gone(now, id, Status::REQUEST_TIMEOUT);
                }
                // A lost connection counts as 503 (§8.1.3.1): the session goes on, maybe over another one.
                let is_ending = self.sessions.get(&id).is_none_or(|s| s.is_released);
                if !is_ending && renewing.is_some_and(|r| !r.is_refresh) {
                    self.tell(id, SessionEvent::OfferRefused(Status::SERVICE_UNAVAILABLE));
                }
            }
            Purpose::Prack | Purpose::Info if !is_lost => {
                self.gone_by(now, id, purpose, Status::REQUEST_TIMEOUT);
            }
            // Who is gone is found out by what a session needs; the news of a REFER is no such thing.
            Purpose::Notify => self.news_refused(id),
            Purpose::Prack | Purpose::Info | Purpose::Cancel | Purpose::Server => {}
        }
    }
}

/// Takes over what a response says about the peer itself.
fn learn_peer(session: &mut super::session::Session, r: &Response) {
    if r.headers.get(&Name::Allow).is_some() {
        session.allows_update = r.headers.lists(&Name::Allow, "UPDATE");
    }
    for name in [Name::Server, Name::UserAgent] {
        if let Some(agent) = r.headers.get(&name) {
            session.agent = agent.to_owned();
        }
    }
}
