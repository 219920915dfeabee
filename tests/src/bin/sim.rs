//! The whole call centre in simulated time: one number, one run.
//!
//! `cargo run --release -p switchroom-tests --bin sim -- --seed 7 --hours 1 --phones 20 --faults all`
#![allow(clippy::print_stdout)]

use clap::Parser;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use switchroom_tests::sim::coverage::Coverage;
use switchroom_tests::sim::faults::Faults;
use switchroom_tests::sim::minimise::minimise;
use switchroom_tests::sim::run::{Failure, Outcome, Watch, play};
use switchroom_tests::sim::setup::Setup;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Plays runs of the whole call centre in simulated time and checks every rule after every step.
#[derive(Debug, Parser)]
#[command(name = "sim")]
struct Arguments {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, one after the other.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// How long calls are made in each run, hours of simulated time.
    #[arg(long, default_value_t = 1.0)]
    hours: f64,
    /// Extensions in each run; some have several phones.
    #[arg(long, default_value_t = 20)]
    phones: usize,
    /// What goes wrong: all, none, or words with commas between (loss, duplicates, reorder, partition, nat, tcp, media,
    /// store, clock, crash, phones, garbage, users, asking).
    #[arg(long, default_value = "all")]
    faults: Faults,
    /// Stop after this many calls, at the end of a run.
    #[arg(long)]
    calls: Option<u64>,
    /// Begin no further run after so many minutes.
    #[arg(long, default_value_t = 10_000)]
    minutes: u64,
    /// Runs at once; as many as there are cores unless told otherwise.
    #[arg(long)]
    jobs: Option<usize>,
    /// Look at everything after each step, not now and then: slow.
    #[arg(long)]
    strict: bool,
    /// Find a shorter run that breaks the same rule.
    #[arg(long)]
    minimise: bool,
    /// Shorter runs that are tried at most.
    #[arg(long, default_value_t = 600)]
    tries: usize,
    /// Print so many of the last steps before a failure.
    #[arg(long, default_value_t = 40)]
    log: usize,
    /// Name the (state, event) pairs that never happened.
    #[arg(long)]
    unseen: bool,
    /// Play this run, as `--minimise` wrote it, in place of a drawn one.
    #[arg(long)]
    setup: Option<PathBuf>,
    /// Where `--minimise` writes the shorter run.
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(path) = &arguments.setup {
        let setup = std::fs::read_to_string(path).map_err(|e| e.to_string());
        return match setup.and_then(|text| serde_json::from_str(&text).map_err(|e| e.to_string())) {
            Ok(setup) => one(&arguments, &setup),
            Err(why) => {
                println!("{}: {why}", path.display());
                ExitCode::from(2)
            }
        };
    }
    if arguments.minimise {
        return one(&arguments, &draw(&arguments, arguments.seed));
    }
    many(&arguments)
}

fn draw(arguments: &Arguments, seed: u64) -> Setup {
    let length = Duration::from_secs_f64(arguments.hours.clamp(0.001, 10_000.0) * 3600.0);
    Setup::draw(seed, length, arguments.phones, &arguments.faults)
}

/// One run, watched closely.
fn one(arguments: &Arguments, setup: &Setup) -> ExitCode {
    let watch = Watch { is_strict: arguments.strict || arguments.minimise, ..Watch::default() };
    let (setup, mut outcome) = if arguments.minimise {
        minimise(setup, watch, arguments.tries, |text| println!("  {text}"))
    } else {
        (setup.clone(), play(setup, watch))
    };
    if outcome.failure.is_some() {
        outcome = play(&setup, Watch { log_lines: arguments.log, ..watch });
    }
    let Some(failure) = &outcome.failure else {
        println!("seed {}: {} calls, {} steps, no rule was broken", setup.seed, outcome.calls, outcome.steps);
        return ExitCode::SUCCESS;
    };
    tell(setup.seed, failure);
    if arguments.minimise {
        let text = serde_json::to_string_pretty(&setup).unwrap_or_default();
        match &arguments.write {
            Some(path) => match std::fs::write(path, text) {
                Ok(()) => println!("play it again with: sim --setup {}", path.display()),
                Err(why) => println!("{}: {why}", path.display()),
            },
            None => println!("{text}"),
        }
    }
    ExitCode::FAILURE
}

fn tell(seed: u64, failure: &Failure) {
    let at = failure.at.as_secs_f64();
    println!("\nseed {seed}, step {}, {at:.6} s: broken: {}", failure.step, failure.rule);
    println!("  {}", failure.text);
    for line in &failure.log {
        println!("{line}");
    }
    if !failure.ladder.is_empty() {
        println!("{}", failure.ladder);
    }
}

