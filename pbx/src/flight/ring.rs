//! The last inputs, in bounded memory, and what is known of the exchange before the first of them.
//!
//! Inputs stand in segments. The oldest segment goes when there are too many or they are too large; what it did to
//! configuration, bindings and counters is folded into the [`Base`] first, so that the base is always what was known just
//! before the oldest input that is left. A snapshot shares the full segments and copies the last one, so the engine does
//! not wait for whoever writes it to disk.

use super::input::Recorded;
use super::sum::Sums;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use switchroom_acd::{DoorFact, Fact, Remembered};
use switchroom_exchange::{
    Action, BindingRecord, Config, MediaCommand, MessageRecord, Mono, Now, Record, Restored,
    SubscriptionRecord, Wall,
};

/// Bytes that the ring may hold: some 13,000 SIP messages of 800 bytes.
pub const BYTES_MAX: usize = 12 << 20;
/// Inputs that the ring may hold, for times in which they are small.
pub const INPUTS_MAX: usize = 200_000;
/// Inputs of a segment: what is copied by a snapshot and forgotten at once.
const SEGMENT: usize = 256;

/// An input, when it came, and the sum of what the exchange wanted then.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When.
    pub now: Now,
    /// What.
    pub input: Recorded,
    /// `None` while the exchange is at it, and for ever if it never came back.
    pub sum: Option<u32>,
}

impl Entry {
    fn weight(&self, before: &Config) -> usize {
        // Sixteen for what the allocator needs.
        size_of::<Self>() + 16 + self.input.weight(before)
    }
}

/// The highest numbers that the exchange has given away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Position of an event in the journal.
    pub event: u64,
    /// Short number of a call.
    pub call: u64,
    /// Leg.
    pub leg: u64,
    /// Ticket.
    pub ticket: u64,
}

impl Marks {
    fn saw(&mut self, action: &Action) {
        match action {
            Action::Persist { ticket, record } => {
                self.ticket = self.ticket.max(ticket.map_or(0, |t| t.0));
                match record {
                    Record::Event(event) => self.event = self.event.max(event.seq),
                    Record::CallOpen(open) => self.call = self.call.max(open.number),
                    Record::Cdr(cdr) => self.call = self.call.max(cdr.number),
                    _ => {}
                }
            }
            Action::Media(MediaCommand::Open { leg, .. }) => self.leg = self.leg.max(leg.0),
            Action::Media(_) | Action::Send { .. } | Action::Ask { .. } | Action::Reply { .. } => {}
        }
    }
}

/// What is known of the exchange before the first input that is kept.
#[derive(Debug, Clone)]
pub struct Base {
    /// When.
    pub now: Now,
    /// The configuration in force.
    pub config: Arc<Config>,
    /// All the chance that the exchange has had since it was made.
    pub seed: [u8; 32],
    /// What it was made with.
    made_with: Arc<Restored>,
    /// The bindings there were, once inputs are gone.
    bindings: Vec<Arc<BindingRecord>>,
    /// The subscriptions there were, once inputs are gone.
    subscriptions: Vec<Arc<SubscriptionRecord>>,
    /// The messages there were, once inputs are gone.
    messages: Vec<Arc<MessageRecord>>,
    /// The agents there were, once inputs are gone.
    agents: Vec<Remembered>,
    /// What was said of queues by then, once inputs are gone.
    doors: Vec<DoorFact>,
    /// The sum of what it wanted when it was made; `None` once inputs are gone.
    pub sum: Option<u32>,
    /// Inputs that are gone.
    pub dropped: u64,
    /// Numbers given away before.
    pub marks: Marks,
}

impl Base {
    /// What an exchange is to be made with to begin here.
    pub fn restored(&self) -> Restored {
        if self.dropped == 0 {
            return (*self.made_with).clone();
        }
        // Calls that a crash before the start had cut are closed by now.
        Restored {
            bindings: self.bindings.iter().map(|b| (**b).clone()).collect(),
            subscriptions: self.subscriptions.iter().map(|s| (**s).clone()).collect(),
            open_calls: Vec::new(),
            messages: self.messages.iter().map(|m| (**m).clone()).collect(),
            cut_off: BTreeMap::new(),
            agents: self.agents.clone(),
            doors: self.doors.clone(),
            facts: Vec::new(),
            inbox: Vec::new(),
            event_seq: self.marks.event,
            call_number: self.marks.call,
        }
    }
}

/// What an input did to bindings, subscriptions, messages, agents and queues.
#[derive(Debug, Clone)]
enum Effect {
    Bound(Arc<BindingRecord>),
    Unbound(BindingKey),
    Subscribed(Arc<SubscriptionRecord>),
    Unsubscribed(String),
    Left(Arc<MessageRecord>),
    Deleted(String),
    Became(Remembered),
    Said(DoorFact),
}

