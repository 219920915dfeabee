//! Agents by phone, through the flow that ships: who may, what comes of it, and that no PIN is written down.

use super::flows::Caller;
use super::queues::route;
use super::world::{World, config, sdp};
use crate::*;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::config::{AgentConfig, BreakConfig, Membership, QueueConfig};
use switchroom_acd::{Activity, Fact, Presence};
use switchroom_flow::pins::Pin;
use switchroom_flow::routes::Destination;

const FLOW: &str = include_str!("../../../../flows/agents.toml");

/// Agent 2001 has extension 101 and no PIN, 2002 none and a PIN, 2003 neither, 2004 extension 103 and a PIN.
pub(crate) fn site() -> Config {
    let mut config = config();
    let (flow, faults) = switchroom_flow::read("agents.toml", 1, FLOW);
    assert!(faults.is_empty());
    config.flows.insert("agents".into(), Arc::new(flow.unwrap()));
    for number in ["*50", "*51", "*52", "*53"] {
        config.inbound.routes.push(route(number, Destination::Flow("agents".into())));
    }
    config.inbound.routes.push(route("701", Destination::Queue("q".into())));
    let agent = |extension: Option<&str>| AgentConfig {
        extension: extension.map(str::to_owned),
        queues: BTreeMap::from([("q".into(), Membership::default())]),
        ..AgentConfig::default()
    };
    let agents = [
        ("2001", agent(Some("101"))),
        ("2002", agent(None)),
        ("2003", agent(None)),
        ("2004", agent(Some("103"))),
    ];
    let lunch = BreakConfig { at_once: 1, ..BreakConfig::default() };
    config.floor = Arc::new(switchroom_acd::Config {
        agents: agents.map(|(number, agent)| (number.to_owned(), agent)).into(),
        queues: BTreeMap::from([("q".into(), QueueConfig { no_answer_break: 0, ..QueueConfig::default() })]),
        breaks: BTreeMap::from([("lunch".into(), lunch), ("pause".into(), BreakConfig::default())]),
    });
    let pins = [("2002", "739156"), ("2004", "864209")];
    config.inbound.set_agent_pins(pins.map(|(agent, pin)| (agent.to_owned(), Pin::of(pin, agent))).into());
    config
}

/// Extension 101 calls.
fn call(w: World, number: &str) -> Caller {
    Caller::in_world(w, number, sdp("192.0.2.11", "8 101", ""))
}

fn world() -> World {
    World::with(site(), Restored::default())
}

/// The phone at this place calls again.
fn again(t: &mut Caller, at: SocketAddr, number: &str) {
    t.w.run(Duration::from_secs(10));
    t.call = t.w.dial(at, number, Some(sdp(&at.ip().to_string(), "8 101", "")));
    t.w.ms(100);
    t.leg = t.w.x.calls().filter(|call| !call.is_ended()).last().unwrap().caller;
}

fn press(t: &mut Caller, digits: &str) {
    digits.chars().for_each(|digit| t.digit(digit));
}

fn presence(t: &Caller, agent: &str) -> Presence {
    t.w.x.floor().agent(agent).unwrap().presence.clone()
}

/// All words of the last call are heard, and it ends.
fn heard_out(t: &mut Caller) {
    t.heard();
    t.w.ms(100);
    assert!(t.w.x.calls().all(Call::is_ended));
}

