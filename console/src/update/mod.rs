//! From state and input to state and effects. Pure: the loop does what the effects say.

mod copying;
mod desk;
mod doors;
mod floor;
mod flow_edit;
mod forcing;
mod keys;
mod missed;
mod own;
mod palette;
mod recordings;
mod related;
mod reports;
mod settings;
mod status;
mod supervise;
mod text;
mod verbs;

pub(crate) use flow_edit::FlowEdits;
pub(crate) use palette::{items, local_forms};
pub(crate) use text::shown_text;

use crate::app::{App, Effect, LinkState, Mood, Overlay, REST_MS, Screen, Waiting};
use crate::editor::Unread;
use crate::keymap::Key;
use crate::model::{Note, Watched};
use crate::rows::List;
use switchroom_wire::{
    AlarmView, Answer, ClientLine, Command, CommandError, Hushed, Reply, Request, ServerLine,
};

/// Columns of a wave that are asked for: the most there are, so that no resize asks again.
const WAVE_COLUMNS: u16 = 512;

/// Answers waited for at once; more than that is a stuck daemon.
const WAITING_MAX: usize = 64;

/// What happened.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    Key(Key),
    /// Text that was pasted.
    Paste(String),
    Line(Box<ServerLine>),
    /// Several lines that have come since a frame: what follows from them is worked out once.
    Lines(Vec<ServerLine>),
    /// The connection ended or could not be made.
    Down {
        why: String,
        next_try_ms: Option<i64>,
    },
    Resize(u16, u16),
    Tick,
    /// The editor of a flow is done: what it left, or why nothing came of it.
    Edited {
        flow: String,
        text: Result<Hushed, Unread>,
    },
    /// What was made of a flow was put aside into that file, or not.
    PutAside {
        flow: String,
        file: Result<String, String>,
    },
    /// A setting of our own was kept in that file, or not.
    Kept(Result<String, String>),
    /// A file was written, or not.
    Written(Result<String, String>),
}

impl App {
    /// Takes one input at `now_ms` of our clock.
    pub(crate) fn update(&mut self, input: Input, now_ms: i64) -> Vec<Effect> {
        let mut effects = Vec::new();
        let is_of_user = matches!(input, Input::Key(_) | Input::Paste(_));
        let before = self.row_in_view();
        self.only_moves = false;
        match input {
            // Nobody can mean what is not drawn yet.
            Input::Key(_) | Input::Paste(_) if self.unseen.overlay => {}
            Input::Key(key) => self.on_key(key, now_ms, &mut effects),
            Input::Paste(text) => self.on_paste(&text),
            Input::Line(line) => self.on_line(&line, now_ms, &mut effects),
            Input::Lines(lines) => lines.iter().for_each(|line| self.on_line(line, now_ms, &mut effects)),
            Input::Down { why, next_try_ms } => self.on_down(why, next_try_ms, now_ms),
            Input::Resize(width, height) => self.size = (width, height),
            Input::Tick => {}
            Input::Kept(kept) => self.on_kept(kept, now_ms),
            Input::Edited { flow, text } => self.on_edited(&flow, text, now_ms, &mut effects),
            Input::PutAside { flow, file } => self.on_put_aside(&flow, file, now_ms, &mut effects),
            Input::Written(Ok(name)) => {
                let text = self.settings.words.f("toast.written", &[("name", &name)]);
                self.tell(Mood::Done, text, now_ms);
            }
            Input::Written(Err(why)) => {
                let text = self.settings.words.f("toast.not_written", &[("why", &why)]);
                self.tell(Mood::Wrong, text, now_ms);
            }
        }
        self.lay_next();
        self.on_time(now_ms, &mut effects);
        self.unseen.row |= !is_of_user && before != self.row_in_view();
        effects
    }

    fn on_time(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        if self.toast.as_ref().is_some_and(|toast| toast.until_ms <= now_ms) {
            self.toast = None;
        }
        // What is being read stays; a row of a list goes, and the selection moves on.
        let keep = matches!(self.screen, Screen::Detail(_)).then(|| self.detail.call.clone());
        let server_ms = self.server_ms(now_ms);
        self.model.forget(server_ms, keep.as_deref());
        self.settle(now_ms);
        self.ask_figures(now_ms, effects);
        self.ask_shown(now_ms, effects);
        self.ask_settings(now_ms, effects);
        if let Some(recording) = self.wave_wanted().filter(|_| now_ms - self.rested_ms >= REST_MS) {
            self.waves_asked.insert(recording.clone());
            self.ask(Command::Wave { recording, columns: WAVE_COLUMNS }, Waiting::Wave, effects);
        }
    }

