//! The pane beside or below a list: all about what is selected.

use super::painter::Painter;
use super::{floor, wave};
use crate::app::App;
use crate::format::{self, bytes, clock, duration, millis, mos, percent, whole};
use crate::rows::{
    List, call_duration_ms, call_place, call_state_word, extension_state, legs_shown, line_problem,
    message_place, mode_name, supervision_target, trouble, waiting_in,
};
use crate::severity::{direction_severity, line_severity};
use crate::theme::{Tone, mark};
use ratatui::layout::Rect;
use switchroom_wire::{
    BindingView, CallView, EventView, ExtensionState, ExtensionView, LegView, MessageView, RecordingState,
    RecordingView, Severity, Side, clean, fit,
};

pub(super) fn pane(app: &App, list: List, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let Some(id) = app.selected(list) else { return };
    let board = app.board();
    let rect = Rect { x: rect.x, width: rect.width.saturating_sub(1), ..rect };
    match list {
        List::Queues => {
            if let Some(queue) = board.queues.get(id) {
                floor::queue_pane(app, queue, rect, now_ms, p);
            }
        }
        List::Agents => {
            if let Some(agent) = board.agents.get(id) {
                floor::agent_pane(app, agent, rect, now_ms, p);
            }
        }
        List::Waiting => {
            floor::scope_line(app, rect, now_ms, p);
            let below = Rect { y: rect.y + 1, height: rect.height.saturating_sub(1), ..rect };
            if let Some(call) = app.model.call(board, id) {
                call_pane(app, call, below, now_ms, p);
            }
        }
        List::Calls => {
            if let Some(call) = app.model.call(board, id) {
                call_pane(app, call, rect, now_ms, p);
            }
        }
        List::Missed => {
            if let Some(missed) = board.missed.iter().find(|missed| missed.id == id) {
                super::missed::missed_pane(app, missed, rect, now_ms, p);
            }
        }
        List::Flows => super::flows::flow_pane(app, id, rect, now_ms, p),
        List::CallReport | List::OutcomeReport => {}
        List::QueueReport | List::AgentReport => super::reports::report_pane(app, list, id, rect, p),
        List::Recordings => {
            if let Some(recording) = board.recordings.iter().find(|recording| recording.id == id) {
                recording_pane(app, recording, rect, now_ms, p);
            } else if let Some(message) = app.selected_message(board) {
                message_pane(app, message, rect, now_ms, p);
            }
        }
        List::Log => {
            if let Some(event) = app.selected_event() {
                event_pane(app, event, rect, p);
            }
        }
        List::Lines => {
            if let Some(extension) = board.extensions.get(id) {
                line_pane(app, extension, rect, now_ms, p);
            }
        }
    }
}

fn call_pane(app: &App, call: &CallView, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let form = app.form(now_ms);
    let party = form.party();
    let x = p.put(rect, 1, 0, &call.number.to_string(), Tone::Strong) + 2;
    let time = duration(call_duration_ms(call, form.now_ms));
    let began = clock(call.started_ms, form.utc_offset_min);
    let queue = waiting_in(call, app.board());
    let state = call_state_word(call, queue.is_some(), words);
    let x = p.put(rect, x, 0, &format!("{state} {time}"), Tone::Strong) + 3;
    p.put(rect, x, 0, &words.f("call.began", &[("time", &began)]), Tone::Secondary);
    let with = call.with.as_ref().unwrap_or(&call.to);
    let x = p.put(rect, 1, 1, &party.full(&call.from), Tone::Caller);
    let x = p.put(rect, x + 1, 1, ">", Tone::Secondary);
    let whom = supervision_target(call, app.board(), form).unwrap_or_else(|| party.full(with));
    let x = p.put(rect, x + 1, 1, &whom, Tone::Callee) + 3;
    if let Some(queue) = queue {
        p.put(rect, x, 1, &words.f("call.in_queue", &[("queue", &queue.name)]), Tone::Normal);
    }
    let mut y = supervised(app, call, rect, 2, p);
    if let Some(place) = call_place(call) {
        let (name, tone) = (step_word(app, "flow"), Tone::Secondary);
        let x = p.put(rect, 1, y, &fit(&name, 7), tone) + 1;
        p.put(rect, x, y, &place, Tone::Normal);
        y += 1;
    }
    if let Some(ended) = &call.ended {
        y = p.wrapped(rect, 1, y, &format!("{}: {}", words.t("call.end"), ended.text), Tone::Normal);
    }
    for text in &call.troubles {
        y = p.wrapped(rect, 1, y, &format!("! {}", trouble(text, words)), Tone::Attention);
    }
    if call.recording == RecordingState::Failed {
        p.put(rect, 1, y, &format!("! {}", words.t("flag.rec_failed")), Tone::Attention);
        y += 1;
    }
    y += u16::from(rect.height >= ROOMY);
    let (legs, left_out) = legs_shown(call);
    for leg in legs {
        y = leg_line(app, leg, rect, y, p);
    }
    if left_out > 0 {
        let text = words.f("call.rang_in_vain", &[("count", &left_out.to_string())]);
        p.put(rect, 1, y, &text, Tone::Secondary);
        y += 1;
    }
    y += u16::from(rect.height >= ROOMY);
    path_lines(app, call, rect, y, p);
}

