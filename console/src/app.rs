//! The state of the console: the model of the daemon, and what this user is looking at. Nothing here draws or waits.

use crate::action::{Action, Context, Family, Spec};
pub(crate) use crate::asked::{Asked, Doing, Target};
use crate::config::Settings;
use crate::desk::Desk;
use crate::keymap::Key;
use crate::layout::{Layout, Wish, layout};
use crate::model::Model;
use crate::rows::{self, Asks, Form, List, Row, Sort};
use crate::seen::Unseen;
pub(crate) use crate::selection::scrolled;
use crate::setting::{Preview, Typing};
use crate::update::FlowEdits;
use ratatui::layout::Rect;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use switchroom_wire::{Board, CallView, ClientLine, Command, FiguresBy, Hushed, Role, SettingsChange};

/// How long a toast stays.
pub(crate) const TOAST_MS: i64 = 6_000;

/// How long a selection rests before its wave is asked for.
pub(crate) const REST_MS: i64 = 250;

/// What is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    Wall,
    List(List),
    /// An agent's desk.
    Desk,
    /// The detail of a call, with the list it was opened from.
    Detail(List),
    Settings,
}

/// A tab of the call detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tab {
    #[default]
    Ladder,
    Media,
    Path,
    Events,
}

impl Tab {
    pub(crate) const ALL: [Self; 4] = [Self::Ladder, Self::Media, Self::Path, Self::Events];

    pub(crate) fn context(self) -> Context {
        match self {
            Self::Ladder => Context::Ladder,
            Self::Media => Context::Media,
            Self::Path => Context::Path,
            Self::Events => Context::Events,
        }
    }
}

/// What is selected in a list, and how it is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListState {
    pub(crate) selected: Option<String>,
    /// Where the selected row was last seen: its neighbour is taken when it goes.
    pub(crate) index: usize,
    pub(crate) top: usize,
    pub(crate) sort: Sort,
    pub(crate) filter: String,
    /// The newest row is selected as it comes.
    pub(crate) follows: bool,
    /// Only rows of this queue: the list was opened from it.
    pub(crate) scope: Option<String>,
    /// Columns that long texts are shifted by.
    pub(crate) shift: usize,
}

/// The detail of a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct DetailState {
    pub(crate) call: String,
    pub(crate) tab: Tab,
    /// The selected entry or line, and the first one shown.
    pub(crate) cursor: usize,
    pub(crate) top: usize,
    /// The cursor stays at the newest entry.
    pub(crate) follows: bool,
    pub(crate) messages_only: bool,
    /// The message is shown from its body on.
    pub(crate) body_only: bool,
}

/// Something that takes the keys before the screen does.
#[derive(Debug, Clone)]
pub(crate) enum Overlay {
    Help {
        top: usize,
    },
    Palette {
        input: String,
        cursor: usize,
    },
    Filter {
        before: String,
    },
    Confirm(Box<Asked>),
    /// Where a report is to be written.
    Path {
        input: String,
    },
    /// The value of a setting, or the name of a new one, being typed.
    Setting(Box<Typing>),
    /// What a change of settings would do; it is applied from here and from nowhere else.
    Diff(Box<Preview>),
    /// A new password, told once; whose it is, and what it came over.
    Password {
        of: String,
        password: Hushed,
        under: Option<Box<Overlay>>,
    },
    /// A text to read: a whole message, an event, the detail of a row.
    Text {
        title: String,
        lines: Vec<String>,
        top: usize,
    },
}

/// How a toast is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Told,
    Sent,
    Done,
    /// Stays until a key is pressed.
    Wrong,
}

#[derive(Debug, Clone)]
pub(crate) struct Toast {
    pub(crate) mood: Mood,
    pub(crate) text: String,
    pub(crate) until_ms: i64,
}

/// What an answer that is waited for belongs to.
#[derive(Debug, Clone)]
pub(crate) enum Waiting {
    Verb {
        label: String,
        command: Box<Command>,
    },
    Question {
        label: String,
    },
    Wave,
    /// Figures of the reports.
    Figures(FiguresBy),
    Desk,
    /// The breaks that can be chosen for an agent.
    Breaks,
    Flows,
    /// Calls that are over, and what was said of them.
    Ended,
    Settings,
    /// What a change of settings would do.
    Preview {
        change: Box<SettingsChange>,
    },
    /// That change made; of a flow, if it is one.
    Applied {
        label: String,
        change: Box<SettingsChange>,
    },
    /// The file of a flow, to be edited.
    FlowText {
        flow: String,
    },
}

