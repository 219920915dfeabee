//! What a flow asks for.

use super::Taking;
use crate::call::{Many, Over};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::input::Action;
use crate::mailbox::Unfinished;
use crate::media::{MediaCommand, Source};
use crate::record::{Cause, EventKind, Severity};
use crate::{CallId, Config, Stage};
use std::time::Duration;
use switchroom_acd::Exit;
use switchroom_flow::boundary::{Becomes, HangUp};
use switchroom_flow::node::HangUpAs;
use switchroom_flow::{Clip, Effect, Event};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// What the id of an alarm about a flow begins with.
const FAULT: &str = "flow:";

impl Exchange {
    pub(super) fn carry_out(&mut self, now: Now, id: CallId, effect: Effect) {
        match effect {
            Effect::Entered { flow, name, by, .. } => self.note_entered(now, id, &flow, &name, &by),
            Effect::Play { number, clips } => self.play(now, id, number, clips),
            Effect::Silence => self.silence(id),
            Effect::Wake(Some(after)) => {
                // Keys are waited for, and only who was answered can press some.
                if !self.is_in_flow(id) || self.answer_caller(now, id) {
                    self.timers.set(Timer::Flow(id), now.mono.after(after));
                }
            }
            Effect::Wake(None) => {
                self.timers.cancel(Timer::Flow(id));
            }
            // Digits in flows are not written down at all: see `on_digit`.
            Effect::Secret(_) => {}
            Effect::Dial { .. } | Effect::Queue { .. } if self.is_lent(id) => self.refuse_to_connect(now, id),
            Effect::Dial { to, in_turn, ring, comes_back } => {
                self.dial(now, id, to, in_turn, ring, comes_back);
            }
            Effect::Queue { queue, priority, agent, comes_back } => {
                self.enqueue(now, id, &queue, priority, agent, comes_back);
            }
            Effect::Withdraw => self.withdraw(now, id),
            Effect::WaitOn => self.wait_on(id),
            Effect::CallBack { number } => self.ask_call_back(now, id, &number),
            Effect::Record { mailbox, longest, silence } => {
                self.take_message(now, id, mailbox, longest, silence);
            }
            Effect::Ask { number, asking, timeout } => {
                if let Some(visit) = self.visits.get_mut(&id) {
                    visit.asked.insert(number);
                }
                self.actions.push_back(Action::Ask { call: id, number, asking, timeout });
            }
            Effect::Survey { question, answer } => self.keep_answer(now, id, question, answer),
            Effect::Agent(act) => self.act_by_phone(now, id, &act),
            Effect::Message { id: message, becomes } => match becomes {
                Becomes::Old => self.message_heard(now, &message),
                Becomes::Gone => {
                    self.message_deleted(now, &message);
                }
            },
            Effect::Fault { flow, node, what } => self.raise_fault(now, id, &flow, &node, &what),
            Effect::GiveBack { result } => self.note_result(id, result),
            Effect::HangUp(how) => self.hang_up_by_flow(now, id, &how),
            Effect::End => {}
        }
    }

    fn note_entered(&mut self, now: Now, id: CallId, flow: &str, node: &str, by: &str) {
        // After the end of a call its path is written already.
        if self.calls.get(&id).is_none_or(|call| call.is_ended()) {
            return;
        }
        // Which key led there may be part of what nobody is to know.
        let by = if self.is_lent(id) && by.starts_with("key ") { "key" } else { by };
        self.why(now, id, "flow", format!("{flow}: {node} ({by})"));
    }

    /// The sound that a caller in a flow hears from now.
    fn play(&mut self, now: Now, id: CallId, number: u64, clips: Vec<Clip>) {
        let is_waiting = self.visits.get(&id).is_some_and(|visit| visit.waits.is_some());
        if is_waiting {
            self.ask_in_queue(id);
        } else if !self.is_in_flow(id) || !self.answer_caller(now, id) {
            return;
        }
        let Some(leg) = self.calls.get(&id).map(|call| call.caller) else { return };
        if let Some(visit) = self.visits.get_mut(&id) {
            visit.playing = Some(number);
        }
        self.media(MediaCommand::Play { call: id, leg, number, clips, is_loop: false });
    }

    pub(crate) fn silence(&mut self, id: CallId) {
        // Who waits in a queue may be asked something while agents' phones ring.
        let is_waiting = self.visits.get(&id).is_some_and(|visit| visit.waits.is_some());
        let is_silenced =
            |call: &&crate::Call| call.stage == Stage::Flow || is_waiting && call.stage == Stage::Seeking;
        let Some(call) = self.calls.get(&id).filter(is_silenced) else { return };
        let leg = call.caller;
        if let Some(visit) = self.visits.get_mut(&id) {
            visit.playing = None;
        }
        if self.calls.get(&id).is_some_and(crate::Call::has_answered_caller) {
            self.media(MediaCommand::Hear { call: id, leg, source: Source::Silence });
        }
    }

    /// A prompt was heard to its end.
    pub(crate) fn on_played(&mut self, now: Now, id: CallId, number: u64) {
        if self.announced(id, number) {
            return;
        }
        let Some(visit) = self.visits.get_mut(&id).filter(|visit| visit.playing == Some(number)) else {
            return;
        };
        visit.playing = None;
        self.tell_flow(now, id, Event::Played(number));
    }

