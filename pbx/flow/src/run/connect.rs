//! Connecting the caller: to extensions, and to queues.

use super::{Run, State, Step};
use crate::boundary::{Dialled, Effect, Site};
use crate::flow::{Flow, Node, NodeId};
use crate::limits::{FORWARDS_MAX, TARGETS_MAX};
use crate::node::{Job, Next};
use crate::value::UNIT;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a key of several digits is waited for in a queue.
const BETWEEN: Duration = Duration::from_secs(2);

/// The caller is being connected, waits or talks.
#[derive(Debug, Clone)]
pub(super) struct Connecting {
    typed: String,
}

impl Run {
    pub(super) fn connect(&mut self, site: &mut dyn Site, flow: &Arc<Flow>, node: &Node) -> Step {
        if self.is_gone {
            return Step::On(None, "nobody there".into());
        }
        let effect = match &node.job {
            Job::Dial { to, in_turn, ring, failed, no_answer, after, .. } => {
                self.dials += 1;
                if self.dials > 1 + FORWARDS_MAX {
                    let what =
                        format!("the call was sent on {FORWARDS_MAX} times already; it is not sent on again");
                    self.tell_fault(&flow.name, &node.name, what);
                    return Step::On(failed.or(*no_answer), "failed".into());
                }
                let mut numbers: Vec<String> = Vec::new();
                for expr in to.iter().take(TARGETS_MAX) {
                    let number = self.eval(site, expr).plain();
                    if !number.is_empty() && !numbers.contains(&number) {
                        numbers.push(number);
                    }
                }
                if numbers.is_empty() {
                    return Step::On(failed.or(*no_answer), "failed".into());
                }
                Effect::Dial { to: numbers, in_turn: *in_turn, ring: *ring, comes_back: after.is_some() }
            }
            Job::Queue { queue, priority, after, .. } => {
                let queue = self.eval(site, queue).plain();
                let priority = priority.as_ref().and_then(|expr| self.eval(site, expr).as_millionths());
                let priority = priority.map(|number| number / UNIT);
                Effect::Queue { queue, priority, comes_back: after.is_some() }
            }
            _ => return Step::On(None, String::new()),
        };
        self.ahead.clear();
        self.effects.push_back(effect);
        self.state = State::Connecting(Connecting { typed: String::new() });
        Step::Waits
    }

    pub(super) fn dialled(&mut self, site: &mut dyn Site, how: Dialled) {
        if !self.is_connecting() {
            return;
        }
        let Some((_, _, node)) = self.at() else { return };
        let (next, by) = outcome(&node.job, how);
        self.go(site, next, by);
    }

    /// A key may lead out of a queue.
    pub(super) fn connecting_digit(&mut self, site: &mut dyn Site, digit: char) {
        let keys = self.exits();
        let State::Connecting(connecting) = &mut self.state else { return };
        connecting.typed.push(digit);
        let typed = connecting.typed.clone();
        let has_longer = keys.keys().any(|key| key.len() > typed.len() && key.starts_with(&typed));
        match keys.get(&typed) {
            Some(node) if !has_longer => self.leave_queue(site, *node, &typed),
            _ if has_longer => self.wake(Some(BETWEEN)),
            _ => connecting.typed.clear(),
        }
    }

    pub(super) fn connecting_woke(&mut self, site: &mut dyn Site) {
        let keys = self.exits();
        let State::Connecting(connecting) = &mut self.state else { return };
        let typed = std::mem::take(&mut connecting.typed);
        if let Some(node) = keys.get(&typed) {
            self.leave_queue(site, *node, &typed);
        }
    }

    fn leave_queue(&mut self, site: &mut dyn Site, node: NodeId, typed: &str) {
        self.effects.push_back(Effect::Withdraw);
        self.go(site, Some(node), &format!("key {typed}"));
    }

    /// Keys that lead out of where the caller waits.
    fn exits(&self) -> BTreeMap<String, NodeId> {
        match self.at() {
            Some((_, _, Node { job: Job::Queue { keys, .. }, .. })) => keys.clone(),
            _ => BTreeMap::new(),
        }
    }
}

fn outcome(job: &Job, how: Dialled) -> (Next, &'static str) {
    match job {
        Job::Dial { busy, no_answer, failed, after, .. } => match how {
            Dialled::Busy => (busy.or(*no_answer), "busy"),
            Dialled::NoAnswer => (*no_answer, "no_answer"),
            Dialled::Failed | Dialled::Full | Dialled::Empty => (failed.or(*no_answer), "failed"),
            Dialled::Talked => (*after, "after"),
        },
        Job::Queue { timeout, full, empty, after, .. } => match how {
            Dialled::NoAnswer | Dialled::Busy | Dialled::Failed => (*timeout, "timeout"),
            Dialled::Full => (full.or(*timeout), "full"),
            Dialled::Empty => (empty.or(*timeout), "empty"),
            Dialled::Talked => (*after, "after"),
        },
        _ => (None, ""),
    }
}
