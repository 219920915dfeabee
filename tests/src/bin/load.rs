//! Calls a second through the daemon, driven by SIPp: challenged callers, an answering phone, no sound.
//!
//! `cargo run --release -p switchroom-tests --bin load -- --rate 300 --seconds 60`
//!
//! Prints what was measured; exits with 1 if one call failed. The daemon is this very program, started again.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::expect_used)]

use clap::Parser;
use std::process::ExitCode;
use std::time::Duration;
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::process::{has_program, ports};
use switchroom_tests::raw::RawPhone;
use switchroom_tests::sipp::Sipp;

/// Drives calls through a daemon of its own.
#[derive(Debug, Parser)]
struct Arguments {
    /// Calls a second.
    #[arg(long, default_value_t = 300)]
    rate: u32,
    /// For how long.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// How long each call is up, milliseconds.
    #[arg(long, default_value_t = 500)]
    talk_ms: u32,
    /// Callers are answered by a flow and hear a prompt, instead of another phone.
    #[arg(long)]
    flow: bool,
}

/// A flow that answers and says something longer than any caller stays.
const FLOW: &str = r#"[nodes.welcome]
kind = "play"
prompt = ["@example/office/welcome", "@example/office/menu"]
next = "bye"

[nodes.bye]
kind = "hang_up"
"#;
const ROUTE: &str = "[[routes]]\nnumber = \"4000\"\nto = \"flow load\"\n";

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("daemon") {
        let words = std::env::args().take(1).chain(std::env::args().skip(2));
        return match switchroom::cli::Cli::try_parse_from(words) {
            Ok(cli) => switchroom::cmd::run(&cli),
            Err(refused) => {
                let _ = refused.print();
                ExitCode::from(2)
            }
        };
    }
    let arguments = Arguments::parse();
    if !has_program("sipp", "sip-tester") {
        return ExitCode::from(2);
    }
    if cfg!(debug_assertions) {
        println!("this is a build without optimisation: its figures mean nothing");
    }
    measure(&arguments)
}

fn measure(arguments: &Arguments) -> ExitCode {
    let me = std::env::current_exe().expect("this program").to_string_lossy().into_owned();
    let mut setup = Setup::new(&[&me, "daemon"]).md5_only();
    setup.calls_max = 5_000;
    setup.rtp_pairs = 3_000;
    let flow = std::env::temp_dir().join(format!("switchroom-load-{}.toml", std::process::id()));
    if arguments.flow {
        std::fs::write(&flow, FLOW).expect("a file");
        setup.more = ROUTE.to_owned();
        setup.beside = vec![(flow.clone(), "flows/load.toml".to_owned())];
    }
    let daemon = Daemon::start(setup);
    let (caller, answerer) = (ports(4), ports(4));
    RawPhone::on_port(daemon.sip, answerer).register("102");
    let calls = arguments.rate * arguments.seconds;
    let (memory, processor) = (daemon.memory_kb(), daemon.cpu());
    let phone = Sipp::start("answerer", daemon.sip, answerer, "102", "101", &[]);
    let (rate, count, talk) = (arguments.rate.to_string(), calls.to_string(), arguments.talk_ms.to_string());
    let more = ["-r", &rate, "-m", &count, "-l", "4000", "-d", &talk, "-trace_rtt", "-rtt_freq", "1"];
    let dialled = if arguments.flow { "4000" } else { "102" };
    let mut callers = Sipp::start("caller", daemon.sip, caller, "101", dialled, &more);
    let mut live_max = 0;
    let mut memory_max = memory;
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_secs(u64::from(arguments.seconds)) {
        std::thread::sleep(Duration::from_millis(500));
        live_max = live_max.max(daemon.status().calls);
        memory_max = memory_max.max(daemon.memory_kb());
    }
    let all_well = callers.wait(Duration::from_secs(120));
    drop(phone);
    let _ = std::fs::remove_file(&flow);
    let used = daemon.cpu() - processor;
    // Ended calls stay on the board for some seconds, transactions for 32.
    let left = std::time::Instant::now();
    while left.elapsed() < Duration::from_secs(45)
        && (daemon.status().transactions, daemon.status().rtp_ports) != (0, 0)
    {
        std::thread::sleep(Duration::from_millis(500));
    }
    let (status, done, failed) =
        (daemon.status(), callers.figure("SuccessfulCall(C)"), callers.figure("FailedCall(C)"));
    let times = callers.times_ms();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or(0.0);
    println!("calls        {calls} at {rate} a second, {} s; {live_max} at once at most", arguments.seconds);
    println!(
        "done         {done}, failed {failed}, repeats by sipp {}",
        callers.figure("Retransmissions(C)")
    );
    println!("set-up       p50 {:.1} ms, p99 {:.1} ms, of {} measured", at(50), at(99), times.len());
    println!(
        "processor    {:.2} s of {} s, {:.3} ms a call, {:.0} % of one core",
        used.as_secs_f64(),
        arguments.seconds,
        used.as_secs_f64() * 1e3 / f64::from(calls),
        used.as_secs_f64() * 100.0 / f64::from(arguments.seconds)
    );
    println!(
        "memory       {memory} kB before, {memory_max} kB at most, {} kB {} s after",
        daemon.memory_kb(),
        left.elapsed().as_secs()
    );
    println!(
        "left behind  {} calls, {} transactions, {} dialogs, {} port pairs; {} calls counted, {} malformed",
        status.calls,
        status.transactions,
        status.dialogs,
        status.rtp_ports,
        status.calls_total,
        status.malformed
    );
    let cdrs = daemon.all_cdrs();
    let strange: Vec<_> =
        cdrs.iter().filter(|c| (&*c.ended.by, &*c.ended.cause) != ("caller", "hung_up")).collect();
    println!("records      {}, of them {} that did not end by the caller's BYE", cdrs.len(), strange.len());
    for cdr in strange.iter().take(10) {
        println!(
            "             {} after {} ms: {}: {}",
            cdr.number, cdr.total_ms, cdr.ended.cause, cdr.ended.text
        );
    }
    if all_well && failed == 0 && done == u64::from(calls) {
        return ExitCode::SUCCESS;
    }
    eprintln!("calls failed:\n{}\n{}", callers.errors(), daemon.log().chars().take(4000).collect::<String>());
    ExitCode::FAILURE
}
