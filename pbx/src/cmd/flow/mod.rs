//! `switchroom flow`: flows checked, shown, walked through and tested. The files alone are read; no exchange needs to run.

mod bare;
mod rehearse;
#[cfg(test)]
mod tests;

use super::check::{counted, counts, silent};
use super::terminal::Paint;
use super::{Failure, OK, Outcome, PROBLEMS, generate};
use crate::cli::{FlowCommand, FlowFiles};
use crate::config::{self, ShellConfig};
use crate::daemon;
use crate::flows::{self, Found};
use crate::media;
use serde::Serialize;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use switchroom_flow::check::Known;
use switchroom_flow::fault::did_you_mean;
use switchroom_flow::{Fault, Flow, Flows, SiteConfig};

/// Where somebody types who walks through a flow.
pub(super) struct Typed<'a> {
    /// The lines.
    pub(super) lines: &'a mut dyn BufRead,
    /// A terminal shows what is typed; of all else we do.
    pub(super) is_terminal: bool,
}

/// Does it.
pub(super) fn run(command: &FlowCommand, paint: Paint, typed: Typed<'_>, out: &mut dyn Write) -> Outcome {
    // Without a configuration it is as if nothing were written in it.
    let speaks = |shell: Option<&ShellConfig>| {
        shell.map_or_else(|| media::SpeechEngine::installed().is_some(), daemon::speaks)
    };
    run_where(command, &speaks, paint, typed, out)
}

/// The same on a machine where texts are spoken with a configuration, or none.
fn run_where(
    command: &FlowCommand,
    speaks: &dyn Fn(Option<&ShellConfig>) -> bool,
    paint: Paint,
    typed: Typed<'_>,
    out: &mut dyn Write,
) -> Outcome {
    match command {
        FlowCommand::Check { files, deny_warnings, json } => {
            let mut site = Site::of(files)?;
            let fault = silent(&site.found.flows, &site.dir, speaks(site.shell.as_ref()));
            site.found.faults.extend(fault);
            check(&site, *deny_warnings, *json, paint, out)
        }
        FlowCommand::Show { flow, files } => show(flow, files, out),
        FlowCommand::Walk { number, from, at, files } => {
            rehearse::walk(&Site::of(files)?, (number, from, at), typed, out)
        }
        FlowCommand::Test { cases, min_coverage, json, files } => {
            rehearse::test(&Site::of(files)?, cases, *min_coverage, *json, paint, out)
        }
        FlowCommand::Reference => generate::print(&switchroom_flow::reference(), out),
    }
}

/// The flows of a site, and what is around them.
struct Site {
    dir: PathBuf,
    prompts: Vec<PathBuf>,
    inbound: SiteConfig,
    found: Found,
    /// There is none without a configuration.
    shell: Option<ShellConfig>,
}

impl Site {
    /// By the configuration, or a folder alone, of which only the flows, prompts and lists in it are known.
    fn of(files: &FlowFiles) -> Result<Self, Failure> {
        let (dir, prompts, inbound, found, shell) = match &files.dir {
            Some(dir) => {
                let prompts = vec![dir.join("prompts")];
                let known = Known { prompts: Some(media::prompt_names(&prompts)), ..Known::default() };
                let found = flows::read(dir, &known, &Flows::new());
                (dir.clone(), prompts, bare::site(dir)?, found, None)
            }
            None => {
                let loaded = config::load(&files.config.path())?;
                let found = flows::load(&loaded, &Flows::new());
                let config::FlowsConfig { dir, prompts } = loaded.shell.flows.clone();
                (dir, prompts, loaded.config.inbound, found, Some(loaded.shell))
            }
        };
        if !dir.is_dir() {
            let what = format!("there is no folder of flows at {}", dir.display());
            return Err(Failure::new(what, "name one with --dir, or in [flows] of the configuration"));
        }
        Ok(Self { dir, prompts, inbound, found, shell })
    }

    /// The flows, if none has a fault.
    fn sound(&self) -> Result<&Flows, Failure> {
        let count = self.found.errors().count();
        match self.found.errors().next() {
            None => Ok(&self.found.flows),
            Some(first) => {
                let more = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
                let what = format!("flows have faults: {}{more}", shown(first));
                Err(Failure::new(what, "see all of them with: switchroom flow check"))
            }
        }
    }
}

/// A fault as a line of a terminal.
fn shown(fault: &Fault) -> String {
    switchroom_wire::clean(&fault.to_string()).into_owned()
}

/// What `check --json` prints.
#[derive(Serialize)]
struct Report<'a> {
    dir: &'a PathBuf,
    flows: Vec<&'a str>,
    errors: Vec<&'a Fault>,
    warnings: Vec<&'a Fault>,
}

fn json(value: &impl Serialize, out: &mut dyn Write) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}

fn check(site: &Site, deny_warnings: bool, is_json: bool, paint: Paint, out: &mut dyn Write) -> Outcome {
    let (warnings, errors): (Vec<&Fault>, Vec<&Fault>) =
        site.found.faults.iter().partition(|fault| fault.is_warning);
    let problems = !errors.is_empty() || (deny_warnings && !warnings.is_empty());
    if is_json {
        let flows = site.found.flows.keys().map(String::as_str).collect();
        json(&Report { dir: &site.dir, flows, errors, warnings }, out)?;
    } else {
        writeln!(out, "flows    {}", site.dir.display())?;
        for flow in site.found.flows.values() {
            let title = if flow.title.is_empty() { String::new() } else { format!(" ({})", flow.title) };
            let nodes = counted(flow.nodes.len(), "node");
            writeln!(out, "{}       {}{title}, {nodes}", paint.green("ok"), flow.name)?;
        }
        findings(&warnings, &errors, paint, out)?;
        writeln!(out, "{}", counts(errors.len(), warnings.len()))?;
    }
    Ok(if problems { PROBLEMS } else { OK })
}

fn findings(warnings: &[&Fault], errors: &[&Fault], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    for (faults, word, gap) in [(warnings, paint.yellow("warn"), 5), (errors, paint.red("error"), 4)] {
        for fault in faults {
            // The word before it says what it is.
            let text = shown(&Fault { is_warning: false, ..(*fault).clone() });
            writeln!(out, "{word}{:gap$}{text}", "")?;
            if let Some(hint) = &fault.hint {
                writeln!(out, "         hint: {}", switchroom_wire::clean(hint))?;
            }
        }
    }
    Ok(())
}

fn show(name: &str, files: &FlowFiles, out: &mut dyn Write) -> Outcome {
    let site = Site::of(files)?;
    let flow: &Flow = match site.found.flows.get(name) {
        Some(flow) => flow,
        None => {
            let known = site.found.flows.keys().map(String::as_str);
            let hint = did_you_mean(name, known.clone())
                .unwrap_or_else(|| format!("there are: {}", known.collect::<Vec<_>>().join(", ")));
            let what = match site.found.refused.get(name) {
                Some(_) => format!("the flow {name} has faults; see switchroom flow check"),
                None => format!("there is no flow \"{}\" in {}", name.escape_debug(), site.dir.display()),
            };
            return Err(Failure::new(what, hint));
        }
    };
    generate::print(&switchroom_flow::show::show(flow), out)
}
