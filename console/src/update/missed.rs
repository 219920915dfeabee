//! Verbs on callers who gave up waiting.

use crate::action::{Action, Confirm};
use crate::app::{App, Asked, Target};
use crate::rows::List;
use switchroom_wire::{Board, Command, MissedAct, MissedView, Role};

/// The entry of that id, or of that number.
fn missed_of<'a>(board: &'a Board, which: &str) -> Option<&'a MissedView> {
    board.missed.iter().find(|missed| missed.id == which || missed.caller.number == which)
}

impl App {
    fn missed_selected(&self) -> Option<&MissedView> {
        self.selected(List::Missed).and_then(|id| missed_of(&self.model.board, id))
    }

    /// Why a verb on missed callers has nothing to act on; `None` if it has.
    pub(crate) fn missed_refusal(&self, action: Action) -> Option<String> {
        let key = match (action, self.missed_selected()) {
            (_, None) => "refused.no_missed",
            (Action::MissedRelease, Some(missed)) if missed.claimed_by.is_empty() => "refused.not_claimed",
            _ => return None,
        };
        Some(self.settings.words.t(key).to_owned())
    }

    /// The question of a verb on the caller who is selected.
    pub(super) fn ask_missed(&self, action: Action) -> Option<Asked> {
        if action == Action::MissedCallBack {
            return Some(self.ask_call_back(self.missed_selected()?));
        }
        let act = match action {
            Action::MissedClaim => MissedAct::Claim { agent: None },
            Action::MissedRelease => MissedAct::Release,
            Action::MissedTried => MissedAct::Tried,
            Action::MissedClose => MissedAct::Close { word: String::new() },
            _ => return None,
        };
        self.asked_of(self.missed_selected()?, act)
    }

    /// The question of a command in words.
    pub(super) fn ask_missed_command(&self, which: &str, act: &MissedAct) -> Option<Asked> {
        let mut asked = self.asked_of(missed_of(&self.model.board, which)?, act.clone())?;
        // What came of it stands in the words already.
        asked.level = Confirm::None;
        Some(asked)
    }

    /// Whose phone is to ring first; an answer of who gave up settles the entry.
    fn ask_call_back(&self, missed: &MissedView) -> Asked {
        let (words, from) = (&self.settings.words, self.shown_of(missed));
        let command = Command::Dial { from: String::new(), to: missed.caller.number.clone() };
        let target = Target::Missed { id: missed.id.clone() };
        let label = words.f("verb.missed_call_back", &[("from", &from)]);
        let asked = self.asked(Action::MissedCallBack, command, target, label);
        // An agent has one phone to call from.
        let own = self.model.welcome.as_ref().filter(|welcome| welcome.role == Role::Agent);
        let own = own.and_then(|welcome| welcome.extension.clone());
        let typed = own.or_else(|| self.phone.clone()).unwrap_or_default();
        Asked { question: words.f("confirm.missed_call_back", &[("from", &from)]), typed, ..asked }
    }

    fn shown_of(&self, missed: &MissedView) -> String {
        let words = &self.settings.words;
        crate::format::PartyForm { words, masked: self.masked, symbols: self.settings.symbols }
            .short(&missed.caller)
    }

    fn asked_of(&self, missed: &MissedView, act: MissedAct) -> Option<Asked> {
        let (action, verb) = match act {
            MissedAct::Claim { .. } => (Action::MissedClaim, "verb.missed_claim"),
            MissedAct::Release => (Action::MissedRelease, "verb.missed_release"),
            MissedAct::Tried => (Action::MissedTried, "verb.missed_tried"),
            MissedAct::Close { .. } => (Action::MissedClose, "verb.missed_close"),
        };
        let (words, from) = (&self.settings.words, self.shown_of(missed));
        let command = Command::MissedAct { missed: missed.id.clone(), act };
        let target = Target::Missed { id: missed.id.clone() };
        let asked = self.asked(action, command, target, words.f(verb, &[("from", &from)]));
        let question = match asked.level {
            Confirm::None => String::new(),
            _ => words.f("confirm.missed_close", &[("from", &from), ("count", &missed.count.to_string())]),
        };
        Some(Asked { question, ..asked })
    }

    /// What happened to an entry since the question was opened.
    pub(super) fn missed_changed(&self, id: &str) -> Option<String> {
        let gone = missed_of(&self.model.board, id).is_none();
        gone.then(|| self.settings.words.t("refused.missed_settled").to_owned())
    }
}
