//! The desk and the flows: when they are asked for, and the verbs of an agent at the desk.

use crate::action::Action;
use crate::app::{App, Asked, Doing, Effect, Overlay, Screen, Target, Waiting};
use crate::desk::lines;
use crate::model::legs_of_line;
use crate::rows::{List, agent_state};
use switchroom_wire::{
    AgentView, CallView, CardView, Command, LegView, RecordingAct, RecordingState, Role, Side,
};

/// Seconds of after-call time that one key adds: the daemon is told how long it lasts from now on.
const MORE_S: u32 = 60;

impl App {
    /// Asks for the desk or the flows, if they are shown and not here, old, or another by now.
    pub(super) fn ask_shown(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        if !self.is_live() || !self.model.is_filled || self.frozen.is_some() {
            return;
        }
        if self.screen == Screen::Desk
            && let Some(command) = self.model.desk.wanted(&self.model.board, now_ms)
        {
            self.model.desk.asked(&self.model.board, now_ms);
            self.ask(command, Waiting::Desk, effects);
        }
        if self.screen == Screen::List(List::Flows)
            && let Some(command) = self.model.flows.wanted(now_ms)
        {
            self.model.flows.asked_ms = Some(now_ms);
            self.ask(command, Waiting::Flows, effects);
        }
    }

    /// The agent of the desk, as the live board has it.
    fn desk_agent(&self) -> Option<&AgentView> {
        self.model.desk.agent(&self.model.board)
    }

    /// The call at hand, as long as it lives: that of a queue in which the agent talks, else one of the agent's own phone.
    /// One that only rings is not, nor one that is written up and goes on without the agent.
    fn desk_call(&self) -> Option<&CallView> {
        let agent = self.desk_agent()?;
        let board = &self.model.board;
        match agent.activity.as_str() {
            "talking" | "holding" => {
                board.calls.get(agent.call.as_ref()?).filter(|call| call.ended.is_none())
            }
            "offered" => None,
            _ => {
                let seat = &self.model.desk.view.as_ref()?.extension;
                let is_own = |(call, leg): &(&CallView, &LegView)| {
                    let is_in = leg.side == Side::Caller || matches!(leg.state.as_str(), "up" | "holding");
                    is_in && call.supervision.is_none() && Some(&call.id) != agent.call.as_ref()
                };
                legs_of_line(board, seat).find(is_own).map(|(call, _)| call)
            }
        }
    }

    fn desk_card(&self) -> Option<&CardView> {
        self.model.desk.card()
    }

    /// Why a verb of the desk cannot be done; `None` if it can.
    pub(crate) fn desk_refusal(&self, action: Action) -> Option<String> {
        let key = match (action, self.desk_agent()) {
            (_, None) if self.model.desk.is_nobodys() && self.role() >= Role::Supervisor => "desk.whose",
            (_, None) => "refused.no_agent",
            (Action::DeskReady, Some(a)) if a.presence == "ready" && a.problem != "rests" => {
                "refused.is_ready"
            }
            (Action::DeskBreak | Action::DeskOut, Some(a)) if a.presence == "logged_out" => {
                "refused.signed_out"
            }
            (Action::DeskFinish | Action::DeskMore | Action::DeskOutcome, Some(a))
                if a.activity != "wrap_up" =>
            {
                "refused.no_wrap_up"
            }
            // How long it lasts is counted from what is known: the same minute is added once.
            (Action::DeskMore, Some(a)) if self.is_more_asked(&a.number) => "refused.more_asked",
            // What came of one call is not written on another.
            (Action::DeskOutcome, Some(a)) if a.call.as_ref() != self.desk_card().map(|card| &card.call) => {
                "refused.desk_old"
            }
            (Action::DeskTold, Some(a)) if a.told.is_none() => "refused.not_told",
            (Action::DeskNote, _) if self.desk_card().is_none() => "refused.no_call",
            (Action::DeskHangUp | Action::DeskTransfer | Action::DeskRecord, _)
                if self.desk_call().is_none() =>
            {
                "refused.no_call"
            }
            _ => return None,
        };
        Some(self.settings.words.t(key).to_owned())
    }

