//! The rows of calls: what customers are at, and the calls by which supervisors hear them.

use super::{Cell, Column, Form, Row, SortKey, cell, number, text, toned};
use crate::filter::level_word;
use crate::format;
use crate::format::whole;
use crate::severity::{call_mos, call_severity, mos_severity};
use crate::theme::Tone;
use crate::words::Words;
use std::collections::BTreeMap;
use switchroom_wire::{
    Board, CallState, CallView, LegView, PartyView, QueueView, RecordingState, Severity, SupervisionMode,
    SupervisorView, WaiterView,
};

/// Legs that rang in vain and are still named; the others are counted.
const IN_VAIN_SHOWN: usize = 2;

pub(super) const CALLS: &[Column] = &[
    text("id", 6, 6, 0),
    text("state", 7, 7, 0),
    text("from", 12, 30, 0),
    text("to", 5, 22, 3),
    text("with", 8, 22, 1),
    number("duration", 7, 0),
    number("rang", 6, 5),
    number("quality", 4, 4),
    text("flags", 15, 40, 2),
];

/// Who waits in which queue, by the id of the call: those whom the board names.
pub(super) fn waits(board: &Board) -> BTreeMap<&str, &QueueView> {
    let each = board.queues.values().flat_map(|queue| queue.waiting.iter().map(move |one| (one, queue)));
    each.map(|(one, queue): (&WaiterView, &QueueView)| (one.call.as_str(), queue)).collect()
}

/// The queue in which a call waits. The call itself says so; one that was recorded before it did is among those whom the
/// queue names.
pub(crate) fn waiting_in<'a>(call: &CallView, board: &'a Board) -> Option<&'a QueueView> {
    let is_in = |queue: &&QueueView| queue.waiting.iter().any(|waiter| waiter.call == call.id);
    own_queue(call, board).or_else(|| board.queues.values().find(is_in).filter(|_| is_in_flow(call)))
}

fn own_queue<'a>(call: &CallView, board: &'a Board) -> Option<&'a QueueView> {
    call.queue.as_ref().filter(|_| is_in_flow(call)).and_then(|name| board.queues.get(name))
}

fn is_in_flow(call: &CallView) -> bool {
    call.state == CallState::Flow
}

/// The word for what a call is doing: a supervisor's own tells how, and who waits in a queue is told from who hears a
/// menu.
pub(crate) fn call_state_word<'a>(call: &CallView, waits: bool, words: &'a Words) -> &'a str {
    if let Some(at) = call.supervision.as_ref().filter(|_| call.state == CallState::Service) {
        return words.t(mode_word(at.mode));
    }
    words.t(match call.state {
        CallState::Flow if waits => "call.waiting",
        CallState::Ringing => "call.ringing",
        CallState::Talking => "call.talking",
        CallState::Held => "call.held",
        CallState::Flow => "call.flow",
        CallState::Service => "call.service",
        CallState::Ended => "call.ended",
    })
}

/// The word for how a supervisor is at a call.
pub(crate) fn mode_word(mode: SupervisionMode) -> &'static str {
    match mode {
        SupervisionMode::Listen => "call.listen",
        SupervisionMode::Whisper => "call.whisper",
        SupervisionMode::Barge => "call.barge",
    }
}

/// The same in a sentence.
pub(crate) fn mode_name(mode: SupervisionMode) -> &'static str {
    match mode {
        SupervisionMode::Listen => "supervision.listen",
        SupervisionMode::Whisper => "supervision.whisper",
        SupervisionMode::Barge => "supervision.barge",
    }
}

/// A supervisor who is at a call, for a narrow column: `LISTEN mara`.
pub(crate) fn supervised_flag(one: &SupervisorView, words: &Words) -> String {
    format!("{} {}", words.t(mode_word(one.mode)), one.user).trim_end().to_owned()
}

/// Whom a supervisor's own call is about: the call that is heard, else whose next call is waited for.
pub(crate) fn supervision_target(call: &CallView, board: &Board, form: Form<'_>) -> Option<String> {
    let at = call.supervision.as_ref()?;
    let party = form.party();
    let heard = at.call.as_ref().and_then(|id| board.calls.get(id));
    Some(match (heard, &at.follows) {
        (Some(heard), _) => format!("{} {}", heard.number, party.short(talker(heard))),
        (None, Some(number)) => form.words.f("supervision.next_of", &[("number", party.text_number(number))]),
        (None, None) => "-".to_owned(),
    })
}

