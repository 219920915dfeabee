//! The desk: one state, one call, one thing to do. What there is no room for is left out from below; Enter reads all of it.

use super::painter::{Painter, wrap};
use super::{chrome, microphone};
use crate::action::Action;
use crate::app::App;
use crate::desk;
use crate::format::{clock_short, duration};
use crate::rows::{Form, agent_call, break_time, is_for_no_answer, longest_wait_ms, reason_word};
use crate::severity::{agent_severity, waited_severity};
use crate::theme::{Tone, mark};
use ratatui::layout::{Position, Rect};
use switchroom_wire::{AgentView, CardView, RecordingState, Role, Severity};

/// Columns from which the card stands beside notes and script.
const WIDE: u16 = 120;

/// A part of the desk: its title, and its lines.
struct Part {
    title: &'static str,
    lines: Vec<(String, Tone)>,
    /// Lines that it keeps when room is short.
    least: usize,
}

pub(super) fn draw(app: &App, area: Rect, now_ms: i64, p: &mut Painter<'_>) -> Option<Position> {
    let wish = crate::layout::Wish { pane: false, ..app.wish() };
    let layout = crate::layout::layout(area, wish);
    let top = if layout.is_compact { layout.alarm } else { layout.tabs };
    if !layout.is_compact {
        chrome::tabs(app, layout.tabs, now_ms, p);
        state_line(app, layout.alarm, now_ms, p);
        for y in layout.rules.into_iter().flatten() {
            p.rule(Rect { y, height: 1, ..area });
        }
        chrome::status(app, layout.status, now_ms, p);
    } else {
        state_line(app, top, now_ms, p);
    }
    let body = told(app, layout.list, now_ms, p);
    if body.width >= WIDE {
        let left = body.width / 2;
        let post = Rect { x: body.x + left, width: 1, ..body };
        p.post(post);
        parts(app, &card_parts(app, now_ms), Rect { width: left.saturating_sub(1), ..body }, p);
        let right = Rect { x: body.x + left + 1, width: body.width - left - 1, ..body };
        parts(app, &word_parts(app, now_ms), right, p);
    } else {
        let all: Vec<Part> = card_parts(app, now_ms).into_iter().chain(word_parts(app, now_ms)).collect();
        parts(app, &all, body, p);
    }
    microphone::draw(app, layout.microphone, now_ms, p);
    chrome::keys(app, layout.keys, p);
    Some(Position { x: body.x, y: body.y })
}

/// Who it is and what they are at; at the right the queues in which callers wait for them.
fn state_line(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let Some(agent) = app.model.desk.agent(app.board()) else {
        p.put(rect, 1, 0, words.t("screen.desk"), Tone::Strong);
        return;
    };
    let form = app.form(now_ms);
    let severity = agent_severity(agent, form.now_ms);
    let x = p.put(rect, 1, 0, &format!("{} {}", agent.number, agent.name), Tone::Strong) + 3;
    let lasted = duration(form.now_ms - agent.since_ms);
    let state = match agent.wrap_up_ends_ms {
        Some(ends_ms) => words.f("desk.wrap_left", &[("left", &duration(ends_ms - form.now_ms))]),
        None => lasted,
    };
    let text = format!("{} {state} {}", app.desk_state(agent), mark(severity));
    let x = p.put(rect, x, 0, text.trim_end(), Tone::of(severity.min(Severity::Warn))) + 3;
    let queues = agent.queues.keys().filter_map(|name| app.board().queues.get(name));
    let worst = queues
        .filter(|queue| queue.waiting_count > 0)
        .max_by_key(|queue| longest_wait_ms(queue, form.now_ms));
    let Some(queue) = worst else { return };
    let longest = longest_wait_ms(queue, form.now_ms);
    let severity = longest.map_or(Severity::Info, |ms| waited_severity(ms, queue.service_level_ms));
    let fields = [
        ("queue", queue.name.clone()),
        ("count", queue.waiting_count.to_string()),
        ("longest", longest.map_or_else(|| "-".to_owned(), duration)),
    ];
    let text = format!("{} {}", words.f("desk.waiting", &fields), mark(severity));
    let rect = Rect { width: rect.width.saturating_sub(1), ..rect };
    let taken = u16::try_from(switchroom_wire::columns(text.trim_end())).unwrap_or(u16::MAX);
    if x.saturating_add(taken) <= rect.width {
        p.right(rect, 0, text.trim_end(), Tone::of(severity));
    }
}

