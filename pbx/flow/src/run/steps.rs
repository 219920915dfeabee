//! From node to node: steps through nodes that need nothing, into sub-flows and back.

use super::outcome::Passed;
use super::{Frame, Run, State, Step, outcome};
use crate::boundary::{Effect, Opening, Site};
use crate::expr::Expr;
use crate::flow::{Flow, Node, NodeId};
use crate::limits::{CLEANUP_ASKS_MAX, DEPTH_MAX, ENTERED_MAX, PARTS_MAX, STEPS_MAX};
use crate::node::{HangUpAs, Job, Next};
use crate::value::Value;
use std::sync::Arc;
use std::time::Duration;

impl Run {
    /// The node is left by this outcome, and the flow goes on.
    pub(super) fn go(&mut self, site: &mut dyn Site, next: Next, by: &str) {
        if let Some((flow, node, _)) = self.at() {
            let flow = flow.clone();
            self.pass(&flow, node, by);
        }
        self.step_through(site, next, by);
    }

    /// Goes on at a node, and steps through nodes until one waits for something.
    pub(super) fn step_through(&mut self, site: &mut dyn Site, next: Next, by: &str) {
        let mut next = next;
        let mut by = by.to_owned();
        loop {
            self.leave();
            let Some(id) = next else {
                match self.end_of_flow() {
                    Some((then, how)) => (next, by) = (then, how.to_owned()),
                    None => return,
                }
                continue;
            };
            let flow = self.frames.last().map(|frame| frame.flow.clone());
            match self.enter(site, id, by) {
                Step::On(then, how) => {
                    if let Some(flow) = flow {
                        self.pass(&flow, id, &how);
                    }
                    (next, by) = (then, how);
                }
                Step::Waits => return,
            }
        }
    }

    /// For coverage: how a node was left.
    fn pass(&mut self, flow: &Flow, node: NodeId, by: &str) {
        if let Some(passed) = &mut self.passed {
            passed.push(Passed { flow: flow.name.clone(), node, by: by.to_owned() });
        }
    }

    /// What was going on is not any more.
    pub(super) fn leave(&mut self) {
        self.state = State::Ready;
        self.set_secret(false);
        self.wake(None);
    }

    pub(super) fn wake(&mut self, after: Option<Duration>) {
        if after.is_some() || self.is_waking {
            self.is_waking = after.is_some();
            self.effects.push_back(Effect::Wake(after));
        }
    }

    pub(super) fn set_secret(&mut self, is_secret: bool) {
        if self.is_secret != is_secret {
            self.is_secret = is_secret;
            self.effects.push_back(Effect::Secret(is_secret));
        }
    }

    fn enter(&mut self, site: &mut dyn Site, id: NodeId, by: String) -> Step {
        self.steps += 1;
        self.entered = self.entered.saturating_add(1);
        let Some(frame) = self.frames.last_mut() else {
            self.over();
            return Step::Waits;
        };
        frame.at = id;
        let flow = frame.flow.clone();
        let Some(node) = flow.node(id) else {
            return self.fault(&flow.name, "", "the flow leads to a node that is not there");
        };
        self.effects.push_back(Effect::Entered {
            flow: flow.name.clone(),
            node: id,
            name: node.name.clone(),
            by,
        });
        if self.steps > STEPS_MAX {
            let what = format!("{STEPS_MAX} steps without waiting for anything: it loops");
            return self.fault(&flow.name, &node.name, &what);
        }
        if self.parts > PARTS_MAX {
            let what = format!("{PARTS_MAX} parts of expressions without waiting for anything: it loops");
            return self.fault(&flow.name, &node.name, &what);
        }
        if self.late_asks > CLEANUP_ASKS_MAX {
            let what = format!("{CLEANUP_ASKS_MAX} questions after the caller was gone: it loops");
            return self.fault(&flow.name, &node.name, &what);
        }
        if self.entered > ENTERED_MAX {
            let what = format!("one caller entered {ENTERED_MAX} nodes: it loops");
            return self.fault(&flow.name, &node.name, &what);
        }
        self.perform(site, &flow, node)
    }

