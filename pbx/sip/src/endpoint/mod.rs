//! A user agent without sockets: transactions, sessions (INVITE usages) and what lies outside of both.
//!
//! The contract: call one of the methods that take `now`, then drain [`Endpoint::poll_transmit`],
//! [`Endpoint::poll_event`] and, if wanted, [`Endpoint::poll_trace`] until each gives `None`, then ask
//! [`Endpoint::poll_timeout`] when to come back. Nothing here asks for the time, sends, or waits.
//!
//! A request outside of every dialog costs nothing until its receiver takes it: it comes up as
//! [`Event::Request`] and is answered without state ([`Endpoint::reply`]) or taken ([`Endpoint::take`],
//! [`Endpoint::take_invite`]). A request inside a dialog but from another source than the dialog's comes up as
//! [`Event::Foreign`] and is only let in ([`Endpoint::admit`]) by who can vouch for it.

mod audit;
mod chart;
mod commands;
mod outside;
mod referring;
mod requests;
mod responses;
mod session;
mod timers;

pub use commands::{Busy, Invite, NewOffer};
pub use referring::Refer;
pub use session::SessionId;

use crate::digest::to_hex;
use crate::flow::{Flow, Transport};
use crate::header::{Headers, Name};
use crate::limits::SESSIONS_MAX;
use crate::message::{Message, ParseError, Request, Response};
use crate::method::Method;
use crate::params::Params;
use crate::rng::Rng;
use crate::status::Status;
use crate::time::{Deadlines, Mono};
use crate::transaction::{Match, Transactions, TxnId};
use crate::uri::{Uri, host_of};
use chart::Seen;
use session::{InviteKey, Session, Timer};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// How an endpoint presents itself.
#[derive(Debug, Clone)]
pub struct Settings {
    /// User-Agent and Server.
    pub agent: String,
    /// Longest session interval we want (RFC 4028), at least 90 s.
    pub session_expires: Duration,
    /// Address that peers outside `local_networks` reach us at, if there is a translation in between.
    pub external: Option<IpAddr>,
    /// Networks (address, prefix length) that reach us as we are.
    pub local_networks: Vec<(IpAddr, u8)>,
    /// User name and password for answering challenges: phones and trunks have them, the exchange has none and never
    /// answers one (class "digest leak").
    pub credentials: Option<(String, String)>,
}

/// A request that nothing has been done about yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Where it came from.
    pub flow: Flow,
    /// The request, its Via stamped with the source.
    pub request: Request,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// What an endpoint tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request outside of every dialog, or a SUBSCRIBE inside one that is no session: those dialogs are kept by who
    /// took the first SUBSCRIBE ([`Endpoint::tag_for`]).
    Request(Box<Incoming>),
    /// A request inside a dialog, but not from where the dialog lives.
    Foreign(SessionId, Box<Incoming>),
    /// Something happened in a session.
    Session(SessionId, SessionEvent),
    /// The answer to a request of [`Endpoint::request_outside`]; `None` if none came.
    Response(u64, Option<Box<Response>>),
}

/// How a session was ended from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The peer said BYE; with its Reason header, if any.
    Bye(Option<String>),
    /// The caller gave up before an answer; with the Reason header of its CANCEL, if any.
    Cancelled(Option<String>),
    /// Our 2xx was never acknowledged.
    NoAck,
    /// The peer did not refresh the session in time.
    Expired,
    /// The peer no longer answers requests in this dialog: the status it gave, 408 if nothing came.
    Gone(Status),
    /// The connection was lost and nothing can be sent.
    Lost,
    /// The peer never acknowledged our reliable provisional response (RFC 3262).
    NoPrack,
}

