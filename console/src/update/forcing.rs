//! Verbs that move a caller: transfer, pick up, assign.

use super::floor::waiter_of;
use crate::action::{Action, Confirm};
use crate::app::{App, Asked, Screen, Target};
use crate::format::duration;
use crate::rows::{List, NO_ANSWER, agent_state, call_duration_ms};
use std::collections::BTreeSet;
use switchroom_wire::{Board, CallState, CallView, Command, QueueView};

/// Words that a question names.
const CHOICES_MAX: usize = 8;

impl App {
    /// The id of what is selected: a call, or somebody who waits and is to be called back, who has none.
    fn forced(&self) -> Option<&str> {
        match self.screen {
            Screen::List(List::Waiting) => self.selected(List::Waiting),
            _ => self.call_in_view().map(|call| call.id.as_str()),
        }
    }

    /// The live call that is selected, even while the screen is frozen.
    fn live_call(&self) -> Option<&CallView> {
        self.model.board.calls.get(self.forced()?)
    }

    /// Why such a verb cannot be sent; `None` if it can.
    pub(crate) fn forcing_refusal(&self, action: Action) -> Option<String> {
        let words = &self.settings.words;
        let waiter = self.forced().and_then(|id| waiter_of(&self.model.board, id));
        let waits = waiter.is_some();
        let key = match (action, self.live_call().map(|call| (call, call.state))) {
            (Action::Assign, _) if waits => return None,
            (_, None) if waits => "refused.not_on_the_line",
            // The detail of one that is over stays open.
            (_, None) if self.call_in_view().is_some() => "refused.call_over",
            (_, None) => "refused.no_call",
            (action, Some((call, state))) => return self.call_refusal(action, call, state, waits),
        };
        Some(words.t(key).to_owned())
    }

    fn call_refusal(&self, action: Action, call: &CallView, state: CallState, waits: bool) -> Option<String> {
        let key = match (action, state) {
            (_, CallState::Ended) => "refused.call_over",
            _ if call.supervision.is_some() => "refused.supervisors_own",
            (Action::Transfer, CallState::Talking | CallState::Held) => return None,
            (Action::PickUp, CallState::Ringing) => return None,
            _ if waits => return None,
            (Action::Transfer, _) => "refused.not_transferable",
            (Action::PickUp, _) => "refused.nothing_to_pick_up",
            _ => "refused.does_not_wait",
        };
        Some(self.settings.words.t(key).to_owned())
    }

    /// The question of such a verb on the selected call.
    pub(super) fn ask_forcing(&self, action: Action, now_ms: i64) -> Option<Asked> {
        match action {
            Action::Transfer => Some(self.ask_transfer(self.live_call()?, now_ms)),
            Action::PickUp => Some(self.ask_pick_up(self.live_call()?, self.phone.clone(), now_ms)),
            Action::Assign => self.ask_assign(self.forced()?, now_ms),
            _ => None,
        }
    }

    /// The question of such a command in words; `None` if it is another, or there is no such call. The words name
    /// everything already.
    pub(super) fn ask_forcing_command(&self, command: &Command, now_ms: i64) -> Option<Asked> {
        let (mut asked, word) = match command {
            Command::Transfer { call, to } => (self.ask_transfer(self.live_call_of(call)?, now_ms), Some(to)),
            Command::Assign { call, agent } => {
                let mut asked = self.ask_assign(call, now_ms)?;
                asked.give_reason(agent);
                return self.ask_again(&asked, now_ms);
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

    pub(super) fn ask_transfer(&self, call: &CallView, now_ms: i64) -> Asked {
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

    /// Of somebody who waits, on the line or to be called back.
    fn ask_assign(&self, which: &str, now_ms: i64) -> Option<Asked> {
        let (queue, waiter) = waiter_of(&self.model.board, which)?;
        let command = Command::Assign { call: waiter.call.clone(), agent: String::new() };
        let label = self.settings.words.f("verb.assign", &[("number", self.waiter_named(waiter, now_ms))]);
        let target = Target::Waiter { call: waiter.call.clone() };
        let asked = self.asked(Action::Assign, command, target, label);
        let choices = agents_of(&self.model.board, queue);
        let question = self.ask_waiter("confirm.assign", queue, waiter, now_ms);
        Some(Asked { question, choices, ..asked })
    }

    /// The second question of what needs one once its word is known: both who waits and who takes them, by name. `None`
    /// if there is no such agent, or it is no such verb.
    pub(super) fn ask_again(&self, asked: &Asked, now_ms: i64) -> Option<Asked> {
        let Command::Assign { call, agent } = &asked.command else { return None };
        let (queue, waiter) = waiter_of(&self.model.board, call)?;
        let agent = self.model.board.agents.get(agent)?;
        let words = &self.settings.words;
        let who = self.ask_waiter("confirm.assign_who", queue, waiter, now_ms);
        let fields = [
            ("who", who.as_str()),
            ("number", &agent.number),
            ("name", &agent.name),
            ("state", words.t(agent_state(agent).0)),
            ("time", &duration(self.model.server_ms(now_ms) - agent.since_ms)),
        ];
        let question = words.f("confirm.assign_to", &fields);
        Some(Asked { question, level: Confirm::Yes, choices: Vec::new(), ..asked.clone() })
    }
}

/// The agents of a queue who are signed in, who could take a caller at once before the others.
fn agents_of(board: &Board, queue: &QueueView) -> Vec<String> {
    let of_queue = board.agents.values().filter(|agent| agent.queues.contains_key(&queue.name));
    let mut here: Vec<_> = of_queue.filter(|agent| agent.presence != "logged_out").collect();
    here.sort_by_key(|agent| (agent_state(agent).1 != "ready", agent.number.clone()));
    here.into_iter().take(CHOICES_MAX).map(|agent| agent.number.clone()).collect()
}

/// The reasons of breaks that are known of and can be chosen: those with a budget, and those that somebody had today.
pub(super) fn break_reasons(board: &Board) -> Vec<String> {
    let had = board.agents.values().flat_map(|agent| agent.breaks.iter().map(|of| of.reason.as_str()));
    let reasons: BTreeSet<&str> = had.filter(|reason| !matches!(*reason, "" | NO_ANSWER)).collect();
    reasons.into_iter().take(CHOICES_MAX).map(str::to_owned).collect()
}
