//! The store of a run: what is on disk, what only waits for it, and how it fails.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use switchroom_acd::{DoorFact, Fact, Inbox, Remembered};
use switchroom_exchange::{
    BindingRecord, CallId, MessageFacts, MessageRecord, OpenCall, Record, Restored, SubscriptionRecord,
    Ticket,
};
use switchroom_sip::rng::Rng;

/// What is on disk: a fold over all records that were flushed.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// Bindings by extension and key.
    pub bindings: BTreeMap<(String, String), BindingRecord>,
    /// Subscriptions by the exchange's tags.
    pub subscriptions: BTreeMap<String, SubscriptionRecord>,
    /// Calls begun and not ended.
    pub open: BTreeMap<CallId, OpenCall>,
    /// Calls whose CDR is there.
    pub cdrs: BTreeSet<CallId>,
    /// Messages in mailboxes, and those that were being recorded.
    pub messages: BTreeMap<String, MessageRecord>,
    /// Closed recordings, and whether they are held.
    pub recordings: BTreeMap<CallId, bool>,
    /// Agents as they were last, and the place of the fact that says so.
    pub agents: BTreeMap<String, (u64, Remembered)>,
    /// What was said of queues last, and the place of the fact that says so.
    pub doors: BTreeMap<String, (u64, DoorFact)>,
    /// What happened to queues and agents, each at its place.
    pub facts: BTreeMap<u64, Fact>,
    /// Highest event.
    pub event_seq: u64,
    /// Highest short number.
    pub call_number: u64,
}

impl Disk {
    fn apply(&mut self, record: Record) {
        match record {
            Record::Binding(binding) => {
                self.bindings.insert((binding.extension.clone(), binding.key.clone()), binding);
            }
            Record::BindingGone { extension, key } => {
                self.bindings.remove(&(extension, key));
            }
            Record::Subscription(one) => {
                self.subscriptions.insert(one.tag.clone(), *one);
            }
            Record::SubscriptionGone { tag } => _ = self.subscriptions.remove(&tag),
            Record::CallOpen(open) => {
                self.call_number = self.call_number.max(open.number);
                if !self.cdrs.contains(&open.call) {
                    self.open.insert(open.call, *open);
                }
            }
            Record::Cdr(cdr) => {
                self.call_number = self.call_number.max(cdr.number);
                self.open.remove(&cdr.call);
                self.cdrs.insert(cdr.call);
            }
            Record::Event(event) => self.event_seq = self.event_seq.max(event.seq),
            Record::Message(message) => {
                self.messages.insert(message.id.clone(), *message);
            }
            Record::MessageGone { id } => {
                self.messages.remove(&id);
            }
            Record::Floor { seq, fact } => {
                self.event_seq = self.event_seq.max(seq);
                if let Fact::Agent(fact) = &*fact {
                    let is_newer = self.agents.get(&fact.agent).is_none_or(|(last, _)| *last <= seq);
                    if is_newer {
                        self.agents.insert(fact.agent.clone(), (seq, Remembered::from(fact)));
                    }
                }
                if let Fact::Door(fact) = &*fact {
                    let is_newer = self.doors.get(&fact.queue).is_none_or(|(last, _)| *last <= seq);
                    if is_newer {
                        self.doors.insert(fact.queue.clone(), (seq, fact.clone()));
                    }
                }
                self.facts.insert(seq, *fact);
            }
            Record::Recording(facts) => {
                self.recordings.entry(facts.call).or_insert(facts.held.is_some());
            }
            Record::RecordingGone { call } => _ = self.recordings.remove(&call),
            Record::RecordingHeld { call, held } => {
                self.recordings.entry(call).and_modify(|is_held| *is_held = held.is_some());
            }
        }
    }

    /// The messages that were being recorded, as far as the disk knows.
    pub fn unfinished(&self) -> impl Iterator<Item = &MessageRecord> {
        self.messages.values().filter(|message| message.is_unfinished)
    }

