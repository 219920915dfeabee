//! Opening and closing a queue. What a person says stands over its hours, so the question says which of the three it would be.

use crate::action::Action;
use crate::app::{App, Asked, Target};
use crate::rows::{List, door_words};
use switchroom_wire::{Command, QueueDoor, QueueView};

impl App {
    fn queue_selected(&self) -> Option<&QueueView> {
        self.selected(List::Queues).and_then(|name| self.model.board.queues.get(name))
    }

    /// Why no queue can be opened or closed here; `None` if one can.
    pub(super) fn door_refusal(&self) -> Option<String> {
        self.queue_selected().is_none().then(|| self.settings.words.t("refused.no_queue").to_owned())
    }

    /// The question of the key: what was said is taken back; else what is open is closed, and what is closed opened.
    pub(super) fn ask_door_selected(&self, now_ms: i64) -> Option<Asked> {
        let queue = self.queue_selected()?;
        let door = match (&queue.said, queue.is_closed) {
            (Some(_), _) => QueueDoor::Hours,
            (None, true) => QueueDoor::Open,
            (None, false) => QueueDoor::Closed,
        };
        self.ask_door(&queue.name, door, now_ms)
    }

    /// The question before a queue is opened, closed, or left to its hours; `None` if there is no such queue.
    pub(super) fn ask_door(&self, queue: &str, door: QueueDoor, now_ms: i64) -> Option<Asked> {
        let queue = self.model.board.queues.get(queue)?;
        let words = &self.settings.words;
        let (label, question) = match door {
            QueueDoor::Closed => ("verb.queue_close", "confirm.queue_close"),
            QueueDoor::Open => ("verb.queue_open", "confirm.queue_open"),
            QueueDoor::Hours => ("verb.queue_hours", "confirm.queue_hours"),
        };
        let stands = self.stands(queue, now_ms);
        let fields =
            [("queue", queue.name.clone()), ("stands", stands), ("count", queue.waiting_count.to_string())];
        let command = Command::QueueDoor { queue: queue.name.clone(), door };
        let target = Target::Queue { name: queue.name.clone(), said: queue.said.clone() };
        let asked = self.asked(Action::QueueDoor, command, target, words.f(label, &fields));
        Some(Asked { question: words.f(question, &fields), name: queue.name.clone(), ..asked })
    }

    /// Whether it lets callers in, and why, in words that are never none.
    fn stands(&self, queue: &QueueView, now_ms: i64) -> String {
        let stands = door_words(queue, self.form(now_ms));
        if stands.is_empty() { self.settings.words.t("door.always").to_owned() } else { stands }
    }

    /// What happened to a queue since the question was opened: it is gone, or somebody else was faster.
    pub(super) fn door_changed(
        &self,
        name: &str,
        said: Option<&switchroom_wire::SaidView>,
        now_ms: i64,
    ) -> Option<String> {
        let words = &self.settings.words;
        match self.model.board.queues.get(name) {
            None => Some(words.t("refused.no_queue").to_owned()),
            Some(queue) if queue.said.as_ref() != said => {
                let stands = self.stands(queue, now_ms);
                Some(words.f("refused.door_changed", &[("stands", stands)]))
            }
            Some(_) => None,
        }
    }
}
