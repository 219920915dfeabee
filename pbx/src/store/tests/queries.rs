//! Questions and their answers, from sled and from memory.

use super::samples::{START_MS, binding, call, cdr, event, held, message, mixed, recording, subscription};
use super::{Options, Store, fill, open, open_with};
use crate::store::{StoreError, StoreEvent, inspect, rebuild};
use switchroom_exchange::{MessageRecord, Record, RecordingFacts, Ticket};

/// All that can be asked, as text.
pub(super) fn everything(store: &Store) -> String {
    let mut all = format!("{:#?}\n", store.bindings());
    for party in [None, Some("101"), Some("103"), Some("nobody"), Some("")] {
        for before in [None, Some(START_MS + 100), Some(START_MS + 400_000)] {
            all += &format!("{party:?} {before:?} {:#?}\n", store.cdrs(50, before, party));
        }
        all += &format!("{party:?} {:#?}\n", store.recordings(50, party));
    }
    for number in 1..100 {
        all += &format!(
            "{number} {:?} {:?}\n",
            store.cdr(&number.to_string()).map(|c| c.from),
            store.recording(call(number))
        );
        all += &format!(
            "{number} {:?}\n",
            store.events(10, Some(call(number)), None).iter().map(|e| e.seq).collect::<Vec<_>>()
        );
    }
    for after in [None, Some(START_MS + 200)] {
        all += &format!("{:?}\n", store.events(30, None, after).iter().map(|e| e.seq).collect::<Vec<_>>());
    }
    all
}

#[test]
fn memory_and_sled_answer_alike_and_a_rebuilt_index_too() {
    let dir = tempfile::tempdir().unwrap();
    for seed in [7, 8] {
        fill(dir.path(), &mixed(400, seed));
        let (store, restored, told) = open(dir.path());
        let from_sled = everything(&store);
        assert_eq!(told.notices(), Vec::<String>::new());
        store.close();
        assert_eq!(store.cdrs(1, None, None), Vec::new(), "closed");

        let (store, from_memory, _) =
            open_with(dir.path(), Options { memory_only: true, ..Options::default() });
        assert_eq!(restored, from_memory);
        assert!(restored.event_seq > 300 && restored.call_number > 300 && !restored.bindings.is_empty());
        assert!(restored.messages.len() > 3 && !restored.subscriptions.is_empty());
        assert_eq!(from_sled, everything(&store));
        assert!(store.cdrs(50, None, None).len() == 50);
        store.close();

        let rebuilt = rebuild(dir.path()).unwrap();
        assert_eq!((rebuilt.records % 400, rebuilt.damaged_count), (0, 0));
        let (store, again, told) = open(dir.path());
        assert_eq!((again, everything(&store)), (restored, from_sled));
        assert_eq!(told.notices(), Vec::<String>::new());
    }
}

#[test]
fn cdrs_come_newest_first_in_pages_and_by_party() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _, told) = open(dir.path());
    for n in 1..=9 {
        let (from, to) = if n % 2 == 0 { ("101", "102") } else { ("1010", "101") };
        let record = Record::Cdr(Box::new(cdr(n, from, to, START_MS + i64::try_from(n).unwrap())));
        store.put((n == 9).then_some(Ticket(9)), record);
    }
    told.wait_for(|e| *e == StoreEvent::Stored(vec![Ticket(9)]));
    let numbers = |cdrs: Vec<switchroom_exchange::Cdr>| cdrs.iter().map(|c| c.number).collect::<Vec<_>>();
    assert_eq!(numbers(store.cdrs(3, None, None)), [9, 8, 7]);
    assert_eq!(numbers(store.cdrs(3, Some(START_MS + 7), None)), [6, 5, 4]);
    assert_eq!(numbers(store.cdrs(100, None, Some("101"))), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(numbers(store.cdrs(2, Some(START_MS + 8), Some("102"))), [6, 4]);
    assert_eq!(numbers(store.cdrs(100, None, Some("10"))), [0; 0], "a part of a number is not the number");
    assert_eq!(store.cdr("4").map(|c| c.call), Some(call(4)));
    assert_eq!(store.cdr(&call(5).to_string()).map(|c| c.number), Some(5));
    assert_eq!(store.cdr("../../etc/passwd"), None);
}

