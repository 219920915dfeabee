//! Keys: first to what lies on top, then through the keymap to an action.

use super::palette::{INPUT_MAX, edit};
use crate::action::Action;
use crate::app::{App, Effect, Mood, Overlay, Screen, Tab};
use crate::keymap::{Code, Key, Meaning};
use crate::model::alarms;
use crate::rows::{List, Sort};
use switchroom_wire::Role;

/// Columns that a long text moves at a time.
const SHIFT: usize = 8;

/// All that a wall which stands alone can be told to do: whoever passes by shall not lead it elsewhere.
const ON_A_WALL_ALONE: [Action; 5] =
    [Action::Leave, Action::Quit, Action::Reconnect, Action::Redraw, Action::Suspend];

impl App {
    pub(super) fn on_key(&mut self, key: Key, now_ms: i64, effects: &mut Vec<Effect>) {
        if self.toast.as_ref().is_some_and(|toast| toast.mood == Mood::Wrong) {
            self.toast = None;
        }
        match self.overlay.take() {
            None => self.on_screen_key(key, now_ms, effects),
            Some(Overlay::Confirm(asked)) => self.on_confirm_key(*asked, key, now_ms, effects),
            Some(Overlay::Palette { input, cursor }) => {
                self.on_palette_key((input, cursor), key, now_ms, effects);
            }
            Some(Overlay::Filter { before }) => self.on_filter_key(before, key, now_ms),
            Some(Overlay::Path { input }) => self.on_path_key(input, key, now_ms, effects),
            Some(Overlay::Setting(typing)) => self.on_setting_key(*typing, key, now_ms, effects),
            Some(Overlay::Password { of, password, under }) => {
                self.on_password_key((of, password), under, key, now_ms, effects);
            }
            Some(Overlay::Diff(preview)) => self.on_diff_key(*preview, key, now_ms, effects),
            Some(Overlay::Help { top }) => {
                if let Some(top) = self.scroll_key(top, key) {
                    self.overlay = Some(Overlay::Help { top });
                }
            }
            Some(Overlay::Text { title, lines, top }) => match self.scroll_key(top, key) {
                Some(_) if key == Key::plain(Code::Char('y')) => {
                    self.overlay = Some(Overlay::Text { title, lines: lines.clone(), top });
                    self.copied(&lines.join("\n"), now_ms, effects);
                }
                Some(moved) => {
                    let top = moved.min(lines.len().saturating_sub(1));
                    self.overlay = Some(Overlay::Text { title, lines, top });
                }
                None => {}
            },
        }
    }

    /// The new first line of something to read; `None` closes it.
    pub(super) fn scroll_key(&self, top: usize, key: Key) -> Option<usize> {
        let page = usize::from(self.size.1.saturating_sub(4)).max(1);
        match key.code {
            Code::Esc | Code::Enter | Code::F1 | Code::Char('q' | '?') => None,
            Code::Char('c') if key.ctrl => None,
            Code::Down | Code::Char('j') => Some(top.saturating_add(1)),
            Code::Up | Code::Char('k') => Some(top.saturating_sub(1)),
            Code::PageDown | Code::Char(' ') => Some(top.saturating_add(page)),
            Code::PageUp => Some(top.saturating_sub(page)),
            Code::Home | Code::Char('g') => Some(0),
            _ => Some(top),
        }
    }

    fn on_filter_key(&mut self, before: String, key: Key, now_ms: i64) {
        let Screen::List(list) = self.screen else { return };
        let Some(state) = self.lists.get_mut(&list) else { return };
        match key.code {
            Code::Esc => state.filter = before,
            Code::Char('c') if key.ctrl => state.filter = before,
            Code::Enter => self.warn_of_unknown_field(list, now_ms),
            _ => {
                edit(&mut state.filter, key, INPUT_MAX);
                self.overlay = Some(Overlay::Filter { before });
            }
        }
    }

    fn warn_of_unknown_field(&mut self, list: List, now_ms: i64) {
        let Some(state) = self.lists.get(&list) else { return };
        let filter = crate::filter::Filter::new(&state.filter);
        if let Some(field) = filter.unknown_field(list.fields()) {
            let fields = [("field", field), ("known", &list.fields().join(", "))];
            let text = self.settings.words.f("toast.unknown_field", &fields);
            self.tell(Mood::Wrong, text, now_ms);
        }
    }

    fn on_screen_key(&mut self, key: Key, now_ms: i64, effects: &mut Vec<Effect>) {
        self.pressed.push(key);
        match self.settings.keymap.meaning(self.context(), &self.pressed) {
            Meaning::Prefix => {}
            Meaning::Nothing => self.pressed.clear(),
            Meaning::Do(action) => {
                self.pressed.clear();
                if !self.settings.wall_alone || ON_A_WALL_ALONE.contains(&action) {
                    // What was told before would be read as the answer to this key. What was sent is not answered yet.
                    self.toast.take_if(|toast| toast.mood != Mood::Sent);
                    self.act(action, now_ms, effects);
                }
            }
        }
    }

