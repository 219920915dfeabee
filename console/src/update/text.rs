//! Things as plain text: what is copied, written to a file, or opened to be read.

use super::{settings, status};
use crate::app::{App, Effect, Overlay, Screen};
use crate::format::{cause, clock_ms, duration, stamp, whole};
use crate::reasons::why_lines;
use crate::rows::{List, Row};
use crate::table;
use switchroom_wire::{
    Answer, CdrView, EventView, LadderEntry, LadderKind, LadderStyle, clean, render_ladder,
};

/// Columns that a ladder is written to a file in.
const FILE_COLUMNS: usize = 140;

impl App {
    pub(crate) fn ladder_style(&self, width: usize) -> LadderStyle {
        LadderStyle {
            width,
            utc_offset_min: self.model.utc_offset_min(),
            messages_only: self.detail.messages_only,
            relative: false,
        }
    }

    /// The entries of the watched ladder that are shown.
    pub(crate) fn ladder_entries(&self) -> Vec<&LadderEntry> {
        let ladder = self.model.watched.as_ref().and_then(|watched| watched.ladder.as_ref());
        let entries = ladder.map_or(&[][..], |ladder| &ladder.entries);
        let shown = |entry: &&LadderEntry| {
            !self.detail.messages_only || matches!(entry.kind, LadderKind::Message { .. })
        };
        entries.iter().filter(shown).collect()
    }

    /// The events of the call in detail.
    pub(crate) fn call_events(&self) -> Vec<&EventView> {
        let id = self.detail.call.as_str();
        self.board().events.iter().filter(|event| event.call.as_deref() == Some(id)).collect()
    }

    pub(crate) fn selected_event(&self) -> Option<&EventView> {
        let id = self.selected(List::Log)?;
        self.board().events.iter().find(|event| crate::rows::event_id(event) == id)
    }

    /// The selected message or decision as lines of text.
    pub(crate) fn message_lines(&self) -> Vec<String> {
        let entries = self.ladder_entries();
        let Some(entry) = entries.get(self.detail_cursor()) else { return Vec::new() };
        let words = &self.settings.words;
        let at = clock_ms(entry.at_us.div_euclid(1_000), self.model.utc_offset_min());
        match &entry.kind {
            LadderKind::Decision { text } => {
                vec![words.f("ladder.decision", &[("time", &at)]), clean(text).into_owned()]
            }
            LadderKind::Message { lane, inbound, transport, bytes, text, .. } => {
                let ladder = self.model.watched.as_ref().and_then(|watched| watched.ladder.as_ref());
                let lane = ladder.and_then(|ladder| ladder.lanes.get(*lane)).cloned().unwrap_or_default();
                let (bytes, transport) = (bytes.to_string(), transport.to_uppercase());
                let name = format!("{} {}", lane.name, lane.address);
                let fields =
                    [("lane", name.trim()), ("transport", &transport), ("time", &at), ("bytes", &bytes)];
                let key = if *inbound { "ladder.from" } else { "ladder.to" };
                let mut lines = vec![words.f(key, &fields)];
                if text.is_empty() {
                    lines.push(words.t("ladder.no_text").to_owned());
                }
                // The daemon ends lines as it likes: what it sends is to be read, not to be parsed as SIP.
                let parts = text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n"));
                let body = parts.map_or("", |(_, body)| body);
                let shown = if self.detail.body_only && !body.is_empty() { body } else { text };
                lines.extend(shown.lines().map(|line| clean(line).into_owned()));
                lines
            }
        }
    }

    /// Opens the selected message in full.
    pub(super) fn show_message(&mut self) {
        let mut lines = self.message_lines();
        if lines.len() < 2 {
            return;
        }
        let title = lines.remove(0);
        self.overlay = Some(Overlay::Text { title, lines, top: 0 });
    }

    /// Opens the selected row of a list in full.
    pub(super) fn show_row(&mut self, list: List, now_ms: i64) {
        let rows = self.rows(list, now_ms);
        let Some(row) = rows.iter().find(|row| Some(row.id.as_str()) == self.selected(list)) else { return };
        let lines = self.row_lines(list, row);
        let title = self.settings.words.t(&format!("screen.{}", list.name())).to_owned();
        self.overlay = Some(Overlay::Text { title, lines, top: 0 });
    }

