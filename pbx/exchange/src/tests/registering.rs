use super::world::{World, config};
use crate::*;
use std::time::Duration;
use switchroom_sip::header::Name;
use switchroom_sip::method::Method;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;

#[test]
fn several_contacts_each_with_its_own_expiry() {
    let mut w = World::new();
    let at = w.phone("101", "192.0.2.11:5060");
    let contacts = ["<sip:101@192.0.2.11:5060>;expires=120", "<sip:101@192.0.2.99>;q=0.5"];
    let answer = w.register(at, &contacts, Some(9999)).unwrap();
    let all: Vec<_> = answer.headers.all(&Name::Contact).collect();
    assert_eq!(all.len(), 2);
    assert!(all[0].ends_with(";expires=120") && all[1].ends_with(";expires=600"), "{all:?}");
    w.run(Duration::from_secs(130));
    let left: Vec<_> = w.x.bindings("101").map(|b| b.record.contact.clone()).collect();
    assert_eq!(left, ["sip:101@192.0.2.99"], "a registration is never served after it expired");
    let query = w.register(at, &[], None).unwrap();
    assert_eq!(query.headers.all(&Name::Contact).count(), 1);
}

#[test]
fn too_brief_wildcard_and_removal() {
    let mut w = World::new();
    let at = w.registered("101", "192.0.2.11:5060");
    let brief = w.register(at, &["<sip:101@192.0.2.11:5060>"], Some(10)).unwrap();
    assert_eq!((brief.status.code(), brief.headers.get(&Name::MinExpires)), (423, Some("60")));
    assert_eq!(w.register(at, &["*"], Some(300)).unwrap().status.code(), 400);
    assert_eq!(w.x.status().bindings, 1);
    assert_eq!(w.register(at, &["*"], Some(0)).unwrap().status.code(), 200);
    assert_eq!(w.x.status().bindings, 0);
    w.register(at, &["<sip:101@192.0.2.11:5060>"], Some(300));
    w.register(at, &["<sip:101@192.0.2.11:5060>;expires=0"], None);
    assert_eq!(w.x.status().bindings, 0);
    w.settle();
}

#[test]
fn a_restarted_phone_replaces_its_binding_and_bindings_are_bounded() {
    let mut w = World::new();
    let at = w.phone("101", "192.0.2.11:5060");
    let instance = "+sip.instance=\"<urn:uuid:1>\"";
    w.register(at, &[&format!("<sip:101@192.0.2.11:1>;{instance}")], Some(300));
    w.register(at, &[&format!("<sip:101@192.0.2.11:2>;{instance}")], Some(300));
    let left: Vec<_> = w.x.bindings("101").map(|b| b.record.contact.clone()).collect();
    assert_eq!(left, ["sip:101@192.0.2.11:2"]);
    for port in 3..9 {
        assert_eq!(
            w.register(at, &[&format!("<sip:101@192.0.2.11:{port}>")], Some(300)).unwrap().status.code(),
            200
        );
    }
    assert_eq!(w.x.status().bindings, config().bindings_max);
}

/// Class "registration hijack": one answers for oneself only.
#[test]
fn registration_hijack() {
    let mut w = World::new();
    let at = w.phone("101", "192.0.2.66:5060");
    let answer = w.register_as(at, "102", &["<sip:102@192.0.2.66>"], Some(300)).unwrap();
    assert_eq!((answer.status.code(), w.x.status().bindings), (403, 0));
}

#[test]
fn what_was_confirmed_is_on_disk_first() {
    let mut w = World::new();
    w.store_works = false;
    let at = w.phone("101", "192.0.2.11:5060");
    assert_eq!(w.register(at, &["<sip:101@192.0.2.11:5060>"], Some(300)), None, "not before it is stored");
    assert!(w.x.registers_waiting.len() == 1);
    let ticket = *w.x.registers_waiting.keys().next().unwrap();
    w.input(Input::Stored(vec![ticket]));
    w.ms(100);
    assert!(w.phones[&at].heard.iter().any(|l| l == "SIP/2.0 200 OK"));
}

