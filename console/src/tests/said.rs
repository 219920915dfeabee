//! What the console says of what it did and could not do: whole, and until the next key.

use super::floor::answer;
use super::*;
use crate::app::Overlay;
use crate::fixture::{floor, office, press, say};
use crate::rows::List;
use switchroom_wire::{
    Answer, CommandError, DeskView, ExtensionState, RecordingState, Reply, Role, SupervisionMode,
};

const LONG: &str = "whoever waits would lose the place should nobody answer at 103; pick the call up there, or assign it \
                    to an agent, and look first whether one of them is free to take it at the very end";

/// The daemon refuses what was sent.
fn refuse(app: &mut App, id: u64, why: &str) {
    let result = Err(CommandError::Refused { why: why.into() });
    update(app, Input::Line(Box::new(ServerLine::Reply(Reply { id, result }))));
}

/// The screen as one line, with single blanks.
fn in_a_row(app: &App) -> String {
    shown(app).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn where_the_exchange_ends_with_the_console_leaving_says_so() {
    let mut app = office((120, 60));
    press(&mut app, "?");
    assert!(shown(&app).contains("back; at the top leave, calls go on"), "{}", shown(&app));
    app.settings.ends_exchange = true;
    let text = shown(&app);
    assert!(
        text.contains("at the top end the demo") && text.contains("end the demo and its calls at once"),
        "{text}"
    );
    assert!(!text.contains("leave at once, calls go on"), "{text}");
}
