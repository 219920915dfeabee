//! Runs a SIPp scenario of `tests/sipp` and reads its figures.

use crate::daemon::{DOMAIN, password};
use crate::process::Running;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Where the scenarios are.
pub fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sipp")
}

/// A run of SIPp.
#[derive(Debug)]
pub struct Sipp {
    dir: tempfile::TempDir,
    running: Running,
    scenario: String,
}

impl Sipp {
    /// Starts a scenario on 127.0.0.1:`port`. It speaks as `extension`, and calls `number` if it calls. Where it describes its
    /// sound by `[audio]`, that is a port of nobody's.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(
        scenario: &str,
        exchange: SocketAddr,
        port: u16,
        extension: &str,
        number: &str,
        more: &[&str],
    ) -> Self {
        Self::start_with(scenario, exchange, port, (extension, number), "6000", more)
    }

    /// The same with a port of its sound.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start_with(
        scenario: &str,
        exchange: SocketAddr,
        port: u16,
        (extension, number): (&str, &str),
        audio: &str,
        more: &[&str],
    ) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let mut sipp = Command::new("sipp");
        sipp.arg(exchange.to_string())
            .arg("-sf")
            .arg(scenarios().join(format!("{scenario}.xml")))
            .args(["-i", "127.0.0.1", "-p", &port.to_string(), "-mi", "127.0.0.1"])
            .args(["-s", number, "-au", extension, "-ap", &password(extension)])
            // What is hashed must be what is asked for; SIPp would take the exchange's address.
            .args(["-auth_uri", &format!("{number}@{DOMAIN}")])
            .args(["-key", "me", extension, "-key", "domain", DOMAIN, "-key", "audio", audio])
            .args(["-trace_err", "-error_file", "errors.log", "-trace_stat", "-stf", "stat.csv", "-fd", "1"])
            .args(["-nostdin"])
            .args(more)
            .env("TERM", "dumb")
            .current_dir(dir.path());
        let running = Running::start(&mut sipp, &dir.path().join("screen.log"));
        Self { dir, running, scenario: scenario.to_owned() }
    }

    /// Waits until it has ended and demands that every call went as written.
    ///
    /// # Panics
    /// If one did not, or it does not end in time.
    pub fn succeed(mut self, patience: Duration) {
        let status = self.running.wait(patience);
        assert!(status.success(), "sipp {} ended with {status}\n{}", self.scenario, self.errors());
    }

    /// Waits until it has ended; whether every call went as written.
    ///
    /// # Panics
    /// If it does not end in time.
    pub fn wait(&mut self, patience: Duration) -> bool {
        self.running.wait(patience).success()
    }

    /// What went wrong, in SIPp's words.
    pub fn errors(&self) -> String {
        let text = std::fs::read_to_string(self.dir.path().join("errors.log")).unwrap_or_default();
        text.chars().take(6000).collect()
    }

    /// The folder with its files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A figure of the last line of its statistics, by the name of its column.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn figure(&self, column: &str) -> u64 {
        let text = std::fs::read_to_string(self.dir.path().join("stat.csv")).unwrap_or_default();
        let mut lines = text.lines();
        let head = lines.next().unwrap_or_default();
        let at = head
            .split(';')
            .position(|name| name == column)
            .unwrap_or_else(|| panic!("no column {column}: {head}"));
        let last = lines.last().unwrap_or_default();
        last.split(';').nth(at).and_then(|n| n.parse().ok()).unwrap_or(0)
    }

    /// The measured times of all calls, milliseconds, sorted. Needs `-trace_rtt`.
    pub fn times_ms(&self) -> Vec<f64> {
        let files = std::fs::read_dir(self.dir.path()).into_iter().flatten().flatten().map(|f| f.path());
        let mut times: Vec<f64> = files
            .filter(|f| f.to_string_lossy().ends_with("_rtt.csv"))
            .filter_map(|f| std::fs::read_to_string(f).ok())
            .flat_map(|text| {
                text.lines().filter_map(|line| line.split(';').nth(1)?.parse().ok()).collect::<Vec<f64>>()
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times
    }
}
