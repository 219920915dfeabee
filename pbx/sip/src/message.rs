//! SIP messages: bytes to values and back (RFC 3261 §7, §25).
//!
//! Bytes are lexed here, not by rsip: folded lines, compact names, comma lists, unknown methods and binary bodies
//! are ordinary. What a recognisable request does wrong is told in [`ParseError::Bad`], so that it can be answered.

use crate::header::{Headers, Name, parse_number};
use crate::limits::{BODY_BYTES_MAX, HEADERS_MAX, LINE_BYTES_MAX, MESSAGE_BYTES_MAX, VIAS_MAX};
use crate::method::Method;
use crate::name_addr::NameAddr;
use crate::status::Status;
use crate::uri::Uri;
use crate::via::Via;
use std::fmt::Write as _;
use std::net::SocketAddr;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    /// Of whom.
    pub uri: Uri,
    /// Header fields, without Content-Length, which is computed on output.
    pub headers: Headers,
    /// Body as bytes.
    pub body: Vec<u8>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: Status,
    /// Reason phrase as received, or the usual one.
    pub reason: String,
    /// Header fields, without Content-Length.
    pub headers: Headers,
    /// Body as bytes.
    pub body: Vec<u8>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// The bytes are not an acceptable message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not SIP, or too broken to be answered: count and drop.
    #[error("not a SIP message: {0}")]
    NotSip(&'static str),
    /// A request that can be answered: with this status.
    #[error("{status}: {why}")]
    Bad {
        /// The answer.
        status: Status,
        /// What is wrong.
        why: &'static str,
        /// As much of the request as an answer needs.
        request: Box<Request>,
    },
}

/// CSeq: a number and a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CSeq {
    /// The number, below 2³¹.
    pub number: u32,
    /// The method.
    pub method: Method,
}

impl CSeq {
    fn parse(text: &str) -> Option<Self> {
        let (number, method) = text.trim().split_once([' ', '\t'])?;
        let number = parse_number(number).filter(|n| *n < 1 << 31)?;
        Some(Self { number, method: Method::parse(method.trim())? })
    }
}

impl Message {
    /// Parses one whole message: a datagram, or what the framer cut from a stream.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(ParseError::NotSip("longer than a message may be"));
        }
        let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
        let bytes = &bytes[start..];
        let (head, body) = split_head(bytes).ok_or(ParseError::NotSip("no end of header"))?;
        let head = String::from_utf8_lossy(head);
        let mut lines = Lines { rest: &head };
        let first = lines.next().ok_or(ParseError::NotSip("empty"))?;
        let start = StartLine::parse(first.trim_end())?;
        let (headers, mut fault) = parse_headers(lines);
        match start {
            StartLine::Status(status, reason) => {
                let body = take_body(&headers, body).map_err(|(_, why)| ParseError::NotSip(why))?;
                if fault.is_none() {
                    fault = check_common(&headers);
                }
                match fault {
                    Some((_, why)) => Err(ParseError::NotSip(why)),
                    None => Ok(Self::Response(Response {
                        status,
                        reason,
                        headers: without_length(headers),
                        body,
                    })),
                }
            }
            StartLine::Request(method, uri, start_fault) => {
                let (body, body_fault) = match take_body(&headers, body) {
                    Ok(body) => (body, None),
                    Err(fault) => (Vec::new(), Some(fault)),
                };
                let request = Request { method, uri, headers: without_length(headers), body };
                let fault = fault.or_else(|| check_common(&request.headers));
                let fault = start_fault.or(fault).or(body_fault).or_else(|| check_request(&request));
                match fault {
                    Some((status, why)) => Err(ParseError::Bad { status, why, request: Box::new(request) }),
                    None => Ok(Self::Request(request)),
                }
            }
        }
    }
}

