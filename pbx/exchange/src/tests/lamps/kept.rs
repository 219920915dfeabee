//! What phones watch goes on after a restart: what the store has of it, what is taken up again, and what phones are told then.

use super::{Panel, short};
use crate::limits::{NOTIFY_JUMP, RESTORED_TOLD_WITHIN, SUBSCRIPTION_LONGEST};
use crate::subscriptions::Watcher;
use crate::tests::mwi::Dialog;
use crate::tests::world::{World, config, header, sdp};
use crate::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use switchroom_sip::header::Name;
use switchroom_sip::status::Status;

/// What is on disk of subscriptions, in order of time.
fn on_disk(w: &World) -> Vec<SubscriptionRecord> {
    let mut all: BTreeMap<String, SubscriptionRecord> = BTreeMap::new();
    for record in &w.records {
        match record {
            Record::Subscription(one) => drop(all.insert(one.tag.clone(), (**one).clone())),
            Record::SubscriptionGone { tag } => drop(all.remove(tag)),
            _ => {}
        }
    }
    let mut all: Vec<SubscriptionRecord> = all.into_values().collect();
    all.sort_by(|a, b| (a.expires_ms, &a.number).cmp(&(b.expires_ms, &b.number)));
    all
}

/// The exchange stops without warning, and another one starts so much later with these subscriptions and the same phones.
fn restarted_with(w: World, later: Duration, subscriptions: Vec<SubscriptionRecord>) -> World {
    let mut now = w.now;
    now.mono = now.mono.after(later);
    now.wall.0 += i64::try_from(later.as_millis()).unwrap();
    let restored = Restored { subscriptions, ..Restored::default() };
    let mut again = World::since(now, config(), restored);
    (again.phones, again.notified) = (w.phones, w.notified);
    again
}

fn restarted(w: World) -> World {
    let kept = on_disk(&w);
    restarted_with(w, Duration::from_secs(20), kept)
}

/// A phone of 102 that watches 101 and 103 and its box, and has been told.
fn watching() -> (World, Panel, Vec<Dialog>) {
    let mut w = World::new();
    let mut panel = Panel::of(&mut w, "102");
    let mut dialogs = vec![panel.watch(&mut w, "101"), panel.watch(&mut w, "103")];
    let of_box = [(Name::Event, "message-summary;id=b"), (Name::Expires, "3600")];
    dialogs.push(super::dialog_of(&panel.ask(&mut w, "102", None, &of_box).unwrap()));
    w.run(Duration::from_secs(2));
    assert_eq!(panel.told(&w).len(), 3);
    (w, panel, dialogs)
}

