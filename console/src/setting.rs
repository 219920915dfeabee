//! The settings: what the daemon told of them, what is selected, and what was typed and not applied yet. Pure.

use crate::model::is_old;
use std::collections::BTreeMap;
use switchroom_wire::{
    Hushed, NewPassword, SettingForm, SettingKeyView, SettingKind, SettingView, SettingsChange, SettingsDiff,
    SettingsView,
};

/// How old what is shown may be before it is asked for again.
const FRESH_MS: i64 = 60_000;

/// The entry that something is typed for. The name of a route is its place, at which another can stand by now: it is known by
/// what it says as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meant {
    pub(crate) name: String,
    label: Option<String>,
}

impl Meant {
    fn of(kind: SettingKind, entry: &SettingView) -> Self {
        let label = (kind == SettingKind::Route).then(|| entry.label.clone());
        Self { name: entry.name.clone(), label }
    }

    fn is(&self, entry: &SettingView) -> bool {
        self.name == entry.name && self.label.as_ref().is_none_or(|label| *label == entry.label)
    }
}

/// What was typed for one entry and is not applied yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) of: Meant,
    /// It is to be added.
    pub(crate) is_new: bool,
    /// By key; nothing typed takes a key out of the file.
    pub(crate) values: BTreeMap<String, Hushed>,
}

/// What a typed line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    /// The value of that key of that entry.
    Value(Meant, String),
    /// The name of a new entry.
    Name,
    /// The value of that setting of the console's own.
    Own(String),
}

/// A line that is typed on the screen of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Typing {
    pub(crate) what: Typed,
    pub(crate) label: String,
    pub(crate) input: Hushed,
    /// As it was when it was opened.
    pub(crate) opened: Hushed,
    /// Shown as dots.
    pub(crate) is_secret: bool,
    /// What it can be; Tab turns them.
    pub(crate) choices: Vec<String>,
}

/// A change of settings that is looked at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Preview {
    pub(crate) change: SettingsChange,
    pub(crate) diff: SettingsDiff,
    pub(crate) top: usize,
}

/// Where the value of a field comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Typed,
    /// Nothing was typed: the key is taken out of the file.
    TakenOut,
    Written,
    Default,
    Nowhere,
}

/// A line of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) key: &'a SettingKeyView,
    /// Empty for a secret, whatever it is.
    pub(crate) value: String,
    pub(crate) from: From,
}

/// The screen of the settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct SettingsPage {
    pub(crate) kind: SettingKind,
    views: BTreeMap<SettingKind, SettingsView>,
    /// When they were asked for, by our clock; `None`: they must be.
    pub(crate) asked_ms: Option<i64>,
    /// The entry selected in each list, by name and by place.
    selected: BTreeMap<SettingKind, (String, usize)>,
    /// The keys go to the form.
    pub(crate) is_in_form: bool,
    pub(crate) field: usize,
    pub(crate) draft: Option<Draft>,
    /// Behind all kinds are the settings of the console itself.
    pub(crate) is_own: bool,
    pub(crate) own_at: usize,
}

impl SettingsPage {
    /// What was told of the kind on screen.
    pub(crate) fn view(&self) -> Option<&SettingsView> {
        self.views.get(&self.kind)
    }

    /// Keeps what came; the selection stays where it is, or near.
    pub(crate) fn keep(&mut self, view: SettingsView) {
        let (name, place) = self.selected.get(&view.kind).cloned().unwrap_or_default();
        let at = view.entries.iter().position(|entry| entry.name == name);
        let at = at.unwrap_or_else(|| place.min(view.entries.len().saturating_sub(1)));
        if let Some(entry) = view.entries.get(at) {
            self.selected.insert(view.kind, (entry.name.clone(), at));
        }
        self.views.insert(view.kind, view);
        self.field = self.field.min(self.fields().len().saturating_sub(1));
    }

    /// Selects one of which nothing was told yet; none until that is.
    pub(crate) fn select_coming(&mut self, kind: SettingKind, name: &str) {
        let end = self.views.get(&kind).map_or(0, |view| view.entries.len());
        self.selected.insert(kind, (name.to_owned(), end));
        self.is_in_form &= kind != self.kind;
    }

    /// What was told of the kind that a change is of.
    pub(crate) fn view_of(&self, change: &SettingsChange) -> Option<&SettingsView> {
        let kind = match change {
            SettingsChange::Set { kind, .. }
            | SettingsChange::Add { kind, .. }
            | SettingsChange::Remove { kind, .. } => *kind,
            SettingsChange::Password { .. } => SettingKind::Extension,
            SettingsChange::Undo | SettingsChange::Flow { .. } => self.kind,
        };
        self.views.get(&kind)
    }

