//! The 49 messages of RFC 4475: what each must become, through the parser and through the framer.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod table;

use common::{all_torture, torture};
use switchroom_sip::header::Name;
use switchroom_sip::message::{self, Message, ParseError};
use switchroom_sip::{Frame, FrameError, Framer};
use table::Want::{Dropped, Refused, Request, Response};
use table::{Fields, Want, invalid, meaning, table, valid};

macro_rules! fields {
    ($message:expr) => {{
        let m = $message;
        let via = m.via().unwrap();
        // The table owns `&'static str`; leaking a few hundred bytes in a test is the plain way to compare.
        let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        Fields {
            from_tag: leak(&m.from_tag()),
            to_tag: leak(&m.to_tag().unwrap_or_default()),
            call_id: leak(m.call_id()),
            cseq: m.cseq().number,
            vias: m.headers.elements(&Name::Via).count(),
            top_via: (leak(&via.transport), leak(&via.host), leak(via.branch())),
            contacts: m.headers.elements(&Name::Contact).count(),
            body: m.body.len(),
        }
    }};
}

fn seen(bytes: &[u8]) -> Want {
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    match Message::parse(bytes) {
        Ok(Message::Request(r)) => {
            assert_eq!(r.cseq().method, r.method);
            Request(leak(r.method.to_string()), leak(r.uri.to_string()), fields!(&r))
        }
        Ok(Message::Response(r)) => Response(r.status.code(), leak(r.reason.clone()), fields!(&r)),
        Err(ParseError::Bad { status, why, .. }) => Refused(status.code(), why),
        Err(ParseError::NotSip(why)) => Dropped(why),
    }
}

