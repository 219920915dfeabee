//! Who holds. What phones were told is read from our own answers, not from the tables of calls.

use super::{Checker, Verdict, broken};
use crate::sim::glance::{Fresh, Glance, holds};
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_exchange::{Action, CallId, LegId, LegState, MediaCommand, Record, Stage};

/// A phone that holds says that it does not listen (RFC 3264 §8.4: `sendonly` or `inactive`), and our answer says so in our
/// words: `recvonly` or `inactive`. From then on nothing may be sent to it, no prompt of a flow either, which goes on
/// unheard; from the answer to its next offer that listens, it is sent what there is to hear.
#[derive(Debug, Default)]
pub(super) struct OnlyListenersAreSent {
    /// Requests with an offer, by Call-ID and branch.
    offers: BTreeSet<(String, String)>,
    /// Whether the phone of a dialog listens, as our last answer says; by Call-ID.
    dialogs: BTreeMap<String, (CallId, LegId, bool)>,
    fresh: Fresh,
}

/// Dialogs whose offers are remembered.
const OFFERS_MAX: usize = 4_096;

impl Checker for OnlyListenersAreSent {
    fn rule(&self) -> &'static str {
        "a phone is sent sound exactly while it says that it listens"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        // Of mutilated messages nobody can say what they offered.
        if step.died || world.setup.net.garbage_ppm > 0 {
            return Ok(());
        }
        if let Came::Message(_, bytes) = &step.came
            && is_of(bytes, OFFERING)
            && has_description(bytes)
            && let Some(glance) = Glance::of(bytes)
        {
            if self.offers.len() >= OFFERS_MAX {
                self.offers.pop_first();
            }
            self.offers.insert((glance.call_id.to_owned(), glance.branch.to_owned()));
        }
        let mut is_news = false;
        for action in &step.actions {
            match action {
                Action::Send { bytes, .. } => {
                    is_news |= has_description(bytes);
                    self.note_sent(world, bytes);
                }
                Action::Media(MediaCommand::Agree { .. } | MediaCommand::Close { .. }) => is_news = true,
                _ => {}
            }
        }
        if is_news { self.compare(world) } else { Ok(()) }
    }
}

const OFFERING: &[&[u8]] = &[b"INVITE ", b"UPDATE ", b"PRACK "];

fn is_of(bytes: &[u8], starts: &[&[u8]]) -> bool {
    starts.iter().any(|start| bytes.starts_with(start))
}

fn has_description(bytes: &[u8]) -> bool {
    holds(bytes, b"m=audio ")
}

impl OnlyListenersAreSent {
    fn note_sent(&mut self, world: &World, bytes: &[u8]) {
        if !has_description(bytes) || !is_of(bytes, OFFERING) && !bytes.starts_with(b"SIP/2.0 2") {
            return;
        }
        let Some(glance) = Glance::of(bytes).filter(|_| self.fresh.is_new(bytes)) else { return };
        let key = (glance.call_id.to_owned(), glance.branch.to_owned());
        if glance.status().is_none() || !self.offers.contains(&key) {
            // An offer of ours: what comes of it, the phone says in its answer.
            self.dialogs.remove(glance.call_id);
            return;
        }
        let text = String::from_utf8_lossy(bytes);
        let we_send = !text.lines().any(|line| matches!(line, "a=recvonly" | "a=inactive"));
        let of = world.exchange.calls().find_map(|call| {
            call.legs.values().find(|leg| leg.sip_call_id == glance.call_id).map(|leg| (call.id, leg.id))
        });
        if let Some((call, leg)) = of {
            self.dialogs.insert(key.0, (call, leg, we_send));
        }
    }

    fn compare(&mut self, world: &World) -> Verdict {
        self.dialogs.retain(|_, (_, leg, _)| world.media.legs.contains_key(leg));
        for (call, leg, listens) in self.dialogs.values() {
            let told = world.media.legs.get(leg).and_then(|one| one.agreed.as_ref());
            let Some(told) = told.filter(|told| told.sending != *listens) else { continue };
            let (said, does) = (if *listens { "listens" } else { "holds" }, told.sending);
            let place = world.exchange.place_of(*call);
            let text =
                format!("leg {} {said}, and the engine is to send to it: {does}; in flow: {place:?}", leg.0);
            return broken(Some(*call), text);
        }
        Ok(())
    }
}

/// Whom a flow has answered and connects, or whom we called, hears ringing of ours as long as phones ring: by SIP it cannot
/// be told any more.
#[derive(Debug, Default)]
pub(super) struct SeekersHearRinging {
    /// Callers in queues who were asked something when they pressed a key, and answer in silence until the music is back.
    asked: BTreeSet<CallId>,
}

impl SeekersHearRinging {
    fn note(&mut self, step: &Step) {
        let is_key = step.is_key();
        for action in &step.actions {
            match action {
                Action::Media(MediaCommand::Play { call, is_loop: true, .. }) => _ = self.asked.remove(call),
                Action::Media(MediaCommand::Play { call, .. }) if is_key => _ = self.asked.insert(*call),
                Action::Persist { record: Record::Cdr(cdr), .. } => _ = self.asked.remove(&cdr.call),
                _ => {}
            }
        }
    }
}

impl Checker for SeekersHearRinging {
    fn rule(&self) -> &'static str {
        "an answered caller for whom phones ring hears ringing"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        self.note(step);
        if step.died {
            return Ok(());
        }
        for changed in &step.changed {
            let switchroom_exchange::Changed::Call(id) = changed else { continue };
            let Some(call) = world.exchange.call(*id) else { continue };
            let is_up = call.caller_leg().is_some_and(|leg| leg.state == LegState::Up);
            // While an agent hears whom to call back nobody is rung yet.
            if call.stage != Stage::Seeking || !is_up || call.is_briefed() {
                continue;
            }
            let Some(told) = world.media.legs.get(&call.caller) else { continue };
            // Who waits in a queue hears an announcement now and then, or is asked for a number, in silence while typing it.
            let waits = world.exchange.floor().waiter(id.0).is_some();
            let plays = told.plays.as_ref();
            let is_right =
                plays.is_some_and(|plays| waits || plays.is_loop) || waits && self.asked.contains(id);
            if !is_right {
                let text = format!("leg {} hears {:?}, {:?}", call.caller.0, told.hears, told.plays);
                return broken(Some(*id), text);
            }
        }
        Ok(())
    }
}
