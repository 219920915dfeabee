//! Beside rsip 0.4: on ordinary messages both must say the same; where rsip falls short, ours must not.
//!
//! Each gap is shown on both sides, so that a release of rsip that closes one makes its row fail and can be thought about.
#![allow(clippy::unwrap_used, clippy::panic)]

use rsip::prelude::{HeadersExt, ToTypedHeader, UntypedHeader};
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::message::{Message, Request};
use switchroom_sip::method::Method;
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;
use switchroom_sip::via::Via;

/// What both parsers are asked for.
#[derive(Debug, PartialEq)]
struct Seen {
    start: String,
    call_id: String,
    cseq: (u32, String),
    tags: (String, String),
    branch: String,
    via_host: String,
    body: Vec<u8>,
}

fn by_ours(bytes: &[u8]) -> Option<Seen> {
    macro_rules! see {
        ($m:expr, $start:expr) => {
            Seen {
                start: $start,
                call_id: $m.call_id().into(),
                cseq: ($m.cseq().number, $m.cseq().method.to_string()),
                tags: ($m.from_tag(), $m.to_tag().unwrap_or_default()),
                branch: $m.via()?.branch().into(),
                via_host: $m.via()?.host,
                body: $m.body.clone(),
            }
        };
    }
    Some(match Message::parse(bytes).ok()? {
        Message::Request(r) => see!(r, format!("{} {}", r.method, r.uri)),
        Message::Response(r) => see!(r, r.status.code().to_string()),
    })
}

fn by_rsip(bytes: &[u8]) -> Option<Seen> {
    let message = rsip::SipMessage::try_from(bytes).ok()?;
    let start = match &message {
        rsip::SipMessage::Request(r) => format!("{} {}", r.method, r.uri),
        rsip::SipMessage::Response(r) => u16::from(r.status_code.clone()).to_string(),
    };
    let via = message.via_header().ok()?.typed().ok()?;
    let cseq = message.cseq_header().ok()?.typed().ok()?;
    let from = message.from_header().ok()?.typed().ok()?;
    let to = message.to_header().ok()?.typed().ok()?;
    let tag = |tag: Option<&rsip::param::Tag>| tag.map(|t| t.value().to_owned()).unwrap_or_default();
    Some(Seen {
        start,
        call_id: message.call_id_header().ok()?.value().into(),
        cseq: (cseq.seq, cseq.method.to_string()),
        tags: (tag(from.tag()), tag(to.tag())),
        branch: via.branch()?.value().into(),
        via_host: via.uri.host_with_port.host.to_string(),
        body: message.body().clone(),
    })
}

