//! One endpoint with one session, and a peer that is written by hand: brings the session into each of its states and
//! makes each thing happen to it.

use crate::dialog::Dialog;
use crate::endpoint::chart::{Happening, SessionState};
use crate::endpoint::session::Phase;
use crate::endpoint::tests::SDP;
use crate::endpoint::*;
use crate::message::Message;
use crate::name_addr::NameAddr;
use crate::transaction::{Up, cancel_for};

/// Why a thing cannot happen in a state.
pub(super) type Why = &'static str;

/// No request of ours waits for such a response.
const UNSENT: Why = "unsent";
/// No such deadline is set.
const UNARMED: Why = "unarmed";
/// The peer has no INVITE that it could cancel, or no dialog to send requests in.
const UNASKED: Why = "unasked";

pub(super) struct Lab {
    pub(super) e: Endpoint,
    pub(super) now: Mono,
    pub(super) id: SessionId,
    /// The session's dialog as it last was.
    dialog: Option<Dialog>,
    /// What we sent, all of it.
    sent: Vec<Message>,
    /// The peer's last INVITE.
    invite: Option<Request>,
    /// Number of the peer's last request.
    cseq: u32,
    /// What is to happen: some states are reached by another way for it, so that it can.
    aim: Happening,
}

fn flow() -> Flow {
    Flow {
        transport: Transport::Udp,
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: "192.0.2.2:5060".parse().unwrap(),
        connection: 0,
    }
}

impl Lab {
    fn new(has_credentials: bool) -> Self {
        let settings = Settings {
            agent: "t".into(),
            session_expires: Duration::from_secs(1800),
            external: None,
            local_networks: vec![],
            credentials: has_credentials.then(|| ("101".into(), "secret".into())),
        };
        let e = Endpoint::new(settings, Rng::from_number(7));
        Self {
            e,
            now: Mono(0),
            id: SessionId(0),
            dialog: None,
            sent: vec![],
            invite: None,
            cseq: 10,
            aim: Happening::PeerAck,
        }
    }

    /// What must have come before some events: a REFER of the peer, or of ours.
    fn refer_before(&mut self) {
        use Happening as H;
        let is_notify = |m: &Message| matches!(m, Message::Request(r) if r.method == Method::Notify);
        if self.sent.iter().any(is_notify) {
            return;
        }
        let is_of_theirs = |name: &str| name.contains("Refer") && name.starts_with("Do");
        match self.aim {
            aim if is_of_theirs(aim.name()) || aim.name().starts_with("Notify") => {
                _ = self.happen(H::PeerRefer);
                if !matches!(aim, H::DoAcceptRefer | H::DoRefuseRefer) {
                    self.e.answer_refer(self.now, self.id, Ok(()));
                }
            }
            H::PeerNotify => self.e.refer(self.now, self.id, &Uri::sip("103", "h", None), None),
            _ => {}
        }
    }

    /// A session in that state.
    pub(super) fn at(state: SessionState, event: Happening) -> Self {
        use Happening as H;
        let mut lab = Self::new(matches!(event, H::InviteChallenge | H::Challenged));
        lab.aim = event;
        lab.id = lab.reach(state);
        lab.rest();
        lab.refer_before();
        lab.rest();
        assert_eq!(lab.e.state_of(lab.id), state);
        assert_eq!(lab.e.audit(), [""; 0], "{}", state.name());
        lab
    }

