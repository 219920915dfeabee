//! From what is selected to what it is about: its call, its recording, its events, its line; and to the next alarm.

use crate::action::Action;
use crate::app::{App, Effect, Mood, Screen, Waiting};
use crate::model::{alarms, legs_of_line};
use crate::rows::List;
use switchroom_wire::{CallView, Command, EventView, RecordingState};

/// Events of a call that the board has no more, asked for at once.
const EVENTS_ASKED: u32 = 200;

impl App {
    /// Goes to what the selection is about: its call, recording, events or line.
    pub(super) fn go_to_related(&mut self, action: Action, now_ms: i64, effects: &mut Vec<Effect>) {
        let call = self.related_call();
        let reached = match action {
            Action::GoCall => call.map(|which| match self.call_on_board(&which) {
                Some(id) => {
                    self.previous = self.screen;
                    self.open_call(id, effects);
                }
                // It is over, and the exchange has it in its journal.
                None => {
                    let label = format!("call {}", self.number_of(&which).unwrap_or_else(|| which.clone()));
                    self.ask_of_old(Command::Call { call: which }, label, now_ms, effects);
                }
            }),
            Action::GoRecording => {
                let known = call.filter(|id| self.board().recordings.iter().any(|r| r.id == *id));
                known.map(|id| self.go_and_select(List::Recordings, &id, effects))
            }
            Action::GoEvents if call.as_ref().is_some_and(|which| !self.has_events_of(which)) => {
                call.map(|which| {
                    let label = format!("events {}", self.number_of(&which).unwrap_or_else(|| which.clone()));
                    let command = Command::Events { limit: EVENTS_ASKED, call: Some(which), after_ms: None };
                    self.ask_of_old(command, label, now_ms, effects);
                })
            }
            Action::GoEvents => self.filter_of_events(call.as_deref()).map(|filter| {
                self.go(Screen::List(List::Log), effects);
                if let Some(log) = self.lists.get_mut(&List::Log) {
                    log.filter = filter;
                    log.follows = true;
                }
            }),
            _ => self.line_of_selection().map(|number| self.go_and_select(List::Lines, &number, effects)),
        };
        if reached.is_none() {
            let is_recorded =
                |call: &CallView| matches!(call.recording, RecordingState::On | RecordingState::Paused);
            let is_coming = action == Action::GoRecording && self.call_in_view().is_some_and(is_recorded);
            let key = if is_coming { "refused.recording_coming" } else { "refused.nothing_there" };
            let text = self.settings.words.t(key).to_owned();
            self.tell(Mood::Told, text, now_ms);
        }
    }

    /// The call that the selection is about: its id, or the short number where there is no more.
    fn related_call(&self) -> Option<String> {
        match self.screen {
            Screen::List(List::Log) => self.selected_event().and_then(|event| {
                event.call.clone().or_else(|| event.number.map(|number| number.to_string()))
            }),
            Screen::List(List::Recordings) => match self.selected_message(self.board()) {
                Some(message) => Some(message.call.clone()),
                None => self.selected(List::Recordings).map(str::to_owned),
            },
            Screen::List(List::Lines) => self.call_of_line(),
            Screen::List(List::Agents) => self.agent_in_view().and_then(|agent| agent.call.clone()),
            Screen::List(List::Calls | List::Waiting) | Screen::Detail(_) => {
                self.call_in_view().map(|call| call.id.clone())
            }
            Screen::Desk => self.model.desk.card().map(|card| card.call.clone()),
            Screen::List(List::Flows) => self.caller_of_node(),
            Screen::List(List::CallReport) => self.selected(List::CallReport).map(str::to_owned),
            Screen::List(
                List::Queues | List::Missed | List::QueueReport | List::AgentReport | List::OutcomeReport,
            )
            | Screen::Wall
            | Screen::Settings => None,
        }
    }

    /// The id of a call that the board has, by its id or short number.
    fn call_on_board(&self, which: &str) -> Option<String> {
        let by_id = self.model.call(self.board(), which);
        let is_it = |call: &&CallView| call.number.to_string() == which;
        by_id.or_else(|| self.board().calls.values().find(is_it)).map(|call| call.id.clone())
    }

