//! Random floors: agents, callers and phones do anything at any time, and the rules hold after each step.

use super::world::World;
use crate::boundary::Miss;
use crate::config::{
    AgentConfig, BreakConfig, CallBackConfig, Config, Membership, Need, QueueConfig, SortKey, Staff,
};
use crate::fact::{Activity, CallBackAct, CallBackEnd, Exit, Fact, OfferOutcome, Presence};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use switchroom_sip::rng::Rng;

fn one_of<T: Clone>(rng: &mut Rng, of: &[T]) -> T {
    of[usize::try_from(rng.below(of.len() as u64)).unwrap()].clone()
}

fn queue(rng: &mut Rng) -> QueueConfig {
    let keys = [
        SortKey::Tier,
        SortKey::Skill,
        SortKey::LongestIdle,
        SortKey::RoundRobin,
        SortKey::FewestCalls,
        SortKey::LeastTalk,
        SortKey::Linear,
        SortKey::Weighted,
    ];
    let order = (0..=rng.below(3)).map(|_| one_of(rng, &keys)).collect();
    let mut needs = Vec::new();
    for skill in ["german", "billing"] {
        if rng.below(3) == 0 {
            let level = u8::try_from(1 + rng.below(9)).unwrap();
            let relaxes = vec![(5_000 + rng.below(30_000), level / 2), (60_000, 0)];
            needs.push(Need { skill: skill.into(), level, relaxes });
        }
    }
    let staff = [Staff::None, Staff::SignedIn, Staff::Working];
    QueueConfig {
        label: String::new(),
        language: String::new(),
        order,
        ring_at_once: one_of(rng, &[0, 1, 1, 2, 3]),
        ring: 1_000 + rng.below(30_000),
        wrap_up: one_of(rng, &[0, 5_000, 20_000]),
        no_answer_break: u32::try_from(rng.below(3)).unwrap(),
        rest: one_of(rng, &[0, 500, 5_000]),
        needs,
        tier_after: one_of(rng, &[0, 0, 10_000]),
        sticky: one_of(rng, &[0, 600_000]),
        max_waiting: usize::try_from(1 + rng.below(12)).unwrap(),
        max_wait: one_of(rng, &[0, 30_000, 120_000]),
        hours: None,
        calls_max: one_of(rng, &[None, None, Some(2)]),
        calls_per_second: one_of(rng, &[None, None, Some(1)]),
        join: one_of(rng, &staff),
        stay: one_of(rng, &staff),
        stay_grace: one_of(rng, &[0, 10_000]),
        ageing: one_of(rng, &[0, 0, 30_000]),
        announce_every: one_of(rng, &[0, 15_000]),
        music: Vec::new(),
        comfort: String::new(),
        whisper: String::new(),
        announce_agent: false,
        show_queue: true,
        service_level: 20_000,
        short_abandon: 5_000,
        call_back: CallBackConfig {
            tries: u32::try_from(rng.below(4)).unwrap(),
            retry_after: rng.below(60_000),
            max: usize::try_from(rng.below(4)).unwrap(),
        },
        script: String::new(),
        dispositions: Vec::new(),
    }
}

fn config(rng: &mut Rng) -> Config {
    let queues: BTreeMap<String, QueueConfig> =
        (0..1 + rng.below(3)).map(|n| (format!("q{n}"), queue(rng))).collect();
    let mut agents = BTreeMap::new();
    for n in 1..=1 + rng.below(6) {
        let mut agent = AgentConfig::default();
        for name in queues.keys() {
            if rng.below(3) > 0 {
                let tier = u8::try_from(1 + rng.below(3)).unwrap();
                let weight = u32::try_from(1 + rng.below(5)).unwrap();
                agent
                    .queues
                    .insert(name.clone(), Membership { tier, weight, position: u32::try_from(n).unwrap() });
            }
        }
        for skill in ["german", "billing"] {
            agent.skills.insert(skill.into(), u8::try_from(rng.below(10)).unwrap());
        }
        agents.insert(n.to_string(), agent);
    }
    let breaks = match rng.below(2) {
        0 => BTreeMap::new(),
        _ => BTreeMap::from([("lunch".to_owned(), BreakConfig { at_once: 2, ..BreakConfig::default() })]),
    };
    Config { agents, queues, breaks }
}

