//! REFER inside a session and the news of what came of it (RFC 3515, RFC 4488): the peer asks us to connect its other side
//! with somebody else. The subscription that a REFER opens lives as long as its session, and ends with the last word.

use super::chart::Happening;
use super::session::Phase;
use super::{Endpoint, Incoming, Owner, Purpose, SessionEvent, SessionId};
use crate::header::{Headers, Name, parse_number};
use crate::message::Request;
use crate::method::Method;
use crate::name_addr::NameAddr;
use crate::replaces::Replaces;
use crate::status::Status;
use crate::time::Mono;
use crate::transaction::TxnId;
use crate::uri::Uri;
use std::sync::Arc;

/// How long a subscription is said to last; it ends with the last word, which comes before.
const NEWS_SECONDS: u32 = 300;

/// What the peer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refer {
    /// Whom its other side is to be connected with.
    pub to: Uri,
    /// The dialog of its own that the other end of is meant (RFC 3891).
    pub replaces: Option<Replaces>,
    /// Who refers, in the peer's own words (RFC 3892).
    pub referred_by: Option<String>,
}

/// A REFER that waits for our answer, and whether its sender wants to be told what comes of it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) txn: TxnId,
    request: Arc<Request>,
    wants_news: bool,
}

/// Both directions of REFER in a session.
#[derive(Debug, Default)]
pub(crate) struct Referring {
    /// The peer's, until it is answered.
    pub(crate) asked: Option<Asked>,
    /// The CSeq of the peer's REFER whose sender is told what comes of it.
    pub(crate) tells: Option<u32>,
    /// We have sent one, so that the peer may tell us what comes of it.
    pub(crate) is_told: bool,
}

