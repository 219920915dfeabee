//! A call of a phone: made or taken, held, ended.

use crate::digits::{self, DigitsBy};
use crate::media::{self, MediaPlan, PTIME_MS};
use crate::phone::{EndedBy, NUMBER_BYTES_MAX, Phone, PhoneError, PhoneEvent, Timer};
use crate::settings::{Answering, HoldForm};
use switchroom_sip::endpoint::{Ended, Incoming, Invite, NewOffer, SessionEvent, SessionId};
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::message::Response;
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::sdp::{Description, Direction, Local};
use switchroom_sip::status::Status;
use switchroom_sip::time::Mono;
use switchroom_sip::uri::Uri;

/// Where a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// We called and wait.
    Calling,
    /// We ring.
    Ringing,
    /// We answered; the other side has not acknowledged it yet.
    Answered,
    /// Both sides know.
    Up,
}

/// A call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) session: SessionId,
    stage: Stage,
    /// Our description as the other side knows it.
    local: Local,
    /// What we offered in its place, and the hold that goes with it.
    proposed: Option<(Local, Option<HoldForm>)>,
    /// The other side's.
    remote: Option<Description>,
    pub(crate) plan: Option<MediaPlan>,
    hold: Option<HoldForm>,
    /// The number of the other side, as it was dialled or shown.
    peer: String,
}

impl Call {
    pub(crate) fn is_up(&self) -> bool {
        self.stage == Stage::Up
    }

    /// Whether we hold the other side.
    pub(crate) fn is_held(&self) -> bool {
        self.hold.is_some()
    }

    pub(crate) fn peer(&self) -> &str {
        &self.peer
    }
}

/// Whether a number can be sent.
fn is_number(number: &str) -> bool {
    !number.is_empty() && number.len() <= NUMBER_BYTES_MAX && number.bytes().all(|b| b.is_ascii_graphic())
}

impl Phone {
    /// Calls a number.
    ///
    /// # Errors
    /// [`PhoneError::InCall`], [`PhoneError::NotConnected`], or [`PhoneError::BadNumber`] if the number is empty, too
    /// long or not printable.
    pub fn call(&mut self, now: Mono, number: &str) -> Result<(), PhoneError> {
        if self.call.is_some() || self.second.is_some() && !self.is_aside {
            return Err(PhoneError::InCall);
        }
        if !self.is_connected {
            return Err(PhoneError::NotConnected);
        }
        if !is_number(number) {
            return Err(PhoneError::BadNumber);
        }
        let uri = Uri::sip(number, &self.settings.domain, None);
        let own = Uri::sip(&self.settings.user, &self.settings.domain, None);
        let local = self.describe();
        let mut headers = Headers::default();
        if self.settings.demands_reliable {
            headers.push(Name::Require, "100rel");
        }
        let session = self.endpoint.invite(
            now,
            Invite {
                flow: self.flow,
                uri: uri.clone(),
                from: NameAddr::named(&self.settings.display_name, own),
                to: NameAddr::bare(uri),
                contact_user: self.settings.user.clone(),
                sdp: (!self.settings.late_offer).then(|| local.offer()),
                max_forwards: 70,
                headers,
            },
        );
        if self.endpoint.flow_of(session).is_none() {
            return Err(PhoneError::BadNumber);
        }
        self.take_call(session, Stage::Calling, local, None, number);
        self.pump(now);
        Ok(())
    }

    /// Answers the call that comes in.
    ///
    /// # Errors
    /// [`PhoneError::NoCall`] if none does.
    pub fn answer(&mut self, now: Mono) -> Result<(), PhoneError> {
        let call = self.call.as_mut().filter(|c| c.stage == Stage::Ringing).ok_or(PhoneError::NoCall)?;
        self.timers.cancel(Timer::Answer);
        call.stage = Stage::Answered;
        let sdp = match &call.remote {
            Some(offer) => call.local.answer(offer),
            None => call.local.offer(),
        };
        self.endpoint.answer(now, call.session, sdp);
        self.pump(now);
        Ok(())
    }

