//! One party of a talk has its other side put through to somebody else, by REFER (RFC 3515, blind transfer).
//!
//! ```text
//! Talking ──REFER──► Seeking ──answer──► Talking with the other; who referred is told 200 and gone
//!    ▲                  │
//!    │                  ├──nobody, who referred is still there──► Talking as before, and told why
//!    └──answer── Seeking (who referred is rung back, once) ◄──nobody, who referred has gone
//!
//! Talking ──REFER to a flow or a queue──► Flow: told 200 at once
//! Talking ──REFER to a route with `back`──► see `hand_off.rs`
//! ```
//!
//! The side that stays is the call's caller from then on, whichever it was before; the call keeps its id, its recording and
//! its path. The leg that referred stays up beside the search until it hangs up or the search is over.

use super::attended::OtherCall;
use super::hand_off::Asker;
use super::{Call, No, Over, Stage, UnderWay, Way};
use crate::config::Config;
use crate::exchange::Exchange;
use crate::limits::TRANSFERS_MAX;
use crate::media::MediaCommand;
use crate::negotiate::can_make;
use crate::record::{End, LegOutcome};
use crate::text::clean;
use crate::{CallId, LegId};
use std::sync::Arc;
use switchroom_flow::routes::{Asked, Destination, Refusal, Route};
use switchroom_flow::{Clip, Flow};
use switchroom_sip::endpoint::{Refer, SessionId};
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;
use switchroom_sip::uri::Uri;

/// A transfer under way: phones ring for the side that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// The leg that referred; it may have ended.
    pub(crate) by: LegId,
    /// Its extension.
    extension: String,
    /// It was the caller's before.
    was_caller: bool,
    /// Nobody took the call, and who referred is rung back.
    pub(crate) is_return: bool,
}

/// Where a referred party goes.
pub(super) enum Goal {
    /// To an extension.
    Extension(String),
    /// Into a flow, or the flow of a queue, by that route.
    Flow { flow: Arc<Flow>, route: String, is_queue: bool },
    /// Into a flow, by that route, and back.
    Back { flow: Arc<Flow>, route: String },
}

impl Goal {
    /// Where a route leads.
    pub(super) fn by_route(config: &Config, route: &Route) -> Result<Self, No> {
        let name = &route.name;
        if let Some(missing) = config.missing(&route.to) {
            return Err((Status::UNAVAILABLE, format!("route {name} leads {missing}")));
        }
        Ok(match &route.to {
            Destination::Extension(number) => Self::Extension(number.clone()),
            Destination::Queue(queue) => Self::queue(config, queue, name.clone()),
            Destination::Flow(flow) => {
                let flow = config.flows.get(flow).cloned();
                let flow = flow.ok_or((Status::UNAVAILABLE, format!("route {name} has no flow")))?;
                let (route, is_back) = (name.clone(), route.back);
                if is_back { Self::Back { flow, route } } else { Self::Flow { flow, route, is_queue: false } }
            }
            Destination::Refuse(refusal) => {
                let status = match refusal {
                    Refusal::Busy => Status::BUSY,
                    Refusal::Rejected => Status::DECLINE,
                    Refusal::NotFound => Status::NOT_FOUND,
                };
                return Err((status, format!("route {name} refuses it")));
            }
        })
    }

    /// To wait in a queue.
    pub(super) fn queue(config: &Config, queue: &str, route: String) -> Self {
        Self::Flow { flow: super::route::queue_flow(config, queue), route, is_queue: true }
    }
}

impl Transfer {
    /// Who is gone is rung back for the party that stays.
    pub(super) fn back_to(by: LegId, extension: String) -> Self {
        Self { by, extension, was_caller: false, is_return: true }
    }
}

impl Call {
    /// The leg of a transfer under way that referred, while it is there.
    pub(crate) fn transferor(&self) -> Option<LegId> {
        let by = self.transfer()?.by;
        self.leg(by).filter(|leg| leg.is_live()).map(|leg| leg.id)
    }

    /// The side that stays becomes the caller, or the caller the side that was called again.
    fn swap_roles(&mut self, with: LegId) {
        for (leg, end) in [(self.caller, End::Callee), (with, End::Caller)] {
            if let Some(leg) = self.legs.get_mut(&leg) {
                leg.end = end;
            }
        }
        self.caller = with;
    }
}

