//! Bytes to messages (RFC 3261 §7, §8.2, §18.3): one lexer for datagrams and for the framer of streams, so that the two
//! cannot disagree on where a message ends.
//!
//! Tolerant of what phones send, strict where tolerance would let one text be read in two ways.

use super::{CSeq, Message, ParseError, Request, Response};
use crate::header::{Headers, Name, parse_number};
use crate::limits::{
    BODY_BYTES_MAX, HEADERS_MAX, LINE_BYTES_MAX, MESSAGE_BYTES_MAX, NAME_BYTES_MAX, VIAS_MAX,
};
use crate::method::Method;
use crate::name_addr::{is_contact, is_name_addr};
use crate::params::{count_work, cut_at, find_any, split_list, trim_blanks};
use crate::status::Status;
use crate::uri::Uri;
use crate::via::{self, MAGIC_COOKIE};
use std::borrow::Cow;

type Fault = (Status, &'static str);

fn bad(why: &'static str) -> Option<Fault> {
    Some((Status::BAD_REQUEST, why))
}

impl Message {
    /// Parses one whole message: a datagram, or what the framer cut from a stream.
    ///
    /// # Errors
    /// [`ParseError::Bad`] for a request that can be answered with the status it names, [`ParseError::NotSip`] for all
    /// else, which is to be counted and dropped.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(ParseError::NotSip("longer than a message may be"));
        }
        let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
        let (head, body, is_whole) = split_head(&bytes[start..]);
        let text = text_of(head);
        let mut lines = Lines { rest: &text };
        let first = lines.next().ok_or(ParseError::NotSip("empty"))?;
        let start = StartLine::parse(&first)?;
        let mut head_fields = Head::parse(lines);
        if !is_whole {
            head_fields.fault = head_fields.fault.or_else(|| bad("the message is cut off in its header"));
        }
        match start {
            StartLine::Status(status, reason) => response(status, reason, head_fields, body),
            StartLine::Request(method, uri, fault) => request(method, uri, fault, head_fields, body),
        }
    }
}

fn response(status: Status, reason: String, head: Head, body: &[u8]) -> Result<Message, ParseError> {
    let dropped = |(_, why): Fault| ParseError::NotSip(why);
    let body = head.body(body).map_err(dropped)?;
    check_common(&head.headers).map_err(dropped)?;
    match head.fault {
        Some(fault) => Err(dropped(fault)),
        None => Ok(Message::Response(Response { status, reason, headers: head.headers, body })),
    }
}

fn request(
    method: Method,
    uri: Uri,
    start_fault: Option<Fault>,
    head: Head,
    body: &[u8],
) -> Result<Message, ParseError> {
    let (body, body_fault) = match head.body(body) {
        Ok(body) => (body, None),
        Err(fault) => (Vec::new(), Some(fault)),
    };
    if head.headers.get(&Name::Via).is_none_or(str::is_empty) {
        return Err(ParseError::NotSip("no Via, so nobody waits for an answer"));
    }
    let request = Request { method, uri, headers: head.headers, body };
    let fault = start_fault.or(head.fault).or_else(|| {
        let checked = match check_common(&request.headers) {
            Ok(checked) => checked,
            Err(fault) => return Some(fault),
        };
        body_fault.or_else(|| check_request(&request, &checked))
    });
    match fault {
        Some((status, why)) => Err(ParseError::Bad { status, why, request: Box::new(request) }),
        None => Ok(Message::Request(request)),
    }
}

/// The head as text; what is no UTF-8 becomes U+FFFD.
fn text_of(head: &[u8]) -> Cow<'_, str> {
    // Checking alone is faster than the lossy way, which few messages need.
    std::str::from_utf8(head).map_or_else(|_| String::from_utf8_lossy(head), Cow::Borrowed)
}

/// Head and body, split at the first empty line, and whether there is one.
fn split_head(bytes: &[u8]) -> (&[u8], &[u8], bool) {
    let mut at = 0;
    while let Some(offset) = find_any(&bytes[at..], [b'\n']) {
        let after = at + offset + 1;
        match &bytes[after..] {
            [b'\r', b'\n', body @ ..] | [b'\n', body @ ..] => return (&bytes[..after], body, true),
            _ => at = after,
        }
    }
    (bytes, &[], false)
}

/// Where the head of a message ends and the first empty line begins, read as [`Message::parse`] reads it: a line may end
/// with CR LF or with LF alone, and empty lines before the start line are none of it (RFC 3261 §7.5). `None` if no empty line
/// follows.
pub fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n'))?;
    let (head, _, is_whole) = split_head(&bytes[start..]);
    is_whole.then_some(start + head.len())
}

