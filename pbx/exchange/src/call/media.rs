//! What the media engine says of a call.

use super::signal::SIGNAL;
use super::{LegState, Over, PhoneRefusal, Recording, Stage};
use crate::coverage::media_event;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::inbound::Means;
use crate::limits::MEDIA_LOST_AFTER;
use crate::media::{MediaEvent, RecordingFacts};
use crate::record::{Cause, EventKind, LegOutcome, Record, Severity};
use crate::{CallId, Changed, LegId, PortSlot};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// Loss of the last seconds that is worth an event, parts per million.
const LOSS_PPM: u32 = 30_000;
/// Jitter that is worth an event, microseconds.
const JITTER_US: u32 = 60_000;
/// Mean opinion score times 100 below which people complain.
const MOS_CENTI: u16 = 310;

/// What is wrong with the last seconds of a leg, each with its word and in words.
fn troubles(quality: &crate::Quality) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    let (received, sent) = (&quality.received, &quality.sent);
    if received.loss_ppm() >= LOSS_PPM {
        out.push(("loss", format!("{}% of its packets are lost", received.loss_ppm() / 10_000)));
    }
    if sent.loss_ppm() >= LOSS_PPM {
        out.push(("loss_sent", format!("it reports that {}% of ours are lost", sent.loss_ppm() / 10_000)));
    }
    if received.jitter_us >= JITTER_US {
        out.push(("jitter", format!("its packets come unevenly, by {} ms", received.jitter_us / 1000)));
    }
    if (1..MOS_CENTI).contains(&received.mos_centi) {
        let mos = received.mos_centi;
        out.push(("quality", format!("it is hard to understand, MOS {}.{}", mos / 100, mos / 10 % 10)));
    }
    out
}

impl Exchange {
    /// The call that something is about.
    fn call_of(&self, event: &MediaEvent) -> Option<CallId> {
        match event {
            MediaEvent::OpenFailed { leg, .. }
            | MediaEvent::Flowing { leg, .. }
            | MediaEvent::Digit { leg, .. }
            | MediaEvent::Played { leg, .. }
            | MediaEvent::Unheard { leg, .. }
            | MediaEvent::MessageTaken { leg, .. }
            | MediaEvent::Missing { leg, .. }
            | MediaEvent::Back { leg }
            | MediaEvent::DeadAir { leg, .. }
            | MediaEvent::Sound { leg }
            | MediaEvent::Quality { leg, .. }
            | MediaEvent::Closed { leg, .. } => self.legs.get(leg).copied(),
            MediaEvent::RecordingStarted { call } | MediaEvent::RecordingFailed { call, .. } => Some(*call),
            MediaEvent::RecordingClosed { facts } => Some(facts.call),
        }
    }

    pub(crate) fn on_media(&mut self, now: Now, event: MediaEvent) {
        if let Some(id) = self.call_of(&event) {
            self.saw_call(id, media_event(&event));
        }
        match event {
            MediaEvent::OpenFailed { leg, slot, why } => self.on_open_failed(now, leg, slot, &why),
            MediaEvent::Flowing { leg, from } => {
                if let Some((id, one)) = self.live_leg_mut(leg) {
                    one.media_from = Some(from);
                    let text = format!("{}: media comes from {from}", one.party.number);
                    self.ladders.decision(now, id, &text);
                    self.changed.insert(Changed::Call(id));
                    self.changed.insert(Changed::Ladder(id));
                }
            }
            MediaEvent::Digit { leg, digit } => {
                let id = self.live_leg_mut(leg).map(|(id, _)| id);
                if let Some(id) = id
                    && !self.is_command(now, id, leg, digit, Means::Media)
                {
                    self.on_digit(now, id, leg, digit);
                }
            }
            MediaEvent::Played { leg, number } | MediaEvent::Unheard { leg, number } => {
                let is_heard = matches!(event, MediaEvent::Played { .. });
                let id = self.live_leg_mut(leg).map(|(id, _)| id);
                match id {
                    Some(id) if number == SIGNAL => self.signalled(id, leg),
                    Some(id) if !self.briefed(now, id, leg, number, is_heard) => {
                        self.on_played(now, id, number);
                    }
                    Some(_) | None => {}
                }
            }
            MediaEvent::MessageTaken { message, taken, why, .. } => {
                self.on_message_taken(now, &message, taken, &why);
            }
            MediaEvent::Missing { leg, for_ms, refused, refused_from } => {
                self.on_missing(now, leg, for_ms, refused, refused_from);
            }
            MediaEvent::Back { leg } => {
                // What was never told as missing, on hold for example, is not told as back.
                if let Some((id, one)) = self.live_leg_mut(leg).filter(|(_, one)| one.is_missing) {
                    one.is_missing = false;
                    let who = one.party.number.clone();
                    self.event(
                        now,
                        EventKind::Media,
                        Severity::Info,
                        Some(id),
                        &who,
                        "media_back",
                        "media is back".into(),
                    );
                    self.refresh_troubles(now, id);
                }
            }
            MediaEvent::DeadAir { leg, for_ms } => self.on_dead_air(now, leg, for_ms),
            MediaEvent::Sound { leg } => {
                if let Some((id, one)) = self.live_leg_mut(leg) {
                    one.is_dead = false;
                    self.refresh_troubles(now, id);
                }
            }
            MediaEvent::Quality { leg, recent, whole } => self.on_quality(now, leg, recent, whole),
            MediaEvent::Closed { leg, slot, whole } => {
                // Only who holds a pair can give it back: a second answer for a leg must not free another's.
                if self.closing.get(&leg) == Some(&slot) {
                    self.closing.remove(&leg);
                    self.leave_room(leg);
                    return self.ports.give_back(slot);
                }
                let Some((_, one)) = self.leg_mut(leg) else { return };
                if one.slot != Some(slot) {
                    return;
                }
                self.ports.give_back(slot);
                self.leave_room(leg);
                if let Some((id, one)) = self.leg_mut(leg) {
                    one.slot = None;
                    one.quality = whole;
                    self.changed.insert(Changed::Call(id));
                    self.write_cdr_if_complete(now, id);
                }
            }
            MediaEvent::RecordingStarted { call } => self.set_recording(call, Recording::On),
            MediaEvent::RecordingFailed { call, why } => {
                self.set_recording(call, Recording::Failed);
                let text = format!("recording failed, the call goes on: {why}");
                self.event(
                    now,
                    EventKind::Recording,
                    Severity::Crit,
                    Some(call),
                    "",
                    "recording_failed",
                    text.clone(),
                );
                self.why(now, call, "record", text);
            }
            MediaEvent::RecordingClosed { facts } => self.on_recording_closed(now, facts),
        }
    }

