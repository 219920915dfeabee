//! A call-back is promised once it is on disk, and not before.

use super::super::queues::route;
use super::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use switchroom_acd::Exit;
use switchroom_acd::config::Membership;
use switchroom_acd::figures::QueueCounts;
use switchroom_flow::routes::Destination;

impl Floor {
    /// 101 waits, and wants to be called back; what the store says of it is due. Gives its ticket.
    fn asks(&mut self) -> Ticket {
        self.asks_in_a_call().0
    }

    /// The same, with the caller's session.
    fn asks_in_a_call(&mut self) -> (Ticket, SessionId) {
        self.choose("2", Presence::Break { reason: "tea".into() }, "102");
        let call = self.call("700");
        self.w.run(Duration::from_secs(20));
        self.w.store_works = false;
        self.press("11");
        self.w.store_works = true;
        assert!(!self.says("msg/call-back-noted"), "nothing is promised yet");
        assert_eq!(self.exits(), [], "the caller waits on");
        (*self.w.x.call_backs_asked.keys().next().unwrap(), call)
    }
}

impl Floor {
    /// What the disk has: what the store has said so of, and what it has written and said nothing of yet.
    fn on_disk(&self) -> Vec<Fact> {
        let told = self.w.records.iter().filter_map(|record| match record {
            Record::Floor { seq, fact } => Some((*seq, (**fact).clone())),
            _ => None,
        });
        let written = self.w.x.fact_words.waiting.values().map(|(seq, fact)| (*seq, (**fact).clone()));
        told.chain(written).collect::<BTreeMap<u64, Fact>>().into_values().collect()
    }
}

#[test]
fn the_caller_is_told_when_it_is_on_disk() {
    let mut t = Floor::new(rules());
    let ticket = t.asks();
    t.w.run(Duration::from_secs(5));
    assert!(!t.says("msg/call-back-noted"), "however long that takes");
    t.w.input(Input::Stored(vec![ticket]));
    t.w.ms(10);
    assert!(t.says("msg/call-back-noted"));
    assert_eq!(t.exits(), [(Exit::CalledBack, String::new())]);
    t.hears_all();
    t.take_it();
    t.answer(t.a);
    assert_eq!(t.ends(), [CallBackEnd::Reached]);
}

#[test]
fn what_the_store_refuses_is_not_promised_and_the_caller_waits_on() {
    let mut t = Floor::new(rules());
    let ticket = t.asks();
    t.w.input(Input::NotStored(vec![ticket]));
    t.w.ms(10);
    assert!(t.says("msg/no-call-back"));
    t.hears_all();
    assert!(t.says("music/one"), "and hears music again");
    assert_eq!((t.exits(), t.ends()), (vec![], vec![CallBackEnd::NotKept]));
    let path = t.live().path.iter().map(|why| why.text.clone()).collect::<Vec<_>>();
    assert!(path.iter().any(|text| text.contains("could not be kept")), "{path:?}");
    t.choose("2", Presence::Ready, "102");
    t.answer(t.b);
    assert_eq!(t.exits(), [(Exit::Answered, "2".to_owned())]);
}

#[test]
fn who_is_answered_meanwhile_is_called_back_by_nobody() {
    let mut t = Floor::new(rules());
    let ticket = t.asks();
    t.choose("2", Presence::Ready, "102");
    t.answer(t.b);
    assert_eq!(t.exits(), [(Exit::Answered, "2".to_owned())]);
    t.w.input(Input::Stored(vec![ticket]));
    t.w.ms(10);
    assert_eq!((t.ends(), t.w.x.floor().call_backs().count()), (vec![CallBackEnd::NotKept], 0));
    assert!(matches!(t.live().stage, Stage::Talking { .. }));
    assert!(!t.says("msg/call-back-noted"));
}

