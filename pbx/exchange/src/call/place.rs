//! A user has the exchange place a call: the phones of the extension that calls are rung first, and whoever takes it there
//! is the caller from then on, as if that phone had dialled the number.
//!
//! ```text
//! Placing ──a phone of the caller answers──► where the number leads: Seeking, Flow, Service
//!    └──busy, no answer, ended by a user──► Ended
//! ```

use super::offer::ELSEWHERE;
use super::setup::NoRoom;
use super::{Call, LegState, Stage};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::media::MediaCommand;
use crate::negotiate::reaching_formats;
use crate::ports::NONE_FREE;
use crate::record::{End, LegOutcome, Party};
use crate::text::{clean, is_dialable};
use crate::{CallId, LegId, NO_NUMBER, Way};
use std::time::Duration;
use switchroom_flow::Clip;
use switchroom_flow::routes::Asked;
use switchroom_sip::sdp::Description;
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// Hops that a call of our own may take (RFC 3261 §8.1.1.6).
const HOPS: u8 = 70;

impl Call {
    /// Whether phones are being rung: of the called side, or, for a call that is being placed, of the caller's. While an agent
    /// hears whom to call back nobody's phone rings yet.
    pub(crate) fn is_ringing(&self) -> bool {
        matches!(self.stage, Stage::Seeking | Stage::Placing) && !self.is_briefed()
    }

    /// Whether a leg is one that we ring, or rang.
    pub(crate) fn is_rung(&self, leg: LegId) -> bool {
        self.leg(leg).is_some_and(|leg| leg.end == End::Callee || self.stage == Stage::Placing)
    }

    /// What the phones of the caller show while a call is placed: whom it is for, with a number that can be called back.
    pub(super) fn shown_to_caller(&self) -> Party {
        if self.call_back.is_some() {
            return self.shown_to_who_calls_back();
        }
        if self.consulted_in.is_some() {
            return self.from.clone();
        }
        Party { number: self.to.number.clone(), name: format!("→ {}", self.to.number) }
    }
}

impl Exchange {
    /// A user has an extension call a number. Gives what was begun, or why it was not.
    pub(crate) fn dial_by(&mut self, now: Now, from: &str, to: &str, user: &str) -> Result<String, String> {
        self.may_place(now, from, to)?;
        let id = self.next_call(now);
        let call = self.new_placed(now, id, self.party_of(from), self.party_of(to));
        let number = self.place(now, call, from, format!("{user} has {from} call {to}"))?;
        let done = format!("call {number}: rings {from}, then {to}");
        self.audit_event(now, Some(id), user, "dial", &done);
        Ok(done)
    }

    /// An id for a call of our own.
    pub(crate) fn next_call(&mut self, now: Now) -> CallId {
        CallId::new(now.wall.0, self.rng.wide())
    }

    /// Rings the phones of an extension for a call of our own, which goes on when one answers. Gives its number.
    pub(crate) fn place(&mut self, now: Now, call: Call, phones: &str, why: String) -> Result<u64, String> {
        let (id, from, number) = (call.id, call.from.number.clone(), call.number);
        let text = format!("{from} calls {}, placed", call.to.number);
        // Known by its leg only once one is rung, which comes next.
        self.calls.insert(id, call);
        self.why(now, id, "call", why);
        let Some(caller) = self.ring_caller(now, id, phones) else {
            // Of this call nobody was told anything.
            self.calls.remove(&id);
            self.ladders.forget(id);
            return Err(format!("{NONE_FREE}; try again"));
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.caller = caller;
        }
        self.count_call(phones);
        self.call_event(now, id, &from, "call_started", text);
        self.note_open(id);
        Ok(number)
    }

    /// A call of our own, of which no phone rings yet.
    pub(crate) fn new_placed(&mut self, now: Now, id: CallId, from: Party, to: Party) -> Call {
        Call {
            stage: Stage::Placing,
            max_forwards: HOPS,
            is_placed: true,
            ..Call::new(id, self.next_number(), from, to, LegId(0), now)
        }
    }

    /// What speaks against a call before anybody is rung for it.
    fn may_place(&self, now: Now, from: &str, to: &str) -> Result<(), String> {
        if !self.config.extensions.contains_key(from) {
            return Err(format!("there is no extension {}", clean(from)));
        }
        if !is_dialable(to) {
            return Err(format!("{} cannot be dialled: {NO_NUMBER}", clean(to)));
        }
        let asked = Asked { number: to, caller: from, at_ms: now.wall.0 };
        if self.config.way(&asked, &mut self.traffic.at(now.mono.0 / 1_000)) == Way::NoRoute {
            return Err(format!("{to} leads nowhere: no extension, service or route has that number"));
        }
        self.may_be_placed(from)
    }

