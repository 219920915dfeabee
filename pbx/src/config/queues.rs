//! From `[queues.NAME]` to checked queues.

use super::build::{RING_S_MAX, duration};
use super::inbound::named;
use super::keys::QUEUE;
use super::reader::{Reader, Section};
use super::value;
use std::collections::BTreeMap;
use std::ops::Range;
use switchroom_acd::config::{CallBackConfig, Need, QueueConfig, SortKey, Staff};
use switchroom_acd::limits::{CALL_BACKS_MAX, RING_MAX, WAITERS_MAX};
use switchroom_flow::fault::did_you_mean;
use switchroom_flow::limits::ROUTE_LIMIT_MAX;
use switchroom_flow::read::{
    LANGUAGES, duration as checked_duration, name as checked_name, one_of, prompt_name,
};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Skills that one queue needs.
const NEEDS_MAX: usize = 10;
/// Prompts of its music, those of folders too.
pub(crate) const MUSIC_MAX: usize = 100;
/// Characters of a script.
const SCRIPT_CHARS_MAX: usize = 4_000;
/// Words for what came of a call: each has a key on the desk.
const DISPOSITIONS_MAX: usize = 9;
const HOUR_S: u64 = 3_600;
const DAY_S: u64 = 86_400;

pub(super) const STAFF: &[(&str, Staff)] =
    &[("signed_in", Staff::SignedIn), ("working", Staff::Working), ("always", Staff::None)];

/// A strategy by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Preset {
    order: &'static [SortKey],
    rings_all: bool,
}

const fn preset(order: &'static [SortKey]) -> Preset {
    Preset { order, rings_all: false }
}

pub(super) const STRATEGIES: &[(&str, Preset)] = &[
    ("longest_idle", preset(&[SortKey::LongestIdle])),
    ("round_robin", preset(&[SortKey::RoundRobin])),
    ("fewest_calls", preset(&[SortKey::FewestCalls, SortKey::LongestIdle])),
    ("least_talk", preset(&[SortKey::LeastTalk, SortKey::LongestIdle])),
    ("linear", preset(&[SortKey::Linear])),
    ("ring_all", Preset { order: &[SortKey::LongestIdle], rings_all: true }),
    ("weighted", preset(&[SortKey::Weighted])),
];

/// Reads all queues; gives them with the places of their names.
pub(super) fn queues(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
) -> (BTreeMap<String, QueueConfig>, BTreeMap<String, Range<usize>>) {
    let (mut found, mut places) = (BTreeMap::new(), BTreeMap::new());
    let hours = root.and_then(|root| root.get("hours")?.get_ref().as_table());
    let hours: Vec<&str> =
        hours.iter().flat_map(|hours| hours.keys()).map(|name| name.get_ref().as_ref()).collect();
    for (name, at, section) in named(reader, root, QUEUE) {
        found.insert(name.to_owned(), queue(reader, section, &hours));
        places.insert(name.to_owned(), at);
    }
    (found, places)
}

fn queue(reader: &mut Reader, section: Section<'_>, hours: &[&str]) -> QueueConfig {
    let most = 1..=usize::try_from(ROUTE_LIMIT_MAX).unwrap_or(usize::MAX);
    let mut limit = |key| reader.whole(section, key, most.clone()).and_then(|n| u32::try_from(n).ok());
    let (calls_max, calls_per_second) = (limit("max_calls"), limit("calls_per_second"));
    let (order, ring_at_once) = strategy(reader, section);
    let no_answer_break = reader.whole(section, "no_answer_break", 0..=100).unwrap_or_default();
    QueueConfig {
        label: reader.text(section, "label", &value::name).unwrap_or_default(),
        language: reader
            .text(section, "language", &one_of("language", LANGUAGES))
            .map(|language| language.word().to_owned())
            .unwrap_or_default(),
        order,
        ring_at_once,
        ring: span_ms(reader, section, "ring", 1, RING_S_MAX),
        wrap_up: span_ms(reader, section, "wrap_up", 0, HOUR_S),
        no_answer_break: u32::try_from(no_answer_break).unwrap_or_default(),
        rest: span_ms(reader, section, "rest", 0, HOUR_S),
        needs: needs(reader, section),
        tier_after: span_ms(reader, section, "tier_after", 0, HOUR_S),
        sticky: span_ms(reader, section, "sticky", 0, 90 * DAY_S),
        max_waiting: reader.whole(section, "max_waiting", 1..=WAITERS_MAX).unwrap_or_default(),
        max_wait: span_ms(reader, section, "max_wait", 0, DAY_S),
        hours: reader.text(section, "hours", &|text| hours_named(text, hours)),
        calls_max,
        calls_per_second,
        join: reader.text(section, "join", &one_of("join", STAFF)).unwrap_or_default(),
        stay: reader.text(section, "stay", &one_of("stay", STAFF)).unwrap_or_default(),
        stay_grace: span_ms(reader, section, "stay_grace", 0, DAY_S),
        ageing: span_ms(reader, section, "ageing", 0, DAY_S),
        announce_every: announce_every(reader, section),
        music: music(reader, section, "music"),
        comfort: reader.text(section, "comfort", &prompt_name).unwrap_or_default(),
        whisper: reader.text(section, "whisper", &prompt_name).unwrap_or_default(),
        announce_agent: reader.boolean(section, "announce_agent").unwrap_or_default(),
        show_queue: reader.boolean(section, "show_queue").unwrap_or_default(),
        service_level: span_ms(reader, section, "service_level", 1, HOUR_S),
        short_abandon: span_ms(reader, section, "short_abandon", 0, HOUR_S),
        call_back: CallBackConfig {
            tries: reader
                .whole(section, "call_back_tries", 1..=20)
                .and_then(|tries| u32::try_from(tries).ok())
                .unwrap_or_default(),
            retry_after: span_ms(reader, section, "call_back_retry", 10, DAY_S),
            max: reader.whole(section, "call_backs_max", 0..=CALL_BACKS_MAX).unwrap_or_default(),
        },
        script: reader.text(section, "script", &script).unwrap_or_default(),
        dispositions: dispositions(reader, section),
    }
}

