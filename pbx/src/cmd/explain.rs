//! `switchroom route explain` and `switchroom hours explain`: each rule that is tried, and why it fits or not. The file
//! alone is read; no exchange needs to run.

use super::{Failure, OK, Outcome, PROBLEMS, USAGE};
use crate::cli::{HoursCommand, RouteCommand};
use crate::clock;
use crate::config;
use std::io::Write;
use switchroom_flow::calendar::{Clocks, Hours, Zone};
use switchroom_flow::fault::did_you_mean;
use switchroom_flow::number::normal;
use switchroom_flow::routes::{Asked, Unknown};

/// Why a call goes where it goes.
pub(super) fn route(command: &RouteCommand, out: &mut dyn Write) -> Outcome {
    let RouteCommand::Explain { number, from, at, config: file } = command;
    let loaded = config::load(&file.path())?;
    let site = &loaded.config.inbound;
    let at_ms = moment(at, &site.zone, out)?;
    let dialled = normal(number);
    if let Some(service) = loaded.config.services.get(dialled.as_ref()) {
        writeln!(out, "{dialled} is the {} service; routes are not asked", service.word())?;
        return Ok(OK);
    }
    if let Some(extension) = loaded.config.extensions.get(dialled.as_ref()) {
        let name = if extension.name.is_empty() { String::new() } else { format!(" ({})", extension.name) };
        writeln!(out, "{dialled} is an extension{name}; routes are not asked")?;
        return Ok(OK);
    }
    let asked = Asked { number, caller: from, at_ms };
    let explanation = site.explain_route(&asked, &mut Unknown);
    write!(out, "{explanation}")?;
    Ok(if explanation.to.is_some() { OK } else { PROBLEMS })
}

/// Why it is open or closed.
pub(super) fn hours(command: &HoursCommand, out: &mut dyn Write) -> Outcome {
    let HoursCommand::Explain { time, hours, config: file } = command;
    let path = file.path();
    let loaded = config::load(&path)?;
    let site = &loaded.config.inbound;
    let all: Vec<(&String, &Hours)> = match hours {
        Some(name) => site.hours.get_key_value(name).into_iter().collect(),
        None => site.hours.iter().collect(),
    };
    if all.is_empty() {
        let known = site.hours.keys().map(String::as_str);
        let hint = hours.as_ref().and_then(|name| did_you_mean(name, known));
        let what = match hours {
            Some(name) => format!("there are no hours \"{}\"", name.escape_debug()),
            None => format!("{} has no hours", path.display()),
        };
        return Err(Failure::new(
            what,
            hint.unwrap_or_else(|| "add a table for them, as [hours.office]".to_owned()),
        ));
    }
    for (place, (name, hours)) in all.into_iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        let at_ms = moment(time, hours.zone_or(&site.zone), out)?;
        write!(out, "{name}: {}", hours.explain(at_ms, &site.zone))?;
    }
    Ok(OK)
}

/// A time as it was written, with a word about what clocks do with it.
pub(super) fn moment(text: &str, zone: &Zone, out: &mut dyn Write) -> Result<i64, Failure> {
    if text == "now" {
        return Ok(clock::wall_ms());
    }
    let moment = zone.moment(text).map_err(|what| Failure::Told {
        what,
        hint: Some("or write now".to_owned()),
        code: USAGE,
    })?;
    match moment.clocks {
        Clocks::Once => (),
        Clocks::Twice { second_ms } => {
            writeln!(
                out,
                "{text} comes twice; this is the first time, the second is {}",
                zone.shown(second_ms)
            )?;
        }
        Clocks::Never => {
            writeln!(out, "{text} is skipped by the clocks; taken is {}", zone.shown(moment.unix_ms))?;
        }
    }
    Ok(moment.unix_ms)
}