#[test]
fn events_are_the_newest_and_newest_last() {
    let dir = tempfile::tempdir().unwrap();
    let records: Vec<_> = (1..=20)
        .map(|n| Record::Event(event(n, (n % 2 == 0).then_some(5), START_MS + i64::try_from(n).unwrap())))
        .collect();
    fill(dir.path(), &records);
    let (store, restored, _) = open(dir.path());
    let seqs =
        |limit, call, after| store.events(limit, call, after).iter().map(|e| e.seq).collect::<Vec<_>>();
    assert_eq!(seqs(3, None, None), [18, 19, 20]);
    assert_eq!(seqs(3, Some(call(5)), None), [16, 18, 20]);
    assert_eq!(seqs(100, None, Some(START_MS + 17)), [18, 19, 20]);
    assert_eq!(seqs(0, None, None), [0; 0]);
    assert_eq!((restored.event_seq, restored.call_number), (20, 5));
}

#[test]
fn the_last_word_on_each_of_some_calls() {
    let dir = tempfile::tempdir().unwrap();
    let said = |seq: u64, of: u64, name: &str, text: &str| {
        let mut event = event(seq, Some(of), START_MS + i64::try_from(seq).unwrap());
        (event.name, event.text) = (name.into(), text.into());
        Record::Event(event)
    };
    let mut records = vec![
        said(1, 5, "disposition", "ana: call back"),
        said(2, 6, "disposition", "bo: sold"),
        said(3, 5, "disposition", "ana: sold"),
        said(4, 5, "note", "ana: by post"),
        said(5, 7, "note", "ana: none"),
    ];
    // One that was said long before the end of a call is not looked for.
    records.push(said(6, 8, "disposition", "bo: lost"));
    records.extend((7..).take(crate::store::LOOKED_THROUGH).map(|seq| said(seq, 8, "note", "bo: …")));
    fill(dir.path(), &records);
    let (store, _, _) = open(dir.path());
    let last = |calls: &[u64]| {
        let calls: Vec<_> = calls.iter().map(|of| call(*of)).collect();
        store.last_events("disposition", &calls).into_iter().map(|event| event.text).collect::<Vec<_>>()
    };
    assert_eq!(last(&[5, 7, 6, 8, 99]), ["ana: sold", "bo: sold"]);
    assert_eq!(last(&[]), [""; 0]);
}

#[test]
fn a_binding_is_replaced_by_its_key_and_ends() {
    let dir = tempfile::tempdir().unwrap();
    fill(
        dir.path(),
        &[
            Record::Binding(binding("101", "a", 1)),
            Record::Binding(binding("101", "b", 1)),
            Record::Binding(binding("101", "a", 2)),
            Record::BindingGone { extension: "101".into(), key: "b".into() },
            Record::BindingGone { extension: "102".into(), key: "a".into() },
        ],
    );
    let (_store, restored, _) = open(dir.path());
    assert_eq!(restored.bindings, [binding("101", "a", 2)]);
}

#[test]
fn a_subscription_is_replaced_by_its_tag_and_ends() {
    let dir = tempfile::tempdir().unwrap();
    let is = |tag, version| Record::Subscription(Box::new(subscription(tag, version)));
    let gone = |tag: &str| Record::SubscriptionGone { tag: tag.into() };
    fill(dir.path(), &[is("a", 0), is("b", 0), is("a", 7), gone("b"), gone("c")]);
    let (store, restored, _) = open(dir.path());
    assert_eq!(restored.subscriptions, [subscription("a", 7)]);
    store.close();
    // A store from before there were such records starts as it did: without any.
    let old = sled::open(dir.path().join("index")).unwrap();
    assert!(old.drop_tree("subscriptions").unwrap());
    drop(old);
    let (_store, restored, told) = open(dir.path());
    assert_eq!((restored.subscriptions, told.notices()), (vec![], vec![]));
}

#[test]
fn a_message_is_replaced_by_its_id_and_ends() {
    let dir = tempfile::tempdir().unwrap();
    fill(
        dir.path(),
        &[
            Record::Message(Box::new(message(1, "101", true))),
            Record::Message(Box::new(message(2, "sales", true))),
            Record::Message(Box::new(message(3, "101", true))),
            Record::Message(Box::new(message(1, "101", false))),
            Record::MessageGone { id: message(2, "sales", true).id },
            Record::MessageGone { id: "never-there".into() },
        ],
    );
    let left = [message(1, "101", false), message(3, "101", true)];
    let (store, restored, _) = open(dir.path());
    assert_eq!(restored.messages, left);
    drop(store);
    // The same from the journal alone.
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    assert_eq!(open(dir.path()).1.messages, left);
}

