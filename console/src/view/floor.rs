//! The panes of a queue and of an agent.

use super::painter::Painter;
use crate::action::Action;
use crate::app::App;
use crate::format::{clock, clock_short, duration, whole};
use crate::reasons::order_word;
use crate::rows::{
    List, agent_call, agent_problem, agent_reason, agent_state, break_time, door_words, is_for_no_answer,
    longest_wait_ms, reason_word, service_level, waiter_severity, who_waits,
};
use crate::severity::agent_severity;
use crate::sums::Came;
use crate::theme::{Tone, mark};
use ratatui::layout::Rect;
use switchroom_wire::{AgentView, QueueView, Severity, clean, columns, fit};

/// Columns kept for how many more agents there are.
const MORE_COLUMNS: u16 = 16;
/// Lines that stay for the agents of a queue under those who wait.
const AGENT_LINES: u16 = 2;

/// A queue: how it works, who waits in turn, and what its agents are at.
pub(super) fn queue_pane(app: &App, queue: &QueueView, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let x = p.put(rect, 1, 0, &queue.name, Tone::Strong) + 2;
    let x = if queue.label.is_empty() { x } else { p.put(rect, x, 0, &queue.label, Tone::Normal) + 3 };
    let form = app.form(now_ms);
    let door = door_words(queue, form);
    let tone = if queue.said.is_some() { Tone::Attention } else { Tone::Normal };
    let x = if door.is_empty() { x } else { p.put(rect, x, 0, &door, tone) + 3 };
    let order: Vec<String> = queue.order.iter().map(|key| order_word(key, words)).collect();
    let limit = duration(whole(queue.service_level_ms));
    let fields = [("order", words.listed(&order)), ("limit", limit), ("agents", queue.agents.to_string())];
    p.put(rect, x, 0, &words.f("queue.works", &fields), Tone::Secondary);
    let bottom = rect.height.saturating_sub(AGENT_LINES);
    let y = waiting(app, queue, Rect { height: bottom, ..rect }, now_ms, p);
    let y = agents(app, queue, rect, y, now_ms, p);
    // Where there is room: how the figures of its row add up.
    let sum = Came::today(&queue.today).sum(words);
    if !sum.is_empty() {
        let x = p.put(rect, 1, y, words.t("queue.came"), Tone::Secondary) + 2;
        p.wrapped(rect, x, y, &sum, Tone::Normal);
    }
}

/// Who waits, a line each from the second line on; the last line counts those for whom there is no room.
fn waiting(app: &App, queue: &QueueView, rect: Rect, now_ms: i64, p: &mut Painter<'_>) -> u16 {
    let words = &app.settings.words;
    if queue.waiting.is_empty() {
        p.put(rect, 1, 1, words.t("queue.nobody"), Tone::Secondary);
        return 2;
    }
    let form = app.form(now_ms);
    let party = form.party();
    let room = usize::from(rect.height.saturating_sub(1)).max(1);
    let shown = if queue.waiting.len() > room { room - 1 } else { queue.waiting.len() };
    let mut y = 1;
    for (place, waiter) in queue.waiting.iter().take(shown).enumerate() {
        let waited = (form.now_ms - waiter.since_ms).max(0);
        let severity = waiter_severity(queue, waiter, form.now_ms);
        let (number, who) = if waiter.call_back.is_empty() {
            (waiter.number.to_string(), party.full(&waiter.caller))
        } else {
            ("-".to_owned(), who_waits(waiter, form))
        };
        p.put(rect, 1, y, &format!("{:>2}", place + 1), Tone::Secondary);
        let x = p.put(rect, 5, y, &fit(&number, 6), Tone::Normal) + 1;
        let x = p.put(rect, x, y, &fit(&who, 28), Tone::Caller) + 1;
        let time = format!("{} {}", duration(waited), mark(severity));
        let x = p.put(rect, x, y, &fit(&time, 10), Tone::of(severity)) + 1;
        let priority = words.f("queue.priority", &[("priority", &waiter.priority.to_string())]);
        let x = if waiter.priority == 0 { x } else { p.put(rect, x, y, &priority, Tone::Normal) + 2 };
        let x = if waiter.class.is_empty() { x } else { p.put(rect, x, y, &waiter.class, Tone::Normal) + 2 };
        if !waiter.ringing.is_empty() {
            let rings = words.f("queue.rings", &[("agents", &waiter.ringing.join(" "))]);
            p.put(rect, x, y, &rings, Tone::Normal);
        }
        y += 1;
    }
    let all = usize::try_from(queue.waiting_count).unwrap_or(usize::MAX);
    if shown < all {
        let count = (all - shown).to_string();
        p.put(rect, 5, y, &words.f("list.more", &[("count", &count)]), Tone::Secondary);
        y += 1;
    }
    y
}

