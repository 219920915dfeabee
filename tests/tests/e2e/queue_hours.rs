//! A queue with opening hours and real softphones: while it is closed its caller goes the flow's own way and nobody's phone
//! rings; a reload with other hours lets the next one in.

use crate::queues::{agent, ctl, is};
use crate::setup;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use switchroom_tests::audio::{find, pieces_with};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::flows::{prompt, shipped};
use switchroom_tests::process::{eventually, has_program};

const CALLER_HZ: f64 = 440.0;
const AGENT_HZ: f64 = 700.0;

const FLOW: &str = r#"
start = "desk"

[nodes.desk]
kind = "queue"
queue = "desk"
closed = "shut"

[nodes.shut]
kind = "hang_up"
prompt = "@example/office/closed"
"#;

/// Opening hours of every day that are hours away from now.
fn not_now() -> &'static str {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    if seconds / 3_600 % 24 < 12 { "daily 20:00-21:00" } else { "daily 04:00-05:00" }
}

fn site() -> Setup {
    let mut setup = setup().md5_only();
    setup.extensions = ["101", "901"].map(str::to_owned).to_vec();
    setup.more = format!(
        "[hours.office]\nzone = \"UTC\"\nweek = [\"{}\"]\n[[routes]]\nnumber = \"420\"\nto = \"flow desk\"\n\
         [queues.desk]\nhours = \"office\"\n[agents.3001]\nextension = \"101\"\nqueues = [\"desk\"]\n",
        not_now()
    );
    let closed = "prompts/en/example/office/closed.wav";
    setup.beside = vec![(shipped().join(closed), format!("flows/{closed}"))];
    setup.with_file("flows/desk.toml", FLOW)
}

/// A call of the number of the queue, until the phone says that it is over.
fn calls_in_vain(daemon: &Daemon) -> Vec<i16> {
    let mut caller = Baresip::at(daemon, "901", CALLER_HZ);
    caller.command("dial", "420");
    caller.wait_for("CALL_ESTABLISHED");
    caller.wait_for("CALL_CLOSED");
    caller.heard()
}

#[test]
fn a_queue_is_closed_and_open_as_its_hours_say() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(site());
    let mut phone = Baresip::at(&daemon, "101", AGENT_HZ);
    ctl(&daemon, &["agent", "3001", "ready"]);

    let heard = calls_in_vain(&daemon);
    let said = prompt("en", "example/office/closed");
    assert!(find(&heard, &said).is_some(), "that it is closed is not in {} s", heard.len() / 8_000);
    let first = eventually("the record", || daemon.cdrs().into_iter().next());
    let why = ctl(&daemon, &["why", &first.id]);
    assert!(why["path"].to_string().contains("closed by its hours (office), and opens "), "{why}");
    assert_eq!(why["offers"].as_array().map(Vec::len), Some(0), "nobody was offered the caller: {why}");
    assert_eq!(agent(&daemon, "3001")["activity"], "idle");

    // Other hours come into force while the daemon runs.
    let file = daemon.dir().join("switchroom.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration");
    std::fs::write(&file, text.replace(not_now(), "daily 00:00-24:00")).expect("other hours");
    ctl(&daemon, &["reload"]);
    let mut caller = Baresip::at(&daemon, "901", CALLER_HZ);
    caller.command("dial", "420");
    phone.wait_for("CALL_ESTABLISHED");
    is(&daemon, "3001", "talking");
    std::thread::sleep(Duration::from_secs(2));
    caller.command("hangup", "");
    phone.wait_for("CALL_CLOSED");

    let heard = caller.heard();
    assert!(pieces_with(&heard, AGENT_HZ) >= 10, "{} pieces of the agent", pieces_with(&heard, AGENT_HZ));
    assert!(find(&heard, &said).is_none(), "who was let in is not told that it is closed");
    let today = eventually("the figures", || {
        let today = ctl(&daemon, &["queues"])[0]["today"].clone();
        (today["answered"] == 1).then_some(today)
    });
    let counted = ["offered", "overflowed", "abandoned"].map(|key| today[key].as_u64());
    assert_eq!(counted, [Some(2), Some(1), Some(0)], "{today}");
}
