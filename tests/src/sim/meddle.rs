//! What no phone of ours would send, and what others have been seen to: any request in any state of a dialog, answers
//! nobody waits for, REGISTERs of every form.
//!
//! A meddler listens at one phone, learns its dialogs from what passes, and speaks in their name.

use super::dice::Dice;
use super::glance::Glance;
use super::handset::DOMAIN;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_sip::endpoint::{Endpoint, Settings};
use switchroom_sip::flow::Flow;
use switchroom_sip::header::Name;
use switchroom_sip::method::Method;
use switchroom_sip::rng::Rng;
use switchroom_sip::time::Mono;
use switchroom_sip::uri::Uri;

/// A dialog as seen from the phone.
#[derive(Debug, Clone)]
struct Dialog {
    call_id: String,
    /// From or To of the phone, with its tag.
    us: String,
    /// The other side, with its tag once it has one.
    them: String,
    target: String,
    cseq: u32,
    /// The INVITE's Via and number: what a CANCEL, a PRACK or an answer needs.
    via: String,
    invite_cseq: u32,
    /// The phone was called.
    is_called: bool,
}

/// A meddler.
#[derive(Debug)]
pub struct Meddler {
    dialogs: VecDeque<Dialog>,
    endpoint: Endpoint,
    rng: Rng,
    extension: String,
    own: SocketAddr,
    requests: u64,
}

/// Dialogs that are remembered.
const DIALOGS: usize = 4;

/// Refusals of requests within a dialog.
const INSTEAD: [&str; 8] = [
    "401 Unauthorized",
    "407 Proxy Authentication Required",
    "408 Request Timeout",
    "422 Session Interval Too Small",
    "481 Call/Transaction Does Not Exist",
    "488 Not Acceptable Here",
    "491 Request Pending",
    "500 Server Error",
];

/// What is said within a dialog; what comes twice is said twice as often.
const METHODS: [&str; 17] = [
    "INVITE",
    "INVITE",
    "BYE",
    "INFO",
    "INFO",
    "UPDATE",
    "UPDATE",
    "OPTIONS",
    "PRACK",
    "ACK",
    "CANCEL",
    "REFER",
    "MESSAGE",
    "NOTIFY",
    "SUBSCRIBE",
    "PUBLISH",
    "FLY",
];

/// An answer to that request.
fn response(to: &Glance<'_>, status: &str) -> Vec<u8> {
    let all = |name| to.all(name).map(|value| format!("{name}: {value}\r\n")).collect::<String>();
    let (via, from, to_whom, call_id, cseq) =
        (all("Via"), all("From"), all("To"), all("Call-ID"), all("CSeq"));
    format!("SIP/2.0 {status}\r\n{via}{from}{to_whom}{call_id}{cseq}Min-SE: 200\r\nContent-Length: 0\r\n\r\n")
        .into_bytes()
}

impl Meddler {
    /// A meddler at the phone of an extension.
    pub fn new(extension: &str, password: &str, own: SocketAddr, mut rng: Rng) -> Self {
        let settings = Settings {
            agent: "Meddler".into(),
            session_expires: Duration::from_secs(1800),
            external: None,
            local_networks: vec![],
            credentials: Some((extension.into(), password.into())),
        };
        let endpoint = Endpoint::new(settings, rng.fork());
        Self { dialogs: VecDeque::new(), endpoint, rng, extension: extension.into(), own, requests: 0 }
    }

