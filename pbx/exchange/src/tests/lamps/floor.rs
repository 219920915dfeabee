//! Lamps of queues, and of what the agent is who sits where the key is.

use super::super::agents_by_phone;
use super::super::flows::Caller;
use super::super::queues::{Floor, queue, site};
use super::super::world::{World, sdp};
use super::Panel;
use crate::*;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::config::QueueConfig;
use switchroom_acd::{Door, Presence};
use switchroom_flow::calendar::{Hours, Zone, week_rule};
use switchroom_flow::routes::{Destination, When};

fn choose(t: &mut Floor, agent: &str, presence: Presence) {
    t.act(AgentAct::Choose { agent: agent.into(), presence, extension: None }).unwrap();
    t.w.run(Duration::from_secs(2));
}

fn lunch() -> Presence {
    Presence::Break { reason: "lunch".into() }
}

#[test]
fn a_queue_is_served_has_callers_and_is_closed() {
    let mut t = Floor::new(queue());
    let mut panel = Panel::of(&mut t.w, "103");
    panel.watch(&mut t.w, "701");
    panel.watch(&mut t.w, "102");
    assert_eq!(panel.begins(&mut t.w), ["701 0 dark", "102 0 dark"], "nobody serves it");
    t.sign_in("2", "102");
    t.w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&t.w), ["701 1 lit"]);
    choose(&mut t, "2", lunch());
    assert_eq!(panel.said(&t.w), ["701 2 dark"]);
    choose(&mut t, "2", Presence::Ready);
    panel.said(&t.w);
    let call = t.call("701");
    t.w.run(Duration::from_secs(1));
    assert_eq!(panel.said(&t.w), ["701 4 blinks"], "the phone of the agent has not said that it rings");
    let ring = t.answer(t.b);
    t.w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&t.w), ["102 1 blinks", "701 5 lit", "102 2 lit"], "as any phone");
    // Who talks and has a break then serves nobody any more, although nothing else of him changes.
    choose(&mut t, "2", lunch());
    assert_eq!(panel.said(&t.w), ["701 6 dark"]);
    choose(&mut t, "2", Presence::Ready);
    let set = |t: &mut Floor, door| {
        t.act(AgentAct::Door { queue: "q".into(), door }).unwrap();
        t.w.run(Duration::from_secs(2));
    };
    set(&mut t, Door::Closed);
    set(&mut t, Door::Hours);
    assert_eq!(panel.said(&t.w), ["701 7 lit", "701 8 dark", "701 9 lit"]);
    // A caller who waits in it while the only agent talks.
    let c = t.c;
    let second = t.w.dial(c, "701", Some(sdp("192.0.2.13", "8 101", "")));
    t.w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&t.w), ["701 10 blinks"]);
    t.w.hang_up(c, second);
    t.w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&t.w), ["701 11 lit"]);
    t.w.hang_up(t.b, ring);
    t.w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&t.w), ["102 3 dark"]);
    t.w.hang_up(t.a, call);
    t.end();
}

#[test]
fn a_queue_opens_by_its_hours_and_goes_by_reload() {
    let mut config = site(QueueConfig { hours: Some("office".into()), ..queue() });
    config.inbound.zone = Zone::utc();
    let minute = World::new().now.wall.0.div_euclid(60_000) + 1;
    let clock = |minute: i64| format!("{:02}:{:02}", minute.rem_euclid(1_440) / 60, minute.rem_euclid(60));
    let rule = week_rule(&format!("mon-sun {}-{}", clock(minute), clock(minute + 10))).unwrap();
    config.inbound.hours.insert("office".into(), Hours { zone: None, week: vec![rule], special: Vec::new() });
    // By a route that is for those hours only the number means the same at night.
    for route in config.inbound.routes.iter_mut().filter(|route| route.name == "701") {
        route.hours = Some(("office".into(), When::Open));
    }
    let mut t = Floor::with(config.clone());
    t.sign_in("2", "102");
    let mut panel = Panel::of(&mut t.w, "103");
    panel.watch(&mut t.w, "701");
    assert_eq!(panel.begins(&mut t.w), ["701 0 dark"]);
    t.w.run(Duration::from_secs(60));
    assert_eq!(panel.said(&t.w), ["701 1 lit"], "nothing happened but time");
    // It leads to a phone now, then into a queue that there is not.
    let leads = |config: &mut Config, to: &Destination| {
        let mut routes = config.inbound.routes.iter_mut();
        routes.by_ref().filter(|route| route.name == "701").for_each(|route| route.to = to.clone());
    };
    leads(&mut config, &Destination::Extension("102".into()));
    t.w.input(Input::Config(Arc::new(config.clone())));
    t.w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&t.w), ["701 2 dark"]);
    t.w.dial(t.b, "*43", Some(sdp("192.0.2.12", "8 101", "")));
    t.w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&t.w), ["701 3 lit"]);
    leads(&mut config, &Destination::Queue("gone".into()));
    t.w.input(Input::Config(Arc::new(config)));
    t.w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&t.w), ["701 terminated;reason=noresource"]);
    t.w.input(Input::EndAll);
    t.w.run(Duration::from_secs(20));
    t.w.settle();
}

