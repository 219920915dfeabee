//! What a connection sees: all, or masked as for a viewer; and who is restricted to queues sees what is of those.

use super::mask;
use std::collections::BTreeSet;
use switchroom_wire::{
    AgentView, Answer, Board, CallView, Change, Command, ConfigChange, DeskView, MissedView, QueueView, Role,
    SystemView,
};

/// The eyes of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sight {
    role: Role,
    /// The queues to which the user is restricted.
    queues: Option<BTreeSet<String>>,
}

impl Sight {
    pub(super) fn new(role: Role, queues: Option<BTreeSet<String>>) -> Self {
        Self { role, queues }
    }

    /// Whether nothing is masked.
    pub(super) fn is_clear(&self) -> bool {
        self.role > Role::Viewer && self.queues.is_none()
    }

    fn has(&self, queue: &str) -> bool {
        let is_own = self.queues.as_ref().is_none_or(|queues| queues.contains(queue));
        self.role > Role::Viewer && is_own
    }

    fn call(&self, view: CallView) -> CallView {
        if view.queues.iter().any(|queue| self.has(queue)) { view } else { mask::call(view) }
    }

    fn queue(&self, view: QueueView) -> QueueView {
        if self.has(&view.name) { view } else { mask::queue(view) }
    }

    fn agent(&self, view: AgentView) -> AgentView {
        if view.queues.keys().any(|queue| self.has(queue)) { view } else { mask::agent(view) }
    }

    fn missed(&self, view: MissedView) -> MissedView {
        if self.has(&view.queue) { view } else { mask::missed(view) }
    }

    /// A desk, without the card of a call that is of no queue of the user's, and without earlier calls, which may be of any.
    fn desk(&self, mut view: DeskView) -> DeskView {
        view.card = view.card.filter(|card| self.has(&card.queue));
        if let Some(card) = view.card.as_mut().filter(|_| self.queues.is_some()) {
            card.history.clear();
        }
        view
    }

    /// The whole board.
    pub(super) fn board(&self, board: Board) -> Board {
        if self.is_clear() {
            return board;
        }
        let calls = board.calls.clone().into_iter().map(|(id, view)| (id, self.call(view))).collect();
        let queues = board.queues.clone().into_iter().map(|(name, view)| (name, self.queue(view))).collect();
        let agents = board.agents.clone().into_iter().map(|(name, view)| (name, self.agent(view))).collect();
        let missed = board.missed.clone().into_iter().map(|view| self.missed(view)).collect();
        Board { calls, agents, queues, missed, ..mask::board(board) }
    }

    /// One change of the board. `system` gives the daemon's figures, for what is not to be seen at all.
    pub(super) fn change(&self, change: &Change, system: impl FnOnce() -> SystemView) -> Change {
        match change {
            _ if self.is_clear() => change.clone(),
            Change::Call(view) => Change::Call(Box::new(self.call((**view).clone()))),
            Change::Queue(view) => Change::Queue(Box::new(self.queue((**view).clone()))),
            Change::Agent(view) => Change::Agent(Box::new(self.agent((**view).clone()))),
            Change::Missed(view) => Change::Missed(Box::new(self.missed((**view).clone()))),
            _ => mask::change(change, system),
        }
    }

    /// The answer to a command.
    pub(super) fn answer(&self, answer: Answer) -> Answer {
        match answer {
            answer if self.is_clear() => answer,
            Answer::Calls(views) => Answer::Calls(views.into_iter().map(|view| self.call(view)).collect()),
            Answer::Call(view) => Answer::Call(Box::new(self.call(*view))),
            Answer::Queues(views) => Answer::Queues(views.into_iter().map(|view| self.queue(view)).collect()),
            Answer::Agents(views) => Answer::Agents(views.into_iter().map(|view| self.agent(view)).collect()),
            Answer::Missed(views) => {
                Answer::Missed(views.into_iter().map(|view| self.missed(view)).collect())
            }
            Answer::Desk(view) if self.role > Role::Viewer => Answer::Desk(Box::new(self.desk(*view))),
            // Whether the call is of a queue of the user's was asked before.
            Answer::Why(_) if self.role > Role::Viewer => answer,
            Answer::Ladder(_) if self.role > Role::Viewer => answer,
            Answer::Events(_) if self.role > Role::Viewer => answer,
            answer => mask::answer(answer),
        }
    }

