//! Questions to the index. Each reads at most what its limit allows, plus a bounded number of rows it skips.

use super::index::{Index, IndexError};
use super::schema::{self, Tree};
use serde::de::DeserializeOwned;
use std::ops::ControlFlow;
use switchroom_exchange::{CallId, Cdr, Event, RecordingFacts};

/// The most rows one question returns.
pub(super) const ROWS_MAX: usize = 10_000;

/// Events are in order of position, not of time, and a clock may step back; this far, and a search for events after
/// a time still sees them.
const CLOCK_STEP_MS: i64 = 3_600_000;

/// Events of a call among which it is looked for what was said of it: the newest, for that comes at its end.
pub const LOOKED_THROUGH: usize = 300;

/// Values of a tree from its newest key down, up to `limit`, that are before `to`.
fn newest<T: DeserializeOwned>(
    index: &dyn Index,
    tree: Tree,
    to: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<T>, IndexError> {
    let mut found = Vec::new();
    let mut damaged = false;
    if limit == 0 {
        return Ok(found);
    }
    index.scan(tree, &[], to, true, &mut |_, v| {
        match schema::decode(v) {
            Some(record) => found.push(record),
            None => damaged = true,
        }
        if found.len() >= limit || damaged { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if damaged { Err(IndexError::Damaged(format!("a record of {}", tree.name()))) } else { Ok(found) }
}

/// Values of a tree that another tree lists under a party, newest first.
fn of_party<T: DeserializeOwned>(
    index: &dyn Index,
    trees: (Tree, Tree),
    party: &str,
    before: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<T>, IndexError> {
    let Some(from) = schema::text_key(party, &[]) else { return Ok(Vec::new()) };
    let to = match before {
        Some(bound) => schema::text_key(party, bound),
        None => schema::after_prefix(&from),
    };
    let mut keys = Vec::new();
    if limit > 0 {
        index.scan(trees.0, &from, to.as_deref(), true, &mut |k, _| {
            keys.extend(k.get(from.len()..).map(<[u8]>::to_vec));
            if keys.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
    }
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        found.extend(read(index, trees.1, &key)?);
    }
    Ok(found)
}

/// One record by its key.
fn read<T: DeserializeOwned>(index: &dyn Index, tree: Tree, key: &[u8]) -> Result<Option<T>, IndexError> {
    let Some(value) = index.get(tree, key)? else { return Ok(None) };
    schema::decode(&value)
        .map(Some)
        .ok_or_else(|| IndexError::Damaged(format!("a record of {}", tree.name())))
}

/// CDRs, newest first.
pub(super) fn cdrs(
    index: &dyn Index,
    limit: usize,
    before_ms: Option<i64>,
    party: Option<&str>,
) -> Result<Vec<Cdr>, IndexError> {
    let bound = before_ms.map(schema::time_bound);
    match party {
        None => newest(index, Tree::Cdrs, bound.as_deref(), limit),
        Some(party) => of_party(index, (Tree::CdrsByParty, Tree::Cdrs), party, bound.as_deref(), limit),
    }
}

/// The CDR of a call, by id or short number.
pub(super) fn cdr(index: &dyn Index, which: &str) -> Result<Option<Cdr>, IndexError> {
    let call = if let Ok(call) = which.parse::<CallId>() {
        schema::call_key(call).to_vec()
    } else {
        let Ok(number) = which.parse::<u64>() else { return Ok(None) };
        match index.get(Tree::CdrsByNumber, &schema::number(number))? {
            Some(call) => call,
            None => return Ok(None),
        }
    };
    match index.get(Tree::CdrsByCall, &call)? {
        Some(key) => read(index, Tree::Cdrs, &key),
        None => Ok(None),
    }
}

/// The newest events that match, newest last.
pub(super) fn events(
    index: &dyn Index,
    limit: usize,
    call: Option<CallId>,
    after_ms: Option<i64>,
) -> Result<Vec<Event>, IndexError> {
    let wanted = |e: &Event| after_ms.is_none_or(|after| e.at_ms > after);
    let mut found: Vec<Event> = Vec::new();
    let mut damaged = false;
    if limit == 0 {
        return Ok(found);
    }
    if let Some(call) = call {
        for position in positions(index, call, limit)? {
            found.extend(read(index, Tree::Events, &position)?.filter(wanted));
        }
    } else {
        index.scan(Tree::Events, &[], None, true, &mut |_, v| {
            let Some(event) = schema::decode::<Event>(v) else {
                damaged = true;
                return ControlFlow::Break(());
            };
            let over = after_ms.is_some_and(|after| event.at_ms < after.saturating_sub(CLOCK_STEP_MS));
            if wanted(&event) {
                found.push(event);
            }
            if over || found.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
    }
    if damaged {
        return Err(IndexError::Damaged("an event".into()));
    }
    found.reverse();
    Ok(found)
}

/// The newest event of that name of each call, looked for among the newest of its events.
pub(super) fn last_events(index: &dyn Index, name: &str, calls: &[CallId]) -> Result<Vec<Event>, IndexError> {
    let mut found = Vec::new();
    for call in calls {
        for position in positions(index, *call, LOOKED_THROUGH)? {
            let event: Option<Event> = read(index, Tree::Events, &position)?;
            if let Some(event) = event.filter(|event| event.name == name) {
                found.push(event);
                break;
            }
        }
    }
    Ok(found)
}

/// Where the events of a call are, the newest first.
fn positions(index: &dyn Index, call: CallId, limit: usize) -> Result<Vec<Vec<u8>>, IndexError> {
    let from = schema::call_key(call);
    let mut positions = Vec::new();
    let to = schema::after_prefix(&from);
    index.scan(Tree::EventsByCall, &from, to.as_deref(), true, &mut |k, _| {
        positions.extend(k.get(from.len()..).map(<[u8]>::to_vec));
        if positions.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(positions)
}

/// Recordings, newest first.
pub(super) fn recordings(
    index: &dyn Index,
    limit: usize,
    party: Option<&str>,
) -> Result<Vec<RecordingFacts>, IndexError> {
    match party {
        None => newest(index, Tree::Recordings, None, limit),
        Some(party) => of_party(index, (Tree::RecordingsByParty, Tree::Recordings), party, None, limit),
    }
}

/// Recordings, oldest first, after the one that started then.
pub(super) fn oldest_recordings(
    index: &dyn Index,
    after: Option<(i64, CallId)>,
    limit: usize,
) -> Result<Vec<RecordingFacts>, IndexError> {
    let mut from = after.map(|(started_ms, call)| schema::time_key(started_ms, call)).unwrap_or_default();
    if !from.is_empty() {
        from.push(0);
    }
    let (mut found, mut damaged) = (Vec::new(), false);
    if limit == 0 {
        return Ok(found);
    }
    index.scan(Tree::Recordings, &from, None, false, &mut |_, v| {
        match schema::decode(v) {
            Some(facts) => found.push(facts),
            None => damaged = true,
        }
        if found.len() >= limit || damaged { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if damaged { Err(IndexError::Damaged("a record of recordings".into())) } else { Ok(found) }
}

/// The recording of a call.
pub(super) fn recording(index: &dyn Index, call: CallId) -> Result<Option<RecordingFacts>, IndexError> {
    match index.get(Tree::RecordingsByCall, &schema::call_key(call))? {
        Some(key) => read(index, Tree::Recordings, &key),
        None => Ok(None),
    }
}
