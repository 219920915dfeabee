//! Callers who are called back: what stands in the line in a caller's stead becomes a call when agents are offered it.
//!
//! ```text
//!  offered ──► Placing: agents' phones ring ──one answers──► the agent hears whom ──► Seeking: the caller's phone rings
//!     ▲              │ none does                                                          │            │ answers
//!     └──────────────┘◄─── later, with another agent ◄── busy, no answer, hung up ◄───────┘         Talking
//! ```
//!
//! The floor knows one id for all tries; each offer has a call of its own. [`Exchange::on_floor`] and
//! [`Exchange::call_for`] say what is what, and nothing else does.

use super::moment;
use crate::call::{Call, Over, Stage};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::record::{Cause, EndedBy, LegOutcome, Party};
use crate::text::clean;
use crate::{CallId, LegId, Ticket, Way};
use std::time::Duration;
use switchroom_acd::{CallBackAct, CallBackFact, Exit, Miss};
use switchroom_flow::boundary::CallBackAnswer;
use switchroom_flow::number::normal;
use switchroom_flow::routes::{Asked, Destination};
use switchroom_flow::{Clip, Event, say};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// A call that is placed for a call-back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The call.
    pub(crate) call: CallId,
    /// The offer that rings.
    pub(crate) offer: u64,
}

impl Exchange {
    /// What the floor calls a call: the call-back that it was placed for, as long as that is so, or else itself.
    pub(crate) fn on_floor(&self, id: CallId) -> u128 {
        self.calls.get(&id).and_then(|call| call.call_back).unwrap_or(id.0)
    }

    /// The call that something on the floor is at the moment. A call-back that nobody was offered yet is none.
    pub fn call_for(&self, on_floor: u128) -> CallId {
        self.placed.get(&on_floor).map_or(CallId(on_floor), |placed| placed.call)
    }

    /// A caller in a queue asks to be called back.
    pub(crate) fn ask_call_back(&mut self, now: Now, id: CallId, number: &str) {
        if self.visits.get(&id).is_none_or(|visit| visit.waits.is_none()) {
            return;
        }
        let number = normal(number).into_owned();
        if !self.has_phone(now, id, &number) {
            let text = format!("{} leads to no phone that could be called back", clean(&number));
            return self.refuse_call_back(now, id, CallBackAnswer::NoNumber, text);
        }
        let name = self.next_call(now);
        match self.floor.ask_call_back(moment(now), id.0, name.0, &number) {
            // The caller hears nothing of it, and waits, until it is on disk.
            Ok(true) => self.run_floor(now),
            Ok(false) => self.call_back_noted(now, id),
            Err(_) => {
                let text = "as many callers wait to be called back as may".to_owned();
                self.refuse_call_back(now, id, CallBackAnswer::Refused, text);
            }
        }
    }

    fn refuse_call_back(&mut self, now: Now, id: CallId, answer: CallBackAnswer, text: String) {
        self.why(now, id, "call_back", text);
        self.tell_flow(now, id, Event::CallBack(answer));
    }

    /// The store has said its word of a record. If a caller waits for that: what is on disk is promised, and nothing else.
    pub(crate) fn call_back_asked(&mut self, now: Now, ticket: Ticket, is_kept: bool) {
        let Some((id, name)) = self.call_backs_asked.remove(&ticket) else { return };
        // Who was answered meanwhile, has gone elsewhere or hung up has been told nothing, and is not called back.
        let waits = self.floor.waits_where_asked(name);
        if self.floor.settle_asked(moment(now), name, is_kept) {
            return self.call_back_noted(now, id);
        }
        self.run_floor(now);
        if waits {
            let text = "the wish to be called back could not be kept: the store takes nothing".to_owned();
            self.refuse_call_back(now, id, CallBackAnswer::Refused, text);
        }
    }

