//! The detail of a call: its ladder, media, path and events.

use super::painter::Painter;
use super::panes::{side_word, step_word};
use super::{chrome, microphone};
use crate::app::{App, Tab, scrolled};
use crate::format::{clock, clock_ms, decibel, duration, level_share, millis, mos, percent};
use crate::layout::detail_layout;
use crate::rows::{
    call_duration_ms, call_hold, call_place, call_result, call_state_word, legs_shown, supervised_flag,
    supervision_target, trouble, waiting_in,
};
use crate::severity::{call_severity, direction_severity};
use crate::symbols::Symbols;
use crate::theme::{Tone, mark};
use ratatui::layout::{Position, Rect};
use switchroom_wire::{
    CallView, DirectionQuality, Ladder, LadderEntry, LadderKind, RecordingState, Severity, columns, fit,
    render_ladder,
};

pub(super) fn draw(app: &App, area: Rect, now_ms: i64, p: &mut Painter<'_>) -> Option<Position> {
    let with_text = app.detail.tab == Tab::Ladder && app.pane && !app.expanded;
    let layout = detail_layout(area, with_text, app.mine().is_some());
    let call = app.model.call(app.board(), &app.detail.call);
    head(app, call, layout.head, now_ms, p);
    tabs(app, layout.tabs, p);
    for y in layout.rules.into_iter().flatten() {
        p.rule(Rect { y, height: 1, ..area });
    }
    let cursor = match (app.detail.tab, call) {
        (Tab::Ladder, _) => ladder(app, layout.body, p),
        (Tab::Events, _) => events(app, layout.body, p),
        (Tab::Media, Some(call)) => {
            media(app, call, layout.body, p);
            None
        }
        (Tab::Path, Some(call)) => path(app, call, layout.body, p),
        (Tab::Media | Tab::Path, None) => None,
    };
    if let Some(rect) = layout.text {
        for (line, y) in app.message_lines().iter().zip(0..rect.height) {
            p.put(rect, 1, y, line, if y == 0 { Tone::Strong } else { Tone::Normal });
        }
    }
    microphone::draw(app, layout.microphone, now_ms, p);
    chrome::status(app, layout.status, now_ms, p);
    chrome::keys(app, layout.keys, p);
    cursor.or(Some(Position { x: layout.head.x, y: layout.head.y }))
}

fn head(app: &App, call: Option<&CallView>, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let form = app.form(now_ms);
    let right = Rect { width: rect.width.saturating_sub(1), ..rect };
    let Some(call) = call else {
        p.put(rect, 1, 0, words.t("detail.gone"), Tone::Stale);
        return;
    };
    let edge = p.right(right, 0, &clock(form.now_ms, form.utc_offset_min), Tone::Normal);
    let rect = Rect { width: edge.saturating_sub(1), ..rect };
    let party = form.party();
    let severity = call_severity(call, app.board());
    let x = p.put(rect, 1, 0, &call.number.to_string(), Tone::Strong) + 2;
    let time = duration(call_duration_ms(call, form.now_ms));
    let state = call_state_word(call, waiting_in(call, app.board()).is_some(), words);
    let x = p.put(rect, x, 0, &format!("{state} {time}"), Tone::Strong) + 1;
    let x = if severity > Severity::Info {
        p.put(rect, x, 0, mark(severity), Tone::of(severity)) + 2
    } else {
        x + 1
    };
    let x = p.put(rect, x, 0, &party.full(&call.from), Tone::Caller) + 1;
    let x = p.put(rect, x, 0, ">", Tone::Secondary) + 1;
    let with = supervision_target(call, app.board(), form)
        .unwrap_or_else(|| party.full(call.with.as_ref().unwrap_or(&call.to)));
    let mut x = p.put(rect, x, 0, &with, Tone::Callee) + 3;
    for one in &call.supervisors {
        x = p.put(rect, x, 0, &supervised_flag(one, words), Tone::Strong) + 2;
    }
    let x = match call_place(call).or_else(|| call_result(call)) {
        Some(place) => p.put(rect, x, 0, &place, Tone::Normal) + 2,
        None => x,
    };
    let x = match call_hold(call, form) {
        Some(hold) => p.put(rect, x, 0, &hold, Tone::Normal) + 2,
        None => x,
    };
    match call.recording {
        RecordingState::On => p.put(rect, x, 0, words.t("flag.rec"), Tone::Normal),
        RecordingState::Paused => p.put(rect, x, 0, words.t("flag.rec_paused"), Tone::Normal),
        RecordingState::Failed => p.put(rect, x, 0, words.t("flag.rec_failed"), Tone::Attention),
        RecordingState::Off | RecordingState::Done => x,
    };
}

