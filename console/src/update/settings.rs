//! Settings: what is asked of the daemon about them, what is typed, and what comes of the answers.
//!
//! Every change goes one way: the daemon is asked what it would do to the file, that is shown, and only from there is it
//! applied, to the file that it was shown for.

use super::palette::edit;
use crate::action::Action;
use crate::app::{App, Effect, Mood, Overlay, Screen, Waiting};
use crate::keymap::{Code, Key};
use crate::setting::{From, Preview, Typed, Typing};
use switchroom_wire::{
    Answer, Command, CommandError, Hushed, NewPassword, Role, SettingForm, SettingKind, SettingsApplied,
    SettingsChange, SettingsDiff, SettingsView, clean,
};

/// The longest value that is typed here: conditions and lists are long.
pub(super) const SETTING_MAX: usize = 4_000;

impl App {
    /// Asks for what is shown and is not here, or is old.
    pub(super) fn ask_settings(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let is_shown =
            self.screen == Screen::Settings && !self.model.setting.is_own && self.role() == Role::Admin;
        let page = &self.model.setting;
        if !is_shown || !self.is_live() || !self.model.is_filled || !page.is_wanted(now_ms) {
            return;
        }
        // A screen that is stopped shows what it showed, until one does something there.
        if self.frozen.is_some() && page.asked_ms.is_some() {
            return;
        }
        self.model.setting.asked_ms = Some(now_ms);
        self.ask(Command::Settings { kind: self.model.setting.kind }, Waiting::Settings, effects);
    }

    /// Another kind of settings.
    pub(super) fn turn_settings(&mut self, is_next: bool, now_ms: i64) {
        let by = if is_next { 1 } else { SettingKind::ALL.len() };
        if !self.model.setting.turn(by) {
            self.tell_of_draft(now_ms);
        }
    }

    pub(super) fn move_in_settings(&mut self, by: isize, now_ms: i64) {
        if self.model.setting.is_own {
            return self.move_in_own(by);
        }
        if !self.model.setting.move_by(by) {
            self.tell_of_draft(now_ms);
        }
    }

    fn tell_of_draft(&mut self, now_ms: i64) {
        let text = self.settings.words.t("refused.setting_typed").to_owned();
        self.tell(Mood::Told, text, now_ms);
    }

    /// From the list into the form; there the value is typed.
    pub(super) fn open_setting(&mut self, now_ms: i64) {
        if self.model.setting.is_own {
            return self.open_own();
        }
        let page = &mut self.model.setting;
        if !page.is_in_form {
            page.is_in_form = page.name().is_some();
            return;
        }
        let Some((of, field)) = page.meant().zip(page.current()) else { return };
        let key = field.key.name.clone();
        let value = Hushed(if field.from == From::Default { String::new() } else { field.value });
        let is_one_line = !value.0.contains('\n');
        let typing = Typing {
            what: Typed::Value(of, key.clone()),
            label: key,
            input: value.clone(),
            opened: value,
            is_secret: field.key.form == SettingForm::Secret,
            choices: field.key.choices.clone(),
        };
        let words = &self.settings.words;
        let path = page.view().map(|view| view.path.clone()).unwrap_or_default();
        let fields = [("key", typing.label.as_str()), ("path", &path)];
        let long = (!is_one_line).then(|| words.f("refused.setting_lines", &fields));
        let why = self.denial(Role::Admin).or_else(|| self.stale()).or_else(|| self.lost()).or(long);
        if let Some(why) = why {
            self.tell(Mood::Wrong, why, now_ms);
            return;
        }
        self.overlay = Some(Overlay::Setting(Box::new(typing)));
    }

    /// Drops what was typed, or goes from the form to the list; false if there is neither.
    pub(super) fn close_setting(&mut self, now_ms: i64) -> bool {
        if self.model.setting.draft.take().is_some() {
            let text = self.settings.words.t("settings.dropped").to_owned();
            self.tell(Mood::Told, text, now_ms);
            self.model.setting.is_in_form &= self.model.setting.name().is_some();
            return true;
        }
        std::mem::take(&mut self.model.setting.is_in_form)
    }

    /// Why what was typed is for nothing that is there.
    fn lost(&self) -> Option<String> {
        let name = self.model.setting.name().unwrap_or_default();
        let why = || self.settings.words.f("refused.setting_gone", &[("name", name)]);
        self.model.setting.is_lost().then(why)
    }

    fn stale(&self) -> Option<String> {
        let view = self.model.setting.view()?;
        view.is_stale.then(|| self.settings.words.f("refused.setting_stale", &[("path", &view.path)]))
    }