/// The length of the body as the header tells it, read as [`Message::parse`] reads it; `None` if it is missing, no
/// number, or told twice.
pub(crate) fn declared_length(head: &[u8]) -> Option<usize> {
    let text = text_of(head);
    let mut found = None;
    for line in (Lines { rest: &text }).skip(1) {
        let Some((name, value)) = line.split_once(':') else { continue };
        let name = trim_blanks(name);
        if name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("l") {
            if found.is_some() {
                return None;
            }
            found = Some(parse_number(value)? as usize);
        }
    }
    found
}

/// Header lines, folded ones joined by one blank (RFC 3261 §7.3.1).
struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut line = Cow::Borrowed(self.take_line());
        while self.rest.starts_with([' ', '\t']) {
            let more = trim_blanks(self.take_line());
            let joined = line.to_mut();
            joined.truncate(joined.trim_end_matches([' ', '\t']).len());
            joined.push(' ');
            joined.push_str(more);
        }
        Some(line)
    }
}

impl<'a> Lines<'a> {
    fn take_line(&mut self) -> &'a str {
        let (line, rest) = cut_at(self.rest, b'\n').unwrap_or((self.rest, ""));
        count_work(line.len() + 1);
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
        if line.get(..8).is_some_and(|v| v.eq_ignore_ascii_case("SIP/2.0 ")) {
            let (code, reason) = line[8..].split_once(' ').unwrap_or((&line[8..], ""));
            let status = parse_number(code).and_then(|c| u16::try_from(c).ok()).and_then(Status::new);
            let status = status.ok_or(ParseError::NotSip("status code"))?;
            let reason = trim_blanks(reason).chars().filter(|c| !c.is_control()).collect();
            return Ok(Self::Status(status, reason));
        }
        let trimmed = trim_blanks(line);
        let (method, rest) = trimmed.split_once(' ').ok_or(ParseError::NotSip("start line"))?;
        let (uri, version) = rest.rsplit_once(' ').ok_or(ParseError::NotSip("start line"))?;
        let method = Method::parse(method).ok_or(ParseError::NotSip("method"))?;
        if !version.get(..4).is_some_and(|v| v.eq_ignore_ascii_case("SIP/")) {
            return Err(ParseError::NotSip("version"));
        }
        let parsed = Uri::parse(uri);
        let fault = if !version.eq_ignore_ascii_case("SIP/2.0") {
            Some((Status::VERSION, "SIP version is not 2.0"))
        } else if trimmed.len() != line.len() || uri.contains([' ', '\t']) {
            // Two readers could take different parts of such a line for the URI.
            bad("extra blanks in the request line")
        } else {
            match &parsed {
                None => bad("Request-URI is malformed"),
                Some(uri) if uri.headers.is_some() => bad("Request-URI must not have headers"),
                Some(_) => None,
            }
        };
        // Without a usable URI there is still enough of a request to be told what is wrong with it.
        Ok(Self::Request(method, parsed.unwrap_or_else(|| Uri::sip("", "invalid", None)), fault))
    }
}

/// The header fields without Content-Length, which is kept apart: it is a matter of framing, not of the message.
struct Head {
    headers: Headers,
    length: Option<u32>,
    fault: Option<Fault>,
}

impl Head {
    fn parse(lines: Lines<'_>) -> Self {
        let headers = Headers::with_capacity(lines.rest.len());
        let mut head = Self { headers, length: None, fault: None };
        let mut has_length = false;
        for line in lines {
            // One rule for names, blanks trimmed before the colon, so that nothing passes under a disguised name.
            let field = cut_at(&line, b':')
                .and_then(|(name, value)| Some((Name::parse(trim_blanks(name))?, trim_blanks(value))));
            let fault = match field {
                None => bad("a header line has no name"),
                Some((Name::ContentLength, _)) if has_length => bad("Content-Length stands twice"),
                Some((Name::ContentLength, value)) => {
                    has_length = true;
                    head.length = parse_number(value);
                    if head.length.is_none() { bad("Content-Length is not a number") } else { None }
                }
                Some((name, value)) if name.text().len() > NAME_BYTES_MAX || value.len() > LINE_BYTES_MAX => {
                    bad("a header line is too long")
                }
                Some(_) if head.headers.len() >= HEADERS_MAX => {
                    head.fault = head.fault.or_else(|| bad("too many header fields"));
                    break;
                }
                Some((name, value)) => {
                    head.headers.push(name, value);
                    None
                }
            };
            head.fault = head.fault.or(fault);
        }
        head
    }

