//! The classes of attack that broke other systems, as far as the message layer meets them. Those that are seen from
//! inside stand beside the code: `message/tests.rs`, `framer.rs`, `header.rs`, `multipart.rs`.
#![allow(clippy::unwrap_used, clippy::panic)]

use switchroom_sip::header::{Headers, Name};
use switchroom_sip::message::{Message, ParseError, Request};
use switchroom_sip::method::Method;
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::params::display_text;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;
use switchroom_sip::via::Via;
use switchroom_sip::{Frame, FrameError, Framer};

const INVITE: &str = "INVITE sip:102@pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bKabc;rport\r\n\
    Max-Forwards: 70\r\nFrom: \"Ana\" <sip:101@pbx.example>;tag=f1\r\nTo: <sip:102@pbx.example>\r\nCall-ID: c1\r\n\
    CSeq: 1 INVITE\r\nContact: <sip:101@192.0.2.5>\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n";

/// The status that the bytes are refused with; 0 if they are understood, 1 if they are dropped.
fn refused(bytes: impl AsRef<[u8]>) -> u16 {
    match Message::parse(bytes.as_ref()) {
        Ok(_) => 0,
        Err(ParseError::Bad { status, .. }) => status.code(),
        Err(ParseError::NotSip(_)) => 1,
    }
}

