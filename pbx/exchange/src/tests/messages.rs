//! Messages: those that a stop cut off, those that a user throws away, and how long they are kept.

use super::flow_site::site;
use super::mwi::leave;
use super::world::{World, config, sdp};
use crate::*;
use std::collections::BTreeMap;
use std::time::Duration;

fn facts(length_ms: u64) -> MessageFacts {
    MessageFacts { file: "messages/2023/11/m.wav".into(), length_ms, bytes: 1, sha256: "00".into() }
}

/// What a store has of messages after these records.
fn kept(records: &[Record]) -> BTreeMap<String, MessageRecord> {
    let mut kept = BTreeMap::new();
    for record in records {
        match record {
            Record::Message(message) => _ = kept.insert(message.id.clone(), (**message).clone()),
            Record::MessageGone { id } => _ = kept.remove(id),
            _ => {}
        }
    }
    kept
}

/// 101 leaves a message in box 102, and speaks.
fn speaking() -> (World, String) {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    w.dial(a, "500", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    let leg = w.x.calls().next().unwrap().caller;
    w.input(Input::Media(MediaEvent::Digit { leg, digit: '2' }));
    w.ms(10);
    let number = w.media.iter().rev().find_map(|command| match command {
        MediaCommand::Play { number, .. } => Some(*number),
        _ => None,
    });
    w.input(Input::Media(MediaEvent::Played { leg, number: number.unwrap() }));
    w.ms(1000);
    let message = w.media.iter().rev().find_map(|command| match command {
        MediaCommand::TakeMessage { message, .. } => Some(message.clone()),
        _ => None,
    });
    (w, message.unwrap())
}

/// An exchange that starts with what another one wrote down, and what its shell found out about files.
fn again(records: &[Record], cut_off: &[(&str, Option<MessageFacts>)]) -> World {
    let restored = Restored {
        messages: kept(records).into_values().collect(),
        cut_off: cut_off.iter().map(|(id, facts)| ((*id).to_owned(), facts.clone())).collect(),
        ..Restored::default()
    };
    World::with(config(), restored)
}

#[test]
fn a_message_being_recorded_is_nobodys_until_its_file_is_closed() {
    let (mut w, id) = speaking();
    let written = kept(&w.records)[&id].clone();
    assert!(written.is_unfinished && written.file.is_empty());
    assert_eq!((written.mailbox.as_deref(), written.from.number.as_str()), (Some("102"), "101"));
    assert_eq!((w.x.messages_of("102").len(), w.x.message(&id)), (0, None));
    assert_eq!(w.x.newest_messages(None, 9), Vec::<&MessageRecord>::new());
    w.input(Input::Media(MediaEvent::MessageTaken {
        leg: LegId(1),
        message: id.clone(),
        taken: Taken::Kept(facts(4_200)),
        why: String::new(),
    }));
    let written = kept(&w.records)[&id].clone();
    assert_eq!((written.is_unfinished, written.length_ms), (false, 4_200));
    assert_eq!(w.x.message(&id), Some(&written));
}

#[test]
fn what_comes_to_nothing_is_not_left_in_the_store() {
    let (mut w, id) = speaking();
    w.input(Input::Media(MediaEvent::MessageTaken {
        leg: LegId(1),
        message: id,
        taken: Taken::Nothing,
        why: "nothing was said".into(),
    }));
    assert_eq!(kept(&w.records), BTreeMap::new());
}

/// Class "given up, and it had ended by itself already": its file does not stay behind.
#[test]
fn what_is_given_up_leaves_neither_record_nor_file() {
    let (mut w, id) = speaking();
    w.x.message_given_up(&id);
    w.input(Input::Tick);
    assert_eq!(kept(&w.records), BTreeMap::new(), "should the exchange stop now, it must not come back");
    w.input(Input::Media(MediaEvent::MessageTaken {
        leg: LegId(1),
        message: id.clone(),
        taken: Taken::Kept(facts(900)),
        why: String::new(),
    }));
    assert!(w.media.contains(&MediaCommand::DropMessage { message: id }));
    assert_eq!((kept(&w.records).len(), w.x.messages_of("102").len()), (0, 0));
}

#[test]
fn a_message_that_a_stop_cut_off_is_in_its_box_and_new() {
    let (w, id) = speaking();
    let began_ms = kept(&w.records)[&id].at_ms;
    let mut w = again(&w.records, &[(&id, Some(facts(700)))]);
    let found: Vec<_> = w.x.messages_of("102").into_iter().cloned().collect();
    assert_eq!(found.len(), 1);
    let message = &found[0];
    assert!(message.is_new && !message.is_unfinished);
    assert_eq!((message.length_ms, message.at_ms, message.from.number.as_str()), (700, began_ms, "101"));
    assert_eq!(kept(&w.records).values().collect::<Vec<_>>(), [message], "and so the store has it");
    let told = w.records.iter().any(|record| {
        matches!(record, Record::Event(event) if event.text
            == "101 left a message of 1 s in box 102; it was cut off when the exchange stopped")
    });
    assert!(told, "{:#?}", w.records);
    assert!(w.x.take_changed().contains(&Changed::Message(id)));
    w.settle();
}

#[test]
fn a_cut_off_message_of_which_nothing_is_left_is_gone() {
    let (before, id) = speaking();
    let mut w = again(&before.records, &[(&id, None)]);
    assert_eq!(w.x.messages_of("102").len(), 0);
    assert!(w.records.contains(&Record::MessageGone { id: id.clone() }));
    w.settle();
    // Its file could not be looked at: it stays as it is for a later start.
    let mut w = again(&before.records, &[]);
    assert_eq!((w.x.messages_of("102").len(), kept(&w.records).len()), (0, 0));
    assert!(!w.records.contains(&Record::MessageGone { id }));
    w.settle();
}

#[test]
fn a_user_deletes_a_message_and_that_is_on_record() {
    let mut w = World::new();
    leave(&mut w, "m1", "102");
    let command = |id: &str| Command::DeleteMessage(id.into());
    let give = |w: &mut World, number, id: &str| {
        w.input(Input::Command { id: CommandId(number), user: "sue".into(), command: command(id) });
        w.replies.pop()
    };
    w.store_works = false;
    assert_eq!(give(&mut w, 1, "m1"), None, "not done before it is on disk");
    let dropped = |w: &World, id: &str| w.media.contains(&MediaCommand::DropMessage { message: id.into() });
    assert_eq!((w.x.messages_of("102").len(), dropped(&w, "m1")), (0, false), "nor is its file gone");
    w.store_works = true;
    leave(&mut w, "m2", "102");
    assert_eq!(give(&mut w, 2, "m2"), Some(Ok("sue deleted the message of  in box 102: m2".into())));
    assert!(dropped(&w, "m2"));
    let is_audit = |r: &Record| matches!(r, Record::Event(e) if e.kind == EventKind::Audit && e.name == "delete_message");
    assert_eq!(w.records.iter().filter(|r| is_audit(r)).count(), 1, "the other is not on disk");
    let again = give(&mut w, 3, "m2");
    assert_eq!(again, Some(Err("there is no message m2; it may have been deleted meanwhile".into())));
}

#[test]
fn the_newest_messages_are_given_first() {
    let mut w = World::new();
    for n in 0..7 {
        leave(&mut w, &format!("m{n}"), if n % 2 == 0 { "102" } else { "500" });
        w.ms(1000);
    }
    let ids = |mailbox, limit| -> Vec<String> {
        w.x.newest_messages(mailbox, limit).iter().map(|m| m.id.clone()).collect()
    };
    assert_eq!(ids(None, 3), ["m6", "m5", "m4"]);
    assert_eq!(ids(Some("500"), 9), ["m5", "m3", "m1"]);
    assert_eq!((ids(None, 7).len(), ids(None, 0).len(), ids(Some("9"), 5).len()), (7, 0, 0));
}

/// A message on disk, left at that time.
fn on_disk(id: &str, mailbox: Option<&str>, at_ms: i64) -> MessageRecord {
    MessageRecord {
        id: id.into(),
        mailbox: mailbox.map(str::to_owned),
        call: CallId::new(1, 1),
        from: Party::default(),
        at_ms,
        length_ms: 1,
        file: "m.wav".into(),
        bytes: 1,
        sha256: "00".into(),
        is_new: true,
        is_unfinished: false,
    }
}

/// What a flow recorded for itself is in no box, and is kept as long as the site says.
#[test]
fn what_a_flow_recorded_gets_old_too() {
    let day = Duration::from_secs(86_400);
    let recorded = |id: &str, mailbox: Option<&str>| on_disk(id, mailbox, 1_700_000_000_000);
    // What is in a box that is not configured any more stays: a slip in the configuration deletes nothing.
    let messages = vec![recorded("own", None), recorded("boxed", Some("102")), recorded("lost", Some("777"))];
    let left = |recorded_keep, days| -> Vec<String> {
        let config = Config { inbound: switchroom_flow::SiteConfig { recorded_keep, ..site() }, ..config() };
        let restored = Restored { messages: messages.clone(), ..Restored::default() };
        let mut w = World::with(config, restored);
        w.run(day * days + Duration::from_secs(7200));
        w.x.newest_messages(None, 9).iter().map(|m| m.id.clone()).collect()
    };
    assert_eq!(left(3 * day, 1), ["own", "lost"], "the box keeps for a day");
    assert_eq!(left(3 * day, 3), ["lost"]);
    assert_eq!(left(Duration::ZERO, 9), ["own", "lost"], "for ever");
}

/// By a clock that stands far ahead nothing is old for a day.
#[test]
fn a_clock_that_leaps_ahead_throws_no_message_away() {
    let day = Duration::from_secs(86_400);
    let left_ms = World::new().now.wall.0 - 40 * 86_400_000;
    let message = |id: &str, at_ms: i64| on_disk(id, Some("102"), at_ms);
    // One that was left by the wrong clock does not make it a right one.
    let messages = vec![message("old", left_ms), message("new", left_ms + 40 * 86_400_000 - 1_000)];
    let config = Config { inbound: site(), ..config() };
    let mut w = World::with(config, Restored { messages, ..Restored::default() });
    w.run(day - Duration::from_secs(60));
    assert_eq!(w.x.newest_messages(None, 9).len(), 2);
    w.run(Duration::from_secs(7_200));
    assert_eq!(w.x.newest_messages(None, 9).len(), 0, "a day later it is right, or nobody minds");
}

/// Who is put through by a user while leaving a message leaves it: nothing of what follows is in it.
#[test]
fn who_is_put_through_speaks_into_no_mailbox_any_more() {
    let (mut w, id) = speaking();
    let (call, leg) = w.x.calls().next().map(|call| (call.id, call.caller)).unwrap();
    let command = Command::Transfer { call, to: "504".into() };
    assert!(w.command("mara", command).is_ok());
    let stop = MediaCommand::StopMessage { call, leg, is_kept: true };
    assert!(w.media.contains(&stop), "{:#?}", w.media);
    let taken = Taken::Kept(facts(1_000));
    w.input(Input::Media(MediaEvent::MessageTaken { leg, message: id, taken, why: String::new() }));
    assert_eq!(w.x.messages_of("102").len(), 1, "what was said before is kept, as if who spoke had hung up");
    w.input(Input::EndAll);
}
