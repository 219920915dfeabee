//! Each rule by itself.

use super::world::{World, one_queue};
use crate::boundary::{Miss, Refusal};
use crate::config::{BreakConfig, Membership, Need, QueueConfig, SortKey, Staff};
use crate::fact::{Activity, Bar, Exit, Fact, OfferOutcome, Presence, Trigger};

fn by(order: &[SortKey]) -> QueueConfig {
    QueueConfig { order: order.to_vec(), ..QueueConfig::default() }
}

#[test]
fn who_is_free_for_longest_is_asked_and_a_break_does_not_matter() {
    let mut w = World::new(one_queue(by(&[SortKey::LongestIdle]), 3));
    for agent in ["1", "2", "3"] {
        w.sign_in(agent);
        w.run(1_000);
    }
    w.on_break("1");
    w.run(1_000);
    w.choose("1", Presence::Ready);
    let a = w.join("q", "100", 0);
    assert_eq!(w.rings(a), ["1"]);
    w.answer(a, "1");
    let b = w.join("q", "101", 0);
    assert_eq!(w.rings(b), ["2"]);
    w.answer(b, "2");
    w.end(a);
    let c = w.join("q", "102", 0);
    assert_eq!(w.rings(c), ["3"]);
}

#[test]
fn nobody_overtakes_within_a_priority() {
    let mut w = World::new(one_queue(by(&[SortKey::LongestIdle]), 1));
    w.sign_in("1");
    let first = w.join("q", "100", 0);
    w.answer(first, "1");
    let (second, third, vip) = (w.join("q", "101", 0), w.join("q", "102", 0), w.join("q", "103", 5));
    assert_eq!(w.floor.standing(w.moment(), third).unwrap().place, 3);
    for call in [vip, second, third] {
        w.run(10_000);
        let before = w.floor.agent("1").unwrap().call().unwrap();
        w.end(before);
        assert_eq!(w.rings(call), ["1"]);
        assert_eq!(w.decision().trigger, Trigger::Agent);
        w.answer(call, "1");
    }
}

/// A point of priority is worth as much waiting as the queue says.
#[test]
fn waiting_makes_up_for_priority() {
    let mut w = World::new(one_queue(QueueConfig { ageing: 60_000, ..QueueConfig::default() }, 1));
    w.sign_in("1");
    let busy = w.join("q", "100", 0);
    w.answer(busy, "1");
    let old = w.join("q", "101", 0);
    w.run(130_000);
    let vip = w.join("q", "102", 2);
    w.run(1_000);
    w.end(busy);
    assert_eq!((w.rings(old), w.rings(vip)), (vec!["1"], vec![]));
}

#[test]
fn a_new_priority_acts_on_who_waits() {
    let mut w = World::new(one_queue(QueueConfig::default(), 1));
    w.sign_in("1");
    let busy = w.join("q", "100", 0);
    w.answer(busy, "1");
    let (first, second) = (w.join("q", "101", 0), w.join("q", "102", 0));
    w.floor.set_priority(w.moment(), second, 3).unwrap();
    w.after();
    w.end(busy);
    assert_eq!((w.rings(first), w.rings(second)), (vec![], vec!["1"]));
    assert_eq!(w.floor.set_priority(w.moment(), 999, 3), Err(Refusal::NoWaiter));
}

#[test]
fn who_does_not_answer_is_passed_and_put_on_a_break() {
    let mut w = World::new(one_queue(QueueConfig { ring: 15_000, ..QueueConfig::default() }, 2));
    w.sign_in("1");
    w.run(10);
    w.sign_in("2");
    let call = w.join("q", "100", 0);
    assert_eq!(w.rings(call), ["1"]);
    w.run(15_000);
    assert_eq!(w.rings(call), ["2"]);
    let agent = w.floor.agent("1").unwrap();
    assert_eq!(agent.presence, Presence::Break { reason: "no_answer".into() });
    assert!(w.decision().others.contains(&("1".into(), Bar::Break { reason: "no_answer".into() })));
    w.answer(call, "2");
    let waited = w.facts.iter().find_map(|fact| match fact {
        Fact::Left(left) => Some(left.waited_ms),
        _ => None,
    });
    assert_eq!(waited, Some(15_000));
}

