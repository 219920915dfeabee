//! The ways out of a node: for checks, for drawing a flow, and for who counts which were taken.

use crate::flow::NodeId;
use crate::node::{Job, Next};

/// A way out of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// What leads this way, as [`crate::Effect::Entered`] tells it of the node that comes next: `next`, `key 2`, `busy`.
    pub outcome: String,
    /// The key of the node in which it is written.
    pub key: &'static str,
    /// The entry of that key, if it has several.
    pub entry: Entry,
    /// Where it leads.
    pub to: Way,
}

/// An entry of a key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Entry {
    /// The whole of it.
    #[default]
    Whole,
    /// By its name, in a table.
    Name(String),
    /// By its place, in a list.
    Place(usize),
}

/// Where a way leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To a node.
    To(NodeId),
    /// Not written, and so to where another outcome of the same node leads.
    Like(&'static str),
    /// Not written, and that is as it should be: the caller talked to somebody, and the call ends.
    Ends,
    /// Not written: the call ends without a word, or the flow that ran this one goes on.
    Nowhere,
}

impl Exit {
    /// Where it leads, whether it is written here or for another outcome of the same node.
    pub fn leads(&self, all: &[Self]) -> Next {
        match self.to {
            Way::To(node) => Some(node),
            Way::Like(key) => all.iter().find(|exit| exit.key == key).and_then(|exit| match exit.to {
                Way::To(node) => Some(node),
                Way::Like(_) | Way::Ends | Way::Nowhere => None,
            }),
            Way::Ends | Way::Nowhere => None,
        }
    }
}

/// All ways out of a node, in the order in which they are written about. A node that ends a flow has none.
pub fn exits(job: &Job) -> Vec<Exit> {
    let mut found = Exits(Vec::new());
    match job {
        Job::Play { next, .. } | Job::Set { next, .. } => found.add("next", "next", *next),
        Job::Menu { keys, silent, otherwise, .. } => {
            found.keys(keys);
            found.or("silent", "silent", *silent, "otherwise");
            found.add("otherwise", "otherwise", *otherwise);
        }
        Job::Collect { next, failed, .. } => {
            found.add("digits", "next", *next);
            found.add("failed", "failed", *failed);
        }
        Job::If { cases, otherwise } => {
            for (at, (_, then)) in cases.iter().enumerate() {
                let key = if cases.len() == 1 { "then" } else { "cases" };
                found.push(format!("case {}", at + 1), key, Entry::Place(at), Way::To(*then));
            }
            found.add("else", "otherwise", *otherwise);
        }
        Job::Hours { open, closed, holiday, .. } => {
            found.add("open", "open", *open);
            found.add("closed", "closed", *closed);
            found.or("holiday", "holiday", *holiday, "closed");
        }
        Job::Share { parts } => {
            for (at, (percent, node)) in parts.iter().enumerate() {
                found.push(format!("{percent} %"), "parts", Entry::Place(at), Way::To(*node));
            }
        }
        Job::List { listed, other, .. } => {
            found.add("listed", "listed", *listed);
            found.add("other", "other", *other);
        }
        Job::Pin { next, wrong, locked, .. } => {
            found.add("right", "next", *next);
            found.add("wrong", "wrong", *wrong);
            found.or("locked", "locked", *locked, "wrong");
        }
        Job::Dial { busy, no_answer, failed, after, .. } => {
            found.or("busy", "busy", *busy, "no_answer");
            found.add("no_answer", "no_answer", *no_answer);
            found.or("failed", "failed", *failed, "no_answer");
            found.after(*after);
        }
        Job::Queue { timeout, full, empty, keys, after, .. } => {
            found.add("timeout", "timeout", *timeout);
            found.or("full", "full", *full, "timeout");
            found.or("empty", "empty", *empty, "timeout");
            found.keys(keys);
            found.after(*after);
        }
        Job::Voicemail { next, failed, .. } => {
            found.add("next", "next", *next);
            found.add("failed", "failed", *failed);
        }
        Job::Mailbox { next, .. } => found.add("done", "next", *next),
        Job::Record { next, failed, .. } => {
            found.add("recorded", "next", *next);
            found.add("failed", "failed", *failed);
        }
        Job::Http { next, failed, .. } | Job::Exec { next, failed, .. } => {
            found.add("answered", "next", *next);
            found.add("failed", "failed", *failed);
        }
        Job::Survey { next, silent, keys, .. } => {
            for key in keys.chars() {
                found.push(format!("key {key}"), "next", Entry::Whole, next.map_or(Way::Nowhere, Way::To));
            }
            found.or("silent", "silent", *silent, "next");
        }
        Job::Sub { next, .. } => found.add("return", "next", *next),
        Job::Return { .. } | Job::HangUp { .. } => {}
    }
    found.0
}

struct Exits(Vec<Exit>);

impl Exits {
    fn push(&mut self, outcome: String, key: &'static str, entry: Entry, to: Way) {
        self.0.push(Exit { outcome, key, entry, to });
    }

    fn add(&mut self, outcome: &str, key: &'static str, next: Next) {
        self.push(outcome.to_owned(), key, Entry::Whole, next.map_or(Way::Nowhere, Way::To));
    }

    /// As another outcome unless it is written.
    fn or(&mut self, outcome: &str, key: &'static str, next: Next, other: &'static str) {
        self.push(outcome.to_owned(), key, Entry::Whole, next.map_or(Way::Like(other), Way::To));
    }

    fn after(&mut self, next: Next) {
        self.push("after".to_owned(), "after", Entry::Whole, next.map_or(Way::Ends, Way::To));
    }

    fn keys(&mut self, keys: &std::collections::BTreeMap<String, NodeId>) {
        for (key, node) in keys {
            self.push(format!("key {key}"), "keys", Entry::Name(key.clone()), Way::To(*node));
        }
    }
}