    fn reach(&mut self, state: SessionState) -> SessionId {
        use {Happening as H, SessionState as S};
        let (now, aim) = (self.now, self.aim);
        let is_about = |what: &str| aim.name().starts_with(what);
        match state {
            S::Incoming => self.called(Some(SDP), false),
            S::IncomingAwaitsPrack => {
                let id = self.called(Some(SDP), true);
                self.e.progress(now, id, Status::SESSION_PROGRESS, Some(SDP.to_vec()));
                id
            }
            S::IncomingAnswerWaits => self.then(S::IncomingAwaitsPrack, H::DoAnswer),
            S::IncomingDescribed => self.then(S::IncomingAwaitsPrack, H::PeerPrack),
            S::IncomingAsked => self.then(S::IncomingDescribed, H::PeerUpdate),
            S::Calling => self.calling(Some(SDP)),
            S::CallingHeard => self.then(S::Calling, H::InviteReliable),
            S::CallingCancelWanted => self.then(S::Calling, H::DoHangUp),
            S::CallingCancelled => self.then(S::CallingHeard, H::DoHangUp),
            S::UpAwaitsAck => {
                let id = self.then(S::Incoming, H::DoAnswer);
                self.e.info(now, id, "text/plain", vec![b'x']);
                id
            }
            S::UpAwaitsAnswer => {
                let id = self.called(None, false);
                self.e.answer(now, id, SDP.to_vec());
                self.e.info(now, id, "text/plain", vec![b'x']);
                id
            }
            S::UpAwaitsAckAsked => self.then(S::UpAwaitsAck, H::PeerUpdate),
            S::UpHangUpWaits => self.then(S::UpAwaitsAck, H::DoHangUp),
            S::UpOwesAnswer if is_about("Reinvite") => self.then(S::UpAsks, H::ReinviteSuccess),
            S::UpOwesAnswer => {
                let id = self.calling(None);
                self.id = id;
                if is_about("Prack") {
                    self.happen(H::InviteReliable).unwrap();
                    self.rest();
                }
                self.happen(H::InviteSuccess).unwrap();
                self.e.info(now, id, "text/plain", vec![b'x']);
                id
            }
            S::Up => {
                let id = if is_about("PeerCancel") {
                    // There must be an INVITE of the peer, if an answered one.
                    self.then(S::UpAwaitsAck, H::PeerAck)
                } else {
                    self.then(S::CallingHeard, H::InviteSuccess)
                };
                self.e.info(now, id, "text/plain", vec![b'x']);
                if is_about("Notify") {
                    (self.id, self.dialog) = (id, self.e.sessions.get(&id).map(|s| s.dialog.clone()));
                    self.refer_before();
                }
                if is_about("Reinvite") {
                    // One that was answered, so that its answer can come again.
                    _ = self.e.offer(now, id, NewOffer(SDP.to_vec()));
                    self.rest();
                    self.happen(H::ReinviteSuccess).unwrap();
                }
                id
            }
            S::UpOffers => self.then(S::Up, H::DoOffer),
            S::UpAsks => self.then(S::Up, H::DoAskOffer),
            S::UpRefreshes => self.then(S::Up, H::TimerSession),
            S::UpGlareWait => self.then(S::UpOffers, H::ReinviteGlare),
            S::UpAsked => self.then(S::Up, H::PeerInvite),
            S::UpAskedGlareWait => self.then(S::UpGlareWait, H::PeerInvite),
            S::UpReanswered if aim == H::TimerGlare => self.then(S::UpAskedGlareWait, H::DoAcceptOffer),
            S::UpReanswered => self.then(S::UpAsked, H::DoAcceptOffer),
            S::UpReansweredOffer => {
                let before = if aim == H::TimerGlare { S::UpGlareWait } else { S::Up };
                self.then(before, H::PeerInviteEmpty);
                self.happen(H::DoAcceptOffer).unwrap();
                self.id
            }
            S::Ending if is_about("Cancel") => self.then(S::CallingCancelled, H::InviteSuccess),
            S::Ending => self.then(S::Up, H::DoHangUp),
            S::EndingOffers => self.then(S::UpOffers, H::DoHangUp),
            // Of a session that is over, requests may still be under way.
            S::Gone if is_about("Bye") => self.then(S::Ending, H::PeerBye),
            S::Gone if is_about("Cancel") => self.then(S::CallingCancelled, H::InviteFailure),
            S::Gone if is_about("Refresh") => self.then(S::UpRefreshes, H::PeerBye),
            S::Gone if !is_about("Invite") => self.then(S::UpOffers, H::PeerBye),
            S::Gone => self.then(S::CallingHeard, H::PeerBye),
        }
    }

    fn then(&mut self, state: SessionState, event: Happening) -> SessionId {
        self.id = self.reach(state);
        self.rest();
        assert_eq!(self.e.state_of(self.id), state);
        self.happen(event).unwrap();
        self.id
    }

    /// Takes note of what was sent, and forgets what was told.
    fn rest(&mut self) {
        self.poll();
    }

    /// What was sent and told since the last time.
    pub(super) fn poll(&mut self) -> (Vec<Message>, Vec<Event>) {
        let mut sent = vec![];
        while let Some(t) = self.e.poll_transmit() {
            sent.push(Message::parse(&t.bytes).unwrap());
        }
        self.sent.extend(sent.iter().cloned());
        if let Some(session) = self.e.sessions.get(&self.id) {
            self.dialog = Some(session.dialog.clone());
        }
        (sent, std::iter::from_fn(|| self.e.poll_event()).collect())
    }