/// One thing that people, phones or the site do.
fn happen(w: &mut World, rng: &mut Rng, config: &mut Config) {
    let ringing: Vec<(u128, String)> = w.ringing.keys().cloned().collect();
    let agents: Vec<String> = w.floor.agents().map(|agent| agent.number.to_string()).collect();
    let waiting: Vec<u128> = w.floor.queues().flat_map(|q| q.order.iter().map(|turn| turn.call)).collect();
    let talking: Vec<u128> = w
        .floor
        .agents()
        .filter(|a| w.floor.agent_of(a.call().unwrap_or(0)).is_some())
        .filter_map(|a| a.call())
        .collect();
    let now = w.moment();
    match rng.below(23) {
        22 => {
            if let Some(id) = w.asked.pop() {
                w.floor.settle_asked(now, id, rng.below(2) > 0);
            }
        }
        16..=18 if !waiting.is_empty() => {
            // One number for two callers now and then, and sometimes one who is called back already.
            let number = (100 + rng.below(7)).to_string();
            let id = w.next_id();
            if w.floor.ask_call_back(now, one_of(rng, &waiting), id, &number) == Ok(true) {
                // Most reach the disk before anything else happens.
                match rng.below(8) {
                    0 => _ = w.floor.settle_asked(now, id, false),
                    1 => w.asked.push(id),
                    _ => _ = w.floor.settle_asked(now, id, true),
                }
            }
        }
        19 if !talking.is_empty() => {
            let id = one_of(rng, &talking);
            w.floor.reached(now, id, id + 1_000_000);
        }
        20 => match (rng.below(4), waiting.first(), talking.first()) {
            (0, Some(call), _) => _ = w.floor.take_out(now, *call),
            (1, _, Some(call)) => w.floor.call_back_cut(now, *call),
            _ => w.floor.talked_with(now, &(100 + rng.below(7)).to_string()),
        },
        0..=2 => {
            let names: Vec<String> = config.queues.keys().cloned().collect();
            let (name, caller) = (one_of(rng, &names), (100 + rng.below(5)).to_string());
            if rng.below(6) == 0 && !waiting.is_empty() {
                w.take_place(one_of(rng, &waiting), &name, &caller);
                return;
            }
            let preferred = (rng.below(4) == 0 && !agents.is_empty()).then(|| one_of(rng, &agents));
            let priority = i64::try_from(rng.below(4)).unwrap();
            w.join_for(&name, &caller, priority, preferred.as_deref());
        }
        3..=5 if !ringing.is_empty() => {
            let (call, agent) = one_of(rng, &ringing);
            w.answer(call, &agent);
        }
        6 if !ringing.is_empty() => {
            let (call, agent) = one_of(rng, &ringing);
            w.miss(call, &agent, one_of(rng, &[Miss::NoAnswer, Miss::Refused, Miss::Failed]));
        }
        7 if !waiting.is_empty() => {
            // Whoever hangs up takes the ringing phones along; they are told of by the floor.
            let call = one_of(rng, &waiting);
            w.leave(call, one_of(rng, &[Exit::Abandoned, Exit::Key, Exit::Removed]));
        }
        8 if !talking.is_empty() => w.end(one_of(rng, &talking)),
        9 if !talking.is_empty() => w.floor.held(now, one_of(rng, &talking), rng.below(2) == 0),
        10 | 11 if !agents.is_empty() => {
            let agent = one_of(rng, &agents);
            let presence = one_of(
                rng,
                &[
                    Presence::Ready,
                    Presence::Ready,
                    Presence::Ready,
                    Presence::LoggedOut,
                    Presence::Break { reason: "lunch".into() },
                ],
            );
            let seat =
                format!("x{}", if rng.below(5) == 0 { 1 + rng.below(6) } else { agent.parse().unwrap() });
            let _ = w.floor.choose(now, &agent, presence, Some(&seat), "agent");
        }
        12 => {
            let extension = format!("x{}", 1 + rng.below(6));
            w.floor.phone(now, &extension, rng.below(4) > 0, rng.below(5) == 0);
        }
        13 if !agents.is_empty() => {
            let more = (rng.below(2) == 0).then(|| rng.below(20_000));
            let _ = w.floor.wrap_up(now, &one_of(rng, &agents), more, Some("order"));
        }
        14 if !waiting.is_empty() => {
            let _ = w.floor.set_priority(now, one_of(rng, &waiting), i64::try_from(rng.below(5)).unwrap());
        }
        21 if !waiting.is_empty() && !agents.is_empty() => {
            let _ = w.floor.assign(now, one_of(rng, &waiting), &one_of(rng, &agents));
        }
        15 if rng.below(6) == 0 => {
            change(rng, config);
            w.floor.configure(now, Arc::new(config.clone()));
        }
        16 if rng.below(4) == 0 => w.floor.open(&format!("q{}", rng.below(3)), rng.below(3) > 0),
        _ => {}
    }
    w.after();
    // The clock on the wall may step, the other may not.
    if rng.below(200) == 0 {
        w.wall += i64::try_from(rng.below(7_200_000)).unwrap() - 3_600_000;
    }
    w.run(rng.below(8_000));
}

