//! Callers wait in queues.

use super::moment;
use crate::CallId;
use crate::call::ELSEWHERE;
use crate::exchange::Exchange;
use crate::inbound::FLOW_NUMBERS;
use crate::media::MediaCommand;
use crate::record::{Cause, LegOutcome};
use crate::text::clean;
use switchroom_acd::{Exit, Join, Refused};
use switchroom_flow::number::normal;
use switchroom_flow::{Clip, Dialled, Event, say};
use switchroom_sip::time::Now;

/// A caller's wait in a queue.
#[derive(Debug, Clone)]
pub(crate) struct Waits {
    /// Its name.
    pub(crate) queue: String,
    /// The flow goes on when the agent hangs up after a talk.
    pub(super) comes_back: bool,
    /// The announcement that plays in place of music.
    says: Option<u64>,
    /// The flow asks the caller something meanwhile: nothing else is said.
    pub(crate) is_asked: bool,
    /// Announcements so far.
    said: u64,
}

impl Exchange {
    /// A flow lets its caller wait in a queue.
    pub(crate) fn enqueue(
        &mut self,
        now: Now,
        id: CallId,
        queue: &str,
        priority: Option<i64>,
        agent: Option<String>,
        comes_back: bool,
    ) {
        if !self.is_in_flow(id) || !self.answer_caller(now, id) {
            return;
        }
        // The caller may be an agent, whose own phone is not asked for him.
        self.tell_seats(now);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_back = std::mem::take(&mut call.waits_again);
        let instead_of = call.takes_place_of.take().map(|other| other.0);
        // However it was written, it is one number.
        let caller = normal(&call.caller_party().number).into_owned();
        let Some(visit) = self.visits.get_mut(&id) else { return };
        visit.queued += 1;
        let (class, of_class) = visit.class.clone().unwrap_or_default();
        let join = Join {
            call: id.0,
            visit: visit.queued,
            queue: queue.to_owned(),
            caller,
            class,
            priority: priority.unwrap_or(of_class),
            preferred: agent,
            is_back,
            instead_of,
        };
        if self.floor.queue(queue).is_none() {
            let what = format!("there is no queue named \"{}\"", clean(queue));
            self.flow_fault(now, id, &what);
            return self.tell_flow(now, id, Event::Dialled(Dialled::Empty));
        }
        visit.playing = None;
        visit.waits =
            Some(Waits { queue: queue.to_owned(), comes_back, says: None, is_asked: false, said: 0 });
        let first = join.preferred.as_deref().map(|agent| self.asked_first(queue, agent)).unwrap_or_default();
        self.why(now, id, "queue", format!("waits in queue {queue}{first}"));
        match self.floor.join(moment(now), join) {
            Ok(()) => {
                self.keep_these_queues(id, [queue.to_owned()].into());
                self.play_music(id);
            }
            Err(refused) => {
                let is_closed = matches!(refused, Refused::Closed | Refused::ClosedByHand);
                let more = if is_closed { self.why_closed(queue) } else { String::new() };
                self.why(now, id, "queue", format!("queue {queue} does not let it in: {refused}{more}"));
                self.queue_left(now, id, refused.exit());
            }
        }
        self.run_floor(now);
    }

    /// What the path of a call says of the agent whom the flow asks for. An agent who is none is no fault of the flow: the number
    /// may be the caller's, and the caller waits for the others.
    fn asked_first(&self, queue: &str, agent: &str) -> String {
        let of = clean(agent);
        match self.floor.agent(agent).filter(|agent| agent.is_known) {
            None => format!("; there is no agent \"{of}\", who was asked for"),
            Some(agent) if !agent.config.queues.contains_key(queue) => {
                format!("; agent {of}, who was asked for, is none of that queue")
            }
            Some(_) => format!(", and asks for agent {of} first"),
        }
    }

    /// A caller does not wait any more, by a rule of the queue: it is the flow's again.
    pub(super) fn queue_left(&mut self, now: Now, id: CallId, exit: Exit) {
        let Some(waits) = self.visits.get_mut(&id).and_then(|visit| visit.waits.take()) else { return };
        let is_there = self.floor.queue(&waits.queue).is_some();
        // A phone at which the caller was to be picked up.
        for leg in self.live_callees(id) {
            self.drop_leg(now, id, leg, LegOutcome::Cancelled, None);
        }
        self.back_in_flow(id);
        self.silence(id);
        let how = match exit {
            Exit::Full => Dialled::Full,
            Exit::Closed => Dialled::Closed,
            Exit::Empty => Dialled::Empty,
            // A queue that is not configured any more has nobody; who was taken out has waited long enough.
            Exit::Removed if !is_there => Dialled::Empty,
            _ => Dialled::NoAnswer,
        };
        self.tell_flow(now, id, Event::Dialled(how));
    }