fn request(text: &str) -> Request {
    match Message::parse(text.as_bytes()) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn with_line(line: &str) -> String {
    INVITE.replacen("Max-Forwards", &format!("{line}\r\nMax-Forwards"), 1)
}

fn replaced(from: &str, to: &str) -> String {
    assert!(INVITE.contains(from), "{from}");
    INVITE.replacen(from, to, 1)
}

/// Row 19: the body is what Content-Length says and the bytes hold, or the message is refused; a stream ends.
#[test]
fn content_length_lies() {
    for (length, want) in [
        ("5", 0),
        ("0", 0),
        ("4", 0),
        ("00005", 0),
        ("6", 400),
        ("65535", 400),
        ("4294967295", 400),
        ("18446744073709551621", 400),
        ("-5", 400),
        ("+5", 400),
        ("5 5", 400),
        ("5,5", 400),
        ("0x5", 400),
        ("5;a=b", 400),
        ("\u{665}", 400),
        ("", 400),
    ] {
        assert_eq!(
            refused(replaced("Content-Length: 5", &format!("Content-Length: {length}"))),
            want,
            "{length}"
        );
    }
    assert_eq!(refused(with_line("Content-Length: 5")), 400);
    assert_eq!(refused(with_line("l: 0")), 400);
    let big = |body: usize| {
        replaced("Content-Length: 5", &format!("Content-Length: {body}"))
            .replace("v=0\r\n", &"x".repeat(body))
    };
    assert_eq!((refused(big(32 * 1024)), refused(big(32 * 1024 + 1)), refused(big(66_000))), (0, 413, 1));
    let mut framer = Framer::default();
    framer.push(b"INVITE sip:a SIP/2.0\r\nl: 65535\r\n\r\n");
    assert_eq!(framer.next_frame(), Err(FrameError::TooLong));
}

/// Row 20: a limit is a plain refusal, never an overrun; the bytes cut off at any place are harmless.
#[test]
fn fixed_limits_overrun() {
    let long = |count: usize| "9".repeat(count);
    for (text, want) in [
        (with_line(&vec!["Accept: application/sdp"; 118].join("\r\n")), 0),
        (with_line(&vec!["Accept: application/sdp"; 140].join("\r\n")), 400),
        (with_line(&format!("Accept: {}", vec!["a/b"; 2000].join(","))), 0),
        (with_line(&format!("Subject: {}", long(8192))), 0),
        (with_line(&format!("Subject: {}", long(8193))), 400),
        (with_line(&format!("{}: x", long(256))), 0),
        (with_line(&format!("{}: x", long(257))), 400),
        (replaced("tag=f1", &format!("tag={}", long(8000))), 0),
        (replaced("tag=f1", &format!("tag={}", long(9000))), 400),
        (replaced("CSeq: 1", &format!("CSeq: {}", long(300))), 400),
        (replaced("Call-ID: c1", &format!("Call-ID: {}", long(256))), 0),
        (replaced("Call-ID: c1", &format!("Call-ID: {}", long(257))), 400),
        (replaced("sip:102@", &format!("sip:{}@", long(60_000))), 0),
        (replaced("sip:102@", &format!("sip:{}@", long(66_000))), 1),
        (replaced("<sip:101@192.0.2.5>", &format!("<sip:101@h{}>", ";a".repeat(64))), 0),
        (replaced("<sip:101@192.0.2.5>", &format!("<sip:101@h{}>", ";a".repeat(65))), 400),
        (with_line(&vec!["Via: SIP/2.0/UDP h"; 39].join("\r\n")), 0),
        (with_line(&vec!["Via: SIP/2.0/UDP h"; 40].join("\r\n")), 400),
        (with_line(&format!("Via: {}", vec!["SIP/2.0/UDP h"; 63].join(","))), 400),
    ] {
        assert_eq!(refused(&text), want, "{:.120}", text.lines().nth(2).unwrap());
    }
    for end in 0..INVITE.len() {
        assert_ne!(refused(&INVITE[..end]), 0, "cut at {end}");
    }
}

/// Row 21: numbers are checked or clamped, never wrapped.
#[test]
fn integer_headers() {
    for (from, to) in [
        ("CSeq: 1", "CSeq: 2147483648"),
        ("CSeq: 1", "CSeq: 4294967297"),
        ("CSeq: 1", "CSeq: -1"),
        ("CSeq: 1", "CSeq: 1.0"),
        ("Max-Forwards: 70", "Max-Forwards: 256"),
        ("Max-Forwards: 70", "Max-Forwards: 70, 70"),
        ("Max-Forwards: 70", "Max-Forwards: 4294967366"),
        ("Max-Forwards: 70", "Expires: -1"),
        ("Max-Forwards: 70", "Expires: soon"),
        ("Max-Forwards: 70", "Min-SE: x"),
        ("Max-Forwards: 70", "x: ;refresher=uac"),
        ("192.0.2.5:5060", "192.0.2.5:65536"),
        ("192.0.2.5:5060", "192.0.2.5:+5060"),
        ("192.0.2.5:5060", "192.0.2.5:-1"),
        ("sip:102@pbx.example", "sip:102@pbx.example:65536"),
        ("sip:102@pbx.example", "sip:102@pbx.example:99999999999"),
        ("<sip:101@192.0.2.5>", "<sip:101@192.0.2.5:70000>"),
    ] {
        assert_eq!(refused(replaced(from, to)), 400, "{to}");
    }
    let got = request(&replaced("CSeq: 1", "CSeq: 2147483647"));
    assert_eq!(got.cseq().number, 2_147_483_647);
    let got = request(&with_line("Expires: 99999999999999999999\r\nx: 18446744073709551616;refresher=uas"));
    assert_eq!(got.headers.number(&Name::Expires), Some(u32::MAX));
    assert_eq!(got.headers.number(&Name::SessionExpires), Some(u32::MAX));
    for (code, want) in
        [("099", 1), ("100", 0), ("699", 0), ("700", 1), ("65736", 1), ("-200", 1), ("2e2", 1)]
    {
        assert_eq!(
            refused(INVITE.replacen("INVITE sip:102@pbx.example SIP/2.0", &format!("SIP/2.0 {code} x"), 1)),
            want
        );
    }
}

/// Row 23: SDP is found one level deep in a multipart body and nowhere else.
#[test]
fn multipart() {
    let with_body = |kind: &str, body: &str| {
        let text = replaced("application/sdp", kind).replace(": 5\r\n\r\nv=0\r\n", "");
        let head = text.strip_suffix("Content-Length").unwrap();
        request(&format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())).sdp()
    };
    let part =
        "--b\r\nContent-Type: application/sdp\r\nContent-Disposition: session\r\n\r\nv=0\r\n\r\n--b--\r\n";
    assert_eq!(with_body("multipart/mixed;boundary=b", part), Some(b"v=0\r\n".to_vec()));
    assert_eq!(with_body("Multipart/Mixed ; Boundary=\"b\"", part), Some(b"v=0\r\n".to_vec()));
    assert_eq!(with_body("Application/SDP;charset=utf-8", "v=0\r\n"), Some(b"v=0\r\n".to_vec()));
    for kind in
        ["text/plain", "multipart/mixed", "multipart/mixed;boundary=c", "message/sipfrag", "application/sdpx"]
    {
        assert_eq!(with_body(kind, part), None, "{kind}");
    }
    let nested = format!("--a\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n{part}\r\n--a--\r\n");
    assert_eq!(with_body("multipart/mixed;boundary=a", &nested), None);
}