fn cseq(notify: &str) -> u32 {
    header(notify, Name::CSeq).split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn what_is_watched_goes_on_after_a_restart() {
    let (mut w, mut panel, mut dialogs) = watching();
    let a = w.registered("101", "192.0.2.11:5060");
    w.dial(a, "*43", Some(sdp("192.0.2.11", "8 101", "")));
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), ["101 1 lit"]);
    // The call is cut off. Nobody would tell the phone, which has no reason to ask.
    let mut w = restarted(w);
    assert!(w.events().contains(&"started".to_owned()));
    assert_eq!(w.x.subscriptions.count(), 3);
    let mut times = BTreeSet::new();
    for _ in 0..RESTORED_TOLD_WITHIN.as_millis() {
        let before = w.phones[&panel.at].raw.len();
        w.ms(1);
        times.extend((w.phones[&panel.at].raw.len() > before).then_some(w.now.mono));
    }
    assert_eq!(times.len(), 3, "one after the other");
    let told = panel.told(&w);
    let (of_box, of_lamps): (Vec<_>, Vec<_>) = told.iter().partition(|m| m.contains("Voice-Message: 0/0"));
    let mut said: Vec<String> = of_lamps.into_iter().map(|notify| short(notify)).collect();
    said.sort();
    let version: u32 = said[0].split(' ').nth(1).unwrap().parse().unwrap();
    assert!(version >= NOTIFY_JUMP, "{version}");
    assert_eq!(said[0], format!("101 {version} dark"), "all of it, by a version that was never told");
    assert_eq!(said[1], format!("103 {version} dark"));
    assert_eq!((said.len(), of_box.len()), (2, 1));
    for notify in &told {
        let dialog = dialogs.iter().find(|d| d.call_id == header(notify, Name::CallId)).unwrap();
        assert_eq!(header(notify, Name::From), dialog.to);
        assert_eq!(header(notify, Name::To), dialog.from);
        assert!(cseq(notify) > NOTIFY_JUMP, "{notify}");
        assert_eq!(header(notify, Name::Event).ends_with("id=b"), notify.contains("Voice-Message"));
    }
    // The phone refreshes as if nothing had been, is told of changes, and ends it.
    let r = panel.ask(&mut w, "101", Some(&dialogs[0]), &[(Name::Expires, "600")]).unwrap();
    assert_eq!(r.status, Status::OK);
    dialogs[0].cseq = r.cseq().number;
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), [format!("101 {} dark", version + 1)]);
    let a = w.registered("101", "192.0.2.11:5060");
    w.dial(a, "*43", Some(sdp("192.0.2.11", "8 101", "")));
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), [format!("101 {} lit", version + 2)]);
    assert_eq!(
        panel.ask(&mut w, "101", Some(&dialogs[0]), &[(Name::Expires, "0")]).unwrap().status,
        Status::OK
    );
    assert_eq!(on_disk(&w).len(), 2);
    w.run(Duration::from_secs(2 * 3_600));
    assert_eq!(on_disk(&w), [], "they end as all do");
}

/// It stops again before the phone refreshes: numbers go on all the same.
#[test]
fn numbers_go_on_over_two_restarts() {
    let (w, mut panel, _) = watching();
    let mut last = 0;
    let mut w = w;
    for starts in 1..=3 {
        w = restarted(w);
        w.run(Duration::from_secs(6));
        let told = panel.told(&w);
        let lowest = told.iter().map(|notify| cseq(notify)).min().unwrap();
        assert!(told.len() == 3 && lowest > last, "start {starts}: {lowest} after {last}");
        last = told.iter().map(|notify| cseq(notify)).max().unwrap();
    }
}

/// So they do where the store takes no record of the first start.
#[test]
fn numbers_go_on_also_where_a_start_was_not_written_down() {
    let (w, mut panel, _) = watching();
    let kept = on_disk(&w);
    let mut last = 0;
    let mut w = w;
    for _ in 0..3 {
        w = restarted_with(w, Duration::from_secs(1), kept.clone());
        w.run(Duration::from_secs(6));
        let told = panel.told(&w);
        let lowest = told.iter().map(|notify| cseq(notify)).min().unwrap();
        assert!(told.len() == 3 && lowest > last, "{lowest} after {last}");
        last = told.iter().map(|notify| cseq(notify)).max().unwrap();
    }
}

/// A phone that was started anew meanwhile knows nothing of it: that ends it, here and on disk.
#[test]
fn who_knows_nothing_of_it_is_forgotten() {
    let (mut w, ..) = watching();
    w.notified = Status::new(481);
    let mut w = restarted(w);
    w.run(Duration::from_secs(6));
    assert_eq!((w.x.subscriptions.count(), on_disk(&w)), (0, vec![]));
}

