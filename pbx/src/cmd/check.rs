//! `switchroom check`: the file, all faults at once, and whether its flows have any.

use super::terminal::Paint;
use super::{OK, Outcome, PROBLEMS};
use crate::cli::{CheckArgs, Format};
use crate::config::{self, Fault, Loaded};
use crate::daemon;
use crate::flows;
use crate::net::resolver;
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;
use switchroom_flow::check::texts;
use switchroom_flow::{self as flow, Flows};

/// Looking up the hosts that a configuration names may take so long, all of them together.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(5);

/// What `--format json` prints.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    errors: &'a [Fault],
    warnings: &'a [Fault],
    /// What it names and neither flows nor prompts have.
    names: Vec<&'a flow::Fault>,
    /// Faults of flows, which `switchroom flow check` names.
    flow_errors: usize,
    /// The same of warnings.
    flow_warnings: usize,
}

/// Does it.
pub(super) fn run(args: &CheckArgs, paint: Paint, out: &mut dyn Write) -> Outcome {
    let path = args.config.path();
    let loaded = config::load(&path);
    let (errors, warnings) = match &loaded {
        Ok(loaded) => (&[][..], loaded.warnings.as_slice()),
        Err(faults) => (faults.as_slice(), &[][..]),
    };
    // A flow with a fault does not load, and every call that leads there would fail; a prompt that is not there is silence.
    let mut found = loaded.as_ref().map(|loaded| flows::load(loaded, &Flows::new())).unwrap_or_default();
    if let Ok(loaded) = &loaded {
        found.faults.extend(silent(&found.flows, &path, daemon::speaks(&loaded.shell)));
        found.faults.extend(nowhere(loaded));
    }
    let (names, of_flows): (Vec<_>, Vec<_>) =
        found.faults.iter().partition(|fault| Path::new(&fault.file) == path);
    let count = |faults: &[&flow::Fault]| {
        let warnings = faults.iter().filter(|fault| fault.is_warning).count();
        (faults.len() - warnings, warnings)
    };
    let ((name_errors, name_warnings), (flow_errors, flow_warnings)) = (count(&names), count(&of_flows));
    let errors_all = errors.len() + name_errors + flow_errors;
    let warnings_all = warnings.len() + name_warnings + flow_warnings;
    match args.format {
        Format::Json => {
            let report = Report { file: &path, errors, warnings, names, flow_errors, flow_warnings };
            serde_json::to_writer_pretty(&mut *out, &report).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        Format::Human => {
            writeln!(out, "config   {}", path.display())?;
            if let Ok(loaded) = &loaded {
                summary(loaded, paint, out)?;
                of_the_flows(
                    &found.flows,
                    (flow_errors, flow_warnings),
                    &loaded.shell.flows.dir,
                    paint,
                    out,
                )?;
            }
            let warned = names.iter().filter(|fault| fault.is_warning);
            let warned = warnings.iter().map(Line::from).chain(warned.copied().map(Line::from));
            let wrong = names.iter().filter(|fault| !fault.is_warning);
            let wrong = errors.iter().map(Line::from).chain(wrong.copied().map(Line::from));
            for line in warned {
                finding(&paint.yellow("warn"), "warn", &line, out)?;
            }
            for line in wrong {
                finding(&paint.red("error"), "error", &line, out)?;
            }
            writeln!(out, "{}", counts(errors_all, warnings_all))?;
        }
    }
    let problems = errors_all > 0 || (args.deny_warnings && warnings_all > 0);
    Ok(if problems { PROBLEMS } else { OK })
}

/// How many flows are good, and how much is wrong with the others.
fn of_the_flows(
    flows: &Flows,
    (errors, warnings): (usize, usize),
    dir: &Path,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    if dir.is_dir() && errors == 0 {
        writeln!(out, "{}       {}", paint.green("ok"), counted(flows.len(), "flow"))?;
    }
    let dir = dir.display();
    if errors > 0 {
        writeln!(out, "{}    {} in the flows of {dir}", paint.red("error"), counted(errors, "fault"))?;
    }
    if warnings > 0 {
        writeln!(out, "{}     {} in the flows of {dir}", paint.yellow("warn"), counted(warnings, "warning"))?;
    }
    if errors + warnings > 0 {
        writeln!(out, "         hint: switchroom flow check names each with its place")?;
    }
    Ok(())
}

/// What callers do not hear because nothing speaks texts: without a word they stand there, and the menu comes again.
pub(super) fn silent(flows: &Flows, place: &Path, speaks: bool) -> Option<flow::Fault> {
    if speaks {
        return None;
    }
    let texts: Vec<String> = flows
        .values()
        .filter_map(|flow| Some((flow, texts(flow))).filter(|(_, texts)| *texts > 0))
        .map(|(flow, texts)| format!("{} of flow {}", counted(texts, "prompt"), flow.name))
        .collect();
    (!texts.is_empty()).then(|| flow::Fault {
        file: place.to_string_lossy().into_owned(),
        line: 0,
        column: 0,
        is_warning: true,
        what: format!("there is no speech engine, so texts are not spoken in {}", texts.join(", ")),
        hint: Some(
            "apt install espeak-ng, or record them as prompts, or name an engine in [speech]".to_owned(),
        ),
    })
}

/// Hosts that contacts name and that are not found now, from here: the exchange asks again and again, so that is no error.
fn nowhere(loaded: &Loaded) -> Vec<flow::Fault> {
    let names = resolver::names(&loaded.config);
    let found = resolver::look_up_all(names, &loaded.shell.listen, LOOK_UP_WITHIN);
    let lost = found.into_iter().filter_map(|(name, found)| Some((name, found.err()?)));
    let told = lost.map(|(name, why)| flow::Fault {
        file: loaded.path.to_string_lossy().into_owned(),
        line: 0,
        column: 0,
        is_warning: true,
        what: format!("{name}, which a contact names, has no address: {why}"),
        hint: Some(
            "extensions there cannot be called until it has; see the name, and the name server".into(),
        ),
    });
    told.collect()
}

/// A fault as it is printed.
struct Line<'a> {
    what: String,
    hint: Option<&'a str>,
}

impl<'a> From<&'a Fault> for Line<'a> {
    fn from(fault: &'a Fault) -> Self {
        Self { what: fault.to_string(), hint: fault.hint.as_deref() }
    }
}

impl<'a> From<&'a flow::Fault> for Line<'a> {
    fn from(fault: &'a flow::Fault) -> Self {
        // The word before it says what it is.
        let what = flow::Fault { is_warning: false, ..fault.clone() }.to_string();
        Self { what: switchroom_wire::clean(&what).into_owned(), hint: fault.hint.as_deref() }
    }
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

fn finding(painted: &str, word: &str, Line { what, hint }: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{painted}{:width$}{what}", "", width = 9 - word.len())?;
    match hint {
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
