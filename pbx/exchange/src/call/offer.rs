//! The called phones ring, answer, refuse; one wins.

use super::search::Progress;
use super::talk::next_generation;
use super::{Call, Leg, LegState, Over, PhoneRefusal, Stage};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::media::{MediaCommand, Source};
use crate::negotiate::{agreed, answer_formats, chosen_by, is_translated, match_codec, offer_like};
use crate::ports::NONE_FREE;
use crate::queues::miss;
use crate::record::{Cause, End, EndedBy, LegOutcome};
use crate::{CallId, Changed, LegId};
use switchroom_sip::header::Headers;
use switchroom_sip::sdp::{Description, Format, Local};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// What the losers of a race are told: they rang in vain, but nobody missed a call (RFC 3326).
pub(crate) const ELSEWHERE: &str = "SIP;cause=200;text=\"Call completed elsewhere\"";

impl Exchange {
    /// A called phone says that it rings, perhaps with early media.
    pub(crate) fn on_progress(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        status: Status,
        sdp: Option<&[u8]>,
    ) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.stage == Stage::Placing {
            return self.caller_rings(now, id, leg, status, sdp);
        }
        if call.stage != Stage::Seeking {
            return;
        }
        let Some(Progress { rings, is_news }) = self.heard_of_phone(now, id, leg, status) else { return };
        let Some(call) = self.calls.get_mut(&id) else { return };
        let caller_session = call.caller_leg().and_then(|l| l.session);
        let (is_answered, who) = (call.has_answered_caller(), call.number_of(leg));
        let is_alone = call.sought_legs().count() == 1;
        // Whom a flow has answered is not told of ringing by SIP, and its call has no time of ringing before the answer.
        let is_first = is_news && call.ringing.is_none() && call.answered.is_none();
        if is_first {
            call.ringing = Some(call.clock(now));
            self.call_event(now, id, &who, "call_ringing", format!("{who} rings"));
        }
        if is_news {
            self.transfer_rings(now, id);
        }
        if is_answered {
            return;
        }
        // Early media of one phone is passed on; of several, nobody could tell whose it is. Who comes from a flow may go back
        // there, and must be described anew then.
        let is_passed = is_alone && !self.visits.contains_key(&id);
        let early = sdp.filter(|_| is_passed).and_then(|sdp| self.connect_early(now, id, leg, sdp));
        let Some(session) = caller_session else { return };
        let Some(call) = self.calls.get_mut(&id) else { return };
        match early {
            Some(answer) => {
                call.search.told_ringing |= rings;
                let status = if rings { Status::RINGING } else { Status::SESSION_PROGRESS };
                self.endpoint.progress(now.mono, session, status, Some(answer));
            }
            // Sound that is not passed on leaves the caller in silence: its own phone has to make the tone.
            None if (rings || call.search.early.is_none()) && !call.search.told_ringing => {
                call.search.told_ringing = true;
                self.endpoint.progress(now.mono, session, Status::RINGING, None);
            }
            None => {}
        }
    }

    /// Connects what a phone sends before it answers. Returns the description for the caller.
    fn connect_early(&mut self, now: Now, id: CallId, leg: LegId, sdp: &[u8]) -> Option<Vec<u8>> {
        let call = self.calls.get(&id)?;
        if call.search.early.is_some() || call.caller_leg()?.remote.is_none() {
            return None;
        }
        let answer = self.join(now, id, leg, sdp).ok()?;
        if let Some(call) = self.calls.get_mut(&id) {
            call.search.early = Some(leg);
        }
        self.wire(id, leg);
        if let Some(caller) = self.calls.get(&id).map(|c| c.caller) {
            self.wire(id, caller);
        }
        self.why(now, id, "early", "early media is passed to the caller".into());
        Some(answer)
    }

    /// Settles both legs' media from the called phone's answer. Returns our description for the caller: an answer to
    /// its offer, or our offer if it made none. The error says what does not fit.
    fn join(&mut self, now: Now, id: CallId, leg: LegId, sdp: &[u8]) -> Result<Vec<u8>, String> {
        let theirs = Description::parse(sdp).map_err(|e| e.to_string())?;
        let call = self.calls.get(&id).ok_or("the call is gone")?;
        let (caller, one) = (call.caller_leg().ok_or("no caller")?, call.leg(leg).ok_or("no leg")?);
        let ours = one.local.as_ref().ok_or("nothing was offered")?.formats.clone();
        let (codec, _) =
            chosen_by(&theirs, &ours).ok_or("the phone answered with no codec that was offered")?;
        let codec = codec.clone();
        let callee_agreed =
            agreed(&theirs, &codec, &ours, one.flow.remote.ip(), next_generation(one, &theirs));
        let (caller_id, caller_flow, offer) = (caller.id, caller.flow, caller.remote.clone());
        let (caller_local, caller_slot, is_placed) = (caller.local.clone(), caller.slot, call.is_placed);
        let caller_generation = offer.as_ref().map_or(1, |offer| next_generation(caller, offer));

        let (caller_codec, formats) = match &offer {
            Some(offer) => {
                let chosen = match_codec(offer, Some(&codec), caller.codec.as_ref())
                    .ok_or("the two phones have no codec in common")?
                    .clone();
                let formats = answer_formats(offer, &chosen, Some(&codec));
                (Some(chosen), formats)
            }
            None => (None, offer_like(&codec, &ours)),
        };
        let (mut local, slot) = match (caller_local, caller_slot) {
            (Some(local), Some(slot)) => (local, slot),
            _ => self.open_media(now, id, caller_id, &caller_flow, formats.clone()).ok_or(NONE_FREE)?,
        };
        // Whom we called has what we offered; its numbers are ours, not those of its answer.
        if local.formats != formats && !is_placed {
            local.formats = formats;
            local.version += 1;
        }
        local.direction = offer.as_ref().map_or(local.direction, |o| o.direction.reversed());
        let text = match &offer {
            Some(offer) => local.answer(offer),
            None => local.offer(),
        };
        let caller_agreed = offer.as_ref().zip(caller_codec.as_ref()).map(|(offer, codec)| {
            agreed(offer, codec, &local.formats, caller_flow.remote.ip(), caller_generation)
        });
        let Some(call) = self.calls.get_mut(&id) else { return Err("the call is gone".into()) };
        if let Some(caller) = call.legs.get_mut(&caller_id) {
            caller.holds = offer.as_ref().is_some_and(Description::is_hold);
            caller.slot = Some(slot);
            caller.local = Some(local);
            caller.codec = caller_codec;
            caller.agreed.clone_from(&caller_agreed);
        }
        if let Some(one) = call.legs.get_mut(&leg) {
            one.agrees(theirs, codec, callee_agreed.clone());
        }
        self.media(MediaCommand::Agree { call: id, leg, agreed: callee_agreed });
        if let Some(agreed) = caller_agreed {
            self.media(MediaCommand::Agree { call: id, leg: caller_id, agreed });
        }
        Ok(text)
    }

    /// A called phone answered. The first one wins, before anything else is done (class C-1, two agents on one caller).
    pub(crate) fn on_answered(&mut self, now: Now, id: CallId, leg: LegId, sdp: Option<&[u8]>) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.stage == Stage::Placing {
            return self.caller_answers(now, id, leg, sdp);
        }
        if call.stage != Stage::Seeking {
            return;
        }
        // A reliable 183 may have held the answer already; then the 2xx holds none.
        let joined = match sdp {
            Some(sdp) => self.join(now, id, leg, sdp),
            None => self.described_early(id, leg),
        };
        match joined {
            Ok(answer) => self.connect(now, id, leg, answer),
            Err(why) => self.cannot_connect(now, id, leg, &why),
        }
    }

    /// A phone answered, and does not fit the other side, or us.
    pub(super) fn cannot_connect(&mut self, now: Now, id: CallId, leg: LegId, why: &str) {
        self.why(now, id, "refuse", format!("cannot connect: {why}"));
        let reason = "SIP;cause=488;text=\"Not acceptable here\"".to_owned();
        self.drop_leg(now, id, leg, LegOutcome::NotAcceptable, Some(reason));
        self.note_refusal(now, id, leg, PhoneRefusal::NOT_ACCEPTABLE);
    }

    /// What the caller talks in, if what is said has to be translated between the two.
    fn translated_from(&self, id: CallId, leg: LegId) -> Option<String> {
        let call = self.calls.get(&id)?;
        let (caller, one) = (call.caller_leg()?, call.leg(leg)?);
        is_translated(caller.codec.as_ref()?, one.codec.as_ref()?).then(|| caller.codec_name())
    }

    fn described_early(&self, id: CallId, leg: LegId) -> Result<Vec<u8>, String> {
        let call = self.calls.get(&id).ok_or("the call is gone")?;
        let caller = call.caller_leg().ok_or("no caller")?;
        match (&caller.local, &caller.remote) {
            (Some(local), Some(remote)) if call.search.early == Some(leg) => Ok(local.answer(remote)),
            _ => Err("the phone answered without a session description".into()),
        }
    }

    fn connect(&mut self, now: Now, id: CallId, leg: LegId, answer: Vec<u8>) {
        self.timers.cancel(Timer::NoAnswer(id));
        self.transfer_answered(now, id, leg);
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.stage = Stage::Talking { with: leg };
        let is_answered = call.has_answered_caller();
        // Whom a flow has answered was answered then; whom we called waits for this.
        if call.answered.is_none() {
            call.answered = Some(call.clock(now));
        }
        let caller = call.caller;
        let losers: Vec<LegId> =
            call.callee_legs().filter(|l| l.id != leg && l.is_live()).map(|l| l.id).collect();
        let Some(one) = call.legs.get_mut(&leg) else { return };
        one.state = LegState::Up;
        one.outcome = LegOutcome::Answered;
        let (party, codec, flow) = (one.party.clone(), one.codec_name(), one.flow);
        call.with = Some(party.clone());
        let caller_session = call.caller_leg().and_then(|l| l.session);
        let translated = self.translated_from(id, leg).map(|from| format!(", translated from {from}"));
        let translated = translated.unwrap_or_default();
        self.why(now, id, "answer", format!("{} answered at {flow}, {codec}{translated}", party.number));
        for loser in losers {
            self.drop_leg(now, id, loser, LegOutcome::Elsewhere, Some(ELSEWHERE.to_owned()));
        }
        self.dial_answered(now, id);
        self.agent_answered(now, id, leg);
        self.reached_by_call_back(now, id, leg);
        if let Some(session) = caller_session.filter(|_| !is_answered) {
            self.endpoint.answer(now.mono, session, answer);
        }
        if let Some(caller) = self.calls.get_mut(&id).and_then(|c| c.legs.get_mut(&caller)) {
            caller.state = LegState::Up;
            caller.outcome = LegOutcome::Answered;
        }
        if self.calls.get(&id).is_some_and(|c| c.is_early()) {
            // Only now does the caller's phone have to speak: the engine looks out for it anew.
            self.agree_again(id);
        }
        if !self.brief(now, id, leg) {
            self.bridge(now, id);
        }
        self.refresh_hold(now, id);
        self.called_back(now, id, false);
        self.note_open(id);
        let text = format!("{} answered", party.number);
        self.call_event(now, id, &party.number, "call_answered", text);
        self.show_parties(id);
    }

    fn agree_again(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let all: Vec<_> = call.legs.values().filter_map(|l| Some((l.id, l.agreed.clone()?))).collect();
        for (leg, agreed) in all {
            self.media(MediaCommand::Agree { call: id, leg, agreed });
        }
    }

    /// Extensions of a call are drawn anew.
    pub(crate) fn show_parties(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let extensions = call.legs.values().filter_map(|l| l.extension.clone());
        let extensions: Vec<String> = extensions.collect();
        extensions.into_iter().for_each(|extension| self.extension_changed(extension));
        self.changed.insert(Changed::Call(id));
        self.supervisions.touch(id);
    }

    /// A called phone refused, or did not answer at all; `what` says so in words.
    pub(crate) fn on_refused(&mut self, now: Now, id: CallId, leg: LegId, status: u16, what: &str) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(one) = call.legs.get_mut(&leg) else { return };
        let refusal = PhoneRefusal::of(status);
        one.outcome = refusal.outcome;
        one.session = None;
        let (who, flow) = (one.party.number.clone(), one.flow);
        self.why(now, id, "refuse", format!("{who} at {flow} {what}"));
        self.close_leg(id, leg);
        if status >= 600 {
            // No to all of that person's phones (RFC 3261 §16.7).
            let others = self.live_callees(id);
            let whose = |leg: &LegId| self.calls.get(&id)?.leg(*leg)?.extension.clone();
            let others: Vec<LegId> = others.into_iter().filter(|o| whose(o) == whose(&leg)).collect();
            for other in others {
                self.drop_leg(
                    now,
                    id,
                    other,
                    LegOutcome::Declined,
                    Some(format!("SIP;cause={status};text=\"Declined\"")),
                );
            }
        }
        self.note_refusal(now, id, leg, refusal);
    }

    /// If the phone whose sound the caller heard before an answer rings no more, and others do: nothing is sent to the caller's
    /// phone, and it makes the tone by itself (RFC 3960 §3.2).
    fn early_sound_ends(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_over = |leg: &LegId| call.legs.get(leg).is_none_or(|leg| !leg.is_live());
        if !call.search.early.as_ref().is_some_and(is_over) || call.stage != Stage::Seeking {
            return;
        }
        (call.search.early, call.search.told_ringing) = (None, true);
        let (caller, session) = (call.caller, call.caller_leg().and_then(|caller| caller.session));
        self.media(MediaCommand::Hear { call: id, leg: caller, source: Source::Nothing });
        if let Some(session) = session {
            self.endpoint.progress(now.mono, session, Status::RINGING, None);
        }
    }

    /// A user does not take a call that rings at the own phone: as if that phone had declined.
    pub(crate) fn decline_by(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        user: &str,
    ) -> Result<String, String> {
        let one = self.calls.get_mut(&id).and_then(|call| call.legs.get_mut(&leg));
        let one = one.ok_or("there is no such call any more")?;
        if let Some(session) = one.session.take() {
            let reason = "SIP;cause=603;text=\"Decline\"".to_owned();
            self.endpoint.hang_up(now.mono, session, Some(reason));
        }
        let number = self.calls.get(&id).map_or(0, |call| call.number);
        self.on_refused(now, id, leg, Status::DECLINE.code(), &format!("was declined by {user}"));
        let done = format!("call {number} is declined");
        self.audit_event(now, Some(id), user, "decline", &done);
        Ok(done)
    }

    /// Live legs of the called side, or of the caller's while the call is placed.
    pub(crate) fn live_callees(&self, id: CallId) -> Vec<LegId> {
        self.calls.get(&id).map(|c| c.sought_legs().map(|l| l.id).collect()).unwrap_or_default()
    }

    /// Remembers the most telling refusal; when no phone is left, it is the caller's answer. For who waits in a queue it is that
    /// of the agent whose phone it was: others may ring for reasons of their own.
    pub(crate) fn note_refusal(&mut self, now: Now, id: CallId, leg: LegId, refusal: PhoneRefusal) {
        let is_over = self.live_callees(id).is_empty();
        let own = self.refused_by_agent(id, leg, refusal);
        let Some(call) = self.calls.get_mut(&id) else { return };
        if !call.is_ringing() {
            return;
        }
        if call.search.refusal.is_none_or(|old| refusal.rank > old.rank) {
            call.search.refusal = Some(refusal);
        }
        if !is_over {
            self.early_sound_ends(now, id);
            return self.tell_missed(now, id, miss(own.unwrap_or(refusal).cause));
        }
        self.timers.cancel(Timer::NoAnswer(id));
        // The call of a call-back is over with its last agent, whoever that was.
        let of_agent = own.filter(|_| call.stage != Stage::Placing);
        let PhoneRefusal { status, cause, .. } = of_agent.or(call.search.refusal).unwrap_or(refusal);
        let party = EndedBy::Party(if call.stage == Stage::Placing { End::Caller } else { End::Callee });
        let number = self.sought(id);
        let (by, text) = match cause {
            Cause::Busy => (party, format!("{number} is busy")),
            Cause::Declined => (party, format!("{number} declined")),
            Cause::NoAnswer => (party, format!("{number} did not take the call")),
            Cause::Overload => (EndedBy::System, format!("no RTP port pair could be opened for {number}")),
            Cause::Unreachable => (EndedBy::System, format!("no phone of {number} answered")),
            Cause::NotAcceptable => (EndedBy::System, format!("no codec fits both the caller and {number}")),
            _ => (EndedBy::System, format!("the phones of {number} refused")),
        };
        self.search_failed(now, id, Over { by, cause, status: Some(status), text });
    }

    /// It rang long enough.
    pub(crate) fn no_answer(&mut self, now: Now, id: CallId) {
        if self.rang_in_queue(now, id) {
            return;
        }
        let Some(call) = self.calls.get(&id).filter(|call| call.is_ringing()) else { return };
        let rang = now.mono.since(call.search.since).as_secs();
        let (reaction, number) = (call.search.reaction, self.sought(id));
        for leg in self.live_callees(id) {
            let own = self.reaction_of_agent(id, leg).unwrap_or(reaction);
            self.drop_leg(now, id, leg, own.outcome(), None);
        }
        let text = reaction.words(&number, rang);
        self.search_failed(now, id, Over::by_rule(reaction.cause(), Status::UNAVAILABLE, text));
    }

    /// Ends one leg of a call that goes on or is being ended: CANCEL or BYE, and its media.
    pub(crate) fn drop_leg(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        outcome: LegOutcome,
        reason: Option<String>,
    ) {
        let Some(one) = self.calls.get_mut(&id).and_then(|c| c.legs.get_mut(&leg)) else { return };
        if !one.has_talked() {
            one.outcome = outcome;
        }
        if let Some(session) = one.session.take() {
            self.endpoint.hang_up(now.mono, session, reason);
        }
        self.close_leg(id, leg);
    }

    /// Marks a leg as ended and closes its media.
    pub(crate) fn close_leg(&mut self, id: CallId, leg: LegId) {
        let is_there = |call: &Call| call.leg(leg).is_some_and(Leg::is_live);
        if !self.calls.get(&id).is_some_and(is_there) {
            return;
        }
        self.keep_queues(id);
        let Some(one) = self.calls.get_mut(&id).and_then(|c| c.legs.get_mut(&leg)) else { return };
        one.state = LegState::Ended;
        self.supervisions.touch(id);
        let extension = one.extension.clone();
        if let Some(slot) = one.slot {
            self.media(MediaCommand::Close { call: id, leg, slot });
        }
        if let Some(extension) = extension {
            self.leave_call(id, &extension);
            self.extension_changed(extension);
        }
        self.changed.insert(Changed::Call(id));
    }

    /// Notes that an extension is no longer in a call, unless another phone of it is.
    pub(crate) fn leave_call(&mut self, id: CallId, extension: &str) {
        let is_in = |leg: &Leg| leg.is_live() && leg.extension.as_deref() == Some(extension);
        if self.calls.get(&id).is_some_and(|call| call.legs.values().any(is_in)) {
            return;
        }
        if let Some(with) = self.calls_with.get_mut(extension) {
            with.remove(&id);
            if with.is_empty() {
                self.calls_with.remove(extension);
            }
        }
    }

    /// Answers the caller's INVITE with a refusal.
    pub(crate) fn refuse_caller(&mut self, now: Now, id: CallId, status: Option<Status>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let caller = call.caller;
        // Whom we called has no INVITE that waits for an answer.
        let Some(leg) = call.legs.get_mut(&caller).filter(|_| !call.is_placed) else { return };
        let status = status.filter(|s| s.code() >= 300).unwrap_or(Status::UNAVAILABLE);
        if let Some(session) = leg.session.take() {
            self.endpoint.reject(now.mono, session, status, &Headers::default());
        }
    }
}

impl Exchange {
    /// Changes our description to a leg and returns it as an answer to `offer`.
    pub(crate) fn describe(local: &mut Local, formats: Vec<Format>, offer: &Description) -> Vec<u8> {
        let direction = offer.direction.reversed();
        if local.formats != formats || local.direction != direction {
            local.version += 1;
        }
        local.formats = formats;
        local.direction = direction;
        local.answer(offer)
    }
}
