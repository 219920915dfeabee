//! The palette: everything that can be done here, found by a few letters, and commands as words.

use super::settings::SETTING_MAX;
use super::verbs::typed_max;
use crate::action::{ACTIONS, Action};
use crate::app::{App, Effect, Mood, Overlay, Screen, Waiting};
use crate::config::Bell;
use crate::grammar;
use crate::keymap::{Code, Key};
use crate::symbols::Symbols;
use crate::theme::Theme;
use crate::words::{Language, Words};
use switchroom_wire::{Command, Role};

/// The longest input line.
pub(super) const INPUT_MAX: usize = 200;

/// Commands remembered.
const HISTORY_MAX: usize = 50;

/// What an item of the palette does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Does {
    Action(Action),
    Words(String),
    /// It goes on: what of it is typed as it stands.
    Form(String),
}

/// A line of the palette.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) label: String,
    pub(crate) keys: String,
    /// What it does, or why it cannot be done now.
    pub(crate) text: String,
    pub(crate) is_disabled: bool,
    does: Does,
}

/// Settings of this console that can be said in the palette.
const LOCAL: &[(&str, &[&str])] = &[
    ("theme", &Theme::NAMES),
    ("symbols", &Symbols::NAMES),
    ("lang", &["en", "zh"]),
    ("bell", &Bell::NAMES),
];

/// The word for the user's own phone, which is remembered for the supervisor's verbs.
const PHONE: &str = "phone";

pub(crate) const PHONE_FORM: &str = "phone EXTENSION";

/// How far commands that go on stand below others that fit as well.
const FORM_RANK: i32 = 1_000;

/// What of a known setting of this console is said wrong: no such value.
fn no_value(app: &App, input: &str) -> Option<String> {
    let words = &app.settings.words;
    let (name, value) = input.trim().split_once(' ').map(|(name, value)| (name, value.trim()))?;
    if name == PHONE {
        let is_known = app.model.board.extensions.contains_key(value);
        return (!is_known).then(|| words.f("palette.no_phone", &[("value", value)]));
    }
    let (_, values) = LOCAL.iter().find(|(local, _)| *local == name)?;
    let own = app.settings.own_themes.iter().map(|(name, _)| name.as_str()).filter(|_| name == "theme");
    let known: Vec<&str> = values.iter().copied().chain(own).collect();
    let fields = [("name", name), ("value", value), ("known", &known.join(", "))];
    (!known.contains(&value)).then(|| words.f("palette.no_value", &fields))
}

/// The forms of what is said in the palette alone.
pub(crate) fn local_forms() -> Vec<String> {
    let settings = LOCAL.iter().map(|(name, values)| format!("{name} {}", values.join("|")));
    std::iter::once(PHONE_FORM.to_owned()).chain(settings).collect()
}

/// The items for an input, best first.
pub(crate) fn items(app: &App, input: &str) -> Vec<Item> {
    let mut found: Vec<(i32, Item)> = Vec::new();
    if let Ok(command) = grammar::parse(input) {
        let why = app.command_refusal(&command);
        found.push((i32::MAX, words_item(app, input.trim(), "palette.command", why)));
    }
    if let Some((PHONE, number)) = input.trim().split_once(' ').map(|(word, rest)| (word, rest.trim()))
        && app.model.board.extensions.contains_key(number)
    {
        found.push((i32::MAX, words_item(app, input.trim(), "palette.setting", None)));
    }
    for item in action_items(app).into_iter().chain(word_items(app)) {
        if let Some(score) = grammar::fuzzy(input, &item.label) {
            found.push((score, item));
        }
    }
    // Below what can be done at once: what goes on.
    let forms = std::iter::once(&PHONE_FORM).chain(grammar::FORMS);
    found.extend(forms.filter_map(|form| form_item(app, form, input)));
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.dedup_by(|(_, a), (_, b)| a.label == b.label);
    found.into_iter().map(|(_, item)| item).collect()
}