type Fault = (Status, &'static str);

/// Head and body, split at the first empty line. A datagram without an empty line is all head.
fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let mut at = 0;
    while let Some(offset) = bytes[at..].iter().position(|b| *b == b'\n') {
        let after = at + offset + 1;
        match bytes.get(after..) {
            Some([b'\r', b'\n', body @ ..] | [b'\n', body @ ..]) => return Some((&bytes[..after], body)),
            _ => at = after,
        }
    }
    Some((bytes, &[]))
}

/// Header lines, folded ones joined (RFC 3261 §7.3.1).
struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Lines<'a> {
    type Item = std::borrow::Cow<'a, str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut line: std::borrow::Cow<'a, str> = self.take_line().into();
        while self.rest.starts_with([' ', '\t']) {
            let more = self.take_line();
            let joined = line.to_mut();
            joined.truncate(joined.trim_end().len());
            joined.push(' ');
            joined.push_str(more.trim());
        }
        Some(line)
    }
}

impl<'a> Lines<'a> {
    fn take_line(&mut self) -> &'a str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        line.strip_suffix('\r').unwrap_or(line)
    }
}

enum StartLine {
    Request(Method, Uri, Option<Fault>),
    Status(Status, String),
}

impl StartLine {
    fn parse(line: &str) -> Result<Self, ParseError> {
        if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
            let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            let status = parse_number(code).and_then(|c| u16::try_from(c).ok()).and_then(Status::new);
            let status = status.ok_or(ParseError::NotSip("status code"))?;
            return Ok(Self::Status(status, reason.to_owned()));
        }
        let (method, rest) = line.split_once(' ').ok_or(ParseError::NotSip("start line"))?;
        let (uri, version) = rest.rsplit_once(' ').ok_or(ParseError::NotSip("start line"))?;
        let method = Method::parse(method).ok_or(ParseError::NotSip("method"))?;
        if !version.get(..4).is_some_and(|v| v.eq_ignore_ascii_case("SIP/")) {
            return Err(ParseError::NotSip("version"));
        }
        let fault = if version.eq_ignore_ascii_case("SIP/2.0") {
            None
        } else {
            Some((Status::VERSION, "SIP version is not 2.0"))
        };
        match Uri::parse(uri) {
            Some(uri) => Ok(Self::Request(method, uri, fault)),
            None => {
                // Enough of a request to be told what is wrong with it.
                let nowhere = Uri::sip("", "invalid", None);
                Ok(Self::Request(
                    method,
                    nowhere,
                    fault.or(Some((Status::BAD_REQUEST, "Request-URI is malformed"))),
                ))
            }
        }
    }
}

fn parse_headers(lines: Lines<'_>) -> (Headers, Option<Fault>) {
    let mut headers = Headers::default();
    let mut fault = None;
    for line in lines {
        if line.trim().is_empty() {
            continue;
        }
        if headers.len() >= HEADERS_MAX {
            fault = fault.or(Some((Status::BAD_REQUEST, "too many header fields")));
            break;
        }
        if line.len() > LINE_BYTES_MAX {
            fault = fault.or(Some((Status::BAD_REQUEST, "a header line is too long")));
            continue;
        }
        // One tolerant rule for names, trimmed before the colon, so that nothing passes under a disguised name.
        let field = line.split_once(':').and_then(|(name, value)| Some((Name::parse(name.trim())?, value)));
        match field {
            Some((name, value)) => headers.push(name, value.trim()),
            None => fault = fault.or(Some((Status::BAD_REQUEST, "a header line has no name"))),
        }
    }
    (headers, fault)
}

/// The body by Content-Length; a datagram may be longer than it says, never shorter (§18.3).
fn take_body(headers: &Headers, bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let body = match headers.get(&Name::ContentLength) {
        None => bytes,
        Some(text) => {
            let length = parse_number(text).ok_or((Status::BAD_REQUEST, "Content-Length is not a number"))?;
            bytes
                .get(..length as usize)
                .ok_or((Status::BAD_REQUEST, "body is shorter than Content-Length"))?
        }
    };
    if body.len() > BODY_BYTES_MAX {
        return Err((Status::TOO_LARGE, "body is too long"));
    }
    Ok(body.to_vec())
}