/// What happens in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// 101–199 to our INVITE, with SDP if it has some.
    Progress(Status, Option<Vec<u8>>),
    /// 2xx to our INVITE. If the INVITE held no offer, this holds one: answer with [`Endpoint::answer_asked`].
    Answered(Option<Vec<u8>>),
    /// 300–699 to our INVITE, 408 if nothing came; the session is over.
    Rejected(Box<Response>),
    /// Our 2xx was acknowledged, with the peer's answer if the offer was ours.
    Confirmed(Option<Vec<u8>>),
    /// The peer proposes a new description, or asks for one of ours (`None`): answer with
    /// [`Endpoint::answer_offer`].
    Offer(Option<Vec<u8>>),
    /// The peer answered our new offer.
    OfferAnswered(Option<Vec<u8>>),
    /// The offer that [`Endpoint::ask_offer`] asked for: answer with [`Endpoint::answer_asked`].
    OfferAsked(Vec<u8>),
    /// The peer refused our new offer; everything stays as it was.
    OfferRefused(Status),
    /// INFO, already answered: content type and body.
    Info(String, Vec<u8>),
    /// The peer refers its other side to somebody (REFER): answer with [`Endpoint::answer_refer`].
    Referred(Box<Refer>),
    /// What came of our REFER so far, or, if final, in the end.
    ReferNews(Status),
    /// The session is over; nothing more will be told of it.
    Ended(Ended),
}

/// A message of a session, for its ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The session.
    pub session: SessionId,
    /// Over what.
    pub flow: Flow,
    /// From the peer.
    pub inbound: bool,
    /// Seen before.
    pub again: bool,
    /// The message.
    pub bytes: Arc<[u8]>,
}

/// Something to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// Over what.
    pub flow: Flow,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

/// Why a transaction exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A request outside of dialogs, with the asker's number.
    Outside(u64),
    /// Nobody waits for what it says.
    Nobody,
    /// A session's, for that purpose.
    Session(SessionId, Purpose),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    Invite,
    Cancel,
    Reinvite,
    Update,
    Bye,
    Prack,
    Info,
    Notify,
    /// Any request of the peer.
    Server,
}

/// Figures of an endpoint since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Datagrams and frames that were no acceptable message.
    pub malformed: u64,
    /// Messages received.
    pub received: u64,
    /// Messages sent, repeats included.
    pub sent: u64,
}

/// A user agent.
#[derive(Debug)]
pub struct Endpoint {
    settings: Settings,
    rng: Rng,
    secret: [u8; 16],
    txns: Transactions<Owner>,
    sessions: BTreeMap<SessionId, Session>,
    /// Sessions by our tag, which is unique.
    by_tag: BTreeMap<String, SessionId>,
    /// Sessions of the peers' INVITEs by what those would have in common with copies of themselves.
    by_invite: BTreeMap<InviteKey, SessionId>,
    timers: Deadlines<(SessionId, Timer)>,
    last_session: u64,
    /// Requests that may have to be repeated with credentials, and how often they were; only kept by who has some.
    answerable: BTreeMap<TxnId, (Box<Request>, u8)>,
    /// Where the response being handled came from.
    responding: Option<Flow>,
    events: VecDeque<Event>,
    transmits: VecDeque<Transmit>,
    traces: VecDeque<Trace>,
    tracing: bool,
    counters: Counters,
    /// What sessions have been through.
    seen: Seen,
}

impl Endpoint {
    /// An endpoint whose tags, branches and waits come from `rng`.
    pub fn new(settings: Settings, mut rng: Rng) -> Self {
        Self {
            settings,
            secret: rng.bytes(),
            rng,
            txns: Transactions::default(),
            sessions: BTreeMap::new(),
            by_tag: BTreeMap::new(),
            by_invite: BTreeMap::new(),
            timers: Deadlines::default(),
            last_session: 0,
            answerable: BTreeMap::new(),
            responding: None,
            events: VecDeque::new(),
            transmits: VecDeque::new(),
            traces: VecDeque::new(),
            tracing: false,
            counters: Counters::default(),
            seen: Seen::default(),
        }
    }

    /// Whether messages of sessions are handed out by [`Endpoint::poll_trace`].
    pub fn set_tracing(&mut self, on: bool) {
        self.tracing = on;
    }

    /// Takes changed settings.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// The next thing to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next message for a ladder.
    pub fn poll_trace(&mut self) -> Option<Trace> {
        self.traces.pop_front()
    }

