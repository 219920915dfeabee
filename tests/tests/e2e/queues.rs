//! Real softphones in a queue: one agent lets it ring, the next one takes the caller, who heard music until then. All that is
//! shown of it is counted again from the journal.

use crate::setup;
use serde_json::Value;
use std::time::Duration;
use switchroom_tests::audio::{find, pieces_with};
use switchroom_tests::baresip::{Baresip, MANUAL};
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::flows::{prompt, shipped};
use switchroom_tests::process::{eventually, has_program};

const SITE: &str = r#"
[[routes]]
number = "420"
to = "queue desk"

[queues.desk]
strategy = "linear"
ring = "4s"
wrap_up = "2s"
music = ["example/office/welcome"]

[agents.3001]
extension = "101"
queues = ["desk"]

[agents.3002]
extension = "102"
queues = ["desk"]
"#;

const CALLER_HZ: f64 = 440.0;
const FIRST_HZ: f64 = 700.0;
const SECOND_HZ: f64 = 1_000.0;

pub(crate) fn with_a_queue() -> Setup {
    let mut setup = setup().md5_only();
    setup.extensions = ["101", "102", "901"].map(str::to_owned).to_vec();
    setup.more = SITE.to_owned();
    let welcome = "prompts/en/example/office/welcome.wav";
    setup.beside = vec![(shipped().join(welcome), format!("flows/{welcome}"))];
    setup
}

/// What `ctl --json` prints.
pub(crate) fn ctl(daemon: &Daemon, arguments: &[&str]) -> Value {
    let out = daemon.run(&[&["ctl", "--json"], arguments].concat());
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

/// An agent as `ctl agents` shows one: a daemon that answers knows all of them.
pub(crate) fn agent(daemon: &Daemon, number: &str) -> Value {
    let agents = ctl(daemon, &["agents"]);
    let found = agents.as_array().and_then(|all| all.iter().find(|agent| agent["number"] == number));
    found.cloned().unwrap_or_else(|| panic!("no agent {number} on the board: {agents}"))
}

/// Waits until an agent does that.
pub(crate) fn is(daemon: &Daemon, number: &str, activity: &str) {
    eventually(&format!("agent {number} to be {activity}"), || {
        (agent(daemon, number)["activity"] == activity).then_some(())
    });
}

/// The journal's files, one after the other, read by nothing of the program.
pub(crate) fn journal(daemon: &Daemon) -> String {
    let mut files: Vec<_> = std::fs::read_dir(daemon.dir().join("data/journal"))
        .or_else(|_| std::fs::read_dir(daemon.dir().join("journal")))
        .expect("the journal")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).expect("text")).collect()
}

/// Whether a secret of letters and digits stands in the journal, the log or the events, by itself: the middle of a longer
/// number is chance.
pub(crate) fn is_written_down(daemon: &Daemon, secret: &str) -> bool {
    let written = format!("{}\n{}\n{:?}", journal(daemon), daemon.log(), daemon.events());
    written.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == secret)
}

/// What the journal says of queues.
fn facts(daemon: &Daemon) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str::<Value>(line.split_once(' ')?.1).ok();
    journal(daemon)
        .lines()
        .filter_map(line)
        .map(|line| line["record"]["floor"]["fact"].clone())
        .filter(|f| !f.is_null())
        .collect()
}