/// What a supervisor told the agent, over the whole width and before all else; at its end the key that acknowledges it. Gives
/// the room below.
fn told(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) -> Rect {
    let agent = app.model.desk.agent(app.board());
    let Some(told) = agent.and_then(|agent| agent.told.as_ref()) else { return rect };
    let key = app.settings.keymap.shown(Action::DeskTold);
    let fields = [("told", desk::told(told, app.form(now_ms))), ("key", key)];
    let text = app.settings.words.f("desk.told", &fields);
    let taken = p.wrapped(rect, 1, 0, &format!("! {text}"), Tone::Attention).min(rect.height);
    Rect { y: rect.y + taken, height: rect.height - taken, ..rect }
}

/// The caller, earlier calls, the day.
fn card_parts(app: &App, now_ms: i64) -> Vec<Part> {
    let words = &app.settings.words;
    let form = app.form(now_ms);
    let mut out = Vec::new();
    let agent = app.model.desk.agent(app.board());
    match app.model.desk.card() {
        Some(card) => {
            out.push(Part { title: "", lines: caller_lines(app, card, form), least: 3 });
            let left = desk::left(card, app.board(), form).into_iter().map(|line| (line, Tone::Attention));
            let past = card.history.iter().flat_map(|past| desk::past(past, form));
            let lines: Vec<_> = left.chain(past.map(|line| (line, Tone::Normal))).collect();
            let lines = if lines.is_empty() {
                vec![(words.t("desk.never").to_owned(), Tone::Secondary)]
            } else {
                lines
            };
            out.push(Part { title: "desk.before", lines, least: 1 });
        }
        None => {
            let text = match (&app.model.desk.refused, &app.model.desk.view) {
                (Some(why), _) => why.clone(),
                (None, None) => words.t("link.connecting").to_owned(),
                (None, Some(_)) => words.t("desk.no_call").to_owned(),
            };
            let mut lines = vec![(text, Tone::Normal)];
            if app.model.desk.is_nobodys() && app.role() >= Role::Supervisor {
                lines.push((words.t("desk.whose").to_owned(), Tone::Normal));
            }
            if agent.is_some_and(is_for_no_answer) {
                let key = app.settings.keymap.shown(Action::DeskReady);
                lines.push((words.f("agent.hint_no_answer", &[("key", &key)]), Tone::Attention));
            }
            out.push(Part { title: "", lines, least: 2 });
        }
    }
    if let Some(agent) = agent {
        out.push(Part { title: "desk.today", lines: day_lines(app, agent, form), least: 1 });
    }
    out
}

fn caller_lines(app: &App, card: &CardView, form: Form<'_>) -> Vec<(String, Tone)> {
    let words = &app.settings.words;
    let mut lines = vec![
        (format!("{}  {}", card.number, desk::caller(card, form)), Tone::Caller),
        (desk::way(card, form), Tone::Normal),
    ];
    let values = desk::values(card, form);
    if !values.is_empty() {
        lines.push((values.join("   "), Tone::Normal));
    }
    if !card.dispositions.is_empty() {
        let all = card.dispositions.join("  ");
        lines.push((words.f("desk.choices", &[("words", &all)]), Tone::Secondary));
    }
    if !card.disposition.is_empty() {
        lines.push((words.f("desk.came_of_it", &[("word", &card.disposition)]), Tone::Strong));
    }
    let live = app.board().calls.get(&card.call).filter(|call| call.ended.is_none());
    if let Some(call) = live {
        let recording = match call.recording {
            RecordingState::On => words.t("desk.recorded"),
            RecordingState::Paused => words.t("desk.paused"),
            RecordingState::Failed => words.t("flag.rec_failed"),
            RecordingState::Off | RecordingState::Done => "",
        };
        if !recording.is_empty() {
            lines.push((recording.to_owned(), Tone::Normal));
        }
        for one in &call.supervisors {
            let mode = words.t(crate::rows::mode_name(one.mode)).to_owned();
            let phone = form.party().text_number(&one.phone);
            let user = if one.user.is_empty() {
                words.t("supervision.somebody").to_owned()
            } else {
                one.user.clone()
            };
            let text = words.f("supervision.by", &[("user", user), ("mode", mode), ("phone", phone)]);
            lines.push((text, Tone::Strong));
        }
    }
    lines
}