    /// Refuses the call that comes in.
    ///
    /// # Errors
    /// [`PhoneError::NoCall`] if none does, or the status is no refusal.
    pub fn decline(&mut self, now: Mono, status: Status) -> Result<(), PhoneError> {
        let call = self.call.as_ref().filter(|c| c.stage == Stage::Ringing).ok_or(PhoneError::NoCall)?;
        if status.code() < 400 {
            return Err(PhoneError::NoCall);
        }
        self.endpoint.reject(now, call.session, status, &Headers::default());
        self.over(EndedBy::Us, Some(status), None);
        self.pump(now);
        Ok(())
    }

    /// Ends the call, whatever it is doing.
    ///
    /// # Errors
    /// [`PhoneError::NoCall`] if there is none.
    pub fn hang_up(&mut self, now: Mono) -> Result<(), PhoneError> {
        let session = self.call.as_ref().ok_or(PhoneError::NoCall)?.session;
        self.endpoint.hang_up(now, session, None);
        self.over(EndedBy::Us, None, None);
        self.pump(now);
        Ok(())
    }

    /// Holds the other side.
    ///
    /// # Errors
    /// [`PhoneError::NoCall`] without a call that is up; [`PhoneError::NotNow`] while another change is under way.
    pub fn hold(&mut self, now: Mono, form: HoldForm) -> Result<(), PhoneError> {
        self.change(now, Some(form))
    }

    /// Talks again.
    ///
    /// # Errors
    /// As [`Phone::hold`].
    pub fn resume(&mut self, now: Mono) -> Result<(), PhoneError> {
        self.change(now, None)
    }

    /// Talks again, by asking the other side for its offer.
    ///
    /// # Errors
    /// As [`Phone::hold`].
    pub fn resume_asking(&mut self, now: Mono) -> Result<(), PhoneError> {
        let call = self.call.as_mut().filter(|c| c.is_up()).ok_or(PhoneError::NoCall)?;
        self.endpoint.ask_offer(now, call.session).map_err(|_| PhoneError::NotNow)?;
        Ok(())
    }

    /// Asks the other side to talk to another number instead. What comes of it is told as the end of the call, or not.
    ///
    /// # Errors
    /// [`PhoneError::NoCall`] without a call that is up, [`PhoneError::BadNumber`] as [`Phone::call`].
    pub fn transfer(&mut self, now: Mono, number: &str) -> Result<(), PhoneError> {
        if !is_number(number) {
            return Err(PhoneError::BadNumber);
        }
        let to = Uri::sip(number, &self.settings.domain, None);
        let call = self.call.as_ref().filter(|c| c.is_up()).ok_or(PhoneError::NoCall)?;
        self.endpoint.refer(now, call.session, &to, None);
        Ok(())
    }

    fn change(&mut self, now: Mono, hold: Option<HoldForm>) -> Result<(), PhoneError> {
        let rtp = self.rtp;
        let call = self.call.as_mut().filter(|c| c.is_up()).ok_or(PhoneError::NoCall)?;
        let mut local = call.local.clone();
        local.version += 1;
        media::set_hold(&mut local, rtp, hold);
        let offer = NewOffer(local.offer());
        self.endpoint.offer(now, call.session, offer).map_err(|_| PhoneError::NotNow)?;
        call.proposed = Some((local, hold));
        Ok(())
    }

    /// Our description at the beginning of a call.
    fn describe(&mut self) -> Local {
        Local {
            // Readers differ in how large a number they take; 31 bits are safe.
            session_id: self.rng.bits() >> 33,
            version: 1,
            rtp: self.rtp,
            formats: media::offered(&self.settings.codecs),
            direction: Direction::SendRecv,
            ptime_ms: PTIME_MS,
        }
    }

    fn take_call(
        &mut self,
        session: SessionId,
        stage: Stage,
        local: Local,
        remote: Option<Description>,
        peer: &str,
    ) {
        let plan = remote.as_ref().and_then(|remote| media::plan(&local, remote));
        let peer = peer.to_owned();
        self.call = Some(Call { session, stage, local, proposed: None, remote, plan, hold: None, peer });
    }