    /// Why a verb on settings cannot be given; role and connection were asked before.
    pub(crate) fn setting_refusal(&self, action: Action) -> Option<String> {
        let (words, page) = (&self.settings.words, &self.model.setting);
        let no = |key: &str| Some(words.t(key).to_owned());
        if page.is_own {
            return no("refused.setting_own");
        }
        let Some(view) = page.view() else { return no("refused.setting_none") };
        if view.is_stale {
            return self.stale();
        }
        match action {
            Action::SettingApply if page.draft.is_none() => no("refused.setting_untyped"),
            Action::SettingApply => self.lost(),
            _ if page.draft.is_some() => no("refused.setting_typed"),
            Action::SettingUndo if view.undo.is_none() => no("refused.setting_undo"),
            Action::SettingPassword if page.kind != SettingKind::Extension => no("refused.setting_password"),
            Action::SettingPassword | Action::SettingRemove if page.entry().is_none() => {
                no("refused.setting_none")
            }
            _ => None,
        }
    }

    /// Starts a verb: asks for the name of what is to be added, else what the change would do.
    pub(super) fn start_setting(&mut self, action: Action, now_ms: i64, effects: &mut Vec<Effect>) {
        if let Some(why) = self.refusal(action) {
            self.tell(Mood::Wrong, why, now_ms);
            return;
        }
        let page = &self.model.setting;
        let (kind, name) = (page.kind, page.name().unwrap_or_default().to_owned());
        let change = match action {
            Action::SettingAdd => {
                let label = self.settings.words.t(name_key(kind)).to_owned();
                let (input, opened) = (Hushed::default(), Hushed::default());
                let what = Typed::Name;
                let typing = Typing { what, label, input, opened, is_secret: false, choices: Vec::new() };
                self.toast = None;
                self.overlay = Some(Overlay::Setting(Box::new(typing)));
                return;
            }
            Action::SettingRemove => Some(SettingsChange::Remove { kind, name }),
            Action::SettingPassword => {
                Some(SettingsChange::Password { extension: name, password: NewPassword::Made })
            }
            Action::SettingUndo => Some(SettingsChange::Undo),
            _ => page.change(),
        };
        if let Some(change) = change {
            let waiting = Waiting::Preview { change: Box::new(change.clone()) };
            self.ask(Command::PreviewSettings { change }, waiting, effects);
        }
    }

    /// A key while a value or a name is typed.
    pub(super) fn on_setting_key(
        &mut self,
        mut typing: Typing,
        key: Key,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        match key {
            Key { code: Code::Esc, .. } | Key { code: Code::Char('c'), ctrl: true } => {}
            // A value is left as it was opened; what takes a secret out is never a mere Enter.
            Key { code: Code::Enter, .. } if typing.input == typing.opened => {}
            Key { code: Code::Enter, .. } => self.take_typed(&typing, now_ms, effects),
            Key { code: Code::Delete, .. } if typing.is_secret => {
                typing.input = Hushed::default();
                self.take_typed(&typing, now_ms, effects);
            }
            Key { code: Code::Tab, .. } => {
                let at = typing.choices.iter().position(|choice| *choice == typing.input.0);
                let next = at.map_or(0, |at| (at + 1) % typing.choices.len());
                if let Some(choice) = typing.choices.get(next) {
                    typing.input = Hushed(choice.clone());
                }
                self.overlay = Some(Overlay::Setting(Box::new(typing)));
            }
            _ => {
                edit(&mut typing.input.0, key, SETTING_MAX);
                self.overlay = Some(Overlay::Setting(Box::new(typing)));
            }
        }
    }

    fn take_typed(&mut self, typing: &Typing, now_ms: i64, effects: &mut Vec<Effect>) {
        let text = typing.input.0.trim();
        let page = &mut self.model.setting;
        match &typing.what {
            Typed::Own(name) => return self.set_own(name, text, now_ms, effects),
            Typed::Value(of, key) => {
                if !page.type_value(of, key, text) {
                    let text = self.settings.words.f("refused.setting_gone", &[("name", &of.name)]);
                    return self.tell(Mood::Wrong, text, now_ms);
                }
            }
            Typed::Name if text.is_empty() => return,
            Typed::Name => page.begin(text),
        }
        if page.draft.is_some() {
            let key = self.settings.keymap.shown(Action::SettingApply);
            let text = self.settings.words.f("settings.typed", &[("key", &key)]);
            self.tell(Mood::Told, text, now_ms);
        }
    }

