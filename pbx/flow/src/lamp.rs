//! What a lamp beside a key shows that dials a number which leads into a flow: what the caller would do there as an agent.
//!
//! The rule is made so that a flow with one number for everything (`flows/agents.toml`) and flows of a single node both show what
//! one expects. From its start the flow is gone through as the caller would go who has that phone and dialled that number: each
//! node's ways out in the order in which they are written, the first to its end before the second. Of what is known already, the
//! number and the caller, conditions are judged; where they ask for anything else, each way is possible. The first node `agent`
//! that is found so says what the lamp is for, and what follows it is not looked at. If that is a break, those among which the caller
//! chooses are all meant: it shows a break of any of these reasons.

use crate::agent::AgentDo;
use crate::exits::exits;
use crate::expr::{Expr, Scope};
use crate::flow::{Flow, Flows, NodeId};
use crate::node::Job;
use crate::value::Value;
use std::collections::BTreeSet;

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shows {
    /// Somebody is signed in there.
    SignedIn,
    /// Nobody is.
    SignedOut,
    /// Who is there is ready.
    Ready,
    /// Who is there has a break of one of these reasons.
    Break(BTreeSet<String>),
    /// Who is there has a break; its reason is not known before somebody calls.
    AnyBreak,
}

/// What a flow does for the agent at a phone that dials this number; `None`: nothing.
pub fn shows(flow: &Flow, flows: &Flows, dialled: &str, caller: &str) -> Option<Shows> {
    let mut walk = Walk { known: Known { dialled, caller, is_all: true }, found: None, count: 0 };
    walk.go(flow, flows);
    walk.found
}

/// Where to go on.
enum Open<'f> {
    /// At a node.
    At(&'f Flow, NodeId),
    /// Behind a flow that was run, at a node, if so many had been found before and it had none.
    Behind(usize, &'f Flow, NodeId),
}

struct Walk<'a> {
    known: Known<'a>,
    found: Option<Shows>,
    /// Nodes that act.
    count: usize,
}

impl Walk<'_> {
    fn go<'f>(&mut self, flow: &'f Flow, flows: &'f Flows) {
        let mut seen: BTreeSet<(&str, NodeId)> = BTreeSet::new();
        let mut open = vec![Open::At(flow, flow.start)];
        while let Some(place) = open.pop() {
            let (flow, id) = match place {
                Open::Behind(count, ..) if count != self.count => continue,
                Open::Behind(_, flow, id) | Open::At(flow, id) => (flow, id),
            };
            let Some(node) = flow.node(id).filter(|_| seen.insert((flow.name.as_str(), id))) else {
                continue;
            };
            match &node.job {
                Job::Agent { what, reason, .. } => self.take(*what, reason.as_ref()),
                Job::Sub { flow: inner, next, .. } => {
                    open.extend(next.map(|next| Open::Behind(self.count, flow, next)));
                    open.extend(flows.get(inner).map(|inner| Open::At(inner, inner.start)));
                }
                Job::If { cases, otherwise } => {
                    let ways = self.possible(cases, *otherwise);
                    open.extend(ways.into_iter().rev().map(|id| Open::At(flow, id)));
                }
                job => {
                    let all = exits(job);
                    let ways = all.iter().rev().filter_map(|exit| exit.leads(&all));
                    open.extend(ways.map(|id| Open::At(flow, id)));
                }
            }
        }
    }

    /// The ways out that may be taken.
    fn possible(&mut self, cases: &[(Expr, NodeId)], otherwise: Option<NodeId>) -> Vec<NodeId> {
        let mut ways = Vec::new();
        for (when, then) in cases {
            self.known.is_all = true;
            let holds = when.eval(&mut self.known).holds();
            match self.known.is_all {
                true if holds => {
                    ways.push(*then);
                    return ways;
                }
                true => {}
                false => ways.push(*then),
            }
        }
        ways.extend(otherwise);
        ways
    }

    fn take(&mut self, what: AgentDo, reason: Option<&Expr>) {
        self.count += 1;
        let here = match what {
            AgentDo::SignIn => Shows::SignedIn,
            AgentDo::SignOut => Shows::SignedOut,
            AgentDo::Ready => Shows::Ready,
            AgentDo::Break | AgentDo::Toggle => self.break_of(reason),
        };
        self.found = Some(match (self.found.take(), here) {
            (None, here) => here,
            (Some(Shows::Break(mut reasons)), Shows::Break(more)) => {
                reasons.extend(more);
                Shows::Break(reasons)
            }
            (Some(Shows::Break(_)), Shows::AnyBreak) => Shows::AnyBreak,
            (Some(found), _) => found,
        });
    }

    fn break_of(&mut self, reason: Option<&Expr>) -> Shows {
        self.known.is_all = true;
        let reason = reason.map(|reason| reason.eval(&mut self.known).plain()).unwrap_or_default();
        if self.known.is_all { Shows::Break([reason].into()) } else { Shows::AnyBreak }
    }
}

/// What is known before anybody calls.
struct Known<'a> {
    dialled: &'a str,
    caller: &'a str,
    /// Nothing else was asked for.
    is_all: bool,
}