/// Extension and key of a binding.
type BindingKey = (String, String);

fn key_of(binding: &BindingRecord) -> BindingKey {
    (binding.extension.clone(), binding.key.clone())
}

#[derive(Debug, Clone, Default)]
struct Segment {
    entries: Vec<Entry>,
    weight: usize,
    effects: Vec<Effect>,
    marks: Marks,
}

/// What is kept, at one moment: cheap to make, and to be written by somebody else than the engine.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What was known before.
    pub base: Base,
    segments: Vec<Arc<Segment>>,
}

impl Snapshot {
    /// The inputs, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.segments.iter().flat_map(|s| &s.entries)
    }

    /// Whether the exchange was still at the last input.
    pub fn is_open(&self) -> bool {
        self.segments.iter().rev().find_map(|s| s.entries.last()).is_some_and(|e| e.sum.is_none())
    }

    /// How many inputs there are.
    pub fn inputs(&self) -> u64 {
        self.segments.iter().map(|s| s.entries.len() as u64).sum()
    }
}

/// The ring.
#[derive(Debug)]
pub struct Ring {
    base: Base,
    /// The configuration in force.
    config: Arc<Config>,
    /// The bindings there were before the first input that is kept.
    bindings: BTreeMap<BindingKey, Arc<BindingRecord>>,
    /// The subscriptions there were, by our tags.
    subscriptions: BTreeMap<String, Arc<SubscriptionRecord>>,
    /// The messages there were, by id.
    messages: BTreeMap<String, Arc<MessageRecord>>,
    /// The agents there were, by number.
    agents: BTreeMap<String, Remembered>,
    /// What was said of queues, by name.
    doors: BTreeMap<String, DoorFact>,
    full: VecDeque<Arc<Segment>>,
    last: Segment,
    weight: usize,
    inputs: usize,
    sums: Sums,
    /// The exchange has been given something whose sum is not known yet.
    is_open: bool,
    bytes_max: usize,
    inputs_max: usize,
}

impl Ring {
    /// A ring for an exchange that is about to be made out of these, with the usual bounds.
    pub fn new(now: Now, config: Arc<Config>, seed: [u8; 32], restored: Restored) -> Self {
        let (event, call) = (restored.event_seq, restored.call_number);
        let marks = Marks { event, call, ..Marks::default() };
        let bindings = restored.bindings.iter().map(|b| (key_of(b), Arc::new(b.clone()))).collect();
        let subscribed = restored.subscriptions.iter();
        let subscriptions = subscribed.map(|s| (s.tag.clone(), Arc::new(s.clone()))).collect();
        let agents = restored.agents.iter().map(|a| (a.agent.clone(), a.clone())).collect();
        let doors = restored.doors.iter().map(|said| (said.queue.clone(), said.clone())).collect();
        let messages = restored.messages.iter().map(|m| (m.id.clone(), Arc::new(m.clone()))).collect();
        let base = Base {
            now,
            config: config.clone(),
            seed,
            made_with: Arc::new(restored),
            bindings: Vec::new(),
            subscriptions: Vec::new(),
            messages: Vec::new(),
            agents: Vec::new(),
            doors: Vec::new(),
            sum: None,
            dropped: 0,
            marks,
        };
        Self {
            base,
            config,
            bindings,
            subscriptions,
            messages,
            agents,
            doors,
            full: VecDeque::new(),
            last: Segment { marks, ..Segment::default() },
            weight: 0,
            inputs: 0,
            sums: Sums::default(),
            is_open: true,
            bytes_max: BYTES_MAX,
            inputs_max: INPUTS_MAX,
        }
    }

    /// The same with other bounds.
    #[must_use]
    pub fn bounded(mut self, bytes: usize, inputs: usize) -> Self {
        (self.bytes_max, self.inputs_max) = (bytes, inputs);
        self
    }

    /// Keeps an input, before the exchange is given it: should the exchange not come back, it is there. Gives it back
    /// for the exchange.
    pub fn push(&mut self, now: Now, input: Recorded) -> &Recorded {
        self.finish();
        if self.last.entries.len() >= SEGMENT {
            self.seal();
        }
        let entry = Entry { now, input, sum: None };
        let weight = entry.weight(&self.config);
        if let Recorded::Config(config) = &entry.input {
            self.config = config.clone();
        }
        self.weight += weight;
        self.last.weight += weight;
        self.inputs += 1;
        self.is_open = true;
        let place = self.last.entries.len();
        self.last.entries.push(entry);
        &self.last.entries[place].input
    }

