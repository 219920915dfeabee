//! The console on a terminal, against a daemon with real phones; and the demo.

mod demo;
mod desk;
mod flows;
mod settings;

use crate::queues::{agent, ctl, with_a_queue};
use crate::setup;
use std::time::Duration;
use switchroom_tests::baresip::{Baresip, MANUAL};
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{Signal, eventually, has_program, signal};
use switchroom_tests::terminal::Terminal;
use switchroom_wire::CallState;

/// The console on a terminal of that many columns and lines.
fn console(daemon: &Daemon, program: Vec<String>, columns: u16, lines: u16) -> Terminal {
    let socket = format!("SWITCHROOM_SOCKET={}", daemon.socket().display());
    let home = format!("XDG_CONFIG_HOME={}", daemon.dir().display());
    let mut line = vec!["env".to_owned(), socket, home, "LANG=C.UTF-8".to_owned()];
    line.extend(program);
    line.push("console".to_owned());
    Terminal::start(&line, columns, lines)
}

/// Who hears the supervisor, as the daemon has it.
fn heard_by(daemon: &Daemon) -> Option<Vec<String>> {
    let calls = daemon.calls();
    let at = calls.iter().find_map(|call| call.supervision.as_ref())?;
    Some(at.heard_by.iter().map(|party| party.number.clone()).collect())
}

fn a_supervisor_on_a_terminal(columns: u16, lines: u16) {
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

    let terminal = console(&daemon, program, columns, lines);
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

#[test]
fn a_supervisor_listens_whispers_barges_in_and_leaves_by_keys() {
    a_supervisor_on_a_terminal(80, 24);
}

#[test]
fn a_supervisor_does_the_same_on_a_large_terminal() {
    a_supervisor_on_a_terminal(200, 60);
}

/// Wall, agents and reports are opened; a caller comes, waits and goes; agents are made ready and sent on a break; the console is
/// stopped and goes on, and the daemon is started anew.
fn a_day_on_a_terminal(columns: u16, lines: u16) {
    if !has_program("baresip", "baresip-core") || !has_program("tmux", "tmux") {
        return;
    }
    let setup = with_a_queue();
    let program = setup.program.clone();
    let mut daemon = Daemon::start(setup);
    let mut caller = Baresip::at(&daemon, "901", 440.0);
    let _agent = Baresip::at_with(&daemon, "101", 700.0, MANUAL);
    let terminal = console(&daemon, program, columns, lines);

    terminal.press(&["1"]);
    terminal.wait_for(&["[1 Wall]"]);
    terminal.wait_for(&["0 of 0 free", "0 busy"]);
    terminal.press(&["3"]);
    terminal.wait_for(&["[3 Agents]"]);
    terminal.wait_for(&["3001", "OUT"]);
    to_agent(&terminal, "3001");
    terminal.press(&["I"]);
    terminal.wait_for(&["3001", "READY"]);
    assert_eq!(agent(&daemon, "3001")["presence"], "ready");
    terminal.press(&["P"]);
    terminal.wait_for(&["Break for 3001"]);
    terminal.press(&["l", "u", "n", "c", "h", "Enter"]);
    terminal.wait_for(&["3001", "BREAK", "lunch"]);
    assert_eq!(agent(&daemon, "3001")["presence"], "break");

    caller.command("dial", "420");
    caller.wait_for("CALL_ESTABLISHED");
    terminal.press(&["1"]);
    terminal.wait_for(&["1 waiting"]);
    // A console that was stopped shows what is when it goes on.
    signal(terminal.pid(), Signal::STOP);
    std::thread::sleep(Duration::from_millis(300));
    let stopped = terminal.screen();
    caller.command("hangup", "");
    eventually("the caller to be counted", || {
        let queue = &ctl(&daemon, &["queues"])[0];
        (queue["today"]["offered"] == 1 && queue["waiting_count"] == 0).then_some(())
    });
    ctl(&daemon, &["agent", "3002", "ready"]);
    assert_eq!(terminal.screen(), stopped, "it stands still");
    signal(terminal.pid(), Signal::CONT);
    terminal.wait_for(&["nobody waits"]);
    terminal.press(&["7"]);
    terminal.wait_for(&["[7 Reports]"]);
    terminal.wait_for(&["whole day"]);
    terminal.wait_for(&["desk", " 1 "]);

    // What stands there now does not know of the second caller.
    caller.command("dial", "420");
    eventually("the second caller", || (ctl(&daemon, &["queues"])[0]["waiting_count"] == 1).then_some(()));
    caller.command("hangup", "");
    eventually("the second caller to go", || {
        (ctl(&daemon, &["queues"])[0]["waiting_count"] == 0).then_some(())
    });
    daemon.stop();
    terminal.wait_for(&["DISCONNECTED"]);
    daemon.start_again();
    eventually("the console to be back", || (!terminal.screen().contains("DISCONNECTED")).then_some(()));
    terminal.wait_for(&["desk", " 2 "]);
    terminal.press(&["3"]);
    terminal.wait_for(&["3001", "BREAK", "lunch"]);
    to_agent(&terminal, "3001");
    terminal.press(&["I"]);
    terminal.wait_for(&["3001", "READY"]);
    assert_eq!(agent(&daemon, "3001")["presence"], "ready");
    terminal.press(&["q"]);
}

/// Moves the selection down to an agent.
fn to_agent(terminal: &Terminal, number: &str) {
    terminal.press_until("j", |line| line.starts_with('>') && line.contains(number));
}

#[test]
fn a_day_on_a_small_terminal() {
    a_day_on_a_terminal(80, 24);
}

#[test]
fn a_day_on_a_large_terminal() {
    a_day_on_a_terminal(200, 60);
}
