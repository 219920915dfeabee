use super::world::World;
use crate::record::EventKind;
use crate::{ArchiveAct, CallId, Command, CommandId, Held, Input, Record};

const CALL: CallId = CallId(7);

fn give(w: &mut World, user: &str, act: ArchiveAct) -> Option<Result<String, String>> {
    w.input(Input::Command { id: CommandId(1), user: user.into(), command: Command::Archive(act) });
    w.replies.pop()
}

fn hold(reason: &str) -> ArchiveAct {
    ArchiveAct::Hold { call: CALL, number: 3, reason: reason.into() }
}

/// Of an event: kind, call, user, name.
type Told<'a> = (EventKind, Option<CallId>, &'a str, &'a str);

/// What was written down: of recordings as it is, and events.
fn written(w: &World) -> (Vec<&Record>, Vec<Told<'_>>) {
    let is_event = |r: &&Record| matches!(r, Record::Event(_));
    let others = w.records.iter().filter(|r| !is_event(r)).collect();
    let events = w.records.iter().filter_map(|r| match r {
        Record::Event(e) if e.name.contains("recording") => {
            Some((e.kind, e.call, e.subject.as_str(), e.name.as_str()))
        }
        _ => None,
    });
    (others, events.collect())
}

#[test]
fn a_hold_its_release_and_a_deletion_are_on_record_with_user_and_reason() {
    let mut w = World::new();
    let before = written(&w).0.len();
    assert_eq!(
        give(&mut w, "sue", hold(" case\u{1b} 7 ")),
        Some(Ok("sue holds the recording of call 3: case\u{fffd} 7".into()))
    );
    let release = ArchiveAct::Release { call: CALL, number: 3 };
    assert_eq!(give(&mut w, "ann", release), Some(Ok("ann holds the recording of call 3 no more".into())));
    let delete = ArchiveAct::Delete { call: CALL, number: 3 };
    assert_eq!(give(&mut w, "ann", delete), Some(Ok("ann deleted the recording of call 3".into())));
    let (records, events) = written(&w);
    let held = Held { by: "sue".into(), reason: "case\u{fffd} 7".into(), at_ms: w.now.wall.0 };
    assert_eq!(
        records[before..],
        [
            &Record::RecordingHeld { call: CALL, held: Some(held) },
            &Record::RecordingHeld { call: CALL, held: None },
            &Record::RecordingGone { call: CALL },
        ]
    );
    let audit = |user, name| (EventKind::Audit, Some(CALL), user, name);
    assert_eq!(
        events,
        [audit("sue", "hold_recording"), audit("ann", "release_recording"), audit("ann", "delete_recording")]
    );
}

#[test]
fn a_hold_without_a_reason_is_refused_and_a_long_one_is_cut() {
    let mut w = World::new();
    assert_eq!(give(&mut w, "sue", hold(" \r\n")), Some(Err("say why the recording is held".into())));
    let long = give(&mut w, "sue", hold(&"é".repeat(5_000))).unwrap().unwrap();
    assert_eq!(long.matches('é').count(), crate::limits::REASON_CHARS_MAX);
}

#[test]
fn many_that_expire_are_one_event_and_answered_once_all_are_on_disk() {
    let mut w = World::new();
    let expire = |calls: &[u128]| ArchiveAct::Expire {
        calls: calls.iter().copied().map(CallId).collect(),
        told: "3 recordings deleted".into(),
    };
    assert_eq!(give(&mut w, "", expire(&[])), Some(Err("no recording is named".into())));
    w.store_works = false;
    assert_eq!(give(&mut w, "", expire(&[1, 2])), None, "not done before it is on disk");
    w.store_works = true;
    assert_eq!(give(&mut w, "", expire(&[1, 2, 3])), Some(Ok("3 recordings deleted".into())));
    let (records, events) = written(&w);
    let gone = records.iter().filter(|r| matches!(r, Record::RecordingGone { .. })).count();
    assert_eq!((gone, events), (3, vec![(EventKind::Recording, None, "", "recordings_expired")]));
}
