//! The wall: a tile for each queue with digits for the far end of the room, the day, and where the agents are. Names only.

use super::painter::Painter;
use super::{chrome, digits, microphone};
use crate::app::{App, Overlay};
use crate::format::{date_time, duration, whole};
use crate::layout::{WallLayout, wall_compact, wall_layout};
use crate::model;
use crate::rows::{door_words, longest_wait_ms, service_level, waiting_summary};
use crate::severity::{
    SERVICE_GOAL_PERMILLE, Trouble, agent_severity, queue_severity, queue_trouble, service_severity,
    waited_severity, waiting_severity,
};
use crate::symbols::Symbols;
use crate::theme::{Tone, mark};
use crate::wall::{self, Page, Plan, Scale, Whereabouts};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use switchroom_wire::{AgentView, QueueView, Severity, clean, columns, fit};

/// Columns kept for how many more agents there are.
const MORE_COLUMNS: u16 = 6;

/// Waits are shown in hours from here on.
const HOUR_MS: i64 = 3_600_000;

pub(super) fn draw(app: &App, area: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let alone = app.settings.wall_alone;
    let layout = wall_layout(area, app.mine().is_some(), alone);
    let server_ms = app.server_ms(now_ms);
    let turn = usize::try_from(server_ms / app.settings.rotate_ms.max(1)).unwrap_or(0);
    let turn = turn.wrapping_add(app.wall_turn);
    let tiles = layout.tiles;
    let plan = Plan::new((tiles.width, tiles.height), app.board().queues.len());
    let Some(plan) = plan.filter(|_| !layout.is_compact) else {
        return compact(app, &wall_compact(area, app.mine().is_some()), turn, now_ms, p);
    };
    let page = wall::page(app.board(), plan.per_page(), turn, server_ms);
    if alone {
        head(app, layout.head, now_ms, p);
    } else {
        chrome::tabs(app, layout.head, now_ms, p);
    }
    for y in layout.rules.into_iter().flatten() {
        p.rule(Rect { y, height: 1, ..area });
    }
    grid(app, &page, plan, tiles, now_ms, p);
    today(app, &page, layout.today, p);
    if layout.agents.height > 1 {
        strips(app, layout.agents, now_ms, p);
    } else {
        counts(app, layout.agents, now_ms, p);
    }
    microphone::draw(app, layout.microphone, now_ms, p);
    if alone {
        alarms(app, layout.alarms, now_ms, p);
    } else {
        chrome::alarms(app, layout.alarms, now_ms, p);
        chrome::status(app, layout.status, now_ms, p);
        chrome::keys(app, layout.keys, p);
    }
}

/// What a wall that stands alone begins with: where it is, and when.
fn head(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let offset = app.model.utc_offset_min();
    let time = date_time(app.server_ms(now_ms), offset, &app.settings.words);
    let x = p.right(Rect { width: rect.width.saturating_sub(1), ..rect }, 0, &time, Tone::Normal);
    let site = &app.model.board.system.site;
    let name = if site.is_empty() { app.settings.words.t("screen.wall") } else { site };
    p.put(Rect { width: x.saturating_sub(2), ..rect }, 1, 0, name, Tone::Strong);
}

/// The tiles of a page, lines between them.
fn grid(app: &App, page: &Page<'_>, plan: Plan, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    if page.queues.is_empty() {
        if app.model.is_filled {
            let text = app.settings.words.t("empty.queues");
            p.wrapped(Rect { width: rect.width.saturating_sub(2), ..rect }, 2, 1, text, Tone::Normal);
        }
        return;
    }
    // All tiles are of one size; what is left over stays blank.
    let part = |whole: u16, parts: usize| (whole + 1) / u16::try_from(parts.max(1)).unwrap_or(u16::MAX);
    let (width, height) = (part(rect.width, plan.columns), part(rect.height, plan.rows));
    for (n, queue) in page.queues.iter().enumerate() {
        let (column, row) = (n % plan.columns, n / plan.columns);
        let place = |n: usize, size: u16| u16::try_from(n).unwrap_or(u16::MAX).saturating_mul(size);
        let inner = Rect {
            x: rect.x + place(column, width),
            y: rect.y + place(row, height),
            width: width.saturating_sub(1),
            height: height.saturating_sub(1),
        };
        tile(app, queue, inner, plan.scale, now_ms, p);
        if column + 1 < plan.columns {
            p.post(Rect { x: inner.right(), width: 1, ..inner });
        }
        if row > 0 && column == 0 {
            p.rule(Rect { y: inner.y - 1, height: 1, ..rect });
        }
    }
}

