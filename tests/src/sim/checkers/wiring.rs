//! Who hears whom, and whose the ports are.

use super::{Checker, Verdict, broken};
use crate::sim::world::{HOLD_MUSIC, Step, World};
use std::collections::BTreeMap;
use switchroom_exchange::{
    Action, Bridge, Call, CallId, Changed, LegId, LegState, MediaCommand, Part, PortSlot, SIGNAL, Service,
    Source, Stage,
};
use switchroom_flow::Clip;

/// The media engine's wiring equals what the calls say.
#[derive(Debug, Default)]
pub(super) struct WiringFollowsCalls;

impl Checker for WiringFollowsCalls {
    fn rule(&self) -> &'static str {
        "the media engine's wiring equals what the calls say"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if step.died {
            return Ok(());
        }
        for changed in &step.changed {
            if let Changed::Call(id) = changed
                && let Some(call) = world.exchange.call(*id)
            {
                check(world, call)?;
            }
        }
        Ok(())
    }

    fn rest(&mut self, world: &World) -> Verdict {
        match world.media.legs.iter().next() {
            Some((leg, one)) => broken(Some(one.call), format!("leg {} still has its ports", leg.0)),
            None => Ok(()),
        }
    }
}

/// What a leg ought to hear; `None`: nothing is said about it.
fn ought(world: &World, call: &Call, leg: LegId) -> Option<Source> {
    let one = call.leg(leg)?;
    // What a flow plays to a caller who holds is not sent: the engine knows that from the agreement.
    // A caller who is asked something while agents ring is as much the flow's.
    let is_flows = call.stage == Stage::Flow || call.stage == Stage::Seeking && leg == call.caller;
    if one.state != LegState::Up || is_flows {
        return None;
    }
    if one.holds && !call.is_briefed() {
        return Some(Source::Nothing);
    }
    match &call.stage {
        // Prompts, or nothing: see `check`.
        Stage::Talking { .. } if call.is_briefed() => None,
        Stage::Talking { .. } if call.consult().is_some() => Some(among(world, call, leg)),
        Stage::Service { service: Service::Consult } => {
            Some(among(world, call.consulted_in.and_then(|talk| world.exchange.call(talk))?, leg))
        }
        Stage::Talking { with } => {
            let other = if leg == *with { call.caller } else { *with };
            let holds = call.leg(other)?.holds;
            Some(if holds { Source::Silence } else { Source::Leg(other) })
        }
        Stage::Service { service: Service::Echo } => Some(Source::Echo),
        Stage::Service { service: Service::Tone } => None,
        // See `supervision`.
        Stage::Service { service: Service::Supervision } => None,
        // Prompts, or nothing: see `check`.
        Stage::Placing | Stage::Flow | Stage::Seeking | Stage::Ended { .. } => None,
    }
}

/// Who of a talk and a consultation in it hear each other.
pub(super) fn connected(world: &World, talk: &Call) -> Vec<LegId> {
    let Stage::Talking { with } = talk.stage else { return Vec::new() };
    let Some(consult) = talk.consult() else { return vec![talk.caller, with] };
    let third = world.exchange.call(consult.own).map(|own| own.caller);
    let all: Vec<LegId> = [Some(talk.caller), Some(with), third].into_iter().flatten().collect();
    let is_connected = |leg: &LegId| match consult.bridge {
        Bridge::Ringing => *leg == consult.by,
        Bridge::Consulted => *leg == consult.by || Some(*leg) == third,
        Bridge::Swapped => Some(*leg) != third,
        Bridge::Conference => true,
    };
    all.into_iter().filter(is_connected).collect()
}

/// Whether a leg, of whatever call, is up and does not hold.
pub(super) fn speaks(world: &World, leg: LegId) -> bool {
    let one = world.exchange.calls().find_map(|call| call.leg(leg));
    one.is_some_and(|one| one.state == LegState::Up && !one.holds)
}

/// What a party of a consultation ought to hear of the two others, without supervisors.
fn among(world: &World, talk: &Call, leg: LegId) -> Source {
    let mut heard = connected(world, talk);
    if !heard.contains(&leg) {
        return Source::Silence;
    }
    heard.retain(|other| *other != leg && speaks(world, *other));
    match heard[..] {
        [] => Source::Silence,
        [one] => Source::Leg(one),
        _ => Source::Mix(heard.into_iter().map(|leg| Part { leg, gain_ddb: 0 }).collect()),
    }
}

/// The legs that a source lets hear.
pub(super) fn heard(source: &Source) -> Vec<LegId> {
    match source {
        Source::Leg(leg) => vec![*leg],
        Source::Mix(parts) => parts.iter().map(|part| part.leg).collect(),
        Source::Nothing | Source::Silence | Source::Echo | Source::Tone { .. } => Vec::new(),
    }
}

/// What a party would hear without supervisors.
fn without_supervisors(world: &World, call: &Call, hears: &Source) -> Source {
    let Source::Mix(parts) = hears else { return hears.clone() };
    let talk = call.consulted_in.unwrap_or(call.id);
    let voices: Vec<LegId> = world.exchange.supervisors_of(talk).map(|(own, _)| own.caller).collect();
    let others: Vec<LegId> = parts.iter().map(|part| part.leg).filter(|leg| !voices.contains(leg)).collect();
    match others[..] {
        [] => Source::Silence,
        [one] => Source::Leg(one),
        _ => Source::Mix(parts.iter().filter(|part| others.contains(&part.leg)).copied().collect()),
    }
}

