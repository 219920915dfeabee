//! Connecting the caller: to extensions, and to queues.

use super::call_back::Wish;
use super::{Run, State, Step};
use crate::boundary::{Dialled, Effect, Site};
use crate::flow::{Flow, Node, NodeId};
use crate::limits::{FORWARDS_MAX, TARGETS_MAX};
use crate::node::{Job, Next};
use crate::value::{UNIT, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a key of several digits is waited for in a queue.
const BETWEEN: Duration = Duration::from_secs(2);

/// Characters of a number that is dialled.
const NUMBER_MAX: usize = 64;

/// The caller is being connected, waits or talks.
#[derive(Debug, Clone)]
pub(super) struct Connecting {
    typed: String,
    /// Somebody answered: no key ends that.
    is_talking: bool,
    /// The caller is asked at which number to be called back.
    pub(super) wish: Option<Wish>,
}

impl Connecting {
    /// What is being said.
    pub(super) fn saying(&self) -> Option<u64> {
        self.wish.as_ref().and_then(Wish::saying)
    }
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
                    self.tell_fault(&flow.name, &node.name, &what);
                    return Step::On(failed.or(*no_answer), "failed".into());
                }
                let mut numbers: Vec<String> = Vec::new();
                for expr in to.iter().take(TARGETS_MAX) {
                    let number = self.open_text(site, expr);
                    if is_dialable(&number) && !numbers.contains(&number) {
                        numbers.push(number);
                    }
                }
                if numbers.is_empty() {
                    return Step::On(failed.or(*no_answer), "failed".into());
                }
                Effect::Dial { to: numbers, in_turn: *in_turn, ring: *ring, comes_back: after.is_some() }
            }
            Job::Queue { queue, priority, agent, after, .. } => {
                let queue = self.open_text(site, queue);
                let priority = priority.as_ref().map(|expr| self.eval(site, expr));
                // Where somebody stands in a queue is shown to all who work in it.
                let priority =
                    priority.filter(|value| !value.is_secret).and_then(|value| value.as_millionths());
                let priority = priority.map(|number| number / UNIT);
                let agent = agent.as_ref().map(|expr| self.open_text(site, expr));
                let agent = agent.filter(|number| !number.is_empty());
                Effect::Queue { queue, priority, agent, comes_back: after.is_some() }
            }
            _ => return Step::On(None, String::new()),
        };
        self.ahead.clear();
        self.effects.push_back(effect);
        self.state = State::Connecting(Connecting { typed: String::new(), is_talking: false, wish: None });
        Step::Waits
    }

    /// Somebody answered: a key that is half pressed leads nowhere any more.
    pub(super) fn connected(&mut self) {
        if let State::Connecting(connecting) = &mut self.state {
            *connecting = Connecting { typed: String::new(), is_talking: true, wish: None };
            self.wake(None);
        }
    }

    pub(super) fn dialled(&mut self, site: &mut dyn Site, how: Dialled) {
        if !self.is_connecting() {
            return;
        }
        // Who is refused at once has not waited: a circle of such nodes is a loop.
        if matches!(how, Dialled::Talked | Dialled::NoAnswer) {
            self.time_passed();
        }
        let Some((_, _, node)) = self.at() else { return };
        let (next, by) = outcome(&node.job, how);
        self.set("outcome", Value::text(word(how)));
        self.go(site, next, by);
    }

    /// A key may lead out of a queue.
    pub(super) fn connecting_digit(&mut self, site: &mut dyn Site, digit: char) {
        let keys = self.exits();
        let State::Connecting(connecting) = &mut self.state else { return };
        if connecting.is_talking {
            return;
        }
        if connecting.wish.is_some() {
            return self.wish_digit(digit);
        }
        if connecting.typed.is_empty() && self.call_back_key() == Some(digit) {
            return self.begin_wish(site);
        }
        let State::Connecting(connecting) = &mut self.state else { return };
        let has_longer =
            |typed: &str| keys.keys().any(|key| key.len() > typed.len() && key.starts_with(typed));
        connecting.typed.push(digit);
        if !keys.contains_key(&connecting.typed) && !has_longer(&connecting.typed) {
            // What came before was nothing; this one may be the first of something.
            connecting.typed.clear();
            connecting.typed.push(digit);
        }
        let typed = connecting.typed.clone();
        match keys.get(&typed) {
            _ if has_longer(&typed) => self.wake(Some(BETWEEN)),
            Some(node) => self.leave_queue(site, *node, &typed),
            None => {
                connecting.typed.clear();
                self.wake(None);
            }
        }
    }

    pub(super) fn connecting_woke(&mut self, site: &mut dyn Site) {
        let keys = self.exits();
        let State::Connecting(connecting) = &mut self.state else { return };
        if connecting.wish.is_some() {
            return self.wish_woke();
        }
        let typed = std::mem::take(&mut connecting.typed);
        if let Some(node) = keys.get(&typed) {
            self.leave_queue(site, *node, &typed);
        }
    }

    fn leave_queue(&mut self, site: &mut dyn Site, node: NodeId, typed: &str) {
        self.effects.push_back(Effect::Withdraw);
        self.go(site, Some(node), &format!("key {typed}"));
    }

    /// The key by which one asks here to be called back.
    fn call_back_key(&self) -> Option<char> {
        match self.at() {
            Some((_, _, Node { job: Job::Queue { call_back, .. }, .. })) => *call_back,
            _ => None,
        }
    }

    /// Keys that lead out of where the caller waits.
    fn exits(&self) -> BTreeMap<String, NodeId> {
        match self.at() {
            Some((_, _, Node { job: Job::Queue { keys, .. }, .. })) => keys.clone(),
            _ => BTreeMap::new(),
        }
    }
}

/// Where a caller goes on who will be called back.
pub(super) fn called_back(job: &Job) -> Next {
    if let Job::Queue { called_back, .. } = job { *called_back } else { None }
}

fn outcome(job: &Job, how: Dialled) -> (Next, &'static str) {
    match job {
        Job::Dial { busy, no_answer, failed, after, .. } => match how {
            Dialled::Busy => (busy.or(*no_answer), "busy"),
            Dialled::NoAnswer => (*no_answer, "no_answer"),
            Dialled::Failed | Dialled::Full | Dialled::Closed | Dialled::Empty => {
                (failed.or(*no_answer), "failed")
            }
            Dialled::Talked => (*after, "after"),
        },
        Job::Queue { timeout, full, empty, closed, after, .. } => match how {
            Dialled::NoAnswer | Dialled::Busy | Dialled::Failed => (*timeout, "timeout"),
            Dialled::Full => (full.or(*timeout), "full"),
            Dialled::Empty => (empty.or(*timeout), "empty"),
            Dialled::Closed => (closed.or(*empty).or(*timeout), "closed"),
            Dialled::Talked => (*after, "after"),
        },
        _ => (None, ""),
    }
}

/// What can be dialled: a number, an extension, or a name of one.
pub(super) fn is_dialable(number: &str) -> bool {
    !number.is_empty()
        && number.len() <= NUMBER_MAX
        && number.chars().all(|c| c.is_ascii_alphanumeric() || "+*#.-_".contains(c))
}

/// The word that a flow finds in `outcome`.
fn word(how: Dialled) -> &'static str {
    match how {
        Dialled::Busy => "busy",
        Dialled::NoAnswer => "no_answer",
        Dialled::Failed => "failed",
        Dialled::Full => "full",
        Dialled::Empty => "empty",
        Dialled::Closed => "closed",
        Dialled::Talked => "talked",
    }
}
