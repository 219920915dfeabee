//! The settings: the kinds, the list on the left, the form on the right; and what a change does to the file.
//!
//! ```text
//!  [extensions] agents  queues  skills  routes  roles  console
//! > 101 Ana           | 101 Ana   password is set
//!   102 Bo            |  name            Ana
//!                     |> ring            (30s)
//! ```

use super::overlay::pieces;
use super::painter::{Painter, wrap};
use super::{chrome, microphone};
use crate::app::App;
use crate::layout::layout;
use crate::setting::{Field, From, Preview, Typing};
use crate::symbols::Symbols;
use crate::theme::Tone;
use ratatui::layout::{Position, Rect};
use switchroom_wire::{
    DiffLine, DiffMark, Role, SettingForm, SettingKind, SettingsDiff, SettingsFault, clean, columns, fit,
};

/// Columns of the keys of a form.
const KEY: u16 = 18;
/// Columns of the names in the list.
const NAME: usize = 14;
/// Lines that say what the selected key means.
const ABOUT: u16 = 2;

pub(super) fn draw(app: &App, area: Rect, now_ms: i64, p: &mut Painter<'_>) -> Option<Position> {
    let layout = layout(area, app.wish());
    chrome::alarms(app, layout.alarm, now_ms, p);
    microphone::draw(app, layout.microphone, now_ms, p);
    let is_own = app.model.setting.is_own;
    if layout.is_compact {
        let cursor = match app.model.setting.is_in_form {
            _ if is_own => own(app, layout.list, p),
            true => form(app, layout.list, p),
            false => entries(app, layout.list, p),
        };
        // A line alone is that of the alarms.
        if layout.keys.y != layout.alarm.y {
            chrome::keys(app, layout.keys, p);
        }
        return cursor;
    }
    chrome::tabs(app, layout.tabs, now_ms, p);
    for y in layout.rules.into_iter().flatten() {
        p.rule(Rect { y, height: 1, ..area });
    }
    heading(app, layout.heading, p);
    let body = layout.list;
    if is_own {
        let cursor = own(app, body, p);
        chrome::status(app, layout.status, now_ms, p);
        chrome::keys(app, layout.keys, p);
        return cursor;
    }
    let left = (body.width / 3).clamp(22, 44);
    let post = Rect { x: body.x + left, width: 1, ..body };
    p.post(post);
    let list = entries(app, Rect { width: left, ..body }, p);
    let right = Rect { x: post.x + 1, width: body.width - left - 1, ..body };
    let fields = form(app, right, p);
    chrome::status(app, layout.status, now_ms, p);
    chrome::keys(app, layout.keys, p);
    if app.model.setting.is_in_form { fields } else { list }
}

/// The kinds, and the file.
fn heading(app: &App, rect: Rect, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let mut x = 1;
    let (is_own, now) = (app.model.setting.is_own, app.model.setting.kind);
    let kinds = SettingKind::ALL.map(|kind| (words.t(kind_key(kind)), kind == now && !is_own));
    let kinds: Vec<_> = kinds.into_iter().chain([(words.t("settings.own"), is_own)]).collect();
    // The open one is seen; what does not fit before it is not.
    let open = kinds.iter().position(|(_, is_open)| *is_open).unwrap_or(0);
    let taken = |from: usize| kinds[from..=open].iter().map(|(name, _)| columns(name) + 3).sum::<usize>();
    let first = (0..open).find(|from| taken(*from) < usize::from(rect.width)).unwrap_or(open);
    for (name, is_open) in kinds.into_iter().skip(first) {
        x = if is_open {
            p.put(rect, x, 0, &format!("[{name}]"), Tone::Strong) + 1
        } else {
            p.put(rect, x, 0, &format!(" {name} "), Tone::Secondary) + 1
        };
    }
    if is_own {
        return;
    }
    let Some(view) = app.model.setting.view() else { return };
    let (text, tone) = match view.is_stale {
        true => (words.t("settings.stale").to_owned(), Tone::Attention),
        false => (view.path.clone(), Tone::Secondary),
    };
    if columns(&clean(&text)) + usize::from(x) + 2 < usize::from(rect.width) {
        p.right(Rect { width: rect.width.saturating_sub(1), ..rect }, 0, &text, tone);
    }
}