/// Of so many offers in a row that rang in vain; one that is answered begins the row anew.
#[test]
fn a_break_comes_after_so_many_offers_that_nobody_answered_in_a_row() {
    let config = QueueConfig { ring: 10_000, rest: 1_000, no_answer_break: 3, ..QueueConfig::default() };
    let mut w = World::new(one_queue(config, 1));
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    for missed in [1, 2] {
        w.run(10_000);
        assert!(w.rings(call).is_empty());
        assert_eq!(w.floor.agent("1").unwrap().missed, missed);
        w.run(1_000);
        assert_eq!(w.rings(call), ["1"]);
    }
    w.answer(call, "1");
    w.end(call);
    let next = w.join("q", "101", 0);
    for _ in 0..2 {
        w.run(10_000);
        assert_eq!(w.floor.agent("1").unwrap().presence, Presence::Ready, "four in all, two in a row");
        w.run(1_000);
        assert_eq!(w.rings(next), ["1"]);
    }
    w.run(10_000);
    let presence = &w.floor.agent("1").unwrap().presence;
    assert_eq!(presence, &Presence::Break { reason: "no_answer".into() });
    // A phone that refused did not ring in vain.
    w.choose("1", Presence::Ready);
    w.run(1_000);
    for _ in 0..5 {
        assert_eq!(w.rings(next), ["1"]);
        w.miss(next, "1", Miss::Refused);
        w.run(1_000);
    }
    assert_eq!(w.floor.agent("1").unwrap().presence, Presence::Ready);
}

/// By the time of their talks today, holds included; how many they were, and who is idle for longest, does not matter.
#[test]
fn who_talked_least_today_is_asked() {
    let mut w = World::new(one_queue(by(&[SortKey::LeastTalk]), 3));
    for agent in ["1", "2", "3"] {
        w.sign_in(agent);
    }
    let talk = |w: &mut World, talks: &[(&str, u64)]| {
        for (agent, ms) in talks {
            let call = w.join("q", "100", 0);
            assert_eq!(w.rings(call), [*agent]);
            w.answer(call, agent);
            w.run(*ms);
            w.end(call);
        }
    };
    talk(&mut w, &[("1", 50_000), ("2", 20_000), ("3", 30_000), ("2", 15_000), ("3", 1_000), ("3", 1_000)]);
    // 50, 35 and 32 seconds; after the next one of 3 it is the turn of 2.
    let held = w.join("q", "101", 0);
    assert_eq!(w.rings(held), ["3"]);
    w.answer(held, "3");
    w.floor.held(w.moment(), held, true);
    w.run(4_000);
    w.end(held);
    talk(&mut w, &[("2", 2_000), ("3", 20_000), ("2", 20_000), ("1", 1)]);
    // Yesterday does not count.
    w.floor.new_day(w.moment(), 2);
    w.after();
    talk(&mut w, &[("1", 10), ("2", 10), ("3", 10)]);
}

/// A phone that refuses at once is not asked as fast as messages go.
#[test]
fn who_refuses_is_left_alone_for_a_while() {
    let mut w = World::new(one_queue(QueueConfig { rest: 5_000, ..QueueConfig::default() }, 1));
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    w.miss(call, "1", Miss::Refused);
    assert_eq!(w.rings(call), Vec::<&str>::new());
    let standing = w.floor.standing(w.moment(), call).unwrap();
    assert_eq!(standing.agents, [("1".to_owned(), Bar::Rests)]);
    w.run(4_999);
    assert!(w.rings(call).is_empty());
    w.run(1);
    assert_eq!(w.rings(call), ["1"]);
}

/// However short a rest is configured (seed 124 of the simulator: thousands of legs for one caller).
#[test]
fn a_phone_that_always_refuses_is_not_asked_without_end() {
    let mut w = World::new(one_queue(QueueConfig { rest: 0, ..QueueConfig::default() }, 1));
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    let mut asked = 0;
    for _ in 0..1_000 {
        if !w.rings(call).is_empty() {
            asked += 1;
            w.miss(call, "1", Miss::Refused);
        }
        w.run(10);
    }
    assert_eq!(asked, 20, "in ten seconds");
}

