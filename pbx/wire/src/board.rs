//! The board: what every screen shows, and the one fold that keeps it.

use crate::{
    AgentView, AlarmView, CallView, EventView, ExtensionView, MessageView, MissedView, QueueView,
    RecordingView, SystemView,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many of the latest events a board keeps.
pub const EVENTS_KEPT: usize = 500;

/// How many of the latest recordings a board keeps; older ones are asked for with `Command::Recordings`.
pub const RECORDINGS_KEPT: usize = 200;

/// How many of the latest messages a board keeps; older ones are asked for with `Command::Messages`.
pub const MESSAGES_KEPT: usize = 200;

/// How many of the latest missed callers a board keeps; older ones are asked for with `Command::Missed`.
pub const MISSED_KEPT: usize = 500;

/// All that the screens show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Board {
    /// The daemon.
    pub system: SystemView,
    /// Live calls and those that ended moments ago, by id.
    pub calls: BTreeMap<String, CallView>,
    /// Extensions by number.
    pub extensions: BTreeMap<String, ExtensionView>,
    /// Agents by number.
    pub agents: BTreeMap<String, AgentView>,
    /// Queues by name.
    pub queues: BTreeMap<String, QueueView>,
    /// What is wrong now, by id.
    pub alarms: BTreeMap<String, AlarmView>,
    /// Latest recordings, newest last.
    pub recordings: Vec<RecordingView>,
    /// Latest messages that callers left, newest last.
    pub messages: Vec<MessageView>,
    /// Latest callers who gave up waiting and were not answered since, newest last.
    pub missed: Vec<MissedView>,
    /// Latest events, newest last.
    pub events: Vec<EventView>,
}

/// One change of the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The daemon's own figures.
    System(Box<SystemView>),
    /// A call began or changed.
    Call(Box<CallView>),
    /// A call left the board, some seconds after it ended.
    CallGone(String),
    /// An extension changed.
    Extension(Box<ExtensionView>),
    /// An extension was removed from the configuration.
    ExtensionGone(String),
    /// An agent changed.
    Agent(Box<AgentView>),
    /// An agent was removed from the configuration.
    AgentGone(String),
    /// A queue changed, or who waits in it.
    Queue(Box<QueueView>),
    /// A queue was removed from the configuration.
    QueueGone(String),
    /// An alarm was raised or changed.
    Alarm(AlarmView),
    /// An alarm was cleared.
    AlarmGone(String),
    /// A recording was closed, or closed again after a crash.
    Recording(Box<RecordingView>),
    /// A recording was deleted.
    RecordingGone(String),
    /// A message was left, or somebody listened to it.
    Message(Box<MessageView>),
    /// A message was deleted.
    MessageGone(String),
    /// Somebody gave up waiting, or something was done about it.
    Missed(Box<MissedView>),
    /// A caller who had given up was answered, or is settled.
    MissedGone(String),
    /// Something happened.
    Event(EventView),
}

