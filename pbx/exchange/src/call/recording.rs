//! The recording of a call: begun by a rule or by a person, paused, and ended.
//!
//! A pause has four reasons that know nothing of each other: one party was handed off to a flow, the caller went into one and
//! nobody talks, one is asked whether it may be recorded (`consent.rs`), or a person wants it. The recording goes on when none
//! is left. Whom a flow has may never talk with anybody again: then the recording ends where that began. What a person paused stays so until a person has it go on, or another party takes the place of
//! one of the two: then the rules decide anew.

use super::consent::MayRecord;
use super::{Call, Recording, Stage};
use crate::config::RecordRule;
use crate::exchange::Exchange;
use crate::input::RecordingAct;
use crate::media::{Channel, MediaCommand, RecordingSubject};
use crate::record::{EventKind, Severity};
use crate::text::clean;
use crate::{CallId, Changed, LegId};
use std::time::Duration;
use switchroom_sip::time::{Mono, Now};

/// Why a recording has silence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Pauses {
    /// One party is in a flow, and comes back.
    is_handed_off: bool,
    /// Since when a flow has the caller of a talk that is over.
    in_flow: Option<Mono>,
    /// Of two who talk now one is asked whether it may be recorded.
    asks: bool,
    /// The person who wanted it.
    by: Option<String>,
}

impl Pauses {
    fn any(&self) -> bool {
        self.is_handed_off || self.in_flow.is_some() || self.asks || self.by.is_some()
    }
}

impl Call {
    /// Whether it is being recorded, if only silence.
    pub(crate) fn is_taped(&self) -> bool {
        self.tape.is_some() && self.recording == Recording::On
    }

    /// Whether what is recorded is silence: one party is in a flow or is asked, or somebody wants it so.
    pub fn is_recording_paused(&self) -> bool {
        self.is_taped() && self.pauses.any()
    }

    /// The person who has paused the recording.
    pub fn paused_by(&self) -> Option<&str> {
        self.pauses.by.as_deref().filter(|_| self.is_taped())
    }

    /// Whether the talk that is recorded is over, and a flow has its caller.
    pub(crate) fn is_recorded_into_flow(&self) -> bool {
        self.is_taped() && self.pauses.in_flow.is_some()
    }

    /// That there are reasons for silence although nothing is recorded: never so.
    pub(crate) fn is_paused_in_vain(&self) -> bool {
        self.tape.is_none() && self.pauses.any()
    }
}

impl Exchange {
    /// Caller and who answered talk, and who was to be asked has been: that is recorded if the rules say so, and goes on being
    /// recorded.
    pub(super) fn start_recording(&mut self, now: Now, id: CallId, caller: LegId, leg: LegId) {
        if let MayRecord::Asks(who) | MayRecord::Not(who) = self.may_record(id) {
            return self.record_no_more(now, id, who);
        }
        // Who is never to be recorded may come into a talk that is.
        let is_taped = self.calls.get(&id).is_some_and(Call::is_taped);
        if is_taped && self.rule_of(id) == Some(RecordRule::Never) {
            self.why(now, id, "record", "recording ends: somebody here is never to be recorded".to_owned());
            return self.stop_recording(now, id);
        }
        // Another talk of the same caller: the recording goes on if one of it would begin.
        if self.is_recorded_into_flow(id) && !self.records_by_rule(id) {
            self.why(now, id, "record", "recording ends: no rule wants the next talk recorded".to_owned());
            return self.stop_recording(now, id);
        }
        if self.record_on(now, id, [caller, leg]) {
            return;
        }
        // A call has one recording. What ended or failed does not begin again.
        let is_on = self.records_by_rule(id);
        let may_be = |call: &Call| call.recording == Recording::Off && !call.is_briefed();
        if is_on && self.calls.get(&id).is_some_and(may_be) {
            self.record(now, id, (caller, leg));
            self.mark(id, "answer", "");
            if self.has_consent(id) {
                self.mark(id, "consent", "");
            }
            self.why(now, id, "record", "recording begins".into());
        }
    }

