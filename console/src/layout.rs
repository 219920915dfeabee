//! Where things stand on terminals from 52×14 to 200×60 and beyond. Pure: a size in, rectangles out.
//!
//! ```text
//!  80×24                        calls, 120×30 and more       calls, 160×45 and more
//!  tabs                         tabs                         tabs
//!  alarm                        alarm                        alarm
//!  ----------------             ----------------             ------------------------
//!  list                         list    | pane               calls       | pane
//!  ----------------                     |                    ------------|-----------
//!  pane                                 |                    lines       | latest
//!  ----------------             ----------------             ------------------------
//!  status, keys                 status, keys                 status, keys
//! ```

use ratatui::layout::Rect;

/// Smaller than this, a list is one line a row and nothing else.
pub(crate) const FULL: (u16, u16) = (60, 15);

/// Lines of the pane below a list.
const PANE_LINES: u16 = 8;

/// The rectangles of a list screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    pub(crate) tabs: Rect,
    pub(crate) alarm: Rect,
    /// Rules across, by their line.
    pub(crate) rules: [Option<u16>; 3],
    /// The post between list and what stands beside it.
    pub(crate) post: Option<Rect>,
    /// A line of its own above the list.
    pub(crate) heading: Rect,
    pub(crate) list: Rect,
    pub(crate) pane: Option<Rect>,
    /// A second list below the first, and the latest events below the pane.
    pub(crate) second: Option<Rect>,
    pub(crate) latest: Option<Rect>,
    /// Who hears the user, while the user is at a call as a supervisor.
    pub(crate) microphone: Rect,
    pub(crate) status: Rect,
    pub(crate) keys: Rect,
    /// No room: one line a row.
    pub(crate) is_compact: bool,
}

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) pane: bool,
    /// The list takes all the room.
    pub(crate) expanded: bool,
    /// The pane may stand beside the list: where rows are short. Waves and sentences want the whole width.
    pub(crate) beside: bool,
    /// The user is at a call as a supervisor: who hears them must be seen.
    pub(crate) microphone: bool,
    /// The list has a line of its own above it.
    pub(crate) heading: bool,
}

/// Lines that tell who hears the user, and the keys that change it.
const MICROPHONE_LINES: u16 = 2;

fn line(area: Rect, y: u16) -> Rect {
    if y >= area.height { Rect::default() } else { Rect { y: area.y + y, height: 1, ..area } }
}

/// The layout of a list screen.
pub(crate) fn layout(area: Rect, wish: Wish) -> Layout {
    let (width, height) = (area.width, area.height);
    if width < FULL.0 || height < FULL.1 {
        let above = u16::from(wish.microphone && height > 2);
        let list =
            Rect { y: area.y + u16::from(height > 1), height: height.saturating_sub(2 + above), ..area };
        let keys = if height > 1 { line(area, height - 1) } else { Rect::default() };
        // Where there is one line only, it is this one.
        let microphone = match (wish.microphone, height) {
            (false, _) => Rect::default(),
            (true, 0..=2) => line(area, 0),
            (true, _) => line(area, height - 2),
        };
        let alarm = if wish.microphone && height <= 2 { Rect::default() } else { line(area, 0) };
        return Layout { alarm, list, microphone, keys, is_compact: true, ..Default::default() };
    }
    let lines = if wish.microphone { MICROPHONE_LINES } else { 0 };
    let bottom = height - 3 - lines;
    let mut out = Layout {
        tabs: line(area, 0),
        alarm: line(area, 1),
        rules: [Some(area.y + 2), Some(area.y + bottom), None],
        microphone: Rect { y: area.y + bottom + 1, height: lines, ..area },
        status: line(area, height - 2),
        keys: line(area, height - 1),
        ..Default::default()
    };
    let body = Rect { y: area.y + 3, height: bottom - 3, ..area };
    if !wish.pane || wish.expanded {
        out.list = body;
    } else if wish.beside && width >= 120 && height >= 30 {
        beside(&mut out, body, width >= 160 && height >= 45);
    } else if height >= 22 {
        let lines = PANE_LINES + u16::from(height >= 30) * 4 + u16::from(height >= 45) * 4;
        let split = body.height - lines - 1;
        out.list = Rect { height: split, ..body };
        out.rules[2] = Some(body.y + split);
        out.pane = Some(Rect { y: body.y + split + 1, height: lines, ..body });
    } else {
        out.list = body;
    }
    if wish.heading {
        out.heading = Rect { height: 1, ..out.list };
        out.list = Rect { y: out.list.y + 1, height: out.list.height.saturating_sub(1), ..out.list };
    }
    out
}

