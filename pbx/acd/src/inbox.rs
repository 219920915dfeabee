//! Callers who gave up waiting and were not answered since: whom somebody should call back. A fold over facts and nothing
//! else, so that it survives a restart by being counted again.
//!
//! ```text
//!   Left (abandoned, or cut off by a restart) ──► an entry for the number, or one call more in it
//!   CallBack (given up)                       ──► the same, with the tries of it
//!   Missed (claimed, released, tried)         ──► who takes care of it, and how often it was tried
//!   Left (answered, in whatever queue), CallBack (reached), Missed (closed), a week without a call ──► gone
//! ```
//!
//! Who hung up before the queue's limit of a short abandon did not wait, and whose number is withheld cannot be called back:
//! neither is here.

use crate::boundary::Call;
use crate::fact::{CallBackAct, CallBackEnd, CallBackFact, Exit, Fact, LeftFact, MissedAct, MissedFact};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers that are kept; of more, those that called longest ago are forgotten.
pub const MISSED_MAX: usize = 10_000;
/// How long an entry is kept after the number's last call, milliseconds.
pub const MISSED_KEEP_MS: i64 = 7 * 86_400_000;
/// Who calls again within so long after having given up, or after having been answered, repeats the call: two hours.
pub const REPEAT_MS: i64 = 2 * 3_600_000;

/// A number whose calls were not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The first of the calls: the name of the entry.
    pub id: Call,
    /// The latest of them.
    pub last_call: Call,
    /// The number.
    pub caller: Box<str>,
    /// The caller's class, as of the latest call; may be empty.
    pub class: Box<str>,
    /// The queue that the latest call left.
    pub queue: Box<str>,
    /// Calls given up.
    pub count: u32,
    /// When the first was given up, Unix milliseconds.
    pub first_ms: i64,
    /// When the latest was.
    pub last_ms: i64,
    /// The longest wait.
    pub longest_wait_ms: u64,
    /// Whether a call came within two hours of the one before it.
    pub is_repeat: bool,
    /// Who takes care of it, and since when: an agent's number, or a user's name.
    pub claim: Option<(Box<str>, i64)>,
    /// Calls back that reached nobody.
    pub tries: u32,
    /// When the last of them was.
    pub tried_ms: Option<i64>,
}

/// The fold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inbox {
    entries: BTreeMap<Box<str>, Missed>,
    /// Numbers by the names of their entries.
    names: BTreeMap<Call, Box<str>>,
    /// Numbers by the time of their latest call.
    by_age: BTreeSet<(i64, Box<str>)>,
}

impl Inbox {
    /// Something happened. To be called with every fact once, in the order in which they were written down. Gives the names
    /// of the entries that look different, or are gone.
    pub fn apply(&mut self, fact: &Fact) -> Vec<Call> {
        let mut changed = self.forget_before(fact.at_ms().saturating_sub(MISSED_KEEP_MS));
        match fact {
            Fact::Left(left) => changed.extend(self.left(left)),
            Fact::Missed(missed) => changed.extend(self.act(missed)),
            Fact::CallBack(fact) => self.call_back(fact, &mut changed),
            Fact::Agent(_)
            | Fact::Joined(_)
            | Fact::Offered(_)
            | Fact::OfferEnded(_)
            | Fact::Talked(_)
            | Fact::WrappedUp(_)
            | Fact::Door(_) => {}
        }
        while self.entries.len() > MISSED_MAX {
            let Some((_, caller)) = self.by_age.first().cloned() else { break };
            changed.extend(self.remove(&caller));
        }
        changed
    }

    /// Whether the fold looks at this fact for more than its time.
    pub fn concerns(fact: &Fact) -> bool {
        match fact {
            Fact::Left(left) => {
                let ends = matches!(left.exit, Exit::Answered | Exit::Abandoned | Exit::Restart);
                ends && !left.caller.is_empty()
            }
            Fact::Missed(_) | Fact::CallBack(_) => true,
            _ => false,
        }
    }

    /// The entry of that name.
    pub fn get(&self, id: Call) -> Option<&Missed> {
        self.entries.get(self.names.get(&id)?)
    }

    /// The entry of a number.
    pub fn of(&self, caller: &str) -> Option<&Missed> {
        self.entries.get(caller)
    }

    /// All of them, who called longest ago first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Missed> {
        self.by_age.iter().filter_map(|(_, caller)| self.entries.get(caller))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nobody is to be called back.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn left(&mut self, left: &LeftFact) -> Option<Call> {
        if left.caller.is_empty() {
            return None;
        }
        match left.exit {
            Exit::Answered => self.remove(&left.caller),
            Exit::Abandoned if left.waited_ms < left.short_abandon_ms => None,
            // Whom a restart cut off did not even give up.
            Exit::Abandoned | Exit::Restart => Some(self.missed(left.call, left)),
            _ => None,
        }
    }

