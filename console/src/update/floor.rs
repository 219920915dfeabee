//! Verbs on agents and on those who wait.

use super::forcing::break_reasons;
use crate::action::{Action, Confirm};
use crate::app::{App, Asked, Doing, Effect, Mood, Screen, Target, Waiting};
use crate::format::duration;
use crate::rows::{List, agent_state};
use switchroom_wire::{AgentView, Board, Command, MissedAct, PRIORITY_MAX, QueueView, WaiterView};

/// Who waits under a call's id or short number, and in which queue. Who is to be called back has no short number: the id
/// names them, or the number that will be called.
pub(super) fn waiter_of<'a>(board: &'a Board, which: &str) -> Option<(&'a QueueView, &'a WaiterView)> {
    let waiters =
        || board.queues.values().flat_map(|queue| queue.waiting.iter().map(move |waiter| (queue, waiter)));
    let is_numbered = |waiter: &WaiterView| waiter.call_back.is_empty() && waiter.number.to_string() == which;
    let is_called = |waiter: &WaiterView| !waiter.call_back.is_empty() && waiter.caller.number == which;
    waiters()
        .find(|(_, waiter)| waiter.call == which || is_numbered(waiter))
        .or_else(|| waiters().find(|(_, waiter)| is_called(waiter)))
}

impl App {
    /// The live agent that is selected, even while the screen is frozen.
    pub(super) fn agent_selected(&self) -> Option<&AgentView> {
        self.selected(List::Agents).and_then(|number| self.model.board.agents.get(number))
    }

    fn waiter_selected(&self) -> Option<(&QueueView, &WaiterView)> {
        self.selected(List::Waiting).and_then(|call| waiter_of(&self.model.board, call))
    }

    /// What a question calls somebody who waits, beside who it is: the short number, or that it is to be called back.
    pub(super) fn waiter_number(&self, waiter: &WaiterView) -> String {
        if waiter.call_back.is_empty() {
            waiter.number.to_string()
        } else {
            self.settings.words.t("waiting.call_back").to_owned()
        }
    }

    /// Somebody who waits in the label of a verb: `4151`, `callback +351930007777`.
    pub(super) fn waiter_named(&self, waiter: &WaiterView, now_ms: i64) -> String {
        let number = self.waiter_number(waiter);
        if waiter.call_back.is_empty() {
            return number;
        }
        format!("{number} {}", self.form(now_ms).party().short(&waiter.caller))
    }

    /// Why a verb on agents or waiting callers has nothing to act on; `None` if it has.
    pub(crate) fn floor_refusal(&self, action: Action) -> Option<String> {
        let key = match action {
            Action::QueueDoor => return self.door_refusal(),
            Action::PriorityUp | Action::PriorityDown | Action::TakeOut => {
                match (action, self.waiter_selected()) {
                    (_, None) => "refused.no_waiter",
                    (Action::PriorityUp, Some((_, w))) if w.priority >= i64::from(PRIORITY_MAX) => {
                        "refused.highest"
                    }
                    (Action::PriorityDown, Some((_, w))) if w.priority <= 0 => "refused.lowest",
                    _ => return None,
                }
            }
            Action::AgentReady
            | Action::AgentBreak
            | Action::AgentFinish
            | Action::AgentOut
            | Action::AgentTell => match (action, self.agent_selected()) {
                (_, None) => "refused.no_agent",
                (Action::AgentReady, Some(a)) if a.presence == "ready" && a.problem != "rests" => {
                    "refused.is_ready"
                }
                (Action::AgentBreak | Action::AgentOut, Some(a)) if a.presence == "logged_out" => {
                    "refused.signed_out"
                }
                (Action::AgentFinish, Some(a)) if a.activity != "wrap_up" => "refused.no_wrap_up",
                _ => return None,
            },
            _ => return None,
        };
        let why = self.settings.words.t(key);
        // Whom it is about: the selection may be elsewhere by the time it is read.
        let whom = match action {
            Action::PriorityUp | Action::PriorityDown | Action::TakeOut => {
                self.waiter_selected().map(|(_, waiter)| self.waiter_number(waiter))
            }
            _ => self.agent_selected().map(|agent| format!("{} {}", agent.number, agent.name)),
        };
        Some(whom.map_or_else(|| why.to_owned(), |whom| format!("{whom} {why}")))
    }