    /// Does an action, from a key or from the palette.
    pub(super) fn act(&mut self, action: Action, now_ms: i64, effects: &mut Vec<Effect>) {
        match action {
            Action::HangUp
            | Action::Listen
            | Action::Whisper
            | Action::Barge
            | Action::TakeOver
            | Action::Unlisten
            | Action::PickUp
            | Action::Transfer
            | Action::Assign
            | Action::PriorityUp
            | Action::PriorityDown
            | Action::TakeOut
            | Action::QueueDoor
            | Action::AgentReady
            | Action::AgentBreak
            | Action::AgentFinish
            | Action::AgentOut
            | Action::AgentTell
            | Action::MissedClaim
            | Action::MissedCallBack
            | Action::MissedTried
            | Action::MissedClose
            | Action::MissedRelease
            | Action::DeskTold
            | Action::DeskReady
            | Action::DeskBreak
            | Action::DeskOut
            | Action::DeskFinish
            | Action::DeskMore
            | Action::DeskOutcome
            | Action::DeskNote
            | Action::DeskCall
            | Action::DeskHangUp
            | Action::DeskTransfer
            | Action::DeskRecord
            | Action::HoldRecording
            | Action::ReleaseRecording
            | Action::Unregister
            | Action::DeleteMessage
            | Action::FlowEdit
            | Action::SettingApply
            | Action::SettingAdd
            | Action::SettingPassword
            | Action::SettingRemove
            | Action::SettingUndo
            | Action::Reload
            | Action::Shutdown => self.start_verb(action, now_ms, effects),
            Action::MoveDown => self.move_by(1, now_ms),
            Action::MoveUp => self.move_by(-1, now_ms),
            Action::PageDown => self.move_by(self.page_step(1), now_ms),
            Action::PageUp => self.move_by(-self.page_step(1), now_ms),
            Action::HalfDown => self.move_by(self.page_step(2), now_ms),
            Action::HalfUp => self.move_by(-self.page_step(2), now_ms),
            Action::First => self.move_by(isize::MIN / 2, now_ms),
            Action::Last => self.move_by(isize::MAX / 2, now_ms),
            Action::MoveLeft => self.sideways(-1, now_ms, effects),
            Action::MoveRight => self.sideways(1, now_ms, effects),
            Action::Open => self.open(now_ms, effects),
            Action::Back => self.back(now_ms, effects),
            Action::Leave => self.leave(now_ms, effects),
            Action::Quit => self.quit(now_ms, effects),
            Action::ScreenWall => self.go(Screen::Wall, effects),
            Action::ScreenQueues => self.go(Screen::List(List::Queues), effects),
            Action::ScreenAgents => self.go(Screen::List(List::Agents), effects),
            Action::ScreenCalls => self.go(Screen::List(List::Calls), effects),
            Action::ScreenMissed => self.go(Screen::List(List::Missed), effects),
            Action::ScreenFlows => self.go(Screen::List(List::Flows), effects),
            Action::ScreenDesk => self.go(Screen::Desk, effects),
            Action::ScreenRecordings => self.go(Screen::List(List::Recordings), effects),
            Action::ScreenReports => self.go(Screen::List(List::QueueReport), effects),
            Action::ReportInterval | Action::DayBefore | Action::DayAfter => {
                self.turn_report(action, now_ms);
            }
            Action::ScreenLog => self.go(Screen::List(List::Log), effects),
            Action::ScreenLines => self.go(Screen::List(List::Lines), effects),
            Action::ScreenSettings => {
                // Whose exchange it is not has settings of the console alone.
                self.model.setting.is_own |= self.model.welcome.is_some() && self.role() < Role::Admin;
                self.go(Screen::Settings, effects);
            }
            Action::ScreenPrevious => self.go_back_to_previous(effects),
            Action::TabNext | Action::TabPrevious if self.screen == Screen::Settings => {
                self.turn_settings(action == Action::TabNext, now_ms);
            }
            Action::TabNext => self.turn_tab(1),
            Action::TabPrevious => self.turn_tab(Tab::ALL.len() - 1),
            Action::GoCall | Action::GoRecording | Action::GoEvents | Action::GoLine => {
                self.go_to_related(action, now_ms, effects);
            }
            Action::Help => self.overlay = Some(Overlay::Help { top: 0 }),
            Action::Palette => self.overlay = Some(Overlay::Palette { input: String::new(), cursor: 0 }),
            Action::Filter => self.open_filter(),
            Action::AlarmNext => self.next_alarm(now_ms, effects),
            Action::AlarmAcknowledge => self.acknowledge(now_ms),
            Action::SortPrevious => self.turn_sort(false),
            Action::SortNext => self.turn_sort(true),
            Action::SortInvert => {
                if let Some(state) = self.current_list() {
                    state.sort.inverted = !state.sort.inverted;
                }
            }
            Action::Freeze => self.freeze(now_ms),
            Action::Expand => self.expanded = !self.expanded,
            Action::DetailPane => self.pane = !self.pane,
            Action::Privacy => self.masked = !self.masked,
            Action::TimeForm => self.clock = !self.clock,
            Action::Why => self.ask_why(now_ms, effects),
            Action::Decisions => self.detail.messages_only = !self.detail.messages_only,
            Action::MessageBody => self.detail.body_only = !self.detail.body_only,
            Action::Copy => self.copy_view(now_ms, effects),
            Action::CopyNumber => self.copy_number(now_ms, effects),
            Action::CopyId => self.copy_id(now_ms, effects),
            Action::Write => self.write(now_ms, effects),
            Action::Reconnect => effects.push(Effect::Reconnect { fresh: false }),
            Action::Redraw => effects.push(Effect::Redraw),
            Action::Suspend => effects.push(Effect::Suspend),
        }
    }

