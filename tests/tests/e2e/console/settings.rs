//! The settings by keys: a value is changed, looked at, applied and undone; what the file says and what the daemon does follow.

use super::console;
use crate::queues::{agent, ctl};
use crate::setup;
use std::path::PathBuf;
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, has_program};
use switchroom_tests::terminal::Terminal;

const SITE: &str = r#"
[[routes]]
number = "420"
to = "queue desk"

# Whoever dials 420.
[queues.desk]
strategy = "linear"
service_level = "3s" # what was promised

[agents.3001]
extension = "101"
queues = ["desk"]

[agents.3002] # comes on Mondays
extension = "102"
queues = ["desk"]
"#;

fn file(daemon: &Daemon) -> PathBuf {
    daemon.dir().join("switchroom.toml")
}

fn text(daemon: &Daemon) -> String {
    std::fs::read_to_string(file(daemon)).expect("the configuration")
}

/// The daemon counts by this limit.
fn counts_by(daemon: &Daemon, milliseconds: u64) {
    eventually(&format!("a limit of {milliseconds} ms"), || {
        (ctl(daemon, &["queues"])[0]["service_level_ms"] == milliseconds).then_some(())
    });
}

/// Types a value of the selected key and asks what that does.
fn types(terminal: &Terminal, value: &str) {
    terminal.press(&["Enter"]);
    terminal.wait_for(&["service_level:"]);
    terminal.press(&["C-u"]);
    terminal.type_text(value);
    terminal.press(&["Enter"]);
    terminal.wait_for(&["*", "service_level", value]);
    terminal.press(&["S"]);
}

fn settings_on_a_terminal(columns: u16, lines: u16) {
    if !has_program("tmux", "tmux") {
        return;
    }
    let mut setup = setup();
    setup.more = SITE.to_owned();
    let program = setup.program.clone();
    let daemon = Daemon::start(setup);
    let before = text(&daemon);
    counts_by(&daemon, 3_000);
    let terminal = console(&daemon, program, columns, lines);
    terminal.press(&["0"]);
    terminal.wait_for(&["[extensions]", "queues"]);
    terminal.wait_for(&["101", "Phone 101"]);

    // What would not check cannot be applied, whatever is pressed.
    terminal.press(&["]", "]"]);
    terminal.wait_for(&["[queues]"]);
    terminal.wait_for(&["desk"]);
    terminal.press(&["Enter"]);
    terminal.press_until("j", |line| line.contains('>') && line.contains("service_level"));
    types(&terminal, "soon");
    terminal.wait_for(&["error line", "\"soon\" is not a duration"]);
    terminal.wait_for(&["It cannot be applied"]);
    terminal.press(&["y"]);
    terminal.escape();
    terminal.wait_for(&["not done"]);
    terminal.escape();
    eventually("the form", || (!terminal.screen().contains("soon")).then_some(()));
    assert_eq!(text(&daemon), before);

    types(&terminal, "7s");
    terminal.wait_for(&["-", "service_level = \"3s\" # what was promised"]);
    terminal.wait_for(&["+", "service_level = \"7s\" # what was promised"]);
    terminal.wait_for(&["Apply this?", "y yes"]);
    assert_eq!(text(&daemon), before, "nothing is written before a clear yes");
    terminal.press(&["y"]);
    counts_by(&daemon, 7_000);
    assert_eq!(text(&daemon), before.replace("\"3s\" # what", "\"7s\" # what"), "and nothing else");
    terminal.press(&["2"]);
    terminal.wait_for(&["desk", "in time: 0:07"]);

    undoes(&terminal, &daemon, &before);
    takes_out_and_adds(&terminal, &daemon, &before);
    terminal.press(&["q"]);
}

/// The last change, which is shown turned around.
fn undoes(terminal: &Terminal, daemon: &Daemon, before: &str) {
    terminal.press(&["0"]);
    terminal.wait_for(&["[queues]"]);
    terminal.escape();
    terminal.press(&["U"]);
    terminal.wait_for(&["-", "service_level = \"7s\""]);
    terminal.wait_for(&["+", "service_level = \"3s\""]);
    terminal.press(&["y"]);
    counts_by(daemon, 3_000);
    assert_eq!(text(daemon), before);
}

/// An agent stays while nobody says yes; an extension that is added has a password that is shown once.
fn takes_out_and_adds(terminal: &Terminal, daemon: &Daemon, before: &str) {
    terminal.press(&["["]);
    terminal.wait_for(&["[agents]"]);
    terminal.press_until("j", |line| line.starts_with("> 3002"));
    terminal.press(&["X"]);
    terminal.wait_for(&["-", "[agents.3002] # comes on Mondays"]);
    terminal.press(&["n"]);
    terminal.wait_for(&["not done"]);
    assert_eq!(text(daemon), before);
    assert_eq!(agent(daemon, "3002")["number"], "3002");

    terminal.press(&["["]);
    terminal.wait_for(&["[extensions]"]);
    terminal.press(&["A"]);
    terminal.wait_for(&["number of the new extension"]);
    terminal.type_text("150");
    terminal.press(&["Enter"]);
    terminal.wait_for(&["150", "new"]);
    terminal.press(&["S"]);
    terminal.wait_for(&["+", "[extensions.150]"]);
    terminal.press(&["y"]);
    terminal.wait_for(&["not shown again"]);
    eventually("the extension", || {
        daemon.extensions().iter().any(|extension| extension.number == "150").then_some(())
    });
    let after = text(daemon);
    assert!(after.contains("[extensions.150]") && after.contains("# comes on Mondays"), "{after}");
    terminal.escape();
    eventually("the password to be gone", || (!terminal.screen().contains("not shown again")).then_some(()));
}

#[test]
fn settings_on_a_small_terminal() {
    settings_on_a_terminal(80, 24);
}

#[test]
fn settings_on_a_large_terminal() {
    settings_on_a_terminal(200, 60);
}
