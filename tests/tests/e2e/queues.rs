//! Real softphones in a queue: one agent lets it ring, the next one takes the caller, who heard music until then. All that is
//! shown of it is counted again from the journal.

use crate::setup;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use switchroom_tests::audio::{find, pieces_with};
use switchroom_tests::baresip::{Baresip, MANUAL};
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::flows::{prompt, shipped};
use switchroom_tests::process::{eventually, has_program, ports};
use switchroom_tests::raw::RawPhone;
use switchroom_tests::sipp::Sipp;
use switchroom_wire::CallView;

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

/// What is left of what somebody heard when these prompts are over, which come in that order.
fn after(heard: &[i16], prompts: &[&str]) -> Vec<i16> {
    let mut from = 0;
    for name in prompts {
        let sound = prompt("en", name);
        let place = find(&heard[from..], &sound);
        let Some(place) = place else {
            panic!("{name} is not in the {} ms after {} ms", (heard.len() - from) / 8, from / 8);
        };
        let end = i64::try_from(from + sound.len()).unwrap_or(0) + place;
        from = usize::try_from(end).unwrap_or(0).min(heard.len());
    }
    heard[from..].to_vec()
}

/// The agent hears of which queue the caller is, the caller hears the number of the agent, and only then each other.
#[test]
fn both_are_told_whom_they_talk_with_before_they_do() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let mut setup = with_a_queue();
    let told = "whisper = \"example/office/welcome\"\nannounce_agent = true";
    setup.more = SITE.replace("music = [\"example/office/welcome\"]", told);
    let daemon = Daemon::start(setup);
    let mut caller = Baresip::at(&daemon, "901", CALLER_HZ);
    let mut agents = Baresip::at(&daemon, "101", FIRST_HZ);
    ctl(&daemon, &["agent", "3001", "ready"]);
    caller.command("dial", "420");
    agents.wait_for("CALL_ESTABLISHED");
    let talks = |call: &CallView| call.path.iter().any(|step| step.step == "brief");
    eventually("the briefing", || daemon.calls().iter().any(talks).then_some(()));
    // As long as the longer of the two, and two seconds more.
    let agents_number =
        ["msg/agent-number", "digit/3", "digit/0", "digit/0", "digit/1", "msg/at-your-service"];
    let longest = |names: &[&str]| names.iter().map(|name| prompt("en", name).len()).sum::<usize>();
    let samples = longest(&agents_number).max(longest(&["example/office/welcome"]));
    std::thread::sleep(Duration::from_millis(samples as u64 / 8 + 2_500));
    caller.command("hangup", "");
    agents.wait_for("CALL_CLOSED");

    for (who, heard, prompts, other) in [
        ("agent", agents.heard(), &["example/office/welcome"][..], CALLER_HZ),
        ("caller", caller.heard(), &agents_number[..], FIRST_HZ),
    ] {
        let rest = after(&heard, prompts);
        let before = pieces_with(&heard[..heard.len() - rest.len()], other);
        assert_eq!(before, 0, "the {who} heard the other before that was over");
        assert!(pieces_with(&rest, other) >= 10, "the {who} heard {} pieces", pieces_with(&rest, other));
    }
}

#[test]
fn a_caller_who_waits_is_told_the_place() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let mut setup = with_a_queue();
    setup.more = SITE.replace("wrap_up = \"2s\"", "announce_every = \"10s\"");
    let daemon = Daemon::start(setup);
    let mut caller = Baresip::at(&daemon, "901", CALLER_HZ);
    ctl(&daemon, &["agent", "3001", "break", "lunch"]);
    caller.command("dial", "420");
    caller.wait_for("CALL_ESTABLISHED");
    std::thread::sleep(Duration::from_millis(13_500));
    caller.command("hangup", "");
    caller.wait_for("CALL_CLOSED");
    let heard = caller.heard();
    let rest = after(&heard, &["msg/you-are-number", "number/1", "msg/in-line"]);
    // Not at once, and as often as it says.
    assert!(heard.len() - rest.len() > 80_000, "{} of {} samples behind it", rest.len(), heard.len());
}

