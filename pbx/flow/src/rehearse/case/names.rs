//! Names in a case that nothing in the flows is called: what it says of them would change nothing, and what it expects of
//! them would hold whatever the flows do.

use super::Case;
use crate::check::reads::{Use, reads, writes};
use crate::check::{is_built_in, queue_of};
use crate::expr::Expr;
use crate::fault::did_you_mean;
use crate::flow::Flows;
use crate::node::Job;
use std::collections::BTreeSet;

/// Variables that a run sets by itself.
const SET_BY_ITSELF: [&str; 3] = ["outcome", "error", "holiday"];

/// Names that flows use.
#[derive(Default)]
struct Used<'f> {
    hours: BTreeSet<&'f str>,
    lists: BTreeSet<&'f str>,
    pins: BTreeSet<&'f str>,
    queues: BTreeSet<String>,
    /// Some queue is computed, so it may be any.
    is_any_queue: bool,
    mailboxes: BTreeSet<String>,
    is_any_mailbox: bool,
    questions: BTreeSet<&'f str>,
    /// Nodes `agent`, as `node` and as `flow.node`.
    acting: BTreeSet<String>,
    set: BTreeSet<&'f str>,
    read: BTreeSet<&'f str>,
}

impl<'f> Used<'f> {
    fn of(flows: &'f Flows) -> Self {
        let mut used = Self::default();
        used.set.extend(SET_BY_ITSELF);
        for flow in flows.values() {
            used.set.extend(flow.arguments.keys().map(String::as_str));
            flow.nodes.iter().for_each(|node| used.add(&node.job));
            for node in flow.nodes.iter().filter(|node| matches!(node.job, Job::Agent { .. })) {
                used.acting.extend([node.name.clone(), format!("{}.{}", flow.name, node.name)]);
            }
        }
        used
    }

    fn add(&mut self, job: &'f Job) {
        self.set.extend(writes(job).into_iter().map(|write| write.name));
        for read in reads(job) {
            self.lists.extend(read.of.lists());
            for name in read.of.names() {
                self.read.insert(name);
                self.queues.extend(queue_of(name).map(str::to_owned));
            }
            let (names, is_any) = match read.key {
                "queue" => (&mut self.queues, &mut self.is_any_queue),
                "mailbox" => (&mut self.mailboxes, &mut self.is_any_mailbox),
                _ => continue,
            };
            match (read.becomes, read.of) {
                (Use::Called, Expr::Constant(name)) => drop(names.insert(name.plain())),
                _ => *is_any = true,
            }
        }
        match job {
            Job::Hours { hours, .. } => drop(self.hours.insert(hours)),
            Job::List { list, .. } => drop(self.lists.insert(list)),
            Job::Pin { pins, .. } => drop(self.pins.insert(pins)),
            Job::Survey { question, .. } => drop(self.questions.insert(question)),
            // What is kept in no mailbox is counted under no name.
            Job::Record { .. } => drop(self.mailboxes.insert(String::new())),
            // Callers type the number of any.
            Job::Mailbox { .. } => {
                self.pins.insert("mailbox");
                self.is_any_mailbox = true;
            }
            _ => {}
        }
    }
}

/// What is said of each name that is nowhere, and of one that may be meant.
pub(super) fn unused<'f>(case: &Case, flows: &'f Flows) -> Vec<(String, Option<String>)> {
    let used = Used::of(flows);
    let mut found = Vec::new();
    let mut tell = |name: &str, is_there: bool, what: &str, known: Vec<String>| {
        if !is_there {
            let hint = did_you_mean(name, known.iter().map(String::as_str));
            found.push((format!("no flow {what} \"{}\"", crate::read::shown(name)), hint));
        }
    };
    let all = |names: &BTreeSet<&'f str>| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (site, expect) = (&case.site, &case.expect);
    for name in site.hours.keys() {
        tell(name, used.hours.contains(name.as_str()), "asks for hours named", all(&used.hours));
    }
    for (list, _) in site.lists.keys() {
        tell(list, used.lists.contains(list.as_str()), "asks for a list named", all(&used.lists));
    }
    for key in site.pins.keys() {
        let name = key.split_once('.').map_or(key.as_str(), |(name, _)| name);
        tell(name, used.pins.contains(name), "asks for PINs named", all(&used.pins));
    }
    for name in site.queues.keys() {
        let is_there = used.is_any_queue || used.queues.contains(name);
        tell(name, is_there, "has a queue named", used.queues.iter().cloned().collect());
    }
    for name in site.mailboxes.keys().chain(expect.messages.keys()) {
        let is_there = used.is_any_mailbox || used.mailboxes.contains(name);
        tell(name, is_there, "has a mailbox named", used.mailboxes.iter().cloned().collect());
    }
    for name in site.agents.keys() {
        let is_there = used.acting.contains(name);
        tell(name, is_there, "has a node for agents named", used.acting.iter().cloned().collect());
    }
    for name in site.values.keys() {
        let is_there = is_built_in(name) || used.read.contains(name.as_str());
        tell(name, is_there, "reads a value named", all(&used.read));
    }
    for name in expect.survey.keys() {
        tell(name, used.questions.contains(name.as_str()), "asks a question named", all(&used.questions));
    }
    for name in expect.set.keys() {
        tell(name, used.set.contains(name.as_str()), "sets a variable named", all(&used.set));
    }
    found
}
