//! Supervisors: who hears them, and what they hear.

use super::desk::{queues_of, talked_for};
use super::wiring::{connected, heard, speaks};
use super::{Checker, Verdict, broken};
use crate::sim::world::{SUPERVISOR, Step, World};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_exchange::{
    Action, Bridge, Call, CallId, LegId, LegState, MediaCommand, Mode, SIGNAL, Source, Stage, Subject,
    Supervision,
};

/// A supervisor who listens is heard by nobody, one who whispers by the agent alone, and no recording holds either.
#[derive(Debug, Default)]
pub(super) struct SupervisorsAreHeardAsTheyWish {
    /// At which calls those supervisors are who are restricted to some queues.
    targets: BTreeMap<CallId, CallId>,
}

impl Checker for SupervisorsAreHeardAsTheyWish {
    fn rule(&self) -> &'static str {
        "a supervisor is heard by whom the mode says, hears both parties, and nobody else"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if step.died {
            return Ok(());
        }
        let supervisors = world.exchange.calls().filter_map(|c| Some((c, world.exchange.supervision(c.id)?)));
        let targets = &mut self.targets;
        let mut voices = BTreeSet::new();
        for (own, one) in supervisors {
            voices.insert(own.caller);
            let before = targets.remove(&own.id);
            if let Some(call) = one.target.filter(|_| one.user == SUPERVISOR) {
                targets.insert(own.id, call);
                is_allowed(world, call, before != Some(call))?;
            }
            check(world, own, one)?;
        }
        targets.retain(|own, _| world.exchange.supervision(*own).is_some());
        only_who_is_meant_is_told(world, step)?;
        // Who is no supervisor, or not any more, is in no mix but as a party.
        for (leg, told) in &world.media.legs {
            let Source::Mix(parts) = &told.hears else { continue };
            for part in parts {
                let whose = world.media.legs.get(&part.leg).map(|one| one.call);
                if whose.is_some_and(|call| call != told.call) && !world.media.has_failed(part.leg) {
                    return broken(
                        Some(told.call),
                        format!("leg {} hears leg {} of another call", leg.0, part.leg.0),
                    );
                }
            }
        }
        consulted_are_taped(world)?;
        for (leg, (call, _)) in &world.media.also {
            let is_third =
                world.exchange.calls().any(|own| own.caller == *leg && own.consulted_in == Some(*call));
            // What never opened at the engine is on nothing.
            let is_there = !world.media.has_failed(*leg);
            if is_there && !is_third && !voices.contains(leg) && world.media.recordings.contains_key(call) {
                return broken(
                    Some(*call),
                    format!("leg {} is recorded beside, and supervises nothing", leg.0),
                );
            }
        }
        Ok(())
    }
}

/// A tone is for the agent at whose call a supervisor does what agents are told of, and for who has just pressed a key.
fn only_who_is_meant_is_told(world: &World, step: &Step) -> Verdict {
    let notify = &world.exchange.config().supervision.notify;
    for action in &step.actions {
        let Action::Media(MediaCommand::Play { call: id, leg, number: SIGNAL, .. }) = action else {
            continue;
        };
        let Some(call) = world.exchange.call(*id) else { continue };
        let is_meant =
            |(_, one): (&Call, &Supervision)| notify.contains(&one.mode) && is_agents(world, one, call, *leg);
        if !step.is_key() && !world.exchange.supervisors_of(*id).any(is_meant) {
            return broken(
                Some(*id),
                format!("leg {} is told by a tone, and nobody is there to be told of", leg.0),
            );
        }
    }
    Ok(())
}

/// Who is consulted is on the recording, on the side of who consults, exactly while that one hears it.
fn consulted_are_taped(world: &World) -> Verdict {
    for call in world.exchange.calls() {
        let (Some(consult), Some(tape)) = (call.consult(), world.media.tape.get(&call.id)) else { continue };
        let third = world.exchange.call(consult.own).map(|own| own.caller);
        let side = tape.iter().find(|(leg, _)| *leg == consult.by).map(|(_, side)| *side);
        let (Some(third), Some(side)) = (third, side) else { continue };
        let is_heard = matches!(consult.bridge, Bridge::Consulted | Bridge::Conference);
        let also = world.media.also.get(&third).copied();
        let is_open = world.media.recordings.contains_key(&call.id);
        if is_open && also != is_heard.then_some((call.id, side)) {
            let text = format!("{:?} consults leg {}, recorded at {also:?}", consult.bridge, third.0);
            return broken(Some(call.id), text);
        }
    }
    Ok(())
}

/// Those who are connected in a call that can be supervised: two, or three in a conference.
fn parties(world: &World, target: CallId) -> Option<(&Call, Vec<LegId>)> {
    let call = world.exchange.call(target)?;
    match call.stage {
        Stage::Talking { .. } if !call.is_briefed() => Some((call, connected(world, call))),
        _ => None,
    }
}