fn change(rng: &mut Rng, config: &mut Config) {
    let other = self::config(rng);
    match rng.below(3) {
        0 => {
            for (name, queue) in &mut config.queues {
                if let Some(new) = other.queues.get(name) {
                    *queue = new.clone();
                }
            }
        }
        1 => {
            for agent in config.agents.values_mut() {
                agent.skills.insert("german".into(), u8::try_from(rng.below(10)).unwrap());
            }
        }
        _ => *config = other,
    }
}

/// Lets everybody finish: then nobody is offered anything, nobody waits, everybody is idle or where they chose to be.
fn rest(w: &mut World) {
    for id in std::mem::take(&mut w.asked) {
        w.floor.settle_asked(w.moment(), id, true);
        w.after();
    }
    for _ in 0..40 {
        let ringing: Vec<(u128, String)> = w.ringing.keys().cloned().collect();
        for (call, agent) in ringing {
            if w.ringing.contains_key(&(call, agent.clone())) {
                w.answer(call, &agent);
            }
        }
        let talking: Vec<u128> = w.floor.agents().filter_map(|a| a.call()).collect();
        talking.into_iter().for_each(|call| w.end(call));
        w.run(25_000);
    }
    let waiting: Vec<u128> = w.floor.queues().flat_map(|q| q.order.iter().map(|turn| turn.call)).collect();
    waiting.into_iter().for_each(|call| w.leave(call, Exit::Abandoned));
    let open: Vec<u128> = w.floor.call_backs().map(|one| one.id).collect();
    for id in open {
        w.floor.take_out(w.moment(), id).unwrap();
        w.after();
    }
    w.run(60_000);
    for agent in w.floor.agents() {
        assert!(matches!(agent.activity(), Activity::Idle | Activity::Outbound), "{agent:?}");
    }
    assert!(w.ringing.is_empty());
    assert_eq!(w.floor.waiter_count(), 0);
}

