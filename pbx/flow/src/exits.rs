//! The ways out of a node: for checks, for drawing a flow, and for who counts which were taken.

use crate::flow::NodeId;
use crate::node::{Job, Next};
use crate::run::{of_case, of_part};

/// A way out of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The branch, by its word: `next`, `key 2`, `busy`; see [`crate::run::branches`].
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
    /// Not written, and that is as it should be: the caller talked to somebody or will be called back, and the call ends.
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
                found.push(of_case(at), key, Entry::Place(at), Way::To(*then));
            }
            found.add("else", "otherwise", *otherwise);
        }
        Job::Hours { open, closed, holiday, .. } => {
            found.add("open", "open", *open);
            found.add("closed", "closed", *closed);
            found.or("holiday", "holiday", *holiday, "closed");
        }
        Job::Share { parts } => {
            for (at, (_, node)) in parts.iter().enumerate() {
                found.push(of_part(at), "parts", Entry::Place(at), Way::To(*node));
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
            found.ends("after", *after);
        }
        Job::Queue { timeout, full, empty, closed, keys, call_back, called_back, after, .. } => {
            found.keys(keys);
            found.add("timeout", "timeout", *timeout);
            found.or("full", "full", *full, "timeout");
            found.or("empty", "empty", *empty, "timeout");
            // Outside its hours nobody works there.
            found.or("closed", "closed", *closed, if empty.is_some() { "empty" } else { "timeout" });
            if call_back.is_some() {
                found.ends("called_back", *called_back);
            }
            found.ends("after", *after);
        }
        Job::Mailbox { next, .. } => found.add("done", "next", *next),
        Job::Voicemail { next, failed, .. } | Job::Record { next, failed, .. } => {
            found.add("recorded", "next", *next);
            found.add("failed", "failed", *failed);
        }
        Job::Http { next, failed, .. } | Job::Exec { next, failed, .. } => {
            found.add("answered", "next", *next);
            found.add("failed", "failed", *failed);
        }
        Job::Survey { next, silent, .. } => {
            found.add("answered", "next", *next);
            found.or("silent", "silent", *silent, "next");
        }
        Job::Agent { next, refused, unknown, .. } => {
            found.add("done", "next", *next);
            found.add("refused", "refused", *refused);
            found.or("unknown", "unknown", *unknown, "refused");
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

    /// The end of the call unless it is written.
    fn ends(&mut self, outcome: &'static str, next: Next) {
        self.push(outcome.to_owned(), outcome, Entry::Whole, next.map_or(Way::Ends, Way::To));
    }

    fn keys(&mut self, keys: &std::collections::BTreeMap<String, NodeId>) {
        for (key, node) in keys {
            self.push(format!("key {key}"), "keys", Entry::Name(key.clone()), Way::To(*node));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;
    use crate::read::read;

    const NODES: &str = r#"
        [nodes.play]
        kind = "play"
        prompt = "x"
        [nodes.menu]
        kind = "menu"
        prompt = "x"
        keys = { 1 = "play", 22 = "set" }
        silent = "set"
        [nodes.menu2]
        kind = "menu"
        prompt = "x"
        keys = { 1 = "play" }
        [nodes.collect]
        kind = "collect"
        prompt = "x"
        into = "x"
        [nodes.set]
        kind = "set"
        values = { x = 1 }
        [nodes.if]
        kind = "if"
        cases = [{ when = "x", then = "play" }, { when = "y", then = "set" }]
        [nodes.hours]
        kind = "hours"
        hours = "x"
        [nodes.hours2]
        kind = "hours"
        hours = "x"
        holiday = "play"
        [nodes.share]
        kind = "share"
        parts = { play = 60, set = 40 }
        [nodes.list]
        kind = "list"
        list = "x"
        [nodes.pin]
        kind = "pin"
        pins = "x"
        locked = "play"
        [nodes.dial]
        kind = "dial"
        to = "1"
        busy = "play"
        [nodes.dial2]
        kind = "dial"
        to = "1"
        failed = "play"
        after = "play"
        [nodes.queue]
        kind = "queue"
        queue = "x"
        full = "play"
        keys = { 1 = "play" }
        [nodes.queue2]
        kind = "queue"
        queue = "x"
        empty = "play"
        after = "play"
        [nodes.voicemail]
        kind = "voicemail"
        mailbox = "x"
        [nodes.mailbox]
        kind = "mailbox"
        [nodes.record]
        kind = "record"
        prompt = "x"
        into = "x"
        [nodes.http]
        kind = "http"
        url = "http://x/"
        [nodes.exec]
        kind = "exec"
        argv = ["/x"]
        [nodes.survey]
        kind = "survey"
        question = "x"
        silent = "play"
        [nodes.survey2]
        kind = "survey"
        question = "x"
        [nodes.agent]
        kind = "agent"
        do = "sign_out"
        [nodes.flow]
        kind = "flow"
        flow = "x"
        [nodes.return]
        kind = "return"
        [nodes.hang_up]
        kind = "hang_up"
    "#;

    /// What is counted; what is not written is counted with what it goes like.
    #[test]
    fn every_kind_of_node_has_its_branches() {
        let (Some(flow), _) = read("main.toml", 1, NODES) else { panic!("it is read") };
        let told: Vec<String> = flow
            .nodes
            .iter()
            .map(|node| format!("{}: {}", node.name, crate::run::branches(&node.job).join(", ")))
            .collect();
        assert_eq!(
            told,
            [
                "play: next",
                "menu: key 1, key 22, silent, otherwise",
                "menu2: key 1, otherwise",
                "collect: digits, failed",
                "set: next",
                "if: case 1, case 2, else",
                "hours: open, closed",
                "hours2: open, closed, holiday",
                "share: part 1, part 2",
                "list: listed, other",
                "pin: right, wrong, locked",
                "dial: busy, no_answer",
                "dial2: no_answer, failed, after",
                "queue: key 1, timeout, full",
                "queue2: timeout, empty, after",
                "voicemail: recorded, failed",
                "mailbox: done",
                "record: recorded, failed",
                "http: answered, failed",
                "exec: answered, failed",
                "survey: answered, silent",
                "survey2: answered",
                "agent: done, refused",
                "flow: return",
                "return: ",
                "hang_up: ",
            ]
        );
        let branch = |name: &str, by: &str| {
            let node = flow.find(name).and_then(|id| flow.node(id));
            node.and_then(|node| crate::run::branch_of(&node.job, by))
        };
        for (name, by, branch_of) in [
            ("menu", "silent", Some("silent")),
            ("menu2", "silent", Some("otherwise")),
            ("menu", "key 22", Some("key 22")),
            ("hours", "holiday", Some("closed")),
            ("dial", "failed", Some("no_answer")),
            ("dial", "after", None),
            ("queue2", "full", Some("timeout")),
            ("voicemail", "nothing said", Some("recorded")),
            ("survey", "key 3", Some("answered")),
            ("survey2", "silent", Some("answered")),
            ("play", "nobody there", None),
        ] {
            assert_eq!(branch(name, by).as_deref(), branch_of, "{name} {by}");
        }
    }

    #[test]
    fn what_is_not_written_goes_the_way_of_another() {
        let (Some(flow), _) = read("main.toml", 1, NODES) else { panic!("it is read") };
        let leads = |name: &str, outcome: &str| {
            let exits =
                flow.find(name).and_then(|id| flow.node(id)).map(|node| exits(&node.job)).unwrap_or_default();
            let exit = exits.iter().find(|exit| exit.outcome == outcome);
            exit.and_then(|exit| exit.leads(&exits))
                .and_then(|id| flow.node(id))
                .map(|node| node.name.as_str())
        };
        assert_eq!(leads("menu", "silent"), Some("set"));
        assert_eq!(leads("menu", "key 1"), Some("play"));
        assert_eq!(leads("menu2", "silent"), None);
        assert_eq!(leads("hours2", "holiday"), Some("play"));
        assert_eq!(leads("share", "part 2"), Some("set"));
        assert_eq!(leads("survey2", "silent"), None);
    }
}
