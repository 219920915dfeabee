//! Keys as data: from the registry by default, from the console's TOML where the user says otherwise.
//!
//! Duplicates within one context are a start-up error that names both actions. Verbs take capitals only, so that
//! no lowercase key can act, whatever the file says.

use crate::action::{ACTIONS, Action, Context, Spec};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::BTreeMap;
use std::fmt;

/// A key without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F1,
}

const NAMES: &[(&str, Code)] = &[
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("shift-tab", Code::BackTab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pgup", Code::PageUp),
    ("pgdn", Code::PageDown),
    ("f1", Code::F1),
    ("space", Code::Char(' ')),
];

/// A key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) code: Code,
    pub(crate) ctrl: bool,
}

impl Key {
    pub(crate) const fn plain(code: Code) -> Self {
        Self { code, ctrl: false }
    }

    /// The key that a configuration writes as `ctrl-l`, `pgdn`, `X`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some((_, code)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Some(Self::plain(*code));
        }
        let (ctrl, rest) = text.strip_prefix("ctrl-").map_or((false, text), |rest| (true, rest));
        let mut chars = rest.chars();
        let (Some(c), None) = (chars.next(), chars.next()) else { return None };
        Some(Self { code: Code::Char(c), ctrl })
    }

    /// What a terminal sent; `None` for keys that mean nothing here.
    pub(crate) fn from_event(event: &KeyEvent) -> Option<Self> {
        if event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            KeyCode::Char(c) => Code::Char(c),
            KeyCode::Enter => Code::Enter,
            KeyCode::Esc => Code::Esc,
            KeyCode::Tab => Code::Tab,
            KeyCode::BackTab => Code::BackTab,
            KeyCode::Backspace => Code::Backspace,
            KeyCode::Delete => Code::Delete,
            KeyCode::Up => Code::Up,
            KeyCode::Down => Code::Down,
            KeyCode::Left => Code::Left,
            KeyCode::Right => Code::Right,
            KeyCode::Home => Code::Home,
            KeyCode::End => Code::End,
            KeyCode::PageUp => Code::PageUp,
            KeyCode::PageDown => Code::PageDown,
            KeyCode::F(1) => Code::F1,
            _ => return None,
        };
        Some(Self { code, ctrl })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            Code::Char(' ') => f.write_str("Space"),
            Code::Char(c) => write!(f, "{c}"),
            Code::Enter => f.write_str("Enter"),
            Code::Esc => f.write_str("Esc"),
            Code::Tab => f.write_str("Tab"),
            Code::BackTab => f.write_str("Shift-Tab"),
            Code::Backspace => f.write_str("Backspace"),
            Code::Delete => f.write_str("Del"),
            Code::Up => f.write_str("Up"),
            Code::Down => f.write_str("Down"),
            Code::Left => f.write_str("Left"),
            Code::Right => f.write_str("Right"),
            Code::Home => f.write_str("Home"),
            Code::End => f.write_str("End"),
            Code::PageUp => f.write_str("PgUp"),
            Code::PageDown => f.write_str("PgDn"),
            Code::F1 => f.write_str("F1"),
        }
    }
}

/// One or two keys pressed after each other.
pub(crate) type Sequence = Vec<Key>;

fn parse_sequence(text: &str) -> Option<Sequence> {
    let keys: Option<Sequence> = text.split(' ').map(Key::parse).collect();
    keys.filter(|keys| (1..=2).contains(&keys.len()))
}

pub(crate) fn sequence_text(keys: &[Key]) -> String {
    let spelled: Vec<String> = keys.iter().map(ToString::to_string).collect();
    // Letters pressed after each other are written together, as people say them: `gg`.
    spelled.join(if spelled.iter().all(|s| s.chars().count() == 1) { "" } else { " " })
}

/// What keys pressed so far mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Do(Action),
    /// More keys are needed.
    Prefix,
    Nothing,
}