    /// What speaks against ringing the phones of an extension for a call of its own.
    pub(crate) fn may_be_placed(&self, from: &str) -> Result<(), String> {
        let shown = clean(from);
        match self.no_room(Some(from)) {
            Some(NoRoom::Stops) => {
                return Err("the exchange is stopping and takes no new calls".to_owned());
            }
            Some(NoRoom::IsFull) => {
                return Err("there are as many calls as there may be; try again".to_owned());
            }
            Some(NoRoom::HasMadeAll) => {
                return Err(format!("{shown} has made as many calls as it may; end one of them"));
            }
            None => {}
        }
        if !self.registrar.is_reachable(from) {
            return Err(format!("{shown} has no phone that can be reached; see where it is registered"));
        }
        Ok(())
    }

    /// Rings every phone of the extension that is to be the caller. Gives the first leg; none if no port pair is left.
    fn ring_caller(&mut self, now: Now, id: CallId, from: &str) -> Option<LegId> {
        let wait = self.config.ring_of(from);
        let first = self.ring_callers(now, id, &[from.to_owned()], wait)?;
        self.timers.set(Timer::NoAnswer(id), now.mono.after(wait));
        Some(first)
    }

    /// Rings every phone of those of whom one is to be the caller, for so long. Gives the first leg; none if nobody could be rung.
    pub(crate) fn ring_callers(
        &mut self,
        now: Now,
        id: CallId,
        numbers: &[String],
        wait: Duration,
    ) -> Option<LegId> {
        let formats = reaching_formats(&self.config.codecs);
        self.calls.get_mut(&id)?.begin_search(now, numbers.to_vec());
        let phones = self.phones_of(now, id, numbers);
        self.ring_phones(now, id, phones, &formats, wait);
        self.calls.get(&id)?.legs.keys().next().copied()
    }

    /// A phone of the caller says that it rings. What it describes before its answer counts if the answer describes nothing.
    pub(super) fn caller_rings(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        status: Status,
        sdp: Option<&[u8]>,
    ) {
        if self.heard_of_phone(now, id, leg, status).is_none() {
            return;
        }
        let theirs = sdp.and_then(|sdp| Description::parse(sdp).ok());
        let one = self.calls.get_mut(&id).and_then(|call| call.legs.get_mut(&leg));
        if let (Some(one), Some(theirs)) = (one, theirs) {
            one.remote = Some(theirs);
        }
    }

    /// A phone of the caller answered: the first one wins, and the number is routed as if that phone had dialled it.
    pub(super) fn caller_answers(&mut self, now: Now, id: CallId, leg: LegId, sdp: Option<&[u8]>) {
        let Some(one) = self.calls.get(&id).and_then(|call| call.leg(leg)).filter(|one| one.is_live()) else {
            return;
        };
        let described = match sdp {
            Some(sdp) => Description::parse(sdp).map_err(|e| e.to_string()),
            None => one.remote.clone().ok_or_else(|| "it described no media".to_owned()),
        };
        if let Err(why) = described.and_then(|theirs| self.settle(now, id, leg, theirs)) {
            return self.cannot_connect(now, id, leg, &why);
        }
        self.timers.cancel(Timer::NoAnswer(id));
        for loser in self.live_callees(id).into_iter().filter(|other| *other != leg) {
            self.drop_leg(now, id, loser, LegOutcome::Elsewhere, Some(ELSEWHERE.to_owned()));
        }
        self.be_called_by(id, leg);
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.stage = Stage::Seeking;
        let dialled = call.to.number.clone();
        let Some(one) = call.legs.get_mut(&leg) else { return };
        (one.state, one.outcome) = (LegState::Up, LegOutcome::Answered);
        let (who, flow, codec) = (one.party.number.clone(), one.flow, one.codec_name());
        self.why(
            now,
            id,
            "caller",
            format!("{who} answered at {flow}, {codec}, and is connected with {dialled}"),
        );
        let text = format!("{who} answered and is connected with {dialled}");
        self.call_event(now, id, &who, "caller_answered", text);
        self.show_parties(id);
        if self.supervisions.contains_key(&id) {
            return self.begin_supervising(now, id);
        }
        if self.calls.get(&id).is_some_and(|call| call.consulted_in.is_some()) {
            return self.begin_consulting(now, id);
        }
        if self.agent_takes_call_back(now, id) {
            return;
        }
        self.route(now, id, &dialled);
        // Should it be cut off, its record says into which flow it went.
        if self.is_in_flow(id) {
            self.note_open(id);
        }
    }

    /// Of the phones that rang for the caller this one is the caller's: the call is made by its extension.
    fn be_called_by(&mut self, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let maker = |call: &Call| call.caller_leg().and_then(|leg| leg.extension.clone());
        let before = maker(call);
        call.caller = leg;
        let after = maker(call);
        if before == after {
            return;
        }
        if let Some(party) = call.caller_leg().map(|leg| leg.party.clone()) {
            call.from = party;
        }
        before.into_iter().for_each(|extension| self.made_one_less(&extension));
        after.into_iter().for_each(|extension| self.made_one_more(&extension));
    }

    /// A caller whose phone has been answered cannot be told of ringing by SIP any more, so we make the tone.
    pub(crate) fn play_ringing(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id).filter(|call| call.has_answered_caller()) else { return };
        let (leg, clips) = (call.caller, vec![Clip::Ringing]);
        self.media(MediaCommand::Play { call: id, leg, number: 0, clips, is_loop: true });
    }
}