/// Who listens to a call, and whose call as a supervisor it is. Returns the line after it.
fn supervised(app: &App, call: &CallView, rect: Rect, y: u16, p: &mut Painter<'_>) -> u16 {
    let words = &app.settings.words;
    let party = app.form(0).party();
    let mut y = y;
    for one in &call.supervisors {
        let user = if one.user.is_empty() { words.t("supervision.somebody") } else { &one.user };
        let phone = party.text_number(&one.phone);
        let fields = [("user", user), ("mode", words.t(mode_name(one.mode))), ("phone", &phone)];
        p.put(rect, 1, y, &words.f("supervision.by", &fields), Tone::Strong);
        y += 1;
    }
    if let Some(at) = &call.supervision {
        let user = if at.user.is_empty() { words.t("supervision.somebody") } else { &at.user };
        let fields = [("user", user), ("mode", words.t(mode_name(at.mode)))];
        p.put(rect, 1, y, &words.f("supervision.own", &fields), Tone::Normal);
        y += 1;
    }
    y
}

/// A pane this high has room for air and for whole sentences.
const ROOMY: u16 = 14;

/// The path in what is left of the pane; if it is long, its latest steps.
fn path_lines(app: &App, call: &CallView, rect: Rect, y: u16, p: &mut Painter<'_>) {
    let offset = app.model.utc_offset_min();
    let room = usize::from(rect.height.saturating_sub(y));
    let mut y = y;
    for why in call.path.iter().skip(call.path.len().saturating_sub(room)) {
        if y >= rect.height {
            return;
        }
        let x = p.put(rect, 1, y, &clock(why.at_ms, offset), Tone::Secondary) + 1;
        let x = p.put(rect, x, y, &fit(&step_word(app, &why.step), 7), Tone::Normal) + 1;
        if rect.height >= ROOMY {
            y = p.wrapped(rect, x, y, &why.text, Tone::Normal);
        } else {
            p.put(rect, x, y, &why.text, Tone::Normal);
            y += 1;
        }
    }
}

/// The word for a step of the path; an unknown one stands as it came.
pub(super) fn step_word(app: &App, step: &str) -> String {
    app.settings.words.find(&format!("step.{step}")).unwrap_or(step).to_owned()
}

pub(super) fn side_word(app: &App, side: Side) -> (&str, Tone) {
    match side {
        Side::Caller => (app.settings.words.t("side.caller"), Tone::Caller),
        Side::Callee => (app.settings.words.t("side.callee"), Tone::Callee),
    }
}