    /// What the parties' own rules say: one that is always recorded is enough; otherwise one that never is decides.
    pub(super) fn rule_of(&self, id: CallId) -> Option<RecordRule> {
        let legs = self.calls.get(&id)?.legs.values().filter(|leg| leg.is_live());
        let rules = legs.filter_map(|leg| self.config.extensions.get(leg.extension.as_deref()?)?.record);
        let rules: Vec<RecordRule> = rules.collect();
        [RecordRule::Always, RecordRule::Never].into_iter().find(|rule| rules.contains(rule))
    }

    /// Whether a leg's extension is never to be recorded.
    pub(crate) fn is_never_recorded(&self, leg: LegId) -> bool {
        let extension = self.leg_anywhere(leg).and_then(|leg| leg.extension.as_ref());
        let rule = extension.and_then(|extension| self.config.extensions.get(extension)?.record);
        rule == Some(RecordRule::Never)
    }

    fn record(&mut self, now: Now, id: CallId, (caller, leg): (LegId, LegId)) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let with = call.with.clone().unwrap_or_default();
        let subject = RecordingSubject {
            number: call.number,
            from: (call.caller_party().number.clone(), call.caller_party().name.clone()),
            with: (with.number, with.name),
            started_ms: call.clock(now).wall.0,
        };
        let legs = [(caller, Channel::Left), (leg, Channel::Right)];
        call.recording = Recording::On;
        call.tape = Some(legs);
        self.media(MediaCommand::Record { call: id, legs, subject });
        // Who barges in is on it, too, and who is consulted.
        self.supervisions.touch(id);
        self.tape_third(id);
    }

    /// The recording goes on with these two, whoever has come on the channel of who has gone. False if there is none.
    fn record_on(&mut self, now: Now, id: CallId, two: [LegId; 2]) -> bool {
        let Some(call) = self.calls.get(&id).filter(|call| call.recording == Recording::On) else {
            return false;
        };
        let Some(tape) = &call.tape else { return false };
        let taped = tape.map(|(leg, _)| leg);
        let gone = taped.into_iter().filter(|leg| !two.contains(leg));
        let change: Vec<(LegId, LegId)> =
            gone.zip(two.into_iter().filter(|leg| !taped.contains(leg))).collect();
        let has_asked = call.pauses.asks;
        let seat = |leg: LegId| call.leg(leg).map(|leg| (&leg.extension, &leg.party.number));
        let is_other = change.iter().any(|(gone, comes)| seat(*gone) != seat(*comes));
        for (gone, comes) in change {
            self.tape_instead(id, gone, comes);
        }
        if has_asked {
            self.pause_for_consent(id, false);
            self.mark(id, "consent", "");
        }
        if is_other && let Some(who) = self.paused_by(id) {
            self.pause_for_person(id, None);
            self.mark(id, "record_resume", "");
            let text = format!("recording goes on, with another party; {who} had paused it");
            self.why(now, id, "record", text.clone());
            self.event(now, EventKind::Recording, Severity::Info, Some(id), &who, "recording_resumed", text);
        }
        if self.is_recorded_into_flow(id) {
            self.change_pauses(id, |pauses| pauses.in_flow = None);
            self.mark(id, "flow_over", "");
            self.why(now, id, "record", "recording goes on with the next talk".to_owned());
        }
        true
    }

    /// Who is in a talk that is recorded has not consented to that.
    fn record_no_more(&mut self, now: Now, id: CallId, who: LegId) {
        if !self.calls.get(&id).is_some_and(Call::is_taped) {
            return;
        }
        let who = self.number_of_leg(id, who);
        let text = format!("recording ends: {who} has not consented to it");
        self.why(now, id, "record", text.clone());
        self.event(now, EventKind::Recording, Severity::Info, Some(id), &who, "recording_stopped", text);
        self.stop_recording(now, id);
    }

    /// Ends the recording of a call, which may go on. Where a flow has the caller it ended with the talk.
    pub(crate) fn stop_recording(&mut self, now: Now, id: CallId) {
        self.mark(id, "end", "");
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_open = call.tape.take().is_some() && call.recording == Recording::On;
        let pauses = std::mem::take(&mut call.pauses);
        let in_flow = pauses.in_flow.map_or(Duration::ZERO, |since| now.mono.since(since));
        let tail_ms = u64::try_from(in_flow.as_millis()).unwrap_or(u64::MAX);
        self.supervisions.touch(id);
        if is_open {
            self.tape_third(id);
            self.media(MediaCommand::StopRecording { call: id, tail_ms });
        }
    }

    /// Puts a mark into the recording, if there is one.
    pub(crate) fn mark(&mut self, id: CallId, kind: &str, text: &str) {
        if self.calls.get(&id).is_some_and(Call::is_taped) {
            self.media(MediaCommand::Mark { call: id, kind: kind.to_owned(), text: text.to_owned() });
        }
    }

    fn paused_by(&self, id: CallId) -> Option<String> {
        self.calls.get(&id)?.paused_by().map(str::to_owned)
    }

    /// One party goes into a flow, or is back.
    pub(super) fn pause_for_hand_off(&mut self, id: CallId, is_paused: bool) {
        self.change_pauses(id, |pauses| pauses.is_handed_off = is_paused);
    }

    /// A flow has the caller of a talk that is over. What is said and typed there is in no recording; whom the caller talks with
    /// next is in the same one. What a person had recorded was that talk.
    pub(crate) fn pause_for_flow(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id).filter(|call| call.is_taped()) else { return };
        if call.is_on_demand {
            return self.stop_recording(now, id);
        }
        if !call.is_recorded_into_flow() {
            self.mark(id, "flow", "");
        }
        self.change_pauses(id, |pauses| {
            // Nobody is asked any more, either.
            pauses.asks = false;
            pauses.in_flow = pauses.in_flow.or(Some(now.mono));
        });
    }

    fn is_recorded_into_flow(&self, id: CallId) -> bool {
        self.calls.get(&id).is_some_and(Call::is_recorded_into_flow)
    }

    /// One party is asked whether it may be recorded, or has consented.
    pub(super) fn pause_for_consent(&mut self, id: CallId, is_asked: bool) {
        self.change_pauses(id, |pauses| pauses.asks = is_asked);
    }

    fn pause_for_person(&mut self, id: CallId, by: Option<String>) {
        self.change_pauses(id, |pauses| pauses.by = by);
    }

    /// From now the recording has silence in both channels, or what is said again.
    fn change_pauses(&mut self, id: CallId, change: impl FnOnce(&mut Pauses)) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.is_taped()) else { return };
        let before = call.pauses.any();
        change(&mut call.pauses);
        let is_paused = call.pauses.any();
        if is_paused != before {
            self.media(MediaCommand::PauseRecording { call: id, is_paused });
            self.changed.insert(Changed::Call(id));
        }
    }

    /// A user does something with the recording of a call.
    pub(crate) fn record_by(
        &mut self,
        now: Now,
        id: CallId,
        act: RecordingAct,
        user: &str,
    ) -> Result<String, String> {
        self.live_call(id)?;
        self.control_recording(now, id, act, user)
    }

    /// Who is no supervisor does not end what a rule records.
    pub(crate) fn may_record_own(&self, id: CallId, act: RecordingAct) -> Result<(), String> {
        let by_rule = |call: &&Call| act == RecordingAct::Stop && call.is_taped() && !call.is_on_demand;
        match self.calls.get(&id).filter(by_rule).map(|call| call.number) {
            None => Ok(()),
            Some(number) => {
                Err(format!("call {number} is recorded by rule: pause it, or ask a supervisor to end it"))
            }
        }
    }

    /// The key code: pauses, has it go on, or begins, by what there is.
    pub(super) fn record_by_key(&mut self, now: Now, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get(&id) else { return };
        let act = match call.paused_by() {
            Some(_) => RecordingAct::Resume,
            None if call.is_taped() => RecordingAct::Pause,
            None => RecordingAct::Start,
        };
        let who = call.number_of(leg);
        match self.control_recording(now, id, act, &who) {
            Ok(_) => _ = self.signal(id, leg),
            Err(why) => self.why(now, id, "refuse", format!("{who} wanted another recording: {why}")),
        }
    }

    fn control_recording(
        &mut self,
        now: Now,
        id: CallId,
        act: RecordingAct,
        who: &str,
    ) -> Result<String, String> {
        let number = self.calls.get(&id).map(|call| call.number).unwrap_or_default();
        let by = clean(who);
        let (name, done) = match act {
            RecordingAct::Start => {
                let legs = self.may_start_recording(id)?;
                self.record(now, id, legs);
                if let Some(call) = self.calls.get_mut(&id) {
                    call.is_on_demand = true;
                }
                self.vouch(id);
                self.note_open(id);
                self.mark(id, "record_start", &by);
                ("recording_begun", format!("call {number} is recorded from now"))
            }
            RecordingAct::Pause => {
                self.must_be_taped(id)?;
                if let Some(other) = self.paused_by(id) {
                    return Err(format!("the recording of call {number} is paused already, by {other}"));
                }
                self.pause_for_person(id, Some(by.clone()));
                self.mark(id, "record_pause", &by);
                ("recording_paused", format!("the recording of call {number} is paused"))
            }
            RecordingAct::Resume => {
                self.must_be_taped(id)?;
                if self.paused_by(id).is_none() {
                    return Err(self.not_paused(id));
                }
                self.pause_for_person(id, None);
                self.mark(id, "record_resume", &by);
                ("recording_resumed", format!("the recording of call {number} goes on"))
            }
            RecordingAct::Stop => {
                self.must_be_taped(id)?;
                self.mark(id, "record_stop", &by);
                self.stop_recording(now, id);
                ("recording_stopped", format!("call {number} is recorded no more"))
            }
        };
        self.why_and_audit(now, id, "record", &by, name, &done);
        self.changed.insert(Changed::Call(id));
        Ok(done)
    }

    fn must_be_taped(&self, id: CallId) -> Result<(), String> {
        let call = self.calls.get(&id).ok_or("the call is gone")?;
        if call.is_taped() { Ok(()) } else { Err(format!("call {} is not recorded", call.number)) }
    }

    fn not_paused(&self, id: CallId) -> String {
        let Some(call) = self.calls.get(&id) else { return "the call is gone".to_owned() };
        let why = match &call.pauses {
            Pauses { is_handed_off: true, .. } => "by nobody; it goes on when the flow ends",
            Pauses { in_flow: Some(_), .. } => {
                "by nobody; it goes on when the caller talks with somebody again"
            }
            Pauses { asks: true, .. } => "by nobody; it goes on when who is asked has consented",
            _ => "",
        };
        format!("the recording of call {} is not paused {why}", call.number).trim_end().to_owned()
    }

    /// The two who would be recorded.
    fn may_start_recording(&self, id: CallId) -> Result<(LegId, LegId), String> {
        let call = self.calls.get(&id).ok_or("the call is gone")?;
        let number = call.number;
        if call.is_taped() {
            return Err(format!("call {number} is recorded already"));
        }
        match call.recording {
            Recording::Off => {}
            Recording::On | Recording::Done => {
                return Err(format!("the recording of call {number} is closed, and a call has one only"));
            }
            Recording::Failed => {
                return Err(format!("the recording of call {number} failed; its path says why"));
            }
        }
        let legs = match call.stage {
            Stage::Talking { with } if !call.is_briefed() => (call.caller, with),
            _ => return Err(format!("in call {number} nobody talks at the moment")),
        };
        let has_codec = |leg: LegId| call.leg(leg).is_some_and(|leg| leg.codec.is_some());
        if !has_codec(legs.0) || !has_codec(legs.1) {
            return Err(format!("the phones of call {number} have not agreed yet; try again"));
        }
        if call.refuses_recording().is_some() {
            return Err(format!("in call {number} somebody was asked, and does not want to be recorded"));
        }
        if self.rule_of(id) == Some(RecordRule::Never) {
            return Err(format!("somebody in call {number} is never to be recorded, says the configuration"));
        }
        Ok(legs)
    }
}
