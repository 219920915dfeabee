//! A program on a terminal of its own, by tmux: keys go in, and what stands on the screen comes out.

use crate::process::poll;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long a screen may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// By then what was pressed is drawn.
const DRAWN: Duration = Duration::from_millis(300);

/// Longest for which a key that moves something is waited for: at an end nothing moves.
const FRAME_MAX: Duration = Duration::from_secs(2);

/// A terminal; its server is ended when it is dropped.
#[derive(Debug)]
pub struct Terminal {
    server: String,
}

impl Terminal {
    /// Runs a program on a terminal of that many columns and lines.
    ///
    /// # Panics
    /// If tmux does not start.
    pub fn start(program: &[String], columns: u16, lines: u16) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let turn = STARTED.fetch_add(1, Ordering::Relaxed);
        let this = Self { server: format!("switchroom-test-{}-{turn}", std::process::id()) };
        let quoted: Vec<String> =
            program.iter().map(|part| format!("'{}'", part.replace('\'', r"'\''"))).collect();
        let (columns, lines) = (columns.to_string(), lines.to_string());
        // A shell stays around the program: tmux sends on at once whom it started itself and somebody stops.
        let line = format!("{}; true", quoted.join(" "));
        let words = ["-f", "/dev/null", "-u", "new-session", "-d", "-x", &columns, "-y", &lines, &line];
        let started = this.tmux(&words);
        assert!(started.status.success(), "tmux: {}", String::from_utf8_lossy(&started.stderr));
        this
    }

    fn tmux(&self, words: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8").arg("-L").arg(&self.server);
        command.args(words).output().expect("tmux runs")
    }

    /// Presses keys, as tmux names them.
    ///
    /// # Panics
    /// If tmux does not take them.
    pub fn press(&self, keys: &[&str]) {
        let words: Vec<&str> = ["send-keys"].into_iter().chain(keys.iter().copied()).collect();
        let sent = self.tmux(&words);
        assert!(sent.status.success(), "tmux: {keys:?}: {}", String::from_utf8_lossy(&sent.stderr));
    }

    /// Types a text.
    ///
    /// # Panics
    /// If tmux does not take it.
    pub fn type_text(&self, text: &str) {
        self.press(&["-l", "--", text]);
    }

    /// Presses escape, and nothing else for a moment: with a key right behind it, it would be another key.
    ///
    /// # Panics
    /// If tmux does not take it.
    pub fn escape(&self) {
        self.press(&["Escape"]);
        std::thread::sleep(DRAWN);
    }

    /// Presses a key until a line is as it shall be, as it is when what was pressed before is drawn.
    ///
    /// # Panics
    /// If it does not come, with what is shown.
    #[track_caller]
    pub fn press_until(&self, key: &str, is_it: impl Fn(&str) -> bool) {
        let found = poll(PATIENCE, || {
            std::thread::sleep(DRAWN);
            let before = self.screen();
            let is_there = before.lines().any(&is_it);
            if !is_there {
                self.press(&[key]);
                // A slow frame must not be passed over by the next press.
                poll(FRAME_MAX, || (self.screen() != before).then_some(()));
            }
            is_there.then_some(())
        });
        assert!(found.is_some(), "{key} does not lead there:\n{}", self.screen());
    }

    /// The program's process id.
    ///
    /// # Panics
    /// If tmux does not tell.
    pub fn pid(&self) -> u32 {
        let told = self.tmux(&["display-message", "-p", "#{pane_pid}"]);
        let shell = String::from_utf8_lossy(&told.stdout).trim().to_owned();
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
        let children = children.expect("the program of the shell");
        children.split_whitespace().next().and_then(|pid| pid.parse().ok()).expect("a process id")
    }

    /// What stands on the screen.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// Waits until the screen has a line with all these words, and gives it.
    ///
    /// # Panics
    /// If it has none in time, with what it shows.
    #[track_caller]
    pub fn wait_for(&self, words: &[&str]) -> String {
        let mut screen = String::new();
        let found = poll(PATIENCE, || {
            screen = self.screen();
            screen.lines().find(|line| words.iter().all(|word| line.contains(word))).map(str::to_owned)
        });
        let Some(line) = found else { panic!("not in {PATIENCE:?}: {words:?} on the screen:\n{screen}") };
        line
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
        let folder = std::env::var_os("TMUX_TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
        let user = rustix::process::getuid().as_raw();
        // What tmux leaves behind of a server that has ended.
        let _ = std::fs::remove_file(folder.join(format!("tmux-{user}")).join(&self.server));
    }
}
