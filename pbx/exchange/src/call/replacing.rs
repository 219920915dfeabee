//! A leg takes the place of another in a talk: that of another phone of the same extension (INVITE with Replaces, RFC 3891), or
//! one from another call, of a supervisor or of who is consulted.

use super::{Leg, LegState, Over, Stage};
use crate::exchange::Exchange;
use crate::media::MediaCommand;
use crate::negotiate::{agreed, answer_formats, match_codec};
use crate::record::{End, EndedBy, LegOutcome};
use crate::{CallId, LegId};
use switchroom_sip::endpoint::Incoming;
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::replaces::Replaces;
use switchroom_sip::sdp::{Description, Format};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

impl Exchange {
    /// An INVITE of `extension` that names the dialog whose place it wants.
    pub(super) fn on_replacing(
        &mut self,
        now: Now,
        extension: &str,
        incoming: Incoming,
        offer: Option<Description>,
    ) {
        let taken = self.replaced_leg(extension, &incoming).and_then(|(id, leg)| {
            // Who describes itself only in its ACK would be in silence until then.
            let offer = offer.ok_or(Status::NOT_ACCEPTABLE_HERE)?;
            let (codec, far) = self.codec_instead(id, leg, &offer)?;
            Ok((id, leg, offer, codec, far))
        });
        match taken {
            Ok((id, leg, offer, codec, far)) => {
                self.take_over(now, extension, incoming, (id, leg), offer, &codec, &far);
            }
            Err(status) => self.answer(now, &incoming, status, &Headers::default()),
        }
    }

    /// The leg whose dialog is named: in a talk, and of the same extension.
    fn replaced_leg(&self, extension: &str, incoming: &Incoming) -> Result<(CallId, LegId), Status> {
        let named = incoming.request.headers.get(&Name::Replaces).and_then(Replaces::parse);
        let named = named.ok_or(Status::BAD_REQUEST)?;
        let (session, is_up) = self.endpoint.replaced(&named).ok_or(Status::NO_SUCH_CALL)?;
        let (id, leg) = self.sessions.get(&session).copied().ok_or(Status::NO_SUCH_CALL)?;
        let call = self.calls.get(&id).ok_or(Status::NO_SUCH_CALL)?;
        let one = call.leg(leg).ok_or(Status::NO_SUCH_CALL)?;
        if one.extension.as_deref() != Some(extension) {
            return Err(Status::FORBIDDEN);
        }
        if !is_up {
            return Err(Status::NO_SUCH_CALL);
        }
        if named.is_early_only {
            return Err(Status::BUSY);
        }
        if call.under_way().is_some() {
            return Err(Status::PENDING);
        }
        call.other(leg).ok_or(Status::FORBIDDEN)?;
        Ok((id, leg))
    }

    /// What the phone is to talk in, and what the other side does.
    fn codec_instead(&self, id: CallId, leg: LegId, offer: &Description) -> Result<(Format, Format), Status> {
        let call = self.calls.get(&id).ok_or(Status::NO_SUCH_CALL)?;
        let far = call.other(leg).and_then(|other| call.leg(other)?.codec.clone()).ok_or(Status::PENDING)?;
        let codec = match_codec(offer, Some(&far), None).ok_or(Status::NOT_ACCEPTABLE_HERE)?.clone();
        Ok((codec, far))
    }

    #[allow(clippy::too_many_arguments)]
    fn take_over(
        &mut self,
        now: Now,
        extension: &str,
        incoming: Incoming,
        (id, old): (CallId, LegId),
        offer: Description,
        codec: &Format,
        far: &Format,
    ) {
        let flow = incoming.flow;
        let agent = crate::text::clean(incoming.request.headers.get(&Name::UserAgent).unwrap_or_default());
        let sip_call_id = incoming.request.call_id().to_owned();
        let formats = answer_formats(&offer, codec, Some(far));
        let Some(session) = self.endpoint.take_invite(now.mono, incoming, extension) else { return };
        let leg = self.next_leg(id);
        let Some((mut local, slot)) = self.open_media(now, id, leg, &flow, formats.clone()) else {
            self.legs.remove(&leg);
            let status = Status::SERVICE_UNAVAILABLE;
            return self.endpoint.reject(now.mono, session, status, &Headers::default());
        };
        local.direction = offer.direction.reversed();
        let answer = local.answer(&offer);
        let settled = agreed(&offer, codec, &formats, flow.remote.ip(), 1);
        let Some(before) = self.calls.get(&id).and_then(|call| call.leg(old)).cloned() else { return };
        let new = Leg {
            session: Some(session),
            state: LegState::Up,
            agent,
            sip_call_id,
            slot: Some(slot),
            local: Some(local),
            holds: offer.is_hold(),
            remote: Some(offer),
            codec: Some(codec.clone()),
            agreed: Some(settled.clone()),
            outcome: LegOutcome::Answered,
            origin: before.origin,
            consent: before.consent,
            ..self.new_leg(leg, before.end, before.party, before.extension, flow)
        };
        self.seat_leg(id, old, new);
        self.collect_traces(now);
        self.media(MediaCommand::Agree { call: id, leg, agreed: settled });
        self.endpoint.answer(now.mono, session, answer);
        self.drop_leg(now, id, old, LegOutcome::Transferred, None);
        self.tape_instead(id, old, leg);
        let text = format!("{extension} goes on at {flow}, in place of {}", before.flow);
        self.why_and_event(now, id, "transfer", extension, "moved", text);
        self.refresh_talk(now, id);
    }