fn tabs(app: &App, rect: Rect, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let mut x = 1;
    for tab in Tab::ALL {
        let name = words.t(match tab {
            Tab::Ladder => "tab.ladder",
            Tab::Media => "tab.media",
            Tab::Path => "tab.path",
            Tab::Events => "tab.events",
        });
        if tab == app.detail.tab {
            x = p.put(rect, x - 1, 0, &format!("[{name}]"), Tone::Strong) + 1;
        } else {
            x = p.put(rect, x, 0, name, Tone::Secondary) + 2;
        }
    }
    if app.detail.tab == Tab::Ladder && app.detail.messages_only {
        let text = words.t("ladder.messages_only");
        p.right(Rect { width: rect.width.saturating_sub(1), ..rect }, 0, text, Tone::Secondary);
    }
}

fn ladder(app: &App, rect: Rect, p: &mut Painter<'_>) -> Option<Position> {
    let words = &app.settings.words;
    let ladder = app.model.watched.as_ref().and_then(|watched| watched.ladder.as_ref());
    let Some(ladder) = ladder.filter(|ladder| !ladder.entries.is_empty()) else {
        let key = if app.is_live() { "ladder.coming" } else { "ladder.none" };
        p.put(rect, 1, 1, words.t(key), Tone::Secondary);
        return None;
    };
    let style = app.ladder_style(usize::from(rect.width).saturating_sub(2));
    let (head, lines) = render_ladder(ladder, style);
    let last_post = last_post(ladder, style);
    for (line, y) in head.iter().zip(0..rect.height) {
        p.put(rect, 1, y, line, if y == 0 { Tone::Strong } else { Tone::Secondary });
    }
    let above = u16::try_from(head.len()).unwrap_or(u16::MAX);
    let page = usize::from(rect.height.saturating_sub(above));
    let at = app.detail_cursor();
    let top = scrolled(at.saturating_sub(page / 2), at, page, lines.len());
    let mut cursor = None;
    for ((n, (index, line)), y) in lines.iter().enumerate().skip(top).zip(above..rect.height) {
        let selected = n == at;
        let line = dressed(line, last_post, selected, p.symbols);
        let tone = match ladder.entries.get(*index).map(|entry| &entry.kind) {
            Some(LadderKind::Message { again: true, .. }) => Tone::Attention,
            _ => Tone::Normal,
        };
        p.put(rect, 1, y, &line, tone);
        if selected {
            p.put(rect, 0, y, ">", Tone::Normal);
            p.select(rect, y);
            cursor = Some(Position { x: rect.x, y: rect.y + y });
        }
    }
    if ladder.dropped > 0 {
        let text = words.f("ladder.dropped", &[("count", &ladder.dropped.to_string())]);
        p.right(Rect { width: rect.width.saturating_sub(1), ..rect }, 0, &text, Tone::Attention);
    }
    cursor
}

/// The column of the rightmost post: a message without words, drawn alone, ends there.
fn last_post(ladder: &Ladder, style: switchroom_wire::LadderStyle) -> usize {
    let kind = LadderKind::Message {
        lane: 1,
        inbound: true,
        summary: String::new(),
        again: false,
        transport: String::new(),
        bytes: 0,
        text: String::new(),
    };
    let alone = Ladder { entries: vec![LadderEntry { at_us: 0, kind }], ..ladder.clone() };
    let (_, lines) = render_ladder(&alone, style);
    lines.first().map_or(0, |(_, line)| columns(line))
}

/// A line of the ladder in the symbols of the theme; the selected arrow is drawn double.
fn dressed(line: &str, last_post: usize, selected: bool, symbols: Symbols) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    for (n, c) in chars.iter().enumerate() {
        let in_lanes = column > 12 && column < last_post;
        // A dash belongs to an arrow if it touches another piece of one; in a word it does not.
        let touches = |m: Option<usize>| m.and_then(|m| chars.get(m)).is_some_and(|c| "-<>|".contains(*c));
        let is_arrow = *c == '-' && (touches(n.checked_sub(1)) || touches(Some(n + 1)));
        out.push(match (c, symbols) {
            (c, _) if !in_lanes => *c,
            ('-', _) if is_arrow && selected => '=',
            ('-', Symbols::Block) if is_arrow => '─',
            ('|', Symbols::Block) => '│',
            (c, _) => *c,
        });
        column += columns(c.encode_utf8(&mut [0; 4]));
    }
    out
}

