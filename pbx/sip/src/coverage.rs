//! What the machines have been through: every pair of a state and an event, and how often it happened.

/// One (state, event) pair of a machine and how often it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The machine: one of the four of transactions, or the session.
    pub machine: &'static str,
    /// Where it was.
    pub state: &'static str,
    /// What happened to it.
    pub event: &'static str,
    /// How often, since the endpoint was made.
    pub times: u64,
    /// The machine does something in this pair (false: the event means nothing in that state, or cannot happen).
    pub matters: bool,
}

/// Counters of a machine: a row for each state, a column for each event. Counting is an index and an add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts<const STATES: usize, const EVENTS: usize>(Box<[[u64; EVENTS]; STATES]>);

impl<const STATES: usize, const EVENTS: usize> Default for Counts<STATES, EVENTS> {
    fn default() -> Self {
        Self(Box::new([[0; EVENTS]; STATES]))
    }
}

impl<const STATES: usize, const EVENTS: usize> Counts<STATES, EVENTS> {
    /// Counts one more.
    pub(crate) fn add(&mut self, state: usize, event: usize) {
        if let Some(times) = self.0.get_mut(state).and_then(|row| row.get_mut(event)) {
            *times = times.saturating_add(1);
        }
    }

    /// How often it happened.
    pub(crate) fn get(&self, state: usize, event: usize) -> u64 {
        self.0.get(state).and_then(|row| row.get(event)).copied().unwrap_or(0)
    }
}

/// An enum whose words can be listed and named.
macro_rules! words {
    ($(#[$about:meta])* $vis:vis enum $name:ident { $($(#[$what:meta])* $word:ident,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        $vis enum $name { $($(#[$what])* $word,)+ }

        impl $name {
            /// All of them, in order.
            $vis const ALL: &'static [Self] = &[$(Self::$word),+];

            /// Its word.
            $vis const fn name(self) -> &'static str {
                match self {
                    $(Self::$word => stringify!($word),)+
                }
            }
        }
    };
}
pub(crate) use words;
