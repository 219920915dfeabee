//! Verbs: frozen targets, named questions, and nothing sent that was not confirmed.

use super::floor::waiter_of;
use super::palette::edit;
use crate::action::{Action, Confirm, Family};
use crate::app::{App, Asked, Effect, Mood, Overlay, Screen, Target, Waiting};
use crate::format::{duration, moment, whole};
use crate::keymap::{Code, Key};
use crate::rows::{List, call_duration_ms, live_calls, message_place};
use crate::words::Words;
use switchroom_wire::{
    Board, Command, ConfigChange, ConsultAct, DeskView, NOTE_CHARS_MAX, REASON_CHARS_MAX, Supervised,
    TOLD_CHARS_MAX,
};

/// A name that must be typed is never longer.
const TYPED_MAX: usize = 64;

impl App {
    /// Starts a verb on what is selected: asks, or says why not.
    pub(super) fn start_verb(&mut self, action: Action, now_ms: i64, effects: &mut Vec<Effect>) {
        if let Some(why) = self.refusal(action) {
            self.tell(Mood::Wrong, why, now_ms);
            return;
        }
        let asked = match action.spec().family {
            Some(Family::Call) => {
                self.call_in_view().map(|call| call.id.clone()).and_then(|id| self.ask_hang_up(&id, now_ms))
            }
            Some(Family::Line) => {
                let number = self.selected(List::Lines).map(str::to_owned);
                number.and_then(|number| self.ask_unregister(&number, None, now_ms))
            }
            Some(Family::Recordings) => {
                let id = self.selected(List::Recordings).filter(|_| action == Action::DeleteMessage);
                let message = id.map(str::to_owned).and_then(|id| self.ask_delete_message(&id, now_ms));
                message.or_else(|| self.ask_recording(action, now_ms))
            }
            Some(Family::Desk) => self.ask_desk(action, now_ms),
            Some(Family::Daemon) if action == Action::Reload => Some(self.ask_reload()),
            Some(Family::Daemon) => Some(self.ask_shutdown()),
            Some(Family::Missed) => self.ask_missed(action),
            Some(Family::Supervise) => self.ask_supervise(action, now_ms),
            Some(Family::Forcing) => self.ask_forcing(action, now_ms),
            Some(Family::Floor) => self.ask_floor(action, now_ms),
            Some(Family::Setting) => return self.start_setting(action, now_ms, effects),
            Some(Family::Flow) => return self.start_flow_edit(now_ms, effects),
            None => None,
        };
        if let Some(asked) =
            asked.as_ref().filter(|asked| asked.level == Confirm::None && self.is_blind(asked))
        {
            let why = self.settings.words.t("refused.row_moved");
            let text =
                self.settings.words.f("toast.refused", &[("verb", asked.label.as_str()), ("why", why)]);
            self.tell(Mood::Wrong, text, now_ms);
            return;
        }
        self.open_question(asked, now_ms, effects);
    }

