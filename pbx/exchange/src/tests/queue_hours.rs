//! Queues with hours and limits of calls, with phones around the exchange.

use super::queues::{Floor, queue, site};
use super::world::{World, sdp};
use crate::*;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::config::{Membership, QueueConfig};
use switchroom_acd::fact::Exit;
use switchroom_acd::{Door, Fact};
use switchroom_flow::calendar::{Hours, Zone, week_rule};
use switchroom_flow::expr::Expr;
use switchroom_flow::node::Job;
use switchroom_flow::{NodeId, Value};

/// A site whose queue is open from a minute after the clock of the test until ten minutes later.
fn with_hours() -> (Config, i64) {
    let mut config = site(QueueConfig { hours: Some("office".into()), ..queue() });
    config.inbound.zone = Zone::utc();
    let start = World::new().now.wall.0;
    let minute = start.div_euclid(60_000) + 1;
    let clock = |minute: i64| format!("{:02}:{:02}", minute.rem_euclid(1_440) / 60, minute.rem_euclid(60));
    let rule = week_rule(&format!("mon-sun {}-{}", clock(minute), clock(minute + 10))).unwrap();
    let hours = Hours { zone: None, week: vec![rule], special: Vec::new() };
    config.inbound.hours.insert("office".into(), hours);
    (config, minute * 60_000)
}