/// The name of hours that there are.
fn hours_named(text: &str, hours: &[&str]) -> Result<String, String> {
    if hours.contains(&text) {
        return Ok(text.to_owned());
    }
    let hint = did_you_mean(text, hours.iter().copied())
        .unwrap_or_else(|| "add a table for them, as [hours.office]".to_owned());
    Err(format!("there are no hours {}\n{hint}", text.escape_debug()))
}

/// A span from `least` to `most` seconds, in milliseconds.
pub(super) fn span_ms(
    reader: &mut Reader,
    section: Section<'_>,
    key: &'static str,
    least: u64,
    most: u64,
) -> u64 {
    let span = duration(reader, section, key, least, most).unwrap_or_default();
    u64::try_from(span.as_millis()).unwrap_or_default()
}

/// By what agents are sorted, and how many ring at once.
fn strategy(reader: &mut Reader, section: Section<'_>) -> (Vec<SortKey>, u8) {
    let preset = reader.text(section, "strategy", &one_of("strategy", STRATEGIES));
    let order = order(reader, section);
    let ring_at_once = reader.whole(section, "ring_at_once", 0..=RING_MAX);
    let ring_at_once = ring_at_once.and_then(|n| u8::try_from(n).ok()).unwrap_or_default();
    if let Some(order) = order {
        if section.get("strategy").is_some() {
            let hint = Some("remove one of them".to_owned());
            reader.faults.push(&section.span("order"), "strategy and order are both written", hint);
        }
        return (order, ring_at_once);
    }
    let Some(preset) = preset else { return (Vec::new(), ring_at_once) };
    if preset.rings_all && section.get("ring_at_once").is_some() {
        let what = "with strategy = \"ring_all\" all ring at once";
        let hint = Some("remove this, or write another strategy".to_owned());
        reader.faults.push(&section.span("ring_at_once"), what, hint);
    }
    (preset.order.to_vec(), if preset.rings_all { 0 } else { ring_at_once })
}

fn order(reader: &mut Reader, section: Section<'_>) -> Option<Vec<SortKey>> {
    let listed = reader.texts(section, "order", &sort_key)?;
    let mut found: Vec<SortKey> = Vec::new();
    for (key, span) in listed {
        if found.contains(&key) {
            reader.faults.push(&span, format!("{} is listed twice", key.word()), None);
        }
        found.push(key);
    }
    let is_empty = |value: &Spanned<DeValue<'_>>| value.get_ref().as_array().is_some_and(|l| l.is_empty());
    if section.get("order").is_some_and(is_empty) {
        let hint = Some("write [\"longest_idle\"], or leave it out".to_owned());
        reader.faults.push(&section.span("order"), "order is empty", hint);
    }
    Some(found)
}

fn sort_key(text: &str) -> Result<SortKey, String> {
    let words = || SortKey::ALL.into_iter().map(SortKey::word);
    SortKey::ALL.into_iter().find(|key| key.word() == text).ok_or_else(|| {
        let hint = match text {
            "ring_all" => "write strategy = \"ring_all\", or ring_at_once = 0 beside order".to_owned(),
            _ => did_you_mean(text, words())
                .unwrap_or_else(|| format!("known are {}", words().collect::<Vec<_>>().join(", "))),
        };
        format!("\"{}\" is nothing that agents are sorted by\n{hint}", text.escape_debug())
    })
}