#[test]
fn an_agent_at_his_own_phone_signs_in_has_a_break_and_goes() {
    let mut t = call(world(), "*50");
    assert!(t.hears("example/agent/signed-in"));
    assert_eq!(presence(&t, "2001"), Presence::Ready);
    // His phone is in this call: nothing is offered to it yet.
    assert_eq!(t.w.x.floor().agent("2001").unwrap().state().activity, Activity::Outbound);
    heard_out(&mut t);
    assert_eq!(t.w.x.floor().agent("2001").unwrap().state().activity, Activity::Idle);

    let a = t.a;
    again(&mut t, a, "*53");
    assert!(t.hears("example/agent/breaks"));
    press(&mut t, "1");
    assert!(t.hears("example/agent/on-break"));
    assert_eq!(presence(&t, "2001"), Presence::Break { reason: "lunch".into() });
    heard_out(&mut t);
    again(&mut t, a, "*52");
    assert!(t.hears("example/agent/ready"));
    assert_eq!(presence(&t, "2001"), Presence::Ready);
    heard_out(&mut t);
    again(&mut t, a, "*53");
    press(&mut t, "3");
    assert!(t.hears("example/agent/not-possible"), "there is no such break here");
    heard_out(&mut t);
    again(&mut t, a, "*51");
    assert!(t.hears("example/agent/signed-out"));
    assert_eq!(presence(&t, "2001"), Presence::LoggedOut);
    heard_out(&mut t);
    again(&mut t, a, "*52");
    assert!(t.hears("example/agent/nobody"));
    heard_out(&mut t);

    let audit: Vec<String> =
        events(&t).into_iter().filter(|e| e.kind == EventKind::Audit).map(|e| e.text).collect();
    assert_eq!(
        audit,
        [
            "extension 101: agent 2001 is ready by phone",
            "extension 101: agent 2001 is on a break by phone",
            "extension 101: agent 2001 is ready by phone",
            "extension 101: agent 2001 is signed out by phone",
        ]
    );
    let by: Vec<String> = facts(&t)
        .into_iter()
        .filter_map(|fact| match fact {
            Fact::Agent(fact) if fact.was.presence != fact.is.presence => Some(fact.by),
            _ => None,
        })
        .collect();
    assert_eq!(by, ["agent"; 4]);
    t.w.settle();
}

fn events(t: &Caller) -> Vec<Event> {
    let event = |record: &Record| match record {
        Record::Event(event) => Some(event.clone()),
        _ => None,
    };
    t.w.records.iter().filter_map(event).collect()
}

fn facts(t: &Caller) -> Vec<Fact> {
    let fact = |record: &Record| match record {
        Record::Floor { fact, .. } => Some((**fact).clone()),
        _ => None,
    };
    t.w.records.iter().filter_map(fact).collect()
}

#[test]
fn at_another_phone_number_and_pin_sign_in() {
    let mut w = world();
    let b = w.registered("102", "192.0.2.12:5060");
    let mut t = call(w, "*51");
    heard_out(&mut t);
    again(&mut t, b, "*50");
    assert!(t.hears("example/agent/enter-number"));
    press(&mut t, "2002#");
    assert!(t.hears("msg/enter-pin"));
    press(&mut t, "111111");
    assert!(t.hears("msg/wrong-pin"));
    assert_eq!(presence(&t, "2002"), Presence::LoggedOut);
    press(&mut t, "739156");
    assert!(t.hears("example/agent/signed-in"));
    assert_eq!(t.w.x.floor().agent("2002").unwrap().seat().1, "102");
    heard_out(&mut t);
    for secret in ["739156", "111111"] {
        assert!(!t.w.log.iter().any(|line| line.contains(secret)), "{secret} is told");
        assert!(!t.w.records.iter().any(|record| format!("{record:?}").contains(secret)), "{secret} is kept");
    }
    t.w.settle();
}

/// Number and PIN of whom, typed at the phone of 101, and what is heard.
#[test]
fn nobody_signs_in_for_somebody_else() {
    for (typed, heard) in [
        ("2003#1234#", "msg/wrong-pin"),
        ("2003#739156", "msg/wrong-pin"),
        ("2004#864209", "example/agent/other-extension"),
        ("9999#", "example/agent/no-such-agent"),
        ("739156#", "example/agent/no-such-agent"),
    ] {
        let mut config = site();
        // 101 is nobody's own.
        let mut floor = (*config.floor).clone();
        floor.agents.remove("2001");
        config.floor = Arc::new(floor);
        let mut t = call(World::with(config, Restored::default()), "*50");
        press(&mut t, typed);
        assert!(t.hears(heard), "{typed}: {:?}", t.playing());
        for agent in ["2002", "2003", "2004"] {
            assert_eq!(presence(&t, agent), Presence::LoggedOut, "{typed}");
        }
        assert!(
            !t.w.records.iter().any(|record| format!("{record:?}").contains("739156")),
            "{typed} is kept"
        );
    }
}

