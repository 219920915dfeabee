//! What frames every screen: tabs, alarms, the status line, the key bar, the banner of a lost connection.

use super::painter::{Painter, wrap};
use crate::action::{ACTIONS, Action, Spec};
use crate::app::{App, LinkState, Mood, Overlay, Screen, Toast, role_key};
use crate::format::{clock, clock_short, duration};
use crate::layout::FULL;
use crate::model;
use crate::rows::{List, summary, waiting_summary};
use crate::symbols::Symbols;
use crate::theme::{Tone, mark};
use ratatui::layout::Rect;
use switchroom_wire::{ExtensionState, Role, Severity, clean, columns};

/// How long a daemon may be silent before the age of the data is shown as doubtful.
const QUIET_MS: i64 = 3_000;

/// In the tabs only while they are open: there is room for nine.
const TABS_WHILE_OPEN: [(Action, Screen); 3] = [
    (Action::ScreenSettings, Screen::Settings),
    (Action::ScreenMissed, Screen::List(List::Missed)),
    (Action::ScreenDesk, Screen::Desk),
];

const TABS: [(Action, Screen); 9] = [
    (Action::ScreenWall, Screen::Wall),
    (Action::ScreenQueues, Screen::List(List::Queues)),
    (Action::ScreenAgents, Screen::List(List::Agents)),
    (Action::ScreenCalls, Screen::List(List::Calls)),
    (Action::ScreenFlows, Screen::List(List::Flows)),
    (Action::ScreenRecordings, Screen::List(List::Recordings)),
    (Action::ScreenReports, Screen::List(List::QueueReport)),
    (Action::ScreenLog, Screen::List(List::Log)),
    (Action::ScreenLines, Screen::List(List::Lines)),
];

/// Columns that stay for the time of day at the end of the tabs.
const TIME_COLUMNS: usize = 6;

/// The tabs with the blanks between them: where there is no room for all names, the keys alone and the name of the one
/// that is open.
fn tab_texts(app: &App, width: u16) -> (Vec<(String, bool)>, u16) {
    let words = &app.settings.words;
    let named = |(action, screen): (Action, Screen), all: bool| {
        // Who waits in a queue belongs to the queues, and there are four reports.
        let part = match app.screen {
            Screen::List(List::Waiting) => Screen::List(List::Queues),
            Screen::List(list) if list.is_report() => Screen::List(List::QueueReport),
            other => other,
        };
        let is_open = part == screen;
        let key = app.settings.keymap.shown(action);
        let name = words.t(match screen {
            Screen::List(list) => list.screen_key(),
            Screen::Desk => "screen.desk",
            Screen::Settings => "screen.settings",
            Screen::Wall | Screen::Detail(_) => "screen.wall",
        });
        let text = if all || is_open || key.is_empty() { format!("{key} {name}") } else { key };
        (text.trim_start().to_owned(), is_open)
    };
    let room = usize::from(width).saturating_sub(TIME_COLUMNS);
    let open = TABS_WHILE_OPEN.into_iter().filter(|(_, screen)| *screen == app.screen);
    let shown: Vec<(Action, Screen)> = TABS.into_iter().chain(open).collect();
    for (all, gap) in [(true, 2), (true, 1)] {
        let texts: Vec<_> = shown.iter().map(|tab| named(*tab, all)).collect();
        let names: usize = texts.iter().map(|(text, _)| columns(text)).sum();
        // A blank at both ends, and the gaps between.
        if names + usize::from(gap) * (shown.len() - 1) + 2 <= room {
            return (texts, gap);
        }
    }
    (shown.iter().map(|tab| named(*tab, false)).collect(), 2)
}