#[test]
fn who_hangs_up_before_it_was_promised_has_given_up() {
    let mut t = Floor::new(rules());
    let ticket = t.asks();
    let call = t.live().id;
    t.w.command("boss", Command::HangUp(call)).unwrap();
    t.w.input(Input::Stored(vec![ticket]));
    t.w.ms(10);
    assert_eq!((t.ends(), t.w.x.floor().call_backs().count()), (vec![CallBackEnd::NotKept], 0));
    assert_eq!(t.live_count(), 0);
}

/// The caller was put into another line before the store had said its word: it waits there, and is not called back for this one.
#[test]
fn who_waits_elsewhere_by_then_stays_there() {
    let mut config = site(rules());
    let mut floor = (*config.floor).clone();
    floor.queues.insert("other".into(), rules());
    for agent in floor.agents.values_mut() {
        agent.queues.insert("other".into(), Membership::default());
    }
    config.floor = Arc::new(floor);
    config.inbound.routes.push(route("703", Destination::Queue("other".into())));
    let mut t = Floor::with(config);
    let ticket = t.asks();
    let call = t.live().id;
    t.w.command("boss", Command::Transfer { call, to: "703".into() }).unwrap();
    t.w.ms(10);
    t.w.input(Input::Stored(vec![ticket]));
    t.w.ms(10);
    assert_eq!(t.ends(), [CallBackEnd::NotKept]);
    let floor = t.w.x.floor();
    let queue = floor.waiter(call.0).and_then(|waiter| floor.queue_by_id(waiter.queue));
    assert_eq!(queue.map(|queue| queue.name.as_str()), Some("other"));
    assert!(t.exits().iter().all(|(exit, _)| *exit != Exit::CalledBack));
}

/// What a start makes of these facts: how many are to be called back, are in the inbox, and what is counted of the queue.
fn after_a_crash(facts: Vec<Fact>) -> (usize, usize, QueueCounts) {
    let restored = Restored { facts: facts.clone(), inbox: facts, ..Restored::default() };
    let w = World::with(site(rules()), restored);
    assert_eq!(w.x.audit(), [""; 0]);
    let counts = w.x.figures().queue("q", 0, i64::MAX).counts;
    let left = counts.answered + counts.abandoned + counts.overflows.sum() + counts.called_back;
    assert_eq!(counts.offered, left + counts.waiting);
    (w.x.floor().call_backs().count(), w.x.inbox().all().count(), counts)
}

/// The exchange dies when the wish is on disk and before anybody was told so. The caller may have been told or not, and is
/// called back: as one who asked for it, and not besides as one who was cut off.
#[test]
fn a_wish_that_is_on_disk_is_one_whether_the_caller_was_told_or_not() {
    let mut t = Floor::new(rules());
    t.asks();
    let (open, missed, counts) = after_a_crash(t.on_disk());
    assert_eq!((open, missed), (1, 0));
    assert_eq!((counts.offered, counts.called_back, counts.overflows.restart), (1, 1, 0));
    assert_eq!(counts.call_backs.asked, 1);
}

/// Who was told that it could not be kept, and waited on, was cut off like anybody.
#[test]
fn who_was_refused_it_and_waited_on_was_cut_off() {
    let mut t = Floor::new(rules());
    let ticket = t.asks();
    t.w.input(Input::NotStored(vec![ticket]));
    t.w.ms(10);
    let (open, missed, counts) = after_a_crash(t.on_disk());
    assert_eq!((open, missed), (0, 1));
    assert_eq!((counts.called_back, counts.overflows.restart, counts.call_backs.asked), (0, 1, 0));
}

/// Who hung up before it was promised, when the exchange dies before it has taken the wish back: called back once too often, and
/// counted as one who gave up, which is what is on disk.
#[test]
fn who_hung_up_before_the_promise_may_be_called_back_after_a_crash() {
    let mut t = Floor::new(rules());
    let (at, (_, call)) = (t.a, t.asks_in_a_call());
    t.w.hang_up(at, call);
    let (open, missed, counts) = after_a_crash(t.on_disk());
    assert_eq!((open, missed), (1, 1));
    assert_eq!((counts.abandoned, counts.called_back, counts.call_backs.asked), (1, 0, 1));
}