fn beside(out: &mut Layout, body: Rect, overview: bool) {
    let left = (u32::from(body.width) * 3 / 5) as u16;
    let right = body.width - left - 1;
    out.post = Some(Rect { x: body.x + left, width: 1, ..body });
    let column = |x: u16, width: u16| Rect { x: body.x + x, width, ..body };
    let (list, pane) = (column(0, left), column(left + 1, right));
    if !overview {
        (out.list, out.pane) = (list, Some(pane));
        return;
    }
    let upper = body.height / 2;
    let cut = |rect: Rect| {
        let below = Rect { y: rect.y + upper + 1, height: rect.height - upper - 1, ..rect };
        (Rect { height: upper, ..rect }, below)
    };
    let ((list, second), (pane, latest)) = (cut(list), cut(pane));
    out.rules[2] = Some(body.y + upper);
    (out.list, out.second, out.pane, out.latest) = (list, Some(second), Some(pane), Some(latest));
}

/// The rectangles of the call detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DetailLayout {
    pub(crate) head: Rect,
    pub(crate) tabs: Rect,
    pub(crate) rules: [Option<u16>; 3],
    pub(crate) body: Rect,
    /// The text of the selected message.
    pub(crate) text: Option<Rect>,
    pub(crate) microphone: Rect,
    pub(crate) status: Rect,
    pub(crate) keys: Rect,
}

/// The layout of the call detail; `with_text` leaves room for the selected message, `microphone` for who hears the user.
pub(crate) fn detail_layout(area: Rect, with_text: bool, microphone: bool) -> DetailLayout {
    let height = area.height;
    if height < 8 {
        let below = u16::from(microphone && height > 1);
        let body =
            Rect { y: area.y + u16::from(height > 1), height: height.saturating_sub(1 + below), ..area };
        let microphone = if below > 0 { line(area, height - 1) } else { Rect::default() };
        return DetailLayout { head: line(area, 0), body, microphone, ..Default::default() };
    }
    let lines = if microphone { MICROPHONE_LINES } else { 0 };
    let bottom = height - 3 - lines;
    let mut out = DetailLayout {
        head: line(area, 0),
        tabs: line(area, 1),
        rules: [Some(area.y + 2), Some(area.y + bottom), None],
        body: Rect { y: area.y + 3, height: bottom.saturating_sub(3), ..area },
        microphone: Rect { y: area.y + bottom + 1, height: lines, ..area },
        status: line(area, height - 2),
        keys: line(area, height - 1),
        ..Default::default()
    };
    if with_text && height >= 20 {
        let lines = (height / 4).clamp(4, 14);
        let split = out.body.height - lines - 1;
        out.rules[2] = Some(out.body.y + split);
        out.text = Some(Rect { y: out.body.y + split + 1, height: lines, ..out.body });
        out.body.height = split;
    }
    out
}

/// The rectangles of the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct WallLayout {
    pub(crate) head: Rect,
    /// Below the tabs; at the very end of a wall that stands alone.
    pub(crate) alarms: Rect,
    pub(crate) rules: [Option<u16>; 3],
    pub(crate) tiles: Rect,
    /// The figures of the day.
    pub(crate) today: Rect,
    /// A line a group of agents, or one for all of them.
    pub(crate) agents: Rect,
    pub(crate) microphone: Rect,
    pub(crate) status: Rect,
    pub(crate) keys: Rect,
    /// No room: one line a queue.
    pub(crate) is_compact: bool,
}

/// Lines from which on a wall names its agents.
const NAMES_HEIGHT: u16 = 30;

/// Groups of agents.
const GROUPS: u16 = 5;

/// Alarms at the end of a high wall that stands alone.
const WALL_ALARMS: u16 = 3;

/// The wall where a line a queue is all there is room for.
pub(crate) fn wall_compact(area: Rect, microphone: bool) -> WallLayout {
    let width = area.width.min(FULL.0 - 1);
    let wish = Wish { pane: false, expanded: false, beside: false, microphone, heading: false };
    let small = layout(Rect { width, ..area }, wish);
    let whole = |rect: Rect| Rect { width: if rect.height > 0 { area.width } else { 0 }, ..rect };
    WallLayout {
        alarms: whole(small.alarm),
        tiles: whole(small.list),
        microphone: whole(small.microphone),
        keys: whole(small.keys),
        is_compact: true,
        ..Default::default()
    }
}

