//! What lies over a screen: help, palette, a question, the filter being typed, a text to read.

use super::painter::{Painter, head_len, tail_len, wrap};
use crate::action::{ACTIONS, Confirm, Group, Spec};
use crate::app::{App, Asked, Overlay, Screen};
use crate::keymap::sequence_text;
use crate::theme::Tone;
use crate::update::items;
use ratatui::layout::{Position, Rect};
use switchroom_wire::{clean, columns, fit};

pub(super) fn draw(
    app: &App,
    overlay: &Overlay,
    area: Rect,
    now_ms: i64,
    p: &mut Painter<'_>,
) -> Option<Position> {
    let _ = now_ms;
    match overlay {
        Overlay::Help { top } => {
            help(app, *top, area, p);
            Some(Position { x: area.x, y: area.y })
        }
        Overlay::Palette { input, cursor } => palette(app, input, *cursor, area, p),
        Overlay::Filter { .. } => filter(app, area, p),
        Overlay::Path { input } => typed(app.settings.words.t("report.write"), input, area, p),
        Overlay::Setting(typing) => super::settings::typing(app, typing, area, p),
        Overlay::Diff(preview) => Some(super::settings::diff(app, preview, area, p)),
        Overlay::Confirm(asked) => confirm(app, asked, area, p),
        Overlay::Password { of, password, .. } => {
            let words = &app.settings.words;
            let told = app.toast.as_ref().map(|toast| toast.text.clone()).unwrap_or_default();
            let once = words.t("settings.once").to_owned();
            let lines = [password.0.clone(), String::new(), once, String::new(), told];
            let hint = words.t("settings.password_keys");
            text(&words.f("settings.password", &[("of", of)]), &lines, (0, hint), area, p);
            Some(Position { x: area.x, y: area.y })
        }
        Overlay::Text { title, lines, top } => {
            text(title, lines, (*top, app.settings.words.t("text.hint")), area, p);
            Some(Position { x: area.x, y: area.y })
        }
    }
}

/// Columns of the keys in the help.
const KEY_COLUMNS: u16 = 12;

fn last_line(area: Rect) -> Rect {
    Rect { y: area.y + area.height.saturating_sub(1), height: area.height.min(1), ..area }
}

/// The question stands where the keys stood; if it does not fit, it takes more lines, never less words.
fn confirm(app: &App, asked: &Asked, area: Rect, p: &mut Painter<'_>) -> Option<Position> {
    let words = &app.settings.words;
    let answer = match asked.level {
        Confirm::Name => words.f("confirm.type_name", &[("name", &asked.name)]),
        Confirm::Reason => words.t("confirm.type_reason").to_owned(),
        Confirm::None | Confirm::Yes | Confirm::Diff => words.t("confirm.yes_no").to_owned(),
    };
    let answer = if asked.choices.is_empty() {
        answer
    } else {
        let fields = [("choices", asked.choices.join(", "))];
        format!("{}  {answer}", words.f("confirm.choices", &fields))
    };
    let typed = if asked.is_typed() { format!(" {}", asked.typed) } else { String::new() };
    let whole = format!("{}  {answer}", clean(&asked.question));
    let room = usize::from(area.width.saturating_sub(2));
    // A short answer stands beside its question; of a long one the end is seen, below it.
    let (lines, typed) = if columns(&typed) * 2 <= room {
        (wrap(&whole, room.saturating_sub(columns(&typed)).max(8)), typed)
    } else {
        let mut pieces = pieces(&asked.typed, room.saturating_sub(1).max(8));
        let last = pieces.pop().unwrap_or_default();
        let mut lines = wrap(&whole, room.max(8));
        let most = usize::from(area.height / 2).saturating_sub(lines.len());
        lines.extend(pieces.split_off(pieces.len().saturating_sub(most)));
        lines.push(String::new());
        (lines, last)
    };
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.height);
    let rect = Rect { y: area.y + area.height - height, height, ..area };
    p.clear(rect);
    let mut end = 0;
    for (line, y) in lines.iter().zip(0..height) {
        end = p.put(rect, 1, y, line, Tone::Strong);
    }
    let end = p.put(rect, end, height.saturating_sub(1), &typed, Tone::Normal);
    Some(Position { x: area.x + end.min(area.width.saturating_sub(1)), y: rect.y + height.saturating_sub(1) })
}

