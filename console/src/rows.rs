//! The lists as rows of cells: what tables, `once`, CSV and the filter all work on.

mod calls;
mod ended;
mod floor;
mod flows;
mod log;
mod missed;
mod reports;

pub(crate) use calls::{
    call_duration_ms, call_hold, call_place, call_result, call_state_word, legs_shown, mode_name, mode_word,
    supervised_flag, supervision_target, trouble, waiting_in,
};
pub(crate) use floor::{
    NO_ANSWER, agent_call, agent_problem, agent_reason, agent_state, break_time, door_words,
    is_for_no_answer, longest_wait_ms, reason_word, service_level, waiter_severity, waiting_summary,
    who_waits,
};

pub(crate) use log::{event_about, event_fields, event_id, spoken_line, tail_line};
pub(crate) use reports::of_report_id;

use crate::filter::{Fields, Filter, level_word};
use crate::format::{self, PartyForm};
use crate::model::{Model, is_over};
use crate::severity::line_severity;
use crate::symbols::Symbols;
use crate::theme::Tone;
use crate::words::Words;
use switchroom_wire::{Board, CallState, ExtensionState, ExtensionView, Severity, clean};

mod recordings;

pub(crate) use recordings::message_place;
use recordings::{message_row, recording_row};

/// A list that can be selected in, sorted and filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum List {
    Queues,
    /// Who waits in the queue that was opened.
    Waiting,
    Agents,
    Calls,
    /// Callers who gave up waiting and were not answered since.
    Missed,
    /// Flows, and below each its nodes.
    Flows,
    /// Figures of queues over a span of time.
    QueueReport,
    /// Figures of agents over a span of time.
    AgentReport,
    /// Calls that are over.
    CallReport,
    /// What came of them.
    OutcomeReport,
    Recordings,
    Log,
    Lines,
}

/// How wide a column is, and when it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its id; its title is the word `column.<id>`.
    pub(crate) id: &'static str,
    pub(crate) width_min: usize,
    pub(crate) width_max: usize,
    /// 0 always stays; the highest goes first when room is short.
    pub(crate) rank: u8,
    /// Numbers stand right and are never cut.
    pub(crate) is_number: bool,
}

const fn text(id: &'static str, width_min: usize, width_max: usize, rank: u8) -> Column {
    Column { id, width_min, width_max, rank, is_number: false }
}

const fn number(id: &'static str, width: usize, rank: u8) -> Column {
    Column { id, width_min: width, width_max: width, rank, is_number: true }
}

const RECORDINGS: &[Column] = &[
    text("when", 14, 14, 0),
    text("id", 6, 6, 3),
    text("from", 12, 30, 0),
    text("with", 8, 24, 1),
    number("length", 7, 0),
    number("size", 5, 4),
    text("codec", 10, 12, 5),
    text("notes", 10, 30, 2),
];

const LOG: &[Column] = &[
    text("time", 12, 12, 0),
    text("mark", 2, 2, 0),
    text("kind", 6, 7, 1),
    text("about", 8, 9, 2),
    text("text", 20, 400, 0),
];

const LINES: &[Column] = &[
    text("extension", 6, 6, 0),
    text("name", 12, 20, 0),
    text("state", 9, 9, 0),
    number("since", 8, 5),
    text("phone", 12, 24, 4),
    text("address", 17, 26, 2),
    number("expires", 8, 3),
    number("ping", 8, 1),
    text("problem", 8, 60, 0),
];

impl List {
    pub(crate) const ALL: [Self; 13] = [
        Self::Queues,
        Self::Waiting,
        Self::Agents,
        Self::Calls,
        Self::Missed,
        Self::Flows,
        Self::QueueReport,
        Self::AgentReport,
        Self::CallReport,
        Self::OutcomeReport,
        Self::Recordings,
        Self::Log,
        Self::Lines,
    ];

