//! Reports on calls that are over: one by one, and by what came of them.

use super::{Cell, Column, Form, Row, SortKey, cell, number, text};
use crate::filter::{Fields, level_word};
use crate::format::{cause, duration, moment, permille, whole};
use crate::report::Report;
use std::collections::BTreeMap;
use switchroom_wire::{CdrView, Severity};

pub(super) const CALLS: &[Column] = &[
    text("when", 14, 14, 0),
    text("id", 6, 6, 2),
    text("from", 14, 30, 0),
    text("to", 8, 16, 3),
    text("with", 10, 24, 0),
    number("talk_time", 8, 0),
    text("outcome", 10, 20, 0),
    text("disposition", 10, 24, 1),
];

pub(super) const OUTCOMES: &[Column] = &[
    text("outcome", 16, 40, 0),
    number("count", 6, 0),
    number("share", 6, 0),
    number("talk_time", 9, 1),
    number("average", 9, 2),
];

fn plain(id: String, fields: Fields, keys: Vec<SortKey>, natural: (i64, i64), cells: Vec<Cell>) -> Row {
    Row { id, severity: Severity::Info, is_ended: false, cells, fields, keys, natural }
}

/// Newest first.
pub(super) fn call_rows(report: &Report, form: Form<'_>) -> Vec<Row> {
    let row = |cdr: &CdrView| {
        let party = form.party();
        let (from, outcome) = (party.short(&cdr.from), cause(&cdr.ended, form.words).to_owned());
        let to = party.text_number(&cdr.to.number);
        let with = cdr.with.as_ref().map_or_else(|| "-".to_owned(), |with| party.full(with));
        let word = form.party().sentence(&cdr.disposition);
        let fields = form.fields(|| {
            vec![
                ("from", party.full(&cdr.from)),
                ("to", to.clone()),
                ("with", with.clone()),
                ("outcome", format!("{outcome} {} {word}", cdr.ended.cause)),
                ("level", level_word(Severity::Info).to_owned()),
            ]
        });
        let keys = form.keys(|| {
            vec![
                SortKey::Number(cdr.started_ms),
                SortKey::Number(whole(cdr.number)),
                SortKey::Text(from.to_lowercase()),
                SortKey::Text(to.clone()),
                SortKey::Text(with.to_lowercase()),
                SortKey::Number(whole(cdr.talk_ms)),
                SortKey::Text(outcome.clone()),
                SortKey::Text(word.clone()),
            ]
        });
        let cells = vec![
            cell(moment(cdr.started_ms, form.now_ms, form.utc_offset_min, form.words)),
            cell(cdr.number.to_string()),
            cell(from),
            cell(to),
            cell(with),
            cell(if cdr.talk_ms > 0 { duration(whole(cdr.talk_ms)) } else { "-".to_owned() }),
            cell(outcome),
            cell(word),
        ];
        plain(cdr.id.clone(), fields, keys, (-cdr.started_ms, 0), cells)
    };
    report.ended().map(row).collect()
}

/// How the calls ended, most first; then what agents said came of them.
pub(super) fn outcome_rows(report: &Report, form: Form<'_>) -> Vec<Row> {
    let mut causes: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut words: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for cdr in report.ended() {
        let ended = (&mut causes, cause(&cdr.ended, form.words).to_owned());
        let said = (&mut words, form.party().sentence(&cdr.disposition));
        for (table, name) in [ended, said].into_iter().filter(|(_, name)| !name.is_empty()) {
            let (count, talk_ms) = table.entry(name).or_default();
            *count += 1;
            *talk_ms += cdr.talk_ms;
        }
    }
    let mut out = Vec::new();
    for (part, table) in [("", causes), ("> ", words)] {
        let all: u64 = table.values().map(|(count, _)| count).sum();
        for (name, (count, talk_ms)) in table {
            let permil = (count * 1_000).checked_div(all).unwrap_or(0);
            let average = talk_ms.checked_div(count).unwrap_or(0);
            let name = format!("{part}{name}");
            let numbers = [whole(count), whole(permil), whole(talk_ms), whole(average)];
            let mut keys = vec![SortKey::Text(name.clone())];
            keys.extend(numbers.map(SortKey::Number));
            let cells = vec![
                cell(name.clone()),
                cell(count.to_string()),
                cell(permille(u32::try_from(permil).unwrap_or(1_000))),
                cell(duration(numbers[2])),
                cell(duration(numbers[3])),
            ];
            let fields = form
                .fields(|| vec![("outcome", name.clone()), ("level", level_word(Severity::Info).to_owned())]);
            let place = i64::from(!part.is_empty());
            out.push(plain(name, fields, keys, (place, -numbers[0]), cells));
        }
    }
    out
}
