//! What happens in a call that is up: hold and new offers, digits, services; and where SIP's news go.

use super::{Call, LegState, Over, Stage};
use crate::coverage::session_event;
use crate::exchange::Exchange;
use crate::media::{MediaCommand, Source};
use crate::negotiate::{agreed, answer_formats, can_make, match_codec, own_formats};
use crate::ports::NONE_FREE;
use crate::record::{Cause, EndedBy, LegOutcome, Party};
use crate::{CallId, Changed, LegId, Service};
use switchroom_flow::Clip;
use switchroom_sip::endpoint::{Ended, SessionEvent, SessionId};
use switchroom_sip::sdp::{Description, Direction};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// The tone of the tone service: 440 Hz at −18 dB of full scale.
const TONE: Source = Source::Tone { hz: 440, ddb: -180 };

impl Exchange {
    /// Takes over where a phone is now and what it calls itself.
    fn look_at_phone(&mut self, session: SessionId, id: CallId, leg: LegId) {
        let flow = self.endpoint.flow_of(session);
        let agent = self.endpoint.agent_of(session).map(crate::text::clean).filter(|agent| !agent.is_empty());
        let Some(one) = self.calls.get_mut(&id).and_then(|c| c.legs.get_mut(&leg)) else { return };
        let (flow, agent) = (flow.unwrap_or(one.flow), agent.unwrap_or_else(|| one.agent.clone()));
        if (flow, &agent) != (one.flow, &one.agent) {
            (one.flow, one.agent) = (flow, agent);
            self.changed.insert(Changed::Call(id));
        }
    }

    /// News of a session.
    pub(crate) fn on_session(&mut self, now: Now, session: SessionId, event: SessionEvent) {
        let Some((id, leg)) = self.sessions.get(&session).copied() else { return };
        let seen = self.calls.get(&id).and_then(|c| Some(session_event(c, c.leg(leg)?, &event)));
        if let Some(seen) = seen {
            self.saw_call(id, seen);
        }
        self.look_at_phone(session, id, leg);
        match event {
            SessionEvent::Progress(status, sdp) => self.on_progress(now, id, leg, status, sdp.as_deref()),
            SessionEvent::Answered(sdp) => self.on_answered(now, id, leg, sdp.as_deref()),
            SessionEvent::Rejected(response) => {
                let what = match response.status {
                    Status::REQUEST_TIMEOUT => "did not answer at all".to_owned(),
                    // Made by our own side, not by the phone: nothing came with it.
                    Status::SERVICE_UNAVAILABLE if response.headers.is_empty() => {
                        "lost its connection".to_owned()
                    }
                    status => format!("said {} {}", status.code(), crate::text::clean(&response.reason)),
                };
                self.on_refused(now, id, leg, response.status.code(), &what);
            }
            SessionEvent::Confirmed(sdp) => self.on_confirmed(now, id, leg, sdp.as_deref()),
            SessionEvent::Offer(sdp) => self.on_offer(now, id, leg, session, sdp.as_deref()),
            SessionEvent::OfferAnswered(sdp) => self.on_described(now, id, leg, sdp.as_deref()),
            // The one offer that we make unasked is that to who joins another call.
            SessionEvent::OfferRefused(status) => {
                let why = format!("it refused its new ports with {status}");
                self.join_failed(now, id, leg, &why);
            }
            SessionEvent::OfferAsked(_) => {}
            SessionEvent::Info(kind, body) => self.on_info(now, id, leg, &kind, &body),
            SessionEvent::Referred(refer) => self.on_refer(now, id, leg, session, &refer),
            // We refer nobody.
            SessionEvent::ReferNews(_) => {}
            SessionEvent::Ended(how) => {
                let contact = self.endpoint.target_of(session).map(ToString::to_string);
                self.on_session_ended(now, id, leg, contact, how);
            }
        }
    }

    /// The caller acknowledged our answer; if it made no offer, its description comes only now.
    fn on_confirmed(&mut self, now: Now, id: CallId, leg: LegId, sdp: Option<&[u8]>) {
        let made_offer = self.calls.get(&id).and_then(|c| c.leg(leg)).is_some_and(|l| l.remote.is_some());
        if made_offer {
            return;
        }
        self.on_described(now, id, leg, sdp);
    }