#[test]
fn a_store_in_trouble_does_not_keep_phones_out() {
    let mut w = World::new();
    w.store_works = false;
    let at = w.phone("101", "192.0.2.11:5060");
    w.register(at, &["<sip:101@192.0.2.11:5060>"], Some(300));
    let ticket = *w.x.registers_waiting.keys().next().unwrap();
    w.input(Input::NotStored(vec![ticket]));
    w.ms(100);
    assert!(w.phones[&at].heard.iter().any(|l| l == "SIP/2.0 200 OK"));
}

#[test]
fn bindings_survive_a_restart() {
    let mut w = World::new();
    w.registered("101", "192.0.2.11:5060");
    w.registered("102", "192.0.2.12:5060");
    let bindings: Vec<BindingRecord> = w
        .records
        .iter()
        .filter_map(|r| if let Record::Binding(b) = r { Some(b.clone()) } else { None })
        .collect();
    let mut late = bindings;
    late[0].expires_ms = 1_700_000_000_000 - 1;
    let restored = Restored { bindings: late, event_seq: 40, call_number: 7, ..Restored::default() };
    let w = World::with(config(), restored);
    let left: Vec<_> = w.x.bindings("102").map(|b| b.flow.to_string()).collect();
    assert_eq!(left, ["udp 192.0.2.12:5060"]);
    assert_eq!(w.x.status().bindings, 1, "expired ones are gone");
    assert!(w.records.iter().any(|r| matches!(r, Record::Event(e) if e.seq == 41)));
}

#[test]
fn a_phone_is_asked_measured_lost_and_found() {
    let mut w = World::new();
    let at = w.registered("101", "192.0.2.11:5060");
    w.run(Duration::from_secs(5));
    let rtt = w.x.bindings("101").next().unwrap().rtt_us;
    assert_eq!(rtt, Some(2000));
    let phone = w.phones.remove(&at).unwrap();
    w.run(Duration::from_secs(200));
    assert!(w.x.bindings("101").next().unwrap().obstacle().is_some());
    assert!(w.events().contains(&"phone_lost".to_owned()));
    w.phones.insert(at, phone);
    w.run(Duration::from_secs(60));
    assert!(w.x.bindings("101").next().unwrap().obstacle().is_none());
}

#[test]
fn what_is_configured_away_is_gone() {
    let mut w = World::new();
    w.registered("101", "192.0.2.11:5060");
    let mut config = config();
    config.extensions.remove("101");
    w.input(Input::Config(std::sync::Arc::new(config)));
    assert_eq!(w.x.status().bindings, 0);
}

/// Asked for exactly the least, a phone that repeats what it was told is not refused; and two homes with the same
/// private addresses do not push each other out.
#[test]
fn the_least_expiry_and_equal_private_addresses() {
    let mut w = World::new();
    let at = w.phone("101", "203.0.113.11:5060");
    let other = w.phone("101", "203.0.113.12:5060");
    let answer = w.register(at, &["<sip:101@192.168.1.10:5060>"], Some(60)).unwrap();
    assert!(answer.headers.get(&Name::Contact).unwrap().ends_with("expires=60"));
    w.register(other, &["<sip:101@192.168.1.10:5060>"], Some(60));
    assert_eq!(w.x.status().bindings, 2);
    for (at, n) in [(at, 1), (other, 2)] {
        let contact = format!("<sip:101@192.168.1.10:5060>;+sip.instance=\"<urn:uuid:{n}>\"");
        w.register(at, &[&contact], Some(60));
    }
    assert_eq!(w.x.status().bindings, 2);
}

/// Each is told of its own time only: with both under one contact a phone would take the other's, and come back too late.
#[test]
fn of_equal_contacts_a_phone_is_told_its_own() {
    let mut w = World::new();
    let (home, office) = (w.phone("101", "203.0.113.11:5060"), w.phone("101", "203.0.113.12:5060"));
    let elsewhere = w.phone("101", "203.0.113.13:5060");
    let contact = "<sip:101@192.168.1.10:5060>";
    let told = |answer: Option<switchroom_sip::message::Response>| -> Vec<String> {
        answer.unwrap().headers.all(&Name::Contact).map(str::to_owned).collect()
    };
    let with = |expires: u32| vec![format!("{contact};expires={expires}")];
    assert_eq!(told(w.register(home, &[contact], Some(500))), with(500));
    assert_eq!(told(w.register(office, &[contact], Some(60))), with(60));
    assert_eq!(told(w.register(home, &[contact], Some(400))), with(400));
    assert_eq!(w.x.status().bindings, 2);
    // Who only asks is told of the one that ends first.
    let asked = told(w.register(elsewhere, &[], None));
    assert!(asked.len() == 1 && asked[0].ends_with("=60"), "{asked:?}");
}

