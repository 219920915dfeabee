//! What happened, as rows of the log screen and as lines without a screen: the same fields, the same numbers masked.

use super::{Form, Row, SortKey, cell, toned};
use crate::filter::{Fields, level_word};
use crate::format::{clock, clock_ms, whole};
use crate::theme::{Tone, mark};
use switchroom_wire::{EventKind, EventView, Severity};

/// What an event is about: its call, else its subject.
pub(crate) fn event_about(event: &EventView, form: Form<'_>) -> String {
    match event.number {
        Some(number) => number.to_string(),
        None => form.party().text_number(&event.subject),
    }
}

/// The id of a log row.
pub(crate) fn event_id(event: &EventView) -> String {
    event.seq.to_string()
}

/// What a filter looks at: what is seen, so that nobody finds a number that is masked by trying.
pub(crate) fn event_fields(event: &EventView, form: Form<'_>) -> Fields {
    let subject = form.party().text_number(&event.subject);
    vec![
        ("kind", format!("{} {}", form.words.t(kind_key(event)), event.kind.word())),
        ("about", format!("{} {subject}", event_about(event, form))),
        ("text", form.party().sentence(&event.text)),
        ("call", event.number.map(|number| number.to_string()).unwrap_or_default()),
        ("name", event.name.clone()),
        ("level", level_word(event.severity).to_owned()),
    ]
}

pub(super) fn event_row(event: &EventView, form: Form<'_>) -> Row {
    let about = event_about(event, form);
    let at = whole(event.seq);
    let kind = form.words.t(kind_key(event)).to_owned();
    let text = form.party().sentence(&event.text);
    Row {
        id: event_id(event),
        severity: event.severity,
        is_ended: false,
        fields: form.fields(|| event_fields(event, form)),
        keys: form.keys(|| {
            vec![
                SortKey::Number(event.at_ms),
                SortKey::Number(event.severity as i64),
                SortKey::Text(kind.clone()),
                SortKey::Text(about.clone()),
                SortKey::Text(text.clone()),
            ]
        }),
        natural: (event.at_ms, at),
        cells: vec![
            cell(clock_ms(event.at_ms, form.utc_offset_min)),
            toned(mark(event.severity), Tone::of(event.severity)),
            cell(kind),
            cell(about),
            toned(text, if event.severity == Severity::Crit { Tone::Strong } else { Tone::Normal }),
        ],
    }
}

/// A line for who follows a log: in columns, to the millisecond, with the machine's word for the kind.
pub(crate) fn tail_line(event: &EventView, form: Form<'_>) -> String {
    let time = clock_ms(event.at_ms, form.utc_offset_min);
    let (mark, kind, about) = (mark(event.severity), event.kind.word(), event_about(event, form));
    form.out(&format!("{time} {mark:<2} {kind:<6} {about:<7} {}", event.text))
}

/// A line to be read aloud: no columns, and no more than has to be heard.
pub(crate) fn spoken_line(event: &EventView, form: Form<'_>) -> String {
    let time = clock(event.at_ms, form.utc_offset_min);
    let text = format!("{time} {} {} {}", mark(event.severity), event_about(event, form), event.text);
    form.out(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn kind_key(event: &EventView) -> &'static str {
    match event.kind {
        EventKind::Call => "kind.call",
        EventKind::Registration => "kind.reg",
        EventKind::Media => "kind.media",
        EventKind::Recording => "kind.rec",
        EventKind::Agent => "kind.agent",
        EventKind::Audit => "kind.audit",
        EventKind::Guard => "kind.guard",
        EventKind::System => "kind.system",
    }
}