    /// The body by Content-Length; a datagram may be longer than it says, never shorter (§18.3).
    fn body(&self, bytes: &[u8]) -> Result<Vec<u8>, Fault> {
        let body = match self.length {
            None => bytes,
            Some(length) => bytes
                .get(..length as usize)
                .ok_or((Status::BAD_REQUEST, "body is shorter than Content-Length"))?,
        };
        if body.len() > BODY_BYTES_MAX {
            return Err((Status::TOO_LARGE, "body is too long"));
        }
        Ok(body.to_vec())
    }
}

/// What was read on the way and is asked about later.
struct Checked {
    cseq: CSeq,
    /// The branch of the topmost Via is the cookie and nothing else.
    is_branch_bare: bool,
}

/// What every message must have, once, and well-formed (RFC 3261 §8.1.1).
fn check_common(headers: &Headers) -> Result<Checked, Fault> {
    let bad = |why| (Status::BAD_REQUEST, why);
    let (mut seen, mut vias, mut is_branch_bare) = (0u32, 0, false);
    for (name, value) in headers.iter() {
        if let Some(bit) = name.single_bit() {
            if seen & bit != 0 {
                return Err(bad("a header field that may stand once stands twice"));
            }
            seen |= bit;
        } else if *name == Name::Via {
            let before = vias;
            for via in split_list(value) {
                vias += 1;
                match via::Written::of(via) {
                    Some(via) if vias == 1 => {
                        is_branch_bare = via.branch().eq_ignore_ascii_case(MAGIC_COOKIE);
                    }
                    Some(_) if vias <= VIAS_MAX => {}
                    _ => return Err(bad("Via is missing or malformed")),
                }
            }
            if vias == before {
                return Err(bad("Via is missing or malformed"));
            }
        }
    }
    if vias == 0 {
        return Err(bad("Via is missing or malformed"));
    }
    for (name, why) in
        [(Name::From, "From is missing or malformed"), (Name::To, "To is missing or malformed")]
    {
        if !headers.get(&name).is_some_and(is_name_addr) {
            return Err(bad(why));
        }
    }
    match headers.get(&Name::CallId) {
        Some(id) if !id.is_empty() && id.len() <= 256 && !id.contains([' ', '\t']) => {}
        _ => return Err(bad("Call-ID is missing or malformed")),
    }
    let cseq = headers.get(&Name::CSeq).and_then(CSeq::parse).ok_or(bad("CSeq is missing or malformed"))?;
    Ok(Checked { cseq, is_branch_bare })
}

fn check_request(request: &Request, checked: &Checked) -> Option<Fault> {
    let headers = &request.headers;
    if checked.cseq.method != request.method {
        return bad("CSeq names another method");
    }
    if checked.is_branch_bare {
        return bad("branch is empty but for its cookie");
    }
    if headers.get(&Name::MaxForwards).is_some_and(|v| parse_number(v).is_none_or(|n| n > 255)) {
        return bad("Max-Forwards is malformed");
    }
    for name in [Name::Expires, Name::MinSe, Name::SessionExpires] {
        if headers.get(&name).is_some() && headers.number(&name).is_none() {
            return bad("a number is expected in Expires, Min-SE and Session-Expires");
        }
    }
    check_contacts(request)
}

fn check_contacts(request: &Request) -> Option<Fault> {
    let (mut count, mut has_wildcard) = (0, false);
    for contact in request.headers.elements(&Name::Contact) {
        count += 1;
        if contact == "*" {
            has_wildcard = true;
        } else if !is_contact(contact) {
            return bad("Contact is malformed");
        }
    }
    // §10.2.2: the wildcard stands alone, and only in REGISTER.
    if has_wildcard && (count > 1 || request.method != Method::Register) {
        return bad("Contact is malformed");
    }
    if matches!(request.method, Method::Invite | Method::Subscribe) && count != 1 {
        return bad("one Contact is expected");
    }
    None
}

impl CSeq {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = trim_blanks(text);
        let (number, method) = text.split_at(find_any(text.as_bytes(), [b' ', b'\t'])?);
        let number = parse_number(number).filter(|n| *n < 1 << 31)?;
        Some(Self { number, method: Method::parse(trim_blanks(method))? })
    }
}