#[test]
fn all_ring_and_one_wins() {
    let mut w =
        World::new(one_queue(QueueConfig { ring_at_once: 0, wrap_up: 10_000, ..QueueConfig::default() }, 3));
    for agent in ["1", "2", "3"] {
        w.sign_in(agent);
    }
    let call = w.join("q", "100", 0);
    assert_eq!(w.rings(call), ["1", "2", "3"]);
    w.miss(call, "3", Miss::Refused);
    w.answer(call, "2");
    assert!(!w.floor.answered(w.moment(), call, "1"), "the call is somebody's");
    let outcomes = w.facts.iter().filter_map(|fact| match fact {
        Fact::OfferEnded(ended) => Some((ended.agent.as_str(), ended.outcome)),
        _ => None,
    });
    assert_eq!(
        outcomes.collect::<Vec<_>>(),
        [("3", OfferOutcome::Refused), ("2", OfferOutcome::Answered), ("1", OfferOutcome::Elsewhere)]
    );
    let activities = ["1", "2", "3"].map(|n| w.floor.agent(n).unwrap().activity());
    assert_eq!(activities, [Activity::Idle, Activity::Talking, Activity::Idle]);
}

#[test]
fn after_the_call_there_is_time_to_write_up() {
    let mut w = World::new(one_queue(QueueConfig { wrap_up: 10_000, ..QueueConfig::default() }, 1));
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    w.answer(call, "1");
    w.run(60_000);
    w.floor.held(w.moment(), call, true);
    w.run(5_000);
    w.end(call);
    let next = w.join("q", "101", 0);
    assert!(w.rings(next).is_empty());
    w.run(9_000);
    w.floor.wrap_up(w.moment(), "1", Some(10_000), Some("order")).unwrap();
    w.after();
    w.run(9_999);
    assert!(w.rings(next).is_empty());
    w.run(1);
    assert_eq!(w.rings(next), ["1"]);
    let talked = w.facts.iter().find_map(|fact| match fact {
        Fact::Talked(talked) => Some((talked.talk_ms, talked.hold_ms)),
        _ => None,
    });
    assert_eq!(talked, Some((65_000, 5_000)));
    let wrapped = w.facts.iter().find_map(|fact| match fact {
        Fact::WrappedUp(wrapped) => Some((wrapped.lasted_ms, wrapped.disposition.as_str())),
        _ => None,
    });
    assert_eq!(wrapped, Some((19_000, "order")));
    assert_eq!(w.floor.wrap_up(w.moment(), "1", None, None), Err(Refusal::NoWrapUp));
}

/// Both facts are true at once: on the phone, and on a break as soon as it is over.
#[test]
fn a_break_asked_for_in_a_talk_begins_after_it() {
    let mut w = World::new(one_queue(QueueConfig::default(), 1));
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    w.answer(call, "1");
    w.on_break("1");
    let state = w.floor.agent("1").unwrap().state();
    assert_eq!((state.presence.word(), state.activity), ("break", Activity::Talking));
    w.end(call);
    let next = w.join("q", "101", 0);
    assert!(w.rings(next).is_empty());
    w.choose("1", Presence::Ready);
    assert_eq!(w.rings(next), ["1"]);
}

#[test]
fn who_goes_while_it_rings_gives_the_caller_back() {
    let mut w = World::new(one_queue(QueueConfig::default(), 2));
    w.sign_in("1");
    w.run(5);
    w.sign_in("2");
    let call = w.join("q", "100", 0);
    assert_eq!(w.rings(call), ["1"]);
    w.choose("1", Presence::LoggedOut);
    assert_eq!(w.rings(call), ["2"]);
    w.on_break("2");
    assert!(w.rings(call).is_empty());
    w.choose("2", Presence::Ready);
    assert_eq!(w.rings(call), ["2"]);
}

