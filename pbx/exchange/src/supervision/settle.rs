//! What every supervisor should be at, against what the media engine was told.

use super::{Mode, Subject, Told};
use crate::call::{LegState, Over};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::SUPERVISION_TONE;
use crate::media::{Channel, MediaCommand, Source};
use crate::record::EndedBy;
use crate::text::clean;
use crate::{CallId, Changed, LegId};
use std::collections::BTreeSet;
use switchroom_sip::time::Now;

/// What a supervisor hears when there is nothing more to hear: 480 Hz at −20 dB of full scale.
const OVER: Source = Source::Tone { hz: 480, ddb: -200 };

/// Rounds until nothing is left to tell: a target that changes, who hears whom by that, and one that finds nothing.
const ROUNDS_MAX: usize = 4;

impl Exchange {
    /// Brings the media of supervisors to where it should be, if anything changed that may matter to them.
    pub(crate) fn settle_supervisions(&mut self, now: Now) {
        // What one supervisor does can change what another hears, and what is told is looked at once more.
        for _ in 0..ROUNDS_MAX {
            let due = self.supervisors_due();
            if due.is_empty() {
                return;
            }
            for id in due {
                self.settle_supervision(now, id);
            }
        }
    }

    /// The supervisors whom something that changed may concern: at one of these calls, or following who is in it.
    fn supervisors_due(&mut self) -> BTreeSet<CallId> {
        let calls = self.supervisions.take_touched();
        let legs = calls.iter().filter_map(|id| self.calls.get(id)).flat_map(|call| call.legs.values());
        let seats: BTreeSet<&String> = legs.filter_map(|leg| leg.extension.as_ref()).collect();
        let of_seat = |seat: &String| {
            let agent = self.floor.agent_at(seat).map(|agent| Subject::Agent(agent.number.to_string()));
            [Some(Subject::Extension(seat.clone())), agent]
        };
        let subjects: Vec<Subject> = seats.into_iter().flat_map(of_seat).flatten().collect();
        self.supervisions.take_due(&calls, &subjects)
    }

    /// An agent looks different. Who follows one to another seat hears what is there, and a whisper in a talk of either seat may
    /// be for somebody else.
    pub(crate) fn agent_moved(&mut self, agent: &str) {
        let seat = self.floor.agent(agent).map(|agent| agent.extension.as_str());
        let Some(seats) = self.supervisions.seat(agent, seat) else { return };
        for seat in seats.iter().flatten() {
            let calls = self.calls_with.get(seat).into_iter().flatten();
            calls.for_each(|call| self.supervisions.touch(*call));
        }
    }

    fn settle_supervision(&mut self, now: Now, id: CallId) {
        if self.calls.get(&id).is_none_or(crate::Call::is_ended) {
            return self.forget_supervision(id);
        }
        if !self.is_supervising(id) {
            return;
        }
        self.find_target(now, id);
        self.tell_audience(id);
        self.tell_recording(id);
        self.notify(id);
        let hears = self.heard_by_supervisor(id);
        let leg = self.calls.get(&id).map(|call| call.caller);
        let is_over = self.supervisions.get(&id).is_none_or(|one| one.is_over);
        if let (Some(told), Some(leg)) = (self.supervisions.told_mut(id), leg)
            && !is_over
            && told.hears.as_ref() != Some(&hears)
        {
            told.hears = Some(hears);
            self.wire(id, leg);
        }
    }

    /// The supervisor's own call is over: nobody hears it any more.
    fn forget_supervision(&mut self, id: CallId) {
        let Some(one) = self.supervisions.remove(&id) else { return };
        self.timers.cancel(Timer::Supervision(id));
        if let Some((call, _)) = one.told.recorded {
            self.mark(call, "barge_over", &clean(&one.user));
        }
        if let Some(target) = one.target {
            self.wire_each(&one.told.heard_by);
            self.supervisions.touch(target);
            self.changed.insert(Changed::Call(target));
        }
    }

    /// The call that a supervisor should be at.
    fn wanted(&self, id: CallId) -> Option<CallId> {
        let one = self.supervisions.get(&id).filter(|one| !one.is_over)?;
        let is_heard = |call: CallId| {
            self.calls.get(&call).is_some_and(crate::Call::is_heard) && self.may_act_on(&one.user, call)
        };
        let extension = match &one.subject {
            Subject::Call(call) => return Some(*call).filter(|call| is_heard(*call)),
            subject => self.followed(subject)?,
        };
        let is_theirs = |call: &CallId| {
            let talks = self.calls.get(call).is_some_and(|call| call.talking_leg(&extension).is_some());
            talks && is_heard(*call)
        };
        // Whose call is heard already is not left for another.
        let at = one.target.filter(is_theirs);
        at.or_else(|| self.calls_with.get(&extension)?.iter().copied().find(is_theirs))
    }

