//! The rule of who is to be called back.

use super::super::{Checker, Verdict, broken};
use super::facts;
use crate::sim::world::{Came, Step, World};
use std::collections::BTreeMap;
use switchroom_acd::fact::MissedAct;
use switchroom_acd::inbox::MISSED_KEEP_MS;
use switchroom_acd::{CallBackAct, CallBackEnd, CallBackFact, Exit, Fact};

/// What is to be known of a number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Open {
    count: u32,
    owner: Option<String>,
    tries: u32,
}

/// The inbox holds exactly who gave up and was not answered since, with what was done about them, after a restart as well.
#[derive(Debug, Default)]
pub(in super::super) struct InboxIsWhoGaveUp {
    open: BTreeMap<String, Open>,
    /// When each gave up last, by a clock on the wall that may leap.
    gave_up_ms: BTreeMap<String, i64>,
}

impl InboxIsWhoGaveUp {
    /// Whoever gave up a week ago is given up.
    fn forget(&mut self, fact: &Fact) {
        let since = fact.at_ms().saturating_sub(MISSED_KEEP_MS);
        let gave_up_ms = &self.gave_up_ms;
        self.open.retain(|caller, _| gave_up_ms.get(caller).is_none_or(|at| *at >= since));
        self.gave_up_ms.retain(|caller, _| self.open.contains_key(caller));
    }

    fn gave_up(&mut self, caller: &str, at_ms: i64) -> &mut Open {
        let last = self.gave_up_ms.entry(caller.to_owned()).or_insert(at_ms);
        *last = at_ms.max(*last);
        self.open.entry(caller.to_owned()).or_default()
    }

    fn write(&mut self, fact: &Fact) {
        self.forget(fact);
        match fact {
            Fact::Left(left) if left.caller.is_empty() => {}
            Fact::Left(left) if left.exit == Exit::Answered => _ = self.open.remove(&left.caller),
            Fact::Left(left) => {
                let waited = left.waited_ms >= left.short_abandon_ms;
                if left.exit == Exit::Restart || (left.exit == Exit::Abandoned && waited) {
                    self.gave_up(&left.caller, left.at_ms).count += 1;
                }
            }
            Fact::CallBack(CallBackFact {
                number,
                caller,
                act: CallBackAct::Closed { how, tries, .. },
                ..
            }) => match how {
                CallBackEnd::Reached => {
                    self.open.remove(number);
                    self.open.remove(caller);
                }
                CallBackEnd::GivenUp => {
                    let open = self.gave_up(number, fact.at_ms());
                    (open.count, open.tries) = (open.count + 1, open.tries + tries);
                }
                CallBackEnd::Dropped | CallBackEnd::Removed | CallBackEnd::NotKept => {}
            },
            Fact::Missed(missed) => {
                if let MissedAct::Closed { .. } = missed.act {
                    self.open.remove(&missed.caller);
                } else if let Some(open) = self.open.get_mut(&missed.caller) {
                    match &missed.act {
                        MissedAct::Claimed { owner } => open.owner = Some(owner.clone()),
                        MissedAct::Released => open.owner = None,
                        MissedAct::Tried | MissedAct::Closed { .. } => open.tries += 1,
                    }
                }
            }
            _ => {}
        }
    }

    fn compare(&self, world: &World) -> Verdict {
        let shown = world.exchange.inbox().all().map(|entry| {
            let owner = entry.claim.as_ref().map(|(owner, _)| owner.to_string());
            (entry.caller.to_string(), Open { count: entry.count, owner, tries: entry.tries })
        });
        let shown: BTreeMap<String, Open> = shown.collect();
        if shown == self.open {
            return Ok(());
        }
        broken(None, format!("{:?} gave up and are open, the inbox has {shown:?}", self.open))
    }
}

impl Checker for InboxIsWhoGaveUp {
    fn rule(&self) -> &'static str {
        "the inbox holds who gave up and was not answered since, and what was done about them"
    }

    fn begin(&mut self, world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        world.store.disk.facts.values().for_each(|fact| self.write(fact));
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        facts(step).for_each(|fact| self.write(fact));
        // A start that died may have lost what it wrote.
        let is_due = step.came == Came::Start || world.steps.is_multiple_of(211);
        if is_due && !step.died { self.compare(world) } else { Ok(()) }
    }

    fn rest(&mut self, world: &World) -> Verdict {
        self.compare(world)
    }
}