/// Row 24: what a request must have is asked for before anything is kept of it.
#[test]
fn missing_mandatory_header() {
    let without = |name: &str, method: &str| -> String {
        let text = INVITE.replace("INVITE", method);
        text.split_inclusive("\r\n").filter(|line| !line.starts_with(&format!("{name}:"))).collect()
    };
    for method in ["INVITE", "REGISTER", "OPTIONS", "ACK", "BYE", "CANCEL", "SUBSCRIBE", "MESSAGE", "FETCH"] {
        for name in ["From", "To", "Call-ID", "CSeq"] {
            assert_eq!(refused(without(name, method)), 400, "{method} {name}");
        }
        assert_eq!(refused(without("Via", method)), 1, "{method}");
        let needs_contact = matches!(method, "INVITE" | "SUBSCRIBE");
        assert_eq!(refused(without("Contact", method)), if needs_contact { 400 } else { 0 }, "{method}");
    }
    for (from, to) in [
        ("<sip:101@192.0.2.5>", "*"),
        ("<sip:101@192.0.2.5>", "<sip:101@192.0.2.5>, <sip:103@192.0.2.5>"),
        ("<sip:101@192.0.2.5>", ""),
        ("<sip:101@192.0.2.5>", "<sip:>"),
        ("<sip:102@pbx.example>", ""),
        ("\"Ana\" <sip:101@pbx.example>;tag=f1", ";tag=f1"),
        ("Call-ID: c1", "Call-ID:"),
        ("Call-ID: c1", "Call-ID: a b"),
        ("CSeq: 1 INVITE", "CSeq: 1"),
        ("CSeq: 1 INVITE", "CSeq: INVITE"),
        ("CSeq: 1 INVITE", "CSeq: 1 invite"),
        ("SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bKabc;rport", "SIP/2.0/UDP"),
        ("SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bKabc;rport", "SIP/2.0/UDP 192.0.2.5;branch=Z9HG4BK"),
    ] {
        assert_eq!(refused(replaced(from, to)), 400, "{to}");
    }
    let register =
        |contact: &str| refused(replaced("<sip:101@192.0.2.5>", contact).replace("INVITE", "REGISTER"));
    assert_eq!((register("*"), register("*, <sip:a@b>"), register("*\r\nContact: <sip:a@b>")), (0, 400, 400));
}

/// Row 28: a name under any disguise is that name or the message is refused, to the parser, the header list and the framer.
#[test]
fn header_smuggling() {
    // Read as what they are.
    for line in [
        "P-Asserted-Identity: <sip:boss@h>",
        "p-asserted-identity:<sip:boss@h>",
        "P-Asserted-Identity \t : <sip:boss@h>",
        "P-Asserted-Identity:\r\n <sip:boss@h>",
        "P-Asserted-Identity\r\n : <sip:boss@h>",
    ] {
        let got = request(&with_line(line));
        assert_eq!(got.headers.get(&Name::PAssertedIdentity), Some("<sip:boss@h>"), "{line:?}");
        let mut headers = got.headers;
        headers.remove(&Name::PAssertedIdentity);
        assert!(!String::from_utf8(Request { headers, ..got }.print()).unwrap().contains("boss"), "{line:?}");
    }
    // Refused: no token, or a second one of what may stand once.
    for line in [
        "P-Asserted-Identity\0: <sip:boss@h>",
        "P-Asserted-Identity\u{b}: <sip:boss@h>",
        "P-Asserted-Identity\u{a0}: <sip:boss@h>",
        "\u{feff}P-Asserted-Identity: <sip:boss@h>",
        "P-Asserted Identity: <sip:boss@h>",
        "\"P-Asserted-Identity\": <sip:boss@h>",
        "P-Asserted-Identity <sip:boss@h>",
        ": <sip:boss@h>",
        "From: <sip:boss@h>;tag=z",
        "f : <sip:boss@h>;tag=z",
        "FROM\t: <sip:boss@h>",
        "i: other",
        "cseq: 2 INVITE",
        "c: text/plain",
    ] {
        assert_eq!(refused(with_line(line)), 400, "{line:?}");
    }
    // A line end that is none of the grammar's does not make a header.
    for line in [
        "Q: y\rFrom: <sip:boss@h>",
        "Q: y\0From: <sip:boss@h>",
        "Q: y\u{85}From: <sip:b@h>",
        "Q: y\r\n From: z",
    ] {
        let got = request(&with_line(line));
        assert_eq!((got.headers.all(&Name::From).count(), got.from_tag().as_str()), (1, "f1"), "{line:?}");
        assert_eq!(Message::parse(&got.print()), Ok(Message::Request(got)));
    }
    // Extension names are the same name in any case, so a list of names to remove removes them all.
    let mut headers = request(&with_line("x-secret: 1\r\nX-Secret: 2\r\nX-SECRET : 3")).headers;
    headers.remove(&Name::parse("X-Secret").unwrap());
    assert_eq!(headers.iter().filter(|(name, _)| name.text().eq_ignore_ascii_case("x-secret")).count(), 0);
    // Two readers of one request line would not agree on the URI.
    for start in [
        "INVITE sip:102@h  SIP/2.0",
        "INVITE  sip:102@h SIP/2.0",
        "INVITE sip:1@h sip:2@h SIP/2.0",
        " INVITE sip:1@h SIP/2.0",
    ] {
        assert_ne!(refused(replaced("INVITE sip:102@pbx.example SIP/2.0", start)), 0, "{start}");
    }
    // On a stream the second message is not part of the first, whatever its body looks like.
    let inner = INVITE.replace("c1", "inner");
    let outer =
        replaced("Content-Length: 5", &format!("Content-Length: {}", inner.len())).replace("v=0\r\n", &inner);
    let mut framer = Framer::default();
    framer.push(outer.as_bytes());
    framer.push(INVITE.as_bytes());
    assert_eq!(framer.next_frame(), Ok(Frame::Message(outer.into_bytes())));
    assert_eq!(framer.next_frame(), Ok(Frame::Message(INVITE.as_bytes().to_vec())));
    // On output: neither value, reason phrase nor display name can end its line.
    let mut made = request(INVITE);
    let name = NameAddr::named("x\"\r\nEvil: 1\r\n\r\n", Uri::sip("a\r\nEvil: 1", "h", None)).to_string();
    made.headers.set(Name::Subject, "a\r\nEvil: 1\n\nINVITE");
    made.headers.set(Name::From, name);
    let mut answer = made.response(Status::OK, Some("t\r\nEvil: 1"));
    answer.reason = "OK\r\nEvil: 1".into();
    for printed in [made.print(), answer.print()] {
        let printed = String::from_utf8(printed).unwrap();
        assert!(!printed.lines().any(|line| line.starts_with("Evil")), "{printed}");
    }
}

