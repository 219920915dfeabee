//! The rule of who asked to be called back.

use super::super::{Checker, Verdict, broken};
use super::facts;
use crate::sim::world::{Came, Step, World};
use std::collections::BTreeMap;
use switchroom_acd::{CallBackAct, CallBackFact, Fact};
use switchroom_exchange::CallId;

/// A call-back that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    queue: String,
    number: String,
    joined_ms: i64,
    tries: u32,
    priority: i64,
}

/// A call-back that was asked for ends exactly once, and until then it is there, with its tries, its priority and its time of
/// joining, after a restart as well; no number has two in one queue.
#[derive(Debug, Default)]
pub(in super::super) struct CallBacksEndOnce {
    open: BTreeMap<u128, Open>,
}

impl CallBacksEndOnce {
    /// What was before a start may have gaps if the store failed: of the call-backs of a number some end may be missing.
    fn write(&mut self, fact: &CallBackFact, is_before: bool) -> Verdict {
        let bad = |what: &str| broken(Some(CallId(fact.call)), format!("{what}: {fact:?}"));
        match &fact.act {
            CallBackAct::Asked => {
                let open = Open {
                    queue: fact.queue.clone(),
                    number: fact.number.clone(),
                    joined_ms: fact.joined_ms,
                    tries: 0,
                    priority: fact.priority,
                };
                let is_second = |one: &Open| (&one.queue, &one.number) == (&open.queue, &open.number);
                if !is_before && self.open.values().any(is_second) {
                    return bad("the number is to be called back already");
                }
                if self.open.insert(fact.id, open).is_some() {
                    return bad("asked for twice");
                }
            }
            CallBackAct::Called { .. } | CallBackAct::Priority if !self.open.contains_key(&fact.id) => {
                return bad("taken by an agent, or given a priority, and not open");
            }
            CallBackAct::Called { .. } => {}
            CallBackAct::Priority => {
                if let Some(open) = self.open.get_mut(&fact.id) {
                    open.priority = fact.priority;
                }
            }
            CallBackAct::Tried => match self.open.get_mut(&fact.id) {
                Some(open) => open.tries += 1,
                None => return bad("tried and not open"),
            },
            CallBackAct::Closed { tries, .. } => match self.open.remove(&fact.id) {
                Some(open) if open.tries == *tries => {}
                _ => return bad("ended twice, or after other tries"),
            },
        }
        Ok(())
    }

    fn compare(&self, world: &World) -> Verdict {
        let shown = world.exchange.floor().call_backs().map(|one| {
            let (queue, number) = (one.queue.clone(), one.number.clone());
            (
                one.id,
                Open { queue, number, joined_ms: one.joined.wall, tries: one.tries, priority: one.priority },
            )
        });
        let shown: BTreeMap<u128, Open> = shown.collect();
        if shown == self.open {
            return Ok(());
        }
        broken(None, format!("{:?} are to be called back, the floor has {shown:?}", self.open))
    }
}

impl Checker for CallBacksEndOnce {
    fn rule(&self) -> &'static str {
        "a call-back ends once, is kept until then, and no number has two in a queue"
    }

    fn begin(&mut self, world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        for fact in world.store.disk.facts.values() {
            if let Fact::CallBack(fact) = fact {
                // A store that failed has gaps: what is not there cannot be held against anybody.
                let _ = self.write(fact, true);
            }
        }
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        for fact in facts(step) {
            if let Fact::CallBack(fact) = fact {
                self.write(fact, false)?;
            }
        }
        // A start that died may have lost what it wrote.
        let is_due = step.came == Came::Start || world.steps.is_multiple_of(211);
        if is_due && !step.died { self.compare(world) } else { Ok(()) }
    }

    fn rest(&mut self, world: &World) -> Verdict {
        self.compare(world)
    }
}
