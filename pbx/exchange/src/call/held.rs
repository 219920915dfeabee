//! A party that is held: how long already, and what becomes of it when the phone that holds it is gone.
//!
//! Who was held by an agent, with a caller of a queue on the line, and is gone without having hung up, did not mean to end
//! the call: the caller waits again, before all others. Who came from no queue has nowhere to wait, and the call ends.

use super::{Call, Stage};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::media::{MediaCommand, Source};
use crate::record::{EventKind, LegOutcome, Severity};
use crate::registrar::Binding;
use crate::{CallId, LegId};
use switchroom_acd::agent::Doing;
use switchroom_acd::limits::PRIORITY_MAX;
use switchroom_sip::time::Now;

impl Call {
    /// The phone that holds the other party, if one of the two does.
    fn holder(&self) -> Option<LegId> {
        self.held?;
        let Stage::Talking { with } = self.stage else { return None };
        let holds = |leg: &LegId| self.leg(*leg).is_some_and(|leg| leg.is_live() && leg.holds);
        let consults = self.consult().filter(|_| self.is_consulting_apart()).map(|consult| consult.by);
        [with, self.caller].into_iter().find(holds).or(consults)
    }

    /// Whether it has been held so long that somebody was reminded of it.
    pub fn is_held_long(&self) -> bool {
        self.held.is_some() && self.is_reminded
    }
}

impl Exchange {
    /// A hold has begun.
    pub(super) fn hold_begins(&mut self, now: Now, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.is_reminded = false;
        }
        if !self.config.hold_reminder.is_zero() {
            self.timers.set(Timer::HoldReminder(id), now.mono.after(self.config.hold_reminder));
        }
    }

    /// Nobody is held any more, whatever ended that: the recording, the path and the journal say so. False if nobody was.
    pub(crate) fn end_hold(&mut self, now: Now, id: CallId) -> bool {
        let Some(since) = self.calls.get_mut(&id).and_then(|call| call.held.take()) else { return false };
        self.forget_reminder(id);
        self.mark(id, "resume", "");
        let text = format!("held no more after {} s", now.mono.since(since.mono).as_secs());
        self.why_and_event(now, id, "resume", "", "call_resumed", text);
        true
    }

    /// Nobody need be reminded of a hold.
    pub(crate) fn forget_reminder(&mut self, id: CallId) {
        self.timers.cancel(Timer::HoldReminder(id));
    }

    /// A party is held for long: people are told, again and again, and a phone that is registered no more holds nobody.
    pub(crate) fn remind_of_hold(&mut self, now: Now, id: CallId) {
        if self.config.hold_reminder.is_zero() {
            // Nobody is to be told any more.
            return;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (Some(since), Some(holder)) = (call.held, call.holder()) else { return };
        call.is_reminded = true;
        let (who, span) = (call.number_of(holder), now.mono.since(since.mono).as_secs());
        let extension = call.leg(holder).and_then(|leg| leg.extension.clone());
        let flow = call.leg(holder).map(|leg| leg.flow);
        self.timers.set(Timer::HoldReminder(id), now.mono.after(self.config.hold_reminder));
        let text = format!("held by {who} for {span} s");
        self.event(now, EventKind::Call, Severity::Warn, Some(id), &who, "hold_reminder", text);
        self.changed.insert(crate::Changed::Call(id));
        let is_gone = extension.zip(flow).is_some_and(|(extension, flow)| {
            // A contact that is configured tells nothing unless it is this phone's, and answers; of one whose host has
            // moved since, nobody asks any more whether the phone is still where it was.
            let is_there = |b: &Binding| {
                let tells = if b.flow == flow {
                    b.obstacle().is_none()
                } else {
                    self.is_of_contact(&extension, flow)
                };
                !b.is_fixed() || tells
            };
            !self.registrar.of(&extension).any(is_there)
        });
        if is_gone && self.may_wait_again(id, holder).is_some() {
            self.drop_leg(now, id, holder, LegOutcome::Answered, None);
            self.wait_again(now, id, holder, &format!("{who} holds and is registered nowhere"));
        }
    }

    /// The queue to which the party that is held may go back when the leg that holds it is gone.
    fn may_wait_again(&self, id: CallId, leg: LegId) -> Option<String> {
        let call = self.calls.get(&id)?;
        let is_theirs = call.stage == (Stage::Talking { with: leg }) && call.call_back.is_none();
        let holds = call.held.is_some() && call.leg(leg)?.holds;
        if !is_theirs || !holds || call.under_way().is_some() || self.counts.draining {
            return None;
        }
        self.may_enter_flow(id, call.caller).ok()?;
        let agent = self.floor.agent_of(self.on_floor(id))?;
        let Doing::Talking { queue, .. } = &agent.doing else { return None };
        let queue = self.floor.queue_by_id(*queue)?;
        self.floor.queue(&queue.name).map(|queue| queue.name.clone())
    }

    /// The phone that held a caller of a queue is gone: the caller waits again, before all others. False if that is not how
    /// things are.
    pub(super) fn wait_again(&mut self, now: Now, id: CallId, leg: LegId, text: &str) -> bool {
        let Some(queue) = self.may_wait_again(id, leg) else { return false };
        let Some(call) = self.calls.get_mut(&id) else { return false };
        call.waits_again = true;
        let (caller, who) = (call.caller, call.number_of(leg));
        let whom = call.number_of(caller);
        self.end_hold(now, id);
        self.close_leg_beside(id, leg);
        self.end_talk(now, id);
        let text = format!("{text}; {whom} waits in queue {queue} again, first of all");
        self.why(now, id, "hold", text.clone());
        self.event(now, EventKind::Call, Severity::Warn, Some(id), &who, "held_waits_again", text);
        self.media(MediaCommand::Hear { call: id, leg: caller, source: Source::Silence });
        self.refresh_troubles(now, id);
        self.show_parties(id);
        self.listen(id, true);
        let flow = super::route::queue_flow_at(&self.config, &queue, Some(PRIORITY_MAX));
        self.enter_flow(now, id, flow);
        if self.calls.get(&id).is_some_and(|call| !call.is_ended()) {
            self.note_open(id);
        }
        true
    }
}