    /// A caller is to be called back, and may hang up.
    fn call_back_noted(&mut self, now: Now, id: CallId) {
        if let Some(visit) = self.visits.get_mut(&id) {
            visit.waits = None;
        }
        self.run_floor(now);
        for leg in self.live_callees(id) {
            self.drop_leg(now, id, leg, LegOutcome::Cancelled, None);
        }
        self.back_in_flow(id);
        self.tell_flow(now, id, Event::CallBack(CallBackAnswer::Noted));
    }

    /// Whether a number leads to somebody's phone, and not into a flow, a queue or nowhere.
    fn has_phone(&mut self, now: Now, id: CallId, number: &str) -> bool {
        let config = self.config.clone();
        let caller = self.calls.get(&id).map(|call| call.from.number.clone()).unwrap_or_default();
        let asked = Asked { number, caller: &caller, at_ms: now.wall.0 };
        match config.way(&asked, &mut self.traffic.at(now.mono.0 / 1_000)) {
            Way::Extension => true,
            Way::Route(route) | Way::Full(route) => matches!(route.to, Destination::Extension(_)),
            Way::Service(_) | Way::Supervise(_) | Way::NoRoute | Way::NoNumber => false,
        }
    }

    // ---- an offer becomes a call -------------------------------------------------------------------------------------

    /// Rings the phones of agents for a caller who is to be called back.
    pub(super) fn ring_for_call_back(
        &mut self,
        now: Now,
        name: u128,
        offer: u64,
        agents: &[(String, String)],
        ring: u64,
    ) {
        if !self.is_offer(name, offer) {
            return;
        }
        let extensions: Vec<String> = agents.iter().map(|(_, extension)| extension.clone()).collect();
        if !self.has_room(now) {
            // That is no agent's fault, and no reason to keep one from who waits on the line.
            self.floor.call_back_later(moment(now), name);
            return self.run_floor(now);
        }
        let wait = Duration::from_millis(ring);
        match self.place_call_back(now, name, offer, &extensions, wait) {
            Some(id) => {
                self.timers.set(Timer::NoAnswer(id), now.mono.after(wait));
                self.note_open(id);
                // Some may have no phone that can be rung although others have.
                let how = self.how_unrung(now);
                self.tell_missed(now, id, how);
            }
            None => {
                for (agent, _) in agents {
                    self.floor.missed(moment(now), name, agent, Miss::Failed);
                }
                self.run_floor(now);
            }
        }
    }

    /// Whether one more call could be placed now.
    fn has_room(&self, now: Now) -> bool {
        self.no_room(None).is_none() && self.ports.has_free(now.mono)
    }

    /// Begins the call, with the first phone that rings as its caller's; none if no phone can be rung.
    fn place_call_back(
        &mut self,
        now: Now,
        name: u128,
        offer: u64,
        extensions: &[String],
        wait: Duration,
    ) -> Option<CallId> {
        let one = self.floor.call_back(name)?.clone();
        let (number, tries, queue) = (clean(&one.number), one.tries, one.queue);
        let id = self.next_call(now);
        let from = self.party_of(extensions.first()?);
        let mut call = self.new_placed(now, id, from, self.party_of(&number));
        call.call_back = Some(name);
        self.calls.insert(id, call);
        self.placed.insert(name, Placed { call: id, offer });
        let tried = if tries == 0 { String::new() } else { format!(", after {tries} calls in vain") };
        let text = format!("queue {queue} calls {number} back{tried}: rings {} first", extensions.join(", "));
        self.why(now, id, "call", text.clone());
        let Some(first) = self.ring_callers(now, id, extensions, wait) else {
            // Of this call nobody was told anything.
            self.calls.remove(&id);
            self.placed.remove(&name);
            self.ladders.forget(id);
            return None;
        };
        let maker = self.calls.get_mut(&id).and_then(|call| {
            call.caller = first;
            call.caller_leg()?.extension.clone()
        });
        self.count_call(&maker.unwrap_or_default());
        self.call_event(now, id, &number, "call_started", text);
        Some(id)
    }

