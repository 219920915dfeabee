//! A caller who is lent to a flow: its stay there interrupts that in another flow, if there was one, and ends with a result.

use super::{Visit, Visited};
use crate::CallId;
use crate::due::Timer;
use crate::exchange::Exchange;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use switchroom_flow::{Dialled, Event, Flow, Run};
use switchroom_sip::time::Now;

impl Visit {
    /// The stay of a caller who is lent, with what it interrupts.
    fn lent(flow: Arc<Flow>, before: Visited, around: Option<Self>) -> Self {
        let (last, messages, queued) = match &around {
            Some(around) => (around.run.last_number(), around.messages, around.queued),
            None => (before.numbers, before.messages, before.queued),
        };
        Self {
            run: Run::after(flow, last).lent(),
            news: VecDeque::new(),
            is_busy: false,
            dial: None,
            comes_back: false,
            playing: None,
            taking: None,
            messages,
            asked: BTreeSet::new(),
            waits: None,
            queued,
            class: around.as_ref().and_then(|around| around.class.clone()),
            is_lent: true,
            result: None,
            around: around.map(Box::new),
        }
    }
}

impl Exchange {
    /// The caller of a call enters a flow that gives it back.
    pub(crate) fn lend(&mut self, now: Now, id: CallId, flow: Arc<Flow>) {
        let Some(call) = self.calls.get(&id) else { return };
        let (before, caller) = (call.visited, call.caller_party().number.clone());
        let around = self.visits.remove(&id);
        let mut visit = Visit::lent(flow, before, around);
        if visit.class.is_none() {
            let class = self.config.inbound.class_of(&caller);
            visit.class = class.map(|(name, class)| (name.to_owned(), class.priority));
        }
        self.visits.insert(id, visit);
        self.tell_flow(now, id, Event::Begin);
    }

    /// Whether the flow that a caller is in has it lent.
    pub(super) fn is_lent(&self, id: CallId) -> bool {
        self.visits.get(&id).is_some_and(|visit| visit.is_lent)
    }

    /// What the flow gives back with its caller.
    pub(super) fn note_result(&mut self, id: CallId, result: String) {
        if let Some(visit) = self.visits.get_mut(&id) {
            visit.result = Some(result);
        }
    }

    /// Who is lent is connected with nobody. What can be seen before is refused then; flows that are run by others may have
    /// changed since.
    pub(super) fn refuse_to_connect(&mut self, now: Now, id: CallId) {
        self.flow_fault(now, id, "it may not connect a caller who was handed off and is to come back");
        self.tell_flow(now, id, Event::Dialled(Dialled::Failed));
    }

    /// A stay in a flow is over: one that it interrupted goes on, and who lent the caller has it back.
    pub(super) fn visit_over(&mut self, now: Now, id: CallId) {
        let Some(visit) = self.visits.remove(&id) else { return };
        self.timers.cancel(Timer::Flow(id));
        let last = visit.run.last_number();
        match visit.around {
            Some(mut around) => {
                around.run.number_after(last);
                (around.messages, around.queued) = (visit.messages, visit.queued);
                self.visits.insert(id, *around);
                if self.calls.get(&id).is_some_and(crate::Call::is_ended) {
                    return self.leave_flow(now, id);
                }
            }
            None => {
                if let Some(call) = self.calls.get_mut(&id) {
                    call.visited = Visited { numbers: last, messages: visit.messages, queued: visit.queued };
                }
            }
        }
        if let Some(result) = visit.result {
            self.hand_back(now, id, &result);
        }
    }
}