    fn take_message(
        &mut self,
        now: Now,
        id: CallId,
        mailbox: Option<String>,
        longest: Duration,
        silence: Duration,
    ) {
        let leg = self.calls.get(&id).filter(|call| call.stage == Stage::Flow).map(|call| call.caller);
        let (Some(leg), Some(visit)) = (leg, self.visits.get_mut(&id)) else {
            return self.tell_flow(now, id, Event::Recorded(None));
        };
        visit.messages += 1;
        let message = format!("{id}-{}", visit.messages).to_lowercase();
        visit.taking = Some(Taking { id: message.clone(), leg });
        let from = self.calls.get(&id).map(|call| call.caller_party().clone()).unwrap_or_default();
        let unfinished = Unfinished { call: id, from, mailbox, is_dropped: false };
        self.message_begins(now, &message, unfinished);
        let ms = |span: Duration| u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
        let (longest_ms, silence_ms) = (ms(longest), ms(silence));
        self.media(MediaCommand::Hear { call: id, leg, source: Source::Silence });
        self.media(MediaCommand::TakeMessage { call: id, leg, message, longest_ms, silence_ms });
    }

    /// What a flow began is given up.
    fn withdraw(&mut self, now: Now, id: CallId) {
        self.give_up_dial(now, id);
        self.withdraw_from_queue(now, id, Exit::Key);
        if let Some(taking) = self.visits.get_mut(&id).and_then(|visit| visit.taking.take()) {
            self.message_given_up(&taking.id);
            self.media(MediaCommand::StopMessage { call: id, leg: taking.leg, is_kept: false });
        }
    }

    fn keep_answer(&mut self, now: Now, id: CallId, question: String, answer: char) {
        // A flow may ask in a loop, and each answer is written down with all before it.
        if self.left_out_one(id, Many::Answers) {
            return;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.answers.push((question.clone(), answer));
        let agent = call.with.clone().map(|party| party.number).unwrap_or_default();
        let text = format!("{question}: {answer}");
        self.call_event(now, id, &agent, "survey", text);
        self.note_open(id);
    }

    /// Something in a flow is wrong; its caller is at the place it is about.
    pub(crate) fn flow_fault(&mut self, now: Now, id: CallId, what: &str) {
        let Some((flow, node)) = self.place_of(id) else { return };
        self.raise_fault(now, id, &flow, &node, what);
    }

    fn raise_fault(&mut self, now: Now, id: CallId, flow: &str, node: &str, what: &str) {
        let text = format!("flow {flow}, node {node}: {what}");
        let call = self.calls.get(&id).filter(|call| !call.is_ended()).map(|call| call.id);
        self.event(now, EventKind::Call, Severity::Warn, call, flow, "flow_fault", text.clone());
        self.set_alarm(now, &format!("{FAULT}{flow}"), Some((Severity::Warn, text)), None);
    }

    /// What was wrong with a flow may be right now that it is another or gone, or that the site is: lists, mailboxes, prompts,
    /// queues that it asks for. If not, its next caller says so again.
    pub(crate) fn forgive_flows(&mut self, now: Now, old: &Config) {
        let new = self.config.clone();
        let has_other_queues = new.floor.queues.keys().ne(old.floor.queues.keys());
        let is_other_site = new.inbound != old.inbound || has_other_queues;
        let is_same = |flow: &str| new.flows.get(flow).is_some_and(|now| old.flows.get(flow) == Some(now));
        let is_forgiven = |flow: &str| is_other_site || !is_same(flow);
        let over: Vec<String> = self
            .alarms
            .keys()
            .filter(|id| id.strip_prefix(FAULT).is_some_and(is_forgiven))
            .cloned()
            .collect();
        for id in over {
            self.set_alarm(now, &id, None, None);
        }
    }

    fn hang_up_by_flow(&mut self, now: Now, id: CallId, how: &HangUp) {
        let is_answered = self.calls.get(&id).is_some_and(|call| call.answered.is_some());
        let at = if how.node.is_empty() { "its end".to_owned() } else { format!("at {}", how.node) };
        let (cause, status, words) = ending(how.turn_away, is_answered);
        self.finish(now, id, Over::by_rule(cause, status, format!("the flow {words}, {at}")));
    }
}

/// How a flow ends a call: for the record, for the caller's phone, for people.
fn ending(turn_away: HangUpAs, is_answered: bool) -> (Cause, Option<Status>, &'static str) {
    match turn_away {
        _ if is_answered => (Cause::HungUp, None, "hung up"),
        HangUpAs::Normal => (Cause::Unreachable, Some(Status::UNAVAILABLE), "turned the caller away"),
        HangUpAs::Busy => (Cause::Busy, Some(Status::BUSY), "turned the caller away as busy"),
        HangUpAs::Rejected => (Cause::Declined, Some(Status::DECLINE), "rejected the caller"),
        HangUpAs::NotFound => {
            (Cause::NotFound, Some(Status::NOT_FOUND), "turned the caller away: no such number")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchroom_flow::site::outcome;

    /// What a clean-up finds in a rehearsal is what it finds here.
    #[test]
    fn rehearsals_know_how_calls_end() {
        for is_answered in [false, true] {
            for how in [HangUpAs::Normal, HangUpAs::Busy, HangUpAs::Rejected, HangUpAs::NotFound] {
                assert_eq!(ending(how, is_answered).0.word(), outcome(Some(how), is_answered));
            }
        }
        assert_eq!(Cause::HungUp.word(), outcome(None, true));
        assert_eq!(Cause::Cancelled.word(), outcome(None, false));
    }
}
