//! Opening and closing queues.

use super::*;
use crate::app::{Mood, Overlay};
use crate::fixture::{NOW_MS, floor, press, say};
use crate::rows::List;
use switchroom_wire::{Change, Command, QueueDoor, QueueView, Role, SaidView};

fn on_queue(name: &str) -> App {
    let mut app = floor((80, 24));
    select(&mut app, "2", List::Queues, name);
    app
}

fn said(door: QueueDoor) -> SaidView {
    SaidView { door, by: "mara".into(), at_ms: NOW_MS - 60_000 }
}

/// The same queue, as somebody left it, or as its hours have it.
fn with(name: &str, edit: impl Fn(&mut QueueView)) -> App {
    let mut app = on_queue(name);
    let mut queue = app.model.board.queues[name].clone();
    edit(&mut queue);
    change(&mut app, Change::Queue(Box::new(queue)));
    app
}

fn closed(queue: &mut QueueView) {
    (queue.said, queue.is_closed) = (Some(said(QueueDoor::Closed)), true);
}

fn question(app: &App) -> String {
    let Some(Overlay::Confirm(asked)) = &app.overlay else { panic!("{}", shown(app)) };
    asked.question.clone()
}

#[test]
fn the_key_closes_what_is_open_once_its_name_is_typed() {
    let mut app = on_queue("support");
    assert_eq!(press(&mut app, "S"), []);
    assert_eq!(
        question(&app),
        "Close queue support, open at any time, whatever its hours say? New callers are turned away as their flow says. \
         Who waits there (4) goes on waiting."
    );
    assert!(sent(&press(&mut app, "y enter")).is_none(), "a y is not its name");
    press(&mut app, "S");
    let (_, command) = sent(&press(&mut app, "s u p p o r t enter")).unwrap();
    assert_eq!(command, Command::QueueDoor { queue: "support".into(), door: QueueDoor::Closed });
}

#[test]
fn the_key_takes_back_what_somebody_said_and_opens_what_its_hours_close() {
    let mut app = with("sales", closed);
    press(&mut app, "S");
    assert!(question(&app).starts_with("Let queue sales, closed by mara 14:02, go by its hours again?"));
    let (_, command) = sent(&press(&mut app, "s a l e s enter")).unwrap();
    assert_eq!(command, Command::QueueDoor { queue: "sales".into(), door: QueueDoor::Hours });
    let mut app = with("sales", |queue| {
        (queue.hours, queue.is_closed) = ("office".into(), true);
        queue.hours_change_ms = Some(NOW_MS + 3_600_000);
    });
    press(&mut app, "S");
    assert_eq!(question(&app), "Open queue sales, closed until 15:03, whatever its hours say?");
}

#[test]
fn the_palette_says_the_same_and_asks_for_the_name_too() {
    let mut app = on_queue("sales");
    assert_eq!(say(&mut app, "queue close support"), []);
    assert!(question(&app).starts_with("Close queue support"));
    let (_, command) = sent(&press(&mut app, "s u p p o r t enter")).unwrap();
    assert_eq!(command, Command::QueueDoor { queue: "support".into(), door: QueueDoor::Closed });
    assert_eq!(say(&mut app, "queue open nowhere"), []);
    assert!(app.overlay.is_none());
    assert!(app.toast.as_ref().is_some_and(|toast| toast.mood == Mood::Wrong), "{}", shown(&app));
}

#[test]
fn who_was_slower_is_refused_with_what_the_other_did() {
    let mut app = on_queue("sales");
    press(&mut app, "S");
    let mut queue = app.model.board.queues["sales"].clone();
    closed(&mut queue);
    change(&mut app, Change::Queue(Box::new(queue)));
    assert!(sent(&press(&mut app, "s a l e s enter")).is_none());
    assert!(shown(&app).contains("somebody was faster: closed by mara"), "{}", shown(&app));
}

#[test]
fn what_the_other_did_is_told_as_the_question_tells_it() {
    // What somebody said was taken back, and the queue has no hours.
    let mut app = with("support", closed);
    press(&mut app, "S");
    let mut queue = app.model.board.queues["support"].clone();
    (queue.said, queue.is_closed) = (None, false);
    change(&mut app, Change::Queue(Box::new(queue)));
    assert!(sent(&press(&mut app, "s u p p o r t enter")).is_none());
    assert!(shown(&app).contains("somebody was faster: open at any time"), "{}", shown(&app));
    // The time is that of the daemon's day, not of another one.
    let mut app = on_queue("sales");
    press(&mut app, "S");
    let mut queue = app.model.board.queues["sales"].clone();
    closed(&mut queue);
    change(&mut app, Change::Queue(Box::new(queue)));
    press(&mut app, "s a l e s enter");
    let told = app.toast.clone().unwrap().text;
    assert!(told.ends_with("closed by mara 14:02"), "{told}");
}

#[test]
fn an_agent_opens_and_closes_nothing() {
    let mut app = on_queue("sales");
    with_role(&mut app, Role::Agent);
    assert_eq!(press(&mut app, "S"), []);
    assert!(app.overlay.is_none() && shown(&app).contains("supervisor"), "{}", shown(&app));
}

#[test]
fn who_closed_a_queue_stands_beside_it_and_on_the_wall() {
    let app = with("billing", closed);
    let text = shown(&app);
    assert!(text.contains("closed by mara 14:02"), "{text}");
    let mut wide = with("billing", closed);
    wide.size = (200, 60);
    assert!(shown(&wide).contains("closed by mara 14:02"));
    press(&mut wide, "1");
    assert!(shown(&wide).contains("! closed by mara 14:02"), "{}", shown(&wide));
    insta::assert_snapshot!("queues_closed_80x24", text);
}
