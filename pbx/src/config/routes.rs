//! From `[[routes]]` to checked routes.

use super::inbound::People;
use super::keys::ROUTES;
use super::reader::{Reader, Section};
use super::{Around, value};
use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;
use switchroom_flow::SiteConfig;
use switchroom_flow::fault::{did_you_mean, place_of};
use switchroom_flow::limits::ROUTE_LIMIT_MAX;
use switchroom_flow::number::Pattern;
use switchroom_flow::read::name as checked_name;
use switchroom_flow::routes::{Caller, Destination, Route, When, Who, unreachable};
use toml::de::DeTable;

/// Routes a file may have.
const ROUTES_MAX: usize = 1_000;
/// Entries of `from`.
const FROM_MAX: usize = 500;

/// Reads all routes. `site` has everything else that they speak of; of some lists it is not known who is on them, and routes
/// that ask for one of these take no call.
pub(super) fn routes(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    (site, failed): (&SiteConfig, &BTreeSet<String>),
    people: &People<'_>,
    around: &Around<'_>,
) -> Vec<Route> {
    let rows = reader.rows(root, ROUTES);
    let (mut found, mut spans, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (at, section) in rows {
        if found.len() >= ROUTES_MAX {
            reader.faults.push(&at, format!("more than {ROUTES_MAX} routes"), None);
            break;
        }
        let line = place_of(around.text, at.start).line;
        if let Some(mut route) = route(reader, (section, &at), site, people) {
            route.line = line;
            let written = section.get("name").map(toml::Spanned::span);
            route.name = unique(reader, route.name, written, &mut names);
            if let Some(list) = list_of(&route, failed) {
                // For "not list" would let in everybody of an empty list.
                let what = format!("no call comes to this route as long as list {list} is faulty");
                reader.warnings.push(&at, what, Some("mend the list, then reload".to_owned()));
                continue;
            }
            found.push(route);
            spans.push(at);
        }
    }
    for (place, by) in unreachable(&found) {
        let (Some(at), Some(by)) = (spans.get(place), found.get(by)) else { continue };
        let what = format!("no call comes to this route: the one on line {} takes them all", by.line);
        reader.warnings.push(at, what, Some("put it before that one, or remove it".to_owned()));
    }
    found
}

/// The first of these lists that a route asks for.
fn list_of<'r>(route: &'r Route, lists: &BTreeSet<String>) -> Option<&'r str> {
    route.from.iter().find_map(|caller| match &caller.who {
        Who::List(name) if lists.contains(name) => Some(name.as_str()),
        _ => None,
    })
}

/// A name that no route before has; calls are counted by it.
fn unique(
    reader: &mut Reader,
    name: String,
    written: Option<Range<usize>>,
    names: &mut BTreeSet<String>,
) -> String {
    if names.insert(name.clone()) {
        return name;
    }
    if let Some(span) = written {
        reader.faults.push(&span, format!("two routes are named {name}"), None);
    }
    let mut others = (2..=ROUTES_MAX + 1).map(|n| format!("{name} ({n})"));
    others.find(|other| names.insert(other.clone())).unwrap_or(name)
}