    /// Forgets everything that was told: another daemon, or another role.
    pub(crate) fn forget(&mut self) {
        self.views.clear();
        self.asked_ms = None;
    }

    pub(crate) fn is_wanted(&self, now_ms: i64) -> bool {
        is_old(self.asked_ms, FRESH_MS, now_ms)
    }

    pub(crate) fn place(&self) -> usize {
        self.selected.get(&self.kind).map_or(0, |(_, place)| *place)
    }

    /// The entry that the form is about, unless it is new.
    pub(crate) fn entry(&self) -> Option<&SettingView> {
        let entries = &self.view()?.entries;
        match &self.draft {
            Some(draft) if draft.is_new => None,
            Some(draft) => entries.iter().find(|entry| draft.of.is(entry)),
            None => entries.get(self.place()),
        }
    }

    /// Which entry something typed now would be for.
    pub(crate) fn meant(&self) -> Option<Meant> {
        match &self.draft {
            Some(draft) => Some(draft.of.clone()),
            None => self.entry().map(|entry| Meant::of(self.kind, entry)),
        }
    }

    /// What was typed is for an entry that is another or gone by now.
    pub(crate) fn is_lost(&self) -> bool {
        self.draft.as_ref().is_some_and(|draft| !draft.is_new) && self.entry().is_none()
    }

