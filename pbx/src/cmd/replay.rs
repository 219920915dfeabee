//! `switchroom replay`: a flight record run again, told line by line.

use super::{Failure, OK, Outcome, PROBLEMS};
use crate::cli::ReplayArgs;
use crate::control::view;
use crate::flight::{self, Reader, Recorded, Replayed, Step, Verdict};
use std::fs::File;
use std::io::{self, BufReader, Write};
use switchroom_exchange::{Action, CallId, Exchange, Mono, Now, Record};
use switchroom_wire::{LadderStyle, clean, render_ladder};

/// The beginning was no longer kept.
pub const BEST_EFFORT: u8 = 3;
/// Columns of a ladder.
const COLUMNS: usize = 120;

/// Does it.
pub(super) fn run(args: &ReplayArgs, out: &mut dyn Write) -> Outcome {
    // What the exchange says when it fails is told below, in its place.
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = replay(args, out);
    drop(std::panic::take_hook());
    outcome
}

/// The same without silencing what a failing exchange prints.
pub(super) fn replay(args: &ReplayArgs, out: &mut dyn Write) -> Outcome {
    let name = args.file.display().to_string();
    let unreadable = |error: String| {
        let hint = "flight records are in the folder `flight` of the data directory";
        Failure::new(format!("{}: {error}", clean(&name)), hint)
    };
    let file = File::open(&args.file).map_err(|e| unreadable(e.to_string()))?;
    let mut reader = Reader::new(BufReader::new(file)).map_err(|e| unreadable(e.to_string()))?;
    head(&reader, out)?;
    let begin = reader.header.begin().mono;
    let mut wrote: io::Result<()> = Ok(());
    let told = flight::replay(&mut reader, args.until, &mut |step| {
        if !args.quiet && wrote.is_ok() {
            wrote = tell(begin, &step, out);
        }
    });
    wrote?;
    let replayed = told.map_err(|e| unreadable(e.to_string()))?;
    // Looking at an exchange that has failed may fail again; the verdict is told all the same.
    let looked = flight::caught(|| look(args, &replayed, out));
    looked.unwrap_or_else(|said| Ok(writeln!(out, "the exchange cannot be looked at: {}", clean(&said))?))?;
    verdict(&replayed, out)
}

fn head<R>(reader: &Reader<R>, out: &mut dyn Write) -> io::Result<()> {
    let header = &reader.header;
    let at = jiff::Timestamp::from_millisecond(header.wall_ms).unwrap_or_default();
    writeln!(out, "recorded  by switchroom {}: {}", clean(&header.version), clean(&header.why))?;
    writeln!(
        out,
        "begins    {} UTC, {} extensions, {} registrations, {} inputs before it are not kept",
        at.strftime("%Y-%m-%d %H:%M:%S%.3f"),
        header.config.extensions.len(),
        header.restored.bindings.len(),
        header.dropped
    )
}

/// `   12.345678    417  <- udp 192.0.2.7:5060  INVITE sip:102@example.com SIP/2.0`.
fn tell(begin: Mono, step: &Step<'_>, out: &mut dyn Write) -> io::Result<()> {
    let time = |now: &Now| {
        let us = now.mono.0.saturating_sub(begin.0);
        format!("{:>6}.{:06}", us / 1_000_000, us % 1_000_000)
    };
    match step {
        Step::In(place, now, input) => {
            writeln!(out, "{} {place:>6}  <- {}", time(now), clean(&input_text(input)))
        }
        Step::Parted(now) => writeln!(out, "{}         !! not what was recorded", time(now)),
        Step::Out(now, action) => writeln!(out, "{}         -> {}", time(now), clean(&action_text(action))),
    }
}

fn first_line(bytes: &[u8]) -> String {
    let start = bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(bytes.len());
    let line = bytes[start..].split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}

fn input_text(input: &Recorded) -> String {
    match input {
        Recorded::Message { flow, bytes } => format!("{flow}  {}", first_line(&bytes.0)),
        Recorded::FlowLost(flow) => format!("{flow}  connection lost"),
        Recorded::Media(event) => format!("media  {event:?}"),
        Recorded::Stored(tickets) => format!("store  kept {}", numbers(tickets)),
        Recorded::NotStored(tickets) => format!("store  could not keep {}", numbers(tickets)),
        Recorded::Command { user, command, .. } => format!("user {user}  {command:?}"),
        Recorded::Config(config) => {
            format!(
                "configuration  {} extensions, {} services",
                config.extensions.len(),
                config.services.len()
            )
        }
        Recorded::Answered { number, answer: Ok(json), .. } => format!("answer {number}  {json}"),
        Recorded::Answered { number, answer: Err(why), .. } => format!("answer {number}  failed: {why}"),
        Recorded::Resolved { host, found: Ok(found) } => {
            let found: Vec<String> = found.iter().map(|at| at.ip.to_string()).collect();
            format!("{host}  is {}", found.join(", "))
        }
        Recorded::Resolved { host, found: Err(why) } => format!("{host}  was not found: {why}"),
        Recorded::Connected { host, port, found: Ok(flow) } => format!("{host} {port}  connected: {flow}"),
        Recorded::Connected { host, port, found: Err(why) } => format!("{host} {port}  no connection: {why}"),
        Recorded::Alarm { id, state: Some((severity, text)) } => format!("alarm {id}  {severity:?}: {text}"),
        Recorded::Alarm { id, state: None } => format!("alarm {id}  is over"),
        Recorded::Drain => "no new calls".into(),
        Recorded::EndAll => "end all calls".into(),
        Recorded::Tick => "time".into(),
    }
}