    fn called(&mut self, sdp: Option<&[u8]>, reliable: bool) -> SessionId {
        let mut invite = Request::new(Method::Invite, Uri::sip("102", "h", None));
        invite.headers.push(Name::Via, "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKfirst");
        invite.headers.push(Name::From, "<sip:101@h>;tag=peer");
        invite.headers.push(Name::To, "<sip:102@h>");
        invite.headers.push(Name::CallId, "call");
        invite.headers.push(Name::CSeq, format!("{} INVITE", self.cseq));
        invite.headers.push(Name::Contact, "<sip:101@192.0.2.2:5060>");
        invite.headers.push(Name::Allow, ALLOW);
        if reliable {
            invite.headers.push(Name::Require, "100rel");
        }
        if let Some(sdp) = sdp {
            invite.set_body("application/sdp", sdp.to_vec());
        }
        self.e.receive(self.now, flow(), &invite.print());
        self.invite = Some(invite);
        let Some(Event::Request(incoming)) = self.e.poll_event() else { panic!() };
        self.e.take_invite(self.now, *incoming, "102").unwrap()
    }

    fn calling(&mut self, sdp: Option<&[u8]>) -> SessionId {
        let call = Invite {
            flow: flow(),
            uri: Uri::sip("102", "h", None),
            from: NameAddr::bare(Uri::sip("101", "h", None)),
            to: NameAddr::bare(Uri::sip("102", "h", None)),
            contact_user: "101".into(),
            sdp: sdp.map(<[u8]>::to_vec),
            max_forwards: 70,
            headers: Headers::default(),
        };
        self.id = self.e.invite(self.now, call);
        self.rest();
        self.id
    }

    /// A request of the peer in the session's dialog.
    fn ask(&mut self, method: Method, sdp: bool, extra: &[(Name, &str)]) -> Result<(), Why> {
        let request = self.request(method.clone(), sdp, extra).ok_or(UNASKED)?;
        if method == Method::Invite {
            self.invite = Some(request.clone());
        }
        self.e.receive(self.now, flow(), &request.print());
        Ok(())
    }

    fn request(&mut self, method: Method, sdp: bool, extra: &[(Name, &str)]) -> Option<Request> {
        let dialog = self.dialog.clone()?;
        self.cseq += 1;
        let mut r = Request::new(method.clone(), Uri::sip("x", "192.0.2.1", None));
        r.headers.push(Name::Via, format!("SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKpeer{}", self.cseq));
        let tag = if dialog.remote_tag.is_empty() { "peer" } else { &dialog.remote_tag };
        r.headers.push(Name::From, format!("<{}>;tag={tag}", dialog.remote.uri));
        r.headers.push(Name::To, dialog.local.to_string());
        r.headers.push(Name::CallId, dialog.call_id.clone());
        r.headers.push(Name::CSeq, format!("{} {method}", self.cseq));
        r.headers.push(Name::Contact, "<sip:peer@192.0.2.2:5060>");
        for (name, value) in extra {
            r.headers.set(name.clone(), *value);
        }
        if sdp {
            r.set_body("application/sdp", SDP.to_vec());
        }
        Some(r)
    }

    /// The peer's response to our last request for that purpose.
    fn respond(
        &mut self,
        purpose: Purpose,
        status: Status,
        sdp: bool,
        extra: &[(Name, &str)],
    ) -> Result<(), Why> {
        let method = match purpose {
            Purpose::Invite | Purpose::Reinvite => Method::Invite,
            Purpose::Cancel => Method::Cancel,
            Purpose::Update => Method::Update,
            Purpose::Bye => Method::Bye,
            Purpose::Prack => Method::Prack,
            Purpose::Info => Method::Info,
            Purpose::Notify => Method::Notify,
            Purpose::Server => return Err(UNSENT),
        };
        let is_first = |r: &Request| r.to_tag().is_none();
        let ours = self.sent.iter().rev().filter_map(|m| match m {
            Message::Request(r) if r.method == method => {
                let fits = match purpose {
                    Purpose::Invite => is_first(r),
                    Purpose::Reinvite => !is_first(r),
                    _ => true,
                };
                fits.then(|| r.clone())
            }
            _ => None,
        });
        let ours: Vec<Request> = ours.collect();
        if ours.is_empty() {
            return Err(UNSENT);
        }
        // To the last that takes it: a 2xx may also be the repeated answer to an earlier one.
        let before = self.e.seen.clone();
        for request in ours {
            let mut response = request.response(status, Some("peer"));
            response.headers.push(Name::Contact, "<sip:102@192.0.2.2:5060>");
            response.headers.push(Name::Allow, ALLOW);
            for (name, value) in extra {
                response.headers.push(name.clone(), *value);
            }
            if sdp {
                response.set_body("application/sdp", SDP.to_vec());
            }
            self.e.receive(self.now, flow(), &response.print());
            if self.e.seen != before {
                break;
            }
        }
        Ok(())
    }

