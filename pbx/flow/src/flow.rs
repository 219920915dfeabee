//! A flow as it was read: nodes by number, with names and places for people.

use crate::clip::Language;
use crate::node::Job;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A node of a flow, by its place among the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

/// Where something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// What it does.
    pub job: Job,
}

/// A flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Its name: that of its file.
    pub name: String,
    /// Its file, as it was named to the reader, for messages.
    pub file: String,
    /// Rises with every text of it; callers inside keep theirs.
    pub version: u64,
    /// For people.
    pub title: String,
    /// The language it begins in.
    pub language: Language,
    /// All nodes.
    pub nodes: Vec<Node>,
    /// Where it begins.
    pub start: NodeId,
    /// Where it goes on when the caller has hung up: for cleaning up, with nobody to hear.
    pub on_hang_up: Option<NodeId>,
    /// Names that a flow which runs this one may give, with what they are otherwise.
    pub arguments: BTreeMap<String, crate::value::Value>,
    /// The file as it was, for who asks.
    pub text: String,
}

impl Flow {
    /// One of its nodes.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(usize::from(id.0))
    }

    /// A node by its name.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        let at = self.nodes.iter().position(|node| node.name == name)?;
        u16::try_from(at).ok().map(NodeId)
    }

    /// All nodes with their numbers.
    pub fn all(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        (0..=u16::MAX).map(NodeId).zip(&self.nodes)
    }
}

/// All flows of a site, by name. Whoever is in a flow holds the version it began in.
pub type Flows = BTreeMap<String, Arc<Flow>>;
