//! The index as a set of ordered trees, and the fold that makes it from records. Both kinds of index (sled, memory)
//! only keep bytes; what the bytes mean is here and in [`super::schema`], once.

use super::schema::{self, Tree};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use switchroom_acd::inbox::MISSED_KEEP_MS;
use switchroom_acd::{Decision, DoorFact, Fact, Inbox, Remembered};
use switchroom_exchange::{BindingRecord, CallId, Cdr, Event, Held, Record, RecordingFacts, Restored};

/// The index could not do it; the journal still has everything.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum IndexError {
    /// The system or sled said no.
    #[error("{0}")]
    Failed(String),
    /// There is no room, or the disk is read-only: the index itself is not to blame.
    #[error("{0}")]
    NoRoom(String),
    /// What was read is not what was written.
    #[error("damaged: {0}")]
    Damaged(String),
}

/// What [`Index::scan`] shows of each entry.
pub(super) type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// Ordered trees of bytes.
pub(super) trait Index: Send + Sync {
    /// The value of a key.
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError>;
    /// Sets the value of a key.
    fn put(&self, tree: Tree, key: &[u8], value: &[u8]) -> Result<(), IndexError>;
    /// Removes a key.
    fn remove(&self, tree: Tree, key: &[u8]) -> Result<(), IndexError>;
    /// Shows the entries from `from` (included) to `to` (excluded, `None` is the end), newest key first if `backwards`.
    fn scan(
        &self,
        tree: Tree,
        from: &[u8],
        to: Option<&[u8]>,
        backwards: bool,
        visit: &mut Visit<'_>,
    ) -> Result<(), IndexError>;
    /// Writes out what is still in memory.
    fn flush(&self) -> Result<(), IndexError>;
    /// Whether it has everything that was ever put, but for what is pruned.
    fn is_whole(&self) -> bool {
        true
    }
}

/// Longest party number that is indexed, in bytes; longer ones come from hostile callers.
const PARTY_BYTES_MAX: usize = 128;

/// A number of `meta`; 0 when it was never set.
pub(super) fn meta(index: &dyn Index, key: &[u8]) -> Result<u64, IndexError> {
    Ok(index.get(Tree::Meta, key)?.and_then(|v| schema::read_number(&v)).unwrap_or(0))
}

/// Sets a number of `meta`.
pub(super) fn set_meta(index: &dyn Index, key: &[u8], value: u64) -> Result<(), IndexError> {
    index.put(Tree::Meta, key, &schema::number(value))
}

fn raise_meta(index: &dyn Index, key: &[u8], value: u64) -> Result<(), IndexError> {
    if meta(index, key)? < value { set_meta(index, key, value) } else { Ok(()) }
}

/// Facts that are given to an exchange that starts: more than a large floor makes in a day.
const FACTS_MAX: usize = 100_000;
const DAY_MS: i64 = 86_400_000;
/// The same of those that concern the inbox of callers who gave up, of a week.
const INBOX_FACTS_MAX: usize = 200_000;
/// Offers of one call that are told of: the latest.
const DECISIONS_MAX: usize = 1_000;

/// Applies one record. Applying a run of records again, in order, changes nothing.
pub(super) fn apply(index: &dyn Index, record: &Record) -> Result<(), IndexError> {
    match record {
        Record::Binding(binding) => match schema::text_key(&binding.extension, binding.key.as_bytes()) {
            Some(key) => index.put(Tree::Bindings, &key, &value(binding)?),
            None => Ok(()),
        },
        Record::BindingGone { extension, key } => match schema::text_key(extension, key.as_bytes()) {
            Some(key) => index.remove(Tree::Bindings, &key),
            None => Ok(()),
        },
        Record::Subscription(subscription) => {
            index.put(Tree::Subscriptions, subscription.tag.as_bytes(), &value(subscription)?)
        }
        Record::SubscriptionGone { tag } => index.remove(Tree::Subscriptions, tag.as_bytes()),
        Record::CallOpen(open) => {
            index.put(Tree::OpenCalls, &schema::call_key(open.call), &value(open)?)?;
            raise_meta(index, schema::META_CALL_NUMBER, open.number)
        }
        Record::Cdr(cdr) => apply_cdr(index, cdr),
        Record::Event(event) => apply_event(index, event),
        Record::Recording(facts) => apply_recording(index, facts),
        Record::RecordingGone { call } => remove_recording(index, *call),
        Record::RecordingHeld { call, held } => hold_recording(index, *call, held.as_ref()),
        Record::Message(message) => index.put(Tree::Messages, message.id.as_bytes(), &value(message)?),
        Record::MessageGone { id } => index.remove(Tree::Messages, id.as_bytes()),
        Record::Floor { seq, fact } => apply_fact(index, *seq, fact),
    }
}