    /// Does what a node is for.
    fn perform(&mut self, site: &mut dyn Site, flow: &Arc<Flow>, node: &Node) -> Step {
        match &node.job {
            Job::Play { prompt, is_whole, next } => {
                let clips = self.clips(site, prompt);
                // Who presses ahead knows what is said here.
                let is_known = !is_whole && !self.ahead.is_empty();
                let is_left_out =
                    is_known && self.left_out.insert(self.frames.iter().map(|frame| frame.at).collect());
                if is_known && !is_left_out {
                    // Round once, and nothing asked for the key.
                    self.ahead.clear();
                }
                if clips.is_empty() || self.is_gone || is_left_out {
                    return Step::On(*next, "next".into());
                }
                self.play_then(clips, *next, "next")
            }
            Job::Menu { .. } | Job::Collect { .. } | Job::Pin { .. } | Job::Survey { .. } => {
                self.begin_quest(site, node)
            }
            Job::Set { values, next } => {
                for (name, expr) in values {
                    let value = self.eval(site, expr);
                    self.set(name, value);
                }
                Step::On(*next, "next".into())
            }
            Job::If { cases, otherwise } => {
                for (at, (condition, then)) in cases.iter().enumerate() {
                    if self.eval(site, condition).holds() {
                        return Step::On(Some(*then), outcome::of_case(at));
                    }
                }
                Step::On(*otherwise, "else".into())
            }
            Job::Hours { hours, open, closed, holiday } => match site.opening(hours) {
                Some(Opening::Open) => Step::On(*open, "open".into()),
                Some(Opening::Closed) => Step::On(*closed, "closed".into()),
                Some(Opening::Holiday(name)) => {
                    self.set("holiday", Value::text(&name));
                    Step::On(holiday.or(*closed), "holiday".into())
                }
                None => {
                    let what = format!("there are no hours named {hours}; it went on as closed");
                    self.tell_fault(&flow.name, &node.name, &what);
                    Step::On(*closed, "closed".into())
                }
            },
            Job::Share { parts } => {
                let weights: Vec<u32> = parts.iter().map(|(percent, _)| *percent).collect();
                let part = site.share(&flow.name, &node.name, &weights);
                let then = parts.get(part).or_else(|| parts.first());
                Step::On(then.map(|(_, next)| *next), outcome::of_part(part))
            }
            Job::List { list, of, into, listed, other } => {
                let of = self.eval(site, of);
                let found = site.lookup(list, &of.plain());
                if let (Some(name), Some(value)) = (into, &found) {
                    self.set(name, value.clone().secret_if(of.is_secret));
                }
                match found {
                    Some(_) => Step::On(*listed, "listed".into()),
                    None => Step::On(*other, "other".into()),
                }
            }
            Job::Dial { .. } | Job::Queue { .. } => self.connect(site, flow, node),
            Job::Voicemail { .. } | Job::Record { .. } => self.greet(site, flow, node),
            Job::Mailbox { mailbox, next } => self.listen(site, mailbox.as_ref(), *next),
            Job::Http { .. } | Job::Exec { .. } => self.ask(site, &node.job),
            Job::Agent { .. } => self.act_as_agent(site, &node.job),
            Job::Sub { flow: name, with, into, next } => {
                self.call_flow(site, flow, node, name, with, (into.clone(), *next))
            }
            Job::Return { value } => {
                let value = value.as_ref().map(|expr| self.eval(site, expr));
                if self.frames.len() == 1 && !self.is_gone {
                    self.returned.clone_from(&value);
                }
                Step::On(self.give_back(value.unwrap_or_default()), "return".into())
            }
            Job::HangUp { .. } if self.is_gone => Step::On(None, "hang_up".into()),
            Job::HangUp { prompt, as_busy } => {
                let clips = self.clips(site, prompt);
                self.close(clips, *as_busy);
                Step::Waits
            }
        }
    }

    /// Runs another flow.
    fn call_flow(
        &mut self,
        site: &mut dyn Site,
        flow: &Flow,
        node: &Node,
        name: &str,
        with: &[(String, Expr)],
        back: (Option<String>, Next),
    ) -> Step {
        if self.frames.len() >= DEPTH_MAX {
            let what = format!("more than {DEPTH_MAX} flows within each other");
            return self.fault(&flow.name, &node.name, &what);
        }
        let Some(inner) = site.flow(name) else {
            return self.fault(&flow.name, &node.name, &format!("there is no flow named {name}"));
        };
        let mut variables = inner.arguments.clone();
        for (argument, expr) in with {
            let value = self.eval(site, expr);
            variables.insert(argument.clone(), value);
        }
        let start = inner.start;
        let is_late = self.is_gone;
        self.frames.push(Frame { is_late, ..Frame::new(inner, variables, Some(back)) });
        Step::On(Some(start), "flow".into())
    }

    /// A flow is at its end without having hung up.
    fn end_of_flow(&mut self) -> Option<(Next, &'static str)> {
        let is_late = self.frames.last().is_some_and(|frame| frame.is_late);
        if self.is_gone && !is_late {
            return self.next_cleanup();
        }
        if self.frames.len() > 1 {
            return Some((self.give_back(Value::NOTHING), "return"));
        }
        if self.is_lent && !self.is_gone {
            self.give_caller_back();
            return None;
        }
        self.close(Vec::new(), HangUpAs::Normal);
        None
    }

    /// Goes back to the flow that ran this one, if one did.
    fn give_back(&mut self, value: Value) -> Next {
        let goes_back =
            self.frames.len() > 1 && self.frames.last().is_some_and(|f| f.is_late == self.is_gone);
        let (into, next) = self.frames.pop_if(|_| goes_back).and_then(|frame| frame.back)?;
        if let Some((flow, node, _)) = self.at() {
            let flow = flow.clone();
            self.pass(&flow, node, "return");
        }
        if let Some(name) = into {
            self.set(&name, value);
        }
        next
    }
}