    /// Somebody calls.
    pub(crate) fn on_invite(&mut self, now: Mono, incoming: Incoming) {
        if incoming.request.headers.get(&Name::Replaces).is_some() {
            // It gives no call up to another phone (RFC 3891 §3).
            return self.answer_outside(now, &incoming, Status::NO_SUCH_CALL);
        }
        let from = incoming.request.from();
        let number = from.as_ref().map(|f| f.uri.display_user()).unwrap_or_default();
        let name = from.as_ref().map(NameAddr::display_name).unwrap_or_default();
        let sdp = incoming.request.sdp();
        let user = self.settings.user.clone();
        let Some(session) = self.endpoint.take_invite(now, incoming, &user) else { return };
        if self.is_in_call() {
            return self.endpoint.reject(now, session, Status::BUSY, &Headers::default());
        }
        let mut local = self.describe();
        let offer = match sdp.as_deref().map(Description::parse) {
            None => None,
            Some(offer) => {
                let common = offer.ok().and_then(|o| Some((media::answered(&self.settings.codecs, &o)?, o)));
                let Some((formats, offer)) = common else {
                    return self.endpoint.reject(
                        now,
                        session,
                        Status::NOT_ACCEPTABLE_HERE,
                        &Headers::default(),
                    );
                };
                local.formats = formats;
                media::narrow(&mut local, &offer);
                Some(offer)
            }
        };
        self.take_call(session, Stage::Ringing, local, offer, &number);
        self.tell(PhoneEvent::Incoming { from: number, name });
        match self.settings.answering {
            Answering::Busy => self.refuse(now, Status::BUSY),
            Answering::Decline => self.refuse(now, Status::DECLINE),
            Answering::Never => self.ring(now),
            Answering::After(wait) => {
                self.ring(now);
                self.timers.set(Timer::Answer, now.after(wait));
            }
        }
    }

    fn refuse(&mut self, now: Mono, status: Status) {
        // There is a call that rings: it was taken a moment ago.
        let _ = self.decline(now, status);
    }

    fn ring(&mut self, now: Mono) {
        let Some(call) = &self.call else { return };
        let sound = call.remote.as_ref().filter(|_| self.settings.early_media).map(|o| call.local.answer(o));
        let (session, plan) = (call.session, call.plan.clone());
        match (sound, plan) {
            (Some(sdp), Some(plan)) => {
                self.endpoint.progress(now, session, Status::SESSION_PROGRESS, Some(sdp));
                self.tell(PhoneEvent::EarlyMedia(plan));
            }
            _ => self.endpoint.progress(now, session, Status::RINGING, None),
        }
    }

    /// Something happened in a session.
    pub(crate) fn on_session(&mut self, now: Mono, id: SessionId, event: SessionEvent) {
        if self.second.as_ref().is_some_and(|c| c.session == id) {
            return self.aside(|phone| phone.on_session(now, id, event));
        }
        if self.call.as_ref().is_none_or(|c| c.session != id) {
            // A call that we ended: the endpoint brings it to its end.
            return;
        }
        match event {
            SessionEvent::Progress(_, Some(sdp)) => self.on_early(&sdp),
            SessionEvent::Progress(status, None) => {
                if status == Status::RINGING {
                    self.tell(PhoneEvent::Ringing);
                }
            }
            SessionEvent::Answered(sdp) => self.on_answered(now, sdp),
            SessionEvent::Confirmed(sdp) => self.on_confirmed(now, sdp),
            SessionEvent::Rejected(response) => self.on_rejected(&response),
            SessionEvent::Offer(sdp) => self.on_offer(now, sdp),
            SessionEvent::OfferAnswered(sdp) => self.on_offer_answered(sdp),
            SessionEvent::OfferRefused(status) => {
                if let Some(call) = &mut self.call {
                    call.proposed = None;
                    self.tell(PhoneEvent::ChangeRefused(status));
                }
            }
            SessionEvent::OfferAsked(sdp) => self.on_offer_asked(now, &sdp),
            SessionEvent::Info(kind, body) => {
                if let Some(digit) = digits::read(&kind, &body) {
                    self.tell(PhoneEvent::Digit { digit, by: DigitsBy::Info });
                }
            }
            // This phone calls nobody because another says so.
            SessionEvent::Referred(_) => self.endpoint.answer_refer(now, id, Err(Status::DECLINE)),
            // The exchange hangs up when it is done.
            SessionEvent::ReferNews(_) => {}
            SessionEvent::Ended(how) => self.on_ended(how),
        }
    }