fn numbers(tickets: &[switchroom_exchange::Ticket]) -> String {
    tickets.iter().map(|t| t.0.to_string()).collect::<Vec<_>>().join(" ")
}

fn action_text(action: &Action) -> String {
    match action {
        Action::Send { flow, bytes } => format!("{flow}  {}", first_line(bytes)),
        Action::Media(command) => format!("media  {command:?}"),
        Action::Persist { record, .. } => match record {
            Record::Event(event) => format!("event  {}: {}", event.name, event.text),
            Record::Binding(b) => format!("record  {} is at {}", b.extension, b.contact),
            Record::BindingGone { extension, key } => format!("record  {extension} is no longer at {key}"),
            Record::Subscription(s) => {
                let about = if s.number.is_empty() { "its box" } else { &s.number };
                format!("record  {} subscribes to {about} at {}", s.extension, s.remote)
            }
            Record::SubscriptionGone { tag } => format!("record  subscription {tag} is over"),
            Record::CallOpen(call) => {
                format!("record  call {} from {} to {}", call.number, call.from.number, call.to.number)
            }
            Record::Cdr(cdr) => format!("record  call {} ended: {}", cdr.number, cdr.ending.text),
            Record::Recording(facts) => format!("record  recording of call {}", facts.subject.number),
            Record::Message(message) => {
                let state = match message {
                    m if m.is_unfinished => "being recorded",
                    m if m.is_new => "new",
                    _ => "heard",
                };
                format!("record  message {} from {}, {state}", message.id, message.from.number)
            }
            Record::Floor { fact, .. } => format!("floor  {fact:?}"),
            Record::MessageGone { id } => format!("record  message {id} is gone"),
            Record::RecordingGone { call } => format!("record  recording of {call} is gone"),
            Record::RecordingHeld { call, held } => {
                format!("record  recording of {call} is {}", if held.is_some() { "held" } else { "released" })
            }
        },
        Action::Ask { number, asking, .. } => format!("ask {number}  {asking:?}"),
        Action::Reply { result: Ok(text), .. } => format!("user  {text}"),
        Action::Reply { result: Err(text), .. } => format!("user  refused: {text}"),
    }
}

/// Ladders, figures, and what the exchange thinks of itself at the end.
fn look(args: &ReplayArgs, replayed: &Replayed, out: &mut dyn Write) -> Result<(), Failure> {
    let Some(exchange) = &replayed.exchange else { return Ok(()) };
    if let Some(wanted) = &args.call {
        let number = wanted.parse().ok().and_then(|n: u64| replayed.calls.get(&n).copied());
        let id = number.or_else(|| wanted.parse().ok());
        if !id.is_some_and(|id| ladder(exchange, id, out).is_ok_and(|found| found)) {
            writeln!(out, "no messages of a call {} are kept", clean(wanted))?;
        }
    }
    if args.ladders {
        for (number, id) in &replayed.calls {
            writeln!(out, "call {number}")?;
            ladder(exchange, *id, out)?;
        }
    }
    if replayed.panicked.is_none() {
        let findings = flight::audit(exchange);
        for finding in &findings {
            writeln!(out, "audit     {}", clean(finding))?;
        }
        if findings.is_empty() {
            writeln!(out, "audit     nothing found")?;
        }
    }
    let s = exchange.status();
    writeln!(
        out,
        "at the end {} inputs, {} calls up of {}, {} extensions at {} phones, {} dialogs, {} transactions, {} RTP port \
         pairs in use, {} malformed messages, {} wrong credentials",
        replayed.inputs,
        s.calls,
        s.calls_total,
        s.registered,
        s.bindings,
        s.dialogs,
        s.transactions,
        s.rtp_ports,
        s.malformed,
        s.auth_failures
    )?;
    Ok(())
}

/// Whether there is one.
fn ladder(exchange: &Exchange, id: CallId, out: &mut dyn Write) -> io::Result<bool> {
    let Some(ladder) = view::ladder(exchange, id, 0) else { return Ok(false) };
    let style = LadderStyle { width: COLUMNS, utc_offset_min: 0, messages_only: false, relative: false };
    let (head, lines) = render_ladder(&ladder, style);
    for line in head.iter().chain(lines.iter().map(|(_, line)| line)) {
        writeln!(out, "{line}")?;
    }
    Ok(true)
}

fn verdict(replayed: &Replayed, out: &mut dyn Write) -> Outcome {
    if let Some((at, said)) = &replayed.panicked {
        writeln!(out, "FAILED    at input {at}: {}", clean(said))?;
    }
    match &replayed.verdict {
        Verdict::Exact => {
            let what = if replayed.panicked.is_some() { ", and the same failure" } else { "" };
            writeln!(out, "EXACT     every input had the effect that was recorded{what}")?;
            Ok(OK)
        }
        Verdict::Parted { why, .. } => {
            writeln!(out, "PARTED    {}", clean(why))?;
            Ok(PROBLEMS)
        }
        Verdict::BestEffort { why } => {
            writeln!(out, "BEST EFFORT  {}", clean(why))?;
            Ok(BEST_EFFORT)
        }
    }
}
