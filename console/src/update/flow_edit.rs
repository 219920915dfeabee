//! The file of a flow in the user's own editor: on a copy, and back through the daemon, which shows what it would do first.

use crate::action::Action;
use crate::app::{App, Effect, Mood, Screen, Waiting};
use crate::editor::Unread;
use crate::format::clock;
use crate::rows::List;
use std::collections::BTreeMap;
use switchroom_wire::{Command, FlowTextView, Hushed, LINE_BYTES_MAX, SettingsChange};

/// Bytes of a text that fit into one command, whatever has to be escaped of it.
const TEXT_BYTES_MAX: usize = LINE_BYTES_MAX - 1_024;

/// What was made of flows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FlowEdits {
    /// What is not applied yet, by flow.
    drafts: BTreeMap<String, FlowDraft>,
    /// The file to be edited once what was made of an older one is put aside.
    next: Option<FlowTextView>,
    /// Its user was told that leaving drops it.
    is_told: bool,
}

/// A flow that was edited and is not applied yet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FlowDraft {
    /// Names the text that was read.
    read: String,
    /// That text.
    before: Hushed,
    /// What became of it.
    text: Hushed,
    /// Where what was made of an older file is.
    aside: Option<String>,
}

impl FlowDraft {
    fn of(view: FlowTextView, aside: Option<String>) -> Self {
        Self { read: view.file, text: view.text.clone(), before: view.text, aside }
    }
}

impl App {
    fn flow_selected(&self) -> Option<String> {
        let row = self.selected(List::Flows)?;
        self.model.flows.of_row(row).map(|(flow, _)| flow.name.clone())
    }

    /// Why no flow can be edited here; `None` if one can.
    pub(crate) fn flow_edit_refusal(&self) -> Option<String> {
        let key = match self.flow_selected() {
            None => "refused.no_flow",
            // Whom others hear sees so, and that is on a screen of ours.
            Some(_) if self.mine().is_some() => "refused.flow_heard",
            Some(_) => return None,
        };
        Some(self.settings.words.t(key).to_owned())
    }

    /// Asks for the file as it is now: nothing older is edited.
    pub(super) fn start_flow_edit(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        if let Some(why) = self.refusal(Action::FlowEdit) {
            self.tell(Mood::Wrong, why, now_ms);
            return;
        }
        let Some(flow) = self.flow_selected() else { return };
        self.ask(Command::FlowText { flow: flow.clone() }, Waiting::FlowText { flow }, effects);
    }

    /// The file came: what was edited before and not applied is edited on, unless the file is another one now. Then it is put
    /// aside first, and no editor hides whether it was.
    pub(super) fn on_flow_text(&mut self, view: FlowTextView, now_ms: i64, effects: &mut Vec<Effect>) {
        // Whoever has gone on to something else meanwhile is not interrupted.
        if self.overlay.is_some() || self.screen != Screen::List(List::Flows) || self.mine().is_some() {
            return;
        }
        let flow = view.name.clone();
        match self.flow_edits.drafts.get(&flow) {
            Some(draft) if draft.read == view.file => self.begin_edit(&flow, effects),
            Some(draft) => {
                let at = clock(self.server_ms(now_ms), self.model.utc_offset_min()).replace(':', "");
                let name = format!("{}.mine-{at}.toml", plain(&flow));
                effects.push(Effect::PutAside { flow, name, text: draft.text.clone() });
                self.flow_edits.next = Some(view);
            }
            None if is_too_long(&flow, &view.file, &view.text) => self.tell_too_long(&flow, now_ms),
            None => {
                self.flow_edits.drafts.insert(flow.clone(), FlowDraft::of(view, None));
                self.begin_edit(&flow, effects);
            }
        }
    }

    /// What was made of an older file lies in a file of its own, and the newer one is edited; or it stays what is edited.
    pub(super) fn on_put_aside(
        &mut self,
        flow: &str,
        file: Result<String, String>,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        let Some(view) = self.flow_edits.next.take().filter(|view| view.name == flow) else { return };
        match file {
            Ok(path) => {
                self.flow_edits.drafts.insert(flow.to_owned(), FlowDraft::of(view, Some(path)));
                self.begin_edit(flow, effects);
            }
            Err(why) => {
                let key = self.settings.keymap.shown(Action::FlowEdit);
                let text = self.settings.words.f("flow.not_aside", &[("why", &why), ("key", &key)]);
                self.tell(Mood::Wrong, text, now_ms);
            }
        }
    }

    fn begin_edit(&mut self, flow: &str, effects: &mut Vec<Effect>) {
        let Some(draft) = self.flow_edits.drafts.get(flow) else { return };
        self.toast = None;
        effects.push(Effect::Edit { flow: flow.to_owned(), name: plain(flow), text: draft.text.clone() });
    }

