//! SIP messages: bytes to values and back (RFC 3261 §7, §25).
//!
//! Bytes are lexed here, not by rsip: folded lines, compact names, comma lists, unknown methods and binary bodies
//! are ordinary. What a recognisable request does wrong is told in [`ParseError::Bad`], so that it can be answered.

use crate::header::{Headers, Name};
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
    /// To if it has none. Of a field that may stand once only the first is copied, so that an answer to a malformed
    /// request cannot be made many times as long as the request.
    pub fn response(&self, status: Status, tag: Option<&str>) -> Response {
        let mut headers = Headers::with_capacity();
        let mut copied = 0;
        for (name, value) in self.headers.iter() {
            let bit = match name {
                Name::Via => 0,
                Name::From | Name::To | Name::CallId | Name::CSeq => name.single_bit().unwrap_or_default(),
                _ => continue,
            };
            if copied & bit != 0 {
                continue;
            }
            copied |= bit;
            match tag {
                Some(tag) if *name == Name::To && status != Status::TRYING && self.to_tag().is_none() => {
                    headers.push(Name::To, format!("{value};tag={tag}"));
                }
                _ => headers.push(name.clone(), value),
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

mod parse;
#[cfg(test)]
mod tests;

pub(crate) use parse::declared_length;
