//! A shift: thirty callers, some of whom give up, and two real phones that answer them. What the exchange says of it at the
//! end, who got whom in which turn and every figure, is counted again from the journal's text, by nothing of the program.

mod overflow;
mod recount;

use crate::queues::{agent, ctl, is, journal};
use crate::setup;
use recount::{Fact, Recount, permille};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::{Daemon, Setup, password};
use switchroom_tests::process::{eventually, has_program, ports, within};
use switchroom_tests::sipp::Sipp;

const SITE: &str = r#"
[[routes]]
number = "420"
to = "queue desk"

[queues.desk]
strategy = "longest_idle"
wrap_up = "1s"
service_level = "3s"
short_abandon = "1s"

[agents.3001]
extension = "101"
queues = ["desk"]

[agents.3002]
extension = "102"
queues = ["desk"]
"#;

/// Agents and where they sit.
const AGENTS: [(&str, &str); 2] = [("3001", "101"), ("3002", "102")];
/// How long an agent talks, unless the caller has enough before. How long it really was, the journal says.
const TALK: Duration = Duration::from_millis(400);
const PATIENCE: Duration = Duration::from_secs(90);
/// So many callers come faster than they can be served; the others one by one.
const RUSH: usize = 24;

/// Numbers of the thirty callers, in turn, and what each does, in a word of `tests/sipp/waits.xml`. The last five call for
/// the second time, and two of the first give up before anybody works.
fn callers() -> Vec<(String, &'static str)> {
    let stays = |place: u32| match place {
        1 | 9 | 16 => "soon",
        3 | 12 | 22 => "late",
        _ => "stays",
    };
    (0..30).map(|place| ((201 + place % 25).to_string(), stays(place))).collect()
}

fn site() -> Setup {
    let mut setup = setup().md5_only();
    let numbers = callers().into_iter().map(|(number, _)| number).take(25);
    setup.extensions = AGENTS.iter().map(|(_, seat)| (*seat).to_owned()).chain(numbers).collect();
    setup.more = SITE.to_owned();
    setup
}

/// SIPp as these callers, eight at once.
fn call(daemon: &Daemon, callers: &[(String, &str)]) -> Sipp {
    let line = |(number, stays): &(String, &str)| {
        let secret = password(number);
        format!("{number};[authentication username={number} password={secret}];{stays}\n")
    };
    let lines: String = callers.iter().map(line).collect();
    let file = daemon.dir().join("callers.csv");
    std::fs::write(&file, format!("SEQUENTIAL\n{lines}")).expect("a file of callers");
    let count = callers.len().to_string();
    let more = ["-inf", file.to_str().expect("a path"), "-m", &count, "-r", "3", "-l", "8"];
    Sipp::start("waits", daemon.sip, ports(4), "201", "420", &more)
}

/// A phone that answers at once, and a hand that hangs it up.
struct Worker {
    phone: Baresip,
    seen: usize,
    talks_since: Option<Instant>,
}

impl Worker {
    fn at(daemon: &Daemon, seat: &str) -> Self {
        Self { phone: Baresip::at(daemon, seat, 700.0), seen: 0, talks_since: None }
    }

    fn work(&mut self) {
        self.phone.read();
        for event in self.phone.events.iter().skip(self.seen) {
            match event["type"].as_str() {
                Some("CALL_ESTABLISHED") => self.talks_since = Some(Instant::now()),
                Some("CALL_CLOSED") => self.talks_since = None,
                _ => {}
            }
        }
        self.seen = self.phone.events.len();
        if self.talks_since.is_some_and(|since| since.elapsed() >= TALK) {
            self.talks_since = None;
            self.phone.command("hangup", "");
        }
    }
}

/// The agents work until all these callers have gone, each as written.
fn serve(mut callers: Sipp, workers: &mut [Worker]) {
    std::thread::scope(|scope| {
        let calling = scope.spawn(move || {
            assert!(callers.wait(PATIENCE), "{}", callers.errors());
            assert_eq!(callers.figure("FailedCall(C)"), 0);
            callers.figure("SuccessfulCall(C)")
        });
        while !calling.is_finished() {
            workers.iter_mut().for_each(Worker::work);
        }
        assert!(calling.join().is_ok_and(|went_well| went_well > 0), "SIPp");
    });
}

/// More callers than two can serve; the first have given up before anybody works.
fn rush(daemon: &Daemon, workers: &mut [Worker]) {
    for (agent, _) in AGENTS {
        ctl(daemon, &["agent", agent, "break", "briefing"]);
    }
    let sipp = call(daemon, &callers()[..RUSH]);
    within(PATIENCE, "two who gave up", || {
        let today = &ctl(daemon, &["queues"])[0]["today"];
        (today["abandoned"].as_u64()? + today["short_abandoned"].as_u64()? >= 2).then_some(())
    });
    for (agent, _) in AGENTS {
        ctl(daemon, &["agent", agent, "ready"]);
    }
    serve(sipp, workers);
}

