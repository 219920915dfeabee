//! A real softphone of another make: linphone without a screen or a sound card, with a folder of its own, driven over its
//! socket. It does what baresip 1.0 cannot: a second call, a transfer to who is in it, a conference.

use crate::daemon::{DOMAIN, Daemon, password};
use crate::process::{Running, eventually, ports};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// The program, and the Debian package that has it.
pub const PROGRAM: (&str, &str) = ("linphone-daemon", "linphone-cli");

/// A running linphone.
#[derive(Debug)]
pub struct Linphone {
    dir: tempfile::TempDir,
    pipe: PathBuf,
    _running: Running,
    control: UnixStream,
}

impl Linphone {
    /// Starts one that registers as `extension` by UDP and answers every call at once. The daemon knows of its registration
    /// when this returns.
    ///
    /// # Panics
    /// If it does not start, cannot be controlled, or is not registered in time.
    pub fn at(daemon: &Daemon, extension: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path();
        let (sip, rtp) = (ports(2), ports(20));
        let exchange = daemon.sip;
        let config = format!(
            "[sip]\nsip_port={sip}\nsip_tcp_port=0\nsip_tls_port=0\nuse_ipv6=0\nbind_address=127.0.0.1\n\
             default_proxy=0\nmedia_encryption=none\nguess_hostname=0\n\n\
             [net]\nfirewall_policy=0\n\n[rtp]\naudio_rtp_port={rtp}-{rtp_last}\n\n[video]\nenabled=0\n\n\
             [proxy_0]\nreg_proxy=<sip:{exchange};transport=udp>\nreg_route=<sip:{exchange};transport=udp;lr>\n\
             reg_identity=sip:{extension}@{DOMAIN}\nreg_expires=300\nreg_sendregister=1\npublish=0\n\n\
             [auth_info_0]\nusername={extension}\npasswd={}\n",
            password(extension),
            rtp_last = rtp + 19,
        );
        let rc = path.join("linphonerc");
        std::fs::write(&rc, config).expect("a configuration");
        // It does not make the folder of its data base, without which it does not start.
        std::fs::create_dir_all(path.join(".local/share/linphone")).expect("a folder");
        // It puts its socket below /tmp, whatever its name.
        let name = format!("switchroom-linphone-{}-{sip}", std::process::id());
        let pipe = PathBuf::from("/tmp").join(&name);
        let mut program = Command::new(PROGRAM.0);
        program.arg("--config").arg(&rc).args(["--pipe", &name, "--disable-stats-events", "--auto-answer"]);
        program.arg("--log").arg(path.join("trace")).env("HOME", path).env_remove("XDG_CONFIG_HOME");
        // An earlier phone may have left one.
        let before = daemon.bindings(extension);
        let running = Running::start(&mut program, &path.join("log"));
        let control = eventually("linphone's socket", || UnixStream::connect(&pipe).ok());
        control.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        let this = Self { dir, pipe, _running: running, control };
        daemon.wait_for_another_binding(extension, &before);
        this
    }

    /// Gives a command and waits for its answer.
    ///
    /// # Panics
    /// If it is refused.
    pub fn command(&mut self, command: &str) -> String {
        let answer = self.attempt(command);
        assert!(answer.starts_with("Status: Ok"), "{command}: {answer}\n{}", self.log());
        answer
    }

    /// Gives a command and waits for its answer, whatever that is.
    ///
    /// # Panics
    /// If there is none.
    pub fn attempt(&mut self, command: &str) -> String {
        self.control.write_all(format!("{command}\n").as_bytes()).expect("its socket");
        let mut buffer = [0; 16 * 1024];
        let count =
            self.control.read(&mut buffer).unwrap_or_else(|e| panic!("{command}: {e}\n{}", self.log()));
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    }

    /// Calls a number and gives the number by which linphone knows the call.
    ///
    /// # Panics
    /// If it is refused.
    pub fn call(&mut self, number: &str) -> u32 {
        let answer = self.command(&format!("call sip:{number}@{DOMAIN}"));
        let id = answer.lines().find_map(|line| line.strip_prefix("Id: "));
        id.and_then(|id| id.trim().parse().ok()).unwrap_or_else(|| panic!("no call: {answer}"))
    }

    /// Waits until its call of that number is in a state, as `StreamsRunning` or `Paused`.
    ///
    /// # Panics
    /// If it does not come to it.
    pub fn wait_for(&mut self, call: u32, state: &str) {
        let mut last = String::new();
        for _ in 0..400 {
            last = self.command(&format!("call-status {call}"));
            if last.contains(&format!("State: LinphoneCall{state}\n")) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("linphone's call {call} is not {state} but {last}\n{}", self.log());
    }

    /// The last of what it traced.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.dir.path().join("trace")).unwrap_or_default();
        let start = text.char_indices().rev().nth(6_000).map_or(0, |(at, _)| at);
        text.get(start..).unwrap_or_default().to_owned()
    }
}

impl Drop for Linphone {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.pipe);
    }
}
