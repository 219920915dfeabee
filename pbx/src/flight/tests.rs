//! Calls between phones that are values, recorded as the engine does it, written, read and run again.
#![allow(clippy::unwrap_used, clippy::panic)]

mod flows;
mod rig;
mod watching;

use super::input::Recorded;
use super::*;
use crate::control::view;
use rig::{Rig, config};
use std::io::Cursor;
use std::time::Duration;
use switchroom_exchange::{
    Action, CallId, Command, CommandId, Flow, LegId, MediaEvent, MessageRecord, Mono, Now, Party, Record,
    RefusalReason, Restored, Transport, Wall,
};
use switchroom_phone::PhoneCommand;
use switchroom_phone::digits::DigitsBy;
use switchroom_sip::digest::to_hex;

/// The alarm that makes an exchange fail, in tests of this crate only.
pub(crate) const PLANTED: &str = "planted panic";

pub(super) fn planted_panic(input: &Recorded) {
    if let Recorded::Alarm { id, .. } = input {
        assert_ne!(id, PLANTED, "planted");
    }
}

fn written(snapshot: &Snapshot, why: Why<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write(snapshot, why, 1_700_000_000_000, [9; 32], &mut out).unwrap();
    out
}

fn dump(rig: &Rig) -> Vec<u8> {
    written(&rig.ring.snapshot(), Why::Asked("ana"))
}

fn run(bytes: &[u8]) -> Replayed {
    run_until(bytes, None)
}

fn run_until(bytes: &[u8], until: Option<u64>) -> Replayed {
    replay(&mut Reader::new(Cursor::new(bytes)).unwrap(), until, &mut |_| {}).unwrap()
}

/// A file with a call in it, for tests of who shows it.
pub(crate) fn example() -> Vec<u8> {
    dump(&a_day())
}

/// The text with every string of JSON as it is.
fn plain(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap().replace("\\r\\n", "\n").replace("\\\"", "\"")
}

/// Two phones register, talk, press digits in both ways, hold, hang up.
fn a_day() -> Rig {
    let mut rig = Rig::new();
    for phone in 0..2 {
        rig.tell(phone, &PhoneCommand::Register);
    }
    rig.run(Duration::from_secs(1));
    assert_eq!(rig.exchange.status().registered, 2);
    a_call(&mut rig);
    rig.run(Duration::from_secs(40));
    rig
}

fn a_call(rig: &mut Rig) {
    rig.tell(0, &PhoneCommand::Call("102".into()));
    rig.run(Duration::from_secs(2));
    assert_eq!(rig.exchange.status().calls, 1, "{:?}", rig.seen);
    rig.tell(0, &PhoneCommand::Digits("73".into(), DigitsBy::Info));
    rig.run(Duration::from_millis(300));
    let leg = rig.exchange.calls().next().unwrap().caller_leg().unwrap().id;
    for digit in ['8', '#'] {
        rig.give(Recorded::Media(Box::new(MediaEvent::Digit { leg, digit })));
    }
    rig.tell(0, &PhoneCommand::HangUp);
    rig.run(Duration::from_secs(10));
    assert_eq!(rig.exchange.status().calls, 0, "{:?}", rig.seen);
}

#[test]
fn a_day_is_run_again_exactly_and_without_its_secrets() {
    let rig = a_day();
    let bytes = dump(&rig);
    let again = run(&bytes);
    assert_eq!(again.verdict, Verdict::Exact);
    assert_eq!((again.inputs, again.panicked), (rig.given, None));
    let (then, now) = (rig.exchange.status(), again.exchange.unwrap().status());
    assert_eq!(then, now);
    assert_eq!((now.registered, now.calls_total, now.auth_failures), (2, 1, 0));
    assert_eq!(again.calls.len(), 1);
}

