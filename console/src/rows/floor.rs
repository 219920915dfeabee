//! The rows of queues, of those who wait in them, and of agents.

use super::{Cell, Column, Form, Row, SortKey, cell, number, text, toned};
use crate::filter::level_word;
use crate::format::{self, permille, whole};
use crate::severity::{
    abandoned_severity, agent_severity, break_severity, queue_severity, service_severity, waited_severity,
    waiting_severity,
};
use crate::theme::{Tone, mark};
use crate::words::Words;
use switchroom_wire::{AgentView, Board, BreakView, QueueTodayView, QueueView, Severity, WaiterView, clean};

/// The reason of a break on which the exchange put somebody who did not answer.
pub(crate) const NO_ANSWER: &str = "no_answer";

pub(super) const QUEUES: &[Column] = &[
    text("queue", 9, 24, 0),
    number("waiting", 6, 0),
    number("longest", 10, 0),
    number("free", 7, 0),
    number("busy", 4, 3),
    number("offered", 5, 2),
    number("answered", 5, 2),
    number("abandoned", 9, 1),
    number("short", 5, 6),
    number("overflowed", 4, 6),
    number("back", 4, 6),
    number("service", 11, 0),
    number("average", 7, 4),
    number("worst", 7, 5),
    number("repeats", 7, 7),
    text("door", 12, 30, 8),
];

pub(super) const WAITING: &[Column] = &[
    number("place", 5, 0),
    text("id", 6, 6, 0),
    text("from", 12, 34, 0),
    number("waited", 10, 0),
    number("priority", 4, 0),
    text("class", 6, 12, 3),
    text("rings", 8, 24, 1),
    text("queue", 9, 24, 2),
];

pub(super) const AGENTS: &[Column] = &[
    text("agent", 12, 24, 0),
    text("state", 6, 7, 0),
    number("since", 10, 0),
    text("reason", 13, 20, 1),
    text("extension", 4, 6, 5),
    text("with", 11, 30, 2),
    text("queue", 7, 16, 4),
    number("calls", 5, 3),
    number("talk", 7, 6),
    text("problem", 8, 40, 0),
];

/// A figure with its mark, so that it does not speak by colour alone.
fn marked(figure: String, severity: Severity) -> Cell {
    let text = if severity == Severity::Info { figure } else { format!("{figure} {}", mark(severity)) };
    toned(text, Tone::of(severity))
}

/// How long who has waited longest in a queue does so; `None` when nobody waits.
pub(crate) fn longest_wait_ms(queue: &QueueView, now_ms: i64) -> Option<i64> {
    queue.oldest_ms.map(|since| (now_ms - since).max(0))
}

/// How many wait in all queues and the longest wait, in words, each with the worst mark that it has in one of them, and the
/// worse of the two; `None` without queues.
pub(crate) fn waiting_summary(board: &Board, now_ms: i64, words: &Words) -> Option<(String, Severity)> {
    if board.queues.is_empty() {
        return None;
    }
    let waits = board.queues.values().filter_map(|queue| {
        let longest = longest_wait_ms(queue, now_ms)?;
        Some((longest, waited_severity(longest, queue.service_level_ms)))
    });
    let Some(longest) = waits.clone().map(|(longest, _)| longest).max() else {
        return Some((words.t("queue.nobody_waits").to_owned(), Severity::Info));
    };
    let of_wait = waits.map(|(_, severity)| severity).max().unwrap_or_default();
    let of_count = board.queues.values().map(waiting_severity).max().unwrap_or_default();
    let count = board.queues.values().map(|queue| u64::from(queue.waiting_count)).sum::<u64>().to_string();
    let fields = [
        ("count", count),
        ("mark", marked(String::new(), of_count).text),
        ("longest", marked(format::duration(longest), of_wait).text),
    ];
    Some((words.f("queue.waiting", &fields), of_wait.max(of_count)))
}

/// The share answered in time with the number of callers it is made from.
pub(crate) fn service_level(queue: &QueueView) -> String {
    let count = queue.today.answered.saturating_add(queue.today.abandoned);
    queue
        .today
        .service_level_permille
        .map_or_else(|| "-".to_owned(), |share| format!("{} n{count}", permille(share)))
}

