//! The one place that says how the index lies on disk: trees, keys, values, version.
//!
//! | tree                 | key                                   | value                              |
//! | -------------------- | ------------------------------------- | ---------------------------------- |
//! | `meta`               | `schema`                              | version, u64                       |
//! |                      | `applied_seq`                         | last journal line applied, u64     |
//! |                      | `event_seq`, `call_number`            | highest ever used, u64             |
//! | `bindings`           | extension, 0, binding key             | `BindingRecord`                    |
//! | `subscriptions`      | our tag of its dialog                 | `SubscriptionRecord`               |
//! | `cdrs`               | end (ordered i64), call id (u128)     | `Cdr`                              |
//! | `cdrs_by_call`       | call id                               | key in `cdrs`                      |
//! | `cdrs_by_number`     | short number (u64)                    | call id of the newest with it      |
//! | `cdrs_by_party`      | number, 0, key in `cdrs`              | nothing                            |
//! | `open_calls`         | call id                               | `OpenCall`, until its CDR          |
//! | `events`             | position (u64)                        | `Event`                            |
//! | `events_by_call`     | call id, position                     | nothing                            |
//! | `recordings`         | start (ordered i64), call id          | `RecordingFacts`                   |
//! | `recordings_by_call` | call id                               | key in `recordings`                |
//! | `recordings_by_party`| number, 0, key in `recordings`        | nothing                            |
//! | `messages`           | message id                            | `MessageRecord`                    |
//! | `agents`             | agent's number                        | `Remembered`: the latest state     |
//! | `facts`              | position (u64), among those of events | `Fact` of queues and agents        |
//! | `decisions_by_call`  | call id, position                     | nothing                            |
//! | `inbox_facts`        | position                              | nothing: who gave up, who came back|
//! | `doors`              | queue's name                          | `DoorFact`: what was said of it last|
//!
//! Facts, and with them what points to them, are thrown away when they are older than is configured; the journal keeps
//! them. A rebuilt index has them all again, and throws them away again.
//!
//! All numbers are big-endian, so byte order is time order. An "ordered i64" has its sign bit flipped. A record is
//! one version byte, the CRC-32 of its JSON (u32), its JSON. Numbers of parties hold no zero byte: what holds one is
//! not indexed by party.

use serde::Serialize;
use serde::de::DeserializeOwned;
use switchroom_exchange::CallId;

/// Version of this schema; an index of another version is rebuilt from the journal.
pub(super) const SCHEMA_VERSION: u64 = 2;

/// Version byte of a record.
const VALUE_VERSION: u8 = 1;

/// A tree of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tree {
    Meta,
    Bindings,
    Cdrs,
    CdrsByCall,
    CdrsByNumber,
    CdrsByParty,
    Events,
    EventsByCall,
    Recordings,
    RecordingsByCall,
    RecordingsByParty,
    OpenCalls,
    Messages,
    Agents,
    Facts,
    DecisionsByCall,
    InboxFacts,
    Doors,
    Subscriptions,
}

impl Tree {
    /// All of them, in the order of their discriminants.
    pub(super) const ALL: [Self; 19] = [
        Self::Meta,
        Self::Bindings,
        Self::Cdrs,
        Self::CdrsByCall,
        Self::CdrsByNumber,
        Self::CdrsByParty,
        Self::Events,
        Self::EventsByCall,
        Self::Recordings,
        Self::RecordingsByCall,
        Self::RecordingsByParty,
        Self::OpenCalls,
        Self::Messages,
        Self::Agents,
        Self::Facts,
        Self::DecisionsByCall,
        Self::InboxFacts,
        Self::Doors,
        Self::Subscriptions,
    ];

    /// Its name on disk.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Bindings => "bindings",
            Self::Cdrs => "cdrs",
            Self::CdrsByCall => "cdrs_by_call",
            Self::CdrsByNumber => "cdrs_by_number",
            Self::CdrsByParty => "cdrs_by_party",
            Self::Events => "events",
            Self::EventsByCall => "events_by_call",
            Self::Recordings => "recordings",
            Self::RecordingsByCall => "recordings_by_call",
            Self::RecordingsByParty => "recordings_by_party",
            Self::OpenCalls => "open_calls",
            Self::Messages => "messages",
            Self::Agents => "agents",
            Self::Facts => "facts",
            Self::DecisionsByCall => "decisions_by_call",
            Self::InboxFacts => "inbox_facts",
            Self::Doors => "doors",
            Self::Subscriptions => "subscriptions",
        }
    }
}