    fn on_early(&mut self, sdp: &[u8]) {
        let Some(call) = &mut self.call else { return };
        let Ok(remote) = Description::parse(sdp) else { return };
        let plan = media::plan(&call.local, &remote);
        call.remote = Some(remote);
        let Some(plan) = plan.filter(|plan| call.plan.as_ref() != Some(plan)) else { return };
        call.plan = Some(plan.clone());
        self.tell(PhoneEvent::EarlyMedia(plan));
    }

    /// Our call was answered. Without a description in the answer that of the early media counts.
    fn on_answered(&mut self, now: Mono, sdp: Option<Vec<u8>>) {
        let Some(call) = &mut self.call else { return };
        if self.settings.late_offer {
            return self.answer_late(now, sdp.as_deref());
        }
        if let Some(sdp) = sdp {
            call.remote = Description::parse(&sdp).ok();
        }
        self.up(now);
    }

    /// The answer to our call without an offer holds one: ours goes into the ACK.
    fn answer_late(&mut self, now: Mono, sdp: Option<&[u8]>) {
        let Some(call) = &mut self.call else { return };
        let session = call.session;
        let offer = sdp.and_then(|sdp| Description::parse(sdp).ok());
        let formats = offer.as_ref().and_then(|offer| media::answered(&self.settings.codecs, offer));
        if let (Some(offer), Some(formats)) = (&offer, formats) {
            call.local.formats = formats;
            media::narrow(&mut call.local, offer);
            self.endpoint.answer_asked(now, session, call.local.answer(offer));
        }
        call.remote = offer;
        self.up(now);
    }

    /// The other side's offer that [`Phone::resume_asking`] asked for: answered in the ACK, both ways.
    fn on_offer_asked(&mut self, now: Mono, sdp: &[u8]) {
        let rtp = self.rtp;
        let codecs = self.settings.codecs.clone();
        let Some(call) = &mut self.call else { return };
        let session = call.session;
        let offer = Description::parse(sdp).ok();
        let formats = offer.as_ref().and_then(|offer| media::answered(&codecs, offer));
        let (Some(offer), Some(formats)) = (offer, formats) else {
            // Nothing can be answered, and the other side waits for it: the call cannot go on.
            let reason = "SIP;cause=488;text=\"No codec in common\"";
            self.endpoint.hang_up(now, session, Some(reason.into()));
            return self.over(EndedBy::Us, Some(Status::NOT_ACCEPTABLE_HERE), Some(reason.into()));
        };
        let mut local = call.local.clone();
        local.version += 1;
        local.formats = formats;
        call.hold = None;
        media::set_hold(&mut local, rtp, None);
        media::narrow(&mut local, &offer);
        self.endpoint.answer_asked(now, session, local.answer(&offer));
        self.agreed(local, Some(offer));
    }

    /// Our answer was acknowledged.
    fn on_confirmed(&mut self, now: Mono, sdp: Option<Vec<u8>>) {
        let Some(call) = &mut self.call else { return };
        if let Some(sdp) = sdp {
            call.remote = Description::parse(&sdp).ok();
        }
        self.up(now);
    }