    /// A caller is taken out of the queue, by a key or by hand, and goes elsewhere.
    pub(crate) fn withdraw_from_queue(&mut self, now: Now, id: CallId, exit: Exit) {
        // While it is known of which queue the call is: phones of agents that ring for it work in others, too.
        self.keep_queues(id);
        if self.visits.get_mut(&id).is_none_or(|visit| visit.waits.take().is_none()) {
            return;
        }
        self.floor.leave(moment(now), id.0, exit);
        self.run_floor(now);
        for leg in self.live_callees(id) {
            // A phone at which the caller was to be picked up has missed nobody who goes on in another call.
            let reason = (exit == Exit::Moved).then(|| ELSEWHERE.to_owned());
            self.drop_leg(now, id, leg, LegOutcome::Cancelled, reason);
        }
        self.back_in_flow(id);
        self.silence(id);
    }

    /// The call is over: the caller neither waits nor talks any more.
    pub(crate) fn leave_queue(&mut self, now: Now, id: CallId, cause: Cause) {
        let exit = match cause {
            Cause::Restart => Exit::Restart,
            Cause::Forced => Exit::Removed,
            _ => Exit::Abandoned,
        };
        if let Some(visit) = self.visits.get_mut(&id) {
            visit.waits = None;
        }
        if self.call_back_over(now, id, cause) {
            return;
        }
        self.floor.leave(moment(now), id.0, exit);
        self.floor.talk_ended(moment(now), id.0);
        self.run_floor(now);
    }

    /// Music, from its beginning and over again.
    fn play_music(&mut self, id: CallId) {
        let Some(leg) = self.calls.get(&id).map(|call| call.caller) else { return };
        let Some(visit) = self.visits.get_mut(&id) else { return };
        let language = visit.run.language();
        let queue = self.floor.waiter(id.0).and_then(|waiter| self.floor.queue_by_id(waiter.queue));
        let music = queue.map(|queue| queue.config.music.as_slice()).unwrap_or_default();
        let mut clips: Vec<Clip> =
            music.iter().map(|name| Clip::Prompt { language, name: name.clone() }).collect();
        if clips.is_empty() {
            clips.push(Clip::Ringing);
        }
        self.media(MediaCommand::Play { call: id, leg, number: 0, clips, is_loop: true });
    }

    /// Tells a caller its place, in place of music. Whoever answers cuts it off.
    pub(super) fn announce(&mut self, id: CallId, place: u32, expected: Option<u64>) {
        let Some(leg) = self.calls.get(&id).map(|call| call.caller) else { return };
        let comfort = self
            .floor
            .waiter(id.0)
            .and_then(|waiter| self.floor.queue_by_id(waiter.queue))
            .map(|queue| queue.config.comfort.clone())
            .unwrap_or_default();
        let Some(visit) = self.visits.get_mut(&id) else { return };
        let language = visit.run.language();
        let Some(waits) = visit.waits.as_mut().filter(|waits| !waits.is_asked) else { return };
        waits.said += 1;
        let number = FLOW_NUMBERS + waits.said;
        waits.says = Some(number);
        let mut clips = say::place_in_line(language, u64::from(place));
        if let Some(ms) = expected {
            clips.push(Clip::Pause(300));
            clips.extend(say::expected_wait(language, ms / 1_000));
        }
        if !comfort.is_empty() {
            clips.push(Clip::Pause(300));
            clips.push(Clip::Prompt { language, name: comfort });
        }
        self.media(MediaCommand::Play { call: id, leg, number, clips, is_loop: false });
    }

    /// The flow asks the caller something: it is heard in place of music and announcements.
    pub(crate) fn ask_in_queue(&mut self, id: CallId) {
        if let Some(waits) = self.visits.get_mut(&id).and_then(|visit| visit.waits.as_mut()) {
            (waits.is_asked, waits.says) = (true, None);
        }
    }

    /// The flow has asked all: the caller hears what one hears in a queue.
    pub(crate) fn wait_on(&mut self, id: CallId) {
        let Some(visit) = self.visits.get_mut(&id) else { return };
        let Some(waits) = &mut visit.waits else { return };
        (waits.is_asked, visit.playing) = (false, None);
        self.play_music(id);
    }

    /// An announcement was heard to its end; true if it was one.
    pub(crate) fn announced(&mut self, id: CallId, number: u64) -> bool {
        let waits = self.visits.get_mut(&id).and_then(|visit| visit.waits.as_mut());
        let Some(waits) = waits.filter(|waits| waits.says == Some(number)) else { return false };
        waits.says = None;
        self.play_music(id);
        true
    }
}
