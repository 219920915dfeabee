//! Facts of queues and agents: found by call, given back at a start, thrown away when they are old.

use super::samples::call;
use super::{Options, Store, fill, open, open_with};
use crate::clock;
use crate::store::writer::PRUNE_MAX;
use std::time::Duration;
use switchroom_acd::fact::{Activity, AgentFact, Presence, State};
use switchroom_acd::fact::{JoinedFact, LeftFact, MissedAct, MissedFact, Trigger};
use switchroom_acd::{Decision, Door, DoorFact, Exit, Fact};
use switchroom_exchange::{CallId, Record, Restored};

const DAY_MS: i64 = 86_400_000;

fn joined(at_ms: i64, call: CallId) -> Fact {
    let (queue, caller, class) = ("sales".into(), "030".into(), String::new());
    Fact::Joined(JoinedFact {
        at_ms,
        call: call.0,
        visit: 1,
        queue,
        caller,
        class,
        priority: 0,
        before: 0,
        instead_of: None,
    })
}

fn offered(at_ms: i64, call: CallId, offer: u64) -> Fact {
    Fact::Offered(Box::new(Decision {
        at_ms,
        mono_ms: 0,
        offer,
        call: call.0,
        queue: "sales".into(),
        waited_ms: 0,
        trigger: Trigger::Waiter,
        order: Vec::new(),
        needs: Vec::new(),
        chosen: vec!["2001".into()],
        candidates: Vec::new(),
        others: Vec::new(),
        unnamed: 0,
        lines: Vec::new(),
    }))
}

fn left(at_ms: i64, call: CallId, exit: Exit) -> Fact {
    Fact::Left(LeftFact {
        at_ms,
        joined_ms: at_ms - 30_000,
        call: call.0,
        visit: 1,
        queue: "sales".into(),
        caller: "030".into(),
        class: String::new(),
        exit,
        agent: String::new(),
        waited_ms: 30_000,
        service_level_ms: 20_000,
        short_abandon_ms: 5_000,
    })
}

fn records(facts: impl IntoIterator<Item = Fact>) -> Vec<Record> {
    let record = |(seq, fact)| Record::Floor { seq, fact: Box::new(fact) };
    (1..).zip(facts).map(record).collect()
}

fn offers(store: &Store, of: CallId) -> Vec<u64> {
    store.decisions(of).iter().map(|decision| decision.offer).collect()
}

/// Three days of facts: an offer each minute for one of seven calls, and somebody who gives up each day.
fn three_days(now_ms: i64) -> Vec<Record> {
    let mut facts = Vec::new();
    for minute in 0..3 * 24 * 60 {
        let at_ms = now_ms - 3 * DAY_MS + minute * 60_000;
        let of = call(u64::try_from(minute).unwrap() % 7);
        match minute % 1_440 {
            0 => facts.push(joined(at_ms, of)),
            1 => facts.push(left(at_ms, of, Exit::Abandoned)),
            _ => facts.push(offered(at_ms, of, u64::try_from(minute).unwrap())),
        }
    }
    records(facts)
}

#[test]
fn the_offers_of_a_call_are_found_and_the_inbox_goes_further_back_than_the_day() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &three_days(clock::wall_ms()));
    for memory_only in [false, true] {
        let (store, restored, _) = open_with(dir.path(), Options { memory_only, ..Options::default() });
        let wanted: Vec<u64> = (0..3 * 24 * 60).filter(|n| n % 7 == 3 && n % 1_440 > 1).collect();
        assert_eq!(offers(&store, call(3)), wanted, "oldest first, of all three days");
        assert_eq!(offers(&store, call(99)), [] as [u64; 0]);
        assert_eq!(restored.inbox.len(), 3, "who gave up on each of the days");
        assert!(restored.inbox.iter().all(|fact| matches!(fact, Fact::Left(_))));
        assert!((1_430..1_450).contains(&restored.facts.len()), "{} facts of a day", restored.facts.len());
        store.close();
    }
}

#[test]
fn what_is_done_about_who_gave_up_is_given_back_and_what_is_older_than_a_week_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let now_ms = clock::wall_ms();
    let act = |at_ms, act| Fact::Missed(MissedFact { at_ms, caller: "030".into(), act, by: "eva".into() });
    let facts = [
        left(now_ms - 8 * DAY_MS, call(1), Exit::Abandoned),
        left(now_ms - 6 * DAY_MS, call(2), Exit::Abandoned),
        left(now_ms - 5 * DAY_MS, call(3), Exit::Timeout),
        act(now_ms - 2 * DAY_MS, MissedAct::Claimed { owner: "2001".into() }),
        left(now_ms, call(4), Exit::Answered),
        act(now_ms, MissedAct::Closed { word: "sold".into() }),
    ];
    fill(dir.path(), &records(facts.clone()));
    let (store, restored, _) = open(dir.path());
    assert_eq!(restored.inbox, [&facts[1], &facts[3], &facts[4], &facts[5]].map(Clone::clone));
    store.close();
}