#[test]
fn what_has_no_time_left_or_no_place_does_not_go_on() {
    let (w, ..) = watching();
    let kept = on_disk(&w);
    let lasts = Duration::from_secs(3_600);
    let w = restarted_with(w, lasts, kept);
    assert_eq!(w.x.subscriptions.count(), 0);
    let gone = |r: &&Record| matches!(r, Record::SubscriptionGone { .. });
    assert_eq!(w.records.iter().filter(gone).count(), 3, "the store keeps nothing for ever");

    type Change = fn(&mut SubscriptionRecord);
    let changes: [(&str, Change); 20] = [
        ("nobody", |s| s.extension = "999".into()),
        ("another package", |s| s.event = "presence".into()),
        ("no number", |s| s.number = "999".into()),
        ("not a number", |s| s.number = "<b>".into()),
        ("no tag", |s| s.tag = String::new()),
        ("another tag", |s| s.tag = "x".into()),
        ("another tag of the phone", |s| s.remote_tag = "x".into()),
        ("no Call-ID", |s| s.call_id = String::new()),
        ("a line more", |s| s.call_id = "x\r\nContact: <sip:a@b>".into()),
        ("a line more in Event", |s| s.event_id = Some("x\r\nContact: <sip:a@b>".into())),
        ("a line more in Route", |s| s.route = vec!["<sip:a>\r\nX: y".into()]),
        ("no party", |s| s.local_party = String::new()),
        ("no party there", |s| s.remote_party = "<".into()),
        ("no target", |s| s.target = "junk".into()),
        ("a target that is not SIP", |s| s.target = "tel:1".into()),
        ("too long", |s| s.route = vec!["x".repeat(3_000)]),
        ("a connection", |s| s.transport = "tcp".into()),
        ("no transport", |s| s.transport = "pigeon".into()),
        ("numbers at their end", |s| s.local_cseq = u32::MAX),
        ("versions at their end", |s| s.version = u32::MAX - 1),
    ];
    for (what, change) in changes {
        let (w, ..) = watching();
        let mut record = on_disk(&w).remove(0);
        change(&mut record);
        let tag = record.tag.clone();
        let mut w = restarted_with(w, Duration::ZERO, vec![record]);
        assert_eq!(w.x.subscriptions.count(), 0, "{what}");
        let is_told = |r: &Record| matches!(r, Record::SubscriptionGone { tag: gone } if *gone == tag);
        assert!(w.records.iter().any(is_told), "{what}");
        w.run(Duration::from_secs(10));
    }
    // As it was, it goes on; the same twice does once; and not for longer than is ever granted.
    let (w, ..) = watching();
    let mut record = on_disk(&w).remove(0);
    record.expires_ms = i64::MAX;
    let w = restarted_with(w, Duration::ZERO, vec![record.clone(), record]);
    assert_eq!(w.x.subscriptions.count(), 1);
    let ends = w.x.subscriptions.all().next().unwrap().1.expires;
    assert_eq!(ends, w.now.mono.after(SUBSCRIPTION_LONGEST));
}

/// Of one extension no more go on than it may have.
#[test]
fn bounds_hold_at_a_start() {
    let (w, ..) = watching();
    let record = on_disk(&w).into_iter().find(|one| one.event == "dialog").unwrap();
    let copy = |n: usize| {
        let tag = format!("t{n}");
        let local_party = record.local_party.replace(&record.tag, &tag);
        SubscriptionRecord { tag, local_party, call_id: format!("c{n}"), ..record.clone() }
    };
    let all = (0..limits::LAMPS_PER_EXTENSION + 5).map(copy).collect();
    let w = restarted_with(w, Duration::ZERO, all);
    assert_eq!(w.x.subscriptions.count(), limits::LAMPS_PER_EXTENSION);
    assert_eq!(on_disk(&w).len(), limits::LAMPS_PER_EXTENSION);
}

/// What was confirmed is on disk, and nobody is told before.
#[test]
fn a_subscription_is_confirmed_once_it_is_on_disk() {
    for is_kept in [true, false] {
        let mut w = World::new();
        let mut panel = Panel::of(&mut w, "102");
        let a = w.registered("101", "192.0.2.11:5060");
        w.store_works = false;
        assert_eq!(panel.ask(&mut w, "101", None, &[]), None);
        w.dial(a, "*43", Some(sdp("192.0.2.11", "8 101", "")));
        w.run(Duration::from_secs(2));
        let heard = |w: &World| {
            let of = |line: &&String| line.ends_with("200 OK") || line.starts_with("NOTIFY");
            w.phones[&panel.at].heard.iter().filter(of).cloned().collect::<Vec<_>>()
        };
        assert_eq!(heard(&w), [""; 0]);
        let watcher = Watcher::Subscription(w.x.subscriptions.all().next().unwrap().0);
        assert!(w.x.awaits_store(watcher));
        let tickets: Vec<Ticket> = w.x.subscriptions.kept.waiting().copied().collect();
        assert_eq!(tickets.len(), 1);
        w.store_works = true;
        w.input(if is_kept { Input::Stored(tickets) } else { Input::NotStored(tickets) });
        w.ms(20);
        let heard = heard(&w);
        assert_eq!((heard[0].as_str(), heard.len()), ("SIP/2.0 200 OK", 2));
        assert_eq!(panel.said(&w), ["101 0 lit"]);
        // Offered again, with what it is by then.
        w.run(Duration::from_secs(11));
        assert_eq!(on_disk(&w).len(), usize::from(!is_kept), "the world has lost the first");
        assert_eq!(on_disk(&w).first().map(|one| one.version), (!is_kept).then_some(1));
    }
}

