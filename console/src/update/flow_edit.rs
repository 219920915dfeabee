//! The file of a flow in the user's own editor: on a copy, and back through the daemon, which shows what it would do first.

use crate::action::Action;
use crate::app::{App, Effect, Mood, Screen, Waiting};
use crate::format::clock;
use crate::rows::List;
use switchroom_wire::{Command, FlowTextView, Hushed, LINE_BYTES_MAX, SettingsChange};

/// Bytes of a text that fit into one command, whatever has to be escaped of it.
const TEXT_BYTES_MAX: usize = LINE_BYTES_MAX - 1_024;

/// A flow that was edited and is not applied yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlowDraft {
    /// Names the text that was read.
    read: String,
    /// That text.
    before: Hushed,
    /// What became of it.
    text: Hushed,
}

impl App {
    fn flow_selected(&self) -> Option<String> {
        let row = self.selected(List::Flows)?;
        self.model.flows.of_row(row).map(|(flow, _)| flow.name.clone())
    }

    /// Why no flow can be edited here; `None` if one can.
    pub(crate) fn flow_edit_refusal(&self) -> Option<String> {
        self.flow_selected().is_none().then(|| self.settings.words.t("refused.no_flow").to_owned())
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

    /// The file came: what was edited before and not applied is edited on, unless the file is another one now.
    pub(super) fn on_flow_text(&mut self, view: FlowTextView, now_ms: i64, effects: &mut Vec<Effect>) {
        // Whoever has gone on to something else meanwhile is not interrupted.
        if self.overlay.is_some() || self.screen != Screen::List(List::Flows) {
            return;
        }
        let FlowTextView { name, file, text: before, .. } = view;
        let text = match self.flow_drafts.remove(&name) {
            Some(draft) if draft.read == file => draft.text,
            Some(draft) => {
                let at = clock(self.server_ms(now_ms), self.model.utc_offset_min()).replace(':', "");
                let mine = format!("{}.mine-{at}.toml", plain(&name));
                effects.push(Effect::Write { name: mine, text: draft.text.0 });
                before.clone()
            }
            None => before.clone(),
        };
        let draft = FlowDraft { read: file, before, text: text.clone() };
        self.flow_drafts.insert(name.clone(), draft);
        self.toast = None;
        effects.push(Effect::Edit { name: plain(&name), flow: name, text });
    }

    /// The editor is done: the daemon is asked what the text would do.
    pub(super) fn on_edited(
        &mut self,
        flow: &str,
        edited: Result<Hushed, String>,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        let words = &self.settings.words;
        let label = words.f("verb.flow_edit", &[("flow", flow)]);
        let Some(draft) = self.flow_drafts.get_mut(flow) else { return };
        let text = match edited {
            Err(why) => {
                if draft.text == draft.before {
                    self.flow_drafts.remove(flow);
                }
                let text = words.f("toast.failed", &[("verb", label.as_str()), ("why", &why)]);
                return self.tell(Mood::Wrong, text, now_ms);
            }
            Ok(text) if text == draft.before => {
                self.flow_drafts.remove(flow);
                let text = words.f("flow.unchanged", &[("flow", flow)]);
                return self.tell(Mood::Told, text, now_ms);
            }
            Ok(text) => text,
        };
        draft.text = text.clone();
        let (flow, read) = (flow.to_owned(), draft.read.clone());
        let change = SettingsChange::Flow { flow, read, text };
        // Both commands that carry it have to fit into a line.
        if serde_json::to_string(&change).map_or(0, |line| line.len()) > TEXT_BYTES_MAX {
            let why = words.t("refused.flow_too_long").to_owned();
            let text = words.f("toast.refused", &[("verb", &label), ("why", &why)]);
            return self.tell(Mood::Wrong, text, now_ms);
        }
        let waiting = Waiting::Preview { change: Box::new(change.clone()) };
        self.ask(Command::PreviewSettings { change }, waiting, effects);
    }

    /// A flow was applied: it is drawn anew, and nothing of it waits any more.
    pub(super) fn flow_applied(&mut self, flow: &str) {
        self.flow_drafts.remove(flow);
        self.model.flows.asked_ms = None;
    }
}

/// The name of a flow as part of the name of a file.
fn plain(name: &str) -> String {
    let kept: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    if kept.is_empty() { "flow".to_owned() } else { kept }
}