    /// Whether more after-call time of an agent was asked for and not answered yet.
    fn is_more_asked(&self, number: &str) -> bool {
        self.waiting.values().any(|waiting| match waiting {
            Waiting::Verb { command, .. } => {
                matches!(&**command, Command::AgentWrapUp { agent, more_s: Some(_), .. } if agent == number)
            }
            _ => false,
        })
    }

    /// The question of a verb of the desk; `None` when there is nothing to act on.
    pub(super) fn ask_desk(&self, action: Action, now_ms: i64) -> Option<Asked> {
        let agent = self.desk_agent()?;
        match action {
            Action::DeskReady | Action::DeskBreak | Action::DeskOut => {
                self.ask_own_presence(action, agent, now_ms)
            }
            Action::DeskFinish => Some(self.ask_wrap_up(agent, action, None)),
            Action::DeskMore => {
                let ends_ms = agent.wrap_up_ends_ms.unwrap_or_default();
                let left_ms = (ends_ms - self.model.server_ms(now_ms)).max(0);
                let left_s = u32::try_from(left_ms.saturating_add(999) / 1_000).unwrap_or(u32::MAX);
                Some(self.ask_wrap_up(agent, action, Some(left_s.saturating_add(MORE_S))))
            }
            Action::DeskOutcome => Some(self.ask_outcome(agent)),
            Action::DeskNote => self.ask_note(),
            Action::DeskTold => self.ask_told(agent),
            Action::DeskCall => Some(self.ask_own_call()),
            Action::DeskHangUp => {
                self.again(Action::DeskHangUp, self.ask_hang_up(&self.desk_call()?.id, now_ms)?)
            }
            Action::DeskTransfer => {
                self.again(Action::DeskTransfer, self.ask_transfer(self.desk_call()?, now_ms))
            }
            Action::DeskRecord => Some(self.ask_record(self.desk_call()?)),
            _ => None,
        }
    }

    /// The same question as that of a supervisor, with what the agent's own needs.
    fn again(&self, action: Action, asked: Asked) -> Option<Asked> {
        Some(Asked { level: action.spec().confirm, ..asked })
    }

    fn ask_own_presence(&self, action: Action, agent: &AgentView, now_ms: i64) -> Option<Asked> {
        let of_all = match action {
            Action::DeskReady => Action::AgentReady,
            Action::DeskBreak => Action::AgentBreak,
            _ => Action::AgentOut,
        };
        let asked = self.ask_presence(of_all, &agent.number, None, now_ms)?;
        let known = self.model.desk.view.iter().flat_map(|desk| &desk.breaks);
        let known: Vec<String> = known.map(|(word, _)| word.clone()).collect();
        let is_break = action == Action::DeskBreak && !known.is_empty();
        let choices = if is_break { known } else { asked.choices.clone() };
        Some(Asked { choices, ..asked })
    }

    fn ask_wrap_up(&self, agent: &AgentView, action: Action, more_s: Option<u32>) -> Asked {
        let command = Command::AgentWrapUp { agent: agent.number.clone(), more_s, disposition: None };
        let key = if more_s.is_some() { "verb.desk_more" } else { "verb.desk_finish" };
        let label = self.settings.words.f(key, &[("seconds", &MORE_S.to_string())]);
        self.asked(action, command, Target::Agent { number: agent.number.clone(), doing: None }, label)
    }

    /// What came of the call: the word ends the after-call time.
    fn ask_outcome(&self, agent: &AgentView) -> Asked {
        let disposition = Some(String::new());
        let command = Command::AgentWrapUp { agent: agent.number.clone(), more_s: None, disposition };
        let words = &self.settings.words;
        let card = self.desk_card();
        let from = card.map(|card| self.form(0).party().full(&card.caller)).unwrap_or_default();
        let number = card.map(|card| card.number.to_string()).unwrap_or_default();
        let target = Target::Agent { number: agent.number.clone(), doing: Some(Doing::of(agent)) };
        let label = words.f("verb.desk_outcome", &[("number", &number)]);
        let asked = self.asked(Action::DeskOutcome, command, target, label);
        let choices = card.map(|card| card.dispositions.clone()).unwrap_or_default();
        let question = words.f("confirm.desk_outcome", &[("number", &number), ("from", &from)]);
        Asked { question, choices, ..asked }
    }

