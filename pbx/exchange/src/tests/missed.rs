//! Callers who give up, and whose class is known; with phones around the exchange.

use super::queues::{Floor, queue, site};
use super::world::{World, sdp};
use crate::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::config::QueueConfig;
use switchroom_acd::fact::MissedAct;
use switchroom_acd::{Fact, Presence};
use switchroom_flow::classes::CallerClass;
use switchroom_flow::expr::Expr;
use switchroom_flow::lists::List;
use switchroom_flow::node::Job;
use switchroom_sip::status::Status;

impl Floor {
    /// Agent 2 is there and on a break; 101 calls, waits for so long and hangs up.
    fn give_up(&mut self, seconds: u64) {
        let tea = Presence::Break { reason: "tea".into() };
        self.act(AgentAct::Choose { agent: "2".into(), presence: tea, extension: Some("102".into()) })
            .unwrap();
        let call = self.call("700");
        self.w.run(Duration::from_secs(seconds));
        self.w.hang_up(self.a, call);
        self.w.ms(100);
    }

    fn missed(&mut self, which: &str, wish: MissedWish) -> Result<String, String> {
        self.w.command("boss", Command::Missed { which: which.into(), wish })
    }
}

#[test]
fn who_gives_up_is_called_back_and_settled() {
    let mut t = Floor::new(queue());
    t.give_up(3);
    assert!(t.w.x.inbox().is_empty(), "that was a short one");
    t.give_up(30);
    let entry = t.w.x.missed("101").unwrap().clone();
    assert_eq!((entry.count, &*entry.queue, entry.longest_wait_ms / 1_000), (1, "q", 30));
    assert_eq!(t.w.x.missed(&CallId(entry.id).to_string()), Some(&entry));
    t.give_up(40);
    assert_eq!(t.w.x.missed("101").map(|entry| (entry.id, entry.count)), Some((entry.id, 2)));
    let claim = |agent: Option<&str>| MissedWish::Claim { agent: agent.map(str::to_owned) };
    assert_eq!(t.missed("101", claim(Some("9"))), Err("there is no agent 9".into()));
    assert!(t.missed("101", MissedWish::Release).is_err());
    assert_eq!(t.missed("101", claim(Some("2"))), Ok("2 takes care of 101".into()));
    assert_eq!(t.missed("101", claim(None)), Err("2 takes care of 101 already; release it first".into()));
    assert_eq!(t.missed("101", MissedWish::Tried), Ok("101 was tried in vain, 1 times now".into()));
    t.missed("101", MissedWish::Release).unwrap();
    t.missed("101", claim(None)).unwrap();
    let id = CallId(entry.id).to_string();
    assert!(t.missed(&id, MissedWish::Close { word: "  ".into() }).is_err(), "a word is wanted");
    assert_eq!(t.missed(&id, MissedWish::Close { word: "sold".into() }), Ok("101 is settled: sold".into()));
    assert!(t.w.x.inbox().is_empty() && t.missed("101", claim(None)).is_err());
    assert!(t.w.x.take_changed().contains(&Changed::Missed(CallId(entry.id))));
    t.end();
}

#[test]
fn who_is_answered_later_is_settled_by_that() {
    let mut t = Floor::new(queue());
    t.give_up(30);
    assert_eq!(t.w.x.inbox().len(), 1);
    t.sign_in("2", "102");
    let call = t.call("701");
    t.answer(t.b);
    assert!(t.w.x.inbox().is_empty());
    t.w.hang_up(t.a, call);
    let repeats = t.w.x.figures().queue("q", 0, i64::MAX).counts.repeats;
    assert_eq!(repeats, 0, "who was not connected before repeats nothing");
    t.end();
}

#[test]
fn who_asks_again_after_an_answer_is_a_repeat() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    let call = t.call("701");
    t.answer(t.b);
    t.w.run(Duration::from_secs(10));
    t.w.hang_up(t.a, call);
    t.w.run(Duration::from_secs(3_600));
    t.w.x.take_changed();
    t.give_up(1);
    let changed = t.w.x.take_changed();
    assert!(changed.contains(&Changed::Agent("2".into())) && changed.contains(&Changed::Queue("q".into())));
    assert_eq!(t.w.x.figures().queue("q", 0, i64::MAX).counts.repeats, 1);
    assert_eq!(t.w.x.figures().agent("2", 0, i64::MAX).counts.repeats, 1);
    t.end();
}

/// The inbox is made from facts, and whom a restart cuts off is in it.
#[test]
fn a_restart_keeps_the_inbox() {
    let mut t = Floor::new(queue());
    t.give_up(30);
    t.missed("101", MissedWish::Claim { agent: None }).unwrap();
    let facts = t.facts();
    let before = t.w.x.inbox().clone();
    let inbox = facts.iter().filter(|fact| switchroom_acd::Inbox::concerns(fact)).cloned().collect();
    let mut w = World::with(site(queue()), Restored { inbox, facts, ..Restored::default() });
    assert_eq!(*w.x.inbox(), before);
    assert!(w.x.take_changed().iter().any(|changed| matches!(changed, Changed::Missed(_))));
    let mut t = Floor::new(QueueConfig { max_wait: 0, ..queue() });
    t.sign_in("2", "102");
    t.call("700");
    let mut facts = t.facts();
    facts.retain(|fact| !matches!(fact, Fact::Left(_)));
    let w = World::with(site(queue()), Restored { facts, ..Restored::default() });
    assert_eq!(w.x.missed("101").map(|entry| entry.count), Some(1), "cut off while waiting");
}