/// Whether a queue lets callers in, and why: by whom it was opened or closed, or until when it is by its hours. Empty for one
/// that has no hours and of which nobody said anything.
pub(crate) fn door_words(queue: &QueueView, form: Form<'_>) -> String {
    let words = form.words;
    let at = |at_ms| format::moment(at_ms, form.now_ms, form.utc_offset_min, words);
    match (&queue.said, queue.hours_change_ms) {
        (Some(said), _) => {
            let key = if queue.is_closed { "door.closed_by" } else { "door.open_by" };
            words.f(key, &[("by", clean(&said.by).into_owned()), ("time", at(said.at_ms))])
        }
        (None, _) if queue.hours.is_empty() => String::new(),
        (None, Some(change)) => {
            let key = if queue.is_closed { "door.closed_until" } else { "door.open_until" };
            words.f(key, &[("time", at(change))])
        }
        (None, None) => words.t(if queue.is_closed { "door.closed" } else { "door.open" }).to_owned(),
    }
}

/// A wait of those who were answered; before the first there is none.
fn of_answered(today: &QueueTodayView, ms: u64) -> String {
    if today.answered == 0 { "-".to_owned() } else { format::duration(whole(ms)) }
}

pub(super) fn queue_row(queue: &QueueView, form: Form<'_>) -> Row {
    let today = &queue.today;
    let longest = longest_wait_ms(queue, form.now_ms);
    let severity = queue_severity(queue, form.now_ms);
    let of_service = service_severity(queue);
    let longest_cell = match longest {
        Some(ms) => marked(format::duration(ms), waited_severity(ms, queue.service_level_ms)),
        None => cell("-"),
    };
    let free = format!("{}/{}", queue.free, queue.signed_in);
    let door = door_words(queue, form);
    Row {
        id: queue.name.clone(),
        severity,
        is_ended: false,
        fields: form.fields(|| {
            vec![
                ("queue", format!("{} {}", queue.name, queue.label)),
                ("door", door.clone()),
                ("level", level_word(severity).to_owned()),
            ]
        }),
        keys: form.keys(|| {
            vec![
                SortKey::Text(queue.name.to_lowercase()),
                SortKey::Number(i64::from(queue.waiting_count)),
                SortKey::Number(longest.unwrap_or(-1)),
                SortKey::Number(i64::from(queue.free)),
                SortKey::Number(i64::from(queue.busy)),
                SortKey::Number(whole(today.offered)),
                SortKey::Number(whole(today.answered)),
                SortKey::Number(whole(today.abandoned)),
                SortKey::Number(whole(today.short_abandoned)),
                SortKey::Number(whole(today.overflowed)),
                SortKey::Number(whole(today.called_back)),
                SortKey::Number(today.service_level_permille.map_or(-1, i64::from)),
                SortKey::Number(whole(today.average_wait_ms)),
                SortKey::Number(whole(today.longest_wait_ms)),
                SortKey::Number(today.repeats_permille.map_or(-1, i64::from)),
                SortKey::Text(door.clone()),
            ]
        }),
        natural: (3 - severity as i64, -longest.unwrap_or(-1)),
        cells: vec![
            cell(queue.name.clone()),
            marked(queue.waiting_count.to_string(), waiting_severity(queue)),
            longest_cell,
            cell(free),
            cell(queue.busy.to_string()),
            cell(today.offered.to_string()),
            cell(today.answered.to_string()),
            marked(today.abandoned.to_string(), abandoned_severity(queue)),
            cell(today.short_abandoned.to_string()),
            cell(today.overflowed.to_string()),
            cell(today.called_back.to_string()),
            marked(service_level(queue), of_service),
            cell(of_answered(today, today.average_wait_ms)),
            cell(of_answered(today, today.longest_wait_ms)),
            cell(today.repeats_permille.map_or_else(|| "-".to_owned(), permille)),
            cell(door),
        ],
    }
}

/// Everybody who waits, queue by queue, in turn.
pub(super) fn waiting_rows(board: &Board, form: Form<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (turn, queue) in board.queues.values().enumerate() {
        for (place, waiter) in queue.waiting.iter().enumerate() {
            rows.push(waiter_row(queue, waiter, (whole(turn), whole(place) + 1), form));
        }
    }
    rows
}

