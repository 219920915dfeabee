//! Flows that run others, and how deep menus are: through all flows.

use super::view::{All, At, View};
use crate::exits::Entry;
use crate::fault::did_you_mean;
use crate::limits::{DEPTH_MAX, MENU_DEPTH_MAX};
use crate::node::Job;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Everything about flows that run others.
pub(super) fn check(all: &mut All<'_>) {
    let mut found = Vec::new();
    let runs: BTreeMap<&str, BTreeSet<&str>> =
        all.flows.iter().map(|(name, view)| (*name, run_by(view))).collect();
    let depths = depths(&runs);
    let is_round = |name: &str| runs.get(name).into_iter().flatten().any(|inner| reaches(&runs, inner, name));
    let has_circle = runs.keys().any(|name| is_round(name));
    for (name, view) in &all.flows {
        for (_, node) in view.nodes() {
            let Job::Sub { flow: inner, with, .. } = &node.job else { continue };
            let Some(there) = all.flows.get(inner.as_str()) else {
                let hint = did_you_mean(inner, all.flows.keys().copied());
                let hint =
                    hint.unwrap_or_else(|| format!("write it in the file {inner}.toml beside this one"));
                let at = At::key(view.flow, node, "flow");
                found.push((at, false, format!("there is no flow \"{inner}\""), hint));
                continue;
            };
            let at = || At::key(view.flow, node, "flow");
            if reaches(&runs, inner, name) {
                let what = if inner == name {
                    "this flow runs itself".to_owned()
                } else {
                    format!("flow \"{inner}\" is run here, and runs this one again")
                };
                found.push((
                    at(),
                    false,
                    what,
                    "go back with kind = \"return\", and go round within one flow".into(),
                ));
            } else if !has_circle && depths.get(name) == Some(&DEPTH_MAX) {
                let what = format!("more than {DEPTH_MAX} flows are within each other here");
                found.push((at(), false, what, "put some of them together".into()));
            }
            for (argument, _) in
                with.iter().filter(|(argument, _)| !there.flow.arguments.contains_key(argument))
            {
                let known = || there.flow.arguments.keys().map(String::as_str);
                let hint = did_you_mean(argument, known())
                    .unwrap_or_else(|| format!("write {argument} in [arguments] of {}", there.flow.file));
                let entry = Entry::Name(argument.clone());
                let at = At { flow: view.flow, node, key: "with", entry };
                found.push((at, false, format!("flow \"{inner}\" takes no {argument}"), hint));
            }
        }
    }
    found.extend(deep_menus(all));
    for (at, is_warning, what, hint) in found {
        all.tell(at, is_warning, what, hint);
    }
}

fn run_by<'f>(view: &View<'f>) -> BTreeSet<&'f str> {
    view.nodes()
        .filter_map(|(_, node)| match &node.job {
            Job::Sub { flow, .. } => Some(flow.as_str()),
            _ => None,
        })
        .collect()
}

/// Whether one gets from a flow to another, or is there.
fn reaches(runs: &BTreeMap<&str, BTreeSet<&str>>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            open.extend(runs.get(at).into_iter().flatten().copied());
        }
    }
    false
}

/// How many flows at most a caller is in when in this one, as far as [`DEPTH_MAX`].
fn depths<'f>(runs: &BTreeMap<&'f str, BTreeSet<&'f str>>) -> BTreeMap<&'f str, usize> {
    let mut depths: BTreeMap<&str, usize> = runs.keys().map(|name| (*name, 1)).collect();
    for _ in 0..DEPTH_MAX {
        for (name, inner) in runs {
            let below = (depths.get(name).copied().unwrap_or(1) + 1).min(DEPTH_MAX);
            for flow in inner {
                if let Some(depth) = depths.get_mut(flow) {
                    *depth = below.max(*depth);
                }
            }
        }
    }
    depths
}

/// Menus that lie too deep, counted along the shortest way to each.
fn deep_menus<'f>(all: &All<'f>) -> Vec<(At<'f>, bool, String, String)> {
    let mut depth: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    let mut open: VecDeque<(&str, usize, usize)> = VecDeque::new();
    let is_entry = |view: &View<'_>| !view.is_run;
    let has_entry = all.flows.values().any(is_entry);
    for (name, view) in &all.flows {
        if is_entry(view) || !has_entry {
            open.push_back((name, usize::from(view.flow.start.0), 0));
        }
    }
    // A shorter way that is found later counts instead.
    while let Some((flow, at, menus)) = open.pop_front() {
        let Some(view) = all.flows.get(flow) else { continue };
        let Some(node) = view.flow.nodes.get(at) else { continue };
        let menus = menus + usize::from(matches!(node.job, Job::Menu { .. }));
        if depth.get(&(flow, at)).is_some_and(|known| *known <= menus) {
            continue;
        }
        depth.insert((view.flow.name.as_str(), at), menus);
        if let Job::Sub { flow: inner, .. } = &node.job
            && let Some(there) = all.flows.get(inner.as_str())
        {
            open.push_back((there.flow.name.as_str(), usize::from(there.flow.start.0), menus));
        }
        for to in view.next.get(at).into_iter().flatten() {
            open.push_back((view.flow.name.as_str(), *to, menus));
        }
    }
    let mut found = Vec::new();
    for ((flow, at), menus) in depth {
        let Some(view) = all.flows.get(flow) else { continue };
        let Some(node) = view.flow.nodes.get(at) else { continue };
        if matches!(node.job, Job::Menu { .. }) && menus == MENU_DEPTH_MAX + 1 {
            let what = format!(
                "menu \"{}\" is the {menus}th within others, and {MENU_DEPTH_MAX} is the most",
                node.name
            );
            let hint = "people lose their way: offer more in one menu, or a key of several digits further up";
            found.push((At::node(view.flow, node), false, what, hint.to_owned()));
        }
    }
    found
}
