//! Phones that register and do not subscribe are told unasked.

use super::super::world::{World, config, header};
use super::{Ear, Watch};
use crate::*;
use std::time::Duration;
use switchroom_sip::header::Name;
use switchroom_sip::status::Status;

/// A phone that registers and does not subscribe is told unasked, and of each change.
#[test]
fn a_registered_phone_is_told_unasked() {
    let mut t = Watch::new();
    let contact = "<sip:102@192.0.2.12:5060>";
    t.w.same_call_id = Some("one".into());
    t.w.register(t.at, &[contact], Some(600));
    t.w.run(Duration::from_secs(3));
    let told = t.told();
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("NOTIFY sip:102@192.0.2.12:5060 SIP/2.0"));
    assert_eq!(header(&told[0], Name::SubscriptionState), "active");
    assert!(header(&told[0], Name::From).starts_with("<sip:102@pbx.example>;tag="));
    assert_eq!(header(&told[0], Name::To), "<sip:102@pbx.example>");
    let message = t.message("102");
    t.w.ms(1000);
    assert_eq!(t.said(), ["active 1/0 (0/0)"]);
    t.heard(&message);
    t.w.run(Duration::from_secs(2));
    assert_eq!(t.said(), ["active 0/1 (0/0)"]);
    // One that has no box is told nothing.
    t.w.registered("101", "192.0.2.11:5060");
    t.w.run(Duration::from_secs(5));
    assert!(
        t.w.phones.values().all(|p| p.number == "102" || !p.heard.iter().any(|l| l.starts_with("NOTIFY")))
    );
    // It subscribes: it is told once, by its subscription.
    let mut dialog = t.subscribe(600);
    t.w.run(Duration::from_secs(2));
    t.said();
    t.message("102");
    t.w.run(Duration::from_secs(2));
    assert!(matches!(&t.said()[..], [one] if one.starts_with("active;expires=")));
    t.refresh(&mut dialog, 0);
    t.settle();
}

/// A phone that subscribes when it has registered is not told unasked first.
#[test]
fn who_subscribes_in_time_is_told_once() {
    let mut t = Watch::new();
    t.w.register(t.at, &["<sip:102@192.0.2.12:5060>"], Some(600));
    t.subscribe(600);
    t.w.run(Duration::from_secs(5));
    assert!(matches!(&t.said()[..], [one] if one.starts_with("active;expires=")));
    t.settle();
}

/// Who does not want it gets no more until it registers anew; who did not answer, until it registers again.
#[test]
fn who_does_not_listen_is_left_alone() {
    for answer in
        [Some(Status::METHOD_NOT_ALLOWED), Some(Status::BAD_EVENT), Some(Status::NO_SUCH_CALL), None]
    {
        let mut t = Watch::new();
        let contact = "<sip:102@192.0.2.12:5060>";
        let register = |t: &mut Watch, call_id: Option<&str>| {
            t.w.same_call_id = call_id.map(str::to_owned);
            let at = t.at;
            // One Call-ID for all needs rising numbers, which a phone endpoint of its own does not give.
            t.w.x
                .registrar
                .get_mut("102", "sip:102@192.0.2.12:5060")
                .into_iter()
                .for_each(|b| b.record.cseq = 0);
            assert_eq!(t.w.register(at, &[contact], Some(600)).map(|r| r.status), Some(Status::OK));
            t.w.run(Duration::from_secs(40));
        };
        t.w.notified = answer;
        register(&mut t, Some("one"));
        let ear = t.w.x.notices.values().next().unwrap().ear;
        assert_eq!(ear, if answer.is_some() { Ear::Shut } else { Ear::Silent });
        t.w.notified = Some(Status::OK);
        t.said();
        t.message("102");
        t.w.run(Duration::from_secs(5));
        assert_eq!(t.said(), [""; 0], "{answer:?}");
        register(&mut t, Some("one"));
        assert_eq!(t.said().is_empty(), answer.is_some(), "{answer:?}");
        register(&mut t, None);
        assert_eq!(t.said(), ["active 1/0 (0/0)"], "{answer:?}");
    }
}

/// After a restart phones are registered still: changes reach them, their subscriptions are gone.
#[test]
fn after_a_restart() {
    let mut t = Watch::new();
    t.w.register(t.at, &["<sip:102@192.0.2.12:5060>"], Some(600));
    let mut dialog = t.subscribe(600);
    t.message("102");
    let mut restored = Restored::default();
    for record in &t.w.records {
        match record {
            Record::Binding(b) => restored.bindings = vec![b.clone()],
            Record::Message(m) => restored.messages.push((**m).clone()),
            _ => {}
        }
    }
    t = Watch::over(World::with(config(), restored), Transport::Udp, 0);
    t.left = 1;
    assert_eq!(t.refresh(&mut dialog, 600), 481);
    t.message("102");
    t.w.ms(1000);
    assert_eq!(t.said(), ["active 2/0 (0/0)"]);
}