#[test]
fn skills_are_asked_for_less_and_less() {
    let mut config = one_queue(by(&[SortKey::Skill, SortKey::LongestIdle]), 3);
    let queue = config.queues.get_mut("q").unwrap();
    queue.needs = vec![Need { skill: "german".into(), level: 7, relaxes: vec![(20_000, 3), (40_000, 0)] }];
    for (agent, level) in [("1", 3), ("2", 5)] {
        config.agents.get_mut(agent).unwrap().skills.insert("german".into(), level);
    }
    let mut w = World::new(config);
    w.sign_in("3");
    w.sign_in("1");
    w.sign_in("2");
    let call = w.join("q", "100", 0);
    assert!(w.rings(call).is_empty());
    let standing = w.floor.standing(w.moment(), call).unwrap();
    assert!(standing.agents.contains(&("3".into(), Bar::Skill { skill: "german".into(), asked: 7, has: 0 })));
    w.run(20_000);
    assert_eq!(w.rings(call), ["2"], "the better one");
    w.answer(call, "2");
    let other = w.join("q", "101", 0);
    w.run(20_000);
    assert_eq!(w.rings(other), ["1"]);
    w.answer(other, "1");
    let last = w.join("q", "102", 0);
    w.run(39_999);
    assert!(w.rings(last).is_empty());
    w.run(1);
    assert_eq!(w.rings(last), ["3"]);
}

/// Both came within one millisecond, and less is asked of agents for both in another one.
#[test]
fn of_two_for_whom_less_is_asked_from_the_same_moment_on_the_first_in_the_line_is_first() {
    for urgent_first in [true, false] {
        let mut config = one_queue(by(&[SortKey::LongestIdle]), 1);
        let queue = config.queues.get_mut("q").unwrap();
        queue.needs = vec![Need { skill: "german".into(), level: 7, relaxes: vec![(20_000, 0)] }];
        let mut w = World::new(config);
        w.sign_in("1");
        let of = |priority| if urgent_first { 7 - priority } else { priority };
        let calls = [w.join("q", "100", of(0)), w.join("q", "101", of(7))];
        w.run(20_000);
        let (urgent, other) = if urgent_first { (calls[0], calls[1]) } else { (calls[1], calls[0]) };
        assert_eq!(w.rings(urgent), ["1"], "{urgent_first}");
        assert!(w.rings(other).is_empty());
    }
}

#[test]
fn further_tiers_are_asked_later() {
    let mut config = one_queue(QueueConfig { tier_after: 30_000, ..QueueConfig::default() }, 2);
    let place = Membership { tier: 2, ..Membership::default() };
    config.agents.get_mut("1").unwrap().queues.insert("q".into(), place);
    let mut w = World::new(config);
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    assert!(w.rings(call).is_empty());
    w.run(30_000);
    assert_eq!(w.rings(call), ["1"]);
    w.answer(call, "1");
    w.end(call);
    w.sign_in("2");
    let next = w.join("q", "101", 0);
    assert_eq!(w.rings(next), ["2"]);
}

#[test]
fn the_last_agent_is_asked_first_if_free() {
    let mut w = World::new(one_queue(QueueConfig { sticky: 600_000, ..QueueConfig::default() }, 2));
    w.sign_in("1");
    w.run(5);
    w.sign_in("2");
    let call = w.join("q", "100", 0);
    w.answer(call, "1");
    w.end(call);
    let again = w.join("q", "100", 0);
    assert_eq!(w.rings(again), ["1"], "though 2 is idle for longer");
    assert_eq!(w.decision().trigger, Trigger::Own);
    w.answer(again, "1");
    let third = w.join("q", "100", 0);
    assert_eq!(w.rings(third), ["2"], "it is not waited for");
    w.answer(third, "2");
    w.end(again);
    w.end(third);
    let asked = w.join_for("q", "555", 0, Some("2"));
    assert_eq!(w.rings(asked), ["2"]);
}

/// From the end of the talk, however long that was.
#[test]
fn the_last_agent_is_the_last_for_so_long() {
    for (later, rings) in [(600_000, "1"), (600_001, "2")] {
        let mut w = World::new(one_queue(QueueConfig { sticky: 600_000, ..QueueConfig::default() }, 2));
        w.sign_in("1");
        w.run(5);
        w.sign_in("2");
        let call = w.join("q", "100", 0);
        w.answer(call, "1");
        w.run(900_000);
        w.end(call);
        w.run(later);
        let again = w.join("q", "100", 0);
        assert_eq!(w.rings(again), [rings], "after {later} ms");
        let trigger = if rings == "1" { Trigger::Own } else { Trigger::Waiter };
        assert_eq!(w.decision().trigger, trigger);
    }
}

