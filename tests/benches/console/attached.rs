//! What consoles cost the daemon that they are attached to.

use super::feed::Sizes;
use std::fmt::Write as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use switchroom_console::Client;
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::process::{has_program, ports};
use switchroom_tests::raw::RawPhone;
use switchroom_tests::sipp::Sipp;
use switchroom_wire::{ClientLine, Command, Hello, PROTOCOL};

/// Consoles at once.
const CONSOLES: usize = 20;
/// For how long it is measured with them and without.
const LENGTH: Duration = Duration::from_secs(15);
/// Calls a second, each answered: 2,000 calls of three minutes begin and end as often.
const CALLS: &str = "11";
/// Agents who change their state, a second.
const CHANGES: u64 = 20;

pub(crate) fn measure(sizes: Sizes) {
    println!("what an attached console costs the daemon, share of one core (target: below 1 %)");
    if !has_program("sipp", "sip-tester") {
        return;
    }
    let mut setup = Setup::new(&[env!("CARGO_BIN_EXE_switchroom-under-test")]).md5_only();
    (setup.calls_max, setup.rtp_pairs) = (1_000, 500);
    for queue in 0..sizes.queues {
        let _ = write!(setup.more, "[queues.queue{queue}]\nwrap_up = \"0s\"\n");
    }
    for agent in 0..sizes.agents {
        let queues: Vec<String> =
            (0..3).map(|k| format!("\"queue{}\"", (agent * 3 + k) % sizes.queues)).collect();
        let _ = write!(setup.more, "[agents.{}]\nqueues = [{}]\n", 20_000 + agent, queues.join(", "));
    }
    let daemon = Daemon::start(setup);
    let (caller, answerer) = (ports(4), ports(4));
    RawPhone::on_port(daemon.sip, answerer).register("102");
    let _phone = Sipp::start("answerer", daemon.sip, answerer, "102", "101", &[]);
    let more = ["-r", CALLS, "-m", "100000", "-l", "400", "-d", "3000"];
    let _callers = Sipp::start("caller", daemon.sip, caller, "101", "102", &more);
    let busy = Busy::start(&daemon, sizes.agents);
    std::thread::sleep(Duration::from_secs(5));
    let alone = share(&daemon);
    let consoles: Vec<Attached> = (0..CONSOLES).map(|_| Attached::start(&daemon)).collect();
    std::thread::sleep(Duration::from_secs(3));
    let before: u64 = consoles.iter().map(Attached::bytes).sum();
    let with = share(&daemon);
    let bytes = consoles.iter().map(Attached::bytes).sum::<u64>() - before;
    let (a_console, rate) = ((with - alone) / CONSOLES as f64, bytes as f64 / CONSOLES as f64);
    println!(
        "  {CALLS} calls and {CHANGES} agents' changes a second: {:.2} % alone, {:.2} % with {CONSOLES}, so {:.3} % each, {:.1} kB/s each; {} calls were up",
        alone * 100.0,
        with * 100.0,
        a_console * 100.0,
        rate / LENGTH.as_secs_f64() / 1e3,
        daemon.status().calls
    );
    drop((consoles, busy));
}

/// The part of a core that the daemon uses.
fn share(daemon: &Daemon) -> f64 {
    let (begin, before) = (Instant::now(), daemon.cpu());
    std::thread::sleep(LENGTH);
    (daemon.cpu() - before).as_secs_f64() / begin.elapsed().as_secs_f64()
}

/// What a console is to the daemon: a reader of its lines.
struct Attached {
    stream: UnixStream,
    bytes: Arc<AtomicU64>,
}

impl Attached {
    fn start(daemon: &Daemon) -> Self {
        use std::io::{Read as _, Write as _};
        let mut stream = UnixStream::connect(daemon.socket()).unwrap();
        let hello =
            Hello { proto: PROTOCOL, client: "bench".into(), want_role: None, subscribe: true, resume: None };
        let mut line = serde_json::to_vec(&ClientLine::Hello(hello)).unwrap();
        line.push(b'\n');
        stream.write_all(&line).unwrap();
        let (mut reader, bytes) = (stream.try_clone().unwrap(), Arc::new(AtomicU64::new(0)));
        let counted = bytes.clone();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                counted.fetch_add(count as u64, Ordering::Relaxed);
            }
        });
        Self { stream, bytes }
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

/// Agents who come and go, one after the other.
struct Busy {
    is_over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Busy {
    fn start(daemon: &Daemon, agents: usize) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (over, socket) = (is_over.clone(), daemon.socket());
        let thread = std::thread::spawn(move || {
            let mut client = Client::connect(&socket, None).unwrap();
            let mut turn = 0;
            while !over.load(Ordering::Relaxed) {
                let agent = (20_000 + turn / 2 % agents).to_string();
                let (presence, reason) =
                    if turn % 2 == 0 { ("break", Some("lunch".to_owned())) } else { ("logged_out", None) };
                let extension = Some("103".to_owned());
                let command =
                    Command::AgentPresence { agent, presence: presence.to_owned(), reason, extension };
                // What is refused is refused; the daemon's work is the same.
                let _ = client.command(command);
                turn += 1;
                std::thread::sleep(Duration::from_millis(1_000 / CHANGES));
            }
        });
        Self { is_over, thread: Some(thread) }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}