/// A phone that took its contact away and reads it in the answer believes that it is registered still.
#[test]
fn who_removes_a_contact_is_not_shown_another_phones_equal_one() {
    let mut w = World::new();
    let (home, office) = (w.phone("101", "203.0.113.11:5060"), w.phone("101", "203.0.113.12:5060"));
    let (contact, desk) = ("<sip:101@192.168.1.10:5060>", "<sip:101@192.168.1.77:5060>");
    let told = |answer: Option<switchroom_sip::message::Response>| -> Vec<String> {
        answer.unwrap().headers.all(&Name::Contact).map(str::to_owned).collect()
    };
    w.register(home, &[contact], Some(500));
    w.register(office, &[contact], Some(500));
    w.register(office, &[desk], Some(500));
    assert_eq!(told(w.register(home, &[contact], Some(0))), [format!("{desk};expires=500")]);
    assert_eq!(w.x.status().bindings, 2, "the other's stays");
    // Again, with nothing of its own there: the same. Who only asks sees what there is.
    assert_eq!(told(w.register(home, &[contact], Some(0))).len(), 1);
    assert_eq!(told(w.register(home, &[], None)).len(), 2);
    // From the same place nobody else can have it: that it is named is the truth.
    let kept = format!("{contact};+sip.instance=\"<urn:uuid:1>\"");
    w.register(home, &[&kept], Some(500));
    assert_eq!(told(w.register(home, &[contact], Some(0))).len(), 2);
}

/// A phone whose translator gave it another address removes what it registered from the old one.
#[test]
fn who_moved_and_unregisters_is_gone_and_nobody_else_is() {
    let mut w = World::new();
    let other = w.phone("101", "203.0.113.12:5060");
    let (before, after) = (w.phone("101", "203.0.113.11:5060"), w.phone("101", "203.0.113.99:5060"));
    let contact = "<sip:101@192.168.1.10:5060>";
    w.register(other, &[contact], Some(500));
    w.same_call_id = Some("one-phone".into());
    w.register(before, &[contact], Some(500));
    w.first_cseq = Some(7);
    w.register(after, &[contact], Some(0));
    let left: Vec<_> = w.x.bindings("101").map(|b| b.flow.remote).collect();
    assert_eq!(left, [other]);
}

#[test]
fn changes_of_the_configuration_reach_the_registrations() {
    let mut w = World::new();
    w.registered("101", "192.0.2.11:5060");
    w.registered("102", "192.0.2.12:5060");
    let mut changed = config();
    changed.keep_alive = Duration::ZERO;
    changed.rtp_port_first = 40_000;
    w.input(Input::Config(std::sync::Arc::new(changed.clone())));
    w.run(Duration::from_secs(100));
    assert_eq!(w.x.config().rtp_port_first, 20_000, "the media engine has those it started with");
    changed.keep_alive = Duration::from_secs(30);
    changed.extensions.get_mut("101").unwrap().ha1_md5 = None;
    w.input(Input::Config(std::sync::Arc::new(changed)));
    w.run(Duration::from_secs(5));
    assert_eq!(w.x.bindings("101").count(), 0, "a new password ends what the old one registered");
    assert!(w.x.bindings("102").next().unwrap().rtt_us.is_some(), "asked again");
}

