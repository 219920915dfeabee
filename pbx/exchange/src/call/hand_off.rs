//! Hand-off: one party of a talk sends the other into a flow, to give a PIN for example, and has it back with what came of it.
//!
//! ```text
//! Talking ──REFER to a route with `back`, or a command──► Flow, lent ──the flow ends──► Talking as before, with a result
//!                                                           │  │
//!                                                           │  └─the flow hangs up, or who is in it does──► the end
//!                                                           └─who handed off is gone by then──► Seeking: rung back, once
//! ```
//!
//! Who handed off stays up beside the flow and hears silence. Nothing of what is typed meanwhile gets anywhere but into the
//! flow: the recording has silence in both channels, no key is written down. For queues and agents the talk goes on.
//!
//! A phone that referred keeps its call as long as it is told of no outcome of the REFER, and hangs up when that is 200; some
//! also when it is a failure. So the last it is told, once it has the other party back, is that there is no more news: 100,
//! as before, with the end of the subscription (RFC 3515 §2.4.5 has 100 as last word of an action that is pending). A phone
//! that hangs up all the same, on its own or by hand, is rung back as after a transfer that nobody takes.

use super::{Call, No, Over, Stage, Transfer, UnderWay};
use crate::exchange::Exchange;
use crate::limits::{DIGITS_HUSHED, HAND_OFFS_MAX};
use crate::media::{MediaCommand, Source};
use crate::record::EndedBy;
use crate::text::clean;
use crate::{CallId, LegId};
use std::sync::Arc;
use switchroom_flow::Flow;
use switchroom_flow::lend::connects;
use switchroom_sip::status::Status;
use switchroom_sip::time::{Mono, Now};

/// A party of a talk is in a flow, and another waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOff {
    /// The flow it was sent into.
    pub flow: String,
    /// The leg that waits; it may have ended.
    pub by: LegId,
    /// Since when, by the call's own clock.
    pub since: Now,
    /// Its extension.
    extension: String,
    /// It was the caller's before.
    was_caller: bool,
    /// Its phone asked for it by REFER, and waits for the last word of that.
    is_referred: bool,
    /// The route that counts it.
    route: Option<String>,
    /// Answers of surveys that there were before.
    answers_before: usize,
}

/// What came of a hand-off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedBack {
    /// When, Unix milliseconds, by the call's own clock.
    pub at_ms: i64,
    /// The flow.
    pub flow: String,
    /// What it returned, the answers of its survey, or nothing.
    pub result: String,
}