    /// When [`Endpoint::handle_due`] must be called next.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let session = self.timers.next().map(|(at, _)| at);
        [self.txns.next_deadline(), session].into_iter().flatten().min()
    }

    /// Transactions in progress.
    pub fn transactions(&self) -> usize {
        self.txns.len()
    }

    /// Sessions in progress.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Figures since the start.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Whether new sessions must be refused.
    pub fn is_full(&self) -> bool {
        self.txns.is_full() || self.sessions.len() >= SESSIONS_MAX
    }

    /// Takes one message: a datagram or a frame of a stream.
    pub fn receive(&mut self, now: Mono, flow: Flow, bytes: &[u8]) {
        if bytes.iter().all(|b| matches!(b, b'\r' | b'\n' | 0)) {
            // Keep-alives of NAT bindings (RFC 5626 §4.4.1, and what phones send instead).
            return;
        }
        self.counters.received += 1;
        match Message::parse(bytes) {
            Ok(Message::Request(request)) => self.on_request(now, flow, request, bytes),
            Ok(Message::Response(response)) => self.on_response(now, flow, response, bytes),
            Err(ParseError::NotSip(_)) => self.counters.malformed += 1,
            Err(ParseError::Bad { status, mut request, why }) => {
                self.counters.malformed += 1;
                if request.method != Method::Ack {
                    request.stamp(flow.remote);
                    let mut headers = Headers::default();
                    headers.push(Name::Warning, format!("399 switchroom \"{why}\""));
                    let incoming = Incoming { flow, request: *request, bytes: bytes.into() };
                    self.reply(&incoming, status, &headers);
                }
            }
        }
        self.flush();
    }

    /// The connection of a flow is gone.
    pub fn flow_lost(&mut self, now: Mono, flow: Flow) {
        let mut tell = Vec::new();
        self.txns.flow_lost(now, flow, &mut tell);
        for (id, owner, up) in tell {
            self.on_up(now, id, owner, up);
        }
        self.flush();
    }

    /// All sessions over `old` go on over `new`: for a user agent with one connection.
    pub fn move_flow(&mut self, old: Flow, new: Flow) {
        for session in self.sessions.values_mut().filter(|s| s.flow == old) {
            session.flow = new;
        }
    }

    /// A session goes on over `new`: its phone registered again from there.
    pub fn move_session(&mut self, id: SessionId, new: Flow) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.flow = new;
        }
    }

    /// The peer's Contact in a session.
    pub fn target_of(&self, id: SessionId) -> Option<&Uri> {
        self.sessions.get(&id).map(|s| &s.dialog.target)
    }

    /// Everything that is due.
    pub fn handle_due(&mut self, now: Mono) {
        let mut tell = Vec::new();
        self.txns.handle_due(now, &mut tell);
        for (id, owner, up) in tell {
            self.on_up(now, id, owner, up);
        }
        while let Some((id, timer)) = self.timers.pop_due(now) {
            self.on_timer(now, id, timer);
        }
        self.flush();
    }

    /// Moves what transactions want sent to the outbox.
    fn flush(&mut self) {
        for sent in self.txns.take_sent() {
            if let Owner::Session(session, _) = sent.owner {
                self.trace(session, sent.flow, false, sent.again, &sent.bytes);
            }
            self.counters.sent += 1;
            self.transmits.push_back(Transmit { flow: sent.flow, bytes: sent.bytes });
        }
    }

    /// Sends without a transaction: ACKs and repeated 2xx.
    fn send_plain(&mut self, session: SessionId, flow: Flow, bytes: Arc<[u8]>, again: bool) {
        self.flush();
        self.trace(session, flow, false, again, &bytes);
        self.counters.sent += 1;
        self.transmits.push_back(Transmit { flow, bytes });
    }

    fn trace(&mut self, session: SessionId, flow: Flow, inbound: bool, again: bool, bytes: &Arc<[u8]>) {
        if self.tracing {
            self.traces.push_back(Trace { session, flow, inbound, again, bytes: bytes.clone() });
        }
    }

    fn tell(&mut self, id: SessionId, event: SessionEvent) {
        self.events.push_back(Event::Session(id, event));
    }

    fn on_request(&mut self, now: Mono, flow: Flow, mut request: Request, bytes: &[u8]) {
        request.stamp(flow.remote);
        if request.method == Method::Cancel {
            return self.on_cancel(now, flow, request, bytes);
        }
        match self.txns.match_request(now, &request) {
            Match::Absorbed(txn) => {
                if let Some(Owner::Session(session, _)) = self.txns.owner(txn) {
                    let again = request.method != Method::Ack;
                    self.trace(session, flow, true, again, &bytes.into());
                }
                return;
            }
            Match::Ack(_) | Match::New => {}
        }
        if self.txns.is_full() && !matches!(request.method, Method::Ack | Method::Bye) {
            let mut headers = Headers::default();
            headers.push(Name::RetryAfter, "10");
            let incoming = Incoming { flow, request, bytes: bytes.into() };
            return self.reply(&incoming, Status::SERVICE_UNAVAILABLE, &headers);
        }
        let incoming = Incoming { flow, request, bytes: bytes.into() };
        let tag = incoming.request.tag_in(&Name::To);
        if !tag.is_empty() {
            let found = self.by_tag.get(tag).copied();
            let found =
                found.filter(|id| self.sessions.get(id).is_some_and(|s| s.dialog.matches(&incoming.request)));
            return match found {
                Some(id) => self.on_dialog_request(now, id, incoming),
                None if incoming.request.method == Method::Subscribe => self.on_outside_request(incoming),
                None => self.on_gone_request(&incoming),
            };
        }
        if incoming.request.method == Method::Ack {
            return;
        }
        self.on_outside_request(incoming);
    }

    fn on_outside_request(&mut self, incoming: Incoming) {
        if let Some(refusal) = self.refuse_outside(&incoming) {
            return self.reply(&incoming, refusal.0, &refusal.1);
        }
        self.events.push_back(Event::Request(Box::new(incoming)));
    }

    /// A request inside a dialog that we know nothing of (any more).
    fn on_gone_request(&mut self, incoming: &Incoming) {
        self.note_gone(chart::of_request(incoming));
        if incoming.request.method != Method::Ack {
            self.reply(incoming, Status::NO_SUCH_CALL, &Headers::default());
        }
    }

    /// What every request outside of dialogs is refused for, whoever sends it.
    fn refuse_outside(&self, incoming: &Incoming) -> Option<(Status, Headers)> {
        let request = &incoming.request;
        if request.headers.number(&Name::MaxForwards) == Some(0) {
            return Some((Status::TOO_MANY_HOPS, Headers::default()));
        }
        if let Some(refusal) = refuse_form(request) {
            return Some(refusal);
        }
        if request.method == Method::Invite {
            let (call_id, tag) = (request.call_id(), request.from_tag());
            let loops = self.by_tag.get(&tag).and_then(|id| self.sessions.get(id));
            if loops.is_some_and(|s| s.dialog.call_id == call_id) {
                // An INVITE of our own came back to us.
                return Some((Status::LOOP, Headers::default()));
            }
            if self.by_invite.contains_key(&(call_id.to_owned(), tag, request.cseq().number)) {
                // The same INVITE by another way (§8.2.2.2), be it answered or not.
                return Some((Status::LOOP, Headers::default()));
            }
        }
        None
    }

    /// Answers a request without keeping anything of it, once: for challenges and refusals of strangers. Over UDP, where
    /// a source may be forged, an answer of more than three times the request is not given (class "amplification").
    pub fn reply(&mut self, incoming: &Incoming, status: Status, extra: &Headers) {
        let tag = self.stateless_tag(&incoming.request);
        let mut response = incoming.request.response(status, Some(&tag));
        response.headers.append(extra);
        let bytes = response.print();
        // Whoever sends in another's name must not gain by it (class "reflection"): a request so short that its answer
        // is more than three times as long is no phone's.
        if incoming.flow.transport == Transport::Udp && bytes.len() > 3 * incoming.bytes.len() {
            return;
        }
        self.counters.sent += 1;
        self.transmits.push_back(Transmit { flow: incoming.flow, bytes: bytes.into() });
    }

    /// The To tag that [`Endpoint::respond`] gives to answers of this request, if it has none itself: our tag in a dialog
    /// that the answer opens (RFC 6665 §4.4.1).
    pub fn tag_for(&self, incoming: &Incoming) -> String {
        self.stateless_tag(&incoming.request)
    }

    /// The same tag for the same request each time, so that repeats get the same answer without memory of them.
    fn stateless_tag(&self, request: &Request) -> String {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        hash.update(request.call_id());
        hash.update(request.tag_in(&Name::From));
        hash.update(request.branch());
        to_hex(&hash.finalize()[..7])
    }

    /// Our address as the peer of a flow should see it.
    pub fn advertised(&self, flow: &Flow) -> SocketAddr {
        match self.settings.external {
            Some(external) if !is_local(flow.remote.ip(), &self.settings.local_networks) => {
                SocketAddr::new(external, flow.local.port())
            }
            _ => flow.local,
        }
    }

    /// Our Contact on a flow.
    pub fn contact(&self, flow: &Flow, user: &str) -> String {
        let local = self.advertised(flow);
        let mut uri = Uri::sip(user, &host_of(local.ip()), Some(local.port()));
        if flow.transport == Transport::Tcp {
            uri.params = Params(vec![("transport".into(), Some("tcp".into()))]);
        }
        format!("<{uri}>")
    }

    /// Where a session's requests go.
    pub fn flow_of(&self, id: SessionId) -> Option<Flow> {
        self.sessions.get(&id).map(|s| s.flow)
    }

    /// Call-ID of a session.
    pub fn call_id_of(&self, id: SessionId) -> Option<&str> {
        self.sessions.get(&id).map(|s| s.dialog.call_id.as_str())
    }

    /// User-Agent or Server line of a session's peer, as it stands in the last message that had one.
    pub fn agent_of(&self, id: SessionId) -> Option<&str> {
        self.sessions.get(&id).map(|s| s.agent.as_str())
    }

    /// The timer agreed for a session: its interval and whether we refresh.
    pub fn session_timer_of(&self, id: SessionId) -> Option<(Duration, bool)> {
        self.sessions.get(&id)?.timer.map(|t| (t.interval, t.we_refresh))
    }
}