/// The others come when both agents are free.
fn quiet(daemon: &Daemon, workers: &mut [Worker]) {
    for caller in &callers()[RUSH..] {
        AGENTS.iter().for_each(|(agent, _)| is(daemon, agent, "idle"));
        serve(call(daemon, std::slice::from_ref(caller)), workers);
    }
}

/// Everybody goes home; what the journal says of the day.
fn close(daemon: &Daemon) -> Vec<Fact> {
    for (agent, _) in AGENTS {
        is(daemon, agent, "idle");
        ctl(daemon, &["agent", agent, "out"]);
    }
    eventually("the end of the day in the journal", || {
        let facts = recount::facts(&journal(daemon));
        let gone = facts.iter().filter(|fact| fact.kind == "agent" && fact.is.presence == "logged_out");
        (gone.count() == AGENTS.len()).then_some(facts)
    })
}

#[test]
fn thirty_callers_and_two_agents() {
    if !has_program("baresip", "baresip-core") || !has_program("sipp", "sip-tester") {
        return;
    }
    let daemon = Daemon::start(site());
    let mut workers: Vec<Worker> = AGENTS.iter().map(|(_, seat)| Worker::at(&daemon, seat)).collect();
    rush(&daemon, &mut workers);
    quiet(&daemon, &mut workers);
    let counted = Recount::of(close(&daemon));

    everybody_is_accounted_for(&counted);
    let choices = counted.nobody_is_out_of_turn();
    assert!(choices >= 30 - RUSH, "there was a choice between agents only {choices} times");
    let shares = AGENTS.map(|(agent, _)| counted.facts("talked").filter(|f| f.agent == agent).count());
    assert!(shares[0].abs_diff(shares[1]) <= 2, "{shares:?}");
    each_call_has_its_record(&daemon, &counted);
    the_board_says_the_same(&daemon, &counted);
    the_report_says_the_same(&daemon, &counted);
    nothing_is_left(&daemon);
}

fn everybody_is_accounted_for(counted: &Recount) {
    let came: Vec<u128> = counted.facts("joined").map(|f| f.call).collect();
    let sorted = |calls: &mut dyn Iterator<Item = u128>| {
        let mut calls: Vec<u128> = calls.collect();
        calls.sort_unstable();
        calls
    };
    assert_eq!(came.len(), 30);
    assert_eq!(sorted(&mut counted.facts("left").map(|f| f.call)), sorted(&mut came.iter().copied()));
    let answered = |exit: &str| sorted(&mut counted.left(exit).map(|f| f.call));
    assert_eq!(answered("answered").len() + answered("abandoned").len(), 30, "nobody left otherwise");
    let talked = sorted(&mut counted.facts("talked").map(|f| f.call));
    assert_eq!(talked, answered("answered"));
    assert_eq!(talked, sorted(&mut counted.facts("wrapped_up").map(|f| f.call)));
    // Nobody is lost who had not wanted to go; and as two gave up before anybody worked, both ways were gone.
    let gave_up: Vec<&str> = counted.left("abandoned").map(|f| f.caller.as_str()).collect();
    let may: Vec<String> =
        callers().into_iter().filter(|(_, stays)| *stays != "stays").map(|(n, _)| n).collect();
    assert!(gave_up.len() >= 2 && gave_up.iter().all(|n| may.iter().any(|m| m == n)), "{gave_up:?}");
}

fn each_call_has_its_record(daemon: &Daemon, counted: &Recount) {
    let cdrs = eventually("a record for each call", || {
        let cdrs = daemon.cdrs();
        (cdrs.len() >= 30).then_some(cdrs)
    });
    let seats: BTreeMap<&str, &str> = AGENTS.into_iter().collect();
    let shown = cdrs.iter().map(|c| {
        let with = c.with.as_ref().map(|party| party.number.clone()).unwrap_or_default();
        (c.id.clone(), (c.from.number.clone(), c.to.number.clone(), with))
    });
    let wanted = counted.facts("left").map(|f| {
        // Whom nobody answered got no further than the number dialled, which played music.
        let with = seats.get(f.agent.as_str()).copied().unwrap_or("420").to_owned();
        (recount::name(f.call), (f.caller.clone(), "420".to_owned(), with))
    });
    assert_eq!(shown.collect::<BTreeMap<_, _>>(), wanted.collect::<BTreeMap<_, _>>());
    assert_eq!(cdrs.len(), 30);
    let mut called: Vec<String> = callers().into_iter().map(|(number, _)| number).collect();
    let mut from: Vec<String> = cdrs.into_iter().map(|c| c.from.number).collect();
    called.sort();
    from.sort();
    assert_eq!(from, called);
}

