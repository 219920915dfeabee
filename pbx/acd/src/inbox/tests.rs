//! Who is to be called back.

#![allow(clippy::unwrap_used)]

use super::*;

const MINUTE: i64 = 60_000;

fn left(call: Call, at_min: i64, caller: &str, exit: Exit, waited_s: u64) -> Fact {
    let at_ms = at_min * MINUTE;
    Fact::Left(LeftFact {
        at_ms,
        joined_ms: at_ms - i64::try_from(waited_s).unwrap() * 1_000,
        call,
        visit: 1,
        queue: "sales".into(),
        caller: caller.into(),
        class: "vip".into(),
        exit,
        agent: String::new(),
        waited_ms: waited_s * 1_000,
        service_level_ms: 20_000,
        short_abandon_ms: 5_000,
    })
}

fn act(at_min: i64, caller: &str, act: MissedAct) -> Fact {
    Fact::Missed(MissedFact { at_ms: at_min * MINUTE, caller: caller.into(), act, by: "eva".into() })
}

fn inbox(facts: &[Fact]) -> Inbox {
    let mut inbox = Inbox::default();
    for fact in facts {
        inbox.apply(fact);
        assert_eq!(inbox.audit(), None);
    }
    inbox
}

#[test]
fn who_gave_up_is_one_entry_with_all_its_calls() {
    let inbox = inbox(&[
        left(1, 10, "0301234", Exit::Abandoned, 30),
        left(2, 20, "0305678", Exit::Abandoned, 60),
        left(3, 30, "0301234", Exit::Abandoned, 90),
        left(4, 40, "0301234", Exit::Abandoned, 20),
    ]);
    let numbers: Vec<_> = inbox.all().map(|entry| &*entry.caller).collect();
    assert_eq!(numbers, ["0305678", "0301234"], "who called longest ago first");
    let entry = inbox.get(1).unwrap();
    assert_eq!((entry.id, entry.last_call, entry.count), (1, 4, 3));
    assert_eq!((entry.first_ms, entry.last_ms), (10 * MINUTE, 40 * MINUTE));
    assert_eq!((entry.longest_wait_ms, &*entry.class, &*entry.queue), (90_000, "vip", "sales"));
    assert!(entry.is_repeat && !inbox.of("0305678").unwrap().is_repeat);
    assert!(inbox.get(3).is_none(), "an entry has the name of its first call");
}

#[test]
fn short_ones_withheld_numbers_and_other_exits_are_none() {
    let mut inbox = inbox(&[
        left(1, 1, "1", Exit::Abandoned, 4),
        left(2, 2, "", Exit::Abandoned, 60),
        left(3, 3, "3", Exit::Timeout, 60),
        left(4, 4, "4", Exit::Key, 60),
        left(5, 5, "5", Exit::CalledBack, 60),
    ]);
    assert!(inbox.is_empty());
    assert_eq!(inbox.apply(&left(6, 6, "6", Exit::Abandoned, 5)), [6], "the limit itself is not short");
    assert_eq!(inbox.apply(&left(7, 7, "7", Exit::Restart, 1)), [7], "cut off, however short the wait");
}

#[test]
fn an_answered_call_closes_it_in_whatever_queue_and_so_does_a_word() {
    let gave_up = left(1, 10, "030", Exit::Abandoned, 30);
    let mut other = left(2, 11, "030", Exit::Answered, 3);
    if let Fact::Left(left) = &mut other {
        left.queue = "support".into();
    }
    let mut all = inbox(std::slice::from_ref(&gave_up));
    assert_eq!(all.apply(&other), [1]);
    assert!(all.is_empty() && all.apply(&other).is_empty());
    let mut all = inbox(&[gave_up]);
    assert_eq!(all.apply(&act(12, "030", MissedAct::Closed { word: "sold".into() })), [1]);
    assert!(all.is_empty());
    let again = left(9, 30, "030", Exit::Abandoned, 30);
    assert_eq!(all.apply(&again), [9], "who calls again later is a new entry");
}

#[test]
fn it_is_claimed_tried_and_released() {
    let mut all = inbox(&[left(1, 10, "030", Exit::Abandoned, 30)]);
    all.apply(&act(11, "030", MissedAct::Claimed { owner: "2001".into() }));
    all.apply(&act(12, "030", MissedAct::Tried));
    all.apply(&act(13, "030", MissedAct::Tried));
    let entry = all.of("030").unwrap();
    assert_eq!(entry.claim, Some(("2001".into(), 11 * MINUTE)));
    assert_eq!((entry.tries, entry.tried_ms), (2, Some(13 * MINUTE)));
    all.apply(&left(2, 14, "030", Exit::Abandoned, 30));
    assert!(all.of("030").unwrap().claim.is_some(), "a further call joins what somebody has claimed");
    all.apply(&act(15, "030", MissedAct::Released));
    assert_eq!(all.of("030").unwrap().claim, None);
    assert!(all.apply(&act(16, "031", MissedAct::Tried)).is_empty());
}

#[test]
fn a_repeat_is_within_two_hours_of_the_one_before() {
    let second = |at_min| {
        inbox(&[left(1, 0, "1", Exit::Abandoned, 30), left(2, at_min, "1", Exit::Abandoned, 60)])
            .of("1")
            .map(|entry| entry.is_repeat)
    };
    assert_eq!(second(121), Some(true), "it joined at 120 minutes");
    assert_eq!(second(122), Some(false));
}

#[test]
fn it_is_bounded_and_forgets_who_called_longest_ago() {
    let mut all = Inbox::default();
    for n in 0..MISSED_MAX as u128 + 3 {
        all.apply(&left(n, i64::try_from(n).unwrap(), &format!("9{n}"), Exit::Abandoned, 30));
    }
    assert_eq!((all.len(), all.audit()), (MISSED_MAX, None));
    assert!(all.get(2).is_none() && all.get(3).is_some());
    let week = MISSED_KEEP_MS / MINUTE;
    let gone = all.apply(&left(1 << 80, week + 50, "8", Exit::Answered, 1));
    assert_eq!(gone.len(), 47, "those of the first fifty minutes, whatever happens next");
    assert_eq!(all.audit(), None);
}

/// Who gave up called from one number, then asked to be called at another, and was reached there.
#[test]
fn who_was_reached_at_another_number_than_it_called_from_is_called_at_neither() {
    let mut inbox =
        inbox(&[left(1, 10, "101", Exit::Abandoned, 30), left(2, 11, "102", Exit::Abandoned, 30)]);
    let reached = CallBackAct::Closed {
        how: CallBackEnd::Reached,
        agent: "1".into(),
        tries: 0,
        waited_ms: 1,
        reached_in: 9,
    };
    let fact = Fact::CallBack(CallBackFact {
        at_ms: 20 * MINUTE,
        id: 9,
        call: 3,
        joined_ms: 12 * MINUTE,
        queue: "sales".into(),
        number: "102".into(),
        caller: "101".into(),
        class: String::new(),
        priority: 0,
        act: reached,
    });
    let mut gone = inbox.apply(&fact);
    gone.sort_unstable();
    assert_eq!(gone, [1, 2]);
    assert_eq!((inbox.len(), inbox.audit()), (0, None));
}
