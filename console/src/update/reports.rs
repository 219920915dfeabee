//! Reports: which figures are shown, when they are asked for, and where they are written.

use super::palette::{INPUT_MAX, edit};
use crate::action::Action;
use crate::app::{App, Effect, Mood, Overlay, Screen, Waiting};
use crate::filter::Filter;
use crate::format::PartyForm;
use crate::keymap::{Code, Key};
use crate::model::Model;
use crate::report::{Interval, Report};
use crate::rows::{Form, List, Sort, rows};
use crate::table;
use serde::Serialize;
use serde_json::Value;
use switchroom_wire::{Command, FiguresView};

/// Figures are written as JSON into files that end so, else as CSV.
const JSON: &str = ".json";

impl App {
    /// Asks for figures that are shown and are not here, or are old.
    pub(super) fn ask_figures(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let is_shown = matches!(self.screen, Screen::List(list) if list.is_report());
        if !is_shown || !self.is_live() || !self.model.is_filled || self.frozen.is_some() {
            return;
        }
        let is_of_calls = matches!(self.screen, Screen::List(List::CallReport | List::OutcomeReport));
        let calls = self.model.report.wanted_calls(now_ms).filter(|_| is_of_calls);
        for command in self.model.report.wanted(now_ms).into_iter().chain(calls) {
            let report = &mut self.model.report;
            let (asked_ms, waiting) = match command {
                Command::Figures { by, .. } => (&mut report.asked_ms, Waiting::Figures(by)),
                _ => (&mut report.calls_asked_ms, Waiting::Ended),
            };
            *asked_ms = Some(now_ms);
            self.ask(command, waiting, effects);
        }
    }

    /// Another day or other cuts.
    pub(super) fn turn_report(&mut self, action: Action, now_ms: i64) {
        let report = &mut self.model.report;
        let is_turned = match action {
            Action::DayBefore => report.turn_day(true),
            Action::DayAfter => report.turn_day(false),
            _ => {
                report.turn_interval();
                true
            }
        };
        if !is_turned {
            let text = self.settings.words.t("report.no_further").to_owned();
            self.tell(Mood::Told, text, now_ms);
        }
    }

    /// To the next report, or, of more than one step, the one before; false if none is shown.
    pub(super) fn turn_report_tab(&mut self, by: usize) -> bool {
        let Screen::List(list) = self.screen else { return false };
        let Some(at) = List::REPORTS.iter().position(|report| *report == list) else { return false };
        let step = if by == 1 { 1 } else { List::REPORTS.len() - 1 };
        self.screen = Screen::List(List::REPORTS[(at + step) % List::REPORTS.len()]);
        true
    }

    /// Asks where the report is to be written.
    pub(super) fn ask_path(&mut self, list: List, stamp: &str) {
        let name = list.name().replace('_', "-");
        self.toast = None;
        self.overlay = Some(Overlay::Path { input: format!("switchroom-{name}-{stamp}.csv") });
    }

    /// A key while the path is asked for. The file is made anew: one that is there already is never written to.
    pub(super) fn on_path_key(
        &mut self,
        mut input: String,
        key: Key,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        match key {
            Key { code: Code::Esc, .. } | Key { code: Code::Char('c'), ctrl: true } => {}
            Key { code: Code::Enter, .. } => {
                let (name, Screen::List(list)) = (input.trim(), self.screen) else { return };
                if !name.is_empty() {
                    let text = self.report_text(list, name.ends_with(JSON), now_ms);
                    self.write_file(name.to_owned(), text, now_ms, effects);
                }
            }
            _ => {
                edit(&mut input, key, INPUT_MAX);
                self.overlay = Some(Overlay::Path { input });
            }
        }
    }

    /// Has a text written; where numbers are masked they are in files as well.
    pub(super) fn write_file(&self, name: String, text: String, now_ms: i64, effects: &mut Vec<Effect>) {
        let is_masked = self.masked && !name.ends_with(JSON);
        let text = if is_masked { self.form(now_ms).party().sentence(&text) } else { text };
        effects.push(Effect::Write { name, text });
    }

    fn report_text(&self, list: List, as_json: bool, now_ms: i64) -> String {
        if !as_json {
            return table::csv(list, &self.rows(list, now_ms));
        }
        if matches!(list, List::CallReport | List::OutcomeReport) {
            let calls: Vec<_> = self.model.report.ended().collect();
            return self.json(&calls, now_ms);
        }
        let spans: Vec<&FiguresView> =
            self.model.report.spans().into_iter().map(|span| span.figures).collect();
        self.json(&spans, now_ms)
    }

    /// In the order of the wire; masked value by value, so that times stay times.
    fn json(&self, of: &impl Serialize, now_ms: i64) -> String {
        if !self.masked {
            return serde_json::to_string_pretty(of).unwrap_or_default() + "\n";
        }
        let mut value = serde_json::to_value(of).unwrap_or_default();
        mask(&mut value, self.form(now_ms).party());
        serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
    }
}

/// Masks the numbers in texts, and what is named so.
fn mask(value: &mut Value, form: PartyForm<'_>) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| mask(one, form)),
        Value::Object(all) => {
            for (name, one) in all {
                match one {
                    Value::String(text) if name == "number" => *text = form.text_number(text),
                    Value::String(text) if name == "name" => *text = form.text_name(&form.sentence(text)),
                    one => mask(one, form),
                }
            }
        }
        Value::String(text) => *text = form.sentence(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Figures as tables of queues and of agents.
pub(super) fn figures_lines(app: &App, figures: &[FiguresView], form: Form<'_>) -> Vec<String> {
    let mut model = Model::default();
    model.report = Report { interval: Interval::Days, days: figures.to_vec(), ..Default::default() };
    let table = |list| {
        let rows = rows(list, &model, app.board(), form, &Filter::default(), Sort::default());
        table::lines(list, &rows, form)
    };
    let mut lines = table(List::QueueReport);
    lines.push(String::new());
    lines.extend(table(List::AgentReport));
    lines
}