impl Scope for Known<'_> {
    fn get(&mut self, name: &str) -> Option<Value> {
        match name {
            "dialled" => Some(Value::text(self.dialled)),
            "caller" => Some(Value::text(self.caller)),
            _ => {
                self.is_all = false;
                None
            }
        }
    }

    fn lookup(&mut self, _: &str, _: &str) -> Option<Value> {
        self.is_all = false;
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::Arc;

    const AGENTS: &str = include_str!("../../../flows/agents.toml");

    fn read(name: &str, text: &str) -> Arc<Flow> {
        let (flow, faults) = crate::read(&format!("{name}.toml"), 1, text);
        Arc::new(flow.ok_or(faults).unwrap())
    }

    fn of(text: &str, dialled: &str) -> Option<Shows> {
        shows(&read("here", text), &Flows::new(), dialled, "101")
    }

    fn a_break(reasons: &[&str]) -> Option<Shows> {
        Some(Shows::Break(reasons.iter().map(|reason| (*reason).to_owned()).collect()))
    }

    #[test]
    fn the_flow_that_ships_shows_what_each_of_its_numbers_is_for() {
        assert_eq!(of(AGENTS, "*50"), Some(Shows::SignedIn));
        assert_eq!(of(AGENTS, "*51"), Some(Shows::SignedOut));
        assert_eq!(of(AGENTS, "*52"), Some(Shows::Ready));
        assert_eq!(of(AGENTS, "*53"), a_break(&["lunch", "pause", "training"]), "one is chosen there");
    }

    const HEAD: &str = "start = \"a\"\n";

    fn act(name: &str, what: &str) -> String {
        format!("[nodes.{name}]\nkind = \"agent\"\n{what}\n")
    }

    #[test]
    fn the_first_node_on_the_way_says_it_and_what_follows_does_not() {
        let first = act("a", "do = \"ready\"\nnext = \"b\"") + &act("b", "do = \"sign_out\"");
        assert_eq!(of(&format!("{HEAD}{first}"), "1"), Some(Shows::Ready));
        let toggle = act("a", "do = \"toggle\"\nreason = \"lunch\"\nnext = \"b\"")
            + &act("b", "do = \"break\"\nreason = \"pause\"");
        assert_eq!(of(&format!("{HEAD}{toggle}"), "1"), a_break(&["lunch"]));
        let menu = "[nodes.a]\nkind = \"menu\"\nprompt = \"x\"\nkeys = { 1 = \"b\", 2 = \"c\" }\n";
        let either = format!("{HEAD}{menu}{}{}", act("b", "do = \"sign_in\""), act("c", "do = \"sign_out\""));
        assert_eq!(of(&either, "1"), Some(Shows::SignedIn), "not what both are: that is always so");
        let later = "[nodes.a]\nkind = \"hours\"\nhours = \"x\"\nopen = \"b\"\nclosed = \"c\"\n\
                     [nodes.b]\nkind = \"hang_up\"\n";
        assert_eq!(of(&format!("{HEAD}{later}{}", act("c", "do = \"ready\"")), "1"), Some(Shows::Ready));
        assert_eq!(of(&format!("{HEAD}[nodes.a]\nkind = \"hang_up\"\n"), "1"), None);
    }

    #[test]
    fn what_is_known_only_in_a_call_leaves_every_way_open() {
        let branch = |when: &str| {
            let branch =
                format!("[nodes.a]\nkind = \"if\"\nwhen = \"{when}\"\nthen = \"b\"\notherwise = \"c\"\n");
            format!("{HEAD}{branch}{}{}", act("b", "do = \"ready\""), act("c", "do = \"sign_out\""))
        };
        assert_eq!(of(&branch("caller == 101"), "1"), Some(Shows::Ready));
        assert_eq!(of(&branch("caller == 102"), "1"), Some(Shows::SignedOut));
        assert_eq!(of(&branch("dialled == 2 and weekday == 1"), "1"), Some(Shows::SignedOut));
        assert_eq!(of(&branch("weekday == 9"), "1"), Some(Shows::Ready), "it may be the ninth");
        let typed = act("a", "do = \"break\"\nreason = \"{why}\"");
        assert_eq!(of(&format!("{HEAD}{typed}"), "1"), Some(Shows::AnyBreak));
        let dialled = act("a", "do = \"break\"\nreason = \"{dialled}\"");
        assert_eq!(of(&format!("{HEAD}{dialled}"), "31"), a_break(&["31"]));
    }

    #[test]
    fn flows_that_are_run_are_gone_through_and_circles_end() {
        let run = "[nodes.a]\nkind = \"flow\"\nflow = \"inner\"\nnext = \"b\"\n";
        let outer = read("outer", &format!("{HEAD}{run}{}", act("b", "do = \"sign_out\"")));
        let inner = |text: &str| Flows::from([("inner".to_owned(), read("inner", text))]);
        let told = |flows: &Flows| shows(&outer, flows, "1", "101");
        assert_eq!(told(&inner(&format!("{HEAD}{}", act("a", "do = \"ready\"")))), Some(Shows::Ready));
        assert_eq!(told(&inner(&format!("{HEAD}[nodes.a]\nkind = \"return\"\n"))), Some(Shows::SignedOut));
        assert_eq!(told(&Flows::new()), Some(Shows::SignedOut), "one that is not there does nothing");
        let round = format!("{HEAD}[nodes.a]\nkind = \"set\"\nvalues = {{ x = 1 }}\nnext = \"a\"\n");
        assert_eq!(of(&round, "1"), None);
    }
}
