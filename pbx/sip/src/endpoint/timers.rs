//! Deadlines of sessions.

use super::session::{Phase, Renewing, Timer};
use super::{Ended, Endpoint, SessionId};
use crate::header::Headers;
use crate::message::Request;
use crate::method::Method;
use crate::status::Status;
use crate::time::Mono;

impl Endpoint {
    pub(super) fn on_timer(&mut self, now: Mono, id: SessionId, timer: Timer) {
        self.note(id, timer.into());
        match timer {
            Timer::RepeatAnswer => self.repeat_answer(now, id),
            Timer::RepeatProvisional => self.repeat_provisional(now, id),
            Timer::NoAck => self.no_ack(now, id),
            Timer::NoPrack => {
                // RFC 3262 §3: the INVITE is refused.
                let released = self.sessions.get(&id).is_none_or(|s| s.is_released);
                self.refuse_call(now, id, Status::SERVER_ERROR, &Headers::default());
                if !released {
                    self.tell(id, super::SessionEvent::Ended(Ended::NoPrack));
                }
            }
            Timer::Session => self.session_due(now, id),
            Timer::Glare => self.try_again(now, id),
            Timer::NoNews => self.no_news(now, id),
            Timer::CancelUnanswered => {
                if let Some(Phase::Calling { txn, .. }) = self.sessions.get(&id).map(|s| &s.phase) {
                    self.txns.drop_now(*txn);
                    self.answerable.remove(txn);
                }
                self.forget(id);
            }
        }
    }

    /// The INVITE is taken back, or the phone would ring on and its answer find nobody (timer C of §16.6).
    fn no_news(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get(&id) else { return };
        let request = Request::new(Method::Invite, session.dialog.target.clone());
        let response = request.response(Status::REQUEST_TIMEOUT, None);
        self.tell(id, super::SessionEvent::Rejected(Box::new(response)));
        self.take_back(now, id);
    }

    fn no_ack(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.await_ack = None;
        let released = std::mem::replace(&mut session.is_released, true);
        if !released {
            self.tell(id, super::SessionEvent::Ended(Ended::NoAck));
        }
        self.send_bye(now, id, Some("SIP;cause=408;text=\"ACK missing\"".into()));
    }

    /// Half the interval has passed and we refresh, or nearly all of it and the peer did not.
    fn session_due(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(timer) = session.timer else { return };
        if !matches!(session.phase, Phase::Up) {
            return;
        }
        if !timer.we_refresh {
            let released = std::mem::replace(&mut session.is_released, true);
            if !released {
                self.tell(id, super::SessionEvent::Ended(Ended::Expired));
            }
            return self.send_bye(now, id, Some("SIP;cause=408;text=\"Session expired\"".into()));
        }
        // Should no answer come, its transaction gives up after 32 s, well before the other half is over.
        self.timers.set((id, Timer::Session), now.after(timer.wait()));
        if session.is_busy() || session.renewing.is_some() {
            return;
        }
        let sdp = session.described.clone();
        session.renewing = Some(Renewing { sdp, is_refresh: true, by_update: false, waits: false, tries: 0 });
        self.send_renewal(now, id);
    }
}