impl Exchange {
    /// A phone refers the party that it talks with to somebody else.
    pub(crate) fn on_refer(&mut self, now: Now, id: CallId, leg: LegId, session: SessionId, refer: &Refer) {
        let to = clean(&refer.to.user_text());
        let who = self.number_of_leg(id, leg);
        let done = self.may_refer(id, leg).and_then(|other| {
            let parties = (leg, other);
            let other_call =
                refer.replaces.as_ref().map(|named| self.other_call(id, leg, named)).transpose()?;
            match other_call {
                Some(OtherCall::Talk(talk)) => self.attend(now, id, parties, session, &talk),
                Some(OtherCall::Alone(alone)) => self.send_in_place(now, id, parties, session, &alone),
                None => self.put_through(now, id, parties, session, &to),
            }
        });
        match done {
            Ok(()) => {}
            Err((status, why)) => {
                self.endpoint.answer_refer(now.mono, session, Err(status));
                self.why(now, id, "transfer", format!("{who} may not transfer to {to}: {why}"));
            }
        }
    }

    /// Of the parties the second goes to a number.
    fn put_through(
        &mut self,
        now: Now,
        id: CallId,
        parties: (LegId, LegId),
        session: SessionId,
        to: &str,
    ) -> Result<(), No> {
        let who = self.number_of_leg(id, parties.0);
        let goal = self.goal(now, id, &who, to, parties.1)?;
        if let Goal::Back { flow, .. } = &goal {
            self.may_hand_off(id, parties, flow)?;
        }
        self.endpoint.answer_refer(now.mono, session, Ok(()));
        self.begin_transfer(now, id, parties, to, goal, |route| Asker::Phone(route));
        Ok(())
    }

    /// The party that may be referred, if that may be done now.
    pub(super) fn may_refer(&self, id: CallId, leg: LegId) -> Result<LegId, No> {
        let call = self.calls.get(&id).ok_or((Status::NO_SUCH_CALL, "the call is gone".to_owned()))?;
        if let Some(what) = call.under_way() {
            return Err((Status::PENDING, what.words().into()));
        }
        let Some(other) = call.other(leg) else {
            let place = match call.stage {
                Stage::Seeking | Stage::Placing => "nobody has answered yet",
                Stage::Flow => "the caller is in a flow",
                Stage::Service { .. } => "it is a service",
                Stage::Talking { .. } | Stage::Ended { .. } => "it is no party of the talk",
            };
            return Err((Status::FORBIDDEN, place.into()));
        };
        if call.transfers >= TRANSFERS_MAX || call.max_forwards == 0 {
            return Err((Status::TOO_MANY_HOPS, "the call has been transferred too often".into()));
        }
        if call.leg(other).is_none_or(|other| other.remote.is_none() || other.codec.is_none()) {
            return Err((Status::PENDING, "the other side has not described itself yet".into()));
        }
        Ok(other)
    }

    /// Where the number leads, by the rights of who refers; that of an agent, if nothing else has it, to where the agent sits.
    pub(super) fn goal(
        &mut self,
        now: Now,
        id: CallId,
        who: &str,
        to: &str,
        other: LegId,
    ) -> Result<Goal, No> {
        let unknown = || (Status::NOT_FOUND, "nothing has that number".to_owned());
        let config = self.config.clone();
        let asked = Asked { number: to, caller: who, at_ms: now.wall.0 };
        let way = config.way(&asked, &mut self.traffic.at(now.mono.0 / 1_000));
        let goal = match way {
            Way::Extension => Goal::Extension(to.to_owned()),
            Way::Route(route) => Goal::by_route(&config, route)?,
            Way::Full(route) => {
                return Err((Status::BUSY, format!("route {} has as many calls as it may", route.name)));
            }
            Way::Service(_) | Way::Supervise(_) => {
                return Err((Status::FORBIDDEN, "nobody is put through to a service".into()));
            }
            Way::NoRoute => Goal::Extension(self.seat_of_agent(to).ok_or_else(unknown)?),
            Way::NoNumber => return Err(unknown()),
        };
        self.may_go(id, other, goal)
    }

