//! Consultation: one party of a talk asks a third person something while the other waits, and may connect all three or leave
//! the other two to each other.
//!
//! ```text
//!                    who consults hears    the other party     the third
//!  Ringing           ringing               music               (its phone rings)
//!  Consulted         the third             music               who consults
//!  Swapped           the other party       who consults        music
//!  Conference        both                  both                both
//! ```
//!
//! The third's phone is a call of its own, placed for it and connected to [`Service::Consult`], as a supervisor's is; its media
//! is moved to that of the talk, and what anybody hears is a matter of wiring. Whoever of the talk leaves has its place taken by
//! the third, whose leg becomes a leg of the talk: nothing is dialled again, and the talk has one id and one recording.
//!
//! ```text
//!  the third is busy, does not answer, hangs up   ─► the two talk as before
//!  who consults completes it, or hangs up         ─► the third talks with the other party
//!  who consults hangs up while it still rings     ─► rung back for the other party, once, as after a transfer in vain
//!  the other party hangs up                       ─► who consults goes on with the third; while it rings, the call is over
//! ```
//!
//! Who consults is the agent's side (`sides.rs`). While it lasts, nobody is transferred, handed off, replaced or taken over.
//! What the third says is on the recording while who consults hears it, on the same side; so the channel of a caller never
//! holds anybody else.

use super::transfer::{Goal, Transfer};
use super::{Call, LegState, Over, Stage, UnderWay};
use crate::exchange::Exchange;
use crate::input::ConsultAct;
use crate::media::{Channel, MediaCommand, Source};
use crate::record::{End, EndedBy, LegOutcome, Party};
use crate::supervision::mix;
use crate::text::{clean, is_dialable};
use crate::{CallId, Leg, LegId, NO_NUMBER, Service};
use switchroom_flow::Clip;
use switchroom_flow::routes::Destination;
use switchroom_sip::time::Now;

/// Who hears whom while one party of a talk consults a third.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bridge {
    /// The third's phone rings.
    Ringing,
    /// Who consults talks with the third; the other party waits.
    Consulted,
    /// Who consults talks with the other party; the third waits.
    Swapped,
    /// All three hear each other.
    Conference,
}

impl Bridge {
    /// The word on screen and in the journal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Consulted => "consulted",
            Self::Swapped => "swapped",
            Self::Conference => "conference",
        }
    }
}

/// One party of a talk consults a third.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consult {
    /// The call of the third's phone.
    pub own: CallId,
    /// The leg of the talk that consults.
    pub by: LegId,
    /// The third.
    pub third: Party,
    /// Who hears whom.
    pub bridge: Bridge,
    /// The leg of the third and its channel, if the recording was told of them.
    recorded: Option<(LegId, Channel)>,
}

impl Call {
    /// The number of who lets the other party wait for a third, if one does.
    pub(super) fn consults_apart(&self) -> Option<String> {
        let consult = self.consult()?;
        let waits = matches!(consult.bridge, Bridge::Ringing | Bridge::Consulted);
        waits.then(|| self.number_of(consult.by))
    }

    /// Whether a party waits while the other consults.
    pub(crate) fn is_consulting_apart(&self) -> bool {
        self.consults_apart().is_some()
    }

    /// The leg of a consultation that is the one asked for, and can leave: what is left is for the two others, or rung back.
    pub(crate) fn leaves_two(&self, is_it: impl Fn(&Leg) -> bool) -> Option<LegId> {
        let consult = self.consult()?;
        let is_there = consult.bridge != Bridge::Ringing;
        let two = [Some(consult.by), self.other(consult.by).filter(|_| is_there)];
        two.into_iter().flatten().find(|leg| self.leg(*leg).is_some_and(&is_it))
    }

    /// The other call of a consultation: of the third once it is there, or in which it is consulted.
    pub(super) fn beside(&self) -> Option<CallId> {
        let third = self.consult().filter(|consult| consult.bridge != Bridge::Ringing);
        third.map(|consult| consult.own).or(self.consulted_in)
    }
}

impl Exchange {
    // ---- who hears whom ----------------------------------------------------------------------------------------------

