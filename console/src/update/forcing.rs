//! Verbs that move a caller: transfer, pick up, assign.

use crate::action::{Action, Confirm};
use crate::app::{App, Asked, Screen, Target};
use crate::format::duration;
use crate::rows::{List, agent_state, call_duration_ms};
use std::collections::BTreeSet;
use switchroom_wire::{Board, CallState, CallView, Command, QueueView};

/// Words that a question names.
const CHOICES_MAX: usize = 8;

impl App {
    /// The live call that is selected, even while the screen is frozen.
    fn live_call(&self) -> Option<&CallView> {
        let id = match self.screen {
            Screen::List(List::Waiting) => self.selected(List::Waiting)?,
            _ => self.call_in_view()?.id.as_str(),
        };
        self.model.board.calls.get(id)
    }

    /// Why such a verb cannot be sent; `None` if it can.
    pub(crate) fn forcing_refusal(&self, action: Action) -> Option<String> {
        let words = &self.settings.words;
        let Some(call) = self.live_call() else { return Some(words.t("refused.no_call").to_owned()) };
        let waits = super::floor::waiter_of(&self.model.board, &call.id).is_some();
        let key = match (action, call.state) {
            (_, CallState::Ended) => "refused.call_over",
            _ if call.supervision.is_some() => "refused.supervisors_own",
            (Action::Transfer, CallState::Talking | CallState::Held) => return None,
            (Action::PickUp, CallState::Ringing) => return None,
            _ if waits => return None,
            (Action::Transfer, _) => "refused.not_transferable",
            (Action::PickUp, _) => "refused.nothing_to_pick_up",
            _ => "refused.does_not_wait",
        };
        Some(words.t(key).to_owned())
    }

    /// The question of such a verb on the selected call.
    pub(super) fn ask_forcing(&self, action: Action, now_ms: i64) -> Option<Asked> {
        let call = self.live_call()?;
        match action {
            Action::Transfer => Some(self.ask_transfer(call, now_ms)),
            Action::PickUp => Some(self.ask_pick_up(call, self.phone.clone(), now_ms)),
            Action::Assign => self.ask_assign(call, now_ms),
            _ => None,
        }
    }

    /// The question of such a command in words; `None` if it is another, or there is no such call. The words name
    /// everything already.
    pub(super) fn ask_forcing_command(&self, command: &Command, now_ms: i64) -> Option<Asked> {
        let (mut asked, word) = match command {
            Command::Transfer { call, to } => (self.ask_transfer(self.live_call_of(call)?, now_ms), Some(to)),
            Command::Assign { call, agent } => {
                (self.ask_assign(self.live_call_of(call)?, now_ms)?, Some(agent))
            }
            Command::PickUp { call, phone } => {
                let phone = phone.clone().or_else(|| self.phone.clone());
                (self.ask_pick_up(self.live_call_of(call)?, phone, now_ms), None)
            }
            _ => return None,
        };
        if let Some(word) = word {
            asked.give_reason(word);
        }
        asked.level = Confirm::None;
        Some(asked)
    }

    fn ask_transfer(&self, call: &CallView, now_ms: i64) -> Asked {
        let words = &self.settings.words;
        let other = call.with.as_ref().unwrap_or(&call.to);
        let time = duration(call_duration_ms(call, self.model.server_ms(now_ms)));
        let whom = self.call_named(call, now_ms);
        let target = Target::Call { id: call.id.clone(), with: other.number.clone() };
        let command = Command::Transfer { call: call.id.clone(), to: String::new() };
        let label = words.f("verb.transfer", &[("number", &call.number.to_string())]);
        let asked = self.asked(Action::Transfer, command, target, label);
        Asked { question: words.f("confirm.transfer", &[("whom", &whom), ("time", &time)]), ..asked }
    }

    /// It needs no question: only one's own phone rings.
    fn ask_pick_up(&self, call: &CallView, phone: Option<String>, now_ms: i64) -> Asked {
        let from = self.form(now_ms).party().short(&call.from);
        let fields = [("number", call.number.to_string()), ("from", from)];
        let label = self.settings.words.f("verb.pick_up", &fields);
        let command = Command::PickUp { call: call.id.clone(), phone };
        self.asked(Action::PickUp, command, Target::Daemon, label)
    }

    fn ask_assign(&self, call: &CallView, now_ms: i64) -> Option<Asked> {
        let (queue, waiter) = super::floor::waiter_of(&self.model.board, &call.id)?;
        let words = &self.settings.words;
        let number = waiter.number.to_string();
        let from = self.form(now_ms).party().full(&waiter.caller);
        let time = duration(self.model.server_ms(now_ms) - waiter.since_ms);
        let fields = [("number", number.as_str()), ("from", &from), ("queue", &queue.name), ("time", &time)];
        let command = Command::Assign { call: call.id.clone(), agent: String::new() };
        let label = words.f("verb.assign", &[("number", &number)]);
        let target = Target::Waiter { call: call.id.clone() };
        let asked = self.asked(Action::Assign, command, target, label);
        let choices = agents_of(&self.model.board, queue);
        Some(Asked { question: words.f("confirm.assign", &fields), choices, ..asked })
    }
}

/// The agents of a queue who are signed in, who could take a caller at once before the others.
fn agents_of(board: &Board, queue: &QueueView) -> Vec<String> {
    let of_queue = board.agents.values().filter(|agent| agent.queues.contains_key(&queue.name));
    let mut here: Vec<_> = of_queue.filter(|agent| agent.presence != "logged_out").collect();
    here.sort_by_key(|agent| (agent_state(agent).1 != "ready", agent.number.clone()));
    here.into_iter().take(CHOICES_MAX).map(|agent| agent.number.clone()).collect()
}

/// The reasons of breaks that are known of: those with a budget, and those that somebody had today.
pub(super) fn break_reasons(board: &Board) -> Vec<String> {
    let had = board.agents.values().flat_map(|agent| agent.breaks.iter().map(|of| of.reason.as_str()));
    let reasons: BTreeSet<&str> = had.filter(|reason| !reason.is_empty()).collect();
    reasons.into_iter().take(CHOICES_MAX).map(str::to_owned).collect()
}
