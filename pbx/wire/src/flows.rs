//! Flows as screens show them: as an outline, with the lines of their files and what the check said of them.

use serde::{Deserialize, Serialize};

/// Flows that are told at once.
pub const FLOWS_SHOWN: usize = 100;

/// Bytes of the text of one flow that are told; what is behind them is left out.
pub const FLOW_TEXT_MAX: usize = 64 * 1024;

/// A flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct FlowView {
    /// Its name.
    pub name: String,
    /// For people; may be empty.
    pub title: String,
    /// Its file.
    pub file: String,
    /// Rises with every text that was taken over; 0: none is in force.
    pub version: u64,
    /// Its nodes, in the order in which one gets to them.
    pub outline: Vec<OutlineView>,
    /// The file as it is in force.
    pub text: String,
    /// What the check said of the file when it was last read.
    pub faults: Vec<FaultView>,
    /// The file has another text by now, which was refused: the places of the faults are in that one.
    pub is_behind: bool,
}

/// A line of the outline of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct OutlineView {
    /// What is drawn before it: the branches that it hangs from.
    pub indent: String,
    /// What leads here: `key 2, timeout`; empty at the start.
    pub by: String,
    /// The node; empty where the call ends.
    pub node: String,
    /// Whether the node is drawn elsewhere, and this only leads to it.
    pub is_jump: bool,
    /// What it does, in a few words.
    pub does: String,
    /// The line of the file at which it is written, from 1; 0 where the call ends.
    pub line: u32,
}

/// What the check says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct FaultView {
    /// The file.
    pub file: String,
    /// The line, from 1; 0: the whole file.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// Whether the flow runs all the same.
    pub is_warning: bool,
    /// What is wrong.
    pub what: String,
    /// What to do about it; may be empty.
    pub hint: String,
}
