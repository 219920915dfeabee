//! Verbs of a supervisor: listen, whisper, barge in, take over, leave.
//!
//! What is selected decides whom one begins to hear. Once a call is heard, whisper, barge in and take over are about that
//! call, wherever the selection stands: nobody speaks to one whom they did not hear before.

use crate::action::{Action, Confirm};
use crate::app::{App, Asked, Screen, Target};
use crate::format::duration;
use crate::rows::{List, call_duration_ms};
use crate::supervising::{Mine, Standing};
use switchroom_wire::{
    CallState, CallView, Command, CommandError, LegView, Side, SuperviseAct, Supervised, SupervisionMode,
};

fn action_of(mode: SupervisionMode) -> Action {
    match mode {
        SupervisionMode::Listen => Action::Listen,
        SupervisionMode::Whisper => Action::Whisper,
        SupervisionMode::Barge => Action::Barge,
    }
}

/// The label of the verb that begins or changes to a mode.
fn verb_of(mode: SupervisionMode) -> &'static str {
    match mode {
        SupervisionMode::Listen => "verb.listen",
        SupervisionMode::Whisper => "verb.whisper",
        SupervisionMode::Barge => "verb.barge",
    }
}

fn mode_of(action: Action) -> SupervisionMode {
    match action {
        Action::Whisper => SupervisionMode::Whisper,
        Action::Barge => SupervisionMode::Barge,
        _ => SupervisionMode::Listen,
    }
}

