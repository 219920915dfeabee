//! From the tables about agents and breaks to checked values, and what they and the queues say of each other.

use super::inbound::named;
use super::keys::{AGENT, BREAK};
use super::reader::{Reader, Section};
use super::value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use switchroom_acd::config::{AgentConfig, BreakConfig, Config, Membership, QueueConfig, SortKey};
use switchroom_exchange::Extension;
use switchroom_flow::fault::did_you_mean;
use switchroom_flow::pins::{AGENT_PINS, Pin};
use switchroom_flow::read::name as checked_name;
use toml::de::DeTable;

/// Agents one file may have.
const AGENTS_MAX: usize = 20_000;
/// Queues of one agent.
const QUEUES_OF_AGENT_MAX: usize = 100;
/// Skills of one agent.
const SKILLS_MAX: usize = 100;

/// Reads all of it, and the PINs of agents.
pub(super) fn floor(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    extensions: &BTreeMap<String, Extension>,
) -> (Config, BTreeMap<String, Pin>) {
    let (mut queues, places) = super::queues::queues(reader, root);
    let (agents, pins) = agents(reader, root, extensions, &queues);
    put_tiers_first(&mut queues, &agents);
    warn_of_lacks(reader, &queues, &places, &agents);
    (Config { agents, queues, breaks: breaks(reader, root) }, pins)
}

fn agents(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    extensions: &BTreeMap<String, Extension>,
    queues: &BTreeMap<String, QueueConfig>,
) -> (BTreeMap<String, AgentConfig>, BTreeMap<String, Pin>) {
    let mut tables = reader.tables(root, AGENT);
    // In the order of the file, which a linear queue goes by.
    tables.sort_by_key(|(_, at, _)| at.start);
    if let Some((_, at, _)) = tables.get(AGENTS_MAX) {
        reader.faults.push(at, format!("more than {AGENTS_MAX} agents"), None);
        tables.truncate(AGENTS_MAX);
    }
    let (mut found, mut pins) = (BTreeMap::new(), BTreeMap::new());
    let mut seats: BTreeMap<String, &str> = BTreeMap::new();
    let mut positions: BTreeMap<String, u32> = BTreeMap::new();
    for (number, at, section) in tables {
        let is_number = value::is_number(number) && number.bytes().all(|b| b.is_ascii_digit());
        if !is_number {
            let what = format!("\"{}\" is not an agent's number", number.escape_debug());
            reader.faults.push(&at, what, Some("it has 1 to 32 digits".to_owned()));
        }
        let mut agent = AgentConfig {
            name: reader.text(section, "name", &value::name).unwrap_or_default(),
            extension: seat(reader, section, extensions),
            skills: skills(reader, section),
            queues: memberships(reader, section, queues),
        };
        if let Some(extension) = &agent.extension
            && let Some(other) = seats.insert(extension.clone(), number)
        {
            let what = format!("agent {other} sits at {extension} already");
            let hint =
                Some("give each a phone, or leave it out: then they sign in where they sit".to_owned());
            reader.faults.push(&section.span("extension"), what, hint);
        }
        if section.get("queues").is_none_or(|v| v.get_ref().as_array().is_some_and(|list| list.is_empty())) {
            let hint = Some("write queues = [\"NAME\"]".to_owned());
            reader.warnings.push(&at, format!("agent {number} works in no queue"), hint);
        }
        for (queue, place) in &mut agent.queues {
            let next = positions.entry(queue.clone()).or_default();
            (place.position, *next) = (*next, next.saturating_add(1));
        }
        let salt = format!("{AGENT_PINS}/{number}");
        if let Some(pin) = reader.text(section, "pin", &|text| Pin::parse(text, &salt)) {
            pins.insert(number.to_owned(), pin);
        }
        found.insert(number.to_owned(), agent);
    }
    (found, pins)
}

fn seat(
    reader: &mut Reader,
    section: Section<'_>,
    extensions: &BTreeMap<String, Extension>,
) -> Option<String> {
    let is_told = !reader.faults.is_full();
    reader.text(section, "extension", &|text| {
        if extensions.contains_key(text) {
            return Ok(text.to_owned());
        }
        let hint = is_told.then(|| did_you_mean(text, extensions.keys().map(String::as_str))).flatten();
        let hint = hint.unwrap_or_else(|| "add a table for it, as [extensions.101]".to_owned());
        Err(format!("there is no extension {}\n{hint}", text.escape_debug()))
    })
}

fn skills(reader: &mut Reader, section: Section<'_>) -> BTreeMap<String, u8> {
    let listed = reader.numbers(section, "skills", 1..=9).unwrap_or_default();
    if listed.len() > SKILLS_MAX {
        let what = format!("an agent has at most {SKILLS_MAX} skills");
        reader.faults.push(&section.span("skills"), what, None);
    }
    let mut found = BTreeMap::new();
    for (skill, level, at) in listed {
        if let Err(what) = checked_name(&skill) {
            reader.faults.push_sentence(&at, &what);
        }
        found.insert(skill, u8::try_from(level).unwrap_or_default());
    }
    found
}