/// All keys of all contexts.
#[derive(Debug, Clone)]
pub(crate) struct Keymap {
    keys: BTreeMap<Action, Vec<Sequence>>,
}

/// Why a keymap cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeymapError {
    #[error("keys.{name}: there is no such action; KEYS.md lists them{}", hint(.near))]
    UnknownAction { name: String, near: Option<&'static str> },
    #[error(
        "keys.{name}: \"{key}\" is not a key; write a character, two with a blank between, or one of {names}, ctrl-x",
        names = key_names()
    )]
    UnknownKey { name: String, key: String },
    #[error("keys.{name}: \"{key}\" is never bound: terminals, tmux or screen keep it for themselves")]
    Reserved { name: String, key: String },
    #[error(
        "keys.{name}: \"{key}\" does not begin with a capital; what acts on calls takes capitals other than G and N"
    )]
    VerbNotCapital { name: String, key: String },
    #[error(
        "keys: \"{key}\" is bound to both {first} and {second} in {context}; give one of them another key"
    )]
    Duplicate { key: String, first: &'static str, second: &'static str, context: &'static str },
}

fn hint(near: &Option<&'static str>) -> String {
    near.map(|name| format!(" (did you mean {name}?)")).unwrap_or_default()
}

fn key_names() -> String {
    NAMES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl Keymap {
    /// The defaults with the user's changes.
    pub(crate) fn new(changes: &BTreeMap<String, Vec<String>>) -> Result<Self, KeymapError> {
        let mut keys = BTreeMap::new();
        for spec in ACTIONS {
            keys.insert(spec.action, sequences(spec, spec.keys.iter().copied())?);
        }
        for (name, texts) in changes {
            let Some(spec) = ACTIONS.iter().find(|spec| spec.name == name) else {
                let near = ACTIONS.iter().map(|s| s.name).find(|known| resembles(known, name));
                return Err(KeymapError::UnknownAction { name: name.clone(), near });
            };
            keys.insert(spec.action, sequences(spec, texts.iter().map(String::as_str))?);
        }
        let map = Self { keys };
        map.check()?;
        Ok(map)
    }

    fn check(&self) -> Result<(), KeymapError> {
        for context in Context::ALL {
            let bound: Vec<(&Spec, &Sequence)> = ACTIONS
                .iter()
                .filter(|spec| spec.contexts.contains(&context))
                .flat_map(|spec| self.of(spec.action).iter().map(move |keys| (spec, keys)))
                .collect();
            for (n, (spec, keys)) in bound.iter().enumerate() {
                for (other, others) in &bound[n + 1..] {
                    // A key that begins a sequence cannot also stand alone.
                    if keys.starts_with(others) || others.starts_with(keys) {
                        return Err(KeymapError::Duplicate {
                            key: sequence_text(keys),
                            first: spec.name,
                            second: other.name,
                            context: context.name(),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// The key sequences of an action, the one to show first.
    pub(crate) fn of(&self, action: Action) -> &[Sequence] {
        self.keys.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The key to show for an action; empty when the user took it away.
    pub(crate) fn shown(&self, action: Action) -> String {
        self.of(action).first().map(|keys| sequence_text(keys)).unwrap_or_default()
    }

    pub(crate) fn meaning(&self, context: Context, pressed: &[Key]) -> Meaning {
        let mut prefix = false;
        for spec in ACTIONS.iter().filter(|spec| spec.contexts.contains(&context)) {
            for keys in self.of(spec.action) {
                if keys.as_slice() == pressed {
                    return Meaning::Do(spec.action);
                }
                prefix |= keys.starts_with(pressed);
            }
        }
        if prefix { Meaning::Prefix } else { Meaning::Nothing }
    }

    /// What can follow the keys pressed so far: for the box that opens after a prefix.
    pub(crate) fn following(&self, context: Context, pressed: &[Key]) -> Vec<(String, &'static Spec)> {
        let mut out = Vec::new();
        for spec in ACTIONS.iter().filter(|spec| spec.contexts.contains(&context)) {
            for keys in self.of(spec.action) {
                if keys.len() > pressed.len() && keys.starts_with(pressed) {
                    out.push((sequence_text(&keys[pressed.len()..]), spec));
                }
            }
        }
        out
    }
}

fn sequences<'a>(spec: &Spec, texts: impl Iterator<Item = &'a str>) -> Result<Vec<Sequence>, KeymapError> {
    texts
        .map(|text| {
            let (name, key) = (spec.name.to_owned(), text.to_owned());
            let Some(keys) = parse_sequence(text) else { return Err(KeymapError::UnknownKey { name, key }) };
            if keys.iter().any(|k| k.ctrl && matches!(k.code, Code::Char('a' | 'b' | 's' | 'q'))) {
                return Err(KeymapError::Reserved { name, key });
            }
            let capital =
                |k: &Key| matches!(k.code, Code::Char(c) if c.is_ascii_uppercase() && c != 'G' && c != 'N');
            if spec.role.is_some() && !keys.first().is_some_and(capital) {
                return Err(KeymapError::VerbNotCapital { name, key });
            }
            Ok(keys)
        })
        .collect()
}

/// Whether two names are close enough to be a slip of the finger.
pub(crate) fn resembles(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = if x == y { diagonal } else { diagonal.min(row[j]).min(row[j + 1]) + 1 };
            diagonal = row[j + 1];
            row[j + 1] = cost;
        }
    }
    row.last().is_some_and(|distance| *distance <= 2 && distance * 2 < a.len().max(b.len()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn changed(name: &str, keys: &[&str]) -> Result<Keymap, KeymapError> {
        let keys = keys.iter().map(|k| (*k).to_owned()).collect();
        Keymap::new(&BTreeMap::from([(name.to_owned(), keys)]))
    }

    #[test]
    fn defaults_have_no_duplicates() {
        let map = Keymap::new(&BTreeMap::new()).unwrap();
        for spec in ACTIONS {
            let by_words_only = matches!(spec.action, Action::Reload | Action::Shutdown);
            assert_eq!(map.of(spec.action).is_empty(), by_words_only, "{}", spec.name);
        }
    }

    #[test]
    fn faults_name_what_where_and_what_to_do() {
        for (name, keys, want) in [
            ("hang_up", vec!["h"], "does not begin with a capital"),
            ("hang_up", vec!["G"], "does not begin with a capital"),
            ("freeze", vec!["j"], "bound to both freeze and move_down in wall"),
            ("freeze", vec!["g"], "bound to both freeze and first in wall"),
            ("frezee", vec!["z"], "did you mean freeze?"),
            ("freeze", vec!["ctrl-s"], "never bound"),
            ("freeze", vec!["hyper-x"], "is not a key"),
        ] {
            let error = changed(name, &keys).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
    }

    #[test]
    fn a_change_replaces_the_default() {
        let map = changed("freeze", &["z", "ctrl-f"]).unwrap();
        let z = Key::parse("z").unwrap();
        assert_eq!(map.meaning(Context::Calls, &[z]), Meaning::Do(Action::Freeze));
        assert_eq!(map.meaning(Context::Calls, &[Key::parse("f").unwrap()]), Meaning::Nothing);
        assert_eq!(map.shown(Action::Freeze), "z");
    }

    #[test]
    fn sequences_wait_for_their_second_key() {
        let map = Keymap::new(&BTreeMap::new()).unwrap();
        let g = Key::parse("g").unwrap();
        assert_eq!(map.meaning(Context::Log, &[g]), Meaning::Prefix);
        assert_eq!(map.meaning(Context::Log, &[g, g]), Meaning::Do(Action::First));
        assert_eq!(map.shown(Action::First), "gg");
        assert!(
            map.following(Context::Log, &[g]).iter().any(|(key, spec)| key == "c" && spec.name == "go_call")
        );
    }
}