pub(super) fn tabs(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let (texts, gap) = tab_texts(app, rect.width);
    let mut x = 1;
    for (text, is_open) in texts {
        if is_open {
            x = p.put(rect, x - 1, 0, &format!("[{text}]"), Tone::Strong) + gap - 1;
        } else {
            x = p.put(rect, x, 0, &text, Tone::Secondary) + gap;
        }
    }
    let server_ms = app.server_ms(now_ms);
    let site = &app.model.board.system.site;
    let time = clock_short(server_ms, app.model.utc_offset_min());
    let room = usize::from(rect.width.saturating_sub(x)).saturating_sub(8);
    let text = if site.is_empty() || columns(&clean(site)) > room { time } else { format!("{site}  {time}") };
    p.right(Rect { width: rect.width.saturating_sub(1), ..rect }, 0, &text, Tone::Normal);
}

/// How small the terminal is, and what would show more.
pub(super) fn small(app: &App, rect: Rect, p: &mut Painter<'_>) {
    let size = |(width, height): (u16, u16)| format!("{width}×{height}");
    let fields = [("now", size(app.size)), ("full", size(FULL))];
    let text = app.settings.words.f("list.small", &fields);
    let text = if p.symbols == Symbols::Ascii { text.replace('×', "x") } else { text };
    p.put(rect, 1, 0, &text, Tone::Secondary);
}

/// The worst alarms, or one quiet line that says that there are none and how the floor stands.
pub(super) fn alarms(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let open = model::alarms(app.board());
    let Some(first) = open.first() else {
        if app.model.is_filled {
            let x = waiting(app, rect, now_ms, p);
            p.put(rect, x, 0, &summary(app.board(), words), Tone::Normal);
        } else {
            p.put(rect, 1, 0, words.t("link.connecting"), Tone::Secondary);
        }
        return;
    };
    let mut right = rect.width.saturating_sub(1);
    if open.len() > 1 && rect.width >= 40 {
        let count = (open.len() - 1).to_string();
        let key = app.settings.keymap.shown(Action::AlarmNext);
        let text = words.f("alarm.more", &[("count", &count), ("key", &key)]);
        right = p.right(Rect { width: right, ..rect }, 0, &text, Tone::Secondary).saturating_sub(2);
    }
    let rect = Rect { width: right, ..rect };
    // An alarm that was taken note of keeps its mark and loses its weight.
    let noted = app.acknowledged.contains(&first.id);
    let tone = if noted { Tone::Normal } else { Tone::of(first.severity) };
    let x = p.put(rect, 0, 0, mark(first.severity), tone);
    let age = duration(app.server_ms(now_ms) - first.since_ms);
    p.put(
        rect,
        x + 1,
        0,
        &format!("{}  {age}", clean(&first.text)),
        if noted { Tone::Normal } else { Tone::Strong },
    );
}

/// Who waits in the queues, before all else; returns where the line goes on.
fn waiting(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) -> u16 {
    match waiting_summary(app.board(), app.server_ms(now_ms), &app.settings.words) {
        Some((text, severity)) => p.put(rect, 1, 0, &text, Tone::of(severity)).saturating_add(3),
        None => 1,
    }
}

pub(super) fn status(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let mut left = words.t(role_key(app.role())).to_owned();
    if let Some(welcome) = &app.model.welcome {
        left = format!("{left} {}", clean(&welcome.user));
        // Where a supervisor's verbs ring: the phone that was named, else the user's own.
        if let Some(number) = app.phone.as_ref().or(welcome.extension.as_ref()) {
            let state = app.board().extensions.get(number).map(|line| line.state).unwrap_or_default();
            let key = match state {
                ExtensionState::Idle => "phone.free",
                ExtensionState::Ringing => "phone.ringing",
                ExtensionState::Busy => "phone.in_use",
                ExtensionState::Offline | ExtensionState::Lost => "phone.away",
            };
            left = format!(
                "{left}   {}",
                words.f("phone.own", &[("number", number.as_str()), ("state", words.t(key))])
            );
        }
    }
    if app.settings.read_only {
        left = format!("{left}   {}", words.t("status.read_only"));
    }
    if app.masked {
        left = format!("{left}   {}", words.t("status.masked"));
    }
    let right_edge = age(app, rect, now_ms, p).saturating_sub(2);
    let x = p.put(Rect { width: right_edge, ..rect }, 1, 0, &left, Tone::Normal);
    let Screen::List(list) = app.screen else { return };
    let filter = app.list_state(list).map(|state| state.filter.clone()).unwrap_or_default();
    let filter_text = if filter.is_empty() { words.t("status.no_filter").to_owned() } else { filter.clone() };
    let middle = words.f("status.list", &[("sort", &app.sort_name(list)), ("filter", &filter_text)]);
    let taken = u16::try_from(columns(&clean(&middle))).unwrap_or(u16::MAX);
    let room = Rect { width: right_edge, ..rect };
    if x.saturating_add(taken).saturating_add(2) <= right_edge {
        let tone = if filter.is_empty() { Tone::Secondary } else { Tone::Strong };
        p.put(room, right_edge - taken, 0, &middle, tone);
    } else if !filter.is_empty() {
        // That rows are hidden is said, however little of the filter there is room for.
        p.put(
            room,
            x.saturating_add(2),
            0,
            &words.f("status.filtered", &[("filter", &filter)]),
            Tone::Strong,
        );
    }
}