fn media(app: &App, call: &CallView, rect: Rect, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let mut y = meters(app, rect, p);
    y = quality(app, call, rect, y, p);
    for text in &call.troubles {
        y = p.wrapped(rect, 1, y + 1, &format!("! {}", trouble(text, words)), Tone::Attention) - 1;
    }
}

/// Both sides' loudness now and over the last minute. Returns the line after it.
fn meters(app: &App, rect: Rect, p: &mut Painter<'_>) -> u16 {
    let words = &app.settings.words;
    let levels = app.model.watched.as_ref().map(|watched| &watched.levels);
    let Some(now) = levels.and_then(|levels| levels.back()) else {
        let key = if app.is_live() { "media.levels_coming" } else { "ladder.none" };
        p.put(rect, 1, 0, words.t(key), Tone::Secondary);
        return 2;
    };
    let width = usize::from(rect.width.saturating_sub(28)).min(72);
    if width >= 12 {
        let scale: Vec<String> = (0..=4).map(|n| format!("{}", -60 + n * 15)).collect();
        let mut line = String::new();
        for (n, text) in scale.iter().enumerate() {
            let at = n * (width - 2) / 4;
            line.extend(std::iter::repeat_n(' ', at.saturating_sub(columns(&line))));
            line.push_str(text);
        }
        p.put(rect, 11, 0, &format!("{line} dB"), Tone::Secondary);
    }
    let sides = [("side.caller", now.caller, Tone::Caller), ("side.callee", now.callee, Tone::Callee)];
    for ((name, sample, tone), y) in sides.into_iter().zip(1..) {
        p.put(rect, 1, y, &fit(words.t(name), 8), Tone::Normal);
        let bar = p.symbols.bar(level_share(sample.rms_ddb), width);
        p.put(rect, 11, y, &bar, tone);
        let x = 11 + u16::try_from(width).unwrap_or(u16::MAX) + 1;
        p.put(
            rect,
            x,
            y,
            &format!("{:>6} {:>6}", decibel(sample.peak_ddb), decibel(sample.rms_ddb)),
            Tone::Normal,
        );
    }
    let shares = |caller: bool| -> Vec<u8> {
        let levels = levels.into_iter().flatten();
        levels
            .map(|l| if caller { l.caller.rms_ddb } else { l.callee.rms_ddb })
            .map(|ddb| u8::try_from(level_share(ddb) * 255 / 1000).unwrap_or(u8::MAX))
            .collect()
    };
    p.put(rect, 1, 4, words.t("media.last_minute"), Tone::Secondary);
    for (caller, y, tone) in [(true, 5, Tone::Caller), (false, 6, Tone::Callee)] {
        let name = words.t(if caller { "side.caller" } else { "side.callee" });
        p.put(rect, 1, y, &fit(name, 8), Tone::Normal);
        let line: String = history(&shares(caller), width).iter().map(|l| p.symbols.wave(*l, 0, 1)).collect();
        p.put(rect, 11, y, &line, tone);
    }
    8
}

/// The last minute in `width` columns, newest right; what has not been heard yet is silence.
fn history(levels: &[u8], width: usize) -> Vec<u8> {
    const MINUTE: usize = 300;
    let mut whole = vec![0; MINUTE.saturating_sub(levels.len())];
    whole.extend_from_slice(&levels[levels.len().saturating_sub(MINUTE)..]);
    let column = |n: usize| {
        let from = n * whole.len() / width;
        let to = ((n + 1) * whole.len() / width).max(from + 1);
        whole.get(from..to.min(whole.len())).and_then(|part| part.iter().copied().max()).unwrap_or(0)
    };
    (0..width).map(column).collect()
}

fn quality(app: &App, call: &CallView, rect: Rect, y: u16, p: &mut Painter<'_>) -> u16 {
    let words = &app.settings.words;
    let titles = ["codec", "packets", "loss", "jitter", "rtt", "score"].map(|name| {
        words.t(match name {
            "codec" => "media.codec",
            "packets" => "media.packets",
            "loss" => "media.loss",
            "jitter" => "media.jitter",
            "rtt" => "media.rtt",
            _ => "media.score",
        })
    });
    let line = |cells: [&str; 6]| {
        let widths = [11, 9, 7, 9, 9, 5];
        let parts = cells.iter().zip(widths).enumerate();
        parts.map(|(n, (text, width))| crate::table::aligned(text, width, n > 0)).collect::<String>()
    };
    p.put(rect, 14, y, &line(titles), Tone::Secondary);
    let mut y = y + 1;
    for leg in legs_shown(call).0 {
        let (name, tone) = side_word(app, leg.side);
        for (is_received, direction) in [(true, &leg.quality.received), (false, &leg.quality.sent)] {
            let arrow = words.t(if is_received { "media.in" } else { "media.out" });
            p.put(rect, 1, y, &format!("{} {arrow}", fit(name, 7)), tone);
            let end = p.put(
                rect,
                14,
                y,
                &line(quality_cells(&leg.codec, direction).each_ref().map(String::as_str)),
                Tone::of(direction_severity(direction).min(Severity::Warn)),
            );
            if is_received {
                let from = if leg.media_address.is_empty() { &leg.address } else { &leg.media_address };
                p.put(rect, end + 2, y, from, Tone::Secondary);
            }
            y += 1;
        }
    }
    y
}