fn waiter_row(queue: &QueueView, waiter: &WaiterView, (turn, place): (i64, i64), form: Form<'_>) -> Row {
    let party = form.party();
    let waited = (form.now_ms - waiter.since_ms).max(0);
    let is_call_back = !waiter.call_back.is_empty();
    let severity = waiter_severity(queue, waiter, form.now_ms);
    let rings = waiter.ringing.join(" ");
    let from = who_waits(waiter, form);
    let number = if is_call_back { "-".to_owned() } else { waiter.number.to_string() };
    let shown = form.since(waiter.since_ms, waited);
    Row {
        id: waiter.call.clone(),
        severity,
        is_ended: false,
        fields: form.fields(|| {
            vec![
                ("id", waiter.number.to_string()),
                ("from", party.full(&waiter.caller)),
                ("class", waiter.class.clone()),
                ("rings", rings.clone()),
                ("queue", queue.name.clone()),
                ("level", level_word(severity).to_owned()),
            ]
        }),
        keys: form.keys(|| {
            vec![
                SortKey::Number(place),
                SortKey::Number(whole(waiter.number)),
                SortKey::Text(from.to_lowercase()),
                SortKey::Number(waited),
                SortKey::Number(waiter.priority),
                SortKey::Text(waiter.class.to_lowercase()),
                SortKey::Text(rings.clone()),
                SortKey::Text(queue.name.to_lowercase()),
            ]
        }),
        natural: (turn, place),
        cells: vec![
            cell(place.to_string()),
            cell(number),
            cell(from),
            marked(shown, severity),
            cell(waiter.priority.to_string()),
            cell(waiter.class.clone()),
            cell(if rings.is_empty() { "-".to_owned() } else { rings }),
            cell(queue.name.clone()),
        ],
    }
}

/// How bad the wait of somebody is; who is to be called back is not on the line, however long it takes.
pub(crate) fn waiter_severity(queue: &QueueView, waiter: &WaiterView, now_ms: i64) -> Severity {
    if waiter.call_back.is_empty() {
        waited_severity((now_ms - waiter.since_ms).max(0), queue.service_level_ms)
    } else {
        Severity::Info
    }
}

/// Who waits; of who is to be called back also that, or that an agent does so now, and how often it was tried in vain.
pub(crate) fn who_waits(waiter: &WaiterView, form: Form<'_>) -> String {
    let who = form.party().short(&waiter.caller);
    let word = match waiter.call_back.as_str() {
        "" => return who,
        "called" => form.words.t("waiting.called"),
        _ => form.words.t("waiting.call_back"),
    };
    match waiter.tries {
        0 => format!("{word}: {who}"),
        tries => format!("{word}: {who} ({tries})"),
    }
}

/// The word for what an agent is at, and the one for machines: what the system has them doing, else what speaks
/// against their calls, else what they chose.
pub(crate) fn agent_state(agent: &AgentView) -> (&'static str, &'static str) {
    match (agent.activity.as_str(), agent.presence.as_str(), agent.problem.as_str()) {
        ("offered", ..) => ("agent.offered", "offered"),
        ("talking", ..) => ("agent.talking", "talking"),
        ("holding", ..) => ("agent.holding", "holding"),
        ("wrap_up", ..) => ("agent.wrap_up", "wrap_up"),
        ("outbound", ..) => ("agent.outbound", "outbound"),
        (_, "logged_out", _) => ("agent.logged_out", "logged_out"),
        (_, "break", _) => ("agent.on_break", "break"),
        (.., "no_phone") => ("agent.no_phone", "no_phone"),
        (.., "rests") => ("agent.rests", "rests"),
        _ => ("agent.ready", "ready"),
    }
}

/// A reason for a break as people call it; the only one that nobody chose has words of its own.
pub(crate) fn reason_word<'a>(reason: &'a str, words: &'a Words) -> &'a str {
    if reason == NO_ANSWER { words.t("state.no_answer") } else { reason }
}

/// Whether an agent is on a break for not answering, which somebody must end.
pub(crate) fn is_for_no_answer(agent: &AgentView) -> bool {
    agent.presence == "break" && agent.reason == NO_ANSWER
}

/// Why an agent takes no calls, or will take none after this one.
pub(crate) fn agent_reason(agent: &AgentView, words: &Words) -> String {
    match (agent.presence.as_str(), agent.activity.as_str()) {
        ("break", "idle" | "") => reason_word(&agent.reason, words).to_owned(),
        ("break", _) => words.f("agent.then", &[("what", reason_word(&agent.reason, words))]),
        ("logged_out", "idle" | "") | ("ready", _) => String::new(),
        ("logged_out", _) => words.f("agent.then", &[("what", words.t("agent.logged_out"))]),
        _ => agent.presence.clone(),
    }
}