/// How we stand with the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkState {
    Connecting,
    Live,
    Down { since_ms: i64, why: String, next_try_ms: Option<i64> },
}

/// A moment that was kept.
#[derive(Debug, Clone)]
pub(crate) struct Frozen {
    pub(crate) board: Board,
    pub(crate) server_ms: i64,
}

/// What the loop must do for the state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    Send(ClientLine),
    /// Try now. `fresh` asks for a whole board.
    Reconnect {
        fresh: bool,
    },
    Quit,
    Suspend,
    Redraw,
    Bell,
    Copy(String),
    /// Give the terminal to the user's editor, with a copy of the file of a flow.
    Edit {
        flow: String,
        /// What the copy is called.
        name: String,
        text: Hushed,
    },
    Write {
        name: String,
        text: String,
    },
    /// Write what was made of a flow into a file that nobody else can read, before the flow is edited anew.
    PutAside {
        flow: String,
        name: String,
        text: Hushed,
    },
    /// Keep a setting of our own in our own file.
    Keep {
        name: String,
        value: String,
    },
}

/// All of it.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) model: Model,
    pub(crate) link: LinkState,
    pub(crate) screen: Screen,
    pub(crate) previous: Screen,
    pub(crate) lists: BTreeMap<List, ListState>,
    pub(crate) detail: DetailState,
    pub(crate) overlay: Option<Overlay>,
    /// What came for the screen while something on top of it is not to be disturbed.
    pub(crate) later: VecDeque<Overlay>,
    pub(crate) unseen: Unseen,
    pub(crate) toast: Option<Toast>,
    pub(crate) waiting: BTreeMap<u64, Waiting>,
    pub(crate) next_id: u64,
    /// Keys of an unfinished sequence.
    pub(crate) pressed: Vec<Key>,
    pub(crate) frozen: Option<Frozen>,
    pub(crate) masked: bool,
    pub(crate) clock: bool,
    pub(crate) pane: bool,
    pub(crate) expanded: bool,
    pub(crate) acknowledged: BTreeSet<String>,
    pub(crate) size: (u16, u16),
    /// When the selection of the recordings last changed.
    pub(crate) rested_ms: i64,
    /// Recordings whose wave was asked for on this connection.
    pub(crate) waves_asked: BTreeSet<String>,
    pub(crate) history: Vec<String>,
    /// Pages of the wall that the user turned on by hand.
    pub(crate) wall_turn: usize,
    /// The extension at which the user sits, as said in this session.
    pub(crate) phone: Option<String>,
    pub(crate) flow_edits: FlowEdits,
    /// The rows of the list on screen as they were last made.
    pub(crate) shown: Option<(List, Vec<Row>)>,
    /// All that is done now is to select another of them.
    pub(crate) only_moves: bool,
    #[cfg(test)]
    pub(crate) rows_made: std::cell::Cell<usize>,
}

impl App {
    pub(crate) fn new(settings: Settings, size: (u16, u16)) -> Self {
        let (masked, clock) = (settings.masked, settings.clock);
        let screen = match &settings.desk {
            _ if settings.wall_alone => Screen::Wall,
            Some(_) => Screen::Desk,
            None => Screen::List(List::Calls),
        };
        let mut model = Model::default();
        model.desk = Desk::of(settings.desk.clone().flatten());
        let mut lists: BTreeMap<List, ListState> =
            List::ALL.map(|list| (list, ListState::default())).into_iter().collect();
        if let Some(log) = lists.get_mut(&List::Log) {
            log.follows = true;
        }
        Self {
            settings,
            model,
            link: LinkState::Connecting,
            screen,
            previous: screen,
            lists,
            detail: DetailState::default(),
            overlay: None,
            later: VecDeque::new(),
            unseen: Unseen::default(),
            toast: None,
            waiting: BTreeMap::new(),
            next_id: 1,
            pressed: Vec::new(),
            flow_edits: FlowEdits::default(),
            frozen: None,
            masked,
            clock,
            pane: true,
            expanded: false,
            acknowledged: BTreeSet::new(),
            size,
            rested_ms: 0,
            waves_asked: BTreeSet::new(),
            history: Vec::new(),
            wall_turn: 0,
            phone: None,
            shown: None,
            only_moves: false,
            #[cfg(test)]
            rows_made: Default::default(),
        }
    }

