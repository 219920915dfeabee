//! The flows on a terminal: a real caller walks through one, and the screen follows from node to node.

use super::console;
use crate::flows::with_flows;
use switchroom_tests::baresip::{Baresip, MANUAL};
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::has_program;

fn flows_on_a_terminal(columns: u16, lines: u16) {
    if !has_program("baresip", "baresip-core") || !has_program("tmux", "tmux") {
        return;
    }
    let setup = with_flows();
    let program = setup.program.clone();
    let daemon = Daemon::start(setup);
    let mut caller = Baresip::at_with(&daemon, "901", 440.0, ";dtmfmode=rtpevent");
    let mut support = Baresip::at_with(&daemon, "103", 700.0, MANUAL);
    let terminal = console(&daemon, program, columns, lines);
    terminal.press(&["5"]);
    terminal.wait_for(&["[5 Flows]"]);
    terminal.press(&["/"]);
    terminal.type_text("flow:office");
    terminal.press(&["Enter", "Home"]);
    // What the check warns of stands at its node and at the flow.
    terminal.wait_for(&["! office", " - ", "1 !", "Office"]);
    terminal.wait_for(&["flows/office.toml", "version 1"]);
    terminal.wait_for(&["nobody is here"]);

    caller.command("dial", "400");
    caller.wait_for("CALL_ESTABLISHED");
    terminal.wait_for(&["main", " 1 ", "menu"]);
    terminal.wait_for(&["office", " 1 ", "Office"]);
    terminal.wait_for(&["901 Phone 901", "main"]);
    caller.command("sndcode", "2");
    support.wait_for("CALL_INCOMING");
    terminal.press_until("j", |line| line.starts_with('>') && line.contains("key 2: support"));
    terminal.wait_for(&[">", "key 2: support", " 1 ", "dial"]);
    // The node's lines in the file, the file as a whole, and the call of who is there.
    terminal.wait_for(&["[nodes.support]"]);
    terminal.press(&["Enter"]);
    terminal.wait_for(&["flows/office.toml"]);
    terminal.wait_for(&["in_turn = true"]);
    terminal.escape();
    terminal.press(&["g", "c"]);
    terminal.wait_for(&["[Ladder]"]);
    terminal.wait_for(&["INVITE"]);
    terminal.press(&["q"]);
    terminal.wait_for(&["[5 Flows]"]);

    support.command("accept", "");
    support.wait_for("CALL_ESTABLISHED");
    caller.command("hangup", "");
    caller.wait_for("CALL_CLOSED");
    terminal.wait_for(&["nobody is here"]);
    terminal.press(&["Home"]);
    terminal.wait_for(&["office", " - ", "1 !", "Office"]);
    terminal.press(&["q"]);
}

#[test]
fn flows_on_a_small_terminal() {
    flows_on_a_terminal(80, 24);
}

#[test]
fn flows_on_a_large_terminal() {
    flows_on_a_terminal(200, 60);
}