    /// A phone answered our offer.
    fn on_described(&mut self, now: Now, id: CallId, leg: LegId, sdp: Option<&[u8]>) {
        // Who only asked for an offer, to hold or to go on, talks already.
        let has_come = self.calls.get(&id).and_then(|c| c.leg(leg)).is_some_and(|l| l.remote.is_none());
        match sdp.ok_or_else(|| "the ACK held no answer to our offer".to_owned()).and_then(|sdp| {
            let theirs = Description::parse(sdp).map_err(|e| e.to_string())?;
            self.settle(now, id, leg, theirs)
        }) {
            Ok(()) => {
                self.wire_all(id);
                self.refresh_hold(now, id);
                if has_come {
                    self.ask_or_record(now, id);
                }
            }
            Err(why) => {
                self.finish(now, id, Over::not_acceptable(why));
            }
        }
    }

    /// Takes over what a phone says of itself in answer to our description.
    pub(super) fn settle(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        theirs: Description,
    ) -> Result<(), String> {
        let far = self.far_codec(id, leg);
        let one = self.calls.get_mut(&id).and_then(|c| c.legs.get_mut(&leg)).ok_or("the leg is gone")?;
        let ours = one.local.as_ref().map(|l| l.formats.clone()).unwrap_or_default();
        let codec = match_codec(&theirs, far.as_ref(), one.codec.as_ref())
            .filter(|c| ours.iter().any(|o| o.same_encoding(c)))
            .ok_or("the phone answered with no codec that was offered")?
            .clone();
        let agreed = agreed(&theirs, &codec, &ours, one.flow.remote.ip(), next_generation(one, &theirs));
        one.agrees(theirs, codec, agreed.clone());
        self.media(MediaCommand::Agree { call: id, leg, agreed });
        self.refresh_troubles(now, id);
        self.why(now, id, "media", "media agreed".into());
        Ok(())
    }

    /// The codec that the other party of a talking call uses.
    fn far_codec(&self, id: CallId, leg: LegId) -> Option<switchroom_sip::sdp::Format> {
        let call = self.calls.get(&id)?;
        let other = call.other(leg).or_else(|| call.parted_from(leg));
        call.leg(other?)?.codec.clone()
    }

    /// A phone proposes a new description (hold, resume, another address), or asks for ours.
    fn on_offer(&mut self, now: Now, id: CallId, leg: LegId, session: SessionId, sdp: Option<&[u8]>) {
        let Some(sdp) = sdp else {
            return self.offer_again(now, id, leg, session);
        };
        match self.take_offer(now, id, leg, sdp) {
            Ok(answer) => {
                self.endpoint.answer_offer(now.mono, session, Ok(answer));
                self.wire_all(id);
                self.refresh_hold(now, id);
            }
            Err(why) => {
                // The call goes on as it was (RFC 3261 §14.2).
                self.why(now, id, "refuse", format!("new offer refused: {why}"));
                self.endpoint.answer_offer(now.mono, session, Err(Status::NOT_ACCEPTABLE_HERE));
            }
        }
    }

    fn take_offer(&mut self, now: Now, id: CallId, leg: LegId, sdp: &[u8]) -> Result<Vec<u8>, String> {
        let theirs = Description::parse(sdp).map_err(|e| e.to_string())?;
        let far = self.far_codec(id, leg);
        let own = self.config.codecs.clone();
        let wants_back = self.wants_back(id);
        let call = self.calls.get_mut(&id).ok_or("the call is gone")?;
        // Whom nobody else talks with hears sound that we make, and whom a flow gets back will.
        let is_talking = matches!(call.stage, Stage::Talking { .. });
        let makes_sound = !is_talking || wants_back && leg == call.caller;
        let one = call.legs.get_mut(&leg).ok_or("the leg is gone")?;
        let codec = match_codec(&theirs, far.as_ref(), one.codec.as_ref())
            .filter(|c| !makes_sound || can_make(c, &own))
            .ok_or("no codec in it reaches the other party")?
            .clone();
        let formats = answer_formats(&theirs, &codec, far.as_ref());
        let generation = next_generation(one, &theirs);
        let local = one.local.as_mut().ok_or("there is no media yet")?;
        let answer = Self::describe(local, formats.clone(), &theirs);
        let agreed = agreed(&theirs, &codec, &formats, one.flow.remote.ip(), generation);
        one.agrees(theirs, codec, agreed.clone());
        self.media(MediaCommand::Agree { call: id, leg, agreed });
        self.refresh_troubles(now, id);
        Ok(answer)
    }