    fn current_list(&mut self) -> Option<&mut crate::app::ListState> {
        match self.screen {
            Screen::List(list) => self.lists.get_mut(&list),
            Screen::Detail(_) | Screen::Wall | Screen::Desk | Screen::Settings => None,
        }
    }

    fn page_step(&self, part: usize) -> isize {
        isize::try_from((self.page() / part).max(1)).unwrap_or(1)
    }

    fn move_by(&mut self, by: isize, now_ms: i64) {
        match self.screen {
            Screen::Wall | Screen::Desk => {}
            Screen::Settings => self.move_in_settings(by, now_ms),
            Screen::List(list) => {
                let index = self.selected_index(list).saturating_add_signed(by);
                self.select_index(list, index, now_ms);
                self.only_moves = true;
            }
            Screen::Detail(_) => {
                let last = self.detail_lines().saturating_sub(1);
                self.detail.cursor = self.detail_cursor().saturating_add_signed(by).min(last);
                self.detail.follows = self.detail.cursor == last;
            }
        }
    }

    /// Lines that the cursor of the detail can stand on.
    pub(crate) fn detail_lines(&self) -> usize {
        let call = self.model.call(self.board(), &self.detail.call);
        match self.detail.tab {
            Tab::Ladder => self.ladder_entries().len(),
            Tab::Path => call.map_or(0, |call| call.path.len() + usize::from(call.ended.is_some())),
            Tab::Events => self.call_events().len(),
            Tab::Media => 0,
        }
    }

    /// Where the cursor of the detail stands: at the end while it follows.
    pub(crate) fn detail_cursor(&self) -> usize {
        let last = self.detail_lines().saturating_sub(1);
        if self.detail.follows { last } else { self.detail.cursor.min(last) }
    }

    fn sideways(&mut self, by: isize, now_ms: i64, effects: &mut Vec<Effect>) {
        match self.screen {
            Screen::Wall => self.wall_turn = self.wall_turn.wrapping_add_signed(by),
            Screen::Desk => {}
            Screen::Settings if self.model.setting.is_own => {}
            Screen::Settings => self.model.setting.is_in_form = by > 0 && self.model.setting.name().is_some(),
            Screen::List(_) => {
                if let Some(state) = self.current_list() {
                    let most = 50 * SHIFT;
                    state.shift = state.shift.saturating_add_signed(by * SHIFT as isize).min(most);
                }
            }
            Screen::Detail(from) => {
                // The call before or after this one, in the order of the list.
                let list = if from == List::Waiting { from } else { List::Calls };
                let rows = self.rows(list, now_ms);
                let at = rows.iter().position(|row| row.id == self.detail.call);
                if at.is_none() {
                    let text = self.settings.words.t("refused.not_listed").to_owned();
                    return self.tell(Mood::Told, text, now_ms);
                }
                let next = at.and_then(|at| at.checked_add_signed(by)).and_then(|at| rows.get(at));
                if let Some(id) = next.map(|row| row.id.clone()) {
                    if let Some(state) = self.lists.get_mut(&list) {
                        state.selected = Some(id.clone());
                    }
                    self.open_call(id, effects);
                }
            }
        }
    }

    fn open(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        match self.screen {
            Screen::List(List::Queues) => self.open_queue(effects),
            // Who is to be called back has no call yet.
            Screen::List(List::Waiting) if self.call_in_view().is_none() => {
                self.show_row(List::Waiting, now_ms);
            }
            Screen::List(list @ (List::Calls | List::Waiting)) => {
                if let Some(id) = self.selected(list).map(str::to_owned) {
                    self.previous = self.screen;
                    self.open_call(id, effects);
                }
            }
            Screen::List(List::Flows) => self.read_flow(),
            Screen::Desk => self.read_desk(now_ms),
            Screen::List(list) => self.show_row(list, now_ms),
            Screen::Detail(_) => self.show_message(),
            Screen::Settings => self.open_setting(now_ms),
            Screen::Wall => {}
        }
    }

