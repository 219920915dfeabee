//! Recordings and messages as rows of one list.

use super::{Cell, Form, Row, SortKey, cell, toned};
use crate::filter::level_word;
use crate::format;
use crate::format::whole;
use crate::theme::Tone;
use crate::words::Words;
use switchroom_wire::{MessageView, RecordingView, Severity};

fn recording_notes(recording: &RecordingView, words: &Words) -> Cell {
    let held = recording.held.as_ref().map(|_| words.t("recording.legal_hold").to_owned());
    if !recording.complete {
        let notes: Vec<String> =
            held.into_iter().chain([words.t("recording.incomplete").to_owned()]).collect();
        return toned(notes.join(", "), Tone::Attention);
    }
    if let Some(held) = held {
        return toned(held, Tone::Strong);
    }
    let holds = recording.marks.iter().filter(|mark| mark.kind == "hold").count();
    if holds == 0 {
        return cell("");
    }
    cell(words.f("recording.holds", &[("count", &holds.to_string())]))
}

pub(super) fn recording_row(recording: &RecordingView, form: Form<'_>) -> Row {
    let party = form.party();
    let severity = if recording.complete { Severity::Info } else { Severity::Warn };
    let notes = recording_notes(recording, form.words);
    let (from, with) = (party.short(&recording.from), party.short(&recording.with));
    let number = whole(recording.number);
    Row {
        id: recording.id.clone(),
        severity,
        is_ended: false,
        fields: form.fields(|| {
            vec![
                ("id", recording.number.to_string()),
                ("from", party.full(&recording.from)),
                ("with", party.full(&recording.with)),
                ("mailbox", String::new()),
                ("codec", recording.codec.clone()),
                ("notes", notes.text.clone()),
                ("file", recording.file.clone()),
                ("level", level_word(severity).to_owned()),
            ]
        }),
        keys: form.keys(|| {
            vec![
                SortKey::Number(recording.started_ms),
                SortKey::Number(number),
                SortKey::Text(from.to_lowercase()),
                SortKey::Text(with.to_lowercase()),
                SortKey::Number(whole(recording.length_ms)),
                SortKey::Number(whole(recording.bytes)),
                SortKey::Text(recording.codec.clone()),
                SortKey::Text(notes.text.clone()),
            ]
        }),
        natural: (-recording.started_ms, -number),
        cells: vec![
            cell(format::moment(recording.started_ms, form.now_ms, form.utc_offset_min, form.words)),
            cell(recording.number.to_string()),
            cell(from),
            cell(with),
            cell(format::duration(whole(recording.length_ms))),
            cell(format::bytes(recording.bytes)),
            cell(recording.codec.clone()),
            notes,
        ],
    }
}

/// Where a message lies: `box 102`.
pub(crate) fn message_place(message: &MessageView, words: &Words) -> String {
    match &message.mailbox {
        Some(mailbox) => words.f("message.box", &[("mailbox", mailbox)]),
        None => words.t("message.of_flow").to_owned(),
    }
}

/// A message stands among the recordings.
pub(super) fn message_row(message: &MessageView, form: Form<'_>) -> Row {
    let words = form.words;
    let (from, place) = (form.party().short(&message.from), message_place(message, words));
    let (notes, tone) =
        if message.is_new { ("message.new", Tone::Strong) } else { ("message.old", Tone::Normal) };
    let notes = words.t(notes).to_owned();
    Row {
        id: message.id.clone(),
        severity: Severity::Info,
        is_ended: false,
        fields: form.fields(|| {
            vec![
                ("id", message.id.clone()),
                ("from", form.party().full(&message.from)),
                ("with", place.clone()),
                ("mailbox", message.mailbox.clone().unwrap_or_default()),
                ("codec", String::new()),
                ("notes", notes.clone()),
                ("file", message.file.clone()),
                ("level", level_word(Severity::Info).to_owned()),
            ]
        }),
        keys: form.keys(|| {
            vec![
                SortKey::Number(message.at_ms),
                SortKey::Number(0),
                SortKey::Text(from.to_lowercase()),
                SortKey::Text(place.to_lowercase()),
                SortKey::Number(whole(message.length_ms)),
                SortKey::Number(whole(message.bytes)),
                SortKey::Text(String::new()),
                SortKey::Text(notes.clone()),
            ]
        }),
        natural: (-message.at_ms, 0),
        cells: vec![
            cell(format::moment(message.at_ms, form.now_ms, form.utc_offset_min, words)),
            cell("-"),
            cell(from),
            cell(place),
            cell(format::duration(whole(message.length_ms))),
            cell(format::bytes(message.bytes)),
            cell("-"),
            toned(notes, tone),
        ],
    }
}