    /// The editor is done: the daemon is asked what the text would do.
    pub(super) fn on_edited(
        &mut self,
        flow: &str,
        edited: Result<Hushed, Unread>,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        let words = &self.settings.words;
        let label = words.f("verb.flow_edit", &[("flow", flow)]);
        let Some(draft) = self.flow_edits.drafts.get(flow) else { return };
        let is_unchanged = |text: &Hushed| *text == draft.before;
        let (mood, told) = match edited {
            Err(unread) => {
                let told = words.f("toast.failed", &[("verb", label.as_str()), ("why", &unread.why)]);
                let path = unread.kept.map(|path| path.display().to_string());
                let left = |path: String| words.f("flow.left", &[("path", &path), ("why", &told)]);
                (Mood::Wrong, path.map_or_else(|| told.clone(), left))
            }
            Ok(text) if is_unchanged(&text) => (Mood::Told, words.f("flow.unchanged", &[("flow", flow)])),
            Ok(text) => return self.look_at_edited(flow, text, &label, now_ms, effects),
        };
        let has_nothing = mood == Mood::Told || is_unchanged(&draft.text);
        let told = self.beside_flow(flow, told);
        if has_nothing {
            self.flow_edits.drafts.remove(flow);
        }
        self.tell(mood, told, now_ms);
    }

    fn look_at_edited(
        &mut self,
        flow: &str,
        text: Hushed,
        label: &str,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        let Some(draft) = self.flow_edits.drafts.get_mut(flow) else { return };
        draft.text = text.clone();
        let read = draft.read.clone();
        self.flow_edits.is_told = false;
        if is_too_long(flow, &read, &text) {
            return self.tell_too_long(flow, now_ms);
        }
        if !self.is_live() {
            let text = self.flow_kept(flow, label);
            return self.tell(Mood::Wrong, text, now_ms);
        }
        let change = SettingsChange::Flow { flow: flow.to_owned(), read, text };
        let waiting = Waiting::Preview { change: Box::new(change.clone()) };
        self.ask(Command::PreviewSettings { change }, waiting, effects);
    }

    fn tell_too_long(&mut self, flow: &str, now_ms: i64) {
        let words = &self.settings.words;
        let label = words.f("verb.flow_edit", &[("flow", flow)]);
        let why = words.t("refused.flow_too_long");
        let text = words.f("toast.refused", &[("verb", label.as_str()), ("why", why)]);
        self.tell(Mood::Wrong, text, now_ms);
    }

    /// That what was made of a flow is not done, and how it is edited on.
    pub(super) fn flow_kept(&self, flow: &str, label: &str) -> String {
        let key = self.settings.keymap.shown(Action::FlowEdit);
        let text = self.settings.words.f("flow.kept", &[("verb", label), ("key", &key)]);
        self.beside_flow(flow, text)
    }

    /// What is told of a flow, after where what was made of an older file of it is.
    pub(super) fn beside_flow(&self, flow: &str, text: String) -> String {
        let aside = self.flow_edits.drafts.get(flow).and_then(|draft| draft.aside.as_ref());
        match aside {
            Some(path) => self.settings.words.f("flow.beside", &[("path", path), ("text", &text)]),
            None => text,
        }
    }

    /// A flow was applied: it is drawn anew, and nothing of it waits any more.
    pub(super) fn flow_applied(&mut self, flow: &str) {
        self.flow_edits.drafts.remove(flow);
        self.model.flows.asked_ms = None;
    }

    /// Leaves the console; of what would be lost with it its user is told first.
    pub(super) fn quit(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let edits = &mut self.flow_edits;
        if edits.drafts.is_empty() || std::mem::replace(&mut edits.is_told, true) {
            return effects.push(Effect::Quit);
        }
        let names: Vec<&str> = edits.drafts.keys().map(String::as_str).collect();
        let fields = [("names", names.join(", ")), ("count", names.len().to_string())];
        let text = self.settings.words.f("flow.unapplied", &fields);
        self.tell(Mood::Wrong, text, now_ms);
    }
}

/// Whether a text does not fit into one of the commands that carry it.
fn is_too_long(flow: &str, read: &str, text: &Hushed) -> bool {
    let (flow, read) = (flow.to_owned(), read.to_owned());
    let change = SettingsChange::Flow { flow, read, text: text.clone() };
    serde_json::to_string(&change).map_or(0, |line| line.len()) > TEXT_BYTES_MAX
}

/// The name of a flow as part of the name of a file.
fn plain(name: &str) -> String {
    let kept: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    if kept.is_empty() { "flow".to_owned() } else { kept }
}