    /// A phone asks for an offer (re-INVITE without one: how some phones un-hold): what it had, both ways.
    fn offer_again(&mut self, now: Now, id: CallId, leg: LegId, session: SessionId) {
        let offer = self.calls.get_mut(&id).and_then(|c| c.legs.get_mut(&leg)).and_then(|one| {
            let local = one.local.as_mut()?;
            if local.direction != Direction::SendRecv {
                local.direction = Direction::SendRecv;
                local.version += 1;
            }
            // Lines once refused stay refused (RFC 3264 §8).
            Some(one.remote.as_ref().map_or_else(|| local.offer(), |known| local.answer(known)))
        });
        self.endpoint.answer_offer(now.mono, session, offer.ok_or(Status::NOT_ACCEPTABLE_HERE));
    }

    /// Tells the media engine what every party of a call hears.
    pub(crate) fn wire_all(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let legs: Vec<LegId> = call.legs.values().filter(|l| l.state == LegState::Up).map(|l| l.id).collect();
        for leg in legs {
            self.wire(id, leg);
        }
        self.wire_beside(id);
    }

    /// Tells what they hear who are connected with those of a call by a consultation.
    fn wire_beside(&mut self, id: CallId) {
        let Some(beside) = self.calls.get(&id).and_then(Call::beside) else { return };
        let Some(call) = self.calls.get(&beside) else { return };
        let legs: Vec<LegId> = call.legs.values().filter(|l| l.state == LegState::Up).map(|l| l.id).collect();
        legs.into_iter().for_each(|leg| self.wire(beside, leg));
    }

    /// Tells the media engine what a leg hears.
    pub(crate) fn wire(&mut self, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some(one) = call.leg(leg) else { return };
        // Before the bridge it is the briefing that says what both hear.
        if call.is_briefed() {
            return;
        }
        let other = call.hears(leg);
        // What the caller of a flow hears is the flow's to say, the ringing of those it dials too.
        let is_flows = leg == call.caller && call.has_answered_caller();
        if is_flows && (call.stage == Stage::Flow || call.stage == Stage::Seeking) {
            return;
        }
        self.supervisions.touch(id);
        // Who is consulted is of the talk in which it is.
        let talk = call.consulted_in.unwrap_or(id);
        let source = match &call.stage {
            Stage::Service { service: Service::Supervision } => self.supervisor_hears(id),
            Stage::Service { service: Service::Echo } => Source::Echo,
            Stage::Service { service: Service::Tone } => TONE,
            Stage::Service { service: Service::Consult } => self.heard_in_bridge(talk, leg),
            Stage::Talking { with } if leg == *with || leg == call.caller => self.heard_in_bridge(id, leg),
            Stage::Placing | Stage::Flow | Stage::Seeking | Stage::Talking { .. } | Stage::Ended { .. } => {
                match other.and_then(|other| call.leg(other)) {
                    // Who holds is not heard, whatever the phone sends meanwhile.
                    Some(other) if other.holds => Source::Silence,
                    Some(other) => Source::Leg(other.id),
                    // Who has transferred the other party may get it back, who has handed it off will.
                    None if [call.transferor(), call.hander()].contains(&Some(leg)) => Source::Silence,
                    None => Source::Nothing,
                }
            }
        };
        let is_talking =
            matches!(call.stage, Stage::Talking { .. } | Stage::Service { service: Service::Consult });
        let source = match source {
            _ if one.holds => Source::Nothing,
            source if is_talking && !self.supervisions.is_empty() => {
                self.heard_with_supervisors(talk, leg, source)
            }
            source => source,
        };
        if is_talking && source == Source::Silence {
            let clips = self.waiting_clips(id, leg);
            if !clips.is_empty() {
                return self.play_while_waiting(id, leg, clips);
            }
        }
        self.media(MediaCommand::Hear { call: id, leg, source });
    }

    /// Something else is to be heard by a leg.
    pub(crate) fn music_ends(&mut self, leg: LegId) {
        let call = self.legs.get(&leg).and_then(|id| self.calls.get_mut(id));
        if let Some(leg) = call.and_then(|call| call.legs.get_mut(&leg)) {
            leg.hears_music = false;
        }
    }