    /// Whether a party may go there: into a flow only who can hear one.
    pub(super) fn may_go(&self, id: CallId, leg: LegId, goal: Goal) -> Result<Goal, No> {
        if let Goal::Flow { .. } = goal {
            self.may_enter_flow(id, leg)?;
        }
        Ok(goal)
    }

    /// The extension at which the agent of that number sits. People know agents by their numbers, and may not know where they
    /// sit today.
    fn seat_of_agent(&self, number: &str) -> Option<String> {
        let seat = &self.floor.agent(number)?.extension;
        self.config.extensions.contains_key(seat).then(|| seat.clone())
    }

    /// A party in a flow must talk in a codec in which we can make sound.
    pub(super) fn may_enter_flow(&self, id: CallId, leg: LegId) -> Result<(), No> {
        let codec = self.calls.get(&id).and_then(|call| call.leg(leg)?.codec.as_ref());
        if codec.is_some_and(|codec| can_make(codec, &self.config.codecs)) {
            Ok(())
        } else {
            Err((Status::NOT_ACCEPTABLE_HERE, "no sound can be made in that party's codec".into()))
        }
    }

    /// The one party is parted from the other. Gives the number of who refers, and that of who stays.
    pub(super) fn part(
        &mut self,
        now: Now,
        id: CallId,
        (by, stays): (LegId, LegId),
        to: &str,
    ) -> (String, String) {
        let Some(call) = self.calls.get_mut(&id) else { return Default::default() };
        let (who, whom) = (call.number_of(by), call.number_of(stays));
        call.transfers += 1;
        call.max_forwards = call.max_forwards.saturating_sub(1);
        self.why(now, id, "transfer", format!("{who} transfers {whom} to {to}"));
        self.mark(id, "transfer", &format!("{who} to {to}"));
        self.set_apart(now, id, (by, stays));
        (who, whom)
    }