    fn notify(&mut self) -> Result<(), Why> {
        let mut request = self.request(Method::Notify, false, &[(Name::Event, "refer")]).ok_or(UNASKED)?;
        request.set_body("message/sipfrag", b"SIP/2.0 180 Ringing\r\n".to_vec());
        self.e.receive(self.now, flow(), &request.print());
        Ok(())
    }

    /// No response comes to our request for that purpose.
    fn silence(&mut self, purpose: Purpose, up: Up) -> Result<(), Why> {
        let owner = Owner::Session(self.id, purpose);
        let found = self.e.txns.waiting_clients().find(|(_, o)| *o == owner);
        let (txn, _) = found.ok_or(UNSENT)?;
        self.lose(txn, owner, up);
        Ok(())
    }

    fn lose(&mut self, txn: TxnId, owner: Owner, up: Up) {
        self.e.txns.drop_now(txn);
        self.e.on_up(self.now, txn, owner, up);
        self.e.flush();
    }

    fn due(&mut self, timer: Timer) -> Result<(), Why> {
        self.e.timers.get((self.id, timer)).ok_or(UNARMED)?;
        self.e.timers.cancel((self.id, timer));
        self.e.on_timer(self.now, self.id, timer);
        self.e.flush();
        Ok(())
    }

    /// A request of ours that is no INVITE and waits.
    fn other(&self) -> Result<Purpose, Why> {
        let waits = |purpose| {
            let owner = Owner::Session(self.id, purpose);
            self.e.txns.waiting_clients().any(|(_, o)| o == owner)
        };
        let purposes = [Purpose::Bye, Purpose::Update, Purpose::Cancel, Purpose::Prack, Purpose::Info];
        purposes.into_iter().find(|p| waits(*p)).ok_or(UNSENT)
    }

    fn ack(&mut self) -> Result<(), Why> {
        let wait = self.e.sessions.get(&self.id).and_then(|s| s.await_ack.as_ref());
        let (number, describes) = wait.map_or((self.cseq, false), |a| (a.cseq, a.is_offer));
        self.ask(Method::Ack, describes, &[(Name::CSeq, &format!("{number} ACK"))])
    }

    fn prack(&mut self, describes: bool) -> Result<(), Why> {
        let rack = match self.e.sessions.get(&self.id).map(|s| &s.phase) {
            Some(Phase::Incoming { last_rseq, invite, .. }) => {
                format!("{last_rseq} {} INVITE", invite.cseq().number)
            }
            _ => "1 10 INVITE".into(),
        };
        self.ask(Method::Prack, describes, &[(Name::RAck, &rack)])
    }

    /// Makes it happen.
    pub(super) fn happen(&mut self, event: Happening) -> Result<(), Why> {
        use Happening as H;
        if event.name().starts_with("Peer") {
            return self.peer(event);
        }
        if event.name().starts_with("Do") {
            self.command(event);
            return Ok(());
        }
        if let Some(timer) = Timer::ALL.iter().find(|t| H::from(**t) == event) {
            return self.due(*timer);
        }
        self.response(event)
    }