/// One that ends while the store does not take its record: what is offered again is that it is over.
#[test]
fn what_ended_meanwhile_is_not_offered_again() {
    let mut w = World::new();
    let panel = Panel::of(&mut w, "102");
    w.store_works = false;
    panel.ask(&mut w, "101", None, &[(Name::Expires, "60")]);
    let tickets: Vec<Ticket> = w.x.subscriptions.kept.waiting().copied().collect();
    // The answer waits on; by then the time that was asked for is over.
    w.run(Duration::from_secs(61));
    assert_eq!(w.x.subscriptions.count(), 0);
    w.store_works = true;
    w.input(Input::NotStored(tickets));
    w.run(Duration::from_secs(11));
    let last = w
        .records
        .iter()
        .rev()
        .find(|r| matches!(r, Record::Subscription(_) | Record::SubscriptionGone { .. }));
    assert!(matches!(last, Some(Record::SubscriptionGone { .. })));
    assert_eq!((w.x.subscriptions.kept.unkept(), on_disk(&w)), (0, vec![]));
}

/// The 200 was lost, and the phone's repeat comes to an exchange that was started anew: the phone has one subscription.
#[test]
fn a_repeat_that_comes_after_the_start_makes_no_second_one() {
    let mut w = World::new();
    let panel = Panel::of(&mut w, "102");
    w.lose = vec!["200 OK", "200 OK"];
    assert_eq!(panel.ask(&mut w, "101", None, &[(Name::Expires, "3600")]), None);
    // An exchange that is started anew draws another tag for the same request.
    let mut record = on_disk(&w).remove(0);
    record.local_party = record.local_party.replace(&record.tag, "other");
    record.tag = "other".into();
    let mut w = restarted_with(w, Duration::ZERO, vec![record]);
    assert_eq!(on_disk(&w)[0].tag, "other");
    w.run(Duration::from_secs(8));
    assert!(w.phones[&panel.at].heard.iter().any(|line| line.ends_with("200 OK")));
    assert_eq!((w.x.subscriptions.count(), on_disk(&w).len()), (1, 1));
    assert_ne!(on_disk(&w)[0].tag, "other");
}

/// What was subscribed to over a connection ends with it, and is not kept.
#[test]
fn over_a_connection_nothing_is_kept() {
    let mut w = World::new();
    let at = w.phone_over("102", "192.0.2.2:5090", Transport::Tcp, 5);
    let panel = Panel { extension: "102".into(), at, seen: 0 };
    panel.watch(&mut w, "101");
    let is_of_one = |r: &Record| matches!(r, Record::Subscription(_) | Record::SubscriptionGone { .. });
    assert!(!w.records.iter().any(is_of_one));
    // One that came by UDP goes on over a connection: it is kept no longer.
    let (mut w, panel, dialogs) = watching();
    assert_eq!(on_disk(&w).len(), 3);
    let phone = w.phones.get_mut(&panel.at).unwrap();
    (phone.flow.transport, phone.flow.connection) = (Transport::Tcp, 6);
    assert_eq!(panel.ask(&mut w, "101", Some(&dialogs[0]), &[]).unwrap().status, Status::OK);
    assert_eq!((w.x.subscriptions.count(), on_disk(&w).len()), (3, 2));
}