    /// A key while a change is looked at: a clear yes applies it, if it can be.
    pub(super) fn on_diff_key(
        &mut self,
        mut preview: Preview,
        key: Key,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        if key == Key::plain(Code::Char('y')) && preview.diff.faults.is_empty() {
            let label = short(&preview.diff.told);
            let denied = self.denial(Role::Admin);
            if let Some(why) = denied {
                let text = self.settings.words.f("toast.refused", &[("verb", &label), ("why", &why)]);
                self.tell(Mood::Wrong, text, now_ms);
                return;
            }
            let change = Box::new(preview.change.clone());
            let command = Command::ApplySettings { change: preview.change, file: preview.diff.file };
            let text = self.settings.words.f("toast.sent", &[("verb", &label)]);
            self.ask(command, Waiting::Applied { label, change }, effects);
            self.tell(Mood::Sent, text, now_ms);
            return;
        }
        let is_no = matches!(key.code, Code::Char('n' | 'N'));
        match self.scroll_key(preview.top, key).filter(|_| !is_no) {
            Some(top) => {
                preview.top = top.min(crate::view::diff_height(self, &preview.diff).saturating_sub(1));
                self.overlay = Some(Overlay::Diff(Box::new(preview)));
            }
            None => {
                let label = short(&preview.diff.told);
                let text = match &preview.change {
                    SettingsChange::Flow { flow, .. } => self.flow_kept(flow, &label),
                    _ => self.settings.words.f("toast.not_done", &[("verb", &label)]),
                };
                self.tell(Mood::Told, text, now_ms);
            }
        }
    }

    /// Takes an answer to one of the questions above.
    pub(super) fn on_settings_reply(
        &mut self,
        waiting: Waiting,
        result: Result<Answer, CommandError>,
        now_ms: i64,
    ) {
        match (waiting, result) {
            (_, Ok(Answer::Settings(view))) => self.model.setting.keep(*view),
            // Whoever has gone on to something else meanwhile is not interrupted.
            (Waiting::Preview { change }, Ok(Answer::SettingsDiff(diff)))
                if self.overlay.is_none() && self.is_looked_at(&change) =>
            {
                let page = &mut self.model.setting;
                let is_of_settings = self.screen == Screen::Settings;
                if is_of_settings && page.view_of(&change).is_some_and(|view| view.file != diff.file) {
                    page.asked_ms = None;
                    let text = self.settings.words.t("settings.other_file").to_owned();
                    return self.tell(Mood::Wrong, text, now_ms);
                }
                self.toast = None;
                let (change, diff) = (*change, *diff);
                self.lay(Overlay::Diff(Box::new(Preview { change, diff, top: 0 })));
            }
            (Waiting::Applied { label, change }, Ok(Answer::SettingsApplied(applied))) => {
                let SettingsChange::Flow { flow, .. } = &*change else {
                    return self.show_applied(&label, &change, &applied, now_ms);
                };
                // The rest of what was done is the label.
                let told = applied.told.strip_prefix(&label).unwrap_or(&applied.told);
                let what = clean(told.trim_start_matches("; ")).into_owned();
                let text = self.settings.words.f("toast.done", &[("verb", label.as_str()), ("what", &what)]);
                let text = self.beside_flow(flow, text);
                self.flow_applied(flow);
                self.tell(Mood::Done, text, now_ms);
            }
            (Waiting::Preview { change }, Ok(Answer::SettingsDiff(_))) => self.tell_unlooked(&change, now_ms),
            (waiting, Err(error)) => {
                let (key, why) = super::reason(error);
                let label = match waiting {
                    Waiting::Applied { label, .. } => {
                        self.model.setting.asked_ms = None;
                        label
                    }
                    Waiting::Preview { change } if matches!(*change, SettingsChange::Flow { .. }) => {
                        self.settings.words.t("screen.flows").to_owned()
                    }
                    _ => self.settings.words.t("screen.settings").to_owned(),
                };
                let text = self.settings.words.f(key, &[("verb", &label), ("why", &why)]);
                self.tell(Mood::Wrong, text, now_ms);
            }
            _ => {}
        }
    }

    /// Tells that what a change would do was not looked at, and is not done.
    pub(super) fn tell_unlooked(&mut self, change: &SettingsChange, now_ms: i64) {
        let words = &self.settings.words;
        let text = match change {
            SettingsChange::Flow { flow, .. } => {
                self.flow_kept(flow, &words.f("verb.flow_edit", &[("flow", flow)]))
            }
            _ => words.t("settings.unlooked").to_owned(),
        };
        // It stays until a key is pressed; under something else it would be gone with a key for that.
        let mood = if self.overlay.is_none() { Mood::Wrong } else { Mood::Told };
        self.tell(mood, text, now_ms);
    }

