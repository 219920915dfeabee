//! `switchroom check`: the file, all faults at once, and whether its flows have any.

use super::terminal::Paint;
use super::{OK, Outcome, PROBLEMS};
use crate::cli::{CheckArgs, Format};
use crate::config::{self, Fault, Loaded};
use crate::flows;
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;
use switchroom_flow::Flows;

/// What `--format json` prints.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    errors: &'a [Fault],
    warnings: &'a [Fault],
    /// Faults of flows, which `switchroom flow check` names.
    flow_errors: usize,
}

/// Does it.
pub(super) fn run(args: &CheckArgs, paint: Paint, out: &mut dyn Write) -> Outcome {
    let path = args.config.path();
    let loaded = config::load(&path);
    let (errors, warnings) = match &loaded {
        Ok(loaded) => (&[][..], loaded.warnings.as_slice()),
        Err(faults) => (faults.as_slice(), &[][..]),
    };
    // A flow with a fault does not load, and every call that leads there would fail.
    let flows = loaded.as_ref().ok().filter(|loaded| loaded.shell.flows.dir.is_dir());
    let flows = flows.map(|loaded| flows::load(loaded, &Flows::new()));
    let flow_errors = flows.as_ref().map_or(0, |found| found.errors().count());
    match args.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &Report { file: &path, errors, warnings, flow_errors })
                .map_err(io::Error::from)?;
            writeln!(out)?;
        }
        Format::Human => {
            writeln!(out, "config   {}", path.display())?;
            if let Ok(loaded) = &loaded {
                summary(loaded, paint, out)?;
            }
            for fault in warnings {
                finding(&paint.yellow("warn"), "warn", fault, out)?;
            }
            for fault in errors {
                finding(&paint.red("error"), "error", fault, out)?;
            }
            if let Some(found) = flows.filter(|_| flow_errors == 0) {
                writeln!(out, "{}       {}", paint.green("ok"), counted(found.flows.len(), "flow"))?;
            }
            if flow_errors > 0 {
                let (count, dir) = (counted(flow_errors, "fault"), flows_dir(&loaded));
                writeln!(out, "{}    {count} in the flows of {dir}", paint.red("error"))?;
                writeln!(out, "         hint: switchroom flow check names each with its place")?;
            }
            writeln!(out, "{}", counts(errors.len() + flow_errors, warnings.len()))?;
        }
    }
    let problems = flow_errors > 0 || !errors.is_empty() || (args.deny_warnings && !warnings.is_empty());
    Ok(if problems { PROBLEMS } else { OK })
}

fn flows_dir(loaded: &Result<Loaded, Vec<Fault>>) -> String {
    loaded.as_ref().map(|loaded| loaded.shell.flows.dir.display().to_string()).unwrap_or_default()
}

fn summary(loaded: &Loaded, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let config = &loaded.config;
    let listen: Vec<String> = loaded.shell.listen.iter().map(ToString::to_string).collect();
    let ok = paint.green("ok");
    writeln!(
        out,
        "{ok}       {}, {}",
        counted(config.extensions.len(), "extension"),
        counted(config.services.len(), "test number")
    )?;
    writeln!(out, "{ok}       listens on {}", listen.join(", "))
}

fn finding(painted: &str, word: &str, fault: &Fault, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{painted}{:width$}{fault}", "", width = 9 - word.len())?;
    match &fault.hint {
        Some(hint) => writeln!(out, "         hint: {hint}"),
        None => Ok(()),
    }
}

/// `1 extension`, `2 extensions`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The last line of a report.
pub(super) fn counts(errors: usize, warnings: usize) -> String {
    match (errors, warnings) {
        (0, 0) => "no faults".into(),
        (0, w) => counted(w, "warning"),
        (e, 0) => counted(e, "error"),
        (e, w) => format!("{}, {}", counted(e, "error"), counted(w, "warning")),
    }
}