    fn ask_note(&self) -> Option<Asked> {
        let card = self.desk_card()?;
        let words = &self.settings.words;
        let command = Command::Note { call: card.call.clone(), text: String::new() };
        let fields = [("number", card.number.to_string())];
        let asked = self.asked(Action::DeskNote, command, Target::Daemon, words.f("verb.desk_note", &fields));
        Some(Asked { question: words.f("confirm.desk_note", &fields), ..asked })
    }

    /// Acknowledges what is on screen, and nothing that came while the key was pressed.
    fn ask_told(&self, agent: &AgentView) -> Option<Asked> {
        let shown = self.model.desk.agent(self.board())?.told.as_ref()?;
        let command = Command::Told { agent: agent.number.clone(), at_ms: Some(shown.at_ms) };
        let target = Target::Agent { number: agent.number.clone(), doing: None };
        let label = self.settings.words.f("verb.told", &[("agent", &agent.number)]);
        Some(self.asked(Action::DeskTold, command, target, label))
    }

    /// The agent's own phone rings first.
    fn ask_own_call(&self) -> Asked {
        let words = &self.settings.words;
        let from = self.model.desk.view.as_ref().map(|desk| desk.extension.clone()).unwrap_or_default();
        let command = Command::Dial { from: from.clone(), to: String::new() };
        let label = words.t("verb.desk_call").to_owned();
        let asked = self.asked(Action::DeskCall, command, Target::Daemon, label);
        let choices =
            self.desk_card().map(|card| card.caller.number.clone()).filter(|number| !number.is_empty());
        let question = words.f("confirm.desk_call", &[("extension", &from)]);
        Asked { question, choices: choices.into_iter().collect(), ..asked }
    }

    fn ask_record(&self, call: &CallView) -> Asked {
        let (act, key) = match call.recording {
            RecordingState::On => (RecordingAct::Pause, "verb.record_pause"),
            RecordingState::Paused => (RecordingAct::Resume, "verb.record_resume"),
            RecordingState::Off | RecordingState::Failed | RecordingState::Done => {
                (RecordingAct::Start, "verb.record_start")
            }
        };
        let command = Command::Record { call: call.id.clone(), act };
        let other = call.with.as_ref().unwrap_or(&call.to).number.clone();
        let label = self.settings.words.f(key, &[("number", &call.number.to_string())]);
        self.asked(Action::DeskRecord, command, Target::Call { id: call.id.clone(), with: other }, label)
    }

    /// Opens the whole desk to be read: history, notes and script may be longer than the screen.
    pub(super) fn read_desk(&mut self, now_ms: i64) {
        let Some(desk) = &self.model.desk.view else { return };
        let lines = lines(desk, self.form(now_ms));
        let title = self.settings.words.t("screen.desk").to_owned();
        self.overlay = Some(Overlay::Text { title, lines, top: 0 });
    }

    /// Opens the file of the selected flow at the line of its node.
    pub(super) fn read_flow(&mut self) {
        let Some(id) = self.selected(List::Flows) else { return };
        let Some((flow, line)) = self.model.flows.of_row(id) else { return };
        if flow.text.is_empty() {
            return;
        }
        let number = |(n, text): (usize, &str)| {
            format!("{:>4}  {}", n + 1, switchroom_wire::clean(&text.replace('\t', "    ")))
        };
        let lines: Vec<String> = flow.text.lines().enumerate().map(number).collect();
        let at = line.map_or(1, |line| line.line.max(1));
        let top = usize::try_from(at - 1).unwrap_or(0).min(lines.len().saturating_sub(1));
        self.overlay = Some(Overlay::Text { title: flow.file.clone(), lines, top });
    }

    /// The call of whoever has been at the selected node longest.
    pub(super) fn caller_of_node(&self) -> Option<String> {
        let (flow, line) = self.model.flows.of_row(self.selected(List::Flows)?)?;
        let here = crate::flows::callers(self.board(), &flow.name, line.map(|line| line.node.as_str()));
        here.first().map(|call| call.id.clone())
    }

    /// What the agent is doing and for how long, in one word.
    pub(crate) fn desk_state(&self, agent: &AgentView) -> &str {
        self.settings.words.t(agent_state(agent).0)
    }
}

/// Whether the desk is another once this was done.
pub(super) fn changes_desk(command: &Command) -> bool {
    matches!(
        command,
        Command::Note { .. }
            | Command::Told { .. }
            | Command::AgentWrapUp { .. }
            | Command::AgentPresence { .. }
    )
}