    pub(crate) fn context(&self) -> Context {
        match self.screen {
            Screen::Wall => Context::Wall,
            Screen::Desk => Context::Desk,
            Screen::List(List::Queues) => Context::Queues,
            Screen::List(List::Waiting) => Context::Waiting,
            Screen::List(List::Agents) => Context::Agents,
            Screen::List(List::Calls) => Context::Calls,
            Screen::List(List::Missed) => Context::Missed,
            Screen::List(List::Flows) => Context::Flows,
            Screen::List(List::QueueReport | List::AgentReport | List::CallReport | List::OutcomeReport) => {
                Context::Reports
            }
            Screen::List(List::Recordings) => Context::Recordings,
            Screen::List(List::Log) => Context::Log,
            Screen::List(List::Lines) => Context::Lines,
            Screen::Detail(_) => self.detail.tab.context(),
            Screen::Settings => Context::Settings,
        }
    }

    /// The board shown: the live one, or the one that was frozen.
    pub(crate) fn board(&self) -> &Board {
        self.frozen.as_ref().map_or(&self.model.board, |frozen| &frozen.board)
    }

    /// The daemon's clock as the screen shows it: it stands still while frozen and while nothing is heard.
    pub(crate) fn server_ms(&self, now_ms: i64) -> i64 {
        if let Some(frozen) = &self.frozen {
            return frozen.server_ms;
        }
        match (&self.link, self.model.heard_ms) {
            (LinkState::Down { .. }, Some(heard_ms)) => self.model.server_ms(heard_ms),
            _ => self.model.server_ms(now_ms),
        }
    }

