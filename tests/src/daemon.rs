//! The real program, run in a folder of its own on free ports, asked over its control socket.

use crate::audio::read_wav;
use crate::process::{Running, eventually, ports, within};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Output};
use std::time::{Duration, Instant};
use switchroom_console::Client;
use switchroom_sip::digest::{Algorithm, ha1};
use switchroom_wire::{
    AlarmView, Answer, BindingView, CallView, CdrView, Command, EventView, ExtensionView, RecordingView,
    ServerLine, SystemView,
};

/// SIP domain of every daemon here.
pub const DOMAIN: &str = "test.example";

/// How long a daemon may take to answer after its start. What it takes is reported, not asserted.
const START_PATIENCE: Duration = Duration::from_secs(20);

/// The password of an extension here.
pub fn password(extension: &str) -> String {
    format!("secret-{extension}")
}

/// A daemon to be started.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The program and what goes before its own arguments.
    pub program: Vec<String>,
    /// Extensions.
    pub extensions: Vec<String>,
    /// Whether the daemon knows digests of MD5 only. It must for SIPp 3.6 and baresip 1.0: both give up at a challenge
    /// of SHA-256, even when one of MD5 stands beside it.
    pub md5_only: bool,
    /// Whether answered calls are recorded.
    pub record: bool,
    /// Most calls at once.
    pub calls_max: u32,
    /// RTP port pairs.
    pub rtp_pairs: u16,
    /// More lines for the table `[sip]`.
    pub sip: String,
    /// More lines for the table `[media]`.
    pub media: String,
    /// More tables.
    pub more: String,
    /// Folders and files that lie beside the configuration: where from, and their name there.
    pub beside: Vec<(PathBuf, String)>,
    /// Files that are written beside the configuration: name and text.
    pub files: Vec<(String, String)>,
    /// Another folder for recordings than the one beside the configuration.
    pub recordings: Option<PathBuf>,
    /// Another folder for the store.
    pub data: Option<PathBuf>,
    /// The largest file that the daemon may write, in kilobytes (`ulimit -f`).
    pub file_kb_max: Option<u32>,
    /// More lines for the table `[recording]`.
    pub recording_more: String,
}

impl Setup {
    /// Extensions 101 to 104, nothing recorded, no keep-alives that would disturb scripts.
    pub fn new(program: &[&str]) -> Self {
        Self {
            program: program.iter().map(|s| (*s).to_owned()).collect(),
            extensions: (101..=104).map(|n| n.to_string()).collect(),
            md5_only: false,
            record: false,
            calls_max: 200,
            rtp_pairs: 40,
            sip: "keep_alive = \"0s\"\n".to_owned(),
            media: String::new(),
            more: String::new(),
            beside: Vec::new(),
            files: Vec::new(),
            recordings: None,
            data: None,
            file_kb_max: None,
            recording_more: String::new(),
        }
    }

    /// The same with calls recorded.
    #[must_use]
    pub fn recording(mut self) -> Self {
        self.record = true;
        self
    }

    /// The same for phones that know nothing but MD5.
    #[must_use]
    pub fn md5_only(mut self) -> Self {
        self.md5_only = true;
        self
    }

    /// The same with a file of that name and text beside the configuration.
    #[must_use]
    pub fn with_file(mut self, name: &str, text: &str) -> Self {
        self.files.push((name.to_owned(), text.to_owned()));
        self
    }

    fn write(&self, dir: &Path, sip: SocketAddr, rtp: u16) -> PathBuf {
        let last = rtp + self.rtp_pairs * 2 - 1;
        let folder = |own: &Option<PathBuf>, usual: &str| own.clone().unwrap_or_else(|| dir.join(usual));
        let mut text = format!(
            "[site]\nname = \"Test\"\ndomain = \"{DOMAIN}\"\n\n[sip]\nlisten = [\"udp {sip}\", \"tcp {sip}\"]\n\
             calls_max = {}\ncalls_per_extension = {}\n{}\n[media]\nports = \"{rtp}-{last}\"\n{}\n[recording]\nrule = \"{}\"\ndir = {:?}\n{}\n\
             [store]\ndir = {:?}\n\n[control]\nsocket = {:?}\n\n[stop]\ndrain = \"0s\"\n",
            self.calls_max,
            self.calls_max,
            self.sip,
            self.media,
            if self.record { "always" } else { "never" },
            folder(&self.recordings, "recordings"),
            self.recording_more,
            folder(&self.data, "data"),
            dir.join("control.sock"),
        );
        for number in &self.extensions {
            let secret = password(number);
            let digest = |algorithm| ha1(algorithm, number, DOMAIN, &secret);
            let _ = write!(
                text,
                "\n[extensions.{number}]\nname = \"Phone {number}\"\ndigest_md5 = \"{}\"\n",
                digest(Algorithm::Md5),
            );
            if !self.md5_only {
                let _ = writeln!(text, "digest_sha256 = \"{}\"", digest(Algorithm::Sha256));
            }
        }
        text.push('\n');
        text.push_str(&self.more);
        for (from, to) in &self.beside {
            copy(from, &dir.join(to));
        }
        for (name, text) in &self.files {
            let file = dir.join(name);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            std::fs::write(file, text).expect("a file");
        }
        let file = dir.join("switchroom.toml");
        std::fs::write(&file, text).expect("a configuration");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("its rights");
        file
    }
}