fn without_length(mut headers: Headers) -> Headers {
    headers.remove(&Name::ContentLength);
    headers
}

/// What every message must have, once, and well-formed (RFC 3261 §8.1.1).
fn check_common(headers: &Headers) -> Option<Fault> {
    let bad = |why| Some((Status::BAD_REQUEST, why));
    let mut seen: Vec<&Name> = Vec::new();
    for (name, _) in headers.iter() {
        if name.is_single() {
            if seen.contains(&name) {
                return bad("a header field that may stand once stands twice");
            }
            seen.push(name);
        }
    }
    let vias: Vec<_> = headers.elements(&Name::Via).collect();
    if vias.is_empty() || vias.len() > VIAS_MAX || Via::parse(vias[0]).is_none() {
        return bad("Via is missing or malformed");
    }
    for (name, why) in
        [(Name::From, "From is missing or malformed"), (Name::To, "To is missing or malformed")]
    {
        if headers.get(&name).and_then(NameAddr::parse).is_none() {
            return bad(why);
        }
    }
    match headers.get(&Name::CallId) {
        Some(id) if !id.is_empty() && id.len() <= 256 && !id.contains([' ', '\t']) => {}
        _ => return bad("Call-ID is missing or malformed"),
    }
    if headers.get(&Name::CSeq).and_then(CSeq::parse).is_none() {
        return bad("CSeq is missing or malformed");
    }
    None
}

fn check_request(request: &Request) -> Option<Fault> {
    let bad = |why| Some((Status::BAD_REQUEST, why));
    if request.cseq().method != request.method {
        return bad("CSeq names another method");
    }
    if request.headers.get(&Name::MaxForwards).is_some_and(|v| parse_number(v).is_none_or(|n| n > 255)) {
        return bad("Max-Forwards is malformed");
    }
    for name in [Name::Expires, Name::MinSe] {
        if request
            .headers
            .get(&name)
            .is_some_and(|v| parse_number(v.split(';').next().unwrap_or("")).is_none())
        {
            return bad("a number is expected in Expires and Min-SE");
        }
    }
    if request
        .headers
        .all(&Name::Contact)
        .any(|v| v.trim() != "*" && crate::params::split_list(v).any(|c| NameAddr::parse(c).is_none()))
    {
        return bad("Contact is malformed");
    }
    if matches!(request.method, Method::Invite | Method::Subscribe)
        && request.headers.elements(&Name::Contact).count() != 1
    {
        return bad("one Contact is expected");
    }
    None
}

