//! Where callers get lost: nodes nobody gets to, circles nobody leaves, ends without a word.

use super::view::{All, At, View, circles, constant, is, towards};
use crate::exits::{Exit, Way};
use crate::flow::Node;
use crate::node::Job;
use crate::prompt::{Piece, Prompt};
use std::collections::BTreeSet;

/// What is known of a flow when others run it.
#[derive(Default)]
struct Passing<'f> {
    /// A caller may come back from it without anything having been waited for.
    quick: BTreeSet<&'f str>,
    /// One may get to a person or a goodbye in it.
    helpful: BTreeSet<&'f str>,
}

/// Everything about ways.
pub(super) fn check(all: &mut All<'_>) {
    let passing = passing(all);
    let names: Vec<&str> = all.flows.keys().copied().collect();
    for name in names {
        let mut found = Vec::new();
        if let Some(view) = all.flows.get(name) {
            found.extend(unreached(view));
            found.extend(conditions(view));
            found.extend(restless(view, &passing));
            found.extend(patient(view, &passing));
            found.extend(lost(view, &passing));
            found.extend(silent_ends(view));
        }
        for (at, is_warning, what, hint) in found {
            all.tell(at, is_warning, what, hint);
        }
    }
}

/// A fault: where, whether it is a warning, what, hint.
type Found<'f> = (At<'f>, bool, String, String);

fn names(view: &View<'_>, group: &[usize]) -> String {
    let names: Vec<&str> =
        group.iter().filter_map(|at| view.flow.nodes.get(*at)).map(|node| node.name.as_str()).collect();
    match names.split_at_checked(6) {
        Some((first, rest)) if !rest.is_empty() => format!("{} and {} more", first.join(", "), rest.len()),
        _ => names.join(", "),
    }
}

/// Nodes that no way leads to.
fn unreached<'f>(view: &View<'f>) -> Vec<Found<'f>> {
    let lost = |at: &usize| !is(&view.is_reached, *at) && !is(&view.is_cleanup, *at);
    let found = view.nodes().filter(|(at, _)| lost(at)).map(|(_, node)| {
        let what = format!("no way leads to node \"{}\"", node.name);
        (At::node(view.flow, node), true, what, "lead somewhere to it, or delete it".to_owned())
    });
    found.collect()
}

/// Conditions that are always the same.
fn conditions<'f>(view: &View<'f>) -> Vec<Found<'f>> {
    let mut found = Vec::new();
    for (_, node) in view.nodes() {
        let Job::If { cases, .. } = &node.job else { continue };
        for (place, (when, _)) in cases.iter().enumerate() {
            if let Some(holds) = constant(when) {
                let how = if holds { "always" } else { "never" };
                let entry = crate::exits::Entry::Place(place);
                let at =
                    At { flow: view.flow, node, key: if cases.len() == 1 { "when" } else { "cases" }, entry };
                let hint = "compare something that differs from call to call".to_owned();
                found.push((at, true, format!("{when} {how} holds"), hint));
            }
        }
    }
    found
}

// ---- circles -----------------------------------------------------------------------------------------------------

/// Whether a node keeps the flow waiting for something.
fn waits(node: &Node, passing: &Passing<'_>) -> bool {
    match &node.job {
        Job::Set { .. } | Job::If { .. } | Job::Hours { .. } | Job::Share { .. } | Job::List { .. } => false,
        Job::Agent { .. } => false,
        Job::Sub { flow, .. } => !passing.quick.contains(flow.as_str()),
        Job::Play { prompt, .. } => is_heard(prompt),
        _ => true,
    }
}

/// Whether something is said in every language, whatever the values in it are.
fn is_heard(prompt: &Prompt) -> bool {
    let is_sure = |pieces: &Vec<Piece>| pieces.iter().any(|piece| !matches!(piece, Piece::Value { .. }));
    prompt.any.iter().chain(prompt.by_language.values()).all(is_sure) && !prompt.is_empty()
}

