//! SIP messages: bytes to values and back (RFC 3261 §7, §25).
//!
//! Bytes are lexed here, not by rsip: folded lines, compact names, comma lists, unknown methods and binary bodies
//! are ordinary. What a recognisable request does wrong is told in [`ParseError::Bad`], so that it can be answered.

use crate::header::{Headers, Name};
use crate::method::Method;
use crate::name_addr::{self, NameAddr};
use crate::params::{find_byte, push_number};
use crate::status::Status;
use crate::uri::Uri;
use crate::via::{self, Via};
use std::borrow::Cow;
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

            /// The topmost Via, nothing of it copied.
            pub(crate) fn top_via(&self) -> Option<via::Written<'_>> {
                self.headers.elements(&Name::Via).next().and_then(via::Written::of)
            }

            /// From; what [`Message::parse`] returned always has it.
            pub fn from(&self) -> Option<NameAddr> {
                self.headers.get(&Name::From).and_then(NameAddr::parse)
            }

            /// To; what [`Message::parse`] returned always has it.
            pub fn to(&self) -> Option<NameAddr> {
                self.headers.get(&Name::To).and_then(NameAddr::parse)
            }

            /// The tag in From or To as it stands there, empty if there is none.
            pub(crate) fn tag_in(&self, name: &Name) -> &str {
                self.headers.get(name).map(name_addr::tag_of).unwrap_or_default()
            }

            /// The tag in From, empty if there is none (RFC 2543).
            pub fn from_tag(&self) -> String {
                self.tag_in(&Name::From).to_owned()
            }

            /// The tag in To.
            pub fn to_tag(&self) -> Option<String> {
                Some(self.tag_in(&Name::To)).filter(|tag| !tag.is_empty()).map(str::to_owned)
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
                self.written_type().to_ascii_lowercase()
            }

            fn written_type(&self) -> &str {
                if self.body.is_empty() {
                    return "";
                }
                let value = self.headers.get(&Name::ContentType).unwrap_or_default();
                value[..find_byte(value, b';').unwrap_or(value.len())].trim()
            }

            /// The SDP in the body: the body itself or the first such part of a multipart body (depth one).
            pub fn sdp(&self) -> Option<Vec<u8>> {
                self.sdp_within().map(Cow::into_owned)
            }

            /// Whether there is SDP in the body.
            pub(crate) fn has_sdp(&self) -> bool {
                self.sdp_within().is_some()
            }

            fn sdp_within(&self) -> Option<Cow<'_, [u8]>> {
                let kind = self.written_type();
                if kind.eq_ignore_ascii_case("application/sdp") {
                    return Some(Cow::Borrowed(&self.body));
                }
                if kind.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/")) {
                    let kind = self.headers.get(&Name::ContentType)?;
                    return crate::multipart::find_sdp(kind, &self.body).map(Cow::Owned);
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

    /// The branch of the topmost Via; empty if there is none.
    pub(crate) fn branch(&self) -> &str {
        self.top_via().map(|via| via.branch()).unwrap_or_default()
    }

    /// Writes into the topmost Via where the request came from (RFC 3261 §18.2.1, RFC 3581 §4).
    pub fn stamp(&mut self, source: SocketAddr) {
        let Some(first) = self.headers.get(&Name::Via) else { return };
        let mut elements = crate::params::split_list(first);
        let Some(mut via) = elements.next().and_then(Via::parse) else { return };
        via.stamp(source);
        let mut value = String::with_capacity(first.len() + 48);
        via.print(&mut value);
        for rest in elements {
            value.push_str(", ");
            value.push_str(rest);
        }
        self.headers.replace_first(&Name::Via, &value);
    }

    /// A response to this request: Via, From, To, Call-ID and CSeq copied as they are (§8.2.6.2), with `tag` added to
    /// To if it has none. Of a field that may stand once only the first is copied, so that an answer to a malformed
    /// request cannot be made many times as long as the request.
    pub fn response(&self, status: Status, tag: Option<&str>) -> Response {
        let mut headers = Headers::with_capacity(512);
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
                Some(tag)
                    if *name == Name::To && status != Status::TRYING && self.tag_in(&Name::To).is_empty() =>
                {
                    headers.push_written(Name::To, |text| {
                        text.push_str(value);
                        text.push_str(";tag=");
                        text.push_str(tag);
                    });
                }
                _ => headers.push(name.clone(), value),
            }
        }
        Response { status, reason: status.reason(), headers, body: Vec::new() }
    }

    /// The bytes on the wire.
    pub fn print(&self) -> Vec<u8> {
        print(&self.headers, &self.body, |text| {
            text.push_str(self.method.name());
            text.push(' ');
            self.uri.print(text);
            text.push_str(" SIP/2.0");
        })
    }
}

impl Response {
    /// The bytes on the wire.
    pub fn print(&self) -> Vec<u8> {
        print(&self.headers, &self.body, |text| {
            text.push_str("SIP/2.0 ");
            push_number(text, self.status.code());
            text.push(' ');
            text.extend(self.reason.chars().filter(|c| !c.is_control()));
        })
    }
}

/// A message whose first line `start` writes, in one piece of memory unless that line is very long.
fn print(headers: &Headers, body: &[u8], start: impl FnOnce(&mut String)) -> Vec<u8> {
    let size: usize = headers.iter().map(|(n, v)| n.text().len() + v.len() + 4).sum();
    let mut text = String::with_capacity(160 + size + body.len());
    start(&mut text);
    text.push_str("\r\n");
    for (name, value) in headers.iter() {
        text.push_str(name.text());
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    }
    text.push_str("Content-Length: ");
    push_number(&mut text, body.len() as u64);
    text.push_str("\r\n\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

mod parse;
#[cfg(test)]
mod tests;

pub(crate) use parse::declared_length;
pub use parse::end_of_head;
