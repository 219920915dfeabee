//! A phone takes over a talk of another phone of the same extension: INVITE with Replaces (RFC 3891).

use super::{Leg, LegState, Stage};
use crate::exchange::Exchange;
use crate::media::MediaCommand;
use crate::negotiate::{agreed, answer_formats, match_codec};
use crate::record::{EventKind, Severity};
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
        if call.transfer.is_some() || call.is_briefed() || call.hand_off.is_some() {
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
            outcome: "answered",
            origin: before.origin,
            ..self.new_leg(leg, before.end, before.party, before.extension, flow)
        };
        self.sessions.insert(session, (id, leg));
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.legs.insert(leg, new);
        call.sessions.push(session);
        if call.caller == old {
            call.caller = leg;
        } else {
            call.stage = Stage::Talking { with: leg };
        }
        if let Some(one) = call.legs.get_mut(&old) {
            (one.outcome, one.is_missing) = ("transferred", false);
        }
        self.collect_traces(now);
        self.media(MediaCommand::Agree { call: id, leg, agreed: settled });
        self.endpoint.answer(now.mono, session, answer);
        self.drop_leg(now, id, old, "transferred", None);
        self.tape_instead(id, old, leg);
        self.wire_all(id);
        let text = format!("{extension} goes on at {flow}, in place of {}", before.flow);
        self.why(now, id, "transfer", text.clone());
        self.event(now, EventKind::Call, Severity::Info, Some(id), extension, "moved", text);
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
