//! Callers in flows. What is asked here is told from messages, media commands and records, not from the tables of flows.

use super::wiring::{heard, is_hold_music};
use super::{Checker, Verdict, broken};
use crate::sim::glance::{Glance, header_of, legible};
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_exchange::{
    Action, Bridge, CallId, LegId, MediaCommand, MediaEvent, MessageRecord, Record, SIGNAL, Taken,
};
use switchroom_flow::Clip;

/// A caller is in exactly one place: nobody is connected to one to whom a flow plays or whose message it takes.
#[derive(Debug, Default)]
pub(super) struct OnePlace;

/// Music of a hold, or ringing of who is consulted: supervisors hear whom it plays to.
fn is_waited_to(clip: &Clip) -> bool {
    is_hold_music(clip) || *clip == Clip::Ringing
}

impl Checker for OnePlace {
    fn rule(&self) -> &'static str {
        "a caller is in exactly one place: with a flow, or with somebody"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        let is_about_sound = |action: &Action| {
            matches!(
                action,
                Action::Media(
                    MediaCommand::Play { .. } | MediaCommand::Hear { .. } | MediaCommand::TakeMessage { .. }
                )
            )
        };
        if step.died || !step.actions.iter().any(is_about_sound) {
            return Ok(());
        }
        let legs = &world.media.legs;
        for action in &step.actions {
            let Action::Media(
                MediaCommand::Play { call, .. }
                | MediaCommand::Hear { call, .. }
                | MediaCommand::TakeMessage { call, .. },
            ) = action
            else {
                continue;
            };
            // Supervisors hear both, also of whom the other holds, and may be heard by both.
            let voices: BTreeSet<LegId> =
                world.exchange.supervisors_of(*call).map(|(own, _)| own.caller).collect();
            let consult = world.exchange.call(*call).and_then(|call| call.consult());
            let is_conference = consult.is_some_and(|consult| consult.bridge == Bridge::Conference);
            let mut known = BTreeSet::new();
            for (listener, one) in legs.iter().filter(|(_, one)| one.call == *call) {
                let supervises = voices.contains(listener);
                let plays = |leg: &LegId| {
                    let plays = legs.get(leg).and_then(|leg| leg.plays.as_ref());
                    let plays = plays.filter(|plays| plays.number != SIGNAL);
                    plays.is_some_and(|plays| !supervises || !plays.clips.iter().all(is_waited_to))
                };
                for caller in heard(&one.hears) {
                    if plays(&caller) {
                        let text = format!("leg {} hears leg {}, which is played to", listener.0, caller.0);
                        return broken(Some(*call), text);
                    }
                    if world.media.messages.contains_key(&caller) {
                        let text =
                            format!("leg {} hears leg {}, which leaves a message", listener.0, caller.0);
                        return broken(Some(*call), text);
                    }
                    if !supervises && !is_conference && !voices.contains(&caller) && !known.insert(caller) {
                        return broken(Some(*call), format!("two legs hear leg {}", caller.0));
                    }
                }
            }
        }
        Ok(())
    }
}

/// A prompt plays only to an answered caller.
#[derive(Debug, Default)]
pub(super) struct PromptsAreForAnswered {
    /// Calls by the Call-ID of their caller: two, if one copy of an INVITE was refused, another was taken, and the phone asked anew.
    dialled: BTreeMap<String, BTreeSet<CallId>>,
    answered: BTreeSet<CallId>,
}

impl PromptsAreForAnswered {
    /// One call is known, of whose caller that is the Call-ID.
    #[cfg(test)]
    pub(super) fn of_one(dialog: &str, call: CallId) -> Self {
        Self { dialled: BTreeMap::from([(dialog.to_owned(), [call].into())]), ..Self::default() }
    }
}

