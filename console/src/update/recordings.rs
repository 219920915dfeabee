//! Verbs on closed recordings: held, released, deleted, as `ctl recording` does.

use crate::action::Action;
use crate::app::{App, Asked, Target};
use crate::format::{duration, moment, whole};
use crate::rows::List;
use switchroom_wire::{Command, RecordingView, clean};

impl App {
    fn recording_of(&self, which: &str) -> Option<&RecordingView> {
        let mut all = self.model.board.recordings.iter();
        all.find(|recording| recording.id == which || recording.number.to_string() == which)
    }

    fn recording_selected(&self) -> Option<&RecordingView> {
        self.selected(List::Recordings).and_then(|id| self.recording_of(id))
    }

    /// Why a verb on a recording cannot be done; `None` if it can.
    pub(crate) fn recording_refusal(&self, action: Action) -> Option<String> {
        let words = &self.settings.words;
        let key = match (action, self.recording_selected()) {
            (Action::DeleteMessage, None) => "refused.no_message",
            (_, None) => "refused.no_recording",
            (Action::ReleaseRecording, Some(recording)) if recording.held.is_none() => "refused.not_held",
            (Action::DeleteMessage, Some(recording)) => {
                let held = recording.held.as_ref()?;
                return Some(
                    words.f("refused.held", &[("by", clean(&held.by)), ("reason", clean(&held.reason))]),
                );
            }
            _ => return None,
        };
        Some(words.t(key).to_owned())
    }

    pub(super) fn ask_recording(&self, action: Action, now_ms: i64) -> Option<Asked> {
        let call = self.recording_selected()?.id.clone();
        let command = match action {
            Action::HoldRecording => Command::HoldRecording { call, reason: String::new() },
            Action::ReleaseRecording => Command::ReleaseRecording { call },
            _ => Command::DeleteRecording { call },
        };
        self.ask_recording_command(&command, now_ms)
    }

    /// The question of such a command: which call, who with whom, when, how long; to release and to delete, its number is
    /// to be typed.
    pub(super) fn ask_recording_command(&self, command: &Command, now_ms: i64) -> Option<Asked> {
        let (action, call, verb, question) = match command {
            Command::HoldRecording { call, .. } => {
                (Action::HoldRecording, call, "verb.hold_recording", "confirm.hold_recording")
            }
            Command::ReleaseRecording { call } => {
                (Action::ReleaseRecording, call, "verb.release_recording", "confirm.release_recording")
            }
            Command::DeleteRecording { call } => {
                (Action::DeleteMessage, call, "verb.delete_recording", "confirm.delete_recording")
            }
            _ => return None,
        };
        let recording = self.recording_of(call)?;
        let (words, form) = (&self.settings.words, self.form(now_ms));
        let number = recording.number.to_string();
        let held = recording.held.as_ref().map(|held| clean(&held.reason).into_owned()).unwrap_or_default();
        let fields = [
            ("number", number.clone()),
            ("from", form.party().full(&recording.from)),
            ("with", form.party().full(&recording.with)),
            ("when", moment(recording.started_ms, form.now_ms, form.utc_offset_min, words)),
            ("length", duration(whole(recording.length_ms))),
            ("reason", held),
        ];
        let target = Target::Recording { id: recording.id.clone() };
        let asked = self.asked(action, command.clone(), target, words.f(verb, &[("number", &number)]));
        // A reason that stands in the words already needs no question.
        let is_said = matches!(command, Command::HoldRecording { reason, .. } if !reason.is_empty());
        let level = if is_said { crate::action::Confirm::None } else { asked.level };
        Some(Asked { question: words.f(question, &fields), name: number, level, ..asked })
    }
}