/// A figure of a tile: its title, what it is now, how bad that is, and the room that it keeps.
struct Figure {
    title: &'static str,
    text: String,
    severity: Severity,
    kept: &'static str,
}

fn figures(queue: &QueueView, server_ms: i64) -> [Figure; 4] {
    let longest = longest_wait_ms(queue, server_ms);
    let count = |n: u32| if n > 999 { "999+".to_owned() } else { n.to_string() };
    let figure = |title, text, severity, kept| Figure { title, text, severity, kept };
    let of_longest = longest.map_or(Severity::Info, |ms| waited_severity(ms, queue.service_level_ms));
    let of_free = if queue.free == 0 && queue.waiting_count > 0 {
        queue_severity(queue, server_ms).min(if queue.signed_in == 0 {
            Severity::Crit
        } else {
            Severity::Warn
        })
    } else {
        Severity::Info
    };
    let level = queue.today.service_level_permille;
    let level = level.map_or_else(|| "-".to_owned(), |permille| (permille / 10).to_string());
    [
        figure("wall.waiting", count(queue.waiting_count), waiting_severity(queue), "88"),
        figure("wall.longest", longest.map_or_else(|| "-".to_owned(), wait), of_longest, "88:88"),
        figure("wall.free", count(queue.free), of_free, "88"),
        figure("wall.level", level, service_severity(queue), "100"),
    ]
}

/// A wait in few signs: `1:42`, from an hour on `1h02`.
fn wait(ms: i64) -> String {
    if ms < HOUR_MS {
        return duration(ms);
    }
    let (hours, minutes) = (ms / HOUR_MS, ms % HOUR_MS / 60_000);
    if hours > 99 { "99h+".to_owned() } else { format!("{hours}h{minutes:02}") }
}

fn tile(app: &App, queue: &QueueView, rect: Rect, scale: Scale, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let server_ms = app.server_ms(now_ms);
    let mut right = rect.width.saturating_sub(1);
    if let Some((severity, trouble)) = queue_trouble(queue, server_ms) {
        let what = match trouble {
            Trouble::Closed => door_words(queue, app.form(now_ms)),
            Trouble::Word(key) => words.t(key).to_owned(),
        };
        let text = format!("{} {what}", mark(severity));
        right = p.right(Rect { width: right, ..rect }, 0, &text, Tone::of(severity)).saturating_sub(1);
    } else if queue.said.is_some() || queue.is_closed {
        let text = door_words(queue, app.form(now_ms));
        right = p.right(Rect { width: right, ..rect }, 0, &text, Tone::Normal).saturating_sub(1);
    }
    let name = if queue.label.is_empty() { &queue.name } else { &queue.label };
    p.put(Rect { width: right, ..rect }, 1, 0, name, Tone::Strong);
    let y = figure_rows(app, queue, rect, scale, server_ms, p);
    texts(app, queue, Rect { y: rect.y + y, height: rect.height.saturating_sub(y), ..rect }, p);
}

/// The figures in digits, side by side and below each other as there is room. Returns the line after them.
fn figure_rows(
    app: &App,
    queue: &QueueView,
    rect: Rect,
    scale: Scale,
    server_ms: i64,
    p: &mut Painter<'_>,
) -> u16 {
    let gap = if scale == Scale::Two { 6 } else { 2 };
    let lines = 1 + scale.lines();
    let room = Rect { height: rect.height.saturating_sub(1), ..rect };
    let (mut x, mut y) = (1, 1);
    for figure in figures(queue, server_ms) {
        let title = app.settings.words.t(figure.title);
        let title_width = u16::try_from(columns(title) + 3).unwrap_or(u16::MAX);
        let wide = digits::width(figure.kept, scale).max(digits::width(&figure.text, scale));
        // A title and its mark may reach into the gap.
        let wide = wide.max(title_width.saturating_sub(gap - 1));
        if x > 1 && x + wide > rect.width {
            (x, y) = (1, y + lines);
        }
        let severity = figure.severity;
        let style = digit_style(severity, p);
        if !digits::draw(room, (x, y + 1), &figure.text, scale, style, p) {
            return y + if x > 1 { lines } else { 0 };
        }
        let end = p.put(rect, x, y, title, Tone::Secondary);
        p.put(rect, end + 1, y, mark(severity), Tone::of(severity));
        x += wide + gap;
    }
    y + lines
}

/// Digits are made of filled cells: reversed, they would be holes.
fn digit_style(severity: Severity, p: &Painter<'_>) -> Style {
    let tone = if severity == Severity::Info { Tone::Strong } else { Tone::of(severity) };
    let style = p.theme.style(tone);
    Style { add_modifier: style.add_modifier.difference(Modifier::REVERSED), ..style }
}

