//! What a user sees and what the keys do, on the office of the fixtures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod floor;
mod keys;
mod language;
mod missed;
mod screens;
mod supervise;
mod verbs;

use crate::app::App;
use crate::fixture::{NOW_MS, play};
use crate::update::Input;
use crate::view;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use switchroom_wire::{ServerLine, Welcome};

fn drawn(app: &App) -> (Buffer, Option<Position>) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
    let cursor = view::draw(app, NOW_MS, &mut buffer);
    (buffer, cursor)
}

/// The screen as text, with the place of the hardware cursor.
fn shown(app: &App) -> String {
    let (buffer, cursor) = drawn(app);
    let mut out = String::new();
    for y in 0..app.size.1 {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..app.size.0 {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                line.push_str(symbol);
                skip = switchroom_wire::columns(symbol).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    let at = cursor.map_or_else(|| "none".to_owned(), |at| format!("{},{}", at.x, at.y));
    format!("{out}cursor {at}\n")
}

fn update(app: &mut App, input: Input) -> Vec<crate::app::Effect> {
    app.update(input, NOW_MS)
}

/// Everything that can be told of call 4127 and recording 4116.
fn watched(app: &mut App) {
    play(app, "watched");
}

fn disconnect(app: &mut App) {
    let why = "cannot reach switchroom at /run/switchroom/console.sock: nothing listens there. It ended without removing \
               its socket, or is starting.  systemctl status switchroom";
    app.update(Input::Down { why: why.into(), next_try_ms: Some(NOW_MS + 2_000) }, NOW_MS - 7_000);
    app.update(Input::Tick, NOW_MS);
}

fn with_role(app: &mut App, role: switchroom_wire::Role) {
    let welcome = Welcome { role, ..app.model.welcome.clone().unwrap() };
    app.update(Input::Line(Box::new(ServerLine::Welcome(welcome))), NOW_MS);
}