/// `meta`: version of the schema.
pub(super) const META_SCHEMA: &[u8] = b"schema";
/// `meta`: last journal line that is applied.
pub(super) const META_APPLIED: &[u8] = b"applied_seq";
/// `meta`: highest event position.
pub(super) const META_EVENT_SEQ: &[u8] = b"event_seq";
/// `meta`: highest short call number.
pub(super) const META_CALL_NUMBER: &[u8] = b"call_number";

/// A number as a value or key.
pub(super) fn number(value: u64) -> [u8; 8] {
    value.to_be_bytes()
}

/// Reads what [`number`] wrote.
pub(super) fn read_number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// A time such that byte order is time order, also before 1970.
fn ordered(time_ms: i64) -> [u8; 8] {
    (time_ms.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// A call id as a key.
pub(super) fn call_key(call: CallId) -> [u8; 16] {
    call.0.to_be_bytes()
}

/// Time, then call: the key of CDRs and recordings.
pub(super) fn time_key(time_ms: i64, call: CallId) -> Vec<u8> {
    [&ordered(time_ms)[..], &call_key(call)[..]].concat()
}

/// The first key of a time: everything before it is earlier.
pub(super) fn time_bound(time_ms: i64) -> Vec<u8> {
    ordered(time_ms).to_vec()
}

/// Text, a zero byte, more; `None` if the text could be taken for another.
pub(super) fn text_key(text: &str, rest: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() || text.as_bytes().contains(&0) {
        return None;
    }
    Some([text.as_bytes(), &[0], rest].concat())
}

/// Position of an event within its call.
pub(super) fn call_event_key(call: CallId, position: u64) -> Vec<u8> {
    [&call_key(call)[..], &number(position)[..]].concat()
}

/// The first key after all that begin with `prefix`; `None` if there is none.
pub(super) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut bound = prefix.to_vec();
    while let Some(last) = bound.last_mut() {
        if let Some(next) = last.checked_add(1) {
            *last = next;
            return Some(bound);
        }
        bound.pop();
    }
    None
}

/// A record as a value.
pub(super) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, serde_json::Error> {
    let json = serde_json::to_vec(record)?;
    let mut value = Vec::with_capacity(json.len() + 5);
    value.push(VALUE_VERSION);
    value.extend_from_slice(&crc32fast::hash(&json).to_be_bytes());
    value.extend_from_slice(&json);
    Ok(value)
}

/// Reads what [`encode`] wrote; `None` if it is damaged or of an unknown version.
pub(super) fn decode<T: DeserializeOwned>(value: &[u8]) -> Option<T> {
    let (version, rest) = value.split_first()?;
    let (crc, json) = rest.split_first_chunk::<4>()?;
    if *version != VALUE_VERSION || u32::from_be_bytes(*crc) != crc32fast::hash(json) {
        return None;
    }
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn keys_sort_by_time_and_then_by_call() {
        let times = [i64::MIN, -1, 0, 1, 1_700_000_000_000, i64::MAX];
        let keys: Vec<_> =
            times.iter().flat_map(|t| [time_key(*t, CallId(1)), time_key(*t, CallId(2))]).collect();
        assert!(keys.is_sorted());
        assert!(time_bound(5) > time_key(4, CallId(u128::MAX)) && time_bound(5) < time_key(5, CallId(0)));
    }

    #[test]
    fn a_damaged_value_is_not_read() {
        let good = encode(&"hello").unwrap();
        assert_eq!(decode::<String>(&good).as_deref(), Some("hello"));
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1;
            assert_eq!(decode::<String>(&bad), None, "byte {place}");
            assert_eq!(decode::<String>(&good[..place]), None, "cut at {place}");
        }
    }

    #[test]
    fn the_end_of_a_prefix_is_after_all_that_begin_with_it() {
        assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after_prefix(&[1, 255]), Some(vec![2]));
        assert_eq!(after_prefix(&[255, 255]), None);
        assert_eq!(text_key("10\x001", b""), None);
    }
}
