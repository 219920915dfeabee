//! SUBSCRIBE, whose dialogs are not kept here.

use super::*;

/// A SUBSCRIBE inside a dialog that is no session comes up, for its dialog is kept elsewhere; everything else is 481.
/// Its answer has the tag that was said to be ours.
#[test]
fn a_subscribe_inside_a_foreign_dialog_comes_up() {
    let ask = |method: &str, tag: &str, extra: &str| {
        let text = format!(
            "{method} sip:102@h SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=z9hG4bKs\r\nFrom: <sip:x@h>;tag=q\r\n\
             To: <sip:102@h>{tag}\r\nCall-ID: q\r\nCSeq: 4 {method}\r\nContact: <sip:x@p>\r\n{extra}\r\n"
        );
        let mut e = endpoint(5);
        e.receive(Mono(0), Pair::new().flow(1), text.as_bytes());
        e
    };
    let answer = |e: &mut Endpoint| e.poll_transmit().map(|t| String::from_utf8_lossy(&t.bytes).into_owned());
    for (tag, to) in [(";tag=gone", "tag=gone"), ("", "tag=")] {
        let mut e = ask("SUBSCRIBE", tag, "");
        let Some(Event::Request(incoming)) = e.poll_event() else { panic!() };
        let txn = e.take(&incoming);
        let ours = e.tag_for(&incoming);
        e.respond(Mono(0), txn, &incoming, Status::OK, &Headers::default());
        let to = if tag.is_empty() { format!("{to}{ours}\r\n") } else { format!("{to}\r\n") };
        assert!(answer(&mut e).unwrap().contains(&to), "{to}");
    }
    for (method, extra, code) in [
        ("INFO", "", "481"),
        ("SUBSCRIBE", "Max-Forwards: 0\r\n", "483"),
        ("SUBSCRIBE", "Require: foo\r\n", "420"),
    ] {
        let mut e = ask(method, ";tag=gone", extra);
        assert!(e.poll_event().is_none() && answer(&mut e).unwrap().contains(code), "{method} {extra}");
    }
}
