//! Callers in flows: what a flow asks for becomes what the exchange does, and what happens becomes the flow's news.
//!
//! A [`Visit`] is one caller's stay in a flow. It begins when the call is routed there and lasts until the flow is over,
//! which may be after the call (clean-up). While it lasts the call is in [`Stage::Flow`], or, when the flow connects it,
//! [`Stage::Seeking`] and [`Stage::Talking`] as any other call.

mod answer;
mod dial;
mod digits;
mod effects;
mod lending;
mod site;

pub(crate) use digits::{Counted, Means, without_digits};

use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::LAST_WORD;
use crate::media::MediaCommand;
use crate::queues::Waits;
use crate::{CallId, LegId};
use site::SiteView;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use switchroom_flow::{Answer, Effect, Event, Flow, Run};
use switchroom_sip::time::Now;

/// Numbers of prompts from here on are not the flow's.
pub(crate) const FLOW_NUMBERS: u64 = 1 << 32;
/// More than a clean-up can give out.
const CLEAN_UP_NUMBERS: u64 = 100_000;

/// What is kept of a call's earlier stays in flows, so that names and numbers are not used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Visited {
    /// Numbers that runs have given out.
    numbers: u64,
    messages: u32,
    queued: u32,
}

/// A caller's stay in a flow.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    /// Where the caller is in it.
    pub(crate) run: Run,
    /// News that the run has not been told yet.
    news: VecDeque<Event>,
    /// The run is being told something: what comes meanwhile waits in `news`.
    is_busy: bool,
    /// Phones are being rung for it.
    pub(crate) dial: Option<dial::Dial>,
    /// The flow goes on when who was dialled hangs up.
    pub(crate) comes_back: bool,
    /// The prompt that plays.
    pub(crate) playing: Option<u64>,
    /// The message that is being recorded. When the call is over it is waited for, and the flow told after it that its
    /// caller is gone.
    pub(crate) taking: Option<Taking>,
    /// Messages of this call so far, for their names.
    messages: u32,
    /// Questions to the outside that are open.
    pub(crate) asked: BTreeSet<u64>,
    /// The caller waits in a queue.
    pub(crate) waits: Option<Waits>,
    /// Stays in queues so far.
    pub(crate) queued: u32,
    /// The caller's class as of its coming, and the priority that comes with it.
    pub(crate) class: Option<(String, i64)>,
    /// The caller was lent to this flow, and comes back from it.
    pub(crate) is_lent: bool,
    /// What came of it.
    result: Option<String>,
    /// The stay in another flow that this one interrupts: one that has its caller connected.
    pub(crate) around: Option<Box<Visit>>,
}

/// A message that is being recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taking {
    pub(crate) id: String,
    pub(crate) leg: LegId,
}

impl Visit {
    /// Whether its run has been told everything.
    pub(crate) fn is_quiet(&self) -> bool {
        self.news.is_empty() && !self.is_busy
    }
}

#[cfg(test)]
impl Visit {
    pub(crate) fn leave_untold(&mut self) {
        self.news.push_back(Event::Woke);
    }
}