fn route(
    reader: &mut Reader,
    (section, at): (Section<'_>, &Range<usize>),
    site: &SiteConfig,
    people: &People<'_>,
) -> Option<Route> {
    for (key, hint) in [("number", "number = \"4001\""), ("to", "to = \"flow main\"")] {
        if section.get(key).is_none() {
            reader.faults.push(at, format!("this route has no {key}"), Some(format!("write {hint}")));
        }
    }
    let number = reader.text(section, "number", &|text| number(text, people));
    let to = reader.text(section, "to", &|text| destination(text, people));
    let from = from(reader, section, site);
    let hours = reader.text(section, "hours", &|text| hours(text, site));
    let name = reader.text(section, "name", &|text| match text {
        "" => Err("a route's name is empty".to_owned()),
        _ => value::name(text),
    });
    let most = 1..=usize::try_from(ROUTE_LIMIT_MAX).unwrap_or(usize::MAX);
    let mut limit = |key| reader.whole(section, key, most.clone()).and_then(|n| u32::try_from(n).ok());
    let (calls_max, calls_per_second) = (limit("max_calls"), limit("calls_per_second"));
    let calls_per_caller = reader.text(section, "calls_per_caller", &calls_in);
    let back = reader.boolean(section, "back").unwrap_or_default();
    if back && to.as_ref().is_some_and(|to| !matches!(to, Destination::Flow(_))) {
        let hint = Some("write to = \"flow NAME\", or leave back out".to_owned());
        reader.faults.push(&section.span("back"), "only from a flow does a caller come back", hint);
    }
    let number = number?;
    Some(Route {
        name: name.unwrap_or_else(|| number.to_string()),
        line: 0,
        number,
        from,
        hours,
        to: to?,
        back,
        calls_max,
        calls_per_second,
        calls_per_caller,
    })
}

fn number(text: &str, people: &People<'_>) -> Result<Pattern, String> {
    let pattern = Pattern::parse(text)?;
    if let Pattern::Exact(number) = &pattern {
        let what = if people.extensions.contains_key(number) {
            "an extension"
        } else if people.services.contains(number) {
            "a test number"
        } else {
            return Ok(pattern);
        };
        return Err(format!(
            "{number} is {what}, and those go before routes\ngive one of them another number"
        ));
    }
    Ok(pattern)
}

fn destination(text: &str, people: &People<'_>) -> Result<Destination, String> {
    let to = Destination::parse(text)?;
    match &to {
        Destination::Extension(number) if !people.extensions.contains_key(number) => {
            let hint = did_you_mean(number, people.extensions.keys().map(String::as_str))
                .unwrap_or_else(|| "add a table for it".to_owned());
            Err(format!("there is no extension {}\n{hint}", number.escape_debug()))
        }
        Destination::Queue(name) if !people.queues.contains(name) => {
            let hint = did_you_mean(name, people.queues.iter().map(String::as_str))
                .unwrap_or_else(|| "add a table for it, as [queues.sales]".to_owned());
            Err(format!("there is no queue {}\n{hint}", name.escape_debug()))
        }
        Destination::Flow(name) => checked_name(name).map(|_| to),
        Destination::Extension(_) | Destination::Queue(_) | Destination::Refuse(_) => Ok(to),
    }
}

fn from(reader: &mut Reader, section: Section<'_>, site: &SiteConfig) -> Vec<Caller> {
    let listed = reader.texts(section, "from", &|text| {
        let caller = Caller::parse(text)?;
        match &caller.who {
            Who::List(name) if !site.lists.contains_key(name) => {
                let hint = did_you_mean(name, site.lists.keys().map(String::as_str))
                    .unwrap_or_else(|| "add a table for it, as [lists.vip]".to_owned());
                Err(format!("there is no list {}\n{hint}", name.escape_debug()))
            }
            // A word can be who calls ("anonymous"), but not one that a list is called.
            Who::Number(Pattern::Exact(word)) if site.lists.contains_key(word) => {
                Err(format!("\"{word}\" is a list\nwrite \"list {word}\""))
            }
            _ => Ok(caller),
        }
    });
    let listed = listed.unwrap_or_default();
    if let Some((_, span)) = listed.get(FROM_MAX) {
        let hint = Some("put them into a list".to_owned());
        reader.faults.push(span, format!("from has at most {FROM_MAX} entries"), hint);
    }
    listed.into_iter().map(|(caller, _)| caller).collect()
}

/// `office`, `office open`, `office closed`, `office holiday`.
fn hours(text: &str, site: &SiteConfig) -> Result<(String, When), String> {
    let mut words = text.split_whitespace();
    let (name, when) = match (words.next(), words.next(), words.next()) {
        (Some(name), None, None) => (name, Some(When::Open)),
        (Some(name), Some(when), None) => (name, When::parse(when)),
        _ => ("", None),
    };
    let when = when.ok_or_else(|| {
        format!(
            "\"{}\" does not say which hours; write \"office open\", \"office closed\" or \"office holiday\"",
            text.escape_debug()
        )
    })?;
    if site.hours.contains_key(name) {
        return Ok((name.to_owned(), when));
    }
    let hint = did_you_mean(name, site.hours.keys().map(String::as_str))
        .unwrap_or_else(|| "add a table for them, as [hours.office]".to_owned());
    Err(format!("there are no hours {}\n{hint}", name.escape_debug()))
}

/// `3 in 1h`.
fn calls_in(text: &str) -> Result<(u32, Duration), String> {
    let wanted = || format!("\"{}\" is not so many calls in a time; write \"3 in 1h\"", text.escape_debug());
    let (count, within) = text.split_once(" in ").ok_or_else(wanted)?;
    let count = count.trim().parse().ok().filter(|n| (1..=ROUTE_LIMIT_MAX).contains(n)).ok_or_else(wanted)?;
    let within = switchroom_flow::read::duration(within.trim())?;
    if within < Duration::from_secs(1) || within > Duration::from_secs(7 * 86_400) {
        return Err(format!("the time in \"{}\" must be from 1s to 7d", text.escape_debug()));
    }
    Ok((count, within))
}