    /// What a user needs for a command beside the role, where masking the answer would not do. It names every command: of a new
    /// one this has to be decided.
    pub(super) fn need<'a>(&self, command: &'a Command) -> Need<'a> {
        if self.is_clear() {
            return Need::Nothing;
        }
        let is_viewer = self.role == Role::Viewer;
        match command {
            Command::Ladder { .. } if is_viewer => {
                Need::Never("the messages of a call hold numbers; a viewer may not see them")
            }
            Command::Events { .. } if is_viewer => {
                Need::Never("the journal holds numbers; a viewer may not read it")
            }
            // Nothing in it names anybody.
            Command::Wave { .. } if is_viewer => Need::Nothing,
            Command::Ladder { call }
            | Command::Events { call: Some(call), .. }
            | Command::HoldRecording { call, .. }
            | Command::ReleaseRecording { call }
            | Command::DeleteRecording { call }
            | Command::Note { call, .. }
            | Command::Wave { recording: call, .. } => Need::OwnCall(call),
            Command::Events { call: None, .. } => {
                Need::Never("you act on some queues only; ask for the events of a call of theirs")
            }
            // Trying out numbers would tell whose rows they are.
            Command::Cdrs { party: Some(_), .. } | Command::Recordings { party: Some(_), .. } => {
                Need::Never(if is_viewer {
                    "numbers are masked for a viewer, who may therefore not search by number; ask without one"
                } else {
                    "you act on some queues only, and numbers of others are masked; ask without one"
                })
            }
            Command::ChangeConfig { change } => self.need_of_change(change),
            Command::Settings { .. }
            | Command::FlowText { .. }
            | Command::ApplySettings { .. }
            | Command::PreviewSettings { .. } => Need::Never(MORE_THAN_THOSE),
            // Their answers are masked row by row.
            Command::Status
            | Command::Calls
            | Command::Call { .. }
            | Command::Extensions
            | Command::Agents
            | Command::Queues
            | Command::Flows
            | Command::Desk { .. }
            | Command::Cdrs { party: None, .. }
            | Command::Recordings { party: None, .. }
            | Command::Messages { .. }
            | Command::Missed { .. }
            // Asked where they are answered: of a call or a figure a part may be of the user's queues.
            | Command::Figures { .. }
            | Command::Why { .. }
            // The exchange knows of whom an order is.
            | Command::AgentPresence { .. }
            | Command::AgentWrapUp { .. }
            | Command::Tell { .. }
            | Command::Told { .. }
            | Command::Priority { .. }
            | Command::TakeOut { .. }
            | Command::QueueDoor { .. }
            | Command::Transfer { .. }
            | Command::PickUp { .. }
            | Command::Assign { .. }
            | Command::Supervise { .. }
            | Command::SuperviseAct { .. }
            | Command::MissedAct { .. }
            | Command::HangUp { .. }
            | Command::HandOff { .. }
            | Command::Record { .. }
            | Command::Consult { .. }
            | Command::ConsultAct { .. }
            | Command::Dial { .. }
            | Command::DeleteMessage { .. }
            // Of no queue: who has the role may.
            | Command::Unregister { .. }
            | Command::Reload
            | Command::Dump
            | Command::Shutdown => Need::Nothing,
        }
    }

    fn need_of_change(&self, change: &ConfigChange) -> Need<'static> {
        match change {
            ConfigChange::Join { skills, .. } if !skills.is_empty() => {
                Need::Never("you act on some queues only, and skills count in all of them")
            }
            ConfigChange::Join { queue, .. } | ConfigChange::Leave { queue, .. } if self.has(queue) => {
                Need::Nothing
            }
            _ => Need::Never(MORE_THAN_THOSE),
        }
    }
}

const MORE_THAN_THOSE: &str = "you act on some queues only, and this is about more than those";

