//! A phone made of a socket and strings: it sends what no phone would, and sees every byte that comes back.

use crate::daemon::{DOMAIN, password};
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use switchroom_sip::digest::Challenge;

static NAMES: AtomicU64 = AtomicU64::new(1);

/// A word that nobody used before: for tags, branches and Call-IDs.
pub fn fresh(prefix: &str) -> String {
    format!("{prefix}{}x{}", std::process::id(), NAMES.fetch_add(1, Ordering::Relaxed))
}

/// The values of a header field, in order; names are compared without case.
pub fn fields<'a>(message: &'a str, name: &str) -> Vec<&'a str> {
    let head = message.split("\r\n\r\n").next().unwrap_or(message);
    head.split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .filter(|(n, _)| n.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .collect()
}

/// The first value of a header field, empty if there is none.
pub fn field<'a>(message: &'a str, name: &str) -> &'a str {
    fields(message, name).first().copied().unwrap_or_default()
}

/// The status of a response, 0 of anything else.
pub fn status(message: &str) -> u16 {
    message.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)?.parse().ok()).unwrap_or(0)
}

/// The body of a message.
pub fn body(message: &str) -> &str {
    message.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// The URI of a Contact or To.
pub fn uri_of(value: &str) -> &str {
    value.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(value, |(uri, _)| uri)
}

/// A plain description: PCMA and digits.
pub fn sdp(address: SocketAddr) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n",
        ip = address.ip(),
        port = address.port()
    )
}

/// The address of the audio in a description.
///
/// # Panics
/// If there is none.
pub fn audio_address(sdp: &str) -> SocketAddr {
    let line =
        |start: &str| sdp.lines().find_map(|l| l.trim_end().strip_prefix(start)).expect("a line of SDP");
    let port = line("m=audio ").split(' ').next().expect("a port");
    format!("{}:{port}", line("c=IN IP4 ")).parse().expect("an address")
}

/// A request to be written.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method.
    pub method: String,
    /// Request-URI.
    pub uri: String,
    /// From with its tag.
    pub from: String,
    /// To, with a tag inside a dialog.
    pub to: String,
    /// Call-ID.
    pub call_id: String,
    /// CSeq number.
    pub cseq: u32,
    /// More header lines, each ended by CR LF.
    pub more: String,
    /// Body, with its type.
    pub body: Option<(String, String)>,
}

impl Request {
    /// A request outside of dialogs, from `user` to `to`.
    pub fn new(method: &str, user: &str, to: &str) -> Self {
        let uri = if method == "REGISTER" { format!("sip:{DOMAIN}") } else { format!("sip:{to}@{DOMAIN}") };
        Self {
            method: method.to_owned(),
            uri,
            from: format!("<sip:{user}@{DOMAIN}>;tag={}", fresh("f")),
            to: format!("<sip:{to}@{DOMAIN}>"),
            call_id: fresh("c"),
            cseq: 1,
            more: String::new(),
            body: None,
        }
    }

    /// The request as text, sent from `local` with a branch of its own.
    pub fn text(&self, local: SocketAddr, transport: &str) -> String {
        let (kind, body) = self.body.clone().unwrap_or_default();
        let kind = if kind.is_empty() { kind } else { format!("Content-Type: {kind}\r\n") };
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} {local};rport;branch=z9hG4bK{branch}\r\n\
             Max-Forwards: 70\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:raw@{local}>\r\nUser-Agent: raw\r\n{more}{kind}Content-Length: {length}\r\n\r\n{body}",
            method = self.method,
            uri = self.uri,
            branch = fresh("b"),
            from = self.from,
            to = self.to,
            call_id = self.call_id,
            cseq = self.cseq,
            more = self.more,
            length = body.len(),
        )
    }

    /// Adds the answer to a challenge and counts on.
    ///
    /// # Panics
    /// If it is no challenge.
    pub fn authorize(&mut self, challenge: &str, user: &str, password: &str) {
        let offered = fields(challenge, "WWW-Authenticate");
        let strongest = Challenge::strongest(offered.iter().copied()).expect("a challenge");
        let answer = strongest.answer(user, password, &self.method, &self.uri, &fresh("n"), 1);
        self.more.push_str(&format!("Authorization: {}\r\n", answer.print()));
        self.cseq += 1;
    }
}