/// A command that goes on after its fixed words, as long as one of these is being typed: found by its beginning alone, for a
/// word that is no command is to be told so.
fn form_item(app: &App, form: &str, input: &str) -> Option<(i32, Item)> {
    let (fixed, input) = (grammar::fixed(form), input.trim_start());
    let begins = fixed.starts_with(input) || fixed.split(' ').any(|word| word.starts_with(input));
    if fixed == form || !begins {
        return None;
    }
    let score = grammar::fuzzy(input, &fixed)?.saturating_sub(FORM_RANK);
    let text = app.settings.words.t("palette.form").to_owned();
    let does = Does::Form(format!("{fixed} "));
    Some((score, Item { label: form.to_owned(), keys: String::new(), is_disabled: false, text, does }))
}

fn action_items(app: &App) -> Vec<Item> {
    let words = &app.settings.words;
    let here = app.context();
    let specs = ACTIONS.iter().filter(|spec| spec.contexts.contains(&here) && spec.action != Action::Palette);
    specs
        .map(|spec| {
            let why = app.refusal(spec.action);
            Item {
                label: words.t(&format!("action.{}.label", spec.name)).to_owned(),
                keys: app.settings.keymap.shown(spec.action),
                is_disabled: why.is_some(),
                text: why.unwrap_or_else(|| app.action_text(spec).to_owned()),
                does: Does::Action(spec.action),
            }
        })
        .collect()
}

fn word_items(app: &App) -> Vec<Item> {
    let local = LOCAL.iter().flat_map(|(name, values)| values.iter().map(move |v| format!("{name} {v}")));
    let own = app.settings.own_themes.iter().map(|(name, _)| format!("theme {name}"));
    let mut items: Vec<Item> =
        local.chain(own).map(|text| words_item(app, &text, "palette.setting", None)).collect();
    for words in ["status", "queues", "agents", "cdrs"] {
        items.push(words_item(app, words, "palette.command", None));
    }
    items
}

fn words_item(app: &App, text: &str, key: &str, why: Option<String>) -> Item {
    Item {
        label: text.to_owned(),
        keys: String::new(),
        is_disabled: why.is_some(),
        text: why.unwrap_or_else(|| app.settings.words.t(key).to_owned()),
        does: Does::Words(text.to_owned()),
    }
}

impl App {
    pub(super) fn on_palette_key(
        &mut self,
        (mut input, mut cursor): (String, usize),
        key: Key,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        let found = items(self, &input);
        match key.code {
            Code::Esc => return,
            Code::Char('c') if key.ctrl => return,
            Code::Enter => return self.run_palette(&input, found.into_iter().nth(cursor), now_ms, effects),
            Code::Tab => {
                if let Some(item) = found.get(cursor) {
                    input.clone_from(match &item.does {
                        Does::Form(fixed) => fixed,
                        Does::Action(_) | Does::Words(_) => &item.label,
                    });
                    cursor = 0;
                }
            }
            Code::Down => cursor = (cursor + 1).min(found.len().saturating_sub(1)),
            Code::Up if cursor > 0 => cursor -= 1,
            Code::Up => {
                // Above the first line stands what was said before.
                let at = self.history.iter().rposition(|said| *said == input).unwrap_or(self.history.len());
                if let Some(said) = at.checked_sub(1).and_then(|n| self.history.get(n)) {
                    input.clone_from(said);
                }
            }
            _ => {
                edit(&mut input, key, INPUT_MAX);
                cursor = 0;
            }
        }
        self.overlay = Some(Overlay::Palette { input, cursor });
    }

    /// Pasted text goes where text is typed and nowhere else: it is never taken for keys.
    pub(super) fn on_paste(&mut self, text: &str) {
        match &mut self.overlay {
            Some(Overlay::Palette { input, cursor }) => {
                paste(input, text, INPUT_MAX);
                *cursor = 0;
            }
            Some(Overlay::Path { input }) => paste(input, text, INPUT_MAX),
            Some(Overlay::Filter { .. }) => {
                if let Screen::List(list) = self.screen
                    && let Some(state) = self.lists.get_mut(&list)
                {
                    paste(&mut state.filter, text, INPUT_MAX);
                }
            }
            Some(Overlay::Setting(typing)) => paste(&mut typing.input.0, text, SETTING_MAX),
            Some(Overlay::Confirm(asked)) if asked.is_typed() => {
                let most = typed_max(asked);
                paste(&mut asked.typed, text, most);
            }
            Some(
                Overlay::Confirm(_)
                | Overlay::Help { .. }
                | Overlay::Text { .. }
                | Overlay::Password { .. }
                | Overlay::Diff(_),
            )
            | None => {}
        }
    }

