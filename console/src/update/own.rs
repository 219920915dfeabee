//! The console's own settings on the screen of the settings: they change at once, and are kept in the console's own file.

use crate::app::{App, Effect, Mood, Overlay};
use crate::config::ROTATE_S;
use crate::own::{self, ROTATE};
use crate::setting::{Typed, Typing};
use switchroom_wire::Hushed;

impl App {
    /// Asks for another value of the one that is selected.
    pub(super) fn open_own(&mut self) {
        let Some(one) = own::all(self).into_iter().nth(self.model.setting.own_at) else { return };
        let typing = Typing {
            what: Typed::Own(one.name.to_owned()),
            label: one.name.to_owned(),
            opened: Hushed(one.value.clone()),
            input: Hushed(one.value),
            is_secret: false,
            choices: one.choices,
        };
        self.toast = None;
        self.overlay = Some(Overlay::Setting(Box::new(typing)));
    }

    pub(super) fn move_in_own(&mut self, by: isize) {
        let last = own::all(self).len().saturating_sub(1);
        let page = &mut self.model.setting;
        page.own_at = page.own_at.saturating_add_signed(by).min(last);
    }

    /// Takes a value at once, and has it kept.
    pub(super) fn set_own(&mut self, name: &str, text: &str, now_ms: i64, effects: &mut Vec<Effect>) {
        let choices = own::all(self).into_iter().find(|one| one.name == name).map(|one| one.choices);
        let is_one = choices.is_some_and(|all| all.is_empty() || all.iter().any(|choice| choice == text));
        let seconds = text.parse().ok().filter(|seconds| ROTATE_S.contains(seconds));
        let is_set = match (name, seconds) {
            _ if !is_one => false,
            ("time", _) => {
                self.clock = text == "clock";
                true
            }
            ("privacy", _) => {
                self.masked = text == "masked";
                true
            }
            (ROTATE, Some(seconds)) => {
                self.settings.rotate_ms = i64::from(seconds) * 1_000;
                true
            }
            (ROTATE, None) => false,
            _ => self.set_local(&format!("{name} {text}")),
        };
        if !is_set {
            let text = self.settings.words.f("own.not_one", &[("name", name), ("value", text)]);
            return self.tell(Mood::Wrong, text, now_ms);
        }
        effects.push(Effect::Redraw);
        effects.push(Effect::Keep { name: name.to_owned(), value: text.to_owned() });
    }

    /// It was kept, or not: then it holds until the console is left.
    pub(super) fn on_kept(&mut self, kept: Result<String, String>, now_ms: i64) {
        let words = &self.settings.words;
        match kept {
            Ok(path) => {
                let text = words.f("own.kept", &[("path", &path)]);
                self.tell(Mood::Done, text, now_ms);
            }
            Err(why) => {
                let text = words.f("own.not_kept", &[("why", &why)]);
                self.tell(Mood::Wrong, text, now_ms);
            }
        }
    }

    /// All of them as text.
    pub(super) fn own_lines(&self) -> Vec<String> {
        own::all(self).into_iter().map(|one| format!("{} = {}", one.name, one.value)).collect()
    }
}