    /// The question of a verb on what is selected; `None` when there is no such target.
    pub(super) fn ask_floor(&self, action: Action, now_ms: i64) -> Option<Asked> {
        match action {
            Action::PriorityUp | Action::PriorityDown => {
                let (_, waiter) = self.waiter_selected()?;
                let by = if action == Action::PriorityUp { 1 } else { -1 };
                let priority = (waiter.priority + by).clamp(0, i64::from(PRIORITY_MAX));
                self.ask_priority(action, &waiter.call, u8::try_from(priority).unwrap_or(0), now_ms)
            }
            Action::QueueDoor => self.ask_door_selected(now_ms),
            Action::TakeOut => self.ask_take_out(&self.waiter_selected()?.1.call, now_ms),
            Action::AgentReady | Action::AgentBreak | Action::AgentOut => {
                self.ask_presence(action, &self.agent_selected()?.number, None, now_ms)
            }
            Action::AgentTell => self.ask_tell(self.agent_selected()?),
            Action::AgentFinish => {
                let agent = self.agent_selected()?.number.clone();
                self.ask_finish(Command::AgentWrapUp { agent, more_s: None, disposition: None })
            }
            _ => None,
        }
    }

    /// The question of a command in words; `None` when it is no verb of the floor or has no such target.
    pub(super) fn ask_floor_command(&self, command: &Command, now_ms: i64) -> Option<Asked> {
        match command {
            Command::Priority { call, priority } => {
                let now = waiter_of(&self.model.board, call)?.1.priority;
                let up = i64::from(*priority) >= now;
                let action = if up { Action::PriorityUp } else { Action::PriorityDown };
                self.ask_priority(action, call, *priority, now_ms)
            }
            Command::QueueDoor { queue, door } => self.ask_door(queue, *door, now_ms),
            Command::TakeOut { call } => self.ask_take_out(call, now_ms),
            Command::AgentWrapUp { .. } => self.ask_finish(command.clone()),
            Command::AgentPresence { agent, presence, reason, extension } => {
                let action = match presence.as_str() {
                    "ready" => Action::AgentReady,
                    "break" => Action::AgentBreak,
                    _ => Action::AgentOut,
                };
                let mut asked = self.ask_presence(action, agent, extension.clone(), now_ms)?;
                if let Some(reason) = reason {
                    // The reason stands in the words already: it needs no second question.
                    asked.level = Confirm::None;
                    asked.give_reason(reason);
                }
                Some(asked)
            }
            _ => None,
        }
    }

    pub(super) fn asked(&self, action: Action, command: Command, target: Target, label: String) -> Asked {
        let spec = action.spec();
        debug_assert!(spec.role >= Some(command.role()), "{}: the daemon wants more of a user", spec.name);
        Asked::new(command, target, spec.confirm, label)
    }

    fn ask_priority(&self, action: Action, call: &str, priority: u8, now_ms: i64) -> Option<Asked> {
        let (_, waiter) = waiter_of(&self.model.board, call)?;
        let fields = [("number", self.waiter_named(waiter, now_ms)), ("priority", priority.to_string())];
        let label = self.settings.words.f("verb.priority", &fields);
        let command = Command::Priority { call: waiter.call.clone(), priority };
        Some(self.asked(action, command, Target::Waiter { call: waiter.call.clone() }, label))
    }