/// How old the data is, at the right edge; returns where it begins.
pub(super) fn age(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) -> u16 {
    let words = &app.settings.words;
    let rect = Rect { width: rect.width.saturating_sub(1), ..rect };
    if let Some(frozen) = &app.frozen {
        let age = duration(app.model.server_ms(now_ms) - frozen.server_ms);
        return p.right(rect, 0, &words.f("status.frozen", &[("age", &age)]), Tone::Act);
    }
    let quiet_ms = app.model.heard_ms.map_or(0, |heard_ms| (now_ms - heard_ms).max(0));
    match &app.link {
        LinkState::Connecting => p.right(rect, 0, words.t("link.connecting"), Tone::Stale),
        LinkState::Down { .. } => p.right(rect, 0, words.t("status.stale"), Tone::Stale),
        LinkState::Live if quiet_ms >= QUIET_MS => {
            p.right(rect, 0, &words.f("status.quiet", &[("age", &duration(quiet_ms))]), Tone::Attention)
        }
        LinkState::Live => p.right(rect, 0, words.t("status.live"), Tone::Secondary),
    }
}

/// The key bar, or what has taken its place: a question, an input, a toast.
pub(super) fn keys(app: &App, rect: Rect, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    match &app.overlay {
        Some(Overlay::Filter { .. } | Overlay::Confirm(_) | Overlay::Path { .. } | Overlay::Setting(_)) => {
            return;
        }
        Some(
            Overlay::Palette { .. }
            | Overlay::Help { .. }
            | Overlay::Text { .. }
            | Overlay::Password { .. }
            | Overlay::Diff(_),
        )
        | None => {}
    }
    if let Some(toast) = &app.toast {
        return told(app, toast, rect, p);
    }
    let help = format!("{} {}", app.settings.keymap.shown(Action::Help), words.t("action.help.label"));
    let edge = p.right(Rect { width: rect.width.saturating_sub(1), ..rect }, 0, &help, Tone::Normal);
    let room = Rect { width: edge.saturating_sub(2), ..rect };
    let mut x: u16 = 1;
    for spec in bar(app) {
        let key = app.settings.keymap.shown(spec.action);
        let label = words.t(&format!("action.{}.label", spec.name)).to_owned();
        let taken = u16::try_from(columns(&key) + 1 + columns(&label)).unwrap_or(u16::MAX);
        if x.saturating_add(taken) > room.width {
            break;
        }
        // What cannot be done now is grey; the palette and a key press say why.
        let off = app.refusal(spec.action).is_some();
        x = p.put(room, x, 0, &key, if off { Tone::Secondary } else { Tone::Strong }) + 1;
        x = p.put(room, x, 0, &label, if off { Tone::Secondary } else { Tone::Normal }) + 2;
    }
}