impl Exchange {
    /// A call enters a flow. If it was in another before, that has lost its caller.
    pub(crate) fn enter_flow(&mut self, now: Now, id: CallId, flow: Arc<Flow>) {
        self.end_visit(now, id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.stage = crate::Stage::Flow;
        call.flow = Some(flow.name.clone());
        let before = call.visited;
        let class = self.config.inbound.class_of(&call.caller_party().number);
        let class = class.map(|(name, class)| (name.to_owned(), class.priority));
        let visit = Visit {
            run: Run::after(flow, before.numbers),
            news: VecDeque::new(),
            is_busy: false,
            dial: None,
            comes_back: false,
            playing: None,
            taking: None,
            messages: before.messages,
            asked: BTreeSet::new(),
            waits: None,
            queued: before.queued,
            class,
            is_lent: false,
            result: None,
            around: None,
        };
        self.visits.insert(id, visit);
        self.tell_flow(now, id, Event::Begin);
    }

    /// The call is over, and its flow cleans up: at once, or when what is being recorded is known, which the clean-up may
    /// ask for.
    pub(crate) fn leave_flow(&mut self, now: Now, id: CallId) {
        let Some(visit) = self.visits.get_mut(&id) else { return };
        (visit.dial, visit.playing, visit.comes_back) = (None, None, false);
        if visit.taking.is_some() {
            self.timers.set(Timer::Flow(id), now.mono.after(LAST_WORD));
        } else {
            self.tell_flow(now, id, Event::Gone { recorded: None });
        }
    }

    /// The caller of a flow is put through to somewhere else for good. The flow cleans up as far as it can at once; what it
    /// asks for then is asked, and nobody waits for the answer. A message is over, and kept as if the caller had hung up.
    /// Nobody is put through who is lent: that stay ends by itself, in `visit_over`.
    pub(crate) fn end_visit(&mut self, now: Now, id: CallId) {
        let Some(visit) = self.visits.get_mut(&id) else { return };
        (visit.dial, visit.playing, visit.comes_back) = (None, None, false);
        let taking = visit.taking.take();
        let (messages, queued) = (visit.messages, visit.queued);
        // Numbers of what the clean-up asks for are below those of a flow that follows.
        let numbers = visit.run.last_number().saturating_add(CLEAN_UP_NUMBERS);
        if let Some(call) = self.calls.get_mut(&id) {
            call.visited = Visited { numbers, messages, queued };
        }
        if let Some(Taking { leg, .. }) = taking {
            self.media(MediaCommand::StopMessage { call: id, leg, is_kept: true });
        }
        self.tell_flow(now, id, Event::Gone { recorded: None });
        self.visits.remove(&id);
        self.timers.cancel(Timer::Flow(id));
    }

    /// A message has come to its end, and is kept or not.
    pub(crate) fn message_ended(&mut self, now: Now, id: CallId, message: &str, is_kept: bool) {
        let Some(visit) = self.visits.get_mut(&id) else { return };
        if visit.taking.take_if(|taking| taking.id == message).is_none() {
            return;
        }
        let recorded = is_kept.then(|| message.to_owned());
        if self.calls.get(&id).is_some_and(|call| !call.is_ended()) {
            return self.tell_flow(now, id, Event::Recorded(recorded));
        }
        self.timers.cancel(Timer::Flow(id));
        self.tell_flow(now, id, Event::Gone { recorded });
    }

    /// Tells a flow what happened to its caller, and carries out what it asks for.
    pub(crate) fn tell_flow(&mut self, now: Now, id: CallId, event: Event) {
        let Some(visit) = self.visits.get_mut(&id) else { return };
        visit.news.push_back(event);
        if visit.is_busy {
            return;
        }
        while let Some(effects) = self.tell_next(now, id) {
            for effect in effects {
                self.carry_out(now, id, effect);
            }
        }
        match self.visits.get_mut(&id) {
            Some(visit) if visit.run.is_over() => self.visit_over(now, id),
            Some(visit) => visit.is_busy = false,
            None => {}
        }
        self.changed.insert(crate::Changed::Call(id));
    }

    /// Tells a flow the next that happened. Gives what it asks for; none if there is no more.
    fn tell_next(&mut self, now: Now, id: CallId) -> Option<Vec<Effect>> {
        let visit = self.visits.get_mut(&id)?;
        let event = visit.news.pop_front()?;
        visit.is_busy = true;
        let mut site = SiteView {
            config: &self.config,
            now,
            call: self.calls.get(&id),
            language: visit.run.language(),
            mailboxes: &self.mailboxes,
            shares: &mut self.shares,
            pin_guard: &mut self.pin_guard,
            floor: &self.floor,
            figures: &self.figures,
            class: visit.class.as_ref().map_or("", |(name, _)| name),
        };
        visit.run.handle(&mut site, event);
        Some(std::iter::from_fn(|| visit.run.poll_effect()).collect())
    }

    /// Whether a call's flow has the caller to itself: nobody is rung for it and it talks with nobody.
    pub(crate) fn is_in_flow(&self, id: CallId) -> bool {
        self.calls.get(&id).is_some_and(|call| call.stage == crate::Stage::Flow)
    }

    /// The flow and node that a call is at.
    pub fn place_of(&self, id: CallId) -> Option<(String, String)> {
        let (flow, _, node) = self.visits.get(&id)?.run.at()?;
        Some((flow.name.clone(), node.name.clone()))
    }

    /// A question to the outside has been answered.
    pub(crate) fn on_answered_outside(&mut self, now: Now, id: CallId, number: u64, answer: Answer) {
        let is_asked = self.visits.get_mut(&id).is_some_and(|visit| visit.asked.remove(&number));
        if is_asked {
            self.tell_flow(now, id, Event::Answered(number, answer));
        }
    }

    /// A time that a flow waited for has come, or that was left for its message.
    pub(crate) fn flow_due(&mut self, now: Now, id: CallId) {
        let is_ended = self.calls.get(&id).is_none_or(crate::Call::is_ended);
        match self.visits.get_mut(&id) {
            Some(visit) if is_ended => {
                visit.taking = None;
                self.tell_flow(now, id, Event::Gone { recorded: None });
            }
            _ => self.tell_flow(now, id, Event::Woke),
        }
    }
}