#[test]
fn old_facts_go_a_little_at_a_time_and_all_that_points_to_them() {
    for memory_only in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), &three_days(clock::wall_ms()));
        let options = Options { memory_only, retry_ms: 5, ..Options::default() };
        let (store, _, _) = open_with(dir.path(), options);
        let all: Vec<u64> = (0..7).flat_map(|n| offers(&store, call(n))).collect();
        assert!(all.len() > 20 * PRUNE_MAX, "many portions");
        store.keep_facts(Duration::from_secs(36 * 3_600));
        let wanted = 36 * 60;
        let begin = clock::mono_us();
        let left_over = loop {
            let left: Vec<u64> = (0..7).flat_map(|n| offers(&store, call(n))).collect();
            if left.iter().all(|offer| *offer >= wanted) || clock::mono_us() - begin > 30_000_000 {
                break left;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let kept: Vec<u64> = all.into_iter().filter(|offer| *offer >= wanted).collect();
        assert!(left_over.len() >= kept.len() - 3, "{} of {}", left_over.len(), kept.len());
        assert!(left_over.iter().all(|offer| *offer >= wanted));
        store.close();
        if !memory_only {
            let (store, Restored { inbox, .. }, _) = open(dir.path());
            assert_eq!(inbox.len(), 1, "of three that gave up one is young enough");
            store.close();
        }
    }
}

#[test]
fn nothing_goes_before_it_is_said_how_long_facts_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &records([offered(1_000, call(1), 1)]));
    let (store, _, _) = open_with(dir.path(), Options { retry_ms: 1, ..Options::default() });
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(offers(&store, call(1)), [1]);
    store.keep_facts(Duration::from_secs(86_400));
    let begin = clock::mono_us();
    while !offers(&store, call(1)).is_empty() && clock::mono_us() - begin < 30_000_000 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(offers(&store, call(1)).is_empty(), "of 1970");
    store.close();
}

/// A fact that the store refused at first comes later than those that followed it, at its own place.
#[test]
fn a_fact_that_comes_late_stands_where_it_belongs() {
    let dir = tempfile::tempdir().unwrap();
    let state = |presence| State { presence, activity: Activity::Idle };
    let agent = |at_ms, was, is| {
        Fact::Agent(AgentFact {
            at_ms,
            agent: "2001".into(),
            extension: "101".into(),
            was: state(was),
            lasted_ms: 1,
            is: state(is),
            by: "agent".into(),
        })
    };
    let lunch = Presence::Break { reason: "lunch".into() };
    let first = agent(1_000, Presence::LoggedOut, Presence::Ready);
    let second = agent(2_000, Presence::Ready, lunch.clone());
    let late = |seq, fact: &Fact| Record::Floor { seq, fact: Box::new(fact.clone()) };
    fill(dir.path(), &[late(2, &second), late(1, &first)]);
    let (store, restored, _) = open(dir.path());
    store.close();
    assert_eq!(restored.facts, [first, second]);
    assert_eq!(restored.agents.iter().map(|a| &a.state.presence).collect::<Vec<_>>(), [&lunch]);
}

/// What was said of a queue is known however long ago that was, and the last word counts, whenever it comes.
#[test]
fn what_was_said_of_queues_is_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let said = |at_ms, queue: &str, door| {
        Fact::Door(DoorFact { at_ms, queue: queue.into(), door, by: "mara".into() })
    };
    let record = |seq, fact: &Fact| Record::Floor { seq, fact: Box::new(fact.clone()) };
    let month = 31 * 86_400_000;
    let (closed, opened) = (said(1, "support", Door::Closed), said(2, "sales", Door::Open));
    let (hours, late) = (said(month, "sales", Door::Hours), said(3, "support", Door::Open));
    fill(dir.path(), &[record(2, &closed), record(3, &opened), record(4, &hours), record(1, &late)]);
    let (store, restored, _) = open(dir.path());
    store.close();
    assert_eq!(restored.facts, [hours]);
    let doors: Vec<_> = restored.doors.iter().map(|one| (one.queue.as_str(), one.door)).collect();
    assert_eq!(doors, [("sales", Door::Hours), ("support", Door::Closed)]);
}