/// A dialog, as its caller sees it.
#[derive(Debug, Clone)]
pub struct Dialog {
    /// The request that made it; its CSeq counts on.
    pub invite: Request,
    /// The 200.
    pub answer: String,
}

impl Dialog {
    /// A request inside the dialog.
    pub fn request(&mut self, method: &str) -> Request {
        if method != "ACK" {
            self.invite.cseq += 1;
        }
        Request {
            method: method.to_owned(),
            uri: uri_of(field(&self.answer, "Contact")).to_owned(),
            to: field(&self.answer, "To").to_owned(),
            more: String::new(),
            body: None,
            ..self.invite.clone()
        }
    }
}

/// The phone.
#[derive(Debug)]
pub struct RawPhone {
    socket: UdpSocket,
    exchange: SocketAddr,
}

impl RawPhone {
    /// A phone on a port that the system chooses.
    ///
    /// # Panics
    /// If there is no socket.
    pub fn new(exchange: SocketAddr) -> Self {
        Self::on_port(exchange, 0)
    }

    /// A phone on that port.
    ///
    /// # Panics
    /// If it is taken.
    pub fn on_port(exchange: SocketAddr, port: u16) -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", port)).expect("a socket");
        Self { socket, exchange }
    }

    /// Its address.
    ///
    /// # Panics
    /// Never: it is bound.
    pub fn local(&self) -> SocketAddr {
        self.socket.local_addr().expect("bound")
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn send(&self, bytes: impl AsRef<[u8]>) {
        self.socket.send_to(bytes.as_ref(), self.exchange).expect("sent");
    }

    /// The next message, or none within the time; with where it came from.
    ///
    /// # Panics
    /// If the socket fails.
    pub fn receive_from(&self, wait: Duration) -> Option<(String, SocketAddr)> {
        self.socket.set_read_timeout(Some(wait)).expect("a timeout");
        let mut buffer = vec![0; 65_536];
        let (count, from) = self.socket.recv_from(&mut buffer).ok()?;
        Some((String::from_utf8_lossy(&buffer[..count]).into_owned(), from))
    }

    /// The next message, or none within the time.
    pub fn receive(&self, wait: Duration) -> Option<String> {
        self.receive_from(wait).map(|(text, _)| text)
    }

    /// Waits for a message that fits; others are passed over.
    ///
    /// # Panics
    /// If none comes within ten seconds.
    pub fn expect(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let mut seen = Vec::new();
        for _ in 0..40 {
            while let Some(message) = self.receive(Duration::from_millis(250)) {
                if fits(&message) {
                    return message;
                }
                seen.push(message.lines().next().unwrap_or_default().to_owned());
            }
        }
        panic!("{what} never came, but {seen:?}");
    }

    /// Sends a request and waits for its final answer; an INVITE's refusal is acknowledged.
    pub fn ask(&self, request: &Request) -> String {
        let text = request.text(self.local(), "UDP");
        self.send(&text);
        let cseq = format!("{} {}", request.cseq, request.method);
        let answer = self.expect(&format!("the answer to {cseq}"), |m| {
            status(m) >= 200 && field(m, "CSeq") == cseq && field(m, "Call-ID") == request.call_id
        });
        if request.method == "INVITE" && status(&answer) >= 300 {
            self.send(ack_of(&text, &answer));
        }
        answer
    }

    /// Sends a request as `user`: challenged, then with credentials.
    ///
    /// # Panics
    /// If it is not challenged.
    pub fn ask_as(&self, request: &mut Request, user: &str) -> String {
        let challenge = self.ask(request);
        assert_eq!(status(&challenge), 401, "{challenge}");
        request.authorize(&challenge, user, &password(user));
        self.ask(request)
    }

    /// Registers as `user` with its own address as contact.
    ///
    /// # Panics
    /// If that is refused.
    pub fn register(&self, user: &str) {
        let mut request = Request::new("REGISTER", user, user);
        request.more = "Expires: 600\r\n".to_owned();
        let answer = self.ask_as(&mut request, user);
        assert_eq!(status(&answer), 200, "{answer}");
    }

    /// As [`RawPhone::register`], but asks again where no answer comes, as phones do.
    ///
    /// # Panics
    /// If that is refused, or never answered.
    pub fn register_patiently(&self, user: &str) {
        let question = Request::new("REGISTER", user, user).text(self.local(), "UDP");
        let is_heard = (0..40).any(|_| {
            self.send(&question);
            self.receive(Duration::from_millis(250)).is_some()
        });
        assert!(is_heard, "no answer within ten seconds");
        self.register(user);
    }

    /// Calls `number` as `user`, its sound at `audio`, and waits for the answer, which it acknowledges.
    ///
    /// # Panics
    /// If the call is not answered.
    pub fn call(&self, user: &str, number: &str, audio: SocketAddr) -> Dialog {
        let mut invite = Request::new("INVITE", user, number);
        invite.body = Some(("application/sdp".into(), sdp(audio)));
        let answer = self.ask_as(&mut invite, user);
        assert_eq!(status(&answer), 200, "{answer}");
        let mut dialog = Dialog { invite, answer };
        let ack = dialog.request("ACK");
        self.send(ack.text(self.local(), "UDP"));
        dialog
    }

    /// Answers a request.
    pub fn answer(&self, request: &str, code: u16, reason: &str, more: &str, body: &str) {
        self.send(response(
            request,
            code,
            reason,
            &format!("Contact: <sip:raw@{}>\r\n{more}", self.local()),
            body,
        ));
    }

    /// Waits for an INVITE and answers it with 180 and 200, its sound at `audio`. Returns the INVITE.
    pub fn take_call(&self, audio: SocketAddr) -> String {
        let invite = self.expect("an INVITE", |m| m.starts_with("INVITE "));
        self.answer(&invite, 180, "Ringing", "", "");
        self.answer(&invite, 200, "OK", "Content-Type: application/sdp\r\n", &sdp(audio));
        self.expect("the ACK", |m| m.starts_with("ACK "));
        invite
    }
}