    /// The reports, in the order of their tabs.
    pub(crate) const REPORTS: [Self; 4] =
        [Self::QueueReport, Self::AgentReport, Self::CallReport, Self::OutcomeReport];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Queues => "queues",
            Self::Waiting => "waiting",
            Self::Agents => "agents",
            Self::Calls => "calls",
            Self::Missed => "missed",
            Self::Flows => "flows",
            Self::QueueReport => "queue_report",
            Self::AgentReport => "agent_report",
            Self::CallReport => "call_report",
            Self::OutcomeReport => "outcome_report",
            Self::Recordings => "recordings",
            Self::Log => "log",
            Self::Lines => "lines",
        }
    }

    /// The word of its screen.
    pub(crate) fn screen_key(self) -> &'static str {
        match self {
            Self::Queues => "screen.queues",
            Self::Waiting => "screen.waiting",
            Self::Agents => "screen.agents",
            Self::Calls => "screen.calls",
            Self::Missed => "screen.missed",
            Self::Flows => "screen.flows",
            Self::QueueReport | Self::AgentReport | Self::CallReport | Self::OutcomeReport => {
                "screen.reports"
            }
            Self::Recordings => "screen.recordings",
            Self::Log => "screen.log",
            Self::Lines => "screen.lines",
        }
    }

    /// Whether it shows figures that are asked for, and not the board.
    pub(crate) fn is_report(self) -> bool {
        Self::REPORTS.contains(&self)
    }

    pub(crate) fn columns(self) -> &'static [Column] {
        match self {
            Self::Queues => floor::QUEUES,
            Self::Waiting => floor::WAITING,
            Self::Agents => floor::AGENTS,
            Self::Calls => calls::CALLS,
            Self::Missed => missed::MISSED,
            Self::Flows => flows::FLOWS,
            Self::QueueReport => reports::QUEUES,
            Self::AgentReport => reports::AGENTS,
            Self::CallReport => ended::CALLS,
            Self::OutcomeReport => ended::OUTCOMES,
            Self::Recordings => RECORDINGS,
            Self::Log => LOG,
            Self::Lines => LINES,
        }
    }

    /// The names that can stand before the colon in a filter.
    pub(crate) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Queues => &["queue", "door", "level"],
            Self::Waiting => &["id", "from", "class", "rings", "queue", "level"],
            Self::Agents => {
                &["agent", "state", "reason", "extension", "with", "queue", "skill", "problem", "level"]
            }
            Self::Calls => &["id", "state", "from", "to", "with", "flags", "level"],
            Self::Missed => &["from", "queue", "class", "claimed", "notes", "level"],
            Self::Flows => &["flow", "node", "does", "level"],
            Self::QueueReport => &["from", "queue", "level"],
            Self::AgentReport => &["from", "agent", "level"],
            Self::CallReport => &["from", "to", "with", "outcome", "level"],
            Self::OutcomeReport => &["outcome", "level"],
            Self::Recordings => &["id", "from", "with", "mailbox", "codec", "notes", "file", "level"],
            Self::Log => &["kind", "about", "text", "call", "name", "level"],
            Self::Lines => &["extension", "name", "state", "phone", "address", "problem", "level"],
        }
    }
}

/// One cell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

fn cell(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), tone: Tone::Normal }
}

fn toned(text: impl Into<String>, tone: Tone) -> Cell {
    Cell { text: text.into(), tone }
}

/// What a column sorts by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortKey {
    Number(i64),
    Text(String),
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) severity: Severity,
    /// Over and about to go: drawn dim.
    pub(crate) is_ended: bool,
    /// One for each column of its list.
    pub(crate) cells: Vec<Cell>,
    pub(crate) fields: Fields,
    keys: Vec<SortKey>,
    natural: (i64, i64),
}

/// How rows are made.
#[derive(Clone, Copy)]
pub(crate) struct Form<'a> {
    pub(crate) words: &'a Words,
    pub(crate) symbols: Symbols,
    pub(crate) masked: bool,
    /// Times of day instead of elapsed times.
    pub(crate) clock: bool,
    /// The daemon's clock.
    pub(crate) now_ms: i64,
    pub(crate) utc_offset_min: i32,
    /// Beside the cells.
    pub(crate) asks: Asks,
}

/// What is asked of each row beside its cells. Of thousands of rows a screen shows fifty, and a key has 16 ms.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asks {
    /// What a filter looks at.
    fields: bool,
    /// What a column sorts by.
    keys: bool,
}

impl<'a> Form<'a> {
    fn fields(&self, made: impl FnOnce() -> Fields) -> Fields {
        if self.asks.fields { made() } else { Fields::new() }
    }