impl Endpoint {
    /// The peer refers its other side to somebody.
    pub(super) fn on_refer(&mut self, now: Mono, id: SessionId, incoming: Incoming) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let is_up = matches!(session.phase, Phase::Up) && !session.is_released;
        if !is_up || session.referring.asked.is_some() {
            return self.refuse(now, id, &incoming, Status::PENDING, Headers::default());
        }
        let refer = match wanted(&incoming.request) {
            Ok(refer) => Box::new(refer),
            Err(status) => return self.refuse(now, id, &incoming, status, Headers::default()),
        };
        let wants_news = !incoming.request.headers.get(&Name::ReferSub).is_some_and(is_false);
        let txn = self.txns.accept(incoming.flow, &incoming.request, Owner::Session(id, Purpose::Server));
        let asked = Asked { txn, request: Arc::new(incoming.request), wants_news };
        if let Some(session) = self.sessions.get_mut(&id) {
            session.referring.asked = Some(asked);
            self.tell(id, SessionEvent::Referred(refer));
        }
    }

    /// Answers the peer's REFER: taken (202), and the peer is told that it is tried; or refused.
    pub fn answer_refer(&mut self, now: Mono, id: SessionId, answer: Result<(), Status>) {
        self.note(id, if answer.is_ok() { Happening::DoAcceptRefer } else { Happening::DoRefuseRefer });
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(Asked { txn, request, wants_news }) = session.referring.asked.take() else { return };
        let status = match answer {
            Ok(()) => Status::ACCEPTED,
            Err(status) => status,
        };
        if answer.is_ok() {
            // A later REFER takes the place of the one before it.
            session.referring.tells = wants_news.then(|| request.cseq().number);
        }
        let mut response = self.response_in(id, &request, status);
        if answer.is_ok() {
            response.headers.push(Name::Contact, self.contact_of(id));
            if !wants_news {
                response.headers.push(Name::ReferSub, "false");
            }
        }
        self.txns.respond(now, txn, &response);
        if answer.is_ok() {
            self.send_news(now, id, Status::TRYING, false);
        }
        self.flush();
    }

    /// Tells the peer what came of its REFER; a final status is the last word. Nothing is told to who does not want to know.
    pub fn tell_refer(&mut self, now: Mono, id: SessionId, status: Status) {
        self.note(id, Happening::DoTellRefer);
        self.send_news(now, id, status, status.is_final());
        self.flush();
    }

    /// Tells the peer that there is no more news of its REFER, and of no outcome: to many phones success means that they hang
    /// up, and to some failure too.
    pub fn end_refer(&mut self, now: Mono, id: SessionId) {
        self.note(id, Happening::DoTellRefer);
        self.send_news(now, id, Status::TRYING, true);
        self.flush();
    }

    fn send_news(&mut self, now: Mono, id: SessionId, status: Status, is_last: bool) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !matches!(session.phase, Phase::Up) || session.is_released {
            return;
        }
        let Some(number) = session.referring.tells else { return };
        let state = if is_last {
            session.referring.tells = None;
            "terminated;reason=noresource".to_owned()
        } else {
            format!("active;expires={NEWS_SECONDS}")
        };
        let mut request = session.dialog.request(Method::Notify, None);
        let flow = session.flow;
        request.headers.push(Name::Contact, self.contact_of(id));
        request.headers.push(Name::Event, format!("refer;id={number}"));
        request.headers.push(Name::SubscriptionState, state);
        let body = format!("SIP/2.0 {} {}\r\n", status.code(), status.reason());
        request.set_body("message/sipfrag;version=2.0", body.into_bytes());
        self.send_request(now, flow, request, Owner::Session(id, Purpose::Notify));
    }

    /// The session ends before its user has answered a REFER.
    pub(super) fn close_refer(&mut self, now: Mono, id: SessionId, asked: &Asked) {
        let response = self.response_in(id, &asked.request, Status::TERMINATED);
        self.txns.respond(now, asked.txn, &response);
    }

    /// The peer wants to hear nothing more of its REFER, or cannot.
    pub(super) fn news_refused(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.referring.tells = None;
        }
    }

    /// NOTIFY in a session: news of our REFER, or of nothing that we asked for.
    pub(super) fn on_notify(&mut self, now: Mono, id: SessionId, incoming: &Incoming) {
        let is_told = self.sessions.get(&id).is_some_and(|s| s.referring.is_told && !s.is_released);
        if !is_told {
            return self.refuse(now, id, incoming, Status::NO_SUCH_CALL, Headers::default());
        }
        let event = incoming.request.headers.get(&Name::Event).unwrap_or_default();
        if !event.split(';').next().is_some_and(|package| package.trim().eq_ignore_ascii_case("refer")) {
            return self.refuse(now, id, incoming, Status::BAD_EVENT, Headers::default());
        }
        self.refuse(now, id, incoming, Status::OK, Headers::default());
        if let Some(status) = status_in(&incoming.request.body) {
            self.tell(id, SessionEvent::ReferNews(status));
        }
    }

    /// Asks the peer to call somebody else (REFER, RFC 3515), or, with `replaces`, to take the place of a dialog of ours.
    /// What comes of it is told as [`SessionEvent::ReferNews`].
    pub fn refer(&mut self, now: Mono, id: SessionId, to: &Uri, replaces: Option<&Replaces>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !matches!(session.phase, Phase::Up) || session.is_released {
            return;
        }
        session.referring.is_told = true;
        let mut request = session.dialog.request(Method::Refer, None);
        let (flow, from) = (session.flow, session.dialog.local.uri.clone());
        let mut to = to.clone();
        if let Some(replaces) = replaces {
            to.headers = Some(replaces.as_uri_header());
        }
        request.headers.push(Name::Contact, self.contact_of(id));
        request.headers.push(Name::ReferTo, NameAddr::bare(to).to_string());
        request.headers.push(Name::ReferredBy, NameAddr::bare(from).to_string());
        self.send_request(now, flow, request, Owner::Session(id, Purpose::Info));
        self.flush();
    }

    /// The names of a session's dialog, for a Replaces that the peer's side is to be given.
    pub fn replaces_of(&self, id: SessionId) -> Option<Replaces> {
        let dialog = &self.sessions.get(&id)?.dialog;
        Some(Replaces {
            call_id: dialog.call_id.clone(),
            to_tag: dialog.remote_tag.clone(),
            from_tag: dialog.local_tag.clone(),
            is_early_only: false,
        })
    }

    /// The session that a Replaces names, and whether it has been answered.
    pub fn replaced(&self, replaces: &Replaces) -> Option<(SessionId, bool)> {
        let id = *self.by_tag.get(&replaces.to_tag)?;
        let session = self.sessions.get(&id).filter(|s| !s.is_released)?;
        let is_it =
            session.dialog.call_id == replaces.call_id && session.dialog.remote_tag == replaces.from_tag;
        is_it.then_some((id, matches!(session.phase, Phase::Up)))
    }
}

/// What a REFER asks for; a status if it is none that could be done.
fn wanted(request: &Request) -> Result<Refer, Status> {
    // One Refer-To and no more (§2.4.1).
    let all: Vec<&str> = request.headers.elements(&Name::ReferTo).take(2).collect();
    let [one] = all.as_slice() else { return Err(Status::BAD_REQUEST) };
    let to = NameAddr::parse(one).ok_or(Status::BAD_REQUEST)?.uri;
    let replaces = Replaces::in_uri(&to).map_err(|_| Status::BAD_REQUEST)?;
    // The other side can be asked to do nothing but call (§2.4.2).
    if to.param("method").is_some_and(|method| !method.eq_ignore_ascii_case("INVITE")) {
        return Err(Status::DECLINE);
    }
    if !to.is_sip() {
        return Err(Status::UNSUPPORTED_SCHEME);
    }
    let referred_by = request.headers.get(&Name::ReferredBy).map(str::to_owned);
    Ok(Refer { to, replaces, referred_by })
}

/// `false` of Refer-Sub, whatever parameters follow.
fn is_false(value: &str) -> bool {
    value.split(';').next().is_some_and(|word| word.trim().eq_ignore_ascii_case("false"))
}

/// The status in the first line of a `message/sipfrag`.
fn status_in(body: &[u8]) -> Option<Status> {
    let line = std::str::from_utf8(body).ok()?.lines().next()?;
    let mut words = line.split_ascii_whitespace();
    words.next().filter(|version| version.eq_ignore_ascii_case("SIP/2.0"))?;
    Status::new(u16::try_from(parse_number(words.next()?)?).ok()?)
}