/// What was written down adds up by itself.
fn adds_up(facts: &[Fact]) {
    let mut waiting: BTreeSet<(u128, u32)> = BTreeSet::new();
    let mut offers: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    let mut states: BTreeMap<&str, (crate::State, u64, u64)> = BTreeMap::new();
    let mut answered: BTreeSet<u128> = BTreeSet::new();
    // Who asked to be called back, and how that one left then.
    let mut asked: BTreeMap<u128, Option<Exit>> = BTreeMap::new();
    let mut call_backs: BTreeMap<u128, (String, String, bool)> = BTreeMap::new();
    for fact in facts {
        match fact {
            Fact::Joined(joined) => assert!(waiting.insert((joined.call, joined.visit))),
            Fact::Left(left) => {
                assert!(waiting.remove(&(left.call, left.visit)), "left twice");
                if left.exit == Exit::Answered {
                    assert!(answered.insert(left.call));
                }
                if let Some(exit) = asked.get_mut(&left.call) {
                    *exit = Some(left.exit);
                }
            }
            Fact::Offered(decision) => {
                let agents = decision.chosen.iter().cloned().collect();
                assert!(offers.insert(decision.offer, agents).is_none());
            }
            Fact::OfferEnded(ended) => {
                let left = offers.get_mut(&ended.offer).expect("an offer");
                assert!(left.remove(&ended.agent), "ended twice");
                if ended.outcome == OfferOutcome::Answered {
                    let is_waiting = waiting.iter().any(|(call, _)| *call == ended.call);
                    assert!(is_waiting || call_backs.contains_key(&ended.call));
                }
            }
            Fact::Talked(talked) => {
                assert!(answered.remove(&talked.call), "talked without an answer");
                assert!(talked.hold_ms <= talked.talk_ms);
            }
            Fact::Agent(agent) => {
                let entry = states.entry(&agent.agent).or_default();
                assert_eq!(entry.0, agent.was, "a state begins where the last one ended");
                entry.0 = agent.is.clone();
                if agent.was.counts_as_signed_in() {
                    entry.1 += agent.lasted_ms;
                }
                entry.2 += agent.lasted_ms;
            }
            Fact::CallBack(fact) => match &fact.act {
                CallBackAct::Asked => {
                    assert!(waiting.iter().any(|(call, _)| *call == fact.call), "who asks waits");
                    assert!(asked.insert(fact.call, None).is_none());
                    let (queue, number) = (fact.queue.clone(), fact.number.clone());
                    let is_second = call_backs.values().any(|one| (&one.0, &one.1) == (&queue, &number));
                    assert!(!is_second, "a number has one call-back in a queue");
                    assert!(call_backs.insert(fact.id, (queue, number, false)).is_none());
                }
                CallBackAct::Called { .. } => {
                    let one = call_backs.get_mut(&fact.id).expect("an open one");
                    one.2 = true;
                    assert_eq!(asked[&fact.call], Some(Exit::CalledBack), "called is who left for that");
                }
                CallBackAct::Priority => assert!(call_backs.contains_key(&fact.id), "an open one"),
                CallBackAct::Tried => {
                    let one = call_backs.get_mut(&fact.id).expect("an open one");
                    assert!(std::mem::replace(&mut one.2, false), "tried without a call");
                }
                CallBackAct::Closed { how, .. } => {
                    let one = call_backs.remove(&fact.id).expect("it ends once");
                    let exit = asked.get(&fact.call).copied().flatten();
                    let was_promised = exit == Some(Exit::CalledBack);
                    assert_eq!(was_promised, *how != CallBackEnd::NotKept, "{fact:?}");
                    if !was_promised {
                        asked.remove(&fact.call);
                    }
                    if *how == CallBackEnd::Reached {
                        assert!(one.2 && answered.insert(fact.id));
                    }
                }
            },
            Fact::WrappedUp(_) | Fact::Missed(_) | Fact::Door(_) => {}
        }
    }
    assert!(call_backs.is_empty(), "{call_backs:?}");
    assert!(asked.values().all(|exit| *exit == Some(Exit::CalledBack)), "{asked:?}");
    assert!(waiting.is_empty(), "{waiting:?}");
    assert!(offers.values().all(BTreeSet::is_empty), "{offers:?}");
    assert!(answered.is_empty(), "{answered:?}");
}

fn play(seed: u64, steps: u32) {
    let mut rng = Rng::from_number(seed);
    let mut config = config(&mut rng);
    let mut w = World::new(config.clone());
    for _ in 0..steps {
        happen(&mut w, &mut rng, &mut config);
    }
    rest(&mut w);
    adds_up(&w.facts);
}

#[test]
fn the_rules_hold_whatever_happens() {
    for seed in 0..120 {
        let result = std::panic::catch_unwind(|| play(seed, 300));
        assert!(result.is_ok(), "seed {seed}");
    }
}

/// Same configuration, seed and events: the same facts.
#[test]
fn a_floor_is_a_value() {
    let facts = || {
        let mut rng = Rng::from_number(5);
        let mut config = config(&mut rng);
        let mut w = World::new(config.clone());
        (0..300).for_each(|_| happen(&mut w, &mut rng, &mut config));
        serde_json::to_string(&w.facts).unwrap()
    };
    assert_eq!(facts(), facts());
}