    fn find_target(&mut self, now: Now, id: CallId) {
        let wanted = self.wanted(id);
        let Some(one) = self.supervisions.get(&id).filter(|one| !one.is_over) else { return };
        let (before, user, mode) = (one.target, one.user.clone(), one.mode);
        let is_done = matches!(&one.subject, Subject::Call(call)
            if self.calls.get(call).is_none_or(crate::Call::is_ended));
        if wanted != before {
            if before.is_some() {
                self.leave_target(id);
            }
            self.supervisions.change(id, |one| one.target = wanted);
            if let Some(target) = wanted {
                self.move_to(id, target);
                let number = self.calls.get(&target).map_or(0, |call| call.number);
                let text = format!("{user}: {} at call {number}", mode.word());
                self.note_supervision(now, id, &user, "supervises", &text);
            }
            for call in [Some(id), before, wanted].into_iter().flatten() {
                self.changed.insert(Changed::Call(call));
                // Whoever else is there may hear somebody less, or more.
                self.supervisions.touch(call);
            }
        }
        if is_done {
            self.end_with_tone(now, id);
        }
    }

    /// Nobody at a call hears that supervisor any more, and no recording of it does.
    fn leave_target(&mut self, id: CallId) {
        let leg = self.calls.get(&id).map(|call| call.caller);
        // Who took a place at the call in this very step was wired with it, and is not told of yet.
        let now_heard = self.supervisions.get(&id).map(|one| self.audience(id, one)).unwrap_or_default();
        self.supervisions.change(id, |one| one.target = None);
        let Some(told) = self.supervisions.told_mut(id).map(std::mem::take) else { return };
        if let (Some((call, _)), Some(leg)) = (told.recorded, leg) {
            self.media(MediaCommand::RecordNoMore { call, leg });
            self.mark_barge(id, call, "barge_over");
        }
        self.wire_each(&[told.heard_by, now_heard].concat());
    }

    /// The supervisor's media goes to where that of the call is.
    fn move_to(&mut self, id: CallId, target: CallId) {
        let Some(leg) = self.calls.get(&id).map(|call| call.caller) else { return };
        let room = self.room_of(leg).unwrap_or(id);
        if room != target {
            self.media(MediaCommand::Move { call: room, leg, to: target });
            self.rooms.insert(leg, target);
        }
        if let Some(told) = self.supervisions.told_mut(id) {
            *told = Told::default();
        }
    }

    /// Who hears the supervisor is told so, and who does not any more.
    fn tell_audience(&mut self, id: CallId) {
        let Some(one) = self.supervisions.get(&id) else { return };
        let (heard_by, target) = (self.audience(id, one), one.target);
        let Some(told) = self.supervisions.told_mut(id) else { return };
        let before = std::mem::replace(&mut told.heard_by, heard_by.clone());
        let is_in_one = |leg: &LegId| before.contains(leg) != heard_by.contains(leg);
        let changed: Vec<LegId> = before.iter().chain(&heard_by).copied().filter(is_in_one).collect();
        if changed.is_empty() {
            return;
        }
        // The board names who hears a supervisor.
        self.changed.insert(Changed::Call(id));
        if let Some(target) = target {
            self.wire_each(&changed);
            self.supervisions.touch(target);
        }
    }

    /// The agent hears a tone when a supervisor comes, or does something else, if the configuration wants that.
    fn notify(&mut self, id: CallId) {
        let Some(one) = self.supervisions.get(&id).filter(|one| !one.is_over) else { return };
        let (mode, target) = (one.mode, one.target.and_then(|target| self.calls.get(&target)));
        let agent = target.and_then(|target| Some((target.id, self.coached(one, target)?)));
        let wanted = agent.filter(|_| self.config.supervision.notify.contains(&mode));
        let before = one.told.notified;
        // Who does not hear it now is told once he listens again, and who takes his place is told anew.
        let mut is_told = |(target, agent)| before == Some((mode, agent)) || self.signal(target, agent);
        let told_now = wanted.filter(|one| is_told(*one)).map(|(_, agent)| (mode, agent));
        if let Some(told) = self.supervisions.told_mut(id) {
            told.notified = told_now;
        }
    }

