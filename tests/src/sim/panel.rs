//! The lamps of a phone: it subscribes to numbers (RFC 4235), refreshes, begins anew when that fails, and keeps what it was told.

use super::handset::DOMAIN;
use std::collections::BTreeSet;
use std::time::Duration;
use switchroom_sip::endpoint::{Endpoint, Event, Settings};
use switchroom_sip::flow::Flow;
use switchroom_sip::header::Name;
use switchroom_sip::message::{Message, Request, Response};
use switchroom_sip::method::Method;
use switchroom_sip::rng::Rng;
use switchroom_sip::status::Status;
use switchroom_sip::time::Mono;
use switchroom_sip::uri::Uri;

/// Subscriptions are asked for so long, and refreshed after half of it: seldom enough that an exchange that starts must tell by itself
/// what is so, and often enough that who was forgotten by right, with a phone that was gone for long, asks again before all is at rest.
const LASTS_S: u64 = 900;
/// One NOTIFY of so many comes when the phone is busy, and is refused.
const BUSY: u64 = 20;
/// Who is refused asks again after this long: seldom enough not to be taken for one who guesses passwords.
const AGAIN: Duration = Duration::from_secs(60);

/// A lamp.
#[derive(Debug, Clone)]
pub struct Lamp {
    /// The number beside its key.
    pub number: String,
    /// What it shows, as the last NOTIFY had it: `early recipient`, `terminated`; none while there is no subscription.
    pub shows: Option<String>,
    dialog: Option<Dialog>,
    /// The SUBSCRIBE under way.
    asked: Option<u64>,
    due: Mono,
}

#[derive(Debug, Clone)]
struct Dialog {
    call_id: String,
    us: String,
    them: String,
    cseq: u32,
    /// The exchange's tags, and CSeq of the last NOTIFY by each: an exchange that was started anew before it was heard answers a
    /// repeated SUBSCRIBE by another one.
    heard: Vec<(String, u32)>,
    /// CSeq of the last NOTIFY that was refused: a copy of it is, too.
    refused: Option<u32>,
}

impl Dialog {
    /// Whether a NOTIFY is new, or a copy of what came before; `None`: it is of another dialog.
    fn hears(&mut self, from: &str, number: u32) -> Option<bool> {
        let tag = from.split(";tag=").nth(1).unwrap_or_default();
        let known = self.them.split(";tag=").nth(1);
        if known.is_some_and(|known| known != tag) {
            return None;
        }
        match self.heard.iter_mut().rev().enumerate().find(|(_, (heard, _))| heard == tag) {
            Some((0, (_, last))) => {
                let is_new = number > *last;
                *last = number.max(*last);
                Some(is_new)
            }
            Some(_) => None,
            None => {
                self.heard.push((tag.to_owned(), number));
                Some(true)
            }
        }
    }
}

/// All lamps of a phone.
#[derive(Debug)]
pub struct Panel {
    endpoint: Endpoint,
    extension: String,
    lamps: Vec<Lamp>,
    /// Call-IDs of all that it ever subscribed to.
    call_ids: BTreeSet<String>,
    out: Vec<Vec<u8>>,
    asked: u64,
    rng: Rng,
    /// It is never busy from now on.
    pub behaves: bool,
}

impl Panel {
    /// The panel of a phone of an extension, with these keys; it subscribes at that time.
    pub fn new(extension: &str, password: &str, numbers: &[String], mut rng: Rng, at: Mono) -> Self {
        let settings = Settings {
            agent: "Panel".into(),
            session_expires: Duration::from_secs(1800),
            external: None,
            local_networks: vec![],
            credentials: Some((extension.into(), password.into())),
        };
        let lamp = |number: &String| Lamp {
            number: number.clone(),
            shows: None,
            dialog: None,
            asked: None,
            due: at,
        };
        Self {
            endpoint: Endpoint::new(settings, rng.fork()),
            extension: extension.into(),
            lamps: numbers.iter().map(lamp).collect(),
            call_ids: BTreeSet::new(),
            out: Vec::new(),
            asked: 0,
            rng,
            behaves: false,
        }
    }

    /// Its lamps.
    pub fn lamps(&self) -> &[Lamp] {
        &self.lamps
    }

    /// Whether a message is of one of its dialogs.
    pub fn owns(&self, call_id: &str) -> bool {
        self.call_ids.contains(call_id)
    }