    /// Starts the verb that a command of the palette means.
    pub(super) fn start_command(&mut self, command: &Command, now_ms: i64, effects: &mut Vec<Effect>) {
        if let Some(why) = self.command_refusal(command) {
            self.tell(Mood::Wrong, why, now_ms);
            return;
        }
        let asked = match command {
            Command::HangUp { call } => {
                let by_number =
                    |c: &&switchroom_wire::CallView| c.number.to_string() == *call || c.id == *call;
                let id = self.model.board.calls.values().find(by_number).map(|call| call.id.clone());
                id.and_then(|id| self.ask_hang_up(&id, now_ms))
            }
            Command::Unregister { extension, contact } => {
                self.ask_unregister(extension, contact.clone(), now_ms)
            }
            Command::Dial { from, to } => {
                let fields = [("from", from.as_str()), ("to", to)];
                Some(self.ask_plainly(command, "verb.dial", &fields))
            }
            Command::HandOff { call, flow } => {
                let fields = [("number", call.as_str()), ("flow", flow)];
                Some(self.ask_plainly(command, "verb.hand_off", &fields))
            }
            Command::Consult { call, to } => {
                let fields = [("number", call.as_str()), ("to", to)];
                Some(self.ask_plainly(command, "verb.consult", &fields))
            }
            Command::ConsultAct { call, act } => {
                let label = match act {
                    ConsultAct::Swap => "verb.consult_swap",
                    ConsultAct::Conference => "verb.consult_conference",
                    ConsultAct::Complete => "verb.consult_complete",
                    ConsultAct::Cancel => "verb.consult_cancel",
                };
                Some(self.ask_plainly(command, label, &[("number", call.as_str())]))
            }
            Command::ChangeConfig { change } => Some(self.ask_change(change)),
            Command::Note { call, .. } => {
                Some(self.ask_plainly(command, "verb.desk_note", &[("number", call.as_str())]))
            }
            Command::Tell { to, .. } => Some(self.ask_plainly(command, "verb.tell", &[("to", to.as_str())])),
            Command::Told { agent, .. } => {
                Some(self.ask_plainly(command, "verb.told", &[("agent", agent.as_str())]))
            }
            Command::HoldRecording { .. }
            | Command::ReleaseRecording { .. }
            | Command::DeleteRecording { .. } => self.ask_recording_command(command, now_ms),
            Command::DeleteMessage { message } => self.ask_delete_message(message, now_ms),
            Command::Reload => Some(self.ask_reload()),
            Command::Shutdown => Some(self.ask_shutdown()),
            Command::MissedAct { missed, act } => self.ask_missed_command(missed, act),
            Command::Supervise { .. } | Command::SuperviseAct { .. } => {
                self.ask_supervise_command(command, now_ms)
            }
            Command::Transfer { .. } | Command::PickUp { .. } | Command::Assign { .. } => {
                self.ask_forcing_command(command, now_ms)
            }
            _ => self.ask_floor_command(command, now_ms),
        };
        if let Some((key, which)) = missing(&self.model.board, command).filter(|_| asked.is_none()) {
            let text = self.settings.words.f(key, &[("which", which)]);
            return self.tell(Mood::Wrong, text, now_ms);
        }
        self.open_question(asked, now_ms, effects);
    }

    /// Why a command of the palette cannot be given now. It names its own target, so only role and connection count.
    pub(crate) fn command_refusal(&self, command: &Command) -> Option<String> {
        self.denial(command.role())
    }

    fn open_question(&mut self, asked: Option<Asked>, now_ms: i64, effects: &mut Vec<Effect>) {
        let Some(mut asked) = asked else {
            let text = self.settings.words.t("refused.not_found").to_owned();
            self.tell(Mood::Wrong, text, now_ms);
            return;
        };
        if asked.level == Confirm::None {
            self.send_verb(asked, now_ms, effects);
            return;
        }
        if let Screen::List(list) = self.screen {
            asked.order = self.rows(list, now_ms).into_iter().map(|row| row.id).collect();
        }
        self.toast = None;
        // The board has breaks with a budget and those that somebody had; the agent's desk has all that can be chosen.
        let of_break = match &asked.command {
            Command::AgentPresence { agent, presence, .. } if presence == "break" => Some(agent.clone()),
            _ => None,
        };
        self.overlay = Some(Overlay::Confirm(Box::new(asked)));
        if let Some(agent) = of_break.filter(|_| self.screen != Screen::Desk) {
            self.ask(Command::Desk { agent: Some(agent) }, Waiting::Breaks, effects);
        }
    }

    /// What can be chosen, in the question for a break that is still open.
    pub(super) fn offer_breaks(&mut self, desk: &DeskView) {
        let Some(Overlay::Confirm(asked)) = &mut self.overlay else { return };
        let is_its = |command: &Command| match command {
            Command::AgentPresence { agent, presence, .. } => *agent == desk.agent && presence == "break",
            _ => false,
        };
        if is_its(&asked.command) && !desk.breaks.is_empty() {
            asked.choices = desk.breaks.iter().map(|(word, _)| word.clone()).collect();
        }
    }