/// Who watches a ladder asks for what came since.
#[test]
fn the_rest_of_a_ladder_is_its_end_with_the_same_lanes() {
    let again = run(&dump(&a_day()));
    let (exchange, id) = (again.exchange.unwrap(), *again.calls.values().next().unwrap());
    let whole = view::ladder(&exchange, id, 0).unwrap();
    assert!(whole.entries.len() > 10 && whole.lanes.len() == 3, "{whole:?}");
    for from in 0..=whole.entries.len() + 1 {
        let rest = view::ladder(&exchange, id, from).unwrap();
        assert_eq!(rest.entries, whole.entries.get(from..).unwrap_or_default());
        assert_eq!(rest.lanes, whole.lanes);
    }
}

#[test]
fn a_call_that_a_user_placed_is_run_again() {
    let mut rig = a_day();
    let command = Command::Dial { from: "101".into(), to: "102".into() };
    rig.give(Recorded::Command { id: CommandId(1), user: "mara".into(), command });
    rig.run(Duration::from_secs(5));
    assert_eq!(rig.exchange.status().calls_total, 2, "{:?}", rig.seen);
    let again = run(&dump(&rig));
    assert_eq!((again.verdict, again.panicked), (Verdict::Exact, None));
    assert_eq!(again.exchange.unwrap().status(), rig.exchange.status());
}

#[test]
fn no_secret_and_no_pressed_digit_is_in_the_file() {
    let mut rig = a_day();
    // Wrong credentials, another scheme, and lines that are no SIP at all.
    for text in rig::STRANGE {
        rig.message(0, text.as_bytes().to_vec());
    }
    rig.give(Recorded::Config(std::sync::Arc::new(config("changed"))));
    let text = plain(&dump(&rig));
    for extension in config("secret").extensions.values().chain(config("changed").extensions.values()) {
        for ha1 in [to_hex(&extension.ha1_md5.unwrap()), to_hex(&extension.ha1_sha256.unwrap())] {
            assert!(!text.contains(&ha1), "a digest");
        }
        for ha1 in [extension.ha1_md5.unwrap().to_vec(), extension.ha1_sha256.unwrap().to_vec()] {
            assert!(
                !text.contains(serde_json::to_string(&ha1).unwrap().trim_matches(['[', ']'])),
                "a digest"
            );
        }
    }
    assert!(rig.answers.len() >= 3, "{:?}", rig.answers);
    for answer in &rig.answers {
        assert!(!text.contains(answer.as_str()), "an answer to a challenge");
    }
    assert!(!text.contains("Signal=7") && !text.contains("Signal=3") && text.contains("Signal=0"));
    assert!(!text.contains("\"digit\":\"8\"") && text.contains("\"digit\":\"#\""));
    for secret in ["hunter2", "c2VjcmV0", "0badf00d", "4711", "meet me", "keykeykey"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let again = run(&dump(&rig));
    assert_eq!(again.verdict, Verdict::Exact, "and it is the same day");
}

#[test]
fn a_wrong_password_stays_wrong_and_a_new_one_is_new() {
    let mut rig = Rig::with_passwords("secret", "wrong");
    for phone in 0..2 {
        rig.tell(phone, &PhoneCommand::Register);
    }
    rig.run(Duration::from_secs(1));
    // The password of one changes, and with it what it has registered.
    rig.give(Recorded::Config(std::sync::Arc::new(config("changed"))));
    rig.run(Duration::from_secs(5));
    let then = rig.exchange.status();
    assert!(then.auth_failures > 0 && then.registered == 0, "{then:?}");
    let again = run(&dump(&rig));
    assert_eq!((again.verdict, again.exchange.unwrap().status()), (Verdict::Exact, then));
}

#[test]
fn the_first_input_with_another_effect_is_named() {
    let rig = a_day();
    let text = String::from_utf8(dump(&rig)).unwrap();
    // Somebody else registers: the answer of the exchange bears other names.
    let place = text.lines().position(|l| l.contains("REGISTER sip:")).unwrap();
    let changed: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(n, line)| if n == place { line.replacen("CSeq: 1", "CSeq: 7", 1) } else { line.to_owned() })
        .collect();
    let again = run(changed.join("\n").as_bytes());
    assert!(matches!(again.verdict, Verdict::Parted { at, .. } if at == place as u64), "{:?}", again.verdict);
    assert_eq!(again.inputs, rig.given, "it goes on all the same");
    // A file that was cut off says so, one that was cut and mended by hand is one.
    let cut: Vec<&str> = text.lines().take(30).collect();
    let again = run(cut.join("\n").as_bytes());
    assert!(matches!(&again.verdict, Verdict::Parted { at: 29, why } if why.contains("ends after")));
    let (mut mended, inputs) = (cut.join("\n"), format!("\"inputs\":{},", rig.given));
    mended = mended.replacen(&inputs, "", 1);
    assert_eq!(run(mended.as_bytes()).verdict, Verdict::Exact);
    let again = run_until(text.as_bytes(), Some(12));
    assert_eq!((again.verdict, again.inputs), (Verdict::Exact, 12));
}