fn filter(app: &App, area: Rect, p: &mut Painter<'_>) -> Option<Position> {
    let Screen::List(list) = app.screen else { return None };
    let words = &app.settings.words;
    let rect = last_line(area);
    p.clear(rect);
    let input = app.list_state(list).map(|state| state.filter.clone()).unwrap_or_default();
    let x = p.put(rect, 0, 0, "/", Tone::Strong);
    let x = p.put(rect, x, 0, &input, Tone::Normal);
    let hint = words.f("filter.hint", &[("fields", &list.fields().join(" "))]);
    let room = usize::from(rect.width.saturating_sub(x)).saturating_sub(4);
    if columns(&hint) <= room {
        p.right(Rect { width: rect.width.saturating_sub(1), ..rect }, 0, &hint, Tone::Secondary);
    }
    Some(Position { x: rect.x + x.min(rect.width.saturating_sub(1)), y: rect.y })
}

/// A line that is typed, where the keys stood; of a long one its end is seen.
pub(super) fn typed(label: &str, input: &str, area: Rect, p: &mut Painter<'_>) -> Option<Position> {
    let rect = last_line(area);
    p.clear(rect);
    let x = p.put(rect, 1, 0, label, Tone::Strong) + 1;
    let room = usize::from(rect.width.saturating_sub(x + 1));
    let x = p.put(rect, x, 0, &input[input.len() - tail_len(input, room)..], Tone::Normal);
    Some(Position { x: rect.x + x.min(rect.width.saturating_sub(1)), y: rect.y })
}

fn palette(app: &App, input: &str, cursor: usize, area: Rect, p: &mut Painter<'_>) -> Option<Position> {
    let words = &app.settings.words;
    let found = items(app, input);
    let height = area.height.min(16);
    let rect = Rect { height, ..area };
    p.clear(rect);
    let x = p.put(rect, 0, 0, ":", Tone::Strong);
    let x = p.put(rect, x + 1, 0, input, Tone::Normal);
    p.rule(Rect { y: rect.y + 1, height: u16::from(height > 1), ..rect });
    let page = usize::from(height.saturating_sub(4));
    let top = crate::app::scrolled(0, cursor, page, found.len());
    let label_columns = (usize::from(rect.width) * 2 / 5).clamp(16, 34);
    for ((n, item), y) in found.iter().enumerate().skip(top).take(page).zip(2..) {
        let tone = if item.is_disabled { Tone::Secondary } else { Tone::Normal };
        p.put(rect, 1, y, &fit(&item.label, label_columns), tone);
        let x = 2 + u16::try_from(label_columns).unwrap_or(u16::MAX);
        p.put(rect, x, y, &item.keys, if item.is_disabled { Tone::Secondary } else { Tone::Strong });
        p.put(rect, x + 8, y, &item.text, Tone::Secondary);
        if n == cursor {
            p.put(rect, 0, y, ">", Tone::Normal);
            p.select(rect, y);
        }
    }
    if found.is_empty() {
        p.put(rect, 1, 2, words.t("palette.nothing"), Tone::Normal);
    }
    if height > 3 {
        p.rule(Rect { y: rect.y + height - 2, height: 1, ..rect });
        p.put(rect, 1, height - 1, words.t("palette.hint"), Tone::Secondary);
    }
    Some(Position { x: rect.x + x.min(rect.width.saturating_sub(1)), y: rect.y })
}

