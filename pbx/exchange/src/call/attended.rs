//! Attended transfer: who talks with two parties in two calls connects them (REFER with Replaces, RFC 3891, RFC 5589).
//!
//! ```text
//! call 1:  stays ◄──► who refers        call 1:  stays ◄──► joins        who refers: told 200, then BYE in both
//! call 2:  joins ◄──► who refers        call 2:  over, its CDR says where it went
//! ```
//!
//! The call in which it is asked for goes on, with its id and its recording. Media of a call is in one engine's thread, so
//! the party that joins gets a new leg there: its dialog goes on and is offered the new leg's ports by re-INVITE.
//!
//! Where nobody is there yet in call 2, see `in_place.rs`.

use super::in_place::Alone;
use super::{Leg, LegState, No, Over, Stage};
use crate::exchange::Exchange;
use crate::negotiate::offer_on_behalf;
use crate::ports::NONE_FREE;
use crate::record::{End, EndedBy, EventKind, LegOutcome, Severity};
use crate::{CallId, LegId, PortSlot};
use switchroom_sip::endpoint::{NewOffer, SessionId};
use switchroom_sip::replaces::Replaces;
use switchroom_sip::sdp::{Description, Format, Local};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

fn no<T>(status: Status, why: &str) -> Result<T, No> {
    Err((status, why.to_owned()))
}

/// The other call of who refers.
pub(super) enum OtherCall {
    /// A talk: its other party joins.
    Talk(OtherTalk),
    /// Nobody is there but who refers.
    Alone(Alone),
}

/// The other talk of who refers: its call, its leg there, the party that joins and that one's dialog.
pub(super) struct OtherTalk {
    call: CallId,
    by: LegId,
    joins: LegId,
    session: SessionId,
}

impl Exchange {
    /// The dialog that a Replaces names must be of the same extension, and in a talk or in a call that it has made.
    pub(super) fn other_call(&self, id: CallId, leg: LegId, replaces: &Replaces) -> Result<OtherCall, No> {
        let found = self.endpoint.replaced(replaces).and_then(|(session, _)| self.sessions.get(&session));
        let Some((other_id, by)) = found.copied() else {
            // Not 481, which would say that the dialog of the REFER itself is gone (RFC 3261 §12.2.1.2).
            return no(Status::NOT_FOUND, "the dialog that it names is not here");
        };
        let extension = |id: CallId, leg: LegId| self.calls.get(&id)?.leg(leg)?.extension.as_ref();
        let is_own = extension(id, leg).is_some() && extension(id, leg) == extension(other_id, by);
        if !is_own || other_id == id {
            return no(Status::FORBIDDEN, "the dialog that it names is not its own other call");
        }
        let Some(call) = self.calls.get(&other_id) else {
            return no(Status::NOT_FOUND, "the other call is gone");
        };
        if call.under_way().is_some() {
            return no(Status::PENDING, "the other call is being put through");
        }
        let Some(joins) = call.other(by).and_then(|other| call.leg(other)) else {
            return Alone::of(call, by)
                .map(OtherCall::Alone)
                .ok_or((Status::FORBIDDEN, "nobody has answered in the other call".to_owned()));
        };
        let Some(session) = joins.session.filter(|_| joins.remote.is_some() && joins.local.is_some()) else {
            return no(Status::PENDING, "the other side of the other call has not described itself yet");
        };
        if !self.endpoint.may_offer(session) {
            return no(Status::PENDING, "the other side of the other call is changing its media");
        }
        Ok(OtherCall::Talk(OtherTalk { call: other_id, by, joins: joins.id, session }))
    }