#[test]
fn a_panic_is_kept_and_happens_again() {
    let mut rig = a_day();
    let planted = Recorded::Alarm { id: PLANTED.into(), state: None };
    let said = caught(|| rig.give(planted)).unwrap_err();
    assert!(said.contains("planted"), "{said}");
    let again = run(&written(&rig.ring.snapshot(), Why::Panic(&said)));
    assert_eq!(again.verdict, Verdict::Exact);
    assert_eq!(again.panicked.map(|(at, _)| at), Some(rig.given));
    // The same file in a program in which it does not happen any more.
    let text = String::from_utf8(written(&rig.ring.snapshot(), Why::Panic(&said))).unwrap();
    let again = run(text.replace(PLANTED, "mended").as_bytes());
    assert!(matches!(&again.verdict, Verdict::Parted { why, .. } if why.contains("not any more")));
    assert_eq!(again.panicked, None);
}

#[test]
fn the_ring_is_bounded_and_knows_what_was_before() {
    let mut rig = Rig::new();
    let ring = Ring::new(rig.now, rig.config(), rig::SEED, Default::default()).bounded(200_000, 1_000);
    rig.ring = ring;
    for phone in 0..2 {
        rig.tell(phone, &PhoneCommand::Register);
    }
    let told = switchroom_exchange::Config { site: "renamed".into(), rtp_pairs: 2, ..config("secret") };
    rig.give(Recorded::Config(std::sync::Arc::new(told)));
    for _ in 0..12 {
        rig.run(Duration::from_secs(30));
        a_call(&mut rig);
        for _ in 0..150 {
            rig.give(Recorded::Tick);
        }
        let (inputs, weight) = rig.ring.size();
        assert!(inputs <= 1_000 + 256 && weight <= 200_000 + 256 * 2_000, "{inputs} {weight}");
    }
    let snapshot = rig.ring.snapshot();
    assert!(snapshot.base.dropped > 500);
    assert_eq!(snapshot.base.dropped + snapshot.inputs(), rig.given);
    let first = snapshot.entries().next().unwrap().now;
    assert_eq!(snapshot.base.now, first, "it begins with the first that is left");
    let known: Vec<String> = snapshot.base.restored().bindings.iter().map(|b| b.extension.clone()).collect();
    assert_eq!(known, ["101", "102"]);
    let config = &snapshot.base.config;
    assert_eq!((config.site.as_str(), config.rtp_pairs), ("renamed", 8), "ports are those of the start");
    assert!(snapshot.base.marks.call > 0 && snapshot.base.marks.event > 0 && snapshot.base.marks.leg > 0);
}

