//! An agent's desk by keys, with real phones: to work, a call with its script, a note, a recording, what came of it, a break.

use super::console;
use crate::queues::{agent, ctl, is, journal};
use crate::setup;
use switchroom_tests::baresip::{Baresip, MANUAL};
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{has_program, user};

const SITE: &str = r#"
[[routes]]
number = "420"
to = "queue desk"

[queues.desk]
wrap_up = "2m"
script = "Good day, what may it be?"
dispositions = ["sold", "call back"]

[agents.3001]
name = "Ana"
extension = "101"
queues = ["desk"]
"#;

fn desk_on_a_terminal(columns: u16, lines: u16) {
    if !has_program("baresip", "baresip-core") || !has_program("tmux", "tmux") {
        return;
    }
    let mut setup = setup().md5_only();
    setup.extensions = ["101", "901"].map(str::to_owned).to_vec();
    setup.more = format!("{SITE}\n[supervision]\nphones = [\"{} 101\"]\n", user());
    let program = setup.program.clone();
    let daemon = Daemon::start(setup);
    let mut caller = Baresip::at(&daemon, "901", 440.0);
    let mut phone = Baresip::at_with(&daemon, "101", 700.0, MANUAL);
    let terminal = console(&daemon, program, columns, lines);
    terminal.press(&["g", "d"]);
    terminal.wait_for(&["[gd Desk]"]);
    terminal.wait_for(&["3001 Ana", "OUT"]);
    terminal.wait_for(&["No call. Who comes next"]);
    terminal.press(&["I"]);
    terminal.wait_for(&["3001 Ana", "READY"]);
    assert_eq!(agent(&daemon, "3001")["presence"], "ready");

    caller.command("dial", "420");
    phone.wait_for("CALL_INCOMING");
    terminal.wait_for(&["3001 Ana", "RING"]);
    terminal.wait_for(&["901 Phone 901"]);
    phone.command("accept", "");
    phone.wait_for("CALL_ESTABLISHED");
    terminal.wait_for(&["3001 Ana", "TALK"]);
    terminal.wait_for(&["called 420", "queue desk", "waited"]);
    terminal.wait_for(&["Good day, what may it be?"]);
    terminal.wait_for(&["outcomes: sold  call back"]);
    terminal.press(&["R"]);
    terminal.wait_for(&["recorded"]);
    terminal.press(&["R"]);
    terminal.wait_for(&["recording paused"]);
    terminal.press(&["W"]);
    terminal.wait_for(&["Note on"]);
    terminal.type_text("wants two of them");
    terminal.press(&["Enter"]);
    terminal.wait_for(&[": wants two of them"]);

    caller.command("hangup", "");
    caller.wait_for("CALL_CLOSED");
    terminal.wait_for(&["3001 Ana", "WRAP", "left"]);
    is(&daemon, "3001", "wrap_up");
    terminal.press(&["D"]);
    terminal.wait_for(&["What came of", "901"]);
    terminal.type_text("sold");
    terminal.press(&["Enter"]);
    is(&daemon, "3001", "idle");
    terminal.wait_for(&["3001 Ana", "READY"]);
    terminal.press(&["P"]);
    terminal.wait_for(&["Break for 3001"]);
    terminal.type_text("lunch");
    terminal.press(&["Enter"]);
    terminal.wait_for(&["3001 Ana", "BREAK"]);
    assert_eq!(agent(&daemon, "3001")["reason"], "lunch");
    it_is_written_down(&daemon);

    // The next time the same number calls, what was said before is there.
    terminal.press(&["I"]);
    let mut again = Baresip::at(&daemon, "901", 440.0);
    again.command("dial", "420");
    terminal.wait_for(&["3001 Ana", "RING"]);
    terminal.wait_for(&["Phone 101", "sold"]);
    terminal.wait_for(&[": wants two of them"]);
    terminal.press(&["q"]);
}

/// By nothing of the console: the note, what came of the call, and the recording.
fn it_is_written_down(daemon: &Daemon) {
    let written = journal(daemon);
    for words in ["wants two of them", "\"sold\""] {
        assert!(written.contains(words), "{words}: {written}");
    }
    let today = ctl(daemon, &["queues"])[0]["today"].clone();
    assert_eq!(today["answered"], 1, "{today}");
    assert_eq!(daemon.recordings().len(), 1);
}

#[test]
fn desk_on_a_small_terminal() {
    desk_on_a_terminal(80, 24);
}

#[test]
fn desk_on_a_large_terminal() {
    desk_on_a_terminal(200, 60);
}