    /// The name of what the form is about.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.draft {
            Some(draft) => Some(&draft.of.name),
            None => self.entry().map(|entry| entry.name.as_str()),
        }
    }

    /// The lines of the form.
    pub(crate) fn fields(&self) -> Vec<Field<'_>> {
        let Some(view) = self.view().filter(|_| self.name().is_some()) else { return Vec::new() };
        view.keys.iter().map(|key| self.field_of(key)).collect()
    }

    fn field_of<'a>(&'a self, key: &'a SettingKeyView) -> Field<'a> {
        let typed = self.draft.as_ref().and_then(|draft| draft.values.get(&key.name));
        let entry = self.entry();
        let is_secret = key.form == SettingForm::Secret;
        let written = entry.and_then(|entry| entry.values.get(&key.name)).cloned();
        let is_set = entry.is_some_and(|entry| entry.secrets.contains(&key.name));
        let (value, from) = match (typed, written, &key.default) {
            (Some(typed), _, _) if typed.0.is_empty() => (String::new(), From::TakenOut),
            (Some(_), _, _) if is_secret => (String::new(), From::Typed),
            (Some(typed), _, _) => (typed.0.clone(), From::Typed),
            (None, Some(written), _) => (written, From::Written),
            (None, None, _) if is_set => (String::new(), From::Written),
            (None, None, Some(default)) => (default.clone(), From::Default),
            (None, None, None) => (String::new(), From::Nowhere),
        };
        Field { key, value, from }
    }

    /// The line of the form that is selected.
    pub(crate) fn current(&self) -> Option<Field<'_>> {
        self.fields().into_iter().nth(self.field)
    }

    /// Another kind; false while something is typed.
    pub(crate) fn turn(&mut self, by: usize) -> bool {
        if self.draft.is_some() {
            return false;
        }
        let last = SettingKind::ALL.len();
        let kind = SettingKind::ALL.iter().position(|kind| *kind == self.kind).unwrap_or(0);
        let next = (if self.is_own { last } else { kind } + by) % (last + 1);
        self.is_own = next == last;
        self.kind = SettingKind::ALL.get(next).copied().unwrap_or(self.kind);
        (self.is_in_form, self.field, self.asked_ms) = (false, 0, None);
        true
    }

    /// Another entry or line of the form; false while something is typed for this entry.
    pub(crate) fn move_by(&mut self, by: isize) -> bool {
        if self.is_in_form {
            let last = self.fields().len().saturating_sub(1);
            self.field = self.field.saturating_add_signed(by).min(last);
            return true;
        }
        if self.draft.is_some() {
            return false;
        }
        let Some(view) = self.view() else { return true };
        let at = self.place().saturating_add_signed(by).min(view.entries.len().saturating_sub(1));
        if let Some(name) = view.entries.get(at).map(|entry| entry.name.clone()) {
            self.selected.insert(self.kind, (name, at));
            self.field = 0;
        }
        true
    }

    /// Begins one that is new.
    pub(crate) fn begin(&mut self, name: &str) {
        let of = Meant { name: name.to_owned(), label: None };
        self.draft = Some(Draft { of, is_new: true, values: BTreeMap::new() });
        (self.is_in_form, self.field) = (true, 0);
    }

    /// Takes what was typed for a key of that entry; what is as it was before is no change. False if that entry is not the
    /// one on screen any more.
    pub(crate) fn type_value(&mut self, of: &Meant, key: &str, text: &str) -> bool {
        if self.meant().as_ref() != Some(of) || self.is_lost() {
            return false;
        }
        let written = self.entry().and_then(|entry| entry.values.get(key)).cloned().unwrap_or_default();
        let is_secret = self.entry().is_some_and(|entry| entry.secrets.iter().any(|secret| secret == key));
        let fresh = || Draft { of: of.clone(), is_new: false, values: BTreeMap::new() };
        let draft = self.draft.get_or_insert_with(fresh);
        if text == written && !is_secret {
            draft.values.remove(key);
        } else {
            draft.values.insert(key.to_owned(), Hushed(text.to_owned()));
        }
        if draft.values.is_empty() && !draft.is_new {
            self.draft = None;
        }
        true
    }

    /// The change that was typed.
    pub(crate) fn change(&self) -> Option<SettingsChange> {
        let draft = self.draft.as_ref()?;
        let (kind, name) = (self.kind, draft.of.name.clone());
        let typed = |value: &Hushed| Some(value.clone()).filter(|value| !value.0.trim().is_empty());
        let values = draft.values.iter().map(|(key, value)| (key.clone(), typed(value))).collect();
        if !draft.is_new {
            return Some(SettingsChange::Set { kind, name, values });
        }
        let password = (kind == SettingKind::Extension).then_some(NewPassword::Made);
        Some(SettingsChange::Add { kind, name, values, password })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn page() -> SettingsPage {
        let key = |name: &str, default: Option<&str>, form| SettingKeyView {
            name: name.into(),
            default: default.map(str::to_owned),
            form,
            ..SettingKeyView::default()
        };
        let entry = |name: &str| SettingView {
            name: name.into(),
            values: BTreeMap::from([("ring".to_owned(), "9s".to_owned())]),
            secrets: vec!["pin".to_owned()],
            ..SettingView::default()
        };
        let keys = vec![
            key("ring", Some("15s"), SettingForm::Text),
            key("rest", Some("5s"), SettingForm::Text),
            key("pin", None, SettingForm::Secret),
        ];
        let mut page = SettingsPage::default();
        page.keep(SettingsView { keys, entries: vec![entry("a"), entry("b")], ..SettingsView::default() });
        page
    }

    fn typed(page: &mut SettingsPage, key: &str, text: &str) {
        let of = page.meant().unwrap();
        assert!(page.type_value(&of, key, text));
    }

    #[test]
    fn a_field_shows_what_was_typed_else_what_is_written_else_the_default() {
        let mut page = page();
        let shown = |page: &SettingsPage| {
            page.fields().iter().map(|field| (field.value.clone(), field.from)).collect::<Vec<_>>()
        };
        let of = |value: &str, from| (value.to_owned(), from);
        assert_eq!(shown(&page), [of("9s", From::Written), of("5s", From::Default), of("", From::Written)]);
        typed(&mut page, "ring", "");
        typed(&mut page, "pin", "8520");
        assert_eq!(shown(&page), [of("", From::TakenOut), of("5s", From::Default), of("", From::Typed)]);
        let Some(SettingsChange::Set { name, values, .. }) = page.change() else { unreachable!() };
        assert_eq!(
            (name.as_str(), &values["ring"], values["pin"].clone().unwrap().0),
            ("a", &None, "8520".into())
        );
        assert!(!page.turn(1) && !page.move_by(1), "what is typed belongs to one entry");
    }

    #[test]
    fn what_is_typed_as_it_was_is_no_change() {
        let mut page = page();
        typed(&mut page, "ring", "8s");
        typed(&mut page, "ring", "9s");
        assert_eq!(page.draft, None);
        page.begin("c");
        typed(&mut page, "ring", "8s");
        typed(&mut page, "ring", "");
        assert!(matches!(page.change(), Some(SettingsChange::Add { password: Some(_), .. })));
        assert_eq!(page.fields()[0].from, From::Default);
    }

    #[test]
    fn the_selection_stays_with_its_name_and_then_at_its_place() {
        let mut page = page();
        page.move_by(1);
        let mut view = page.view().unwrap().clone();
        view.entries.insert(0, SettingView { name: "0".into(), ..SettingView::default() });
        page.keep(view.clone());
        assert_eq!(page.name(), Some("b"));
        view.entries.retain(|entry| entry.name != "b");
        page.keep(view);
        assert_eq!(page.name(), Some("a"));
    }
}
