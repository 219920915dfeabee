//! `switchroom demo`: a real exchange with real phones on loopback, watched on the console or checked by its books.

mod books;
mod cast;
mod crowd;
mod shift;
mod site;
#[cfg(test)]
mod tests;

use super::{Failure, OK, Outcome, PROBLEMS, USAGE, phone};
use crate::cli::DemoArgs;
use crate::daemon::{self, Daemon, StartError};
use books::Books;
use cast::Cast;
use shift::Shift;
use site::Site;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use switchroom_console::{Exit, Options};
use switchroom_phone::script::{Plan, Profile};

/// The port that phones try by themselves.
const SIP_PORT: u16 = 5_060;
/// How long a plan is when nobody says when it ends.
const SHIFT: Duration = Duration::from_secs(8 * 3_600);
/// No call is dialled in the last seconds of a run, so that whoever answers also talks.
const LAST_DIAL: Duration = Duration::from_secs(5);
/// Between two looks at the phones.
const STEP: Duration = Duration::from_millis(20);

/// Does it.
pub(super) fn run(args: &DemoArgs, out: &mut dyn Write) -> Outcome {
    if args.seconds.is_some() && !args.headless {
        let what = "--seconds goes with --headless; the console is left with q".to_owned();
        return Err(Failure::Told {
            what,
            hint: Some("switchroom demo --headless --seconds 30".into()),
            code: USAGE,
        });
    }
    let profile = Profile { calls_per_min: args.calls_per_min, ..Profile::default() };
    let length = args.seconds.map_or(SHIFT, |seconds| Duration::from_secs(seconds).saturating_sub(LAST_DIAL));
    let plan = Plan::draw(&profile, usize::from(args.phones), length, args.seed);
    let (site, daemon) = open(usize::from(args.phones), args.seed, profile.ring)?;
    introduce(args, &plan, &site, out)?;
    let went = if args.headless {
        headless(args, &plan, &site, &daemon, length, out)
    } else {
        watched(&plan, &site, &daemon, length, out)
    };
    daemon.stop();
    if args.keep {
        let dir = site.keep();
        writeln!(out, "kept      {}", dir.display())?;
    }
    went
}

/// The place and the exchange in it, on the usual port if that is free: then a softphone needs nothing but the address.
fn open(phones: usize, seed: u64, ring: Duration) -> Result<(Site, Daemon), Failure> {
    let mut port = SIP_PORT;
    loop {
        let site = Site::make(phones, seed, ring, port)?;
        match daemon::start(&site.loaded) {
            Ok(daemon) => return Ok((site, daemon)),
            // Somebody took it in the moment after it was found free.
            Err(StartError::Listen(_)) if port != 0 => port = 0,
            Err(error) => {
                return Err(Failure::new(
                    format!("the exchange does not start: {error}"),
                    "switchroom doctor",
                ));
            }
        }
    }
}

fn introduce(args: &DemoArgs, plan: &Plan, site: &Site, out: &mut dyn Write) -> Result<(), Failure> {
    let (phones, rate, seed) = (args.phones, args.calls_per_min, args.seed);
    writeln!(out, "demo      {phones} phones, {rate} calls a minute, seed {seed}")?;
    let planned = plan.calls.len();
    writeln!(out, "plan      {:016x}, {planned} calls", plan.fingerprint())?;
    writeln!(
        out,
        "exchange  {} over UDP and TCP; control socket {}",
        site.sip,
        site.loaded.shell.socket.display()
    )?;
    writeln!(
        out,
        "join      a softphone as {} at {}, password {}; then call {}, *43 (echo), 400, 401, 402 (flows), or 410, 411, 412 (queues)",
        site.guest.number,
        site.sip,
        site.guest.password,
        site.bots.first().map_or("", |b| b.number.as_str())
    )?;
    out.flush()?;
    Ok(())
}

/// Runs for a while, ends everything, and checks the books.
fn headless(
    args: &DemoArgs,
    plan: &Plan,
    site: &Site,
    daemon: &Daemon,
    length: Duration,
    out: &mut dyn Write,
) -> Outcome {
    let interrupted = phone::interrupted();
    let mut cast = Cast::start(site, plan, length)?;
    let mut shift = Shift::new(daemon.socket());
    writeln!(out, "phones    {} registered", site.bots.len())?;
    out.flush()?;
    while !interrupted.load(Ordering::Relaxed)
        && args.seconds.is_none_or(|s| cast.passed() < Duration::from_secs(s))
    {
        std::thread::sleep(STEP);
        cast.step();
        shift.step(cast.passed());
        tell(&mut cast, plan, out)?;
    }
    cast.finish();
    tell(&mut cast, plan, out)?;
    let books = Books::read(daemon.socket(), &cast)?;
    cast.stop();
    let agree = books.print(out)?;
    Ok(if agree { OK } else { PROBLEMS })
}

fn tell(cast: &mut Cast, plan: &Plan, out: &mut dyn Write) -> Result<(), Failure> {
    while let Some(number) = cast.poll_finished() {
        if let Some(line) = cast.line(number, plan) {
            writeln!(out, "call      {line}")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The console, with the phones at work behind it.
fn watched(plan: &Plan, site: &Site, daemon: &Daemon, length: Duration, out: &mut dyn Write) -> Outcome {
    let mut cast = Cast::start(site, plan, length)?;
    let mut shift = Shift::new(daemon.socket());
    let over = Arc::new(AtomicBool::new(false));
    let stop = over.clone();
    let work = move || {
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(STEP);
            cast.step();
            shift.step(cast.passed());
            // Nobody reads them here: the console shows the calls.
            while cast.poll_finished().is_some() {}
        }
        cast.finish();
        cast.stop();
    };
    let worker = std::thread::Builder::new().name("demo-phones".into()).spawn(work).map_err(|e| {
        Failure::new(format!("the system refuses a thread: {e}"), "are there limits on threads?")
    })?;
    let options = Options { socket: daemon.socket().to_owned(), ends_exchange: true, ..Options::default() };
    let shown = switchroom_console::run(options);
    over.store(true, Ordering::Relaxed);
    writeln!(out, "ending    calls and registrations")?;
    out.flush()?;
    // A panic of the thread has told itself; what is left is to end.
    let _ = worker.join();
    shown.map(Exit::code).map_err(|e| Failure::Told {
        code: e.exit().code(),
        what: e.to_string(),
        hint: None,
    })
}
