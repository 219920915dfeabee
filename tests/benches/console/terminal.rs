//! A program on a terminal of 200 columns and 60 lines, by `script` of util-linux: keys go in, and frames come out with their time.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Where a frame ends.
const END: &[u8] = b"\x1b[?2026l";
/// No frame takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was written up to the end of a frame, and when its last byte was read.
pub(crate) struct Frame {
    pub(crate) at: Instant,
    pub(crate) bytes: Vec<u8>,
}

impl Frame {
    pub(crate) fn has(&self, text: &str) -> bool {
        self.bytes.windows(text.len()).any(|part| part == text.as_bytes())
    }

    /// Where the cursor was put last, if it is shown.
    fn cursor(&self) -> Option<(u16, u16)> {
        let text = String::from_utf8_lossy(&self.bytes);
        let (before, _) = text.rsplit_once("\u{1b}[?25h")?;
        let (place, _) = before.rsplit_once("\u{1b}[")?.1.split_once('H')?;
        let (row, column) = place.split_once(';')?;
        Some((row.parse().ok()?, column.parse().ok()?))
    }

    pub(crate) fn row(&self) -> Option<u16> {
        self.cursor().map(|(row, _)| row)
    }

    pub(crate) fn column(&self) -> Option<u16> {
        self.cursor().map(|(_, column)| column)
    }
}

/// The program and its terminal; both are ended when it is dropped.
pub(crate) struct Screen {
    script: Child,
    keys: ChildStdin,
    frames: Receiver<Frame>,
    written: Arc<AtomicU64>,
    cursor: Option<(u16, u16)>,
}

impl Screen {
    /// Runs a line of the shell.
    pub(crate) fn run(line: &str, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new("script");
        command.args(["-q", "-f", "-c", &format!("stty rows 60 cols 200; {line}"), "/dev/null"]);
        command.envs(environment.iter().copied()).env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR").env_remove("TMUX");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut script = command.spawn().expect("script (Debian: bsdutils)");
        let (keys, mut output) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let written = Arc::new(AtomicU64::new(0));
        let (sender, frames) = channel();
        let counted = written.clone();
        std::thread::spawn(move || read(&mut output, &sender, &counted));
        Self { script, keys, frames, written, cursor: None }
    }

    /// The console at this socket.
    pub(crate) fn console(socket: &Path, words: &[&str]) -> Self {
        let program = env!("CARGO_BIN_EXE_switchroom-under-test");
        let home = socket.parent().unwrap().display().to_string();
        let socket = socket.display().to_string();
        let environment = [("SWITCHROOM_SOCKET", socket.as_str()), ("XDG_CONFIG_HOME", home.as_str())];
        Self::run(&format!("exec '{program}' console {}", words.join(" ")), &environment)
    }

    /// Waits until it has drawn itself and is quiet.
    pub(crate) fn first(&mut self) {
        let first = self.frames.recv_timeout(PATIENCE).expect("a first frame");
        self.see(&first);
        self.frames_for(Duration::from_secs(2));
    }

    /// All frames that come in so long.
    pub(crate) fn frames_for(&mut self, length: Duration) -> Vec<Frame> {
        let end = Instant::now() + length;
        let mut all = Vec::new();
        while let Ok(frame) = self.frames.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.see(&frame);
            all.push(frame);
        }
        all
    }

    /// Takes what has come.
    fn look(&mut self) {
        while let Ok(frame) = self.frames.try_recv() {
            self.see(&frame);
        }
    }

    fn see(&mut self, frame: &Frame) {
        self.cursor = frame.cursor().or(self.cursor);
    }

    /// Keys whose effect is not waited for.
    pub(crate) fn send(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Presses a key; the time until the frame that shows what it did.
    pub(crate) fn press(&mut self, key: &str, is_it: impl Fn(&Frame) -> bool) -> Duration {
        self.look();
        let begin = Instant::now();
        self.send(key);
        while begin.elapsed() < PATIENCE {
            let Ok(frame) = self.frames.recv_timeout(PATIENCE) else { break };
            self.see(&frame);
            if is_it(&frame) {
                return frame.at - begin;
            }
        }
        panic!("no frame shows what the key {key:?} did")
    }

    /// The cursor's line now.
    pub(crate) fn row(&mut self) -> u16 {
        self.look();
        self.cursor.map_or(0, |(row, _)| row)
    }

    /// The cursor's column now.
    pub(crate) fn column(&mut self) -> u16 {
        self.look();
        self.cursor.map_or(0, |(_, column)| column)
    }

    /// Bytes so far.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// The program's memory at most, kilobytes.
    pub(crate) fn memory_kb(&self) -> u64 {
        let script = self.script.id();
        let children = std::fs::read_to_string(format!("/proc/{script}/task/{script}/children")).unwrap();
        let status = std::fs::read_to_string(format!("/proc/{}/status", children.trim())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The terminal goes with it, and the program with the terminal.
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

fn read(output: &mut impl Read, frames: &Sender<Frame>, written: &AtomicU64) {
    let (mut unread, mut buffer) = (Vec::new(), vec![0; 256 * 1024]);
    while let Ok(count) = output.read(&mut buffer) {
        if count == 0 {
            return;
        }
        let at = Instant::now();
        written.fetch_add(count as u64, Ordering::Relaxed);
        unread.extend_from_slice(&buffer[..count]);
        while let Some(place) = unread.windows(END.len()).position(|part| part == END) {
            let rest = unread.split_off(place + END.len());
            let bytes = std::mem::replace(&mut unread, rest);
            if frames.send(Frame { at, bytes }).is_err() {
                return;
            }
        }
    }
}