    /// What it says to a request within a dialog in the phone's stead, and how much later, microseconds; `None`: the phone is
    /// asked. Said may be nothing, that it is being worked on, and any refusal.
    pub fn answer_instead(&mut self, bytes: &[u8]) -> Option<Vec<(Vec<u8>, u64)>> {
        let glance = Glance::of(bytes)?;
        let (method, _) = glance.start.ok()?;
        let is_within =
            !glance.to_tag().is_empty() && self.dialogs.iter().any(|d| d.call_id == glance.call_id);
        let is_one = matches!(method, "INVITE" | "UPDATE" | "NOTIFY" | "PRACK" | "BYE");
        if !is_within || !is_one || self.rng.below(3) > 0 {
            return None;
        }
        let mut said = Vec::new();
        let form = self.rng.below(8);
        if (1..4).contains(&form) {
            said.push((response(&glance, "100 Trying"), 0));
        }
        let after = self.rng.below(3_000_000);
        if form > 1 {
            let status = self.rng.pick(&INSTEAD);
            said.push((response(&glance, status), after));
        }
        if self.rng.below(2) == 0 {
            said.extend(self.retorts(glance.call_id, after));
        }
        Some(said)
    }

    /// Requests of the same dialog that meet the one that came: before its answer and, as after 491 the other side waits,
    /// soon after it. With each how much later it is said, microseconds.
    fn retorts(&mut self, call_id: &str, answered: u64) -> Vec<(Vec<u8>, u64)> {
        let Some(at) = self.dialogs.iter().position(|d| d.call_id == call_id) else { return Vec::new() };
        let count = 1 + self.rng.below(4);
        let mut retorts = Vec::new();
        for _ in 0..count {
            let method = self.rng.pick(&METHODS);
            let later = self.rng.below(answered + 2_000_000);
            retorts.push((self.request(at, method), later));
        }
        retorts
    }

    /// Learns from a message that the phone sends.
    pub fn overhear_sent(&mut self, bytes: &[u8]) {
        let Some(glance) = Glance::of(bytes) else { return };
        if glance.opens("INVITE").is_some() {
            let us = glance.all("From").next().unwrap_or_default();
            self.remember(Dialog {
                call_id: glance.call_id.into(),
                us: us.into(),
                them: glance.to.into(),
                target: format!("sip:{DOMAIN}"),
                cseq: glance.cseq,
                via: glance.all("Via").next().unwrap_or_default().into(),
                invite_cseq: glance.cseq,
                is_called: false,
            });
        } else if glance.status().is_some() && glance.method == "INVITE" && !glance.to_tag().is_empty() {
            let found = self.dialogs.iter_mut().find(|d| d.call_id == glance.call_id && d.is_called);
            if let Some(dialog) = found {
                dialog.us = glance.to.into();
            }
        }
    }

    /// Learns from a message that the phone receives.
    pub fn overhear_received(&mut self, now: Mono, flow: Flow, bytes: &[u8]) {
        let Some(glance) = Glance::of(bytes) else { return };
        if glance.opens("INVITE").is_some() {
            let contact = glance.all("Contact").next().unwrap_or_default();
            self.remember(Dialog {
                call_id: glance.call_id.into(),
                us: glance.to.into(),
                them: glance.all("From").next().unwrap_or_default().into(),
                target: contact.trim_matches(['<', '>']).into(),
                cseq: 1000,
                via: glance.all("Via").next().unwrap_or_default().into(),
                invite_cseq: glance.cseq,
                is_called: true,
            });
        } else if glance.status().is_some() {
            let found = self.dialogs.iter_mut().find(|d| d.call_id == glance.call_id && !d.is_called);
            if let Some(dialog) = found.filter(|_| !glance.to_tag().is_empty()) {
                dialog.them = glance.to.into();
                if let Some(contact) = glance.all("Contact").next() {
                    dialog.target = contact.trim_matches(['<', '>']).into();
                }
            }
            // Answers to its own REGISTERs.
            self.endpoint.receive(now, flow, bytes);
            while self.endpoint.poll_event().is_some() {}
        }
    }

    fn remember(&mut self, dialog: Dialog) {
        self.dialogs.retain(|d| d.call_id != dialog.call_id);
        self.dialogs.push_back(dialog);
        if self.dialogs.len() > DIALOGS {
            self.dialogs.pop_front();
        }
    }