/// The paths of all calls.
fn why(t: &Floor) -> String {
    t.w.x
        .calls()
        .flat_map(|call| call.path.iter())
        .map(|step| step.text.clone())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_queue_opens_and_closes_by_its_hours() {
    let (config, opens) = with_hours();
    let mut t = Floor::with(config);
    t.sign_in("2", "102");
    let hours = t.w.x.queue_hours("q").unwrap().clone();
    assert_eq!((hours.is_open, hours.changes_ms), (false, Some(opens)));
    t.call("700");
    assert!(t.says("closed"), "{:?}", t.plays());
    assert_eq!(t.exits(), [(Exit::Closed, String::new())]);
    assert!(why(&t).contains("closed by its hours (office), and opens "), "{}", why(&t));
    t.heard();
    // Nothing happens but time.
    t.w.x.take_changed();
    t.w.run(Duration::from_secs(61));
    assert!(t.w.x.floor().queue("q").unwrap().is_open());
    t.call("700");
    assert!(t.rings(t.b));
    let ring = t.answer(t.b);
    t.w.run(Duration::from_secs(660));
    assert!(!t.w.x.floor().queue("q").unwrap().is_open());
    assert_eq!(t.activity("2"), switchroom_acd::Activity::Talking, "who talks talks on");
    t.w.hang_up(t.b, ring);
    t.w.input(Input::EndAll);
    t.w.run(Duration::from_secs(20));
    t.w.settle();
}

#[test]
fn hours_change_by_reload() {
    let (config, _) = with_hours();
    let mut t = Floor::with(config.clone());
    t.sign_in("2", "102");
    assert!(!t.w.x.floor().queue("q").unwrap().is_open());
    let mut floor = (*config.floor).clone();
    floor.queues.get_mut("q").unwrap().hours = None;
    t.w.input(Input::Config(Arc::new(Config { floor: Arc::new(floor), ..config })));
    assert!(t.w.x.floor().queue("q").unwrap().is_open());
    assert_eq!(t.w.x.queue_hours("q"), None);
    t.call("700");
    assert!(t.rings(t.b));
    t.w.input(Input::EndAll);
    t.w.run(Duration::from_secs(20));
    t.w.settle();
}

/// A reload takes a queue away, and the flow of who waited there goes on to one that the same reload adds: closed is closed.
#[test]
fn a_queue_that_comes_by_reload_lets_nobody_in_while_it_is_closed() {
    let (mut config, _) = with_hours();
    let mut flow = (*config.flows.get("wait").unwrap().clone()).clone();
    let Job::Queue { queue: of, empty, .. } = &mut flow.nodes[0].job else { unreachable!() };
    let other = std::mem::replace(of, Expr::Constant(Value::text("old")));
    *empty = Some(NodeId(3));
    flow.nodes[3].job = flow.nodes[0].job.clone();
    let Job::Queue { queue: of, empty, .. } = &mut flow.nodes[3].job else { unreachable!() };
    (*of, *empty) = (other, None);
    config.flows.insert("wait".into(), Arc::new(flow));
    let mut before = (*config.floor).clone();
    before.queues = [("old".to_owned(), queue())].into();
    before
        .agents
        .values_mut()
        .for_each(|agent| agent.queues = [("old".to_owned(), Membership::default())].into());
    let mut t = Floor::with(Config { floor: Arc::new(before), ..config.clone() });
    t.sign_in("2", "102");
    t.call("700");
    assert!(t.rings(t.b));
    t.w.input(Input::Config(Arc::new(config)));
    t.w.ms(10);
    assert!(t.says("closed"), "{:?}", t.plays());
    assert_eq!(t.w.x.floor().queue("q").unwrap().order.len(), 0);
}

#[test]
fn a_user_closes_and_opens_a_queue_whatever_its_hours_say() {
    let (config, _) = with_hours();
    let mut t = Floor::with(config);
    t.sign_in("2", "102");
    t.w.run(Duration::from_secs(61));
    let set = |t: &mut Floor, door| t.act(AgentAct::Door { queue: "q".into(), door });
    assert!(t.w.x.floor().queue("q").unwrap().is_open());
    t.call("700");
    let done = set(&mut t, Door::Closed).unwrap();
    assert_eq!(done, "queue q is closed; one waits there, and goes on waiting");
    assert_eq!(t.w.x.floor().queue("q").unwrap().order.len(), 1);
    assert_eq!(set(&mut t, Door::Closed), Err("somebody has set the queue closed already".into()));
    let c = t.c;
    t.w.dial(c, "700", Some(sdp("192.0.2.13", "8 101", "")));
    t.w.ms(100);
    assert!(t.says("closed"), "{:?}", t.plays());
    assert!(why(&t).contains("does not let it in: it was closed by "), "{}", why(&t));
    // The hours end meanwhile, and nobody is told that the queue closes.
    t.w.records.clear();
    t.w.run(Duration::from_secs(660));
    assert!(!t.w.events().contains(&"queue_closed".to_owned()), "{:?}", t.w.events());
    assert_eq!(set(&mut t, Door::Open).unwrap(), "queue q is open, whatever its hours say");
    assert!(t.w.x.floor().queue("q").unwrap().is_open());
    assert_eq!(
        set(&mut t, Door::Hours).unwrap(),
        "queue q is closed by its hours again; one waits there, and goes on waiting"
    );
    let heard = |name: &str| t.w.events().iter().filter(|event| *event == name).count();
    assert_eq!((heard("queue_opened"), heard("queue_by_hours"), heard("queue_door")), (1, 1, 2));
    t.w.input(Input::EndAll);
    t.w.run(Duration::from_secs(20));
    t.w.settle();
}

#[test]
fn what_a_user_said_of_a_queue_holds_over_a_restart() {
    let mut t = Floor::new(queue());
    t.act(AgentAct::Door { queue: "q".into(), door: Door::Closed }).unwrap();
    let doors = t
        .facts()
        .into_iter()
        .filter_map(|fact| match fact {
            Fact::Door(fact) => Some(fact),
            _ => None,
        })
        .collect();
    let again = World::with(site(queue()), Restored { doors, ..Restored::default() });
    let queue = again.x.floor().queue("q").unwrap();
    assert!(!queue.is_open() && queue.door.as_ref().is_some_and(|said| said.at_ms == t.w.now.wall.0));
}

#[test]
fn a_user_who_is_restricted_to_queues_opens_and_closes_those() {
    let mut config = site(queue());
    let queues = std::collections::BTreeSet::from(["other".to_owned()]);
    config.supervision.queues.insert("boss".into(), queues);
    let mut t = Floor::with(config);
    let done = t.act(AgentAct::Door { queue: "q".into(), door: Door::Closed });
    assert_eq!(done, Err("queue q is of q; you may act on queues: other".into()));
    assert!(t.w.x.floor().queue("q").unwrap().is_open());
    let mut config = t.w.x.config().clone();
    config.supervision.queues.insert("boss".into(), ["q".to_owned()].into());
    t.w.input(Input::Config(Arc::new(config)));
    t.act(AgentAct::Door { queue: "q".into(), door: Door::Closed }).unwrap();
    assert!(!t.w.x.floor().queue("q").unwrap().is_open());
}

#[test]
fn a_call_too_many_is_told_that_the_queue_is_full_and_why_says_which_limit() {
    let mut t = Floor::new(QueueConfig { calls_max: Some(1), ..queue() });
    t.sign_in("2", "102");
    t.call("700");
    t.answer(t.b);
    let offer = Some(sdp("192.0.2.13", "8 101", ""));
    let c = t.c;
    t.w.dial(c, "700", offer);
    t.w.ms(100);
    assert!(t.says("full"));
    assert!(why(&t).contains("1 wait or talk there, and no more may (max_calls)"), "{}", why(&t));
    let counted = t.facts().iter().filter(|fact| matches!(fact, Fact::Joined(_))).count();
    assert_eq!(counted, 2);
    let figures = t.w.x.figures().queue("q", i64::MIN, i64::MAX);
    assert_eq!((figures.counts.offered, figures.counts.answered, figures.counts.overflows.full), (2, 1, 1));
    t.w.input(Input::EndAll);
    t.w.run(Duration::from_secs(20));
    t.w.settle();
}