    /// The floor wants these agents to ring no more for a call-back. With the last of them the call is over.
    pub(super) fn give_up_call_back(&mut self, now: Now, name: u128, agents: &[(String, String)]) {
        let Some(Placed { call: id, .. }) = self.placed.get(&name).copied() else { return };
        let Some(call) = self.calls.get(&id).filter(|call| call.stage == Stage::Placing) else { return };
        let theirs = call.legs.values().filter(|leg| {
            let extension = leg.extension.as_ref();
            leg.is_live() && agents.iter().any(|(_, seat)| Some(seat) == extension)
        });
        let legs: Vec<_> = theirs.map(|leg| leg.id).collect();
        for leg in legs {
            self.drop_leg(now, id, leg, LegOutcome::Cancelled, None);
        }
        if self.live_callees(id).is_empty() {
            let text = "the agents' phones need ring no more";
            self.finish(now, id, Over::cancelled(EndedBy::System, text));
        }
    }

    // ---- an agent has it ---------------------------------------------------------------------------------------------

    /// An agent answered whose phone rang for a call-back: hears whom it is about, before the caller's phone rings. False if
    /// the call is for none.
    pub(crate) fn agent_takes_call_back(&mut self, now: Now, id: CallId) -> bool {
        let Some(call) = self.calls.get(&id) else { return false };
        let (Some(name), leg) = (call.call_back, call.caller) else { return false };
        let seat = call.caller_leg().and_then(|leg| leg.extension.clone()).unwrap_or_default();
        let agent = self.floor.agent_at(&seat).map(|agent| agent.number.to_string()).unwrap_or_default();
        let is_theirs = self.floor.answered(moment(now), name, &agent);
        self.run_floor(now);
        if !is_theirs {
            let text = format!("{seat} is offered nobody to call back any more");
            self.finish(now, id, Over::cancelled(EndedBy::System, text));
            return true;
        }
        let clips = self.words_to_who_calls_back(name);
        self.begin_briefing(now, id, vec![(leg, clips)], None);
        self.why(now, id, "brief", "the agent hears whom the call is for".to_owned());
        self.note_open(id);
        true
    }

    /// The whisper of the queue, then the number.
    fn words_to_who_calls_back(&self, name: u128) -> Vec<Clip> {
        let Some(one) = self.floor.call_back(name) else { return Vec::new() };
        let language = self.config.language_of(&one.queue);
        let whisper = self.floor.queue(&one.queue).map(|queue| queue.config.whisper.clone());
        let prompt = |name: String| Clip::Prompt { language, name };
        let mut clips: Vec<Clip> = whisper.filter(|name| !name.is_empty()).map(&prompt).into_iter().collect();
        clips.push(prompt(say::messages::CALL_BACK_TO.to_owned()));
        clips.extend(say::digits(language, &one.number));
        clips
    }

    /// The agent has heard whom it is about: the caller's phone rings.
    pub(crate) fn ring_who_is_called_back(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let number = call.to.number.clone();
        if self.has_phone(now, id, &number) {
            return self.route(now, id, &number);
        }
        let text = format!("{} leads to no phone any more", clean(&number));
        self.finish(now, id, Over::by_rule(Cause::NotFound, Status::NOT_FOUND, text));
    }

    /// A phone answered that rang for a call: if it is that of who was called back, that is done. Another one may have been
    /// rung beside it by a user.
    pub(crate) fn reached_by_call_back(&mut self, now: Now, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get(&id).filter(|call| call.was_called_first(leg)) else { return };
        if let Some(name) = call.call_back {
            self.floor.reached(moment(now), name, id.0);
            self.run_floor(now);
        }
    }