/// What a user is told is done is on disk; if it is not, it is said.
#[test]
fn a_removal_is_reported_once_it_is_on_disk() {
    let remove = |id| Input::Command {
        id: CommandId(id),
        user: "mara".into(),
        command: Command::Unregister { extension: "101".into(), contact: None },
    };
    let mut w = World::new();
    let at = w.phone("101", "192.0.2.11:5060");
    w.register(at, &["<sip:101@192.0.2.11:5060>", "<sip:101@192.0.2.99>"], Some(300));
    w.store_works = false;
    let before = w.x.last_ticket;
    w.input(remove(1));
    assert_eq!((w.x.status().bindings, w.replies.len()), (0, 0), "gone at once, reported later");
    w.input(Input::Stored(vec![Ticket(before + 2)]));
    assert_eq!(w.replies.len(), 0, "one of two is not on disk yet");
    w.input(Input::Stored(vec![Ticket(before + 1)]));
    assert_eq!(w.replies, [Ok("mara removed 2 registrations of 101".to_owned())]);

    w.register(at, &["<sip:101@192.0.2.11:5060>"], Some(300));
    let before = w.x.last_ticket;
    w.input(remove(2));
    w.input(Input::NotStored(vec![Ticket(before + 1)]));
    let said = w.replies[1].clone().unwrap();
    assert!(said.contains("removed 1") && said.contains("not on disk"), "{said}");
    w.input(remove(3));
    assert!(w.replies[2].is_err(), "a refusal waits for nothing");
}

/// A phone that was lost and registers again is rung at once, and its outage has an end in the journal.
#[test]
fn a_lost_phone_that_registers_is_back() {
    let mut w = World::new();
    let at = w.registered("101", "192.0.2.11:5060");
    w.run(Duration::from_secs(5));
    let phone = w.phones.remove(&at).unwrap();
    w.run(Duration::from_secs(200));
    assert!(w.x.bindings("101").next().unwrap().obstacle().is_some());
    w.phones.insert(at, phone);
    w.register(at, &["<sip:101@192.0.2.11:5060>"], Some(300));
    assert!(w.x.bindings("101").next().unwrap().obstacle().is_none());
    let told: Vec<_> = w.events().into_iter().filter(|e| e.starts_with("phone_")).collect();
    assert_eq!(told, ["phone_lost", "phone_back"]);

    let at = w.phone_over("102", "192.0.2.12:5060", Transport::Tcp, 1);
    w.register(at, &["<sip:102@192.0.2.12:5060>"], Some(300));
    let flow = w.x.bindings("102").next().unwrap().flow;
    w.input(Input::FlowLost(flow));
    w.input(Input::FlowLost(flow));
    let lost = |w: &World| w.events().into_iter().filter(|e| e == "connection_lost").count();
    assert_eq!(lost(&w), 1, "once");
    let at = w.phone_over("102", "192.0.2.12:5061", Transport::Tcp, 2);
    w.register(at, &["<sip:102@192.0.2.12:5060>"], Some(300));
    assert_eq!(w.events().into_iter().filter(|e| e == "phone_back").count(), 2);
}

/// Whoever proves nothing over a connection leaves nothing to look for when it closes; of a phone all is found.
#[test]
fn only_connections_of_phones_are_looked_for_when_they_are_lost() {
    let mut w = World::new();
    for connection in 1..50 {
        let at =
            w.phone_over("102", &format!("203.0.113.9:{}", 5000 + connection), Transport::Tcp, connection);
        w.end(at).set_settings(switchroom_sip::endpoint::Settings {
            agent: "stranger".into(),
            session_expires: Duration::from_secs(1800),
            external: None,
            local_networks: vec![],
            credentials: (connection % 2 == 0).then(|| ("102".into(), "wrong".into())),
        });
        let answer = w.register(at, &["<sip:102@203.0.113.9>"], Some(300));
        assert!(answer.is_none_or(|answer| answer.status == Status::UNAUTHORIZED));
    }
    assert!(w.x.connections.is_empty(), "{:?}", w.x.connections);
    let at = w.phone_over("102", "192.0.2.12:5060", Transport::Tcp, 77);
    w.register(at, &["<sip:102@192.0.2.12:5060>"], Some(300));
    assert_eq!(w.x.connections, [77].into());
    let flow = w.x.bindings("102").next().unwrap().flow;
    w.input(Input::FlowLost(Flow { connection: 3, ..flow }));
    assert!(w.x.bindings("102").next().unwrap().obstacle().is_none());
    w.input(Input::FlowLost(flow));
    assert!(w.x.bindings("102").next().unwrap().obstacle().is_some() && w.x.connections.is_empty());
}

