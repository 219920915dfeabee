//! Being the caller, at the keyboard and by cases in files: all through the production interpreter in simulated time.

use super::{Site, Typed, bare, findings, json, shown};
use crate::cmd::explain::moment;
use crate::cmd::terminal::Paint;
use crate::cmd::{Failure, OK, Outcome, PROBLEMS};
use crate::flows;
use serde::Serialize;
use std::io::{BufRead as _, Read as _, Write};
use std::path::{Path, PathBuf};
use switchroom_flow::rehearse::Stage;
use switchroom_flow::rehearse::case::{self, Case, Report, play_all};
use switchroom_flow::rehearse::coverage::OfFlow;
use switchroom_flow::rehearse::walk::Walk;
use switchroom_flow::{Fault, Flows};

/// Bytes of a line that is typed.
const LINE_MAX: u64 = 64 * 1024;
/// Letters of it that are shown.
const SHOWN_MAX: usize = 200;
/// Files with cases.
const FILES_MAX: usize = 1_000;

fn stage(site: &Site, flows: &Flows, out: &mut dyn Write) -> Result<Stage, Failure> {
    let (prompts, wrong) = flows::texts(&site.prompts);
    for what in wrong {
        writeln!(out, "{}", switchroom_wire::clean(&what))?;
    }
    let mut stage = Stage::default();
    (stage.flows, stage.site, stage.prompts) = (flows.clone(), site.inbound.clone(), prompts);
    Ok(stage)
}

/// Lets somebody walk through a flow, line by line, until the input or the call ends.
pub(super) fn walk(
    site: &Site,
    (number, from, at): (&str, &str, &str),
    typed: Typed<'_>,
    out: &mut dyn Write,
) -> Outcome {
    let mut stage = stage(site, site.sound()?, out)?;
    stage.now_ms = moment(at, &stage.site.zone, out)?;
    let (mut walk, said) = Walk::begin(stage, number, from).map_err(|elsewhere| {
        let what = format!("{} leads into no flow but elsewhere: {}", number.escape_debug(), elsewhere.0);
        Failure::new(what, "name a flow, or a number that a route leads into one")
    })?;
    write!(out, "{said}")?;
    while !walk.is_done() {
        write!(out, "{}", walk.prompt())?;
        out.flush()?;
        let mut line = Vec::new();
        if (&mut *typed.lines).take(LINE_MAX).read_until(b'\n', &mut line)? == 0 {
            writeln!(out)?;
            break;
        }
        let line = String::from_utf8_lossy(&line);
        if !typed.is_terminal {
            let shown: String = line.trim().chars().take(SHOWN_MAX).collect();
            writeln!(out, "{}", switchroom_wire::clean(&shown))?;
        }
        write!(out, "{}", walk.line(&line))?;
    }
    Ok(OK)
}

/// What `test --json` prints.
#[derive(Serialize)]
struct Told<'a> {
    cases: Vec<CaseTold<'a>>,
    faults: &'a [Fault],
    /// What only a configuration would say.
    missing: &'a [Fault],
    coverage: Vec<CoverageTold>,
}

#[derive(Serialize)]
struct CaseTold<'a> {
    file: &'a str,
    name: &'a str,
    failure: Option<&'a Fault>,
}

#[derive(Serialize)]
struct CoverageTold {
    flow: String,
    /// Reached, and in all.
    nodes: (usize, usize),
    branches: (usize, usize),
    percent: usize,
    missing: Vec<MissingTold>,
}

#[derive(Serialize)]
struct MissingTold {
    line: u32,
    node: String,
    branch: Option<String>,
}

/// How much of a flow was reached, in percent; what is missing is never rounded away.
fn percent(of: &OfFlow) -> usize {
    let (reached, all) = (of.nodes.0 + of.branches.0, of.nodes.1 + of.branches.1);
    (reached * 100).checked_div(all).unwrap_or(100)
}