impl App {
    /// What the selection offers to be heard, or why it cannot be: a key of `refused`.
    fn audible(&self) -> Result<Supervised, &'static str> {
        if self.screen == Screen::List(List::Agents) {
            let agent = self.agent_selected().ok_or("refused.no_agent")?;
            return Ok(Supervised::Agent(agent.number.clone()));
        }
        let id = &self.call_in_view().ok_or("refused.no_call")?.id;
        let call = self.model.board.calls.get(id).ok_or("refused.call_over")?;
        can_be_heard(call)?;
        Ok(Supervised::Call(call.id.clone()))
    }

    /// Whether that is what the user hears, or waits to hear, already.
    fn is_heard_already(mine: &Mine<'_>, target: &Supervised) -> bool {
        match target {
            Supervised::Call(id) => mine.at.call.as_ref() == Some(id),
            Supervised::Agent(number) | Supervised::Extension(number) => {
                mine.at.follows.as_ref() == Some(number)
            }
        }
    }

    /// Why a verb of a supervisor cannot be sent; `None` if it can.
    pub(crate) fn supervise_refusal(&self, action: Action) -> Option<String> {
        let mine = self.mine();
        let key = match (action, &mine) {
            (Action::Unlisten, Some(_)) => return None,
            (Action::Unlisten, None) => "refused.not_listening",
            (Action::TakeOver, Some(mine)) if mine.standing() == Standing::Hears => return None,
            (Action::TakeOver, _) => "refused.listen_first",
            (Action::Listen, Some(mine)) => match self.audible() {
                Ok(target) if !Self::is_heard_already(mine, &target) => return None,
                _ if mine.at.mode == SupervisionMode::Listen => "refused.is_so",
                _ => return None,
            },
            (_, Some(mine)) if mine.standing() == Standing::Rings => "refused.phone_rings",
            (_, Some(mine)) if mine.at.mode == mode_of(action) => "refused.is_so",
            (_, Some(_)) => return None,
            (_, None) => self.audible().err()?,
        };
        Some(self.settings.words.t(key).to_owned())
    }

    /// The question of a verb of a supervisor.
    pub(super) fn ask_supervise(&self, action: Action, now_ms: i64) -> Option<Asked> {
        let mine = self.mine();
        match (action, mine) {
            (Action::Unlisten, Some(mine)) => {
                Some(self.ask_leave(Some(&mine), Some(mine.phone().to_owned())))
            }
            (Action::TakeOver, Some(mine)) => {
                self.ask_take_over(Some(&mine), Some(mine.phone().to_owned()), now_ms)
            }
            (Action::Listen, Some(mine)) => match self.audible() {
                Ok(target) if !Self::is_heard_already(&mine, &target) => {
                    self.ask_begin(target, SupervisionMode::Listen, Some(mine.phone().to_owned()), now_ms)
                }
                _ => Some(self.ask_mode(&mine, SupervisionMode::Listen)),
            },
            (_, Some(mine)) => Some(self.ask_mode(&mine, mode_of(action))),
            (_, None) => self.ask_first(action, self.phone.clone(), now_ms),
        }
    }

    /// To hear what is selected, at that phone or the user's own. The first press of barging listens, the second opens the
    /// microphone.
    fn ask_first(&self, action: Action, phone: Option<String>, now_ms: i64) -> Option<Asked> {
        let target = self.audible().ok()?;
        if action != Action::Barge {
            return self.ask_begin(target, mode_of(action), phone, now_ms);
        }
        let asked = self.ask_begin(target, SupervisionMode::Listen, phone, now_ms)?;
        let key = self.settings.keymap.shown(Action::Barge);
        let label = self.settings.words.f("verb.listen_first", &[("verb", &asked.label), ("key", &key)]);
        Some(Asked { label, ..asked })
    }

    /// The question of such a command in words; `None` if it is another, or there is no such target.
    pub(super) fn ask_supervise_command(&self, command: &Command, now_ms: i64) -> Option<Asked> {
        match command {
            Command::Supervise { target, mode, phone } => {
                let target = match target {
                    Supervised::Call(which) => Supervised::Call(self.live_call_of(which)?.id.clone()),
                    other => other.clone(),
                };
                let phone = phone.clone().or_else(|| self.phone.clone());
                self.ask_begin(target, *mode, phone, now_ms)
            }
            Command::SuperviseAct { act, phone: written } => {
                let phone = written.clone().or_else(|| self.phone.clone());
                let at_it = |mine: &Mine<'_>| phone.as_deref().is_none_or(|phone| phone == mine.phone());
                let mine = self.mine().filter(at_it);
                match act {
                    SuperviseAct::End => Some(self.ask_leave(mine.as_ref(), phone)),
                    SuperviseAct::TakeOver => self.ask_take_over(mine.as_ref(), phone, now_ms),
                    SuperviseAct::Mode(mode) => match mine {
                        Some(mine) => Some(self.ask_mode(&mine, *mode)),
                        // With nothing heard there yet it is about what is selected, as its key is.
                        None if written.is_some() => self.ask_first(action_of(*mode), phone, now_ms),
                        None => self.ask_supervise(action_of(*mode), now_ms),
                    },
                }
            }
            _ => None,
        }
    }

    /// A live call by its id or short number.
    pub(super) fn live_call_of(&self, which: &str) -> Option<&CallView> {
        let is_it = |call: &&CallView| call.id == which || call.number.to_string() == which;
        self.model.board.calls.values().find(|call| call.ended.is_none() && is_it(call))
    }

    /// A call in words: `4127 (Acme Ltd with 102 Ana)`.
    pub(super) fn call_named(&self, call: &CallView, now_ms: i64) -> String {
        let party = self.form(now_ms).party();
        let other = call.with.as_ref().unwrap_or(&call.to);
        let fields = [
            ("number", call.number.to_string()),
            ("from", party.short(&call.from)),
            ("with", party.short(other)),
        ];
        self.settings.words.f("verb.call_named", &fields)
    }

    fn named(&self, target: &Supervised, now_ms: i64) -> Option<String> {
        let words = &self.settings.words;
        Some(match target {
            Supervised::Call(id) => self.call_named(self.model.board.calls.get(id)?, now_ms),
            Supervised::Agent(number) => {
                let agent = self.model.board.agents.get(number)?;
                words.f("verb.calls_of", &[("who", format!("{number} {}", agent.name).trim_end())])
            }
            Supervised::Extension(number) => {
                let line = self.model.board.extensions.get(number)?;
                words.f("verb.calls_of", &[("who", format!("{number} {}", line.name).trim_end())])
            }
        })
    }

    fn ask_begin(
        &self,
        target: Supervised,
        mode: SupervisionMode,
        phone: Option<String>,
        now_ms: i64,
    ) -> Option<Asked> {
        let words = &self.settings.words;
        let whom = self.named(&target, now_ms)?;
        let fields = [("whom", whom.as_str())];
        let question = match mode {
            SupervisionMode::Listen => String::new(),
            SupervisionMode::Whisper => words.f("confirm.whisper", &fields),
            SupervisionMode::Barge => words.f("confirm.barge", &fields),
        };
        let frozen = match &target {
            Supervised::Call(id) => {
                let call = self.model.board.calls.get(id)?;
                Target::Call { id: id.clone(), with: call.with.as_ref().unwrap_or(&call.to).number.clone() }
            }
            Supervised::Agent(number) => Target::Agent { number: number.clone(), doing: None },
            Supervised::Extension(_) => Target::Daemon,
        };
        // Whose microphone opens at a call that they did not hear yet is asked.
        let heard = self.mine().is_some_and(|mine| Self::is_heard_already(&mine, &target));
        let level = if question.is_empty() || heard { Confirm::None } else { Confirm::Yes };
        let label = words.f(verb_of(mode), &fields);
        let asked = self.asked(action_of(mode), Command::Supervise { target, mode, phone }, frozen, label);
        Some(Asked { question, level, ..asked })
    }

    fn ask_mode(&self, mine: &Mine<'_>, mode: SupervisionMode) -> Asked {
        let words = &self.settings.words;
        let whom = mine.target.map_or_else(|| mine.own.number.to_string(), |call| call.number.to_string());
        let command =
            Command::SuperviseAct { act: SuperviseAct::Mode(mode), phone: Some(mine.phone().to_owned()) };
        let target = Target::Heard { own: mine.own.id.clone(), call: mine.at.call.clone() };
        let label = words.f(verb_of(mode), &[("whom", &whom)]);
        let asked = self.asked(action_of(mode), command, target, label);
        Asked { level: Confirm::None, ..asked }
    }

    fn ask_leave(&self, mine: Option<&Mine<'_>>, phone: Option<String>) -> Asked {
        let label = self.settings.words.t("verb.unlisten").to_owned();
        let phone = mine.map(|mine| mine.phone().to_owned()).or(phone);
        let command = Command::SuperviseAct { act: SuperviseAct::End, phone };
        self.asked(Action::Unlisten, command, Target::Daemon, label)
    }

    fn ask_take_over(&self, mine: Option<&Mine<'_>>, phone: Option<String>, now_ms: i64) -> Option<Asked> {
        let mine = mine?;
        let call = mine.target?;
        let words = &self.settings.words;
        let number = call.number.to_string();
        let time = duration(call_duration_ms(call, self.model.server_ms(now_ms)));
        let phone = phone.unwrap_or_else(|| mine.phone().to_owned());
        let call_named = self.call_named(call, now_ms);
        let fields = [("whom", call_named.as_str()), ("time", &time), ("phone", &phone)];
        let command = Command::SuperviseAct { act: SuperviseAct::TakeOver, phone: Some(phone.clone()) };
        let target = Target::Heard { own: mine.own.id.clone(), call: mine.at.call.clone() };
        let label = words.f("verb.take_over", &[("number", &number)]);
        let asked = self.asked(Action::TakeOver, command, target, label);
        Some(Asked { question: words.f("confirm.take_over", &fields), ..asked })
    }

    /// What happened to the supervisor's own call, and to what it hears, since the question was opened.
    pub(super) fn heard_changed(&self, own: &str, call: Option<&str>) -> Option<String> {
        let words = &self.settings.words;
        match self.mine().filter(|mine| mine.own.id == own) {
            None => Some(words.t("refused.not_listening").to_owned()),
            Some(mine) if mine.at.call.as_deref() != call => {
                Some(words.t("refused.hears_another").to_owned())
            }
            Some(_) => None,
        }
    }

    /// The question for the user's phone, after the daemon refused a command because it does not know it; `None` if that
    /// was not the reason, or something else is being asked.
    pub(super) fn ask_phone(&self, label: &str, command: &Command, error: &CommandError) -> Option<Asked> {
        let can_name = matches!(
            command,
            Command::Supervise { phone: None, .. }
                | Command::SuperviseAct { phone: None, .. }
                | Command::PickUp { phone: None, .. }
        );
        let needs_phone = matches!(error, CommandError::NeedsPhone { .. });
        if !can_name || !needs_phone || self.overlay.is_some() {
            return None;
        }
        let question = self.settings.words.f("confirm.phone", &[("verb", label)]);
        let asked = self.asked(Action::Listen, command.clone(), Target::Daemon, label.to_owned());
        Some(Asked { question, level: Confirm::Reason, ..asked })
    }
}

/// Whether somebody on the called side was heard in it, and is gone.
fn was_talked_in(call: &CallView) -> bool {
    let is_gone =
        |leg: &LegView| leg.side == Side::Callee && leg.state == "ended" && leg.quality.received.packets > 0;
    call.legs.iter().any(is_gone)
}

/// Whether a supervisor can come to a call: two parties talk in it.
fn can_be_heard(call: &CallView) -> Result<(), &'static str> {
    match call.state {
        _ if call.supervision.is_some() => Err("refused.supervisors_own"),
        CallState::Talking | CallState::Held => Ok(()),
        CallState::Ended => Err("refused.call_over"),
        // The agent has left: the caller answers a survey, or is led on.
        CallState::Flow | CallState::Service if was_talked_in(call) => Err("refused.nobody_talks_now"),
        CallState::Ringing | CallState::Flow | CallState::Service => Err("refused.nobody_talks"),
    }
}
