//! Variables that nothing sets, and values that never come to be.

use super::reads::{Read, reads, writes};
use super::view::{All, At, View, is};
use super::{BUILT_IN, is_built_in};
use crate::expr::{Expr, Scope};
use crate::fault::closest;
use crate::value::{Kind, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Figures of a queue.
const FIGURES: [&str; 3] = ["waiting", "expected_wait", "agents"];

/// Tells of names that have no value.
pub(super) fn check(all: &mut All<'_>) {
    let mut found = Vec::new();
    for view in all.flows.values() {
        let set = all_set(view);
        let sets = before(view, &set);
        for (at, node) in view.nodes() {
            let mut done: BTreeSet<&str> = BTreeSet::new();
            for read in reads(&node.job) {
                for name in read.of.names() {
                    if is_known(name) {
                        continue;
                    }
                    let place = At { flow: view.flow, node, key: read.key, entry: read.entry.clone() };
                    if !set.contains(name) {
                        let (what, hint) = unset(name, &read, &set);
                        found.push((place, false, what, hint));
                    } else if is(&view.is_reached, at)
                        && !done.contains(name)
                        && sets.get(at).is_some_and(|before| !before.contains(name))
                    {
                        let what = format!("{name} has no value yet: nothing on the way here sets it");
                        let hint = "set it before, or in arguments".to_owned();
                        found.push((place, true, what, hint));
                    }
                }
                // What a node sets it may read further down in itself.
                if let crate::exits::Entry::Name(name) = &read.entry
                    && let Some(write) = writes(&node.job).into_iter().find(|write| write.name == name)
                {
                    done.insert(write.name);
                }
            }
        }
        found.extend(barren(view));
    }
    for (at, is_warning, what, hint) in found {
        all.tell(at, is_warning, what, hint);
    }
}

/// Whether a name is known by itself.
fn is_known(name: &str) -> bool {
    is_built_in(name)
        || name.strip_prefix("queue.").and_then(|rest| rest.rsplit_once('.')).is_some_and(
            |(queue, figure)| FIGURES.contains(&figure) && !queue.is_empty() && !queue.contains('.'),
        )
}

/// All variables that a flow sets somewhere, or is given.
fn all_set<'f>(view: &View<'f>) -> BTreeSet<&'f str> {
    let written = view.nodes().flat_map(|(_, node)| writes(&node.job)).map(|write| write.name);
    view.flow.arguments.keys().map(String::as_str).chain(written).collect()
}

/// Of each node, what may have been set when one gets there from the start.
fn before<'f>(view: &View<'f>, all: &BTreeSet<&'f str>) -> Vec<BTreeSet<&'f str>> {
    let mut sets: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); view.next.len()];
    if let Some(first) = sets.get_mut(usize::from(view.flow.start.0)) {
        first.extend(view.flow.arguments.keys().map(String::as_str));
    }
    // Clean-up may begin anywhere.
    if let Some(first) = view.flow.on_hang_up.and_then(|id| sets.get_mut(usize::from(id.0))) {
        first.extend(all);
    }
    let own: Vec<Vec<&str>> = view
        .nodes()
        .map(|(_, node)| writes(&node.job).into_iter().map(|write| write.name).collect())
        .collect();
    let mut open: Vec<usize> = (0..sets.len()).collect();
    while let Some(at) = open.pop() {
        let mut after = sets.get(at).cloned().unwrap_or_default();
        after.extend(own.get(at).into_iter().flatten());
        for to in view.next.get(at).into_iter().flatten() {
            if let Some(set) = sets.get_mut(*to)
                && !after.is_subset(set)
            {
                set.extend(&after);
                open.push(*to);
            }
        }
    }
    sets
}

/// What is wrong with a name that nothing sets.
fn unset(name: &str, read: &Read<'_>, set: &BTreeSet<&str>) -> (String, String) {
    let known = set.iter().copied().chain(BUILT_IN.iter().map(|(known, _)| *known));
    if let Some((queue, figure)) = name.strip_prefix("queue.").and_then(|rest| rest.split_once('.')) {
        let hint = closest(figure, FIGURES).map_or_else(
            || format!("known are {}", FIGURES.join(", ")),
            |near| format!("did you mean \"queue.{queue}.{near}\"?"),
        );
        return (format!("queues have no figure \"{figure}\""), hint);
    }
    let hint = match closest(name, known) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if matches!(read.of, Expr::Name(_)) => {
            format!("set it before; if the word itself is meant, write \"'{name}'\"")
        }
        None => format!("set it before; if the word itself is meant, write '{name}'"),
    };
    (format!("nothing sets {name}"), hint)
}

/// Variables that are only ever made from themselves, and so never get a value: `tries = "tries + 1"`.
fn barren<'f>(view: &View<'f>) -> Vec<(At<'f>, bool, String, String)> {
    let mut made: BTreeMap<&str, (bool, Vec<At<'f>>)> = BTreeMap::new();
    for (_, node) in view.nodes() {
        for write in writes(&node.job) {
            let (is_barren, places) = made.entry(write.name).or_insert((true, Vec::new()));
            *is_barren &= write.to.is_some_and(|to| is_nothing_from(to, write.name));
            let entry = crate::exits::Entry::Name(write.name.to_owned());
            places.push(At { flow: view.flow, node, key: "values", entry });
        }
    }
    let made = made
        .into_iter()
        .filter(|(name, (is_barren, _))| *is_barren && !view.flow.arguments.contains_key(*name));
    made.filter_map(|(name, (_, places))| {
        let what = format!("{name} never gets a value: it is only made from itself, and begins as nothing");
        let hint = format!("set it before, as {name} = 0, or write it in arguments");
        Some((places.into_iter().next()?, false, what, hint))
    })
    .collect()
}

/// Whether an expression reads a name, and is nothing as long as that has no value.
fn is_nothing_from(expr: &Expr, name: &str) -> bool {
    struct All<'n>(&'n str);
    impl Scope for All<'_> {
        fn get(&mut self, name: &str) -> Option<Value> {
            (name != self.0).then(|| Value::whole(1))
        }
        fn lookup(&mut self, _: &str, _: &str) -> Option<Value> {
            Some(Value::whole(1))
        }
    }
    expr.names().contains(&name) && expr.eval(&mut All(name)).kind == Kind::Nothing
}
