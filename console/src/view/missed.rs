//! The pane of a caller who gave up waiting.

use super::painter::Painter;
use crate::app::App;
use crate::format::{duration, moment, whole};
use crate::theme::Tone;
use ratatui::layout::Rect;
use switchroom_wire::{MissedView, fit};

/// Who called, how often and how long, who takes care of it.
pub(super) fn missed_pane(app: &App, missed: &MissedView, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let form = app.form(now_ms);
    let when = |at_ms: i64| moment(at_ms, form.now_ms, form.utc_offset_min, words);
    let x = p.put(rect, 1, 0, &form.party().full(&missed.caller), Tone::Strong) + 3;
    if missed.is_repeat {
        p.put(rect, x, 0, words.t("missed.repeat"), Tone::Attention);
    }
    let mut y = 1;
    let mut line = |key: &str, text: String| {
        if !text.is_empty() {
            let x = p.put(rect, 1, y, &fit(words.t(key), 9), Tone::Secondary) + 1;
            p.put(rect, x, y, &text, Tone::Normal);
            y += 1;
        }
    };
    let longest = duration(whole(missed.longest_wait_ms));
    let count = missed.count.to_string();
    let fields = [
        ("count", count),
        ("first", when(missed.first_ms)),
        ("last", when(missed.last_ms)),
        ("longest", longest),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    line("missed.calls", words.f("missed.called", &fields));
    line("missed.queue", missed.queue.clone());
    line("missed.class", missed.class.clone());
    let owner = match (missed.claimed_by.as_str(), missed.claimed_ms) {
        ("", _) => words.t("missed.open").to_owned(),
        (owner, Some(at_ms)) => words.f("missed.owned", &[("owner", owner), ("time", &when(at_ms))]),
        (owner, None) => owner.to_owned(),
    };
    line("missed.owner", owner);
    if let Some(at_ms) = missed.tried_ms {
        let fields = [("count", missed.tries.to_string()), ("time", when(at_ms))];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        line("missed.tries", words.f("missed.tried", &fields));
    }
}
