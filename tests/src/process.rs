//! Programs that are started and surely ended, ports that nobody else has, patience.

pub use rustix::process::Signal;
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Whether tests run where nothing may be skipped.
pub fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|v| !v.is_empty() && v != "false" && v != "0")
}

/// Whether a program is installed. In CI it must be.
///
/// # Panics
/// In CI, if it is not.
pub fn has_program(name: &str, debian_package: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&paths).any(|dir| dir.join(name).is_file()) {
        return true;
    }
    assert!(
        !is_ci(),
        "{name} is not installed and nothing may be skipped here: apt-get install {debian_package}"
    );
    eprintln!("skipped: {name} is not installed (Debian package {debian_package})");
    false
}

/// A running program; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    name: String,
}

impl Running {
    /// Starts a program without input, both its outputs in one file.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let file = std::fs::File::options().create(true).append(true).open(log).expect("a log file");
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        Self { child, name }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with SIGKILL, as kill -9 does, and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end with SIGTERM.
    ///
    /// # Panics
    /// If it has ended already.
    pub fn terminate(&self) {
        signal(self.pid(), Signal::TERM);
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// If it does not within `patience`.
    pub fn wait(&mut self, patience: Duration) -> ExitStatus {
        let until = Instant::now() + patience;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(Instant::now() < until, "{} did not end within {patience:?}", self.name);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal to a process.
///
/// # Panics
/// If there is none of that id.
pub fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
    rustix::process::kill_process(pid, signal).expect("a signal");
}

/// Tries until something is there. Tests wait for things, never for time: the patience is only for what is broken.
///
/// # Panics
/// If it does not come within twenty seconds.
#[track_caller]
pub fn eventually<T>(what: &str, attempt: impl FnMut() -> Option<T>) -> T {
    within(Duration::from_secs(20), what, attempt)
}

/// As [`eventually`], with a patience of one's own.
///
/// # Panics
/// If it does not come in time.
#[track_caller]
pub fn within<T>(patience: Duration, what: &str, attempt: impl FnMut() -> Option<T>) -> T {
    let Some(it) = poll(patience, attempt) else { panic!("{what}: not within {patience:?}") };
    it
}

/// What comes within a time, asked for again and again.
pub fn poll<T>(patience: Duration, mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    let until = Instant::now() + patience;
    loop {
        let it = attempt();
        if it.is_some() || Instant::now() >= until {
            return it;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Who runs these tests, as the system names that user.
///
/// # Panics
/// If it does not tell.
pub fn user() -> String {
    let said = Command::new("id").arg("-un").output().expect("who this is");
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}

/// Ports below those of demos and those that the system hands out by itself, so that nobody gets ours by chance.
const FIRST: u32 = 10_000;
const COUNT: u32 = 11_000;
static TAKEN: AtomicU32 = AtomicU32::new(0);

/// So many neighbouring ports, the first one even, free for UDP and TCP on 127.0.0.1. Never given twice by one process.
///
/// # Panics
/// If there are none.
pub fn ports(count: u16) -> u16 {
    let count = u32::from(count).next_multiple_of(2);
    // Two test programs at once begin at different places.
    let begin = (std::process::id() % 11) * 1_000;
    for _ in 0..200 {
        let offset = TAKEN.fetch_add(count, Ordering::Relaxed);
        let at = (begin + offset) % COUNT;
        if at + count > COUNT {
            // Across the end: the next ones begin at the front, and nobody gets a part of these.
            continue;
        }
        let first = u16::try_from(FIRST + at).expect("a port");
        let all = first..first + u16::try_from(count).expect("few ports");
        let is_free = |port: &u16| {
            UdpSocket::bind(("127.0.0.1", *port)).is_ok() && TcpListener::bind(("127.0.0.1", *port)).is_ok()
        };
        if all.clone().all(|port| is_free(&port)) {
            return first;
        }
    }
    panic!("no {count} free ports");
}
