//! The words for how a node is left: what journal and screens show, and what coverage counts.

use crate::exits::{Way, exits};
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
pub(crate) fn of_part(at: usize) -> String {
    format!("part {}", at.saturating_add(1))
}

/// Condition of an `if`, from 0.
pub(crate) fn of_case(at: usize) -> String {
    format!("case {}", at.saturating_add(1))
}

/// The branches that a node has, each by the word for it, in the order in which they are written: its ways out, but for
/// those that are not written and go the way of another, or end the call as they should.
pub fn branches(job: &Job) -> Vec<String> {
    let ways = exits(job).into_iter().filter(|exit| !matches!(exit.to, Way::Like(_) | Way::Ends));
    ways.map(|exit| exit.outcome).collect()
}

/// The branch that a node was left by; `None` if it was left by none of its own, as by a caller who hung up.
pub fn branch_of(job: &Job, by: &str) -> Option<String> {
    let by = match job {
        Job::Voicemail { .. } if by == "nothing said" => "recorded",
        Job::Survey { .. } if by.starts_with("key ") => "answered",
        _ => by,
    };
    let all = exits(job);
    let exit = all.iter().find(|exit| exit.outcome == by)?;
    let branch = match exit.to {
        Way::To(_) | Way::Nowhere => exit,
        Way::Like(key) => all.iter().find(|exit| exit.key == key)?,
        Way::Ends => return None,
    };
    Some(branch.outcome.clone())
}