#[test]
fn a_caller_is_passed_on_until_somebody_answers() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(with_a_queue());
    let mut caller = Baresip::at_with(&daemon, "901", CALLER_HZ, MANUAL);
    let mut first = Baresip::at_with(&daemon, "101", FIRST_HZ, MANUAL);
    let mut second = Baresip::at_with(&daemon, "102", SECOND_HZ, MANUAL);
    for agent in ["3001", "3002"] {
        ctl(&daemon, &["agent", agent, "ready"]);
    }
    caller.command("dial", "420");
    caller.wait_for("CALL_ESTABLISHED");
    first.wait_for("CALL_INCOMING");
    is(&daemon, "3001", "offered");
    // It rings in vain for four seconds; then it is the other's turn.
    second.wait_for("CALL_INCOMING");
    eventually("the break of who let it ring", || {
        let passed = agent(&daemon, "3001");
        (passed["presence"] == "break" && passed["reason"] == "no_answer").then_some(())
    });
    second.command("accept", "");
    second.wait_for("CALL_ESTABLISHED");
    is(&daemon, "3002", "talking");
    let call = agent(&daemon, "3002")["call"].as_str().expect("a call").to_owned();
    std::thread::sleep(Duration::from_secs(3));
    caller.command("hangup", "");
    caller.wait_for("CALL_CLOSED");
    is(&daemon, "3002", "wrap_up");
    is(&daemon, "3002", "idle");

    let why = ctl(&daemon, &["why", &call]);
    let offers: Vec<&Value> = why["offers"].as_array().expect("offers").iter().collect();
    assert_eq!(offers.len(), 2, "{why}");
    assert_eq!((&offers[0]["chosen"][0], &offers[1]["chosen"][0]), (&"3001".into(), &"3002".into()));

    let heard = caller.heard();
    assert!(
        find(&heard, &prompt("en", "example/office/welcome")).is_some(),
        "music was not heard in {} s",
        heard.len() / 8_000
    );
    assert!(pieces_with(&heard, SECOND_HZ) >= 10, "{} pieces of the agent", pieces_with(&heard, SECOND_HZ));
    assert_eq!(pieces_with(&heard, FIRST_HZ), 0, "who did not answer is not heard");

    // One more, who gives up at once.
    ctl(&daemon, &["agent", "3002", "break", "lunch"]);
    let mut late = Baresip::at_with(&daemon, "901", CALLER_HZ, MANUAL);
    late.command("dial", "420");
    late.wait_for("CALL_ESTABLISHED");
    late.command("hangup", "");
    late.wait_for("CALL_CLOSED");

    let shown = eventually("the figures", || {
        let queue = ctl(&daemon, &["queues"])[0].clone();
        (queue["today"]["offered"] == 2 && queue["waiting"].as_array()?.is_empty()).then_some(queue)
    });
    let facts = facts(&daemon);
    let count = |name: &str, exit: &str| {
        let of = facts.iter().filter_map(|fact| fact.get(name));
        of.filter(|fact| exit.is_empty() || fact["exit"] == exit).count() as u64
    };
    assert_eq!(shown["today"]["offered"], count("joined", ""));
    assert_eq!(shown["today"]["answered"], count("left", "answered"));
    assert_eq!(shown["today"]["short_abandoned"], count("left", "abandoned"));
    let waits = facts.iter().filter_map(|f| f.get("left")).filter(|left| left["exit"] == "answered");
    let longest = waits.filter_map(|left| left["waited_ms"].as_u64()).max();
    assert_eq!(shown["today"]["longest_wait_ms"].as_u64(), longest);
    assert_eq!((count("talked", ""), count("wrapped_up", "")), (1, 1));
    assert_eq!(agent(&daemon, "3002")["calls_today"], 1);

    // The report says the same of the day and of the sum of its half hours, and agents' time adds up to the millisecond.
    let day = ctl(&daemon, &["figures"])[0].clone();
    let halves = ctl(&daemon, &["figures", "--half-hours"]);
    let queue = |of: &Value, key: &str| of["queues"][shown["name"].as_str().expect("a name")][key].as_u64();
    let sum =
        |key: &str| halves.as_array().map(|all| all.iter().filter_map(|half| queue(half, key)).sum::<u64>());
    for (key, want) in [
        ("offered", count("joined", "")),
        ("answered", count("left", "answered")),
        ("abandoned", count("left", "abandoned")),
        ("talks", 1),
        ("no_answers", facts.iter().filter(|f| f["offer_ended"]["outcome"] == "no_answer").count() as u64),
    ] {
        assert_eq!((queue(&day, key), sum(key)), (Some(want), Some(want)), "{key}");
    }
    let second = &day["agents"]["3002"];
    let talked = facts.iter().filter_map(|fact| fact.get("talked")).find(|talked| talked["agent"] == "3002");
    assert_eq!(second["talk_ms"], talked.expect("a talk")["talk_ms"]);
    let states = second["states"].as_array().expect("states").iter();
    assert_eq!(
        second["signed_in_ms"].as_u64(),
        states.map(|state| state["ms"].as_u64()).sum::<Option<u64>>()
    );
}
