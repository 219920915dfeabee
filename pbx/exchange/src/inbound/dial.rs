//! A flow rings phones for its caller.
//!
//! ```text
//! Flow ──dial──► Seeking ──answer──► Talking ──callee hangs up──► Flow (if the flow comes back) or the end
//!   ▲               │ nobody (in turn: the next number, then nobody)
//!   └───────────────┘
//! ```

use super::Visit;
use crate::call::{Over, Stage};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::media::{MediaCommand, Source};
use crate::record::{Cause, LegOutcome};
use crate::{CallId, LegId};
use std::collections::VecDeque;
use std::time::Duration;
use switchroom_flow::{Dialled, Event};
use switchroom_sip::time::Now;

/// Phones that are being rung for a flow.
#[derive(Debug, Clone)]
pub(crate) struct Dial {
    /// Numbers still to be tried, in turn.
    left: VecDeque<String>,
    ring: Option<Duration>,
    comes_back: bool,
    /// The most telling outcome so far.
    best: Option<Dialled>,
}

/// How telling an outcome is: who rings in vain matters more than who is busy, and that more than who is not there.
fn rank(how: Dialled) -> u8 {
    match how {
        Dialled::NoAnswer => 3,
        Dialled::Busy => 2,
        Dialled::Failed | Dialled::Full | Dialled::Closed | Dialled::Empty | Dialled::Talked => 1,
    }
}

/// What the end of a search for somebody means to a flow.
fn outcome(cause: Cause) -> Dialled {
    match cause {
        Cause::Busy | Cause::Declined => Dialled::Busy,
        Cause::NoAnswer => Dialled::NoAnswer,
        _ => Dialled::Failed,
    }
}

impl Exchange {
    pub(super) fn dial(
        &mut self,
        now: Now,
        id: CallId,
        to: Vec<String>,
        in_turn: bool,
        ring: Option<Duration>,
        comes_back: bool,
    ) {
        if !self.is_in_flow(id) {
            return;
        }
        let (first, left) = if in_turn {
            let mut left: VecDeque<String> = to.into();
            (left.pop_front().into_iter().collect(), left)
        } else {
            (to, VecDeque::new())
        };
        if let Some(visit) = self.visits.get_mut(&id) {
            visit.dial = Some(Dial { left, ring, comes_back, best: None });
            visit.playing = None;
        }
        self.try_numbers(now, id, &first);
    }

    /// Rings these numbers at once.
    fn try_numbers(&mut self, now: Now, id: CallId, numbers: &[String]) {
        let ring = self.visits.get(&id).and_then(|visit| visit.dial.as_ref()).and_then(|dial| dial.ring);
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.stage = Stage::Seeking;
        call.begin_search(now, numbers.to_vec());
        self.play_ringing(id);
        let known: Vec<String> =
            numbers.iter().filter(|number| self.config.extensions.contains_key(*number)).cloned().collect();
        for number in numbers.iter().filter(|number| !known.contains(number)) {
            let text = format!("{}: there is no such extension", crate::text::clean(number));
            self.why(now, id, "skip", text);
        }
        self.ring_all(now, id, &known, ring);
    }

    /// Nobody was found. If a flow asked for it, it goes on; otherwise the call is over.
    pub(crate) fn search_failed(&mut self, now: Now, id: CallId, over: Over) {
        if self.offer_failed(now, id, &over) || self.transfer_failed(now, id, &over) {
            return;
        }
        let Some(dial) = self.visits.get_mut(&id).and_then(|visit| visit.dial.as_mut()) else {
            return self.finish(now, id, over);
        };
        let how = outcome(over.cause);
        if dial.best.is_none_or(|best| rank(how) > rank(best)) {
            dial.best = Some(how);
        }
        let (next, best) = (dial.left.pop_front(), dial.best.unwrap_or(how));
        self.why(now, id, "dial", over.text);
        match next {
            Some(number) => self.try_numbers(now, id, &[number]),
            None => {
                self.end_dial(id);
                self.tell_flow(now, id, Event::Dialled(best));
            }
        }
    }

    /// The caller is the flow's again, and hears nothing until it says something.
    fn end_dial(&mut self, id: CallId) {
        self.timers.cancel(Timer::NoAnswer(id));
        if let Some(visit) = self.visits.get_mut(&id) {
            visit.dial = None;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.stage == Stage::Seeking {
            call.stage = Stage::Flow;
        }
        self.silence(id);
    }

    /// The flow no longer wants who is being rung.
    pub(super) fn give_up_dial(&mut self, now: Now, id: CallId) {
        if self.visits.get(&id).is_none_or(|visit| visit.dial.is_none()) {
            return;
        }
        for leg in self.live_callees(id) {
            self.drop_leg(now, id, leg, LegOutcome::Cancelled, None);
        }
        self.end_dial(id);
    }

    /// Somebody whom a flow dialled answered.
    pub(crate) fn dial_answered(&mut self, now: Now, id: CallId) {
        let Some(visit) = self.visits.get_mut(&id) else { return };
        if let Some(dial) = visit.dial.take() {
            visit.comes_back = dial.comes_back;
            self.listen(id, false);
            self.tell_flow(now, id, Event::Connected);
        }
    }

    /// Whether a flow goes on with its caller after this search, or this talk: then the caller has to hear it.
    pub(crate) fn wants_back(&self, id: CallId) -> bool {
        let is_wanted = |visit: &Visit| visit.comes_back || visit.dial.as_ref().is_some_and(|d| d.comes_back);
        self.visits.get(&id).is_some_and(is_wanted)
    }

    /// The side that a flow connected its caller with has hung up: true if the flow goes on with the caller.
    pub(crate) fn back_to_flow(&mut self, now: Now, id: CallId, leg: LegId, text: &str) -> bool {
        let comes_back = self.visits.get(&id).is_some_and(|visit| visit.comes_back);
        let Some(call) = self.calls.get_mut(&id).filter(|_| comes_back) else { return false };
        if call.stage != (Stage::Talking { with: leg }) {
            return false;
        }
        // Whoever was to be consulted in that talk is needed no more.
        self.consult_ends(now, id, text);
        let Some(call) = self.calls.get_mut(&id) else { return false };
        call.stage = Stage::Flow;
        let (caller, who) = (call.caller, call.with.clone().map(|p| p.number).unwrap_or_default());
        self.end_hold(now, id);
        self.drop_briefing(id);
        self.pause_for_flow(now, id);
        self.close_leg(id, leg);
        self.end_talk(now, id);
        if let Some(visit) = self.visits.get_mut(&id) {
            visit.comes_back = false;
        }
        self.media(MediaCommand::Hear { call: id, leg: caller, source: Source::Silence });
        self.why(now, id, "flow", format!("{text}; the caller goes on in the flow"));
        self.call_event(now, id, &who, "back_to_flow", text.to_owned());
        self.refresh_troubles(now, id);
        self.show_parties(id);
        self.listen(id, true);
        self.tell_flow(now, id, Event::Dialled(Dialled::Talked));
        true
    }
}