/// The keys for signing in, out, ready and a break, at the phone of agent 2001.
fn keys(w: &mut World, extension: &str) -> Panel {
    let mut panel = Panel::of(w, extension);
    for number in ["*50", "*51", "*52", "*53"] {
        panel.watch(w, number);
    }
    assert_eq!(panel.begins(w), ["*50 0 dark", "*51 0 lit", "*52 0 dark", "*53 0 dark"]);
    panel
}

fn by_command(w: &mut World, agent: &str, presence: Presence, extension: Option<&str>) {
    let act = AgentAct::Choose { agent: agent.into(), presence, extension: extension.map(str::to_owned) };
    w.command("boss", Command::Agent(act)).unwrap();
    w.run(Duration::from_secs(2));
}

#[test]
fn an_agent_sees_by_lamps_what_he_is_whoever_chose_it() {
    let mut w = World::with(agents_by_phone::site(), Restored::default());
    let mut panel = keys(&mut w, "101");
    let mut t = Caller::in_world(w, "*50", sdp("192.0.2.11", "8 101", ""));
    t.w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&t.w), ["*50 1 lit", "*51 1 dark", "*52 1 lit"], "by phone");
    t.heard();
    t.w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&t.w), [""; 0]);
    let w = &mut t.w;
    by_command(w, "2001", lunch(), None);
    assert_eq!(panel.said(w), ["*52 2 dark", "*53 1 lit"], "from the console");
    // He talks meanwhile: that is nothing that these lamps show.
    let call = w.dial(t.a, "102", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    w.answer(t.b);
    w.run(Duration::from_secs(2));
    w.hang_up(t.a, call);
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(w), [""; 0]);
    by_command(w, "2001", Presence::Break { reason: "pause".into() }, None);
    assert_eq!(panel.said(w), [""; 0], "a break as before, of those that one chooses between there");
    by_command(w, "2001", Presence::Ready, None);
    assert_eq!(panel.said(w), ["*52 3 lit", "*53 2 dark"]);
    by_command(w, "2001", Presence::LoggedOut, None);
    assert_eq!(panel.said(w), ["*50 2 dark", "*51 2 lit", "*52 4 dark"]);
    super::settle(t.w);
}

#[test]
fn lamps_are_of_the_seat_whoever_has_it() {
    let mut w = World::with(agents_by_phone::site(), Restored::default());
    let (mut two, mut three) = (keys(&mut w, "102"), keys(&mut w, "103"));
    by_command(&mut w, "2002", Presence::Ready, Some("102"));
    assert_eq!(two.said(&w), ["*50 1 lit", "*51 1 dark", "*52 1 lit"]);
    assert_eq!(three.said(&w), [""; 0]);
    // He moves, and the seat that he leaves is empty.
    by_command(&mut w, "2002", lunch(), Some("103"));
    assert_eq!(two.said(&w), ["*50 2 dark", "*51 2 lit", "*52 2 dark"]);
    assert_eq!(three.said(&w), ["*50 1 lit", "*51 1 dark", "*53 1 lit"]);
    // Somebody else takes his place.
    by_command(&mut w, "2003", Presence::Ready, Some("103"));
    assert_eq!(three.said(&w), ["*52 1 lit", "*53 2 dark"]);
    assert_eq!(two.said(&w), [""; 0]);
    // The configuration takes him away.
    let mut config = agents_by_phone::site();
    let mut floor = (*config.floor).clone();
    floor.agents.remove("2003");
    config.floor = Arc::new(floor);
    w.input(Input::Config(Arc::new(config)));
    w.run(Duration::from_secs(2));
    assert_eq!(three.said(&w), ["*50 2 dark", "*51 2 lit", "*52 2 dark"]);
    super::settle(w);
}

/// Who signs out while talking has the seat until the talk is over; the lamps show what he chose.
#[test]
fn what_is_chosen_shows_at_once_also_in_a_talk() {
    let mut config = agents_by_phone::site();
    config.floor = Arc::new({
        let mut floor = (*config.floor).clone();
        floor.queues.values_mut().for_each(|queue| queue.wrap_up = 30_000);
        floor
    });
    let mut w = World::with(config, Restored::default());
    let mut panel = keys(&mut w, "102");
    let (a, b) = (w.registered("101", "192.0.2.11:5060"), w.registered("102", "192.0.2.12:5060"));
    by_command(&mut w, "2002", Presence::Ready, Some("102"));
    assert_eq!(panel.said(&w).len(), 3);
    let call = w.dial(a, "701", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    w.answer(b);
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), [""; 0]);
    by_command(&mut w, "2002", Presence::LoggedOut, None);
    assert_eq!(panel.said(&w), ["*50 2 dark", "*51 2 lit", "*52 2 dark"]);
    w.hang_up(a, call);
    w.run(Duration::from_secs(60));
    assert_eq!(panel.said(&w), [""; 0], "nothing more by the end of the talk and of what comes after");
    super::settle(w);
}
