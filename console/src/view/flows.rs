//! Below the flows: who is at the selected node, what the check says of it, and the lines of the file.

use super::painter::Painter;
use crate::app::App;
use crate::flows::{callers, faults_at, told};
use crate::format::duration;
use crate::theme::Tone;
use ratatui::layout::Rect;
use switchroom_wire::{FaultView, FlowView, OutlineView, fit};

/// Callers that are named.
const CALLERS_SHOWN: usize = 4;

pub(super) fn flow_pane(app: &App, id: &str, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let Some((flow, line)) = app.model.flows.of_row(id) else { return };
    let words = &app.settings.words;
    let x = p.put(rect, 1, 0, &flow.name, Tone::Strong) + 2;
    let place = match line {
        Some(line) if line.line > 0 => format!("{}:{}", flow.file, line.line),
        _ => flow.file.clone(),
    };
    let x = match line {
        Some(line) => p.put(rect, x, 0, &line.node, Tone::Strong) + 3,
        None => x + 1,
    };
    let x = p.put(rect, x, 0, &place, Tone::Secondary) + 3;
    if flow.version > 0 {
        p.put(
            rect,
            x,
            0,
            &words.f("flow.version", &[("version", &flow.version.to_string())]),
            Tone::Secondary,
        );
    }
    let y = here(app, flow, line, rect, now_ms, p);
    let y = faults(flow, line, rect, y, p);
    source(flow, line, rect, y, p);
}

/// Who is there, a line each.
fn here(
    app: &App,
    flow: &FlowView,
    line: Option<&OutlineView>,
    rect: Rect,
    now_ms: i64,
    p: &mut Painter<'_>,
) -> u16 {
    let words = &app.settings.words;
    let form = app.form(now_ms);
    let found = callers(app.board(), &flow.name, line.map(|line| line.node.as_str()));
    let mut y = 1;
    if found.is_empty() {
        p.put(rect, 1, y, words.t("flow.nobody"), Tone::Secondary);
        return 2;
    }
    for call in found.iter().take(CALLERS_SHOWN) {
        let x = p.put(rect, 1, y, &fit(&call.number.to_string(), 6), Tone::Strong) + 1;
        let x = p.put(rect, x, y, &fit(&form.party().full(&call.from), 34), Tone::Caller) + 1;
        let x = p.put(rect, x, y, &fit(&duration(form.now_ms - call.started_ms), 8), Tone::Normal) + 1;
        let node = call.place.as_ref().map(|place| place.node.as_str()).unwrap_or_default();
        p.put(rect, x, y, node, Tone::Normal);
        y += 1;
    }
    if found.len() > CALLERS_SHOWN {
        let count = (found.len() - CALLERS_SHOWN).to_string();
        p.put(rect, 1, y, &words.f("list.more", &[("count", &count)]), Tone::Secondary);
        y += 1;
    }
    y
}

fn faults(flow: &FlowView, line: Option<&OutlineView>, rect: Rect, y: u16, p: &mut Painter<'_>) -> u16 {
    let found: Vec<&FaultView> = match line {
        Some(line) => faults_at(flow, line),
        None => flow.faults.iter().collect(),
    };
    let mut y = y;
    for fault in found.into_iter().take(3) {
        let tone = if fault.is_warning { Tone::Attention } else { Tone::Act };
        y = p.wrapped(rect, 1, y, &told(fault), tone);
        if !fault.hint.is_empty() {
            y = p.wrapped(rect, 3, y, &fault.hint, Tone::Normal);
        }
    }
    y
}

/// The file from the node's line on, as far as there is room.
fn source(flow: &FlowView, line: Option<&OutlineView>, rect: Rect, y: u16, p: &mut Painter<'_>) {
    let first = line.map_or(1, |line| line.line.max(1));
    let skipped = usize::try_from(first - 1).unwrap_or(usize::MAX);
    let room = usize::from(rect.height.saturating_sub(y));
    for (n, text) in flow.text.lines().enumerate().skip(skipped).take(room) {
        let y = y + u16::try_from(n - skipped).unwrap_or(u16::MAX);
        let x = p.put(rect, 1, y, &format!("{:>4}", n + 1), Tone::Secondary) + 2;
        p.put(rect, x, y, &text.replace('\t', "    "), Tone::Normal);
    }
}
