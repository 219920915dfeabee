//! What phones watch is known until it ends, also when the input that it came by is gone.

use super::super::{Recorded, Ring};
use super::rig::{self, config};
use switchroom_exchange::{Action, Mono, Now, Record, Restored, SubscriptionRecord, Wall};

#[test]
fn subscriptions_are_known_before_the_first_input_that_is_left() {
    let now = |n: u64| Now { mono: Mono(n), wall: Wall(1_700_000_000_000) };
    let at = "192.0.2.7:5060".parse().unwrap();
    let one = |tag: &str, version| SubscriptionRecord {
        tag: tag.into(),
        extension: "101".into(),
        event: "dialog".into(),
        event_id: None,
        number: "102".into(),
        version,
        call_id: "c".into(),
        remote_tag: "t".into(),
        local_party: format!("<sip:102@h>;tag={tag}"),
        remote_party: "<sip:101@h>;tag=t".into(),
        local_cseq: 1,
        remote_cseq: None,
        target: "sip:101@192.0.2.7".into(),
        route: vec![],
        transport: "udp".into(),
        local: at,
        remote: at,
        written_ms: 0,
        expires_ms: 0,
    };
    let restored = Restored { subscriptions: vec![one("old", 0)], ..Restored::default() };
    let config = std::sync::Arc::new(config("secret"));
    let mut ring = Ring::new(now(0), config, rig::SEED, restored.clone()).bounded(usize::MAX, 300);
    assert_eq!(ring.snapshot().base.restored(), restored);
    let is = |tag, version| Record::Subscription(Box::new(one(tag, version)));
    for record in [is("a", 0), is("b", 0), is("a", 7), Record::SubscriptionGone { tag: "b".into() }] {
        ring.push(now(1), Recorded::Tick);
        ring.saw(&Action::Persist { ticket: None, record });
    }
    for n in 0..2_000 {
        ring.push(now(2 + n), Recorded::Tick);
    }
    assert_eq!(ring.snapshot().base.restored().subscriptions, [one("a", 7), one("old", 0)]);
}
