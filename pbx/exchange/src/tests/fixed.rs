//! Extensions that are where the configuration says, and register nowhere.

use super::queues::{Floor, queue, site};
use super::world::{HERE, World, config};
use crate::*;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::Activity;
use switchroom_sip::status::Status;

const THERE: &str = "192.0.2.77:5062";

/// 102 is at that address, by configuration.
fn at(mut config: Config, address: &str) -> Config {
    let contact = FixedContact {
        uri: format!("sip:102@{address}"),
        place: Place::Address { local: HERE.parse().unwrap(), remote: address.parse().unwrap() },
    };
    config.extensions.get_mut("102").unwrap().contact = Some(contact);
    config
}

fn addresses(w: &World, extension: &str) -> Vec<SocketAddr> {
    w.x.bindings(extension).map(|binding| binding.flow.remote).collect()
}

/// It is called there, beside the phones that register, and what happens to those is nothing to it.
#[test]
fn an_extension_is_where_the_configuration_says() {
    let mut w = World::with(at(config(), THERE), Restored::default());
    let (gate, a) = (w.phone("102", THERE), w.registered("101", "192.0.2.11:5060"));
    let call = w.dial(a, "102", None);
    w.ms(100);
    w.take(gate);
    w.hang_up(a, call);
    w.run(Duration::from_secs(60));
    assert!(
        w.x.bindings("102").all(|b| b.is_fixed() && b.rtt_us.is_some()),
        "it is asked whether it is there"
    );

    let b = w.registered("102", "192.0.2.12:5060");
    let named = w.register(b, &[], None).unwrap();
    assert_eq!(
        named.headers.elements(&switchroom_sip::header::Name::Contact).count(),
        1,
        "only what is registered"
    );
    let call = w.dial(a, "102", None);
    w.ms(100);
    w.take(b);
    w.hang_up(a, call);
    assert_eq!(w.register(b, &["*"], Some(0)).unwrap().status, Status::OK);
    assert_eq!(addresses(&w, "102"), [gate]);
    assert_eq!(w.x.audit(), [""; 0]);
    let kept = |record: &Record| matches!(record, Record::Binding(b) if b.remote == gate);
    assert!(!w.records.iter().any(kept), "it stands in the configuration and nowhere else");
}

/// Nobody takes its place by a REGISTER, and nobody forgets it.
#[test]
fn what_is_configured_goes_by_configuration_only() {
    let mut w = World::with(at(config(), THERE), Restored::default());
    let b = w.phone("102", "192.0.2.12:5060");
    let stolen = format!("<sip:102@{b}>;+sip.instance=\"configured\"");
    assert_eq!(w.register(b, &[&stolen], Some(300)).unwrap().status, Status::BAD_REQUEST);
    let forget = Command::Unregister { extension: "102".into(), contact: None };
    let why = w.command("boss", forget).unwrap_err();
    assert_eq!(
        why,
        "102 is at sip:102@192.0.2.77:5062 by configuration; take its contact out there, and reload"
    );

    // More phones than an extension may have push each other out, not it.
    for phone in 13..13 + config().bindings_max + 1 {
        w.registered("102", &format!("192.0.2.{phone}:5060"));
    }
    assert_eq!(addresses(&w, "102").len(), config().bindings_max + 1);
    // The same as the configured one is registered: both stand.
    w.registered("102", THERE);
    assert!(w.x.bindings("102").any(Binding::is_fixed));
    assert_eq!(w.x.audit(), [""; 0]);
}

/// Another address, a new password, none, and the extension itself gone, all by reload.
#[test]
fn a_reload_moves_it() {
    let mut w = World::with(at(config(), THERE), Restored::default());
    let elsewhere = "192.0.2.78:5060";
    let gate = w.phone("102", elsewhere);
    w.input(Input::Config(Arc::new(at(config(), elsewhere))));
    assert_eq!(addresses(&w, "102"), [gate]);
    let mut renewed = at(config(), elsewhere);
    renewed.extensions.get_mut("102").unwrap().ha1_md5 = None;
    w.input(Input::Config(Arc::new(renewed)));
    assert_eq!(addresses(&w, "102"), [gate], "it has no registration that a password could end");
    let mut none = at(config(), elsewhere);
    none.extensions.remove("102");
    for config in [config(), at(config(), elsewhere), none] {
        let is_there = config.extensions.get("102").is_some_and(|e| e.contact.is_some());
        w.input(Input::Config(Arc::new(config)));
        assert_eq!(addresses(&w, "102").len(), usize::from(is_there));
        assert_eq!(w.x.audit(), [""; 0]);
    }
}