    fn keys(&self, made: impl FnOnce() -> Vec<SortKey>) -> Vec<SortKey> {
        if self.asks.keys { made() } else { Vec::new() }
    }

    /// How long it has been so; among times of day since when, with a sign that no duration has.
    pub(crate) fn since(&self, at_ms: i64, lasted_ms: i64) -> String {
        if self.clock {
            format!("@{}", format::clock_short(at_ms, self.utc_offset_min))
        } else {
            format::duration(lasted_ms)
        }
    }

    /// Text that no painter draws, a line at a time: as one would, it masks numbers and lets nothing steer a terminal.
    pub(crate) fn out(&self, text: &str) -> String {
        clean(&self.party().sentence(text)).into_owned()
    }

    pub(crate) fn party(&self) -> PartyForm<'a> {
        PartyForm { words: self.words, masked: self.masked, symbols: self.symbols }
    }
}

/// How a list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sort {
    /// The column; `None` is the list's own order, what needs attention first.
    pub(crate) column: Option<usize>,
    pub(crate) inverted: bool,
}

/// The rows of a list, filtered and sorted.
pub(crate) fn rows(
    list: List,
    model: &Model,
    board: &Board,
    form: Form<'_>,
    filter: &Filter,
    sort: Sort,
) -> Vec<Row> {
    // Who waits is picked by the field of the queue, whatever is typed.
    let asks = Asks { fields: !filter.is_empty() || list == List::Waiting, keys: sort.column.is_some() };
    let form = Form { asks, ..form };
    let mut rows: Vec<Row> = match list {
        List::Queues => board.queues.values().map(|queue| floor::queue_row(queue, form)).collect(),
        List::Waiting => floor::waiting_rows(board, form),
        List::Agents => board.agents.values().map(|agent| floor::agent_row(agent, board, form)).collect(),
        List::Calls => {
            let gone = model.gone.values().filter(|call| !board.calls.contains_key(&call.id));
            let calls = board.calls.values().chain(gone);
            let waits = calls::waits(board);
            let shown = calls.filter(|call| !is_over(call, form.now_ms));
            shown.map(|call| calls::call_row(call, board, &waits, form)).collect()
        }
        List::Missed => board.missed.iter().map(|one| missed::missed_row(one, form)).collect(),
        List::Flows => flows::flow_rows(&model.flows.views, board, form),
        List::QueueReport => reports::queue_rows(&model.report, form),
        List::AgentReport => reports::agent_rows(&model.report, board, form),
        List::CallReport => ended::call_rows(&model.report, form),
        List::OutcomeReport => ended::outcome_rows(&model.report, form),
        List::Recordings => {
            let recordings = board.recordings.iter().map(|recording| recording_row(recording, form));
            recordings.chain(board.messages.iter().map(|message| message_row(message, form))).collect()
        }
        List::Log => board.events.iter().map(|event| log::event_row(event, form)).collect(),
        List::Lines => board.extensions.values().map(|extension| line_row(extension, form)).collect(),
    };
    rows.retain(|row| filter.matches(&row.fields));
    match sort.column {
        None => rows.sort_by_key(|row| row.natural),
        Some(column) => rows.sort_by(|a, b| (a.keys.get(column), &a.id).cmp(&(b.keys.get(column), &b.id))),
    }
    if sort.inverted {
        rows.reverse();
    }
    rows
}

/// The word for an extension's state, and the one for machines.
pub(crate) fn extension_state(state: ExtensionState) -> (&'static str, &'static str) {
    match state {
        ExtensionState::Offline => ("line.offline", "offline"),
        ExtensionState::Idle => ("line.idle", "idle"),
        ExtensionState::Ringing => ("line.ringing", "ringing"),
        ExtensionState::Busy => ("line.busy", "busy"),
        ExtensionState::Lost => ("line.lost", "lost"),
    }
}

/// What is wrong with a line, in words.
pub(crate) fn line_problem(extension: &ExtensionView, words: &Words) -> String {
    if let Some(problem) = &extension.problem {
        return problem.clone();
    }
    let missed = extension.bindings.iter().map(|binding| binding.missed).max().unwrap_or(0);
    if missed > 0 { words.f("line.missed", &[("count", &missed.to_string())]) } else { String::new() }
}