    fn row_lines(&self, list: List, row: &Row) -> Vec<String> {
        let words = &self.settings.words;
        let mut lines: Vec<String> = Vec::new();
        let filled = |cell: &crate::rows::Cell| !matches!(cell.text.as_str(), "" | "-");
        for (column, cell) in list.columns().iter().zip(&row.cells).filter(|(_, cell)| filled(cell)) {
            // The titles of columns are cut to their width; here is room for whole words.
            let title = match words.find(&format!("field.{}", column.id)) {
                Some(title) => title.to_owned(),
                None => words.t(&format!("column.{}", column.id)).to_lowercase(),
            };
            lines.push(status::line(&title, &cell.text));
        }
        if let Some(agent) = self.board().agents.get(&row.id).filter(|_| list == List::Agents) {
            let named = |of: &std::collections::BTreeMap<String, u8>| {
                of.iter().map(|(name, level)| format!("{name} {level}")).collect::<Vec<_>>().join(", ")
            };
            let all = [("agent.queues", named(&agent.queues)), ("agent.skills", named(&agent.skills))];
            let filled = all.iter().filter(|(_, text)| !text.is_empty());
            lines.extend(filled.map(|(key, text)| status::line(words.t(key), text)));
        }
        if let Some(kept) = self.board().recordings.iter().find(|kept| kept.id == row.id)
            && list == List::Recordings
        {
            lines.push(status::line(words.t("field.file"), &kept.file));
        }
        lines
    }

    /// Writes what is on the screen to a file: tables as CSV, a call as text.
    pub(super) fn write(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let at = stamp(self.server_ms(now_ms), self.model.utc_offset_min());
        let (name, text) = match self.screen {
            Screen::List(list) if list.is_report() => return self.ask_path(list, &at),
            Screen::Wall => (
                format!("switchroom-wall-{at}.csv"),
                table::csv(List::Queues, &self.rows(List::Queues, now_ms)),
            ),
            Screen::List(list) => {
                let rows = self.rows(list, now_ms);
                (format!("switchroom-{}-{at}.csv", list.name()), table::csv(list, &rows))
            }
            Screen::Desk => {
                let form = self.form(now_ms);
                let lines = self.model.desk.view.as_ref().map(|desk| crate::desk::lines(desk, form));
                (format!("switchroom-desk-{at}.txt"), lines.unwrap_or_default().join("\n") + "\n")
            }
            Screen::Detail(_) => {
                let number = self.call_in_view().map_or(0, |call| call.number);
                (format!("switchroom-call-{number}-{at}.txt"), self.detail_text())
            }
            Screen::Settings if self.model.setting.is_own => {
                (format!("switchroom-settings-console-{at}.txt"), self.own_lines().join("\n") + "\n")
            }
            Screen::Settings => {
                let lines = self.model.setting.view().map(settings::entry_lines).unwrap_or_default();
                let kind = self.model.setting.kind.word();
                (format!("switchroom-settings-{kind}-{at}.txt"), lines.join("\n") + "\n")
            }
        };
        self.write_file(name, text, now_ms, effects);
    }

    fn detail_text(&self) -> String {
        let mut lines = Vec::new();
        if let Some(ladder) = self.model.watched.as_ref().and_then(|watched| watched.ladder.as_ref()) {
            let (head, body) = render_ladder(ladder, self.ladder_style(FILE_COLUMNS));
            lines.extend(head);
            lines.extend(body.into_iter().map(|(_, line)| line));
            lines.push(String::new());
        }
        let offset = self.model.utc_offset_min();
        if let Some(call) = self.model.call(self.board(), &self.detail.call) {
            for why in &call.path {
                lines.push(format!("{}  {:<8}  {}", clock_ms(why.at_ms, offset), why.step, clean(&why.text)));
            }
            if let Some(ended) = &call.ended {
                lines.push(format!(
                    "{}  {:<8}  {}",
                    clock_ms(ended.at_ms, offset),
                    ended.by,
                    clean(&ended.text)
                ));
            }
        }
        lines.push(String::new());
        lines.join("\n")
    }

    /// Opens the answer to a question of the palette.
    pub(super) fn show_answer(&mut self, title: String, answer: &Answer, now_ms: i64) {
        let lines = shown_text(self, answer, now_ms);
        self.lay(Overlay::Text { title, lines, top: 0 });
    }
}

