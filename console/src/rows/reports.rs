//! The rows of the reports: figures of queues and of agents, a span of time each.

use super::{Column, Form, Row, SortKey, cell, number, text, toned};
use crate::filter::level_word;
use crate::format::{self, permille, whole};
use crate::report::{Report, Span, SpanName};
use crate::severity::share_severity;
use crate::theme::{Tone, mark};
use switchroom_wire::{AgentFiguresView, Board, QueueFiguresView, Severity};

pub(super) const QUEUES: &[Column] = &[
    text("from_time", 8, 8, 0),
    text("queue", 9, 20, 0),
    number("offered", 5, 0),
    number("answered", 5, 0),
    number("abandoned", 9, 0),
    number("short", 5, 2),
    number("overflowed", 4, 2),
    number("back", 4, 7),
    number("waiting", 4, 8),
    number("level", 7, 0),
    number("average", 7, 1),
    number("worst", 7, 3),
    number("talk_average", 7, 4),
    number("hold_average", 7, 10),
    number("wrap_average", 7, 5),
    number("repeats", 7, 9),
];

pub(super) const AGENTS: &[Column] = &[
    text("from_time", 8, 8, 0),
    text("agent", 12, 24, 0),
    number("offers", 6, 0),
    number("answered", 5, 0),
    number("no_answer", 4, 1),
    number("refused", 7, 6),
    number("talk_time", 8, 2),
    number("hold_time", 8, 7),
    number("wrap_time", 8, 5),
    number("handle", 7, 0),
    number("signed_in", 9, 3),
    number("break_time", 8, 4),
    number("occupancy", 4, 1),
    number("repeats", 7, 8),
];

/// A figure: what is shown, what it is sorted by, how bad it is.
struct Figure(String, i64, Severity);

fn count(n: u64) -> Figure {
    Figure(n.to_string(), whole(n), Severity::Info)
}

fn time(ms: Option<u64>) -> Figure {
    let known = ms.map(whole);
    Figure(known.map_or_else(|| "-".to_owned(), format::duration), known.unwrap_or(-1), Severity::Info)
}

fn share(of: Option<u32>, severity: Severity) -> Figure {
    let text = of.map_or_else(|| "-".to_owned(), permille);
    Figure(text, of.map_or(-1, i64::from), severity)
}

fn average(sum: u64, of: u64) -> Figure {
    time(sum.checked_div(of))
}

/// A row of a report: its span, whom it is about, its figures. `turn` is its place.
fn row(
    span: Span<'_>,
    (field, id, name): (&'static str, &str, String),
    figures: Vec<Figure>,
    turn: usize,
    form: Form<'_>,
) -> Row {
    let from = span_name(span, form);
    let severity = figures.iter().map(|Figure(.., severity)| *severity).max().unwrap_or_default();
    let mut keys = vec![SortKey::Number(span.figures.from_ms), SortKey::Text(name.to_lowercase())];
    keys.extend(figures.iter().map(|Figure(_, key, _)| SortKey::Number(*key)));
    let mut cells = vec![cell(from.clone()), cell(name.clone())];
    cells.extend(figures.into_iter().map(|Figure(text, _, severity)| match severity {
        Severity::Info => cell(text),
        bad => toned(format!("{text} {}", mark(bad)), Tone::of(bad)),
    }));
    Row {
        id: report_id(span, id),
        severity,
        is_ended: false,
        fields: form
            .fields(|| vec![("from", from), (field, name), ("level", level_word(severity).to_owned())]),
        keys,
        natural: (whole(turn), 0),
        cells,
    }
}

/// The id of a row: its span, and whom it is about; all queues together are nobody. The total below half hours is not the
/// day of another cut: the selection would jump to the end with it.
fn report_id(span: Span<'_>, name: &str) -> String {
    let total = if span.name == SpanName::Total { "total" } else { "" };
    format!("{total}{}-{} {name}", span.figures.from_ms, span.figures.to_ms)
}

/// The span and the name that the id of a row stands for.
pub(crate) fn of_report_id<'a, 'b>(report: &'a Report, id: &'b str) -> Option<(Span<'a>, &'b str)> {
    let (_, name) = id.split_once(' ')?;
    let spans = report.spans();
    spans.into_iter().find(|span| report_id(*span, name) == id).map(|span| (span, name))
}

fn span_name(span: Span<'_>, form: Form<'_>) -> String {
    match span.name {
        SpanName::Total => form.words.t("report.total").to_owned(),
        SpanName::Time => format::clock_short(span.figures.from_ms, form.utc_offset_min),
        SpanName::Date => format::date(span.figures.from_ms, form.utc_offset_min, form.words),
    }
}

pub(super) fn queue_rows(report: &Report, form: Form<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for span in report.spans() {
        let figures = span.figures;
        let all = (figures.queues.len() > 1)
            .then(|| ("", form.words.t("report.all").to_owned(), &figures.all_queues));
        let each = figures.queues.iter().map(|(name, of)| (name.as_str(), name.clone(), of));
        for (id, name, of) in each.chain(all) {
            rows.push(row(span, ("queue", id, name), queue_figures(of), rows.len(), form));
        }
    }
    rows
}

fn queue_figures(of: &QueueFiguresView) -> Vec<Figure> {
    // As on the queues: who hung up at once stands in a column of their own, and is in neither figure of waits.
    let abandoned = of.abandoned.saturating_sub(of.short_abandoned);
    let sample = of.answered.saturating_add(abandoned);
    let level = of.service_level_permille;
    vec![
        count(of.offered),
        count(of.answered),
        count(abandoned),
        count(of.short_abandoned),
        count(of.overflowed),
        count(of.called_back),
        count(of.waiting),
        share(level, share_severity(level, sample)),
        time(of.answered_wait.average_ms),
        time(of.answered_wait.average_ms.map(|_| of.answered_wait.longest_ms)),
        average(of.talk_ms, of.talks),
        average(of.hold_ms, of.talks),
        average(of.wrap_up_ms, of.wrap_ups),
        share(of.repeats_permille, Severity::Info),
    ]
}

pub(super) fn agent_rows(report: &Report, board: &Board, form: Form<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for span in report.spans() {
        for (number, of) in &span.figures.agents {
            let known = board.agents.get(number).map(|agent| agent.name.as_str()).unwrap_or_default();
            let name = format!("{number} {known}").trim_end().to_owned();
            rows.push(row(span, ("agent", number, name), agent_figures(of), rows.len(), form));
        }
    }
    rows
}

fn agent_figures(of: &AgentFiguresView) -> Vec<Figure> {
    vec![
        count(of.offers),
        count(of.answered),
        count(of.no_answers),
        count(of.refused),
        time(Some(of.talk_ms)),
        time(Some(of.hold_ms)),
        time(Some(of.wrap_up_ms)),
        time(of.average_handle_ms),
        time(Some(of.signed_in_ms)),
        time(Some(of.break_ms)),
        share(of.occupancy_permille, Severity::Info),
        share(of.repeats_permille, Severity::Info),
    ]
}
