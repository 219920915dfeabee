//! What the console can do, and what each of it is: its group in the help, what it is about, what it asks first.
//!
//! Lowercase looks, UPPERCASE acts: an action that changes something at the daemon has a role and a capital letter.

mod table;

pub(crate) use crate::context::Context;
pub(crate) use table::{ACTIONS, Spec};

/// What must be answered before a verb is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Confirm {
    /// Nothing: it only looks, or it is reversible and inaudible.
    None,
    /// `y`, with the target named; any other key is No.
    Yes,
    /// A word that is part of it, typed: why.
    Reason,
    /// The name of the target, typed.
    Name,
    /// `y` at the difference that it would make.
    Diff,
}

/// The part of the help an action stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Act,
    Look,
    Move,
    Console,
}

impl Group {
    pub(crate) const ALL: [Self; 4] = [Self::Act, Self::Look, Self::Move, Self::Console];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Look => "look",
            Self::Move => "move",
            Self::Console => "console",
        }
    }
}

/// What a verb is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Who waits, agents, doors of queues.
    Floor,
    /// The agent's own desk.
    Desk,
    Missed,
    Supervise,
    /// A call that is sent or fetched somewhere.
    Forcing,
    Recordings,
    Setting,
    Flow,
    Call,
    Line,
    Daemon,
}

/// Everything a key can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Action {
    MoveDown,
    MoveUp,
    MoveLeft,
    MoveRight,
    PageDown,
    PageUp,
    HalfDown,
    HalfUp,
    First,
    Last,
    Open,
    Back,
    Leave,
    Quit,
    ScreenWall,
    ScreenQueues,
    ScreenAgents,
    ScreenCalls,
    ScreenMissed,
    ScreenFlows,
    ScreenDesk,
    ScreenReports,
    ScreenRecordings,
    ScreenLog,
    ScreenLines,
    ScreenSettings,
    ScreenPrevious,
    ReportInterval,
    DayBefore,
    DayAfter,
    TabNext,
    TabPrevious,
    GoCall,
    GoRecording,
    GoEvents,
    GoLine,
    Help,
    Palette,
    Filter,
    AlarmNext,
    AlarmAcknowledge,
    SortPrevious,
    SortNext,
    SortInvert,
    Freeze,
    Expand,
    DetailPane,
    Privacy,
    TimeForm,
    Decisions,
    Why,
    MessageBody,
    Copy,
    CopyNumber,
    CopyId,
    Write,
    Reconnect,
    Redraw,
    Suspend,
    Listen,
    Whisper,
    Barge,
    TakeOver,
    Unlisten,
    PickUp,
    Transfer,
    Assign,
    HangUp,
    PriorityUp,
    PriorityDown,
    TakeOut,
    QueueDoor,
    AgentReady,
    AgentBreak,
    AgentFinish,
    AgentOut,
    AgentTell,
    MissedClaim,
    MissedCallBack,
    MissedTried,
    MissedClose,
    MissedRelease,
    DeskTold,
    DeskReady,
    DeskBreak,
    DeskOut,
    DeskFinish,
    DeskMore,
    DeskOutcome,
    DeskNote,
    DeskCall,
    DeskHangUp,
    DeskTransfer,
    DeskRecord,
    HoldRecording,
    ReleaseRecording,
    Unregister,
    DeleteMessage,
    FlowEdit,
    SettingApply,
    SettingAdd,
    SettingPassword,
    SettingRemove,
    SettingUndo,
    Reload,
    Shutdown,
}

const _: () =
    assert!(ACTIONS.len() == Action::Shutdown as usize + 1, "each action, to the last, has one row");

impl Action {
    /// The row of the table. Every action has one: there are as many rows as actions, and a test sees that no two are of one.
    pub(crate) fn spec(self) -> &'static Spec {
        ACTIONS.iter().find(|spec| spec.action == self).unwrap_or(&ACTIONS[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_actions_are_unique() {
        let names: BTreeSet<_> = ACTIONS.iter().map(|spec| spec.name).collect();
        let actions: BTreeSet<_> = ACTIONS.iter().map(|spec| spec.action).collect();
        assert_eq!(names.len(), ACTIONS.len());
        assert_eq!(actions.len(), ACTIONS.len());
        for spec in ACTIONS {
            assert_eq!(spec.action.spec().name, spec.name);
        }
    }

    #[test]
    fn every_verb_has_a_role_and_only_verbs_have_one() {
        for spec in ACTIONS {
            assert_eq!(spec.role.is_some(), spec.group == Group::Act, "{}", spec.name);
            assert_eq!(spec.family.is_some(), spec.group == Group::Act, "{}", spec.name);
            assert!(spec.role.is_some() || spec.confirm == Confirm::None, "{}", spec.name);
        }
    }
}