/// 101 is a VIP by a number of its own, 102 a regular by a list.
fn classes(config: &mut Config) {
    let list = |text: &str| List::parse(text).unwrap();
    config.inbound.lists.insert("known".into(), list("number,value\n10*,gold\n"));
    let vip = CallerClass { numbers: list("101,\n"), priority: 7, ..CallerClass::default() };
    let regular = CallerClass { list: Some("known".into()), priority: 2, ..CallerClass::default() };
    config.inbound.classes = BTreeMap::from([("vip".into(), vip), ("regular".into(), regular)]);
}

#[test]
fn a_class_gives_the_priority_and_its_name() {
    let mut config = site(queue());
    classes(&mut config);
    let mut t = Floor::with(config);
    t.sign_in("3", "103");
    let tea = Presence::Break { reason: "tea".into() };
    t.act(AgentAct::Choose { agent: "3".into(), presence: tea, extension: None }).unwrap();
    t.w.dial(t.b, "700", Some(sdp("192.0.2.12", "8 101", "")));
    t.w.ms(100);
    t.call("700");
    let floor = t.w.x.floor();
    let waiting: Vec<_> = floor.waiters(floor.queue("q").unwrap()).map(|w| (&*w.class, w.priority)).collect();
    assert_eq!(waiting, [("vip", 7), ("regular", 2)], "who matters more waits before who came first");
    let joined = t.facts().into_iter().rev().find_map(|fact| match fact {
        Fact::Joined(joined) => Some((joined.class, joined.priority)),
        _ => None,
    });
    assert_eq!(joined, Some(("vip".into(), 7)));
}

#[test]
fn flows_go_by_the_class_and_may_say_otherwise() {
    let mut config = site(queue());
    classes(&mut config);
    let vip = config.inbound.classes.remove("vip").unwrap();
    config.inbound.classes.insert("q".into(), vip);
    let mut flow = Arc::unwrap_or_clone(config.flows.remove("wait").unwrap());
    if let Job::Queue { queue, priority, .. } = &mut flow.nodes[0].job {
        *priority = Some(Expr::Constant(switchroom_flow::Value::whole(1)));
        *queue = Expr::Name("class".into());
    }
    config.flows.insert("wait".into(), Arc::new(flow));
    let mut t = Floor::with(config);
    t.give_up(30);
    assert_eq!(t.w.x.missed("101").map(|entry| (&*entry.queue, &*entry.class)), Some(("q", "q")));
    let joined = t.facts().into_iter().find_map(|fact| match fact {
        Fact::Joined(joined) => Some(joined.priority),
        _ => None,
    });
    assert_eq!(joined, Some(1));
    t.end();
}

/// Whoever calls somebody who gave up, by hand or by `dial`: an answer settles the entry, and else it was a try.
#[test]
fn a_call_to_who_gave_up_is_counted_and_settles() {
    let mut t = Floor::new(queue());
    t.give_up(30);
    t.w.command("boss", Command::Dial { from: "103".into(), to: "101".into() }).unwrap();
    t.w.ms(100);
    t.answer(t.c);
    t.w.reject(t.a, Status::BUSY);
    assert_eq!(t.w.x.missed("101").map(|entry| entry.tries), Some(1));
    let call = t.w.dial(t.b, "101", Some(sdp("192.0.2.12", "8 101", "")));
    t.w.ms(100);
    t.answer(t.a);
    assert!(t.w.x.inbox().is_empty());
    t.w.hang_up(t.b, call);
    let last = t.facts().into_iter().rev().find_map(|fact| match fact {
        Fact::Missed(missed) => Some((missed.act, missed.by)),
        _ => None,
    });
    assert_eq!(last, Some((MissedAct::Closed { word: "called back".into() }, "102".into())));
}

/// A supervisor's own call names whom it is about, and has called nobody; nor has a call whose own phone was not taken.
#[test]
fn only_a_call_that_rang_the_number_counts_as_a_try() {
    let mut t = Floor::new(queue());
    t.give_up(30);
    let tries = |t: &Floor| t.w.x.missed("101").map(|entry| entry.tries);
    assert_eq!(tries(&t), Some(0));
    // 102 does not take its own phone.
    t.w.command("boss", Command::Dial { from: "102".into(), to: "101".into() }).unwrap();
    t.w.ms(50);
    t.w.reject(t.b, Status::BUSY);
    t.w.ms(100);
    assert_eq!(tries(&t), Some(0), "101 was not rung");
    t.w.command("boss", Command::Dial { from: "102".into(), to: "101".into() }).unwrap();
    t.w.ms(50);
    t.answer(t.b);
    t.w.reject(t.a, Status::BUSY);
    t.w.ms(100);
    assert_eq!(tries(&t), Some(1));
    // 103 is to hear the calls of 101, and hangs up.
    let (subject, mode) = (Subject::Extension("101".into()), Mode::Listen);
    let act = SupervisionAct::Begin { subject, mode };
    t.w.command("boss", Command::Supervise { phone: Some("103".into()), act }).unwrap();
    t.w.ms(50);
    let call = t.answer(t.c);
    t.w.hang_up(t.c, call);
    t.w.ms(100);
    assert_eq!(tries(&t), Some(1), "nobody has called 101");
    // 102 and 103 talk, and 101 is consulted about something else.
    t.w.dial(t.b, "103", Some(sdp("192.0.2.12", "8 101", "")));
    t.w.ms(50);
    let talk = t.answer(t.c);
    let id = t.w.x.calls().find(|call| !call.is_ended()).unwrap().id;
    t.w.command("boss", Command::Consult { call: id, act: ConsultAct::Begin { to: "101".into() } }).unwrap();
    t.w.ms(50);
    t.answer(t.a);
    t.w.command("boss", Command::Consult { call: id, act: ConsultAct::Complete }).unwrap();
    t.w.ms(50);
    assert_eq!(tries(&t), Some(1), "nobody has called 101 about that");
    t.w.hang_up(t.c, talk);
    t.end();
}
