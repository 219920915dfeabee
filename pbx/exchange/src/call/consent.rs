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

/// What came of asking a party whether it may be recorded. It is that party's, and goes with it into other calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Consent {
    /// Nobody has asked.
    #[default]
    Unasked,
    /// It was asked, and has not heard the question to its end.
    Asked,
    /// It has heard that it will be recorded.
    Given,
    /// A person began to record it, and has asked otherwise.
    Vouched,
    /// It does not want to be recorded.
    Refused,
}

/// Whether two who talk may be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MayRecord {
    Yes,
    /// This one is to be asked first.
    Asks(LegId),
    /// This one does not want it, or was asked in vain.
    Not(LegId),
}

impl Call {
    fn consent_of(&self, leg: LegId) -> Consent {
        self.leg(leg).map(|leg| leg.consent).unwrap_or_default()
    }

    fn set_consent(&mut self, leg: LegId, consent: Consent) {
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.consent = consent;
        }
    }

    /// Which of two who talk has refused to be recorded.
    pub(super) fn refuses_recording(&self) -> Option<LegId> {
        let Stage::Talking { with } = self.stage else { return None };
        [self.caller, with].into_iter().find(|leg| self.consent_of(*leg) == Consent::Refused)
    }
}

impl Exchange {
    /// Who of two who are about to talk is asked for consent, and what that one hears; nobody, unless their talk is recorded or
    /// a rule will have it so, and that one was not asked yet.
    pub(super) fn asks_consent(&self, id: CallId) -> Option<(LegId, Clip)> {
        let call = self.calls.get(&id)?;
        let MayRecord::Asks(asked) = self.may_record(id) else { return None };
        let goes_on = call.is_taped() && !call.is_recorded_into_flow();
        let may_begin = call.recording == Recording::Off || call.is_recorded_into_flow();
        if !goes_on && (!may_begin || !self.records_by_rule(id)) {
            return None;
        }
        Some((asked, Clip::Prompt { language: self.language_in(id), name: self.config.consent.clone() }))
    }

    /// Whether two who talk may be recorded: nobody who has refused; and where the site asks, who is not the agent's side only
    /// with consent.
    pub(super) fn may_record(&self, id: CallId) -> MayRecord {
        let Some(call) = self.calls.get(&id) else { return MayRecord::Yes };
        if let Some(refuses) = call.refuses_recording() {
            return MayRecord::Not(refuses);
        }
        let asked = self.agents_side(id).filter(|_| !self.config.consent.is_empty());
        let Some((_, other)) = asked else { return MayRecord::Yes };
        match call.consent_of(other) {
            Consent::Given | Consent::Vouched => MayRecord::Yes,
            Consent::Unasked => MayRecord::Asks(other),
            Consent::Asked | Consent::Refused => MayRecord::Not(other),
        }
    }

    /// Whether who is not the agent's side has heard that it will be recorded.
    pub(super) fn has_consent(&self, id: CallId) -> bool {
        let other = self.agents_side(id).map(|(_, other)| other);
        let call = self.calls.get(&id).zip(other);
        call.is_some_and(|(call, other)| call.consent_of(other) == Consent::Given)
    }

    /// Another has answered: who was asked in vain before is asked again.
    pub(super) fn forget_asked(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        for leg in call.legs.values_mut().filter(|leg| leg.consent == Consent::Asked) {
            leg.consent = Consent::Unasked;
        }
    }

    /// A person began the recording: whom the site would ask has been asked otherwise.
    pub(super) fn vouch(&mut self, id: CallId) {
        let Some((_, other)) = self.agents_side(id) else { return };
        if let Some(call) = self.calls.get_mut(&id).filter(|call| call.consent_of(other) != Consent::Given) {
            call.set_consent(other, Consent::Vouched);
        }
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
        call.set_consent(asked, Consent::Asked);
        let listens = self.config.consent_refuse.is_some();
        let Some(briefing) = call.briefing_mut() else { return };
        if let Some(question) = briefing.question.as_mut() {
            question.listens = listens;
        }
        let wait: Vec<LegId> = others.filter(|leg| !briefing.hearing.contains(leg)).collect();
        self.timers.set(Timer::Briefing(id), now.mono.after(CONSENT_MAX));
        for leg in wait {
            self.media(MediaCommand::Hear { call: id, leg, source: Source::Silence });
        }
        if listens {
            self.listen_to(id, asked, true);
        }
        // Who has come may be the one who is not asked, and is recorded then.
        self.pause_for_consent(id, true);
        self.why(now, id, "record", format!("{who} hears that it will be recorded"));
    }

    /// Two talk, one of whom may have come only now: a rule may have that recorded, and then somebody may have to be asked.
    pub(super) fn ask_or_record(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id).filter(|call| !call.is_briefed()) else { return };
        let Stage::Talking { with } = call.stage else { return };
        let caller = call.caller;
        match self.asks_consent(id) {
            Some((asked, clip)) => {
                self.begin_briefing(now, id, Vec::new(), Some((asked, clip)));
                self.ask_consent(now, id, asked);
            }
            None => self.start_recording(now, id, caller, with),
        }
    }

    /// Who is asked has heard all of it, and has not refused.
    pub(super) fn note_consent(&mut self, id: CallId, leg: LegId) {
        if let Some(call) = self.calls.get_mut(&id)
            && call.briefing().is_some_and(|briefing| briefing.asks() == Some(leg))
        {
            call.set_consent(leg, Consent::Given);
        }
    }

    /// What was to be asked is over. If it was not heard to its end the two are connected all the same, and not recorded.
    pub(super) fn tell_missing_consent(&mut self, now: Now, id: CallId, asked: LegId) {
        let Some(call) = self.calls.get(&id).filter(|call| call.consent_of(asked) == Consent::Asked) else {
            return;
        };
        let who = call.number_of(asked);
        let text = format!("{who} did not hear to its end that it would be recorded, so it is not");
        self.why(now, id, "record", text.clone());
        self.event(now, EventKind::Recording, Severity::Warn, Some(id), &who, "consent_missing", text);
    }

    /// Whether a rule has the call recorded.
    pub(super) fn records_by_rule(&self, id: CallId) -> bool {
        self.rule_of(id).unwrap_or(self.config.record) == RecordRule::Always
    }

    /// A key of who is asked, while it is: it may refuse. False if it is not about that.
    pub(super) fn consent_key(&mut self, now: Now, id: CallId, leg: LegId, key: char) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let is_asked = call.briefing().is_some_and(|briefing| briefing.asks() == Some(leg));
        if !is_asked
            || self.config.consent_refuse != Some(key)
            || !matches!(call.stage, Stage::Talking { .. })
        {
            return false;
        }
        call.set_consent(leg, Consent::Refused);
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