/// A response to a request. To gets a tag that is the same for each call.
pub fn response(request: &str, code: u16, reason: &str, more: &str, body: &str) -> String {
    let mut text = format!("SIP/2.0 {code} {reason}\r\n");
    for via in fields(request, "Via") {
        text.push_str(&format!("Via: {via}\r\n"));
    }
    let to = field(request, "To");
    let tag = if to.contains("tag=") {
        String::new()
    } else {
        format!(";tag=t{}", field(request, "Call-ID").len())
    };
    text.push_str(&format!(
        "From: {}\r\nTo: {to}{tag}\r\nCall-ID: {}\r\nCSeq: {}\r\n{more}Content-Length: {}\r\n\r\n{body}",
        field(request, "From"),
        field(request, "Call-ID"),
        field(request, "CSeq"),
        body.len()
    ));
    text
}

/// The ACK of a refusal: of the same transaction.
fn ack_of(invite: &str, answer: &str) -> String {
    let uri = invite.split(' ').nth(1).unwrap_or_default();
    let number = field(invite, "CSeq").split(' ').next().unwrap_or_default();
    format!(
        "ACK {uri} SIP/2.0\r\nVia: {}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {number} ACK\r\n\
         Content-Length: 0\r\n\r\n",
        field(invite, "Via"),
        field(invite, "From"),
        field(answer, "To"),
        field(invite, "Call-ID"),
    )
}

/// A packet of sound: 20 ms of PCMA.
pub fn rtp(sequence: u16, timestamp: u32, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}