/// Copies a file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        std::fs::copy(from, to).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
        return;
    }
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

/// A running daemon; killed when dropped, its log shown if a test failed.
#[derive(Debug)]
pub struct Daemon {
    dir: tempfile::TempDir,
    config: PathBuf,
    setup: Setup,
    running: Running,
    /// Where phones reach it, by UDP and TCP.
    pub sip: SocketAddr,
    /// Its first RTP port.
    pub rtp: u16,
}

impl Daemon {
    /// Starts a daemon and waits until it answers.
    ///
    /// # Panics
    /// If it does not.
    pub fn start(setup: Setup) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let sip = SocketAddr::from((Ipv4Addr::LOCALHOST, ports(2)));
        let rtp = ports(setup.rtp_pairs * 2);
        let config = setup.write(dir.path(), sip, rtp);
        let running = launch(&setup, &config, dir.path());
        let mut this = Self { dir, config, setup, running, sip, rtp };
        this.wait_until_it_answers();
        this
    }

    fn wait_until_it_answers(&mut self) {
        let running = &mut self.running;
        let (socket, log) = (self.dir.path().join("control.sock"), self.dir.path().join("daemon.log"));
        within(START_PATIENCE, "the daemon answers", || {
            if let Some(status) = running.ended() {
                panic!("the daemon ended: {status}\n{}", std::fs::read_to_string(&log).unwrap_or_default());
            }
            match Client::connect(&socket, None).ok()?.command(Command::Status).ok()? {
                Answer::Status(status) if !status.listen.is_empty() => Some(()),
                _ => None,
            }
        });
    }

    /// Kills it as a crash does: no time for anything.
    pub fn kill(&mut self) {
        self.running.kill();
    }

    /// Starts it again in the same folder; how long it took until it answered.
    ///
    /// # Panics
    /// If it does not come up.
    pub fn start_again(&mut self) -> Duration {
        let begin = Instant::now();
        self.running = launch(&self.setup, &self.config, self.dir.path());
        self.wait_until_it_answers();
        begin.elapsed()
    }

    /// Asks it to stop with SIGTERM and waits until it has.
    ///
    /// # Panics
    /// If it does not, or not cleanly.
    pub fn stop(&mut self) {
        self.running.terminate();
        let status = self.running.wait(Duration::from_secs(20));
        assert!(status.success(), "the daemon ended with {status}\n{}", self.log());
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        self.running.ended().is_none()
    }

    /// Gives one command.
    ///
    /// # Panics
    /// If there is no answer, or a refusal.
    pub fn ask(&self, command: Command) -> Answer {
        self.try_ask(command.clone()).unwrap_or_else(|e| panic!("{command:?}: {e}"))
    }

    /// Gives one command; an error in words if it is not done.
    ///
    /// # Errors
    /// What the daemon or the connection said.
    pub fn try_ask(&self, command: Command) -> Result<Answer, String> {
        let mut client = Client::connect(&self.socket(), None).map_err(|e| e.to_string())?;
        client.command(command).map_err(|e| e.to_string())
    }

    /// Its figures.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn status(&self) -> SystemView {
        match self.ask(Command::Status) {
            Answer::Status(status) => *status,
            other => panic!("{other:?}"),
        }
    }

    /// The calls on its board.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn calls(&self) -> Vec<CallView> {
        match self.ask(Command::Calls) {
            Answer::Calls(calls) => calls,
            other => panic!("{other:?}"),
        }
    }

    /// Finished calls, newest first.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn cdrs(&self) -> Vec<CdrView> {
        match self.ask(Command::Cdrs { limit: 1000, before_ms: None, party: None }) {
            Answer::Cdrs(cdrs) => cdrs,
            other => panic!("{other:?}"),
        }
    }

    /// All finished calls there are, newest first, asked for page by page.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn all_cdrs(&self) -> Vec<CdrView> {
        let (mut all, mut seen) = (Vec::<CdrView>::new(), std::collections::BTreeSet::new());
        loop {
            // Calls may end in the same millisecond: the page begins with those already seen.
            let before_ms = all.last().map(|c| c.ended.at_ms + 1);
            let Answer::Cdrs(page) = self.ask(Command::Cdrs { limit: 1000, before_ms, party: None }) else {
                return all;
            };
            let count = all.len();
            all.extend(page.into_iter().filter(|c| seen.insert(c.id.clone())));
            if all.len() == count {
                return all;
            }
        }
    }

    /// The journal's events, newest last.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn events(&self) -> Vec<EventView> {
        match self.ask(Command::Events { limit: 1000, call: None, after_ms: None }) {
            Answer::Events(events) => events,
            other => panic!("{other:?}"),
        }
    }

    /// Extensions and their registrations.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn extensions(&self) -> Vec<ExtensionView> {
        match self.ask(Command::Extensions) {
            Answer::Extensions(extensions) => extensions,
            other => panic!("{other:?}"),
        }
    }

    /// Where an extension is registered.
    ///
    /// # Panics
    /// If the daemon does not answer.
    pub fn bindings(&self, extension: &str) -> Vec<BindingView> {
        let one = self.extensions().into_iter().find(|e| e.number == extension);
        one.map(|one| one.bindings).unwrap_or_default()
    }

    /// Waits until an extension is registered, and gives where.
    ///
    /// # Panics
    /// If it is not in time.
    pub fn wait_for_binding(&self, extension: &str) -> Vec<BindingView> {
        self.wait_for_another_binding(extension, &[])
    }

    /// Waits until an extension is registered elsewhere than it was before, by a phone that was started since.
    ///
    /// # Panics
    /// If it is not in time.
    pub fn wait_for_another_binding(&self, extension: &str, before: &[BindingView]) -> Vec<BindingView> {
        let is_new = |one: &BindingView| before.iter().all(|old| old.contact != one.contact);
        eventually(&format!("the registration of {extension}"), || {
            Some(self.bindings(extension)).filter(|bindings| bindings.iter().any(is_new))
        })
    }

    /// Recordings, newest first.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn recordings(&self) -> Vec<RecordingView> {
        match self.ask(Command::Recordings { limit: 1000, party: None }) {
            Answer::Recordings(recordings) => recordings,
            other => panic!("{other:?}"),
        }
    }

    /// The recording of a call once its file is closed, and the rate and the channels of that file.
    ///
    /// # Panics
    /// If it is not closed in time, or cannot be read.
    pub fn closed_recording(&self, call: &str) -> (RecordingView, u32, Vec<Vec<i16>>) {
        let view = eventually("the closed recording", || {
            self.recordings().into_iter().find(|r| r.id == call && !r.sha256.is_empty())
        });
        let (rate, channels) = read_wav(&self.recordings_dir().join(&view.file));
        (view, rate, channels)
    }

    /// What is wrong now, as the console is told.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn alarms(&self) -> Vec<AlarmView> {
        let mut client = Client::subscribe(&self.socket(), None).expect("a console's connection");
        loop {
            if let ServerLine::Snapshot { board, .. } = client.next_line().expect("a board") {
                return board.alarms.into_values().collect();
            }
        }
    }

    /// Runs the program with these arguments, knowing where the daemon is.
    ///
    /// # Panics
    /// If it cannot be run.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut program = Program::new(&self.setup.program[0]);
        program.args(&self.setup.program[1..]).args(arguments);
        program.env("SWITCHROOM_SOCKET", self.socket()).env("XDG_CONFIG_HOME", self.dir.path());
        program.env("LANG", "C.UTF-8").current_dir(self.dir.path()).output().expect("the program")
    }

    /// Its control socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("control.sock")
    }

    /// Where its recordings are.
    pub fn recordings_dir(&self) -> PathBuf {
        self.setup.recordings.clone().unwrap_or_else(|| self.dir.path().join("recordings"))
    }

    /// Its own folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What it wrote to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("daemon.log")).unwrap_or_default()
    }

    /// Processor time it has used so far.
    ///
    /// # Panics
    /// If the system does not tell.
    pub fn cpu(&self) -> Duration {
        let text =
            std::fs::read_to_string(format!("/proc/{}/stat", self.running.pid())).expect("its figures");
        let after = text.rsplit_once(')').expect("a name in brackets").1;
        // Fields 14 and 15 of proc(5), counted from the third: user and system time in ticks, 100 a second.
        let ticks: u64 =
            after.split_whitespace().skip(11).take(2).map(|n| n.parse::<u64>().expect("a number")).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Memory it holds, kilobytes.
    ///
    /// # Panics
    /// If the system does not tell.
    pub fn memory_kb(&self) -> u64 {
        let text =
            std::fs::read_to_string(format!("/proc/{}/status", self.running.pid())).expect("its figures");
        let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let start = log.len().saturating_sub(4000);
            eprintln!("--- the daemon's log ends with ---\n{}", log.get(start..).unwrap_or(&log));
        }
    }
}

fn launch(setup: &Setup, config: &Path, dir: &Path) -> Running {
    let mut words: Vec<String> = setup.program.clone();
    words.extend(["serve".into(), "--config".into(), config.to_string_lossy().into_owned()]);
    let mut program = match setup.file_kb_max {
        // The shell sets the limit and becomes the daemon, which then has the shell's process id.
        Some(kb) => {
            let mut shell = Program::new("bash");
            shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {kb}; exec \"$@\""), "bash"]).args(&words);
            shell
        }
        None => {
            let mut program = Program::new(&words[0]);
            program.args(&words[1..]);
            program
        }
    };
    program.env_remove("SWITCHROOM_SOCKET").env("SWITCHROOM_LOG", "info").current_dir(dir);
    Running::start(&mut program, &dir.join("daemon.log"))
}