macro_rules! shared_accessors {
    ($type:ty) => {
        impl $type {
            /// The topmost Via.
            pub fn via(&self) -> Option<Via> {
                self.headers.elements(&Name::Via).next().and_then(Via::parse)
            }

            /// From; what [`Message::parse`] returned always has it.
            pub fn from(&self) -> Option<NameAddr> {
                self.headers.get(&Name::From).and_then(NameAddr::parse)
            }

            /// To; what [`Message::parse`] returned always has it.
            pub fn to(&self) -> Option<NameAddr> {
                self.headers.get(&Name::To).and_then(NameAddr::parse)
            }

            /// The tag in From, empty if there is none (RFC 2543).
            pub fn from_tag(&self) -> String {
                self.from().and_then(|a| a.tag().map(str::to_owned)).unwrap_or_default()
            }

            /// The tag in To.
            pub fn to_tag(&self) -> Option<String> {
                self.to().and_then(|a| a.tag().map(str::to_owned))
            }

            /// Call-ID.
            pub fn call_id(&self) -> &str {
                self.headers.get(&Name::CallId).unwrap_or_default()
            }

            /// CSeq; number 0 if it is missing, which cannot be in what [`Message::parse`] returned.
            pub fn cseq(&self) -> CSeq {
                self.headers
                    .get(&Name::CSeq)
                    .and_then(CSeq::parse)
                    .unwrap_or(CSeq { number: 0, method: Method::Other("-".into()) })
            }

            /// The first Contact.
            pub fn contact(&self) -> Option<NameAddr> {
                self.headers.elements(&Name::Contact).next().and_then(NameAddr::parse)
            }

            /// The type of the body without parameters, lower case; empty if there is no body.
            pub fn content_type(&self) -> String {
                if self.body.is_empty() {
                    return String::new();
                }
                let value = self.headers.get(&Name::ContentType).unwrap_or_default();
                value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
            }

            /// The SDP in the body: the body itself or the first such part of a multipart body (depth one).
            pub fn sdp(&self) -> Option<Vec<u8>> {
                let kind = self.content_type();
                if kind == "application/sdp" {
                    return Some(self.body.clone());
                }
                if kind.starts_with("multipart/") {
                    return crate::multipart::find_sdp(self.headers.get(&Name::ContentType)?, &self.body);
                }
                None
            }

            /// Sets the body and its type.
            pub fn set_body(&mut self, kind: &str, body: Vec<u8>) {
                self.headers.set(Name::ContentType, kind);
                self.body = body;
            }
        }
    };
}

shared_accessors!(Request);
shared_accessors!(Response);

impl Request {
    /// A request without header fields.
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::default(), body: Vec::new() }
    }

    /// Writes into the topmost Via where the request came from (RFC 3261 §18.2.1, RFC 3581 §4).
    pub fn stamp(&mut self, source: SocketAddr) {
        let Some(first) = self.headers.get(&Name::Via) else { return };
        let mut elements = crate::params::split_list(first);
        let Some(mut via) = elements.next().and_then(Via::parse) else { return };
        via.stamp(source);
        let mut value = via.to_string();
        for rest in elements {
            _ = write!(value, ", {rest}");
        }
        self.headers.replace_first(&Name::Via, value);
    }

    /// A response to this request: Via, From, To, Call-ID and CSeq copied as they are (§8.2.6.2), with `tag` added to
    /// To if it has none.
    pub fn response(&self, status: Status, tag: Option<&str>) -> Response {
        let mut headers = Headers::default();
        for (name, value) in self.headers.iter() {
            match name {
                Name::Via | Name::From | Name::CallId | Name::CSeq => headers.push(name.clone(), value),
                Name::To => match (tag, self.to_tag()) {
                    (Some(tag), None) if status != Status::TRYING => {
                        headers.push(Name::To, format!("{value};tag={tag}"));
                    }
                    _ => headers.push(Name::To, value),
                },
                _ => {}
            }
        }
        Response { status, reason: status.reason(), headers, body: Vec::new() }
    }

    /// The bytes on the wire.
    pub fn print(&self) -> Vec<u8> {
        print(&format!("{} {} SIP/2.0", self.method, self.uri), &self.headers, &self.body)
    }
}

impl Response {
    /// The bytes on the wire.
    pub fn print(&self) -> Vec<u8> {
        let reason: String = self.reason.chars().filter(|c| !c.is_control()).collect();
        print(&format!("SIP/2.0 {} {reason}", self.status.code()), &self.headers, &self.body)
    }
}

fn print(start: &str, headers: &Headers, body: &[u8]) -> Vec<u8> {
    let size: usize = headers.iter().map(|(n, v)| n.text().len() + v.len() + 4).sum();
    let mut text = String::with_capacity(start.len() + size + 32);
    text.push_str(start);
    text.push_str("\r\n");
    for (name, value) in headers.iter() {
        text.push_str(name.text());
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    }
    _ = write!(text, "Content-Length: {}\r\n\r\n", body.len());
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

#[cfg(test)]
mod tests;