/// Whether a node decides by what stays the same until something is waited for.
fn is_decision(node: &Node) -> bool {
    // Who is told nothing has waited for nothing.
    if let Job::Play { prompt, .. } = &node.job {
        return prompt.is_empty();
    }
    matches!(
        node.job,
        Job::If { .. }
            | Job::Hours { .. }
            | Job::List { .. }
            | Job::Agent { .. }
            | Job::Dial { .. }
            | Job::Queue { .. }
            | Job::Voicemail { .. }
    )
}

/// Ways out of a node that waits which are taken at once when it cannot be begun. A call that was sent on often enough is not
/// sent on again, a mailbox that is not there takes nothing, and nobody waits in a queue that is full, closed or without agents.
fn refusals<'v>(view: &'v View<'_>, at: usize, node: &Node) -> impl Iterator<Item = (&'v Exit, &'v [Exit])> {
    let outcomes: &[&str] = match node.job {
        Job::Dial { .. } | Job::Voicemail { .. } => &["failed"],
        Job::Queue { .. } => &["full", "empty", "closed"],
        _ => &[],
    };
    let exits = view.exits.get(at).map(Vec::as_slice).unwrap_or_default();
    exits.iter().filter(|exit| outcomes.contains(&exit.outcome.as_str())).map(move |exit| (exit, exits))
}

/// Ways out of a node that may be taken at once: of one that waits, those of what cannot be begun.
fn at_once(view: &View<'_>, at: usize, node: &Node, passing: &Passing<'_>) -> Vec<usize> {
    if !waits(node, passing) {
        return view.next.get(at).cloned().unwrap_or_default();
    }
    let refused = refusals(view, at, node).filter_map(|(exit, exits)| exit.leads(exits));
    refused.map(|id| usize::from(id.0)).collect()
}

/// Circles in which nothing is waited for, and which nobody leaves.
fn restless<'f>(view: &View<'f>, passing: &Passing<'_>) -> Vec<Found<'f>> {
    let ways: Vec<Vec<usize>> = view.nodes().map(|(at, node)| at_once(view, at, node, passing)).collect();
    let is_hurried = |at: usize| view.flow.nodes.get(at).is_some_and(|node| !waits(node, passing));
    let deciding: Vec<bool> = view.flow.nodes.iter().map(is_decision).collect();
    let mut found = Vec::new();
    let mut is_told = vec![false; ways.len()];
    for group in circles(&ways, &vec![true; ways.len()]) {
        let leaves = |at: &usize| {
            let is_out = ways.get(*at).is_some_and(|ways| ways.iter().any(|to| !group.contains(to)));
            is_out || (is_hurried(*at) && is_open(view, *at))
        };
        if !group.iter().any(leaves) {
            let what =
                format!("a loop without exit, in which nothing is waited for: {}", names(view, &group));
            found.extend(at_first(view, &group, false, what, "lead one of them out of it"));
            group.iter().filter_map(|at| is_told.get_mut(*at).map(|told| *told = true)).for_each(drop);
        }
    }
    for group in circles(&ways, &deciding) {
        if group.iter().any(|at| is(&is_told, *at)) {
            continue;
        }
        let what = format!("a loop in which nothing changes: {}", names(view, &group));
        let hint = "who goes round once goes round for ever; change a variable within, or lead out of it";
        found.extend(at_first(view, &group, false, what, hint));
    }
    found
}

fn at_first<'f>(
    view: &View<'f>,
    group: &[usize],
    is_warning: bool,
    what: String,
    hint: &str,
) -> Option<Found<'f>> {
    let node = group.first().and_then(|at| view.flow.nodes.get(*at))?;
    Some((At::node(view.flow, node), is_warning, what, hint.to_owned()))
}

/// Whether a way out of a node is not written, so that the flow ends there. A condition that always holds leaves none.
fn is_open(view: &View<'_>, at: usize) -> bool {
    let is_closed = match view.flow.nodes.get(at).map(|node| &node.job) {
        Some(Job::If { cases, .. }) => cases.iter().any(|(when, _)| constant(when) == Some(true)),
        _ => false,
    };
    !is_closed && view.exits.get(at).is_some_and(|exits| exits.iter().any(|exit| is_end(exit, exits)))
}

