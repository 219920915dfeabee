//! The console on a terminal, against a daemon with real phones.

use crate::setup;
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program};
use switchroom_tests::terminal::Terminal;
use switchroom_wire::CallState;

/// Who hears the supervisor, as the daemon has it.
fn heard_by(daemon: &Daemon) -> Option<Vec<String>> {
    let calls = daemon.calls();
    let at = calls.iter().find_map(|call| call.supervision.as_ref())?;
    Some(at.heard_by.iter().map(|party| party.number.clone()).collect())
}

#[test]
fn a_supervisor_listens_whispers_barges_in_and_leaves_by_keys() {
    if !has_program("baresip", "baresip-core") || !has_program("tmux", "tmux") {
        return;
    }
    let mut setup = setup().md5_only();
    setup.extensions = ["101", "102", "103"].map(str::to_owned).to_vec();
    let program = setup.program.clone();
    let daemon = Daemon::start(setup);
    let mut caller = Baresip::at(&daemon, "101", 440.0);
    let mut agent = Baresip::at(&daemon, "102", 700.0);
    let mut supervisor = Baresip::at(&daemon, "103", 1_000.0);
    caller.command("dial", "102");
    agent.wait_for("CALL_ESTABLISHED");

    let socket = format!("SWITCHROOM_SOCKET={}", daemon.socket().display());
    let home = format!("XDG_CONFIG_HOME={}", daemon.dir().display());
    let mut line = vec!["env".to_owned(), socket, home, "LANG=C.UTF-8".to_owned()];
    line.extend(program);
    line.push("console".to_owned());
    let terminal = Terminal::start(&line, 80, 24);
    terminal.wait_for(&["TALK", "101", "102"]);

    terminal.press(&["L"]);
    // The exchange was not told where this user sits.
    terminal.wait_for(&["at which extension"]);
    terminal.press(&["1", "0", "3", "Enter"]);
    supervisor.wait_for("CALL_ESTABLISHED");
    terminal.wait_for(&["[LISTEN]", "nobody hears you"]);
    terminal.wait_for(&["listened to by", "(listen), phone 103"]);
    assert_eq!(heard_by(&daemon), Some(vec![]));
    terminal.press(&["W"]);
    terminal.wait_for(&["[WHISPER]", "102 Phone 102 hears you", "101 Phone 101 does not"]);
    assert_eq!(heard_by(&daemon), Some(vec!["102".to_owned()]));
    terminal.press(&["B"]);
    terminal.wait_for(&["[ON AIR]", "101 Phone 101 and 102 Phone 102 hear you"]);
    assert_eq!(heard_by(&daemon).map(|all| all.len()), Some(2));
    terminal.press(&["Escape"]);
    supervisor.wait_for("CALL_CLOSED");
    eventually("the line that goes", || (!terminal.screen().contains("[ON AIR]")).then_some(()));
    assert!(daemon.calls().iter().any(|call| call.state == CallState::Talking), "the call goes on");
    assert_eq!(heard_by(&daemon), None);
}
