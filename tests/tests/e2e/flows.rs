//! A real softphone walks through the flows that are shipped. Which prompt it heard is proven by the form of the waves in its
//! own recording.

use crate::setup;
use std::path::{Path, PathBuf};
use std::time::Duration;
use switchroom_tests::audio::{find, pieces_with, read_wav};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::flows::{prompt, shipped};
use switchroom_tests::process::{eventually, has_program};

const CALLER_HZ: f64 = 440.0;
const AGENT_HZ: f64 = 1_000.0;

/// What they need of a configuration.
const TABLES: &str = include_str!("../../../flows/site/switchroom.toml");

/// A way to the messages of the office, whose box has a name and no number.
const LISTEN: &str = r#"
start = "box"

[nodes.box]
kind = "mailbox"
mailbox = "office"
next = "bye"

[nodes.bye]
kind = "hang_up"
"#;
const LISTEN_ROUTE: &str = "\n[[routes]]\nnumber = \"*98\"\nto = \"flow listen\"\n";

/// The daemon with the flows that are shipped. The caller is an extension like any other: trunks come later.
pub(crate) fn with_flows() -> Setup {
    let flows = ["office", "survey", "customers", "regions", "messages", "agents"];
    let mut setup = setup().md5_only();
    setup.extensions = ["101", "102", "103", "104", "105", "106", "901"].map(str::to_owned).to_vec();
    setup.more = format!("{TABLES}{LISTEN_ROUTE}");
    let flow = |name: &str| (shipped().join(format!("{name}.toml")), format!("flows/{name}.toml"));
    setup.beside = flows.into_iter().map(flow).collect();
    setup.beside.push((shipped().join("lists"), "lists".to_owned()));
    setup.with_file("lists/pins.csv", "40021,4711\n").with_file("flows/listen.toml", LISTEN)
}

/// A caller, his phone sending digits as said.
fn caller(daemon: &Daemon, means: &str) -> Baresip {
    Baresip::at_with(daemon, "901", CALLER_HZ, &format!(";dtmfmode={means}"))
}

/// Waits until the call's path tells of a node.
pub(crate) fn at(daemon: &Daemon, node: &str) {
    eventually(&format!("the node {node}"), || {
        let path: Vec<String> =
            daemon.calls().iter().flat_map(|c| c.path.iter().map(|w| w.text.clone())).collect();
        path.iter().any(|text| text.contains(&format!(": {node} ("))).then_some(())
    });
}

/// These prompts were heard, in that order.
pub(crate) fn heard(phone: &Baresip, language: &str, prompts: &[&str]) {
    let all = phone.heard();
    let mut from = 0;
    for name in prompts {
        let rest = &all[from..];
        let place = find(rest, &prompt(language, name));
        let Some(place) = place else {
            panic!("{language}/{name} is not in the {} s after {} s", rest.len() / 8_000, from / 8_000);
        };
        from += usize::try_from(place).unwrap_or(0);
    }
}

fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

pub(crate) fn press(phone: &mut Baresip, keys: &str) {
    for key in keys.chars() {
        phone.command("sndcode", &key.to_string());
        pause(250);
    }
}

/// Menu, wrong key, opening hours, an empty office, a message, and listening to it.
fn a_caller_walks_through_the_office(means: &str) {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(with_flows());
    let mut phone = caller(&daemon, means);
    phone.command("dial", "400");
    phone.wait_for("CALL_ESTABLISHED");
    at(&daemon, "main");
    pause(1_500);
    press(&mut phone, "9");
    pause(4_500);
    press(&mut phone, "3");
    at(&daemon, "opening");
    pause(6_500);
    press(&mut phone, "2");
    at(&daemon, "overflow");
    pause(2_500);
    press(&mut phone, "2");
    at(&daemon, "message");
    pause(7_500);
    press(&mut phone, "#");
    phone.wait_for("CALL_CLOSED");
    heard(
        &phone,
        "en",
        &[
            "example/office/welcome",
            "msg/recorded",
            "msg/not-understood",
            "example/office/hours",
            "msg/leave-message",
            "msg/message-saved",
            "msg/thank-you-goodbye",
        ],
    );
    let cdr = eventually("the record of the call", || daemon.cdrs().into_iter().next());
    assert_eq!((cdr.to.number.as_str(), cdr.ended.by.as_str()), ("400", "system"), "{cdr:?}");
    let left = eventually("the message", || {
        let event = daemon.events().into_iter().find(|e| e.name == "message_left")?;
        Some(event.text)
    });
    assert!(left.contains("901") && left.contains("office"), "{left}");
    let file = wav_below(&daemon.recordings_dir().join("messages"));
    let (rate, channels) = read_wav(&file);
    assert_eq!((rate, channels.len()), (8_000, 1));
    assert!(pieces_with(&channels[0], CALLER_HZ) >= 8, "{} pieces", pieces_with(&channels[0], CALLER_HZ));
    somebody_listens_to_it(&daemon, means);
    // What was pressed is written down nowhere.
    assert!(daemon.events().iter().all(|e| e.name != "digit"), "{:?}", daemon.events());
}

