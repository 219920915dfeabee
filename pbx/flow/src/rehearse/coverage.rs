//! Which nodes and branches of flows were reached, over all cases.

use crate::flow::{Flows, NodeId};
use crate::run::{Passed, branch_of, branches};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    nodes: BTreeSet<(String, NodeId)>,
    branches: BTreeSet<(String, NodeId, String)>,
}

/// Of one flow: what there is, what was reached, and what never was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfFlow {
    /// The flow.
    pub flow: String,
    /// Nodes reached, and nodes in all.
    pub nodes: (usize, usize),
    /// Branches taken, and branches in all.
    pub branches: (usize, usize),
    /// What was never reached, in the order of the file.
    pub missing: Vec<Missing>,
}

/// A node that nobody reached, or a branch of one that nobody took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The line it is on.
    pub line: u32,
    /// The node.
    pub node: String,
    /// The branch; `None`: the node as a whole.
    pub branch: Option<String>,
}

impl Coverage {
    /// A node was entered.
    pub fn entered(&mut self, flow: &str, node: NodeId) {
        self.nodes.insert((flow.to_owned(), node));
    }

    /// A node was left.
    pub fn passed(&mut self, flows: &Flows, passed: &Passed) {
        let node = flows.get(&passed.flow).and_then(|flow| flow.node(passed.node));
        if let Some(branch) = node.and_then(|node| branch_of(&node.job, &passed.by)) {
            self.branches.insert((passed.flow.clone(), passed.node, branch));
        }
    }

    /// What another saw.
    pub fn add(&mut self, other: Self) {
        self.nodes.extend(other.nodes);
        self.branches.extend(other.branches);
    }

    /// How much of each flow was reached.
    pub fn of(&self, flows: &Flows) -> Vec<OfFlow> {
        flows.values().map(|flow| self.of_flow(flow)).collect()
    }

    fn of_flow(&self, flow: &crate::Flow) -> OfFlow {
        let mut found =
            OfFlow { flow: flow.name.clone(), nodes: (0, 0), branches: (0, 0), missing: Vec::new() };
        for (id, node) in flow.all() {
            let missing = |branch| Missing { line: node.place.line, node: node.name.clone(), branch };
            let is_reached = self.nodes.contains(&(flow.name.clone(), id));
            found.nodes.1 += 1;
            found.nodes.0 += usize::from(is_reached);
            if !is_reached {
                found.missing.push(missing(None));
            }
            for branch in branches(&node.job) {
                let is_taken = self.branches.contains(&(flow.name.clone(), id, branch.clone()));
                found.branches.1 += 1;
                found.branches.0 += usize::from(is_taken);
                if is_reached && !is_taken {
                    found.missing.push(missing(Some(branch)));
                }
            }
        }
        found
    }
}

impl OfFlow {
    /// Whether all of it was reached.
    pub fn is_full(&self) -> bool {
        self.nodes.0 == self.nodes.1 && self.branches.0 == self.branches.1
    }

    /// `office: 5 of 6 nodes, 9 of 12 branches`, and what is missing line by line.
    pub fn report(&self) -> String {
        let mut out = format!(
            "{}: {} of {} nodes, {} of {} branches\n",
            self.flow, self.nodes.0, self.nodes.1, self.branches.0, self.branches.1
        );
        for missing in &self.missing {
            let _ = match &missing.branch {
                Some(branch) => {
                    writeln!(out, "  line {}: {}, never \"{branch}\"", missing.line, missing.node)
                }
                None => writeln!(out, "  line {}: {}, never reached", missing.line, missing.node),
            };
        }
        out
    }
}
