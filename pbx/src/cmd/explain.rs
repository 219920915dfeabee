//! `switchroom route explain` and `switchroom hours explain`: each rule that is tried, and why it fits or not. The files
//! alone are read; no exchange needs to run.

use super::{Failure, OK, Outcome, PROBLEMS, USAGE};
use crate::cli::{HoursCommand, RouteCommand};
use crate::clock;
use crate::config;
use crate::flows;
use std::io::Write;
use switchroom_exchange::{NO_NUMBER, Way};
use switchroom_flow::Flows;
use switchroom_flow::calendar::{Clocks, Hours, Zone};
use switchroom_flow::fault::did_you_mean;
use switchroom_flow::routes::{Asked, Unknown};

/// Why a call goes where it goes.
pub(super) fn route(command: &RouteCommand, out: &mut dyn Write) -> Outcome {
    let RouteCommand::Explain { number, from, at, config: file } = command;
    let mut loaded = config::load(&file.path())?;
    loaded.config.flows = flows::load(&loaded, &Flows::new()).flows;
    let config = &loaded.config;
    let at_ms = moment(at, &config.inbound.zone, out)?;
    let asked = Asked { number, caller: from, at_ms };
    let way = config.way(&asked, &mut Unknown);
    match way {
        Way::NoNumber => {
            writeln!(out, "{}: {NO_NUMBER}", switchroom_wire::clean(number))?;
            return Ok(PROBLEMS);
        }
        Way::Service(service) => {
            writeln!(out, "{number} is the {} service; routes are not asked", service.word())?;
            return Ok(OK);
        }
        Way::Extension => {
            let name = config.extensions.get(number).map_or("", |extension| extension.name.as_str());
            let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
            writeln!(out, "{number} is an extension{name}; routes are not asked")?;
            return Ok(OK);
        }
        Way::Supervise(subject) => {
            let subject = switchroom_wire::clean(subject);
            writeln!(out, "{number} lets {from} hear the calls of {subject}; routes are not asked")?;
            return Ok(OK);
        }
        Way::Route(_) | Way::Full(_) | Way::NoRoute => {}
    }
    write!(out, "{}", config.inbound.explain_route(&asked, &mut Unknown))?;
    let Way::Route(route) = way else { return Ok(PROBLEMS) };
    if let Some(missing) = config.missing(&route.to) {
        writeln!(out, "but it leads {missing}: the call fails")?;
        return Ok(PROBLEMS);
    }
    Ok(OK)
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