    fn leg_mut(&mut self, leg: LegId) -> Option<(CallId, &mut super::Leg)> {
        let id = *self.legs.get(&leg)?;
        Some((id, self.calls.get_mut(&id)?.legs.get_mut(&leg)?))
    }

    /// A leg that has not ended; what is heard of others on the way out is of no interest.
    fn live_leg_mut(&mut self, leg: LegId) -> Option<(CallId, &mut super::Leg)> {
        self.leg_mut(leg).filter(|(_, one)| one.is_live())
    }

    fn on_missing(
        &mut self,
        now: Now,
        leg: LegId,
        for_ms: u32,
        refused: u64,
        refused_from: Option<std::net::SocketAddr>,
    ) {
        let Some((id, one)) = self.leg_mut(leg) else { return };
        // Before the answer phones say nothing, and who holds need not.
        if one.is_missing || one.state != LegState::Up || one.holds {
            return;
        }
        one.is_missing = true;
        let who = one.party.number.clone();
        let said = one.remote.as_ref().and_then(|r| r.rtp).map(|a| a.to_string()).unwrap_or_default();
        let mut text = format!(
            "nothing is heard from {who} for {} s: its SDP says {said}, its SIP comes from {}",
            for_ms / 1000,
            one.flow.remote
        );
        if let Some(from) = refused_from {
            text += &format!(
                "; {refused} packets from {from} were refused, which may be its address behind a NAT"
            );
        }
        let is_all = self.is_silent(id);
        let name = if is_all { "media_missing" } else { "one_way" };
        self.event(now, EventKind::Media, Severity::Warn, Some(id), &who, name, text);
        self.refresh_troubles(now, id);
    }

    fn on_dead_air(&mut self, now: Now, leg: LegId, for_ms: u32) {
        let Some((id, one)) = self.live_leg_mut(leg) else { return };
        // Before the answer nobody need say anything, and who holds does not.
        if one.state != LegState::Up || one.holds {
            return;
        }
        one.is_dead = true;
        let who = one.party.number.clone();
        let text = format!("{who} has not made a sound for {} s", for_ms / 1000);
        self.event(now, EventKind::Media, Severity::Warn, Some(id), &who, "dead_air", text);
        self.refresh_troubles(now, id);
    }

    fn on_quality(&mut self, now: Now, leg: LegId, recent: crate::Quality, whole: crate::Quality) {
        let Some((id, one)) = self.leg_mut(leg) else { return };
        one.quality = whole;
        if !one.is_live() {
            self.changed.insert(Changed::Call(id));
            return;
        }
        let before = troubles(&one.recent);
        one.recent = recent;
        let (who, from) = (one.party.number.clone(), one.media_from);
        let from = from.map(|f| format!(" ({f})")).unwrap_or_default();
        // Each trouble is an event when it begins.
        for (name, text) in troubles(&recent) {
            if !before.iter().any(|(known, _)| *known == name) {
                let text = format!("{who}{from}: {text}");
                self.event(now, EventKind::Media, Severity::Warn, Some(id), &who, name, text);
            }
        }
        self.changed.insert(Changed::Call(id));
    }