    /// Of two who talk one stays, as the caller, and is held no more.
    pub(super) fn set_apart(&mut self, now: Now, id: CallId, (by, stays): (LegId, LegId)) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let was_caller = call.caller == by;
        if self.end_hold(now, id) {
            self.floor.held(crate::queues::moment(now), self.on_floor(id), false);
        }
        if was_caller {
            self.take_callers_place(now, id, stays);
        }
    }

    /// Parts them, and leads the one that stays on; or away from who asks, for a while. `asker` says who that is, by the route.
    pub(super) fn begin_transfer(
        &mut self,
        now: Now,
        id: CallId,
        (by, stays): (LegId, LegId),
        to: &str,
        goal: Goal,
        asker: for<'r> fn(&'r str) -> Asker<'r>,
    ) {
        let was_caller = self.calls.get(&id).is_some_and(|call| call.caller == by);
        match goal {
            Goal::Back { flow, route } => self.hand_off(now, id, (by, stays), flow, &asker(&route)),
            Goal::Extension(number) => {
                let (who, _) = self.part(now, id, (by, stays), to);
                let transfer = Transfer { by, extension: who, was_caller, is_return: false };
                self.seek_for(now, id, transfer, number);
            }
            Goal::Flow { flow, route, is_queue } => {
                let (who, whom) = self.part(now, id, (by, stays), to);
                self.release_transferor(now, id, by);
                self.end_talk(now, id);
                self.note_transferred(now, id, &who, &whom, to);
                self.leave_route(now, id);
                self.lead_into(now, id, &flow, route, is_queue);
            }
        }
    }

    /// A caller whom nobody has is let into a flow by that route. What is typed in one is in no recording, and in the flow of
    /// a queue nothing is.
    pub(super) fn lead_into(
        &mut self,
        now: Now,
        id: CallId,
        flow: &Arc<Flow>,
        route: String,
        is_queue: bool,
    ) {
        if !is_queue {
            self.pause_for_flow(now, id);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.stage = Stage::Flow;
            call.route = Some(route.clone());
            let caller = call.caller_party().number.clone();
            if let Some(route) = self.config.inbound.routes.iter().find(|one| one.name == route) {
                self.traffic.begin(route, &caller, now.mono.0 / 1_000);
            }
        }
        self.silence(id);
        self.refresh_troubles(now, id);
        self.show_parties(id);
        self.listen(id, true);
        self.enter_flow(now, id, flow.clone());
        if self.calls.get(&id).is_some_and(|call| !call.is_ended()) {
            self.note_open(id);
        }
    }

    /// The side that was called stays when the caller transfers it: it is the caller from now on. A flow that had the
    /// caller has nobody any more.
    fn take_callers_place(&mut self, now: Now, id: CallId, stays: LegId) {
        self.end_visit(now, id);
        self.change_caller(id, stays);
    }

    /// Another leg is the caller's.
    pub(super) fn change_caller(&mut self, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let before = call.caller_leg().and_then(|leg| leg.extension.clone());
        call.swap_roles(leg);
        let after = call.caller_leg().and_then(|leg| leg.extension.clone());
        if let Some(before) = before {
            self.made_one_less(&before);
        }
        if let Some(after) = after {
            self.made_one_more(&after);
        }
    }

    /// Phones ring for the side that stays, which hears it.
    pub(super) fn seek_for(&mut self, now: Now, id: CallId, transfer: Transfer, number: String) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.stage = Stage::Seeking;
        call.begin(UnderWay::Transfer(transfer));
        call.begin_search(now, vec![number.clone()]);
        let caller = call.caller;
        self.refresh_troubles(now, id);
        self.show_parties(id);
        let (sound, clips) = (0, vec![Clip::Ringing]);
        self.media(MediaCommand::Play { call: id, leg: caller, number: sound, clips, is_loop: true });
        if let Some(by) = self.calls.get(&id).and_then(|call| call.transferor()) {
            self.wire(id, by);
        }
        self.ring_all(now, id, &[number], None);
    }

    /// A phone rings for a party that was transferred.
    pub(crate) fn transfer_rings(&mut self, now: Now, id: CallId) {
        self.tell_transferor(now, id, Status::RINGING);
    }

    fn tell_transferor(&mut self, now: Now, id: CallId, status: Status) {
        let by = self.calls.get(&id).and_then(|call| call.transferor());
        if let Some(by) = by {
            self.tell_leg(now, id, by, status);
        }
    }

    pub(super) fn tell_leg(&mut self, now: Now, id: CallId, leg: LegId, status: Status) {
        let session = self.calls.get(&id).and_then(|call| call.leg(leg)?.session);
        if let Some(session) = session {
            self.endpoint.tell_refer(now.mono, session, status);
        }
    }

    /// A leg whose phone referred is told that nothing more comes of that.
    pub(crate) fn end_news(&mut self, now: Now, id: CallId, leg: LegId) {
        let session = self.calls.get(&id).and_then(|call| call.leg(leg)?.session);
        if let Some(session) = session {
            self.endpoint.end_refer(now.mono, session);
        }
    }

    /// Somebody answered: if it was for a transfer, that has been done.
    pub(crate) fn transfer_answered(&mut self, now: Now, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(transfer) = call.take_transfer() else { return };
        let whom = call.caller_party().number.clone();
        let to = call.number_of(leg);
        if transfer.is_return {
            let text = format!("{to} has {whom} back, whom nobody took");
            self.why_and_event(now, id, "transfer", &transfer.extension, "transfer_returned", text);
        } else {
            self.release_transferor(now, id, transfer.by);
            self.note_transferred(now, id, &transfer.extension, &whom, &to);
        }
    }

    pub(super) fn note_transferred(&mut self, now: Now, id: CallId, who: &str, whom: &str, to: &str) {
        let text = format!("{who} has transferred {whom} to {to}");
        self.call_event(now, id, who, "transferred", text);
    }

    /// The transfer is done: who referred is told so, and hung up if still there.
    pub(super) fn release_transferor(&mut self, now: Now, id: CallId, by: LegId) {
        self.tell_leg(now, id, by, Status::OK);
        self.drop_leg(now, id, by, LegOutcome::Transferred, None);
        if let Some(leg) = self.calls.get_mut(&id).and_then(|call| call.legs.get_mut(&by)) {
            leg.outcome = LegOutcome::Transferred;
            leg.is_missing = false;
        }
        self.agent_left(now, id, by);
        self.refresh_troubles(now, id);
    }

    /// The talk of an agent is over once the agent's own phone has left.
    pub(crate) fn agent_left(&mut self, now: Now, id: CallId, leg: LegId) {
        let extension = self.calls.get(&id).and_then(|call| call.leg(leg)?.extension.clone());
        let agents = self.floor.agent_of(self.on_floor(id)).map(|agent| agent.extension.clone());
        if extension.is_some() && extension == agents {
            self.end_talk(now, id);
        }
    }

    /// Who referred has hung up, or is gone, while phones ring: that ends its own leg and nothing else. False if the leg is
    /// no such one.
    pub(crate) fn transferor_left(&mut self, now: Now, id: CallId, leg: LegId, text: &str) -> bool {
        let is_it = |call: &Call| call.transfer().is_some_and(|transfer| transfer.by == leg);
        if !self.calls.get(&id).is_some_and(is_it) {
            return false;
        }
        self.why(now, id, "transfer", format!("{text}; the search goes on"));
        self.close_leg_beside(id, leg);
        self.agent_left(now, id, leg);
        self.refresh_troubles(now, id);
        true
    }

    /// A leg that waited beside a call which goes on is over, and nothing need be heard of it.
    pub(super) fn close_leg_beside(&mut self, id: CallId, leg: LegId) {
        if let Some(leg) = self.calls.get_mut(&id).and_then(|call| call.legs.get_mut(&leg)) {
            leg.is_missing = false;
        }
        self.close_leg(id, leg);
    }

    /// Nobody took a party that was transferred: who referred has it back, is rung for it, or the call ends. False if the
    /// search was for no transfer.
    pub(crate) fn transfer_failed(&mut self, now: Now, id: CallId, over: &Over) -> bool {
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.is_ended()) else { return false };
        let Some(transfer) = call.transfer().cloned() else { return false };
        self.why(now, id, "transfer", over.text.clone());
        if transfer.is_return {
            let text = format!("nobody took the call: {}", over.text);
            self.finish(now, id, Over { text, ..over.clone() });
            return true;
        }
        let who = transfer.extension.clone();
        let said = format!("the transfer by {who} failed: {}", over.text);
        self.call_event(now, id, &who, "transfer_failed", said);
        if self.calls.get(&id).is_some_and(|call| call.transferor().is_some()) {
            self.give_back(now, id, &transfer, over.status);
        } else {
            self.why(now, id, "transfer", format!("{who} is rung back"));
            self.seek_for(now, id, Transfer { is_return: true, ..transfer }, who);
        }
        true
    }

    /// The two talk again as before.
    fn give_back(&mut self, now: Now, id: CallId, transfer: &Transfer, status: Option<Status>) {
        self.tell_transferor(now, id, status.unwrap_or(Status::UNAVAILABLE));
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.take_transfer();
        self.why(now, id, "transfer", format!("{} has the call back", transfer.extension));
        self.talk_again(now, id, transfer.by, transfer.was_caller);
    }

    /// The caller, and who has waited beside it and may have been the caller's side before, talk again.
    pub(super) fn talk_again(&mut self, now: Now, id: CallId, by: LegId, was_caller: bool) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let stayed = call.caller;
        call.stage = Stage::Talking { with: if was_caller { stayed } else { by } };
        if was_caller {
            self.change_caller(id, by);
        }
        self.refresh_talk(now, id);
    }

    /// The call is over while phones ring for a transfer.
    pub(crate) fn transfer_ends(&mut self, now: Now, id: CallId) {
        self.tell_transferor(now, id, Status::TERMINATED);
        if let Some(call) = self.calls.get_mut(&id) {
            call.take_transfer();
        }
    }

    /// What the phones that ring are told of who sent the call to them (RFC 3892): its own number here, whatever its phone
    /// says of itself.
    pub(crate) fn referred_by(&self, id: CallId, headers: &mut Headers) {
        let transfer = self.calls.get(&id).and_then(|call| call.transfer());
        if let Some(transfer) = transfer.filter(|transfer| !transfer.is_return) {
            let uri = Uri::sip(&transfer.extension, &self.config.domain, None);
            headers.push(Name::ReferredBy, NameAddr::bare(uri).to_string());
        }
    }
}