    /// Who waits hears music, or ringing of whom it consults, which goes on from where it is if it plays already.
    fn play_while_waiting(&mut self, id: CallId, leg: LegId, clips: Vec<Clip>) {
        let plays = self.calls.get(&id).and_then(|call| call.leg(leg)).is_none_or(|leg| leg.hears_music);
        if plays {
            return;
        }
        self.media(MediaCommand::Play { call: id, leg, number: 0, clips, is_loop: true });
        if let Some(leg) = self.calls.get_mut(&id).and_then(|call| call.legs.get_mut(&leg)) {
            leg.hears_music = true;
        }
    }

    /// Writes down when a hold begins and ends.
    pub(crate) fn refresh_hold(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if !matches!(call.stage, Stage::Talking { .. }) {
            return;
        }
        let holds = |leg: &&super::Leg| leg.state == LegState::Up && leg.holds;
        let holder = call.legs.values().find(holds).map(|leg| leg.party.number.clone());
        let holder = holder.or_else(|| call.consults_apart());
        match (call.held, holder) {
            (None, Some(who)) => {
                call.held = Some(call.clock(now));
                self.hold_begins(now, id);
                self.mark(id, "hold", &who);
                self.why(now, id, "hold", format!("{who} holds"));
                let text = format!("held by {who}");
                self.call_event(now, id, &who, "call_held", text);
            }
            (Some(_), None) => _ = self.end_hold(now, id),
            (None, None) | (Some(_), Some(_)) => {}
        }
        let is_held = self.calls.get(&id).is_some_and(|call| call.held.is_some());
        self.floor.held(crate::queues::moment(now), self.on_floor(id), is_held);
        self.run_floor(now);
        self.refresh_silence(now, id);
        self.show_parties(id);
    }

    /// Connects the caller to a service of ours.
    pub(crate) fn serve(&mut self, now: Now, id: CallId, service: Service) {
        let Some(number) = self.calls.get(&id).map(|call| call.to.number.clone()) else { return };
        let with = Party { number, name: service.word().to_owned() };
        let stage = Stage::Service { service };
        if let Err(why) = self.answer_by_us(now, id, stage, with, "service answers") {
            self.finish(now, id, Over::not_acceptable(why));
        }
    }

    /// Answers the caller: from now on it hears what we make. The error says what does not fit.
    pub(crate) fn answer_by_us(
        &mut self,
        now: Now,
        id: CallId,
        stage: Stage,
        with: Party,
        text: &str,
    ) -> Result<(), String> {
        // Whom we called has agreed with us already.
        let is_up = self.calls.get(&id).is_some_and(Call::has_answered_caller);
        let answer = if is_up { None } else { Some(self.describe_service(now, id)?) };
        let Some(call) = self.calls.get_mut(&id) else { return Err("the call is gone".into()) };
        call.stage = stage;
        call.with = Some(with);
        call.answered = Some(call.clock(now));
        let caller = call.caller;
        if let Some(leg) = call.legs.get_mut(&caller) {
            leg.state = LegState::Up;
            leg.outcome = LegOutcome::Answered;
        }
        if let Some((session, sdp)) = answer {
            self.endpoint.answer(now.mono, session, sdp);
        }
        self.wire(id, caller);
        self.why(now, id, "answer", "answered by the exchange".into());
        self.call_event(now, id, "", "call_answered", text.to_owned());
        self.show_parties(id);
        Ok(())
    }

    fn describe_service(&mut self, now: Now, id: CallId) -> Result<(SessionId, Vec<u8>), String> {
        let call = self.calls.get(&id).ok_or("the call is gone")?;
        let caller = call.caller_leg().ok_or("no caller")?;
        let (leg, flow, offer) = (caller.id, caller.flow, caller.remote.clone());
        let session = caller.session.ok_or("the caller is gone")?;
        let chosen = match &offer {
            // Only what we can make sound in.
            Some(offer) => {
                let codec = offer.codecs().find(|codec| can_make(codec, &self.config.codecs));
                Some(codec.ok_or("the caller's phone offers no codec that is allowed here")?.clone())
            }
            None => None,
        };
        let formats = match (&offer, &chosen) {
            (Some(offer), Some(codec)) => answer_formats(offer, codec, None),
            _ => own_formats(&self.config.codecs),
        };
        let (mut local, slot) = self.open_media(now, id, leg, &flow, formats.clone()).ok_or(NONE_FREE)?;
        local.direction = offer.as_ref().map_or(Direction::SendRecv, |o| o.direction.reversed());
        let sdp = offer.as_ref().map_or_else(|| local.offer(), |offer| local.answer(offer));
        let agreement =
            offer.as_ref().zip(chosen.as_ref()).map(|(o, c)| agreed(o, c, &formats, flow.remote.ip(), 1));
        if let Some(one) = self.calls.get_mut(&id).and_then(|c| c.legs.get_mut(&leg)) {
            one.slot = Some(slot);
            one.local = Some(local);
            one.codec = chosen;
            one.agreed.clone_from(&agreement);
        }
        if let Some(agreed) = agreement {
            self.media(MediaCommand::Agree { call: id, leg, agreed });
        }
        Ok((session, sdp))
    }