    fn on_line(&mut self, line: &ServerLine, now_ms: i64, effects: &mut Vec<Effect>) {
        if let ServerLine::Welcome(_) = line {
            self.link = LinkState::Live;
            self.waves_asked.clear();
            self.model.report.ask_anew();
            self.model.desk.asked_ms = None;
            self.model.flows.asked_ms = None;
            self.model.setting.forget();
            if let Screen::Detail(_) = self.screen {
                effects.push(Effect::Send(ClientLine::Watch { call: Some(self.detail.call.clone()) }));
            }
        }
        for note in self.model.apply(line, now_ms) {
            self.on_note(note, now_ms, effects);
        }
    }

    fn on_note(&mut self, note: Note, now_ms: i64, effects: &mut Vec<Effect>) {
        let words = &self.settings.words;
        match note {
            Note::AlarmRaised(alarm) => {
                self.acknowledged.remove(&alarm.id);
                if self.settings.bell.rings(alarm.severity) {
                    effects.push(Effect::Bell);
                }
            }
            Note::AlarmCleared(AlarmView { id, text, .. }) => {
                self.acknowledged.remove(&id);
                let text = words.f("toast.cleared", &[("text", &text)]);
                self.tell(Mood::Told, text, now_ms);
            }
            Note::Restarted { was_up_ms, calls_lost } => {
                let (up, lost) = (crate::format::duration(was_up_ms), calls_lost.to_string());
                let text = words.f("toast.restarted", &[("up", &up), ("lost", &lost)]);
                self.tell(Mood::Wrong, text, now_ms);
            }
            Note::Reply(reply) => self.on_reply(reply, now_ms, effects),
            Note::Gap => effects.push(Effect::Reconnect { fresh: true }),
        }
    }

    fn on_reply(&mut self, reply: Reply, now_ms: i64, effects: &mut Vec<Effect>) {
        let Some(waiting) = self.waiting.remove(&reply.id) else { return };
        let words = &self.settings.words;
        match (waiting, reply.result) {
            (Waiting::Wave, Ok(Answer::Wave(wave))) => self.model.keep_wave(wave),
            (Waiting::Wave, Ok(_)) => {}
            (Waiting::Wave, Err(error)) => {
                let (_, why) = reason(error);
                let text = words.f("toast.no_wave", &[("why", &why)]);
                self.tell(Mood::Told, text, now_ms);
            }
            (Waiting::Figures(by), Ok(Answer::Figures(figures))) => self.model.report.keep(by, figures),
            (Waiting::Figures(_), Ok(_)) => {}
            (Waiting::Figures(_), Err(error)) => {
                let (_, why) = reason(error);
                let text = words.f("toast.no_figures", &[("why", &why)]);
                self.tell(Mood::Told, text, now_ms);
            }
            (Waiting::FlowText { .. }, Ok(Answer::FlowText(view))) => {
                self.on_flow_text(*view, now_ms, effects);
            }
            (Waiting::FlowText { .. }, Ok(_)) => {}
            (Waiting::FlowText { flow }, Err(error)) => {
                let (key, why) = reason(error);
                let label = words.f("verb.flow_edit", &[("flow", &flow)]);
                let text = words.f(key, &[("verb", &label), ("why", &why)]);
                self.tell(Mood::Wrong, text, now_ms);
            }
            (waiting @ (Waiting::Settings | Waiting::Preview { .. } | Waiting::Applied { .. }), result) => {
                self.on_settings_reply(waiting, result, now_ms);
            }
            (Waiting::Desk, Ok(Answer::Desk(desk))) => self.model.desk.keep(*desk, &self.model.board),
            (Waiting::Breaks, Ok(Answer::Desk(desk))) => self.offer_breaks(&desk),
            // Those that the board has stand in the question.
            (Waiting::Breaks, _) => {}
            (Waiting::Flows, Ok(Answer::Flows(flows))) => self.model.flows.views = flows,
            (Waiting::Ended, Ok(Answer::Cdrs(cdrs))) => self.model.report.cdrs = cdrs,
            (Waiting::Desk | Waiting::Flows | Waiting::Ended, Ok(_)) => {}
            (Waiting::Desk, Err(CommandError::Failed { why })) => self.model.desk.failed(why, now_ms),
            (Waiting::Desk, Err(error)) => {
                self.model.desk.view = None;
                self.model.desk.refused = Some(reason(error).1);
            }
            (Waiting::Ended, Err(error)) => {
                let text = words.f("toast.no_figures", &[("why", &reason(error).1)]);
                self.tell(Mood::Told, text, now_ms);
            }
            (Waiting::Flows, Err(error)) => {
                let text = words.f("toast.no_flows", &[("why", &reason(error).1)]);
                self.tell(Mood::Told, text, now_ms);
            }
            (Waiting::Verb { label, command }, Ok(answer)) => {
                if desk::changes_desk(&command) {
                    self.model.desk.asked_ms = None;
                }
                if let Some(phone) = phone_of(&command).filter(|_| self.phone.is_none()) {
                    self.phone = Some(phone.to_owned());
                }
                let what = answer_text(&answer).unwrap_or_default();
                let text = words.f("toast.done", &[("verb", &label), ("what", &what)]);
                self.tell(Mood::Done, text.trim_end_matches([' ', ':']).to_owned(), now_ms);
            }
            (Waiting::Verb { label, command }, Err(error)) => {
                if let Some(asked) = self.ask_phone(&label, &command, &error) {
                    self.toast = None;
                    self.lay(Overlay::Confirm(Box::new(asked)));
                    return;
                }
                let (key, why) = reason(error);
                let text = words.f(key, &[("verb", &label), ("why", &why)]);
                self.tell(Mood::Wrong, text, now_ms);
            }
            (Waiting::Question { label }, Err(error)) => {
                let (key, why) = reason(error);
                let text = words.f(key, &[("verb", &label), ("why", &why)]);
                self.tell(Mood::Wrong, text, now_ms);
            }
            (Waiting::Question { label }, Ok(answer)) => self.show_answer(label, &answer, now_ms),
        }
    }

