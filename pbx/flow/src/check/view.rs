//! Flows as a graph: where one gets from where.

use super::place::place;
use crate::exits::{Entry, Exit, exits};
use crate::expr::Expr;
use crate::fault::Fault;
use crate::flow::{Flow, Flows, Node, NodeId};
use crate::limits::FAULTS_MAX;
use crate::node::Job;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use toml::de::DeTable;

/// All flows, and the faults that are found in them.
pub(super) struct All<'f> {
    pub(super) flows: BTreeMap<&'f str, View<'f>>,
    faults: Vec<Fault>,
}

/// A flow and its ways.
pub(super) struct View<'f> {
    pub(super) flow: &'f Flow,
    /// Its file, for places.
    root: Spanned<DeTable<'f>>,
    /// Of each node.
    pub(super) exits: Vec<Vec<Exit>>,
    /// Of each node, where one gets, ways that are never taken left out.
    pub(super) next: Vec<Vec<usize>>,
    /// Whether one gets there from the start.
    pub(super) is_reached: Vec<bool>,
    /// Whether one gets there when the call is over.
    pub(super) is_cleanup: Vec<bool>,
    /// Another flow runs it.
    pub(super) is_run: bool,
}

impl<'f> All<'f> {
    pub(super) fn new(flows: &'f Flows) -> Self {
        let is_run: BTreeSet<&str> = flows
            .values()
            .flat_map(|flow| flow.nodes.iter())
            .filter_map(|node| match &node.job {
                Job::Sub { flow, .. } => Some(flow.as_str()),
                _ => None,
            })
            .collect();
        let view = |flow: &'f Flow| View::new(flow, is_run.contains(flow.name.as_str()));
        let flows = flows.iter().map(|(name, flow)| (name.as_str(), view(flow))).collect();
        Self { flows, faults: Vec::new() }
    }

    /// Tells about a key of a node, or an entry of it.
    pub(super) fn tell(&mut self, at: At<'_>, is_warning: bool, what: String, hint: impl Into<String>) {
        let place = match self.flows.get(at.flow.name.as_str()) {
            Some(view) => place(at.flow, view.root.get_ref(), at.node, at.key, &at.entry),
            None => at.node.place,
        };
        self.faults.push(Fault {
            file: at.flow.file.clone(),
            line: place.line,
            column: place.column,
            is_warning,
            what,
            hint: Some(hint.into()),
        });
    }

    /// All that was found, by file and place; of each file so many.
    pub(super) fn faults(mut self) -> Vec<Fault> {
        self.faults.sort();
        self.faults.dedup();
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        self.faults.retain(|fault| {
            let count = told.entry(fault.file.clone()).or_default();
            *count += 1;
            *count <= FAULTS_MAX
        });
        self.faults
    }
}

/// What a fault is about.
#[derive(Clone)]
pub(super) struct At<'f> {
    pub(super) flow: &'f Flow,
    pub(super) node: &'f Node,
    pub(super) key: &'static str,
    pub(super) entry: Entry,
}

impl<'f> At<'f> {
    /// A node as a whole.
    pub(super) fn node(flow: &'f Flow, node: &'f Node) -> Self {
        Self { flow, node, key: "", entry: Entry::Whole }
    }

    /// A key of it.
    pub(super) fn key(flow: &'f Flow, node: &'f Node, key: &'static str) -> Self {
        Self { flow, node, key, entry: Entry::Whole }
    }
}

impl<'f> View<'f> {
    fn new(flow: &'f Flow, is_run: bool) -> Self {
        let exits: Vec<Vec<Exit>> = flow.nodes.iter().map(|node| exits(&node.job)).collect();
        let next: Vec<Vec<usize>> =
            flow.nodes.iter().zip(&exits).map(|(node, exits)| ways(node, exits)).collect();
        let is_reached = from(&next, Some(flow.start));
        let is_cleanup = from(&next, flow.on_hang_up);
        // It could be read before; were it faulty, places would be those of nodes.
        let (root, _) = DeTable::parse_recoverable(&flow.text);
        Self { flow, root, exits, next, is_reached, is_cleanup, is_run }
    }