/// Help for this screen, all of it made from the registry.
fn help(app: &App, top: usize, area: Rect, p: &mut Painter<'_>) {
    p.clear(area);
    let words = &app.settings.words;
    let here = words.t(&format!("screen.{}", app.context().name())).to_owned();
    p.put(area, 1, 0, &words.f("help.title", &[("screen", &here)]), Tone::Strong);
    p.right(Rect { width: area.width.saturating_sub(1), ..area }, 0, words.t("help.hint"), Tone::Secondary);
    p.rule(Rect { y: area.y + 1, height: u16::from(area.height > 1), ..area });
    let wide = if area.width >= 150 { 3 } else { 1 + usize::from(area.width >= 76) };
    let column = usize::from(area.width.saturating_sub(2)) / wide;
    let lines = help_lines(app, wide, column);
    let body = Rect { y: area.y + area.height.min(2), height: area.height.saturating_sub(2), ..area };
    let top = top.min(lines.len().saturating_sub(usize::from(body.height)));
    for (line, y) in lines.iter().skip(top).zip(0..body.height) {
        match line {
            HelpLine::Title(text) => p.put(body, 1, y, text, Tone::Strong),
            HelpLine::Keys(cells) => {
                let mut x = 1;
                for (key, label) in cells {
                    p.put(body, x, y, key, Tone::Strong);
                    p.put(body, x + KEY_COLUMNS, y, label, Tone::Normal);
                    x += u16::try_from(column).unwrap_or(u16::MAX);
                }
                x
            }
            HelpLine::Text(text) => p.put(body, 1, y, text, Tone::Normal),
        };
    }
    let below = lines.len().saturating_sub(top + usize::from(body.height));
    if below > 0 {
        let text = words.f("list.more", &[("count", &below.to_string())]);
        p.right(
            Rect { width: area.width.saturating_sub(1), ..area },
            1,
            &format!(" {text} "),
            Tone::Attention,
        );
    }
}

enum HelpLine {
    Title(String),
    Keys(Vec<(String, String)>),
    Text(String),
}

fn help_lines(app: &App, wide: usize, column: usize) -> Vec<HelpLine> {
    let words = &app.settings.words;
    let here = app.context();
    let mut lines = Vec::new();
    let room = column.saturating_sub(usize::from(KEY_COLUMNS) + 1);
    for group in Group::ALL {
        let shown = |spec: &&Spec| {
            spec.group == group
                && spec.contexts.contains(&here)
                && !app.settings.keymap.of(spec.action).is_empty()
        };
        let cells: Vec<(String, String)> =
            ACTIONS.iter().filter(shown).map(|spec| help_cell(app, spec)).collect();
        if cells.is_empty() {
            continue;
        }
        lines.push(HelpLine::Title(words.t(&format!("group.{}", group.name())).to_owned()));
        // Down the columns, as one reads.
        let height = cells.len().div_ceil(wide);
        for row in 0..height {
            let line: Vec<(String, Vec<String>)> = (0..wide)
                .filter_map(|n| cells.get(n * height + row))
                .map(|(key, text)| (key.clone(), wrap(text, room)))
                .collect();
            // A text that is longer than its column goes on below it.
            let deep = line.iter().map(|(_, text)| text.len()).max().unwrap_or(1);
            lines.extend((0..deep).map(|n| {
                let piece = |(key, text): &(String, Vec<String>)| {
                    let key = if n == 0 { key.clone() } else { String::new() };
                    (key, text.get(n).cloned().unwrap_or_default())
                };
                HelpLine::Keys(line.iter().map(piece).collect())
            }));
        }
    }
    lines.push(HelpLine::Text(String::new()));
    for key in [
        "help.states",
        "help.supervision",
        "help.agents",
        "help.service",
        "help.marks",
        "help.quality",
        "help.filter",
        "help.tmux",
    ] {
        lines.extend(wrap(words.t(key), column * wide).into_iter().map(HelpLine::Text));
    }
    lines
}

fn help_cell(app: &App, spec: &Spec) -> (String, String) {
    let keys: Vec<String> =
        app.settings.keymap.of(spec.action).iter().map(|keys| sequence_text(keys)).collect();
    let label = app.action_text(spec).to_owned();
    (fit(&keys.join(" "), 11).trim_end().to_owned(), label)
}

/// A text to read, from its line `top` on, with what keys do there.
fn text(title: &str, lines: &[String], (top, hint): (usize, &str), area: Rect, p: &mut Painter<'_>) {
    p.clear(area);
    let edge = p.right(Rect { width: area.width.saturating_sub(1), ..area }, 0, hint, Tone::Secondary);
    p.put(Rect { width: edge.saturating_sub(1), ..area }, 1, 0, title, Tone::Strong);
    p.rule(Rect { y: area.y + 1, height: u16::from(area.height > 1), ..area });
    let body = Rect { y: area.y + area.height.min(2), height: area.height.saturating_sub(2), ..area };
    let width = usize::from(area.width.saturating_sub(2));
    let wrapped = lines.iter().skip(top).flat_map(|line| cut(line, width));
    for (line, y) in wrapped.zip(0..body.height) {
        p.put(body, 1, y, &line, Tone::Normal);
    }
}

