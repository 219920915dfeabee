//! A call ends: everybody is told, the media is closed, the CDR is written, the call leaves the board.

use super::{LegState, Over, Recording, Stage};
use crate::coverage::CallEvent;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::input::Action;
use crate::limits::{ENDED_SHOWN, LAST_WORD};
use crate::media::MediaCommand;
use crate::queues::moment;
use crate::record::{
    Cause, Cdr, End, EndedBy, Ending, EventKind, LegOutcome, OpenCall, Record, Severity, Why,
};
use crate::{CallId, LegId};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

impl Exchange {
    /// Ends a call.
    pub(crate) fn finish(&mut self, now: Now, id: CallId, over: Over) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.is_ended() {
            return;
        }
        let was_answered = call.answered.is_some();
        // Who is consulted, and a supervisor's phone, are connected to a service of ours.
        let is_ours = matches!(call.stage, Stage::Placing | Stage::Service { .. });
        let calls_nobody_back = is_ours || self.is_about_another(id);
        self.keep_queues(id);
        self.supervisions.touch(id);
        self.transfer_ends(now, id);
        self.hand_off_ends(now, id);
        self.consult_ends(now, id, &over.text);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let at = call.clock(now);
        let (cause, status, text) = (over.cause, over.status, over.text.clone());
        let ending = over.at(at.wall.0);
        let was_placing = call.stage == Stage::Placing;
        call.stage = Stage::Ended { ending, at, is_written: false };
        call.held = None;
        let number = call.number;
        let legs: Vec<LegId> = call.legs.keys().copied().collect();
        let maker = call.caller_leg().and_then(|l| l.extension.clone());
        self.live_calls = self.live_calls.saturating_sub(1);
        if let Some(maker) = maker {
            self.made_one_less(&maker);
        }
        self.timers.cancel(Timer::NoAnswer(id));
        self.forget_reminder(id);
        self.drop_briefing(id);
        if !was_answered {
            self.refuse_caller(now, id, status);
        }
        let outcome = cause.leg_outcome();
        self.stop_recording(now, id);
        for leg in legs {
            let Some(one) = self.calls.get(&id).and_then(|c| c.leg(leg)) else { continue };
            if one.state != LegState::Ended {
                // A phone that still rang did nothing wrong, whatever ended the call.
                let is_rung = one.end == End::Callee || was_placing;
                let outcome = if is_rung { LegOutcome::Cancelled } else { outcome };
                self.drop_leg(now, id, leg, outcome, None);
            }
        }
        if !calls_nobody_back {
            self.called_back(now, id, true);
        }
        self.why(now, id, "end", text.clone());
        self.call_event(now, id, "", "call_ended", format!("call {number}: {text}"));
        self.tell_left_out(now, id);
        self.show_parties(id);
        self.refresh_troubles(now, id);
        self.timers.set(Timer::LastWord(id), now.mono.after(LAST_WORD));
        self.timers.set(Timer::Gone(id), now.mono.after(ENDED_SHOWN));
        self.leave_route(now, id);
        self.leave_queue(now, id, cause);
        self.leave_flow(now, id);
        self.write_cdr_if_complete(now, id);
    }

    /// An extension has a call more that it made.
    pub(crate) fn made_one_more(&mut self, extension: &str) {
        *self.calls_made.entry(extension.to_owned()).or_default() += 1;
    }

    /// An extension has a call less that it made.
    pub(crate) fn made_one_less(&mut self, extension: &str) {
        let Some(count) = self.calls_made.get_mut(extension) else { return };
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.calls_made.remove(extension);
        }
    }

    /// Writes the CDR once the media engine has said its last word of every leg.
    pub(crate) fn write_cdr_if_complete(&mut self, now: Now, id: CallId) {
        let is_complete =
            self.calls.get(&id).is_some_and(|c| c.is_ended() && c.legs.values().all(|l| l.slot.is_none()));
        if is_complete {
            self.write_cdr(now, id);
        }
    }

    /// Writes the CDR, once.
    pub(crate) fn write_cdr(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Stage::Ended { ending, is_written, .. } = &mut call.stage else { return };
        if std::mem::replace(is_written, true) {
            return;
        }
        let ending = ending.clone();
        self.timers.cancel(Timer::LastWord(id));
        let Some(call) = self.calls.get(&id) else { return };
        let of = |end| call.legs.values().filter(move |leg| leg.origin == end);
        // Of a call that was placed several phones may have rung for the caller: who answered comes first.
        let mut callers: Vec<_> = of(End::Caller).collect();
        callers.sort_by_key(|leg| leg.id != call.caller);
        let legs: Vec<_> = callers.into_iter().chain(of(End::Callee)).map(super::Leg::record).collect();
        let recorded = call.has_recording || matches!(call.recording, Recording::On | Recording::Done);
        let open = OpenCall { recorded, ..call.open() };
        let was_of = Some(call.was_of.clone());
        let cdr = Box::new(Cdr { was_of, ..open.close(ending, call.path.to_vec(), legs) });
        self.hand_over(now, cdr);
    }

    /// Writes down what is known of a call, for the case that the exchange stops without warning.
    pub(crate) fn note_open(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let open = call.open();
        self.actions.push_back(Action::Persist { ticket: None, record: Record::CallOpen(Box::new(open)) });
    }

    /// A call that was up when the exchange stopped without warning gets its CDR now: every call has one.
    pub(crate) fn close_lost(&mut self, now: Now, open: OpenCall) {
        let text = "the exchange stopped without warning; when the call ended is not known".to_owned();
        // The wall clock may have been set back since.
        let known = [Some(open.started_ms), open.ringing_ms, open.answered_ms];
        let at_ms = known.into_iter().flatten().fold(now.wall.0, i64::max);
        let ending =
            Ending { at_ms, by: EndedBy::System, cause: Cause::Restart, status: 0, text: text.clone() };
        let path = vec![Why { at_ms, step: "end".into(), text }];
        // How long it lasted is not known, and is not guessed from the time that the exchange was down.
        let cdr = Box::new(Cdr { talk_ms: 0, total_ms: 0, ..open.close(ending, path, Vec::new()) });
        self.hand_over(now, cdr);
    }

    /// An ended call was shown long enough: it leaves the board, unless its flow still cleans up and may ask for its facts.
    pub(crate) fn call_shown(&mut self, now: Now, id: CallId) {
        if self.visits.contains_key(&id) {
            self.timers.set(Timer::Gone(id), now.mono.after(ENDED_SHOWN));
        } else {
            self.forget_call(id);
        }
    }

    fn forget_call(&mut self, id: CallId) {
        if let Some(call) = self.calls.remove(&id) {
            for leg in call.legs.keys() {
                self.legs.remove(leg);
            }
            for session in &call.sessions {
                self.sessions.remove(session);
            }
            for leg in call.legs.values() {
                // A port pair the media engine never spoke of again: it is asked once more and not reused meanwhile.
                if let Some(slot) = leg.slot {
                    self.closing.insert(leg.id, slot);
                    self.media(MediaCommand::Close { call: id, leg: leg.id, slot });
                } else {
                    self.leave_room(leg.id);
                }
            }
        }
        self.ladders.finished(id);
        self.changed.insert(crate::Changed::Call(id));
    }

    /// A user ends a call. It is answered at once: what it reports is that the phones were told, which no restart undoes,
    /// and the call has its CDR in any case, from the outbox or from what was noted of it while it was up.
    pub(crate) fn hang_up_by(&mut self, now: Now, id: CallId, user: &str) -> Result<String, String> {
        self.saw_call(id, CallEvent::HangUp);
        let Some(call) = self.calls.get(&id) else { return Err("there is no such call any more".into()) };
        if call.is_ended() {
            return Err(format!("call {} has ended already", call.number));
        }
        let (number, from, to) = (call.number, call.from.number.clone(), call.to.number.clone());
        self.finish(now, id, Over::by_user(user));
        let done = format!("call {number} from {from} to {to} ended");
        self.audit_event(now, Some(id), user, "hang_up", &done);
        Ok(done)
    }

    /// Ends every call, because the exchange is about to stop.
    pub(crate) fn end_all(&mut self, now: Now) {
        self.counts.draining = true;
        self.floor.close(moment(now));
        self.run_floor(now);
        let all: Vec<CallId> = self.calls.keys().copied().collect();
        for id in all {
            self.saw_call(id, CallEvent::EndAll);
            let over = Over::by_rule(Cause::Restart, Status::SERVICE_UNAVAILABLE, "the exchange is stopping");
            self.finish(now, id, over);
        }
        self.event(
            now,
            EventKind::System,
            Severity::Info,
            None,
            "",
            "stopping",
            "exchange is stopping".into(),
        );
    }
}