/// The layout of the wall; `alone` is it without tabs, status and keys.
pub(crate) fn wall_layout(area: Rect, microphone: bool, alone: bool) -> WallLayout {
    let (width, height) = (area.width, area.height);
    if width < FULL.0 || height < FULL.1 {
        return wall_compact(area, microphone);
    }
    let is_high = height >= NAMES_HEIGHT;
    let groups = if is_high { GROUPS } else { 1 };
    let heard = if microphone { MICROPHONE_LINES } else { 0 };
    let above = if alone { 2 } else { 3 };
    let ends = match (alone, is_high) {
        (true, true) => WALL_ALARMS,
        (true, false) => 1,
        (false, _) => 2,
    };
    let end = height - ends;
    let agents = end - heard - u16::from(is_high) - groups;
    let part = |y: u16, lines: u16| Rect { y: area.y + y, height: lines, ..area };
    WallLayout {
        head: line(area, 0),
        alarms: if alone { part(end, ends) } else { line(area, 1) },
        rules: [
            Some(area.y + above - 1),
            Some(area.y + agents - 2),
            is_high.then(|| area.y + agents + groups),
        ],
        tiles: part(above, agents - 2 - above),
        today: line(area, agents - 1),
        agents: part(agents, groups),
        microphone: part(end - heard, heard),
        status: if alone { Rect::default() } else { line(area, height - 2) },
        keys: if alone { Rect::default() } else { line(area, height - 1) },
        is_compact: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_stay_inside_and_apart_at_every_size() {
        for (width, height) in (0..210).step_by(7).flat_map(|w| (0..70).map(move |h| (w, h))) {
            let area = Rect::new(0, 0, width, height);
            for (wish, microphone) in
                [(true, false, true), (true, false, false), (false, false, false), (true, true, true)]
                    .into_iter()
                    .flat_map(|wish| [(wish, false), (wish, true)])
            {
                let wish =
                    Wish { pane: wish.0, expanded: wish.1, beside: wish.2, microphone, heading: wish.0 };
                let l = layout(area, wish);
                let all = [
                    Some(l.tabs),
                    Some(l.alarm),
                    Some(l.heading),
                    Some(l.list),
                    l.pane,
                    l.second,
                    l.latest,
                    l.post,
                ];
                let all: Vec<Rect> = all
                    .into_iter()
                    .chain([Some(l.microphone), Some(l.status), Some(l.keys)])
                    .flatten()
                    .collect();
                for (n, rect) in all.iter().enumerate().filter(|(_, rect)| rect.area() > 0) {
                    assert_eq!(rect.intersection(area), *rect, "{width}x{height} {wish:?}");
                    for other in all[n + 1..].iter().filter(|other| other.area() > 0) {
                        assert!(!rect.intersects(*other), "{width}x{height} {wish:?} {rect:?} {other:?}");
                    }
                }
                for alone in [true, false] {
                    let w = wall_layout(area, microphone, alone);
                    let all = [w.head, w.alarms, w.tiles, w.today, w.agents, w.microphone, w.status, w.keys];
                    for (n, rect) in all.iter().enumerate().filter(|(_, rect)| rect.area() > 0) {
                        assert_eq!(rect.intersection(area), *rect, "{width}x{height} {alone}");
                        let rules = w.rules.into_iter().flatten();
                        assert!(
                            rules.into_iter().all(|y| y < rect.y || y >= rect.bottom()),
                            "{rect:?} {w:?}"
                        );
                        for other in all[n + 1..].iter().filter(|other| other.area() > 0) {
                            assert!(!rect.intersects(*other), "{width}x{height} {rect:?} {other:?}");
                        }
                    }
                    assert_eq!(w.microphone.area() > 0, l.microphone.area() > 0, "{width}x{height}");
                }
                let d = detail_layout(area, wish.pane, microphone);
                assert_eq!(d.body.intersection(area), d.body);
                assert!(!d.body.intersects(d.microphone), "{width}x{height}");
                assert!(
                    !microphone || width == 0 || height < 2 || d.microphone.area() > 0,
                    "{width}x{height}"
                );
                assert!(
                    !microphone || width == 0 || height == 0 || l.microphone.area() > 0,
                    "{width}x{height}"
                );
            }
        }
    }
}