    /// A leg takes the place of another in a talk: whose side it is on, and whose call it is. What it was in before knows
    /// nothing of it any more.
    pub(crate) fn seat_leg(&mut self, id: CallId, old: LegId, leg: Leg) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(before) = call.legs.get_mut(&old) else { return };
        (before.outcome, before.is_missing) = (LegOutcome::Transferred, false);
        let (end, origin, made) = (before.end, before.origin, before.extension.clone());
        let (new, session, party, extension) =
            (leg.id, leg.session, leg.party.clone(), leg.extension.clone());
        call.sessions.extend(session);
        call.legs.insert(new, Leg { end, origin, ..leg });
        let was_caller = call.caller == old;
        if was_caller {
            call.caller = new;
        } else {
            call.stage = Stage::Talking { with: new };
            call.with = Some(party);
        }
        self.legs.insert(new, id);
        if let Some(session) = session {
            self.sessions.insert(session, (id, new));
        }
        if was_caller && made != extension {
            made.into_iter().for_each(|made| self.made_one_less(&made));
            extension.iter().for_each(|extension| self.made_one_more(extension));
        }
        if let Some(extension) = extension {
            self.calls_with.entry(extension).or_default().insert(id);
        }
    }

    /// A leg of one call takes the place of one of another.
    /// The media of the one that comes is with that of the call already.
    pub(crate) fn change_party(
        &mut self,
        now: Now,
        (from, new): (CallId, LegId),
        (id, old): (CallId, LegId),
    ) {
        let Some(leg) = self.hand_leg_over(from, new) else { return };
        if self.calls.get(&id).is_some_and(|call| call.caller == old) {
            // A flow that had the caller has nobody any more.
            self.end_visit(now, id);
        }
        self.leave_room(new);
        self.seat_leg(id, old, leg);
        self.drop_leg(now, id, old, LegOutcome::Transferred, None);
        self.agent_left(now, id, old);
        let number = self.calls.get(&id).map_or(0, |call| call.number);
        let text = format!("goes on in call {number}");
        self.finish(now, from, Over::hung_up(EndedBy::Party(End::Caller), text));
        self.refresh_talk(now, id);
        self.ask_or_record(now, id);
        self.note_open(id);
    }

    /// Takes a leg out of its call, where something ended stands in its place.
    fn hand_leg_over(&mut self, from: CallId, leg: LegId) -> Option<Leg> {
        let ghost = self.next_leg(from);
        let call = self.calls.get_mut(&from)?;
        let taken = call.legs.remove(&leg)?;
        call.caller = ghost;
        call.sessions.retain(|session| Some(*session) != taken.session);
        let stays = Leg {
            id: ghost,
            session: None,
            slot: None,
            state: LegState::Ended,
            outcome: LegOutcome::Transferred,
            is_missing: false,
            ..taken.clone()
        };
        call.legs.insert(ghost, stays);
        if let Some(extension) = &taken.extension {
            self.leave_call(from, extension);
        }
        Some(taken)
    }

    /// The parties of a talk are others, or talk again: each hears the other, and the board shows it.
    pub(crate) fn refresh_talk(&mut self, now: Now, id: CallId) {
        self.wire_all(id);
        self.refresh_hold(now, id);
        self.refresh_troubles(now, id);
        self.show_parties(id);
    }

    /// The recording goes on with another leg of the same party.
    pub(crate) fn tape_instead(&mut self, id: CallId, old: LegId, leg: LegId) {
        let Some(tape) = self.calls.get_mut(&id).and_then(|call| call.tape.as_mut()) else { return };
        let Some(taped) = tape.iter_mut().find(|(taped, _)| *taped == old) else { return };
        taped.0 = leg;
        let channel = taped.1;
        self.media(MediaCommand::RecordLeg { call: id, leg, channel });
    }
}