/// What was told stands where the keys stood. What was refused or could not be done says at its end what to do: if it does not
/// fit, it takes more lines, never fewer words, and leaves the line that says who hears the user.
fn told(app: &App, toast: &Toast, rect: Rect, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let (word, tone) = match toast.mood {
        Mood::Told => ("", Tone::Normal),
        Mood::Sent => (words.t("mood.sent"), Tone::Strong),
        Mood::Done => (words.t("mood.done"), Tone::Strong),
        Mood::Wrong => ("!", Tone::Attention),
    };
    let indent = if word.is_empty() { 1 } else { 2 + u16::try_from(columns(word)).unwrap_or(0) };
    let room = usize::from(rect.width.saturating_sub(indent + 1)).max(8);
    let lines = match toast.mood {
        Mood::Wrong | Mood::Told if columns(&clean(&toast.text)) > room => wrap(&toast.text, room),
        _ => vec![toast.text.clone()],
    };
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).clamp(1, app.size.1.saturating_sub(1).max(1));
    let heard = app.layout().microphone;
    let below = if heard.height > 0 { rect.bottom().saturating_sub(heard.bottom()) } else { u16::MAX };
    let bottom = if height <= below { rect.bottom() } else { heard.y };
    let rect = Rect { y: bottom.saturating_sub(height), height, ..rect };
    if height > 1 {
        p.clear(rect);
    }
    p.put(rect, 1, 0, word, tone);
    for (line, y) in lines.iter().zip(0..height) {
        p.put(rect, indent, y, line, Tone::Normal);
    }
}

/// The actions of the key bar here, in order; in read-only mode no verb is among them.
fn bar(app: &App) -> Vec<&'static Spec> {
    let here = app.context();
    // The console's own settings change at once; no verb is about them.
    let is_own = app.screen == Screen::Settings && app.model.setting.is_own;
    // Nor is one of use at a desk that is nobody's.
    let is_nobodys = app.screen == Screen::Desk && app.model.desk.is_nobodys();
    let read_only = is_own || is_nobodys || app.role() == Role::Viewer;
    let shown = |spec: &&Spec| {
        spec.is_in_bar(here)
            && !(read_only && spec.role.is_some())
            && !app.settings.keymap.of(spec.action).is_empty()
    };
    let mut specs: Vec<&'static Spec> = ACTIONS.iter().filter(shown).collect();
    specs.sort_by_key(|spec| spec.bar);
    specs
}

/// The banner of a lost connection: since when, how old the data is, when it is tried again.
pub(super) fn banner(app: &App, area: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let LinkState::Down { since_ms, why, next_try_ms } = &app.link else { return };
    let words = &app.settings.words;
    let rect = Rect { height: area.height.min(2), ..area };
    p.clear(rect);
    let since = duration(now_ms - since_ms);
    let data = match app.model.heard_ms {
        Some(heard_ms) if app.model.is_filled => {
            let at = clock(app.model.server_ms(heard_ms), app.model.utc_offset_min());
            words.f("link.data_from", &[("time", &at)])
        }
        _ => words.t("link.no_data").to_owned(),
    };
    let key = app.settings.keymap.shown(Action::Reconnect);
    let next = match next_try_ms {
        Some(at) => {
            let seconds = ((at - now_ms).max(0) + 999) / 1_000;
            words.f("link.next_try", &[("seconds", &seconds.to_string()), ("key", &key)])
        }
        None => words.f("link.no_retry", &[("key", &key)]),
    };
    let x = p.put(rect, 1, 0, &words.f("link.down", &[("since", &since)]), Tone::Act);
    p.put(rect, x + 2, 0, &format!("{data}   {next}"), Tone::Normal);
    p.put(rect, 1, 1, why, Tone::Normal);
}

/// The tone of a row by its severity; what ended is dim.
pub(super) fn row_tone(severity: Severity, is_ended: bool, tone: Tone) -> Tone {
    match tone {
        _ if is_ended => Tone::Secondary,
        Tone::Normal if severity > Severity::Info => Tone::Strong,
        tone => tone,
    }
}