/// The agents of a queue and what each is at, as far as there is room; who is signed out is not named. Gives the line below.
fn agents(app: &App, queue: &QueueView, rect: Rect, y: u16, now_ms: i64, p: &mut Painter<'_>) -> u16 {
    let words = &app.settings.words;
    let server_ms = app.form(now_ms).now_ms;
    let title = words.t("queue.agents").to_owned();
    let first = 1 + u16::try_from(columns(&title)).unwrap_or(0) + 2;
    p.put(rect, 1, y, &title, Tone::Secondary);
    let of_queue = app.board().agents.values().filter(|agent| agent.queues.contains_key(&queue.name));
    let (mut x, mut y) = (first, y);
    let mut here = of_queue.filter(|agent| agent.presence != "logged_out").peekable();
    if here.peek().is_none() {
        p.put(rect, first, y, words.t("queue.nobody_in"), Tone::Normal);
    }
    while let Some(agent) = here.next() {
        let severity = agent_severity(agent, server_ms);
        let state = words.t(agent_state(agent).0).to_owned();
        let lasted = duration(server_ms - agent.since_ms);
        let text = format!("{} {} {state} {lasted} {}", agent.number, clean(&agent.name), mark(severity));
        let text = text.trim_end().to_owned();
        let taken = u16::try_from(columns(&text)).unwrap_or(u16::MAX);
        let is_last = y + 1 >= rect.height;
        let kept = if is_last && here.peek().is_some() { MORE_COLUMNS } else { 0 };
        if x > first && x.saturating_add(taken).saturating_add(kept) > rect.width {
            if is_last {
                let count = (here.count() + 1).to_string();
                p.put(rect, x, y, &words.f("list.more", &[("count", &count)]), Tone::Secondary);
                return y + 1;
            }
            (x, y) = (first, y + 1);
        }
        x = p.put(rect, x, y, &text, Tone::of(severity)).saturating_add(3);
    }
    y + 1
}