    /// Tells the media engine what these parties hear, and leaves the others in peace.
    fn wire_each(&mut self, legs: &[LegId]) {
        for leg in legs {
            let is_up = self.leg_anywhere(*leg).is_some_and(|leg| leg.state == LegState::Up);
            if let Some(id) = self.legs.get(leg).copied().filter(|_| is_up) {
                self.wire(id, *leg);
            }
        }
    }

    /// What a supervisor says to both is in the recording, on the side of the agent; a whisper never is.
    fn tell_recording(&mut self, id: CallId) {
        let Some(one) = self.supervisions.get(&id) else { return };
        let (wanted, told) = (self.channel_of(id), one.told.recorded);
        let Some(leg) = self.calls.get(&id).map(|call| call.caller) else { return };
        if wanted == told {
            return;
        }
        // On the other channel it is the same voice, at the same call.
        let is_same = told.map(|(call, _)| call) == wanted.map(|(call, _)| call);
        if let Some((call, _)) = told {
            self.media(MediaCommand::RecordNoMore { call, leg });
            if !is_same {
                self.mark_barge(id, call, "barge_over");
            }
        }
        if let Some((call, channel)) = wanted {
            self.media(MediaCommand::RecordAlso { call, leg, channel });
            if !is_same {
                self.mark_barge(id, call, "barge");
            }
        }
        if let Some(told) = self.supervisions.told_mut(id) {
            told.recorded = wanted;
        }
    }

    /// The recording of a call says who is heard in it beside the two, and from when to when.
    pub(super) fn mark_barge(&mut self, id: CallId, target: CallId, kind: &str) {
        let user = self.supervisions.get(&id).map(|one| clean(&one.user)).unwrap_or_default();
        self.mark(target, kind, &user);
    }

    fn channel_of(&self, id: CallId) -> Option<(CallId, Channel)> {
        let one = self.supervisions.get(&id).filter(|one| one.mode == Mode::Barge)?;
        let target = self.calls.get(&one.target?)?;
        if self.is_never_recorded(self.voice(id)?) {
            return None;
        }
        let coached = self.coached(one, target)?;
        Some((target.id, target.side_of(coached)?))
    }

    /// Nothing more is to be heard: a tone, and then the phone is hung up.
    fn end_with_tone(&mut self, now: Now, id: CallId) {
        let Some(leg) = self.calls.get(&id).map(|call| call.caller) else { return };
        if self.supervisions.get(&id).is_none_or(|one| one.is_over) {
            return;
        }
        self.supervisions.change(id, |one| (one.is_over, one.told.hears) = (true, Some(OVER)));
        self.wire(id, leg);
        self.timers.set(Timer::Supervision(id), now.mono.after(SUPERVISION_TONE));
    }

    /// Whether the media engine was told what there is to tell of a supervisor.
    pub(crate) fn is_told(&self, id: CallId) -> bool {
        let Some(one) = self.supervisions.get(&id).filter(|_| self.is_supervising(id)) else { return true };
        let hears = one.is_over || one.told.hears.as_ref() == Some(&self.heard_by_supervisor(id));
        let wants = one.is_over || one.target == self.wanted(id);
        let heard_by = one.told.heard_by == self.audience(id, one);
        hears && wants && heard_by && one.told.recorded == self.channel_of(id)
    }

    /// Whether nobody was told to hear a supervisor.
    pub(crate) fn is_unheard(&self, id: CallId) -> bool {
        self.supervisions
            .get(&id)
            .is_none_or(|one| one.told.heard_by.is_empty() && one.told.recorded.is_none())
    }

    /// What a supervisor's leg hears, for the media engine.
    pub(crate) fn supervisor_hears(&self, id: CallId) -> Source {
        match self.supervisions.get(&id) {
            Some(one) if one.is_over => OVER,
            _ => self.heard_by_supervisor(id),
        }
    }

    /// The tone at the end was heard.
    pub(crate) fn supervision_over(&mut self, now: Now, id: CallId) {
        self.finish(now, id, Over::hung_up(EndedBy::System, "what was supervised is over"));
    }

    /// Names the media of the right call in a command for a leg that is with another call's.
    pub(crate) fn in_its_room(&self, command: &mut MediaCommand) {
        if let Some((call, leg)) = command.of_leg()
            && let Some(room) = self.rooms.get(&leg)
        {
            *call = *room;
        }
    }

    /// A leg is gone, and with it where its media was.
    pub(crate) fn leave_room(&mut self, leg: LegId) {
        self.rooms.remove(&leg);
    }
}