    /// What the party that joins is offered: what the one that stays talks in, in the numbers that the dialog of the one
    /// that joins has for it already (RFC 3264 §8.3.2).
    fn formats_to_join(&self, id: CallId, stays: LegId, joins: &Leg) -> Vec<Format> {
        let Some(stays) = self.calls.get(&id).and_then(|call| call.leg(stays)) else { return Vec::new() };
        let (Some(remote), Some(codec)) = (&stays.remote, &stays.codec) else { return Vec::new() };
        let mut settled = remote.clone();
        settled.formats.retain(|format| format.is_digits() || format.same_encoding(codec));
        let mut formats = offer_on_behalf(&settled, &self.config.codecs);
        let known = joins.remote.as_ref().map(|remote| remote.formats.as_slice()).unwrap_or_default();
        for format in &mut formats {
            if let Some(known) = known.iter().find(|known| known.same_encoding(format)) {
                format.pt = known.pt;
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        formats.retain(|format| seen.insert(format.pt));
        formats
    }

    /// Connects the party that stays with the one of the other call.
    pub(super) fn attend(
        &mut self,
        now: Now,
        id: CallId,
        (by, stays): (LegId, LegId),
        session: SessionId,
        talk: &OtherTalk,
    ) -> Result<(), No> {
        let joins = self.calls.get(&talk.call).and_then(|call| call.leg(talk.joins)).cloned();
        let Some(joins) = joins else { return no(Status::NOT_FOUND, "the other call is gone") };
        let formats = self.formats_to_join(id, stays, &joins);
        if !formats.iter().any(|format| !format.is_digits()) {
            return no(Status::NOT_ACCEPTABLE_HERE, "the two have no codec in common that is allowed");
        }
        let leg = self.next_leg(id);
        let Some((local, slot)) = self.open_media(now, id, leg, &joins.flow, formats) else {
            self.legs.remove(&leg);
            return no(Status::SERVICE_UNAVAILABLE, NONE_FREE);
        };
        self.endpoint.answer_refer(now.mono, session, Ok(()));
        let (who, known) = (joins.party.number.clone(), joins.remote.clone());
        let (by_whom, whom) = self.part(now, id, (by, stays), &who);
        self.join_leg(id, leg, (local, slot), joins, talk);
        self.end_other_talk(now, id, talk, &by_whom);
        self.release_transferor(now, id, by);
        self.note_transferred(now, id, &by_whom, &whom, &who);
        self.refresh_troubles(now, id);
        self.wire_all(id);
        // Who stays may hold still.
        self.refresh_hold(now, id);
        self.offer_joined(now, id, leg, talk.session, known.as_ref());
        self.note_open(id);
        self.show_parties(id);
        Ok(())
    }

    /// The dialog of the party that joins is that of a new leg from now on.
    fn join_leg(
        &mut self,
        id: CallId,
        leg: LegId,
        (mut local, slot): (Local, PortSlot),
        joins: Leg,
        talk: &OtherTalk,
    ) {
        if let Some(before) = &joins.local {
            // The same session goes on, in its own words (RFC 3264 §8).
            (local.session_id, local.version) = (before.session_id, before.version + 1);
        }
        let Some(other) = self.calls.get_mut(&talk.call) else { return };
        other.sessions.retain(|session| *session != talk.session);
        if let Some(old) = other.legs.get_mut(&talk.joins) {
            old.session = None;
        }
        self.sessions.insert(talk.session, (id, leg));
        let extension = joins.extension.clone();
        let new = Leg {
            session: Some(talk.session),
            state: LegState::Up,
            agent: joins.agent,
            sip_call_id: joins.sip_call_id,
            slot: Some(slot),
            local: Some(local),
            outcome: LegOutcome::Answered,
            consent: joins.consent,
            ..self.new_leg(leg, End::Callee, joins.party.clone(), joins.extension, joins.flow)
        };
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.legs.insert(leg, new);
        call.sessions.push(talk.session);
        call.stage = Stage::Talking { with: leg };
        call.with = Some(joins.party);
        if let Some(extension) = extension {
            self.calls_with.entry(extension).or_default().insert(id);
        }
    }

    /// The other call is over: its parties have gone on in this one.
    fn end_other_talk(&mut self, now: Now, id: CallId, talk: &OtherTalk, who: &str) {
        let number = self.calls.get(&id).map_or(0, |call| call.number);
        let Some(other) = self.calls.get_mut(&talk.call) else { return };
        let origin = other.leg(talk.by).map_or(End::Caller, |leg| leg.origin);
        for leg in [talk.by, talk.joins] {
            if let Some(leg) = other.legs.get_mut(&leg) {
                leg.outcome = LegOutcome::Transferred;
            }
        }
        let text = format!("{who} connected the other side with that of call {number}");
        self.why(now, talk.call, "transfer", text.clone());
        self.finish(now, talk.call, Over::hung_up(EndedBy::Party(origin), text));
    }

    /// Offers the party that joined its new ports.
    fn offer_joined(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        session: SessionId,
        known: Option<&Description>,
    ) {
        let Some(one) = self.calls.get(&id).and_then(|call| call.leg(leg)) else { return };
        let Some(local) = &one.local else { return };
        // Lines once refused stay refused (RFC 3264 §8).
        let offer = known.map_or_else(|| local.offer(), |known| local.answer(known));
        if self.endpoint.offer(now.mono, session, NewOffer(offer)).is_err() {
            self.join_failed(now, id, leg, "it is changing its media");
        }
    }

    /// The party that joined does not take the new ports: nothing would be heard.
    pub(super) fn join_failed(&mut self, now: Now, id: CallId, leg: LegId, why: &str) {
        let is_new =
            |call: &super::Call| call.leg(leg).is_some_and(|leg| leg.is_live() && leg.remote.is_none());
        let Some(call) = self.calls.get(&id).filter(|call| is_new(call)) else { return };
        let who = call.number_of(leg);
        let text = format!("{who} could not be connected: {why}");
        self.event(now, EventKind::Call, Severity::Warn, Some(id), &who, "transfer_failed", text.clone());
        self.finish(now, id, Over::not_acceptable(text));
    }
}