pub(super) fn is_hold_music(clip: &Clip) -> bool {
    matches!(clip, Clip::Prompt { name, .. } if name == HOLD_MUSIC)
}

/// Whether music plays in place of silence: not to who hears a supervisor meanwhile.
fn has_hold_music(world: &World, hears: &Source) -> bool {
    !world.exchange.config().hold_music.is_empty() && !matches!(hears, Source::Mix(_))
}

fn check(world: &World, call: &Call) -> Verdict {
    for (leg, one) in &call.legs {
        let told = world.media.legs.get(leg);
        if one.state == LegState::Ended || call.is_ended() {
            if told.is_some() {
                return broken(Some(call.id), format!("leg {} has ended and its ports are open", leg.0));
            }
            continue;
        }
        let Some(told) = told else { continue };
        // The media of supervisors is with that of the call that they are at.
        let room = world.exchange.room_of(*leg).unwrap_or(call.id);
        if told.call != room || Some(told.slot) != one.slot {
            return broken(Some(call.id), format!("leg {} is open as another's, or elsewhere", leg.0));
        }
        // Who is held hears music in place of silence, where there is some; who consults hears that it rings.
        let ought = ought(world, call, *leg);
        let rings = call.consult().is_some_and(|c| c.bridge == Bridge::Ringing && c.by == *leg);
        // A tone for this one alone is over soon.
        if told.plays.as_ref().is_some_and(|playing| playing.number == SIGNAL) {
            continue;
        }
        let hears_music = told.plays.as_ref().is_some_and(|playing| playing.clips.iter().any(is_hold_music));
        let waits = ought == Some(Source::Silence) && !rings;
        let hears_ringing = told.plays.as_ref().is_some_and(|playing| playing.clips.contains(&Clip::Ringing));
        let awaits_third = rings && !one.holds && !matches!(told.hears, Source::Mix(_));
        if awaits_third != hears_ringing && matches!(call.stage, Stage::Talking { .. }) && !call.is_briefed()
        {
            let text = format!("leg {} hears ringing: {hears_ringing}, and consults: {rings}", leg.0);
            return broken(Some(call.id), text);
        }
        if hears_music != (waits && has_hold_music(world, &told.hears)) {
            let text = format!("leg {} hears music: {hears_music}, and ought to hear {ought:?}", leg.0);
            return broken(Some(call.id), text);
        }
        if let Some(ought) = ought.filter(|_| !hears_music && !hears_ringing)
            && without_supervisors(world, call, &told.hears) != ought
        {
            let text = format!("leg {} hears {:?} and ought to hear {ought:?}", leg.0, told.hears);
            return broken(Some(call.id), text);
        }
        // Before the bridge neither hears the other.
        let is_apart = call.stage == Stage::Flow || call.is_briefed();
        let hears_others = is_apart && !matches!(told.hears, Source::Nothing | Source::Silence);
        if hears_others {
            let text =
                format!("leg {} is in a flow or about to be connected, and hears {:?}", leg.0, told.hears);
            return broken(Some(call.id), text);
        }
        if let (Stage::Talking { .. } | Stage::Service { .. }, Some(playing)) = (&call.stage, &told.plays)
            && !call.is_briefed()
            && !hears_music
            && !hears_ringing
        {
            let text = format!("leg {} is past its flow and hears {playing:?}", leg.0);
            return broken(Some(call.id), text);
        }
        for heard in heard(&told.hears) {
            if !world.media.has_failed(heard)
                && world.media.legs.get(&heard).is_none_or(|h| h.call != told.call)
            {
                let text = format!("leg {} hears leg {}, which is no leg of its call", leg.0, heard.0);
                return broken(Some(call.id), text);
            }
        }
        if told.agreed != one.agreed {
            return broken(
                Some(call.id),
                format!("leg {} was agreed otherwise than the engine knows", leg.0),
            );
        }
    }
    Ok(())
}

/// A port pair belongs to one leg at a time, from its opening until its end was told.
#[derive(Debug, Default)]
pub(super) struct PortsFollowLegs {
    owners: BTreeMap<PortSlot, (LegId, CallId)>,
}

impl Checker for PortsFollowLegs {
    fn rule(&self) -> &'static str {
        "a port pair belongs to one leg at a time, and to none at rest"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, _world: &World, step: &Step) -> Verdict {
        use crate::sim::world::Came;
        use switchroom_exchange::MediaEvent;
        if let Came::Media(MediaEvent::Closed { leg, slot, .. } | MediaEvent::OpenFailed { leg, slot, .. }) =
            &step.came
            && self.owners.get(slot).is_some_and(|(owner, _)| owner == leg)
        {
            self.owners.remove(slot);
        }
        for action in &step.actions {
            if let Action::Media(MediaCommand::Open { call, leg, slot }) = action
                && let Some((owner, of)) = self.owners.insert(*slot, (*leg, *call))
            {
                let text = format!(
                    "port pair {} is leg {}'s of {of} and was given to leg {}",
                    slot.0, owner.0, leg.0
                );
                return broken(Some(*call), text);
            }
        }
        Ok(())
    }

    fn rest(&mut self, _: &World) -> Verdict {
        match self.owners.iter().next() {
            Some((slot, (leg, call))) => {
                broken(Some(*call), format!("port pair {} is still leg {}'s", slot.0, leg.0))
            }
            None => Ok(()),
        }
    }
}