    /// Whether nothing comes from any phone of a call. A held call may be silent for as long as it likes.
    pub(crate) fn is_silent(&self, id: CallId) -> bool {
        let Some(call) = self.calls.get(&id) else { return false };
        let mut up = call.legs.values().filter(|l| l.slot.is_some() && l.state == LegState::Up).peekable();
        call.held.is_none() && up.peek().is_some() && up.all(|l| l.is_missing)
    }

    /// A port pair could not be opened: one phone of several is given up, or the call.
    fn on_open_failed(&mut self, now: Now, leg: LegId, slot: PortSlot, why: &str) {
        // Only who holds a pair can lose it: a late word about a leg must not free another's.
        if self.closing.get(&leg) == Some(&slot) {
            self.closing.remove(&leg);
            self.leave_room(leg);
            return self.ports.quarantine(now.mono, slot);
        }
        let Some((id, one)) = self.leg_mut(leg).filter(|(_, one)| one.slot == Some(slot)) else { return };
        one.slot = None;
        let is_live = one.is_live();
        self.leave_room(leg);
        self.ports.quarantine(now.mono, slot);
        if !is_live {
            return self.write_cdr_if_complete(now, id);
        }
        let text = format!("RTP port pair {} could not be opened: {why}", slot.0);
        if self.calls.get(&id).is_some_and(|call| call.transferor() == Some(leg)) {
            self.drop_leg(now, id, leg, LegOutcome::Failed, None);
            self.transferor_left(now, id, leg, &text);
            return;
        }
        if self.calls.get(&id).is_some_and(|c| c.is_ringing() && c.is_rung(leg)) {
            self.why(now, id, "refuse", text);
            self.drop_leg(now, id, leg, LegOutcome::Failed, None);
            return self.note_refusal(now, id, leg, PhoneRefusal::NO_PORT);
        }
        self.finish(now, id, Over::by_rule(Cause::Overload, Status::SERVICE_UNAVAILABLE, text));
    }

    /// Nothing was heard of any phone for so long that nobody can be there.
    pub(crate) fn media_lost(&mut self, now: Now, id: CallId) {
        if !self.is_silent(id) {
            return;
        }
        let text = format!("no phone of this call sent media for {} s", MEDIA_LOST_AFTER.as_secs());
        self.finish(now, id, Over::by_rule(Cause::MediaLost, None, text));
    }

    /// A call of which nothing is heard has a deadline, and no other: whatever changed it, a packet, a hold or a phone that
    /// went.
    pub(super) fn refresh_silence(&mut self, now: Now, id: CallId) {
        let timer = Timer::MediaLost(id);
        let is_over = self.calls.get(&id).is_none_or(super::Call::is_ended);
        if is_over || !self.is_silent(id) {
            self.timers.cancel(timer);
        } else if self.timers.get(timer).is_none() {
            self.timers.set(timer, now.mono.after(MEDIA_LOST_AFTER));
        }
    }

    /// One-way audio is an alarm as long as it lasts.
    pub(crate) fn refresh_troubles(&mut self, now: Now, id: CallId) {
        self.refresh_silence(now, id);
        let Some(call) = self.calls.get(&id) else { return };
        let missing: Vec<&str> = if call.is_ended() {
            vec![]
        } else {
            call.legs.values().filter(|l| l.is_missing).map(|l| l.party.number.as_str()).collect()
        };
        let state = (!missing.is_empty()).then(|| {
            let text = format!("call {}: nothing is heard from {}", call.number, missing.join(" and "));
            (Severity::Warn, text)
        });
        self.changed.insert(Changed::Call(id));
        self.set_alarm(now, &format!("one_way:{id}"), state, Some(id));
    }

    fn set_recording(&mut self, id: CallId, state: Recording) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.recording = state;
            self.changed.insert(Changed::Call(id));
        }
        self.tape_third(id);
    }

    fn on_recording_closed(&mut self, now: Now, facts: RecordingFacts) {
        let id = facts.call;
        let is_complete = facts.complete;
        if let Some(call) = self.calls.get_mut(&id) {
            call.has_recording = true;
        }
        if let Some(call) = self.calls.get_mut(&id)
            && (call.recording == Recording::On || matches!(call.stage, Stage::Ended { .. }))
        {
            call.recording = Recording::Done;
            self.changed.insert(Changed::Call(id));
        }
        self.tape_third(id);
        let severity = if is_complete { Severity::Info } else { Severity::Warn };
        let seconds = facts.length_ms / 1000;
        let text = format!("recording of {seconds} s kept{}", if is_complete { "" } else { ", incomplete" });
        self.event(now, EventKind::Recording, severity, Some(id), "", "recording_closed", text);
        self.persist(Record::Recording(Box::new(facts)));
    }
}
