//! The tables of the list screens.

use super::chrome::row_tone;
use super::painter::Painter;
use crate::app::{App, Overlay};
use crate::layout::Layout;
use crate::rows::{List, Row, event_about};
use crate::table::{aligned, widths};
use crate::theme::{Tone, mark};
use ratatui::layout::{Position, Rect};
use switchroom_wire::{Severity, fit};

/// Columns before the first: the mark and a blank.
const MARK: u16 = 3;

/// The list on screen, with its selection. Returns where the cursor belongs.
pub(super) fn table(app: &App, list: List, rect: Rect, now_ms: i64, p: &mut Painter<'_>) -> Option<Position> {
    let rows = app.rows_shown(list, now_ms);
    let state = app.list_state(list)?;
    let columns = fitted(list, rect);
    titles(app, list, &columns, rect, p);
    if rows.is_empty() {
        empty(app, list, rect, p);
        return None;
    }
    let page = usize::from(rect.height.saturating_sub(1));
    let mut cursor = None;
    for (line, row) in rows.iter().skip(state.top).take(page).enumerate() {
        let y = u16::try_from(line).unwrap_or(u16::MAX).saturating_add(1);
        let is_selected = state.selected.as_ref() == Some(&row.id);
        draw_row(list, row, &columns, (rect, y), Stand { shift: state.shift, is_selected }, p);
        if is_selected {
            p.select(rect, y);
            cursor = Some(Position { x: rect.x, y: rect.y + y });
        }
    }
    let (above, below) = (state.top, rows.len().saturating_sub(state.top + page));
    if above + below > 0 {
        // On the rule under the list.
        let words = &app.settings.words;
        let part = |key: &str, count: usize| words.f(key, &[("count", &count.to_string())]);
        let text = match (above, below) {
            (0, below) => part("list.more", below),
            (above, 0) => part("list.above", above),
            (above, below) => format!("{}   {}", part("list.above", above), part("list.more", below)),
        };
        let under = Rect { y: rect.bottom(), height: 1, width: rect.width.saturating_sub(1), ..rect };
        p.right(under, 0, &format!(" {text} "), Tone::Normal);
    }
    cursor
}

/// A list that is shown beside the one in use: without selection, from its top.
pub(super) fn still(app: &App, list: List, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let columns = fitted(list, rect);
    titles(app, list, &columns, rect, p);
    let rows = app.rows_shown(list, now_ms);
    for (row, y) in rows.iter().zip(1..rect.height) {
        draw_row(list, row, &columns, (rect, y), Stand { shift: 0, is_selected: false }, p);
    }
}

fn titles(app: &App, list: List, columns: &[(usize, usize)], rect: Rect, p: &mut Painter<'_>) {
    let sort = app.list_state(list).map(|state| state.sort).unwrap_or_default();
    let mut x = MARK;
    for &(n, width) in columns {
        let column = &list.columns()[n];
        let title = app.settings.words.t(&format!("column.{}", column.id)).to_owned();
        let sorted = sort.column == Some(n);
        let text = if sorted { format!("{title}{}", if sort.inverted { '^' } else { 'v' }) } else { title };
        let tone = if sorted { Tone::Strong } else { Tone::Secondary };
        p.put(rect, x, 0, &aligned(&text, width, column.is_number), tone);
        x += u16::try_from(width).unwrap_or(u16::MAX) + 1;
    }
}

/// The columns for which there is room, and how wide each is.
fn fitted(list: List, rect: Rect) -> Vec<(usize, usize)> {
    widths(list.columns(), usize::from(rect.width.saturating_sub(MARK + 1)))
}

/// How a row stands among the others.
#[derive(Clone, Copy)]
struct Stand {
    /// Columns that its last text is shifted by.
    shift: usize,
    is_selected: bool,
}