    /// When something is to be done next.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let asks = self.lamps.iter().filter(|lamp| lamp.asked.is_none()).map(|lamp| lamp.due).min();
        [self.endpoint.poll_timeout(), asks].into_iter().flatten().min()
    }

    /// Everything that is due.
    pub fn handle_due(&mut self, now: Mono, flow: Flow) {
        self.endpoint.handle_due(now);
        self.hear(now);
        for place in 0..self.lamps.len() {
            let lamp = &self.lamps[place];
            if lamp.asked.is_none() && lamp.due <= now {
                self.ask(now, flow, place);
            }
        }
    }

    fn ask(&mut self, now: Mono, flow: Flow, place: usize) {
        let (us, lamp) = (format!("<sip:{}@{DOMAIN}>", self.extension), &mut self.lamps[place]);
        let uri = Uri::sip(&lamp.number, DOMAIN, None);
        let them = format!("<{uri}>");
        let mut request = self.endpoint.make_outside(Method::Subscribe, uri, &us, &them);
        if let Some(dialog) = &lamp.dialog {
            request.headers.set(Name::CallId, &dialog.call_id);
            request.headers.set(Name::From, &dialog.us);
            request.headers.set(Name::To, &dialog.them);
            request.headers.set(Name::CSeq, format!("{} SUBSCRIBE", dialog.cseq + 1));
        } else {
            let get = |name| request.headers.get(&name).unwrap_or_default().to_owned();
            let (call_id, us) = (get(Name::CallId), get(Name::From));
            self.call_ids.insert(call_id.clone());
            lamp.dialog = Some(Dialog { call_id, us, them, cseq: 0, heard: Vec::new(), refused: None });
        }
        request.headers.push(Name::Contact, format!("<sip:{}@{}>", self.extension, flow.local));
        request.headers.push(Name::Event, "dialog");
        request.headers.push(Name::Accept, "application/dialog-info+xml");
        request.headers.push(Name::Expires, LASTS_S.to_string());
        self.asked += 1;
        lamp.asked = Some(self.asked);
        self.endpoint.request_outside(now, flow, request, self.asked);
    }

    /// A message of one of its dialogs.
    pub fn receive(&mut self, now: Mono, flow: Flow, bytes: &[u8]) {
        match Message::parse(bytes) {
            Ok(Message::Request(request)) if request.method == Method::Notify => {
                let status = self.notified(now, &request);
                self.out.push(request.response(status, Some("Panel")).print());
            }
            _ => {
                self.endpoint.receive(now, flow, bytes);
                self.hear(now);
            }
        }
    }

    fn notified(&mut self, now: Mono, request: &Request) -> Status {
        let of_it = |lamp: &&mut Lamp| lamp.dialog.as_ref().is_some_and(|d| d.call_id == request.call_id());
        let Some(lamp) = self.lamps.iter_mut().find(of_it) else { return Status::NO_SUCH_CALL };
        let Some(dialog) = &mut lamp.dialog else { return Status::NO_SUCH_CALL };
        let from = request.headers.get(&Name::From).unwrap_or_default();
        let number = request.cseq().number;
        match dialog.hears(from, number) {
            None => return Status::NO_SUCH_CALL,
            // A copy of what came before.
            Some(false) if dialog.refused == Some(number) => return Status::SERVER_ERROR,
            Some(false) => return Status::OK,
            Some(true) => {}
        }
        let state = request.headers.get(&Name::SubscriptionState).unwrap_or_default();
        if state.starts_with("active") && !self.behaves && self.rng.below(BUSY) == 0 {
            dialog.refused = Some(number);
            return Status::SERVER_ERROR;
        }
        if state.starts_with("terminated") {
            (lamp.dialog, lamp.shows, lamp.asked) = (None, None, None);
            lamp.due = now.after(AGAIN);
            return Status::OK;
        }
        lamp.shows = shown(&String::from_utf8_lossy(&request.body));
        Status::OK
    }

    fn hear(&mut self, now: Mono) {
        while let Some(event) = self.endpoint.poll_event() {
            if let Event::Response(number, response) = event {
                self.answered(now, number, response.as_deref());
            }
        }
    }

    fn answered(&mut self, now: Mono, number: u64, response: Option<&Response>) {
        let Some(lamp) = self.lamps.iter_mut().find(|lamp| lamp.asked == Some(number)) else { return };
        lamp.asked = None;
        if let Some(response) = response.filter(|response| response.status == Status::OK)
            && let Some(dialog) = &mut lamp.dialog
        {
            dialog.them = response.headers.get(&Name::To).unwrap_or_default().to_owned();
            dialog.cseq = response.cseq().number;
            lamp.due = now.after(Duration::from_secs(LASTS_S / 2));
            return;
        }
        let is_forgotten = response.is_some_and(|response| response.status == Status::NO_SUCH_CALL);
        (lamp.dialog, lamp.shows) = (None, None);
        lamp.due = now.after(if is_forgotten { Duration::from_secs(1) } else { AGAIN });
    }

    /// What it has to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.out.pop().or_else(|| self.endpoint.poll_transmit().map(|sent| sent.bytes.to_vec()))
    }
}

/// What a body of RFC 4235 says of its one dialog: state and direction.
pub fn shown(body: &str) -> Option<String> {
    let within =
        |from: &str, to: &str| body.split_once(from).and_then(|(_, rest)| Some(rest.split_once(to)?.0));
    let state = within("<state>", "</state>")?.trim();
    Some(match within(" direction=\"", "\"") {
        Some(direction) => format!("{state} {direction}"),
        None => state.to_owned(),
    })
}
