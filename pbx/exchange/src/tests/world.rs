//! Phones made of the same SIP endpoint, a store and a media engine that answer at once unless told otherwise.

use crate::*;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use switchroom_sip::digest::{Algorithm, ha1};
use switchroom_sip::endpoint::{
    Endpoint, Event as SipEvent, Incoming, Invite, NewOffer, SessionEvent, SessionId, Settings,
};
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::message::{Message, Request, Response};
use switchroom_sip::method::Method;
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::rng::Rng;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;

pub(crate) const HERE: &str = "192.0.2.1:5060";
const START_MS: i64 = 1_700_000_000_000;

/// A phone: extension 101 at the first address is `1.1`, its second phone `1.2`.
pub(crate) struct Phone {
    pub(crate) end: Endpoint,
    pub(crate) flow: Flow,
    pub(crate) number: String,
    pub(crate) events: Vec<SipEvent>,
    /// First lines of what it received.
    pub(crate) heard: Vec<String>,
    /// Whole messages it received.
    pub(crate) raw: Vec<String>,
}

pub(crate) struct World {
    pub(crate) x: Exchange,
    pub(crate) now: Now,
    pub(crate) phones: BTreeMap<SocketAddr, Phone>,
    wire: VecDeque<(Mono, SocketAddr, bool, Vec<u8>)>,
    pub(crate) media: Vec<MediaCommand>,
    pub(crate) records: Vec<Record>,
    pub(crate) replies: Vec<Result<String, String>>,
    pub(crate) asked: Vec<(u64, switchroom_flow::Asking)>,
    pub(crate) store_works: bool,
    pub(crate) media_works: bool,
    /// Call-ID that REGISTERs have, if not one each.
    pub(crate) same_call_id: Option<String>,
    /// The CSeq with which a REGISTER begins, in place of 1.
    pub(crate) first_cseq: Option<u32>,
    /// What phones answer to NOTIFY; `None`: nothing.
    pub(crate) notified: Option<Status>,
    /// After how many seconds they ask for the next, where they refuse it.
    pub(crate) retry_after: Option<u32>,
    /// First words of messages from the exchange to lose.
    pub(crate) lose: Vec<&'static str>,
    /// Everything the exchange ever wanted, as text.
    pub(crate) log: Vec<String>,
}

