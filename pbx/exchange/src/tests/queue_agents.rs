//! Flows ask for an agent for who is to wait, with phones around the exchange.

use super::queues::{Floor, queue, site};
use crate::*;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::fact::Trigger;
use switchroom_acd::{Activity, Fact};
use switchroom_flow::Value;
use switchroom_flow::expr::Expr;
use switchroom_flow::node::Job;
use switchroom_sip::status::Status;

/// A site whose flow asks for that agent. Agent 2 at 102 is idle for longer than agent 3 at 103.
fn asks_for(agent: &str, change: impl FnOnce(&mut Config)) -> Floor {
    let mut config = site(queue());
    let mut flow = Arc::unwrap_or_clone(config.flows.remove("wait").unwrap());
    let Job::Queue { agent: of, .. } = &mut flow.nodes[0].job else { unreachable!() };
    *of = Some(Expr::Constant(Value::text(agent)));
    config.flows.insert("wait".into(), Arc::new(flow));
    change(&mut config);
    let mut t = Floor::with(config);
    t.sign_in("2", "102");
    t.w.run(Duration::from_secs(5));
    t.sign_in("3", "103");
    t
}

fn over(mut t: Floor) {
    t.w.input(Input::EndAll);
    t.w.run(Duration::from_secs(20));
    t.w.settle();
}

/// What the path of the call says of its wait.
fn waits(t: &Floor) -> String {
    let path = t.w.x.calls().flat_map(|call| call.path.iter());
    path.filter(|step| step.step == "queue").map(|step| step.text.clone()).next().unwrap()
}

fn triggers(t: &Floor) -> Vec<(Trigger, Vec<String>)> {
    let offers = t.facts().into_iter().filter_map(|fact| match fact {
        Fact::Offered(decision) => Some((decision.trigger, decision.chosen)),
        _ => None,
    });
    offers.collect()
}

#[test]
fn the_agent_whom_the_flow_asks_for_is_rung_though_another_is_idle_for_longer() {
    let mut t = asks_for("3", |_| {});
    t.call("700");
    assert!(t.rings(t.c) && !t.rings(t.b));
    assert_eq!(triggers(&t), [(Trigger::Own, vec!["3".to_owned()])]);
    assert_eq!(waits(&t), "waits in queue q, and asks for agent 3 first");
    t.answer(t.c);
    assert_eq!((t.activity("2"), t.activity("3")), (Activity::Idle, Activity::Talking));
    over(t);
}

#[test]
fn all_ring_but_for_who_asks_for_one() {
    let mut t = asks_for("3", |config| {
        let mut floor = (*config.floor).clone();
        floor.queues.get_mut("q").unwrap().ring_at_once = 0;
        config.floor = Arc::new(floor);
    });
    t.call("700");
    assert!(t.rings(t.c) && !t.rings(t.b));
    // The other is asked when that one does not take the caller.
    t.w.reject(t.c, Status::BUSY);
    assert!(t.rings(t.b));
    over(t);
}

#[test]
fn an_agent_who_is_not_free_is_not_waited_for() {
    let mut t = asks_for("3", |_| {});
    t.w.command("boss", Command::Dial { from: "103".into(), to: "101".into() }).unwrap();
    t.w.ms(50);
    assert_eq!(t.activity("3"), Activity::Outbound);
    t.call("700");
    assert!(t.rings(t.b));
    assert_eq!(triggers(&t), [(Trigger::Waiter, vec!["2".to_owned()])]);
    over(t);
}

/// With nobody free, whoever is so first has the caller, whomever it asked for.
#[test]
fn who_becomes_free_first_has_a_caller_who_waits() {
    let mut t = asks_for("3", |_| {});
    let set = |t: &mut Floor, agent: &str, presence| {
        t.act(AgentAct::Choose { agent: agent.into(), presence, extension: None }).unwrap();
        t.w.ms(10);
    };
    let tea = || switchroom_acd::Presence::Break { reason: "tea".into() };
    set(&mut t, "2", tea());
    set(&mut t, "3", tea());
    t.call("700");
    assert!(triggers(&t).is_empty());
    set(&mut t, "2", switchroom_acd::Presence::Ready);
    assert!(t.rings(t.b));
    assert_eq!(triggers(&t), [(Trigger::Agent, vec!["2".to_owned()])]);
    over(t);
}

#[test]
fn an_agent_who_is_none_is_no_fault_of_the_flow() {
    for (agent, said) in [
        ("", "waits in queue q"),
        ("9", "waits in queue q; there is no agent \"9\", who was asked for"),
        ("\u{1b}[2J", "waits in queue q; there is no agent \"\u{fffd}[2J\", who was asked for"),
        ("4", "waits in queue q; agent 4, who was asked for, is none of that queue"),
    ] {
        let mut t = asks_for(agent, |config| {
            let mut floor = (*config.floor).clone();
            floor.agents.insert("4".into(), switchroom_acd::config::AgentConfig::default());
            config.floor = Arc::new(floor);
        });
        t.call("700");
        assert_eq!(waits(&t), said);
        assert!(t.rings(t.b), "{agent:?}");
        assert_eq!(triggers(&t), [(Trigger::Waiter, vec!["2".to_owned()])]);
        assert!(t.w.x.alarms().next().is_none());
        over(t);
    }
}

/// Who was asked for and is an agent no more is none.
#[test]
fn an_agent_whom_a_reload_took_away_is_asked_for_no_more() {
    let mut t = asks_for("3", |_| {});
    let mut config = t.w.x.config().clone();
    let mut floor = (*config.floor).clone();
    floor.agents.remove("3");
    config.floor = Arc::new(floor);
    t.w.input(Input::Config(Arc::new(config)));
    t.call("700");
    assert_eq!(waits(&t), "waits in queue q; there is no agent \"3\", who was asked for");
    assert!(t.rings(t.b));
    over(t);
}
