//! Which lamps make room where an extension has as many as it may: those of phones that are not there any more.

use super::Panel;
use crate::limits::LAMPS_PER_EXTENSION;
use crate::tests::world::{HERE, World, config, extension};
use crate::*;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_sip::header::Name;
use switchroom_sip::status::Status;

/// Keys of a phone; two such phones have more than an extension may.
const KEYS: usize = 40;

/// What they dial.
fn numbers() -> Vec<String> {
    (201..201 + LAMPS_PER_EXTENSION).map(|number| number.to_string()).collect()
}

fn site() -> Config {
    let mut config = config();
    config.extensions.extend(numbers().into_iter().map(|n| (n.clone(), extension(&n, "Key"))));
    config
}

/// A phone of 102 that is registered there.
fn phone(w: &mut World, address: &str) -> Panel {
    let at = w.registered("102", address);
    Panel { extension: "102".into(), at, seen: 0 }
}

/// How many of so many keys a phone gets a lamp for.
fn gets(w: &mut World, panel: &Panel, keys: usize) -> usize {
    let ask = |number: &String| panel.ask(w, number, None, &[(Name::Expires, "3600")]).unwrap().status;
    let all: Vec<Status> = numbers()[..keys].iter().map(ask).collect();
    assert!(all.iter().all(|status| [Status::OK, Status::FORBIDDEN].contains(status)), "{all:?}");
    all.iter().filter(|status| **status == Status::OK).count()
}

/// How many lamps there are at an address.
fn at(w: &World, address: SocketAddr) -> usize {
    w.x.subscriptions.all().filter(|(_, s)| s.flow.remote == address).count()
}

/// It has answered OPTIONS and is there no more, without a word; after a while that is known.
fn is_gone(w: &mut World, address: SocketAddr) {
    w.run(Duration::from_secs(60));
    w.phones.remove(&address).unwrap();
    w.run(Duration::from_secs(200));
}

fn refused(w: &World) -> usize {
    w.events().iter().filter(|name| *name == "lamps_full").count()
}

#[test]
fn a_phone_that_comes_back_elsewhere_has_all_its_keys() {
    let mut w = World::with(site(), Restored::default());
    let first = phone(&mut w, "192.0.2.12:5060");
    assert_eq!(gets(&mut w, &first, KEYS), KEYS);
    let mut gone = first.at;
    for again in 20..23 {
        is_gone(&mut w, gone);
        let panel = phone(&mut w, &format!("192.0.2.{again}:50{again}"));
        assert_eq!(gets(&mut w, &panel, KEYS), KEYS, "at {}", panel.at);
        assert_eq!((at(&w, panel.at), w.x.subscriptions.count()), (KEYS, LAMPS_PER_EXTENSION));
        let ended = w.phones[&panel.at].raw.iter().filter(|m| m.contains("terminated;")).count();
        assert_eq!(ended, 0, "none of its own");
        gone = panel.at;
    }
    assert_eq!(refused(&w), 0);
}

/// Behind NAT its registration goes on from another port, and what it watched is there with it.
#[test]
fn a_phone_with_another_port_has_all_its_keys() {
    let mut w = World::with(site(), Restored::default());
    for port in 6000..6004 {
        let at = w.phone("102", &format!("192.0.2.12:{port}"));
        let registered = w.register(at, &["<sip:102@192.168.1.5:5060>"], Some(300)).unwrap();
        assert_eq!(registered.status, Status::OK);
        let panel = Panel { extension: "102".into(), at, seen: 0 };
        assert_eq!(gets(&mut w, &panel, KEYS), KEYS, "from {port}");
        w.phones.remove(&at).unwrap();
    }
    assert_eq!(refused(&w), 0);
}