    fn ask_take_out(&self, call: &str, now_ms: i64) -> Option<Asked> {
        let (queue, waiter) = waiter_of(&self.model.board, call)?;
        let command = Command::TakeOut { call: waiter.call.clone() };
        let target = Target::Waiter { call: waiter.call.clone() };
        let label = self.settings.words.f("verb.take_out", &[("number", self.waiter_named(waiter, now_ms))]);
        let asked = self.asked(Action::TakeOut, command, target, label);
        Some(Asked { question: self.ask_waiter("confirm.take_out", queue, waiter, now_ms), ..asked })
    }

    /// The sentence under a key about somebody who waits: who, where and for how long.
    pub(super) fn ask_waiter(
        &self,
        key: &str,
        queue: &QueueView,
        waiter: &WaiterView,
        now_ms: i64,
    ) -> String {
        let fields = [
            ("number", self.waiter_number(waiter)),
            ("from", self.form(now_ms).party().full(&waiter.caller)),
            ("queue", queue.name.clone()),
            ("time", duration(self.model.server_ms(now_ms) - waiter.since_ms)),
        ];
        self.settings.words.f(key, &fields)
    }

    pub(super) fn ask_presence(
        &self,
        action: Action,
        number: &str,
        extension: Option<String>,
        now_ms: i64,
    ) -> Option<Asked> {
        let agent = self.model.board.agents.get(number)?;
        let words = &self.settings.words;
        let (verb, question, presence) = match action {
            Action::AgentReady => ("verb.agent_ready", "", "ready"),
            Action::AgentBreak => ("verb.agent_break", "confirm.agent_break", "break"),
            _ => ("verb.agent_out", "confirm.agent_out", "logged_out"),
        };
        let state = words.t(agent_state(agent).0).to_owned();
        let time = duration(self.model.server_ms(now_ms) - agent.since_ms);
        let fields = [("number", number), ("name", &agent.name), ("state", &state), ("time", &time)];
        let command = Command::AgentPresence {
            agent: number.to_owned(),
            presence: presence.to_owned(),
            reason: None,
            extension,
        };
        // A break begins after the call at hand anyway; who is signed out should be doing what the question said.
        let doing = (action == Action::AgentOut).then(|| Doing::of(agent));
        let target = Target::Agent { number: number.to_owned(), doing };
        let asked = self.asked(action, command, target, words.f(verb, &fields));
        let question = if question.is_empty() { String::new() } else { words.f(question, &fields) };
        let is_break = action == Action::AgentBreak;
        let choices = if is_break { break_reasons(&self.model.board) } else { Vec::new() };
        Some(Asked { question, choices, ..asked })
    }

    fn ask_tell(&self, agent: &AgentView) -> Option<Asked> {
        let words = &self.settings.words;
        let fields = [("number", agent.number.as_str()), ("name", &agent.name)];
        let command = Command::Tell { to: agent.number.clone(), text: String::new() };
        let target = Target::Agent { number: agent.number.clone(), doing: None };
        let asked = self.asked(Action::AgentTell, command, target, words.f("verb.agent_tell", &fields));
        Some(Asked { question: words.f("confirm.agent_tell", &fields), ..asked })
    }

    fn ask_finish(&self, command: Command) -> Option<Asked> {
        let Command::AgentWrapUp { agent, .. } = &command else { return None };
        let agent = self.model.board.agents.get(agent)?;
        let fields = [("number", agent.number.as_str()), ("name", &agent.name)];
        let label = self.settings.words.f("verb.agent_finish", &fields);
        let target = Target::Agent { number: agent.number.clone(), doing: None };
        Some(self.asked(Action::AgentFinish, command, target, label))
    }