fn memberships(
    reader: &mut Reader,
    section: Section<'_>,
    queues: &BTreeMap<String, QueueConfig>,
) -> BTreeMap<String, Membership> {
    let is_told = !reader.faults.is_full();
    let listed = reader.texts(section, "queues", &|text| {
        let (name, place) = membership(text)?;
        if queues.contains_key(name) {
            return Ok((name.to_owned(), place));
        }
        let hint = is_told.then(|| did_you_mean(name, queues.keys().map(String::as_str))).flatten();
        let hint = hint.unwrap_or_else(|| "add a table for it, as [queues.sales]".to_owned());
        Err(format!("there is no queue {}\n{hint}", name.escape_debug()))
    });
    let listed = listed.unwrap_or_default();
    if let Some((_, span)) = listed.get(QUEUES_OF_AGENT_MAX) {
        reader.faults.push(span, format!("an agent has at most {QUEUES_OF_AGENT_MAX} queues"), None);
    }
    let mut found = BTreeMap::new();
    for ((name, place), span) in listed {
        if found.contains_key(&name) {
            reader.faults.push(&span, format!("queue {name} is listed twice"), None);
        }
        found.insert(name, place);
    }
    found
}

/// `sales`, `sales tier 2`, `sales weight 3`, `sales tier 2 weight 3`.
pub(super) fn membership(text: &str) -> Result<(&str, Membership), String> {
    let wanted = || {
        let text = text.escape_debug();
        format!(
            "\"{text}\" is not a queue with the agent's place in it; write \"sales\" or \"sales tier 2 weight 3\""
        )
    };
    let mut words = text.split_whitespace();
    let name = words.next().ok_or_else(wanted)?;
    let (mut tier, mut weight) = (None, None);
    while let Some(word) = words.next() {
        let (of, most) = match word {
            "tier" => (&mut tier, 9),
            "weight" => (&mut weight, 100),
            _ => return Err(wanted()),
        };
        let number: u32 = words.next().and_then(|number| number.parse().ok()).ok_or_else(wanted)?;
        if !(1..=most).contains(&number) {
            return Err(format!("a {word} is from 1 to {most}, and {number} is not"));
        }
        if of.replace(number).is_some() {
            return Err(wanted());
        }
    }
    let tier = tier.and_then(|tier| u8::try_from(tier).ok()).unwrap_or(1);
    Ok((name, Membership { tier, weight: weight.unwrap_or(1), position: 0 }))
}

/// Tiers that do not sort would be none.
fn put_tiers_first(queues: &mut BTreeMap<String, QueueConfig>, agents: &BTreeMap<String, AgentConfig>) {
    for (name, place) in agents.values().flat_map(|agent| &agent.queues) {
        if place.tier == 1 {
            continue;
        }
        if let Some(queue) = queues.get_mut(name)
            && !queue.order.contains(&SortKey::Tier)
        {
            queue.order.insert(0, SortKey::Tier);
        }
    }
}

/// Warns of queues whose callers nobody will ever serve.
fn warn_of_lacks(
    reader: &mut Reader,
    queues: &BTreeMap<String, QueueConfig>,
    places: &BTreeMap<String, Range<usize>>,
    agents: &BTreeMap<String, AgentConfig>,
) {
    // The best level that a queue's agents have in each skill.
    let mut staffed: BTreeMap<&str, BTreeMap<&str, u8>> = BTreeMap::new();
    for agent in agents.values() {
        for name in agent.queues.keys() {
            let best = staffed.entry(name).or_default();
            for (skill, level) in &agent.skills {
                let so_far = best.entry(skill).or_default();
                *so_far = (*so_far).max(*level);
            }
        }
    }
    let all_skills: BTreeSet<&str> =
        agents.values().flat_map(|agent| agent.skills.keys()).map(String::as_str).collect();
    for (name, queue) in queues {
        let Some(at) = places.get(name) else { continue };
        let Some(best) = staffed.get(name.as_str()) else {
            let hint = Some(format!("write queues = [\"{name}\"] in [agents.NUMBER]"));
            reader.warnings.push(at, format!("no agent works in queue {name}"), hint);
            continue;
        };
        for need in &queue.needs {
            let least = need.relaxes.last().map_or(need.level, |(_, level)| *level);
            if best.get(need.skill.as_str()).copied().unwrap_or_default() < least {
                let what = format!("no agent of queue {name} has {} {least}", need.skill);
                let others = all_skills.iter().copied().filter(|skill| *skill != need.skill);
                reader.warnings.push(at, what, did_you_mean(&need.skill, others));
            }
        }
    }
}

fn breaks(reader: &mut Reader, root: Option<&DeTable<'_>>) -> BTreeMap<String, BreakConfig> {
    let mut found = BTreeMap::new();
    for (name, _, section) in named(reader, root, BREAK) {
        let at_once = reader.whole(section, "at_once", 0..=AGENTS_MAX).unwrap_or_default();
        let reason = BreakConfig {
            label: reader.text(section, "label", &value::name).unwrap_or_default(),
            budget: super::queues::span_ms(reader, section, "budget", 0, 86_400),
            at_once: u32::try_from(at_once).unwrap_or_default(),
        };
        found.insert(name.to_owned(), reason);
    }
    found
}