/// What stands below the digits: the agents, the share answered in time with what it is made from, and that as a bar.
fn texts(app: &App, queue: &QueueView, rect: Rect, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let count = |n: u32| n.to_string();
    let fields = [("free", count(queue.free)), ("in", count(queue.signed_in)), ("busy", count(queue.busy))];
    let severity = service_severity(queue);
    let level = format!("{} {}", service_level(queue), mark(severity)).trim_end().to_owned();
    let level_line = |x: u16, y: u16, p: &mut Painter<'_>| {
        let x = p.put(rect, x, y, words.t("wall.in_time"), Tone::Secondary) + 1;
        p.put(rect, x, y, &level, Tone::of(severity)) + 2
    };
    if rect.height < 2 {
        let x = p.put(rect, 1, 0, &words.f("wall.agents_short", &fields), Tone::Normal) + 2;
        level_line(x, 0, p);
        return;
    }
    let x = p.put(rect, 1, 0, &words.f("wall.agents", &fields), Tone::Normal) + 2;
    if queue.call_backs > 0 {
        let text = words.f("wall.call_backs", &[("count", count(queue.call_backs))]);
        p.put(rect, x, 0, &text, Tone::Normal);
    }
    let x = level_line(1, 1, p);
    let goal = crate::format::permille(SERVICE_GOAL_PERMILLE);
    let limit = duration(whole(queue.service_level_ms));
    p.put(rect, x, 1, &words.f("wall.goal", &[("goal", &goal), ("limit", &limit)]), Tone::Secondary);
    if rect.height > 2 {
        let bar =
            bar(queue.today.service_level_permille, usize::from(rect.width.saturating_sub(4)), p.symbols);
        p.put(rect, 1, 2, &bar, Tone::of(severity.min(Severity::Warn)));
    }
}

/// A share as a bar with the goal in it.
fn bar(share: Option<u32>, width: usize, symbols: Symbols) -> String {
    let goal = width * SERVICE_GOAL_PERMILLE as usize / 1_000;
    let drawn = symbols.bar(share.unwrap_or(0), width);
    let cells = drawn.chars().enumerate();
    let inner: String = cells.map(|(n, cell)| if n == goal { symbols.post() } else { cell }).collect();
    format!("[{inner}]")
}

/// The figures of the day of all queues.
pub(crate) fn today_text(app: &App) -> String {
    let all = wall::totals(app.board());
    let share = (all.abandoned * 100).checked_div(all.offered).unwrap_or(0);
    let average = all.average_wait_ms.map(whole);
    let fields = [
        ("offered", all.offered.to_string()),
        ("answered", all.answered.to_string()),
        ("abandoned", all.abandoned.to_string()),
        ("share", share.to_string()),
        ("overflowed", all.overflowed.to_string()),
        ("average", average.map_or_else(|| "-".to_owned(), duration)),
    ];
    app.settings.words.f("wall.today", &fields)
}

/// The day of all queues, and which page this is.
fn today(app: &App, page: &Page<'_>, rect: Rect, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let mut right = rect.width.saturating_sub(1);
    if page.of > 1 {
        let fields = [("page", (page.at + 1).to_string()), ("pages", page.of.to_string())];
        let text = words.f("wall.page", &fields);
        right = p.right(Rect { width: right, ..rect }, 0, &text, Tone::Normal).saturating_sub(2);
    }
    p.put(Rect { width: right, ..rect }, 1, 0, &today_text(app), Tone::Normal);
}

/// How many agents are where, in a line.
fn counts(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let server_ms = app.server_ms(now_ms);
    let mut x = 1;
    for group in Whereabouts::ALL {
        let all = wall::agents(app.board(), group, server_ms);
        let worst = all.iter().map(|agent| agent_severity(agent, server_ms)).max().unwrap_or_default();
        let text = format!("{} {} {}", words.t(group.key()), all.len(), mark(worst));
        x = p.put(rect, x, 0, text.trim_end(), Tone::of(worst)) + 3;
    }
}

/// Who of the agents is where, a line a group; those for whom there is no room are counted.
fn strips(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let server_ms = app.server_ms(now_ms);
    let title_width = Whereabouts::ALL.iter().map(|group| columns(words.t(group.key()))).max().unwrap_or(0);
    let first = u16::try_from(title_width).unwrap_or(0) + 3;
    for (group, y) in Whereabouts::ALL.into_iter().zip(0..rect.height) {
        p.put(rect, 1, y, words.t(group.key()), Tone::Secondary);
        let all = wall::agents(app.board(), group, server_ms);
        let mut x = first;
        for (n, agent) in all.iter().enumerate() {
            let severity = agent_severity(agent, server_ms);
            let text = agent_text(app, agent, group, server_ms);
            let taken = u16::try_from(columns(&clean(&text))).unwrap_or(u16::MAX);
            let kept = if n + 1 < all.len() { MORE_COLUMNS } else { 0 };
            if x.saturating_add(taken).saturating_add(kept) > rect.width {
                p.put(rect, x, y, &format!("+{}", all.len() - n), Tone::Normal);
                break;
            }
            x = p.put(rect, x, y, &text, Tone::of(severity)) + 3;
        }
    }
}

