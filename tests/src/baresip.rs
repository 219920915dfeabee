//! A real softphone: baresip, with a folder of its own, driven over its control port.

use crate::audio::{read_wav, tone, write_wav};
use crate::daemon::{DOMAIN, Daemon, password};
use crate::process::{Running, eventually, ports};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const MODULES: &str = "/usr/lib/baresip/modules";

/// Parameter of an account whose phone rings until it is told to accept.
pub const MANUAL: &str = ";answermode=manual";

/// A running baresip.
#[derive(Debug)]
pub struct Baresip {
    dir: tempfile::TempDir,
    _running: Running,
    /// Where it listens for SIP.
    pub sip: SocketAddr,
    control: TcpStream,
    unread: Vec<u8>,
    /// What it told so far.
    pub events: Vec<Value>,
    token: u64,
}

/// What a file holds on its first channel, at the rate at which tones are looked for.
fn at_8_khz((rate, mut channels): (u32, Vec<Vec<i16>>)) -> Vec<i16> {
    let step = (rate / 8_000).max(1) as usize;
    channels.swap_remove(0).into_iter().step_by(step).collect()
}

/// Where Debian's modules are: in the folder of the architecture or not, by release.
fn modules() -> PathBuf {
    let plain = PathBuf::from(MODULES);
    if plain.is_dir() {
        return plain;
    }
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|d| d.path().join("baresip/modules")).find(|d| d.is_dir()).unwrap_or(plain)
}

impl Baresip {
    /// Starts one that registers as `extension`, answers every call at once and says a tone of `hz`.
    ///
    /// # Panics
    /// If it does not start or cannot be controlled.
    pub fn start(exchange: SocketAddr, extension: &str, transport: &str, hz: f64) -> Self {
        Self::start_with(exchange, extension, transport, hz, "")
    }

    /// The same with more parameters of its account, each with a semicolon before it.
    ///
    /// # Panics
    /// If it does not start or cannot be controlled.
    pub fn start_with(exchange: SocketAddr, extension: &str, transport: &str, hz: f64, more: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path();
        // SIP, the port after it for TLS, and the control port.
        let (sip, rtp) = (ports(4), ports(20));
        write_wav(&path.join("tone.wav"), &tone(hz, 120.0));
        let config = format!(
            "poll_method epoll\nsip_listen 127.0.0.1:{sip}\ncall_local_timeout 120\ncall_max_calls 4\n\
             audio_source aufile,{tone}\nausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n\
             audio_level no\nrtp_tos 184\nrtp_ports {rtp}-{rtp_last}\nrtcp_mux no\nnet_interface 127.0.0.1\n\
             module_path {modules}\nmodule g711.so\nmodule g722.so\nmodule aufile.so\nmodule sndfile.so\nmodule_tmp account.so\n\
             module_app contact.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{ctrl}\n\
             snd_path {dir}\n",
            tone = path.join("tone.wav").display(),
            rtp_last = rtp + 19,
            modules = modules().display(),
            ctrl = sip + 2,
            dir = path.display(),
        );
        let registers = if more.contains("regint") { "" } else { ";regint=300" };
        let mode = if more.contains("answermode") { "" } else { ";answermode=auto" };
        let account = format!(
            "<sip:{extension}@{DOMAIN};transport={transport}>;auth_user={extension};auth_pass={};\
             outbound=\"sip:{exchange};transport={transport}\"{registers}{mode};ptime=20{more}\n",
            password(extension)
        );
        std::fs::write(path.join("config"), config).expect("a configuration");
        std::fs::write(path.join("accounts"), account).expect("an account");
        std::fs::write(path.join("contacts"), "").expect("contacts");
        let running = Running::start(Command::new("baresip").arg("-f").arg(path), &path.join("log"));
        let address = SocketAddr::from(([127, 0, 0, 1], sip + 2));
        let control = eventually("baresip's control port", || TcpStream::connect(address).ok());
        control.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
        let sip = SocketAddr::from(([127, 0, 0, 1], sip));
        Self { dir, _running: running, sip, control, unread: Vec::new(), events: Vec::new(), token: 0 }
    }

    /// The same by UDP at a daemon, which knows of its registration when this returns.
    ///
    /// # Panics
    /// If it does not start, or is not registered in time.
    pub fn at(daemon: &Daemon, extension: &str, hz: f64) -> Self {
        Self::at_with(daemon, extension, hz, "")
    }

    /// The same with more parameters of its account, each with a semicolon before it.
    ///
    /// # Panics
    /// If it does not start, or is not registered in time.
    pub fn at_with(daemon: &Daemon, extension: &str, hz: f64, more: &str) -> Self {
        // An earlier phone may have left one.
        let before = daemon.bindings(extension);
        let phone = Self::start_with(daemon.sip, extension, "udp", hz, more);
        daemon.wait_for_another_binding(extension, &before);
        phone
    }

    /// Gives a command of its menu and waits until it is taken.
    ///
    /// # Panics
    /// If it is refused.
    pub fn command(&mut self, command: &str, params: &str) {
        self.token += 1;
        let token = format!("t{}", self.token);
        let text = json!({ "command": command, "params": params, "token": token }).to_string();
        write!(self.control, "{}:{text},", text.len()).expect("its control port");
        let answer = eventually("baresip's answer", || {
            self.read();
            self.events.iter().find(|e| e["token"] == token.as_str()).cloned()
        });
        assert_eq!(answer["ok"], true, "{command} {params}: {answer}");
    }

    /// Waits for an event of that type.
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_for(&mut self, kind: &str) -> Value {
        let dir = self.dir.path().to_owned();
        for _ in 0..750 {
            self.read();
            if let Some(event) = self.events.iter().find(|e| e["type"] == kind) {
                return event.clone();
            }
        }
        let log = std::fs::read_to_string(dir.join("log")).unwrap_or_default();
        panic!("baresip never said {kind}, but {:?}\n{log}", self.kinds());
    }

    /// The types of events so far.
    pub fn kinds(&self) -> Vec<&str> {
        self.events.iter().filter_map(|e| e["type"].as_str()).collect()
    }

    /// What it wrote to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// What it heard in its calls, all of it; it begins a new file after every change. The calls must be over.
    ///
    /// # Panics
    /// If it recorded nothing.
    pub fn heard(&self) -> Vec<i16> {
        let files = std::fs::read_dir(self.dir.path()).expect("its folder").flatten().map(|f| f.path());
        let mut heard: Vec<PathBuf> = files.filter(|f| f.to_string_lossy().ends_with("-dec.wav")).collect();
        heard.sort();
        assert!(!heard.is_empty(), "baresip recorded nothing\n{}", self.log());
        heard.iter().flat_map(|file| at_8_khz(read_wav(file))).collect()
    }

    /// Reads what it has to say: netstrings of JSON. Waits a moment if that is nothing.
    ///
    /// # Panics
    /// If it is gone, or says something else.
    pub fn read(&mut self) {
        let mut buffer = [0; 16 * 1024];
        match self.control.read(&mut buffer) {
            Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
            }
        }
        while let Some(colon) = self.unread.iter().position(|b| *b == b':') {
            let length: usize =
                std::str::from_utf8(&self.unread[..colon]).expect("a length").parse().expect("a number");
            let end = colon + 1 + length;
            if self.unread.len() <= end {
                break;
            }
            let event = serde_json::from_slice(&self.unread[colon + 1..end]).expect("JSON");
            self.unread.drain(..=end);
            self.events.push(event);
        }
    }
}