/// One line on a leg: who, codec, loss, jitter, score, phone; on narrow panes the last goes first.
fn leg_line(app: &App, leg: &LegView, rect: Rect, y: u16, p: &mut Painter<'_>) -> u16 {
    let (name, tone) = side_word(app, leg.side);
    let x = p.put(rect, 1, y, &fit(name, 7), tone) + 1;
    let codec = if leg.codec.is_empty() { "-" } else { &leg.codec };
    let x = p.put(rect, x, y, &fit(codec, 10), Tone::Normal) + 1;
    let direction = &leg.quality.received;
    let x = if direction.packets == 0 {
        p.put(rect, x, y, &fit(app.settings.words.t("media.none"), 21), Tone::Secondary) + 1
    } else {
        let text = format!(
            "{} {} Q {}",
            fit(&percent(direction.loss_ppm), 5),
            fit(&millis(direction.jitter_us), 7),
            mos(direction.mos_centi)
        );
        p.put(rect, x, y, &fit(&text, 21), Tone::of(direction_severity(direction).min(Severity::Warn))) + 1
    };
    if rect.height >= ROOMY {
        let x = p.put(rect, 9, y + 1, &leg.address, Tone::Secondary) + 2;
        p.put(rect, x, y + 1, &leg.agent, Tone::Secondary);
        return y + 2;
    }
    p.put(rect, x, y, &format!("{}  {}", leg.address, leg.agent), Tone::Secondary);
    y + 1
}

fn recording_pane(app: &App, recording: &RecordingView, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let form = app.form(now_ms);
    let party = form.party();
    let x = p.put(rect, 1, 0, &recording.number.to_string(), Tone::Strong) + 2;
    let x = p.put(rect, x, 0, &party.full(&recording.from), Tone::Caller);
    let x = p.put(rect, x + 1, 0, ">", Tone::Secondary);
    p.put(rect, x + 1, 0, &party.full(&recording.with), Tone::Callee);
    let rows = if rect.height >= 20 { 3 } else { u16::from(rect.height >= 11) + 1 };
    let mut y = 1 + u16::from(rect.height >= 12);
    match app.model.wave(&recording.id) {
        Some(view) => y = wave::wave(recording, view, words, rect, y, rows, p),
        None => {
            let key = if app.is_live() { "recording.wave_coming" } else { "recording.wave_none" };
            p.put(rect, 1, y, words.t(key), Tone::Secondary);
            y += 2 * rows + 2;
        }
    }
    let marks: Vec<String> = recording
        .marks
        .iter()
        .map(|m| {
            let kind = words.find(&format!("mark.{}", m.kind)).unwrap_or(&m.kind).to_owned();
            let at = duration(whole(m.at_ms));
            format!("{at} {kind} {}", clean(&m.text)).trim_end().to_owned()
        })
        .collect();
    if !marks.is_empty() {
        let text = format!("{} {}", words.t("recording.marks"), marks.join(", "));
        y = if rect.height >= 12 {
            p.wrapped(rect, 1, y, &text, Tone::Normal)
        } else {
            p.put(rect, 1, y, &text, Tone::Normal);
            y + 1
        };
    }
    if !recording.complete {
        p.put(rect, 1, y, &format!("! {}", words.t("recording.incomplete_why")), Tone::Attention);
        y += 1;
    }
    if let Some(held) = &recording.held {
        let at = format::moment(held.at_ms, form.now_ms, form.utc_offset_min, words);
        let (by, reason) = (clean(&held.by), clean(&held.reason));
        let fields = [("user", by.as_ref()), ("at", at.as_str()), ("reason", reason.as_ref())];
        // A viewer is told that, not why.
        let key = if held.by.is_empty() { "recording.legal_hold_hidden" } else { "recording.legal_hold_why" };
        y = p.wrapped(rect, 1, y, &words.f(key, &fields), Tone::Strong);
    }
    let hash = if recording.sha256.is_empty() { words.t("recording.no_hash") } else { &recording.sha256 };
    let hash = hash.chars().take(16).collect::<String>();
    let kilohertz = format!("{} kHz", recording.rate / 1_000);
    let fields = [("codec", recording.codec.as_str()), ("rate", &kilohertz), ("hash", &hash)];
    p.put(rect, 1, y, &recording.file, Tone::Normal);
    p.put(
        rect,
        1,
        y + 1,
        &format!("{}   {}", words.f("recording.file", &fields), bytes(recording.bytes)),
        Tone::Secondary,
    );
}