impl Board {
    /// Applies one change. Applying the changes after a snapshot in order gives the later snapshot.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::System(system) => self.system = (**system).clone(),
            Change::Call(call) => {
                self.calls.insert(call.id.clone(), (**call).clone());
            }
            Change::CallGone(id) => {
                self.calls.remove(id);
            }
            Change::Extension(extension) => {
                self.extensions.insert(extension.number.clone(), (**extension).clone());
            }
            Change::ExtensionGone(number) => {
                self.extensions.remove(number);
            }
            Change::Agent(agent) => {
                self.agents.insert(agent.number.clone(), (**agent).clone());
            }
            Change::AgentGone(number) => {
                self.agents.remove(number);
            }
            Change::Queue(queue) => {
                self.queues.insert(queue.name.clone(), (**queue).clone());
            }
            Change::QueueGone(name) => {
                self.queues.remove(name);
            }
            Change::Alarm(alarm) => {
                self.alarms.insert(alarm.id.clone(), alarm.clone());
            }
            Change::AlarmGone(id) => {
                self.alarms.remove(id);
            }
            Change::Recording(recording) => {
                self.recordings.retain(|known| known.id != recording.id);
                let at = self.recordings.partition_point(|known| {
                    (known.started_ms, &known.id) < (recording.started_ms, &recording.id)
                });
                self.recordings.insert(at, (**recording).clone());
                drop_oldest(&mut self.recordings, RECORDINGS_KEPT);
            }
            Change::RecordingGone(id) => self.recordings.retain(|known| &known.id != id),
            Change::Message(message) => {
                self.messages.retain(|known| known.id != message.id);
                let at = self
                    .messages
                    .partition_point(|known| (known.at_ms, &known.id) < (message.at_ms, &message.id));
                self.messages.insert(at, (**message).clone());
                drop_oldest(&mut self.messages, MESSAGES_KEPT);
            }
            Change::MessageGone(id) => self.messages.retain(|known| &known.id != id),
            Change::Missed(missed) => {
                self.missed.retain(|known| known.id != missed.id);
                let at = self
                    .missed
                    .partition_point(|known| (known.last_ms, &known.id) < (missed.last_ms, &missed.id));
                self.missed.insert(at, (**missed).clone());
                drop_oldest(&mut self.missed, MISSED_KEPT);
            }
            Change::MissedGone(id) => self.missed.retain(|known| &known.id != id),
            Change::Event(event) => {
                self.events.push(event.clone());
                drop_oldest(&mut self.events, EVENTS_KEPT);
            }
        }
    }
}

fn drop_oldest<T>(list: &mut Vec<T>, keep: usize) {
    if list.len() > keep {
        list.drain(..list.len() - keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_stay_in_order_of_time_and_unique() {
        let mut board = Board::default();
        for (id, at) in [("b", 2), ("c", 3), ("a", 1), ("b", 2)] {
            let view = RecordingView { id: id.into(), started_ms: at, ..Default::default() };
            board.apply(&Change::Recording(Box::new(view)));
        }
        let ids: Vec<_> = board.recordings.iter().map(|r| r.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
    }

    #[test]
    fn the_latest_messages_are_kept_in_order_of_time_and_unique() {
        let mut board = Board::default();
        let view =
            |n: i64, is_new| MessageView { id: format!("m{n:03}"), at_ms: n, is_new, ..Default::default() };
        let kept = i64::try_from(MESSAGES_KEPT).unwrap_or(0);
        for n in (1..=kept).rev().chain([0, kept + 1]) {
            board.apply(&Change::Message(Box::new(view(n, true))));
        }
        board.apply(&Change::Message(Box::new(view(7, false))));
        board.apply(&Change::MessageGone("m009".into()));
        assert_eq!(board.messages.len(), MESSAGES_KEPT - 1, "one older than all others is not taken in");
        assert!(board.messages.is_sorted_by_key(|m| m.at_ms));
        assert_eq!(board.messages.iter().find(|m| m.at_ms == 7), Some(&view(7, false)));
        assert!(board.messages.iter().all(|m| m.at_ms != 9 && m.at_ms > 1));
    }

    #[test]
    fn the_latest_missed_callers_are_kept_in_order_of_their_last_call() {
        let mut board = Board::default();
        let view = |id: &str, last_ms| MissedView { id: id.into(), last_ms, ..Default::default() };
        for (id, at) in [("a", 1), ("b", 2), ("a", 3), ("c", 2)] {
            board.apply(&Change::Missed(Box::new(view(id, at))));
        }
        let ids = |board: &Board| board.missed.iter().map(|m| m.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&board), ["b", "c", "a"]);
        board.apply(&Change::MissedGone("b".into()));
        assert_eq!(ids(&board), ["c", "a"]);
        for n in 0..MISSED_KEPT {
            board.apply(&Change::Missed(Box::new(view(&format!("m{n}"), 9))));
        }
        assert_eq!(board.missed.len(), MISSED_KEPT);
        assert!(board.missed.iter().all(|m| m.last_ms == 9), "the oldest go first");
    }

    #[test]
    fn events_are_bounded() {
        let mut board = Board::default();
        for seq in 0..EVENTS_KEPT as u64 + 7 {
            board.apply(&Change::Event(EventView { seq, ..Default::default() }));
        }
        assert_eq!(board.events.len(), EVENTS_KEPT);
        assert_eq!(board.events[0].seq, 7);
    }
}
