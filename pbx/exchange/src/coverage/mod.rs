//! Which events met which states since the start: two arrays of counts, one for calls and one for bindings.
//!
//! A pair that never happened in a week of simulated calls is a pair that nobody has tried.

mod binding;
mod call;

pub(crate) use binding::{BindingEvent, BindingState};
pub(crate) use call::{CallEvent, CallState, media_event, session_event};

use crate::{CallId, Exchange};
use switchroom_sip::coverage::Pair;

const CALL_PAIRS: usize = CallState::ALL.len() * CallEvent::ALL.len();
const BINDING_PAIRS: usize = BindingState::ALL.len() * BindingEvent::ALL.len();

/// The counts.
#[derive(Debug)]
pub(crate) struct Coverage {
    call: [u64; CALL_PAIRS],
    binding: [u64; BINDING_PAIRS],
}

impl Default for Coverage {
    fn default() -> Self {
        Self { call: [0; CALL_PAIRS], binding: [0; BINDING_PAIRS] }
    }
}

fn call_index(state: CallState, event: CallEvent) -> usize {
    event as usize * CallState::ALL.len() + state as usize
}

fn binding_index(state: BindingState, event: BindingEvent) -> usize {
    event as usize * BindingState::ALL.len() + state as usize
}

/// The pairs of one machine as they are counted: event by event, each with every state. What its table says of a pair: `+`
/// it matters, `.` nothing comes of it, `-` the two cannot meet.
fn pairs(
    machine: &'static str,
    states: impl Iterator<Item = &'static str> + Clone,
    events: impl Iterator<Item = &'static str>,
    table: &'static [(&'static str, &'static str)],
    counts: &[u64],
) -> impl Iterator<Item = Pair> {
    let of_event = counts.chunks(states.clone().count().max(1));
    events.zip(table).zip(of_event).flat_map(move |((event, (_, marks)), counts)| {
        let each = states.clone().zip(marks.bytes()).zip(counts);
        each.map(move |((state, mark), times)| Pair {
            machine,
            state,
            event,
            times: *times,
            matters: mark == b'+',
        })
    })
}

impl Exchange {
    /// Every state and event of calls, bindings, SIP sessions and transactions, also those that never met.
    pub fn coverage(&self) -> Vec<Pair> {
        let mut all = self.endpoint.coverage();
        let (states, events) =
            (CallState::ALL.iter().map(|s| s.word()), CallEvent::ALL.iter().map(|e| e.word()));
        all.extend(pairs("call", states, events, call::MATTERS, &self.coverage.call));
        let (states, events) =
            (BindingState::ALL.iter().map(|s| s.word()), BindingEvent::ALL.iter().map(|e| e.word()));
        all.extend(pairs("binding", states, events, binding::MATTERS, &self.coverage.binding));
        all
    }

    /// Something comes to a call.
    pub(crate) fn saw_call(&mut self, id: CallId, event: CallEvent) {
        if let Some(call) = self.calls.get(&id) {
            self.coverage.call[call_index(CallState::of(call), event)] += 1;
        }
    }

    /// Something comes to a binding, or to where one could be.
    pub(crate) fn saw_binding(&mut self, extension: &str, key: &str, event: BindingEvent) {
        let state = BindingState::of(self.registrar.get(extension, key));
        self.coverage.binding[binding_index(state, event)] += 1;
    }
}

#[cfg(test)]
impl Exchange {
    pub(crate) fn times_of_call(&self, state: CallState, event: CallEvent) -> u64 {
        self.coverage.call[call_index(state, event)]
    }

    pub(crate) fn times_of_binding(&self, state: BindingState, event: BindingEvent) -> u64 {
        self.coverage.binding[binding_index(state, event)]
    }
}

/// The marks of the two tables, for the test that compares them with what happens.
#[cfg(test)]
pub(crate) fn marks() -> [&'static [(&'static str, &'static str)]; 2] {
    [call::MATTERS, binding::MATTERS]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_a_row_for_each_event_and_a_mark_for_each_state() {
        let calls = CallEvent::ALL.iter().map(|e| e.word()).collect::<Vec<_>>();
        assert_eq!(call::MATTERS.iter().map(|r| r.0).collect::<Vec<_>>(), calls);
        let bindings = BindingEvent::ALL.iter().map(|e| e.word()).collect::<Vec<_>>();
        assert_eq!(binding::MATTERS.iter().map(|r| r.0).collect::<Vec<_>>(), bindings);
        let is_row = |row: &str, states: usize| row.len() == states && row.chars().all(|c| "+.-".contains(c));
        assert!(call::MATTERS.iter().all(|r| is_row(r.1, CallState::ALL.len())));
        assert!(binding::MATTERS.iter().all(|r| is_row(r.1, BindingState::ALL.len())));
    }
}
