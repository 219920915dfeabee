//! Real softphones: a caller in a queue asks to be called back and hangs up; the agent's phone rings, then the caller's, and
//! the two hear each other.

use crate::queues::{agent, ctl, is};
use crate::setup;
use std::time::Duration;
use switchroom_tests::audio::pieces_with;
use switchroom_tests::baresip::{Baresip, MANUAL};
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::flows::shipped;
use switchroom_tests::process::{eventually, has_program};

const SITE: &str = r#"
[[routes]]
number = "412"
to = "flow queue"

[queues.sales]
wrap_up = "2s"

[agents.3001]
extension = "101"
queues = ["sales"]
"#;

const CALLER_HZ: f64 = 440.0;
const AGENT_HZ: f64 = 700.0;

fn with_the_example_flow() -> Setup {
    let mut setup = setup().md5_only();
    setup.extensions = ["101", "901"].map(str::to_owned).to_vec();
    setup.more = SITE.to_owned();
    setup.beside = vec![(shipped().join("queue.toml"), "flows/queue.toml".to_owned())];
    setup
}

#[test]
fn a_caller_hangs_up_and_is_called_back() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let daemon = Daemon::start(with_the_example_flow());
    let mut caller = Baresip::at_with(&daemon, "901", CALLER_HZ, MANUAL);
    let mut agents = Baresip::at_with(&daemon, "101", AGENT_HZ, MANUAL);
    ctl(&daemon, &["agent", "3001", "ready"]);
    ctl(&daemon, &["agent", "3001", "break", "lunch"]);
    caller.command("dial", "412");
    caller.wait_for("CALL_ESTABLISHED");
    // While it is said how, nobody waits yet.
    eventually("the caller to wait", || {
        let queue = ctl(&daemon, &["queues"])[0].clone();
        (queue["waiting_count"] == 1).then_some(())
    });
    caller.command("sndcode", "1");
    std::thread::sleep(Duration::from_millis(500));
    caller.command("sndcode", "1");
    caller.wait_for("CALL_CLOSED");
    let waiting = ctl(&daemon, &["queues"])[0]["waiting"][0].clone();
    assert_eq!((&waiting["call_back"], &waiting["caller"]["number"]), (&"waits".into(), &"901".into()));

    ctl(&daemon, &["agent", "3001", "ready"]);
    let rings = agents.wait_for("CALL_INCOMING");
    assert!(rings.to_string().contains("callback: 901"), "{rings}");
    agents.command("accept", "");
    caller.wait_for("CALL_INCOMING");
    caller.command("accept", "");
    eventually("the two to talk", || {
        let today = ctl(&daemon, &["figures"])[0]["queues"]["sales"].clone();
        (today["call_backs"]["reached"] == 1).then_some(())
    });
    is(&daemon, "3001", "talking");
    std::thread::sleep(Duration::from_secs(3));
    agents.command("hangup", "");
    is(&daemon, "3001", "wrap_up");
    is(&daemon, "3001", "idle");
    assert_eq!(agent(&daemon, "3001")["calls_today"], 1);
    let sales = ctl(&daemon, &["figures"])[0]["queues"]["sales"].clone();
    assert_eq!(
        (&sales["offered"], &sales["called_back"], &sales["answered"]),
        (&1.into(), &1.into(), &0.into())
    );
    let (caller, agents) = (caller.heard(), agents.heard());
    assert!(pieces_with(&caller, AGENT_HZ) >= 10, "{} pieces of the agent", pieces_with(&caller, AGENT_HZ));
    assert!(
        pieces_with(&agents, CALLER_HZ) >= 10,
        "{} pieces of the caller",
        pieces_with(&agents, CALLER_HZ)
    );
}