/// What began after the beginning is run again in the names of another exchange.
#[test]
fn a_ring_that_has_lost_its_beginning_is_a_best_effort_with_calls() {
    let mut rig = Rig::new();
    rig.ring = Ring::new(rig.now, rig.config(), rig::SEED, Default::default()).bounded(usize::MAX, 600);
    for phone in 0..2 {
        rig.tell(phone, &PhoneCommand::Register);
    }
    for _ in 0..10 {
        rig.run(Duration::from_secs(30));
        a_call(&mut rig);
        for _ in 0..100 {
            rig.give(Recorded::Tick);
        }
    }
    rig.run(Duration::from_secs(60));
    let snapshot = rig.ring.snapshot();
    assert!(snapshot.base.dropped > 0 && snapshot.base.marks.call >= 1);
    let again = run(&written(&snapshot, Why::Asked("ana")));
    assert!(matches!(again.verdict, Verdict::BestEffort { .. }));
    let exchange = again.exchange.unwrap();
    let whole = rig.last_call - snapshot.base.marks.call;
    assert!(whole >= 2, "{whole} calls began after the beginning");
    let ladders: Vec<String> =
        again.calls.values().map(|id| format!("{:?}", view::ladder(&exchange, *id, 0).unwrap())).collect();
    let answered = ladders.iter().filter(|l| l.contains("BYE") && l.contains("200 OK")).count();
    assert!(answered as u64 >= whole, "{answered} of {whole} calls went their way: {ladders:#?}");
    assert_eq!(exchange.status().calls, 0);
}

/// A message is known until it is deleted, also when the input that it came by is gone.
#[test]
fn messages_are_known_before_the_first_input_that_is_left() {
    let now = |n: u64| Now { mono: Mono(n), wall: Wall(1_700_000_000_000) };
    let message = |id: &str, is_new| MessageRecord {
        id: id.into(),
        mailbox: Some("101".into()),
        call: CallId(7),
        from: Party::default(),
        at_ms: 0,
        length_ms: 1000,
        file: format!("messages/2026/11/{id}.wav"),
        bytes: 1,
        sha256: String::new(),
        is_new,
        is_unfinished: false,
    };
    let left = |id: &str, is_new| Record::Message(Box::new(message(id, is_new)));
    let restored = Restored { messages: vec![message("old", true)], ..Restored::default() };
    let config = std::sync::Arc::new(config("secret"));
    let mut ring = Ring::new(now(0), config, rig::SEED, restored).bounded(usize::MAX, 300);
    let gone = Record::MessageGone { id: "b".into() };
    for record in [left("a", true), left("b", true), left("a", false), gone] {
        ring.push(now(1), Recorded::Tick);
        ring.saw(&Action::Persist { ticket: None, record });
    }
    for n in 0..2_000 {
        ring.push(now(2 + n), Recorded::Tick);
    }
    let base = ring.snapshot().base;
    assert!(base.dropped > 4);
    assert_eq!(base.restored().messages, [message("a", false), message("old", true)]);
}

/// What services said is an input as any other. It is kept as it came: a flow decides by it.
#[test]
fn answers_to_flows_are_kept_and_bounded() {
    let mut rig = a_day();
    let json = serde_json::json!({"class": "gold", "balance": [12.5, null, {"x": true}]});
    let (call, number) = (CallId(7), 1);
    let answered = |answer, is_secret| Recorded::Answered { call, number, answer, is_secret };
    rig.give(answered(Ok(json.clone()), false));
    rig.give(answered(Err("refused".into()), false));
    // What was told a secret may repeat it.
    let echo =
        serde_json::json!({"pin": "4711", "4711": [4711, 47.11], "said": "PIN 4711 is right", "is": true});
    rig.give(answered(Ok(echo), true));
    let bytes = dump(&rig);
    let mut told = Vec::new();
    let mut reader = Reader::new(Cursor::new(&bytes)).unwrap();
    while let Some((_, line)) = reader.next_line().unwrap() {
        told.extend(match line.input {
            Recorded::Answered { answer, .. } => Some(answer),
            _ => None,
        });
    }
    let masked = serde_json::json!({"pin": "0000", "0000": [0, 0], "said": "PIN 0000 is right", "is": true});
    assert_eq!(told, [Ok(json), Err("refused".into()), Ok(masked)]);
    assert!(!String::from_utf8_lossy(&bytes).contains("4711"));
    assert_eq!(run(&bytes).verdict, Verdict::Exact);
    let long = serde_json::json!({"list": ["x".repeat(60_000)]});
    assert!(answered(Ok(long), false).weight(&config("secret")) > 60_000);
}

