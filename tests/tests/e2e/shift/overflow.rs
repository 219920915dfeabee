//! Callers who do not get through: each way out of a queue once or twice, one who asked to be called back and one who waits
//! still, counted again from the journal's text; and once more after a crash.

use super::recount::{self, Recount};
use super::{the_queues_report_says_the_same, today};
use crate::phones::{PATIENCE, connect, phone};
use crate::queues::{ctl, is, journal};
use crate::setup;
use serde_json::{Value, json};
use std::time::Duration;
use switchroom::softphone::Softphone;
use switchroom_phone::digits::DigitsBy;
use switchroom_phone::{PhoneCommand, PhoneEvent};
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::process::eventually;

const FLOW: &str = r#"
start = "wait"

[nodes.wait]
kind = "queue"
queue = "desk"
call_back = "1"
keys = { 2 = "away" }
timeout = "away"

[nodes.away]
kind = "hang_up"
"#;

const SITE: &str = r#"
[[routes]]
number = "420"
to = "flow desk"

[queues.desk]
max_waiting = 2
max_wait = "2s"
short_abandon = "0s"
wrap_up = "0s"

[agents.3001]
extension = "101"
queues = ["desk"]
"#;

fn site() -> Setup {
    let mut setup = setup();
    setup.extensions = std::iter::once(101).chain(201..=211).map(|n| n.to_string()).collect();
    setup.more = SITE.to_owned();
    setup.with_file("flows/desk.toml", FLOW)
}

/// A tone of its own for each phone, which is the seed of its chances, too.
fn hz(number: &str) -> u16 {
    number.parse::<u16>().unwrap() + 400
}

/// A phone that calls the queue and was answered.
fn calls(daemon: &Daemon, number: &str) -> Softphone {
    let phone = phone(daemon, number, hz(number));
    phone.command(PhoneCommand::Call("420".to_owned())).unwrap();
    phone.wait_for(|e| matches!(e, PhoneEvent::Up(_)), PATIENCE).unwrap();
    phone
}

/// The same, until the caller waits; gives the call, too.
fn waits(daemon: &Daemon, number: &str) -> (Softphone, String) {
    let phone = calls(daemon, number);
    let call = eventually("the caller to wait", || {
        let waiting = ctl(daemon, &["waiting", "desk"]);
        let own = waiting.as_array()?.iter().find(|one| one["caller"]["number"] == number)?;
        own["call"].as_str().map(str::to_owned)
    });
    (phone, call)
}

fn is_hung_up(phone: &Softphone) {
    phone.wait_for(|e| matches!(e, PhoneEvent::Ended { .. }), PATIENCE).unwrap();
}

fn press(phone: &Softphone, keys: &str) {
    for key in keys.chars() {
        phone.command(PhoneCommand::Digits(key.to_string(), DigitsBy::Rtp)).unwrap();
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Each way out of the queue; the last caller stays.
fn everybody_goes_another_way(daemon: &Daemon) -> Softphone {
    is_hung_up(&calls(daemon, "201"));
    let desk = phone(daemon, "101", hz("101"));
    ctl(daemon, &["agent", "3001", "ready"]);
    let caller = phone(daemon, "202", hz("202"));
    connect(&caller, &desk, "420");
    is(daemon, "3001", "talking");
    caller.command(PhoneCommand::HangUp).unwrap();
    is(daemon, "3001", "idle");
    ctl(daemon, &["agent", "3001", "break", "lunch"]);

    let late = [waits(daemon, "203"), waits(daemon, "204")];
    is_hung_up(&calls(daemon, "205"));
    late.iter().for_each(|(phone, _)| is_hung_up(phone));
    let file = daemon.dir().join("switchroom.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration");
    std::fs::write(&file, text.replace("max_wait = \"2s\"", "max_wait = \"1h\"")).expect("another limit");
    ctl(daemon, &["reload"]);

    let (caller, _) = waits(daemon, "206");
    press(&caller, "2");
    is_hung_up(&caller);
    let (caller, call) = waits(daemon, "207");
    ctl(daemon, &["take-out", &call]);
    is_hung_up(&caller);
    let (caller, _) = waits(daemon, "208");
    caller.command(PhoneCommand::HangUp).unwrap();
    let (caller, _) = waits(daemon, "209");
    press(&caller, "11");
    is_hung_up(&caller);
    ctl(daemon, &["queue", "close", "desk"]);
    is_hung_up(&calls(daemon, "210"));
    ctl(daemon, &["queue", "open", "desk"]);
    waits(daemon, "211").0
}

/// What board and report say is what the journal says, and that is what happened.
fn is_counted(daemon: &Daemon, waiting: u64, restart: u64) {
    let counted = eventually("eleven callers in the journal", || {
        let counted = Recount::of(recount::facts(&journal(daemon)));
        let (came, gone) = (counted.facts("joined").count(), counted.facts("left").count() as u64);
        (came == 11 && gone + waiting == 11).then_some(counted)
    });
    let wanted = counted.queue();
    let causes = json!({
        "timeout": 2, "full": 1, "closed": 1, "empty": 1, "key": 1, "removed": 1, "restart": restart,
    });
    assert_eq!(wanted["overflows"], causes);
    let counts = ["offered", "answered", "abandoned", "overflowed", "called_back", "waiting"];
    let counts: Vec<Option<u64>> = counts.iter().map(|key| wanted[key].as_u64()).collect();
    assert_eq!(counts, [11, 1, 1, 7 + restart, 1, waiting].map(Some));
    assert_eq!(wanted["call_backs"]["asked"], 1);
    the_queues_report_says_the_same(daemon, &counted);
    let queues = ctl(daemon, &["queues"]);
    assert_eq!(queues[0]["today"], today(&counted));
    // The place that is kept for who asked for a call is a place in the line.
    let line: Vec<&Value> = queues[0]["waiting"].as_array().expect("a line").iter().collect();
    let callers: Vec<&Value> = line.iter().map(|one| &one["caller"]["number"]).collect();
    let here: &[&str] = if waiting > 0 { &["209", "211"] } else { &["209"] };
    assert_eq!(json!(callers), json!(here));
}

#[test]
fn those_who_do_not_get_through_are_counted_by_how_they_left() {
    let mut daemon = Daemon::start(site());
    let waits_still = everybody_goes_another_way(&daemon);
    is_counted(&daemon, 1, 0);
    daemon.kill();
    daemon.start_again();
    is_counted(&daemon, 0, 1);
    drop(waits_still);
}