fn is_end(exit: &Exit, all: &[Exit]) -> bool {
    exit.to != Way::Ends && exit.leads(all).is_none()
}

/// Outcomes of a node that asks, when nothing is pressed or said.
const SILENT: [&str; 4] = ["silent", "otherwise", "failed", "wrong"];

/// Whether a node goes on by what the caller presses or says.
fn asks(node: &Node) -> bool {
    matches!(
        node.job,
        Job::Menu { .. } | Job::Collect { .. } | Job::Pin { .. } | Job::Survey { .. } | Job::Record { .. }
    )
}

/// The ways that a caller takes who presses nothing, and whether the flow may end there.
fn ways_in_silence(view: &View<'_>, at: usize, node: &Node) -> (Vec<usize>, bool) {
    let Some(exits) = view.exits.get(at).filter(|_| asks(node)) else {
        return (view.next.get(at).cloned().unwrap_or_default(), is_open(view, at));
    };
    let taken = || exits.iter().filter(|exit| SILENT.contains(&exit.outcome.as_str()));
    let ways = taken().filter_map(|exit| exit.leads(exits)).map(|id| usize::from(id.0)).collect();
    (ways, taken().any(|exit| is_end(exit, exits)))
}

/// Circles that a caller who presses nothing never leaves.
fn patient<'f>(view: &View<'f>, passing: &Passing<'_>) -> Vec<Found<'f>> {
    let (ways, ends): (Vec<Vec<usize>>, Vec<bool>) =
        view.nodes().map(|(at, node)| ways_in_silence(view, at, node)).unzip();
    // With a person the caller is in good hands, and in another flow it is for that one to say.
    let is_alone = |node: &Node| {
        !matches!(node.job, Job::Dial { .. } | Job::Queue { .. } | Job::Voicemail { .. } | Job::Sub { .. })
    };
    let alone: Vec<bool> = view.flow.nodes.iter().map(is_alone).collect();
    let (helped, ending) = outlooks(view, passing);
    let mut found = Vec::new();
    for group in circles(&ways, &alone) {
        let leads_out = |at: &usize| {
            is(&ends, *at) || ways.get(*at).is_some_and(|ways| ways.iter().any(|to| !group.contains(to)))
        };
        // Where nobody at all gets out, or nothing is waited for, that is told of everybody.
        let is_trap = group.iter().all(|at| !is(&helped, *at) && !is(&ending, *at));
        let is_restless =
            group.iter().filter_map(|at| view.flow.nodes.get(*at)).all(|node| !waits(node, passing));
        let is_reached = group.iter().any(|at| is(&view.is_reached, *at));
        if is_trap || is_restless || !is_reached || group.iter().any(leads_out) {
            continue;
        }
        let what = format!("a caller who presses nothing stays here for ever: {}", names(view, &group));
        let hint = "lead out of it when nothing is pressed, or count the rounds in a variable";
        found.extend(at_first(view, &group, true, what, hint));
    }
    found
}

// ---- ends --------------------------------------------------------------------------------------------------------

/// Whether a node is where a caller wants to get: a person, a place for words, a goodbye, or back.
fn is_goal(view: &View<'_>, at: usize, node: &Node, passing: &Passing<'_>) -> bool {
    match &node.job {
        Job::Dial { .. }
        | Job::Queue { .. }
        | Job::Voicemail { .. }
        | Job::HangUp { .. }
        | Job::Return { .. } => true,
        Job::Sub { flow, .. } if passing.helpful.contains(flow.as_str()) => true,
        _ => view.is_run && is_open(view, at),
    }
}

/// Of each node, whether one gets from there to a person or a goodbye, and whether one gets to any end.
fn outlooks(view: &View<'_>, passing: &Passing<'_>) -> (Vec<bool>, Vec<bool>) {
    let goals: Vec<bool> = view.nodes().map(|(at, node)| is_goal(view, at, node, passing)).collect();
    let ends: Vec<bool> = view.nodes().map(|(at, _)| is_open(view, at)).collect();
    (towards(&view.next, &goals), towards(&view.next, &ends))
}

