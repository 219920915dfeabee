//! Calls and their records.

use super::{Checker, Verdict, broken};
use crate::sim::glance::{Glance, user};
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_exchange::{Action, CallId, Cause, Cdr, CdrLeg, Command, End, EndedBy, Record};

/// Every call that was written down as begun gets exactly one CDR, and no CDR is without a call.
#[derive(Debug, Default)]
pub(super) struct OneCdrPerCall {
    begun: BTreeSet<CallId>,
}

impl Checker for OneCdrPerCall {
    fn rule(&self) -> &'static str {
        "every call gets exactly one CDR, and every CDR has its call"
    }

    fn begin(&mut self, world: &World, _step: &Step) -> Verdict {
        // Of what a dead exchange had begun, only what is on disk is known to anybody.
        self.begun.clone_from(&world.found_open);
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        for action in &step.actions {
            let Action::Persist { record, ticket } = action else { continue };
            match record {
                Record::CallOpen(open) => {
                    self.begun.insert(open.call);
                }
                // One that the store could not keep is offered again, which is not another one.
                Record::Cdr(cdr) if !self.begun.contains(&cdr.call) && !world.store.has_failed => {
                    let text =
                        format!("call {} got a second CDR, or had none begun ({ticket:?})", cdr.number);
                    return broken(Some(cdr.call), text);
                }
                Record::Cdr(cdr) => {
                    self.begun.remove(&cdr.call);
                }
                Record::Binding(_)
                | Record::BindingGone { .. }
                | Record::Subscription(_)
                | Record::SubscriptionGone { .. }
                | Record::Event(_)
                | Record::Recording(_)
                | Record::Message(_)
                | Record::MessageGone { .. }
                | Record::Floor { .. }
                | Record::RecordingGone { .. }
                | Record::RecordingHeld { .. } => {}
            }
        }
        Ok(())
    }

    fn rest(&mut self, world: &World) -> Verdict {
        if let Some(call) = self.begun.first() {
            return broken(Some(*call), format!("{} calls have no CDR, {call} among them", self.begun.len()));
        }
        match world.store.disk.open.keys().next() {
            Some(call) => broken(Some(*call), format!("on disk {call} is still open")),
            None => Ok(()),
        }
    }
}

/// A caller is told of an answer only after the call was handed to the store: whoever talked has a CDR, whatever dies.
#[derive(Debug, Default)]
pub(super) struct AnsweredIsHandedOver {
    begun: BTreeSet<CallId>,
}

impl Checker for AnsweredIsHandedOver {
    fn rule(&self) -> &'static str {
        "a caller is told of an answer only after the call was handed to the store"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        for action in &step.actions {
            match action {
                Action::Persist { record: Record::CallOpen(open), .. } => _ = self.begun.insert(open.call),
                Action::Persist { record: Record::Cdr(cdr), .. } => _ = self.begun.remove(&cdr.call),
                Action::Send { bytes, .. } if bytes.starts_with(b"SIP/2.0 200") => {
                    let Some(glance) = Glance::of(bytes).filter(|g| g.method == "INVITE") else { continue };
                    let call = world.exchange.calls().find(|c| {
                        !c.is_ended() && c.caller_leg().is_some_and(|l| l.sip_call_id == glance.call_id)
                    });
                    if let Some(call) = call.filter(|c| !self.begun.contains(&c.id)) {
                        return broken(
                            Some(call.id),
                            format!("call {} is answered and nowhere written", call.number),
                        );
                    }
                }
                Action::Send { .. }
                | Action::Media(_)
                | Action::Persist { .. }
                | Action::Ask { .. }
                | Action::Reply { .. } => {}
            }
        }
        Ok(())
    }
}

/// Whether the exchange itself makes the call: an agent may call somebody back because of whatever a phone does.
fn is_placed(world: &World, id: CallId) -> bool {
    world.exchange.calls().any(|call| call.id == id && call.is_placed)
}

/// One INVITE of a phone makes one call at most.
#[derive(Debug, Default)]
pub(super) struct OneCallPerInvite {
    made: BTreeMap<(String, u32), CallId>,
}

impl Checker for OneCallPerInvite {
    fn rule(&self) -> &'static str {
        "one INVITE of a phone makes one call at most"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if self.made.len() > 50_000 {
            self.made.clear();
        }
        let Came::Message(_, bytes) = &step.came else { return Ok(()) };
        if !bytes.starts_with(b"INVITE ") {
            return Ok(());
        }
        let Some(glance) = Glance::of(bytes).filter(|g| g.opens("INVITE").is_some()) else { return Ok(()) };
        for action in &step.actions {
            let Action::Persist { record: Record::CallOpen(open), .. } = action else { continue };
            if is_placed(world, open.call) {
                continue;
            }
            // A challenged phone asks again with another number.
            let key = (glance.call_id.to_owned(), glance.cseq);
            let first = *self.made.entry(key).or_insert(open.call);
            if first != open.call {
                return broken(Some(open.call), format!("its INVITE had made {first} before"));
            }
        }
        Ok(())
    }
}

/// The times of a CDR are in order, and its parties are those who called and were called.
#[derive(Debug, Default)]
pub(super) struct CdrIsTrue {
    /// Whose INVITE made a call, or for whom a user placed it, and what it was for.
    dialled: BTreeMap<CallId, (String, String)>,
}