    /// The short number of a call, live or over, as far as it is known here.
    fn number_of(&self, id: &str) -> Option<String> {
        let board = self.board();
        let live = || self.model.call(board, id).map(|call| call.number);
        let kept = || board.recordings.iter().find(|recording| recording.id == id).map(|r| r.number);
        let over = || self.model.report.cdrs.iter().find(|cdr| cdr.id == id).map(|cdr| cdr.number);
        let told = || board.events.iter().find(|event| event.call.as_deref() == Some(id))?.number;
        live().or_else(kept).or_else(over).or_else(told).map(|number| number.to_string())
    }

    /// Whether the board has events of a call, or of what is not asked for by its call.
    fn has_events_of(&self, which: &str) -> bool {
        let by_line = matches!(self.screen, Screen::List(List::Lines | List::Agents));
        let is_its = |event: &EventView| event.call.as_deref() == Some(which);
        by_line || self.board().events.iter().any(is_its)
    }

    /// Asks for what the board has no more: the answer is laid over the screen.
    fn ask_of_old(&mut self, command: Command, label: String, now_ms: i64, effects: &mut Vec<Effect>) {
        if let Some(why) = self.denial(command.role()) {
            return self.tell(Mood::Wrong, why, now_ms);
        }
        self.ask(command, Waiting::Question { label }, effects);
    }

    fn go_and_select(&mut self, list: List, id: &str, effects: &mut Vec<Effect>) {
        self.go(Screen::List(list), effects);
        if let Some(state) = self.lists.get_mut(&list) {
            state.filter.clear();
            state.follows = false;
            state.selected = Some(id.to_owned());
        }
    }

    fn filter_of_events(&self, call: Option<&str>) -> Option<String> {
        if self.screen == Screen::List(List::Lines) {
            return self.selected(List::Lines).map(|number| format!("about:{number}"));
        }
        if self.screen == Screen::List(List::Agents) {
            return self.selected(List::Agents).map(|number| format!("about:{number}"));
        }
        self.number_of(call?).map(|number| format!("call:{number}"))
    }

    fn call_of_line(&self) -> Option<String> {
        let number = self.selected(List::Lines)?;
        legs_of_line(self.board(), number).next().map(|(call, _)| call.id.clone())
    }

    fn agent_in_view(&self) -> Option<&switchroom_wire::AgentView> {
        self.selected(List::Agents).and_then(|number| self.board().agents.get(number))
    }

    /// The extension that took part: who answered, else who was called, else who called.
    fn line_of_selection(&self) -> Option<String> {
        let parties = match self.screen {
            Screen::List(List::Recordings) => {
                let id = self.selected(List::Recordings)?;
                if let Some(message) = self.selected_message(self.board()) {
                    let known = |number: &String| self.board().extensions.contains_key(number);
                    return message.mailbox.iter().chain([&message.from.number]).find(|n| known(n)).cloned();
                }
                let recording = self.board().recordings.iter().find(|r| r.id == id)?;
                vec![recording.with.number.clone(), recording.from.number.clone()]
            }
            Screen::List(List::Agents) => vec![self.agent_in_view()?.extension.clone()],
            _ => {
                let call = self.call_in_view()?;
                let with = call.with.as_ref().map(|with| with.number.clone());
                with.into_iter().chain([call.to.number.clone(), call.from.number.clone()]).collect()
            }
        };
        parties.into_iter().find(|number| self.board().extensions.contains_key(number))
    }

    /// Goes to the call or line of the next alarm that nobody took note of.
    pub(super) fn next_alarm(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let open: Vec<_> = alarms(self.board()).into_iter().cloned().collect();
        let current = self.call_in_view().map(|call| call.id.clone());
        let at = open.iter().position(|alarm| alarm.call.is_some() && alarm.call == current);
        let order = at.map_or(0, |at| at + 1);
        let next = open.iter().cycle().skip(order).take(open.len());
        let mut with_call = next.filter(|alarm| {
            alarm.call.as_ref().is_some_and(|id| self.model.call(self.board(), id).is_some())
        });
        if let Some(id) = with_call.next().and_then(|alarm| alarm.call.clone()) {
            self.go_and_select(List::Calls, &id, effects);
            return;
        }
        let worst_line = self
            .rows(List::Lines, now_ms)
            .into_iter()
            .find(|row| row.severity > switchroom_wire::Severity::Info);
        match (open.first(), worst_line) {
            (_, Some(row)) => self.go_and_select(List::Lines, &row.id, effects),
            (Some(alarm), None) => self.tell(Mood::Told, alarm.text.clone(), now_ms),
            (None, None) => {
                let text = self.settings.words.t("alarm.none").to_owned();
                self.tell(Mood::Told, text, now_ms);
            }
        }
    }
}