/// The console's own settings: what each is, what it can be, and the file in which they are kept.
fn own(app: &App, rect: Rect, p: &mut Painter<'_>) -> Option<Position> {
    let mut cursor = None;
    let all = crate::own::all(app);
    let below = own_below(app, &all, rect);
    let under = u16::try_from(below.len()).unwrap_or(u16::MAX);
    let lines = usize::from(rect.height.saturating_sub(under + 1)).max(1);
    let first = top(app.model.setting.own_at, lines, all.len());
    for ((at, one), y) in all.iter().enumerate().skip(first).take(lines).zip(0..rect.height) {
        p.put(rect, 2, y, &fit(one.name, usize::from(KEY)), Tone::Normal);
        let x = p.put(rect, 3 + KEY, y, &one.value, Tone::Strong) + 2;
        p.put(rect, x.max(3 + KEY + 10), y, &one.choices.join(" "), Tone::Secondary);
        if at == app.model.setting.own_at {
            p.put(rect, 0, y, ">", Tone::Normal);
            p.select(rect, y);
            cursor = Some(Position { x: rect.x, y: rect.y + y });
        }
    }
    for (text, y) in below.iter().zip(rect.height.saturating_sub(under)..rect.height) {
        p.put(rect, 2, y, text, Tone::Secondary);
    }
    cursor
}

/// What the selected one means, and where all of them are kept.
fn own_below(app: &App, all: &[crate::own::Own], rect: Rect) -> Vec<String> {
    let words = &app.settings.words;
    let name = all.get(app.model.setting.own_at).map_or("", |one| one.name);
    let path = app.settings.path.display().to_string();
    let file = words.f("own.file", &[("path", &path)]);
    let room = usize::from(rect.width.saturating_sub(4));
    let key = format!("own.{name}");
    let lines = [words.t(&key), &file].into_iter().flat_map(|text| wrap(text, room));
    // The list keeps half of the room.
    lines.take(usize::from(rect.height / 2)).collect()
}

fn kind_key(kind: SettingKind) -> &'static str {
    match kind {
        SettingKind::Extension => "settings.extensions",
        SettingKind::Agent => "settings.agents",
        SettingKind::Queue => "settings.queues",
        SettingKind::Skill => "settings.skills",
        SettingKind::Route => "settings.routes",
        SettingKind::Role => "settings.roles",
    }
}

/// The first line that is shown, so that the selected one is among them.
fn top(selected: usize, page: usize, count: usize) -> usize {
    selected.saturating_sub(page / 2).min(count.saturating_sub(page))
}

fn entries(app: &App, rect: Rect, p: &mut Painter<'_>) -> Option<Position> {
    let (words, page) = (&app.settings.words, &app.model.setting);
    let Some(view) = page.view() else {
        let key = if app.role() < Role::Admin { "settings.admins" } else { "settings.waiting" };
        p.wrapped(Rect { width: rect.width.saturating_sub(2), ..rect }, 2, 1, words.t(key), Tone::Normal);
        return None;
    };
    if view.entries.is_empty() {
        p.wrapped(
            Rect { width: rect.width.saturating_sub(2), ..rect },
            2,
            1,
            words.t("settings.none"),
            Tone::Normal,
        );
    }
    let widest = view.entries.iter().map(|entry| columns(&clean(&entry.name))).max().unwrap_or(0).min(NAME);
    let lines = usize::from(rect.height);
    let first = top(page.place(), lines, view.entries.len());
    let is_new = page.draft.as_ref().is_some_and(|draft| draft.is_new);
    let mut cursor = None;
    for ((at, entry), y) in view.entries.iter().enumerate().skip(first).zip(0..rect.height) {
        let is_selected = at == page.place() && !is_new;
        let x = p.put(rect, 2, y, &fit(&entry.name, widest), Tone::Normal) + 1;
        p.put(Rect { width: rect.width.saturating_sub(1), ..rect }, x, y, &entry.label, Tone::Secondary);
        if is_selected {
            p.put(rect, 0, y, ">", Tone::Normal);
            if !page.is_in_form {
                p.select(rect, y);
            }
            cursor = Some(Position { x: rect.x, y: rect.y + y });
        }
    }
    cursor
}