/// An answer as lines of text, for the palette, `--plain` and `do`.
pub(crate) fn shown_text(app: &App, answer: &Answer, now_ms: i64) -> Vec<String> {
    let form = app.form(now_ms);
    match answer {
        Answer::Done(text) => vec![clean(text).into_owned()],
        Answer::Status(system) => status::system_lines(system, form),
        Answer::Calls(calls) => {
            let mut board = switchroom_wire::Board::default();
            board.calls.extend(calls.iter().map(|call| (call.id.clone(), call.clone())));
            table::board_lines(List::Calls, &board, form)
        }
        Answer::Call(call) => {
            let mut board = switchroom_wire::Board::default();
            board.calls.insert(call.id.clone(), (**call).clone());
            let mut lines = table::board_lines(List::Calls, &board, form);
            lines.push(String::new());
            lines.extend(status::path_lines(&call.path, call.ended.as_ref(), form));
            lines
        }
        Answer::Cdr(cdr) => {
            let mut lines = vec![cdr_line(cdr, form), String::new()];
            lines.extend(status::path_lines(&cdr.path, Some(&cdr.ended), form));
            lines
        }
        Answer::Extensions(extensions) => {
            let mut board = switchroom_wire::Board::default();
            board.extensions.extend(extensions.iter().map(|e| (e.number.clone(), e.clone())));
            table::board_lines(List::Lines, &board, form)
        }
        Answer::Desk(desk) => crate::desk::lines(desk, form),
        Answer::Flows(flows) => crate::flows::lines(flows, app.board()),
        Answer::Agents(agents) => {
            // The calls they are in are known from our own board.
            let mut board = switchroom_wire::Board { calls: app.board().calls.clone(), ..Default::default() };
            board.agents.extend(agents.iter().map(|agent| (agent.number.clone(), agent.clone())));
            table::board_lines(List::Agents, &board, form)
        }
        Answer::Queues(queues) => {
            let mut board = switchroom_wire::Board::default();
            board.queues.extend(queues.iter().map(|queue| (queue.name.clone(), queue.clone())));
            let mut lines = table::board_lines(List::Queues, &board, form);
            if board.queues.values().any(|queue| !queue.waiting.is_empty()) {
                lines.push(String::new());
                lines.extend(table::board_lines(List::Waiting, &board, form));
            }
            lines
        }
        Answer::Figures(figures) => super::reports::figures_lines(app, figures, form),
        Answer::Why(reasons) => {
            why_lines(reasons, form).into_iter().map(|line| with_numbers(app, &line)).collect()
        }
        Answer::Cdrs(cdrs) => cdrs.iter().map(|cdr| cdr_line(cdr, form)).collect(),
        Answer::Events(events) => {
            let board = switchroom_wire::Board { events: events.clone(), ..Default::default() };
            table::board_lines(List::Log, &board, form)
        }
        Answer::Recordings(recordings) => {
            let board = switchroom_wire::Board { recordings: recordings.clone(), ..Default::default() };
            table::board_lines(List::Recordings, &board, form)
        }
        Answer::Messages(messages) => {
            let board = switchroom_wire::Board { messages: messages.clone(), ..Default::default() };
            table::board_lines(List::Recordings, &board, form)
        }
        Answer::Missed(missed) => {
            let board = switchroom_wire::Board { missed: missed.clone(), ..Default::default() };
            table::board_lines(List::Missed, &board, form)
        }
        Answer::Wave(wave) => {
            vec![format!("{} {}", wave.id, duration(wave.length_ms.try_into().unwrap_or(0)))]
        }
        Answer::Ladder(ladder) => {
            let (head, lines) = render_ladder(ladder, app.ladder_style(FILE_COLUMNS));
            head.into_iter().chain(lines.into_iter().map(|(_, line)| line)).collect()
        }
        Answer::Settings(view) => settings::entry_lines(view),
        Answer::FlowText(flow) => flow.text.0.lines().map(|line| clean(line).into_owned()).collect(),
        Answer::SettingsDiff(diff) => settings::diff_lines(diff),
        Answer::SettingsApplied(applied) => settings::applied_lines(applied),
    }
}

/// The ids of live calls in a line as the short numbers that all screens have.
fn with_numbers(app: &App, line: &str) -> String {
    let number = |word: &str| app.model.board.calls.get(word).map(|call| call.number.to_string());
    let words = line.split(' ').map(|word| number(word).unwrap_or_else(|| word.to_owned()));
    words.collect::<Vec<_>>().join(" ")
}

fn cdr_line(cdr: &CdrView, form: crate::rows::Form<'_>) -> String {
    let party = form.party();
    let with = cdr.with.as_ref().unwrap_or(&cdr.to);
    let cause = cause(&cdr.ended, form.words);
    let talk = duration(whole(cdr.talk_ms));
    let when = crate::format::moment(cdr.started_ms, form.now_ms, form.utc_offset_min, form.words);
    let line =
        format!("{when}  {}  {} > {}  {talk}  {cause}", cdr.number, party.full(&cdr.from), party.full(with));
    clean(&line).into_owned()
}