    fn on_down(&mut self, why: String, next_try_ms: Option<i64>, now_ms: i64) {
        let since_ms = match &self.link {
            LinkState::Down { since_ms, .. } => *since_ms,
            LinkState::Connecting | LinkState::Live => now_ms,
        };
        self.link = LinkState::Down { since_ms, why, next_try_ms };
        // An answer that was on its way is lost: whether it was done must be looked at, not assumed.
        let waiting = std::mem::take(&mut self.waiting);
        for waiting in waiting.values() {
            if let Waiting::Preview { change } = waiting {
                self.tell_unlooked(change, now_ms);
            }
        }
        let lost = waiting.into_values().find_map(|waiting| match waiting {
            Waiting::Verb { label, .. } | Waiting::Applied { label, .. } => Some(label),
            Waiting::Question { .. }
            | Waiting::Wave
            | Waiting::Figures(_)
            | Waiting::Settings
            | Waiting::FlowText { .. }
            | Waiting::Preview { .. }
            | Waiting::Desk
            | Waiting::Breaks
            | Waiting::Flows
            | Waiting::Ended => None,
        });
        if let Some(label) = lost {
            let text = self.settings.words.f("toast.lost", &[("verb", &label)]);
            self.tell(Mood::Wrong, text, now_ms);
        }
    }

    /// Sends a command whose answer is waited for.
    fn ask(&mut self, command: Command, waiting: Waiting, effects: &mut Vec<Effect>) {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_first();
        }
        let id = self.next_id;
        self.next_id += 1;
        self.waiting.insert(id, waiting);
        effects.push(Effect::Send(ClientLine::Command(Request { id, command })));
    }

    /// Opens the detail of a call and watches it.
    fn open_call(&mut self, call: String, effects: &mut Vec<Effect>) {
        let from = match self.screen {
            Screen::List(list) | Screen::Detail(list) => list,
            Screen::Wall | Screen::Desk | Screen::Settings => List::Calls,
        };
        self.screen = Screen::Detail(from);
        self.detail = crate::app::DetailState {
            call: call.clone(),
            tab: self.detail.tab,
            follows: true,
            messages_only: self.detail.messages_only,
            body_only: self.detail.body_only,
            ..Default::default()
        };
        self.model.watched = Some(Watched { call: call.clone(), ..Default::default() });
        effects.push(Effect::Send(ClientLine::Watch { call: Some(call) }));
    }

    /// Goes to a screen; the one left can be returned to.
    fn go(&mut self, screen: Screen, effects: &mut Vec<Effect>) {
        if screen == self.screen {
            return;
        }
        if let Screen::Detail(_) = self.screen {
            self.model.watched = None;
            effects.push(Effect::Send(ClientLine::Watch { call: None }));
        }
        self.previous = self.screen;
        self.screen = screen;
    }
}

fn reason(error: CommandError) -> (&'static str, String) {
    match error {
        CommandError::Refused { why } | CommandError::NeedsPhone { why } => ("toast.refused", why),
        CommandError::Failed { why } => ("toast.failed", why),
    }
}

/// What an answer says in one line, if it says something.
fn answer_text(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Done(text) => Some(text.clone()),
        _ => None,
    }
}

/// The phone at which a supervisor's order rang. One that worked is the user's from then on, where none was known; one that did
/// not is asked for again.
fn phone_of(command: &Command) -> Option<&str> {
    match command {
        Command::Supervise { phone, .. } | Command::PickUp { phone, .. } => phone.as_deref(),
        _ => None,
    }
}