fn form(app: &App, rect: Rect, p: &mut Painter<'_>) -> Option<Position> {
    let (words, page) = (&app.settings.words, &app.model.setting);
    let name = page.name()?;
    let x = p.put(rect, 1, 0, name, Tone::Strong) + 2;
    let x = match page.entry() {
        Some(entry) if entry.label != name => p.put(rect, x, 0, &entry.label, Tone::Normal) + 2,
        Some(_) => x,
        None if page.is_lost() => p.put(rect, x, 0, words.t("settings.gone"), Tone::Attention) + 2,
        None => p.put(rect, x, 0, words.t("settings.new"), Tone::Strong) + 2,
    };
    if page.kind == SettingKind::Extension {
        let is_set = page.entry().is_some_and(|entry| entry.secrets.iter().any(|key| key == "password"));
        let key = if is_set { "settings.has_password" } else { "settings.no_password" };
        p.put(rect, x, 0, words.t(key), if is_set { Tone::Secondary } else { Tone::Attention });
    }
    let fields = page.fields();
    let about = if rect.height > 6 { ABOUT } else { 0 };
    let body = Rect { y: rect.y + 1, height: rect.height.saturating_sub(1 + about), ..rect };
    let first = top(page.field, usize::from(body.height), fields.len());
    let mut cursor = None;
    for ((at, one), y) in fields.iter().enumerate().skip(first).zip(0..body.height) {
        let is_selected = page.is_in_form && at == page.field;
        let (value, tone) = shown(app, one);
        p.put(
            body,
            1,
            y,
            if matches!(one.from, From::Typed | From::TakenOut) { "*" } else { " " },
            Tone::Strong,
        );
        let key = match page.kind {
            SettingKind::Skill => format!("{} {}", one.key.name, one.key.about),
            _ => one.key.name.clone(),
        };
        p.put(body, 3, y, &fit(&key, usize::from(KEY)), Tone::Normal);
        p.put(body, 4 + KEY, y, &value, tone);
        if is_selected {
            p.put(body, 0, y, ">", Tone::Normal);
            p.select(body, y);
            cursor = Some(Position { x: body.x, y: body.y + y });
        }
    }
    if let Some(one) = page.current().filter(|_| about > 0 && page.is_in_form) {
        let text = meaning(app, &one);
        let below = Rect { y: body.bottom(), height: about, width: rect.width.saturating_sub(1), ..rect };
        for (line, y) in wrap(&text, usize::from(below.width.saturating_sub(2))).iter().zip(0..about) {
            p.put(below, 1, y, line, Tone::Secondary);
        }
    }
    cursor
}

/// What a key means: in the user's language, else as the daemon's reference has it.
fn meaning(app: &App, field: &Field<'_>) -> String {
    let words = &app.settings.words;
    if app.model.setting.kind == SettingKind::Skill {
        return words.t("settings.level").to_owned();
    }
    let key = format!("setting.{}_{}", app.model.setting.kind.word(), field.key.name);
    let text = words.find(&key).unwrap_or(&field.key.about).to_owned();
    let choices = field.key.choices.join(", ");
    match (choices.is_empty(), field.key.example.is_empty()) {
        (false, _) => format!("{text}  ({choices})"),
        (true, false) => {
            format!("{text}  {}", words.f("settings.example", &[("example", &field.key.example)]))
        }
        (true, true) => text,
    }
}

fn shown(app: &App, field: &Field<'_>) -> (String, Tone) {
    let words = &app.settings.words;
    match (field.from, field.key.form) {
        (From::Typed, SettingForm::Secret) => (words.t("settings.changed").to_owned(), Tone::Strong),
        (From::TakenOut, _) => (words.t("settings.taken_out").to_owned(), Tone::Strong),
        (From::Typed, _) => (field.value.clone(), Tone::Strong),
        (From::Written, SettingForm::Secret) => (words.t("settings.is_set").to_owned(), Tone::Normal),
        (From::Written, _) => (field.value.clone(), Tone::Normal),
        (From::Default, _) => (format!("({})", field.value), Tone::Secondary),
        (From::Nowhere, _) => ("-".to_owned(), Tone::Secondary),
    }
}

/// The line that is typed; a secret as dots.
pub(super) fn typing(app: &App, typing: &Typing, area: Rect, p: &mut Painter<'_>) -> Option<Position> {
    let dot = if p.symbols == Symbols::Ascii { "*" } else { "•" };
    let input = match typing.is_secret {
        true => dot.repeat(typing.input.0.chars().count()),
        false => clean(&typing.input.0).into_owned(),
    };
    let fields = [("label", typing.label.as_str())];
    let is_untouched = typing.is_secret && typing.input.0.is_empty();
    let label = match (is_untouched, typing.choices.is_empty()) {
        (true, _) => app.settings.words.f("settings.secret", &fields),
        (false, true) => format!("{}:", typing.label),
        (false, false) => app.settings.words.f("settings.choose", &fields),
    };
    super::overlay::typed(&label, &input, area, p)
}