    fn back(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        if let Screen::Detail(list) = self.screen {
            self.go(Screen::List(list), effects);
        } else if self.screen == Screen::Settings && self.close_setting(now_ms) {
        } else if self.frozen.is_some() {
            self.frozen = None;
        } else if let Some(state) = self.current_list() {
            if !state.filter.is_empty() {
                state.filter.clear();
            } else if state.scope.is_some() {
                self.go(Screen::List(List::Queues), effects);
            } else {
                self.end_supervision(now_ms, effects);
            }
        } else {
            self.end_supervision(now_ms, effects);
        }
    }

    /// With nothing else open `Esc` ends the supervision, never the call that is heard.
    fn end_supervision(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        if self.mine().is_some() {
            self.start_verb(Action::Unlisten, now_ms, effects);
        }
    }

    fn leave(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        match self.screen {
            Screen::Detail(list) => self.go(Screen::List(list), effects),
            Screen::List(List::Waiting) => self.go(Screen::List(List::Queues), effects),
            Screen::List(List::Calls) => self.quit(now_ms, effects),
            Screen::Wall if self.settings.wall_alone => self.quit(now_ms, effects),
            Screen::Desk if self.settings.desk.is_some() => self.quit(now_ms, effects),
            Screen::List(_) | Screen::Wall | Screen::Desk | Screen::Settings => {
                self.go(Screen::List(List::Calls), effects);
            }
        }
    }

    fn go_back_to_previous(&mut self, effects: &mut Vec<Effect>) {
        match self.previous {
            Screen::Detail(_) if !self.detail.call.is_empty() => {
                let was = self.screen;
                let call = self.detail.call.clone();
                self.open_call(call, effects);
                self.previous = was;
            }
            Screen::Detail(_) => {}
            previous @ (Screen::List(_) | Screen::Wall | Screen::Desk | Screen::Settings) => {
                self.go(previous, effects);
            }
        }
    }

    fn turn_tab(&mut self, by: usize) {
        if self.turn_report_tab(by) {
            return;
        }
        let at = Tab::ALL.iter().position(|tab| *tab == self.detail.tab).unwrap_or(0);
        self.detail.tab = Tab::ALL[(at + by) % Tab::ALL.len()];
        self.detail.cursor = 0;
        self.detail.top = 0;
        self.detail.follows = true;
    }

    fn open_filter(&mut self) {
        if let Some(state) = self.current_list() {
            let before = state.filter.clone();
            self.overlay = Some(Overlay::Filter { before });
        }
    }

    fn turn_sort(&mut self, next: bool) {
        let Screen::List(list) = self.screen else { return };
        let count = list.columns().len();
        if let Some(state) = self.lists.get_mut(&list) {
            state.sort.column = match (state.sort.column, next) {
                (None, true) => Some(0),
                (None, false) => Some(count - 1),
                (Some(n), true) => Some(n + 1).filter(|n| *n < count),
                (Some(n), false) => n.checked_sub(1),
            };
            state.follows &= state.sort == Sort::default();
        }
    }

    fn freeze(&mut self, now_ms: i64) {
        self.frozen = match self.frozen.take() {
            Some(_) => None,
            None => Some(crate::app::Frozen {
                server_ms: self.server_ms(now_ms),
                board: self.model.board.clone(),
            }),
        };
    }

    /// Takes note of the alarm shown first; its mark loses its weight on this console.
    fn acknowledge(&mut self, now_ms: i64) {
        let open = alarms(&self.model.board);
        let first = open.into_iter().find(|alarm| !self.acknowledged.contains(&alarm.id)).cloned();
        let (key, text) = match first {
            Some(alarm) => {
                self.acknowledged.insert(alarm.id);
                ("alarm.noted", alarm.text)
            }
            None => ("alarm.none", String::new()),
        };
        let text = self.settings.words.f(key, &[("text", &text)]);
        self.tell(Mood::Told, text, now_ms);
    }

    /// What the sort is called.
    pub(crate) fn sort_name(&self, list: List) -> String {
        let words = &self.settings.words;
        let sort = self.lists.get(&list).map(|state| state.sort).unwrap_or_default();
        let name = match sort.column.and_then(|n| list.columns().get(n)) {
            Some(column) => words.t(&format!("column.{}", column.id)).to_lowercase(),
            None => words.t(&format!("sort.{}", list.name())).to_owned(),
        };
        if sort.inverted { words.f("sort.inverted", &[("name", &name)]) } else { name }
    }
}
