//! Why a caller was offered to whom it was, or still waits: as lines of text.

use crate::format::{clock, duration, whole};
use crate::rows::{Form, reason_word};
use crate::words::Words;
use std::collections::BTreeMap;
use switchroom_wire::{BarView, DecisionView, ReasonsView, Sorted, StandingView, WhyView, clean, fit};

/// Columns of an agent's number.
const AGENT_COLUMNS: usize = 8;

/// How the caller came to queues and left them, the offers, oldest first, then how the caller stands now.
pub(crate) fn why_lines(reasons: &ReasonsView, form: Form<'_>) -> Vec<String> {
    let step = |step: &WhyView| format!("{}  {}", clock(step.at_ms, form.utc_offset_min), step.text);
    let mut lines: Vec<String> = reasons.path.iter().map(step).collect();
    lines.extend(reasons.offers.iter().flat_map(|offer| decision(offer, form)));
    if let Some(standing_view) = &reasons.standing {
        lines.extend(standing(standing_view, form.words));
    }
    if lines.is_empty() {
        lines.push(form.words.t("why.nothing").to_owned());
    }
    lines.iter().map(|line| clean(line).into_owned()).collect()
}

fn time(ms: u64) -> String {
    duration(whole(ms))
}

fn decision(offer: &DecisionView, form: Form<'_>) -> Vec<String> {
    let words = form.words;
    let why = words.t(match offer.trigger.as_str() {
        "agent" => "why.by_agent",
        "own" => "why.by_own",
        "assigned" => "why.by_assigned",
        _ => "why.by_waiter",
    });
    let (at, waited) = (clock(offer.at_ms, form.utc_offset_min), time(offer.waited_ms));
    let chosen = offer.chosen.join(", ");
    let fields = [
        ("time", at.as_str()),
        ("queue", &offer.queue),
        ("agents", &chosen),
        ("waited", &waited),
        ("why", why),
    ];
    let mut lines = vec![words.f("why.offered", &fields)];
    lines.extend(offer.lines.iter().map(|line| format!("    {}  {line}", label(words, "why.line"))));
    for (agent, keys) in &offer.candidates {
        let keys: Vec<String> = offer.sorted(keys).iter().map(|key| sorted_words(key, words)).collect();
        lines.push(against(words, "why.free", agent, &keys.join(", ")));
    }
    lines.extend(barred(&offer.others, &offer.bars, offer.unnamed, words));
    lines
}

fn standing(standing: &StandingView, words: &Words) -> Vec<String> {
    let fields = [
        ("queue", standing.queue.clone()),
        ("waited", time(standing.waited_ms)),
        ("place", standing.place.to_string()),
        ("priority", standing.priority.to_string()),
    ];
    let mut lines = vec![words.f("why.waits", &fields)];
    if !standing.ringing.is_empty() {
        lines.push(format!("    {}", words.f("why.rings", &[("agents", &standing.ringing.join(", "))])));
    }
    if !standing.needs.is_empty() {
        lines.push(format!("    {}", words.f("why.needs", &[("skills", &standing.needs.join(", "))])));
    }
    lines.extend(barred(&standing.agents, &standing.bars, standing.unnamed, words));
    lines
}

fn barred(
    agents: &[(String, String)],
    bars: &BTreeMap<String, BarView>,
    unnamed: u32,
    words: &Words,
) -> Vec<String> {
    let said = |agent: &str, bar: &str| match bars.get(agent) {
        Some(values) => value_words(values, words),
        None => bar_words(bar, words),
    };
    let line = |(agent, bar): &(String, String)| against(words, "why.not", agent, &said(agent, bar));
    let mut lines: Vec<String> = agents.iter().map(line).collect();
    if unnamed > 0 {
        lines.push(format!("    {}", words.f("why.more", &[("count", &unnamed.to_string())])));
    }
    lines
}

/// The words before the agents stand in one column in every language.
fn label(words: &Words, key: &str) -> String {
    fit(words.t(key), 4)
}

fn against(words: &Words, key: &str, agent: &str, text: &str) -> String {
    format!("    {}  {} {text}", label(words, key), fit(agent, AGENT_COLUMNS))
}

/// What speaks against an agent, in the language of the console as far as the daemon's words are known to it.
fn bar_words(bar: &str, words: &Words) -> String {
    let (head, rest) = bar.split_once(": ").unwrap_or((bar, ""));
    let Some(known) = words.find(&format!("bar.{}", head.replace(' ', "_"))) else { return bar.to_owned() };
    if rest.is_empty() { known.to_owned() } else { format!("{known}: {}", reason_word(rest, words)) }
}

/// The same of what has values.
fn value_words(of: &BarView, words: &Words) -> String {
    if of.skill.is_empty() {
        return words.f("bar.tier", &[("tier", &of.tier.to_string())]);
    }
    let (has, asked) = (of.has.to_string(), of.asked.to_string());
    words.f("bar.skill", &[("skill", of.skill.as_str()), ("has", &has), ("asked", &asked)])
}

/// By what an agent was sorted: `idle 4:10`.
fn sorted_words(of: &Sorted, words: &Words) -> String {
    let count = |n: &dyn ToString| vec![("count", n.to_string())];
    let (key, fields) = match of {
        Sorted::Tier(tier) => ("sorted.tier", count(tier)),
        Sorted::Skill(asked, has) => {
            ("sorted.skill", vec![("count", has.to_string()), ("asked", asked.clone())])
        }
        Sorted::Skills(sum) => ("sorted.skills", count(sum)),
        Sorted::Idle(ms) => ("sorted.idle", vec![("time", time(*ms))]),
        Sorted::Asked(ago) => ("sorted.asked", count(ago)),
        Sorted::NotAsked => ("sorted.not_asked", Vec::new()),
        Sorted::Calls(calls) => ("sorted.calls", count(calls)),
        Sorted::Talk(ms) => ("sorted.talk", vec![("time", time(*ms))]),
        Sorted::Place(place) => ("sorted.place", count(place)),
        Sorted::Lot(lot) => {
            ("sorted.lot", vec![("lot", format!("{}.{:03}", lot / 1_000, (lot % 1_000).abs()))])
        }
        Sorted::Other(key, value) => return format!("{} {value}", order_word(key, words)),
    };
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    words.f(key, &fields)
}

/// The word for a key that agents are sorted by; an unknown one stands as it came.
pub(crate) fn order_word(key: &str, words: &Words) -> String {
    words.find(&format!("order.{key}")).map_or_else(|| key.replace('_', " "), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn words_of_the_daemon_are_said_in_the_language_of_the_console() {
        let (english, chinese) = (Words::new(Language::English), Words::new(Language::Chinese));
        for (bar, want) in [
            ("signed out", "未签入"),
            ("on a break: lunch", "小休中: lunch"),
            ("wrap up", "话后处理"),
            ("french 2, asked for 5", "french 2, asked for 5"),
        ] {
            assert_eq!(bar_words(bar, &english), bar.replace("wrap up", "after-call work"), "{bar}");
            assert_eq!(bar_words(bar, &chinese), want);
        }
        assert_eq!(bar_words("on a break: no_answer", &english), "on a break: missed a call");
        assert_eq!(bar_words("on a break: no_answer", &chinese), "小休中: 未接来电");
    }
}
