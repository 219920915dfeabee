use super::world::{World, header, sdp};
use crate::*;
use std::time::Duration;
use switchroom_sip::digest::{Algorithm, Challenge};
use switchroom_sip::endpoint::SessionEvent;
use switchroom_sip::header::Name;
use switchroom_sip::method::Method;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;

const REGISTER: (&str, &str) = ("REGISTER", "101");

fn request(method: &str, user: &str, n: u64) -> String {
    format!(
        "{method} sip:{user}@pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.5:5060;branch=z9hG4bK{n};rport\r\n\
         From: <sip:{user}@pbx.example>;tag=t{n}\r\nTo: <sip:{user}@pbx.example>\r\nCall-ID: c{n}\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:x@203.0.113.5>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Classes "stateless 401" and "flood to OOM": nothing outlives an unauthenticated request.
#[test]
fn stateless_401() {
    let mut w = World::new();
    let before = w.x.timers.len();
    for n in 0..500 {
        w.ms(50);
        for method in ["REGISTER", "INVITE", "MESSAGE", "SUBSCRIBE", "OPTIONS", "FOO", "REFER", "PUBLISH"] {
            let answers = w.inject("203.0.113.5:5060", &request(method, "101", n));
            assert_eq!(answers.len(), 1, "{method}");
            assert!(answers[0].contains("401"), "{answers:?}");
        }
    }
    let s = w.x.status();
    assert_eq!((s.transactions, s.dialogs, s.calls, s.bindings), (0, 0, 0, 0));
    assert_eq!((w.x.timers.len(), w.x.endpoint.poll_timeout()), (before, None));
}

/// Class "scanners": a stranger gets so many challenges a second, then silence; others are not concerned.
#[test]
fn a_flood_of_strangers() {
    let mut w = World::new();
    let from = |w: &mut World, source: &str, n| w.inject(source, &request("REGISTER", "101", n)).len();
    let answered: usize = (0..300).map(|n| from(&mut w, "203.0.113.5:5060", n)).sum();
    assert_eq!(answered, 200);
    assert_eq!(from(&mut w, "203.0.113.6:5060", 1), 1);
    w.ms(1000);
    assert_eq!(from(&mut w, "203.0.113.5:5060", 1), 1);
}

/// Class "user enumeration": known and unknown users get the same answer to the byte, but for what echoes the request.
#[test]
fn user_enumeration() {
    let from = "203.0.113.5:5060";
    for method in ["REGISTER", "INVITE", "OPTIONS"] {
        for with in ["nothing", "a forged nonce", "a wrong answer"] {
            let told = |user: &str| {
                let mut w = World::new();
                let answer = match with {
                    "nothing" => ask(&mut w, from, &request(method, user, 1)),
                    "a forged nonce" => ask(&mut w, from, &answering(method, user, "x", "00000001", 1)),
                    _ => guess(&mut w, from, (method, user), 1),
                };
                answer.unwrap().replace(user, "USER")
            };
            let (known, unknown) = (told("101"), told("777"));
            assert!(known.starts_with("SIP/2.0 401"));
            assert_eq!(known, unknown, "{method} with {with}");
        }
    }
}

/// Class "amplification, reflection": one answer, to the source, at most three times the request.
#[test]
fn reflection() {
    let mut w = World::new();
    let ask = request("REGISTER", "1", 1).replace("rport", "rport;maddr=198.51.100.1;received=198.51.100.2");
    let from = "203.0.113.5:5060".parse().unwrap();
    let flow = Flow {
        transport: Transport::Udp,
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: from,
        connection: 0,
    };
    w.x.handle(w.now, Input::Message { flow, bytes: ask.as_bytes() });
    let mut sent = 0;
    while let Some(action) = w.x.poll_action() {
        if let Action::Send { flow, bytes } = action {
            assert_eq!(flow.remote, from);
            sent += bytes.len();
        }
    }
    assert!(sent > 0 && sent <= 3 * ask.len(), "{sent} for {}", ask.len());
}

/// Class "in-dialog hijack": right tags from a wrong place are asked for credentials, and those of another extension
/// do not do.
#[test]
fn in_dialog_hijack() {
    let mut w = World::new();
    let (a, _call, b, _) = w.talking();
    let ack = w.log.len();
    let id = w.x.calls().next().unwrap().id;
    let dialog = w.x.calls().next().unwrap().caller_leg().unwrap().sip_call_id.clone();
    let ok = w.phones[&a]
        .raw
        .iter()
        .rev()
        .find(|m| m.starts_with("SIP/2.0 200") && m.contains(&dialog))
        .unwrap()
        .clone();
    let field = |name: &str| ok.lines().find(|l| l.starts_with(name)).unwrap().to_owned();
    let bye = format!(
        "BYE sip:101@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKevil\r\n{}\r\n{}\r\n{}\r\nCSeq: 99 BYE\r\n\r\n",
        field("From"),
        field("To"),
        field("Call-ID")
    );
    let answers = w.inject("203.0.113.5:5060", &bye);
    assert!(answers.len() == 1 && answers[0].contains("401"), "{answers:?}");
    assert!(!w.x.call(id).unwrap().is_ended());
    assert!(w.log[ack..].iter().all(|l| !l.contains("BYE")));
    // Class "digest leak": the exchange never answers a challenge to its own requests.
    _ = b;
    assert!(w.log.iter().all(|l| !l.contains("Authorization")));
}

/// A phone that moved to another address proves who it is and goes on.
#[test]
fn a_phone_that_moved_may_hang_up() {
    let mut w = World::new();
    let (a, call, b, _) = w.talking();
    let mut phone = w.phones.remove(&a).unwrap();
    let moved = "192.0.2.99:7777".parse().unwrap();
    phone.flow.local = moved;
    phone.end.move_flow(Flow { local: a, ..phone.flow }, phone.flow);
    w.phones.insert(moved, phone);
    w.hang_up(moved, call);
    w.ms(100);
    assert!(w.phones[&moved].heard.iter().any(|l| l.starts_with("SIP/2.0 401")));
    assert!(w.told(b).iter().any(|e| matches!(e, SessionEvent::Ended(_))));
    assert_eq!(w.cdr().ending.cause, Cause::HungUp);
    w.settle();
}

/// Class "hostile names": nothing that steers a terminal gets into events, CDRs or paths.
#[test]
fn hostile_names() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    w.dial(a, "1\u{1b}[2J", Some(sdp("192.0.2.11", "8", "")));
    w.ms(100);
    let text = format!("{:?}", w.records);
    assert!(!text.contains('\u{1b}') && !text.contains("\\u{1b}"), "{text}");
    assert_eq!(w.cdr().ending.cause, Cause::NotFound);
}

/// Who asks by OPTIONS from where a phone is, or sends what is not taken, is told what is (RFC 6665 §4.4.4).
#[test]
fn what_is_taken_is_told() {
    let mut w = World::new();
    let at = w.registered("101", "192.0.2.11:5060");
    w.inject("192.0.2.11:5060", &request("OPTIONS", "101", 1));
    w.ms(10);
    let answer = w.phones[&at].raw.last().unwrap().clone();
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    assert!(header(&answer, Name::Allow).ends_with("PRACK, REFER, REGISTER, SUBSCRIBE"), "{answer}");
    assert_eq!(header(&answer, Name::AllowEvents), "message-summary, dialog");
}

/// What comes back to an address, if anything does.
fn ask(w: &mut World, from: &str, text: &str) -> Option<String> {
    let at = from.parse().unwrap();
    if !w.phones.contains_key(&at) {
        w.phone("999", from);
    }
    let before = w.phones[&at].raw.len();
    w.inject(from, text);
    w.ms(5);
    w.phones[&at].raw.get(before).cloned()
}

/// The nonce of a challenge.
fn nonce_of(answer: &str) -> String {
    let challenge = Challenge::parse(&header(answer, Name::WwwAuthenticate)).unwrap();
    challenge.nonce
}

/// A request of a user with an answer to a nonce.
fn answering(method: &str, user: &str, password: &str, nonce: &str, n: u64) -> String {
    let (realm, nonce) = ("pbx.example".to_owned(), nonce.to_owned());
    let challenge = Challenge { realm, nonce, algorithm: Algorithm::Sha256, stale: false };
    let uri = format!("sip:{user}@pbx.example");
    let answer = challenge.answer(user, password, method, &uri, "c", 1).print();
    request(method, user, n).replace("Max-Forwards", &format!("Authorization: {answer}\r\nMax-Forwards"))
}

/// A guess as good as a stranger's can be: to a challenge that it got.
pub(crate) fn guess(w: &mut World, from: &str, (method, user): (&str, &str), n: u64) -> Option<String> {
    let challenge = ask(w, from, &request(method, user, 2 * n)).unwrap();
    ask(w, from, &answering(method, user, "wrong", &nonce_of(&challenge), 2 * n + 1))
}

/// Class "brute force": wrong answers are counted, then met with silence; other sources are served.
#[test]
fn brute_force() {
    let mut w = World::new();
    let answered = (0..50).filter(|n| guess(&mut w, "203.0.113.5:5060", REGISTER, *n).is_some()).count();
    assert_eq!(answered, 10);
    assert_eq!((w.x.status().auth_failures, w.x.status().ignored), (10, 40));
    w.registered("101", "192.0.2.11:5060");
    assert!(w.events().contains(&"silenced".to_owned()));
}

/// Whoever writes the address of a phone onto datagrams has seen no challenge to it, and locks nobody out.
#[test]
fn forged_answers_lock_nobody_out() {
    let mut w = World::new();
    let phone = w.registered("101", "192.0.2.11:5060");
    for n in 0..300 {
        let forged = answering("REGISTER", "101", "wrong", "00000001000000010123456789abcdef01234567", n);
        for from in ["192.0.2.11:5060", "192.0.2.11:6000"] {
            assert_eq!(w.inject(from, &forged).len(), 1, "asked again, as anybody is");
        }
    }
    assert_eq!((w.x.status().auth_failures, w.x.status().ignored), (0, 0));
    assert!(!w.events().contains(&"silenced".to_owned()));
    let again = w.register(phone, &["<sip:101@192.0.2.11:5060>"], Some(300));
    assert_eq!(again.map(|r| r.status), Some(Status::OK));
    // Nor does it lock anybody out of an address that nobody is registered from yet.
    for n in 0..100 {
        w.inject("192.0.2.13:5060", &answering("REGISTER", "103", "wrong", "0000", n));
    }
    w.registered("103", "192.0.2.13:5060");
}

/// An answer to a nonce that is not good is not looked at: nobody learns by it whether it was right.
#[test]
fn answers_to_foreign_nonces_tell_nothing() {
    let from = "203.0.113.5:5060";
    let told = |case: &str, password: &str| {
        let mut w = World::new();
        let own = nonce_of(&ask(&mut w, from, &request("REGISTER", "101", 1)).unwrap());
        let others = nonce_of(&ask(&mut w, "203.0.113.6:5060", &request("REGISTER", "101", 2)).unwrap());
        let nonce = match case {
            "forged" => format!("{}0", &own[..own.len() - 1]),
            "another's" => others,
            "no nonce at all" => "x".into(),
            "too old" => {
                w.run(Duration::from_secs(61));
                own
            }
            _ => {
                let first = ask(&mut w, from, &answering("REGISTER", "101", "pw101", &own, 3)).unwrap();
                assert!(first.starts_with("SIP/2.0 200"), "{first}");
                own
            }
        };
        let answer = ask(&mut w, from, &answering("REGISTER", "101", password, &nonce, 4)).unwrap();
        assert_eq!(w.x.status().auth_failures, 0, "{case}");
        answer
    };
    for case in ["forged", "another's", "no nonce at all", "too old", "used up"] {
        let (right, wrong) = (told(case, "pw101"), told(case, "wrong"));
        assert!(right.starts_with("SIP/2.0 401") && right.contains("stale=true"), "{case}: {right}");
        assert_eq!(right, wrong, "{case}");
    }
}

/// Who sits behind the same address as the phones and guesses silences itself, not the phone that is registered there.
#[test]
fn a_neighbour_who_guesses_silences_no_registered_phone() {
    let mut w = World::new();
    let phone = w.registered("101", "192.0.2.11:5060");
    let renewed = |w: &mut World| {
        let answer = w.register(phone, &["<sip:101@192.0.2.11:5060>"], Some(300));
        answer.is_some_and(|r| r.status == Status::OK)
    };
    let answered = (0..20).filter(|n| guess(&mut w, "192.0.2.11:7000", REGISTER, *n).is_some()).count();
    assert_eq!(answered, 10, "ten from one port");
    assert!(renewed(&mut w));
    let from_any =
        |w: &mut World, n: u64| guess(w, &format!("192.0.2.11:{}", 8000 + n), REGISTER, n + 100).is_some();
    let answered = (0..100).filter(|n| from_any(&mut w, *n)).count();
    assert_eq!(answered, 50, "sixty from all ports");
    assert!(renewed(&mut w));
    // Other users behind that address are served, be they registered or not.
    w.registered("102", "192.0.2.11:9000");
    // From another port that phone would be one of those who guess; it is served again when they are.
    let moved = w.phone("101", "192.0.2.11:5070");
    assert_eq!(w.register(moved, &["<sip:101@192.0.2.11:5070>"], Some(300)), None);
    w.run(Duration::from_secs(120));
    w.registered("101", "192.0.2.11:5080");
}

/// REFER is for talks: outside of one nobody is referred anywhere, whoever asks.
#[test]
fn a_refer_outside_of_a_call_is_not_implemented() {
    let mut w = World::new();
    let at = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let now = w.now.mono;
    let phone = w.phones.get_mut(&at).unwrap();
    let (us, uri) = ("<sip:101@pbx.example>", Uri::sip("102", "pbx.example", None));
    let mut refer = phone.end.make_outside(Method::Refer, uri, us, "<sip:102@pbx.example>");
    refer.headers.push(Name::Contact, format!("<sip:101@{at}>"));
    refer.headers.push(Name::ReferTo, "<sip:103@pbx.example>");
    let flow = phone.flow;
    phone.end.request_outside(now, flow, refer, 7);
    w.ms(500);
    let answers = w.phones[&at].raw.iter().filter(|raw| header(raw, Name::CSeq).ends_with("REFER"));
    let told: Vec<&str> = answers.filter_map(|raw| raw.lines().next()).collect();
    assert_eq!(told, ["SIP/2.0 401 Unauthorized", "SIP/2.0 501 Not Implemented"]);
    assert_eq!((w.x.calls().count(), w.x.status().dialogs, w.cdrs().len()), (0, 0, 0));
    for at in [at, b] {
        assert!(
            !w.phones[&at].heard.iter().any(|line| line.starts_with("INVITE") || line.starts_with("NOTIFY"))
        );
    }
    w.settle();
}