/// An agent: what speaks against calls, what the agent can, the call at hand, the day.
pub(super) fn agent_pane(app: &App, agent: &AgentView, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let form = app.form(now_ms);
    let severity = agent_severity(agent, form.now_ms);
    let x = p.put(rect, 1, 0, &agent.number, Tone::Strong) + 1;
    let x = p.put(rect, x, 0, &agent.name, Tone::Strong) + 3;
    let state = format!("{} {}", words.t(agent_state(agent).0), duration(form.now_ms - agent.since_ms));
    let x = p.put(rect, x, 0, &state, Tone::of(severity.min(Severity::Warn))) + 3;
    let since = clock_short(agent.since_ms, form.utc_offset_min);
    let x = p.put(rect, x, 0, &words.f("agent.since", &[("time", &since)]), Tone::Secondary) + 3;
    if !agent.extension.is_empty() {
        p.put(rect, x, 0, &words.f("agent.at", &[("extension", &agent.extension)]), Tone::Normal);
    }
    let mut y = 1;
    let problem = agent_problem(agent, words);
    if !problem.is_empty() {
        y = p.wrapped(rect, 1, y, &format!("! {problem}"), Tone::Attention);
        let hint = match agent.problem.as_str() {
            "no_phone" => words.t("agent.hint_no_phone"),
            "rests" => words.t("agent.hint_rests"),
            _ => "",
        };
        if !hint.is_empty() {
            y = p.wrapped(rect, 1, y, hint, Tone::Normal);
        }
    }
    if is_for_no_answer(agent) {
        let key = app.settings.keymap.shown(Action::AgentReady);
        y = p.wrapped(rect, 1, y, &words.f("agent.hint_no_answer", &[("key", &key)]), Tone::Normal);
    }
    let mut line = |key: &str, text: String| {
        if !text.is_empty() {
            let x = p.put(rect, 1, y, &fit(words.t(key), 9), Tone::Secondary) + 1;
            p.put(rect, x, y, &text, Tone::Normal);
            y += 1;
        }
    };
    line("agent.reason", agent_reason(agent, words));
    line("agent.told", agent.told.as_ref().map(|told| crate::desk::told(told, form)).unwrap_or_default());
    let with = agent_call(agent, app.board(), form);
    line("agent.call", format!("{with}   {}", agent.queue).trim().to_owned());
    if let Some(ends_ms) = agent.wrap_up_ends_ms {
        let left = duration(ends_ms - form.now_ms);
        let at = clock(ends_ms, form.utc_offset_min);
        line("agent.wrap", words.f("agent.wrap_ends", &[("left", &left), ("time", &at)]));
    }
    let tiers = agent.queues.iter().map(|(name, tier)| format!("{name} {tier}"));
    line("agent.queues", tiers.collect::<Vec<_>>().join(", "));
    let skills = agent.skills.iter().map(|(name, level)| format!("{name} {level}"));
    line("agent.skills", skills.collect::<Vec<_>>().join(", "));
    let average = agent.talk_today_ms.checked_div(agent.calls_today).unwrap_or(0);
    let fields = [
        ("calls", agent.calls_today.to_string()),
        ("talk", duration(agent.talk_today_ms)),
        ("average", duration(average)),
    ];
    line("agent.today", words.f("agent.day", &fields));
    breaks(app, agent, rect, y, now_ms, p);
}

/// What the agent has had of each break today; what is over its budget is told in words, too.
fn breaks(app: &App, agent: &AgentView, rect: Rect, y: u16, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let now_ms = app.form(now_ms).now_ms;
    let mut had = agent.breaks.iter().filter(|of| of.used_ms(now_ms) > 0).peekable();
    if had.peek().is_none() {
        return;
    }
    let mut x = p.put(rect, 1, y, &fit(words.t("agent.breaks"), 9), Tone::Secondary) + 1;
    for of in had {
        let name = if of.label.is_empty() { reason_word(&of.reason, words) } else { &of.label };
        let time = break_time(of, now_ms);
        let (text, tone) = if of.is_over(now_ms) {
            (words.f("agent.break_over", &[("name", name), ("time", &time)]), Tone::Attention)
        } else {
            (format!("{name} {time}"), Tone::Normal)
        };
        x = p.put(rect, x, y, &text, tone) + 3;
    }
}

/// Over the list of those who wait: which queue it is and how it stands.
pub(super) fn scope_line(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let Some(name) = app.list_state(List::Waiting).and_then(|state| state.scope.as_ref()) else { return };
    let Some(queue) = app.board().queues.get(name) else { return };
    let words = &app.settings.words;
    let longest = longest_wait_ms(queue, app.form(now_ms).now_ms).map_or_else(|| "-".to_owned(), duration);
    let fields = [
        ("queue", queue.name.clone()),
        ("waiting", queue.waiting_count.to_string()),
        ("longest", longest),
        ("free", queue.free.to_string()),
        ("in", queue.signed_in.to_string()),
        ("service", service_level(queue)),
    ];
    p.put(rect, 1, 0, &words.f("queue.stands", &fields), Tone::Strong);
}