/// Lines that a difference takes, faults and all.
pub(crate) fn diff_height(app: &App, diff: &SettingsDiff) -> usize {
    diff_lines(app, diff, usize::from(app.size.0.saturating_sub(2))).len()
}

/// What a change does to the file, and whether it is to be applied.
pub(super) fn diff(app: &App, preview: &Preview, area: Rect, p: &mut Painter<'_>) -> Position {
    p.clear(area);
    let (words, diff) = (&app.settings.words, &preview.diff);
    p.put(area, 1, 0, &diff.told, Tone::Strong);
    p.rule(Rect { y: area.y + 1, height: u16::from(area.height > 1), ..area });
    let body = Rect { y: area.y + area.height.min(2), height: area.height.saturating_sub(4), ..area };
    let lines = diff_lines(app, diff, usize::from(body.width.saturating_sub(2)));
    for ((tone, line), y) in lines.iter().skip(preview.top).zip(0..body.height) {
        p.put(body, 1, y, line, *tone);
    }
    let end = Rect { y: area.bottom().saturating_sub(2), height: area.height.min(2), ..area };
    p.rule(Rect { height: 1, ..end });
    let below = lines.len().saturating_sub(preview.top + usize::from(body.height));
    if below > 0 {
        let text = words.f("list.more", &[("count", &below.to_string())]);
        p.right(Rect { width: end.width.saturating_sub(1), ..end }, 0, &format!(" {text} "), Tone::Attention);
    }
    let key = if diff.faults.is_empty() { "settings.apply" } else { "settings.cannot" };
    let tone = if diff.faults.is_empty() { Tone::Strong } else { Tone::Act };
    let x = p.put(end, 1, 1, words.t(key), tone);
    Position { x: end.x + x.min(end.width.saturating_sub(1)), y: end.bottom().saturating_sub(1) }
}

fn diff_lines(app: &App, diff: &SettingsDiff, width: usize) -> Vec<(Tone, String)> {
    let words = &app.settings.words;
    let mut lines = Vec::new();
    let mut tell = |tone: Tone, text: &str| {
        lines.extend(wrap(&clean(text), width.max(8)).into_iter().map(|line| (tone, line)));
    };
    for fault in &diff.faults {
        tell(Tone::Act, &fault_text(app, fault, "settings.fault"));
    }
    for fault in &diff.warnings {
        tell(Tone::Attention, &fault_text(app, fault, "settings.warning"));
    }
    if diff.needs_restart {
        tell(Tone::Attention, words.t("settings.restart"));
    }
    for (n, piece) in diff.pieces.iter().enumerate() {
        if n > 0 || !lines.is_empty() {
            lines.push((Tone::Secondary, String::new()));
        }
        lines.extend(piece.iter().flat_map(|line| diff_line(line, width)));
    }
    if diff.left_out > 0 {
        lines.push((Tone::Secondary, words.f("list.more", &[("count", &diff.left_out.to_string())])));
    }
    lines
}

fn fault_text(app: &App, fault: &SettingsFault, key: &str) -> String {
    let line = match fault.line {
        0 => fault.file.clone(),
        line => app.settings.words.f("settings.line", &[("line", &line.to_string())]),
    };
    let hint = fault.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{} {line}: {}{hint}", app.settings.words.t(key), fault.what).replace(" : ", ": ")
}

/// A line with its number and sign; what is too long for one goes on below.
fn diff_line(line: &DiffLine, width: usize) -> Vec<(Tone, String)> {
    let number = if line.mark == DiffMark::Gone { line.old } else { line.new };
    let tone = match line.mark {
        DiffMark::Same => Tone::Secondary,
        DiffMark::Gone => Tone::Attention,
        DiffMark::New => Tone::Strong,
    };
    let (number, sign) = (format!("{number:>5}"), line.mark.sign());
    let room = width.saturating_sub(number.len() + 3).max(8);
    let lead = |n: usize| if n == 0 { number.clone() } else { " ".repeat(number.len()) };
    let all = pieces(&clean(&line.text), room).into_iter().enumerate();
    all.map(|(n, text)| (tone, format!("{} {sign} {text}", lead(n)).trim_end().to_owned())).collect()
}