/// The figures of the day, and the breaks.
fn day_lines(app: &App, agent: &AgentView, form: Form<'_>) -> Vec<(String, Tone)> {
    let words = &app.settings.words;
    let average = agent.talk_today_ms.checked_div(agent.calls_today).unwrap_or(0);
    let fields = [
        ("calls", agent.calls_today.to_string()),
        ("talk", duration(agent.talk_today_ms)),
        ("average", duration(average)),
    ];
    let mut lines = vec![(words.f("agent.day", &fields), Tone::Normal)];
    let mut breaks = Vec::new();
    let mut tone = Tone::Normal;
    for of in agent.breaks.iter().filter(|of| of.used_ms(form.now_ms) > 0 || of.budget_ms > 0) {
        let name = if of.label.is_empty() { reason_word(&of.reason, words) } else { &of.label };
        let time = break_time(of, form.now_ms);
        if of.is_over(form.now_ms) {
            tone = Tone::Attention;
            breaks.push(words.f("agent.break_over", &[("name", name), ("time", &time)]));
        } else {
            breaks.push(format!("{name} {time}"));
        }
    }
    if !breaks.is_empty() {
        lines.push((breaks.join("   "), tone));
    }
    let with = agent_call(agent, app.board(), form);
    let since = clock_short(agent.since_ms, form.utc_offset_min);
    let seat = words.f("agent.at", &[("extension", &agent.extension)]);
    let line = format!("{seat}   {}   {with}", words.f("agent.since", &[("time", &since)]));
    lines.push((line.trim_end().to_owned(), Tone::Secondary));
    lines
}

/// Notes, and what is to be said.
fn word_parts(app: &App, now_ms: i64) -> Vec<Part> {
    let Some(card) = app.model.desk.card() else { return Vec::new() };
    let form = app.form(now_ms);
    let words = &app.settings.words;
    let mut notes: Vec<_> = card.notes.iter().map(|one| (desk::note(one, form), Tone::Normal)).collect();
    if notes.is_empty() {
        notes.push((words.t("desk.no_notes").to_owned(), Tone::Secondary));
    }
    let mut out = vec![Part { title: "desk.notes", lines: notes, least: 1 }];
    if !card.script.is_empty() {
        let lines = card.script.lines().map(|line| (line.to_owned(), Tone::Normal)).collect();
        out.push(Part { title: "desk.script", lines, least: 1 });
    }
    out
}

/// Draws parts below each other: each has its least, and what is left they share by turns.
fn parts(app: &App, all: &[Part], rect: Rect, p: &mut Painter<'_>) {
    let room = usize::from(rect.width.saturating_sub(2));
    let wrapped: Vec<Vec<(String, Tone)>> = all
        .iter()
        .map(|part| {
            let lines = part.lines.iter();
            lines.flat_map(|(text, tone)| wrap(text, room).into_iter().map(|line| (line, *tone))).collect()
        })
        .collect();
    let titled = |part: &Part| usize::from(!part.title.is_empty());
    let mut given: Vec<usize> =
        all.iter().zip(&wrapped).map(|(part, lines)| part.least.min(lines.len()) + titled(part)).collect();
    let mut spare = usize::from(rect.height).saturating_sub(given.iter().sum());
    let wants = |given: &[usize]| {
        let more = all.iter().zip(&wrapped).map(|(part, lines)| lines.len() + titled(part));
        more.zip(given).map(|(all, given)| all > *given).collect::<Vec<bool>>()
    };
    let mut open = wants(&given);
    while spare > 0 && open.contains(&true) {
        for (given, open) in given.iter_mut().zip(&open) {
            let more = usize::from(*open).min(spare);
            *given += more;
            spare -= more;
        }
        open = wants(&given);
    }
    let mut y = 0;
    for ((part, lines), given) in all.iter().zip(&wrapped).zip(&given) {
        if titled(part) == 1 {
            p.put(rect, 1, y, app.settings.words.t(part.title), Tone::Secondary);
            y += 1;
        }
        for (text, tone) in lines.iter().take(given.saturating_sub(titled(part))) {
            p.put(rect, 2, y, text, *tone);
            y += 1;
        }
        if spare > 0 {
            spare -= 1;
            y += 1;
        }
    }
}