fn check(world: &World, own: &Call, one: &Supervision) -> Verdict {
    let voice = own.caller;
    let hearers: Vec<LegId> = world
        .media
        .legs
        .iter()
        .filter(|(leg, told)| **leg != voice && heard(&told.hears).contains(&voice))
        .map(|(leg, _)| *leg)
        .collect();
    let target = one.target.and_then(|target| parties(world, target));
    // A whisper reaches whom it is for also while the other party consults a third.
    let coached = target.as_ref().filter(|_| one.mode == Mode::Whisper).and_then(|(call, parties)| {
        let Stage::Talking { with } = call.stage else { return None };
        // Where both are alike it is who was called, of those who have a phone here.
        let is_ours = |leg: &LegId| call.leg(*leg).is_some_and(|leg| leg.extension.is_some());
        let mut agents = [with, call.caller].into_iter().filter(|leg| is_agents(world, one, call, *leg));
        agents.find(is_ours).filter(|leg| !parties.contains(leg))
    });
    let is_party = |leg: &&LegId| {
        coached == Some(**leg) || target.as_ref().is_some_and(|(_, parties)| parties.contains(leg))
    };
    // Other supervisors at the same call hear who barges in.
    let at_it: Vec<LegId> = hearers.iter().filter(is_party).copied().collect();
    let allowed = match one.mode {
        Mode::Listen => 0,
        Mode::Whisper => 1,
        Mode::Barge => target.as_ref().map_or(0, |(_, parties)| parties.len()),
    };
    if at_it.len() > allowed {
        let text = format!("{} hear a supervisor whose mode is {}", at_it.len(), one.mode.word());
        return broken(Some(own.id), text);
    }
    let at_work = target.as_ref().filter(|(_, parties)| {
        all_speak(world, own, parties) && coached.is_none_or(|leg| all_speak(world, own, &[leg]))
    });
    if at_it.len() < allowed && at_work.is_some() {
        let text =
            format!("{} of {allowed} hear a supervisor whose mode is {}", at_it.len(), one.mode.word());
        return broken(Some(own.id), text);
    }
    if let (Mode::Whisper, [leg], Some((call, _))) = (one.mode, &at_it[..], &target)
        && !is_agents(world, one, call, *leg)
    {
        return broken(Some(own.id), format!("a whisper for the agent is heard by leg {}", leg.0));
    }
    if one.mode != Mode::Barge && hearers.len() > at_it.len() {
        return broken(Some(own.id), "somebody else hears a supervisor who does not barge in".to_owned());
    }
    if one.mode != Mode::Barge && is_on_a_recording(world, voice) {
        return broken(
            Some(own.id),
            format!("a recording holds a supervisor whose mode is {}", one.mode.word()),
        );
    }
    if one.mode == Mode::Barge {
        let parties = target.as_ref().map_or(&[][..], |(_, parties)| parties);
        is_heard_by_mates(world, (own, one), parties, &hearers, at_work.is_some())?;
    }
    if let (Mode::Barge, Some((call, parties))) = (one.mode, at_work) {
        is_recorded(world, one, voice, call, parties)?;
    }
    hears_all(world, own, one, target.as_ref())
}

/// Whether a leg is on a recording, as one of its two sides or beside them.
fn is_on_a_recording(world: &World, leg: LegId) -> bool {
    let mut sides = world.media.tape.values().flatten();
    world.media.also.contains_key(&leg) || sides.any(|(side, _)| *side == leg)
}

/// Who is restricted to a queue comes to no call of another, and stays at none that an agent has from another: that who works at
/// its phones signs out or comes is nothing that ends what is heard.
fn is_allowed(world: &World, call: CallId, is_new: bool) -> Verdict {
    let Some(queues) = world.exchange.config().supervision.queues.get(SUPERVISOR) else { return Ok(()) };
    let of = if is_new { queues_of(world, call) } else { talked_for(world, call).map(|one| [one].into()) };
    match of {
        // Where nobody works anywhere who is in it, it is of what it was of, which commands are judged by.
        Some(of) if !of.is_empty() && queues.is_disjoint(&of) => {
            broken(Some(call), format!("who may hear {queues:?} only hears a call of {of:?}"))
        }
        _ => Ok(()),
    }
}

/// Other supervisors at the same call who are connected with it, and whether they barge in.
fn mates<'a>(world: &'a World, own: &Call, one: &Supervision) -> impl Iterator<Item = (LegId, bool)> + 'a {
    let voice = own.caller;
    let at_it = one.target.into_iter().flat_map(|target| world.exchange.supervisors_of(target));
    let others = at_it.filter(move |(mate, one)| {
        mate.caller != voice
            && !one.is_over()
            && matches!(mate.stage, Stage::Service { .. })
            && speaks(world, mate.caller)
    });
    others.map(|(mate, one)| (mate.caller, one.mode == Mode::Barge))
}

