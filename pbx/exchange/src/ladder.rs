//! The messages and decisions of calls, kept for looking at.

use crate::limits::{
    LADDER_BYTES_MAX, LADDER_CALL_BYTES_MAX, LADDER_ENTRIES_MAX, LADDER_LIVE_BYTES_MAX, LADDERS_MAX,
};
use crate::{CallId, LegId};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use switchroom_sip::endpoint::Trace;
use switchroom_sip::flow::Flow;
use switchroom_sip::time::Now;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, Unix microseconds, in the order in which it happened.
    pub at_us: i64,
    /// What.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A SIP message.
    Message {
        /// The leg whose phone it is from or for.
        leg: LegId,
        /// Over what.
        flow: Flow,
        /// From the phone.
        inbound: bool,
        /// Seen before.
        again: bool,
        /// The message as it was.
        bytes: Arc<[u8]>,
    },
    /// A decision of the exchange.
    Decision(String),
}

/// The ladder of one call.
#[derive(Debug, Clone, Default)]
pub struct Ladder {
    /// Entries in order.
    pub entries: Vec<Entry>,
    /// Entries left out because there were too many.
    pub dropped: u32,
    bytes: usize,
    /// The call is over.
    is_over: bool,
    /// Monotonic and wall clock of the first entry: times within a ladder never step.
    origin: Option<Now>,
}

/// All ladders, bounded in number and bytes.
#[derive(Debug, Default)]
pub struct Ladders {
    all: BTreeMap<CallId, Ladder>,
    /// Those of calls that are over, the one that was over first in front.
    over: VecDeque<CallId>,
    /// Of all.
    bytes: usize,
    /// Of calls that are over.
    over_bytes: usize,
}

impl Ladders {
    /// The ladder of a call, if it is still kept.
    pub fn get(&self, call: CallId) -> Option<&Ladder> {
        self.all.get(&call)
    }

    pub(crate) fn message(&mut self, now: Now, call: CallId, leg: LegId, trace: &Trace) {
        let size = trace.bytes.len();
        let kind = EntryKind::Message {
            leg,
            flow: trace.flow,
            inbound: trace.inbound,
            again: trace.again,
            bytes: trace.bytes.clone(),
        };
        self.push(now, call, kind, size);
    }

    pub(crate) fn decision(&mut self, now: Now, call: CallId, text: &str) {
        self.push(now, call, EntryKind::Decision(text.to_owned()), text.len());
    }

    /// Forgets the ladder of a call that nobody was told of.
    pub(crate) fn forget(&mut self, call: CallId) {
        self.drop_bytes(call);
        self.over.retain(|kept| *kept != call);
    }

    fn drop_bytes(&mut self, call: CallId) {
        let Some(gone) = self.all.remove(&call) else { return };
        self.bytes -= gone.bytes;
        if gone.is_over {
            self.over_bytes -= gone.bytes;
        }
    }

    /// A call is over: its ladder is kept as long as there is room.
    pub(crate) fn finished(&mut self, call: CallId) {
        if let Some(ladder) = self.all.get_mut(&call).filter(|ladder| !ladder.is_over) {
            ladder.is_over = true;
            self.over_bytes += ladder.bytes;
            self.over.push_back(call);
            self.make_room();
        }
    }

    fn make_room(&mut self) {
        while self.over_bytes > LADDER_BYTES_MAX || self.over.len() > LADDERS_MAX {
            let Some(oldest) = self.over.pop_front() else { break };
            self.drop_bytes(oldest);
        }
    }

    fn push(&mut self, now: Now, call: CallId, kind: EntryKind, size: usize) {
        let is_full = self.bytes.saturating_add(size) > LADDER_LIVE_BYTES_MAX;
        let ladder = self.all.entry(call).or_default();
        let has_enough = ladder.entries.len() >= LADDER_ENTRIES_MAX
            || ladder.bytes.saturating_add(size) > LADDER_CALL_BYTES_MAX;
        if is_full || has_enough {
            ladder.dropped = ladder.dropped.saturating_add(1);
            return;
        }
        let origin = *ladder.origin.get_or_insert(now);
        let since_us = i64::try_from(now.mono.since(origin.mono).as_micros()).unwrap_or(i64::MAX);
        let at_us = origin.wall.0.saturating_mul(1000).saturating_add(since_us);
        ladder.entries.push(Entry { at_us, kind });
        ladder.bytes += size;
        self.bytes += size;
        if ladder.is_over {
            self.over_bytes += size;
        }
        self.make_room();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchroom_sip::time::{Mono, Wall};

    const NOW: Now = Now { mono: Mono(0), wall: Wall(0) };

    /// However much is written of others, a call that goes on keeps its ladder.
    #[test]
    fn ladders_of_calls_that_go_on_stay() {
        let mut all = Ladders::default();
        let live = CallId(1);
        all.decision(NOW, live, "it begins");
        let text = "x".repeat(LADDER_BYTES_MAX / 100);
        for number in 2..1_000 {
            all.decision(NOW, CallId(number), &text);
            all.finished(CallId(number));
        }
        assert!(all.over_bytes <= LADDER_BYTES_MAX);
        assert!(all.get(CallId(999)).is_some() && all.get(CallId(2)).is_none());
        assert_eq!(all.get(live).map(|ladder| ladder.entries.len()), Some(1));
        // Those that go on are bounded, too: what is left out is counted.
        for number in 2_000..4_000 {
            all.decision(NOW, CallId(number), &text);
        }
        assert!(all.bytes <= LADDER_LIVE_BYTES_MAX);
        assert!(all.get(CallId(999)).is_some(), "those that are over have their own room");
        assert_eq!(all.get(CallId(3_999)).map(|ladder| (ladder.entries.len(), ladder.dropped)), Some((0, 1)));
        (1..4_000).for_each(|number| all.finished(CallId(number)));
        assert!(all.bytes <= LADDER_BYTES_MAX && all.over.len() <= LADDERS_MAX);
        assert_eq!(all.bytes, all.over_bytes);
    }

    /// A few calls whose phones send long messages leave room to those that begin later.
    #[test]
    fn no_call_takes_the_room_of_all() {
        let mut all = Ladders::default();
        let long = "x".repeat(64 * 1024);
        for number in 1..=3 {
            (0..LADDER_ENTRIES_MAX).for_each(|_| all.decision(NOW, CallId(number), &long));
            all.decision(NOW, CallId(number), "it ends");
        }
        assert!(all.bytes <= 3 * LADDER_CALL_BYTES_MAX);
        let ladder = all.get(CallId(1)).cloned().unwrap_or_default();
        assert_eq!(ladder.entries.len() + ladder.dropped as usize, LADDER_ENTRIES_MAX + 1);
        assert_eq!(ladder.entries.len(), LADDER_CALL_BYTES_MAX / long.len());
        all.decision(NOW, CallId(4), "it begins");
        assert_eq!(all.get(CallId(4)).map(|ladder| ladder.dropped), Some(0));
    }
}
