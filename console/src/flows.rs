//! Flows as the console has them: asked for now and then, and read as an outline with who is where. Pure.

use crate::model::is_old;
use std::collections::BTreeMap;
use switchroom_wire::{Board, CallView, Command, FaultView, FlowView, OutlineView, clean};

/// How old the flows may be before they are asked for again: they change when somebody edits a file.
const FRESH_MS: i64 = 30_000;

/// The flows that came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flows {
    pub(crate) views: Vec<FlowView>,
    /// When they were asked for last; nothing asks for them anew.
    pub(crate) asked_ms: Option<i64>,
}

impl Flows {
    /// What must be asked now, if something.
    pub(crate) fn wanted(&self, now_ms: i64) -> Option<Command> {
        is_old(self.asked_ms, FRESH_MS, now_ms).then_some(Command::Flows)
    }

    /// The flow of a row, and its line of the outline if the row is one.
    pub(crate) fn of_row(&self, id: &str) -> Option<(&FlowView, Option<&OutlineView>)> {
        let (flow, line) = id.split_once('/').map_or((id, None), |(flow, line)| (flow, Some(line)));
        let flow = self.views.iter().find(|view| view.name == flow)?;
        let line = line.and_then(|line| line.parse::<usize>().ok()).and_then(|n| flow.outline.get(n));
        Some((flow, line))
    }
}

/// The id of the row of a line of a flow.
pub(crate) fn row_id(flow: &FlowView, line: usize) -> String {
    format!("{}/{line}", flow.name)
}

/// Callers who are in a flow, or at one of its nodes, who has been there longest first.
pub(crate) fn callers<'a>(board: &'a Board, flow: &str, node: Option<&str>) -> Vec<&'a CallView> {
    let is_there = |call: &&CallView| {
        let at = call.place.as_ref().filter(|place| place.flow == flow);
        call.ended.is_none() && at.is_some_and(|place| node.is_none_or(|node| place.node == node))
    };
    let mut found: Vec<&CallView> = board.calls.values().filter(is_there).collect();
    found.sort_by_key(|call| call.started_ms);
    found
}

/// How many callers are where, by flow and node.
#[derive(Debug, Default)]
pub(crate) struct Here<'a>(BTreeMap<&'a str, BTreeMap<&'a str, usize>>);

impl<'a> Here<'a> {
    pub(crate) fn of(calls: impl IntoIterator<Item = &'a CallView>) -> Self {
        let mut here = Self::default();
        for place in calls.into_iter().filter(|call| call.ended.is_none()).flat_map(|call| &call.place) {
            *here.0.entry(&place.flow).or_default().entry(&place.node).or_default() += 1;
        }
        here
    }

    pub(crate) fn at(&self, flow: &str, node: &str) -> usize {
        self.0.get(flow).and_then(|nodes| nodes.get(node)).copied().unwrap_or(0)
    }

    pub(crate) fn within(&self, flow: &str) -> usize {
        self.0.get(flow).map_or(0, |nodes| nodes.values().sum())
    }
}

/// The faults of a flow that stand within a node: from its line to that of the next node. None does where they are those of
/// another text than the one whose nodes are drawn.
pub(crate) fn faults_at<'a>(flow: &'a FlowView, line: &OutlineView) -> Vec<&'a FaultView> {
    if flow.faults.is_empty() || flow.is_behind {
        return Vec::new();
    }
    let until = flow.outline.iter().map(|other| other.line).filter(|other| *other > line.line).min();
    let within = |fault: &&FaultView| fault.line >= line.line && until.is_none_or(|until| fault.line < until);
    flow.faults.iter().filter(within).collect()
}

/// The node as the outline draws it: its branches, what leads to it, its name.
pub(crate) fn drawn(line: &OutlineView) -> String {
    let arrow = if line.is_jump { "^ " } else { "" };
    let by = match line.by.as_str() {
        "" => String::new(),
        "then" => "then ".to_owned(),
        by => format!("{by}: "),
    };
    format!("{}{by}{arrow}{}", line.indent, line.node)
}

/// All flows as text.
pub(crate) fn lines(flows: &[FlowView], board: &Board) -> Vec<String> {
    let here = Here::of(board.calls.values());
    let mut out = Vec::new();
    for flow in flows {
        if !out.is_empty() {
            out.push(String::new());
        }
        out.push(format!("{}  {}  {}", flow.name, flow.file, here.within(&flow.name)));
        for line in &flow.outline {
            let here = here.at(&flow.name, &line.node);
            let count = if here > 0 && !line.is_jump { format!("  [{here}]") } else { String::new() };
            out.push(format!("  {}{count}  {}", drawn(line), line.does));
        }
        out.extend(flow.faults.iter().map(|fault| format!("  {}", told(fault))));
    }
    out.iter().map(|line| clean(line.trim_end()).into_owned()).collect()
}

/// A fault in one line: mark, place, what.
pub(crate) fn told(fault: &FaultView) -> String {
    let mark = if fault.is_warning { "!" } else { "!!" };
    format!("{mark} {}:{}:{} {}", fault.file, fault.line, fault.column, fault.what)
}