#[test]
fn wrong_pins_lock_an_agent_out() {
    let mut w = world();
    let b = w.registered("102", "192.0.2.12:5060");
    let mut t = call(w, "*51");
    heard_out(&mut t);
    for wrong in ["111111", "222222"] {
        again(&mut t, b, "*50");
        press(&mut t, "2002#");
        (0..3).for_each(|_| press(&mut t, wrong));
        heard_out(&mut t);
    }
    again(&mut t, b, "*50");
    press(&mut t, "2002#739156");
    assert!(t.hears("msg/too-many-tries"));
    heard_out(&mut t);
    t.w.run(Duration::from_secs(900));
    let b = t.w.registered("102", "192.0.2.12:5060");
    again(&mut t, b, "*50");
    press(&mut t, "2002#739156");
    assert!(t.hears("example/agent/signed-in"), "a lock has an end");
}

/// With a PIN written, the own phone alone is not enough.
#[test]
fn who_has_a_pin_needs_it_at_the_own_phone_too() {
    let mut w = world();
    let c = w.registered("103", "192.0.2.13:5060");
    let mut t = call(w, "*51");
    heard_out(&mut t);
    again(&mut t, c, "*50");
    assert!(t.hears("example/agent/enter-number"));
    press(&mut t, "2004#864209");
    assert_eq!(presence(&t, "2004"), Presence::Ready);
}

/// Whoever is ready again by a call of his has that phone at his ear: nobody rings it meanwhile.
#[test]
fn who_is_ready_by_phone_is_offered_nobody_during_that_call() {
    let mut w = world();
    let b = w.registered("102", "192.0.2.12:5060");
    let mut t = call(w, "*51");
    heard_out(&mut t);
    again(&mut t, b, "*50");
    press(&mut t, "2002#739156");
    heard_out(&mut t);
    again(&mut t, b, "*53");
    press(&mut t, "1");
    heard_out(&mut t);
    let a = t.a;
    t.w.dial(a, "701", Some(sdp("192.0.2.11", "8 101", "")));
    t.w.ms(100);
    let rung = |t: &Caller| t.w.phones[&b].heard.iter().filter(|line| line.starts_with("INVITE")).count();
    let before = rung(&t);
    t.call = t.w.dial(b, "*52", Some(sdp("192.0.2.12", "8 101", "")));
    t.w.ms(100);
    assert_eq!(presence(&t, "2002"), Presence::Ready);
    assert_eq!(rung(&t), before, "during his call");
    let (b, call) = (b, t.call);
    t.w.hang_up(b, call);
    assert_eq!(rung(&t), before + 1, "and after it");
}

/// A break has its limit, and who talks keeps his seat.
#[test]
fn what_the_floor_refuses_is_said() {
    let mut w = world();
    let b = w.registered("102", "192.0.2.12:5060");
    let mut t = call(w, "*50");
    heard_out(&mut t);
    let a = t.a;
    again(&mut t, b, "*50");
    press(&mut t, "2002#739156");
    heard_out(&mut t);
    again(&mut t, a, "*53");
    press(&mut t, "1");
    heard_out(&mut t);
    again(&mut t, b, "*53");
    press(&mut t, "1");
    assert!(t.hears("example/agent/break-full"));
    assert_eq!(presence(&t, "2002"), Presence::Ready);
    heard_out(&mut t);
    t.w.settle();
}
