//! The reports: the line above their table, and the pane of one row.

use super::painter::Painter;
use crate::action::Action;
use crate::app::App;
use crate::format::{date, duration, permille, whole};
use crate::report::Interval;
use crate::rows::{List, of_report_id};
use crate::severity::SERVICE_GOAL_PERMILLE;
use crate::sums::Came;
use crate::theme::Tone;
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use switchroom_wire::{AgentFiguresView, QueueFiguresView, WaitsView, fit};

/// Columns of what a line of the pane is about.
const TITLE: usize = 12;

/// Which of the reports it is, of which day, and how it is cut.
pub(super) fn heading(app: &App, list: List, rect: Rect, p: &mut Painter<'_>) {
    let words = &app.settings.words;
    let mut x = 1;
    for (of, key) in [
        (List::QueueReport, "report.queues"),
        (List::AgentReport, "report.agents"),
        (List::CallReport, "report.calls"),
        (List::OutcomeReport, "report.outcomes"),
    ] {
        let name = words.t(key);
        x = if of == list {
            p.put(rect, x, 0, &format!("[{name}]"), Tone::Strong) + 1
        } else {
            p.put(rect, x, 0, &format!(" {name} "), Tone::Secondary) + 1
        };
    }
    let report = &app.model.report;
    let day = report.day().map(|day| date(day.from_ms, app.model.utc_offset_min(), words));
    let day = match (report.interval, day) {
        (Interval::Days, _) => String::new(),
        (_, Some(day)) => day,
        (_, None) if report.back == 0 => words.t("report.no_day").to_owned(),
        (_, None) => "-".to_owned(),
    };
    let x = p.put(rect, x + 1, 0, &day, Tone::Strong) + if day.is_empty() { 0 } else { 3 };
    let x = p.put(rect, x, 0, words.t(report.interval.key()), Tone::Normal) + 3;
    let cut = report.is_cut().filter(|_| matches!(list, List::CallReport | List::OutcomeReport));
    let x = match cut {
        Some(count) => {
            let text = words.f("report.latest", &[("count", &count.to_string())]);
            p.put(rect, x, 0, &text, Tone::Attention) + 3
        }
        None => x,
    };
    let keymap = &app.settings.keymap;
    let fields = [
        ("before", keymap.shown(Action::DayBefore)),
        ("after", keymap.shown(Action::DayAfter)),
        ("interval", keymap.shown(Action::ReportInterval)),
    ];
    p.put(rect, x, 0, &words.f("report.keys", &fields), Tone::Secondary);
}

/// All that is known of a row.
pub(super) fn report_pane(app: &App, list: List, id: &str, rect: Rect, p: &mut Painter<'_>) {
    let Some((span, name)) = of_report_id(&app.model.report, id) else { return };
    let words = &app.settings.words;
    let known = app.board().agents.get(name).filter(|_| list == List::AgentReport);
    let title = match known {
        _ if name.is_empty() => words.t("report.all").to_owned(),
        Some(agent) => format!("{name} {}", agent.name),
        None => name.to_owned(),
    };
    let x = p.put(rect, 1, 0, &title, Tone::Strong) + 3;
    let lines = match list {
        List::AgentReport => span.figures.agents.get(name).map(|of| agent_lines(app, of)),
        _ if name.is_empty() => Some(queue_lines(app, &span.figures.all_queues)),
        _ => span.figures.queues.get(name).map(|of| queue_lines(app, of)),
    };
    if list == List::QueueReport {
        let goal = permille(SERVICE_GOAL_PERMILLE);
        p.put(rect, x, 0, &words.f("report.formula", &[("goal", &goal)]), Tone::Secondary);
    }
    let lines = lines.unwrap_or_default().into_iter().filter(|(_, text)| !text.is_empty());
    let mut y = 1;
    for (key, text) in lines {
        let x = p.put(rect, 1, y, &fit(words.t(key), TITLE), Tone::Secondary) + 1;
        y = p.wrapped(Rect { width: rect.width.saturating_sub(1), ..rect }, x, y, &text, Tone::Normal);
    }
}

fn ms(ms: u64) -> String {
    duration(whole(ms))
}

fn or_dash<T>(value: Option<T>, shown: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), shown)
}

fn waits(app: &App, of: &WaitsView) -> String {
    if of.count == 0 {
        return String::new();
    }
    let fields = [
        ("count", of.count.to_string()),
        ("average", or_dash(of.average_ms, ms)),
        ("half", or_dash(of.p50_ms, ms)),
        ("most", or_dash(of.p80_ms, ms)),
        ("nearly", or_dash(of.p95_ms, ms)),
        ("longest", ms(of.longest_ms)),
    ];
    app.settings.words.f("report.waits", &fields)
}

/// `timeout 3, key 1`: what is known by a word is said in it.
fn counted(app: &App, stem: &str, of: &BTreeMap<String, u64>) -> String {
    let words = &app.settings.words;
    let all = of.iter().filter(|(_, count)| **count > 0);
    let named = all.map(|(name, count)| {
        let word = words.find(&format!("{stem}.{name}")).unwrap_or(name);
        format!("{word} {count}")
    });
    words.listed(&named.collect::<Vec<_>>())
}

fn queue_lines(app: &App, of: &QueueFiguresView) -> Vec<(&'static str, String)> {
    let fields = [
        ("level", or_dash(of.service_level_permille, permille)),
        ("strict", or_dash(of.service_level_strict_permille, permille)),
        ("without", or_dash(of.service_level_without_short_permille, permille)),
    ];
    vec![
        ("report.came", Came::within(of).sum(&app.settings.words)),
        ("report.level", app.settings.words.f("report.levels", &fields)),
        ("report.answered", waits(app, &of.answered_wait)),
        ("report.hung_up", waits(app, &of.abandoned_wait)),
        ("report.back", waits(app, &of.call_back_wait)),
        ("report.overflow", counted(app, "overflow", &of.overflows)),
        ("report.call_backs", counted(app, "call_back", &of.call_backs)),
        ("report.rona", if of.no_answers > 0 { of.no_answers.to_string() } else { String::new() }),
    ]
}

fn agent_lines(app: &App, of: &AgentFiguresView) -> Vec<(&'static str, String)> {
    let offset = app.model.utc_offset_min();
    let clock = |at_ms| crate::format::clock_short(at_ms, offset);
    let fields = [
        ("first", or_dash(of.first_sign_in_ms, clock)),
        ("last", or_dash(of.last_sign_out_ms, clock)),
        ("count", of.sign_ins.to_string()),
    ];
    let words = &app.settings.words;
    let states = of.states.iter().map(|state| {
        let reason = if state.reason.is_empty() { &state.presence } else { &state.reason };
        let name = if state.activity == "idle" { reason } else { &state.activity };
        format!("{} {}", words.find(&format!("state.{name}")).unwrap_or(name), ms(state.ms))
    });
    let offers = [
        ("elsewhere", of.elsewhere.to_string()),
        ("withdrawn", of.withdrawn.to_string()),
        ("failed", of.failed.to_string()),
        ("answer", or_dash(of.average_answer_ms, ms)),
    ];
    vec![
        ("report.signed_in", words.f("report.sign_ins", &fields)),
        ("report.offers", words.f("report.offers_of", &offers)),
        ("report.states", words.listed(&states.collect::<Vec<_>>())),
    ]
}