impl Checker for PromptsAreForAnswered {
    fn rule(&self) -> &'static str {
        "a prompt plays only to a caller who was answered"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        for action in &step.actions {
            match action {
                Action::Persist { record: Record::CallOpen(open), .. } if open.answered_ms.is_none() => {
                    // Not as it stands in the request, which may be mutilated. A call that was placed rings several.
                    let call = world.exchange.call(open.call);
                    for leg in call.into_iter().flat_map(|call| call.caller_legs()) {
                        self.dialled.entry(leg.sip_call_id.clone()).or_default().insert(open.call);
                    }
                }
                Action::Send { bytes, .. } if bytes.starts_with(b"SIP/2.0 200") => {
                    let is_invite = header_of(bytes, "CSeq").is_some_and(|cseq| cseq.ends_with("INVITE"));
                    let calls = header_of(bytes, "Call-ID").and_then(|id| self.dialled.get(id));
                    self.answered.extend(calls.into_iter().flatten().filter(|_| is_invite));
                }
                _ => {}
            }
        }
        // Who was called, as a caller, answers us: the exchange reads an answer that is mutilated elsewhere, too.
        if let Came::Message(_, bytes) = &step.came
            && bytes.starts_with(b"SIP/2.0 2")
            && let Some(glance) = Glance::of_text(&legible(bytes)).filter(|glance| glance.method == "INVITE")
        {
            self.answered.extend(self.dialled.get(glance.call_id).into_iter().flatten());
            // Whose answer has another Call-ID than it was asked with is known by its branch alone; then, and only then, what
            // the exchange makes of an answer to an INVITE is believed.
            let is_mutilated = !self.dialled.contains_key(glance.call_id);
            let answers = step.actions.iter().filter_map(|action| match action {
                Action::Persist { record: Record::Event(event), .. } if event.name == "caller_answered" => {
                    event.call
                }
                _ => None,
            });
            self.answered.extend(answers.filter(|_| is_mutilated));
        }
        // Within a step messages go out last.
        for action in step.actions.iter().filter(|_| !step.died) {
            match action {
                Action::Media(MediaCommand::Play { call, number, .. })
                    if !self.answered.contains(call) && !is_being_answered(world, *call) =>
                {
                    return broken(Some(*call), format!("playing {number}, and nobody has answered"));
                }
                Action::Persist { record: Record::Cdr(cdr), .. } => {
                    self.answered.remove(&cdr.call);
                    self.dialled.retain(|_, calls| {
                        calls.remove(&cdr.call);
                        !calls.is_empty()
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The answer waits for the PRACK of a ringing that went before it (RFC 3262).
fn is_being_answered(world: &World, call: CallId) -> bool {
    world.exchange.call(call).is_some_and(|call| call.answered.is_some() && call.legs.len() > 1)
}

/// Whoever entered a flow leaves it once; no route lets in more at once than it may.
#[derive(Debug, Default)]
pub(super) struct FlowsAreLeft {
    inside: BTreeMap<CallId, String>,
    left: BTreeSet<CallId>,
}

impl FlowsAreLeft {
    fn enter(&mut self, world: &World, id: CallId) -> Verdict {
        let Some(call) = world.exchange.call(id) else { return Ok(()) };
        if let Some(flow) = &call.flow {
            self.inside.insert(id, flow.clone());
        }
        let Some(route) = &call.route else { return Ok(()) };
        let inbound = &world.exchange.config().inbound;
        let most = inbound.routes.iter().find(|r| r.name == *route).and_then(|r| r.calls_max);
        let live = world.exchange.calls().filter(|c| !c.is_ended() && c.route.as_ref() == Some(route));
        match (most, live.count()) {
            (Some(most), live) if live > usize::try_from(most).unwrap_or(usize::MAX) => {
                broken(Some(id), format!("route {route} lets in {most} and has {live}"))
            }
            _ => Ok(()),
        }
    }
}

impl Checker for FlowsAreLeft {
    fn rule(&self) -> &'static str {
        "whoever entered a flow leaves it once, and no route lets in more than it may"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        let cdrs = step.actions.iter().filter_map(|action| match action {
            Action::Persist { record: Record::Cdr(cdr), .. } => Some(cdr),
            _ => None,
        });
        for action in &step.actions {
            match action {
                // Written at the begin of a call, and whenever it is put through to somewhere else.
                Action::Persist { record: Record::CallOpen(open), .. } => self.enter(world, open.call)?,
                // A call that was placed is routed only now; one that is transferred, or waits again, may leave its flow in the
                // same step.
                Action::Persist { record: Record::Event(event), .. }
                    if ["caller_answered", "transferred", "held_waits_again"]
                        .contains(&event.name.as_str()) =>
                {
                    event.call.map_or(Ok(()), |call| self.enter(world, call))?;
                }
                _ => {}
            }
        }
        for cdr in cdrs {
            // What the store could not keep is offered again.
            if !self.left.insert(cdr.call) || cdr.legs.is_empty() {
                continue;
            }
            let entered = self.inside.remove(&cdr.call);
            if entered != cdr.flow {
                let text = format!("it entered {entered:?}, and its record says {:?}", cdr.flow);
                return broken(Some(cdr.call), text);
            }
        }
        Ok(())
    }

    fn rest(&mut self, world: &World) -> Verdict {
        if let Some((call, flow)) = self.inside.iter().next() {
            return broken(Some(*call), format!("its caller never left flow {flow}"));
        }
        match self.left.iter().find(|call| world.exchange.place_of(**call).is_some()) {
            Some(call) => {
                let place = world.exchange.place_of(*call);
                broken(Some(*call), format!("it is over, and its flow is still at {place:?}"))
            }
            None => Ok(()),
        }
    }
}

/// What a flow asks of the outside is asked once, for a call that has begun.
#[derive(Debug, Default)]
pub(super) struct AskedOnce {
    begun: BTreeSet<CallId>,
    asked: BTreeSet<(CallId, u64)>,
}

impl Checker for AskedOnce {
    fn rule(&self) -> &'static str {
        "what a flow asks of the outside is asked once, for a call that has begun"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, _world: &World, step: &Step) -> Verdict {
        for action in &step.actions {
            match action {
                Action::Persist { record: Record::CallOpen(open), .. } => _ = self.begun.insert(open.call),
                Action::Ask { call, number, .. } => {
                    if !self.begun.contains(call) {
                        return broken(
                            Some(*call),
                            format!("question {number} of a call that has not begun"),
                        );
                    }
                    if !self.asked.insert((*call, *number)) {
                        return broken(Some(*call), format!("question {number} was asked twice"));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A message is written down before it is recorded; once taken it is kept or deleted at once; what is on disk, and what of
/// a cut off one could be saved, is in its box after a restart.
#[derive(Debug, Default)]
pub(super) struct MessagesAreKept {
    /// What was written and not deleted since.
    kept: BTreeMap<String, Option<String>>,
    /// As much of it as is surely on disk.
    safe: BTreeMap<String, Option<String>>,
}

impl Checker for MessagesAreKept {
    fn rule(&self) -> &'static str {
        "a message that was taken is kept or deleted, and there again after a restart"
    }

    fn begin(&mut self, world: &World, step: &Step) -> Verdict {
        // Of a start that died at once the disk may hold a part already.
        let goes = |id: &String| {
            let is_it = |a: &Action| matches!(a, Action::Persist { record: Record::MessageGone { id: gone }, .. } if gone == id);
            step.died && step.actions.iter().any(is_it)
        };
        for (id, mailbox) in &self.safe {
            if !world.store.disk.messages.contains_key(id) && !goes(id) {
                return broken(None, format!("message {id} of {mailbox:?} is not on disk"));
            }
        }
        let disk = &world.store.disk;
        let is_saved =
            |m: &MessageRecord| !m.is_unfinished || world.cut_off.get(&m.id).is_some_and(Option::is_some);
        let saved = disk.messages.values().filter(|m| is_saved(m));
        self.kept = saved.map(|m| (m.id.clone(), m.mailbox.clone())).collect();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        let mut begun = BTreeSet::new();
        for action in &step.actions {
            match action {
                Action::Persist { record: Record::Message(message), .. } if message.is_unfinished => {
                    begun.insert(message.id.as_str());
                }
                Action::Media(MediaCommand::TakeMessage { message, .. })
                    if !begun.contains(message.as_str()) =>
                {
                    return broken(None, format!("message {message} is recorded and not written down"));
                }
                Action::Persist { record: Record::Message(message), .. } => {
                    let MessageRecord { id, mailbox, .. } = &**message;
                    self.kept.insert(id.clone(), mailbox.clone());
                }
                Action::Persist { record: Record::MessageGone { id }, .. } => {
                    self.kept.remove(id);
                    self.safe.remove(id);
                }
                _ => {}
            }
        }
        if step.died {
            return Ok(());
        }
        if let Came::Media(MediaEvent::MessageTaken { message, taken: Taken::Kept(_), .. }) = &step.came {
            let is_dropped = |action: &Action| matches!(action, Action::Media(MediaCommand::DropMessage { message: m }) if m == message);
            if !self.kept.contains_key(message) && !step.actions.iter().any(is_dropped) {
                return broken(None, format!("message {message} was taken and is neither kept nor deleted"));
            }
        }
        if world.store.has_failed {
            self.safe.clear();
        } else if world.store.waiting() == 0 && self.safe.len() != self.kept.len() {
            self.safe.clone_from(&self.kept);
        }
        if step.came == Came::Start { self.are_there(world) } else { Ok(()) }
    }

    fn rest(&mut self, world: &World) -> Verdict {
        self.are_there(world)
    }
}

impl MessagesAreKept {
    fn are_there(&self, world: &World) -> Verdict {
        for (id, mailbox) in &self.kept {
            if world.exchange.message(id).is_none_or(|m| m.is_unfinished || m.mailbox != *mailbox) {
                return broken(None, format!("message {id} of {mailbox:?} is not there"));
            }
            let Some(mailbox) = mailbox else { continue };
            if !world.exchange.messages_of(mailbox).iter().any(|m| m.id == *id) {
                return broken(None, format!("message {id} is not in box {mailbox}"));
            }
        }
        Ok(())
    }
}