fn request(name: &str) -> message::Request {
    match Message::parse(&torture(name)) {
        Ok(Message::Request(request)) => request,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn the_corpus_and_the_table_are_the_49_of_the_rfc() {
    assert_eq!((valid().len(), invalid().len(), meaning().len()), (13, 19, 17));
    let mut names: Vec<_> = table().into_iter().map(|(name, _)| name.to_owned()).collect();
    names.sort();
    assert_eq!(names, all_torture().into_iter().map(|(name, _)| name).collect::<Vec<_>>());
}

#[test]
fn each_message_becomes_what_the_rfc_says() {
    let mut wrong = String::new();
    for (name, want) in table() {
        let got = seen(&torture(name));
        if got != want {
            wrong += &format!("{name}\n  want {want:?}\n  got  {got:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_is_understood_prints_and_parses_to_the_same_value() {
    for (name, bytes) in all_torture() {
        match Message::parse(&bytes) {
            Ok(Message::Request(r)) => {
                assert_eq!(Message::parse(&r.print()), Ok(Message::Request(r)), "{name}");
            }
            Ok(Message::Response(r)) => {
                assert_eq!(Message::parse(&r.print()), Ok(Message::Response(r)), "{name}");
            }
            Err(_) => {}
        }
    }
}

/// A request that is refused can be answered: what the answer copies is there, and the answer itself parses.
#[test]
fn what_is_refused_can_be_answered() {
    for (name, bytes) in all_torture() {
        let Err(ParseError::Bad { status, mut request, .. }) = Message::parse(&bytes) else { continue };
        request.stamp("203.0.113.1:5060".parse().unwrap());
        let printed = request.response(status, Some("t")).print();
        assert!(printed.starts_with(format!("SIP/2.0 {status}\r\n").as_bytes()), "{name}");
        assert!(!request.headers.all(&Name::CSeq).collect::<String>().is_empty(), "{name}");
    }
}

/// On a stream the same bytes give the same messages; where the length is a lie the stream ends.
#[test]
fn a_stream_gives_the_same_messages() {
    for (name, bytes) in all_torture() {
        for step in [1, 7, bytes.len()] {
            let mut framer = Framer::default();
            let mut frames = Vec::new();
            let mut fault = None;
            'all: for piece in bytes.chunks(step) {
                framer.push(piece);
                loop {
                    match framer.next_frame() {
                        Ok(Frame::Incomplete) => break,
                        Ok(Frame::Message(message)) => frames.push(message),
                        Ok(Frame::Ping) => {}
                        Err(error) => {
                            fault = Some(error);
                            break 'all;
                        }
                    }
                }
            }
            match name.as_str() {
                // Content-Length negative, twice, or missing.
                "ncl" | "mcl01" | "inv2543" => {
                    assert_eq!((frames.len(), fault), (0, Some(FrameError::Length)), "{name}");
                }
                // The rest of the body never comes.
                "clerr" => assert_eq!((frames.len(), fault), (0, None)),
                "dblreq" => {
                    assert_eq!(frames.len(), 2, "both requests");
                    assert_eq!(seen(&frames[0]), seen(&bytes));
                    // The second one has no Contact; all else of it is understood.
                    let Err(ParseError::Bad { why: "one Contact is expected", request, .. }) =
                        Message::parse(&frames[1])
                    else {
                        panic!("{:?}", seen(&frames[1]))
                    };
                    assert_eq!(
                        (request.call_id(), request.body.len()),
                        ("dblreq.0ha0isnda977644900765@192.0.2.15", 150)
                    );
                }
                _ => {
                    assert_eq!((frames.len(), fault), (1, None), "{name} step {step}");
                    assert_eq!(seen(&frames[0]), seen(&bytes), "{name}");
                }
            }
        }
    }
}

/// The finer points that the RFC makes of single messages.
#[test]
fn the_finer_points() {
    let r = request("wsinv");
    assert_eq!(r.from().unwrap().name, "J Rosenberg \\\"");
    assert_eq!(r.headers.number(&Name::MaxForwards), Some(68));
    assert_eq!(r.headers.get(&Name::Subject), Some(""));
    let vias: Vec<_> =
        r.headers.elements(&Name::Via).map(|v| switchroom_sip::via::Via::parse(v).unwrap()).collect();
    assert_eq!((vias[1].host.as_str(), vias[1].branch()), ("spindle.example.com", "z9hG4bK9ikj8"));
    assert_eq!((vias[2].host.as_str(), vias[2].branch()), ("192.168.255.111", "z9hG4bK30239"));
    let contact = r.contact().unwrap();
    assert_eq!(
        (contact.name.as_str(), contact.params.get("newparam")),
        ("Quoted string \"\"", Some("newvalue"))
    );
    assert_eq!((contact.params.get("q"), contact.params.has("secondparam")), (Some("0.33"), true));
    let unusual = Name::parse("unknownheaderwithunusualVALUE").unwrap();
    assert_eq!(r.headers.get(&unusual), Some(";;,,;;,;"));

    let r = request("intmeth");
    assert_eq!(r.uri.user_text(), "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    assert_eq!(r.uri.password.as_deref(), Some("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"));
    assert_eq!(r.from().unwrap().params.get_unquoted("fromParam''~+*_!.-%").unwrap(), "работающий");
    assert_eq!(r.to().unwrap().uri.host, "example.com");

    // An escaped name or value of a URI parameter is the plain one; a method or header name is never unescaped.
    let r = request("esc01");
    assert_eq!(r.uri.user_text(), "sips:user@example.com");
    assert_eq!(r.to().unwrap().uri.user_text(), "user");
    let contact = r.contact().unwrap().uri;
    assert_eq!((contact.user_text().as_str(), contact.has_param("lr")), ("caller", true));
    assert_eq!(contact.param("name").as_deref(), Some("value%41"));
    let r = request("esc02");
    assert!(matches!(r.method, switchroom_sip::method::Method::Other(_)));
    assert_eq!(r.from().unwrap().name, "%Z%45");

    // Each of the three addresses is another one: NUL does not end a string.
    let r = request("escnull");
    let users: Vec<_> = r
        .headers
        .elements(&Name::Contact)
        .map(|c| switchroom_sip::name_addr::NameAddr::parse(c).unwrap().uri.user_text())
        .collect();
    assert_eq!(
        (r.to().unwrap().uri.user_text().as_str(), users),
        ("null-\0-null", vec!["\0".into(), "\0\0".into()])
    );

    let r = request("semiuri");
    assert_eq!(r.uri.user_text(), "user;par=u@example.net");
    assert!(r.uri.params.0.is_empty());

    // Without brackets a parameter belongs to the header, with them to the URI.
    let contact = request("cparam01").contact().unwrap();
    assert!(contact.params.has("unknownparam") && !contact.uri.has_param("unknownparam"));
    let contact = request("cparam02").contact().unwrap();
    assert!(!contact.params.has("unknownparam") && contact.uri.has_param("unknownparam"));
    let contact = request("regescrt").contact().unwrap();
    assert_eq!(contact.uri.headers.as_deref(), Some("Route=%3Csip:sip.example.com%3E"));

    // The same INVITE of RFC 2543 with a Contact is taken, with no tag, no branch and no Content-Length.
    let text =
        String::from_utf8(torture("inv2543")).unwrap().replace("CSeq", "Contact: <sip:a@192.0.2.5>\r\nCSeq");
    let Ok(Message::Request(r)) = Message::parse(text.as_bytes()) else { panic!() };
    assert_eq!((r.from_tag().as_str(), r.via().unwrap().branch(), r.body.len()), ("", "", 105));
}
