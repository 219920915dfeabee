//! A caller who acts as an agent of the floor: what is asked of the exchange, and what it answers.

/// What a node `agent` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentDo {
    /// Sits down at the phone that is calling, ready.
    SignIn,
    /// Leaves.
    SignOut,
    /// Takes calls.
    Ready,
    /// Has a break.
    Break,
    /// From ready to a break, or back.
    Toggle,
}

impl AgentDo {
    /// All of them with their words.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("sign_in", Self::SignIn),
        ("sign_out", Self::SignOut),
        ("ready", Self::Ready),
        ("break", Self::Break),
        ("toggle", Self::Toggle),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, what)| *what == self).map_or("", |(word, _)| word)
    }
}

/// What a caller does as an agent. Whose phone it is, and so where the agent sits, is for the exchange to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentAct {
    /// What.
    pub what: AgentDo,
    /// Who signs in; `None`: the agent whose extension this is. Of all else it is whoever sits there.
    pub agent: Option<String>,
    /// Why, for a break.
    pub reason: String,
    /// The caller knew the PIN of the one who signs in.
    pub knows_pin: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentAnswer {
    /// The agent is that now.
    Done(AgentIs),
    /// It may not be.
    Refused(AgentRefusal),
    /// There is no such agent, or nobody sits there.
    Unknown,
}

impl AgentAnswer {
    /// What the flow finds in the variable for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done(is) => is.word(),
            Self::Refused(why) => why.word(),
            Self::Unknown => "unknown",
        }
    }

    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Done(AgentIs::SignedOut),
        Self::Done(AgentIs::Ready),
        Self::Done(AgentIs::OnBreak),
        Self::Refused(AgentRefusal::NoExtension),
        Self::Refused(AgentRefusal::Pin),
        Self::Refused(AgentRefusal::OtherExtension),
        Self::Refused(AgentRefusal::Taken),
        Self::Refused(AgentRefusal::NoBreak),
        Self::Refused(AgentRefusal::BreakFull),
        Self::Unknown,
    ];
}

/// What an agent is by choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentIs {
    /// Not here.
    SignedOut,
    /// Here for calls.
    Ready,
    /// Here, and not for calls.
    OnBreak,
}

impl AgentIs {
    fn word(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Ready => "ready",
            Self::OnBreak => "break",
        }
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentRefusal {
    /// The caller is no extension of ours, proven by its password.
    NoExtension,
    /// The PIN is needed first: a node `pin` with the PINs of agents.
    Pin,
    /// The agent sits at another extension and nowhere else.
    OtherExtension,
    /// Somebody sits there who is in a call, or the agent himself is in one elsewhere.
    Taken,
    /// There is no break of that name.
    NoBreak,
    /// As many as may have that break at once.
    BreakFull,
}

impl AgentRefusal {
    fn word(self) -> &'static str {
        match self {
            Self::NoExtension => "no_extension",
            Self::Pin => "pin",
            Self::OtherExtension => "other_extension",
            Self::Taken => "taken",
            Self::NoBreak => "no_break",
            Self::BreakFull => "break_full",
        }
    }
}