/// Pieces of so many columns, blanks and all: one at least.
pub(super) fn pieces(text: &str, room: usize) -> Vec<String> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while columns(rest) > room {
        // What is wider than the room stands alone.
        let cut = match head_len(rest, room) {
            0 => rest.chars().next().map_or(rest.len(), char::len_utf8),
            cut => cut,
        };
        let (piece, after) = rest.split_at(cut);
        pieces.push(piece.to_owned());
        rest = after;
    }
    if pieces.is_empty() || !rest.is_empty() {
        pieces.push(rest.to_owned());
    }
    pieces
}

/// A line as it stands if it fits, else in pieces: blanks in messages and tables mean something. What goes on hangs below where
/// its text began, behind the number of a line of a file.
fn cut(line: &str, width: usize) -> Vec<String> {
    if columns(line) <= width {
        return vec![line.to_owned()];
    }
    let body = line.trim_start_matches(' ');
    let after = body.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = after.starts_with("  ") && after.len() < body.len();
    let text = if is_numbered { after.trim_start_matches(' ') } else { body };
    // Nothing but blanks and digits, a byte and a column each.
    let (head, text) = line.split_at(line.len() - text.len());
    if head.len() > width / 2 {
        return wrap(line, width);
    }
    let pieces = wrap(text, width - head.len());
    let blank = " ".repeat(head.len());
    let lines = pieces.into_iter().enumerate();
    lines.map(|(n, piece)| format!("{}{piece}", if n == 0 { head } else { &blank })).collect()
}

/// The box that opens after the first key of a sequence.
pub(super) fn prefix_box(app: &App, area: Rect, p: &mut Painter<'_>) {
    if app.pressed.is_empty() || app.overlay.is_some() {
        return;
    }
    let next = app.settings.keymap.following(app.context(), &app.pressed);
    let words = &app.settings.words;
    let lines: Vec<String> = next
        .iter()
        .map(|(key, spec)| format!(" {} {}", fit(key, 5), words.t(&format!("action.{}.label", spec.name))))
        .collect();
    let width = lines.iter().map(|line| columns(line)).max().unwrap_or(0).max(12) + 2;
    let (width, height) = (
        u16::try_from(width).unwrap_or(u16::MAX).min(area.width),
        u16::try_from(lines.len() + 1).unwrap_or(u16::MAX),
    );
    let height = height.min(area.height.saturating_sub(2));
    let rect = Rect {
        x: area.x + area.width - width,
        y: area.y + area.height.saturating_sub(2) - height,
        width,
        height,
    };
    p.clear(rect);
    p.put(rect, 1, 0, &sequence_text(&app.pressed), Tone::Strong);
    for (line, y) in lines.iter().zip(1..rect.height) {
        p.put(rect, 0, y, line, Tone::Normal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_hangs_below_where_its_text_began() {
        assert_eq!(cut("   7  say = hello there", 16), ["   7  say =", "      hello", "      there"]);
        assert_eq!(cut("  one two three", 9), ["  one two", "  three"]);
        assert_eq!(cut("one two three", 8), ["one two", "three"]);
        assert_eq!(cut("   7  short", 16), ["   7  short"]);
        assert_eq!(cut("4127 is a number of a call", 12), ["4127 is a", "number of a", "call"]);
        // Of other blanks than ours, which a message from anywhere may have, one is more than a byte.
        let wide = "\u{3000}".repeat(20);
        for width in 1..60 {
            for line in
                [format!("1  {wide}x"), format!("{wide}1  x y z"), format!("{wide}x"), format!("  {wide}x")]
            {
                assert!(!cut(&line, width).is_empty(), "{width}");
            }
        }
    }

    #[test]
    fn pieces_are_whole_clusters_of_so_many_columns() {
        assert_eq!(pieces("abcde", 2), ["ab", "cd", "e"]);
        assert_eq!(pieces("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
        assert_eq!([pieces("", 3), pieces("abc", 3)], [[""], ["abc"]]);
        assert_eq!(pieces("山田", 1), ["山", "田"], "wider than the room, and none is lost");
    }
}
