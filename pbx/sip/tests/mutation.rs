//! The corpus, mutated 200 000 times from fixed seeds: nothing panics, what is understood prints and parses to the same
//! value, the framer and the parser agree on where a message ends, and no answer is much longer than its request.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::all_torture;
use switchroom_sip::header::Name;
use switchroom_sip::message::{Message, ParseError, Request};
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::status::Status;
use switchroom_sip::{Frame, Framer};

const THREADS: u64 = 4;
const MESSAGES_EACH: usize = 50_000;

/// Small and quick, because the test is run unoptimised.
struct Chance(u64);

impl Chance {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound.max(1) as u64) as usize
    }
}

/// Pieces that mean something to a parser.
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    "\r\n ",
    "\n\t",
    ";",
    ";;",
    ",",
    ",,",
    "\"",
    "\\",
    "\\\"",
    "<",
    ">",
    "<sip:a@b>",
    "@",
    "?",
    "%",
    "%00",
    "%zz",
    ":",
    "=",
    " ",
    "\t",
    "\0",
    "\x1b[2J",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{202e}",
    "é",
    "*",
    "[",
    "]",
    "[::1]",
    "/",
    "+",
    "-1",
    "4294967296",
    "99999999999999999999",
    "SIP/2.0",
    "sip:",
    "tel:+1",
    ";tag=x",
    ";branch=z9hG4bK",
    "Content-Length: 0\r\n",
    "l: 5\r\n",
    "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n",
    "v: ,\r\n",
    "Contact: *\r\n",
    "m:\r\n",
    "From: <sip:x@y>\r\n",
    " Content-Length : 3\r\n",
    "--7a9cbec02ceef655\r\n",
    "Content-Type: application/sdp\r\n\r\n",
];

fn mutate(chance: &mut Chance, corpus: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = corpus[chance.below(corpus.len())].1.clone();
    for _ in 0..=chance.below(3) {
        let at = chance.below(bytes.len());
        let end = (at + 1 + chance.below(12)).min(bytes.len());
        match chance.below(9) {
            0 if at < bytes.len() => bytes[at] = chance.bits() as u8,
            1 => drop(bytes.drain(at..end)),
            2 => bytes.truncate(at),
            3 => {
                let piece = bytes[at..end].repeat(1 + chance.below(20));
                bytes.splice(at..at, piece);
            }
            4 => {
                // A line of another message, in the place where a line ends.
                let other = &corpus[chance.below(corpus.len())].1;
                let lines: Vec<_> = other.split_inclusive(|b| *b == b'\n').collect();
                let line = lines[chance.below(lines.len())].to_vec();
                let at = bytes[at..].iter().position(|b| *b == b'\n').map_or(at, |n| at + n + 1);
                bytes.splice(at..at, line);
            }
            5 => {
                // The rest of another message.
                let other = &corpus[chance.below(corpus.len())].1;
                bytes.truncate(at);
                bytes.extend_from_slice(&other[chance.below(other.len())..]);
            }
            _ => {
                let piece = PIECES[chance.below(PIECES.len())].bytes();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

/// Asks for everything that a message can be asked for.
macro_rules! ask {
    ($m:expr) => {{
        let m = &$m;
        _ = (
            m.via().map(|v| v.to_string()),
            m.from_tag(),
            m.to_tag(),
            m.call_id(),
            m.cseq(),
            m.sdp(),
            m.content_type(),
        );
        for address in [m.from(), m.to(), m.contact()].into_iter().flatten() {
            let shown = format!("{}{}", address.display_name(), address.uri.display_user());
            assert!(shown.chars().count() <= 128 && !shown.contains(char::is_control), "{shown:?}");
            let again = NameAddr::parse(&address.to_string());
            if !address.name.contains(char::is_control) {
                assert_eq!(again.as_ref(), Some(&address), "{address}");
            }
        }
        for name in [Name::Expires, Name::MaxForwards, Name::SessionExpires, Name::Contact] {
            _ = (m.headers.number(&name), m.headers.lists(&name, "x"), m.headers.elements(&name).count());
        }
    }};
}

fn check(bytes: &[u8], understood: &mut usize) {
    match Message::parse(bytes) {
        Ok(Message::Request(request)) => {
            *understood += 1;
            ask!(request);
            assert_eq!(Message::parse(&request.print()), Ok(Message::Request(request.clone())));
            check_answer(bytes, request);
        }
        Ok(Message::Response(response)) => {
            *understood += 1;
            ask!(response);
            assert_eq!(Message::parse(&response.print()), Ok(Message::Response(response)));
        }
        Err(ParseError::Bad { request, .. }) => {
            ask!(*request);
            check_answer(bytes, *request);
        }
        Err(ParseError::NotSip(_)) => {}
    }
}

/// Class "reflection": at most three bytes out for one in, counted with the 28 bytes of IP and UDP that both have.
fn check_answer(bytes: &[u8], mut request: Request) {
    let bare = request.response(Status::BAD_REQUEST, None).print();
    assert!(bare.len() + 28 <= 3 * (bytes.len() + 28), "{}", String::from_utf8_lossy(bytes));
    request.stamp("[2001:db8:1234:5678:9abc:def0:1234:5678]:65535".parse().unwrap());
    let stamped = request.response(Status::BAD_REQUEST, Some("tag4tag4tag4")).print();
    assert!(stamped.len() <= bare.len() + 128, "{}", String::from_utf8_lossy(&stamped));
}

/// What the framer cuts out is one message and all of it.
fn check_stream(bytes: &[u8], chance: &mut Chance) {
    let mut framer = Framer::default();
    let mut at = 0;
    while at < bytes.len() {
        let end = (at + 1 + chance.below(2000)).min(bytes.len());
        framer.push(&bytes[at..end]);
        at = end;
        loop {
            match framer.next_frame() {
                Ok(Frame::Message(message)) => {
                    let body = match Message::parse(&message) {
                        Ok(Message::Request(request)) => request.body,
                        Ok(Message::Response(response)) => response.body,
                        Err(_) => continue,
                    };
                    let head = &message[..message.len() - body.len()];
                    assert!(
                        head.ends_with(b"\r\n\r\n") || head.ends_with(b"\n\n") || head.ends_with(b"\n\r\n")
                    );
                    assert_eq!(Message::parse(&message), Message::parse(&[&message[..], b"next"].concat()));
                }
                Ok(Frame::Ping) => {}
                Ok(Frame::Incomplete) => break,
                Err(_) => return,
            }
        }
        assert!(framer.pending() <= bytes.len());
    }
}

#[test]
fn two_hundred_thousand_mutations() {
    let corpus = all_torture();
    let understood: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|seed| {
                let corpus = &corpus;
                scope.spawn(move || {
                    let (mut chance, mut understood) = (Chance(seed), 0);
                    for number in 0..MESSAGES_EACH {
                        let bytes = mutate(&mut chance, corpus);
                        check(&bytes, &mut understood);
                        if number % 8 == 0 {
                            check_stream(&bytes, &mut chance);
                        }
                    }
                    understood
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    // If hardly anything were understood, the test would test nothing.
    assert!(understood > 20_000, "{understood}");
}
