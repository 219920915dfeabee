//! Whether what the phones tell, the CDRs and the recordings agree.

use super::Failure;
use super::cast::Cast;
use crate::clock;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;
use switchroom_console::{Client, ConsoleError};
use switchroom_wire::{Answer, CdrView, Command};

/// How long CDRs and recordings may take after the last call.
const WRITE_TIME: Duration = Duration::from_secs(15);
/// CDRs asked for at once; the daemon gives no more.
const PAGE: u32 = 1_000;

/// One sum that must come out.
struct Check {
    is_right: bool,
    text: String,
}

/// The books of a run.
pub(super) struct Books {
    /// Finished calls by how they ended.
    outcomes: BTreeMap<String, u32>,
    registered: usize,
    checks: Vec<Check>,
    troubles: Vec<String>,
}

impl Books {
    /// Waits until everything is written and reads it from the control socket.
    pub(super) fn read(socket: &Path, cast: &Cast) -> Result<Self, Failure> {
        let failed =
            |e: ConsoleError| Failure::Told { code: e.exit().code(), what: e.to_string(), hint: None };
        let mut client = Client::connect(socket, None).map_err(failed)?;
        let until_us = clock::mono_us() + u64::try_from(WRITE_TIME.as_micros()).unwrap_or(0);
        loop {
            let facts = Facts::ask(&mut client, cast).map_err(failed)?;
            let books = Self::of(&facts, cast);
            if books.agree() || clock::mono_us() >= until_us {
                return Ok(books);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn of(facts: &Facts, cast: &Cast) -> Self {
        let placed = cast.placed as usize;
        let answered = cast.calls.values().filter(|c| c.is_answered()).count();
        let answered_cdrs = facts.cdrs.values().filter(|c| c.answered_ms.is_some()).count();
        let heard = cast.calls.values().filter(|c| c.is_answered()).filter_map(|c| c.both_heard());
        let (deaf, sure) = heard.fold((0, 0), |(deaf, sure), heard| (deaf + usize::from(!heard), sure + 1));
        let mut outcomes = BTreeMap::new();
        for cdr in facts.cdrs.values() {
            let word = if cdr.answered_ms.is_some() { "answered" } else { cdr.ended.cause.as_str() };
            *outcomes.entry(word.to_owned()).or_default() += 1;
        }
        let check = |is_right, text| Check { is_right, text };
        Self {
            outcomes,
            registered: facts.registered,
            checks: vec![
                check(
                    placed == facts.cdrs.len(),
                    format!("{placed} calls placed, {} CDRs", facts.cdrs.len()),
                ),
                check(
                    answered == answered_cdrs,
                    format!("{answered} calls answered by the phones, {answered_cdrs} by the CDRs"),
                ),
                check(
                    answered_cdrs == facts.recordings,
                    format!("{answered_cdrs} calls answered, {} recordings", facts.recordings),
                ),
                check(facts.live == 0, format!("{} live calls", facts.live)),
                check(
                    deaf == 0,
                    format!("{} of {sure} talks of a second or more heard on both sides", sure - deaf),
                ),
            ],
            troubles: cast.troubles.clone(),
        }
    }

    fn agree(&self) -> bool {
        self.checks.iter().all(|check| check.is_right)
    }

    /// Prints them; true if they agree.
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<bool> {
        writeln!(out, "\noutcome          calls")?;
        for (word, count) in &self.outcomes {
            writeln!(out, "{word:<14} {count:>7}")?;
        }
        writeln!(out, "{:<14} {:>7}\n", "all", self.outcomes.values().sum::<u32>())?;
        writeln!(out, "{:<8}  {} extensions registered", "info", self.registered)?;
        for trouble in &self.troubles {
            writeln!(out, "{:<8}  {trouble}", "info")?;
        }
        for check in &self.checks {
            writeln!(out, "{:<8}  {}", if check.is_right { "ok" } else { "WRONG" }, check.text)?;
        }
        let agree = self.agree();
        writeln!(out, "{}", if agree { "the books agree" } else { "the books do not agree" })?;
        Ok(agree)
    }
}

/// What the daemon says.
struct Facts {
    cdrs: BTreeMap<String, CdrView>,
    recordings: usize,
    live: usize,
    registered: usize,
}

impl Facts {
    /// Asks about calls that phones of the cast made: what a guest did is in no plan.
    fn ask(client: &mut Client, cast: &Cast) -> Result<Self, ConsoleError> {
        let mut facts = Self { cdrs: BTreeMap::new(), recordings: 0, live: 0, registered: 0 };
        let mut before_ms = None;
        loop {
            let page = client.command(Command::Cdrs { limit: PAGE, before_ms, party: None })?;
            let Answer::Cdrs(page) = page else { break };
            let (known, oldest) = (facts.cdrs.len(), page.iter().map(|c| c.ended.at_ms).min());
            let is_last = page.len() < PAGE as usize;
            facts.cdrs.extend(page.into_iter().map(|cdr| (cdr.id.clone(), cdr)));
            // The next page begins with the last moment of this one: several calls may have ended in it.
            before_ms = oldest.map(|at| at + 1);
            if is_last || facts.cdrs.len() == known {
                break;
            }
        }
        let all = facts.cdrs.len();
        facts.cdrs.retain(|_, cdr| cast.has(&cdr.from.number));
        facts.recordings = facts.cdrs.values().filter(|cdr| cdr.recording.is_some()).count();
        if all < PAGE as usize
            && let Answer::Recordings(recordings) =
                client.command(Command::Recordings { limit: PAGE, party: None })?
        {
            // What is on disk, not only what the CDRs promise.
            facts.recordings = recordings.iter().filter(|r| cast.has(&r.from.number)).count();
        }
        if let Answer::Calls(calls) = client.command(Command::Calls)? {
            facts.live = calls.iter().filter(|call| call.ended.is_none()).count();
        }
        if let Answer::Extensions(extensions) = client.command(Command::Extensions)? {
            facts.registered = extensions.iter().filter(|e| !e.bindings.is_empty()).count();
        }
        Ok(facts)
    }
}
