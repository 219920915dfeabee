//! Contacts of the configuration that name a host.

use super::fixed::bye_of;
use super::queues::Floor;
use super::world::{HERE, World, config, sdp};
use crate::limits::HOST_ADDRESSES_MAX;
use crate::*;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::Activity;

const HOST: &str = "phones.example.com";
const ONE: &str = "192.0.2.77:5062";
const OTHER: &str = "192.0.2.78:5062";

/// 102 is at that host.
fn site() -> Config {
    let mut config = config();
    let place = Place::Host { name: HOST.into(), port: 5062 };
    let contact = FixedContact { uri: format!("sip:102@{HOST}:5062"), place };
    config.extensions.get_mut("102").unwrap().contact = Some(contact);
    config
}

fn at(place: &str) -> HostAddress {
    HostAddress { local: HERE.parse().unwrap(), ip: place.parse::<SocketAddr>().unwrap().ip() }
}

fn found(w: &mut World, places: &[&str]) {
    let found = Ok(places.iter().map(|place| at(place)).collect());
    w.input(Input::Resolved { host: HOST.into(), found });
}

fn failed(w: &mut World, why: &str) {
    w.input(Input::Resolved { host: HOST.into(), found: Err(why.into()) });
}

/// Where 102 is.
fn places(w: &World) -> Vec<String> {
    w.x.bindings("102").map(|binding| binding.flow.remote.to_string()).collect()
}

/// What was written of one kind.
fn told(w: &World, name: &str) -> Vec<String> {
    let event = |record: &Record| match record {
        Record::Event(event) if event.name == name => Some(event.text.clone()),
        _ => None,
    };
    w.records.iter().filter_map(event).collect()
}

fn alarms(w: &World) -> Vec<String> {
    w.x.alarms().map(|(id, alarm)| format!("{id}: {}", alarm.text)).collect()
}

#[test]
fn a_host_is_called_at_its_address_by_its_name() {
    let mut w = World::with(site(), Restored::default());
    let (gate, a) = (w.phone("102", ONE), w.registered("101", "192.0.2.11:5060"));
    assert!(places(&w).is_empty(), "nobody has said yet where it is");
    assert_eq!((w.x.problem_of("102"), alarms(&w).len()), (None, 0), "and nothing is wrong yet");
    found(&mut w, &[ONE, OTHER]);
    assert_eq!(places(&w), [ONE]);
    let call = w.dial(a, "102", None);
    w.ms(100);
    w.take(gate);
    assert!(
        w.phones[&gate].heard.iter().any(|line| line == "INVITE sip:102@phones.example.com:5062 SIP/2.0")
    );
    w.hang_up(a, call);
    w.run(Duration::from_secs(60));
    assert!(w.x.bindings("102").all(|b| b.rtt_us.is_some()), "it is asked whether it is there");
    assert_eq!(w.x.audit(), [""; 0]);
    let there = ["102 is at udp 192.0.2.77:5062, the address of phones.example.com, by configuration"];
    assert_eq!(told(&w, "configured")[..1], there);
}

#[test]
fn without_an_address_nobody_calls_it_and_it_says_why_once() {
    let mut w = World::with(site(), Restored::default());
    let a = w.registered("101", "192.0.2.11:5060");
    for _ in 0..5 {
        failed(&mut w, "name or service\u{1b}[2J not known");
    }
    let why = "phones.example.com has no address: name or service\u{fffd}[2J not known";
    assert_eq!(w.x.problem_of("102"), Some(why));
    assert_eq!(alarms(&w), [format!("contact_host:{HOST}: {why}")]);
    assert_eq!(told(&w, "alarm"), [why]);
    w.dial(a, "102", None);
    w.ms(100);
    let path: Vec<String> = w.x.calls().flat_map(|c| c.path.iter().map(|why| why.text.clone())).collect();
    assert!(path.iter().any(|step| step == why), "{path:?}");
    assert_eq!(w.x.status().calls, 0);

    found(&mut w, &[ONE]);
    assert_eq!((places(&w), w.x.problem_of("102"), alarms(&w).len()), (vec![ONE.into()], None, 0));
    assert_eq!(told(&w, "alarm_cleared").len(), 1);
}