fn message_pane(app: &App, message: &MessageView, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let form = app.form(now_ms);
    let heard = if message.is_new { "message.new_why" } else { "message.old_why" };
    let x = p.put(rect, 1, 0, words.t("message.title"), Tone::Strong) + 2;
    let x = p.put(rect, x, 0, &form.party().full(&message.from), Tone::Caller);
    let x = p.put(rect, x + 1, 0, ">", Tone::Secondary);
    p.put(rect, x + 1, 0, &message_place(message, words), Tone::Callee);
    let when = format::moment(message.at_ms, form.now_ms, form.utc_offset_min, words);
    let length = duration(whole(message.length_ms));
    let x = p.put(rect, 1, 1, &format!("{when}   {length}"), Tone::Normal) + 3;
    p.put(rect, x, 1, words.t(heard), Tone::Secondary);
    p.put(rect, 1, 2, &message.file, Tone::Normal);
    let hash: String = message.sha256.chars().take(16).collect();
    let text = format!("{}   {}", words.f("message.file", &[("hash", &hash)]), bytes(message.bytes));
    p.put(rect, 1, 3, &text, Tone::Secondary);
    p.put(rect, 1, 4, &words.f("message.id", &[("id", &message.id)]), Tone::Secondary);
}

fn event_pane(app: &App, event: &EventView, rect: Rect, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let time = format::clock_ms(event.at_ms, app.model.utc_offset_min());
    let x = p.put(rect, 1, 0, &time, Tone::Strong) + 2;
    let x = p.put(rect, x, 0, &event.name, Tone::Strong) + 2;
    p.put(rect, x, 0, mark(event.severity), Tone::of(event.severity));
    let y = p.wrapped(rect, 1, 1, &event.text, Tone::Normal);
    let subject = app.form(0).party().text_number(&event.subject);
    let number = event.number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let subject = if subject.is_empty() { "-".to_owned() } else { subject };
    let seq = event.seq.to_string();
    let fields = [("number", number.as_str()), ("subject", &subject), ("seq", &seq)];
    p.put(rect, 1, y + 1, &words.f("pane.event", &fields), Tone::Secondary);
}

fn line_pane(app: &App, extension: &ExtensionView, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let form = app.form(now_ms);
    let x = p.put(rect, 1, 0, &extension.number, Tone::Strong) + 1;
    let x = p.put(rect, x, 0, &extension.name, Tone::Strong) + 3;
    let (state, _) = extension_state(extension.state);
    let severity = line_severity(extension).min(Severity::Warn);
    let x = p.put(rect, x, 0, words.t(state), Tone::of(severity)) + 3;
    let domain = &app.board().system.domain;
    if !domain.is_empty() {
        p.put(rect, x, 0, &format!("sip:{}@{domain}", extension.number), Tone::Secondary);
    }
    let mut y = 1;
    let problem = line_problem(extension, words);
    if !problem.is_empty() {
        y = p.wrapped(rect, 1, y, &format!("! {problem}"), Tone::Attention);
    }
    if let Some(hint) = line_hint(extension) {
        y = p.wrapped(rect, 1, y, words.t(hint), Tone::Normal);
    }
    for binding in &extension.bindings {
        y = binding_lines(app, binding, rect, y, form.now_ms, p);
    }
}

/// What to look at when a line is not well.
fn line_hint(extension: &ExtensionView) -> Option<&'static str> {
    match extension.state {
        ExtensionState::Lost => Some("line.hint_lost"),
        ExtensionState::Offline if extension.problem.is_some() => Some("line.hint_refused"),
        ExtensionState::Offline => Some("line.hint_offline"),
        ExtensionState::Idle | ExtensionState::Ringing | ExtensionState::Busy => None,
    }
}

fn binding_lines(
    app: &App,
    binding: &BindingView,
    rect: Rect,
    y: u16,
    now_ms: i64,
    p: &mut Painter<'_>,
) -> u16 {
    let words = &app.settings.words;
    p.put(rect, 1, y, &binding.contact, Tone::Normal);
    let since = clock(binding.registered_ms, app.model.utc_offset_min());
    let expires = match binding.expires_ms {
        0 => words.t("line.never").to_owned(),
        at => duration(at - now_ms),
    };
    let ping = binding.rtt_us.map_or_else(|| "-".to_owned(), millis);
    let fields =
        [("address", binding.address.as_str()), ("since", &since), ("expires", &expires), ("ping", &ping)];
    p.put(rect, 3, y + 1, &words.f("line.binding", &fields), Tone::Secondary);
    if binding.agent.is_empty() {
        return y + 2;
    }
    p.put(rect, 3, y + 2, &binding.agent, Tone::Secondary);
    y + 3
}