fn quality_cells(codec: &str, direction: &DirectionQuality) -> [String; 6] {
    let dash = || "-".to_owned();
    let known = direction.packets > 0;
    let when = |text: String| if known { text } else { dash() };
    [
        if codec.is_empty() { dash() } else { codec.to_owned() },
        when(direction.packets.to_string()),
        when(percent(direction.loss_ppm)),
        when(millis(direction.jitter_us)),
        if direction.rtt_us > 0 { millis(direction.rtt_us) } else { dash() },
        mos(direction.mos_centi),
    ]
}

fn path(app: &App, call: &CallView, rect: Rect, p: &mut Painter<'_>) -> Option<Position> {
    let words = &app.settings.words;
    let offset = app.model.utc_offset_min();
    let mut rows: Vec<(i64, String, String)> =
        call.path.iter().map(|why| (why.at_ms, step_word(app, &why.step), why.text.clone())).collect();
    if let Some(ended) = &call.ended {
        let by = words.find(&format!("ended_by.{}", ended.by)).unwrap_or(&ended.by);
        let text = if ended.status > 0 {
            format!("{} ({by}, SIP {})", ended.text, ended.status)
        } else {
            format!("{} ({by})", ended.text)
        };
        rows.push((ended.at_ms, words.t("call.end").to_owned(), text));
    }
    if rows.is_empty() {
        p.put(rect, 1, 1, words.t("path.none"), Tone::Secondary);
    }
    selectable(app, rows.len(), rect, p, |n, rect, y, p| {
        let Some((at_ms, step, text)) = rows.get(n) else { return };
        let x = p.put(rect, 2, y, &clock_ms(*at_ms, offset), Tone::Secondary) + 2;
        let x = p.put(rect, x, y, &fit(step, 9), Tone::Strong) + 1;
        p.put(rect, x, y, text, Tone::Normal);
    })
}

fn events(app: &App, rect: Rect, p: &mut Painter<'_>) -> Option<Position> {
    let offset = app.model.utc_offset_min();
    let events = app.call_events();
    if events.is_empty() {
        p.put(rect, 1, 1, app.settings.words.t("events.none"), Tone::Secondary);
    }
    selectable(app, events.len(), rect, p, |n, rect, y, p| {
        let Some(event) = events.get(n) else { return };
        p.put(rect, 2, y, &clock_ms(event.at_ms, offset), Tone::Secondary);
        p.put(rect, 16, y, mark(event.severity), Tone::of(event.severity));
        p.put(rect, 19, y, &event.text, Tone::Normal);
    })
}

/// Rows with a cursor among them, drawn by `row`.
fn selectable(
    app: &App,
    count: usize,
    rect: Rect,
    p: &mut Painter<'_>,
    row: impl Fn(usize, Rect, u16, &mut Painter<'_>),
) -> Option<Position> {
    let at = app.detail_cursor();
    let page = usize::from(rect.height);
    let top = scrolled(at.saturating_sub(page / 2), at, page, count);
    let mut cursor = None;
    for (n, y) in (top..count).zip(0..rect.height) {
        row(n, rect, y, p);
        if n == at {
            p.put(rect, 0, y, ">", Tone::Normal);
            p.select(rect, y);
            cursor = Some(Position { x: rect.x, y: rect.y + y });
        }
    }
    cursor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_arrows_are_redrawn() {
        let line = "14:00:00.000     |---re-INVITE (SDP)-->|  a-b | c--d";
        let post = line.find("|  a").map_or(0, |n| n + 1);
        let block = dressed(line, post, false, Symbols::Block);
        assert_eq!(block, "14:00:00.000     │───re-INVITE (SDP)──>│  a-b | c--d");
        assert!(dressed(line, post, true, Symbols::Ascii).contains("|===re-INVITE (SDP)==>|"));
    }

    #[test]
    fn a_short_history_stands_right() {
        assert_eq!(history(&[255; 60], 5), [0, 0, 0, 0, 255]);
        assert_eq!(history(&[], 3), [0, 0, 0]);
    }
}
