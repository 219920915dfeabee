//! What a user sees and what the keys do, on the office of the fixtures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod desk;
mod doors;
mod floor;
mod flows;
mod keys;
mod language;
mod missed;
mod own;
mod readme;
mod recordings;
mod reports;
mod said;
mod screens;
mod seen;
mod settings;
mod supervise;
mod telling;
mod verbs;
mod wall;

use crate::app::{App, Effect};
use crate::fixture::{NOW_MS, play};
use crate::rows::List;
use crate::update::Input;
use crate::view;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use switchroom_wire::{Change, ClientLine, Command, ServerLine, Welcome};

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

fn update(app: &mut App, input: Input) -> Vec<Effect> {
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

/// The first command among the effects, with the number of its request.
fn sent(effects: &[Effect]) -> Option<(u64, Command)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(ClientLine::Command(request)) => Some((request.id, request.command.clone())),
        _ => None,
    })
}

/// The same without what only asks what can be chosen.
fn ordered(effects: &[Effect]) -> Option<Command> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(ClientLine::Command(request)) => {
            Some(request.command.clone()).filter(|command| !matches!(command, Command::Desk { .. }))
        }
        _ => None,
    })
}

/// The daemon tells a change.
fn change(app: &mut App, change: Change) {
    let line = ServerLine::Delta { seq: app.model.seq + 1, at_ms: NOW_MS, change };
    update(app, Input::Line(Box::new(line)));
}

/// Goes to a list by its key and selects a row of it.
fn select(app: &mut App, key: &str, list: List, id: &str) {
    crate::fixture::press(app, key);
    app.lists.get_mut(&list).unwrap().selected = Some(id.to_owned());
    app.settle(NOW_MS);
}

/// The id of the call with that short number.
fn id_of(app: &App, number: u64) -> String {
    app.model.board.calls.values().find(|call| call.number == number).unwrap().id.clone()
}

/// The calls, with this one selected.
fn on_call(mut app: App, number: u64) -> App {
    let id = id_of(&app, number);
    select(&mut app, "4", List::Calls, &id);
    app
}

fn with_role(app: &mut App, role: switchroom_wire::Role) {
    let welcome = Welcome { role, ..app.model.welcome.clone().unwrap() };
    app.update(Input::Line(Box::new(ServerLine::Welcome(welcome))), NOW_MS);
}