/// What phones that are there watch stays: those of the gone are fewer than the keys of the new one.
#[test]
fn who_is_there_keeps_all_lamps() {
    let mut w = World::with(site(), Restored::default());
    let (there, gone) = (phone(&mut w, "192.0.2.12:5060"), phone(&mut w, "192.0.2.13:5061"));
    assert_eq!(gets(&mut w, &gone, LAMPS_PER_EXTENSION - KEYS), LAMPS_PER_EXTENSION - KEYS);
    assert_eq!(gets(&mut w, &there, KEYS), KEYS);
    // While both are there the next gets nothing.
    let third = phone(&mut w, "192.0.2.14:5062");
    assert_eq!((gets(&mut w, &third, 2), refused(&w)), (0, 1));
    is_gone(&mut w, gone.at);
    assert_eq!(gets(&mut w, &third, KEYS), LAMPS_PER_EXTENSION - KEYS);
    assert_eq!((at(&w, there.at), at(&w, gone.at)), (KEYS, 0));
    assert_eq!(at(&w, third.at), LAMPS_PER_EXTENSION - KEYS);
    // One that is not registered takes nobody's place, and a registered one does take that of such.
    let unregistered = Panel { extension: "102".into(), at: w.phone("102", "192.0.2.15:5063"), seen: 0 };
    is_gone(&mut w, third.at);
    assert_eq!(gets(&mut w, &unregistered, 2), 0);
    assert_eq!(at(&w, third.at), LAMPS_PER_EXTENSION - KEYS);
}

/// The one that would end first goes.
#[test]
fn the_first_to_end_makes_room() {
    let mut w = World::with(site(), Restored::default());
    let gone = phone(&mut w, "192.0.2.13:5061");
    for (place, number) in numbers().iter().enumerate() {
        let lasts = if place == 7 { "3000" } else { "7200" };
        assert_eq!(gone.ask(&mut w, number, None, &[(Name::Expires, lasts)]).unwrap().status, Status::OK);
    }
    is_gone(&mut w, gone.at);
    let new = phone(&mut w, "192.0.2.14:5062");
    assert_eq!(gets(&mut w, &new, 1), 1);
    let is_there = |at: &str| w.x.subscriptions.all().any(|(_, s)| s.dialog.local.uri.user_text() == at);
    assert_eq!(w.x.subscriptions.count(), LAMPS_PER_EXTENSION);
    let missing: Vec<String> = numbers().into_iter().filter(|number| !is_there(number)).collect();
    assert_eq!(missing, [numbers()[7].clone()]);
}

/// Where an extension is by configuration is somebody, too: at any port, and over connections that come from there.
#[test]
fn who_is_there_by_configuration_keeps_all_lamps() {
    let there = "192.0.2.77:5077";
    for (from, connection) in [(there, 0), ("192.0.2.77:40000", 0), ("192.0.2.77:40000", 9)] {
        let mut config = site();
        let place = Place::Address { local: HERE.parse().unwrap(), remote: there.parse().unwrap() };
        let contact = FixedContact { uri: format!("sip:102@{there}"), place };
        config.extensions.get_mut("102").unwrap().contact = Some(contact);
        let mut w = World::with(config, Restored::default());
        w.phone("102", there);
        let transport = if connection == 0 { Transport::Udp } else { Transport::Tcp };
        let at_from = w.phone_over("102", from, transport, connection);
        let panel = Panel { extension: "102".into(), at: at_from, seen: 0 };
        assert_eq!(gets(&mut w, &panel, LAMPS_PER_EXTENSION), LAMPS_PER_EXTENSION);
        w.run(Duration::from_secs(200));
        let registered = phone(&mut w, "192.0.2.14:5062");
        assert_eq!(gets(&mut w, &registered, 2), 0, "{from} {connection}");
        assert_eq!(at(&w, at_from), LAMPS_PER_EXTENSION);
    }
}

/// Over a connection lamps are as long as it is there; of one that nobody is registered at any more they make room.
#[test]
fn lamps_over_connections() {
    let mut w = World::with(site(), Restored::default());
    let over = |w: &mut World, address: &str, connection: u64| {
        let at = w.phone_over("102", address, Transport::Tcp, connection);
        let registered = w.register(at, &[&format!("<sip:102@{at};transport=tcp>")], Some(600)).unwrap();
        assert_eq!(registered.status, Status::OK);
        Panel { extension: "102".into(), at, seen: 0 }
    };
    let first = over(&mut w, "192.0.2.12:40001", 1);
    assert_eq!(gets(&mut w, &first, LAMPS_PER_EXTENSION), LAMPS_PER_EXTENSION);
    let second = over(&mut w, "192.0.2.13:40002", 2);
    assert_eq!(gets(&mut w, &second, 2), 0, "the first is there");
    is_gone(&mut w, first.at);
    assert_eq!((gets(&mut w, &second, KEYS), at(&w, second.at)), (KEYS, KEYS));
}