/// Figures of all runs.
#[derive(Default)]
struct Sum {
    runs: u64,
    calls: u64,
    attended: u64,
    steps: u64,
    starts: u64,
    span: Duration,
    busy: Duration,
    /// Of all runs together, whatever order they came in.
    fingerprint: u64,
    causes: BTreeMap<&'static str, u64>,
    coverage: Coverage,
    failures: Vec<(u64, Failure)>,
}

impl Sum {
    fn add(&mut self, seed: u64, busy: Duration, outcome: Outcome) {
        self.runs += 1;
        self.calls += outcome.calls;
        self.attended += outcome.attended;
        self.steps += outcome.steps;
        self.starts += u64::from(outcome.lives);
        self.span += outcome.span;
        self.busy += busy;
        self.fingerprint ^= outcome.fingerprint.rotate_left(u32::try_from(seed % 64).unwrap_or(0));
        for (cause, count) in outcome.causes {
            *self.causes.entry(cause).or_default() += count;
        }
        self.coverage.merge(&outcome.coverage);
        self.failures.extend(outcome.failure.map(|failure| (seed, failure)));
    }
}

fn many(arguments: &Arguments) -> ExitCode {
    let jobs =
        arguments.jobs.or_else(|| std::thread::available_parallelism().ok().map(Into::into)).unwrap_or(1);
    let next = AtomicU64::new(arguments.seed);
    let end = arguments.seed + arguments.seeds;
    let enough = arguments.calls.unwrap_or(u64::MAX);
    let done = AtomicU64::new(0);
    let (send, receive) = mpsc::channel();
    let mut sum = Sum::default();
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let (send, next, done) = (send.clone(), &next, &done);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let is_late = begin.elapsed() > Duration::from_secs(60 * arguments.minutes);
                    if seed >= end || is_late || done.load(Ordering::Relaxed) >= enough {
                        break;
                    }
                    let setup = draw(arguments, seed);
                    let watch = Watch { is_strict: arguments.strict, ..Watch::default() };
                    let begin = Instant::now();
                    let mut outcome = play(&setup, watch);
                    let busy = begin.elapsed();
                    done.fetch_add(outcome.calls, Ordering::Relaxed);
                    if outcome.failure.is_some() {
                        outcome = play(&setup, Watch { log_lines: arguments.log, ..watch });
                    }
                    if send.send((seed, busy, outcome)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        for (seed, busy, outcome) in receive {
            if let Some(failure) = &outcome.failure {
                tell(seed, failure);
            } else if arguments.seeds <= 20 {
                println!(
                    "seed {seed}: {} calls, {} steps, {} starts",
                    outcome.calls, outcome.steps, outcome.lives
                );
            }
            sum.add(seed, busy, outcome);
        }
    });
    report(arguments, &sum, begin.elapsed())
}

fn report(arguments: &Arguments, sum: &Sum, took: Duration) -> ExitCode {
    let (calls, steps, hours) = (sum.calls, sum.steps, sum.span.as_secs_f64() / 3600.0);
    println!(
        "\nseeds {} to {}: {} runs, {calls} calls, {steps} steps, {hours:.0} hours, {} starts of the exchange",
        arguments.seed,
        arguments.seed + sum.runs.saturating_sub(1),
        sum.runs,
        sum.starts
    );
    let busy = sum.busy.as_secs_f64().max(1e-9);
    println!(
        "{:.1} s, {:.0} calls and {:.0} steps a second per core",
        took.as_secs_f64(),
        calls as f64 / busy,
        steps as f64 / busy
    );
    println!("all that was sent, as one number: {:016x}", sum.fingerprint);
    println!("ended: {:?}; {} were connected with another call", sum.causes, sum.attended);
    sum.coverage.print(arguments.unseen);
    let failed: Vec<u64> = sum.failures.iter().map(|(seed, _)| *seed).collect();
    if failed.is_empty() {
        println!("no rule was broken");
        let is_as_listed = sum.coverage.surprises().is_empty();
        return if is_as_listed { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let mut rules: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (seed, failure) in &sum.failures {
        rules.entry(&failure.rule).or_default().push(*seed);
    }
    println!("{} runs failed:", failed.len());
    for (rule, seeds) in rules {
        println!("  {rule}: seeds {seeds:?}");
    }
    ExitCode::FAILURE
}