fn line_row(extension: &ExtensionView, form: Form<'_>) -> Row {
    let severity = line_severity(extension);
    let (state_key, state_machine) = extension_state(extension.state);
    let state = form.words.t(state_key).to_owned();
    // The newest binding speaks for the line; the pane lists them all.
    let binding = extension.bindings.iter().max_by_key(|binding| binding.expires_ms);
    let phone = binding.map(|b| b.agent.clone()).unwrap_or_default();
    let more = extension.bindings.len().saturating_sub(1);
    let address = binding.map_or_else(|| "-".to_owned(), |b| short_address(&b.address));
    let address = if more > 0 { format!("{address} +{more}") } else { address };
    let is_configured = binding.is_some_and(|b| b.expires_ms == 0);
    let expires_ms = binding.filter(|_| !is_configured).map(|b| b.expires_ms - form.now_ms);
    let shown_end = if is_configured { form.words.t("line.never") } else { "-" };
    let rtt = binding.and_then(|b| b.rtt_us);
    let problem = line_problem(extension, form.words);
    let since = if extension.since_ms > 0 { form.now_ms - extension.since_ms } else { 0 };
    let shown_since = match extension.since_ms {
        0 => "-".to_owned(),
        at => form.since(at, since),
    };
    let number = extension.number.parse().unwrap_or(i64::MAX);
    Row {
        id: extension.number.clone(),
        severity,
        is_ended: false,
        fields: form.fields(|| {
            vec![
                ("extension", extension.number.clone()),
                ("name", extension.name.clone()),
                ("state", format!("{state} {state_machine}")),
                ("phone", phone.clone()),
                (
                    "address",
                    extension.bindings.iter().map(|b| b.address.as_str()).collect::<Vec<_>>().join(" "),
                ),
                ("problem", problem.clone()),
                ("level", level_word(severity).to_owned()),
            ]
        }),
        keys: form.keys(|| {
            vec![
                SortKey::Number(number),
                SortKey::Text(extension.name.to_lowercase()),
                SortKey::Text(state.clone()),
                SortKey::Number(since),
                SortKey::Text(phone.to_lowercase()),
                SortKey::Text(address.clone()),
                SortKey::Number(expires_ms.unwrap_or(if is_configured { i64::MAX } else { -1 })),
                SortKey::Number(rtt.map_or(-1, i64::from)),
                SortKey::Text(problem.clone()),
            ]
        }),
        natural: (3 - severity as i64, number),
        cells: vec![
            cell(extension.number.clone()),
            cell(extension.name.clone()),
            toned(state, Tone::of(severity.min(Severity::Warn))),
            cell(shown_since),
            cell(if phone.is_empty() { "-".to_owned() } else { phone }),
            cell(address),
            cell(expires_ms.map_or_else(|| shown_end.to_owned(), format::duration)),
            cell(rtt.map_or_else(|| "-".to_owned(), format::millis)),
            toned(problem, Tone::of(severity.min(Severity::Warn))),
        ],
    }
}

/// `udp 192.0.2.7:5060` without its transport.
pub(crate) fn short_address(address: &str) -> String {
    address.split_once(' ').map_or(address, |(_, rest)| rest).to_owned()
}

/// The sentence that sums a board up: calls, lines.
pub(crate) fn summary(board: &Board, words: &Words) -> String {
    let (mut calls, mut ringing, mut held) = (0, 0, 0);
    for call in live_calls(board) {
        calls += 1;
        ringing += usize::from(call.state == CallState::Ringing);
        held += usize::from(call.state == CallState::Held);
    }
    let reachable = board
        .extensions
        .values()
        // A line in a call whose phone is registered no more can be reached by nobody else.
        .filter(|e| {
            !matches!(e.state, ExtensionState::Offline | ExtensionState::Lost) && !e.bindings.is_empty()
        })
        .count();
    let fields = [
        ("calls", calls.to_string()),
        ("ringing", ringing.to_string()),
        ("held", held.to_string()),
        ("reachable", reachable.to_string()),
        ("lines", board.extensions.len().to_string()),
    ];
    words.f("summary", &fields)
}

/// The live calls, without those by which supervisors hear them.
pub(crate) fn live_calls(board: &Board) -> impl Iterator<Item = &switchroom_wire::CallView> {
    board.calls.values().filter(|call| call.ended.is_none() && call.supervision.is_none())
}