    fn run_palette(&mut self, input: &str, item: Option<Item>, now_ms: i64, effects: &mut Vec<Effect>) {
        let Some(item) = item else {
            let wrong = || grammar::parse(input).err().map(|error| error.text(&self.settings.words));
            let why = no_value(self, input).or_else(wrong).unwrap_or_default();
            self.tell(Mood::Wrong, why, now_ms);
            return;
        };
        if let Does::Form(fixed) = item.does {
            self.overlay = Some(Overlay::Palette { input: fixed, cursor: 0 });
            return;
        }
        self.history.retain(|said| *said != item.label);
        self.history.push(item.label.clone());
        if self.history.len() > HISTORY_MAX {
            self.history.remove(0);
        }
        if item.is_disabled {
            self.tell(Mood::Wrong, item.text, now_ms);
            return;
        }
        match item.does {
            Does::Form(_) => {}
            Does::Action(action) => self.act(action, now_ms, effects),
            Does::Words(words) => self.run_words(&words, now_ms, effects),
        }
    }

    fn run_words(&mut self, words: &str, now_ms: i64, effects: &mut Vec<Effect>) {
        if self.set_local(words) {
            effects.push(Effect::Redraw);
            return;
        }
        match grammar::parse(words) {
            Err(error) => self.tell(Mood::Wrong, error.text(&self.settings.words), now_ms),
            Ok(command @ Command::Desk { .. }) => {
                self.ask(command, Waiting::Question { label: words.to_owned() }, effects);
            }
            Ok(command) if command.role() > Role::Viewer => self.start_command(&command, now_ms, effects),
            Ok(command) => self.ask(command, Waiting::Question { label: words.to_owned() }, effects),
        }
    }

    /// Changes a setting of this console; false if the words are not one.
    pub(super) fn set_local(&mut self, words: &str) -> bool {
        let Some((name, value)) = words.split_once(' ') else { return false };
        let settings = &mut self.settings;
        match name {
            "theme" => {
                let own = settings.own_themes.iter().find(|(name, _)| name == value);
                let theme = own.map(|(_, theme)| *theme).or_else(|| Theme::new(value, &settings.colours));
                if let Some(theme) = theme {
                    (settings.theme, settings.theme_name) = (theme, value.to_owned());
                }
                theme.is_some()
            }
            "symbols" => Symbols::parse(value).map(|symbols| settings.symbols = symbols).is_some(),
            "lang" => Language::parse(value).map(|language| settings.words = Words::new(language)).is_some(),
            PHONE => {
                let number = value.trim();
                let is_known = self.model.board.extensions.contains_key(number);
                if is_known {
                    self.phone = Some(number.to_owned());
                }
                is_known
            }
            "bell" => Bell::parse(value).map(|bell| settings.bell = bell).is_some(),
            _ => false,
        }
    }
}

/// Edits a line of input of at most so many characters.
pub(super) fn edit(input: &mut String, key: Key, most: usize) {
    match key {
        Key { code: Code::Backspace, ctrl: false } => {
            input.pop();
        }
        Key { code: Code::Char('u'), ctrl: true } => input.clear(),
        Key { code: Code::Char('w'), ctrl: true } => {
            let kept = input.trim_end().rfind(' ').map_or(0, |at| at + 1);
            input.truncate(kept);
        }
        Key { code: Code::Char(c), ctrl: false } if input.chars().count() < most => input.push(c),
        _ => {}
    }
}

/// Adds pasted text to a line of input of at most so many characters: several lines become one.
fn paste(input: &mut String, text: &str, most: usize) {
    let room = most.saturating_sub(input.chars().count());
    let text = text.trim_matches(['\r', '\n']).replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
    input.extend(text.chars().filter(|c| !c.is_control()).take(room));
}