    /// The legs that are connected in a talk: the two, or those whom a consultation connects.
    pub(crate) fn bridged(&self, call: &Call) -> Vec<LegId> {
        let Stage::Talking { with } = call.stage else { return Vec::new() };
        let two = vec![call.caller, with];
        let Some(consult) = call.consult() else { return two };
        let third = self.calls.get(&consult.own).map(|own| own.caller);
        match consult.bridge {
            Bridge::Ringing => vec![consult.by],
            Bridge::Consulted => std::iter::once(consult.by).chain(third).collect(),
            Bridge::Swapped => two,
            Bridge::Conference => two.into_iter().chain(third).collect(),
        }
    }

    /// The leg of whatever call.
    pub fn leg_anywhere(&self, leg: LegId) -> Option<&Leg> {
        self.legs.get(&leg).and_then(|id| self.calls.get(id)?.leg(leg))
    }

    /// What a leg hears of those it is connected with in a talk. Who holds is not heard, whatever the phone sends meanwhile.
    pub(super) fn heard_in_bridge(&self, id: CallId, leg: LegId) -> Source {
        let bridged = self.calls.get(&id).map(|call| self.bridged(call)).unwrap_or_default();
        if !bridged.contains(&leg) {
            return Source::Silence;
        }
        let speaks = |other: &LegId| *other != leg && self.leg_anywhere(*other).is_some_and(|one| !one.holds);
        let heard: Vec<LegId> = bridged.into_iter().filter(speaks).collect();
        match heard[..] {
            [one] => Source::Leg(one),
            _ => mix(heard),
        }
    }

    /// What is played over and over to a leg for which there is nothing to be heard.
    pub(super) fn waiting_clips(&self, id: CallId, leg: LegId) -> Vec<Clip> {
        let consult = self.calls.get(&id).and_then(|call| call.consult());
        if consult.is_some_and(|consult| consult.by == leg && consult.bridge == Bridge::Ringing) {
            return vec![Clip::Ringing];
        }
        let language = self.language_in(id);
        let prompt = |name: &String| Clip::Prompt { language, name: name.clone() };
        self.config.hold_music.iter().map(prompt).collect()
    }

    /// The recording is told whether the third is on it now.
    pub(crate) fn tape_third(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some(consult) = call.consult() else { return };
        let is_heard = matches!(consult.bridge, Bridge::Consulted | Bridge::Conference);
        let third = self.calls.get(&consult.own).map(|own| own.caller).filter(|_| is_heard);
        let third = third.filter(|leg| call.is_taped() && !self.is_never_recorded(*leg));
        let wanted = third.zip(call.side_of(consult.by));
        self.change_third_on_tape(id, wanted);
    }

    fn change_third_on_tape(&mut self, id: CallId, wanted: Option<(LegId, Channel)>) {
        let Some(consult) = self.calls.get_mut(&id).and_then(|call| call.consult_mut()) else { return };
        let told = std::mem::replace(&mut consult.recorded, wanted);
        if told == wanted {
            return;
        }
        if let Some((leg, _)) = told {
            self.media(MediaCommand::RecordNoMore { call: id, leg });
        }
        if let Some((leg, channel)) = wanted {
            self.media(MediaCommand::RecordAlso { call: id, leg, channel });
        }
    }

