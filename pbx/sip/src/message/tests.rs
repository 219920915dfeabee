#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::limits::MESSAGE_BYTES_MAX;

const INVITE: &str = "INVITE sip:102@pbx.example SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bKabc;rport\r\n\
    Max-Forwards: 70\r\n\
    From: \"Ana\" <sip:101@pbx.example>;tag=f1\r\n\
    To: <sip:102@pbx.example>\r\n\
    Call-ID: c1@192.0.2.5\r\n\
    CSeq: 1 INVITE\r\n\
    Contact: <sip:101@192.0.2.5:5060>\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 5\r\n\r\nv=0\r\n";

fn request(text: &str) -> Request {
    match Message::parse(text.as_bytes()) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn fault(text: &str) -> (u16, &'static str) {
    match Message::parse(text.as_bytes()) {
        Err(ParseError::Bad { status, why, .. }) => (status.code(), why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn parses_prints_and_parses_again() {
    let first = request(INVITE);
    assert_eq!((first.from_tag().as_str(), first.call_id(), first.cseq().number), ("f1", "c1@192.0.2.5", 1));
    assert_eq!(first.sdp().as_deref(), Some(&b"v=0\r\n"[..]));
    let again = Message::parse(&first.print()).unwrap();
    assert_eq!(again, Message::Request(first));
}

#[test]
fn folded_compact_and_disguised_names_are_read() {
    let text = "INVITE sip:102@h SIP/2.0\r\nv:  SIP/2.0/UDP a.example;branch=z9hG4bK1 ,\r\n SIP/2.0/UDP b\r\n\
        f: <sip:1@h>;tag=x\r\nt : <sip:2@h>\r\ni: c\r\nCSeq: 0009\r\n\tINVITE\r\nm: <sip:1@a>\r\n\r\n";
    let got = request(text);
    assert_eq!(got.headers.elements(&Name::Via).count(), 2);
    assert_eq!(got.cseq(), CSeq { number: 9, method: Method::Invite });
    assert!(got.to().is_some());
}

#[test]
fn a_binary_body_survives() {
    let mut bytes = INVITE.split("Content-Type").next().unwrap().as_bytes().to_vec();
    bytes.extend_from_slice(
        b"Content-Type: application/octet-stream\r\nContent-Length: 4\r\n\r\n\xff\0\r\xfe",
    );
    let Ok(Message::Request(got)) = Message::parse(&bytes) else { panic!() };
    assert_eq!(got.body, b"\xff\0\r\xfe");
    assert!(got.print().ends_with(b"\xff\0\r\xfe"));
}

#[test]
fn the_response_goes_where_the_request_came_from() {
    let mut got = request(INVITE);
    got.stamp("203.0.113.9:4444".parse().unwrap());
    let answer = got.response(Status::RINGING, Some("t1"));
    assert_eq!(
        answer.headers.get(&Name::Via),
        Some("SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bKabc;rport=4444;received=203.0.113.9")
    );
    assert_eq!(answer.to_tag().as_deref(), Some("t1"));
    assert_eq!(got.response(Status::TRYING, Some("t1")).to_tag(), None);
}

/// A name may be in any encoding; an address that would come back as another is none.
#[test]
fn a_contact_that_is_no_utf8_is_refused() {
    let with = |contact: &[u8]| {
        let (head, tail) = INVITE.split_once("<sip:101@192.0.2.5:5060>").unwrap();
        Message::parse(&[head.as_bytes(), contact, tail.as_bytes()].concat())
    };
    assert!(with(b"J\xfcrgen <sip:101@192.0.2.5:5060>").is_ok());
    assert!(with("<sip:jürgen@192.0.2.5:5060>".as_bytes()).is_ok());
    let Err(ParseError::Bad { status, why, .. }) = with(b"<sip:1\xff1@192.0.2.5:5060>") else { panic!() };
    assert_eq!((status.code(), why), (400, "Contact is malformed"));
}

/// Class "missing mandatory header": refused before any state.
#[test]
fn missing_mandatory_header() {
    let without = |name: &str| -> String {
        INVITE.split_inclusive("\r\n").filter(|line| !line.starts_with(&format!("{name}:"))).collect()
    };
    for name in ["From", "To", "Call-ID", "CSeq", "Contact"] {
        assert_eq!(fault(&without(name)).0, 400, "{name}");
    }
    // Without Via there is no transaction at the other end that could take an answer.
    assert!(matches!(Message::parse(without("Via").as_bytes()), Err(ParseError::NotSip(_))));
}

/// Class "fixed limits overrun": limits are data, and over them is a plain refusal.
#[test]
fn fixed_limits_overrun() {
    let with =
        |line: &str, times: usize| INVITE.replacen("Max-Forwards", &(line.repeat(times) + "Max-Forwards"), 1);
    assert_eq!(fault(&with("X: y\r\n", 200)).0, 400);
    assert_eq!(fault(&with(&format!("X: {}\r\n", "y".repeat(9000)), 1)).0, 400);
    assert_eq!(fault(&with("Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n", 40)).0, 400);
    let long = INVITE.replace("Content-Length: 5", "Content-Length: 40005");
    assert_eq!(fault(&(long + &"x".repeat(40_000))).0, 413);
}

/// Class "integer headers": nothing wraps, nothing panics.
#[test]
fn integer_headers() {
    for (from, to) in [
        ("CSeq: 1 INVITE", "CSeq: 4294967296 INVITE"),
        ("CSeq: 1 INVITE", "CSeq: 36893488147419103232 INVITE"),
        ("CSeq: 1 INVITE", "CSeq: -1 INVITE"),
        ("Max-Forwards: 70", "Max-Forwards: 256"),
        ("Max-Forwards: 70", "Max-Forwards: x"),
        ("Content-Length: 5", "Content-Length: 9999"),
        ("Content-Length: 5", "Content-Length: five"),
    ] {
        assert_eq!(fault(&INVITE.replace(from, to)).0, 400, "{to}");
    }
}

/// Class "header smuggling": a second From, or one under a blank-padded name, is seen and refused.
#[test]
fn header_smuggling() {
    for line in ["From: <sip:boss@h>;tag=z\r\n", "From : <sip:boss@h>;tag=z\r\n", "f: <sip:boss@h>\r\n"] {
        let text = INVITE.replacen("Max-Forwards", &format!("{line}Max-Forwards"), 1);
        assert_eq!(fault(&text).0, 400, "{line}");
    }
}

#[test]
fn wrong_version_method_and_uri_are_answered() {
    assert_eq!(fault(&INVITE.replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia")).0, 505);
    assert_eq!(fault(&INVITE.replace("CSeq: 1 INVITE", "CSeq: 1 BYE")).0, 400);
    assert_eq!(fault(&INVITE.replace("INVITE sip:102@pbx.example", "INVITE <sip:102@h>")).0, 400);
}

#[test]
fn noise_never_panics() {
    let mut rng = crate::rng::Rng::from_number(1);
    let base = INVITE.as_bytes();
    for _ in 0..20_000 {
        let mut bytes = base.to_vec();
        for _ in 0..=rng.below(6) {
            let at = rng.below(bytes.len() as u64) as usize;
            match rng.below(4) {
                0 => bytes[at] = rng.bits() as u8,
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, b";,\"<>\r\n\0:= @"[rng.below(12) as usize]),
                _ => drop(bytes.drain(at..(at + 5).min(bytes.len()))),
            }
            if bytes.is_empty() {
                bytes.push(b'x');
            }
        }
        if let Ok(Message::Request(r)) = Message::parse(&bytes) {
            _ = (r.sdp(), r.contact(), r.via().map(|v| v.to_string()));
            let again = Message::parse(&r.print());
            assert!(again.is_ok(), "{:?}\n{}", again, String::from_utf8_lossy(&bytes));
        }
    }
}

/// No input costs more than its length in proportion: the bytes that the lexers look at are counted, for inputs that ask
/// for repeated work, at one size and at twice that size.
#[test]
fn hostile_inputs_cost_their_length() {
    use crate::params::work::LOOKED_AT;
    let head = INVITE.split("Max-Forwards").next().unwrap();
    let lines = move |line: String, size: usize| format!("{head}{}\r\n\r\n", line.repeat(size / line.len()));
    // Below the limit of one line each, so that every one of them is looked into.
    type Hostile = Box<dyn Fn(usize) -> String>;
    let repeat = move |name: &str, unit: &str| -> Hostile {
        let (name, unit) = (name.to_owned(), unit.to_owned());
        Box::new(move |size| lines(format!("{name}: {}\r\n", unit.repeat(8000 / unit.len())), size))
    };
    let mut inputs: Vec<(&str, Hostile)> = vec![
        ("parameters", repeat("Contact", ";a")),
        ("empty parameters", repeat("Contact", ";")),
        ("commas", repeat("Contact", ",")),
        ("elements", repeat("Contact", "<sip:a@b>,")),
        ("elements with quotes", repeat("Contact", "\"\\\"\"<sip:a@b>;x=\"y\",")),
        ("quotes", repeat("Contact", "\"")),
        ("nested quotes", repeat("Contact", "\"\\")),
        ("brackets", repeat("Contact", "<<>>")),
        ("Vias", repeat("Via", "SIP/2.0/UDP h,")),
        ("Via slashes", repeat("Via", "/ ")),
        ("users", repeat("Contact", "<sip:@:@?;")),
        ("escapes", repeat("To", "%00")),
        ("blanks", repeat("Subject", " ")),
        (
            "folding",
            Box::new(|size| INVITE.replacen("Max", &format!("X: y{}\r\nMax", "\r\n z".repeat(size / 4)), 1)),
        ),
        (
            "blank folding",
            Box::new(|size| INVITE.replacen("Max", &format!("X:{}\r\nMax", "\n ".repeat(size / 2)), 1)),
        ),
        ("empty lines", Box::new(|size| "\r\n".repeat(size / 2) + INVITE)),
        ("colons", Box::new(|size| INVITE.replacen("Max", &format!("{}\r\nMax", ":".repeat(size)), 1))),
        ("tiny fields", Box::new(|size| INVITE.replacen("Max", &("a:\r\n".repeat(size / 4) + "Max"), 1))),
        ("request line", Box::new(|size| INVITE.replacen("sip:102", &";@?:".repeat(size / 4), 1))),
    ];
    inputs.push((
        "parts",
        Box::new(|size| {
            let kind = "Content-Type: multipart/mixed;boundary=x";
            let body = "--x\r\nc: a/b\r\n\r\n".repeat(size / 2 / 16);
            INVITE
                .replace("Content-Type: application/sdp", kind)
                .replace(": 5", &format!(": {}", body.len()))
                .replace("v=0\r\n", &body)
        }),
    ));
    for (name, input) in &inputs {
        let cost = |size| {
            let text = input(size);
            assert!(text.len() < MESSAGE_BYTES_MAX && text.len() > size / 3, "{name} {}", text.len());
            LOOKED_AT.set(0);
            match Message::parse(text.as_bytes()) {
                Ok(Message::Request(r)) => _ = (r.sdp(), r.contact(), r.to()),
                Err(ParseError::Bad { request, .. }) => _ = (request.contact(), request.to(), request.via()),
                _ => {}
            }
            (LOOKED_AT.get(), text.len())
        };
        let ((once, _), (twice, length)) = (cost(30_000), cost(60_000));
        assert!(twice <= 8 * length, "{name}: {twice} bytes looked at in {length}");
        assert!(twice <= once * 5 / 2 + 20_000, "{name}: {once} at half the size, {twice} at the whole");
    }
}