/// What is wrong with an agent, in words; what is not known is shown as it came.
pub(crate) fn agent_problem(agent: &AgentView, words: &Words) -> String {
    match agent.problem.as_str() {
        "no_phone" => words.t("agent.problem_no_phone").to_owned(),
        "rests" => words.t("agent.problem_rests").to_owned(),
        other => other.replace('_', " "),
    }
}

/// With whom an agent is: the other side of the call, as far as the board knows the call.
pub(crate) fn agent_call(agent: &AgentView, board: &Board, form: Form<'_>) -> String {
    let Some(call) = agent.call.as_ref().and_then(|id| board.calls.get(id)) else { return String::new() };
    let is_own = call.from.number == agent.extension && !agent.extension.is_empty();
    let other = if is_own { call.with.as_ref().unwrap_or(&call.to) } else { &call.from };
    format!("{} {}", call.number, form.party().short(other))
}

pub(super) fn agent_row(agent: &AgentView, board: &Board, form: Form<'_>) -> Row {
    let words = form.words;
    let severity = agent_severity(agent, form.now_ms);
    let (key, machine) = agent_state(agent);
    let state = words.t(key).to_owned();
    let lasted = (form.now_ms - agent.since_ms).max(0);
    let since = match agent.since_ms {
        0 => "-".to_owned(),
        at => form.since(at, lasted),
    };
    let name = format!("{} {}", agent.number, agent.name);
    let reason = agent_reason(agent, words);
    let on_break = agent.breaks.iter().find(|of| of.since_ms.is_some() && of.budget_ms > 0);
    let of_budget = match on_break {
        Some(of) => format!("{reason} {}", format::duration(whole(of.used_ms(form.now_ms)))),
        None => reason.clone(),
    };
    let problem = agent_problem(agent, words);
    let with = agent_call(agent, board, form);
    let dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let queues: Vec<&str> = agent.queues.keys().map(String::as_str).collect();
    let skills: Vec<&str> = agent.skills.keys().map(String::as_str).collect();
    let order = agent.number.parse().unwrap_or(i64::MAX);
    Row {
        id: agent.number.clone(),
        severity,
        is_ended: false,
        fields: form.fields(|| {
            vec![
                ("agent", name.clone()),
                ("state", format!("{state} {machine} {}", agent.presence)),
                ("reason", format!("{reason} {}", agent.reason)),
                ("extension", agent.extension.clone()),
                ("with", with.clone()),
                ("queue", queues.join(" ")),
                ("skill", skills.join(" ")),
                ("problem", format!("{problem} {}", agent.problem)),
                ("level", level_word(severity).to_owned()),
            ]
        }),
        keys: form.keys(|| {
            vec![
                SortKey::Number(order),
                SortKey::Text(state.clone()),
                SortKey::Number(lasted),
                SortKey::Text(reason.to_lowercase()),
                SortKey::Text(agent.extension.clone()),
                SortKey::Text(with.to_lowercase()),
                SortKey::Text(agent.queue.to_lowercase()),
                SortKey::Number(agent.calls_today),
                SortKey::Number(agent.talk_today_ms),
                SortKey::Text(problem.clone()),
            ]
        }),
        natural: ((3 - severity as i64) * 100 + state_rank(machine), order),
        cells: vec![
            cell(name),
            toned(state, Tone::of(severity.min(Severity::Warn))),
            marked(since, severity),
            marked(of_budget, break_severity(agent, form.now_ms)),
            cell(dash(&agent.extension)),
            cell(dash(&with)),
            cell(dash(&agent.queue)),
            cell(agent.calls_today.to_string()),
            cell(format::duration(agent.talk_today_ms)),
            toned(problem, Tone::of(severity.min(Severity::Warn))),
        ],
    }
}

/// What was had of a break, and of how much: `41:00/30:00`.
pub(crate) fn break_time(of: &BreakView, now_ms: i64) -> String {
    let used = format::duration(whole(of.used_ms(now_ms)));
    if of.budget_ms == 0 { used } else { format!("{used}/{}", format::duration(whole(of.budget_ms))) }
}

/// Who is with callers stands before who waits for one, and who is not there comes last.
fn state_rank(machine: &str) -> i64 {
    const ORDER: [&str; 10] = [
        "no_phone",
        "rests",
        "holding",
        "talking",
        "offered",
        "outbound",
        "wrap_up",
        "ready",
        "break",
        "logged_out",
    ];
    ORDER.iter().position(|known| *known == machine).map_or(99, whole)
}