/// An extension whose password is `pw` and its number.
pub(crate) fn extension(number: &str, name: &str) -> Extension {
    let hex = |a| ha1(a, number, "pbx.example", &format!("pw{number}"));
    let bytes = |text: String| -> Vec<u8> {
        (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect()
    };
    Extension {
        number: number.into(),
        name: name.into(),
        ha1_md5: bytes(hex(Algorithm::Md5)).try_into().ok(),
        ha1_sha256: bytes(hex(Algorithm::Sha256)).try_into().ok(),
        record: None,
        ring: None,
        auto_answer: false,
        contact: None,
    }
}

pub(crate) fn config() -> Config {
    let all = [extension("101", "Ana"), extension("102", "Bo"), extension("103", "Cy")];
    Config {
        site: "test".into(),
        domain: "pbx.example".into(),
        extensions: all.into_iter().map(|e| (e.number.clone(), e)).collect(),
        services: BTreeMap::from([("*43".into(), Service::Echo), ("*44".into(), Service::Tone)]),
        supervision: SupervisionRules {
            code: "*60".into(),
            phones: ["103".to_owned()].into(),
            users: [("mara".to_owned(), "103".to_owned())].into(),
            queues: BTreeMap::new(),
            notify: Default::default(),
        },
        flows: super::flow_site::all(),
        inbound: super::flow_site::site(),
        floor: Default::default(),
        record: RecordRule::Always,
        recording_key: "*1".into(),
        consent: String::new(),
        consent_refuse: None,
        hold_music: vec![],
        hold_reminder: Duration::ZERO,
        ring: Duration::from_secs(30),
        codecs: vec![Codec::Pcma, Codec::Pcmu, Codec::G722],
        external: None,
        local_networks: vec![],
        rtp_port_first: 20_000,
        rtp_pairs: 8,
        register_min: Duration::from_secs(60),
        register_max: Duration::from_secs(600),
        bindings_max: 3,
        keep_alive: Duration::from_secs(30),
        session_expires: Duration::from_secs(1800),
        calls_max: 4,
        calls_per_extension: 4,
        allow_md5: true,
    }
}

pub(crate) fn sdp(ip: &str, formats: &str, more: &str) -> Vec<u8> {
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 4000 RTP/AVP {formats}\r\n\
         a=rtpmap:101 telephone-event/8000\r\n{more}"
    )
    .into_bytes()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(config(), Restored::default())
    }

    pub(crate) fn with(config: Config, restored: Restored) -> Self {
        Self::since(Now { mono: Mono(1_000_000), wall: Wall(START_MS) }, config, restored)
    }

    /// An exchange that starts at that time.
    pub(crate) fn since(now: Now, config: Config, restored: Restored) -> Self {
        let mut this = Self {
            x: Exchange::new(now, Arc::new(config), [7; 32], restored),
            now,
            phones: BTreeMap::new(),
            wire: VecDeque::new(),
            media: vec![],
            records: vec![],
            replies: vec![],
            asked: vec![],
            store_works: true,
            media_works: true,
            same_call_id: None,
            first_cseq: None,
            notified: Some(Status::OK),
            retry_after: None,
            lose: vec![],
            log: vec![],
        };
        this.carry_out();
        this
    }

    /// A phone of extension `number` at `address`, not registered yet.
    pub(crate) fn phone(&mut self, number: &str, address: &str) -> SocketAddr {
        self.phone_over(number, address, Transport::Udp, 0)
    }

    /// A phone on a connection, or on none.
    pub(crate) fn phone_over(
        &mut self,
        number: &str,
        address: &str,
        transport: Transport,
        connection: u64,
    ) -> SocketAddr {
        let address: SocketAddr = address.parse().unwrap();
        let settings = Settings {
            agent: format!("phone {number}"),
            session_expires: Duration::from_secs(1800),
            external: None,
            local_networks: vec![],
            credentials: Some((number.into(), format!("pw{number}"))),
        };
        let seed = u64::from(address.port()) << 32 | u64::from(u32::from_str_radix(number, 16).unwrap());
        let flow = Flow { transport, local: address, remote: HERE.parse().unwrap(), connection };
        let end = Endpoint::new(settings, Rng::from_number(seed));
        let phone = Phone { end, flow, number: number.into(), events: vec![], heard: vec![], raw: vec![] };
        self.phones.insert(address, phone);
        address
    }

    /// A registered phone.
    pub(crate) fn registered(&mut self, number: &str, address: &str) -> SocketAddr {
        let at = self.phone(number, address);
        let contact = format!("<sip:{number}@{at}>");
        assert_eq!(self.register(at, &[&contact], Some(300)).map(|r| r.status), Some(Status::OK));
        at
    }

    /// Sends a REGISTER and gives its answer.
    pub(crate) fn register(
        &mut self,
        at: SocketAddr,
        contacts: &[&str],
        expires: Option<u32>,
    ) -> Option<Response> {
        let number = self.phones[&at].number.clone();
        self.register_as(at, &number, contacts, expires)
    }

    pub(crate) fn register_as(
        &mut self,
        at: SocketAddr,
        aor: &str,
        contacts: &[&str],
        expires: Option<u32>,
    ) -> Option<Response> {
        let now = self.now;
        let phone = self.phones.get_mut(&at).unwrap();
        let us = format!("<sip:{aor}@pbx.example>");
        let mut request =
            phone.end.make_outside(Method::Register, Uri::sip("", "pbx.example", None), &us, &us);
        if let Some(call_id) = &self.same_call_id {
            request.headers.set(Name::CallId, call_id);
        }
        if let Some(cseq) = self.first_cseq {
            request.headers.set(Name::CSeq, format!("{cseq} REGISTER"));
        }
        for contact in contacts {
            request.headers.push(Name::Contact, *contact);
        }
        if let Some(expires) = expires {
            request.headers.push(Name::Expires, expires.to_string());
        }
        let flow = phone.flow;
        phone.end.request_outside(now.mono, flow, request, 7);
        self.ms(200);
        let events = std::mem::take(&mut self.phones.get_mut(&at).unwrap().events);
        events.into_iter().find_map(|e| if let SipEvent::Response(7, r) = e { r.map(|r| *r) } else { None })
    }

    pub(crate) fn dial(&mut self, at: SocketAddr, number: &str, offer: Option<Vec<u8>>) -> SessionId {
        let now = self.now;
        let phone = self.phones.get_mut(&at).unwrap();
        let uri = Uri::sip(number, "pbx.example", None);
        let invite = Invite {
            flow: phone.flow,
            uri: uri.clone(),
            from: NameAddr::named("I lie", Uri::sip("999", "pbx.example", None)),
            to: NameAddr::bare(uri),
            contact_user: phone.number.clone(),
            sdp: offer,
            max_forwards: 70,
            headers: Headers::default(),
        };
        phone.end.invite(now.mono, invite)
    }

    /// The INVITE that rings at a phone, taken.
    pub(crate) fn take(&mut self, at: SocketAddr) -> (SessionId, Incoming) {
        let now = self.now;
        let phone = self.phones.get_mut(&at).unwrap();
        let place = phone
            .events
            .iter()
            .position(|e| matches!(e, SipEvent::Request(r) if r.request.method == Method::Invite));
        let place = place.unwrap_or_else(|| panic!("nothing rings at {at}: {:?}", phone.heard));
        let SipEvent::Request(incoming) = phone.events.remove(place) else { panic!() };
        let id = phone.end.take_invite(now.mono, (*incoming).clone(), "x").unwrap();
        (id, *incoming)
    }

    /// What rings at a phone is answered, and the exchange hears of it.
    pub(crate) fn answer(&mut self, at: SocketAddr) -> SessionId {
        let (ring, _) = self.take(at);
        let now = self.now.mono;
        self.end(at).answer(now, ring, sdp(&at.ip().to_string(), "8 101", ""));
        self.ms(100);
        ring
    }

    /// What rings at a phone is refused, and the exchange hears of it.
    pub(crate) fn reject(&mut self, at: SocketAddr, status: Status) {
        let (ring, _) = self.take(at);
        let now = self.now.mono;
        self.end(at).reject(now, ring, status, &Headers::default());
        self.ms(100);
    }

    /// What a user commands, and the reply, which comes at once.
    pub(crate) fn command(&mut self, user: &str, command: Command) -> Result<String, String> {
        let before = self.replies.len();
        self.input(Input::Command { id: CommandId(1), user: user.into(), command });
        assert_eq!(self.replies.len(), before + 1, "one reply to each command: {:#?}", self.log);
        self.replies.pop().unwrap()
    }

    pub(crate) fn end(&mut self, at: SocketAddr) -> &mut Endpoint {
        &mut self.phones.get_mut(&at).unwrap().end
    }

    /// What a phone's sessions told it.
    pub(crate) fn told(&mut self, at: SocketAddr) -> Vec<SessionEvent> {
        let events = std::mem::take(&mut self.phones.get_mut(&at).unwrap().events);
        events
            .into_iter()
            .filter_map(|e| if let SipEvent::Session(_, e) = e { Some(e) } else { None })
            .collect()
    }

    /// 101 talks with 102; gives their addresses and sessions.
    pub(crate) fn talking(&mut self) -> (SocketAddr, SessionId, SocketAddr, SessionId) {
        let a = self.registered("101", "192.0.2.11:5060");
        let b = self.registered("102", "192.0.2.12:5060");
        let call = self.dial(a, "102", Some(sdp("192.0.2.11", "8 101", "")));
        self.ms(100);
        let (ring, _) = self.take(b);
        let now = self.now.mono;
        self.end(b).progress(now, ring, Status::RINGING, None);
        self.ms(100);
        self.end(b).answer(now, ring, sdp("192.0.2.12", "8 101", ""));
        self.ms(100);
        self.told(b);
        assert!(self.told(a).iter().any(|e| matches!(e, SessionEvent::Answered(Some(_)))));
        (a, call, b, ring)
    }

    pub(crate) fn offer(&mut self, at: SocketAddr, session: SessionId, sdp: Vec<u8>) {
        let now = self.now.mono;
        self.end(at).offer(now, session, NewOffer(sdp)).unwrap();
        self.ms(100);
    }

    pub(crate) fn hang_up(&mut self, at: SocketAddr, session: SessionId) {
        let now = self.now.mono;
        self.end(at).hang_up(now, session, None);
        self.ms(100);
    }

    pub(crate) fn input(&mut self, input: Input<'_>) {
        self.x.handle(self.now, input);
        self.carry_out();
        assert_eq!(self.x.audit(), [""; 0], "{:#?}", self.log);
    }

    /// A message from anywhere, past the phones.
    pub(crate) fn inject(&mut self, from: &str, text: &str) -> Vec<String> {
        let remote: SocketAddr = from.parse().unwrap();
        let flow = Flow { transport: Transport::Udp, local: HERE.parse().unwrap(), remote, connection: 0 };
        let seen = self.log.len();
        self.input(Input::Message { flow, bytes: text.as_bytes() });
        self.log[seen..].iter().filter(|l| l.contains(&format!("{remote}"))).cloned().collect()
    }

    pub(crate) fn ms(&mut self, ms: u64) {
        self.run(Duration::from_millis(ms));
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now.mono.after(span);
        loop {
            self.collect();
            let mut due = self.wire.front().map(|w| w.0);
            due = [due, self.x.poll_timeout()].into_iter().flatten().min();
            for phone in self.phones.values() {
                due = [due, phone.end.poll_timeout()].into_iter().flatten().min();
            }
            let Some(due) = due.filter(|d| *d <= end) else { break };
            self.advance(due.max(self.now.mono));
            if self.wire.front().is_some_and(|w| w.0 <= self.now.mono) {
                let (_, to, up, bytes) = self.wire.pop_front().unwrap();
                self.deliver(to, up, &bytes);
            } else {
                for phone in self.phones.values_mut() {
                    phone.end.handle_due(self.now.mono);
                }
                self.input(Input::Tick);
            }
        }
        self.advance(end);
    }

    fn advance(&mut self, to: Mono) {
        self.now.wall.0 += i64::try_from(to.since(self.now.mono).as_millis()).unwrap();
        self.now.mono = to;
    }

    fn deliver(&mut self, at: SocketAddr, up: bool, bytes: &[u8]) {
        if up {
            let udp = (Transport::Udp, 0);
            let (transport, connection) =
                self.phones.get(&at).map_or(udp, |p| (p.flow.transport, p.flow.connection));
            let flow = Flow { transport, local: HERE.parse().unwrap(), remote: at, connection };
            return self.input(Input::Message { flow, bytes });
        }
        let Some(phone) = self.phones.get_mut(&at) else { return };
        let text = String::from_utf8_lossy(bytes).into_owned();
        phone.heard.push(text.lines().next().unwrap().to_owned());
        let is_notify = text.starts_with("NOTIFY");
        phone.raw.push(text);
        if is_notify {
            return self.answer_notify(at, bytes);
        }
        phone.end.receive(self.now.mono, phone.flow, bytes);
    }

    fn answer_notify(&mut self, at: SocketAddr, bytes: &[u8]) {
        let Ok(Message::Request(request)) = Message::parse(bytes) else { panic!("no request") };
        if let Some(status) = self.notified {
            let mut response = request.response(status, Some("phone"));
            if let Some(seconds) = self.retry_after {
                response.headers.push(Name::RetryAfter, seconds.to_string());
            }
            let bytes = response.print();
            self.wire.push_back((self.now.mono.after(Duration::from_millis(1)), at, true, bytes));
        }
    }

    /// Moves what phones want sent onto the wire; OPTIONS are answered.
    fn collect(&mut self) {
        let now = self.now.mono;
        for (at, phone) in &mut self.phones {
            while let Some(event) = phone.end.poll_event() {
                match event {
                    SipEvent::Request(r) if r.request.method == Method::Options => {
                        phone.end.reply(&r, Status::OK, &Headers::default());
                    }
                    event => phone.events.push(event),
                }
            }
            while let Some(sent) = phone.end.poll_transmit() {
                self.wire.push_back((now.after(Duration::from_millis(1)), *at, true, sent.bytes.to_vec()));
            }
        }
    }

    fn carry_out(&mut self) {
        while let Some(action) = self.x.poll_action() {
            match action {
                Action::Send { flow, bytes } => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let first = text.lines().next().unwrap().to_owned();
                    self.log.push(format!("{} {first}", flow.remote));
                    let word = first.replace("SIP/2.0 ", "");
                    if let Some(at) = self.lose.iter().position(|l| word.starts_with(l)) {
                        self.lose.remove(at);
                        continue;
                    }
                    let at = self.now.mono.after(Duration::from_millis(1));
                    self.wire.push_back((at, flow.remote, false, bytes.to_vec()));
                }
                Action::Media(command) => {
                    self.log.push(format!("{command:?}"));
                    self.media.push(command.clone());
                    if let (MediaCommand::Close { leg, slot, .. }, true) = (&command, self.media_works) {
                        let (leg, slot, whole) = (*leg, *slot, Quality::default());
                        self.x.handle(self.now, Input::Media(MediaEvent::Closed { leg, slot, whole }));
                    }
                }
                Action::Persist { ticket, record } => {
                    self.log.push(format!("{record:?}"));
                    if self.store_works {
                        self.records.push(record);
                        if let Some(ticket) = ticket {
                            self.x.handle(self.now, Input::Stored(vec![ticket]));
                        }
                    }
                }
                Action::Reply { result, .. } => self.replies.push(result),
                Action::Ask { number, asking, .. } => self.asked.push((number, asking)),
            }
        }
    }

    pub(crate) fn cdrs(&self) -> Vec<Cdr> {
        self.records
            .iter()
            .filter_map(|r| if let Record::Cdr(c) = r { Some((**c).clone()) } else { None })
            .collect()
    }

    /// The one CDR there is.
    pub(crate) fn cdr(&self) -> Cdr {
        let all = self.cdrs();
        assert_eq!(all.len(), 1, "{all:#?}");
        all[0].clone()
    }

    pub(crate) fn events(&self) -> Vec<String> {
        self.records
            .iter()
            .filter_map(|r| if let Record::Event(e) = r { Some(e.name.clone()) } else { None })
            .collect()
    }

    /// The last thing each leg was told to hear, caller first.
    /// What is on the audit list by that name: the call, and the text.
    pub(crate) fn audited(&self, name: &str) -> Vec<(Option<CallId>, String)> {
        let of = |record: &Record| match record {
            Record::Event(event) if event.kind == EventKind::Audit && event.name == name => {
                Some((event.call, event.text.clone()))
            }
            _ => None,
        };
        self.records.iter().filter_map(of).collect()
    }

    pub(crate) fn hears(&self) -> Vec<Source> {
        let mut last = BTreeMap::new();
        for command in &self.media {
            if let MediaCommand::Hear { leg, source, .. } = command {
                last.insert(*leg, source.clone());
            }
        }
        last.into_values().collect()
    }

    /// Everything comes to rest; nothing is left but registrations.
    pub(crate) fn settle(&mut self) {
        self.run(Duration::from_secs(100));
        assert_eq!(self.x.leftovers(), [""; 0], "{:#?}", self.log);
    }
}

/// The first header of that name in a message a phone received.
pub(crate) fn header(text: &str, name: Name) -> String {
    match Message::parse(text.as_bytes()) {
        Ok(Message::Request(Request { headers, .. })) | Ok(Message::Response(Response { headers, .. })) => {
            headers.get(&name).unwrap_or_default().to_owned()
        }
        Err(e) => panic!("{e}"),
    }
}