    /// The exchange wants something because of the last input.
    pub fn saw(&mut self, action: &Action) {
        self.sums.add(action);
        self.last.marks.saw(action);
        match action {
            Action::Persist { record: Record::Binding(binding), .. } => {
                self.last.effects.push(Effect::Bound(Arc::new(binding.clone())));
            }
            Action::Persist { record: Record::BindingGone { extension, key }, .. } => {
                self.last.effects.push(Effect::Unbound((extension.clone(), key.clone())));
            }
            Action::Persist { record: Record::Subscription(subscription), .. } => {
                self.last.effects.push(Effect::Subscribed(Arc::new((**subscription).clone())));
            }
            Action::Persist { record: Record::SubscriptionGone { tag }, .. } => {
                self.last.effects.push(Effect::Unsubscribed(tag.clone()));
            }
            Action::Persist { record: Record::Message(message), .. } => {
                self.last.effects.push(Effect::Left(Arc::new((**message).clone())));
            }
            Action::Persist { record: Record::Floor { fact, .. }, .. } => match &**fact {
                Fact::Agent(fact) => self.last.effects.push(Effect::Became(Remembered::from(fact))),
                Fact::Door(fact) => self.last.effects.push(Effect::Said(fact.clone())),
                _ => {}
            },
            Action::Persist { record: Record::MessageGone { id }, .. } => {
                self.last.effects.push(Effect::Deleted(id.clone()));
            }
            _ => {}
        }
    }

    /// The exchange wants nothing more because of the last input.
    pub fn finish(&mut self) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        let sum = Some(self.sums.take());
        match self.last.entries.last_mut() {
            Some(entry) => entry.sum = sum,
            // Segments are sealed when the next input comes, so there is none yet: it is the exchange itself.
            None => self.base.sum = sum,
        }
    }

    fn seal(&mut self) {
        let marks = self.last.marks;
        let next = Segment { entries: Vec::with_capacity(SEGMENT), marks, ..Segment::default() };
        let full = std::mem::replace(&mut self.last, next);
        self.full.push_back(Arc::new(full));
        while self.weight > self.bytes_max || self.inputs > self.inputs_max {
            let Some(oldest) = self.full.pop_front() else { break };
            self.weight -= oldest.weight;
            self.inputs -= oldest.entries.len();
            for effect in &oldest.effects {
                match effect {
                    Effect::Bound(binding) => drop(self.bindings.insert(key_of(binding), binding.clone())),
                    Effect::Unbound(key) => drop(self.bindings.remove(key)),
                    Effect::Subscribed(one) => drop(self.subscriptions.insert(one.tag.clone(), one.clone())),
                    Effect::Unsubscribed(tag) => drop(self.subscriptions.remove(tag)),
                    Effect::Left(message) => {
                        drop(self.messages.insert(message.id.clone(), message.clone()));
                    }
                    Effect::Became(agent) => drop(self.agents.insert(agent.agent.clone(), agent.clone())),
                    Effect::Said(said) => drop(self.doors.insert(said.queue.clone(), said.clone())),
                    Effect::Deleted(id) => drop(self.messages.remove(id)),
                }
            }
            let next = self.full.front().and_then(|s| s.entries.first()).or(oldest.entries.last());
            self.base.forget(&oldest, next.map(|e| e.now));
        }
    }

    /// Everything that is kept.
    pub fn snapshot(&self) -> Snapshot {
        let mut base = self.base.clone();
        if base.dropped > 0 {
            base.bindings = self.bindings.values().cloned().collect();
            base.subscriptions = self.subscriptions.values().cloned().collect();
            base.agents = self.agents.values().cloned().collect();
            base.doors = self.doors.values().cloned().collect();
            base.messages = self.messages.values().cloned().collect();
        }
        let last = std::iter::once(Arc::new(self.last.clone()));
        Snapshot { base, segments: self.full.iter().cloned().chain(last).collect() }
    }

    /// Inputs kept, and the memory they take.
    pub fn size(&self) -> (usize, usize) {
        (self.inputs, self.weight)
    }
}

impl Base {
    /// Folds a segment that is about to be gone into what is known; `next` is when the first one left came.
    fn forget(&mut self, segment: &Segment, next: Option<Now>) {
        self.now = next.unwrap_or(self.now);
        self.sum = None;
        self.dropped += segment.entries.len() as u64;
        self.marks = segment.marks;
        for entry in &segment.entries {
            if let Recorded::Config(config) = &entry.input {
                let mut config = (**config).clone();
                // As the exchange takes it: ports are those of the start.
                (config.rtp_port_first, config.rtp_pairs) =
                    (self.config.rtp_port_first, self.config.rtp_pairs);
                self.config = Arc::new(config);
            }
        }
    }
}

/// Both clocks from numbers.
pub(super) fn moment(mono_us: u64, wall_ms: i64) -> Now {
    Now { mono: Mono(mono_us), wall: Wall(wall_ms) }
}