    fn peer(&mut self, event: Happening) -> Result<(), Why> {
        use Happening as H;
        match event {
            H::PeerAck => self.ack(),
            H::PeerBye => self.ask(Method::Bye, false, &[]),
            H::PeerCancel => {
                let cancel = cancel_for(self.invite.as_ref().ok_or(UNASKED)?);
                self.e.receive(self.now, flow(), &cancel.print());
                Ok(())
            }
            H::PeerInvite => self.ask(Method::Invite, true, &[]),
            H::PeerInviteEmpty => self.ask(Method::Invite, false, &[]),
            H::PeerUpdate => self.ask(Method::Update, true, &[]),
            H::PeerUpdateEmpty => self.ask(Method::Update, false, &[]),
            H::PeerPrack => self.prack(false),
            H::PeerPrackOffer => self.prack(true),
            H::PeerInfo => self.ask(Method::Info, false, &[]),
            H::PeerOptions => self.ask(Method::Options, false, &[]),
            H::PeerRefer => self.ask(Method::Refer, false, &[(Name::ReferTo, "<sip:103@h>")]),
            H::PeerReferBad => self.ask(Method::Refer, false, &[(Name::ReferTo, "<sip:103@h?Replaces=x>")]),
            H::PeerNotify => self.notify(),
            H::PeerOther => self.ask(Method::Message, false, &[]),
            H::PeerUnfit => self.ask(Method::Info, false, &[(Name::Require, "foo")]),
            H::PeerStale => {
                self.ask(Method::Options, false, &[])?;
                self.rest();
                let number = format!("{} INFO", self.cseq);
                self.ask(Method::Info, false, &[(Name::CSeq, &number)])
            }
            H::PeerForeign => {
                let request = self.request(Method::Info, false, &[]).ok_or(UNASKED)?;
                let foreign = Flow { remote: "203.0.113.66:5060".parse().unwrap(), ..flow() };
                self.e.receive(self.now, foreign, &request.print());
                Ok(())
            }
            _ => panic!("{event:?}"),
        }
    }