/// One that stops answering OPTIONS is not called, until it answers again.
#[test]
fn it_is_known_to_be_away() {
    let mut w = World::with(at(config(), THERE), Restored::default());
    let gate = w.phone("102", THERE);
    let a = w.registered("101", "192.0.2.11:5060");
    w.run(Duration::from_secs(40));
    let away = w.phones.remove(&gate).unwrap();
    w.run(Duration::from_secs(300));
    assert_eq!(w.x.bindings("102").next().unwrap().obstacle(), Some("it stopped answering OPTIONS"));
    w.dial(a, "102", None);
    w.ms(100);
    assert_eq!(w.x.status().calls, 0);
    w.phones.insert(gate, away);
    w.run(Duration::from_secs(60));
    assert_eq!(w.x.bindings("102").next().unwrap().obstacle(), None);
}

/// One that never was there at all is not called for ever either.
#[test]
fn one_that_never_answered_is_away() {
    let mut w = World::with(at(config(), THERE), Restored::default());
    assert_eq!(w.x.bindings("102").next().unwrap().obstacle(), None, "nobody knows yet");
    w.run(Duration::from_secs(400));
    assert_eq!(w.x.bindings("102").next().unwrap().obstacle(), Some("it stopped answering OPTIONS"));
}

/// Behind a gateway there are many: who calls from there is not who is called there, but for the extension itself.
#[test]
fn a_gateway_is_called_by_who_comes_through_it() {
    let mut w = World::with(at(config(), THERE), Restored::default());
    let gate = w.registered("101", THERE);
    let call = w.dial(gate, "102", None);
    w.ms(100);
    w.take(gate);
    w.hang_up(gate, call);
    w.run(Duration::from_secs(1));
    assert_eq!(w.x.status().calls, 0);
}

/// A phone that registers where it is configured to be is rung once.
#[test]
fn it_may_register_as_well() {
    let mut w = World::with(at(config(), THERE), Restored::default());
    let (gate, a) = (w.registered("102", THERE), w.registered("101", "192.0.2.11:5060"));
    let call = w.dial(a, "102", None);
    w.ms(100);
    w.take(gate);
    let legs = w.x.calls().map(|call| call.legs.len()).max();
    assert_eq!(legs, Some(2), "the caller's, and one");
    w.hang_up(a, call);
}

/// How a phone ends the call that it answered; its branch has `other` in it.
pub(super) fn bye_of(w: &World, phone: SocketAddr) -> String {
    let ack = w.phones[&phone].raw.iter().find(|m| m.starts_with("ACK ")).unwrap();
    let field = |name: &str| ack.lines().find_map(|l| l.strip_prefix(name)).unwrap();
    format!(
        "BYE sip:102@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKother\r\nFrom:{}\r\nTo:{}\r\n\
         Call-ID:{}\r\nCSeq: 9 BYE\r\n\r\n",
        field("To:"),
        field("From:"),
        field("Call-ID:")
    )
}

/// It sends from another port than it listens on, and has no password of ours to prove who it is.
#[test]
fn it_hangs_up_from_another_port() {
    let mut w = World::with(at(config(), THERE), Restored::default());
    let (gate, a) = (w.phone("102", THERE), w.registered("101", "192.0.2.11:5060"));
    w.dial(a, "102", None);
    w.ms(100);
    w.answer(gate);
    let bye = bye_of(&w, gate);
    for (from, status) in [("192.0.2.78:5062", "401"), ("192.0.2.77:40000", "200")] {
        let answers = w.inject(from, &bye.replace("other", status));
        assert!(answers.iter().any(|answer| answer.contains(status)), "{from}: {answers:?}");
    }
    assert!(w.x.calls().all(|call| call.is_ended()));
}

/// An agent whose contact is any address: the queue offers, he answers, he writes up.
#[test]
fn an_agent_sits_at_it() {
    let mut t = Floor::with(at(site(queue()), THERE));
    t.w.phones.remove(&t.b);
    t.w.phone("102", THERE);
    t.b = THERE.parse().unwrap();
    t.sign_in("2", "102");
    let call = t.call("700");
    t.answer(t.b);
    assert_eq!(t.activity("2"), Activity::Talking);
    t.w.hang_up(t.a, call);
    t.end();
}
