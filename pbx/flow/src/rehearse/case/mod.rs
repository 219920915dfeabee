//! Test cases of flows: what a caller does, what becomes of those who are rung, and what is expected.
//!
//! Written in TOML by whoever writes the flows:
//!
//! ```toml
//! flow = "office"                      # unless the case dials a number of a route
//! at = "2026-11-23T10:00"              # by the clock of the site
//! from = "+41791234567"
//!
//! [site]                               # what is around, for all cases; a case may say otherwise
//! phones = { 101 = "answers after 5s, talks 30s", 102 = "busy" }
//! queues = { sales = "2 agents, 3 waiting, answers after 40s, talks 1m" }
//! services = { order = { json = { status = "sent" }, after = "1s" } }
//!
//! [[case]]
//! name = "open, presses 1, nobody of sales answers"
//! dial = "400"
//! steps = [
//!   { hear = "@office/welcome" },
//!   { press = "1" },
//!   { rings = ["101"], answer = "busy" },
//!   { at = "voicemail" },
//!   { say = "10s" },
//!   { hang_up = true },
//! ]
//! expect = { end = "caller hung up", messages = { sales = 1 }, set = { order = "4711" } }
//! ```

mod expect;
mod file;
mod names;
mod play;
mod reference;
pub(in crate::rehearse) mod words;

pub use file::read;
pub use play::{Outcome, Report, play_all};
pub use reference::reference;

use super::stage::Around;
use crate::boundary::Dialled;
use crate::fault::{Fault, did_you_mean};
use crate::flow::{Flows, Place};
use std::collections::BTreeMap;
use std::time::Duration;

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The file it is in.
    pub file: String,
    /// Where it begins.
    pub place: Place,
    /// What it is about.
    pub name: String,
    /// The flow that the caller enters, unless a number is dialled.
    pub flow: Option<String>,
    /// The number dialled.
    pub dial: Option<String>,
    /// The caller's number.
    pub from: String,
    /// When, as it was written; see [`crate::calendar::Zone::moment`].
    pub at: String,
    /// What is around.
    pub site: Around,
    /// What is done and expected, in order, each with its place.
    pub steps: Vec<(Place, Step)>,
    /// What is expected in the end.
    pub expect: Expect,
}

/// One step of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A prompt by `@name`, or words, are heard within this time.
    Hear(String, Duration),
    /// The caller presses keys.
    Press(String),
    /// Time passes.
    Wait(Duration),
    /// The caller speaks.
    Say(Duration),
    /// These ring, all of them and nobody else; and what becomes of that.
    Rings(Vec<String>, Option<Turn>),
    /// The caller waits in this queue, asking for this agent first if that is said (with no number: for none); and what
    /// becomes of that.
    Queue(String, Option<String>, Option<Turn>),
    /// The caller comes to this node within this time.
    At(String, Duration),
    /// A service is asked whose address or program has this in it.
    Asks(String),
    /// Whoever the caller talks with hangs up.
    TheyHangUp,
    /// The caller hangs up.
    HangUp,
}

/// What becomes of those who ring, or of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is in vain, so.
    Became(Dialled),
    /// Somebody answers and talks for so long; `None`: until somebody hangs up.
    Talks(Option<Duration>),
}

/// What is expected in the end. What is not said may be anything, but a fault of the flow fails a case that does not
/// expect it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expect {
    /// How the call ended; see [`super::Rehearsal::ended`].
    pub end: Option<String>,
    /// The node that the caller was at when the call ended.
    pub at: Option<String>,
    /// Where the call went instead of into a flow: `extension 101`, `queue sales`, `busy`, `no route`.
    pub to: Option<String>,
    /// Variables and their values; nothing is empty.
    pub set: BTreeMap<String, String>,
    /// Marks that were given.
    pub survey: BTreeMap<String, String>,
    /// The number that is to be called back.
    pub call_back: Option<String>,
    /// How many messages were left, by mailbox.
    pub messages: BTreeMap<String, u32>,
    /// Words in the fault that the flow has.
    pub fault: Option<String>,
}

impl Case {
    /// What the case names that is not in the flows.
    pub fn check(&self, flows: &Flows) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut tell = |place: Place, what: String, hint: Option<String>| {
            let (line, column) = (place.line, place.column);
            faults.push(Fault { file: self.file.clone(), line, column, is_warning: false, what, hint });
        };
        if let Some(flow) = self.flow.as_ref().filter(|flow| !flows.contains_key(*flow)) {
            let hint = did_you_mean(flow, flows.keys().map(String::as_str));
            tell(self.place, format!("there is no flow named \"{flow}\""), hint);
        }
        let nodes: Vec<&str> =
            flows.values().flat_map(|flow| &flow.nodes).map(|node| node.name.as_str()).collect();
        let is_there = |name: &str| match name.split_once('.') {
            Some((flow, node)) => flows.get(flow).is_some_and(|flow| flow.find(node).is_some()),
            None => nodes.contains(&name),
        };
        let in_steps = self.steps.iter().filter_map(|(place, step)| match step {
            Step::At(node, _) => Some((*place, node.as_str())),
            _ => None,
        });
        let elsewhere = self.expect.at.iter().chain(self.site.services.keys()).chain(self.site.shares.keys());
        for (place, node) in in_steps.chain(elsewhere.map(|node| (self.place, node.as_str()))) {
            if !is_there(node) {
                let hint = did_you_mean(node, nodes.iter().copied());
                tell(place, format!("no flow has a node named \"{}\"", crate::read::shown(node)), hint);
            }
        }
        for (what, hint) in names::unused(self, flows) {
            tell(self.place, what, hint);
        }
        faults
    }
}
