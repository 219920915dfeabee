//! The demo as who tries it first sees it: every screen by its key, a call that is listened to, an agent sent on a break.
//! It is one program with phones of its own, so nothing but a terminal is needed.

use crate::setup;
use std::path::PathBuf;
use switchroom_console::Client;
use switchroom_tests::process::{eventually, has_program};
use switchroom_tests::terminal::Terminal;
use switchroom_wire::{AgentView, Answer, CallState, CallView, Command, SupervisionMode};

/// A demo on a terminal, in a folder of its own.
struct Demo {
    terminal: Terminal,
    dir: tempfile::TempDir,
}

impl Demo {
    fn start(columns: u16, lines: u16) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = |name: &str| format!("{name}={}", dir.path().display());
        // The terminal stays when the demo has ended, to be read.
        let script = "\"$@\"; echo \"it ended with $?\"; sleep 60";
        let mut line = ["sh", "-c", script, "sh"].map(str::to_owned).to_vec();
        line.extend([
            "env".to_owned(),
            folder("TMPDIR"),
            folder("XDG_CONFIG_HOME"),
            "LANG=C.UTF-8".to_owned(),
        ]);
        line.extend(setup().program);
        line.extend(["demo", "--calls-per-min", "20"].map(str::to_owned));
        Self { terminal: Terminal::start(&line, columns, lines), dir }
    }

    /// The socket of its exchange, once there is one.
    fn socket(&self) -> PathBuf {
        // A demo that found its port taken between two looks has begun anew, in another folder.
        let answers = |path: PathBuf| {
            let socket = path.join("control.sock");
            Client::connect(&socket, None).is_ok().then_some(socket)
        };
        eventually("the demo's control socket", || {
            let entries = std::fs::read_dir(self.dir.path()).ok()?.flatten();
            entries.map(|entry| entry.path()).find_map(answers)
        })
    }

    fn ask(&self, command: Command) -> Answer {
        let mut client = Client::connect(&self.socket(), None).expect("the demo");
        client.command(command.clone()).unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    fn calls(&self) -> Vec<CallView> {
        match self.ask(Command::Calls) {
            Answer::Calls(calls) => calls,
            other => panic!("{other:?}"),
        }
    }

    fn agent(&self, number: &str) -> AgentView {
        match self.ask(Command::Agents) {
            Answer::Agents(agents) => agents.into_iter().find(|agent| agent.number == number).expect("it"),
            other => panic!("{other:?}"),
        }
    }

    /// Whoever sits there goes home, once no call of a queue needs the phone any more.
    fn signs_out(&self, number: &str) {
        let (agent, presence) = (number.to_owned(), "logged_out".to_owned());
        self.ask(Command::AgentPresence { agent, presence, reason: None, extension: None });
        eventually(&format!("agent {number} to be gone"), || {
            let agent = self.agent(number);
            (agent.presence == "logged_out" && agent.activity == "idle").then_some(())
        });
    }
}

/// Presses the keys of a screen, and waits for its tab and for lines that no other screen has.
#[track_caller]
fn opens(terminal: &Terminal, keys: &[&str], tab: &str, lines: &[&[&str]]) {
    terminal.press(keys);
    terminal.wait_for(&[tab]);
    for words in lines {
        terminal.wait_for(words);
    }
}

/// Looks for something in the list that is open.
fn filter(terminal: &Terminal, text: &str) {
    terminal.press(&["/"]);
    terminal.type_text(text);
    terminal.press(&["Enter"]);
}

fn every_screen_of_the_demo(columns: u16, lines: u16) {
    if !has_program("tmux", "tmux") {
        return;
    }
    let demo = Demo::start(columns, lines);
    let terminal = &demo.terminal;
    // Somebody talks, and somebody who called a queue was answered.
    terminal.wait_for(&["TALK", "rec"]);
    terminal.wait_for(&["410"]);
    for (keys, tab, shown) in SCREENS {
        opens(terminal, keys, tab, shown);
    }
    the_lists_open_what_is_selected(terminal);
    terminal.press(&["C-c"]);
    // Its phones hang up and sign off, and the terminal is given back.
    terminal.wait_for(&["ending", "calls and registrations"]);
    terminal.wait_for(&["it ended with 0"]);
}