    /// Asks the daemon why the selected caller waits, or was offered to whom it was.
    pub(super) fn ask_why(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let call = self.call_selected(now_ms);
        let refused = match (&call, self.is_live()) {
            (None, _) => Some("refused.no_call"),
            (Some(_), false) => Some("refused.disconnected"),
            (Some(_), true) => None,
        };
        if let Some(key) = refused {
            let text = self.settings.words.t(key).to_owned();
            self.tell(Mood::Wrong, text, now_ms);
            return;
        }
        let Some((id, number)) = call else { return };
        let label = self.settings.words.f("why.title", &[("number", &number)]);
        self.ask(Command::Why { call: id }, Waiting::Question { label }, effects);
    }

    /// The call that is selected, by id and as labels name it.
    fn call_selected(&self, now_ms: i64) -> Option<(String, String)> {
        if self.screen == Screen::List(List::Waiting) {
            let (_, waiter) = self.waiter_selected()?;
            return Some((waiter.call.clone(), self.waiter_named(waiter, now_ms)));
        }
        self.call_in_view().map(|call| (call.id.clone(), call.number.to_string()))
    }

    /// What happened to an agent since the question was opened.
    pub(super) fn agent_changed(&self, number: &str, was: Option<&Doing>) -> Option<String> {
        let words = &self.settings.words;
        let Some(agent) = self.model.board.agents.get(number) else {
            return Some(words.t("refused.no_agent").to_owned());
        };
        let was = was?;
        if agent.activity != was.activity {
            return Some(words.f("refused.agent_changed", &[("state", words.t(agent_state(agent).0))]));
        }
        (agent.call != was.call).then(|| words.t("refused.agent_call").to_owned())
    }

    /// What happened to somebody who waited since the question was opened.
    pub(super) fn waiter_changed(&self, call: &str) -> Option<String> {
        let gone = waiter_of(&self.model.board, call).is_none();
        gone.then(|| self.settings.words.t("refused.no_longer_waits").to_owned())
    }

    /// Opens who waits in the selected queue.
    pub(super) fn open_queue(&mut self, effects: &mut Vec<Effect>) {
        let Some(queue) = self.selected(List::Queues).map(str::to_owned) else { return };
        self.go(Screen::List(List::Waiting), effects);
        if let Some(state) = self.lists.get_mut(&List::Waiting) {
            if state.scope.as_ref() != Some(&queue) {
                *state = crate::app::ListState::default();
            }
            state.scope = Some(queue);
        }
    }
}

impl Asked {
    /// Puts what was typed into the command: the reason of a break, what came of a missed call, the extension that calls
    /// back, a number, an agent, the user's phone.
    pub(super) fn give_reason(&mut self, text: &str) {
        match &mut self.command {
            Command::AgentPresence { reason, .. } => *reason = Some(text.to_owned()),
            Command::MissedAct { act: MissedAct::Close { word }, .. } => text.clone_into(word),
            Command::Dial { from, to } if !from.is_empty() => text.trim().clone_into(to),
            Command::Dial { from, .. } => text.trim().clone_into(from),
            Command::AgentWrapUp { disposition, .. } => *disposition = Some(text.trim().to_owned()),
            Command::Note { text: note, .. } | Command::Tell { text: note, .. } => {
                text.trim().clone_into(note);
            }
            Command::HoldRecording { reason, .. } => text.trim().clone_into(reason),
            Command::Transfer { to, .. } => text.trim().clone_into(to),
            Command::Assign { agent, .. } => text.trim().clone_into(agent),
            Command::Supervise { phone, .. }
            | Command::SuperviseAct { phone, .. }
            | Command::PickUp { phone, .. } => *phone = Some(text.trim().to_owned()),
            _ => {}
        }
    }

    /// Completes what was typed to the next of the choices that begins with it.
    pub(super) fn complete(&mut self) {
        let at = self.choices.iter().position(|choice| *choice == self.typed);
        let next = match at {
            Some(at) => self.choices.get(at + 1).or(self.choices.first()),
            None => self.choices.iter().find(|choice| choice.starts_with(&self.typed)),
        };
        if let Some(choice) = next {
            self.typed.clone_from(choice);
        }
    }
}
