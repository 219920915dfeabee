//! Callers who gave up waiting and were not answered since, as rows.

use super::{Column, Form, Row, SortKey, cell, number, text, toned};
use crate::filter::level_word;
use crate::format;
use crate::format::whole;
use crate::theme::Tone;
use switchroom_wire::{MissedView, Severity};

pub(super) const MISSED: &[Column] = &[
    text("when", 14, 14, 0),
    text("from", 12, 30, 0),
    number("count", 5, 0),
    number("longest", 10, 1),
    text("queue", 9, 20, 2),
    text("class", 6, 12, 4),
    text("claimed", 10, 20, 0),
    number("tries", 5, 3),
    text("notes", 12, 24, 1),
];

/// How bad it is with one: who called again within two hours matters to somebody, and nobody takes care of it.
pub(crate) fn missed_severity(missed: &MissedView) -> Severity {
    if missed.is_repeat && missed.claimed_by.is_empty() { Severity::Warn } else { Severity::Info }
}

pub(super) fn missed_row(missed: &MissedView, form: Form<'_>) -> Row {
    let words = form.words;
    let severity = missed_severity(missed);
    let from = form.party().short(&missed.caller);
    let owner = match missed.claimed_by.as_str() {
        "" => words.t("missed.open").to_owned(),
        owner => owner.to_owned(),
    };
    let notes = if missed.is_repeat { words.t("missed.repeat").to_owned() } else { String::new() };
    let longest = whole(missed.longest_wait_ms);
    Row {
        id: missed.id.clone(),
        severity,
        is_ended: false,
        fields: form.fields(|| {
            vec![
                ("from", form.party().full(&missed.caller)),
                ("queue", missed.queue.clone()),
                ("class", missed.class.clone()),
                ("claimed", owner.clone()),
                ("notes", notes.clone()),
                ("level", level_word(severity).to_owned()),
            ]
        }),
        keys: form.keys(|| {
            vec![
                SortKey::Number(missed.last_ms),
                SortKey::Text(from.to_lowercase()),
                SortKey::Number(i64::from(missed.count)),
                SortKey::Number(longest),
                SortKey::Text(missed.queue.to_lowercase()),
                SortKey::Text(missed.class.to_lowercase()),
                SortKey::Text(owner.to_lowercase()),
                SortKey::Number(i64::from(missed.tries)),
                SortKey::Text(notes.clone()),
            ]
        }),
        natural: (-missed.last_ms, 0),
        cells: vec![
            cell(format::moment(missed.last_ms, form.now_ms, form.utc_offset_min, words)),
            cell(from),
            cell(missed.count.to_string()),
            cell(format::duration(longest)),
            cell(missed.queue.clone()),
            cell(missed.class.clone()),
            cell(owner),
            cell(missed.tries.to_string()),
            toned(notes, Tone::of(severity)),
        ],
    }
}
