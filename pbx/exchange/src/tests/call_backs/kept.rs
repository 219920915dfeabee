//! A call-back is promised once it is on disk, and not before.

use super::super::queues::route;
use super::*;
use std::sync::Arc;
use switchroom_acd::Exit;
use switchroom_acd::config::Membership;
use switchroom_flow::routes::Destination;

impl Floor {
    /// 101 waits, and wants to be called back; what the store says of it is due. Gives its ticket.
    fn asks(&mut self) -> Ticket {
        self.choose("2", Presence::Break { reason: "tea".into() }, "102");
        self.call("700");
        self.w.run(Duration::from_secs(20));
        self.w.store_works = false;
        self.press("11");
        self.w.store_works = true;
        assert!(!self.says("msg/call-back-noted"), "nothing is promised yet");
        assert_eq!(self.exits(), [], "the caller waits on");
        *self.w.x.call_backs_asked.keys().next().unwrap()
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