    fn missed(&mut self, id: Call, left: &LeftFact) -> Call {
        let at_ms = left.at_ms;
        if let Some(entry) = self.entries.get_mut(&*left.caller) {
            self.by_age.remove(&(entry.last_ms, entry.caller.clone()));
            // From giving up to coming back: the wait of the second call does not count.
            entry.is_repeat |= left.joined_ms.saturating_sub(entry.last_ms) <= REPEAT_MS;
            entry.count = entry.count.saturating_add(1);
            entry.longest_wait_ms = entry.longest_wait_ms.max(left.waited_ms);
            entry.last_ms = entry.last_ms.max(at_ms);
            entry.last_call = left.call;
            entry.queue = left.queue.as_str().into();
            entry.class = left.class.as_str().into();
            self.by_age.insert((entry.last_ms, entry.caller.clone()));
            return entry.id;
        }
        let caller: Box<str> = left.caller.as_str().into();
        let entry = Missed {
            id,
            last_call: left.call,
            caller: caller.clone(),
            class: left.class.as_str().into(),
            queue: left.queue.as_str().into(),
            count: 1,
            first_ms: at_ms,
            last_ms: at_ms,
            longest_wait_ms: left.waited_ms,
            is_repeat: false,
            claim: None,
            tries: 0,
            tried_ms: None,
        };
        self.names.insert(entry.id, caller.clone());
        self.by_age.insert((at_ms, caller.clone()));
        self.entries.insert(caller, entry);
        id
    }

    /// A call-back came to an end. Whoever was reached gave up no call that is open, from whichever of its numbers; whoever could
    /// not be reached gave up none, but is owed one.
    fn call_back(&mut self, fact: &CallBackFact, changed: &mut Vec<Call>) {
        let CallBackAct::Closed { how, tries, waited_ms, .. } = &fact.act else { return };
        match how {
            CallBackEnd::Reached => {
                changed.extend(self.remove(&fact.number));
                changed.extend(self.remove(&fact.caller));
            }
            CallBackEnd::GivenUp => {
                let left = LeftFact {
                    at_ms: fact.at_ms,
                    joined_ms: fact.joined_ms,
                    call: fact.call,
                    visit: 0,
                    queue: fact.queue.clone(),
                    caller: fact.number.clone(),
                    class: fact.class.clone(),
                    exit: Exit::CalledBack,
                    agent: String::new(),
                    waited_ms: *waited_ms,
                    service_level_ms: 0,
                    short_abandon_ms: 0,
                };
                let id = self.missed(fact.id, &left);
                if let Some(entry) = self.entries.get_mut(&*fact.number).filter(|_| *tries > 0) {
                    entry.tries = entry.tries.saturating_add(*tries);
                    entry.tried_ms = Some(fact.at_ms);
                }
                changed.push(id);
            }
            CallBackEnd::Dropped | CallBackEnd::Removed | CallBackEnd::NotKept => {}
        }
    }

    fn act(&mut self, fact: &MissedFact) -> Option<Call> {
        if let MissedAct::Closed { .. } = fact.act {
            return self.remove(&fact.caller);
        }
        let entry = self.entries.get_mut(&*fact.caller)?;
        match &fact.act {
            MissedAct::Claimed { owner } => entry.claim = Some((owner.as_str().into(), fact.at_ms)),
            MissedAct::Released => entry.claim = None,
            MissedAct::Tried => {
                entry.tries = entry.tries.saturating_add(1);
                entry.tried_ms = Some(fact.at_ms);
            }
            MissedAct::Closed { .. } => {}
        }
        Some(entry.id)
    }

    fn remove(&mut self, caller: &str) -> Option<Call> {
        let entry = self.entries.remove(caller)?;
        self.names.remove(&entry.id);
        self.by_age.remove(&(entry.last_ms, entry.caller));
        Some(entry.id)
    }

    fn forget_before(&mut self, ms: i64) -> Vec<Call> {
        let mut gone = Vec::new();
        while let Some((last_ms, caller)) = self.by_age.first()
            && *last_ms < ms
        {
            let caller = caller.clone();
            gone.extend(self.remove(&caller));
        }
        gone
    }

    /// What contradicts itself: nothing, unless there is a defect.
    pub fn audit(&self) -> Option<String> {
        let (entries, names, ages) = (self.entries.len(), self.names.len(), self.by_age.len());
        if entries > MISSED_MAX || names != entries || ages != entries {
            return Some(format!(
                "the inbox has {entries} entries of at most {MISSED_MAX}, {names} names and {ages} ages"
            ));
        }
        self.entries.iter().find_map(|(caller, entry)| {
            let is_named = self.names.get(&entry.id).is_some_and(|of| of == caller);
            let is_aged = self.by_age.contains(&(entry.last_ms, caller.clone()));
            let is_sound = entry.count > 0 && entry.first_ms <= entry.last_ms && !caller.is_empty();
            (!(is_named && is_aged && is_sound && entry.caller == *caller))
                .then(|| format!("the inbox's entry {:x} contradicts itself", entry.id))
        })
    }
}

#[cfg(test)]
mod tests;