/// An agent by name, what they are at if the group does not say it, for how long, and the mark.
pub(crate) fn agent_text(app: &App, agent: &AgentView, group: Whereabouts, server_ms: i64) -> String {
    let words = &app.settings.words;
    let name = if agent.name.is_empty() { &agent.number } else { &agent.name };
    let lasted = duration((server_ms - agent.since_ms).max(0));
    let what = match (group, agent.activity.as_str(), agent.presence.as_str()) {
        (Whereabouts::OnCalls, "holding", _) | (Whereabouts::Check, ..) | (_, "wrap_up", _) => {
            format!("{} ", words.t(crate::rows::agent_state(agent).0))
        }
        (Whereabouts::BackSoon, _, "break") if !agent.reason.is_empty() => {
            format!("{} ", crate::rows::reason_word(&agent.reason, words))
        }
        _ => String::new(),
    };
    format!("{name} {what}{lasted} {}", mark(agent_severity(agent, server_ms))).trim_end().to_owned()
}

/// The alarms of a wall that stands alone, the worst first, and how old the data is.
fn alarms(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let last = Rect { y: rect.bottom().saturating_sub(1), height: rect.height.min(1), ..rect };
    let edge = chrome::age(app, last, now_ms, p).saturating_sub(2);
    let open = model::alarms(app.board());
    let server_ms = app.server_ms(now_ms);
    if open.is_empty() {
        if let Some((text, severity)) = waiting_summary(app.board(), server_ms, &app.settings.words) {
            p.put(Rect { width: edge, ..last }, 1, 0, &text, Tone::of(severity));
        }
        return;
    }
    for (alarm, y) in open.iter().zip(0..rect.height) {
        let width = if y + 1 == rect.height { edge } else { rect.width.saturating_sub(1) };
        let rect = Rect { width, ..rect };
        let x = p.put(rect, 0, y, mark(alarm.severity), Tone::of(alarm.severity));
        let age = duration(server_ms - alarm.since_ms);
        p.put(rect, x + 1, y, &format!("{}  {age}", clean(&alarm.text)), Tone::Strong);
    }
}

/// No room for a tile: a line a queue, and what would show more.
fn compact(app: &App, layout: &WallLayout, turn: usize, now_ms: i64, p: &mut Painter<'_>) {
    let server_ms = app.server_ms(now_ms);
    if app.settings.wall_alone {
        alarms(app, layout.alarms, now_ms, p);
    } else {
        chrome::alarms(app, layout.alarms, now_ms, p);
    }
    microphone::draw(app, layout.microphone, now_ms, p);
    let rect = layout.tiles;
    let page = wall::page(app.board(), usize::from(rect.height), turn, server_ms);
    let room = usize::from(rect.width).saturating_sub(34).max(6);
    for (queue, y) in page.queues.iter().zip(0..rect.height) {
        let worst = queue_severity(queue, server_ms);
        p.put(rect, 0, y, mark(worst), Tone::of(worst));
        let name = if queue.label.is_empty() { &queue.name } else { &queue.label };
        let mut x = p.put(rect, 3, y, &fit(name, room), Tone::Normal) + 1;
        let [waiting, longest, free, level] = figures(queue, server_ms);
        let of = format!("{}/{}", free.text, queue.signed_in);
        let share = if level.text == "-" { level.text } else { format!("{}%", level.text) };
        for (text, severity, width) in [
            (waiting.text, waiting.severity, 4),
            (longest.text, longest.severity, 5),
            (of, free.severity, 5),
            (share, level.severity, 4),
        ] {
            let lead = u16::try_from(width - columns(&text).min(width)).unwrap_or(0);
            p.put(rect, x + lead, y, &text, Tone::of(severity));
            x += u16::try_from(width).unwrap_or(0);
            x = p.put(rect, x, y, &fit(mark(severity), 2), Tone::of(severity)) + 1;
        }
    }
    let busy = app.toast.is_some() || matches!(app.overlay, Some(Overlay::Confirm(_)));
    if busy {
        chrome::keys(app, layout.keys, p);
    } else if layout.keys.height > 0 {
        chrome::small(app, layout.keys, p);
    }
}
