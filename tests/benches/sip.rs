//! Parsing and printing of SIP messages, ours beside rsip in the same run, and the cost of hostile ones by their size.
//!
//! `cargo bench -p switchroom-tests --bench sip`
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use rsip::prelude::{HeadersExt, ToTypedHeader};
use std::hint::black_box;
use std::time::{Duration, Instant};
use switchroom_sip::header::Name;
use switchroom_sip::message::{Message, Request};
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::{Frame, Framer};

/// A softphone's INVITE with credentials and four codecs.
fn typical() -> Vec<u8> {
    let sdp = "v=0\r\no=alice 3902374623 3902374623 IN IP4 192.0.2.77\r\ns=call\r\nc=IN IP4 192.0.2.77\r\nt=0 0\r\n\
        m=audio 47712 RTP/AVP 9 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n";
    format!(
        "INVITE sip:102@pbx.example.com;transport=udp SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.77:5062;branch=z9hG4bK-524287-1---a1b2c3d4e5f60718;rport\r\n\
        Max-Forwards: 70\r\n\
        Contact: <sip:101@192.0.2.77:5062;transport=UDP>\r\n\
        To: <sip:102@pbx.example.com>\r\n\
        From: \"Alice Example\" <sip:101@pbx.example.com;transport=UDP>;tag=7c1d9a3e\r\n\
        Call-ID: Zk3pQxV7mS0bT5yJw2Lr8A..\r\n\
        CSeq: 2 INVITE\r\n\
        Allow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO, SUBSCRIBE\r\n\
        Content-Type: application/sdp\r\n\
        Supported: replaces, norefersub, timer, 100rel\r\n\
        User-Agent: Softphone 5.6.4 v2.10.20\r\n\
        Authorization: Digest username=\"101\",realm=\"pbx.example.com\",nonce=\"b9b8e9f6d2c54a7fae31\",\
        uri=\"sip:102@pbx.example.com\",response=\"6629fae49393a05397450978507c4ef1\",cnonce=\"0a4f113b\",nc=00000001,\
        qop=auth,algorithm=MD5\r\n\
        Session-Expires: 1800\r\n\
        Allow-Events: presence, kpml, talk\r\n\
        Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
    .into_bytes()
}

/// Nanoseconds of one run: the best of several rounds, since other programs can only make it slower.
fn measure<T>(mut run: impl FnMut() -> T) -> f64 {
    const RUNS: u32 = 5_000;
    let mut best = Duration::MAX;
    for _ in 0..20 {
        let start = Instant::now();
        for _ in 0..RUNS {
            black_box(run());
        }
        best = best.min(start.elapsed());
    }
    best.as_secs_f64() * 1e9 / f64::from(RUNS)
}

fn ours(bytes: &[u8]) -> Request {
    match Message::parse(bytes) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn row(name: &str, ours: f64, rsip: f64) {
    println!("{name:<44} {ours:>9.0} {rsip:>9.0} {:>7.2}", ours / rsip);
}

fn typical_message() {
    let bytes = typical();
    let (request, theirs) = (ours(&bytes), rsip::Request::try_from(&bytes[..]).unwrap());
    println!(
        "INVITE of {} bytes, 16 fields, ns each {:>15} {:>9} {:>7}",
        bytes.len(),
        "ours",
        "rsip",
        "ratio"
    );
    // Ours has then checked From, To, Call-ID, CSeq, every Via and Contact; rsip has cut lines.
    row("parse", measure(|| ours(&bytes)), measure(|| rsip::Request::try_from(&bytes[..])));
    let ours_typed = measure(|| {
        let r = ours(&bytes);
        (r.via(), r.from(), r.to(), r.cseq(), r.contact())
    });
    let rsip_typed = measure(|| {
        let r = rsip::Request::try_from(&bytes[..]).unwrap();
        (
            r.via_header().unwrap().typed().unwrap(),
            r.from_header().unwrap().typed().unwrap(),
            r.to_header().unwrap().typed().unwrap(),
            r.cseq_header().unwrap().typed().unwrap(),
            r.contact_header().unwrap().typed().unwrap(),
        )
    });
    row("parse, then Via, From, To, CSeq, Contact", ours_typed, rsip_typed);
    row("print", measure(|| request.print()), measure(|| theirs.to_string().into_bytes()));
    let stream = measure(|| {
        let mut framer = Framer::default();
        framer.push(&bytes);
        match framer.next_frame() {
            Ok(Frame::Message(message)) => ours(&message),
            other => panic!("{other:?}"),
        }
    });
    println!("{:<44} {stream:>9.0}", "parse from a stream");
}

/// Time at one, two and four times a size; where work is proportional the last column is near 4.
fn hostile_messages() {
    println!("\n{:<44} {:>9} {:>9} {:>9} {:>7}", "hostile input, µs at", "15 kB", "30 kB", "60 kB", "ratio");
    let typical = String::from_utf8(typical()).unwrap();
    let with = |lines: String| typical.replacen("Max-Forwards", &(lines + "Max-Forwards"), 1);
    let field = |unit: &str, size: usize| {
        let line = format!("Record-Route: {}\r\n", unit.repeat(1500 / unit.len()));
        with(line.repeat(size / line.len()))
    };
    let contact = |unit: &str, size: usize| {
        typical.replacen("Contact: ", &format!("Contact: {}", unit.repeat(size / unit.len())), 1)
    };
    let inputs: [(&str, &dyn Fn(usize) -> String); 8] = [
        ("parameters of a URI in the request line", &|size| {
            typical.replacen(" SIP/2.0", &format!("{} SIP/2.0", ";a".repeat(size / 2)), 1)
        }),
        ("one field of commas", &|size| contact(",", size)),
        ("fields of commas", &|size| field("<sip:a@b>,", size)),
        ("fields of quotes", &|size| field("\"\\\"\"<sip:a@b>;x=\"y\",", size)),
        ("fields of parameters", &|size| field("<sip:a@b>;a;b;c;d,", size)),
        ("folded lines", &|size| with(format!("X: y{}\r\n", "\r\n z".repeat(size / 4)))),
        ("lone CRLF in front", &|size| "\r\n".repeat(size / 2) + &typical),
        ("bytes that are no UTF-8 (as U+FFFD)", &|size| {
            with(format!("X: {}\r\n", "\u{fffd}".repeat(size / 3)))
        }),
    ];
    for (name, input) in inputs {
        let times = [15_000, 30_000, 60_000].map(|size| {
            let text = input(size);
            let mut best = Duration::MAX;
            for _ in 0..200 {
                let start = Instant::now();
                if let Ok(Message::Request(r)) = black_box(Message::parse(text.as_bytes())) {
                    black_box(r.headers.elements(&Name::RecordRoute).filter_map(NameAddr::parse).count());
                }
                best = best.min(start.elapsed());
            }
            best.as_secs_f64() * 1e6
        });
        println!(
            "{name:<44} {:>9.1} {:>9.1} {:>9.1} {:>7.2}",
            times[0],
            times[1],
            times[2],
            times[2] / times[0]
        );
    }
    let text = "A b SIP/2.0\nX: y\nl:40000\n\n".to_owned() + &"b".repeat(40_000);
    let times = [5_000, 10_000, 20_000, 40_000].map(|size| {
        let start = Instant::now();
        let mut framer = Framer::default();
        for byte in text.as_bytes()[..size].chunks(1) {
            framer.push(byte);
            black_box(framer.next_frame()).unwrap();
        }
        start.elapsed().as_secs_f64() * 1e6
    });
    println!("a stream byte by byte, µs for 5, 10, 20, 40 kB {times:>8.0?}");
}

fn main() {
    typical_message();
    hostile_messages();
}