#[test]
fn a_full_and_an_empty_queue_take_nobody() {
    let mut w = World::new(one_queue(QueueConfig { max_waiting: 1, ..QueueConfig::default() }, 1));
    let early = w.join("q", "100", 0);
    w.sign_in("1");
    w.on_break("1");
    let first = w.join("q", "101", 0);
    let second = w.join("q", "102", 0);
    let nowhere = w.join("nowhere", "103", 0);
    assert_eq!(w.exits, [(early, Exit::Empty), (second, Exit::Full), (nowhere, Exit::Empty)]);
    assert!(w.floor.waiter(first).is_some());
}

#[test]
fn callers_stay_for_a_while_when_everybody_went() {
    let config = QueueConfig { stay: Staff::Working, stay_grace: 30_000, ..QueueConfig::default() };
    let mut w = World::new(one_queue(config, 2));
    w.sign_in("1");
    let talk = w.join("q", "100", 0);
    w.answer(talk, "1");
    let call = w.join("q", "101", 0);
    w.on_break("1");
    w.run(20_000);
    w.choose("1", Presence::Ready);
    w.run(60_000);
    assert!(w.exits.is_empty());
    w.on_break("1");
    w.run(30_000);
    assert_eq!(w.exits, [(call, Exit::Empty)]);
}

/// Nobody is thrown out in front of the agent whose phone rings.
#[test]
fn the_longest_wait_ends_when_no_phone_rings() {
    let config = QueueConfig { max_wait: 20_000, ring: 15_000, no_answer_break: 0, ..QueueConfig::default() };
    let mut w = World::new(one_queue(config, 2));
    w.sign_in("1");
    let busy = w.join("q", "100", 0);
    w.answer(busy, "1");
    let call = w.join("q", "101", 0);
    let other = w.join("q", "102", 0);
    w.run(10_000);
    w.end(busy);
    assert_eq!(w.rings(call), ["1"]);
    w.run(10_000);
    assert_eq!(w.exits, [(other, Exit::Timeout)]);
    w.run(5_000);
    assert_eq!(w.exits, [(other, Exit::Timeout), (call, Exit::Timeout)]);
}

#[test]
fn whose_phone_is_gone_or_busy_is_not_asked() {
    let mut w = World::new(one_queue(QueueConfig::default(), 1));
    w.sign_in("1");
    let now = w.moment();
    w.floor.phone(now, "x1", false, false);
    w.after();
    let call = w.join("q", "100", 0);
    assert_eq!(w.floor.standing(now, call).unwrap().agents, [("1".to_owned(), Bar::NoPhone)]);
    w.floor.phone(now, "x1", true, true);
    w.after();
    assert_eq!(w.floor.agent("1").unwrap().activity(), Activity::Outbound);
    w.floor.phone(now, "x1", true, false);
    w.after();
    assert_eq!(w.rings(call), ["1"]);
}

#[test]
fn breaks_are_of_known_reasons_and_so_many_at_once() {
    let mut config = one_queue(QueueConfig::default(), 2);
    config.breaks.insert("lunch".into(), BreakConfig { at_once: 1, ..BreakConfig::default() });
    let mut w = World::new(config);
    w.sign_in("1");
    w.sign_in("2");
    w.on_break("1");
    let lunch = Presence::Break { reason: "lunch".into() };
    assert_eq!(w.floor.choose(w.moment(), "2", lunch.clone(), None, "agent"), Err(Refusal::BreakFull(1)));
    let tea = Presence::Break { reason: "tea".into() };
    assert_eq!(w.floor.choose(w.moment(), "2", tea, None, "agent"), Err(Refusal::NoReason("tea".into())));
    w.choose("1", Presence::Ready);
    w.floor.choose(w.moment(), "2", lunch, None, "agent").unwrap();
}

#[test]
fn callers_hear_their_place() {
    let mut w = World::new(one_queue(QueueConfig { announce_every: 30_000, ..QueueConfig::default() }, 1));
    w.sign_in("1");
    let busy = w.join("q", "100", 0);
    w.answer(busy, "1");
    let (a, b) = (w.join("q", "101", 0), w.join("q", "102", 0));
    w.run(30_000);
    assert_eq!(w.places, [(a, 1), (b, 2)]);
    w.leave(a, Exit::Abandoned);
    w.run(30_000);
    assert_eq!(w.places.last(), Some(&(b, 1)));
}