    /// Another bridge, if that it is.
    fn bridge_as(&mut self, now: Now, id: CallId, bridge: Bridge) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(consult) = call.consult_mut() else { return };
        consult.bridge = bridge;
        let by = consult.by;
        // Ringing is no music of a hold, and the other way round.
        self.music_ends(by);
        self.mark(id, bridge.word(), "");
        self.refresh_talk(now, id);
        self.tape_third(id);
    }

    // ---- what users ask for ------------------------------------------------------------------------------------------

    /// A user does something about a consultation in a call. Gives what was done, or why it was not.
    pub(crate) fn consult_act(
        &mut self,
        now: Now,
        id: CallId,
        act: &ConsultAct,
        user: &str,
    ) -> Result<String, String> {
        let number = self.live_call(id)?.number;
        let (name, done) = match act {
            ConsultAct::Begin { to } => ("consult", self.consult_begins(now, id, to, user)?),
            ConsultAct::Swap => ("swap", self.swap(now, id)?),
            ConsultAct::Conference => ("conference", self.conference(now, id)?),
            ConsultAct::Complete => ("complete", self.complete(now, id, user)?),
            ConsultAct::Cancel => ("cancel_consult", self.cancel_consult(now, id, user)?),
        };
        let done = format!("call {number}: {done}");
        self.why_and_audit(now, id, "consult", user, name, &done);
        Ok(done)
    }

    /// The third's phone rings, and the other party waits.
    fn consult_begins(&mut self, now: Now, id: CallId, to: &str, user: &str) -> Result<String, String> {
        let (by, stays) = self.agents_side(id).ok_or("nobody talks in that call")?;
        self.may_refer(id, by).map_err(|(_, why)| why)?;
        // The third is offered codecs of ours, and what is heard meanwhile is made by us.
        [by, stays].into_iter().try_for_each(|leg| self.may_enter_flow(id, leg)).map_err(|(_, why)| why)?;
        let (who, seat) = (self.number_of_leg(id, by), self.seat_of_leg(id, by));
        if seat.is_none() {
            return Err(format!("{who} is no extension of ours, and could not be rung back"));
        }
        let extension = self.consulted_extension(now, id, &who, to, stays)?;
        if self.is_in(id, &extension) {
            return Err(format!("{extension} is in that call already"));
        }
        self.may_be_rung(&extension)?;
        let own = self.next_call(now);
        let third = self.party_of(&extension);
        let from = self.calls.get(&id).and_then(|call| call.leg(by)).map(|leg| leg.party.clone());
        let mut call = self.new_placed(now, own, from.unwrap_or_default(), third.clone());
        call.consulted_in = Some(id);
        // Who talks hears ringing from before the phone rings: it may answer at once.
        let consult = Consult { own, by, third, bridge: Bridge::Ringing, recorded: None };
        if let Some(call) = self.calls.get_mut(&id) {
            call.begin(UnderWay::Consult(consult));
        }
        let why = format!("{user} has {who} consult {extension}");
        if let Err(why) = self.place(now, call, &extension, why) {
            if let Some(call) = self.calls.get_mut(&id) {
                call.take_consult();
            }
            return Err(why);
        }
        // In the CDR the third is who was called, although it is the first leg of its call.
        for leg in self.calls.get_mut(&own).into_iter().flat_map(|call| call.legs.values_mut()) {
            leg.origin = End::Callee;
        }
        self.mark(id, "consult", &extension);
        self.music_ends(by);
        self.refresh_talk(now, id);
        Ok(format!("{who} consults {extension}"))
    }

    /// The extension that is rung for a number: where a transfer would lead, by the rights of who consults; of a queue by its
    /// number or name the agent who is free, longest of all in the lowest tier.
    fn consulted_extension(
        &mut self,
        now: Now,
        id: CallId,
        who: &str,
        to: &str,
        other: LegId,
    ) -> Result<String, String> {
        if self.floor.queue(to).is_some() {
            return self.free_agent_of(to);
        }
        if !is_dialable(to) {
            return Err(format!("{} cannot be dialled: {NO_NUMBER}", clean(to)));
        }
        match self.goal(now, id, who, to, other) {
            Ok(Goal::Extension(extension)) => Ok(extension),
            Ok(Goal::Flow { route, .. } | Goal::Back { route, .. }) => {
                let route = self.config.inbound.routes.iter().find(|one| one.name == route);
                match route.map(|route| &route.to) {
                    Some(Destination::Queue(queue)) => {
                        let queue = queue.clone();
                        self.free_agent_of(&queue)
                    }
                    _ => Err(format!("{to} is a flow, and a flow cannot be consulted; transfer to it")),
                }
            }
            Err((_, why)) => Err(why),
        }
    }

    fn free_agent_of(&self, queue: &str) -> Result<String, String> {
        let known = self.floor.queue(queue).ok_or_else(|| format!("there is no queue {}", clean(queue)))?;
        let free = known.agents.iter().filter_map(|(id, membership)| {
            let agent = self.floor.agent_by_id(*id).filter(|agent| agent.is_free())?;
            Some((membership.tier, agent.since, agent.extension.clone()))
        });
        let found = free.min().map(|(_, _, extension)| extension);
        found.ok_or_else(|| {
            format!("no agent of queue {} is free; transfer to it, or try again", clean(queue))
        })
    }

    /// What speaks against ringing the phones of an extension for a consultation.
    fn may_be_rung(&self, extension: &str) -> Result<(), String> {
        if !self.config.extensions.contains_key(extension) {
            return Err(format!("there is no extension {}", clean(extension)));
        }
        self.may_be_placed(extension)
    }

    /// The consultation of a call in which the third is there.
    fn consultation(&self, id: CallId) -> Result<&Consult, String> {
        let call = self.live_call(id)?;
        let consult = call.consult();
        let consult = consult.ok_or("in that call nobody is consulted; begin with consult")?;
        if consult.bridge == Bridge::Ringing {
            return Err(format!("{} has not answered yet", consult.third.number));
        }
        Ok(consult)
    }

    fn swap(&mut self, now: Now, id: CallId) -> Result<String, String> {
        let consult = self.consultation(id)?;
        let (by, third) = (consult.by, consult.third.number.clone());
        let bridge = match consult.bridge {
            Bridge::Consulted => Bridge::Swapped,
            Bridge::Ringing | Bridge::Swapped | Bridge::Conference => Bridge::Consulted,
        };
        let other = self.calls.get(&id).and_then(|call| call.other(by)).unwrap_or(by);
        let (who, other) = (self.number_of_leg(id, by), self.number_of_leg(id, other));
        self.bridge_as(now, id, bridge);
        let (talks, waits) = if bridge == Bridge::Swapped { (other, third) } else { (third, other) };
        Ok(format!("{who} talks with {talks}, {waits} waits"))
    }

    fn conference(&mut self, now: Now, id: CallId) -> Result<String, String> {
        let consult = self.consultation(id)?;
        if consult.bridge == Bridge::Conference {
            return Err("all three hear each other already".to_owned());
        }
        let third = consult.third.number.clone();
        self.bridge_as(now, id, Bridge::Conference);
        Ok(format!("{third} talks with both"))
    }

    fn complete(&mut self, now: Now, id: CallId, user: &str) -> Result<String, String> {
        let consult = self.consultation(id)?;
        let (by, third) = (consult.by, consult.third.number.clone());
        let other = self.calls.get(&id).and_then(|call| call.other(by)).unwrap_or(by);
        let other = self.number_of_leg(id, other);
        self.third_takes_over(now, id, by, &format!("{user} connects {other} with {third}"));
        Ok(format!("{other} talks with {third}"))
    }

    fn cancel_consult(&mut self, now: Now, id: CallId, user: &str) -> Result<String, String> {
        let call = self.live_call(id)?;
        let consult = call.consult().ok_or("in that call nobody is consulted")?;
        let (own, third) = (consult.own, consult.third.number.clone());
        self.finish(now, own, Over::by_user(user));
        Ok(format!("{third} is consulted no more"))
    }

    // ---- what becomes of it ------------------------------------------------------------------------------------------

    /// A phone of the third answered.
    pub(super) fn begin_consulting(&mut self, now: Now, own: CallId) {
        let Some(call) = self.calls.get(&own) else { return };
        let (leg, third) = (call.caller, call.to.clone());
        let Some(id) = call.consulted_in else { return };
        self.media(MediaCommand::Move { call: own, leg, to: id });
        self.rooms.insert(leg, id);
        if let Some(consult) = self.calls.get_mut(&id).and_then(|call| call.consult_mut()) {
            consult.bridge = Bridge::Consulted;
        }
        let stage = Stage::Service { service: Service::Consult };
        let number = third.number.clone();
        if let Err(why) = self.answer_by_us(now, own, stage, third, "is consulted") {
            return self.finish(now, own, Over::not_acceptable(why));
        }
        self.note_open(own);
        self.bridge_as(now, id, Bridge::Consulted);
        let text = format!("{number} answered, and is consulted");
        self.why_and_event(now, id, "consult", &number, "consult_answered", text);
    }

    /// A call is over: of a consultation in it, or for which it was placed, nothing is left.
    pub(crate) fn consult_ends(&mut self, now: Now, id: CallId, text: &str) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some(target) = call.consulted_in.take() {
            let is_there = self.take_consult(target).is_some();
            if is_there {
                let text = format!("the consultation is over: {text}");
                self.why_and_event(now, target, "consult", "", "consult_over", text);
                self.refresh_talk(now, target);
            }
        } else if let Some(consult) = self.take_consult(id) {
            self.end_third(now, consult.own, text);
        }
    }

    /// The third's call ends with the one in which it is consulted.
    fn end_third(&mut self, now: Now, own: CallId, text: &str) {
        let is_there = self.calls.get(&own).is_some_and(|call| call.answered.is_some());
        self.finish(now, own, Over::left(EndedBy::Party(End::Caller), is_there, text));
    }

    /// Takes a consultation out of a call, which wires nobody yet.
    fn take_consult(&mut self, id: CallId) -> Option<Consult> {
        self.change_third_on_tape(id, None);
        let consult = self.calls.get_mut(&id)?.take_consult()?;
        self.keep_queues(consult.own);
        if let Some(own) = self.calls.get_mut(&consult.own) {
            own.consulted_in = None;
        }
        self.mark(id, "consult_over", "");
        self.music_ends(consult.by);
        self.supervisions.touch(id);
        Some(consult)
    }

    /// A party of a talk in which one consults has hung up, or is gone. False if the call is to go the way of any other.
    pub(crate) fn left_consulting(&mut self, now: Now, id: CallId, leg: LegId, text: &str) -> bool {
        let Some(call) = self.calls.get(&id) else { return false };
        let Some(consult) = call.consult() else { return false };
        let (by, is_there) = (consult.by, consult.bridge != Bridge::Ringing);
        if leg != by && call.other(by) != Some(leg) {
            return false;
        }
        if is_there {
            let third = consult.third.number.clone();
            self.third_takes_over(now, id, leg, &format!("{text}; {third} goes on in its place"));
            return true;
        }
        if leg == by {
            self.ring_who_consulted(now, id, leg, text);
        }
        leg == by
    }

    /// The third's leg takes the place of one of the two.
    fn third_takes_over(&mut self, now: Now, id: CallId, leaves: LegId, text: &str) {
        let Some(consult) = self.take_consult(id) else { return };
        let Some(third) = self.calls.get(&consult.own).map(|own| own.caller) else { return };
        self.why(now, id, "transfer", text.to_owned());
        let (who, third_number) = (self.number_of_leg(id, leaves), consult.third.number.clone());
        self.mark(id, "transfer", &format!("{who} to {third_number}"));
        let is_transfer = leaves == consult.by;
        if !is_transfer {
            // Who was recorded, and whose talk of a queue it was, is gone; what is left is between the two.
            self.stop_recording(now, id);
            self.end_talk(now, id);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.transfers += 1;
        }
        let other = self.calls.get(&id).and_then(|call| call.other(leaves));
        let other = other.map(|other| self.number_of_leg(id, other)).unwrap_or_default();
        self.change_party(now, (consult.own, third), (id, leaves));
        if is_transfer {
            self.note_transferred(now, id, &who, &other, &third_number);
        } else if let Some(gone) = self.calls.get_mut(&id).and_then(|call| call.legs.get_mut(&leaves)) {
            gone.outcome = LegOutcome::Answered;
        }
    }

    /// Who consults has gone before the third answered: it is rung back for the party that waits.
    fn ring_who_consulted(&mut self, now: Now, id: CallId, leg: LegId, text: &str) {
        let Some(seat) = self.seat_of_leg(id, leg) else { return };
        let Some(consult) = self.take_consult(id) else { return };
        let Some(stays) = self.calls.get(&id).and_then(|call| call.other(leg)) else { return };
        self.end_third(now, consult.own, text);
        self.why(now, id, "consult", format!("{text}, and is rung back"));
        self.set_apart(now, id, (leg, stays));
        self.close_leg_beside(id, leg);
        self.agent_left(now, id, leg);
        self.seek_for(now, id, Transfer::back_to(leg, seat.clone()), seat);
    }

    fn seat_of_leg(&self, id: CallId, leg: LegId) -> Option<String> {
        self.calls.get(&id)?.leg(leg)?.extension.clone()
    }

    /// Whether the third of a consultation is wired and recorded as it should be, for the audit.
    pub(crate) fn is_third_told(&self, call: &Call) -> bool {
        let Some(consult) = call.consult() else { return true };
        let is_heard = matches!(consult.bridge, Bridge::Consulted | Bridge::Conference) && call.is_taped();
        let third = self.calls.get(&consult.own).map(|own| own.caller);
        let taped = third.filter(|leg| is_heard && !self.is_never_recorded(*leg));
        let wanted = taped.zip(call.side_of(consult.by));
        let is_up = third.and_then(|leg| self.leg_anywhere(leg)).is_some_and(|leg| leg.state == LegState::Up);
        consult.recorded == wanted && is_up == (consult.bridge != Bridge::Ringing)
    }
}