/// Row 31: an answer copies little and never much more than came; what a Via claims of its origin is overwritten.
#[test]
fn reflection() {
    let source = "203.0.113.9:4444".parse().unwrap();
    for (via, want) in [
        ("192.0.2.5;branch=b;rport", "192.0.2.5;branch=b;rport=4444;received=203.0.113.9"),
        ("192.0.2.5;branch=b;rport=53", "192.0.2.5;branch=b;rport=4444;received=203.0.113.9"),
        ("192.0.2.5;branch=b;received=198.51.100.1", "192.0.2.5;branch=b;received=203.0.113.9"),
        ("203.0.113.9;branch=b;received=198.51.100.1", "203.0.113.9;branch=b"),
        ("192.0.2.5;maddr=239.1.1.1;branch=b", "192.0.2.5;maddr=239.1.1.1;branch=b;received=203.0.113.9"),
    ] {
        let mut got = request(&replaced("192.0.2.5:5060;branch=z9hG4bKabc;rport", via));
        got.stamp(source);
        assert_eq!(
            got.response(Status::UNAUTHORIZED, None).headers.get(&Name::Via),
            Some(&*format!("SIP/2.0/UDP {want}"))
        );
    }
    let long = "x".repeat(8000);
    for text in [
        INVITE.to_owned(),
        with_line(&vec!["i:"; 120].join("\r\n")),
        with_line(&vec!["v: SIP/2.0/UDP h"; 39].join("\r\n")),
        with_line(&format!("Subject: {long}\r\nRecord-Route: <sip:{long}@h>\r\nUser-Agent: {long}")),
        "A b SIP/2.0\nv:a\n\n".to_owned(),
        "A b SIP/2.0\nv:a\ni:\ni:\ni:\ni:\ni:\nt:\nt:\nt:\n\n".to_owned(),
    ] {
        let (Ok(Message::Request(mut got)), size) = (match Message::parse(text.as_bytes()) {
            Err(ParseError::Bad { request, .. }) => (Ok(Message::Request(*request)), text.len()),
            other => (other, text.len()),
        }) else {
            panic!("{text}")
        };
        got.stamp(source);
        let answer = got.response(Status::UNAUTHORIZED, Some("t"));
        assert!(answer.print().len() + 28 <= 3 * (size + 28), "{text}");
        let copied =
            |name: &Name| matches!(name, Name::Via | Name::From | Name::To | Name::CallId | Name::CSeq);
        assert!(answer.headers.iter().all(|(name, _)| copied(name)));
    }
    // Nothing that no one waits for is answered.
    assert_eq!(
        (refused("A b SIP/2.0\n\n"), refused("A b SIP/2.0\nv:\n\n"), refused("\r\n\r\n"), refused("hello")),
        (1, 1, 1, 1)
    );
}

