//! A real phone that registers nowhere, and whose address stands in the configuration, is an agent's.

use crate::queues::{agent, ctl, is, with_a_queue};
use std::time::Duration;
use switchroom_tests::audio::pieces_with;
use switchroom_tests::baresip::{Baresip, MANUAL};
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::process::{eventually, has_program};

const CALLER_HZ: f64 = 440.0;
const AGENT_HZ: f64 = 700.0;

#[test]
fn an_agent_takes_a_caller_at_an_address() {
    if !has_program("baresip", "baresip-core") {
        return;
    }
    let setup = Setup { sip: "keep_alive = \"5s\"\n".to_owned(), ..with_a_queue() };
    let daemon = Daemon::start(setup);
    let mut phone = Baresip::start_with(daemon.sip, "101", "udp", AGENT_HZ, ";regint=0;answermode=manual");
    let file = daemon.dir().join("switchroom.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration");
    let (table, contact) = ("[extensions.101]\n", format!("sip:101@{}", phone.sip));
    assert!(text.contains(table), "{text}");
    let text = text.replace(table, &format!("{table}contact = \"{contact}\"\n"));
    std::fs::write(&file, text).expect("an address");
    ctl(&daemon, &["reload"]);
    let bindings = eventually("the phone to be asked whether it is there", || {
        let bindings = daemon.bindings("101");
        bindings.iter().any(|b| b.rtt_us.is_some()).then_some(bindings)
    });
    assert_eq!(bindings.iter().map(|b| b.contact.as_str()).collect::<Vec<_>>(), [contact]);

    ctl(&daemon, &["agent", "3001", "ready"]);
    let mut caller = Baresip::at_with(&daemon, "901", CALLER_HZ, MANUAL);
    caller.command("dial", "420");
    phone.wait_for("CALL_INCOMING");
    phone.command("accept", "");
    phone.wait_for("CALL_ESTABLISHED");
    is(&daemon, "3001", "talking");
    std::thread::sleep(Duration::from_secs(2));
    // It hangs up, as a phone that was called may from wherever it is.
    phone.command("hangup", "");
    caller.wait_for("CALL_CLOSED");
    is(&daemon, "3001", "wrap_up");
    for (heard, of) in [(caller.heard(), AGENT_HZ), (phone.heard(), CALLER_HZ)] {
        assert!(pieces_with(&heard, of) >= 10, "{} pieces of {of} Hz", pieces_with(&heard, of));
    }
    assert_eq!(agent(&daemon, "3001")["extension"], "101");
}