/// Nodes from which no way leads to a person or a goodbye.
fn lost<'f>(view: &View<'f>, passing: &Passing<'_>) -> Vec<Found<'f>> {
    let (helped, ending) = outlooks(view, passing);
    let mut found = Vec::new();
    for (at, node) in view.reached().filter(|(at, _)| !is(&helped, *at)) {
        let is_trap = !is(&ending, at);
        // It is enough to tell where one gets into it.
        let is_inner = |from: usize| !is(&helped, from) && is(&ending, from) != is_trap;
        let is_entry = view.reached().any(|(from, _)| {
            let leads = view.next.get(from).is_some_and(|ways| ways.contains(&at));
            leads && !is_inner(from)
        });
        let is_start = usize::from(view.flow.start.0) == at;
        let is_told = is_trap || !is_open(view, at);
        if (is_entry || is_start) && is_told {
            let what = format!("from node \"{}\" no way leads to a person or a goodbye", node.name);
            let hint = "lead somewhere to a node of kind dial, queue, voicemail or hang_up".to_owned();
            found.push((At::node(view.flow, node), !is_trap, what, hint));
        }
    }
    found
}

/// Outcomes that end the call without a word.
fn silent_ends<'f>(view: &View<'f>) -> Vec<Found<'f>> {
    if view.is_run {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, node) in view.reached() {
        let Some(exits) = view.exits.get(at).filter(|_| is_open(view, at)) else { continue };
        let open: Vec<&Exit> = exits.iter().filter(|exit| exit.to == Way::Nowhere).collect();
        let Some(first) = open.first() else { continue };
        let mut keys: Vec<&str> = open.iter().map(|exit| exit.key).collect();
        keys.dedup();
        let what = format!(
            "node \"{}\" has no {}: there the call ends without a word",
            node.name,
            keys.join(" and no ")
        );
        let hint =
            format!("write {} = the name of a node, such as one of kind hang_up with a prompt", first.key);
        found.push((At::node(view.flow, node), true, what, hint));
    }
    found
}

// ---- flows that others run ---------------------------------------------------------------------------------------

fn passing<'f>(all: &All<'f>) -> Passing<'f> {
    let mut passing = Passing::default();
    // What is not there is told elsewhere; nothing is concluded from it.
    for view in all.flows.values() {
        for (_, node) in view.nodes() {
            if let Job::Sub { flow, .. } = &node.job
                && !all.flows.contains_key(flow.as_str())
            {
                passing.helpful.insert(flow);
            }
        }
    }
    loop {
        let before = (passing.quick.len(), passing.helpful.len());
        for (name, view) in &all.flows {
            if is_quick(view, &passing) {
                passing.quick.insert(name);
            }
            if is_helpful(view, &passing) {
                passing.helpful.insert(name);
            }
        }
        if before == (passing.quick.len(), passing.helpful.len()) {
            return passing;
        }
    }
}

/// Whether one gets from the start of a flow to its end without anything being waited for.
fn is_quick(view: &View<'_>, passing: &Passing<'_>) -> bool {
    let mut seen = vec![false; view.next.len()];
    let mut open = vec![usize::from(view.flow.start.0)];
    while let Some(at) = open.pop() {
        let Some(node) = view.flow.nodes.get(at) else { continue };
        if seen.get_mut(at).is_none_or(|seen| std::mem::replace(seen, true)) {
            continue;
        }
        let is_end = matches!(node.job, Job::Return { .. })
            || (!waits(node, passing) && is_open(view, at))
            || refusals(view, at, node).any(|(exit, exits)| is_end(exit, exits));
        if is_end {
            return true;
        }
        open.extend(at_once(view, at, node, passing));
    }
    false
}

/// Whether one gets from the start of a flow to a person or a goodbye.
fn is_helpful(view: &View<'_>, passing: &Passing<'_>) -> bool {
    view.reached().any(|(_, node)| match &node.job {
        Job::Dial { .. } | Job::Queue { .. } | Job::Voicemail { .. } | Job::HangUp { .. } => true,
        Job::Sub { flow, .. } => passing.helpful.contains(flow.as_str()),
        _ => false,
    })
}