    /// The agent's part of a call is over, or the call is: the floor is told, and the call is itself from now on.
    pub(crate) fn end_talk(&mut self, now: Now, id: CallId) {
        self.keep_queues(id);
        let agent = self.floor.agent_of(self.on_floor(id)).map(|agent| agent.extension.clone());
        let name = self.part_from_call_back(id);
        if let Some(seat) = agent.filter(|seat| self.is_in(id, seat)) {
            // Whoever stays in the call has it without a queue from now on, and is offered nothing before that is over.
            self.floor.phone(moment(now), &seat, true, true);
            self.seats_changed.insert(seat);
        }
        self.floor.talk_ended_in(moment(now), name, id.0);
        // It may be of other queues now.
        self.supervisions.touch(id);
        self.run_floor(now);
    }

    /// What the floor called the call until now.
    fn part_from_call_back(&mut self, id: CallId) -> u128 {
        let Some(name) = self.calls.get_mut(&id).and_then(|call| call.call_back.take()) else { return id.0 };
        self.placed.remove(&name);
        name
    }

    /// A call that was placed for a call-back is over. False if it was not.
    pub(super) fn call_back_over(&mut self, now: Now, id: CallId, cause: Cause) -> bool {
        let Some(name) = self.calls.get(&id).and_then(|call| call.call_back) else { return false };
        let offer = self.placed.get(&name).map(|placed| placed.offer);
        self.part_from_call_back(id);
        let rings = offer.is_some_and(|offer| self.is_offer(name, offer));
        if rings {
            let agents = self.floor.waiter(name).and_then(|waiter| waiter.offer.as_ref());
            let agents = agents.iter().flat_map(|offer| &offer.agents);
            let agents = agents.filter_map(|agent| self.floor.agent_by_id(*agent));
            // Each by the own phone.
            let missed = agents.map(|agent| agent.seat());
            let missed: Vec<(String, Miss)> =
                missed.map(|(agent, seat)| (agent, self.missed_by(id, &seat, cause))).collect();
            for (agent, how) in missed {
                self.floor.missed(moment(now), name, &agent, how);
            }
        } else if cause == Cause::Restart {
            self.floor.call_back_cut(moment(now), name);
        }
        // Nothing happens if no agent has it.
        self.floor.talk_ended_in(moment(now), name, id.0);
        self.floor.leave(moment(now), id.0, Exit::Abandoned);
        self.run_floor(now);
        true
    }

    /// Somebody reached a number: who is to be called back there need not be.
    pub(super) fn need_not_call_back(&mut self, now: Now, number: &str) {
        self.floor.talked_with(moment(now), number);
        self.run_floor(now);
    }

    /// The exchange is about to stop: nobody is called back before the next start.
    pub(crate) fn stop_calling_back(&mut self, now: Now) {
        self.floor.stop_calling_back(moment(now));
        self.run_floor(now);
    }

    /// What came of a call-back, for people.
    pub(super) fn tell_of_call_back(&mut self, now: Now, fact: &CallBackFact) {
        let (queue, number) = (&fact.queue, clean(&fact.number));
        let (name, text) = match &fact.act {
            CallBackAct::Asked => ("call_back_asked", format!("queue {queue} will call {number} back")),
            CallBackAct::Called { agent } => {
                ("call_back_taken", format!("agent {agent} calls {number} back"))
            }
            CallBackAct::Priority => (
                "call_back_priority",
                format!("the call-back of {number} has priority {} now", fact.priority),
            ),
            CallBackAct::Tried => ("call_back_tried", format!("{number} was called back in vain")),
            CallBackAct::Closed { how, tries, .. } => {
                let tries = if *tries == 0 { String::new() } else { format!(" after {tries} calls in vain") };
                ("call_back_closed", format!("the call-back of {number} is over{tries}: {}", how.word()))
            }
        };
        self.why_and_event(now, CallId(fact.call), "call_back", &number, name, text);
    }
}

impl Call {
    /// What the phones of agents show who are to call somebody back.
    pub(crate) fn shown_to_who_calls_back(&self) -> Party {
        Party { number: self.to.number.clone(), name: format!("callback: {}", self.to.number) }
    }
}
