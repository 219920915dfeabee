//! What goes to the clipboard of whoever holds the terminal: what is selected, its number, its id. Cleaned, since what a
//! caller sent must not steer the program it is pasted into.

use crate::app::{App, Effect, Mood, Screen, Tab};
use crate::rows::List;
use switchroom_wire::{clean, fit};

/// Characters that are copied at once: terminals take no more.
const COPIED_MAX: usize = 50_000;

/// Columns of what was copied that the line about it repeats.
const TOLD_COLUMNS: usize = 48;

impl App {
    /// Copies what is selected as it is shown.
    pub(super) fn copy_view(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let text = match self.screen {
            Screen::Detail(_) if self.detail.tab == Tab::Ladder => self.message_lines().join("\n"),
            Screen::Detail(_) => self.detail.call.clone(),
            Screen::Desk => {
                let form = self.form(now_ms);
                let lines = self.model.desk.view.as_ref().map(|desk| crate::desk::lines(desk, form));
                lines.unwrap_or_default().join("\n")
            }
            Screen::Settings => self.setting_lines().join("\n"),
            Screen::Wall => {
                let now_ms = self.server_ms(now_ms);
                let summary = crate::rows::waiting_summary(self.board(), now_ms, &self.settings.words);
                summary.map(|(text, _)| text).unwrap_or_default()
            }
            Screen::List(list) => {
                let rows = self.rows(list, now_ms);
                let row = rows.iter().find(|row| Some(row.id.as_str()) == self.selected(list));
                row.map(|row| row.cells.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join("  "))
                    .unwrap_or_default()
            }
        };
        self.copied(&text, now_ms, effects);
    }

    /// Copies the number that the selection is about: who called, an extension, an agent. Masked numbers stay so.
    pub(super) fn copy_number(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let number = self.number_in_view().map(|number| self.form(now_ms).party().text_number(&number));
        self.copied(&number.unwrap_or_default(), now_ms, effects);
    }

    /// Copies the id that the selection has in commands, files and the journal.
    pub(super) fn copy_id(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let id = match self.screen {
            Screen::Wall | Screen::Settings => None,
            Screen::Desk => self.model.desk.card().map(|card| card.call.clone()),
            Screen::Detail(_) => Some(self.detail.call.clone()),
            Screen::List(List::Log) => self.selected_event().and_then(|event| event.call.clone()),
            Screen::List(list) => self.selected(list).map(str::to_owned),
        };
        self.copied(&id.unwrap_or_default(), now_ms, effects);
    }

    fn number_in_view(&self) -> Option<String> {
        let board = self.board();
        match self.screen {
            Screen::Desk => self.model.desk.card().map(|card| card.caller.number.clone()),
            Screen::List(List::Recordings) => {
                let id = self.selected(List::Recordings)?;
                let message = self.selected_message(board).map(|message| message.from.number.clone());
                let recording = board.recordings.iter().find(|recording| recording.id == id);
                message.or_else(|| recording.map(|recording| recording.from.number.clone()))
            }
            Screen::List(List::Missed) => {
                let id = self.selected(List::Missed)?;
                board.missed.iter().find(|missed| missed.id == id).map(|missed| missed.caller.number.clone())
            }
            Screen::List(List::Waiting) if self.call_in_view().is_none() => {
                let id = self.selected(List::Waiting)?;
                let mut waiting = board.queues.values().flat_map(|queue| &queue.waiting);
                waiting.find(|waiter| waiter.call == id).map(|waiter| waiter.caller.number.clone())
            }
            Screen::List(List::Lines | List::Agents) => {
                let Screen::List(list) = self.screen else { return None };
                self.selected(list).map(str::to_owned)
            }
            Screen::List(List::Log) => self.selected_event().map(|event| event.subject.clone()),
            Screen::List(List::Flows) => {
                let call = self.caller_of_node()?;
                board.calls.get(&call).map(|call| call.from.number.clone())
            }
            _ => self.call_in_view().map(|call| call.from.number.clone()),
        }
    }

    /// Hands a text to the terminal, and tells what it was. Where numbers are masked they are masked in it.
    pub(super) fn copied(&mut self, text: &str, now_ms: i64, effects: &mut Vec<Effect>) {
        let text = self.form(now_ms).party().sentence(text);
        let lines: Vec<String> = text.trim().lines().map(|line| clean(line).into_owned()).collect();
        let text: String = lines.join("\n").chars().take(COPIED_MAX).collect();
        let words = &self.settings.words;
        let Some(first) = lines.first().filter(|_| !text.is_empty()) else {
            let told = words.t("toast.nothing_to_copy").to_owned();
            return self.tell(Mood::Told, told, now_ms);
        };
        let more = if lines.len() > 1 { format!(" (+{})", lines.len() - 1) } else { String::new() };
        let shown = format!("{}{more}", fit(first, switchroom_wire::columns(first).min(TOLD_COLUMNS)));
        let told = words.f("toast.copied", &[("text", &shown)]);
        effects.push(Effect::Copy(text));
        self.tell(Mood::Done, told, now_ms);
    }
}
