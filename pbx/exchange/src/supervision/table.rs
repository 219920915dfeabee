//! The table of supervisors: who is at which call and follows whom, and whom a change concerns, found without looking at all.

use super::{Mode, Subject, Supervision, Told};
use crate::CallId;
use std::collections::{BTreeMap, BTreeSet};

/// Supervisors by something.
type By<K> = BTreeMap<K, BTreeSet<CallId>>;

/// Supervisors at work, by their own calls.
#[derive(Debug, Default)]
pub(crate) struct Supervisors {
    all: BTreeMap<CallId, Supervision>,
    index: Index,
    /// Where agents sit, as the floor last said.
    seats: BTreeMap<String, String>,
    /// Calls of which something changed since supervisors were looked after.
    touched: BTreeSet<CallId>,
    /// Supervisors who are to be looked after whatever changed.
    due: BTreeSet<CallId>,
    /// How many were looked after.
    #[cfg(test)]
    pub(crate) looked_after: usize,
}

/// What is found without looking at all.
#[derive(Debug, Default, PartialEq, Eq)]
struct Index {
    /// Who is at a call.
    at: By<CallId>,
    /// Who of those whispers or barges in.
    speaking: By<CallId>,
    /// Who supervises a subject.
    of: By<Subject>,
}

impl Index {
    fn put(&mut self, id: CallId, one: &Supervision) {
        self.of.entry(one.subject.clone()).or_default().insert(id);
        let Some(target) = one.target else { return };
        self.at.entry(target).or_default().insert(id);
        if one.mode != Mode::Listen {
            self.speaking.entry(target).or_default().insert(id);
        }
    }

    fn take(&mut self, id: CallId, one: &Supervision) {
        take(&mut self.of, &one.subject, id);
        if let Some(target) = one.target {
            take(&mut self.at, &target, id);
            take(&mut self.speaking, &target, id);
        }
    }
}

fn take<K: Ord>(by: &mut By<K>, key: &K, id: CallId) {
    let Some(ids) = by.get_mut(key) else { return };
    ids.remove(&id);
    if ids.is_empty() {
        by.remove(key);
    }
}

fn ids<'a, K: Ord>(by: &'a By<K>, key: &K) -> impl Iterator<Item = CallId> + use<'a, K> {
    by.get(key).into_iter().flatten().copied()
}

impl Supervisors {
    pub(crate) fn get(&self, id: &CallId) -> Option<&Supervision> {
        self.all.get(id)
    }

    pub(crate) fn contains_key(&self, id: &CallId) -> bool {
        self.all.contains_key(id)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&CallId, &Supervision)> {
        self.all.iter()
    }

    /// What the media engine was told of one: no matter of who is where.
    pub(super) fn told_mut(&mut self, id: CallId) -> Option<&mut Told> {
        self.all.get_mut(&id).map(|one| &mut one.told)
    }

    pub(super) fn insert(&mut self, id: CallId, one: Supervision) {
        self.remove(&id);
        self.index.put(id, &one);
        self.all.insert(id, one);
    }

    pub(super) fn remove(&mut self, id: &CallId) -> Option<Supervision> {
        let one = self.all.remove(id)?;
        self.index.take(*id, &one);
        Some(one)
    }

    /// Changes what one supervises, how or where.
    pub(super) fn change(&mut self, id: CallId, how: impl FnOnce(&mut Supervision)) {
        if let Some(mut one) = self.remove(&id) {
            how(&mut one);
            self.insert(id, one);
        }
    }

    /// Who is at a call.
    pub(super) fn at(&self, target: CallId) -> impl Iterator<Item = (CallId, &Supervision)> {
        self.known(ids(&self.index.at, &target))
    }

    /// Who whispers or barges in there.
    pub(super) fn speaking_at(&self, target: CallId) -> impl Iterator<Item = (CallId, &Supervision)> {
        self.known(ids(&self.index.speaking, &target))
    }

    fn known(&self, ids: impl Iterator<Item = CallId>) -> impl Iterator<Item = (CallId, &Supervision)> {
        ids.filter_map(|id| Some((id, self.all.get(&id)?)))
    }

    // ---- whom a change concerns --------------------------------------------------------------------------------------

    /// Who is connected in a call may have changed, or what is heard there.
    pub(crate) fn touch(&mut self, call: CallId) {
        if !self.all.is_empty() {
            self.touched.insert(call);
        }
    }

    /// One is to be looked after.
    pub(super) fn look_after(&mut self, id: CallId) {
        self.due.insert(id);
    }

    /// An agent may have another seat. Gives the one before and the one now, if so.
    pub(super) fn seat(&mut self, agent: &str, seat: Option<&str>) -> Option<[Option<String>; 2]> {
        let seat = seat.filter(|seat| !seat.is_empty());
        if self.seats.get(agent).map(String::as_str) == seat {
            return None;
        }
        let before = match seat {
            Some(seat) => self.seats.insert(agent.to_owned(), seat.to_owned()),
            None => self.seats.remove(agent),
        };
        self.due.extend(ids(&self.index.of, &Subject::Agent(agent.to_owned())));
        Some([before, seat.map(str::to_owned)])
    }

    /// The calls that were touched, taken.
    pub(super) fn take_touched(&mut self) -> BTreeSet<CallId> {
        std::mem::take(&mut self.touched)
    }

    /// Who is to be looked after, taken; with whoever is concerned by these calls and subjects.
    pub(super) fn take_due(&mut self, calls: &BTreeSet<CallId>, subjects: &[Subject]) -> BTreeSet<CallId> {
        let mut due = std::mem::take(&mut self.due);
        for call in calls {
            due.insert(*call);
            due.extend(ids(&self.index.at, call));
            due.extend(ids(&self.index.of, &Subject::Call(*call)));
        }
        due.extend(subjects.iter().flat_map(|subject| ids(&self.index.of, subject)));
        due.retain(|id| self.all.contains_key(id));
        #[cfg(test)]
        {
            self.looked_after += due.len();
        }
        due
    }

    /// What contradicts itself: nothing, unless there is a defect.
    pub(crate) fn audit(&self) -> Option<&'static str> {
        let mut index = Index::default();
        self.all.iter().for_each(|(id, one)| index.put(*id, one));
        (index != self.index).then_some("supervisors are found where they are not")
    }
}

#[cfg(test)]
impl Supervisors {
    /// One supervisor, and what is said of it elsewhere stays as it is.
    fn only(&mut self) -> Option<&mut Supervision> {
        self.all.values_mut().next()
    }

    pub(crate) fn send_elsewhere(&mut self, target: CallId) {
        self.only().into_iter().for_each(|one| one.target = Some(target));
    }

    pub(crate) fn let_hear(&mut self, legs: Vec<crate::LegId>) {
        self.only().into_iter().for_each(|one| one.told.heard_by.clone_from(&legs));
    }

    /// Another call's id is that of the supervisor.
    pub(crate) fn rename(&mut self, id: CallId) {
        let old = self.all.keys().next().copied();
        if let Some(one) = old.and_then(|old| self.remove(&old)) {
            self.insert(id, one);
        }
    }
}
