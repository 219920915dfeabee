//! Names that the site does not have: hours, lists, PINs, extensions, queues, mailboxes, agents, breaks.

use super::known::Known;
use super::reads::{Use, reads};
use super::spoken;
use super::view::{All, At};
use crate::exits::Entry;
use crate::expr::Expr;
use crate::fault::did_you_mean;
use crate::limits::FAULTS_MAX;
use crate::node::Job;
use crate::pins::AGENT_PINS;
use std::collections::BTreeSet;

/// A kind of name, with the names there are.
struct Names<'k> {
    /// For people, with its article.
    what: &'static str,
    names: Option<&'k BTreeSet<String>>,
    /// How one gets one.
    hint: &'static str,
}

/// Tells of every name that is not there.
pub(super) fn check(all: &mut All<'_>, known: &Known) {
    let kinds = Kinds::new(known);
    let mut missing = Vec::new();
    for view in all.flows.values() {
        let is_missing = |kind: &Names<'_>, name: &String| kind.names.is_some_and(|n| !n.contains(name));
        let uses =
            view.nodes().flat_map(|(_, node)| used(&node.job, &kinds).into_iter().map(move |u| (node, u)));
        // More are not told of a file, and every hint looks at all names there are.
        let of_file = uses.filter(|(_, (_, _, name, kind))| is_missing(kind, name)).take(FAULTS_MAX);
        for (node, (key, entry, name, kind)) in of_file {
            let hint = did_you_mean(&name, kind.names.into_iter().flatten().map(String::as_str))
                .unwrap_or_else(|| kind.hint.to_owned());
            let at = At { flow: view.flow, node, key, entry };
            missing.push((at, is_wish(&node.job, key), format!("there {} \"{name}\"", kind.what), hint));
        }
    }
    if let Some(prompts) = &known.prompts {
        missing.extend(
            spoken::missing(all, prompts).into_iter().map(|(at, what, hint)| (at, false, what, hint)),
        );
    }
    for (at, is_warning, what, hint) in missing {
        all.tell(at, is_warning, what, hint);
    }
}

/// Callers who ask for an agent are served by the others as well.
fn is_wish(job: &Job, key: &str) -> bool {
    matches!(job, Job::Queue { .. }) && key == "agent"
}

struct Kinds<'k> {
    extensions: Names<'k>,
    queues: Names<'k>,
    hours: Names<'k>,
    lists: Names<'k>,
    pins: Names<'k>,
    mailboxes: Names<'k>,
    agents: Names<'k>,
    breaks: Names<'k>,
}

impl<'k> Kinds<'k> {
    fn new(known: &'k Known) -> Self {
        let kind =
            |what, names: &'k Option<BTreeSet<String>>, hint| Names { what, names: names.as_ref(), hint };
        Self {
            extensions: kind(
                "is no extension",
                &known.extensions,
                "write it as [extensions.NUMBER] in switchroom.toml",
            ),
            queues: kind("is no queue", &known.queues, "write it as [queues.NAME] in switchroom.toml"),
            agents: kind("is no agent", &known.agents, "write it as [agents.NUMBER] in switchroom.toml"),
            breaks: kind("is no break", &known.breaks, "write it as [breaks.NAME] in switchroom.toml"),
            hours: kind("are no hours", &known.hours, "write them as [hours.NAME] in switchroom.toml"),
            lists: kind("is no list", &known.lists, "write it as [lists.NAME] in switchroom.toml"),
            pins: kind("are no PINs", &known.pins, "write them as [pins.NAME] in switchroom.toml"),
            mailboxes: kind(
                "is no mailbox",
                &known.mailboxes,
                "write it as [mailboxes.NAME] in switchroom.toml",
            ),
        }
    }
}

/// What a node names as it is written: key, entry, name, and what it is the name of.
fn used<'n, 'k>(job: &'n Job, kinds: &'n Kinds<'k>) -> Vec<(&'static str, Entry, String, &'n Names<'k>)> {
    let mut found = Vec::new();
    for read in reads(job) {
        for list in read.of.lists() {
            found.push((read.key, read.entry.clone(), list.to_owned(), &kinds.lists));
        }
        for queue in read.of.names().into_iter().filter_map(queue_of) {
            found.push((read.key, read.entry.clone(), queue.to_owned(), &kinds.queues));
        }
        let kind = match read.key {
            "to" => &kinds.extensions,
            "queue" => &kinds.queues,
            "mailbox" => &kinds.mailboxes,
            "agent" => &kinds.agents,
            "reason" => &kinds.breaks,
            _ => continue,
        };
        if let (Use::Called, Expr::Constant(name)) = (read.becomes, read.of) {
            found.push((read.key, read.entry, name.plain(), kind));
        }
    }
    match job {
        Job::Hours { hours, .. } => found.push(("hours", Entry::Whole, hours.clone(), &kinds.hours)),
        Job::List { list, .. } => found.push(("list", Entry::Whole, list.clone(), &kinds.lists)),
        // Those of mailboxes and agents are there by themselves.
        Job::Pin { pins, .. } if pins != "mailbox" && pins != AGENT_PINS => {
            found.push(("pins", Entry::Whole, pins.clone(), &kinds.pins));
        }
        _ => {}
    }
    found
}

/// The queue that a figure is of: `queue.sales.waiting`.
pub(crate) fn queue_of(name: &str) -> Option<&str> {
    let (queue, _) = name.strip_prefix("queue.")?.rsplit_once('.')?;
    Some(queue)
}