    /// Whether what a change is about is on screen.
    fn is_looked_at(&self, change: &SettingsChange) -> bool {
        match change {
            SettingsChange::Flow { .. } => self.screen == Screen::List(crate::rows::List::Flows),
            _ => self.screen == Screen::Settings,
        }
    }

    /// What was typed on meanwhile is not part of it, and stays.
    fn show_applied(&mut self, label: &str, change: &SettingsChange, applied: &SettingsApplied, now_ms: i64) {
        let page = &mut self.model.setting;
        page.asked_ms = None;
        if page.change().as_ref() == Some(change) {
            page.draft = None;
        }
        if let SettingsChange::Add { kind, name, .. } = change
            && page.draft.is_none()
        {
            page.select_coming(*kind, name);
        }
        let words = &self.settings.words;
        let restart = if applied.needs_restart { words.t("settings.restart") } else { "" };
        let text = words.f("toast.done", &[("verb", label), ("what", restart)]);
        if let Some(password) = &applied.password {
            let (of, password) = (label.to_owned(), password.clone());
            let under = self.overlay.take().map(Box::new);
            self.overlay = Some(Overlay::Password { of, password, under });
            self.unseen.overlay = true;
        }
        self.tell(Mood::Done, text.trim_end_matches([' ', ':']).to_owned(), now_ms);
    }

    /// A key while a new password is shown: it is told once, so nothing but a clear wish takes it away. It is copied alone,
    /// and no other line repeats it.
    pub(super) fn on_password_key(
        &mut self,
        (of, password): (String, Hushed),
        under: Option<Box<Overlay>>,
        key: Key,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        if key.code == Code::Esc {
            self.overlay = under.map(|under| *under);
            return;
        }
        if key == Key::plain(Code::Char('y')) {
            effects.push(Effect::Copy(clean(&password.0).into_owned()));
            let text = self.settings.words.t("settings.copied").to_owned();
            self.tell(Mood::Done, text, now_ms);
        }
        self.overlay = Some(Overlay::Password { of, password, under });
    }

    /// What the form shows, as text.
    pub(super) fn setting_lines(&self) -> Vec<String> {
        let page = &self.model.setting;
        if page.is_own {
            return self.own_lines();
        }
        let name = page.name().map(|name| clean(name).into_owned());
        let fields = page.fields().into_iter().filter(|field| field.from != From::Nowhere);
        let fields = fields.map(|field| clean(&format!("{}  {}", field.key.name, field.value)).into_owned());
        name.into_iter().chain(fields).collect()
    }
}

/// What the name of a new one is asked for by.
fn name_key(kind: SettingKind) -> &'static str {
    match kind {
        SettingKind::Extension => "settings.new_extension",
        SettingKind::Agent => "settings.new_agent",
        SettingKind::Queue => "settings.new_queue",
        SettingKind::Skill => "settings.new_skill",
        SettingKind::Route => "settings.new_route",
        SettingKind::Role => "settings.new_role",
    }
}

/// Columns of a change in a toast; the whole of it is in the difference.
const SHORT: usize = 60;

fn short(told: &str) -> String {
    switchroom_wire::fit(told, SHORT).trim_end().to_owned()
}

/// All of a kind as lines of text.
pub(super) fn entry_lines(view: &SettingsView) -> Vec<String> {
    let line = |entry: &switchroom_wire::SettingView| {
        let values = entry.values.iter().map(|(key, value)| format!("{key}={value}"));
        let values: Vec<String> = values.collect();
        clean(&format!("{}  {}  {}", entry.name, entry.label, values.join(", "))).trim_end().to_owned()
    };
    view.entries.iter().map(line).collect()
}

/// A difference as lines of text, with what is wrong with it.
pub(super) fn diff_lines(diff: &SettingsDiff) -> Vec<String> {
    let faults = diff.faults.iter().chain(&diff.warnings);
    let faults =
        faults.map(|fault| clean(&format!("{}:{}: {}", fault.file, fault.line, fault.what)).into_owned());
    diff.unified().lines().map(str::to_owned).chain(faults).collect()
}

/// A change that was made.
pub(super) fn applied_lines(applied: &SettingsApplied) -> Vec<String> {
    let password = applied.password.iter().map(|password| clean(&password.0).into_owned());
    std::iter::once(clean(&applied.told).into_owned()).chain(password).collect()
}