fn value<T: serde::Serialize>(record: &T) -> Result<Vec<u8>, IndexError> {
    schema::encode(record).map_err(|e| IndexError::Failed(e.to_string()))
}

/// Distinct numbers on a call, as far as they can be keys.
fn parties<'a>(numbers: impl IntoIterator<Item = &'a str>, key: &[u8]) -> Vec<Vec<u8>> {
    let mut keys: Vec<_> = numbers
        .into_iter()
        .filter(|n| n.len() <= PARTY_BYTES_MAX)
        .filter_map(|n| schema::text_key(n, key))
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

fn cdr_parties(cdr: &Cdr, key: &[u8]) -> Vec<Vec<u8>> {
    let with = cdr.with.iter().map(|p| p.number.as_str());
    parties([cdr.from.number.as_str(), cdr.to.number.as_str()].into_iter().chain(with), key)
}

fn apply_cdr(index: &dyn Index, cdr: &Cdr) -> Result<(), IndexError> {
    let key = schema::time_key(cdr.ending.at_ms, cdr.call);
    let call = schema::call_key(cdr.call);
    index.remove(Tree::OpenCalls, &call)?;
    if let Some(old) = index.get(Tree::CdrsByCall, &call)? {
        if let Some(was) = index.get(Tree::Cdrs, &old)?.and_then(|v| schema::decode::<Cdr>(&v)) {
            for party in cdr_parties(&was, &old) {
                index.remove(Tree::CdrsByParty, &party)?;
            }
        }
        index.remove(Tree::Cdrs, &old)?;
    }
    index.put(Tree::Cdrs, &key, &value(cdr)?)?;
    index.put(Tree::CdrsByCall, &call, &key)?;
    index.put(Tree::CdrsByNumber, &schema::number(cdr.number), &call)?;
    for party in cdr_parties(cdr, &key) {
        index.put(Tree::CdrsByParty, &party, &[])?;
    }
    raise_meta(index, schema::META_CALL_NUMBER, cdr.number)
}

fn apply_event(index: &dyn Index, event: &Event) -> Result<(), IndexError> {
    index.put(Tree::Events, &schema::number(event.seq), &value(event)?)?;
    if let Some(call) = event.call {
        index.put(Tree::EventsByCall, &schema::call_event_key(call, event.seq), &[])?;
    }
    raise_meta(index, schema::META_CALL_NUMBER, event.number.unwrap_or(0))?;
    raise_meta(index, schema::META_EVENT_SEQ, event.seq)
}

/// An agent as the index remembers it.
#[derive(serde::Serialize, serde::Deserialize)]
struct Seated {
    #[serde(flatten)]
    agent: Remembered,
    /// The place of the fact that says so; 0 in an index of old.
    #[serde(default)]
    seq: u64,
}

/// What was said of a queue last.
#[derive(serde::Serialize, serde::Deserialize)]
struct Said {
    #[serde(flatten)]
    fact: DoorFact,
    /// The place of the fact.
    seq: u64,
}

fn apply_fact(index: &dyn Index, seq: u64, fact: &Fact) -> Result<(), IndexError> {
    if let Fact::Agent(fact) = fact {
        let was = index.get(Tree::Agents, fact.agent.as_bytes())?.and_then(|v| schema::decode::<Seated>(&v));
        // One that was refused at first comes after those that followed it.
        if was.is_none_or(|was| was.seq <= seq) {
            let agent = Seated { agent: Remembered::from(fact), seq };
            index.put(Tree::Agents, fact.agent.as_bytes(), &value(&agent)?)?;
        }
    }
    if let Fact::Door(fact) = fact {
        let was = index.get(Tree::Doors, fact.queue.as_bytes())?.and_then(|v| schema::decode::<Said>(&v));
        if was.is_none_or(|was| was.seq <= seq) {
            index.put(Tree::Doors, fact.queue.as_bytes(), &value(&Said { fact: fact.clone(), seq })?)?;
        }
    }
    let key = schema::number(seq);
    if let Fact::Offered(decision) = fact {
        let by_call = schema::call_event_key(CallId(decision.call), seq);
        index.put(Tree::DecisionsByCall, &by_call, &[])?;
    }
    if Inbox::concerns(fact) {
        index.put(Tree::InboxFacts, &key, &[])?;
    }
    index.put(Tree::Facts, &key, &value(fact)?)?;
    raise_meta(index, schema::META_EVENT_SEQ, seq)
}

/// What happened to queues and agents within the day before the latest of it, in order; of very much, the latest.
fn facts(index: &dyn Index) -> Result<Vec<Fact>, IndexError> {
    let mut found: Vec<Fact> = Vec::new();
    index.scan(Tree::Facts, &[], None, true, &mut |_, v| {
        // One that cannot be read is passed over: figures of a day are not worth a failed start, and the journal has it.
        let Some(fact) = schema::decode::<Fact>(v) else { return ControlFlow::Continue(()) };
        let latest = found.first().map_or(fact.at_ms(), Fact::at_ms);
        if fact.at_ms() < latest - DAY_MS || found.len() >= FACTS_MAX {
            return ControlFlow::Break(());
        }
        found.push(fact);
        ControlFlow::Continue(())
    })?;
    found.reverse();
    Ok(found)
}

fn fact(index: &dyn Index, key: &[u8]) -> Result<Option<Fact>, IndexError> {
    Ok(index.get(Tree::Facts, key)?.and_then(|v| schema::decode(&v)))
}

/// What concerns the inbox, of the week before the latest of it, in order; of very much, the latest.
fn inbox_facts(index: &dyn Index) -> Result<Vec<Fact>, IndexError> {
    let mut keys = Vec::new();
    index.scan(Tree::InboxFacts, &[], None, true, &mut |key, _| {
        keys.push(key.to_vec());
        if keys.len() < INBOX_FACTS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    let mut found: Vec<Fact> = Vec::new();
    for key in keys {
        let Some(fact) = fact(index, &key)? else { continue };
        let latest = found.first().map_or(fact.at_ms(), Fact::at_ms);
        if fact.at_ms() < latest.saturating_sub(MISSED_KEEP_MS) {
            break;
        }
        found.push(fact);
    }
    found.reverse();
    Ok(found)
}

/// The offers of a call, oldest first; of very many, the latest.
pub(super) fn decisions(index: &dyn Index, call: CallId) -> Result<Vec<Decision>, IndexError> {
    let prefix = schema::call_key(call);
    let mut positions: Vec<Vec<u8>> = Vec::new();
    let to = schema::after_prefix(&prefix);
    index.scan(Tree::DecisionsByCall, &prefix, to.as_deref(), true, &mut |key, _| {
        positions.extend(key.get(prefix.len()..).map(<[u8]>::to_vec));
        if positions.len() < DECISIONS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    let mut found = Vec::with_capacity(positions.len());
    for position in positions.iter().rev() {
        if let Some(Fact::Offered(decision)) = fact(index, position)? {
            found.push(*decision);
        }
    }
    Ok(found)
}

/// Throws away facts from before that time, oldest first and at most so many. Gives how many: fewer than `most` if none is
/// left. A fact of a clock that was ahead keeps those behind it until its own time has come.
pub(super) fn prune_facts(index: &dyn Index, before_ms: i64, most: usize) -> Result<usize, IndexError> {
    let mut old: Vec<(Vec<u8>, Option<CallId>)> = Vec::new();
    index.scan(Tree::Facts, &[], None, false, &mut |key, v| {
        let fact = schema::decode::<Fact>(v);
        // What cannot be read is of no use to anybody.
        let is_old = fact.as_ref().is_none_or(|fact| fact.at_ms() < before_ms);
        if !is_old || old.len() >= most {
            return ControlFlow::Break(());
        }
        let call = match fact {
            Some(Fact::Offered(decision)) => Some(CallId(decision.call)),
            _ => None,
        };
        old.push((key.to_vec(), call));
        ControlFlow::Continue(())
    })?;
    for (key, call) in &old {
        if let Some((call, position)) = call.zip(schema::read_number(key)) {
            index.remove(Tree::DecisionsByCall, &schema::call_event_key(call, position))?;
        }
        index.remove(Tree::InboxFacts, key)?;
        // Last: should this be cut short, the rest is found again.
        index.remove(Tree::Facts, key)?;
    }
    Ok(old.len())
}

fn recording_parties(facts: &RecordingFacts, key: &[u8]) -> Vec<Vec<u8>> {
    parties([facts.subject.from.0.as_str(), facts.subject.with.0.as_str()], key)
}

fn apply_recording(index: &dyn Index, facts: &RecordingFacts) -> Result<(), IndexError> {
    let was = recording(index, facts.call)?.and_then(|was| was.held);
    remove_recording(index, facts.call)?;
    let key = schema::time_key(facts.subject.started_ms, facts.call);
    // Another part of the call's recording: a hold is of all of it.
    let held = facts.held.clone().or(was);
    index.put(Tree::Recordings, &key, &value(&RecordingFacts { held, ..facts.clone() })?)?;
    index.put(Tree::RecordingsByCall, &schema::call_key(facts.call), &key)?;
    for party in recording_parties(facts, &key) {
        index.put(Tree::RecordingsByParty, &party, &[])?;
    }
    raise_meta(index, schema::META_CALL_NUMBER, facts.subject.number)
}

/// The recording of a call, if it can be read.
fn recording(index: &dyn Index, call: CallId) -> Result<Option<RecordingFacts>, IndexError> {
    let Some(key) = index.get(Tree::RecordingsByCall, &schema::call_key(call))? else { return Ok(None) };
    Ok(index.get(Tree::Recordings, &key)?.and_then(|v| schema::decode(&v)))
}

fn hold_recording(index: &dyn Index, call: CallId, held: Option<&Held>) -> Result<(), IndexError> {
    let Some(was) = recording(index, call)? else { return Ok(()) };
    let key = schema::time_key(was.subject.started_ms, call);
    index.put(Tree::Recordings, &key, &value(&RecordingFacts { held: held.cloned().map(Box::new), ..was })?)
}

fn remove_recording(index: &dyn Index, call: CallId) -> Result<(), IndexError> {
    let call = schema::call_key(call);
    let Some(key) = index.get(Tree::RecordingsByCall, &call)? else { return Ok(()) };
    if let Some(was) = index.get(Tree::Recordings, &key)?.and_then(|v| schema::decode::<RecordingFacts>(&v)) {
        for party in recording_parties(&was, &key) {
            index.remove(Tree::RecordingsByParty, &party)?;
        }
    }
    index.remove(Tree::Recordings, &key)?;
    index.remove(Tree::RecordingsByCall, &call)
}

/// What the exchange needs to start.
pub(super) fn restored(index: &dyn Index) -> Result<Restored, IndexError> {
    Ok(Restored {
        bindings: bindings(index)?,
        subscriptions: all(index, Tree::Subscriptions, "a subscription")?,
        open_calls: all(index, Tree::OpenCalls, "an open call")?,
        messages: all(index, Tree::Messages, "a message")?,
        // Files are not looked at here.
        cut_off: BTreeMap::new(),
        agents: all(index, Tree::Agents, "an agent")?,
        doors: all(index, Tree::Doors, "what was said of a queue")?,
        facts: facts(index)?,
        inbox: inbox_facts(index)?,
        event_seq: meta(index, schema::META_EVENT_SEQ)?,
        call_number: meta(index, schema::META_CALL_NUMBER)?,
    })
}

/// All bindings, by extension and key.
pub(super) fn bindings(index: &dyn Index) -> Result<Vec<BindingRecord>, IndexError> {
    all(index, Tree::Bindings, "a binding")
}

/// Every record of a tree.
fn all<T: serde::de::DeserializeOwned>(
    index: &dyn Index,
    tree: Tree,
    what: &str,
) -> Result<Vec<T>, IndexError> {
    let mut found = Vec::new();
    let mut damaged = false;
    index.scan(tree, &[], None, false, &mut |_, v| {
        match schema::decode(v) {
            Some(record) => found.push(record),
            None => damaged = true,
        }
        ControlFlow::Continue(())
    })?;
    if damaged { Err(IndexError::Damaged(what.into())) } else { Ok(found) }
}
