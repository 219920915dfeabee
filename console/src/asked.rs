//! A verb on its way: what it was aimed at, and what it asks before it is done.

use crate::action::Confirm;
use switchroom_wire::{AgentView, Command, SaidView};

/// What a verb was aimed at when its key was pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Call {
        id: String,
        with: String,
    },
    Extension {
        number: String,
    },
    /// An agent, and what the agent was doing if that matters.
    Agent {
        number: String,
        doing: Option<Doing>,
    },
    /// Somebody who waits in a queue.
    Waiter {
        call: String,
    },
    Message {
        id: String,
    },
    /// The recording of a call.
    Recording {
        id: String,
    },
    /// A queue, and what somebody had said of it.
    Queue {
        name: String,
        said: Option<SaidView>,
    },
    /// Somebody who gave up waiting.
    Missed {
        id: String,
    },
    /// The user's own call as a supervisor, and the call that was heard.
    Heard {
        own: String,
        call: Option<String>,
    },
    Daemon,
}

/// What an agent was at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doing {
    pub(crate) activity: String,
    pub(crate) call: Option<String>,
}

impl Doing {
    pub(crate) fn of(agent: &AgentView) -> Self {
        Self { activity: agent.activity.clone(), call: agent.call.clone() }
    }
}

/// A verb that waits for its confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) command: Command,
    pub(crate) target: Target,
    pub(crate) level: Confirm,
    /// The verb and its target, as toasts name them.
    pub(crate) label: String,
    pub(crate) question: String,
    /// What must be typed, and what was typed so far.
    pub(crate) name: String,
    pub(crate) typed: String,
    /// What could be typed; Tab completes it.
    pub(crate) choices: Vec<String>,
    /// The order of the list when it was asked.
    pub(crate) order: Vec<String>,
}

impl Asked {
    /// A verb that asks nothing yet.
    pub(crate) fn new(command: Command, target: Target, level: Confirm, label: String) -> Self {
        Self {
            command,
            target,
            level,
            label,
            question: String::new(),
            name: String::new(),
            typed: String::new(),
            choices: Vec::new(),
            order: Vec::new(),
        }
    }

    /// Whether what was typed is a text that somebody thought about, and can be sent as well a minute later.
    pub(crate) fn is_worth_keeping(&self) -> bool {
        let is_text = matches!(
            self.command,
            Command::Note { .. }
                | Command::Tell { .. }
                | Command::HoldRecording { .. }
                | Command::AgentWrapUp { .. }
        );
        self.is_typed() && is_text
    }

    /// Whether its answer is typed.
    pub(crate) fn is_typed(&self) -> bool {
        matches!(self.level, Confirm::Reason | Confirm::Name)
    }
}