/// A name server that is down takes nobody away.
#[test]
fn a_failure_takes_nothing_away_that_was_known() {
    let mut w = World::with(site(), Restored::default());
    found(&mut w, &[ONE]);
    let before = w.x.bindings("102").next().cloned();
    failed(&mut w, "timed out");
    assert_eq!(w.x.bindings("102").next().cloned(), before);
    let why = "phones.example.com cannot be looked up: timed out; the address that it had is used";
    assert_eq!(alarms(&w), [format!("contact_host:{HOST}: {why}")]);
    // Found, and nothing with it: no different.
    found(&mut w, &[]);
    assert_eq!(w.x.bindings("102").next().cloned(), before);
    found(&mut w, &[ONE]);
    assert_eq!((w.x.bindings("102").next().cloned(), alarms(&w).len()), (before, 0));
}

/// Another address, and the same ones in another order.
#[test]
fn it_moves_when_its_address_is_another_and_only_then() {
    let mut w = World::with(site(), Restored::default());
    let (old, new) = (w.phone("102", ONE), w.phone("102", OTHER));
    let a = w.registered("101", "192.0.2.11:5060");
    found(&mut w, &[ONE, OTHER]);
    let call = w.dial(a, "102", None);
    w.ms(100);
    w.answer(old);
    let lines = w.records.len();
    for order in [[OTHER, ONE], [ONE, OTHER], [OTHER, ONE]] {
        found(&mut w, &order);
        assert_eq!(places(&w), [ONE]);
    }
    assert_eq!(w.records.len(), lines, "nothing is written of it");
    found(&mut w, &[OTHER]);
    assert_eq!(places(&w), [OTHER]);
    assert_eq!(
        told(&w, "unregistered"),
        ["102 at udp 192.0.2.77:5062 is there no more: phones.example.com has another address"]
    );
    w.run(Duration::from_secs(5));
    assert_eq!(w.x.status().calls, 1, "who talks goes on talking");
    w.hang_up(a, call);
    w.ms(100);
    assert!(
        w.phones[&old].heard.iter().any(|line| line.starts_with("BYE ")),
        "and hears the end where it is"
    );
    w.dial(a, "102", None);
    w.ms(100);
    w.answer(new);
    assert_eq!(w.x.audit(), [""; 0]);
}

/// Who began at an address is taken at its word there, though the name stands for another one since; who was never there is not.
#[test]
fn who_talks_at_an_address_of_before_may_hang_up_from_another_port() {
    let mut w = World::with(site(), Restored::default());
    let (gate, a) = (w.phone("102", ONE), w.registered("101", "192.0.2.11:5060"));
    found(&mut w, &[ONE]);
    w.dial(a, "102", None);
    w.ms(100);
    w.answer(gate);
    found(&mut w, &[OTHER]);
    let bye = bye_of(&w, gate);
    for (from, status) in
        [("192.0.2.78:40000", "401"), ("192.0.2.79:5062", "401"), ("192.0.2.77:40000", "200")]
    {
        let answers = w.inject(from, &bye.replace("other", status));
        assert!(answers.iter().any(|answer| answer.contains(status)), "{from}: {answers:?}");
    }
    assert!(w.x.calls().all(|call| call.is_ended()));
}

/// An agent at a host holds a caller while the host gets another address: that says nothing of the agent.
#[test]
fn a_host_that_moves_takes_no_caller_from_the_agent_who_holds() {
    let reminder = Duration::from_secs(60);
    let mut config = super::queues::site(super::queues::queue());
    config.extensions.get_mut("102").unwrap().contact = site().extensions["102"].contact.clone();
    config.hold_reminder = reminder;
    let mut t = Floor::with(config);
    t.w.phones.remove(&t.b);
    t.b = t.w.phone("102", ONE);
    found(&mut t.w, &[ONE]);
    t.sign_in("2", "102");
    t.call("700");
    let agent = t.answer(t.b);
    t.w.offer(t.b, agent, sdp("192.0.2.77", "8 101", "a=sendonly\r\n"));
    found(&mut t.w, &[OTHER]);
    t.w.run(reminder + Duration::from_secs(1));
    assert_eq!(told(&t.w, "hold_reminder").len(), 1);
    assert_eq!((t.activity("2"), told(&t.w, "held_waits_again").len()), (Activity::Holding, 0));
}