    pub(super) fn ask_hang_up(&self, id: &str, now_ms: i64) -> Option<Asked> {
        // The live board, even while the screen is frozen: the question must name what is true now.
        let call = self.model.board.calls.get(id)?;
        let words = &self.settings.words;
        let party = self.form(now_ms).party();
        let other = call.with.as_ref().unwrap_or(&call.to);
        let number = call.number.to_string();
        let live_ms = self.model.server_ms(now_ms);
        let time = duration(call_duration_ms(call, live_ms));
        let (from, with) = (party.full(&call.from), party.full(other));
        let fields = [("number", number.as_str()), ("from", &from), ("with", &with), ("time", &time)];
        let target = Target::Call { id: call.id.clone(), with: other.number.clone() };
        let command = Command::HangUp { call: call.id.clone() };
        let label = words.f("verb.hang_up", &[("number", &number)]);
        let asked = self.asked(Action::HangUp, command, target, label);
        Some(Asked { question: words.f("confirm.hang_up", &fields), ..asked })
    }

    /// What is to be done stands in the words already: it needs no question.
    fn ask_plainly(&self, command: &Command, label: &str, fields: &[(&str, &str)]) -> Asked {
        Asked::new(command.clone(), Target::Daemon, Confirm::None, self.settings.words.f(label, fields))
    }

    /// What is written into a file is asked about: it stays.
    fn ask_change(&self, change: &ConfigChange) -> Asked {
        let words = &self.settings.words;
        let what = words_of_change(change, words);
        let command = Command::ChangeConfig { change: change.clone() };
        let fields = [("what", what.as_str())];
        Asked {
            level: Confirm::Yes,
            question: words.f("confirm.change_config", &fields),
            ..self.ask_plainly(&command, "verb.change_config", &fields)
        }
    }

    fn ask_unregister(&self, number: &str, contact: Option<String>, now_ms: i64) -> Option<Asked> {
        let line = self.model.board.extensions.get(number)?;
        let words = &self.settings.words;
        let _ = now_ms;
        let what = match &contact {
            Some(contact) => contact.clone(),
            None => words.f("confirm.bindings", &[("count", &line.bindings.len().to_string())]),
        };
        let fields = [("number", number), ("name", line.name.as_str()), ("what", &what)];
        let command = Command::Unregister { extension: number.to_owned(), contact };
        let target = Target::Extension { number: number.to_owned() };
        let label = words.f("verb.unregister", &[("number", number)]);
        let asked = self.asked(Action::Unregister, command, target, label);
        Some(Asked { question: words.f("confirm.unregister", &fields), name: number.to_owned(), ..asked })
    }

    fn ask_delete_message(&self, id: &str, now_ms: i64) -> Option<Asked> {
        let message = self.model.board.messages.iter().find(|message| message.id == id)?;
        let words = &self.settings.words;
        let form = self.form(now_ms);
        let (who, from) = (form.party().short(&message.from), form.party().full(&message.from));
        let place = message_place(message, words);
        let when = moment(message.at_ms, form.now_ms, form.utc_offset_min, words);
        let length = duration(whole(message.length_ms));
        let fields = [("from", from.as_str()), ("place", &place), ("when", &when), ("length", &length)];
        let command = Command::DeleteMessage { message: id.to_owned() };
        let target = Target::Message { id: id.to_owned() };
        let label = words.f("verb.delete_message", &[("who", &who)]);
        let asked = self.asked(Action::DeleteMessage, command, target, label);
        let name = message.mailbox.clone().unwrap_or_else(|| "delete".to_owned());
        Some(Asked { question: words.f("confirm.delete_message", &fields), name, ..asked })
    }

    fn ask_reload(&self) -> Asked {
        self.ask_daemon(Action::Reload, Command::Reload, "verb.reload", "confirm.reload")
    }

    fn ask_shutdown(&self) -> Asked {
        self.ask_daemon(Action::Shutdown, Command::Shutdown, "verb.shutdown", "confirm.shutdown")
    }

