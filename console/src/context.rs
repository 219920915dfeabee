//! The places in the console where a key has a meaning of its own.

/// Where the keys go: one per screen and per tab of the call detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Context {
    Wall,
    Queues,
    Waiting,
    Agents,
    Calls,
    Missed,
    Flows,
    Desk,
    Reports,
    Ladder,
    Media,
    Path,
    Events,
    Recordings,
    Log,
    Lines,
    Settings,
}

impl Context {
    pub(crate) const ALL: [Self; 17] = [
        Self::Wall,
        Self::Queues,
        Self::Waiting,
        Self::Agents,
        Self::Calls,
        Self::Missed,
        Self::Flows,
        Self::Desk,
        Self::Reports,
        Self::Ladder,
        Self::Media,
        Self::Path,
        Self::Events,
        Self::Recordings,
        Self::Log,
        Self::Lines,
        Self::Settings,
    ];

    /// The word used in `lang/*.toml` and in errors.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Queues => "queues",
            Self::Waiting => "waiting",
            Self::Agents => "agents",
            Self::Calls => "calls",
            Self::Missed => "missed",
            Self::Flows => "flows",
            Self::Desk => "desk",
            Self::Reports => "reports",
            Self::Ladder => "ladder",
            Self::Media => "media",
            Self::Path => "path",
            Self::Events => "events",
            Self::Recordings => "recordings",
            Self::Log => "log",
            Self::Lines => "lines",
            Self::Settings => "settings",
        }
    }
}