type Opened = (&'static [&'static str], &'static str, &'static [&'static [&'static str]]);

/// Keys, the tab that is open then, and what stands nowhere else: with the queues, agents, flows and phones of the demo.
const SCREENS: &[Opened] = &[
    (&["1"], "[1 Wall]", &[&["Sales"], &["Support"], &["goal 80% in 0:20"], &["ON CALLS"], &["CHECK"]]),
    (&["2"], "[2 Queues]", &[&["LONGEST", "FREE/IN"], &["support", "/4"], &["order:", "in time: 0:20"]]),
    (&["Enter"], "[2 Queues]", &[&["PLACE"]]),
    (&["3"], "[3 Agents]", &[&["AGENT", "STATE", "REASON"], &["2005 Eve"], &["2007 Gus", "OUT"]]),
    (&["4"], "[4 Calls]", &[&["ID", "STATE", "FLAGS"], &["TALK", "rec"], &["began"]]),
    (&["6"], "[6 Recs]", &[&["WHEN", "SIZE"], &["marks", "answered", "end"], &["8 kHz stereo", "sha256"]]),
    (
        &["7"],
        "[7 Reports]",
        &[&["[Queues]", "whole day"], &["sales", "100%"], &["in time", "of all who came"]],
    ),
    (&["]"], "[7 Reports]", &[&["[Agents]"], &["2001 Ada"]]),
    (&["]"], "[7 Reports]", &[&["[Calls]"], &["OUTCOME"]]),
    (&["]"], "[7 Reports]", &[&["[Outcomes]"], &["SHARE"]]),
    (&["8"], "[8 Log]", &[&["TIME", "KIND", "WHAT"], &["recording of", "kept"]]),
    (&["9"], "[9 Lines]", &[&["EXT", "EXPIRES", "PING"], &["101", "Ana", "127.0.0.1:"]]),
    (&["0"], "[0 Settings]", &[&["[extensions]", "roles"], &["password is set"], &["voicemail", "(false)"]]),
    (&["]"], "[0 Settings]", &[&["[agents]"], &["extension", "301"], &["2007", "Gus"]]),
    (&["m"], "[m Missed]", &[&["LONGEST", "CLAIMED BY"]]),
    (&["g", "d"], "[gd Desk]", &[&["which phone is yours is not known"]]),
    (
        &["5"],
        "[5 Flows]",
        &[&["NODE", "CHECK", "DOES"], &["agents", "ok"], &["flows/agents.toml", "version 1"]],
    ),
];

/// A node of a flow, a phone that nobody has put to use yet, the messages of a call.
fn the_lists_open_what_is_selected(terminal: &Terminal) {
    filter(terminal, "flow:office");
    terminal.press(&["Home"]);
    terminal.wait_for(&[">", "office", "Office"]);
    terminal.wait_for(&["main", "menu @example/office/menu"]);
    terminal.press(&["Enter"]);
    terminal.wait_for(&["The main number of an office"]);
    terminal.escape();
    terminal.escape();
    terminal.press(&["9"]);
    filter(terminal, "2001");
    terminal.wait_for(&["2001", "You (password"]);
    terminal.escape();
    terminal.press(&["4"]);
    filter(terminal, "state:talk");
    terminal.wait_for(&[">", "TALK"]);
    terminal.press(&["Enter"]);
    terminal.wait_for(&["[Ladder]"]);
    terminal.press(&["Home"]);
    terminal.wait_for(&["INVITE"]);
    terminal.press(&["]"]);
    terminal.wait_for(&["[Media]"]);
    terminal.press(&["]"]);
    terminal.wait_for(&["[Path]"]);
    terminal.wait_for(&["recording begins"]);
    terminal.press(&["]"]);
    terminal.wait_for(&["[Events]"]);
}

