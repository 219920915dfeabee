//! Messages and the store: what it refuses is offered again, and no file goes before its message.

use super::mwi::leave;
use super::world::World;
use crate::*;
use std::time::Duration;

/// Of a message, what the store was offered since: whether it is new, or that it is gone.
fn offered(w: &World, since: usize) -> Vec<String> {
    let of = |record: &Record| match record {
        Record::Message(m) => Some(format!("{} {}", m.id, if m.is_new { "new" } else { "old" })),
        Record::MessageGone { id } => Some(format!("{id} gone")),
        _ => None,
    };
    w.records[since..].iter().filter_map(of).collect()
}

fn drops(w: &World) -> usize {
    w.media.iter().filter(|c| matches!(c, MediaCommand::DropMessage { .. })).count()
}

/// The store refuses everything that it was offered since it stopped working.
fn refuse(w: &mut World) {
    let tickets = w.x.message_words.waiting.keys().copied().collect();
    w.input(Input::NotStored(tickets));
}

#[test]
fn a_refused_message_is_offered_again_as_it_is_then() {
    let mut w = World::new();
    w.store_works = false;
    leave(&mut w, "m-1", "102");
    refuse(&mut w);
    // Heard while the store is in trouble.
    let now = w.now;
    w.x.message_heard(now, "m-1");
    w.input(Input::Tick);
    refuse(&mut w);
    let since = w.records.len();
    w.store_works = true;
    w.run(limits::STORE_RETRY);
    assert_eq!(offered(&w, since), ["m-1 old"]);
    w.run(Duration::from_secs(30));
    assert_eq!(offered(&w, since).len(), 1, "once is enough");
}

/// An older word of a message that is refused late does not come after the newer one.
#[test]
fn an_older_word_does_not_come_after_a_newer() {
    let mut w = World::new();
    w.store_works = false;
    leave(&mut w, "m-1", "102");
    let first = *w.x.message_words.waiting.keys().next().unwrap();
    let now = w.now;
    w.x.message_heard(now, "m-1");
    w.input(Input::NotStored(vec![first]));
    let second = *w.x.message_words.waiting.keys().next().unwrap();
    w.input(Input::Stored(vec![second]));
    let since = w.records.len();
    w.store_works = true;
    w.run(Duration::from_secs(30));
    assert_eq!(offered(&w, since), [""; 0]);
}

#[test]
fn a_file_goes_when_the_store_knows_that_its_message_has() {
    let mut w = World::new();
    leave(&mut w, "m-1", "102");
    w.store_works = false;
    let now = w.now;
    assert!(w.x.message_deleted(now, "m-1").is_some());
    w.input(Input::Tick);
    assert_eq!(drops(&w), 0, "a restart now would find the message");
    refuse(&mut w);
    assert_eq!(drops(&w), 0);
    w.store_works = true;
    w.run(limits::STORE_RETRY);
    assert_eq!(drops(&w), 1);
    w.settle();
}

/// CDRs that are given up do not take with them what else is to be offered again.
#[test]
fn what_is_given_up_takes_nothing_else_along() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    w.store_works = false;
    leave(&mut w, "m-1", "102");
    refuse(&mut w);
    w.hang_up(a, call);
    let (now, cdr) = (w.now, w.x.outbox.pop_first().unwrap().1);
    let tickets = (0..limits::OUTBOX_MAX as u64 - 1).map(|n| Ticket(1_000_000 + n));
    w.x.outbox.extend(tickets.map(|ticket| (ticket, cdr.clone())));
    w.x.retry.push_back((*cdr).clone());
    w.x.hand_over(now, cdr);
    assert!(w.x.retry.is_empty(), "the oldest was given up");
    assert!(w.x.timers.get(due::Timer::Outbox).is_some());
}

/// Who leaves nothing but silence does no wrong; a disk that is full does.
#[test]
fn only_a_fault_is_told_as_one() {
    for (taken, told) in [(Taken::Nothing, 0), (Taken::Failed, 1)] {
        let mut t = super::flows::Caller::new("500");
        t.digit('2');
        t.heard();
        let message = t.w.x.mailboxes.unfinished.keys().next().unwrap().clone();
        let (leg, why) = (t.leg, "so it is".to_owned());
        t.w.input(Input::Media(MediaEvent::MessageTaken { leg, message, taken, why }));
        let failed = t.w.events().iter().filter(|name| *name == "message_failed").count();
        assert_eq!((failed, t.w.x.messages_of("102").len()), (told, 0));
    }
}