#[test]
fn the_ring_holds_as_many_messages_as_it_says() {
    let config = std::sync::Arc::new(config("secret"));
    let mut ring = Ring::new(ring::moment(0, 0), config, rig::SEED, Restored::default());
    let at = "192.0.2.7:5060".parse().unwrap();
    let flow = Flow { transport: Transport::Udp, local: at, remote: at, connection: 0 };
    ring.push(ring::moment(1, 0), Recorded::Message { flow, bytes: Bytes(vec![b'x'; 800]) });
    let (message, count) = (ring.size().1, BYTES_MAX / ring.size().1);
    assert!((12_500..13_500).contains(&count), "{count} of {message} bytes");
}

/// A list has up to a million rows, and a table of PINs a hundred thousand.
#[test]
fn a_configuration_weighs_what_it_holds_and_the_one_before_does_not() {
    let rows: String = (0..10_000).map(|n| format!("1{n:05},gold\n")).collect();
    let accounts: String = (0..10_000).map(|n| format!("{n:05},4711\n")).collect();
    let (empty, mut config) = (config("secret"), config("secret"));
    let list = switchroom_flow::lists::List::parse(&rows).unwrap();
    config.inbound.lists.insert("vip".into(), list);
    let first = Recorded::Config(std::sync::Arc::new(config.clone()));
    assert!(first.weight(&empty) > 10_000 * 22, "a key and an item each");
    assert!(first.weight(&config) < 10_000, "the same list");
    let pins = switchroom_flow::pins::Pins {
        one: None,
        by_account: switchroom_flow::pins::Pins::parse_accounts(&accounts, "salt").unwrap(),
        tries_max: 3,
        window: Duration::from_secs(1),
        lock: Duration::from_secs(1),
    };
    config.inbound.pins.insert("customers".into(), pins);
    let second = Recorded::Config(std::sync::Arc::new(config.clone()));
    assert!(second.weight(&config) > 10_000 * 90, "{}", second.weight(&config));
    let now = |n: u64| ring::moment(n, 0);
    // The ring counts each list once, and keeps to its bound.
    let restored = Restored::default();
    let mut ring = Ring::new(now(1), std::sync::Arc::new(empty), [0; 32], restored).bounded(600_000, 100_000);
    ring.push(now(2), first.clone());
    let one = ring.size().1;
    for n in 0..20 {
        ring.push(now(3 + n), first.clone());
    }
    assert!(ring.size().1 < one + 20 * 10_000, "{} after {one}", ring.size().1);
    for n in 0..600 {
        ring.push(now(30 + n), if n % 100 == 0 { second.clone() } else { Recorded::Tick });
    }
    assert!(ring.size().0 < 600, "PINs are not shared: {:?}", ring.size());
}

/// Class "what is read from a file": whatever stands in it, a replay ends and says so.
#[test]
fn no_file_makes_a_replay_fail_or_hang() {
    let whole = dump(&a_day());
    let small: Vec<u8> = whole.split_inclusive(|b| *b == b'\n').take(60).flatten().copied().collect();
    let mut chance = switchroom_sip::rng::Rng::from_number(7);
    let (rounds, mut read) = (400, 0);
    for _ in 0..rounds {
        let bytes = rig::mutated(&small, &mut chance);
        let Ok(mut reader) = Reader::new(Cursor::new(&bytes)) else { continue };
        read += usize::from(replay(&mut reader, None, &mut |_| {}).is_ok());
    }
    assert!(read > rounds / 10, "only {read} of {rounds} were readable at all");
}

#[test]
fn a_file_from_before_a_setting_was_there_is_read() {
    let rig = a_day();
    let text = String::from_utf8(dump(&rig)).unwrap();
    let old = text.replacen("\"calls_max\":4,", "", 1);
    assert_ne!(old, text);
    let reader = Reader::new(Cursor::new(&old)).unwrap();
    assert!(reader.header.config.calls_max > 4, "its default");
    assert_eq!(run(old.as_bytes()).verdict, Verdict::Exact);
}