    fn up(&mut self, now: Mono) {
        let Some(call) = &mut self.call else { return };
        let plan = call.remote.as_ref().and_then(|remote| media::plan(&call.local, remote));
        let Some(plan) = plan else {
            let reason = "SIP;cause=488;text=\"No codec in common\"";
            let session = call.session;
            self.endpoint.hang_up(now, session, Some(reason.into()));
            return self.over(EndedBy::Us, Some(Status::NOT_ACCEPTABLE_HERE), Some(reason.into()));
        };
        call.stage = Stage::Up;
        call.plan = Some(plan.clone());
        self.tell(PhoneEvent::Up(plan));
    }

    /// The other side wants something changed, or asks what we would like.
    fn on_offer(&mut self, now: Mono, sdp: Option<Vec<u8>>) {
        let rtp = self.rtp;
        let codecs = self.settings.codecs.clone();
        let Some(call) = &mut self.call else { return };
        let session = call.session;
        let mut local = call.local.clone();
        local.version += 1;
        media::set_hold(&mut local, rtp, call.hold);
        let Some(sdp) = sdp else {
            let offer = local.offer();
            call.proposed = Some((local, call.hold));
            return self.endpoint.answer_offer(now, session, Ok(offer));
        };
        let common = Description::parse(&sdp).ok().and_then(|o| Some((media::answered(&codecs, &o)?, o)));
        let Some((formats, offer)) = common else {
            return self.endpoint.answer_offer(now, session, Err(Status::NOT_ACCEPTABLE_HERE));
        };
        local.formats = formats;
        media::narrow(&mut local, &offer);
        self.endpoint.answer_offer(now, session, Ok(local.answer(&offer)));
        self.agreed(local, Some(offer));
    }

    fn on_offer_answered(&mut self, sdp: Option<Vec<u8>>) {
        let Some(call) = &mut self.call else { return };
        let remote = sdp.and_then(|sdp| Description::parse(&sdp).ok());
        let local = match call.proposed.take() {
            Some((local, hold)) => {
                call.hold = hold;
                local
            }
            // The session was only refreshed.
            None => call.local.clone(),
        };
        self.agreed(local, remote);
    }

    /// Takes over what was agreed and tells of it if it makes a difference.
    fn agreed(&mut self, local: Local, remote: Option<Description>) {
        let Some(call) = &mut self.call else { return };
        call.local = local;
        if remote.is_some() {
            call.remote = remote;
        }
        let plan = call.remote.as_ref().and_then(|remote| media::plan(&call.local, remote));
        let Some(plan) = plan.filter(|plan| call.plan.as_ref() != Some(plan)) else { return };
        call.plan = Some(plan.clone());
        if call.is_up() {
            self.tell(PhoneEvent::MediaChanged(plan));
        }
    }

    fn on_rejected(&mut self, response: &Response) {
        let reason = response.headers.get(&Name::Reason).map(str::to_owned);
        let silent = [Status::REQUEST_TIMEOUT, Status::SERVICE_UNAVAILABLE].contains(&response.status)
            && response.to_tag().is_none();
        let by = if silent { EndedBy::Network } else { EndedBy::Peer };
        self.over(by, Some(response.status), reason);
    }

    fn on_ended(&mut self, how: Ended) {
        let (by, status, reason) = match how {
            Ended::Bye(reason) => (EndedBy::Peer, None, reason),
            Ended::Cancelled(reason) => (EndedBy::Peer, Some(Status::TERMINATED), reason),
            Ended::NoAck => (EndedBy::Network, None, Some("our answer was never acknowledged".into())),
            Ended::Expired => (EndedBy::Network, None, Some("the session was not refreshed".into())),
            Ended::Gone(status) => (EndedBy::Network, Some(status), Some("the other side is gone".into())),
            Ended::Lost => (EndedBy::Network, None, Some("the connection was lost".into())),
            Ended::NoPrack => (EndedBy::Network, None, Some("our ringing was never acknowledged".into())),
        };
        self.over(by, status, reason);
    }

    /// The call is over.
    fn over(&mut self, by: EndedBy, status: Option<Status>, reason: Option<String>) {
        if !self.is_aside {
            self.timers.cancel(Timer::Answer);
        }
        self.call = None;
        self.tell(PhoneEvent::Ended { by, status, reason });
    }
}