/// All phones ring; who is too late is told so and stays ready, and nobody hears that one.
#[test]
fn of_two_phones_that_ring_at_once_the_slower_is_told() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let mut setup = with_a_queue();
    setup.more = SITE.replace("ring = \"4s\"", "ring = \"20s\"\nring_at_once = 0");
    let daemon = Daemon::start(setup);
    let mut caller = Baresip::at(&daemon, "901", CALLER_HZ);
    let mut first = Baresip::at_with(&daemon, "101", FIRST_HZ, MANUAL);
    let mut second = Baresip::at_with(&daemon, "102", SECOND_HZ, MANUAL);
    for agent in ["3001", "3002"] {
        ctl(&daemon, &["agent", agent, "ready"]);
    }
    caller.command("dial", "420");
    first.wait_for("CALL_INCOMING");
    second.wait_for("CALL_INCOMING");
    second.command("accept", "");
    first.wait_for("CALL_CLOSED");
    second.wait_for("CALL_ESTABLISHED");
    is(&daemon, "3002", "talking");
    let loser = agent(&daemon, "3001");
    assert_eq!((&loser["presence"], &loser["activity"]), (&"ready".into(), &"idle".into()), "{loser}");
    std::thread::sleep(Duration::from_millis(1_500));
    let call = agent(&daemon, "3002")["call"].as_str().expect("a call").to_owned();
    let ladder = daemon.run(&["ctl", "ladder", &call]);
    let ladder = String::from_utf8_lossy(&ladder.stdout).into_owned();
    assert_eq!(ladder.matches("CANCEL").count(), 1, "one phone rang in vain:\n{ladder}");
    assert!(!first.kinds().contains(&"CALL_ESTABLISHED"));
    caller.command("hangup", "");
    second.wait_for("CALL_CLOSED");
    let heard = caller.heard();
    assert!(pieces_with(&heard, SECOND_HZ) >= 8, "{} pieces", pieces_with(&heard, SECOND_HZ));
    assert_eq!(pieces_with(&heard, FIRST_HZ), 0);
    let outcomes: BTreeMap<String, String> = facts(&daemon)
        .iter()
        .filter_map(|fact| fact.get("offer_ended"))
        .map(|ended| [&ended["agent"], &ended["outcome"]].map(|word| word.as_str().unwrap_or("").to_owned()))
        .map(|[agent, outcome]| (agent, outcome))
        .collect();
    let wanted = [("3001", "elsewhere"), ("3002", "answered")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(outcomes, wanted.into());
}

/// Phones that obey: the one whose extension is set so has the caller without a hand on it, the other rings as ever.
#[test]
fn a_phone_is_told_to_answer_by_itself_where_that_is_set() {
    if !has_program("baresip", "baresip-core") || !has_program("sipp", "sip-tester") {
        return;
    }
    let mut setup = with_a_queue();
    setup.more = SITE.replace("wrap_up = \"2s\"", "");
    let daemon = Daemon::start(setup);
    let file = daemon.dir().join("switchroom.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration");
    let table = "[extensions.101]\n";
    assert!(text.contains(table), "{text}");
    std::fs::write(&file, text.replace(table, &format!("{table}auto_answer = true\n"))).expect("another");
    ctl(&daemon, &["reload"]);
    let phones = ["101", "102"].map(|extension| {
        let port = ports(4);
        RawPhone::on_port(daemon.sip, port).register(extension);
        Sipp::start("answers_when_told", daemon.sip, port, extension, "901", &["-m", "1"])
    });
    let mut caller = Baresip::at_with(&daemon, "901", CALLER_HZ, MANUAL);
    ctl(&daemon, &["agent", "3001", "ready"]);
    caller.command("dial", "420");
    is(&daemon, "3001", "talking");
    // Who comes now is for the other.
    ctl(&daemon, &["agent", "3002", "ready"]);
    let mut next = Baresip::at_with(&daemon, "901", CALLER_HZ, MANUAL);
    next.command("dial", "420");
    eventually("the other phone to decline", || {
        let declined = facts(&daemon).iter().any(|fact| {
            let ended = &fact["offer_ended"];
            ended["agent"] == "3002" && ended["outcome"] == "refused"
        });
        declined.then_some(())
    });
    for phone in [&mut caller, &mut next] {
        phone.command("hangup", "");
    }
    for phone in phones {
        phone.succeed(Duration::from_secs(20));
    }
}