#[test]
fn numbers_that_cannot_be_are_refused() {
    let text = String::from_utf8(dump(&a_day())).unwrap();
    for (old, new) in [
        ("\"keep_alive\":{\"secs\":30,", "\"keep_alive\":{\"secs\":0,\"x\":1,"),
        ("\"keep_alive\":{\"secs\":30,", "\"keep_alive\":{\"secs\":9999999999,"),
        ("\"mono_us\":", "\"mono_us\":1844674407370955"),
        ("\"rtp_pairs\":", "\"rtp_pairs\":6000"),
        ("\"switchroom_flight\":1", "\"switchroom_flight\":2"),
        ("\"seed\":\"", "\"seed\":\"zz"),
    ] {
        let changed = text.replacen(old, new, 1);
        assert_ne!(changed, text, "{old}");
        let changed = changed.replacen("\"secs\":0,\"x\":1,\"nanos\":0", "\"secs\":0,\"nanos\":5", 1);
        assert!(Reader::new(Cursor::new(changed)).is_err(), "{new}");
    }
}

#[test]
fn files_are_the_owners_and_few() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let (dumps, rig) = (Dumps::new(dir.path()), a_day());
    std::fs::create_dir(dir.path().join("flight")).unwrap();
    std::fs::write(dir.path().join("flight/20200101T000000.000Z-asked.unfinished"), "x").unwrap();
    std::fs::write(dir.path().join("flight/notes.txt"), "x").unwrap();
    let mut paths = Vec::new();
    for _ in 0..KEPT + 3 {
        std::thread::sleep(Duration::from_millis(2));
        paths.push(dumps.write(&rig.ring.snapshot(), Why::Audit("nothing")).unwrap());
    }
    let mode = std::fs::metadata(paths.last().unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let there: Vec<bool> = paths.iter().map(|p| p.exists()).collect();
    assert_eq!(there, [false, false, false, true, true, true, true, true], "the newest are kept");
    assert_eq!(
        std::fs::read_dir(dir.path().join("flight")).unwrap().count(),
        KEPT + 1,
        "and what is not ours"
    );
    // Every file has another key.
    let digests = |n: usize| {
        let text = std::fs::read_to_string(&paths[n]).unwrap();
        Reader::new(Cursor::new(text)).unwrap().header.config.extensions["101"].ha1_sha256
    };
    assert_ne!(digests(6), digests(7));
}

#[test]
fn legs_of_before_are_no_legs_of_now() {
    let mut translator = translate::Translator::new(Marks { leg: 10, ..Marks::default() });
    let back = |leg| Recorded::Media(Box::new(MediaEvent::Back { leg: LegId(leg) }));
    assert_eq!(translator.input(&back(12)), [back(2)]);
    assert_eq!(translator.input(&back(10)), [Recorded::Tick]);
}

/// With both algorithms, folded, quoted or not, a right answer is right for the new digest and a wrong one is not.
#[test]
fn answers_are_made_anew_for_both_algorithms() {
    use switchroom_sip::digest::{Algorithm, Challenge, Credentials};
    let old = std::sync::Arc::new(config("secret"));
    let mut redactor = Redactor::new([3; 32], old.clone());
    let new = redactor.config(&old);
    for (algorithm, password, is_right) in [
        (Algorithm::Md5, "secret", true),
        (Algorithm::Sha256, "secret", true),
        (Algorithm::Md5, "secre", false),
        (Algorithm::Sha256, "", false),
    ] {
        let (realm, nonce) = ("pbx.example".to_owned(), "n".to_owned());
        let challenge = Challenge { realm, nonce, algorithm, stale: false };
        let given = challenge.answer("101", password, "REGISTER", "sip:pbx.example", "c", 1);
        let plain = given.print();
        let bare = plain
            .replace(&format!("response=\"{}\"", given.response), &format!("Response = {}", given.response));
        for value in [plain.clone(), plain.replace(", ", ",\r\n\t"), bare] {
            let text = format!(
                "REGISTER sip:pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\n\
                 From: <sip:101@pbx.example>;tag=a\r\nTo: <sip:101@pbx.example>\r\nCall-ID: c\r\n\
                 CSeq: 1 REGISTER\r\nAuthorization: {value}\r\nContent-Length: 0\r\n\r\n"
            );
            let flow = rig::flow();
            let input = Recorded::Message { flow, bytes: Bytes(text.clone().into_bytes()) };
            let told = redactor.input(&Entry { now: Now::default(), input, sum: None });
            let Recorded::Message { bytes, .. } = told else { panic!() };
            let told = String::from_utf8(bytes.0).unwrap();
            assert!(!told.contains(&given.response), "{told}");
            assert_eq!(told.len(), text.len(), "nothing else has changed");
            let value = told.split_once("Authorization: ").unwrap().1.split_once("\r\nContent").unwrap().0;
            let read = Credentials::parse(&value.replace("\r\n\t", " ")).unwrap();
            let extension = &new.extensions["101"];
            let ha1 = match algorithm {
                Algorithm::Md5 => to_hex(&extension.ha1_md5.unwrap()),
                Algorithm::Sha256 => to_hex(&extension.ha1_sha256.unwrap()),
            };
            assert_eq!(read.answers(&ha1, "REGISTER"), is_right, "{told}");
        }
    }
}