/// Who barges in is heard by the other supervisors at the call as well, and by nobody who is not connected.
fn is_heard_by_mates(
    world: &World,
    (own, one): (&Call, &Supervision),
    parties: &[LegId],
    hearers: &[LegId],
    is_at_work: bool,
) -> Verdict {
    let mates: Vec<LegId> = mates(world, own, one).map(|(leg, _)| leg).collect();
    let is_meant = |leg: &&LegId| parties.contains(leg) || mates.contains(leg);
    if let Some(leg) = hearers.iter().find(|leg| !is_meant(leg)) {
        let text = format!("leg {} hears who barges in and is not connected: {parties:?}, {mates:?}", leg.0);
        return broken(Some(own.id), text);
    }
    match mates.iter().find(|leg| is_at_work && !hearers.contains(leg)) {
        Some(leg) => {
            broken(Some(own.id), format!("leg {} supervises, and does not hear who barges in", leg.0))
        }
        None => Ok(()),
    }
}

/// The extension whose calls are followed.
fn followed(world: &World, one: &Supervision) -> Option<String> {
    match &one.subject {
        Subject::Call(_) => None,
        Subject::Extension(extension) => Some(extension.clone()),
        Subject::Agent(agent) => world.exchange.floor().agent(agent).map(|agent| agent.extension.clone()),
    }
}

/// Whether the supervisor and both parties are there, and none of them holds.
fn all_speak(world: &World, own: &Call, parties: &[LegId]) -> bool {
    // Who is told of it by a tone hears that first.
    let is_signalled =
        |leg: LegId| world.media.legs[&leg].plays.as_ref().is_some_and(|playing| playing.number == SIGNAL);
    let speaks = |leg: LegId| speaks(world, leg) && world.media.legs.contains_key(&leg) && !is_signalled(leg);
    matches!(own.stage, Stage::Service { .. }) && speaks(own.caller) && parties.iter().all(|leg| speaks(*leg))
}

/// Whether that party is at work in the call: whose calls are followed, or whom the queue gave the caller, or who sits at an
/// agent's phone; where neither party is an agent or both are, one is as good as the other.
fn is_agents(world: &World, one: &Supervision, call: &Call, leg: LegId) -> bool {
    let Stage::Talking { with } = call.stage else { return false };
    let parties = [call.caller, with];
    let extension = |leg: LegId| call.leg(leg).and_then(|leg| leg.extension.as_deref());
    if let Some(followed) = followed(world, one) {
        return extension(leg) == Some(&followed);
    }
    let floor = world.exchange.floor();
    let talks = floor.agent_of(call.id.0).map(|agent| agent.extension.as_str());
    let given = parties.into_iter().filter(|leg| talks.is_some() && extension(*leg) == talks);
    let seated = |leg: &LegId| extension(*leg).is_some_and(|number| floor.agent_at(number).is_some());
    [given.collect::<Vec<_>>(), parties.into_iter().filter(seated).collect()]
        .iter()
        .find(|agents| agents.len() == 1)
        .is_none_or(|agents| agents.contains(&leg))
}

/// What a supervisor says to both is recorded, on the agent's side.
fn is_recorded(world: &World, one: &Supervision, voice: LegId, call: &Call, parties: &[LegId]) -> Verdict {
    let Some(tape) = world.media.tape.get(&call.id).filter(|_| world.media.recordings.contains_key(&call.id))
    else {
        return Ok(());
    };
    let Some((of, channel)) = world.media.also.get(&voice) else {
        return broken(Some(call.id), format!("leg {} barges in, and is in no recording", voice.0));
    };
    // Who was put into another's place is on the tape when its phone has agreed to it.
    let is_taped = |leg: LegId| tape.iter().any(|(taped, _)| *taped == leg);
    let mut of_call = parties.iter().filter(|leg| call.leg(**leg).is_some());
    if of_call.any(|leg| !is_taped(*leg) && is_agents(world, one, call, *leg)) {
        return Ok(());
    }
    let side = tape.iter().find(|(_, side)| side == channel).map(|(leg, _)| *leg);
    if *of == call.id && side.is_some_and(|leg| is_agents(world, one, call, leg)) {
        return Ok(());
    }
    broken(Some(call.id), format!("leg {} is recorded at {of:?} beside {side:?}, no agent's", voice.0))
}

/// A supervisor hears those who are connected and the others who barge in, and nobody else.
fn hears_all(world: &World, own: &Call, one: &Supervision, target: Option<&(&Call, Vec<LegId>)>) -> Verdict {
    let up = own.caller_leg().filter(|leg| leg.state == LegState::Up && !leg.holds);
    let Some(told) = up.and_then(|leg| world.media.legs.get(&leg.id)) else { return Ok(()) };
    if !matches!(own.stage, Stage::Service { .. }) {
        return Ok(());
    }
    let hears: BTreeSet<LegId> = heard(&told.hears).into_iter().collect();
    let Some((_, parties)) = target else {
        let is_apart = hears.is_empty();
        return if is_apart {
            Ok(())
        } else {
            broken(Some(own.id), "a supervisor at no call hears somebody")
        };
    };
    let barging = mates(world, own, one).filter(|(_, barges)| *barges).map(|(leg, _)| leg);
    let spoken = parties.iter().copied().filter(|leg| speaks(world, *leg));
    let ought: BTreeSet<LegId> = spoken.chain(barging).collect();
    if hears != ought {
        return broken(Some(own.id), format!("a supervisor hears {hears:?}, and ought to hear {ought:?}"));
    }
    Ok(())
}