/// The PIN of the box, and what the caller said: his phone's tone, which nobody else makes.
fn somebody_listens_to_it(daemon: &Daemon, means: &str) {
    let mut phone = Baresip::at_with(daemon, "106", AGENT_HZ, &format!(";dtmfmode={means}"));
    phone.command("dial", "*98");
    phone.wait_for("CALL_ESTABLISHED");
    at(daemon, "box");
    pause(4_000);
    press(&mut phone, "8520#");
    pause(18_000);
    phone.command("hangup", "");
    eventually("the end", || (daemon.cdrs().len() == 2).then_some(()));
    heard(&phone, "en", &["msg/enter-pin", "msg/message-menu"]);
    let sound = phone.heard();
    assert!(pieces_with(&sound, CALLER_HZ) >= 8, "{} pieces of the message", pieces_with(&sound, CALLER_HZ));
}

fn wav_below(dir: &Path) -> PathBuf {
    let mut todo = vec![dir.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == "wav") {
                return path;
            }
        }
    }
    panic!("no message below {}", dir.display());
}

#[test]
fn the_office_by_events() {
    a_caller_walks_through_the_office("rtpevent");
}

#[test]
fn the_office_by_info() {
    a_caller_walks_through_the_office("info");
}

/// Customer number, a wrong PIN, the right one, and a talk with the adviser.
fn a_customer_with_a_pin_is_connected(means: &str) {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(with_flows());
    let mut phone = caller(&daemon, means);
    let agents = ["102", "103"].map(|number| Baresip::at(&daemon, number, AGENT_HZ));
    phone.command("dial", "401");
    phone.wait_for("CALL_ESTABLISHED");
    at(&daemon, "number");
    pause(5_500);
    press(&mut phone, "40021#");
    at(&daemon, "pin");
    pause(1_000);
    press(&mut phone, "9999#");
    pause(2_500);
    press(&mut phone, "4711#");
    eventually("a talk", || {
        daemon
            .calls()
            .into_iter()
            .find(|c| c.with.as_ref().is_some_and(|w| ["102", "103"].contains(&w.number.as_str())))
    });
    pause(2_500);
    phone.command("hangup", "");
    eventually("the end", || daemon.cdrs().into_iter().next());
    heard(&phone, "en", &["example/pin/welcome", "example/pin/enter-customer", "msg/wrong-pin"]);
    let sound = phone.heard();
    assert!(pieces_with(&sound, AGENT_HZ) >= 15, "{} pieces of the agent", pieces_with(&sound, AGENT_HZ));
    let said = format!("{:?} {:?}", daemon.events(), daemon.cdrs());
    // By itself: in the middle of a longer number, as of a time, it is chance.
    let words: Vec<&str> = said.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    for secret in ["4711", "9999"] {
        assert!(!words.contains(&secret), "{secret} stands in {said}");
    }
    drop(agents);
}

#[test]
fn a_customer_by_events() {
    a_customer_with_a_pin_is_connected("rtpevent");
}

#[test]
fn a_customer_by_info() {
    a_customer_with_a_pin_is_connected("info");
}

/// A number that no list knows is asked in Chinese; the branch hangs up first; nobody is lost.
fn a_caller_is_asked_for_the_region_in_chinese(means: &str) {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(with_flows());
    let mut phone = caller(&daemon, means);
    phone.command("dial", "402");
    phone.wait_for("CALL_ESTABLISHED");
    at(&daemon, "ask");
    pause(2_500);
    press(&mut phone, "3");
    at(&daemon, "sorry");
    pause(4_000);
    phone.command("hangup", "");
    eventually("the end", || daemon.cdrs().into_iter().next());
    heard(&phone, "zh", &["example/region/welcome", "msg/leave-message"]);
}

#[test]
fn a_region_by_events() {
    a_caller_is_asked_for_the_region_in_chinese("rtpevent");
}

#[test]
fn a_region_by_info() {
    a_caller_is_asked_for_the_region_in_chinese("info");
}

/// After the talk the caller is asked, and the marks stand in the record with the agent.
fn marks_are_kept_with_call_and_agent(means: &str) {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(with_flows());
    let mut phone = caller(&daemon, means);
    let mut agent = Baresip::at(&daemon, "101", AGENT_HZ);
    phone.command("dial", "400");
    phone.wait_for("CALL_ESTABLISHED");
    at(&daemon, "main");
    pause(500);
    press(&mut phone, "1");
    agent.wait_for("CALL_ESTABLISHED");
    pause(1_500);
    agent.command("hangup", "");
    at(&daemon, "satisfied");
    pause(1_000);
    press(&mut phone, "5");
    at(&daemon, "solved");
    pause(500);
    press(&mut phone, "1");
    phone.wait_for("CALL_CLOSED");
    let marks: Vec<_> = daemon.events().into_iter().filter(|e| e.name == "survey").collect();
    let told: Vec<_> = marks.iter().map(|e| (e.subject.as_str(), e.text.as_str())).collect();
    assert_eq!(told, [("101", "satisfied: 5"), ("101", "solved: 1")]);
    heard(&phone, "en", &["example/survey/thanks", "msg/thank-you-goodbye"]);
}

#[test]
fn marks_by_events() {
    marks_are_kept_with_call_and_agent("rtpevent");
}

#[test]
fn marks_by_info() {
    marks_are_kept_with_call_and_agent("info");
}