/// Who asks for a hand-off.
pub(super) enum Asker<'a> {
    /// A phone, by REFER, to this route.
    Phone(&'a str),
    /// A user, by transferring to this route or by name.
    User(Option<&'a str>),
}

impl Call {
    /// Whether one of the two has been in a flow from which it comes back, or is.
    pub(crate) fn has_been_lent(&self) -> bool {
        self.hand_offs > 0
    }

    /// The party that waits for the one that was handed off, while it is there.
    pub fn hander(&self) -> Option<LegId> {
        let by = self.hand_off()?.by;
        self.leg(by).filter(|leg| leg.is_live()).map(|leg| leg.id)
    }

    /// While one party is handed off: whom the given one talks with otherwise.
    pub(super) fn parted_from(&self, leg: LegId) -> Option<LegId> {
        let by = self.hander()?;
        if leg == by { Some(self.caller) } else { (leg == self.caller).then_some(by) }
    }
}

impl Exchange {
    /// Parts the two: `stays` waits, `goes` enters the flow.
    pub(super) fn hand_off(
        &mut self,
        now: Now,
        id: CallId,
        (stays, goes): (LegId, LegId),
        flow: Arc<Flow>,
        asker: &Asker<'_>,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (who, whom) = (call.number_of(stays), call.number_of(goes));
        let was_caller = call.caller == stays;
        let hand_off = HandOff {
            flow: flow.name.clone(),
            by: stays,
            since: call.clock(now),
            extension: call.leg(stays).and_then(|leg| leg.extension.clone()).unwrap_or_default(),
            was_caller,
            is_referred: matches!(asker, Asker::Phone(_)),
            route: None,
            answers_before: call.answers.len(),
        };
        call.begin(UnderWay::HandOff(hand_off));
        call.hand_offs += 1;
        call.stage = Stage::Flow;
        if self.end_hold(now, id) {
            self.floor.held(crate::queues::moment(now), self.on_floor(id), false);
            self.run_floor(now);
        }
        if was_caller {
            self.change_caller(id, goes);
        }
        if let Asker::Phone(route) | Asker::User(Some(route)) = asker {
            self.count_hand_off(now, id, route, &who);
        }
        let text = format!("{who} hands {whom} off to flow {}", flow.name);
        self.why_and_event(now, id, "hand_off", &who, "handed_off", text);
        self.pause_for_hand_off(id, true);
        self.mark(id, "hand_off", &flow.name);
        self.media(MediaCommand::Hear { call: id, leg: goes, source: Source::Silence });
        self.wire(id, stays);
        self.refresh_troubles(now, id);
        self.show_parties(id);
        self.listen(id, true);
        self.lend(now, id, flow);
    }

    fn count_hand_off(&mut self, now: Now, id: CallId, route: &str, who: &str) {
        let Some(route) = self.config.inbound.routes.iter().find(|one| one.name == route) else { return };
        self.traffic.begin(route, who, now.mono.0 / 1_000);
        if let Some(hand_off) = self.calls.get_mut(&id).and_then(|call| call.hand_off_mut()) {
            hand_off.route = Some(route.name.clone());
        }
    }

    /// Whether a party may be sent into that flow now, by the one that stays.
    pub(super) fn may_hand_off(
        &self,
        id: CallId,
        (stays, goes): (LegId, LegId),
        flow: &Flow,
    ) -> Result<(), No> {
        let call = self.calls.get(&id).ok_or((Status::NO_SUCH_CALL, "the call is gone".to_owned()))?;
        if call.hand_offs >= HAND_OFFS_MAX {
            return Err((Status::TOO_MANY_HOPS, "the call has been handed off too often".into()));
        }
        if let Some(place) = connects(flow, &self.config.flows) {
            let why = format!("{place}, and who is handed off is to come back");
            return Err((Status::FORBIDDEN, why));
        }
        if call.caller == stays && self.visits.contains_key(&id) {
            return Err((Status::FORBIDDEN, "it is in a flow itself".into()));
        }
        self.may_enter_flow(id, goes)
    }

    /// A user sends a party of a call into a flow: the one that is not the agent's side.
    pub(crate) fn hand_off_by(
        &mut self,
        now: Now,
        id: CallId,
        flow: &str,
        user: &str,
    ) -> Result<String, String> {
        let Some(call) = self.calls.get(&id) else { return Err("there is no such call any more".into()) };
        if call.hand_off().is_some() {
            return Err(format!(
                "call {} is handed off already; it comes back when its flow ends",
                call.number
            ));
        }
        let number = call.number;
        let (stays, _) = self
            .agents_side(id)
            .ok_or_else(|| format!("call {number} is no talk of two; nobody could have it back"))?;
        let goes = self.may_refer(id, stays).map_err(|(_, why)| why)?;
        let known = self.config.flows.get(flow).cloned();
        let flow =
            known.ok_or_else(|| format!("there is no flow {}; see switchroom ctl flows", clean(flow)))?;
        self.may_hand_off(id, (stays, goes), &flow).map_err(|(_, why)| why)?;
        let (who, whom) = (self.number_of_leg(id, stays), self.number_of_leg(id, goes));
        let done = format!("call {number}: {whom} is in flow {}, {who} gets it back", flow.name);
        self.audit_event(now, Some(id), user, "hand_off", &done);
        self.hand_off(now, id, (stays, goes), flow, &Asker::User(None));
        Ok(done)
    }

    /// The flow has ended and gives its caller back.
    pub(crate) fn hand_back(&mut self, now: Now, id: CallId, result: &str) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.is_ended()) else { return };
        let has_hander = call.hander().is_some();
        let Some(hand_off) = call.take_hand_off() else { return };
        let result = result_of(result, call.answers.get(hand_off.answers_before..).unwrap_or_default());
        call.hushed_until = Some(now.mono.after(DIGITS_HUSHED));
        let whom = call.caller_party().number.clone();
        let back = HandedBack { at_ms: call.clock(now).wall.0, flow: hand_off.flow.clone(), result };
        let said = if back.result.is_empty() { String::new() } else { format!(": {}", back.result) };
        let who = hand_off.extension.clone();
        let text = format!("flow {} gives {whom} back to {who}{said}", hand_off.flow);
        let mark = back.result.clone();
        call.handed_back.push(back);
        self.end_count(now, &hand_off);
        self.why_and_event(now, id, "hand_off", &who, "handed_back", text);
        self.listen(id, false);
        self.pause_for_hand_off(id, false);
        self.mark(id, "hand_back", &mark);
        if has_hander {
            self.connect_again(now, id, &hand_off);
        } else {
            self.ring_hander(now, id, hand_off);
        }
    }

    /// The two talk as before.
    fn connect_again(&mut self, now: Now, id: CallId, hand_off: &HandOff) {
        if hand_off.is_referred {
            self.end_news(now, id, hand_off.by);
        }
        self.talk_again(now, id, hand_off.by, hand_off.was_caller);
        self.note_open(id);
    }

    fn ring_hander(&mut self, now: Now, id: CallId, hand_off: HandOff) {
        let who = hand_off.extension;
        if who.is_empty() {
            let text = "nobody is there any more to whom the flow could give its caller back";
            return self.finish(now, id, Over::hung_up(EndedBy::System, text));
        }
        self.why(now, id, "hand_off", format!("{who} is rung back"));
        self.seek_for(now, id, Transfer::back_to(hand_off.by, who.clone()), who);
    }

    /// Who handed off has hung up, or is gone: that ends its own leg and its talk, and nothing else. False if the leg is no
    /// such one.
    pub(crate) fn hander_left(&mut self, now: Now, id: CallId, leg: LegId, text: &str) -> bool {
        let is_it = |call: &Call| call.hand_off().is_some_and(|hand_off| hand_off.by == leg);
        if !self.calls.get(&id).is_some_and(is_it) {
            return false;
        }
        self.why(now, id, "hand_off", format!("{text}; the flow goes on"));
        self.close_leg_beside(id, leg);
        // Whichever of the two has gone, it is no talk of a queue any more.
        self.end_talk(now, id);
        self.refresh_troubles(now, id);
        self.show_parties(id);
        true
    }

    /// The call is over while one party is handed off.
    pub(crate) fn hand_off_ends(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let hander = call.hander();
        let Some(hand_off) = call.take_hand_off() else { return };
        self.end_count(now, &hand_off);
        if let Some(by) = hander.filter(|_| hand_off.is_referred) {
            self.tell_leg(now, id, by, Status::TERMINATED);
        }
    }

    fn end_count(&mut self, now: Now, hand_off: &HandOff) {
        if let Some(route) = &hand_off.route {
            self.traffic.end(route, now.mono.0 / 1_000);
        }
    }

    /// Whether keys of a leg are not written down: while one party is in a flow, and shortly after, when it may still be
    /// typing what the flow asked for; as long as nobody is there to whom it could be typing; and when they may be repeats of
    /// one that was for the exchange.
    pub(super) fn is_hushed(&self, now: Mono, id: CallId, leg: LegId) -> bool {
        let Some(call) = self.calls.get(&id) else { return false };
        let is_alone = call.transfer().is_some_and(|transfer| transfer.is_return);
        let of_leg = call.leg(leg).and_then(|leg| leg.hushed_until);
        let is_early = [call.hushed_until, of_leg].into_iter().flatten().any(|until| now < until);
        call.hand_off().is_some() || is_alone || is_early
    }
}

/// What the flow returned, or else what was answered in it.
fn result_of(returned: &str, answers: &[(String, char)]) -> String {
    if !returned.is_empty() {
        return clean(returned);
    }
    let answers: Vec<String> = answers.iter().map(|(question, key)| format!("{question} {key}")).collect();
    clean(&answers.join(", "))
}