#[test]
fn what_was_being_recorded_is_told_at_the_next_start_until_it_is_settled() {
    let dir = tempfile::tempdir().unwrap();
    let unfinished = |number| MessageRecord {
        length_ms: 0,
        file: String::new(),
        is_unfinished: true,
        ..message(number, "101", true)
    };
    let begun = |number| Record::Message(Box::new(unfinished(number)));
    let gone = Record::MessageGone { id: message(3, "101", true).id };
    let closed = Record::Message(Box::new(message(1, "101", true)));
    fill(dir.path(), &[begun(1), begun(2), begun(3), closed, gone]);
    assert_eq!(open(dir.path()).1.messages, [message(1, "101", true), unfinished(2)]);
}

/// As journals have them from before messages were written down while they are recorded.
#[test]
fn a_message_of_an_older_journal_is_finished() {
    let mut json = serde_json::to_value(message(1, "101", true)).unwrap();
    json.as_object_mut().unwrap().remove("is_unfinished").unwrap();
    assert_eq!(serde_json::from_value::<MessageRecord>(json).unwrap(), message(1, "101", true));
}

#[test]
fn a_recording_is_found_by_either_side_until_it_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    fill(
        dir.path(),
        &[
            Record::Recording(Box::new(recording(1, "101", "102"))),
            Record::Recording(Box::new(recording(2, "103", "101"))),
            Record::RecordingGone { call: call(1) },
        ],
    );
    let (store, _, _) = open(dir.path());
    assert_eq!(store.recordings(10, Some("101")), [recording(2, "103", "101")]);
    assert_eq!(store.recordings(10, Some("102")), []);
    assert_eq!(store.recording(call(1)), None);
}

#[test]
fn a_hold_stays_with_all_parts_of_a_recording_until_it_is_released() {
    let dir = tempfile::tempdir().unwrap();
    let hold =
        |number, reason: Option<&str>| Record::RecordingHeld { call: call(number), held: reason.map(held) };
    let recorded = |number| Record::Recording(Box::new(recording(number, "101", "102")));
    fill(
        dir.path(),
        &[
            hold(9, Some("never there")),
            recorded(1),
            hold(1, Some("case 7")),
            // Another part of the same call is closed.
            Record::Recording(Box::new(RecordingFacts { bytes: 5, ..recording(1, "101", "102") })),
            recorded(2),
            hold(2, Some("case 7")),
            hold(2, None),
        ],
    );
    for again in [false, true] {
        if again {
            rebuild(dir.path()).unwrap();
        }
        let (store, _, _) = open(dir.path());
        let known = |number| store.recording(call(number)).unwrap();
        assert_eq!((known(1).held, known(1).bytes), (Some(Box::new(held("case 7"))), 5));
        assert_eq!((known(2).held, store.recording(call(9))), (None, None));
        // It is the same wherever it is asked for.
        assert_eq!(store.recordings(10, Some("101")), [known(2), known(1)]);
    }
}

#[test]
fn recordings_are_read_oldest_first_in_portions() {
    let dir = tempfile::tempdir().unwrap();
    let recorded = |number| Record::Recording(Box::new(recording(number, "101", "102")));
    fill(dir.path(), &[recorded(3), recorded(1), recorded(2)]);
    let (store, _, _) = open(dir.path());
    let mut numbers = Vec::new();
    let mut after = None;
    loop {
        let portion = store.oldest_recordings(after, 2);
        let Some(last) = portion.last() else { break };
        after = Some((last.subject.started_ms, last.call));
        numbers.push(portion.iter().map(|facts| facts.subject.number).collect::<Vec<_>>());
    }
    assert_eq!((numbers, store.oldest_recordings(None, 0)), (vec![vec![1, 2], vec![3]], vec![]));
}

/// As journals and indexes have them from before recordings could be held.
#[test]
fn a_recording_of_an_older_journal_is_not_held() {
    let mut json = serde_json::to_value(recording(1, "101", "102")).unwrap();
    json.as_object_mut().unwrap().remove("held").unwrap();
    assert_eq!(serde_json::from_value::<RecordingFacts>(json).unwrap(), recording(1, "101", "102"));
}

#[test]
fn a_second_opener_is_told_who_has_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _, _) = open(dir.path());
    let refused = Store::open(dir.path(), std::sync::Arc::new(|_| {})).err().unwrap();
    assert_eq!(refused, StoreError::Locked { dir: dir.path().into(), holder: Some(std::process::id()) });
    assert!(refused.to_string().contains(&format!("in use by process {}", std::process::id())));
    assert_eq!(rebuild(dir.path()), Err(refused));
    assert_eq!(inspect(dir.path()).unwrap().holder, Some(Some(std::process::id())));
    store.close();
    let seen = inspect(dir.path()).unwrap();
    assert_eq!((seen.holder, seen.segments, seen.suspect), (None, 0, false));
    open(dir.path());
}
