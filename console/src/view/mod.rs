//! From state to cells. Pure: the same state and time give the same buffer.

mod chrome;
mod desk;
mod detail;
mod digits;
mod floor;
mod flows;
mod lists;
mod microphone;
mod missed;
mod overlay;
mod painter;
mod panes;
mod reports;
mod settings;
mod wall;
mod wave;

pub(crate) use settings::diff_height;
pub(crate) use wall::{agent_text, today_text as wall_today};

use crate::app::{App, LinkState, Overlay, Screen};
use crate::rows::List;
use painter::Painter;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Draws everything into the buffer and says where the hardware cursor belongs: on the first cell of what is
/// selected, because screen readers follow it.
pub(crate) fn draw(app: &App, now_ms: i64, buffer: &mut Buffer) -> Option<Position> {
    let area = *buffer.area();
    if area.width == 0 || area.height == 0 {
        return None;
    }
    let mut painter = Painter::new(buffer, app.settings.theme, app.settings.symbols, app.masked);
    let mut cursor = match app.screen {
        Screen::List(list) => draw_list_screen(app, list, area, now_ms, &mut painter),
        Screen::Wall => {
            wall::draw(app, area, now_ms, &mut painter);
            None
        }
        Screen::Desk => desk::draw(app, area, now_ms, &mut painter),
        Screen::Detail(_) => detail::draw(app, area, now_ms, &mut painter),
        Screen::Settings => settings::draw(app, area, now_ms, &mut painter),
    };
    if let LinkState::Down { .. } = app.link {
        painter.dim(area);
        chrome::banner(app, area, now_ms, &mut painter);
    }
    if let Some(overlay) = &app.overlay {
        let over = overlay_area(app, overlay, area);
        cursor = overlay::draw(app, overlay, over, now_ms, &mut painter).or(cursor);
        let below = Rect { y: over.bottom(), height: area.bottom() - over.bottom(), ..area };
        microphone::draw(app, below, now_ms, &mut painter);
    }
    overlay::prefix_box(app, area, &mut painter);
    cursor.filter(|at| area.contains(*at))
}

/// What takes the screen leaves the line that says who hears the user.
fn overlay_area(app: &App, overlay: &Overlay, area: Rect) -> Rect {
    let takes_all = matches!(
        overlay,
        Overlay::Help { .. }
            | Overlay::Text { .. }
            | Overlay::Palette { .. }
            | Overlay::Password { .. }
            | Overlay::Diff(_)
    );
    let kept = if takes_all && app.mine().is_some() { area.height.min(2) } else { 0 };
    Rect { height: area.height - kept, ..area }
}

fn draw_list_screen(app: &App, list: List, area: Rect, now_ms: i64, p: &mut Painter<'_>) -> Option<Position> {
    let layout = crate::layout::layout(area, app.wish());
    if layout.is_compact {
        return lists::compact(app, list, &layout, now_ms, p);
    }
    chrome::tabs(app, layout.tabs, now_ms, p);
    chrome::alarms(app, layout.alarm, now_ms, p);
    for y in layout.rules.into_iter().flatten() {
        p.rule(Rect { y, height: 1, ..area });
    }
    if let Some(post) = layout.post {
        p.post(post);
        for y in layout.rules.into_iter().flatten() {
            let joint = p.symbols.joint(y >= post.y, y < post.bottom()).to_string();
            p.put(Rect { y, height: 1, ..post }, 0, 0, &joint, crate::theme::Tone::Secondary);
        }
    }
    if layout.heading.height > 0 {
        reports::heading(app, list, layout.heading, p);
    }
    let cursor = lists::table(app, list, layout.list, now_ms, p);
    if let Some(pane) = layout.pane {
        panes::pane(app, list, pane, now_ms, p);
    }
    if let Some(second) = layout.second {
        lists::still(app, List::Lines, second, now_ms, p);
    }
    if let Some(latest) = layout.latest {
        lists::latest(app, latest, now_ms, p);
    }
    microphone::draw(app, layout.microphone, now_ms, p);
    chrome::status(app, layout.status, now_ms, p);
    chrome::keys(app, layout.keys, p);
    cursor
}
