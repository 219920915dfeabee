//! Contacts of the configuration at the end of a connection of our own.

use super::world::{HERE, World, config};
use crate::*;
use std::sync::Arc;
use std::time::Duration;

const HOST: &str = "gateway.example.com";
const AT: &str = "192.0.2.77:5060";

/// 102 and 103 are at that host.
fn site() -> Config {
    let mut config = config();
    for number in ["102", "103"] {
        let place = Place::Connection { host: HOST.into(), port: 5060 };
        let contact = FixedContact { uri: format!("sip:{number}@{HOST};transport=tcp"), place };
        config.extensions.get_mut(number).unwrap().contact = Some(contact);
    }
    config
}

fn line(connection: u64) -> Flow {
    let (local, remote) = (HERE.parse().unwrap(), AT.parse().unwrap());
    Flow { transport: Transport::Tcp, local, remote, connection }
}

fn told(w: &mut World, found: Result<Flow, &str>) {
    let found = found.map_err(str::to_owned);
    w.input(Input::Connected { host: HOST.into(), port: 5060, found });
}

/// The connections on which 102 and 103 are, and what is in the way.
fn places(w: &World) -> Vec<(u64, Option<&'static str>)> {
    let all = ["102", "103"].into_iter().flat_map(|number| w.x.bindings(number));
    all.map(|binding| (binding.flow.connection, binding.obstacle())).collect()
}

/// The gateway's end of a connection.
fn gate(w: &mut World, flow: Flow) -> std::net::SocketAddr {
    let at = w.phone("102", AT);
    w.phones.get_mut(&at).unwrap().flow.transport = flow.transport;
    w.phones.get_mut(&at).unwrap().flow.connection = flow.connection;
    at
}

#[test]
fn what_is_at_a_connection_is_called_over_it() {
    let mut w = World::with(site(), Restored::default());
    let a = w.registered("101", "192.0.2.11:5060");
    assert_eq!(places(&w), []);
    let gate = gate(&mut w, line(7));
    told(&mut w, Ok(line(7)));
    assert_eq!(places(&w), [(7, None), (7, None)], "one connection for both");
    let call = w.dial(a, "102", None);
    w.ms(100);
    w.answer(gate);
    let invite = w.phones[&gate].raw.iter().find(|m| m.starts_with("INVITE ")).unwrap().clone();
    assert!(invite.starts_with("INVITE sip:102@gateway.example.com;transport=tcp SIP/2.0"), "{invite}");
    assert!(invite.contains("Via: SIP/2.0/TCP ") && invite.contains(";transport=tcp>"), "{invite}");
    assert_eq!(w.x.status().calls, 1);
    w.hang_up(a, call);
    w.run(Duration::from_secs(60));
    assert!(w.x.bindings("102").all(|b| b.rtt_us.is_some()), "it is asked whether it is there");
    assert_eq!(w.x.audit(), [""; 0]);
}

/// Lost, not made anew at first, made anew, and told again by a reload that changes nothing.
#[test]
fn a_lost_connection_is_cut_until_there_is_another() {
    let mut w = World::with(site(), Restored::default());
    told(&mut w, Ok(line(7)));
    let cut = Some("its connection is gone");
    w.input(Input::FlowLost(line(7)));
    assert_eq!(places(&w), [(7, cut), (7, cut)]);
    for _ in 0..3 {
        told(&mut w, Err("refused\u{1b}[2J"));
    }
    assert_eq!(places(&w), [], "where it will be next nobody knows");
    let why = "there is no connection to gateway.example.com port 5060: refused\u{fffd}[2J";
    assert_eq!((w.x.problem_of("102"), w.x.problem_of("103")), (Some(why), Some(why)));
    let alarms = |w: &World| w.x.alarms().map(|(_, alarm)| alarm.text.clone()).collect::<Vec<_>>();
    assert_eq!(alarms(&w), [why]);
    told(&mut w, Ok(line(8)));
    assert_eq!((places(&w), alarms(&w).len()), (vec![(8, None), (8, None)], 0));
    let before = w.records.len();
    w.input(Input::FlowLost(line(7)));
    told(&mut w, Ok(line(8)));
    assert_eq!((places(&w), w.records.len()), (vec![(8, None), (8, None)], before), "no news");
    // One follows the other at once: nobody is called over the first any more.
    w.input(Input::FlowLost(line(8)));
    told(&mut w, Ok(line(9)));
    assert_eq!(places(&w), [(9, None), (9, None)]);
    assert_eq!(w.x.audit(), [""; 0]);
}

#[test]
fn what_is_named_no_more_is_forgotten() {
    let mut w = World::with(site(), Restored::default());
    told(&mut w, Err("refused"));
    w.input(Input::Config(Arc::new(config())));
    assert_eq!((w.x.alarms().count(), w.x.problem_of("102")), (0, None));
    told(&mut w, Ok(line(7)));
    assert_eq!(places(&w), [], "it was asked for before");
    w.input(Input::FlowLost(line(7)));
    w.input(Input::Config(Arc::new(site())));
    told(&mut w, Ok(line(8)));
    let mut one = site();
    one.extensions.get_mut("103").unwrap().contact = None;
    w.input(Input::Config(Arc::new(one)));
    assert_eq!(places(&w), [(8, None)], "the other has it still");
    w.input(Input::Config(Arc::new(config())));
    assert_eq!(places(&w), []);
    w.input(Input::FlowLost(line(8)));
    assert_eq!(w.x.audit(), [""; 0]);
}

/// A phone that registers by a connection of its own, and says that it listens where it is configured to be, is rung once.
#[test]
fn it_may_register_as_well() {
    let mut w = World::with(site(), Restored::default());
    told(&mut w, Ok(line(7)));
    let a = w.registered("101", "192.0.2.11:5060");
    let phone = w.phone("102", "192.0.2.77:40000");
    for transport in [Transport::Udp, Transport::Tcp] {
        let flow = Flow { transport, ..w.phones[&phone].flow };
        w.phones.get_mut(&phone).unwrap().flow = Flow { connection: 9, ..flow };
        w.register(phone, &["<sip:102@192.0.2.77:5060;transport=tcp>"], Some(300)).unwrap();
        let call = w.dial(a, "102", None);
        w.ms(100);
        let legs = w.x.calls().map(|call| call.legs.len()).max();
        let once = transport == Transport::Tcp;
        assert_eq!(legs, Some(if once { 2 } else { 3 }), "{transport:?}");
        w.hang_up(a, call);
        w.run(Duration::from_secs(40));
    }
}