    /// Nodes with their places among them.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (usize, &'f Node)> + use<'f> {
        self.flow.nodes.iter().enumerate()
    }

    /// Nodes that one gets to from the start.
    pub(super) fn reached(&self) -> impl Iterator<Item = (usize, &'f Node)> {
        self.nodes().filter(|(at, _)| is(&self.is_reached, *at))
    }
}

/// Whether a node is marked.
pub(super) fn is(marks: &[bool], at: usize) -> bool {
    marks.get(at).copied().unwrap_or(false)
}

/// Where one gets from a node, each place once.
fn ways(node: &Node, exits: &[Exit]) -> Vec<usize> {
    let taken = |exit: &&Exit| match (&node.job, &exit.entry) {
        (Job::If { cases, .. }, Entry::Place(at)) => {
            let before = cases.iter().take(*at).all(|(when, _)| constant(when) != Some(true));
            before && cases.get(*at).is_none_or(|(when, _)| constant(when) != Some(false))
        }
        (Job::If { cases, .. }, _) => cases.iter().all(|(when, _)| constant(when) != Some(true)),
        _ => true,
    };
    let mut found: Vec<usize> =
        exits.iter().filter(taken).filter_map(|exit| exit.leads(exits)).map(|id| usize::from(id.0)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// What a condition always is.
pub(super) fn constant(when: &Expr) -> Option<bool> {
    when.constant().map(|value| value.holds())
}

/// Where one gets from a node, itself too.
fn from(next: &[Vec<usize>], start: Option<NodeId>) -> Vec<bool> {
    let mut marks = vec![false; next.len()];
    let mut open: Vec<usize> = start.map(|id| usize::from(id.0)).into_iter().collect();
    while let Some(at) = open.pop() {
        if let Some(mark) = marks.get_mut(at)
            && !std::mem::replace(mark, true)
        {
            open.extend(next.get(at).into_iter().flatten());
        }
    }
    marks
}

/// Nodes from which one gets to a marked one, these too.
pub(super) fn towards(next: &[Vec<usize>], goals: &[bool]) -> Vec<bool> {
    let mut marks = goals.to_vec();
    loop {
        let mut is_changed = false;
        for (at, ways) in next.iter().enumerate() {
            if !is(&marks, at) && ways.iter().any(|to| is(&marks, *to)) {
                if let Some(mark) = marks.get_mut(at) {
                    *mark = true;
                }
                is_changed = true;
            }
        }
        if !is_changed {
            return marks;
        }
    }
}

/// Groups of nodes of which each gets to each other, along ways between marked nodes only; a node alone is a group if it
/// leads to itself. Each group is in the order of the file.
pub(super) fn circles(next: &[Vec<usize>], marks: &[bool]) -> Vec<Vec<usize>> {
    let within: Vec<Vec<usize>> = next
        .iter()
        .enumerate()
        .map(|(at, ways)| {
            let ways = ways.iter().copied().filter(|to| is(marks, at) && is(marks, *to));
            ways.collect()
        })
        .collect();
    let reach: Vec<Vec<bool>> = within
        .iter()
        .map(|ways| {
            let mut marks = vec![false; next.len()];
            let mut open = ways.clone();
            while let Some(at) = open.pop() {
                if let Some(mark) = marks.get_mut(at)
                    && !std::mem::replace(mark, true)
                {
                    open.extend(within.get(at).into_iter().flatten());
                }
            }
            marks
        })
        .collect();
    let gets = |one: usize, other: usize| reach.get(one).is_some_and(|marks| is(marks, other));
    let mut is_told = vec![false; next.len()];
    let mut found = Vec::new();
    for at in 0..next.len() {
        if is(&is_told, at) || !gets(at, at) {
            continue;
        }
        let group: Vec<usize> =
            (at..next.len()).filter(|other| gets(at, *other) && gets(*other, at)).collect();
        for member in &group {
            if let Some(mark) = is_told.get_mut(*member) {
                *mark = true;
            }
        }
        found.push(group);
    }
    found
}
