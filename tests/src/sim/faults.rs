//! What can go wrong: classes of faults, and the bad habits of phones.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::str::FromStr;

/// A class of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Datagrams are lost, up to 30 %.
    Loss,
    /// Datagrams arrive twice.
    Duplicates,
    /// Datagrams overtake each other, some by seconds.
    Reorder,
    /// Parts of the network are cut off for a while.
    Partition,
    /// Translators forget phones, which then come from another port or address.
    Nat,
    /// TCP connections are reset.
    Tcp,
    /// The media engine is slow, cannot open ports, cannot record, hears nothing.
    Media,
    /// The store is slow or fails.
    Store,
    /// The wall clock steps.
    Clock,
    /// The exchange dies at any point and starts again from what is on disk.
    Crash,
    /// Phones vanish, reboot, and have bad habits.
    Phones,
    /// Garbage arrives.
    Garbage,
    /// Users hang up calls, remove registrations, reload other configurations.
    Users,
    /// What flows ask outside fails, hangs or returns junk.
    Asking,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Loss,
        Self::Duplicates,
        Self::Reorder,
        Self::Partition,
        Self::Nat,
        Self::Tcp,
        Self::Media,
        Self::Store,
        Self::Clock,
        Self::Crash,
        Self::Phones,
        Self::Garbage,
        Self::Users,
        Self::Asking,
    ];

    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Duplicates => "duplicates",
            Self::Reorder => "reorder",
            Self::Partition => "partition",
            Self::Nat => "nat",
            Self::Tcp => "tcp",
            Self::Media => "media",
            Self::Store => "store",
            Self::Clock => "clock",
            Self::Crash => "crash",
            Self::Phones => "phones",
            Self::Garbage => "garbage",
            Self::Users => "users",
            Self::Asking => "asking",
        }
    }
}

/// A set of them, read as `all`, `none` or words with commas between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Faults(pub BTreeSet<Fault>);

impl Faults {
    /// Every class.
    pub fn all() -> Self {
        Self(Fault::ALL.into_iter().collect())
    }

    /// Whether a class is among them.
    pub fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }
}

impl FromStr for Faults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => return Ok(Self::all()),
            "none" => return Ok(Self::default()),
            _ => {}
        }
        let one = |word: &str| {
            Fault::ALL.into_iter().find(|f| f.word() == word).ok_or_else(|| {
                let known: Vec<&str> = Fault::ALL.iter().map(|f| f.word()).collect();
                format!("no fault is called \"{word}\"; there are: all, none, {}", known.join(", "))
            })
        };
        text.split(',').map(str::trim).map(one).collect::<Result<_, _>>().map(Self)
    }
}

/// A bad habit of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// Never sends an ACK.
    NeverAcks,
    /// Does not hear CANCEL.
    IgnoresCancel,
    /// Does not hear BYE.
    IgnoresBye,
    /// Does not say that it rings.
    NoProvisional,
    /// Sends each message again and again, for minutes.
    RepeatsForEver,
    /// Answers seconds late, perhaps when nobody waits any more.
    AnswersLate,
    /// Sends a new offer and BYE in the same moment.
    OffersAndLeaves,
    /// Refuses with any status there is.
    OddRefusals,
    /// Its descriptions are missing, wrong or for nobody.
    BadDescriptions,
    /// Takes its time for every message.
    Sluggish,
    /// Resumes by asking for an offer.
    ResumesByAsking,
    /// Presses hold and resume and hold again, at any moment.
    Fidgets,
    /// Gives its registration up and takes it again, in calls too.
    Reregisters,
    /// Has whom it talks with put through to somebody else, and mostly does not wait for what comes of it.
    Transfers,
    /// Asks somebody in a second call, and mostly has both others connected with each other: at any moment.
    Consults,
    /// Sends anything at any moment, in its own calls' names.
    Meddles,
}

impl Habit {
    /// All that are drawn for any phone. Those who consult are drawn apart.
    pub const ALL: [Self; 15] = [
        Self::NeverAcks,
        Self::IgnoresCancel,
        Self::IgnoresBye,
        Self::NoProvisional,
        Self::RepeatsForEver,
        Self::AnswersLate,
        Self::OffersAndLeaves,
        Self::OddRefusals,
        Self::BadDescriptions,
        Self::Sluggish,
        Self::ResumesByAsking,
        Self::Fidgets,
        Self::Reregisters,
        Self::Transfers,
        Self::Meddles,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_as_words() {
        assert_eq!("all".parse(), Ok(Faults::all()));
        assert_eq!("none".parse(), Ok(Faults::default()));
        assert_eq!("loss, crash".parse(), Ok(Faults([Fault::Loss, Fault::Crash].into())));
        assert!("loss,rain".parse::<Faults>().unwrap_err().contains("rain"));
    }
}