/// The side of a call that is not the caller.
fn talker(call: &CallView) -> &PartyView {
    call.with.as_ref().unwrap_or(&call.to)
}

/// The legs of a call that are of use, and how many others rang in vain: a call of a queue may have dozens of those.
pub(crate) fn legs_shown(call: &CallView) -> (Vec<&LegView>, usize) {
    let counts = |leg: &LegView| leg.state != "ended" || leg.quality.received.packets > 0;
    let in_vain = call.legs.iter().filter(|leg| !counts(leg)).count();
    let mut hidden = in_vain.saturating_sub(IN_VAIN_SHOWN);
    let left_out = hidden;
    let mut is_shown = |leg: &&LegView| {
        let hides = hidden > 0 && !counts(leg);
        hidden -= usize::from(hides);
        !hides
    };
    (call.legs.iter().filter(|leg| is_shown(leg)).collect(), left_out)
}

fn call_state_machine(call: &CallView, waits: bool) -> &'static str {
    if let Some(at) = &call.supervision {
        return at.mode.word();
    }
    match call.state {
        CallState::Flow if waits => "waiting",
        CallState::Ringing => "ringing",
        CallState::Talking => "talking",
        CallState::Held => "held",
        CallState::Flow => "flow",
        CallState::Service => "service",
        CallState::Ended => "ended",
    }
}