/// What the recorder costs the engine: `cargo test --release -p switchroom --lib flight::tests::cost -- --ignored
/// --nocapture`.
#[test]
#[ignore = "a measurement, of use in a release build only"]
#[allow(clippy::print_stdout)]
fn cost() {
    use switchroom_exchange::Exchange;
    let rig = a_day();
    let snapshot = rig.ring.snapshot();
    let (config, begin) = (rig.config(), snapshot.base.now);
    let run = |with_ring: bool| {
        let inputs: Vec<(Now, Recorded)> = snapshot.entries().map(|e| (e.now, e.input.clone())).collect();
        let count = inputs.len();
        let mut exchange = Exchange::new(begin, config.clone(), rig::SEED, Default::default());
        let mut ring = Ring::new(begin, config.clone(), rig::SEED, Default::default()).bounded(1, 1);
        let start = Duration::from_micros(crate::clock::mono_us());
        for (now, input) in inputs {
            if with_ring {
                feed(&mut exchange, now, ring.push(now, input));
            } else {
                feed(&mut exchange, now, &input);
            }
            while let Some(action) = exchange.poll_action() {
                if with_ring {
                    ring.saw(&action);
                }
            }
            ring.finish();
            exchange.take_changed();
        }
        let spent = Duration::from_micros(crate::clock::mono_us()) - start;
        spent.as_nanos() as f64 / count as f64
    };
    let mut best = [f64::MAX; 2];
    for _ in 0..2_000 {
        for (place, with_ring) in [false, true].into_iter().enumerate() {
            best[place] = best[place].min(run(with_ring));
        }
    }
    println!("{:.0} ns an input without, {:.0} with the recorder", best[0], best[1]);
    let mut big = Ring::new(begin, config, rig::SEED, Default::default());
    while big.snapshot().base.dropped == 0 {
        for entry in snapshot.entries() {
            big.push(entry.now, entry.input.clone());
        }
    }
    let from = crate::clock::mono_us();
    let whole = big.snapshot();
    let taken = crate::clock::mono_us() - from;
    let text = written(&whole, Why::Asked("ana"));
    let spent = crate::clock::mono_us() - from;
    let (inputs, _) = big.size();
    println!("{inputs} inputs: snapshot {taken} us, written {} MB in {} ms", text.len() >> 20, spent / 1000);
}

/// Whatever a user sends may be as long as a line of the protocol.
#[test]
fn a_command_weighs_what_its_texts_hold() {
    let long = || "x".repeat(60_000);
    let call = CallId(1);
    let note = Command::Note { call, number: 1, parties: vec![], text: long() };
    for command in [
        Command::Refused { call: None, is_look: true, reason: RefusalReason::Right, why: long() },
        Command::Configured(long()),
        Command::Dial { from: "101".into(), to: long() },
        Command::Transfer { call, to: long() },
        Command::Own(Box::new(note.clone())),
        note,
    ] {
        let recorded = Recorded::Command { id: CommandId(1), user: "bo".into(), command };
        assert!(recorded.weight(&config("secret")) > 60_000, "{recorded:?}");
    }
}