    fn ask_daemon(&self, action: Action, command: Command, label: &str, question: &str) -> Asked {
        let words = &self.settings.words;
        let calls = live_calls(&self.model.board).count();
        let question = words.f(question, &[("calls", &calls.to_string())]);
        let asked = self.asked(action, command, Target::Daemon, words.t(label).to_owned());
        Asked { question, name: "shutdown".to_owned(), ..asked }
    }

    /// A key while a question is open: everything but a clear yes is No.
    pub(super) fn on_confirm_key(
        &mut self,
        mut asked: Asked,
        key: Key,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        let yes = match asked.level {
            Confirm::None => true,
            Confirm::Yes | Confirm::Diff => key == Key::plain(Code::Char('y')),
            // What was typed is lost by a clear No alone, never by a key that edits nothing.
            Confirm::Reason | Confirm::Name => match key {
                Key { code: Code::Esc, .. } | Key { code: Code::Char('c'), ctrl: true } => false,
                Key { code: Code::Enter, ctrl: false } if asked.level == Confirm::Reason => {
                    let reason = asked.typed.trim().to_owned();
                    asked.give_reason(&reason);
                    !reason.is_empty()
                }
                Key { code: Code::Enter, ctrl: false } => asked.typed == asked.name,
                Key { code: Code::Tab, ctrl: false } => {
                    asked.complete();
                    self.overlay = Some(Overlay::Confirm(Box::new(asked)));
                    return;
                }
                _ => {
                    let most = typed_max(&asked);
                    edit(&mut asked.typed, key, most);
                    self.overlay = Some(Overlay::Confirm(Box::new(asked)));
                    return;
                }
            },
        };
        if !yes {
            let is_misspelt =
                key.code == Code::Enter && asked.level == Confirm::Name && !asked.typed.is_empty();
            let (key, mood) = if is_misspelt {
                ("toast.not_the_name", Mood::Wrong)
            } else {
                ("toast.not_done", Mood::Told)
            };
            let fields = [("verb", &asked.label), ("typed", &asked.typed), ("name", &asked.name)];
            let text = self.settings.words.f(key, &fields);
            self.tell(mood, text, now_ms);
            return;
        }
        if let Some(why) = self.target_changed(&asked.target, now_ms) {
            let text = self.settings.words.f("toast.refused", &[("verb", &asked.label), ("why", &why)]);
            self.tell(Mood::Wrong, text, now_ms);
            if !self.is_live() && asked.is_worth_keeping() {
                self.overlay = Some(Overlay::Confirm(Box::new(asked)));
            }
            return;
        }
        if asked.level == Confirm::Reason && matches!(asked.command, Command::Assign { .. }) {
            match self.ask_again(&asked, now_ms) {
                Some(again) => self.overlay = Some(Overlay::Confirm(Box::new(again))),
                None => {
                    let why = self.settings.words.t("refused.no_agent");
                    let text = self
                        .settings
                        .words
                        .f("toast.refused", &[("verb", asked.label.as_str()), ("why", why)]);
                    self.tell(Mood::Wrong, text, now_ms);
                }
            }
            return;
        }
        self.send_verb(asked, now_ms, effects);
    }

    fn send_verb(&mut self, asked: Asked, now_ms: i64, effects: &mut Vec<Effect>) {
        let text = self.settings.words.f("toast.sent", &[("verb", &asked.label)]);
        let command = Box::new(asked.command.clone());
        self.ask(asked.command, Waiting::Verb { label: asked.label, command }, effects);
        self.tell(Mood::Sent, text, now_ms);
    }

