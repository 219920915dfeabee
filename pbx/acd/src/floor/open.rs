//! Call-backs that are not over, by id, by queue and by number: nothing that happens to one caller walks through all.

use super::CallBack;
use crate::boundary::Call;
use std::collections::{BTreeMap, BTreeSet};

/// Call-backs that are not over.
#[derive(Debug, Clone, Default)]
pub(super) struct Open {
    by_id: BTreeMap<Call, CallBack>,
    of_queue: BTreeMap<String, BTreeSet<Call>>,
    of_number: BTreeMap<String, BTreeSet<Call>>,
}

impl Open {
    pub(super) fn insert(&mut self, one: CallBack) {
        self.remove(one.id);
        self.of_queue.entry(one.queue.clone()).or_default().insert(one.id);
        self.of_number.entry(one.number.clone()).or_default().insert(one.id);
        self.by_id.insert(one.id, one);
    }

    pub(super) fn remove(&mut self, id: Call) -> Option<CallBack> {
        let one = self.by_id.remove(&id)?;
        take(&mut self.of_queue, &one.queue, id);
        take(&mut self.of_number, &one.number, id);
        Some(one)
    }

    pub(super) fn get(&self, id: Call) -> Option<&CallBack> {
        self.by_id.get(&id)
    }

    /// Its queue and its number stay what they are.
    pub(super) fn get_mut(&mut self, id: Call) -> Option<&mut CallBack> {
        self.by_id.get_mut(&id)
    }

    pub(super) fn contains(&self, id: Call) -> bool {
        self.by_id.contains_key(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &CallBack> {
        self.by_id.values()
    }

    /// Those of a queue, by id.
    pub(super) fn of_queue(&self, queue: &str) -> impl Iterator<Item = &CallBack> {
        self.of_queue.get(queue).into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }

    pub(super) fn count_of_queue(&self, queue: &str) -> usize {
        self.of_queue.get(queue).map_or(0, BTreeSet::len)
    }

    /// Those who are to be called at a number, in whatever queue: one in each at most.
    pub(super) fn of_number(&self, number: &str) -> impl Iterator<Item = &CallBack> {
        self.of_number.get(number).into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }

    /// Lists one under a number at which nobody is called back.
    #[cfg(test)]
    pub(super) fn misplace(&mut self, number: &str, id: Call) {
        self.of_number.entry(number.to_owned()).or_default().insert(id);
    }

    /// What contradicts itself: nothing, unless there is a defect.
    pub(super) fn audit(&self) -> Option<String> {
        let listed = |of: &BTreeMap<String, BTreeSet<Call>>| of.values().map(BTreeSet::len).sum::<usize>();
        let counts = [self.len(), listed(&self.of_queue), listed(&self.of_number)];
        if counts.iter().any(|count| *count != self.len()) {
            return Some(format!("by id, queue and number: {counts:?}"));
        }
        let lists = |of: &BTreeMap<String, BTreeSet<Call>>, key: &String, id: &Call| {
            of.get(key).is_some_and(|ids| ids.contains(id))
        };
        self.by_id.iter().find_map(|(id, one)| {
            let is_listed = lists(&self.of_queue, &one.queue, id) && lists(&self.of_number, &one.number, id);
            (!is_listed || one.id != *id).then(|| format!("{id} is not found by its queue and its number"))
        })
    }
}

fn take(of: &mut BTreeMap<String, BTreeSet<Call>>, key: &str, id: Call) {
    if let Some(ids) = of.get_mut(key) {
        ids.remove(&id);
        if ids.is_empty() {
            of.remove(key);
        }
    }
}