    /// What an exchange that starts now is told; `cut_off` is what became of the messages that were being recorded.
    pub fn restored(&self, cut_off: BTreeMap<String, Option<MessageFacts>>) -> Restored {
        Restored {
            bindings: self.bindings.values().cloned().collect(),
            subscriptions: self.subscriptions.values().cloned().collect(),
            open_calls: self.open.values().cloned().collect(),
            messages: self.messages.values().cloned().collect(),
            cut_off,
            agents: self.agents.values().map(|(_, agent)| agent.clone()).collect(),
            doors: self.doors.values().map(|(_, said)| said.clone()).collect(),
            facts: self.facts.values().cloned().collect(),
            inbox: self.facts.values().filter(|fact| Inbox::concerns(fact)).cloned().collect(),
            event_seq: self.event_seq,
            call_number: self.call_number,
        }
    }
}

/// The store.
#[derive(Debug, Default)]
pub struct Store {
    /// What is on disk.
    pub disk: Disk,
    waiting: VecDeque<(Option<Ticket>, Record)>,
    /// Facts that it refused and has not been offered again, at their places.
    refused: BTreeMap<u64, Fact>,
    /// It keeps nothing at the moment.
    pub fails: bool,
    /// It has failed since the exchange started: what was confirmed meanwhile may be gone.
    pub has_failed: bool,
}

/// What came of a flush.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flushed {
    /// These are on disk.
    Stored(Vec<Ticket>),
    /// These are not.
    NotStored(Vec<Ticket>),
}

impl Store {
    /// Takes a record. True if it is the first that waits: a flush must be arranged.
    pub fn put(&mut self, ticket: Option<Ticket>, record: Record) -> bool {
        self.waiting.push_back((ticket, record));
        self.waiting.len() == 1
    }

    /// Whether a record is one that was refused before, and says the same; asked once of each.
    pub fn is_again(&mut self, record: &Record) -> bool {
        let Record::Floor { seq, fact } = record else { return false };
        self.refused.remove(seq).is_some_and(|refused| refused == **fact)
    }

    /// How many records wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether a record like that waits.
    pub fn waits(&self, is_it: impl Fn(&Record) -> bool) -> bool {
        self.waiting.iter().any(|(_, record)| is_it(record))
    }

    /// Everything that waits goes to disk, or is lost.
    pub fn flush(&mut self) -> Flushed {
        let tickets = self.waiting.iter().filter_map(|(ticket, _)| *ticket).collect();
        if self.fails {
            self.has_failed = true;
            let fact = |record: &Record| match record {
                Record::Floor { seq, fact } => Some((*seq, Fact::clone(fact))),
                _ => None,
            };
            self.refused.extend(self.waiting.iter().filter_map(|(_, record)| fact(record)));
            self.waiting.clear();
            return Flushed::NotStored(tickets);
        }
        for (_, record) in std::mem::take(&mut self.waiting) {
            self.disk.apply(record);
        }
        Flushed::Stored(tickets)
    }

    /// The process dies: of what waits the first part may be on disk, the rest is lost.
    pub fn crash(&mut self, kept_percent: u64, rng: &mut Rng) {
        let most = self.waiting.len() as u64 * kept_percent / 100;
        let kept = if self.fails { 0 } else { rng.below(most + 1) };
        for _ in 0..kept {
            if let Some((_, record)) = self.waiting.pop_front() {
                self.disk.apply(record);
            }
        }
        self.waiting.clear();
        self.refused.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(key: &str) -> Record {
        Record::BindingGone { extension: "101".into(), key: key.into() }
    }

    #[test]
    fn what_is_not_flushed_is_lost_in_order() {
        let mut rng = Rng::from_number(1);
        let mut store = Store::default();
        assert!(store.put(Some(Ticket(1)), gone("a")));
        assert!(!store.put(None, gone("b")));
        assert_eq!(store.flush(), Flushed::Stored(vec![Ticket(1)]));
        store.put(Some(Ticket(2)), gone("c"));
        store.fails = true;
        assert_eq!(store.flush(), Flushed::NotStored(vec![Ticket(2)]));
        store.put(Some(Ticket(3)), gone("d"));
        store.crash(100, &mut rng);
        assert_eq!((store.waiting(), store.has_failed), (0, true));
    }
}
