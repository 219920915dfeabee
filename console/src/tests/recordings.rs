//! Recordings that are closed: held, released, deleted.

use super::*;
use crate::fixture::{floor, press, say};
use crate::rows::List;
use switchroom_wire::{HeldView, RecordingView, Role};

const ID: &str = "01JBS94116QZ8M4T6W2X0Y5K1C";

fn on_recording(held: Option<&str>) -> App {
    let mut app = floor((120, 40));
    with_role(&mut app, Role::Admin);
    let mut recording: RecordingView =
        app.model.board.recordings.iter().find(|one| one.id == ID).unwrap().clone();
    recording.held = held.map(|reason| HeldView { by: "mara".into(), reason: reason.into(), at_ms: NOW_MS });
    change(&mut app, Change::Recording(Box::new(recording)));
    select(&mut app, "6", List::Recordings, ID);
    app
}

fn verb(app: &mut App, keys: &str) -> Option<Command> {
    sent(&press(app, keys))
        .map(|(_, command)| command)
        .filter(|command| !matches!(command, Command::Wave { .. }))
}

#[test]
fn a_recording_is_held_for_a_reason() {
    let mut app = on_recording(None);
    assert_eq!(verb(&mut app, "H enter"), None, "no reason, no hold");
    assert_eq!(verb(&mut app, "H"), None);
    assert!(shown(&app).contains("Hold the recording of 4116"), "{}", shown(&app));
    let hold = Command::HoldRecording { call: ID.into(), reason: "case 7".into() };
    assert_eq!(verb(&mut app, "c a s e space 7 enter"), Some(hold));
    assert_eq!(verb(&mut app, "U"), None);
    assert!(shown(&app).contains("is not held"), "{}", shown(&app));
    with_role(&mut app, Role::Supervisor);
    assert_eq!(verb(&mut app, "D"), None, "deleting is an admin's");
    assert!(app.overlay.is_none());
}

#[test]
fn release_and_delete_want_the_number_typed() {
    let mut app = on_recording(Some("case 7"));
    assert_eq!(verb(&mut app, "D"), None);
    assert!(shown(&app).contains("is held by mara: case 7"), "{}", shown(&app));
    assert_eq!(verb(&mut app, "U y enter"), None, "not its number");
    assert_eq!(verb(&mut app, "U 4 1 1 6 enter"), Some(Command::ReleaseRecording { call: ID.into() }));
    let mut app = on_recording(None);
    assert_eq!(verb(&mut app, "D"), None);
    assert!(shown(&app).contains("It cannot be had back"), "{}", shown(&app));
    assert_eq!(verb(&mut app, "4 1 1 6 enter"), Some(Command::DeleteRecording { call: ID.into() }));
    press(&mut app, "D 4 1 1 6");
    change(&mut app, Change::RecordingGone(ID.into()));
    assert_eq!(verb(&mut app, "enter"), None);
    assert!(shown(&app).contains("the recording is gone"), "{}", shown(&app));
}

#[test]
fn words_do_the_same() {
    let mut app = on_recording(None);
    let (_, command) = sent(&say(&mut app, "hold recording 4116 case 7")).unwrap();
    assert_eq!(command, Command::HoldRecording { call: "4116".into(), reason: "case 7".into() });
    assert!(sent(&say(&mut app, "delete recording 4116")).is_none(), "asks first");
}
