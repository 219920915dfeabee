//! Consent: before a recording begins, the party that is not the agent's side hears that it will be recorded, and may press a key
//! to refuse. It is part of the briefing, so nothing of the talk is said meanwhile, and nothing is recorded.

use super::{Call, Recording, Stage};
use crate::config::RecordRule;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::{CONSENT_MAX, DIGITS_HUSHED};
use crate::media::{MediaCommand, Source};
use crate::record::{EventKind, Severity};
use crate::{CallId, LegId};
use switchroom_acd::agent::Doing;
use switchroom_flow::{Clip, Language};
use switchroom_sip::time::Now;

impl Call {
    /// Whether somebody was asked, and did not want to be recorded.
    pub fn is_recording_refused(&self) -> bool {
        self.is_recording_refused
    }
}

impl Exchange {
    /// Who of two who are about to talk is asked for consent, and what that one hears; nobody, unless a rule will have the talk
    /// recorded and that one was not asked yet.
    pub(super) fn asks_consent(&self, id: CallId) -> Option<(LegId, Clip)> {
        let name = &self.config.consent;
        let call = self.calls.get(&id).filter(|call| !name.is_empty() && !call.is_recording_refused)?;
        let will_be = self.records_by_rule(id) && call.recording == Recording::Off;
        let (_, other) = self.agents_side(id).filter(|_| will_be)?;
        let language = self.language_in(id);
        Some((other, Clip::Prompt { language, name: name.clone() }))
    }

    /// What is said to the parties of a talk is in the language of the flow that the caller is or was in; or else of the queue
    /// for which it is, or of the site.
    pub(super) fn language_in(&self, id: CallId) -> Language {
        let of_flow = self.visits.get(&id).map(|visit| visit.run.language());
        let agent = self.floor.agent_of(self.on_floor(id));
        let queue = agent.and_then(|agent| match &agent.doing {
            Doing::Talking { queue, .. } => self.floor.queue_by_id(*queue),
            Doing::Idle | Doing::Offered { .. } | Doing::WrapUp { .. } => None,
        });
        let of_queue =
            || queue.map_or(self.config.inbound.language, |queue| self.config.language_of(&queue.name));
        of_flow.unwrap_or_else(of_queue)
    }

    /// A briefing that has begun is that question, too.
    pub(super) fn ask_consent(&mut self, now: Now, id: CallId, asked: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let who = call.number_of(asked);
        // Whom the briefing lets wait hears silence, not what was before.
        let others = [Some(call.caller), call.other(call.caller)].into_iter().flatten();
        let Some(briefing) = call.briefing.as_mut() else { return };
        briefing.asks = Some(asked);
        let wait: Vec<LegId> = others.filter(|leg| !briefing.hearing.contains(leg)).collect();
        self.timers.set(Timer::Briefing(id), now.mono.after(CONSENT_MAX));
        for leg in wait {
            self.media(MediaCommand::Hear { call: id, leg, source: Source::Silence });
        }
        if self.config.consent_refuse.is_some() {
            self.listen_to(id, asked, true);
        }
        self.why(now, id, "record", format!("{who} hears that it will be recorded"));
    }

    /// Two talk, one of whom may have come only now: a rule may have that recorded, and then somebody may have to be asked.
    pub(super) fn ask_or_record(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id).filter(|call| !call.is_briefed()) else { return };
        let Stage::Talking { with } = call.stage else { return };
        let (caller, has_consented) = (call.caller, call.has_consented);
        match self.asks_consent(id).filter(|_| !has_consented) {
            Some((asked, clip)) => {
                self.begin_briefing(now, id, vec![(asked, vec![clip])]);
                self.ask_consent(now, id, asked);
            }
            None => self.start_recording(now, id, caller, with),
        }
    }

    /// Who is asked has heard all of it, and has not refused.
    pub(super) fn note_consent(&mut self, id: CallId, leg: LegId) {
        if let Some(call) = self.calls.get_mut(&id)
            && call.briefing.as_ref().is_some_and(|briefing| briefing.asks == Some(leg))
        {
            call.has_consented = true;
        }
    }

    /// What was to be asked is over. If it was not heard to its end the two are connected all the same, and not recorded.
    pub(super) fn tell_missing_consent(&mut self, now: Now, id: CallId, asked: LegId) {
        let Some(call) = self.calls.get(&id).filter(|call| !call.has_consented && !call.is_recording_refused)
        else {
            return;
        };
        let who = call.number_of(asked);
        let text = format!("{who} did not hear to its end that it would be recorded, so it is not");
        self.why(now, id, "record", text.clone());
        self.event(now, EventKind::Recording, Severity::Warn, Some(id), &who, "consent_missing", text);
    }

    /// Whether a rule may not have the call recorded, since who is to be asked has not consented.
    pub(super) fn lacks_consent(&self, call: &Call) -> bool {
        !self.config.consent.is_empty() && !call.has_consented
    }

    /// Whether a rule has the call recorded.
    pub(super) fn records_by_rule(&self, id: CallId) -> bool {
        self.rule_of(id).unwrap_or(self.config.record) == RecordRule::Always
    }

    /// A key of who is asked, while it is: it may refuse. False if it is not about that.
    pub(super) fn consent_key(&mut self, now: Now, id: CallId, leg: LegId, key: char) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let is_asked = call.briefing.as_ref().is_some_and(|briefing| briefing.asks == Some(leg));
        if !is_asked
            || self.config.consent_refuse != Some(key)
            || !matches!(call.stage, Stage::Talking { .. })
        {
            return false;
        }
        call.is_recording_refused = true;
        if let Some(one) = call.legs.get_mut(&leg) {
            // It may come once more, by another way.
            one.hushed_until = Some(now.mono.after(DIGITS_HUSHED));
        }
        let who = call.number_of(leg);
        let text = format!("{who} does not want to be recorded");
        self.why(now, id, "record", text.clone());
        self.event(now, EventKind::Recording, Severity::Info, Some(id), &who, "recording_refused", text);
        self.end_briefing(now, id);
        true
    }
}