/// Several queues of an agent: the lower tier first, then priority, then the wait by its weight.
#[test]
fn an_agent_of_several_queues_takes_who_is_first_by_the_written_rule() {
    let mut config = one_queue(QueueConfig::default(), 1);
    config.queues.insert("r".into(), QueueConfig::default());
    let heavy = Membership { weight: 3, ..Membership::default() };
    config.agents.get_mut("1").unwrap().queues.insert("r".into(), heavy);
    let mut w = World::new(config);
    w.sign_in("1");
    let busy = w.join("q", "100", 0);
    w.answer(busy, "1");
    let old = w.join("q", "101", 0);
    w.run(20_000);
    let young = w.join("r", "102", 0);
    w.run(15_000);
    w.end(busy);
    assert_eq!((w.rings(old), w.rings(young)), (vec![], vec!["1"]), "15 s times 3 are more than 35 s");
    assert_eq!(w.decision().lines.len(), 2);
}

/// Of agents with weights 1 and 3, the second is asked three times as often.
#[test]
fn chance_goes_by_weight() {
    let mut config = one_queue(by(&[SortKey::Weighted]), 2);
    config.agents.get_mut("2").unwrap().queues.get_mut("q").unwrap().weight = 3;
    let mut w = World::new(config);
    w.sign_in("1");
    w.sign_in("2");
    let mut second = 0;
    for _ in 0..4_000 {
        let call = w.join("q", "100", 0);
        let agent = w.rings(call)[0].to_owned();
        second += u32::from(agent == "2");
        w.answer(call, &agent);
        w.end(call);
    }
    assert!((2_880..=3_120).contains(&second), "{second} of 4000");
}

/// A queue looks different when one of its agents comes or goes, though nobody waits in it.
#[test]
fn whoever_shows_a_queue_is_told_of_its_agents() {
    let mut w = World::new(one_queue(QueueConfig::default(), 1));
    w.floor.choose(w.moment(), "1", Presence::Ready, Some("x1"), "agent").unwrap();
    let told: Vec<_> = std::iter::from_fn(|| w.floor.poll_effect()).collect();
    assert!(told.contains(&crate::Effect::QueueChanged("q".into())), "{told:?}");
}

/// There was no RTP port for the call to an agent: he has missed nothing, and is asked again soon.
#[test]
fn whom_there_is_no_room_to_ring_has_missed_nothing() {
    let config = QueueConfig { no_answer_break: 1, rest: 60_000, ..QueueConfig::default() };
    let mut w = World::new(one_queue(config, 1));
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    w.miss(call, "1", Miss::NoRoom);
    let agent = w.floor.agent("1").unwrap();
    assert_eq!((agent.missed, &agent.presence), (0, &Presence::Ready));
    assert_eq!(w.floor.standing(w.moment(), call).unwrap().agents, [("1".to_owned(), Bar::NoRoom)]);
    let ended = w.facts.iter().rev().find_map(|fact| match fact {
        Fact::OfferEnded(ended) => Some(ended.outcome),
        _ => None,
    });
    assert_eq!(ended, Some(OfferOutcome::Withdrawn));
    w.run(1_000);
    assert_eq!(w.rings(call), ["1"], "not after the rest of one who did not answer");
}

/// What somebody chooses for an agent who talks begins no other talk.
#[test]
fn a_break_during_a_talk_leaves_the_time_of_the_talk_alone() {
    let mut w = World::new(one_queue(QueueConfig::default(), 1));
    w.sign_in("1");
    let call = w.join("q", "100", 0);
    w.answer(call, "1");
    w.run(30_000);
    w.on_break("1");
    w.run(5_000);
    let busy_for = |w: &World| w.floor.agent("1").unwrap().busy_for(w.moment());
    assert_eq!(busy_for(&w), 35_000);
    w.end(call);
    w.run(7_000);
    assert_eq!(busy_for(&w), 7_000, "of the break");
}