/// Methods we take, in the order of the Allow header.
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER";

/// What a request is refused for by its form: extensions and bodies we do not know (§8.2.2.3, §8.2.3).
pub(crate) fn refuse_form(request: &Request) -> Option<(Status, Headers)> {
    let unknown: Vec<&str> = request
        .headers
        .elements(&Name::Require)
        .filter(|tag| {
            let known = ["100rel", "timer", "replaces"];
            !known.iter().any(|known| known.eq_ignore_ascii_case(tag))
        })
        .collect();
    let mut headers = Headers::default();
    if !unknown.is_empty() {
        headers.push(Name::Unsupported, unknown.join(", "));
        return Some((Status::BAD_EXTENSION, headers));
    }
    if !request.uri.is_sip() && request.uri.scheme != crate::uri::Scheme::Tel {
        return Some((Status::UNSUPPORTED_SCHEME, headers));
    }
    let describes = matches!(request.method, Method::Invite | Method::Update | Method::Prack);
    if describes && !request.body.is_empty() && !request.has_sdp() {
        let optional =
            request.headers.get(&Name::ContentDisposition).is_some_and(|d| d.contains("handling=optional"));
        if !optional {
            headers.push(Name::Accept, "application/sdp");
            return Some((Status::UNSUPPORTED_MEDIA, headers));
        }
    }
    None
}

/// Whether an address lies in one of the networks, or is one that no translation lies before.
pub fn is_local(ip: IpAddr, networks: &[(IpAddr, u8)]) -> bool {
    if ip.is_loopback() {
        return true;
    }
    networks.iter().any(|(network, prefix)| match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from((*prefix).min(32))).unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from((*prefix).min(128))).unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests;