/// Plays the cases of files, or of all in `tests` beside the flows.
pub(super) fn test(
    site: &Site,
    files: &[PathBuf],
    min_coverage: Option<u8>,
    is_json: bool,
    paint: Paint,
    out: &mut dyn Write,
) -> Outcome {
    let flows = site.sound()?;
    let stage = stage(site, flows, out)?;
    let files = if files.is_empty() { beside(&site.dir.join("tests")) } else { files.to_vec() };
    if files.is_empty() {
        let what = format!("there are no cases in {}", site.dir.join("tests").display());
        return Err(Failure::new(what, "write some: switchroom flow reference tells how"));
    }
    let (cases, faults) = read(&files, flows);
    let report = play_all(&cases, &stage);
    let missing = if site.shell.is_none() { bare::missing(flows, &site.inbound, &cases) } else { Vec::new() };
    let coverage = report.coverage.of(flows);
    let least = min_coverage.map_or(0, usize::from);
    let is_thin = coverage.iter().any(|of| percent(of) < least);
    if is_json {
        tell_json(&cases, &report, (&faults, &missing), coverage, out)?;
    } else {
        tell_missing(&missing, paint, out)?;
        tell(&cases, &report, &faults, &coverage, least, paint, out)?;
    }
    let has_failed = !faults.is_empty() || report.failures().next().is_some() || is_thin;
    Ok(if has_failed { PROBLEMS } else { OK })
}

/// The files with cases in a folder, in order of names.
fn beside(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let is_case = |path: &PathBuf| path.extension().is_some_and(|e| e == "toml") && path.is_file();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_case).take(FILES_MAX).collect();
    found.sort();
    found
}

fn read(files: &[PathBuf], flows: &Flows) -> (Vec<Case>, Vec<Fault>) {
    let (mut cases, mut faults) = (Vec::new(), Vec::new());
    for path in files {
        let file = path.to_string_lossy().into_owned();
        match flows::text(path) {
            Ok(text) => {
                let (found, wrong) = case::read(&file, &text);
                faults.extend(found.iter().flat_map(|case| case.check(flows)));
                faults.extend(wrong);
                cases.extend(found);
            }
            Err(what) => {
                faults.push(Fault { file, line: 0, column: 0, is_warning: false, what, hint: None });
            }
        }
    }
    (cases, faults)
}

fn tell_json(
    cases: &[Case],
    report: &Report,
    (faults, missing): (&[Fault], &[Fault]),
    coverage: Vec<OfFlow>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let cases = cases.iter().zip(&report.outcomes);
    let cases = cases
        .map(|(case, outcome)| CaseTold {
            file: &case.file,
            name: &case.name,
            failure: outcome.failure.as_ref(),
        })
        .collect();
    let coverage = coverage.into_iter().map(|of| CoverageTold {
        percent: percent(&of),
        flow: of.flow,
        nodes: of.nodes,
        branches: of.branches,
        missing: of
            .missing
            .into_iter()
            .map(|m| MissingTold { line: m.line, node: m.node, branch: m.branch })
            .collect(),
    });
    json(&Told { cases, faults, missing, coverage: coverage.collect() }, out)
}

/// Names once what flows want of a site and nobody says, before the cases that fail for it.
fn tell_missing(missing: &[Fault], paint: Paint, out: &mut dyn Write) -> Result<(), Failure> {
    for fault in missing {
        writeln!(out, "{}     {}", paint.yellow("warn"), shown(fault))?;
    }
    if !missing.is_empty() {
        writeln!(out, "         hint: {}", bare::HINT)?;
    }
    Ok(())
}

fn tell(
    cases: &[Case],
    report: &Report,
    faults: &[Fault],
    coverage: &[OfFlow],
    least: usize,
    paint: Paint,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    for (case, outcome) in cases.iter().zip(&report.outcomes) {
        let name = switchroom_wire::clean(&case.name);
        match &outcome.failure {
            None => writeln!(out, "{}       {name}", paint.green("ok"))?,
            Some(failure) => {
                writeln!(out, "{}   {name}", paint.red("FAILED"))?;
                writeln!(out, "         {}", shown(failure))?;
                for line in failure.hint.iter().flat_map(|hint| hint.lines()) {
                    writeln!(out, "         {}", switchroom_wire::clean(line))?;
                }
            }
        }
    }
    findings(&[], &faults.iter().collect::<Vec<_>>(), paint, out)?;
    for of in coverage {
        let text = of.report();
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let share = percent(of);
        let word = if share < least { paint.red("thin") } else { paint.green("covered") };
        let gap = if share < least { 5 } else { 2 };
        writeln!(out, "{word}{:gap$}{share}% of {first}", "")?;
        for line in lines {
            writeln!(out, "         {}", switchroom_wire::clean(line))?;
        }
    }
    let failed = report.failures().count();
    writeln!(out, "{} of {} cases passed", cases.len() - failed, cases.len())?;
    Ok(())
}