fn a_supervisor_at_the_demo(columns: u16, lines: u16) {
    if !has_program("tmux", "tmux") {
        return;
    }
    let demo = Demo::start(columns, lines);
    let terminal = &demo.terminal;
    terminal.wait_for(&["18 of 19 lines reachable"]);

    // Whose phone is always busy, so that no call comes between.
    terminal.press(&["3"]);
    terminal.press_until("j", |line| line.starts_with('>') && line.contains("2004 Dan"));
    terminal.press(&["P"]);
    terminal.wait_for(&["Break for 2004 Dan"]);
    terminal.type_text("training");
    terminal.press(&["Enter"]);
    terminal.wait_for(&["2004 Dan", "BREAK", "training"]);
    let agent = demo.agent("2004");
    assert_eq!((agent.presence.as_str(), agent.reason.as_str()), ("break", "training"));
    terminal.press(&["I"]);
    eventually("the agent at work", || (demo.agent("2004").presence == "ready").then_some(()));

    // Three phones of the demo that are for us alone: they answer whoever rings them, and hang up some time later.
    ["2002", "2005", "2006"].into_iter().for_each(|agent| demo.signs_out(agent));
    demo.ask(Command::Dial { from: "302".into(), to: "306".into() });
    terminal.press(&["4"]);
    filter(terminal, "306");
    let ours = |call: &CallView| call.from.number == "302" && call.state == CallState::Talking;
    let id = eventually("the call", || demo.calls().into_iter().find(ours).map(|call| call.id));
    terminal.wait_for(&[">", "TALK", "302", "306"]);
    let is_in = |mode: SupervisionMode, heard_by: usize| {
        eventually(&format!("{mode:?}, heard by {heard_by}"), || {
            let calls = demo.calls();
            let at = &calls.iter().find(|call| call.id == id)?.supervisors;
            // While the phone rings nobody is heard yet, and nothing can be said.
            let answered =
                calls.iter().find(|call| call.state == CallState::Service && call.supervision.is_some())?;
            let own = answered.supervision.as_ref()?;
            (at.len() == 1 && at[0].mode == mode && own.heard_by.len() == heard_by).then_some(())
        });
    };
    terminal.press(&["L"]);
    terminal.wait_for(&["at which extension"]);
    terminal.type_text("305");
    terminal.press(&["Enter"]);
    terminal.wait_for(&["[LISTEN]", "nobody hears you", "phone 305"]);
    is_in(SupervisionMode::Listen, 0);
    eventually("the answer on the screen", || (!terminal.screen().contains("305 rings")).then_some(()));
    terminal.press(&["W"]);
    terminal.wait_for(&["[WHISPER]", "hears you"]);
    is_in(SupervisionMode::Whisper, 1);
    terminal.press(&["B"]);
    terminal.wait_for(&["[ON AIR]", "hear you"]);
    is_in(SupervisionMode::Barge, 2);
    terminal.press(&["Escape"]);
    eventually("the line that goes", || (!terminal.screen().contains("[ON AIR]")).then_some(()));
    let left = demo.calls().into_iter().find(|call| call.id == id).expect("the call");
    assert_eq!(left.supervisors.len(), 0);
    let ended = left.ended.map(|ended| ended.cause);
    assert!(ended.as_deref().is_none_or(|cause| cause == "hung_up"), "they talk on until they have said all");
    terminal.press(&["C-c"]);
}

#[test]
fn every_screen_on_a_small_terminal() {
    every_screen_of_the_demo(80, 24);
}

#[test]
fn every_screen_on_a_large_terminal() {
    every_screen_of_the_demo(200, 60);
}

#[test]
fn a_supervisor_on_a_small_terminal() {
    a_supervisor_at_the_demo(80, 24);
}

#[test]
fn a_supervisor_on_a_large_terminal() {
    a_supervisor_at_the_demo(200, 60);
}