/// A trouble such as `one_way caller` in words; what is not known is shown as it came.
pub(crate) fn trouble(text: &str, words: &Words) -> String {
    let mut parts = text.splitn(3, ' ');
    let (kind, side, rest) =
        (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let Some(kind) = words.find(&format!("trouble.{kind}")) else { return text.to_owned() };
    let side = words.find(&format!("side.{side}")).unwrap_or(side);
    let what = if rest.is_empty() { kind.to_owned() } else { format!("{kind} {rest}") };
    if side.is_empty() { what } else { format!("{side}: {what}") }
}

/// A trouble without its side, for a narrow column: the pane tells the rest.
fn trouble_short(text: &str, words: &Words) -> String {
    let mut parts = text.splitn(3, ' ');
    let kind = parts.next().and_then(|kind| words.find(&format!("trouble.{kind}")));
    match (kind, parts.nth(1)) {
        (Some(kind), Some(figure)) => format!("{kind} {figure}"),
        (Some(kind), None) => kind.to_owned(),
        (None, _) => text.to_owned(),
    }
}

/// Where in a flow the caller is, if it has nobody to talk with: `main: ask`.
pub(crate) fn call_place(call: &CallView) -> Option<String> {
    let is_in_flow = matches!(call.state, CallState::Flow | CallState::Ringing);
    call.place.as_ref().filter(|_| is_in_flow).map(|place| format!("{}: {}", place.flow, place.node))
}

/// How long the present hold has lasted: `held 0:42`.
pub(crate) fn call_hold(call: &CallView, form: Form<'_>) -> Option<String> {
    let since = call.held_ms.filter(|_| call.state == CallState::Held)?;
    let time = format::duration(form.now_ms - since);
    Some(form.words.f("flag.held", &[("time", &time)]))
}

/// What came of the last hand-off: `verify: verified`.
pub(crate) fn call_result(call: &CallView) -> Option<String> {
    let last = call.handed_back.last().filter(|back| !back.result.is_empty())?;
    Some(format!("{}: {}", last.flow, last.result))
}

fn call_flags(call: &CallView, form: Form<'_>) -> Cell {
    let words = form.words;
    if let Some(ended) = &call.ended {
        return toned(format::cause(ended, words).to_owned(), Tone::Normal);
    }
    let mut parts: Vec<String> = call.supervisors.iter().map(|one| supervised_flag(one, words)).collect();
    parts.extend(call_place(call).or_else(|| call_result(call)));
    parts.extend(call_hold(call, form));
    parts.extend(call.troubles.iter().map(|text| trouble_short(text, words)));
    match call.recording {
        RecordingState::Failed => parts.push(words.t("flag.rec_failed").to_owned()),
        RecordingState::On => parts.push(words.t("flag.rec").to_owned()),
        RecordingState::Paused => parts.push(words.t("flag.rec_paused").to_owned()),
        RecordingState::Done | RecordingState::Off => {}
    }
    parts.extend(call.supervision.as_ref().map(|at| at.user.clone()).filter(|user| !user.is_empty()));
    let bad = !call.troubles.is_empty() || call.recording == RecordingState::Failed;
    toned(parts.join(", "), if bad { Tone::Attention } else { Tone::Normal })
}

/// How long a call has lasted: since it was answered, or since it came; until it ended.
pub(crate) fn call_duration_ms(call: &CallView, now_ms: i64) -> i64 {
    let end = call.ended.as_ref().map_or(now_ms, |ended| ended.at_ms);
    end - call.answered_ms.unwrap_or(call.started_ms)
}

fn call_rang_ms(call: &CallView, now_ms: i64) -> Option<i64> {
    let end = call.answered_ms.or(call.ended.as_ref().map(|ended| ended.at_ms)).unwrap_or(now_ms);
    call.ringing_ms.map(|start| end - start)
}

pub(super) fn call_row(
    call: &CallView,
    board: &Board,
    waits: &BTreeMap<&str, &QueueView>,
    form: Form<'_>,
) -> Row {
    let party = form.party();
    let severity = call_severity(call, board);
    let duration = call_duration_ms(call, form.now_ms);
    let rang = call_rang_ms(call, form.now_ms);
    let score = call_mos(call);
    // What was dialled stands as it was dialled; who that is stands under "with" once they answered.
    let (from, to) = (party.short(&call.from), party.number(&call.to));
    let named = waits.get(call.id.as_str()).copied().filter(|_| is_in_flow(call));
    let queue = own_queue(call, board).or(named);
    let with = call.with.as_ref().map(|with| party.short(with));
    let with = supervision_target(call, board, form)
        .or_else(|| queue.map(|queue| queue.name.clone()))
        .or(with)
        .unwrap_or_else(|| "-".to_owned());
    let state = call_state_word(call, queue.is_some(), form.words).to_owned();
    let flags = call_flags(call, form);
    let shown_duration = form.since(call.started_ms, duration);
    let fields = form.fields(|| {
        vec![
            ("id", call.number.to_string()),
            ("state", format!("{state} {}", call_state_machine(call, queue.is_some()))),
            ("from", party.full(&call.from)),
            ("to", party.full(&call.to)),
            (
                "with",
                format!("{with} {}", call.with.as_ref().map(|with| party.full(with)).unwrap_or_default()),
            ),
            ("flags", format!("{} {}", flags.text, call.troubles.join(" "))),
            ("level", level_word(severity).to_owned()),
        ]
    });
    let keys = form.keys(|| {
        vec![
            SortKey::Number(whole(call.number)),
            SortKey::Text(state.clone()),
            SortKey::Text(from.to_lowercase()),
            SortKey::Text(to.to_lowercase()),
            SortKey::Text(with.to_lowercase()),
            SortKey::Number(duration),
            SortKey::Number(rang.unwrap_or(-1)),
            SortKey::Number(i64::from(score)),
            SortKey::Text(flags.text.clone()),
        ]
    });
    // Customers stand before those who listen to them.
    let attention = match (&call.ended, &call.supervision) {
        (Some(_), _) => 9,
        (None, Some(_)) => 6,
        (None, None) => 3 - severity as i64,
    };
    let quality = match mos_severity(score) {
        Severity::Info => cell(format::mos(score)),
        bad => toned(format!("!{}", format::mos(score)), Tone::of(bad)),
    };
    Row {
        id: call.id.clone(),
        severity,
        is_ended: call.ended.is_some(),
        cells: vec![
            cell(call.number.to_string()),
            cell(state),
            cell(from),
            cell(to),
            cell(with),
            cell(shown_duration),
            cell(rang.map_or_else(|| "-".to_owned(), format::duration)),
            quality,
            flags,
        ],
        fields,
        keys,
        natural: (attention, whole(call.number)),
    }
}