impl Checker for CdrIsTrue {
    fn rule(&self) -> &'static str {
        "the times of a CDR are in order and its parties are those who called and were called"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        // What was due at that moment may write other calls down beside the one that is placed.
        if let Came::Command(_, Command::Dial { from, to }) = &step.came
            && (step.is_done() || step.died)
        {
            for action in &step.actions {
                if let Action::Persist { record: Record::CallOpen(open), .. } = action
                    && open.answered_ms.is_none()
                    && open.from.number == *from
                {
                    self.dialled.insert(open.call, (from.clone(), to.clone()));
                }
            }
        }
        for action in &step.actions {
            if let Action::Persist { record: Record::CallOpen(open), .. } = action
                && open.answered_ms.is_none()
                && !is_placed(world, open.call)
                && let Came::Message(flow, bytes) = &step.came
                && let Some(glance) = Glance::of(bytes)
                && let Some(target) = glance.opens("INVITE")
                && let Some(phone) = world.handsets.iter().find(|h| h.flow() == *flow)
            {
                self.dialled.insert(open.call, (phone.setup.extension.clone(), user(target).to_owned()));
            }
        }
        for action in &step.actions {
            if let Action::Persist { record: Record::Cdr(cdr), .. } = action {
                in_order(cdr)?;
                adds_up(cdr)?;
                self.parties(cdr)?;
            }
        }
        Ok(())
    }
}

impl CdrIsTrue {
    fn parties(&mut self, cdr: &Cdr) -> Verdict {
        let Some((from, to)) = self.dialled.remove(&cdr.call) else { return Ok(()) };
        if (&cdr.from.number, &cdr.to.number) != (&from, &to) {
            let (said_from, said_to) = (&cdr.from.number, &cdr.to.number);
            let text = format!("{from} dialled {to}, and the CDR says that {said_from} called {said_to}");
            return broken(Some(cdr.call), text);
        }
        if cdr.legs.is_empty() {
            // Cut off by a crash: of its legs nothing is known.
            return Ok(());
        }
        let answered: Vec<&str> = cdr
            .legs
            .iter()
            .filter(|l| l.end == End::Callee && l.outcome == "answered")
            .map(|l| l.party.number.as_str())
            .collect();
        let with: Vec<&str> =
            cdr.with.iter().map(|p| p.number.as_str()).filter(|n| !n.starts_with('*')).collect();
        // Whoever a flow answers is with the flow, then with whom it connects the caller, one after the other.
        let is_flow = cdr.flow.is_some()
            && cdr
                .with
                .as_ref()
                .is_none_or(|p| p.number == cdr.to.number || answered.contains(&p.number.as_str()));
        // A party that was put through has talked with several, the last of whom counts.
        let is_put = |why: &switchroom_exchange::Why| ["transfer", "hand_off"].contains(&why.step.as_str());
        let is_transferred =
            cdr.legs.iter().any(|leg| leg.outcome == "transferred") || cdr.path.iter().any(is_put);
        let has_talked = |l: &CdrLeg| ["answered", "transferred"].contains(&l.outcome.as_str());
        let is_one =
            with.iter().all(|with| cdr.legs.iter().any(|l| l.party.number == **with && has_talked(l)));
        if answered != with && !is_flow && !(is_transferred && is_one) {
            let text = format!("{answered:?} answered, and the CDR says {with:?}");
            return broken(Some(cdr.call), text);
        }
        Ok(())
    }
}

fn in_order(cdr: &Cdr) -> Verdict {
    let times = [Some(cdr.started_ms), cdr.ringing_ms, cdr.answered_ms, Some(cdr.ending.at_ms)];
    let known: Vec<i64> = times.into_iter().flatten().collect();
    let ringing_late = cdr.ringing_ms.zip(cdr.answered_ms).is_some_and(|(rang, up)| rang > up);
    if known.is_sorted() && !ringing_late {
        return Ok(());
    }
    broken(Some(cdr.call), format!("begun, ringing, answered, ended: {times:?}"))
}

/// Names of what a supervisor's call is connected to.
const MODES: [&str; 3] = ["listen", "whisper", "barge"];

fn adds_up(cdr: &Cdr) -> Verdict {
    let lasted = u64::try_from(cdr.ending.at_ms - cdr.started_ms).unwrap_or(u64::MAX);
    let talked = cdr.answered_ms.map_or(0, |up| u64::try_from(cdr.ending.at_ms - up).unwrap_or(u64::MAX));
    // Who was cut off by a crash is known to have begun, not how long it lasted.
    let is_cut = cdr.ending.cause == Cause::Restart && cdr.legs.is_empty();
    // Times are whole milliseconds.
    if !is_cut && (lasted.abs_diff(cdr.total_ms) > 1 || talked.abs_diff(cdr.talk_ms) > 1) {
        let text = format!(
            "it lasted {lasted} ms and says {}, talked {talked} ms and says {}",
            cdr.total_ms, cdr.talk_ms
        );
        return broken(Some(cdr.call), text);
    }
    let hung_up = cdr.ending.cause == Cause::HungUp;
    // Flows hang up, and supervisors' phones are hung up when there is nothing more to hear.
    let is_supervisors = cdr.with.as_ref().is_some_and(|with| MODES.contains(&with.name.as_str()));
    let is_handed_off = cdr.path.iter().any(|why| why.step == "hand_off");
    let by_us = (cdr.flow.is_some() || is_supervisors || is_handed_off) && cdr.ending.by == EndedBy::System;
    if hung_up && (cdr.answered_ms.is_none() || !by_us && !matches!(cdr.ending.by, EndedBy::Party(_))) {
        return broken(Some(cdr.call), "hung up without an answer, or by nobody");
    }
    if cdr.answered_ms.is_some() != cdr.with.is_some() {
        return broken(Some(cdr.call), "answered by nobody, or somebody did not answer");
    }
    Ok(())
}
