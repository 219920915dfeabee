//! The flows as rows: a line for each flow, below it a line for each of its nodes.

use super::{Cell, Column, Form, Row, SortKey, cell, number, text, toned};
use crate::filter::level_word;
use crate::flows::{Here, drawn, faults_at, row_id};
use crate::format::whole;
use crate::theme::{Tone, mark};
use switchroom_wire::{Board, FaultView, FlowView, OutlineView, Severity};

pub(super) const FLOWS: &[Column] = &[
    text("node", 22, 48, 0),
    number("here", 4, 0),
    text("check", 5, 12, 1),
    text("does", 20, 120, 0),
    number("line", 5, 2),
];

pub(super) fn flow_rows(flows: &[FlowView], board: &Board, form: Form<'_>) -> Vec<Row> {
    let here = Here::of(board.calls.values());
    let mut out = Vec::new();
    for (n, flow) in flows.iter().enumerate() {
        let place = whole(n);
        out.push(head(flow, place, &here, form));
        let lines = flow.outline.iter().enumerate();
        out.extend(lines.map(|(at, line)| node(flow, line, (place, at), &here, form)));
    }
    out
}

fn worst<'a>(faults: impl Iterator<Item = &'a FaultView>) -> Option<Severity> {
    faults.map(|fault| if fault.is_warning { Severity::Warn } else { Severity::Crit }).max()
}

fn check_cell(worst: Option<Severity>, count: usize, form: Form<'_>) -> Cell {
    match worst {
        None => cell(form.words.t("flow.ok")),
        Some(severity) => toned(format!("{count} {}", mark(severity)), Tone::of(severity)),
    }
}

fn head(flow: &FlowView, place: i64, here: &Here<'_>, form: Form<'_>) -> Row {
    let here = here.within(&flow.name);
    let worst = worst(flow.faults.iter());
    let severity = worst.unwrap_or_default();
    let title = if flow.version == 0 { form.words.t("flow.not_in_force") } else { &flow.title };
    Row {
        id: flow.name.clone(),
        severity,
        is_ended: false,
        fields: form.fields(|| {
            vec![
                ("flow", flow.name.clone()),
                ("node", String::new()),
                ("does", flow.title.clone()),
                ("level", level_word(severity).to_owned()),
            ]
        }),
        keys: form.keys(|| {
            vec![
                SortKey::Text(flow.name.clone()),
                SortKey::Number(whole(here)),
                SortKey::Number(-(severity as i64)),
                SortKey::Text(flow.title.clone()),
                SortKey::Number(0),
            ]
        }),
        natural: (place, -1),
        cells: vec![
            toned(flow.name.clone(), Tone::Strong),
            cell(if here == 0 { "-".to_owned() } else { here.to_string() }),
            check_cell(worst, flow.faults.len(), form),
            cell(title.to_owned()),
            cell(""),
        ],
    }
}

fn node(
    flow: &FlowView,
    line: &OutlineView,
    (place, at): (i64, usize),
    here: &Here<'_>,
    form: Form<'_>,
) -> Row {
    let is_node = !line.is_jump && !line.node.is_empty();
    let here = if is_node { here.at(&flow.name, &line.node) } else { 0 };
    let faults = if is_node { faults_at(flow, line) } else { Vec::new() };
    let worst = worst(faults.iter().copied());
    let severity = worst.unwrap_or_default();
    let tone = if is_node { Tone::Normal } else { Tone::Secondary };
    let end = if line.node.is_empty() { form.words.t("flow.end") } else { "" };
    let name = format!(" {}{end}", drawn(line));
    Row {
        id: row_id(flow, at),
        severity,
        is_ended: false,
        fields: form.fields(|| {
            vec![
                ("flow", flow.name.clone()),
                ("node", line.node.clone()),
                ("does", line.does.clone()),
                ("level", level_word(severity).to_owned()),
            ]
        }),
        keys: form.keys(|| {
            vec![
                SortKey::Text(format!("{} {}", flow.name, line.node)),
                SortKey::Number(whole(here)),
                SortKey::Number(-(severity as i64)),
                SortKey::Text(line.does.clone()),
                SortKey::Number(line.line.into()),
            ]
        }),
        natural: (place, whole(at)),
        cells: vec![
            toned(name, tone),
            cell(if here == 0 { String::new() } else { here.to_string() }),
            if worst.is_some() { check_cell(worst, faults.len(), form) } else { cell("") },
            toned(form.party().sentence(&line.does), tone),
            cell(if is_node { line.line.to_string() } else { String::new() }),
        ],
    }
}