fn draw_row(
    list: List,
    row: &Row,
    columns: &[(usize, usize)],
    (rect, y): (Rect, u16),
    Stand { shift, is_selected }: Stand,
    p: &mut Painter<'_>,
) {
    let severity = if list == List::Log { Severity::Info } else { row.severity };
    let gutter = match (is_selected, mark(severity)) {
        (true, mark) => format!(">{mark}"),
        (false, mark) if mark.len() == 2 => mark.to_owned(),
        (false, mark) => format!(" {mark}"),
    };
    // The mark stands in the same column whether the row is selected or not.
    let gutter = fit(&gutter, usize::from(MARK));
    p.put(rect, 0, y, gutter.trim_end(), if is_selected { Tone::Normal } else { Tone::of(severity) });
    let mut x = MARK;
    for &(n, width) in columns {
        let column = &list.columns()[n];
        let Some(cell) = row.cells.get(n) else { continue };
        let is_last = n + 1 == list.columns().len();
        // What is moved out of sight to the left has a sign, or a flag would seem to be gone.
        let shifted: String = match (is_last, shift) {
            (true, 1..) if !cell.text.is_empty() => {
                std::iter::once('<').chain(cell.text.chars().skip(shift + 1)).collect()
            }
            _ => cell.text.clone(),
        };
        let text = aligned(&shifted, width, column.is_number);
        let tone = row_tone(severity, row.is_ended, cell.tone);
        // Only the text is toned, not the blanks beside it.
        if column.is_number {
            let lead = text.len() - text.trim_start().len();
            p.put(rect, x + u16::try_from(lead).unwrap_or(0), y, text.trim_start(), tone);
        } else {
            p.put(rect, x, y, text.trim_end(), tone);
        }
        x += u16::try_from(width).unwrap_or(u16::MAX) + 1;
    }
}

fn empty(app: &App, list: List, rect: Rect, p: &mut Painter<'_>) {
    if !app.model.is_filled {
        return;
    }
    let words = &app.settings.words;
    let filtered = app.list_state(list).is_some_and(|state| !state.filter.is_empty());
    let key = if filtered { "list.filtered".to_owned() } else { format!("empty.{}", list.name()) };
    p.wrapped(Rect { width: rect.width.saturating_sub(2), ..rect }, MARK, 2, words.t(&key), Tone::Normal);
}

/// The latest events, newest last, without selection.
pub(super) fn latest(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    p.put(rect, 1, 0, app.settings.words.t("pane.latest"), Tone::Secondary);
    let form = app.form(now_ms);
    let events = &app.board().events;
    let room = usize::from(rect.height.saturating_sub(1));
    for (event, y) in events.iter().skip(events.len().saturating_sub(room)).zip(1..) {
        let time = crate::format::clock(event.at_ms, form.utc_offset_min);
        p.put(rect, 1, y, &time, Tone::Secondary);
        p.put(rect, 10, y, mark(event.severity), Tone::of(event.severity));
        p.put(rect, 13, y, &fit(&event_about(event, form), 7), Tone::Normal);
        p.put(rect, 21, y, &event.text, Tone::Normal);
    }
}

/// No room: the worst alarm or the summary, one line a row, and what would show more.
pub(super) fn compact(
    app: &App,
    list: List,
    layout: &Layout,
    now_ms: i64,
    p: &mut Painter<'_>,
) -> Option<Position> {
    super::chrome::alarms(app, layout.alarm, now_ms, p);
    super::microphone::draw(app, layout.microphone, now_ms, p);
    let rows = app.rows_shown(list, now_ms);
    let state = app.list_state(list)?;
    let mut cursor = None;
    let rect = layout.list;
    let columns = fitted(list, rect);
    for (row, y) in rows.iter().skip(state.top).zip(0..rect.height) {
        let is_selected = state.selected.as_ref() == Some(&row.id);
        draw_row(list, row, &columns, (rect, y), Stand { shift: state.shift, is_selected }, p);
        if is_selected {
            p.select(rect, y);
            cursor = Some(Position { x: rect.x, y: rect.y + y });
        }
    }
    if rows.is_empty() {
        empty(app, list, Rect { y: rect.y, ..rect }, p);
    }
    let busy =
        app.toast.is_some() || matches!(app.overlay, Some(Overlay::Confirm(_) | Overlay::Filter { .. }));
    if busy || layout.keys.y == layout.alarm.y {
        if layout.keys.y != layout.alarm.y {
            super::chrome::keys(app, layout.keys, p);
        }
        return cursor;
    }
    super::chrome::small(app, layout.keys, p);
    cursor
}