    fn response(&mut self, event: Happening) -> Result<(), Why> {
        use {Happening as H, Purpose as P};
        let ask = (Name::WwwAuthenticate, "Digest realm=\"h\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"");
        let min = (Name::MinSe, "3600");
        let reliable = [(Name::Require, "100rel"), (Name::RSeq, "7")];
        match event {
            H::InviteTrying => self.respond(P::Invite, Status::TRYING, false, &[]),
            H::InviteRinging => self.respond(P::Invite, Status::RINGING, false, &[]),
            H::InviteReliable => self.respond(P::Invite, Status::SESSION_PROGRESS, true, &reliable),
            H::InviteSuccess => self.respond(P::Invite, Status::OK, true, &[]),
            H::InviteChallenge => self.respond(P::Invite, Status::UNAUTHORIZED, false, &[ask]),
            H::InviteTooSmall => self.respond(P::Invite, Status::INTERVAL_TOO_SMALL, false, &[min]),
            H::InviteFailure => self.respond(P::Invite, Status::BUSY, false, &[]),
            H::InviteSilence => self.silence(P::Invite, Up::Timeout),
            H::InviteLost => self.silence(P::Invite, Up::Lost),
            H::CancelAnswered => self.respond(P::Cancel, Status::OK, false, &[]),
            H::CancelSilence => self.silence(P::Cancel, Up::Timeout),
            H::CancelLost => self.silence(P::Cancel, Up::Lost),
            H::ReinviteProvisional => self.respond(P::Reinvite, Status::TRYING, false, &[]),
            H::ReinviteSuccess => self.respond(P::Reinvite, Status::OK, true, &[]),
            H::ReinviteGlare => self.respond(P::Reinvite, Status::PENDING, false, &[]),
            H::ReinviteTooSmall => self.respond(P::Reinvite, Status::INTERVAL_TOO_SMALL, false, &[min]),
            H::ReinviteGone => self.respond(P::Reinvite, Status::NO_SUCH_CALL, false, &[]),
            H::ReinviteFailure => self.respond(P::Reinvite, Status::NOT_ACCEPTABLE_HERE, false, &[]),
            H::ReinviteSilence => self.silence(P::Reinvite, Up::Timeout),
            H::ReinviteLost => self.silence(P::Reinvite, Up::Lost),
            H::RefreshSuccess => self.respond(P::Update, Status::OK, false, &[]),
            H::RefreshGlare => self.respond(P::Update, Status::PENDING, false, &[]),
            H::RefreshTooSmall => self.respond(P::Update, Status::INTERVAL_TOO_SMALL, false, &[min]),
            H::RefreshGone => self.respond(P::Update, Status::NO_SUCH_CALL, false, &[]),
            H::RefreshFailure => self.respond(P::Update, Status::SERVER_ERROR, false, &[]),
            H::RefreshSilence => self.silence(P::Update, Up::Timeout),
            H::RefreshLost => self.silence(P::Update, Up::Lost),
            H::ByeAnswered => self.respond(P::Bye, Status::OK, false, &[]),
            H::ByeSilence => self.silence(P::Bye, Up::Timeout),
            H::ByeLost => self.silence(P::Bye, Up::Lost),
            H::PrackSuccess => self.respond(P::Prack, Status::OK, false, &[]),
            H::PrackGone => self.respond(P::Prack, Status::NO_SUCH_CALL, false, &[]),
            H::PrackFailure => self.respond(P::Prack, Status::SERVER_ERROR, false, &[]),
            H::PrackSilence => self.silence(P::Prack, Up::Timeout),
            H::PrackLost => self.silence(P::Prack, Up::Lost),
            H::InfoSuccess => self.respond(P::Info, Status::OK, false, &[]),
            H::InfoGone => self.respond(P::Info, Status::NO_SUCH_CALL, false, &[]),
            H::InfoFailure => self.respond(P::Info, Status::SERVER_ERROR, false, &[]),
            H::InfoSilence => self.silence(P::Info, Up::Timeout),
            H::InfoLost => self.silence(P::Info, Up::Lost),
            H::NotifySuccess => self.respond(P::Notify, Status::OK, false, &[]),
            H::NotifyGone => self.respond(P::Notify, Status::NO_SUCH_CALL, false, &[]),
            H::NotifyFailure => self.respond(P::Notify, Status::SERVER_ERROR, false, &[]),
            H::NotifySilence => self.silence(P::Notify, Up::Timeout),
            H::NotifyLost => self.silence(P::Notify, Up::Lost),
            H::Challenged => self.respond(self.other()?, Status::UNAUTHORIZED, false, &[ask]),
            H::OtherProvisional => self.respond(self.other()?, Status::TRYING, false, &[]),
            H::ServerLost => {
                let owner = Owner::Session(self.id, P::Server);
                let found = self.e.txns.unanswered_servers().find(|(_, o)| *o == owner);
                self.lose(found.ok_or(UNASKED)?.0, owner, Up::Lost);
                Ok(())
            }
            _ => panic!("{event:?}"),
        }
    }

    fn command(&mut self, event: Happening) {
        use Happening as H;
        let (now, id, sdp) = (self.now, self.id, SDP.to_vec());
        match event {
            H::DoProgress => self.e.progress(now, id, Status::RINGING, None),
            H::DoProgressDescribed => self.e.progress(now, id, Status::SESSION_PROGRESS, Some(sdp)),
            H::DoAnswer => self.e.answer(now, id, sdp),
            H::DoReject => self.e.reject(now, id, Status::BUSY, &Headers::default()),
            H::DoHangUp => self.e.hang_up(now, id, None),
            H::DoOffer => _ = self.e.offer(now, id, NewOffer(sdp)),
            H::DoAskOffer => _ = self.e.ask_offer(now, id),
            H::DoAnswerAsked => self.e.answer_asked(now, id, sdp),
            H::DoAcceptOffer => self.e.answer_offer(now, id, Ok(sdp)),
            H::DoRefuseOffer => self.e.answer_offer(now, id, Err(Status::NOT_ACCEPTABLE_HERE)),
            H::DoInfo => self.e.info(now, id, "text/plain", vec![b'x']),
            H::DoAcceptRefer => self.e.answer_refer(now, id, Ok(())),
            H::DoRefuseRefer => self.e.answer_refer(now, id, Err(Status::DECLINE)),
            H::DoTellRefer => self.e.tell_refer(now, id, Status::OK),
            _ => panic!("{event:?}"),
        }
    }

    /// All that is known of the session, as text: whether anything has changed at all.
    pub(super) fn inside(&self) -> String {
        let timers: Vec<_> = Timer::ALL.iter().map(|t| self.e.timers.get((self.id, *t))).collect();
        format!("{:?} {timers:?}", self.e.sessions.get(&self.id))
    }

    /// Whether somebody has given the session up, so that it must end by itself.
    pub(super) fn is_released(&self) -> bool {
        self.e.sessions.get(&self.id).is_none_or(|s| s.is_released)
    }

    pub(super) fn lose_connection(&mut self) {
        self.e.flow_lost(self.now, flow());
    }

    /// Lets time pass with a silent peer.
    pub(super) fn wait(&mut self, span: Duration) {
        let end = self.now.after(span);
        while let Some(at) = self.e.poll_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.e.handle_due(self.now);
            assert_eq!(self.e.audit(), [""; 0]);
        }
        self.now = end;
    }
}