/// Of two addresses the one that answers is called, and a dead one costs nobody a call.
#[test]
fn an_address_that_does_not_answer_gives_way_to_the_next() {
    let mut w = World::with(site(), Restored::default());
    let a = w.registered("101", "192.0.2.11:5060");
    found(&mut w, &[ONE, "192.0.2.79:5062", OTHER]);
    w.run(Duration::from_secs(400));
    let away = "102 at udp 192.0.2.77:5062 left 3 OPTIONS unanswered";
    assert_eq!(told(&w, "phone_lost"), [away], "that nobody answers anywhere is told once");
    assert_eq!(w.x.bindings("102").next().unwrap().obstacle(), Some("it stopped answering OPTIONS"));
    let gate = w.phone("102", OTHER);
    w.run(Duration::from_secs(200));
    assert_eq!((places(&w), w.x.bindings("102").next().unwrap().obstacle()), (vec![OTHER.into()], None));
    assert_eq!(told(&w, "phone_back"), ["102 at udp 192.0.2.78:5062 answers again"]);
    found(&mut w, &[ONE, "192.0.2.79:5062", OTHER]);
    let call = w.dial(a, "102", None);
    w.ms(100);
    w.take(gate);
    w.hang_up(a, call);
    assert_eq!(w.x.audit(), [""; 0]);
}

/// What comes late or from nowhere, and more than anybody needs.
#[test]
fn what_is_told_of_hosts_is_bounded() {
    let mut w = World::with(site(), Restored::default());
    w.input(Input::Resolved { host: "nobody.example".into(), found: Err("x".into()) });
    assert!(alarms(&w).is_empty(), "nobody asked for it");
    let many: Vec<String> = (0..200).map(|n| format!("192.0.2.{n}:5062")).collect();
    found(&mut w, &many.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(w.x.hosts.of(HOST).len(), HOST_ADDRESSES_MAX);
    for n in 0..100 {
        found(&mut w, &[&format!("192.0.3.{n}:5062")]);
    }
    let was_at = |n: usize| w.x.hosts.is_or_was_at(HOST, at(&format!("192.0.3.{n}:5062")));
    assert_eq!((0..100).filter(|n| was_at(*n)).count(), 1 + HOST_ADDRESSES_MAX);
    failed(&mut w, &"long ".repeat(1000));
    assert!(w.x.problem_of("102").unwrap().len() < 400);
}

/// With the name, the alarm and what was known of it go.
#[test]
fn a_reload_forgets_what_it_names_no_more() {
    let mut w = World::with(site(), Restored::default());
    failed(&mut w, "not known");
    assert_eq!(alarms(&w).len(), 1);
    w.input(Input::Config(Arc::new(config())));
    assert_eq!((alarms(&w).len(), w.x.problem_of("102")), (0, None));
    w.input(Input::Config(Arc::new(site())));
    assert_eq!((alarms(&w).len(), w.x.problem_of("102")), (0, None), "it has to be told again");
    found(&mut w, &[ONE]);
    w.input(Input::Config(Arc::new(site())));
    assert_eq!(places(&w), [ONE], "what is named still is known still");
    w.input(Input::Config(Arc::new(config())));
    assert!(places(&w).is_empty());
    assert_eq!(w.x.audit(), [""; 0]);
}

/// A phone that registers at the host where it is configured to be is rung once, though the one knows it by its address.
#[test]
fn it_may_register_as_well() {
    let mut w = World::with(site(), Restored::default());
    found(&mut w, &[ONE]);
    let (gate, a) = (w.registered("102", ONE), w.registered("101", "192.0.2.11:5060"));
    let call = w.dial(a, "102", None);
    w.ms(100);
    w.take(gate);
    let legs = w.x.calls().map(|call| call.legs.len()).max();
    assert_eq!(legs, Some(2), "the caller's, and one");
    w.hang_up(a, call);
}