/// What the board must say of the queue's day.
fn today(counted: &Recount) -> Value {
    let wanted = counted.queue();
    let count = |key: &str| wanted[key].as_u64().expect("a count");
    json!({
        "offered": count("offered"),
        "answered": count("answered"),
        "abandoned": count("abandoned") - count("short_abandoned"),
        "short_abandoned": count("short_abandoned"),
        "overflowed": count("overflowed"),
        "called_back": count("called_back"),
        "repeats": count("repeats"),
        "repeats_permille": permille(count("repeats"), count("answered")),
        "service_level_permille": wanted["service_level_permille"],
        "average_wait_ms": wanted["answered_wait"]["average_ms"],
        "longest_wait_ms": wanted["answered_wait"]["longest_ms"],
    })
}

fn the_board_says_the_same(daemon: &Daemon, counted: &Recount) {
    let queues = ctl(daemon, &["queues"]);
    assert_eq!(queues.as_array().map(Vec::len), Some(1));
    let shown = &queues[0];
    assert_eq!(shown["today"], today(counted));
    let standing = ["waiting_count", "oldest_ms", "agents", "signed_in", "free", "busy"].map(|k| &shown[k]);
    assert_eq!(standing, [&json!(0), &Value::Null, &json!(2), &json!(0), &json!(0), &json!(0)]);
    for (number, _) in AGENTS {
        let (shown, wanted) = (agent(daemon, number), counted.agent(number));
        let keys = [("calls_today", "answered"), ("talk_today_ms", "talk_ms"), ("repeats_today", "repeats")];
        for (on_the_board, key) in keys {
            assert_eq!(shown[on_the_board], wanted[key], "{number}: {on_the_board}");
        }
    }
}

/// The day, and the sum of its half hours.
fn the_report_says_the_same(daemon: &Daemon, counted: &Recount) {
    let (day, halves) = the_queues_report_says_the_same(daemon, counted);
    assert_eq!(day["agents"].as_object().map(serde_json::Map::len), Some(2));
    for (number, _) in AGENTS {
        let path = format!("/agents/{number}");
        let wanted = counted.agent(number);
        let mut shown = day.pointer(&path).expect("the agent").clone();
        shown["states"] = json!(recount::states([&shown]));
        assert_eq!(shown, wanted, "{number}");
        is_the_sum(&wanted, &halves, &path);
        let halves = halves.iter().filter_map(|half| half.pointer(&path));
        assert_eq!(json!(recount::states(halves)), wanted["states"], "{number}");
    }
}

/// The same of the queue alone. Gives the report of the day and those of its half hours.
fn the_queues_report_says_the_same(daemon: &Daemon, counted: &Recount) -> (Value, Vec<Value>) {
    let day = ctl(daemon, &["figures"])[0].clone();
    let halves = ctl(daemon, &["figures", "--half-hours"]).as_array().expect("half hours").clone();
    for path in ["/queues/desk", "/all_queues"] {
        let shown = recount::without_quantiles(&day.pointer(path).expect("the queue").clone(), counted);
        let wanted = counted.queue();
        assert_eq!(shown, wanted, "{path}");
        is_the_sum(&wanted, &halves, path);
    }
    (day, halves)
}

/// Counts and sums of time of all half hours are what was counted; averages, shares and moments do not add up.
fn is_the_sum(wanted: &Value, halves: &[Value], path: &str) {
    let adds_up = |key: &str| !["permille", "average_", "first_", "last_"].iter().any(|no| key.contains(no));
    for (key, want) in wanted.as_object().expect("figures").iter().filter(|(key, _)| adds_up(key)) {
        if let Some(want) = want.as_u64() {
            let parts = halves.iter().filter_map(|half| half.pointer(path)?[key].as_u64());
            assert_eq!(parts.sum::<u64>(), want, "{path} {key}");
        }
    }
}

fn nothing_is_left(daemon: &Daemon) {
    let status = eventually("nothing left behind", || {
        let status = ctl(daemon, &["status"]);
        let left = ["calls", "dialogs", "rtp_ports"].map(|key| status[key].clone());
        (left == [0, 0, 0].map(|none| json!(none))).then_some(status)
    });
    assert_eq!(daemon.alarms().len(), 0, "{:?}", daemon.alarms());
    assert_eq!(status["calls_total"], 30, "{status}");
}
