//! The words for how a node is left: what journal and screens show, and what coverage counts.

use crate::flow::NodeId;
use crate::node::Job;

/// A node was left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed {
    /// The flow it is in.
    pub flow: String,
    /// The node.
    pub node: NodeId,
    /// How, as in [`crate::Effect::Entered`]; [`branch_of`] says which branch that is.
    pub by: String,
}

/// Part of a share, from 0.
pub(super) fn of_part(at: usize) -> String {
    format!("part {}", at.saturating_add(1))
}

/// Condition of an `if`, from 0.
pub(super) fn of_case(at: usize) -> String {
    format!("case {}", at.saturating_add(1))
}

/// The branches that a node has, each by the word for it, in the order in which they are written. What is not written
/// and goes the way of another is none.
pub fn branches(job: &Job) -> Vec<String> {
    let words = |words: &[(&str, bool)]| {
        words.iter().filter(|(_, is_there)| *is_there).map(|(word, _)| (*word).to_owned()).collect()
    };
    let keys = |keys: &std::collections::BTreeMap<String, NodeId>| -> Vec<String> {
        keys.keys().map(|key| format!("key {key}")).collect()
    };
    match job {
        Job::Play { .. } | Job::Set { .. } => words(&[("next", true)]),
        Job::Menu { keys: k, silent, .. } => {
            let rest: Vec<String> = words(&[("silent", silent.is_some()), ("otherwise", true)]);
            [keys(k), rest].concat()
        }
        Job::Collect { .. } => words(&[("digits", true), ("failed", true)]),
        Job::If { cases, .. } => (0..cases.len()).map(of_case).chain(["else".to_owned()]).collect(),
        Job::Hours { holiday, .. } => {
            words(&[("open", true), ("closed", true), ("holiday", holiday.is_some())])
        }
        Job::Share { parts } => (0..parts.len()).map(of_part).collect(),
        Job::List { .. } => words(&[("listed", true), ("other", true)]),
        Job::Pin { locked, .. } => words(&[("right", true), ("wrong", true), ("locked", locked.is_some())]),
        Job::Dial { busy, failed, after, .. } => words(&[
            ("busy", busy.is_some()),
            ("no_answer", true),
            ("failed", failed.is_some()),
            ("after", after.is_some()),
        ]),
        Job::Queue { full, empty, keys: k, after, .. } => {
            let rest: Vec<String> = words(&[
                ("timeout", true),
                ("full", full.is_some()),
                ("empty", empty.is_some()),
                ("after", after.is_some()),
            ]);
            [keys(k), rest].concat()
        }
        Job::Voicemail { .. } | Job::Record { .. } => words(&[("recorded", true), ("failed", true)]),
        Job::Mailbox { .. } => words(&[("done", true)]),
        Job::Http { .. } | Job::Exec { .. } => words(&[("answered", true), ("failed", true)]),
        Job::Survey { silent, .. } => words(&[("answered", true), ("silent", silent.is_some())]),
        Job::Sub { .. } => words(&[("return", true)]),
        Job::Return { .. } | Job::HangUp { .. } => Vec::new(),
    }
}

/// The branch that a node was left by; `None` if it was left by none of its own, as by a caller who hung up.
pub fn branch_of(job: &Job, by: &str) -> Option<String> {
    let all = branches(job);
    let has = |word: &str| all.iter().any(|branch| branch == word);
    let word = match (job, by) {
        _ if has(by) => by,
        (Job::Menu { .. }, "silent") => "otherwise",
        (Job::Hours { .. }, "holiday") => "closed",
        (Job::Pin { .. }, "locked") => "wrong",
        (Job::Dial { .. }, "busy" | "failed") => "no_answer",
        (Job::Queue { .. }, "full" | "empty") => "timeout",
        (Job::Voicemail { .. }, "nothing said") => "recorded",
        (Job::Survey { .. }, "silent") => "answered",
        (Job::Survey { .. }, key) if key.starts_with("key ") => "answered",
        _ => return None,
    };
    has(word).then(|| word.to_owned())
}