/// What the store could not keep of a registration is offered again, so that a restart finds what there was.
#[test]
fn the_disk_catches_up_with_registrations() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let seen = w.records.len();
    w.store_works = false;
    let contact = format!("<sip:101@{a}>");
    let now = w.now;
    let phone = w.phones.get_mut(&a).unwrap();
    let us = "<sip:101@pbx.example>";
    let mut request = phone.end.make_outside(Method::Register, Uri::sip("", "pbx.example", None), us, us);
    request.headers.push(Name::Contact, contact);
    request.headers.push(Name::Expires, "0");
    let flow = phone.flow;
    phone.end.request_outside(now.mono, flow, request, 9);
    w.ms(200);
    assert!(w.x.bindings("101").next().is_none());
    let tickets: Vec<Ticket> = w.x.bindings_waiting.keys().copied().collect();
    w.input(Input::NotStored(tickets));
    w.store_works = true;
    w.run(limits::STORE_RETRY);
    let gone = |r: &Record| matches!(r, Record::BindingGone { extension, .. } if extension == "101");
    assert!(w.records[seen..].iter().any(gone), "{:?}", &w.records[seen..]);
    w.settle();
}

/// A clock that was set back while the exchange was down gives nobody more time than can be granted.
#[test]
fn a_restored_registration_lasts_no_longer_than_any() {
    let mut w = World::new();
    w.registered("101", "192.0.2.11:5060");
    let kept: Vec<BindingRecord> = w
        .records
        .iter()
        .filter_map(|r| if let Record::Binding(b) = r { Some(b.clone()) } else { None })
        .collect();
    let mut record = kept[0].clone();
    record.expires_ms += 86_400_000;
    let again = World::with(config(), Restored { bindings: vec![record], ..Restored::default() });
    let left = again.x.bindings("101").next().unwrap().expires.unwrap().since(again.now.mono);
    assert_eq!(left, config().register_max);
}

/// A q above 1 in an old file ranks the phone first, no more.
#[test]
fn a_restored_rank_out_of_bounds_is_the_best() {
    let mut w = World::new();
    w.registered("101", "192.0.2.11:5060");
    let kept = w.records.iter().find_map(|r| if let Record::Binding(b) = r { Some(b.clone()) } else { None });
    let record = BindingRecord { q_milli: 5_000, ..kept.unwrap() };
    let mut w = World::with(config(), Restored { bindings: vec![record], ..Restored::default() });
    let at = w.phone("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    w.dial(b, "101", None);
    w.ms(100);
    w.take(at);
}

/// Of one phone the newer REGISTER stands: one that was overtaken, or is as old, changes nothing (RFC 3261 §10.3, steps 6 and
/// 7). Its Call-ID is another when it begins anew.
#[test]
fn what_was_overtaken_changes_nothing() {
    let mut w = World::new();
    let at = w.phone("101", "192.0.2.11:5060");
    let contact = "<sip:101@192.0.2.11:5060>";
    let ask = |w: &mut World, call_id: &str, cseq: u32, contact: &str, expires: u32| {
        (w.same_call_id, w.first_cseq) = (Some(call_id.into()), Some(cseq));
        w.register(at, &[contact], Some(expires)).unwrap().status.code()
    };
    let held = |w: &World| w.x.bindings("101").map(|b| (b.expires, b.record.cseq)).collect::<Vec<_>>();
    assert_eq!(ask(&mut w, "one", 20, contact, 300), 200);
    let before = held(&w);
    // The challenge is answered with the number after it.
    assert_eq!((before.len(), before[0].1), (1, 21));
    for (cseq, what, expires) in
        [(3, contact, 600), (3, contact, 0), (3, "*", 0), (20, contact, 0), (20, "*", 0)]
    {
        assert_eq!(ask(&mut w, "one", cseq, what, expires), 500, "{cseq} {what} {expires}");
        assert_eq!(held(&w), before, "{cseq} {what} {expires}");
    }
    assert_eq!(ask(&mut w, "two", 3, contact, 300), 200, "a phone that was started again");
    assert_eq!(held(&w)[0].1, 4);
    assert_eq!(ask(&mut w, "two", 9, contact, 0), 200);
    assert_eq!(held(&w).len(), 0);
    w.settle();
}