    pub(crate) fn form(&self, now_ms: i64) -> Form<'_> {
        Form {
            words: &self.settings.words,
            symbols: self.settings.symbols,
            masked: self.masked,
            clock: self.clock,
            now_ms: self.server_ms(now_ms),
            utc_offset_min: self.model.utc_offset_min(),
            asks: Asks::default(),
        }
    }

    pub(crate) fn list_state(&self, list: List) -> Option<&ListState> {
        self.lists.get(&list)
    }

    pub(crate) fn wish(&self) -> Wish {
        let beside = self.screen == Screen::List(List::Calls);
        let is_setting = self.screen == Screen::Settings;
        let heading = is_setting || matches!(self.screen, Screen::List(list) if list.is_report());
        let microphone = self.mine().is_some();
        if is_setting {
            return Wish { heading, pane: false, expanded: true, beside: false, microphone };
        }
        // All that is known of a call that is over stands in its row.
        let has_pane = !matches!(self.screen, Screen::List(List::CallReport | List::OutcomeReport));
        Wish { heading, pane: self.pane && has_pane, expanded: self.expanded, beside, microphone }
    }

    pub(crate) fn layout(&self) -> Layout {
        layout(Rect::new(0, 0, self.size.0, self.size.1), self.wish())
    }

    /// The call that the screen is about.
    pub(crate) fn call_in_view(&self) -> Option<&CallView> {
        let id = match self.screen {
            Screen::Detail(_) => self.detail.call.as_str(),
            Screen::List(list @ (List::Calls | List::Waiting)) => self.selected(list)?,
            Screen::List(_) | Screen::Wall | Screen::Desk | Screen::Settings => return None,
        };
        self.model.call(self.board(), id)
    }

    /// What an action does, in words. Where the exchange ends with the console, leaving is another thing.
    pub(crate) fn action_text(&self, spec: &Spec) -> &str {
        let words = &self.settings.words;
        let of_demo =
            self.settings.ends_exchange.then(|| words.find(&format!("demo.{}", spec.name))).flatten();
        of_demo.or_else(|| words.find(&format!("action.{}.text", spec.name))).unwrap_or(spec.name)
    }

    /// The role in force: the daemon's word, lowered by the user's own wish.
    pub(crate) fn role(&self) -> Role {
        if self.settings.read_only {
            return Role::Viewer;
        }
        self.model.welcome.as_ref().map_or(Role::Viewer, |welcome| welcome.role)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.link == LinkState::Live
    }

    /// Why an action cannot be done now; `None` if it can.
    pub(crate) fn refusal(&self, action: Action) -> Option<String> {
        if let Some(why) = self.denial(action.spec().role?) {
            return Some(why);
        }
        let words = &self.settings.words;
        match action.spec().family? {
            Family::Call => match self.call_in_view() {
                None => Some(words.t("refused.no_call").to_owned()),
                Some(call) if call.ended.is_some() => Some(words.t("refused.call_over").to_owned()),
                Some(_) => None,
            },
            Family::Line => {
                let line = self.selected(List::Lines).and_then(|id| self.model.board.extensions.get(id));
                match line {
                    None => Some(words.t("refused.no_line").to_owned()),
                    Some(line) if line.bindings.is_empty() => Some(words.t("refused.no_binding").to_owned()),
                    Some(_) => None,
                }
            }
            Family::Recordings => match self.selected_message(&self.model.board) {
                Some(_) if action == Action::DeleteMessage => None,
                _ => self.recording_refusal(action),
            },
            Family::Desk => self.desk_refusal(action),
            Family::Missed => self.missed_refusal(action),
            Family::Supervise => self.supervise_refusal(action),
            Family::Forcing => self.forcing_refusal(action),
            Family::Setting => self.setting_refusal(action),
            Family::Flow => self.flow_edit_refusal(),
            Family::Floor => self.floor_refusal(action),
            Family::Daemon => None,
        }
    }

    /// The message selected among the recordings, as that board has it.
    pub(crate) fn selected_message<'a>(&self, board: &'a Board) -> Option<&'a switchroom_wire::MessageView> {
        let id = self.selected(List::Recordings)?;
        board.messages.iter().find(|message| message.id == id)
    }

    /// Why a verb that needs a role cannot be sent, whatever its target; `None` if it can.
    pub(crate) fn denial(&self, needed: Role) -> Option<String> {
        let words = &self.settings.words;
        let role = self.role();
        if self.settings.read_only && needed > Role::Viewer {
            return Some(words.f("refused.read_only", &[("role", words.t(role_key(role)))]));
        }
        if role == Role::Viewer && needed > role {
            return Some(words.f("refused.watches", &[("role", words.t(role_key(role)))]));
        }
        if role < needed {
            let fields = [("role", words.t(role_key(role))), ("needed", words.t(role_key(needed)))];
            return Some(words.f("refused.role", &fields));
        }
        (!self.is_live()).then(|| words.t("refused.disconnected").to_owned())
    }

    pub(crate) fn tell(&mut self, mood: Mood, text: String, now_ms: i64) {
        let until_ms = if mood == Mood::Wrong { i64::MAX } else { now_ms + TOAST_MS };
        self.toast = Some(Toast { mood, text, until_ms });
    }

    /// The title of the terminal.
    pub(crate) fn title(&self) -> String {
        let words = &self.settings.words;
        if !self.is_live() {
            return words.t("title.down").to_owned();
        }
        let calls = rows::live_calls(&self.model.board).count();
        let worst = self.model.board.alarms.values().map(|alarm| alarm.severity).max().unwrap_or_default();
        let fields = [("calls", calls.to_string()), ("mark", crate::theme::mark(worst).to_owned())];
        words.f("title.live", &fields).trim_end().to_owned()
    }

    /// When something changes by itself next, before the heartbeat.
    pub(crate) fn wakes_at(&self) -> Option<i64> {
        let toast = self.toast.as_ref().map(|toast| toast.until_ms).filter(|at| *at < i64::MAX);
        let rest = self.wave_wanted().map(|_| self.rested_ms + REST_MS);
        toast.into_iter().chain(rest).min()
    }

    /// The recording whose wave is not here and was not asked for.
    pub(crate) fn wave_wanted(&self) -> Option<String> {
        if self.screen != Screen::List(List::Recordings) || !self.is_live() {
            return None;
        }
        let id = self.selected(List::Recordings)?;
        if self.selected_message(self.board()).is_some() {
            return None;
        }
        (self.model.wave(id).is_none() && !self.waves_asked.contains(id)).then(|| id.to_owned())
    }
}

/// The word for a role.
pub(crate) fn role_key(role: Role) -> &'static str {
    match role {
        Role::Viewer => "role.viewer",
        Role::Agent => "role.agent",
        Role::Supervisor => "role.supervisor",
        Role::Admin => "role.admin",
    }
}