/// What a user who does not see all needs for a command, beside the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need<'a> {
    Nothing,
    /// This call must be of a queue of the user's, or have been.
    OwnCall(&'a str),
    /// There is nothing that would do, for this reason.
    Never(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchroom_wire::{CardView, PartyView, PastCallView, ToldView};

    const NUMBER: &str = "+442079460123";

    fn call_of(queue: &str) -> CallView {
        let from = PartyView { number: NUMBER.into(), name: String::new() };
        CallView { from, queues: vec![queue.to_owned()], ..CallView::default() }
    }

    fn sees(sight: &Sight, queue: &str) -> bool {
        let Change::Call(view) = sight.change(&Change::Call(Box::new(call_of(queue))), SystemView::default)
        else {
            return false;
        };
        let answered = sight.answer(Answer::Call(Box::new(call_of(queue))));
        let is_clear = |view: &CallView| view.from.number == NUMBER;
        let Answer::Call(answered) = answered else { return false };
        assert_eq!(is_clear(&view), is_clear(&answered));
        is_clear(&view)
    }

    #[test]
    fn who_is_restricted_sees_the_numbers_of_the_own_queues() {
        let mara = Sight::new(Role::Supervisor, Some(["sales".to_owned()].into()));
        assert!(sees(&mara, "sales") && !sees(&mara, "service"));
        let free = Sight::new(Role::Supervisor, None);
        assert!(sees(&free, "sales") && sees(&free, "service"));
        // A list of queues makes nobody more than a viewer.
        let viewer = Sight::new(Role::Viewer, Some(["sales".to_owned()].into()));
        assert!(!sees(&viewer, "sales"));
    }

    #[test]
    fn what_agents_of_other_queues_were_told_is_not_seen() {
        let agent = |queue: &str| {
            let told = Some(ToldView { text: "x".into(), by: "boss".into(), at_ms: 1 });
            AgentView { queues: [(queue.to_owned(), 1)].into(), told, ..AgentView::default() }
        };
        let sees = |sight: &Sight, queue: &str| {
            let change = sight.change(&Change::Agent(Box::new(agent(queue))), SystemView::default);
            let Change::Agent(changed) = change else { return false };
            let mut board = Board::default();
            board.agents.insert("1".into(), agent(queue));
            assert_eq!(sight.board(board).agents.get("1"), Some(&*changed));
            assert_eq!(
                sight.answer(Answer::Agents(vec![agent(queue)])),
                Answer::Agents(vec![*changed.clone()])
            );
            changed.told.is_some()
        };
        let mara = Sight::new(Role::Supervisor, Some(["sales".to_owned()].into()));
        assert!(sees(&mara, "sales") && !sees(&mara, "service"));
        assert!(sees(&Sight::new(Role::Agent, None), "service"));
        assert!(!sees(&Sight::new(Role::Viewer, None), "sales"));
    }

    #[test]
    fn a_desk_has_the_card_of_a_call_of_the_own_queues() {
        let mara = Sight::new(Role::Supervisor, Some(["sales".to_owned()].into()));
        let card_of = |queue: &str| {
            let history = vec![PastCallView::default()];
            let card = CardView { queue: queue.to_owned(), history, ..CardView::default() };
            let desk = DeskView { agent: "1".into(), card: Some(card), ..DeskView::default() };
            let Answer::Desk(desk) = mara.answer(Answer::Desk(Box::new(desk))) else { return None };
            assert_eq!(desk.agent, "1");
            desk.card
        };
        assert!(card_of("sales").is_some_and(|card| card.history.is_empty()));
        assert!(card_of("service").is_none());
    }

    #[test]
    fn what_cannot_be_masked_is_asked_of_calls_of_the_own_queues() {
        let mara = Sight::new(Role::Supervisor, Some(["sales".to_owned()].into()));
        let never = |command: &Command| matches!(mara.need(command), Need::Never(_));
        assert_eq!(mara.need(&Command::Ladder { call: "3".into() }), Need::OwnCall("3"));
        let all_events = Command::Events { limit: 1, call: None, after_ms: None };
        assert!(never(&all_events));
        let leave = |queue: &str| Command::ChangeConfig {
            change: ConfigChange::Leave { agent: "1".into(), queue: queue.into() },
        };
        assert!(!never(&leave("sales")) && never(&leave("service")));
        let text = Command::FlowText { flow: "main".into() };
        assert!(never(&text), "an empty file would be written back as one");
        let note = Command::Note { call: "3".into(), text: "x".into() };
        assert_eq!(mara.need(&note), Need::OwnCall("3"));
        let by_number = Command::Cdrs { limit: 1, before_ms: None, party: Some(NUMBER.into()) };
        let wave = Command::Wave { recording: "3".into(), columns: 1 };
        let viewer = Sight::new(Role::Viewer, None);
        for command in [&by_number, &all_events, &Command::Ladder { call: "3".into() }] {
            assert!(matches!(viewer.need(command), Need::Never(_)), "{command:?}");
        }
        assert_eq!((viewer.need(&wave), mara.need(&wave)), (Need::Nothing, Need::OwnCall("3")));
        let free = Sight::new(Role::Supervisor, None);
        for command in [&leave("service"), &text, &by_number, &all_events, &wave] {
            assert_eq!(free.need(command), Need::Nothing);
        }
    }
}