    /// What happened to a target since the question was opened.
    fn target_changed(&self, target: &Target, now_ms: i64) -> Option<String> {
        let words = &self.settings.words;
        if !self.is_live() {
            return Some(words.t("refused.disconnected").to_owned());
        }
        match target {
            Target::Call { id, with } => match self.model.board.calls.get(id) {
                None => Some(words.t("refused.call_over").to_owned()),
                Some(call) if call.ended.is_some() => Some(words.t("refused.call_over").to_owned()),
                Some(call) => {
                    let other = call.with.as_ref().unwrap_or(&call.to);
                    (other.number != *with).then(|| words.f("refused.moved", &[("with", &other.number)]))
                }
            },
            Target::Extension { number } => match self.model.board.extensions.get(number) {
                Some(line) if !line.bindings.is_empty() => None,
                _ => Some(words.t("refused.no_binding").to_owned()),
            },
            Target::Message { id } => {
                let is_there = self.model.board.messages.iter().any(|message| message.id == *id);
                (!is_there).then(|| words.t("refused.message_gone").to_owned())
            }
            Target::Recording { id } => {
                let is_there = self.model.board.recordings.iter().any(|recording| recording.id == *id);
                (!is_there).then(|| words.t("refused.recording_gone").to_owned())
            }
            Target::Agent { number, doing } => self.agent_changed(number, doing.as_ref()),
            Target::Queue { name, said } => self.door_changed(name, said.as_ref(), now_ms),
            Target::Waiter { call } => self.waiter_changed(call),
            Target::Missed { id } => self.missed_changed(id),
            Target::Heard { own, call } => self.heard_changed(own, call.as_deref()),
            Target::Daemon => None,
        }
    }
}

/// What a command is about, in the words for that there is no such one.
fn missing<'a>(board: &Board, command: &'a Command) -> Option<(&'static str, &'a str)> {
    Some(match command {
        Command::Assign { call, agent } if waiter_of(board, call).is_some() => {
            ("refused.no_such_agent", agent)
        }
        Command::HangUp { call }
        | Command::Transfer { call, .. }
        | Command::PickUp { call, .. }
        | Command::Supervise { target: Supervised::Call(call), .. } => ("refused.no_such_call", call),
        Command::Assign { call, .. } | Command::Priority { call, .. } | Command::TakeOut { call } => {
            ("refused.no_such_waiter", call)
        }
        Command::HoldRecording { call, .. }
        | Command::ReleaseRecording { call }
        | Command::DeleteRecording { call } => ("refused.no_such_recording", call),
        Command::AgentPresence { agent, .. }
        | Command::AgentWrapUp { agent, .. }
        | Command::Supervise { target: Supervised::Agent(agent), .. } => ("refused.no_such_agent", agent),
        Command::Unregister { extension, .. }
        | Command::Supervise { target: Supervised::Extension(extension), .. } => {
            ("refused.no_such_extension", extension)
        }
        Command::QueueDoor { queue, .. } => ("refused.no_such_queue", queue),
        _ => return None,
    })
}

/// Characters that can be typed as the answer to a question.
pub(super) fn typed_max(asked: &Asked) -> usize {
    match asked.command {
        Command::Note { .. } => NOTE_CHARS_MAX,
        Command::Tell { .. } => TOLD_CHARS_MAX,
        Command::HoldRecording { .. } => REASON_CHARS_MAX,
        _ => TYPED_MAX,
    }
}

/// A change to the configuration as a sentence.
fn words_of_change(change: &ConfigChange, words: &Words) -> String {
    match change {
        // Skills with it are asked for by ctl only.
        ConfigChange::Join { agent, queue, tier, weight, skills: _ } => {
            let part = |key: &str, name: &str, n: &Option<u8>| {
                n.map(|n| words.f(key, &[(name, &n.to_string())])).unwrap_or_default()
            };
            let place = part("change.tier", "tier", tier) + &part("change.weight", "weight", weight);
            words.f("change.join", &[("agent", agent), ("queue", queue), ("place", &place)])
        }
        ConfigChange::Leave { agent, queue } => {
            words.f("change.leave", &[("agent", agent), ("queue", queue)])
        }
        ConfigChange::Skill { agent, skill, level: 0 } => {
            words.f("change.no_skill", &[("agent", agent), ("skill", skill)])
        }
        ConfigChange::Skill { agent, skill, level } => {
            let fields = [("agent", agent.as_str()), ("skill", skill), ("level", &level.to_string())];
            words.f("change.skill", &fields)
        }
        ConfigChange::ClassPriority { class, priority } => {
            words.f("change.class", &[("class", class), ("priority", &priority.to_string())])
        }
    }
}