/// Requests of every method and responses of every class, as softphones send them.
fn ordinary() -> Vec<String> {
    let mut all = Vec::new();
    let sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n";
    let names =
        "REGISTER INVITE ACK BYE CANCEL OPTIONS PRACK UPDATE INFO MESSAGE SUBSCRIBE NOTIFY REFER PUBLISH";
    let starts = names
        .split(' ')
        .map(|method| (method, format!("{method} sip:102@pbx.example.com SIP/2.0")))
        .chain([100, 180, 183, 200, 302, 401, 404, 407, 486, 487, 488, 500, 503, 603].map(|code| {
            let status = Status::new(code).unwrap();
            ("INVITE", format!("SIP/2.0 {code} {}", status.reason()))
        }));
    for (number, (method, start)) in starts.enumerate() {
        for (host, to_tag) in
            [("192.0.2.7:5062", ""), ("phone7.example.com", ";tag=as58f4201b"), ("10.0.0.7", "")]
        {
            let body = if method == "INVITE" { sdp } else { "" };
            all.push(format!(
                "{start}\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK-{number}-77;rport\r\nMax-Forwards: 70\r\n\
                 From: \"Ana Lopez\" <sip:101@pbx.example.com>;tag=f{number}9\r\nTo: <sip:102@pbx.example.com>{to_tag}\r\n\
                 Call-ID: {number}a84b4c76e66710@{host}\r\nCSeq: {number}314159 {method}\r\n\
                 Contact: <sip:101@{host}>\r\nUser-Agent: phone 1.0\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ));
        }
    }
    all
}

#[test]
fn both_read_ordinary_messages_alike() {
    for text in ordinary() {
        let ours = by_ours(text.as_bytes());
        assert!(ours.is_some(), "{text}");
        assert_eq!(ours, by_rsip(text.as_bytes()), "{text}");
    }
}

#[test]
fn each_reads_what_the_other_prints() {
    for text in ordinary() {
        let theirs = rsip::SipMessage::try_from(text.as_bytes()).unwrap().to_string();
        assert_eq!(by_ours(theirs.as_bytes()), by_ours(text.as_bytes()));
        let ours = match Message::parse(text.as_bytes()).unwrap() {
            Message::Request(r) => r.print(),
            Message::Response(r) => r.print(),
        };
        assert_eq!(by_rsip(&ours), by_rsip(text.as_bytes()));
    }
}

const INVITE: &str = "INVITE sip:102@pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bKabc\r\n\
    Max-Forwards: 70\r\nFrom: <sip:101@pbx.example>;tag=f1\r\nTo: <sip:102@pbx.example>\r\nCall-ID: c1\r\n\
    CSeq: 1 INVITE\r\nContact: <sip:101@192.0.2.5>\r\nContent-Length: 5\r\n\r\nv=0\r\n";

fn ours(bytes: &[u8]) -> Option<Request> {
    match Message::parse(bytes) {
        Ok(Message::Request(request)) => Some(request),
        _ => None,
    }
}

fn rsips(bytes: &[u8]) -> Option<rsip::Request> {
    rsip::Request::try_from(bytes).ok()
}

/// One gap of rsip: the bytes, whether rsip gets them right, whether we do.
struct Gap {
    name: &'static str,
    bytes: Vec<u8>,
    rsip: fn(&[u8]) -> Option<bool>,
    ours: fn(&[u8]) -> Option<bool>,
}

fn gap(
    name: &'static str,
    from: &str,
    to: &str,
    rsip: fn(&[u8]) -> Option<bool>,
    ours: fn(&[u8]) -> Option<bool>,
) -> Gap {
    assert!(INVITE.contains(from), "{name}");
    Gap { name, bytes: INVITE.replacen(from, to, 1).into_bytes(), rsip, ours }
}

const CONTACT: &str = "<sip:101@192.0.2.5>";
const URI: &str = "sip:102@pbx.example";
const VIA: &str = "SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bKabc";

fn contact_of(bytes: &[u8]) -> Option<rsip::typed::Contact> {
    rsips(bytes)?.contact_header().ok()?.typed().ok()
}

fn framing_gaps() -> Vec<Gap> {
    let read = |b: &[u8]| Some(rsips(b).is_some());
    vec![
        gap(
            "compact names",
            "From: <sip:101@pbx.example>;tag=f1\r\nTo: <sip:102@pbx.example>\r\nCall-ID: c1",
            "f: <sip:101@pbx.example>;tag=f1\r\nt: <sip:102@pbx.example>\r\ni: c1",
            |b| Some(rsips(b)?.from_header().is_ok()),
            |b| Some(ours(b)?.from_tag() == "f1" && ours(b)?.call_id() == "c1"),
        ),
        gap("folded line", "To: ", "To:\r\n  ", read, |b| Some(ours(b)?.to()?.uri.to_string() == URI)),
        gap("blank before the colon", "To: ", "To : ", read, |b| Some(ours(b)?.to()?.uri.to_string() == URI)),
        gap("leading CRLF", "INVITE", "\r\n\r\nINVITE", read, |b| Some(ours(b).is_some())),
        Gap {
            name: "line feeds only",
            bytes: INVITE.replace("\r\n", "\n").replace(": 5", ": 4").into_bytes(),
            rsip: read,
            ours: |b| Some(ours(b)?.body == b"v=0\n"),
        },
        Gap {
            name: "bytes that are no UTF-8",
            bytes: [b"INVITE", &INVITE.as_bytes()[6..]]
                .concat()
                .splice_at("Call-ID", b"Subject: \xff\xfe\r\n"),
            rsip: read,
            ours: |b| Some(ours(b)?.headers.get(&Name::Subject)? == "\u{fffd}\u{fffd}"),
        },
        Gap {
            name: "binary body on output",
            bytes: [INVITE.trim_end_matches("v=0\r\n").as_bytes(), b"\xff\0\r\xfe\n"].concat(),
            rsip: |b| Some(rsips(b)?.to_string().into_bytes().ends_with(b"\xff\0\r\xfe\n")),
            ours: |b| Some(ours(b)?.print().ends_with(b"\xff\0\r\xfe\n")),
        },
        Gap {
            name: "two messages in one read",
            bytes: [INVITE, INVITE].concat().into_bytes(),
            rsip: |b| Some(rsips(b)?.body.len() == 5),
            ours: |b| Some(ours(b)?.body.len() == 5),
        },
        gap(
            "truncated message",
            "Content-Length: 5",
            "Content-Length: 500",
            |b| Some(rsips(b).is_none()),
            |b| Some(ours(b).is_none()),
        ),
    ]
}

fn header_gaps() -> Vec<Gap> {
    let read = |b: &[u8]| Some(rsips(b).is_some());
    vec![
        gap(
            "several Vias in one line",
            VIA,
            "SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b;branch=z9hG4bK2",
            |b| Some(rsips(b)?.via_header().ok()?.typed().ok()?.to_string().contains("z9hG4bK2")),
            |b| {
                Some(
                    ours(b)?.headers.elements(&Name::Via).nth(1).and_then(Via::parse)?.branch() == "z9hG4bK2",
                )
            },
        ),
        gap(
            "blank before a Via parameter",
            VIA,
            "SIP/2.0/UDP 192.0.2.5 ;branch=z9hG4bKabc",
            |b| Some(rsips(b)?.via_header().ok()?.typed().ok()?.branch().is_some()),
            |b| Some(ours(b)?.via()?.branch() == "z9hG4bKabc"),
        ),
        gap(
            "IPv6 in Via",
            VIA,
            "SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bKabc",
            |b| Some(rsips(b)?.via_header().ok()?.typed().is_ok()),
            |b| Some(ours(b)?.via()?.host == "[2001:db8::9]"),
        ),
        gap(
            "unknown transport",
            VIA,
            "SIP/2.0/XTP h;branch=z9hG4bKabc",
            |b| Some(rsips(b)?.via_header().ok()?.typed().is_ok()),
            |b| Some(ours(b)?.via()?.transport == "XTP"),
        ),
        gap(
            "quoted parameter value",
            CONTACT,
            "<sip:101@192.0.2.5>;+sip.instance=\"<urn:uuid:1>\"",
            |b| Some(contact_of(b).is_some()),
            |b| Some(ours(b)?.contact()?.params.get_unquoted("+sip.instance")? == "<urn:uuid:1>"),
        ),
        Gap {
            name: "two Contacts in one line",
            bytes: INVITE
                .replace("INVITE", "REGISTER")
                .replace(CONTACT, "<sip:101@192.0.2.5>, <sip:101@192.0.2.6>")
                .into_bytes(),
            rsip: |b| Some(contact_of(b)?.to_string().contains("192.0.2.6")),
            ours: |b| {
                let request = ours(b)?;
                let second = request.headers.elements(&Name::Contact).nth(1).and_then(NameAddr::parse)?;
                Some(second.uri.host == "192.0.2.6")
            },
        },
        gap(
            "display name with <",
            CONTACT,
            "\"a <b> c\" <sip:101@192.0.2.5>",
            |b| Some(contact_of(b).is_some_and(|c| c.display_name.as_deref() == Some("a <b> c"))),
            |b| Some(ours(b)?.contact()?.name == "a <b> c"),
        ),
        Gap {
            name: "unknown method",
            bytes: INVITE.replace("INVITE", "FETCH").into_bytes(),
            rsip: read,
            ours: |b| Some(ours(b)?.method == Method::Other("FETCH".into())),
        },
        gap(
            "unknown method in Allow",
            "Call-ID",
            "Allow: INVITE, FETCH\r\nCall-ID",
            |b| {
                let request = rsips(b)?;
                let allow = request.headers.iter().find_map(|h| match h {
                    rsip::Header::Allow(allow) => Some(allow.clone()),
                    _ => None,
                })?;
                Some(allow.typed().is_ok())
            },
            |b| Some(ours(b)?.headers.lists(&Name::Allow, "FETCH")),
        ),
        gap(
            "Subscription-State",
            "Call-ID",
            "Subscription-State: active\r\nCall-ID",
            |b| Some(rsips(b)?.headers.iter().any(|h| matches!(h, rsip::Header::SubscriptionState(_)))),
            |b| Some(ours(b)?.headers.get(&Name::parse("subscription-state")?)? == "active"),
        ),
        gap(
            "Session-Expires",
            "Call-ID",
            "x: 1800;refresher=uas\r\nCall-ID",
            |b| {
                Some(
                    !rsips(b)?
                        .headers
                        .iter()
                        .any(|h| matches!(h, rsip::Header::Other(name, _) if name == "x")),
                )
            },
            |b| Some(ours(b)?.headers.number(&Name::SessionExpires)? == 1800),
        ),
        gap(
            "CR and LF in values",
            "Call-ID: c1",
            "Subject: a\rb\r\nCall-ID: c1",
            |b| Some(!rsips(b)?.to_string().contains("a\rb")),
            |b| Some(ours(b)?.headers.get(&Name::Subject)? == "a b"),
        ),
    ]
}

fn uri_gaps() -> Vec<Gap> {
    vec![
        gap(
            "IPv6 in a URI",
            URI,
            "sip:102@[2001:db8::1]:5070",
            |b| Some(rsips(b).is_some()),
            |b| Some(ours(b)?.uri.host == "[2001:db8::1]" && ours(b)?.uri.port == Some(5070)),
        ),
        gap(
            "user with a dot",
            URI,
            "sip:john.doe@example.com",
            |b| Some(rsips(b)?.uri.user() == Some("john.doe")),
            |b| Some(ours(b)?.uri.user_text() == "john.doe" && ours(b)?.uri.host == "example.com"),
        ),
        gap(
            "semicolon in a user",
            URI,
            "sip:a.b;c=1@h",
            |b| Some(rsips(b)?.uri.user() == Some("a.b;c=1")),
            |b| Some(ours(b)?.uri.user_text() == "a.b;c=1"),
        ),
        gap(
            "tel",
            URI,
            "tel:911;phone-context=+1",
            |b| Some(rsips(b)?.uri.host().to_string() != "tel"),
            |b| {
                Some(
                    ours(b)?.uri.user_text() == "911"
                        && ours(b)?.uri.params.get("phone-context") == Some("+1"),
                )
            },
        ),
        gap(
            "tel with a plus",
            URI,
            "tel:+1-212-555-0101",
            |b| Some(rsips(b).is_some()),
            |b| Some(ours(b)?.uri.user_text() == "+1-212-555-0101"),
        ),
        gap(
            "URI headers",
            CONTACT,
            "<sip:101@192.0.2.5?Subject=x>",
            |b| {
                Some(
                    contact_of(b)?.uri.host().to_string() == "192.0.2.5"
                        && !contact_of(b)?.uri.headers.is_empty(),
                )
            },
            |b| Some(ours(b)?.contact()?.uri.headers.as_deref() == Some("Subject=x")),
        ),
        gap(
            "unknown transport in a URI",
            CONTACT,
            "<sip:101@192.0.2.5;transport=xtp>",
            |b| Some(contact_of(b).is_some()),
            |b| Some(ours(b)?.contact()?.uri.param("transport")? == "xtp"),
        ),
        gap(
            "unknown method in a URI",
            CONTACT,
            "<sip:101@192.0.2.5;method=FETCH>",
            |b| Some(contact_of(b).is_some()),
            |b| Some(ours(b)?.contact()?.uri.param("method")? == "FETCH"),
        ),
    ]
}

#[test]
fn the_gaps_of_rsip_are_closed() {
    let mut wrong = String::new();
    for gap in framing_gaps().into_iter().chain(header_gaps()).chain(uri_gaps()) {
        if (gap.ours)(&gap.bytes) != Some(true) {
            wrong += &format!("{}: ours gets it wrong\n", gap.name);
        }
        if (gap.rsip)(&gap.bytes) == Some(true) {
            wrong += &format!("{}: rsip gets it right\n", gap.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn reason_phrases_are_kept_and_right() {
    let response = |phrase: &str| {
        let rest = INVITE.split_once("\r\n").unwrap().1;
        format!("SIP/2.0 {phrase}\r\n{rest}")
    };
    for phrase in ["486 Busy Here", "183 Session Progress", "486 Gone fishing"] {
        let text = response(phrase);
        let Ok(Message::Response(r)) = Message::parse(text.as_bytes()) else { panic!("{phrase}") };
        assert!(r.print().starts_with(format!("SIP/2.0 {phrase}\r\n").as_bytes()));
        let theirs = rsip::Response::try_from(text.as_bytes()).unwrap().to_string();
        assert!(!theirs.starts_with(&format!("SIP/2.0 {phrase}\r\n")), "{theirs}");
    }
}

/// `unique_push` of rsip takes every extension header for the same one.
#[test]
fn setting_one_extension_header_keeps_the_others() {
    let mut theirs = rsip::Headers::default();
    theirs.push(rsip::Header::Other("X-A".into(), "1".into()));
    theirs.unique_push(rsip::Header::Other("X-B".into(), "2".into()));
    assert_eq!(theirs.iter().count(), 1);
    let mut ours = Headers::default();
    ours.push(Name::parse("X-A").unwrap(), "1");
    ours.set(Name::parse("X-B").unwrap(), "2");
    ours.set(Name::parse("x-a").unwrap(), "3");
    assert_eq!(ours.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>(), ["X-B=2", "x-a=3"]);
    assert_eq!(Uri::parse("sip:a@b").map(|u| u.to_string()).as_deref(), Some("sip:a@b"));
}

trait SpliceAt {
    /// With `bytes` put in before the first occurrence of `mark`.
    fn splice_at(self, mark: &str, bytes: &[u8]) -> Vec<u8>;
}

impl SpliceAt for Vec<u8> {
    fn splice_at(mut self, mark: &str, bytes: &[u8]) -> Vec<u8> {
        let at = self.windows(mark.len()).position(|w| w == mark.as_bytes()).unwrap();
        self.splice(at..at, bytes.iter().copied());
        self
    }
}