    fn on_session_ended(&mut self, now: Now, id: CallId, leg: LegId, session: Option<String>, how: Ended) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(one) = call.legs.get_mut(&leg) else { return };
        one.session = None;
        let (end, origin) = (one.end, one.origin);
        let (who, flow) = (one.party.number.clone(), one.flow);
        let was_up = one.state == LegState::Up;
        let is_placing = call.stage == Stage::Placing;
        let was_answered = call.answered.is_some();
        let contact = session.map(|uri| crate::text::clean(&uri)).unwrap_or_default();
        if call.is_ended() {
            return;
        }
        let party = EndedBy::Party(origin);
        let over = match how {
            Ended::Bye(reason) if !was_answered => {
                let why = reason.map(|r| format!(" ({})", crate::text::clean(&r))).unwrap_or_default();
                Over::cancelled(party, format!("{who} gave up before an answer{why}"))
            }
            Ended::Bye(reason) => {
                let why = reason.map(|r| format!(" ({})", crate::text::clean(&r))).unwrap_or_default();
                Over::hung_up(party, format!("{who} hung up{why}"))
            }
            Ended::Cancelled(reason) => {
                let why = reason.map(|r| format!(" ({})", crate::text::clean(&r))).unwrap_or_default();
                Over::cancelled(party, format!("{who} gave up before an answer{why}"))
            }
            Ended::NoAck => {
                let text = format!("no ACK from {flow} within 32 s; its Contact was {contact}");
                Over::by_rule(Cause::NoAck, Status::REQUEST_TIMEOUT, text)
            }
            Ended::Expired => {
                let text = format!("{who} at {flow} did not refresh the session in time (RFC 4028)");
                Over::by_rule(Cause::SessionExpired, Status::REQUEST_TIMEOUT, text)
            }
            Ended::Gone(status) => {
                let text = format!("{who} at {flow} no longer answers in this call: {status}");
                Over::by_rule(Cause::MediaLost, status, text)
            }
            Ended::Lost => {
                Over::by_rule(Cause::MediaLost, None, format!("the connection to {who} at {flow} is gone"))
            }
            Ended::NoPrack => {
                let text = format!("{flow} demanded reliable ringing and never acknowledged it");
                Over::by_rule(Cause::NoAck, Status::SERVER_ERROR, text)
            }
        };
        if self.left_consulting(now, id, leg, &over.text) {
            return;
        }
        if self.transferor_left(now, id, leg, &over.text) || self.hander_left(now, id, leg, &over.text) {
            return;
        }
        if (end == crate::record::End::Callee || is_placing) && !was_up {
            // One of several phones went away while it rang.
            return self.on_refused(now, id, leg, Status::SERVICE_UNAVAILABLE.code(), &over.text);
        }
        let is_lost = over.cause == Cause::MediaLost || over.cause == Cause::SessionExpired;
        if is_lost && self.wait_again(now, id, leg, &over.text) {
            return;
        }
        if end == crate::record::End::Callee && self.back_to_flow(now, id, leg, &over.text) {
            return;
        }
        self.finish(now, id, over);
    }
}

/// The lock on a phone's media source is lifted only if it says that it moved (class "RTP bleed").
pub(super) fn next_generation(leg: &super::Leg, theirs: &Description) -> u32 {
    let before = leg.remote.as_ref().and_then(|r| r.rtp);
    let generation = leg.agreed.as_ref().map_or(0, |a| a.generation);
    let moved = theirs.rtp.is_some() && before != theirs.rtp;
    let roamed = leg.agreed.as_ref().is_some_and(|a| a.signalling_ip != leg.flow.remote.ip());
    if generation == 0 || moved || roamed { generation + 1 } else { generation }
}