    /// When it has to be given the time.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.endpoint.poll_timeout()
    }

    /// Everything that is due.
    pub fn handle_due(&mut self, now: Mono) {
        self.endpoint.handle_due(now);
        while self.endpoint.poll_event().is_some() {}
    }

    /// What it has to send by its own endpoint.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.endpoint.poll_transmit().map(|sent| sent.bytes.to_vec())
    }

    /// One act of meddling; gives what is sent at once.
    pub fn meddle(&mut self, now: Mono, flow: Flow) -> Option<Vec<u8>> {
        if self.dialogs.is_empty() || self.rng.below(12) == 0 {
            self.register(now, flow);
            return None;
        }
        let at = self.rng.place(self.dialogs.len());
        if self.dialogs.get(at)?.is_called && self.rng.below(3) == 0 {
            let dialog = self.dialogs.get(at)?.clone();
            return Some(self.answer(&dialog));
        }
        let method = self.rng.pick(&METHODS);
        Some(self.request(at, method))
    }

    fn description(&mut self) -> String {
        let (ip, port) = (self.own.ip(), 40_000 + 2 * self.rng.below(100));
        let direction = self.rng.pick(&["sendrecv", "sendonly", "inactive", "recvonly"]);
        let codec = self.rng.pick(&[8, 0, 8, 3]);
        format!(
            "v=0\r\no=- 7 {} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP {codec}\r\na={direction}\r\n",
            self.rng.below(1 << 20)
        )
    }

    /// Whom a REFER is about: anybody, one of its own dialogs, or nobody; and now and then that it wants to hear no more.
    fn refer_to(&mut self) -> String {
        let number = self.rng.below(30);
        let to = match self.rng.below(6) {
            0 => String::new(),
            1 => "Refer-To: <sip:x@y?Replaces=z>\r\n".to_owned(),
            2 => {
                let at = self.rng.place(self.dialogs.len().max(1));
                let tag = |party: &str| party.split_once(";tag=").map(|(_, tag)| tag.to_owned());
                let Some(dialog) = self.dialogs.get(at) else { return String::new() };
                let (us, them) = (tag(&dialog.us).unwrap_or_default(), tag(&dialog.them).unwrap_or_default());
                let call_id = &dialog.call_id;
                format!(
                    "Refer-To: <sip:x@{DOMAIN}?Replaces={call_id}%3Bto-tag%3D{them}%3Bfrom-tag%3D{us}>\r\n"
                )
            }
            3 => format!("Refer-To: <sip:4{number:03}@{DOMAIN}>\r\n"),
            _ => format!("Refer-To: <sip:1{number:02}@{DOMAIN}>\r\n"),
        };
        let sub = if self.rng.below(4) == 0 { "Refer-Sub: false\r\n" } else { "" };
        to + sub
    }

    fn request(&mut self, at: usize, method: &str) -> Vec<u8> {
        let branch = self.rng.token(12);
        let (body, kind) = match method {
            "INVITE" | "UPDATE" | "PRACK" | "ACK" if self.rng.below(2) == 0 => {
                (self.description(), "application/sdp")
            }
            "INFO" => match self.rng.below(3) {
                0 => ("Signal=5\r\nDuration=160\r\n".to_owned(), "application/dtmf-relay"),
                1 => ("5".to_owned(), "application/dtmf"),
                _ => ("<x/>".to_owned(), "application/media_control+xml"),
            },
            _ => (String::new(), "text/plain"),
        };
        let refer_to = if method == "REFER" { self.refer_to() } else { String::new() };
        let own = self.own;
        let (rack, oddity) = (self.rng.below(3), self.rng.below(15));
        let Some(dialog) = self.dialogs.get_mut(at) else { return Vec::new() };
        // Mostly in order, sometimes an old number again.
        dialog.cseq = if rack == 2 { dialog.cseq } else { dialog.cseq + 1 };
        let is_cancel = matches!(method, "CANCEL");
        let is_ack = matches!(method, "ACK");
        let cseq = if is_cancel || is_ack { dialog.invite_cseq } else { dialog.cseq };
        let via = if is_cancel && !dialog.is_called {
            dialog.via.clone()
        } else {
            format!("SIP/2.0/UDP {own};branch=z9hG4bKm{branch};rport")
        };
        let require = match oddity {
            0 if !is_cancel && !is_ack => "Require: fly\r\n",
            _ if method == "INVITE" && rack == 1 => "Require: 100rel\r\n",
            _ => "",
        };
        let length = body.len();
        format!(
            "{method} {} SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:{}@{own}>\r\n{require}{refer_to}RAck: {rack} {} INVITE\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}",
            dialog.target, dialog.us, dialog.them, dialog.call_id, self.extension, dialog.invite_cseq,
        )
        .into_bytes()
    }

    /// An answer to the INVITE that the phone got, of any kind, at any time.
    fn answer(&mut self, dialog: &Dialog) -> Vec<u8> {
        let statuses = [
            "180 Ringing",
            "183 Session Progress",
            "182 Queued",
            "199 Early Dialog Terminated",
            "200 OK",
            "302 Moved Temporarily",
            "401 Unauthorized",
            "422 Session Interval Too Small",
            "480 Unavailable",
            "486 Busy Here",
            "487 Request Terminated",
            "500 Server Error",
            "603 Decline",
        ];
        let status = self.rng.pick(&statuses);
        let has_body = self.rng.below(2) == 0 && !status.starts_with(['3', '4', '5', '6']);
        let body = if has_body { self.description() } else { String::new() };
        // Its own dialog, or that of another branch of a fork.
        let to = match dialog.us.split_once(";tag=") {
            Some(_) if self.rng.below(3) > 0 => dialog.us.clone(),
            Some((to, _)) => format!("{to};tag={}", self.rng.token(8)),
            None => format!("{};tag={}", dialog.us, self.rng.token(8)),
        };
        let reliable = if self.rng.below(4) == 0 && status.starts_with("18") {
            format!("Require: 100rel\r\nRSeq: {}\r\n", self.rng.below(5) + 1)
        } else {
            String::new()
        };
        format!(
            "SIP/2.0 {status}\r\nVia: {}\r\nFrom: {}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {} INVITE\r\n\
             Contact: <sip:{}@{}>\r\nMin-SE: 200\r\n{reliable}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            dialog.via, dialog.them, dialog.call_id, dialog.invite_cseq, self.extension, self.own, body.len()
        )
        .into_bytes()
    }

    /// A REGISTER of some form, with the right password.
    fn register(&mut self, now: Mono, flow: Flow) {
        let us = format!("<sip:{}@{DOMAIN}>", self.extension);
        let mut request = self.endpoint.make_outside(Method::Register, Uri::sip("", DOMAIN, None), &us, &us);
        let (extension, own) = (self.extension.clone(), self.own);
        let contact = format!("<sip:{extension}@{own}>");
        let (contacts, expires) = match self.rng.below(8) {
            0 => (vec!["*".to_owned()], Some(0)),
            1 => (vec!["*".to_owned()], Some(300)),
            2 => (vec![format!("{contact};expires=5")], None),
            3 => (vec![contact], Some(0)),
            4 => (vec![contact, format!("<sip:{extension}@{own};line=2>;q=0.3")], Some(90)),
            5 => (vec![], None),
            6 => (vec![contact], None),
            _ => {
                request.headers.set(Name::CallId, "always-the-same");
                (vec![contact], Some(120))
            }
        };
        for contact in contacts {
            request.headers.push(Name::Contact, contact);
        }
        if let Some(expires) = expires {
            request.headers.push(Name::Expires, expires.to_string());
        }
        self.requests += 1;
        self.endpoint.request_outside(now, flow, request, self.requests);
    }
}
