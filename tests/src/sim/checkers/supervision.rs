//! Supervisors: who hears them, and what they hear.

use super::wiring::heard;
use super::{Checker, Verdict, broken};
use crate::sim::world::{Step, World};
use std::collections::BTreeSet;
use switchroom_exchange::{Call, CallId, LegId, LegState, Mode, Source, Stage, Subject, Supervision};

/// A supervisor who listens is heard by nobody, one who whispers by the agent alone, and no recording holds either.
#[derive(Debug, Default)]
pub(super) struct SupervisorsAreHeardAsTheyWish;

impl Checker for SupervisorsAreHeardAsTheyWish {
    fn rule(&self) -> &'static str {
        "a supervisor is heard by whom the mode says, hears both parties, and nobody else"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if step.died {
            return Ok(());
        }
        let supervisors = world.exchange.calls().filter_map(|c| Some((c, world.exchange.supervision(c.id)?)));
        let mut voices = BTreeSet::new();
        for (own, one) in supervisors {
            voices.insert(own.caller);
            check(world, own, one)?;
        }
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
        for (leg, (call, _)) in &world.media.also {
            if !voices.contains(leg) && world.media.recordings.contains_key(call) {
                return broken(
                    Some(*call),
                    format!("leg {} is recorded beside, and supervises nothing", leg.0),
                );
            }
        }
        Ok(())
    }
}

/// The two who talk in a call that can be supervised.
fn parties(world: &World, target: CallId) -> Option<(&Call, [LegId; 2])> {
    let call = world.exchange.call(target)?;
    match call.stage {
        Stage::Talking { with } if !call.is_briefed() => Some((call, [call.caller, with])),
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
    let is_party = |leg: &&LegId| target.is_some_and(|(_, parties)| parties.contains(leg));
    // Other supervisors at the same call hear who barges in.
    let at_it: Vec<LegId> = hearers.iter().filter(is_party).copied().collect();
    let allowed = match one.mode {
        Mode::Listen => 0,
        Mode::Whisper => 1,
        Mode::Barge => 2,
    };
    if at_it.len() > allowed {
        let text = format!("{} hear a supervisor whose mode is {}", at_it.len(), one.mode.word());
        return broken(Some(own.id), text);
    }
    if let (Mode::Whisper, [leg], Some((call, _))) = (one.mode, &at_it[..], target)
        && let Some(extension) = followed(world, one)
        && call.leg(*leg).and_then(|leg| leg.extension.clone()).as_ref() != Some(&extension)
    {
        return broken(Some(own.id), format!("a whisper for {extension} is heard by leg {}", leg.0));
    }
    if one.mode != Mode::Barge && hearers.len() > at_it.len() {
        return broken(Some(own.id), "somebody else hears a supervisor who does not barge in".to_owned());
    }
    if one.mode != Mode::Barge && world.media.also.contains_key(&voice) {
        return broken(
            Some(own.id),
            format!("a recording holds a supervisor whose mode is {}", one.mode.word()),
        );
    }
    hears_both(world, own, target)
}

/// The extension whose calls are followed.
fn followed(world: &World, one: &Supervision) -> Option<String> {
    match &one.subject {
        Subject::Call(_) => None,
        Subject::Extension(extension) => Some(extension.clone()),
        Subject::Agent(agent) => world.exchange.floor().agent(agent).map(|agent| agent.extension.clone()),
    }
}

fn hears_both(world: &World, own: &Call, target: Option<(&Call, [LegId; 2])>) -> Verdict {
    let up = own.caller_leg().filter(|leg| leg.state == LegState::Up && !leg.holds);
    let Some(told) = up.and_then(|leg| world.media.legs.get(&leg.id)) else { return Ok(()) };
    if !matches!(own.stage, Stage::Service { .. }) {
        return Ok(());
    }
    let hears: BTreeSet<LegId> = heard(&told.hears).into_iter().collect();
    let Some((call, parties)) = target else {
        let is_apart = hears.is_empty();
        return if is_apart {
            Ok(())
        } else {
            broken(Some(own.id), "a supervisor at no call hears somebody")
        };
    };
    for leg in parties {
        let speaks = call.leg(leg).is_some_and(|leg| leg.state == LegState::Up && !leg.holds);
        if speaks != hears.contains(&leg) {
            let text = format!("a supervisor hears {hears:?}, and of leg {} that is {}", leg.0, !speaks);
            return broken(Some(own.id), text);
        }
    }
    Ok(())
}