/// Row 32: what a stranger calls himself cannot move a cursor, hide or turn text, or fill a screen.
#[test]
fn hostile_names() {
    let long = "長".repeat(10_000);
    for (name, want) in [
        ("Ana Ñandú 電話", "Ana Ñandú 電話".to_owned()),
        ("\x1b]0;pwned\x07x", "\u{fffd}]0;pwned\u{fffd}x".to_owned()),
        ("a\u{9b}2Jb\u{85}c\x7f", "a\u{fffd}2Jb\u{fffd}c\u{fffd}".to_owned()),
        ("evil\u{202e}gpj.exe\u{2066}", "evil\u{fffd}gpj.exe\u{fffd}".to_owned()),
        ("a\u{200b}\u{feff}\u{ad}\u{2028}b", "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}b".to_owned()),
        ("a\tb\rc\nd", "a\u{fffd}b\u{fffd}c\u{fffd}d".to_owned()),
        (&long, "長".repeat(64)),
    ] {
        assert_eq!(display_text(name, 64), want);
        assert_eq!(NameAddr::named(name, Uri::sip("a", "h", None)).display_name(), want);
    }
    // As they come in: C0 and DEL are blanks already in the header list, bytes that are no UTF-8 are U+FFFD.
    let bytes = replaced("Ana", "A\x1b[31m\u{9b}\u{202e}B").into_bytes();
    let at = bytes.windows(2).position(|w| w == b"B\"").unwrap();
    let bytes = [&bytes[..at], b"\xff\xc0", &bytes[at..]].concat();
    let Ok(Message::Request(got)) = Message::parse(&bytes) else { panic!() };
    assert_eq!(got.from().unwrap().display_name(), "A [31m\u{fffd}\u{fffd}\u{fffd}\u{fffd}B");
    // Escapes in the user part come to the same.
    let uri = Uri::parse("sip:%1b%5B2J%00%C2%9B%E2%80%AE1@h").unwrap();
    assert_eq!(uri.display_user(), "\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}1");
    assert_eq!(Uri::parse("sip:%ff%fe@h").unwrap().display_user(), "");
}

/// Row 35: a name fits one field of one line, before whoever writes a table quotes it.
#[test]
fn csv_injection() {
    for hostile in ["=1+1\r\n=cmd|' /C calc'!A0", "a\nb,c", "a\tb", "a\u{2028}b\u{2029}c", &"x,".repeat(5000)]
    {
        let shown = NameAddr::named(hostile, Uri::sip("a", "h", None)).display_name();
        assert!(
            shown.chars().count() <= 64 && !shown.contains(['\r', '\n', '\t', '\u{2028}', '\u{2029}']),
            "{shown:?}"
        );
    }
}

/// The other end of row 28: what is made here is read back as it was meant, for every field that takes outside text.
#[test]
fn what_is_made_of_hostile_values_is_read_back() {
    let mut rng = switchroom_sip::rng::Rng::from_number(7);
    let letters: Vec<char> = "a\"\\<>;,@?%:= \t\r\n\0\u{7f}\u{85}é電*".chars().collect();
    for _ in 0..3000 {
        let text: String =
            (0..rng.below(12)).map(|_| letters[rng.below(letters.len() as u64) as usize]).collect();
        let mut made = Request::new(Method::Options, Uri::sip(&text, "h", Some(5061)));
        let via =
            Via::own(switchroom_sip::flow::Transport::Udp, "192.0.2.1:5060".parse().unwrap(), "z9hG4bKx");
        made.headers.push(Name::Via, via.to_string());
        let from = NameAddr::named(&text, Uri::sip(&text, "h", None)).with_tag("f");
        made.headers.push(Name::From, from.to_string());
        made.headers.push(Name::To, NameAddr::bare(Uri::sip("b", "h", None)).to_string());
        made.headers.push(Name::CallId, "c");
        made.headers.push(Name::CSeq, "1 OPTIONS");
        made.headers.push(Name::Subject, text.clone());
        let Ok(Message::Request(read)) = Message::parse(&made.print()) else { panic!("{text:?}") };
        assert_eq!(read, made, "{text:?}");
        let seen = read.from().unwrap();
        assert_eq!((seen.uri.user_text(), seen.tag()), (text.clone(), Some("f")), "{text:?}");
        let expected: String = text.chars().filter(|c| !c.is_control()).collect();
        assert_eq!(seen.name, expected, "{text:?}");
        assert_eq!(read.headers, Headers::clone(&made.headers));
    }
}