fn needs(reader: &mut Reader, section: Section<'_>) -> Vec<Need> {
    let listed = reader.texts(section, "needs", &need).unwrap_or_default();
    if let Some((_, span)) = listed.get(NEEDS_MAX) {
        reader.faults.push(span, format!("a queue needs at most {NEEDS_MAX} skills"), None);
    }
    let mut found: Vec<Need> = Vec::new();
    for (need, span) in listed {
        if found.iter().any(|other| other.skill == need.skill) {
            reader.faults.push(&span, format!("{} is needed twice", need.skill), None);
        }
        found.push(need);
    }
    found
}

/// `german 5`, `german 5, 3 after 30s, 0 after 1m`.
fn need(text: &str) -> Result<Need, String> {
    let wanted = || {
        let text = text.escape_debug();
        format!(
            "\"{text}\" is not a skill and its level; write \"german 5\" or \"german 5, 3 after 30s, 0 after 1m\""
        )
    };
    let mut parts = text.split(',').map(str::trim);
    let (skill, level) = parts.next().and_then(|first| first.split_once(' ')).ok_or_else(wanted)?;
    let skill = checked_name(skill)?;
    let level: u8 = level.trim().parse().ok().filter(|n| (1..=9).contains(n)).ok_or_else(wanted)?;
    let (mut relaxes, mut before) = (Vec::new(), (0, level));
    for part in parts {
        let (lower, after) = part.split_once(" after ").ok_or_else(wanted)?;
        let lower: u8 = lower.trim().parse().map_err(|_| wanted())?;
        let after = u64::try_from(checked_duration(after.trim())?.as_millis()).map_err(|_| wanted())?;
        if after <= before.0 || after > DAY_S * 1_000 || lower >= before.1 {
            return Err(format!(
                "\"{}\" does not ask for less and less: levels fall, times rise up to 1d",
                text.escape_debug()
            ));
        }
        before = (after, lower);
        relaxes.push(before);
    }
    Ok(Need { skill, level, relaxes })
}

fn announce_every(reader: &mut Reader, section: Section<'_>) -> u64 {
    let (least, most) = (10_000, HOUR_S * 1_000);
    let every = reader.text(section, "announce_every", &|text| {
        let ms = u64::try_from(checked_duration(text)?.as_millis()).unwrap_or(u64::MAX);
        if ms != 0 && !(least..=most).contains(&ms) {
            return Err(format!(
                "announce_every must be from 10s to 1h, or 0s for never, and \"{text}\" is neither"
            ));
        }
        Ok(ms)
    });
    every.unwrap_or_default()
}

/// Text for people, of several lines.
fn script(text: &str) -> Result<String, String> {
    if text.chars().count() > SCRIPT_CHARS_MAX {
        return Err(format!("a script has at most {SCRIPT_CHARS_MAX} characters"));
    }
    let harmless = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    Ok(text.trim().chars().map(harmless).collect())
}

fn dispositions(reader: &mut Reader, section: Section<'_>) -> Vec<String> {
    let listed = reader.texts(section, "dispositions", &value::name).unwrap_or_default();
    if let Some((_, span)) = listed.get(DISPOSITIONS_MAX) {
        reader.faults.push(span, format!("there are at most {DISPOSITIONS_MAX} dispositions"), None);
    }
    let mut found: Vec<String> = Vec::new();
    for (word, span) in listed {
        if found.contains(&word) {
            reader.faults.push(&span, format!("{word} is listed twice"), None);
        }
        found.push(word);
    }
    found
}

/// A prompt, or with a slash behind it a folder of them, which stays as it is written until flows and prompts are read.
fn music_name(text: &str) -> Result<String, String> {
    let Some(folder) = text.strip_suffix('/') else { return prompt_name(text) };
    let no_folder = |_| {
        let hint = "folders have a-z, 0-9, _ and -, with / behind them, as \"music/\"";
        format!("\"{}\" is not the name of a folder of prompts\n{hint}", text.escape_debug())
    };
    prompt_name(folder).map(|folder| format!("{folder}/")).map_err(no_folder)
}

/// The prompts of a key that are played one after the other.
pub(super) fn music(reader: &mut Reader, section: Section<'_>, key: &'static str) -> Vec<String> {
    let listed = reader.texts(section, key, &music_name).unwrap_or_default();
    if let Some((_, span)) = listed.get(MUSIC_MAX) {
        reader.faults.push(span, format!("{key} has at most {MUSIC_MAX} prompts and folders"), None);
    }
    listed.into_iter().map(|(name, _)| name).collect()
}
